/*
 * disclosed_test.c - the gate asks, and keeps, what all recipients of a source together have: deliveries without a
 * plan, by one, of what a task made, and in an emergency (MK-4).
 */
#include "unit/exchange/pair.h"

#include "exchange/disclosed.h"
#include "masking/plan.h"
#include "release/disclosures.h"
#include "release/mask_keys.h"

static const char plan_text[] =
        "masking-plan: 1\nname: flights\nversion: 1\nneed: research\npurpose: research\nmode: %s\n"
        "people: {operator: sun, security: zhou, audit: gao}\nscope: {group: flights, epoch: 1}\n"
        "schedule: by hand\nrelations: []\nresult: {rows-least: 1%s}\ntables:\n  flights:\n    fields:\n"
        "      flight: {technique: hash}\n      arrival: %s\n      delay: %s\n"
        "emergency:\n  source: {cause: a, solution: b, who: sun}\n  format: {cause: a, solution: b, who: sun}\n"
        "  key: {cause: a, solution: b, who: zhou}\n  result: {cause: a, solution: b, who: zhou}\n"
        "  space: {cause: a, solution: b, who: sun}\n";

/* What stands approved. */
static const char *risk, *arrival, *delay;

static enum hf_err plan_read(const char *mode, struct hf_plan **ret_plan, struct hf_fault *f)
{
	char text[2048];
	snprintf(text, sizeof(text), plan_text, mode, risk, arrival, delay);
	return hf_plan_read("flights.yaml", text, strlen(text), ret_plan, f);
}

static enum hf_err plan_at_roads(void *ctx, const char *name, struct hf_plan **ret_plan, struct hf_fault *f)
{
	(void)ctx;
	assert_string_equal(name, "flights");
	return plan_read("dynamic", ret_plan, f);
}

static enum hf_err plan_version(void *ctx, const char *name, uint32_t version, struct hf_plan **ret_plan,
                                struct hf_fault *f)
{
	(void)version;
	return plan_at_roads(ctx, name, ret_plan, f);
}

/* The task that is asked for in a test made its source by the same plan, for no consumer. */
static enum hf_err made_at_roads(void *ctx, const struct hf_id *task, struct hf_plan **ret_plan,
                                 const struct hf_plan_table **ret_table, struct hf_fault *f)
{
	(void)ctx;
	assert_false(hf_id_is_zero(task));
	HF_TRY(plan_read("static", ret_plan, f));
	*ret_table = &(*ret_plan)->tables[0];
	return HF_OK;
}

/* Nothing elsewhere belongs to it. */
static enum hf_err not_related(void *ctx, const struct hf_plan *p, const char *source, const char *table,
                               struct hf_fault *f)
{
	(void)ctx;
	(void)p;
	(void)source;
	(void)table;
	(void)f;
	return HF_OK;
}

static struct hf_mask_keys *mask_keys;

static void mask_up(struct pair *p)
{
	struct hf_fault f = {HF_OK, ""};
	assert_int_equal(hf_mask_keys_open(&p->roads->base, p->roads->store, &p->roads->keys, &mask_keys, &f), HF_OK);
	const struct hf_exchange_masking m = {.keys = mask_keys,
	                                      .plan = plan_at_roads,
	                                      .version = plan_version,
	                                      .related = not_related,
	                                      .made = made_at_roads};
	hf_exchange_set_masking(p->roads->exchange, &m);
}

static int disclosed_up(void **state)
{
	int r = pair_up(state);
	struct pair *p = *state;
	p->roads->keys.mask_root = hf_secret_alloc(32);
	memset(p->roads->keys.mask_root, 9, 32);
	mask_up(p);
	return r;
}

static int disclosed_down(void **state)
{
	struct pair *p = *state;
	hf_mask_keys_close(mask_keys);
	uint8_t *root = p->roads->keys.mask_root;
	int r = pair_down(state);
	hf_secret_free(root);
	return r;
}

/* Each test has a dataset of its own: a file that no other one knew, of a source that was masked from that one. */
static char dataset[16];
static struct hf_id task; /* which made it; zero: none */
static const char *rows;  /* NULL: as pair.h writes them */

static void begin_dataset(struct pair *p, const char *name)
{
	snprintf(dataset, sizeof(dataset), "%s", name);
	snprintf(p->source, sizeof(p->source), "%s/%s.csv", p->files, name);
	task = (struct hf_id){{0}};
	risk = "";
	arrival = delay = "keep";
	rows = NULL;
}

