/*
 * bundle_fuzz.c - entry bundles of a ledger folder. The input is taken twice: in the place of the bundle of a ledger
 * that was signed and witnessed, where only the true one may pass; and as the bundle of an owner who makes tile and
 * checkpoint to fit it and whom the witnesses believed, where what passes must be five entries in their places, each
 * following the one before it.
 */
#include <stdlib.h>
#include <string.h>

/* log_builder.h was written for unit tests; here whatever it does not expect ends the process. */
#define assert_true(x)                                                                                                 \
	do {                                                                                                           \
		if (!(x))                                                                                              \
			abort();                                                                                       \
	} while (0)
#define assert_non_null(x) assert_true((x) != NULL)
#define assert_int_equal(a, b) assert_true((a) == (b))
#define assert_int_not_equal(a, b) assert_true((a) != (b))
#define fail_msg(...) abort()

#include "unit/evidence/log_builder.h"

#define SIZE 5u
#define BUNDLE "tile/entries/000.p/5"
#define TILE "tile/0/000.p/5"

static struct log *genuine;
static struct hf_buf bundle, tile; /* the true ones */

static void clean(void)
{
	hf_buf_done(&bundle);
	hf_buf_done(&tile);
	log_free(genuine);
}

static void begin(void)
{
	genuine = log_new(SIZE);
	load(genuine, BUNDLE, &bundle);
	load(genuine, TILE, &tile);
	atexit(clean);
}

/* True when the folder passes; a refusal says why, and names an entry that there is or none. */
static bool passes(void)
{
	struct hf_fault f = {HF_OK, ""};
	struct hf_ledger_report r;
	enum hf_err e = hf_ledger_verify_dir(&genuine->trust, genuine->dir, &r, &f);

	if (e != HF_OK && (f.text[0] == '\0' || (r.bad >= SIZE && r.bad != UINT64_MAX)))
		abort();
	return e == HF_OK;
}

static void in_its_place(const uint8_t *data, size_t size)
{
	save(genuine, BUNDLE, data, size);
	save(genuine, TILE, tile.data, tile.len);
	save(genuine, "checkpoint", genuine->note, strlen(genuine->note));
	if (passes() != (size == bundle.len && memcmp(data, bundle.data, size) == 0))
		abort();
}

static void check_entry(const uint8_t *data, size_t len, uint64_t index, const struct hf_hash *prev)
{
	Hufu__LedgerEntry *e;

	if (hf_entry_decode(data, len, &e) != HF_OK || e->index != index ||
	    strcmp(e->origin, SB_SPACE "/ledger/roads") != 0 ||
	    (index > 0 && memcmp(e->prev.data, prev->b, sizeof(prev->b)) != 0))
		abort();
	hf_decoded_free(e);
}

/* What a reader would take for five entries is signed as such. */
static void as_signed(const uint8_t *data, size_t size)
{
	struct log forged = *genuine;
	struct hf_hash leaf[SIZE];
	const uint8_t *part[SIZE];
	size_t at = 0, len[SIZE];

	for (unsigned i = 0; i < SIZE; i++) {
		len[i] = size - at < 2 ? 0 : (size_t)(data[at] << 8 | data[at + 1]);
		if (size - at < 2 || len[i] > size - at - 2)
			return;
		part[i] = data + at + 2;
		hf_merkle_leaf(part[i], len[i], &leaf[i]);
		at += 2 + len[i];
	}
	forged.leaf = leaf;
	sign_note(&forged);
	save(genuine, TILE, leaf, sizeof(leaf));
	save(genuine, "checkpoint", forged.note, strlen(forged.note));
	if (!passes())
		return;
	if (at != size)
		abort();
	for (unsigned i = 0; i < SIZE; i++)
		check_entry(part[i], len[i], i, i ? &leaf[i - 1] : &leaf[0]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!genuine)
		begin();
	in_its_place(data, size);
	as_signed(data, size);
	return 0;
}
