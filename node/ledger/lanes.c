/* lanes.c - the duties towards each peer: one call at a time, growing pauses, who is witness and mirror of this ledger.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/internal.h"
#include "proto/codec.h"

struct hf_lpeer *hf_ledger_peer(struct hf_ledger *l, const char *node)
{
	struct hf_lpeer *p;

	for (size_t i = 0; i < l->peer_count; i++)
		if (strcmp(l->peer[i]->node, node) == 0)
			return l->peer[i];
	p = hf_alloc_zero(sizeof(*p));
	snprintf(p->node, sizeof(p->node), "%s", node);
	l->peer = hf_realloc(l->peer, (l->peer_count + 1) * sizeof(*l->peer));
	l->peer[l->peer_count++] = p;
	return p;
}

void hf_ledger_peers_free(struct hf_ledger *l)
{
	for (size_t i = 0; i < l->peer_count; i++) {
		hf_told_free(l->peer[i]->told);
		free(l->peer[i]);
	}
	free(l->peer);
}

bool hf_ledger_may_alarm(struct hf_ledger *l, const char *node)
{
	struct hf_lpeer *p = hf_ledger_peer(l, node);
	int64_t now = hf_ledger_mono(l);

	if (now < p->alarm_ms)
		return false;
	p->alarm_ms = now + HF_LEDGER_HEADS_MS;
	return true;
}

bool hf_lane_ready(struct hf_ledger *l, struct hf_lane *lane)
{
	if (lane->busy)
		return false;
	if (lane->next_ms <= hf_ledger_mono(l))
		return true;
	hf_ledger_due(l, lane->next_ms);
	return false;
}

void hf_lane_ok(struct hf_lane *lane)
{
	lane->next_ms = lane->backoff_ms = 0;
}

void hf_lane_failed(struct hf_ledger *l, struct hf_lane *lane)
{
	lane->backoff_ms = lane->backoff_ms ? 2 * lane->backoff_ms : HF_LEDGER_BACKOFF_MS;
	if (lane->backoff_ms > HF_LEDGER_BACKOFF_MAX_MS)
		lane->backoff_ms = HF_LEDGER_BACKOFF_MAX_MS;
	lane->next_ms = hf_ledger_mono(l) + lane->backoff_ms;
}

void hf_ledger_heard(struct hf_ledger *l, const char *peer)
{
	struct hf_lpeer *p = hf_ledger_peer(l, peer);
	int64_t soon = hf_ledger_mono(l) + HF_LEDGER_BACKOFF_MS;
	bool sooner = false;

	for (unsigned i = 0; i < HF_LANE_COUNT; i++) {
		if (p->lane[i].next_ms <= soon)
			continue;
		p->lane[i].next_ms = soon;
		sooner = true;
	}
	if (sooner)
		hf_ledger_wake(l);
}

struct call {
	struct hf_ledger *ledger;
	struct hf_lpeer *peer;
	enum hf_lane_use use;
	hf_lane_reply_fn fn;
	void *ctx;
};

static void on_reply(void *ctx, struct hf_reply *r)
{
	struct call c = *(struct call *)ctx;
	struct hf_lane *lane = &c.peer->lane[c.use];

	free(ctx);
	lane->busy = false;
	if (r->error == HF_OK)
		hf_lane_ok(lane);
	else
		hf_lane_failed(c.ledger, lane);
	c.fn(c.ledger, c.peer, r, c.ctx);
	hf_ledger_wake(c.ledger);
}

void hf_lane_call(struct hf_ledger *l, struct hf_lpeer *p, enum hf_lane_use use, enum hf_msg type,
                  const ProtobufCMessage *m, hf_lane_reply_fn fn, void *ctx)
{
	struct call *c = hf_alloc(sizeof(*c));
	size_t len;
	uint8_t *body = hf_encode(m, &len);

	if (!body)
		abort();
	*c = (struct call){l, p, use, fn, ctx};
	p->lane[use].busy = true;
	l->net.call(l->net.ctx, p->node, type, body, len, on_reply, c);
	free(body);
}

bool hf_ledger_reachable_member(const struct hf_ledger *l, const char *node)
{
	const struct hf_space *s = hf_ledger_space(l);

	return s && strcmp(node, l->base->self.s) != 0 &&
	       hf_space_standing(s, node, hf_now_ms(&l->base->clock)) == HF_OK;
}

bool hf_ledger_is_our_witness(const struct hf_ledger *l, const char *node)
{
	const struct hf_space *s = hf_ledger_space(l);

	return s && hf_space_is_witness(s, node, l->base->self.s);
}

static bool named_mirror(const struct hf_ledger *l, const char *node)
{
	const Hufu__Member *m = hf_space_member(hf_ledger_space(l), l->base->self.s);

	for (size_t i = 0; m && i < m->n_mirrors; i++)
		if (strcmp(m->mirrors[i], node) == 0)
			return true;
	return false;
}

bool hf_ledger_is_our_mirror(const struct hf_ledger *l, const char *node)
{
	uint8_t key[HF_KEY_MAX];

	return hf_ledger_space(l) &&
	       (hf_store_has(l->store, HF_TABLE_META, key, hf_key_mirror_to(node, key)) || named_mirror(l, node));
}

struct names {
	char (*name)[HF_NAME_MAX + 1];
	size_t count, cap;
};

static void add_name(struct names *n, const char *name, size_t len)
{
	if (len > HF_NAME_MAX)
		return;
	if (n->count == n->cap) {
		n->cap = n->cap ? 2 * n->cap : 16;
		n->name = hf_realloc(n->name, n->cap * sizeof(*n->name));
	}
	memcpy(n->name[n->count], name, len);
	n->name[n->count++][len] = '\0';
}

static bool take_name(void *ctx, struct hf_bytes key, struct hf_bytes value)
{
	size_t prefix = sizeof(HF_MIRROR_TO_PREFIX) - 1;

	(void)value;
	add_name(ctx, (const char *)key.data + prefix, key.len - prefix);
	return true;
}

void hf_ledger_each_mirror(struct hf_ledger *l, void (*fn)(struct hf_ledger *l, struct hf_lpeer *p))
{
	const Hufu__Member *m = hf_space_member(hf_ledger_space(l), l->base->self.s);
	struct names n = {NULL, 0, 0};

	if (hf_store_scan(l->store, HF_TABLE_META, HF_MIRROR_TO_PREFIX, sizeof(HF_MIRROR_TO_PREFIX) - 1, NULL, 0,
	                  take_name, &n) != HF_OK)
		n.count = 0;
	for (size_t i = 0; m && i < m->n_mirrors; i++)
		add_name(&n, m->mirrors[i], strlen(m->mirrors[i]));
	for (size_t i = 0; i < n.count; i++)
		if (hf_ledger_reachable_member(l, n.name[i]))
			fn(l, hf_ledger_peer(l, n.name[i]));
	free(n.name);
}
