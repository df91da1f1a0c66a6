/* identify.c - the rows of a table pass by and are counted; what follows from the counts is in decide.c. */
#include "masking/identify.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "crypto/crypto.h"
#include "masking/identify_internal.h"
#include "masking/rules.h"
#include "masking/words.h"

#define BATCH 32u /* cells triaged at once */

static bool fits_length(const struct hf_detector *d, size_t len)
{
	for (size_t i = 0; i < 3 && d->shape[i].max; i++)
		if (len >= d->shape[i].min && (len <= d->shape[i].max || d->shape[i].max >= 64))
			return true;
	return false;
}

static bool fits_classes(const struct hf_detector *d, unsigned classes)
{
	for (size_t i = 0; i < 3 && d->shape[i].max; i++)
		if ((classes & d->shape[i].need) == d->shape[i].need && (classes & ~(unsigned)d->shape[i].allow) == 0)
			return true;
	return false;
}

static bool fits_first(const struct hf_detector *d, unsigned first)
{
	const uint8_t *p = (const uint8_t *)d->first;

	if (!p)
		return true;
	for (; *p; p++) {
		bool range = p[1] == '-' && p[2];

		if (first >= p[0] && first <= (range ? p[2] : p[0]))
			return true;
		p += range ? 2 : 0;
	}
	return false;
}

static void fill_triage(struct hf_identify *x)
{
	for (size_t d = 0; d < x->detector_count; d++) {
		uint64_t bit = (uint64_t)1 << d;

		x->checks[d] = x->detectors[d]->check;
		for (size_t len = 1; len < HF_CELL_LENGTHS; len++)
			if (fits_length(x->detectors[d], len))
				x->by_length[len] |= bit;
		for (unsigned classes = 1; classes < 256; classes++)
			if (fits_classes(x->detectors[d], classes))
				x->by_classes[classes] |= bit;
		for (unsigned first = 0; first < 256; first++)
			if (fits_first(x->detectors[d], first))
				x->by_first[first] |= bit;
	}
}

static unsigned named_by(const struct hf_identify *x, const struct hf_detector *d, const struct hf_named_field *f)
{
	char words[HF_WORDS_MAX];
	unsigned by = 0;

	hf_words(f->name, words);
	if (hf_words_match(words, d->names))
		by |= HF_BY_NAME;
	else if (hf_words_match(words, d->weak_names) &&
	         (hf_words_match(x->table, d->tables) || hf_words_match(x->table_comment, d->tables)))
		by |= HF_BY_TABLE;
	if (f->comment) {
		hf_words(f->comment, words);
		if (hf_words_match(words, d->names))
			by |= HF_BY_COMMENT;
	}
	return by;
}

static void init_column(struct hf_identify *x, struct hf_column_state *c, const struct hf_named_field *f)
{
	c->finding.name = c->name = hf_strdup(f->name);
	c->finding.sketch = &c->sketch;
	c->hot = &x->hot[c - x->columns];
	c->finding.unique = &c->unique;
	for (size_t d = 0; d < x->detector_count; d++) {
		c->named[d] = named_by(x, x->detectors[d], f);
		if (c->named[d] || x->detectors[d]->evidence != HF_EVIDENCE_NAME)
			c->hot->active |= (uint64_t)1 << d;
	}
	if (x->rules)
		c->rule = hf_rules_for(x->rules, f->name, f->comment);
}

struct hf_identify *hf_identify_new(const struct hf_identify_options *o, const struct hf_named_field *fields,
                                    size_t count)
{
	struct hf_identify *x = hf_alloc_zero(sizeof(*x));

	x->detectors = hf_detectors(&x->detector_count);
	x->shape_only = o->shape_only;
	x->rules = o->rules;
	hf_words(o->table ? o->table : "", x->table);
	hf_words(o->table_comment ? o->table_comment : "", x->table_comment);
	hf_detect_tables_init(&x->tables);
	if (o->key)
		memcpy(x->key, o->key, sizeof(x->key));
	else
		hf_random(x->key, sizeof(x->key));
	x->triage = hf_triage();
	fill_triage(x);
	x->column_count = count < HF_MAX_FIELDS ? count : HF_MAX_FIELDS;
	x->columns = hf_alloc_zero(x->column_count * sizeof(*x->columns));
	x->hot = hf_alloc_zero(x->column_count * sizeof(*x->hot));
	for (size_t i = 0; i < x->column_count; i++)
		init_column(x, &x->columns[i], &fields[i]);
	return x;
}

