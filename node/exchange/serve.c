/*
 * serve.c - chunks on the provider's side: read, hash, seal in the worker pool, answer on the loop.
 *
 * The gate is asked again before every chunk. A chunk is sealed under nonce = index with the transfer's own key, so the
 * same chunk may be sent twice but never two different ones: the source's stamp and the leaf of a chunk served before
 * must be the same (else the transfer ends with source-changed). A reader that makes what it gives is for one at a
 * time: then a chunk is hashed and sealed while the next one is read. Memory: at most JOBS_MAX chunks of a transfer are
 * under way here.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/domains.h"
#include "evidence/envelope.h"
#include "exchange/chosen.h"
#include "exchange/chunk.h"
#include "exchange/masked.h"
#include "exchange/settle.h"
#include "exchange/stream.h"
#include "exchange/transfer.h"
#include "source/sample.h"

#define JOBS_MAX 4u
#define JOBS_IN_TURN 2u /* one is read, one is sealed */
#define PENDING_MAX 32u
#define PERSIST_CHUNKS 64u
#define REWINDS_MAX 64u
#define REMADE_MAX 512u /* chunks that are made again for it; and 32 more for each that was delivered */
#define NO_CHUNK_TEXT "there is no such chunk"
#define ANOMALY_TEXT "the transfer was stopped: its requests do not fit it; start a new one"

struct pending {
	struct hf_request *rq;
	uint64_t index;
};

struct serve {
	struct hf_aead *aead[JOBS_MAX];
	bool aead_used[JOBS_MAX];
	unsigned jobs, jobs_max;
	bool in_turn; /* the reader is for one at a time; */
	bool reading; /* it is read from */
	struct pending pending[PENDING_MAX];
	unsigned pending_count;
	struct leaf_window leaves;
	uint64_t wanted_ack; /* what the consumer says is durable; leaves may have to be made again first */
	uint64_t persisted;
	uint64_t last_index;      /* UINT64_MAX: not reached */
	uint64_t rows;            /* in front of it */
	struct job *last_job;     /* the last chunk, waiting for the leaves before it */
	bool finishing;           /* the manifest is being stored */
	struct hf_buf manifest;   /* made; the transfer's own when it is durable */
	uint64_t next;            /* of a projecting reader: the chunk behind the one made last */
	uint64_t rewinds, remade; /* how often it had to begin again for an earlier one, and chunks made until then */
	struct hf_sample *sample; /* of what leaves as not sensitive; NULL: nobody has said so of any field */
};

static void pump(struct transfer *t);
static void start_job(struct transfer *t, struct hf_request *rq, uint64_t index);

bool serve_idle(const struct transfer *t)
{
	return t->serve->jobs == 0 && t->serve->pending_count == 0 && !t->serve->last_job;
}

enum hf_err serve_open(struct transfer *t, struct hf_fault *f)
{
	uint8_t key[32];
	/* What is masked is read whole: a plan says something of every field, and chooses itself. */
	masked_error(t, "source");
	HF_TRY(chosen_open(t, f));
	struct hf_source_stamp now;
	struct hf_sample *sample = NULL;
	hf_source_reader_stamp(t->reader, &now);
	enum hf_err e = drift_open(t, &now, &sample, f);
	if (e == HF_OK) {
		t->stamp = now;
		masked_error(t, NULL);
		e = masked_open(t, f);
	}
	if (e != HF_OK) {
		hf_sample_free(sample);
		hf_source_reader_close(HF_TAKE(t->reader));
		return e;
	}
	if (t->manifest.len == 0) /* else it says how much was sent */
		t->bytes_total = hf_source_reader_bytes(t->reader);
	struct serve *s = calloc(1, sizeof(*s));
	if (!s)
		abort();
	s->sample = sample;
	content_key(t->x, &t->id, key);
	for (unsigned i = 0; i < JOBS_MAX; i++)
		s->aead[i] = hf_aead_new(HF_AEAD_AES256GCM, key);
	hf_wipe(key, sizeof(key));
	s->in_turn = hf_source_reader_bytes(t->reader) == 0;
	s->jobs_max = s->in_turn ? JOBS_IN_TURN : JOBS_MAX;
	leaves_init(&s->leaves);
	s->leaves.range = t->durable;
	s->persisted = s->wanted_ack = t->acknowledged;
	s->last_index = UINT64_MAX;
	t->serve = s;
	return HF_OK;
}

