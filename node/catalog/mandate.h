/*
 * mandate.h - recorded authorizations: what one person allowed others to publish (DS-23: a catalog entry, DS-24: the
 * data behind it) or to apply for (DS-25), with purpose, scope and period. Without one that covers it, nothing is
 * published and nothing applied for. Who gives it does not use it.
 *
 * Loop thread. The API's handlers and node/authz call these.
 */
#ifndef HUFU_CATALOG_MANDATE_H
#define HUFU_CATALOG_MANDATE_H

#include "catalog/catalog.h"
#include "state_catalog.pb-c.h"

#define HF_MANDATE_CATALOG "catalog"
#define HF_MANDATE_DATA "data"
#define HF_MANDATE_APPLY "apply"
#define HF_MANDATE_LIST 64u /* values of one part of a scope */

/* What is about to be done. */
struct hf_mandate_ask {
	const char *act, *purpose, *by;
	const uint8_t *by_name; /* 32 bytes: real-name reference of the account; NULL: not known */
	struct hf_id entry;     /* zero: a new one */
	const char *source, *topic, *department, *data_class, *system; /* NULL: there is none */
	uint32_t level, sharing;
	const struct hf_scope *receivers; /* NULL: nobody new */
};
/* The newest mandate that covers it; NO_MANDATE otherwise, and the sentence names what the nearest one does not cover.
 */
enum hf_err hf_mandate_find(struct hf_catalog *c, const struct hf_mandate_ask *ask, struct hf_id *ret_mandate,
                            struct hf_fault *f) HF_MUST_CHECK;

/* A new one: everything but id, made_ms, statement is filled in. Refused: no purpose, no scope (DS-84), no end. */
enum hf_err hf_mandate_check(struct hf_catalog *c, const Hufu__MandateRow *row, struct hf_fault *f) HF_MUST_CHECK;
/* Of the row without its statement: what the giver signs. */
enum hf_err hf_mandate_digest(const Hufu__MandateRow *row, struct hf_hash *ret_digest) HF_MUST_CHECK;
enum hf_err hf_mandate_put(struct hf_unit *u, const Hufu__MandateRow *row) HF_MUST_CHECK;
/* hf_decoded_free. */
enum hf_err hf_mandate_get(struct hf_catalog *c, const struct hf_id *id, Hufu__MandateRow **ret_row,
                           struct hf_fault *f) HF_MUST_CHECK;
/* Withdrawn: nothing more is published or applied for by it, and data published by it is not delivered any more. */
enum hf_err hf_mandate_end(struct hf_catalog *c, const struct hf_id *id, const char *by, const char *reason,
                           struct hf_unit *u, struct hf_fault *f) HF_MUST_CHECK;
/* Newest first; false stops. */
typedef bool (*hf_mandate_fn)(void *ctx, const Hufu__MandateRow *row);
enum hf_err hf_mandate_list(struct hf_catalog *c, hf_mandate_fn fn, void *ctx) HF_MUST_CHECK;
/* "active", "not-begun", "expired", "withdrawn" */
const char *hf_mandate_state(const Hufu__MandateRow *row, int64_t now_ms);

#endif
