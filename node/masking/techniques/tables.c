/* tables.c - hier, map and dict: values become what a table of the plan says. */
#include "masking/techniques/each.h"
#include "masking/techniques/lines.h"
#include "masking/techniques/prf.h"
#include "masking/techniques/techniques.h"

#include <stdlib.h>
#include <string.h>

/* hier: each line is a value and what it is at level 1, 2, ... */
struct hier {
	struct hf_lines tree;
	uint32_t level;
	bool prefix;
};

static void hier_close(void *state)
{
	struct hier *s = state;

	hf_lines_done(&s->tree);
	free(s);
}

static enum hf_err hier_open(const struct hf_mask_use *use, struct hf_fault *f, void **ret_state)
{
	struct hier s = {.level = (uint32_t)hf_arg_number(use, "level", 1),
	                 .prefix = strcmp(hf_arg_text(use, "match", "whole"), "prefix") == 0};

	HF_TRY(hf_lines_open(use, "hier", "tree", s.level + 1, f, &s.tree));
	*ret_state = hf_alloc(sizeof(s));
	memcpy(*ret_state, &s, sizeof(s));
	return HF_OK;
}

/* The longest first cell that the value begins with. */
static const struct hf_line *longest(const struct hf_lines *l, const struct hf_bytes *v)
{
	for (size_t n = v->len < l->longest ? v->len : l->longest; n > 0; n--) {
		const struct hf_line *line = hf_lines_find(l, v->data, n);

		if (line)
			return line;
	}
	return NULL;
}

static bool hier_value(void *state, struct hf_mask_batch *b, size_t i)
{
	const struct hier *s = state;
	const struct hf_bytes *v = &b->in[i];
	const struct hf_line *line = s->prefix ? longest(&s->tree, v) : hf_lines_find(&s->tree, v->data, v->len);

	if (line)
		b->out[i] = line->cells[s->level];
	return line != NULL;
}

static enum hf_err hier_mask(void *state, struct hf_mask_batch *b, struct hf_fault *f)
{
	(void)f;
	return hf_mask_each(state, b, hier_value);
}

static const struct hf_param hier_params[] = {
        {"tree", HF_PARAM_FILE, true, 1, 4096, NULL, "file: value, level 1, level 2, ... a line"},
        {"level", HF_PARAM_NUMBER, true, 1, HF_LINES_CELLS - 1, NULL, "which level comes out"},
        {"match", HF_PARAM_CHOICE, false, 0, 0, "whole prefix",
         "prefix: the longest line that the value begins with, as for addresses; whole when nothing is said"},
        {NULL, 0, false, 0, 0, NULL, NULL},
};

const struct hf_technique hf_technique_hier = {
        .id = "hier",
        .title = "hierarchy",
        .record = {.principle = "a value becomes its ancestor at a level of a tree",
                   .format = HF_FORMAT_LOST,
                   .repeats = HF_REPEATS_VALUE,
                   .reversible = HF_REVERSIBLE_NO,
                   .reference = HF_REFERENCE_LOST,
                   .meaning = HF_MEANING_KEPT,
                   .distribution = HF_DISTRIBUTION_COARSE,
                   .reach = HF_REACH_ROW,
                   .keyed = HF_KEYED_NOT,
                   .cost = "about 50 ns a value",
                   .constraint = "one tree for all consumers of a dataset; what is not in the tree becomes null"},
        .params = hier_params,
        .open = hier_open,
        .close = hier_close,
        .mask = hier_mask,
};

/* map: a code table, one to one. */
struct map {
	struct hf_lines there, back; /* back: lines with their cells turned, without a text of its own */
};

static void map_close(void *state)
{
	struct map *s = state;

	hf_lines_done(&s->there);
	hf_lines_done(&s->back);
	free(s);
}

static enum hf_err read_turned(void *ctx, const char *name, struct hf_buf *out, struct hf_fault *f)
{
	const struct hf_lines *l = ctx;

	(void)name;
	for (size_t i = 0; i < l->count; i++) {
		const struct hf_bytes *c = l->lines[i].cells;

		if (!hf_buf_add(out, c[1].data, c[1].len) || !hf_buf_add(out, ",", 1) ||
		    !hf_buf_add(out, c[0].data, c[0].len) || !hf_buf_add(out, "\n", 1))
			return hf_fault_set(f, HF_E_LIMIT, "map: the table is too large; split it");
	}
	return HF_OK;
}

static enum hf_err map_open(const struct hf_mask_use *use, struct hf_fault *f, void **ret_state)
{
	struct map *s = hf_alloc_zero(sizeof(*s));
	struct hf_mask_use turned = *use;
	enum hf_err e = hf_lines_open(use, "map", "table", 2, f, &s->there);

	turned.file = read_turned;
	turned.file_ctx = &s->there;
	if (e == HF_OK && hf_lines_open(&turned, "map", "table", 2, NULL, &s->back) != HF_OK)
		e = hf_fault_set(f, HF_E_FORMAT,
		                 "map: two values of the table become the same one; make it one to one");
	if (e != HF_OK) {
		map_close(s);
		return e;
	}
	*ret_state = s;
	return HF_OK;
}

