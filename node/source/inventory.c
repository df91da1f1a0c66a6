/* inventory.c - what the fields of a source hold, in the form of masking/inventory.h; declared in classify.h. */
#include <jansson.h>

#include "source/classify.h"
#include "source/relations.h"

static json_t *location(const char *table, const struct hf_source_field *f)
{
	const struct hf_field_class *c = &f->class;
	json_t *o = json_pack("{s:s, s:s, s:s, s:i}", "table", table, "field", f->name, "class", c->data_class, "level",
	                      (int)(c->level ? c->level : 1));

	json_object_set_new(o, "type", c->kind[0] ? json_string(c->kind) : json_null());
	if (c->technique[0])
		json_object_set_new(o, "technique", json_string(c->technique));
	json_object_set_new(o, "confidence", json_real((double)c->confidence / 1000));
	json_object_set_new(o, "state", json_string(c->state == HF_CLASS_CONFIRMED ? "confirmed" : "proposed"));
	json_object_set_new(o, "by", json_string(c->confirmed_by));
	return o;
}

json_t *hf_source_inventory(void *sources, const char *name)
{
	struct hf_source_view v;
	json_t *locations, *relations = NULL, *o;
	size_t i;

	if (hf_source_get(sources, name, &v) != HF_OK)
		return NULL;
	locations = v.field_count && v.fields[0].class.state != HF_CLASS_UNSEEN ? json_array() : NULL;
	for (i = 0; locations && i < v.field_count; i++)
		json_array_append_new(locations, location(v.name, &v.fields[i]));
	hf_source_view_done(&v);
	if (!locations || hf_relations_list(sources, name, &relations) != HF_OK) {
		json_decref(locations);
		return NULL;
	}
	json_array_foreach(relations, i, o) json_object_del(o, "said_ms");
	return json_pack("{s:i, s:o, s:o}", "hufu-masking-inventory", 1, "locations", locations, "relations",
	                 relations);
}
