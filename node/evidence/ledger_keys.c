/* ledger_keys.c - see ledger_keys.h. */
#include "evidence/ledger_keys.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "evidence/entry.h"
#include "evidence/key_change.h"
#include "evidence/space_internal.h"

static void entry_done(Hufu__LedgerEntry **e)
{
	hf_decoded_free(*e);
}

/* What a public entry shows is its opening; the decoder has checked that it makes the commitment. */
static Hufu__EntryOpening view_of(const Hufu__LedgerEntry *e)
{
	Hufu__EntryOpening o = HUFU__ENTRY_OPENING__INIT;
	o.origin = e->origin;
	o.index = e->index;
	o.n_fields = e->n_openings;
	o.fields = e->openings;
	return o;
}

static bool keep(struct hf_ledger_keys *k, uint64_t index, const void *data, size_t len)
{
	struct hf_ledger_key_entry *at;
	if (k->count == HF_KEY_CHANGES_MAX)
		return false;
	k->changes = hf_realloc(k->changes, (k->count + 1) * sizeof(*k->changes));
	at = &k->changes[k->count++];
	*at = (struct hf_ledger_key_entry){.index = index};
	return hf_buf_add(&at->bytes, data, len);
}

enum hf_err hf_ledger_keys_take(struct hf_ledger_keys *k, uint64_t index, const void *data, size_t len)
{
	HF_CLEANUP(entry_done) Hufu__LedgerEntry *e = NULL;
	HF_TRY(hf_entry_decode(data, len, &e));
	const Hufu__EntryOpening o = view_of(e);
	if (index == 0)
		return hf_buf_add(&k->first, data, len) ? HF_OK : HF_E_MEMORY;
	if (hf_opening_is(&o, HF_FIELD_EVENT, "key-change") && !keep(k, index, data, len))
		return HF_E_LIMIT;
	return HF_OK;
}

static bool names(const Hufu__Member *m, enum hf_key_use use, const uint8_t key[32])
{
	for (size_t i = 0; i < m->n_keys; i++)
		if (m->keys[i]->use == (uint32_t)use && memcmp(m->keys[i]->public_key.data, key, 32) == 0)
			return true;
	return false;
}

static bool recovery_of(const struct hf_ledger_keys *k, struct hf_sign_pub *ret_pub)
{
	HF_CLEANUP(entry_done) Hufu__LedgerEntry *e = NULL;
	if (k->first.len == 0 || hf_entry_decode(k->first.data, k->first.len, &e) != HF_OK)
		return false;
	const Hufu__EntryOpening o = view_of(e);
	return hf_key_recovery_of(&o, ret_pub);
}

struct keys_check {
	const struct hf_ledger_keys *keys;
	const Hufu__Member *member;
	const char *origin;
	struct hf_key_change *change; /* one for each entry */
	struct hf_fault *f;
};

static enum hf_err check_one(struct keys_check *c, const struct hf_ledger_key_entry *in, struct hf_key_change *ret)
{
	HF_CLEANUP(entry_done) Hufu__LedgerEntry *e = NULL;
	struct hf_sign_pub recovery = {{0}};
	unsigned long long index = in->index;
	HF_TRY(hf_entry_decode(in->bytes.data, in->bytes.len, &e));
	const Hufu__EntryOpening o = view_of(e);
	bool has_recovery = recovery_of(c->keys, &recovery);
	enum hf_err err = hf_key_change_open(&o, c->origin, &recovery, ret);
	if (err == HF_E_FORMAT)
		return hf_fault_set(c->f, err, "entry %llu is a key change that is not of the required form", index);
	if (err != HF_OK)
		return hf_fault_set(c->f, err,
		                    "the key change of entry %llu is signed neither by the key that it replaces nor by "
		                    "the recovery key of the first entry",
		                    index);
	if (ret->by_recovery && (!has_recovery || !names(c->member, HF_KEY_RECOVERY, recovery.b)))
		return hf_fault_set(c->f, HF_E_CONFLICT,
		                    "the key change of entry %llu is signed by a recovery key that the descriptors do "
		                    "not name for %s",
		                    index, c->member->id);
	if (!names(c->member, ret->use, ret->old_key))
		return hf_fault_set(c->f, HF_E_CONFLICT,
		                    "the key change of entry %llu replaces a %s key that the descriptors do not name "
		                    "for %s",
		                    index, hf_key_use_name(ret->use), c->member->id);
	return HF_OK;
}

static bool announced(const struct keys_check *c, const Hufu__MemberKey *k)
{
	for (size_t i = 0; i < c->keys->count; i++)
		if (c->change[i].use == (enum hf_key_use)k->use &&
		    memcmp(c->change[i].new_key, k->public_key.data, 32) == 0)
			return true;
	return false;
}

static bool is_first(const Hufu__Member *m, const Hufu__MemberKey *k)
{
	for (size_t i = 0; i < m->n_keys; i++)
		if (m->keys[i]->use == k->use && m->keys[i]->not_before_ms < k->not_before_ms)
			return false;
	return true;
}

/* A key that the authority alone brought in: no crime (a lost key is replaced so), but to be known. */
static size_t count_unannounced(const struct keys_check *c, int64_t until_ms)
{
	size_t count = 0;
	for (size_t i = 0; i < c->member->n_keys; i++) {
		const Hufu__MemberKey *k = c->member->keys[i];
		bool rotates = k->use == HF_KEY_LOG || k->use == HF_KEY_WITNESS || k->use == HF_KEY_MIRROR;
		count += rotates && k->not_before_ms <= until_ms && !is_first(c->member, k) && !announced(c, k);
	}
	return count;
}

static int by_index(const void *a, const void *b)
{
	const struct hf_ledger_key_entry *x = a, *y = b;
	return (x->index > y->index) - (x->index < y->index);
}

enum hf_err hf_ledger_keys_check(struct hf_ledger_keys *k, const struct hf_space *s, const struct hf_checked *c,
                                 uint64_t *ret_bad, struct hf_fault *f)
{
	struct keys_check x = {k, hf_space_member_ever(s, c->node.s), c->checkpoint.origin, NULL, f};
	enum hf_err e = HF_OK;
	if (x.member == NULL)
		return hf_fault_set(f, HF_E_STRANGER, "the descriptors name no node %s, whose ledger this is",
		                    c->node.s);
	if (k->count > 0)
		qsort(k->changes, k->count, sizeof(*k->changes), by_index);
	x.change = hf_alloc_zero((k->count + 1) * sizeof(*x.change));
	for (size_t i = 0; i < k->count && e == HF_OK; i++) {
		*ret_bad = k->changes[i].index;
		e = check_one(&x, &k->changes[i], &x.change[i]);
	}
	if (e == HF_OK) {
		*ret_bad = UINT64_MAX;
		k->unannounced = count_unannounced(&x, c->quorum_ms);
	}
	free(x.change);
	return e;
}

void hf_ledger_keys_done(struct hf_ledger_keys *k)
{
	for (size_t i = 0; i < k->count; i++)
		hf_buf_done(&k->changes[i].bytes);
	free(k->changes);
	hf_buf_done(&k->first);
	*k = (struct hf_ledger_keys){.count = 0};
}
