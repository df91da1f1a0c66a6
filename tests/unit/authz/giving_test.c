/* SB-24: a grant that the provider gives of itself. */
#include "base/limits.h"
#include "evidence/envelope.h"
#include "unit/authz/cast.h"

static int giving_up(void **state)
{
	(void)stage_up(state);
	struct stage *s = *state;
	hire(s->roads, "pan", "publisher", "", "HR-3002");
	hire(s->roads, "qiu", "privacy-expert", "", "HR-3003");
	hire(s->roads, "zhou2", "approver", "", "HR-3002"); /* pan's other account */
	return 0;
}

static enum hf_err expert_as(struct node *n, const char *who, const struct hf_id *id, bool ok)
{
	const struct hf_finding_in f[2] = {{"necessity", ok, ok ? "" : "not needed"}, {"compliance", true, ""}};
	COMMAND(c, n, who);
	return command_end(&c, hf_authz_grant_privacy(n->authz, &c.in, id, f));
}

static struct hf_id offered(struct stage *s, const struct hf_id *entry)
{
	struct hf_grant_offer_in in = gift(s, entry);
	struct hf_id id;
	MUST(offer_as(s->roads, "pan", &in, &id));
	return id;
}

static struct hf_id given(struct stage *s, const struct hf_id *entry)
{
	struct hf_id id = offered(s, entry);
	MUST(give_as(s->roads, "zhou", &id, "T", NULL));
	return id;
}

static struct hf_id entry_of(struct stage *s)
{
	return publish(s->roads, &(struct offer){.title = "gifts", .intake = "hub"});
}

/* SB-24: usable at once by the named consumer, and only by it and its named system. */
static void given_grant_is_usable_at_once_and_by_nobody_else(void **state)
{
	struct stage *s = stage_of(state);
	struct hf_id entry = entry_of(s), id = given(s, &entry);
	struct hf_access_request rq = asking(&entry, s->w->now_ms);
	struct hf_grant_view v;
	struct hf_decision d;
	hf_authz_decide(s->roads->authz, &rq, &d);
	assert_int_equal(d.result, HF_OK);
	assert_string_equal(d.mechanism, "provider");
	assert_true(hf_id_equal(&d.grant, &id));
	hf_decision_done(&d);
	assert_int_equal(hf_authz_find_grant(s->health->authz, &entry, "desk", &v), HF_OK);
	assert_string_equal(v.state, "active");
	assert_true(hf_id_equal(&v.grant, &id) && hf_id_equal(&v.agreement, &d.agreement));
	assert_int_equal(s->health->refused_count, 0);
	rq.organization = "hub";
	assert_int_equal(decided(s->roads, &rq), HF_E_NO_GRANT);
	rq.organization = "health";
	rq.system = "archive";
	assert_int_equal(decided(s->roads, &rq), HF_E_WRONG_SYSTEM);
	MUST(revoke_as(s->roads, "zhou", &id, "the agreement has ended"));
	rq.system = "desk";
	assert_int_equal(decided(s->roads, &rq), HF_E_GRANT_REVOKED);
	assert_int_equal(hf_authz_grant(s->health->authz, &id, &v), HF_OK);
	assert_string_equal(v.state, "revoked");
}

/* An offer is the provider's own affair: to the consumer it does not exist, whatever becomes of it. */
static void offer_alone_gives_nothing_and_tells_nothing(void **state)
{
	struct stage *s = stage_of(state);
	struct hf_id entry = entry_of(s), id = offered(s, &entry);
	struct hf_access_request rq = asking(&entry, s->w->now_ms);
	struct hf_grant_view v;
	assert_int_equal(decided(s->roads, &rq), HF_E_NO_GRANT);
	assert_int_equal(hf_authz_grant(s->health->authz, &id, &v), HF_E_UNKNOWN);
	assert_int_equal(revoke_as(s->roads, "zhou", &id, "never mind"), HF_E_STATE);
	assert_int_equal(give_as(s->roads, "zhou", &id, "F", NULL), HF_E_ARGUMENT);
	MUST(give_as(s->roads, "zhou", &id, "F", "not agreed with the legal office"));
	assert_int_equal(decided(s->roads, &rq), HF_E_NO_GRANT);
	assert_int_equal(give_as(s->roads, "zhou", &id, "T", NULL), HF_E_STATE);
	assert_int_equal(s->w->delivered[HF_MAIL_PROVIDER_GRANT], 0);
}

