/* people.c - the kinds of columns, and tables of them; declared in people.h. */
#include "people.h"

#include <stdio.h>
#include <string.h>

#include "masking/codes.h"

/* splitmix64: small, seeded, the same everywhere. */
uint64_t people_draw(struct people *p)
{
	uint64_t z = (p->state += 0x9e3779b97f4a7c15u);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

static unsigned below(struct people *p, unsigned n)
{
	return (unsigned)((people_draw(p) >> 32) * n >> 32);
}

static void put(struct hf_buf *out, const char *text)
{
	hf_buf_add(out, text, strlen(text));
}

/* One character of a text of Han characters. */
static void put_han(struct people *p, struct hf_buf *out, const char *from)
{
	hf_buf_add(out, from + 3 * (size_t)below(p, (unsigned)strlen(from) / 3), 3);
}

static void put_of(struct people *p, struct hf_buf *out, const char *set, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		hf_buf_add(out, &set[below(p, (unsigned)strlen(set))], 1);
}

static void put_digits(struct people *p, struct hf_buf *out, unsigned n)
{
	put_of(p, out, "0123456789", n);
}

static const char plain_set[] = "0123456789ABCDEFGHJKLMNPQRSTUVWXYZ";

static void name(struct people *p, struct hf_buf *out)
{
	put_han(p, out, "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩邓冯曹彭曾肖田董潘袁蔡蒋余");
	for (unsigned n = 1 + below(p, 2); n > 0; n--)
		put_han(p, out, "伟芳娜敏静丽强磊军洋勇艳杰涛明超秀霞平刚桂英华玉兰红梅建国志文海燕鹏晓婷");
}

static void resident(struct people *p, struct hf_buf *out)
{
	static const char *const regions[] = {"110101", "310115", "440305", "510107",
	                                      "330106", "420111", "320102", "610113"};
	uint8_t id[20];

	snprintf((char *)id, sizeof(id), "%s%04u%02u%02u%03u", regions[below(p, 8)], 1950 + below(p, 56),
	         1 + below(p, 12), 1 + below(p, 28), below(p, 1000));
	id[17] = hf_code_resident(id);
	hf_buf_add(out, id, 18);
}

static void mobile(struct people *p, struct hf_buf *out)
{
	static const char *const segments[] = {"138", "139", "150", "159", "186", "189", "176", "199"};

	put(out, segments[below(p, 8)]);
	put_digits(p, out, 8);
}

static void email(struct people *p, struct hf_buf *out)
{
	static const char *const hosts[] = {"@example.com", "@example.cn", "@example.org", "@example.net"};

	put_of(p, out, "abcdefghijklmnopqrstuvwxyz", 4 + below(p, 5));
	put_digits(p, out, below(p, 4));
	put(out, hosts[below(p, 4)]);
}

static void card_of(struct people *p, struct hf_buf *out, const char *bin, unsigned len)
{
	size_t at = out->len;
	uint8_t check;

	put(out, bin);
	put_digits(p, out, len - 1 - (unsigned)strlen(bin));
	check = hf_code_luhn(out->data + at, len - 1);
	hf_buf_add(out, &check, 1);
}

static void bank_card(struct people *p, struct hf_buf *out)
{
	static const char *const bins[] = {"622202", "621700", "622848", "621661", "622588"};

	card_of(p, out, bins[below(p, 5)], below(p, 2) ? 19 : 16);
}

static void plate(struct people *p, struct hf_buf *out)
{
	put_han(p, out, "京沪粤苏浙川鲁豫鄂湘");
	put_of(p, out, "ABCDEFGH", 1);
	if (below(p, 5) == 0) {
		put_of(p, out, "DF", 1);
		put_digits(p, out, 5);
	} else {
		put_of(p, out, plain_set, 1);
		put_digits(p, out, 4);
	}
}

static void vin(struct people *p, struct hf_buf *out)
{
	size_t at = out->len;

	put(out, below(p, 2) ? "LSV" : "LFV");
	put_of(p, out, HF_CODE_VIN_SET, 10);
	put_digits(p, out, 4);
	out->data[at + 8] = hf_code_vin(out->data + at);
}

static void credit_code(struct people *p, struct hf_buf *out)
{
	size_t at = out->len;

	put(out, "91");
	put_digits(p, out, 6);
	put_of(p, out, "0123456789ABCDEFGHJKLMNPQRTUWXY", 8);
	hf_buf_add(out, "00", 2);
	out->data[at + 16] = hf_code_organization(out->data + at + 8);
	out->data[at + 17] = hf_code_credit(out->data + at);
}

static void address(struct people *p, struct hf_buf *out)
{
	static const char *const towns[] = {"南山区", "西湖区", "武侯区", "洪山区"};
	static const char *const roads[] = {"科技路", "文三路", "人民大道", "中山北路"};

	put(out, towns[below(p, 4)]);
	put(out, roads[below(p, 4)]);
	hf_buf_addf(out, "%u号", 1 + below(p, 900));
}

static void ip(struct people *p, struct hf_buf *out)
{
	hf_buf_addf(out, "%u.%u.%u.%u", 1 + below(p, 223), below(p, 256), below(p, 256), below(p, 256));
}

static void longitude(struct people *p, struct hf_buf *out)
{
	hf_buf_addf(out, "%u.%05u", 93 + below(p, 40), below(p, 100000));
}

static void latitude(struct people *p, struct hf_buf *out)
{
	hf_buf_addf(out, "%u.%05u", 19 + below(p, 30), below(p, 100000));
}

static void when(struct people *p, struct hf_buf *out)
{
	hf_buf_addf(out, "20%02u-%02u-%02u %02u:%02u:%02u", 10 + below(p, 17), 1 + below(p, 12), 1 + below(p, 28),
	            below(p, 24), below(p, 60), below(p, 60));
}

/* The other kinds, told by content. */

static void resident_15(struct people *p, struct hf_buf *out)
{
	hf_buf_addf(out, "4403%02u%02u%02u%02u%03u", 1 + below(p, 8), 50 + below(p, 40), 1 + below(p, 12),
	            1 + below(p, 28), below(p, 1000));
}

static void spelled_mobile(struct people *p, struct hf_buf *out)
{
	hf_buf_addf(out, "+86 13%u-%04u-%04u", below(p, 10), below(p, 10000), below(p, 10000));
}

static void landline(struct people *p, struct hf_buf *out)
{
	hf_buf_addf(out, below(p, 2) ? "010-%u" : "0755-%u", 20000000 + below(p, 69999999));
}

static void visa(struct people *p, struct hf_buf *out)
{
	static const char *const bins[] = {"4", "51", "55", "2221", "3528", "6011"};

	card_of(p, out, bins[below(p, 6)], 16);
}

static void iban(struct people *p, struct hf_buf *out)
{
	size_t at = out->len;
	uint8_t digits[2];

	put(out, "DE00");
	put_digits(p, out, 18);
	if (hf_code_iban(out->data + at, 22, digits))
		memcpy(out->data + at + 2, digits, 2);
}

static void phone(struct people *p, struct hf_buf *out)
{
	static const char *const starts[] = {"+44 20 ", "+1 212-", "+49 30 ", "+81 3 "};

	put(out, starts[below(p, 4)]);
	hf_buf_addf(out, "%u", 2000000 + below(p, 7000000));
}

static void ip_6(struct people *p, struct hf_buf *out)
{
	hf_buf_addf(out, "2001:db8:%x::%x:%x", below(p, 65536), 1 + below(p, 65535), below(p, 65536));
}

static void mac(struct people *p, struct hf_buf *out)
{
	for (unsigned i = 0; i < 6; i++)
		hf_buf_addf(out, i ? ":%02x" : "%02x", below(p, 256));
}

static void imo(struct people *p, struct hf_buf *out)
{
	size_t at = out->len;
	uint8_t check;

	hf_buf_addf(out, "9%05u", below(p, 100000));
	check = hf_code_imo(out->data + at);
	hf_buf_add(out, &check, 1);
}

static void company(struct people *p, struct hf_buf *out)
{
	put_han(p, out, "恒华泰鑫宏润瑞");
	put_han(p, out, "通达顺安远捷丰");
	put(out, below(p, 2) ? "物流有限公司" : "运输集团");
}

static void path(struct people *p, struct hf_buf *out)
{
	put(out, "\"");
	for (unsigned i = 0; i < 3; i++) {
		put(out, i ? ";" : "");
		longitude(p, out);
		put(out, ",");
		latitude(p, out);
	}
	put(out, "\"");
}

static void remark(struct people *p, struct hf_buf *out)
{
	put(out, "客户要求改派，");
	if (below(p, 3) == 0) {
		put(out, "联系电话");
		mobile(p, out);
	}
	put(out, "，已处理");
}

static void sometimes_resident(struct people *p, struct hf_buf *out)
{
	if (below(p, 10) == 0)
		resident(p, out);
	else
		put(out, "none given");
}

/* Told by their names only. */

static void passport(struct people *p, struct hf_buf *out)
{
	hf_buf_addf(out, "E%08u", below(p, 100000000));
}

static void permit(struct people *p, struct hf_buf *out)
{
	hf_buf_addf(out, "H%08u", below(p, 100000000));
}

static void file_number(struct people *p, struct hf_buf *out)
{
	hf_buf_addf(out, "4403%08u", below(p, 100000000));
}

static void waybill(struct people *p, struct hf_buf *out)
{
	hf_buf_addf(out, "SF%04u%06u", below(p, 10000), below(p, 1000000));
}

static void etc_card(struct people *p, struct hf_buf *out)
{
	put(out, "4401");
	put_digits(p, out, 16);
}

static void mmsi(struct people *p, struct hf_buf *out)
{
	hf_buf_addf(out, "41%07u", below(p, 10000000));
}

static void birthday(struct people *p, struct hf_buf *out)
{
	hf_buf_addf(out, "19%02u%02u%02u", 50 + below(p, 50), 1 + below(p, 12), 1 + below(p, 28));
}

static void gender(struct people *p, struct hf_buf *out)
{
	put(out, below(p, 2) ? "男" : "女");
}

static void age(struct people *p, struct hf_buf *out)
{
	hf_buf_addf(out, "%u", 1 + below(p, 90));
}

static void money(struct people *p, struct hf_buf *out)
{
	hf_buf_addf(out, "%u.%02u", below(p, 100000), below(p, 100));
}

static void whole(struct people *p, struct hf_buf *out)
{
	hf_buf_addf(out, "%u", below(p, 200));
}

static void latin_name(struct people *p, struct hf_buf *out)
{
	static const char *const first[] = {"Anna", "John", "Maria", "Peter"}, *const last[] = {"Smith", "Meyer",
	                                                                                        "Rossi"};

	put(out, first[below(p, 4)]);
	put(out, " ");
	put(out, last[below(p, 3)]);
}

/* What only looks so. */

static void number_7(struct people *p, struct hf_buf *out)
{
	put_digits(p, out, 7);
}

static void number_9(struct people *p, struct hf_buf *out)
{
	put_digits(p, out, 9);
}

static void number_11(struct people *p, struct hf_buf *out)
{
	put_digits(p, out, 11);
}

static void number_15(struct people *p, struct hf_buf *out)
{
	put_digits(p, out, 15);
}

static void number_16(struct people *p, struct hf_buf *out)
{
	put_digits(p, out, 16);
}

static void number_18(struct people *p, struct hf_buf *out)
{
	put_digits(p, out, 18);
}

static void code_17(struct people *p, struct hf_buf *out)
{
	put_of(p, out, plain_set, 17);
}

static void code_18(struct people *p, struct hf_buf *out)
{
	put_of(p, out, plain_set, 18);
}

static void hexadecimal(struct people *p, struct hf_buf *out)
{
	put_of(p, out, "0123456789abcdef", 32);
}

static void serial(struct people *p, struct hf_buf *out)
{
	hf_buf_addf(out, "ORD-%06u", below(p, 1000000));
}

static void goods(struct people *p, struct hf_buf *out)
{
	static const char *const words[] = {"煤炭", "钢铁", "粮食", "水果",     "木材",
	                                    "化肥", "水泥", "矿石", "电子产品", "石油"};

	put(out, words[below(p, 10)]);
}

static void place(struct people *p, struct hf_buf *out)
{
	static const char *const words[] = {"北京", "上海", "广州", "深圳", "成都",
	                                    "杭州", "武汉", "西安", "南京", "石家庄"};

	put(out, words[below(p, 10)]);
}

static void version(struct people *p, struct hf_buf *out)
{
	hf_buf_addf(out, "v%u.%u.%u", below(p, 9), below(p, 20), below(p, 300));
}

static void state(struct people *p, struct hf_buf *out)
{
	static const char *const words[] = {"open", "closed", "waiting", "In Transit"};

	put(out, words[below(p, 4)]);
}

static void ratio(struct people *p, struct hf_buf *out)
{
	hf_buf_addf(out, "0.%06u", below(p, 1000000));
}

static void plain_text(struct people *p, struct hf_buf *out)
{
	hf_buf_addf(out, "设备运行正常，第%u次巡检，温度%u度", below(p, 100), below(p, 40));
}

static void address_of_page(struct people *p, struct hf_buf *out)
{
	hf_buf_addf(out, "https://data.example.com/item/%u", below(p, 1000000));
}

static void day_number(struct people *p, struct hf_buf *out)
{
	hf_buf_addf(out, "%u", 1700000000 + below(p, 90000000));
}

const struct people_column people_columns[] = {
        {"name", "person.name", false, name},
        {"id_card", "cn.resident-id", false, resident},
        {"mobile", "cn.mobile", false, mobile},
        {"email", "email", false, email},
        {"bank_card", "cn.bank-card", false, bank_card},
        {"plate_no", "cn.plate", false, plate},
        {"vin", "vin", false, vin},
        {"credit_code", "cn.credit-code", false, credit_code},
        {"address", "cn.address", false, address},
        {"ip_address", "ip", false, ip},
        {"longitude", "position.longitude", true, longitude},
        {"latitude", "position.latitude", true, latitude},
        {"created_at", "time", false, when},
        {"waybill_no", "waybill", true, waybill},
        {"身份证号", "cn.resident-id", false, resident_15},
        {"联系电话", "cn.mobile", false, spelled_mobile},
        {"officePhone", "cn.landline", false, landline},
        {"creditCardNumber", "payment-card", false, visa},
        {"IBAN", "iban", false, iban},
        {"contact_phone", "phone", false, phone},
        {"ipv6", "ip", false, ip_6},
        {"macAddress", "mac", false, mac},
        {"imo_no", "imo", false, imo},
        {"公司名称", "organization.name", false, company},
        {"轨迹", "position.path", false, path},
        {"remark", "text.embedded", false, remark},
        {"misc", "cn.resident-id", false, sometimes_resident},
        {"passportNo", "cn.passport", true, passport},
        {"通行证号", "cn.travel-permit", true, permit},
        {"档案编号", "cn.driver-file", true, file_number},
        {"etc_card_no", "cn.etc-card", true, etc_card},
        {"MMSI", "mmsi", true, mmsi},
        {"出生日期", "person.birth", true, birthday},
        {"性别", "person.gender", true, gender},
        {"age", "person.age", true, age},
        {"fee", "amount", true, money},
        {"载重", "weight", true, whole},
        {"speed", "speed", true, whole},
        {"passengerName", "person.name", true, latin_name},
        {"serial_7", NULL, false, number_7},
        {"serial_9", NULL, false, number_9},
        {"serial_11", NULL, false, number_11},
        {"serial_15", NULL, false, number_15},
        {"serial_16", NULL, false, number_16},
        {"serial_18", NULL, false, number_18},
        {"code_17", NULL, false, code_17},
        {"code_18", NULL, false, code_18},
        {"digest", NULL, false, hexadecimal},
        {"order", NULL, false, serial},
        {"goods", NULL, false, goods},
        {"station", NULL, false, place},
        {"version", NULL, false, version},
        {"status", NULL, false, state},
        {"ratio", NULL, false, ratio},
        {"report", NULL, false, plain_text},
        {"link", NULL, false, address_of_page},
        {"epoch", NULL, false, day_number},
        {"count", NULL, false, whole},
};
const size_t people_column_count = sizeof(people_columns) / sizeof(people_columns[0]);

void people_table(struct people *p, const struct people_column *const *columns, const char *const *names, size_t count,
                  size_t rows, struct hf_buf *out)
{
	for (size_t i = 0; i < count; i++)
		hf_buf_addf(out, i ? ",%s" : "%s", names ? names[i] : columns[i]->name);
	put(out, "\n");
	for (size_t r = 0; r < rows; r++)
		for (size_t i = 0; i < count; i++) {
			columns[i]->put(p, out);
			put(out, i + 1 < count ? "," : "\n");
		}
}
