/*
 * authzen_search.c - who may read R, what may X read, what may X do with R: each candidate is decided like a request,
 * so that a search never says more than an evaluation would. A page is bound to the rules and to the question: when
 * either has changed, or the node has started anew, its token is refused.
 *
 * Candidates: resources are the entries that this node publishes; subjects every system that the node knows by name
 * (authz/candidates.h), with the properties that let it in where the question leaves them out, or its organization;
 * actions those that exist.
 */
#include <stdlib.h>
#include <string.h>

#include "api/authzen.h"
#include "authz/candidates.h"
#include "base/mem.h"
#include "catalog/catalog.h"
#include "crypto/base64.h"
#include "peers/peers.h"

#define LIMIT_DEFAULT 100
#define LIMIT_MOST 1000
#define LOOKED_AT_MOST 5000 /* decisions for one page: it may be short and go on */
#define NAME_CAP (HF_NAME_MAX * 2 + 2)

struct names {
	struct name {
		char id[NAME_CAP];
		const struct hf_candidate *as; /* what goes with it; NULL: nothing */
	} * name;
	size_t count, cap;
};

static void add_name(struct names *n, const char *id, const struct hf_candidate *as)
{
	if (n->count == n->cap) {
		n->cap = n->cap ? n->cap * 2 : 64;
		n->name = hf_realloc(n->name, n->cap * sizeof(*n->name));
	}
	snprintf(n->name[n->count].id, sizeof(n->name->id), "%s", id);
	n->name[n->count++].as = as;
}

/* In order: a page goes on behind a name, wherever that is by then. Of one name the candidates in their order, the one
 * with nothing stated first. */
static int by_name(const void *a, const void *b)
{
	const struct name *x = a, *y = b;
	int order = strcmp(x->id, y->id);
	return order ? order : (x->as > y->as) - (x->as < y->as);
}

/* ---- pages ---- */

struct page {
	size_t limit;
	uint8_t bind[16];     /* of rules and question */
	uint32_t done;        /* so many candidates of the last name were looked at, and more are there; 0: all */
	char after[NAME_CAP]; /* the last name that was looked at; "": none */
};
enum { TOKEN_HEAD = 16 + 4 };

static void bind_page(const struct hf_modules *m, const json_t *in, uint8_t out[16])
{
	json_t *q = json_copy((json_t *)in);
	json_object_del(q, "page");
	char *text = json_dumps(q, JSON_COMPACT | JSON_SORT_KEYS);
	uint8_t seed[8 + HF_AUTHZ_START_LEN + 32];
	struct hf_hash h;
	hf_put_u64(seed, hf_authz_leave_changes(m->authz));
	hf_sha256(text ? text : "", text ? strlen(text) : 0, &h);
	memcpy(seed + 8, hf_authz_start(m->authz), HF_AUTHZ_START_LEN);
	memcpy(seed + 8 + HF_AUTHZ_START_LEN, h.b, 32);
	hf_sha256(seed, sizeof(seed), &h);
	memcpy(out, h.b, 16);
	free(text);
	json_decref(q);
}

/* What the page is bound to, and the last name: a position would be another name once something comes or goes. */
static enum hf_err read_token(const char *text, struct page *p, struct authzen_answer *a)
{
	uint8_t raw[TOKEN_HEAD + NAME_CAP];
	size_t len = strlen(text) / 2, bound = TOKEN_HEAD;
	if (!*text)
		return HF_OK;
	if (len <= bound || len >= sizeof(raw) || !hf_hex_decode(text, strlen(text), raw, len) ||
	    memchr(raw + bound, 0, len - bound))
		return zen_fault(a, 400, "page.token is none of this node; search again without it");
	if (memcmp(raw, p->bind, sizeof(p->bind)) != 0)
		return zen_fault(a, 400,
		                 "page.token belongs to another question, to rules, consents or members that have "
		                 "changed, or to before a start of this node; search again without it");
	p->done = hf_get_u32(raw + sizeof(p->bind));
	memcpy(p->after, raw + bound, len - bound);
	p->after[len - bound] = '\0';
	return HF_OK;
}

static enum hf_err read_page(const struct hf_modules *m, const json_t *in, struct page *p, struct authzen_answer *a)
{
	const json_t *o = json_object_get(in, "page"), *limit = json_object_get(o, "limit"),
	             *token = json_object_get(o, "token");
	*p = (struct page){.limit = LIMIT_DEFAULT};
	bind_page(m, in, p->bind);
	if (o && !json_is_object(o))
		return zen_fault(a, 400, "the member 'page' is no object");
	if (limit && (!json_is_integer(limit) || json_integer_value(limit) < 1))
		return zen_fault(a, 400, "page.limit is no number above 0");
	if (limit)
		p->limit = json_integer_value(limit) < LIMIT_MOST ? (size_t)json_integer_value(limit) : LIMIT_MOST;
	if (token && !json_is_string(token))
		return zen_fault(a, 400, "page.token is no string");
	return read_token(token ? json_string_value(token) : "", p, a);
}

