/*
 * gate.c - the policy enforcement point on the provider's side: nothing is read, sealed or sent before the decision
 * point has permitted it and the decision is durable in the ledger (AZ-67, DS-48). Every fault denies.
 */
#include <stdlib.h>
#include <string.h>

#include "authz/explain.h"
#include "authz/second_use.h"
#include "catalog/sample.h"
#include "crypto/domains.h"
#include "evidence/envelope.h"
#include "exchange/disclosed.h"
#include "exchange/export_check.h"
#include "exchange/masked.h"
#include "exchange/stream.h"
#include "exchange/transfer.h"
#include "source/readers/csv.h"

/* A request is signed once and may wait for a provider that is away; the transfer id keeps it from being used twice. */
#define REQUEST_AGE_MS (24 * 60 * 60 * 1000)
#define USED_TEXT "this transfer id was used before; start a new transfer"

struct gate {
	struct hf_exchange *x;
	struct hf_request *rq;
	Hufu__Envelope *envelope;
	Hufu__TransferRequest *in;
	Hufu__Statement *statement;
	Hufu__PersonCertificate *cert;
	struct export out;
	struct transfer *t;
	struct hf_fault f;
	enum hf_err error;               /* a denial that has to be recorded first */
	bool beside;                     /* f says what it shows together with earlier deliveries */
	char second[HF_USE_SECOND_TEXT]; /* who authorized the use besides; "": nobody */
};

static void gate_free(struct gate *g)
{
	hf_decoded_free(g->envelope);
	hf_decoded_free(g->in);
	hf_decoded_free(g->statement);
	hf_decoded_free(g->cert);
	export_done(&g->out);
	free(g);
}

static bool names_self(const struct gate *g)
{
	const Hufu__Header *h = g->in->header;
	for (size_t i = 0; i < h->n_audience; i++)
		if (strcmp(h->audience[i], g->x->base->self.s) == 0)
			return true;
	return false;
}

/* Form, signature, and that the sender of the channel is the author and the audience is this node. */
static enum hf_err open_request(struct gate *g)
{
	struct hf_bytes body = hf_request_body(g->rq), payload;
	g->envelope = HF_DECODE(envelope, body.data, body.len);
	if (!g->envelope)
		return hf_fault_set(&g->f, HF_E_FORMAT, "the transfer request is not a signed envelope");
	HF_TRY(hf_space_open(hf_peers_space(g->x->peers), g->envelope, HF_TYPE_TRANSFER_REQUEST, &payload, &g->f));
	g->in = HF_DECODE(transfer_request, payload.data, payload.len);
	if (!g->in || !g->in->header)
		return hf_fault_set(&g->f, HF_E_FORMAT,
		                    "the transfer request lacks a field or holds one out of bounds");
	if (strcmp(g->in->header->issuer, hf_request_peer(g->rq)) != 0)
		return hf_fault_set(&g->f, HF_E_STANDING, "the request was signed by %.63s but brought by %.63s",
		                    g->in->header->issuer, hf_request_peer(g->rq));
	if (!names_self(g))
		return hf_fault_set(&g->f, HF_E_STANDING, "the request is addressed to another node");
	if (g->in->transfer.len != 16 || g->in->header->transaction.len != 16 ||
	    memcmp(g->in->transfer.data, g->in->header->transaction.data, 16) != 0)
		return hf_fault_set(&g->f, HF_E_FORMAT, "transfer id and transaction id of the request differ");
	return HF_OK;
}

static void reply_not_firm(const struct transfer *t, struct hf_request *rq)
{
	char text[160];
	hf_metrics_add(t->x->base->metrics, RECORD_WAITS, 1);
	snprintf(text, sizeof(text), "the decision is recorded but not %s yet, which the terms demand; ask again",
	         hf_entry_state_word(t->demands));
	hf_request_reply(rq, HF_E_BUSY, text, NULL, 0);
}

