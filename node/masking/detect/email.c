/* email.c - e-mail addresses. */
#include "masking/detect/tables.h"

/* Local part: letters, digits, points and ! # $ % & ' * + - / = ? ^ _ ` { | } ~, or beyond ASCII (RFC 6531). */
static bool local_ok(const uint8_t *p, size_t n)
{
	if (n == 0 || n > 64 || p[0] == '.' || p[n - 1] == '.')
		return false;
	for (size_t i = 0; i < n; i++)
		if (p[i] <= ' ' || strchr("()<>[]:;@\\,\"", p[i]) || p[i] == 0x7F)
			return false;
	return true;
}

static bool label_char(uint8_t c)
{
	return (uint8_t)(c - '0') < 10 || (uint8_t)((c | 0x20) - 'a') < 26 || c >= 0x80;
}

static bool domain_ok(const uint8_t *p, size_t n)
{
	size_t label = 0, points = 0;

	for (size_t i = 0; i < n; i++)
		if (p[i] == '.') {
			if (label == 0 || p[i - 1] == '-')
				return false;
			label = 0;
			points++;
		} else if (label_char(p[i]) || (p[i] == '-' && label > 0)) {
			label++;
		} else {
			return false;
		}
	return points > 0 && label >= 2 && (uint8_t)(p[n - 1] - '0') > 9;
}

static enum hf_match check(const struct hf_cell *c, const struct hf_detect_tables *t)
{
	size_t at;

	(void)t;
	if (c->len > 254 || !hf_single(c->at))
		return HF_MATCH_NO;
	at = (size_t)__builtin_ctzll(c->at);
	/* Letters, digits and points only, which most have, are told by their bits. */
	if (c->len <= 64 && (c->classes & (HF_CHAR_MARK | HF_CHAR_OTHER | HF_CHAR_HIGH)) == 0 &&
	    !(c->point & (c->point << 1 | c->at << 1 | c->at >> 1)) && (c->digit | c->upper | c->lower) & 1) {
		size_t last = c->point ? 63 - (size_t)__builtin_clzll(c->point) : 0;

		return last > at && c->len - last > 2 && !(c->digit >> (c->len - 1) & 1) ? HF_MATCH_VALID : HF_MATCH_NO;
	}
	return local_ok(c->data, at) && domain_ok(c->data + at + 1, c->len - at - 1) ? HF_MATCH_VALID : HF_MATCH_NO;
}

static const char *const names[] = {"email", "e_mail", "mail", "email_address", "邮箱", "电子邮件", "邮件地址", NULL};

extern const struct hf_detector hf_detector_email;
const struct hf_detector hf_detector_email = {
        .id = "email",
        .title = "e-mail address",
        .basis = "RFC 5321: local part, @, domain",
        .technique = "mask",
        .sensitivity = HF_SENS_PERSONAL,
        .level = 3,
        .evidence = HF_EVIDENCE_CONTENT,
        .chance = 0,
        .shape = {{6, 64, HF_CHAR_AT, HF_CHAR_ANY}},
        .check = check,
        .names = names,
};
