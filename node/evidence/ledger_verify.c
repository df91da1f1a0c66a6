/*
 * ledger_verify.c - the full check of a ledger folder: the checkpoint and its quorum, then every bundle of 256 entries
 * in parallel (form, place, chain, leaf tile), then the tiles above and the root, the key changes (ledger_keys.c), and
 * that nothing else lies in the folder. Entries whose time lies after the clocks of those who cosigned them are
 * counted.
 *
 * Chain and tree are both followed from the same entries, so they cannot tell two stories.
 */
#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/mem.h"
#include "crypto/merkle.h"
#include "evidence/entry_scan.h"
#include "evidence/ledger_dir.h"
#include "evidence/ledger_keys.h"
#include "evidence/ledger_vkeys.h"
#include "evidence/tally.h"

#define PATH_MAX_BYTES 1200
#define BUNDLE_MAX (HF_DIR_TILE * (65535u + 2u))
#define CHECKPOINT_MAX 65536u
#define KEYS_MAX 65536u
#define CHAIN_MAX ((size_t)256 << 20)
#define THREADS_MAX 16
#define DEPTH_MAX 16

/* What one bundle gives to the whole. */
struct bundle {
	struct hf_hash root;       /* of a full leaf tile */
	struct hf_hash prev, last; /* what its first entry follows, and its last leaf */
	struct hf_clock_ahead ahead;
};

struct check {
	const char *dir;
	struct hf_checked cp;
	uint64_t size, bundle_count;
	struct bundle *bundles;
	struct hf_hash partial[HF_DIR_TILE];  /* leaves of the unfinished bundle */
	atomic_uint_fast64_t next, first_bad; /* bundle numbers */
	pthread_mutex_t mutex;                /* guards fault, bad and keys */
	struct hf_fault fault;
	uint64_t bad;
	struct hf_ledger_keys keys;
	struct hf_fault *f;
};

static enum hf_err read_file(const char *dir, const char *name, size_t max, struct hf_buf *out, struct hf_fault *f)
{
	char path[PATH_MAX_BYTES];
	if (snprintf(path, sizeof(path), "%s/%s", dir, name) >= (int)sizeof(path))
		return hf_fault_set(f, HF_E_LIMIT, "the folder's path is too long");
	enum hf_err e = hf_file_read(path, max, out);
	if (e == HF_E_UNKNOWN)
		return hf_fault_set(f, e, "%s is missing from the folder", name);
	if (e == HF_E_LIMIT)
		return hf_fault_set(f, e, "%s goes on after the %zu bytes that it may have", name, max);
	return e == HF_OK ? HF_OK
	                  : hf_fault_set(f, e, "%s cannot be read; it must be a file that this user may read", name);
}

/* ---- one bundle (any thread) ---- */

struct lane {
	struct check *c;
	struct hf_buf entries, tile;
	struct hf_hash leaf[HF_DIR_TILE];
	struct hf_clock_ahead ahead; /* in the bundle */
	struct hf_fault fault;
};

static uint32_t width_of(const struct check *c, uint64_t bundle)
{
	uint64_t left = c->size - bundle * HF_DIR_TILE;
	return left < HF_DIR_TILE ? (uint32_t)left : HF_DIR_TILE;
}

/* Entry 0 and key changes are looked at when the rest is known to be good. */
static enum hf_err take_public(struct lane *l, uint64_t index, const uint8_t *data, size_t len)
{
	pthread_mutex_lock(&l->c->mutex);
	enum hf_err e = hf_ledger_keys_take(&l->c->keys, index, data, len);
	pthread_mutex_unlock(&l->c->mutex);
	return e == HF_OK ? HF_OK
	                  : hf_fault_set(&l->fault, e, "the ledger has more than %u key changes; entry %llu is one",
	                                 HF_KEY_CHANGES_MAX, (unsigned long long)index);
}

/* An entry cannot be younger than the cosignatures over it. */
static void compare_clocks(struct lane *l, const struct hf_entry_view *v)
{
	int64_t ahead_ms = v->time_s * 1000 - l->c->cp.middle_ms;
	if (ahead_ms <= HF_CLOCK_SKEW_MS)
		return;
	if (l->ahead.entries++ == 0)
		l->ahead.first = v->index;
	if (ahead_ms > l->ahead.most_ms)
		l->ahead.most_ms = ahead_ms;
}

