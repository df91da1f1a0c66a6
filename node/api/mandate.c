/* mandate.c - the routes of recorded authorizations to publish and to apply (DS-23 ... DS-25); judged in node/catalog.
 */
#include "catalog/mandate.h"

#include <stdlib.h>
#include <string.h>

#include "api/api.h"
#include "api/catalog_json.h"
#include "identity/accounts.h"

/* What a request names: lists that live until wish_done. */
struct wish {
	Hufu__MandateRow row;
	Hufu__CatalogScope receivers;
	struct hf_scope scope;
	const char **lists[8];
	size_t list_count;
	ProtobufCBinaryData entries[HF_MANDATE_LIST];
	struct hf_id entry_ids[HF_MANDATE_LIST], id;
	uint32_t sharing[3];
	uint8_t name[32];
};

static void wish_done(struct wish *w)
{
	for (size_t i = 0; i < w->list_count; i++)
		free(w->lists[i]);
	hf_scope_done(&w->scope);
}

static enum hf_err read_list(struct hf_api_request *rq, struct wish *w, const char *name, char ***ret_list,
                             size_t *ret_count)
{
	const char **list = NULL;
	enum hf_err e = hf_api_list(rq, name, false, HF_MANDATE_LIST, &list, ret_count);
	if (list)
		w->lists[w->list_count++] = list;
	*ret_list = (char **)list;
	return e;
}

static enum hf_err read_entries(struct hf_api_request *rq, struct wish *w)
{
	char **list = NULL;
	size_t count = 0;
	HF_TRY(read_list(rq, w, "entries", &list, &count));
	for (size_t i = 0; i < count; i++) {
		if (!hf_id_parse(list[i], &w->entry_ids[i]))
			return hf_fault_set(&rq->fault, HF_E_ARGUMENT, "'%.60s' is no id of a catalog entry", list[i]);
		w->entries[i] = (ProtobufCBinaryData){sizeof(w->entry_ids[i].b), w->entry_ids[i].b};
	}
	w->row.entries = w->entries;
	w->row.n_entries = count;
	return HF_OK;
}

static enum hf_err read_sharing(struct hf_api_request *rq, struct wish *w)
{
	char **list = NULL;
	size_t count = 0;
	HF_TRY(read_list(rq, w, "sharing", &list, &count));
	if (count > 3)
		return hf_fault_set(&rq->fault, HF_E_ARGUMENT, "there are three sharing types; name each once");
	for (size_t i = 0; i < count; i++) {
		w->sharing[i] = catalog_json_sharing(list[i]);
		if (!w->sharing[i])
			return hf_fault_set(&rq->fault, HF_E_ARGUMENT,
			                    "'%.40s' is none of unconditional, conditional, not-shared", list[i]);
	}
	w->row.sharing = w->sharing;
	w->row.n_sharing = count;
	return HF_OK;
}

static enum hf_err read_receivers(struct hf_api_request *rq, struct wish *w)
{
	const char *text = "";
	HF_TRY(hf_api_text(rq, "receivers", false, HF_MAX_TEXT, &text));
	if (!*text)
		return HF_OK;
	HF_TRY(hf_scope_parse(text, &w->scope, &rq->fault));
	hufu__catalog_scope__init(&w->receivers);
	w->receivers.kind = w->scope.kind;
	w->receivers.names = w->scope.names;
	w->receivers.n_names = w->scope.count;
	w->row.receivers = &w->receivers;
	return HF_OK;
}

static enum hf_err read_scope(struct hf_api_request *rq, struct wish *w)
{
	const char *level = "", *holder = "";
	Hufu__MandateRow *r = &w->row;
	HF_TRY(read_list(rq, w, "purposes", &r->purposes, &r->n_purposes));
	HF_TRY(read_list(rq, w, "sources", &r->sources, &r->n_sources));
	HF_TRY(read_list(rq, w, "topics", &r->topics, &r->n_topics));
	HF_TRY(read_list(rq, w, "departments", &r->departments, &r->n_departments));
	HF_TRY(read_list(rq, w, "classes", &r->classes, &r->n_classes));
	HF_TRY(hf_api_text(rq, "max_level", false, 16, &level));
	r->max_level = catalog_json_level(level);
	if (*level && !r->max_level)
		return hf_fault_set(&rq->fault, HF_E_ARGUMENT,
		                    "field 'max_level' is none of 1 general, 2 important, 3 core");
	HF_TRY(hf_api_text(rq, "holder", false, HF_NAME_MAX, &holder));
	r->holder = (char *)holder;
	HF_TRY(hf_api_time(rq, "from", false, &r->from_ms));
	HF_TRY(hf_api_time(rq, "until", true, &r->until_ms));
	return read_entries(rq, w);
}

