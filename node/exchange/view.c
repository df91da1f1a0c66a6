/* view.c - see view.h. */
#include "exchange/view.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "authz/views.h"
#include "base/mem.h"
#include "exchange/masked.h"
#include "masking/plan_files.h"
#include "release/engine/measure.h"
#include "release/mask_keys.h"

static enum hf_err named(enum hf_err e, const struct view *v, struct hf_fault *f)
{
	struct hf_fault was = *f;

	if (e == HF_OK)
		return e;
	return hf_fault_set(f, e, "the view '%.63s' of this data gives nothing: %.320s", v->row->name,
	                    was.text[0] ? was.text : hf_err_text(e));
}

static bool is_id(const Hufu__DataViewRow *row, struct hf_id *ret_id)
{
	return hf_id_from_bytes(row->view.data, row->view.len, ret_id);
}

/* ---- the record ---- */

/* False: an entry of the ledger has no more room; the plan's digest says the rest. */
static bool add_field(struct view *v, const char *field, const struct hf_apply_count *c)
{
	return hf_buf_addf(&v->text, "; %.127s: %.63s%s%s", field,
	                   c->field->technique ? c->field->technique->id : "keep", c->key_id[0] ? " key " : "",
	                   c->key_id);
}

static bool describe(struct view *v, const struct hf_apply_setup *s, const struct hf_apply_count *counts)
{
	char hex[65];

	hf_hash_hex(&v->plan->digest, hex);
	if (!hf_buf_addf(&v->text, "view %.63s: plan %.63s version %u digest %s", v->row->name, v->plan->name,
	                 v->plan->version, hex))
		return false;
	for (size_t i = 0; i < s->only_count && add_field(v, s->only[i], &counts[i]); i++)
		;
	return true;
}

const char *view_text(const struct view *v)
{
	return v->text.len ? (const char *)v->text.data : "";
}

/* ---- opening ---- */

static enum hf_err fit(struct view *v, const struct view_reader *r, struct hf_fault *f)
{
	const Hufu__HeldRow *h = r->held;
	const struct hf_apply_setup s = {.plan = v->plan,
	                                 .table = v->plan->tables[0].name,
	                                 .header = (const char *const *)h->fields,
	                                 .header_count = h->n_fields,
	                                 .root = &v->root,
	                                 .seed = &v->seed,
	                                 .scope = &v->scope,
	                                 .only = r->field_count ? r->fields : (const char *const *)h->fields,
	                                 .only_count = r->field_count ? r->field_count : h->n_fields,
	                                 .file = hf_plan_file,
	                                 .file_ctx = v->plan};
	struct hf_apply_count *counts = hf_alloc_zero((s.only_count + 1) * sizeof(*counts));
	enum hf_err e = masked_fits(&s, counts, f);

	if (e == HF_OK && !describe(v, &s, counts))
		e = HF_E_LIMIT;
	free(counts);
	return e;
}

static enum hf_err take_keys(struct view *v, struct hf_exchange *x, struct hf_fault *f)
{
	char of[HF_NAME_MAX + 6];
	struct hf_id id;

	if (!is_id(v->row, &id))
		return HF_E_STORE;
	hf_id_text(&id, v->contract);
	v->scope = v->plan->scope;
	v->scope.consumer = v->row->name;
	v->scope.contract = v->contract;
	hf_mask_root(x->masking.keys, &v->root);
	snprintf(of, sizeof(of), "view %.63s", v->row->name); /* no node's name, so no party of an entry */
	return hf_mask_seed_make(x->masking.keys, &id, of, &v->seed, f);
}

static void add_kind(void *ctx, const Hufu__FieldLabel *l)
{
	json_array_append_new(ctx,
	                      json_pack("{s:s, s:s, s:i}", "field", l->name, "type", l->kind, "level", (int)l->grade));
}

/* What the fields hold, the provider said. */
static void look_for(struct view *v, struct hf_exchange *x, const struct view_reader *r)
{
	json_t *kinds = json_array(), *inventory = json_pack("{s:o}", "locations", kinds);
	struct hf_id transfer;

	if (hf_id_from_bytes(r->held->transfer.data, r->held->transfer.len, &transfer) &&
	    hf_exchange_labels(x, &transfer, add_kind, kinds) == HF_OK)
		v->quasi_count = hf_measure_quasi(&v->plan->tables[0], inventory, r->fields, r->field_count, v->quasi);
	json_decref(inventory);
}