static enum hf_err check_place(struct lane *l, uint64_t index, const uint8_t *data, size_t len, struct hf_hash *prev)
{
	struct hf_entry_view v;
	unsigned long long shown = index;
	if (!hf_entry_scan(data, len, &v))
		return hf_fault_set(&l->fault, HF_E_FORMAT, "entry %llu is not of the required form", shown);
	if (strcmp(v.origin, l->c->cp.checkpoint.origin) != 0)
		return hf_fault_set(&l->fault, HF_E_CONFLICT, "entry %llu belongs to the ledger %s", shown, v.origin);
	if (v.index != index)
		return hf_fault_set(&l->fault, HF_E_CONFLICT, "entry %llu stands in the place of entry %llu",
		                    (unsigned long long)v.index, shown);
	if (index % HF_DIR_TILE == 0)
		memcpy(prev->b, v.prev, sizeof(prev->b));
	else if (memcmp(v.prev, l->leaf[index % HF_DIR_TILE - 1].b, sizeof(v.prev)) != 0)
		return hf_fault_set(&l->fault, HF_E_CONFLICT, "entry %llu does not follow the entry before it", shown);
	compare_clocks(l, &v);
	return v.event_class == HF_EVENT_CLASS_PUBLIC ? take_public(l, index, data, len) : HF_OK;
}

/* Whichever level-0 tile has the hash in the place where it should stand in this one. */
static bool stands_elsewhere(const struct check *c, uint32_t i, const struct hf_hash *leaf, char ret_tile[HF_TILE_PATH])
{
	HF_CLEANUP(hf_buf_done) struct hf_buf tile = HF_BUF_INIT;
	for (uint64_t n = 0; n < c->bundle_count; n++) {
		hf_dir_tile_path(0, n, width_of(c, n), ret_tile);
		if (read_file(c->dir, ret_tile, HF_DIR_TILE * sizeof(*leaf), &tile, NULL) == HF_OK &&
		    tile.len >= (i + 1) * sizeof(*leaf) &&
		    memcmp(tile.data + i * sizeof(*leaf), leaf->b, sizeof(leaf->b)) == 0)
			return true;
	}
	return false;
}

/* Entry and tile differ: the entry after it says which of them is true, where there is one in the bundle. */
static enum hf_err refuse_leaf(struct lane *l, const char *tile, uint64_t index, struct hf_bytes after)
{
	uint32_t i = (uint32_t)(index % HF_DIR_TILE);
	const struct hf_hash *leaf = &l->leaf[i];
	unsigned long long shown = index;
	char other[HF_TILE_PATH];
	struct hf_entry_view v;
	size_t len = after.len < 2 ? 0 : (size_t)(after.data[0] << 8 | after.data[1]);
	bool next = after.len >= 2 && len <= after.len - 2 && hf_entry_scan(after.data + 2, len, &v);
	if (stands_elsewhere(l->c, i, leaf, other))
		return hf_fault_set(&l->fault, HF_E_DIGEST,
		                    "%s holds the hashes of other entries; that of entry %llu stands in %s", tile,
		                    shown, other);
	if (next && memcmp(v.prev, leaf->b, sizeof(v.prev)) == 0)
		return hf_fault_set(&l->fault, HF_E_DIGEST,
		                    "%s does not hold the hash of entry %llu, which the entry after it holds", tile,
		                    shown);
	if (next && memcmp(v.prev, l->tile.data + i * sizeof(*leaf), sizeof(v.prev)) == 0)
		return hf_fault_set(&l->fault, HF_E_DIGEST,
		                    "entry %llu was altered: %s and the entry after it hold the hash of another", shown,
		                    tile);
	return hf_fault_set(&l->fault, HF_E_DIGEST, "entry %llu is not the one that %s was made from", shown, tile);
}

/* The leaf hash is compared with the tile before the next entry is looked at, so that an altered entry is named itself
 * and not the one that follows it. */
