/*
 * Scenarios: "hub" is the business authority of CN-31, "roads" provides, "health" (CN-31) handles the scenario, "port"
 * lies elsewhere and holds no such role.
 */
#define WORLD_USED SB_HEALTH, SB_HUB, SB_PORT, SB_ROADS
#include "authz/scenario_internal.h"
#include "unit/authz/cast.h"

static struct node *port_of(struct stage *s)
{
	return world_find(s->w, "port");
}

static void shape(struct sb_space *sb)
{
	static char *authority[] = {(char *)"exchange-service", (char *)"business-authority"};
	static char *consumer[] = {(char *)"consumer"}, *departments[] = {(char *)"claims", (char *)"stock"};
	static Hufu__Attribute over = HUFU__ATTRIBUTE__INIT, *attributes[] = {&over};
	over.name = (char *)"jurisdiction-of";
	over.value = (char *)"CN-31,organization:roads";
	sb->member[SB_HUB].roles = authority;
	sb->member[SB_HUB].n_roles = 2;
	sb->member[SB_HUB].attributes = attributes;
	sb->member[SB_HUB].n_attributes = 1;
	sb->member[SB_HEALTH].departments = departments;
	sb->member[SB_HEALTH].n_departments = 2;
	sb->member[SB_PORT].roles = consumer;
	sb->member[SB_PORT].n_roles = 1;
	sb->member[SB_PORT].jurisdiction = (char *)"SG";
}

static int up(void **state)
{
	struct stage *s = hf_alloc_zero(sizeof(*s));
	s->w = world_new_with(shape);
	s->health = world_find(s->w, "health");
	s->hub = world_find(s->w, "hub");
	s->roads = world_find(s->w, "roads");
	stage_people(s);
	hire(s->hub, "bai", "business-officer", "", "HR-2002");
	hire(port_of(s), "pei", "business-officer", "", "HR-5001");
	hire(port_of(s), "ping", "approver", "", "HR-5002");
	stage_resources(s);
	*state = s;
	return 0;
}

static const struct hf_scenario_member desk = {"health", "", "desk", "10.1.0.5"};

static enum hf_err create_as(struct node *n, const char *who, struct hf_id *ret)
{
	static const char *const providers[] = {"roads"};
	const struct hf_scenario_in in = {.name = "一站式理赔",
	                                  .purpose = "claims-check",
	                                  .until_ms = n->world->now_ms + 300 * DAY,
	                                  .providers = providers,
	                                  .provider_count = 1};
	COMMAND(c, n, who);
	return command_end(&c, hf_scenario_create(n->authz, &c.in, &in, ret));
}

static enum hf_err confirm_as(struct node *n, const char *who, const struct hf_id *id,
                              const struct hf_scenario_member *m)
{
	COMMAND(c, n, who);
	return command_end(&c, hf_scenario_confirm(n->authz, &c.in, id, m));
}

static enum hf_err remove_as(struct node *n, const char *who, const struct hf_id *id,
                             const struct hf_scenario_member *m)
{
	COMMAND(c, n, who);
	return command_end(&c, hf_scenario_remove(n->authz, &c.in, id, m, "moved to another bureau"));
}

static enum hf_err end_as(struct node *n, const char *who, const struct hf_id *id)
{
	COMMAND(c, n, who);
	return command_end(&c, hf_scenario_end(n->authz, &c.in, id, "replaced"));
}

static enum hf_err open_with(struct node *n, const char *who, const struct hf_opening_in *in, struct hf_id *ret)
{
	COMMAND(c, n, who);
	return command_end(&c, hf_scenario_open(n->authz, &c.in, in, ret));
}

static enum hf_err open_as(struct node *n, const char *who, const struct hf_id *scenario, const struct hf_id *entry,
                           struct hf_id *ret)
{
	const struct hf_opening_in in = {
	        .scenario = *scenario, .entry = *entry, .until_ms = n->world->now_ms + 200 * DAY};
	return open_with(n, who, &in, ret);
}

