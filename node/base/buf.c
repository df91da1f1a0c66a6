/* buf.c - see buf.h; whole files are in file.c, text in text.c. */
#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define FIRST_BYTES 64u

void hf_buf_init(struct hf_buf *b, size_t max)
{
	*b = (struct hf_buf)HF_BUF_INIT;
	b->max = max;
}

/* The bytes behind len too: what was taken out before. */
static void let_go(struct hf_buf *b)
{
	if (b->wiped && b->data)
		explicit_bzero(b->data, b->cap);
	free(b->data);
}

void hf_buf_done(struct hf_buf *b)
{
	let_go(b);
	b->data = NULL;
	b->len = b->cap = 0;
}

void hf_buf_clear(struct hf_buf *b)
{
	b->len = 0;
	if (b->data)
		b->data[0] = '\0';
}

static void move_to(struct hf_buf *b, uint8_t *place)
{
	if (b->len > 0)
		memcpy(place, b->data, b->len);
	let_go(b);
	b->data = place;
}

/* cap leaves out the byte of the final NUL. */
bool hf_buf_reserve(struct hf_buf *b, size_t more)
{
	size_t max = b->max ? b->max : HF_BUF_DEFAULT_MAX;
	size_t cap;

	if (b->len > max || more > max - b->len)
		return false;
	if (b->data && b->len + more <= b->cap)
		return true;
	cap = b->cap < FIRST_BYTES ? FIRST_BYTES : b->cap;
	while (cap < b->len + more)
		cap = cap > max / 2 ? max : cap * 2;
	if (b->wiped)
		move_to(b, hf_alloc(cap + 1));
	else
		b->data = hf_realloc(b->data, cap + 1);
	b->cap = cap;
	b->data[b->len] = '\0';
	return true;
}

bool hf_buf_add(struct hf_buf *b, const void *data, size_t len)
{
	if (!hf_buf_reserve(b, len))
		return false;
	if (len)
		memcpy(b->data + b->len, data, len);
	b->len += len;
	b->data[b->len] = '\0';
	return true;
}

bool hf_buf_addf(struct hf_buf *b, const char *fmt, ...)
{
	va_list args, again;
	bool ok = false;
	int len;

	va_start(args, fmt);
	va_copy(again, args);
	len = vsnprintf(NULL, 0, fmt, args);
	if (len >= 0 && hf_buf_reserve(b, (size_t)len)) {
		vsnprintf((char *)b->data + b->len, (size_t)len + 1, fmt, again);
		b->len += (size_t)len;
		ok = true;
	}
	va_end(again);
	va_end(args);
	return ok;
}

uint8_t *hf_buf_take(struct hf_buf *b, size_t *ret_len)
{
	uint8_t *data = b->data ? b->data : hf_alloc_zero(1);

	*ret_len = b->len;
	b->data = NULL;
	b->len = b->cap = 0;
	return data;
}
