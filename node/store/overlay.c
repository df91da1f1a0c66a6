/* overlay.c - see overlay.h. */
#include "store/overlay.h"

#include <string.h>

int hf_key_compare(const void *a, size_t a_len, const void *b, size_t b_len)
{
	size_t common = a_len < b_len ? a_len : b_len;
	int c = common ? memcmp(a, b, common) : 0;

	return c ? c : (a_len > b_len) - (a_len < b_len);
}

static int compare(const struct hf_row *r, const void *key, size_t key_len)
{
	return hf_key_compare(r->key, r->key_len, key, key_len);
}

void hf_overlay_init(struct hf_overlay *o)
{
	memset(o, 0, sizeof(*o));
	o->random = 0x9E3779B9u;
}

/* xorshift32: the shape of the tree is no secret, it must only not follow the order of the keys. */
static uint32_t next_priority(struct hf_overlay *o)
{
	o->random ^= o->random << 13;
	o->random ^= o->random >> 17;
	o->random ^= o->random << 5;
	return o->random;
}

static struct hf_row **place_of(struct hf_overlay *o, const struct hf_row *r)
{
	struct hf_row **at = &o->root[r->table];
	int c;

	while (*at && (c = compare(*at, r->key, r->key_len)) != 0)
		at = c > 0 ? &(*at)->left : &(*at)->right;
	return at;
}

static void replace(struct hf_row **at, struct hf_row *r)
{
	struct hf_row *old = *at;

	r->left = old->left;
	r->right = old->right;
	r->priority = old->priority;
	old->shown = false;
	*at = r;
}

static void split(struct hf_row *tree, const struct hf_row *by, struct hf_row **left, struct hf_row **right)
{
	while (tree) {
		if (compare(tree, by->key, by->key_len) < 0) {
			*left = tree;
			left = &tree->right;
			tree = tree->right;
		} else {
			*right = tree;
			right = &tree->left;
			tree = tree->left;
		}
	}
	*left = *right = NULL;
}

static void insert(struct hf_overlay *o, struct hf_row *r)
{
	struct hf_row **at = &o->root[r->table];

	r->priority = next_priority(o);
	while (*at && (*at)->priority >= r->priority)
		at = compare(*at, r->key, r->key_len) > 0 ? &(*at)->left : &(*at)->right;
	split(*at, r, &r->left, &r->right);
	*at = r;
}

void hf_overlay_add(struct hf_overlay *o, struct hf_unit *u)
{
	for (struct hf_row *r = u->rows; r; r = r->next) {
		struct hf_row **at = place_of(o, r);

		if (*at)
			replace(at, r);
		else
			insert(o, r);
		r->shown = true;
		o->changes[r->table]++;
	}
}

static void take_out(struct hf_row **at)
{
	struct hf_row *left = (*at)->left, *right = (*at)->right;

	while (left && right) {
		if (left->priority >= right->priority) {
			*at = left;
			at = &left->right;
			left = left->right;
		} else {
			*at = right;
			at = &right->left;
			right = right->left;
		}
	}
	*at = left ? left : right;
}

void hf_overlay_remove(struct hf_overlay *o, struct hf_unit *u)
{
	for (struct hf_row *r = u->rows; r; r = r->next) {
		if (!r->shown)
			continue;
		take_out(place_of(o, r));
		r->shown = false;
		o->changes[r->table]++;
	}
}

const struct hf_row *hf_overlay_find(const struct hf_overlay *o, enum hf_table t, const void *key, size_t key_len)
{
	const struct hf_row *r = o->root[t];
	int c;

	while (r && (c = compare(r, key, key_len)) != 0)
		r = c > 0 ? r->left : r->right;
	return r;
}

const struct hf_row *hf_overlay_from(const struct hf_overlay *o, enum hf_table t, const void *key, size_t key_len,
                                     bool past)
{
	const struct hf_row *r = o->root[t], *best = NULL;

	while (r) {
		int c = compare(r, key, key_len);

		if (c > 0 || (c == 0 && !past)) {
			best = r;
			r = r->left;
		} else {
			r = r->right;
		}
	}
	return best;
}

const struct hf_row *hf_overlay_before(const struct hf_overlay *o, enum hf_table t, const void *key, size_t key_len)
{
	const struct hf_row *r = o->root[t], *best = NULL;

	while (r) {
		if (!key || compare(r, key, key_len) < 0) {
			best = r;
			r = r->right;
		} else {
			r = r->left;
		}
	}
	return best;
}
