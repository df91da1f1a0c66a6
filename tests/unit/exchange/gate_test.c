/* The provider's side: what is permitted is recorded before it is served, and asked again before every chunk; what no
 * honest consumer sends ends the transfer. */
#include "unit/exchange/pair.h"

#define MIB ((size_t)1 << 20)

/* DS-48: every exchange has a check record, also the denied ones. */
static void a_denied_request_ends_at_both_sides_with_the_reason_and_is_recorded(void **state)
{
	struct pair *p = pair_of(state, 1000);
	struct hf_actor a = actor_of(p->health, "wang");
	struct hf_fetch in = {.grant = p->grant, .system = "desk", .purpose = "resale", .output = p->output};
	struct hf_unit *u = hf_unit_new();
	struct hf_draft *d = hf_draft_new(HF_EVENT_COMMAND, NULL);
	struct hf_fault f = {HF_OK, ""};
	struct hf_id id;
	assert_int_equal(hf_exchange_fetch(p->health->exchange, &a, &in, u, d, &id, &f), HF_OK);
	hf_unit_draft(u, d);
	hf_store_submit(p->health->store, u, NULL, NULL);
	until(p, has_ended(p->health, &id) && is_idle(p->health));
	assert_reason(p->health, &id, HF_E_WRONG_PURPOSE, "resale");
	assert_int_equal(recorded(p->health, &id, HF_EVENT_TRANSFER_TERMINATED), 1);
	assert_string_equal(view_of(p->roads, &id).state, ""); /* nothing was begun there */
	assert_true(p->roads->alarms > 0);
	assert_wiped(p, &id);
}

/* A request whose row could not be stored was never made. */
static void a_fetch_that_could_not_be_recorded_never_was(void **state)
{
	struct pair *p = pair_of(state, 1000);
	set_store_fails(p->health, true);
	struct hf_id id = begin(p);
	node_barrier(p->health);
	set_store_fails(p->health, false);
	until(p, is_idle(p->health));
	assert_string_equal(view_of(p->health, &id).state, "");
	assert_string_equal(view_of(p->roads, &id).state, "");
}

/* DS-48, AZ-67: no record, no data. */
static void a_decision_that_cannot_be_recorded_delivers_nothing(void **state)
{
	struct pair *p = pair_of(state, 1000);
	set_store_fails(p->roads, true);
	struct hf_id id = begin(p);
	until(p, retries(p, &id));
	assert_true(is_state(p->health, &id, "REQUESTED"));
	assert_string_equal(view_of(p->roads, &id).state, "");
	set_store_fails(p->roads, false);
	wait_both(p, &id, "COMPLETED");
	assert_delivered(p, &id);
}

static void a_start_that_the_consumer_cannot_record_is_asked_for_again(void **state)
{
	struct pair *p = pair_of(state, 1000);
	struct hf_id id = begin(p);
	until(p, is_state(p->roads, &id, "STARTED") && is_state(p->health, &id, "REQUESTED"));
	set_store_fails(p->health, true);
	until(p, retries(p, &id));
	assert_true(is_state(p->health, &id, "REQUESTED"));
	set_store_fails(p->health, false);
	wait_both(p, &id, "COMPLETED");
	assert_delivered(p, &id);
	assert_int_equal(recorded(p->roads, &id, HF_EVENT_ACCESS_DECISION), 1);
}

static struct hf_use_count used(struct pair *p)
{
	struct hf_use_count c;
	assert_int_equal(hf_authz_use_count(p->roads->authz, &p->grant, true, &c), HF_OK);
	return c;
}

/* SB-26: what delivered nothing is no use; one chunk is one. */
static void a_transfer_that_ends_before_its_first_chunk_is_no_use(void **state)
{
	struct pair *p = pair_of(state, 20 * MIB);
	uint64_t before = used(p).committed;
	struct hf_id id = begin_quiet(p, NULL, 0);
	struct hf_fault f = {HF_OK, ""};
	assert_int_equal(used(p).reserved, 1);
	struct hf_unit *u = hf_unit_new();
	assert_int_equal(hf_exchange_cancel(p->roads->exchange, &id, "no longer", u, &f), HF_OK);
	submit_wait(p->roads, u);
	assert_int_equal(used(p).reserved, 0);
	assert_int_equal(used(p).committed, before);
	p->w->hold = NULL;
	wait_both(p, &id, "TERMINATED");
	id = begin_quiet(p, NULL, 0);
	assert_int_equal(ask(p, p->health, &id, 0, 0).e, HF_OK);
	u = hf_unit_new();
	assert_int_equal(hf_exchange_cancel(p->roads->exchange, &id, "no longer", u, &f), HF_OK);
	submit_wait(p->roads, u);
	assert_int_equal(used(p).reserved, 0);
	assert_int_equal(used(p).committed, before + 1);
	p->w->hold = NULL;
	wait_both(p, &id, "TERMINATED");
	settle(p->w);
}

