/*
 * The rules of two jurisdictions stand above every mechanism (SB-7), and the persons of a calendar year are counted by
 * the year in which a delivery was permitted.
 */
#include "authz/border.h"

#include "authz/rulebook.h"
#include "authz/usage.h"
#include "authz/uses.h"
#include "unit/authz/cast.h"

static void health_abroad(struct sb_space *sb)
{
	sb->member[SB_HEALTH].jurisdiction = (char *)"SG";
}

static int up(void **state)
{
	stage_shape = health_abroad;
	int e = stage_up(state);
	struct stage *s = *state;
	hire(s->roads, "pan", "publisher", "", "HR-3002");
	return e;
}

#define FOREVER INT64_C(4102444800000) /* 2100-01-01 */

/* ---- the rules ---- */

static char *any[] = {(char *)"*"};
static struct hf_border_rule leaves, enters;
static struct hf_border_pack packs[2];
static struct hf_border_rules rules;

static void permit_both(struct stage *s)
{
	leaves = enters = (struct hf_border_rule){
	        .others = any, .other_count = 1, .max_level = 4, .allow = true, .persons_per_year = 50000};
	packs[0] = (struct hf_border_pack){.name = (char *)"cn-export",
	                                   .jurisdiction = (char *)"CN",
	                                   .side = HF_BORDER_ORIGIN,
	                                   .rules = &leaves,
	                                   .rule_count = 1,
	                                   .until_ms = FOREVER};
	packs[1] = (struct hf_border_pack){.name = (char *)"sg-import",
	                                   .jurisdiction = (char *)"SG",
	                                   .side = HF_BORDER_DESTINATION,
	                                   .rules = &enters,
	                                   .rule_count = 1,
	                                   .until_ms = FOREVER};
	rules = (struct hf_border_rules){.packs = packs, .pack_count = 2};
	hf_authz_set_border(s->roads->authz, &rules);
}

/* ---- a grant of each mechanism ---- */

static void by_application(struct stage *s, const struct hf_id *entry)
{
	(void)granted(s, entry);
}

static struct hf_id by_provider_id(struct stage *s, const struct hf_id *entry)
{
	struct hf_grant_offer_in in = gift(s, entry);
	struct hf_id id;
	MUST(offer_as(s->roads, "pan", &in, &id));
	MUST(give_as(s->roads, "zhou", &id, "T", NULL));
	return id;
}

static void by_provider(struct stage *s, const struct hf_id *entry)
{
	(void)by_provider_id(s, entry);
}

static void by_emergency(struct stage *s, const struct hf_id *entry)
{
	struct hf_id id = by_provider_id(s, entry);
	HF_CLEANUP(hf_decoded_done) Hufu__GrantRow *row = NULL;
	MUST(az_grant_get(s->roads->authz, &id, &row));
	char *own = row->mechanism;
	struct hf_unit *u = hf_unit_new();
	row->mechanism = (char *)"emergency";
	row->until_ms = row->from_ms + DAY;
	az_grant_put(s->roads->authz, u, row);
	row->mechanism = own;
	submit_wait(s->roads, u);
	hf_authz_close(s->roads->authz);
	node_open_authz(s->roads);
}

static void by_rule(struct stage *s, const struct hf_id *entry)
{
	static unsigned version = 1;
	char text[2048], id[HF_ID_TEXT];
	struct hf_policy_set set;
	hf_id_text(entry, id);
	snprintf(text, sizeof(text),
	         "policy:\n  name: roads\n  version: %u\n  attributes: standard\n"
	         "hierarchies:\n  organizations:\n    space: []\n    health: space\n    hub: space\n"
	         "  regions:\n    CN: []\n    SG: []\n  topics: {}\n"
	         "rules:\n  - id: claims\n    mechanism: attribute\n    from: 2020-01-01\n    until: 2035-01-01\n"
	         "    when:\n      resource.id: \"%s\"\n      system.name: desk\n"
	         "      context.purpose: claims-check\n",
	         version++, id);
	COMMAND(c, s->roads, "zhou");
	MUST(command_end(&c, hf_authz_policy_apply(s->roads->authz, &c.in, text, "agreed with health", &set)));
}

