/* ledger_dir.c - names and tree of a ledger folder, and writing one. */
#include "evidence/ledger_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "crypto/merkle.h"

#define PATH_MAX_BYTES 1200
#define ENTRY_MAX 65535u

void hf_dir_tile_path(int level, uint64_t tile, uint32_t width, char out[HF_TILE_PATH])
{
	char groups[32] = "", next[40];
	bool last = true;
	do {
		snprintf(next, sizeof(next), "%s%03u%s%.28s", last ? "" : "x", (unsigned)(tile % 1000), last ? "" : "/",
		         groups);
		snprintf(groups, sizeof(groups), "%.31s", next);
		last = false;
		tile /= 1000;
	} while (tile > 0);
	int n = level < 0 ? snprintf(out, HF_TILE_PATH, "tile/entries/%s", groups)
	                  : snprintf(out, HF_TILE_PATH, "tile/%d/%s", level, groups);
	if (width < HF_DIR_TILE)
		snprintf(out + n, HF_TILE_PATH - (size_t)n, ".p/%" PRIu32, width);
}

static bool parse_groups(const char **at, uint64_t *ret_tile)
{
	uint64_t tile = 0;
	for (unsigned groups = 0; groups < 5; groups++) {
		bool more = **at == 'x';
		const char *digits = *at + more;
		for (int i = 0; i < 3; i++)
			if (digits[i] < '0' || digits[i] > '9')
				return false;
		tile = tile * 1000 + (uint64_t)((digits[0] - '0') * 100 + (digits[1] - '0') * 10 + (digits[2] - '0'));
		*at = digits + 3;
		if (!more) {
			*ret_tile = tile;
			return true;
		}
		if (*(*at)++ != '/')
			return false;
	}
	return false;
}

bool hf_dir_tile_parse(const char *path, struct hf_tile_name *t)
{
	char again[HF_TILE_PATH];
	const char *at = path;
	t->width = HF_DIR_TILE;
	if (strncmp(at, "tile/entries/", 13) == 0) {
		t->level = -1;
		at += 13;
	} else if (strncmp(at, "tile/", 5) == 0 && at[5] >= '0' && at[5] < '0' + (int)HF_DIR_LEVELS && at[6] == '/') {
		t->level = at[5] - '0';
		at += 7;
	} else {
		return false;
	}
	if (!parse_groups(&at, &t->tile))
		return false;
	if (strncmp(at, ".p/", 3) == 0)
		t->width = (uint32_t)strtoul(at + 3, NULL, 10);
	if (t->width < 1 || t->width > HF_DIR_TILE || (strncmp(at, ".p/", 3) == 0 && t->width == HF_DIR_TILE))
		return false;
	hf_dir_tile_path(t->level, t->tile, t->width, again);
	return strcmp(again, path) == 0;
}

/* ---- the tree ---- */

/* Number of full tiles of a level, which is also the number of the unfinished one. */
static uint64_t tiles_before(const struct hf_dir_tree *t, unsigned level)
{
	return t->size >> (8 * (level + 1));
}

bool hf_dir_tree_add(struct hf_dir_tree *t, unsigned level, const struct hf_hash *hash, hf_dir_tile_fn fn, void *ctx)
{
	struct hf_hash next = *hash;
	t->size += (uint64_t)1 << (8 * level);
	for (; level < HF_DIR_LEVELS; level++) {
		t->hash[level][t->count[level]++] = next;
		if (t->count[level] < HF_DIR_TILE)
			return true;
		t->count[level] = 0;
		if (!fn(ctx, level, tiles_before(t, level) - 1, HF_DIR_TILE, t->hash[level]))
			return false;
		hf_merkle_root(t->hash[level], HF_DIR_TILE, &next);
	}
	return false;
}

bool hf_dir_tree_end(struct hf_dir_tree *t, hf_dir_tile_fn fn, void *ctx)
{
	for (unsigned level = 0; level < HF_DIR_LEVELS; level++)
		if (t->count[level] > 0 && !fn(ctx, level, tiles_before(t, level), t->count[level], t->hash[level]))
			return false;
	return true;
}

