/* many_rules_test.c - many rules match one request and none of the first reaches: what is answered; and the uses of a
 * resource whose rules get other names (SB-26, AZ-50, AZ-73). */
#include "authz/rulebook.h"
#include "authz/usage.h"

#include "cast.h"

static void begin(struct hf_buf *b)
{
	static unsigned version;
	assert_true(hf_buf_addf(b,
	                        "policy:\n  name: roads\n  version: %u\n  attributes: standard\n"
	                        "hierarchies:\n  organizations:\n    space: []\n    health: space\n  regions:\n    CN: "
	                        "[]\n  topics: {}\n"
	                        "rules:\n",
	                        ++version));
}

static void add(struct hf_buf *b, const char *name, const struct hf_id *entry, const char *obligation)
{
	char id[HF_ID_TEXT];
	hf_id_text(entry, id);
	assert_true(hf_buf_addf(b,
	                        "  - id: %s\n    mechanism: attribute\n    from: 2020-01-01\n    until: 2035-01-01\n"
	                        "    when:\n      resource.id: \"%s\"\n      subject.organization: {under: [space]}\n"
	                        "      system.name: desk\n      context.purpose: claims-check\n%s%s%s",
	                        name, id, obligation[0] ? "    obligations:\n      - " : "", obligation,
	                        obligation[0] ? "\n" : ""));
}

static void apply(struct stage *s, struct hf_buf *b)
{
	struct hf_policy_set set;
	COMMAND(c, s->roads, "zhou");
	assert_true(hf_buf_add(b, "", 1));
	MUST(command_end(
	        &c, hf_authz_policy_apply(s->roads->authz, &c.in, (const char *)b->data, "agreed with health", &set)));
	hf_buf_done(b);
}

/* So many rules that give one field alone, and behind them one that gives all. */
static void crowd(struct stage *s, const struct hf_id *entry, unsigned count)
{
	struct hf_buf b = HF_BUF_INIT;
	char name[32];
	begin(&b);
	for (unsigned i = 0; i < count; i++) {
		snprintf(name, sizeof(name), "narrow-%03u", i);
		add(&b, name, entry, "fields: [flight]");
	}
	add(&b, "wide", entry, "");
	apply(s, &b);
}

static struct hf_id entry_of(struct stage *s, const char *duty)
{
	return publish(s->roads, &(struct offer){.title = "crowded", .intake = "hub", .duty = duty});
}

static void a_rule_behind_as_many_as_are_asked_still_permits(void **state)
{
	static const char *const fields[] = {"flight", "arrival"};
	struct stage *s = stage_of(state);
	struct hf_id entry = entry_of(s, NULL);
	struct hf_access_request rq = asking(&entry, s->w->now_ms);
	struct hf_decision d;
	rq.fields = fields;
	rq.field_count = 2;
	crowd(s, &entry, AZ_SKIP_MAX);
	hf_authz_decide(s->roads->authz, &rq, &d);
	assert_int_equal(d.result, HF_OK);
	assert_string_equal(d.rule, "wide");
	hf_decision_done(&d);
}

/* Never a permit that was not asked for, and never silence: the denial names the cause, an alarm tells the provider,
 * once; a grant permits as ever. */
static void one_rule_more_denies_with_that_reason(void **state)
{
	static const char *const fields[] = {"flight", "arrival"};
	struct stage *s = stage_of(state);
	struct hf_id entry = entry_of(s, NULL);
	struct hf_access_request rq = asking(&entry, s->w->now_ms);
	rq.fields = fields;
	rq.field_count = 2;
	crowd(s, &entry, AZ_SKIP_MAX + 1);
	s->roads->alarms = 0;
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(decided(s->roads, &rq), HF_E_DECISION_BUDGET);
		assert_non_null(strstr(last_fault, "65 rules match this request and none of them reaches"));
		assert_int_equal(s->roads->alarms, 1);
	}
	(void)granted(s, &entry);
	assert_int_equal(decided(s->roads, &rq), HF_OK);
	rq.field_count = 1; /* the first rule reaches that */
	assert_int_equal(decided(s->roads, &rq), HF_OK);
}

/* ---- uses ---- */

