/*
 * to_party.c - openings of this ledger's entries to the parties of their transactions: HF_TABLE_SHARE holds what each
 * one still lacks; a row goes when that party has said that it holds the opening durably.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/internal.h"
#include "proto/codec.h"

struct due {
	uint64_t index[HF_LEDGER_BATCH_OPENINGS];
	size_t count;
};

static bool take_index(void *ctx, struct hf_bytes key, struct hf_bytes value)
{
	struct due *d = ctx;

	(void)value;
	d->index[d->count++] = hf_get_u64(key.data + key.len - 8);
	return d->count < HF_LEDGER_BATCH_OPENINGS;
}

static void settle(struct hf_ledger *l, const char *node, const struct due *d)
{
	struct hf_unit *u = hf_unit_new();
	uint8_t key[HF_KEY_MAX];

	for (size_t i = 0; i < d->count; i++)
		hf_unit_del(u, HF_TABLE_SHARE, key, hf_key_share(node, d->index[i], key));
	hf_store_submit(l->store, u, NULL, NULL);
}

static void on_reply(struct hf_ledger *l, struct hf_lpeer *p, struct hf_reply *r, void *ctx)
{
	Hufu__OpeningsReply *reply HF_CLEANUP(hf_decoded_done) = NULL;
	struct due *d = ctx;

	if (!l->closing && !hf_push_refused(l, p, r) && r->error == HF_OK) {
		hf_push_taken(p, false);
		reply = HF_DECODE(openings_reply, r->body.data, r->body.len);
		if (reply && reply->stored == d->count)
			settle(l, p->node, d);
		else
			hf_lane_failed(l, &p->lane[HF_LANE_OPENINGS]);
	}
	free(d);
}

static size_t packed_size(const Hufu__EntryOpening *o)
{
	return hufu__entry_opening__get_packed_size(o) + 8;
}

/* Keeps in d what fits; an opening that cannot be read (it was erased) is given up. */
static size_t collect(struct hf_ledger *l, const char *node, struct due *d, struct hf_opened *opened,
                      Hufu__EntryOpening **list)
{
	struct due gone = {.count = 0};
	size_t bytes = 0, used = 0, i;

	for (i = 0; i < d->count; i++) {
		struct hf_opened o = HF_OPENED_INIT;

		if (hf_opening_read(&l->opening_keys, &l->own, &l->rows, d->index[i], &o) != HF_OK) {
			gone.index[gone.count++] = d->index[i];
			continue;
		}
		bytes += packed_size(o.opening);
		if (bytes > HF_LEDGER_BATCH_BYTES) {
			hf_opened_done(&o);
			break;
		}
		d->index[used] = d->index[i];
		opened[used] = o;
		list[used++] = o.opening;
	}
	d->count = used;
	if (gone.count)
		settle(l, node, &gone);
	return used;
}

static void send_to(struct hf_ledger *l, struct hf_lpeer *p, struct due *take)
{
	struct hf_opened *opened = hf_alloc(take->count * sizeof(*opened));
	Hufu__EntryOpening **list = hf_alloc(take->count * sizeof(*list));
	Hufu__OpeningsPush push = HUFU__OPENINGS_PUSH__INIT;
	size_t count = collect(l, p->node, take, opened, list);

	push.origin = l->own.origin;
	push.openings = list;
	push.n_openings = count;
	if (count)
		hf_lane_call(l, p, HF_LANE_OPENINGS, HF_MSG_OPENINGS_PUSH, &push.base, on_reply, take);
	else
		free(take);
	for (size_t i = 0; i < count; i++)
		hf_opened_done(&opened[i]);
	free(opened);
	free(list);
}

static void send_due(struct hf_ledger *l, const char *node)
{
	struct hf_lpeer *p = hf_ledger_peer(l, node);
	uint8_t prefix[HF_KEY_MAX];
	struct due *d;

	if (!hf_push_ready(l, p) || !hf_lane_ready(l, &p->lane[HF_LANE_OPENINGS]))
		return;
	d = hf_alloc_zero(sizeof(*d));
	if (hf_store_scan(l->store, HF_TABLE_SHARE, prefix, hf_key_share(node, 0, prefix) - 8, NULL, 0, take_index,
	                  d) == HF_OK &&
	    d->count)
		send_to(l, p, d);
	else
		free(d);
}

static bool take_node(void *ctx, struct hf_bytes key, struct hf_bytes value)
{
	size_t len = strnlen((const char *)key.data, key.len);

	(void)value;
	if (len <= HF_NAME_MAX) {
		memcpy(ctx, key.data, len);
		((char *)ctx)[len] = '\0';
	}
	return false;
}

/* Hops from one party's rows to the next one's: a 0x01 behind the name is above all of its keys and below every longer
 * name. */
void hf_to_party_pump(struct hf_ledger *l)
{
	char node[HF_NAME_MAX + 1] = "", from[HF_NAME_MAX + 2] = "";
	size_t from_len = 0;

	for (;;) {
		node[0] = '\0';
		if (hf_store_scan(l->store, HF_TABLE_SHARE, NULL, 0, from_len ? from : NULL, from_len, take_node,
		                  node) != HF_OK ||
		    !node[0])
			return;
		if (hf_ledger_reachable_member(l, node))
			send_due(l, node);
		from_len = strlen(node);
		memcpy(from, node, from_len);
		from[from_len++] = 1;
	}
}
