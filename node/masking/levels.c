/* levels.c - ways of becoming coarser; declared in levels.h. */
#include "masking/levels.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "masking/hides.h"
#include "masking/techniques/decimal.h"

#define CUTS_MOST 100      /* of the finest bands, about */
#define BANDS_MOST 6u      /* levels of bands */
#define CHARACTERS_MOST 6u /* levels of first characters */

struct making {
	const struct hf_effect_table *t;
	size_t column;
	bool *had; /* by code: a row has it */
	const struct hf_levels_tree *tree;
	struct hf_levels *out;
	struct hf_fault *f;
};

static char *number_text(struct making *m, size_t number)
{
	char *out = hf_arena_get(&m->out->arena, 24);

	snprintf(out, 24, "%zu", number);
	return out;
}

/* What the technique makes of every value. */
static enum hf_err become(struct making *m, const struct hf_level_technique *with, struct hf_effect_table *ret_values)
{
	const struct hf_mask_use use = {.args = with->args,
	                                .arg_count = with->arg_count,
	                                .file = m->tree ? m->tree->read : NULL,
	                                .file_ctx = m->tree ? m->tree->ctx : NULL};
	uint32_t n = hf_effect_distinct(m->t, m->column);
	struct hf_mask_batch b = {.count = n};
	struct hf_masker *masker = NULL;
	struct hf_bytes *in = hf_alloc_zero(n * sizeof(*in)), *out = hf_alloc_zero(n * sizeof(*out));
	struct hf_arena arena;
	enum hf_err e = hf_masker_open(with->technique, &use, m->f, &masker);

	hf_arena_init(&arena, NULL, 0);
	for (uint32_t i = 1; i < n; i++)
		in[i] = hf_effect_value(m->t, m->column, i);
	b.in = in;
	b.out = out;
	b.arena = &arena;
	if (e == HF_OK)
		e = hf_masker_mask(masker, &b, m->f);
	for (uint32_t i = 0; e == HF_OK && i < n; i++)
		if (!hf_effect_add(ret_values, &out[i]))
			e = hf_fault_set(m->f, HF_E_LIMIT, "a column has too many different values; sample the table");
	hf_masker_close(masker);
	hf_arena_done(&arena);
	free(in);
	free(out);
	return e;
}

/* Values that are one at the level before are one here, and some others are too. */
static bool coarser(const struct making *m, const uint32_t *to, uint32_t count)
{
	const struct hf_lattice_level *last = &m->out->lattice.level[m->out->lattice.level_count - 1];
	uint32_t *above = hf_alloc(((size_t)last->count + 1) * sizeof(*above)), seen = 0, all = 0;
	bool *there = hf_alloc_zero((size_t)count + 1), good = true;

	memset(above, 0xFF, ((size_t)last->count + 1) * sizeof(*above));
	for (uint32_t i = 0; i < hf_effect_distinct(m->t, m->column); i++) {
		uint32_t *a = &above[last->to[i]];

		if (!m->had[i])
			continue;
		good = good && (*a == UINT32_MAX || *a == to[i]);
		seen += *a == UINT32_MAX;
		*a = to[i];
		all += !there[to[i]];
		there[to[i]] = true;
	}
	free(above);
	free(there);
	return good && all < seen;
}

/* Whether a plan may say that of a field of the column's kind (hides.h). */
static bool hides(const struct making *m, const struct hf_level_technique *with)
{
	const struct hf_detector *d = m->tree ? m->tree->kind : NULL;
	const struct hf_plan_field field = {
	        .technique = with->technique, .args = with->args, .arg_count = with->arg_count};
	char why[HF_HIDES_WHY];

	return !d || d->sensitivity == HF_SENS_GENERAL || hf_hides(&field, d->id, d->level, why);
}

/* Adds a level, unless it is none. */
static enum hf_err add(struct making *m, const struct hf_level_technique *with)
{
	static const uint8_t key[16] = {4};
	struct hf_lattice_column *l = &m->out->lattice;
	struct hf_effect_table *values;
	uint32_t n = hf_effect_distinct(m->t, m->column), *to;
	enum hf_err e;

	if (l->level_count == HF_LATTICE_LEVELS || !hides(m, with))
		return HF_OK;
	values = hf_effect_table_new(1, key);
	e = become(m, with, values);
	if (e != HF_OK || !coarser(m, hf_effect_codes(values, 0), hf_effect_distinct(values, 0))) {
		hf_effect_table_free(values);
		return e;
	}
	to = hf_alloc(n * sizeof(*to));
	memcpy(to, hf_effect_codes(values, 0), n * sizeof(*to));
	l->level[l->level_count] = (struct hf_lattice_level){to, hf_effect_distinct(values, 0)};
	m->out->technique[l->level_count] = *with;
	m->out->become[l->level_count++] = values;
	return HF_OK;
}

