/* put.c - quoting, escaping, and which masked values are still JSON numbers; declared in put.h. */
#include "release/engine/put.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "crypto/utf8.h"
#include "source/readers/jsonl.h"

/* Bit 7 of a byte is set where the byte of v is c, and perhaps in higher ones: enough to tell whether there is any. */
static inline uint64_t equal_bytes(uint64_t v, uint8_t c)
{
	uint64_t x = v ^ (0x0101010101010101u * c);

	return (x - 0x0101010101010101u) & ~x & 0x8080808080808080u;
}

static inline uint64_t special_bytes(uint64_t v)
{
	return equal_bytes(v, ',') | equal_bytes(v, '"') | equal_bytes(v, '\n') | equal_bytes(v, '\r');
}

static inline uint64_t word_at(const uint8_t *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

/* Up to seven bytes, some of them twice, and zeros. */
static inline uint64_t few_bytes(const uint8_t *p, size_t len)
{
	uint32_t low, high;

	if (len >= 4) {
		memcpy(&low, p, 4);
		memcpy(&high, p + len - 4, 4);
		return (uint64_t)high << 32 | low;
	}
	return len == 0 ? 0 : (uint64_t)p[0] | (uint64_t)p[len / 2] << 8 | (uint64_t)p[len - 1] << 16;
}

/* Whether a text must stand in quotes: it is empty but not null, or has a comma, a quote or a line end. Whole words
 * only, the last one over what was seen: most cells are short, and a loop over their bytes costs more than all else. */
static bool needs_quotes(const struct hf_bytes *v)
{
	uint64_t found = 0;

	if (v->len < 8)
		return special_bytes(few_bytes(v->data, v->len)) || (v->data && v->len == 0);
	for (size_t i = 0; i + 8 < v->len; i += 8)
		found |= special_bytes(word_at(v->data + i));
	return found | special_bytes(word_at(v->data + v->len - 8));
}

/* As memcpy, which is a call for each cell. */
static inline void copy(uint8_t *out, const uint8_t *from, size_t len)
{
	uint64_t first, last;

	if (len > 32) {
		memcpy(out, from, len);
		return;
	}
	if (len < 8) {
		for (size_t i = 0; i < len; i++)
			out[i] = from[i];
		return;
	}
	for (size_t i = 0; i + 8 < len; i += 8) {
		first = word_at(from + i);
		memcpy(out + i, &first, 8);
	}
	last = word_at(from + len - 8);
	memcpy(out + len - 8, &last, 8);
}

/* Room for twice the cell and two quotes is there. */
static uint8_t *put_cell(uint8_t *out, const struct hf_bytes *v)
{
	if (!needs_quotes(v)) {
		copy(out, v->data, v->len);
		return out + v->len;
	}
	*out++ = '"';
	for (size_t i = 0; i < v->len; i++) {
		if (v->data[i] == '"')
			*out++ = '"';
		*out++ = v->data[i];
	}
	*out++ = '"';
	return out;
}

static enum hf_err too_long(struct hf_fault *f)
{
	return hf_fault_set(f, HF_E_LIMIT, "the masked rows are too long; split the table");
}

static enum hf_err put_csv(const struct hf_put *p, const struct hf_bytes *first, size_t stride, struct hf_buf *b,
                           struct hf_fault *f)
{
	size_t most = 1;
	bool later = false;
	uint8_t *out;

	for (size_t c = 0; c < p->width; c++)
		most += 2 * first[c * stride].len + 3;
	if (!hf_buf_reserve(b, most))
		return too_long(f);
	out = b->data + b->len;
	for (size_t c = 0; c < p->width; c++) {
		if (!p->keeps[c])
			continue;
		if (later)
			*out++ = ',';
		later = true;
		out = put_cell(out, &first[c * stride]);
	}
	*out++ = '\n';
	b->len = (size_t)(out - b->data);
	return HF_OK;
}

/* A text in quotes. False: it is not UTF-8, or does not fit. */
static bool put_string(const struct hf_bytes *v, struct hf_buf *b)
{
	static const char hex[] = "0123456789abcdef";
	const char *at = (const char *)v->data, *end = at + v->len;
	uint8_t *out;

	if (!hf_buf_reserve(b, 6 * v->len + 2))
		return false;
	out = b->data + b->len;
	*out++ = '"';
	while (at < end) {
		const char *from = at;
		uint32_t code;

		if ((uint8_t)*at < 0x80)
			code = (uint8_t)*at++;
		else if (!hf_utf8_next(&at, end, &code))
			return false;
		if (code < 0x20 || code == 0x7F) {
			memcpy(out, "\\u00", 4);
			out[4] = (uint8_t)hex[code >> 4];
			out[5] = (uint8_t)hex[code & 15];
			out += 6;
			continue;
		}
		if (code == '"' || code == '\\')
			*out++ = '\\';
		memcpy(out, from, (size_t)(at - from));
		out += at - from;
	}
	*out++ = '"';
	b->len = (size_t)(out - b->data);
	return true;
}

static bool put_value(const struct hf_bytes *v, enum hf_jsonl_kind kind, struct hf_buf *b)
{
	if (!v->data)
		return hf_buf_add(b, "null", 4);
	if ((kind == HF_JSONL_NUMBER || kind == HF_JSONL_BOOLEAN) && hf_jsonl_is(v, kind))
		return hf_buf_add(b, v->data, v->len);
	return put_string(v, b);
}

static enum hf_err put_line(const struct hf_put *p, const struct hf_bytes *first, size_t stride, const uint8_t *kinds,
                            struct hf_buf *b, struct hf_fault *f)
{
	bool later = false;

	if (!hf_buf_add(b, "{", 1))
		return too_long(f);
	for (size_t c = 0; c < p->width; c++) {
		const struct hf_bytes *v = &first[c * stride];
		const struct hf_bytes name = {(const uint8_t *)p->header[c], strlen(p->header[c])};

		if (!p->keeps[c] || (kinds && kinds[c] == 0 && !v->data))
			continue;
		if (!hf_buf_add(b, ",", later) || !put_string(&name, b) || !hf_buf_add(b, ":", 1) ||
		    !put_value(v, kinds ? kinds[c] : HF_JSONL_STRING, b))
			return hf_fault_set(f, HF_E_FORMAT,
			                    "a value of the field %.60s is not UTF-8, or too long for JSON lines; mask "
			                    "it, or write CSV",
			                    p->header[c]);
		later = true;
	}
	return hf_buf_add(b, "}\n", 2) ? HF_OK : too_long(f);
}

enum hf_err hf_put_row(const struct hf_put *p, const struct hf_bytes *first, size_t stride, const uint8_t *kinds,
                       struct hf_buf *out, struct hf_fault *f)
{
	return p->form == HF_STREAM_LINES ? put_line(p, first, stride, kinds, out, f)
	                                  : put_csv(p, first, stride, out, f);
}

/* A name that begins with a byte order mark would lose it where the table begins; in quotes it does not. */
static bool guard_mark(struct hf_buf *out, size_t from, size_t name_len)
{
	if (name_len < 3 || memcmp(out->data + from, "\xEF\xBB\xBF", 3) != 0)
		return true;
	if (!hf_buf_reserve(out, 2))
		return false;
	memmove(out->data + from + name_len + 2, out->data + from + name_len, out->len - from - name_len);
	memmove(out->data + from + 1, out->data + from, name_len);
	out->data[from] = out->data[from + name_len + 1] = '"';
	out->len += 2;
	return true;
}

enum hf_err hf_put_header(const struct hf_put *p, struct hf_buf *out, struct hf_fault *f)
{
	const size_t from = out->len;
	struct hf_bytes *names;
	size_t c = 0;
	enum hf_err e;

	if (p->form == HF_STREAM_LINES)
		return HF_OK;
	names = hf_alloc((p->width + 1) * sizeof(*names));
	for (c = 0; c < p->width; c++)
		names[c] = (struct hf_bytes){(const uint8_t *)p->header[c], strlen(p->header[c])};
	e = put_csv(p, names, 1, out, f);
	for (c = 0; c < p->width && !p->keeps[c]; c++)
		;
	if (e == HF_OK && c < p->width && !guard_mark(out, from, names[c].len))
		e = too_long(f);
	free(names);
	return e;
}