static enum hf_err check_leaf(struct lane *l, const char *tile, uint64_t index, struct hf_bytes entry,
                              struct hf_bytes after)
{
	uint32_t i = (uint32_t)(index % HF_DIR_TILE);
	hf_merkle_leaf(entry.data, entry.len, &l->leaf[i]);
	bool same = memcmp(l->tile.data + i * sizeof(struct hf_hash), l->leaf[i].b, sizeof(l->leaf[i].b)) == 0;
	return same ? HF_OK : refuse_leaf(l, tile, index, after);
}

static enum hf_err check_entries(struct lane *l, uint64_t bundle, const char *tile, struct hf_hash *ret_prev,
                                 uint64_t *ret_bad)
{
	const uint8_t *at = l->entries.data ? l->entries.data : (const uint8_t *)"", *end = at + l->entries.len;
	uint32_t width = width_of(l->c, bundle);
	for (uint32_t i = 0; i < width; i++) {
		uint64_t index = bundle * HF_DIR_TILE + i;
		*ret_bad = index;
		size_t len = end - at < 2 ? 0 : (size_t)(at[0] << 8 | at[1]);
		if (end - at < 2 || len > (size_t)(end - at) - 2)
			return hf_fault_set(&l->fault, HF_E_FORMAT, "entry %llu is cut off", (unsigned long long)index);
		HF_TRY(check_place(l, index, at + 2, len, ret_prev));
		const uint8_t *from = at + 2;
		at = from + len;
		HF_TRY(check_leaf(l, tile, index, (struct hf_bytes){from, len},
		                  (struct hf_bytes){at, (size_t)(end - at)}));
	}
	if (at != end)
		return hf_fault_set(&l->fault, HF_E_FORMAT, "bytes follow entry %llu in its bundle",
		                    (unsigned long long)*ret_bad);
	return HF_OK;
}

static enum hf_err check_width(const struct hf_buf *tile, uint32_t width, const char *name, struct hf_fault *f)
{
	size_t whole = width * sizeof(struct hf_hash);
	if (tile->len > whole)
		return hf_fault_set(f, HF_E_FORMAT, "%s goes on after its %u hashes", name, width);
	if (tile->len < whole)
		return hf_fault_set(f, HF_E_FORMAT, "%s is cut off after %zu of the %zu bytes of its %u hashes", name,
		                    tile->len, whole, width);
	return HF_OK;
}

static enum hf_err check_bundle(struct lane *l, uint64_t number, uint64_t *ret_bad)
{
	struct check *c = l->c;
	struct bundle *b = &c->bundles[number];
	uint32_t width = width_of(c, number);
	char name[HF_TILE_PATH];
	*ret_bad = number * HF_DIR_TILE;
	hf_dir_tile_path(-1, number, width, name);
	HF_TRY(read_file(c->dir, name, BUNDLE_MAX, &l->entries, &l->fault));
	if (l->entries.len == 0)
		return hf_fault_set(&l->fault, HF_E_FORMAT, "%s is empty", name);
	hf_dir_tile_path(0, number, width, name);
	HF_TRY(read_file(c->dir, name, HF_DIR_TILE * sizeof(struct hf_hash), &l->tile, &l->fault));
	HF_TRY(check_width(&l->tile, width, name, &l->fault));
	l->ahead = (struct hf_clock_ahead){.entries = 0};
	HF_TRY(check_entries(l, number, name, &b->prev, ret_bad));
	b->ahead = l->ahead;
	b->last = l->leaf[width - 1];
	if (width == HF_DIR_TILE)
		hf_merkle_root(l->leaf, width, &b->root);
	else
		memcpy(c->partial, l->leaf, width * sizeof(l->leaf[0]));
	return HF_OK;
}

/* The lowest bad bundle counts, whichever thread was first. */
static void report_bad(struct check *c, uint64_t number, uint64_t bad, const struct hf_fault *fault)
{
	pthread_mutex_lock(&c->mutex);
	if (number < atomic_load(&c->first_bad)) {
		atomic_store(&c->first_bad, number);
		c->bad = bad;
		c->fault = *fault;
	}
	pthread_mutex_unlock(&c->mutex);
}

