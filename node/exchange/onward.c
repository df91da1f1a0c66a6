/* onward.c - see onward.h. The inputs are followed through the own derivations to the deliveries; each manifest is one
 * that was verified when it came. */
#include "exchange/onward.h"

#include <stdlib.h>
#include <string.h>

#include "authz/obligation.h"
#include "base/mem.h"
#include "exchange/derive_text.h"
#include "exchange/transfer.h"

#define ITEMS_MAX 256u /* derivations and deliveries that one item is looked through for */

/* ---- by the digest ---- */

struct listing {
	bool (*fn)(void *ctx, const struct hf_id *derivation);
	void *ctx;
};

static bool list_row(void *ctx, struct hf_bytes key, struct hf_bytes value)
{
	struct listing *l = ctx;
	struct hf_id id;
	(void)key;
	return !hf_id_from_bytes(value.data, value.len, &id) || l->fn(l->ctx, &id);
}

enum hf_err hf_derived_list(struct hf_exchange *x, const struct hf_hash *digest,
                            bool (*fn)(void *ctx, const struct hf_id *derivation), void *ctx)
{
	struct listing l = {fn, ctx};
	return hf_store_scan(x->store, HF_TABLE_DERIVED, digest->b, sizeof(digest->b), NULL, 0, list_row, &l);
}

enum hf_err hf_derived_is(struct hf_exchange *x, const struct hf_id *derivation, const struct hf_hash *digest,
                          struct hf_fault *f)
{
	char text[HF_ID_TEXT];
	struct derive_facts *d = hf_alloc(sizeof(*d));
	enum hf_err e = derive_find(x, derivation, d);
	hf_id_text(derivation, text);
	if (e == HF_E_UNKNOWN)
		hf_fault_set(f, e, "nothing was derived here as %s; `hufu derive` prints the id of what it records",
		             text);
	else if (e == HF_OK && !hf_hash_equal(digest, &d->digest))
		e = hf_fault_set(f, HF_E_CONFLICT,
		                 "the file is not what was derived as %s; record with `hufu derive` what it was made "
		                 "of, and register it under a name of its own",
		                 text);
	free(d);
	return hf_fault_default(f, e);
}

/* ---- the terms ---- */

struct onward {
	struct hf_exchange *x;
	const Hufu__CatalogEntry *entry;
	bool of_class; /* the entry is of the class of a delivery */
	bool recalled; /* that is all that is asked */
	struct hf_id item[ITEMS_MAX];
	bool derivation[ITEMS_MAX];
	size_t count;
	struct hf_fault *f;
};

static enum hf_err add_item(struct onward *o, const struct hf_id *id, bool derivation)
{
	for (size_t i = 0; i < o->count; i++)
		if (hf_id_equal(&o->item[i], id))
			return HF_OK;
	if (o->count == ITEMS_MAX)
		return hf_fault_set(o->f, HF_E_LIMIT,
		                    "it goes back over more than %u deliveries and derivations, so it cannot be told "
		                    "whether all of them may be passed on; derive it of fewer",
		                    ITEMS_MAX);
	o->item[o->count] = *id;
	o->derivation[o->count++] = derivation;
	return HF_OK;
}

static enum hf_err follow(struct onward *o, const struct hf_id *derivation)
{
	char text[HF_ID_TEXT];
	struct derive_facts *d = hf_alloc(sizeof(*d));
	enum hf_err e = derive_find(o->x, derivation, d);
	hf_id_text(derivation, text);
	if (e == HF_E_UNKNOWN)
		hf_fault_set(o->f, e, "the record of the derivation %s cannot be read any more", text);
	for (size_t i = 0; e == HF_OK && i < d->input_count; i++)
		e = add_item(o, &d->inputs[i].id, d->inputs[i].derivation);
	free(d);
	return e;
}

/* What is offered is held as strictly as what it was made of. */
static enum hf_err at_least(struct onward *o, const Hufu__Label *l, const char *text)
{
	const Hufu__CatalogEntry *e = o->entry;
	o->of_class |= strcmp(e->data_class, l->data_class) == 0;
	if (e->level < l->level)
		return hf_fault_set(o->f, HF_E_ARGUMENT,
		                    "transfer %s, of which the data was derived, is of level %u; publish it with "
		                    "--level %u or a higher one",
		                    text, l->level, l->level);
	if (l->sensitive && !e->sensitive)
		return hf_fault_set(o->f, HF_E_ARGUMENT,
		                    "transfer %s, of which the data was derived, is sensitive; publish it with "
		                    "--sensitive",
		                    text);
	if (l->personal && !e->personal)
		return hf_fault_set(o->f, HF_E_ARGUMENT,
		                    "transfer %s, of which the data was derived, holds personal information; publish "
		                    "it with --personal",
		                    text);
	if (e->sharing < l->sharing)
		return hf_fault_set(o->f, HF_E_ARGUMENT,
		                    "transfer %s, of which the data was derived, is shared conditionally; publish it "
		                    "with --sharing conditional",
		                    text);
	for (size_t i = 0; i < l->n_obligations; i++)
		if (hf_obligation_seals(l->obligations[i]) && !hf_duty_asked(e, l->obligations[i]))
			return hf_fault_set(o->f, HF_E_ARGUMENT,
			                    "transfer %s, of which the data was derived, is under the obligation "
			                    "'%.60s'; publish it with --duty %.60s",
			                    text, l->obligations[i], l->obligations[i]);
	return HF_OK;
}

