/*
 * key_change.c - which of its keys the log, the witness and the mirror sign with, and the public entry that names a new
 * one before it is used.
 *
 * `hufu keys rotate` puts a next key beside the present one. At the next start this node writes the entry, signed by
 * the present key while the descriptor still names it, else by the recovery key; from the descriptor on that names the
 * next key, it signs with that.
 */
#include <string.h>

#include "crypto/base64.h"
#include "evidence/key_change.h"
#include "ledger/internal.h"

#define MARK "ledger/key-change/"

static const struct hf_sign_key *present(const struct hf_ledger *l, enum hf_key_use use)
{
	return use == HF_KEY_LOG ? l->keys->log : use == HF_KEY_WITNESS ? l->keys->witness : l->keys->mirror;
}

static const struct hf_sign_key *next(const struct hf_ledger *l, enum hf_key_use use)
{
	return use == HF_KEY_LOG       ? l->keys->next_log
	       : use == HF_KEY_WITNESS ? l->keys->next_witness
	                               : l->keys->next_mirror;
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
	memcpy(mark, MARK, sizeof(MARK));
	hf_hex(new.b, sizeof(new.b), mark + sizeof(MARK) - 1);
	if (hf_store_has(l->store, HF_TABLE_META, mark, strlen(mark)))
		return;
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
	hf_store_submit(l->store, u, NULL, NULL);
}

void hf_key_change_pump(struct hf_ledger *l)
{
	static const enum hf_key_use uses[] = {HF_KEY_LOG, HF_KEY_WITNESS, HF_KEY_MIRROR};

	if (l->halted[0] || !l->gate_open)
		return;
	for (size_t i = 0; i < sizeof(uses) / sizeof(uses[0]); i++)
		if (next(l, uses[i]))
			announce(l, uses[i]);
}