static void *run_lane(void *arg)
{
	struct check *c = arg;
	struct lane *l = hf_alloc_zero(sizeof(*l));
	uint64_t number, bad = 0;
	l->c = c;
	while ((number = atomic_fetch_add(&c->next, 1)) < c->bundle_count && number < atomic_load(&c->first_bad))
		if (check_bundle(l, number, &bad) != HF_OK)
			report_bad(c, number, bad, &l->fault);
	hf_buf_done(&l->entries);
	hf_buf_done(&l->tile);
	free(l);
	return NULL;
}

static void run_lanes(struct check *c)
{
	pthread_t threads[THREADS_MAX];
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	size_t wanted = cpus < 1 ? 1 : cpus > THREADS_MAX ? THREADS_MAX : (size_t)cpus, count = 0;
	for (; count + 1 < wanted && count + 1 < c->bundle_count; count++)
		if (pthread_create(&threads[count], NULL, run_lane, c) != 0)
			break;
	run_lane(c);
	for (size_t i = 0; i < count; i++)
		pthread_join(threads[i], NULL);
}

/* Does every bundle before `end` begin where the one before it ends? */
static enum hf_err check_seams(struct check *c, uint64_t end, uint64_t *ret_bad)
{
	struct hf_hash prev = {{0}};
	for (uint64_t i = 0; i < end; i++) {
		*ret_bad = i * HF_DIR_TILE;
		if (!hf_hash_equal(&prev, &c->bundles[i].prev))
			return hf_fault_set(c->f, HF_E_CONFLICT, "entry %llu does not follow the entry before it",
			                    (unsigned long long)*ret_bad);
		prev = c->bundles[i].last;
	}
	return HF_OK;
}

/* Bundles before the first bad one are all checked; of that one, what stands before its bad entry is good. */
static enum hf_err check_bundles(struct check *c, uint64_t *ret_bad)
{
	run_lanes(c);
	uint64_t first_bad = atomic_load(&c->first_bad);
	if (first_bad == UINT64_MAX) {
		HF_TRY(check_seams(c, c->bundle_count, ret_bad));
		*ret_bad = UINT64_MAX;
		return HF_OK;
	}
	HF_TRY(check_seams(c, c->bad > first_bad * HF_DIR_TILE ? first_bad + 1 : first_bad, ret_bad));
	*ret_bad = c->bad;
	return hf_fault_set(c->f, c->fault.code, "%s", c->fault.text);
}

/* ---- the tiles above ---- */

static bool same_tile(void *ctx, unsigned level, uint64_t tile, uint32_t width, const struct hf_hash *hashes)
{
	struct check *c = ctx;
	HF_CLEANUP(hf_buf_done) struct hf_buf bytes = HF_BUF_INIT;
	char name[HF_TILE_PATH];
	if (level == 0)
		return true; /* checked with its entries */
	hf_dir_tile_path((int)level, tile, width, name);
	if (read_file(c->dir, name, HF_DIR_TILE * sizeof(*hashes), &bytes, c->f) != HF_OK ||
	    check_width(&bytes, width, name, c->f) != HF_OK)
		return false;
	if (memcmp(bytes.data, hashes, bytes.len) == 0)
		return true;
	hf_fault_set(c->f, HF_E_DIGEST, "%s does not agree with the tiles below it", name);
	return false;
}

static enum hf_err check_tree(struct check *c, struct hf_dir_tree *t)
{
	struct hf_hash root;
	uint64_t full = c->size / HF_DIR_TILE;
	for (uint64_t i = 0; i < full; i++)
		if (!hf_dir_tree_add(t, 1, &c->bundles[i].root, same_tile, c))
			return c->f->code;
	for (uint32_t i = 0; i < c->size % HF_DIR_TILE; i++)
		if (!hf_dir_tree_add(t, 0, &c->partial[i], same_tile, c))
			return HF_E_INTERNAL;
	if (!hf_dir_tree_end(t, same_tile, c))
		return c->f->code;
	hf_dir_tree_root(t, &root);
	if (!hf_hash_equal(&root, &c->cp.checkpoint.root))
		return hf_fault_set(c->f, HF_E_DIGEST, "the entries do not make the root that the witnesses cosigned");
	return HF_OK;
}

/* ---- nothing else in the folder ---- */

static bool take_number(const char **at, uint64_t max, uint64_t *ret_number)
{
	char *end;
	if (**at < '0' || **at > '9')
		return false;
	*ret_number = strtoull(*at, &end, 10);
	*at = end;
	return *ret_number <= max;
}

