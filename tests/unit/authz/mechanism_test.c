/* Grants of several mechanisms in one decision: the order, what falls through, what a grant without an application can
 * do. */
#include "unit/authz/cast.h"

struct deal {
	Hufu__Agreement g;
	Hufu__Header header;
	struct hf_id id, grant, resource, message, basis, txn;
	char *fields[2], *obligations[1];
	char *audience[1];
};

static struct deal *terms_of(struct stage *s, const struct hf_id *resource, const char *system, int64_t until_ms)
{
	struct deal *t = hf_alloc_zero(sizeof(*t));
	hufu__agreement__init(&t->g);
	hufu__header__init(&t->header);
	t->id = hf_id_new(s->w->now_ms);
	t->grant = hf_id_new(s->w->now_ms);
	t->message = hf_id_new(s->w->now_ms);
	t->basis = hf_id_new(s->w->now_ms);
	t->txn = hf_id_new(s->w->now_ms);
	t->resource = *resource;
	t->fields[0] = (char *)"flight";
	t->fields[1] = (char *)"arrival";
	t->obligations[0] = (char *)"log";
	t->audience[0] = (char *)"health";
	t->header.suite = HF_SUITE_INTL_1;
	t->header.space = (char *)hf_space_id(s->w->space);
	t->header.issuer = (char *)"roads";
	t->header.audience = t->audience;
	t->header.n_audience = 1;
	t->header.message_id = BIN_ID(&t->message);
	t->header.transaction = BIN_ID(&t->txn);
	t->header.time_ms = s->w->now_ms;
	t->g.header = &t->header;
	t->g.id = BIN_ID(&t->id);
	t->g.grant = BIN_ID(&t->grant);
	t->g.resource = BIN_ID(&t->resource);
	t->g.resource_version = 1;
	t->g.assigner = (char *)"roads";
	t->g.assignee = (char *)"health";
	t->g.system = (char *)system;
	t->g.action = (char *)"read";
	t->g.purpose = (char *)"claims-check";
	t->g.fields = t->fields;
	t->g.n_fields = 2;
	t->g.obligations = t->obligations;
	t->g.n_obligations = 1;
	t->g.from_ms = s->w->now_ms;
	t->g.until_ms = until_ms;
	return t;
}

static void set_entry(struct stage *s, struct deal *t, struct hf_hash *digest)
{
	struct hf_catalog_item it = {0};
	assert_int_equal(hf_catalog_get(s->roads->catalog, NULL, &t->resource, &it), HF_OK);
	*digest = it.digest;
	t->g.entry_digest = BIN_HASH(digest);
	t->g.resource_version = it.entry->version;
	hf_catalog_item_done(&it);
}

static enum hf_err add(struct stage *s, struct node *n, enum az_mechanism m, struct deal *t)
{
	struct hf_hash digest;
	struct hf_unit *u = hf_unit_new();
	struct hf_fault f = {HF_OK, ""};
	set_entry(s, t, &digest);
	const struct grant_new g = {
	        .mechanism = m, .basis = &t->basis, .txn = &t->txn, .terms = &t->g, .approver = "hub/chief"};
	enum hf_err e = az_grant_add(n->authz, u, &g, &f);
	snprintf(last_fault, sizeof(last_fault), "%s", f.text);
	if (e == HF_OK)
		submit_wait(n, u);
	else
		hf_unit_free(u);
	return e;
}

static struct hf_id added(struct stage *s, enum az_mechanism m, const struct hf_id *resource, int64_t until_ms)
{
	struct deal *t = terms_of(s, resource, "desk", until_ms);
	MUST(add(s, s->roads, m, t));
	struct hf_id id = t->grant;
	free(t);
	return id;
}

static struct hf_id entry_of(struct stage *s)
{
	return publish(s->roads, &(struct offer){.title = "mechanisms", .intake = "hub"});
}