/* DS-13: two persons; two accounts of one person are one. */
static void one_person_cannot_do_both(void **state)
{
	struct stage *s = stage_of(state);
	struct hf_id entry = entry_of(s), id = offered(s, &entry);
	struct hf_access_request rq = asking(&entry, s->w->now_ms);
	assert_int_equal(give_as(s->roads, "zhou2", &id, "T", NULL), HF_E_SEPARATION);
	assert_int_equal(decided(s->roads, &rq), HF_E_NO_GRANT);
	assert_int_equal(give_as(s->roads, "pan", &id, "T", NULL), HF_E_PERMISSION);
	MUST(give_as(s->roads, "zhou", &id, "T", NULL));
	assert_int_equal(decided(s->roads, &rq), HF_OK);
	assert_int_equal(give_as(s->roads, "zhou", &id, "T", NULL), HF_E_STATE);
}

/* AZ-16 also where nobody applied. */
static void personal_data_needs_the_privacy_expert(void **state)
{
	struct stage *s = stage_of(state);
	struct hf_id entry = publish(s->roads, &(struct offer){.title = "旅客", .intake = "hub", .personal = true});
	struct hf_id id = offered(s, &entry), other = offered(s, &entry);
	struct hf_access_request rq = asking(&entry, s->w->now_ms);
	assert_int_equal(give_as(s->roads, "zhou", &id, "T", NULL), HF_E_STATE);
	assert_non_null(strstr(last_fault, "privacy expert"));
	MUST(expert_as(s->roads, "qiu", &id, true));
	MUST(give_as(s->roads, "zhou", &id, "T", NULL));
	assert_int_equal(decided(s->roads, &rq), HF_OK);
	assert_int_equal(s->health->refused_count, 0);
	MUST(expert_as(s->roads, "qiu", &other, false));
	assert_int_equal(give_as(s->roads, "zhou", &other, "T", NULL), HF_E_STATE);
}

static void what_cannot_be_granted_is_not_offered(void **state)
{
	struct stage *s = stage_of(state);
	struct hf_id entry = entry_of(s), id, nothing = hf_id_new(s->w->now_ms);
	struct hf_grant_offer_in in = gift(s, &entry);
	const char *fields[] = {"passport"};
	in.until_ms = s->w->now_ms + 4 * 366 * DAY;
	assert_int_equal(offer_as(s->roads, "pan", &in, &id), HF_E_LIMIT);
	in = gift(s, &entry);
	in.fields = fields;
	in.field_count = 1;
	assert_int_equal(offer_as(s->roads, "pan", &in, &id), HF_E_WRONG_FIELDS);
	in = gift(s, &entry);
	in.consumer = "nobody";
	assert_int_equal(offer_as(s->roads, "pan", &in, &id), HF_E_STANDING);
	in = gift(s, &nothing);
	assert_int_equal(offer_as(s->roads, "pan", &in, &id), HF_E_UNKNOWN);
	in = gift(s, &s->inner); /* scope: health and a department of roads */
	in.consumer = "hub";
	assert_int_equal(offer_as(s->roads, "pan", &in, &id), HF_E_NOT_SHARED);
	in = gift(s, &s->strict);
	in.purpose = "resale";
	assert_int_equal(offer_as(s->roads, "pan", &in, &id), HF_E_CRITERION);
	in = gift(s, &entry);
	in.reason = " ";
	assert_int_equal(offer_as(s->roads, "pan", &in, &id), HF_E_ARGUMENT);
}

/* A later version of the entry is not what was offered. */
static void changed_entry_needs_a_new_offer(void **state)
{
	struct stage *s = stage_of(state);
	struct hf_id entry = entry_of(s), id = offered(s, &entry);
	(void)publish(s->roads, &(struct offer){.title = "gifts, more of them", .intake = "hub", .id = entry});
	assert_int_equal(give_as(s->roads, "zhou", &id, "T", NULL), HF_E_TERMS_CHANGED);
}

/* ---- what a false provider could send ---- */

static struct hf_buf captured;

static bool hold_grant(const struct post *p)
{
	return p->type == HF_MAIL_PROVIDER_GRANT;
}

static void capture(struct post *p)
{
	if (p->type != HF_MAIL_PROVIDER_GRANT)
		return;
	captured.len = 0;
	assert_true(hf_buf_add(&captured, p->body.data, p->body.len));
}

static Hufu__ProviderGrantMail *held_mail(struct stage *s)
{
	struct hf_id entry = entry_of(s);
	s->w->bend = capture;
	(void)given(s, &entry);
	s->w->bend = NULL;
	assert_true(captured.len > 0);
	return hf_decode(&hufu__provider_grant_mail__descriptor, captured.data, captured.len);
}