/* A repeated request is answered as before; the same identifier with other bytes is a replay (DS-38). */
static bool answer_repeated(struct gate *g, const struct hf_id *id)
{
	if (!transfer_stored(g->x, id, true))
		return false;
	struct transfer *t;
	struct hf_bytes body = hf_request_body(g->rq);
	if (transfer_get(g->x, id, true, &t) != HF_OK) {
		hf_request_reply(g->rq, HF_E_STORE, NULL, NULL, 0);
		return true;
	}
	if (strcmp(t->peer, hf_request_peer(g->rq)) != 0) { /* somebody else's does not exist for the sender */
		transfer_release(t);
		return false;
	}
	transfer_seen(t);
	if (t->request.len != body.len || memcmp(t->request.data, body.data, body.len) != 0)
		hf_request_reply(g->rq, HF_E_REPLAY, USED_TEXT, NULL, 0);
	else if (!t->recorded || transfer_settling(t))
		hf_request_reply(g->rq, HF_E_BUSY, "the decision, or the end, is being recorded; ask again", NULL, 0);
	else if (!transfer_firm(t))
		reply_not_firm(t, g->rq);
	else if (transfer_ended(t->state) && t->state == TRANSFER_TERMINATED)
		hf_request_reply(g->rq, hf_err_from_reason(t->reason_code), t->reason, NULL, 0);
	else
		hf_request_reply(g->rq, HF_OK, NULL, t->start.data, t->start.len);
	transfer_release(t);
	return true;
}

static enum hf_err check_subject(struct gate *g)
{
	int64_t now = hf_now_ms(&g->x->base->clock), skew = now - g->in->header->time_ms;
	if (skew > REQUEST_AGE_MS || skew < -HF_CLOCK_SKEW_MS)
		return hf_fault_set(
		        &g->f, HF_E_STALE,
		        "the request's time is %lld s off this node's clock; set the clock or begin a new transfer",
		        (long long)(skew / 1000));
	if (!g->in->subject)
		return hf_fault_set(&g->f, HF_E_SIGNATURE, "the request names no person who asks for the data");
	HF_TRY(hf_space_open_statement(hf_peers_space(g->x->peers), g->in->subject, hf_permission_name(HF_MAY_FETCH),
	                               &g->statement, &g->cert, &g->f));
	if (strcmp(g->statement->header->issuer, hf_request_peer(g->rq)) != 0 ||
	    strcmp(g->statement->kind, "access") != 0 || g->statement->object.len != 16 ||
	    memcmp(g->statement->object.data, g->in->transfer.data, 16) != 0)
		return hf_fault_set(&g->f, HF_E_SIGNATURE, "the person's statement is not about this transfer");
	return HF_OK;
}

static void fill_records(struct transfer *t, const struct gate *g)
{
	const Hufu__CatalogEntry *e = g->out.item.entry;
	char id[HF_ID_TEXT];
	snprintf(t->class_grade, sizeof(t->class_grade), "%.120s, level %u%s", e->data_class, e->level,
	         e->sensitive ? ", sensitive" : "");
	hf_id_text(&t->agreement, id);
	const char *border = g->out.decision.border; /* SB-7: both results are on record */
	char by[160];
	if (hf_id_is_zero(&t->agreement))
		snprintf(by, sizeof(by), "rule %.127s", g->out.decision.rule);
	else
		snprintf(by, sizeof(by), "agreement %s", id);
	snprintf(t->permission_review, sizeof(t->permission_review), "%s, mechanism %s%s%s", by,
	         g->out.decision.mechanism, border[0] ? ", border: " : "", border);
	snprintf(t->consumer_authn, sizeof(t->consumer_authn), "node key and %zu personal factor%s", g->cert->n_methods,
	         g->cert->n_methods == 1 ? "" : "s");
	snprintf(t->address, sizeof(t->address), "%s", hf_request_address(g->rq));
	snprintf(t->account, sizeof(t->account), "%s", g->cert->account);
}

