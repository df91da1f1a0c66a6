/*
 * emergency_forge_test.c - what if everybody but the provider's node lies? Papers are made by hand with the real keys
 * of nodes and persons, and handed to the provider: none of them may become a grant (AZ-52 ... AZ-57).
 */
#include "unit/authz/emergency_stage.h"

#include "evidence/envelope.h"

/* One emergency request of whatever content, with whatever votes. */
struct forge {
	struct scene *s;
	Hufu__Envelope *event, *request;
	struct hf_id event_id, id, txn;
	struct hf_hash event_digest, digest;
	uint64_t descriptor;
	int64_t from_ms, until_ms;
	Hufu__Envelope *votes[16];
	size_t vote_count;
};

static void forge_done(struct forge *f)
{
	hf_decoded_free(f->event);
	hf_decoded_free(f->request);
	for (size_t i = 0; i < f->vote_count; i++)
		hf_decoded_free(f->votes[i]);
}

static Hufu__Envelope *sealed(struct node *signer, const char *keyid, const char *type, const ProtobufCMessage *m)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf out = HF_BUF_INIT;
	assert_int_equal(hf_envelope_make_message(signer->keys.envelope, keyid, type, m, &out), HF_OK);
	Hufu__Envelope *e = HF_DECODE(envelope, out.data, out.len);
	assert_non_null(e);
	return e;
}

static Hufu__SignedStatement *said(struct node *n, const char *who, Hufu__Statement *s, const struct hf_id *txn)
{
	Hufu__SignedStatement *st = NULL;
	struct hf_fault f = {HF_OK, ""};
	struct hf_actor actor = actor_of(n, who);
	if (az_person_sign(n->authz, &actor, s, txn, &st, &f) != HF_OK)
		fail_msg("%s", f.text);
	return st;
}

static void take_event(struct forge *f)
{
	HF_CLEANUP(hf_decoded_done) Hufu__EmergencyEventRow *row = NULL;
	f->event_id = declared(f->s);
	assert_int_equal(em_event_get(f->s->health->authz, &f->event_id, &row), HF_OK);
	f->event = HF_DECODE(envelope, row->event_envelope.data, row->event_envelope.len);
	assert_non_null(f->event);
	memcpy(f->event_digest.b, row->event_digest.data, 32);
}

/* A request of the authority, properly signed, of any period. */
static void take_request(struct forge *f, const struct hf_id *entry)
{
	struct scene *s = f->s;
	Hufu__EmergencyRequest m = HUFU__EMERGENCY_REQUEST__INIT;
	Hufu__Statement st = HUFU__STATEMENT__INIT;
	struct paper_head head;
	struct hf_hash wording, pin;
	hf_decoded_free(f->request);
	f->id = hf_id_new(s->w->now_ms);
	f->txn = hf_id_new(s->w->now_ms);
	f->descriptor = hf_space_number(s->w->space);
	hf_space_digest(s->w->space, &pin);
	m.id = BIN_ID(&f->id);
	m.revision = 1;
	m.event = BIN_ID(&f->event_id);
	m.event_digest = BIN_HASH(&f->event_digest);
	m.resource = BIN_ID(entry);
	m.resource_version = 1;
	m.title = (char *)"桥梁";
	m.provider = (char *)"roads";
	m.organization = (char *)"health";
	m.system = (char *)"rescue";
	m.system_address = (char *)"10.1.0.5";
	m.reason = (char *)"救援";
	m.purpose = (char *)"flood-relief";
	m.until_ms = f->until_ms;
	m.action = (char *)"read";
	m.descriptor = f->descriptor;
	m.descriptor_digest = BIN_HASH(&pin);
	em_request_wording(&m, &wording);
	st.kind = (char *)"emergency-request";
	st.object = m.id;
	st.revision = 1;
	st.object_digest = BIN_HASH(&wording);
	HF_CLEANUP(hf_decoded_done) Hufu__SignedStatement *by = said(s->health, "qian", &st, &f->txn);
	em_head_init(s->health->authz, &head, &f->txn);
	m.header = &head.header;
	m.request = by;
	f->request = sealed(s->health, "health", HF_TYPE_EMERGENCY_REQUEST, &m.base);
	assert_int_equal(hf_envelope_digest_message(f->request, &f->digest), HF_OK);
}