static void free_job(struct job *j)
{
	hf_bulk_free(j->bulk);
	free(j);
}

void serve_close(struct transfer *t)
{
	struct serve *s = t->serve;
	if (s) {
		for (unsigned i = 0; i < s->pending_count; i++)
			hf_request_reply(s->pending[i].rq, HF_E_CANCELLED, "the transfer ended", NULL, 0);
		if (s->last_job) {
			hf_request_reply(s->last_job->rq, HF_E_CANCELLED, "the transfer ended", NULL, 0);
			free_job(s->last_job);
		}
		for (unsigned i = 0; i < JOBS_MAX; i++)
			hf_aead_free(s->aead[i]);
		hf_buf_done(&s->manifest);
		drift_close(t, s->sample);
		free(s);
	}
	t->serve = NULL;
	if (t->reader)
		hf_source_reader_close(HF_TAKE(t->reader));
	masked_close(t);
}

static void reply_chunk(struct job *j, const struct hf_buf *manifest)
{
	Hufu__ChunkReply r = HUFU__CHUNK_REPLY__INIT;
	r.index = j->index;
	r.bytes = (uint32_t)j->len;
	r.tag = (ProtobufCBinaryData){sizeof(j->tag), j->tag};
	r.last = j->last;
	Hufu__Envelope *e = manifest ? HF_DECODE(envelope, manifest->data, manifest->len) : NULL;
	r.manifest = e;
	size_t len = 0;
	uint8_t *body = hf_encode(&r.base, &len);
	hf_decoded_free(e);
	if (!body) {
		hf_request_reply(j->rq, HF_E_MEMORY, NULL, NULL, 0);
	} else {
		hf_request_reply_bulk(j->rq, body, len, HF_TAKE(j->bulk), j->len, j->tag);
	}
	free(body);
	hf_metrics_add(j->t->x->base->metrics, "exchange_chunks_served_total", 1);
	hf_metrics_add(j->t->x->base->metrics, "exchange_bytes_served_total", (int64_t)j->len);
	free_job(j);
}

static void persist(struct transfer *t)
{
	struct hf_unit *u = hf_unit_new();
	t->durable = t->serve->leaves.range;
	t->acknowledged = t->durable.size;
	t->serve->persisted = t->acknowledged;
	transfer_put(u, t);
	hf_store_submit(t->x->store, u, NULL, NULL);
}

/* Moves the range up to what the consumer has durably; false while leaves are missing. */
static bool advance(struct transfer *t)
{
	struct serve *s = t->serve;
	uint32_t bytes;
	while (s->leaves.range.size < s->wanted_ack) {
		if (!leaves_advance(&s->leaves, &bytes))
			return false;
		t->bytes_done += bytes;
	}
	t->durable = s->leaves.range;
	t->acknowledged = s->leaves.range.size;
	if (t->acknowledged - s->persisted >= PERSIST_CHUNKS && !s->finishing)
		persist(t);
	return true;
}

/* The first chunk up to the last one whose leaf is not known; UINT64_MAX when all are. */
static uint64_t first_missing(const struct serve *s)
{
	for (uint64_t i = s->leaves.range.size; i <= s->last_index; i++)
		if (!leaves_has(&s->leaves, i))
			return i;
	return UINT64_MAX;
}

static void root_of(const struct serve *s, struct hf_hash *ret_root, uint64_t *ret_bytes, const struct transfer *t)
{
	struct leaf_window w = s->leaves;
	uint32_t bytes;
	*ret_bytes = t->bytes_done;
	while (leaves_advance(&w, &bytes))
		*ret_bytes += bytes;
	hf_merkle_range_root(&w.range, ret_root);
}

