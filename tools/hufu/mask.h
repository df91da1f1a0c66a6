/*
 * mask.h - what the subcommands of `hufu mask` share. All of it works offline, without a node, but for
 * `hufu mask trace --source`.
 */
#ifndef HUFU_TOOLS_MASK_H
#define HUFU_TOOLS_MASK_H

#include "cli.h"
#include "masking/identify.h"
#include "masking/plan.h"
#include "source/readers/recode.h"

/* How a file is read; FORMAT_TEXT is anything that is no table. */
enum hf_mask_format { HF_MASK_BY_NAME = 0, HF_MASK_CSV, HF_MASK_LINES, HF_MASK_TEXT };

struct hf_mask_sample {
	const char *path;
	enum hf_mask_format format;
	enum hf_encoding encoding; /* UNKNOWN: told by the first bytes */
	uint64_t rows;             /* at most */
};
/* What a reading found. */
struct hf_mask_hit {
	uint64_t byte;
	const struct hf_detector *detector;
};
struct hf_mask_reading {
	struct hf_mask_sample sample; /* format and encoding as they turned out */
	struct hf_identify *x;        /* of a table */
	struct hf_mask_hit *hits;     /* of a text */
	size_t hit_count;
	uint64_t bytes; /* read */
};
/* By the end of its name: .csv, .jsonl, .ndjson, or a text. */
enum hf_mask_format hf_mask_format_of(const char *path);
/* Reads the sample and looks at it. fields_about: comments of fields (JSON object) or NULL. False after printing what
 * is wrong. */
bool hf_mask_read(struct hf_cli *cli, const struct hf_mask_sample *s, const struct hf_identify_options *o,
                  const json_t *fields_about, struct hf_mask_reading *ret_reading);
void hf_mask_reading_done(struct hf_mask_reading *r);

/* One file's findings as JSON; the text is made from it. */
json_t *hf_mask_report(struct hf_mask_reading *r, const char *table);
void hf_mask_print(struct hf_cli *cli, const json_t *report);

/* A JSON object from a file. NULL after printing what is wrong. */
json_t *hf_mask_load(struct hf_cli *cli, const char *path);
/* Joins a report of `identify` into the inventory in that file, which is made when it is not there. False after
 * printing what is wrong; *ret_differs: a confirmed field looks otherwise now, which is printed. */
bool hf_mask_keep(struct hf_cli *cli, const char *path, json_t *report, bool *ret_differs);

/* The methods of a file; path NULL: none, and NULL. False after printing what is wrong. */
bool hf_mask_methods(struct hf_cli *cli, const char *path, struct hf_methods **ret_methods);
/* A file that a plan or a method names. */
enum hf_err hf_mask_file(void *ctx, const char *name, struct hf_buf *out, struct hf_fault *f);

/* Prints a plan proposed from that inventory. */
int hf_mask_propose(struct hf_cli *cli, const char *path);

/* A plan from a file, with methods (NULL: none) that outlive it; hf_plan_free. NULL after printing what is wrong. */
struct hf_plan *hf_mask_plan_load(struct hf_cli *cli, const char *path, struct hf_methods *methods);
/* The masking key in the first line of a file that only its owner can read. False after printing what is wrong. */
bool hf_mask_key_read(struct hf_cli *cli, const char *path, struct hf_mask_key *ret_key);

int hf_mask_cli_trace(struct hf_cli *cli, int argc, char **argv);
int hf_mask_cli_plan(struct hf_cli *cli, int argc, char **argv);
int hf_mask_cli_evaluate(struct hf_cli *cli, int argc, char **argv);
int hf_mask_cli_suggest(struct hf_cli *cli, int argc, char **argv);
int hf_mask_cli_run(struct hf_cli *cli, int argc, char **argv);
int hf_mask_cli_techniques(struct hf_cli *cli, int argc, char **argv);
int hf_mask_cli_confirm(struct hf_cli *cli, int argc, char **argv);
int hf_mask_cli_identify(struct hf_cli *cli, int argc, char **argv);
int hf_mask_cli_detectors(struct hf_cli *cli, int argc, char **argv);

#endif
