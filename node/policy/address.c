/*
 * address.c - IP addresses and prefixes as text. IPv4 stands in ::ffff:0:0/96, so that one comparison serves both.
 */
#include <arpa/inet.h>
#include <stdio.h>

#include "policy/internal.h"

static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

static bool is_mapped(const struct hf_address *a)
{
	return memcmp(a->b, mapped, sizeof(mapped)) == 0;
}

/* ret_v4: it was written as IPv4. */
static bool parse(const char *text, struct hf_address *ret_address, bool *ret_v4)
{
	struct hf_address a;
	*ret_v4 = inet_pton(AF_INET, text, a.b + 12) == 1;
	if (*ret_v4)
		memcpy(a.b, mapped, sizeof(mapped));
	else if (inet_pton(AF_INET6, text, a.b) != 1)
		return false;
	*ret_address = a;
	return true;
}

bool hf_address_parse(const char *text, struct hf_address *ret_address)
{
	bool v4;
	return parse(text, ret_address, &v4);
}

/* 1 to 3 digits, nothing else. */
static bool parse_bits(const char *text, unsigned max, unsigned *ret_bits)
{
	unsigned bits = 0;
	size_t len = strlen(text);
	if (len == 0 || len > 3 || (len > 1 && text[0] == '0'))
		return false;
	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			return false;
		bits = bits * 10 + (unsigned)(*text - '0');
	}
	*ret_bits = bits;
	return bits <= max;
}

static bool clear_behind(const struct hf_address *a, unsigned bits)
{
	for (unsigned i = bits; i < 128; i++)
		if (a->b[i / 8] & 0x80 >> i % 8)
			return false;
	return true;
}

bool hf_prefix_parse(const char *text, struct hf_address *ret_address, unsigned *ret_bits)
{
	char address[INET6_ADDRSTRLEN];
	const char *slash = strchr(text, '/');
	size_t len = slash ? (size_t)(slash - text) : strlen(text);
	struct hf_address a;
	unsigned bits = 128;
	bool v4;
	if (len >= sizeof(address))
		return false;
	memcpy(address, text, len);
	address[len] = '\0';
	if (!parse(address, &a, &v4) || (slash && !parse_bits(slash + 1, v4 ? 32 : 128, &bits)))
		return false;
	if (slash && v4)
		bits += 96;
	if (!clear_behind(&a, bits))
		return false;
	*ret_address = a;
	*ret_bits = bits;
	return true;
}

void hf_prefix_text(const struct hf_address *a, unsigned bits, char out[HF_ADDRESS_TEXT])
{
	char address[INET6_ADDRSTRLEN] = "";
	bool v4 = is_mapped(a) && bits >= 96;
	if (v4)
		inet_ntop(AF_INET, a->b + 12, address, sizeof(address));
	else
		inet_ntop(AF_INET6, a->b, address, sizeof(address));
	if (bits >= 128)
		snprintf(out, HF_ADDRESS_TEXT, "%s", address);
	else
		snprintf(out, HF_ADDRESS_TEXT, "%s/%u", address, v4 ? bits - 96 : bits);
}
