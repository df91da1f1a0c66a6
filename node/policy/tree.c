/*
 * tree.c - see tree.h. Each node keeps its whole way to the root, so that a request finds what stands above a value
 * with one look.
 */
#include <stdlib.h>

#include "base/buf.h"
#include "policy/digest.h"

#define NONE UINT32_MAX
#define DEPTH_BITS 6 /* of a quick slot */
#define WAY_BITS 26
#define TREE_BITS 4

struct node {
	struct pol_alt self;
	uint32_t parent, way; /* way: place in ways */
	uint8_t depth, tree;
};
struct hf_trees {
	struct pol_quick quick;
	atomic_uint refs;
	struct hf_schema *schema;
	const char *names[HF_TREE_MAX];
	size_t count;
	struct node *nodes;
	size_t node_count, node_cap;
	uint32_t *slots; /* 1 + node */
	size_t slot_count;
	struct pol_alt *ways; /* texts of each node's way to the root */
	uint64_t *way_hashes; /* the same, for requests */
	struct hf_arena arena;
	struct hf_hash digest;
};

/* count: a power of two. */
static size_t home(size_t count, unsigned tree, uint64_t hash)
{
	return pol_quick_home(count - 1, tree, hash);
}

static uint32_t find(const struct hf_trees *t, unsigned tree, const struct pol_alt *a)
{
	if (t->slot_count == 0)
		return NONE;
	for (size_t i = home(t->slot_count, tree, a->hash); t->slots[i]; i = (i + 1) & (t->slot_count - 1)) {
		const struct node *n = &t->nodes[t->slots[i] - 1];
		if (n->self.hash == a->hash && n->tree == tree && n->self.len == a->len &&
		    memcmp(n->self.text, a->text, a->len) == 0)
			return t->slots[i] - 1;
	}
	return NONE;
}

static uint32_t find_or_add(struct hf_trees *t, unsigned tree, const char *text)
{
	size_t len = strlen(text), i;
	struct pol_alt a = {pol_hash(t->schema->seed, text, len), text, (uint32_t)len};
	uint32_t at = find(t, tree, &a);
	if (at != NONE)
		return at;
	at = (uint32_t)t->node_count++;
	a.text = memcpy(hf_arena_get(&t->arena, len + 1), text, len + 1);
	t->nodes[at] = (struct node){.self = a, .parent = NONE, .tree = (uint8_t)tree};
	for (i = home(t->slot_count, tree, a.hash); t->slots[i]; i = (i + 1) & (t->slot_count - 1))
		;
	t->slots[i] = at + 1;
	return at;
}

static bool usable(const char *text)
{
	size_t len = text ? strlen(text) : 0;
	return len > 0 && hf_text_ok(text, len, HF_ATTR_VALUE_MAX);
}

static enum hf_err add_edge(struct hf_trees *t, unsigned tree, const struct hf_tree_edge *e, bool *seen,
                            struct hf_fault *f)
{
	if (!usable(e->node) || (e->parent && !usable(e->parent)))
		return hf_fault_set(f, HF_E_ARGUMENT, "a node of the hierarchy '%s' has no usable name",
		                    t->names[tree]);
	uint32_t n = find_or_add(t, tree, e->node), p = e->parent ? find_or_add(t, tree, e->parent) : NONE;
	if (seen[n])
		return hf_fault_set(f, HF_E_EXISTS, "'%.100s' stands twice in the hierarchy '%s'; a node has one place",
		                    e->node, t->names[tree]);
	seen[n] = true;
	t->nodes[n].parent = p;
	return HF_OK;
}

