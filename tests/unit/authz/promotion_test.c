/*
 * Promotion (AZ-63, AZ-64): two systems of "health" hold grants of "roads" for one purpose; "pu" proposes the rule,
 * "zhou" puts it in force. A reader asks in every turn of the loop while that happens.
 */
#include "authz/promotion_internal.h"
#include "authz/rulebook.h"
#include "unit/authz/cast.h"

static int up(void **state)
{
	int e = stage_up(state);
	struct stage *s = *state;
	hire(s->roads, "pu", "publisher", "", "HR-3002");
	hire(s->roads, "zhu", "publisher", "", "HR-3001"); /* the approver under another name */
	return e;
}

/* Two grants of one fresh resource: the desk at its address, the archive anywhere. */
struct pair {
	struct hf_id entry, desk, archive; /* grants */
	struct hf_id desk_application;
	struct hf_access_request ask_desk, ask_archive;
};

static struct hf_id granted_to(struct stage *s, const struct hf_id *entry, const char *system, int64_t until_ms)
{
	struct hf_application_in in = wish(entry);
	struct hf_id id;
	in.system = system;
	in.until_ms = until_ms;
	MUST(draft_as(s->health, "wang", &in, &id));
	MUST(need_as(s->health, "li", &id, true, true, true));
	MUST(compliance_as(s->hub, "chen", &id, "pass", NULL));
	MUST(decide_as(s->roads, "zhou", &id, "T", NULL, 0));
	return id;
}

static struct pair two_grants(struct stage *s)
{
	struct pair p = {.entry = publish(s->roads, &(struct offer){.title = "common", .intake = "hub"})};
	struct hf_id archive;
	p.desk_application = granted_to(s, &p.entry, "desk", NOW + 300 * DAY);
	archive = granted_to(s, &p.entry, "archive", NOW + 200 * DAY);
	p.desk = grant_at(s->roads, &p.desk_application);
	p.archive = grant_at(s->roads, &archive);
	p.ask_desk = asking(&p.entry, s->w->now_ms);
	p.ask_archive = p.ask_desk;
	p.ask_archive.system = "archive";
	p.ask_archive.system_address = "";
	return p;
}

static struct hf_promotion_in plain_wish(const struct pair *p)
{
	return (struct hf_promotion_in){.entry = p->entry, .purpose = "", .reason = "needed every day"};
}

static enum hf_err propose_as(struct node *n, const char *who, const struct hf_promotion_in *in, struct hf_id *ret)
{
	COMMAND(c, n, who);
	return command_end(&c, hf_promotion_propose(n->authz, &c.in, in, ret));
}

static enum hf_err decide_on(struct node *n, const char *who, const struct hf_id *id, const char *result,
                             const char *const *wider, size_t count)
{
	COMMAND(c, n, who);
	return command_end(&c, hf_promotion_decide(n->authz, &c.in, id, result, wider, count,
	                                           strcmp(result, "F") == 0 ? "not common" : NULL));
}

static enum hf_err end_as(struct node *n, const char *who, const struct hf_id *id, bool restore)
{
	COMMAND(c, n, who);
	return command_end(&c, hf_promotion_end(n->authz, &c.in, id, restore, "decided case by case again"));
}

static struct hf_id in_force(struct stage *s, const struct pair *p)
{
	struct hf_promotion_in in = plain_wish(p);
	struct hf_id id;
	MUST(propose_as(s->roads, "pu", &in, &id));
	MUST(decide_on(s->roads, "zhou", &id, "T", NULL, 0));
	return id;
}

/* The decision's rule; "" when it was denied. */
static void rule_for(struct node *n, const struct hf_access_request *rq, char out[160])
{
	struct hf_decision d;
	hf_authz_decide(n->authz, rq, &d);
	snprintf(out, 160, "%s %s", d.mechanism, d.rule);
	if (d.result != HF_OK)
		out[0] = '\0';
	hf_decision_done(&d);
}

