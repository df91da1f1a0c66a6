#include "api/catalog_json.h"

#include <stdlib.h>
#include <string.h>

#include "api/rows.h"
#include "api/sources.h"
#include "authz/obligation.h"
#include "base/mem.h"
#include "ledger/ledger.h"

static const char *const sharing_words[] = {"", "unconditional", "conditional", "not-shared"};
static const char *const level_words[] = {"", "general", "important", "core"};

static uint32_t word_index(const char *const *words, const char *word)
{
	for (uint32_t i = 1; i <= 3; i++)
		if (strcmp(words[i], word) == 0)
			return i;
	return 0;
}

uint32_t catalog_json_sharing(const char *word)
{
	return word_index(sharing_words, word);
}

uint32_t catalog_json_level(const char *word)
{
	if (word[0] >= '1' && word[0] <= '3' && !word[1])
		return (uint32_t)(word[0] - '0');
	return word_index(level_words, word);
}

/* ---- showing ---- */

static void out_text(json_t *o, const char *name, const char *text)
{
	if (text && *text)
		json_object_set_new(o, name, json_string(text));
}

static void out_number(json_t *o, const char *name, uint64_t n)
{
	json_object_set_new(o, name, json_integer((json_int_t)n));
}

static void out_bool(json_t *o, const char *name, bool b)
{
	json_object_set_new(o, name, json_boolean(b));
}

static json_t *texts(char *const *list, size_t count)
{
	json_t *a = json_array();

	for (size_t i = 0; i < count; i++)
		json_array_append_new(a, json_string(list[i]));
	return a;
}

static void out_entry_id(json_t *o, const char *name, const Hufu__CatalogEntry *e)
{
	struct hf_id id;

	if (hf_id_from_bytes(e->id.data, e->id.len, &id))
		hf_api_out_id(o, name, &id);
}

static json_t *fields_json(const Hufu__CatalogEntry *e)
{
	json_t *a = json_array();

	for (size_t i = 0; i < e->n_fields; i++) {
		json_t *o = json_object();

		out_text(o, "name", e->fields[i]->name);
		out_text(o, "type", e->fields[i]->type);
		out_text(o, "description", e->fields[i]->description);
		out_number(o, "level", e->fields[i]->level);
		out_bool(o, "sensitive", e->fields[i]->sensitive);
		out_bool(o, "personal", e->fields[i]->personal);
		if (e->fields[i]->distinct)
			out_number(o, "distinct", e->fields[i]->distinct);
		json_array_append_new(a, o);
	}
	return a;
}

static json_t *criteria_json(const Hufu__ReviewCriteria *c)
{
	json_t *o = json_object();

	json_object_set_new(o, "purposes", texts(c->purposes, c->n_purposes));
	json_object_set_new(o, "jurisdictions", texts(c->jurisdictions, c->n_jurisdictions));
	json_object_set_new(o, "roles", texts(c->roles, c->n_roles));
	out_number(o, "max_days", c->max_days);
	out_number(o, "max_fields", c->max_fields);
	out_bool(o, "purpose_text", c->purpose_text);
	json_object_set_new(o, "purpose_fields", catalog_json_purposes(c));
	return o;
}

static json_t *distributions_json(const Hufu__CatalogEntry *e)
{
	json_t *a = json_array();

	for (size_t i = 0; i < e->n_distributions; i++) {
		json_t *o = json_object();

		out_text(o, "id", e->distributions[i]->id);
		out_text(o, "format", e->distributions[i]->format);
		out_text(o, "mode", e->distributions[i]->mode);
		out_number(o, "bytes", e->distributions[i]->bytes);
		json_array_append_new(a, o);
	}
	return a;
}

static json_t *policy_json(const Hufu__CatalogEntry *e)
{
	json_t *a = json_array();

	for (size_t i = 0; i < e->n_policy; i++) {
		json_t *o = json_object();

		out_text(o, "kind", e->policy[i]->kind);
		out_text(o, "action", e->policy[i]->action);
		out_text(o, "left", e->policy[i]->left);
		out_text(o, "operator", e->policy[i]->operator_);
		out_text(o, "right", e->policy[i]->right);
		json_array_append_new(a, o);
	}
	return a;
}

static void out_head(json_t *o, const Hufu__CatalogEntry *e)
{
	out_entry_id(o, "entry", e);
	out_number(o, "version", e->version);
	out_text(o, "title", e->title);
	out_text(o, "publisher", e->publisher);
	out_text(o, "department", e->department);
	out_text(o, "topic", e->topic);
	out_text(o, "class", e->data_class);
	if (e->withdrawn) {
		out_bool(o, "withdrawn", true);
		return;
	}
	out_number(o, "level", e->level);
	out_text(o, "level_name", e->level <= 3 ? level_words[e->level] : "");
	out_bool(o, "sensitive", e->sensitive);
	out_bool(o, "personal", e->personal);
	out_text(o, "sharing", e->sharing <= 3 ? sharing_words[e->sharing] : "");
	out_number(o, "rows", e->rows);
	out_number(o, "bytes", e->bytes);
	catalog_json_sample(o, e);
}

json_t *catalog_json_row(const struct hf_catalog_item *it)
{
	json_t *o = json_object();

	out_head(o, it->entry);
	out_bool(o, "own", it->own);
	return o;
}

