/*
 * receive.c - chunks on the consumer's side: several requests in flight, opened, hashed and written in the worker pool.
 *
 * Written is not acknowledged: only what fdatasync and the stored row cover counts, and only that is never asked for
 * again. The CSV check follows the written bytes in order, in one work item at a time. After a restart everything
 * beyond the durable point is asked for again, the check begins anew from the file, which must still hold what was
 * received before.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/domains.h"
#include "evidence/envelope.h"
#include "exchange/quality.h"
#include "exchange/receive.h"

#define ALTERED_TEXT "the partial file is not what was received before; fetch the data again"

/* An import that was begun before a restart does not keep what is broken alive; one that runs ends by itself. */
static void broken(struct transfer *t, enum hf_err e, const char *text, bool tell)
{
	if (!t->receive || !t->receive->importing)
		t->importing = false;
	end_now(t, e, text, tell);
}

static enum hf_err open_key(struct transfer *t, struct receive *r, struct hf_fault *f)
{
	uint8_t key[32];
	Hufu__Envelope *e = HF_DECODE(envelope, t->start.data, t->start.len);
	Hufu__TransferStart *s = e ? HF_DECODE(transfer_start, e->payload.data, e->payload.len) : NULL;
	bool ok = s && s->sealed_key.len == sizeof(key) + HF_SEAL_OVERHEAD &&
	          hf_seal_open(t->x->keys->box, s->sealed_key.data, s->sealed_key.len, key);
	hf_decoded_free(s);
	hf_decoded_free(e);
	if (!ok)
		return hf_fault_set(f, HF_E_CRYPTO, "the content key was not sealed to this node");
	for (unsigned i = 0; i < OPENERS; i++)
		r->aead[i] = hf_aead_new(HF_AEAD_AES256GCM, key);
	hf_wipe(key, sizeof(key));
	return HF_OK;
}

/* After a restart the manifest may be here already. */
static void know_end(struct transfer *t, struct receive *r)
{
	Hufu__Envelope *e = t->manifest.len ? HF_DECODE(envelope, t->manifest.data, t->manifest.len) : NULL;
	Hufu__Manifest *m = e ? HF_DECODE(manifest, e->payload.data, e->payload.len) : NULL;
	if (m && m->chunks > 0 && m->bytes >= (m->chunks - 1) * CHUNK_BYTES) {
		r->last_index = m->chunks - 1;
		r->last_bytes = (uint32_t)(m->bytes - r->last_index * CHUNK_BYTES);
	}
	hf_decoded_free(m);
	hf_decoded_free(e);
}

enum hf_err receive_open(struct transfer *t, struct hf_fault *f)
{
	struct receive *r = calloc(1, sizeof(*r));
	if (!r)
		abort();
	t->receive = r;
	r->fd = -1;
	r->last_index = UINT64_MAX;
	leaves_init(&r->leaves);
	r->leaves.range = t->durable;
	r->written = r->resumed = t->acknowledged;
	hf_merkle_range_root(&t->durable, &r->resumed_root);
	hf_merkle_range_init(&r->again);
	HF_TRY(open_key(t, r, f));
	HF_TRY(t->target->open(t, r, f));
	r->check = hf_csv_check_new();
	r->quality = quality_new(t);
	know_end(t, r);
	return HF_OK;
}

void receive_close(struct transfer *t)
{
	struct receive *r = t->receive;
	t->receive = NULL;
	if (!r)
		return;
	for (unsigned i = 0; i < OPENERS; i++)
		hf_aead_free(r->aead[i]);
	t->target->close(r);
	hf_csv_check_free(r->check);
	quality_free(r->quality);
	if (r->fd >= 0)
		close(r->fd);
	free(r);
}

struct chunk {
	uv_work_t work;
	struct transfer *t;
	struct hf_held *held;
	struct hf_bytes data;
	struct hf_aead *aead;
	unsigned lane;
	uint64_t index;
	uint8_t tag[HF_AEAD_TAG_BYTES];
	struct hf_hash leaf;
	enum hf_err error;
	bool last;
};

