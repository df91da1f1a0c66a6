/*
 * whatif.c - which requests one snapshot permits and another does not. See lint.h.
 *
 * A snapshot permits what some permitting rule has and no hold has. So what it permits anew is, of each permitting rule
 * and without its own holds: what the other's holds denied, and what neither holds nor permitting rules of the other
 * have. Rules that stand in both alike take part only where a hold has gone. Where both permit, the rule that is asked
 * first answers: other terms are what two such rules share without all that is asked before either; one of the two is
 * new or changed, or it would have answered on the other side too.
 */
#include <stdlib.h>
#include <string.h>

#include "policy/axes.h"
#include "policy/lint.h"

#define LIMIT 1000u

struct side {
	struct hf_axes_rules rules;
	bool *same;  /* the other side has a rule with this id, the same box and part */
	bool *alike; /* and with the same terms and place in the order */
};

struct whatif {
	struct hf_axes *s;
	struct side *to, *other; /* permitted by `to`, not by `other`; or by both */
	enum hf_change_kind kind;
	size_t left;
	bool cut;
	const char *over; /* the rule that fell into too many pieces */
	void (*fn)(void *ctx, const struct hf_change *change);
	void *ctx;
};

static bool takes_part(const struct hf_axes_rule *r)
{
	return r->state == HF_RULE_ACTIVE && !r->box.never;
}

static bool is_hold(const struct hf_axes_rule *r)
{
	return r->mechanism == HF_MECHANISM_HOLD;
}

/* A list of regions that is taken apart rule by rule. */
struct pieces {
	struct hf_region *region;
	size_t count, cap;
	bool over; /* there were too many: what is left counts for nothing */
};

static void add_piece(struct pieces *p, struct hf_region r, size_t room)
{
	if (p->count + room > p->cap) {
		p->cap = (p->count + room) * 2;
		p->region = hf_realloc(p->region, p->cap * sizeof(*p->region));
	}
	p->region[p->count++] = r;
}

static void take_away(struct pieces *p, struct hf_arena *a, const struct hf_axis *axes, const struct hf_box *b)
{
	size_t count = p->count, kept = 0;
	struct pieces next = {.region = NULL};

	for (size_t i = 0; i < count && !p->over; i++) {
		if (!hf_region_meets(a, axes, p->region[i], b)) {
			p->region[kept++] = p->region[i];
			continue;
		}
		add_piece(&next, (struct hf_region){0, NULL}, b->count + 1);
		next.count--;
		next.count += hf_region_minus(a, axes, p->region[i], b, next.region + next.count);
		p->over = kept + next.count > HF_WHATIF_PIECES;
	}
	p->count = p->over ? 0 : kept;
	for (size_t i = 0; i < next.count && !p->over; i++)
		add_piece(p, next.region[i], 1);
	free(next.region);
}

/* Holds or permitting rules of a side, taken away: the first `count` in the order in which they are asked. */
static void take_first(struct whatif *w, struct pieces *p, struct hf_arena *a, const struct side *side, size_t count)
{
	for (size_t i = 0; i < count && p->count > 0; i++)
		if (takes_part(side->rules.rule + i))
			take_away(p, a, w->s->axis, &side->rules.rule[i].box);
}

static void take_all(struct whatif *w, struct pieces *p, struct hf_arena *a, const struct side *side, bool holds)
{
	for (size_t i = 0; i < side->rules.count && p->count > 0; i++) {
		const struct hf_axes_rule *r = side->rules.rule + i;

		if (takes_part(r) && is_hold(r) == holds)
			take_away(p, a, w->s->axis, &r->box);
	}
}

static void give(struct whatif *w, const struct pieces *p, const char *rule, const char *other)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf text = HF_BUF_INIT;

	w->cut = w->cut || p->over;
	w->over = p->over ? rule : w->over;
	for (size_t i = 0; i < p->count; i++) {
		struct hf_change c = {w->kind, rule, other, "", w->s, p->region + i};

		if (w->left == 0) {
			w->cut = true;
			return;
		}
		w->left--;
		hf_buf_clear(&text);
		hf_axes_region_text(w->s, p->region[i], &text);
		c.where = text.data ? (const char *)text.data : "";
		w->fn(w->ctx, &c);
	}
}

