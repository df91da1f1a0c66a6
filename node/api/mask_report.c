/* mask_report.c - see mask_report.h. The notice has the report's id, so that each is delivered once, after a restart
 * too. */
#include "api/mask_report.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "identity/accounts.h"
#include "ledger/report.h"
#include "proto/codec.h"
#include "state_authz.pb-c.h"

#define TICK_MS 1000
#define IDLE_TICKS 10u
#define PERIOD_MS ((int64_t)HF_MASK_REPORT_DAYS * 24 * 60 * 60 * 1000)
#define MAKER "(masking)" /* in the place of an account, whose names have no such characters */

struct hf_mask_report {
	const struct hf_modules *m;
	uv_timer_t *timer;
	bool pending;   /* one is being made */
	unsigned ticks; /* since the last look without one */
};

/* The newest one, and the newest that is ready. */
struct newest {
	bool any, ready;
	struct hf_report_view last, whole;
};

static bool look(void *ctx, const struct hf_report_view *v)
{
	struct newest *n = ctx;

	if (strcmp(v->account, MAKER) != 0)
		return true;
	if (!n->any)
		n->last = *v;
	n->any = true;
	n->ready = v->state == HF_REPORT_READY;
	n->whole = *v;
	return !n->ready;
}

static enum hf_err find(const struct hf_modules *m, struct newest *ret)
{
	memset(ret, 0, sizeof(*ret));
	return hf_report_list(m->reports, look, ret);
}

static enum hf_err begin(const struct hf_modules *m, const struct newest *n, struct hf_id *ret_id, struct hf_fault *f)
{
	const struct hf_report_filter filter = {
	        .masking = true, .from_ms = n->ready ? n->whole.made_ms : 0, .until_ms = hf_now_ms(&m->base->clock)};

	if (n->any && n->last.state == HF_REPORT_RUNNING)
		return hf_fault_set(f, HF_E_BUSY,
		                    "an execution report is being made; `hufu release report` again later");
	return hf_report_start(m->reports, &filter, HF_REPORT_TEXT, MAKER, ret_id, f);
}

/* MK-61: to both roles, once. */
static void deliver(const struct hf_modules *m, const struct hf_report_view *v)
{
	Hufu__NoticeRow row = HUFU__NOTICE_ROW__INIT;
	struct hf_draft *d;
	struct hf_unit *u;
	char id[HF_ID_TEXT], text[400];
	size_t len;
	uint8_t *bytes;

	if (hf_store_has(m->store, HF_TABLE_NOTICE, v->id.b, sizeof(v->id.b)))
		return;
	hf_id_text(&v->id, id);
	snprintf(text, sizeof(text),
	         "execution report %s of masking, %llu entries; security administrators take it out with `hufu release "
	         "report "
	         "-o FILE`, audit administrators also with `hufu audit export %s -o FILE`",
	         id, (unsigned long long)v->entries, id);
	row.time_ms = hf_now_ms(&m->base->clock);
	row.kind = (char *)"mask-report";
	row.text = text;
	bytes = hf_encode(&row.base, &len);
	if (!bytes)
		return;
	u = hf_unit_new();
	hf_unit_put(u, HF_TABLE_NOTICE, v->id.b, sizeof(v->id.b), bytes, len);
	free(bytes);
	d = hf_draft_new(HF_EVENT_MASK_REPORT, NULL);
	hf_draft_text(d, HF_FIELD_ACTOR, m->base->self.s);
	hf_draft_textf(d, HF_FIELD_OBJECT, "execution report %s", id);
	hf_draft_text(d, HF_FIELD_MANNER, "delivered to security-administrator and audit-administrator");
	hf_draft_text(d, HF_FIELD_DETAIL, v->filter);
	hf_draft_bytes(d, HF_FIELD_DIGEST, v->digest.b, sizeof(v->digest.b));
	hf_draft_outcome(d, HF_OK, NULL);
	hf_unit_draft(u, d);
	hf_store_submit(m->store, u, NULL, NULL);
}

static bool is_operator(void *ctx, const Hufu__AccountRow *row)
{
	int64_t *since = ctx;

	for (size_t i = 0; i < row->n_roles; i++)
		if (strcmp(row->roles[i], "masking-operator") == 0 && (*since == 0 || row->created_ms < *since))
			*since = row->created_ms;
	return true;
}

