/*
 * authzen_search.c - who may read R, what may X read, what may X do with R: each candidate is decided like a request,
 * so that a search never says more than an evaluation would. A page is bound to the rules and to the question: when
 * either has changed, its token is refused.
 *
 * Candidates: resources are the entries that this node publishes; organizations the members; systems those that a grant
 * of this node names. A system that only a rule covers has no name here before it comes.
 */
#include <stdlib.h>
#include <string.h>

#include "api/authzen.h"
#include "base/mem.h"
#include "catalog/catalog.h"
#include "crypto/base64.h"
#include "peers/peers.h"

#define LIMIT_DEFAULT 100
#define LIMIT_MOST 1000
#define MEMBERS_MOST 4096
#define NAME_CAP (HF_NAME_MAX * 2 + 2)

struct names {
	char (*name)[NAME_CAP];
	size_t count, cap;
};

static void add_name(struct names *n, const char *text)
{
	if (n->count == n->cap) {
		n->cap = n->cap ? n->cap * 2 : 64;
		n->name = hf_realloc(n->name, n->cap * sizeof(*n->name));
	}
	snprintf(n->name[n->count++], sizeof(*n->name), "%s", text);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* In order, each once: a page goes on behind a name, wherever that is by then. */
static void sort_names(struct names *n)
{
	size_t kept = 0;
	if (n->count == 0)
		return;
	qsort(n->name, n->count, sizeof(*n->name), by_name);
	for (size_t i = 1; i < n->count; i++)
		if (strcmp(n->name[kept], n->name[i]) != 0)
			memmove(n->name[++kept], n->name[i], sizeof(*n->name));
	n->count = kept + 1;
}

/* ---- pages ---- */

struct page {
	size_t limit;
	uint8_t bind[16];     /* of rules and question */
	char after[NAME_CAP]; /* the last name that was looked at; "": none */
};

static void bind_page(const struct hf_modules *m, const json_t *in, uint8_t out[16])
{
	json_t *q = json_copy((json_t *)in);
	json_object_del(q, "page");
	char *text = json_dumps(q, JSON_COMPACT | JSON_SORT_KEYS);
	uint8_t seed[8 + 32];
	struct hf_hash h;
	hf_put_u64(seed, hf_authz_changes(m->authz));
	hf_sha256(text ? text : "", text ? strlen(text) : 0, &h);
	memcpy(seed + 8, h.b, 32);
	hf_sha256(seed, sizeof(seed), &h);
	memcpy(out, h.b, 16);
	free(text);
	json_decref(q);
}

/* What the page is bound to, and the last name: a position would be another name once something comes or goes. */
static enum hf_err read_token(const char *text, struct page *p, struct authzen_answer *a)
{
	uint8_t raw[sizeof(p->bind) + NAME_CAP];
	size_t len = strlen(text) / 2, bound = sizeof(p->bind);
	if (!*text)
		return HF_OK;
	if (len <= bound || len >= sizeof(raw) || !hf_hex_decode(text, strlen(text), raw, len) ||
	    memchr(raw + bound, 0, len - bound))
		return zen_fault(a, 400, "page.token is none of this node; search again without it");
	if (memcmp(raw, p->bind, bound) != 0)
		return zen_fault(a, 400,
		                 "page.token belongs to another question or to rules that have changed; search again "
		                 "without it");
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

/* last: the name that the next page goes on behind; "": there is no next page. */
static void write_page(const struct page *p, json_t *results, const char *last, struct authzen_answer *a)
{
	uint8_t raw[sizeof(p->bind) + NAME_CAP];
	char token[sizeof(raw) * 2 + 1] = "";
	if (*last) {
		memcpy(raw, p->bind, sizeof(p->bind));
		memcpy(raw + sizeof(p->bind), last, strlen(last));
		hf_hex(raw, sizeof(p->bind) + strlen(last), token);
	}
	a->out = json_pack("{s:{s:s, s:i}, s:o}", "page", "next_token", token, "count", (int)json_array_size(results),
	                   "results", results);
}

/* ---- candidates ---- */

static bool permitted(const struct hf_modules *m, const json_t *in)
{
	struct zen_question q;
	struct hf_decision d;
	zen_question(m, in, &q);
	zen_decide(m, &q, &d);
	bool yes = d.result == HF_OK;
	hf_decision_done(&d);
	return yes;
}

static bool permitted_as(const struct hf_modules *m, const json_t *in, const char *entity, const char *id)
{
	json_t *q = json_copy((json_t *)in), *e = json_copy(json_object_get(in, entity));
	json_object_set_new(e, "id", json_string(id));
	json_object_set_new(q, entity, e);
	bool yes = permitted(m, q);
	json_decref(q);
	return yes;
}

/* Walks the candidates behind the page's last name; what is beyond its limit is the next page's. */
static void walk(const struct hf_modules *m, const json_t *in, const char *entity, struct names *names,
                 struct authzen_answer *a, const struct page *p)
{
	const char *type = json_string_value(json_object_get(json_object_get(in, entity), "type")), *last = p->after;
	json_t *results = json_array();
	bool more = false;
	sort_names(names);
	for (size_t i = 0; i < names->count && !more; i++) {
		if (strcmp(names->name[i], p->after) <= 0)
			continue;
		more = json_array_size(results) == p->limit;
		if (!more && permitted_as(m, in, entity, names->name[i]))
			json_array_append_new(results, json_pack("{s:s, s:s}", "type", type, "id", names->name[i]));
		if (!more)
			last = names->name[i];
	}
	write_page(p, results, more ? last : "", a);
	free(names->name);
}

static bool add_entry(void *ctx, const struct hf_catalog_item *it)
{
	struct hf_id id;
	char text[HF_ID_TEXT];
	if (it->own && hf_id_from_bytes(it->entry->id.data, it->entry->id.len, &id)) {
		hf_id_text(&id, text);
		add_name(ctx, text);
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

static bool add_system(void *ctx, const Hufu__GrantRow *row, const char *state)
{
	char text[NAME_CAP];
	(void)state;
	snprintf(text, sizeof(text), "%.63s/%.63s", row->consumer, row->system);
	add_name(ctx, text);
	return true;
}

static void all_members(const struct hf_modules *m, struct names *names)
{
	struct hf_peer_view *list = hf_alloc_zero(MEMBERS_MOST * sizeof(*list));
	size_t count = hf_peers_list(m->peers, list, MEMBERS_MOST);
	for (size_t i = 0; i < count; i++)
		add_name(names, list[i].id);
	add_name(names, m->base->self.s);
	free(list);
}

/* An id that was sent is ignored, as the standard says. */
enum hf_err zen_search_subject(const struct hf_modules *m, const struct authzen_asker *gateway, const json_t *in,
                               struct authzen_answer *a)
{
	struct names names = {NULL, 0, 0};
	struct page p;
	(void)gateway;
	HF_TRY(zen_entity(in, "subject", ZEN_TYPE, a));
	HF_TRY(zen_entity(in, "action", ZEN_NAME, a));
	HF_TRY(zen_entity(in, "resource", ZEN_TYPE | ZEN_ID, a));
	HF_TRY(zen_context(in, a));
	HF_TRY(read_page(m, in, &p, a));
	const char *type = json_string_value(json_object_get(json_object_get(in, "subject"), "type"));
	if (strcmp(type, "organization") == 0)
		all_members(m, &names);
	else if (hf_authz_grants(m->authz, add_system, &names) != HF_OK) {
		free(names.name);
		return zen_fault(a, 500, "the grants cannot be read");
	}
	walk(m, in, "subject", &names, a, &p);
	return HF_OK;
}

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
	json_object_set_new(q, "action", json_pack("{s:s}", "name", "read"));
	if (!*p.after && permitted(m, q))
		json_array_append_new(results, json_pack("{s:s}", "name", "read"));
	json_decref(q);
	write_page(&p, results, "", a);
	return HF_OK;
}
