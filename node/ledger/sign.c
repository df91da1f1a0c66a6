/*
 * sign.c - checkpoints: re-hashing what was stored, the promise on disk, the signature, and the round of cosignatures.
 *
 * Signing follows the commits as fast as the disk takes the promise, so that an entry is provable a few milliseconds
 * after it is durable. One of the signed checkpoints is in its round at a time. The newest one follows when the quorum
 * has cosigned it, when nobody is left who could, or when the slow ones have had their time; so under load the
 * witnesses sign the same sizes, and a silent one never stops the log. When the log's key changes, what the quorum has
 * not cosigned is signed again with the key that counts now.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/internal.h"

#define NOTE_LINE_MAX 512u

struct sign_job {
	struct hf_job job;
	struct hf_snapshot *snapshot;
	struct hf_merkle_range range;  /* grows from what was checked to the target */
	struct hf_merkle_range target; /* the committer's word */
	struct hf_promise promise;
	const struct hf_sign_key *key;
	char text[HF_ORIGIN_MAX + 128];
	size_t text_len;
	char line[NOTE_LINE_MAX];
	enum hf_err err;
};

void hf_round_done(struct hf_round *r)
{
	hf_buf_done(&r->text);
	hf_buf_done(&r->note);
	memset(r, 0, sizeof(*r));
}

void hf_signed_done(struct hf_signed *s)
{
	hf_buf_done(&s->text);
	hf_buf_done(&s->note);
	memset(s, 0, sizeof(*s));
}

static bool take_entry(void *ctx, struct hf_bytes key, struct hf_bytes value)
{
	struct sign_job *j = ctx;
	struct hf_hash leaf;

	if (key.len != 8 || hf_get_u64(key.data) != j->range.size)
		return false;
	hf_merkle_leaf(value.data, value.len, &leaf);
	hf_merkle_range_append(&j->range, &leaf);
	return j->range.size < j->target.size;
}

/* The leaves anew from the stored bytes: a bit that flipped in memory must not be signed. */
static enum hf_err rehash(struct sign_job *j)
{
	struct hf_hash target;
	uint8_t from[8];
	enum hf_err e = HF_OK;

	hf_put_u64(from, j->range.size);
	if (j->range.size < j->target.size)
		e = hf_snapshot_scan(j->snapshot, HF_TABLE_ENTRY, NULL, 0, from, sizeof(from), take_entry, j);
	hf_snapshot_close(HF_TAKE(j->snapshot));
	HF_TRY(e);
	hf_merkle_range_root(&j->range, &j->promise.root);
	hf_merkle_range_root(&j->target, &target);
	return j->range.size == j->target.size && hf_hash_equal(&j->promise.root, &target) ? HF_OK : HF_E_CONFLICT;
}

static enum hf_err sign(struct sign_job *j)
{
	struct hf_ledger *l = j->job.ledger;
	struct hf_checkpoint c = {.size = j->promise.size, .root = j->promise.root};

	HF_TRY(hf_last_signed_write(l->last_signed, &j->promise));
	memcpy(c.origin, l->own.origin, sizeof(l->own.origin));
	j->text_len = hf_checkpoint_text(&c, j->text, sizeof(j->text));
	if (!j->text_len || !hf_note_sign_line(j->key, l->own.origin, j->text, j->text_len, j->line, sizeof(j->line)))
		return HF_E_CRYPTO;
	return HF_OK;
}

static void work(struct hf_job *job)
{
	struct sign_job *j = (struct sign_job *)job;

	j->err = rehash(j);
	if (j->err == HF_OK)
		j->err = sign(j);
}

static void del_checkpoint(struct hf_unit *u, uint64_t size)
{
	uint8_t key[8];

	hf_put_u64(key, size);
	hf_unit_del(u, HF_TABLE_CHECKPOINT, key, sizeof(key));
}

static void put_round(struct hf_ledger *l, struct hf_unit *u)
{
	uint8_t key[8];

	hf_put_u64(key, l->round.size);
	hf_unit_put(u, HF_TABLE_CHECKPOINT, key, sizeof(key), l->round.note.data, l->round.note.len);
}

static void begin_round(struct hf_ledger *l, int64_t now)
{
	struct hf_unit *u = hf_unit_new();
	struct hf_round *r = &l->round;

	if (r->size > 0 && r->size != l->witnessed.size && r->size != l->newest.size)
		del_checkpoint(u, r->size);
	hf_buf_clear(&r->text);
	hf_buf_clear(&r->note);
	hf_buf_add(&r->text, l->newest.text.data, l->newest.text.len);
	hf_buf_add(&r->note, l->newest.note.data, l->newest.note.len);
	for (size_t i = 0; r->size == l->newest.size && i < l->peer_count; i++)
		l->peer[i]->cosigned_size = 0; /* the same tree under another key */
	r->size = l->newest.size;
	r->root = l->newest.root;
	r->key = l->newest.key;
	r->cosignatures = 0;
	r->begun_ms = now;
	put_round(l, u);
	hf_store_submit(l->store, u, NULL, NULL);
}

