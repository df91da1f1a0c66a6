/*
 * tally_builder.h - a complete, valid tally from generated keys: the space of space_builder.h, five persons, the
 * negotiation (with an optional returned first revision), one transfer, three ledgers with cosigned checkpoints.
 *
 * It is built in three steps, so that a test can bend any of them: tb_documents, tb_ledgers, tb_tally. Before a
 * document is signed, b->hook is called with its kind and the message is open for changes; before an entry is encoded,
 * b->entry_hook is called.
 */
#ifndef HUFU_TESTS_TALLY_BUILDER_H
#define HUFU_TESTS_TALLY_BUILDER_H

#include <stdio.h>

#include "crypto/merkle.h"
#include "evidence/checkpoint.h"
#include "evidence/tally_internal.h"
#include "unit/evidence/space_builder.h"

#define TB_REVISIONS 2
#define TB_ENTRIES 64
#define TB_LEDGERS 3
#define TB_KEPT 1024
#define TB_DAY 86400000ll

static inline char *tb_text(const char *s)
{
	return (char *)(uintptr_t)s;
}

enum tb_person { TB_APPLICANT, TB_AUTHORITY, TB_REVIEWER, TB_APPROVER, TB_EXPERT, TB_PERSONS };

struct tb_ledger {
	unsigned node;
	size_t count, shown_count;
	struct hf_buf entry[TB_ENTRIES], opening[TB_ENTRIES];
	struct hf_hash leaf[TB_ENTRIES];
	bool shown[TB_ENTRIES]; /* goes into the tally */
	uint64_t ordinal[2], last[2];
	char origin[HF_ORIGIN_MAX + 1];
	char note[8192];
};

struct tb {
	struct sb_space *sb;
	struct hf_buf descriptor;
	unsigned revisions;
	unsigned intake_node; /* SB_HUB, or SB_ROADS: the provider takes applications in itself */
	uint32_t next_id;
	int64_t now; /* advances with every header */
	/* Hooks. */
	void (*hook)(struct tb *b, enum hf_doc_kind kind);
	void (*late_hook)(struct tb *b, enum hf_doc_kind kind); /* applications: after the persons have signed */
	void (*entry_hook)(struct tb *b, unsigned node, enum hf_event event, struct hf_draft *d);
	void (*before_hook)(struct tb *b, unsigned node, enum hf_event event); /* may make an entry in front of it */
	void *before_ctx;
	/* false: leave the entry out of the ledger's account (it stays in the log). */
	bool (*show_hook)(struct tb *b, unsigned node, enum hf_event event);
	void (*tally_hook)(struct tb *b, Hufu__Tally *t);
	const char *said; /* reason in the next statements */
	int quorum;       /* cosignatures per checkpoint; default all */
	int64_t cosigned_ms;
	void *ctx;
	/* Persons. */
	struct hf_sign_key *person_key[TB_PERSONS];
	const char *account[TB_PERSONS];
	const char *permission[TB_PERSONS][3];
	uint8_t name_ref[TB_PERSONS][32];
	bool one_factor[TB_PERSONS];
	const char *department[TB_PERSONS]; /* NULL: none */
	/* Identifiers. */
	struct sb_id negotiation, transfer, application, resource, agreement_id, grant;
	/* Documents: message, envelope, digest. */
	Hufu__CatalogEntry entry;
	Hufu__Application app[TB_REVISIONS];
	Hufu__IntakeRecord intake[TB_REVISIONS];
	Hufu__Decision decision[TB_REVISIONS];
	Hufu__Agreement agreement;
	Hufu__Verification verification;
	Hufu__NegotiationEvent event;
	Hufu__TransferRequest request;
	Hufu__TransferStart start;
	Hufu__Manifest manifest;
	Hufu__Receipt receipt;
	Hufu__Label label;
	struct hf_buf e_entry, e_app[TB_REVISIONS], e_intake[TB_REVISIONS], e_decision[TB_REVISIONS], e_agreement,
	        e_verification, e_event, e_request, e_start, e_manifest, e_receipt;
	struct hf_hash h_entry, h_app[TB_REVISIONS], h_intake[TB_REVISIONS], h_decision[TB_REVISIONS], h_agreement,
	        h_verification, h_event, h_request, h_start, h_manifest, h_receipt;
	struct hf_hash root;
	unsigned revision; /* index of the revision in work, for the hook */
	struct tb_ledger ledger[TB_LEDGERS];
	bool with_agreement; /* as a document of its own too */
	bool without_entry;
	/* Memory of small parts. */
	void *kept[TB_KEPT];
	bool kept_decoded[TB_KEPT];
	size_t kept_count;
	struct hf_buf tally;
};

static inline void *tb_keep(struct tb *b, void *p, bool decoded)
{
	if (p == NULL || b->kept_count == TB_KEPT)
		abort();
	b->kept[b->kept_count] = p;
	b->kept_decoded[b->kept_count++] = decoded;
	return p;
}

static inline void *tb_zero(struct tb *b, size_t size)
{
	return tb_keep(b, calloc(1, size), false);
}