static enum hf_err load_label(struct transfer *t, Hufu__TransferStart **ret_start)
{
	struct hf_bytes payload;
	struct hf_fault f;
	Hufu__Envelope *e = HF_DECODE(envelope, t->start.data, t->start.len);
	if (!e)
		return HF_E_STORE;
	enum hf_err err = hf_space_open(hf_peers_space(t->x->peers), e, HF_TYPE_TRANSFER_START, &payload, &f);
	*ret_start = err == HF_OK ? HF_DECODE(transfer_start, payload.data, payload.len) : NULL;
	hf_decoded_free(e);
	return *ret_start ? HF_OK : HF_E_STORE;
}

static enum hf_err make_manifest(struct transfer *t)
{
	Hufu__Header header = HUFU__HEADER__INIT;
	Hufu__Manifest m = HUFU__MANIFEST__INIT;
	Hufu__TransferStart *start = NULL;
	char *audience[1];
	struct hf_id message_id;
	HF_TRY(load_label(t, &start));
	root_of(t->serve, &t->root, &t->bytes_total, t);
	t->rows = t->serve->rows;
	t->ended_ms = hf_now_ms(&t->x->base->clock);
	header_fill(t->x, &header, t, audience, &message_id);
	m.header = &header;
	m.transfer = (ProtobufCBinaryData){16, t->id.b};
	m.agreement = id_or_none(&t->agreement);
	m.grant = id_or_none(&t->grant);
	m.label = start->label;
	m.chunk_bytes = CHUNK_BYTES;
	m.chunks = t->serve->last_index + 1;
	m.bytes = t->bytes_total;
	m.rows = t->rows;
	m.root = (ProtobufCBinaryData){32, t->root.b};
	m.format = (char *)"text/csv";
	m.started_ms = t->started_ms;
	m.ended_ms = t->ended_ms;
	char *effect = masked_effect(t);
	m.effect = effect ? effect : m.effect;
	hf_buf_clear(&t->serve->manifest);
	enum hf_err e = hf_envelope_make_message(t->x->keys->envelope, t->x->base->self.s, HF_TYPE_MANIFEST, &m.base,
	                                         &t->serve->manifest);
	free(effect);
	hf_decoded_free(start);
	return e;
}

static void try_finish(struct transfer *t);

/* What was not stored was never made: the next question for the last chunk begins again. */
static void on_manifest_stored(void *ctx, enum hf_err e, const struct hf_commit *info)
{
	(void)info;
	struct job *j = ctx;
	struct transfer *t = j->t;
	t->serve->finishing = false;
	if (e == HF_OK) {
		hf_buf_done(&t->manifest);
		t->manifest = t->serve->manifest;
		t->serve->manifest = (struct hf_buf)HF_BUF_INIT;
	}
	if (e != HF_OK || t->gone || t->state != TRANSFER_STARTED) {
		hf_request_reply(j->rq, e != HF_OK ? e : HF_E_CANCELLED, NULL, NULL, 0);
		free_job(j);
	} else {
		reply_chunk(j, &t->manifest);
	}
	if (!t->gone && t->state == TRANSFER_STARTED)
		try_finish(t);
	transfer_unhold(t);
}

static void send_manifest(struct job *j)
{
	struct transfer *t = j->t;
	struct hf_unit *u = hf_unit_new();
	struct hf_hash digest;
	struct hf_buf *manifest = &t->serve->manifest, before = t->manifest;
	struct hf_draft *d = transfer_draft(t, HF_EVENT_TRANSFER_SENT, HF_OK, NULL);
	draft_digest(d, manifest);
	hf_draft_int(d, HF_FIELD_DATA_LENGTH, (int64_t)t->bytes_total);
	hf_draft_bytes(d, HF_FIELD_CONTENT_ROOT, t->root.b, 32);
	hf_draft_text(d, HF_FIELD_PACKAGING, RECORD_PACKAGING);
	label_draft(d, t);
	hf_draft_text(d, HF_FIELD_DELIVERY, "pulled by the consumer over the authenticated channel");
	hf_draft_text(d, HF_FIELD_ENDPOINT, t->peer);
	hf_draft_text(d, HF_FIELD_IP_ADDRESS, t->address);
	masked_draft(t, d);
	masked_measured(t, u);
	hf_unit_draft(u, d);
	hf_ledger_keep_envelope(u, &t->id, HF_TYPE_MANIFEST, manifest->data, manifest->len, &digest);
	t->manifest = *manifest; /* in the row alone: nothing was sent before it is durable */
	transfer_put(u, t);
	passed_on(t, u, d);
	t->manifest = before;
	transfer_hold(t);
	t->serve->finishing = true;
	hf_store_submit(t->x->store, u, on_manifest_stored, j);
}