static void record(struct hf_api_request *rq, const Hufu__MandateRow *row)
{
	char text[HF_ID_TEXT];
	struct hf_id id;
	if (!hf_id_from_bytes(row->id.data, row->id.len, &id))
		return;
	hf_id_text(&id, text);
	hf_draft_text(rq->draft, HF_FIELD_OBJECT, text);
	hf_draft_bytes(rq->draft, HF_FIELD_MANDATE, id.b, sizeof(id.b));
	hf_draft_text(rq->draft, HF_FIELD_PURPOSE, row->n_purposes ? row->purposes[0] : "");
	hf_draft_textf(rq->draft, HF_FIELD_DETAIL, "%s, %zu purposes", row->n_acts ? row->acts[0] : "",
	               row->n_purposes);
	hf_api_out_id(rq->out, "mandate", &id);
}

/* Signs as the giver; the row is complete then. */
static enum hf_err sign(struct hf_api_request *rq, Hufu__MandateRow *row, const char *kind, struct hf_buf *out)
{
	Hufu__Statement s = HUFU__STATEMENT__INIT;
	struct hf_hash digest;
	HF_TRY(hf_fault_default(&rq->fault, hf_mandate_digest(row, &digest)));
	s.kind = (char *)kind;
	s.object = row->id;
	s.object_digest = (ProtobufCBinaryData){sizeof(digest.b), digest.b};
	s.until_ms = row->until_ms;
	HF_TRY(hf_identity_sign(rq->m->identity, rq->actor, &s, NULL, out, &rq->fault));
	row->statement = (ProtobufCBinaryData){out->len, out->data};
	return HF_OK;
}

static enum hf_err give(struct hf_api_request *rq, struct wish *w, const char *kind)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf statement = HF_BUF_INIT;
	int64_t now = hf_now_ms(&rq->m->base->clock);
	HF_TRY(hf_mandate_check(rq->m->catalog, &w->row, &rq->fault));
	w->id = hf_id_new(now);
	w->row.id = (ProtobufCBinaryData){sizeof(w->id.b), w->id.b};
	w->row.made_ms = now;
	w->row.given_by = (char *)rq->actor->account;
	HF_TRY(hf_fault_default(&rq->fault, hf_account_name_ref(rq->m->identity, rq->actor->account, w->name)));
	w->row.given_by_name = (ProtobufCBinaryData){sizeof(w->name), w->name};
	HF_TRY(sign(rq, &w->row, kind, &statement));
	HF_TRY(hf_fault_default(&rq->fault, hf_mandate_put(rq->unit, &w->row)));
	record(rq, &w->row);
	return HF_OK;
}

static enum hf_err give_publish(struct hf_api_request *rq)
{
	static char *both[] = {(char *)HF_MANDATE_CATALOG, (char *)HF_MANDATE_DATA};
	HF_CLEANUP(wish_done) struct wish w = {.list_count = 0};
	hufu__mandate_row__init(&w.row);
	HF_TRY(read_scope(rq, &w));
	HF_TRY(read_sharing(rq, &w));
	HF_TRY(read_receivers(rq, &w));
	HF_TRY(read_list(rq, &w, "acts", &w.row.acts, &w.row.n_acts));
	if (w.row.n_acts == 0) {
		w.row.acts = both;
		w.row.n_acts = 2;
	}
	for (size_t i = 0; i < w.row.n_acts; i++)
		if (strcmp(w.row.acts[i], HF_MANDATE_APPLY) == 0)
			return hf_fault_set(&rq->fault, HF_E_ARGUMENT,
			                    "a mandate to apply is given by the data authority: `hufu mandate apply`");
	return give(rq, &w, "publish-mandate");
}

static enum hf_err give_apply(struct hf_api_request *rq)
{
	static char *apply[] = {(char *)HF_MANDATE_APPLY};
	HF_CLEANUP(wish_done) struct wish w = {.list_count = 0};
	hufu__mandate_row__init(&w.row);
	HF_TRY(read_scope(rq, &w));
	HF_TRY(read_list(rq, &w, "systems", &w.row.systems, &w.row.n_systems));
	w.row.acts = apply;
	w.row.n_acts = 1;
	return give(rq, &w, "apply-mandate");
}

/* Each kind is ended by those who may give it. */
static enum hf_err end_mandate(struct hf_api_request *rq, bool apply)
{
	Hufu__MandateRow *row = NULL;
	const char *reason = "";
	struct hf_id id;
	HF_TRY(hf_api_id(rq, "mandate", true, &id));
	HF_TRY(hf_api_text(rq, "reason", true, 300, &reason));
	HF_TRY(hf_mandate_get(rq->m->catalog, &id, &row, &rq->fault));
	bool is_apply = row->n_acts > 0 && strcmp(row->acts[0], HF_MANDATE_APPLY) == 0;
	enum hf_err e = HF_OK;
	if (is_apply != apply)
		e = hf_fault_set(&rq->fault, HF_E_PERMISSION, "the mandate is ended by %s, who may give one like it",
		                 is_apply ? "a data authority" : "an approver");
	if (e == HF_OK)
		e = hf_mandate_end(rq->m->catalog, &id, rq->actor->account, reason, rq->unit, &rq->fault);
	if (e == HF_OK) {
		record(rq, row);
		hf_draft_text(rq->draft, HF_FIELD_DETAIL, reason);
	}
	hf_decoded_free(row);
	return e;
}

