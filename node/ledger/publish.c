#include "ledger/publish.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "evidence/ledger_dir.h"
#include "ledger/book.h"

#define OCTETS "application/octet-stream"
#define TEXT "text/plain; charset=utf-8"

/* One ledger as it may be read now. */
struct stand {
	struct stand *next;
	char node[HF_NAME_MAX + 1];
	char hex[65]; /* SHA-256 of the origin */
	struct hf_place place;
	uint64_t size;
	unsigned cosignatures;
	uint64_t descriptor; /* number, as of which the keys are */
	struct hf_buf note, log_vkey, witness_vkeys;
};
struct hf_published {
	struct hf_ledger *ledger;
	struct hf_store *store;
	bool own, mirrors;
	uv_mutex_t mutex;
	struct stand *first; /* changed by the loop, under the mutex */
};

/* ---- the loop's side ---- */

struct hf_published *hf_published_new(struct hf_ledger *l, struct hf_store *store, bool own, bool mirrors)
{
	struct hf_published *p = hf_alloc_zero(sizeof(*p));

	p->ledger = l;
	p->store = store;
	p->own = own;
	p->mirrors = mirrors;
	if (uv_mutex_init(&p->mutex) != 0)
		abort();
	return p;
}

static void free_stand(struct stand *s)
{
	if (!s)
		return;
	hf_buf_done(&s->note);
	hf_buf_done(&s->log_vkey);
	hf_buf_done(&s->witness_vkeys);
	free(s);
}

void hf_published_free(struct hf_published *p)
{
	if (!p)
		return;
	while (p->first) {
		struct stand *next = p->first->next;

		free_stand(p->first);
		p->first = next;
	}
	uv_mutex_destroy(&p->mutex);
	free(p);
}

static struct stand **place_of(struct hf_published *p, const char *node)
{
	struct stand **at = &p->first;

	while (*at && strcmp((*at)->node, node) != 0)
		at = &(*at)->next;
	return at;
}

/* fresh NULL: it is served no more. */
static void replace(struct hf_published *p, const char *node, struct stand *fresh)
{
	struct stand **at = place_of(p, node), *old;

	uv_mutex_lock(&p->mutex);
	old = *at;
	if (fresh) {
		fresh->next = old ? old->next : NULL;
		*at = fresh;
	} else if (old) {
		*at = old->next;
	}
	uv_mutex_unlock(&p->mutex);
	free_stand(old);
}

/* NULL: the note does not count today. */
static struct stand *make_stand(struct hf_published *p, const char *node, struct hf_bytes note)
{
	const struct hf_space *s = hf_ledger_space(p->ledger);
	struct stand *x = hf_alloc_zero(sizeof(*x));
	struct hf_checked c;
	struct hf_hash h;

	snprintf(x->node, sizeof(x->node), "%s", node);
	x->place.own = strcmp(node, p->ledger->base->self.s) == 0;
	hf_space_origin(p->ledger->space_id, node, x->place.origin);
	hf_sha256(x->place.origin, strlen(x->place.origin), &h);
	hf_hash_hex(&h, x->hex);
	x->descriptor = hf_space_number(s);
	if (hf_note_reduce(s, node, note.data, note.len, hf_now_ms(&p->ledger->base->clock), &x->note) != HF_OK ||
	    hf_checkpoint_check(s, (const char *)x->note.data, x->note.len, &c, NULL) != HF_OK ||
	    hf_ledger_dir_vkeys(s, &c, &x->log_vkey, &x->witness_vkeys) != HF_OK) {
		free_stand(x);
		return NULL;
	}
	x->size = c.checkpoint.size;
	return x;
}

/* A checkpoint that does not count is not served; the one before stays, it is as true as it was. */
static void update(struct hf_published *p, const char *node, struct hf_bytes note, uint64_t size, unsigned cosignatures)
{
	const struct stand *old = *place_of(p, node);
	uint64_t descriptor = hf_space_number(hf_ledger_space(p->ledger));

	if (note.len == 0 ||
	    (old && old->size >= size && old->cosignatures >= cosignatures && old->descriptor == descriptor))
		return;
	struct stand *fresh = make_stand(p, node, note);

	if (!fresh)
		return;
	fresh->cosignatures = cosignatures;
	replace(p, node, fresh);
}

