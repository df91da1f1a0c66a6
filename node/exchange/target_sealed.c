/*
 * target_sealed.c - a delivery that this node keeps sealed (DS-85): each chunk is sealed under the data's own key
 * before it touches the disk, and opens again only behind the gate (read.c). There is no partial file in plain and no
 * other copy; what is not complete is of no use to anybody and is destroyed like the rest, by its slot.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "exchange/file_io.h"
#include "exchange/held.h"
#include "exchange/receive.h"
#include "exchange/vault.h"
#include "source/scanner.h"

static enum hf_err check(struct hf_exchange *x, const char *output, char ret_output[OUTPUT_MAX], struct hf_fault *f)
{
	if (output && output[0])
		return hf_fault_set(f, HF_E_ARGUMENT,
		                    "what is kept sealed has no output file; leave --output out, or --sealed");
	ret_output[0] = '\0';
	return vault_ready(x->vault, f);
}

static void folder(const struct transfer *t, char out[OUTPUT_MAX])
{
	snprintf(out, OUTPUT_MAX, "%.500s", vault_folder(t->x->vault));
}

static enum hf_err prepare_begin(struct transfer *t, struct hf_fault *f)
{
	HF_TRY(vault_ready(t->x->vault, f));
	return hf_fault_default(f, vault_slot_new(t->x->vault, &t->slot));
}

static enum hf_err prepare_work(struct transfer *t)
{
	return vault_slot_fill(t->x->vault, t->slot);
}

static struct hf_sealed_head head_of(const struct transfer *t)
{
	return (struct hf_sealed_head){.level = t->level, .transfer = t->id, .slot = t->slot};
}

/* What must lie on the disk for what the row calls durable. */
static uint64_t durable_bytes(const struct transfer *t)
{
	if (t->acknowledged == 0)
		return 0;
	return HF_SEALED_HEAD + t->bytes_done + t->acknowledged * HF_SEALED_OVER;
}

static enum hf_err open_fd(struct transfer *t, struct receive *r, struct hf_fault *f)
{
	char path[VAULT_PATH];
	struct stat st;
	vault_path(t->x->vault, &t->id, path);
	r->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (r->fd < 0 || fstat(r->fd, &st) != 0)
		return hf_fault_set(f, errno == ENOSPC ? HF_E_NO_SPACE : HF_E_IO, "%.200s cannot be written: %s", path,
		                    strerror(errno));
	if (!S_ISREG(st.st_mode) || (uint64_t)st.st_size < durable_bytes(t))
		return hf_fault_set(f, HF_E_SEALED, "%.200s lost bytes that were received before; fetch the data again",
		                    path);
	if (ftruncate(r->fd, (off_t)durable_bytes(t)) != 0)
		return hf_fault_set(f, HF_E_IO, "%.200s cannot be brought to its durable size: %s", path,
		                    strerror(errno));
	return t->acknowledged ? HF_OK : hf_fault_default(f, hf_folder_sync_of(path));
}

/* A file of which nothing is durable begins anew, under a new key. */
static enum hf_err open_sealed(struct transfer *t, struct receive *r, struct hf_fault *f)
{
	const struct hf_sealed_head want = head_of(t);
	uint8_t key[HF_SEALED_KEY];
	HF_TRY(vault_ready(t->x->vault, f));
	HF_TRY(open_fd(t, r, f));
	enum hf_err e = t->acknowledged ? vault_open_head(t->x->vault, r->fd, &want, key)
	                                : vault_write_head(t->x->vault, r->fd, &want, key);
	if (e != HF_OK)
		return hf_fault_set(f, e, "the sealed file of the transfer cannot be opened: %s; fetch the data again",
		                    hf_err_text(e));
	for (unsigned i = 0; i < OPENERS; i++)
		r->seal[i] = hf_aead_new(HF_AEAD_AES256GCM, key);
	r->unseal = hf_aead_new(HF_AEAD_AES256GCM, key);
	hf_wipe(key, sizeof(key));
	return HF_OK;
}

static void close_sealed(struct receive *r)
{
	for (unsigned i = 0; i < OPENERS; i++)
		hf_aead_free(r->seal[i]);
	hf_aead_free(r->unseal);
}

/* Nonce, ciphertext and tag lie one behind the other; the plain bytes become the ciphertext where they are. */
static enum hf_err write_chunk(struct transfer *t, unsigned lane, uint64_t index, uint8_t *plain, size_t len)
{
	uint8_t ends[HF_SEALED_OVER];
	uint64_t at = hf_sealed_place(index);
	int fd = t->receive->fd;
	if (!hf_sealed_chunk_seal(t->receive->seal[lane], &t->id, index, plain, len, plain, ends))
		return HF_E_CRYPTO;
	HF_TRY(file_write_at(fd, ends, HF_SEALED_NONCE, at));
	HF_TRY(file_write_at(fd, plain, len, at + HF_SEALED_NONCE));
	return file_write_at(fd, ends + HF_SEALED_NONCE, HF_AEAD_TAG_BYTES, at + HF_SEALED_NONCE + len);
}

/* out holds a chunk; the sealed one is larger. */
static enum hf_err read_chunk(struct transfer *t, uint64_t index, uint8_t *out, size_t len)
{
	struct receive *r = t->receive;
	uint8_t *sealed = hf_alloc(len + HF_SEALED_OVER);
	bool ok = file_read_at(r->fd, sealed, len + HF_SEALED_OVER, hf_sealed_place(index)) &&
	          hf_sealed_chunk_open(r->unseal, &t->id, index, sealed, len + HF_SEALED_OVER, out);
	free(sealed);
	return ok ? HF_OK : HF_E_DIGEST;
}

static void examine(struct transfer *t, hf_scan_fn fn, void *ctx)
{
	held_scan(t, fn, ctx);
}

static enum hf_err settle(struct transfer *t, struct hf_fault *f)
{
	return fsync(t->receive->fd) == 0 ? HF_OK : target_not_there(HF_E_IO, errno, f);
}

static void unsettle(struct transfer *t)
{
	(void)t;
}

static void delivered(struct transfer *t, struct hf_unit *u)
{
	held_add(t, u);
}

static bool wipe(struct transfer *t)
{
	return t->slot == NO_SLOT || vault_destroy(t->x->vault, t->slot, &t->id) == HF_OK;
}

const struct target target_sealed = {
        .name = "sealed",
        .sealed = true,
        .check = check,
        .folder = folder,
        .prepare_begin = prepare_begin,
        .prepare_work = prepare_work,
        .open = open_sealed,
        .close = close_sealed,
        .write = write_chunk,
        .read = read_chunk,
        .examine = examine,
        .settle = settle,
        .unsettle = unsettle,
        .delivered = delivered,
        .wipe = wipe,
        .cache = "every chunk was sealed before it was written; there is no copy in plain",
        .wiped = "the key of the sealed file is destroyed, the file emptied and removed",
};