/* Depth of every node of every tree; refuses circles. */
static enum hf_err measure(struct hf_trees *t, size_t *ret_ways, struct hf_fault *f)
{
	size_t ways = 0;
	for (size_t i = 0; i < t->node_count; i++) {
		size_t depth = 1;
		for (uint32_t p = t->nodes[i].parent; p != NONE && depth <= t->node_count; p = t->nodes[p].parent)
			depth++;
		if (depth > t->node_count)
			return hf_fault_set(f, HF_E_CONFLICT,
			                    "'%.100s' stands above itself in the hierarchy '%s'; take one of its "
			                    "parents away",
			                    t->nodes[i].self.text, t->names[t->nodes[i].tree]);
		if (depth > HF_TREE_DEPTH_MAX)
			return hf_fault_set(f, HF_E_LIMIT, "'%.100s' stands too deep in the hierarchy '%s': at most %d",
			                    t->nodes[i].self.text, t->names[t->nodes[i].tree], HF_TREE_DEPTH_MAX);
		t->nodes[i].depth = (uint8_t)depth;
		ways += depth;
	}
	*ret_ways = ways;
	return HF_OK;
}

static uint64_t quick_head(unsigned tree, uint64_t hash)
{
	return hash >> (32 + TREE_BITS) << TREE_BITS | tree;
}

static enum hf_err lay_ways(struct hf_trees *t, struct hf_fault *f)
{
	size_t count = 0, quick_count;
	uint64_t *quick;
	uint32_t at = 0;
	HF_TRY(measure(t, &count, f));
	if (count >= 1u << WAY_BITS)
		return hf_fault_set(f, HF_E_LIMIT, "the hierarchies are too large together");
	t->ways = hf_alloc((count + 1) * sizeof(*t->ways));
	t->way_hashes = hf_alloc((count + 1) * sizeof(*t->way_hashes));
	for (quick_count = 16; quick_count < t->node_count + t->node_count / 2; quick_count *= 2)
		;
	quick = hf_alloc_zero(quick_count * sizeof(*quick));
	t->quick.slots = quick;
	t->quick.mask = quick_count - 1;
	for (size_t i = 0; i < t->node_count; i++) {
		struct node *n = &t->nodes[i];
		size_t slot = home(quick_count, n->tree, n->self.hash);
		n->way = at;
		for (uint32_t p = (uint32_t)i; p != NONE; p = t->nodes[p].parent, at++) {
			t->ways[at] = t->nodes[p].self;
			t->way_hashes[at] = t->nodes[p].self.hash;
		}
		while (quick[slot])
			slot = (slot + 1) & (quick_count - 1);
		quick[slot] = quick_head(n->tree, n->self.hash) << (WAY_BITS + DEPTH_BITS) |
		              (uint64_t)n->way << DEPTH_BITS | n->depth;
	}
	return HF_OK;
}

static enum hf_err bind_attributes(struct hf_trees *t, struct hf_fault *f)
{
	for (unsigned a = 1; a <= hf_schema_count(t->schema); a++) {
		const struct hf_attr_spec *spec = hf_schema_spec(t->schema, a);
		for (size_t i = 0; spec->tree && i < t->count; i++)
			if (strcmp(t->names[i], spec->tree) == 0)
				t->quick.by_attr[a] = (uint8_t)(i + 1);
		if (spec->tree && !t->quick.by_attr[a])
			return hf_fault_set(f, HF_E_UNKNOWN,
			                    "the attribute '%s' needs the hierarchy '%s', which is not given; add it, "
			                    "even empty",
			                    spec->name, spec->tree);
	}
	return HF_OK;
}

static enum hf_err make_room(struct hf_trees *t, const struct hf_tree_spec *specs, size_t count, struct hf_fault *f)
{
	size_t edges = 0;
	for (size_t i = 0; i < count; i++) {
		if (specs[i].count > HF_TREE_NODES_MAX)
			return hf_fault_set(f, HF_E_LIMIT, "the hierarchy '%s' has %zu nodes; at most %u are allowed",
			                    specs[i].name, specs[i].count, HF_TREE_NODES_MAX);
		edges += specs[i].count;
	}
	t->node_cap = 2 * edges;
	t->nodes = hf_alloc((t->node_cap + 1) * sizeof(*t->nodes));
	for (t->slot_count = 16; t->slot_count < 2 * t->node_cap; t->slot_count *= 2)
		;
	t->slots = hf_alloc_zero(t->slot_count * sizeof(*t->slots));
	return HF_OK;
}

