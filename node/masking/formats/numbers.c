/* numbers.c - numbers without a check: telephones, certificates, waybills, ships, devices. Their beginning is kept. */
#include "masking/formats/formats.h"

/* Digits, and nothing else but what stands between the digits of telephone numbers. */
static size_t phone_digits(const struct hf_bytes *v)
{
	size_t n = 0;

	for (size_t i = 0; i < v->len; i++) {
		const uint8_t c = v->data[i];

		if (c >= '0' && c <= '9')
			n++;
		else if (c != ' ' && c != '-' && c != '(' && c != ')' && !(c == '+' && i == 0))
			return 0;
	}
	return n;
}

static bool last_digits(const struct hf_bytes *v, size_t count, struct hf_ranked *r)
{
	hf_slots_begin(r);
	return hf_slots_last_digits(r, v, count) && hf_slots_end(r);
}

static bool read_mobile(const struct hf_bytes *v, struct hf_ranked *r)
{
	const size_t n = phone_digits(v);

	return n >= 11 && n <= 15 && last_digits(v, 8, r);
}

static bool read_phone(const struct hf_bytes *v, struct hf_ranked *r)
{
	const size_t n = phone_digits(v);

	return n >= 7 && n <= 18 && last_digits(v, 7, r);
}

/* Six to sixteen digits behind what is kept: letters, and of long numbers the first ones. */
static bool read_tail(const struct hf_bytes *v, struct hf_ranked *r)
{
	size_t n = 0;

	while (n < v->len && n < 10 && v->data[v->len - 1 - n] >= '0' && v->data[v->len - 1 - n] <= '9')
		n++;
	return n >= 6 && last_digits(v, n, r);
}

static bool read_mmsi(const struct hf_bytes *v, struct hf_ranked *r)
{
	return v->len == 9 && last_digits(v, 6, r);
}

/* The maker's three bytes are kept; letters stay in the case that the value has. */
static bool read_mac(const struct hf_bytes *v, struct hf_ranked *r)
{
	const struct hf_alphabet *a = &hf_alphabet_hex_lower;
	size_t at = 0, n = 0;

	for (size_t i = 0; i < v->len; i++) {
		if (v->data[i] >= 'A' && v->data[i] <= 'F')
			a = &hf_alphabet_hex_upper;
	}
	hf_slots_begin(r);
	for (; at < v->len; at++) {
		const uint8_t c = v->data[at];

		if (c == ':' || c == '-' || c == '.')
			continue;
		if (n++ >= 6 ? !hf_slots_add(r, v, at, 1, a) : c < '0')
			return false;
	}
	return n == 12 && hf_slots_end(r);
}

const struct hf_format hf_format_mobile = {"cn.mobile", read_mobile, NULL};
const struct hf_format hf_format_landline = {"cn.landline", read_phone, NULL};
const struct hf_format hf_format_phone = {"phone", read_phone, NULL};
const struct hf_format hf_format_etc_card = {"cn.etc-card", read_tail, NULL};
const struct hf_format hf_format_transport_certificate = {"cn.transport-certificate", read_tail, NULL};
const struct hf_format hf_format_waybill = {"waybill", read_tail, NULL};
const struct hf_format hf_format_mmsi = {"mmsi", read_mmsi, NULL};
const struct hf_format hf_format_mac = {"mac", read_mac, NULL};