void hf_dir_tree_root(const struct hf_dir_tree *t, struct hf_hash *ret_root)
{
	struct hf_hash root, part;
	bool some = false;
	hf_sha256(NULL, 0, &root);
	for (unsigned level = 0; level < HF_DIR_LEVELS; level++) {
		/* Full subtrees of the tile from the right end on: the smallest first. */
		for (uint32_t at = t->count[level], bit = 1; at > 0; bit <<= 1) {
			if (!(at & bit))
				continue;
			at -= bit;
			hf_merkle_root(&t->hash[level][at], bit, &part);
			if (some)
				hf_merkle_node(&part, &root, &root);
			else
				root = part;
			some = true;
		}
	}
	*ret_root = root;
}

/* ---- writing ---- */

struct writer {
	const char *dir;
	enum hf_err err;
	struct hf_fault *f;
	struct hf_buf bundle;
};

static enum hf_err make_parents(char *path, size_t from)
{
	for (char *at = strchr(path + from, '/'); at != NULL; at = strchr(at + 1, '/')) {
		*at = 0;
		int result = mkdir(path, 0755) == 0 || errno == EEXIST ? 0 : -1;
		*at = '/';
		if (result != 0)
			return HF_E_IO;
	}
	return HF_OK;
}

static bool write_all(int fd, const uint8_t *data, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, data, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		data += n;
		len -= (size_t)n;
	}
	return true;
}

static enum hf_err write_file(struct writer *w, const char *name, const void *data, size_t len)
{
	char path[PATH_MAX_BYTES];
	if (snprintf(path, sizeof(path), "%s/%s", w->dir, name) >= (int)sizeof(path))
		return hf_fault_set(w->f, HF_E_LIMIT, "the folder's path is too long");
	enum hf_err e = make_parents(path, strlen(w->dir) + 1);
	int fd = e == HF_OK ? open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644) : -1;
	bool ok = fd >= 0 && write_all(fd, data, len);
	if (fd >= 0 && close(fd) != 0)
		ok = false;
	return ok ? HF_OK : hf_fault_set(w->f, HF_E_IO, "%s cannot be written: %s", path, strerror(errno));
}

static bool write_tile(void *ctx, unsigned level, uint64_t tile, uint32_t width, const struct hf_hash *hashes)
{
	struct writer *w = ctx;
	char name[HF_TILE_PATH];
	hf_dir_tile_path((int)level, tile, width, name);
	w->err = write_file(w, name, hashes, width * sizeof(*hashes));
	if (level > 0 || w->err != HF_OK)
		return w->err == HF_OK;
	hf_dir_tile_path(-1, tile, width, name);
	w->err = write_file(w, name, w->bundle.data, w->bundle.len);
	hf_buf_clear(&w->bundle);
	return w->err == HF_OK;
}

static enum hf_err add_entry(struct writer *w, uint64_t index, struct hf_bytes entry, struct hf_hash *ret_leaf)
{
	uint8_t head[2] = {(uint8_t)(entry.len >> 8), (uint8_t)entry.len};
	if (entry.len > ENTRY_MAX || !hf_buf_add(&w->bundle, head, sizeof(head)) ||
	    !hf_buf_add(&w->bundle, entry.data, entry.len))
		return hf_fault_set(w->f, HF_E_LIMIT, "entry %llu is too long", (unsigned long long)index);
	hf_merkle_leaf(entry.data, entry.len, ret_leaf);
	return HF_OK;
}