static enum hf_err close_as(struct node *n, const char *who, const struct hf_id *opening)
{
	COMMAND(c, n, who);
	return command_end(&c, hf_scenario_close(n->authz, &c.in, opening, "no longer agreed"));
}

static bool count_one(void *ctx, const Hufu__ApplicationRow *row)
{
	(void)row;
	++*(unsigned *)ctx;
	return true;
}

static unsigned applications_at(struct node *n)
{
	unsigned count = 0;
	assert_int_equal(hf_authz_applications(n->authz, count_one, &count), HF_OK);
	return count;
}

static struct hf_id covered(struct stage *s, const struct hf_id *entry, struct hf_id *ret_opening)
{
	struct hf_id id;
	MUST(create_as(s->hub, "bai", &id));
	MUST(open_as(s->roads, "zhou", &id, entry, ret_opening));
	MUST(confirm_as(s->hub, "bai", &id, &desk));
	return id;
}

static struct hf_id fresh_entry(struct stage *s)
{
	return publish(s->roads, &(struct offer){.title = "scenario data", .intake = "hub"});
}

/* AZ-42: right after the confirmation, with zero applications anywhere. AZ-61: an application is told to be needless.
 * AZ-51: the next request after the removal is denied. */
static void member_has_access_at_once_without_an_application_until_it_leaves(void **state)
{
	struct stage *s = stage_of(state);
	struct hf_id entry = fresh_entry(s), id, opening, draft;
	struct hf_access_request rq = asking(&entry, s->w->now_ms);
	struct hf_application_in wanted = wish(&entry);
	struct hf_decision d;
	MUST(create_as(s->hub, "bai", &id));
	MUST(open_as(s->roads, "zhou", &id, &entry, &opening));
	assert_int_equal(decided(s->roads, &rq), HF_E_NO_GRANT);
	MUST(confirm_as(s->hub, "bai", &id, &desk));
	hf_authz_decide(s->roads->authz, &rq, &d);
	assert_int_equal(d.result, HF_OK);
	assert_string_equal(d.mechanism, "attribute");
	assert_int_equal(strncmp(d.rule, "scenario:", 9), 0);
	hf_decision_done(&d);
	assert_int_equal(applications_at(s->roads) + applications_at(s->health) + applications_at(s->hub), 0);
	wanted.purpose = "claims-check";
	wanted.until_ms = s->w->now_ms + 100 * DAY;
	assert_int_equal(draft_as(s->health, "wang", &wanted, &draft), HF_E_EXISTS);
	assert_non_null(strstr(last_fault, "no application is needed"));
	wanted.until_ms = s->w->now_ms + 250 * DAY; /* longer than the opening lasts: that has to be applied for */
	MUST(draft_as(s->health, "wang", &wanted, &draft));
	MUST(remove_as(s->hub, "bai", &id, &desk));
	assert_int_equal(decided(s->roads, &rq), HF_E_NO_GRANT);
	assert_int_equal(s->roads->refused_count + s->health->refused_count, 0);
}

/* AZ-45, AZ-46, AZ-50: address, system, organization, purpose and period each count. */
static void rule_of_a_scenario_holds_for_the_confirmed_system_alone(void **state)
{
	struct stage *s = stage_of(state);
	struct hf_id entry = fresh_entry(s), other = fresh_entry(s), opening;
	const struct hf_access_request rq = asking(&entry, s->w->now_ms);
	struct hf_access_request wrong;
	(void)covered(s, &entry, &opening);
	assert_int_equal(decided(s->roads, &rq), HF_OK);
	wrong = rq, wrong.system_address = "10.1.0.6";
	assert_int_not_equal(decided(s->roads, &wrong), HF_OK);
	wrong = rq, wrong.system_address = NULL;
	assert_int_not_equal(decided(s->roads, &wrong), HF_OK);
	wrong = rq, wrong.system = "archive";
	assert_int_not_equal(decided(s->roads, &wrong), HF_OK);
	wrong = rq, wrong.organization = "hub";
	assert_int_not_equal(decided(s->roads, &wrong), HF_OK);
	wrong = rq, wrong.purpose = "statistics";
	assert_int_not_equal(decided(s->roads, &wrong), HF_OK);
	wrong = rq, wrong.resource = other; /* AZ-4 */
	assert_int_not_equal(decided(s->roads, &wrong), HF_OK);
	wrong = rq, wrong.now_ms = s->w->now_ms + 200 * DAY;
	assert_int_not_equal(decided(s->roads, &wrong), HF_OK);
	wrong.now_ms--;
	assert_int_equal(decided(s->roads, &wrong), HF_OK);
}

