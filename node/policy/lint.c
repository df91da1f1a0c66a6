/*
 * lint.c - see lint.h. Whether a rule is shadowed is found by walking through what it covers: take one request of it,
 * find a rule that is asked before and has it, take that rule's box away, go on with what is left. A request that no
 * earlier rule has ends the walk: the rule decides that one. So a rule that is not shadowed costs few steps, and one
 * that is, as many as the pieces that it is covered by.
 */
#include "policy/lint.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "policy/cover.h"

#define STEPS 4000u /* with many conditions a step may take some ten kilobytes */

static const struct {
	const char *name;
	bool error;
} kinds[] = {
#define LINT_ROW(code, text, is_error) [code] = {text, is_error},
        HF_LINTS(LINT_ROW)
#undef LINT_ROW
};

const char *hf_lint_name(enum hf_lint l)
{
	return (size_t)l < sizeof(kinds) / sizeof(kinds[0]) ? kinds[l].name : NULL;
}

bool hf_lint_is_error(enum hf_lint l)
{
	return (size_t)l < sizeof(kinds) / sizeof(kinds[0]) && kinds[l].error;
}

struct lint {
	struct hf_axes *s;
	struct hf_axes_rules rules;
	struct hf_cover *cover;
	const struct hf_lint_options *o;
	void (*fn)(void *ctx, const struct hf_lint_finding *finding);
	void *ctx;
	const char **others; /* room for every rule */
	uint32_t *found;     /* the same */
};

static void give(struct lint *l, enum hf_lint kind, const struct hf_axes_rule *rule, size_t others, const char *reason)
{
	struct hf_lint_finding f = {kind, rule->id, l->others, others, reason};

	l->fn(l->ctx, &f);
}

/* Never matching. */

static void give_never(struct lint *l, const struct hf_axes_rule *rule)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf why = HF_BUF_INIT;
	const struct hf_attr_spec *spec = NULL;

	if (l->o->timed && rule->until_ms <= l->o->now_ms) {
		char until[HF_TIME_TEXT];

		hf_time_text(rule->until_ms, until);
		hf_buf_addf(&why, "its period ended at %s", until);
		give(l, HF_LINT_EXPIRED, rule, 0, (const char *)why.data);
		return;
	}
	for (uint32_t i = 0; i < rule->box.count; i++)
		if (rule->box.side[i].set.count == 0)
			spec = l->s->info[rule->box.side[i].axis].spec;
	if (spec)
		hf_buf_addf(&why, "no value of %s meets all that it asks of it", spec->name);
	else
		hf_buf_addf(&why, "its period is empty");
	give(l, HF_LINT_NEVER, rule, 0, (const char *)why.data);
}

/* Over-broad. */

static bool limits(const struct lint *l, const struct hf_axes_rule *rule, unsigned groups)
{
	for (uint32_t i = 0; i < rule->box.count; i++) {
		const struct hf_attr_spec *spec = l->s->info[rule->box.side[i].axis].spec;

		if (spec && (groups & 1u << spec->group) &&
		    !hf_set_within(hf_axes_known(l->s, rule->box.side[i].axis), rule->box.side[i].set))
			return true;
	}
	return false;
}

static void check_broad(struct lint *l, const struct hf_axes_rule *rule)
{
	bool resource = limits(l, rule, 1u << HF_GROUP_RESOURCE);
	bool asker = limits(l, rule, 1u << HF_GROUP_SUBJECT | 1u << HF_GROUP_SYSTEM);

	if (rule->mechanism == HF_MECHANISM_HOLD || (resource && asker))
		return;
	give(l, HF_LINT_BROAD, rule, 0,
	     resource ? "it limits neither the subject nor the system: anybody may"
	     : asker  ? "it limits no attribute of the resource: it opens every resource"
	              : "it limits neither the resource nor who asks: anybody may read everything");
}

/* Contradictory: reported at the hold. */