static inline ProtobufCBinaryData tb_id(struct tb *b)
{
	struct sb_id *id = tb_zero(b, sizeof(*id));
	*id = sb_make_id(++b->next_id);
	return sb_bytes(id->b, 16);
}

static inline Hufu__Header *tb_header(struct tb *b, unsigned node, const struct sb_id *txn)
{
	Hufu__Header *h = tb_zero(b, sizeof(*h));
	hufu__header__init(h);
	h->suite = HF_SUITE_INTL_1;
	h->space = tb_text(SB_SPACE);
	h->issuer = tb_text(b->sb->name[node]);
	h->message_id = tb_id(b);
	h->time_ms = b->now += 1000;
	h->transaction = sb_bytes(txn->b, 16);
	return h;
}

static inline void tb_sign(struct tb *b, unsigned node, const char *type, const void *message, struct hf_buf *out,
                           struct hf_hash *ret_digest)
{
	hf_buf_clear(out);
	if (hf_envelope_make_message(b->sb->key[node][HF_KEY_ENVELOPE], b->sb->name[node], type, message, out) != HF_OK)
		abort();
	if (ret_digest != NULL)
		hf_envelope_digest(out->data, out->len, ret_digest);
}

static inline Hufu__Envelope *tb_envelope(struct tb *b, const struct hf_buf *bytes)
{
	Hufu__Envelope *e = hf_decode_limit(&hufu__envelope__descriptor, bytes->data, bytes->len, HF_TALLY_MAX);
	return tb_keep(b, e, true);
}

static inline Hufu__Finding **tb_findings(struct tb *b, const char *const *points, size_t count)
{
	Hufu__Finding **list = tb_zero(b, (count + 1) * sizeof(*list));
	for (size_t i = 0; i < count; i++) {
		list[i] = tb_zero(b, sizeof(**list));
		hufu__finding__init(list[i]);
		list[i]->point = tb_text(points[i]);
		list[i]->ok = true;
	}
	return list;
}

static inline unsigned tb_person_node(const struct tb *b, enum tb_person p)
{
	static const unsigned nodes[TB_PERSONS] = {SB_HEALTH, SB_HEALTH, SB_HUB, SB_ROADS, SB_ROADS};
	return p == TB_REVIEWER ? b->intake_node : nodes[p];
}

static inline Hufu__Envelope *tb_certificate(struct tb *b, enum tb_person p, const struct sb_id *txn)
{
	Hufu__PersonCertificate c = HUFU__PERSON_CERTIFICATE__INIT;
	uint8_t pub[32];
	struct hf_buf out = HF_BUF_INIT;
	static char *methods[] = {(char *)(uintptr_t) "password", (char *)(uintptr_t) "totp"};
	char *permissions[3];
	sb_pub(b->person_key[p], pub);
	c.header = tb_header(b, tb_person_node(b, p), txn);
	c.header->transaction.len = 0;
	c.account = tb_text(b->account[p]);
	c.display_name = tb_text("人");
	c.real_name_ref = sb_bytes(b->name_ref[p], 32);
	c.public_key = sb_bytes(pub, 32);
	for (size_t i = 0; i < 3 && b->permission[p][i] != NULL; i++)
		permissions[c.n_permissions++] = tb_text(b->permission[p][i]);
	c.permissions = permissions;
	c.n_methods = b->one_factor[p] ? 1 : 2;
	c.department = tb_text(b->department[p] == NULL ? "" : b->department[p]);
	c.methods = methods;
	c.not_before_ms = SB_T0 - TB_DAY;
	c.not_after_ms = SB_T0 + 30 * TB_DAY;
	tb_sign(b, tb_person_node(b, p), HF_TYPE_PERSON_CERT, &c.base, &out, NULL);
	Hufu__Envelope *e = tb_envelope(b, &out);
	hf_buf_done(&out);
	return e;
}

/* object, revision, digest (NULL: none), findings, result. */
static inline Hufu__SignedStatement *tb_statement(struct tb *b, enum tb_person p, const char *kind,
                                                  const struct sb_id *txn, const struct sb_id *object,
                                                  uint32_t revision, const struct hf_hash *digest,
                                                  const char *const *points, size_t point_count, const char *result,
                                                  int64_t until_ms)
{
	Hufu__Statement s = HUFU__STATEMENT__INIT;
	struct hf_buf out = HF_BUF_INIT;
	char keyid[128];
	unsigned node = tb_person_node(b, p);
	s.header = tb_header(b, node, txn);
	s.account = tb_text(b->account[p]);
	s.kind = tb_text(kind);
	s.object = sb_bytes(object->b, 16);
	s.revision = revision;
	s.object_digest = sb_bytes(digest == NULL ? NULL : digest->b, digest == NULL ? 0 : 32);
	s.n_findings = point_count;
	s.findings = tb_findings(b, points, point_count);
	s.result = tb_text(result);
	s.reason = tb_text(b->said == NULL ? "" : b->said);
	s.until_ms = until_ms;
	snprintf(keyid, sizeof(keyid), "%s/%s", b->sb->name[node], b->account[p]);
	if (hf_envelope_make_message(b->person_key[p], keyid, HF_TYPE_STATEMENT, &s.base, &out) != HF_OK)
		abort();
	Hufu__SignedStatement *st = tb_zero(b, sizeof(*st));
	hufu__signed_statement__init(st);
	st->statement = tb_envelope(b, &out);
	st->certificate = tb_certificate(b, p, txn);
	hf_buf_done(&out);
	return st;
}

