/*
 * dispute_rows.c - disputes in the store, what must be true of their papers by themselves, and who hears of them. The
 * same checks when a node makes a paper and when it gets one.
 */
#include "authz/dispute_rows.h"

#include <stdlib.h>
#include <string.h>

#include "authz/internal.h"
#include "evidence/envelope.h"
#include "proto/codec.h"

static const char *const outcome_names[] = {
#define OUTCOME_NAME(code, name) [code] = name,
        HF_DISPUTE_OUTCOMES(OUTCOME_NAME)
#undef OUTCOME_NAME
};

const char *hf_dispute_outcome_name(uint32_t outcome)
{
	return outcome < HF_DISPUTE_OUTCOME_COUNT ? outcome_names[outcome] : "";
}

/* ---- papers ---- */

void az_opened_dispute_done(struct opened_dispute *o)
{
	hf_decoded_free(o->dispute);
	hf_decoded_free(o->app);
	*o = (struct opened_dispute){.dispute = NULL};
}

void az_dispute_wording(const Hufu__Dispute *m, struct hf_hash *ret_digest)
{
	Hufu__Dispute bare = *m;
	bare.header = NULL;
	bare.statement = NULL;
	az_digest(&bare.base, ret_digest);
}

/* The application is shown by one of its parties: it need not be addressed to this node. */
static enum hf_err open_application(struct hf_authz *a, struct opened_dispute *o, struct hf_fault *f)
{
	const struct paper_want want = {HF_TYPE_APPLICATION, &hufu__application__descriptor, NULL, &o->txn,
	                                "the application in dispute"};
	struct hf_hash digest;
	struct hf_id id;
	HF_TRY(az_paper_open_shown(a, o->app_paper, &want, &o->app, f));
	HF_TRY(hf_envelope_digest_message(o->app_paper, &digest));
	if (!same_text(o->app->organization, o->app->header->issuer))
		return hf_fault_set(f, HF_E_STANDING, "the application in dispute is not signed by its consumer");
	if (!az_id_of(&o->app->id, &id) || !hf_id_equal(&id, &o->application) ||
	    o->app->revision != o->dispute->revision || !az_hash_is(&o->dispute->application_digest, &digest))
		return hf_fault_set(f, HF_E_DIGEST, "the dispute is about another application than the one with it");
	return HF_OK;
}

static enum hf_err check_issuer(const struct opened_dispute *o, struct hf_fault *f)
{
	const char *issuer = o->dispute->header->issuer;
	if (same_text(issuer, o->app->organization) || same_text(issuer, o->app->provider))
		return HF_OK;
	return hf_fault_set(f, HF_E_STANDING, "%s is neither consumer nor provider of the application in dispute",
	                    issuer);
}

/* The descriptor whose leading group settles it: known here, the very one, and able to. */
static enum hf_err check_pin(struct hf_authz *a, struct opened_dispute *o, struct hf_fault *f)
{
	const struct hf_space *space = hf_peers_space(a->peers);
	const Hufu__Dispute *m = o->dispute;
	struct hf_em_count c;
	struct hf_hash digest;
	if (m->descriptor > hf_space_number(space))
		return hf_fault_set(
		        f, HF_E_BUSY,
		        "the dispute rests on descriptor %llu, which this node does not have yet; it fetches it",
		        (unsigned long long)m->descriptor);
	if (!hf_space_digest_at(space, m->descriptor, &digest) || !az_hash_is(&m->descriptor_digest, &digest))
		return hf_fault_set(f, HF_E_CONFLICT, "the dispute rests on another descriptor %llu than the space's",
		                    (unsigned long long)m->descriptor);
	o->pinned = hf_space_at(space, m->descriptor);
	o->newest = hf_space_current(space);
	o->barred = (struct hf_em_barred){{hf_em_organization(o->pinned, o->app->organization),
	                                   hf_em_organization(o->pinned, o->app->provider),
	                                   hf_em_organization(o->pinned, o->app->intake), NULL}};
	hf_em_count(o->pinned, &o->barred, NULL, 0, &c);
	if (c.of == 0 || c.able < c.needed)
		return hf_fault_set(
		        f, HF_E_STATE,
		        "the leading group cannot settle this dispute: %u organizations have to agree, and %u are no "
		        "party of it; see `hufu space show`",
		        c.needed, c.able);
	return HF_OK;
}

