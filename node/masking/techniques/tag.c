/* tag.c - sensitive values inside a text are replaced in their place by the name of their kind. */
#include "masking/techniques/techniques.h"

#include <stdlib.h>
#include <string.h>

#include "crypto/utf8.h"
#include "masking/detect/embedded.h"
#include "masking/detect/tables.h"

static enum hf_err tag_open(const struct hf_mask_use *use, struct hf_fault *f, void **ret_state)
{
	struct hf_detect_tables *t = hf_alloc(sizeof(*t));

	(void)use;
	(void)f;
	hf_detect_tables_init(t);
	*ret_state = t;
	return HF_OK;
}

/* Bytes that are no UTF-8 are no text to look into. */
static bool readable(const struct hf_bytes *v)
{
	const char *at = (const char *)v->data, *end = at + v->len;
	uint32_t c;

	while (at < end)
		if (!hf_utf8_next(&at, end, &c))
			return false;
	return true;
}

static size_t put(uint8_t *out, size_t len, const void *data, size_t n)
{
	if (out)
		memcpy(out + len, data, n);
	return len + n;
}

/* out NULL: how long it becomes. */
static size_t write_tagged(const struct hf_detect_tables *t, const struct hf_bytes *v, uint8_t *out)
{
	struct hf_embedded hit;
	size_t at = 0, len = 0;

	while (hf_embedded_next(v->data, v->len, at, t, &hit)) {
		len = put(out, len, v->data + at, hit.at - at);
		len = put(out, len, "[", 1);
		len = put(out, len, hit.detector->id, strlen(hit.detector->id));
		len = put(out, len, "]", 1);
		at = hit.at + hit.len;
	}
	return put(out, len, v->data + at, v->len - at);
}

static enum hf_err tag_mask(void *state, struct hf_mask_batch *b, struct hf_fault *f)
{
	(void)f;
	for (size_t i = 0; i < b->count; i++) {
		const struct hf_bytes *v = &b->in[i];
		uint8_t *out;
		size_t len;

		b->out[i] = (struct hf_bytes){NULL, 0};
		if (!v->data)
			continue;
		if (!readable(v)) {
			b->unreadable++;
			continue;
		}
		len = write_tagged(state, v, NULL);
		out = hf_arena_get(b->arena, len + 1);
		write_tagged(state, v, out);
		b->out[i] = (struct hf_bytes){out, len};
	}
	return HF_OK;
}

const struct hf_technique hf_technique_tag = {
        .id = "tag",
        .title = "replace within a text",
        .record = {.principle = "each value that stands by itself within a text and that a detector of codes, plates "
                                "or e-mail finds "
                                "becomes the name of its kind, such as "
                                "[cn.mobile]",
                   .format = HF_FORMAT_LOST,
                   .repeats = HF_REPEATS_VALUE,
                   .reversible = HF_REVERSIBLE_NO,
                   .reference = HF_REFERENCE_EQUAL,
                   .meaning = HF_MEANING_PART,
                   .distribution = HF_DISTRIBUTION_COARSE,
                   .reach = HF_REACH_ROW,
                   .keyed = HF_KEYED_NOT,
                   .cost = "about 500 ns for 100 bytes",
                   .constraint = "what is not found stays: names, numbers written with blanks or next to letters; "
                                 "regen leaves nothing"},
        .open = tag_open,
        .close = free,
        .mask = tag_mask,
};
