/*
 * emergency_stage.h - nine nodes for the tests of emergencies: "health" is the authority and the consumer, "roads"
 * provides, "data" carries out. In the leading group: "audit", "hub", "port", and three that must not help: "twin" (of
 * hub's organization), "lane" (of the provider's), "clinic" (of the applicant's). Five organizations, three must agree.
 */
#ifndef TESTS_UNIT_AUTHZ_EMERGENCY_STAGE_H
#define TESTS_UNIT_AUTHZ_EMERGENCY_STAGE_H

#define SB_EXTRA 4
#define WORLD_USED SB_AUDIT, SB_HEALTH, SB_HUB, SB_PORT, SB_ROADS, SB_DATA, SB_TWIN, SB_LANE, SB_CLINIC
#include "unit/authz/world.h"

#include "authz/emergency_internal.h"

struct scene {
	struct world *w;
	struct node *health, *roads, *audit, *hub, *port, *data, *twin, *lane, *clinic;
	struct hf_id bridges, roads_map, personal, sensitive, hidden;
	struct hf_id event;
};

static inline void scene_shape(struct sb_space *sb)
{
	static char *authority[] = {(char *)"consumer", (char *)"emergency-authority"};
	static char *provider[] = {(char *)"provider", (char *)"consumer"};
	static char *managing[] = {(char *)"data-management"}, *leading[] = {(char *)"leading-group"};
	static char *exchange[] = {(char *)"exchange-service", (char *)"leading-group", (char *)"business-authority"};
	static char *group[] = {(char *)"audit", (char *)"hub",  (char *)"port",
	                        (char *)"twin",  (char *)"lane", (char *)"clinic"};
	static const struct {
		enum sb_node node;
		char **roles;
		size_t count;
		const char *organization;
	} members[] = {
	        {SB_HEALTH, authority, 2, "health"}, {SB_ROADS, provider, 2, "roads"},
	        {SB_DATA, managing, 1, "data"},      {SB_AUDIT, leading, 1, "audit"},
	        {SB_HUB, exchange, 3, "hub"},        {SB_PORT, leading, 1, "port"},
	        {SB_TWIN, leading, 1, "hub"},        {SB_LANE, leading, 1, "roads"},
	        {SB_CLINIC, authority, 2, "health"},
	};
	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
		Hufu__Member *m = &sb->member[members[i].node];
		m->roles = members[i].roles;
		m->n_roles = members[i].count;
		m->organization = (char *)members[i].organization;
	}
	/* In order of id, as a descriptor's members must be. */
	static const enum sb_node sorted[] = {SB_AUDIT, SB_CLINIC, SB_DATA,  SB_HEALTH, SB_HUB,
	                                      SB_LANE,  SB_PORT,   SB_ROADS, SB_TWIN};
	for (size_t i = 0; i < SB_NODES; i++)
		sb->members[i] = &sb->member[sorted[i]];
	sb->d.leading_group = group;
	sb->d.n_leading_group = sizeof(group) / sizeof(group[0]);
	sb->d.leading_threshold = 3;
}

static inline void scene_people(struct scene *s)
{
	hire(s->health, "wang", "operator", "", "HR-1001");
	hire(s->health, "qian", "emergency-officer", "", "HR-1002");
	hire(s->clinic, "qiao", "emergency-officer", "", "HR-1102");
	hire(s->roads, "zhou", "approver", "", "HR-3001");
	hire(s->roads, "fan", "privacy-expert", "", "HR-3002");
	hire(s->audit, "an", "leading-member", "", "HR-4001");
	hire(s->hub, "hu", "leading-member", "", "HR-4002");
	hire(s->hub, "chen", "intake", "", "HR-4012");
	hire(s->hub, "bai", "business-officer", "", "HR-4013");
	hire(s->port, "pan", "leading-member", "", "HR-4003");
	hire(s->twin, "tu", "leading-member", "", "HR-4004");
	hire(s->lane, "lan", "leading-member", "", "HR-4005");
	hire(s->clinic, "cai", "leading-member", "", "HR-4006");
	hire(s->data, "du", "emergency-executor", "", "HR-5001");
	install(s->health, "rescue", "", "10.1.0.5");
	install(s->health, "archive", "", "");
}

