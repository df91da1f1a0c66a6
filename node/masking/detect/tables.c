/* tables.c - the sets and weights, and small checks that several detectors share; declared in tables.h. */
#include "masking/detect/tables.h"

#include "masking/codes.h"
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

/* The surnames of the Song list and the frequent ones of the census, simplified; compound ones are in name.c. */
static const char surnames[] = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩邓冯曹彭曾肖田董潘袁蔡蒋余于杜叶"
                               "程魏苏吕丁任卢姚沈钟姜崔谭陆"
                               "范汪廖石金韦贾夏付方邹熊白孟秦邱侯江尹薛闫雷龙黎史陶贺毛段郝顾龚邵覃武钱戴严莫孔向常汤"
                               "温康施文牛樊葛邢安齐易乔庞颜"
                               "倪庄聂章鲁岳翟申殷詹欧耿关兰焦俞左柳甘祝包宁尚符舒阮柯纪梅童凌毕单裴霍涂成苗谷盛曲翁冉"
                               "骆蓝路游辛靳管柴蒙鲍华喻祁蒲"
                               "房滕屈饶解牟艾尤阳时穆农司卓古吉缪简车项连芦麦褚娄窦戚岑景党宫费卜冷晏席卫米柏宗瞿桂全"
                               "佟应臧闵苟邬边卞姬师和仇栾隋"
                               "商刁沙荣巫寇桑郎甄丛仲虞敖巩明佘池查麻苑迟邝官封谈匡鞠惠荆乐冀郁胥南班储原栗燕楚鄢劳谌"
                               "奚皮粟冼蔺楼盘满闻位厉伊仝区"
                               "郜海阚花权强帅屠豆朴盖练廉禹井祖漆巴丰支卿国狄平计索宣晋相初门云容敬来扈晁芮都普阙浦戈"
                               "伏鹿薄邸雍辜羊阿乌母裘亓修邰"
                               "赫杭况那宿鲜印逯隆茹诺战慕危玉银亢嵇公哈湛宾戎勾茅利於呼居揭干但尉冶斯元束檀衣信展阴昝"
                               "智幸奉植衡富尧闭由赖水邹喻柏"
                               "窦章云苏潘葛奚范彭郎鲁韦昌马苗凤花方俞任袁柳酆鲍史唐费廉岑薛雷贺倪汤滕殷罗毕郝邬安常乐"
                               "于时傅皮卞齐康伍余元卜顾孟平"
                               "黄和穆萧尹姚邵湛汪祁毛禹狄米贝明臧计伏成戴谈宋茅庞熊纪舒屈项祝董梁杜阮蓝闵席季麻强贾路"
                               "娄危江童颜郭梅盛林刁钟徐邱骆";

static const char provinces[] = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼使领";

static void fill(struct hf_han_set *s, const char *text)
{
	memset(s, 0, sizeof(*s));
	for (const uint8_t *p = (const uint8_t *)text; *p; p += 3) {
		uint32_t i = hf_han_at(p) - 0x4E00;

		s->bits[i / 64] |= (uint64_t)1 << (i % 64);
	}
}

static void no_weights(uint16_t (*w)[HF_WEIGHT_CHARS], size_t n)
{
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < HF_WEIGHT_CHARS; k++)
			w[i][k] = HF_WEIGHT_NONE;
}

static void fill_credit(struct hf_detect_tables *t)
{
	static const char set[] = HF_CODE_CREDIT_SET;
	unsigned weight = 1;

	no_weights(t->credit, 17);
	for (unsigned i = 0; i < 17; i++, weight = weight * 3 % 31)
		for (unsigned v = 0; v < 31; v++)
			t->credit[i][set[v] - '0'] = (uint16_t)(v * weight);
}

static void fill_organization(struct hf_detect_tables *t)
{
	static const uint8_t weight[8] = {3, 7, 9, 10, 5, 8, 4, 2};

	no_weights(t->organization, 8);
	for (unsigned i = 0; i < 8; i++)
		for (unsigned v = 0; v < 36; v++)
			t->organization[i][v < 10 ? v : v - 10 + 'A' - '0'] = (uint16_t)(v * weight[i]);
}

static void fill_vin(struct hf_detect_tables *t)
{
	static const char set[] = HF_CODE_VIN_SET;
	static const char value[] = "012345678912345678123457923456789";
	static const uint8_t weight[17] = {8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2};

	no_weights(t->vin, 17);
	for (unsigned i = 0; i < 17; i++)
		for (unsigned k = 0; k < 33; k++)
			t->vin[i][set[k] - '0'] = (uint16_t)((unsigned)(value[k] - '0') * weight[i]);
}