/* SB-2, AZ-33: between two chunks. */
static void a_revocation_between_two_chunks_stops_at_the_next_one(void **state)
{
	struct pair *p = pair_of(state, 20 * MIB);
	struct hf_id id = begin_quiet(p, NULL, 0);
	assert_int_equal(ask(p, p->health, &id, 0, 0).e, HF_OK);
	p->w->hold = NULL;
	MUST(revoke_as(p->roads, "zhou", &p->grant, "合同终止"));
	struct asked a = ask(p, p->health, &id, 1, 0);
	assert_int_equal(a.e, HF_E_GRANT_REVOKED);
	assert_non_null(strstr(a.text, "合同终止"));
	wait_both(p, &id, "TERMINATED");
	assert_reason(p->roads, &id, HF_E_GRANT_REVOKED, "合同终止");
	assert_reason(p->health, &id, HF_E_GRANT_REVOKED, "合同终止");
	assert_wiped(p, &id);
	assert_int_equal(recorded(p->roads, &id, HF_EVENT_CACHE_CLEARED), 1);
	assert_int_equal(recorded(p->health, &id, HF_EVENT_CACHE_CLEARED), 1);
}

/* The provider has sent everything and waits for the receipt; the consumer hears of the revocation before it has the
 * last chunk, and will never sign. Both end. */
static void a_revocation_after_the_last_chunk_was_sent_ends_both_sides(void **state)
{
	struct pair *p = pair_of(state, 3 * MIB);
	struct hf_id id = begin_quiet(p, NULL, 0);
	for (uint64_t i = 0; i < 4; i++)
		assert_int_equal(ask(p, p->health, &id, i, 0).e, HF_OK);
	MUST(revoke_as(p->roads, "zhou", &p->grant, "合同终止"));
	wait_both(p, &id, "TERMINATED");
	assert_reason(p->health, &id, HF_E_GRANT_REVOKED, "合同终止");
	assert_reason(p->roads, &id, HF_E_GRANT_REVOKED, "合同终止");
	assert_wiped(p, &id);
}

/* AZ-31, AZ-30: the period ends between two chunks. */
static void a_grant_that_expires_between_two_chunks_stops_at_the_next_one(void **state)
{
	struct pair *p = pair_of(state, 20 * MIB);
	int64_t before = p->w->now_ms;
	struct hf_id id = begin_quiet(p, NULL, 0);
	struct hf_grant_view g;
	assert_int_equal(hf_authz_grant(p->roads->authz, &p->grant, &g), HF_OK);
	p->w->now_ms = g.until_ms - 1;
	assert_int_equal(ask(p, p->health, &id, 0, 0).e, HF_OK);
	p->w->now_ms = g.until_ms;
	assert_int_equal(ask(p, p->health, &id, 1, 0).e, HF_E_GRANT_EXPIRED);
	p->w->pass = NULL;
	wait_both(p, &id, "TERMINATED");
	p->w->now_ms = before;
	assert_reason(p->roads, &id, HF_E_GRANT_EXPIRED, NULL);
	assert_reason(p->health, &id, HF_E_GRANT_EXPIRED, NULL);
	assert_wiped(p, &id);
}

/* DS-51, DS-49: size, rate and order that no honest consumer asks for. */
static void what_no_honest_consumer_asks_for_ends_the_transfer_with_an_alarm(void **state)
{
	static const struct {
		uint64_t index, acknowledged;
	} lies[] = {{4, 0}, {UINT64_MAX, 0}, {0, 5}, {0, UINT64_MAX}, {3, (uint64_t)1 << 63}};
	for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		struct pair *p = pair_of(state, 3 * MIB);
		struct hf_id id = begin_quiet(p, NULL, 0);
		unsigned alarms = p->roads->alarms;
		assert_int_equal(ask(p, p->health, &id, lies[i].index, lies[i].acknowledged).e, HF_E_LIMIT);
		wait_both(p, &id, "TERMINATED");
		assert_reason(p->roads, &id, HF_E_LIMIT, NULL);
		assert_true(p->roads->alarms > alarms);
		assert_wiped(p, &id);
		settle(p->w); /* its real node has signed how much it has */
	}
}

static const char *const two[] = {"flight", "delay"};