/* A department that is confirmed is not its organization. */
static void confirmed_department_does_not_let_the_others_in(void **state)
{
	struct stage *s = stage_of(state);
	struct hf_id entry = fresh_entry(s), id, opening;
	struct hf_access_request rq = asking(&entry, s->w->now_ms);
	MUST(create_as(s->hub, "bai", &id));
	MUST(open_as(s->roads, "zhou", &id, &entry, &opening));
	MUST(confirm_as(s->hub, "bai", &id, &(struct hf_scenario_member){"health", "claims", "desk", ""}));
	rq.department = "claims";
	assert_int_equal(decided(s->roads, &rq), HF_OK);
	rq.department = "stock";
	assert_int_not_equal(decided(s->roads, &rq), HF_OK);
	rq.department = "";
	assert_int_not_equal(decided(s->roads, &rq), HF_OK);
}

/* AZ-41: only the scenario's own authority, and only inside its jurisdiction. */
static void members_are_confirmed_by_their_authority_inside_its_jurisdiction_alone(void **state)
{
	struct stage *s = stage_of(state);
	struct hf_id entry = fresh_entry(s), id, other, opening;
	MUST(create_as(s->hub, "bai", &id));
	MUST(open_as(s->roads, "zhou", &id, &entry, &opening));
	assert_int_equal(confirm_as(s->hub, "bai", &id, &(struct hf_scenario_member){"port", "", "desk", ""}),
	                 HF_E_STANDING);
	assert_non_null(strstr(last_fault, "outside the jurisdiction of hub"));
	MUST(confirm_as(s->hub, "bai", &id, &(struct hf_scenario_member){"roads", "", "map", ""}));
	assert_int_equal(confirm_as(s->hub, "bai", &id, &(struct hf_scenario_member){"health", "moon", "desk", ""}),
	                 HF_E_UNKNOWN);
	assert_int_equal(confirm_as(s->hub, "bai", &id, &(struct hf_scenario_member){"health", "", "desk", "x"}),
	                 HF_E_ARGUMENT);
	assert_int_equal(create_as(port_of(s), "pei", &other), HF_E_STANDING);
	assert_int_equal(confirm_as(s->roads, "zhou", &id, &desk), HF_E_STANDING);
	assert_int_not_equal(create_as(s->hub, "chen", &other), HF_OK); /* no business officer */
}

/* ---- forged papers ---- */

struct forgery {
	Hufu__Scenario m;
	Hufu__ScenarioMember member, *members[1];
	struct hf_id id, txn;
};

