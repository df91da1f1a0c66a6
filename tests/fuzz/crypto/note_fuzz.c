/*
 * note_fuzz.c - signed notes from anywhere. What parses must be the parts of its input, put together again must be the
 * input, and must never verify under a key that signed nothing.
 */
#include "crypto/note.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_parts(const char *text, size_t size, const struct hf_note *n)
{
	if (n->count == 0 || n->count > HF_NOTE_SIG_MAX || n->text != text || n->text[n->text_len - 1] != '\n')
		abort();
	if (n->text_len + 1 + n->sigs_len != size || n->sigs != text + n->text_len + 1)
		abort();
	for (size_t i = 0; i < n->count; i++) {
		if (n->sig[i].name[0] == '\0' || n->sig[i].blob_len > sizeof(n->sig[i].blob))
			abort();
	}
}

/* A verifier of the very name and id of a line, with a key nobody has. */
static void check_strange_key(const struct hf_note *n)
{
	static const struct hf_sign_pub pub = {{0x3d, 0x40, 0x17, 0xc3}};
	struct hf_note_verifier v;
	uint64_t time_s;

	if (!hf_note_verifier_init(&v, n->sig[0].name, n->sig[0].blob_len == 72 ? HF_NOTE_COSIGNATURE : HF_NOTE_ED25519,
	                           &pub))
		abort();
	v.id = n->sig[0].id;
	if (hf_note_check(n, &v, &time_s) != HF_NOTE_CHECK_BAD)
		abort();
}

/* The same bytes as a vkey: what parses must print as it was, but for the case of the id. */
static void check_vkey(const char *text, size_t size)
{
	struct hf_note_verifier v;
	char vkey[400], again[400];

	if (size >= sizeof(vkey))
		return;
	memcpy(vkey, text, size);
	vkey[size] = '\0';
	if (!hf_note_vkey_parse(vkey, &v))
		return;
	hf_note_vkey(&v, again);
	if (strlen(vkey) != strlen(again) || strcmp(strrchr(vkey, '+'), strrchr(again, '+')) != 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct hf_note *n = malloc(sizeof(*n));

	if (hf_crypto_init() && hf_note_parse((const char *)data, size, n)) {
		check_parts((const char *)data, size, n);
		check_strange_key(n);
	}
	check_vkey((const char *)data, size);
	free(n);
	return 0;
}
