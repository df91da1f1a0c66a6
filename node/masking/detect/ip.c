/* ip.c - IP addresses, version 4 and 6. */
#include "masking/detect/tables.h"

static bool version_4(const struct hf_cell *c)
{
	uint64_t points = c->point;
	size_t from = 0;

	for (unsigned i = 0; i < 4; i++, points &= points - 1) {
		size_t end = points ? (size_t)__builtin_ctzll(points) : c->len, n = end - from;

		if (n < 1 || n > 3 || (n > 1 && c->data[from] == '0') || hf_few_digits(c->data + from, n) > 255)
			return false;
		if (i == 3)
			return !points;
		if (!points)
			return false;
		from = end + 1;
	}
	return false;
}

static bool hex(uint8_t c)
{
	return (uint8_t)(c - '0') < 10 || (uint8_t)((c | 0x20) - 'a') < 6;
}

static bool version_6(const struct hf_cell *c)
{
	unsigned groups = 0, digits = 0, gaps = 0;

	for (size_t i = 0; i < c->len; i++)
		if (hex(c->data[i])) {
			if (++digits > 4)
				return false;
			groups += digits == 1;
		} else if (c->data[i] == ':') {
			bool twice = i + 1 < c->len && c->data[i + 1] == ':';

			if (i + 1 == c->len && (i == 0 || c->data[i - 1] != ':'))
				return false;
			gaps += twice;
			digits = 0;
		} else {
			return false;
		}
	return (groups == 8 && gaps == 0) || (groups < 8 && groups > 0 && gaps == 1);
}

static enum hf_match check(const struct hf_cell *c, const struct hf_detect_tables *t)
{
	(void)t;
	if (c->classes == (HF_CHAR_DIGIT | HF_CHAR_POINT))
		return version_4(c) ? HF_MATCH_VALID : HF_MATCH_NO;
	return !c->point && c->mark && version_6(c) ? HF_MATCH_VALID : HF_MATCH_NO;
}

static const char *const names[] = {"ip",        "ip_address",  "ip_addr",  "ipv4",   "ipv6",
                                    "client_ip", "remote_addr", "网络地址", "ip地址", NULL};

extern const struct hf_detector hf_detector_ip;
const struct hf_detector hf_detector_ip = {
        .id = "ip",
        .title = "IP address",
        .basis = "RFC 791, RFC 4291",
        .technique = "mask",
        .sensitivity = HF_SENS_PERSONAL,
        .level = 2,
        .evidence = HF_EVIDENCE_CONTENT,
        .chance = 0.001,
        .shape = {{7, 15, HF_CHAR_DIGIT | HF_CHAR_POINT, HF_CHAR_DIGIT | HF_CHAR_POINT},
                  {3, 39, HF_CHAR_MARK, HF_CHAR_DIGIT | HF_CHAR_LETTER | HF_CHAR_MARK}},
        .check = check,
        .first = "0-9A-Fa-f:",
        .names = names,
};
