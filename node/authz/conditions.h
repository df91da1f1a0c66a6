/*
 * conditions.h - fields that a purpose needs (DS-26) and the conditions of conditionally shared data (DS-27). Private
 * to the folder; all but the last function pure.
 */
#ifndef HUFU_AUTHZ_CONDITIONS_H
#define HUFU_AUTHZ_CONDITIONS_H

#include "authz/terms.h"

struct question; /* judge.h */

#define CONDITION_TEXT 256

/* Does the entry say what its purposes need? Then a purpose without a row needs nothing. */
bool az_purpose_stated(const Hufu__CatalogEntry *e);
const Hufu__PurposeFields *az_purpose_row(const Hufu__CatalogEntry *e, const char *purpose);
bool az_purpose_needs(const Hufu__CatalogEntry *e, const char *purpose, const char *field);
/* None named: all of the entry's. */
enum hf_err az_purpose_fields(const Hufu__CatalogEntry *e, const char *purpose, char *const *fields, size_t count,
                              struct hf_fault *f) HF_MUST_CHECK;
/* An application that names no fields is for those that its purpose needs. Borrows from the entry. */
void az_purpose_cut(const Hufu__CatalogEntry *e, Hufu__Application *app);

/* One condition; text says how it stands. member: as the space descriptor has it. */
bool az_condition_met(const Hufu__SharingCondition *c, const Hufu__Member *member, char *const *accepted, size_t count,
                      char *text, size_t cap);
/* All of them; the fault names the one that is missing. */
enum hf_err az_conditions_check(const Hufu__CatalogEntry *e, const Hufu__Member *member, char *const *accepted,
                                size_t count, struct hf_fault *f) HF_MUST_CHECK;
/* The undertakings alone: what is accepted exists, and none is missing. */
enum hf_err az_conditions_accepts(const Hufu__CatalogEntry *e, char *const *accepts, size_t count,
                                  struct hf_fault *f) HF_MUST_CHECK;
/* A rule, whoever made it, can give the entry at all: it is no core data (DS-20) and asks for no undertaking, which an
 * application alone can accept. */
enum hf_err az_conditions_by_rule(const Hufu__CatalogEntry *e, struct hf_fault *f) HF_MUST_CHECK;
/* The terms of a grant or a rule of that mechanism against the entry as it is now. */
enum hf_err az_conditions_use(const struct question *q, const Hufu__Agreement *terms, enum hf_mechanism mechanism,
                              struct hf_fault *f) HF_MUST_CHECK;

#endif
