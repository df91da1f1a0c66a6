/* lattice_try.c - one node of a lattice: its classes, what has to be suppressed, and its loss; declared in lattice.h.
 */
#include "masking/lattice.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

struct column {
	double *bits[HF_LATTICE_LEVELS];     /* by base class: of a row, lost at the level */
	uint32_t *become[HF_LATTICE_LEVELS]; /* by base class: its code at the level */
	double *all;                         /* by base class: of a row, when nothing is told */
	double most;                         /* of all rows, when nothing is told */
	double loss[HF_LATTICE_LEVELS];      /* of all rows, of most */
};
struct hf_lattice_work {
	const struct hf_lattice *l;
	struct hf_effect_classes base; /* of the values as they are */
	struct column *columns;
	bool missed_size;
};

static uint32_t *rows_by_code(const struct hf_effect_table *t, size_t column)
{
	const uint32_t *codes = hf_effect_codes(t, column);
	uint32_t *rows = hf_alloc_zero((size_t)hf_effect_distinct(t, column) * sizeof(*rows));

	for (uint32_t i = 0; i < hf_effect_rows(t); i++)
		rows[codes[i]]++;
	return rows;
}

static void level_make(const struct hf_lattice_work *w, const struct hf_lattice_column *from, struct column *c,
                       size_t level, const uint32_t *rows)
{
	const uint32_t *codes = hf_effect_codes(w->l->rows, from->column), *to = from->level[level].to;
	double *among = hf_alloc_zero(((size_t)from->level[level].count + 1) * sizeof(*among)), sum = 0;
	double told = hf_effect_rows(w->l->rows) - rows[HF_EFFECT_NULL];

	for (uint32_t i = 1; i < hf_effect_distinct(w->l->rows, from->column); i++)
		among[to[i]] += rows[i];
	among[HF_EFFECT_NULL] = told;
	c->bits[level] = hf_alloc(((size_t)w->base.count + 1) * sizeof(double));
	c->become[level] = hf_alloc(((size_t)w->base.count + 1) * sizeof(uint32_t));
	for (uint32_t i = 0; i < w->base.count; i++) {
		uint32_t code = codes[w->base.row[w->base.first[i]]];

		c->become[level][i] = code ? to[code] : HF_EFFECT_NULL;
		c->bits[level][i] = code ? log2(among[to[code]] / rows[code]) : 0;
		sum += c->bits[level][i] * w->base.size[i];
	}
	c->loss[level] = c->most > 0 ? sum / c->most : 0;
	free(among);
}

static void column_make(const struct hf_lattice_work *w, const struct hf_lattice_column *from, struct column *c)
{
	uint32_t *rows = rows_by_code(w->l->rows, from->column);
	const uint32_t *codes = hf_effect_codes(w->l->rows, from->column);
	double told = hf_effect_rows(w->l->rows) - rows[HF_EFFECT_NULL];

	c->all = hf_alloc(((size_t)w->base.count + 1) * sizeof(double));
	for (uint32_t i = 0; i < w->base.count; i++) {
		uint32_t code = codes[w->base.row[w->base.first[i]]];

		c->all[i] = code ? log2(told / rows[code]) : 0;
		c->most += c->all[i] * w->base.size[i];
	}
	for (size_t level = 0; level < from->level_count; level++)
		level_make(w, from, c, level, rows);
	free(rows);
}

struct hf_lattice_work *hf_lattice_work_new(const struct hf_lattice *l)
{
	struct hf_lattice_work *w = hf_alloc_zero(sizeof(*w));
	size_t quasi[HF_LATTICE_COLUMNS];

	w->l = l;
	for (size_t i = 0; i < l->column_count; i++)
		quasi[i] = l->columns[i].column;
	hf_effect_classes_make(l->rows, quasi, l->column_count, &w->base);
	w->columns = hf_alloc_zero((l->column_count + 1) * sizeof(*w->columns));
	for (size_t i = 0; i < l->column_count; i++)
		column_make(w, &l->columns[i], &w->columns[i]);
	return w;
}

