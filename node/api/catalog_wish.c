/* catalog_wish.c - what a request wants an entry to be, read into one; showing is catalog_json.c. */
#include "api/catalog_json.h"

#include <stdlib.h>
#include <string.h>

#include "api/rows.h"
#include "api/sources.h"
#include "authz/obligation.h"
#include "base/mem.h"

static bool mentions(const struct hf_api_request *rq, const char *name)
{
	const json_t *v = json_object_get(rq->in, name);

	return v && !json_is_null(v);
}

static enum hf_err read_text(struct hf_api_request *rq, const char *name, size_t max, char **to)
{
	const char *text;

	if (!mentions(rq, name))
		return HF_OK;
	HF_TRY(hf_api_text(rq, name, false, max, &text));
	*to = (char *)text;
	return HF_OK;
}

static enum hf_err read_bool(struct hf_api_request *rq, const char *name, protobuf_c_boolean *to)
{
	bool value;

	if (!mentions(rq, name))
		return HF_OK;
	HF_TRY(hf_api_bool(rq, name, false, &value));
	*to = value;
	return HF_OK;
}

static enum hf_err read_list(struct hf_api_request *rq, const char *name, size_t max, const char ***list,
                             size_t *ret_count)
{
	if (!mentions(rq, name))
		return HF_OK;
	free(*list);
	*list = NULL;
	return hf_api_list(rq, name, false, max, list, ret_count);
}

static enum hf_err read_number(struct hf_api_request *rq, const char *name, int64_t max, uint32_t *to)
{
	int64_t n = *to;

	HF_TRY(hf_api_int(rq, name, false, 0, max, &n));
	*to = (uint32_t)n;
	return HF_OK;
}

static enum hf_err read_level(struct hf_api_request *rq, uint32_t *to)
{
	const json_t *v = json_object_get(rq->in, "level");
	int64_t n = 0;

	if (!mentions(rq, "level"))
		return HF_OK;
	if (json_is_string(v))
		n = catalog_json_level(json_string_value(v));
	else
		HF_TRY(hf_api_int(rq, "level", true, 1, 3, &n));
	if (n == 0)
		return hf_fault_set(&rq->fault, HF_E_ARGUMENT,
		                    "field 'level' is none of 1 general, 2 important, 3 core");
	*to = (uint32_t)n;
	return HF_OK;
}

static enum hf_err read_sharing(struct hf_api_request *rq, uint32_t *to)
{
	const char *word;

	if (!mentions(rq, "sharing"))
		return HF_OK;
	HF_TRY(hf_api_text(rq, "sharing", false, 32, &word));
	*to = catalog_json_sharing(word);
	if (*to == 0)
		return hf_fault_set(&rq->fault, HF_E_ARGUMENT,
		                    "field 'sharing' is none of unconditional, conditional, not-shared");
	return HF_OK;
}

static enum hf_err read_texts(struct hf_api_request *rq, Hufu__CatalogEntry *e)
{
	HF_TRY(read_text(rq, "title", HF_MAX_TITLE, &e->title));
	HF_TRY(read_text(rq, "description", HF_MAX_TEXT, &e->description));
	HF_TRY(read_text(rq, "department", HF_NAME_MAX, &e->department));
	HF_TRY(read_text(rq, "topic", 127, &e->topic));
	HF_TRY(read_text(rq, "class", 127, &e->data_class));
	HF_TRY(read_text(rq, "condition", HF_MAX_TEXT, &e->sharing_condition));
	HF_TRY(read_text(rq, "intake", HF_NAME_MAX, &e->intake));
	HF_TRY(read_text(rq, "update_cycle", 127, &e->update_cycle));
	return read_text(rq, "legal_basis", HF_MAX_TEXT, &e->legal_basis);
}

static enum hf_err read_marks(struct hf_api_request *rq, Hufu__CatalogEntry *e)
{
	HF_TRY(read_level(rq, &e->level));
	HF_TRY(read_sharing(rq, &e->sharing));
	HF_TRY(read_bool(rq, "sensitive", &e->sensitive));
	HF_TRY(read_bool(rq, "personal", &e->personal));
	HF_TRY(read_bool(rq, "provider_decides", &e->provider_decides));
	HF_TRY(hf_api_time(rq, "not_before", false, &e->not_before_ms));
	return hf_api_time(rq, "not_after", false, &e->not_after_ms);
}

