/* rows_test.c - deliveries of some rows and columns (SB-60): by the terms, by the entry, by a rule, and by what the
 * consumer asks for; through every restart, and when what is demanded changes. */
#include "unit/exchange/by_rule.h"

#define MIB ((size_t)1 << 20)

static const char *const flight_only[] = {"flight"};

/* Holds what is delivered against the source: the flights of rows with a delay in [low, high), nothing else. */
static void assert_flights(struct pair *p, const struct hf_id *id, unsigned low, unsigned high)
{
	char line[200], got[200];
	FILE *source = fopen(p->source, "r"), *delivered = fopen(p->output, "r");
	uint64_t rows = 0;
	assert_non_null(source);
	assert_non_null(delivered);
	assert_non_null(fgets(line, sizeof(line), source));
	assert_non_null(fgets(got, sizeof(got), delivered));
	assert_string_equal(got, "flight\n");
	while (fgets(line, sizeof(line), source)) {
		unsigned delay = (unsigned)strtoul(strrchr(line, ',') + 1, NULL, 10);
		if (delay < low || delay >= high)
			continue;
		*strchr(line, ',') = '\0';
		assert_non_null(fgets(got, sizeof(got), delivered));
		got[strcspn(got, "\n")] = '\0';
		assert_string_equal(got, line);
		rows++;
	}
	assert_null(fgets(got, sizeof(got), delivered));
	fclose(source);
	fclose(delivered);
	assert_true(rows > 0);
	assert_int_equal(view_of(p->health, id).rows, rows);
	assert_int_equal(view_of(p->roads, id).rows, rows);
	assert_string_equal(view_of(p->roads, id).quality, "met");
}

static struct fetching fetch_flights(struct pair *p, const char *rows)
{
	struct fetching r = fetch_rows(p, flight_only, 1, rows);
	if (r.e != HF_OK)
		fail_msg("%s", r.fault.text);
	return r;
}

/* An application for these rows of the entry, and its grant. */
static struct pair *granted_pair(void **state, size_t bytes, const char *rows, const char *const *fields, size_t count)
{
	struct pair *p = pair_of(state, bytes);
	struct hf_application_in in = wish(&p->entry);
	in.rows = rows;
	in.fields = fields;
	in.field_count = count;
	MUST(draft_as(p->health, "wang", &in, &p->application));
	MUST(need_as(p->health, "li", &p->application, true, true, true));
	MUST(compliance_as(p->s.hub, "chen", &p->application, "pass", NULL));
	MUST(decide_as(p->roads, "zhou", &p->application, "T", NULL, 0));
	p->grant = grant_at(p->health, &p->application);
	return p;
}

static Hufu__Label *label_of(struct hf_exchange *x, const struct hf_id *id, Hufu__Manifest **ret_manifest)
{
	struct transfer *t;
	assert_int_equal(transfer_get(x, id, false, &t), HF_OK);
	HF_CLEANUP(hf_decoded_done) Hufu__Envelope *e = HF_DECODE(envelope, t->manifest.data, t->manifest.len);
	transfer_release(t);
	assert_non_null(e);
	*ret_manifest = HF_DECODE(manifest, e->payload.data, e->payload.len);
	assert_non_null(*ret_manifest);
	return (*ret_manifest)->label;
}

/* SB-60: a grant of one column and some rows gives no other column and no other row; the consumer's own conditions only
 * leave out more. The label, which the provider signs, says which rows they are. */
static void a_grant_for_rows_gives_no_other_row_and_no_other_column(void **state)
{
	static const char *const two[] = {"flight", "delay"};
	struct pair *p = granted_pair(state, 3 * MIB, "delay >= 100", two, 2);
	Hufu__Manifest *m;
	struct fetching r = fetch_flights(p, NULL);
	wait_both(p, &r.id, "COMPLETED");
	assert_flights(p, &r.id, 100, 300);
	assert_string_equal(label_of(p->health->exchange, &r.id, &m)->rows, "delay >= 100");
	hf_decoded_free(m);
	snprintf(p->output, sizeof(p->output), "%s/rows-less.csv", p->files);
	r = fetch_flights(p, "delay < 200");
	wait_both(p, &r.id, "COMPLETED");
	assert_flights(p, &r.id, 100, 200);
	assert_string_equal(label_of(p->health->exchange, &r.id, &m)->rows, "delay >= 100 AND delay < 200");
	hf_decoded_free(m);
	snprintf(p->output, sizeof(p->output), "%s/rows-more.csv", p->files);
	r = fetch_flights(p, "delay >= 0"); /* asks for more than is granted */
	wait_both(p, &r.id, "COMPLETED");
	assert_flights(p, &r.id, 100, 300);
}

