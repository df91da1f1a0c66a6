/* to_witness.c - the round's checkpoint to each witness, with a consistency proof from what that witness has recorded.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/internal.h"
#include "proto/codec.h"

struct sent {
	uint64_t old_size, size;
};

/* What a witness says of our ledger beyond what we hold can only be its mistake or our loss; at start the gate settles
 * which. */
static void note_larger(struct hf_ledger *l, struct hf_lpeer *p, uint64_t size)
{
	if (p->complained)
		return;
	p->complained = true;
	hf_alarm(l->base, "witness-ahead", NULL,
	         "witness %s says it has cosigned %" PRIu64 " entries of this ledger, which has %" PRIu64
	         "; compare the two with `hufu ledger verify`",
	         p->node, size, hf_sequence_size(l->sequence));
}

static void take_reply(struct hf_ledger *l, struct hf_lpeer *p, const struct sent *s,
                       const Hufu__CheckpointReply *reply)
{
	struct hf_bytes line = hf_bytes_of(&reply->cosignature);

	if (line.len == 0) {
		if (reply->size > hf_sequence_size(l->sequence))
			note_larger(l, p, reply->size);
		if (reply->size > s->size)
			p->heads_ms = 0;
		if (reply->size == s->old_size || reply->size > s->size)
			hf_lane_failed(l, &p->lane[HF_LANE_WITNESS]);
		p->witness_size = reply->size;
		return;
	}
	p->witness_size = s->size;
	if (s->size != l->round.size)
		return;
	if (!hf_cosignature_ok(hf_ledger_space(l), p->node, HF_KEY_WITNESS, (const char *)l->round.text.data,
	                       l->round.text.len, line.data, line.len)) {
		HF_LOG(l->base->log, HF_LOG_WARN, "ledger", "bad-cosignature", NULL, HF_LOG_S("peer", p->node));
		hf_lane_failed(l, &p->lane[HF_LANE_WITNESS]);
		return;
	}
	p->complained = false;
	hf_round_add_cosignature(l, p, s->size, line);
}

static void on_reply(struct hf_ledger *l, struct hf_lpeer *p, struct hf_reply *r, void *ctx)
{
	struct sent s = *(struct sent *)ctx;
	Hufu__CheckpointReply *reply HF_CLEANUP(hf_decoded_done) = NULL;

	free(ctx);
	if (l->closing)
		return;
	if (r->error == HF_E_CONFLICT && !p->complained) {
		p->complained = true;
		hf_alarm(l->base, "witness-conflict", NULL,
		         "witness %s refuses the checkpoint of size %" PRIu64 " of this ledger because it "
		         "contradicts one that it cosigned; check whether this node was cloned or restored: %s",
		         p->node, s.size, r->text);
		p->heads_ms = 0; /* it is to show what it cosigned: on that proof this log stops */
	}
	if (r->error != HF_OK)
		return;
	reply = HF_DECODE(checkpoint_reply, r->body.data, r->body.len);
	if (reply)
		take_reply(l, p, &s, reply);
	else
		hf_lane_failed(l, &p->lane[HF_LANE_WITNESS]);
}

static bool wants(const struct hf_ledger *l, const struct hf_lpeer *p)
{
	return l->round.size > 0 && p->cosigned_size != l->round.size && p->witness_size <= l->round.size;
}

static void send_to(struct hf_ledger *l, struct hf_lpeer *p)
{
	struct hf_tree tree = {&l->own, &l->rows};
	ProtobufCBinaryData proof[HF_MERKLE_PATH_MAX];
	Hufu__CheckpointAdd add = HUFU__CHECKPOINT_ADD__INIT;
	struct hf_merkle_path path;
	struct sent *s;

	if (!hf_merkle_consistency(hf_tree_read, &tree, p->witness_size, l->round.size, &path)) {
		hf_lane_failed(l, &p->lane[HF_LANE_WITNESS]);
		return;
	}
	for (uint32_t i = 0; i < path.count; i++)
		proof[i] = hf_binary(path.node[i].b, sizeof(path.node[i].b));
	add.origin = l->own.origin;
	add.old_size = p->witness_size;
	add.proof = proof;
	add.n_proof = path.count;
	add.note = hf_binary(l->round.note.data, l->round.note.len);
	s = hf_alloc(sizeof(*s));
	*s = (struct sent){p->witness_size, l->round.size};
	hf_lane_call(l, p, HF_LANE_WITNESS, HF_MSG_CHECKPOINT_ADD, &add.base, on_reply, s);
}

void hf_to_witness_pump(struct hf_ledger *l)
{
	const Hufu__Descriptor *d = hf_space_current(hf_ledger_space(l));

	for (size_t i = 0; d && !l->halted[0] && i < d->n_witnesses; i++) {
		struct hf_lpeer *p;

		if (!hf_ledger_is_our_witness(l, d->witnesses[i]) || !hf_ledger_reachable_member(l, d->witnesses[i]))
			continue;
		p = hf_ledger_peer(l, d->witnesses[i]);
		if (wants(l, p) && hf_lane_ready(l, &p->lane[HF_LANE_WITNESS]))
			send_to(l, p);
	}
}

bool hf_to_witness_settled(struct hf_ledger *l)
{
	const Hufu__Descriptor *d = hf_space_current(hf_ledger_space(l));

	for (size_t i = 0; d && i < d->n_witnesses; i++) {
		struct hf_lpeer *p;

		if (!hf_ledger_is_our_witness(l, d->witnesses[i]) || !hf_ledger_reachable_member(l, d->witnesses[i]))
			continue;
		p = hf_ledger_peer(l, d->witnesses[i]);
		if (p->lane[HF_LANE_WITNESS].busy || (wants(l, p) && hf_lane_ready(l, &p->lane[HF_LANE_WITNESS])))
			return false;
	}
	return true;
}