static void assert_by_promotion(struct node *n, const struct hf_access_request *rq, const struct hf_id *id)
{
	char rule[160], want[160], text[HF_ID_TEXT];
	hf_id_text(id, text);
	snprintf(want, sizeof(want), "attribute promotion:%s:", text);
	rule_for(n, rq, rule);
	assert_int_equal(strncmp(rule, want, strlen(want)), 0);
}

static void assert_state(struct node *n, const struct hf_id *grant, const char *want)
{
	struct hf_grant_view v;
	assert_int_equal(hf_authz_grant(n->authz, grant, &v), HF_OK);
	assert_string_equal(v.state, want);
}

/* ---- the reader ---- */

struct reader {
	struct node *node;
	const struct pair *pair;
	unsigned asked, by_grant, by_rule;
};

static void ask(struct reader *r, const struct hf_access_request *rq)
{
	char rule[160];
	rule_for(r->node, rq, rule);
	r->asked++;
	r->by_rule += strncmp(rule, "attribute promotion:", 20) == 0;
	r->by_grant += strncmp(rule, "application grant:", 18) == 0;
}

static void on_turn(uv_check_t *c)
{
	struct reader *r = c->data;
	struct hf_access_request named = r->pair->ask_desk;
	struct hf_grant_view v;
	ask(r, &r->pair->ask_desk);
	ask(r, &r->pair->ask_archive);
	assert_int_equal(hf_authz_grant(r->node->authz, &r->pair->desk, &v), HF_OK);
	named.agreement = v.agreement; /* a consumer that has not heard of it yet */
	ask(r, &named);
}

/* AZ-63: nobody is denied at any moment, whether he names his agreement or not; then the rule decides. */
static void rule_takes_over_without_a_gap(void **state)
{
	struct stage *s = stage_of(state);
	struct pair p = two_grants(s);
	struct reader r = {.node = s->roads, .pair = &p};
	uv_check_t turn;
	uv_check_init(&s->w->loop, &turn);
	turn.data = &r;
	uv_check_start(&turn, on_turn);
	struct hf_id id = in_force(s, &p);
	uv_close((uv_handle_t *)&turn, NULL);
	settle(s->w);
	assert_true(r.asked > 0);
	assert_int_equal(r.by_grant + r.by_rule, r.asked);
	assert_true(r.by_grant > 0 && r.by_rule > 0);
	assert_by_promotion(s->roads, &p.ask_desk, &id);
	assert_by_promotion(s->roads, &p.ask_archive, &id);
	assert_state(s->roads, &p.desk, "superseded");
	assert_state(s->roads, &p.archive, "superseded");
	assert_state(s->health, &p.desk, "superseded");
	assert_state(s->health, &p.archive, "superseded");
	assert_int_equal(entries(s->roads, &p.desk_application, HF_EVENT_SUPERSESSION, HF_FIELD_RESULT, "superseded"),
	                 1);
	assert_int_equal(entries(s->health, &p.desk_application, HF_EVENT_SUPERSESSION, HF_FIELD_RESULT, "superseded"),
	                 1);
	assert_int_equal(notices(s->health, &p.desk_application, "superseded").count, 1);
	assert_int_equal(s->health->refused_count + s->roads->refused_count, 0);
	hf_authz_close(s->roads->authz);
	node_open_authz(s->roads);
	assert_by_promotion(s->roads, &p.ask_desk, &id);
	assert_state(s->roads, &p.desk, "superseded");
}