/* The same where nobody knows the length beforehand: acknowledged is more than there ever will be. */
static void a_boast_about_chosen_columns_ends_the_transfer(void **state)
{
	struct pair *p = pair_of(state, 1000);
	struct hf_id id = begin_quiet(p, two, 2);
	struct asked a = ask(p, p->health, &id, 100, 90);
	assert_true(a.e != HF_OK);
	wait_both(p, &id, "TERMINATED");
	settle(p->w);
	assert_reason(p->roads, &id, HF_E_LIMIT, NULL);
}

/* Asking for the same again and again is served for a while, then it is an anomaly. */
static void a_consumer_that_never_acknowledges_is_stopped(void **state)
{
	struct pair *p = pair_of(state, 1000);
	struct hf_id id = begin_quiet(p, NULL, 0);
	struct asked a = {.e = HF_OK};
	unsigned asked = 0;
	for (; asked < 2000 && a.e == HF_OK; asked++)
		a = ask(p, p->health, &id, 0, 0);
	assert_int_equal(a.e, HF_E_LIMIT);
	assert_true(asked > UNACKED_MAX);
	wait_both(p, &id, "TERMINATED");
	settle(p->w);
}

/* DS-51, DS-63: the provider's own exception and alarm. Backwards is no honest direction. */
static void what_is_acknowledged_is_not_made_again(void **state)
{
	struct pair *p = pair_of(state, 3 * MIB);
	struct hf_id id = begin_quiet(p, NULL, 0);
	assert_int_equal(ask(p, p->health, &id, 0, 0).e, HF_OK);
	assert_int_equal(ask(p, p->health, &id, 1, 0).e, HF_OK);
	assert_int_equal(ask(p, p->health, &id, 2, 2).e, HF_OK);
	assert_int_equal(ask(p, p->health, &id, 1, 0).e, HF_E_LIMIT);
	wait_both(p, &id, "TERMINATED");
	assert_int_equal(recorded(p->roads, &id, HF_EVENT_EXCEPTION), 1);
	settle(p->w);
	assert_int_equal(p->roads->alarms, 2); /* its node signs that it has less than was acknowledged */
	settle_as(p, &id, HF_OK);
}

/* A projection begins at the top for every step back: not a thousand times over. */
static void a_consumer_that_goes_to_and_fro_is_stopped(void **state)
{
	struct pair *p = pair_of(state, 4 * MIB);
	struct hf_id id = begin_quiet(p, two, 2);
	struct asked a = {.e = HF_OK};
	unsigned asked = 0;
	for (; asked < 400 && a.e == HF_OK; asked++)
		a = ask(p, p->health, &id, asked % 2 ? 0 : 1, 0);
	assert_int_equal(a.e, HF_E_LIMIT);
	assert_true(asked > 100 && asked < 200);
	wait_both(p, &id, "TERMINATED");
	settle(p->w);
}

/* Nor is a long way back free because it is walked seldom. */
static void a_consumer_that_goes_far_to_and_fro_is_stopped_sooner(void **state)
{
	struct pair *p = pair_of(state, 50 * MIB);
	struct hf_id id = begin_quiet(p, two, 2);
	struct asked a = {.e = HF_OK};
	unsigned asked = 0;
	for (; asked < 100 && a.e == HF_OK; asked++)
		a = ask(p, p->health, &id, asked % 2 ? 0 : 15, 0);
	assert_int_equal(a.e, HF_E_LIMIT);
	assert_true(asked > 50 && asked < 80);
	wait_both(p, &id, "TERMINATED");
	settle(p->w);
}

/* DS-59: whoever has everything and says "end" instead of signing is seen. */
static void an_end_instead_of_a_receipt_is_an_exception_with_an_alarm(void **state)
{
	struct pair *p = pair_of(state, 1000);
	struct hf_id id = begin_quiet(p, NULL, 0);
	Hufu__TransferEnd end = HUFU__TRANSFER_END__INIT;
	struct hf_buf body = HF_BUF_INIT;
	end.transfer = bytes_of(id.b, 16);
	end.state = (char *)"TERMINATED";
	end.reason_code = (char *)"cancelled";
	end.reason = (char *)"no more need";
	replace_body(&body, &end.base);
	assert_true(ask(p, p->health, &id, 0, 0).manifest);
	assert_int_equal(deliver(p->roads, "health", HF_MAIL_TRANSFER_END, &id, body.data, body.len), HF_OK);
	until(p, has_ended(p->roads, &id));
	assert_int_equal(recorded(p->roads, &id, HF_EVENT_EXCEPTION), 1);
	assert_int_equal(p->roads->alarms, 1);
	end_now(transfer_find(p->health->exchange, &id, false), HF_E_CANCELLED, "no more need", false);
	settle_as(p, &id, HF_OK);
	wait_both(p, &id, "TERMINATED");
	hf_buf_done(&body);
}