/* The tile that a name might mean; what it is not the exact name of is found out by making the name anew. */
static bool read_tile_name(const char *name, int *ret_level, uint64_t *ret_tile)
{
	uint64_t level = 0, group;
	*ret_tile = 0;
	*ret_level = -1;
	if (strncmp(name, "tile/entries/", 13) == 0) {
		name += 13;
	} else {
		name += strncmp(name, "tile/", 5) == 0 ? 5 : 0;
		if (!take_number(&name, HF_DIR_LEVELS - 1, &level) || *name++ != '/')
			return false;
		*ret_level = (int)level;
	}
	for (; *name == 'x'; name++, *ret_tile = *ret_tile * 1000 + group) {
		name++;
		if (!take_number(&name, 999, &group) || *name != '/' || *ret_tile > UINT64_MAX / 1000000)
			return false;
	}
	if (!take_number(&name, 999, &group))
		return false;
	*ret_tile = *ret_tile * 1000 + group;
	return true;
}

static bool belongs(const struct check *c, const char *name)
{
	static const char *const fixed[] = {"checkpoint", "log.vkey", "witness.vkeys", "descriptors.dsse"};
	char exact[HF_TILE_PATH];
	uint64_t tile;
	int level;
	for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++)
		if (strcmp(name, fixed[i]) == 0)
			return true;
	if (!read_tile_name(name, &level, &tile))
		return false;
	uint64_t hashes = c->size >> (level < 0 ? 0 : 8 * level), full = hashes / HF_DIR_TILE;
	if (tile > full || (tile == full && hashes % HF_DIR_TILE == 0))
		return false;
	hf_dir_tile_path(level, tile, tile < full ? HF_DIR_TILE : (uint32_t)(hashes % HF_DIR_TILE), exact);
	return strcmp(name, exact) == 0;
}

static enum hf_err check_files(struct check *c, const char *path, unsigned depth);

static enum hf_err check_file(struct check *c, const char *dir, const char *name, unsigned depth)
{
	char path[PATH_MAX_BYTES];
	struct stat st;
	if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return HF_OK;
	if (snprintf(path, sizeof(path), "%s/%s", dir, name) >= (int)sizeof(path) || lstat(path, &st) != 0 ||
	    (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode)))
		return hf_fault_set(c->f, HF_E_FORMAT, "%s/%s is neither file nor folder", dir, name);
	if (S_ISDIR(st.st_mode))
		return check_files(c, path, depth + 1);
	if (!belongs(c, path + strlen(c->dir) + 1))
		return hf_fault_set(c->f, HF_E_CONFLICT,
		                    "%.200s does not belong into the folder of a ledger of %llu entries",
		                    path + strlen(c->dir) + 1, (unsigned long long)c->size);
	return HF_OK;
}

/* What should be there was read before; here everything that lies there is held against what should. */
static enum hf_err check_files(struct check *c, const char *path, unsigned depth)
{
	DIR *d = depth > DEPTH_MAX ? NULL : opendir(path);
	enum hf_err e = HF_OK;
	if (d == NULL)
		return hf_fault_set(c->f, HF_E_IO, "%s cannot be read", path);
	for (struct dirent *at; e == HF_OK && (at = readdir(d)) != NULL;)
		e = check_file(c, path, at->d_name, depth);
	closedir(d);
	return e;
}

static enum hf_err check_key_files(const struct check *c, const struct hf_space *s)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf log = HF_BUF_INIT;
	HF_CLEANUP(hf_buf_done) struct hf_buf witnesses = HF_BUF_INIT;
	HF_TRY(read_file(c->dir, "log.vkey", KEYS_MAX, &log, c->f));
	HF_TRY(hf_ledger_vkeys_check(s, &c->cp, HF_KEY_LOG, &log, c->f));
	HF_TRY(read_file(c->dir, "witness.vkeys", KEYS_MAX, &witnesses, c->f));
	return hf_ledger_vkeys_check(s, &c->cp, HF_KEY_WITNESS, &witnesses, c->f);
}