/* A node signs and mails whatever it likes, past its own checks. */
static void forge(struct node *n, const char *who, struct forgery *g, const char *to)
{
	COMMAND(c, n, who);
	Hufu__Statement st = HUFU__STATEMENT__INIT;
	Hufu__ScenarioMail mail = HUFU__SCENARIO_MAIL__INIT;
	HF_CLEANUP(hf_decoded_done) Hufu__SignedStatement *by = NULL;
	HF_CLEANUP(az_paper_done) struct paper paper = {0};
	struct paper_head head;
	struct hf_hash wording;
	sc_scenario_wording(&g->m, &wording);
	st.kind = (char *)"scenario";
	st.object = g->m.id;
	st.revision = g->m.version;
	st.object_digest = BIN_HASH(&wording);
	assert_int_equal(az_person_sign(n->authz, &c.actor, &st, &g->txn, &by, &c.fault), HF_OK);
	az_paper_head_init(n->authz, &head, &g->txn, NULL, NULL, NULL);
	g->m.header = &head.header;
	g->m.statement = by;
	assert_int_equal(az_paper_sign(n->authz, HF_TYPE_SCENARIO, &g->txn, &g->m.base, c.in.unit, &paper, &c.fault),
	                 HF_OK);
	mail.scenario = paper.envelope;
	assert_int_equal(az_paper_mail(n->authz, c.in.unit, to, HF_MAIL_SCENARIO, &g->txn, &mail.base, &c.fault),
	                 HF_OK);
	MUST(command_end(&c, HF_OK));
}

static void forgery_init(struct forgery *g, struct stage *s, const struct hf_id *id, const struct hf_id *txn)
{
	g->id = *id;
	g->txn = *txn;
	hufu__scenario__init(&g->m);
	hufu__scenario_member__init(&g->member);
	g->member.organization = (char *)"health";
	g->member.system = (char *)"desk";
	g->members[0] = &g->member;
	g->m.id = BIN_ID(&g->id);
	g->m.version = 7;
	g->m.name = (char *)"forged";
	g->m.purpose = (char *)"claims-check";
	g->m.from_ms = s->w->now_ms - DAY;
	g->m.until_ms = s->w->now_ms + 300 * DAY;
	g->m.members = g->members;
	g->m.n_members = 1;
}

static bool take_txn(void *ctx, const struct hf_scenario_view *v)
{
	return az_id_of(&v->row->txn, ctx) && false;
}

/* AZ-41: the provider's node believes no list of members but the authority's, and none beyond its jurisdiction. */
static void provider_refuses_lists_of_members_that_nobody_had_the_right_to_sign(void **state)
{
	struct stage *s = stage_of(state);
	struct hf_id entry = fresh_entry(s), id, opening, txn;
	const struct hf_access_request rq = asking(&entry, s->w->now_ms);
	struct forgery g;
	MUST(create_as(s->hub, "bai", &id));
	MUST(open_as(s->roads, "zhou", &id, &entry, &opening));
	assert_int_equal(hf_scenario_show(s->roads->authz, &id, take_txn, &txn), HF_OK);
	forgery_init(&g, s, &id, &txn);
	forge(port_of(s), "pei", &g, "roads"); /* without the role */
	assert_int_equal(s->roads->refused_count, 1);
	assert_int_equal(s->roads->refused[0].e, HF_E_STANDING);
	assert_int_not_equal(decided(s->roads, &rq), HF_OK);
	g.member.organization = (char *)"port";
	forge(s->hub, "bai", &g, "roads"); /* beyond the jurisdiction */
	assert_int_equal(s->roads->refused_count, 2);
	assert_int_equal(s->roads->refused[1].e, HF_E_STANDING);
	assert_non_null(strstr(s->roads->refused[1].text, "jurisdiction"));
}

