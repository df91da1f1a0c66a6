/* effect_tree.c - the hierarchical distance of each class; declared in effect_tree.h. Only nodes above values that a
 * class has are looked at: below any other, everything is missing, and nothing can move. */
#include "masking/effect_tree.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define LEVELS_MOST (HF_HIERARCHY_LEVELS + 1u)

/* One level: level 0 are the values, by code. */
struct level {
	uint32_t count;
	uint32_t *above;            /* by node: its parent; NULL: this is the root's level */
	double *share;              /* by node: of the whole table */
	double *here;               /* by node: of the class; 0 between classes */
	double *more, *less, *seen; /* by node, of its children in the class: what they have more and less than the
	                               whole table, and their shares of it */
	uint32_t *touched;          /* nodes above values of the class */
	uint32_t touched_count;
};
struct tree {
	struct level level[LEVELS_MOST + 1];
	uint32_t top; /* the root's level */
};

static void level_init(struct level *v, uint32_t count)
{
	*v = (struct level){.count = count};
	v->share = hf_alloc_zero(count * sizeof(double));
	v->here = hf_alloc_zero(count * sizeof(double));
	v->more = hf_alloc_zero(count * sizeof(double));
	v->less = hf_alloc_zero(count * sizeof(double));
	v->seen = hf_alloc_zero(count * sizeof(double));
	v->touched = hf_alloc(count * sizeof(uint32_t));
}

static void tree_done(struct tree *t)
{
	for (uint32_t i = 0; i <= t->top; i++) {
		struct level *v = &t->level[i];

		free(v->above);
		free(v->share);
		free(v->here);
		free(v->more);
		free(v->less);
		free(v->seen);
		free(v->touched);
	}
}

/* Nodes of each level, null's own one last. rows_of: by code. Returns how many values are not in the tree. */
static uint32_t tree_make(struct tree *t, const struct hf_effect_table *rows, size_t column, const uint32_t *rows_of,
                          const struct hf_hierarchy *h)
{
	uint32_t levels = hf_hierarchy_levels(h), values = hf_effect_distinct(rows, column), strange = 0;

	t->top = hf_hierarchy_nodes(h, levels) == 1 && !rows_of[HF_EFFECT_NULL] ? levels : levels + 1;
	for (uint32_t i = 0; i <= t->top; i++) {
		struct level *v = &t->level[i];

		level_init(v, i == 0 ? values : i <= levels ? hf_hierarchy_nodes(h, i) + 1 : 1);
		v->above = i < t->top ? hf_alloc_zero(v->count * sizeof(*v->above)) : NULL;
		if (i > 0 && i < levels) /* null; other parents come with the values */
			v->above[v->count - 1] = hf_hierarchy_nodes(h, i + 1);
	}
	for (uint32_t code = 0; code < values; code++) {
		uint32_t at = code;

		for (uint32_t i = 0; rows_of[code] && i < levels; i++) {
			uint32_t up = code ? hf_hierarchy_node(h, hf_effect_value(rows, column, code), i + 1)
			                   : hf_hierarchy_nodes(h, i + 1);

			strange += up == UINT32_MAX && i == 0;
			at = up == UINT32_MAX ? 0 : (t->level[i].above[at] = up);
		}
	}
	return strange;
}

/* Shares of a level from the one below. */
static void shares_up(struct tree *t)
{
	for (uint32_t i = 0; i < t->top; i++)
		for (uint32_t n = 0; n < t->level[i].count; n++)
			t->level[i + 1].share[t->level[i].above[n]] += t->level[i].share[n];
}

static void touch(struct level *v, uint32_t node)
{
	if (v->here[node] == 0)
		v->touched[v->touched_count++] = node;
}

/* What must move below the nodes of level i + 1, as far as that is; clears level i. */
static double move(struct tree *t, uint32_t i)
{
	struct level *v = &t->level[i], *up = &t->level[i + 1];
	double far = (double)(i + 1) / t->top, cost = 0;

	for (uint32_t k = 0; k < v->touched_count; k++) {
		uint32_t n = v->touched[k], p = v->above[n];
		double extra = v->here[n] - v->share[n];

		touch(up, p);
		up->here[p] += v->here[n];
		up->seen[p] += v->share[n];
		*(extra > 0 ? &up->more[p] : &up->less[p]) += extra > 0 ? extra : -extra;
		v->here[n] = 0;
	}
	v->touched_count = 0;
	for (uint32_t k = 0; k < up->touched_count; k++) {
		uint32_t p = up->touched[k];
		double less = up->less[p] + (up->share[p] - up->seen[p]);

		cost += far * (up->more[p] < less ? up->more[p] : less);
		up->more[p] = up->less[p] = up->seen[p] = 0;
	}
	return cost;
}

static double farthest(struct tree *t, const struct hf_effect_classes *c, const uint32_t *codes)
{
	struct level *root = &t->level[t->top];
	double most = 0;

	for (uint32_t class = 0; class < c->count; class ++) {
		double cost = 0;

		for (uint32_t i = c->first[class]; i < c->first[class + 1]; i++) {
			touch(&t->level[0], codes[c->row[i]]);
			t->level[0].here[codes[c->row[i]]] += 1.0 / c->size[class];
		}
		for (uint32_t i = 0; i < t->top; i++)
			cost += move(t, i);
		root->here[0] = 0;
		root->touched_count = 0;
		most = cost > most ? cost : most;
	}
	return most;
}

uint32_t hf_effect_closeness_tree(const struct hf_effect_table *t, const struct hf_effect_classes *c, size_t sensitive,
                                  const struct hf_hierarchy *h, double *ret_distance)
{
	const uint32_t *codes = hf_effect_codes(t, sensitive);
	uint32_t values = hf_effect_distinct(t, sensitive), all = c->rows - c->suppressed, strange;
	uint32_t *rows_of = hf_alloc_zero((size_t)values * sizeof(*rows_of));
	struct tree tree = {.top = 0};

	for (uint32_t i = 0; i < all; i++)
		rows_of[codes[c->row[i]]]++;
	strange = tree_make(&tree, t, sensitive, rows_of, h);
	for (uint32_t code = 0; code < values; code++)
		tree.level[0].share[code] = rows_of[code] ? (double)rows_of[code] / all : 0;
	shares_up(&tree);
	if (!strange)
		*ret_distance = farthest(&tree, c, codes);
	tree_done(&tree);
	free(rows_of);
	return strange;
}
