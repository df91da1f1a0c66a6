/* vault.c - see vault.h. */
#include "exchange/vault.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "exchange/file_io.h"
#include "ledger/slots.h"

struct vault {
	const struct hf_base *base;
	const struct hf_node_keys *keys;
	struct hf_slots *slots; /* NULL: not ready */
	uint64_t next;
	char folder[VAULT_PATH - 64];
};

struct vault *vault_new(const struct hf_base *base, const struct hf_node_keys *keys)
{
	struct vault *v = hf_alloc_zero(sizeof(*v));
	v->base = base;
	v->keys = keys;
	snprintf(v->folder, sizeof(v->folder), "%.560s/data", base->dir);
	return v;
}

void vault_free(struct vault *v)
{
	if (!v)
		return;
	hf_slots_close(v->slots);
	free(v);
}

const char *vault_folder(const struct vault *v)
{
	return v->folder;
}

void vault_path(const struct vault *v, const struct hf_id *transfer, char out[VAULT_PATH])
{
	char text[HF_ID_TEXT];
	hf_id_text(transfer, text);
	snprintf(out, VAULT_PATH, "%s/%s.sealed", v->folder, text);
}

enum hf_err vault_ready(struct vault *v, struct hf_fault *f)
{
	uint64_t count;
	if (v->slots)
		return HF_OK;
	bool made = mkdir(v->folder, 0700) == 0;
	if (!made && errno != EEXIST)
		return hf_fault_set(f, HF_E_IO, "the folder %.200s cannot be made: %s; check the node's folder",
		                    v->folder, strerror(errno));
	if (made && hf_folder_sync(v->base->dir) != HF_OK)
		return hf_fault_set(f, HF_E_IO, "the folder %.200s cannot be made durable; check the disk", v->folder);
	HF_TRY(hf_slots_open(v->base->dir, "data", &v->slots, f));
	enum hf_err e = hf_slots_count(v->slots, &count);
	if (e != HF_OK) {
		hf_slots_close(HF_TAKE(v->slots));
		return hf_fault_set(f, e, "the file of data slots cannot be read; check the disk");
	}
	v->next = count > v->next ? count : v->next;
	return HF_OK;
}

void vault_slot_used(struct vault *v, uint64_t slot)
{
	v->next = slot >= v->next ? slot + 1 : v->next;
}

enum hf_err vault_slot_new(struct vault *v, uint64_t *ret_slot)
{
	HF_TRY(hf_slots_reserve(v->slots, v->next + 1));
	*ret_slot = v->next++;
	return HF_OK;
}

enum hf_err vault_slot_fill(struct vault *v, uint64_t slot)
{
	uint8_t bytes[HF_SLOT_BYTES];
	hf_random(bytes, sizeof(bytes));
	enum hf_err e = hf_slots_put(v->slots, slot, bytes, 1);
	hf_wipe(bytes, sizeof(bytes));
	return e == HF_OK ? hf_slots_sync(v->slots) : e;
}

enum hf_err vault_wrapping_key(struct vault *v, uint32_t level, uint64_t slot, const struct hf_id *transfer,
                               uint8_t ret_key[32])
{
	uint8_t half[HF_SLOT_BYTES], level_key[32], info[4];
	HF_TRY(hf_slots_get(v->slots, slot, half));
	hf_put_u32(info, level);
	hf_node_keys_derive(v->keys, "data-level", info, sizeof(info), level_key);
	hf_sealed_wrapping_key(level_key, half, transfer, ret_key);
	hf_wipe(level_key, sizeof(level_key));
	hf_wipe(half, sizeof(half));
	return HF_OK;
}

/* The key first: a file that stays behind is then noise. */
enum hf_err vault_destroy(struct vault *v, uint64_t slot, const struct hf_id *transfer)
{
	char path[VAULT_PATH];
	struct hf_fault f = {HF_OK, ""};
	HF_TRY(vault_ready(v, &f));
	HF_TRY(hf_slots_erase(v->slots, &slot, 1));
	vault_path(v, transfer, path);
	return file_empty_and_remove(path) && hf_folder_sync(v->folder) == HF_OK ? HF_OK : HF_E_IO;
}

enum hf_err vault_slot_get(struct vault *v, uint64_t slot, uint8_t ret_half[32])
{
	return v->slots ? hf_slots_get(v->slots, slot, ret_half) : HF_E_IO;
}

enum hf_err vault_destroy_over(struct vault *v, uint64_t slot, const struct hf_id *transfer)
{
	char path[VAULT_PATH];
	if (!v->slots)
		return HF_E_IO;
	HF_TRY(hf_slots_erase(v->slots, &slot, 1));
	vault_path(v, transfer, path);
	return file_overwrite_and_remove(path) && hf_folder_sync(v->folder) == HF_OK ? HF_OK : HF_E_IO;
}

/* ---- the head ---- */

static bool same_file(const struct hf_sealed_head *a, const struct hf_sealed_head *b)
{
	return a->level == b->level && a->slot == b->slot && hf_id_equal(&a->transfer, &b->transfer);
}

enum hf_err vault_open_head(struct vault *v, int fd, const struct hf_sealed_head *want, uint8_t ret_data_key[32])
{
	uint8_t head[HF_SEALED_HEAD], wrapping[32];
	struct hf_sealed_head h;
	if (!file_read_at(fd, head, sizeof(head), 0) || !hf_sealed_head_decode(head, sizeof(head), &h) ||
	    !same_file(&h, want))
		return HF_E_SEALED;
	HF_TRY(vault_wrapping_key(v, want->level, want->slot, &want->transfer, wrapping));
	bool ok = hf_sealed_unwrap(&h, wrapping, ret_data_key);
	hf_wipe(wrapping, sizeof(wrapping));
	return ok ? HF_OK : HF_E_SEALED;
}

enum hf_err vault_write_head(struct vault *v, int fd, const struct hf_sealed_head *want, uint8_t ret_data_key[32])
{
	struct hf_sealed_head h = *want;
	uint8_t head[HF_SEALED_HEAD], wrapping[32], key[HF_SEALED_KEY];
	h.suite = HF_SUITE_INTL_1;
	h.chunk_bytes = HF_MAX_CHUNK;
	HF_TRY(vault_wrapping_key(v, want->level, want->slot, &want->transfer, wrapping));
	hf_random(key, sizeof(key));
	bool ok = hf_sealed_wrap(&h, wrapping, key);
	hf_wipe(wrapping, sizeof(wrapping));
	hf_sealed_head_encode(&h, head);
	enum hf_err e = ok ? file_write_at(fd, head, sizeof(head), 0) : HF_E_CRYPTO;
	if (e == HF_OK)
		memcpy(ret_data_key, key, sizeof(key));
	hf_wipe(key, sizeof(key));
	return e;
}
