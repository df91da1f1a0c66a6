/* mandate_test.c - nothing is published without a recorded authorization that covers it, and consents that publications
 * rest on. */
#include "catalog/consent.h"
#include "net.h"

static struct net *one_node(struct site **ret_site)
{
	struct net *n = net_new();

	*ret_site = &n->site[SB_ROADS];
	site_open(*ret_site);
	return n;
}

/* A source, and no mandate of the helper: only those that the test gives. */
static void bare_source(struct site *s)
{
	static struct hf_source_field fields[] = {{"id", "integer", 0, NOT_SENSITIVE},
	                                          {"delay", "number", 5, NOT_SENSITIVE}};
	struct hf_source_view v = {.name = "flights",
	                           .kind = "csv",
	                           .path = "/data/flights.csv",
	                           .enabled = true,
	                           .rows = 10,
	                           .bytes = 100,
	                           .scanned_ms = 1,
	                           .fields = fields,
	                           .field_count = 2,
	                           .stamp = {100, 1, 1}};
	struct hf_unit *u = hf_unit_new();
	struct hf_fault f = {HF_OK, ""};

	assert_int_equal(hf_source_put(s->sources, u, &v, &f), HF_OK);
	hf_store_submit(s->store, u, NULL, NULL);
}

static char *catalog_and_data[] = {(char *)HF_MANDATE_CATALOG, (char *)HF_MANDATE_DATA};
static char *plan[] = {(char *)"open data plan 2026"};

static Hufu__MandateRow mandate_of(struct site *s, struct hf_id *id)
{
	Hufu__MandateRow row = HUFU__MANDATE_ROW__INIT;

	*id = hf_id_new(hf_now_ms(&s->base.clock));
	row.id = (ProtobufCBinaryData){sizeof(id->b), id->b};
	row.acts = catalog_and_data;
	row.n_acts = 2;
	row.purposes = plan;
	row.n_purposes = 1;
	row.max_level = 1;
	row.until_ms = hf_now_ms(&s->base.clock) + INT64_C(86400000) * 30;
	row.given_by = (char *)"kang";
	row.made_ms = hf_now_ms(&s->base.clock);
	return row;
}

static void give(struct net *n, struct site *s, const Hufu__MandateRow *row)
{
	struct hf_unit *u = hf_unit_new();
	struct hf_fault f = {HF_OK, ""};

	if (hf_mandate_check(s->catalog, row, &f) != HF_OK)
		fail_msg("%s", f.text);
	assert_int_equal(hf_mandate_put(u, row), HF_OK);
	hf_store_submit(s->store, u, NULL, NULL);
	net_settle(n);
}

static void assert_none(struct site *s, const Hufu__CatalogEntry *e, const char *scope, const char *words)
{
	struct hf_published p;
	struct hf_fault f = {HF_OK, ""};

	assert_int_equal(site_publish(s, e, scope, &p, &f), HF_E_NO_MANDATE);
	if (!strstr(f.text, words))
		fail_msg("'%s' does not say '%s'", f.text, words);
}

/* DS-23: publication without record is denied; with one it goes through, and the entry names the record. */
static void without_a_mandate_nothing_is_published(void **state)
{
	struct site *s;
	struct net *n = one_node(&s);
	Hufu__CatalogEntry e;
	struct hf_published p;
	struct hf_fault f = {HF_OK, ""};
	struct hf_catalog_own own;
	struct hf_id id;

	(void)state;
	bare_source(s);
	net_settle(n);
	entry_wish(&e, "flights");
	assert_none(s, &e, "everyone", "`hufu mandate publish`");
	Hufu__MandateRow row = mandate_of(s, &id);

	give(n, s, &row);
	assert_int_equal(site_publish(s, &e, "everyone", &p, &f), HF_OK);
	net_settle(n);
	assert_int_equal(hf_catalog_own(s->catalog, &p.id, &own), HF_OK);
	assert_true(hf_id_equal(&own.mandate, &id) && hf_id_equal(&p.mandate, &id));
	hf_catalog_own_done(&own);
	net_free(n);
}

