/* checkpoint.c - the text of a tlog checkpoint (c2sp.org/tlog-checkpoint), without extension lines. */
#include "crypto/note.h"

#include "crypto/base64.h"
#include "crypto/utf8.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define ROOT_TEXT_BYTES HF_BASE64_LEN(32)
#define SIZE_DIGITS_MAX 20

static bool origin_good(const char *origin, size_t len)
{
	const char *at = origin, *end = origin + len;
	uint32_t code;

	if (len == 0 || len > HF_NOTE_NAME_MAX)
		return false;
	while (at < end) {
		if (!hf_utf8_next(&at, end, &code) || code < 0x20)
			return false;
	}
	return true;
}

size_t hf_checkpoint_text(const struct hf_checkpoint *c, char *out, size_t cap)
{
	char root[ROOT_TEXT_BYTES + 1];
	int len;

	if (!origin_good(c->origin, strnlen(c->origin, sizeof(c->origin))))
		return 0;
	hf_base64(c->root.b, sizeof(c->root.b), root);
	len = snprintf(out, cap, "%s\n%" PRIu64 "\n%s\n", c->origin, c->size, root);
	return len > 0 && (size_t)len < cap ? (size_t)len : 0;
}

/* Decimal without leading zeros that fits 64 bits. */
static bool size_decode(const char *text, size_t len, uint64_t *ret_size)
{
	uint64_t size = 0;

	if (len == 0 || len > SIZE_DIGITS_MAX || (text[0] == '0' && len > 1))
		return false;
	for (size_t i = 0; i < len; i++) {
		if (text[i] < '0' || text[i] > '9' || __builtin_mul_overflow(size, 10, &size) ||
		    __builtin_add_overflow(size, (uint64_t)(text[i] - '0'), &size))
			return false;
	}
	*ret_size = size;
	return true;
}

/* Cuts one line off the front; *ret_len is without its LF. */
static bool take_line(const char **text, size_t *len, const char **ret_line, size_t *ret_len)
{
	const char *lf = *len > 0 ? memchr(*text, '\n', *len) : NULL;

	if (!lf)
		return false;
	*ret_line = *text;
	*ret_len = (size_t)(lf - *text);
	*len -= *ret_len + 1;
	*text = lf + 1;
	return true;
}

bool hf_checkpoint_parse(const char *text, size_t len, struct hf_checkpoint *ret_c)
{
	struct hf_checkpoint c = {.size = 0};
	const char *line;
	size_t n;

	if (!take_line(&text, &len, &line, &n) || !origin_good(line, n))
		return false;
	memcpy(c.origin, line, n);
	if (!take_line(&text, &len, &line, &n) || !size_decode(line, n, &c.size))
		return false;
	if (!take_line(&text, &len, &line, &n) || len > 0 || n != ROOT_TEXT_BYTES || line[n - 1] != '=' ||
	    line[n - 2] == '=' || !hf_base64_decode(line, n, c.root.b, &n))
		return false;
	*ret_c = c;
	return true;
}
