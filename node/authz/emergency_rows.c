/*
 * emergency_rows.c - events and requests in the store. A row that grows is written and read anew, so that whatever it
 * borrowed meanwhile is its own again.
 */
#include <stdlib.h>
#include <string.h>

#include "authz/emergency_internal.h"
#include "evidence/envelope.h"
#include "proto/codec.h"

static void put_message(struct hf_unit *u, enum hf_table t, const ProtobufCBinaryData *key, const ProtobufCMessage *m)
{
	size_t len = 0;
	uint8_t *data = hf_encode(m, &len);
	if (!data)
		abort(); /* memory is gone, see base/mem.h */
	hf_unit_put(u, t, key->data, key->len, data, len);
	free(data);
}

static struct hf_id id_of(const ProtobufCBinaryData *b)
{
	struct hf_id id = {{0}};
	if (b->len == sizeof(id.b))
		memcpy(id.b, b->data, sizeof(id.b));
	return id;
}

static bool same_bytes(const ProtobufCBinaryData *x, const ProtobufCBinaryData *y)
{
	return x->len == y->len && (x->len == 0 || memcmp(x->data, y->data, x->len) == 0);
}

/* ---- events ---- */

enum hf_err em_event_get(struct hf_authz *a, const struct hf_id *id, Hufu__EmergencyEventRow **ret_row)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf b = HF_BUF_INIT;
	HF_TRY(hf_store_get(a->store, HF_TABLE_EMERGENCY_EVENT, id->b, sizeof(id->b), &b));
	*ret_row = HF_DECODE_OWN(emergency_event_row, b.data, b.len);
	return *ret_row ? HF_OK : HF_E_STORE;
}

enum hf_err em_event_need(struct hf_authz *a, const struct hf_id *id, Hufu__EmergencyEventRow **ret_row,
                          struct hf_fault *f)
{
	char text[HF_ID_TEXT];
	enum hf_err e = em_event_get(a, id, ret_row);
	hf_id_text(id, text);
	if (e == HF_E_UNKNOWN)
		return hf_fault_set(f, e,
		                    "there is no emergency event %s at this node, and without one nothing is granted; "
		                    "`hufu emergency events` lists them",
		                    text);
	return e == HF_OK ? e : hf_fault_set(f, e, "the event %s cannot be read: %s", text, hf_err_text(e));
}

void em_event_put(struct hf_unit *u, const Hufu__EmergencyEventRow *row)
{
	put_message(u, HF_TABLE_EMERGENCY_EVENT, &row->id, &row->base);
}

struct event_tally {
	const char *authority;
	int64_t now_ms;
	unsigned open, today;
};

static bool tally_event(void *ctx, struct hf_bytes key, struct hf_bytes value)
{
	struct event_tally *t = ctx;
	(void)key;
	HF_CLEANUP(hf_decoded_done)
	Hufu__EmergencyEventRow *row = HF_DECODE_OWN(emergency_event_row, value.data, value.len);
	bool its = row && same_text(row->authority, t->authority);
	t->open += its && row->ended_ms == 0 && t->now_ms < row->until_ms;
	t->today += its && row->made_ms > t->now_ms - EM_DAY_MS;
	return true;
}

static enum hf_err check_room(struct hf_authz *a, const char *authority, struct hf_fault *f)
{
	struct event_tally t = {authority, now_of(a), 0, 0};
	HF_TRY(hf_store_scan(a->store, HF_TABLE_EMERGENCY_EVENT, NULL, 0, NULL, 0, tally_event, &t));
	if (t.open >= EM_OPEN_EVENTS_MAX)
		return hf_fault_set(f, HF_E_LIMIT,
		                    "%s has %u events that are not over; end one with `hufu emergency end` first",
		                    authority, t.open);
	if (t.today >= EM_EVENTS_A_DAY)
		return hf_fault_set(f, HF_E_LIMIT, "%s has declared %u events within a day; declare the next tomorrow",
		                    authority, t.today);
	return HF_OK;
}

