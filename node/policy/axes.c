/* axes.c - see axes.h. */
#include "policy/axes.h"

#include <stdlib.h>
#include <string.h>

#include "policy/write.h"

static bool is_text(const struct hf_attr_spec *spec)
{
	return spec->type == HF_ATTR_TEXT || spec->type == HF_ATTR_CHOICE || spec->type == HF_ATTR_MEMBER;
}

static hf_point point_of_number(int64_t n)
{
	return (hf_point)((uint64_t)n ^ (uint64_t)1 << 63);
}

static hf_point point_of_address(const struct hf_address *a)
{
	return (hf_point)hf_get_u64(a->b) << 64 | hf_get_u64(a->b + 8);
}

/* Axes. */

static bool same_text(const char *a, const char *b)
{
	return (!a && !b) || (a && b && strcmp(a, b) == 0);
}

static enum hf_err compare(const struct hf_attr_spec *a, const struct hf_attr_spec *b, struct hf_fault *f)
{
	bool same = a->type == b->type && a->many == b->many && same_text(a->tree, b->tree) &&
	            a->issuer_count == b->issuer_count && a->choice_count == b->choice_count;

	for (size_t i = 0; same && i < a->issuer_count; i++)
		same = strcmp(a->issuers[i], b->issuers[i]) == 0;
	for (size_t i = 0; same && i < a->choice_count; i++)
		same = strcmp(a->choices[i], b->choices[i]) == 0;
	if (same)
		return HF_OK;
	return hf_fault_set(
	        f, HF_E_CONFLICT,
	        "the two policies declare the attribute %s differently, so that no request can be put to both; "
	        "compare policies over the same attributes",
	        a->name);
}

static enum hf_err add_axis(struct hf_axes *s, unsigned side, unsigned attr, const struct hf_attr_spec *spec,
                            struct hf_fault *f)
{
	for (uint32_t a = 1; a < s->count; a++)
		if (strcmp(s->info[a].spec->name, spec->name) == 0) {
			s->axis_of[side][attr] = (uint8_t)a;
			return compare(s->info[a].spec, spec, f);
		}
	s->axis_of[side][attr] = (uint8_t)s->count;
	s->info[s->count].spec = spec;
	s->axis[s->count].many = spec->many;
	hf_texts_init(&s->info[s->count].texts);
	s->count++;
	return HF_OK;
}

/* Hierarchies. */

struct tree_reader {
	struct hf_texts nodes;
	uint32_t *parent; /* 1 + number among the nodes; 0: a root */
	uint32_t cap;
};

static bool on_node(void *ctx, const char *node, const char *parent)
{
	struct tree_reader *t = ctx;
	uint32_t above = parent ? hf_texts_add(&t->nodes, parent, strlen(parent), NULL) + 1 : 0;
	uint32_t n = hf_texts_add(&t->nodes, node, strlen(node), NULL);

	if (t->nodes.count > t->cap) {
		uint32_t cap = t->nodes.count * 2;

		t->parent = hf_realloc(t->parent, cap * sizeof(*t->parent));
		memset(t->parent + t->cap, 0, (cap - t->cap) * sizeof(*t->parent));
		t->cap = cap;
	}
	t->parent[n] = above;
	return true;
}

/* Sizes of subtrees and the nodes in pre-order, without recursion: a parent has the smaller number. */
static void order_nodes(struct hf_axes *s, const struct tree_reader *t, uint32_t *order, uint32_t *size)
{
	uint32_t n = t->nodes.count, roots = 0;
	uint32_t *next = hf_arena_get(&s->arena, (n + 1u) * sizeof(*next)); /* where the next child goes */

	for (uint32_t i = 0; i < n; i++)
		size[i] = 1;
	for (uint32_t i = n; i-- > 0;)
		if (t->parent[i])
			size[t->parent[i] - 1] += size[i];
	for (uint32_t i = 0; i < n; i++) {
		uint32_t *at = t->parent[i] ? next + t->parent[i] - 1 : &roots;
		uint32_t place = *at;

		*at += size[i];
		next[i] = place + 1;
		order[place] = i;
	}
}