static struct pair *table_of(void **state)
{
	struct pair *p = pair_of(state, 1000 + (size_t)dataset[0]);
	if (rows) {
		assert_int_equal(hf_file_write(p->source, rows, strlen(rows), 0600), HF_OK);
		scan_table(p);
	}
	struct hf_unit *u = hf_unit_new();
	struct hf_fault f = {HF_OK, ""};
	struct hf_source_view v;
	assert_int_equal(hf_source_get(p->roads->sources, "flights", &v), HF_OK);
	v.masked = task;
	snprintf(v.masked_of, sizeof(v.masked_of), "%s", dataset);
	assert_int_equal(hf_source_put(p->roads->sources, u, &v, &f), HF_OK);
	hf_source_view_done(&v);
	hf_store_submit(p->roads->store, u, NULL, NULL);
	node_barrier(p->roads);
	return p;
}

/* An entry of that source, with that duty or none, and a grant of it. */
static struct pair *entry_with(void **state, const char *title, const char *duty)
{
	struct pair *p = table_of(state);
	p->entry = publish(p->roads, &(struct offer){.title = title, .intake = "hub", .duty = duty});
	p->application = granted(&p->s, &p->entry);
	p->grant = grant_at(p->health, &p->application);
	return p;
}

static void delivered(struct pair *p)
{
	struct hf_id id = begin(p);
	until(p, has_ended(p->health, &id));
	if (is_state(p->health, &id, "TERMINATED"))
		fail_msg("%s", view_of(p->health, &id).reason);
	wait_both(p, &id, "COMPLETED");
}

struct sentence {
	const char *part;
	size_t count;
};

static bool look_for_sentence(void *ctx, const struct hf_ledger_row *row)
{
	struct sentence *s = ctx;
	for (size_t i = 0; row->opening && i < row->opening->n_fields; i++) {
		const Hufu__FieldOpening *f = row->opening->fields[i];
		s->count +=
		        f->field == HF_FIELD_DETAIL && memmem(f->value.data, f->value.len, s->part, strlen(s->part));
	}
	return true;
}

static size_t entries_with(struct node *n, const char *part)
{
	struct sentence s = {part, 0};
	node_barrier(n);
	assert_int_equal(hf_ledger_tail(n->ledger, 100000, look_for_sentence, &s), HF_OK);
	return s.count;
}

/* The provider's record says who combines, and the consumer's nothing of it. */
static void refused(struct pair *p, const char *part)
{
	const size_t before = entries_with(p->roads, part);
	struct hf_id id = begin(p);
	until(p, has_ended(p->health, &id));
	settle(p->w);
	assert_reason(p->health, &id, HF_E_DISCLOSURE, "it would show too much; ask the provider");
	assert_false(is_there(p->output));
	assert_true(entries_with(p->roads, part) > before);
	assert_int_equal(entries_with(p->health, part), 0);
}

static void allow(struct pair *p, const struct hf_plan *plan)
{
	const struct hf_disclosure_in in = {.dataset = dataset,
	                                    .plan = plan,
	                                    .table = "flights",
	                                    .recipient = "health",
	                                    .now_ms = hf_now_ms(&p->roads->base.clock)};
	struct hf_unit *u = hf_unit_new();
	struct hf_fault f = {HF_OK, ""};
	assert_int_equal(hf_disclosure_allow(u, &in, "zhou", "by contract", &f), HF_OK);
	hf_store_submit(p->roads->store, u, NULL, NULL);
	node_barrier(p->roads);
}

/* What the ledger at roads lists as releases. */
static char *releases(struct pair *p)
{
	json_t *o = NULL;
	assert_int_equal(hf_disclosures_show(p->roads->store, dataset, NULL, &o), HF_OK);
	char *text = json_dumps(json_object_get(o, "releases"), JSON_COMPACT);
	json_decref(o);
	return text;
}

static void assert_released(struct pair *p, const char *part, bool there)
{
	char *text = releases(p);
	if (!strstr(text, part) == there)
		fail_msg("'%s' in %s", part, text);
	free(text);
}

