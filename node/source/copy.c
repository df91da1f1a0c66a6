/* copy.c - declared in copy.h. */
#include "source/copy.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "crypto/aead.h"
#include "source/place.h"
#include "source/secret.h"

#define SEALED (HF_COPY_PIECE + HF_AEAD_TAG_BYTES)
#define SPARE ((uint64_t)256 << 20) /* bytes that stay free, */
#define SPARE_PART 20u              /* and one part in so many of the disk */
#define PATH (PATH_MAX + 64)

static void path_of(const struct hf_source_home *home, const struct hf_id *id, char out[PATH])
{
	char name[HF_ID_TEXT];

	hf_id_text(id, name);
	snprintf(out, PATH, "%s/copies/%s", home->node_dir, name);
}

/* What a piece is bound to: the copy, its place, and whether it is the last. */
static void bind_piece(const struct hf_id *id, uint64_t index, bool last, uint8_t nonce[12], uint8_t ad[17])
{
	memset(nonce, 0, 12);
	hf_put_u64(nonce + 4, index);
	memcpy(ad, id->b, 16);
	ad[16] = last;
}

/* ---- writing ---- */

struct hf_copy {
	int fd;
	struct hf_id id;
	char path[PATH];
	struct hf_aead *aead;
	uint8_t *piece; /* and its tag */
	size_t len;
	uint64_t index;
};

static void free_copy(struct hf_copy *c)
{
	if (c->fd >= 0)
		close(c->fd);
	hf_aead_free(c->aead);
	hf_wipe(c->piece, SEALED);
	free(c->piece);
	free(c);
}

void hf_copy_drop(struct hf_copy *c)
{
	if (!c)
		return;
	unlink(c->path);
	free_copy(c);
}

static enum hf_err write_fault(const struct hf_copy *c, int code, struct hf_fault *f)
{
	return hf_fault_set(f, code == ENOSPC || code == EDQUOT ? HF_E_NO_SPACE : HF_E_IO,
	                    "the table's copy in the node's folder cannot be written: %s", strerror(code));
	(void)c;
}

enum hf_err hf_copy_new(const struct hf_source_home *home, struct hf_source_view *v, struct hf_copy **ret_copy,
                        struct hf_fault *f)
{
	struct hf_copy *c = hf_alloc_zero(sizeof(*c));
	uint8_t key[32];
	char folder[PATH];

	snprintf(folder, sizeof(folder), "%s/copies", home->node_dir);
	c->id = hf_id_new((int64_t)time(NULL) * 1000);
	hf_random(key, sizeof(key));
	path_of(home, &c->id, c->path);
	c->aead = hf_aead_new(HF_AEAD_AES256GCM, key);
	c->piece = hf_alloc(SEALED);
	v->copy = c->id;
	hf_source_secret_seal(home, "copy", c->id.b, sizeof(c->id.b), key, sizeof(key), &v->copy_key);
	hf_wipe(key, sizeof(key));
	c->fd = -1;
	if (mkdir(folder, 0700) == 0 || errno == EEXIST)
		c->fd = open(c->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (c->fd < 0) {
		enum hf_err e = write_fault(c, errno, f);

		free_copy(c);
		return e;
	}
	*ret_copy = c;
	return HF_OK;
}

static enum hf_err room(const struct hf_copy *c, struct hf_fault *f)
{
	struct statvfs v;
	uint64_t left, all;

	if (c->index % 64 != 0 || fstatvfs(c->fd, &v) != 0) /* every 16 MiB */
		return HF_OK;
	left = (uint64_t)v.f_bavail * v.f_frsize;
	all = (uint64_t)v.f_blocks * v.f_frsize;
	if (left > SPARE && left > all / SPARE_PART)
		return HF_OK;
	return hf_fault_set(f, HF_E_NO_SPACE,
	                    "the table's copy would fill the disk of the node's folder; make room, or offer a view of "
	                    "fewer rows");
}

static enum hf_err put_piece(struct hf_copy *c, bool last, struct hf_fault *f)
{
	uint8_t nonce[12], ad[17];
	size_t len = c->len + HF_AEAD_TAG_BYTES;

