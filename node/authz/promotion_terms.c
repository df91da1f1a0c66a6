/*
 * promotion_terms.c - from grants to a rule: which grants are similar, what the rule says, and in what it gives more or
 * less than they do. Made anew when it is decided on, so that what is signed is what holds then.
 */
#include <stdlib.h>
#include <string.h>

#include "authz/judge.h"
#include "authz/promotion_internal.h"
#include "proto/codec.h"

struct build {
	struct hf_authz *a;
	const struct hf_promotion_in *what;
	const struct hf_catalog_item *it;
	struct hf_fault *f;
	Hufu__PromotionTerms t; /* lists are owned, texts borrowed or in text */
	Hufu__PromotionSource source[HF_PROMOTION_GRANTS_MAX];
	Hufu__PromotionMember member[HF_PROMOTION_GRANTS_MAX];
	Hufu__Agreement *terms[HF_PROMOTION_GRANTS_MAX]; /* of the sources */
	char *any[3], *wider[HF_PROMOTION_ATTRIBUTES_MAX];
};

static const char *const attributes[] = {"department", "system", "address", "fields", "until"};
enum { DEPARTMENT, SYSTEM, ADDRESS, FIELDS, UNTIL, ATTRIBUTES, MAY_BE_ANY = FIELDS };
_Static_assert(ATTRIBUTES == HF_PROMOTION_ATTRIBUTES_MAX, "the header says how many");

static void build_done(struct build **at)
{
	struct build *b = *at;
	for (size_t i = 0; i < b->t.n_sources; i++)
		hf_decoded_free(b->terms[i]);
	for (size_t i = 0; i < b->t.n_members; i++)
		free(b->member[i].fields);
	for (size_t i = 0; i < b->t.n_differences; i++) {
		Hufu__PromotionDifference *d = b->t.differences[i];
		free(d->who);
		free(d->granted);
		free(d->rule);
		free(d);
	}
	free(b->t.sources);
	free(b->t.members);
	free(b->t.differences);
	free(b);
}

/* ---- which grants ---- */

bool pm_duty_known(const char *duty)
{
	static const char *const always[] = {"log", "receipt", "no-onward-sharing"};
	for (size_t i = 0; i < sizeof(always) / sizeof(always[0]); i++)
		if (strcmp(duty, always[i]) == 0)
			return true;
	/* A count would begin anew. */
	return hf_entry_state_of_duty(duty) != HF_ENTRY_INVALID || hf_obligation_seals(duty);
}

enum hf_err pm_source_check(struct hf_authz *a, const struct grant_item *g, struct hf_fault *f)
{
	char id[HF_ID_TEXT];
	struct hf_address address;
	int64_t now = now_of(a);
	hf_id_text(&g->grant, id);
	if (!is_self(a, g->provider.s) || g->mechanism != AZ_MECHANISM_APPLICATION)
		return hf_fault_set(f, HF_E_STATE, "grant %s did not come from an application to this node", id);
	if (!hf_id_is_zero(&g->superseded))
		return hf_fault_set(f, HF_E_STATE, "grant %s is superseded by a rule already", id);
	if (g->state != HF_GRANT_ACTIVE || az_hold_of_grant(a, &g->grant) || now < g->from_ms || now >= g->until_ms)
		return hf_fault_set(f, HF_E_STATE,
		                    "grant %s is not in force now: it is revoked, suspended, over or not begun", id);
	if (!same_text(g->action, "read"))
		return hf_fault_set(f, HF_E_UNSUPPORTED, "grant %s is for another operation than 'read'", id);
	if (has_text(g->system_address) && !hf_address_parse(g->system_address, &address))
		return hf_fault_set(f, HF_E_UNSUPPORTED,
		                    "grant %s names a system address that is none, so no rule can hold to it", id);
	return HF_OK;
}

