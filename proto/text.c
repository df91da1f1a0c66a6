/* text.c - the forms of single values: UTF-8, names, origins, identifiers, words. Tables are in check.c. */
#include "proto/check.h"

#include <string.h>

#define TIME_MAX_MS 253402300799999ull /* 9999-12-31T23:59:59.999Z */
#define NAME_MAX_BYTES 63

/* Length of the well-formed sequence at p (RFC 3629: no over-long forms, no surrogates), 0 when there is none. */
static size_t sequence(const uint8_t *p, const uint8_t *end, uint32_t *ret_code)
{
	static const uint32_t smallest[5] = {0, 0, 0x80, 0x800, 0x10000};
	size_t n = *p < 0x80 ? 1 : *p >> 5 == 6 ? 2 : *p >> 4 == 14 ? 3 : *p >> 3 == 30 ? 4 : 0;
	if (n == 0 || (size_t)(end - p) < n)
		return 0;
	uint32_t code = n == 1 ? *p : *p & (0x7fu >> n);
	for (size_t i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (p[i] & 0x3f);
	}
	if (code < smallest[n] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
		return 0;
	*ret_code = code;
	return n;
}

static bool is_control(uint32_t code)
{
	return (code < 0x20 && code != '\n' && code != '\t') || (code >= 0x7f && code < 0xa0);
}

static bool is_space(uint32_t code)
{
	return code == ' ' || code == '\n' || code == '\t' || code == 0xa0 || code == 0x1680 ||
	       (code >= 0x2000 && code <= 0x200a) || code == 0x2028 || code == 0x2029 || code == 0x202f ||
	       code == 0x205f || code == 0x3000;
}

static bool text_ok(const uint8_t *p, size_t len, bool origin)
{
	const uint8_t *end = p + len;
	while (p < end) {
		uint32_t code;
		size_t n = sequence(p, end, &code);
		if (n == 0 || is_control(code) || (origin && (is_space(code) || code == '+')))
			return false;
		p += n;
	}
	return true;
}

static bool name_ok(const uint8_t *p, size_t len)
{
	if (len == 0 || len > NAME_MAX_BYTES || p[0] == '.' || p[0] == '-')
		return false;
	for (size_t i = 0; i < len; i++)
		if (!((p[i] >= 'a' && p[i] <= 'z') || (p[i] >= '0' && p[i] <= '9') || p[i] == '.' || p[i] == '-'))
			return false;
	return true;
}

static bool keyid_ok(const uint8_t *p, size_t len)
{
	const uint8_t *slash = memchr(p, '/', len);
	if (slash == NULL)
		return name_ok(p, len);
	size_t account = len - (size_t)(slash + 1 - p);
	return name_ok(p, (size_t)(slash - p)) && account >= 1 && account <= NAME_MAX_BYTES &&
	       text_ok(slash + 1, account, true);
}

static bool id_ok(const uint8_t *p, size_t len)
{
	return len == 16 && p[6] >> 4 == 7 && p[8] >> 6 == 2;
}

static bool word_ok(const struct hf_rule *r, const uint8_t *p, size_t len)
{
	for (const char *const *w = r->words; *w != NULL; w++)
		if (strlen(*w) == len && memcmp(*w, p, len) == 0)
			return true;
	return false;
}

bool hf_rule_bytes_ok(const struct hf_rule *r, const uint8_t *data, size_t len)
{
	switch (r->kind) {
	case HF_RULE_BYTES:
		return len >= r->least && len <= r->most;
	case HF_RULE_ID:
		return id_ok(data, len);
	case HF_RULE_TEXT:
		return len >= r->least && len <= r->most && text_ok(data, len, false);
	case HF_RULE_NAME:
		return name_ok(data, len);
	case HF_RULE_KEYID:
		return keyid_ok(data, len);
	case HF_RULE_ORIGIN:
		return len >= 1 && len <= 255 && text_ok(data, len, true);
	case HF_RULE_WORD:
		return word_ok(r, data, len);
	case HF_RULE_NUMBER:
	case HF_RULE_TIME:
	case HF_RULE_FLAG:
	case HF_RULE_MESSAGE:
	case HF_RULE_INVALID:
		return false;
	}
	return false;
}

bool hf_rule_number_ok(const struct hf_rule *r, uint64_t value)
{
	switch (r->kind) {
	case HF_RULE_NUMBER:
		return value >= r->least && value <= r->most;
	case HF_RULE_TIME:
		return value <= TIME_MAX_MS;
	case HF_RULE_FLAG:
		return value == 1;
	case HF_RULE_BYTES:
	case HF_RULE_ID:
	case HF_RULE_TEXT:
	case HF_RULE_NAME:
	case HF_RULE_KEYID:
	case HF_RULE_ORIGIN:
	case HF_RULE_WORD:
	case HF_RULE_MESSAGE:
	case HF_RULE_INVALID:
		return false;
	}
	return false;
}