static const struct {
	const char *name;
	void (*give)(struct stage *s, const struct hf_id *entry);
} mechanisms[] = {{"application", by_application},
                  {"provider", by_provider},
                  {"emergency", by_emergency},
                  {"attribute", by_rule}};

/* ---- the tests ---- */

static void expect_denied(struct stage *s, const struct hf_access_request *rq, const char *one, const char *two)
{
	assert_int_equal(decided(s->roads, rq), HF_E_BORDER);
	assert_non_null(strstr(last_fault, one));
	assert_non_null(strstr(last_fault, two));
}

/* SB-7: origin and destination both; no mechanism lifts either, the emergency no more than a rule. */
static void no_mechanism_lifts_the_rules_of_either_side(void **state)
{
	struct stage *s = stage_of(state);
	for (size_t m = 0; m < sizeof(mechanisms) / sizeof(mechanisms[0]); m++) {
		struct hf_id entry = publish(s->roads, &(struct offer){.title = "abroad", .intake = "hub"});
		struct hf_access_request rq = asking(&entry, s->w->now_ms);
		struct hf_decision d;
		mechanisms[m].give(s, &entry);
		hf_authz_set_border(s->roads->authz, NULL);
		expect_denied(s, &rq, "origin CN denies: no rules are configured", "destination SG denies: no rules");
		permit_both(s);
		hf_authz_decide(s->roads->authz, &rq, &d);
		assert_int_equal(d.result, HF_OK);
		assert_string_equal(d.mechanism, mechanisms[m].name);
		assert_string_equal(d.border,
		                    "origin CN permits: cn-export rule 1; destination SG permits: sg-import rule 1");
		assert_int_equal(d.persons, 0);
		hf_decision_done(&d);
		enters.allow = false;
		expect_denied(s, &rq, "origin CN permits", "destination SG denies: sg-import forbids it");
		enters.allow = true;
		leaves.allow = false;
		expect_denied(s, &rq, "origin CN denies: cn-export forbids it", "destination SG permits");
		leaves.allow = true;
		leaves.route = (char *)"standard-contract";
		expect_denied(s, &rq, "asks for an approval that is not on file", "destination SG permits");
	}
}

static enum hf_err ask_border_of(struct node *n, uint64_t rows, uint64_t own, int64_t own_begun_ms,
                                 uint64_t *ret_persons)
{
	Hufu__CatalogEntry e = HUFU__CATALOG_ENTRY__INIT;
	char text[HF_BORDER_TEXT];
	struct hf_fault f = {HF_OK, ""};
	e.data_class = (char *)"transport/flight";
	e.level = 1;
	e.personal = true;
	const struct hf_border_ask ask = {.consumer = "health",
	                                  .purpose = "claims-check",
	                                  .entry = &e,
	                                  .rows = rows,
	                                  .now_ms = n->world->now_ms,
	                                  .own = own,
	                                  .own_begun_ms = own_begun_ms};
	enum hf_err result = hf_authz_border_check(n->authz, &ask, text, ret_persons, &f);
	snprintf(last_fault, sizeof(last_fault), "%s", f.text);
	return result;
}

static enum hf_err ask_border(struct stage *s, uint64_t rows, uint64_t own, uint64_t *ret_persons)
{
	return ask_border_of(s->roads, rows, own, s->w->now_ms, ret_persons);
}

static void expect_count(struct stage *s, int64_t when_ms, uint64_t reserved, uint64_t committed)
{
	uint64_t r, c;
	MUST(hf_authz_border_count(s->roads->authz, when_ms, &r, &c));
	assert_int_equal(r, reserved);
	assert_int_equal(c, committed);
}

