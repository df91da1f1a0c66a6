/* states.c - how firm a record is: durable here, cosigned by a quorum, held by a mirror; what a policy may demand. */
#include <string.h>

#include "crypto/crypto.h"
#include "ledger/internal.h"

static const struct {
	enum hf_entry_state state;
	const char *word, *duty;
} states[] = {
        {HF_ENTRY_WITNESSED, "witnessed", "record-witnessed"},
        {HF_ENTRY_MIRRORED, "mirrored", "record-mirrored"},
};
#define STATES (sizeof(states) / sizeof(states[0]))

enum hf_entry_state hf_entry_state_of_duty(const char *duty)
{
	for (size_t i = 0; i < STATES; i++)
		if (strcmp(duty, states[i].duty) == 0)
			return states[i].state;
	return HF_ENTRY_INVALID;
}

const char *hf_entry_state_duty(const char *word)
{
	for (size_t i = 0; i < STATES; i++)
		if (strcmp(word, states[i].word) == 0)
			return states[i].duty;
	return NULL;
}

const char *hf_entry_state_word(enum hf_entry_state state)
{
	for (size_t i = 0; i < STATES; i++)
		if (states[i].state == state)
			return states[i].word;
	return "durable";
}

bool hf_ledger_entry_is(struct hf_ledger *l, uint64_t index, enum hf_entry_state state)
{
	uint64_t size = hf_sequence_size(l->sequence), mirrored = hf_to_mirror_size(l);

	if (state >= HF_ENTRY_WITNESSED && l->witnessed.size < size)
		size = l->witnessed.size;
	if (state >= HF_ENTRY_MIRRORED && mirrored < size)
		size = mirrored;
	return index < size;
}

bool hf_ledger_is_confirmed(const struct hf_ledger *l)
{
	return l->gate_open;
}

static bool take_newest(void *ctx, struct hf_bytes key, struct hf_bytes value)
{
	(void)key;
	if (value.len == 8)
		*(uint64_t *)ctx = hf_get_u64(value.data);
	return true;
}

enum hf_err hf_ledger_txn_newest(struct hf_ledger *l, const struct hf_id *txn, uint64_t *ret_index)
{
	*ret_index = UINT64_MAX;
	HF_TRY(hf_store_scan(l->store, HF_TABLE_TXN_INDEX, txn->b, sizeof(txn->b), NULL, 0, take_newest, ret_index));
	return *ret_index == UINT64_MAX ? HF_E_UNKNOWN : HF_OK;
}
