/* input.c - declared in input.h. */
#include "source/input.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

#include <zstd.h>
#include <zstd_errors.h>

#include "base/mem.h"
#include "crypto/crypto.h"
#include "source/place.h"

#define PIECE ((size_t)256 << 10)
#define WINDOW_LOG 24

struct hf_input {
	int fd;
	uint64_t at; /* bytes of the file taken */
	uint64_t from, to;
	bool window;
	char path[512];

	ZSTD_DCtx *unpack; /* NULL: the bytes are as they are */
	uint8_t *piece;
	ZSTD_inBuffer packed;
	uint64_t made;     /* bytes unpacked */
	bool within, gone; /* a frame is begun; the file is read to its end */
};

static void begin_packed(struct hf_input *in)
{
	static const uint8_t magic[4] = {0x28, 0xB5, 0x2F, 0xFD};
	uint8_t first[4];
	size_t n;

	if (hf_place_read(in->fd, 0, first, sizeof(first), &n) != HF_OK || n < sizeof(first) ||
	    memcmp(first, magic, sizeof(magic)) != 0)
		return;
	in->unpack = ZSTD_createDCtx();
	if (!in->unpack || ZSTD_isError(ZSTD_DCtx_setParameter(in->unpack, ZSTD_d_windowLogMax, WINDOW_LOG)))
		abort();
	in->piece = hf_alloc(PIECE);
}

enum hf_err hf_input_open(const struct hf_source_home *home, const char *path, struct hf_input **ret_in,
                          struct hf_fault *f)
{
	struct hf_source_stamp stamp;
	struct hf_input *in;
	int fd;

	HF_TRY(hf_place_open(home->node_dir, path, &fd, &stamp, f));
	posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	in = hf_alloc_zero(sizeof(*in));
	in->fd = fd;
	memcpy(in->path, path, strlen(path) + 1);
	begin_packed(in);
	*ret_in = in;
	return HF_OK;
}

void hf_input_close(struct hf_input *in)
{
	if (!in)
		return;
	if (in->fd >= 0)
		close(in->fd);
	ZSTD_freeDCtx(in->unpack);
	if (in->piece)
		hf_wipe(in->piece, PIECE);
	free(in->piece);
	free(in);
}

int hf_input_take_fd(struct hf_input *in)
{
	int fd = in->fd;

	in->fd = -1;
	hf_input_close(in);
	return fd;
}

bool hf_input_packed(const struct hf_input *in)
{
	return in->unpack != NULL;
}

uint64_t hf_input_taken(const struct hf_input *in)
{
	return in->at;
}

void hf_input_window(struct hf_input *in, uint64_t from, uint64_t to)
{
	in->window = true;
	in->at = in->from = from;
	in->to = to;
}

void hf_input_top(struct hf_input *in)
{
	in->made = 0;
	in->at = in->from;
	in->within = in->gone = false;
	in->packed = (ZSTD_inBuffer){NULL, 0, 0};
	if (in->unpack)
		ZSTD_DCtx_reset(in->unpack, ZSTD_reset_session_only);
}

static enum hf_err read_file(struct hf_input *in, uint8_t *out, size_t cap, size_t *ret_len, struct hf_fault *f)
{
	if (in->window && cap > in->to - in->at)
		cap = (size_t)(in->to - in->at);
	if (hf_place_read(in->fd, in->at, out, cap, ret_len) != HF_OK)
		return hf_fault_set(f, HF_E_IO, "%s cannot be read; check the disk", in->path);
	if (in->window && *ret_len < cap)
		return hf_fault_set(f, HF_E_SOURCE_CHANGED, "%s became shorter while it was read; streams only grow",
		                    in->path);
	in->at += *ret_len;
	return HF_OK;
}