/* As it is, to the same consumer as often as it likes; then what masks it would show whose pseudonym is whose. */
static void what_went_out_as_it_is_stands_beside_a_masking(void **state)
{
	begin_dataset(*state, "tides");
	struct pair *p = entry_with(state, "plain", NULL);
	struct hf_plan *plan = NULL;
	struct hf_fault f = {HF_OK, ""};
	delivered(p);
	p = table_of(state);
	delivered(p);
	assert_released(p, "\"recipient\":\"health\"", true);
	assert_released(p, "\"times\":2,\"plain\":true}]", true);
	p = entry_with(state, "masked", "mask:flights");
	refused(p, "field flight: together with plain delivery to health the release puts the value itself beside its "
	           "masking");
	assert_int_equal(plan_read("dynamic", &plan, &f), HF_OK);
	allow(p, plan);
	hf_plan_free(plan);
	p = table_of(state);
	delivered(p);
	assert_released(p, "\"allowed_by\":\"zhou\"", true);
	p = entry_with(state, "plain, again", NULL); /* no new matter */
	delivered(p);
}

/* The gate's decision was an emergency's, or not. */
static enum hf_err put_as(struct pair *p, const char *field, bool emergency, bool *ret_beside, struct hf_fault *f)
{
	static const struct hf_id id = {{7}};
	struct transfer *t = transfer_new(p->roads->exchange, &id, true);
	struct hf_unit *u = hf_unit_new();
	snprintf(t->peer, sizeof(t->peer), "health");
	snprintf(t->source, sizeof(t->source), "flights");
	t->fields = hf_alloc_zero(sizeof(*t->fields));
	t->fields[t->field_count++] = strdup(field);
	*ret_beside = false;
	bool uncounted;
	enum hf_err e = disclosed_check(t, emergency, &uncounted, f);
	if (e == HF_OK)
		e = disclosed_put(t, emergency ? ret_beside : NULL, u, f);
	transfer_release(t);
	hf_store_submit(p->roads->store, u, NULL, NULL);
	node_barrier(p->roads);
	return e;
}

static void a_masking_stands_beside_what_would_go_out_as_it_is(void **state)
{
	begin_dataset(*state, "ferries");
	struct pair *p = entry_with(state, "masked, first", "mask:flights");
	struct hf_fault f = {HF_OK, ""};
	bool beside;
	delivered(p);
	p = entry_with(state, "plain, second", NULL);
	refused(p, "to health the release puts the value itself beside its masking; give it out by a plan");
	assert_released(p, "\"plain\":true", false);
	assert_int_equal(put_as(p, "flight", false, &beside, &f), HF_E_DISCLOSURE);
	f = (struct hf_fault){HF_OK, ""};
	assert_int_equal(put_as(p, "flight", true, &beside, &f), HF_OK); /* it is not held up, and on record */
	assert_true(beside);
	assert_non_null(strstr(f.text, "field flight: together with transfer "));
	assert_released(p, "\"plain\":true,\"emergency\":true", true);
	p = table_of(state);
	refused(p, "puts the value itself beside its masking"); /* no precedent */
	allow(p, NULL);
	p = table_of(state);
	delivered(p);
	assert_released(p, "\"plain\":true,\"allowed_by\":\"zhou\"", true);
}

/* The source is what a task masked: it goes out by the task's plan, and whose pseudonyms these are matters. */
static void what_a_task_made_goes_out_by_its_plan(void **state)
{
	begin_dataset(*state, "calls");
	task = hf_id_new(1);
	struct pair *p = entry_with(state, "made", NULL);
	struct hf_unit *u = hf_unit_new();
	struct hf_fault f = {HF_OK, ""};
	struct hf_plan *plan = NULL;
	assert_int_equal(plan_read("static", &plan, &f), HF_OK);
	struct hf_disclosure_in in = {
	        .dataset = dataset, .plan = plan, .table = "flights", .recipient = "flights", .inside = true};
	assert_int_equal(hf_disclosure_record(p->roads->store, u, &in, &f), HF_OK); /* as its task did */
	hf_store_submit(p->roads->store, u, NULL, NULL);
	node_barrier(p->roads);
	delivered(p);
	json_t *o = NULL;
	assert_int_equal(hf_disclosures_show(p->roads->store, dataset, NULL, &o), HF_OK);
	json_t *list = json_object_get(o, "releases");
	assert_int_equal(json_array_size(list), 2);
	assert_string_equal(json_string_value(json_object_get(json_array_get(list, 1), "recipient")), "health");
	assert_string_equal(json_string_value(json_object_get(json_array_get(list, 1), "release")), "flights 1");
	assert_null(json_object_get(json_array_get(list, 1), "plain"));
	json_decref(o);
	in.recipient = "hub"; /* and nobody else gets these pseudonyms */
	in.inside = false;
	assert_int_equal(hf_disclosure_check(p->roads->store, &in, &f), HF_E_DISCLOSURE);
	assert_non_null(strstr(f.text, "together with flights 1 to health the release gives two recipients pseudonyms "
	                               "of one key"));
	hf_plan_free(plan);
}

