/* effect_questions.c - random range questions to the tables before and after; declared in effect_utility.h. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "crypto/domains.h"
#include "crypto/hash.h"
#include "masking/effect_utility.h"

struct column {
	const uint32_t *codes[2]; /* before, after */
	uint32_t distinct[2];
	struct hf_effect_span *spans[2]; /* NULL: no numbers */
	uint32_t *to;                    /* by code after: the code before */
	double *part[2];                 /* by code: which part of its rows the question is about */
};
struct asking {
	const struct hf_effect_pair *p;
	struct column *columns;
	struct hf_bytes seed;
	uint32_t rows[2];
};

/* The draw of that number for a question: the first 8 bytes, little end first, of SHA-256 of domain, seed, question and
 * number. */
static uint64_t draw(const struct asking *a, uint32_t question, uint32_t number, uint64_t below)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf b = HF_BUF_INIT;
	struct hf_hash h;
	uint64_t v = 0;

	hf_buf_add(&b, HF_DOMAIN_MASK_QUESTION, sizeof(HF_DOMAIN_MASK_QUESTION));
	hf_buf_add(&b, a->seed.data, a->seed.len);
	hf_buf_addf(&b, "/%u/%u", question, number);
	hf_sha256(b.data, b.len, &h);
	for (unsigned i = 8; i > 0; i--)
		v = v << 8 | h.b[i - 1];
	return v % below;
}

static void column_init(const struct hf_effect_pair *p, size_t i, struct column *c)
{
	const struct hf_effect_table *t[2] = {p->before, p->after};
	size_t at[2] = {p->before_columns[i], p->after_columns[i]};
	double least = 0, most = 0;
	bool numbers = hf_effect_range(t[0], at[0], &least, &most);

	*c = (struct column){.to = hf_alloc(hf_effect_distinct(t[1], at[1]) * sizeof(uint32_t))};
	for (uint32_t code = 0; code < hf_effect_distinct(t[1], at[1]); code++)
		c->to[code] = hf_effect_code(p->before, at[0], hf_effect_value(t[1], at[1], code));
	for (unsigned s = 0; s < 2; s++) {
		c->codes[s] = hf_effect_codes(t[s], at[s]);
		c->distinct[s] = hf_effect_distinct(t[s], at[s]);
		c->spans[s] = numbers ? hf_effect_spans(t[s], at[s], least, most) : NULL;
		c->part[s] = hf_alloc(c->distinct[s] * sizeof(double));
	}
}

static void column_done(struct column *c)
{
	for (unsigned s = 0; s < 2; s++) {
		free(c->spans[s]);
		free(c->part[s]);
	}
	free(c->to);
}

/* Which part of a number or band lies in the range. */
static double part_of(const struct hf_effect_span *s, double from, double to)
{
	double low = s->low > from ? s->low : from, high = s->high < to ? s->high : to;

	if (s->low > s->high || low > high)
		return 0;
	return s->high > s->low ? (high - low) / (s->high - s->low) : 1;
}

/* Fills the parts of a column for a question; draws are its two rows. */
static void ask(struct column *c, const uint64_t draws[2])
{
	uint32_t a = c->codes[0][draws[0]], b = c->codes[0][draws[1]];
	bool numbers = c->spans[0] && c->spans[1] && a != HF_EFFECT_NULL && b != HF_EFFECT_NULL;
	double from = numbers ? c->spans[0][a].low : 0, to = numbers ? c->spans[0][b].low : 0;

	if (from > to) {
		double swap = from;

		from = to;
		to = swap;
	}
	for (unsigned s = 0; s < 2; s++)
		for (uint32_t code = 0; code < c->distinct[s]; code++)
			c->part[s][code] =
			        numbers ? part_of(&c->spans[s][code], from, to) : (s ? c->to[code] : code) == a;
}

static double answer(const struct asking *a, unsigned s, size_t first, size_t second)
{
	const struct column *x = &a->columns[first], *y = &a->columns[second];
	double n = 0;

	for (uint32_t i = 0; i < a->rows[s]; i++)
		n += first == second ? x->part[s][x->codes[s][i]]
		                     : x->part[s][x->codes[s][i]] * y->part[s][y->codes[s][i]];
	return n;
}

/* The error of one question. Draws: the first column, how far on the second is, two rows each. */
static double one(struct asking *a, uint32_t question)
{
	size_t n = a->p->column_count, first = (size_t)draw(a, question, 0, n), second = first;
	double before, after, least = a->rows[0] / 1000.0;

	if (n > 1)
		second = (first + 1 + (size_t)draw(a, question, 1, n - 1)) % n;
	ask(&a->columns[first], (uint64_t[2]){draw(a, question, 2, a->rows[0]), draw(a, question, 3, a->rows[0])});
	if (second != first)
		ask(&a->columns[second],
		    (uint64_t[2]){draw(a, question, 4, a->rows[0]), draw(a, question, 5, a->rows[0])});
	before = answer(a, 0, first, second);
	after = answer(a, 1, first, second);
	return fabs(after - before) / (before > least ? before : least);
}

static int rising(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

void hf_effect_questions(const struct hf_effect_pair *tables, uint32_t count, struct hf_bytes seed,
                         struct hf_effect_questions *ret_questions)
{
	struct hf_effect_questions r = {.count = count};
	struct asking a = {.p = tables, .seed = seed};
	double *errors = hf_alloc_zero(((size_t)count + 1) * sizeof(*errors)), sum = 0;

	a.rows[0] = hf_effect_rows(tables->before);
	a.rows[1] = hf_effect_rows(tables->after);
	if (a.rows[0] == 0 || tables->column_count == 0)
		r.count = 0;
	a.columns = hf_alloc_zero((tables->column_count + 1) * sizeof(*a.columns));
	for (size_t i = 0; i < tables->column_count; i++)
		column_init(tables, i, &a.columns[i]);
	for (uint32_t i = 0; i < r.count; i++)
		sum += errors[i] = one(&a, i);
	qsort(errors, r.count, sizeof(*errors), rising);
	if (r.count) {
		r.mean = sum / r.count;
		r.median = (errors[(r.count - 1) / 2] + errors[r.count / 2]) / 2;
		r.most = errors[r.count - 1];
	}
	for (size_t i = 0; i < tables->column_count; i++)
		column_done(&a.columns[i]);
	free(a.columns);
	free(errors);
	*ret_questions = r;
}