/* Worker. The message is ours alone until it is freed: it is opened in place. */
static void chunk_work(uv_work_t *w)
{
	struct chunk *c = w->data;
	uint8_t nonce[12] = {0}, ad[25];
	uint8_t *plain = (uint8_t *)(uintptr_t)c->data.data;
	hf_put_u64(nonce + 4, c->index);
	memcpy(ad, c->t->id.b, 16);
	hf_put_u64(ad + 16, c->index);
	ad[24] = c->last;
	if (!hf_aead_open(c->aead, nonce, ad, sizeof(ad), c->data.data, c->data.len, c->tag, plain)) {
		c->error = HF_E_DIGEST;
		return;
	}
	hf_merkle_leaf(plain, c->data.len, &c->leaf);
	c->error = c->t->target->write(c->t, c->lane, c->index, plain, c->data.len);
}

static void slot_clear(struct receive *r, uint64_t index)
{
	r->asked[index % UNACKED_MAX] = false;
}

static void progress(struct transfer *t);

static void chunk_done(uv_work_t *w, int status)
{
	(void)status;
	struct chunk *c = w->data;
	struct transfer *t = c->t;
	struct receive *r = t->receive;
	hf_held_free(c->held);
	r->aead_used[c->lane] = false;
	slot_clear(r, c->index);
	r->in_flight--;
	if (c->error != HF_OK && !t->gone) {
		broken(t, c->error, c->error == HF_E_DIGEST ? "a chunk was altered on its way" : hf_err_text(c->error),
		       true);
	} else if (!t->gone && t->state == TRANSFER_STARTED) {
		leaves_put(&r->leaves, c->index, &c->leaf, (uint32_t)c->data.len);
		t->retry_ms = 0;
		progress(t);
		receive_pump(t);
	}
	free(c);
	transfer_unhold(t);
}

/* There are as many as chunks can be under way. */
static unsigned free_lane(struct receive *r)
{
	unsigned i = 0;
	while (i + 1 < OPENERS && r->aead_used[i])
		i++;
	r->aead_used[i] = true;
	return i;
}

static bool keep_manifest(struct transfer *t, const Hufu__ChunkReply *r)
{
	size_t len = 0;
	if (!r->manifest)
		return false;
	uint8_t *data = hf_encode(&r->manifest->base, &len);
	hf_buf_clear(&t->manifest);
	t->manifest_ok = false;
	bool ok = data && hf_buf_add(&t->manifest, data, len);
	free(data);
	return ok;
}

/* There is one end: that of the start, of the manifest, or of the last chunk that came first. */
static bool end_fits(const struct transfer *t, uint64_t index, bool last)
{
	const struct receive *r = t->receive;
	uint64_t end = r->last_index;
	if (end == UINT64_MAX && t->bytes_total)
		end = t->bytes_total / CHUNK_BYTES;
	if (end != UINT64_MAX)
		return last == (index == end);
	for (uint64_t i = index + 1; last && i < r->written + UNACKED_MAX; i++)
		if (leaves_has(&r->leaves, i))
			return false;
	return true;
}

static enum hf_err check_reply(struct transfer *t, const Hufu__ChunkReply *c, const struct hf_reply *r, uint64_t index)
{
	bool short_chunk = r->bulk.len < CHUNK_BYTES;
	if (!c || !r->has_bulk || c->index != index || c->bytes != r->bulk.len || r->bulk.len > CHUNK_BYTES ||
	    c->tag.len != 16 || memcmp(c->tag.data, r->bulk_tag, 16) != 0 || c->last != short_chunk ||
	    !end_fits(t, index, c->last))
		return HF_E_FORMAT;
	if (c->last && !keep_manifest(t, c))
		return HF_E_FORMAT;
	return HF_OK;
}

struct ask {
	struct transfer *t;
	uint64_t index;
};

