/*
 * scenario.h - attribute authorization by scenarios (AZ-39 ... AZ-51): the steps that people take, and what they can
 * see of it. The API's handlers call these, as those of negotiation.h.
 *
 * The story: a business authority and providers agree, outside the system, on what a business scenario needs. The
 * authority makes the scenario and confirms which departments and systems handle it, in its jurisdiction alone; each
 * provider opens its own resources to it. In the provider's decision point an opening and a confirmed member together
 * are an attribute rule: the member needs no application, and who leaves the scenario has no access any more. Loop
 * thread.
 */
#ifndef HUFU_AUTHZ_SCENARIO_H
#define HUFU_AUTHZ_SCENARIO_H

#include "authz/negotiation.h"
#include "scenario.pb-c.h"
#include "state_scenario.pb-c.h"

#define HF_SCENARIO_MEMBERS_MAX 256u

struct hf_scenario_in {
	const char *name, *description, *purpose;
	int64_t from_ms; /* 0: now */
	int64_t until_ms;
	const char *const *providers; /* told of it */
	size_t provider_count;
};
enum hf_err hf_scenario_create(struct hf_authz *a, const struct hf_step_in *in, const struct hf_scenario_in *what,
                               struct hf_id *ret_scenario) HF_MUST_CHECK;
/* One department and system that handles the scenario; "": the organization itself, any address. */
struct hf_scenario_member {
	const char *organization, *department, *system, *address;
};
/* AZ-41: confirmed from now on. */
enum hf_err hf_scenario_confirm(struct hf_authz *a, const struct hf_step_in *in, const struct hf_id *scenario,
                                const struct hf_scenario_member *member) HF_MUST_CHECK;
/* AZ-51: no longer. Without a system: all systems of the department; without a department too: of the organization. */
enum hf_err hf_scenario_remove(struct hf_authz *a, const struct hf_step_in *in, const struct hf_id *scenario,
                               const struct hf_scenario_member *member, const char *reason) HF_MUST_CHECK;
enum hf_err hf_scenario_end(struct hf_authz *a, const struct hf_step_in *in, const struct hf_id *scenario,
                            const char *reason) HF_MUST_CHECK;

struct hf_opening_in {
	struct hf_id scenario, entry;
	const char *const *fields;
	size_t field_count; /* 0: all */
	const char *const *obligations;
	size_t obligation_count;
	int64_t from_ms;  /* 0: now */
	int64_t until_ms; /* required (AZ-46) */
	const char *reason;
};
/* AZ-40: by the resource's provider. */
enum hf_err hf_scenario_open(struct hf_authz *a, const struct hf_step_in *in, const struct hf_opening_in *what,
                             struct hf_id *ret_opening) HF_MUST_CHECK;
enum hf_err hf_scenario_close(struct hf_authz *a, const struct hf_step_in *in, const struct hf_id *opening,
                              const char *reason) HF_MUST_CHECK;

/* AZ-61: do use's system, here, and its purpose get that resource of that provider by a scenario now?
 * Without fields: all of them. */
bool hf_scenario_covers(struct hf_authz *a, const struct hf_grant_view *use, const char *const *fields,
                        size_t field_count);

/* Another descriptor holds: whoever has left an authority's jurisdiction, and whatever has lost its role, gives no rule
 * any more (AZ-41). */
void hf_scenarios_judge_anew(struct hf_authz *a);

/* Reading; rows are valid during the callback; fn returns false to stop. Newest first. */
struct hf_scenario_view {
	const Hufu__ScenarioRow *row;
	const Hufu__Scenario *scenario;
	Hufu__ScenarioOpening *const *openings; /* in the order of the row's */
};
typedef bool (*hf_scenario_fn)(void *ctx, const struct hf_scenario_view *v);
enum hf_err hf_scenarios(struct hf_authz *a, hf_scenario_fn fn, void *ctx) HF_MUST_CHECK;
/* UNKNOWN. Calls fn once. */
enum hf_err hf_scenario_show(struct hf_authz *a, const struct hf_id *scenario, hf_scenario_fn fn,
                             void *ctx) HF_MUST_CHECK;

#endif