static enum hf_err add_tree(struct hf_trees *t, const struct hf_tree_spec *spec, bool *seen, struct hf_fault *f)
{
	unsigned tree = (unsigned)t->count;
	if (!usable(spec->name))
		return hf_fault_set(f, HF_E_ARGUMENT, "hierarchy %u has no usable name", tree + 1);
	for (unsigned i = 0; i < tree; i++)
		if (strcmp(t->names[i], spec->name) == 0)
			return hf_fault_set(f, HF_E_EXISTS, "the hierarchy '%s' is given twice", spec->name);
	t->names[t->count++] =
	        memcpy(hf_arena_get(&t->arena, strlen(spec->name) + 1), spec->name, strlen(spec->name) + 1);
	for (size_t i = 0; i < spec->count; i++)
		HF_TRY(add_edge(t, tree, &spec->edges[i], seen, f));
	return HF_OK;
}

static int compare_nodes(const void *a, const void *b)
{
	const struct node *x = *(const struct node *const *)a, *y = *(const struct node *const *)b;
	return x->tree != y->tree ? x->tree - y->tree : strcmp(x->self.text, y->self.text);
}

/* In the order of names, whatever order they came in. */
static void digest(struct hf_trees *t)
{
	const struct node **sorted = hf_alloc((t->node_count + 1) * sizeof(const struct node *));
	struct pol_digest *d = pol_digest_new("trees");
	for (size_t i = 0; i < t->node_count; i++)
		sorted[i] = &t->nodes[i];
	qsort(sorted, t->node_count, sizeof(const struct node *), compare_nodes);
	for (size_t i = 0; i < t->count; i++)
		pol_digest_bytes(d, t->names[i], strlen(t->names[i]) + 1);
	for (size_t i = 0; i < t->node_count; i++) {
		const struct node *n = sorted[i];
		const char *parent = n->parent == NONE ? "" : t->nodes[n->parent].self.text;
		pol_digest_bytes(d, &n->tree, 1);
		pol_digest_bytes(d, n->self.text, n->self.len + 1);
		pol_digest_bytes(d, parent, strlen(parent) + 1);
	}
	pol_digest_end(d, &t->digest);
	free(sorted);
}

static enum hf_err build(struct hf_trees *t, const struct hf_tree_spec *specs, size_t count, struct hf_fault *f)
{
	HF_TRY(make_room(t, specs, count, f));
	bool *seen = hf_alloc_zero(t->node_cap + 1);
	enum hf_err e = HF_OK;
	for (size_t i = 0; i < count && e == HF_OK; i++)
		e = add_tree(t, &specs[i], seen, f);
	free(seen);
	HF_TRY(e);
	HF_TRY(lay_ways(t, f));
	HF_TRY(bind_attributes(t, f));
	digest(t);
	return HF_OK;
}

enum hf_err hf_trees_new(const struct hf_schema *schema, const struct hf_tree_spec *specs, size_t count,
                         struct hf_trees **ret_trees, struct hf_fault *f)
{
	if (count > HF_TREE_MAX)
		return hf_fault_set(f, HF_E_LIMIT, "%zu hierarchies are given; at most %d are allowed", count,
		                    HF_TREE_MAX);
	struct hf_trees *t = hf_alloc_zero(sizeof(*t));
	atomic_init(&t->refs, 1);
	t->schema = hf_schema_ref(schema);
	hf_arena_init(&t->arena, NULL, 0);
	enum hf_err e = build(t, specs, count, f);
	if (e != HF_OK) {
		hf_trees_free(t);
		return e;
	}
	*ret_trees = t;
	return HF_OK;
}

struct hf_trees *hf_trees_ref(const struct hf_trees *t)
{
	struct hf_trees *m = (struct hf_trees *)(uintptr_t)t;
	atomic_fetch_add_explicit(&m->refs, 1, memory_order_relaxed);
	return m;
}

void hf_trees_free(struct hf_trees *t)
{
	if (!t || atomic_fetch_sub_explicit(&t->refs, 1, memory_order_acq_rel) != 1)
		return;
	hf_schema_free(t->schema);
	hf_arena_done(&t->arena);
	free(t->nodes);
	free(t->slots);
	free(t->ways);
	free(t->way_hashes);
	free((void *)(uintptr_t)t->quick.slots);
	free(t);
}

