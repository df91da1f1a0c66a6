/* lines.c - splitting and a hash index; declared in lines.h. */
#include "masking/techniques/lines.h"

#include <stdlib.h>
#include <string.h>

static uint64_t hash(const uint8_t *p, size_t len) /* FNV-1a: the table is the plan's own */
{
	uint64_t h = 14695981039346656037u;

	for (size_t i = 0; i < len; i++)
		h = (h ^ p[i]) * 1099511628211u;
	return h ^ h >> 29;
}

static bool same(const struct hf_bytes *a, const uint8_t *p, size_t len)
{
	return a->len == len && memcmp(a->data, p, len) == 0;
}

const struct hf_line *hf_lines_find(const struct hf_lines *l, const uint8_t *cell, size_t len)
{
	if (l->cap == 0)
		return NULL;
	for (size_t at = hash(cell, len) & (l->cap - 1); l->index[at]; at = (at + 1) & (l->cap - 1))
		if (same(&l->lines[l->index[at] - 1].cells[0], cell, len))
			return &l->lines[l->index[at] - 1];
	return NULL;
}

static bool split(const uint8_t *at, const uint8_t *end, struct hf_line *ret_line)
{
	*ret_line = (struct hf_line){.count = 0};
	for (const uint8_t *from = at;; at++) {
		if (at < end && *at != ',' && *at != '\t')
			continue;
		if (ret_line->count == HF_LINES_CELLS || at == from)
			return false;
		ret_line->cells[ret_line->count++] = (struct hf_bytes){from, (size_t)(at - from)};
		from = at + 1;
		if (at == end)
			return true;
	}
}

/* Line i was split; false: its first cell is there already. */
static bool enter(struct hf_lines *l, size_t i)
{
	const struct hf_bytes *c = &l->lines[i].cells[0];
	size_t at = hash(c->data, c->len) & (l->cap - 1);

	for (; l->index[at]; at = (at + 1) & (l->cap - 1))
		if (same(&l->lines[l->index[at] - 1].cells[0], c->data, c->len))
			return false;
	l->index[at] = (uint32_t)i + 1;
	if (c->len > l->longest)
		l->longest = c->len;
	return true;
}

static size_t count_lines(const struct hf_buf *text)
{
	size_t n = 1;

	for (const uint8_t *p = text->data, *end = p + text->len; p < end; p++)
		n += *p == '\n';
	return n;
}

static enum hf_err read_lines(struct hf_lines *l, const char *technique, uint32_t least, struct hf_fault *f)
{
	size_t most = count_lines(&l->text), number = 0;

	if (most > HF_LINES_MAX)
		return hf_fault_set(f, HF_E_LIMIT, "%s: the table has more than %u lines; split it", technique,
		                    HF_LINES_MAX);
	l->lines = hf_alloc(most * sizeof(*l->lines));
	for (l->cap = 16; l->cap < 2 * most; l->cap *= 2)
		;
	l->index = hf_alloc_zero(l->cap * sizeof(*l->index));
	for (const uint8_t *at = l->text.data, *end = at + l->text.len; at < end;) {
		const uint8_t *lf = memchr(at, '\n', (size_t)(end - at)), *stop = lf ? lf : end;
		const uint8_t *last = stop > at && stop[-1] == '\r' ? stop - 1 : stop;

		number++;
		if (last > at) {
			if (!split(at, last, &l->lines[l->count]) || l->lines[l->count].count < least ||
			    !hf_text_ok((const char *)at, (size_t)(last - at), HF_LINES_BYTES))
				return hf_fault_set(
				        f, HF_E_FORMAT,
				        "%s: line %zu of the table has an empty cell, fewer than %u or more than %u "
				        "cells, or is not UTF-8; correct it",
				        technique, number, least, HF_LINES_CELLS);
			if (!enter(l, l->count))
				return hf_fault_set(
				        f, HF_E_FORMAT,
				        "%s: line %zu of the table begins like an earlier one; keep one of them",
				        technique, number);
			l->count++;
		}
		at = stop + 1;
	}
	if (l->count == 0)
		return hf_fault_set(f, HF_E_FORMAT, "%s: the table is empty; give one with lines", technique);
	return HF_OK;
}

enum hf_err hf_lines_open(const struct hf_mask_use *use, const char *technique, const char *name, uint32_t least,
                          struct hf_fault *f, struct hf_lines *ret_l)
{
	struct hf_lines l = {.count = 0};
	enum hf_err e;

	hf_buf_init(&l.text, HF_LINES_BYTES);
	if (!use->file)
		return hf_fault_set(f, HF_E_UNSUPPORTED, "%s: no files can be read here", technique);
	e = use->file(use->file_ctx, hf_arg_text(use, name, ""), &l.text, f);
	if (e == HF_OK)
		e = read_lines(&l, technique, least, f);
	if (e != HF_OK) {
		hf_lines_done(&l);
		return e;
	}
	*ret_l = l;
	return HF_OK;
}

void hf_lines_done(struct hf_lines *l)
{
	free(l->lines);
	free(l->index);
	hf_buf_done(&l->text);
}
