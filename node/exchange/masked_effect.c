/* masked_effect.c - what masking leaves of a delivery (MK-3), in its manifest and in words; declared in masked.h. */
#include <stdlib.h>
#include <string.h>

#include "exchange/masked.h"
#include "release/disclosures.h"
#include "release/engine/measure.h"
#include "release/trend.h"

#define EFFECT_BYTES 16384u /* in a manifest */
#define EFFECT_FIELDS 40u

/* A table of very many fields: the first ones, and the figures of all. */
static json_t *shortened(const json_t *figures)
{
	json_t *o = json_deep_copy(figures), *fields = json_object_get(o, "fields");
	json_t *quasi = json_object_get(json_object_get(o, "risk"), "quasi");

	while (json_array_size(fields) > EFFECT_FIELDS)
		json_array_remove(fields, json_array_size(fields) - 1);
	while (json_array_size(quasi) > EFFECT_FIELDS)
		json_array_remove(quasi, json_array_size(quasi) - 1);
	return o;
}

char *masked_effect(const struct transfer *t)
{
	const json_t *figures = masked_figures(t);
	char *text = figures ? json_dumps(figures, JSON_COMPACT | JSON_REAL_PRECISION(6)) : NULL;

	if (text && strlen(text) > EFFECT_BYTES) {
		json_t *less = shortened(figures);

		free(text);
		text = json_dumps(less, JSON_COMPACT | JSON_REAL_PRECISION(6));
		json_decref(less);
	}
	return text;
}

json_t *masked_effect_of(const struct transfer *t)
{
	HF_CLEANUP(hf_decoded_done) Hufu__Envelope *e = NULL;
	HF_CLEANUP(hf_decoded_done) Hufu__Manifest *m = NULL;

	if (masked_figures(t))
		return json_incref(masked_figures(t));
	e = t->manifest.len ? HF_DECODE(envelope, t->manifest.data, t->manifest.len) : NULL;
	m = e ? HF_DECODE(manifest, e->payload.data, e->payload.len) : NULL;
	return m && *m->effect ? hf_measure_read(m->effect) : NULL;
}

void masked_effect_text(const struct transfer *t, char *out, size_t cap)
{
	json_t *figures = masked_effect_of(t);

	*out = '\0';
	if (figures)
		hf_measure_text(figures, out, cap);
	json_decref(figures);
}

static void put_measured(const struct transfer *t, const Hufu__Label *l, const json_t *figures, struct hf_unit *u)
{
	struct hf_measured m = {.what = t->provider ? "delivery" : "received",
	                        .id = t->id,
	                        .ms = hf_now_ms(&t->x->base->clock),
	                        .plan = l->mask_plan,
	                        .version = l->mask_version,
	                        .recipient = t->provider ? t->peer : t->x->base->self.s,
	                        .figures = figures};
	char dataset[HF_NAME_MAX + 1], entry[HF_ID_TEXT];
	struct hf_fault f;

	hf_id_text(&t->resource, entry);
	m.dataset = m.source = entry;
	if (t->provider) {
		m.source = t->source;
		if (hf_disclosure_dataset(t->x->store, t->x->sources, t->source, dataset, &f) != HF_OK)
			return; /* the source is gone, and what it was nobody asks for any more */
		m.dataset = dataset;
	}
	hf_trend_put(u, &m);
}

void masked_measured(const struct transfer *t, struct hf_unit *u)
{
	HF_CLEANUP(hf_decoded_done) Hufu__Envelope *e = HF_DECODE(envelope, t->start.data, t->start.len);
	HF_CLEANUP(hf_decoded_done)
	Hufu__TransferStart *s = e ? HF_DECODE(transfer_start, e->payload.data, e->payload.len) : NULL;
	json_t *figures = s && s->label && *s->label->mask_plan ? masked_effect_of(t) : NULL;

	if (figures)
		put_measured(t, s->label, figures, u);
	json_decref(figures);
}

json_t *hf_exchange_effect(struct hf_exchange *x, const struct hf_id *transfer)
{
	struct transfer *t = transfer_find(x, transfer, false), *loaded = NULL;
	json_t *figures;

	if (!t)
		t = transfer_find(x, transfer, true);
	if (!t && transfer_load(x, transfer, false, &loaded) != HF_OK &&
	    transfer_load(x, transfer, true, &loaded) != HF_OK)
		return NULL;
	figures = masked_effect_of(t ? t : loaded);
	transfer_release(loaded);
	return figures;
}