/* Two days and two delays, each of them in half of the rows; both together are in a quarter. No other dataset has the
 * same bytes. */
static const char *crossed(const char *name)
{
	static char text[600];
	size_t n = (size_t)snprintf(text, sizeof(text), "flight,arrival,delay\n");
	for (unsigned i = 0; i < 8; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%u,2026-03-0%u,%u\n", name, i, i / 4 + 1,
		                      i % 4 / 2 * 40);
	return text;
}

static const char five[] = "{technique: const, value: '5'}", nothing[] = "{technique: 'null'}";

static struct pair *days(void **state, const char *name, const char *demand)
{
	begin_dataset(*state, name);
	rows = crossed(name);
	risk = demand;
	delay = five;
	struct pair *p = entry_with(state, name, "mask:flights");
	delivered(p);
	return p;
}

/* The next one shows delays and no days. */
static struct pair *then_delays(void **state, const char *title, const char *demand)
{
	risk = demand;
	arrival = nothing;
	delay = "keep";
	return entry_with(state, title, "mask:flights");
}

/* MK-4: each plan's k is kept by its own columns; what a consumer has of both is not. */
static void classes_of_all_deliveries_together_are_counted(void **state)
{
	struct pair *p = days(state, "trams", ", risk: {flights: {quasi: [arrival], k: 3}}");
	struct hf_plan *plan = NULL;
	struct hf_fault f = {HF_OK, ""};
	p = then_delays(state, "delays", ", risk: {flights: {quasi: [delay], k: 3}}");
	refused(p, "to health the least class of rows of trams has 2, and the plan demands 3");
	char *list = releases(p);
	assert_null(strstr(list, "},{")); /* what was refused was not given out */
	free(list);
	p = table_of(state);
	refused(p, "to health the least class of rows of trams has 2"); /* and asked again it is the same */
	risk = ", risk: {flights: {quasi: [delay], k: 1}}";
	p = table_of(state);
	refused(p, "the least class of rows of trams has 2, and a plan of these demands 3");
	assert_int_equal(plan_read("dynamic", &plan, &f), HF_OK);
	allow(p, plan);
	hf_plan_free(plan);
	p = table_of(state);
	delivered(p);
	assert_released(p, "\"allowed_by\":\"zhou\"", true);
	assert_null(p->roads->exchange->counting);
	assert_int_equal(atomic_load(&p->roads->exchange->masked_holding), 0);
}

static void what_all_together_keep_goes_out(void **state)
{
	struct pair *p = days(state, "buses", ", risk: {flights: {quasi: [arrival], k: 2}}");
	p = then_delays(state, "delays of buses", ", risk: {flights: {quasi: [delay], k: 2}}");
	delivered(p);
	p = table_of(state);
	delivered(p); /* it adds nothing more */
	assert_released(p, "\"times\":2}", true);
}

/* MK-4: what was kept by the rows of yesterday is counted anew by those of today, whoever comes first. */
static void other_rows_are_counted_anew(void **state)
{
	static const char alone[] = "flight,arrival,delay\nN1,2026-03-01,0\nN2,2026-03-01,0\nN3,2026-03-02,40\n"
	                            "N4,2026-03-02,40\n";
	static const char apart[] = "flight,arrival,delay\nN1,2026-03-01,0\nN2,2026-03-01,40\nN3,2026-03-02,0\n"
	                            "N4,2026-03-02,40\n";
	struct pair *p;
	begin_dataset(*state, "piers");
	rows = alone;
	delay = five;
	risk = ", risk: {flights: {quasi: [arrival], k: 2}}";
	p = entry_with(state, "days of piers", "mask:flights");
	delivered(p);
	const struct hf_id entry = p->entry, application = p->application, grant = p->grant;
	p = then_delays(state, "delays of piers", ", risk: {flights: {quasi: [delay], k: 2}}");
	delivered(p);
	p = table_of(state);
	delivered(p);
	rows = apart;
	p = table_of(state);
	refused(p, "to health the least class of rows of piers has 1, and the plan demands 2");
	p->entry = entry;
	p->application = application;
	p->grant = grant;
	arrival = "keep";
	delay = five;
	risk = ", risk: {flights: {quasi: [arrival], k: 2}}";
	p = table_of(state);
	refused(p, "to health the least class of rows of piers has 1, and the plan demands 2");
}