static enum hf_err open_plan(struct view *v, struct hf_exchange *x, const struct view_reader *r, struct hf_fault *f)
{
	const struct hf_hash any = {{0}};

	HF_TRY(masked_plan(x, v->row->plan, &any, &v->plan, f));
	if (v->plan->table_count != 1)
		return hf_fault_set(f, HF_E_MASKING, "it has %zu tables, and the data is one", v->plan->table_count);
	if (v->plan->tables[0].demand)
		return hf_fault_set(
		        f, HF_E_MASKING,
		        "it demands figures of the whole table, which a read is not held to; take a plan without "
		        "'risk'");
	HF_TRY(take_keys(v, x, f));
	look_for(v, x, r);
	return fit(v, r, f);
}

enum hf_err view_open(struct view *v, struct hf_exchange *x, const struct view_reader *r, struct hf_fault *f)
{
	hf_buf_init(&v->text, HF_DRAFT_VALUE_MAX);
	HF_TRY(hf_data_view_for(x->authz, r->held, r->account, r->department, &v->row, f));
	if (!v->row)
		return HF_OK;
	if (v->row->plan[0])
		return named(masked_fault(open_plan(v, x, r, f), v->row->plan, f), v, f);
	return hf_buf_addf(&v->text, "view %.63s: as it was delivered", v->row->name) ? HF_OK : HF_E_INTERNAL;
}

void view_close(struct view *v)
{
	hf_plan_free(v->plan);
	hf_decoded_free(v->row);
	hf_buf_done(&v->text);
	hf_wipe(v, sizeof(*v));
}

/* ---- while it is read ---- */

static enum hf_err same_plan(const struct view *v, struct hf_exchange *x, struct hf_fault *f)
{
	struct hf_plan *now = NULL;
	struct hf_id id;
	enum hf_err e = masked_plan(x, v->row->plan, &v->plan->digest, &now, f);

	hf_plan_free(now);
	if (e == HF_OK && (!is_id(v->row, &id) || !hf_mask_seed_stands(x->masking.keys, &id)))
		e = hf_fault_set(f, HF_E_MASKING, "its masking seed was erased; remove the view and set it anew");
	return e;
}

static bool same_view(const Hufu__DataViewRow *a, const Hufu__DataViewRow *b)
{
	return a->view.len == b->view.len && memcmp(a->view.data, b->view.data, a->view.len) == 0 &&
	       strcmp(a->plan, b->plan) == 0;
}

enum hf_err view_still(const struct view *v, struct hf_exchange *x, const struct view_reader *r, struct hf_fault *f)
{
	HF_CLEANUP(hf_decoded_done) Hufu__DataViewRow *now = NULL;

	HF_TRY(hf_data_view_for(x->authz, r->held, r->account, r->department, &now, f));
	if (!now != !v->row || (now && !same_view(now, v->row)))
		return hf_fault_set(f, HF_E_MASKING,
		                    "what '%.63s' sees this data through has changed; begin anew with `hufu data read`",
		                    r->account);
	return v->plan ? named(masked_fault(same_plan(v, x, f), v->row->plan, f), v, f) : HF_OK;
}

static enum hf_err take_out(void *ctx, const uint8_t *data, size_t len, struct hf_fault *f)
{
	return hf_buf_add(ctx, data, len) ? HF_OK
	                                  : hf_fault_set(f, HF_E_LIMIT,
	                                                 "a part of it is too long when it is masked; "
	                                                 "take shorter results in the plan");
}

struct hf_stream *view_stream(const struct view *v, const char *const *fields, size_t field_count, struct hf_buf *out)
{
	const struct hf_stream_setup s = {.plan = v->plan,
	                                  .table = v->plan ? v->plan->tables[0].name : NULL,
	                                  .root = &v->root,
	                                  .seed = &v->seed,
	                                  .scope = &v->scope,
	                                  .only = fields,
	                                  .only_count = field_count,
	                                  .file = hf_plan_file,
	                                  .file_ctx = v->plan,
	                                  .write = take_out,
	                                  .write_ctx = out};

	return v->plan ? hf_stream_new(&s) : NULL;
}

struct hf_measure *view_measure(const struct view *v)
{
	const struct hf_measure_setup s = {.table = v->plan ? &v->plan->tables[0] : NULL,
	                                   .quasi = v->quasi,
	                                   .quasi_count = v->quasi_count,
	                                   .rows = HF_MEASURE_ROWS,
	                                   .bytes = HF_MEASURE_BYTES};

	return v->plan ? hf_measure_new(&s) : NULL;
}