static void read_tree(struct hf_axes *s, const struct hf_policy *p, unsigned side, uint32_t axis)
{
	struct hf_axes_axis *info = s->info + axis;
	struct hf_axes_tree *tree = info->tree + side;
	struct tree_reader t = {.parent = NULL};
	uint32_t *order, *size;

	hf_texts_init(&t.nodes);
	hf_trees_each(hf_policy_trees(p), info->spec->tree, on_node, &t);
	tree->count = t.nodes.count;
	order = hf_arena_get(&s->arena, (tree->count + 1u) * sizeof(*order));
	size = hf_arena_get(&s->arena, (tree->count + 1u) * sizeof(*size));
	tree->number = hf_arena_get(&s->arena, (tree->count + 1u) * sizeof(*tree->number));
	tree->size = hf_arena_get(&s->arena, (tree->count + 1u) * sizeof(*tree->size));
	order_nodes(s, &t, order, size);
	for (uint32_t i = 0; i < tree->count; i++) {
		const struct hf_texts_item *node = t.nodes.item + order[i];

		tree->number[i] = hf_texts_add(&info->texts, node->text, node->len, NULL);
		tree->size[i] = size[order[i]];
	}
	if (side == 0 && tree->count > 0) { /* whose nodes have the first numbers */
		struct hf_interval *all = hf_arena_get(&s->arena, sizeof(*all));

		*all = (struct hf_interval){0, tree->count - 1};
		info->known = (struct hf_set){all, 1};
	}
	hf_texts_done(&t.nodes);
	free(t.parent);
}

/* After every text has its number. */
static void place_tree(struct hf_axes *s, struct hf_axes_axis *info, struct hf_axes_tree *tree)
{
	if (tree->count == 0)
		return;
	tree->place_count = info->texts.count;
	tree->place = hf_arena_get(&s->arena, tree->place_count * sizeof(*tree->place));
	memset(tree->place, 0, tree->place_count * sizeof(*tree->place));
	tree->under = hf_arena_get(&s->arena, tree->count * sizeof(*tree->under));
	memset(tree->under, 0, tree->count * sizeof(*tree->under));
	for (uint32_t i = 0; i < tree->count; i++)
		tree->place[tree->number[i]] = i + 1;
}

static struct hf_set one_point(struct hf_axes *s, hf_point p)
{
	struct hf_interval *i = hf_arena_get(&s->arena, sizeof(*i));

	*i = (struct hf_interval){p, p};
	return (struct hf_set){i, 1};
}

static struct hf_set under(struct hf_axes *s, unsigned side, uint32_t axis, uint32_t number)
{
	struct hf_axes_tree *tree = s->info[axis].tree + side;
	uint32_t place = number < tree->place_count ? tree->place[number] : 0;
	struct hf_interval *parts;

	if (place == 0)
		return one_point(s, number);
	place--;
	if (tree->under[place].count > 0)
		return tree->under[place];
	parts = hf_arena_get(&s->arena, tree->size[place] * sizeof(*parts));
	for (uint32_t i = 0; i < tree->size[place]; i++)
		parts[i] = (struct hf_interval){tree->number[place + i], tree->number[place + i]};
	tree->under[place] = hf_set_make(parts, tree->size[place]);
	return tree->under[place];
}

/* Texts that rules name. */

struct text_reader {
	struct hf_axes *s;
	const struct hf_schema *schema;
	unsigned side;
};

static bool on_rule_texts(void *ctx, const struct hf_rule *rule, bool indexed)
{
	struct text_reader *t = ctx;

	(void)indexed;
	for (size_t i = 0; i < rule->condition_count; i++) {
		const struct hf_condition *c = rule->conditions + i;

		if (!is_text(hf_schema_spec(t->schema, c->attr)))
			continue;
		for (size_t k = 0; k < c->count; k++)
			hf_texts_add(&t->s->info[t->s->axis_of[t->side][c->attr]].texts, c->operands[k].text,
			             c->operands[k].len, NULL);
	}
	return true;
}

static void read_side(struct hf_axes *s, const struct hf_policy *p, unsigned side)
{
	const struct hf_schema *schema = hf_policy_schema(p);
	struct text_reader t = {s, schema, side};

	for (unsigned a = 1; a <= hf_schema_count(schema); a++) {
		const struct hf_attr_spec *spec = hf_schema_spec(schema, a);
		uint32_t axis = s->axis_of[side][a];

		if (spec->type == HF_ATTR_MEMBER)
			read_tree(s, p, side, axis);
		for (size_t i = 0; i < spec->choice_count; i++)
			hf_texts_add(&s->info[axis].texts, spec->choices[i], strlen(spec->choices[i]), NULL);
	}
	hf_policy_each(p, on_rule_texts, &t);
}

