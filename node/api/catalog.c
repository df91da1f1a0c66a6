/*
 * catalog.c - routes of the catalog: publish, withdraw, rescope, list, search, show, export.
 *
 * An entry that the asker may not see answers exactly like one that does not exist (SB-23); only the id that he typed
 * differs.
 */
#include <stdlib.h>
#include <string.h>

#include "api/catalog_json.h"
#include "base/mem.h"
#include "catalog/consent.h"
#include "identity/accounts.h"

#define EXPORT_PAGE 100

/* People who answer for this node's entries see them all; everybody else what his department may see. */
static bool sees_own(const struct hf_actor *a)
{
	return hf_actor_may(a, HF_MAY_PUBLISH) || hf_actor_may(a, HF_MAY_APPROVE) ||
	       hf_actor_may(a, HF_MAY_APPROVE_SECOND) || hf_actor_may(a, HF_MAY_PRIVACY_REVIEW) ||
	       hf_actor_may(a, HF_MAY_INTAKE);
}

static enum hf_err no_such_entry(struct hf_api_request *rq, const struct hf_id *id)
{
	char text[HF_ID_TEXT];

	hf_id_text(id, text);
	return hf_fault_set(&rq->fault, HF_E_UNKNOWN,
	                    "there is no entry %s in the catalog; `hufu catalog search` finds entries", text);
}

/* ---- changing ---- */

static void record(struct hf_api_request *rq, const struct hf_published *p, const char *scope, const char *purpose)
{
	char text[HF_ID_TEXT];

	hf_id_text(&p->id, text);
	hf_draft_text(rq->draft, HF_FIELD_OBJECT, text);
	hf_draft_text(rq->draft, HF_FIELD_RESOURCE, text);
	hf_draft_textf(rq->draft, HF_FIELD_DETAIL, "version %u, scope %s", p->version, scope);
	hf_draft_text(rq->draft, HF_FIELD_PURPOSE, purpose);
	hf_draft_bytes(rq->draft, HF_FIELD_DIGEST, p->digest.b, sizeof(p->digest.b));
	if (!hf_id_is_zero(&p->mandate)) {
		hf_draft_bytes(rq->draft, HF_FIELD_MANDATE, p->mandate.b, sizeof(p->mandate.b));
		hf_api_out_id(rq->out, "mandate", &p->mandate);
	}
	hf_api_out_id(rq->out, "entry", &p->id);
	json_object_set_new(rq->out, "version", json_integer(p->version));
	hf_api_out_hex(rq->out, "digest", p->digest.b, sizeof(p->digest.b));
	json_object_set_new(rq->out, "scope", json_string(scope));
}

static enum hf_err scope_of(struct hf_api_request *rq, const char *text, const struct hf_id *id,
                            struct hf_scope *ret_scope)
{
	struct hf_catalog_own own;

	if (*text || hf_id_is_zero(id))
		return hf_scope_parse(text, ret_scope, &rq->fault);
	if (hf_catalog_own(rq->m->catalog, id, &own) != HF_OK)
		return no_such_entry(rq, id);
	*ret_scope = own.scope; /* taken over */
	return HF_OK;
}

/* A person is known by his name, not by his account. NULL: the account is not one of this node's. */
static const uint8_t *name_of(struct hf_api_request *rq, uint8_t ref[32])
{
	return rq->m->identity && hf_account_name_ref(rq->m->identity, rq->actor->account, ref) == HF_OK ? ref : NULL;
}

static enum hf_err read_consents(struct hf_api_request *rq, struct hf_id *ids, struct hf_publication *p)
{
	const char **list = NULL;
	enum hf_err e = hf_api_list(rq, "consents", false, HF_CONSENTS_MAX, &list, &p->consent_count);

	for (size_t i = 0; e == HF_OK && i < p->consent_count; i++)
		if (!hf_id_parse(list[i], &ids[i]))
			e = hf_fault_set(&rq->fault, HF_E_ARGUMENT,
			                 "'%.60s' is no id of a consent record; `hufu consent "
			                 "list` names them",
			                 list[i]);
	free(list);
	p->consents = ids;
	return e;
}

