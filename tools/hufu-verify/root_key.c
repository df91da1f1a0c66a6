/* root_key.c - what the checker trusts: the root public key, from a file or from the command line itself, and a space
 * descriptor that the evidence must know. */
#include "verify.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/base64.h"
#include "crypto/note.h"

#define KEY_FILE_MAX 4096

/* One line; white space at its ends does not count. */
static bool parse_line(char *text, struct hf_sign_pub *ret_root)
{
	struct hf_note_verifier v;
	uint8_t raw[33];
	size_t len;
	text += strspn(text, " \t\r\n");
	for (len = strlen(text); len > 0 && strchr(" \t\r\n", text[len - 1]) != NULL; len--)
		text[len - 1] = 0;
	if (strpbrk(text, "\r\n") != NULL)
		return false;
	if (len == 64 && hf_hex_decode(text, len, ret_root->b, sizeof(ret_root->b)))
		return true;
	if (len == HF_BASE64_LEN(32) && hf_base64_decode(text, len, raw, &len) && len == sizeof(ret_root->b)) {
		memcpy(ret_root->b, raw, sizeof(ret_root->b));
		return true;
	}
	if (!hf_note_vkey_parse(text, &v) || v.type != HF_NOTE_ED25519)
		return false;
	*ret_root = v.pub;
	return true;
}

enum hf_err verify_root_key(const char *text, struct hf_sign_pub *ret_root, struct hf_fault *f)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf file = HF_BUF_INIT;
	char line[KEY_FILE_MAX + 1];
	if (hf_file_read(text, KEY_FILE_MAX, &file) == HF_OK && file.len > 0 && memchr(file.data, 0, file.len) == NULL)
		snprintf(line, sizeof(line), "%.*s", (int)file.len, (const char *)file.data);
	else
		snprintf(line, sizeof(line), "%s", text);
	if (!parse_line(line, ret_root))
		return hf_fault_set(
		        f, HF_E_ARGUMENT,
		        "the root key %.100s is neither a readable file with one key nor a key; it has the form of "
		        "base64, 64 hex digits or a C2SP verifier key",
		        text);
	return HF_OK;
}

enum hf_err verify_descriptor(const char *text, struct hf_trust *ret_trust, struct hf_fault *f)
{
	size_t digits = strspn(text, "0123456789");
	const char *rest = text + digits;
	ret_trust->number = digits > 0 && digits <= 9 ? strtoul(text, NULL, 10) : 0;
	ret_trust->has_digest = *rest == ':';
	bool ok = ret_trust->number > 0 &&
	          (*rest == 0 || (*rest == ':' && strlen(rest + 1) == 64 &&
	                          hf_hex_decode(rest + 1, 64, ret_trust->digest.b, sizeof(ret_trust->digest.b))));
	if (!ok)
		return hf_fault_set(f, HF_E_ARGUMENT,
		                    "the descriptor %.100s is neither a number from 1 on nor NUMBER:DIGEST with 64 hex "
		                    "digits",
		                    text);
	return HF_OK;
}
