/* by_rule.h - transfers that no agreement but a rule of roads gives to health. */
#ifndef TESTS_UNIT_EXCHANGE_BY_RULE_H
#define TESTS_UNIT_EXCHANGE_BY_RULE_H

#include "unit/exchange/pair.h"

#include "authz/rulebook.h"

/* The entry may be read by that system. obligations: lines of YAML, "": none. */
static inline void apply_rule(struct pair *p, const char *system, const char *obligations)
{
	static const char policy[] =
	        "policy:\n  name: roads\n  version: %u\n  attributes: standard\n"
	        "hierarchies:\n  organizations:\n    space: []\n    health: space\n  regions:\n    CN: []\n  topics: "
	        "{}\n"
	        "rules:\n  - id: claims\n    mechanism: attribute\n    from: 2020-01-01\n    until: 2035-01-01\n    "
	        "when:\n"
	        "      resource.id: \"%s\"\n      subject.organization: {under: [space]}\n      system.name: %s\n%s";
	static unsigned version;
	char text[2048], id[HF_ID_TEXT];
	struct hf_policy_set set;
	COMMAND(c, p->roads, "zhou");
	hf_id_text(&p->entry, id);
	snprintf(text, sizeof(text), policy, ++version, id, system, obligations);
	MUST(command_end(&c, hf_authz_policy_apply(p->roads->authz, &c.in, text, "agreed with health", &set)));
}

/* A transfer of all the fields that the rule gives. output "": it is kept sealed. */
static inline struct hf_id fetch_by_rule(struct pair *p, const char *output)
{
	struct hf_actor a = actor_of(p->health, "wang");
	struct hf_fetch in = {.resource = p->entry,
	                      .publisher = "roads",
	                      .system = "desk",
	                      .purpose = "claims-check",
	                      .mechanism = "attribute",
	                      .output = output};
	struct hf_unit *u = hf_unit_new();
	struct hf_draft *d = hf_draft_new(HF_EVENT_COMMAND, NULL);
	struct hf_fault f = {HF_OK, ""};
	struct hf_id id;
	if (hf_exchange_fetch(p->health->exchange, &a, &in, u, d, &id, &f) != HF_OK)
		fail_msg("%s", f.text);
	hf_unit_draft(u, d);
	hf_store_submit(p->health->store, u, NULL, NULL);
	return id;
}

#endif