static inline void tb_call(struct tb *b, enum hf_doc_kind kind)
{
	if (b->hook != NULL)
		b->hook(b, kind);
}

/* ---- documents ---- */

static inline void tb_make_entry(struct tb *b)
{
	static const char *const names[] = {"plate", "time", "lane"};
	Hufu__CatalogEntry *e = &b->entry;
	hufu__catalog_entry__init(e);
	e->header = tb_header(b, SB_ROADS, &b->negotiation);
	e->header->transaction.len = 0;
	e->id = sb_bytes(b->resource.b, 16);
	e->version = 3;
	e->title = tb_text("Traffic counts 交通");
	e->publisher = tb_text("roads");
	e->data_class = tb_text("transport/count");
	e->level = 2;
	e->sharing = 2;
	e->intake = tb_text(b->sb->name[b->intake_node]);
	e->provider_decides = true;
	e->n_fields = 3;
	e->fields = tb_zero(b, 3 * sizeof(*e->fields));
	for (size_t i = 0; i < 3; i++) {
		e->fields[i] = tb_zero(b, sizeof(Hufu__Field));
		hufu__field__init(e->fields[i]);
		e->fields[i]->name = tb_text(names[i]);
		e->fields[i]->type = tb_text("string");
		e->fields[i]->level = 2;
	}
	tb_call(b, HF_DOC_ENTRY);
	tb_sign(b, SB_ROADS, HF_TYPE_CATALOG_ENTRY, &e->base, &b->e_entry, &b->h_entry);
}

static inline void tb_make_application(struct tb *b, unsigned r)
{
	static const char *const points[] = {"need", "scope", "period"};
	static char *fields[] = {(char *)(uintptr_t) "plate", (char *)(uintptr_t) "time"};
	Hufu__Application *a = &b->app[r];
	struct hf_hash wording;
	hufu__application__init(a);
	a->header = tb_header(b, SB_HEALTH, &b->negotiation);
	a->id = sb_bytes(b->application.b, 16);
	a->revision = r + 1;
	a->resource = sb_bytes(b->resource.b, 16);
	a->resource_version = 3;
	a->provider = tb_text("roads");
	a->intake = tb_text(b->sb->name[b->intake_node]);
	a->organization = tb_text("health");
	a->department = tb_text("emergency");
	a->system = tb_text("dispatch");
	a->system_address = tb_text("127.0.1.9");
	a->reason = tb_text("ambulances need the free lanes");
	a->purpose = tb_text("public-health");
	a->from_ms = SB_T0;
	a->until_ms = SB_T0 + 20 * TB_DAY;
	a->n_fields = 2;
	a->fields = fields;
	a->action = tb_text("read");
	a->mechanism = tb_text("application");
	a->applicant = tb_text(b->account[TB_APPLICANT]);
	a->previous = sb_bytes(r == 0 ? NULL : b->h_app[r - 1].b, r == 0 ? 0 : 32);
	tb_call(b, HF_DOC_APPLICATION);
	hf_application_digest(a, &wording);
	const struct sb_id *n = &b->negotiation, *o = &b->application;
	a->request = tb_statement(b, TB_APPLICANT, "request", n, o, r + 1, &wording, NULL, 0, "", 0);
	a->need = tb_statement(b, TB_AUTHORITY, "need", n, o, r + 1, &wording, points, 3, "pass", 0);
	if (b->late_hook != NULL)
		b->late_hook(b, HF_DOC_APPLICATION);
	tb_sign(b, SB_HEALTH, HF_TYPE_APPLICATION, &a->base, &b->e_app[r], &b->h_app[r]);
}

static inline void tb_make_intake(struct tb *b, unsigned r)
{
	static const char *const criteria[] = {"purposes", "max_days"};
	Hufu__IntakeRecord *i = &b->intake[r];
	hufu__intake_record__init(i);
	i->header = tb_header(b, b->intake_node, &b->negotiation);
	i->application = sb_bytes(b->application.b, 16);
	i->revision = r + 1;
	i->application_digest = sb_bytes(b->h_app[r].b, 32);
	i->result = tb_text("pass");
	i->n_criteria = 2;
	i->criteria = tb_findings(b, criteria, 2);
	i->review = tb_statement(b, TB_REVIEWER, "compliance", &b->negotiation, &b->application, r + 1, &b->h_app[r],
	                         NULL, 0, "pass", 0);
	tb_call(b, HF_DOC_INTAKE);
	tb_sign(b, b->intake_node, HF_TYPE_INTAKE, &i->base, &b->e_intake[r], &b->h_intake[r]);
}

