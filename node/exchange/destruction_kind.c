/* destruction_kind.c - see destroying.h: what is kept sealed, and what was delivered into a file. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "crypto/merkle.h"
#include "exchange/destroying.h"
#include "exchange/file_io.h"
#include "exchange/held.h"

#define MANY_VALUES 12u /* of a piece of plain text, so that no other text has it by chance */
#define TRIES 16u

static bool is_varied(const uint8_t *w)
{
	bool seen[256] = {false};
	unsigned n = 0;
	for (size_t i = 0; i < SEARCH_WINDOW; i++) {
		n += !seen[w[i]];
		seen[w[i]] = true;
	}
	return n >= MANY_VALUES;
}

/* Pieces at random places behind the beginning. */
static void take_windows(struct destruction *d, int fd, uint64_t begin, uint64_t size)
{
	if (size < begin + SEARCH_WINDOW)
		begin = 0;
	if (size < SEARCH_WINDOW)
		return;
	uint64_t places = size - begin - SEARCH_WINDOW + 1;
	for (unsigned i = 0; i < SEARCH_WINDOWS; i++)
		for (unsigned tries = 0; tries < TRIES; tries++) {
			uint64_t at;
			hf_random(&at, sizeof(at));
			if (!file_read_at(fd, d->window[d->windows], SEARCH_WINDOW, begin + at % places))
				return;
			if (is_varied(d->window[d->windows])) {
				d->windows++;
				break;
			}
		}
}

static int open_path(struct destruction *d, int flags, struct stat *st)
{
	int fd = open(d->path, flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd >= 0 && (fstat(fd, st) != 0 || !S_ISREG(st->st_mode))) {
		close(fd);
		fd = -1;
	}
	if (fd >= 0) {
		d->there = true;
		d->dev = st->st_dev;
		d->ino = st->st_ino;
	}
	return fd;
}

static bool say(struct destruction *d, const char *text)
{
	snprintf(d->verification, sizeof(d->verification), "%s", text);
	return false;
}

/* ---- what is kept sealed ---- */

static enum hf_err sealed_prepare(struct destruction *d, struct hf_fault *f)
{
	HF_CLEANUP(hf_decoded_done) Hufu__HeldRow *held = NULL;
	HF_TRY(hf_fault_default(f, held_get(d->x, &d->transfer, &held)));
	HF_TRY(vault_ready(d->x->vault, f));
	d->slot = held->slot;
	d->bytes = held->bytes;
	if (held->root.len == sizeof(d->root.b))
		memcpy(d->root.b, held->root.data, sizeof(d->root.b));
	vault_path(d->x->vault, &d->transfer, d->path);
	for (; (d->windows + 1) * SEARCH_WINDOW <= d->row->windows.len && d->windows < SEARCH_WINDOWS; d->windows++)
		for (size_t i = 0; i < SEARCH_WINDOW; i++)
			d->window[d->windows][i] = (uint8_t)~d->row->windows.data[d->windows * SEARCH_WINDOW + i];
	return HF_OK;
}

static void sealed_look(struct destruction *d)
{
	struct stat st;
	int fd = open_path(d, O_RDONLY, &st);
	if (fd < 0)
		return;
	take_windows(d, fd, HF_SEALED_HEAD, (uint64_t)st.st_size);
	close(fd);
	for (size_t w = 0; w < d->windows; w++)
		for (size_t i = 0; i < SEARCH_WINDOW; i++) {
			uint8_t inverted = (uint8_t)~d->window[w][i];
			if (!hf_buf_add(&d->keep, &inverted, 1))
				abort(); /* memory is gone */
		}
}

/* The key's bytes are looked for as well, as long as they are known. */
static void sealed_destroy(struct destruction *d)
{
	d->with_key = vault_slot_get(d->x->vault, d->slot, d->window[d->windows]) == HF_OK;
	d->error = vault_destroy_over(d->x->vault, d->slot, &d->transfer);
	d->end = d->error == HF_OK ? END_DESTROYED : END_FAILED;
	snprintf(d->method, sizeof(d->method), "%s",
	         d->error == HF_OK ? "the key is overwritten, the sealed file written over, emptied and removed"
	                           : "the key or the sealed file could not be overwritten");
}

static bool sealed_verify(struct destruction *d)
{
	uint8_t half[32];
	struct stat st;
	enum hf_err e = vault_slot_get(d->x->vault, d->slot, half);
	hf_wipe(half, sizeof(half));
	if (e != HF_E_ERASED && e != HF_E_UNKNOWN)
		return say(d, "the key's slot does not read as erased");
	if (lstat(d->path, &st) == 0)
		return say(d, "a file stands under the name of the sealed file");
	snprintf(d->verification, sizeof(d->verification), "the key's slot reads erased, the file is gone");
	return true;
}

