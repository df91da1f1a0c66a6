/* disclosure_shown.c - a row for each technique: what it shows; declared in disclosure_shown.h. */
#include "masking/disclosure_shown.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "masking/techniques/decimal.h"

#define PLACES 12u /* after the point, of cuts */
#define DAY 86400u

/* A field, and how its parameters are read. */
struct ask {
	const struct hf_disclosure *d;
	const struct hf_plan_field *field;
	struct hf_mask_use use;
};

static const char *text_arg(const struct ask *q, const char *name, const char *otherwise)
{
	return hf_arg_text(&q->use, name, otherwise);
}

static unsigned number_arg(const struct ask *q, const char *name, unsigned otherwise)
{
	return (unsigned)hf_arg_number(&q->use, name, otherwise);
}

/* In 10^-12. False: it has more places, or too many digits. */
static bool fixed(const char *text, size_t len, __int128 *ret_v)
{
	struct hf_decimal d;

	if (!hf_decimal_read((const uint8_t *)text, len, &d) || d.scale > PLACES)
		return false;
	*ret_v = d.units;
	for (unsigned i = d.scale; i < PLACES; i++)
		*ret_v *= 10;
	return true;
}

static void add_text(struct hf_buf *b, const char *text)
{
	uint8_t head[4];
	size_t len = text ? strlen(text) : 0;

	hf_put_u32(head, (uint32_t)len);
	hf_buf_add(b, head, sizeof(head));
	hf_buf_add(b, text, len);
}

static bool skipped(const char *const *skip, const char *name)
{
	for (; skip && *skip; skip++)
		if (strcmp(*skip, name) == 0)
			return true;
	return false;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct hf_arg *)a)->name, ((const struct hf_arg *)b)->name);
}

/* The hash of all that the result hangs on, but for the parameters to be skipped. */
static void other(const struct ask *q, const char *const *skip, struct hf_shown *s)
{
	const struct hf_technique *t = q->field->technique;
	HF_CLEANUP(hf_buf_done) struct hf_buf b = HF_BUF_INIT;
	size_t n = q->field->arg_count;
	struct hf_arg *args = hf_alloc((n + 1) * sizeof(*args));
	char epoch[24];

	s->kind = HF_SHOWN_OTHER;
	memcpy(args, q->field->args, n * sizeof(*args));
	qsort(args, n, sizeof(*args), by_name);
	add_text(&b, t->id);
	add_text(&b, q->field->type);
	for (size_t i = 0; i < n; i++) {
		if (skipped(skip, args[i].name))
			continue;
		add_text(&b, args[i].name);
		add_text(&b, args[i].value);
	}
	free(args);
	if (t->record.keyed != HF_KEYED_NOT) {
		snprintf(epoch, sizeof(epoch), "%" PRIu64, q->d->scope.epoch);
		add_text(&b, q->d->scope.group);
		add_text(&b, epoch);
	}
	if (t->record.keyed == HF_KEYED_CONSUMER) {
		add_text(&b, q->d->scope.consumer);
		add_text(&b, q->d->scope.contract);
	}
	hf_sha256(b.data, b.len, &s->same);
}

static void nothing(const struct ask *q, struct hf_shown *s)
{
	(void)q;
	s->kind = HF_SHOWN_NOTHING;
}

static void clear(const struct ask *q, struct hf_shown *s)
{
	const __int128 far = (__int128)1 << 120;

	(void)q;
	s->kind = HF_SHOWN_CLEAR;
	s->low = -far;
	s->high = far;
}

static void topbot(const struct ask *q, struct hf_shown *s)
{
	const char *low = text_arg(q, "low", NULL), *high = text_arg(q, "high", NULL);

	clear(q, s);
	if ((low && !fixed(low, strlen(low), &s->low)) || (high && !fixed(high, strlen(high), &s->high)))
		other(q, NULL, s);
}

static void lsup(const struct ask *q, struct hf_shown *s)
{
	static const char *const skip[] = {"k", NULL};

	other(q, skip, s);
	s->level = number_arg(q, "k", 5);
}