static void refresh_mirror(struct hf_published *p, const char *node)
{
	char origin[HF_ORIGIN_MAX + 1];

	hf_space_origin(p->ledger->space_id, node, origin);
	Hufu__MirrorRow *row HF_CLEANUP(hf_decoded_done) = hf_mirror_row(p->ledger, origin);

	if (row && !row->frozen)
		update(p, node, hf_bytes_of(&row->witnessed_note), row->witnessed_size, 0);
}

/* The owner says so in the descriptor, now: consent can be taken back. */
static bool consents(const struct hf_space *s, const char *node)
{
	const char *value = hf_space_attribute(s, node, HF_PUBLISH_ATTRIBUTE);

	return value && strcmp(value, "yes") == 0;
}

static void drop_unwilling(struct hf_published *p, const struct hf_space *s)
{
	for (struct stand *x = p->first, *next; x; x = next) {
		next = x->next;
		if (!x->place.own && !consents(s, x->node))
			replace(p, x->node, NULL);
	}
}

void hf_published_refresh(struct hf_published *p)
{
	struct hf_ledger *l = p->ledger;
	const struct hf_space *s = hf_ledger_space(l);
	const Hufu__Descriptor *d = s ? hf_space_current(s) : NULL;

	if (!d)
		return;
	if (p->own)
		update(p, l->base->self.s, (struct hf_bytes){l->witnessed.note.data, l->witnessed.note.len},
		       l->witnessed.size, l->witnessed.cosignatures);
	if (!p->mirrors)
		return;
	drop_unwilling(p, s);
	for (size_t i = 0; i < d->n_members; i++)
		if (strcmp(d->members[i]->id, l->base->self.s) != 0 && consents(s, d->members[i]->id))
			refresh_mirror(p, d->members[i]->id);
}

/* ---- the reader's side ---- */

/* What the checkpoint covers: a whole tile when it is full, a part of it up to its width. */
static bool covered(uint64_t size, const struct hf_tile_name *t)
{
	unsigned shift = t->level > 0 ? 8 * (unsigned)t->level : 0;
	uint64_t count = size >> shift, end;

	return !__builtin_mul_overflow(t->tile, (uint64_t)HF_DIR_TILE, &end) &&
	       !__builtin_add_overflow(end, (uint64_t)t->width, &end) && end <= count;
}

static enum hf_err read_tile(struct hf_snapshot *n, const struct hf_tile_name *t, struct hf_published_file *f)
{
	struct hf_place place = {.own = f->own};
	struct hf_rows rows;
	struct hf_tree tree = {&place, &rows};
	const struct hf_hash *hashes;

	snprintf(place.origin, sizeof(place.origin), "%s", f->origin);
	hf_rows_of_snapshot(&rows, n);
	HF_TRY(hf_tree_tile(&tree, (unsigned)t->level, t->tile, t->width, &hashes));
	hf_buf_add(&f->bytes, hashes, t->width * sizeof(*hashes));
	f->length = f->bytes.len;
	return HF_OK;
}

/* How long the bundle is; the entries themselves are read one by one while it is sent. */
static enum hf_err measure_bundle(struct hf_snapshot *n, struct hf_published_file *f)
{
	struct hf_place place = {.own = f->own};
	struct hf_rows rows;
	struct hf_bytes entry;

	snprintf(place.origin, sizeof(place.origin), "%s", f->origin);
	hf_rows_of_snapshot(&rows, n);
	for (uint64_t i = f->first; i < f->end; i++) {
		if (hf_place_entry(&place, &rows, i, &entry) != HF_OK)
			return HF_E_STORE;
		f->length += 2 + entry.len;
	}
	return HF_OK;
}

static enum hf_err open_tile(const struct hf_tile_name *t, struct hf_published_file *f)
{
	struct hf_snapshot *n;
	enum hf_err e;

