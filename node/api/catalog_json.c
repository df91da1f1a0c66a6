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
	hf_api_out_time_if(o, "modified", e->modified_ms);
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
	hf_api_out_time_if(o, "dct:modified", e->modified_ms);
	for (size_t i = 0; i < e->n_distributions; i++)
		json_array_append_new(list, dcat_distribution(e->distributions[i]));
	json_object_set_new(o, "dcat:distribution", list);
	if (e->n_policy > 0)
		json_object_set_new(o, "odrl:hasPolicy", odrl_offer(e));
	dcat_hufu(o, e);
	return o;
}
