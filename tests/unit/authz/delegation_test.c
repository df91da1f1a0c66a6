/*
 * Agents: "hub" is the platform that the entries name, "port" a city platform and the agent of "roads" for city
 * departments; "health" is such a department, "data" one of the province.
 */
#define SB_EXTRA 1
#define WORLD_USED SB_HEALTH, SB_HUB, SB_PORT, SB_ROADS, SB_DATA
#include "authz/delegation_internal.h"
#include "evidence/envelope.h"
#include "proto/codec.h"
#include "unit/authz/cast.h"

static struct node *node_of(struct stage *s, const char *name)
{
	return world_find(s->w, name);
}

static void put_level(struct sb_space *sb, enum sb_node n, const char *level)
{
	static Hufu__Attribute all[SB_NODES], *lists[SB_NODES][1];
	hufu__attribute__init(&all[n]);
	all[n].name = (char *)"level";
	all[n].value = (char *)level;
	lists[n][0] = &all[n];
	sb->member[n].attributes = lists[n];
	sb->member[n].n_attributes = 1;
}

static void shape(struct sb_space *sb)
{
	static char *exchange[] = {(char *)"exchange-service"}, *consumer[] = {(char *)"consumer"};
	static const enum sb_node sorted[] = {SB_AUDIT, SB_DATA, SB_HEALTH, SB_HUB, SB_PORT, SB_ROADS};
	put_level(sb, SB_HUB, "national");
	put_level(sb, SB_PORT, "city");
	put_level(sb, SB_HEALTH, "city");
	put_level(sb, SB_DATA, "province");
	sb->member[SB_PORT].roles = exchange;
	sb->member[SB_PORT].n_roles = 1;
	sb->member[SB_DATA].roles = consumer;
	sb->member[SB_DATA].n_roles = 1;
	for (size_t i = 0; i < SB_NODES; i++)
		sb->members[i] = &sb->member[sorted[i]];
}

static int up(void **state)
{
	struct stage *s = hf_alloc_zero(sizeof(*s));
	s->w = world_new_with(shape);
	s->health = world_find(s->w, "health");
	s->hub = world_find(s->w, "hub");
	s->roads = world_find(s->w, "roads");
	stage_people(s);
	hire(node_of(s, "port"), "pei", "intake", "", "HR-5001");
	hire(node_of(s, "data"), "dai", "operator", "", "HR-6001");
	hire(node_of(s, "data"), "dou", "data-authority", "", "HR-6002");
	install(node_of(s, "data"), "desk", "", "10.2.0.5");
	stage_resources(s);
	*state = s;
	return 0;
}

static enum hf_err delegate_as(struct node *n, const char *who, const struct hf_delegation_in *what, struct hf_id *ret)
{
	COMMAND(c, n, who);
	return command_end(&c, hf_delegate(n->authz, &c.in, what, ret));
}

static enum hf_err end_as(struct node *n, const char *who, const struct hf_id *id)
{
	COMMAND(c, n, who);
	return command_end(&c, hf_delegation_end(n->authz, &c.in, id, "replaced"));
}

static enum hf_err question_as(struct node *n, const char *who, const struct hf_id *grant)
{
	COMMAND(c, n, who);
	return command_end(&c, hf_delegation_question(n->authz, &c.in, grant, "why all fields?"));
}

static enum hf_err file_as(struct node *n, const char *who, const struct hf_id *grant)
{
	COMMAND(c, n, who);
	return command_end(&c, hf_delegation_file(n->authz, &c.in, grant, ""));
}

static enum hf_err take_back_as(struct node *n, const char *who, const struct hf_id *grant)
{
	COMMAND(c, n, who);
	return command_end(&c, hf_delegation_withdraw(n->authz, &c.in, grant, "outside the agreed use"));
}

static struct hf_delegation_in to_port(struct stage *s, const struct hf_id *entry, bool decides)
{
	return (struct hf_delegation_in){.agent = "port",
	                                 .level = "city",
	                                 .resources = entry,
	                                 .resource_count = 1,
	                                 .until_ms = s->w->now_ms + 300 * DAY,
	                                 .decides = decides};
}