/* One delivery by the rule in force, or why not. */
static enum hf_err use_once(struct stage *s, const struct hf_id *entry)
{
	struct hf_access_request rq = asking(entry, s->w->now_ms);
	struct hf_decision d;
	struct hf_unit *u = hf_unit_new();
	hf_authz_decide(s->roads->authz, &rq, &d);
	snprintf(last_fault, sizeof(last_fault), "%s", d.text);
	struct hf_use use = {.transfer = hf_id_new(s->w->now_ms),
	                     .resource = *entry,
	                     .peer = "health",
	                     .system = "desk",
	                     .purpose = "claims-check",
	                     .counted = d.counted,
	                     .of_entry = d.of_entry,
	                     .rule = d.rule,
	                     .provider = true};
	if (d.result == HF_OK) {
		hf_authz_use_reserve(s->roads->authz, u, &use);
		submit_wait(s->roads, u);
		u = hf_unit_new();
		hf_authz_use_commit(s->roads->authz, u, &use);
	}
	submit_wait(s->roads, u);
	enum hf_err e = d.result;
	hf_decision_done(&d);
	return e;
}

static void in_force(struct stage *s, const struct hf_id *entry, const char *name, const char *obligation)
{
	struct hf_buf b = HF_BUF_INIT;
	begin(&b);
	add(&b, name, entry, obligation);
	apply(s, &b);
}

static void a_rule_that_is_replaced_under_its_name_keeps_its_count(void **state)
{
	struct stage *s = stage_of(state);
	struct hf_id entry = entry_of(s, NULL);
	in_force(s, &entry, "claims", "uses: 1");
	assert_int_equal(use_once(s, &entry), HF_OK);
	in_force(s, &entry, "claims", "uses: 1");
	assert_int_equal(use_once(s, &entry), HF_E_QUOTA);
	assert_non_null(strstr(last_fault, "the rule 'claims' allows 1 uses, of which 1 are made"));
	in_force(s, &entry, "claims", "uses: 2");
	assert_int_equal(use_once(s, &entry), HF_OK);
	assert_int_equal(use_once(s, &entry), HF_E_QUOTA);
}

/* Another name is another rule; what the resource itself allows is not counted anew by it. */
static void a_rule_of_another_name_gives_no_more_than_the_resource_allows(void **state)
{
	struct stage *s = stage_of(state);
	struct hf_id entry = entry_of(s, "uses:2");
	in_force(s, &entry, "claims", "");
	if (use_once(s, &entry) != HF_OK)
		fail_msg("%s", last_fault);
	in_force(s, &entry, "renamed", "");
	assert_int_equal(use_once(s, &entry), HF_OK);
	in_force(s, &entry, "once-more", "uses: 9");
	assert_int_equal(use_once(s, &entry), HF_E_QUOTA);
	assert_non_null(strstr(last_fault, "the resource, by whatever rule, allows 2 uses, of which 2 are made"));
	node_barrier(s->roads);
	hf_authz_close(s->roads->authz);
	node_open_authz(s->roads);
	assert_int_equal(use_once(s, &entry), HF_E_QUOTA); /* it is on record */
}

/* A use by rules that was given back counts for neither. */
static void what_was_given_back_counts_for_neither(void **state)
{
	struct stage *s = stage_of(state);
	struct hf_id entry = entry_of(s, "uses:1");
	struct hf_access_request rq = asking(&entry, s->w->now_ms);
	struct hf_decision d;
	in_force(s, &entry, "claims", "");
	hf_authz_decide(s->roads->authz, &rq, &d);
	assert_int_equal(d.result, HF_OK);
	struct hf_use use = {.transfer = hf_id_new(s->w->now_ms),
	                     .resource = entry,
	                     .peer = "health",
	                     .system = "desk",
	                     .purpose = "claims-check",
	                     .counted = d.counted,
	                     .of_entry = d.of_entry,
	                     .rule = d.rule,
	                     .provider = true};
	struct hf_unit *u = hf_unit_new();
	hf_authz_use_reserve(s->roads->authz, u, &use);
	submit_wait(s->roads, u);
	in_force(s, &entry, "renamed", "");
	assert_int_equal(decided(s->roads, &rq), HF_E_QUOTA);
	rq.going_on = use.transfer; /* what is under way goes on: its own use counts once */
	in_force(s, &entry, "claims", "");
	assert_int_equal(decided(s->roads, &rq), HF_OK);
	u = hf_unit_new();
	hf_authz_use_release(s->roads->authz, u, &use);
	submit_wait(s->roads, u);
	in_force(s, &entry, "renamed", "");
	assert_int_equal(use_once(s, &entry), HF_OK);
	hf_decision_done(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_rule_behind_as_many_as_are_asked_still_permits),
	        cmocka_unit_test(one_rule_more_denies_with_that_reason),
	        cmocka_unit_test(a_rule_that_is_replaced_under_its_name_keeps_its_count),
	        cmocka_unit_test(a_rule_of_another_name_gives_no_more_than_the_resource_allows),
	        cmocka_unit_test(what_was_given_back_counts_for_neither),
	};
	return cmocka_run_group_tests(tests, stage_up, stage_down);
}