static enum hf_err end_publish(struct hf_api_request *rq)
{
	return end_mandate(rq, false);
}

static enum hf_err end_apply(struct hf_api_request *rq)
{
	return end_mandate(rq, true);
}

/* ---- showing ---- */

static json_t *texts(char *const *list, size_t count)
{
	json_t *a = json_array();
	for (size_t i = 0; i < count; i++)
		json_array_append_new(a, json_string(list[i]));
	return a;
}

static void put_entries(json_t *o, const Hufu__MandateRow *row)
{
	json_t *a = json_array();
	for (size_t i = 0; i < row->n_entries; i++) {
		char text[HF_ID_TEXT];
		struct hf_id id;
		if (!hf_id_from_bytes(row->entries[i].data, row->entries[i].len, &id))
			continue;
		hf_id_text(&id, text);
		json_array_append_new(a, json_string(text));
	}
	json_object_set_new(o, "entries", a);
}

static void put_scope(json_t *o, const Hufu__MandateRow *row)
{
	static const char *const sharing[] = {"", "unconditional", "conditional", "not-shared"};
	json_t *types = json_array();
	put_entries(o, row);
	json_object_set_new(o, "sources", texts(row->sources, row->n_sources));
	json_object_set_new(o, "topics", texts(row->topics, row->n_topics));
	json_object_set_new(o, "departments", texts(row->departments, row->n_departments));
	json_object_set_new(o, "classes", texts(row->classes, row->n_classes));
	json_object_set_new(o, "systems", texts(row->systems, row->n_systems));
	json_object_set_new(o, "max_level", json_integer(row->max_level));
	for (size_t i = 0; i < row->n_sharing; i++)
		json_array_append_new(types, json_string(row->sharing[i] < 4 ? sharing[row->sharing[i]] : ""));
	json_object_set_new(o, "sharing", types);
	if (row->receivers) {
		HF_CLEANUP(hf_buf_done) struct hf_buf text = HF_BUF_INIT;
		const struct hf_scope s = {(enum hf_scope_kind)row->receivers->kind, row->receivers->names,
		                           row->receivers->n_names};
		hf_scope_text(&s, &text);
		json_object_set_new(o, "receivers", json_string((char *)text.data));
	}
}

static json_t *mandate_json(const Hufu__MandateRow *row, int64_t now_ms)
{
	json_t *o = json_object();
	struct hf_id id;
	if (hf_id_from_bytes(row->id.data, row->id.len, &id))
		hf_api_out_id(o, "mandate", &id);
	json_object_set_new(o, "state", json_string(hf_mandate_state(row, now_ms)));
	json_object_set_new(o, "acts", texts(row->acts, row->n_acts));
	json_object_set_new(o, "purposes", texts(row->purposes, row->n_purposes));
	json_object_set_new(o, "given_by", json_string(row->given_by));
	json_object_set_new(o, "holder", json_string(row->holder));
	hf_api_out_time(o, "made", row->made_ms);
	if (row->from_ms)
		hf_api_out_time(o, "from", row->from_ms);
	hf_api_out_time(o, "until", row->until_ms);
	put_scope(o, row);
	if (row->ended_ms) {
		hf_api_out_time(o, "ended", row->ended_ms);
		json_object_set_new(o, "ended_by", json_string(row->ended_by));
		json_object_set_new(o, "ended_reason", json_string(row->ended_reason));
	}
	return o;
}

struct listing {
	json_t *rows;
	int64_t now_ms;
};

static bool add_mandate(void *ctx, const Hufu__MandateRow *row)
{
	struct listing *l = ctx;
	json_array_append_new(l->rows, mandate_json(row, l->now_ms));
	return json_array_size(l->rows) < 1000;
}

static enum hf_err list_mandates(struct hf_api_request *rq)
{
	struct listing l = {json_array(), hf_now_ms(&rq->m->base->clock)};
	json_object_set_new(rq->out, "mandates", l.rows);
	return hf_fault_default(&rq->fault, hf_mandate_list(rq->m->catalog, add_mandate, &l));
}

const struct hf_route hf_routes_mandate[] = {
        {"POST", "/v1/mandates/publish", HF_MAY_APPROVE, HF_EVENT_MANDATE, give_publish, 0},
        {"POST", "/v1/mandates/apply", HF_MAY_CONFIRM_NEED, HF_EVENT_MANDATE, give_apply, 0},
        {"POST", "/v1/mandates/end", HF_MAY_APPROVE, HF_EVENT_MANDATE_END, end_publish, 0},
        {"POST", "/v1/mandates/end-apply", HF_MAY_CONFIRM_NEED, HF_EVENT_MANDATE_END, end_apply, 0},
        {"GET", "/v1/mandates", HF_MAY_STATUS, HF_EVENT_INVALID, list_mandates, 0},
        {NULL, NULL, HF_MAY_NOTHING_NEEDED, HF_EVENT_INVALID, NULL, 0},
};