static enum hf_err look_up(const struct hf_lines *l, struct hf_mask_batch *b)
{
	for (size_t i = 0; i < b->count; i++) {
		const struct hf_bytes *v = &b->in[i];
		const struct hf_line *line = v->data ? hf_lines_find(l, v->data, v->len) : NULL;

		b->out[i] = line ? line->cells[1] : (struct hf_bytes){NULL, 0};
		b->unreadable += v->data && !line;
	}
	return HF_OK;
}

static enum hf_err map_mask(void *state, struct hf_mask_batch *b, struct hf_fault *f)
{
	(void)f;
	return look_up(&((struct map *)state)->there, b);
}

static enum hf_err map_unmask(void *state, struct hf_mask_batch *b, struct hf_fault *f)
{
	(void)f;
	return look_up(&((struct map *)state)->back, b);
}

static const struct hf_param map_params[] = {
        {"table", HF_PARAM_FILE, true, 1, 4096, NULL, "file: value, replacement a line, one to one"},
        {NULL, 0, false, 0, 0, NULL, NULL},
};

const struct hf_technique hf_technique_map = {
        .id = "map",
        .title = "code table",
        .record = {.principle = "a value becomes what a table says",
                   .format = HF_FORMAT_CHOICE,
                   .repeats = HF_REPEATS_VALUE,
                   .reversible = HF_REVERSIBLE_TABLE,
                   .reference = HF_REFERENCE_ONE_TO_ONE,
                   .meaning = HF_MEANING_KEPT,
                   .distribution = HF_DISTRIBUTION_EXACT,
                   .reach = HF_REACH_ROW,
                   .keyed = HF_KEYED_NOT,
                   .cost = "about 40 ns a value",
                   .constraint = "who has the table has the values; what is not in it becomes null"},
        .params = map_params,
        .open = map_open,
        .close = map_close,
        .mask = map_mask,
        .unmask = map_unmask,
};

/* dict: words of a dictionary. */
struct dict {
	struct hf_lines words;
	struct hf_prf prf;
	size_t keep; /* characters that stay in front */
};

static void dict_close(void *state)
{
	struct dict *s = state;

	hf_lines_done(&s->words);
	hf_prf_done(&s->prf);
	free(s);
}

static enum hf_err dict_open(const struct hf_mask_use *use, struct hf_fault *f, void **ret_state)
{
	struct dict *s = hf_alloc_zero(sizeof(*s));
	enum hf_err e = hf_lines_open(use, "dict", "words", 1, f, &s->words);

	if (e != HF_OK) {
		free(s);
		return e;
	}
	hf_prf_init(&s->prf, use, "dict");
	s->keep = (size_t)hf_arg_number(use, "keep-first", 0);
	*ret_state = s;
	return HF_OK;
}

static struct hf_bytes dict_one(const struct dict *s, const struct hf_bytes *v, struct hf_arena *arena)
{
	const struct hf_bytes *word;
	size_t kept = 0, chars = 0;
	struct hf_hash h;
	uint8_t *out;

	for (; kept < v->len; kept++)
		if ((v->data[kept] & 0xC0) != 0x80 && chars++ == s->keep)
			break;
	if (kept == v->len) /* not more than what is kept: nothing is */
		kept = 0;
	hf_prf_of_value(&s->prf, v, &h);
	word = &s->words.lines[hf_prf_below(&h, 0, s->words.count)].cells[0];
	out = hf_arena_get(arena, kept + word->len);
	memcpy(out, v->data, kept);
	memcpy(out + kept, word->data, word->len);
	return (struct hf_bytes){out, kept + word->len};
}

static enum hf_err dict_mask(void *state, struct hf_mask_batch *b, struct hf_fault *f)
{
	(void)f;
	for (size_t i = 0; i < b->count; i++)
		b->out[i] = b->in[i].data ? dict_one(state, &b->in[i], b->arena) : (struct hf_bytes){NULL, 0};
	return HF_OK;
}

static double dict_chance(void *state, const struct hf_bytes *v)
{
	const struct dict *s = state;

	(void)v;
	return 1 / (double)s->words.count;
}

static const struct hf_param dict_params[] = {
        {"words", HF_PARAM_FILE, true, 1, 4096, NULL, "file: a word a line"},
        {"keep-first", HF_PARAM_NUMBER, false, 0, 8, NULL,
         "characters that stay in front, as a surname; 0 when nothing is said"},
        {NULL, 0, false, 0, 0, NULL, NULL},
};

const struct hf_technique hf_technique_dict = {
        .id = "dict",
        .title = "dictionary",
        .record = {.principle = "a value becomes a word of a dictionary, chosen by a keyed function of the value",
                   .format = HF_FORMAT_CHOICE,
                   .repeats = HF_REPEATS_VALUE,
                   .reversible = HF_REVERSIBLE_NO,
                   .reference = HF_REFERENCE_EQUAL,
                   .meaning = HF_MEANING_KEPT,
                   .distribution = HF_DISTRIBUTION_FREQUENCIES,
                   .reach = HF_REACH_ROW,
                   .keyed = HF_KEYED_CONSUMER,
                   .cost = "about 300 ns a value",
                   .constraint = "different values may become the same word: joins grow when the dictionary is small"},
        .params = dict_params,
        .open = dict_open,
        .close = dict_close,
        .mask = dict_mask,
        .chance = dict_chance,
};
