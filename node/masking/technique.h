/*
 * technique.h - a masking technique: one file in techniques/, one row in techniques/table.c, with the record of what it
 * does to data (JT/T 1480-2023, clause 5.4.4 c: principle, integrity, distribution, limits); long because that record,
 * a technique and its use are one thing.
 *
 * A technique works on a column, many values at a time, and never lets a value through as it was because it could not
 * read it: such a value becomes null and is counted. Row-local techniques need no other row and serve delivery while it
 * runs; whole-table ones need all rows first. Nothing here is random: the same values, key and parameters give the same
 * bytes on any machine (4.3.3). Pure; one open technique on one thread at a time.
 */
#ifndef HUFU_MASKING_TECHNIQUE_H
#define HUFU_MASKING_TECHNIQUE_H

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "masking/keys.h"
#include "masking/permutation/permutation.h"

/* The record; each technique's tests try whether it is true (design of masking, 1.2 and 1.4). Zero: not said, which
 * the tests refuse. */
enum hf_keeps_format { HF_FORMAT_LOST = 1, HF_FORMAT_LENGTH, HF_FORMAT_KEPT, HF_FORMAT_CHOICE };
enum hf_repeats { HF_REPEATS_VALUE = 1, HF_REPEATS_ROW, HF_REPEATS_TABLE }; /* equal results for equal what */
enum hf_reversible { HF_REVERSIBLE_NO = 1, HF_REVERSIBLE_KEY, HF_REVERSIBLE_TABLE, HF_REVERSIBLE_VAULT };
enum hf_keeps_reference { HF_REFERENCE_LOST = 1, HF_REFERENCE_PART, HF_REFERENCE_EQUAL, HF_REFERENCE_ONE_TO_ONE };
enum hf_keeps_meaning { HF_MEANING_LOST = 1, HF_MEANING_PART, HF_MEANING_ORDER, HF_MEANING_KEPT };
enum hf_keeps_distribution {
	HF_DISTRIBUTION_LOST = 1,
	HF_DISTRIBUTION_FREQUENCIES, /* how often the most frequent value stands there, not which it is */
	HF_DISTRIBUTION_COARSE,
	HF_DISTRIBUTION_NEAR,
	HF_DISTRIBUTION_EXACT,
};
enum hf_reach { HF_REACH_ROW = 1, HF_REACH_TABLE };
/* Whose scope the key has (keys.h). */
enum hf_keyed_by { HF_KEYED_NOT = 1, HF_KEYED_CONSUMER, HF_KEYED_DATASET };

struct hf_technique_record {
	const char *principle; /* one sentence */
	enum hf_keeps_format format;
	enum hf_repeats repeats;
	enum hf_reversible reversible;
	enum hf_keeps_reference reference;
	enum hf_keeps_meaning meaning;
	enum hf_keeps_distribution distribution;
	enum hf_reach reach;
	enum hf_keyed_by keyed;
	const char *cost;       /* "about 30 ns a value" */
	const char *constraint; /* what to know before using it */
};

enum hf_param_kind {
	HF_PARAM_NUMBER = 1,
	HF_PARAM_DECIMAL,
	HF_PARAM_TEXT,
	HF_PARAM_CHOICE,
	HF_PARAM_LIST,
	HF_PARAM_FILE, /* the name of one that is read */
};
struct hf_param {
	const char *name;
	enum hf_param_kind kind;
	bool needed;
	int64_t least, most; /* numbers: range; texts and lists: bytes */
	const char *choices; /* "floor ceil half-even" */
	const char *help;
};

/* A parameter as a plan states it; for a list the items are joined by '\n'. */
struct hf_arg {
	const char *name, *value;
};

/* What one use of a technique is opened with; borrowed until it is closed. */
struct hf_mask_use {
	const struct hf_technique *technique; /* set when it is opened */
	const struct hf_arg *args;
	size_t arg_count;
	const char *type;               /* semantic type of the column: "cn.mobile"; NULL: not known */
	const struct hf_mask_key *key;  /* NULL where the record says HF_KEYED_NOT */
	const struct hf_mask_key *mark; /* of the recipient's fingerprint; NULL: nobody's */
	enum hf_engine engine;
	/* Reads a table, tree or dictionary that the plan names; bounded by what out holds. */
	enum hf_err (*file)(void *ctx, const char *name, struct hf_buf *out, struct hf_fault *f);
	void *file_ctx;
	/* Adds to the end of a vault that the plan names, durably; any thread. NULL: there are no vaults here. */
	enum hf_err (*put)(void *ctx, const char *name, const void *data, size_t len, struct hf_fault *f);
	void *put_ctx;
};