/* The next page goes on behind the last name, or inside of it; "": there is no next page. */
static void write_page(const struct page *next, json_t *results, struct authzen_answer *a)
{
	uint8_t raw[TOKEN_HEAD + NAME_CAP];
	char token[sizeof(raw) * 2 + 1] = "";
	if (*next->after) {
		memcpy(raw, next->bind, sizeof(next->bind));
		hf_put_u32(raw + sizeof(next->bind), next->done);
		memcpy(raw + TOKEN_HEAD, next->after, strlen(next->after));
		hf_hex(raw, TOKEN_HEAD + strlen(next->after), token);
	}
	zen_write_json(json_pack("{s:{s:s, s:i}, s:o}", "page", "next_token", token, "count",
	                         (int)json_array_size(results), "results", results),
	               &a->body);
}

/* ---- candidates ---- */

static bool permitted(const struct hf_modules *m, const json_t *in)
{
	struct zen_question q;
	struct hf_decision d;
	zen_question(m, in, &q);
	zen_decide(m, &q, false, &d);
	bool yes = d.result == HF_OK;
	hf_decision_done(&d);
	return yes;
}

/* The properties of a candidate, but for those that the question states: they hold as it states them. */
static json_t *properties_of(const json_t *stated, const struct hf_candidate *c, bool is_organization)
{
	const struct {
		const char *name, *text;
	} list[] = {{"system", is_organization ? c->system : ""},
	            {"department", c->department},
	            {"address", c->address},
	            {"business", c->business},
	            {"identity", c->account},
	            {"roles", c->role}};
	json_t *own = json_object();
	for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++) {
		if (!*list[i].text || json_object_get(stated, list[i].name))
			continue;
		bool many = strcmp(list[i].name, "roles") == 0;
		json_object_set_new(own, list[i].name,
		                    many ? json_pack("[s]", list[i].text) : json_string(list[i].text));
	}
	return own;
}

/* The entity that was found, as an evaluation takes it; NULL: it is not permitted. */
static json_t *found(const struct hf_modules *m, const json_t *in, const char *entity, const struct name *n)
{
	const json_t *asked = json_object_get(in, entity), *stated = json_object_get(asked, "properties");
	const char *type = json_string_value(json_object_get(asked, "type"));
	json_t *q = json_copy((json_t *)in), *e = json_copy((json_t *)asked), *p = json_object();
	json_t *own = n->as ? properties_of(stated, n->as, strcmp(type, "organization") == 0) : json_object();
	if (stated)
		json_object_update(p, (json_t *)stated);
	json_object_update(p, own);
	json_object_set_new(e, "id", json_string(n->id));
	json_object_set_new(e, "properties", p);
	json_object_set_new(q, entity, e);
	json_t *out = permitted(m, q) ? json_pack("{s:s, s:s}", "type", type, "id", n->id) : NULL;
	if (out && json_object_size(own))
		json_object_set(out, "properties", own);
	json_decref(own);
	json_decref(q);
	return out;
}

static bool is_behind(const struct page *p, const char *id, uint32_t *skipped)
{
	int order = strcmp(id, p->after);
	return order > 0 || (order == 0 && (*skipped)++ >= p->done && p->done > 0);
}

/* Walks the candidates behind the page's last one; what is beyond its limits is the next page's. */
static void walk(const struct hf_modules *m, const json_t *in, const char *entity, struct names *names,
                 struct authzen_answer *a, const struct page *p)
{
	struct page next = *p;
	const char *told = "";
	json_t *results = json_array();
	size_t looked_at = 0;
	uint32_t skipped = 0;
	bool more = false;
	if (names->count)
		qsort(names->name, names->count, sizeof(*names->name), by_name);
	for (size_t i = 0; i < names->count && !more; i++) {
		const struct name *n = &names->name[i];
		if (!is_behind(p, n->id, &skipped) || strcmp(n->id, told) == 0)
			continue;
		bool is_new = strcmp(n->id, next.after) != 0;
		more = looked_at >= LOOKED_AT_MOST || (is_new && json_array_size(results) == p->limit);
		if (is_new)
			next.done = 0;
		if (more)
			break;
		snprintf(next.after, sizeof(next.after), "%s", n->id);
		next.done++;
		looked_at++;
		json_t *r = found(m, in, entity, n);
		if (r) {
			told = n->id;
			json_array_append_new(results, r);
		}
	}
	if (!more)
		next.after[0] = '\0';
	write_page(&next, results, a);
	free(names->name);
}