/* DS-24: leave for the catalog entry is no leave for the data; what is not shared needs none. */
static void data_needs_leave_of_its_own(void **state)
{
	struct site *s;
	struct net *n = one_node(&s);
	Hufu__CatalogEntry e;
	struct hf_published p;
	struct hf_fault f = {HF_OK, ""};
	struct hf_id id, other;

	(void)state;
	bare_source(s);
	Hufu__MandateRow row = mandate_of(s, &id);

	row.n_acts = 1;
	give(n, s, &row);
	entry_wish(&e, "flights");
	assert_none(s, &e, "everyone", "publish this data");
	e.sharing = 3;
	assert_int_equal(site_publish(s, &e, "everyone", &p, &f), HF_OK);
	row = mandate_of(s, &other);
	row.acts = &catalog_and_data[1];
	row.n_acts = 1;
	give(n, s, &row);
	entry_wish(&e, "flights");
	assert_int_equal(site_publish(s, &e, "everyone", &p, &f), HF_OK);
	net_settle(n);
	net_free(n);
}

struct bend {
	void (*of_mandate)(Hufu__MandateRow *row);
	const char *words;
};

static char *tolls[] = {(char *)"tolls"};
static struct hf_id elsewhere = {{1}};
static ProtobufCBinaryData elsewhere_bytes = {sizeof(elsewhere.b), elsewhere.b};
static uint32_t open_only[] = {1};
static char *health_name[] = {(char *)"health"};
static Hufu__CatalogScope health_only;

static void other_purpose(Hufu__MandateRow *r)
{
	r->purposes = tolls;
}
static void other_source(Hufu__MandateRow *r)
{
	r->sources = tolls;
	r->n_sources = 1;
}
static void other_topic(Hufu__MandateRow *r)
{
	r->topics = tolls;
	r->n_topics = 1;
}
static void other_department(Hufu__MandateRow *r)
{
	r->departments = tolls;
	r->n_departments = 1;
}
static void other_class(Hufu__MandateRow *r)
{
	static char *classes[] = {(char *)"transport/fli"};

	r->classes = classes;
	r->n_classes = 1;
}
static void other_entries(Hufu__MandateRow *r)
{
	r->entries = &elsewhere_bytes;
	r->n_entries = 1;
}
static void other_sharing(Hufu__MandateRow *r)
{
	r->sharing = open_only;
	r->n_sharing = 1;
}
static void other_receivers(Hufu__MandateRow *r)
{
	hufu__catalog_scope__init(&health_only);
	health_only.kind = HF_SCOPE_NODES;
	health_only.names = health_name;
	health_only.n_names = 1;
	r->receivers = &health_only;
}
static void other_holder(Hufu__MandateRow *r)
{
	r->holder = (char *)"sun";
}
static void own_giver(Hufu__MandateRow *r)
{
	r->given_by = (char *)"pan";
}
static void begins_later(Hufu__MandateRow *r)
{
	r->from_ms = r->made_ms + 1000;
}
static void withdrawn(Hufu__MandateRow *r)
{
	r->ended_ms = r->made_ms;
}

/* DS-23, DS-24: publication outside the purpose, the scope or the period is denied, and the refusal names the mandate
 * and what it does not cover. Who gives it does not use it. */
static void outside_the_scope_nothing_is_published(void **state)
{
	static const struct bend bends[] = {
	        {other_purpose, "purpose"},       {other_source, "source"},       {other_topic, "topic"},
	        {other_department, "department"}, {other_class, "class"},         {other_entries, "other entries"},
	        {other_sharing, "conditional"},   {other_receivers, "receivers"}, {other_holder, "for sun alone"},
	        {own_giver, "pan gave it"},       {begins_later, "not-begun"},    {withdrawn, "withdrawn"},
	};
	struct site *s;
	struct net *n = one_node(&s);
	Hufu__CatalogEntry e;

	(void)state;
	bare_source(s);
	entry_wish(&e, "flights");
	for (size_t i = 0; i < sizeof(bends) / sizeof(bends[0]); i++) {
		struct hf_unit *u = hf_unit_new();
		struct hf_id id;
		Hufu__MandateRow row = mandate_of(s, &id);
		char text[HF_ID_TEXT];

		bends[i].of_mandate(&row);
		give(n, s, &row);
		hf_id_text(&id, text);
		assert_none(s, &e, "everyone", bends[i].words);
		assert_none(s, &e, "everyone", text);
		hf_unit_del(u, HF_TABLE_MANDATE, id.b, sizeof(id.b));
		hf_store_submit(s->store, u, NULL, NULL);
		net_settle(n);
	}
	entry_wish(&e, "flights");
	e.level = 2;
	struct hf_id id;
	Hufu__MandateRow row = mandate_of(s, &id);

	give(n, s, &row);
	assert_none(s, &e, "everyone", "level 2 is above its level 1");
	net_free(n);
}