static struct hf_id delegated(struct stage *s, const struct hf_id *entry, bool decides)
{
	struct hf_delegation_in in = to_port(s, entry, decides);
	struct hf_id id;
	MUST(delegate_as(s->roads, "zhou", &in, &id));
	return id;
}

static struct hf_id fresh_entry(struct stage *s)
{
	return publish(s->roads, &(struct offer){.title = "entrusted", .intake = "hub"});
}

static void intake_is(struct node *n, const struct hf_id *id, const char *node)
{
	Hufu__ApplicationRow *row = NULL;
	assert_int_equal(hf_authz_application(n->authz, id, &row), HF_OK);
	assert_string_equal(row->intake, node);
	hf_decoded_free(row);
}

static bool has_notice(void *ctx, const struct hf_id *id, const Hufu__NoticeRow *row)
{
	struct {
		const char *kind;
		bool there;
	} *w = ctx;
	(void)id;
	w->there |= same_text(row->kind, w->kind);
	return true;
}

static bool notified(struct node *n, const char *kind)
{
	struct {
		const char *kind;
		bool there;
	} w = {kind, false};
	assert_int_equal(hf_authz_notices(n->authz, has_notice, &w), HF_OK);
	return w.there;
}

/* AZ-36, AZ-37, AZ-38: the agent takes in and decides; the decision is filed, only then usable; the provider sees it,
 * asks about it and withdraws it. */
static void agent_decides_for_its_level_and_the_provider_withdraws(void **state)
{
	struct stage *s = stage_of(state);
	struct node *port = node_of(s, "port");
	struct hf_id entry = fresh_entry(s), delegation = delegated(s, &entry, true);
	const struct hf_access_request rq = asking(&entry, s->w->now_ms);
	Hufu__GrantRow *row = NULL;
	struct hf_id id = submitted(s, &entry);
	intake_is(s->health, &id, "port");
	assert_int_equal(s->w->delivered[HF_MAIL_APPLICATION], 1); /* AZ-35: one hop */
	MUST(compliance_as(port, "pei", &id, "pass", NULL));
	assert_int_equal(state_at(s->health, &id, HF_PART_CONSUMER), HF_REVIEW_FINALIZED);
	assert_int_equal(decided(s->roads, &rq), HF_OK);
	struct hf_id grant = grant_at(s->roads, &id);
	assert_int_equal(az_grant_get(s->roads->authz, &grant, &row), HF_OK);
	assert_memory_equal(row->basis.data, delegation.b, 16);
	assert_string_equal(row->approver, "port/pei");
	hf_decoded_free(row);
	assert_true(notified(s->roads, "agent-decision"));
	MUST(question_as(s->roads, "zhou", &grant));
	assert_true(notified(port, "agent-question"));
	MUST(take_back_as(s->roads, "zhou", &grant));
	assert_int_equal(decided(s->roads, &rq), HF_E_GRANT_REVOKED);
	assert_true(notified(port, "agent-withdrawn"));
}

/* Of a provider that keeps to no bound: what it says is kept for good, so it is bounded where it arrives. */
static void an_agent_is_told_of_one_decision_so_often(void **state)
{
	struct stage *s = stage_of(state);
	struct node *port = node_of(s, "port");
	struct hf_id entry = fresh_entry(s);
	(void)delegated(s, &entry, true);
	struct hf_id id = submitted(s, &entry);
	MUST(compliance_as(port, "pei", &id, "pass", NULL));
	struct hf_id grant = grant_at(s->roads, &id);
	for (size_t i = 0; i < 100; i++)
		MUST(question_as(s->roads, "zhou", &grant));
	assert_int_equal(question_as(s->roads, "zhou", &grant), HF_E_LIMIT);
	Hufu__ApplicationRow *row = NULL;
	assert_int_equal(hf_authz_application(s->roads->authz, &id, &row), HF_OK);
	row->questions = 0;
	struct hf_unit *u = hf_unit_new();
	az_row_put(s->roads->authz, u, row);
	submit_wait(s->roads, u);
	hf_decoded_free(row);
	for (size_t i = 0; i < 3; i++)
		MUST(question_as(s->roads, "zhou", &grant));
	settle(s->w);
	assert_int_equal(port->refused_count, 1);
	assert_int_equal(port->refused[0].e, HF_E_LIMIT);
	port->refused_count = 0;
}

