/*
 * pack.c - a rule into its compiled form and back. Texts and lists that occur often are kept once, as long as a
 * builder looks for them; a rule that is added later brings its own.
 */
#include <stdlib.h>

#include "policy/internal.h"

enum kind { TEXT = 1, CHOICES, NUMBERS, PREFIXES, NAMES, OBLIGATIONS };

struct slot {
	uint32_t hash, place, len;
	uint8_t kind; /* 0: free */
};
struct pol_intern {
	struct slot *slots;
	size_t size, used;
	uint32_t *unsettled; /* places of OBLIGATIONS, and with bit 0 of NAMES, which hold offsets as yet */
	size_t unsettled_count, unsettled_cap;
};
struct packer {
	struct pol_store *s;
	struct pol_intern *intern; /* NULL: the regions stand still */
};

struct pol_intern *pol_intern_new(void)
{
	struct pol_intern *n = hf_alloc_zero(sizeof(*n));
	n->size = 1024;
	n->slots = hf_alloc_zero(n->size * sizeof(*n->slots));
	return n;
}

void pol_intern_free(struct pol_intern *n)
{
	if (!n)
		return;
	free(n->slots);
	free(n->unsettled);
	free(n);
}

size_t pol_intern_count(const struct pol_intern *n)
{
	return n->used;
}

static void intern_grow(struct pol_intern *n)
{
	struct slot *old = n->slots;
	size_t count = n->size;
	n->size *= 2;
	n->slots = hf_alloc_zero(n->size * sizeof(*n->slots));
	for (size_t i = 0; i < count; i++) {
		if (!old[i].kind)
			continue;
		size_t at = old[i].hash & (n->size - 1);
		while (n->slots[at].kind)
			at = (at + 1) & (n->size - 1);
		n->slots[at] = old[i];
	}
	free(old);
}

static void note_unsettled(struct pol_intern *n, uint32_t place)
{
	if (n->unsettled_count == n->unsettled_cap) {
		n->unsettled_cap = n->unsettled_cap * 2 + 16;
		n->unsettled = hf_realloc(n->unsettled, n->unsettled_cap * sizeof(*n->unsettled));
	}
	n->unsettled[n->unsettled_count++] = place;
}

static bool put_fresh(struct packer *p, enum kind kind, const void *data, size_t len, uint32_t *ret_place)
{
	size_t offset;
	if (!pol_region_get(&p->s->pool, len, kind == TEXT ? 1 : 8, p->intern != NULL, &offset))
		return false;
	memcpy(p->s->pool.data + offset, data, len);
	*ret_place = (uint32_t)offset;
	return true;
}

/* The place of these bytes in the pool; where they were before, when that is known. */
static bool put(struct packer *p, enum kind kind, const void *data, size_t len, uint32_t *ret_place)
{
	struct pol_intern *n = p->intern;
	if (!n)
		return put_fresh(p, kind, data, len, ret_place);
	uint32_t hash = (uint32_t)(pol_hash(p->s->schema->seed, data, len) >> 8) + (uint32_t)kind;
	size_t at = hash & (n->size - 1);
	for (; n->slots[at].kind; at = (at + 1) & (n->size - 1)) {
		const struct slot *t = &n->slots[at];
		if (t->hash == hash && t->kind == kind && t->len == len &&
		    memcmp(p->s->pool.data + t->place, data, len) == 0) {
			*ret_place = t->place;
			return true;
		}
	}
	if (!put_fresh(p, kind, data, len, ret_place))
		return false;
	n->slots[at] = (struct slot){hash, *ret_place, (uint32_t)len, (uint8_t)kind};
	if (kind == NAMES || kind == OBLIGATIONS)
		note_unsettled(n, kind == NAMES ? *ret_place | 1 : *ret_place);
	if (++n->used > n->size / 2)
		intern_grow(n);
	return true;
}

static bool put_text(struct packer *p, const char *text, size_t len, bool known, uint32_t *ret_place)
{
	uint8_t data[HF_ATTR_VALUE_MAX + 3];
	data[0] = (uint8_t)len;
	data[1] = (uint8_t)(len >> 8);
	memcpy(data + 2, text, len);
	data[len + 2] = 0;
	return known ? put(p, TEXT, data, len + 3, ret_place) : put_fresh(p, TEXT, data, len + 3, ret_place);
}

