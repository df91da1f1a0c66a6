/* deadline.c - see deadline.h. The intake node looks from time to time for what is due or overdue, and tells the
 * provider and the consumer by a signed event; both keep it in their ledgers and tell their operators. */
#include "authz/deadline.h"

#include <stdlib.h>

#include "authz/calendar.h"
#include "authz/internal.h"
#include "authz/walk.h"
#include "evidence/envelope.h"
#include "proto/codec.h"

#define SWEEP_MS 10000
#define LOOK_MS 600000 /* at least so often */
#define ROWS 32u

struct az_urger {
	uv_timer_t timer;
	struct hf_authz *a;
	int64_t next_ms;
	bool looking;
	struct hf_deadline_limits limits;
};

void hf_authz_set_deadlines(struct hf_authz *a, const struct hf_deadline_limits *limits)
{
	if (limits->reminder_days)
		a->urger->limits.reminder_days = limits->reminder_days;
	if (limits->escalation_days)
		a->urger->limits.escalation_days = limits->escalation_days;
	a->urger->next_ms = 0;
}

static bool waits(enum hf_review_state s)
{
	return s == HF_REVIEW_SUBMITTED || s == HF_REVIEW_RECEIVED || s == HF_REVIEW_FORWARDED ||
	       s == HF_REVIEW_PRIVACY_WAITING || s == HF_REVIEW_PRIVACY_PASSED || s == HF_REVIEW_PRIVACY_FAILED ||
	       s == HF_REVIEW_SECOND_WAITING;
}

static uint32_t submitted_revision(const Hufu__ApplicationRow *row)
{
	if (row->intake_revision)
		return row->intake_revision;
	return row->provider_revision ? row->provider_revision : row->submitted;
}

static int64_t sent_ms(struct hf_authz *a, const Hufu__ApplicationRow *row)
{
	HF_CLEANUP(hf_decoded_done) Hufu__ApplicationRevision *rev = NULL;
	HF_CLEANUP(hf_decoded_done) Hufu__Application *app = NULL;
	struct hf_fault f;
	struct hf_id id = az_row_id(row);
	uint32_t revision = submitted_revision(row);
	if (revision == 0 || az_revision_get(a, &id, revision, &rev) != HF_OK ||
	    az_revision_application(rev, &app, &f) != HF_OK)
		return 0;
	return app->header->time_ms;
}

bool hf_authz_deadline(struct hf_authz *a, const Hufu__ApplicationRow *row, struct hf_deadline *ret_deadline)
{
	const Hufu__Descriptor *d = hf_space_current(hf_peers_space(a->peers));
	struct hf_deadline t = {.sent_ms = d ? sent_ms(a, row) : 0};
	if (t.sent_ms == 0)
		return false;
	t.remind_ms = az_calendar_due(d, t.sent_ms, a->urger->limits.reminder_days);
	t.due_ms = az_calendar_due(d, t.sent_ms, HF_DECISION_DAYS);
	t.escalate_ms = az_calendar_due(d, t.sent_ms, HF_DECISION_DAYS + a->urger->limits.escalation_days);
	for (enum hf_part p = HF_PART_CONSUMER; p < HF_PART_COUNT; p++)
		t.open = t.open || waits(az_row_state(row, p));
	*ret_deadline = t;
	return true;
}

/* ---- the intake node urges ---- */

static void words(const struct hf_deadline *t, bool overdue, char text[200])
{
	char due[HF_TIME_TEXT];
	hf_time_text(t->due_ms, due);
	snprintf(text, 200, overdue ? "the decision was due at %s and is overdue" : "the decision is due at %s", due);
}

static void note(struct hf_authz *a, struct hf_unit *u, const Hufu__ApplicationRow *row, bool overdue,
                 const struct entry_words *w)
{
	az_notice_put(a, u, row, overdue ? "overdue" : "reminder", w->detail);
	az_entry_add(a, u, overdue ? HF_EVENT_OVERDUE : HF_EVENT_REMINDER, row, w);
	if (overdue)
		hf_alarm(a->base, "decision-overdue", NULL, "application for '%.80s': %s", row->title, w->detail);
}