static inline int scene_up(void **state)
{
	struct scene *s = hf_alloc_zero(sizeof(*s));
	s->w = world_new_with(scene_shape);
	const struct {
		struct node **at;
		const char *name;
	} nodes[] = {{&s->health, "health"}, {&s->roads, "roads"}, {&s->audit, "audit"},
	             {&s->hub, "hub"},       {&s->port, "port"},   {&s->data, "data"},
	             {&s->twin, "twin"},     {&s->lane, "lane"},   {&s->clinic, "clinic"}};
	for (size_t i = 0; i < sizeof(nodes) / sizeof(nodes[0]); i++)
		*nodes[i].at = world_find(s->w, nodes[i].name);
	scene_people(s);
	register_source(s->roads, "flights");
	s->bridges = publish(s->roads, &(struct offer){.title = "桥梁"});
	s->roads_map = publish(s->roads, &(struct offer){.title = "道路"});
	s->personal = publish(s->roads, &(struct offer){.title = "住户", .personal = true});
	s->sensitive = publish(s->roads, &(struct offer){.title = "油库", .sensitive = true});
	s->hidden = publish(s->roads, &(struct offer){.title = "不公开", .scope = "nodes:hub"});
	*state = s;
	return 0;
}

static inline int scene_down(void **state)
{
	struct scene *s = *state;
	world_free(s->w);
	free(s);
	return 0;
}

/* Each test begins with nothing on its way and no refusals, at the same time of day. */
static inline struct scene *scene_of(void **state)
{
	struct scene *s = *state;
	s->w->hold = NULL;
	s->w->bend = NULL;
	s->w->factors = 0;
	settle(s->w);
	for (size_t i = 0; i < NODES; i++)
		s->w->node[i].refused_count = 0;
	return s;
}

/* ---- the steps ---- */

static inline struct hf_em_event_in flood(struct scene *s)
{
	static const char *const providers[] = {"roads"};
	return (struct hf_em_event_in){.kind = "natural-disaster",
	                               .title = "沿江洪水",
	                               .until_ms = s->w->now_ms + 60 * DAY,
	                               .providers = providers,
	                               .provider_count = 1};
}

static inline enum hf_err declare_as(struct node *n, const char *who, const struct hf_em_event_in *what,
                                     struct hf_id *ret_event)
{
	COMMAND(c, n, who);
	return command_end(&c, hf_emergency_declare(n->authz, &c.in, what, ret_event));
}

static inline struct hf_id declared(struct scene *s)
{
	struct hf_em_event_in in = flood(s);
	struct hf_id id;
	MUST(declare_as(s->health, "qian", &in, &id));
	return id;
}

static inline enum hf_err over_as(struct node *n, const char *who, const struct hf_id *event, const char *reason)
{
	COMMAND(c, n, who);
	return command_end(&c, hf_emergency_over(n->authz, &c.in, event, reason));
}

static inline struct hf_em_request_in need_of(struct scene *s, const struct hf_id *event, const struct hf_id *entry)
{
	return (struct hf_em_request_in){.event = *event,
	                                 .entry = *entry,
	                                 .system = "rescue",
	                                 .reason = "找出仍可通行重车的桥梁",
	                                 .purpose = "flood-relief",
	                                 .until_ms = s->w->now_ms + 14 * DAY};
}

static inline enum hf_err raise_as(struct node *n, const char *who, const struct hf_em_request_in *what,
                                   struct hf_id *ret_request)
{
	COMMAND(c, n, who);
	return command_end(&c, hf_emergency_raise(n->authz, &c.in, what, ret_request));
}

static inline enum hf_err again_as(struct node *n, const char *who, const struct hf_id *request,
                                   const struct hf_em_request_in *what, uint32_t *ret_revision)
{
	COMMAND(c, n, who);
	return command_end(&c, hf_emergency_resubmit(n->authz, &c.in, request, what, ret_revision));
}

static inline struct hf_id raised(struct scene *s, const struct hf_id *entry)
{
	struct hf_id event = declared(s), id;
	struct hf_em_request_in in = need_of(s, &event, entry);
	MUST(raise_as(s->health, "qian", &in, &id));
	return id;
}

static inline enum hf_err vote_as(struct node *n, const char *who, const struct hf_id *request, const char *result,
                                  const char *reason)
{
	COMMAND(c, n, who);
	return command_end(&c, hf_emergency_decide(n->authz, &c.in, request, result, reason));
}

static inline enum hf_err unvote_as(struct node *n, const char *who, const struct hf_id *request, const char *reason)
{
	COMMAND(c, n, who);
	return command_end(&c, hf_emergency_withdraw(n->authz, &c.in, request, reason));
}

static inline enum hf_err examine_as(struct node *n, const char *who, const struct hf_id *request, bool ok)
{
	const struct hf_finding_in f[2] = {{"necessity", ok, ok ? "" : "not needed"}, {"compliance", true, ""}};
	COMMAND(c, n, who);
	return command_end(&c, hf_emergency_review(n->authz, &c.in, request, f));
}