/* AZ-40: the link between resource and scenario is the provider's alone, here and on every other node. */
static void only_the_provider_opens_a_resource(void **state)
{
	struct stage *s = stage_of(state);
	struct hf_id entry = fresh_entry(s), id, opening;
	struct hf_access_request rq = asking(&s->personal, s->w->now_ms);
	MUST(create_as(s->hub, "bai", &id));
	MUST(confirm_as(s->hub, "bai", &id, &(struct hf_scenario_member){"health", "", "desk", ""}));
	assert_int_equal(open_as(s->health, "ma", &id, &entry, &opening), HF_E_STANDING);
	assert_non_null(strstr(last_fault, "only the resource's provider"));
	assert_int_not_equal(decided(s->roads, &rq), HF_OK);
	assert_int_equal(open_as(s->roads, "zhou", &id, &s->personal, &opening), HF_E_MECHANISM); /* AZ-16 */
	struct hf_id core = publish(s->roads, &(struct offer){.title = "core", .intake = "hub", .level = 3});
	assert_int_equal(open_as(s->roads, "zhou", &id, &core, &opening), HF_E_MECHANISM); /* DS-20 */
	assert_non_null(strstr(last_fault, "two levels"));
	struct hf_id undertaking = undertaking_entry(s);
	assert_int_equal(open_as(s->roads, "zhou", &id, &undertaking, &opening), HF_E_CONDITION); /* DS-27 */
	assert_non_null(strstr(last_fault, "'stays-inside'"));
	struct hf_opening_in in = {.scenario = id, .entry = entry};
	assert_int_equal(open_with(s->roads, "zhou", &in, &opening), HF_E_ARGUMENT); /* AZ-46: no period */
	assert_non_null(strstr(last_fault, "until"));
	const char *const duties[] = {"watermark:mark"}, *const fields[] = {"moon"};
	in.until_ms = s->w->now_ms + DAY;
	in.obligations = duties;
	in.obligation_count = 1;
	assert_int_equal(open_with(s->roads, "zhou", &in, &opening), HF_E_OBLIGATION); /* AZ-73 */
	in.obligation_count = 0;
	in.fields = fields;
	in.field_count = 1;
	assert_int_equal(open_with(s->roads, "zhou", &in, &opening), HF_E_WRONG_FIELDS);
}

static void fields_of_the_opening_are_the_terms(void **state)
{
	struct stage *s = stage_of(state);
	struct hf_id entry = fresh_entry(s), id, opening;
	const char *const fields[] = {"flight"}, *const others[] = {"arrival"};
	struct hf_access_request rq = asking(&entry, s->w->now_ms);
	MUST(create_as(s->hub, "bai", &id));
	MUST(confirm_as(s->hub, "bai", &id, &desk));
	const struct hf_opening_in in = {
	        .scenario = id, .entry = entry, .fields = fields, .field_count = 1, .until_ms = s->w->now_ms + DAY};
	MUST(open_with(s->roads, "zhou", &in, &opening));
	assert_int_equal(decided(s->roads, &rq), HF_OK);
	rq.fields = others;
	rq.field_count = 1;
	assert_int_equal(decided(s->roads, &rq), HF_E_WRONG_FIELDS);
}

/* AZ-16: what was found to be personal after it was opened is given to nobody by the scenario, and its members are not
 * kept from applying. */
static void opened_entry_that_becomes_personal_is_applied_for(void **state)
{
	struct stage *s = stage_of(state);
	struct hf_id entry = fresh_entry(s), opening, draft;
	struct hf_access_request rq = asking(&entry, s->w->now_ms);
	struct hf_application_in wanted = wish(&entry);
	wanted.until_ms = s->w->now_ms + 100 * DAY;
	(void)covered(s, &entry, &opening);
	assert_int_equal(decided(s->roads, &rq), HF_OK);
	assert_int_equal(draft_as(s->health, "wang", &wanted, &draft), HF_E_EXISTS);
	(void)publish(s->roads,
	              &(struct offer){.title = "scenario data", .intake = "hub", .id = entry, .personal = true});
	assert_int_equal(decided(s->roads, &rq), HF_E_MECHANISM);
	assert_non_null(strstr(last_fault, "personal"));
	MUST(draft_as(s->health, "wang", &wanted, &draft));
}

/* What happened after it at the provider: so many notices of the kind that name the scenario; the last one's text. */
struct told {
	const struct hf_id *scenario;
	const char *kind;
	size_t count;
	char text[400];
};