static enum hf_err unsound(const struct hf_input *in, size_t code, struct hf_fault *f)
{
	if (ZSTD_getErrorCode(code) == ZSTD_error_frameParameter_windowTooLarge)
		return hf_fault_set(
		        f, HF_E_LIMIT,
		        "%s is packed with a window of more than 16 MiB; pack it without --long and --ultra", in->path);
	return hf_fault_set(f, HF_E_FORMAT, "%s is no sound zstd file (%s, before byte %" PRIu64 "); pack it again",
	                    in->path, ZSTD_getErrorName(code), in->at);
}

/* What is left of the file's piece, or its next one. */
static enum hf_err refill(struct hf_input *in, struct hf_fault *f)
{
	size_t n;

	if (in->packed.pos < in->packed.size || in->gone)
		return HF_OK;
	HF_TRY(read_file(in, in->piece, PIECE, &n, f));
	in->gone = n < PIECE;
	in->packed = (ZSTD_inBuffer){in->piece, n, 0};
	return HF_OK;
}

static enum hf_err unpack(struct hf_input *in, uint8_t *out, size_t cap, size_t *ret_len, struct hf_fault *f)
{
	ZSTD_outBuffer to = {out, cap, 0};

	while (to.pos < cap) {
		size_t before = to.pos, taken = in->packed.pos, left;

		HF_TRY(refill(in, f));
		if (in->packed.pos == in->packed.size && !in->within)
			break;
		left = ZSTD_decompressStream(in->unpack, &to, &in->packed);
		if (ZSTD_isError(left))
			return unsound(in, left, f);
		in->within = left != 0;
		in->made += to.pos - before;
		if (in->made > HF_INPUT_FREE && in->made - HF_INPUT_FREE > in->at * HF_INPUT_RATIO)
			return hf_fault_set(
			        f, HF_E_LIMIT,
			        "%s holds more than %u times what it takes packed; unpack it and register that",
			        in->path, HF_INPUT_RATIO);
		if (in->gone && to.pos == before && in->packed.pos == in->packed.size && taken == in->packed.pos)
			return hf_fault_set(f, HF_E_FORMAT, "%s is cut off: it ends within a zstd frame; copy it again",
			                    in->path);
	}
	*ret_len = to.pos;
	return HF_OK;
}

enum hf_err hf_input_read(struct hf_input *in, uint8_t *out, size_t cap, size_t *ret_len, struct hf_fault *f)
{
	return in->unpack ? unpack(in, out, cap, ret_len, f) : read_file(in, out, cap, ret_len, f);
}

void hf_input_stamp(const struct hf_input *in, struct hf_source_stamp *ret_stamp)
{
	*ret_stamp = (struct hf_source_stamp){0, 0, 0};
	hf_place_stamp(in->fd, ret_stamp);
	if (in->window)
		*ret_stamp = (struct hf_source_stamp){0, ret_stamp->inode, 0};
}

enum hf_err hf_input_stamp_of(const struct hf_source_home *home, const struct hf_source_view *v,
                              struct hf_source_stamp *ret_stamp, struct hf_fault *f)
{
	int fd;

	HF_TRY(hf_place_open(home->node_dir, v->path, &fd, ret_stamp, f));
	close(fd);
	return HF_OK;
}

enum hf_err hf_input_digest_of(const struct hf_source_home *home, const struct hf_source_view *v, struct hf_pace *pace,
                               struct hf_hash *ret_digest)
{
	struct hf_source_stamp stamp;
	struct hf_sha256 *hash;
	struct hf_fault f;
	enum hf_err e = HF_OK;
	uint8_t *piece;
	size_t n = PIECE;
	int fd;

	HF_TRY(hf_place_open(home->node_dir, v->path, &fd, &stamp, &f));
	hash = hf_sha256_new();
	piece = hf_alloc(PIECE);
	for (uint64_t at = 0; e == HF_OK && n == PIECE; at += n) {
		e = hf_place_read(fd, at, piece, PIECE, &n);
		if (e == HF_OK) {
			hf_sha256_add(hash, piece, n);
			e = hf_pace_keep(pace, n, 0, &f);
		}
	}
	hf_sha256_end(hash, ret_digest);
	hf_sha256_free(hash);
	free(piece);
	close(fd);
	return e;
}