/* The grant's paper: what it lists, and that the entry still is what was agreed on. */
static enum hf_err read_terms(struct build *b, const struct hf_id *id, Hufu__Agreement **ret_terms)
{
	HF_CLEANUP(hf_decoded_done) Hufu__GrantRow *row = NULL;
	HF_CLEANUP(hf_decoded_done) Hufu__Agreement *t = NULL;
	struct verdict v = {.error = HF_OK};
	char text[HF_ID_TEXT];
	hf_id_text(id, text);
	if (az_grant_get(b->a, id, &row) == HF_OK)
		t = az_grant_terms(row);
	if (!t)
		return hf_fault_set(b->f, HF_E_STORE, "the agreement of grant %s cannot be read", text);
	if (!az_judge_terms(b->a, t, &t->entry_digest, b->it, &v))
		return hf_fault_set(b->f, v.error, "grant %s gives nothing now: %.300s", text, v.text);
	if (t->n_obligations > PM_DUTIES_MAX)
		return hf_fault_set(b->f, HF_E_LIMIT, "grant %s has more than %u obligations", text, PM_DUTIES_MAX);
	for (size_t i = 0; i < t->n_obligations; i++)
		if (!pm_duty_known(t->obligations[i]))
			return hf_fault_set(b->f, HF_E_OBLIGATION,
			                    "grant %s carries the obligation '%.100s', which no rule made of it would; "
			                    "leave it out",
			                    text, t->obligations[i]);
	*ret_terms = HF_TAKE(t);
	return HF_OK;
}

static enum hf_err add_source(struct build *b, const struct grant_item *g)
{
	char text[HF_ID_TEXT];
	size_t n = b->t.n_sources;
	const char *purpose = has_text(b->what->purpose) ? b->what->purpose : b->t.purpose;
	hf_id_text(&g->grant, text);
	HF_TRY(pm_source_check(b->a, g, b->f));
	if (memcmp(g->resource.b, b->what->entry.b, sizeof(g->resource.b)) != 0)
		return hf_fault_set(b->f, HF_E_CONFLICT, "grant %s is for another resource", text);
	if (has_text(purpose) && !same_text(purpose, g->purpose))
		return hf_fault_set(b->f, HF_E_CONFLICT,
		                    "grant %s is for the purpose '%.100s', not '%.100s'; a rule is for one purpose "
		                    "(--purpose)",
		                    text, g->purpose, purpose);
	if (n == HF_PROMOTION_GRANTS_MAX)
		return hf_fault_set(b->f, HF_E_LIMIT, "a rule is made of at most %u grants; name them with --grant",
		                    HF_PROMOTION_GRANTS_MAX);
	HF_TRY(read_terms(b, &g->grant, &b->terms[n]));
	Hufu__PromotionSource *s = &b->source[n];
	const Hufu__Agreement *t = b->terms[n];
	hufu__promotion_source__init(s);
	s->grant = BIN_ID(&g->grant);
	s->organization = (char *)g->consumer.s;
	s->department = (char *)g->department;
	s->system = (char *)g->system;
	s->address = (char *)g->system_address;
	s->fields = t->fields;
	s->n_fields = t->n_fields;
	s->obligations = t->obligations;
	s->n_obligations = t->n_obligations;
	s->until_ms = g->until_ms;
	b->t.purpose = (char *)g->purpose;
	b->t.n_sources++;
	return HF_OK;
}

static enum hf_err named_sources(struct build *b)
{
	char text[HF_ID_TEXT];
	for (size_t i = 0; i < b->what->grant_count; i++) {
		const struct grant_item *g = az_grant_find(b->a, &b->what->grants[i]);
		hf_id_text(&b->what->grants[i], text);
		if (!g)
			return hf_fault_set(b->f, HF_E_UNKNOWN,
			                    "there is no grant %s at this node; `hufu grants` lists them", text);
		for (size_t k = 0; k < i; k++)
			if (hf_id_equal(&b->what->grants[k], &b->what->grants[i]))
				return hf_fault_set(b->f, HF_E_ARGUMENT, "grant %s is named twice", text);
		HF_TRY(add_source(b, g));
	}
	return HF_OK;
}

/* What cannot be a source stays out; several purposes are for the person to choose from. */
static enum hf_err similar_sources(struct build *b)
{
	for (size_t i = 0; i < b->a->grants.slot_count; i++)
		for (struct hf_index_item *x = b->a->grants.slots[i]; x; x = x->next) {
			const struct grant_item *g = az_grant_of(x);
			if (!hf_id_equal(&g->resource, &b->what->entry) || pm_source_check(b->a, g, NULL) != HF_OK)
				continue;
			if (has_text(b->what->purpose) && !same_text(b->what->purpose, g->purpose))
				continue;
			HF_TRY(add_source(b, g));
		}
	return HF_OK;
}

