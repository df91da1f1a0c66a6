/* catalog_test.c - one node: what may be published, who sees it, how it is found. */
#include "catalog/classes.h"
#include "net.h"
#include "source/mask_policy.h"

static struct net *one_node(struct site **ret_site)
{
	struct net *n = net_new();

	*ret_site = &n->site[SB_ROADS];
	site_open(*ret_site);
	site_source(*ret_site, "flights");
	net_settle(n);
	return n;
}

static void assert_refused(struct site *s, const Hufu__CatalogEntry *e, const char *scope, enum hf_err want,
                           const char *words)
{
	struct hf_published p;
	struct hf_fault f = {HF_OK, ""};

	assert_int_equal(site_publish(s, e, scope, &p, &f), want);
	assert_int_equal(f.code, want);
	if (!strstr(f.text, words))
		fail_msg("'%s' does not say '%s'", f.text, words);
}

/* DS-1, AZ-74: a resource without class and level cannot be published. DS-2: "conditional" needs its condition. SB-5:
 * personal information without a stated legal basis fails. */
static void entries_that_lack_a_statement_are_refused(void **state)
{
	struct site *s;
	struct net *n = one_node(&s);
	Hufu__CatalogEntry e;
	Hufu__Field mark = HUFU__FIELD__INIT, *marks[] = {&mark};

	(void)state;
	entry_wish(&e, "flights");
	e.data_class = (char *)"";
	assert_refused(s, &e, "everyone", HF_E_ARGUMENT, "no class");
	entry_wish(&e, "flights");
	e.level = 0;
	assert_refused(s, &e, "everyone", HF_E_ARGUMENT, "no level");
	entry_wish(&e, "flights");
	e.sharing = 0;
	assert_refused(s, &e, "everyone", HF_E_ARGUMENT, "sharing type");
	entry_wish(&e, "flights");
	e.sharing_condition = (char *)"";
	assert_refused(s, &e, "everyone", HF_E_ARGUMENT, "no condition");
	entry_wish(&e, "flights");
	e.personal = true;
	assert_refused(s, &e, "everyone", HF_E_ARGUMENT, "legal basis");
	entry_wish(&e, "flights"); /* one personal field is enough */
	mark.name = (char *)"\xE5\xA7\x93\xE5\x90\x8D";
	mark.personal = true;
	e.fields = marks;
	e.n_fields = 1;
	assert_refused(s, &e, "everyone", HF_E_ARGUMENT, "legal basis");
	entry_wish(&e, "");
	assert_refused(s, &e, "everyone", HF_E_ARGUMENT, "no title");
	net_free(n);
}

static void unknown_names_are_refused(void **state)
{
	struct site *s;
	struct net *n = one_node(&s);
	Hufu__CatalogEntry e;
	Hufu__Field mark = HUFU__FIELD__INIT, *marks[] = {&mark};

	(void)state;
	entry_wish(&e, "flights");
	e.intake = (char *)"nowhere";
	assert_refused(s, &e, "everyone", HF_E_UNKNOWN, "nowhere");
	e.intake = (char *)"hub";
	e.provider_decides = false;
	assert_refused(s, &e, "everyone", HF_E_UNSUPPORTED, "settle");
	entry_wish(&e, "flights");
	assert_refused(s, &e, "nodes:health,nowhere", HF_E_UNKNOWN, "nowhere");
	assert_refused(s, &e, "nodes:health/ward", HF_E_UNSUPPORTED, "departments of other nodes");
	assert_refused(s, &e, "somebody", HF_E_ARGUMENT, "no scope");
	assert_refused(s, &e, "nodes:", HF_E_ARGUMENT, "no scope");
	assert_refused(s, &e, "everyone:health", HF_E_ARGUMENT, "no scope");
	mark.name = (char *)"salary";
	e.fields = marks;
	e.n_fields = 1;
	assert_refused(s, &e, "everyone", HF_E_WRONG_FIELDS, "salary");
	mark.name = (char *)"delay";
	mark.level = 3;
	assert_refused(s, &e, "everyone", HF_E_ARGUMENT, "raise");
	entry_wish(&e, "flights");
	e.not_before_ms = n->now_ms;
	e.not_after_ms = n->now_ms;
	assert_refused(s, &e, "everyone", HF_E_ARGUMENT, "validity");
	net_free(n);
}