static enum hf_err look_at_label(struct onward *o, const struct transfer *t, const Hufu__Label *l)
{
	char text[HF_ID_TEXT];
	bool own = strcmp(t->peer, o->x->base->self.s) == 0;
	hf_id_text(&t->id, text);
	if (!own && (!l->onward_sharing || !hf_terms_onward(l->obligations, l->n_obligations)))
		return hf_fault_set(o->f, HF_E_OBLIGATION,
		                    "%s delivered transfer %s under terms that forbid passing on what is derived of "
		                    "it; let who needs it apply to %s, or agree on the duty onward-derived",
		                    t->peer, text, t->peer);
	if (!own && hf_now_ms(&o->x->base->clock) >= l->until_ms)
		return hf_fault_set(o->f, HF_E_OBLIGATION,
		                    "the agreement about transfer %s of %s is over, and with it the permission to "
		                    "pass on what is derived of it; apply again",
		                    text, t->peer);
	return o->entry ? at_least(o, l, text) : HF_OK;
}

static enum hf_err look_at_delivery(struct onward *o, const struct hf_id *id)
{
	char text[HF_ID_TEXT];
	struct transfer *t = NULL;
	hf_id_text(id, text);
	if (hf_store_has(o->x->store, HF_TABLE_RECALLED, id->b, sizeof(id->b)))
		return hf_fault_set(o->f, HF_E_RECALLED,
		                    "transfer %s, of which the data was derived, was recalled by its provider: nothing "
		                    "that was made of it goes out",
		                    text);
	if (o->recalled)
		return HF_OK;
	enum hf_err err = transfer_load(o->x, id, false, &t);
	if (err != HF_OK)
		return hf_fault_set(o->f, err, "what was delivered in transfer %s cannot be looked up any more", text);
	HF_CLEANUP(hf_decoded_done) Hufu__Envelope *e = HF_DECODE(envelope, t->manifest.data, t->manifest.len);
	HF_CLEANUP(hf_decoded_done)
	Hufu__Manifest *m = e ? HF_DECODE(manifest, e->payload.data, e->payload.len) : NULL;
	if (m && m->label)
		err = look_at_label(o, t, m->label);
	else
		err = hf_fault_set(o->f, HF_E_STORE, "the manifest of transfer %s cannot be read", text);
	transfer_release(t);
	return err;
}

static enum hf_err look_back(struct onward *o, const struct hf_id *derivation)
{
	enum hf_err e = add_item(o, derivation, true);
	for (size_t i = 0; e == HF_OK && i < o->count; i++)
		e = o->derivation[i] ? follow(o, &o->item[i]) : look_at_delivery(o, &o->item[i]);
	return e;
}

static bool any(void *ctx, struct hf_bytes key, struct hf_bytes value)
{
	(void)key, (void)value;
	*(bool *)ctx = true;
	return false;
}

enum hf_err onward_stands(struct hf_exchange *x, const struct hf_id *derivation, struct hf_fault *f)
{
	bool recalled = false;
	HF_TRY(hf_fault_default(f, hf_store_scan(x->store, HF_TABLE_RECALLED, NULL, 0, NULL, 0, any, &recalled)));
	if (!recalled || hf_id_is_zero(derivation))
		return HF_OK;
	struct onward *o = hf_alloc_zero(sizeof(*o));
	*o = (struct onward){.x = x, .recalled = true, .f = f};
	enum hf_err e = look_back(o, derivation);
	free(o);
	return hf_fault_default(f, e);
}

enum hf_err hf_onward_check(struct hf_exchange *x, const struct hf_id *derivation, const Hufu__CatalogEntry *entry,
                            struct hf_fault *f)
{
	struct onward *o = hf_alloc_zero(sizeof(*o));
	*o = (struct onward){.x = x, .entry = entry, .f = f};
	enum hf_err e = look_back(o, derivation);
	if (e == HF_OK && entry && !o->of_class)
		e = hf_fault_set(f, HF_E_ARGUMENT,
		                 "the class '%.100s' is that of none of the deliveries that the data was derived of; "
		                 "publish it under the class of one of them",
		                 entry->data_class);
	free(o);
	return hf_fault_default(f, e);
}

struct asking {
	struct hf_exchange *x;
	const Hufu__CatalogEntry *entry;
	struct hf_fault *f;
	enum hf_err error;
};

static bool ask(void *ctx, const struct hf_id *derivation)
{
	struct asking *a = ctx;
	a->error = hf_onward_check(a->x, derivation, a->entry, a->f);
	return a->error == HF_OK;
}

/* The same file may be on record more than once: all of that counts. */
enum hf_err onward_of_entry(void *ctx, const struct hf_id *derivation, const Hufu__CatalogEntry *entry,
                            struct hf_fault *f)
{
	struct asking a = {.x = ctx, .entry = entry, .f = f};
	char text[HF_ID_TEXT];
	struct derive_facts *d = hf_alloc(sizeof(*d));
	enum hf_err e = derive_find(ctx, derivation, d);
	hf_id_text(derivation, text);
	if (e != HF_OK)
		hf_fault_set(f, e, "the record of the derivation %s cannot be read", text);
	else if (ask(&a, derivation))
		e = hf_derived_list(ctx, &d->digest, ask, &a);
	free(d);
	return e == HF_OK ? a.error : hf_fault_default(f, e);
}