static int by_grant(const void *x, const void *y)
{
	const Hufu__PromotionSource *a = *(Hufu__PromotionSource *const *)x, *b = *(Hufu__PromotionSource *const *)y;
	return memcmp(a->grant.data, b->grant.data, 16);
}

static enum hf_err take_sources(struct build *b)
{
	HF_TRY(b->what->grant_count ? named_sources(b) : similar_sources(b));
	if (b->t.n_sources < 2)
		return hf_fault_set(b->f, HF_E_STATE,
		                    "a rule is made of at least two similar grants in force, and there are %zu; `hufu "
		                    "promote candidates` lists them",
		                    b->t.n_sources);
	b->t.sources = hf_alloc_zero(b->t.n_sources * sizeof(*b->t.sources));
	for (size_t i = 0; i < b->t.n_sources; i++)
		b->t.sources[i] = &b->source[i];
	qsort(b->t.sources, b->t.n_sources, sizeof(*b->t.sources), by_grant);
	return HF_OK;
}

/* ---- what the rule says ---- */

static bool in_list(char *const *list, size_t count, const char *text)
{
	for (size_t i = 0; i < count; i++)
		if (same_text(list[i], text))
			return true;
	return false;
}

static bool is_any(const struct build *b, unsigned attribute)
{
	return in_list(b->t.any, b->t.n_any, attributes[attribute]);
}

static bool same_set(char *const *x, size_t nx, char *const *y, size_t ny)
{
	for (size_t i = 0; i < nx; i++)
		if (!in_list(y, ny, x[i]))
			return false;
	return nx == ny;
}

static Hufu__PromotionMember *member_for(struct build *b, const Hufu__PromotionSource *s, const char *department,
                                         const char *system, const char *address)
{
	for (size_t i = 0; i < b->t.n_members; i++) {
		Hufu__PromotionMember *m = &b->member[i];
		if (same_text(m->organization, s->organization) && same_text(m->department, department) &&
		    same_text(m->system, system) && same_text(m->address, address) &&
		    same_set(m->obligations, m->n_obligations, s->obligations, s->n_obligations))
			return m;
	}
	Hufu__PromotionMember *m = &b->member[b->t.n_members++];
	hufu__promotion_member__init(m);
	m->organization = s->organization;
	m->department = (char *)department;
	m->system = (char *)system;
	m->address = (char *)address;
	m->obligations = s->obligations;
	m->n_obligations = s->n_obligations;
	m->fields = hf_alloc_zero((FIELDS_MAX + 1) * sizeof(char *));
	return m;
}

static void join(struct build *b, Hufu__PromotionSource *s)
{
	Hufu__PromotionMember *m = member_for(b, s, is_any(b, DEPARTMENT) ? "" : s->department,
	                                      is_any(b, SYSTEM) ? "" : s->system, is_any(b, ADDRESS) ? "" : s->address);
	char *const *fields = b->t.n_fields ? b->t.fields : s->fields;
	size_t count = b->t.n_fields ? b->t.n_fields : s->n_fields;
	int64_t until = b->t.until_ms ? b->t.until_ms : s->until_ms;
	s->member = (uint32_t)(m - b->member);
	for (size_t i = 0; i < count && m->n_fields < FIELDS_MAX; i++)
		if (!in_list(m->fields, m->n_fields, fields[i]))
			m->fields[m->n_fields++] = fields[i];
	if (until > m->until_ms)
		m->until_ms = until;
}

static void take_members(struct build *b)
{
	for (size_t i = 0; i < b->t.n_sources; i++)
		join(b, b->t.sources[i]);
	b->t.members = hf_alloc_zero(b->t.n_members * sizeof(*b->t.members));
	for (size_t i = 0; i < b->t.n_members; i++)
		b->t.members[i] = &b->member[i];
}

/* ---- the difference ---- */