static inline enum hf_err execute_as(struct node *n, const char *who, const struct hf_id *request,
                                     struct hf_id *ret_grant)
{
	COMMAND(c, n, who);
	return command_end(&c, hf_emergency_execute(n->authz, &c.in, request, ret_grant));
}

static inline enum hf_err follow_as(struct node *n, const char *who, const struct hf_id *request,
                                    const struct hf_id *application)
{
	COMMAND(c, n, who);
	return command_end(&c, hf_emergency_follow(n->authz, &c.in, request, "application", application));
}

static inline void approved(struct scene *s, const struct hf_id *request)
{
	MUST(vote_as(s->audit, "an", request, "T", NULL));
	MUST(vote_as(s->hub, "hu", request, "T", NULL));
	MUST(vote_as(s->port, "pan", request, "T", NULL));
}

static inline struct hf_id in_use(struct scene *s, const struct hf_id *entry)
{
	struct hf_id request = raised(s, entry), grant;
	approved(s, &request);
	MUST(execute_as(s->data, "du", &request, &grant));
	return request;
}

/* Sessions do not outlast days: everybody logs in again. */
static inline void days_pass(struct scene *s, int64_t days)
{
	s->w->now_ms += days * DAY;
	for (size_t i = 0; i < NODES; i++)
		for (size_t k = 0; k < s->w->node[i].people_count; k++) {
			struct node *n = &s->w->node[i];
			struct hf_login login = {.account = n->people[k].name,
			                         .password = OWN_PASSWORD,
			                         .totp = "",
			                         .device_signature = "",
			                         .challenge = "",
			                         .address = "unix"};
			struct login_end end = {0};
			hf_identity_login(n->identity, &login, logged_in, &end);
			world_run_until(s->w, &end.done);
			memcpy(n->people[k].token, end.token, sizeof(n->people[k].token));
		}
}

/* ---- looking ---- */

static inline enum hf_em_state em_state_at(struct node *n, const struct hf_id *request)
{
	HF_CLEANUP(hf_decoded_done) Hufu__EmergencyRequestRow *row = NULL;
	return hf_emergency_request(n->authz, request, &row) == HF_OK ? em_row_state(row) : HF_EM_NONE;
}

static inline struct hf_access_request rescue_asks(struct scene *s, const struct hf_id *resource)
{
	return (struct hf_access_request){.organization = "health",
	                                  .department = "",
	                                  .system = "rescue",
	                                  .system_address = "10.1.0.5",
	                                  .resource = *resource,
	                                  .action = "read",
	                                  .purpose = "flood-relief",
	                                  .methods = HF_AUTH_PASSWORD,
	                                  .now_ms = s->w->now_ms};
}

static inline enum hf_err em_decided(struct node *n, const struct hf_access_request *rq, const char **ret_mechanism)
{
	struct hf_decision d;
	hf_authz_decide(n->authz, rq, &d);
	snprintf(last_fault, sizeof(last_fault), "%s", d.text);
	assert_true((d.result == HF_OK) == (d.terms != NULL));
	if (ret_mechanism)
		*ret_mechanism = d.mechanism;
	hf_decision_done(&d);
	return d.result;
}

struct em_notice_count {
	const struct hf_id *request;
	const char *kind;
	size_t count;
	char text[400];
};

static inline bool count_em_notice(void *ctx, const struct hf_id *id, const Hufu__NoticeRow *row)
{
	struct em_notice_count *c = ctx;
	struct hf_id request;
	(void)id;
	if (!az_id_of(&row->emergency, &request) || !hf_id_equal(&request, c->request) ||
	    strcmp(row->kind, c->kind) != 0)
		return true;
	c->count++;
	snprintf(c->text, sizeof(c->text), "%s", row->text);
	return true;
}

static inline struct em_notice_count em_notices(struct node *n, const struct hf_id *request, const char *kind)
{
	struct em_notice_count c = {.request = request, .kind = kind};
	assert_int_equal(hf_authz_notices(n->authz, count_em_notice, &c), HF_OK);
	return c;
}

/* What every node does by its clock. */
static inline void sweep_all(struct scene *s)
{
	for (int turn = 0; turn < 3; turn++) { /* what is over, its report, what came of the report */
		for (size_t i = 0; i < NODES; i++)
			if (s->w->node[i].open)
				az_em_sweep(s->w->node[i].authz);
		settle(s->w);
	}
}

#endif
