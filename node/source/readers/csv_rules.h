/*
 * csv_rules.h - rules that a table is held against, and how many rows are against each (DS-73).
 *
 *   not-empty FIELD       no null                                        criterion "empty"
 *   type FIELD TYPE       each value is of that type                     criterion "type"
 *   unique FIELD          no value twice                                 criterion "duplicates"
 *   distinct              no two rows alike                              criterion "duplicates"
 *   key FIELD             rows of one value are alike                    criterion "conflict"
 *   check CONDITIONS      each row meets them (csv_filter.h)             criterion "constraint"
 *
 * A field that is no plain word stands in double quotes, a quote in it doubled. A null is against not-empty alone: the
 * other rules do not ask about it, a check not about a row in which one of its fields is null. What unique, distinct
 * and key have seen is kept as hashes under a key of the moment, 16 bytes each, of all tables together within
 * HF_CSV_RULES_BYTES. When there is no room for more, what was remembered still counts, and a row with anything else is
 * counted as not examined. "whole" before one of these three says that such a row is against it.
 *
 * Pure and streaming, like csv.h. Any thread, one object on one thread at a time. No value is kept or handed out.
 */
#ifndef HUFU_SOURCE_READERS_CSV_RULES_H
#define HUFU_SOURCE_READERS_CSV_RULES_H

#include "base/err.h"
#include "source/readers/csv.h"

#define HF_CSV_RULES_OWN 24u           /* that one side may say: the publisher, the consumer */
#define HF_CSV_RULES_MAX 48u           /* of one table */
#define HF_CSV_RULE_TEXT 255u          /* bytes of one */
#define HF_CSV_RULES_BYTES (12u << 20) /* of this process */

enum hf_csv_type hf_csv_type_named(const char *name); /* UNSEEN: none has that name */

struct hf_csv_rules;
struct hf_csv_rules *hf_csv_rules_new(void);
void hf_csv_rules_free(struct hf_csv_rules *r);
/* Before the first feed. The columns are those of the table, with their types. ARGUMENT, WRONG_FIELDS, LIMIT: the rule
 * is not taken. */
enum hf_err hf_csv_rules_add(struct hf_csv_rules *r, const char *text, const struct hf_csv_column *columns,
                             size_t count, struct hf_fault *f) HF_MUST_CHECK;
/* Does it name fields of which `given` holds alone? distinct names all of them: NULL. A text that is no rule: false. */
bool hf_csv_rule_is_about(const char *text, bool (*given)(void *ctx, const char *field), void *ctx);

void hf_csv_rules_feed(struct hf_csv_rules *r, const void *data, size_t len);
void hf_csv_rules_end(struct hf_csv_rules *r);

struct hf_csv_rule_verdict {
	const char *criterion, *text; /* valid while r lives */
	uint64_t rows;                /* that it was asked about, */
	uint64_t against;             /* and that are against it */
	uint64_t unexamined;          /* of which it is not known: there was no room to remember what came before */
	bool whole;                   /* false: it was not asked about all that there is */
};
size_t hf_csv_rules_count(const struct hf_csv_rules *r);
void hf_csv_rules_verdict(const struct hf_csv_rules *r, size_t i, struct hf_csv_rule_verdict *ret_v);

#endif