static bool hold_forward(const struct post *p)
{
	return p->type == HF_MAIL_FORWARD;
}

static bool count_delegation(void *ctx, const Hufu__DelegationRow *row, const Hufu__Delegation *d)
{
	(void)row;
	struct {
		struct node *n;
		struct hf_delegation_count sum;
	} *c = ctx;
	struct hf_delegation_count one;
	assert_int_equal(hf_delegation_counts(c->n->authz, d, &one), HF_OK);
	c->sum.decided += one.decided;
	c->sum.unfiled += one.unfiled;
	c->sum.on_the_way += one.on_the_way;
	if (one.oldest_ms && (c->sum.oldest_ms == 0 || one.oldest_ms < c->sum.oldest_ms))
		c->sum.oldest_ms = one.oldest_ms;
	return true;
}

static struct hf_delegation_count counted_at(struct node *n)
{
	struct {
		struct node *n;
		struct hf_delegation_count sum;
	} c = {.n = n};
	assert_int_equal(hf_delegations(n->authz, count_delegation, &c), HF_OK);
	return c.sum;
}

struct open_filings {
	struct hf_authz *a;
	struct hf_id grant[16];
	size_t count;
};

static bool note_open(void *ctx, const Hufu__GrantRow *r, const char *state)
{
	struct open_filings *o = ctx;
	struct hf_id id;
	(void)state;
	if (az_id_of(&r->grant, &id) && hf_delegation_unfiled_ms(o->a, &id, INT64_MAX))
		o->grant[o->count++] = id;
	return o->count < 16;
}

/* The provider files whatever is open, so that a test sees its own. */
static void file_all(struct stage *s)
{
	struct open_filings o = {.a = s->roads->authz};
	assert_int_equal(hf_authz_grants(s->roads->authz, note_open, &o), HF_OK);
	for (size_t i = 0; i < o.count; i++)
		MUST(file_as(s->roads, "zhou", &o.grant[i]));
	settle(s->w);
}

/* AZ-37: while the filing is on its way nobody can use the decision, and the agent sees that it is missing. */
static void decision_that_is_not_filed_yet_gives_nothing_and_is_reported(void **state)
{
	struct stage *s = stage_of(state);
	struct hf_id entry = fresh_entry(s);
	const struct hf_access_request rq = asking(&entry, s->w->now_ms);
	(void)delegated(s, &entry, true);
	struct hf_id id = submitted(s, &entry);
	struct node *port = node_of(s, "port");
	file_all(s);
	struct hf_delegation_count before = counted_at(port), now;
	s->w->hold = hold_forward;
	MUST(compliance_as(port, "pei", &id, "pass", NULL));
	assert_int_not_equal(decided(s->roads, &rq), HF_OK);
	now = counted_at(port);
	assert_int_equal(now.decided, before.decided + 1);
	assert_int_equal(now.unfiled, before.unfiled + 1);
	assert_int_equal(now.on_the_way, before.on_the_way + 1);
	s->w->hold = NULL;
	settle(s->w);
	now = counted_at(port);
	assert_int_equal(now.on_the_way, before.on_the_way);
	assert_int_equal(now.unfiled, before.unfiled + 1); /* there, but nobody has taken it on file */
	assert_int_equal(decided(s->roads, &rq), HF_OK);
	file_all(s);
	assert_int_equal(counted_at(port).unfiled, before.unfiled);
}

/* AZ-37: as configured, a decision that is not on file at the provider gives nothing, or everything with a mark that
 * says since when; filing it ends both, and it is filed once. */
