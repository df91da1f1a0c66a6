/* dispute_test.c - does a dispute come to the leading group, block nothing, and leave the old result as it was (AZ-20)?
 */
#include "crypto/domains.h"
#include "evidence/envelope.h"
#include "unit/authz/dispute_stage.h"

static void everywhere(struct scene *s, const struct hf_id *dispute, uint32_t outcome)
{
	struct node *const who[] = {s->health, s->roads, s->audit, s->hub, s->port, s->lane, s->clinic};
	for (size_t i = 0; i < sizeof(who) / sizeof(who[0]); i++)
		assert_int_equal(outcome_at(who[i], dispute), outcome);
	assert_int_equal(outcome_at(s->data, dispute), HF_DISPUTE_OUTCOME_COUNT); /* none of its business */
}

static Hufu__ApplicationRow *row_at(struct node *n, const struct hf_id *id)
{
	Hufu__ApplicationRow *row = NULL;
	assert_int_equal(hf_authz_application(n->authz, id, &row), HF_OK);
	return row;
}

static bool is_id(const ProtobufCBinaryData *b, const struct hf_id *id)
{
	struct hf_id other;
	return az_id_of(b, &other) && hf_id_equal(&other, id);
}

/* Either side's; the outcome is what three of five organizations say, everywhere. */
static void dispute_of_the_consumer_is_upheld_and_opens_a_linked_application(void **state)
{
	struct scene *s = scene_of(state);
	struct hf_id app = refused(s), id, early, next;
	MUST(dispute_as(s->health, "wang", &app, "result", &id));
	everywhere(s, &id, HF_DISPUTE_OPEN);
	assert_int_equal(apply_after(s->health, "wang", &id, &early), HF_E_STATE);
	MUST(settle_as(s->audit, "an", &id, "upheld"));
	MUST(settle_as(s->hub, "hu", &id, "upheld"));
	everywhere(s, &id, HF_DISPUTE_OPEN);
	MUST(settle_as(s->port, "pan", &id, "upheld"));
	everywhere(s, &id, HF_DISPUTE_UPHELD);
	MUST(apply_after(s->health, "wang", &id, &next));
	MUST(need_as(s->health, "li", &next, true, true, true));
	MUST(compliance_as(s->roads, "ren", &next, "pass", NULL));
	MUST(decide_as(s->roads, "zhou", &next, "T", NULL, 0));
	assert_int_equal(state_at(s->health, &next, HF_PART_CONSUMER), HF_REVIEW_FINALIZED);
	struct node *const sides[] = {s->health, s->roads};
	for (size_t i = 0; i < 2; i++) {
		HF_CLEANUP(hf_decoded_done) Hufu__ApplicationRow *old = row_at(sides[i], &app);
		HF_CLEANUP(hf_decoded_done) Hufu__ApplicationRow *made = row_at(sides[i], &next);
		HF_CLEANUP(hf_decoded_done) Hufu__DisputeRow *dispute = NULL;
		assert_int_equal(hf_dispute_get(sides[i]->authz, &id, &dispute), HF_OK);
		assert_string_equal(old->result, "F"); /* AZ-28 */
		assert_true(old->n_disputes == 1 && is_id(&old->disputes[0], &id));
		assert_true(is_id(&made->dispute, &id) && is_id(&made->follows, &app));
		assert_true(is_id(&dispute->successor, &next));
	}
	assert_int_equal(state_at(s->roads, &app, HF_PART_PROVIDER), HF_REVIEW_REJECTED);
	assert_int_equal(apply_after(s->health, "wang", &id, &early), HF_E_EXISTS);
}

/* An open dispute blocks nothing: the application goes on, and its grant works. */
static void open_dispute_of_the_provider_blocks_nothing(void **state)
{
	struct scene *s = scene_of(state);
	struct hf_id app = at_provider(s), id;
	MUST(dispute_as(s->roads, "zhou", &app, "conditions", &id));
	everywhere(s, &id, HF_DISPUTE_OPEN);
	MUST(decide_as(s->roads, "zhou", &app, "T", NULL, 0));
	assert_int_equal(state_at(s->health, &app, HF_PART_CONSUMER), HF_REVIEW_FINALIZED);
	struct hf_access_request rq = rescue_asks(s, &s->bridges);
	rq.system = "desk";
	rq.system_address = "10.1.0.6";
	rq.purpose = "claims-check";
	assert_int_equal(em_decided(s->roads, &rq, NULL), HF_OK);
	everywhere(s, &id, HF_DISPUTE_OPEN);
	/* Opinions that differ cannot come to three of five any more: that is an outcome, too. */
	MUST(settle_as(s->audit, "an", &id, "upheld"));
	MUST(settle_as(s->hub, "hu", &id, "dismissed"));
	everywhere(s, &id, HF_DISPUTE_UNDECIDED);
	assert_int_equal(settle_as(s->port, "pan", &id, "upheld"), HF_E_STATE);
	assert_int_equal(apply_after(s->health, "wang", &id, &id), HF_E_STATE);
}

