/*
 * import.c - the end of a delivery at the consumer: manifest verified, quality judged, file moved into place in one
 * step, receipt signed. A crash anywhere in between ends the same way after the restart (DS-70).
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/domains.h"
#include "evidence/envelope.h"
#include "exchange/masked.h"
#include "exchange/quality.h"
#include "exchange/receive.h"
#include "exchange/stream.h"
#include "exchange/update.h"
#include "source/scanner.h"

struct import {
	uv_work_t work;
	struct transfer *t;
	Hufu__Manifest *manifest;
	enum hf_err error;
	struct hf_fault fault;
};

static void import_free(struct import *i)
{
	struct transfer *t = i->t;
	hf_decoded_free(i->manifest);
	free(i);
	transfer_unhold(t);
}

static void fail(struct import *i, enum hf_err e, const char *text)
{
	i->t->importing = false;
	end_now(i->t, e, text, true);
	import_free(i);
}

static bool same_label(const struct transfer *t, const Hufu__Label *l)
{
	Hufu__Envelope *e = HF_DECODE(envelope, t->start.data, t->start.len);
	Hufu__TransferStart *s = e ? HF_DECODE(transfer_start, e->payload.data, e->payload.len) : NULL;
	size_t a_len = 0, b_len = 0;
	uint8_t *a = s && s->label ? hf_encode(&s->label->base, &a_len) : NULL;
	uint8_t *b = l ? hf_encode(&l->base, &b_len) : NULL;
	bool same = a && b && a_len == b_len && memcmp(a, b, a_len) == 0;
	free(a);
	free(b);
	hf_decoded_free(s);
	hf_decoded_free(e);
	return same;
}

static void root_of(const struct receive *r, struct hf_hash *ret_root)
{
	struct leaf_window w = r->leaves;
	uint32_t bytes;
	while (leaves_advance(&w, &bytes))
		;
	hf_merkle_range_root(&w.range, ret_root);
}

/* DS-56: verified before anything is used. */
/* Who asked for no agreement in particular learns from the manifest under which one it was; under none: by a rule. */
static bool names(const ProtobufCBinaryData *named, struct hf_id *own)
{
	if (hf_id_is_zero(own))
		return named->len == 0 || hf_id_from_bytes(named->data, named->len, own);
	return named->len == 16 && memcmp(named->data, own->b, 16) == 0;
}

static enum hf_err check_manifest(struct transfer *t, Hufu__Manifest **ret_m, struct hf_fault *f)
{
	struct hf_bytes payload;
	struct hf_hash root;
	struct receive *r = t->receive;
	Hufu__Envelope *e = HF_DECODE(envelope, t->manifest.data, t->manifest.len);
	if (!e)
		return hf_fault_set(f, HF_E_FORMAT, "the manifest is not a signed envelope");
	enum hf_err err = hf_space_open(hf_peers_space(t->x->peers), e, HF_TYPE_MANIFEST, &payload, f);
	Hufu__Manifest *m = err == HF_OK ? HF_DECODE(manifest, payload.data, payload.len) : NULL;
	hf_decoded_free(e);
	*ret_m = m;
	HF_TRY(err);
	if (!m)
		return hf_fault_set(f, HF_E_FORMAT, "the manifest lacks a field or holds one out of bounds");
	HF_TRY(header_check(t, m->header, "manifest", f));
	t->manifest_ok = true; /* signed by the provider for this transfer, whatever it says */
	if (m->transfer.len != 16 || memcmp(m->transfer.data, t->id.b, 16) != 0 ||
	    !names(&m->agreement, &t->agreement) || !names(&m->grant, &t->grant) || !same_label(t, m->label))
		return hf_fault_set(f, HF_E_CONFLICT, "the manifest speaks of another transfer, agreement or label");
	root_of(r, &root);
	if (m->root.len != 32 || memcmp(m->root.data, root.b, 32) != 0 || m->chunks != r->last_index + 1 ||
	    m->bytes != r->last_index * CHUNK_BYTES + r->last_bytes || (t->bytes_total && m->bytes != t->bytes_total))
		return hf_fault_set(f, HF_E_DIGEST, "the data received is not the data of the manifest");
	t->root = root;
	t->rows = m->rows;
	t->bytes_total = m->bytes;
	return HF_OK;
}

static void drafts_of_delivery(struct transfer *t, struct hf_unit *u)
{
	struct hf_draft *d = transfer_draft(t, HF_EVENT_TRANSFER_RECEIVED, HF_OK, NULL);
	draft_digest(d, &t->manifest);
	draft_record(d, t);
	label_draft(d, t);
	hf_draft_text(d, HF_FIELD_RECEPTION,
	              t->x->scanner ? "complete, verified, examined by the scanner, imported"
	                            : "complete, verified, imported");
	hf_draft_text(d, HF_FIELD_QUALITY, t->quality);
	masked_draft(t, d);
	masked_measured(t, u);
	hf_draft_bytes(d, HF_FIELD_CONTENT_ROOT, t->root.b, 32);
	hf_draft_text(d, HF_FIELD_CACHE_DELETION, t->target->cache);
	hf_unit_draft(u, d);
}

/* The store failed; what was done is done again when it works. */
static void import_again(struct transfer *t)
{
	t->importing = false;
	if (t->state == TRANSFER_COMPLETED)
		t->state = TRANSFER_STARTED;
	if (t->receive)
		t->receive->importing = false;
	fetch_retry(t);
}

static void on_closed(void *ctx, enum hf_err e, const struct hf_commit *info)
{
	(void)info;
	struct import *i = ctx;
	if (e != HF_OK)
		import_again(i->t);
	else if (i->t->target->finish && !i->t->gone)
		end_clear(i->t);
	else
		transfer_drop(i->t);
	import_free(i);
}

