/*
 * hides_measure.c - values go through a method, and what comes out is searched for them; declared in hides_measure.h.
 *
 * A value counts as readable when nearly all of its characters stand in the result: in their places from the beginning
 * or the end, in one piece, or all of them in their order with others between. Short values stand in many texts by
 * accident, so the same is asked about the result of another value, and only the difference counts.
 */
#include "masking/hides_measure.h"

#include <string.h>

#include "crypto/utf8.h"
#include "masking/formats/format.h"
#include "masking/own/own.h"

#define TRIED 64u
#define SAMPLES 6u
#define CHARS 128u /* of a value and a result that are looked at */

static const struct {
	const char *type, *values[SAMPLES];
} samples[] = {
        {"cn.resident-id", {"11010519491231002X", "440524199001010018", "440524202402299988"}},
        {"cn.driving-licence", {"11010519491231002X", "440524199001010018"}},
        {"cn.bank-card", {"6222021234567890128", "4111111111111111"}},
        {"payment-card", {"4111111111111111"}},
        {"iban", {"GB82WEST12345698765432", "DE89370400440532013000"}},
        {"cn.credit-code", {"91350100M000100Y43"}},
        {"cn.organization-code", {"D2143569X", "D2143569-X"}},
        {"vin", {"1M8GDM9AXKP042788"}},
        {"imo", {"9074729", "9395044", "9321483"}},
        {"mmsi", {"412345678", "413876543", "563012345"}},
        {"cn.mobile", {"13800138000", "15912345678"}},
        {"cn.landline", {"010-62345678", "075523456789"}},
        {"phone", {"+4915112345678", "+12025550143", "+442079460958"}},
        {"cn.plate", {"京A12345", "沪AD12345", "粤B90871"}},
        {"cn.passport", {"E12345678", "EA1234567", "G87654321"}},
        {"cn.travel-permit", {"H12345678", "M1234567890"}},
        {"cn.driver-file", {"110012345678"}},
        {"cn.transport-certificate", {"110105012345"}},
        {"cn.etc-card", {"11012345678901234567"}},
        {"waybill", {"SF1234567890123", "YT9876543210987"}},
        {"mac", {"3c:22:fb:1a:90:7e", "00:1b:44:11:3a:b7"}},
        {"ip", {"192.168.17.204", "203.0.113.77", "10.45.201.9"}},
        {"person.name", {"欧阳小明", "司马相如", "李建国", "王海燕", "诸葛孔明", "陈志强"}},
        {"person.gender", {"男", "女"}},
        {"person.age", {"34", "57", "81", "29", "16", "45"}},
        {"person.birth", {"1990-03-17", "1985-11-02", "2001-07-28", "1976-12-25"}},
        {"email", {"zhang.wei@example.com", "lihua1987@mail.example.org", "chen_qiang@transport.example"}},
        {"cn.address", {"广东省深圳市福田区莲花路12号3栋405室", "北京市海淀区中关村大街27号院8号楼1201"}},
        {"text.embedded", {"请联系王先生13800138000谢谢", "司机证件440524199001010018已核验"}},
        {"position.longitude", {"113.930412", "121.473701", "116.397128"}},
        {"position.latitude", {"22.543096", "31.230416", "39.916527"}},
        {"position.path", {"113.930412,22.543096;113.934871,22.549102"}},
};

bool hf_hides_idle(const struct hf_hides_form *m, size_t length, size_t place)
{
	for (size_t i = 0; i < 2; i++)
		if (m->check[i] && (!m->check_of || length == m->check_of) &&
		    place == (m->check[i] < 0 ? length - (size_t)-m->check[i] : (size_t)m->check[i]))
			return true;
	return m->separated && place % 3 == 2;
}

/* ---- values to try ---- */

struct trial {
	const struct hf_hides_form *form;
	struct hf_arena arena;
	struct hf_bytes in[TRIED], out[TRIED];
	size_t count;
};

static void add(struct trial *t, const void *data, size_t len)
{
	uint8_t *copy = hf_arena_get(&t->arena, len + 1);

	memcpy(copy, data, len);
	t->in[t->count++] = (struct hf_bytes){copy, len};
}