static enum hf_err tell(struct hf_authz *a, struct hf_unit *u, Hufu__ApplicationRow *row, bool overdue,
                        struct entry_words *w, struct paper *paper, struct hf_fault *f)
{
	struct hf_id txn = az_row_txn(row);
	struct paper_head head;
	Hufu__NegotiationEvent m = HUFU__NEGOTIATION_EVENT__INIT;
	Hufu__EventMail mail = HUFU__EVENT_MAIL__INIT;
	az_paper_head_init(a, &head, &txn, row->provider, row->organization, NULL);
	m.header = &head.header;
	m.application = row->id;
	m.revision = row->intake_revision;
	m.event = (char *)(overdue ? "OVERDUE" : "REMINDED");
	m.reason = (char *)w->detail;
	HF_TRY(az_paper_sign(a, HF_TYPE_NEGOTIATION_EVENT, &txn, &m.base, u, paper, f));
	m.header = NULL;
	w->digest = &paper->digest;
	mail.event = paper->envelope;
	if (row->forwarded == row->intake_revision && !is_self(a, row->provider))
		HF_TRY(az_paper_mail(a, u, row->provider, HF_MAIL_EVENT, &txn, &mail.base, f));
	if (!is_self(a, row->organization) && !same_text(row->organization, row->provider))
		HF_TRY(az_paper_mail(a, u, row->organization, HF_MAIL_EVENT, &txn, &mail.base, f));
	return HF_OK;
}

static uint32_t urged_of(const Hufu__ApplicationRow *row)
{
	return row->urged_revision == row->intake_revision || row->urged == AZ_URGED_ESCALATED ? row->urged
	                                                                                       : AZ_URGED_NOT;
}

static enum hf_err escalate(struct hf_authz *a, struct hf_unit *u, Hufu__ApplicationRow *row,
                            const struct hf_deadline *t)
{
	bool decided = urged_of(row) == AZ_URGED_ESCALATED;
	HF_TRY(az_escalation_tell(a, u, row, t, decided));
	row->urged = decided ? AZ_URGED_SETTLED : AZ_URGED_ESCALATED;
	az_row_put(a, u, row);
	return HF_OK;
}

static enum hf_err urge(struct hf_authz *a, struct hf_unit *u, Hufu__ApplicationRow *row, const struct hf_deadline *t,
                        struct hf_fault *f)
{
	if (urged_of(row) >= AZ_URGED_OVERDUE)
		return escalate(a, u, row, t);
	HF_CLEANUP(az_paper_done) struct paper paper = {0};
	bool overdue = now_of(a) >= t->due_ms;
	char text[200];
	struct entry_words w = {.detail = text, .counterparty = row->provider};
	words(t, overdue, text);
	HF_TRY(tell(a, u, row, overdue, &w, &paper, f));
	note(a, u, row, overdue, &w);
	row->urged_revision = row->intake_revision;
	row->urged = overdue ? AZ_URGED_OVERDUE : AZ_URGED_REMINDED;
	az_row_put(a, u, row);
	return HF_OK;
}

struct due {
	struct hf_authz *a;
	struct hf_id ids[ROWS];
	size_t count;
	int64_t now_ms, next_ms;
};

/* The next instant at which something is to be said about the row; INT64_MAX: never. */
static int64_t next_of(struct hf_authz *a, const Hufu__ApplicationRow *row, struct hf_deadline *t)
{
	uint32_t urged = urged_of(row);
	bool open = waits(az_row_state(row, HF_PART_INTAKE));
	if (urged >= AZ_URGED_SETTLED || !hf_authz_deadline(a, row, t))
		return INT64_MAX;
	if (urged == AZ_URGED_ESCALATED) /* decided meanwhile: the leading group hears of it at once */
		return open && row->urged_revision == row->intake_revision ? INT64_MAX : 0;
	if (!open)
		return INT64_MAX;
	if (urged == AZ_URGED_OVERDUE)
		return az_escalation_possible(a) ? t->escalate_ms : INT64_MAX;
	return urged == AZ_URGED_NOT ? t->remind_ms : t->due_ms;
}

