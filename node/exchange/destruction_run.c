/* destruction_run.c - one destruction, from the row that says it to the record that it is done; see destroying.h. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "authz/destruction.h"
#include "base/mem.h"
#include "exchange/destroying.h"
#include "exchange/held.h"
#include "exchange/reading.h"
#include "exchange/recall.h"
#include "exchange/update.h"

#define TRY_AGAIN_MS (10 * 60 * 1000)

void destruction_put(struct hf_unit *u, const Hufu__DestructionRow *row)
{
	uint8_t key[32];
	size_t len = 0;
	uint8_t *data = hf_encode(&row->base, &len);
	if (!data)
		abort(); /* memory is gone */
	memcpy(key, row->object.data, 16);
	memcpy(key + 16, row->id.data, 16);
	hf_unit_put(u, HF_TABLE_DESTRUCTION, key, sizeof(key), data, len);
	free(data);
}

static void let_go(struct destruction *d)
{
	d->x->destroying--;
	hf_wipe(d->window, sizeof(d->window));
	hf_buf_done(&d->keep);
	hf_load_free(d->load);
	hf_decoded_free(d->row);
	free(d);
}

/* ---- the record ---- */

/* What is not recorded is done again by a later sweep; what the disk did not do, not at once. */
static void on_recorded(void *ctx, enum hf_err e, const struct hf_commit *info)
{
	struct destruction *d = ctx;
	struct hf_exchange *x = d->x;
	(void)info;
	if (e != HF_OK)
		x->destroy_after_ms = hf_mono_ms(&x->base->clock) + TRY_AGAIN_MS;
	let_go(d);
	if (e == HF_OK) {
		destruction_sweep(x);
		recalled_sweep(x);
	}
}

static const char *why_of(const Hufu__DestructionRow *row)
{
	return row->policy[0] ? row->policy : row->reason;
}

static void describe(struct destruction *d, struct hf_draft *e)
{
	HF_CLEANUP(hf_decoded_done) Hufu__HeldRow *held = NULL;
	char text[HF_ID_TEXT];
	struct hf_id id;
	if (held_get(d->x, &d->transfer, &held) == HF_OK) {
		held_describe(d->x, e, held);
		return;
	}
	hf_draft_txn(e, &d->transfer);
	if (hf_id_from_bytes(d->row->resource.data, d->row->resource.len, &id)) {
		hf_id_text(&id, text);
		hf_draft_text(e, HF_FIELD_OBJECT, text);
		hf_draft_text(e, HF_FIELD_RESOURCE, text);
	}
	hf_draft_text(e, HF_FIELD_COUNTERPARTY, d->row->provider);
	hf_draft_text(e, HF_FIELD_ORGANIZATION, d->x->base->self.s);
	hf_draft_party(e, d->row->provider);
}

static const char *manner_of(const Hufu__DestructionRow *row)
{
	return row->recall.len > 0 ? "recall" : row->policy[0] ? "obligation" : "command";
}

/* DS-146: object, manner, people, time, verification. */
static struct hf_draft *entry_of(struct destruction *d, enum hf_err outcome)
{
	const Hufu__DestructionRow *row = d->row;
	struct hf_draft *e = hf_draft_new(HF_EVENT_DATA_DESTROYED, NULL);
	describe(d, e);
	if (row->policy[0])
		hf_draft_text(e, HF_FIELD_ACTOR, d->x->base->self.s);
	else
		hf_draft_textf(e, HF_FIELD_ACTOR, "%s/%s", d->x->base->self.s, row->asked_by);
	if (!row->policy[0])
		hf_draft_textf(e, HF_FIELD_SECOND, "%s/%s", d->x->base->self.s, row->approved_by);
	hf_draft_text(e, HF_FIELD_MANNER, manner_of(row));
	hf_draft_textf(e, HF_FIELD_CACHE_DELETION, "%s; verified: %s", row->method, row->verification);
	hf_draft_outcome(e, outcome, why_of(row));
	return e;
}

/* The row of the data says so as well. */
static void put_held(struct destruction *d, struct hf_unit *u)
{
	HF_CLEANUP(hf_decoded_done) Hufu__HeldRow *held = NULL;
	if (strcmp(d->row->kind, "sealed") != 0 || held_get(d->x, &d->transfer, &held) != HF_OK)
		return;
	held->destroyed_ms = d->row->ended_ms;
	held->destroyed_reason = (char *)why_of(d->row);
	held_put(u, held);
}

