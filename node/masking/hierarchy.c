/* hierarchy.c - a tree's lines as numbered nodes; declared in hierarchy.h. */
#include "masking/hierarchy.h"

#include <stdlib.h>
#include <string.h>

#include "masking/effect.h"
#include "masking/techniques/lines.h"

struct hf_hierarchy {
	struct hf_lines lines;
	uint32_t levels;
	struct hf_effect_table *nodes;        /* a row a line, a column a level: equal texts get one code */
	uint32_t *above[HF_HIERARCHY_LEVELS]; /* by code of a level: the code one level up */
};

struct text {
	const void *data;
	size_t len;
};

static enum hf_err give(void *ctx, const char *name, struct hf_buf *out, struct hf_fault *f)
{
	const struct text *t = ctx;

	if (hf_buf_add(out, t->data, t->len))
		return HF_OK;
	return hf_fault_set(f, HF_E_LIMIT, "%.80s is too large; divide it", name);
}

/* Codes begin at 1: no cell is empty. */
static enum hf_err number(struct hf_hierarchy *h, const char *name, struct hf_fault *f)
{
	static const uint8_t key[16] = {2};

	h->nodes = hf_effect_table_new(h->levels, key);
	for (size_t i = 0; i < h->lines.count; i++)
		if (h->lines.lines[i].count != h->levels + 1 || !hf_effect_add(h->nodes, h->lines.lines[i].cells + 1))
			return hf_fault_set(f, HF_E_FORMAT,
			                    "%.80s: line %zu has not as many levels as the first; give each %u", name,
			                    i + 1, h->levels);
	for (uint32_t level = 0; level + 1 < h->levels; level++) {
		const uint32_t *here = hf_effect_codes(h->nodes, level), *up = hf_effect_codes(h->nodes, level + 1);
		uint32_t *above = hf_alloc_zero(hf_effect_distinct(h->nodes, level) * sizeof(*above));

		h->above[level] = above;
		for (uint32_t i = 0; i < hf_effect_rows(h->nodes); i++) {
			if (above[here[i]] && above[here[i]] != up[i])
				return hf_fault_set(f, HF_E_FORMAT,
				                    "%.80s: line %u goes to another parent at level %u than an "
				                    "earlier line with the same cell; make it a tree",
				                    name, i + 1, level + 2);
			above[here[i]] = up[i];
		}
	}
	return HF_OK;
}

enum hf_err hf_hierarchy_read(const char *name, const void *text, size_t len, struct hf_hierarchy **ret_h,
                              struct hf_fault *f)
{
	struct text t = {text, len};
	struct hf_arg arg = {"tree", name};
	const struct hf_mask_use use = {.args = &arg, .arg_count = 1, .file = give, .file_ctx = &t};
	struct hf_hierarchy *h = hf_alloc_zero(sizeof(*h));
	enum hf_err e = hf_lines_open(&use, name, "tree", 2, f, &h->lines);

	if (e == HF_OK) {
		h->levels = h->lines.lines[0].count - 1;
		e = number(h, name, f);
	}
	if (e == HF_OK)
		*ret_h = h;
	else
		hf_hierarchy_free(h);
	return e;
}

void hf_hierarchy_free(struct hf_hierarchy *h)
{
	if (!h)
		return;
	hf_lines_done(&h->lines);
	hf_effect_table_free(h->nodes);
	for (size_t i = 0; i < HF_HIERARCHY_LEVELS; i++)
		free(h->above[i]);
	free(h);
}

uint32_t hf_hierarchy_levels(const struct hf_hierarchy *h)
{
	return h->levels;
}

uint32_t hf_hierarchy_node(const struct hf_hierarchy *h, struct hf_bytes value, uint32_t level)
{
	const struct hf_line *line = hf_lines_find(&h->lines, value.data, value.len);

	return line ? hf_effect_codes(h->nodes, level - 1)[line - h->lines.lines] - 1 : UINT32_MAX;
}

uint32_t hf_hierarchy_nodes(const struct hf_hierarchy *h, uint32_t level)
{
	return hf_effect_distinct(h->nodes, level - 1) - 1;
}