static inline void tb_make_agreement(struct tb *b)
{
	const Hufu__Application *a = &b->app[b->revisions - 1];
	Hufu__Agreement *g = &b->agreement;
	hufu__agreement__init(g);
	static char *obligations[] = {(char *)(uintptr_t) "receipt"};
	g->header = tb_header(b, SB_ROADS, &b->negotiation);
	g->id = sb_bytes(b->agreement_id.b, 16);
	g->application = a->id;
	g->revision = a->revision;
	g->resource = a->resource;
	g->resource_version = 3;
	g->assigner = tb_text("roads");
	g->assignee = tb_text("health");
	g->department = a->department;
	g->system = a->system;
	g->system_address = a->system_address;
	g->action = a->action;
	g->purpose = a->purpose;
	g->n_fields = a->n_fields;
	g->fields = a->fields;
	g->from_ms = b->now + 1000;
	g->until_ms = a->until_ms - TB_DAY;
	g->n_obligations = 1;
	g->obligations = obligations;
	g->grant = sb_bytes(b->grant.b, 16);
	g->entry_digest = sb_bytes(b->h_entry.b, 32);
	tb_call(b, HF_DOC_AGREEMENT);
	tb_sign(b, SB_ROADS, HF_TYPE_AGREEMENT, &g->base, &b->e_agreement, &b->h_agreement);
}

static inline void tb_make_decision(struct tb *b, unsigned r)
{
	static const char *const points[] = {"necessity", "compliance"};
	bool last = r + 1 == b->revisions;
	Hufu__Decision *d = &b->decision[r];
	hufu__decision__init(d);
	if (last)
		tb_make_agreement(b);
	d->header = tb_header(b, SB_ROADS, &b->negotiation);
	d->application = sb_bytes(b->application.b, 16);
	d->revision = r + 1;
	d->application_digest = sb_bytes(b->h_app[r].b, 32);
	d->intake_digest = sb_bytes(b->h_intake[r].b, 32);
	d->result = tb_text(last ? "T" : "S");
	d->reason = tb_text(last ? "" : "name the lanes");
	d->from_ms = last ? b->agreement.from_ms : 0;
	d->until_ms = last ? b->agreement.until_ms : 0;
	const struct sb_id *n = &b->negotiation, *o = &b->application;
	b->said = d->reason;
	d->decision =
	        tb_statement(b, TB_APPROVER, "decision", n, o, r + 1, &b->h_app[r], NULL, 0, d->result, d->until_ms);
	b->said = NULL;
	d->privacy = tb_statement(b, TB_EXPERT, "privacy", n, o, r + 1, &b->h_app[r], points, 2, "pass", 0);
	if (last)
		d->agreement = tb_envelope(b, &b->e_agreement);
	tb_call(b, HF_DOC_DECISION);
	tb_sign(b, SB_ROADS, HF_TYPE_DECISION, &d->base, &b->e_decision[r], &b->h_decision[r]);
}

static inline void tb_make_verification(struct tb *b)
{
	hufu__verification__init(&b->verification);
	b->verification.header = tb_header(b, SB_HEALTH, &b->negotiation);
	b->verification.agreement = b->agreement.id;
	b->verification.agreement_digest = sb_bytes(b->h_agreement.b, 32);
	tb_call(b, HF_DOC_VERIFICATION);
	tb_sign(b, SB_HEALTH, HF_TYPE_VERIFICATION, &b->verification.base, &b->e_verification, &b->h_verification);
	hufu__negotiation_event__init(&b->event);
	b->event.header = tb_header(b, SB_ROADS, &b->negotiation);
	b->event.application = sb_bytes(b->application.b, 16);
	b->event.revision = b->revisions;
	b->event.event = tb_text("FINALIZED");
	b->event.agreement = b->agreement.id;
	tb_call(b, HF_DOC_EVENT);
	tb_sign(b, SB_ROADS, HF_TYPE_NEGOTIATION_EVENT, &b->event.base, &b->e_event, &b->h_event);
}

static inline void tb_make_request(struct tb *b)
{
	Hufu__TransferRequest *q = &b->request;
	hufu__transfer_request__init(q);
	q->header = tb_header(b, SB_HEALTH, &b->transfer);
	q->transfer = sb_bytes(b->transfer.b, 16);
	q->agreement = b->agreement.id;
	q->grant = b->agreement.grant;
	q->resource = b->agreement.resource;
	q->system = b->agreement.system;
	q->action = b->agreement.action;
	q->purpose = b->agreement.purpose;
	q->address = b->agreement.system_address;
	q->format = tb_text("text/csv");
	q->subject = tb_statement(b, TB_APPLICANT, "access", &b->transfer, &b->transfer, 0, NULL, NULL, 0, "", 0);
	tb_call(b, HF_DOC_REQUEST);
	tb_sign(b, SB_HEALTH, HF_TYPE_TRANSFER_REQUEST, &q->base, &b->e_request, &b->h_request);
}

