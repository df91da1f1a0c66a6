/* evidence_fuzz.c - a file that claims to prove two histories: parsed, verified against the test space's root, never
 * believed unless it is the true one. */
#include <stdlib.h>
#include <string.h>

#include "evidence/equivocation.h"
#include "proto/codec.h"
#include "unit/evidence/space_builder.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct sb_space *sb;
	struct hf_trust trust = {.number = 0};
	struct hf_fault f = {HF_OK, ""};
	struct hf_equivocation q;

	if (!sb && !hf_crypto_init())
		abort();
	if (!sb)
		sb = sb_new(1);
	memcpy(trust.root.b, sb->root_pub, sizeof(trust.root.b));
	if (hf_equivocation_verify(&trust, data, size, &q, &f) != HF_OK)
		return 0;
	if (q.first.size > q.second.size || hf_hash_equal(&q.first.root, &q.shown))
		abort(); /* it proves nothing */
	return 0;
}