static void add_first(struct making *m)
{
	uint32_t n = hf_effect_distinct(m->t, m->column), *to = hf_alloc(n * sizeof(*to));

	for (uint32_t i = 0; i < n; i++)
		to[i] = i;
	m->out->lattice.level[0] = (struct hf_lattice_level){to, n};
	m->out->lattice.level_count = 1;
}

struct numbers {
	double least, most;
	bool any, whole;
};

/* Whether all values are decimals; which. */
static bool numbers(const struct making *m, struct numbers *ret_n)
{
	struct numbers n = {.whole = true};

	for (uint32_t i = 1; i < hf_effect_distinct(m->t, m->column); i++) {
		struct hf_bytes v = hf_effect_value(m->t, m->column, i);
		struct hf_decimal d;
		double x;

		if (!m->had[i])
			continue;
		if (!hf_decimal_read(v.data, v.len, &d))
			return false;
		x = (double)d.units / pow(10, d.scale);
		n.least = !n.any || x < n.least ? x : n.least;
		n.most = !n.any || x > n.most ? x : n.most;
		n.whole = n.whole && d.scale == 0;
		n.any = true;
	}
	*ret_n = n;
	return n.any;
}

/* units * 10^power, as a decimal. */
static void put_decimal(struct hf_buf *out, int64_t units, int power)
{
	struct hf_decimal d = {units, power < 0 ? (unsigned)-power : 0};
	uint8_t digits[HF_DECIMAL_TEXT];
	size_t n;

	for (; power > 0; power--)
		d.units *= 10;
	n = hf_decimal_write(&d, digits);
	hf_buf_add(out, digits, n);
}

/* Bands of so many units of 10^power. */
static enum hf_err add_bands(struct making *m, int64_t units, int power, const struct numbers *n)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf cuts = HF_BUF_INIT;
	double step = (double)units * pow(10, power);
	int64_t at = (int64_t)floor(n->least / step) + 1;
	struct hf_level_technique with = {.technique = hf_technique_named("bucket"), .arg_count = 1};

	for (; (double)at * step <= n->most && cuts.len < 4000; at++) {
		if (cuts.len > 0)
			hf_buf_add(&cuts, "\n", 1);
		put_decimal(&cuts, at * units, power);
	}
	if (cuts.len == 0 || cuts.len >= 4000)
		return HF_OK;
	hf_buf_add(&cuts, "", 1);
	with.args[0] = (struct hf_arg){"cuts", memcpy(hf_arena_get(&m->out->arena, cuts.len), cuts.data, cuts.len)};
	return add(m, &with);
}

/* The finest step is 1, 2 or 5 of a power of ten, of whole numbers at least 2, or 5 where they are many; each next one
 * is twice as wide. */
static enum hf_err add_numbers(struct making *m, const struct numbers *n)
{
	static const int64_t steps[] = {1, 2, 5};
	double span = n->most - n->least, finest = span / CUTS_MOST;
	int power;
	int64_t units;
	size_t i = 0;

	if (n->whole && finest < 2)
		finest = span < 40 ? 2 : 5;
	power = finest > 0 ? (int)floor(log10(finest)) : 0;
	if (fabs(n->least) > 1e15 || fabs(n->most) > 1e15 || power < -12 || power > 12)
		return HF_OK;
	while (i < 2 && (double)steps[i] * pow(10, power) < finest * (1 - 1e-9))
		i++;
	units = steps[i];
	for (unsigned level = 0; level < BANDS_MOST && (double)units * pow(10, power) <= span; level++, units *= 2)
		HF_TRY(add_bands(m, units, power, n));
	return HF_OK;
}

/* Characters of every value when all have as many, else 0; only of ASCII, but the first ones. */
static size_t length_of_all(const struct making *m)
{
	size_t length = 0;

	for (uint32_t i = 1; i < hf_effect_distinct(m->t, m->column); i++) {
		struct hf_bytes v = hf_effect_value(m->t, m->column, i);
		size_t n = 0;

		if (!m->had[i])
			continue;
		for (size_t k = 0; k < v.len; k++) {
			n += (v.data[k] & 0xC0) != 0x80;
			if (v.data[k] == ' ')
				return 0;
		}
		if (length && n != length)
			return 0;
		length = n;
	}
	return length;
}

static enum hf_err add_characters(struct making *m, size_t length)
{
	/* of an id, up to the day, the year, the county, the city, the province; of a short code, one less each */
	const size_t first[] = {length - 1, length - 2, 14, 10, 8, 6, 4, 2, 1};
	size_t last = length, added = 0;

	for (size_t i = length > 8 ? 2 : 0; i < sizeof(first) / sizeof(first[0]) && added < CHARACTERS_MOST; i++) {
		struct hf_level_technique with = {.technique = hf_technique_named("trunc"), .arg_count = 1};

		if (first[i] >= last || first[i] == 0)
			continue;
		last = first[i];
		with.args[0] = (struct hf_arg){"first", number_text(m, first[i])};
		HF_TRY(add(m, &with));
		added++;
	}
	return HF_OK;
}

