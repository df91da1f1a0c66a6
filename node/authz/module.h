/*
 * module.h - the module's own struct, and the small words that every file of this folder uses. Private to the folder.
 */
#ifndef HUFU_AUTHZ_MODULE_H
#define HUFU_AUTHZ_MODULE_H

#include "authz/authz.h"
#include "authz/index.h"
#include "authz/negotiation.h"
#include "authz/policy.h"
#include "base/mem.h"

#include <stdio.h>
#include <string.h>

#define AZ_ALLOWED_SLOTS 64u
#define REVOKED_HOOKS 4

struct hf_border_rules;
struct authz_link;
struct az_walks;
struct az_early;
struct az_use_watch;
struct hf_authz {
	const struct hf_base *base;
	uint8_t start[HF_AUTHZ_START_LEN]; /* random */
	struct hf_store *store;
	const struct hf_node_keys *keys;
	struct hf_identity *identity;
	struct hf_peers *peers;
	struct hf_ledger *ledger;
	struct hf_catalog *catalog;
	struct hf_index grants;       /* by grant id */
	struct hf_index agreements;   /* by agreement id */
	struct hf_index uses;         /* grants by resource and consumer */
	struct hf_index applications; /* received as provider, by resource and consumer: to say why there is no grant */
	struct hf_index received;     /* applications of others, by consumer: quota.c */
	struct {
		void (*fn)(void *ctx, const struct hf_id *grant, const char *reason);
		void *ctx;
	} revoked[REVOKED_HOOKS];
	size_t revoked_count;
	struct hf_mail_row mails[48];
	struct em_sweeper *em_sweeper; /* emergency_sweep.c */
	struct az_urger *urger;        /* deadline.c */
	bool em_stirred;               /* a request or a grant of one has changed since it looked */
	struct az_policy policy;
	struct az_allowed {
		struct hf_id entry;
		uint64_t changes; /* of the table when it was read */
		uint32_t mechanisms;
		bool known;
	} allowed[AZ_ALLOWED_SLOTS];             /* rulebook.c */
	struct az_hold *holds;                   /* in force */
	struct az_scenario_rule *scenario_rules; /* scenario_rules.c */
	const struct hf_border_rules *border;    /* NULL: none are configured */
	uint32_t review_hours, unused_days;      /* grant_review.h; 0: the default */
	bool reviewing;                          /* a review of grants is under way */
	uv_timer_t *watch;                       /* watch.c */
	bool clock_off, mark_wrong;              /* trusted_time.c: an alarm says so already */
	struct hf_index promotion_rules;         /* promotion_rules.c */
	struct az_walks *walks;                  /* walk.c */
	bool unfiled_denies;                     /* delegation_filed.c */
	struct az_early *early;                  /* early.c */
	size_t early_count;
	struct az_use_watch *use_watch; /* use_watch.c */
	struct authz_link *link;        /* what waits for a commit holds this, not the module */
};

/* One mail that is being handled. */
struct mail_in {
	const char *from;
	const struct hf_id *txn;
	struct hf_unit *unit;
	struct hf_fault *fault;
};

static inline bool is_self(const struct hf_authz *a, const char *node)
{
	return node && strcmp(node, a->base->self.s) == 0;
}
static inline int64_t now_of(const struct hf_authz *a)
{
	return hf_now_ms(&a->base->clock);
}
bool az_id_of(const ProtobufCBinaryData *b, struct hf_id *ret_id);
bool az_hash_is(const ProtobufCBinaryData *b, const struct hf_hash *h);
#define BIN(p, n) ((ProtobufCBinaryData){(n), (uint8_t *)(p)})
#define BIN_ID(id) BIN((id)->b, 16)
#define BIN_HASH(h) BIN((h)->b, 32)
static inline bool same_text(const char *x, const char *y)
{
	return strcmp(x ? x : "", y ? y : "") == 0;
}
static inline bool has_text(const char *x)
{
	return x && x[0];
}

#endif