void hf_detect_tables_init(struct hf_detect_tables *t)
{
	fill(&t->surnames, surnames);
	fill(&t->provinces, provinces);
	fill(&t->things, "省市区县镇乡村路街道号站港厂局部所院店楼桥河湖岛司校车船机场州");
	fill(&t->organizations, "司团厂局院所心会学校行社");
	fill(&t->units, "省市区县镇乡旗盟");
	fill(&t->places, "路街巷弄道号栋幢室楼组村厦");
	fill_credit(t);
	fill_organization(t);
	fill_vin(t);
}

static unsigned luhn_part(const uint8_t *p, size_t len, bool twice)
{
	unsigned sum = 0;

	for (size_t i = len; i-- > 0; twice = !twice) {
		unsigned d = (unsigned)(p[i] - '0');

		d <<= twice;
		sum += d > 9 ? d - 9 : d;
	}
	return sum;
}

#if defined(__SSE2__)
/* The last of 16 digits is not doubled. */
static unsigned luhn_16(const uint8_t *p)
{
	const __m128i v = _mm_sub_epi8(_mm_loadu_si128((const __m128i *)(const void *)p), _mm_set1_epi8('0'));
	const __m128i first = _mm_set1_epi16(0x00FF);
	__m128i twice = _mm_and_si128(v, first), once = _mm_andnot_si128(first, v), sum;

	twice = _mm_add_epi8(twice, twice);
	twice = _mm_sub_epi8(twice, _mm_and_si128(_mm_cmpgt_epi8(twice, _mm_set1_epi8(9)), _mm_set1_epi8(9)));
	sum = _mm_sad_epu8(_mm_add_epi8(twice, once), _mm_setzero_si128());
	return (unsigned)(_mm_cvtsi128_si32(sum) + _mm_extract_epi16(sum, 4));
}
#else
static unsigned luhn_16(const uint8_t *p)
{
	return luhn_part(p, 16, false);
}
#endif

bool hf_luhn_fast(const uint8_t *p, size_t len)
{
	if (len < 16)
		return luhn_part(p, len, false) % 10 == 0;
	return (luhn_16(p + len - 16) + luhn_part(p, len - 16, false)) % 10 == 0;
}

bool hf_province_code(const uint8_t *p)
{
	/* Bits of the second digit, by the first: 11-15, 21-23, 31-37, 41-46, 50-54, 61-65, 71, 81-83, 91. */
	static const uint16_t second[10] = {0, 0x3E, 0x0E, 0xFE, 0x7E, 0x1F, 0x3E, 0x02, 0x0E, 0x02};

	return second[(p[0] - '0') % 10] >> (p[1] - '0') & 1;
}

static bool digits_at(const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if ((uint8_t)(p[i] - '0') > 9)
			return false;
	return true;
}

bool hf_date_at(const uint8_t *p)
{
	if (p[4] != p[7] || (p[4] != '-' && p[4] != '/' && p[4] != '.'))
		return false;
	return digits_at(p, 4) && digits_at(p + 5, 2) && digits_at(p + 8, 2) &&
	       hf_code_day_ok(hf_digits(p, 4), hf_digits(p + 5, 2), hf_digits(p + 8, 2));
}

bool hf_time_at(const uint8_t *p, size_t len)
{
	if (p[2] != ':' || !digits_at(p, 2) || !digits_at(p + 3, 2) || hf_digits(p, 2) > 23 || hf_digits(p + 3, 2) > 59)
		return false;
	return len == 5 || (len >= 8 && p[5] == ':' && digits_at(p + 6, 2) && hf_digits(p + 6, 2) < 61);
}

bool hf_number_at(const struct hf_cell *c, double *ret_value, unsigned *ret_decimals)
{
	size_t at = c->len > 0 && (c->data[0] == '-' || c->data[0] == '+'), start = at, point = c->len;
	double v = 0, unit = 1;

	if (c->len > 20 || c->len == at || (c->point && !hf_single(c->point)))
		return false;
	if (c->point)
		point = (size_t)__builtin_ctzll(c->point);
	if (((c->digit | c->point) & (hf_low_bits(c->len) ^ hf_low_bits(start))) !=
	            (hf_low_bits(c->len) ^ hf_low_bits(start)) ||
	    point == start || point + 1 == c->len || c->len - at > 16)
		return false;
	for (; at < c->len; at++) {
		if (at == point)
			continue;
		v = v * 10 + (c->data[at] - '0');
		unit *= at > point ? 10 : 1;
	}
	*ret_value = c->data[0] == '-' ? -v / unit : v / unit;
	*ret_decimals = point < c->len ? (unsigned)(c->len - point - 1) : 0;
	return true;
}

bool hf_has(const struct hf_cell *c, const char *word)
{
	return memmem(c->data, c->len, word, strlen(word)) != NULL;
}
