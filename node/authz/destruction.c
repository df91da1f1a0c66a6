/* destruction.c - see destruction.h. */
#include "authz/destruction.h"

#include <stdlib.h>
#include <string.h>

#include "authz/internal.h"
#include "proto/codec.h"
#include "state_exchange.pb-c.h"

/* ---- what persons sign ---- */

/* Which object of which delivery, by which order and why. */
struct order {
	ProtobufCBinaryData id, transfer, object;
	const char *kind, *reason;
};

static enum hf_err order_digest(const struct order *o, struct hf_hash *ret_digest)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf b = HF_BUF_INIT;
	if (o->id.len != 16 || o->transfer.len != 16 || o->object.len != 16)
		return HF_E_STORE;
	if (!hf_buf_add(&b, o->id.data, 16) || !hf_buf_add(&b, o->transfer.data, 16) ||
	    !hf_buf_add(&b, o->object.data, 16) || !hf_buf_add(&b, o->kind, strlen(o->kind) + 1) ||
	    !hf_buf_add(&b, o->reason, strlen(o->reason) + 1))
		return HF_E_MEMORY;
	hf_sha256(b.data, b.len, ret_digest);
	return HF_OK;
}

static struct order order_of_row(const Hufu__DestructionRow *row)
{
	return (struct order){row->id, row->transfer, row->object, row->kind, row->reason};
}

static enum hf_err sign(struct hf_authz *a, const struct hf_actor *actor, const Hufu__DestructionRow *row,
                        const char *kind, Hufu__SignedStatement **ret_statement, struct hf_fault *f)
{
	Hufu__Statement s = HUFU__STATEMENT__INIT;
	const struct order o = order_of_row(row);
	struct hf_hash digest;
	struct hf_id transfer;
	if (order_digest(&o, &digest) != HF_OK || !az_id_of(&row->transfer, &transfer))
		return hf_fault_set(f, HF_E_STORE, "the row of the destruction cannot be read; see `hufu doctor`");
	s.kind = (char *)kind;
	s.object = row->id;
	s.object_digest = BIN_HASH(&digest);
	s.result = (char *)"pass";
	s.reason = row->reason;
	return az_person_sign(a, actor, &s, &transfer, ret_statement, f);
}

static enum hf_err encode(Hufu__SignedStatement *st, struct hf_buf *out, struct hf_fault *f)
{
	size_t len = 0;
	uint8_t *data = hf_encode(&st->base, &len);
	bool ok = data && hf_buf_add(out, data, len);
	free(data);
	return ok ? HF_OK : hf_fault_set(f, HF_E_MEMORY, "no memory is left to write what was signed");
}

enum hf_err hf_destruction_sign_asked(struct hf_authz *a, const struct hf_actor *actor, const Hufu__DestructionRow *row,
                                      struct hf_buf *out, struct hf_fault *f)
{
	HF_CLEANUP(hf_decoded_done) Hufu__SignedStatement *st = NULL;
	HF_TRY(sign(a, actor, row, "destruction", &st, f));
	return encode(st, out, f);
}

enum hf_err hf_destruction_sign_approved(struct hf_authz *a, const struct hf_actor *actor,
                                         const Hufu__DestructionRow *row, struct hf_buf *out, struct hf_fault *f)
{
	HF_CLEANUP(hf_decoded_done) Hufu__SignedStatement *st = NULL;
	HF_CLEANUP(hf_decoded_done)
	Hufu__SignedStatement *asked = HF_DECODE_OWN(signed_statement, row->asked.data, row->asked.len);
	struct person by, other;
	HF_TRY(sign(a, actor, row, "destruction-approval", &st, f));
	if (!asked || !az_person_of(asked, &by) || !az_person_of(st, &other))
		return hf_fault_set(f, HF_E_STORE, "the signature of who asked for the destruction cannot be read");
	HF_TRY(az_person_here(a, asked, "the order to destroy the data", "ask for it anew with `hufu data destroy`",
	                      f));
	if (az_person_same(&by, &other))
		return hf_fault_set(f, HF_E_SEPARATION,
		                    "%s asked for the destruction and may not approve it as well; another person must "
		                    "do it",
		                    other.account);
	return encode(st, out, f);
}

/* ---- entries ---- */