enum hf_err hf_identify_settle(struct hf_identify *x, struct hf_fault *f)
{
	return x->rules ? hf_rules_settle(x->rules, f) : HF_OK;
}

void hf_identify_free(struct hf_identify *x)
{
	if (!x)
		return;
	if (x->rules)
		hf_rules_drop(x->rules);
	for (size_t i = 0; i < x->column_count; i++) {
		free(x->columns[i].name);
		hf_unique_done(&x->columns[i].unique);
	}
	free(x->columns);
	free(x->hot);
	free(x->findings);
	free(x);
}

static inline void count_cell(const struct hf_identify *x, struct hf_column_counts *c, const struct hf_cell *cell)
{
	uint64_t m = x->by_length[cell->len < 64 ? cell->len : 64] & x->by_classes[cell->classes] &
	             x->by_first[cell->data[0]] & c->active;

	for (; m; m &= m - 1) {
		unsigned d = (unsigned)__builtin_ctzll(m);

		c->counts[d][x->checks[d](cell, &x->tables)]++;
	}
}

void hf_identify_watch(struct hf_identify *x, const struct hf_bytes *cells, size_t count)
{
	size_t n = count < x->column_count ? count : x->column_count;
	struct hf_cell triaged[BATCH];

	for (size_t from = 0; from < n; from += BATCH) {
		size_t m = n - from < BATCH ? n - from : BATCH;

		x->triage(cells + from, m, triaged);
		for (size_t i = 0; i < m; i++) {
			struct hf_column_counts *c = &x->hot[from + i];

			if (triaged[i].len > 0)
				count_cell(x, c, &triaged[i]);
			else
				c->nulls++;
		}
	}
	x->rows++;
}

static void see_value(struct hf_identify *x, struct hf_column_state *c, const uint8_t *data, size_t len)
{
	struct hf_cell cell;

	hf_cell_triage(data, len, &cell);
	count_cell(x, c->hot, &cell);
	c->finding.numbers += (cell.classes & ~(HF_CHAR_DIGIT | HF_CHAR_POINT | HF_CHAR_MARK)) == 0;
	hf_unique_add(&c->unique, hf_sketch_add(&c->sketch, x->key, data, len));
	if (x->rules)
		hf_rules_see(x->rules, c->rule_counts, data, cell.len);
}

/* Spaces around a value are not part of it. */
static struct hf_bytes trimmed(struct hf_bytes b)
{
	while (b.len > 0 && b.data[0] == ' ') {
		b.data++;
		b.len--;
	}
	while (b.len > 0 && b.data[b.len - 1] == ' ')
		b.len--;
	return b;
}

void hf_identify_row(struct hf_identify *x, const struct hf_bytes *cells, size_t count, bool padded)
{
	size_t n = count < x->column_count ? count : x->column_count;

	for (size_t i = 0; i < n; i++) {
		struct hf_column_state *c = &x->columns[i];
		struct hf_bytes b = trimmed(cells[i]);
		uint8_t copy[HF_CELL_MAX + HF_CELL_SLACK];

		if (b.len == 0) {
			c->hot->nulls++;
			continue;
		}
		if (b.len > HF_CELL_MAX)
			b.len = HF_CELL_MAX;
		if (!padded) {
			memcpy(copy, b.data, b.len);
			memset(copy + b.len, 0, HF_CELL_SLACK);
			b.data = copy;
		}
		see_value(x, c, b.data, b.len);
	}
	for (size_t i = n; i < x->column_count; i++)
		x->hot[i].nulls++;
	x->rows++;
}

uint64_t hf_identify_rows(const struct hf_identify *x)
{
	return x->rows;
}
