/* catalog_routes_test.c - the catalog's routes: what comes in as JSON, what people of this node are shown. */
#include "api/api.h"
#include "unit/catalog/net.h"

struct asker {
	struct hf_modules m;
	struct hf_actor actor;
	struct net *net;
	struct site *site;
};

static void open_asker(struct asker *a)
{
	memset(a, 0, sizeof(*a));
	a->net = net_new();
	a->site = &a->net->site[SB_ROADS];
	site_open(a->site);
	site_source(a->site, "flights");
	net_settle(a->net);
	a->m.base = &a->site->base;
	a->m.store = a->site->store;
	a->m.sources = a->site->sources;
	a->m.catalog = a->site->catalog;
	snprintf(a->actor.account, sizeof(a->actor.account), "pan");
}

static void act_as(struct asker *a, uint64_t permissions, const char *principal)
{
	a->actor.permissions = permissions;
	snprintf(a->actor.principal, sizeof(a->actor.principal), "%s", principal);
}

static const struct hf_route *find_route(const char *path)
{
	const struct hf_route *r = hf_routes_catalog;

	while (r->path && strcmp(r->path, path) != 0)
		r++;
	assert_non_null(r->path);
	return r;
}

/* Takes in; *ret_out is the answer, or NULL with the fault. */
static enum hf_err call(struct asker *a, const char *path, json_t *in, json_t **ret_out, struct hf_fault *ret_fault)
{
	const struct hf_route *r = find_route(path);
	struct hf_api_request rq = {.m = &a->m,
	                            .actor = &a->actor,
	                            .in = in,
	                            .out = json_object(),
	                            .unit = hf_unit_new(),
	                            .draft = hf_draft_new(HF_EVENT_COMMAND, NULL)};
	enum hf_err e;

	assert_non_null(in);
	e = r->handle(&rq);
	if (e == HF_OK)
		hf_store_submit(a->site->store, rq.unit, NULL, NULL);
	else
		hf_unit_free(rq.unit);
	net_settle(a->net);
	hf_draft_free(rq.draft);
	json_decref(in);
	if (ret_fault)
		*ret_fault = rq.fault;
	if (e == HF_OK && ret_out)
		*ret_out = rq.out;
	else
		json_decref(rq.out);
	return e;
}

static json_t *full_entry(void)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:[s,s], s:{s:[s], s:i, s:b}, s:[{s:s, s:b, "
	                 "s:s}], s:s, s:b}",
	                 "source", "flights", "title", "\xE8\x88\xAA\xE7\x8F\xAD", "topic", "transport", "class",
	                 "transport/flight", "level", "important", "sharing", "conditional", "condition", "planning",
	                 "scope", "nodes:health,roads/bridges", "purpose", "open data plan", "keywords", "delay", "air",
	                 "criteria", "purposes", "planning", "max_days", 365, "purpose_text", 1, "fields", "name",
	                 "delay", "sensitive", 1, "description", "minutes", "update_cycle", "P1D", "personal", 0);
}

static const char *text(const json_t *o, const char *name)
{
	const char *s = json_string_value(json_object_get(o, name));

	return s ? s : "";
}

static char *must_publish_json(struct asker *a, json_t *in)
{
	json_t *out = NULL;
	struct hf_fault f;
	char *id;

	if (call(a, "/v1/catalog/publish", in, &out, &f) != HF_OK)
		fail_msg("%s", f.text);
	id = hf_strdup(text(out, "entry"));
	json_decref(out);
	return id;
}

static json_t *show(struct asker *a, const char *id)
{
	json_t *out = NULL;

	if (call(a, "/v1/catalog/show", json_pack("{s:s}", "entry", id), &out, NULL) != HF_OK)
		return NULL;
	return out;
}

static void a_publication_is_shown_as_it_was_sent(void **state)
{
	struct asker a;
	json_t *out, *field;
	char *id;

	(void)state;
	open_asker(&a);
	act_as(&a, HF_BIT(HF_MAY_PUBLISH) | HF_BIT(HF_MAY_SEARCH), "roads");
	id = must_publish_json(&a, full_entry());
	out = show(&a, id);
	assert_string_equal(text(out, "entry"), id);
	assert_string_equal(text(out, "level_name"), "important");
	assert_string_equal(text(out, "sharing"), "conditional");
	assert_string_equal(text(out, "scope"), "nodes:health,roads/bridges");
	assert_string_equal(text(out, "publication_purpose"), "open data plan");
	assert_int_equal(json_integer_value(json_object_get(json_object_get(out, "criteria"), "max_days")), 365);
	assert_true(json_is_true(json_object_get(json_object_get(out, "criteria"), "purpose_text")));
	assert_int_equal(json_array_size(json_object_get(out, "fields")), 3);
	field = json_array_get(json_object_get(out, "fields"), 2);
	assert_string_equal(text(field, "description"), "minutes");
	assert_true(json_is_true(json_object_get(field, "sensitive")) &&
	            json_is_true(json_object_get(out, "sensitive")));
	assert_int_equal(json_array_size(json_object_get(out, "policy")), 2);
	json_decref(out);
	free(id);
	net_free(a.net);
}

