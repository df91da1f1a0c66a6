/*
 * derive.c - routes of what is made of delivered data (DS-97, DS-103): recording a derivation, and its lineage back to
 * the sources and forward from them.
 */
#include "exchange/derive.h"

#include <stdlib.h>
#include <string.h>

#include "api/sight.h"
#include "api/transfers.h"
#include "base/mem.h"
#include "crypto/base64.h"
#include "exchange/derive_text.h"

#define PROCESSING_MAX 2000

/* What another department works with is nothing that this account can name. */
static enum hf_err check_input(struct hf_api_request *rq, const struct hf_id *id)
{
	struct hf_transfer_view v;
	struct hf_system_view s = {.department = ""};
	char text[HF_ID_TEXT];
	bool own = true;
	hf_id_text(id, text);
	if (hf_exchange_view(rq->m->exchange, id, &v) == HF_OK) {
		own = hf_api_transfer_is_own(rq, &v);
	} else {
		struct derive_facts *d = hf_alloc(sizeof(*d));
		if (derive_find(rq->m->exchange, id, d) == HF_OK) {
			bool known = hf_identity_system(rq->m->identity, d->system, &s) == HF_OK;
			own = hf_api_acts_for(rq, known ? rq->m->base->self.s : "", s.department);
		}
		free(d);
	}
	if (own)
		return HF_OK;
	hf_api_unseen(rq, "to derive from", id);
	return hf_fault_set(&rq->fault, HF_E_UNKNOWN,
	                    "%s is neither a transfer to this node nor something that was derived here; `hufu "
	                    "transfers` lists transfers, `hufu derive` prints the id of what it records",
	                    text);
}

static enum hf_err take_inputs(struct hf_api_request *rq, struct hf_derive_input ret_inputs[HF_DERIVE_INPUTS],
                               size_t *ret_count)
{
	const char **list = NULL;
	size_t count = 0;
	HF_TRY(hf_api_list(rq, "inputs", true, HF_DERIVE_INPUTS, &list, &count));
	enum hf_err e = HF_OK;
	for (size_t i = 0; e == HF_OK && i < count; i++) {
		if (!hf_id_parse(list[i], &ret_inputs[i].id))
			e = hf_fault_set(
			        &rq->fault, HF_E_ARGUMENT,
			        "field 'inputs': \"%.60s\" is no id; name transfers and derivations by their ids",
			        list[i]);
		else
			e = check_input(rq, &ret_inputs[i].id);
	}
	free(list);
	*ret_count = count;
	return e;
}

static enum hf_err take_item(struct hf_api_request *rq, struct hf_derive_in *in)
{
	const char *digest;
	int64_t bytes = 0;
	HF_TRY(hf_api_text(rq, "processing", true, PROCESSING_MAX, &in->processing));
	HF_TRY(hf_api_text(rq, "title", false, HF_MAX_TITLE, &in->title));
	HF_TRY(hf_api_text(rq, "digest", true, 64, &digest));
	HF_TRY(hf_api_int(rq, "bytes", true, 0, INT64_MAX, &bytes));
	in->bytes = (uint64_t)bytes;
	if (strlen(digest) != 64 || !hf_hex_decode(digest, 64, in->digest.b, sizeof(in->digest.b)))
		return hf_fault_set(&rq->fault, HF_E_ARGUMENT,
		                    "field 'digest' is not the SHA-256 of the derived item in 64 hexadecimal digits");
	return HF_OK;
}

static enum hf_err derive(struct hf_api_request *rq)
{
	struct hf_derive_input inputs[HF_DERIVE_INPUTS];
	struct hf_system_view system;
	struct hf_derive_in in = {.inputs = inputs, .system = &system, .account = rq->actor->account};
	const char *name;
	struct hf_id id;
	HF_TRY(hf_api_text(rq, "system", true, HF_NAME_MAX, &name));
	HF_TRY(hf_api_check_system(rq, name));
	if (hf_identity_system(rq->m->identity, name, &system) != HF_OK)
		return hf_fault_set(&rq->fault, HF_E_UNKNOWN,
		                    "there is no registered system '%.63s'; `hufu system list` shows them", name);
	if (!system.enabled)
		return hf_fault_set(
		        &rq->fault, HF_E_STATE,
		        "the system '%.63s' is disabled; an administrator enables it with `hufu system enable`", name);
	HF_TRY(take_item(rq, &in));
	HF_TRY(take_inputs(rq, inputs, &in.input_count));
	HF_TRY(hf_derive(rq->m->exchange, &in, rq->unit, rq->draft, &id, &rq->fault));
	hf_api_out_id(rq->out, "derivation", &id);
	return HF_OK;
}

/* ---- lineage ---- */

static void add_row(void *ctx, const struct hf_lineage_row *r)
{
	json_t *rq_out = ctx, *o = hf_api_ledger_row(r->entry);
	json_object_set_new(o, "part", json_string(r->part));
	hf_api_out_id(o, "item", &r->id);
	if (!hf_id_is_zero(&r->towards))
		hf_api_out_id(o, "towards", &r->towards);
	json_object_set_new(o, "steps", json_integer(r->steps));
	json_array_append_new(json_object_get(rq_out, "items"), o);
}

static void add_note(void *ctx, const char *text)
{
	json_t *rq_out = ctx, *notes = json_object_get(rq_out, "coverage"), *known;
	size_t i;
	json_array_foreach(notes, i, known) if (strcmp(json_string_value(known), text) == 0) return;
	json_array_append_new(notes, json_string(text));
}

static enum hf_err lineage(struct hf_api_request *rq)
{
	const struct hf_lineage_sink sink = {add_row, add_note, rq->out};
	struct hf_id id;
	char text[HF_ID_TEXT];
	bool forward;
	json_object_set_new(rq->out, "items", json_array());
	json_object_set_new(rq->out, "coverage", json_array());
	HF_TRY(hf_api_id(rq, "item", true, &id));
	HF_TRY(hf_api_bool(rq, "forward", false, &forward));
	hf_id_text(&id, text);
	hf_draft_textf(rq->draft, HF_FIELD_OBJECT, "lineage %s %s", forward ? "of what was made of" : "of", text);
	enum hf_err e = forward ? hf_lineage_forward(rq->m->exchange, &id, &sink)
	                        : hf_lineage_back(rq->m->exchange, &id, &sink);
	if (e == HF_E_UNKNOWN)
		return hf_fault_set(
		        &rq->fault, e,
		        forward ? "no ledger held here has an entry about %s; name a catalog entry, a transfer or a "
		                  "derivation"
		                : "no ledger held here says where %s comes from; name a derivation or a transfer, or "
		                  "ask with --forward what was made of a catalog entry",
		        text);
	return e;
}

const struct hf_route hf_routes_derive[] = {
        {"POST", "/v1/derivations/add", HF_MAY_FETCH, HF_EVENT_DERIVATION, derive, 0},
        {"GET", "/v1/ledger/lineage", HF_MAY_AUDIT_READ, HF_EVENT_AUDIT_READ, lineage, 0},
        {NULL, NULL, HF_MAY_NOTHING_NEEDED, HF_EVENT_INVALID, NULL, 0},
};