static enum hf_err publish_wish(struct hf_api_request *rq, const struct catalog_wish *w, const struct hf_id *id)
{
	struct hf_publication p = {
	        .entry = &w->entry,
	        .source = w->source,
	        .mode = *w->mode ? w->mode : NULL,
	        .purpose = w->purpose,
	        .by = rq->actor->account,
	        .duty = w->duty,
	};
	HF_CLEANUP(hf_buf_done) struct hf_buf text = HF_BUF_INIT;
	HF_CLEANUP(hf_scope_done) struct hf_scope scope = {HF_SCOPE_INVALID, NULL, 0};
	struct hf_id consents[HF_CONSENTS_MAX];
	struct hf_published done = {.version = 0};
	uint8_t ref[32];

	p.by_name = name_of(rq, ref);
	HF_TRY(read_consents(rq, consents, &p));
	hf_draft_text(rq->draft, HF_FIELD_PURPOSE, w->purpose);
	hf_draft_textf(rq->draft, HF_FIELD_CLASS_GRADE, "%s/%u", w->entry.data_class, w->entry.level);
	HF_TRY(scope_of(rq, w->scope, id, &scope));
	p.scope = &scope;
	hf_scope_text(&scope, &text);
	hf_draft_textf(rq->draft, HF_FIELD_DETAIL, "scope %s", (char *)text.data);
	HF_TRY(hf_catalog_publish(rq->m->catalog, &p, rq->unit, &done, &rq->fault));
	record(rq, &done, (char *)text.data, w->purpose);
	return HF_OK;
}

static enum hf_err publish(struct hf_api_request *rq)
{
	HF_CLEANUP(hf_catalog_item_done) struct hf_catalog_item was = {0};
	HF_CLEANUP(catalog_wish_done) struct catalog_wish w;
	struct hf_id id;

	memset(&w, 0, sizeof(w));
	HF_TRY(hf_api_id(rq, "entry", false, &id));
	if (!hf_id_is_zero(&id) &&
	    (hf_catalog_get(rq->m->catalog, rq->m->base->self.s, &id, &was) != HF_OK || !was.own))
		return no_such_entry(rq, &id);
	if (was.own && was.entry->withdrawn)
		return hf_fault_set(&rq->fault, HF_E_STATE,
		                    "the entry was withdrawn and stays so; publish the data as a new entry");
	HF_TRY(catalog_json_wish(rq, hf_id_is_zero(&id) ? NULL : &was, &w));
	return publish_wish(rq, &w, &id);
}

static enum hf_err withdraw(struct hf_api_request *rq)
{
	struct hf_id id;
	struct hf_published done = {.version = 0};
	const char *reason;

	HF_TRY(hf_api_id(rq, "entry", true, &id));
	HF_TRY(hf_api_text(rq, "reason", true, 300, &reason));
	HF_TRY(hf_catalog_withdraw(rq->m->catalog, &id, rq->unit, &done, &rq->fault));
	record(rq, &done, "nobody", reason);
	return HF_OK;
}

static enum hf_err rescope(struct hf_api_request *rq)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf text = HF_BUF_INIT;
	HF_CLEANUP(hf_scope_done) struct hf_scope scope = {HF_SCOPE_INVALID, NULL, 0};
	const char *wanted, *purpose;
	struct hf_published done = {.version = 0};
	struct hf_id id;
	uint8_t ref[32];

	HF_TRY(hf_api_id(rq, "entry", true, &id));
	HF_TRY(hf_api_text(rq, "scope", true, HF_MAX_TEXT, &wanted));
	HF_TRY(hf_api_text(rq, "purpose", true, 511, &purpose));
	HF_TRY(hf_scope_parse(wanted, &scope, &rq->fault));
	const struct hf_rescope to = {&scope, purpose, rq->actor->account, name_of(rq, ref)};

	HF_TRY(hf_catalog_rescope(rq->m->catalog, &id, &to, rq->unit, &done, &rq->fault));
	hf_scope_text(&scope, &text);
	record(rq, &done, (char *)text.data, purpose);
	return HF_OK;
}

/* ---- finding ---- */

static enum hf_err read_query(struct hf_api_request *rq, struct hf_catalog_query *q)
{
	const char *level, *sharing, *after;
	int64_t limit = 50;

