#include "ledger/heads_seen.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "base/ids.h"
#include "base/mem.h"

struct node {
	struct hf_name name;
	uint64_t size; /* 0: no checkpoint seen */
	struct hf_hash root;
	bool party;
};
/* A space has at most some hundred members: a list in order of name. */
struct hf_heads_seen {
	uv_mutex_t mutex;
	struct node *nodes;
	size_t count, cap;
};

struct hf_heads_seen *hf_heads_seen_new(void)
{
	struct hf_heads_seen *s = hf_alloc_zero(sizeof(*s));

	if (uv_mutex_init(&s->mutex) != 0)
		abort();
	return s;
}

void hf_heads_seen_free(struct hf_heads_seen *s)
{
	if (!s)
		return;
	uv_mutex_destroy(&s->mutex);
	free(s->nodes);
	free(s);
}

/* The first that is not below name. */
static size_t place_of(const struct hf_heads_seen *s, const char *name)
{
	size_t low = 0, high = s->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(s->nodes[middle].name.s, name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static struct node *find(struct hf_heads_seen *s, const char *name)
{
	size_t at = place_of(s, name);

	return at < s->count && strcmp(s->nodes[at].name.s, name) == 0 ? &s->nodes[at] : NULL;
}

static struct node *find_or_add(struct hf_heads_seen *s, const char *name)
{
	size_t at = place_of(s, name);
	struct hf_name parsed;

	if (at < s->count && strcmp(s->nodes[at].name.s, name) == 0)
		return &s->nodes[at];
	if (!hf_name_parse(name, &parsed))
		return NULL;
	if (s->count == s->cap) {
		s->cap = s->cap ? 2 * s->cap : 16;
		s->nodes = hf_realloc(s->nodes, s->cap * sizeof(*s->nodes));
	}
	memmove(s->nodes + at + 1, s->nodes + at, (s->count - at) * sizeof(*s->nodes));
	s->count++;
	s->nodes[at] = (struct node){.name = parsed};
	return &s->nodes[at];
}

void hf_heads_seen_put(struct hf_heads_seen *s, const char *node, uint64_t size, const struct hf_hash *root)
{
	struct node *n;

	uv_mutex_lock(&s->mutex);
	n = find_or_add(s, node);
	if (n && size > n->size) {
		n->size = size;
		n->root = *root;
	}
	uv_mutex_unlock(&s->mutex);
}

bool hf_heads_seen_get(struct hf_heads_seen *s, const char *node, char out[HF_HEAD_TEXT])
{
	char hex[65];
	struct node *n;
	bool known;

	uv_mutex_lock(&s->mutex);
	n = find(s, node);
	known = n && n->size > 0;
	if (known) {
		hf_hash_hex(&n->root, hex);
		snprintf(out, HF_HEAD_TEXT, "%" PRIu64 "/%s", n->size, hex);
	}
	uv_mutex_unlock(&s->mutex);
	return known;
}

bool hf_heads_seen_party(struct hf_heads_seen *s, const char *node)
{
	struct node *n;
	bool first;

	uv_mutex_lock(&s->mutex);
	n = find_or_add(s, node);
	first = n && !n->party;
	if (first)
		n->party = true;
	uv_mutex_unlock(&s->mutex);
	return first;
}

void hf_heads_seen_clear_parties(struct hf_heads_seen *s)
{
	uv_mutex_lock(&s->mutex);
	for (size_t i = 0; i < s->count; i++)
		s->nodes[i].party = false;
	uv_mutex_unlock(&s->mutex);
}
