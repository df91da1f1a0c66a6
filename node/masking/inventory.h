/*
 * inventory.h - the confirmed map of sensitive locations and relations (JT/T 1480 5.2.2 d): what identification
 * proposes, and what a person has said of it.
 *
 * A JSON document: {"hufu-masking-inventory": 1, "locations": [{"table", "field", "type" (or null: not sensitive),
 * "class", "level", "technique", "confidence", "state": "proposed" | "confirmed", "by"}], "relations": [{"kind",
 * "from", "to", "text", "state", "by"}]}. Scanning again keeps what is confirmed and says where it differs now. Pure;
 * any thread.
 */
#ifndef HUFU_MASKING_INVENTORY_H
#define HUFU_MASKING_INVENTORY_H

#include <jansson.h>

#include "base/err.h"

/* Form, states, levels, counts: HF_E_FORMAT, HF_E_LIMIT
 * with what is wrong. */
enum hf_err hf_inventory_check(const json_t *inventory, struct hf_fault *f) HF_MUST_CHECK;
json_t *hf_inventory_new(void);

/* Joins in the fields of one table, as hf_mask_report gives them ("fields" with "name", "type", ...), and relations.
 * Returns sentences about confirmed rows that the scan does not agree with; the caller's. */
json_t *hf_inventory_merge(json_t *inventory, const char *table, const json_t *fields);
void hf_inventory_relate(json_t *inventory, const json_t *relations);

/* Adds the tables of one, which all has not, and the relations that it does not have either. */
void hf_inventory_join(json_t *all, const json_t *one);

/* What a person says of place, "table.field". type NULL: the proposal is right; "none": not sensitive; else the id of a
 * detector. */
enum hf_err hf_inventory_confirm(json_t *inventory, const char *place, const char *type, const char *by,
                                 struct hf_fault *f) HF_MUST_CHECK;
/* All proposals are right. */
void hf_inventory_confirm_all(json_t *inventory, const char *by);
/* The relation whose text that is; false drops it, and it is not proposed again. */
enum hf_err hf_inventory_confirm_relation(json_t *inventory, const char *text, bool right, const char *by,
                                          struct hf_fault *f) HF_MUST_CHECK;
/* How many rows nobody has confirmed. */
size_t hf_inventory_open(const json_t *inventory);

#endif