static void put_record(struct destruction *d, struct hf_unit *u, struct hf_draft *e, struct hf_hash *ret_digest)
{
	static const struct hf_hash none;
	struct hf_fault f = {HF_OK, ""};
	const struct hf_hash *root = memcmp(d->root.b, none.b, sizeof(none.b)) != 0 ? &d->root : NULL;
	if (hf_destruction_send(d->x->authz, u, d->row, root, ret_digest, &f) == HF_OK) {
		d->row->record_digest = (ProtobufCBinaryData){sizeof(ret_digest->b), ret_digest->b};
		hf_draft_bytes(e, HF_FIELD_DIGEST, ret_digest->b, sizeof(ret_digest->b));
		return;
	}
	hf_alarm(d->x->base, "destruction-not-told", &d->transfer,
	         "the record of a destruction could not be sent to %s: %s", d->row->provider, f.text);
}

static void tell_of(struct destruction *d)
{
	if (d->end == END_CHANGED || (d->end == END_ABSENT && d->row->policy[0]))
		hf_alarm(
		        d->x->base, "destruction-open", &d->transfer,
		        "delivered data is to be destroyed (%.120s) and cannot be by the node: %.120s; see to it, then "
		        "`hufu data destroy`, and let another person approve it",
		        why_of(d->row), d->method);
	else if (d->end == END_FAILED)
		hf_alarm(d->x->base, "data-not-destroyed", &d->transfer,
		         "data could not be destroyed: %.160s; %.160s; check the disk, it is tried again", d->method,
		         d->verification);
}

static const char *outcome_of(enum destruction_end end)
{
	switch (end) {
	case END_DESTROYED:
		return "destroyed";
	case END_ABSENT:
		return "absent";
	case END_CHANGED:
		return "changed";
	case END_FAILED:
		break;
	}
	return "failed";
}

/* Two people may say that a file is gone; no policy can. */
static bool is_done(const struct destruction *d)
{
	return d->end == END_DESTROYED || (d->end == END_ABSENT && !d->row->policy[0]);
}

static void fill_row(struct destruction *d)
{
	Hufu__DestructionRow *row = d->row;
	row->outcome = (char *)outcome_of(d->end);
	row->method = d->method;
	row->verification = d->verification;
	row->found = d->found;
	row->ended_ms = hf_now_ms(&d->x->base->clock);
	if (is_done(d))
		row->state = (char *)"done";
	else if (d->end != END_FAILED)
		row->state = (char *)"open";
	else
		row->attempts++;
}

static void record(struct destruction *d)
{
	struct hf_unit *u = hf_unit_new();
	struct hf_hash digest;
	struct hf_id entry;
	fill_row(d);
	struct hf_draft *e = entry_of(d, is_done(d) ? HF_OK : d->error != HF_OK ? d->error : HF_E_STATE);
	struct hf_fault f = {HF_OK, ""};
	if (is_done(d) && d->kind->record && d->kind->record(d, u, &f) != HF_OK)
		hf_alarm(d->x->base, "data-not-destroyed", &d->transfer, "what was destroyed stays registered: %s",
		         f.text);
	if (is_done(d)) {
		put_held(d, u);
		if (strcmp(d->row->kind, "source") != 0 &&
		    hf_id_from_bytes(d->row->resource.data, d->row->resource.len, &entry))
			update_gone(u, &entry, &d->transfer);
		put_record(d, u, e, &digest);
	} else {
		tell_of(d);
	}
	hf_unit_draft(u, e);
	destruction_put(u, d->row);
	hf_store_submit(d->x->store, u, on_recorded, d);
}

/* ---- the worker ---- */

static void look_for_copies(struct destruction *d)
{
	struct search s = {.window = d->window, .count = d->windows + d->with_key, .stop = &d->x->stopping};
	enum hf_err e = destruction_search(d->x->base->dir, &s);
	size_t len = strlen(d->verification);
	if (e != HF_OK || s.found[0]) {
		d->error = e != HF_OK ? e : HF_E_STATE;
		d->end = END_FAILED;
		snprintf(d->found, sizeof(d->found), "%s", s.found);
		snprintf(d->verification, sizeof(d->verification), "%s%.400s",
		         e != HF_OK ? "the node's folder could not be searched: " : "a copy of a part stands in ",
		         e != HF_OK ? hf_err_text(e) : s.found);
		return;
	}
	snprintf(d->verification + len, sizeof(d->verification) - len,
	         ", no process of the node has it open; %zu pieces of 32 bytes%s were looked for in %" PRIu64
	         " files of the node's folder (%" PRIu64 " bytes) and are in none",
	         d->windows, d->with_key ? " and the key's" : "", s.files, s.bytes);
}