static struct transfer *build_transfer(struct gate *g)
{
	struct hf_id id;
	memcpy(id.b, g->in->transfer.data, 16);
	struct transfer *t = transfer_new(g->x, &id, true);
	struct hf_bytes body = hf_request_body(g->rq);
	snprintf(t->peer, sizeof(t->peer), "%s", hf_request_peer(g->rq));
	snprintf(t->system, sizeof(t->system), "%s", g->in->system);
	snprintf(t->source, sizeof(t->source), "%s", g->out.item.source);
	snprintf(t->purpose, sizeof(t->purpose), "%s", g->in->purpose);
	t->grant = g->out.decision.grant;
	t->agreement = g->out.decision.agreement;
	t->negotiation = g->out.decision.txn;
	t->generation = g->out.decision.generation;
	t->demands = g->out.decision.demands;
	t->basis_changes = g->out.decision.basis_changes;
	t->asked_ms = g->out.asked_ms;
	t->until_ms = g->out.decision.until_ms;
	memcpy(t->mask_plan, g->out.decision.masked, sizeof(t->mask_plan));
	memcpy(t->resource.b, g->in->resource.data, 16);
	t->started_ms = hf_now_ms(&g->x->base->clock);
	transfer_seen(t);
	t->state = transfer_next(transfer_next(TRANSFER_NONE, STEP_REQUEST), STEP_START);
	if (!hf_buf_add(&t->request, body.data, body.len))
		abort();
	export_take_fields(&g->out, t);
	stream_take(t, g->in);
	fill_records(t, g);
	return t;
}

static enum hf_err make_start(struct gate *g)
{
	struct transfer *t = g->t;
	Hufu__Header header = HUFU__HEADER__INIT;
	Hufu__TransferStart s = HUFU__TRANSFER_START__INIT;
	Hufu__StreamPlace place;
	char *audience[1];
	struct hf_id message_id;
	struct hf_hash digest;
	struct label_holder *holder;
	header_fill(g->x, &header, t, audience, &message_id);
	hf_sha256(t->request.data, t->request.len, &digest);
	s.header = &header;
	s.transfer = (ProtobufCBinaryData){16, t->id.b};
	s.request_digest = (ProtobufCBinaryData){32, digest.b};
	s.chunk_bytes = CHUNK_BYTES;
	s.bytes = t->bytes_total;
	s.most_bytes = t->bytes_total ? t->bytes_total
	               : t->masked    ? masked_most(t)
	                              : hf_csv_project_most(t->table_bytes);
	s.chunks = t->bytes_total ? t->bytes_total / CHUNK_BYTES + 1 : 0;
	s.sealed_key = (ProtobufCBinaryData){sizeof(g->out.sealed_key), g->out.sealed_key};
	s.aead = HF_AEAD_AES256GCM;
	s.label = label_new(t, &g->out.item, g->out.decision.terms, &holder);
	s.generation = t->generation;
	s.stream = stream_place(t, &t->to, &place);
	enum hf_err e = hf_envelope_make_message(g->x->keys->envelope, g->x->base->self.s, HF_TYPE_TRANSFER_START,
	                                         &s.base, &t->start);
	label_free(holder);
	return e;
}

static bool any_row(void *ctx, struct hf_bytes key, struct hf_bytes value)
{
	(void)key;
	(void)value;
	*(bool *)ctx = true;
	return false;
}

/* DS-38: a transaction's identifier is never used for a second case, neither another transfer's nor a negotiation's.
 * Within one node the consumer's side has its papers there already. */
static enum hf_err check_fresh(struct gate *g)
{
	struct hf_id id;
	bool used = false;
	memcpy(id.b, g->in->transfer.data, sizeof(id.b));
	if (strcmp(hf_request_peer(g->rq), g->x->base->self.s) == 0 && transfer_stored(g->x, &id, false))
		return HF_OK;
	HF_TRY(hf_store_scan(g->x->store, HF_TABLE_ENVELOPE_TXN, id.b, sizeof(id.b), NULL, 0, any_row, &used));
	return used ? hf_fault_set(&g->f, HF_E_REPLAY, USED_TEXT) : HF_OK;
}

/* One member cannot use up this node's files and memory. */
static enum hf_err check_count(struct gate *g)
{
	unsigned open = 0;
	for (const struct transfer *t = g->x->transfers; t; t = t->next)
		open += t->provider && !t->gone && t->state == TRANSFER_STARTED &&
		        strcmp(t->peer, hf_request_peer(g->rq)) == 0;
	if (open >= OPEN_PER_PEER)
		return hf_fault_set(&g->f, HF_E_BUSY, "%u transfers to %s are open; finish or cancel one first", open,
		                    hf_request_peer(g->rq));
	return HF_OK;
}