/* The readers look at rq->in, which is an inner object for the moment. */
static enum hf_err inside(struct hf_api_request *rq, const json_t *object, const char *name, struct catalog_wish *w,
                          void *to, enum hf_err (*read)(struct hf_api_request *rq, struct catalog_wish *w, void *to))
{
	json_t *outer = rq->in;
	enum hf_err e;

	if (!json_is_object(object))
		return hf_fault_set(&rq->fault, HF_E_ARGUMENT, "field '%s' is not an object", name);
	rq->in = (json_t *)object;
	e = read(rq, w, to);
	rq->in = outer;
	return e;
}

static enum hf_err read_criteria(struct hf_api_request *rq, struct catalog_wish *w, void *to)
{
	Hufu__ReviewCriteria *c = to;

	hufu__review_criteria__init(c);
	HF_TRY(read_list(rq, "purposes", 64, &w->purposes, &c->n_purposes));
	HF_TRY(read_list(rq, "jurisdictions", 64, &w->jurisdictions, &c->n_jurisdictions));
	HF_TRY(read_list(rq, "roles", 16, &w->roles, &c->n_roles));
	c->purposes = (char **)w->purposes;
	c->jurisdictions = (char **)w->jurisdictions;
	c->roles = (char **)w->roles;
	HF_TRY(read_number(rq, "max_days", 36500, &c->max_days));
	HF_TRY(read_number(rq, "max_fields", HF_MAX_FIELDS, &c->max_fields));
	w->entry.criteria = c;
	HF_TRY(catalog_json_read_purposes(rq, w, c));
	return read_bool(rq, "purpose_text", &c->purpose_text);
}

static enum hf_err read_field(struct hf_api_request *rq, struct catalog_wish *w, void *to)
{
	Hufu__Field *f = to;
	const char *name;

	(void)w;
	hufu__field__init(f);
	HF_TRY(hf_api_text(rq, "name", true, 127, &name));
	f->name = (char *)name;
	HF_TRY(read_text(rq, "description", HF_MAX_TEXT, &f->description));
	HF_TRY(read_level(rq, &f->level));
	HF_TRY(read_bool(rq, "sensitive", &f->sensitive));
	return read_bool(rq, "personal", &f->personal);
}

static enum hf_err read_fields(struct hf_api_request *rq, struct catalog_wish *w)
{
	const json_t *list = json_object_get(rq->in, "fields");
	size_t count = json_array_size(list);

	if (!mentions(rq, "fields"))
		return HF_OK;
	if (!json_is_array(list) || count > HF_MAX_FIELDS)
		return hf_fault_set(&rq->fault, HF_E_ARGUMENT, "field 'fields' is not a list of at most %u objects",
		                    HF_MAX_FIELDS);
	w->fields = hf_alloc_zero(count * sizeof(*w->fields));
	w->field_list = hf_alloc_zero(count * sizeof(*w->field_list));
	w->entry.fields = w->field_list;
	w->entry.n_fields = 0;
	for (size_t i = 0; i < count; i++) {
		HF_TRY(inside(rq, json_array_get(list, i), "fields", w, &w->fields[i], read_field));
		w->field_list[w->entry.n_fields++] = &w->fields[i];
	}
	return HF_OK;
}

/* Marks of the version before, as far as the source still has the field. */
static enum hf_err keep_marks(struct hf_api_request *rq, struct catalog_wish *w)
{
	struct hf_source_view v;

	if (mentions(rq, "fields") || w->entry.n_fields == 0 || hf_source_get(rq->m->sources, w->source, &v) != HF_OK)
		return HF_OK;
	w->field_list = hf_alloc_zero(w->entry.n_fields * sizeof(*w->field_list));
	size_t kept = 0;
	for (size_t i = 0; i < w->entry.n_fields; i++)
		for (size_t j = 0; j < v.field_count; j++)
			if (strcmp(v.fields[j].name, w->entry.fields[i]->name) == 0)
				w->field_list[kept++] = w->entry.fields[i];
	w->entry.fields = w->field_list;
	w->entry.n_fields = kept;
	hf_source_view_done(&v);
	return HF_OK;
}

/* The state of its record that a grant or a transfer has to reach before data flows. */
static enum hf_err read_record(struct hf_api_request *rq, const struct hf_catalog_item *was, struct catalog_wish *w)
{
	const char *word = "";