/* An end that is not on record is told to nobody, and a second one is not confirmed by it. */
static void an_end_that_is_being_recorded_is_not_told(void **state)
{
	struct pair *p = pair_of(state, 3 * MIB);
	struct hf_id id = begin_quiet(p, NULL, 0);
	struct hf_unit *u = hf_unit_new();
	struct hf_fault f = {HF_OK, ""};
	Hufu__TransferEnd end = HUFU__TRANSFER_END__INIT;
	struct hf_buf body = HF_BUF_INIT;
	end.transfer = bytes_of(id.b, 16);
	end.state = (char *)"TERMINATED";
	end.reason_code = (char *)"cancelled";
	replace_body(&body, &end.base);
	assert_int_equal(hf_exchange_cancel(p->roads->exchange, &id, "enough", u, &f), HF_OK);
	assert_int_equal(ask(p, p->health, &id, 0, 0).e, HF_E_BUSY);
	assert_int_equal(deliver(p->roads, "health", HF_MAIL_TRANSFER_END, &id, body.data, body.len), HF_E_BUSY);
	hf_unit_free(u); /* it could not be stored */
	assert_int_equal(ask(p, p->health, &id, 0, 0).e, HF_OK);
	p->w->pass = NULL;
	wait_both(p, &id, "COMPLETED");
	assert_delivered(p, &id);
	hf_buf_done(&body);
}

/* To others a transfer does not exist. */
static void another_member_learns_nothing_of_a_transfer(void **state)
{
	struct pair *p = pair_of(state, 1000);
	struct hf_id id = begin_quiet(p, NULL, 0), none = hf_id_new(p->w->now_ms);
	struct asked a = ask(p, p->s.hub, &id, 0, 0), b = ask(p, p->s.hub, &none, 0, 0);
	assert_int_equal(a.e, HF_E_UNKNOWN);
	assert_int_equal(b.e, HF_E_UNKNOWN);
	assert_string_equal(a.text, b.text);
	p->w->pass = NULL;
	wait_both(p, &id, "COMPLETED");
}

/* DS-38: the same bytes are answered as before, other bytes under a used identifier are a replay. */
static struct hf_buf seen;
static unsigned started;

static bool keep_request(struct hf_request *r)
{
	if (r->type == HF_MSG_TRANSFER_REQUEST && !r->answered && seen.len == 0)
		assert_true(hf_buf_add(&seen, r->body.data, r->body.len));
	return r->type != HF_MSG_CHUNK_GET;
}

static void on_repeated(void *ctx, struct hf_reply *r)
{
	*(enum hf_err *)ctx = r->error;
	started++;
}

static void a_repeated_identifier_is_the_same_transfer_or_a_replay(void **state)
{
	struct pair *p = pair_of(state, 1000);
	started = 0;
	enum hf_err e = HF_E_INTERNAL;
	seen = (struct hf_buf)HF_BUF_INIT;
	p->w->pass = keep_request;
	struct hf_id id = begin(p);
	until(p, is_state(p->health, &id, "STARTED"));
	hf_peers_call(&p->health->peers, "roads", HF_MSG_TRANSFER_REQUEST, &id, seen.data, seen.len, 0, on_repeated,
	              &e);
	until(p, started == 1);
	assert_int_equal(e, HF_OK);
	assert_int_equal(recorded(p->roads, &id, HF_EVENT_ACCESS_DECISION), 1);
	/* The same identifier signed anew, for other columns. */
	Hufu__Envelope *env = HF_DECODE(envelope, seen.data, seen.len);
	Hufu__TransferRequest *r = HF_DECODE(transfer_request, env->payload.data, env->payload.len);
	char *fields[] = {(char *)"flight"};
	r->fields = fields;
	r->n_fields = 1;
	Hufu__Envelope *other = sign_as(p->health, "health", HF_TYPE_TRANSFER_REQUEST, &r->base);
	r->fields = NULL;
	r->n_fields = 0;
	struct hf_buf body = HF_BUF_INIT;
	replace_body(&body, &other->base);
	hf_peers_call(&p->health->peers, "roads", HF_MSG_TRANSFER_REQUEST, &id, body.data, body.len, 0, on_repeated,
	              &e);
	until(p, started == 2);
	assert_int_equal(e, HF_E_REPLAY);
	hf_decoded_free(other);
	hf_decoded_free(r);
	hf_decoded_free(env);
	hf_buf_done(&body);
	hf_buf_done(&seen);
	p->w->pass = NULL;
	wait_both(p, &id, "COMPLETED");
}

