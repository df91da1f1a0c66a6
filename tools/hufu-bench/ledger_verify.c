/*
 * ledger_verify.c - ledger-verify: the full check of an exported ledger on all cores, and the check of one proof.
 *
 * A ledger of real entries is exported once; entries_per_s is what hufu-verify does with the folder (reading, form,
 * place, chain, leaf hashes, tiles, root, checkpoint). Its baseline hashes the same entries' bytes from memory on one
 * thread. The proof is of an entry with all fields of DS-60 ... DS-64, every one of them shown; proof_us counts what
 * hufu-verify does with the file: reading it and the descriptors, all signatures, inclusion, opening.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "bench.h"
#include "crypto/merkle.h"
#include "evidence/ledger_dir.h"
#include "evidence/tally.h"
#include "ledger_drafts.h"
#include "small_space.h"

#define ENTRIES_DEFAULT 1000000u
#define ENTRIES_BRIEF 5000u
#define PROOFS 200u /* a window */

struct log {
	struct small_space s;
	int64_t now_ms;
	uint64_t size;
	struct hf_buf bytes; /* all entries, one after the other */
	size_t *end;         /* of entry i in bytes */
	struct hf_hash *leaf;
	struct hf_buf opening; /* of the last entry */
	char note[SMALL_SPACE_NOTE_MAX];
	size_t note_len;
	char dir[300], proof[320];
	uint64_t proof_bytes;
};

static struct hf_bytes entry_of(const struct log *l, uint64_t i)
{
	size_t from = i ? l->end[i - 1] : 0;
	return (struct hf_bytes){l->bytes.data + from, l->end[i] - from};
}

static bool read_entry(void *ctx, uint64_t index, struct hf_bytes *ret_entry)
{
	*ret_entry = entry_of(ctx, index);
	return true;
}

/* All but the last say little, which makes the ledger sooner and no entry shorter: its commitment has one size. */
static bool append(struct log *l, uint64_t i)
{
	static const uint8_t label_key[32] = {1};
	char origin[HF_ORIGIN_MAX + 1];
	uint8_t secret[32];
	struct hf_draft *d;
	hf_random(secret, sizeof(secret));
	hf_space_origin(SMALL_SPACE, small_space_node[0], origin);
	struct hf_entry_in in = {.origin = origin,
	                         .index = i,
	                         .time_ms = l->now_ms + (int64_t)(i / 1000),
	                         .label_key = label_key,
	                         .secret = secret};
	if (i > 0)
		in.prev = l->leaf[i - 1];
	struct hf_id txn = hf_id_new(l->now_ms);
	bool last = i + 1 == l->size;
	d = last ? ledger_draft_full(&txn) : hf_draft_new(HF_EVENT_TRANSFER_SENT, NULL);
	hf_draft_text(d, HF_FIELD_EVENT, hf_event_name(HF_EVENT_TRANSFER_SENT));
	bool ok = hf_entry_encode(&in, d, &l->bytes, &l->leaf[i]) == HF_OK &&
	          (!last || hf_entry_open_draft(&in, d, &l->opening) == HF_OK);
	l->end[i] = l->bytes.len;
	hf_draft_free(d);
	return ok;
}

static bool write_folder(struct log *l)
{
	struct hf_fault f = {HF_OK, ""};
	struct hf_hash root;
	hf_merkle_root(l->leaf, l->size, &root);
	l->note_len = small_space_note(&l->s, l->size, &root, l->now_ms, l->note);
	if (hf_ledger_dir_write(l->dir, l->s.space, l->note, l->note_len, read_entry, l, &f) == HF_OK)
		return true;
	fprintf(stderr, "hufu-bench: %s\n", f.text);
	return false;
}

/* ---- the proof ---- */

static bool read_node(void *ctx, unsigned level, uint64_t index, struct hf_hash *ret_hash)
{
	const struct log *l = ctx;
	if ((index + 1) << level > l->size)
		return false;
	hf_merkle_root(l->leaf + (index << level), (size_t)1 << level, ret_hash);
	return true;
}

static bool make_proof(struct log *l, struct hf_buf *out)
{
	Hufu__TallyEntry e = HUFU__TALLY_ENTRY__INIT;
	struct hf_merkle_path path;
	ProtobufCBinaryData hashes[HF_MERKLE_PATH_MAX];
	struct hf_bytes bytes = entry_of(l, l->size - 1);
	if (!hf_merkle_inclusion(read_node, l, l->size - 1, l->size, &path))
		return false;
	for (uint32_t i = 0; i < path.count; i++)
		hashes[i] = (ProtobufCBinaryData){sizeof(path.node[i].b), path.node[i].b};
	e.index = l->size - 1;
	e.entry = (ProtobufCBinaryData){bytes.len, (uint8_t *)(uintptr_t)bytes.data};
	e.n_path = path.count;
	e.path = hashes;
	e.opening = HF_DECODE(entry_opening, l->opening.data, l->opening.len);
	l->note[l->note_len] = 0;
	bool ok = e.opening && hf_proof_make(&e, l->note, out) == HF_OK;
	hf_decoded_free(e.opening);
	return ok;
}

