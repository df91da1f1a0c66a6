/*
 * emergency_sweep.c - what ends by time: an emergency grant whose period is over, and the provider's report of its use
 * to all who decided (AZ-59). The decision never waits for this: it holds the period against the clock itself.
 */
#include <stdlib.h>
#include <string.h>

#include "authz/emergency_internal.h"
#include "authz/walk.h"
#include "evidence/envelope.h"
#include "proto/codec.h"

#define SWEEP_MS 2000
#define SWEEP_ROWS 32u
#define REPORT_USES 500u
#define REPORT_WAIT_MS 60000 /* for uses that are being ended */

struct em_sweeper {
	uv_timer_t timer;
	struct hf_authz *a;
	int64_t next_ms; /* when the first active grant expires */
	bool looking;
};

/* ---- the report ---- */

struct report {
	Hufu__EmergencyReport m;
	Hufu__EmergencyUse *uses[REPORT_USES];
	bool open; /* a use has not ended yet */
};

static bool add_use(void *ctx, const Hufu__EmergencyUse *use)
{
	struct report *r = ctx;
	size_t len = 0;
	r->m.use_count++;
	r->m.bytes_total += use->bytes;
	r->open = r->open || strcmp(use->state, "started") == 0;
	if (r->m.n_uses == REPORT_USES)
		return true;
	uint8_t *data = hf_encode(&use->base, &len);
	r->uses[r->m.n_uses] = data ? HF_DECODE_OWN(emergency_use, data, len) : NULL;
	free(data);
	if (r->uses[r->m.n_uses])
		r->m.n_uses++;
	return true;
}

static enum hf_err sign_report(struct hf_authz *a, struct hf_unit *u, const Hufu__EmergencyRequestRow *row,
                               struct report *r, struct paper *ret_paper, struct hf_fault *f)
{
	struct paper_head head;
	struct hf_id txn = em_row_txn(row);
	Hufu__EmergencyReport *m = &r->m;
	em_head_init(a, &head, &txn);
	m->header = &head.header;
	m->request = row->id;
	m->grant = row->grant;
	m->event = row->event;
	m->resource = row->resource;
	m->organization = row->organization;
	m->system = row->system;
	m->from_ms = row->from_ms;
	m->until_ms = row->until_ms;
	m->ended_ms = row->ended_ms;
	m->cause = row->cause;
	m->uses = r->uses;
	enum hf_err e = az_paper_sign(a, HF_TYPE_EMERGENCY_REPORT, &txn, &m->base, u, ret_paper, f);
	m->header = NULL;
	return e;
}

static enum hf_err make_report(struct hf_authz *a, struct hf_unit *u, Hufu__EmergencyRequestRow *row, struct report *r,
                               struct hf_fault *f)
{
	HF_CLEANUP(az_paper_done) struct paper paper = {0};
	Hufu__EmergencyReportMail mail = HUFU__EMERGENCY_REPORT_MAIL__INIT;
	char text[160];
	hufu__emergency_report__init(&r->m);
	HF_TRY(hf_emergency_uses(a, row, add_use, r));
	if (r->open && now_of(a) < row->ended_ms + REPORT_WAIT_MS) {
		a->em_stirred = true; /* again when it has ended, or was given up */
		return HF_E_BUSY;
	}
	HF_TRY(sign_report(a, u, row, r, &paper, f));
	mail.report = paper.envelope;
	HF_TRY(em_tell(a, u, row, &(struct em_post){HF_MAIL_EMERGENCY_REPORT, &mail.base, NULL}, f));
	row->report_envelope = BIN(paper.bytes, paper.len);
	snprintf(text, sizeof(text), "%llu uses, %llu bytes under the emergency grant",
	         (unsigned long long)r->m.use_count, (unsigned long long)r->m.bytes_total);
	em_notice(a, u, row, "emergency-report", text);
	em_entry_add(a, u, HF_EVENT_EMERGENCY_REPORT, row, &(struct em_words){.digest = &paper.digest, .detail = text});
	em_row_put(a, u, row);
	return HF_OK;
}

static enum hf_err report(struct hf_authz *a, struct hf_unit *u, Hufu__EmergencyRequestRow *row, struct hf_fault *f)
{
	struct report *r = hf_alloc_zero(sizeof(*r));
	enum hf_err e = make_report(a, u, row, r, f);
	for (size_t i = 0; i < r->m.n_uses; i++)
		hf_decoded_free(r->uses[i]);
	free(r);
	return e;
}

