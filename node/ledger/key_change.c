/*
 * key_change.c - which of its keys the log, the witness and the mirror sign with, and the public entry that names a new
 * one before it is used.
 *
 * `hufu keys rotate` puts a next key beside the present one. At the next start this node writes the entry, signed by
 * the present key while the descriptor still names it, else by the recovery key; from the time on that the descriptor
 * states for the next key, it signs with that. At the start after that the next key takes the present one's place.
 */
#include <string.h>

#include "crypto/base64.h"
#include "evidence/key_change.h"
#include "ledger/internal.h"

#define MARK "ledger/key-change/"

static const struct hf_sign_key *present(const struct hf_ledger *l, enum hf_key_use use)
{
	return hf_node_keys_present(l->keys, use);
}

static const struct hf_sign_key *next(const struct hf_ledger *l, enum hf_key_use use)
{
	return hf_node_keys_next(l->keys, use);
}

static const struct hf_sign_key *named_now(const struct hf_ledger *l, enum hf_key_use use)
{
	const struct hf_space *s = hf_ledger_space(l);
	uint8_t pub[32];

	return s && hf_space_key(s, l->base->self.s, use, hf_now_ms(&l->base->clock), pub)
	               ? hf_node_keys_find(l->keys, use, pub)
	               : NULL;
}

const struct hf_sign_key *hf_ledger_key(const struct hf_ledger *l, enum hf_key_use use)
{
	const struct hf_sign_key *k = named_now(l, use);

	return k ? k : present(l, use);
}

static void mark_of(const struct hf_sign_key *next_key, char out[sizeof(MARK) + 64])
{
	struct hf_sign_pub pub;

	hf_sign_key_pub(next_key, &pub);
	memcpy(out, MARK, sizeof(MARK));
	hf_hex(pub.b, sizeof(pub.b), out + sizeof(MARK) - 1);
}

bool hf_ledger_key_announced(struct hf_ledger *l, enum hf_key_use use)
{
	char mark[sizeof(MARK) + 64];

	if (!next(l, use))
		return false;
	mark_of(next(l, use), mark);
	return hf_store_has(l->store, HF_TABLE_META, mark, strlen(mark));
}

static bool forget_one(void *ctx, struct hf_bytes key, struct hf_bytes value)
{
	(void)value;
	hf_unit_del(ctx, HF_TABLE_META, key.data, key.len);
	return true;
}

void hf_key_change_forget(struct hf_ledger *l, struct hf_unit *u)
{
	if (hf_store_scan(l->store, HF_TABLE_META, MARK, sizeof(MARK) - 1, NULL, 0, forget_one, u) != HF_OK)
		HF_LOG(l->base->log, HF_LOG_ERROR, "ledger", "key-changes-unread", NULL, HF_LOG_E(HF_E_STORE));
}

static void on_announced(void *ctx, enum hf_err e, const struct hf_commit *info)
{
	struct hf_ledger *l = ctx;

	(void)e, (void)info;
	l->announcing = false;
}

static void announce(struct hf_ledger *l, enum hf_key_use use)
{
	const struct hf_sign_key *signer = named_now(l, use);
	struct hf_key_change c = {.use = use};
	struct hf_sign_pub old, new;
	char mark[sizeof(MARK) + 64];
	struct hf_draft *d;
	struct hf_unit *u;

	hf_sign_key_pub(present(l, use), &old);
	hf_sign_key_pub(next(l, use), &new);
	mark_of(next(l, use), mark);
	memcpy(c.old_key, old.b, sizeof(old.b));
	memcpy(c.new_key, new.b, sizeof(new.b));
	c.by_recovery = signer != present(l, use);
	d = hf_draft_new(HF_EVENT_KEY_CHANGE, NULL);
	hf_draft_text(d, HF_FIELD_ACTOR, l->base->self.s);
	hf_draft_outcome(d, HF_OK, NULL);
	if (!hf_key_change_draft(d, l->own.origin, &c, c.by_recovery ? l->keys->recovery : signer)) {
		hf_draft_free(d);
		return;
	}
	u = hf_unit_new();
	hf_unit_put(u, HF_TABLE_META, mark, strlen(mark), NULL, 0);
	hf_unit_draft(u, d);
	l->announcing = true;
	hf_store_submit(l->store, u, on_announced, l);
}

void hf_key_change_pump(struct hf_ledger *l)
{
	static const enum hf_key_use uses[] = {HF_KEY_LOG, HF_KEY_WITNESS, HF_KEY_MIRROR};

	if (l->halted[0] || !l->gate_open || l->announcing)
		return;
	for (size_t i = 0; i < sizeof(uses) / sizeof(uses[0]); i++)
		if (next(l, uses[i]) && !hf_ledger_key_announced(l, uses[i])) {
			announce(l, uses[i]);
			return; /* another one when this is durable */
		}
}
