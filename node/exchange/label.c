/*
 * label.c - class, level, field labels, permission mark and obligations that travel with the data (DS-35): bound by the
 * signature of the start and of the manifest, so that they cannot be stripped.
 */
#include <stdlib.h>
#include <string.h>

#include "exchange/transfer.h"

struct label_holder {
	Hufu__Label label;
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
	*ret_holder = h;
	return &h->label;
}

void label_free(struct label_holder *h)
{
	if (!h)
		return;
	free(h->fields);
	free(h->list);
	free(h);
}