/* The provider's mails come in order: before the grant was usable there is nothing to report. */
static enum hf_err is_report_of(const Hufu__EmergencyRequestRow *row, const Hufu__EmergencyReport *r,
                                struct hf_fault *f)
{
	enum hf_em_state s = em_row_state(row);
	if (s != HF_EM_ACTIVE && s != HF_EM_ENDED)
		return hf_fault_set(f, HF_E_STATE, "the use report is of a grant that was never usable by this record");
	if (r->grant.len != row->grant.len || memcmp(r->grant.data, row->grant.data, row->grant.len) != 0)
		return hf_fault_set(f, HF_E_CONFLICT, "the use report names another grant than the one on record");
	return HF_OK;
}

enum hf_err az_em_on_report(struct hf_authz *a, const struct mail_in *in, const Hufu__EmergencyReportMail *m)
{
	HF_CLEANUP(hf_decoded_done) Hufu__EmergencyReport *r = NULL;
	HF_CLEANUP(hf_decoded_done) Hufu__EmergencyRequestRow *row = NULL;
	HF_CLEANUP(az_paper_done) struct paper paper = {0};
	char text[160];
	struct hf_id txn, id;
	const struct paper_want want = {HF_TYPE_EMERGENCY_REPORT, &hufu__emergency_report__descriptor, in->from, NULL,
	                                "the use report"};
	HF_TRY(az_paper_open_public(a, m->report, &want, &r, in->fault));
	HF_TRY(em_row_of(a, &r->request, &row, in->fault));
	txn = em_row_txn(row);
	if (!same_text(row->provider, in->from))
		return hf_fault_set(in->fault, HF_E_STANDING, "the use report comes from the provider, %s",
		                    row->provider);
	if (!az_id_of(&r->header->transaction, &id) || !hf_id_equal(&id, &txn))
		return hf_fault_set(in->fault, HF_E_CONFLICT, "the use report belongs to another transaction");
	if (row->report_envelope.len)
		return HF_OK;
	HF_TRY(is_report_of(row, r, in->fault));
	HF_TRY(az_paper_keep(a, m->report, &txn, in->unit, &paper, in->fault));
	if (em_row_state(row) == HF_EM_ACTIVE)
		HF_TRY(em_row_step(row, HF_EM_FINISH, in->fault));
	row->cause = r->cause; /* the provider's word, whatever this node made of its own clock */
	row->ended_ms = r->ended_ms;
	row->report_envelope = BIN(paper.bytes, paper.len);
	snprintf(text, sizeof(text), "%llu uses, %llu bytes under the emergency grant",
	         (unsigned long long)r->use_count, (unsigned long long)r->bytes_total);
	em_notice(a, in->unit, row, "emergency-report", text);
	em_entry_add(a, in->unit, HF_EVENT_EMERGENCY_REPORT, row,
	             &(struct em_words){.digest = &paper.digest, .detail = text, .counterparty = in->from});
	em_row_put(a, in->unit, row);
	return HF_OK;
}

/* ---- what is over ---- */

static bool given_back(const struct hf_authz *a, const Hufu__EmergencyRequestRow *row)
{
	struct hf_id id;
	const struct grant_item *g = az_id_of(&row->grant, &id) ? az_grant_find(a, &id) : NULL;
	return g && g->state == HF_GRANT_REVOKED;
}

static enum hf_err finish(struct hf_authz *a, struct hf_unit *u, Hufu__EmergencyRequestRow *row, struct hf_fault *f)
{
	bool back = given_back(a, row);
	HF_TRY(em_row_step(row, HF_EM_FINISH, f));
	row->cause = (char *)(back ? "given-back" : "expired");
	row->ended_ms = back ? now_of(a) : row->until_ms;
	em_notice(a, u, row, "emergency-ended",
	          is_self(a, row->provider)
	                  ? "an emergency grant of this node's data has ended"
	                  : "the emergency grant has ended; for further use file an application with `hufu apply`");
	em_entry_add(a, u, HF_EVENT_EMERGENCY_OVER, row, &(struct em_words){.reason_code = row->cause});
	em_row_put(a, u, row);
	return HF_OK;
}

struct due {
	struct hf_authz *a;
	struct hf_id ids[SWEEP_ROWS];
	size_t count;
	int64_t now_ms, next_ms;
};