enum hf_err az_dispute_open(struct hf_authz *a, const Hufu__Envelope *dispute, const Hufu__Envelope *application,
                            struct opened_dispute *ret_opened, struct hf_fault *f)
{
	const struct paper_want want = {HF_TYPE_DISPUTE, &hufu__dispute__descriptor, NULL, NULL, "the dispute"};
	HF_CLEANUP(az_opened_dispute_done)
	struct opened_dispute o = {.paper = dispute, .app_paper = application};
	struct hf_hash wording;
	HF_TRY(az_paper_open_public(a, dispute, &want, &o.dispute, f));
	const Hufu__Dispute *m = o.dispute;
	if (!az_id_of(&m->id, &o.id) || !az_id_of(&m->application, &o.application) ||
	    !az_id_of(&m->header->transaction, &o.txn))
		return hf_fault_set(f, HF_E_FORMAT, "the dispute lacks an identifier");
	HF_TRY(hf_envelope_digest_message(dispute, &o.digest));
	HF_TRY(open_application(a, &o, f));
	HF_TRY(check_issuer(&o, f));
	HF_TRY(check_pin(a, &o, f));
	az_dispute_wording(m, &wording);
	const struct statement_want by = {"dispute", HF_MAY_DISPUTE, m->header->issuer, &o.id, m->revision,
	                                  &wording,  &o.txn};
	HF_TRY(az_person_check(a, m->statement, &by, NULL, &o.by, f));
	*ret_opened = o;
	o = (struct opened_dispute){.dispute = NULL};
	return HF_OK;
}

/* ---- rows ---- */

enum hf_err hf_dispute_get(struct hf_authz *a, const struct hf_id *dispute, Hufu__DisputeRow **ret_row)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf b = HF_BUF_INIT;
	HF_TRY(hf_store_get(a->store, HF_TABLE_DISPUTE, dispute->b, sizeof(dispute->b), &b));
	*ret_row = HF_DECODE_OWN(dispute_row, b.data, b.len);
	return *ret_row ? HF_OK : HF_E_STORE;
}

enum hf_err az_dispute_need(struct hf_authz *a, const struct hf_id *id, Hufu__DisputeRow **ret_row, struct hf_fault *f)
{
	char text[HF_ID_TEXT];
	enum hf_err e = hf_dispute_get(a, id, ret_row);
	hf_id_text(id, text);
	if (e == HF_E_UNKNOWN)
		return hf_fault_set(f, e, "there is no dispute %s at this node; `hufu dispute list` lists them", text);
	if (e != HF_OK)
		return hf_fault_set(f, e, "dispute %s cannot be read: %s", text, hf_err_text(e));
	return HF_OK;
}

void az_dispute_put(struct hf_unit *u, const Hufu__DisputeRow *row)
{
	size_t len = 0;
	uint8_t *data = hf_encode(&row->base, &len);
	if (!data)
		abort(); /* memory is gone */
	hf_unit_put(u, HF_TABLE_DISPUTE, row->id.data, row->id.len, data, len);
	free(data);
}

struct scan {
	hf_dispute_fn fn;
	void *ctx;
	enum hf_err error;
};

static bool on_row(void *ctx, struct hf_bytes key, struct hf_bytes value)
{
	struct scan *s = ctx;
	(void)key;
	HF_CLEANUP(hf_decoded_done) Hufu__DisputeRow *row = HF_DECODE_OWN(dispute_row, value.data, value.len);
	if (!row)
		s->error = HF_E_STORE;
	return row && s->fn(s->ctx, row);
}