void hf_lattice_work_free(struct hf_lattice_work *w)
{
	if (!w)
		return;
	for (size_t i = 0; i < w->l->column_count; i++) {
		for (size_t level = 0; level < HF_LATTICE_LEVELS; level++) {
			free(w->columns[i].bits[level]);
			free(w->columns[i].become[level]);
		}
		free(w->columns[i].all);
	}
	free(w->columns);
	hf_effect_classes_done(&w->base);
	free(w);
}

double hf_lattice_least_loss(const struct hf_lattice_work *w, const uint8_t *level)
{
	double sum = 0;

	for (size_t i = 0; i < w->l->column_count; i++)
		sum += w->columns[i].loss[level[i]];
	return w->l->column_count ? sum / (double)w->l->column_count : 0;
}

bool hf_lattice_missed_size(const struct hf_lattice_work *w)
{
	return w->missed_size;
}

static void classes_of(const struct hf_lattice_work *w, const uint8_t *level, struct hf_effect_classes *ret_classes)
{
	const uint32_t *codes[HF_LATTICE_COLUMNS];

	for (size_t i = 0; i < w->l->column_count; i++)
		codes[i] = w->columns[i].become[level[i]];
	hf_effect_classes_unite(&w->base, codes, w->l->column_count, ret_classes);
}

/* Rows that may be suppressed; those that tell nothing of themselves count where any may. */
static bool too_many(const struct hf_lattice_work *w, const struct hf_effect_classes *c, uint32_t taken)
{
	return w->l->suppress > 0 ? c->suppressed > w->l->suppress * c->rows : taken > 0;
}

/* What rows lose that are suppressed, beyond what their values lose by becoming coarse. */
static double suppressed_loss(const struct hf_lattice_work *w, const uint8_t *level, const struct hf_effect_classes *c)
{
	double loss = 0;

	for (uint32_t i = 0; i < w->base.count; i++) {
		if (c->of_row[w->base.row[w->base.first[i]]] != HF_EFFECT_NO_CLASS)
			continue;
		for (size_t j = 0; j < w->l->column_count; j++) {
			const struct column *q = &w->columns[j];

			if (q->most > 0)
				loss += (q->all[i] - q->bits[level[j]][i]) * w->base.size[i] / q->most;
		}
	}
	return loss / (double)w->l->column_count;
}

bool hf_lattice_try(struct hf_lattice_work *w, struct hf_lattice_node *node)
{
	struct hf_effect_need size = w->l->need;
	struct hf_effect_classes c;
	uint32_t taken;

	size.t = -1;
	classes_of(w, node->level, &c);
	taken = hf_effect_meet(w->l->rows, &size, &c);
	w->missed_size = too_many(w, &c, taken) || c.count == 0;
	if (!w->missed_size && w->l->need.t >= 0)
		taken += hf_effect_meet(w->l->rows, &w->l->need, &c);
	node->suppressed = c.suppressed;
	node->classes = c.count;
	node->loss = hf_lattice_least_loss(w, node->level) + suppressed_loss(w, node->level, &c);
	hf_effect_classes_done(&c);
	return !w->missed_size && node->classes > 0 &&
	       !(w->l->suppress > 0 ? node->suppressed > w->l->suppress * w->base.rows : taken > 0);
}

bool *hf_lattice_suppressed(struct hf_lattice_work *w, const struct hf_lattice_node *node)
{
	bool *gone = hf_alloc_zero((size_t)w->base.rows + 1);
	struct hf_effect_classes c;

	classes_of(w, node->level, &c);
	hf_effect_meet(w->l->rows, &w->l->need, &c);
	for (uint32_t i = 0; i < c.rows; i++)
		gone[i] = c.of_row[i] == HF_EFFECT_NO_CLASS;
	hf_effect_classes_done(&c);
	return gone;
}