void catalog_json_entry(json_t *o, const struct hf_catalog_item *it)
{
	const Hufu__CatalogEntry *e = it->entry;

	out_head(o, e);
	out_bool(o, "own", it->own);
	hf_api_out_hex(o, "digest", it->digest.b, sizeof(it->digest.b));
	if (e->withdrawn)
		return;
	out_text(o, "description", e->description);
	json_object_set_new(o, "keywords", texts(e->keywords, e->n_keywords));
	out_text(o, "condition", e->sharing_condition);
	json_object_set_new(o, "conditions", catalog_json_conditions(e));
	json_object_set_new(o, "quality", texts(e->quality, e->n_quality));
	if (e->criteria)
		json_object_set_new(o, "criteria", criteria_json(e->criteria));
	out_text(o, "intake", e->intake);
	out_bool(o, "provider_decides", e->provider_decides);
	out_text(o, "update_cycle", e->update_cycle);
	out_text(o, "legal_basis", e->legal_basis);
	hf_api_out_time_if(o, "not_before", e->not_before_ms);
	hf_api_out_time_if(o, "not_after", e->not_after_ms);
	json_object_set_new(o, "fields", fields_json(e));
	json_object_set_new(o, "distributions", distributions_json(e));
	json_object_set_new(o, "policy", policy_json(e));
}

/* ---- DCAT ---- */

json_t *catalog_json_dcat_context(void)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "dcat", "http://www.w3.org/ns/dcat#", "dct",
	                 "http://purl.org/dc/terms/", "foaf", "http://xmlns.com/foaf/0.1/", "odrl",
	                 "http://www.w3.org/ns/odrl/2/", "xsd", "http://www.w3.org/2001/XMLSchema#", "hufu",
	                 "urn:hufu:terms:1#", "adms", "http://www.w3.org/ns/adms#");
}

static json_t *dcat_distribution(const Hufu__Distribution *d)
{
	json_t *o = json_pack("{s:s, s:s, s:s}", "@type", "dcat:Distribution", "dct:identifier", d->id,
	                      "dcat:mediaType", d->format);

	out_number(o, "dcat:byteSize", d->bytes);
	out_text(o, "hufu:mode", d->mode);
	return o;
}

static json_t *odrl_rule(const Hufu__Rule *r)
{
	json_t *o = json_object();

	json_object_set_new(o, "odrl:action", json_sprintf("odrl:%s", r->action));
	if (r->left && *r->left)
		json_object_set_new(o, "odrl:constraint",
		                    json_pack("[{s:s, s:s, s:s}]", "odrl:leftOperand", r->left, "odrl:operator",
		                              r->operator_, "odrl:rightOperand", r->right));
	return o;
}

static json_t *odrl_offer(const Hufu__CatalogEntry *e)
{
	static const char *const kinds[][2] = {
	        {"permission", "odrl:permission"},
	        {"prohibition", "odrl:prohibition"},
	        {"duty", "odrl:obligation"},
	};
	json_t *offer = json_pack("{s:s}", "@type", "odrl:Offer");

	for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++) {
		json_t *rules = json_array();

		for (size_t i = 0; i < e->n_policy; i++)
			if (strcmp(e->policy[i]->kind, kinds[k][0]) == 0)
				json_array_append_new(rules, odrl_rule(e->policy[i]));
		if (json_array_size(rules) > 0)
			json_object_set(offer, kinds[k][1], rules);
		json_decref(rules);
	}
	return offer;
}

void catalog_json_urn(json_t *o, const Hufu__CatalogEntry *e)
{
	char text[HF_ID_TEXT];
	struct hf_id id;

	if (!hf_id_from_bytes(e->id.data, e->id.len, &id))
		return;
	hf_id_text(&id, text);
	json_object_set_new(o, "@id", json_sprintf("urn:uuid:%s", text));
	json_object_set_new(o, "dct:identifier", json_string(text));
}

static void dcat_hufu(json_t *o, const Hufu__CatalogEntry *e)
{
	out_number(o, "hufu:version", e->version);
	out_text(o, "hufu:class", e->data_class);
	out_text(o, "hufu:level", e->level <= 3 ? level_words[e->level] : "");
	out_text(o, "hufu:sharing", e->sharing <= 3 ? sharing_words[e->sharing] : "");
	out_text(o, "hufu:intake", e->intake);
	out_text(o, "hufu:legalBasis", e->legal_basis);
	out_bool(o, "hufu:sensitive", e->sensitive);
	out_bool(o, "hufu:personal", e->personal);
	out_number(o, "hufu:rows", e->rows);
	json_object_set_new(o, "hufu:field", fields_json(e));
	if (e->sample)
		catalog_json_sample_dcat(o, e->sample);
}

json_t *catalog_json_dcat(const struct hf_catalog_item *it)
{
	const Hufu__CatalogEntry *e = it->entry;
	json_t *o = json_pack("{s:s}", "@type", "dcat:Dataset"), *list = json_array();

	catalog_json_urn(o, e);
	out_text(o, "dct:title", e->title);
	out_text(o, "dct:description", e->description);
	json_object_set_new(o, "dct:publisher",
	                    json_pack("{s:s, s:s}", "@type", "foaf:Agent", "foaf:name", e->publisher));
	out_text(o, "dcat:theme", e->topic);
	json_object_set_new(o, "dcat:keyword", texts(e->keywords, e->n_keywords));
	out_text(o, "dct:accrualPeriodicity", e->update_cycle);
	out_text(o, "dct:accessRights", e->sharing_condition);
	hf_api_out_time_if(o, "dct:available", e->not_before_ms);
	for (size_t i = 0; i < e->n_distributions; i++)
		json_array_append_new(list, dcat_distribution(e->distributions[i]));
	json_object_set_new(o, "dcat:distribution", list);
	if (e->n_policy > 0)
		json_object_set_new(o, "odrl:hasPolicy", odrl_offer(e));
	dcat_hufu(o, e);
	return o;
}

/* ---- reading ---- */

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