	HF_TRY(hf_api_text(rq, "record", false, 32, &word));
	for (size_t i = 0; was && !*word && i < was->entry->n_policy; i++)
		if (hf_entry_state_of_duty(was->entry->policy[i]->action) != HF_ENTRY_INVALID)
			w->duty = was->entry->policy[i]->action;
	if (!*word || strcmp(word, "durable") == 0)
		return HF_OK;
	w->duty = hf_entry_state_duty(word);
	return w->duty ? HF_OK
	               : hf_fault_set(&rq->fault, HF_E_ARGUMENT,
	                              "field 'record' is none of durable, witnessed, mirrored");
}

static void add_duty(struct catalog_wish *w, const char *action)
{
	Hufu__Rule *r = &w->duties[w->entry.n_policy];

	hufu__rule__init(r);
	r->kind = (char *)"duty";
	r->action = (char *)action;
	w->duty_list[w->entry.n_policy++] = r;
}

/* Obligations that the agreements about the entry get: each must be one that the gate can fulfil (AZ-73). */
static enum hf_err read_duties(struct hf_api_request *rq, const struct hf_catalog_item *was, struct catalog_wish *w)
{
	size_t count = 0;

	w->entry.policy = w->duty_list;
	HF_TRY(read_list(rq, "duties", HF_DUTIES_MAX, &w->duty_words, &count));
	for (size_t i = 0; i < count; i++) {
		if (!hf_obligation_known(w->duty_words[i]))
			return hf_fault_set(
			        &rq->fault, HF_E_OBLIGATION,
			        "this node cannot fulfil the obligation '%.100s'; `hufu catalog publish --help` "
			        "names those that it can",
			        w->duty_words[i]);
		add_duty(w, w->duty_words[i]);
	}
	if (mentions(rq, "duties") || !was)
		return HF_OK;
	for (size_t i = 0; i < was->entry->n_policy && w->entry.n_policy < HF_DUTIES_MAX; i++)
		if (strcmp(was->entry->policy[i]->kind, "duty") == 0 &&
		    hf_entry_state_of_duty(was->entry->policy[i]->action) == HF_ENTRY_INVALID)
			add_duty(w, was->entry->policy[i]->action);
	return HF_OK;
}

static void begin_wish(const struct hf_catalog_item *was, struct catalog_wish *w)
{
	memset(w, 0, sizeof(*w));
	hufu__catalog_entry__init(&w->entry);
	w->entry.provider_decides = true;
	if (!was)
		return;
	w->entry = *was->entry;
	w->entry.header = NULL;
	w->entry.n_policy = 0;
	w->entry.n_distributions = 0;
}

enum hf_err catalog_json_wish(struct hf_api_request *rq, const struct hf_catalog_item *was, struct catalog_wish *w)
{
	size_t count = 0;

	begin_wish(was, w);
	HF_TRY(read_texts(rq, &w->entry));
	HF_TRY(read_marks(rq, &w->entry));
	HF_TRY(catalog_json_read_conditions(rq, w));
	HF_TRY(read_list(rq, "keywords", HF_MAX_KEYWORDS, &w->keywords, &count));
	if (w->keywords) {
		w->entry.keywords = (char **)w->keywords;
		w->entry.n_keywords = count;
	}
	HF_TRY(catalog_json_read_quality(rq, w));
	if (mentions(rq, "criteria"))
		HF_TRY(inside(rq, json_object_get(rq->in, "criteria"), "criteria", w, &w->criteria, read_criteria));
	HF_TRY(hf_api_text(rq, "source", !was, HF_NAME_MAX, &w->source));
	if (was && !*w->source)
		w->source = was->source;
	HF_TRY(hf_api_source_own(rq, w->source));
	HF_TRY(catalog_json_read_sample(rq, was ? was->source : "", w));
	HF_TRY(hf_api_text(rq, "mode", false, 40, &w->mode));
	HF_TRY(hf_api_text(rq, "scope", !was, HF_MAX_TEXT, &w->scope));
	HF_TRY(hf_api_text(rq, "purpose", true, 511, &w->purpose));
	HF_TRY(read_record(rq, was, w));
	HF_TRY(read_duties(rq, was, w));
	HF_TRY(read_fields(rq, w));
	return keep_marks(rq, w);
}

void catalog_wish_done(struct catalog_wish *w)
{
	free(w->keywords);
	free(w->quality);
	free(w->duty_words);
	free(w->purposes);
	free(w->jurisdictions);
	free(w->roles);
	free(w->fields);
	free(w->field_list);
	catalog_json_lists_done(w);
}
