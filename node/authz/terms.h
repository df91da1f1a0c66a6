/*
 * terms.h - what an application or an agreement may say, and the published criteria. Pure; private to the folder.
 */
#ifndef HUFU_AUTHZ_TERMS_H
#define HUFU_AUTHZ_TERMS_H

#include "authz/module.h"

#define PERIOD_YEARS_MAX 3
#define FIELDS_MAX HF_MAX_FIELDS
#define PURPOSE_MAX 127u
#define REASON_MAX HF_MAX_TEXT

/* A mandatory statement: there, not blank, no control characters, at most max bytes; what says what to state. */
enum hf_err az_terms_text(const char *text, const char *field, const char *what, size_t max,
                          struct hf_fault *f) HF_MUST_CHECK;
/* [from, until), at most three calendar years (AZ-29). */
enum hf_err az_terms_period(int64_t from_ms, int64_t until_ms, struct hf_fault *f) HF_MUST_CHECK;
/* Every field once, and in the entry. */
enum hf_err az_terms_fields(const Hufu__CatalogEntry *entry, char *const *fields, size_t count,
                            struct hf_fault *f) HF_MUST_CHECK;
/* The conditions for rows fit the entry's fields; "" is none (SB-60). */
enum hf_err az_terms_rows(const Hufu__CatalogEntry *entry, const char *rows, struct hf_fault *f) HF_MUST_CHECK;
/* The entry may be applied for at all: not withdrawn, shared, inside its validity. */
enum hf_err az_terms_entry(const Hufu__CatalogEntry *entry, int64_t now_ms, struct hf_fault *f) HF_MUST_CHECK;
/* Content of an application (AZ-7, AZ-8, AZ-22, AZ-25): one error with the field's name. */
enum hf_err az_terms_application(const Hufu__Application *app, struct hf_fault *f) HF_MUST_CHECK;
/* The application against the entry that it names. */
enum hf_err az_terms_against_entry(const Hufu__Application *app, const Hufu__CatalogEntry *entry, int64_t now_ms,
                                   struct hf_fault *f) HF_MUST_CHECK;
/* A later version of the entry is still what was agreed on: nothing about it or the agreed fields got stricter. The
 * fault is HF_E_TERMS_CHANGED and names what did. */
enum hf_err az_terms_still(const Hufu__Agreement *g, const Hufu__CatalogEntry *agreed, const Hufu__CatalogEntry *now,
                           struct hf_fault *f) HF_MUST_CHECK;
/* Core data (level 3), which two levels approve (DS-20). */
/* What the decision says beside the terms: the strictest of the terms and of the entry as it is now. */
void az_terms_demands(const Hufu__CatalogEntry *entry, struct hf_decision *d);
bool az_terms_core(const Hufu__CatalogEntry *entry);
bool az_terms_obligation_known(const char *name);
/* The agreement against the application it answers; from not before the approval, period inside the one applied for. */
enum hf_err az_terms_agreement(const Hufu__Agreement *g, const Hufu__Application *app,
                               struct hf_fault *f) HF_MUST_CHECK;

#define CONDITIONS_MAX 16u
#define CRITERIA_MAX (7u + CONDITIONS_MAX)
struct criteria_result {
	Hufu__Finding finding[CRITERIA_MAX];
	Hufu__Finding *list[CRITERIA_MAX];
	char text[CRITERIA_MAX][256];
	char point[CRITERIA_MAX][80];
	size_t count;
	int failed; /* index of the first that is not met, or -1 */
};
/* member: the applicant in the space descriptor; NULL fails what asks for it. Stays where it is. */
void az_criteria_evaluate(const Hufu__CatalogEntry *entry, const Hufu__Application *app, const Hufu__Member *member,
                          struct criteria_result *ret_result);
/* Every criterion of `own` stands in the record and is met there. */
enum hf_err az_criteria_agree(const struct criteria_result *own, Hufu__Finding *const *record, size_t count,
                              struct hf_fault *f) HF_MUST_CHECK;

#endif
