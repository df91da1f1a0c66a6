/*
 * file_sweep.c - files that were kept with plans (plan_files.c) go when nothing needs them any more: no version that
 * may still be approved or run, no version by which something was given out (its leak could not be traced, its values
 * not be reversed, later releases not be held against it), and no task, which can be retried. Declared in internal.h.
 *
 * A worker looks, over a snapshot; what it found goes in one unit, unless a plan was put or changed meanwhile: then it
 * looks again. A process that ends before looks at its next start.
 */
#include <stdlib.h>
#include <string.h>

#include "release/internal.h"
#include "state_disclosure.pb-c.h"

struct digests {
	struct hf_hash *list;
	size_t count;
};
struct sweep {
	uv_work_t work;
	struct hf_release *r; /* held */
	uint64_t changes;     /* of the table of plans, when all that was submitted before is in the snapshot */
	struct hf_snapshot *snapshot;
	struct digests files, needed; /* that there are; of these those that are needed, twice perhaps */
	Hufu__MaskPlanRow **old;      /* versions that nobody runs any more; NULL: something needs it */
	size_t old_count;
	enum hf_err e;
};

/* ---- in the worker ---- */

static int by_bytes(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct hf_hash));
}

static void add(struct digests *d, const void *digest, size_t len)
{
	if (len != sizeof(struct hf_hash))
		return;
	if ((d->count & (d->count - 1)) == 0) /* full: its room is a power of two */
		d->list = hf_realloc(d->list, (d->count ? 2 * d->count : 1) * sizeof(*d->list));
	memcpy(d->list[d->count++].b, digest, len);
}

static void need(struct sweep *s, const Hufu__MaskPlanRow *row)
{
	for (size_t i = 0; i < row->n_files; i++)
		add(&s->needed, row->files[i]->digest.data, row->files[i]->digest.len);
}

/* An old version is needed after all. */
static void need_old(struct sweep *s, size_t i)
{
	need(s, s->old[i]);
	hf_decoded_free(HF_TAKE(s->old[i]));
}

static bool on_file(void *ctx, struct hf_bytes key, struct hf_bytes value)
{
	struct sweep *s = ctx;

	(void)value;
	add(&s->files, key.data, key.len);
	return true;
}

/* What cannot be read may need anything. */
static bool bad(struct sweep *s, const void *row)
{
	s->e = row ? s->e : HF_E_STORE;
	return !row;
}

static bool on_plan(void *ctx, struct hf_bytes key, struct hf_bytes value)
{
	struct sweep *s = ctx;
	Hufu__MaskPlanRow *row HF_CLEANUP(hf_decoded_done) = HF_DECODE_OWN(mask_plan_row, value.data, value.len);

	(void)key;
	if (bad(s, row))
		return false;
	if (row->state != HF_PLAN_REJECTED && row->state != HF_PLAN_RETIRED) {
		need(s, row);
	} else if (row->n_files > 0) {
		s->old = hf_realloc(s->old, (s->old_count + 1) * sizeof(Hufu__MaskPlanRow *));
		s->old[s->old_count++] = HF_TAKE(row);
	}
	return true;
}

static bool same_bytes(const ProtobufCBinaryData *a, const ProtobufCBinaryData *b)
{
	return a->len == b->len && memcmp(a->data, b->data, a->len) == 0;
}

/* NAME#HEX */
static void need_bound(struct sweep *s, const Hufu__DisclosureField *f)
{
	for (size_t i = 0; i < f->n_arg_values; i++) {
		const char *mark = strrchr(f->arg_values[i], '#');
		struct hf_hash h;

		if (mark && hf_hash_from_hex(mark + 1, &h))
			add(&s->needed, h.b, sizeof(h.b));
	}
}

static bool on_disclosure(void *ctx, struct hf_bytes key, struct hf_bytes value)
{
	struct sweep *s = ctx;
	const uint8_t *end = memchr(key.data, 0, key.len);

	if (!end || end == key.data || end + 1 == key.data + key.len || end[1] != 'R')
		return true; /* not what went out by a plan */
	Hufu__DisclosureRow *row HF_CLEANUP(hf_decoded_done) = HF_DECODE_OWN(disclosure_row, value.data, value.len);

	if (bad(s, row))
		return false;
	for (size_t i = 0; i < row->n_fields; i++)
		need_bound(s, row->fields[i]);
	for (size_t i = 0; i < s->old_count; i++)
		if (s->old[i] && same_bytes(&s->old[i]->digest, &row->plan_digest))
			need_old(s, i);
	return true;
}

static bool on_task(void *ctx, struct hf_bytes key, struct hf_bytes value)
{
	struct sweep *s = ctx;
	Hufu__MaskTaskRow *row HF_CLEANUP(hf_decoded_done) = HF_DECODE_OWN(mask_task_row, value.data, value.len);

	(void)key;
	if (bad(s, row))
		return false;
	for (size_t i = 0; i < s->old_count; i++)
		if (s->old[i] && s->old[i]->version == row->version && strcmp(s->old[i]->name, row->plan) == 0)
			need_old(s, i);
	return true;
}