/* The values of a column that the plan with a demand left out go beside it by no plan. */
static void what_goes_out_as_it_is_is_counted_too(void **state)
{
	static const char *const only[] = {"delay"};
	struct pair *p = days(state, "locks", ", risk: {flights: {quasi: [arrival, delay], k: 3}}");
	p = entry_with(state, "delays of locks", NULL);
	struct fetching r = fetch_fields(p, only, 1);
	assert_int_equal(r.e, HF_OK);
	until(p, has_ended(p->health, &r.id));
	settle(p->w);
	assert_reason(p->health, &r.id, HF_E_DISCLOSURE, "it would show too much; ask the provider");
	assert_true(entries_with(p->roads, "rows of locks has 2, and a plan of these demands 3") > 0);
}

static void sensitive_values_of_all_together_are_counted(void **state)
{
	struct pair *p;
	begin_dataset(*state, "ports");
	rows = "flight,arrival,delay\nA1,2026-03-01,0\nA2,2026-03-01,0\nA3,2026-03-02,40\nA4,2026-03-02,40\n";
	arrival = "keep";
	delay = nothing;
	risk = ", risk: {flights: {quasi: [arrival], k: 2}}";
	p = entry_with(state, "days of ports", "mask:flights");
	delivered(p);
	arrival = nothing;
	delay = "keep";
	risk = ", risk: {flights: {quasi: [arrival], sensitive: [delay], l: 2}}";
	p = entry_with(state, "delays of ports", "mask:flights");
	refused(p, "field delay has 1 different value");
}

/* One at a time; whoever comes meanwhile asks again, and so does the one whose node went away. */
static void a_count_waits_for_its_turn_and_outlives_the_node(void **state)
{
	struct pair *p = days(state, "canals", ", risk: {flights: {quasi: [arrival], k: 2}}");
	p = then_delays(state, "delays of canals", ", risk: {flights: {quasi: [delay], k: 2}}");
	atomic_fetch_add(&p->roads->exchange->masked_holding, 1);
	struct hf_id id = begin(p);
	until(p, retries(p, &id));
	assert_false(transfer_stored(p->roads->exchange, &id, true));
	atomic_fetch_sub(&p->roads->exchange->masked_holding, 1);
	until(p, p->roads->exchange->counting != NULL);
	hf_mask_keys_close(mask_keys);
	pair_restart(p->roads);
	mask_up(p);
	people_back(p->roads);
	until(p, has_ended(p->health, &id));
	if (is_state(p->health, &id, "TERMINATED"))
		fail_msg("%s", view_of(p->health, &id).reason);
	wait_both(p, &id, "COMPLETED");
}

/* It goes out at once, on record as what it is. */
static void an_emergency_is_not_counted(void **state)
{
	struct pair *p = days(state, "dikes", ", risk: {flights: {quasi: [arrival, delay], k: 3}}");
	struct hf_fault f = {HF_OK, ""};
	bool beside;
	assert_int_equal(put_as(p, "delay", true, &beside, &f), HF_OK);
	assert_true(beside);
	assert_non_null(strstr(f.text, "were not counted, since an emergency does not wait"));
	assert_released(p, "\"plain\":true,\"emergency\":true", true);
	assert_null(p->roads->exchange->counting);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(what_went_out_as_it_is_stands_beside_a_masking),
	        cmocka_unit_test(a_masking_stands_beside_what_would_go_out_as_it_is),
	        cmocka_unit_test(what_a_task_made_goes_out_by_its_plan),
	        cmocka_unit_test(classes_of_all_deliveries_together_are_counted),
	        cmocka_unit_test(what_all_together_keep_goes_out),
	        cmocka_unit_test(other_rows_are_counted_anew),
	        cmocka_unit_test(what_goes_out_as_it_is_is_counted_too),
	        cmocka_unit_test(sensitive_values_of_all_together_are_counted),
	        cmocka_unit_test(a_count_waits_for_its_turn_and_outlives_the_node),
	        cmocka_unit_test(an_emergency_is_not_counted),
	};
	return cmocka_run_group_tests(tests, disclosed_up, disclosed_down);
}