/* What becomes of the person's statement before it is sent; NULL: nothing. */
static void (*bend_subject)(struct pair *p, Hufu__SignedStatement *subject);

/* Asks roads for a transfer under an identifier of the asker's choice, signed in order by that person of health. */
static enum hf_err ask_under(struct pair *p, struct node *from, const char *name, const struct hf_id *id)
{
	struct hf_actor a = actor_of(p->health, "wang");
	struct hf_fault f = {HF_OK, ""};
	struct hf_buf b = HF_BUF_INIT, body = HF_BUF_INIT;
	enum hf_err e = HF_E_INTERNAL;
	unsigned before = started;
	Hufu__Statement s = HUFU__STATEMENT__INIT;
	s.kind = (char *)"access";
	s.object = bytes_of(id->b, 16);
	assert_int_equal(hf_identity_sign(p->health->identity, &a, &s, id, &b, &f), HF_OK);
	Hufu__SignedStatement *subject = HF_DECODE(signed_statement, b.data, b.len);
	Hufu__Envelope *env = HF_DECODE(envelope, seen.data, seen.len);
	Hufu__TransferRequest *r = HF_DECODE(transfer_request, env->payload.data, env->payload.len), bent = *r;
	Hufu__Header h = *r->header;
	h.issuer = (char *)(uintptr_t)name;
	h.transaction = bent.transfer = bytes_of(id->b, 16);
	bent.header = &h;
	bent.subject = subject;
	if (bend_subject)
		bend_subject(p, subject);
	Hufu__Envelope *signed_again = sign_as(from, name, HF_TYPE_TRANSFER_REQUEST, &bent.base);
	replace_body(&body, &signed_again->base);
	hf_peers_call(&from->peers, "roads", HF_MSG_TRANSFER_REQUEST, id, body.data, body.len, 0, on_repeated, &e);
	until(p, started == before + 1);
	hf_decoded_free(signed_again);
	hf_decoded_free(subject);
	hf_decoded_free(r);
	hf_decoded_free(env);
	hf_buf_done(&b);
	hf_buf_done(&body);
	return e;
}

/* DS-38: an identifier stands for one case, also where that is a negotiation; who is no party to it does not learn that
 * it is in use. */
static void an_identifier_of_another_case_is_not_taken(void **state)
{
	struct pair *p = pair_of(state, 1000);
	struct hf_grant_view g;
	seen = (struct hf_buf)HF_BUF_INIT;
	p->w->pass = keep_request;
	struct hf_id id = begin(p), unused = hf_id_new(p->w->now_ms);
	until(p, is_state(p->health, &id, "STARTED"));
	assert_int_equal(hf_authz_grant(p->roads->authz, &p->grant, &g), HF_OK);
	assert_int_equal(ask_under(p, p->health, "health", &g.txn), HF_E_REPLAY);
	assert_string_equal(view_of(p->roads, &g.txn).state, "");
	enum hf_err to_used = ask_under(p, p->s.hub, "hub", &id), to_unused = ask_under(p, p->s.hub, "hub", &unused);
	assert_int_equal(to_used, to_unused);
	assert_int_not_equal(to_used, HF_E_REPLAY);
	hf_buf_done(&seen);
	p->w->pass = NULL;
	wait_both(p, &id, "COMPLETED");
}

static struct hf_buf swapped; /* lives as long as what borrows it */

static void swap_payload(Hufu__Envelope *e, const ProtobufCMessage *m)
{
	replace_body(&swapped, m);
	e->payload = bytes_of(swapped.data, swapped.len);
}

/* The certificate of the session, and in it a role that nobody gave. */
static void claim_a_role(struct pair *p, Hufu__SignedStatement *subject)
{
	const ProtobufCBinaryData *old = &subject->certificate->payload;
	Hufu__PersonCertificate *c = HF_DECODE(person_certificate, old->data, old->len);
	char *permissions[] = {(char *)"apply", (char *)"approve", (char *)"fetch"};
	(void)p;
	Hufu__PersonCertificate more = *c;
	more.permissions = permissions;
	more.n_permissions = 3;
	swap_payload(subject->certificate, &more.base);
	hf_decoded_free(c);
}

static void claim_a_department(struct pair *p, Hufu__SignedStatement *subject)
{
	const ProtobufCBinaryData *old = &subject->certificate->payload;
	Hufu__PersonCertificate *c = HF_DECODE(person_certificate, old->data, old->len);
	(void)p;
	Hufu__PersonCertificate more = *c;
	more.department = (char *)"claims";
	swap_payload(subject->certificate, &more.base);
	hf_decoded_free(c);
}

