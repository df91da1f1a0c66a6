/*
 * terms.h - what an entry is found by, and what a search text asks for. For this folder only.
 */
#ifndef HUFU_CATALOG_TERMS_H
#define HUFU_CATALOG_TERMS_H

#include "catalog/catalog.h"

struct terms {
	char **term; /* sorted, each once */
	size_t count;
};
#define HF_TERM_MAX 140u
/* What an entry is found by. */
void terms_of_entry(const Hufu__CatalogEntry *e, struct terms *ret_terms);
/* What a search text must be found by; at most 32. */
void terms_of_text(const char *text, struct terms *ret_terms);
enum term_kind {
	HF_TERM_WORD = 'w',
	HF_TERM_ALL = '*', /* every living entry: "**" */
	HF_TERM_TOPIC = 't',
	HF_TERM_PUBLISHER = 'p',
	HF_TERM_CLASS = 'c',
	HF_TERM_DEPARTMENT = 'd',
	HF_TERM_LEVEL = 'l',   /* decimal */
	HF_TERM_SHARING = 's', /* decimal */
	HF_TERM_SAMPLE = 'o',  /* the id of the entry that it is a sample of */
};
/* Nothing when value is NULL or empty. */
void terms_add_attribute(struct terms *t, enum term_kind kind, const char *value);
void terms_add_number(struct terms *t, enum term_kind kind, uint32_t value);
void terms_done(struct terms *t);

#endif