static const struct node *by_name(const struct hf_trees *t, const char *tree, const char *text)
{
	size_t len = strlen(text);
	struct pol_alt a = {pol_hash(t->schema->seed, text, len), text, (uint32_t)len};
	for (unsigned i = 0; i < t->count; i++)
		if (strcmp(t->names[i], tree) == 0) {
			uint32_t at = find(t, i, &a);
			return at == NONE ? NULL : &t->nodes[at];
		}
	return NULL;
}

bool hf_trees_has(const struct hf_trees *t, const char *tree, const char *node)
{
	return by_name(t, tree, node) != NULL;
}

bool hf_trees_under(const struct hf_trees *t, const char *tree, const char *node, const char *top)
{
	const struct node *n = by_name(t, tree, node);
	for (size_t i = 0; n && i < n->depth; i++)
		if (strcmp(t->ways[n->way + i].text, top) == 0)
			return true;
	return !n && strcmp(node, top) == 0;
}

const uint64_t *pol_trees_hashes(const struct hf_trees *t, unsigned attr, uint64_t hash, size_t *ret_count)
{
	if (!t->quick.by_attr[attr])
		return NULL;
	unsigned tree = t->quick.by_attr[attr] - 1u;
	uint64_t q, head = quick_head(tree, hash);
	size_t i = pol_quick_home(t->quick.mask, tree, hash);
	for (; (q = t->quick.slots[i]) != 0; i = (i + 1) & t->quick.mask) {
		const uint64_t *way = &t->way_hashes[(uint32_t)q >> DEPTH_BITS];
		if (q >> (WAY_BITS + DEPTH_BITS) == head && way[0] == hash) {
			*ret_count = q & ((1u << DEPTH_BITS) - 1);
			return way;
		}
	}
	return NULL;
}

void pol_trees_fetch_way(const struct hf_trees *t, unsigned attr, uint64_t hash)
{
	uint64_t q = t->quick.slots[pol_quick_home(t->quick.mask, t->quick.by_attr[attr] - 1u, hash)];
	__builtin_prefetch(&t->way_hashes[(uint32_t)q >> DEPTH_BITS]);
}

const struct pol_alt *pol_trees_texts(const struct hf_trees *t, const uint64_t *hashes)
{
	return &t->ways[hashes - t->way_hashes];
}

const struct pol_alt *pol_trees_way(const struct hf_trees *t, unsigned attr, const struct pol_alt *node,
                                    size_t *ret_count)
{
	const uint64_t *hashes = pol_trees_hashes(t, attr, node->hash, ret_count);
	const struct pol_alt *way = hashes ? &t->ways[hashes - t->way_hashes] : NULL;
	return way && way->len == node->len && pol_same(way->text, node->text, node->len) ? way : NULL;
}

const struct hf_hash *pol_trees_digest(const struct hf_trees *t)
{
	return &t->digest;
}

const struct hf_schema *pol_trees_schema(const struct hf_trees *t)
{
	return t->schema;
}

const char *hf_trees_name(const struct hf_trees *t, size_t n)
{
	return n < t->count ? t->names[n] : NULL;
}

/* A parent is less deep than its children. */
static bool each_of_depth(const struct hf_trees *t, unsigned tree, unsigned depth,
                          bool (*fn)(void *ctx, const char *node, const char *parent), void *ctx)
{
	bool any = false;
	for (size_t i = 0; i < t->node_count; i++) {
		const struct node *n = &t->nodes[i];
		if (n->tree != tree || n->depth != depth)
			continue;
		any = true;
		if (!fn(ctx, n->self.text, n->parent == NONE ? NULL : t->nodes[n->parent].self.text))
			return false;
	}
	return any;
}

void hf_trees_each(const struct hf_trees *t, const char *tree,
                   bool (*fn)(void *ctx, const char *node, const char *parent), void *ctx)
{
	for (unsigned i = 0; i < t->count; i++) {
		unsigned depth = 1;
		while (strcmp(t->names[i], tree) == 0 && each_of_depth(t, i, depth, fn, ctx))
			depth++;
	}
}