/* ---- a file ---- */

static enum hf_err file_prepare(struct destruction *d, struct hf_fault *f)
{
	struct transfer *t;
	HF_TRY(hf_fault_default(f, transfer_load(d->x, &d->transfer, false, &t)));
	snprintf(d->path, sizeof(d->path), "%s", t->output);
	d->root = t->root;
	d->converted = t->target != &target_file;
	d->known = !d->converted || t->made.known;
	d->bytes = d->converted ? t->made.bytes : t->bytes_total;
	d->digest = t->made.digest;
	d->loader = t->target->outlet;
	transfer_release(t);
	if (!d->loader)
		return HF_OK;
	d->kind = &destruction_of_load;
	return d->kind->prepare(d, f);
}

/* The bytes that were delivered, whole. */
static bool is_as_delivered(const struct destruction *d, int fd, const struct stat *st)
{
	struct hf_merkle_range range;
	struct hf_hash leaf, root;
	uint8_t *buf = hf_alloc(CHUNK_BYTES);
	bool ok = (uint64_t)st->st_size == d->bytes;
	hf_merkle_range_init(&range);
	for (uint64_t at = 0; ok && at <= d->bytes; at += CHUNK_BYTES) { /* the last chunk is a short one */
		size_t len = d->bytes - at < CHUNK_BYTES ? (size_t)(d->bytes - at) : CHUNK_BYTES;
		ok = file_read_at(fd, buf, len, at);
		hf_merkle_leaf(buf, len, &leaf);
		hf_merkle_range_append(&range, &leaf);
	}
	hf_wipe(buf, CHUNK_BYTES);
	free(buf);
	hf_merkle_range_root(&range, &root);
	return ok && memcmp(root.b, d->root.b, sizeof(root.b)) == 0;
}

static bool has_digest(const struct destruction *d, int fd, const struct stat *st)
{
	struct hf_hash digest;
	struct hf_sha256 *h = hf_sha256_new();
	uint8_t *buf = hf_alloc(CHUNK_BYTES);
	bool ok = (uint64_t)st->st_size == d->bytes;
	for (uint64_t at = 0; ok && at < d->bytes; at += CHUNK_BYTES) {
		size_t len = d->bytes - at < CHUNK_BYTES ? (size_t)(d->bytes - at) : CHUNK_BYTES;
		ok = file_read_at(fd, buf, len, at);
		hf_sha256_add(h, buf, len);
	}
	hf_wipe(buf, CHUNK_BYTES);
	free(buf);
	hf_sha256_end(h, &digest);
	hf_sha256_free(h);
	return ok && hf_hash_equal(&digest, &d->digest);
}

static bool is_ours(const struct destruction *d, int fd, const struct stat *st)
{
	return d->converted ? d->known && has_digest(d, fd, st) : is_as_delivered(d, fd, st);
}

/* Which file it is, once its bytes were compared: a crash while it is written over must not make it another one. */
struct file_mark {
	uint64_t dev, ino;
};

static void file_look(struct destruction *d)
{
	struct stat st;
	int fd = open_path(d, O_RDONLY, &st);
	if (fd < 0)
		return;
	const struct file_mark mark = {st.st_dev, st.st_ino};
	take_windows(d, fd, 4096, (uint64_t)st.st_size);
	if (is_ours(d, fd, &st) && !hf_buf_add(&d->keep, &mark, sizeof(mark)))
		abort(); /* memory is gone */
	close(fd);
}

static bool is_marked(const struct destruction *d)
{
	const struct file_mark mark = {d->dev, d->ino};
	return d->row->windows.len == sizeof(mark) && memcmp(d->row->windows.data, &mark, sizeof(mark)) == 0;
}

static bool is_still_named(const struct destruction *d)
{
	struct stat st;
	return lstat(d->path, &st) == 0 && st.st_dev == d->dev && st.st_ino == d->ino;
}

/* After a crash it was removed already. */
static void missing(struct destruction *d, bool gone)
{
	bool before = gone && d->row->windows.len > 0;
	d->error = gone ? HF_OK : HF_E_IO;
	d->end = before ? END_DESTROYED : gone ? END_ABSENT : END_FAILED;
	snprintf(d->method, sizeof(d->method), "%s",
	         before ? "the file was written over, emptied and removed"
	         : gone ? "the file was not there under its name any more"
	                : "the file could not be opened to be written over");
}