static void assert_denied(struct pair *p, const char *rows, enum hf_err e, const char *part)
{
	struct fetching r = fetch_flights(p, rows);
	until(p, has_ended(p->health, &r.id) && is_idle(p->health));
	assert_reason(p->health, &r.id, e, part);
	assert_false(is_there(p->output));
	settle(p->w);
}

/* SB-60: by which rows come, a column that was not granted would show itself. */
static void rows_are_asked_for_by_granted_columns_alone(void **state)
{
	struct pair *p = granted_pair(state, 1000, "delay >= 0", flight_only, 1);
	assert_denied(p, "delay > 200", HF_E_WRONG_FIELDS, "'delay', which is outside the authorization");
	assert_denied(p, "flight = 'CA0000001' OR delay > 0", HF_E_ARGUMENT, "joined by AND");
	assert_denied(p, "flight = 7", HF_E_ARGUMENT, "a text in single quotes");
	assert_denied(p, "place = 'x'", HF_E_WRONG_FIELDS, "'place'");
	struct fetching r = fetch_flights(p, "flight >= 'CA'"); /* by the granted one they are */
	wait_both(p, &r.id, "COMPLETED");
	assert_flights(p, &r.id, 0, 300);
}

/* Conditions that do not fit the entry are refused when they are applied for. */
static void conditions_that_do_not_fit_are_not_applied_for(void **state)
{
	struct pair *p = pair_of(state, 1000);
	struct hf_application_in in = wish(&p->entry);
	struct hf_id id;
	in.rows = "delay >= 'late'";
	assert_int_equal(draft_as(p->health, "wang", &in, &id), HF_E_ARGUMENT);
	in.rows = "gate = 'B7'";
	assert_int_equal(draft_as(p->health, "wang", &in, &id), HF_E_WRONG_FIELDS);
	in.rows = "delay >= 1 or true";
	assert_int_equal(draft_as(p->health, "wang", &in, &id), HF_E_ARGUMENT);
}

/* SB-60 through DS-71: either side dies in the middle. */
static void rows_stay_those_through_restarts(void **state)
{
	struct pair *p = granted_pair(state, 12 * MIB, "delay >= 30", NULL, 0);
	struct fetching r = fetch_flights(p, "delay < 290");
	char kept[80];
	until(p, view_of(p->health, &r.id).acknowledged > 0 || view_of(p->roads, &r.id).served > 1);
	keep_folder(p->roads, kept);
	die_then_start(p->roads, kept);
	until(p, view_of(p->roads, &r.id).served > 0);
	pair_restart(p->health);
	wait_both(p, &r.id, "COMPLETED");
	assert_flights(p, &r.id, 30, 290);
	assert_int_equal(view_of(p->roads, &r.id).served_after_ack, 0);
}

static void demand(struct pair *p, const char *duty)
{
	(void)publish(p->roads, &(struct offer){.title = "航班到达", .intake = "hub", .id = p->entry, .duty = duty});
}

/* AZ-73: a duty of the entry holds under every grant, and from the next chunk on. */
static void rows_that_the_entry_demands_hold_at_once(void **state)
{
	struct pair *p = granted_pair(state, 8 * MIB, NULL, NULL, 0);
	struct hf_id id = begin_quiet(p, flight_only, 1);
	assert_int_equal(ask(p, p->health, &id, 0, 0).e, HF_OK);
	demand(p, "rows:delay < 50");
	struct asked a = ask(p, p->health, &id, 1, 0);
	assert_int_equal(a.e, HF_E_OBLIGATION);
	assert_non_null(strstr(a.text, "other rows now"));
	p->w->pass = NULL;
	wait_both(p, &id, "TERMINATED");
	struct fetching r = fetch_flights(p, NULL);
	wait_both(p, &r.id, "COMPLETED");
	assert_flights(p, &r.id, 0, 50);
	demand(p, NULL);
}