static void characters(const struct ask *q, struct hf_shown *s)
{
	const bool trunc = strcmp(q->field->technique->id, "trunc") == 0;

	s->kind = HF_SHOWN_CHARS;
	s->first = number_arg(q, trunc ? "first" : "keep-first", 0);
	s->most = s->first;
	s->last = number_arg(q, trunc ? "last" : "keep-last", 0);
	if (s->first + s->last == 0)
		s->kind = HF_SHOWN_NOTHING;
}

/* What the formats (formats/) leave as it is in front: at least and at most so many characters. */
static void pseudonym(const struct ask *q, struct hf_shown *s)
{
	static const struct {
		const char *type;
		unsigned least, most;
	} kept[] = {{"cn.mobile", 3, 3},      {"cn.landline", 0, 5},
	            {"phone", 0, 11},         {"cn.etc-card", 0, 16},
	            {"waybill", 0, 16},       {"cn.transport-certificate", 0, 16},
	            {"mmsi", 3, 3},           {"mac", 6, 9},
	            {"cn.plate", 2, 2},       {"vin", 3, 3},
	            {"cn.credit-code", 8, 8}, {"cn.bank-card", 6, 6},
	            {"payment-card", 6, 6},   {"iban", 2, 24},
	            {"cn.resident-id", 6, 6}, {"cn.driving-licence", 6, 6},
	            {"cn.passport", 1, 2},    {"cn.travel-permit", 1, 4}};
	const bool fpe = strncmp(q->field->technique->id, "fpe", 3) == 0;

	s->kind = HF_SHOWN_CHARS;
	s->pseudonym = true;
	s->first = s->most = number_arg(q, "keep-first", 0);
	for (size_t i = 0; fpe && q->field->type && i < sizeof(kept) / sizeof(kept[0]); i++)
		if (strcmp(kept[i].type, q->field->type) == 0) {
			s->first = kept[i].least;
			s->most = kept[i].most;
		}
}

static void grid(const struct ask *q, const char *step, const char *mode, struct hf_shown *s)
{
	__int128 size;

	if (!fixed(step, strlen(step), &size) || size <= 0) {
		other(q, NULL, s);
		return;
	}
	s->kind = HF_SHOWN_CUTS_BETWEEN;
	s->cuts.count = 1;
	s->cuts.period = 4 * size;
	s->cuts.at[0] = strcmp(mode, "ceil") == 0;
	if (strcmp(mode, "half-even") != 0)
		return;
	/* Halves go to the even neighbour: below the cut at every second one. */
	s->cuts.period = 8 * size;
	s->cuts.count = 2;
	s->cuts.at[0] = 2 * size + 1;
	s->cuts.at[1] = 6 * size;
}

static void rounded(const struct ask *q, struct hf_shown *s)
{
	grid(q, text_arg(q, "step", ""), text_arg(q, "mode", "half-even"), s);
}

static void bands(const struct ask *q, struct hf_shown *s)
{
	s->kind = HF_SHOWN_CUTS_BETWEEN;
	for (const char *at = text_arg(q, "cuts", ""); *at;) {
		size_t n = strcspn(at, "\n");

		if (s->cuts.count == HF_SHOWN_CUTS || !fixed(at, n, &s->cuts.at[s->cuts.count])) {
			other(q, NULL, s);
			return;
		}
		s->cuts.at[s->cuts.count++] *= 4;
		at += n + (at[n] != 0);
	}
}

static void times(const struct ask *q, struct hf_shown *s)
{
	static const struct {
		const char *unit;
		unsigned rank, seconds;
	} units[] = {{"second", 0, 1},  {"minute", 0, 60},   {"hour", 0, 3600}, {"day", 0, DAY},
	             {"month", 1, DAY}, {"quarter", 2, DAY}, {"year", 3, DAY}};
	const char *unit = text_arg(q, "unit", "day");

	s->kind = HF_SHOWN_TIMES;
	s->up = strcmp(text_arg(q, "mode", "floor"), "ceil") == 0;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (strcmp(units[i].unit, unit) == 0) {
			s->rank = units[i].rank;
			s->step = units[i].seconds * number_arg(q, "every", 1);
		}
}