static void unfiled_decision_is_unusable_or_flagged_as_configured(void **state)
{
	struct stage *s = stage_of(state);
	struct node *port = node_of(s, "port");
	struct hf_id entry = fresh_entry(s), grant;
	const struct hf_access_request rq = asking(&entry, s->w->now_ms);
	(void)delegated(s, &entry, true);
	file_all(s);
	int64_t made = s->w->now_ms;
	struct hf_id id = submitted(s, &entry);
	MUST(compliance_as(port, "pei", &id, "pass", NULL));
	grant = grant_at(s->roads, &id);
	assert_int_equal(decided(s->roads, &rq), HF_OK);
	assert_int_equal(hf_delegation_unfiled_ms(s->roads->authz, &grant, INT64_MAX), made);
	assert_int_equal(counted_at(s->roads).unfiled, 1);
	assert_int_equal(counted_at(s->roads).oldest_ms, made);
	assert_true(counted_at(port).unfiled > 0);
	hf_delegation_set_unfiled(s->roads->authz, HF_UNFILED_DENY);
	assert_int_equal(decided(s->roads, &rq), HF_E_PENDING);
	assert_non_null(strstr(last_fault, "not on file at roads"));
	s->w->now_ms += 1000;
	MUST(file_as(s->roads, "zhou", &grant));
	assert_int_equal(decided(s->roads, &rq), HF_OK);
	assert_int_equal(file_as(s->roads, "zhou", &grant), HF_E_STATE);
	assert_true(notified(port, "agent-filed"));
	assert_int_equal(hf_delegation_unfiled_ms(s->roads->authz, &grant, INT64_MAX), 0);
	assert_int_equal(hf_delegation_unfiled_ms(s->roads->authz, &grant, made + 1),
	                 made); /* a use of then keeps it */
	assert_int_equal(counted_at(s->roads).unfiled, 0);
	hf_delegation_set_unfiled(s->roads->authz, HF_UNFILED_FLAG);
}

/* AZ-37: of what no agent decided there is nothing to be filed, and the setting does not touch it. */
static void own_decisions_are_not_filed(void **state)
{
	struct stage *s = stage_of(state);
	struct hf_id entry = fresh_entry(s), id = granted(s, &entry), grant = grant_at(s->roads, &id);
	const struct hf_access_request rq = asking(&entry, s->w->now_ms);
	hf_delegation_set_unfiled(s->roads->authz, HF_UNFILED_DENY);
	assert_int_equal(decided(s->roads, &rq), HF_OK);
	assert_int_equal(file_as(s->roads, "zhou", &grant), HF_E_STATE);
	assert_int_equal(hf_delegation_unfiled_ms(s->roads->authz, &grant, INT64_MAX), 0);
	hf_delegation_set_unfiled(s->roads->authz, HF_UNFILED_FLAG);
}

/* AZ-37: withdrawn, nothing is left to be filed, for either side. */
static void withdrawn_decision_is_not_unfiled(void **state)
{
	struct stage *s = stage_of(state);
	struct node *port = node_of(s, "port");
	struct hf_id entry = fresh_entry(s);
	(void)delegated(s, &entry, true);
	file_all(s);
	uint64_t before = counted_at(port).unfiled;
	struct hf_id id = submitted(s, &entry);
	MUST(compliance_as(port, "pei", &id, "pass", NULL));
	struct hf_id grant = grant_at(s->roads, &id);
	assert_int_equal(counted_at(port).unfiled, before + 1);
	MUST(take_back_as(s->roads, "zhou", &grant));
	assert_int_equal(counted_at(s->roads).unfiled, 0);
	assert_int_equal(counted_at(port).unfiled, before);
}

/* AZ-36: intake only means that the provider decides. */
static void agent_for_intake_alone_leaves_the_decision_to_the_provider(void **state)
{
	struct stage *s = stage_of(state);
	struct hf_id entry = fresh_entry(s);
	const struct hf_access_request rq = asking(&entry, s->w->now_ms);
	(void)delegated(s, &entry, false);
	struct hf_id id = submitted(s, &entry);
	intake_is(s->health, &id, "port");
	MUST(compliance_as(node_of(s, "port"), "pei", &id, "pass", NULL));
	assert_int_not_equal(decided(s->roads, &rq), HF_OK);
	MUST(decide_as(s->roads, "zhou", &id, "T", NULL, 0));
	assert_int_equal(decided(s->roads, &rq), HF_OK);
	struct hf_id grant = grant_at(s->roads, &id);
	assert_int_equal(take_back_as(s->roads, "zhou", &grant), HF_E_STATE); /* no agent decided it */
}