static struct hf_use crossing_use(struct stage *s, uint64_t persons)
{
	struct hf_id grant = hf_id_new(s->w->now_ms);
	return (struct hf_use){.grant = grant,
	                       .counted = grant,
	                       .transfer = hf_id_new(s->w->now_ms),
	                       .peer = "health",
	                       .system = "desk",
	                       .purpose = "claims-check",
	                       .persons = persons,
	                       .provider = true};
}

static void in_unit_of(struct node *n, void (*fn)(struct hf_authz *, struct hf_unit *, const struct hf_use *),
                       const struct hf_use *use)
{
	struct hf_unit *u = hf_unit_new();
	fn(n->authz, u, use);
	submit_wait(n, u);
}

static void in_unit(struct stage *s, void (*fn)(struct hf_authz *, struct hf_unit *, const struct hf_use *),
                    const struct hf_use *use)
{
	in_unit_of(s->roads, fn, use);
}

/* SB-7: reserved before, committed on the receipt; of each calendar year its own count. */
static void the_persons_of_a_year_are_reserved_and_committed(void **state)
{
	struct stage *s = stage_of(state);
	uint64_t persons = 0;
	permit_both(s);
	int64_t old_year = 0;
	assert_true(hf_time_parse("2026-12-31T23:59:59.000Z", &old_year));
	int64_t new_year = old_year + 2000;
	s->w->now_ms = old_year;
	assert_int_equal(ask_border(s, 0, 0, &persons), HF_E_BORDER);
	assert_non_null(strstr(last_fault, "how many these are is not known"));
	MUST(ask_border(s, 30000, 0, &persons));
	assert_int_equal(persons, 30000);
	struct hf_use first = crossing_use(s, 30000), second = crossing_use(s, 20000);
	in_unit(s, hf_authz_use_reserve, &first);
	expect_count(s, old_year, 30000, 0);
	assert_int_equal(ask_border(s, 20001, 0, &persons), HF_E_BORDER);
	MUST(ask_border(s, 20001, 30000, &persons)); /* asked again of the one that is under way */
	MUST(ask_border(s, 20000, 0, &persons));
	in_unit(s, hf_authz_use_reserve, &second);
	assert_int_equal(ask_border(s, 1, 0, &persons), HF_E_BORDER);
	s->w->now_ms = new_year;
	expect_count(s, new_year, 0, 0);
	MUST(ask_border(s, 50000, 0, &persons));
	in_unit(s, hf_authz_use_release, &second); /* nothing was delivered */
	first.rows = 29000;
	in_unit(s, hf_authz_use_commit, &first); /* some of them were */
	expect_count(s, old_year, 0, 29000);
	expect_count(s, new_year, 0, 0);
	s->w->now_ms = old_year;
	MUST(ask_border(s, 21000, 0, &persons));
	assert_int_equal(ask_border(s, 21001, 0, &persons), HF_E_BORDER);
}

/* SB-7: over New Year a delivery is asked about in the year that counts it, not in the one that has begun. */
static void a_delivery_over_new_year_stays_in_its_year(void **state)
{
	struct stage *s = stage_of(state);
	uint64_t persons = 0;
	permit_both(s);
	int64_t old_year = 0;
	assert_true(hf_time_parse("2026-12-31T23:59:59.000Z", &old_year));
	s->w->now_ms = old_year;
	struct hf_use going = crossing_use(s, 20000), beside = crossing_use(s, 30000), next = crossing_use(s, 30000);
	in_unit(s, hf_authz_use_reserve, &going);
	in_unit(s, hf_authz_use_reserve, &beside);
	s->w->now_ms = old_year + 2000;
	in_unit(s, hf_authz_use_reserve, &next);
	assert_int_equal(ask_border(s, 20001, 0, &persons), HF_E_BORDER);
	struct az_own_use own;
	az_uses_own(s->roads->authz, &going.grant, &going.transfer, &own);
	assert_int_equal(own.begun_ms, old_year);
	expect_count(s, s->w->now_ms, 30000, 0);
	MUST(ask_border_of(s->roads, 20000, own.persons, own.begun_ms, &persons));
	assert_int_equal(ask_border_of(s->roads, 20001, own.persons, own.begun_ms, &persons), HF_E_BORDER);
	in_unit(s, hf_authz_use_commit, &going);
	expect_count(s, old_year, 30000, 20000);
	expect_count(s, s->w->now_ms, 30000, 0);
}