static void an_update_keeps_what_it_does_not_mention(void **state)
{
	struct asker a;
	json_t *out = NULL;
	char *id;

	(void)state;
	open_asker(&a);
	act_as(&a, HF_BIT(HF_MAY_PUBLISH) | HF_BIT(HF_MAY_SEARCH), "roads");
	id = must_publish_json(&a, full_entry());
	assert_int_equal(call(&a, "/v1/catalog/publish",
	                      json_pack("{s:s, s:s, s:s, s:s}", "entry", id, "title", "flights", "level", "3",
	                                "purpose", "correction"),
	                      &out, NULL),
	                 HF_OK);
	assert_int_equal(json_integer_value(json_object_get(out, "version")), 2);
	json_decref(out);
	out = show(&a, id);
	assert_string_equal(text(out, "title"), "flights");
	assert_string_equal(text(out, "level_name"), "core");
	assert_string_equal(text(out, "condition"), "planning");
	assert_string_equal(text(out, "scope"), "nodes:health,roads/bridges");
	assert_string_equal(text(json_array_get(json_object_get(out, "fields"), 2), "description"), "minutes");
	assert_int_equal(json_array_size(json_object_get(out, "keywords")), 2);
	json_decref(out);
	free(id);
	net_free(a.net);
}

/* SB-3: department B does not see what department A keeps for itself. SB-23: a hidden id answers like one that does not
 * exist. */
static void people_see_what_their_department_may_see(void **state)
{
	static const char unknown[] = "01990000-0000-7000-8000-000000000000";
	struct asker a;
	struct hf_fault hidden, none;
	json_t *out = NULL;
	char *id, *at;

	(void)state;
	open_asker(&a);
	act_as(&a, HF_BIT(HF_MAY_PUBLISH), "roads");
	id = must_publish_json(&a, full_entry());
	act_as(&a, HF_BIT(HF_MAY_SEARCH), "roads/bridges");
	out = show(&a, id);
	assert_non_null(out);
	assert_null(json_object_get(out, "scope")); /* who else may see it is the publisher's business */
	json_decref(out);
	act_as(&a, HF_BIT(HF_MAY_SEARCH), "roads/tunnels");
	assert_int_equal(call(&a, "/v1/catalog/show", json_pack("{s:s}", "entry", id), NULL, &hidden), HF_E_UNKNOWN);
	assert_int_equal(call(&a, "/v1/catalog/show", json_pack("{s:s}", "entry", unknown), NULL, &none), HF_E_UNKNOWN);
	at = strstr(none.text, unknown);
	assert_non_null(at);
	memcpy(at, id, strlen(id));
	assert_string_equal(hidden.text, none.text);
	assert_int_equal(call(&a, "/v1/catalog/list", json_object(), &out, NULL), HF_OK);
	assert_int_equal(json_array_size(json_object_get(out, "entries")), 0);
	json_decref(out);
	free(id);
	net_free(a.net);
}

static void fields_that_are_wrong_are_named(void **state)
{
	static const char *const wrong[][2] = {
	        {"level", "high"}, {"sharing", "maybe"}, {"scope", "friends"}, {"not_after", "tomorrow"}, {"title", ""},
	};
	struct asker a;
	struct hf_fault f;

	(void)state;
	open_asker(&a);
	act_as(&a, HF_BIT(HF_MAY_PUBLISH), "roads");
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		json_t *in = full_entry();

		json_object_set_new(in, wrong[i][0], json_string(wrong[i][1]));
		assert_int_equal(call(&a, "/v1/catalog/publish", in, NULL, &f), HF_E_ARGUMENT);
		if (!strstr(f.text, wrong[i][0]) && !strstr(f.text, wrong[i][1]))
			fail_msg("'%s' names neither %s nor %s", f.text, wrong[i][0], wrong[i][1]);
	}
	for (size_t i = 0; i < 3; i++) {
		static const char *const needed[] = {"purpose", "scope", "source"};
		json_t *in = full_entry();

		json_object_del(in, needed[i]);
		assert_int_equal(call(&a, "/v1/catalog/publish", in, NULL, &f), HF_E_ARGUMENT);
		assert_non_null(strstr(f.text, needed[i]));
	}
	assert_int_equal(
	        call(&a, "/v1/catalog/publish", json_pack("{s:s, s:s}", "fields", "delay", "purpose", "x"), NULL, &f),
	        HF_E_ARGUMENT);
	net_free(a.net);
}

