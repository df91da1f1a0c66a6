/*
 * dates.c - daterd and datesh: times on a coarser grid, and times moved by a secret number of days for each subject.
 *
 * "YYYY-MM-DD", with "-", "/" or ".", and perhaps " HH:MM", ":SS", a fraction and a zone behind it; the form is kept.
 * The grid is that of the local time as it stands there.
 */
#include "masking/codes.h"
#include "masking/techniques/each.h"
#include "masking/techniques/prf.h"
#include "masking/techniques/techniques.h"

#include <stdlib.h>
#include <string.h>

#define TEXT_MAX 40u
#define DAY 86400

struct moment {
	int64_t days; /* since 1970-01-01 */
	unsigned second;
	bool has_time, has_second;
	bool finer; /* a fraction that is not 0 */
};

static bool two(const uint8_t *p, unsigned *ret_v)
{
	unsigned a = (unsigned)(p[0] - '0'), b = (unsigned)(p[1] - '0');

	*ret_v = a * 10 + b;
	return a < 10 && b < 10;
}

/* Days of the civil calendar, after H. Hinnant. */
static int64_t days_of(int64_t y, unsigned m, unsigned d)
{
	int64_t era;
	unsigned year, day;

	y -= m <= 2;
	era = y / 400;
	year = (unsigned)(y - era * 400);
	day = (153 * (m + (m > 2 ? -3u : 9u)) + 2) / 5 + d - 1;
	return era * 146097 + (int64_t)(year * 365 + year / 4 - year / 100 + day) - 719468;
}

static void civil_of(int64_t days, unsigned ret_ymd[3])
{
	int64_t z = days + 719468, era = z / 146097;
	unsigned day = (unsigned)(z - era * 146097);
	unsigned year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
	unsigned in_year = day - (365 * year + year / 4 - year / 100), m = (5 * in_year + 2) / 153;

	ret_ymd[2] = in_year - (153 * m + 2) / 5 + 1;
	ret_ymd[1] = m < 10 ? m + 3 : m - 9;
	ret_ymd[0] = (unsigned)(year + era * 400) + (ret_ymd[1] <= 2);
}

static bool read_time(const uint8_t *p, size_t len, struct moment *m)
{
	unsigned h, min, s = 0;
	size_t at = 16;

	if (len < 16 || (p[10] != ' ' && p[10] != 'T') || p[13] != ':' || !two(p + 11, &h) || !two(p + 14, &min) ||
	    h > 23 || min > 59)
		return false;
	m->has_second = len >= 19 && p[16] == ':';
	if (m->has_second) {
		if (!two(p + 17, &s) || s > 59)
			return false;
		at = 19;
		if (at < len && p[at] == '.')
			for (at++; at < len && (uint8_t)(p[at] - '0') < 10; at++)
				m->finer |= p[at] != '0';
	}
	m->second = h * 3600 + min * 60 + s;
	return at == len || p[at] == 'Z' || p[at] == '+' || p[at] == '-';
}

static bool read_moment(const struct hf_bytes *v, struct moment *ret_m)
{
	const uint8_t *p = v->data;
	unsigned century, year, month, day;
	struct moment m = {.second = 0};

	if (v->len < 10 || v->len > TEXT_MAX || p[4] != p[7] || (p[4] != '-' && p[4] != '/' && p[4] != '.') ||
	    !two(p, &century) || !two(p + 2, &year) || !two(p + 5, &month) || !two(p + 8, &day) ||
	    !hf_code_day_ok(century * 100 + year, month, day))
		return false;
	m.days = days_of(century * 100 + year, month, day);
	m.has_time = v->len > 10;
	if (m.has_time && !read_time(p, v->len, &m))
		return false;
	*ret_m = m;
	return true;
}

static void put_two(uint8_t *p, unsigned v)
{
	p[0] = (uint8_t)('0' + v / 10 % 10);
	p[1] = (uint8_t)('0' + v % 10);
}

/* In the form of v; false: beyond the years that are written with four digits here. */
static bool write_moment(const struct moment *m, const struct hf_bytes *v, struct hf_arena *arena, bool clear_fraction,
                         struct hf_bytes *ret_out)
{
	uint8_t *out = hf_arena_get(arena, v->len);
	unsigned ymd[3];

