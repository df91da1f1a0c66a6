/*
 * consent.h - records of consent, or of another lawful basis, with purpose and end, that the use of personal
 * information rests on (SB-5, SB-6). An entry of personal information names its records; when one of them is withdrawn
 * or over, the next use is denied. They never leave the provider's node. Loop thread.
 */
#ifndef HUFU_CATALOG_CONSENT_H
#define HUFU_CATALOG_CONSENT_H

#include "catalog/catalog.h"
#include "state_catalog.pb-c.h"

#define HF_CONSENTS_MAX 64u /* of one entry */

/* A new one: basis, subject, purposes, an end in the future. */
enum hf_err hf_consent_check(struct hf_catalog *c, const Hufu__ConsentRow *row, struct hf_fault *f) HF_MUST_CHECK;
enum hf_err hf_consent_put(struct hf_unit *u, const Hufu__ConsentRow *row) HF_MUST_CHECK;
/* hf_decoded_free. */
enum hf_err hf_consent_get(struct hf_catalog *c, const struct hf_id *id, Hufu__ConsentRow **ret_row,
                           struct hf_fault *f) HF_MUST_CHECK;
enum hf_err hf_consent_end(struct hf_catalog *c, const struct hf_id *id, const char *by, const char *reason,
                           struct hf_unit *u, struct hf_fault *f) HF_MUST_CHECK;
typedef bool (*hf_consent_fn)(void *ctx, const Hufu__ConsentRow *row);
enum hf_err hf_consent_list(struct hf_catalog *c, hf_consent_fn fn, void *ctx) HF_MUST_CHECK;
const char *hf_consent_state(const Hufu__ConsentRow *row, int64_t now_ms);

/* May the own entry be used for that purpose now, as far as its basis goes: every consent that it names is in force and
 * for the purpose, and the mandate by which its data was published is not withdrawn (DS-24)? The sentence names the
 * record. */
enum hf_err hf_catalog_basis(struct hf_catalog *c, const struct hf_id *entry, const char *purpose, int64_t now_ms,
                             struct hf_fault *f) HF_MUST_CHECK;

#endif