static void deliver(struct import *i)
{
	struct transfer *t = i->t;
	struct verdict *v = quality_judge(t, i->manifest);
	struct hf_unit *u = hf_unit_new();
	struct hf_hash digest;
	snprintf(t->quality, sizeof(t->quality), "%s", v->met ? "met" : "not-met");
	t->ended_ms = hf_now_ms(&t->x->base->clock);
	hf_ledger_keep_envelope(u, &t->id, HF_TYPE_MANIFEST, t->manifest.data, t->manifest.len, &digest);
	drafts_of_delivery(t, u);
	struct hf_use use = transfer_use(t);
	use.rows = i->manifest->rows;
	struct hf_fault f = {HF_OK, ""};
	enum hf_err e = hf_authz_use_report(t->x->authz, u, &use, &f); /* AZ-19: before the receipt, which closes */
	if (e == HF_OK)
		e = receipt_make(t, i->manifest, v->list, v->count, u);
	free(v);
	if (e != HF_OK) {
		hf_unit_free(u);
		t->target->unsettle(t); /* DS-70: without a receipt there is no delivery */
		fail(i, e, "the receipt could not be made");
		return;
	}
	t->target->delivered(t, u);
	stream_delivered(t, u);
	update_delivered(t, u);
	t->state = transfer_next(t->state, STEP_COMPLETE);
	transfer_put(u, t);
	hf_store_submit(t->x->store, u, on_closed, i);
}

/* Worker. After a crash it may have been done already. */
static void move_work(uv_work_t *w)
{
	struct import *i = w->data;
	i->error = i->t->target->settle(i->t, &i->fault);
}

/* DS-71: what a database that is away cannot take now it takes later. */
static void move_later(struct import *i)
{
	struct transfer *t = i->t;
	if (i->fault.text[0] && !t->load_told)
		hf_alarm(t->x->base, "target-away", &t->id, "what %s delivered waits to be loaded: %s", t->peer,
		         i->fault.text);
	t->load_told = t->load_told || i->fault.text[0];
	import_again(t);
	import_free(i);
}

static void move_done(uv_work_t *w, int status)
{
	(void)status;
	struct import *i = w->data;
	struct transfer *t = i->t;
	if (t->target->ready)
		t->x->loading--;
	if (t->gone) /* the node is stopping; the next start goes on from the record */
		import_free(i);
	else if (i->error == HF_OK && t->state == TRANSFER_STARTED)
		deliver(i);
	else if (t->target->ready && target_passes(i->error))
		move_later(i);
	else
		fail(i, i->error, i->fault.text);
}

static void move(struct import *i)
{
	struct transfer *t = i->t;
	i->work.data = i;
	if (t->target->ready) {
		if (t->x->loading >= TARGET_LOADS_MAX) {
			move_later(i);
			return;
		}
		enum hf_err e = t->target->ready(t, &i->fault);
		if (e != HF_OK) {
			fail(i, e, i->fault.text);
			return;
		}
		t->x->loading++;
	}
	uv_queue_work(t->x->base->loop, &i->work, move_work, move_done);
}

/* It ended meanwhile, or the node is stopping and the next start does it again. */
static void give_up(struct import *i)
{
	if (!i->t->gone && i->t->state == TRANSFER_STARTED)
		import_again(i->t);
	import_free(i);
}

static void on_examined(void *ctx, enum hf_err e, const char *text)
{
	struct import *i = ctx;
	struct transfer *t = i->t;
	if (e == HF_E_CANCELLED || t->gone || t->state != TRANSFER_STARTED) {
		give_up(i);
		return;
	}
	if (e == HF_OK) {
		move(i);
		return;
	}
	hf_alarm(t->x->base, e == HF_E_MALICIOUS ? "malicious-data" : "scanner", &t->id,
	         "what %s delivered was not taken in: %s", t->peer, text);
	fail(i, e, text);
}

/* DS-100: before the data gets its name. */
static void examine(struct import *i)
{
	if (i->t->x->scanner)
		i->t->target->examine(i->t, on_examined, i);
	else
		move(i);
}

static void on_intent(void *ctx, enum hf_err e, const struct hf_commit *info)
{
	(void)info;
	struct import *i = ctx;
	if (e != HF_OK || i->t->gone || i->t->state != TRANSFER_STARTED) {
		give_up(i);
		return;
	}
	examine(i);
}

/* DS-117: the manifest says how many. Once, however often the import is tried. */
static enum hf_err take_rows(struct transfer *t, struct hf_unit *u, struct hf_fault *f)
{
	const struct allowance_amount rows = {.rows = t->rows};
	if (t->target->sealed || t->rows_taken)
		return HF_OK;
	HF_TRY(allowance_take(t->x->allowance, t->account, &rows, u, f));
	t->rows_taken = true;
	return HF_OK;
}

void import_begin(struct transfer *t)
{
	struct hf_fault f = {HF_OK, ""};
	struct import *i = calloc(1, sizeof(*i));
	if (!i)
		abort();
	i->t = t;
	transfer_hold(t);
	enum hf_err e = check_manifest(t, &i->manifest, &f);
	if (e != HF_OK) {
		fail(i, e, f.text);
		return;
	}
	struct hf_unit *u = hf_unit_new();
	e = take_rows(t, u, &f);
	if (e != HF_OK) {
		hf_unit_free(u);
		fail(i, e, f.text);
		return;
	}
	t->importing = true;
	transfer_put(u, t);
	hf_store_submit(t->x->store, u, on_intent, i);
}
