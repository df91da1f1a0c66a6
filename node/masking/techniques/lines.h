/*
 * lines.h - tables that a plan names: lines of cells separated by commas or tabs, found by their first cell. Inside of
 * techniques/.
 */
#ifndef HUFU_MASKING_TECHNIQUES_LINES_H
#define HUFU_MASKING_TECHNIQUES_LINES_H

#include "masking/technique.h"

#define HF_LINES_BYTES ((size_t)32 << 20)
#define HF_LINES_MAX (1u << 20)
#define HF_LINES_CELLS 8u

struct hf_line {
	struct hf_bytes cells[HF_LINES_CELLS];
	uint32_t count;
};
struct hf_lines {
	struct hf_buf text;
	struct hf_line *lines;
	size_t count;
	uint32_t *index; /* of line + 1 by a hash of the first cell */
	size_t cap;
	size_t longest; /* bytes of a first cell */
};
/* Reads the file that parameter `name` names; UTF-8, no empty cells, no first cell twice, each line with at least
 * `least` cells. Faults say the line. */
enum hf_err hf_lines_open(const struct hf_mask_use *use, const char *technique, const char *name, uint32_t least,
                          struct hf_fault *f, struct hf_lines *ret_l) HF_MUST_CHECK;
void hf_lines_done(struct hf_lines *l);
/* The line whose first cell is that; NULL: none. */
const struct hf_line *hf_lines_find(const struct hf_lines *l, const uint8_t *cell, size_t len);

#endif