static struct hf_draft *record_draft(struct hf_authz *a, const Hufu__DestructionRecord *m, const char *consumer,
                                     const struct hf_hash *digest)
{
	struct hf_id transfer, id;
	struct hf_draft *d =
	        hf_draft_new(HF_EVENT_DESTRUCTION_RECORD, az_id_of(&m->transfer, &transfer) ? &transfer : NULL);
	hf_draft_text(d, HF_FIELD_ACTOR, consumer);
	if (az_id_of(&m->destruction, &id))
		az_entry_id(d, HF_FIELD_OBJECT, &id);
	if (az_id_of(&m->resource, &id))
		az_entry_id(d, HF_FIELD_RESOURCE, &id);
	hf_draft_text(d, HF_FIELD_COUNTERPARTY, consumer);
	hf_draft_text(d, HF_FIELD_ORGANIZATION, consumer);
	hf_draft_text(d, HF_FIELD_MANNER,
	              m->recall.len > 0     ? "recall"
	              : has_text(m->policy) ? "obligation"
	                                    : "command");
	hf_draft_textf(d, HF_FIELD_CACHE_DELETION, "%s, %s: %s; verified: %s", m->kind, m->outcome, m->method,
	               m->verification);
	hf_draft_bytes(d, HF_FIELD_DIGEST, digest->b, sizeof(digest->b));
	hf_draft_outcome(d, HF_OK, has_text(m->policy) ? m->policy : m->reason);
	hf_draft_party(d, consumer);
	(void)a;
	return d;
}

/* ---- the consumer ---- */

static void fill(Hufu__DestructionRecord *m, const Hufu__DestructionRow *row)
{
	m->destruction = row->id;
	m->transfer = row->transfer;
	m->kind = row->kind;
	m->object = row->object;
	m->resource = row->resource;
	m->outcome = row->outcome;
	m->method = row->method;
	m->verification = row->verification;
	m->policy = row->policy;
	m->reason = row->reason;
	m->destroyed_ms = row->ended_ms;
	m->recall = row->recall;
}

enum hf_err hf_destruction_send(struct hf_authz *a, struct hf_unit *u, const Hufu__DestructionRow *row,
                                const struct hf_hash *root, struct hf_hash *ret_digest, struct hf_fault *f)
{
	HF_CLEANUP(az_paper_done) struct paper paper = {0};
	HF_CLEANUP(hf_decoded_done) Hufu__SignedStatement *asked = NULL;
	HF_CLEANUP(hf_decoded_done) Hufu__SignedStatement *approved = NULL;
	Hufu__DestructionRecord m = HUFU__DESTRUCTION_RECORD__INIT;
	Hufu__DestructionMail mail = HUFU__DESTRUCTION_MAIL__INIT;
	struct paper_head head;
	struct hf_id transfer;
	if (!az_id_of(&row->transfer, &transfer))
		return hf_fault_set(f, HF_E_STORE, "the row of the destruction cannot be read; see `hufu doctor`");
	az_paper_head_init(a, &head, &transfer, row->provider, NULL, NULL);
	fill(&m, row);
	m.header = &head.header;
	if (root)
		m.root = BIN_HASH(root);
	if (!has_text(row->policy)) {
		asked = HF_DECODE_OWN(signed_statement, row->asked.data, row->asked.len);
		approved = HF_DECODE_OWN(signed_statement, row->approved.data, row->approved.len);
		if (!asked || !approved)
			return hf_fault_set(f, HF_E_STORE, "what was signed for the destruction cannot be read");
		m.asked = asked;
		m.approved = approved;
	}
	HF_TRY(az_paper_sign(a, HF_TYPE_DESTRUCTION, &transfer, &m.base, u, &paper, f));
	mail.record = paper.envelope;
	*ret_digest = paper.digest;
	return az_paper_mail(a, u, row->provider, HF_MAIL_DESTRUCTION, &transfer, &mail.base, f);
}

/* ---- the provider ---- */

enum { DESTROYED_KEY = 32 };

static enum hf_err check_transfer(struct hf_authz *a, const struct mail_in *in, const Hufu__DestructionRecord *m)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf b = HF_BUF_INIT;
	HF_CLEANUP(hf_decoded_done) Hufu__TransferRow *t = NULL;
	uint8_t key[17];
	memcpy(key, m->transfer.data, 16);
	key[16] = 'P';
	if (hf_store_get(a->store, HF_TABLE_TRANSFER, key, sizeof(key), &b) == HF_OK)
		t = HF_DECODE_OWN(transfer_row, b.data, b.len);
	if (!t || !same_text(t->peer, in->from))
		return hf_fault_set(in->fault, HF_E_UNKNOWN, "this node knows no such delivery");
	if (t->resource.len != m->resource.len || memcmp(t->resource.data, m->resource.data, m->resource.len) != 0 ||
	    (m->root.len > 0 && (t->root.len != m->root.len || memcmp(t->root.data, m->root.data, m->root.len) != 0)))
		return hf_fault_set(in->fault, HF_E_CONFLICT,
		                    "the record of a destruction speaks of other data than was delivered");
	return HF_OK;
}