/* How one vote is bent. */
struct vote_as {
	struct node *signer;         /* of the envelope; NULL: the node itself */
	const struct hf_hash *about; /* NULL: the request */
	const char *claimed;         /* result in the envelope; NULL: as the person signed */
	uint64_t descriptor;         /* 0: the request's */
};

static void add_vote(struct forge *f, struct node *n, const char *who, const char *result, const struct vote_as *how)
{
	static const struct vote_as honest = {NULL, NULL, NULL, 0};
	const struct vote_as *h = how ? how : &honest;
	Hufu__EmergencyVote m = HUFU__EMERGENCY_VOTE__INIT;
	Hufu__Statement st = HUFU__STATEMENT__INIT;
	struct paper_head head;
	struct hf_hash about = h->about ? *h->about : f->digest;
	st.kind = (char *)"emergency-vote";
	st.object = BIN_ID(&f->id);
	st.revision = 1;
	st.object_digest = BIN_HASH(&about);
	st.result = (char *)result;
	st.reason = (char *)(result[0] == 'T' ? "" : "nein");
	HF_CLEANUP(hf_decoded_done) Hufu__SignedStatement *by = said(n, who, &st, &f->txn);
	em_head_init(n->authz, &head, &f->txn);
	m.header = &head.header;
	m.request = BIN_ID(&f->id);
	m.revision = 1;
	m.digest = BIN_HASH(&about);
	m.descriptor = h->descriptor ? h->descriptor : f->descriptor;
	m.result = (char *)(h->claimed ? h->claimed : result);
	m.reason = st.reason;
	m.vote = by;
	f->votes[f->vote_count++] = sealed(h->signer ? h->signer : n, n->name, HF_TYPE_EMERGENCY_VOTE, &m.base);
}

static void drop_votes(struct forge *f)
{
	while (f->vote_count)
		hf_decoded_free(f->votes[--f->vote_count]);
}

static void three_votes(struct forge *f)
{
	drop_votes(f);
	add_vote(f, f->s->audit, "an", "T", NULL);
	add_vote(f, f->s->hub, "hu", "T", NULL);
	add_vote(f, f->s->port, "pan", "T", NULL);
}

static struct forge begin(struct scene *s, const struct hf_id *entry)
{
	struct forge f = {.s = s, .from_ms = s->w->now_ms, .until_ms = s->w->now_ms + 14 * DAY};
	take_event(&f);
	take_request(&f, entry);
	return f;
}

/* How the grant itself is bent. */
struct grant_as {
	struct node *executor; /* NULL: data, by du */
	const char *who;
	int64_t signed_until_ms; /* 0: as the grant says */
	const Hufu__Envelope *event;
};

