/*
 * witness.c - this node as witness of other logs (c2sp.org/tlog-witness): one row per log says what it has cosigned;
 * the row is durable before the cosignature leaves, so that no restart makes it sign a second history.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/internal.h"
#include "proto/codec.h"

#define NOTE_LINE_MAX 512u

static void *row_of(struct hf_ledger *l, enum hf_table t, const char *origin, const ProtobufCMessageDescriptor *desc)
{
	struct hf_bytes v;

	if (hf_rows_get(&l->rows, t, origin, strlen(origin), &v) != HF_OK)
		return NULL;
	return hf_decode_own(desc, v.data, v.len);
}

Hufu__WitnessRow *hf_witness_row(struct hf_ledger *l, const char *origin)
{
	return row_of(l, HF_TABLE_WITNESS, origin, &hufu__witness_row__descriptor);
}

Hufu__MirrorRow *hf_mirror_row(struct hf_ledger *l, const char *origin)
{
	return row_of(l, HF_TABLE_MIRROR, origin, &hufu__mirror_row__descriptor);
}

static void put_row(struct hf_unit *u, enum hf_table t, const char *origin, const ProtobufCMessage *row)
{
	size_t len;
	uint8_t *value = hf_encode(row, &len);

	if (!value)
		abort();
	hf_unit_put(u, t, origin, strlen(origin), value, len);
	free(value);
}

void hf_witness_row_put(struct hf_unit *u, const char *origin, const Hufu__WitnessRow *row)
{
	put_row(u, HF_TABLE_WITNESS, origin, &row->base);
}

void hf_mirror_row_put(struct hf_unit *u, const char *origin, const Hufu__MirrorRow *row)
{
	put_row(u, HF_TABLE_MIRROR, origin, &row->base);
}

bool hf_ledger_owns(struct hf_ledger *l, const char *peer, const char *origin, const struct hf_answer *answer)
{
	struct hf_name node;

	if (!hf_space_origin_node(l->space_id, origin, &node))
		hf_answer(answer, HF_E_UNKNOWN, "that ledger does not belong to this space");
	else if (strcmp(node.s, peer) != 0)
		hf_answer(answer, HF_E_STANDING, "a ledger is sent by its owner only");
	else if (!hf_ledger_reachable_member(l, peer))
		hf_answer(answer, HF_E_STRANGER, "the ledger's owner is not a member in good standing");
	else
		return true;
	return false;
}

/* A request under way: what is answered when the row is durable. */
struct pending {
	struct hf_ledger *ledger;
	struct hf_answer answer;
	uint64_t size;
	char line[NOTE_LINE_MAX];
	size_t line_len;
	enum hf_err refusal; /* HF_OK: accepted */
	char text[160];
};

static void answer_size(const struct hf_answer *a, uint64_t size, const char *line, size_t len)
{
	Hufu__CheckpointReply reply = HUFU__CHECKPOINT_REPLY__INIT;

	reply.size = size;
	reply.cosignature = hf_binary(line, len);
	hf_ledger_answer(a, &reply.base);
}

static void on_durable(void *ctx, enum hf_err e, const struct hf_commit *info)
{
	struct pending *p = ctx;

	(void)info;
	if (e != HF_OK)
		hf_answer(&p->answer, HF_E_BUSY, "the checkpoint could not be stored");
	else if (p->refusal != HF_OK)
		hf_answer(&p->answer, p->refusal, p->text);
	else
		answer_size(&p->answer, p->size, p->line, p->line_len);
	free(p);
}

struct add {
	struct hf_ledger *l;
	const char *peer;
	const Hufu__CheckpointAdd *in;
	Hufu__WitnessRow *row; /* NULL: first checkpoint of that log */
	struct hf_checkpoint checkpoint;
	const struct hf_answer *answer;
};

/* A witness states its own clock and nothing that it has from others: who is wrong together must not confirm itself. */
static bool cosign(struct add *a, struct pending *p)
{
	const uint8_t *gap = memmem(a->in->note.data, a->in->note.len, "\n\n", 2);
	char name[HF_ORIGIN_MAX + 1];

	hf_cosigner_name(a->l->space_id, HF_KEY_WITNESS, a->l->base->self.s, name);
	p->line_len =
	        gap ? hf_note_cosign_line(hf_ledger_key(a->l, HF_KEY_WITNESS), name,
	                                  (uint64_t)(hf_local_ms(a->l->base) / 1000), (const char *)a->in->note.data,
	                                  (size_t)(gap - a->in->note.data) + 1, p->line, sizeof(p->line))
	            : 0;
	return p->line_len > 0;
}

/* Keeps the row, then answers; the unit may carry evidence too. */
static void submit(struct add *a, struct hf_unit *u, struct pending *p)
{
	p->ledger = a->l;
	p->answer = *a->answer;
	hf_store_submit(a->l->store, u, on_durable, p);
}

/* The note with this node's own line: by that it is known again after a loss (settle.c). */
static void keep_note(struct add *a, const struct pending *p, struct hf_buf *out)
{
	hf_buf_add(out, a->in->note.data, a->in->note.len);
	if (out->len + p->line_len <= HF_NOTE_BYTES_MAX &&
	    !hf_note_cosigned_by(hf_ledger_space(a->l), a->l->base->self.s, out->data, out->len))
		hf_buf_add(out, p->line, p->line_len);
}