/* AZ-64: as proposed the rule permits what the grants permit and nothing else. */
static void rule_gives_exactly_what_the_grants_gave(void **state)
{
	struct stage *s = stage_of(state);
	struct pair p = two_grants(s);
	struct hf_access_request rq;
	Hufu__PromotionRow *row = NULL;
	struct hf_id id = in_force(s, &p);
	assert_int_equal(hf_promotion(s->roads->authz, &id, &row), HF_OK);
	assert_int_equal(row->terms->n_differences + row->terms->n_wider, 0);
	assert_int_equal(row->terms->n_members, 2);
	hf_decoded_free(row);
	rq = p.ask_desk, rq.system_address = "10.1.0.6";
	assert_int_not_equal(decided(s->roads, &rq), HF_OK);
	rq = p.ask_desk, rq.system = "moon";
	assert_int_not_equal(decided(s->roads, &rq), HF_OK);
	rq = p.ask_desk, rq.purpose = "statistics";
	assert_int_not_equal(decided(s->roads, &rq), HF_OK);
	rq = p.ask_desk, rq.organization = "hub";
	assert_int_not_equal(decided(s->roads, &rq), HF_OK);
	rq = p.ask_archive, rq.now_ms = NOW + 200 * DAY - 1;
	assert_int_equal(decided(s->roads, &rq), HF_OK);
	rq.now_ms++;
	assert_int_not_equal(decided(s->roads, &rq), HF_OK);
	rq = p.ask_desk, rq.now_ms = NOW + 300 * DAY - 1;
	assert_int_equal(decided(s->roads, &rq), HF_OK);
}

/* ---- wider and narrower ---- */

static const Hufu__PromotionDifference *difference(const Hufu__PromotionRow *row, const char *attribute, bool wider)
{
	for (size_t i = 0; i < row->terms->n_differences; i++)
		if (row->terms->differences[i]->wider == wider &&
		    strcmp(row->terms->differences[i]->attribute, attribute) == 0)
			return row->terms->differences[i];
	return NULL;
}

/* AZ-64: what is wider stands in the stored difference, and only its names put the rule in force. */
static void wider_attributes_need_their_names(void **state)
{
	struct stage *s = stage_of(state);
	struct pair p = two_grants(s);
	static const char *const any[] = {"address"};
	static const char *const one[] = {"until"}, *const both[] = {"until", "address"};
	static const char *const more[] = {"until", "address", "system"}, *const twice[] = {"until", "until"};
	struct hf_promotion_in in = plain_wish(&p);
	struct hf_access_request elsewhere = p.ask_desk, later = p.ask_archive;
	Hufu__PromotionRow *row = NULL;
	struct hf_id id;
	in.any = any;
	in.any_count = 1;
	in.until_ms = NOW + 320 * DAY;
	MUST(propose_as(s->roads, "pu", &in, &id));
	assert_int_equal(hf_promotion(s->roads->authz, &id, &row), HF_OK);
	assert_int_equal(row->terms->n_wider, 2);
	assert_string_equal(row->terms->wider[0], "address");
	assert_string_equal(row->terms->wider[1], "until");
	assert_non_null(strstr(difference(row, "address", true)->granted, "10.1.0.5"));
	assert_string_equal(difference(row, "address", true)->rule, "any");
	assert_non_null(difference(row, "until", true));
	hf_decoded_free(row);
	elsewhere.system_address = "10.1.0.6";
	later.now_ms = NOW + 310 * DAY;
	assert_int_equal(decide_on(s->roads, "zhou", &id, "T", NULL, 0), HF_E_STATE);
	assert_non_null(strstr(last_fault, "--wider address --wider until"));
	assert_int_equal(decide_on(s->roads, "zhou", &id, "T", one, 1), HF_E_STATE);
	assert_int_equal(decide_on(s->roads, "zhou", &id, "T", more, 3), HF_E_STATE);
	assert_int_equal(decide_on(s->roads, "zhou", &id, "T", twice, 2), HF_E_STATE);
	assert_int_not_equal(decided(s->roads, &elsewhere), HF_OK);
	assert_state(s->roads, &p.desk, "active");
	MUST(decide_on(s->roads, "zhou", &id, "T", both, 2));
	assert_int_equal(decided(s->roads, &elsewhere), HF_OK);
	assert_int_equal(decided(s->roads, &later), HF_OK);
	later.now_ms = NOW + 320 * DAY;
	assert_int_not_equal(decided(s->roads, &later), HF_OK);
}

