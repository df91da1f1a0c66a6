/*
 * edit.h - one change of one own entry: begun from what the store has, given a scope, signed, added to a unit. For this
 * folder only.
 *
 * Versions rise for everybody. A node that leaves the scope gets a tombstone of the next version, which others never
 * see; when it comes back, the living version must be above that tombstone.
 */
#ifndef HUFU_CATALOG_EDIT_H
#define HUFU_CATALOG_EDIT_H

#include "catalog/internal.h"

struct edit {
	struct hf_catalog *c;
	struct hf_id id;
	Hufu__CatalogRow *was; /* NULL: a new entry */
	Hufu__CatalogEntry *was_entry;
	Hufu__CatalogRow row; /* as it will be; its parts live in the arena or in `was` */
	uint32_t floor;       /* the living version must be above it */
	struct hf_buf envelope;
	struct hf_arena arena;
};
/* id NULL: a new entry. UNKNOWN when it is not an own one, STATE when it was withdrawn. End with edit_done in any case.
 */
enum hf_err edit_begin(struct edit *e, struct hf_catalog *c, const struct hf_id *id, struct hf_fault *f) HF_MUST_CHECK;
void edit_done(struct edit *e);
/* Sets the scope and makes the tombstone for the members that it no longer covers. */
enum hf_err edit_scope(struct edit *e, const struct hf_scope *scope, struct hf_fault *f) HF_MUST_CHECK;
/* Fills in header, id, version and publisher of entry, signs it, makes it the row's newest version. */
enum hf_err edit_sign(struct edit *e, Hufu__CatalogEntry *entry, struct hf_fault *f) HF_MUST_CHECK;
/* entry: what the row now holds (as signed); NULL: the content did not change. */
enum hf_err edit_put(struct edit *e, const Hufu__CatalogEntry *entry, struct hf_unit *unit,
                     struct hf_published *ret_published, struct hf_fault *f) HF_MUST_CHECK;
/* What an entry states of purposes and conditions (DS-26, DS-27) contradicts neither itself nor the source. */
enum hf_err conditions_check(const Hufu__CatalogEntry *e, const struct hf_source_view *v,
                             struct hf_fault *f) HF_MUST_CHECK;
/* SB-10: fills in which masking task made what the entry's wish says is a sample, or refuses (sample.h). */
enum hf_err sample_fill(struct edit *e, const struct hf_scope *scope, const struct hf_source_view *v,
                        Hufu__CatalogEntry *entry, struct hf_fault *f) HF_MUST_CHECK;
/* The scope of a sample stays within that of its entry. */
enum hf_err sample_rescope(const struct edit *e, const struct hf_scope *scope, struct hf_fault *f) HF_MUST_CHECK;
/* MK-15, MK-23, MK-54: somebody has said of every field what it holds; the entry is graded no lower than that and
 * offered no wider than its controls allow. */
enum hf_err classes_check(const struct hf_catalog *c, const struct hf_publication *p, const struct hf_source_view *v,
                          struct hf_fault *f) HF_MUST_CHECK;
/* The entry's rules about its rows are rules, about fields that the source has (quality.c). */
enum hf_err quality_check(const Hufu__CatalogEntry *e, const struct hf_source_view *v,
                          struct hf_fault *f) HF_MUST_CHECK;
/* What the class of a field demands of an entry. */
struct class_demand {
	uint32_t level; /* 1 general, 2 important, 3 core */
	bool personal, sensitive;
};
struct class_demand class_demands(const struct hf_field_class *c);

#endif