/* Two accounts of one person are one person. */
static void the_givers_second_account_is_the_giver(void **state)
{
	static uint8_t name[32] = {7}, another[32] = {8};
	struct site *s;
	struct net *n = one_node(&s);
	struct hf_mandate_ask ask = {.act = HF_MANDATE_CATALOG, .purpose = plan[0], .by = "pan", .by_name = name};
	struct hf_fault f = {HF_OK, ""};
	struct hf_id id, found;

	(void)state;
	Hufu__MandateRow row = mandate_of(s, &id);

	row.given_by_name = (ProtobufCBinaryData){sizeof(name), name};
	give(n, s, &row);
	assert_int_equal(hf_mandate_find(s->catalog, &ask, &found, &f), HF_E_NO_MANDATE);
	ask.by_name = another;
	assert_int_equal(hf_mandate_find(s->catalog, &ask, &found, &f), HF_OK);
	net_free(n);
}

/* A wider scope of an entry is a publication to those who are new. */
static void rescoping_stays_within_the_receivers(void **state)
{
	struct site *s;
	struct net *n = one_node(&s);
	struct hf_published p;
	struct hf_fault f = {HF_OK, ""};
	Hufu__CatalogEntry e;
	struct hf_id id;
	static char *purposes[] = {(char *)"open data plan 2026", (char *)"narrower"};

	(void)state;
	bare_source(s);
	Hufu__MandateRow row = mandate_of(s, &id);

	other_receivers(&row);
	row.purposes = purposes;
	row.n_purposes = 2;
	give(n, s, &row);
	entry_wish(&e, "flights");
	assert_int_equal(site_publish(s, &e, "nodes:health", &p, &f), HF_OK);
	net_settle(n);
	assert_int_equal(site_rescope(s, &p.id, "nodes:health,hub", &p), HF_E_NO_MANDATE);
	assert_int_equal(site_rescope(s, &p.id, "organization:cn", &p), HF_E_NO_MANDATE);
	assert_int_equal(site_rescope(s, &p.id, "nodes:health", &p), HF_OK);
	net_settle(n);
	net_free(n);
}

/* DS-84: an authorization without purpose or scope is none. */
static void a_mandate_states_purpose_scope_and_end(void **state)
{
	struct site *s;
	struct net *n = one_node(&s);
	struct hf_fault f = {HF_OK, ""};
	struct hf_id id;
	Hufu__MandateRow row = mandate_of(s, &id);

	(void)state;
	assert_int_equal(hf_mandate_check(s->catalog, &row, &f), HF_OK);
	row.n_purposes = 0;
	assert_int_equal(hf_mandate_check(s->catalog, &row, &f), HF_E_ARGUMENT);
	row = mandate_of(s, &id);
	row.max_level = 0;
	assert_int_equal(hf_mandate_check(s->catalog, &row, &f), HF_E_ARGUMENT);
	row = mandate_of(s, &id);
	row.until_ms = 0;
	assert_int_equal(hf_mandate_check(s->catalog, &row, &f), HF_E_ARGUMENT);
	row.until_ms = hf_time_add_years(hf_now_ms(&s->base.clock), 3) + 1;
	assert_int_equal(hf_mandate_check(s->catalog, &row, &f), HF_E_ARGUMENT);
	row = mandate_of(s, &id);
	row.acts = tolls;
	row.n_acts = 1;
	assert_int_equal(hf_mandate_check(s->catalog, &row, &f), HF_E_ARGUMENT);
	net_free(n);
}

static struct hf_id consent_given(struct net *n, struct site *s)
{
	static char *purposes[] = {(char *)"claims-check"};
	Hufu__ConsentRow row = HUFU__CONSENT_ROW__INIT;
	struct hf_id id = hf_id_new(hf_now_ms(&s->base.clock));
	struct hf_unit *u = hf_unit_new();
	struct hf_fault f = {HF_OK, ""};