/* Signed after all: by a member, but not by the one whose person it is about. */
static void have_it_certified_elsewhere(struct pair *p, Hufu__SignedStatement *subject)
{
	const ProtobufCBinaryData *old = &subject->certificate->payload;
	Hufu__PersonCertificate *c = HF_DECODE(person_certificate, old->data, old->len);
	Hufu__Envelope *other = sign_as(p->s.hub, "hub", HF_TYPE_PERSON_CERT, &c->base);
	memcpy(subject->certificate->signatures[0]->sig.data, other->signatures[0]->sig.data, 64);
	hf_decoded_free(other);
	hf_decoded_free(c);
}

/* AZ-48: attributes count by the certificate that the organization's node signed; what a request says beyond it makes
 * the whole request nobody's. */
static void self_declared_attributes_are_refused(void **state)
{
	static void (*const bends[])(struct pair * p, Hufu__SignedStatement * subject) = {
	        claim_a_role, claim_a_department, have_it_certified_elsewhere};
	struct pair *p = pair_of(state, 1000);
	seen = (struct hf_buf)HF_BUF_INIT;
	p->w->pass = keep_request;
	struct hf_id id = begin(p);
	until(p, is_state(p->health, &id, "STARTED")); /* with the certificate as it is */
	for (size_t i = 0; i < sizeof(bends) / sizeof(bends[0]); i++) {
		struct hf_id fresh = hf_id_new(p->w->now_ms);
		bend_subject = bends[i];
		assert_int_equal(ask_under(p, p->health, "health", &fresh), HF_E_SIGNATURE);
		assert_string_equal(view_of(p->roads, &fresh).state, "");
	}
	bend_subject = NULL;
	hf_buf_done(&swapped);
	hf_buf_done(&seen);
	p->w->pass = NULL;
	wait_both(p, &id, "COMPLETED");
}

/* Never two different plaintexts under one key and nonce; and only what was scanned. */
static void a_source_that_changes_between_two_chunks_ends_both_sides(void **state)
{
	struct pair *p = pair_of(state, 3 * MIB);
	struct hf_id id = begin_quiet(p, NULL, 0);
	assert_int_equal(ask(p, p->health, &id, 0, 0).e, HF_OK);
	FILE *f = fopen(p->source, "a");
	fprintf(f, "one,more,row\n");
	fclose(f);
	assert_int_equal(ask(p, p->health, &id, 1, 0).e, HF_E_SOURCE_CHANGED);
	wait_both(p, &id, "TERMINATED");
	assert_reason(p->roads, &id, HF_E_SOURCE_CHANGED, NULL);
	assert_reason(p->health, &id, HF_E_SOURCE_CHANGED, NULL);
	assert_string_equal(view_of(p->health, &id).reason, view_of(p->roads, &id).reason);
	snprintf(p->output, sizeof(p->output), "%s/again.csv", p->files);
	id = begin(p);
	until(p, has_ended(p->health, &id) && is_idle(p->health));
	assert_reason(p->health, &id, HF_E_SOURCE_CHANGED, "scan it again");
}