static const char *mechanism_of(struct stage *s, const struct hf_access_request *rq)
{
	static char name[32];
	struct hf_decision d;
	hf_authz_decide(s->roads->authz, rq, &d);
	snprintf(name, sizeof(name), "%s", d.mechanism);
	hf_decision_done(&d);
	return name;
}

/* As the leading group's withdrawal does in the end. */
static void withdrawn(struct node *n, const struct hf_id *grant)
{
	HF_CLEANUP(hf_decoded_done) Hufu__GrantRow *row = NULL;
	struct hf_unit *u = hf_unit_new();
	MUST(az_grant_get(n->authz, grant, &row));
	az_grant_end(n->authz, u, row, "hub", "the flood is over");
	submit_wait(n, u);
}

/* AZ-70: with both matching the decision names the emergency; take it away, and the application decides. */
static void emergency_is_asked_before_application(void **state)
{
	struct stage *s = stage_of(state);
	struct hf_id entry = entry_of(s), emergency;
	struct hf_access_request rq = asking(&entry, s->w->now_ms);
	assert_string_equal(mechanism_of(s, &rq), "");
	emergency = added(s, AZ_MECHANISM_EMERGENCY, &entry, s->w->now_ms + 14 * DAY);
	assert_string_equal(mechanism_of(s, &rq), "emergency");
	(void)granted(s, &entry);
	assert_string_equal(mechanism_of(s, &rq), "emergency");
	assert_int_equal(revoke_as(s->roads, "zhou", &emergency, "not ours"), HF_E_SEPARATION);
	withdrawn(s->roads, &emergency);
	assert_string_equal(mechanism_of(s, &rq), "application");
}

/* AZ-71: what has expired, or does not fit, falls through; it denies nothing by itself. */
static void expired_emergency_falls_through_to_the_application(void **state)
{
	struct stage *s = stage_of(state);
	struct hf_id entry = entry_of(s);
	struct hf_access_request rq = asking(&entry, s->w->now_ms + DAY);
	(void)added(s, AZ_MECHANISM_EMERGENCY, &entry, s->w->now_ms + DAY);
	assert_int_equal(decided(s->roads, &rq), HF_E_GRANT_EXPIRED);
	(void)granted(s, &entry);
	assert_string_equal(mechanism_of(s, &rq), "application");
	rq.now_ms = s->w->now_ms;
	assert_string_equal(mechanism_of(s, &rq), "emergency");
	rq.purpose = "statistics"; /* neither is for that; the nearest says so */
	assert_int_equal(decided(s->roads, &rq), HF_E_WRONG_PURPOSE);
}

static void decision_names_basis_and_terms_of_the_emergency(void **state)
{
	struct stage *s = stage_of(state);
	struct hf_id entry = entry_of(s);
	struct deal *t = terms_of(s, &entry, "desk", s->w->now_ms + DAY);
	struct hf_access_request rq = asking(&entry, s->w->now_ms);
	struct hf_decision d;
	MUST(add(s, s->roads, AZ_MECHANISM_EMERGENCY, t));
	hf_authz_decide(s->roads->authz, &rq, &d);
	assert_int_equal(d.result, HF_OK);
	assert_true(hf_id_equal(&d.basis, &t->basis) && hf_id_equal(&d.txn, &t->txn));
	assert_true(hf_id_is_zero(&d.application) && hf_id_equal(&d.grant, &t->grant));
	assert_int_equal(d.terms->n_fields, 2);
	assert_string_equal(d.terms->obligations[0], "log");
	hf_decision_done(&d);
	rq.system = "archive"; /* AZ-78: for system 1 is not for system 2 */
	assert_int_equal(decided(s->roads, &rq), HF_E_WRONG_SYSTEM);
	free(t);
}