	row.id = (ProtobufCBinaryData){sizeof(id.b), id.b};
	row.basis = (char *)"consent";
	row.subject = (char *)"case 118";
	row.purposes = purposes;
	row.n_purposes = 1;
	row.until_ms = hf_now_ms(&s->base.clock) + INT64_C(86400000);
	assert_int_equal(hf_consent_check(s->catalog, &row, &f), HF_OK);
	assert_int_equal(hf_consent_put(u, &row), HF_OK);
	hf_store_submit(s->store, u, NULL, NULL);
	net_settle(n);
	return id;
}

static enum hf_err publish_with(struct site *s, const struct hf_id *consent, struct hf_published *p, struct hf_fault *f)
{
	struct hf_scope everyone = {HF_SCOPE_EVERYONE, NULL, 0};
	struct hf_unit *u = hf_unit_new();
	Hufu__CatalogEntry e;
	struct hf_publication what = {.entry = &e,
	                              .source = "flights",
	                              .scope = &everyone,
	                              .purpose = plan[0],
	                              .by = "pan",
	                              .consents = consent,
	                              .consent_count = consent ? 1 : 0};

	entry_wish(&e, "people");
	e.personal = true;
	enum hf_err err = hf_catalog_publish(s->catalog, &what, u, p, f);

	if (err == HF_OK)
		hf_store_submit(s->store, u, NULL, NULL);
	else
		hf_unit_free(u);
	return err;
}

/* SB-5: personal information is published on a stated legal basis or a consent record that is there and in force. SB-6:
 * withdrawn, over, or for another purpose: the use is denied and the record named. */
static void personal_data_rests_on_consent(void **state)
{
	struct site *s;
	struct net *n = one_node(&s);
	int64_t now = hf_now_ms(&s->base.clock);
	struct hf_published p;
	struct hf_fault f = {HF_OK, ""};
	char text[HF_ID_TEXT];

	(void)state;
	site_source(s, "flights");
	struct hf_id consent = consent_given(n, s);

	assert_int_equal(publish_with(s, NULL, &p, &f), HF_E_ARGUMENT);
	struct hf_id nowhere = hf_id_new(now);

	assert_int_equal(publish_with(s, &nowhere, &p, &f), HF_E_UNKNOWN);
	if (publish_with(s, &consent, &p, &f) != HF_OK)
		fail_msg("%s", f.text);
	net_settle(n);
	hf_id_text(&consent, text);
	assert_int_equal(hf_catalog_basis(s->catalog, &p.id, "claims-check", now, &f), HF_OK);
	assert_int_equal(hf_catalog_basis(s->catalog, &p.id, "statistics", now, &f), HF_E_CONSENT);
	assert_non_null(strstr(f.text, text));
	assert_int_equal(hf_catalog_basis(s->catalog, &p.id, "claims-check", now + INT64_C(86400000) - 1, &f), HF_OK);
	assert_int_equal(hf_catalog_basis(s->catalog, &p.id, "claims-check", now + INT64_C(86400000), &f),
	                 HF_E_CONSENT);
	struct hf_unit *u = hf_unit_new();

	assert_int_equal(hf_consent_end(s->catalog, &consent, "zhao", "letter", u, &f), HF_OK);
	hf_store_submit(s->store, u, NULL, NULL);
	net_settle(n);
	assert_int_equal(hf_catalog_basis(s->catalog, &p.id, "claims-check", now, &f), HF_E_CONSENT);
	assert_non_null(strstr(f.text, text));
	assert_non_null(strstr(f.text, "withdrawn"));
	assert_int_equal(publish_with(s, &consent, &p, &f), HF_E_CONSENT);
	net_free(n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(without_a_mandate_nothing_is_published),
	        cmocka_unit_test(data_needs_leave_of_its_own),
	        cmocka_unit_test(outside_the_scope_nothing_is_published),
	        cmocka_unit_test(the_givers_second_account_is_the_giver),
	        cmocka_unit_test(rescoping_stays_within_the_receivers),
	        cmocka_unit_test(a_mandate_states_purpose_scope_and_end),
	        cmocka_unit_test(personal_data_rests_on_consent),
	};

	return hf_crypto_init() ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
