/*
 * candidates.c - see candidates.h. First every name alone; then, for the rules that could be about the resource, each
 * name with what the rule's own conditions would have: the values that they list are the only ones that can meet them,
 * but for ranges, of which the first value stands for all.
 */
#include "authz/candidates.h"

#include <stdlib.h>

#include "authz/internal.h"
#include "identity/accounts.h"

#define MEMBERS_MOST 4096
#define STEPS_MOST 250000u /* pairs looked at: this runs in one turn of the node */
#define LOOKS_MOST                                                                                                     \
	4000000u /* grants, rules and names in them that are passed by, since another organization is asked of */

/* Texts that a condition lists. */
struct texts {
	char (*text)[192];
	size_t count;
};
/* What a rule may ask of a candidate beside organization and system. */
enum asked { DEPARTMENT, ADDRESS, BUSINESS, ACCOUNT, ROLE, ASKED };
struct round {
	struct hf_authz *a;
	struct hf_candidates *out;
	const char *only; /* organization; "": all */
	char resource[HF_ID_TEXT];
	struct hf_peer_view *members;
	size_t member_count;
	struct hf_candidates names; /* everything known by name, in order; empty while it is collected */
	uint32_t steps, looks;
	bool full; /* too many candidates, or too much work to find them */
};

void hf_candidates_done(struct hf_candidates *c)
{
	free(c->list);
	*c = (struct hf_candidates){NULL, 0, 0};
}

int hf_candidate_order(const struct hf_candidate *x, const struct hf_candidate *y)
{
	int by_organization = strcmp(x->organization, y->organization);
	return by_organization ? by_organization : strcmp(x->system, y->system);
}

static int by_all(const void *p, const void *q)
{
	const struct hf_candidate *x = p, *y = q;
	const int orders[] = {hf_candidate_order(x, y),       strcmp(x->department, y->department),
	                      strcmp(x->address, y->address), strcmp(x->business, y->business),
	                      strcmp(x->account, y->account), strcmp(x->role, y->role)};
	for (size_t i = 0; i < sizeof(orders) / sizeof(orders[0]); i++)
		if (orders[i])
			return orders[i];
	return 0;
}

static void sort(struct hf_candidates *c)
{
	size_t kept = 0;
	if (c->count == 0)
		return;
	qsort(c->list, c->count, sizeof(*c->list), by_all);
	for (size_t i = 1; i < c->count; i++)
		if (by_all(&c->list[kept], &c->list[i]) != 0)
			c->list[++kept] = c->list[i];
	c->count = kept + 1;
}

static bool step(struct round *r)
{
	r->full = r->full || ++r->steps > STEPS_MOST;
	return !r->full;
}

static bool look(struct round *r)
{
	r->full = r->full || ++r->looks > LOOKS_MOST;
	return !r->full;
}

static bool is_asked_of(const struct round *r, const char *organization)
{
	return !*r->only || strcmp(r->only, organization) == 0;
}

/* What has no name of a registered system cannot ask at all. */
static bool is_name(const char *text)
{
	return has_text(text) && strlen(text) <= HF_NAME_MAX;
}

static void add(struct round *r, const struct hf_candidate *c)
{
	struct hf_candidates *out = r->out;
	if (!is_asked_of(r, c->organization) || !step(r) || !is_name(c->organization) || !is_name(c->system))
		return;
	if (out->count == out->cap) {
		sort(out);
		r->full = out->count >= HF_CANDIDATES_MAX;
		if (r->full)
			return;
		out->cap = out->cap < 128 ? 128 : out->count > out->cap / 2 ? out->cap * 2 : out->cap;
		out->list = hf_realloc(out->list, out->cap * sizeof(*out->list));
	}
	out->list[out->count++] = *c;
}

static void add_name(struct round *r, const char *organization, const char *system)
{
	struct hf_candidate c = {.organization = ""};
	if (!is_asked_of(r, organization) || !is_name(organization) || !is_name(system))
		return;
	snprintf(c.organization, sizeof(c.organization), "%s", organization);
	snprintf(c.system, sizeof(c.system), "%s", system);
	add(r, &c);
}

