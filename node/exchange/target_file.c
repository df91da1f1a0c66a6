/*
 * target_file.c - a delivery into a file that anybody may read who may read the folder: a partial file beside it, which
 * gets the file's name when everything is there. Not for what must stay sealed (must_seal.c).
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "exchange/file_io.h"
#include "exchange/receive.h"
#include "source/scanner.h"

#define PART_PATH 640
#define PART_SUFFIX 80 /* room for what the partial file has more in its name */

static void part_path(const struct transfer *t, char out[PART_PATH])
{
	char text[HF_ID_TEXT];
	hf_id_text(&t->id, text);
	snprintf(out, PART_PATH, "%s.%s.part", t->output, text);
}

/* The folder with its links followed, so that what is checked here is what is written to later. */
static enum hf_err real_folder(const struct hf_exchange *x, const char *path, char ret_dir[PATH_MAX],
                               struct hf_fault *f)
{
	char dir[OUTPUT_MAX], own[PATH_MAX];
	snprintf(dir, sizeof(dir), "%s", path);
	*strrchr(dir, '/') = 0;
	if (!realpath(dir[0] ? dir : "/", ret_dir) || access(ret_dir, W_OK | X_OK) != 0)
		return hf_fault_set(
		        f, HF_E_IO,
		        "the folder of %s cannot be written by the node; choose another or change its rights", path);
	size_t len = realpath(x->base->dir, own) ? strlen(own) : 0;
	if (len > 0 && strncmp(ret_dir, own, len) == 0 && (ret_dir[len] == '/' || !ret_dir[len]))
		return hf_fault_set(f, HF_E_ARGUMENT,
		                    "%s lies in the node's own folder, which holds no data; choose a folder outside it",
		                    path);
	return HF_OK;
}

static enum hf_err check(struct hf_exchange *x, const char *path, char ret_output[OUTPUT_MAX], struct hf_fault *f)
{
	char dir[PATH_MAX];
	struct stat st;
	if (!path || path[0] != '/' || strlen(path) >= OUTPUT_MAX - PART_SUFFIX)
		return hf_fault_set(f, HF_E_ARGUMENT, "the output must be an absolute path of at most 430 bytes");
	if (lstat(path, &st) == 0)
		return hf_fault_set(f, HF_E_EXISTS, "%s exists already; choose another output file or remove it", path);
	HF_TRY(real_folder(x, path, dir, f));
	int n = snprintf(ret_output, OUTPUT_MAX, "%s%s", dir[1] ? dir : "", strrchr(path, '/'));
	if (n < 0 || n >= OUTPUT_MAX - PART_SUFFIX)
		return hf_fault_set(f, HF_E_ARGUMENT,
		                    "the folder of %s has a path of more than 430 bytes; choose another", path);
	return HF_OK;
}

static void folder(const struct transfer *t, char out[OUTPUT_MAX])
{
	snprintf(out, OUTPUT_MAX, "%s", t->output);
	*strrchr(out, '/') = 0;
	if (!out[0])
		snprintf(out, OUTPUT_MAX, "/");
}

/* After a crash between the renaming and its record the bytes have their final name already. */
static bool has_moved(const struct transfer *t, const char *part)
{
	struct stat st;
	return t->importing && lstat(part, &st) != 0 && errno == ENOENT && lstat(t->output, &st) == 0 &&
	       S_ISREG(st.st_mode) && (uint64_t)st.st_size == t->bytes_done;
}

/* A partial file that lost what the row calls durable must not be filled up with zeros. */
static enum hf_err open_part(struct transfer *t, struct receive *r, struct hf_fault *f)
{
	char path[PART_PATH];
	struct stat st;
	part_path(t, path);
	bool moved = has_moved(t, path);
	r->fd = open(moved ? t->output : path, O_RDWR | (moved ? 0 : O_CREAT) | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (r->fd < 0 || fstat(r->fd, &st) != 0)
		return hf_fault_set(f, errno == ENOSPC ? HF_E_NO_SPACE : HF_E_IO, "%.200s cannot be written: %s", path,
		                    strerror(errno));
	if (!S_ISREG(st.st_mode) || (uint64_t)st.st_size < t->bytes_done)
		return hf_fault_set(f, HF_E_DIGEST, "%.200s lost bytes that were received before; fetch the data again",
		                    path);
	if (ftruncate(r->fd, (off_t)t->bytes_done) != 0)
		return hf_fault_set(f, HF_E_IO, "%.200s cannot be brought to its durable size: %s", path,
		                    strerror(errno));
	return HF_OK;
}

static void close_part(struct receive *r)
{
	(void)r;
}

static enum hf_err write_chunk(struct transfer *t, unsigned lane, uint64_t index, uint8_t *plain, size_t len)
{
	(void)lane;
	return file_write_at(t->receive->fd, plain, len, index * CHUNK_BYTES);
}

static enum hf_err read_chunk(struct transfer *t, uint64_t index, uint8_t *out, size_t len)
{
	return file_read_at(t->receive->fd, out, len, index * CHUNK_BYTES) ? HF_OK : HF_E_IO;
}

/* After a crash it may have its name already. */
static void examine(struct transfer *t, hf_scan_fn fn, void *ctx)
{
	char part[PART_PATH];
	part_path(t, part);
	hf_scan(t->x->scanner, access(part, F_OK) == 0 ? part : t->output, fn, ctx);
}

static int rename_new(const char *from, const char *to)
{
	return renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE);
}

/* The bytes that were checked, and no other file, stand under the name. */
static bool is_ours(const struct transfer *t)
{
	struct stat named, open;
	return lstat(t->output, &named) == 0 && fstat(t->receive->fd, &open) == 0 && named.st_ino == open.st_ino &&
	       named.st_dev == open.st_dev;
}

static void unsettle(struct transfer *t)
{
	char part[PART_PATH];
	part_path(t, part);
	(void)rename_new(t->output, part);
}

/* After a crash the file may have its name already. */
static enum hf_err settle(struct transfer *t, struct hf_fault *f)
{
	char part[PART_PATH];
	part_path(t, part);
	if (fsync(t->receive->fd) != 0)
		return target_not_there(HF_E_IO, errno, f);
	if (rename_new(part, t->output) != 0 && !(errno == ENOENT && is_ours(t)))
		return target_not_there(errno == EEXIST ? HF_E_EXISTS : HF_E_IO, errno, f);
	enum hf_err e = is_ours(t) ? hf_folder_sync_of(t->output) : HF_E_DIGEST;
	if (e != HF_OK) { /* DS-70 */
		e = target_not_there(e, e == HF_E_DIGEST ? ESTALE : errno, f);
		unsettle(t);
	}
	return e;
}

static void delivered(struct transfer *t, struct hf_unit *u)
{
	(void)t;
	(void)u;
}

static bool wipe(struct transfer *t)
{
	char path[PART_PATH];
	if (!t->output[0])
		return true;
	part_path(t, path);
	return file_empty_and_remove(path);
}

const struct target target_file = {
        .name = "file",
        .format = "csv",
        .check = check,
        .folder = folder,
        .open = open_part,
        .close = close_part,
        .write = write_chunk,
        .read = read_chunk,
        .examine = examine,
        .settle = settle,
        .unsettle = unsettle,
        .delivered = delivered,
        .wipe = wipe,
        .cache = "the partial file became the delivered file; no copy is left",
        .wiped = "the partial file is emptied and removed",
};
