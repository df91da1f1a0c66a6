/*
 * map.h - how the fields of several tables belong together: keys, foreign keys, the same kind of value in several
 * sources (JT/T 1480 5.2.2 d, 5.4.2). What is found is a proposal: a person confirms it.
 *
 * Values are compared by their sketches, so the tables must have been identified under one key. Pure; one object on one
 * thread at a time.
 */
#ifndef HUFU_MASKING_MAP_H
#define HUFU_MASKING_MAP_H

#include <jansson.h>

#include "masking/identify.h"

struct hf_map;
struct hf_map *hf_map_new(void);
void hf_map_free(struct hf_map *m);
/* table is copied; x must outlive the map. */
void hf_map_add(struct hf_map *m, const char *table, struct hf_identify *x);
/* "refers to" for "foreign-key"; NULL: there is no such kind. The sentence of a relation is FROM verb TO. */
const char *hf_relation_verb(const char *kind);
/* [{"kind": "key" | "foreign-key" | "parent-child" | "same-kind", "from": {"table", "field"}, "to": {...}, "share",
 * "text"}]; a key has no "to". The caller's. */
json_t *hf_map_relations(struct hf_map *m);

#endif
