/*
 * The uses of a grant: the obligation's one form, and counts that are reserved, committed and released so that what is
 * under way counts too, in parallel and over restarts (SB-26).
 */
#include "authz/border.h"
#include "authz/usage.h"

#include "unit/authz/cast.h"

static void the_obligation_has_one_form(void **state)
{
	static const char *const bad[] = {"uses:",   "uses:0",  "uses:01",         "uses:+1",
	                                  "uses:1 ", "uses: 1", "uses:1000000001", "uses:-1",
	                                  "Uses:1",  "use:1",   "uses:1x",         "uses:99999999999999999999",
	                                  ""};
	uint64_t n = 7;
	(void)state;
	assert_true(hf_uses_parse("uses:1", &n) && n == 1);
	assert_true(hf_uses_parse("uses:1000000000", &n) && n == HF_USES_AT_MOST);
	n = 7;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_false(hf_uses_parse(bad[i], &n));
		assert_false(hf_obligation_known(bad[i])); /* and so a gate denies (AZ-73) */
	}
	assert_int_equal(n, 7);
	assert_true(hf_obligation_known("uses:12") && hf_obligation_known("log"));
	assert_false(hf_obligation_known("watermark"));
}

/* DS-85: what only a consumer that keeps the data sealed fulfils. */
static void what_seals_has_one_form(void **state)
{
	static const char *const bad[] = {
	        "seal",           "sealed:",         "sealed:1",        "delete-at-end:1",
	        "delete-after",   "delete-after:",   "delete-after:0",  "delete-after:01",
	        "delete-after:x", "delete-after:1d", "delete-after:-1", "delete-after:3162240000001"};
	uint64_t ms = 7;
	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_false(hf_obligation_seals(bad[i]));
		assert_false(hf_obligation_known(bad[i]));
		assert_false(hf_delete_after_parse(bad[i], &ms));
	}
	assert_int_equal(ms, 7);
	assert_true(hf_delete_after_parse("delete-after:3162240000000", &ms) && ms == HF_DELETE_AFTER_AT_MOST);
	assert_true(hf_obligation_seals("sealed") && hf_obligation_seals("delete-at-end"));
	assert_true(hf_obligation_seals("delete-after:1") && hf_obligation_known("delete-after:1"));
	assert_false(hf_obligation_seals("uses:3") || hf_obligation_seals("log"));
}

static char *three[] = {(char *)"log", (char *)"uses:5", (char *)"uses:3"};

static const Hufu__Agreement *terms_of_three(void)
{
	static Hufu__Agreement g = HUFU__AGREEMENT__INIT;
	g.obligations = three;
	g.n_obligations = 3;
	return &g;
}

static struct hf_id fresh(struct node *n)
{
	return hf_id_new(hf_now_ms(&n->base.clock));
}

static const struct az_own_use nothing;

static enum hf_err left(struct node *n, const struct hf_id *counted, const struct az_own_use *own, struct hf_fault *f)
{
	return az_uses_left(n->authz, &(struct az_uses_ask){counted, own, "the grant", hf_uses_most(terms_of_three())},
	                    f);
}

static struct hf_use a_use(struct node *n, const struct hf_id *grant)
{
	return (struct hf_use){.grant = *grant,
	                       .counted = *grant,
	                       .transfer = fresh(n),
	                       .peer = "health",
	                       .system = "desk",
	                       .purpose = "claims-check",
	                       .provider = true};
}

/* What the gate does: asks, then reserves in the unit of the decision. */
static enum hf_err take(struct node *n, const struct hf_use *use)
{
	struct hf_fault f = {HF_OK, ""};
	HF_TRY(left(n, &use->counted, &nothing, &f));
	struct hf_unit *u = hf_unit_new();
	hf_authz_use_reserve(n->authz, u, use);
	hf_store_submit(n->store, u, NULL, NULL); /* not waited for: the next one comes at once */
	return HF_OK;
}

static void end_with(struct node *n, const struct hf_use *use, bool delivered)
{
	struct hf_unit *u = hf_unit_new();
	if (delivered)
		hf_authz_use_commit(n->authz, u, use);
	else
		hf_authz_use_release(n->authz, u, use);
	hf_store_submit(n->store, u, NULL, NULL);
}

static void what_is_under_way_counts(void **state)
{
	struct stage *s = stage_of(state);
	struct node *n = s->roads;
	struct hf_id grant = fresh(n), other = fresh(n);
	struct hf_use use[5];
	struct hf_fault f = {HF_OK, ""};
	assert_int_equal(hf_uses_most(terms_of_three()), 3);
	for (size_t i = 0; i < 5; i++)
		use[i] = a_use(n, &grant);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(take(n, &use[i]), HF_OK);
	assert_int_equal(take(n, &use[3]), HF_E_QUOTA); /* nothing is durable yet */
	assert_int_equal(left(n, &grant, &nothing, &f), HF_E_QUOTA);
	assert_non_null(strstr(f.text, "allows 3 uses, of which 0 are made and 3 are under way"));
	end_with(n, &use[0], true);
	assert_int_equal(take(n, &use[3]), HF_E_QUOTA);
	end_with(n, &use[1], false); /* nothing was delivered: it is left again */
	assert_int_equal(take(n, &use[3]), HF_OK);
	end_with(n, &use[1], true); /* a released use does not come back */
	end_with(n, &use[0], false);
	end_with(n, &use[0], true);
	assert_int_equal(take(n, &use[4]), HF_E_QUOTA);
	struct hf_use elsewhere = a_use(n, &other);
	assert_int_equal(take(n, &elsewhere), HF_OK); /* another grant's count is its own */
}