static enum hf_err new_event(struct hf_authz *a, struct hf_unit *u, const struct em_opened *o,
                             Hufu__EmergencyEventRow **ret_row, struct hf_fault *f)
{
	const Hufu__EmergencyEvent *m = o->event;
	HF_CLEANUP(az_paper_done) struct paper paper = {0};
	Hufu__EmergencyEventRow row = HUFU__EMERGENCY_EVENT_ROW__INIT;
	char by[2 * HF_NAME_MAX + 2];
	size_t len = 0;
	HF_TRY(check_room(a, m->header->issuer, f));
	HF_TRY(az_paper_keep(a, o->event_paper, &o->event_txn, u, &paper, f));
	snprintf(by, sizeof(by), "%s/%s", o->officer.node, o->officer.account);
	row.id = m->id;
	row.txn = m->header->transaction;
	row.kind = m->kind;
	row.title = m->title;
	row.description = m->description;
	row.region = m->region;
	row.authority = m->header->issuer;
	row.declared_by = by;
	row.from_ms = m->from_ms;
	row.until_ms = m->until_ms;
	row.providers = m->providers;
	row.n_providers = m->n_providers;
	row.event_envelope = BIN(paper.bytes, paper.len);
	row.event_digest = BIN_HASH(&o->event_digest);
	row.made_ms = now_of(a);
	em_event_put(u, &row);
	uint8_t *data = hf_encode(&row.base, &len);
	*ret_row = data ? HF_DECODE_OWN(emergency_event_row, data, len) : NULL;
	free(data);
	return *ret_row ? HF_OK : hf_fault_set(f, HF_E_MEMORY, "no memory is left to file the event");
}

enum hf_err em_event_take(struct hf_authz *a, struct hf_unit *u, const struct em_opened *o,
                          Hufu__EmergencyEventRow **ret_row, struct hf_fault *f)
{
	Hufu__EmergencyEventRow *row = NULL;
	enum hf_err e = em_event_get(a, &o->event_id, &row);
	if (e == HF_E_UNKNOWN)
		return new_event(a, u, o, ret_row, f);
	HF_TRY(hf_fault_default(f, e));
	if (!az_hash_is(&row->event_digest, &o->event_digest)) {
		hf_decoded_free(row);
		return hf_fault_set(f, HF_E_CONFLICT, "the event is on record in another wording");
	}
	*ret_row = row;
	return HF_OK;
}

enum hf_err em_event_lasts(struct hf_authz *a, const Hufu__EmergencyEventRow *row, struct hf_fault *f)
{
	char time[HF_TIME_TEXT];
	if (row->ended_ms) {
		hf_time_text(row->ended_ms, time);
		return hf_fault_set(f, HF_E_STATE,
		                    "the event '%.100s' was declared over at %s; for further use file an application "
		                    "with `hufu apply`",
		                    row->title, time);
	}
	hf_time_text(row->until_ms, time);
	if (now_of(a) >= row->until_ms)
		return hf_fault_set(f, HF_E_STATE,
		                    "the event '%.100s' ended at %s; for further use file an application with `hufu "
		                    "apply`",
		                    row->title, time);
	return HF_OK;
}

/* ---- requests ---- */

struct hf_id em_row_id(const Hufu__EmergencyRequestRow *row)
{
	return id_of(&row->id);
}

struct hf_id em_row_txn(const Hufu__EmergencyRequestRow *row)
{
	return id_of(&row->txn);
}

enum hf_em_state em_row_state(const Hufu__EmergencyRequestRow *row)
{
	return row->state < HF_EM_STATE_COUNT ? (enum hf_em_state)row->state : HF_EM_NONE;
}

enum hf_err em_row_get(struct hf_authz *a, const struct hf_id *id, Hufu__EmergencyRequestRow **ret_row)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf b = HF_BUF_INIT;
	HF_TRY(hf_store_get(a->store, HF_TABLE_EMERGENCY, id->b, sizeof(id->b), &b));
	*ret_row = HF_DECODE_OWN(emergency_request_row, b.data, b.len);
	return *ret_row ? HF_OK : HF_E_STORE;
}