	HF_TRY(hf_api_text(rq, "text", false, 500, &q->text));
	HF_TRY(hf_api_text(rq, "topic", false, 127, &q->topic));
	HF_TRY(hf_api_text(rq, "publisher", false, HF_NAME_MAX, &q->publisher));
	HF_TRY(hf_api_text(rq, "class", false, 127, &q->data_class));
	HF_TRY(hf_api_text(rq, "department", false, HF_NAME_MAX, &q->department));
	HF_TRY(hf_api_text(rq, "level", false, 16, &level));
	HF_TRY(hf_api_text(rq, "sharing", false, 32, &sharing));
	HF_TRY(hf_api_int(rq, "limit", false, 1, HF_CATALOG_PAGE, &limit));
	HF_TRY(hf_api_text(rq, "after", false, HF_CATALOG_MARK, &after));
	if (*after && !hf_catalog_mark_read(rq->m->catalog, after, &q->after))
		return hf_fault_set(&rq->fault, HF_E_ARGUMENT,
		                    "field 'after' is no page mark of this node since its last start; search anew");
	q->level = catalog_json_level(level);
	q->sharing = catalog_json_sharing(sharing);
	q->limit = (size_t)limit;
	if (*level && !q->level)
		return hf_fault_set(&rq->fault, HF_E_ARGUMENT,
		                    "field 'level' is none of 1 general, 2 important, 3 core");
	if (*sharing && !q->sharing)
		return hf_fault_set(&rq->fault, HF_E_ARGUMENT,
		                    "field 'sharing' is none of unconditional, conditional, not-shared");
	q->principal = sees_own(rq->actor) ? NULL : rq->actor->principal;
	return HF_OK;
}

static bool add_row(void *ctx, const struct hf_catalog_item *it)
{
	json_array_append_new(ctx, catalog_json_row(it));
	return true;
}

static enum hf_err run_query(struct hf_api_request *rq, const struct hf_catalog_query *q, hf_catalog_item_fn add,
                             void *ctx)
{
	struct hf_id next;
	char mark[HF_CATALOG_MARK];

	HF_TRY(hf_catalog_search(rq->m->catalog, q, add, ctx, &next, &rq->fault));
	if (hf_id_is_zero(&next))
		return HF_OK;
	hf_catalog_mark(rq->m->catalog, &next, mark);
	json_object_set_new(rq->out, "next", json_string(mark));
	return HF_OK;
}

/* An empty list in the answer, to be filled. */
static json_t *rows_of(struct hf_api_request *rq, const char *name)
{
	json_t *rows = json_array();

	json_object_set_new(rq->out, name, rows);
	return rows;
}

static enum hf_err search(struct hf_api_request *rq)
{
	struct hf_catalog_query q = {0};

	HF_TRY(read_query(rq, &q));
	return run_query(rq, &q, add_row, rows_of(rq, "entries"));
}

static enum hf_err list(struct hf_api_request *rq)
{
	struct hf_catalog_query q = {0};

	HF_TRY(read_query(rq, &q));
	HF_TRY(hf_api_bool(rq, "own", false, &q.own));
	return run_query(rq, &q, add_row, rows_of(rq, "entries"));
}

static void show_own(struct hf_api_request *rq, const struct hf_id *id)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf text = HF_BUF_INIT;
	struct hf_catalog_own own;

	if (hf_catalog_own(rq->m->catalog, id, &own) != HF_OK)
		return;
	hf_scope_text(&own.scope, &text);
	json_object_set_new(rq->out, "scope", json_string((char *)text.data));
	json_object_set_new(rq->out, "source", json_string(own.source));
	json_object_set_new(rq->out, "publication_purpose", json_string(own.purpose));
	json_object_set_new(rq->out, "published_by", json_string(own.by));
	if (!hf_id_is_zero(&own.mandate))
		hf_api_out_id(rq->out, "mandate", &own.mandate);
	json_t *consents = json_array();

	for (size_t i = 0; i < own.consent_count; i++) {
		char id_text[HF_ID_TEXT];

		hf_id_text(&own.consents[i], id_text);
		json_array_append_new(consents, json_string(id_text));
	}
	json_object_set_new(rq->out, "consents", consents);
	hf_catalog_own_done(&own);
}

