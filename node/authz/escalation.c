/*
 * escalation.c - an overdue decision goes to the leading group (AZ-18): the intake node tells each of its nodes, and
 * later that the decision has come. They keep a list; nothing else follows from it, least of all an approval.
 */
#include <stdlib.h>
#include <string.h>

#include "authz/calendar.h"
#include "authz/deadline.h"
#include "authz/dispute_rows.h"
#include "authz/internal.h"
#include "proto/codec.h"

#define ESCALATIONS_OPEN_MAX 500u /* of one intake node, here */
#define ESCALATIONS_A_DAY 1000u   /* the same */
#define DAY_MS (INT64_C(86400) * 1000)

bool az_escalation_possible(const struct hf_authz *a)
{
	const Hufu__Descriptor *d = hf_space_current(hf_peers_space(a->peers));
	return d && d->n_leading_group > 0;
}

/* ---- rows of the leading group ---- */

static enum hf_err get_row(struct hf_authz *a, const struct hf_id *application, Hufu__EscalationRow **ret_row)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf b = HF_BUF_INIT;
	HF_TRY(hf_store_get(a->store, HF_TABLE_ESCALATION, application->b, sizeof(application->b), &b));
	*ret_row = HF_DECODE_OWN(escalation_row, b.data, b.len);
	return *ret_row ? HF_OK : HF_E_STORE;
}

static enum hf_err put_row(struct hf_authz *a, struct hf_unit *u, const Hufu__Escalation *m)
{
	HF_CLEANUP(hf_decoded_done) Hufu__EscalationRow *before = NULL;
	Hufu__EscalationRow r = HUFU__ESCALATION_ROW__INIT;
	struct hf_id id;
	size_t len = 0;
	bool decided = strcmp(m->state, "decided") == 0;
	if (!az_id_of(&m->application, &id))
		return HF_E_FORMAT;
	bool known = get_row(a, &id, &before) == HF_OK;
	r.application = m->application;
	r.txn = m->header->transaction;
	r.revision = m->revision;
	r.resource = m->resource;
	r.title = m->title;
	r.provider = m->provider;
	r.organization = m->organization;
	r.intake = m->header->issuer;
	bool same = known && before->revision == m->revision;
	r.sent_ms = same ? before->sent_ms : m->sent_ms;
	r.due_ms = same ? before->due_ms : m->due_ms;
	r.told_ms = same ? before->told_ms : m->header->time_ms;
	r.ended_ms = decided ? m->header->time_ms : 0;
	r.result = m->result;
	uint8_t *data = hf_encode(&r.base, &len);
	if (!data)
		return HF_E_MEMORY;
	hf_unit_put(u, HF_TABLE_ESCALATION, id.b, sizeof(id.b), data, len);
	free(data);
	return HF_OK;
}

/* ---- told by the intake node ---- */

static void fill(Hufu__Escalation *m, const Hufu__ApplicationRow *row, const struct hf_deadline *t, bool decided)
{
	m->application = row->id;
	m->revision = decided ? row->urged_revision : row->intake_revision;
	m->resource = row->resource;
	m->title = row->title;
	m->provider = row->provider;
	m->organization = row->organization;
	m->sent_ms = t->sent_ms;
	m->due_ms = t->due_ms;
	m->state = (char *)(decided ? "decided" : "overdue");
	m->result = (char *)(!decided ? "" : has_text(row->result) ? row->result : "S"); /* corrected meanwhile */
}

