/*
 * label.c - class, level, field labels, permission mark and obligations that travel with the data (DS-35): bound by the
 * signature of the start and of the manifest, so that they cannot be stripped. A field's label says what it holds, how
 * sensitive that is and how it was treated (MK-22, MK-24, MK-25), and stands in the records of both sides.
 */
#include <stdlib.h>
#include <string.h>

#include "exchange/masked.h"
#include "exchange/quality.h"
#include "exchange/transfer.h"

#define TEXT_MAX 4000u

struct label_holder {
	Hufu__Label label;
	struct hf_source_view source; /* its texts are borrowed */
	Hufu__FieldLabel *fields;
	Hufu__FieldLabel **list;
};

static bool wanted(const struct transfer *t, const char *name)
{
	for (size_t i = 0; i < t->field_count; i++)
		if (strcmp(t->fields[i], name) == 0)
			return true;
	return t->field_count == 0;
}

static void fill_class(Hufu__FieldLabel *f, const struct hf_source_view *v)
{
	for (size_t i = 0; i < v->field_count; i++) {
		struct hf_field_class *c = &v->fields[i].class;
		if (strcmp(v->fields[i].name, f->name) != 0 || c->state != HF_CLASS_CONFIRMED)
			continue;
		f->kind = c->kind;
		f->data_class = c->data_class;
		f->grade = c->level;
	}
}

static void fill_fields(struct label_holder *h, const struct transfer *t, const Hufu__CatalogEntry *e)
{
	for (size_t i = 0; i < e->n_fields; i++) {
		if (!wanted(t, e->fields[i]->name))
			continue;
		Hufu__FieldLabel *f = &h->fields[h->label.n_fields];
		hufu__field_label__init(f);
		f->name = e->fields[i]->name;
		f->type = e->fields[i]->type;
		f->level = e->fields[i]->level;
		f->sensitive = e->fields[i]->sensitive;
		f->personal = e->fields[i]->personal;
		fill_class(f, &h->source);
		h->list[h->label.n_fields++] = f;
	}
	h->label.fields = h->list;
}

Hufu__Label *label_new(const struct transfer *t, const struct hf_catalog_item *item, const Hufu__Agreement *terms,
                       struct label_holder **ret_holder)
{
	const Hufu__CatalogEntry *e = item->entry;
	struct label_holder *h = calloc(1, sizeof(*h));
	if (!h)
		abort();
	h->fields = calloc(e->n_fields + 1, sizeof(*h->fields));
	h->list = calloc(e->n_fields + 1, sizeof(*h->list));
	if (!h->fields || !h->list)
		abort();
	hufu__label__init(&h->label);
	if (hf_source_get(t->x->sources, t->source, &h->source) != HF_OK)
		h->source.field_count = 0; /* it was there a moment ago, and is opened next */
	h->label.entry = e->id;
	h->label.version = e->version;
	h->label.data_class = e->data_class;
	h->label.level = e->level;
	h->label.sensitive = e->sensitive;
	h->label.personal = e->personal;
	h->label.sharing = e->sharing;
	fill_fields(h, t, e);
	h->label.recipient = (char *)t->peer;
	h->label.system = terms->system;
	h->label.action = terms->action;
	h->label.purpose = terms->purpose;
	h->label.from_ms = terms->from_ms;
	h->label.until_ms = terms->until_ms;
	h->label.onward_sharing =
	        hf_terms_onward(terms->obligations, terms->n_obligations) && hf_duty_asked(e, HF_DUTY_ONWARD_DERIVED);
	h->label.obligations = terms->obligations;
	h->label.n_obligations = terms->n_obligations;
	h->label.rows = t->rows_wanted ? t->rows_wanted : (char *)"";
	masked_label(t, &h->label);
	h->label.quality = quality_published(e, &h->label, &h->label.n_quality);
	*ret_holder = h;
	return &h->label;
}

void label_free(struct label_holder *h)
{
	if (!h)
		return;
	hf_source_view_done(&h->source);
	free(h->label.quality);
	free(h->fields);
	free(h->list);
	free(h);
}

/* What is not sensitive is counted, not named: a record is bounded. */
void label_text(const Hufu__Label *l, struct hf_buf *out)
{
	size_t plain = 0, more = 0;
	for (size_t i = 0; i < l->n_fields; i++) {
		const Hufu__FieldLabel *f = l->fields[i];
		if (f->kind[0] == '\0' && f->data_class[0])
			plain++;
		else if (f->kind[0] && out->len < TEXT_MAX)
			hf_buf_addf(out, "%s %s %s %u %s\n", f->name, f->kind, f->data_class, f->grade,
			            f->technique[0] ? f->technique : "plain");
		else
			more += f->kind[0] != '\0';
	}
	if (more > 0)
		hf_buf_addf(out, "and %zu more\n", more);
	if (plain > 0)
		hf_buf_addf(out, "%zu fields not sensitive\n", plain);
}

static Hufu__TransferStart *start_of(const struct transfer *t)
{
	HF_CLEANUP(hf_decoded_done)
	Hufu__Envelope *e = t->start.len ? HF_DECODE(envelope, t->start.data, t->start.len) : NULL;
	return e ? HF_DECODE(transfer_start, e->payload.data, e->payload.len) : NULL;
}

void label_draft(struct hf_draft *d, const struct transfer *t)
{
	HF_CLEANUP(hf_decoded_done) Hufu__TransferStart *s = start_of(t);
	HF_CLEANUP(hf_buf_done) struct hf_buf text = HF_BUF_INIT;
	if (!s || !s->label)
		return;
	label_text(s->label, &text);
	if (text.len > 0 && hf_buf_add(&text, "", 1))
		hf_draft_text(d, HF_FIELD_LABEL, (const char *)text.data);
}

enum hf_err hf_exchange_labels(struct hf_exchange *x, const struct hf_id *transfer, hf_field_label_fn fn, void *ctx)
{
	struct transfer *t = transfer_find(x, transfer, false), *loaded = NULL;
	if (!t)
		t = transfer_find(x, transfer, true);
	if (!t && transfer_load(x, transfer, false, &loaded) != HF_OK)
		HF_TRY(transfer_load(x, transfer, true, &loaded));
	HF_CLEANUP(hf_decoded_done) Hufu__TransferStart *s = start_of(t ? t : loaded);
	for (size_t i = 0; s && s->label && i < s->label->n_fields; i++)
		fn(ctx, s->label->fields[i]);
	transfer_release(loaded);
	return HF_OK;
}
