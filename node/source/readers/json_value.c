/* json_value.c - strings, numbers, words and nested values; no recursion. Declared in json_value.h. */
#include "source/readers/json_value.h"

#include <string.h>

#include "crypto/utf8.h"

static void pass_spaces(struct hf_json_text *t)
{
	while (t->at < t->end && (*t->at == ' ' || *t->at == '\t' || *t->at == '\r'))
		t->at++;
}

bool hf_json_at_end(struct hf_json_text *t)
{
	pass_spaces(t);
	return t->at == t->end;
}

bool hf_json_take(struct hf_json_text *t, uint8_t c)
{
	pass_spaces(t);
	if (t->at == t->end || *t->at != c)
		return false;
	t->at++;
	return true;
}

static bool hex4(struct hf_json_text *t, uint32_t *ret_code)
{
	uint32_t v = 0;

	if (t->end - t->at < 4)
		return false;
	for (unsigned i = 0; i < 4; i++) {
		uint8_t c = t->at[i], lower = c | 0x20;

		if (c >= '0' && c <= '9')
			v = v << 4 | (uint32_t)(c - '0');
		else if (lower >= 'a' && lower <= 'f')
			v = v << 4 | (uint32_t)(lower - 'a' + 10);
		else
			return false;
	}
	t->at += 4;
	*ret_code = v;
	return true;
}

static void put_utf8(struct hf_buf *out, uint32_t c)
{
	uint8_t b[4];
	size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
	static const uint8_t lead[5] = {0, 0, 0xC0, 0xE0, 0xF0};

	for (size_t i = n; i-- > 1; c >>= 6)
		b[i] = 0x80 | (c & 0x3F);
	b[0] = lead[n] | (uint8_t)c;
	hf_buf_add(out, b, n);
}

/* Behind "\u". */
static enum hf_jsonl_defect unicode_escape(struct hf_json_text *t, struct hf_buf *out)
{
	uint32_t code, low;

	if (!hex4(t, &code))
		return HF_JSONL_SYNTAX;
	if (code >= 0xDC00 && code < 0xE000)
		return HF_JSONL_UTF8;
	if (code >= 0xD800 && code < 0xDC00) {
		if (t->end - t->at < 2 || t->at[0] != '\\' || t->at[1] != 'u')
			return HF_JSONL_UTF8;
		t->at += 2;
		if (!hex4(t, &low))
			return HF_JSONL_SYNTAX;
		if (low < 0xDC00 || low >= 0xE000)
			return HF_JSONL_UTF8;
		code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
	}
	put_utf8(out, code);
	return HF_JSONL_GOOD;
}

/* Behind a backslash. */
static enum hf_jsonl_defect escape(struct hf_json_text *t, struct hf_buf *out)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	const char *which;

	if (t->at == t->end || *t->at == '\0')
		return HF_JSONL_SYNTAX;
	if (*t->at == 'u') {
		t->at++;
		return unicode_escape(t, out);
	}
	which = strchr(from, *t->at);
	if (!which)
		return HF_JSONL_SYNTAX;
	t->at++;
	hf_buf_add(out, &to[which - from], 1);
	return HF_JSONL_GOOD;
}

/* Bytes that stand for themselves, as far as a quote, a backslash or a defect. */
static enum hf_jsonl_defect plain_run(struct hf_json_text *t)
{
	while (t->at < t->end && *t->at != '"' && *t->at != '\\') {
		const char *at = (const char *)t->at;
		uint32_t code;

		if (*t->at < 0x20)
			return HF_JSONL_SYNTAX;
		if (*t->at < 0x80) {
			t->at++;
			continue;
		}
		if (!hf_utf8_next(&at, (const char *)t->end, &code))
			return HF_JSONL_UTF8;
		t->at = (const uint8_t *)at;
	}
	return t->at == t->end ? HF_JSONL_SYNTAX : HF_JSONL_GOOD;
}

enum hf_jsonl_defect hf_json_string(struct hf_json_text *t, struct hf_buf *decoded, struct hf_bytes *ret_value)
{
	const uint8_t *run;
	size_t from = decoded->len;
	bool escaped = false;

	if (!hf_json_take(t, '"'))
		return HF_JSONL_SYNTAX;
	for (;;) {
		enum hf_jsonl_defect d;

		run = t->at;
		d = plain_run(t);
		if (d != HF_JSONL_GOOD)
			return d;
		if (*t->at == '"' && !escaped) {
			*ret_value = (struct hf_bytes){run, (size_t)(t->at++ - run)};
			return HF_JSONL_GOOD;
		}
		hf_buf_add(decoded, run, (size_t)(t->at - run));
		escaped = true;
		if (*t->at++ == '"')
			break;
		d = escape(t, decoded);
		if (d != HF_JSONL_GOOD)
			return d;
	}
	*ret_value = (struct hf_bytes){decoded->data + from, decoded->len - from};
	return HF_JSONL_GOOD;
}

static size_t pass_digits(struct hf_json_text *t)
{
	const uint8_t *from = t->at;

	while (t->at < t->end && (uint8_t)(*t->at - '0') < 10)
		t->at++;
	return (size_t)(t->at - from);
}

