/* file.c - whole files, bounded when read and atomic when written; declared in buf.h. */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"

#define READ_BYTES 16384u

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static enum hf_err error_of(int code)
{
	if (code == ENOENT || code == ENOTDIR)
		return HF_E_UNKNOWN;
	return code == ENOSPC || code == EDQUOT || code == EFBIG ? HF_E_NO_SPACE : HF_E_IO;
}

/* One byte more than max is asked for, so that a file of exactly max bytes is told from a longer one. */
static enum hf_err read_all(int fd, size_t max, struct hf_buf *out)
{
	uint8_t piece[READ_BYTES];

	for (;;) {
		size_t want = max - out->len < sizeof(piece) ? max - out->len + 1 : sizeof(piece);
		ssize_t got = read(fd, piece, want);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return HF_E_IO;
		if (got == 0)
			return HF_OK;
		if ((size_t)got > max - out->len || !hf_buf_add(out, piece, (size_t)got))
			return HF_E_LIMIT;
	}
}

enum hf_err hf_file_read(const char *path, size_t max, struct hf_buf *out)
{
	HF_CLEANUP(close_fd) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	enum hf_err e;

	if (fd < 0)
		return error_of(errno) == HF_E_UNKNOWN ? HF_E_UNKNOWN : HF_E_IO;
	hf_buf_clear(out);
	e = read_all(fd, max, out);
	if (e != HF_OK)
		hf_buf_clear(out);
	return e;
}

enum hf_err hf_file_fault(struct hf_fault *f, enum hf_err e, const char *path, size_t max)
{
	if (e == HF_E_UNKNOWN)
		return hf_fault_set(f, e, "there is no file %.300s; check its name", path);
	if (e == HF_E_LIMIT)
		return hf_fault_set(f, e,
		                    "%.300s has more than the %zu bytes that such a file may have; name the right file",
		                    path, max);
	return hf_fault_set(f, e, "%.300s cannot be read; it must be a file that this user may read", path);
}

static enum hf_err write_all(int fd, const uint8_t *data, size_t len)
{
	while (len > 0) {
		ssize_t put = write(fd, data, len);

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return error_of(errno);
		data += put;
		len -= (size_t)put;
	}
	return HF_OK;
}

static enum hf_err fill(int fd, const void *data, size_t len, unsigned mode)
{
	if (fchmod(fd, (mode_t)mode) != 0)
		return HF_E_IO;
	HF_TRY(write_all(fd, data, len));
	return fsync(fd) == 0 ? HF_OK : error_of(errno);
}

enum hf_err hf_folder_sync(const char *folder)
{
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC), code = 0;

	if (fd < 0 || fsync(fd) != 0)
		code = errno;
	close_fd(&fd);
	errno = code;
	return code == 0 ? HF_OK : error_of(code) == HF_E_NO_SPACE ? HF_E_NO_SPACE : HF_E_IO;
}

enum hf_err hf_folder_sync_of(const char *path)
{
	char copy[PATH_MAX];

	if (snprintf(copy, sizeof(copy), "%s", path) >= (int)sizeof(copy)) {
		errno = ENAMETOOLONG;
		return HF_E_IO;
	}
	return hf_folder_sync(dirname(copy));
}

enum hf_err hf_file_write(const char *path, const void *data, size_t len, unsigned mode)
{
	char temporary[PATH_MAX];
	int n = snprintf(temporary, sizeof(temporary), "%s.new-XXXXXX", path);
	HF_CLEANUP(close_fd) int fd = -1;
	enum hf_err e;

	if (n < 0 || (size_t)n >= sizeof(temporary))
		return HF_E_IO;
	fd = mkostemp(temporary, O_CLOEXEC);
	if (fd < 0)
		return error_of(errno) == HF_E_NO_SPACE ? HF_E_NO_SPACE : HF_E_IO;
	e = fill(fd, data, len, mode);
	if (e == HF_OK && rename(temporary, path) != 0)
		e = HF_E_IO;
	if (e != HF_OK) {
		unlink(temporary);
		return e;
	}
	return hf_folder_sync_of(path);
}
