/*
 * quality.h - inside of node/exchange: what a delivery is held against at its consumer: form, the rules that its
 * publisher states in the label, the consumer's own (DS-58, DS-72, DS-73). The verdict stands in the signed receipt:
 * names of rules and numbers of rows, never a value.
 */
#ifndef HUFU_EXCHANGE_QUALITY_H
#define HUFU_EXCHANGE_QUALITY_H

#include "exchange/transfer.h"
#include "source/readers/csv_rules.h"

#define FINDINGS_MAX 64u /* of a receipt */

struct verdict {
	Hufu__Finding finding[FINDINGS_MAX];
	Hufu__Finding *list[FINDINGS_MAX];
	char text[FINDINGS_MAX][400];
	size_t count;
	bool met;
};

/* Provider: those of the entry's rules that say something of what goes out: about fields that are delivered, and as
 * they were. List in the label's own memory, free. */
char **quality_published(const Hufu__CatalogEntry *e, const Hufu__Label *l, size_t *ret_count);
/* Consumer, before anybody is asked: own rules that fit the entry. LIMIT, ARGUMENT, WRONG_FIELDS. */
enum hf_err quality_fits(const Hufu__CatalogEntry *e, const char *const *rules, size_t count,
                         struct hf_fault *f) HF_MUST_CHECK;

/* Consumer, while it comes in. NULL: there are no rules. */
struct quality;
struct quality *quality_new(const struct transfer *t);
void quality_free(struct quality *q);
void quality_feed(struct quality *q, const void *data, size_t len); /* in order; any thread, one at a time */
/* When all is here; free. */
struct verdict *quality_judge(struct transfer *t, const Hufu__Manifest *m);

#endif
