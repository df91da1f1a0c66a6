/* own.c - this node's entries in memory: version, scope, tombstones; and what of each a given node should hold. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "catalog/internal.h"

static void copy_closed(const Hufu__CatalogClosed *from, struct closed *to)
{
	to->version = from->version;
	to->count = from->n_nodes;
	to->nodes = hf_alloc(from->n_nodes * sizeof(*to->nodes));
	for (size_t i = 0; i < from->n_nodes; i++)
		to->nodes[i] = hf_strdup(from->nodes[i]);
}

struct own_entry *own_from_row(const Hufu__CatalogRow *row, const struct hf_id *id, const char *department)
{
	struct own_entry *e = hf_alloc_zero(sizeof(*e));

	e->id = *id;
	e->version = row->version;
	e->withdrawn = row->withdrawn;
	snprintf(e->source, sizeof(e->source), "%s", row->source);
	snprintf(e->department, sizeof(e->department), "%s", department);
	scope_from_row(row->scope, &e->scope);
	e->closed_count = row->n_closed;
	e->closed = hf_alloc(row->n_closed * sizeof(*e->closed));
	for (size_t i = 0; i < row->n_closed; i++)
		copy_closed(row->closed[i], &e->closed[i]);
	return e;
}

void own_entry_free(struct own_entry *e)
{
	if (!e)
		return;
	for (size_t i = 0; i < e->closed_count; i++) {
		for (size_t j = 0; j < e->closed[i].count; j++)
			free(e->closed[i].nodes[j]);
		free(e->closed[i].nodes);
	}
	free(e->closed);
	hf_scope_done(&e->scope);
	free(e);
}

/* Position of the first entry whose id is not below `id`. */
static size_t lower_bound(const struct own_index *x, const struct hf_id *id)
{
	size_t low = 0, high = x->count;

	while (low < high) {
		size_t mid = (low + high) / 2;

		if (memcmp(x->entries[mid]->id.b, id->b, sizeof(id->b)) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static bool at(const struct own_index *x, size_t i, const struct hf_id *id)
{
	return i < x->count && hf_id_equal(&x->entries[i]->id, id);
}

size_t own_index_after(const struct own_index *x, const struct hf_id *after)
{
	size_t i = lower_bound(x, after);

	return at(x, i, after) ? i + 1 : i;
}

const struct own_entry *own_index_find(const struct own_index *x, const struct hf_id *id)
{
	size_t i = lower_bound(x, id);

	return at(x, i, id) ? x->entries[i] : NULL;
}

void own_index_put(struct own_index *x, struct own_entry *take)
{
	size_t i = lower_bound(x, &take->id);

	x->generation++;
	if (at(x, i, &take->id)) {
		own_entry_free(x->entries[i]);
		x->entries[i] = take;
		return;
	}
	if (x->count == x->cap) {
		x->cap = x->cap ? x->cap * 2 : 16;
		x->entries = hf_realloc(x->entries, x->cap * sizeof(*x->entries));
	}
	memmove(&x->entries[i + 1], &x->entries[i], (x->count - i) * sizeof(*x->entries));
	x->entries[i] = take;
	x->count++;
}

void own_index_done(struct own_index *x)
{
	for (size_t i = 0; i < x->count; i++)
		own_entry_free(x->entries[i]);
	free(x->entries);
	*x = (struct own_index){NULL, 0, 0, 0};
}

static uint32_t closed_version(const struct own_entry *e, const char *node)
{
	for (size_t i = e->closed_count; i-- > 0;)
		for (size_t j = 0; j < e->closed[i].count; j++)
			if (strcmp(e->closed[i].nodes[j], node) == 0)
				return e->closed[i].version;
	return 0;
}

struct holding own_holding(const struct hf_catalog *c, const struct own_entry *e, const char *node)
{
	if (!e)
		return (struct holding){0, false, false};
	if (scope_covers_node(&e->scope, hf_peers_space(c->peers), node))
		return (struct holding){e->version, e->withdrawn, false};
	return (struct holding){closed_version(e, node), true, true};
}