enum hf_err hf_disputes(struct hf_authz *a, hf_dispute_fn fn, void *ctx)
{
	struct scan s = {fn, ctx, HF_OK};
	HF_TRY(hf_store_scan_back(a->store, HF_TABLE_DISPUTE, NULL, 0, NULL, 0, on_row, &s));
	return s.error;
}

struct tally {
	const struct opened_dispute *o;
	unsigned open;
	bool same; /* one of the same issuer about the same application is open */
};

static bool count_open(void *ctx, const Hufu__DisputeRow *row)
{
	struct tally *t = ctx;
	struct hf_id id;
	if (row->outcome != HF_DISPUTE_OPEN || !same_text(row->raised_by, t->o->dispute->header->issuer))
		return true;
	t->open++;
	t->same |= az_id_of(&row->application, &id) && hf_id_equal(&id, &t->o->application);
	return true;
}

static enum hf_err check_room(struct hf_authz *a, const struct opened_dispute *o, struct hf_fault *f)
{
	struct tally t = {.o = o};
	HF_TRY(hf_fault_default(f, hf_disputes(a, count_open, &t)));
	if (t.same)
		return hf_fault_set(f, HF_E_EXISTS,
		                    "a dispute of %s about this application is open; wait until it is settled (`hufu "
		                    "dispute list`)",
		                    o->dispute->header->issuer);
	if (t.open >= HF_DISPUTES_OPEN_MAX)
		return hf_fault_set(f, HF_E_LIMIT, "%u disputes of %s are open here; wait until some are settled",
		                    t.open, o->dispute->header->issuer);
	return HF_OK;
}

static void fill_row(Hufu__DisputeRow *r, struct opened_dispute *o)
{
	const Hufu__Dispute *m = o->dispute;
	const Hufu__Application *app = o->app;
	hufu__dispute_row__init(r);
	r->id = m->id;
	r->txn = m->header->transaction;
	r->application = m->application;
	r->revision = m->revision;
	r->about = m->about;
	r->reason = m->reason;
	r->raised_by = m->header->issuer;
	r->account = o->by.account;
	r->organization = app->organization;
	r->department = app->department;
	r->system = app->system;
	r->provider = app->provider;
	r->intake = app->intake;
	r->resource = app->resource;
	r->purpose = app->purpose;
	r->from_ms = app->from_ms;
	r->until_ms = app->until_ms;
	r->state = m->state;
	r->result = m->result;
	r->result_reason = m->result_reason;
	r->descriptor = m->descriptor;
	r->made_ms = m->header->time_ms;
	r->digest = BIN_HASH(&o->digest);
}

enum hf_err az_dispute_row(struct hf_authz *a, const struct opened_dispute *o, Hufu__DisputeRow **ret_row,
                           struct hf_fault *f)
{
	struct opened_dispute borrowed = *o;
	Hufu__DisputeRow r;
	size_t dispute_len = 0, application_len = 0, len = 0;
	HF_TRY(check_room(a, o, f));
	fill_row(&r, &borrowed);
	uint8_t *paper = hf_encode(&o->paper->base, &dispute_len);
	uint8_t *app = hf_encode(&o->app_paper->base, &application_len);
	r.envelope = BIN(paper, dispute_len);
	r.application_envelope = BIN(app, application_len);
	uint8_t *data = paper && app ? hf_encode(&r.base, &len) : NULL;
	*ret_row = data ? HF_DECODE_OWN(dispute_row, data, len) : NULL;
	free(data);
	free(paper);
	free(app);
	return *ret_row ? HF_OK : hf_fault_set(f, HF_E_MEMORY, "no memory is left to keep the dispute");
}