static bool add_entry(void *ctx, const struct hf_catalog_item *it)
{
	struct hf_id id;
	char text[HF_ID_TEXT];
	if (it->own && hf_id_from_bytes(it->entry->id.data, it->entry->id.len, &id)) {
		hf_id_text(&id, text);
		add_name(ctx, text, NULL);
	}
	return true;
}

static enum hf_err all_entries(const struct hf_modules *m, struct names *names, struct authzen_answer *a)
{
	struct hf_catalog_query q = {.own = true, .limit = HF_CATALOG_PAGE};
	struct hf_id next;
	struct hf_fault f = {HF_OK, ""};
	do {
		if (hf_catalog_search(m->catalog, &q, add_entry, names, &next, &f) != HF_OK)
			return zen_fault(a, 500, "the catalog cannot be read");
		q.after = next;
	} while (!hf_id_is_zero(&next));
	return HF_OK;
}

enum hf_err zen_search_resource(const struct hf_modules *m, const struct authzen_asker *gateway, const json_t *in,
                                struct authzen_answer *a)
{
	struct names names = {NULL, 0, 0};
	struct page p;
	(void)gateway;
	HF_TRY(zen_entity(in, "subject", ZEN_TYPE | ZEN_ID, a));
	HF_TRY(zen_entity(in, "action", ZEN_NAME, a));
	HF_TRY(zen_entity(in, "resource", ZEN_TYPE, a));
	HF_TRY(zen_context(in, a));
	HF_TRY(read_page(m, in, &p, a));
	enum hf_err e = all_entries(m, &names, a);
	if (e == HF_OK)
		walk(m, in, "resource", &names, a, &p);
	else
		free(names.name);
	return e;
}

/* The organization whose systems alone are asked for; of organizations it is what is searched. */
static const char *one_organization(const json_t *subject, bool is_organization)
{
	return is_organization
	               ? NULL
	               : json_string_value(json_object_get(json_object_get(subject, "properties"), "organization"));
}

static void add_subjects(const struct hf_candidates *c, bool is_organization, struct names *names)
{
	char id[NAME_CAP];
	for (size_t i = 0; i < c->count; i++) {
		const struct hf_candidate *x = &c->list[i];
		snprintf(id, sizeof(id), "%s%s%s", x->organization, is_organization ? "" : "/",
		         is_organization ? "" : x->system);
		add_name(names, id, x);
	}
}

/* An id that was sent is ignored, as the standard says. */
enum hf_err zen_search_subject(const struct hf_modules *m, const struct authzen_asker *gateway, const json_t *in,
                               struct authzen_answer *a)
{
	struct hf_candidates candidates = {NULL, 0, 0};
	struct hf_fault f = {HF_OK, ""};
	struct names names = {NULL, 0, 0};
	struct page p;
	(void)gateway;
	HF_TRY(zen_entity(in, "subject", ZEN_TYPE, a));
	HF_TRY(zen_entity(in, "action", ZEN_NAME, a));
	HF_TRY(zen_entity(in, "resource", ZEN_TYPE | ZEN_ID, a));
	HF_TRY(zen_context(in, a));
	HF_TRY(read_page(m, in, &p, a));
	const json_t *subject = json_object_get(in, "subject");
	bool is_organization = strcmp(json_string_value(json_object_get(subject, "type")), "organization") == 0;
	struct zen_question q;
	zen_question(m, in, &q);
	if (hf_authz_candidates(m->authz, &q.rq.resource, one_organization(subject, is_organization), &candidates,
	                        &f) != HF_OK)
		return zen_fault(a, f.code == HF_E_LIMIT ? 400 : 500, f.text);
	add_subjects(&candidates, is_organization, &names);
	walk(m, in, "subject", &names, a, &p);
	hf_candidates_done(&candidates);
	return HF_OK;
}

/* The operations that an authorization can be for. */
static const char *const actions[] = {"read"};

enum hf_err zen_search_action(const struct hf_modules *m, const struct authzen_asker *gateway, const json_t *in,
                              struct authzen_answer *a)
{
	struct page p;
	(void)gateway;
	HF_TRY(zen_entity(in, "subject", ZEN_TYPE | ZEN_ID, a));
	HF_TRY(zen_entity(in, "resource", ZEN_TYPE | ZEN_ID, a));
	if (json_object_get(in, "action"))
		return zen_fault(a, 400, "a search for actions has no member 'action'");
	HF_TRY(zen_context(in, a));
	HF_TRY(read_page(m, in, &p, a));
	json_t *q = json_copy((json_t *)in), *results = json_array();
	for (size_t i = 0; !*p.after && i < sizeof(actions) / sizeof(actions[0]); i++) {
		json_object_set_new(q, "action", json_pack("{s:s}", "name", actions[i]));
		if (permitted(m, q))
			json_array_append_new(results, json_pack("{s:s}", "name", actions[i]));
	}
	json_decref(q);
	p.after[0] = '\0';
	write_page(&p, results, a);
	return HF_OK;
}