/* AZ-36: resources, level and period bound the agent; AZ-35: everybody else goes to the publishing platform. */
static void outside_resource_level_and_period_there_is_no_agent(void **state)
{
	struct stage *s = stage_of(state);
	struct hf_id entry = fresh_entry(s), other = fresh_entry(s), ended = fresh_entry(s), id;
	struct hf_application_in far = wish(&entry);
	(void)delegated(s, &entry, true);
	id = submitted(s, &other);
	intake_is(s->health, &id, "hub"); /* another resource */
	MUST(draft_as(node_of(s, "data"), "dai", &far, &id));
	intake_is(node_of(s, "data"), &id, "hub"); /* another level */
	struct hf_id delegation = delegated(s, &ended, true);
	MUST(end_as(s->roads, "zhou", &delegation));
	id = submitted(s, &ended);
	intake_is(s->health, &id, "hub"); /* ended */
	struct hf_delegation_in in = to_port(s, &entry, true);
	in.level = "province";
	assert_int_equal(delegate_as(s->roads, "zhou", &in, &id), HF_E_STANDING);
	in = to_port(s, &entry, true);
	in.agent = "health"; /* no platform */
	assert_int_equal(delegate_as(s->roads, "zhou", &in, &id), HF_E_STANDING);
	in = to_port(s, &entry, true);
	in.until_ms = 0;
	assert_int_equal(delegate_as(s->roads, "zhou", &in, &id), HF_E_ARGUMENT);
	assert_int_equal(delegate_as(s->health, "ma",
	                             &(struct hf_delegation_in){.agent = "port",
	                                                        .level = "city",
	                                                        .resources = &entry,
	                                                        .resource_count = 1,
	                                                        .until_ms = s->w->now_ms + DAY},
	                             &id),
	                 HF_E_UNKNOWN); /* not its resource */
}

/* AZ-36: what the agent passes after its time is refused by the provider, and gives nothing. */
static void decision_after_the_end_of_the_delegation_is_invalid(void **state)
{
	struct stage *s = stage_of(state);
	struct hf_id entry = fresh_entry(s), delegation = delegated(s, &entry, true), id = submitted(s, &entry);
	const struct hf_access_request rq = asking(&entry, s->w->now_ms);
	s->w->hold = hold_forward;
	MUST(compliance_as(node_of(s, "port"), "pei", &id, "pass", NULL));
	MUST(end_as(s->roads, "zhou", &delegation));
	s->w->hold = NULL;
	settle(s->w);
	assert_int_equal(s->roads->refused_count, 1);
	assert_int_equal(s->roads->refused[0].type, HF_MAIL_FORWARD);
	assert_int_not_equal(decided(s->roads, &rq), HF_OK);
}

/* ---- forged ---- */

/* A node signs and mails whatever delegation it likes, past its own checks. */
static void forge(struct node *n, const char *who, const struct hf_delegation_in *what, const char *to)
{
	COMMAND(c, n, who);
	Hufu__Delegation m = HUFU__DELEGATION__INIT;
	Hufu__DelegationMail mail = HUFU__DELEGATION_MAIL__INIT;
	Hufu__Statement st = HUFU__STATEMENT__INIT;
	HF_CLEANUP(hf_decoded_done) Hufu__SignedStatement *by = NULL;
	HF_CLEANUP(az_paper_done) struct paper paper = {0};
	ProtobufCBinaryData resource = BIN_ID(&what->resources[0]);
	struct hf_id id = hf_id_new(n->world->now_ms), txn = hf_id_new(n->world->now_ms);
	struct paper_head head;
	struct hf_hash wording;
	size_t len = 0;
	m.id = BIN_ID(&id);
	m.version = 1;
	m.agent = (char *)what->agent;
	m.resources = &resource;
	m.n_resources = 1;
	m.level = (char *)what->level;
	m.from_ms = n->world->now_ms;
	m.until_ms = what->until_ms;
	m.decides = true;
	uint8_t *data = hf_encode(&m.base, &len);
	assert_non_null(data);
	hf_sha256(data, len, &wording);
	free(data);
	st.kind = (char *)"delegation";
	st.object = m.id;
	st.revision = 1;
	st.object_digest = BIN_HASH(&wording);
	st.result = (char *)"pass";
	assert_int_equal(az_person_sign(n->authz, &c.actor, &st, &txn, &by, &c.fault), HF_OK);
	az_paper_head_init(n->authz, &head, &txn, NULL, NULL, NULL);
	m.header = &head.header;
	m.statement = by;
	assert_int_equal(az_paper_sign(n->authz, HF_TYPE_DELEGATION, &txn, &m.base, c.in.unit, &paper, &c.fault),
	                 HF_OK);
	mail.delegation = paper.envelope;
	assert_int_equal(az_paper_mail(n->authz, c.in.unit, to, HF_MAIL_DELEGATION, &txn, &mail.base, &c.fault), HF_OK);
	MUST(command_end(&c, HF_OK));
}