static void tree(const struct ask *q, struct hf_shown *s)
{
	static const char *const skip[] = {"level", NULL};

	other(q, skip, s);
	s->level = number_arg(q, "level", 1);
}

/* A mark of the consumer stands in the digits below its step, where then nothing of the value is. */
static void noise(const struct ask *q, struct hf_shown *s)
{
	static const char *const skip[] = {"fingerprint", "step", NULL};
	const bool marked = strcmp(text_arg(q, "fingerprint", "off"), "on") == 0;

	if (marked)
		grid(q, text_arg(q, "step", "1"), "floor", s);
	other(q, skip, s);
	s->drawn = true;
}

static void draw(const struct ask *q, struct hf_shown *s)
{
	other(q, NULL, s);
	s->drawn = true;
}

static void the_same(const struct ask *q, struct hf_shown *s)
{
	if (q->field->technique->record.keyed == HF_KEYED_CONSUMER)
		pseudonym(q, s);
	else
		other(q, NULL, s);
}

/* Rows that are missing here: what their record says. map is one to one, as a pseudonym is. */
static const struct {
	const char *id;
	void (*shown)(const struct ask *q, struct hf_shown *s);
} rows[] = {{"null", nothing},     {"const", nothing}, {"limc", nothing},  {"regen", nothing}, {"mask", characters},
            {"trunc", characters}, {"round", rounded}, {"bucket", bands},  {"topbot", topbot}, {"lsup", lsup},
            {"daterd", times},     {"datesh", draw},   {"hier", tree},     {"noise", noise},   {"mult", noise},
            {"ope", draw},         {"shuf", draw},     {"map", pseudonym}, {"combine", clear}};

bool hf_shown_joined(const struct hf_disclosure *d, const char *name)
{
	for (size_t i = 0; i < d->field_count; i++)
		if (d->fields[i].technique && strcmp(d->fields[i].technique->id, "combine") == 0 && d->fields[i].by &&
		    strcmp(d->fields[i].by, name) == 0)
			return true;
	return false;
}

void hf_shown_of(const struct hf_disclosure *d, const struct hf_plan_field *field, struct hf_shown *ret_s)
{
	struct ask q = {.d = d, .field = field};
	const struct hf_technique *t = field ? field->technique : NULL;
	size_t i = 0;

	memset(ret_s, 0, offsetof(struct hf_shown, cuts.at));
	snprintf(ret_s->technique, sizeof(ret_s->technique), "%s", t ? t->id : "");
	if (!field) {
		nothing(&q, ret_s);
		return;
	}
	q.use.args = field->args;
	q.use.arg_count = field->arg_count;
	if (!t || t->of_rows || hf_shown_joined(d, field->name)) {
		clear(&q, ret_s);
		return;
	}
	while (i < sizeof(rows) / sizeof(rows[0]) && strcmp(rows[i].id, t->id) != 0)
		i++;
	if (i < sizeof(rows) / sizeof(rows[0]))
		rows[i].shown(&q, ret_s);
	else
		the_same(&q, ret_s);
}

static __int128 below(__int128 v, __int128 period)
{
	__int128 r = v % period;

	return r < 0 ? r + period : r;
}

static bool cut_in(const struct hf_shown_cuts *c, __int128 at)
{
	for (size_t i = 0; i < c->count; i++)
		if (c->period ? below(at - c->at[i], c->period) == 0 : at == c->at[i])
			return true;
	return false;
}

/* All that b's cut at[i] and its periods meet of a's period; more than a has places are never all in it. */
static bool periods_in(const struct hf_shown_cuts *a, const struct hf_shown_cuts *b, size_t i)
{
	__int128 at = b->at[i];

	for (size_t k = 0; k <= a->count; k++, at += b->period) {
		if (!cut_in(a, at))
			return false;
		if (below(at + b->period - b->at[i], a->period) == 0)
			return true;
	}
	return false;
}

static bool cuts_cover(const struct hf_shown_cuts *a, const struct hf_shown_cuts *b)
{
	if (b->period && !a->period)
		return false;
	for (size_t i = 0; i < b->count; i++)
		if (b->period ? !periods_in(a, b, i) : !cut_in(a, b->at[i]))
			return false;
	return true;
}