static bool is_due(struct due *d, const Hufu__EmergencyRequestRow *row)
{
	enum hf_em_state s = em_row_state(row);
	if (s == HF_EM_ACTIVE && row->until_ms > d->now_ms && row->until_ms < d->next_ms)
		d->next_ms = row->until_ms;
	if (s == HF_EM_ACTIVE)
		return row->until_ms <= d->now_ms || given_back(d->a, row);
	return s == HF_EM_ENDED && row->report_envelope.len == 0 && is_self(d->a, row->provider);
}

static enum hf_err collect(void *ctx, struct hf_bytes value)
{
	struct due *d = ctx;
	HF_CLEANUP(hf_decoded_done)
	Hufu__EmergencyRequestRow *row = HF_DECODE_OWN(emergency_request_row, value.data, value.len);
	if (!row)
		return HF_E_STORE;
	if (!is_due(d, row))
		return HF_OK;
	if (d->count < SWEEP_ROWS)
		d->ids[d->count++] = em_row_id(row);
	else
		d->a->em_stirred = true;
	return HF_OK;
}

/* Submitting may end after the module has gone; what failed is found due again at the next start or change. */
static void sweep_one(struct hf_authz *a, const struct hf_id *id)
{
	HF_CLEANUP(hf_decoded_done) Hufu__EmergencyRequestRow *row = NULL;
	struct hf_fault f = {HF_OK, ""};
	struct hf_unit *u = hf_unit_new();
	enum hf_err e = em_row_get(a, id, &row);
	if (e == HF_OK)
		e = em_row_state(row) == HF_EM_ACTIVE ? finish(a, u, row, &f) : report(a, u, row, &f);
	if (e == HF_OK) {
		hf_store_submit(a->store, u, NULL, NULL);
		return;
	}
	hf_unit_free(u);
	if (e != HF_E_BUSY)
		HF_LOG(a->base->log, HF_LOG_ERROR, "authz", "emergency-sweep", id, HF_LOG_E(e));
}

static void on_looked(void *ctx, enum hf_err e)
{
	struct due *d = ctx;
	struct em_sweeper *s = d->a->em_sweeper;
	s->looking = false;
	if (e == HF_OK && d->next_ms < s->next_ms)
		s->next_ms = d->next_ms;
	for (size_t i = 0; e == HF_OK && i < d->count; i++)
		sweep_one(d->a, &d->ids[i]);
	if (e != HF_OK)
		d->a->em_stirred = true; /* once more */
	free(d);
}

void az_em_sweep(struct hf_authz *a)
{
	static const struct az_walk_part parts[] = {{HF_TABLE_EMERGENCY, collect, NULL}};
	struct em_sweeper *s = a->em_sweeper;
	int64_t now = now_of(a);
	if (s->looking || (!a->em_stirred && now < s->next_ms))
		return;
	struct due *d = hf_alloc_zero(sizeof(*d));
	*d = (struct due){.a = a, .now_ms = now, .next_ms = INT64_MAX};
	s->looking = true;
	s->next_ms = INT64_MAX;
	a->em_stirred = false; /* what changes while it looks stirs it anew */
	az_walk_begin(a, parts, 1, d, on_looked);
}

static void on_timer(uv_timer_t *t)
{
	struct em_sweeper *s = t->data;
	if (s->a)
		az_em_sweep(s->a);
}

static void on_revoked(void *ctx, const struct hf_id *grant, const char *reason)
{
	struct hf_authz *a = ctx;
	(void)grant;
	(void)reason;
	a->em_stirred = true;
}

void az_em_open(struct hf_authz *a)
{
	struct em_sweeper *s = hf_alloc_zero(sizeof(*s));
	s->a = a;
	s->timer.data = s;
	a->em_sweeper = s;
	a->em_stirred = true;
	uv_timer_init(a->base->loop, &s->timer);
	uv_timer_start(&s->timer, on_timer, SWEEP_MS, SWEEP_MS);
	uv_unref((uv_handle_t *)&s->timer);
	hf_authz_on_revoked(a, on_revoked, a);
}

static void on_closed(uv_handle_t *h)
{
	free(h->data);
}

void az_em_close(struct hf_authz *a)
{
	struct em_sweeper *s = a->em_sweeper;
	if (!s)
		return;
	s->a = NULL;
	uv_close((uv_handle_t *)&s->timer, on_closed);
	a->em_sweeper = NULL;
}
