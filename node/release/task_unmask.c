/* task_unmask.c - the way back for what a task made (MK-67); declared in tasks.h. */
#include <stdio.h>
#include <string.h>

#include "masking/unmask.h"
#include "release/internal.h"
#include "release/mask_keys.h"

struct unmasking {
	Hufu__MaskTaskRow *row;
	struct hf_plan *plan;
	struct hf_mask_key root, seed;
	struct hf_unmasker *unmasker;
	char folder[600];
};

static void unmasking_done(struct unmasking *m)
{
	hf_unmask_close(m->unmasker);
	hf_plan_free(m->plan);
	hf_decoded_free(m->row);
	hf_wipe(m, sizeof(*m));
}

static enum hf_err read_table(void *ctx, const char *name, struct hf_buf *out, struct hf_fault *f)
{
	const struct unmasking *m = ctx;

	return release_table(m->plan, m->folder, name, out, f);
}

/* As it was masked: by that very text, and the seed of the plan's contract, which is not made anew. */
static enum hf_err open_field(struct hf_release *r, const char *field, struct unmasking *m, struct hf_fault *f)
{
	const struct hf_mask_scope *scope;
	struct hf_id contract;
	struct hf_unmask_setup s = {.field = field, .root = &m->root, .file = read_table, .file_ctx = m};

	HF_TRY(release_plan_any(r, m->row->plan, m->row->version, &m->plan, f));
	if (!release_has_digest(&m->row->plan_digest, &m->plan->digest))
		return hf_fault_set(f, HF_E_CONFLICT,
		                    "version %u of the plan '%.63s' is not the text by which the task masked",
		                    m->row->version, m->row->plan);
	s.plan = m->plan;
	s.table = hf_plan_table_named(m->plan, m->row->table);
	scope = &m->plan->scope;
	if (!s.table || (scope->contract && !hf_id_parse(scope->contract, &contract)))
		return HF_E_CONFLICT;
	hf_mask_root(r->keys, &m->root);
	if (scope->contract) {
		HF_TRY(hf_mask_seed(r->keys, &contract, &m->seed, f));
		s.seed = &m->seed;
	}
	return hf_unmask_open(&s, f, &m->unmasker);
}

/* MK-47: what was not released is in nobody's hands. */
static enum hf_err find_task(struct hf_release *r, const struct hf_id *id, struct unmasking *m, struct hf_fault *f)
{
	HF_TRY(hf_task_get(r, id, &m->row, f));
	if (!r->keys)
		return hf_fault_set(f, HF_E_UNSUPPORTED, "this node has no masking keys");
	if (m->row->state != HF_TASK_RELEASED)
		return hf_fault_set(f, HF_E_STATE,
		                    "the task is %s: nothing of it was released, so there is nothing to "
		                    "reverse",
		                    hf_mask_task_state_name((enum hf_mask_task_state)m->row->state));
	return HF_OK;
}

enum hf_err hf_task_unmask(struct hf_release *r, const struct hf_task_unmask *in, struct hf_draft *draft,
                           char ***ret_values, struct hf_fault *f)
{
	struct unmasking m = {.row = NULL};
	char text[400], id[HF_ID_TEXT];
	enum hf_err e = find_task(r, &in->task, &m, f);

	snprintf(m.folder, sizeof(m.folder), "%s/masking", r->base->dir);
	hf_id_text(&in->task, id);
	hf_draft_textf(draft, HF_FIELD_OBJECT, "masking task %s", id);
	if (e == HF_OK)
		e = open_field(r, in->field, &m, f);
	if (e == HF_OK) {
		hf_unmask_text(m.unmasker, in->count, text, sizeof(text));
		hf_draft_text(draft, HF_FIELD_MASKING, text);
		e = hf_unmask_values(m.unmasker, in->values, in->count, ret_values, f);
	}
	unmasking_done(&m);
	return hf_fault_default(f, e);
}