/* Both of the consumer, both for this very order, and not the same person. */
static enum hf_err check_persons(struct hf_authz *a, const struct mail_in *in, const Hufu__DestructionRecord *m,
                                 struct person *ret_asked, struct person *ret_approved)
{
	const struct order o = {m->destruction, m->transfer, m->object, m->kind, m->reason};
	struct hf_hash digest;
	struct hf_id id, transfer;
	if (has_text(m->policy))
		return !m->asked && !m->approved
		               ? HF_OK
		               : hf_fault_set(in->fault, HF_E_FORMAT,
		                              "a destruction that a policy decided was approved by nobody");
	if (order_digest(&o, &digest) != HF_OK || !az_id_of(&m->destruction, &id) || !az_id_of(&m->transfer, &transfer))
		return hf_fault_set(in->fault, HF_E_FORMAT, "the record of a destruction names no destruction");
	const struct statement_want asked = {"destruction", HF_MAY_CONFIRM_NEED, in->from, &id, 0, &digest, &transfer};
	const struct statement_want approved = {
	        "destruction-approval", HF_MAY_DESTROY_APPROVE, in->from, &id, 0, &digest, &transfer};
	HF_TRY(az_person_check(a, m->asked, &asked, NULL, ret_asked, in->fault));
	HF_TRY(az_person_check(a, m->approved, &approved, NULL, ret_approved, in->fault));
	if (az_person_same(ret_asked, ret_approved))
		return hf_fault_set(in->fault, HF_E_SEPARATION, "%s asked for the destruction and approved it as well",
		                    ret_asked->account);
	return HF_OK;
}

static void put(struct hf_authz *a, const struct mail_in *in, const Hufu__DestructionRecord *m,
                const struct hf_hash *digest, const char *by[2])
{
	Hufu__DestroyedRow row = HUFU__DESTROYED_ROW__INIT;
	uint8_t key[DESTROYED_KEY];
	size_t len = 0;
	row.destruction = m->destruction;
	row.transfer = m->transfer;
	row.consumer = (char *)in->from;
	row.kind = m->kind;
	row.object = m->object;
	row.resource = m->resource;
	row.outcome = m->outcome;
	row.method = m->method;
	row.verification = m->verification;
	row.policy = m->policy;
	row.reason = m->reason;
	row.asked_by = (char *)by[0];
	row.approved_by = (char *)by[1];
	row.destroyed_ms = m->destroyed_ms;
	row.told_ms = now_of(a);
	row.record_digest = BIN_HASH(digest);
	row.recall = m->recall;
	uint8_t *data = hf_encode(&row.base, &len);
	if (!data)
		abort(); /* memory is gone */
	memcpy(key, m->transfer.data, 16);
	memcpy(key + 16, m->destruction.data, 16);
	hf_unit_put(in->unit, HF_TABLE_DESTROYED, key, sizeof(key), data, len);
	free(data);
}

enum hf_err az_destruction_on_record(struct hf_authz *a, const struct mail_in *in, const Hufu__DestructionMail *mail)
{
	HF_CLEANUP(hf_decoded_done) Hufu__DestructionRecord *m = NULL;
	HF_CLEANUP(az_paper_done) struct paper paper = {0};
	const struct paper_want want = {HF_TYPE_DESTRUCTION, &hufu__destruction_record__descriptor, in->from, NULL,
	                                "the record of a destruction"};
	struct person asked = {.account = ""}, approved = {.account = ""};
	const char *by[2] = {asked.account, approved.account};
	struct hf_id transfer, txn;
	HF_TRY(az_paper_open(a, mail->record, &want, &m, in->fault));
	if (!az_id_of(&m->transfer, &transfer) || !az_id_of(&m->header->transaction, &txn) ||
	    !hf_id_equal(&txn, &transfer))
		return hf_fault_set(in->fault, HF_E_CONFLICT,
		                    "the record of a destruction belongs to another transaction");
	HF_TRY(check_transfer(a, in, m));
	HF_TRY(check_persons(a, in, m, &asked, &approved));
	if (m->destroyed_ms > now_of(a) + HF_CLOCK_SKEW_MS)
		return hf_fault_set(in->fault, HF_E_STALE, "the destruction is dated in the future");
	HF_TRY(az_paper_keep(a, mail->record, &transfer, in->unit, &paper, in->fault));
	put(a, in, m, &paper.digest, by);
	hf_unit_draft(in->unit, record_draft(a, m, in->from, &paper.digest));
	return HF_OK;
}

struct listing {
	hf_destroyed_fn fn;
	void *ctx;
	enum hf_err error;
};

static bool list_row(void *ctx, struct hf_bytes key, struct hf_bytes value)
{
	struct listing *l = ctx;
	(void)key;
	HF_CLEANUP(hf_decoded_done) Hufu__DestroyedRow *row = HF_DECODE_OWN(destroyed_row, value.data, value.len);
	if (!row)
		l->error = HF_E_STORE;
	return row && l->fn(l->ctx, row);
}

enum hf_err hf_destroyed_list(struct hf_authz *a, const struct hf_id *transfer, hf_destroyed_fn fn, void *ctx)
{
	struct listing l = {fn, ctx, HF_OK};
	HF_TRY(hf_store_scan(a->store, HF_TABLE_DESTROYED, transfer ? transfer->b : NULL, transfer ? 16 : 0, NULL, 0,
	                     list_row, &l));
	return l.error;
}