static struct hf_set whole(struct hf_axes *s, const struct hf_axes_axis *info)
{
	struct hf_interval *all = hf_arena_get(&s->arena, 2 * sizeof(*all));
	uint32_t n = 0;

	if (!info->spec || info->spec->type == HF_ATTR_INTEGER || info->spec->type == HF_ATTR_TIME) {
		all[n++] = (struct hf_interval){0, UINT64_MAX};
	} else if (info->spec->type == HF_ATTR_ADDRESS) {
		all[n++] = (struct hf_interval){0, ~(hf_point)0};
	} else {
		if (info->texts.count > 0)
			all[n++] = (struct hf_interval){0, info->texts.count - 1};
		if (info->spec->type != HF_ATTR_CHOICE)
			all[n++] = (struct hf_interval){HF_POINT_OTHER, HF_POINT_OTHER};
	}
	return (struct hf_set){all, n};
}

enum hf_err hf_axes_new(const struct hf_policy *const *sides, unsigned side_count, struct hf_axes **ret_space,
                        struct hf_fault *f)
{
	struct hf_axes *s = hf_alloc_zero(sizeof(*s));

	hf_arena_init(&s->arena, NULL, 0);
	s->axis[0].stated = true;
	hf_texts_init(&s->info[0].texts);
	s->count = 1;
	for (unsigned side = 0; side < side_count; side++) {
		const struct hf_schema *schema = hf_policy_schema(sides[side]);

		for (unsigned a = 1; a <= hf_schema_count(schema); a++) {
			enum hf_err e = add_axis(s, side, a, hf_schema_spec(schema, a), f);

			if (e != HF_OK) {
				hf_axes_free(s);
				return e;
			}
		}
		read_side(s, sides[side], side);
	}
	for (uint32_t a = 0; a < s->count; a++) {
		s->axis[a].all = whole(s, s->info + a);
		for (unsigned side = 0; side < side_count; side++)
			place_tree(s, s->info + a, s->info[a].tree + side);
	}
	*ret_space = s;
	return HF_OK;
}

void hf_axes_free(struct hf_axes *s)
{
	if (!s)
		return;
	for (uint32_t a = 0; a < s->count; a++)
		hf_texts_done(&s->info[a].texts);
	hf_arena_done(&s->arena);
	free(s);
}

void hf_axes_from(struct hf_axes *s, int64_t now_ms)
{
	struct hf_interval *all = hf_arena_get(&s->arena, sizeof(*all));

	*all = (struct hf_interval){point_of_number(now_ms), UINT64_MAX};
	s->axis[0].all = (struct hf_set){all, 1};
}

struct hf_set hf_axes_known(const struct hf_axes *s, uint32_t axis)
{
	return s->info[axis].known.count > 0 ? s->info[axis].known : s->axis[axis].all;
}

/* Boxes. */

static struct hf_interval interval_of(const struct hf_attr_spec *spec, const struct hf_condition *c,
                                      const struct hf_operand *o)
{
	hf_point low, rest;

	if (spec->type == HF_ATTR_ADDRESS) {
		unsigned bits = c->op == HF_OP_WITHIN ? o->bits : 128;

		low = point_of_address(&o->address);
		rest = bits == 0 ? ~(hf_point)0 : ((hf_point)1 << (128 - bits)) - 1;
		return (struct hf_interval){low & ~rest, low | rest};
	}
	if (c->op == HF_OP_BETWEEN)
		return (struct hf_interval){point_of_number(o->low), point_of_number(o->high)};
	if (c->op == HF_OP_DURING)
		return (struct hf_interval){point_of_number(o->low), point_of_number(o->high) - 1};
	return (struct hf_interval){point_of_number(o->low), point_of_number(o->low)};
}

static struct hf_set set_of(struct hf_axes *s, unsigned side, uint32_t axis, const struct hf_condition *c)
{
	const struct hf_axes_axis *info = s->info + axis;
	struct hf_interval *parts = hf_arena_get(&s->arena, (c->count + 1) * sizeof(*parts));
	struct hf_set all = {parts, 0};

	for (size_t i = 0; i < c->count; i++) {
		const struct hf_operand *o = c->operands + i;
		uint32_t n = is_text(info->spec) ? hf_texts_find(&info->texts, o->text, o->len) : 0;

		if (c->op == HF_OP_UNDER)
			all = i == 0 ? under(s, side, axis, n) : hf_set_or(&s->arena, all, under(s, side, axis, n));
		else
			parts[i] = is_text(info->spec) ? (struct hf_interval){n, n} : interval_of(info->spec, c, o);
	}
	return c->op == HF_OP_UNDER ? all : hf_set_make(parts, (uint32_t)c->count);
}

