/*
 * to_mirror.c - this ledger's entries to the nodes that store a copy of it.
 *
 * A mirror is first asked what it has (an empty message), then sent what lies between that and a checkpoint: the newest
 * witnessed one, or the newest signed one when no quorum is to be had. The mirror's own word decides where the next
 * batch starts, so one that lost its data is filled again and nothing it says of an earlier session is trusted. It
 * cosigns with its mirror key what it has stored.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/internal.h"
#include "proto/codec.h"

struct goal {
	uint64_t size; /* 0: no checkpoint yet */
	const struct hf_buf *note;
	bool witnessed;
};
struct sent {
	uint64_t start, size;
	bool witnessed, asked; /* nothing was sent with it */
	size_t text_len;
	char text[HF_ORIGIN_MAX + 128]; /* what the mirror signs */
};

static struct goal goal_of(struct hf_ledger *l)
{
	bool round_lost = l->round.size > l->witnessed.size && hf_to_witness_settled(l);

	if (round_lost ||
	    (l->witnessed.size == 0 && l->round.size > 0 && hf_ledger_mono(l) > l->round.begun_ms + HF_LEDGER_ROUND_MS))
		return (struct goal){l->round.size, &l->round.note, false};
	return (struct goal){l->witnessed.size, &l->witnessed.note, true};
}

struct batch {
	struct hf_buf bytes;
	size_t length[HF_LEDGER_BATCH_ENTRIES];
	size_t count;
	uint64_t next, end;
};

static bool take_entry(void *ctx, struct hf_bytes key, struct hf_bytes value)
{
	struct batch *b = ctx;

	if (key.len != 8 || hf_get_u64(key.data) != b->next || b->next >= b->end ||
	    b->count == HF_LEDGER_BATCH_ENTRIES ||
	    b->bytes.len + value.len + 8 * (b->count + 1) > HF_LEDGER_BATCH_BYTES ||
	    !hf_buf_add(&b->bytes, value.data, value.len))
		return false;
	b->length[b->count++] = value.len;
	b->next++;
	return true;
}

static void take_reply(struct hf_ledger *l, struct hf_lpeer *p, const struct sent *s, const Hufu__MirrorReply *reply)
{
	struct hf_bytes line = hf_bytes_of(&reply->cosignature);
	bool first = !p->mirror_known;
	bool stored = line.len > 0 || reply->next >= s->size;

	if (line.len > 0 &&
	    !hf_cosignature_ok(hf_ledger_space(l), p->node, HF_KEY_MIRROR, s->text, s->text_len, line.data, line.len)) {
		HF_LOG(l->base->log, HF_LOG_WARN, "ledger", "bad-cosignature", NULL, HF_LOG_S("peer", p->node));
		hf_lane_failed(l, &p->lane[HF_LANE_MIRROR]);
		return;
	}
	p->mirror_known = true;
	p->complained = false;
	if (reply->next < p->mirror_size) /* it lost what it had */
		p->mirror_size = p->mirror_witnessed = 0;
	hf_push_taken(p, s->asked ? false : stored || reply->next > s->start);
	p->mirror_next = reply->next;
	if (stored && s->size > p->mirror_size)
		p->mirror_size = s->size;
	if (stored && s->witnessed && s->size > p->mirror_witnessed)
		p->mirror_witnessed = s->size;
	if (!stored && !first && reply->next <= s->start)
		hf_lane_failed(l, &p->lane[HF_LANE_MIRROR]);
}