static void add_difference(struct build *b, unsigned attribute, bool wider, const Hufu__PromotionSource *s,
                           const char *granted, const char *rule)
{
	char who[512];
	snprintf(who, sizeof(who), "%s%s%s, system %s%s%s", s->organization, has_text(s->department) ? "/" : "",
	         s->department, s->system, has_text(s->address) ? " at " : "", s->address);
	for (size_t i = 0; i < b->t.n_differences; i++) {
		const Hufu__PromotionDifference *d = b->t.differences[i];
		if (d->wider == wider && same_text(d->attribute, attributes[attribute]) && same_text(d->who, who))
			return;
	}
	Hufu__PromotionDifference **list = hf_alloc_zero((b->t.n_differences + 1) * sizeof(*list));
	if (b->t.n_differences)
		memcpy(list, b->t.differences, b->t.n_differences * sizeof(*list));
	free(b->t.differences);
	b->t.differences = list;
	Hufu__PromotionDifference *d = hf_alloc(sizeof(*d));
	hufu__promotion_difference__init(d);
	d->attribute = (char *)attributes[attribute];
	d->wider = wider;
	d->who = hf_strdup(who);
	d->granted = hf_strdup(granted);
	d->rule = hf_strdup(rule);
	list[b->t.n_differences++] = d;
	if (wider && !in_list(b->t.wider, b->t.n_wider, d->attribute))
		b->t.wider[b->t.n_wider++] = d->attribute;
}

static void field_list(char *const *list, size_t count, char out[400])
{
	size_t at = 0;
	out[0] = '\0';
	for (size_t i = 0; i < count && at < 360; i++) {
		int n = snprintf(out + at, 400 - at, "%s%.120s", i ? "," : "", list[i]);
		at += n > 0 ? (size_t)n : 0;
	}
	if (at >= 360)
		snprintf(out + 360, 40, "... (%zu)", count);
}

static void compare_who(struct build *b, const Hufu__PromotionSource *s, const Hufu__PromotionMember *m)
{
	const struct {
		unsigned attribute;
		const char *granted, *rule;
	} rows[MAY_BE_ANY] = {{DEPARTMENT, s->department, m->department},
	                      {SYSTEM, s->system, m->system},
	                      {ADDRESS, s->address, m->address}};
	for (size_t i = 0; i < MAY_BE_ANY; i++)
		if (has_text(rows[i].granted) && !has_text(rows[i].rule))
			add_difference(b, rows[i].attribute, true, s, rows[i].granted, "any");
}

static bool same_who(const Hufu__PromotionSource *x, const Hufu__PromotionSource *y)
{
	return same_text(x->organization, y->organization) && same_text(x->department, y->department) &&
	       same_text(x->system, y->system) && same_text(x->address, y->address);
}

/* Until when the grants of that very user give the field; 0: they do not. */
static int64_t granted_until(const struct build *b, const Hufu__PromotionSource *s, const char *field)
{
	int64_t until = 0;
	for (size_t i = 0; i < b->t.n_sources; i++) {
		const Hufu__PromotionSource *o = b->t.sources[i];
		if (same_who(o, s) && in_list(o->fields, o->n_fields, field) && o->until_ms > until)
			until = o->until_ms;
	}
	return until;
}

static void compare_wider(struct build *b, const Hufu__PromotionSource *s, const Hufu__PromotionMember *m)
{
	char granted[400], rule[400], was[HF_TIME_TEXT], is[HF_TIME_TEXT];
	field_list(s->fields, s->n_fields, granted);
	field_list(m->fields, m->n_fields, rule);
	hf_time_text(s->until_ms, was);
	hf_time_text(m->until_ms, is);
	for (size_t i = 0; i < m->n_fields; i++) {
		int64_t until = granted_until(b, s, m->fields[i]);
		if (until == 0)
			add_difference(b, FIELDS, true, s, granted, rule);
		else if (m->until_ms > until)
			add_difference(b, UNTIL, true, s, was, is);
	}
}