enum hf_err em_row_need(struct hf_authz *a, const struct hf_id *id, Hufu__EmergencyRequestRow **ret_row,
                        struct hf_fault *f)
{
	char text[HF_ID_TEXT];
	enum hf_err e = em_row_get(a, id, ret_row);
	hf_id_text(id, text);
	if (e == HF_E_UNKNOWN)
		return hf_fault_set(
		        f, e, "there is no emergency request %s at this node; `hufu emergency list` lists them", text);
	return e == HF_OK ? e : hf_fault_set(f, e, "the emergency request %s cannot be read: %s", text, hf_err_text(e));
}

enum hf_err em_row_of(struct hf_authz *a, const ProtobufCBinaryData *request, Hufu__EmergencyRequestRow **ret_row,
                      struct hf_fault *f)
{
	struct hf_id id;
	if (!az_id_of(request, &id))
		return hf_fault_set(f, HF_E_FORMAT, "the mail does not name its request");
	return em_row_need(a, &id, ret_row, f);
}

void em_row_put(struct hf_authz *a, struct hf_unit *u, Hufu__EmergencyRequestRow *row)
{
	row->changed_ms = now_of(a);
	put_message(u, HF_TABLE_EMERGENCY, &row->id, &row->base);
	a->em_stirred = true;
}

enum hf_err em_row_step(Hufu__EmergencyRequestRow *row, enum hf_em_step step, struct hf_fault *f)
{
	char text[HF_ID_TEXT];
	enum hf_em_state s = em_row_state(row), next;
	struct hf_id id = em_row_id(row);
	if (hf_em_next(s, step, &next)) {
		row->state = next;
		return HF_OK;
	}
	hf_id_text(&id, text);
	return hf_fault_set(f, HF_E_STATE, "the emergency request %s is %s, so the step '%s' is not possible; %s", text,
	                    s == HF_EM_NONE ? "unknown" : hf_em_state_name(s), hf_em_step_name(step), hf_em_way_out(s));
}

Hufu__EmergencyRevisionRow *em_row_revision(const Hufu__EmergencyRequestRow *row)
{
	return row->n_revisions ? row->revisions[row->n_revisions - 1] : NULL;
}

/* Reads the row's bytes as a row that owns everything, and lets the one before go. */
static void renew(Hufu__EmergencyRequestRow **row, uint8_t *take, size_t len)
{
	Hufu__EmergencyRequestRow *fresh = take ? HF_DECODE_OWN(emergency_request_row, take, len) : NULL;
	free(take);
	if (!fresh)
		abort(); /* memory is gone: what was bounded on its way in fits */
	hf_decoded_free(*row);
	*row = fresh;
}

/* One more at the end of a list of the row. list: where the row's pointer to it stands. */
static void append(Hufu__EmergencyRequestRow **row, void *list, size_t *count, void *last)
{
	void **before, **longer = hf_alloc((*count + 1) * sizeof(void *));
	size_t len = 0;
	memcpy(&before, list, sizeof(before));
	if (*count)
		memcpy(longer, before, *count * sizeof(void *));
	longer[(*count)++] = last;
	memcpy(list, &longer, sizeof(longer));
	uint8_t *data = hf_encode(&(*row)->base, &len);
	(*count)--;
	memcpy(list, &before, sizeof(before));
	free(longer);
	renew(row, data, len);
}

void em_row_add_link(Hufu__EmergencyRequestRow **row, const char *kind, const struct hf_id *successor, int64_t now_ms)
{
	Hufu__EmergencyLinkRow link = HUFU__EMERGENCY_LINK_ROW__INIT;
	link.kind = (char *)kind;
	link.successor = BIN_ID(successor);
	link.time_ms = now_ms;
	append(row, &(*row)->successors, &(*row)->n_successors, &link);
}

/* ---- a request as it came ---- */