/* SB-1: an offer with an unknown delivery mode is rejected with a specific error. DS-23: publishing without a stated
 * purpose is denied. DS-3: only from a registered, enabled, scanned source. */
static void publications_that_are_refused(void **state)
{
	struct site *s;
	struct net *n = one_node(&s);
	struct hf_scope everyone = {HF_SCOPE_EVERYONE, NULL, 0};
	Hufu__CatalogEntry e;
	struct hf_publication p = {
	        .entry = &e, .source = "flights", .scope = &everyone, .mode = "sandbox", .purpose = "plan"};
	struct hf_published out;
	struct hf_fault f = {HF_OK, ""};
	struct hf_unit *u = hf_unit_new();
	struct hf_source_view v;

	(void)state;
	entry_wish(&e, "flights");
	assert_int_equal(hf_catalog_publish(s->catalog, &p, u, &out, &f), HF_E_UNSUPPORTED);
	assert_non_null(strstr(f.text, "sandbox"));
	p.mode = NULL;
	p.purpose = "";
	assert_int_equal(hf_catalog_publish(s->catalog, &p, u, &out, &f), HF_E_ARGUMENT);
	p.purpose = "plan";
	p.source = "rivers";
	assert_int_equal(hf_catalog_publish(s->catalog, &p, u, &out, &f), HF_E_UNKNOWN);
	p.source = "flights";
	assert_int_equal(hf_source_get(s->sources, "flights", &v), HF_OK);
	v.enabled = false;
	assert_int_equal(hf_source_put(s->sources, u, &v, &f), HF_OK);
	hf_source_view_done(&v);
	assert_true(!hf_unit_empty(u));
	hf_store_submit(s->store, u, NULL, NULL);
	u = hf_unit_new();
	assert_int_equal(hf_catalog_publish(s->catalog, &p, u, &out, &f), HF_E_STATE);
	assert_true(hf_unit_empty(u));
	hf_unit_free(u);
	net_free(n);
}

static void a_node_without_the_role_cannot_publish(void **state)
{
	struct net *n = net_new();
	struct site *s = &n->site[SB_AUDIT];
	Hufu__CatalogEntry e;

	(void)state;
	site_open(s);
	entry_wish(&e, "flights");
	assert_refused(s, &e, "everyone", HF_E_STANDING, "provider");
	net_free(n);
}

static void the_entry_holds_what_the_scan_found(void **state)
{
	struct site *s;
	struct net *n = one_node(&s);
	Hufu__CatalogEntry e;
	Hufu__Field mark = HUFU__FIELD__INIT, *marks[] = {&mark};
	struct hf_published p;
	struct hf_catalog_item it;
	struct hf_fault f;
	struct hf_catalog_own own;

	(void)state;
	entry_wish(&e, "flights");
	e.level = 2;
	mark.name = (char *)"\xE5\xA7\x93\xE5\x90\x8D";
	mark.personal = mark.sensitive = true;
	mark.level = 1;
	e.legal_basis = (char *)"law, article 4";
	e.fields = marks;
	e.n_fields = 1;
	assert_int_equal(site_publish(s, &e, "nodes:health,hub", &p, &f), HF_OK);
	net_settle(n);
	assert_int_equal(p.version, 1);
	assert_int_equal(hf_catalog_get(s->catalog, NULL, &p.id, &it), HF_OK);
	assert_true(it.own && hf_hash_equal(&it.digest, &p.digest));
	assert_string_equal(it.source, "flights");
	assert_string_equal(it.entry->publisher, "roads");
	assert_string_equal(it.entry->intake, "roads");
	assert_int_equal(it.entry->n_fields, 3);
	assert_string_equal(it.entry->fields[2]->type, "number");
	assert_int_equal(it.entry->fields[2]->level, 2);
	assert_int_equal(it.entry->fields[1]->level, 1);
	assert_true(it.entry->personal && it.entry->sensitive);
	assert_int_equal(it.entry->rows, 20000);
	assert_string_equal(it.entry->distributions[0]->mode, "transfer");
	/* SB-23: neither scope nor recipients stand in what others get. */
	assert_null(memmem(it.envelope, it.envelope_len, "health", 6));
	assert_null(memmem(it.envelope, it.envelope_len, "hub", 3));
	hf_catalog_item_done(&it);
	assert_int_equal(hf_catalog_own(s->catalog, &p.id, &own), HF_OK);
	assert_string_equal(own.purpose, "open data plan 2026");
	assert_string_equal(own.by, "pan");
	assert_int_equal(own.scope.count, 2);
	hf_catalog_own_done(&own);
	assert_true(hf_catalog_uses_source(s->catalog, "flights"));
	assert_false(hf_catalog_uses_source(s->catalog, "rivers"));
	net_free(n);
}

