/* steps.c - several techniques that are built in, one behind the other, and back in the other order. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/domains.h"
#include "crypto/hash.h"
#include "masking/own/own.h"

#define STEPS_MAX 8u
#define ARGS_MAX 12u

struct step {
	const struct hf_technique *technique;
	const char *type; /* NULL: that of the column */
	struct hf_arg args[ARGS_MAX];
	size_t arg_count;
};
struct steps {
	struct step step[STEPS_MAX];
	size_t count;
};

struct chain {
	const struct steps *steps;
	struct hf_mask_use use[STEPS_MAX];
	struct hf_mask_key key[STEPS_MAX];
	struct hf_masker *masker[STEPS_MAX];
};

static void chain_close(void *state)
{
	struct chain *c = state;

	for (size_t i = 0; i < c->steps->count; i++)
		hf_masker_close(c->masker[i]);
	hf_wipe(c->key, sizeof(c->key));
	free(c);
}

static enum hf_err chain_open(const struct hf_mask_use *use, struct hf_fault *f, void **ret_state)
{
	const struct hf_own *own = use->technique->own;
	struct chain *c = hf_alloc_zero(sizeof(*c));
	enum hf_err e = HF_OK;

	c->steps = own->what;
	for (size_t i = 0; e == HF_OK && i < c->steps->count; i++) {
		const struct step *s = &c->steps->step[i];
		const bool keyed = s->technique->record.keyed != HF_KEYED_NOT;
		uint8_t info[sizeof(HF_DOMAIN_MASK_STEP) + 1] = HF_DOMAIN_MASK_STEP;

		info[sizeof(info) - 1] = (uint8_t)i;
		if (keyed && use->key)
			hf_hkdf(use->key->b, sizeof(use->key->b), NULL, 0, info, sizeof(info), c->key[i].b,
			        sizeof(c->key[i].b));
		c->use[i] = *use;
		c->use[i].args = s->args;
		c->use[i].arg_count = s->arg_count;
		c->use[i].type = s->type ? s->type : use->type;
		c->use[i].key = keyed ? &c->key[i] : NULL;
		c->use[i].file = own->all->file;
		c->use[i].file_ctx = own->all->file_ctx;
		e = hf_masker_open(s->technique, &c->use[i], f, &c->masker[i]);
	}
	if (e == HF_OK)
		*ret_state = c;
	else
		chain_close(c);
	return e;
}

static enum hf_err run(struct chain *c, struct hf_mask_batch *b, bool back, struct hf_fault *f)
{
	struct hf_bytes *between = hf_arena_get(b->arena, (b->count + 1) * sizeof(*between));
	struct hf_mask_batch one = *b;

	for (size_t i = 0; i < c->steps->count; i++) {
		struct hf_masker *m = c->masker[back ? c->steps->count - 1 - i : i];

		HF_TRY(back ? hf_masker_unmask(m, &one, f) : hf_masker_mask(m, &one, f));
		if (i + 1 == c->steps->count)
			break;
		memcpy(between, b->out, b->count * sizeof(*between));
		one.in = between;
	}
	b->unreadable = one.unreadable;
	return HF_OK;
}

static enum hf_err steps_mask(void *state, struct hf_mask_batch *b, struct hf_fault *f)
{
	return run(state, b, false, f);
}

static enum hf_err steps_unmask(void *state, struct hf_mask_batch *b, struct hf_fault *f)
{
	return run(state, b, true, f);
}

/* The texts of a list with line ends between; NULL: it is none. */
static const char *joined(struct hf_own *o, const struct hf_plan_node *n)
{
	size_t len = 1;
	char *out, *at;

	for (const struct hf_plan_node *m = n->first; m; m = m->next) {
		if (n->kind != HF_PLAN_LIST || m->kind != HF_PLAN_TEXT_NODE || strchr(m->text, '\n'))
			return NULL;
		len += strlen(m->text) + 1;
	}
	at = out = hf_arena_get(&o->all->arena, len);
	*at = '\0';
	for (const struct hf_plan_node *m = n->first; m; m = m->next)
		at += snprintf(at, (size_t)(out + len - at), "%s%s", m->text, m->next ? "\n" : "");
	return n->first ? out : NULL;
}