/* What the rule permits and a hold of the other side denies. Each request once, under the first hold that has it. */
static void lifted(struct whatif *w, const struct hf_axes_rule *rule, size_t hold)
{
	const struct hf_axes_rule *holds = w->other->rules.rule;
	struct pieces p = {.region = NULL};
	struct hf_region both;
	struct hf_arena a;

	hf_arena_init(&a, NULL, 0);
	if (hf_region_and(&a, w->s->axis, hf_region_of(&a, w->s->axis, &rule->box), &holds[hold].box, &both)) {
		add_piece(&p, both, 1);
		take_all(w, &p, &a, w->to, true);
		for (size_t i = 0; i < hold && p.count > 0; i++)
			if (takes_part(holds + i) && is_hold(holds + i))
				take_away(&p, &a, w->s->axis, &holds[i].box);
		give(w, &p, rule->id, holds[hold].id);
	}
	free(p.region);
	hf_arena_done(&a);
}

/* What the rule permits and nothing of the other side speaks of. */
static void opened(struct whatif *w, const struct hf_axes_rule *rule)
{
	struct pieces p = {.region = NULL};
	struct hf_arena a;

	hf_arena_init(&a, NULL, 0);
	add_piece(&p, hf_region_of(&a, w->s->axis, &rule->box), 1);
	take_all(w, &p, &a, w->other, false);
	take_all(w, &p, &a, w->other, true);
	take_all(w, &p, &a, w->to, true);
	give(w, &p, rule->id, NULL);
	free(p.region);
	hf_arena_done(&a);
}

static void compare(struct whatif *w)
{
	for (size_t i = 0; i < w->to->rules.count && !w->cut; i++) {
		const struct hf_axes_rule *rule = w->to->rules.rule + i;

		if (!takes_part(rule) || is_hold(rule))
			continue;
		for (size_t h = 0; h < w->other->rules.count && is_hold(w->other->rules.rule + h) && !w->cut; h++)
			if (takes_part(w->other->rules.rule + h) && !w->other->same[h])
				lifted(w, rule, h);
		if (!w->to->same[i])
			opened(w, rule);
	}
}

/* What both permit, by these two rules: holds are asked before them too. */
static void shared(struct whatif *w, size_t new, size_t old)
{
	const struct hf_axes_rule *n = w->to->rules.rule + new, *o = w->other->rules.rule + old;
	struct pieces p = {.region = NULL};
	struct hf_region both;
	struct hf_arena a;

	hf_arena_init(&a, NULL, 0);
	if (hf_region_and(&a, w->s->axis, hf_region_of(&a, w->s->axis, &n->box), &o->box, &both)) {
		add_piece(&p, both, 1);
		take_first(w, &p, &a, w->to, new);
		take_first(w, &p, &a, w->other, old);
		give(w, &p, n->id, o->id);
	}
	free(p.region);
	hf_arena_done(&a);
}

static bool differ(const struct whatif *w, size_t new, size_t old)
{
	const struct hf_axes_rule *n = w->to->rules.rule + new, *o = w->other->rules.rule + old;

	return takes_part(o) && !is_hold(o) && (n->mechanism != o->mechanism || strcmp(n->terms, o->terms) != 0);
}

static void compare_terms(struct whatif *w)
{
	size_t *changed = hf_alloc((w->other->rules.count + 1) * sizeof(*changed)), count = 0;

	for (size_t o = 0; o < w->other->rules.count; o++)
		if (!w->other->alike[o])
			changed[count++] = o;
	for (size_t n = 0; n < w->to->rules.count && !w->cut; n++) {
		bool alike = w->to->alike[n];
		size_t olds = alike ? count : w->other->rules.count;

		if (!takes_part(w->to->rules.rule + n) || is_hold(w->to->rules.rule + n))
			continue;
		for (size_t i = 0; i < olds && !w->cut; i++)
			if (differ(w, n, alike ? changed[i] : i))
				shared(w, n, alike ? changed[i] : i);
	}
	free(changed);
}

