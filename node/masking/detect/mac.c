/* mac.c - hardware addresses: six pairs of hexadecimal digits. */
#include "masking/detect/tables.h"

static enum hf_match check(const struct hf_cell *c, const struct hf_detect_tables *t)
{
	(void)t;
	if (c->mark !=
	            ((uint64_t)1 << 2 | (uint64_t)1 << 5 | (uint64_t)1 << 8 | (uint64_t)1 << 11 | (uint64_t)1 << 14) ||
	    (c->data[2] != ':' && c->data[2] != '-'))
		return HF_MATCH_NO;
	for (size_t i = 0; i < 17; i++) {
		uint8_t b = c->data[i] | 0x20;

		if (i % 3 == 2 ? c->data[i] != c->data[2] : !((uint8_t)(b - '0') < 10 || (uint8_t)(b - 'a') < 6))
			return HF_MATCH_NO;
	}
	return HF_MATCH_VALID;
}

static const char *const names[] = {"mac", "mac_address", "mac_addr", "bssid", "物理地址", "mac地址", NULL};

extern const struct hf_detector hf_detector_mac;
const struct hf_detector hf_detector_mac = {
        .id = "mac",
        .title = "hardware address",
        .basis = "IEEE 802: six octets",
        .technique = "mask",
        .sensitivity = HF_SENS_PERSONAL,
        .level = 2,
        .evidence = HF_EVIDENCE_CONTENT,
        .chance = 0,
        .shape = {{17, 17, HF_CHAR_MARK, HF_CHAR_DIGIT | HF_CHAR_LETTER | HF_CHAR_MARK}},
        .check = check,
        .first = "0-9A-Fa-f",
        .names = names,
};
