/* utf8.c - see utf8.h. */
#include "crypto/utf8.h"

bool hf_utf8_next(const char **at, const char *end, uint32_t *ret_code)
{
	static const uint32_t least[] = {0, 0x80, 0x800, 0x10000};
	const uint8_t *p = (const uint8_t *)*at, *stop = (const uint8_t *)end;
	unsigned more;
	uint32_t code;

	if (p == stop)
		return false;
	if (*p < 0x80)
		more = 0, code = *p;
	else if (*p >= 0xc0 && *p < 0xe0)
		more = 1, code = *p & 0x1f;
	else if (*p >= 0xe0 && *p < 0xf0)
		more = 2, code = *p & 0x0f;
	else if (*p >= 0xf0 && *p < 0xf8)
		more = 3, code = *p & 0x07;
	else
		return false;
	if ((size_t)(stop - p) <= more)
		return false;
	for (unsigned i = 1; i <= more; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return false;
		code = code << 6 | (p[i] & 0x3f);
	}
	if (code < least[more] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
		return false;
	*at = (const char *)p + more + 1;
	*ret_code = code;
	return true;
}

bool hf_utf8_is_space(uint32_t code)
{
	return (code >= 0x9 && code <= 0xd) || code == 0x20 || code == 0x85 || code == 0xa0 || code == 0x1680 ||
	       (code >= 0x2000 && code <= 0x200a) || code == 0x2028 || code == 0x2029 || code == 0x202f ||
	       code == 0x205f || code == 0x3000;
}