/* Some values of a column, or for a technique with HF_REACH_TABLE all of them, first_row 0. A null has data NULL. out
 * may point into in, into arena, or into the open technique. */
struct hf_mask_batch {
	const struct hf_bytes *in;
	struct hf_bytes *out;
	size_t count;
	const struct hf_bytes *by; /* values of the column that a parameter "by" names; NULL: there is none */
	uint64_t first_row;        /* number in the table of the first value, from 0 */
	uint8_t *drop;          /* count bytes of 0; 1: the row is left out. NULL: techniques of rows cannot be used */
	struct hf_arena *arena; /* lives until the batch was used */
	uint64_t unreadable;    /* added to: values that became null because they are not of the type */
};

struct hf_technique {
	const char *id;
	const char *title;
	struct hf_technique_record record;
	const struct hf_param *params; /* name NULL ends; NULL: there are none */
	bool of_rows;      /* leaves rows out and no value as another: it may stand beside a technique for values */
	bool drops_column; /* the column is not in the result */
	bool formatted;    /* the column's type must be one that has a format (formats/format.h) */
	const void *own;   /* of a method of one's own (methods.h); NULL: it is built in */
	/* args are checked. ret_state NULL is fine. */
	enum hf_err (*open)(const struct hf_mask_use *use, struct hf_fault *f, void **ret_state);
	void (*close)(void *state); /* NULL: nothing to free */
	enum hf_err (*mask)(void *state, struct hf_mask_batch *b, struct hf_fault *f);
	enum hf_err (*unmask)(void *state, struct hf_mask_batch *b, struct hf_fault *f); /* NULL: not reversible */
	/* How likely the value is to become the same under another key; NULL: that cannot be said. */
	double (*chance)(void *state, const struct hf_bytes *v);
};

/* All of them, in the order in which `hufu mask techniques` shows them. */
const struct hf_technique *const *hf_techniques(size_t *ret_count);
const struct hf_technique *hf_technique_named(const char *id); /* NULL: there is none */

/* Every parameter is known, there once, of its kind and in its range; the needed ones are there. ARGUMENT names it. */
enum hf_err hf_technique_check(const struct hf_technique *t, const struct hf_arg *args, size_t count,
                               struct hf_fault *f) HF_MUST_CHECK;

/* Does the parameter name a file that the technique reads? */
bool hf_technique_reads(const struct hf_technique *t, const char *param);

struct hf_masker; /* an open technique */
/* Checks use and opens. HF_E_ARGUMENT, HF_E_LIMIT (domain too small), HF_E_FORMAT (a file); the fault says what. */
enum hf_err hf_masker_open(const struct hf_technique *t, const struct hf_mask_use *use, struct hf_fault *f,
                           struct hf_masker **ret_m) HF_MUST_CHECK;
void hf_masker_close(struct hf_masker *m);
enum hf_err hf_masker_mask(struct hf_masker *m, struct hf_mask_batch *b, struct hf_fault *f) HF_MUST_CHECK;
/* HF_E_UNSUPPORTED: not reversible. */
enum hf_err hf_masker_unmask(struct hf_masker *m, struct hf_mask_batch *b, struct hf_fault *f) HF_MUST_CHECK;
/* 1 where nothing can be said: then equal results tell nothing of the key. */
double hf_masker_chance(struct hf_masker *m, const struct hf_bytes *v);

/* For techniques: checked arguments, or what stands for a missing one. */
int64_t hf_arg_number(const struct hf_mask_use *use, const char *name, int64_t otherwise);
double hf_arg_decimal(const struct hf_mask_use *use, const char *name, double otherwise);
const char *hf_arg_text(const struct hf_mask_use *use, const char *name, const char *otherwise);

/* The words of a record, for people and programs: "kept", "by key". */
const char *hf_record_format(const struct hf_technique_record *r);
const char *hf_record_repeats(const struct hf_technique_record *r);
const char *hf_record_reversible(const struct hf_technique_record *r);
const char *hf_record_reference(const struct hf_technique_record *r);
const char *hf_record_meaning(const struct hf_technique_record *r);
const char *hf_record_distribution(const struct hf_technique_record *r);
const char *hf_record_reach(const struct hf_technique_record *r);
const char *hf_record_keyed(const struct hf_technique_record *r);

#endif