/* Who is no party of it has no application to name it on; nor has a provider whom it never reached. */
enum hf_err az_dispute_link(struct hf_authz *a, struct hf_unit *u, const struct opened_dispute *o, struct hf_fault *f)
{
	HF_CLEANUP(hf_decoded_done) Hufu__ApplicationRow *row = NULL;
	HF_CLEANUP(hf_decoded_done) Hufu__ApplicationRevision *rev = NULL;
	ProtobufCBinaryData list[HF_DISPUTES_MAX];
	enum hf_err e = az_row_get(a, &o->application, &row);
	if (e == HF_E_UNKNOWN && !is_self(a, o->app->organization))
		return HF_OK;
	if (e != HF_OK)
		return e == HF_E_UNKNOWN ? az_row_unknown(&o->application, f) : hf_fault_default(f, e);
	struct hf_id txn = az_row_txn(row);
	bool known = az_revision_get(a, &o->application, o->dispute->revision, &rev) == HF_OK;
	if (!hf_id_equal(&txn, &o->txn) || !known ||
	    rev->application_digest.len != o->dispute->application_digest.len ||
	    memcmp(rev->application_digest.data, o->dispute->application_digest.data, rev->application_digest.len) != 0)
		return hf_fault_set(f, HF_E_CONFLICT,
		                    "the application in dispute is on record here in another wording or transaction");
	if (row->n_disputes >= HF_DISPUTES_MAX)
		return hf_fault_set(f, HF_E_LIMIT,
		                    "there have been %u disputes about this application, which is the most",
		                    HF_DISPUTES_MAX);
	ProtobufCBinaryData *before = row->disputes;
	size_t count = row->n_disputes;
	if (count)
		memcpy(list, before, count * sizeof(*list));
	list[count] = BIN_ID(&o->id);
	row->disputes = list;
	row->n_disputes = count + 1;
	az_row_put(a, u, row);
	row->disputes = before;
	row->n_disputes = count;
	return HF_OK;
}

enum hf_err az_dispute_papers(const Hufu__DisputeRow *row, Hufu__Envelope **ret_dispute,
                              Hufu__Envelope **ret_application, struct hf_fault *f)
{
	Hufu__Envelope *dispute = HF_DECODE_OWN(envelope, row->envelope.data, row->envelope.len);
	Hufu__Envelope *app = HF_DECODE_OWN(envelope, row->application_envelope.data, row->application_envelope.len);
	if (!dispute || !app) {
		hf_decoded_free(dispute);
		hf_decoded_free(app);
		return hf_fault_set(f, HF_E_STORE, "the dispute on record cannot be read; see `hufu doctor`");
	}
	*ret_dispute = dispute;
	*ret_application = app;
	return HF_OK;
}

/* ---- telling ---- */

static enum hf_err mail_one(struct hf_authz *a, struct hf_unit *u, const struct group_post *p, const char *to,
                            struct hf_fault *f)
{
	struct hf_fault why = {HF_OK, ""};
	enum hf_err e = az_paper_mail(a, u, to, p->type, &p->txn, p->body, &why);
	if (e == HF_OK || e == HF_E_UNSUPPORTED || e == HF_E_STRANGER)
		return HF_OK;
	return hf_fault_set(f, e, "%s", why.text);
}

enum hf_err az_group_mail(struct hf_authz *a, struct hf_unit *u, const struct group_post *post, struct hf_fault *f)
{
	const Hufu__Descriptor *d = hf_space_current(hf_peers_space(a->peers));
	for (size_t i = 0; d && i < d->n_leading_group; i++)
		if (!is_self(a, d->leading_group[i]))
			HF_TRY(mail_one(a, u, post, d->leading_group[i], f));
	return HF_OK;
}