/* A grant that the rule does not cover whole stays, so that narrower takes nothing from anybody. */
static void narrower_rule_supersedes_only_what_it_covers(void **state)
{
	struct stage *s = stage_of(state);
	struct pair p = two_grants(s);
	struct hf_promotion_in in = plain_wish(&p);
	struct hf_access_request later = p.ask_desk;
	Hufu__PromotionRow *row = NULL;
	struct hf_id id;
	in.until_ms = NOW + 200 * DAY; /* that of the archive; the desk's grant lasts longer */
	MUST(propose_as(s->roads, "pu", &in, &id));
	assert_int_equal(hf_promotion(s->roads->authz, &id, &row), HF_OK);
	assert_int_equal(row->terms->n_wider, 0);
	assert_non_null(difference(row, "until", false));
	assert_non_null(strstr(difference(row, "until", false)->who, "desk"));
	hf_decoded_free(row);
	MUST(decide_on(s->roads, "zhou", &id, "T", NULL, 0));
	assert_state(s->roads, &p.desk, "active");
	assert_state(s->roads, &p.archive, "superseded");
	later.now_ms = NOW + 250 * DAY;
	assert_int_equal(decided(s->roads, &later), HF_OK);
	in.until_ms = NOW + 10 * DAY; /* less than every one of them */
	assert_int_not_equal(propose_as(s->roads, "pu", &in, &id), HF_OK);
}

/* ---- who, and from what ---- */

static void proposer_and_approver_are_two_persons_with_their_rights(void **state)
{
	struct stage *s = stage_of(state);
	struct pair p = two_grants(s);
	struct hf_promotion_in in = plain_wish(&p);
	struct hf_id id;
	assert_int_equal(propose_as(s->roads, "zhou", &in, &id), HF_E_PERMISSION);
	MUST(propose_as(s->roads, "pu", &in, &id));
	assert_int_equal(decide_on(s->roads, "pu", &id, "T", NULL, 0), HF_E_PERMISSION);
	MUST(decide_on(s->roads, "zhou", &id, "F", NULL, 0));
	assert_int_equal(decide_on(s->roads, "zhou", &id, "T", NULL, 0), HF_E_STATE);
	assert_state(s->roads, &p.desk, "active");
	MUST(propose_as(s->roads, "zhu", &in, &id)); /* of the same real name as zhou */
	assert_int_equal(decide_on(s->roads, "zhou", &id, "T", NULL, 0), HF_E_SEPARATION);
	in.reason = " ";
	assert_int_equal(propose_as(s->roads, "pu", &in, &id), HF_E_ARGUMENT);
}

static void only_similar_grants_in_force_are_sources(void **state)
{
	struct stage *s = stage_of(state);
	struct pair p = two_grants(s), q = two_grants(s);
	struct hf_promotion_in in = plain_wish(&p);
	struct hf_id id, list[2] = {p.desk, q.archive};
	in.grants = list;
	in.grant_count = 2;
	assert_int_equal(propose_as(s->roads, "pu", &in, &id), HF_E_CONFLICT); /* another resource */
	list[1] = p.desk;
	assert_int_equal(propose_as(s->roads, "pu", &in, &id), HF_E_ARGUMENT); /* twice */
	in.grant_count = 1;
	assert_int_equal(propose_as(s->roads, "pu", &in, &id), HF_E_STATE); /* one is no rule */
	list[1] = p.archive;
	in.grant_count = 2;
	MUST(propose_as(s->roads, "pu", &in, &id));
	MUST(revoke_as(s->roads, "zhou", &p.archive, "not needed"));
	assert_int_not_equal(decide_on(s->roads, "zhou", &id, "T", NULL, 0), HF_OK); /* out of date */
	assert_int_equal(propose_as(s->roads, "pu", &in, &id), HF_E_STATE);
	in.grant_count = 0;
	in.entry = publish(s->roads, &(struct offer){.title = "core", .intake = "hub", .level = 3});
	assert_int_equal(propose_as(s->roads, "pu", &in, &id), HF_E_MECHANISM); /* DS-20 */
	assert_non_null(strstr(last_fault, "two levels"));
	in.entry = undertaking_entry(s);
	assert_int_equal(propose_as(s->roads, "pu", &in, &id), HF_E_CONDITION); /* DS-27 */
	assert_non_null(strstr(last_fault, "'stays-inside'"));
	in.entry = s->personal;
	assert_int_equal(propose_as(s->roads, "pu", &in, &id), HF_E_MECHANISM); /* AZ-16 */
	assert_int_equal(propose_as(s->health, "wang", &in, &id), HF_E_UNKNOWN);
}

