/* unmask.c - see unmask.h. */
#include "masking/unmask.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "crypto/crypto.h"

struct hf_unmasker {
	const struct hf_plan *plan;
	struct hf_apply *apply;
	size_t column;
};

/* Neither other columns nor the place of the row come into it. */
static enum hf_err check_technique(const struct hf_plan_field *field, struct hf_fault *f)
{
	const struct hf_technique *t = field->technique;
	enum hf_reversible by = t ? t->record.reversible : HF_REVERSIBLE_NO;

	if ((by == HF_REVERSIBLE_KEY || by == HF_REVERSIBLE_VAULT) && t->record.repeats == HF_REPEATS_VALUE &&
	    !field->by && t->record.keyed == HF_KEYED_CONSUMER)
		return HF_OK;
	return hf_fault_set(f, HF_E_UNSUPPORTED,
	                    "the field '%.100s' went out by %s, which cannot be reversed by the key; `hufu mask "
	                    "techniques` says which can",
	                    field->name, t ? t->id : "keep");
}

static enum hf_err open_apply(const struct hf_unmask_setup *s, struct hf_unmasker *u, struct hf_fault *f)
{
	const char **header = hf_alloc_zero((s->table->field_count + 1) * sizeof(*header));
	enum hf_err e;

	for (size_t i = 0; i < s->table->field_count; i++)
		header[i] = s->table->fields[i].name;
	const struct hf_apply_setup as = {.plan = s->plan,
	                                  .table = s->table->name,
	                                  .header = header,
	                                  .header_count = s->table->field_count,
	                                  .root = s->root,
	                                  .seed = s->seed,
	                                  .scope = s->scope,
	                                  .only = &s->field,
	                                  .only_count = 1,
	                                  .file = s->file,
	                                  .file_ctx = s->file_ctx};
	e = hf_apply_open(&as, f, &u->apply);
	free(header);
	return e;
}

enum hf_err hf_unmask_open(const struct hf_unmask_setup *s, struct hf_fault *f, struct hf_unmasker **ret_u)
{
	struct hf_unmasker *u;
	size_t at = 0;
	enum hf_err e;

	while (at < s->table->field_count && strcmp(s->table->fields[at].name, s->field) != 0)
		at++;
	if (at == s->table->field_count)
		return hf_fault_set(f, HF_E_WRONG_FIELDS, "the table '%.100s' of the plan has no field '%.100s'",
		                    s->table->name, s->field);
	HF_TRY(check_technique(&s->table->fields[at], f));
	u = hf_alloc_zero(sizeof(*u));
	u->plan = s->plan;
	u->column = at;
	e = open_apply(s, u, f);
	if (e == HF_OK)
		*ret_u = u;
	else
		hf_unmask_close(u);
	return e;
}

void hf_unmask_close(struct hf_unmasker *u)
{
	if (u)
		hf_apply_close(u->apply);
	free(u);
}

static char **texts_of(const struct hf_bytes *out, size_t count)
{
	char **texts = hf_alloc_zero((count + 1) * sizeof(*texts));

	for (size_t i = 0; i < count; i++) {
		texts[i] = hf_alloc_zero(out[i].len + 1);
		if (out[i].len)
			memcpy(texts[i], out[i].data, out[i].len);
	}
	return texts;
}

enum hf_err hf_unmask_values(struct hf_unmasker *u, const char *const *values, size_t count, char ***ret_values,
                             struct hf_fault *f)
{
	struct hf_arena arena;
	enum hf_err e;

	hf_arena_init(&arena, NULL, 0);
	struct hf_bytes *in = hf_arena_get(&arena, (count + 1) * sizeof(*in));
	struct hf_bytes *out = hf_arena_get(&arena, (count + 1) * sizeof(*out));
	for (size_t i = 0; i < count; i++)
		in[i] = (struct hf_bytes){(const uint8_t *)values[i], strlen(values[i])};
	struct hf_mask_batch b = {.in = in, .out = out, .count = count, .arena = &arena};
	e = hf_apply_unmask(u->apply, u->column, &b, f);
	if (e == HF_OK)
		*ret_values = texts_of(out, count);
	hf_arena_done(&arena);
	return e;
}

void hf_unmask_free(char **values, size_t count)
{
	for (size_t i = 0; values && i < count; i++) {
		hf_wipe(values[i], strlen(values[i]));
		free(values[i]);
	}
	free(values);
}

void hf_unmask_text(const struct hf_unmasker *u, size_t count, char *out, size_t cap)
{
	struct hf_apply_count c;

	hf_apply_counts(u->apply, u->column, &c);
	snprintf(out, cap, "plan %.63s version %u; %.127s: %.63s key %s; %zu values reversed", u->plan->name,
	         u->plan->version, c.field->name, c.field->technique->id, c.key_id, count);
}