/* The last chunk goes out when every leaf before it is known: only then is there a root to sign. */
static void try_finish(struct transfer *t)
{
	struct serve *s = t->serve;
	if (!s->last_job || s->finishing || s->reading)
		return;
	if (t->manifest.len > 0) {
		reply_chunk(HF_TAKE(s->last_job), &t->manifest);
		return;
	}
	uint64_t missing = first_missing(s);
	if (missing != UINT64_MAX) { /* under way, or served before a restart: then it is made again */
		if (s->jobs == 0 && s->pending_count == 0)
			start_job(t, NULL, missing);
		return;
	}
	struct job *j = HF_TAKE(s->last_job);
	enum hf_err e = chunk_source_stands(t) ? make_manifest(t) : HF_E_SOURCE_CHANGED;
	if (e == HF_OK) {
		send_manifest(j);
		return;
	}
	hf_request_reply(j->rq, e, hf_err_text(e), NULL, 0);
	free_job(j);
	masked_read_error(t, e);
	end_now(t, e, hf_err_text(e), true);
}

static void release_aead(struct serve *s, const struct hf_aead *a)
{
	for (unsigned i = 0; i < JOBS_MAX; i++)
		if (s->aead[i] == a)
			s->aead_used[i] = false;
}

/* DS-51, DS-63: what no honest consumer asks for ends the transfer with an exception and an alarm. */
static void anomaly(struct transfer *t, uint64_t index)
{
	hf_alarm(t->x->base, "transfer-anomaly", &t->id,
	         "%s asked for chunk %llu of a transfer in a way that does not fit it", t->peer,
	         (unsigned long long)index);
	if (t->gone || transfer_ended(t->state))
		return;
	struct hf_unit *u = hf_unit_new();
	struct hf_draft *d = transfer_draft(t, HF_EVENT_EXCEPTION, HF_E_LIMIT, ANOMALY_TEXT);
	hf_draft_text(d, HF_FIELD_EXCEPTION, "transfer-anomaly");
	hf_draft_int(d, HF_FIELD_DATA_LENGTH, (int64_t)t->bytes_done);
	hf_unit_draft(u, d);
	settle_open(t, UNSETTLED_RECEIPT, u); /* until it signs how much it has, which it does when it is told */
	end_transfer(t, HF_E_LIMIT, ANOMALY_TEXT, true, u);
	hf_store_submit(t->x->store, u, NULL, NULL);
}

static void take_result(struct transfer *t, struct job *j)
{
	struct serve *s = t->serve;
	leaves_put(&s->leaves, j->index, &j->leaf, (uint32_t)j->len);
	if (j->last) {
		s->last_index = j->index;
		s->rows = j->rows;
	}
	if (!j->rq) {
		bool lied = j->last && s->wanted_ack > j->index + 1;
		free_job(j);
		if (lied)
			anomaly(t, s->wanted_ack);
		return;
	}
	t->served++;
	traffic_seen(t->x, t->peer, HF_TRAFFIC_SENT, j->len, &t->id);
	if (j->index < t->acknowledged) {
		t->served_after_ack++;
		hf_metrics_add(t->x->base->metrics, "exchange_served_after_ack_total", 1);
	}
	if (!j->last) {
		reply_chunk(j, NULL);
		return;
	}
	if (s->last_job) { /* asked for twice: the later question gets the answer */
		hf_request_reply(s->last_job->rq, HF_E_CANCELLED, "asked again", NULL, 0);
		free_job(s->last_job);
	}
	s->last_job = j;
}

/* Leaves cannot be made again at present: who waits for them asks later. */
static void refuse_pending(struct serve *s, enum hf_err e)
{
	while (s->pending_count)
		hf_request_reply(s->pending[--s->pending_count].rq, e, hf_err_text(e), NULL, 0);
}