static void fill_row(Hufu__EmergencyRequestRow *row, const struct em_opened *o)
{
	const Hufu__EmergencyRequest *m = o->request;
	const char *entity = hf_em_organization(o->pinned, m->organization);
	row->revision = m->revision;
	row->organization = m->organization;
	row->legal_entity = (char *)(entity ? entity : m->organization);
	row->department = m->department;
	row->system = m->system;
	row->system_address = m->system_address;
	row->provider = m->provider;
	row->resource = m->resource;
	row->title = m->title;
	row->reason = m->reason;
	row->purpose = m->purpose;
	row->from_ms = m->from_ms;
	row->until_ms = m->until_ms;
	row->personal = m->personal;
	row->sensitive = m->sensitive;
	row->descriptor = m->descriptor;
	row->result = (char *)"";
	row->result_reason = (char *)"";
}

static enum hf_err file_revision(struct hf_authz *a, const struct em_opened *o, Hufu__EmergencyRequestRow **row,
                                 struct hf_fault *f)
{
	Hufu__EmergencyRevisionRow rev = HUFU__EMERGENCY_REVISION_ROW__INIT;
	size_t len = 0;
	uint8_t *bytes = hf_encode(&o->request_paper->base, &len);
	if (!bytes)
		return hf_fault_set(f, HF_E_MEMORY, "no memory is left to file the request");
	rev.revision = o->request->revision;
	rev.envelope = BIN(bytes, len);
	rev.digest = BIN_HASH(&o->digest);
	rev.made_ms = now_of(a);
	fill_row(*row, o);
	append(row, &(*row)->revisions, &(*row)->n_revisions, &rev);
	free(bytes);
	return HF_OK;
}

static enum hf_err first_revision(struct hf_authz *a, const struct em_opened *o, Hufu__EmergencyRequestRow **ret_row,
                                  struct hf_fault *f)
{
	Hufu__EmergencyRequestRow fresh = HUFU__EMERGENCY_REQUEST_ROW__INIT;
	const Hufu__EmergencyRequest *m = o->request;
	size_t len = 0;
	fresh.id = m->id;
	fresh.txn = m->header->transaction;
	fresh.event = m->event;
	fresh.authority = m->header->issuer;
	fresh.made_ms = now_of(a);
	HF_TRY(em_row_step(&fresh, HF_EM_RAISE, f));
	uint8_t *data = hf_encode(&fresh.base, &len);
	Hufu__EmergencyRequestRow *row = data ? HF_DECODE_OWN(emergency_request_row, data, len) : NULL;
	free(data);
	if (!row)
		return hf_fault_set(f, HF_E_MEMORY, "no memory is left to file the request");
	*ret_row = row;
	return file_revision(a, o, ret_row, f);
}

/* The same case: what a revision may not change. */
static enum hf_err same_case(const Hufu__EmergencyRequestRow *row, const Hufu__EmergencyRequest *m, struct hf_fault *f)
{
	if (same_bytes(&row->event, &m->event) && same_bytes(&row->resource, &m->resource) &&
	    same_bytes(&row->txn, &m->header->transaction) && same_text(row->authority, m->header->issuer) &&
	    same_text(row->organization, m->organization) && same_text(row->system, m->system) &&
	    same_text(row->provider, m->provider))
		return HF_OK;
	return hf_fault_set(f, HF_E_CONFLICT,
	                    "a revision may not change event, resource, provider, organization or system of the "
	                    "request; raise a new one");
}

static enum hf_err next_revision(struct hf_authz *a, const struct em_opened *o, Hufu__EmergencyRequestRow **row,
                                 struct hf_fault *f)
{
	const Hufu__EmergencyRequest *m = o->request;
	const Hufu__EmergencyRevisionRow *last = em_row_revision(*row);
	HF_TRY(same_case(*row, m, f));
	HF_TRY(em_row_step(*row, HF_EM_RESUBMIT, f));
	if ((*row)->n_revisions >= EM_REVISIONS_MAX)
		return hf_fault_set(f, HF_E_LIMIT, "a request has at most %u revisions; raise a new one",
		                    EM_REVISIONS_MAX);
	if (m->revision == last->revision + 1 && !same_bytes(&m->previous, &last->digest))
		return hf_fault_set(f, HF_E_DIGEST, "the revision does not follow the one before it on record");
	return file_revision(a, o, row, f);
}