static void versions_rise_and_survive_a_restart(void **state)
{
	struct site *s;
	struct net *n = one_node(&s);
	struct hf_published p = must_publish(s, "flights", "everyone"), q;
	Hufu__CatalogEntry e;
	struct hf_fault f;

	(void)state;
	net_settle(n);
	entry_wish(&e, "flights, corrected");
	e.id = (ProtobufCBinaryData){sizeof(p.id.b), p.id.b};
	assert_int_equal(site_publish(s, &e, "everyone", &q, &f), HF_OK);
	assert_int_equal(q.version, 2);
	net_settle(n);
	site_close(s);
	uv_run(&n->loop, UV_RUN_NOWAIT);
	site_open(s);
	assert_int_equal(site_publish(s, &e, "everyone", &q, &f), HF_OK);
	assert_int_equal(q.version, 3);
	net_settle(n);
	must_withdraw(s, &p.id);
	net_settle(n);
	assert_int_equal(site_publish(s, &e, "everyone", &q, &f), HF_E_STATE);
	assert_int_equal(living_version(s, &p.id), 0);
	net_free(n);
}

static bool visible(struct site *s, const struct hf_id *id, const char *principal)
{
	struct hf_catalog_item it;
	bool v;

	assert_int_equal(hf_catalog_get(s->catalog, NULL, id, &it), HF_OK);
	v = hf_catalog_visible(s->catalog, &it, principal);
	hf_catalog_item_done(&it);
	return v;
}

/* SB-3 (visibility): departments of one organization are separate principals. SB-21: the owner chooses the scope. */
static void scopes_cover_nodes_and_own_departments(void **state)
{
	struct site *s;
	struct net *n = one_node(&s);
	Hufu__CatalogEntry e;
	struct hf_fault f;
	struct hf_published everyone = must_publish(s, "a", "everyone"),
	                    one = must_publish(s, "b", "nodes:roads/bridges,hub"),
	                    self = must_publish(s, "c", "nodes:roads"),
	                    organization = must_publish(s, "d", "organization:cn.gd"), dept;

	(void)state;
	entry_wish(&e, "e");
	e.department = (char *)"tunnels";
	assert_int_equal(site_publish(s, &e, "nodes:hub", &dept, &f), HF_OK);
	net_settle(n);
	assert_true(visible(s, &everyone.id, "roads/bridges") && visible(s, &everyone.id, "health") &&
	            visible(s, &everyone.id, "roads"));
	assert_false(visible(s, &everyone.id, "stranger"));
	assert_true(visible(s, &one.id, "roads/bridges") && visible(s, &one.id, "hub"));
	assert_false(visible(s, &one.id, "roads/tunnels") || visible(s, &one.id, "health"));
	assert_true(visible(s, &self.id, "roads/tunnels") && !visible(s, &self.id, "hub"));
	assert_true(visible(s, &organization.id, "health") && visible(s, &organization.id, "roads/tunnels"));
	assert_false(visible(s, &organization.id, "port")); /* cn.gdx is not below cn.gd */
	assert_true(visible(s, &dept.id, "roads/tunnels")); /* the responsible department */
	assert_false(visible(s, &dept.id, "roads/bridges") || visible(s, &dept.id, "roads"));
	net_free(n);
}

