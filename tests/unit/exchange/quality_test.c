/* quality_test.c - a delivery is held against the rules of its publisher and of its consumer; the signed receipt says
 * how many rows are against each. */
#include "exchange/quality.h"
#include "unit/exchange/pair.h"

static const char *const published[] = {"not-empty flight", "check delay >= 0 AND delay <= 300", "distinct"};

static void publish_with(struct pair *p, const char *const *rules, size_t count)
{
	(void)publish(p->roads, &(struct offer){.title = "航班到达",
	                                        .intake = "hub",
	                                        .id = p->entry,
	                                        .quality = rules,
	                                        .quality_count = count});
}

static struct fetching fetch_with(struct pair *p, const char *const *rules, size_t count, const char *field)
{
	struct fetching r = {.fault = {HF_OK, ""}};
	struct hf_fetch in = {.grant = p->grant,
	                      .system = "desk",
	                      .output = p->output,
	                      .fields = &field,
	                      .field_count = field ? 1 : 0,
	                      .quality = rules,
	                      .quality_count = count};
	struct hf_actor a = actor_of(p->health, "wang");
	struct hf_unit *u = hf_unit_new();
	struct hf_draft *d = hf_draft_new(HF_EVENT_COMMAND, NULL);
	r.e = hf_exchange_fetch(p->health->exchange, &a, &in, u, d, &r.id, &r.fault);
	hf_unit_draft(u, d);
	if (r.e == HF_OK)
		hf_store_submit(p->health->store, u, NULL, NULL);
	else
		hf_unit_free(u);
	return r;
}

/* The receipt as the provider holds it, with the consumer's signature verified. */
static Hufu__Receipt *receipt_of(struct pair *p, const struct hf_id *id)
{
	struct transfer *t;
	struct hf_bytes payload;
	struct hf_fault f = {HF_OK, ""};
	MUST(transfer_load(p->roads->exchange, id, true, &t));
	Hufu__Envelope *e = HF_DECODE(envelope, t->receipt.data, t->receipt.len);
	assert_non_null(e);
	MUST(hf_space_open(hf_peers_space(p->roads->exchange->peers), e, HF_TYPE_RECEIPT, &payload, &f));
	Hufu__Receipt *r = HF_DECODE(receipt, payload.data, payload.len);
	assert_non_null(r);
	assert_string_equal(r->header->issuer, "health");
	hf_decoded_free(e);
	transfer_release(t);
	return r;
}

static void assert_finding(const Hufu__Receipt *r, const char *point, bool ok, const char *text)
{
	for (size_t i = 0; i < r->n_findings; i++)
		if (strcmp(r->findings[i]->point, point) == 0 && strstr(r->findings[i]->text, text)) {
			assert_int_equal(r->findings[i]->ok, ok);
			return;
		}
	fail_msg("the receipt has no finding %s: %s", point, text);
}

/* DS-58, DS-73: the publisher's rules are met, the consumer's own is not: both see it, signed. */
static void an_own_rule_alone_makes_the_verdict(void **state)
{
	static const char *const own[] = {"not-empty arrival", "type delay integer"};
	struct pair *p = pair_of(state, 3 << 20);
	publish_with(p, published, 3);
	struct fetching f = fetch_with(p, own, 2, NULL);
	MUST(f.e);
	wait_both(p, &f.id, "COMPLETED");
	assert_true(same_files(p->output, p->source));
	assert_string_equal(view_of(p->health, &f.id).quality, "not-met");
	assert_string_equal(view_of(p->roads, &f.id).quality, "not-met");
	Hufu__Receipt *r = receipt_of(p, &f.id);
	assert_string_equal(r->quality, "not-met");
	assert_finding(r, "empty", true, "published rule 'not-empty flight': 0 of ");
	assert_finding(r, "constraint", true, "published rule 'check delay >= 0 AND delay <= 300': 0 of ");
	assert_finding(r, "duplicates", true, "published rule 'distinct': 0 of ");
	assert_finding(r, "empty", false, "own rule 'not-empty arrival': 1 of ");
	assert_finding(r, "type", true, "own rule 'type delay integer': 0 of ");
	assert_finding(r, "schema", true, "3 columns");
	hf_decoded_free(r);
	f = fetch_with(p, own + 1, 0, NULL);
	assert_int_equal(f.e, HF_E_EXISTS); /* the file of before */
}