static void open_chunk(struct transfer *t, struct hf_reply *r, const Hufu__ChunkReply *reply, uint64_t index)
{
	struct chunk *c = calloc(1, sizeof(*c));
	if (!c)
		abort();
	c->work.data = c;
	c->t = t;
	c->index = index;
	c->last = reply->last;
	memcpy(c->tag, reply->tag.data, sizeof(c->tag));
	c->data = r->bulk;
	c->held = hf_reply_hold(r);
	c->lane = free_lane(t->receive);
	c->aead = t->receive->aead[c->lane];
	if (c->last)
		t->receive->last_index = index;
	transfer_hold(t);
	uv_queue_work(t->x->base->loop, &c->work, chunk_work, chunk_done);
}

static void failed_chunk(struct transfer *t, const struct ask *a, enum hf_err e, const char *text)
{
	struct receive *r = t->receive;
	slot_clear(r, a->index);
	r->in_flight--;
	if (a->index > r->last_index)
		return; /* asked for before the end was known */
	/* Behind everything that is here there is a chunk; further on there may be none. */
	bool none = e == HF_E_UNKNOWN && a->index > r->written && r->last_index == UINT64_MAX && !t->bytes_total;
	if (fetch_passes(e) || e == HF_E_RATE)
		fetch_retry(t);
	else if (!none)
		broken(t, e, text && text[0] ? text : hf_err_text(e), e != HF_E_UNKNOWN);
}

static void on_chunk(void *ctx, struct hf_reply *r)
{
	struct ask *a = ctx;
	struct transfer *t = a->t;
	if (t->gone || t->x->closing || !t->receive || t->state != TRANSFER_STARTED) {
		if (t->receive) {
			slot_clear(t->receive, a->index);
			t->receive->in_flight--;
		}
	} else if (r->error != HF_OK) {
		failed_chunk(t, a, r->error, r->text);
	} else {
		Hufu__ChunkReply *c = HF_DECODE(chunk_reply, r->body.data, r->body.len);
		enum hf_err e = check_reply(t, c, r, a->index);
		if (e == HF_OK && !t->bytes_total && a->index * CHUNK_BYTES + r->bulk.len > t->most_bytes)
			failed_chunk(t, a, HF_E_LIMIT, "the provider sends more than it said");
		else if (e == HF_OK)
			open_chunk(t, r, c, a->index);
		else
			failed_chunk(t, a, e, "the provider answered with a chunk of another form");
		hf_decoded_free(c);
	}
	free(a);
	transfer_unhold(t);
}

static void ask_chunk(struct transfer *t, uint64_t index)
{
	Hufu__ChunkGet g = HUFU__CHUNK_GET__INIT;
	uint8_t body[64];
	g.transfer = (ProtobufCBinaryData){16, t->id.b};
	g.index = index;
	g.acknowledged = t->acknowledged;
	size_t len = hufu__chunk_get__pack(&g, body);
	struct ask *a = calloc(1, sizeof(*a));
	if (!a)
		abort();
	a->t = t;
	a->index = index;
	t->receive->asked[index % UNACKED_MAX] = true;
	t->receive->in_flight++;
	transfer_hold(t);
	hf_peers_call(t->x->peers, t->peer, HF_MSG_CHUNK_GET, &t->id, body, len, 30000, on_chunk, a);
}

void receive_pump(struct transfer *t)
{
	struct hf_fault f = {HF_OK, ""};
	if (t->gone || t->x->closing || t->starting || t->state != TRANSFER_STARTED)
		return;
	enum hf_err e = fetch_system_stands(t, &f);
	if (e == HF_OK && !t->receive)
		e = receive_open(t, &f);
	if (e != HF_OK) {
		broken(t, e, f.text, true);
		return;
	}
	struct receive *r = t->receive;
	if (t->retry && uv_is_active((uv_handle_t *)t->retry))
		return;
	unsigned window = transfer_window(t);
	uint64_t limit = t->acknowledged + UNACKED_MAX;
	if (t->bytes_total && limit > t->bytes_total / CHUNK_BYTES + 1)
		limit = t->bytes_total / CHUNK_BYTES + 1;
	if (r->last_index != UINT64_MAX && limit > r->last_index + 1)
		limit = r->last_index + 1;
	for (uint64_t i = r->written; i < limit && r->in_flight < window; i++)
		if (!leaves_has(&r->leaves, i) && !r->asked[i % UNACKED_MAX])
			ask_chunk(t, i);
	if (r->in_flight == 0)
		progress(t);
}