static void record(struct add *a)
{
	Hufu__WitnessRow row = HUFU__WITNESS_ROW__INIT;
	struct pending *p = hf_alloc_zero(sizeof(*p));
	struct hf_buf note HF_CLEANUP(hf_buf_done) = HF_BUF_INIT;
	struct hf_unit *u;

	p->size = a->checkpoint.size;
	if (!cosign(a, p)) {
		free(p);
		hf_answer(a->answer, HF_E_BUSY, "the cosignature could not be made");
		return;
	}
	row.size = a->checkpoint.size;
	row.root = hf_binary(a->checkpoint.root.b, sizeof(a->checkpoint.root.b));
	keep_note(a, p, &note);
	row.note = hf_binary(note.data, note.len);
	u = hf_unit_new();
	hf_witness_row_put(u, a->in->origin, &row);
	hf_sequence_saw(a->l->sequence, a->peer, a->checkpoint.size, &a->checkpoint.root);
	hf_metrics_add(a->l->base->metrics, "checkpoints_cosigned_total", 1);
	submit(a, u, p);
}

/* Another root of the size that is on record: proof. */
static void refuse_fork(struct add *a)
{
	static const char what[] = "two checkpoints of the same size have different roots";
	struct hf_unit *u = hf_unit_new();
	struct pending *p;

	if (hf_evidence_pair(a->l, u, a->in->origin, hf_bytes_of(&a->row->note), hf_bytes_of(&a->in->note), NULL) !=
	    HF_OK) {
		hf_unit_free(u);
		hf_answer(a->answer, HF_E_CONFLICT, what);
		return;
	}
	p = hf_alloc_zero(sizeof(*p));
	p->refusal = HF_E_CONFLICT;
	snprintf(p->text, sizeof(p->text), "%s", what);
	submit(a, u, p);
}

/* Both are signed, but a wrong path proves nothing: the right one is asked for. */
static void refuse_path(struct add *a)
{
	hf_doubt(a->l, a->peer, a->peer, HF_HEAD_COSIGNED, hf_bytes_of(&a->in->note));
	hf_answer(a->answer, HF_E_CONFLICT, "the checkpoint does not follow from the one that was cosigned before");
}

static bool take_path(const Hufu__CheckpointAdd *in, struct hf_merkle_path *ret_path)
{
	ret_path->count = (uint32_t)in->n_proof;
	if (in->n_proof > HF_MERKLE_PATH_MAX)
		return false;
	for (size_t i = 0; i < in->n_proof; i++) {
		if (in->proof[i].len != sizeof(ret_path->node[i].b))
			return false;
		memcpy(ret_path->node[i].b, in->proof[i].data, sizeof(ret_path->node[i].b));
	}
	return true;
}

static bool consistent(const struct add *a)
{
	struct hf_merkle_path path;
	struct hf_hash old;

	if (!take_path(a->in, &path))
		return false;
	if (!a->row)
		hf_merkle_root(NULL, 0, &old);
	else
		memcpy(old.b, a->row->root.data, sizeof(old.b));
	return hf_merkle_verify_consistency(a->in->old_size, &old, a->checkpoint.size, &a->checkpoint.root, &path);
}

static void judge(struct add *a)
{
	uint64_t recorded = a->row ? a->row->size : 0;

	if (hf_frozen(a->l, a->in->origin))
		hf_answer(a->answer, HF_E_CONFLICT, "this ledger has shown two histories and is not cosigned any more");
	else if (a->in->old_size > a->checkpoint.size)
		hf_answer(a->answer, HF_E_ARGUMENT, "the old size is larger than the checkpoint");
	else if (a->row && recorded == a->checkpoint.size && !hf_root_is(&a->row->root, &a->checkpoint.root))
		refuse_fork(a);
	else if (!a->l->settled) /* the row may be an old one; a contradiction to it is proof all the same */
		hf_answer(a->answer, HF_E_BUSY, "this witness is asking the others what it has cosigned before");
	else if (a->in->old_size != recorded)
		answer_size(a->answer, recorded, NULL, 0);
	else if (consistent(a))
		record(a);
	else if (a->row)
		refuse_path(a);
	else
		hf_answer(a->answer, HF_E_CONFLICT, "the proof does not fit the empty tree");
}

void hf_witness_on_request(struct hf_ledger *l, const char *peer, struct hf_bytes body, const struct hf_answer *answer)
{
	Hufu__CheckpointAdd *in HF_CLEANUP(hf_decoded_done) = HF_DECODE(checkpoint_add, body.data, body.len);
	struct add a = {.l = l, .peer = peer, .in = in, .answer = answer};
	Hufu__WitnessRow *kept;
	struct hf_worth w;

	if (!in) {
		hf_answer(answer, HF_E_FORMAT, "the checkpoint message is not of the required form");
		return;
	}
	if (!hf_ledger_owns(l, peer, in->origin, answer))
		return;
	if (!hf_space_is_witness(hf_ledger_space(l), l->base->self.s, peer)) {
		hf_answer(answer, HF_E_UNSUPPORTED, "this node is no witness of that ledger");
		return;
	}
	if (hf_note_weigh(hf_ledger_space(l), peer, in->note.data, in->note.len, hf_now_ms(&l->base->clock), &w) !=
	            HF_OK ||
	    (!w.by_present_key && !w.witnessed)) { /* a quorum from now on would be one of a former key */
		hf_answer(answer, HF_E_SIGNATURE, "the checkpoint is not signed by the log's key of the descriptor");
		return;
	}
	a.checkpoint = w.checkpoint;
	a.row = kept = hf_witness_row(l, in->origin);
	if (kept && kept->frozen && !hf_frozen(l, in->origin)) /* it has another log key now and begins anew */
		a.row = NULL;
	judge(&a);
	hf_decoded_free(kept);
}