static enum hf_err write_entries(struct writer *w, const struct hf_checkpoint *c, struct hf_dir_tree *t,
                                 hf_ledger_entry_fn entry, void *ctx)
{
	struct hf_bytes bytes;
	struct hf_hash leaf, root;
	for (uint64_t i = 0; i < c->size; i++) {
		if (!entry(ctx, i, &bytes))
			return hf_fault_set(w->f, HF_E_UNKNOWN, "entry %llu of the ledger is missing",
			                    (unsigned long long)i);
		HF_TRY(add_entry(w, i, bytes, &leaf));
		if (!hf_dir_tree_add(t, 0, &leaf, write_tile, w))
			return w->err;
	}
	if (!hf_dir_tree_end(t, write_tile, w))
		return w->err;
	hf_dir_tree_root(t, &root);
	if (!hf_hash_equal(&root, &c->root))
		return hf_fault_set(w->f, HF_E_DIGEST, "the entries do not make the root of the checkpoint");
	return HF_OK;
}

static enum hf_err add_vkey(const struct hf_space *s, const char *node, enum hf_key_use use,
                            const struct hf_sign_pub *pub, struct hf_buf *out)
{
	char name[HF_ORIGIN_MAX + 1], text[400];
	struct hf_note_verifier v;
	bool log = use == HF_KEY_LOG;
	if (log)
		hf_space_origin(hf_space_id(s), node, name);
	else
		hf_space_witness_name(hf_space_id(s), node, name);
	if (!hf_note_verifier_init(&v, name, log ? HF_NOTE_ED25519 : HF_NOTE_COSIGNATURE, pub))
		return HF_E_FORMAT;
	hf_note_vkey(&v, text);
	return hf_buf_addf(out, "%s\n", text) ? HF_OK : HF_E_LIMIT;
}

enum hf_err hf_ledger_dir_vkeys(const struct hf_space *s, const struct hf_checked *c, struct hf_buf *log,
                                struct hf_buf *witnesses)
{
	const Hufu__Descriptor *d = hf_space_current(s);
	HF_TRY(add_vkey(s, c->node.s, HF_KEY_LOG, &c->log_key, log));
	for (size_t i = 0; i < d->n_witnesses; i++) {
		struct hf_sign_pub pub;
		if (hf_space_is_witness(s, d->witnesses[i], c->node.s) &&
		    hf_space_key(s, d->witnesses[i], HF_KEY_WITNESS, c->quorum_ms, pub.b))
			HF_TRY(add_vkey(s, d->witnesses[i], HF_KEY_WITNESS, &pub, witnesses));
	}
	return HF_OK;
}

static enum hf_err write_keys(struct writer *w, const struct hf_space *s, const struct hf_checked *c)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf log = HF_BUF_INIT;
	HF_CLEANUP(hf_buf_done) struct hf_buf witnesses = HF_BUF_INIT;
	HF_CLEANUP(hf_buf_done) struct hf_buf chain = HF_BUF_INIT;
	HF_TRY(hf_ledger_dir_vkeys(s, c, &log, &witnesses));
	HF_TRY(hf_space_write_stream(s, &chain));
	HF_TRY(write_file(w, "log.vkey", log.data, log.len));
	HF_TRY(write_file(w, "witness.vkeys", witnesses.data, witnesses.len));
	return write_file(w, "descriptors.dsse", chain.data, chain.len);
}

enum hf_err hf_ledger_dir_write(const char *dir, const struct hf_space *s, const char *note, size_t note_len,
                                hf_ledger_entry_fn entry, void *ctx, struct hf_fault *f)
{
	struct hf_checked c;
	struct writer w = {.dir = dir, .f = f};
	HF_TRY(hf_checkpoint_check(s, note, note_len, &c, f));
	if (mkdir(dir, 0755) != 0)
		return errno == EEXIST ? hf_fault_set(f, HF_E_EXISTS, "%s exists already; name a new folder", dir)
		                       : hf_fault_set(f, HF_E_IO, "%s cannot be made: %s", dir, strerror(errno));
	struct hf_dir_tree *t = hf_alloc_zero(sizeof(*t));
	enum hf_err e = write_entries(&w, &c.checkpoint, t, entry, ctx);
	free(t);
	hf_buf_done(&w.bundle);
	HF_TRY(e);
	HF_TRY(write_keys(&w, s, &c));
	return write_file(&w, "checkpoint", note, note_len);
}