static void verify(struct destruction *d)
{
	if (!d->kind->verify(d)) {
		d->error = HF_E_STATE;
		d->end = END_FAILED;
	} else if (d->there && destruction_is_open(d->dev, d->ino)) {
		d->error = HF_E_BUSY;
		d->end = END_FAILED;
		snprintf(d->verification, sizeof(d->verification), "this node still has the file open");
	} else if (d->row->found[0] && access(d->row->found, F_OK) == 0) {
		d->error = HF_E_STATE;
		d->end = END_FAILED;
		snprintf(d->found, sizeof(d->found), "%s", d->row->found);
		snprintf(d->verification, sizeof(d->verification),
		         "a copy of a part was found in %.299s, which is there still", d->row->found);
	} else {
		look_for_copies(d);
	}
}

static void destroy_work(uv_work_t *w)
{
	struct destruction *d = w->data;
	d->kind->destroy(d);
	if (d->end == END_DESTROYED)
		verify(d);
	else
		snprintf(d->verification, sizeof(d->verification), "nothing to be verified");
}

static void destroy_done(uv_work_t *w, int status)
{
	struct destruction *d = w->data;
	(void)status;
	if (d->x->closing)
		let_go(d); /* the next start does it again */
	else
		record(d);
}

static void begin(struct destruction *d)
{
	if (uv_queue_work(d->x->base->loop, &d->work, destroy_work, destroy_done) != 0)
		let_go(d);
}

static void on_kept(void *ctx, enum hf_err e, const struct hf_commit *info)
{
	struct destruction *d = ctx;
	(void)info;
	if (e != HF_OK)
		d->x->destroy_after_ms = hf_mono_ms(&d->x->base->clock) + TRY_AGAIN_MS;
	if (e != HF_OK || d->x->closing)
		let_go(d);
	else
		begin(d);
}

static void look_work(uv_work_t *w)
{
	struct destruction *d = w->data;
	d->kind->look(d);
}

/* What the search needs is durable before it is the only thing that is left. */
static void look_done(uv_work_t *w, int status)
{
	struct destruction *d = w->data;
	(void)status;
	if (d->x->closing) {
		let_go(d);
	} else if (d->keep.len == 0) {
		begin(d);
	} else {
		struct hf_unit *u = hf_unit_new();
		d->row->windows = (ProtobufCBinaryData){d->keep.len, d->keep.data};
		destruction_put(u, d->row);
		hf_store_submit(d->x->store, u, on_kept, d);
	}
}

/* It is tried again; what stands behind it in the table does not wait for it. */
static void cannot_begin(struct destruction *d, const struct hf_fault *f)
{
	d->end = END_FAILED;
	d->error = f->code != HF_OK ? f->code : HF_E_STORE;
	snprintf(d->method, sizeof(d->method), "not begun: %.380s",
	         !d->kind     ? "this node knows no such kind of data"
	         : f->text[0] ? f->text
	                      : hf_err_text(d->error));
	snprintf(d->verification, sizeof(d->verification), "nothing to be verified");
	record(d);
}

void destruction_run(struct hf_exchange *x, Hufu__DestructionRow *take)
{
	struct hf_fault f = {HF_OK, ""};
	struct destruction *d = hf_alloc_zero(sizeof(*d));
	d->x = x;
	d->row = take;
	d->work.data = d;
	d->kind = destruction_kind_of(take->kind);
	x->destroying++;
	bool ok = d->kind && hf_id_from_bytes(take->transfer.data, take->transfer.len, &d->transfer) &&
	          d->kind->prepare(d, &f) == HF_OK;
	if (!ok) {
		cannot_begin(d, &f);
		return;
	}
	if (strcmp(take->kind, "sealed") == 0)
		reading_stop(x, &d->transfer, HF_E_ERASED, why_of(take));
	if (take->windows.len > 0)
		begin(d);
	else if (uv_queue_work(x->base->loop, &d->work, look_work, look_done) != 0)
		let_go(d);
}
