/*
 * api.h - the operator's HTTP/JSON interface over a Unix socket: routes, sessions, one audit entry per command.
 *
 * A route is a row: method, exact path, permission, event, handler. A handler file per module (catalog.c, authz.c, ...)
 * exports one table. The framework checks the session and the permission, parses the JSON body (POST) or the query
 * (GET) into `in`, calls the handler, submits the unit with exactly one ledger draft (SB-56), and answers after the
 * commit. A refusal is an entry too.
 *
 * Answers: 200 {...}; else {"error": {"reason": "grant-expired", "text": "one sentence"}} with 400 (argument, format),
 * 401 (not-logged-in), 403 (DENY class), 404 (unknown), 409 (other refusals), 502 (RETRY class: peer), 500 (ABORT
 * class).
 */
#ifndef HUFU_API_API_H
#define HUFU_API_API_H

#include <jansson.h>

#include "api/modules.h"
#include "identity/identity.h"

struct hf_finding_in; /* authz/negotiation.h */

struct hf_api_request {
	const struct hf_modules *m;
	const struct hf_actor *actor; /* NULL on routes that need no session */
	json_t *in;                   /* object; borrowed */
	json_t *out;                  /* object, empty at first; the handler fills it in */
	struct hf_unit *unit;         /* POST routes; submitted when the handler returns HF_OK */
	struct hf_draft *draft;       /* NULL when the route has no event; handlers add object, transaction, parties */
	struct hf_fault fault;
	const char *address; /* "unix" */
	const char *token;   /* session token as sent, or NULL */
	void *internal;
};
typedef enum hf_err (*hf_api_fn)(struct hf_api_request *rq);

enum hf_route_flags {
	HF_ROUTE_TWO_FACTORS = 1, /* DS-77: the session must have two factors */
	HF_ROUTE_OWN_ENTRY =
	        2, /* once the handler called hf_api_later, its module writes the entry itself, also a refusal's */
};
struct hf_route {
	const char *method; /* "GET", "POST"; NULL ends the table */
	const char *path;   /* "/v1/catalog/publish" */
	enum hf_permission permission;
	enum hf_event event; /* HF_EVENT_INVALID: reading only, no entry unless denied */
	hf_api_fn handle;
	unsigned flags;
};

/* A handler that cannot answer at once calls hf_api_later before it returns HF_OK, and hf_api_finish exactly once
 * afterwards (loop). Until then rq stays valid, except actor->session: look the session up anew. */
void hf_api_later(struct hf_api_request *rq);
/* For what goes on after hf_api_later in the name of a person: is the session still there, with what the route asks of
 * it? actor is that of now. */
enum hf_err hf_api_again(struct hf_api_request *rq) HF_MUST_CHECK;
void hf_api_finish(struct hf_api_request *rq, enum hf_err e);
/* Answers with a body that is not JSON (metrics text, CSV, a file made in memory); takes the bytes. */
void hf_api_body(struct hf_api_request *rq, const char *content_type, uint8_t *take, size_t len);
/* The same with an open file, which is sent from its beginning piece by piece and closed. content_type: static. */
void hf_api_file(struct hf_api_request *rq, const char *content_type, int take_fd, uint64_t bytes);

/* Readers that set rq->fault with the field's name ("field 'purpose' is missing; state what the data is for"). */
enum hf_err hf_api_text(struct hf_api_request *rq, const char *name, bool required, size_t max,
                        const char **ret_text) HF_MUST_CHECK;
enum hf_err hf_api_id(struct hf_api_request *rq, const char *name, bool required, struct hf_id *ret_id) HF_MUST_CHECK;
enum hf_err hf_api_int(struct hf_api_request *rq, const char *name, bool required, int64_t min, int64_t max,
                       int64_t *ret_value) HF_MUST_CHECK;
enum hf_err hf_api_time(struct hf_api_request *rq, const char *name, bool required, int64_t *ret_ms) HF_MUST_CHECK;
enum hf_err hf_api_bool(struct hf_api_request *rq, const char *name, bool fallback, bool *ret_value) HF_MUST_CHECK;
/* Array of texts, or a comma-separated text; NULL-terminated, borrowed, free the array only. */
enum hf_err hf_api_list(struct hf_api_request *rq, const char *name, bool required, size_t max_count,
                        const char ***ret_list, size_t *ret_count) HF_MUST_CHECK;
