/* space_stream.c - the descriptor chain as a file: what an authority hands out and what travels with an exported
 * ledger. */
#include "evidence/space.h"

#define LENGTH_BYTES 4

/* The number is not known before the envelope is opened, so it is read off the chain: the i-th one must become, or
 * already be, number i. */
static enum hf_err take(struct hf_space *s, uint64_t i, const uint8_t *envelope, size_t len, struct hf_fault *f)
{
	struct hf_hash known, given;
	HF_TRY(hf_space_extend(s, envelope, len, f));
	hf_envelope_digest(envelope, len, &given);
	if (!hf_space_digest_at(s, i, &known) || !hf_hash_equal(&known, &given))
		return hf_fault_set(f, HF_E_FORMAT, "the descriptor in place %llu of the file has another number",
		                    (unsigned long long)i);
	return HF_OK;
}

enum hf_err hf_space_read_stream(struct hf_space *s, const void *data, size_t len, struct hf_fault *f)
{
	const uint8_t *at = data;
	uint64_t i = 0;
	while (len > 0) {
		if (len < LENGTH_BYTES)
			return hf_fault_set(
			        f, HF_E_FORMAT,
			        "%zu bytes that are no descriptor stand at the end of the file of descriptors, "
			        "after number %llu",
			        len, (unsigned long long)i);
		if (hf_get_u32(at) > len - LENGTH_BYTES)
			return hf_fault_set(f, HF_E_FORMAT,
			                    "the file of descriptors is cut off or damaged within number %llu",
			                    (unsigned long long)i + 1);
		size_t n = hf_get_u32(at);
		HF_TRY(take(s, ++i, at + LENGTH_BYTES, n, f));
		at += LENGTH_BYTES + n;
		len -= LENGTH_BYTES + n;
	}
	return i > 0 ? HF_OK : hf_fault_set(f, HF_E_FORMAT, "the file of descriptors is empty");
}

enum hf_err hf_space_write_stream(const struct hf_space *s, struct hf_buf *out)
{
	struct hf_bytes envelope;
	for (uint64_t n = 1; hf_space_envelope(s, n, &envelope); n++) {
		uint8_t head[LENGTH_BYTES];
		hf_put_u32(head, (uint32_t)envelope.len);
		if (!hf_buf_add(out, head, sizeof(head)) || !hf_buf_add(out, envelope.data, envelope.len))
			return HF_E_LIMIT;
	}
	return HF_OK;
}
