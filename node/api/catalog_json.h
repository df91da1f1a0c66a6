/*
 * catalog_json.h - catalog entries as JSON and as DCAT, and publications read from JSON. For catalog.c only.
 */
#ifndef HUFU_API_CATALOG_JSON_H
#define HUFU_API_CATALOG_JSON_H

#include "api/api.h"
#include "catalog/catalog.h"

/* Adds the entry's members to o. */
void catalog_json_entry(json_t *o, const struct hf_catalog_item *it);
/* A few members, for lists. */
json_t *catalog_json_row(const struct hf_catalog_item *it);
/* dcat:Dataset with an odrl:Offer (DCAT 3 and ODRL 2.2 terms; what they lack stands under "hufu:"). */
json_t *catalog_json_dcat(const struct hf_catalog_item *it);
json_t *catalog_json_dcat_context(void);

/* A publication as it was sent; texts are borrowed from the request and from `was`. */
struct catalog_wish {
	Hufu__CatalogEntry entry;
	Hufu__ReviewCriteria criteria;
	const char **keywords, **purposes, **jurisdictions, **roles, **duty_words, **quality;
	Hufu__Rule duties[HF_DUTIES_MAX], *duty_list[HF_DUTIES_MAX];
	Hufu__Field *fields, **field_list;
	struct catalog_wish_lists *lists; /* catalog_conditions.c */
	const char *source, *mode, *scope, *purpose, *duty;
	Hufu__MaskedSample sample;
	uint8_t sample_of[sizeof(struct hf_id)], sample_task[sizeof(struct hf_id)];
};
/* was: the version before, from which everything is taken that the request does not mention; NULL: a new entry. End
 * with catalog_wish_done in any case. */
enum hf_err catalog_json_wish(struct hf_api_request *rq, const struct hf_catalog_item *was,
                              struct catalog_wish *w) HF_MUST_CHECK;
void catalog_wish_done(struct catalog_wish *w);
/* catalog_conditions.c: fields that purposes need (DS-26), conditions of sharing (DS-27). */
json_t *catalog_json_purposes(const Hufu__ReviewCriteria *c);
json_t *catalog_json_conditions(const Hufu__CatalogEntry *e);
enum hf_err catalog_json_read_purposes(struct hf_api_request *rq, struct catalog_wish *w,
                                       Hufu__ReviewCriteria *c) HF_MUST_CHECK;
enum hf_err catalog_json_read_conditions(struct hf_api_request *rq, struct catalog_wish *w) HF_MUST_CHECK;
enum hf_err catalog_json_read_quality(struct hf_api_request *rq, struct catalog_wish *w) HF_MUST_CHECK;
void catalog_json_lists_done(struct catalog_wish *w);

/* catalog_sample.c: of which entry it is a sample (SB-10). */
#define SAMPLES_SHOWN 20u
void catalog_json_sample(json_t *o, const Hufu__CatalogEntry *e);
void catalog_json_sample_dcat(json_t *o, const Hufu__MaskedSample *s);
enum hf_err catalog_json_read_sample(struct hf_api_request *rq, const char *source_was,
                                     struct catalog_wish *w) HF_MUST_CHECK;
/* Adds to o the samples of the entry that the principal may see (NULL: all): "samples", or as DCAT "adms:sample". */
enum hf_err catalog_json_samples(struct hf_api_request *rq, const struct hf_catalog_item *it, const char *principal,
                                 bool dcat, json_t *o) HF_MUST_CHECK;
void catalog_json_urn(json_t *o, const Hufu__CatalogEntry *e); /* "@id" and "dct:identifier" */

/* "unconditional", "conditional", "not-shared"; 0 when it is none. */
uint32_t catalog_json_sharing(const char *word);
/* "1" or "general", "2" or "important", "3" or "core"; 0 when it is none. */
uint32_t catalog_json_level(const char *word);

#endif