/* Making it durable, and following it with the check. */
struct sync_job {
	uv_work_t work;
	struct transfer *t;
	uint64_t upto, bytes;
	struct hf_merkle_range durable; /* over [0, upto) */
	enum hf_err error;
};

static void sync_work(uv_work_t *w)
{
	struct sync_job *j = w->data;
	if (fdatasync(j->t->receive->fd) != 0)
		j->error = errno == ENOSPC ? HF_E_NO_SPACE : HF_E_IO;
}

static void on_acknowledged(void *ctx, enum hf_err e, const struct hf_commit *info)
{
	(void)info;
	struct sync_job *j = ctx;
	struct transfer *t = j->t;
	if (t->receive)
		t->receive->syncing = false;
	if (e == HF_OK && !t->gone && t->state == TRANSFER_STARTED) {
		traffic_seen(t->x, t->peer, HF_TRAFFIC_RECEIVED, j->bytes - t->bytes_done, &t->id);
		t->acknowledged = j->upto;
		t->bytes_done = j->bytes;
		t->durable = j->durable;
		progress(t);
		receive_pump(t);
	} else if (!t->gone && !t->x->closing) {
		fetch_retry(t);
	}
	free(j);
	transfer_unhold(t);
}

/* DS-117: what goes into a file or a database of this account's counts as it comes. */
static enum hf_err take_bytes(const struct sync_job *j, struct hf_unit *u, struct hf_fault *f)
{
	const struct transfer *t = j->t;
	const struct allowance_amount bytes = {.bytes = j->bytes - t->bytes_done};
	return t->target->sealed ? HF_OK : allowance_take(t->x->allowance, t->account, &bytes, u, f);
}

/* What the row says is said to the peer and shown to people after the commit. */
static void put_acknowledged(struct sync_job *j, struct hf_unit *u)
{
	struct transfer *t = j->t;
	struct sync_job before = {.upto = t->acknowledged, .bytes = t->bytes_done, .durable = t->durable};
	t->acknowledged = j->upto;
	t->bytes_done = j->bytes;
	t->durable = j->durable;
	transfer_put(u, t);
	t->acknowledged = before.upto;
	t->bytes_done = before.bytes;
	t->durable = before.durable;
	hf_store_submit(t->x->store, u, on_acknowledged, j);
}

static uint64_t bytes_upto(const struct receive *r, uint64_t chunks)
{
	if (r->last_index != UINT64_MAX && chunks == r->last_index + 1)
		return r->last_index * CHUNK_BYTES + r->last_bytes;
	return chunks * CHUNK_BYTES;
}

static void sync_done(uv_work_t *w, int status)
{
	(void)status;
	struct sync_job *j = w->data;
	struct transfer *t = j->t;
	uint32_t bytes;
	if (t->gone || t->state != TRANSFER_STARTED || j->error != HF_OK) {
		t->receive->syncing = false;
		if (j->error != HF_OK && !t->gone)
			broken(t, j->error, hf_err_text(j->error), true);
		free(j);
		transfer_unhold(t);
		return;
	}
	while (t->receive->leaves.range.size < j->upto && leaves_advance(&t->receive->leaves, &bytes))
		;
	j->durable = t->receive->leaves.range;
	j->bytes = bytes_upto(t->receive, j->upto);
	struct hf_fault f = {HF_OK, ""};
	struct hf_unit *u = hf_unit_new();
	if (take_bytes(j, u, &f) == HF_OK) {
		put_acknowledged(j, u);
		return;
	}
	hf_unit_free(u);
	t->receive->syncing = false;
	broken(t, f.code, f.text, true);
	free(j);
	transfer_unhold(t);
}

static void sync_begin(struct transfer *t)
{
	struct sync_job *j = calloc(1, sizeof(*j));
	if (!j)
		abort();
	j->work.data = j;
	j->t = t;
	j->upto = t->receive->written;
	t->receive->syncing = true;
	transfer_hold(t);
	uv_queue_work(t->x->base->loop, &j->work, sync_work, sync_done);
}

