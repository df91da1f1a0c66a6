/*
 * views.h - this node's own views of data that it keeps sealed (DS-87): by department, role, system, business and
 * purpose of who reads, which of its masking plans he sees an entry's data through.
 *
 * Of an entry that has views, nobody reads anything without one. The one that states most of what the reader is counts;
 * two that state equally much and name two plans deny. A view only masks what was delivered, and lifts nothing that the
 * provider demands. Who sets views reads no data (identity/roles.c). Loop thread.
 */
#ifndef HUFU_AUTHZ_VIEWS_H
#define HUFU_AUTHZ_VIEWS_H

#include "authz/negotiation.h"
#include "state_data.pb-c.h"

#define HF_DATA_VIEWS_MAX 64u /* of an entry */

struct hf_data_view_in {
	struct hf_id entry;
	const char *name;                                            /* of that name there is one; it is replaced */
	const char *department, *role, *system, *business, *purpose; /* NULL or "": any */
	const char *plan;                                            /* "": as it was delivered */
};
/* The plan is not looked at: it must be approved whenever data is read. Of the same conditions, a view that is replaced
 * keeps its id and so its pseudonyms; for others it is a new one. */
enum hf_err hf_data_view_set(struct hf_authz *a, const struct hf_step_in *in, const struct hf_data_view_in *what,
                             struct hf_id *ret_view) HF_MUST_CHECK;
enum hf_err hf_data_view_remove(struct hf_authz *a, const struct hf_step_in *in, const struct hf_id *entry,
                                const char *name) HF_MUST_CHECK;
/* Of an entry, or of all (NULL), in the order of entries and names; the row is valid during the call, false stops. */
typedef bool (*hf_data_view_fn)(void *ctx, const Hufu__DataViewRow *row);
enum hf_err hf_data_views(struct hf_authz *a, const struct hf_id *entry, hf_data_view_fn fn, void *ctx) HF_MUST_CHECK;
/* There are some, or it cannot be known. */
bool hf_data_has_views(struct hf_authz *a, const struct hf_id *entry);

/* What that account, at present of that department, sees the data through; NULL: the entry has no views.
 * hf_decoded_free. MASKING: there are some, and none, or two, for him. */
enum hf_err hf_data_view_for(struct hf_authz *a, const Hufu__HeldRow *held, const char *account, const char *department,
                             Hufu__DataViewRow **ret_row, struct hf_fault *f) HF_MUST_CHECK;

#endif