/* SB-26: a grant with a number of uses becomes no rule, which would begin to count anew. AZ-64: what grants give to a
 * whole organization the rule gives to each of its departments, and to no other organization. */
static void counted_uses_and_grants_without_a_department(void **state)
{
	struct stage *s = stage_of(state);
	struct hf_id counted =
	        publish(s->roads, &(struct offer){.title = "counted", .intake = "hub", .duty = "uses:3"});
	struct hf_promotion_in in = {.entry = counted, .purpose = "", .reason = "needed every day"};
	struct hf_id id;
	(void)granted_to(s, &counted, "desk", NOW + 300 * DAY);
	(void)granted_to(s, &counted, "archive", NOW + 300 * DAY);
	assert_int_equal(propose_as(s->roads, "pu", &in, &id), HF_E_OBLIGATION);
	assert_non_null(strstr(last_fault, "'uses:3'"));
	struct pair p = two_grants(s);
	p.ask_desk.department = "stock";
	assert_int_equal(decided(s->roads, &p.ask_desk), HF_OK);
	id = in_force(s, &p);
	assert_by_promotion(s->roads, &p.ask_desk, &id);
	p.ask_desk.organization = "hub";
	assert_int_not_equal(decided(s->roads, &p.ask_desk), HF_OK);
	MUST(end_as(s->roads, "zhou", &id, false));
}

/* ---- afterwards ---- */

static void hold(struct stage *s, const struct hf_id *grant, struct hf_id *ret)
{
	char text[HF_ID_TEXT];
	COMMAND(c, s->roads, "zhou");
	hf_id_text(grant, text);
	MUST(command_end(&c, hf_authz_hold(s->roads->authz, &c.in, "grant", text, "looked into", ret)));
}

/* AZ-33: revoking or suspending the grant behind it takes the rule that was made of it along, and no other. */
static void revoked_or_suspended_grant_takes_its_rule_along(void **state)
{
	struct stage *s = stage_of(state);
	struct pair p = two_grants(s);
	struct hf_id id = in_force(s, &p), stop;
	hold(s, &p.desk, &stop);
	assert_int_not_equal(decided(s->roads, &p.ask_desk), HF_OK);
	assert_by_promotion(s->roads, &p.ask_archive, &id);
	COMMAND(c, s->roads, "zhou");
	MUST(command_end(&c, hf_authz_unhold(s->roads->authz, &c.in, &stop, "all well")));
	assert_by_promotion(s->roads, &p.ask_desk, &id);
	MUST(revoke_as(s->roads, "zhou", &p.desk, "misused"));
	assert_int_not_equal(decided(s->roads, &p.ask_desk), HF_OK);
	assert_by_promotion(s->roads, &p.ask_archive, &id);
	assert_state(s->health, &p.desk, "revoked");
	MUST(revoke_as(s->health, "ma", &p.archive, "given back"));
	assert_int_not_equal(decided(s->roads, &p.ask_archive), HF_OK);
	hf_authz_close(s->roads->authz);
	node_open_authz(s->roads);
	assert_int_not_equal(decided(s->roads, &p.ask_desk), HF_OK);
	assert_int_not_equal(decided(s->roads, &p.ask_archive), HF_OK);
}