/* ---- by name ---- */

static bool add_own(void *ctx, const struct hf_system_view *v)
{
	struct round *r = ctx;
	struct hf_candidate c = {.organization = ""};
	add_name(r, r->a->base->self.s, v->name);
	snprintf(c.organization, sizeof(c.organization), "%s", r->a->base->self.s);
	snprintf(c.system, sizeof(c.system), "%s", v->name);
	snprintf(c.department, sizeof(c.department), "%s", v->department);
	snprintf(c.address, sizeof(c.address), "%s", v->address);
	snprintf(c.business, sizeof(c.business), "%s", v->business);
	add(r, &c);
	return !r->full;
}

static void add_grants(struct round *r)
{
	for (size_t i = 0; i < r->a->grants.slot_count; i++)
		for (struct hf_index_item *x = r->a->grants.slots[i]; x && !r->full; x = x->next) {
			const struct grant_item *g = az_grant_of(x);
			struct hf_candidate c = {.organization = ""};
			if (!look(r) || !is_self(r->a, g->provider.s) || g->offered || !is_asked_of(r, g->consumer.s))
				continue;
			add_name(r, g->consumer.s, g->system);
			snprintf(c.organization, sizeof(c.organization), "%s", g->consumer.s);
			snprintf(c.system, sizeof(c.system), "%s", g->system);
			snprintf(c.department, sizeof(c.department), "%s", g->department);
			snprintf(c.address, sizeof(c.address), "%s", g->system_address);
			add(r, &c);
		}
}

/* ---- what a rule lists ---- */

static const struct hf_condition *condition_on(const struct round *r, const struct hf_rule *rule,
                                               enum az_attribute attribute)
{
	for (size_t i = 0; i < rule->condition_count; i++)
		if (rule->conditions[i].attr == r->a->policy.attr[attribute].attr)
			return &rule->conditions[i];
	return NULL;
}

static bool lists_values(const struct hf_condition *c)
{
	return c && (c->op == HF_OP_EQUALS || c->op == HF_OP_ONE_OF);
}

/* Could the rule be about the resource? Whether it is, the decision finds out. */
static bool may_reach(const struct round *r, const struct hf_rule *rule)
{
	const struct hf_condition *c = condition_on(r, rule, AZ_ATTR_RESOURCE);
	if (rule->mechanism == HF_MECHANISM_HOLD)
		return false;
	if (!lists_values(c))
		return true;
	for (size_t i = 0; i < c->count; i++)
		if (c->operands[i].len == strlen(r->resource) &&
		    memcmp(c->operands[i].text, r->resource, c->operands[i].len) == 0)
			return true;
	return false;
}

static void take_text(struct texts *t, const char *text, size_t len)
{
	if (len == 0 || len >= sizeof(t->text[0]))
		return;
	t->text = hf_realloc(t->text, (t->count + 1) * sizeof(t->text[0]));
	snprintf(t->text[t->count++], sizeof(t->text[0]), "%.*s", (int)len, text);
}

/* Behind "organization/"; the attributes of departments and persons are written so. */
static void take_inside(struct texts *t, const char *organization, const struct hf_operand *o)
{
	size_t n = strlen(organization);
	if (o->len > n + 1 && memcmp(o->text, organization, n) == 0 && o->text[n] == '/')
		take_text(t, o->text + n + 1, o->len - n - 1);
}

static void take_departments(const struct round *r, struct texts *t, const char *organization)
{
	const Hufu__Member *m = hf_space_member(hf_peers_space(r->a->peers), organization);
	for (size_t i = 0; m && i < m->n_departments; i++)
		take_text(t, m->departments[i], strlen(m->departments[i]));
}

