/*
 * verify.c - the full check in place: what hf_ledger_verify_dir does on an exported folder, on the store itself. A
 * store that cannot be trusted is read by a worker from a snapshot; nothing is repaired.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "evidence/entry_scan.h"
#include "evidence/ledger_keys.h"
#include "ledger/skew.h"

struct verify_job {
	struct hf_job job;
	struct hf_snapshot *snapshot;
	struct hf_rows rows;
	struct hf_place place;
	struct hf_name node;
	struct hf_ledger_keys keys;
	uint64_t size;                 /* entries that must be there */
	struct hf_checkpoint known[2]; /* witnessed and signed; size 0: none */
	struct hf_worth witnessed;
	uint64_t first_off; /* first entry whose time is off */
	enum hf_err err;
	struct hf_ledger_check result;
	void (*fn)(void *ctx, enum hf_err e, const struct hf_ledger_check *c);
	void *ctx;
	/* While it runs. */
	struct hf_merkle_range range;
	struct hf_hash last;
	struct hf_hash tile[HF_TILE_WIDTH];
	uint32_t tile_count;
};

static bool broken(struct verify_job *j, uint64_t index, const char *what)
{
	j->err = HF_E_DIGEST;
	j->result.bad = index;
	snprintf(j->result.text, sizeof(j->result.text), "entry %" PRIu64 " %s", index, what);
	return false;
}

/* Entry 0 and key changes are held against the descriptors when all else is known to be good. */
static bool take_public(struct verify_job *j, uint64_t index, struct hf_bytes value)
{
	if (hf_ledger_keys_take(&j->keys, index, value.data, value.len) == HF_OK)
		return true;
	return broken(j, index, "is one key change too many, or cannot be read");
}

static bool check_form(struct verify_job *j, struct hf_bytes value)
{
	uint64_t index = j->range.size;
	struct hf_entry_view v;

	if (!hf_entry_scan(value.data, value.len, &v))
		return broken(j, index, "is not of the required form");
	if (v.index != index || strcmp(v.origin, j->place.origin) != 0)
		return broken(j, index, "names another ledger or place");
	if (memcmp(v.prev, j->last.b, sizeof(v.prev)) != 0)
		return broken(j, index, "does not follow from the one before");
	if (hf_clock_off(&j->witnessed, index, v.time_s * 1000) && j->result.off++ == 0)
		j->first_off = index;
	return v.event_class != HF_EVENT_CLASS_PUBLIC || take_public(j, index, value);
}

static bool load_tile(struct verify_job *j, uint64_t index)
{
	struct hf_tree tree = {&j->place, &j->rows};
	uint64_t left = j->size - index;
	const struct hf_hash *hashes;

	j->tile_count = left < HF_TILE_WIDTH ? (uint32_t)left : HF_TILE_WIDTH;
	if (hf_tree_tile(&tree, 0, index / HF_TILE_WIDTH, j->tile_count, &hashes) != HF_OK)
		return broken(j, index, "has no tile");
	memcpy(j->tile, hashes, j->tile_count * sizeof(*hashes));
	return true;
}

static bool check_roots(struct verify_job *j)
{
	for (unsigned i = 0; i < 2; i++) {
		struct hf_hash root;

		if (j->known[i].size == 0 || j->known[i].size != j->range.size)
			continue;
		hf_merkle_range_root(&j->range, &root);
		if (!hf_hash_equal(&root, &j->known[i].root)) {
			j->err = HF_E_CONFLICT;
			snprintf(j->result.text, sizeof(j->result.text),
			         "the first %" PRIu64 " entries do not have the root that was %s", j->range.size,
			         i == HF_BOOK_WITNESSED ? "cosigned by the witnesses" : "signed");
			return false;
		}
	}
	return true;
}

static bool take_entry(void *ctx, struct hf_bytes key, struct hf_bytes value)
{
	struct verify_job *j = ctx;
	uint64_t index = j->range.size;
	struct hf_hash leaf;

	if (j->job.ledger->closing || index == j->size)
		return false;
	if (hf_get_u64(key.data + key.len - 8) != index)
		return broken(j, index, "is missing");
	if (index % HF_TILE_WIDTH == 0 && !load_tile(j, index))
		return false;
	if (!check_form(j, value))
		return false;
	hf_merkle_leaf(value.data, value.len, &leaf);
	if (!hf_hash_equal(&leaf, &j->tile[index % HF_TILE_WIDTH]))
		return broken(j, index, "does not fit its stored hash");
	hf_merkle_range_append(&j->range, &leaf);
	j->last = leaf;
	return check_roots(j);
}