/* In any order of beginning, delivering and failing, never more than N are delivered or under way. */
static void never_more_in_any_order(void **state)
{
	struct stage *s = stage_of(state);
	struct node *n = s->roads;
	for (unsigned round = 0; round < 20; round++) {
		struct hf_id grant = fresh(n);
		struct hf_use open[64];
		size_t open_count = 0, delivered = 0;
		for (unsigned step = 0; step < 60; step++) {
			uint8_t dice[2];
			hf_random(dice, sizeof(dice));
			if (dice[0] % 2 || open_count == 0) {
				struct hf_use use = a_use(n, &grant);
				enum hf_err e = take(n, &use);
				assert_int_equal(e, open_count + delivered < 3 ? HF_OK : HF_E_QUOTA);
				if (e == HF_OK)
					open[open_count++] = use;
				continue;
			}
			size_t which = dice[1] % open_count;
			bool whole = dice[0] % 8 == 0;
			end_with(n, &open[which], whole);
			delivered += whole;
			open[which] = open[--open_count];
		}
		node_barrier(n);
	}
}

static void a_restart_forgets_neither_reservation_nor_use(void **state)
{
	struct stage *s = stage_of(state);
	struct node *n = s->roads;
	struct hf_id grant = fresh(n);
	struct hf_use a = a_use(n, &grant), b = a_use(n, &grant), c = a_use(n, &grant), d = a_use(n, &grant);
	assert_int_equal(take(n, &a), HF_OK);
	assert_int_equal(take(n, &b), HF_OK);
	end_with(n, &a, true);
	assert_int_equal(take(n, &c), HF_OK);
	node_barrier(n);
	node_close(n);
	uv_run(&s->w->loop, UV_RUN_NOWAIT);
	node_open(n);
	assert_int_equal(take(n, &d), HF_E_QUOTA);
	end_with(n, &b, true);
	end_with(n, &c, false);
	assert_int_equal(take(n, &d), HF_OK);
	assert_int_equal(take(n, &c), HF_E_QUOTA);
	node_barrier(n);
}

/* Rules have no grant: each counts for each organization. What goes on is asked again while its own use is under way.
 */
static void a_rule_counts_for_each_organization(void **state)
{
	struct stage *s = stage_of(state);
	struct node *n = s->roads;
	struct hf_id zero = {{0}}, ours, theirs, other;
	struct hf_use use[3];
	struct az_own_use own;
	struct hf_fault f = {HF_OK, ""};
	az_uses_of_rule("attribute:open", "health", &ours);
	az_uses_of_rule("attribute:open", "police", &theirs);
	az_uses_of_rule("attribute:shut", "health", &other);
	for (size_t i = 0; i < 3; i++) {
		use[i] = a_use(n, &zero);
		use[i].counted = ours;
		use[i].rule = "attribute:open";
		use[i].persons = 40;
		assert_int_equal(take(n, &use[i]), HF_OK);
	}
	assert_int_equal(left(n, &ours, &nothing, &f), HF_E_QUOTA);
	assert_int_equal(left(n, &theirs, &nothing, &f), HF_OK);
	az_uses_own(n->authz, &use[1].grant, &use[1].transfer, &own);
	assert_true(hf_id_equal(&own.counted, &ours) && own.persons == 40);
	assert_int_equal(left(n, &ours, &own, &f), HF_OK);
	assert_int_equal(left(n, &other, &own, &f), HF_E_STATE); /* its use is not counted there */
	end_with(n, &use[1], true);
	az_uses_own(n->authz, &use[1].grant, &use[1].transfer, &own);
	assert_true(hf_id_is_zero(&own.counted) && own.persons == 0);
	assert_int_equal(left(n, &ours, &own, &f), HF_E_QUOTA);
	end_with(n, &use[0], false);
	assert_int_equal(left(n, &ours, &nothing, &f), HF_OK);
	node_barrier(n);
}

/* SB-7: the persons of a delivery across a border are counted even where its other counts cannot be read. */
static void persons_are_reserved_whatever_becomes_of_the_other_counts(void **state)
{
	struct stage *s = stage_of(state);
	struct node *n = s->roads;
	struct hf_id grant = fresh(n);
	struct hf_use use = a_use(n, &grant);
	struct hf_unit *u = hf_unit_new();
	uint8_t key[17];
	uint64_t before, reserved, committed;
	memcpy(key, grant.b, 16);
	key[16] = 'P';
	hf_unit_put(u, HF_TABLE_GRANT_COUNT, key, sizeof(key), "no row", 6);
	submit_wait(n, u);
	assert_int_equal(hf_authz_border_count(n->authz, s->w->now_ms, &before, &committed), HF_OK);
	use.persons = 1200;
	u = hf_unit_new();
	hf_authz_use_reserve(n->authz, u, &use);
	submit_wait(n, u);
	assert_int_equal(hf_authz_border_count(n->authz, s->w->now_ms, &reserved, &committed), HF_OK);
	assert_int_equal(reserved, before + 1200);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(the_obligation_has_one_form),
	        cmocka_unit_test(what_seals_has_one_form),
	        cmocka_unit_test_setup_teardown(what_is_under_way_counts, stage_up, stage_down),
	        cmocka_unit_test_setup_teardown(never_more_in_any_order, stage_up, stage_down),
	        cmocka_unit_test_setup_teardown(persons_are_reserved_whatever_becomes_of_the_other_counts, stage_up,
	                                        stage_down),
	        cmocka_unit_test_setup_teardown(a_rule_counts_for_each_organization, stage_up, stage_down),
	        cmocka_unit_test_setup_teardown(a_restart_forgets_neither_reservation_nor_use, stage_up, stage_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