/* Signs the paper anew as roads after it was changed, and delivers it. */
static enum hf_err deliver_changed(struct stage *s, const char *from, Hufu__ProviderGrantMail *m,
                                   Hufu__ProviderGrant *g)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf out = HF_BUF_INIT;
	struct hf_id txn;
	size_t len = 0;
	assert_true(az_id_of(&g->header->transaction, &txn));
	assert_int_equal(
	        hf_envelope_make_message(s->roads->keys.envelope, "roads", HF_TYPE_PROVIDER_GRANT, &g->base, &out),
	        HF_OK);
	Hufu__Envelope *e = hf_decode(&hufu__envelope__descriptor, out.data, out.len);
	Hufu__ProviderGrantMail mail = *m;
	mail.grant = e;
	uint8_t *body = hf_encode(&mail.base, &len);
	enum hf_err err = deliver(s->health, from, HF_MAIL_PROVIDER_GRANT, &txn, body, len);
	free(body);
	hf_decoded_free(e);
	return err;
}

static void forged_grants_are_refused(void **state)
{
	struct stage *s = stage_of(state);
	Hufu__ProviderGrantMail *m = held_mail(s);
	Hufu__ProviderGrant *g =
	        hf_decode(&hufu__provider_grant__descriptor, m->grant->payload.data, m->grant->payload.len);
	const Hufu__ProviderGrant good = *g;
	assert_non_null(g);
	assert_int_equal(deliver_changed(s, "roads", m, g), HF_E_EXISTS); /* as it was: it is here already */
	assert_int_equal(deliver_changed(s, "hub", m, g), HF_E_STANDING);
	g->approval = good.offer; /* one person for both */
	assert_int_equal(deliver_changed(s, "roads", m, g), HF_E_PERMISSION);
	*g = good;
	g->offer = good.approval;
	assert_int_equal(deliver_changed(s, "roads", m, g), HF_E_PERMISSION);
	*g = good;
	hf_decoded_free(g);
	hf_decoded_free(m);
}

/* Statements of another grant do not carry this one. */
static void signatures_of_another_grant_do_not_count(void **state)
{
	struct stage *s = stage_of(state);
	Hufu__ProviderGrantMail *first = held_mail(s), *second = held_mail(s);
	Hufu__ProviderGrant *a =
	        hf_decode(&hufu__provider_grant__descriptor, first->grant->payload.data, first->grant->payload.len);
	Hufu__ProviderGrant *b =
	        hf_decode(&hufu__provider_grant__descriptor, second->grant->payload.data, second->grant->payload.len);
	const Hufu__ProviderGrant good = *a;
	a->approval = b->approval;
	assert_int_equal(deliver_changed(s, "roads", first, a), HF_E_CONFLICT);
	*a = good;
	a->agreement = b->agreement;
	assert_int_equal(deliver_changed(s, "roads", first, a), HF_E_CONFLICT);
	*a = good;
	first->entry->payload.data[20] ^= 1;
	assert_int_equal(deliver_changed(s, "roads", first, a), HF_E_DIGEST);
	hf_decoded_free(a);
	hf_decoded_free(b);
	hf_decoded_free(first);
	hf_decoded_free(second);
}

/* What waits in the outbox while the consumer is away arrives later; the offer's state is there after a restart. */
static void grant_and_offer_survive_a_restart(void **state)
{
	struct stage *s = stage_of(state);
	struct hf_id entry = entry_of(s), other = entry_of(s), id, open = offered(s, &other);
	struct hf_access_request rq = asking(&entry, s->w->now_ms);
	struct hf_grant_view v;
	s->w->hold = hold_grant;
	id = given(s, &entry);
	assert_int_equal(hf_authz_grant(s->health->authz, &id, &v), HF_E_UNKNOWN);
	hf_authz_close(s->roads->authz);
	node_open_authz(s->roads);
	s->w->hold = NULL;
	settle(s->w);
	assert_int_equal(hf_authz_grant(s->health->authz, &id, &v), HF_OK);
	assert_int_equal(decided(s->roads, &rq), HF_OK);
	rq.resource = other;
	assert_int_equal(decided(s->roads, &rq), HF_E_NO_GRANT);
	MUST(give_as(s->roads, "zhou", &open, "T", NULL));
	assert_int_equal(decided(s->roads, &rq), HF_OK);
}