/* An absolute path for a file or folder that the node is to make: outside the node's own folder, which holds keys and
 * state, whatever links lead there (DS-82). ret_path: with the links of what exists followed. "" when not stated. */
#define HF_API_PATH 1024
enum hf_err hf_api_place(struct hf_api_request *rq, const char *name, bool required,
                         char ret_path[HF_API_PATH]) HF_MUST_CHECK;
/* {"ok": true, "text": "..."} or a bool alone. */
enum hf_err hf_api_finding(struct hf_api_request *rq, const char *point, struct hf_finding_in *ret) HF_MUST_CHECK;
/* Writers. */
void hf_api_out_id(json_t *o, const char *name, const struct hf_id *id);
void hf_api_out_time(json_t *o, const char *name, int64_t ms);
void hf_api_out_hex(json_t *o, const char *name, const void *data, size_t len);

/* One table per handler file. */
extern const struct hf_route hf_routes_node[];     /* status, metrics, doctor, peers, descriptors, alarms */
extern const struct hf_route hf_routes_identity[]; /* login, users, systems */
extern const struct hf_route hf_routes_ledger[];
extern const struct hf_route hf_routes_supervision[]; /* operations on data of one grade */
extern const struct hf_route hf_routes_erasure[];     /* erasure, legal holds */
extern const struct hf_route hf_routes_audit[];
extern const struct hf_route hf_routes_source[];
extern const struct hf_route hf_routes_target[];
extern const struct hf_route hf_routes_release[];     /* masking plans and tasks */
extern const struct hf_route hf_routes_classify[];    /* what the fields of sources hold */
extern const struct hf_route hf_routes_relations[];   /* which of them belong together */
extern const struct hf_route hf_routes_mask_policy[]; /* controls, rule base, needs of masking */
extern const struct hf_route hf_routes_mask_report[];
extern const struct hf_route hf_routes_mask_trend[];
extern const struct hf_route hf_routes_disclosures[];
extern const struct hf_route hf_routes_catalog[];
extern const struct hf_route hf_routes_authz[];
extern const struct hf_route hf_routes_rulebook[]; /* policies, holds */
extern const struct hf_route hf_routes_decision[]; /* why one was made */
extern const struct hf_route hf_routes_giving[];   /* grants without an application */
extern const struct hf_route hf_routes_emergency[];
extern const struct hf_route hf_routes_mandate[]; /* leave to publish and to apply */
extern const struct hf_route hf_routes_consent[];
extern const struct hf_route hf_routes_scenario[];
extern const struct hf_route hf_routes_agent[];
extern const struct hf_route hf_routes_promotion[];
extern const struct hf_route hf_routes_statistics[];
extern const struct hf_route hf_routes_dispute[]; /* disputes, overdue decisions */
extern const struct hf_route hf_routes_exchange[];
extern const struct hf_route hf_routes_backup[];
extern const struct hf_route hf_routes_rights[]; /* changes of rights that wait for a second administrator */
extern const struct hf_route hf_routes_derive[]; /* what is made of delivered data */
extern const struct hf_route hf_routes_time[];   /* trusted time */
extern const struct hf_route hf_routes_uses[];
extern const struct hf_route hf_routes_data[];        /* data that is kept sealed */
extern const struct hf_route hf_routes_data_view[];   /* what its readers see of it */
extern const struct hf_route hf_routes_destruction[]; /* of delivered data (DS-144) */
extern const struct hf_route hf_routes_recall[];      /* of own entries, and by others */
extern const struct hf_route hf_routes_update[];      /* newer versions of what was delivered here */
extern const struct hf_route hf_routes_mask_keys[];   /* seeds of contracts, reversal */
extern const struct hf_route hf_routes_mask_trace[];  /* whose release leaked rows are from */
extern const struct hf_route hf_routes_second_use[];  /* second authorizations for sensitive data */

struct hf_api;
/* tables: NULL-terminated list of route tables. Socket mode 0660. */
enum hf_err hf_api_open(const struct hf_modules *m, const struct hf_route *const *tables, const char *socket_path,
                        struct hf_api **ret_api, struct hf_fault *f) HF_MUST_CHECK;
void hf_api_close(struct hf_api *a);

#endif
