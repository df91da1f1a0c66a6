/*
 * jsonl_fuzz.c - JSON lines from anywhere, in pieces of the size that the first byte says: whole or in pieces they give
 * the same cells and the same defect at the same place. The same bytes as GB18030: pieces change nothing, and what
 * comes out is UTF-8.
 */
#include <stdlib.h>
#include <string.h>

#include "crypto/utf8.h"
#include "source/readers/jsonl.h"
#include "source/readers/recode.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool keep(void *ctx, const struct hf_jsonl_record *r)
{
	for (size_t i = 0; i < r->cell_count; i++) {
		const struct hf_jsonl_cell *c = &r->cells[i];

		hf_buf_addf(ctx, "%d:%zu:%zu:", c->kind, c->name.len, c->value.len);
		hf_buf_add(ctx, c->name.data, c->name.len);
		hf_buf_add(ctx, c->value.data, c->value.len);
	}
	return true;
}

static void read_lines(const uint8_t *data, size_t size, size_t piece, struct hf_buf *out)
{
	struct hf_jsonl *j = hf_jsonl_new(keep, out);
	enum hf_jsonl_defect d = HF_JSONL_GOOD;
	uint64_t line, byte;

	for (size_t at = 0; at < size && d == HF_JSONL_GOOD; at += piece)
		d = hf_jsonl_feed(j, data + at, size - at < piece ? size - at : piece);
	if (d == HF_JSONL_GOOD)
		d = hf_jsonl_end(j);
	hf_jsonl_where(j, &line, &byte);
	hf_buf_addf(out, "%d %llu %llu", d, (unsigned long long)line, (unsigned long long)byte);
	hf_jsonl_free(j);
}

static void recode(const uint8_t *data, size_t size, size_t piece, struct hf_buf *out)
{
	struct hf_recode *r = hf_recode_new(HF_ENCODING_GB18030);
	bool good = true;

	for (size_t at = 0; r && at < size && good; at += piece)
		good = hf_recode_feed(r, data + at, size - at < piece ? size - at : piece, out);
	for (const char *at = (const char *)out->data, *end = at + out->len; at < end;) {
		uint32_t code;

		if (!hf_utf8_next(&at, end, &code))
			abort();
	}
	if (r)
		hf_buf_addf(out, "%d %llu", good && hf_recode_end(r), (unsigned long long)hf_recode_where(r));
	hf_recode_free(r);
}

static void same(struct hf_buf *a, struct hf_buf *b)
{
	if (a->len != b->len || (a->len && memcmp(a->data, b->data, a->len) != 0))
		abort();
	hf_buf_clear(a);
	hf_buf_clear(b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct hf_buf whole = HF_BUF_INIT, pieces = HF_BUF_INIT;

	if (size < 2)
		return 0;
	read_lines(data + 1, size - 1, size, &whole);
	read_lines(data + 1, size - 1, (size_t)data[0] + 1, &pieces);
	same(&whole, &pieces);
	recode(data + 1, size - 1, size, &whole);
	recode(data + 1, size - 1, (size_t)data[0] + 1, &pieces);
	same(&whole, &pieces);
	hf_buf_done(&whole);
	hf_buf_done(&pieces);
	return 0;
}