	civil_of(m->days, ymd);
	if (!hf_code_day_ok(ymd[0], ymd[1], ymd[2]))
		return false;
	memcpy(out, v->data, v->len);
	put_two(out, ymd[0] / 100);
	put_two(out + 2, ymd[0] % 100);
	put_two(out + 5, ymd[1]);
	put_two(out + 8, ymd[2]);
	if (m->has_time) {
		put_two(out + 11, m->second / 3600);
		put_two(out + 14, m->second / 60 % 60);
	}
	if (m->has_second)
		put_two(out + 17, m->second % 60);
	for (size_t i = 20;
	     clear_fraction && m->has_second && i < v->len && (uint8_t)(out[i] - '0') < 10 && out[19] == '.'; i++)
		out[i] = '0';
	*ret_out = (struct hf_bytes){out, v->len};
	return true;
}

/* daterd */
enum unit { UNIT_SECOND = 1, UNIT_MINUTE, UNIT_HOUR, UNIT_DAY, UNIT_MONTH, UNIT_QUARTER, UNIT_YEAR };
static const char *const unit_names[] = {"", "second", "minute", "hour", "day", "month", "quarter", "year"};

struct grid {
	enum unit unit;
	unsigned step; /* seconds, up to a day */
	bool up;
};

static enum hf_err daterd_open(const struct hf_mask_use *use, struct hf_fault *f, void **ret_state)
{
	static const unsigned seconds[] = {0, 1, 60, 3600, DAY, 0, 0, 0};
	const char *name = hf_arg_text(use, "unit", "day");
	int64_t every = hf_arg_number(use, "every", 1);
	struct grid g = {.unit = UNIT_SECOND, .up = strcmp(hf_arg_text(use, "mode", "floor"), "ceil") == 0};

	while (strcmp(unit_names[g.unit], name) != 0)
		g.unit++;
	if ((g.unit >= UNIT_DAY && every != 1) || (g.unit < UNIT_DAY && DAY % (every * seconds[g.unit]) != 0))
		return hf_fault_set(f, HF_E_ARGUMENT,
		                    "daterd: every %lld %ss do not divide a day; days and longer units come one by one",
		                    (long long)every, name);
	g.step = seconds[g.unit] * (unsigned)every;
	*ret_state = hf_alloc(sizeof(g));
	memcpy(*ret_state, &g, sizeof(g));
	return HF_OK;
}

/* The first day of the month, quarter or year, or of the next one. */
static int64_t unit_begin(enum unit unit, int64_t days, bool next)
{
	unsigned ymd[3], months = unit == UNIT_MONTH ? 1 : unit == UNIT_QUARTER ? 3 : 12, month;

	civil_of(days, ymd);
	month = (ymd[1] - 1) / months * months + (next ? months : 0);
	return days_of(ymd[0] + month / 12, month % 12 + 1, 1);
}

static void to_grid(const struct grid *g, struct moment *m)
{
	struct moment was = *m;

	if (g->unit <= UNIT_DAY)
		m->second -= m->second % g->step;
	else
		m->second = 0, m->days = unit_begin(g->unit, m->days, false);
	if (!g->up || (m->days == was.days && m->second == was.second && !was.finer))
		return;
	if (g->unit > UNIT_DAY) {
		m->days = unit_begin(g->unit, was.days, true);
	} else {
		m->second += g->step;
		m->days += m->second / DAY;
		m->second %= DAY;
	}
}

static bool daterd_value(void *state, struct hf_mask_batch *b, size_t i)
{
	struct moment m;

	if (!read_moment(&b->in[i], &m))
		return false;
	to_grid(state, &m);
	return write_moment(&m, &b->in[i], b->arena, true, &b->out[i]);
}

static enum hf_err daterd_mask(void *state, struct hf_mask_batch *b, struct hf_fault *f)
{
	(void)f;
	return hf_mask_each(state, b, daterd_value);
}

static const struct hf_param daterd_params[] = {
        {"unit", HF_PARAM_CHOICE, true, 0, 0, "second minute hour day month quarter year", "what the grid is made of"},
        {"every", HF_PARAM_NUMBER, false, 1, 43200, NULL, "so many seconds, minutes or hours; 1 when nothing is said"},
        {"mode", HF_PARAM_CHOICE, false, 0, 0, "floor ceil", "floor when nothing is said"},
        {NULL, 0, false, 0, 0, NULL, NULL},
};

