/*
 * The scheduled look at grants (DS-28): what is over is disabled and stays so, what nobody uses is reported.
 */
#include "authz/grant_review.h"

#include "authz/uses.h"
#include "unit/authz/cast.h"

struct seen {
	struct hf_id grant;
	char finding[16];
	int64_t used_ms;
	unsigned count;
};

static bool note(void *ctx, const struct hf_grant_finding *f)
{
	struct seen *s = ctx;
	s->count++;
	if (!hf_id_equal(&f->grant.grant, &s->grant))
		return true;
	snprintf(s->finding, sizeof(s->finding), "%s", f->finding);
	s->used_ms = f->used_ms;
	return true;
}

static struct seen found(struct node *n, const struct hf_id *grant)
{
	struct seen s = {.grant = *grant};
	MUST(hf_authz_grant_findings(n->authz, note, &s));
	return s;
}

static void use_it(struct node *n, const struct hf_id *grant)
{
	struct hf_use use = {.grant = *grant,
	                     .counted = *grant,
	                     .transfer = hf_id_new(hf_now_ms(&n->base.clock)),
	                     .peer = "health",
	                     .system = "desk",
	                     .purpose = "claims-check",
	                     .rows = 3,
	                     .provider = true};
	struct hf_unit *u = hf_unit_new();
	hf_authz_use_reserve(n->authz, u, &use);
	submit_wait(n, u);
	u = hf_unit_new();
	hf_authz_use_commit(n->authz, u, &use);
	submit_wait(n, u);
}

static struct hf_id given(struct stage *s, int64_t days)
{
	struct hf_grant_offer_in in = gift(s, &s->inner);
	struct hf_id id;
	in.until_ms = s->w->now_ms + days * DAY;
	hire(s->roads, "pan", "publisher", "", "HR-3002");
	MUST(offer_as(s->roads, "pan", &in, &id));
	MUST(give_as(s->roads, "zhou", &id, "T", NULL));
	settle(s->w);
	return id;
}

static bool detail_of(void *ctx, const struct hf_ledger_row *row)
{
	bool review = false;
	for (size_t i = 0; row->opening && i < row->opening->n_fields; i++)
		review = review || (row->opening->fields[i]->field == HF_FIELD_EVENT &&
		                    row->opening->fields[i]->value.len == 12 &&
		                    memcmp(row->opening->fields[i]->value.data, "grant-review", 12) == 0);
	for (size_t i = 0; review && i < row->opening->n_fields; i++)
		if (row->opening->fields[i]->field == HF_FIELD_DETAIL) {
			size_t used = strlen(ctx);
			snprintf((char *)ctx + used, 1000 - used, "%.*s|", (int)row->opening->fields[i]->value.len,
			         (const char *)row->opening->fields[i]->value.data);
		}
	return true;
}

static void what_is_over_is_disabled_and_what_nobody_uses_is_reported(void **state)
{
	struct stage *s = stage_of(state);
	struct node *n = s->roads;
	int64_t begin = s->w->now_ms;
	struct hf_id application = granted(s, &s->plain);
	struct hf_id used = grant_at(n, &application), idle = given(s, 100);
	struct hf_grant_view g;
	char details[1000] = "";
	assert_int_equal(found(n, &idle).count, 0);
	az_review_keep(n->authz); /* the schedule begins */
	s->w->now_ms = begin + 50 * DAY;
	use_it(n, &used);
	s->w->now_ms = begin + 80 * DAY;
	assert_string_equal(found(n, &idle).finding, "ending");
	s->w->now_ms = begin + 91 * DAY;
	assert_string_equal(found(n, &idle).finding, "unused");
	assert_string_equal(found(n, &used).finding, "");
	s->w->now_ms = begin + 101 * DAY;
	assert_string_equal(found(n, &idle).finding, "expired");
	az_review_keep(n->authz);
	settle(s->w);
	assert_string_equal(found(n, &idle).finding, "disabled");
	MUST(hf_ledger_tail(n->ledger, 20, detail_of, details));
	assert_non_null(
	        strstr(details, "2 grants: 1 expired and disabled, 0 expired by this node's clock alone, 0 unused"));
	assert_non_null(strstr(details, "disabled: its period ended at"));
	s->w->now_ms = begin + 99 * DAY; /* whatever the clock says then */
	struct hf_access_request rq = asking(&s->inner, s->w->now_ms);
	assert_int_equal(decided(n, &rq), HF_E_GRANT_EXPIRED);
	MUST(hf_authz_grant(n->authz, &idle, &g));
	assert_string_equal(g.state, "expired");
	node_barrier(n);
	node_close(n);
	uv_run(&s->w->loop, UV_RUN_NOWAIT);
	node_open(n);
	assert_int_equal(decided(n, &rq), HF_E_GRANT_EXPIRED);
	rq = asking(&s->plain, s->w->now_ms);
	assert_int_equal(decided(n, &rq), HF_OK); /* the other one holds */
	s->w->now_ms = begin + 141 * DAY;
	assert_string_equal(found(n, &used).finding, "unused"); /* ninety days after its last use */
	assert_int_equal(found(n, &used).used_ms, begin + 50 * DAY);
}

static void the_schedule_is_a_daily_one_and_begins_with_the_node(void **state)
{
	struct stage *s = stage_of(state);
	struct node *n = s->roads;
	HF_CLEANUP(hf_decoded_done) Hufu__GrantReviewRow *first = NULL;
	HF_CLEANUP(hf_decoded_done) Hufu__GrantReviewRow *second = NULL;
	HF_CLEANUP(hf_decoded_done) Hufu__GrantReviewRow *third = NULL;
	int64_t begin = s->w->now_ms;
	(void)granted(s, &s->plain);
	az_review_keep(n->authz);
	settle(s->w);
	MUST(hf_authz_last_review(n->authz, &first));
	assert_true(first->time_ms == begin && first->looked_at == 0);
	s->w->now_ms = begin + DAY - 1;
	az_review_keep(n->authz);
	settle(s->w);
	MUST(hf_authz_last_review(n->authz, &second));
	assert_int_equal(second->time_ms, begin);
	s->w->now_ms = begin + DAY;
	az_review_keep(n->authz);
	settle(s->w);
	MUST(hf_authz_last_review(n->authz, &third));
	assert_true(third->time_ms == begin + DAY && third->looked_at == 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup_teardown(what_is_over_is_disabled_and_what_nobody_uses_is_reported, stage_up,
	                                        stage_down),
	        cmocka_unit_test_setup_teardown(the_schedule_is_a_daily_one_and_begins_with_the_node, stage_up,
	                                        stage_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