struct box_reader {
	struct hf_axes *s;
	unsigned side;
	struct hf_axes_rules *rules;
};

static void make_box(struct hf_axes *s, unsigned side, const struct hf_rule *rule, struct hf_box *b)
{
	struct hf_interval *time = hf_arena_get(&s->arena, sizeof(*time));

	b->side = hf_arena_get(&s->arena, (rule->condition_count + 1) * sizeof(*b->side));
	b->count = 0;
	*time = (struct hf_interval){point_of_number(rule->from_ms), point_of_number(rule->until_ms) - 1};
	b->side[b->count++] = (struct hf_box_side){0, {time, rule->from_ms < rule->until_ms}};
	for (size_t i = 0; i < rule->condition_count; i++) {
		uint32_t axis = s->axis_of[side][rule->conditions[i].attr];

		b->side[b->count++] = (struct hf_box_side){axis, set_of(s, side, axis, rule->conditions + i)};
	}
	hf_box_finish(&s->arena, s->axis, b);
}

static const char *copy(struct hf_axes *s, const char *text)
{
	size_t len = strlen(text) + 1;

	return memcpy(hf_arena_get(&s->arena, len), text, len);
}

static const char *terms_of(struct hf_axes *s, const struct hf_rule *rule)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf out = HF_BUF_INIT;
	struct hf_writer w = {&out, HF_FORM_LINES, true};

	if (rule->obligation_count == 0 && (!rule->quota || !*rule->quota))
		return "";
	hf_write_obligations(&w, rule->obligations, rule->obligation_count);
	hf_write_raw(&w, rule->quota ? rule->quota : "");
	return copy(s, (const char *)out.data);
}

static bool on_rule_box(void *ctx, const struct hf_rule *rule, bool indexed)
{
	struct box_reader *b = ctx;
	struct hf_axes_rules *all = b->rules;
	struct hf_axes_rule *r;

	if (all->count == all->cap) {
		all->cap = all->cap ? all->cap * 2 : 256;
		all->rule = hf_realloc(all->rule, all->cap * sizeof(*all->rule));
	}
	r = all->rule + all->count++;
	*r = (struct hf_axes_rule){.id = copy(b->s, rule->id),
	                           .mechanism = rule->mechanism,
	                           .state = rule->state,
	                           .priority = rule->priority,
	                           .from_ms = rule->from_ms,
	                           .until_ms = rule->until_ms,
	                           .terms = terms_of(b->s, rule),
	                           .indexed = indexed};
	make_box(b->s, b->side, rule, &r->box);
	return true;
}

void hf_axes_boxes(struct hf_axes *s, const struct hf_policy *p, unsigned side, struct hf_axes_rules *ret_rules)
{
	struct box_reader b = {s, side, ret_rules};

	*ret_rules = (struct hf_axes_rules){.rule = NULL};
	hf_policy_each(p, on_rule_box, &b);
}

static hf_point point_of(const struct hf_axes_axis *info, const struct hf_attr_value *v)
{
	uint32_t n;

	if (v->type == HF_ATTR_ADDRESS)
		return point_of_address(&v->u.address);
	if (!is_text(info->spec))
		return point_of_number(v->u.number);
	n = hf_texts_find(&info->texts, v->u.text, v->len);
	return n == HF_TEXTS_NONE ? HF_POINT_OTHER : n;
}

void hf_axes_sample(const struct hf_axes *s, unsigned side, const struct hf_policy_request *rq, struct hf_arena *a,
                    struct hf_sample *ret_sample)
{
	struct hf_sample sample = {0, hf_arena_get(a, s->count * sizeof(*sample.side))};

	for (uint32_t axis = 0; axis < s->count; axis++) {
		struct hf_sample_side *at = sample.side + sample.count;

		*at = (struct hf_sample_side){axis, 0, hf_arena_get(a, (rq->count + 1) * sizeof(*at->value))};
		if (axis == 0)
			at->value[at->value_count++] = point_of_number(rq->now_ms);
		for (size_t i = 0; i < rq->count; i++)
			if (s->axis_of[side][rq->values[i].attr] == axis && axis > 0)
				at->value[at->value_count++] = point_of(s->info + axis, rq->values + i);
		if (at->value_count > 0)
			sample.count++;
	}
	*ret_sample = sample;
}