/* A condition that nothing here can meet leaves the list empty. */
static void take_values(const struct round *r, struct texts *t, enum asked what, const struct hf_condition *c,
                        const char *organization)
{
	char address[HF_ADDRESS_TEXT];
	for (size_t i = 0; i < c->count; i++) {
		const struct hf_operand *o = &c->operands[i];
		if (what == ADDRESS) {
			hf_prefix_text(&o->address, 128, address);
			take_text(t, address, strlen(address));
		} else if (what == DEPARTMENT || what == ACCOUNT) {
			take_inside(t, organization, o);
		} else {
			take_text(t, o->text, o->len);
		}
	}
	if (what == DEPARTMENT && c->op == HF_OP_UNDER)
		take_departments(r, t, organization);
}

static void put(struct hf_candidate *c, enum asked what, const char *text)
{
	const struct {
		char *at;
		size_t cap;
	} members[ASKED] = {[DEPARTMENT] = {c->department, sizeof(c->department)},
	                    [ADDRESS] = {c->address, sizeof(c->address)},
	                    [BUSINESS] = {c->business, sizeof(c->business)},
	                    [ACCOUNT] = {c->account, sizeof(c->account)},
	                    [ROLE] = {c->role, sizeof(c->role)}};
	snprintf(members[what].at, members[what].cap, "%s", text);
}

/* Every choice of one value for each thing that is asked. */
static void combine(struct round *r, struct hf_candidate *c, const struct texts lists[ASKED],
                    const bool is_asked[ASKED], enum asked what)
{
	while (what < ASKED && !is_asked[what])
		what++;
	if (what == ASKED) {
		add(r, c);
		return;
	}
	for (size_t i = 0; i < lists[what].count && !r->full; i++) {
		put(c, what, lists[what].text[i]);
		combine(r, c, lists, is_asked, what + 1);
	}
}

static const enum az_attribute attributes[ASKED] = {[DEPARTMENT] = AZ_ATTR_DEPARTMENT,
                                                    [ADDRESS] = AZ_ATTR_ADDRESS,
                                                    [BUSINESS] = AZ_ATTR_BUSINESS,
                                                    [ACCOUNT] = AZ_ATTR_IDENTITY,
                                                    [ROLE] = AZ_ATTR_ROLE};

/* One that asks for nothing besides the names has nothing to add to them. */
static bool asks(const struct round *r, const struct hf_rule *rule)
{
	for (enum asked what = DEPARTMENT; what < ASKED; what++)
		if (condition_on(r, rule, attributes[what]))
			return true;
	return false;
}

static void add_as_asked(struct round *r, const struct hf_rule *rule, const char *organization, const char *system)
{
	struct texts lists[ASKED] = {{NULL, 0}};
	bool is_asked[ASKED] = {false};
	struct hf_candidate c = {.organization = ""};
	if (!is_name(organization) || !is_name(system))
		return;
	snprintf(c.organization, sizeof(c.organization), "%s", organization);
	snprintf(c.system, sizeof(c.system), "%s", system);
	for (size_t i = 0; i < rule->condition_count; i++)
		for (enum asked what = DEPARTMENT; what < ASKED; what++)
			if (rule->conditions[i].attr == r->a->policy.attr[attributes[what]].attr) {
				is_asked[what] = true;
				take_values(r, &lists[what], what, &rule->conditions[i], organization);
			}
	combine(r, &c, lists, is_asked, DEPARTMENT);
	for (enum asked what = DEPARTMENT; what < ASKED; what++)
		free(lists[what].text);
}

/* ---- the systems of a rule ---- */

typedef void (*pair_fn)(struct round *r, const struct hf_rule *rule, const char *organization, const char *system);

static void name_alone(struct round *r, const struct hf_rule *rule, const char *organization, const char *system)
{
	(void)rule;
	add_name(r, organization, system);
}