const struct hf_technique hf_technique_daterd = {
        .id = "daterd",
        .title = "times on a grid",
        .record = {.principle = "a time becomes the beginning, or the end, of its cell in a grid",
                   .format = HF_FORMAT_KEPT,
                   .repeats = HF_REPEATS_VALUE,
                   .reversible = HF_REVERSIBLE_NO,
                   .reference = HF_REFERENCE_LOST,
                   .meaning = HF_MEANING_KEPT,
                   .distribution = HF_DISTRIBUTION_NEAR,
                   .reach = HF_REACH_ROW,
                   .keyed = HF_KEYED_NOT,
                   .cost = "about 40 ns a value",
                   .constraint = "one grid for all consumers of a dataset"},
        .params = daterd_params,
        .open = daterd_open,
        .close = free,
        .mask = daterd_mask,
};

/* datesh */
struct shift {
	struct hf_prf prf;
	unsigned most; /* days */
};

static enum hf_err datesh_open(const struct hf_mask_use *use, struct hf_fault *f, void **ret_state)
{
	struct shift *s = hf_alloc_zero(sizeof(*s));

	(void)f;
	hf_prf_init(&s->prf, use, "datesh");
	s->most = (unsigned)hf_arg_number(use, "days", 0);
	*ret_state = s;
	return HF_OK;
}

static void datesh_close(void *state)
{
	struct shift *s = state;

	hf_prf_done(&s->prf);
	free(s);
}

static int64_t offset_of(const struct shift *s, const struct hf_bytes *subject)
{
	struct hf_hash h;

	hf_prf_of_value(&s->prf, subject, &h);
	return (int64_t)hf_prf_below(&h, 0, 2 * (uint64_t)s->most + 1) - s->most;
}

static bool moved(struct shift *s, struct hf_mask_batch *b, size_t i, bool back)
{
	struct moment m;

	if (!b->by[i].data || !read_moment(&b->in[i], &m))
		return false;
	m.days += back ? -offset_of(s, &b->by[i]) : offset_of(s, &b->by[i]);
	return write_moment(&m, &b->in[i], b->arena, false, &b->out[i]);
}

static bool there(void *state, struct hf_mask_batch *b, size_t i)
{
	return moved(state, b, i, false);
}

static bool back_again(void *state, struct hf_mask_batch *b, size_t i)
{
	return moved(state, b, i, true);
}

static enum hf_err move(struct shift *s, struct hf_mask_batch *b, bool back, struct hf_fault *f)
{
	if (!b->by)
		return hf_fault_set(f, HF_E_ARGUMENT,
		                    "datesh needs the values of its column by, which names the subject");
	return hf_mask_each(s, b, back ? back_again : there);
}

static enum hf_err datesh_mask(void *state, struct hf_mask_batch *b, struct hf_fault *f)
{
	return move(state, b, false, f);
}

static enum hf_err datesh_unmask(void *state, struct hf_mask_batch *b, struct hf_fault *f)
{
	return move(state, b, true, f);
}

static const struct hf_param datesh_params[] = {
        {"days", HF_PARAM_NUMBER, true, 1, 36500, NULL, "moved by at most so many days, forth or back"},
        {"by", HF_PARAM_TEXT, true, 1, 127, NULL, "column that names the subject, whose times all move alike"},
        {NULL, 0, false, 0, 0, NULL, NULL},
};

const struct hf_technique hf_technique_datesh = {
        .id = "datesh",
        .title = "date shift",
        .record = {.principle = "all times of a subject are moved by the same keyed number of days",
                   .format = HF_FORMAT_KEPT,
                   .repeats = HF_REPEATS_ROW,
                   .reversible = HF_REVERSIBLE_KEY,
                   .reference = HF_REFERENCE_LOST,
                   .meaning = HF_MEANING_KEPT,
                   .distribution = HF_DISTRIBUTION_NEAR,
                   .reach = HF_REACH_ROW,
                   .keyed = HF_KEYED_DATASET,
                   .cost = "about 300 ns a value",
                   .constraint = "at least twice the distance of events that a subject is known by; intervals stay and "
                                 "may tell who it is"},
        .params = datesh_params,
        .open = datesh_open,
        .close = datesh_close,
        .mask = datesh_mask,
        .unmask = datesh_unmask,
};
