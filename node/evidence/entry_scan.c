/*
 * entry_scan.c - see entry_scan.h. The usual form (private, plain ASCII origin) is read here; anything else is left to
 * the full decoder, whose verdict then counts.
 */
#include "evidence/entry_scan.h"

#include <string.h>

#include "evidence/entry.h"
#include "proto/codec.h"

#define TIME_MAX 253402300799999ull
#define TIME_STEP_S 10
#define TAIL_BYTES (2 + 2 + 16 + 2 + 32) /* class, label, commitment */

static bool read_varint(const uint8_t **at, const uint8_t *end, uint64_t *ret_value)
{
	uint64_t value = 0;
	for (unsigned shift = 0; shift < 63 && *at < end; shift += 7) {
		uint8_t b = *(*at)++;
		value |= (uint64_t)(b & 0x7f) << shift;
		if (b & 0x80)
			continue;
		*ret_value = value;
		return b != 0; /* neither an encoded zero nor an over-long form */
	}
	return false;
}

/* A field that is left out when it is 0. */
static bool read_number(const uint8_t **at, const uint8_t *end, uint8_t tag, uint64_t *ret_value)
{
	*ret_value = 0;
	if (*at == end || **at != tag)
		return true;
	(*at)++;
	return read_varint(at, end, ret_value);
}

static bool plain_origin(const uint8_t *p, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (p[i] <= ' ' || p[i] >= 0x7f || p[i] == '+')
			return false;
	return len > 0 && len < 0x80;
}

static bool is_zero(const uint8_t *p)
{
	static const uint8_t zero[32];
	return memcmp(p, zero, sizeof(zero)) == 0;
}

static bool scan_usual(const uint8_t *at, const uint8_t *end, struct hf_entry_view *v)
{
	static const uint8_t head[5] = {0x08, 1, 0x10, HF_SUITE_INTL_1, 0x1a};
	uint64_t time_s;
	if (end - at < 6 || memcmp(at, head, sizeof(head)) != 0 || at[5] > end - at - 6 || !plain_origin(at + 6, at[5]))
		return false;
	memcpy(v->origin, at + 6, at[5]);
	v->origin[at[5]] = 0;
	at += 6 + at[5];
	if (!read_number(&at, end, 0x20, &v->index) || !read_number(&at, end, 0x28, &time_s) || time_s > TIME_MAX ||
	    time_s % TIME_STEP_S != 0)
		return false;
	v->time_s = (int64_t)time_s;
	if (end - at != 2 + 32 + TAIL_BYTES || at[0] != 0x32 || at[1] != 32)
		return false;
	memcpy(v->prev, at + 2, sizeof(v->prev));
	at += 2 + 32;
	v->event_class = at[1];
	return at[0] == 0x38 && at[1] >= HF_EVENT_CLASS_SYSTEM && at[1] <= HF_EVENT_CLASS_PEER && at[2] == 0x42 &&
	       at[3] == 16 && at[20] == 0x4a && at[21] == 32 && (v->index == 0) == is_zero(v->prev);
}

static bool scan_decoded(const uint8_t *data, size_t len, struct hf_entry_view *v)
{
	Hufu__LedgerEntry *e = NULL;
	if (hf_entry_decode(data, len, &e) != HF_OK)
		return false;
	memcpy(v->origin, e->origin, strlen(e->origin) + 1); /* at most 255 bytes: proto/ has checked it */
	memcpy(v->prev, e->prev.data, sizeof(v->prev));
	v->index = e->index;
	v->event_class = e->event_class;
	v->time_s = e->time_s;
	hf_decoded_free(e);
	return true;
}

bool hf_entry_scan(const void *data, size_t len, struct hf_entry_view *ret_view)
{
	struct hf_entry_view v;
	const uint8_t *bytes = data;
	if (!scan_usual(bytes, bytes + len, &v) && !scan_decoded(bytes, len, &v))
		return false;
	*ret_view = v;
	return true;
}