static void file_destroy(struct destruction *d)
{
	struct stat st;
	int fd = open_path(d, O_RDWR, &st);
	if (fd < 0) {
		missing(d, errno == ENOENT || errno == ENOTDIR);
		return;
	}
	if (!is_marked(d)) {
		close(fd);
		d->end = END_CHANGED;
		snprintf(d->method, sizeof(d->method), "%s",
		         d->converted && !d->known
		                 ? "the file was made of what was delivered before the node kept its digest, so it "
		                   "does not know whether it is that one still; nothing was done"
		         : d->converted
		                 ? "the file holds other bytes than were made of what was delivered; nothing was done"
		                 : "the file holds other bytes than were delivered; nothing was done");
		return;
	}
	bool ok =
	        file_overwrite(fd) && is_still_named(d) && unlink(d->path) == 0 && hf_folder_sync_of(d->path) == HF_OK;
	close(fd);
	d->error = ok ? HF_OK : HF_E_IO;
	d->end = ok ? END_DESTROYED : END_FAILED;
	snprintf(d->method, sizeof(d->method), "%s",
	         ok ? "the file is written over, emptied and removed"
	            : "the file could not be written over and removed");
}

static bool file_verify(struct destruction *d)
{
	struct stat st;
	if (lstat(d->path, &st) == 0)
		return say(d, "a file stands under the name of the delivered file");
	snprintf(d->verification, sizeof(d->verification), "the file is gone");
	return true;
}

/* ---- a table that was derived and registered as a source ---- */

static bool take_other(void *ctx, const struct hf_source_view *v)
{
	struct destruction *d = ctx;
	d->shared |= strcmp(v->name, d->row->name) != 0 && strcmp(v->path, d->path) == 0;
	return !d->shared;
}

/* A database holds more than this one table, and a file that another source reads is not this one's alone. */
static enum hf_err source_prepare(struct destruction *d, struct hf_fault *f)
{
	struct hf_source_view v;
	enum hf_err e = hf_source_get(d->x->sources, d->row->name, &v);
	d->path[0] = '\0';
	if (e == HF_E_UNKNOWN) /* a person has removed it */
		return HF_OK;
	HF_TRY(hf_fault_default(f, e));
	d->database = strcmp(v.kind, "postgresql") == 0 || strcmp(v.kind, "sqlite") == 0;
	if (!d->database)
		snprintf(d->path, sizeof(d->path), "%s", v.path);
	d->bytes = v.stamp.bytes;
	d->digest = v.digest;
	hf_source_view_done(&v);
	return d->database ? HF_OK : hf_fault_default(f, hf_sources_list(d->x->sources, take_other, d));
}

static void source_look(struct destruction *d)
{
	struct stat st;
	int fd = d->path[0] && !d->shared ? open_path(d, O_RDONLY, &st) : -1;
	if (fd < 0)
		return;
	const struct file_mark mark = {st.st_dev, st.st_ino};
	take_windows(d, fd, 4096, (uint64_t)st.st_size);
	if (has_digest(d, fd, &st) && !hf_buf_add(&d->keep, &mark, sizeof(mark)))
		abort(); /* memory is gone */
	close(fd);
}

static void source_destroy(struct destruction *d)
{
	if (d->database) {
		d->end = END_CHANGED;
		snprintf(d->method, sizeof(d->method),
		         "it is a table of a database, which the node only reads; drop it there");
	} else if (d->shared && access(d->path, F_OK) == 0) {
		d->end = END_CHANGED;
		snprintf(d->method, sizeof(d->method),
		         "another source reads the same file; remove that source first, or take the data out of the "
		         "file");
	} else if (!d->path[0]) {
		missing(d, true);
	} else {
		file_destroy(d);
	}
}

static bool source_verify(struct destruction *d)
{
	return d->path[0] ? file_verify(d) : true;
}

/* With it goes the copy that the node keeps of some. */
static enum hf_err source_record(struct destruction *d, struct hf_unit *u, struct hf_fault *f)
{
	enum hf_err e = hf_source_remove(d->x->sources, u, d->row->name, f);
	return e == HF_E_UNKNOWN ? HF_OK : e;
}

static const struct destruction_kind kinds[] = {
        {"sealed", sealed_prepare, sealed_look, sealed_destroy, sealed_verify, NULL},
        {"file", file_prepare, file_look, file_destroy, file_verify, NULL},
        {"source", source_prepare, source_look, source_destroy, source_verify, source_record},
};

const struct destruction_kind *destruction_kind_of(const char *name)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(kinds[i].name, name) == 0)
			return &kinds[i];
	return NULL;
}
