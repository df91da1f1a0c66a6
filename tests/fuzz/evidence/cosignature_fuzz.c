/*
 * cosignature_fuzz.c - lines of witnesses under a checkpoint that the log signed. The input stands behind the log's
 * line. A quorum is counted only where that many witnesses truly signed: each of their lines stands in the input as
 * they made it.
 */
#include "fuzz/evidence/cosigned.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct cosigned made;
	struct hf_fault f = {HF_OK, ""};
	struct hf_checked c;
	size_t truly = 0;
	enum hf_err e;
	char *note;

	if (!made.space)
		cosigned_make(&made);
	if (size > (1u << 16))
		return 0;
	note = malloc(made.head_len + size + 1);
	if (!note)
		abort();
	memcpy(note, made.head, made.head_len);
	if (size > 0)
		memcpy(note + made.head_len, data, size);
	e = hf_checkpoint_check(made.space, note, made.head_len + size, &c, &f);
	for (unsigned i = 0; i < COSIGNED_WITNESSES; i++)
		truly += size > 0 && memmem(data, size, made.line[i], strlen(made.line[i])) != NULL;
	if (e == HF_OK ? truly < COSIGNED_WITNESSES || c.cosignatures != truly : f.text[0] == '\0')
		abort();
	if (e == HF_OK && (c.checkpoint.size != COSIGNED_SIZE || strcmp(c.node.s, "roads") != 0))
		abort();
	free(note);
	return 0;
}
