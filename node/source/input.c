/* input.c - declared in input.h. */
#include "source/input.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"
#include "source/place.h"

#define PIECE ((size_t)256 << 10)

struct hf_input {
	int fd;
	uint64_t at;
	char path[512];
};

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
	*ret_in = in;
	return HF_OK;
}

void hf_input_close(struct hf_input *in)
{
	if (!in)
		return;
	close(in->fd);
	free(in);
}

void hf_input_top(struct hf_input *in)
{
	in->at = 0;
}

enum hf_err hf_input_read(struct hf_input *in, uint8_t *out, size_t cap, size_t *ret_len, struct hf_fault *f)
{
	if (hf_place_read(in->fd, in->at, out, cap, ret_len) != HF_OK)
		return hf_fault_set(f, HF_E_IO, "%s cannot be read; check the disk", in->path);
	in->at += *ret_len;
	return HF_OK;
}

void hf_input_stamp(const struct hf_input *in, struct hf_source_stamp *ret_stamp)
{
	*ret_stamp = (struct hf_source_stamp){0, 0, 0};
	hf_place_stamp(in->fd, ret_stamp);
}

enum hf_err hf_input_stamp_of(const struct hf_source_home *home, const struct hf_source_view *v,
                              struct hf_source_stamp *ret_stamp, struct hf_fault *f)
{
	int fd;

	HF_TRY(hf_place_open(home->node_dir, v->path, &fd, ret_stamp, f));
	close(fd);
	return HF_OK;
}

enum hf_err hf_input_digest_of(const struct hf_source_home *home, const struct hf_source_view *v,
                               const atomic_bool *stop, struct hf_hash *ret_digest)
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
		e = atomic_load(stop) ? HF_E_CANCELLED : hf_place_read(fd, at, piece, PIECE, &n);
		if (e == HF_OK)
			hf_sha256_add(hash, piece, n);
	}
	hf_sha256_end(hash, ret_digest);
	hf_sha256_free(hash);
	free(piece);
	close(fd);
	return e;
}