/* What the publisher states counts by itself; without any rule the verdict is about the form alone. */
static void a_published_rule_makes_the_verdict(void **state)
{
	static const char *const rules[] = {"check delay < 200", "unique flight"};
	struct pair *p = pair_of(state, 20000);
	publish_with(p, rules, 2);
	struct fetching f = fetch_with(p, NULL, 0, NULL);
	MUST(f.e);
	wait_both(p, &f.id, "COMPLETED");
	Hufu__Receipt *r = receipt_of(p, &f.id);
	assert_string_equal(r->quality, "not-met");
	assert_finding(r, "constraint", false, "published rule 'check delay < 200'");
	assert_finding(r, "duplicates", true, "published rule 'unique flight': 0 of ");
	hf_decoded_free(r);
	publish_with(p, NULL, 0);
	snprintf(p->output, sizeof(p->output), "%s/plain.csv", p->files);
	f = fetch_with(p, NULL, 0, NULL);
	MUST(f.e);
	wait_both(p, &f.id, "COMPLETED");
	r = receipt_of(p, &f.id);
	assert_string_equal(r->quality, "met");
	assert_int_equal(r->n_findings, 4);
	hf_decoded_free(r);
}

/* A rule about what is not delivered is not in the label; one that fits nothing is refused before anybody is asked. */
static void rules_are_about_what_is_delivered(void **state)
{
	static const char *const odd[] = {"not-empty nowhere"}, *const wrong[] = {"check delay = 'late'"};
	struct pair *p = pair_of(state, 1000);
	publish_with(p, published, 3);
	assert_int_equal(fetch_with(p, odd, 1, NULL).e, HF_E_WRONG_FIELDS);
	assert_int_equal(fetch_with(p, wrong, 1, NULL).e, HF_E_ARGUMENT);
	struct fetching f = fetch_with(p, NULL, 0, "flight");
	MUST(f.e);
	wait_both(p, &f.id, "COMPLETED");
	Hufu__Receipt *r = receipt_of(p, &f.id);
	assert_string_equal(r->quality, "met");
	assert_int_equal(r->n_findings, 5);
	assert_finding(r, "empty", true, "published rule 'not-empty flight': 0 of ");
	hf_decoded_free(r);
}

static void what_was_masked_is_held_against_no_published_rule(void **state)
{
	(void)state;
	Hufu__CatalogEntry e = HUFU__CATALOG_ENTRY__INIT;
	Hufu__Label l = HUFU__LABEL__INIT;
	Hufu__FieldLabel a = HUFU__FIELD_LABEL__INIT, b = HUFU__FIELD_LABEL__INIT, c = HUFU__FIELD_LABEL__INIT;
	Hufu__FieldLabel *list[] = {&a, &b, &c};
	size_t n;
	a.name = (char *)"flight";
	b.name = (char *)"arrival";
	c.name = (char *)"delay";
	l.fields = list;
	l.n_fields = e.n_fields = 3;
	e.quality = (char **)published;
	e.n_quality = 3;
	free(quality_published(&e, &l, &n));
	assert_int_equal(n, 3);
	b.technique = (char *)"keep";
	c.technique = (char *)"noise";
	char **left = quality_published(&e, &l, &n);
	assert_int_equal(n, 1);
	assert_string_equal(left[0], published[0]);
	free(left);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(an_own_rule_alone_makes_the_verdict),
	        cmocka_unit_test(a_published_rule_makes_the_verdict),
	        cmocka_unit_test(rules_are_about_what_is_delivered),
	        cmocka_unit_test(what_was_masked_is_held_against_no_published_rule),
	};
	return cmocka_run_group_tests(tests, pair_up, pair_down);
}