/* UNKNOWN: behind the end of an output whose length was not known. What will not get better ends the transfer. */
static void chunk_failed(struct transfer *t, struct job *j)
{
	enum hf_err e = j->error != HF_OK ? j->error : HF_E_CANCELLED;
	bool again = !j->rq, was_read = j->was_read;
	char text[400];
	if (was_read) /* then it is not the reader's error, and it may be read from */
		snprintf(text, sizeof(text), "%s", hf_err_text(e));
	else
		masked_why(t, e, text);
	if (!was_read && hf_err_class(e) == HF_CLASS_RETRY && t->serve->in_turn)
		t->serve->next = j->index; /* asked for again it is no step back */
	if (j->rq)
		hf_request_reply(j->rq, e, e == HF_E_UNKNOWN ? NO_CHUNK_TEXT : text, NULL, 0);
	free_job(j);
	if (t->gone || t->state != TRANSFER_STARTED)
		return;
	if (was_read)
		masked_error(t, e == HF_E_SOURCE_CHANGED ? "source" : NULL);
	else
		masked_read_error(t, e);
	if (e == HF_E_SENSITIVE)
		drift_stop(t, t->serve->sample);
	else if (e == HF_E_UNKNOWN && again)
		anomaly(t, t->serve->wanted_ack);
	else if (e != HF_E_UNKNOWN && (hf_err_class(e) == HF_CLASS_REFUSE || masked_ends(t, e, text)))
		end_now(t, e, text, true);
	else if (again)
		refuse_pending(t->serve, e);
	else
		pump(t);
}

static void chunk_done(uv_work_t *w, int status)
{
	(void)status;
	struct job *j = w->data;
	struct transfer *t = j->t;
	struct serve *s = t->serve;
	s->jobs--;
	release_aead(s, j->aead);
	if (j->error == HF_OK && leaves_differ(&s->leaves, j->index, &j->leaf))
		j->error = HF_E_SOURCE_CHANGED; /* never two plaintexts under one nonce */
	if (j->error != HF_OK || t->gone || t->state != TRANSFER_STARTED) {
		chunk_failed(t, j);
	} else {
		take_result(t, j);
		try_finish(t);
		pump(t);
	}
	transfer_unhold(t);
}

/* Behind the last chunk nothing is read. */
static void read_done(uv_work_t *w, int status)
{
	struct job *j = w->data;
	struct transfer *t = j->t;
	t->serve->reading = false;
	if (j->error != HF_OK || t->gone || t->state != TRANSFER_STARTED) {
		chunk_done(w, status);
		return;
	}
	if (j->last)
		t->serve->last_index = j->index;
	uv_queue_work(t->x->base->loop, &j->work, chunk_seal_work, chunk_done);
	pump(t);
}

static void start_job(struct transfer *t, struct hf_request *rq, uint64_t index)
{
	struct serve *s = t->serve;
	struct job *j = calloc(1, sizeof(*j));
	unsigned slot = 0;
	while (slot < JOBS_MAX && s->aead_used[slot])
		slot++;
	if (!j || slot == JOBS_MAX || !(j->bulk = hf_bulk_new(CHUNK_BYTES))) {
		if (rq)
			hf_request_reply(rq, HF_E_BUSY, "no memory for another chunk at the moment", NULL, 0);
		free(j);
		return;
	}
	j->work.data = j;
	j->t = t;
	j->rq = rq;
	j->index = index;
	j->sample = s->sample;
	j->aead = s->aead[slot];
	s->aead_used[slot] = true;
	s->jobs++;
	transfer_hold(t);
	s->reading = s->in_turn;
	if (s->in_turn)
		uv_queue_work(t->x->base->loop, &j->work, chunk_read_work, read_done);
	else
		uv_queue_work(t->x->base->loop, &j->work, chunk_work, chunk_done);
}