enum hf_err az_dispute_tell(struct hf_authz *a, struct hf_unit *u, const Hufu__DisputeRow *row,
                            const struct group_post *post, struct hf_fault *f)
{
	const Hufu__Descriptor *d = hf_space_current(hf_peers_space(a->peers));
	const char *const parties[] = {row->organization, row->provider, row->intake};
	for (size_t i = 0; i < sizeof(parties) / sizeof(parties[0]); i++) {
		bool told = is_self(a, parties[i]) || (d && hf_em_in_group(d, parties[i])); /* with the group */
		for (size_t k = 0; k < i; k++)
			told |= same_text(parties[k], parties[i]);
		if (!told)
			HF_TRY(mail_one(a, u, post, parties[i], f));
	}
	return az_group_mail(a, u, post, f);
}

void az_dispute_notice(struct hf_authz *a, struct hf_unit *u, const Hufu__DisputeRow *row, const char *kind,
                       const char *text)
{
	Hufu__NoticeRow n = HUFU__NOTICE_ROW__INIT;
	struct hf_id id = hf_id_new(now_of(a));
	size_t len = 0;
	n.time_ms = now_of(a);
	n.kind = (char *)kind;
	n.text = (char *)text;
	n.application = row->application;
	n.txn = row->txn;
	n.resource = row->resource;
	n.department = is_self(a, row->organization) ? row->department : (char *)"";
	n.reason = row->outcome == HF_DISPUTE_OPEN ? row->reason : row->outcome_reason;
	uint8_t *data = hf_encode(&n.base, &len);
	if (!data)
		abort(); /* memory is gone */
	hf_unit_put(u, HF_TABLE_NOTICE, id.b, sizeof(id.b), data, len);
	free(data);
}

/* ---- entries ---- */

static void put_id(struct hf_draft *d, enum hf_field field, const ProtobufCBinaryData *b)
{
	struct hf_id id;
	if (az_id_of(b, &id))
		az_entry_id(d, field, &id);
}

void az_dispute_entry(struct hf_draft *d, const Hufu__DisputeRow *row, const struct dispute_words *w)
{
	char from[HF_TIME_TEXT], until[HF_TIME_TEXT];
	struct hf_id txn;
	if (az_id_of(&row->txn, &txn))
		hf_draft_txn(d, &txn);
	put_id(d, HF_FIELD_OBJECT, &row->id);
	put_id(d, HF_FIELD_DISPUTE, &row->id);
	put_id(d, HF_FIELD_APPLICATION, &row->application);
	put_id(d, HF_FIELD_RESOURCE, &row->resource);
	hf_draft_textf(d, HF_FIELD_ORGANIZATION, "%s%s%s", row->organization, has_text(row->department) ? "/" : "",
	               row->department);
	hf_draft_text(d, HF_FIELD_SYSTEM, row->system);
	hf_draft_text(d, HF_FIELD_PURPOSE, row->purpose);
	hf_draft_text(d, HF_FIELD_MECHANISM, "application");
	hf_time_text(row->from_ms, from);
	hf_time_text(row->until_ms, until);
	hf_draft_textf(d, HF_FIELD_PERIOD, "%s/%s", from, until);
	hf_draft_text(d, HF_FIELD_RESULT, w->result);
	hf_draft_text(d, HF_FIELD_DETAIL, w->detail);
	hf_draft_text(d, HF_FIELD_COUNTERPARTY, w->counterparty);
	if (w->digest)
		hf_draft_bytes(d, HF_FIELD_DIGEST, w->digest->b, sizeof(w->digest->b));
	hf_draft_party(d, row->organization);
	hf_draft_party(d, row->provider);
}

void az_dispute_entry_add(struct hf_authz *a, struct hf_unit *u, enum hf_event event, const Hufu__DisputeRow *row,
                          const struct dispute_words *w)
{
	struct hf_draft *d = hf_draft_new(event, NULL);
	hf_draft_text(d, HF_FIELD_ACTOR, a->base->self.s);
	hf_draft_text(d, HF_FIELD_MANNER, "mail");
	hf_draft_text(d, HF_FIELD_OUTCOME, "ok");
	az_dispute_entry(d, row, w);
	hf_unit_draft(u, d);
}