static void dismissed_dispute_changes_nothing(void **state)
{
	struct scene *s = scene_of(state);
	struct hf_id app = refused(s), id, again;
	MUST(dispute_as(s->health, "li", &app, "reasons", &id));
	assert_int_equal(dispute_as(s->health, "wang", &app, "result", &again), HF_E_EXISTS);
	MUST(settle_as(s->audit, "an", &id, "dismissed"));
	MUST(settle_as(s->hub, "hu", &id, "dismissed"));
	MUST(settle_as(s->port, "pan", &id, "dismissed"));
	everywhere(s, &id, HF_DISPUTE_DISMISSED);
	assert_int_equal(apply_after(s->health, "wang", &id, &again), HF_E_STATE);
	assert_int_equal(state_at(s->health, &app, HF_PART_CONSUMER), HF_REVIEW_REJECTED);
}

/* The group alone, none of the parties' organizations, and each node once. */
static void parties_and_strangers_settle_nothing(void **state)
{
	struct scene *s = scene_of(state);
	struct hf_id app = refused(s), id;
	MUST(dispute_as(s->health, "wang", &app, "result", &id));
	assert_int_equal(settle_as(s->lane, "lan", &id, "dismissed"), HF_E_SEPARATION);
	assert_int_equal(settle_as(s->clinic, "cai", &id, "upheld"), HF_E_SEPARATION);
	MUST(settle_as(s->hub, "hu", &id, "upheld"));
	assert_int_equal(settle_as(s->hub, "hu", &id, "dismissed"), HF_E_EXISTS);
	MUST(settle_as(s->twin, "tu", &id, "upheld")); /* of hub's organization: it does not count twice */
	MUST(settle_as(s->audit, "an", &id, "upheld"));
	everywhere(s, &id, HF_DISPUTE_OPEN);
	MUST(settle_as(s->port, "pan", &id, "upheld"));
	everywhere(s, &id, HF_DISPUTE_UPHELD);
	for (size_t i = 0; i < NODES; i++)
		assert_int_equal(s->w->node[i].refused_count, 0);
}

/* What was not submitted cannot be disputed, nor what is no application here; nor by who may not, nor without words. */
static void only_the_two_sides_dispute_what_was_submitted(void **state)
{
	struct scene *s = scene_of(state);
	struct hf_application_in in = {.entry = s->bridges,
	                               .system = "desk",
	                               .reason = "delay claims are checked against actual arrivals",
	                               .purpose = "claims-check",
	                               .until_ms = s->w->now_ms + 90 * DAY};
	struct hf_id app, id;
	MUST(draft_as(s->health, "wang", &in, &app));
	assert_int_equal(dispute_as(s->health, "wang", &app, "result", &id), HF_E_STATE);
	assert_int_equal(dispute_as(s->roads, "zhou", &app, "result", &id), HF_E_UNKNOWN);
	app = refused(s);
	assert_int_equal(dispute_as(s->audit, "an", &app, "result", &id), HF_E_PERMISSION);
	assert_int_equal(dispute_as(s->health, "wang", &app, "everything", &id), HF_E_ARGUMENT);
	assert_int_equal(dispute_as(s->roads, "fan", &app, "result", &id), HF_E_PERMISSION);
	assert_int_equal(dispute_as(s->health, "ward-sun", &app, "result", &id), HF_E_UNKNOWN); /* SB-3 */
	MUST(dispute_as(s->roads, "fleet-zhao", &app, "reasons", &id)); /* who decides acts for all departments */
}

/* The byte before the end of the application's payload in a dispute on its way. */
static void bend_application(struct post *p)
{
	if (p->type != HF_MAIL_DISPUTE)
		return;
	HF_CLEANUP(hf_decoded_done) Hufu__DisputeMail *m = HF_DECODE_OWN(dispute_mail, p->body.data, p->body.len);
	size_t len = 0;
	assert_non_null(m);
	m->application->payload.data[m->application->payload.len - 1] ^= 1;
	uint8_t *data = hf_encode(&m->base, &len);
	assert_int_equal(len, p->body.len);
	memcpy(p->body.data, data, len);
	free(data);
}