/* Whether all values are times that daterd can read. */
static bool times(struct making *m)
{
	static const uint8_t key[16] = {5};
	struct hf_level_technique with = {
	        .technique = hf_technique_named("daterd"), .args = {{"unit", "second"}}, .arg_count = 1};
	struct hf_effect_table *values = hf_effect_table_new(1, key);
	bool good = become(m, &with, values) == HF_OK, any = false;

	for (uint32_t i = 1; good && i < hf_effect_rows(values); i++) {
		good = !m->had[i] || hf_effect_codes(values, 0)[i] != HF_EFFECT_NULL;
		any |= m->had[i];
	}
	hf_effect_table_free(values);
	return good && any;
}

static enum hf_err add_times(struct making *m)
{
	static const char *const units[] = {"minute", "hour", "day", "month", "quarter", "year"};

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		struct hf_level_technique with = {
		        .technique = hf_technique_named("daterd"), .args = {{"unit", units[i]}}, .arg_count = 1};

		HF_TRY(add(m, &with));
	}
	return HF_OK;
}

static enum hf_err add_tree(struct making *m)
{
	for (uint32_t i = 1; i < hf_effect_distinct(m->t, m->column); i++)
		if (m->had[i] && hf_hierarchy_node(m->tree->tree, hf_effect_value(m->t, m->column, i), 1) == UINT32_MAX)
			return hf_fault_set(m->f, HF_E_FORMAT,
			                    "%.200s has no line for some of the column's values; add them",
			                    m->tree->file);
	for (uint32_t level = 1; level <= hf_hierarchy_levels(m->tree->tree); level++) {
		struct hf_level_technique with = {.technique = hf_technique_named("hier"), .arg_count = 2};

		with.args[0] = (struct hf_arg){"tree", m->tree->file};
		with.args[1] = (struct hf_arg){"level", number_text(m, level)};
		HF_TRY(add(m, &with));
	}
	return HF_OK;
}

static enum hf_err add_last(struct making *m)
{
	struct hf_level_technique with = {.technique = hf_technique_named(m->had[HF_EFFECT_NULL] ? "null" : "const")};

	if (!m->had[HF_EFFECT_NULL]) {
		with.args[0] = (struct hf_arg){"value", "*"};
		with.arg_count = 1;
	}
	if (m->out->lattice.level_count == HF_LATTICE_LEVELS) { /* it must be there */
		size_t last = --m->out->lattice.level_count;

		free(m->out->lattice.level[last].to);
		m->out->lattice.level[last].to = NULL;
		hf_effect_table_free(m->out->become[last]);
		m->out->become[last] = NULL;
	}
	return add(m, &with);
}

static enum hf_err add_kind(struct making *m)
{
	struct numbers n;
	size_t length = length_of_all(m);

	if (m->tree && m->tree->tree)
		return add_tree(m);
	if (numbers(m, &n) && !(length >= 5 && n.whole && n.least >= 0)) /* whole numbers of one length are codes */
		return add_numbers(m, &n);
	if (times(m))
		return add_times(m);
	return length > 2 ? add_characters(m, length) : HF_OK;
}

enum hf_err hf_levels_make(const struct hf_effect_table *t, size_t column, const struct hf_levels_tree *tree,
                           struct hf_levels *ret_levels, struct hf_fault *f)
{
	struct making m = {.t = t, .column = column, .tree = tree, .out = ret_levels, .f = f};
	enum hf_err e;

	memset(ret_levels, 0, sizeof(*ret_levels));
	ret_levels->lattice.column = column;
	hf_arena_init(&ret_levels->arena, NULL, 0);
	m.had = hf_alloc_zero(hf_effect_distinct(t, column));
	for (uint32_t i = 0; i < hf_effect_rows(t); i++)
		m.had[hf_effect_codes(t, column)[i]] = true;
	add_first(&m);
	e = add_kind(&m);
	if (e == HF_OK)
		e = add_last(&m);
	free(m.had);
	return e;
}

void hf_levels_done(struct hf_levels *l)
{
	for (size_t i = 0; i < HF_LATTICE_LEVELS; i++) {
		free(l->lattice.level[i].to);
		hf_effect_table_free(l->become[i]);
	}
	hf_arena_done(&l->arena);
	memset(l, 0, sizeof(*l));
}

struct hf_bytes hf_levels_value(const struct hf_levels *l, const struct hf_effect_table *t, size_t level, uint32_t code)
{
	if (level == 0)
		return hf_effect_value(t, l->lattice.column, code);
	return hf_effect_value(l->become[level], 0, hf_effect_codes(l->become[level], 0)[code]);
}