static enum hf_err permit(struct gate *g)
{
	HF_TRY(check_subject(g));
	HF_TRY(check_count(g));
	if (g->in->second) /* one that is not good is said, not passed over */
		HF_TRY(second_of(g->x, g->in, g->second, &g->f));
	g->out.in = g->in;
	g->out.cert = g->cert;
	g->out.address = hf_request_address(g->rq);
	HF_TRY(export_authorized(&g->out, &g->f));
	HF_TRY(check_fresh(g));
	enum hf_err e = stream_asked(g->x, g->in, g->out.item.source, &g->f);
	if (e != HF_OK && e != HF_E_BUSY)
		export_say(&g->out, "source", e);
	HF_TRY(e);
	g->t = build_transfer(g);
	HF_TRY(export_check(&g->out, g->t, &g->f));
	return make_start(g);
}

static struct hf_draft *decision_draft(struct gate *g, enum hf_err result)
{
	struct hf_bytes body = hf_request_body(g->rq);
	struct hf_hash digest;
	struct hf_id txn = {{0}};
	char id[HF_ID_TEXT];
	/* Only what was permitted joins the transaction: a denied stranger must not write into somebody else's. */
	struct hf_draft *d = hf_draft_new(HF_EVENT_ACCESS_DECISION, g->t ? &g->t->id : NULL);
	hf_draft_text(d, HF_FIELD_MANNER, "channel"); /* DS-97 */
	if (g->in && hf_id_from_bytes(g->in->transfer.data, g->in->transfer.len, &txn)) {
		hf_id_text(&txn, id);
		hf_draft_text(d, HF_FIELD_OBJECT, id);
	}
	hf_draft_text(d, HF_FIELD_ACTOR, g->x->base->self.s);
	hf_draft_text(d, HF_FIELD_COUNTERPARTY, hf_request_peer(g->rq));
	hf_draft_text(d, HF_FIELD_ORGANIZATION, hf_request_peer(g->rq));
	hf_draft_text(d, HF_FIELD_ADDRESS, hf_request_address(g->rq));
	if (g->in) {
		hf_draft_text(d, HF_FIELD_SYSTEM, g->in->system);
		hf_draft_text(d, HF_FIELD_PURPOSE, g->in->purpose);
		if (hf_id_from_bytes(g->in->resource.data, g->in->resource.len, &txn)) {
			hf_id_text(&txn, id);
			hf_draft_text(d, HF_FIELD_RESOURCE, id);
		}
	}
	if (g->t) {
		hf_id_text(&g->t->grant, id);
		if (!hf_id_is_zero(&g->t->grant))
			hf_draft_text(d, HF_FIELD_GRANT, id);
		hf_draft_text(d, HF_FIELD_RULE, g->out.decision.rule);
		hf_draft_text(d, HF_FIELD_MECHANISM, g->out.decision.mechanism);
		hf_draft_text(d, HF_FIELD_PERMISSION_REVIEW, g->t->permission_review);
		hf_draft_text(d, HF_FIELD_CONSUMER_AUTHN, g->t->consumer_authn);
		hf_draft_text(d, HF_FIELD_SECOND, g->second);
		label_draft(d, g->t);
	}
	hf_sha256(body.data, body.len, &digest);
	hf_draft_bytes(d, HF_FIELD_DIGEST, digest.b, sizeof(digest.b));
	hf_draft_bytes(d, HF_FIELD_SNAPSHOT, g->out.decision.snapshot.b, sizeof(g->out.decision.snapshot.b));
	if (g->out.asked_ms) {
		struct hf_access_request rq = access_of(g->x, g->in, g->cert, hf_request_address(g->rq));
		rq.now_ms = g->out.asked_ms;
		hf_authz_draft_input(g->x->authz, &rq, d);
	}
	hf_draft_text(d, HF_FIELD_EXPORT_CHECK, g->out.said); /* DS-37 */
	hf_draft_outcome(d, result, g->beside ? NULL : g->f.text);
	if (result == HF_OK && g->beside) /* an emergency, which goes out all the same; the alarm says beside what */
		hf_draft_text(d, HF_FIELD_EXCEPTION, hf_err_text(HF_E_DISCLOSURE));
	if (g->t && result != HF_E_DISCLOSURE) /* whom else something was given is this node's matter */
		hf_draft_party(d, g->t->peer);
	return d;
}