static const Hufu__EmergencyRevisionRow *find_revision(const Hufu__EmergencyRequestRow *row, uint32_t revision)
{
	for (size_t i = 0; i < row->n_revisions; i++)
		if (row->revisions[i]->revision == revision)
			return row->revisions[i];
	return NULL;
}

struct request_tally {
	const Hufu__EmergencyRequestRow *row;
	int64_t now_ms;
	unsigned open, today;
	bool underway, chained;
};

/* What nobody decided in its time is over, too. */
static bool tally_open(void *ctx, Hufu__EmergencyRequestRow *row)
{
	struct request_tally *t = ctx;
	enum hf_em_state s = em_row_state(row);
	bool its = same_text(row->authority, t->row->authority);
	t->open += its && s != HF_EM_ENDED && s != HF_EM_REJECTED && s != HF_EM_REFUSED && t->now_ms < row->until_ms;
	t->today += its && row->made_ms > t->now_ms - EM_DAY_MS;
	return true;
}

static enum hf_err check_open(struct hf_authz *a, const Hufu__EmergencyRequestRow *row, struct hf_fault *f)
{
	struct request_tally t = {.row = row, .now_ms = now_of(a)};
	HF_TRY(em_rows(a, tally_open, &t));
	if (t.today >= EM_REQUESTS_A_DAY)
		return hf_fault_set(f, HF_E_LIMIT,
		                    "%s has raised %u emergency requests within a day; raise the next tomorrow",
		                    row->authority, t.today);
	if (t.open < EM_OPEN_REQUESTS_MAX)
		return HF_OK;
	return hf_fault_set(f, HF_E_LIMIT, "%u emergency requests of %s are not over; wait until some are", t.open,
	                    row->authority);
}

enum hf_err em_row_take(struct hf_authz *a, const struct em_opened *o, Hufu__EmergencyRequestRow **ret_row,
                        bool *ret_new, struct hf_fault *f)
{
	enum hf_err e = em_row_get(a, &o->id, ret_row);
	*ret_new = true;
	if (e == HF_E_UNKNOWN) {
		HF_TRY(first_revision(a, o, ret_row, f));
		return check_open(a, *ret_row, f);
	}
	HF_TRY(hf_fault_default(f, e));
	const Hufu__EmergencyRevisionRow *known = find_revision(*ret_row, o->request->revision);
	if (!known && o->request->revision > (*ret_row)->revision)
		return next_revision(a, o, ret_row, f);
	if (!known || !az_hash_is(&known->digest, &o->digest))
		return hf_fault_set(f, HF_E_CONFLICT, "revision %u of the request is on record in another wording",
		                    o->request->revision);
	*ret_new = false;
	return HF_OK;
}

/* ---- votes ---- */

enum hf_err em_row_add_vote(Hufu__EmergencyRequestRow **row, const struct em_vote *v, const Hufu__Envelope *paper,
                            bool *ret_new, struct hf_fault *f)
{
	bool withdrawal = strcmp(v->vote->result, "revoke") == 0;
	Hufu__EmergencyRevisionRow *rev = em_row_revision(*row);
	Hufu__EmergencyVoteRow **list = withdrawal ? (*row)->withdrawals : rev->votes;
	size_t count = withdrawal ? (*row)->n_withdrawals : rev->n_votes, len = 0;
	Hufu__EmergencyVoteRow vote = HUFU__EMERGENCY_VOTE_ROW__INIT;
	*ret_new = false;
	for (size_t i = 0; i < count; i++) {
		if (!same_text(list[i]->node, v->person.node))
			continue;
		if (same_text(list[i]->result, v->vote->result))
			return HF_OK;
		return hf_fault_set(f, HF_E_CONFLICT, "%s has voted %s on this request already; a vote stands",
		                    v->person.node, list[i]->result);
	}
	if (count >= EM_VOTES_MAX)
		return hf_fault_set(f, HF_E_LIMIT, "more than %u votes on one request are not taken", EM_VOTES_MAX);
	uint8_t *bytes = hf_encode(&paper->base, &len);
	if (!bytes)
		return hf_fault_set(f, HF_E_MEMORY, "no memory is left to file the vote");
	vote.node = (char *)v->person.node;
	vote.account = (char *)v->person.account;
	vote.result = v->vote->result;
	vote.reason = v->vote->reason;
	vote.time_ms = v->person.signed_ms;
	vote.envelope = BIN(bytes, len);
	vote.digest = BIN_HASH(&v->digest);
	if (withdrawal)
		append(row, &(*row)->withdrawals, &(*row)->n_withdrawals, &vote);
	else
		append(row, &rev->votes, &rev->n_votes, &vote);
	free(bytes);
	*ret_new = true;
	return HF_OK;
}