/* An application that its consumer did not sign like that is refused wherever it comes. */
static void dispute_with_another_application_is_refused(void **state)
{
	struct scene *s = scene_of(state);
	struct hf_id app = refused(s), id;
	s->w->bend = bend_application;
	MUST(dispute_as(s->health, "wang", &app, "result", &id));
	settle(s->w);
	s->w->bend = NULL;
	assert_int_equal(outcome_at(s->health, &id), HF_DISPUTE_OPEN);
	struct node *const others[] = {s->roads, s->audit, s->hub, s->port, s->lane, s->clinic};
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		assert_int_equal(outcome_at(others[i], &id), HF_DISPUTE_OUTCOME_COUNT);
		assert_int_equal(others[i]->refused_count, 1);
	}
}

/* An opinion of audit on its way, as it says that it was given at that time. */
static Hufu__Envelope *opinion_at(struct scene *s, const struct opened_dispute *o, int64_t time_ms)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf out = HF_BUF_INIT;
	HF_CLEANUP(hf_decoded_done) Hufu__SignedStatement *signed_by = NULL;
	Hufu__DisputeOpinion m = HUFU__DISPUTE_OPINION__INIT;
	Hufu__Statement st = HUFU__STATEMENT__INIT;
	struct hf_actor an = actor_of(s->audit, "an");
	struct hf_fault f = {HF_OK, ""};
	struct paper_head head;
	st.kind = (char *)"dispute-opinion";
	st.object = BIN_ID(&o->id);
	st.object_digest = BIN_HASH(&o->digest);
	st.result = m.result = (char *)"upheld";
	st.reason = m.reason = (char *)"as I said long before";
	MUST(az_person_sign(s->audit->authz, &an, &st, &o->txn, &signed_by, &f));
	az_paper_head_init(s->audit->authz, &head, &o->txn, NULL, NULL, NULL);
	head.header.time_ms = time_ms;
	m.header = &head.header;
	m.dispute = BIN_ID(&o->id);
	m.digest = BIN_HASH(&o->digest);
	m.descriptor = o->dispute->descriptor;
	m.statement = signed_by;
	MUST(hf_envelope_make_message(s->audit->keys.envelope, "audit", HF_TYPE_DISPUTE_OPINION, &m.base, &out));
	return HF_DECODE(envelope, out.data, out.len);
}

static enum hf_err opinion_to_roads(struct scene *s, const struct hf_id *dispute, int64_t age_ms)
{
	HF_CLEANUP(hf_decoded_done) Hufu__DisputeRow *row = NULL;
	HF_CLEANUP(hf_decoded_done) Hufu__Envelope *paper = NULL, *application = NULL, *opinion = NULL;
	HF_CLEANUP(az_opened_dispute_done) struct opened_dispute o = {.dispute = NULL};
	Hufu__DisputeOpinionMail mail = HUFU__DISPUTE_OPINION_MAIL__INIT;
	struct hf_fault f = {HF_OK, ""};
	size_t len = 0;
	MUST(az_dispute_need(s->audit->authz, dispute, &row, &f));
	MUST(az_dispute_papers(row, &paper, &application, &f));
	MUST(az_dispute_open(s->audit->authz, paper, application, &o, &f));
	opinion = opinion_at(s, &o, o.dispute->header->time_ms - age_ms);
	mail.dispute = paper;
	mail.application = application;
	mail.opinion = opinion;
	uint8_t *body = hf_encode(&mail.base, &len);
	enum hf_err e = deliver(s->roads, "audit", HF_MAIL_DISPUTE_OPINION, &o.txn, body, len);
	free(body);
	settle(s->w);
	return e;
}

/* The opinion that was given first gives everybody the reason: none is dated back behind the dispute itself. */
static void opinion_from_before_the_dispute_is_refused(void **state)
{
	struct scene *s = scene_of(state);
	struct hf_id app = refused(s), id;
	MUST(dispute_as(s->health, "wang", &app, "result", &id));
	settle(s->w);
	assert_int_equal(opinion_to_roads(s, &id, HF_CLOCK_SKEW_MS + 1), HF_E_CONFLICT);
	assert_int_equal(opinion_to_roads(s, &id, HF_CLOCK_SKEW_MS), HF_OK);
	s->roads->refused_count = 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(dispute_of_the_consumer_is_upheld_and_opens_a_linked_application),
	        cmocka_unit_test(open_dispute_of_the_provider_blocks_nothing),
	        cmocka_unit_test(dismissed_dispute_changes_nothing),
	        cmocka_unit_test(parties_and_strangers_settle_nothing),
	        cmocka_unit_test(only_the_two_sides_dispute_what_was_submitted),
	        cmocka_unit_test(opinion_from_before_the_dispute_is_refused),
	        cmocka_unit_test(dispute_with_another_application_is_refused),
	};
	return cmocka_run_group_tests(tests, dispute_up, scene_down);
}
