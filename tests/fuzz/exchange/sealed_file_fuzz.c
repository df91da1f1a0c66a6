/*
 * sealed_file_fuzz.c - a sealed file from anywhere, after somebody had it in his hands: a head that is read has one
 * encoding, and nothing that was not sealed under the key opens.
 */
#include <stdlib.h>
#include <string.h>

#include "exchange/sealed_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t key[32] = "nobody sealed anything under it";
	static uint8_t plain[HF_MAX_CHUNK];
	struct hf_sealed_head h;
	uint8_t again[HF_SEALED_HEAD], data_key[HF_SEALED_KEY];
	size_t head = size < HF_SEALED_HEAD ? size : HF_SEALED_HEAD;
	if (hf_sealed_head_decode(data, head, &h)) {
		hf_sealed_head_encode(&h, again);
		if (memcmp(again, data, HF_SEALED_HEAD) != 0 || hf_sealed_unwrap(&h, key, data_key))
			abort();
	}
	struct hf_id id = {{1}};
	struct hf_aead *a = hf_aead_new(HF_AEAD_AES256GCM, key);
	if (a && hf_sealed_chunk_open(a, &id, size, data + head, size - head, plain))
		abort();
	hf_aead_free(a);
	return 0;
}