static void hub_of_roads(struct sb_space *sb)
{
	static char *roles[] = {(char *)"exchange-service", (char *)"provider"};
	health_abroad(sb);
	sb->member[SB_HUB].organization = sb->member[SB_ROADS].organization;
	sb->member[SB_HUB].roles = roles;
	sb->member[SB_HUB].n_roles = 2;
}

static int up_two(void **state)
{
	stage_shape = hub_of_roads;
	return stage_up(state);
}

/* SB-7: the limit is the legal entity's: two of its nodes that deliver at the same time never deliver more together. */
static void the_nodes_of_a_legal_entity_share_its_limit(void **state)
{
	static struct hf_border_share shares[] = {{(char *)"roads", 40}, {(char *)"hub", 60}};
	struct stage *s = stage_of(state);
	struct node *const nodes[] = {s->roads, s->hub};
	const uint64_t part[] = {20000, 30000};
	uint64_t persons = 0;
	permit_both(s);
	hf_authz_set_border(s->hub->authz, &rules);
	for (size_t i = 0; i < 2; i++) { /* nobody says who may deliver how many: none */
		assert_int_equal(ask_border_of(nodes[i], 1, 0, 0, &persons), HF_E_BORDER);
		assert_non_null(strstr(last_fault, "`shares` names no part of this node"));
	}
	rules.shares = shares;
	rules.share_count = 1;
	assert_int_equal(ask_border_of(s->hub, 1, 0, 0, &persons), HF_E_BORDER); /* it is not named */
	rules.share_count = 2;
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(ask_border_of(nodes[i], part[i] + 1, 0, 0, &persons), HF_E_BORDER);
		assert_non_null(strstr(last_fault, "they are reached"));
		MUST(ask_border_of(nodes[i], part[i], 0, 0, &persons));
	}
	for (size_t i = 0; i < 2; i++) { /* both have decided before either has reserved */
		struct hf_use use = crossing_use(s, part[i]);
		in_unit_of(nodes[i], hf_authz_use_reserve, &use);
	}
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(ask_border_of(nodes[i], 1, 0, 0, &persons), HF_E_BORDER);
}

/* What is sent is what was scanned last; an entry that is older than that does not make the persons fewer. */
static void persons_are_those_of_the_newest_scan(void **state)
{
	struct stage *s = stage_of(state);
	struct hf_id entry = publish(s->roads, &(struct offer){.title = "people", .intake = "hub"});
	struct hf_catalog_item it;
	MUST(hf_catalog_get(s->roads->catalog, "roads", &entry, &it));
	assert_true(it.entry->rows > 0);
	uint64_t scanned = hf_catalog_rows_now(s->roads->catalog, &it);
	assert_int_equal(scanned, it.entry->rows);
	it.entry->rows = 1; /* as if the table had grown since */
	assert_int_equal(hf_catalog_rows_now(s->roads->catalog, &it), scanned);
	hf_catalog_item_done(&it);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup_teardown(no_mechanism_lifts_the_rules_of_either_side, up, stage_down),
	        cmocka_unit_test_setup_teardown(the_persons_of_a_year_are_reserved_and_committed, up, stage_down),
	        cmocka_unit_test_setup_teardown(a_delivery_over_new_year_stays_in_its_year, up, stage_down),
	        cmocka_unit_test_setup_teardown(the_nodes_of_a_legal_entity_share_its_limit, up_two, stage_down),
	        cmocka_unit_test_setup_teardown(persons_are_those_of_the_newest_scan, up, stage_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