static void search_by_words_and_attributes(void **state)
{
	struct site *s;
	struct net *n = one_node(&s);
	Hufu__CatalogEntry e;
	struct hf_published air, bus, sea;
	struct hf_fault f;
	char *keywords[] = {(char *)"\xE8\x88\xAA\xE7\x8F\xAD", (char *)"Delay"};
	struct found x;

	(void)state;
	entry_wish(
	        &e,
	        "\xE6\x9C\xBA\xE5\x9C\xBA\xE8\x88\xAA\xE7\x8F\xAD\xE5\x87\x86\xE7\x82\xB9\xE7\x8E\x87"); /* 机场航班准点率
	                                                                                                  */
	e.keywords = keywords;
	e.n_keywords = 2;
	e.description = (char *)"Departures of domestic flights.";
	assert_int_equal(site_publish(s, &e, "everyone", &air, &f), HF_OK);
	entry_wish(&e, "\xE5\x85\xAC\xE4\xBA\xA4\xE8\xBD\xA6\xE7\xAB\x99 Bus stops"); /* 公交车站 */
	e.level = 2;
	e.sharing = 1;
	assert_int_equal(site_publish(s, &e, "everyone", &bus, &f), HF_OK);
	entry_wish(&e, "Harbour \xE6\x9C\xBA\xE5\x85\xB7"); /* 机具 */
	e.topic = (char *)"sea";
	e.data_class = (char *)"transport/ship";
	assert_int_equal(site_publish(s, &e, "everyone", &sea, &f), HF_OK);
	net_settle(n);
	x = site_search(s, (struct hf_catalog_query){.text = "\xE8\x88\xAA\xE7\x8F\xAD"});
	assert_int_equal(x.count, 1);
	assert_true(hf_id_equal(&x.ids[0], &air.id));
	assert_int_equal(site_search(s, (struct hf_catalog_query){.text = "\xE6\x9C\xBA"}).count,
	                 2); /* one character, of titles */
	assert_int_equal(
	        site_search(s, (struct hf_catalog_query){.text = "\xE6\x9C\xBA\xE5\x85\xB7\xE8\x88\xAA\xE7\x8F\xAD"})
	                .count,
	        0);
	assert_int_equal(site_search(s, (struct hf_catalog_query){.text = "DELAY flights"}).count, 1);
	assert_int_equal(site_search(s, (struct hf_catalog_query){.text = "delay"}).count, 3); /* a field's name too */
	assert_int_equal(site_search(s, (struct hf_catalog_query){.text = "stops", .level = 2}).count, 1);
	assert_int_equal(site_search(s, (struct hf_catalog_query){.text = "stops", .level = 1}).count, 0);
	assert_int_equal(site_search(s, (struct hf_catalog_query){.topic = "transport"}).count, 2);
	assert_int_equal(site_search(s, (struct hf_catalog_query){.sharing = 1}).count, 1);
	assert_int_equal(site_search(s, (struct hf_catalog_query){.data_class = "transport/ship"}).count, 1);
	assert_int_equal(site_search(s, (struct hf_catalog_query){.publisher = "roads"}).count, 3);
	assert_int_equal(site_search(s, (struct hf_catalog_query){.publisher = "hub"}).count, 0);
	assert_int_equal(site_search(s, (struct hf_catalog_query){.limit = 1}).count, 3);
	assert_int_equal(site_search(s, (struct hf_catalog_query){.text = "bus", .principal = "roads/x"}).count, 1);
	must_withdraw(s, &bus.id);
	net_settle(n);
	assert_int_equal(site_search(s, (struct hf_catalog_query){.text = "bus"}).count, 0);
	assert_int_equal(site_search(s, (struct hf_catalog_query){.limit = 1}).count, 2);
	net_free(n);
}

/* SB-3, SB-23: what the scope hides is in no page of a search, whatever the words. */
static void search_shows_only_what_the_asker_may_see(void **state)
{
	struct site *s;
	struct net *n = one_node(&s);

	(void)state;
	for (unsigned i = 0; i < 40; i++)
		must_publish(s, "hidden flights", i % 4 ? "nodes:hub" : "nodes:roads/bridges");
	net_settle(n);
	assert_int_equal(site_search(s, (struct hf_catalog_query){.text = "flights"}).count, 40);
	assert_int_equal(
	        site_search(s, (struct hf_catalog_query){.text = "flights", .principal = "roads/bridges", .limit = 3})
	                .count,
	        10);
	assert_int_equal(
	        site_search(s, (struct hf_catalog_query){.text = "flights", .principal = "roads/tunnels", .limit = 3})
	                .count,
	        0);
	net_free(n);
}