/* The tiles above the leaves are what proofs are made of: the root from them must be the root from the entries. */
static void check_upper(struct verify_job *j)
{
	struct hf_tree tree = {&j->place, &j->rows};
	struct hf_hash from_tiles, from_entries;

	hf_merkle_range_root(&j->range, &from_entries);
	if (hf_tree_root(&tree, j->size, &from_tiles) && hf_hash_equal(&from_tiles, &from_entries))
		return;
	j->err = HF_E_DIGEST;
	snprintf(j->result.text, sizeof(j->result.text), "the stored tiles do not have the root of the stored entries");
}

static void tell(struct verify_job *j)
{
	int n = snprintf(j->result.text, sizeof(j->result.text), "%" PRIu64 " entries verify", j->size);

	if (j->result.off > 0)
		snprintf(j->result.text + n, sizeof(j->result.text) - (size_t)n,
		         "; %" PRIu64 " of them, the first at %" PRIu64
		         ", state a time that is more than %d minutes off the witnesses' clocks: the writer's clock "
		         "was wrong",
		         j->result.off, j->first_off, HF_CLOCK_SKEW_MS / 60000);
}

static void work(struct hf_job *job)
{
	struct verify_job *j = (struct verify_job *)job;
	uint8_t prefix[HF_KEY_MAX];
	size_t prefix_len = hf_place_prefix(&j->place, prefix);

	if (j->err == HF_OK)
		j->err = hf_snapshot_scan(j->snapshot, hf_place_table(&j->place, HF_PLACE_ENTRY),
		                          prefix_len ? prefix : NULL, prefix_len, NULL, 0, take_entry, j);
	if (j->err == HF_OK && j->range.size < j->size)
		broken(j, j->range.size, "is missing");
	if (j->err == HF_OK)
		check_upper(j);
	if (j->err == HF_OK)
		tell(j);
}

/* On the loop, where the descriptors are: the same check as hufu-verify's. */
static void check_changes(struct verify_job *j)
{
	const struct hf_space *s = hf_ledger_space(j->job.ledger);
	struct hf_checked c = {.node = j->node, .quorum_ms = j->witnessed.cosigned_ms};
	struct hf_fault f = {HF_OK, ""};
	size_t n = strlen(j->result.text);

	if (j->err != HF_OK || !s)
		return;
	snprintf(c.checkpoint.origin, sizeof(c.checkpoint.origin), "%s", j->place.origin);
	j->err = hf_ledger_keys_check(&j->keys, s, &c, &j->result.bad, &f);
	if (j->err != HF_OK)
		snprintf(j->result.text, sizeof(j->result.text), "%.300s", f.text);
	else if (j->keys.unannounced > 0)
		snprintf(j->result.text + n, sizeof(j->result.text) - n,
		         "; the descriptors name %zu later keys of its node that no entry announces",
		         j->keys.unannounced);
}

static void after(struct hf_job *job)
{
	struct verify_job *j = (struct verify_job *)job;

	if (!job->ledger->closing)
		check_changes(j);
	if (!j->result.text[0])
		snprintf(j->result.text, sizeof(j->result.text), "%s", hf_err_text(j->err));
	j->fn(j->ctx, job->ledger->closing ? HF_E_CANCELLED : j->err, &j->result);
	hf_rows_done(&j->rows);
	hf_ledger_keys_done(&j->keys);
	if (j->snapshot)
		hf_snapshot_close(j->snapshot);
	free(j);
}

static enum hf_err prepare(struct hf_ledger *l, const char *node, struct verify_job *j)
{
	struct hf_book book;

	HF_TRY(hf_snapshot_open(l->store, &j->snapshot));
	hf_rows_of_snapshot(&j->rows, j->snapshot);
	HF_TRY(hf_book_open_from(l, node, &j->rows, &book));
	j->place = book.place;
	j->size = book.held;
	for (unsigned i = 0; i < 2; i++)
		j->known[i] = book.worth[i].checkpoint;
	j->witnessed = book.worth[HF_BOOK_WITNESSED];
	hf_book_done(&book);
	return HF_OK;
}

void hf_ledger_verify(struct hf_ledger *l, const char *node,
                      void (*fn)(void *ctx, enum hf_err e, const struct hf_ledger_check *c), void *ctx)
{
	struct verify_job *j = hf_alloc_zero(sizeof(*j));

	j->job.work = work;
	j->job.after = after;
	j->fn = fn;
	j->ctx = ctx;
	j->result.bad = UINT64_MAX;
	snprintf(j->node.s, sizeof(j->node.s), "%s", node ? node : l->base->self.s);
	hf_merkle_range_init(&j->range);
	j->err = prepare(l, node, j);
	j->result.size = j->size;
	hf_ledger_job(l, &j->job);
}
