/* unmask.c - see unmask.h. */
#include "exchange/unmask.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "crypto/crypto.h"
#include "exchange/masked.h"
#include "masking/plan_files.h"
#include "masking/unmask.h"
#include "release/mask_keys.h"

struct unmasking {
	struct transfer *t;
	Hufu__TransferStart *start;
	struct hf_plan *plan;
	const struct hf_plan_table *table;
	struct hf_mask_key root, seed;
	struct hf_unmasker *unmasker;
};

static void unmasking_done(struct unmasking *m)
{
	hf_unmask_close(m->unmasker);
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

static enum hf_err find_field(const struct hf_unmask *in, const struct unmasking *m, struct hf_fault *f)
{
	for (size_t i = 0; i < m->t->field_count; i++)
		if (strcmp(m->t->fields[i], in->field) == 0)
			return HF_OK;
	return hf_fault_set(f, HF_E_WRONG_FIELDS, "the field '%.100s' was not delivered with that transfer", in->field);
}

static enum hf_err open_field(struct hf_exchange *x, const struct hf_unmask *in, struct unmasking *m,
                              struct hf_fault *f)
{
	struct masked_scope scope;
	const struct hf_unmask_setup s = {.plan = m->plan,
	                                  .table = m->table,
	                                  .field = in->field,
	                                  .root = &m->root,
	                                  .seed = &m->seed,
	                                  .scope = &scope.scope,
	                                  .file = hf_plan_file,
	                                  .file_ctx = m->plan};

	masked_scope_of(m->t, m->plan, &scope);
	hf_mask_root(x->masking.keys, &m->root);
	HF_TRY(hf_mask_seed(x->masking.keys, &scope.contract, &m->seed, f));
	return hf_unmask_open(&s, f, &m->unmasker);
}

static void fill_draft(const struct hf_unmask *in, const struct unmasking *m, struct hf_draft *d)
{
	const struct transfer *t = m->t;
	char id[HF_ID_TEXT], text[400];

	hf_id_text(&t->id, id);
	hf_draft_text(d, HF_FIELD_OBJECT, id);
	hf_draft_text(d, HF_FIELD_COUNTERPARTY, t->peer);
	hf_id_text(&t->resource, id);
	hf_draft_text(d, HF_FIELD_RESOURCE, id);
	if (!m->unmasker)
		return;
	hf_unmask_text(m->unmasker, in->count, text, sizeof(text));
	hf_draft_text(d, HF_FIELD_MASKING, text);
}

enum hf_err hf_exchange_unmask(struct hf_exchange *x, const struct hf_unmask *in, struct hf_draft *draft,
                               char ***ret_values, struct hf_fault *f)
{
	struct unmasking m = {.t = NULL};
	enum hf_err e = x->masking.keys ? find_transfer(x, in, &m, f) : HF_E_UNSUPPORTED;

	if (e == HF_OK)
		e = find_plan(x, &m, f);
	if (e == HF_OK)
		e = find_field(in, &m, f);
	if (e == HF_OK)
		e = open_field(x, in, &m, f);
	if (m.t)
		fill_draft(in, &m, draft);
	if (e == HF_OK)
		e = hf_unmask_values(m.unmasker, in->values, in->count, ret_values, f);
	unmasking_done(&m);
	return hf_fault_default(f, e);
}