/* What is being committed is nobody's yet: its scope is not in force, so it is shown to no department. */
static void what_is_being_committed_is_not_shown(void **state)
{
	struct site *s;
	struct net *n = one_node(&s);
	const struct hf_catalog_query asked = {.text = "hidden", .principal = "roads/tunnels"};
	struct hf_published p;
	struct hf_fault f;
	Hufu__CatalogEntry e;

	(void)state;
	p = must_publish(s, "hidden flights", "nodes:hub"); /* submitted; its commit has not been heard of */
	assert_int_equal(site_search(s, asked).count, 0);
	assert_false(visible(s, &p.id, "roads/tunnels"));
	net_settle(n);
	p = must_publish(s, "for all", "everyone");
	net_settle(n);
	assert_true(visible(s, &p.id, "roads/tunnels"));
	entry_wish(&e, "hidden from now on"); /* the new text comes with a narrower scope */
	e.id = (ProtobufCBinaryData){sizeof(p.id.b), p.id.b};
	assert_int_equal(site_publish(s, &e, "nodes:hub", &p, &f), HF_OK);
	assert_int_equal(site_search(s, asked).count, 0);
	assert_false(visible(s, &p.id, "roads/tunnels"));
	net_settle(n);
	net_free(n);
}

static void an_entry_past_its_validity_is_not_found(void **state)
{
	struct site *s;
	struct net *n = one_node(&s);
	Hufu__CatalogEntry e;
	struct hf_published p;
	struct hf_fault f;

	(void)state;
	entry_wish(&e, "flights");
	e.not_after_ms = n->now_ms + 1000;
	assert_int_equal(site_publish(s, &e, "everyone", &p, &f), HF_OK);
	net_settle(n);
	assert_int_equal(site_search(s, (struct hf_catalog_query){.text = "flights"}).count, 1);
	n->now_ms += 1000;
	assert_int_equal(site_search(s, (struct hf_catalog_query){.text = "flights"}).count, 0);
	net_free(n);
}

static void texts_over_their_bounds_are_refused(void **state)
{
	struct site *s;
	struct net *n = one_node(&s);
	Hufu__CatalogEntry e;
	char *longest = hf_alloc_zero(600);

	(void)state;
	memset(longest, 'x', 599);
	entry_wish(&e, longest);
	assert_refused(s, &e, "everyone", HF_E_ARGUMENT, "too long");
	entry_wish(&e, "bad \xFF text");
	assert_refused(s, &e, "everyone", HF_E_ARGUMENT, "plain text");
	free(longest);
	net_free(n);
}

/* What people, or a look, say that the field "id" of the source holds now. */
static void say(struct net *n, struct site *s, enum hf_class_state state, const char *data_class, uint32_t level)
{
	struct hf_unit *u = hf_unit_new();
	struct hf_source_view v;
	struct hf_fault f = {HF_OK, ""};

	assert_int_equal(hf_source_get(s->sources, "flights", &v), HF_OK);
	v.fields[0].class = (struct hf_field_class){.state = state, .kind = "acme.id", .level = level};
	snprintf(v.fields[0].class.data_class, sizeof(v.fields[0].class.data_class), "%s", data_class);
	assert_int_equal(hf_source_put(s->sources, u, &v, &f), HF_OK);
	hf_store_submit(s->store, u, NULL, NULL);
	net_settle(n);
	hf_source_view_done(&v);
}

static void control_general(struct net *n, struct site *s, const char *control)
{
	static const char *const classes[] = {"general", "personal", "important", "core"};
	HF_CLEANUP(hf_buf_done) struct hf_buf b = HF_BUF_INIT;
	struct hf_unit *u = hf_unit_new();
	struct hf_fault f = {HF_OK, ""};
	uint32_t version;

	hf_buf_addf(&b, "{\"controls\": 1, \"review\": \"2099-01-01\", \"levels\": [");
	for (unsigned i = 0; i < 16; i++)
		hf_buf_addf(&b, "%s{\"class\": \"%s\", \"level\": %u, \"control\": \"%s\"}", i ? "," : "",
		            classes[i / 4], i % 4 + 1, i < 4 ? control : "approve");
	hf_buf_add(&b, "]}", 3);
	const struct hf_mask_policy_in in = {
	        .kind = HF_MASK_CONTROLS, .text = (const char *)b.data, .by = "bai", .now_ms = n->now_ms};
	if (hf_mask_policy_put(s->store, u, &in, &version, &f) != HF_OK)
		fail_msg("%s", f.text);
	hf_store_submit(s->store, u, NULL, NULL);
	net_settle(n);
}

