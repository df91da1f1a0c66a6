/*
 * file.h - policies as text: read from YAML or JSON lines, and written; requests as JSON (docs/policy.md).
 *
 * A policy says who it is, its hierarchies, its attributes and its rules, in this order, so that everything a line
 * names stands above it. What is not understood - a key, an attribute, an operator, an obligation - is an error with
 * "FILE:LINE: ..."; nothing is dropped. Reading is bounded (doc.h) and pure; any thread.
 */
#ifndef HUFU_POLICY_FILE_H
#define HUFU_POLICY_FILE_H

#include "base/buf.h"
#include "policy/policy.h"

#define HF_POLICY_NAME_MAX 127

struct hf_policy_head {
	const char *name;
	uint64_t version; /* from 1 */
};

/* What a text holds is handed over piece by piece; an error ends the reading and is its result. */
struct hf_policy_sink {
	void *ctx;
	/* Once, before the first rule. Schema and trees are borrowed: take a reference to keep them. */
	enum hf_err (*begin)(void *ctx, const struct hf_policy_head *head, struct hf_schema *schema,
	                     struct hf_trees *trees, struct hf_fault *f);
	/* The rule has passed hf_rule_check, and its id stands only once in the text. Borrowed for the call. */
	enum hf_err (*rule)(void *ctx, const struct hf_rule *rule, uint32_t line, struct hf_fault *f);
};
/* JSON lines when the first character is '{', else YAML. text[len] must be writable: the text is used up. */
enum hf_err hf_policy_text_read(const char *name, char *text, size_t len, const struct hf_policy_sink *sink,
                                struct hf_fault *f) HF_MUST_CHECK;

/* A whole file, compiled; the lines of its rules are kept. */
struct hf_policy_file;
enum hf_err hf_policy_file_read(const char *path, struct hf_policy_file **ret_file, struct hf_fault *f) HF_MUST_CHECK;
void hf_policy_file_free(struct hf_policy_file *file); /* NULL is fine */
const struct hf_policy *hf_policy_file_policy(const struct hf_policy_file *file);
const char *hf_policy_file_path(const struct hf_policy_file *file);
const struct hf_policy_head *hf_policy_file_head(const struct hf_policy_file *file);
uint32_t hf_policy_file_line(const struct hf_policy_file *file, const char *rule); /* 0: no such rule */

/* Writing; reading it again gives the same schema, trees and rules; conditions on one attribute come to stand together.
 * False when the buffer's limit is reached. */
enum hf_policy_form { HF_FORM_INVALID = 0, HF_FORM_YAML, HF_FORM_LINES };
bool hf_policy_write(const struct hf_policy *p, const struct hf_policy_head *head, enum hf_policy_form form,
                     struct hf_buf *out);
bool hf_schema_write(const struct hf_schema *schema, enum hf_policy_form form, struct hf_buf *out);
/* One obligation as it stands in a rule: "report-use" or {"mask":"plan-7"}, as JSON. */
bool hf_obligation_write(const struct hf_obligation *o, struct hf_buf *out);

/* Requests, one JSON object in a line (docs/policy.md). */
struct hf_policy_question {
	const char *id; /* what the request calls itself; "" */
	uint32_t line;
	const char *unknown; /* the first attribute that the schema does not declare, NULL: none */
	struct hf_policy_request request;
};
/* Called for every line that is not blank, in order: with the question, or with NULL and what is wrong with the line,
 * which is then to be answered with a denial. Everything is borrowed for the call. False ends it. */
typedef bool hf_question_fn(void *ctx, const struct hf_policy_question *q, const struct hf_fault *defect);
/* text[len] must be writable: the text is used up. */
void hf_policy_questions_read(const char *name, char *text, size_t len, const struct hf_schema *schema,
                              hf_question_fn *fn, void *ctx);
/* Lines that are kept, in order: entities (each has an id of its own and attributes that are all declared, and no time)
 * or requests. HF_E_FORMAT: a line is malformed, or has an id that another has; HF_E_UNKNOWN: an entity has an
 * attribute that is not declared. */
enum hf_entity_kind { HF_ENTITY_INVALID = 0, HF_ENTITIES, HF_QUESTIONS };
struct hf_policy_entities;
enum hf_err hf_policy_entities_read(const char *name, char *text, size_t len, const struct hf_schema *schema,
                                    enum hf_entity_kind kind, struct hf_policy_entities **ret_entities,
                                    struct hf_fault *f) HF_MUST_CHECK;
void hf_policy_entities_free(struct hf_policy_entities *e); /* NULL is fine */
size_t hf_policy_entities_count(const struct hf_policy_entities *e);
const struct hf_policy_question *hf_policy_entities_get(const struct hf_policy_entities *e, size_t n);

/* A request as it is read, as one JSON object without a line end; attributes that are not declared are left out. False
 * when the buffer's limit is reached. */
bool hf_policy_request_write(const struct hf_schema *schema, const struct hf_policy_request *rq, struct hf_buf *out);

/* The answer, as one JSON object without a line end. */
bool hf_policy_answer_write(const struct hf_policy *p, const struct hf_policy_question *q,
                            const struct hf_policy_decision *d, struct hf_buf *out);

#endif