/* ---- all of them ---- */

struct rows_scan {
	em_row_fn fn;
	void *ctx;
	enum hf_err error;
};

static bool on_row(void *ctx, struct hf_bytes key, struct hf_bytes value)
{
	struct rows_scan *s = ctx;
	(void)key;
	HF_CLEANUP(hf_decoded_done)
	Hufu__EmergencyRequestRow *row = HF_DECODE_OWN(emergency_request_row, value.data, value.len);
	if (!row)
		s->error = HF_E_STORE;
	return row && s->fn(s->ctx, row);
}

enum hf_err em_rows(struct hf_authz *a, em_row_fn fn, void *ctx)
{
	struct rows_scan s = {fn, ctx, HF_OK};
	HF_TRY(hf_store_scan_back(a->store, HF_TABLE_EMERGENCY, NULL, 0, NULL, 0, on_row, &s));
	return s.error;
}

static bool tally_chain(void *ctx, Hufu__EmergencyRequestRow *row)
{
	struct request_tally *t = ctx;
	enum hf_em_state s = em_row_state(row);
	bool same = same_bytes(&row->event, &t->row->event) && same_bytes(&row->resource, &t->row->resource) &&
	            (same_text(row->legal_entity, t->row->legal_entity) ||
	             same_text(row->organization, t->row->organization)) &&
	            !same_bytes(&row->id, &t->row->id);
	if (!same)
		return true;
	t->chained = t->chained || s == HF_EM_ACTIVE || s == HF_EM_ENDED || s == HF_EM_EXECUTED;
	t->underway = t->underway || s == HF_EM_OPEN || s == HF_EM_APPROVED || s == HF_EM_RETURNED;
	return true;
}

enum hf_err em_row_unchained(struct hf_authz *a, const Hufu__EmergencyRequestRow *row, bool underway,
                             struct hf_fault *f)
{
	struct request_tally t = {.row = row};
	HF_TRY(em_rows(a, tally_chain, &t));
	if (t.chained)
		return hf_fault_set(
		        f, HF_E_EXISTS,
		        "%s had an emergency grant for this resource in this event; there is no second one: "
		        "for further use file an application with `hufu apply`",
		        row->legal_entity);
	if (underway && t.underway)
		return hf_fault_set(f, HF_E_EXISTS,
		                    "an emergency request of %s for this resource in this event is under way; "
		                    "`hufu emergency list` shows it",
		                    row->legal_entity);
	return HF_OK;
}

enum hf_err em_row_papers(struct hf_authz *a, const Hufu__EmergencyRequestRow *row, Hufu__Envelope **ret_event,
                          Hufu__Envelope **ret_request, struct hf_fault *f)
{
	HF_CLEANUP(hf_decoded_done) Hufu__EmergencyEventRow *event = NULL;
	const Hufu__EmergencyRevisionRow *rev = em_row_revision(row);
	struct hf_id id = id_of(&row->event);
	HF_TRY(em_event_need(a, &id, &event, f));
	*ret_event = HF_DECODE_OWN(envelope, event->event_envelope.data, event->event_envelope.len);
	*ret_request = rev ? HF_DECODE_OWN(envelope, rev->envelope.data, rev->envelope.len) : NULL;
	if (!*ret_event || !*ret_request)
		return hf_fault_set(f, HF_E_STORE, "the papers of the request on record cannot be read");
	return HF_OK;
}