static inline void tb_make_label(struct tb *b)
{
	Hufu__Label *l = &b->label;
	hufu__label__init(l);
	l->entry = b->agreement.resource;
	l->version = 3;
	l->data_class = tb_text("transport/count");
	l->level = 2;
	l->sharing = 2;
	l->recipient = tb_text("health");
	l->system = b->agreement.system;
	l->action = b->agreement.action;
	l->purpose = b->agreement.purpose;
	l->from_ms = b->agreement.from_ms;
	l->until_ms = b->agreement.until_ms;
	l->n_obligations = b->agreement.n_obligations;
	l->obligations = b->agreement.obligations;
	l->n_fields = b->agreement.n_fields;
	l->fields = tb_zero(b, (l->n_fields + 1) * sizeof(*l->fields));
	for (size_t i = 0; i < l->n_fields; i++) {
		l->fields[i] = tb_zero(b, sizeof(Hufu__FieldLabel));
		hufu__field_label__init(l->fields[i]);
		l->fields[i]->name = b->agreement.fields[i];
		l->fields[i]->type = tb_text("string");
		l->fields[i]->level = 2;
	}
}

static inline void tb_make_start(struct tb *b)
{
	static uint8_t sealed[80] = {1};
	Hufu__TransferStart *s = &b->start;
	hufu__transfer_start__init(s);
	tb_make_label(b);
	s->header = tb_header(b, SB_ROADS, &b->transfer);
	s->transfer = sb_bytes(b->transfer.b, 16);
	s->request_digest = sb_bytes(b->h_request.b, 32);
	s->chunk_bytes = 1 << 20;
	s->sealed_key = sb_bytes(sealed, sizeof(sealed));
	s->aead = 1;
	s->label = &b->label;
	s->generation = 1;
	tb_call(b, HF_DOC_START);
	tb_sign(b, SB_ROADS, HF_TYPE_TRANSFER_START, &s->base, &b->e_start, &b->h_start);
}

static inline void tb_make_manifest(struct tb *b)
{
	Hufu__Manifest *m = &b->manifest;
	hufu__manifest__init(m);
	m->started_ms = b->now + 500;
	m->ended_ms = b->now + 900;
	m->header = tb_header(b, SB_ROADS, &b->transfer);
	m->transfer = sb_bytes(b->transfer.b, 16);
	m->agreement = b->agreement.id;
	m->grant = b->agreement.grant;
	m->label = b->start.label;
	m->chunk_bytes = b->start.chunk_bytes;
	m->chunks = 3;
	m->bytes = 2500000;
	m->rows = 40000;
	memset(b->root.b, 0x5a, sizeof(b->root.b));
	m->root = sb_bytes(b->root.b, 32);
	m->format = tb_text("text/csv");
	tb_call(b, HF_DOC_MANIFEST);
	tb_sign(b, SB_ROADS, HF_TYPE_MANIFEST, &m->base, &b->e_manifest, &b->h_manifest);
}

static inline void tb_make_receipt(struct tb *b)
{
	Hufu__Receipt *r = &b->receipt;
	hufu__receipt__init(r);
	r->received_ms = b->now + 500;
	r->header = tb_header(b, SB_HEALTH, &b->transfer);
	r->transfer = sb_bytes(b->transfer.b, 16);
	r->manifest_digest = sb_bytes(b->h_manifest.b, 32);
	r->root = b->manifest.root;
	r->bytes = b->manifest.bytes;
	r->rows = b->manifest.rows;
	r->quality = tb_text("met");
	tb_call(b, HF_DOC_RECEIPT);
	tb_sign(b, SB_HEALTH, HF_TYPE_RECEIPT, &r->base, &b->e_receipt, &b->h_receipt);
}

static inline void tb_documents(struct tb *b)
{
	tb_make_entry(b);
	for (unsigned r = 0; r < b->revisions; r++) {
		b->revision = r;
		tb_make_application(b, r);
		tb_make_intake(b, r);
		tb_make_decision(b, r);
	}
	tb_make_verification(b);
	tb_make_request(b);
	tb_make_start(b);
	tb_make_manifest(b);
	tb_make_receipt(b);
}

/* ---- ledgers ---- */

