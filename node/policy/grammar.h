/*
 * grammar.h - what the trees of a policy file mean. Private to the folder; the story is in file.h.
 */
#ifndef HUFU_POLICY_GRAMMAR_H
#define HUFU_POLICY_GRAMMAR_H

#include "policy/doc.h"
#include "policy/file.h"
#include "policy/texts.h"

/* Where a message points. */
struct hf_place {
	const char *file;
	struct hf_fault *f;
};

/* Scalars. `what` names the thing in the message: "the priority". Texts live as long as the doc. */
enum hf_err hf_doc_text(const struct hf_place *p, const struct hf_doc *d, const char *what, const char **ret_text);
enum hf_err hf_doc_integer(const struct hf_place *p, const struct hf_doc *d, const char *what, int64_t *ret_number);
enum hf_err hf_doc_time(const struct hf_place *p, const struct hf_doc *d, const char *what, int64_t *ret_ms);
enum hf_err hf_doc_bool(const struct hf_place *p, const struct hf_doc *d, const char *what, bool *ret_flag);
/* One text or a list of them; from the arena. */
enum hf_err hf_doc_texts(const struct hf_place *p, const struct hf_doc *d, const char *what, struct hf_arena *arena,
                         const char *const **ret_texts, size_t *ret_count);
/* A value of the attribute; only type and value are set. */
enum hf_err hf_doc_value(const struct hf_place *p, const struct hf_doc *d, const struct hf_attr_spec *spec,
                         struct hf_attr_value *ret_value);

/* The rule of a doc; from the arena. Everything that is wrong is refused, with its own line. */
enum hf_err hf_doc_rule(const struct hf_place *p, const struct hf_doc *d, const struct hf_schema *schema,
                        struct hf_arena *arena, struct hf_rule *ret_rule);

/* "a, b, c" of an X-macro table, as one literal that begins with ", ": use HF_LISTED(HF_MECHANISMS). */
#define HF_LISTED_ROW(code, name) ", " name
#define HF_LISTED(table) (&(table(HF_LISTED_ROW))[2])

#endif