void hf_mask_report_tick(struct hf_mask_report *r)
{
	int64_t now = hf_now_ms(&r->m->base->clock), since = 0;
	struct newest n;
	struct hf_fault f;
	struct hf_id id;

	if (hf_account_list(r->m->identity, is_operator, &since) != HF_OK || since == 0 || find(r->m, &n) != HF_OK)
		return;
	if (n.ready)
		deliver(r->m, &n.whole);
	r->pending = n.any && n.last.state == HF_REPORT_RUNNING;
	if (now - (n.any ? n.last.made_ms : since) < PERIOD_MS || r->pending)
		return;
	if (begin(r->m, &n, &id, &f) == HF_OK)
		r->pending = true;
	else
		hf_alarm(r->m->base, "mask-report", NULL, "the execution report of masking is not made: %s", f.text);
}

static void on_timer(uv_timer_t *t)
{
	struct hf_mask_report *r = t->data;

	if (!r->pending && ++r->ticks < IDLE_TICKS)
		return;
	r->ticks = 0;
	hf_mask_report_tick(r);
}

void hf_mask_report_open(const struct hf_modules *m, struct hf_mask_report **ret_report)
{
	struct hf_mask_report *r = hf_alloc_zero(sizeof(*r));

	r->m = m;
	r->timer = hf_alloc_zero(sizeof(*r->timer));
	r->timer->data = r;
	uv_timer_init(m->base->loop, r->timer);
	uv_timer_start(r->timer, on_timer, TICK_MS, TICK_MS);
	uv_unref((uv_handle_t *)r->timer);
	*ret_report = r;
}

static void on_closed(uv_handle_t *h)
{
	free(h);
}

void hf_mask_report_close(struct hf_mask_report *r)
{
	if (!r)
		return;
	uv_close((uv_handle_t *)r->timer, on_closed);
	free(r);
}

/* ---- routes ---- */

static enum hf_err make(struct hf_api_request *rq)
{
	struct newest n;
	struct hf_id id;

	hf_draft_text(rq->draft, HF_FIELD_OBJECT, "execution report of masking");
	HF_TRY(hf_fault_default(&rq->fault, find(rq->m, &n)));
	HF_TRY(begin(rq->m, &n, &id, &rq->fault));
	hf_api_out_id(rq->out, "report", &id);
	if (rq->m->mask_report)
		rq->m->mask_report->pending = true;
	return HF_OK;
}

static void on_file(void *ctx, enum hf_err e, int take_fd, uint64_t bytes)
{
	struct hf_api_request *rq = ctx;

	if (e == HF_OK)
		hf_api_file(rq, hf_report_type(HF_REPORT_TEXT), take_fd, bytes);
	else if (take_fd >= 0)
		close(take_fd);
	if (e != HF_OK)
		hf_fault_set(&rq->fault, e, "the file of the execution report cannot be read: %s", hf_err_text(e));
	hf_api_finish(rq, e);
}

static enum hf_err file(struct hf_api_request *rq)
{
	struct newest n;

	hf_draft_text(rq->draft, HF_FIELD_OBJECT, "execution report of masking");
	HF_TRY(hf_fault_default(&rq->fault, find(rq->m, &n)));
	if (!n.ready)
		return hf_fault_set(
		        &rq->fault, HF_E_UNKNOWN,
		        "there is no execution report of masking yet; its operator makes one with `hufu release "
		        "report`");
	hf_draft_bytes(rq->draft, HF_FIELD_DIGEST, n.whole.digest.b, sizeof(n.whole.digest.b));
	hf_api_later(rq);
	hf_report_file(rq->m->reports, &n.whole.id, on_file, rq);
	return HF_OK;
}

const struct hf_route hf_routes_mask_report[] = {
        {"POST", "/v1/mask/report", HF_MAY_MASK, HF_EVENT_AUDIT_READ, make, 0},
        {"GET", "/v1/mask/report/file", HF_MAY_MASK_POLICY, HF_EVENT_AUDIT_EXPORT, file, 0},
        {NULL, NULL, HF_MAY_NOTHING_NEEDED, HF_EVENT_INVALID, NULL, 0},
};