static bool has(const struct digests *d, const void *digest)
{
	return d->count > 0 && bsearch(digest, d->list, d->count, sizeof(struct hf_hash), by_bytes);
}

/* Nobody needs to ask for a version all of whose files are needed anyway. */
static bool matters(const struct sweep *s, const Hufu__MaskPlanRow *row)
{
	for (size_t i = 0; i < row->n_files; i++)
		if (row->files[i]->digest.len == sizeof(struct hf_hash) && has(&s->files, row->files[i]->digest.data))
			return true;
	return false;
}

/* Leaves those files that nothing needs, as far as it was looked; they are in the order of the table. */
static void strike(struct sweep *s)
{
	size_t left = 0;

	if (s->needed.count > 0)
		qsort(s->needed.list, s->needed.count, sizeof(struct hf_hash), by_bytes);
	for (size_t i = 0; i < s->files.count; i++)
		if (!has(&s->needed, s->files.list[i].b))
			s->files.list[left++] = s->files.list[i];
	s->files.count = left;
	for (size_t i = 0; i < s->old_count; i++)
		if (s->old[i] && !matters(s, s->old[i]))
			hf_decoded_free(HF_TAKE(s->old[i]));
}

static void work(uv_work_t *w)
{
	static const struct {
		enum hf_table table;
		hf_store_row_fn row;
	} parts[] = {{HF_TABLE_MASK_FILE, on_file},
	             {HF_TABLE_MASK_PLAN, on_plan},
	             {HF_TABLE_DISCLOSURE, on_disclosure},
	             {HF_TABLE_MASK_TASK, on_task}};
	struct sweep *s = w->data;

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]) && s->e == HF_OK; i++) {
		enum hf_err e = hf_snapshot_scan(s->snapshot, parts[i].table, NULL, 0, NULL, 0, parts[i].row, s);

		s->e = s->e == HF_OK ? e : s->e;
		if (i > 0)
			strike(s);
		if (s->files.count == 0)
			break; /* there are none, or all are needed: most often so */
	}
}

/* ---- on the loop ---- */

static void end(struct sweep *s)
{
	struct hf_release *r = s->r;
	bool again = r->sweep_again && !r->closing;

	hf_snapshot_close(s->snapshot);
	for (size_t i = 0; i < s->old_count; i++)
		hf_decoded_free(s->old[i]);
	free(s->old);
	free(s->files.list);
	free(s->needed.list);
	free(s);
	r->sweeping = r->sweep_again = false;
	if (again)
		release_sweep(r);
	release_drop(r);
}

/* True: the plans are those of the snapshot. */
static bool still(const struct sweep *s)
{
	if (s->r->closing) /* and the store is, too */
		return false;
	bool same = s->changes == hf_store_changes(s->r->store, HF_TABLE_MASK_PLAN);

	s->r->sweep_again |= !same;
	return same;
}

static void on_gone(void *ctx, enum hf_err e, const struct hf_commit *info)
{
	(void)e; /* at the next start, then */
	(void)info;
	end(ctx);
}

static void after(uv_work_t *w, int status)
{
	struct sweep *s = w->data;
	struct hf_unit *u;

	hf_snapshot_close(HF_TAKE(s->snapshot));
	if (status != 0 || s->e != HF_OK || s->files.count == 0 || !still(s)) {
		end(s);
		return;
	}
	u = hf_unit_new();
	for (size_t i = 0; i < s->files.count; i++)
		hf_unit_del(u, HF_TABLE_MASK_FILE, s->files.list[i].b, sizeof(struct hf_hash));
	hf_store_submit(s->r->store, u, on_gone, s);
}

/* All that was submitted before is durable, so the snapshot has it. */
static void on_barrier(void *ctx, enum hf_err e, const struct hf_commit *info)
{
	struct sweep *s = ctx;

	(void)info;
	if (e != HF_OK || !still(s) || hf_snapshot_open(s->r->store, &s->snapshot) != HF_OK) {
		end(s);
		return;
	}
	s->work.data = s;
	if (uv_queue_work(s->r->base->loop, &s->work, work, after) != 0)
		abort(); /* only without a loop */
}

void release_sweep(struct hf_release *r)
{
	struct sweep *s;

	r->sweep_again = r->sweeping;
	if (r->sweeping || r->closing)
		return;
	s = hf_alloc_zero(sizeof(*s));
	s->r = r;
	r->sweeping = true;
	release_hold(r);
	s->changes = hf_store_changes(r->store, HF_TABLE_MASK_PLAN);
	hf_store_submit(r->store, hf_unit_new(), on_barrier, s);
}

static void sweep_now(void *ctx)
{
	release_sweep(ctx);
}

static void drop(void *ctx)
{
	release_drop(ctx);
}

void release_sweep_after(struct hf_release *r, struct hf_unit *unit)
{
	release_hold(r);
	hf_unit_after(unit, sweep_now, r, drop);
}
