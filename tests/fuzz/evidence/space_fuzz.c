/*
 * space_fuzz.c - descriptor chains: as a stream of a file, and as a descriptor that the root key signs, so that the
 * rules behind the signature are reached. What is accepted is accepted again after writing it out.
 */
#include "unit/evidence/space_builder.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void again(const struct hf_sign_pub *root, const struct hf_space *s)
{
	struct hf_buf out = HF_BUF_INIT;
	struct hf_hash a, b;
	struct hf_space *second = hf_space_new(root);
	if (hf_space_write_stream(s, &out) != HF_OK || hf_space_read_stream(second, out.data, out.len, NULL) != HF_OK)
		abort();
	hf_space_digest(s, &a);
	hf_space_digest(second, &b);
	if (!hf_hash_equal(&a, &b) || strcmp(hf_space_id(s), hf_space_id(second)) != 0)
		abort();
	hf_space_free(second);
	hf_buf_done(&out);
}

static void look_up(const struct hf_space *s)
{
	const Hufu__Descriptor *d = hf_space_current(s);
	uint8_t key[32];
	for (size_t i = 0; i < d->n_members; i++) {
		(void)hf_space_standing(s, d->members[i]->id, SB_T0);
		for (unsigned use = 0; use <= HF_KEY_USE_COUNT; use++)
			(void)hf_space_key(s, d->members[i]->id, (enum hf_key_use)use, SB_T0, key);
	}
	if (d->n_witnesses < 3 || d->quorum * 2 <= d->n_witnesses || d->n_members == 0)
		abort();
}

static void as_descriptor(const struct sb_space *sb, const struct hf_sign_pub *root, const uint8_t *data, size_t size)
{
	struct hf_buf env = HF_BUF_INIT;
	struct hf_fault f = {HF_OK, ""};
	struct hf_space *s = hf_space_new(root);
	if (size > 0 && hf_envelope_make(sb->root, "root", HF_TYPE_DESCRIPTOR, data, size, &env) == HF_OK) {
		if (hf_space_extend(s, env.data, env.len, &f) == HF_OK) {
			look_up(s);
			again(root, s);
		} else if (f.text[0] == 0) {
			abort();
		}
	}
	hf_buf_done(&env);
	hf_space_free(s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct sb_space *sb;
	struct hf_sign_pub root;
	if (sb == NULL) {
		if (!hf_crypto_init())
			abort();
		sb = sb_new(1);
	}
	memcpy(root.b, sb->root_pub, 32);
	struct hf_space *s = hf_space_new(&root);
	if (hf_space_read_stream(s, data, size, NULL) == HF_OK)
		again(&root, s);
	hf_space_free(s);
	as_descriptor(sb, &root, data, size);
	return 0;
}
