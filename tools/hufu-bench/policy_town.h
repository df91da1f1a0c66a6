/*
 * policy_town.h - the rules and requests that the policy benches share: five conditions each, hierarchies of four
 * levels, so that three stand above what a request names.
 *
 * Half of the rules are application grants, three in ten are attribute rules over topics and organizations, the rest
 * attribute rules over regions and roles and emergency grants. Everything follows from a seed.
 */
#ifndef HUFU_TOOLS_BENCH_POLICY_TOWN_H
#define HUFU_TOOLS_BENCH_POLICY_TOWN_H

#include "policy/policy.h"

#define TOWN_NOW INT64_C(1800000000000)
#define TOWN_CONDITIONS 5
#define TOWN_VALUES 12
#define TOWN_TEXT 48
#define TOWN_REQUEST_TEXT 256

struct town {
	uint64_t state; /* of the random numbers */
	struct hf_schema *schema;
	struct hf_trees *trees;
	uint32_t rules, resources;
	unsigned attrs[32]; /* by place in the list of policy_town.c */
	uint16_t issuers[32];
};
struct town_rule {
	struct hf_rule rule;
	struct hf_condition conditions[TOWN_CONDITIONS];
	struct hf_operand operands[TOWN_CONDITIONS];
	char texts[TOWN_CONDITIONS][TOWN_TEXT], id[TOWN_TEXT];
};
struct town_request {
	struct hf_policy_request rq;
	struct hf_attr_value values[TOWN_VALUES];
	size_t used; /* of texts */
	char texts[TOWN_REQUEST_TEXT];
};

void town_open(struct town *t, uint32_t rules, uint64_t seed);
void town_close(struct town *t);
/* Rule number n; always the same. It points into itself. */
void town_rule(const struct town *t, uint32_t n, struct town_rule *ret_rule);
/* Random; seven of ten meet a rule. It points into itself. */
void town_request(struct town *t, struct town_request *ret_request);
/* As a caller has it that has just read it: all of it near. */
void town_copy(const struct town_request *q, struct town_request *ret_copy);
struct hf_policy *town_policy(const struct town *t);

#endif