static bool count_told(void *ctx, const struct hf_id *id, const Hufu__NoticeRow *row)
{
	struct told *t = ctx;
	struct hf_id scenario;
	(void)id;
	if (!az_id_of(&row->scenario, &scenario) || !hf_id_equal(&scenario, t->scenario) ||
	    strcmp(row->kind, t->kind) != 0)
		return true;
	t->count++;
	snprintf(t->text, sizeof(t->text), "%s", row->text);
	return true;
}

/* AZ-16, DS-20: the provider hears at once that what it opened gives nothing any more, and why. */
static void provider_is_told_of_an_opening_that_gives_nothing_any_more(void **state)
{
	struct stage *s = stage_of(state);
	struct offer later[] = {{.title = "found personal", .intake = "hub", .personal = true},
	                        {.title = "raised to core", .intake = "hub", .level = 3}};
	for (size_t i = 0; i < sizeof(later) / sizeof(later[0]); i++) {
		struct hf_id entry = fresh_entry(s), opening;
		struct hf_id id = covered(s, &entry, &opening);
		struct hf_access_request rq = asking(&entry, s->w->now_ms);
		rq.methods = HF_AUTH_PASSWORD | HF_AUTH_TOTP;
		struct told told = {.scenario = &id, .kind = "scenario-suspended"};
		char text[HF_ID_TEXT];
		hf_id_text(&opening, text);
		later[i].id = entry;
		(void)publish(s->roads, &(struct offer){.title = "still plain", .intake = "hub", .id = entry});
		assert_int_equal(hf_authz_notices(s->roads->authz, count_told, &told), HF_OK);
		assert_int_equal(told.count, 0);
		(void)publish(s->roads, &later[i]);
		assert_int_equal(decided(s->roads, &rq), HF_E_MECHANISM);
		assert_int_equal(hf_authz_notices(s->roads->authz, count_told, &told), HF_OK);
		assert_int_equal(told.count, 1);
		assert_non_null(strstr(told.text, text));
		assert_non_null(strstr(told.text, i == 0 ? "personal data" : "core data"));
		assert_non_null(strstr(told.text, "hufu scenario close"));
		MUST(close_as(s->roads, "zhou", &opening));
	}
}

static struct {
	struct hf_buf body;
	struct hf_id txn;
	bool armed;
} caught;

static void catch_scenario(struct post *p)
{
	if (!caught.armed || p->type != HF_MAIL_SCENARIO || strcmp(p->to->name, "roads") != 0)
		return;
	caught.armed = false;
	caught.txn = p->txn;
	assert_true(hf_buf_add(&caught.body, p->body.data, p->body.len));
}

/* AZ-51: an old list that comes again revives nobody; closing and ending end access, also after a restart. */
static void what_has_ended_stays_ended(void **state)
{
	struct stage *s = stage_of(state);
	struct hf_id entry = fresh_entry(s), second = fresh_entry(s), id, opening;
	const struct hf_access_request rq = asking(&entry, s->w->now_ms);
	const struct hf_access_request rq2 = asking(&second, s->w->now_ms);
	MUST(create_as(s->hub, "bai", &id));
	MUST(open_as(s->roads, "zhou", &id, &entry, &opening));
	caught.armed = true;
	s->w->bend = catch_scenario;
	MUST(confirm_as(s->hub, "bai", &id, &desk));
	assert_true(caught.body.len > 0);
	assert_int_equal(decided(s->roads, &rq), HF_OK);
	MUST(remove_as(s->hub, "bai", &id, &(struct hf_scenario_member){"health", "", "", ""}));
	assert_int_equal(deliver(s->roads, "hub", HF_MAIL_SCENARIO, &caught.txn, caught.body.data, caught.body.len),
	                 HF_OK);
	settle(s->w);
	hf_buf_done(&caught.body);
	assert_int_not_equal(decided(s->roads, &rq), HF_OK);
	MUST(confirm_as(s->hub, "bai", &id, &desk));
	assert_int_equal(decided(s->roads, &rq), HF_OK);
	hf_authz_close(s->roads->authz);
	node_open_authz(s->roads);
	assert_int_equal(decided(s->roads, &rq), HF_OK);
	MUST(close_as(s->roads, "zhou", &opening));
	assert_int_not_equal(decided(s->roads, &rq), HF_OK);
	MUST(open_as(s->roads, "zhou", &id, &second, &opening));
	assert_int_equal(decided(s->roads, &rq2), HF_OK);
	MUST(end_as(s->hub, "bai", &id));
	assert_int_not_equal(decided(s->roads, &rq2), HF_OK);
	hf_authz_close(s->roads->authz);
	node_open_authz(s->roads);
	assert_int_not_equal(decided(s->roads, &rq2), HF_OK);
	assert_int_equal(confirm_as(s->hub, "bai", &id, &desk), HF_E_STATE);
}