enum hf_err az_escalation_tell(struct hf_authz *a, struct hf_unit *u, const Hufu__ApplicationRow *row,
                               const struct hf_deadline *t, bool decided)
{
	HF_CLEANUP(az_paper_done) struct paper paper = {0};
	struct hf_fault f = {HF_OK, ""};
	struct hf_id txn = az_row_txn(row);
	struct paper_head head;
	Hufu__Escalation m = HUFU__ESCALATION__INIT;
	Hufu__EscalationMail mail = HUFU__ESCALATION_MAIL__INIT;
	const Hufu__Descriptor *d = hf_space_current(hf_peers_space(a->peers));
	az_paper_head_init(a, &head, &txn, NULL, NULL, NULL);
	m.header = &head.header;
	fill(&m, row, t, decided);
	HF_TRY(az_paper_sign(a, HF_TYPE_ESCALATION, &txn, &m.base, u, &paper, &f));
	mail.escalation = paper.envelope;
	const struct group_post post = {HF_MAIL_ESCALATION, &mail.base, txn};
	HF_TRY(az_group_mail(a, u, &post, &f));
	if (d && hf_em_in_group(d, a->base->self.s))
		HF_TRY(put_row(a, u, &m));
	az_entry_add(a, u, HF_EVENT_ESCALATION, row,
	             &(struct entry_words){.digest = &paper.digest,
	                                   .result = decided ? m.result : NULL,
	                                   .detail = decided ? "the overdue decision has come"
	                                                     : "the overdue decision is reported to the leading group",
	                                   .counterparty = row->provider});
	return HF_OK;
}

/* ---- at the leading group ---- */

struct open_of {
	const char *intake;
	int64_t day_ago_ms;
	unsigned count, today;
};

static bool count_open(void *ctx, const Hufu__EscalationRow *row)
{
	struct open_of *o = ctx;
	if (!same_text(row->intake, o->intake))
		return true;
	o->count += row->ended_ms == 0;
	o->today += row->told_ms > o->day_ago_ms;
	return true;
}

static enum hf_err check_overdue(struct hf_authz *a, const struct mail_in *in, const Hufu__Escalation *m)
{
	const Hufu__Descriptor *d = hf_space_current(hf_peers_space(a->peers));
	struct open_of open = {.intake = in->from, .day_ago_ms = now_of(a) - DAY_MS};
	if (!d || !hf_em_in_group(d, a->base->self.s))
		return hf_fault_set(in->fault, HF_E_STANDING, "%s is not in the leading group of the space",
		                    a->base->self.s);
	if (m->due_ms > now_of(a) + HF_CLOCK_SKEW_MS || m->due_ms < az_calendar_due(d, m->sent_ms, 1))
		return hf_fault_set(in->fault, HF_E_CONFLICT,
		                    "the decision is not due yet by this node's clock and calendar");
	HF_TRY(hf_fault_default(in->fault, hf_escalations(a, count_open, &open)));
	if (open.count >= ESCALATIONS_OPEN_MAX || open.today >= ESCALATIONS_A_DAY)
		return hf_fault_set(
		        in->fault, HF_E_LIMIT,
		        "%s has reported %u overdue decisions here that are open, and %u within a day; report "
		        "the next ones when some are decided",
		        in->from, open.count, open.today);
	return HF_OK;
}

static void put_id(struct hf_draft *d, enum hf_field field, const ProtobufCBinaryData *b)
{
	struct hf_id id;
	if (az_id_of(b, &id))
		az_entry_id(d, field, &id);
}

static void describe(struct hf_unit *u, const Hufu__Escalation *m, const struct hf_id *txn, const struct paper *paper)
{
	struct hf_draft *d = hf_draft_new(HF_EVENT_ESCALATION, NULL);
	char due[HF_TIME_TEXT];
	hf_time_text(m->due_ms, due);
	hf_draft_txn(d, txn);
	hf_draft_text(d, HF_FIELD_ACTOR, m->header->issuer);
	hf_draft_text(d, HF_FIELD_MANNER, "mail");
	hf_draft_text(d, HF_FIELD_OUTCOME, "ok");
	put_id(d, HF_FIELD_OBJECT, &m->application);
	put_id(d, HF_FIELD_APPLICATION, &m->application);
	put_id(d, HF_FIELD_RESOURCE, &m->resource);
	hf_draft_text(d, HF_FIELD_ORGANIZATION, m->organization);
	hf_draft_text(d, HF_FIELD_MECHANISM, "application");
	hf_draft_text(d, HF_FIELD_COUNTERPARTY, m->provider);
	hf_draft_text(d, HF_FIELD_RESULT, m->result);
	hf_draft_textf(d, HF_FIELD_DETAIL, "%s: the decision of %s was due at %s", m->state, m->provider, due);
	hf_draft_bytes(d, HF_FIELD_DIGEST, paper->digest.b, sizeof(paper->digest.b));
	hf_draft_party(d, m->provider);
	hf_draft_party(d, m->header->issuer);
	hf_unit_draft(u, d);
}