/* A rule says which rows, too; what is too long for terms permits nothing rather than being cut off. */
static void a_rule_for_rows(void **state)
{
	struct pair *p = pair_of(state, 1 * MIB);
	char longer[600] = "    obligations:\n      - rows: \"delay < 1";
	apply_rule(p, "desk", "    obligations:\n      - fields: [flight]\n      - rows: \"delay >= 250\"\n");
	struct hf_id id = fetch_by_rule(p, p->output);
	wait_both(p, &id, "COMPLETED");
	assert_flights(p, &id, 250, 300);
	snprintf(p->output, sizeof(p->output), "%s/rule-long.csv", p->files);
	for (size_t n = strlen(longer); n < 400; n = strlen(longer))
		snprintf(longer + n, sizeof(longer) - n, " AND delay < 1");
	snprintf(longer + strlen(longer), sizeof(longer) - strlen(longer), "\"\n");
	apply_rule(p, "desk", longer);
	id = fetch_by_rule(p, p->output);
	until(p, has_ended(p->health, &id));
	assert_reason(p->health, &id, HF_E_OBLIGATION, "cannot be read");
	settle(p->w);
	apply_rule(p, "nobody", "");
}

/* SB-24: what is given without an application. */
static void a_gift_of_rows(void **state)
{
	struct pair *p = pair_of(state, 1 * MIB);
	struct hf_grant_offer_in in = gift(&p->s, &p->entry);
	in.rows = "delay < 10";
	hire(p->roads, "pan", "publisher", "", "HR-3002");
	MUST(offer_as(p->roads, "pan", &in, &p->grant));
	MUST(give_as(p->roads, "zhou", &p->grant, "T", NULL));
	settle(p->w);
	struct fetching r = fetch_flights(p, NULL);
	wait_both(p, &r.id, "COMPLETED");
	assert_flights(p, &r.id, 0, 10);
	memset(&p->grant, 0, sizeof(p->grant));
}

static void drop_rows(Hufu__TransferStart *s)
{
	static Hufu__Label l;
	l = *s->label;
	l.rows = (char *)"delay >= 7";
	s->label = &l;
}

static void (*lie)(Hufu__TransferStart *s);
static struct node *liar;

/* The answer to the request, bent and signed again by the provider. */
static bool bend_start(struct hf_request *r)
{
	if (r->type != HF_MSG_TRANSFER_REQUEST || !r->answered || r->error != HF_OK || !lie)
		return true;
	HF_CLEANUP(hf_decoded_done) Hufu__Envelope *e = HF_DECODE(envelope, r->reply.data, r->reply.len);
	HF_CLEANUP(hf_decoded_done)
	Hufu__TransferStart *s = e ? HF_DECODE(transfer_start, e->payload.data, e->payload.len) : NULL;
	assert_non_null(s);
	Hufu__Label *label = s->label;
	lie(s);
	HF_CLEANUP(hf_decoded_done)
	Hufu__Envelope *bent = sign_as(liar, "roads", HF_TYPE_TRANSFER_START, &s->base);
	s->label = label;
	replace_body(&r->reply, &bent->base);
	return true;
}

/* MK-25's like for rows: what the label does not say is not taken. */
static void a_label_without_the_rows_is_not_taken(void **state)
{
	struct pair *p = granted_pair(state, 1000, "delay >= 0", NULL, 0);
	liar = p->roads;
	lie = drop_rows;
	p->w->pass = bend_start;
	struct fetching r = fetch_flights(p, NULL);
	until(p, has_ended(p->health, &r.id));
	assert_reason(p->health, &r.id, HF_E_OBLIGATION, "does not say that every row meets delay >= 0");
	p->w->pass = NULL;
	lie = NULL;
	settle(p->w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_grant_for_rows_gives_no_other_row_and_no_other_column),
	        cmocka_unit_test(rows_are_asked_for_by_granted_columns_alone),
	        cmocka_unit_test(conditions_that_do_not_fit_are_not_applied_for),
	        cmocka_unit_test(rows_stay_those_through_restarts),
	        cmocka_unit_test(rows_that_the_entry_demands_hold_at_once),
	        cmocka_unit_test(a_rule_for_rows),
	        cmocka_unit_test(a_gift_of_rows),
	        cmocka_unit_test(a_label_without_the_rows_is_not_taken),
	};
	return hf_crypto_init() ? cmocka_run_group_tests(tests, pair_up, pair_down) : 1;
}
