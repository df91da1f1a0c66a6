/* unmask.c - see unmask.h. */
#include "exchange/unmask.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "crypto/crypto.h"
#include "exchange/masked.h"
#include "masking/apply.h"
#include "release/mask_keys.h"

struct unmasking {
	struct transfer *t;
	Hufu__TransferStart *start;
	struct hf_plan *plan;
	const struct hf_plan_table *table;
	size_t column;
	struct hf_mask_key root, seed;
	struct hf_apply *apply;
};

static void unmasking_done(struct unmasking *m)
{
	hf_apply_close(m->apply);
	hf_plan_free(m->plan);
	hf_decoded_free(m->start);
	if (m->t)
		transfer_release(m->t);
	hf_wipe(m, sizeof(*m));
}

static enum hf_err find_transfer(struct hf_exchange *x, const struct hf_unmask *in, struct unmasking *m,
                                 struct hf_fault *f)
{
	char id[HF_ID_TEXT];

	hf_id_text(&in->transfer, id);
	if (!transfer_stored(x, &in->transfer, true))
		return hf_fault_set(f, HF_E_UNKNOWN, "this node has delivered nothing under transfer %s", id);
	HF_TRY(hf_fault_default(f, transfer_get(x, &in->transfer, true, &m->t)));
	if (!m->t->mask_plan[0])
		return hf_fault_set(f, HF_E_UNSUPPORTED, "transfer %s was not masked, so there is nothing to reverse",
		                    id);
	HF_CLEANUP(hf_decoded_done) Hufu__Envelope *e = HF_DECODE(envelope, m->t->start.data, m->t->start.len);
	m->start = e ? HF_DECODE_OWN(transfer_start, e->payload.data, e->payload.len) : NULL;
	return m->start && m->start->label
	               ? HF_OK
	               : hf_fault_set(f, HF_E_STORE, "what was said about transfer %s cannot be read", id);
}

/* The version by which it was masked, whatever became of it since: its bytes must be the same. */
static enum hf_err find_plan(struct hf_exchange *x, struct unmasking *m, struct hf_fault *f)
{
	const struct transfer *t = m->t;
	const uint32_t version = m->start->label->mask_version;

	HF_TRY(x->masking.version(x->masking.ctx, t->mask_plan, version, &m->plan, f));
	if (memcmp(m->plan->digest.b, t->mask_digest.b, sizeof(t->mask_digest.b)) != 0)
		return hf_fault_set(f, HF_E_CONFLICT,
		                    "version %u of the plan '%.63s' is not the text by which the data was masked",
		                    version, t->mask_plan);
	m->table = masked_table(m->plan, t->source);
	return m->table ? HF_OK : HF_E_CONFLICT;
}

/* Value by value, by the key alone: neither other columns nor the place of the row come into it. */
static enum hf_err check_technique(const struct hf_plan_field *field, struct hf_fault *f)
{
	const struct hf_technique *t = field->technique;

	if (!t || t->record.reversible != HF_REVERSIBLE_KEY || t->record.repeats != HF_REPEATS_VALUE || field->by ||
	    t->record.keyed != HF_KEYED_CONSUMER)
		return hf_fault_set(
		        f, HF_E_UNSUPPORTED,
		        "the field '%.100s' went out by %s, which cannot be reversed by the key; `hufu mask "
		        "techniques` says which can",
		        field->name, t ? t->id : "keep");
	return HF_OK;
}

static enum hf_err find_field(const struct hf_unmask *in, struct unmasking *m, struct hf_fault *f)
{
	while (m->column < m->table->field_count && strcmp(m->table->fields[m->column].name, in->field) != 0)
		m->column++;
	for (size_t i = 0; i < m->t->field_count && m->column < m->table->field_count; i++)
		if (strcmp(m->t->fields[i], in->field) == 0)
			return check_technique(&m->table->fields[m->column], f);
	return hf_fault_set(f, HF_E_WRONG_FIELDS, "the field '%.100s' was not delivered with that transfer", in->field);
}

