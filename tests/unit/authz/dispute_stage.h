/* dispute_stage.h - the nine nodes of emergency_stage.h with an application that roads decides, as its own intake. */
#ifndef TESTS_UNIT_AUTHZ_DISPUTE_STAGE_H
#define TESTS_UNIT_AUTHZ_DISPUTE_STAGE_H

#include "authz/dispute_rows.h"
#include "unit/authz/emergency_stage.h"

static inline int dispute_up(void **state)
{
	int failed = scene_up(state);
	struct scene *s = *state;
	hire(s->health, "li", "data-authority", "", "HR-1003");
	hire(s->roads, "ren", "intake", "", "HR-3003");
	install(s->health, "desk", "", "10.1.0.6");
	hire(s->roads, "fleet-zhao", "approver", "fleet", "HR-3004");
	hire(s->health, "ward-sun", "operator", "ward", "HR-1004");
	return failed;
}

static inline struct hf_id at_provider(struct scene *s)
{
	struct hf_application_in in = {.entry = s->bridges,
	                               .system = "desk",
	                               .reason = "delay claims are checked against actual arrivals",
	                               .purpose = "claims-check",
	                               .until_ms = s->w->now_ms + 90 * DAY};
	struct hf_id id;
	MUST(draft_as(s->health, "wang", &in, &id));
	MUST(need_as(s->health, "li", &id, true, true, true));
	MUST(compliance_as(s->roads, "ren", &id, "pass", NULL));
	return id;
}

static inline struct hf_id refused(struct scene *s)
{
	struct hf_id id = at_provider(s);
	MUST(decide_as(s->roads, "zhou", &id, "F", "closed", 0));
	return id;
}

static inline enum hf_err dispute_as(struct node *n, const char *who, const struct hf_id *application,
                                     const char *about, struct hf_id *ret)
{
	COMMAND(c, n, who);
	return command_end(&c, hf_dispute_raise(n->authz, &c.in, application, about, "others were approved", ret));
}

static inline enum hf_err settle_as(struct node *n, const char *who, const struct hf_id *dispute, const char *result)
{
	COMMAND(c, n, who);
	return command_end(&c, hf_dispute_settle(n->authz, &c.in, dispute, result, "the criteria say so"));
}

static inline enum hf_err apply_after(struct node *n, const char *who, const struct hf_id *dispute, struct hf_id *ret)
{
	const struct hf_application_in as_before = {.from_ms = 0};
	COMMAND(c, n, who);
	return command_end(&c, hf_dispute_apply(n->authz, &c.in, dispute, &as_before, ret));
}

static inline uint32_t outcome_at(struct node *n, const struct hf_id *dispute)
{
	HF_CLEANUP(hf_decoded_done) Hufu__DisputeRow *row = NULL;
	return hf_dispute_get(n->authz, dispute, &row) == HF_OK ? row->outcome : HF_DISPUTE_OUTCOME_COUNT;
}

#endif