static inline void tb_entry(struct tb *b, struct tb_ledger *l, enum hf_event event, int which,
                            const struct hf_hash *digest, bool closes)
{
	if (b->before_hook != NULL)
		b->before_hook(b, l->node, event);
	struct hf_entry_in in = {.origin = l->origin, .index = l->count, .time_ms = b->now};
	struct hf_id txn;
	char text[HF_ID_TEXT];
	uint8_t label_key[32] = {3}, secret[32] = {4, (uint8_t)l->node, (uint8_t)l->count};
	memcpy(txn.b, which == 1 ? b->transfer.b : b->negotiation.b, 16);
	struct hf_draft *d = hf_draft_new(event, which < 0 ? NULL : &txn);
	hf_draft_text(d, HF_FIELD_EVENT, hf_event_name(event));
	hf_draft_text(d, HF_FIELD_ACTOR, b->sb->name[l->node]);
	hf_draft_text(d, HF_FIELD_OUTCOME, "ok");
	if (digest != NULL)
		hf_draft_bytes(d, HF_FIELD_DIGEST, digest->b, 32);
	if (which >= 0) {
		hf_id_text(&txn, text);
		hf_draft_text(d, HF_FIELD_TRANSACTION, text);
		hf_draft_int(d, HF_FIELD_ORDINAL, (int64_t)++l->ordinal[which]);
		if (l->ordinal[which] > 1)
			hf_draft_int(d, HF_FIELD_BACK_LINK, (int64_t)l->last[which]);
		if (closes)
			hf_draft_int(d, HF_FIELD_COUNT, (int64_t)l->ordinal[which]);
		l->last[which] = l->count;
	}
	if (b->entry_hook != NULL)
		b->entry_hook(b, l->node, event, d);
	if (l->count > 0)
		in.prev = l->leaf[l->count - 1];
	in.label_key = label_key;
	in.secret = secret;
	hf_buf_clear(&l->entry[l->count]);
	hf_buf_clear(&l->opening[l->count]);
	if (hf_entry_encode(&in, d, &l->entry[l->count], &l->leaf[l->count]) != HF_OK ||
	    hf_entry_open_draft(&in, d, &l->opening[l->count]) != HF_OK)
		abort();
	hf_draft_free(d);
	l->shown[l->count] = which >= 0 && (b->show_hook == NULL || b->show_hook(b, l->node, event));
	l->count++;
}

struct tb_leaves {
	const struct hf_hash *leaf;
	uint64_t count;
};
static inline bool tb_read(void *ctx, unsigned level, uint64_t index, struct hf_hash *ret_hash)
{
	const struct tb_leaves *l = ctx;
	if ((index + 1) << level > l->count)
		return false;
	hf_merkle_root(l->leaf + (index << level), (size_t)1 << level, ret_hash);
	return true;
}

static inline void tb_checkpoint(struct tb *b, struct tb_ledger *l)
{
	static const unsigned witnesses[] = {SB_AUDIT, SB_HUB, SB_PORT, SB_ROADS};
	struct hf_checkpoint c = {.size = l->count};
	char name[HF_ORIGIN_MAX + 1];
	int left = b->quorum;
	snprintf(c.origin, sizeof(c.origin), "%s", l->origin);
	hf_merkle_root(l->leaf, l->count, &c.root);
	size_t text = hf_checkpoint_text(&c, l->note, sizeof(l->note)), at = text;
	l->note[at++] = '\n';
	at += hf_note_sign_line(b->sb->key[l->node][HF_KEY_LOG], l->origin, l->note, text, l->note + at,
	                        sizeof(l->note) - at);
	for (unsigned i = 0; i < 4; i++) {
		if (witnesses[i] == l->node || left-- <= 0)
			continue;
		hf_space_witness_name(SB_SPACE, b->sb->name[witnesses[i]], name);
		at += hf_note_cosign_line(b->sb->key[witnesses[i]][HF_KEY_WITNESS], name,
		                          (uint64_t)(b->cosigned_ms / 1000) + i, l->note, text, l->note + at,
		                          sizeof(l->note) - at);
	}
	l->note[at] = 0;
}

static inline void tb_ledger_start(struct tb *b, unsigned n, unsigned node)
{
	struct tb_ledger *l = &b->ledger[n];
	l->node = node;
	l->count = 0;
	memset(l->ordinal, 0, sizeof(l->ordinal));
	hf_space_origin(SB_SPACE, b->sb->name[node], l->origin);
	tb_entry(b, l, HF_EVENT_GENESIS, -1, NULL, false);
	tb_entry(b, l, HF_EVENT_START, -1, NULL, false);
}

static inline void tb_consumer_ledger(struct tb *b)
{
	struct tb_ledger *l = &b->ledger[0];
	tb_ledger_start(b, 0, SB_HEALTH);
	for (unsigned r = 0; r < b->revisions; r++) {
		tb_entry(b, l, HF_EVENT_APPLICATION_DRAFT, 0, NULL, false);
		tb_entry(b, l, HF_EVENT_NEED_REVIEW, 0, NULL, false);
		tb_entry(b, l, HF_EVENT_APPLICATION_SUBMIT, 0, &b->h_app[r], false);
		tb_entry(b, l, HF_EVENT_COMPLIANCE_REVIEW, 0, &b->h_intake[r], false);
		tb_entry(b, l, HF_EVENT_SELF_CHECK, -1, NULL, false);
		tb_entry(b, l, HF_EVENT_RESULT, 0, &b->h_decision[r], false);
	}
	tb_entry(b, l, HF_EVENT_VERIFICATION, 0, &b->h_verification, false);
	tb_entry(b, l, HF_EVENT_FINALIZED, 0, &b->h_event, true);
	tb_entry(b, l, HF_EVENT_TRANSFER_REQUEST, 1, &b->h_request, false);
	tb_entry(b, l, HF_EVENT_TRANSFER_START, 1, &b->h_start, false);
	tb_entry(b, l, HF_EVENT_TRANSFER_RECEIVED, 1, &b->h_manifest, false);
	tb_entry(b, l, HF_EVENT_RECEIPT, 1, &b->h_receipt, true);
	tb_checkpoint(b, l);
}