static bool number(struct hf_json_text *t)
{
	bool zero;

	t->at += *t->at == '-';
	zero = t->at < t->end && *t->at == '0';
	if (zero)
		t->at++;
	else if (pass_digits(t) == 0)
		return false;
	if (t->at < t->end && *t->at == '.') {
		t->at++;
		if (pass_digits(t) == 0)
			return false;
	}
	if (t->at < t->end && (*t->at | 0x20) == 'e') {
		t->at++;
		if (t->at < t->end && (*t->at == '+' || *t->at == '-'))
			t->at++;
		return pass_digits(t) > 0;
	}
	return true;
}

static bool word(struct hf_json_text *t, const char *w)
{
	size_t n = strlen(w);

	if ((size_t)(t->end - t->at) < n || memcmp(t->at, w, n) != 0)
		return false;
	t->at += n;
	return true;
}

/* A value that is not nested; t stands on its first byte. */
static enum hf_jsonl_defect scalar(struct hf_json_text *t, struct hf_buf *decoded, struct hf_jsonl_cell *cell)
{
	const uint8_t *from = t->at;

	if (*from == '"') {
		cell->kind = HF_JSONL_STRING;
		return hf_json_string(t, decoded, &cell->value);
	}
	if (*from == 'n') {
		cell->kind = HF_JSONL_NULL;
		cell->value = (struct hf_bytes){from, 0};
		return word(t, "null") ? HF_JSONL_GOOD : HF_JSONL_SYNTAX;
	}
	cell->kind = *from == 't' || *from == 'f' ? HF_JSONL_BOOLEAN : HF_JSONL_NUMBER;
	if (!(cell->kind == HF_JSONL_NUMBER ? number(t) : word(t, "true") || word(t, "false")))
		return HF_JSONL_SYNTAX;
	cell->value = (struct hf_bytes){from, (size_t)(t->at - from)};
	return HF_JSONL_GOOD;
}

/* What may come next inside nested values. */
enum next { NEXT_VALUE = 1, NEXT_FIRST, NEXT_COMMA };

struct nest {
	uint64_t objects; /* bit i: level i is an object, not an array */
	unsigned depth;
	enum next next;
};

static enum hf_jsonl_defect name_in_object(struct hf_json_text *t, struct hf_buf *decoded)
{
	struct hf_bytes name;
	enum hf_jsonl_defect d = hf_json_string(t, decoded, &name);

	if (d == HF_JSONL_GOOD && !hf_json_take(t, ':'))
		d = HF_JSONL_SYNTAX;
	return d;
}

static bool in_object(const struct nest *n)
{
	return n->objects >> (n->depth - 1) & 1;
}

static enum hf_jsonl_defect open_level(struct hf_json_text *t, struct nest *n)
{
	uint64_t bit;

	if (n->depth == HF_JSONL_DEPTH_MAX)
		return HF_JSONL_DEEP;
	bit = (uint64_t)1 << n->depth++;
	n->objects = *t->at++ == '{' ? n->objects | bit : n->objects & ~bit;
	n->next = NEXT_FIRST;
	return HF_JSONL_GOOD;
}

/* One token inside a nested value. */
static enum hf_jsonl_defect step(struct hf_json_text *t, struct nest *n, struct hf_buf *decoded)
{
	struct hf_jsonl_cell ignored;
	enum hf_jsonl_defect d;

	if (n->next != NEXT_VALUE && hf_json_take(t, in_object(n) ? '}' : ']')) {
		n->depth--;
		n->next = NEXT_COMMA;
		return HF_JSONL_GOOD;
	}
	if (n->next == NEXT_COMMA) {
		n->next = NEXT_VALUE;
		return hf_json_take(t, ',') ? HF_JSONL_GOOD : HF_JSONL_SYNTAX;
	}
	if (in_object(n)) {
		d = name_in_object(t, decoded);
		if (d != HF_JSONL_GOOD)
			return d;
	}
	if (hf_json_at_end(t))
		return HF_JSONL_SYNTAX;
	if (*t->at == '{' || *t->at == '[')
		return open_level(t, n);
	n->next = NEXT_COMMA;
	return scalar(t, decoded, &ignored);
}

enum hf_jsonl_defect hf_json_value(struct hf_json_text *t, struct hf_buf *decoded, struct hf_jsonl_cell *cell)
{
	struct nest n = {0, 0, NEXT_FIRST};
	size_t kept = decoded->len;
	const uint8_t *from;

	if (hf_json_at_end(t))
		return HF_JSONL_SYNTAX;
	if (*t->at != '{' && *t->at != '[')
		return scalar(t, decoded, cell);
	from = t->at;
	open_level(t, &n);
	while (n.depth > 0) {
		enum hf_jsonl_defect d = step(t, &n, decoded);

		if (d != HF_JSONL_GOOD)
			return d;
	}
	decoded->len = kept;
	cell->kind = HF_JSONL_NESTED;
	cell->value = (struct hf_bytes){from, (size_t)(t->at - from)};
	return HF_JSONL_GOOD;
}