	HF_TRY(room(c, f));
	bind_piece(&c->id, c->index, last, nonce, ad);
	if (!hf_aead_seal(c->aead, nonce, ad, sizeof(ad), c->piece, c->len, c->piece, c->piece + c->len))
		return hf_fault_default(f, HF_E_CRYPTO);
	for (size_t at = 0; at < len;) {
		ssize_t n = write(c->fd, c->piece + at, len - at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return write_fault(c, errno, f);
		at += (size_t)n;
	}
	c->index++;
	c->len = 0;
	return HF_OK;
}

enum hf_err hf_copy_add(struct hf_copy *c, const void *data, size_t len, struct hf_fault *f)
{
	const uint8_t *at = data;

	while (len > 0) {
		size_t n = len < HF_COPY_PIECE - c->len ? len : HF_COPY_PIECE - c->len;

		memcpy(c->piece + c->len, at, n);
		c->len += n;
		at += n;
		len -= n;
		if (c->len == HF_COPY_PIECE)
			HF_TRY(put_piece(c, false, f));
	}
	return HF_OK;
}

enum hf_err hf_copy_end(struct hf_copy *c, struct hf_fault *f)
{
	enum hf_err e = put_piece(c, true, f);

	if (e == HF_OK && fdatasync(c->fd) != 0)
		e = write_fault(c, errno, f);
	if (e == HF_OK)
		e = hf_fault_default(f, hf_folder_sync_of(c->path));
	if (e != HF_OK)
		unlink(c->path);
	free_copy(c);
	return e;
}

/* ---- reading ---- */

struct reader {
	struct hf_source_reader reader;
	int fd;
	struct hf_id id;
	uint8_t key[32];
	uint64_t bytes, rows, pieces;
};

static enum hf_err open_fd(const struct hf_source_home *home, const struct hf_source_view *v, int *ret_fd,
                           struct hf_source_stamp *ret_stamp, struct hf_fault *f)
{
	char path[PATH];
	int fd;

	path_of(home, &v->copy, path);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0 || !hf_place_stamp(fd, ret_stamp)) {
		if (fd >= 0)
			close(fd);
		return hf_fault_set(f, HF_E_SOURCE_CHANGED,
		                    "this node's copy of the source '%s' is gone; run `hufu source scan %s`", v->name,
		                    v->name);
	}
	*ret_fd = fd;
	return HF_OK;
}

enum hf_err hf_copy_stamp(const struct hf_source_home *home, const struct hf_source_view *v,
                          struct hf_source_stamp *ret_stamp, struct hf_fault *f)
{
	int fd;