static void ended_rule_ends_the_grants_or_lets_them_count_again(void **state)
{
	struct stage *s = stage_of(state);
	struct pair p = two_grants(s), q = two_grants(s);
	struct hf_id id = in_force(s, &p), back = in_force(s, &q);
	char rule[160];
	assert_int_equal(end_as(s->roads, "pu", &id, false), HF_E_PERMISSION);
	MUST(end_as(s->roads, "zhou", &id, false));
	assert_int_not_equal(decided(s->roads, &p.ask_desk), HF_OK);
	assert_non_null(strstr(last_fault, "superseded by a rule, and that rule has ended"));
	assert_int_equal(end_as(s->roads, "zhou", &id, false), HF_E_STATE);
	MUST(end_as(s->roads, "zhou", &back, true));
	rule_for(s->roads, &q.ask_desk, rule);
	assert_int_equal(strncmp(rule, "application grant:", 18), 0);
	assert_state(s->roads, &q.desk, "active");
	assert_state(s->health, &q.desk, "active");
	assert_int_equal(s->health->refused_count, 0);
	hf_authz_close(s->roads->authz);
	node_open_authz(s->roads);
	assert_int_not_equal(decided(s->roads, &p.ask_desk), HF_OK);
	assert_int_equal(decided(s->roads, &q.ask_desk), HF_OK);
	(void)in_force(s, &q); /* and may be made into a rule again */
	assert_state(s->health, &q.desk, "superseded");
}

/* AZ-16: a rule that was made of agreements is about the entry as it was agreed on, as they were. */
static void stricter_entry_ends_what_the_rule_gives(void **state)
{
	struct stage *s = stage_of(state);
	struct pair p = two_grants(s);
	(void)in_force(s, &p);
	(void)publish(s->roads, &(struct offer){.title = "common", .intake = "hub", .id = p.entry});
	assert_int_equal(decided(s->roads, &p.ask_desk), HF_OK);
	(void)publish(s->roads, &(struct offer){.title = "common", .intake = "hub", .id = p.entry, .level = 3});
	assert_int_equal(decided(s->roads, &p.ask_desk), HF_E_TERMS_CHANGED);
}

/* ---- forged ---- */

static void forge(struct node *n, const char *who, const Hufu__GrantRow *grant, const char *state)
{
	COMMAND(c, n, who);
	Hufu__Supersession m = HUFU__SUPERSESSION__INIT;
	Hufu__SupersessionMail mail = HUFU__SUPERSESSION_MAIL__INIT;
	Hufu__Statement st = HUFU__STATEMENT__INIT;
	HF_CLEANUP(hf_decoded_done) Hufu__SignedStatement *by = NULL;
	HF_CLEANUP(az_paper_done) struct paper paper = {0};
	struct paper_head head;
	struct hf_hash other = {{7}};
	struct hf_id id = hf_id_new(n->world->now_ms), txn;
	assert_true(az_id_of(&grant->txn, &txn));
	st.kind = (char *)"supersession";
	st.object = grant->grant;
	st.object_digest = BIN_HASH(&other); /* of other words */
	assert_int_equal(az_person_sign(n->authz, &c.actor, &st, &txn, &by, &c.fault), HF_OK);
	az_paper_head_init(n->authz, &head, &txn, "health", NULL, NULL);
	m.header = &head.header;
	m.promotion = BIN_ID(&id);
	m.grant = grant->grant;
	m.agreement = grant->agreement;
	m.state = (char *)state;
	m.until_ms = grant->until_ms;
	m.statement = by;
	assert_int_equal(az_paper_sign(n->authz, HF_TYPE_SUPERSESSION, &txn, &m.base, c.in.unit, &paper, &c.fault),
	                 HF_OK);
	mail.supersession = paper.envelope;
	assert_int_equal(az_paper_mail(n->authz, c.in.unit, "health", HF_MAIL_SUPERSESSION, &txn, &mail.base, &c.fault),
	                 HF_OK);
	MUST(command_end(&c, HF_OK));
}

