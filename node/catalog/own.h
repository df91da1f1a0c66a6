/*
 * own.h - this node's own entries in memory, and whom their scopes cover. For this folder only.
 */
#ifndef HUFU_CATALOG_OWN_H
#define HUFU_CATALOG_OWN_H

#include "catalog/catalog.h"
#include "state_catalog.pb-c.h"

/* A tombstone for nodes that the scope no longer covers. */
struct closed {
	uint32_t version;
	char **nodes;
	size_t count;
};
struct own_entry {
	struct hf_id id;
	uint32_t version;
	bool withdrawn;
	char source[HF_NAME_MAX + 1];
	char department[HF_NAME_MAX + 1];
	struct hf_scope scope;
	struct closed *closed;
	size_t closed_count;
};
struct own_index {
	struct own_entry **entries; /* in order of id */
	size_t count, cap;
	uint64_t generation; /* rises with each change */
};

struct own_entry *own_from_row(const Hufu__CatalogRow *row, const struct hf_id *id, const char *department);
void own_entry_free(struct own_entry *e);
/* Takes e, replacing the one of the same id. */
void own_index_put(struct own_index *x, struct own_entry *take);
const struct own_entry *own_index_find(const struct own_index *x, const struct hf_id *id);
/* Position of the first id after `after`. */
size_t own_index_after(const struct own_index *x, const struct hf_id *after);
void own_index_done(struct own_index *x);

/* scope.c: whom a scope covers. */
bool scope_covers_node(const struct hf_scope *s, const struct hf_space *space, const char *node);
bool scope_covers_department(const struct hf_scope *s, const struct hf_space *space, const char *self,
                             const char *department);
/* Are the names members (or own departments), and not too many? */
enum hf_err scope_check(const struct hf_scope *s, const struct hf_space *space, const char *self,
                        struct hf_fault *f) HF_MUST_CHECK;
/* Is everybody whom inner names covered by outer, too? */
bool scope_within(const struct hf_scope *inner, const struct hf_scope *outer, const struct hf_space *space,
                  const char *self);
void scope_from_row(const Hufu__CatalogScope *row, struct hf_scope *ret_scope);

#endif
