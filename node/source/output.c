/* output.c - declared in output.h. */
#include "source/output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <zstd.h>

#include "base/mem.h"
#include "crypto/crypto.h"

#define LEVEL 3
#define PIECE ((size_t)256 << 10)

struct hf_output {
	int fd;
	char path[640];
	ZSTD_CCtx *pack; /* NULL: the bytes go out as they are */
	uint8_t *piece;
};

static enum hf_err write_fault(const struct hf_output *o, struct hf_fault *f)
{
	int code = errno;

	return hf_fault_set(f, code == ENOSPC || code == EDQUOT ? HF_E_NO_SPACE : HF_E_IO,
	                    "%.300s cannot be written: %s", o->path, strerror(code));
}

static void begin_pack(struct hf_output *o)
{
	o->pack = ZSTD_createCCtx();
	if (!o->pack || ZSTD_isError(ZSTD_CCtx_setParameter(o->pack, ZSTD_c_compressionLevel, LEVEL)) ||
	    ZSTD_isError(ZSTD_CCtx_setParameter(o->pack, ZSTD_c_checksumFlag, 1)))
		abort(); /* memory */
	o->piece = hf_alloc(PIECE);
}

enum hf_err hf_output_open(const char *path, bool packed, struct hf_output **ret_output, struct hf_fault *f)
{
	struct hf_output *o = hf_alloc_zero(sizeof(*o));
	struct stat st;

	snprintf(o->path, sizeof(o->path), "%s", path);
	o->fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY, 0600);
	if (o->fd < 0 || fstat(o->fd, &st) != 0 || !S_ISREG(st.st_mode)) {
		enum hf_err e = write_fault(o, f);

		hf_output_close(o);
		return e;
	}
	if (packed)
		begin_pack(o);
	*ret_output = o;
	return HF_OK;
}

void hf_output_close(struct hf_output *o)
{
	if (!o)
		return;
	if (o->fd >= 0)
		close(o->fd);
	ZSTD_freeCCtx(o->pack);
	if (o->piece)
		hf_wipe(o->piece, PIECE);
	free(o->piece);
	free(o);
}

static enum hf_err put(struct hf_output *o, const uint8_t *at, size_t len, struct hf_fault *f)
{
	while (len > 0) {
		ssize_t n = write(o->fd, at, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return write_fault(o, f);
		at += n;
		len -= (size_t)n;
	}
	return HF_OK;
}

static enum hf_err pack(struct hf_output *o, const void *data, size_t len, ZSTD_EndDirective end, struct hf_fault *f)
{
	ZSTD_inBuffer in = {data, len, 0};
	size_t left;

	do {
		ZSTD_outBuffer out = {o->piece, PIECE, 0};

		left = ZSTD_compressStream2(o->pack, &out, &in, end);
		if (ZSTD_isError(left))
			return hf_fault_set(f, HF_E_INTERNAL, "%.300s cannot be packed: %s", o->path,
			                    ZSTD_getErrorName(left));
		HF_TRY(put(o, o->piece, out.pos, f));
	} while (in.pos < in.size || (end == ZSTD_e_end && left > 0));
	return HF_OK;
}

enum hf_err hf_output_write(struct hf_output *o, const void *data, size_t len, struct hf_fault *f)
{
	return o->pack ? pack(o, data, len, ZSTD_e_continue, f) : put(o, data, len, f);
}

enum hf_err hf_output_end(struct hf_output *o, struct hf_fault *f)
{
	if (o->pack)
		HF_TRY(pack(o, NULL, 0, ZSTD_e_end, f));
	return fsync(o->fd) == 0 ? HF_OK : write_fault(o, f);
}

bool hf_output_is(const struct hf_output *o, const char *path)
{
	struct stat named, open;

	return lstat(path, &named) == 0 && fstat(o->fd, &open) == 0 && named.st_ino == open.st_ino &&
	       named.st_dev == open.st_dev;
}