static enum hf_err load(struct check *c, struct hf_space *s, const struct hf_trust *trust)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf chain;
	HF_CLEANUP(hf_buf_done) struct hf_buf note = HF_BUF_INIT;
	hf_buf_init(&chain, CHAIN_MAX);
	HF_TRY(read_file(c->dir, "descriptors.dsse", CHAIN_MAX, &chain, c->f));
	HF_TRY(hf_space_read_stream(s, chain.data, chain.len, c->f));
	HF_TRY(hf_space_reaches(s, trust, c->f));
	HF_TRY(read_file(c->dir, "checkpoint", CHECKPOINT_MAX, &note, c->f));
	HF_TRY(hf_checkpoint_check(s, (const char *)note.data, note.len, &c->cp, c->f));
	HF_TRY(check_key_files(c, s));
	c->size = c->cp.checkpoint.size;
	c->bundle_count = c->size / HF_DIR_TILE + (c->size % HF_DIR_TILE != 0);
	if (c->bundle_count > SIZE_MAX / sizeof(*c->bundles) / 2)
		return hf_fault_set(c->f, HF_E_LIMIT, "the checkpoint names more entries than any ledger has");
	return HF_OK;
}

/* A cosigned size that the folder cannot hold is found before memory is taken for it. */
static enum hf_err check_present(struct check *c)
{
	char name[HF_TILE_PATH], path[PATH_MAX_BYTES];
	if (c->bundle_count == 0)
		return HF_OK;
	hf_dir_tile_path(-1, c->bundle_count - 1, width_of(c, c->bundle_count - 1), name);
	if (snprintf(path, sizeof(path), "%s/%s", c->dir, name) >= (int)sizeof(path) || access(path, R_OK) != 0)
		return hf_fault_set(c->f, HF_E_UNKNOWN, "%s is missing: the ledger has %llu entries", name,
		                    (unsigned long long)c->size);
	return HF_OK;
}

static enum hf_err run(struct check *c, struct hf_space *s, const struct hf_trust *trust, uint64_t *ret_bad)
{
	HF_TRY(load(c, s, trust));
	HF_TRY(check_present(c));
	c->bundles = hf_alloc_zero((size_t)c->bundle_count * sizeof(*c->bundles));
	HF_TRY(check_bundles(c, ret_bad));
	struct hf_dir_tree *t = hf_alloc_zero(sizeof(*t));
	enum hf_err e = check_tree(c, t);
	free(t);
	HF_TRY(e);
	HF_TRY(hf_ledger_keys_check(&c->keys, s, &c->cp, ret_bad, c->f));
	return check_files(c, c->dir, 0);
}

static void report(const struct check *c, const struct hf_space *s, struct hf_ledger_report *r)
{
	r->size = c->size;
	r->key_changes = c->keys.count;
	r->unannounced_keys = c->keys.unannounced;
	for (uint64_t i = 0; i < c->bundle_count; i++) {
		const struct hf_clock_ahead *a = &c->bundles[i].ahead;
		if (a->entries > 0 && r->ahead.entries == 0)
			r->ahead.first = a->first;
		r->ahead.entries += a->entries;
		r->ahead.most_ms = a->most_ms > r->ahead.most_ms ? a->most_ms : r->ahead.most_ms;
	}
	hf_space_mark(s, &r->descriptor);
}

enum hf_err hf_ledger_verify_dir(const struct hf_trust *trust, const char *dir, struct hf_ledger_report *ret_report,
                                 struct hf_fault *f)
{
	struct hf_fault own;
	struct check *c = hf_alloc_zero(sizeof(*c));
	struct hf_space *s = hf_space_new(&trust->root);
	c->dir = dir;
	c->f = f != NULL ? f : &own;
	atomic_init(&c->next, 0);
	atomic_init(&c->first_bad, UINT64_MAX);
	pthread_mutex_init(&c->mutex, NULL);
	*ret_report = (struct hf_ledger_report){.bad = UINT64_MAX};
	enum hf_err e = run(c, s, trust, &ret_report->bad);
	if (e == HF_OK)
		report(c, s, ret_report);
	pthread_mutex_destroy(&c->mutex);
	hf_ledger_keys_done(&c->keys);
	hf_space_free(s);
	free(c->bundles);
	free(c);
	return e;
}
