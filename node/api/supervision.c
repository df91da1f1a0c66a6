/*
 * supervision.c - what is done with data of one grade (DS-20): each of its entries that this node holds, with every
 * operation on it in the ledgers held here, whoever took it. For who reads the audit.
 */
#include <stdlib.h>

#include "api/catalog_json.h"
#include "api/rows.h"
#include "api/transfers.h"
#include "base/mem.h"

#define RESOURCES_MAX 500u
#define OPERATIONS_DEFAULT 100
#define LEVEL_CORE 3u

struct supervised {
	struct hf_id id[RESOURCES_MAX];
	json_t *shown[RESOURCES_MAX]; /* borrowed from the answer */
	size_t count;
	json_t *list;
};

static bool take_entry(void *ctx, const struct hf_catalog_item *it)
{
	struct supervised *s = ctx;
	struct hf_id id;

	if (s->count == RESOURCES_MAX)
		return false;
	if (!hf_id_from_bytes(it->entry->id.data, it->entry->id.len, &id))
		return true;
	json_t *o = catalog_json_row(it);
	json_array_append_new(s->list, o);
	s->id[s->count] = id;
	s->shown[s->count++] = o;
	return true;
}

static enum hf_err find_entries(struct hf_api_request *rq, uint32_t level, struct supervised *s)
{
	struct hf_catalog_query q = {.level = level, .limit = HF_CATALOG_PAGE};
	struct hf_id next;

	do {
		HF_TRY(hf_catalog_search(rq->m->catalog, &q, take_entry, s, &next, &rq->fault));
		q.after = next;
	} while (!hf_id_is_zero(&next) && s->count < RESOURCES_MAX);
	return HF_OK;
}

static void add_note(void *ctx, const char *text)
{
	json_array_append_new(json_object_get(ctx, "coverage"), json_string(text));
}

static bool add_operation(void *ctx, const struct hf_ledger_row *r)
{
	json_array_append_new(json_object_get(ctx, "operations"), hf_api_ledger_row(r));
	return true;
}

/* The operations on one of them; "next": there are more. */
static enum hf_err read_operations(struct hf_api_request *rq, struct hf_uses *u, json_t *o)
{
	struct hf_use_at next = {0};

	json_object_set_new(o, "operations", json_array());
	json_object_set_new(o, "coverage", json_array());
	u->ctx = o;
	enum hf_err e = hf_ledger_uses(rq->m->ledger, u, &next);
	json_object_set_new(o, "more", json_boolean(next.node[0] != '\0'));
	return e == HF_E_UNKNOWN ? HF_OK : e; /* nothing was done with it yet */
}

static enum hf_err read_question(struct hf_api_request *rq, uint32_t *ret_level, struct hf_uses *u)
{
	const char *level = "";
	int64_t limit = OPERATIONS_DEFAULT;

	HF_TRY(hf_api_text(rq, "level", false, 16, &level));
	*ret_level = *level ? catalog_json_level(level) : LEVEL_CORE;
	if (!*ret_level)
		return hf_fault_set(&rq->fault, HF_E_ARGUMENT,
		                    "field 'level' is none of 1 general, 2 important, 3 core");
	HF_TRY(hf_api_time(rq, "from", false, &u->after.time_ms));
	HF_TRY(hf_api_time(rq, "until", false, &u->until_ms));
	HF_TRY(hf_api_int(rq, "limit", false, 1, HF_USES_MAX, &limit));
	u->limit = (size_t)limit;
	return HF_OK;
}

static enum hf_err supervise(struct hf_api_request *rq)
{
	struct hf_uses u = {.row = add_operation, .note = add_note};
	uint32_t level = 0;

	HF_TRY(read_question(rq, &level, &u));
	hf_draft_textf(rq->draft, HF_FIELD_OBJECT, "operations on data of level %u", level);
	struct supervised *s = hf_alloc_zero(sizeof(*s));
	s->list = json_array();
	json_object_set_new(rq->out, "resources", s->list);
	enum hf_err e = find_entries(rq, level, s);
	for (size_t i = 0; e == HF_OK && i < s->count; i++) {
		u.resource = s->id[i];
		e = read_operations(rq, &u, s->shown[i]);
	}
	free(s);
	return e;
}

const struct hf_route hf_routes_supervision[] = {
        {"GET", "/v1/ledger/supervision", HF_MAY_AUDIT_READ, HF_EVENT_AUDIT_READ, supervise, 0},
        {NULL, NULL, HF_MAY_NOTHING_NEEDED, HF_EVENT_INVALID, NULL, 0},
};