/* Hands the grant to the provider; what it says to it. */
static enum hf_err hand_over(struct forge *f, const struct grant_as *how)
{
	static const struct grant_as honest = {NULL, NULL, 0, NULL};
	const struct grant_as *h = how ? how : &honest;
	struct node *n = h->executor ? h->executor : f->s->data;
	Hufu__EmergencyGrant m = HUFU__EMERGENCY_GRANT__INIT;
	Hufu__EmergencyGrantMail mail = HUFU__EMERGENCY_GRANT_MAIL__INIT;
	Hufu__Statement st = HUFU__STATEMENT__INIT;
	struct paper_head head;
	struct hf_id grant = hf_id_new(f->s->w->now_ms), agreement = hf_id_new(f->s->w->now_ms);
	size_t len = 0;
	st.kind = (char *)"emergency-execution";
	st.object = BIN_ID(&f->id);
	st.revision = 1;
	st.object_digest = BIN_HASH(&f->digest);
	st.until_ms = h->signed_until_ms ? h->signed_until_ms : f->until_ms;
	HF_CLEANUP(hf_decoded_done) Hufu__SignedStatement *by = said(n, h->who ? h->who : "du", &st, &f->txn);
	em_head_init(n->authz, &head, &f->txn);
	m.header = &head.header;
	m.id = BIN_ID(&grant);
	m.agreement = BIN_ID(&agreement);
	m.request = BIN_ID(&f->id);
	m.revision = 1;
	m.request_digest = BIN_HASH(&f->digest);
	m.from_ms = f->from_ms;
	m.until_ms = f->until_ms;
	m.event = (Hufu__Envelope *)(h->event ? h->event : f->event);
	m.request_paper = f->request;
	m.votes = f->votes;
	m.n_votes = f->vote_count;
	m.execution = by;
	HF_CLEANUP(hf_decoded_done) Hufu__Envelope *paper = sealed(n, n->name, HF_TYPE_EMERGENCY_GRANT, &m.base);
	mail.grant = paper;
	uint8_t *body = hf_encode(&mail.base, &len);
	size_t before = f->s->roads->refused_count;
	enum hf_err e = deliver(f->s->roads, n->name, HF_MAIL_EMERGENCY_GRANT, &f->txn, body, len);
	free(body);
	if (f->s->roads->refused_count > before)
		snprintf(last_fault, sizeof(last_fault), "%s", f->s->roads->refused[before].text);
	f->s->roads->refused_count = 0;
	settle(f->s->w);
	return e;
}

/* Nothing came of it at the provider. */
static void assert_nothing(struct forge *f, const struct hf_id *entry)
{
	struct hf_access_request rq = rescue_asks(f->s, entry);
	assert_int_not_equal(em_state_at(f->s->roads, &f->id), HF_EM_ACTIVE);
	assert_int_not_equal(em_decided(f->s->roads, &rq, NULL), HF_OK);
}

static struct hf_id fresh(struct scene *s)
{
	return publish(s->roads, &(struct offer){.title = "桥梁"});
}

/* The hand-made papers are right: what is refused below is refused for what is bent. */
static void test_honest_papers_pass(void **state)
{
	struct scene *s = scene_of(state);
	struct hf_id entry = fresh(s);
	HF_CLEANUP(forge_done) struct forge f = begin(s, &entry);
	struct hf_access_request rq = rescue_asks(s, &entry);
	three_votes(&f);
	assert_int_equal(hand_over(&f, NULL), HF_OK);
	assert_int_equal(em_state_at(s->roads, &f.id), HF_EM_ACTIVE);
	assert_int_equal(em_decided(s->roads, &rq, NULL), HF_OK);
}

/* AZ-56: over-long periods, signed by every key that there is. */
static void test_too_long_whoever_signed(void **state)
{
	struct scene *s = scene_of(state);
	struct hf_id entry = fresh(s);
	HF_CLEANUP(forge_done) struct forge f = begin(s, &entry);
	three_votes(&f);
	f.until_ms += 1000;
	assert_int_equal(hand_over(&f, NULL), HF_E_LIMIT); /* the grant alone */
	assert_nothing(&f, &entry);
	take_request(&f, &entry); /* request, votes and grant */
	three_votes(&f);
	assert_int_equal(hand_over(&f, NULL), HF_E_LIMIT);
	assert_non_null(strstr(last_fault, "14 days"));
	assert_nothing(&f, &entry);
	f.until_ms -= 1000;
	take_request(&f, &entry);
	three_votes(&f);
	f.from_ms -= 1; /* backdated by a millisecond, and short enough */
	f.until_ms -= DAY;
	assert_int_equal(hand_over(&f, NULL), HF_E_CONFLICT);
	assert_non_null(strstr(last_fault, "backdated"));
	assert_nothing(&f, &entry);
}