struct check_job {
	uv_work_t work;
	struct transfer *t;
	uint64_t upto;
	bool empty_last; /* behind upto there is a last chunk of no bytes */
	enum hf_err error;
};

/* DS-56: what the receipt will say is what lies on the disk, also after a restart. */
static enum hf_err hash_again(struct receive *r, const uint8_t *data, size_t len)
{
	struct hf_hash h;
	if (r->again.size >= r->resumed)
		return HF_OK;
	hf_merkle_leaf(data, len, &h);
	hf_merkle_range_append(&r->again, &h);
	if (r->again.size < r->resumed)
		return HF_OK;
	hf_merkle_range_root(&r->again, &h);
	return memcmp(h.b, r->resumed_root.b, sizeof(h.b)) == 0 ? HF_OK : HF_E_DIGEST;
}

/* Chunk by chunk: a check ends at the end of a chunk. */
static enum hf_err check_chunks(struct transfer *t, const struct check_job *j, uint8_t *chunk)
{
	struct receive *r = t->receive;
	uint64_t upto = j->upto;
	while (r->checked_bytes < upto) {
		size_t len = upto - r->checked_bytes < CHUNK_BYTES ? (size_t)(upto - r->checked_bytes) : CHUNK_BYTES;
		HF_TRY(t->target->read(t, r->checked_bytes / CHUNK_BYTES, chunk, len));
		HF_TRY(hash_again(r, chunk, len));
		hf_csv_check_feed(r->check, chunk, len);
		quality_feed(r->quality, chunk, len);
		r->checked_bytes += len;
	}
	return j->empty_last ? hash_again(r, chunk, 0) : HF_OK;
}

static void check_work(uv_work_t *w)
{
	struct check_job *j = w->data;
	uint8_t *chunk = malloc(CHUNK_BYTES);
	j->error = chunk ? check_chunks(j->t, j, chunk) : HF_E_MEMORY;
	free(chunk);
}

static void check_done(uv_work_t *w, int status)
{
	(void)status;
	struct check_job *j = w->data;
	struct transfer *t = j->t;
	t->receive->checking = false;
	if (j->error != HF_OK && !t->gone)
		broken(t, j->error, j->error == HF_E_DIGEST ? ALTERED_TEXT : hf_err_text(j->error), true);
	else if (!t->gone && t->state == TRANSFER_STARTED)
		progress(t);
	free(j);
	transfer_unhold(t);
}

static void check_begin(struct transfer *t, uint64_t upto)
{
	struct check_job *j = calloc(1, sizeof(*j));
	if (!j)
		abort();
	j->work.data = j;
	j->t = t;
	j->upto = upto;
	j->empty_last = t->receive->last_bytes == 0 && t->receive->written == t->receive->last_index + 1;
	t->receive->checking = true;
	transfer_hold(t);
	uv_queue_work(t->x->base->loop, &j->work, check_work, check_done);
}

static void progress(struct transfer *t)
{
	struct receive *r = t->receive;
	while ((r->last_index == UINT64_MAX || r->written <= r->last_index) && leaves_has(&r->leaves, r->written)) {
		if (r->written == r->last_index)
			r->last_bytes = r->leaves.bytes[r->written % UNACKED_MAX];
		r->written++;
	}
	bool all = r->last_index != UINT64_MAX && r->written == r->last_index + 1;
	uint64_t bytes = bytes_upto(r, r->written);
	if (!r->checking && r->checked_bytes < bytes && (all || bytes - r->checked_bytes >= 4 * CHUNK_BYTES))
		check_begin(t, bytes);
	if (!r->syncing && (r->written - t->acknowledged >= ACK_BATCH || (all && t->acknowledged < r->written)))
		sync_begin(t);
	if (all && !r->checking && !r->syncing && r->checked_bytes == bytes && t->acknowledged == r->written &&
	    !r->importing) {
		r->importing = true;
		import_begin(t);
	}
}
