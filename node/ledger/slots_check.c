/*
 * slots_check.c - are the files of slots those that the store was written with? An entry is durable after its slot, so
 * a slot that is missing was lost later: by a disk, or by a person who restored one without the other. Without this
 * check it would show only when somebody wants to open a field.
 *
 * Of own entries the newest are opened; of openings received from others the store counts how many slots were taken.
 * Whoever has lost a file for good says so with a file of his own; then the node starts and alarms.
 */
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "ledger/internal.h"

#define NEWEST 256u /* slots of two disk pages */

static bool take_index(void *ctx, struct hf_bytes key, struct hf_bytes value)
{
	(void)value;
	if (key.len == 8)
		*(uint64_t *)ctx = hf_get_u64(key.data) + 1;
	return false;
}

/* An entry without an opening was recovered from a mirror; one that was erased stays so. */
static bool is_lost(enum hf_err e)
{
	return e != HF_OK && e != HF_E_UNKNOWN && e != HF_E_ERASED;
}

/* ret_bad: the newest entry that does not open; UINT64_MAX when all do. */
static enum hf_err check_own(struct hf_ledger *l, uint64_t *ret_bad)
{
	uint64_t end = 0;

	*ret_bad = UINT64_MAX;
	HF_TRY(hf_store_scan_back(l->store, HF_TABLE_OPENING, NULL, 0, NULL, 0, take_index, &end));
	for (uint64_t i = end; i > 0 && end - i < NEWEST; i--) {
		struct hf_opened o HF_CLEANUP(hf_opened_done) = HF_OPENED_INIT;
		enum hf_err e = hf_opening_read(&l->opening_keys, &l->own, &l->rows, i - 1, &o);

		if (e == HF_E_IO || e == HF_E_STORE)
			return e;
		if (is_lost(e)) {
			*ret_bad = i - 1;
			return HF_OK;
		}
	}
	return HF_OK;
}

/* ret_bad: the first slot that was taken and is not there; UINT64_MAX when all are. */
static enum hf_err check_copies(struct hf_ledger *l, uint64_t *ret_bad, uint64_t *ret_taken)
{
	struct hf_bytes value;
	uint64_t taken;
	enum hf_err e =
	        hf_rows_get(&l->rows, HF_TABLE_META, HF_SLOTS_TAKEN_KEY, sizeof(HF_SLOTS_TAKEN_KEY) - 1, &value);

	*ret_bad = UINT64_MAX;
	*ret_taken = 0;
	if (e == HF_E_UNKNOWN)
		return HF_OK;
	HF_TRY(e);
	taken = value.len == 8 ? hf_get_u64(value.data) : 0;
	for (uint64_t i = taken > NEWEST ? taken - NEWEST : 0; i < taken; i++) {
		uint8_t slot[HF_SLOT_BYTES];

		e = hf_slots_get(l->opening_keys.slots_copies, i, slot);
		if (e == HF_OK && !hf_opening_slot_ok(&l->opening_keys, i, slot))
			e = HF_E_CRYPTO;
		hf_wipe(slot, sizeof(slot));
		if (e == HF_E_IO)
			return e;
		if (is_lost(e) || e == HF_E_UNKNOWN) {
			*ret_bad = i;
			break;
		}
	}
	*ret_taken = taken;
	return HF_OK;
}

static void tell_record(struct hf_ledger *l, const char *text)
{
	struct hf_draft *d = hf_draft_new(HF_EVENT_ALARM, NULL);
	struct hf_unit *u = hf_unit_new();

	hf_draft_text(d, HF_FIELD_ALARM, "slots-lost");
	hf_draft_text(d, HF_FIELD_DETAIL, text);
	hf_draft_outcome(d, HF_E_STATE, NULL);
	hf_unit_draft(u, d);
	hf_store_submit(l->store, u, NULL, NULL);
}

static enum hf_err refuse(struct hf_ledger *l, const char *name, const char *what, uint64_t number, struct hf_fault *f)
{
	char accepted[760];

	snprintf(accepted, sizeof(accepted), "%.600s/ledger/slots-lost", l->base->dir);
	if (access(accepted, F_OK) == 0) {
		snprintf(l->slots_lost, sizeof(l->slots_lost),
		         "ledger/slots-%s has lost the key of %s %" PRIu64 ", and %.20s says that this is known", name,
		         what, number, "ledger/slots-lost");
		HF_LOG(l->base->log, HF_LOG_ALARM, "ledger", "slots-lost", NULL, HF_LOG_S("file", name));
		return HF_OK;
	}
	return hf_fault_set(f, HF_E_STATE,
	                    "%.600s/ledger/slots-%s is damaged or older than the store: the key of %s %" PRIu64
	                    " is lost; put the right file there, or make an empty file slots-lost beside it to go on "
	                    "without those private fields",
	                    l->base->dir, name, what, number);
}

enum hf_err hf_slots_check(struct hf_ledger *l, struct hf_fault *f)
{
	uint64_t bad, taken;

	HF_TRY(check_own(l, &bad));
	if (bad != UINT64_MAX)
		HF_TRY(refuse(l, "own", "entry", bad, f));
	HF_TRY(check_copies(l, &bad, &taken));
	if (bad == UINT64_MAX)
		return HF_OK;
	HF_TRY(refuse(l, "copies", "received opening", bad, f));
	return hf_slots_reserve(l->opening_keys.slots_copies, taken);
}

void hf_slots_tell(struct hf_ledger *l)
{
	if (l->slots_lost[0])
		tell_record(l, l->slots_lost);
}
