/*
 * recode.c - GB18030 to UTF-8 through the C library's iconv; ASCII, most of any table, does not go through it.
 * Declared in recode.h.
 */
#include "source/readers/recode.h"

#include <errno.h>
#include <iconv.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "crypto/utf8.h"

#define PART ((size_t)4096) /* given to iconv at once */
#define CHARACTER 4u        /* bytes of the longest one */

struct hf_recode {
	iconv_t cd;
	bool open; /* cd is */
	bool failed;
	bool checks; /* UTF-8 */
	uint64_t done;
	uint8_t waiting[CHARACTER];
	size_t waiting_len;
};

const char *hf_encoding_name(enum hf_encoding e)
{
	switch (e) {
	case HF_ENCODING_UTF8:
		return "UTF-8";
	case HF_ENCODING_GB18030:
		return "GB18030";
	case HF_ENCODING_UNKNOWN:
		return "unknown";
	}
	return "unknown";
}

enum hf_encoding hf_encoding_named(const char *name)
{
	if (strcasecmp(name, "utf-8") == 0 || strcasecmp(name, "utf8") == 0)
		return HF_ENCODING_UTF8;
	if (strcasecmp(name, "gb18030") == 0 || strcasecmp(name, "gbk") == 0 || strcasecmp(name, "gb2312") == 0)
		return HF_ENCODING_GB18030;
	return HF_ENCODING_UNKNOWN;
}

/* Length of the ASCII that data begins with. */
static size_t ascii_run(const uint8_t *data, size_t len)
{
	size_t n = 0;

	for (uint64_t v; n + 8 <= len; n += 8) {
		memcpy(&v, data + n, 8);
		if (v & 0x8080808080808080u)
			break;
	}
	while (n < len && data[n] < 0x80)
		n++;
	return n;
}

static bool is_utf8(const uint8_t *text, size_t len, bool whole)
{
	const char *at = (const char *)text, *end = at + len;
	uint32_t code;

	while (at < end) {
		at += ascii_run((const uint8_t *)at, (size_t)(end - at));
		if (at == end)
			return true;
		if (!hf_utf8_next(&at, end, &code))
			return !whole && end - at < (ptrdiff_t)CHARACTER;
	}
	return true;
}

static bool is_gb18030(const uint8_t *text, size_t len, bool whole)
{
	struct hf_recode *r = hf_recode_new(HF_ENCODING_GB18030);
	struct hf_buf out = HF_BUF_INIT;
	bool good = r != NULL;

	for (size_t at = 0, n; good && at < len; at += n) {
		n = len - at < PART ? len - at : PART;
		hf_buf_clear(&out);
		good = hf_recode_feed(r, text + at, n, &out);
	}
	good = good && (!whole || hf_recode_end(r));
	hf_recode_free(r);
	hf_buf_done(&out);
	return good;
}

enum hf_encoding hf_encoding_guess(const void *text, size_t len, bool whole)
{
	if (is_utf8(text, len, whole))
		return HF_ENCODING_UTF8;
	return is_gb18030(text, len, whole) ? HF_ENCODING_GB18030 : HF_ENCODING_UNKNOWN;
}

struct hf_recode *hf_recode_new(enum hf_encoding from)
{
	struct hf_recode *r;
	iconv_t cd = (iconv_t)-1;

	if (from == HF_ENCODING_GB18030)
		cd = iconv_open("UTF-8", "GB18030");
	if (from == HF_ENCODING_UNKNOWN || (from == HF_ENCODING_GB18030 && cd == (iconv_t)-1))
		return NULL;
	r = hf_alloc_zero(sizeof(*r));
	r->open = from == HF_ENCODING_GB18030;
	r->cd = cd;
	return r;
}

void hf_recode_free(struct hf_recode *r)
{
	if (!r)
		return;
	if (r->open)
		iconv_close(r->cd);
	free(r);
}

/* Turns what can be turned; *len becomes what is left: up to three bytes of a character that is cut off. */
static bool turn(struct hf_recode *r, const uint8_t *data, size_t *len, struct hf_buf *out)
{
	char in[PART + CHARACTER], text[2 * (PART + CHARACTER)], *from = in, *to = text;
	size_t in_left = *len, out_left = sizeof(text), got;
	bool good;

	memcpy(in, data, *len);
	got = iconv(r->cd, &from, &in_left, &to, &out_left);
	r->done += *len - in_left;
	*len = in_left;
	good = got != (size_t)-1 || (errno == EINVAL && in_left < CHARACTER);
	return hf_buf_add(out, text, sizeof(text) - out_left) && good;
}