struct stands {
	struct site *site;
	struct hf_id entry;
};

static void stands(const struct stands *e, const struct hf_going_out *out, const char *words)
{
	HF_CLEANUP(hf_catalog_item_done) struct hf_catalog_item it = {0};
	struct hf_source_view v;
	struct hf_fault f = {HF_OK, ""};

	assert_int_equal(hf_catalog_get(e->site->catalog, e->site->name, &e->entry, &it), HF_OK);
	assert_int_equal(hf_source_get(e->site->sources, "flights", &v), HF_OK);
	assert_int_equal(hf_catalog_classes_stand(e->site->catalog, &it, &v, out, &f),
	                 words ? HF_E_UNCLASSIFIED : HF_OK);
	if (words && (!strstr(f.text, words) || !strstr(f.text, "field 'id' holds acme.id")))
		fail_msg("'%s' does not say '%s'", f.text, words);
	hf_source_view_done(&v);
}

/* MK-15, MK-54, DS-30: what is said, or controlled, after an entry was published counts for what goes out by it. */
static void what_is_said_later_counts_for_an_entry_that_is_there(void **state)
{
	static const char *const all[] = {"id", "delay"};
	static const struct hf_going_out plain = {all, 2, false}, masked = {all, 2, true}, other = {all + 1, 1, false};
	struct site *s;
	struct net *n = one_node(&s);
	struct stands e = {.site = s, .entry = must_publish(s, "departures", "everyone").id};
	struct hf_published p;
	struct hf_fault f = {HF_OK, ""};
	Hufu__CatalogEntry wish;

	(void)state;
	net_settle(n);
	stands(&e, &plain, NULL);
	say(n, s, HF_CLASS_PROPOSED, "personal", 4); /* nobody has said it, in plain or masked */
	stands(&e, &plain, "by a scan alone, which nobody has confirmed");
	stands(&e, &masked, "hufu source classify");
	stands(&e, &other, NULL);
	say(n, s, HF_CLASS_UNSEEN, "", 0); /* published before anybody was asked */
	stands(&e, &plain, NULL);
	say(n, s, HF_CLASS_CONFIRMED, "important", 2);
	stands(&e, &plain, "--level 2");
	say(n, s, HF_CLASS_DOUBTED, "personal", 3); /* somebody had */
	stands(&e, &plain, "publish it anew");
	say(n, s, HF_CLASS_CONFIRMED, "personal", 4);
	stands(&e, &plain, "publish it anew");
	stands(&e, &masked, NULL);
	stands(&e, &other, NULL);
	entry_wish(&wish, "departures");
	wish.legal_basis = (char *)"by law";
	assert_int_equal(site_publish(s, &wish, "everyone", &p, &f), HF_OK);
	net_settle(n);
	stands(&(struct stands){s, p.id}, &plain, NULL);
	say(n, s, HF_CLASS_CONFIRMED, "general", 1);
	stands(&e, &plain, NULL);
	control_general(n, s, "mask");
	stands(&e, &plain, "--duty mask:PLAN");
	stands(&e, &masked, NULL);
	control_general(n, s, "never");
	stands(&e, &plain, "never offered");
	stands(&e, &masked, "never offered");
	stands(&e, &other, NULL);
	net_free(n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(entries_that_lack_a_statement_are_refused),
	        cmocka_unit_test(unknown_names_are_refused),
	        cmocka_unit_test(publications_that_are_refused),
	        cmocka_unit_test(a_node_without_the_role_cannot_publish),
	        cmocka_unit_test(the_entry_holds_what_the_scan_found),
	        cmocka_unit_test(versions_rise_and_survive_a_restart),
	        cmocka_unit_test(scopes_cover_nodes_and_own_departments),
	        cmocka_unit_test(search_by_words_and_attributes),
	        cmocka_unit_test(search_shows_only_what_the_asker_may_see),
	        cmocka_unit_test(what_is_being_committed_is_not_shown),
	        cmocka_unit_test(an_entry_past_its_validity_is_not_found),
	        cmocka_unit_test(texts_over_their_bounds_are_refused),
	        cmocka_unit_test(what_is_said_later_counts_for_an_entry_that_is_there),
	};

	return hf_crypto_init() ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
