/*
 * tally_fuzz.c - the offline check with hostile files. The input is taken two ways: as the file itself, and as the
 * payload of a tally that a member signs, so that what lies behind the outer signature is reached.
 */
#include "unit/evidence/tally_builder.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void as_file(const struct hf_sign_pub *root, const uint8_t *data, size_t size)
{
	struct hf_tally_report r;
	struct hf_fault f = {HF_OK, ""};
	if (hf_tally_verify(&(struct hf_trust){.root = *root}, data, size, &r, &f) != HF_OK && f.text[0] == 0)
		abort(); /* every refusal says why */
}

static void as_payload(const struct sb_space *sb, const struct hf_sign_pub *root, const uint8_t *data, size_t size)
{
	struct hf_buf signed_bytes = HF_BUF_INIT;
	if (size > 0 && hf_envelope_make(sb->key[SB_ROADS][HF_KEY_ENVELOPE], "roads", HF_TYPE_TALLY, data, size,
	                                 &signed_bytes) == HF_OK)
		as_file(root, signed_bytes.data, signed_bytes.len);
	hf_buf_done(&signed_bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct sb_space *sb;
	static struct hf_sign_pub root;
	if (sb == NULL) {
		if (!hf_crypto_init())
			abort();
		sb = sb_new(1);
		memcpy(root.b, sb->root_pub, 32);
	}
	if (size > (1u << 18))
		return 0;
	as_file(&root, data, size);
	as_payload(sb, &root, data, size);
	return 0;
}