static enum hf_err read_args(struct hf_own *o, const struct hf_plan_node *n, struct step *s, struct hf_fault *f)
{
	struct hf_fault wrong = {.code = HF_OK};

	for (const struct hf_plan_node *m = n->first; m; m = m->next) {
		const char *value = m->kind == HF_PLAN_TEXT_NODE ? m->text : joined(o, m);

		if (strcmp(m->key, "technique") == 0)
			continue;
		if (!value || s->arg_count == ARGS_MAX || strcmp(m->key, "by") == 0)
			return hf_own_fault(o, m, f,
			                    "'%.60s' is no text and no list of texts, one of more than %u, or another "
			                    "column, which a step "
			                    "does not see",
			                    m->key, ARGS_MAX);
		if (strcmp(m->key, "type") == 0)
			s->type = value;
		else
			s->args[s->arg_count++] = (struct hf_arg){m->key, value};
	}
	if (hf_technique_check(s->technique, s->args, s->arg_count, &wrong) != HF_OK)
		return hf_own_fault(o, n, f, "%.200s", wrong.text);
	return HF_OK;
}

/* A technique for single values, whose key has the scope of the method's. */
static enum hf_err read_step(struct hf_own *o, const struct hf_plan_node *n, struct step *s, struct hf_fault *f)
{
	const struct hf_plan_node *name = hf_plan_get(n, "technique");
	const struct hf_technique *t = name && name->kind == HF_PLAN_TEXT_NODE ? hf_technique_named(name->text) : NULL;

	if (!t || t->of_rows || t->drops_column || t->record.reach != HF_REACH_ROW ||
	    t->record.reversible == HF_REVERSIBLE_VAULT)
		return hf_own_fault(o, n, f,
		                    "a step is no mapping with a technique for single values; write {technique: ID, "
		                    "...} with one of `hufu mask techniques`");
	if (t->record.keyed != HF_KEYED_NOT && t->record.keyed != o->technique.record.keyed)
		return hf_own_fault(o, n, f, "the key of %s is the %s's, and the record says %s; correct it", t->id,
		                    hf_record_keyed(&t->record), hf_record_keyed(&o->technique.record));
	s->technique = t;
	return read_args(o, n, s, f);
}

enum hf_err hf_own_steps(struct hf_own *o, const struct hf_plan_node *n, struct hf_fault *f)
{
	struct steps *s = hf_alloc_zero(sizeof(*s));
	bool back = true, keyed = false;

	o->what = s;
	o->free = free;
	if (n->kind != HF_PLAN_LIST || n->count == 0 || n->count > STEPS_MAX)
		return hf_own_fault(o, n, f, "'steps' is no list of 1 to %u; write - {technique: ID, ...} lines",
		                    STEPS_MAX);
	for (const struct hf_plan_node *m = n->first; m; m = m->next) {
		HF_TRY(read_step(o, m, &s->step[s->count], f));
		back = back && s->step[s->count].technique->unmask;
		keyed = keyed || s->step[s->count].technique->record.keyed != HF_KEYED_NOT;
		s->count++;
	}
	if (keyed != (o->technique.record.keyed != HF_KEYED_NOT))
		return hf_own_fault(o, n, f, "the record says %s, and %s step needs a key; correct it",
		                    hf_record_keyed(&o->technique.record), keyed ? "a" : "no");
	o->technique.open = chain_open;
	o->technique.close = chain_close;
	o->technique.mask = steps_mask;
	o->technique.unmask = back && o->technique.record.reversible != HF_REVERSIBLE_NO ? steps_unmask : NULL;
	return HF_OK;
}

bool hf_own_step(const struct hf_own *o, size_t i, const struct hf_technique **ret_t, const struct hf_arg **ret_args,
                 size_t *ret_count)
{
	const struct steps *s = o->technique.open == chain_open ? o->what : NULL;

	if (!s || i >= s->count)
		return false;
	*ret_t = s->step[i].technique;
	*ret_args = s->step[i].args;
	*ret_count = s->step[i].arg_count;
	return true;
}
