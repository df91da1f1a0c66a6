/* ids.c - see ids.h. */
#include "base/ids.h"

#include <string.h>

#include "crypto/crypto.h"

struct hf_id hf_id_new(int64_t now_ms)
{
	uint64_t ms = now_ms > 0 ? (uint64_t)now_ms : 0;
	struct hf_id id;

	hf_random(id.b + 6, sizeof(id.b) - 6);
	for (int i = 0; i < 6; i++)
		id.b[i] = (uint8_t)(ms >> (40 - 8 * i));
	id.b[6] = (uint8_t)(0x70 | (id.b[6] & 0x0f));
	id.b[8] = (uint8_t)(0x80 | (id.b[8] & 0x3f));
	return id;
}

static bool hyphen_before(size_t byte)
{
	return byte == 4 || byte == 6 || byte == 8 || byte == 10;
}

void hf_id_text(const struct hf_id *id, char out[HF_ID_TEXT])
{
	static const char digits[] = "0123456789abcdef";
	char *p = out;

	for (size_t i = 0; i < sizeof(id->b); i++) {
		if (hyphen_before(i))
			*p++ = '-';
		*p++ = digits[id->b[i] >> 4];
		*p++ = digits[id->b[i] & 15];
	}
	*p = '\0';
}

static int nibble(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool hf_id_parse(const char *text, struct hf_id *ret_id)
{
	uint8_t bytes[16];
	const char *p = text;

	if (!text || strnlen(text, HF_ID_TEXT) != HF_ID_TEXT - 1)
		return false;
	for (size_t i = 0; i < sizeof(bytes); i++) {
		if (hyphen_before(i) && *p++ != '-')
			return false;
		if (nibble(p[0]) < 0 || nibble(p[1]) < 0)
			return false;
		bytes[i] = (uint8_t)(nibble(p[0]) << 4 | nibble(p[1]));
		p += 2;
	}
	return hf_id_from_bytes(bytes, sizeof(bytes), ret_id);
}

bool hf_id_from_bytes(const void *data, size_t len, struct hf_id *ret_id)
{
	const uint8_t *b = data;

	if (!b || len != sizeof(ret_id->b) || b[6] >> 4 != 7 || b[8] >> 6 != 2)
		return false;
	memcpy(ret_id->b, b, len);
	return true;
}

bool hf_id_is_zero(const struct hf_id *id)
{
	static const struct hf_id zero;

	return hf_id_equal(id, &zero);
}

bool hf_id_equal(const struct hf_id *a, const struct hf_id *b)
{
	return memcmp(a->b, b->b, sizeof(a->b)) == 0;
}

static bool alphanumeric(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static bool name_from(const char *text, size_t len, struct hf_name *ret_name)
{
	if (len < 1 || len > HF_NAME_MAX || !alphanumeric(text[0]))
		return false;
	for (size_t i = 1; i < len; i++)
		if (!alphanumeric(text[i]) && text[i] != '.' && text[i] != '-')
			return false;
	memset(ret_name, 0, sizeof(*ret_name));
	memcpy(ret_name->s, text, len);
	return true;
}

bool hf_name_parse(const char *text, struct hf_name *ret_name)
{
	return text && name_from(text, strnlen(text, HF_NAME_MAX + 1), ret_name);
}

bool hf_name_equal(const struct hf_name *a, const struct hf_name *b)
{
	return strcmp(a->s, b->s) == 0;
}

bool hf_principal_split(const char *text, struct hf_name *ret_node, struct hf_name *ret_department)
{
	size_t len = text ? strnlen(text, HF_PRINCIPAL_MAX + 1) : 0;
	const char *slash = len ? memchr(text, '/', len) : NULL;
	size_t node_len = slash ? (size_t)(slash - text) : len;
	struct hf_name node, department = {""};

	if (len == 0 || len > HF_PRINCIPAL_MAX || !name_from(text, node_len, &node))
		return false;
	if (slash && !name_from(slash + 1, len - node_len - 1, &department))
		return false;
	*ret_node = node;
	*ret_department = department;
	return true;
}