static bool put_texts(struct packer *p, const struct hf_condition *c, struct pol_cond *out)
{
	struct pol_choice list[HF_RULE_OPERANDS_MAX];
	for (size_t i = 0; i < c->count; i++) {
		const struct hf_operand *o = &c->operands[i];
		list[i].hash = pol_hash(p->s->schema->seed, o->text, o->len);
		list[i].zero = 0;
		if (!put_text(p, o->text, o->len, true, &list[i].text))
			return false;
	}
	if (c->count == 1) {
		out->hash = (uint32_t)(list[0].hash >> 32);
		out->hash_low = list[0].hash & 1023;
		out->ref = list[0].text;
		return true;
	}
	return put(p, CHOICES, list, c->count * sizeof(list[0]), &out->ref);
}

static bool put_numbers(struct packer *p, const struct hf_condition *c, uint32_t *ret_place)
{
	int64_t list[2 * HF_RULE_OPERANDS_MAX];
	bool range = c->op == HF_OP_BETWEEN || c->op == HF_OP_DURING;
	for (size_t i = 0; i < c->count; i++) {
		list[2 * i] = c->operands[i].low;
		list[2 * i + 1] = range ? c->operands[i].high : c->operands[i].low;
	}
	return put(p, NUMBERS, list, c->count * 2 * sizeof(list[0]), ret_place);
}

static bool put_prefixes(struct packer *p, const struct hf_condition *c, uint32_t *ret_place)
{
	struct pol_prefix list[HF_RULE_OPERANDS_MAX];
	for (size_t i = 0; i < c->count; i++)
		list[i] = (struct pol_prefix){.address = c->operands[i].address,
		                              .bits = c->op == HF_OP_WITHIN ? c->operands[i].bits : 128};
	return put(p, PREFIXES, list, c->count * sizeof(list[0]), ret_place);
}

static enum pol_kind kind_of(unsigned type)
{
	return pol_textual(type) ? POL_TEXTS : type == HF_ATTR_ADDRESS ? POL_ADDRESSES : POL_NUMBERS;
}

static bool put_condition(struct packer *p, const struct hf_condition *c, struct pol_cond *ret_cond)
{
	struct pol_cond out = {.attr = c->attr & 63, .op = c->op & 7, .count = c->count & 2047};
	uint32_t ref = 0;
	bool ok = true;
	out.kind = kind_of(p->s->schema->attrs[c->attr].type);
	if (out.kind == POL_TEXTS) {
		ok = put_texts(p, c, &out);
	} else {
		ok = out.kind == POL_ADDRESSES ? put_prefixes(p, c, &ref) : put_numbers(p, c, &ref);
		out.ref = ref;
	}
	*ret_cond = out;
	return ok;
}

/* A pointer into the pool, or its offset while the pool may move. */
static void *pointer(const struct packer *p, size_t offset)
{
	return p->intern ? (void *)(uintptr_t)offset : (void *)(p->s->pool.data + offset);
}

static bool put_names(struct packer *p, const struct hf_obligation *o, struct hf_obligation *out)
{
	struct {
		size_t count;
		char *list[HF_OBLIGATION_NAMES_MAX];
	} names; /* eight kilobytes, of which as a rule little is used */
	uint32_t place;
	names.count = o->name_count;
	for (size_t i = 0; i < o->name_count; i++) {
		if (!put_text(p, o->names[i], strlen(o->names[i]), true, &place))
			return false;
		names.list[i] = pointer(p, place + 2);
	}
	if (!put(p, NAMES, &names, sizeof(names.count) + o->name_count * sizeof(char *), &place))
		return false;
	out->names = pointer(p, place + sizeof(names.count));
	out->name_count = o->name_count;
	return true;
}

static bool put_obligations(struct packer *p, const struct hf_rule *r, uint32_t *ret_place)
{
	struct {
		size_t count; /* as struct pol_obligations */
		struct hf_obligation list[HF_RULE_OBLIGATIONS_MAX];
	} all;
	uint32_t place;
	_Static_assert(offsetof(struct pol_obligations, list) == sizeof(all.count),
	               "one form in memory and in the store");
	memset(&all, 0, sizeof(all.count) + r->obligation_count * sizeof(all.list[0]));
	all.count = r->obligation_count;
	for (size_t i = 0; i < r->obligation_count; i++) {
		const struct hf_obligation *o = &r->obligations[i];
		all.list[i].type = o->type;
		all.list[i].number = o->number;
		if (o->text) {
			if (!put_text(p, o->text, strlen(o->text), true, &place))
				return false;
			all.list[i].text = pointer(p, place + 2);
		}
		if (o->name_count > 0 && !put_names(p, o, &all.list[i]))
			return false;
	}
	return put(p, OBLIGATIONS, &all, sizeof(all.count) + r->obligation_count * sizeof(all.list[0]), ret_place);
}

static void settle_one(struct pol_store *s, const void *field)
{
	char **at = (char **)(uintptr_t)field;
	if (*at)
		*at = (char *)s->pool.data + (uintptr_t)*at;
}