static enum hf_err collect(void *ctx, struct hf_bytes value)
{
	struct due *d = ctx;
	struct hf_deadline t;
	HF_CLEANUP(hf_decoded_done) Hufu__ApplicationRow *row = HF_DECODE_OWN(application_row, value.data, value.len);
	if (!row)
		return HF_E_STORE;
	int64_t at = next_of(d->a, row, &t);
	if (at <= d->now_ms && d->count < ROWS)
		d->ids[d->count++] = az_row_id(row);
	else if (at < d->next_ms)
		d->next_ms = at;
	return HF_OK;
}

static void urge_one(struct hf_authz *a, const struct hf_id *id)
{
	HF_CLEANUP(hf_decoded_done) Hufu__ApplicationRow *row = NULL;
	struct hf_fault f = {HF_OK, ""};
	struct hf_deadline t;
	struct hf_unit *u = hf_unit_new();
	enum hf_err e = az_row_get(a, id, &row);
	if (e == HF_OK && next_of(a, row, &t) <= now_of(a))
		e = urge(a, u, row, &t, &f);
	if (e == HF_OK) {
		hf_store_submit(a->store, u, NULL, NULL);
		return;
	}
	hf_unit_free(u);
	HF_LOG(a->base->log, HF_LOG_ERROR, "authz", "reminder", id, HF_LOG_E(e));
}

void az_deadline_soon(struct hf_authz *a)
{
	if (a->urger)
		a->urger->next_ms = 0;
}

static void on_looked(void *ctx, enum hf_err e)
{
	struct due *d = ctx;
	struct az_urger *s = d->a->urger;
	if (s)
		s->looking = false;
	if (e != HF_OK && s)
		s->next_ms = 0; /* once more */
	else if (e == HF_OK && d->next_ms < s->next_ms)
		s->next_ms = d->next_ms;
	for (size_t i = 0; e == HF_OK && i < d->count; i++)
		urge_one(d->a, &d->ids[i]);
	free(d);
}

void az_deadline_sweep(struct hf_authz *a)
{
	static const struct az_walk_part parts[] = {{HF_TABLE_APPLICATION, collect, NULL}};
	struct due *d = hf_alloc_zero(sizeof(*d));
	d->a = a;
	d->now_ms = now_of(a);
	d->next_ms = d->now_ms + LOOK_MS;
	a->urger->looking = true;
	a->urger->next_ms = INT64_MAX; /* what changes while it looks sets it anew */
	az_walk_begin(a, parts, 1, d, on_looked);
}

/* ---- at the others ---- */

enum hf_err az_deadline_told(struct hf_authz *a, const struct mail_in *in, const Hufu__ApplicationRow *row,
                             const Hufu__NegotiationEvent *e, const struct hf_hash *digest)
{
	struct hf_deadline t;
	bool overdue = strcmp(e->event, "OVERDUE") == 0;
	if (!hf_authz_deadline(a, row, &t) || !t.open) /* decided meanwhile */
		return HF_OK;
	if (overdue && now_of(a) + HF_CLOCK_SKEW_MS < t.due_ms) /* when it reminds is the intake node's matter */
		return hf_fault_set(in->fault, HF_E_CONFLICT,
		                    "the decision is not due yet by this node's clock and calendar");
	note(a, in->unit, row, overdue,
	     &(struct entry_words){.digest = digest, .detail = e->reason, .counterparty = row->intake});
	return HF_OK;
}

/* ---- the clock ---- */

static void on_timer(uv_timer_t *t)
{
	struct az_urger *s = t->data;
	if (s->a && !s->looking && now_of(s->a) >= s->next_ms)
		az_deadline_sweep(s->a);
}

void az_deadline_open(struct hf_authz *a)
{
	struct az_urger *s = hf_alloc_zero(sizeof(*s));
	s->a = a;
	s->limits = (struct hf_deadline_limits){HF_REMINDER_DAYS, HF_ESCALATION_DAYS};
	s->timer.data = s;
	a->urger = s;
	uv_timer_init(a->base->loop, &s->timer);
	uv_timer_start(&s->timer, on_timer, SWEEP_MS, SWEEP_MS);
	uv_unref((uv_handle_t *)&s->timer);
}

static void on_closed(uv_handle_t *h)
{
	free(h->data);
}

void az_deadline_close(struct hf_authz *a)
{
	struct az_urger *s = a->urger;
	if (!s)
		return;
	s->a = NULL;
	uv_close((uv_handle_t *)&s->timer, on_closed);
	a->urger = NULL;
}