static void check_hold(struct lint *l, const struct hf_axes_rule *hold)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf why = HF_BUF_INIT;
	size_t n = 0;

	for (size_t i = 0; i < l->rules.count; i++) {
		const struct hf_axes_rule *r = l->rules.rule + i;
		struct hf_arena scratch;

		if (r->mechanism == HF_MECHANISM_HOLD || r->state != HF_RULE_ACTIVE || r->box.never)
			continue;
		hf_arena_init(&scratch, NULL, 0);
		if (hf_region_meets(&scratch, l->s->axis, hf_region_of(&scratch, l->s->axis, &hold->box), &r->box))
			l->others[n++] = r->id;
		hf_arena_done(&scratch);
	}
	if (n == 0)
		return;
	hf_buf_addf(&why, "it denies requests that %zu %s", n, n == 1 ? "rule permits" : "rules permit");
	give(l, HF_LINT_CONTRADICTORY, hold, n, (const char *)why.data);
}

/* Duplicate and shadowed. */

struct walk {
	const struct lint *l;
	size_t rule;
	size_t found; /* the first that was found to have the sample; SIZE_MAX: none */
	bool duplicate, single;
};

static bool is_before(const struct lint *l, size_t other, size_t rule)
{
	const struct hf_axes_rule *o = l->rules.rule + other, *r = l->rules.rule + rule;

	return other < rule && (o->mechanism == r->mechanism || o->mechanism == HF_MECHANISM_HOLD);
}

/* Of the rules that have the first sample: one with the same box, else one that covers all, else any. */
static bool on_first(void *ctx, size_t other)
{
	struct walk *w = ctx;
	const struct hf_axes_rule *o = w->l->rules.rule + other, *r = w->l->rules.rule + w->rule;
	bool single, duplicate;

	if (!is_before(w->l, other, w->rule))
		return true;
	single = hf_box_within(w->l->s->axis, &r->box, &o->box);
	duplicate = single && o->mechanism == r->mechanism && hf_box_within(w->l->s->axis, &o->box, &r->box);
	if (w->found == SIZE_MAX || duplicate > w->duplicate || (duplicate == w->duplicate && single > w->single) ||
	    (duplicate == w->duplicate && single == w->single && other < w->found)) {
		w->found = other;
		w->duplicate = duplicate;
		w->single = single;
	}
	return true;
}

static bool on_any(void *ctx, size_t other)
{
	struct walk *w = ctx;

	if (!is_before(w->l, other, w->rule))
		return true;
	w->found = other;
	return false;
}

struct stack {
	struct hf_region *region;
	size_t count, cap;
};

static void push_pieces(struct stack *s, struct hf_arena *a, const struct hf_axis *axes, struct hf_region r,
                        const struct hf_box *b)
{
	if (s->count + b->count > s->cap) {
		s->cap = (s->count + b->count) * 2;
		s->region = hf_realloc(s->region, s->cap * sizeof(*s->region));
	}
	s->count += hf_region_minus(a, axes, r, b, s->region + s->count);
}

static void note(struct lint *l, size_t *count, size_t rule)
{
	for (size_t i = 0; i < *count; i++)
		if (l->found[i] == rule)
			return;
	l->found[(*count)++] = (uint32_t)rule;
}

static int by_number(const void *x, const void *y)
{
	const uint32_t *a = x, *b = y;

	return (*a > *b) - (*a < *b);
}

static void list_found(struct lint *l, size_t count)
{
	qsort(l->found, count, sizeof(*l->found), by_number);
	for (size_t i = 0; i < count; i++)
		l->others[i] = l->rules.rule[l->found[i]].id;
}