static void withdrawing_and_rescoping_by_route(void **state)
{
	struct asker a;
	struct hf_fault f;
	json_t *out = NULL;
	char *id;

	(void)state;
	open_asker(&a);
	act_as(&a, HF_BIT(HF_MAY_PUBLISH) | HF_BIT(HF_MAY_SEARCH), "roads");
	id = must_publish_json(&a, full_entry());
	assert_int_equal(call(&a, "/v1/catalog/rescope",
	                      json_pack("{s:s, s:s, s:s}", "entry", id, "scope", "everyone", "purpose", "wider"), &out,
	                      NULL),
	                 HF_OK);
	assert_string_equal(text(out, "scope"), "everyone");
	json_decref(out);
	assert_int_equal(call(&a, "/v1/catalog/withdraw", json_pack("{s:s, s:s}", "entry", id, "reason", "replaced"),
	                      NULL, NULL),
	                 HF_OK);
	assert_int_equal(
	        call(&a, "/v1/catalog/withdraw", json_pack("{s:s, s:s}", "entry", id, "reason", "again"), NULL, &f),
	        HF_E_STATE);
	assert_int_equal(
	        call(&a, "/v1/catalog/publish", json_pack("{s:s, s:s}", "entry", id, "purpose", "again"), NULL, &f),
	        HF_E_STATE);
	out = show(&a, id);
	assert_true(json_is_true(json_object_get(out, "withdrawn")));
	json_decref(out);
	free(id);
	net_free(a.net);
}

/* SB-23: a page may end at an entry that the asker may not see; the mark tells him no id, and is of this node's making.
 */
static void a_page_mark_tells_no_identifier(void **state)
{
	struct asker a;
	struct hf_fault f;
	struct hf_id id;
	json_t *out = NULL;
	char mark[HF_CATALOG_MARK];
	size_t pages = 0;

	(void)state;
	open_asker(&a);
	act_as(&a, HF_BIT(HF_MAY_PUBLISH) | HF_BIT(HF_MAY_SEARCH), "roads");
	for (int i = 0; i < 3; i++, a.net->now_ms++)
		free(must_publish_json(&a, full_entry()));
	for (json_t *in = json_pack("{s:i}", "limit", 1); in; pages++) {
		if (call(&a, "/v1/catalog/search", in, &out, &f) != HF_OK)
			fail_msg("%s", f.text);
		in = NULL;
		if (json_object_get(out, "next")) {
			snprintf(mark, sizeof(mark), "%s", text(out, "next"));
			assert_false(hf_id_parse(mark, &id));
			in = json_pack("{s:i, s:s}", "limit", 1, "after", mark);
		}
		json_decref(out);
	}
	assert_true(pages >= 3);
	mark[5] = mark[5] == '0' ? '1' : '0';
	assert_int_equal(call(&a, "/v1/catalog/search", json_pack("{s:s}", "after", mark), NULL, &f), HF_E_ARGUMENT);
	assert_non_null(strstr(f.text, "'after'"));
	net_free(a.net);
}

static void export_in_dcat_terms(void **state)
{
	struct asker a;
	json_t *out = NULL, *set;
	char urn[64];
	char *id;

	(void)state;
	open_asker(&a);
	act_as(&a, HF_BIT(HF_MAY_PUBLISH) | HF_BIT(HF_MAY_SEARCH), "roads");
	id = must_publish_json(&a, full_entry());
	assert_int_equal(call(&a, "/v1/catalog/export", json_pack("{s:s}", "format", "dcat"), &out, NULL), HF_OK);
	assert_string_equal(text(out, "@type"), "dcat:Catalog");
	assert_string_equal(text(json_object_get(out, "@context"), "dcat"), "http://www.w3.org/ns/dcat#");
	set = json_array_get(json_object_get(out, "dcat:dataset"), 0);
	snprintf(urn, sizeof(urn), "urn:uuid:%s", id);
	assert_string_equal(text(set, "@id"), urn);
	assert_string_equal(text(set, "dct:title"), "\xE8\x88\xAA\xE7\x8F\xAD");
	assert_string_equal(text(json_array_get(json_object_get(set, "dcat:distribution"), 0), "dcat:mediaType"),
	                    "text/csv");
	assert_non_null(json_object_get(json_object_get(set, "odrl:hasPolicy"), "odrl:permission"));
	json_decref(out);
	assert_int_equal(call(&a, "/v1/catalog/export", json_pack("{s:s}", "format", "xml"), NULL, NULL),
	                 HF_E_UNSUPPORTED);
	free(id);
	net_free(a.net);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_publication_is_shown_as_it_was_sent),
	        cmocka_unit_test(an_update_keeps_what_it_does_not_mention),
	        cmocka_unit_test(people_see_what_their_department_may_see),
	        cmocka_unit_test(fields_that_are_wrong_are_named),
	        cmocka_unit_test(withdrawing_and_rescoping_by_route),
	        cmocka_unit_test(a_page_mark_tells_no_identifier),
	        cmocka_unit_test(export_in_dcat_terms),
	};

	return hf_crypto_init() ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
