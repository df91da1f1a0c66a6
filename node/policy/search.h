/*
 * search.h - which resources may X read, who may read R: the same question, asked of many.
 *
 * The caller knows what there is (catalog, members, systems) and hands it in as entities in the order of their ids;
 * each is decided like a request, so a search is complete and never says more than a decision would. Pages are bound
 * to the snapshot, the question and the caller's generation: a token of another is refused, not misread.
 */
#ifndef HUFU_POLICY_SEARCH_H
#define HUFU_POLICY_SEARCH_H

#include "base/buf.h"
#include "policy/policy.h"

#define HF_SEARCH_LIMIT_MAX 1000      /* results of one page */
#define HF_SEARCH_LOOKED_AT_MAX 20000 /* entities decided in one page: a page may be short, or empty, and go on */
#define HF_SEARCH_TOKEN_MAX 255

struct hf_policy_entity {
	const char *id;                     /* unique in the search */
	const struct hf_attr_value *values; /* beside those of the question */
	size_t count;
	uint32_t mechanisms; /* what a resource allows; 0: as the question says */
};
struct hf_policy_search {
	const struct hf_policy_request *question; /* without the attributes that the entities bring */
	/* The entity at index, in a fixed order; false behind the last. Borrowed until the next call. */
	bool (*entity)(void *ctx, size_t index, struct hf_policy_entity *ret_entity);
	void *ctx;
	uint64_t generation; /* changes whenever what entity says changes */
	size_t limit;        /* 1 ... HF_SEARCH_LIMIT_MAX */
	const char *token;   /* NULL or "": from the beginning */
};
struct hf_policy_page {
	size_t count;                        /* calls of found */
	char token[HF_SEARCH_TOKEN_MAX + 1]; /* "": this was the last page */
};
/* Calls found for each entity that is permitted, in the order of the entities. HF_E_ARGUMENT: limit or token is
 * malformed; HF_E_STALE: the token is of another snapshot, question or generation. */
enum hf_err hf_policy_search(const struct hf_policy *p, const struct hf_policy_search *s,
                             void (*found)(void *ctx, const struct hf_policy_entity *entity,
                                           const struct hf_policy_decision *decision),
                             struct hf_policy_page *ret_page, struct hf_fault *f) HF_MUST_CHECK;

#endif