	f->type = OCTETS;
	f->immutable = true;
	HF_TRY(hf_snapshot_open(f->store, &n));
	if (t->level >= 0) {
		e = read_tile(n, t, f);
	} else {
		f->first = f->next = t->tile * HF_DIR_TILE;
		f->end = f->first + t->width;
		e = measure_bundle(n, f);
	}
	hf_snapshot_close(n);
	return e;
}

/* Under the mutex: the small files are copied, of a tile only whose it is. */
static enum hf_err find(struct hf_published *p, const char *path, struct hf_tile_name *t, struct hf_published_file *f)
{
	size_t len = strcspn(path, "/");
	const char *rest = path + len + 1;
	const struct stand *x = p->first;

	while (x && !(strlen(x->hex) == len && memcmp(x->hex, path, len) == 0) &&
	       !(x->place.own && strlen(x->node) == len && memcmp(x->node, path, len) == 0))
		x = x->next;
	if (!x || path[len] != '/')
		return HF_E_UNKNOWN;
	const struct {
		const char *name;
		const struct hf_buf *bytes;
	} small[] = {{"checkpoint", &x->note}, {"log.vkey", &x->log_vkey}, {"witness.vkeys", &x->witness_vkeys}};

	for (size_t i = 0; i < sizeof(small) / sizeof(small[0]); i++)
		if (strcmp(rest, small[i].name) == 0) {
			f->type = TEXT;
			f->length = small[i].bytes->len;
			hf_buf_add(&f->bytes, small[i].bytes->data, small[i].bytes->len);
			return HF_OK;
		}
	if (!hf_dir_tile_parse(rest, t) || !covered(x->size, t))
		return HF_E_UNKNOWN;
	f->own = x->place.own;
	snprintf(f->origin, sizeof(f->origin), "%s", x->place.origin);
	return HF_OK;
}

enum hf_err hf_published_open(struct hf_published *p, const char *path, struct hf_published_file *ret)
{
	struct hf_published_file f = {.store = p->store, .bytes = HF_BUF_INIT};
	struct hf_tile_name t = {.width = 0};
	enum hf_err e = HF_E_UNKNOWN;

	uv_mutex_lock(&p->mutex);
	if (strnlen(path, HF_PUBLISH_PATH_MAX) < HF_PUBLISH_PATH_MAX)
		e = find(p, path, &t, &f);
	uv_mutex_unlock(&p->mutex);
	if (e == HF_OK && !f.type)
		e = open_tile(&t, &f);
	if (e == HF_OK)
		*ret = f;
	else
		hf_published_file_done(&f);
	return e;
}

/* Entries never change: one that a later snapshot shows is the one that was measured. */
static bool next_entry(struct hf_published_file *f)
{
	struct hf_place place = {.own = f->own};
	struct hf_snapshot *n;
	struct hf_rows rows;
	struct hf_bytes entry;

	if (f->next == f->end || hf_snapshot_open(f->store, &n) != HF_OK)
		return false;
	snprintf(place.origin, sizeof(place.origin), "%s", f->origin);
	hf_rows_of_snapshot(&rows, n);
	hf_buf_clear(&f->bytes);
	f->at = 0;
	/* As many as fit a piece, so that a bundle of small entries does not need a snapshot for each. */
	while (f->next < f->end && hf_place_entry(&place, &rows, f->next, &entry) == HF_OK) {
		uint8_t head[2] = {(uint8_t)(entry.len >> 8), (uint8_t)entry.len};

		if (f->bytes.len > 0 && f->bytes.len + 2 + entry.len > (32u << 10))
			break;
		hf_buf_add(&f->bytes, head, sizeof(head));
		hf_buf_add(&f->bytes, entry.data, entry.len);
		f->next++;
	}
	hf_snapshot_close(n);
	return f->bytes.len > 0;
}

size_t hf_published_read(struct hf_published_file *f, uint64_t position, void *out, size_t max)
{
	size_t n;

	(void)position; /* one reader, in order */
	if (f->at == f->bytes.len && !next_entry(f))
		return 0;
	n = f->bytes.len - f->at < max ? f->bytes.len - f->at : max;
	memcpy(out, f->bytes.data + f->at, n);
	f->at += n;
	return n;
}

void hf_published_file_done(struct hf_published_file *f)
{
	hf_buf_done(&f->bytes);
}
