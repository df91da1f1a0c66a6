/* view.c - see view.h. Get, and scans that merge the two sorted sides in either direction. */
#include "store/view.h"

#include <string.h>

/* No key is longer, so that one more byte of a longer bound changes no comparison. */
#define BOUND_MAX (HF_KEY_MAX + 1u)

/* Two sorted sides are merged; where both have a key, the overlay's row is the newer. */
struct scan {
	enum hf_table table;
	struct hf_bytes prefix;
	bool back, settled;
	struct hf_bytes start; /* forward: first key wanted; back: first key no longer wanted; data NULL: the end */
	uint8_t successor[HF_KEY_MAX];
	MDB_cursor *cursor;
	MDB_val key, value; /* the committed side's row, when live */
	bool live;
	const struct hf_overlay *overlay;
	const struct hf_row *row; /* the overlay's row, NULL: none left */
};

enum hf_err hf_view_get(const struct hf_view *v, enum hf_table t, struct hf_bytes key, struct hf_bytes *ret_value)
{
	const struct hf_row *r;
	MDB_val k = {key.len, (void *)key.data}, found;

	if (!hf_table_name(t))
		return HF_E_ARGUMENT;
	if (key.len == 0 || key.len > HF_KEY_MAX)
		return HF_E_UNKNOWN;
	r = v->overlay ? hf_overlay_find(v->overlay, t, key.data, key.len) : NULL;
	if (r && r->del)
		return HF_E_UNKNOWN;
	if (r) {
		*ret_value = (struct hf_bytes){r->value, r->value_len};
		return HF_OK;
	}
	HF_TRY(hf_env_error(v->env, mdb_get(v->txn, v->env->dbi[t], &k, &found)));
	*ret_value = (struct hf_bytes){found.mv_data, found.mv_size};
	return HF_OK;
}

static bool has_prefix(const struct scan *s, const void *key, size_t len)
{
	return len >= s->prefix.len && (s->prefix.len == 0 || memcmp(key, s->prefix.data, s->prefix.len) == 0);
}

/* The first key after all keys with the prefix; data NULL when there is none. */
static struct hf_bytes successor(struct scan *s)
{
	size_t len = s->prefix.len;

	while (len > 0 && s->prefix.data[len - 1] == 0xFF)
		len--;
	if (len == 0)
		return (struct hf_bytes){NULL, 0};
	memcpy(s->successor, s->prefix.data, len);
	s->successor[len - 1]++;
	return (struct hf_bytes){s->successor, len};
}

static void set_start(struct scan *s, struct hf_bytes bound)
{
	struct hf_bytes edge = s->back ? successor(s) : s->prefix;
	int c;

	if (bound.len > BOUND_MAX)
		bound.len = BOUND_MAX;
	c = bound.data && edge.data ? hf_key_compare(bound.data, bound.len, edge.data, edge.len) : 0;
	if (bound.data && (!edge.data || (s->back ? c < 0 : c > 0)))
		edge = bound;
	s->start = edge;
}

/* rc of a cursor call becomes the state of the committed side. */
static enum hf_err settle_side(struct scan *s, const struct hf_view *v, int rc)
{
	s->live = rc == 0 && has_prefix(s, s->key.mv_data, s->key.mv_size);
	return rc == MDB_NOTFOUND ? HF_OK : hf_env_error(v->env, rc);
}

static enum hf_err seek_committed(struct scan *s, const struct hf_view *v)
{
	int rc;

	s->key = (MDB_val){s->start.len, (void *)s->start.data};
	if (s->start.len == 0)
		return settle_side(s, v, mdb_cursor_get(s->cursor, &s->key, &s->value, s->back ? MDB_LAST : MDB_FIRST));
	rc = mdb_cursor_get(s->cursor, &s->key, &s->value, MDB_SET_RANGE);
	if (s->back && rc == 0)
		rc = mdb_cursor_get(s->cursor, &s->key, &s->value, MDB_PREV);
	else if (s->back && rc == MDB_NOTFOUND)
		rc = mdb_cursor_get(s->cursor, &s->key, &s->value, MDB_LAST);
	return settle_side(s, v, rc);
}

static void settle_row(struct scan *s, const struct hf_row *r)
{
	s->row = r && has_prefix(s, r->key, r->key_len) ? r : NULL;
}

static void seek_overlay(struct scan *s)
{
	if (!s->overlay)
		return;
	if (s->back)
		settle_row(s, hf_overlay_before(s->overlay, s->table, s->start.data, s->start.len));
	else
		settle_row(s, hf_overlay_from(s->overlay, s->table, s->start.data, s->start.len, false));
}

static enum hf_err step_committed(struct scan *s, const struct hf_view *v)
{
	return settle_side(s, v, mdb_cursor_get(s->cursor, &s->key, &s->value, s->back ? MDB_PREV : MDB_NEXT));
}

static void step_overlay(struct scan *s)
{
	if (s->back)
		settle_row(s, hf_overlay_before(s->overlay, s->table, s->row->key, s->row->key_len));
	else
		settle_row(s, hf_overlay_from(s->overlay, s->table, s->row->key, s->row->key_len, true));
}

/* Below 0: the committed row is next; above 0: the overlay's; 0: both have the key. */
static int which(const struct scan *s)
{
	int c;

	if (!s->row)
		return -1;
	if (!s->live)
		return 1;
	c = hf_key_compare(s->key.mv_data, s->key.mv_size, s->row->key, s->row->key_len);
	return s->back ? -c : c;
}

static bool show(const struct scan *s, bool overlay, hf_store_row_fn fn, void *ctx)
{
	if (!overlay)
		return fn(ctx, (struct hf_bytes){s->key.mv_data, s->key.mv_size},
		          (struct hf_bytes){s->value.mv_data, s->value.mv_size});
	return s->row->del || fn(ctx, (struct hf_bytes){s->row->key, s->row->key_len},
	                         (struct hf_bytes){s->row->value, s->row->value_len});
}

static enum hf_err merge(struct scan *s, const struct hf_view *v, hf_store_row_fn fn, void *ctx)
{
	while (s->live || s->row) {
		int next = which(s);

		if (!(s->settled && next >= 0) && !show(s, next >= 0, fn, ctx))
			return HF_OK;
		if (next >= 0)
			step_overlay(s);
		if (next <= 0)
			HF_TRY(step_committed(s, v));
	}
	return HF_OK;
}

static void close_cursor(MDB_cursor **cursor)
{
	if (*cursor)
		mdb_cursor_close(*cursor);
}

enum hf_err hf_view_scan(const struct hf_view *v, enum hf_table t, const struct hf_scan_range *range,
                         hf_store_row_fn fn, void *ctx)
{
	HF_CLEANUP(close_cursor) MDB_cursor *cursor = NULL;
	struct scan s = {.table = t,
	                 .prefix = range->prefix,
	                 .back = range->back,
	                 .settled = range->settled,
	                 .overlay = v->overlay};

	if (!hf_table_name(t))
		return HF_E_ARGUMENT;
	if (range->prefix.len > HF_KEY_MAX || (range->back && range->bound.data && range->bound.len == 0))
		return HF_OK;
	set_start(&s, range->bound);
	HF_TRY(hf_env_error(v->env, mdb_cursor_open(v->txn, v->env->dbi[t], &cursor)));
	s.cursor = cursor;
	HF_TRY(seek_committed(&s, v));
	seek_overlay(&s);
	return merge(&s, v, fn, ctx);
}