/* Where there is a format, many more that are as valid. */
static void add_of_sample(struct trial *t, const char *value, const struct hf_format *format)
{
	const struct hf_bytes v = {(const uint8_t *)value, strlen(value)};
	uint8_t made[HF_FORMAT_BYTES_MAX];
	struct hf_ranked r;
	const bool many = format && v.len <= sizeof(made) && format->read(&v, &r);

	for (size_t i = 0; i < TRIED / SAMPLES; i++) {
		memcpy(made, value, v.len < sizeof(made) ? v.len : sizeof(made));
		if (many && i > 0)
			(format->write ? format->write((r.rank + i * 2654435761u) % r.size, &r, made, v.len)
			               : hf_ranked_put((r.rank + i * 2654435761u) % r.size, &r, made));
		if (many || i == 0)
			add(t, many ? made : v.data, v.len);
	}
}

static void take_type(struct trial *t, const char *type)
{
	const struct hf_format *format = hf_format_named(type);

	for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++)
		for (size_t k = 0; strcmp(samples[i].type, type) == 0 && k < SAMPLES && samples[i].values[k]; k++)
			add_of_sample(t, samples[i].values[k], format);
}

static void take_own(struct trial *t, const struct hf_own *o)
{
	double size = 0;
	uint8_t text[HF_OWN_VALUE];

	for (size_t i = 0; o->values && i < o->value_count && i < TRIED; i++)
		add(t, o->values[i].data, o->values[i].len);
	if (o->values || !o->form || !hf_own_form_ok(o->form, &size))
		return;
	for (uint64_t i = 0; i < TRIED && (double)i < size; i++)
		add(t, text, hf_own_value(o->form, i * 2654435761u, text));
}

/* ---- what can be read ---- */

struct text {
	uint32_t at[CHARS];
	bool tells[CHARS];
	size_t count, telling;
};

/* Of an address for mail the name in it, of a text its figures. */
static void mark(const struct hf_hides_form *form, struct text *t)
{
	const bool mail = strcmp(form->type, "email") == 0, embedded = strcmp(form->type, "text.embedded") == 0;
	bool domain = false;

	for (size_t i = 0; i < t->count; i++) {
		domain = domain || (mail && t->at[i] == '@');
		t->tells[i] = !hf_hides_idle(form, t->count, i) && !domain &&
		              !(embedded && (t->at[i] < '0' || t->at[i] > '9'));
		t->telling += t->tells[i];
	}
}

static void read_text(const struct hf_hides_form *form, const struct hf_bytes *v, struct text *ret_t)
{
	const char *at = (const char *)v->data, *end = at + v->len;

	*ret_t = (struct text){.count = 0};
	while (at < end && ret_t->count < CHARS && hf_utf8_next(&at, end, &ret_t->at[ret_t->count]))
		ret_t->count++;
	mark(form, ret_t);
}

/* How much of a stands in b when b is moved by so many places, all together and in one piece. */
static size_t met_at(const struct text *a, const struct text *b, long moved, bool piece)
{
	size_t all = 0, run = 0, longest = 0;

	for (size_t i = 0; i < a->count; i++) {
		const long k = (long)i + moved;
		const bool same = k >= 0 && (size_t)k < b->count && b->at[k] == a->at[i];

		run = same ? run + a->tells[i] : 0;
		all += same && a->tells[i];
		longest = run > longest ? run : longest;
	}
	return piece ? longest : all;
}

static bool within(const struct text *a, const struct text *b)
{
	size_t k = 0;

	for (size_t i = 0; i < a->count; i++) {
		if (!a->tells[i])
			continue;
		while (k < b->count && b->at[k] != a->at[i])
			k++;
		if (k++ >= b->count)
			return false;
	}
	return true;
}

