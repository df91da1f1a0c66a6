/*
 * cast.h - the people, systems and resources that the tests of this folder play with, and the usual stretches of a
 * negotiation.
 */
#ifndef TESTS_UNIT_AUTHZ_CAST_H
#define TESTS_UNIT_AUTHZ_CAST_H

#include "authz/giving.h"
#include "unit/authz/world.h"

struct stage {
	struct world *w;
	struct node *health, *hub, *roads;
	struct hf_id plain;     /* intake hub */
	struct hf_id strict;    /* intake hub, with criteria */
	struct hf_id personal;  /* intake hub, personal data */
	struct hf_id sensitive; /* intake hub, two factors */
	struct hf_id inner;     /* intake roads itself, for health and the department fleet of roads */
	struct hf_id settled;   /* intake roads, which settles */
};

static inline void stage_people(struct stage *s)
{
	hire(s->health, "wang", "operator", "", "HR-1001");
	hire(s->health, "li", "data-authority", "", "HR-1002");
	hire(s->health, "ma", "approver", "", "HR-1003");
	hire(s->hub, "chen", "intake", "", "HR-2001");
	hire(s->roads, "zhou", "approver", "", "HR-3001");
	install(s->health, "desk", "", "10.1.0.5");
	install(s->health, "archive", "", "");
}

static inline Hufu__ReviewCriteria *strict_criteria(void)
{
	static Hufu__ReviewCriteria c = HUFU__REVIEW_CRITERIA__INIT;
	static char *purposes[] = {(char *)"claims-check", (char *)"statistics"};
	c.purposes = purposes;
	c.n_purposes = 2;
	c.max_days = 366;
	c.purpose_text = true;
	return &c;
}

static inline void stage_resources(struct stage *s)
{
	register_source(s->roads, "flights");
	s->plain = publish(s->roads, &(struct offer){.title = "航班到达", .intake = "hub"});
	s->strict =
	        publish(s->roads, &(struct offer){.title = "strict", .intake = "hub", .criteria = strict_criteria()});
	s->personal = publish(s->roads, &(struct offer){.title = "旅客", .intake = "hub", .personal = true});
	s->sensitive = publish(s->roads, &(struct offer){.title = "敏感", .intake = "hub", .sensitive = true});
	s->inner = publish(s->roads, &(struct offer){.title = "inner", .scope = "nodes:health,roads/fleet"});
	s->settled = publish(s->roads, &(struct offer){.title = "open enough", .settles = true});
}

/* Changes the descriptor before it is signed; NULL: as it is. */
static void (*stage_shape)(struct sb_space *sb);

static inline int stage_up(void **state)
{
	struct stage *s = hf_alloc_zero(sizeof(*s));
	s->w = world_new_with(stage_shape);
	s->health = world_find(s->w, "health");
	s->hub = world_find(s->w, "hub");
	s->roads = world_find(s->w, "roads");
	stage_people(s);
	stage_resources(s);
	*state = s;
	return 0;
}

static inline int stage_down(void **state)
{
	struct stage *s = *state;
	world_free(s->w);
	free(s);
	return 0;
}

/* Each test begins with nothing on its way and no refusals. */
static inline struct stage *stage_of(void **state)
{
	struct stage *s = *state;
	s->w->hold = NULL;
	s->w->bend = NULL;
	settle(s->w);
	s->health->refused_count = s->hub->refused_count = s->roads->refused_count = 0;
	memset(s->w->delivered, 0, sizeof(s->w->delivered));
	return s;
}

/* One that asks for an undertaking, which only an application can accept. */
static inline struct hf_id undertaking_entry(struct stage *s)
{
	Hufu__SharingCondition sealed = HUFU__SHARING_CONDITION__INIT, *list[] = {&sealed};
	sealed.name = (char *)"stays-inside";
	sealed.text = (char *)"the data stays inside the named system";
	return publish(s->roads,
	               &(struct offer){.title = "sealed", .intake = "hub", .conditions = list, .condition_count = 1});
}

static inline struct hf_id drafted(struct stage *s, const struct hf_id *entry)
{
	struct hf_application_in in = wish(entry);
	struct hf_id id;
	MUST(draft_as(s->health, "wang", &in, &id));
	return id;
}

static inline struct hf_id submitted(struct stage *s, const struct hf_id *entry)
{
	struct hf_id id = drafted(s, entry);
	MUST(need_as(s->health, "li", &id, true, true, true));
	return id;
}

static inline struct hf_id forwarded(struct stage *s, const struct hf_id *entry)
{
	struct hf_id id = submitted(s, entry);
	MUST(compliance_as(s->hub, "chen", &id, "pass", NULL));
	return id;
}

static inline struct hf_id granted(struct stage *s, const struct hf_id *entry)
{
	struct hf_id id = forwarded(s, entry);
	MUST(decide_as(s->roads, "zhou", &id, "T", NULL, 0));
	assert_int_equal(state_at(s->health, &id, HF_PART_CONSUMER), HF_REVIEW_FINALIZED);
	return id;
}

/* ---- what the provider gives without an application ---- */

static inline struct hf_grant_offer_in gift(struct stage *s, const struct hf_id *entry)
{
	return (struct hf_grant_offer_in){.entry = *entry,
	                                  .consumer = "health",
	                                  .system = "desk",
	                                  .purpose = "claims-check",
	                                  .reason = "yearly agreement on delay claims",
	                                  .until_ms = s->w->now_ms + 100 * DAY};
}

static inline enum hf_err offer_as(struct node *n, const char *who, const struct hf_grant_offer_in *what,
                                   struct hf_id *ret)
{
	COMMAND(c, n, who);
	return command_end(&c, hf_authz_grant_offer(n->authz, &c.in, what, ret));
}

static inline enum hf_err give_as(struct node *n, const char *who, const struct hf_id *id, const char *result,
                                  const char *reason)
{
	COMMAND(c, n, who);
	return command_end(&c, hf_authz_grant_give(n->authz, &c.in, id, result, reason));
}

static inline struct hf_access_request asking(const struct hf_id *resource, int64_t now_ms)
{
	return (struct hf_access_request){.organization = "health",
	                                  .department = "",
	                                  .system = "desk",
	                                  .system_address = "10.1.0.5",
	                                  .resource = *resource,
	                                  .action = "read",
	                                  .purpose = "claims-check",
	                                  .methods = HF_AUTH_PASSWORD,
	                                  .now_ms = now_ms};
}

/* Decides and frees; keeps the text. */
static inline enum hf_err decided(struct node *n, const struct hf_access_request *rq)
{
	struct hf_decision d;
	hf_authz_decide(n->authz, rq, &d);
	snprintf(last_fault, sizeof(last_fault), "%s", d.text);
	assert_true((d.result == HF_OK) == (d.terms != NULL));
	assert_true(d.text[0] != '\0');
	hf_decision_done(&d);
	return d.result;
}

#endif