static void check_terms(struct stage *s, const struct hf_id *resource, const char *mechanism, const struct deal *t)
{
	struct hf_access_request rq = asking(resource, s->w->now_ms);
	struct hf_decision d;
	hf_authz_decide(s->roads->authz, &rq, &d);
	assert_int_equal(d.result, HF_OK);
	assert_string_equal(d.mechanism, mechanism);
	assert_string_equal(d.terms->purpose, "claims-check");
	assert_string_equal(d.terms->system, "desk");
	assert_string_equal(d.terms->action, "read");
	assert_true(d.terms->n_fields > 0 && d.terms->until_ms > d.terms->from_ms);
	for (size_t i = 0; i < d.terms->n_obligations; i++)
		assert_true(az_terms_obligation_known(d.terms->obligations[i]));
	if (t) {
		assert_int_equal(d.terms->n_obligations, 1);
		assert_string_equal(d.terms->obligations[0], t->obligations[0]);
		assert_int_equal(d.terms->until_ms, t->g.until_ms);
	}
	hf_decision_done(&d);
}

/* DS-147: whatever it was given by, a grant carries its terms of use, each of which the gate can read; with one that it
 * cannot read there is no grant. */
static void every_grant_carries_terms_of_use_that_a_machine_reads(void **state)
{
	static const struct {
		enum az_mechanism mechanism;
		const char *name;
	} given[] = {{AZ_MECHANISM_EMERGENCY, "emergency"}, {AZ_MECHANISM_PROVIDER, "provider"}};
	struct stage *s = stage_of(state);
	struct hf_id applied = entry_of(s);
	for (size_t i = 0; i < sizeof(given) / sizeof(given[0]); i++) {
		struct hf_id entry = entry_of(s);
		struct deal *t = terms_of(s, &entry, "desk", s->w->now_ms + DAY);
		t->obligations[0] = (char *)"use it well";
		assert_int_equal(add(s, s->roads, given[i].mechanism, t), HF_E_OBLIGATION);
		t->obligations[0] = (char *)"no-onward-sharing";
		MUST(add(s, s->roads, given[i].mechanism, t));
		check_terms(s, &entry, given[i].name, t);
		free(t);
	}
	(void)granted(s, &applied);
	check_terms(s, &applied, "application", NULL);
}

/* AZ-56: 14 days, not a second more; a row that got past the signing gives nothing. */
static void emergency_over_fourteen_days_is_refused_and_gives_nothing(void **state)
{
	struct stage *s = stage_of(state);
	struct hf_id entry = entry_of(s);
	struct deal *t = terms_of(s, &entry, "desk", s->w->now_ms + 14 * DAY + 1000);
	struct hf_access_request rq = asking(&entry, s->w->now_ms);
	struct hf_id id = added(s, AZ_MECHANISM_EMERGENCY, &entry, s->w->now_ms + 14 * DAY);
	Hufu__GrantRow *row = NULL;
	assert_int_equal(add(s, s->roads, AZ_MECHANISM_EMERGENCY, t), HF_E_LIMIT);
	assert_non_null(strstr(last_fault, "14 days"));
	assert_int_equal(decided(s->roads, &rq), HF_OK);
	assert_int_equal(az_grant_get(s->roads->authz, &id, &row), HF_OK);
	row->until_ms += 1000;
	struct hf_unit *u = hf_unit_new();
	az_grant_put(s->roads->authz, u, row);
	submit_wait(s->roads, u);
	hf_decoded_free(row);
	assert_int_equal(decided(s->roads, &rq), HF_E_NO_GRANT);
	assert_non_null(strstr(last_fault, "14 days"));
	free(t);
}

static void grant_that_lacks_something_is_refused(void **state)
{
	struct stage *s = stage_of(state);
	struct hf_id entry = entry_of(s);
	struct deal *t = terms_of(s, &entry, "desk", s->w->now_ms + DAY);
	assert_int_equal(add(s, s->roads, AZ_MECHANISM_APPLICATION, t), HF_E_FORMAT);
	assert_int_equal(add(s, s->hub, AZ_MECHANISM_PROVIDER, t), HF_E_STANDING);
	t->g.n_fields = 0;
	assert_int_equal(add(s, s->roads, AZ_MECHANISM_PROVIDER, t), HF_E_FORMAT);
	t->g.n_fields = 2;
	t->obligations[0] = (char *)"dance";
	assert_int_equal(add(s, s->roads, AZ_MECHANISM_PROVIDER, t), HF_E_OBLIGATION);
	t->obligations[0] = (char *)"log";
	MUST(add(s, s->roads, AZ_MECHANISM_PROVIDER, t));
	assert_int_equal(add(s, s->roads, AZ_MECHANISM_PROVIDER, t), HF_E_EXISTS);
	free(t);
}