/* All of a's that tell something are in b, in whatever order; a longer b has them by chance. */
static bool gathered(const struct text *a, const struct text *b)
{
	bool taken[CHARS] = {false};

	for (size_t i = 0; i < a->count; i++) {
		size_t k = 0;

		while (a->tells[i] && k < b->count && (taken[k] || b->at[k] != a->at[i]))
			k++;
		if (a->tells[i] && k == b->count)
			return false;
		if (a->tells[i])
			taken[k] = true;
	}
	return b->count <= 2 * a->count;
}

static size_t kept(const struct text *a, const struct text *b)
{
	size_t most = met_at(a, b, 0, false), n = met_at(a, b, (long)b->count - (long)a->count, false);

	if (within(a, b) || gathered(a, b))
		return a->telling;
	most = n > most ? n : most;
	for (long moved = -(long)a->count; moved < (long)b->count; moved++) {
		n = met_at(a, b, moved, true);
		most = n > most ? n : most;
	}
	return most;
}

static bool readable(const struct hf_hides_form *form, const struct hf_bytes *value, const struct hf_bytes *result)
{
	struct text a, b;
	size_t stays, half;

	if (!result->data)
		return false;
	read_text(form, value, &a);
	read_text(form, result, &b);
	stays = kept(&a, &b);
	half = a.telling / 2;
	if (a.telling == 0)
		return false;
	if (form->most)
		return stays > form->most;
	return a.telling - stays < (a.telling < 2 * HF_HIDES_LEAST ? (half ? half : 1) : HF_HIDES_LEAST);
}

static bool same(const struct hf_bytes *a, const struct hf_bytes *b)
{
	return a->len == b->len && memcmp(a->data, b->data, a->len) == 0;
}

/* Readable in its own result, less those that are in another one's. */
static void count(struct trial *t, struct hf_hides_measured *ret_m)
{
	size_t own = 0, other = 0, pairs = 0;

	for (size_t i = 0; i < t->count; i++) {
		size_t k = (i + 1) % t->count;

		own += readable(t->form, &t->in[i], &t->out[i]);
		while (k != i && (!t->out[k].data || same(&t->in[i], &t->in[k])))
			k = (k + 1) % t->count;
		if (k == i)
			continue;
		pairs++;
		other += readable(t->form, &t->in[i], &t->out[k]);
	}
	other = pairs ? other * t->count / pairs : 0;
	*ret_m = (struct hf_hides_measured){t->count, own > other ? own - other : 0};
}

static bool run(struct trial *t, const struct hf_technique *technique, const char *type)
{
	static const struct hf_mask_key key = {"the key of one measurement"};
	const struct hf_own *own = technique->own;
	const struct hf_mask_use use = {.type = type,
	                                .key = technique->record.keyed == HF_KEYED_NOT ? NULL : &key,
	                                .engine = HF_ENGINE_FF1,
	                                .file = own->all->file,
	                                .file_ctx = own->all->file_ctx};
	struct hf_mask_batch b = {.in = t->in, .out = t->out, .count = t->count, .arena = &t->arena};
	struct hf_masker *m = NULL;
	struct hf_fault f;
	bool good = hf_masker_open(technique, &use, &f, &m) == HF_OK && hf_masker_mask(m, &b, &f) == HF_OK;

	for (size_t i = 0; good && i < t->count; i++) /* it may point into the open method */
		if (t->out[i].data) {
			uint8_t *copy = hf_arena_get(&t->arena, t->out[i].len + 1);

			memcpy(copy, t->out[i].data, t->out[i].len);
			t->out[i].data = copy;
		}
	hf_masker_close(m);
	return good;
}

bool hf_hides_measure(const struct hf_technique *technique, const struct hf_hides_form *form,
                      struct hf_hides_measured *ret_m)
{
	bool hides = true;

	for (int own = 0; own < 2 && hides; own++) {
		struct trial t = {.form = form, .count = 0};

		hf_arena_init(&t.arena, NULL, 0);
		if (own)
			take_own(&t, technique->own);
		else
			take_type(&t, form->type);
		if (t.count > 0 && run(&t, technique, form->type)) {
			count(&t, ret_m);
			hides = ret_m->readable * 4 <= ret_m->tried;
		}
		hf_arena_done(&t.arena);
	}
	return hides;
}