/* AZ-54: two honest votes and a third one that does not count. */
static void test_the_third_vote(void **state)
{
	struct scene *s = scene_of(state);
	struct hf_id entry = fresh(s);
	HF_CLEANUP(forge_done) struct forge f = begin(s, &entry);
	HF_CLEANUP(forge_done) struct forge other = begin(s, &s->roads_map);
	const struct vote_as replayed = {.about = &other.digest}, stolen = {.signer = s->hub},
	                     turned = {.claimed = "T"}, unpinned = {.descriptor = 7};
	const struct {
		struct node *node;
		const char *who, *result;
		const struct vote_as *how;
		enum hf_err e;
	} thirds[] = {
	        {NULL, NULL, NULL, NULL, HF_E_STANDING},         /* none */
	        {s->audit, "an", "T", NULL, HF_E_STANDING},      /* the same signer twice */
	        {s->twin, "tu", "T", NULL, HF_E_STANDING},       /* another node of the same organization */
	        {s->lane, "lan", "T", NULL, HF_E_SEPARATION},    /* of the provider's organization */
	        {s->clinic, "cai", "T", NULL, HF_E_SEPARATION},  /* of the applicant's */
	        {s->port, "pan", "T", &replayed, HF_E_DIGEST},   /* about another request */
	        {s->port, "pan", "T", &stolen, HF_E_SIGNATURE},  /* signed by another node's key */
	        {s->port, "pan", "F", NULL, HF_E_STANDING},      /* a no */
	        {s->port, "pan", "F", &turned, HF_E_SIGNATURE},  /* a no that the node calls a yes */
	        {s->port, "pan", "T", &unpinned, HF_E_CONFLICT}, /* under another descriptor */
	};
	add_vote(&f, s->audit, "an", "T", NULL);
	add_vote(&f, s->hub, "hu", "T", NULL);
	for (size_t i = 0; i < sizeof(thirds) / sizeof(thirds[0]); i++) {
		if (thirds[i].node)
			add_vote(&f, thirds[i].node, thirds[i].who, thirds[i].result, thirds[i].how);
		enum hf_err e = hand_over(&f, NULL);
		if (e != thirds[i].e)
			fail_msg("third vote %zu: %s (%s)", i, hf_err_reason(e), last_fault);
		assert_nothing(&f, &entry);
		if (thirds[i].node)
			hf_decoded_free(f.votes[--f.vote_count]);
	}
	add_vote(&f, s->port, "pan", "T", NULL);
	assert_int_equal(hand_over(&f, NULL), HF_OK);
}

/* A voter who tells the provider no and the executor yes: the provider counts the no. */
static void test_two_faces(void **state)
{
	struct scene *s = scene_of(state);
	struct hf_id entry = fresh(s);
	HF_CLEANUP(forge_done) struct forge f = begin(s, &entry);
	Hufu__EmergencyVoteMail mail = HUFU__EMERGENCY_VOTE_MAIL__INIT;
	size_t len = 0;
	add_vote(&f, s->port, "pan", "F", NULL);
	mail.event = f.event;
	mail.request = f.request;
	mail.vote = f.votes[0];
	uint8_t *body = hf_encode(&mail.base, &len);
	assert_int_equal(deliver(s->roads, "port", HF_MAIL_EMERGENCY_VOTE, &f.txn, body, len), HF_OK);
	assert_int_equal(deliver(s->roads, "hub", HF_MAIL_EMERGENCY_VOTE, &f.txn, body, len), HF_E_STANDING);
	free(body);
	settle(s->w);
	three_votes(&f);
	assert_int_equal(hand_over(&f, NULL), HF_E_STANDING);
	assert_nothing(&f, &entry);
}

