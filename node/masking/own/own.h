/*
 * own.h - inside of own/: one method as it was read, and the kinds that there are.
 */
#ifndef HUFU_MASKING_OWN_OWN_H
#define HUFU_MASKING_OWN_OWN_H

#include <stdatomic.h>

#include "masking/methods.h"
#include "masking/plan_tree.h"

struct hf_own {
	struct hf_technique technique;
	const struct hf_plan_node *node; /* its definition */
	const char *form;                /* NULL: of a table, see values */
	const struct hf_bytes *values;   /* of a table: what it can be tried on */
	size_t value_count;
	struct hf_methods *all;
	void *what; /* of its kind */
	void (*free)(void *what);
	bool tried; /* and did what its record says */
};

struct hf_methods {
	atomic_uint holders;
	struct hf_arena arena;
	const char *name; /* for messages */
	enum hf_err (*file)(void *ctx, const char *name, struct hf_buf *out, struct hf_fault *f);
	void *file_ctx;
	bool libraries; /* may be loaded */
	struct hf_hash digest;
	struct hf_own *own;
	size_t count;
	bool held; /* all were tried before */
	uint64_t trial_us,
	        tried_us; /* of processor time, for all trials together and taken so far; 0: without a bound */
};

/* The definitions below `map`, which lives as long as m. */
enum hf_err hf_methods_take(struct hf_methods *m, const struct hf_plan_node *map, struct hf_fault *f) HF_MUST_CHECK;
/* What a plan defines itself: no files, no libraries. map lives as long as the methods. */
enum hf_err hf_methods_inline(const char *name, const struct hf_plan_node *map, struct hf_methods **ret_m,
                              struct hf_fault *f) HF_MUST_CHECK;
/* The method does what its record says; tried at the first call. HF_E_QUALITY: it does not. */
enum hf_err hf_methods_hold(struct hf_methods *m, const struct hf_technique *t, struct hf_fault *f) HF_MUST_CHECK;

/* Each kind fills open, close, mask, unmask, what and free; the node is that of its key. */
enum hf_err hf_own_pattern(struct hf_own *o, const struct hf_plan_node *n, struct hf_fault *f);
enum hf_err hf_own_table(struct hf_own *o, const struct hf_plan_node *n, struct hf_fault *f);
enum hf_err hf_own_steps(struct hf_own *o, const struct hf_plan_node *n, struct hf_fault *f);
/* This one gives title and record, too. */
enum hf_err hf_own_library(struct hf_own *o, const struct hf_plan_node *n, struct hf_fault *f);

/* Step i of a method of steps. False: there is none. */
bool hf_own_step(const struct hf_own *o, size_t i, const struct hf_technique **ret_t, const struct hf_arg **ret_args,
                 size_t *ret_count);

/* For the kinds. "NAME:LINE: method ID: sentence". */
enum hf_err hf_own_fault(const struct hf_own *o, const struct hf_plan_node *n, struct hf_fault *f, const char *fmt, ...)
        __attribute__((format(printf, 4, 5)));
/* A record's words into r; words[i] NULL: that one is missing. False: *ret_which is the property that has no such
 * word. */
enum { HF_OWN_WORDS = 7 };
extern const char *const hf_own_words[HF_OWN_WORDS];
bool hf_own_record(const char *const words[HF_OWN_WORDS], struct hf_technique_record *r, size_t *ret_which);

/* Value number `number` of a form, and whether a value is of it: # a digit, @ a capital letter, % a small one, & a Han
 * character, \ the next one as it is. ret_value has HF_OWN_VALUE bytes. */
#define HF_OWN_FORM 100u
#define HF_OWN_VALUE (4 * HF_OWN_FORM)
bool hf_own_form_ok(const char *form, double *ret_size);
size_t hf_own_value(const char *form, uint64_t number, uint8_t *ret_value);
bool hf_own_of_form(const char *form, const struct hf_bytes *v);

#endif