/* How far the bytes beyond ASCII reach: up to sixteen bytes of ASCII, the first of which may end a character. */
static size_t other_run(const uint8_t *data, size_t len)
{
	size_t n = 0;

	while (n < len && n < PART) {
		size_t ascii = ascii_run(data + n, len - n < 17 ? len - n : 17);

		if (ascii == 17)
			return n + 1;
		n += ascii + (n + ascii < len);
	}
	return n < PART ? n : PART;
}

/* A character that waits gets bytes, one at a time, until it is whole. Returns bytes taken. */
static size_t complete(struct hf_recode *r, const uint8_t *data, size_t len, struct hf_buf *out)
{
	size_t taken = 0;

	while (r->waiting_len > 0 && taken < len && !r->failed) {
		size_t left;

		r->waiting[r->waiting_len++] = data[taken++];
		left = r->waiting_len;
		r->failed = !turn(r, r->waiting, &left, out);
		memmove(r->waiting, r->waiting + r->waiting_len - left, left);
		r->waiting_len = left;
	}
	return taken;
}

void hf_recode_check(struct hf_recode *r)
{
	r->checks = !r->open;
}

/* The character that waits and the bytes behind it. Returns bytes of data that belong to it; SIZE_MAX: it is none. */
static size_t finish_waiting(struct hf_recode *r, const uint8_t *data, size_t len)
{
	uint8_t text[2 * CHARACTER];
	const size_t more = len < CHARACTER ? len : CHARACTER, all = r->waiting_len + more;
	const char *at = (const char *)text;
	uint32_t code;
	size_t taken;

	memcpy(text, r->waiting, r->waiting_len);
	memcpy(text + r->waiting_len, data, more);
	if (hf_utf8_next(&at, at + all, &code)) {
		taken = (size_t)(at - (const char *)text) - r->waiting_len;
		r->waiting_len = 0;
		return taken;
	}
	if (all >= CHARACTER)
		return SIZE_MAX;
	memcpy(r->waiting, text, all);
	r->waiting_len = all;
	return len;
}

static bool check(struct hf_recode *r, const uint8_t *data, size_t len)
{
	const char *at = (const char *)data, *end = at + len;
	uint32_t code;

	if (r->waiting_len > 0 && len > 0) {
		size_t taken = finish_waiting(r, data, len);

		if (taken == SIZE_MAX)
			return false;
		at += taken;
	}
	while (at < end) {
		at += ascii_run((const uint8_t *)at, (size_t)(end - at));
		if (at == end || hf_utf8_next(&at, end, &code))
			continue;
		if (end - at >= (ptrdiff_t)CHARACTER) {
			r->done += (uint64_t)(at - (const char *)data);
			return false;
		}
		r->waiting_len = (size_t)(end - at);
		memcpy(r->waiting, at, r->waiting_len);
		at = end;
	}
	r->done += len;
	return true;
}

bool hf_recode_feed(struct hf_recode *r, const void *data, size_t len, struct hf_buf *out)
{
	const uint8_t *in = data;
	size_t at;

	if (r->checks) {
		r->failed = r->failed || !check(r, data, len);
		return !r->failed && hf_buf_add(out, data, len);
	}
	if (!r->open) {
		r->done += len;
		return hf_buf_add(out, data, len);
	}
	at = complete(r, in, len, out);
	while (at < len && !r->failed) {
		size_t n = ascii_run(in + at, len - at), left;

		r->failed = !hf_buf_add(out, in + at, n);
		r->done += n;
		at += n;
		left = n = other_run(in + at, len - at);
		if (n == 0 || r->failed)
			continue;
		r->failed = !turn(r, in + at, &left, out);
		at += n;
		memcpy(r->waiting, in + at - left, left < CHARACTER ? left : 0);
		r->waiting_len = left < CHARACTER ? left : 0;
		if (r->waiting_len > 0 && !r->failed)
			at += complete(r, in + at, len - at, out);
	}
	return !r->failed;
}

bool hf_recode_end(const struct hf_recode *r)
{
	return !r->failed && r->waiting_len == 0;
}

uint64_t hf_recode_where(const struct hf_recode *r)
{
	return r->done;
}
