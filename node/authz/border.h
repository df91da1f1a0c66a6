/*
 * border.h - exchanges between jurisdictions: allowed only when the rules configured for both, the origin and the
 * destination, allow them (SB-7). No mechanism lifts them, the emergency one neither; looking at data from abroad is an
 * exchange like any other, so whoever offers it asks here too.
 *
 * Rules come in packs with a period, from the file that `border` in hufu.yaml names (config_border.h). A side without a
 * rule that fits denies. Personal information is limited per calendar year (UTC) and legal entity, which is this node's
 * organization; where the descriptor shows several nodes of it that provide data, each may use the share that the file
 * gives it, and without one nothing. Persons are counted by rows, which is never less than the distinct persons among
 * them: one who is delivered twice counts twice. Reserved with the decision, committed with the receipt, both in the
 * year of the decision.
 */
#ifndef HUFU_AUTHZ_BORDER_H
#define HUFU_AUTHZ_BORDER_H

#include "authz/authz.h"
#include "catalog.pb-c.h"

enum hf_border_side { HF_BORDER_INVALID = 0, HF_BORDER_ORIGIN = 1, HF_BORDER_DESTINATION = 2 };

/* Empty lists and "" say nothing. */
struct hf_border_rule {
	char **others; /* jurisdictions on the other side; "*": any */
	unsigned other_count;
	char **purposes;
	unsigned purpose_count;
	char **classes; /* a class, or what stands before a "/" in it */
	unsigned class_count;
	uint32_t max_level; /* 0: none is allowed */
	bool allow;
	char *route;               /* approval route that must be on file */
	uint32_t persons_per_year; /* 0: no personal information */
};
struct hf_border_pack {
	char *name, *jurisdiction, *from, *until;
	enum hf_border_side side;
	struct hf_border_rule *rules;
	unsigned rule_count;
	int64_t from_ms, until_ms; /* [from, until) */
};
/* An approval on file, e.g. a filed standard contract or a passed security assessment. */
struct hf_border_approval {
	char *route, *consumer, *reference, *until;
	int64_t until_ms;
};
/* AZ-57: a legal entity may have several nodes, each of which counts for itself. Of every persons_per_year each may use
 * its part. */
struct hf_border_share {
	char *node;
	uint32_t percent;
};
struct hf_border_rules {
	struct hf_border_pack *packs;
	unsigned pack_count;
	struct hf_border_approval *approvals;
	unsigned approval_count;
	struct hf_border_share *shares; /* together at most 100 percent */
	unsigned share_count;           /* 0: this node is the only one of its entity that provides data */
};
/* rules outlive a; NULL: none are configured, and every exchange across a border is denied. */
void hf_authz_set_border(struct hf_authz *a, const struct hf_border_rules *rules);

/* What is asked: the entry would go to that member for that purpose. */
struct hf_border_ask {
	const char *consumer, *purpose;
	const Hufu__CatalogEntry *entry;
	int64_t now_ms;
	uint64_t rows;        /* that would be delivered */
	uint64_t own;         /* persons that are reserved for this very transfer, */
	int64_t own_begun_ms; /* in the year of that time; it is asked about there again */
};
/* Both results as one sentence, at least 320 bytes, "" within one jurisdiction; ret_persons: how many persons are to be
 * reserved. BORDER: one side or both deny, or the year's limit is reached. */
#define HF_BORDER_TEXT 320
enum hf_err hf_authz_border_check(struct hf_authz *a, const struct hf_border_ask *ask, char ret_text[HF_BORDER_TEXT],
                                  uint64_t *ret_persons, struct hf_fault *f) HF_MUST_CHECK;
/* Of the running calendar year. */
enum hf_err hf_authz_border_count(struct hf_authz *a, int64_t now_ms, uint64_t *ret_reserved,
                                  uint64_t *ret_committed) HF_MUST_CHECK;

/* How much of a year's limit this node may use, in percent. */
uint32_t hf_authz_border_share(struct hf_authz *a);

/* For uses.c: in the unit of the use's own row. begun_ms chooses the year; delivered 0: released. */
void az_border_reserve(struct hf_authz *a, struct hf_unit *u, int64_t begun_ms, uint64_t persons);
void az_border_settle(struct hf_authz *a, struct hf_unit *u, int64_t begun_ms, uint64_t persons, uint64_t delivered);

#endif