/* True when everything was covered; *ret_steps how far it came. */
static bool walk_through(struct lint *l, size_t rule, struct hf_arena *a, size_t *ret_count, uint32_t *ret_steps)
{
	uint32_t limit = l->o->steps ? l->o->steps : STEPS;
	struct stack s = {hf_alloc(64 * sizeof(*s.region)), 0, 64};
	struct walk w = {l, rule, 0, false, false};

	s.region[s.count++] = hf_region_of(a, l->s->axis, &l->rules.rule[rule].box);
	for (*ret_steps = 0; s.count > 0 && w.found != SIZE_MAX && *ret_steps < limit; ++*ret_steps) {
		struct hf_region r = s.region[--s.count];
		struct hf_sample sample;

		w.found = SIZE_MAX;
		hf_region_sample(a, l->s->axis, l->s->count, r, &sample);
		hf_cover_each(l->cover, &sample, *ret_steps == 0 ? on_first : on_any, &w);
		if (w.found == SIZE_MAX)
			break;
		note(l, ret_count, w.found);
		push_pieces(&s, a, l->s->axis, r, &l->rules.rule[w.found].box);
	}
	free(s.region);
	return s.count == 0 && w.found != SIZE_MAX;
}

static void give_covered(struct lint *l, size_t rule, size_t count)
{
	const struct hf_axes_rule *r = l->rules.rule + rule, *o = l->rules.rule + l->found[0];
	bool duplicate = count == 1 && o->mechanism == r->mechanism && hf_box_within(l->s->axis, &o->box, &r->box);

	list_found(l, count);
	if (duplicate)
		give(l, HF_LINT_DUPLICATE, r, count,
		     strcmp(o->terms, r->terms) == 0
		             ? "an earlier rule has the same conditions"
		             : "an earlier rule has the same conditions, so that its other obligations never count");
	else
		give(l, HF_LINT_SHADOWED, r, count,
		     count == 1 ? "an earlier rule decides every request that it matches"
		                : "earlier rules together decide every request that it matches");
}

static void check_covered(struct lint *l, size_t rule)
{
	struct hf_arena scratch;
	size_t count = 0;
	uint32_t steps = 0;
	bool covered;

	hf_arena_init(&scratch, NULL, 0);
	covered = walk_through(l, rule, &scratch, &count, &steps);
	hf_arena_done(&scratch);
	if (covered) {
		give_covered(l, rule, count);
	} else if (steps >= (l->o->steps ? l->o->steps : STEPS)) {
		list_found(l, count);
		give(l, HF_LINT_UNDECIDED, l->rules.rule + rule, count,
		     "whether earlier rules decide all that it matches was not found out in the steps allowed; look at "
		     "them, or allow more");
	}
}

static void check_rule(struct lint *l, size_t rule)
{
	const struct hf_axes_rule *r = l->rules.rule + rule;

	if (r->box.never) {
		give_never(l, r);
		return;
	}
	check_broad(l, r);
	check_covered(l, rule);
	if (r->mechanism == HF_MECHANISM_HOLD)
		check_hold(l, r);
	if (!r->indexed)
		give(l, HF_LINT_UNINDEXED, r, 0, "no condition narrows it down: it is looked at in every decision");
}

enum hf_err hf_policy_lint(const struct hf_policy *p, const struct hf_lint_options *o,
                           void (*fn)(void *ctx, const struct hf_lint_finding *finding), void *ctx,
                           size_t *ret_inactive, struct hf_fault *f)
{
	struct lint l = {.o = o, .fn = fn, .ctx = ctx};
	size_t inactive = 0;

	HF_TRY(hf_axes_new(&p, 1, &l.s, f));
	if (o->timed)
		hf_axes_from(l.s, o->now_ms);
	hf_axes_boxes(l.s, p, 0, &l.rules);
	l.cover = hf_cover_new(&l.rules);
	l.others = hf_alloc((l.rules.count + 1) * sizeof(*l.others));
	l.found = hf_alloc((l.rules.count + 1) * sizeof(*l.found));
	for (size_t i = 0; i < l.rules.count; i++) {
		if (l.rules.rule[i].state == HF_RULE_ACTIVE)
			check_rule(&l, i);
		else
			inactive++;
	}
	free(l.others);
	free(l.found);
	free(l.rules.rule);
	hf_cover_free(l.cover);
	hf_axes_free(l.s);
	if (ret_inactive)
		*ret_inactive = inactive;
	return HF_OK;
}