static bool write_proof(struct log *l)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf proof = HF_BUF_INIT;
	snprintf(l->proof, sizeof(l->proof), "%s/last.tlog-proof", l->dir); /* descriptors.dsse lies there */
	if (!make_proof(l, &proof) || hf_file_write(l->proof, proof.data, proof.len, 0600) != HF_OK)
		return false;
	l->proof_bytes = proof.len;
	return true;
}

/* ---- measuring ---- */

static bool check_ledger(const struct log *l, double *ret_rate)
{
	struct hf_fault f = {HF_OK, ""};
	struct hf_ledger_report r;
	int64_t begin = bench_now_us();
	if (hf_ledger_verify_dir(&(struct hf_trust){.root = l->s.root}, l->dir, &r, &f) != HF_OK || r.size != l->size) {
		fprintf(stderr, "hufu-bench: the ledger does not verify: %s\n", f.text);
		return false;
	}
	*ret_rate = (double)r.size * 1e6 / (double)(bench_now_us() - begin);
	return true;
}

static double hash_rate(const struct log *l)
{
	struct hf_hash leaf;
	uint8_t differing = 0;
	int64_t begin = bench_now_us();
	for (uint64_t i = 0; i < l->size; i++) {
		struct hf_bytes e = entry_of(l, i);
		hf_merkle_leaf(e.data, e.len, &leaf);
		differing |= leaf.b[0] ^ l->leaf[i].b[0]; /* so that nothing can be left out */
	}
	return differing ? 0 : (double)l->size * 1e6 / (double)(bench_now_us() - begin);
}

static bool check_proofs(const struct log *l, double *ret_us)
{
	double us[PROOFS];
	for (unsigned i = 0; i < PROOFS; i++) {
		struct hf_fault f = {HF_OK, ""};
		int64_t begin = bench_now_us();
		if (hf_proof_verify(&(struct hf_trust){.root = l->s.root}, l->proof, &f) != HF_OK) {
			fprintf(stderr, "hufu-bench: the proof does not verify: %s\n", f.text);
			return false;
		}
		us[i] = (double)(bench_now_us() - begin);
	}
	*ret_us = bench_median(us, PROOFS);
	return true;
}

static void report(struct bench *b, const struct log *l, double *rate, double *base, double *us)
{
	bench_add(b, &(struct bench_result){.metric = "entries_per_s",
	                                    .unit = "1/s",
	                                    .value = bench_median(rate, b->windows),
	                                    .baseline_value = bench_median(base, b->windows),
	                                    .baseline = "leaf hashes of the same bytes, one thread",
	                                    .target = 1500000,
	                                    .at_least = true});
	bench_add(b,
	          &(struct bench_result){
	                  .metric = "proof_us", .unit = "us", .value = bench_median(us, b->windows), .target = 1000});
	bench_add(b, &(struct bench_result){
	                     .metric = "proof_bytes", .unit = "B", .value = (double)l->proof_bytes, .target = 4096});
}

static bool measure(struct bench *b, struct log *l)
{
	double *rate = calloc(3 * b->windows, sizeof(double)), *base = rate + b->windows, *us = base + b->windows;
	bool ok = rate && check_ledger(l, &rate[0]);
	for (unsigned i = 0; i < b->windows && ok; i++) {
		base[i] = hash_rate(l);
		ok = base[i] > 0 && check_ledger(l, &rate[i]);
	}
	ok = ok && write_proof(l); /* last: it does not belong into the folder of a ledger */
	for (unsigned i = 0; i < b->windows && ok; i++)
		ok = check_proofs(l, &us[i]);
	if (ok)
		report(b, l, rate, base, us);
	free(rate);
	return ok;
}

int bench_ledger_verify(struct bench *b)
{
	struct log *l = calloc(1, sizeof(*l));
	bool ok = l != NULL;
	if (!ok)
		return 1;
	l->size = bench_size_or(b, ENTRIES_DEFAULT, ENTRIES_BRIEF);
	l->now_ms = (int64_t)time(NULL) * 1000;
	l->end = calloc(l->size, sizeof(*l->end));
	l->leaf = calloc(l->size, sizeof(*l->leaf));
	snprintf(l->dir, sizeof(l->dir), "%s/ledger", b->dir);
	hf_buf_init(&l->bytes, l->size * 512);
	ok = l->end && l->leaf && small_space_open(&l->s, l->now_ms);
	for (uint64_t i = 0; i < l->size && ok; i++)
		ok = append(l, i);
	ok = ok && write_folder(l) && measure(b, l);
	if (l->s.space)
		small_space_close(&l->s);
	hf_buf_done(&l->bytes);
	hf_buf_done(&l->opening);
	free(l->end);
	free(l->leaf);
	free(l);
	return ok ? 0 : 1;
}