static struct hf_request *take_lowest(struct serve *s, uint64_t *ret_index)
{
	unsigned low = 0;
	for (unsigned i = 1; i < s->pending_count; i++)
		if (s->pending[i].index < s->pending[low].index)
			low = i;
	struct hf_request *rq = s->pending[low].rq;
	*ret_index = s->pending[low].index;
	s->pending[low] = s->pending[--s->pending_count];
	return rq;
}

/* After a restart the consumer may be ahead of what was stored here: leaves it already has are made again from the
 * source. */
static bool recover(struct transfer *t)
{
	struct serve *s = t->serve;
	if (advance(t))
		return false;
	if (s->jobs == 0)
		start_job(t, NULL, s->leaves.range.size);
	return true;
}

/* A projecting reader begins at the top for every chunk before its place; no consumer may keep it at that. */
static bool rewinds(struct serve *s, uint64_t index)
{
	if (!s->in_turn)
		return false;
	s->rewinds += index < s->next;
	s->remade += index < s->next ? s->next : 0;
	s->next = index + 1;
	return s->rewinds > REWINDS_MAX + s->leaves.range.size || s->remade > REMADE_MAX + 32 * s->leaves.range.size;
}

static void pump(struct transfer *t)
{
	struct serve *s = t->serve;
	uint64_t index;
	if (recover(t))
		return;
	while (s->pending_count && s->jobs < s->jobs_max && !s->reading) {
		struct hf_request *rq = take_lowest(s, &index);
		if (rewinds(s, index)) {
			hf_request_reply(rq, HF_E_LIMIT, ANOMALY_TEXT, NULL, 0);
			anomaly(t, index);
			return;
		}
		if (s->last_index != UINT64_MAX && index > s->last_index) /* asked for before the end was known */
			hf_request_reply(rq, HF_E_UNKNOWN, NO_CHUNK_TEXT, NULL, 0);
		else
			start_job(t, rq, index);
	}
}

static bool abnormal(struct transfer *t, const Hufu__ChunkGet *get)
{
	const struct serve *s = t->serve;
	uint64_t bytes = hf_source_reader_bytes(t->reader); /* 0 when fields are chosen: not known beforehand */
	bool beyond = bytes && get->index > bytes / CHUNK_BYTES;
	bool ahead =
	        get->index >= get->acknowledged + UNACKED_MAX || (bytes && get->acknowledged > bytes / CHUNK_BYTES + 1);
	/* More acknowledged than was sent; what a restart of this node may have forgotten is allowed for. */
	bool boast = get->acknowledged > s->leaves.range.size + 2 * UNACKED_MAX;
	bool greedy = t->served > 4 * (t->acknowledged + UNACKED_MAX);
	/* What is durable there is not made again: its leaf is no longer here to hold it against. */
	bool back = get->index < get->acknowledged || get->index < t->acknowledged;
	return beyond || ahead || boast || greedy || back;
}

void serve_chunk(struct transfer *t, struct hf_request *take, const Hufu__ChunkGet *get)
{
	struct hf_fault f = {HF_OK, ""};
	enum hf_err e = HF_OK;
	if (!t->serve && (e = serve_open(t, &f)) != HF_OK) {
		hf_request_reply(take, e, f.text, NULL, 0);
		if (!t->mask_error || masked_ends(t, e, f.text))
			end_now(t, e, f.text, true);
		return;
	}
	struct serve *s = t->serve;
	t->asked = true;
	t->used_ms = hf_mono_ms(&t->x->base->clock);
	if (abnormal(t, get)) {
		hf_request_reply(take, HF_E_LIMIT, ANOMALY_TEXT, NULL, 0);
		anomaly(t, get->index);
		return;
	}
	if (s->pending_count == PENDING_MAX) {
		hf_request_reply(take, HF_E_BUSY, "too many chunks are asked for at once", NULL, 0);
		return;
	}
	if (s->last_index != UINT64_MAX && get->index > s->last_index) {
		hf_request_reply(take, HF_E_UNKNOWN, NO_CHUNK_TEXT, NULL, 0);
		return;
	}
	if (get->acknowledged > s->wanted_ack)
		s->wanted_ack = get->acknowledged;
	s->pending[s->pending_count++] = (struct pending){take, get->index};
	pump(t);
}
