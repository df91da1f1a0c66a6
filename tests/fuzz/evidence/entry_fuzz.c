/*
 * entry_fuzz.c - ledger entries and openings. The quick reader of the full check accepts exactly what the decoder
 * accepts, and reads the same. Input: an entry; when it has a byte 0xff 0xfe mark inside, what follows the mark is an
 * opening for it.
 */
#include <stdlib.h>
#include <string.h>

#include "crypto/crypto.h"
#include "evidence/entry.h"
#include "evidence/entry_scan.h"
#include "proto/codec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void compare(const Hufu__LedgerEntry *e, const struct hf_entry_view *v)
{
	if (strcmp(e->origin, v->origin) != 0 || e->index != v->index || memcmp(e->prev.data, v->prev, 32) != 0)
		abort();
}

static void check_opening(const Hufu__LedgerEntry *e, const uint8_t *data, size_t size)
{
	Hufu__EntryOpening *o = HF_DECODE(entry_opening, data, size);
	struct hf_bytes value;
	if (o == NULL)
		return;
	if (hf_entry_check_opening(e, o))
		for (unsigned f = 0; f <= HF_FIELD_LIMIT; f++)
			(void)hf_opening_get(o, (enum hf_field)f, &value);
	hf_decoded_free(o);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t mark[2] = {0xff, 0xfe};
	Hufu__LedgerEntry *e = NULL;
	struct hf_entry_view v;
	if (!hf_crypto_init())
		abort();
	const uint8_t *split = size > 0 ? memmem(data, size, mark, sizeof(mark)) : NULL;
	size_t len = split == NULL ? size : (size_t)(split - data);
	bool decoded = hf_entry_decode(data, len, &e) == HF_OK;
	if (hf_entry_scan(data, len, &v) != decoded)
		abort();
	if (!decoded)
		return 0;
	compare(e, &v);
	if (split != NULL)
		check_opening(e, split + sizeof(mark), size - len - sizeof(mark));
	hf_decoded_free(e);
	return 0;
}