static size_t first_of(const struct hf_candidates *names, const char *organization)
{
	size_t low = 0, high = names->count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (strcmp(names->list[middle].organization, organization) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void each_system(struct round *r, const struct hf_rule *rule, const char *organization, pair_fn fn)
{
	const struct hf_condition *c = condition_on(r, rule, AZ_ATTR_SYSTEM);
	char system[HF_NAME_MAX + 1];
	if (!is_asked_of(r, organization) || !step(r))
		return;
	for (size_t i = 0; lists_values(c) && i < c->count && step(r); i++) {
		if (c->operands[i].len > HF_NAME_MAX)
			continue;
		snprintf(system, sizeof(system), "%.*s", (int)c->operands[i].len, c->operands[i].text);
		fn(r, rule, organization, system);
	}
	for (size_t i = c ? SIZE_MAX : first_of(&r->names, organization); i < r->names.count && step(r); i++) {
		const struct hf_candidate *known = &r->names.list[i];
		if (strcmp(known->organization, organization) != 0)
			break;
		if (i == 0 || strcmp(known->system, known[-1].system) != 0 ||
		    strcmp(known->organization, known[-1].organization) != 0)
			fn(r, rule, organization, known->system);
	}
}

static void each_pair(struct round *r, const struct hf_rule *rule, bool reaches, pair_fn fn)
{
	const struct hf_condition *c = condition_on(r, rule, AZ_ATTR_ORGANIZATION);
	char organization[HF_NAME_MAX + 1];
	if (!lists_values(c)) {
		for (size_t i = 0; reaches && i < r->member_count && look(r); i++)
			each_system(r, rule, r->members[i].id, fn);
		return;
	}
	for (size_t i = 0; i < c->count && look(r); i++) {
		if (c->operands[i].len > HF_NAME_MAX)
			continue;
		snprintf(organization, sizeof(organization), "%.*s", (int)c->operands[i].len, c->operands[i].text);
		each_system(r, rule, organization, fn);
	}
}

/* Known by a rule about another resource: a name still. */
static bool take_names(void *ctx, const struct hf_rule *rule, bool indexed)
{
	struct round *r = ctx;
	(void)indexed;
	each_pair(r, rule, may_reach(r, rule), name_alone);
	return !r->full;
}

static bool take_asked(void *ctx, const struct hf_rule *rule, bool indexed)
{
	struct round *r = ctx;
	(void)indexed;
	if (asks(r, rule) && may_reach(r, rule))
		each_pair(r, rule, true, add_as_asked);
	return !r->full;
}

static void take_members(struct round *r)
{
	r->members = hf_alloc_zero((MEMBERS_MOST + 1) * sizeof(*r->members));
	r->member_count = hf_peers_list(r->a->peers, r->members, MEMBERS_MOST);
	snprintf(r->members[r->member_count].id, sizeof(r->members[0].id), "%s", r->a->base->self.s);
	r->member_count++;
}

static struct hf_candidates copy_of(const struct hf_candidates *c)
{
	struct hf_candidates n = {hf_alloc((c->count + 1) * sizeof(*n.list)), c->count, c->count + 1};
	if (c->count)
		memcpy(n.list, c->list, c->count * sizeof(*n.list));
	return n;
}

enum hf_err hf_authz_candidates(struct hf_authz *a, const struct hf_id *resource, const char *organization,
                                struct hf_candidates *ret, struct hf_fault *f)
{
	struct round r = {.a = a, .out = ret, .only = organization ? organization : ""};
	*ret = (struct hf_candidates){NULL, 0, 0};
	hf_id_text(resource, r.resource);
	enum hf_err e = hf_system_list(a->identity, add_own, &r);
	if (e != HF_OK)
		return hf_fault_set(f, e, "the registered systems cannot be read; see `hufu doctor`");
	take_members(&r);
	add_grants(&r);
	if (a->policy.now)
		hf_policy_each(a->policy.now, take_names, &r);
	sort(ret);
	r.names = *ret;
	*ret = copy_of(&r.names);
	if (a->policy.now)
		hf_policy_each(a->policy.now, take_asked, &r);
	sort(ret);
	hf_candidates_done(&r.names);
	free(r.members);
	if (!r.full && ret->count <= HF_CANDIDATES_MAX)
		return HF_OK;
	hf_candidates_done(ret);
	return hf_fault_set(f, HF_E_LIMIT,
	                    "there are more than %u systems to decide on, or too many rules that name them; name the "
	                    "organization in subject.properties.organization",
	                    HF_CANDIDATES_MAX);
}
