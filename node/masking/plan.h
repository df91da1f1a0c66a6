/*
 * plan.h - a masking plan (JT/T 1480-2023, 5.4.3 and 5.5): what is masked for which need, how, by whom, when, how the
 * result is checked, and what is done when something goes wrong.
 *
 * A plan is YAML for people; its digest is that of its exact bytes, so that what was approved is what runs. Reading
 * checks every item: known, of its form, complete; techniques and parameters against their records; three persons for
 * three roles; fields that belong together masked alike (MK-32). Pure; any thread once read.
 */
#ifndef HUFU_MASKING_PLAN_H
#define HUFU_MASKING_PLAN_H

#include <jansson.h>

#include "crypto/hash.h"
#include "masking/keys.h"
#include "masking/methods.h"
#include "masking/technique.h"

enum hf_plan_mode { HF_PLAN_STATIC = 1, HF_PLAN_DYNAMIC };

struct hf_plan_field {
	const char *name;
	const struct hf_technique *technique; /* NULL: the field is kept, because it is not sensitive */
	const char *type;                     /* semantic type; NULL: not said */
	const char *by;                       /* field that the technique names; NULL: none */
	const struct hf_arg *args;
	size_t arg_count;
	uint32_t line;
};
/* What the result of a table must be, and what is done for it (demand.h). */
struct hf_plan_demand {
	const char *const *quasi, *const *sensitive; /* fields of the table */
	size_t quasi_count, sensitive_count;
	uint32_t k, l, grade; /* 0: not demanded */
	double t, recovery;   /* negative: not demanded */
	double threshold;     /* of the grade's risk */
	double suppress; /* rows that miss k, l or t lose their quasi-identifiers, up to that share of all; 0: none */
};
struct hf_plan_table {
	const char *name;
	const struct hf_plan_field *fields;
	size_t field_count;
	const struct hf_plan_demand *demand; /* NULL: none */
};
/* What is done about an error of a kind (5.5 e). */
struct hf_plan_emergency {
	const char *when; /* "source", "format", "key", "result", "space" */
	const char *cause, *solution, *who;
	bool pause; /* a task keeps what is durable and waits for a person; else it ends and nothing is left */
};

struct hf_plan_file;
struct hf_plan {
	const char *name, *need, *purpose;
	uint32_t version;
	enum hf_plan_mode mode;
	const char *operator_name, *security, *audit; /* persons */
	const char *start, *every;                    /* NULL: by hand */
	int64_t start_ms, every_ms;                   /* 0: by hand; once */
	enum hf_engine engine;
	struct hf_mask_scope scope; /* without technique */
	const struct hf_plan_table *tables;
	size_t table_count;
	uint64_t rows_least, rows_most; /* of each result; 0: not said */
	uint64_t unreadable_most;       /* values that became null because they were not of the type */
	uint64_t source_rate;           /* bytes of its source that a task reads in a second; 0: as fast as it can */
	const struct hf_plan_emergency *emergency;
	size_t emergency_count;
	struct hf_hash digest;
	const struct hf_plan_file *files; /* that it is bound to (plan_files.h) */
	size_t file_count;
};

/* name is for messages. The text is copied. Faults: "NAME:LINE: sentence". */
enum hf_err hf_plan_read(const char *name, const void *text, size_t len, struct hf_plan **ret_plan,
                         struct hf_fault *f) HF_MUST_CHECK;
/* The same with the methods of a file, which outlive the plan and which it names by their digest: methods: {sha256:
 * HEX}. One of methods that it uses, or defines itself, does what its record says, or the plan is refused. */
struct hf_plan_source {
	const char *name;
	const void *text;
	size_t len;
	struct hf_methods *methods; /* NULL: none */
	/* Or where those of a digest in hex are, shared with the plan; NULL with a fault: there are none. */
	struct hf_methods *(*methods_by)(void *ctx, const char *sha256, struct hf_fault *f);
	void *methods_ctx;
	/* What the files that its techniques read hold (plan_files.h), shared with the plan: one that is not there is a
	 * fault. bound false: they are read when it runs. */
	const struct hf_plan_file *files;
	size_t file_count;
	bool bound;
	/* Of those that it defines itself: they were tried in these very bytes, and are not again; or how much
	 * processor time all their trials may take together, 0: as much as they need. */
	bool tried;
	uint32_t trial_ms;
};
enum hf_err hf_plan_read_from(const struct hf_plan_source *s, struct hf_plan **ret_plan,
                              struct hf_fault *f) HF_MUST_CHECK;
void hf_plan_free(struct hf_plan *p);
const struct hf_plan_table *hf_plan_table_named(const struct hf_plan *p, const char *name); /* NULL: none */
/* plan_run.c: the same for tasks, deliveries and offline runs. */
/* The rows of a whole result, and its values that became null because they were not of the type (MK-41, MK-47). */
enum hf_err hf_plan_result_check(const struct hf_plan *p, uint64_t rows, uint64_t unreadable,
                                 struct hf_fault *f) HF_MUST_CHECK;
const struct hf_plan_emergency *hf_plan_emergency_for(const struct hf_plan *p, const char *when); /* NULL: none */
/* The scheme in words. done: what the node itself did by it. */
void hf_plan_emergency_text(const struct hf_plan_emergency *e, const char *done, char *out, size_t cap);

/* One technique, one type, one set of parameters. */
bool hf_plan_masked_alike(const struct hf_plan_field *a, const struct hf_plan_field *b);
/* Sentences about what a checked inventory (inventory.h) says otherwise: fields that nobody confirmed, sensitive ones
 * that are kept or masked so that next to nothing is hidden (hides.h), other types, related fields that are masked
 * differently. The caller's; empty: nothing. */
json_t *hf_plan_lint(const struct hf_plan *p, const json_t *inventory);
/* The same about the files that a bound plan's techniques read; of others nothing. */
json_t *hf_plan_lint_files(const struct hf_plan *p);

#endif