static bool equal(const struct hf_axes *s, const struct hf_axes_rule *x, const struct hf_axes_rule *y)
{
	return takes_part(x) && takes_part(y) && is_hold(x) == is_hold(y) && hf_box_within(s->axis, &x->box, &y->box) &&
	       hf_box_within(s->axis, &y->box, &x->box);
}

static bool answers_alike(const struct hf_axes_rule *x, const struct hf_axes_rule *y)
{
	return x->mechanism == y->mechanism && x->priority == y->priority && strcmp(x->terms, y->terms) == 0;
}

static void find_same(const struct hf_axes *s, struct side *x, struct side *y)
{
	struct hf_texts ids;

	x->same = hf_alloc_zero(x->rules.count + 1);
	y->same = hf_alloc_zero(y->rules.count + 1);
	x->alike = hf_alloc_zero(x->rules.count + 1);
	y->alike = hf_alloc_zero(y->rules.count + 1);
	hf_texts_init(&ids);
	for (size_t i = 0; i < x->rules.count; i++)
		hf_texts_add(&ids, x->rules.rule[i].id, strlen(x->rules.rule[i].id), NULL);
	for (size_t i = 0; i < y->rules.count; i++) {
		uint32_t n = hf_texts_find(&ids, y->rules.rule[i].id, strlen(y->rules.rule[i].id));

		if (n == HF_TEXTS_NONE || !equal(s, x->rules.rule + n, y->rules.rule + i))
			continue;
		x->same[n] = y->same[i] = true;
		x->alike[n] = y->alike[i] = answers_alike(x->rules.rule + n, y->rules.rule + i);
	}
	hf_texts_done(&ids);
}

static void free_side(struct side *s)
{
	free(s->same);
	free(s->alike);
	free(s->rules.rule);
}

enum hf_err hf_policy_what_if(const struct hf_policy *before, const struct hf_policy *after,
                              const struct hf_whatif_options *o, void (*fn)(void *ctx, const struct hf_change *change),
                              void *ctx, bool *ret_cut, struct hf_fault *f)
{
	const struct hf_policy *both[2] = {before, after};
	struct side old = {.same = NULL}, new = {.same = NULL};
	struct whatif w = {.fn = fn, .ctx = ctx};
	enum hf_err e;

	HF_TRY(hf_axes_new(both, 2, &w.s, f));
	if (o->timed)
		hf_axes_from(w.s, o->now_ms);
	hf_axes_boxes(w.s, before, 0, &old.rules);
	hf_axes_boxes(w.s, after, 1, &new.rules);
	find_same(w.s, &old, &new);
	*ret_cut = false;
	for (enum hf_change_kind kind = HF_CHANGE_GAINED; kind <= HF_CHANGE_TERMS && !w.over; kind++) {
		w.kind = kind;
		w.to = kind == HF_CHANGE_LOST ? &old : &new;
		w.other = kind == HF_CHANGE_LOST ? &new : &old;
		w.left = o->limit ? o->limit : LIMIT;
		w.cut = false;
		if (kind == HF_CHANGE_TERMS)
			compare_terms(&w);
		else
			compare(&w);
		*ret_cut = *ret_cut || w.cut;
	}
	e = w.over ? hf_fault_set(f, HF_E_LIMIT,
	                          "rule %s overlaps others in more than %u pieces, so that the change cannot be told "
	                          "exactly; "
	                          "put known requests to both policies instead",
	                          w.over, HF_WHATIF_PIECES)
	           : HF_OK;
	free_side(&old);
	free_side(&new);
	hf_axes_free(w.s);
	return e;
}