/* AZ-33: it ends like any other, at both nodes. */
static void revocation_reaches_the_consumers_copy(void **state)
{
	struct stage *s = stage_of(state);
	struct hf_id entry = entry_of(s);
	struct deal *t = terms_of(s, &entry, "desk", s->w->now_ms + DAY);
	struct hf_access_request rq = asking(&entry, s->w->now_ms);
	struct paper paper = {0};
	struct hf_hash digest;
	struct hf_grant_view v;
	struct hf_unit *u = hf_unit_new();
	struct hf_fault f = {HF_OK, ""};
	set_entry(s, t, &digest);
	assert_int_equal(az_paper_sign(s->roads->authz, HF_TYPE_AGREEMENT, &t->txn, &t->g.base, u, &paper, &f), HF_OK);
	const struct grant_new g = {
	        .mechanism = AZ_MECHANISM_PROVIDER, .txn = &t->txn, .terms = &t->g, .paper = &paper};
	assert_int_equal(az_grant_add(s->roads->authz, u, &g, &f), HF_OK);
	submit_wait(s->roads, u);
	u = hf_unit_new();
	assert_int_equal(az_grant_add(s->health->authz, u, &g, &f), HF_OK);
	submit_wait(s->health, u);
	assert_int_equal(decided(s->roads, &rq), HF_OK);
	assert_int_equal(hf_authz_find_grant(s->health->authz, &entry, "desk", &v), HF_OK);
	assert_string_equal(v.state, "active");
	assert_string_equal(v.mechanism, "provider");
	MUST(revoke_as(s->roads, "zhou", &t->grant, "given by mistake"));
	assert_int_equal(decided(s->roads, &rq), HF_E_GRANT_REVOKED);
	assert_int_equal(hf_authz_find_grant(s->health->authz, &entry, "desk", &v), HF_OK);
	assert_string_equal(v.state, "revoked");
	assert_int_equal(s->health->refused_count, 0);
	az_paper_done(&paper);
	free(t);
}

static void grants_of_all_mechanisms_are_there_after_a_restart(void **state)
{
	struct stage *s = stage_of(state);
	struct hf_id entry = entry_of(s);
	struct hf_access_request rq = asking(&entry, s->w->now_ms);
	(void)added(s, AZ_MECHANISM_EMERGENCY, &entry, s->w->now_ms + DAY);
	(void)added(s, AZ_MECHANISM_PROVIDER, &entry, s->w->now_ms + 2 * DAY);
	hf_authz_close(s->roads->authz);
	node_open_authz(s->roads);
	assert_string_equal(mechanism_of(s, &rq), "emergency");
	rq.now_ms += DAY;
	assert_string_equal(mechanism_of(s, &rq), "provider");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(emergency_is_asked_before_application),
	        cmocka_unit_test(expired_emergency_falls_through_to_the_application),
	        cmocka_unit_test(decision_names_basis_and_terms_of_the_emergency),
	        cmocka_unit_test(every_grant_carries_terms_of_use_that_a_machine_reads),
	        cmocka_unit_test(emergency_over_fourteen_days_is_refused_and_gives_nothing),
	        cmocka_unit_test(grant_that_lacks_something_is_refused),
	        cmocka_unit_test(revocation_reaches_the_consumers_copy),
	        cmocka_unit_test(grants_of_all_mechanisms_are_there_after_a_restart),
	};
	return cmocka_run_group_tests(tests, stage_up, stage_down);
}