static enum hf_err show(struct hf_api_request *rq)
{
	HF_CLEANUP(hf_catalog_item_done) struct hf_catalog_item it = {0};
	bool all = sees_own(rq->actor);
	const char *publisher;
	struct hf_id id;

	HF_TRY(hf_api_id(rq, "entry", true, &id));
	HF_TRY(hf_api_text(rq, "publisher", false, HF_NAME_MAX, &publisher));
	enum hf_err e = hf_catalog_get(rq->m->catalog, *publisher ? publisher : NULL, &id, &it);
	if (e == HF_E_CONFLICT)
		return hf_fault_set(&rq->fault, e,
		                    "several members have published an entry under that id; name the one that is meant "
		                    "with --publisher, as `hufu catalog search` shows it");
	if (e != HF_OK || !(all || hf_catalog_visible(rq->m->catalog, &it, rq->actor->principal)))
		return no_such_entry(rq, &id);
	catalog_json_entry(rq->out, &it);
	if (it.own && all)
		show_own(rq, &id);
	return catalog_json_samples(rq, &it, all ? NULL : rq->actor->principal, false, rq->out);
}

/* ---- export ---- */

static bool add_entry(void *ctx, const struct hf_catalog_item *it)
{
	json_t *o = json_object();

	catalog_json_entry(o, it);
	json_array_append_new(ctx, o);
	return true;
}

/* What a page shows, with the samples of each. */
struct datasets {
	struct hf_api_request *rq;
	const char *principal;
	json_t *rows;
	enum hf_err error;
};

static bool add_dataset(void *ctx, const struct hf_catalog_item *it)
{
	struct datasets *d = ctx;
	json_t *o = catalog_json_dcat(it);

	d->error = catalog_json_samples(d->rq, it, d->principal, true, o);
	json_array_append_new(d->rows, o);
	return d->error == HF_OK;
}

/* One page; the caller puts the pages together. */
static enum hf_err export_page(struct hf_api_request *rq)
{
	struct hf_catalog_query q = {0};
	const char *format;

	HF_TRY(read_query(rq, &q));
	HF_TRY(hf_api_text(rq, "format", false, 16, &format));
	q.limit = EXPORT_PAGE;
	if (!*format || strcmp(format, "json") == 0)
		return run_query(rq, &q, add_entry, rows_of(rq, "entries"));
	if (strcmp(format, "dcat") != 0)
		return hf_fault_set(&rq->fault, HF_E_UNSUPPORTED,
		                    "the catalog is exported as json or dcat, not as '%s'", format);
	json_object_set_new(rq->out, "@context", catalog_json_dcat_context());
	json_object_set_new(rq->out, "@type", json_string("dcat:Catalog"));
	struct datasets d = {rq, q.principal, rows_of(rq, "dcat:dataset"), HF_OK};

	HF_TRY(run_query(rq, &q, add_dataset, &d));
	return d.error;
}

const struct hf_route hf_routes_catalog[] = {
        {"POST", "/v1/catalog/publish", HF_MAY_PUBLISH, HF_EVENT_PUBLISH, publish, 0},
        {"POST", "/v1/catalog/withdraw", HF_MAY_PUBLISH, HF_EVENT_WITHDRAW, withdraw, 0},
        {"POST", "/v1/catalog/rescope", HF_MAY_PUBLISH, HF_EVENT_PUBLISH, rescope, 0},
        {"GET", "/v1/catalog/list", HF_MAY_SEARCH, HF_EVENT_INVALID, list, 0},
        {"GET", "/v1/catalog/search", HF_MAY_SEARCH, HF_EVENT_INVALID, search, 0},
        {"GET", "/v1/catalog/show", HF_MAY_SEARCH, HF_EVENT_INVALID, show, 0},
        {"GET", "/v1/catalog/export", HF_MAY_SEARCH, HF_EVENT_INVALID, export_page, 0},
        {NULL, NULL, HF_MAY_NOTHING_NEEDED, HF_EVENT_INVALID, NULL, 0},
};