/* AZ-55, AZ-52: who carries it out, and on which event it rests. */
static void test_executor_and_event(void **state)
{
	struct scene *s = scene_of(state);
	struct hf_id entry = fresh(s);
	HF_CLEANUP(forge_done) struct forge f = begin(s, &entry);
	HF_CLEANUP(forge_done) struct forge other = begin(s, &s->roads_map);
	three_votes(&f);
	const struct grant_as shorter = {.signed_until_ms = f.until_ms - DAY}, elsewhere = {.event = other.event};
	assert_int_equal(hand_over(&f, &shorter), HF_E_SIGNATURE);
	assert_int_equal(hand_over(&f, &elsewhere), HF_E_DIGEST);
	assert_nothing(&f, &entry);
	MUST(over_as(s->health, "qian", &f.event_id, "水位已退"));
	assert_int_equal(hand_over(&f, NULL), HF_OK); /* nothing is wrong with it: it comes too late, and all hear so */
	assert_int_equal(em_state_at(s->roads, &f.id), HF_EM_REFUSED);
	assert_nothing(&f, &entry);
}

/* AZ-57: a second request for the same event, organization and resource, approved and carried out by everybody. */
static void test_a_chain_by_legitimate_keys(void **state)
{
	struct scene *s = scene_of(state);
	struct hf_id entry = fresh(s);
	HF_CLEANUP(forge_done) struct forge f = begin(s, &entry);
	three_votes(&f);
	assert_int_equal(hand_over(&f, NULL), HF_OK);
	assert_int_equal(hand_over(&f, NULL), HF_E_EXISTS); /* another grant of the same request */
	take_request(&f, &entry);
	three_votes(&f);
	assert_int_equal(hand_over(&f, NULL), HF_E_EXISTS);
	days_pass(s, 15);
	f.from_ms = s->w->now_ms;
	f.until_ms = s->w->now_ms + 14 * DAY;
	take_request(&f, &entry);
	three_votes(&f);
	assert_int_equal(hand_over(&f, NULL), HF_E_EXISTS);
	assert_nothing(&f, &entry);
}

/* ---- a provider that lies ---- */

/* What health says to a paper of roads. */
static enum hf_err tell_health(struct scene *s, uint32_t type, const struct hf_id *txn, const ProtobufCMessage *mail)
{
	size_t len = 0;
	uint8_t *body = hf_encode(mail, &len);
	assert_non_null(body);
	enum hf_err e = deliver(s->health, "roads", type, txn, body, len);
	free(body);
	s->health->refused_count = 0;
	settle(s->w);
	return e;
}

static enum hf_err report_to_health(struct scene *s, const Hufu__EmergencyRequestRow *row, const struct hf_id *grant,
                                    uint64_t bytes)
{
	Hufu__EmergencyReport m = HUFU__EMERGENCY_REPORT__INIT;
	Hufu__EmergencyReportMail mail = HUFU__EMERGENCY_REPORT_MAIL__INIT;
	struct paper_head head;
	struct hf_id txn = em_row_txn(row);
	em_head_init(s->roads->authz, &head, &txn);
	m.header = &head.header;
	m.request = row->id;
	m.grant = BIN_ID(grant);
	m.event = row->event;
	m.resource = row->resource;
	m.organization = row->organization;
	m.system = row->system;
	m.from_ms = s->w->now_ms;
	m.until_ms = s->w->now_ms + DAY;
	m.ended_ms = s->w->now_ms;
	m.cause = (char *)"expired";
	m.bytes_total = bytes;
	HF_CLEANUP(hf_decoded_done)
	Hufu__Envelope *paper = sealed(s->roads, "roads", HF_TYPE_EMERGENCY_REPORT, &m.base);
	mail.report = paper;
	return tell_health(s, HF_MAIL_EMERGENCY_REPORT, &txn, &mail.base);
}