static enum hf_err notify(struct hf_authz *a, struct hf_unit *u, const Hufu__Escalation *m)
{
	Hufu__NoticeRow n = HUFU__NOTICE_ROW__INIT;
	struct hf_id id = hf_id_new(now_of(a));
	size_t len = 0;
	char due[HF_TIME_TEXT], text[400];
	hf_time_text(m->due_ms, due);
	snprintf(text, sizeof(text), "the decision of %s on the application of %s for '%.120s' was due at %s",
	         m->provider, m->organization, m->title, due);
	hf_utf8_mend(text);
	n.time_ms = now_of(a);
	n.kind = (char *)"escalation";
	n.text = text;
	n.application = m->application;
	n.txn = m->header->transaction;
	n.resource = m->resource;
	uint8_t *data = hf_encode(&n.base, &len);
	if (!data)
		return HF_E_MEMORY;
	hf_unit_put(u, HF_TABLE_NOTICE, id.b, sizeof(id.b), data, len);
	free(data);
	hf_alarm(a->base, "decision-escalated", NULL, "%s", text);
	return HF_OK;
}

enum hf_err az_escalation_on_mail(struct hf_authz *a, const struct mail_in *in, const Hufu__EscalationMail *mail)
{
	const struct paper_want want = {HF_TYPE_ESCALATION, &hufu__escalation__descriptor, in->from, NULL,
	                                "the report of an overdue decision"};
	HF_CLEANUP(hf_decoded_done) Hufu__Escalation *m = NULL;
	HF_CLEANUP(hf_decoded_done) Hufu__EscalationRow *row = NULL;
	HF_CLEANUP(az_paper_done) struct paper paper = {0};
	struct hf_id id, txn;
	HF_TRY(az_paper_open_public(a, mail->escalation, &want, &m, in->fault));
	if (!az_id_of(&m->application, &id) || !az_id_of(&m->header->transaction, &txn))
		return hf_fault_set(in->fault, HF_E_FORMAT, "the report of an overdue decision lacks an identifier");
	bool known = get_row(a, &id, &row) == HF_OK;
	if (known && !same_text(row->intake, in->from))
		return hf_fault_set(in->fault, HF_E_CONFLICT,
		                    "another intake node has reported a decision under this identifier");
	bool overdue = strcmp(m->state, "overdue") == 0;
	if (overdue)
		HF_TRY(check_overdue(a, in, m));
	if (known ? row->revision == m->revision && (row->ended_ms != 0 || overdue) : !overdue)
		return HF_OK; /* on record, or never was */
	HF_TRY(az_paper_keep(a, mail->escalation, &txn, in->unit, &paper, in->fault));
	HF_TRY(hf_fault_default(in->fault, put_row(a, in->unit, m)));
	describe(in->unit, m, &txn, &paper);
	return overdue ? hf_fault_default(in->fault, notify(a, in->unit, m)) : HF_OK;
}

/* ---- reading ---- */

struct scan {
	hf_escalation_fn fn;
	void *ctx;
	enum hf_err error;
};

static bool on_row(void *ctx, struct hf_bytes key, struct hf_bytes value)
{
	struct scan *s = ctx;
	(void)key;
	HF_CLEANUP(hf_decoded_done) Hufu__EscalationRow *row = HF_DECODE_OWN(escalation_row, value.data, value.len);
	if (!row)
		s->error = HF_E_STORE;
	return row && s->fn(s->ctx, row);
}

enum hf_err hf_escalations(struct hf_authz *a, hf_escalation_fn fn, void *ctx)
{
	struct scan s = {fn, ctx, HF_OK};
	HF_TRY(hf_store_scan_back(a->store, HF_TABLE_ESCALATION, NULL, 0, NULL, 0, on_row, &s));
	return s.error;
}
