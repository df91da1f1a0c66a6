/*
 * statistics.h - what the sharing manager reports (AZ-5, AZ-19, AZ-23): applications, authorizations and actual use for
 * each department, handling time and steps of persons for each mechanism, and applications that are alike but were
 * decided differently. Made anew from what the node keeps, each time it is asked for, in pieces (walk.h): what changes
 * meanwhile is counted as it was or as it is. Loop thread.
 */
#ifndef HUFU_AUTHZ_STATISTICS_H
#define HUFU_AUTHZ_STATISTICS_H

#include "authz/negotiation.h"

/* What is counted. */
struct hf_stat_ask {
	int64_t from_ms,
	        until_ms; /* [from, until): applications by their submission, uses by their time; 0: no bound */
	bool (*sees)(void *ctx, const char *organization, const char *department); /* NULL: everything */
	void *ctx;                                                                 /* lives until the answer */
};

/* A department of a consumer; "" is the organization as a whole. */
struct hf_stat_department {
	char organization[HF_NAME_MAX + 1], department[128];
	uint64_t applications; /* submitted: the sum of the next eight */
	uint64_t pending, returned, granted, rejected, refused, withdrawn, terminated;
	uint64_t overdue; /* of the pending ones */
	uint64_t given;   /* grants without an application, as far as this node knows: of the provider, emergency */
	uint64_t uses, rows, bytes;
};
/* "application", "attribute", "emergency", "provider". From the request to the decision: for an application the first
 * submission, for an emergency the request, for the provider's own the offer, for a rule the consumer's asking. */
struct hf_stat_mechanism {
	const char *name;
	uint64_t decided, uses;
	int64_t median_ms;   /* -1: nothing was decided */
	double median_steps; /* statements that persons signed; -1: the same */
	uint64_t total_steps;
};
enum { HF_STAT_MECHANISMS = 4 };
struct hf_statistics {
	struct hf_stat_department *departments; /* by organization and name */
	size_t count;
	struct hf_stat_mechanism mechanisms[HF_STAT_MECHANISMS];
};
/* fn is called exactly once, never from inside; s is valid during the call, NULL when e is not HF_OK: STORE, or
 * CANCELLED when the module closes first. */
typedef void (*hf_statistics_fn)(void *ctx, enum hf_err e, const struct hf_statistics *s);
void hf_statistics_make(struct hf_authz *a, const struct hf_stat_ask *ask, hf_statistics_fn fn, void *ctx);

/* One decided application of a group of similar ones: the same resource, purpose and fields. */
struct hf_alike {
	struct hf_id application, resource;
	char organization[HF_NAME_MAX + 1], department[128], system[128], provider[HF_NAME_MAX + 1];
	char purpose[128], title[256], result[16], reason[400];
	uint32_t version; /* of the entry that was applied for */
	int64_t from_ms, until_ms, decided_ms;
	size_t group; /* from 1 */
};
/* The groups in which some were approved and some rejected or refused; in a group the oldest first. */
struct hf_divergence {
	struct hf_alike *list; /* at most the limit that was asked for */
	size_t count, groups;
	bool more; /* applications were left out */
};
/* As hf_statistics_fn. */
typedef void (*hf_divergence_fn)(void *ctx, enum hf_err e, const struct hf_divergence *d);
void hf_divergence_find(struct hf_authz *a, const struct hf_stat_ask *ask, size_t limit, hf_divergence_fn fn,
                        void *ctx);

#endif