static bool times_cover(const struct hf_shown *a, const struct hf_shown *b)
{
	if (a->up != b->up || a->rank > b->rank)
		return false;
	return a->rank > 0 || b->rank > 0 || (a->step > 0 && b->step % a->step == 0);
}

static bool other_covers(const struct hf_shown *a, const struct hf_shown *b)
{
	if (memcmp(&a->same, &b->same, sizeof(a->same)) != 0 || a->level > b->level)
		return false;
	return !a->cuts.period || (b->cuts.period && cuts_cover(&a->cuts, &b->cuts));
}

bool hf_shown_covers(const struct hf_shown *a, const struct hf_shown *b)
{
	const bool equal_only = b->pseudonym && b->most == 0; /* shows which values are equal, and no more */

	if (b->kind == HF_SHOWN_NOTHING)
		return true;
	if (equal_only && a->kind != HF_SHOWN_CLEAR && a->kind != HF_SHOWN_NOTHING)
		return true;
	if (a->kind != b->kind)
		return false;
	switch (a->kind) {
	case HF_SHOWN_NOTHING:
		return false;
	case HF_SHOWN_CLEAR:
		return a->low <= b->low && a->high >= b->high;
	case HF_SHOWN_CHARS:
		return a->first >= b->most && a->last >= b->last;
	case HF_SHOWN_CUTS_BETWEEN:
		return cuts_cover(&a->cuts, &b->cuts);
	case HF_SHOWN_TIMES:
		return times_cover(a, b);
	case HF_SHOWN_OTHER:
		return other_covers(a, b);
	}
	return false;
}

static void number_text(__int128 v, char out[48])
{
	double d = (double)v / 1e12;

	snprintf(out, 48, "%.12g", d);
}

static void chars_text(const struct hf_shown *s, char *out, size_t cap)
{
	char ends[64] = "";

	if (s->first && s->last)
		snprintf(ends, sizeof(ends), "first %u and last %u characters", s->first, s->last);
	else if (s->first || s->last)
		snprintf(ends, sizeof(ends), "%s %u characters", s->first ? "first" : "last",
		         s->first ? s->first : s->last);
	snprintf(out, cap, "%s%s%s", ends, *ends && s->pseudonym ? ", " : "",
	         s->pseudonym ? "which values are equal" : "");
}

static void cuts_text(const struct hf_shown *s, char *out, size_t cap)
{
	char number[48];
	size_t n = 0;

	if (s->cuts.period) {
		number_text(s->cuts.period / (s->cuts.count == 2 ? 8 : 4), number);
		snprintf(out, cap, "steps of %s", number);
		return;
	}
	for (size_t i = 0; i < s->cuts.count && n < cap; i++) {
		number_text(s->cuts.at[i] / 4, number);
		n += (size_t)snprintf(out + n, cap - n, "%s%s", i ? ", " : "cuts at ", number);
	}
}

void hf_shown_text(const struct hf_shown *s, char *out, size_t cap)
{
	static const char *const ranks[] = {"", "months", "quarters", "years"};

	out[0] = '\0';
	switch (s->kind) {
	case HF_SHOWN_NOTHING:
		snprintf(out, cap, "nothing");
		break;
	case HF_SHOWN_CLEAR:
		snprintf(out, cap, s->technique[0] ? "the value (%s)" : "the value%s", s->technique);
		break;
	case HF_SHOWN_CHARS:
		chars_text(s, out, cap);
		break;
	case HF_SHOWN_CUTS_BETWEEN:
		cuts_text(s, out, cap);
		break;
	case HF_SHOWN_TIMES:
		if (s->rank)
			snprintf(out, cap, "%s", ranks[s->rank]);
		else
			snprintf(out, cap, "times in steps of %u s", s->step);
		break;
	case HF_SHOWN_OTHER:
		if (s->level)
			snprintf(out, cap, "%s %lld", s->technique, (long long)s->level);
		else
			snprintf(out, cap, "%s", s->technique);
		break;
	}
	out[hf_utf8_cut(out, strlen(out))] = '\0';
}