static void take_signature(struct hf_ledger *l, const struct sign_job *j)
{
	struct hf_signed *s = &l->newest;

	l->checked = j->range;
	l->promise = j->promise;
	hf_buf_clear(&s->text);
	hf_buf_clear(&s->note);
	hf_buf_add(&s->text, j->text, j->text_len);
	hf_buf_addf(&s->note, "%s\n%s", j->text, j->line);
	s->size = j->promise.size;
	s->root = j->promise.root;
	s->key = j->key;
	hf_metrics_add(l->base->metrics, "checkpoints_signed_total", 1);
}

/* When the disk is slow, the signatures leave half of it to the commits. */
static int64_t pause_of(const struct hf_ledger *l, int64_t now)
{
	int64_t took = now - l->sign_begun_ms;

	if (took < HF_LEDGER_SIGN_MIN_MS)
		return HF_LEDGER_SIGN_MIN_MS;
	return took < HF_LEDGER_SIGN_MAX_MS ? took : HF_LEDGER_SIGN_MAX_MS;
}

static void after(struct hf_job *job)
{
	struct sign_job *j = (struct sign_job *)job;
	struct hf_ledger *l = job->ledger;

	l->signing = false;
	l->sign_next_ms = hf_ledger_mono(l) + pause_of(l, hf_ledger_mono(l));
	if (l->closing) {
		free(j);
		return;
	}
	if (j->err == HF_OK) {
		take_signature(l, j);
	} else if (j->err == HF_E_CONFLICT) {
		hf_ledger_halt(l,
		               "the stored entries below %" PRIu64
		               " do not give the hashes that were computed for them, so nothing is "
		               "signed any more; run `hufu ledger verify` and restore the folder",
		               j->target.size);
	} else if (j->err != HF_OK) {
		l->sign_next_ms += HF_LEDGER_ROUND_MS;
		HF_LOG(l->base->log, HF_LOG_ERROR, "ledger", "sign-failed", NULL, HF_LOG_E(j->err));
	}
	hf_ledger_wake(l);
	free(j);
}

static void start(struct hf_ledger *l)
{
	struct hf_snapshot *snapshot;
	struct hf_merkle_range target;
	struct sign_job *j;

	hf_sequence_head(l->sequence, &target); /* before the snapshot, which then holds at least that much */
	if (hf_snapshot_open(l->store, &snapshot) != HF_OK) {
		hf_ledger_due(l, hf_ledger_mono(l) + HF_LEDGER_SIGN_MAX_MS);
		return;
	}
	j = hf_alloc_zero(sizeof(*j));
	j->key = hf_ledger_key(l, HF_KEY_LOG);
	j->job.work = work;
	j->job.after = after;
	j->snapshot = snapshot;
	j->range = l->checked;
	j->target = target;
	j->promise.size = j->target.size;
	j->promise.time_ms = hf_now_ms(&l->base->clock);
	l->signing = true;
	l->sign_begun_ms = hf_ledger_mono(l);
	hf_ledger_job(l, &j->job);
}

static bool settled(struct hf_ledger *l, int64_t now)
{
	if (l->round.size == 0 || l->round.size == l->witnessed.size || hf_to_witness_settled(l))
		return true;
	hf_ledger_due(l, l->round.begun_ms + HF_LEDGER_ROUND_MS);
	return now >= l->round.begun_ms + HF_LEDGER_ROUND_MS;
}

static void pump_round(struct hf_ledger *l, int64_t now)
{
	int64_t next = l->round.begun_ms + HF_LEDGER_ROUND_MIN_MS;

	if ((l->newest.size == l->round.size && l->newest.key == l->round.key) || !settled(l, now))
		return;
	if (l->round.size > 0 && now < next)
		hf_ledger_due(l, next);
	else
		begin_round(l, now);
}

/* Nobody cosigns what a former key signed. */
static bool key_is_over(const struct hf_ledger *l)
{
	return l->newest.size > l->witnessed.size && l->newest.key != hf_ledger_key(l, HF_KEY_LOG);
}