/* The next descriptor of the space is in force on every node: what it changes stands between these two. */
static void change_begins(struct stage *s)
{
	struct hf_buf envelope = HF_BUF_INIT;
	sb_sign(s->w->sb, &envelope);
	sb_next(s->w->sb, &envelope);
	hf_buf_done(&envelope);
}

static void change_ends(struct stage *s)
{
	struct hf_buf envelope = HF_BUF_INIT;
	struct hf_fault f = {HF_OK, ""};
	sb_sign(s->w->sb, &envelope);
	if (hf_space_extend(s->w->space, envelope.data, envelope.len, &f) != HF_OK)
		fail_msg("%s", f.text);
	hf_buf_done(&envelope);
	hf_scenarios_judge_anew(s->roads->authz);
}

static void move_health(struct stage *s, const char *region)
{
	change_begins(s);
	s->w->sb->member[SB_HEALTH].jurisdiction = (char *)region;
	change_ends(s);
}

/* AZ-41: a member that a descriptor takes out of the authority's jurisdiction has no access any more, and has it again
 * when it comes back; so with the authority's role. Both are the space authority's word, nobody's own (AZ-48). */
static void descriptor_that_moves_a_member_is_followed_at_once(void **state)
{
	struct stage *s = stage_of(state);
	struct hf_id entry = fresh_entry(s), opening;
	const struct hf_access_request rq = asking(&entry, s->w->now_ms);
	(void)covered(s, &entry, &opening);
	assert_int_equal(decided(s->roads, &rq), HF_OK);
	move_health(s, "CN-44");
	assert_int_not_equal(decided(s->roads, &rq), HF_OK);
	move_health(s, "CN-31");
	assert_int_equal(decided(s->roads, &rq), HF_OK);
	change_begins(s);
	s->w->sb->member[SB_HUB].n_roles = 1; /* no business authority any more */
	change_ends(s);
	assert_int_not_equal(decided(s->roads, &rq), HF_OK);
	change_begins(s);
	s->w->sb->member[SB_HUB].n_roles = 2;
	change_ends(s);
	assert_int_equal(decided(s->roads, &rq), HF_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(member_has_access_at_once_without_an_application_until_it_leaves),
	        cmocka_unit_test(rule_of_a_scenario_holds_for_the_confirmed_system_alone),
	        cmocka_unit_test(confirmed_department_does_not_let_the_others_in),
	        cmocka_unit_test(members_are_confirmed_by_their_authority_inside_its_jurisdiction_alone),
	        cmocka_unit_test(provider_refuses_lists_of_members_that_nobody_had_the_right_to_sign),
	        cmocka_unit_test(only_the_provider_opens_a_resource),
	        cmocka_unit_test(fields_of_the_opening_are_the_terms),
	        cmocka_unit_test(opened_entry_that_becomes_personal_is_applied_for),
	        cmocka_unit_test(provider_is_told_of_an_opening_that_gives_nothing_any_more),
	        cmocka_unit_test(what_has_ended_stays_ended),
	        cmocka_unit_test(descriptor_that_moves_a_member_is_followed_at_once),
	};
	return cmocka_run_group_tests(tests, up, stage_down);
}