/* AZ-36: no node believes a delegation beyond what its signer may give: to itself, to a platform of another level, for
 * longer than three years, of another's resource. */
static void delegation_beyond_its_signers_power_is_believed_nowhere(void **state)
{
	struct stage *s = stage_of(state);
	struct hf_id entry = fresh_entry(s), id;
	const struct hf_access_request rq = asking(&entry, s->w->now_ms);
	struct hf_delegation_in in = to_port(s, &entry, true);
	hire(node_of(s, "port"), "pu", "approver", "", "HR-5009");
	hire(s->hub, "he", "approver", "", "HR-2009");
	forge(node_of(s, "port"), "pu", &in, "roads"); /* the agent names itself */
	assert_int_equal(s->roads->refused_count, 1);
	assert_int_equal(s->roads->refused[0].e, HF_E_STANDING);
	in.level = "province";
	forge(s->roads, "zhou", &in, "health"); /* port is a city platform */
	assert_int_equal(s->health->refused_count, 1);
	assert_int_equal(s->health->refused[0].e, HF_E_STANDING);
	in.level = "city";
	in.until_ms = s->w->now_ms + 1200 * DAY;
	forge(s->roads, "zhou", &in, "health");
	assert_int_equal(s->health->refused_count, 2);
	assert_int_equal(s->health->refused[1].e, HF_E_LIMIT);
	in.until_ms = s->w->now_ms + 100 * DAY;
	forge(s->hub, "he", &in, "health"); /* well formed, but of a resource that is not the signer's */
	forge(s->hub, "he", &in, "port");
	forge(s->hub, "he", &in, "roads");
	id = submitted(s, &entry);
	intake_is(s->health, &id, "hub"); /* it counts for nothing */
	MUST(compliance_as(s->hub, "chen", &id, "pass", NULL));
	assert_int_not_equal(decided(s->roads, &rq), HF_OK); /* the provider decides */
	assert_int_equal(state_at(s->roads, &id, HF_PART_PROVIDER), HF_REVIEW_RECEIVED);
}

/* ---- a Forward past the agent's own checks ---- */

static struct hf_buf caught;
static struct hf_id caught_txn;

static void catch_application(struct post *p)
{
	if (p->type != HF_MAIL_APPLICATION)
		return;
	hf_buf_clear(&caught);
	assert_true(hf_buf_add(&caught, p->body.data, p->body.len));
	caught_txn = p->txn;
}

/* "port" passes an application that was filed elsewhere, and forwards it to the provider: papers by its own valid key
 * and by its own reviewer, about the very wording. */