/* What a reader cannot make sense of will not get better: both sides end, none waits for ever. */
static void a_row_that_cannot_be_projected_ends_both_sides(void **state)
{
	struct pair *p = pair_of(state, 3 * MIB);
	struct hf_source_view v;
	struct hf_fault f = {HF_OK, ""};
	struct stat st;
	FILE *out = fopen(p->source, "a");
	fprintf(out, "a row of one field\n");
	fclose(out);
	assert_int_equal(stat(p->source, &st), 0); /* the stamp of a scan that found nothing wrong */
	assert_int_equal(hf_source_get(p->roads->sources, "flights", &v), HF_OK);
	v.bytes = v.stamp.bytes = (uint64_t)st.st_size;
	v.stamp.mtime_ns = (int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec;
	struct hf_unit *u = hf_unit_new();
	assert_int_equal(hf_source_put(p->roads->sources, u, &v, &f), HF_OK);
	submit_wait(p->roads, u);
	hf_source_view_done(&v);
	struct fetching r = fetch_fields(p, two, 2);
	assert_int_equal(r.e, HF_OK);
	wait_both(p, &r.id, "TERMINATED");
	assert_reason(p->roads, &r.id, HF_E_QUALITY, NULL);
	assert_reason(p->health, &r.id, HF_E_QUALITY, NULL);
	assert_wiped(p, &r.id);
}

/* The record of what was sent could not be written: nothing was sent, and it is tried again. */
static void a_manifest_that_cannot_be_stored_is_not_sent(void **state)
{
	struct pair *p = pair_of(state, 1000);
	struct hf_id id = begin_quiet(p, NULL, 0);
	set_store_fails(p->roads, true);
	struct asked a, b;
	bool shown = false;
	ask_later(p->health, &id, 0, 0, &a);
	ask_later(p->health, &id, 0, 0, &b);
	until(p, (shown = shown || transfer_find(p->roads->exchange, &id, true)->manifest.len > 0, a.done && b.done));
	assert_false(shown); /* to a cancel or a revocation in between it is not delivered either */
	assert_true(a.e != HF_OK && b.e != HF_OK);
	set_store_fails(p->roads, false);
	pair_restart(p->roads);
	p->w->pass = NULL;
	wait_both(p, &id, "COMPLETED");
	assert_delivered(p, &id);
	assert_int_equal(recorded(p->roads, &id, HF_EVENT_TRANSFER_SENT), 1);
}

/* An end that could not be recorded did not happen. */
static void a_cancel_that_cannot_be_recorded_changes_nothing(void **state)
{
	for (int by = 0; by < 2; by++) {
		struct pair *p = pair_of(state, 3 * MIB);
		struct node *n = by ? p->roads : p->health;
		struct hf_unit *u = hf_unit_new();
		struct hf_fault f = {HF_OK, ""};
		struct ending end = {0};
		struct hf_id id = begin_quiet(p, NULL, 0);
		set_store_fails(n, true);
		assert_int_equal(hf_exchange_cancel(n->exchange, &id, "enough", u, &f), HF_OK);
		hf_store_submit(n->store, u, ending_done, &end);
		until(p, end.done);
		assert_int_equal(end.e, HF_E_NO_SPACE);
		set_store_fails(n, false);
		assert_true(is_state(n, &id, "STARTED"));
		p->w->pass = NULL;
		wait_both(p, &id, "COMPLETED");
		assert_delivered(p, &id);
	}
}

static enum hf_err fetch_by_rule(struct pair *p, const struct hf_actor *a, struct hf_fetch in, struct hf_fault *f)
{
	struct hf_unit *u = hf_unit_new();
	struct hf_draft *d = hf_draft_new(HF_EVENT_COMMAND, NULL);
	struct hf_id id;
	in.system = "desk";
	in.purpose = "claims-check";
	in.mechanism = "attribute";
	in.output = p->output;
	enum hf_err e = hf_exchange_fetch(p->roads->exchange, a, &in, u, d, &id, f);
	hf_draft_free(d);
	hf_unit_free(u);
	return e;
}

/* SB-23: asking by a rule does not tell the people of one department what another one has published. */
static void a_fetch_by_rule_does_not_tell_what_other_departments_have(void **state)
{
	struct pair *p = pair_of(state, 1000);
	struct hf_id hidden = publish(p->roads, &(struct offer){.title = "hidden", .scope = "nodes:health"});
	struct hf_actor a = actor_of(p->roads, "sun");
	struct hf_fault there = {HF_OK, ""}, nowhere = {HF_OK, ""};
	assert_int_equal(fetch_by_rule(p, &a, (struct hf_fetch){.resource = hidden}, &there), HF_E_NO_GRANT);
	assert_int_equal(fetch_by_rule(p, &a, (struct hf_fetch){.resource = hf_id_new(NOW)}, &nowhere), HF_E_NO_GRANT);
	assert_string_equal(there.text, nowhere.text);
	assert_int_equal(fetch_by_rule(p, &a, (struct hf_fetch){.resource = hidden, .publisher = "roads"}, &there),
	                 HF_E_NO_GRANT);
	assert_string_equal(there.text, nowhere.text);
}

static bool no_answers(struct hf_request *r)
{
	return r->type != HF_MSG_CHUNK_GET || !r->answered;
}

/* A node stops while chunks are being made and a decision is being recorded. */
static void a_node_may_stop_at_any_moment(void **state)
{
	for (unsigned turns = 0; turns < 24; turns += 3) {
		struct pair *p = pair_of(state, 5 * MIB);
		p->w->pass = turns % 2 ? no_answers : NULL;
		struct hf_id id = begin(p);
		for (unsigned i = 0; i < turns && !has_ended(p->roads, &id); i++)
			turn(p->w);
		pair_restart(p->roads);
		for (unsigned i = 0; i < turns && !has_ended(p->health, &id); i++)
			turn(p->w);
		pair_restart(p->health);
		p->w->pass = NULL;
		if (view_of(p->health, &id).state[0] == 0)
			continue; /* stopped before the request was recorded */
		wait_both(p, &id, "COMPLETED");
		assert_delivered(p, &id);
	}
}

/* More transfers than a member may have open wait for one of them to end. Nothing is decided about them, so nobody is
 * denied, alarmed or locked out. */
static void transfers_beyond_what_may_be_open_wait_and_are_no_denials(void **state)
{
	enum { BEYOND = 25 }; /* more than denials within a minute lock out */
	static struct hf_id open[OPEN_PER_PEER], beyond[BEYOND];
	struct pair *p = pair_of(state, 4096);
	for (size_t i = 0; i < OPEN_PER_PEER; i++) {
		snprintf(p->output, sizeof(p->output), "%s/open-%zu.csv", p->files, i);
		open[i] = begin_quiet(p, NULL, 0);
	}
	p->roads->alarms = 0;
	for (size_t i = 0; i < BEYOND; i++) {
		snprintf(p->output, sizeof(p->output), "%s/beyond-%zu.csv", p->files, i);
		beyond[i] = begin(p);
		until(p, retries(p, &beyond[i]));
		assert_false(transfer_stored(p->roads->exchange, &beyond[i], true));
	}
	assert_int_equal(p->roads->alarms, 0);
	for (size_t i = 0; i < OPEN_PER_PEER + BEYOND; i++) {
		struct hf_unit *u = hf_unit_new();
		struct hf_fault f = {HF_OK, ""};
		const struct hf_id *id = i < BEYOND ? &beyond[i] : &open[i - BEYOND];
		assert_int_equal(hf_exchange_cancel(p->health->exchange, id, "enough", u, &f), HF_OK);
		submit_wait(p->health, u);
	}
	p->w->pass = NULL;
	until(p, is_idle(p->health) && is_idle(p->roads));
	struct hf_id id = begin(p); /* the door is open again */
	wait_both(p, &id, "COMPLETED");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_fetch_by_rule_does_not_tell_what_other_departments_have),
	        cmocka_unit_test(a_denied_request_ends_at_both_sides_with_the_reason_and_is_recorded),
	        cmocka_unit_test(a_fetch_that_could_not_be_recorded_never_was),
	        cmocka_unit_test(a_decision_that_cannot_be_recorded_delivers_nothing),
	        cmocka_unit_test(a_start_that_the_consumer_cannot_record_is_asked_for_again),
	        cmocka_unit_test(a_transfer_that_ends_before_its_first_chunk_is_no_use),
	        cmocka_unit_test(a_revocation_between_two_chunks_stops_at_the_next_one),
	        cmocka_unit_test(a_revocation_after_the_last_chunk_was_sent_ends_both_sides),
	        cmocka_unit_test(a_grant_that_expires_between_two_chunks_stops_at_the_next_one),
	        cmocka_unit_test(what_no_honest_consumer_asks_for_ends_the_transfer_with_an_alarm),
	        cmocka_unit_test(a_boast_about_chosen_columns_ends_the_transfer),
	        cmocka_unit_test(a_consumer_that_never_acknowledges_is_stopped),
	        cmocka_unit_test(what_is_acknowledged_is_not_made_again),
	        cmocka_unit_test(a_consumer_that_goes_to_and_fro_is_stopped),
	        cmocka_unit_test(a_consumer_that_goes_far_to_and_fro_is_stopped_sooner),
	        cmocka_unit_test(an_end_instead_of_a_receipt_is_an_exception_with_an_alarm),
	        cmocka_unit_test(an_end_that_is_being_recorded_is_not_told),
	        cmocka_unit_test(an_identifier_of_another_case_is_not_taken),
	        cmocka_unit_test(another_member_learns_nothing_of_a_transfer),
	        cmocka_unit_test(a_repeated_identifier_is_the_same_transfer_or_a_replay),
	        cmocka_unit_test(self_declared_attributes_are_refused),
	        cmocka_unit_test(a_source_that_changes_between_two_chunks_ends_both_sides),
	        cmocka_unit_test(a_row_that_cannot_be_projected_ends_both_sides),
	        cmocka_unit_test(a_manifest_that_cannot_be_stored_is_not_sent),
	        cmocka_unit_test(a_cancel_that_cannot_be_recorded_changes_nothing),
	        cmocka_unit_test(transfers_beyond_what_may_be_open_wait_and_are_no_denials),
	        cmocka_unit_test(a_node_may_stop_at_any_moment),
	};
	return cmocka_run_group_tests(tests, pair_up, pair_down);
}