static inline void tb_intake_ledger(struct tb *b)
{
	struct tb_ledger *l = &b->ledger[1];
	tb_ledger_start(b, 1, SB_HUB);
	for (unsigned r = 0; r < b->revisions; r++) {
		tb_entry(b, l, HF_EVENT_APPLICATION_RECEIVE, 0, &b->h_app[r], false);
		tb_entry(b, l, HF_EVENT_COMPLIANCE_REVIEW, 0, &b->h_intake[r], false);
		tb_entry(b, l, HF_EVENT_RESULT, 0, &b->h_decision[r], r + 1 == b->revisions);
	}
	tb_entry(b, l, HF_EVENT_STOP, -1, NULL, false);
	tb_checkpoint(b, l);
}

static inline void tb_provider_ledger(struct tb *b)
{
	struct tb_ledger *l = &b->ledger[2];
	tb_ledger_start(b, 2, SB_ROADS);
	for (unsigned r = 0; r < b->revisions; r++) {
		tb_entry(b, l, HF_EVENT_APPLICATION_RECEIVE, 0, &b->h_app[r], false);
		tb_entry(b, l, HF_EVENT_COMPLIANCE_REVIEW, 0, &b->h_intake[r], false);
		tb_entry(b, l, HF_EVENT_DECISION, 0, &b->h_decision[r], false);
	}
	tb_entry(b, l, HF_EVENT_AGREEMENT, 0, &b->h_agreement, false);
	tb_entry(b, l, HF_EVENT_VERIFICATION, 0, &b->h_verification, false);
	tb_entry(b, l, HF_EVENT_FINALIZED, 0, &b->h_event, true);
	tb_entry(b, l, HF_EVENT_ACCESS_DECISION, 1, &b->h_request, false);
	tb_entry(b, l, HF_EVENT_TRANSFER_START, 1, &b->h_start, false);
	tb_entry(b, l, HF_EVENT_TRANSFER_SENT, 1, &b->h_manifest, false);
	tb_entry(b, l, HF_EVENT_TRANSFER_CLOSED, 1, &b->h_receipt, true);
	tb_checkpoint(b, l);
}

static inline void tb_ledgers(struct tb *b)
{
	tb_consumer_ledger(b);
	tb_intake_ledger(b);
	tb_provider_ledger(b);
}

/* ---- the file ---- */

static inline Hufu__TallyEntry *tb_tally_entry(struct tb *b, const struct tb_ledger *l, size_t i)
{
	Hufu__TallyEntry *e = tb_zero(b, sizeof(*e));
	struct tb_leaves leaves = {l->leaf, l->count};
	struct hf_merkle_path *path = tb_zero(b, sizeof(*path));
	hufu__tally_entry__init(e);
	e->index = i;
	e->entry = sb_bytes(l->entry[i].data, l->entry[i].len);
	if (!hf_merkle_inclusion(tb_read, &leaves, i, l->count, path))
		abort();
	e->n_path = path->count;
	e->path = tb_zero(b, (path->count + 1) * sizeof(*e->path));
	for (uint32_t k = 0; k < path->count; k++)
		e->path[k] = sb_bytes(path->node[k].b, 32);
	e->opening = tb_keep(b, HF_DECODE(entry_opening, l->opening[i].data, l->opening[i].len), true);
	return e;
}

static inline Hufu__TallyLedger *tb_tally_ledger(struct tb *b, struct tb_ledger *l)
{
	Hufu__TallyLedger *t = tb_zero(b, sizeof(*t));
	hufu__tally_ledger__init(t);
	t->origin = l->origin;
	t->checkpoint = l->note;
	t->entries = tb_zero(b, TB_ENTRIES * sizeof(*t->entries));
	for (size_t i = 0; i < l->count; i++)
		if (l->shown[i])
			t->entries[t->n_entries++] = tb_tally_entry(b, l, i);
	return t;
}

static inline void tb_add_doc(struct tb *b, Hufu__Tally *t, const struct hf_buf *envelope)
{
	t->documents[t->n_documents++] = tb_envelope(b, envelope);
}