static void on_reply(struct hf_ledger *l, struct hf_lpeer *p, struct hf_reply *r, void *ctx)
{
	struct sent s = *(struct sent *)ctx;
	Hufu__MirrorReply *reply HF_CLEANUP(hf_decoded_done) = NULL;

	free(ctx);
	if (l->closing)
		return;
	if ((r->error == HF_E_CONFLICT || r->error == HF_E_DIGEST) && !p->complained) {
		p->complained = true;
		hf_alarm(l->base, "mirror-conflict", NULL,
		         "mirror %s refuses this ledger at size %" PRIu64 ": %s; compare with `hufu ledger "
		         "verify`",
		         p->node, s.size, r->text);
	}
	if (hf_push_refused(l, p, r)) /* what it has is still what it said */
		return;
	if (r->error != HF_OK) {
		p->mirror_known = false;
		return;
	}
	reply = HF_DECODE(mirror_reply, r->body.data, r->body.len);
	if (reply)
		take_reply(l, p, &s, reply);
	else
		hf_lane_failed(l, &p->lane[HF_LANE_MIRROR]);
}

static bool wants(const struct hf_lpeer *p, const struct goal *g)
{
	return g->size > 0 &&
	       (!p->mirror_known || g->size > p->mirror_size || (g->witnessed && g->size > p->mirror_witnessed));
}

static enum hf_err fill(struct hf_ledger *l, struct hf_lpeer *p, const struct goal *g, struct batch *b)
{
	uint8_t from[8];

	hf_buf_init(&b->bytes, HF_LEDGER_BATCH_BYTES);
	b->count = 0;
	b->next = p->mirror_next;
	b->end = p->mirror_known ? g->size : 0; /* asking sends nothing */
	hf_put_u64(from, b->next);
	if (b->next >= b->end)
		return HF_OK;
	return hf_store_scan(l->store, HF_TABLE_ENTRY, NULL, 0, from, sizeof(from), take_entry, b);
}

static void set_text(struct sent *s, const struct hf_buf *note)
{
	const uint8_t *gap = memmem(note->data, note->len, "\n\n", 2);
	size_t len = gap ? (size_t)(gap - note->data) + 1 : 0;

	if (len > sizeof(s->text))
		return;
	memcpy(s->text, note->data, len);
	s->text_len = len;
}

static void send_batch(struct hf_ledger *l, struct hf_lpeer *p, const struct goal *g, const struct batch *b)
{
	Hufu__MirrorAdd add = HUFU__MIRROR_ADD__INIT;
	struct sent *s = hf_alloc(sizeof(*s));
	size_t at = 0;

	add.origin = l->own.origin;
	add.start = p->mirror_known ? p->mirror_next : 0;
	add.note = hf_binary(g->note->data, g->note->len);
	add.entries = hf_alloc((b->count + 1) * sizeof(*add.entries));
	for (size_t i = 0; i < b->count; at += b->length[i++])
		add.entries[i] = hf_binary(b->bytes.data + at, b->length[i]);
	add.n_entries = b->count;
	*s = (struct sent){.start = add.start, .size = g->size, .witnessed = g->witnessed, .asked = b->count == 0};
	set_text(s, g->note);
	hf_lane_call(l, p, HF_LANE_MIRROR, HF_MSG_MIRROR_ADD, &add.base, on_reply, s);
	free(add.entries);
}

static void send_to(struct hf_ledger *l, struct hf_lpeer *p)
{
	struct goal g = goal_of(l);
	struct batch *b;

	if (l->halted[0] || !wants(p, &g) || !hf_push_ready(l, p) || !hf_lane_ready(l, &p->lane[HF_LANE_MIRROR]))
		return;
	b = hf_alloc(sizeof(*b));
	if (fill(l, p, &g, b) == HF_OK)
		send_batch(l, p, &g, b);
	else
		hf_lane_failed(l, &p->lane[HF_LANE_MIRROR]);
	hf_buf_done(&b->bytes);
	free(b);
}

void hf_to_mirror_pump(struct hf_ledger *l)
{
	hf_ledger_each_mirror(l, send_to);
}

uint64_t hf_to_mirror_size(const struct hf_ledger *l)
{
	uint64_t size = 0;

	for (size_t i = 0; i < l->peer_count; i++)
		if (l->peer[i]->mirror_size > size)
			size = l->peer[i]->mirror_size;
	return size;
}