/* The rule does not give all of the grant: it stays as it is. */
static void compare_narrower(struct build *b, Hufu__PromotionSource *s, const Hufu__PromotionMember *m)
{
	char granted[400], rule[400], was[HF_TIME_TEXT], is[HF_TIME_TEXT];
	bool fields = true;
	for (size_t i = 0; i < s->n_fields; i++)
		fields &= in_list(m->fields, m->n_fields, s->fields[i]);
	field_list(s->fields, s->n_fields, granted);
	field_list(m->fields, m->n_fields, rule);
	hf_time_text(s->until_ms, was);
	hf_time_text(m->until_ms, is);
	if (!fields)
		add_difference(b, FIELDS, false, s, granted, rule);
	if (s->until_ms > m->until_ms)
		add_difference(b, UNTIL, false, s, was, is);
	s->kept = !fields || s->until_ms > m->until_ms;
}

static int by_attribute(const void *x, const void *y)
{
	return strcmp(*(char *const *)x, *(char *const *)y);
}

static enum hf_err compare(struct build *b)
{
	size_t superseded = 0;
	for (size_t i = 0; i < b->t.n_sources; i++) {
		Hufu__PromotionSource *s = b->t.sources[i];
		const Hufu__PromotionMember *m = &b->member[s->member];
		compare_who(b, s, m);
		compare_wider(b, s, m);
		compare_narrower(b, s, m);
		superseded += !s->kept;
	}
	qsort(b->t.wider, b->t.n_wider, sizeof(*b->t.wider), by_attribute);
	if (superseded)
		return HF_OK;
	return hf_fault_set(
	        b->f, HF_E_STATE,
	        "the rule would give less than every one of the grants, so it would replace none; leave out "
	        "--until and --fields, or state a later end or more fields");
}

/* ---- the wish ---- */

static enum hf_err check_wish(struct build *b)
{
	const struct hf_promotion_in *w = b->what;
	int64_t now = now_of(b->a);
	for (size_t i = 0; i < w->any_count; i++) {
		size_t k = 0;
		while (k < MAY_BE_ANY && !same_text(attributes[k], w->any[i]))
			k++;
		if (k == MAY_BE_ANY || in_list(b->t.any, b->t.n_any, w->any[i]))
			return hf_fault_set(b->f, HF_E_ARGUMENT,
			                    "'%.40s' cannot be left out of the rule; name some of department, system, "
			                    "address, each once (--any)",
			                    w->any[i]);
		b->t.any[b->t.n_any++] = (char *)attributes[k];
	}
	HF_TRY(az_terms_fields(b->it->entry, (char *const *)w->fields, w->field_count, b->f));
	if (w->until_ms && w->until_ms <= now)
		return hf_fault_set(b->f, HF_E_ARGUMENT, "field 'until' lies in the past; state a later end");
	return w->until_ms ? az_terms_period(now, w->until_ms, b->f) : HF_OK;
}

void pm_terms_digest(const Hufu__PromotionTerms *t, struct hf_hash *ret_digest)
{
	az_digest(&t->base, ret_digest);
}

/* The lists and texts of their own. */
static Hufu__PromotionTerms *copy(const Hufu__PromotionTerms *t)
{
	size_t len = 0;
	uint8_t *data = hf_encode(&t->base, &len);
	Hufu__PromotionTerms *out = data ? HF_DECODE_OWN(promotion_terms, data, len) : NULL;
	free(data);
	return out;
}

enum hf_err pm_terms_make(struct hf_authz *a, const struct hf_id *id, const struct hf_promotion_in *what,
                          const struct hf_catalog_item *it, Hufu__PromotionTerms **ret_terms, struct hf_fault *f)
{
	HF_CLEANUP(build_done) struct build *b = hf_alloc_zero(sizeof(*b));
	b->a = a;
	b->what = what;
	b->it = it;
	b->f = f;
	hufu__promotion_terms__init(&b->t);
	b->t.id = BIN_ID(id);
	b->t.resource = BIN_ID(&what->entry);
	b->t.entry_digest = BIN_HASH(&it->digest);
	b->t.any = b->any;
	b->t.wider = b->wider;
	HF_TRY(check_wish(b));
	b->t.fields = (char **)what->fields;
	b->t.n_fields = what->field_count;
	b->t.until_ms = what->until_ms;
	HF_TRY(take_sources(b));
	take_members(b);
	HF_TRY(compare(b));
	*ret_terms = copy(&b->t);
	return *ret_terms ? HF_OK : hf_fault_set(f, HF_E_MEMORY, "no memory is left to write the rule");
}