static enum hf_err end_at_health(struct scene *s, const Hufu__EmergencyRequestRow *row, const char *reason)
{
	Hufu__EmergencyEnd m = HUFU__EMERGENCY_END__INIT;
	Hufu__EmergencyEndMail mail = HUFU__EMERGENCY_END_MAIL__INIT;
	struct paper_head head;
	struct hf_id txn = em_row_txn(row);
	em_head_init(s->roads->authz, &head, &txn);
	m.header = &head.header;
	m.request = row->id;
	m.grant = row->grant;
	m.cause = (char *)"withdrawn";
	m.reason = (char *)reason;
	HF_CLEANUP(hf_decoded_done)
	Hufu__Envelope *paper = sealed(s->roads, "roads", HF_TYPE_EMERGENCY_END, &m.base);
	mail.end = paper;
	return tell_health(s, HF_MAIL_EMERGENCY_END, &txn, &mail.base);
}

static Hufu__EmergencyRequestRow *at_health(struct scene *s, const struct hf_id *request)
{
	Hufu__EmergencyRequestRow *row = NULL;
	assert_int_equal(hf_emergency_request(s->health->authz, request, &row), HF_OK);
	return row;
}

/* AZ-59: an empty report beforehand, or of another grant, would keep the true one out. */
static void test_report_before_its_time(void **state)
{
	struct scene *s = scene_of(state);
	struct hf_id entry = fresh(s), request = raised(s, &entry), some = hf_id_new(s->w->now_ms), grant;
	HF_CLEANUP(hf_decoded_done) Hufu__EmergencyRequestRow *open = at_health(s, &request);
	assert_int_equal(report_to_health(s, open, &some, 0), HF_E_STATE);
	approved(s, &request);
	assert_int_equal(report_to_health(s, open, &some, 0), HF_E_STATE);
	MUST(execute_as(s->data, "du", &request, &grant));
	assert_int_equal(em_state_at(s->health, &request), HF_EM_ACTIVE);
	assert_int_equal(report_to_health(s, open, &some, 0), HF_E_CONFLICT);
	HF_CLEANUP(hf_decoded_done) Hufu__EmergencyRequestRow *still = at_health(s, &request);
	assert_int_equal(still->report_envelope.len, 0);
	assert_int_equal(still->ended_ms, 0);
	assert_string_equal(still->cause, "");
	assert_int_equal(em_state_at(s->health, &request), HF_EM_ACTIVE);
	assert_int_equal(report_to_health(s, still, &grant, 7), HF_OK);
	HF_CLEANUP(hf_decoded_done) Hufu__EmergencyRequestRow *over = at_health(s, &request);
	assert_int_equal(em_row_state(over), HF_EM_ENDED);
	assert_true(over->report_envelope.len > 0);
}

/* An end that was taken is not moved by a further one. */
static void test_end_again_and_again(void **state)
{
	struct scene *s = scene_of(state);
	struct hf_id entry = fresh(s), request = in_use(s, &entry);
	HF_CLEANUP(hf_decoded_done) Hufu__EmergencyRequestRow *row = at_health(s, &request);
	assert_int_equal(end_at_health(s, row, "first"), HF_OK);
	s->w->now_ms += 1000;
	assert_int_equal(end_at_health(s, row, "second"), HF_OK);
	HF_CLEANUP(hf_decoded_done) Hufu__EmergencyRequestRow *over = at_health(s, &request);
	assert_string_equal(over->end_reason, "first");
	assert_int_equal(over->ended_ms, s->w->now_ms - 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_honest_papers_pass),     cmocka_unit_test(test_too_long_whoever_signed),
	        cmocka_unit_test(test_the_third_vote),         cmocka_unit_test(test_two_faces),
	        cmocka_unit_test(test_executor_and_event),     cmocka_unit_test(test_a_chain_by_legitimate_keys),
	        cmocka_unit_test(test_report_before_its_time), cmocka_unit_test(test_end_again_and_again),
	};
	return cmocka_run_group_tests(tests, scene_up, scene_down);
}