/* What the consumer is told. */
static const char *denied_text(const struct gate *g)
{
	return g->error == HF_E_DISCLOSURE ? "together with what this and other nodes were given it would show too "
	                                     "much; ask the provider, whose record of the decision says of what"
	                                   : g->f.text;
}

static void on_recorded(void *ctx, enum hf_err e, const struct hf_commit *info)
{
	struct gate *g = ctx;
	if (e != HF_OK) {
		if (g->t)
			transfer_drop(g->t);
		hf_request_reply(g->rq, e, "the decision could not be recorded, so nothing is delivered; try again",
		                 NULL, 0);
	} else if (g->error != HF_OK) {
		hf_request_reply(g->rq, g->error, denied_text(g), NULL, 0);
	} else {
		g->t->recorded = true;
		g->t->decided_at = info->first_entry + info->entries - 1;
		if (transfer_firm(g->t))
			hf_request_reply(g->rq, HF_OK, NULL, g->t->start.data, g->t->start.len);
		else
			reply_not_firm(g->t, g->rq);
	}
	if (g->t)
		transfer_unhold(g->t);
	gate_free(g);
}

static void keep(struct gate *g, struct hf_unit *u)
{
	struct hf_hash digest;
	hf_ledger_keep_envelope(u, &g->t->id, HF_TYPE_TRANSFER_REQUEST, g->t->request.data, g->t->request.len, &digest);
	hf_ledger_keep_envelope(u, &g->t->id, HF_TYPE_TRANSFER_START, g->t->start.data, g->t->start.len, &digest);
	struct hf_draft *d = transfer_draft(g->t, HF_EVENT_TRANSFER_START, HF_OK, NULL);
	draft_digest(d, &g->t->start);
	hf_draft_text(d, HF_FIELD_CLASS_GRADE, g->t->class_grade);
	label_draft(d, g->t);
	hf_draft_time(d, HF_FIELD_START_TIME, g->t->started_ms);
	hf_draft_text(d, HF_FIELD_DATA_FORMAT, RECORD_FORMAT);
	hf_draft_text(d, HF_FIELD_ENDPOINT, g->t->peer);
	hf_draft_text(d, HF_FIELD_IP_ADDRESS, g->t->address);
	hf_draft_text(d, HF_FIELD_IDENTITY_CHECK, "noise static key of the descriptor");
	masked_draft(g->t, d);
	hf_unit_draft(u, d);
	struct hf_use use = transfer_use(g->t);
	use.counted = g->out.decision.counted;
	use.of_entry = g->out.decision.of_entry;
	use.rule = g->out.decision.rule;
	use.persons = g->out.decision.persons;
	hf_authz_use_reserve(g->x->authz, u, &use); /* SB-26: in the unit of the decision */
	transfer_put(u, g->t);
	transfer_used(u, g->t, "started");
	transfer_add(g->t);
	transfer_hold(g->t);
}

static bool beyond_rate(struct hf_exchange *x, const char *peer, bool denied);

/* Its entry is of no transaction; the log says which transfer was asked for. */
static void log_denied(const struct gate *g, enum hf_err result)
{
	struct hf_id id = {{0}};
	if (g->in)
		(void)hf_id_from_bytes(g->in->transfer.data, g->in->transfer.len, &id);
	HF_LOG(g->x->base->log, HF_LOG_INFO, "exchange", "access-denied", &id, HF_LOG_S("peer", hf_request_peer(g->rq)),
	       HF_LOG_E(result));
}

static void record(struct gate *g, enum hf_err result)
{
	struct hf_unit *u = hf_unit_new();
	char said[120];
	if (g->in && g->in->stream)
		traffic_seen(g->x, hf_request_peer(g->rq), HF_TRAFFIC_ASKED, 1, NULL);
	if (result == HF_OK) {
		result = disclosed_put(g->t, export_in_emergency(&g->out) ? &g->beside : NULL, u, &g->f);
		if (result != HF_OK)
			export_say(&g->out, "disclosure", result);
	}
	if (g->t && result == HF_E_DISCLOSURE)
		masked_error(g->t, "result"); /* as of a task's */
	hf_unit_draft(u, decision_draft(g, result));
	g->error = result;
	if (result == HF_OK) {
		keep(g, u);
	} else {
		beyond_rate(g->x, hf_request_peer(g->rq), true);
		if (g->t) {
			masked_scheme(g->t, result, g->f.text, u, said);
			serve_close(g->t);
			transfer_release(g->t);
			g->t = NULL;
		}
		log_denied(g, result);
		hf_alarm(g->x->base, "access-denied", NULL, "%s was denied data: %s", hf_request_peer(g->rq),
		         hf_err_reason(result));
	}
	hf_store_submit(g->x->store, u, on_recorded, g);
}

