/*
 * mask_evaluate.h - tables as `hufu mask evaluate` and `suggest` hold them: the columns' names and the rows in codes;
 * and the evaluation of two of them.
 */
#ifndef HUFU_TOOLS_MASK_EVALUATE_H
#define HUFU_TOOLS_MASK_EVALUATE_H

#include "mask_rows.h"
#include "masking/effect.h"
#include "masking/hierarchy.h"
#include "masking/plan.h"

#define HF_MASK_NAMES 64u
#define HF_MASK_THRESHOLD 0.05 /* k = 20, the usual example */

struct hf_mask_table {
	const char *path;
	char **names;
	size_t name_count;
	struct hf_effect_table *rows;
};
/* A table of CSV or JSON lines. key: as of hf_effect_table_new. done frees in both cases. */
enum hf_err hf_mask_table_load(const struct hf_mask_input *file, const uint8_t key[16], struct hf_mask_table *ret_table,
                               struct hf_fault *f) HF_MUST_CHECK;
enum hf_err hf_mask_table_first(const struct hf_mask_input *file, const uint8_t key[16], uint32_t most,
                                struct hf_mask_table *ret_table,
                                struct hf_fault *f) HF_MUST_CHECK; /* only its first rows */
/* The same, told by its name and first bytes. False after printing what is wrong. */
bool hf_mask_table_read(struct hf_cli *cli, const char *path, const uint8_t key[16], struct hf_mask_table *ret_table);
void hf_mask_table_done(struct hf_mask_table *t);
/* The number of the column of that name. False after printing that there is none. */
bool hf_mask_table_column(struct hf_cli *cli, const struct hf_mask_table *t, const char *name, size_t *ret_column);

/* Names of columns, given with commas between. */
struct hf_mask_names {
	char *text; /* what name points into */
	const char *name[HF_MASK_NAMES];
	size_t count;
};
/* list NULL: none. False after printing what is wrong. */
bool hf_mask_names_split(struct hf_cli *cli, const char *option, const char *list, struct hf_mask_names *n);
/* A number from 0 to 1; *ret_share stays when text is NULL. False after printing what is wrong. */
bool hf_mask_share(struct hf_cli *cli, const char *option, const char *text, double *ret_share);
/* DIR/COLUMN.csv; *ret_h NULL when there is no such file, or folder is NULL. False after printing what is wrong. */
bool hf_mask_hierarchy(struct hf_cli *cli, const char *folder, const char *column, struct hf_hierarchy **ret_h);

/* Holds a result to what its table of the plan demands (demand.h). HF_E_QUALITY: it misses something, which is said. */
enum hf_err hf_mask_result_check(const struct hf_plan_table *t, const struct hf_mask_input *before,
                                 const struct hf_mask_input *after, json_t **ret_figures,
                                 struct hf_fault *f) HF_MUST_CHECK;
/* What masking left, of the first rows (release/engine/measure.h), whatever the plan demands. Quasi-identifiers are the
 * fields that look like it. pairs: row for row the same things. NULL: it cannot be told. The caller's. */
json_t *hf_mask_result_measure(const struct hf_plan_table *t, const struct hf_mask_input *before,
                               const struct hf_mask_input *after, bool pairs);

struct hf_mask_evaluation {
	struct hf_cli *cli;
	struct hf_mask_names quasi, sensitive;
	struct hf_hierarchy *tree[HF_MASK_NAMES]; /* by sensitive column; NULL: none */
	uint32_t l;                               /* of recursive (c, l)-diversity */
	uint32_t people;                          /* in the population; 0: not known */
	uint32_t questions;
	const char *seed; /* of the questions */
	double threshold;
	struct hf_mask_table before, after, population; /* population.rows NULL: none */
};
/* All figures. NULL after printing what is wrong. */
json_t *hf_mask_figures(struct hf_mask_evaluation *e);
/* Before and after side by side, as text. */
void hf_mask_figures_print(struct hf_cli *cli, const json_t *figures);
/* The same as one HTML page with plots. False after printing why it cannot be written. */
bool hf_mask_page_write(struct hf_cli *cli, const char *path, const json_t *figures);

#endif
