/*
 * emergency_rows.h - events and requests in the store. Private to the folder.
 */
#ifndef HUFU_AUTHZ_EMERGENCY_ROWS_H
#define HUFU_AUTHZ_EMERGENCY_ROWS_H

#include "authz/emergency_papers.h"

#define EM_REVISIONS_MAX 20u
#define EM_OPEN_EVENTS_MAX 64u    /* of one authority */
#define EM_OPEN_REQUESTS_MAX 500u /* of one authority */
#define EM_EVENTS_A_DAY 64u       /* the same */
#define EM_REQUESTS_A_DAY 1000u   /* the same */
#define EM_DAY_MS (INT64_C(86400) * 1000)

enum hf_err em_event_get(struct hf_authz *a, const struct hf_id *id, Hufu__EmergencyEventRow **ret_row) HF_MUST_CHECK;
enum hf_err em_event_need(struct hf_authz *a, const struct hf_id *id, Hufu__EmergencyEventRow **ret_row,
                          struct hf_fault *f) HF_MUST_CHECK;
void em_event_put(struct hf_unit *u, const Hufu__EmergencyEventRow *row);
/* The event's row: the present one after checking that it is the same, or a new one, put. */
enum hf_err em_event_take(struct hf_authz *a, struct hf_unit *u, const struct em_opened *o,
                          Hufu__EmergencyEventRow **ret_row, struct hf_fault *f) HF_MUST_CHECK;
/* Neither declared ended nor past its end. */
enum hf_err em_event_lasts(struct hf_authz *a, const Hufu__EmergencyEventRow *row, struct hf_fault *f) HF_MUST_CHECK;

enum hf_err em_row_get(struct hf_authz *a, const struct hf_id *id, Hufu__EmergencyRequestRow **ret_row) HF_MUST_CHECK;
enum hf_err em_row_need(struct hf_authz *a, const struct hf_id *id, Hufu__EmergencyRequestRow **ret_row,
                        struct hf_fault *f) HF_MUST_CHECK;
void em_row_put(struct hf_authz *a, struct hf_unit *u, Hufu__EmergencyRequestRow *row);
struct hf_id em_row_id(const Hufu__EmergencyRequestRow *row);
struct hf_id em_row_txn(const Hufu__EmergencyRequestRow *row);
enum hf_em_state em_row_state(const Hufu__EmergencyRequestRow *row);
enum hf_err em_row_step(Hufu__EmergencyRequestRow *row, enum hf_em_step step, struct hf_fault *f) HF_MUST_CHECK;
/* The newest revision. */
Hufu__EmergencyRevisionRow *em_row_revision(const Hufu__EmergencyRequestRow *row);
/* The row that a received paper with a field "request" is about; UNKNOWN when there is none. */
enum hf_err em_row_of(struct hf_authz *a, const ProtobufCBinaryData *request, Hufu__EmergencyRequestRow **ret_row,
                      struct hf_fault *f) HF_MUST_CHECK;
/* The row of an opened request: new, or the present one with the revision added when it is a newer one. ret_new: the
 * revision was not known here. */
enum hf_err em_row_take(struct hf_authz *a, const struct em_opened *o, Hufu__EmergencyRequestRow **ret_row,
                        bool *ret_new, struct hf_fault *f) HF_MUST_CHECK;
/* Adds a vote to the newest revision, or to the withdrawals; ret_new false: it was there. CONFLICT: the node said
 * something else before. */
enum hf_err em_row_add_vote(Hufu__EmergencyRequestRow **row, const struct em_vote *v, const Hufu__Envelope *paper,
                            bool *ret_new, struct hf_fault *f) HF_MUST_CHECK;
void em_row_add_link(Hufu__EmergencyRequestRow **row, const char *kind, const struct hf_id *successor, int64_t now_ms);
/* Counts what the row holds of the newest revision (or the withdrawals) under a descriptor. */
void em_row_count(struct hf_authz *a, const Hufu__EmergencyRequestRow *row, const Hufu__Descriptor *d, bool withdrawals,
                  struct hf_em_count *ret_count);
/* The papers of the newest revision as opened again; hf_decoded_free. */
enum hf_err em_row_papers(struct hf_authz *a, const Hufu__EmergencyRequestRow *row, Hufu__Envelope **ret_event,
                          Hufu__Envelope **ret_request, struct hf_fault *f) HF_MUST_CHECK;
typedef bool (*em_row_fn)(void *ctx, Hufu__EmergencyRequestRow *row);
enum hf_err em_rows(struct hf_authz *a, em_row_fn fn, void *ctx) HF_MUST_CHECK;
/* AZ-57: is there another request of the same event, organization and resource that came to a grant (or, with
 * `underway`, that may still come to one)? */
enum hf_err em_row_unchained(struct hf_authz *a, const Hufu__EmergencyRequestRow *row, bool underway,
                             struct hf_fault *f) HF_MUST_CHECK;

#endif