	HF_TRY(open_fd(home, v, &fd, ret_stamp, f));
	close(fd);
	return HF_OK;
}

static enum hf_err open_piece(const struct reader *r, struct hf_aead *aead, uint64_t index, uint8_t *piece,
                              size_t *ret_len)
{
	bool last = index + 1 == r->pieces;
	uint8_t nonce[12], ad[17];
	size_t n;

	HF_TRY(hf_place_read(r->fd, index * SEALED, piece, SEALED, &n));
	if (n < HF_AEAD_TAG_BYTES || (!last && n < SEALED))
		return HF_E_SOURCE_CHANGED;
	bind_piece(&r->id, index, last, nonce, ad);
	n -= HF_AEAD_TAG_BYTES;
	if (!hf_aead_open(aead, nonce, ad, sizeof(ad), piece, n, piece + n, piece))
		return HF_E_SOURCE_CHANGED;
	*ret_len = n;
	return HF_OK;
}

static enum hf_err read_copy(struct hf_source_reader *reader, uint64_t offset, uint8_t *out, size_t cap,
                             size_t *ret_len)
{
	struct reader *r = (struct reader *)reader;
	enum hf_err e = HF_OK;
	struct hf_aead *aead;
	uint8_t *piece;
	size_t len = 0, n;

	if (offset > r->bytes)
		return HF_E_UNKNOWN;
	aead = hf_aead_new(HF_AEAD_AES256GCM, r->key); /* for this thread */
	piece = hf_alloc(SEALED);
	while (e == HF_OK && len < cap && offset + len < r->bytes) {
		uint64_t at = offset + len;
		size_t skip = (size_t)(at % HF_COPY_PIECE);

		e = open_piece(r, aead, at / HF_COPY_PIECE, piece, &n);
		if (e == HF_OK) {
			n = n - skip < cap - len ? n - skip : cap - len;
			memcpy(out + len, piece + skip, n);
			len += n;
		}
	}
	hf_wipe(piece, SEALED);
	free(piece);
	hf_aead_free(aead);
	if (e == HF_OK)
		*ret_len = len;
	return e;
}

static void copy_stamp(const struct hf_source_reader *reader, struct hf_source_stamp *ret_stamp)
{
	*ret_stamp = (struct hf_source_stamp){0, 0, 0};
	hf_place_stamp(((const struct reader *)reader)->fd, ret_stamp);
}

static uint64_t copy_bytes(const struct hf_source_reader *reader)
{
	return ((const struct reader *)reader)->bytes;
}

static uint64_t copy_rows(const struct hf_source_reader *reader)
{
	return ((const struct reader *)reader)->rows;
}

static void close_copy(struct hf_source_reader *reader)
{
	struct reader *r = (struct reader *)reader;

	close(r->fd);
	hf_wipe(r->key, sizeof(r->key));
	free(r);
}

static const struct hf_source_reader_ops ops = {read_copy, copy_stamp, copy_bytes, copy_rows, close_copy};

enum hf_err hf_copy_open(const struct hf_source_home *home, const struct hf_source_view *v,
                         struct hf_source_reader **ret_reader, struct hf_fault *f)
{
	struct hf_source_stamp stamp;
	struct reader *r = hf_alloc_zero(sizeof(*r));
	size_t len;

	if (!hf_source_secret_open(home, "copy", v->copy.b, sizeof(v->copy.b), &v->copy_key, r->key, sizeof(r->key),
	                           &len) ||
	    len != sizeof(r->key) || open_fd(home, v, &r->fd, &stamp, f) != HF_OK) {
		free(r);
		return hf_fault_set(
		        f, HF_E_SOURCE_CHANGED,
		        "this node has no copy of the source '%s' that it can open; run `hufu source scan %s`", v->name,
		        v->name);
	}
	r->reader.ops = &ops;
	r->id = v->copy;
	r->pieces = (stamp.bytes + SEALED - 1) / SEALED;
	r->bytes = stamp.bytes > r->pieces * HF_AEAD_TAG_BYTES ? stamp.bytes - r->pieces * HF_AEAD_TAG_BYTES : 0;
	r->rows = v->rows;
	*ret_reader = &r->reader;
	return HF_OK;
}

void hf_copy_remove(const struct hf_source_home *home, const struct hf_id *id)
{
	char path[PATH];

	if (hf_id_is_zero(id))
		return;
	path_of(home, id, path);
	unlink(path);
}

void hf_copy_sweep(const struct hf_source_home *home, bool (*keep)(void *ctx, const struct hf_id *id), void *ctx)
{
	char folder[PATH];
	struct dirent *d;
	DIR *dir;

	snprintf(folder, sizeof(folder), "%s/copies", home->node_dir);
	dir = opendir(folder);
	while (dir && (d = readdir(dir)) != NULL) {
		struct hf_id id;

		if (hf_id_parse(d->d_name, &id) && !keep(ctx, &id))
			unlinkat(dirfd(dir), d->d_name, 0);
	}
	if (dir)
		closedir(dir);
}
