/* catalog_sample.c - samples of entries (SB-10): as JSON, as DCAT, and read from JSON. */
#include <string.h>

#include "api/catalog_json.h"

static void out_id(json_t *o, const char *name, const ProtobufCBinaryData *bytes)
{
	struct hf_id id;

	if (hf_id_from_bytes(bytes->data, bytes->len, &id))
		hf_api_out_id(o, name, &id);
}

void catalog_json_sample(json_t *o, const Hufu__CatalogEntry *e)
{
	const Hufu__MaskedSample *s = e->sample;
	json_t *sample;

	if (!s)
		return;
	sample = json_object();
	out_id(sample, "of", &s->of);
	out_id(sample, "task", &s->task);
	json_object_set_new(sample, "plan", json_string(s->plan));
	json_object_set_new(sample, "plan_version", json_integer(s->plan_version));
	hf_api_out_hex(sample, "plan_digest", s->plan_digest.data, s->plan_digest.len);
	hf_api_out_hex(sample, "digest", s->digest.data, s->digest.len);
	json_object_set_new(o, "sample", sample);
}

void catalog_json_sample_dcat(json_t *o, const Hufu__MaskedSample *s)
{
	char text[HF_ID_TEXT];
	struct hf_id of;

	if (hf_id_from_bytes(s->of.data, s->of.len, &of)) {
		hf_id_text(&of, text);
		json_object_set_new(o, "hufu:sampleOf", json_pack("{s:o}", "@id", json_sprintf("urn:uuid:%s", text)));
	}
	out_id(o, "hufu:maskingTask", &s->task);
	json_object_set_new(o, "hufu:maskingPlan", json_string(s->plan));
	json_object_set_new(o, "hufu:maskingPlanVersion", json_integer(s->plan_version));
	hf_api_out_hex(o, "hufu:maskingPlanDigest", s->plan_digest.data, s->plan_digest.len);
	hf_api_out_hex(o, "hufu:maskedDigest", s->digest.data, s->digest.len);
}

static enum hf_err read_id(struct hf_api_request *rq, const char *name, uint8_t *to, ProtobufCBinaryData *ret)
{
	struct hf_id id;

	HF_TRY(hf_api_id(rq, name, false, &id));
	if (hf_id_is_zero(&id))
		return HF_OK;
	memcpy(to, id.b, sizeof(id.b));
	*ret = (ProtobufCBinaryData){sizeof(id.b), to};
	return HF_OK;
}

/* What is not said stays as it was, but for the task when the entry has a new source: that one's own. */
enum hf_err catalog_json_read_sample(struct hf_api_request *rq, const char *source_was, struct catalog_wish *w)
{
	Hufu__MaskedSample *s = &w->sample;

	hufu__masked_sample__init(s);
	if (w->entry.sample) {
		s->of = w->entry.sample->of;
		if (strcmp(source_was, w->source) == 0)
			s->task = w->entry.sample->task;
	}
	HF_TRY(read_id(rq, "sample_of", w->sample_of, &s->of));
	HF_TRY(read_id(rq, "masking_task", w->sample_task, &s->task));
	if (s->of.len == 0 && s->task.len > 0)
		return hf_fault_set(
		        &rq->fault, HF_E_ARGUMENT,
		        "field 'masking_task' says what a sample was masked by; say with 'sample_of' of which "
		        "entry it is one");
	w->entry.sample = s->of.len > 0 ? s : NULL;
	return HF_OK;
}

/* ---- the samples of an entry ---- */

struct samples {
	json_t *list;
	bool dcat;
};

static bool add_sample(void *ctx, const struct hf_catalog_item *it)
{
	const struct samples *s = ctx;
	json_t *o = json_object();

	if (s->dcat) {
		json_object_set_new(o, "@type", json_string("dcat:Dataset"));
		catalog_json_urn(o, it->entry);
	} else {
		out_id(o, "entry", &it->entry->id);
		json_object_set_new(o, "version", json_integer(it->entry->version));
		json_object_set_new(o, "title", json_string(it->entry->title));
		json_object_set_new(o, "rows", json_integer((json_int_t)it->entry->rows));
		catalog_json_sample(o, it->entry);
	}
	json_array_append_new(s->list, o);
	return true;
}

enum hf_err catalog_json_samples(struct hf_api_request *rq, const struct hf_catalog_item *it, const char *principal,
                                 bool dcat, json_t *o)
{
	struct samples s = {json_array(), dcat};
	char text[HF_ID_TEXT];
	struct hf_catalog_query q = {.publisher = it->entry->publisher, .sample_of = text, .principal = principal};
	struct hf_id id, next;
	enum hf_err e = HF_OK;

	q.limit = SAMPLES_SHOWN;
	if (hf_id_from_bytes(it->entry->id.data, it->entry->id.len, &id)) {
		hf_id_text(&id, text);
		e = hf_catalog_search(rq->m->catalog, &q, add_sample, &s, &next, &rq->fault);
	}
	if (json_array_size(s.list) > 0)
		json_object_set(o, dcat ? "adms:sample" : "samples", s.list);
	json_decref(s.list);
	return e;
}
