/*
 * disclosure_rows.h - rows of the disclosure ledger (proto/state_disclosure.proto) and their keys. For this folder's
 * disclosures.c and disclosure_rows.c only.
 */
#ifndef HUFU_RELEASE_DISCLOSURE_ROWS_H
#define HUFU_RELEASE_DISCLOSURE_ROWS_H

#include "base/mem.h"
#include "release/disclosures.h"
#include "state_disclosure.pb-c.h"

#define DISCLOSURE_KEY_MAX (HF_NAME_MAX + 2 + sizeof(struct hf_hash))

struct hf_disclosures {
	Hufu__DisclosureRow **rows; /* what the list borrows from */
	struct hf_disclosure *list; /* room for one more */
	struct hf_plan_field **fields;
	struct hf_arg **args;
	size_t count;
	struct hf_plan_field *asked; /* of the release that is asked about */
	char asked_name[128];
	struct hf_arena own; /* what stands for techniques that are not built in */
};

/* DISCLOSURE_ROW is kept as one of two kinds, so that those with a plan can be found by themselves. */
enum disclosure_kind { DISCLOSURE_ROW = 1, DISCLOSURE_ALLOWED };
size_t disclosure_key(const struct hf_disclosure_in *in, enum disclosure_kind kind, uint8_t out[DISCLOSURE_KEY_MAX]);
/* What the row of the same release says already; NULL: there is none. hf_decoded_free. */
Hufu__DisclosureRow *disclosure_row(struct hf_store *store, const struct hf_disclosure_in *in);

const struct hf_mask_scope *disclosure_scope(const struct hf_disclosure_in *in);
const char *disclosure_release(const struct hf_disclosure_in *in, char *out, size_t cap);
/* The fields that are given out, with room for `more`; free() them. */
struct hf_plan_field *disclosure_fields(const struct hf_disclosure_in *in, size_t more, size_t *ret_count);

#endif