static enum hf_err forge_forward(struct stage *s, const struct hf_id *application)
{
	struct node *port = node_of(s, "port");
	COMMAND(c, port, "pei");
	HF_CLEANUP(hf_decoded_done) Hufu__ApplicationMail *mail = HF_DECODE(application_mail, caught.data, caught.len);
	HF_CLEANUP(hf_decoded_done)
	Hufu__Application *app =
	        HF_DECODE(application, mail->application->payload.data, mail->application->payload.len);
	HF_CLEANUP(hf_decoded_done) Hufu__SignedStatement *review = NULL;
	HF_CLEANUP(az_paper_done) struct paper paper = {0};
	Hufu__Statement st = HUFU__STATEMENT__INIT;
	Hufu__IntakeRecord record = HUFU__INTAKE_RECORD__INIT;
	Hufu__ForwardMail forward = HUFU__FORWARD_MAIL__INIT;
	struct paper_head head;
	struct hf_hash digest;
	size_t len = 0;
	assert_int_equal(hf_envelope_digest_message(mail->application, &digest), HF_OK);
	st.kind = (char *)"compliance";
	st.object = BIN_ID(application);
	st.revision = app->revision;
	st.object_digest = BIN_HASH(&digest);
	st.result = (char *)"pass";
	assert_int_equal(az_person_sign(port->authz, &c.actor, &st, &caught_txn, &review, &c.fault), HF_OK);
	az_paper_head_init(port->authz, &head, &caught_txn, "roads", "health", NULL);
	record.header = &head.header;
	record.application = BIN_ID(application);
	record.revision = app->revision;
	record.application_digest = BIN_HASH(&digest);
	record.result = (char *)"pass";
	record.reason = (char *)"";
	record.review = review;
	assert_int_equal(
	        az_paper_sign(port->authz, HF_TYPE_INTAKE, &caught_txn, &record.base, c.in.unit, &paper, &c.fault),
	        HF_OK);
	forward.application = mail->application;
	forward.intake = paper.envelope;
	uint8_t *body = hf_encode(&forward.base, &len);
	assert_non_null(body);
	enum hf_err e = deliver(s->roads, "port", HF_MAIL_FORWARD, &caught_txn, body, len);
	free(body);
	hf_unit_free(c.in.unit);
	hf_draft_free(c.in.draft);
	settle(s->w);
	return e;
}

/* AZ-36: what an agent passes of another resource, of an applicant of another level, or without any delegation is
 * refused by the provider, however well it is signed; the application goes on where it belongs. */
static void forged_forward_outside_the_delegation_is_refused(void **state)
{
	struct stage *s = stage_of(state);
	struct hf_id entry = fresh_entry(s), other = fresh_entry(s), id;
	const struct hf_access_request rq = asking(&other, s->w->now_ms);
	struct hf_application_in far = wish(&entry);
	(void)delegated(s, &entry, true);
	s->w->bend = catch_application;
	id = submitted(s, &other); /* a resource that the delegation does not name */
	s->w->bend = NULL;
	assert_int_equal(forge_forward(s, &id), HF_E_REDIRECT);
	assert_int_equal(state_at(s->roads, &id, HF_PART_PROVIDER), HF_REVIEW_NONE);
	assert_int_not_equal(decided(s->roads, &rq), HF_OK);
	MUST(compliance_as(s->hub, "chen", &id, "pass", NULL));
	assert_int_equal(state_at(s->roads, &id, HF_PART_PROVIDER), HF_REVIEW_RECEIVED);
	s->w->bend = catch_application;
	MUST(draft_as(node_of(s, "data"), "dai", &far, &id)); /* an applicant of the province */
	MUST(need_as(node_of(s, "data"), "dou", &id, true, true, true));
	s->w->bend = NULL;
	assert_int_equal(forge_forward(s, &id), HF_E_REDIRECT);
	assert_int_equal(state_at(s->roads, &id, HF_PART_PROVIDER), HF_REVIEW_NONE);
	hf_buf_done(&caught);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(agent_decides_for_its_level_and_the_provider_withdraws),
	        cmocka_unit_test(an_agent_is_told_of_one_decision_so_often),
	        cmocka_unit_test(decision_that_is_not_filed_yet_gives_nothing_and_is_reported),
	        cmocka_unit_test(unfiled_decision_is_unusable_or_flagged_as_configured),
	        cmocka_unit_test(own_decisions_are_not_filed),
	        cmocka_unit_test(withdrawn_decision_is_not_unfiled),
	        cmocka_unit_test(agent_for_intake_alone_leaves_the_decision_to_the_provider),
	        cmocka_unit_test(outside_resource_level_and_period_there_is_no_agent),
	        cmocka_unit_test(decision_after_the_end_of_the_delegation_is_invalid),
	        cmocka_unit_test(forged_forward_outside_the_delegation_is_refused),
	        cmocka_unit_test(delegation_beyond_its_signers_power_is_believed_nowhere),
	};
	return cmocka_run_group_tests(tests, up, stage_down);
}
