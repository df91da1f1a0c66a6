/* cover.c - see cover.h. */
#include "policy/cover.h"

#include <stdlib.h>
#include <string.h>

#define KEYS_MAX 64u /* values of the axis that a rule stands under */

/* One value of one axis: first how many rules name it, then which stand under it. */
struct key {
	hf_point point;
	uint32_t axis, count;
	uint32_t first; /* 1 + place in entries; 0: none */
};
struct entry {
	uint32_t rule, next;
};
struct hf_cover {
	const struct hf_axes_rules *rules;
	struct key *key; /* count 0: empty */
	size_t key_cap, key_count;
	struct entry *entry;
	uint32_t entry_count, entry_cap;
	uint32_t *wide; /* rules that stand under no value */
	uint32_t wide_count;
};

static struct key *probe(const struct hf_cover *c, uint32_t axis, hf_point point)
{
	uint64_t h = ((uint64_t)point ^ (uint64_t)(point >> 64) * 0x9E3779B97F4A7C15u ^ axis) * 0xFF51AFD7ED558CCDu;
	size_t at = (size_t)(h ^ h >> 29) & (c->key_cap - 1);

	while (c->key[at].count > 0 && (c->key[at].point != point || c->key[at].axis != axis))
		at = (at + 1) & (c->key_cap - 1);
	return c->key + at;
}

static void grow(struct hf_cover *c)
{
	struct hf_cover old = *c;

	c->key_cap = old.key_cap ? old.key_cap * 2 : 1024;
	c->key = hf_alloc_zero(c->key_cap * sizeof(*c->key));
	for (size_t i = 0; i < old.key_cap; i++)
		if (old.key[i].count > 0)
			*probe(c, old.key[i].axis, old.key[i].point) = old.key[i];
	free(old.key);
}

static void count_key(struct hf_cover *c, uint32_t axis, hf_point point)
{
	struct key *k;

	if (c->key_count >= c->key_cap / 2)
		grow(c);
	k = probe(c, axis, point);
	if (k->count == 0) {
		*k = (struct key){.axis = axis, .point = point};
		c->key_count++;
	}
	k->count++;
}

static void put_rule(struct hf_cover *c, uint32_t axis, hf_point point, uint32_t rule)
{
	struct key *k = probe(c, axis, point);

	if (c->entry_count == c->entry_cap) {
		c->entry_cap = c->entry_cap ? c->entry_cap * 2 : 1024;
		c->entry = hf_realloc(c->entry, c->entry_cap * sizeof(*c->entry));
	}
	c->entry[c->entry_count] = (struct entry){rule, k->first};
	k->first = ++c->entry_count;
}

/* Calls for each value of a side that has few. */
static void each_point(struct hf_cover *c, const struct hf_box_side *s, uint32_t rule,
                       void (*fn)(struct hf_cover *c, uint32_t axis, hf_point point, uint32_t rule))
{
	for (uint32_t i = 0; i < s->set.count; i++)
		for (hf_point p = s->set.part[i].low;; p++) {
			fn(c, s->axis, p, rule);
			if (p == s->set.part[i].high)
				break;
		}
}

static void count_point(struct hf_cover *c, uint32_t axis, hf_point point, uint32_t rule)
{
	(void)rule;
	count_key(c, axis, point);
}

static bool is_narrow(const struct hf_box_side *s)
{
	return hf_set_size(s->set, KEYS_MAX + 1) <= KEYS_MAX;
}

static uint64_t weight(const struct hf_cover *c, const struct hf_box_side *s)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < s->set.count; i++)
		for (hf_point p = s->set.part[i].low;; p++) {
			sum += probe(c, s->axis, p)->count;
			if (p == s->set.part[i].high)
				break;
		}
	return sum;
}

static void place_rule(struct hf_cover *c, uint32_t rule)
{
	const struct hf_box *b = &c->rules->rule[rule].box;
	const struct hf_box_side *best = NULL;
	uint64_t least = UINT64_MAX;

	for (uint32_t i = 0; i < b->count; i++) {
		uint64_t w = is_narrow(b->side + i) ? weight(c, b->side + i) : UINT64_MAX;

		if (w < least) {
			least = w;
			best = b->side + i;
		}
	}
	if (best)
		each_point(c, best, rule, put_rule);
	else
		c->wide[c->wide_count++] = rule;
}

static bool takes_part(const struct hf_axes_rule *r)
{
	return r->state == HF_RULE_ACTIVE && !r->box.never;
}

struct hf_cover *hf_cover_new(const struct hf_axes_rules *rules)
{
	struct hf_cover *c = hf_alloc_zero(sizeof(*c));

	c->rules = rules;
	c->wide = hf_alloc(rules->count * sizeof(*c->wide));
	grow(c);
	for (size_t r = 0; r < rules->count; r++)
		for (uint32_t i = 0; takes_part(rules->rule + r) && i < rules->rule[r].box.count; i++)
			if (is_narrow(rules->rule[r].box.side + i))
				each_point(c, rules->rule[r].box.side + i, (uint32_t)r, count_point);
	for (size_t r = 0; r < rules->count; r++)
		if (takes_part(rules->rule + r))
			place_rule(c, (uint32_t)r);
	return c;
}

void hf_cover_free(struct hf_cover *c)
{
	if (!c)
		return;
	free(c->key);
	free(c->entry);
	free(c->wide);
	free(c);
}

void hf_cover_each(const struct hf_cover *c, const struct hf_sample *sample, bool (*fn)(void *ctx, size_t rule),
                   void *ctx)
{
	for (uint32_t i = 0; i < sample->count; i++)
		for (uint32_t v = 0; v < sample->side[i].value_count; v++) {
			const struct key *k = probe(c, sample->side[i].axis, sample->side[i].value[v]);

			for (uint32_t e = k->count > 0 ? k->first : 0; e != 0; e = c->entry[e - 1].next) {
				uint32_t rule = c->entry[e - 1].rule;

				if (hf_box_has(&c->rules->rule[rule].box, sample) && !fn(ctx, rule))
					return;
			}
		}
	for (uint32_t i = 0; i < c->wide_count; i++)
		if (hf_box_has(&c->rules->rule[c->wide[i]].box, sample) && !fn(ctx, c->wide[i]))
			return;
}