void hf_sign_pump(struct hf_ledger *l)
{
	uint64_t size = hf_sequence_size(l->sequence);
	int64_t now = hf_ledger_mono(l);

	if (l->halted[0] || size == 0 || !hf_gate_open(l))
		return;
	pump_round(l, now);
	if (l->signing || (size == l->newest.size && !key_is_over(l)))
		return;
	if (now < l->sign_next_ms)
		hf_ledger_due(l, l->sign_next_ms);
	else
		start(l);
}

static void become_witnessed(struct hf_ledger *l, struct hf_unit *u)
{
	if (l->witnessed.size > 0 && l->witnessed.size != l->round.size)
		del_checkpoint(u, l->witnessed.size);
	l->witnessed.size = l->round.size;
	l->witnessed.cosignatures = l->round.cosignatures;
	hf_buf_clear(&l->witnessed.note);
	hf_buf_add(&l->witnessed.note, l->round.note.data, l->round.note.len);
}

void hf_round_add_cosignature(struct hf_ledger *l, struct hf_lpeer *p, uint64_t size, struct hf_bytes line)
{
	struct hf_ledger_state state;
	struct hf_unit *u;

	if (size != l->round.size || p->cosigned_size == size)
		return;
	p->cosigned_size = size;
	hf_buf_add(&l->round.note, line.data, line.len);
	l->round.cosignatures++;
	hf_ledger_state(l, &state);
	u = hf_unit_new();
	if (state.quorum > 0 && l->round.cosignatures >= state.quorum)
		become_witnessed(l, u);
	put_round(l, u);
	hf_passed_note(l, p, u, line);
	hf_store_submit(l->store, u, NULL, NULL);
}

/* Who has cosigned before the restart is not asked again, so that nobody counts twice. */
static void restore_cosigners(struct hf_ledger *l, struct hf_bytes note, uint64_t size)
{
	const struct hf_space *s = hf_ledger_space(l);
	const Hufu__Descriptor *d = hf_space_current(s);

	for (size_t i = 0; d && i < d->n_witnesses; i++)
		if (hf_ledger_is_our_witness(l, d->witnesses[i]) &&
		    hf_note_cosigned_by(s, d->witnesses[i], note.data, note.len)) {
			struct hf_lpeer *p = hf_ledger_peer(l, d->witnesses[i]);

			p->cosigned_size = p->witness_size = size;
		}
}

static void restore_signed(struct hf_ledger *l, struct hf_bytes note, size_t text_len, const struct hf_worth *w)
{
	restore_cosigners(l, note, w->checkpoint.size);
	hf_buf_clear(&l->newest.text);
	hf_buf_clear(&l->newest.note);
	hf_buf_add(&l->newest.text, note.data, text_len);
	hf_buf_add(&l->newest.note, note.data, note.len);
	l->newest.size = w->checkpoint.size;
	l->newest.root = w->checkpoint.root;
	l->newest.key = l->round.key = w->by_present_key ? hf_ledger_key(l, HF_KEY_LOG) : NULL;
	hf_buf_clear(&l->round.text);
	hf_buf_clear(&l->round.note);
	hf_buf_add(&l->round.text, note.data, text_len);
	hf_buf_add(&l->round.note, note.data, note.len);
	l->round.size = w->checkpoint.size;
	l->round.root = w->checkpoint.root;
	l->round.cosignatures = w->cosignatures;
}

/* In rising order of size. The last one was in its round; later signatures may have been made, which are not kept. */
static bool restore_row(void *ctx, struct hf_bytes key, struct hf_bytes value)
{
	struct hf_ledger *l = ctx;
	struct hf_worth w;
	const char *end;

	(void)key;
	if (hf_note_weigh(hf_ledger_space(l), l->base->self.s, value.data, value.len, hf_now_ms(&l->base->clock), &w) !=
	    HF_OK)
		return true;
	if (w.checkpoint.size <= l->promise.size && (end = memmem(value.data, value.len, "\n\n", 2)))
		restore_signed(l, value, (size_t)(end - (const char *)value.data) + 1, &w);
	if (w.witnessed && w.checkpoint.size > l->witnessed.size) {
		l->witnessed.size = w.checkpoint.size;
		l->witnessed.cosignatures = w.cosignatures;
		hf_buf_clear(&l->witnessed.note);
		hf_buf_add(&l->witnessed.note, value.data, value.len);
	}
	return true;
}

void hf_round_restore(struct hf_ledger *l)
{
	if (hf_store_scan(l->store, HF_TABLE_CHECKPOINT, NULL, 0, NULL, 0, restore_row, l) != HF_OK)
		HF_LOG(l->base->log, HF_LOG_ERROR, "ledger", "checkpoints-unread", NULL, HF_LOG_E(HF_E_STORE));
}