static enum hf_err open_apply(struct hf_exchange *x, const struct hf_unmask *in, struct unmasking *m,
                              struct hf_fault *f)
{
	struct masked_scope scope;
	const char **header;
	enum hf_err e;

	masked_scope_of(m->t, m->plan, &scope);
	hf_mask_root(x->masking.keys, &m->root);
	HF_TRY(hf_mask_seed(x->masking.keys, &scope.contract, &m->seed, f));
	header = hf_alloc_zero((m->table->field_count + 1) * sizeof(*header));
	for (size_t i = 0; i < m->table->field_count; i++)
		header[i] = m->table->fields[i].name;
	const struct hf_apply_setup s = {.plan = m->plan,
	                                 .table = m->table->name,
	                                 .header = header,
	                                 .header_count = m->table->field_count,
	                                 .root = &m->root,
	                                 .seed = &m->seed,
	                                 .scope = &scope.scope,
	                                 .only = &in->field,
	                                 .only_count = 1,
	                                 .file = masked_no_file};
	e = hf_apply_open(&s, f, &m->apply);
	free(header);
	return e;
}

static enum hf_err reverse(const struct hf_unmask *in, struct unmasking *m, char ***ret_values, struct hf_fault *f)
{
	struct hf_arena arena;
	enum hf_err e;

	hf_arena_init(&arena, NULL, 0);
	struct hf_bytes *values = hf_arena_get(&arena, (in->count + 1) * sizeof(*values));
	struct hf_bytes *out = hf_arena_get(&arena, (in->count + 1) * sizeof(*out));
	for (size_t i = 0; i < in->count; i++)
		values[i] = (struct hf_bytes){(const uint8_t *)in->values[i], strlen(in->values[i])};
	struct hf_mask_batch b = {.in = values, .out = out, .count = in->count, .arena = &arena};
	e = hf_apply_unmask(m->apply, m->column, &b, f);
	if (e == HF_OK) {
		char **texts = hf_alloc_zero((in->count + 1) * sizeof(*texts));
		for (size_t i = 0; i < in->count; i++) {
			texts[i] = hf_alloc_zero(out[i].len + 1);
			if (out[i].len)
				memcpy(texts[i], out[i].data, out[i].len);
		}
		*ret_values = texts;
	}
	hf_arena_done(&arena);
	return e;
}

static void fill_draft(const struct hf_unmask *in, const struct unmasking *m, struct hf_draft *d)
{
	const struct transfer *t = m->t;
	char id[HF_ID_TEXT];

	hf_id_text(&t->id, id);
	hf_draft_text(d, HF_FIELD_OBJECT, id);
	hf_draft_text(d, HF_FIELD_COUNTERPARTY, t->peer);
	hf_id_text(&t->resource, id);
	hf_draft_text(d, HF_FIELD_RESOURCE, id);
	if (!m->apply)
		return;
	struct hf_apply_count c;
	hf_apply_counts(m->apply, m->column, &c);
	hf_draft_textf(d, HF_FIELD_MASKING, "plan %.63s version %u; %.127s: %.63s key %s; %zu values reversed",
	               t->mask_plan, m->plan->version, in->field, c.field->technique->id, c.key_id, in->count);
}

enum hf_err hf_exchange_unmask(struct hf_exchange *x, const struct hf_unmask *in, struct hf_draft *draft,
                               char ***ret_values, struct hf_fault *f)
{
	struct unmasking m = {.column = 0};
	enum hf_err e = x->masking.keys ? find_transfer(x, in, &m, f) : HF_E_UNSUPPORTED;

	if (e == HF_OK)
		e = find_plan(x, &m, f);
	if (e == HF_OK)
		e = find_field(in, &m, f);
	if (e == HF_OK)
		e = open_apply(x, in, &m, f);
	if (m.t)
		fill_draft(in, &m, draft);
	if (e == HF_OK)
		e = reverse(in, &m, ret_values, f);
	unmasking_done(&m);
	return hf_fault_default(f, e);
}

void hf_unmask_free(char **values, size_t count)
{
	for (size_t i = 0; values && i < count; i++) {
		hf_wipe(values[i], strlen(values[i]));
		free(values[i]);
	}
	free(values);
}