/* Denials of one member beyond a rate are answered, not recorded one by one: one alarm says so (DS-21, DS-46). */
static bool beyond_rate(struct hf_exchange *x, const char *peer, bool denied)
{
	int64_t now = hf_mono_ms(&x->base->clock);
	struct denials *d = &x->denials[0];
	for (size_t i = 0; i < DENIALS_MAX; i++) {
		if (strcmp(x->denials[i].peer, peer) == 0) {
			d = &x->denials[i];
			break;
		}
		if (x->denials[i].since_ms < d->since_ms)
			d = &x->denials[i];
	}
	if (strcmp(d->peer, peer) != 0 || now - d->since_ms > DENIALS_WINDOW_MS) {
		snprintf(d->peer, sizeof(d->peer), "%s", peer);
		d->since_ms = now;
		d->count = 0;
	}
	d->count += denied;
	if (denied && d->count == DENIALS_RECORDED)
		hf_alarm(x->base, "denial-rate", NULL,
		         "%s was denied data %u times within a minute; further requests are refused for a while", peer,
		         d->count);
	return d->count >= DENIALS_RECORDED;
}

static void busy(struct gate *g)
{
	if (g->t) {
		serve_close(g->t);
		transfer_release(g->t);
	}
	hf_request_reply(g->rq, HF_E_BUSY, g->f.text, NULL, 0);
	gate_free(g);
}

/* The request waits. */
static void count_first(struct gate *g)
{
	enum hf_err e = disclosed_count(g->t, g->rq, &g->f);
	if (e == HF_OK) {
		gate_free(g);
	} else if (e == HF_E_BUSY) {
		busy(g);
	} else {
		record(g, e);
	}
}

static void answer(struct hf_exchange *x, struct hf_request *take, bool again);

void gate_again(struct hf_exchange *x, struct hf_request *take)
{
	answer(x, take, true);
}

void gate_on_request(struct hf_exchange *x, struct hf_request *take)
{
	answer(x, take, false);
}

static void answer(struct hf_exchange *x, struct hf_request *take, bool again)
{
	if (beyond_rate(x, hf_request_peer(take), false)) {
		hf_request_reply(take, HF_E_RATE, "too many denied requests; wait a minute", NULL, 0);
		return;
	}
	struct gate *g = calloc(1, sizeof(*g));
	if (!g)
		abort();
	g->x = g->out.x = x;
	g->rq = take;
	enum hf_err e = open_request(g);
	struct hf_id id;
	if (!again && (!g->in || !g->in->stream)) /* what asks for messages is counted when there are some */
		traffic_seen(x, hf_request_peer(take), HF_TRAFFIC_ASKED, 1, NULL);
	if (e == HF_OK && hf_id_from_bytes(g->in->transfer.data, g->in->transfer.len, &id) && answer_repeated(g, &id)) {
		gate_free(g);
		return;
	}
	if (e == HF_OK && !hf_ledger_is_confirmed(x->ledger)) {
		hf_metrics_add(x->base->metrics, RECORD_WAITS, 1);
		hf_request_reply(
		        take, HF_E_BUSY,
		        "this node has started and waits for its witnesses before it begins an exchange; ask again",
		        NULL, 0);
		gate_free(g);
		return;
	}
	if (e == HF_OK)
		e = permit(g);
	if (e == HF_E_BUSY && !g->t) { /* nothing was decided yet, or its other transfers come first */
		hf_metrics_add(x->base->metrics, RECORD_WAITS, g->out.decision.result == HF_E_BUSY);
		busy(g);
		return;
	}
	if (e == HF_E_BUSY && g->out.uncounted) {
		count_first(g);
		return;
	}
	record(g, hf_fault_default(&g->f, e));
}