/* The tally, signed by the provider; b->tally gets the file. The lists have room for what a hook adds. */
static inline void tb_tally(struct tb *b)
{
	Hufu__Tally t = HUFU__TALLY__INIT;
	Hufu__Envelope *descriptors[4], *documents[32];
	Hufu__TallyLedger *ledgers[8];
	t.header = tb_header(b, SB_ROADS, &b->transfer);
	t.n_descriptors = 1;
	t.descriptors = descriptors;
	descriptors[0] = tb_envelope(b, &b->descriptor);
	t.documents = documents;
	if (!b->without_entry)
		tb_add_doc(b, &t, &b->e_entry);
	for (unsigned r = 0; r < b->revisions; r++) {
		tb_add_doc(b, &t, &b->e_app[r]);
		tb_add_doc(b, &t, &b->e_intake[r]);
		tb_add_doc(b, &t, &b->e_decision[r]);
	}
	if (b->with_agreement)
		tb_add_doc(b, &t, &b->e_agreement);
	tb_add_doc(b, &t, &b->e_verification);
	tb_add_doc(b, &t, &b->e_event);
	tb_add_doc(b, &t, &b->e_request);
	tb_add_doc(b, &t, &b->e_start);
	tb_add_doc(b, &t, &b->e_manifest);
	tb_add_doc(b, &t, &b->e_receipt);
	t.ledgers = ledgers;
	for (size_t i = 0; i < TB_LEDGERS; i++)
		if (i != 1 || b->intake_node == SB_HUB)
			ledgers[t.n_ledgers++] = tb_tally_ledger(b, &b->ledger[i]);
	hf_buf_clear(&b->tally);
	if (b->tally_hook != NULL)
		b->tally_hook(b, &t);
	else if (hf_tally_make(b->sb->key[SB_ROADS][HF_KEY_ENVELOPE], "roads", &t, &b->tally) != HF_OK)
		abort();
}

/* For tally hooks: signs what they made, in the order they left it in. */
static inline void tb_sign_tally(struct tb *b, Hufu__Tally *t)
{
	if (hf_envelope_make_message(b->sb->key[SB_ROADS][HF_KEY_ENVELOPE], "roads", HF_TYPE_TALLY, &t->base,
	                             &b->tally) != HF_OK)
		abort();
}

static inline void tb_persons(struct tb *b, uint8_t salt)
{
	static const char *const accounts[TB_PERSONS] = {"li.wei", "wang.fang", "zhao.lei", "chen.jie", "sun.li"};
	static const char *const permissions[TB_PERSONS][3] = {
	        {"apply", "fetch"}, {"confirm-need"}, {"intake"}, {"approve"}, {"privacy-review"}};
	for (unsigned p = 0; p < TB_PERSONS; p++) {
		b->person_key[p] = sb_key(salt, (uint8_t)(0xa0 + p));
		b->account[p] = accounts[p];
		memcpy(b->permission[p], permissions[p], sizeof(b->permission[p]));
		memset(b->name_ref[p], (int)p + 1, sizeof(b->name_ref[p]));
	}
}

/* number tells transactions of one space from each other. */
static inline struct tb *tb_new(uint8_t salt, uint32_t number)
{
	struct tb *b = calloc(1, sizeof(*b));
	if (b == NULL || !hf_crypto_init())
		abort();
	b->sb = sb_new(salt);
	b->revisions = 1;
	b->intake_node = SB_HUB;
	b->next_id = number * 1000 + 100;
	b->now = SB_T0 + 60000;
	b->quorum = 4;
	b->cosigned_ms = SB_T0 + TB_DAY;
	tb_persons(b, salt);
	struct sb_id *ids[] = {&b->negotiation, &b->transfer,     &b->application,
	                       &b->resource,    &b->agreement_id, &b->grant};
	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++)
		*ids[i] = sb_make_id(number * 1000 + (uint32_t)i + 1);
	sb_sign(b->sb, &b->descriptor);
	return b;
}

/* All three steps. */
static inline void tb_build(struct tb *b)
{
	tb_documents(b);
	tb_ledgers(b);
	tb_tally(b);
}

static inline void tb_root(const struct tb *b, struct hf_sign_pub *ret_root)
{
	memcpy(ret_root->b, b->sb->root_pub, 32);
}

static inline struct hf_trust tb_trust(const struct tb *b)
{
	struct hf_trust t = {.number = 0};
	tb_root(b, &t.root);
	return t;
}

static inline void tb_free(struct tb *b)
{
	struct hf_buf *single[] = {&b->descriptor, &b->e_entry, &b->e_agreement, &b->e_verification, &b->e_event,
	                           &b->e_request,  &b->e_start, &b->e_manifest,  &b->e_receipt,      &b->tally};
	for (size_t i = 0; i < b->kept_count; i++) {
		if (b->kept_decoded[i])
			hf_decoded_free(b->kept[i]);
		else
			free(b->kept[i]);
	}
	for (size_t i = 0; i < sizeof(single) / sizeof(single[0]); i++)
		hf_buf_done(single[i]);
	for (unsigned r = 0; r < TB_REVISIONS; r++) {
		hf_buf_done(&b->e_app[r]);
		hf_buf_done(&b->e_intake[r]);
		hf_buf_done(&b->e_decision[r]);
	}
	for (size_t l = 0; l < TB_LEDGERS; l++)
		for (size_t i = 0; i < TB_ENTRIES; i++) {
			hf_buf_done(&b->ledger[l].entry[i]);
			hf_buf_done(&b->ledger[l].opening[i]);
		}
	for (unsigned p = 0; p < TB_PERSONS; p++)
		hf_sign_key_free(b->person_key[p]);
	sb_free(b->sb);
	free(b);
}

#endif