/* DS-51: a provider whose own people sign whatever it likes cannot fill its consumers' stores. */
static void put_given(struct stage *s, struct node *n, const struct hf_id *entry, int64_t made_ms)
{
	struct hf_unit *u = hf_unit_new();
	for (unsigned i = 0; i < HF_MAX_GIVEN_A_DAY; i++) {
		Hufu__GrantRow row = HUFU__GRANT_ROW__INIT;
		struct hf_id grant = hf_id_new(made_ms), agreement = hf_id_new(made_ms), txn = hf_id_new(made_ms);
		row.grant = BIN_ID(&grant);
		row.agreement = BIN_ID(&agreement);
		row.txn = BIN_ID(&txn);
		row.resource = BIN_ID(entry);
		row.provider = (char *)"roads";
		row.consumer = (char *)"health";
		row.system = (char *)"desk";
		row.purpose = (char *)"claims-check";
		row.action = (char *)"read";
		row.mechanism = (char *)"provider";
		row.state = HF_GRANT_ACTIVE;
		row.from_ms = made_ms;
		row.until_ms = made_ms + 1;
		row.made_ms = made_ms;
		az_grant_put(n->authz, u, &row);
	}
	submit_wait(n, u);
	settle(s->w);
}

static void grants_that_nobody_asked_for_have_a_limit(void **state)
{
	struct stage *s = stage_of(state);
	struct hf_id entry = entry_of(s), id = offered(s, &entry);
	struct hf_grant_view v;
	put_given(s, s->roads, &entry, s->w->now_ms - 2 * DAY);
	put_given(s, s->health, &entry, s->w->now_ms - DAY + 1000);
	MUST(give_as(s->roads, "zhou", &id, "T", NULL)); /* a provider that does not count */
	assert_int_equal(s->health->refused_count, 1);
	assert_int_equal(s->health->refused[0].e, HF_E_LIMIT);
	assert_int_equal(hf_authz_grant(s->health->authz, &id, &v), HF_E_UNKNOWN);
	put_given(s, s->roads, &entry, s->w->now_ms - DAY + 1000);
	id = offered(s, &entry);
	assert_int_equal(give_as(s->roads, "zhou", &id, "T", NULL), HF_E_LIMIT); /* one that does */
	MUST(give_as(s->roads, "zhou", &id, "F", "tomorrow"));
	s->w->now_ms += 2000;
	id = given(s, &entry);
	assert_int_equal(hf_authz_grant(s->health->authz, &id, &v), HF_OK);
}

/* SB-23: who was taken out of the scope after the offer gets nothing by it. */
static void offer_to_who_left_the_scope_is_not_given(void **state)
{
	struct stage *s = stage_of(state);
	struct hf_id entry = entry_of(s), id = offered(s, &entry);
	struct hf_scope scope = {HF_SCOPE_INVALID, NULL, 0};
	struct hf_access_request rq = asking(&entry, s->w->now_ms);
	struct hf_published p;
	struct hf_fault f = {HF_OK, ""};
	struct hf_unit *u = hf_unit_new();
	const struct hf_rescope to = {&scope, "for hub alone", "zhou", NULL};
	static char *purposes[] = {(char *)"for hub alone"};
	struct hf_unit *leave = hf_unit_new();
	leave_publish(leave, s->w->now_ms, purposes, 1);
	submit_wait(s->roads, leave);
	assert_int_equal(hf_scope_parse("nodes:hub", &scope, &f), HF_OK);
	assert_int_equal(hf_catalog_rescope(s->roads->catalog, &entry, &to, u, &p, &f), HF_OK);
	hf_scope_done(&scope);
	submit_wait(s->roads, u);
	settle(s->w);
	assert_int_not_equal(give_as(s->roads, "zhou", &id, "T", NULL), HF_OK);
	assert_int_equal(decided(s->roads, &rq), HF_E_NO_GRANT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(given_grant_is_usable_at_once_and_by_nobody_else),
	        cmocka_unit_test(offer_alone_gives_nothing_and_tells_nothing),
	        cmocka_unit_test(one_person_cannot_do_both),
	        cmocka_unit_test(personal_data_needs_the_privacy_expert),
	        cmocka_unit_test(what_cannot_be_granted_is_not_offered),
	        cmocka_unit_test(changed_entry_needs_a_new_offer),
	        cmocka_unit_test(forged_grants_are_refused),
	        cmocka_unit_test(signatures_of_another_grant_do_not_count),
	        cmocka_unit_test(grant_and_offer_survive_a_restart),
	        cmocka_unit_test(offer_to_who_left_the_scope_is_not_given),
	        cmocka_unit_test(grants_that_nobody_asked_for_have_a_limit),
	};
	int failed = cmocka_run_group_tests(tests, giving_up, stage_down);
	hf_buf_done(&captured);
	return failed;
}