void pol_intern_settle(struct pol_intern *n, struct pol_store *s)
{
	for (size_t i = 0; i < n->unsettled_count; i++) {
		bool names = n->unsettled[i] & 1;
		uint8_t *at = s->pool.data + (n->unsettled[i] & ~1u);
		size_t count;
		memcpy(&count, at, sizeof(count));
		at += sizeof(count);
		for (size_t k = 0; k < count; k++) {
			struct hf_obligation *o = (struct hf_obligation *)(void *)at + k;
			if (names) {
				settle_one(s, (char **)(void *)at + k);
				continue;
			}
			settle_one(s, &o->text);
			settle_one(s, &o->names);
		}
	}
}

bool pol_pack(struct pol_store *s, struct pol_intern *intern, const struct hf_rule *rule, uint32_t added,
              struct pol_rule **ret_rule)
{
	struct packer p = {s, intern};
	struct pol_cond conds[HF_RULE_CONDITIONS_MAX];
	uint32_t id, quota = 0, obligations = 0;
	size_t offset, bytes = offsetof(struct pol_rule, conds) + rule->condition_count * sizeof(struct pol_cond);
	for (size_t i = 0; i < rule->condition_count; i++)
		if (!put_condition(&p, &rule->conditions[i], &conds[i]))
			return false;
	if (!put_text(&p, rule->id, strlen(rule->id), false, &id) ||
	    (rule->quota && rule->quota[0] && !put_text(&p, rule->quota, strlen(rule->quota), true, &quota)) ||
	    (rule->obligation_count && !put_obligations(&p, rule, &obligations)) ||
	    !pol_region_get(&s->rules, (bytes + 7) & ~(size_t)7, 8, intern != NULL, &offset))
		return false;
	struct pol_rule *r = (struct pol_rule *)(void *)(s->rules.data + offset);
	r->from_ms = rule->from_ms;
	r->until_ms = rule->until_ms;
	r->priority = rule->priority;
	r->id = id;
	r->quota = quota;
	r->obligations = obligations;
	r->added = added;
	atomic_store_explicit(&r->removed, POL_NEVER, memory_order_relaxed);
	r->mechanism = rule->mechanism & 15;
	r->state = rule->state & 15;
	r->count = (uint8_t)rule->condition_count;
	r->steps = 1;
	for (size_t i = 0; i < rule->condition_count; i++)
		r->steps += conds[i].count / 8;
	memcpy(r->conds, conds, rule->condition_count * sizeof(conds[0]));
	*ret_rule = r;
	return true;
}

static void unpack_operand(const struct pol_store *s, const struct pol_cond *c, unsigned i, struct hf_operand *o)
{
	const uint8_t *at = s->pool.data + c->ref;
	struct pol_choice one;
	*o = (struct hf_operand){0};
	if (c->kind == POL_TEXTS) {
		o->text = pol_text(s, pol_choices(s, c, &one)[i].text, &o->len);
	} else if (c->kind == POL_ADDRESSES) {
		const struct pol_prefix *x = (const struct pol_prefix *)(const void *)at + i;
		o->address = x->address;
		o->bits = x->bits;
	} else {
		const int64_t *x = (const int64_t *)(const void *)at + 2 * (size_t)i;
		o->low = x[0];
		o->high = x[1];
	}
}

void pol_unpack(const struct pol_store *s, const struct pol_rule *r, struct hf_arena *a, struct hf_rule *ret_rule)
{
	struct hf_condition *conds = hf_arena_get(a, (r->count + 1u) * sizeof(*conds));
	const struct pol_obligations *o = pol_obligations(s, r);
	for (unsigned i = 0; i < r->count; i++) {
		const struct pol_cond *c = &r->conds[i];
		struct hf_operand *operands = hf_arena_get(a, c->count * sizeof(*operands));
		for (unsigned k = 0; k < c->count; k++)
			unpack_operand(s, c, k, &operands[k]);
		conds[i] = (struct hf_condition){c->attr, (enum hf_operator)c->op, operands, c->count};
	}
	*ret_rule = (struct hf_rule){.id = pol_string(s, r->id),
	                             .mechanism = (enum hf_mechanism)r->mechanism,
	                             .state = (enum hf_rule_state)r->state,
	                             .priority = r->priority,
	                             .from_ms = r->from_ms,
	                             .until_ms = r->until_ms,
	                             .conditions = conds,
	                             .condition_count = r->count,
	                             .obligations = o ? o->list : NULL,
	                             .obligation_count = o ? o->count : 0,
	                             .quota = pol_string(s, r->quota)};
}