static void consumer_believes_no_supersession_but_its_providers(void **state)
{
	struct stage *s = stage_of(state);
	struct pair p = two_grants(s);
	HF_CLEANUP(hf_decoded_done) Hufu__GrantRow *grant = NULL;
	assert_int_equal(az_grant_get(s->health->authz, &p.desk, &grant), HF_OK);
	hire(s->hub, "he", "approver", "", "HR-2009");
	forge(s->hub, "he", grant, "ended"); /* by another node */
	assert_int_equal(s->health->refused_count, 1);
	assert_int_equal(s->health->refused[0].e, HF_E_UNKNOWN);
	forge(s->roads, "zhou", grant, "ended"); /* over other words than the approver's */
	assert_int_equal(s->health->refused_count, 2);
	assert_int_equal(s->health->refused[1].e, HF_E_DIGEST);
	assert_state(s->health, &p.desk, "active");
}

struct told {
	const struct hf_id *entry;
	size_t count;
	char text[400];
};

static bool count_told(void *ctx, const struct hf_id *id, const Hufu__NoticeRow *row)
{
	struct told *t = ctx;
	struct hf_id entry;
	(void)id;
	if (!az_id_of(&row->resource, &entry) || !hf_id_equal(&entry, t->entry) ||
	    strcmp(row->kind, "promotion-suspended") != 0)
		return true;
	t->count++;
	snprintf(t->text, sizeof(t->text), "%s", row->text);
	return true;
}

/* AZ-16: a rule that was made of grants gives nothing once the entry is personal; the provider hears of it at once, and
 * which rule it is. */
static void provider_is_told_of_a_rule_that_gives_nothing_any_more(void **state)
{
	struct stage *s = stage_of(state);
	struct pair p = two_grants(s);
	struct hf_id id = in_force(s, &p);
	struct told told = {.entry = &p.entry};
	char text[HF_ID_TEXT];
	hf_id_text(&id, text);
	assert_by_promotion(s->roads, &p.ask_desk, &id);
	(void)publish(s->roads, &(struct offer){.title = "common", .intake = "hub", .id = p.entry, .personal = true});
	assert_int_not_equal(decided(s->roads, &p.ask_desk), HF_OK);
	assert_int_equal(hf_authz_notices(s->roads->authz, count_told, &told), HF_OK);
	assert_int_equal(told.count, 1);
	assert_non_null(strstr(told.text, text));
	assert_non_null(strstr(told.text, "personal data"));
	MUST(end_as(s->roads, "zhou", &id, false));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(rule_takes_over_without_a_gap),
	        cmocka_unit_test(rule_gives_exactly_what_the_grants_gave),
	        cmocka_unit_test(wider_attributes_need_their_names),
	        cmocka_unit_test(narrower_rule_supersedes_only_what_it_covers),
	        cmocka_unit_test(proposer_and_approver_are_two_persons_with_their_rights),
	        cmocka_unit_test(only_similar_grants_in_force_are_sources),
	        cmocka_unit_test(revoked_or_suspended_grant_takes_its_rule_along),
	        cmocka_unit_test(ended_rule_ends_the_grants_or_lets_them_count_again),
	        cmocka_unit_test(stricter_entry_ends_what_the_rule_gives),
	        cmocka_unit_test(provider_is_told_of_a_rule_that_gives_nothing_any_more),
	        cmocka_unit_test(counted_uses_and_grants_without_a_department),
	        cmocka_unit_test(consumer_believes_no_supersession_but_its_providers),
	};
	return cmocka_run_group_tests(tests, up, stage_down);
}
