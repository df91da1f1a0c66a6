/* rows.c - the three tables: the entry, its place among its publisher's, and its search terms. */
#include <stdlib.h>
#include <string.h>

#include "catalog/internal.h"

/* In the value of HF_TABLE_CATALOG_BY_PEER: this version is a tombstone. */
#define WITHDRAWN ((uint64_t)1 << 63)

void row_done(Hufu__CatalogRow **row)
{
	hf_decoded_free(*row);
}

void entry_done(Hufu__CatalogEntry **entry)
{
	hf_decoded_free(*entry);
}

/* id, publisher: the second part of two keys. */
static size_t put_entry(uint8_t *key, const struct hf_id *id, const char *publisher)
{
	size_t len = strnlen(publisher, HF_NAME_MAX);

	memcpy(key, id->b, sizeof(id->b));
	memcpy(key + sizeof(id->b), publisher, len);
	return sizeof(id->b) + len;
}

enum hf_err row_get(struct hf_catalog *c, const char *publisher, const struct hf_id *id, Hufu__CatalogRow **ret_row)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf value = HF_BUF_INIT;
	uint8_t key[HF_ENTRY_KEY_MAX];

	HF_TRY(hf_store_get(c->store, HF_TABLE_CATALOG, key, put_entry(key, id, publisher), &value));
	*ret_row = HF_DECODE_OWN(catalog_row, value.data, value.len);
	return *ret_row ? HF_OK : HF_E_STORE;
}

enum hf_err row_entry(const void *envelope, size_t len, Hufu__CatalogEntry **ret_entry)
{
	Hufu__Envelope *e = HF_DECODE(envelope, envelope, len);

	*ret_entry = e ? HF_DECODE(catalog_entry, e->payload.data, e->payload.len) : NULL;
	hf_decoded_free(e);
	return *ret_entry ? HF_OK : HF_E_STORE;
}

static size_t by_peer_key(const char *publisher, const struct hf_id *id,
                          uint8_t key[HF_NAME_MAX + 1 + sizeof(struct hf_id)])
{
	size_t len = strnlen(publisher, HF_NAME_MAX);

	memcpy(key, publisher, len);
	key[len] = 0;
	memcpy(key + len + 1, id->b, sizeof(id->b));
	return len + 1 + sizeof(id->b);
}

static size_t term_key(const char *term, const struct hf_id *id, const char *publisher,
                       uint8_t key[HF_TERM_MAX + 1 + HF_ENTRY_KEY_MAX])
{
	size_t len = strnlen(term, HF_TERM_MAX);

	memcpy(key, term, len);
	key[len] = 0;
	return len + 1 + put_entry(key + len + 1, id, publisher);
}

bool row_has_term(struct hf_catalog *c, const struct hf_id *id, const char *publisher, const char *term)
{
	uint8_t key[HF_TERM_MAX + 1 + HF_ENTRY_KEY_MAX];

	return hf_store_has(c->store, HF_TABLE_CATALOG_TERM, key, term_key(term, id, publisher, key));
}

/* Both lists are sorted: what is in both stays untouched. */
static void change_terms(struct hf_unit *u, const struct hf_id *id, const char *publisher, const struct terms *was,
                         const struct terms *is)
{
	uint8_t key[HF_TERM_MAX + 1 + HF_ENTRY_KEY_MAX];
	size_t i = 0, j = 0;

	while (i < was->count || j < is->count) {
		int order = i == was->count ? 1 : j == is->count ? -1 : strcmp(was->term[i], is->term[j]);

		if (order < 0)
			hf_unit_del(u, HF_TABLE_CATALOG_TERM, key, term_key(was->term[i], id, publisher, key));
		else if (order > 0)
			hf_unit_put(u, HF_TABLE_CATALOG_TERM, key, term_key(is->term[j], id, publisher, key), NULL, 0);
		i += order <= 0;
		j += order >= 0;
	}
}

enum hf_err row_put(struct hf_unit *u, const struct hf_id *id, const Hufu__CatalogRow *row,
                    const Hufu__CatalogEntry *was, const Hufu__CatalogEntry *is)
{
	struct terms old = {NULL, 0}, new = {NULL, 0};
	uint8_t key[1 + HF_ENTRY_KEY_MAX], value[8];
	size_t len;
	uint8_t *bytes = hf_encode(&row->base, &len);

	if (!bytes)
		return HF_E_MEMORY;
	hf_unit_put(u, HF_TABLE_CATALOG, key, put_entry(key, id, row->publisher), bytes, len);
	free(bytes);
	hf_put_u64(value, row->version | (row->withdrawn ? WITHDRAWN : 0));
	hf_unit_put(u, HF_TABLE_CATALOG_BY_PEER, key, by_peer_key(row->publisher, id, key), value, sizeof(value));
	if (was && !was->withdrawn)
		terms_of_entry(was, &old);
	if (is && !is->withdrawn)
		terms_of_entry(is, &new);
	change_terms(u, id, row->publisher, &old, &new);
	terms_done(&old);
	terms_done(&new);
	return HF_OK;
}

struct same_id {
	bool (*fn)(void *ctx, const char *publisher, struct hf_bytes row);
	void *ctx;
};

static bool take_same(void *ctx, struct hf_bytes key, struct hf_bytes value)
{
	struct same_id *s = ctx;
	char publisher[HF_NAME_MAX + 1];
	size_t len = key.len - sizeof(struct hf_id);

	if (len > HF_NAME_MAX)
		return true;
	memcpy(publisher, key.data + sizeof(struct hf_id), len);
	publisher[len] = '\0';
	return s->fn(s->ctx, publisher, value);
}

enum hf_err rows_with(struct hf_catalog *c, const struct hf_id *id,
                      bool (*fn)(void *ctx, const char *publisher, struct hf_bytes row), void *ctx)
{
	struct same_id s = {fn, ctx};

	return hf_store_scan(c->store, HF_TABLE_CATALOG, id->b, sizeof(id->b), NULL, 0, take_same, &s);
}

struct walk {
	bool (*fn)(void *ctx, const struct hf_id *id, uint32_t version, bool withdrawn);
	void *ctx;
	const struct hf_id *after;
	bool broken;
};

static bool walk_row(void *ctx, struct hf_bytes key, struct hf_bytes value)
{
	struct walk *w = ctx;
	struct hf_id id;
	uint64_t v;

	if (key.len < sizeof(id.b) || value.len != 8) {
		w->broken = true;
		return false;
	}
	memcpy(id.b, key.data + key.len - sizeof(id.b), sizeof(id.b));
	if (hf_id_equal(&id, w->after))
		return true;
	v = hf_get_u64(value.data);
	return w->fn(w->ctx, &id, (uint32_t)(v & UINT32_MAX), (v & WITHDRAWN) != 0);
}

enum hf_err rows_of(struct hf_catalog *c, const char *publisher, const struct hf_id *after,
                    bool (*fn)(void *ctx, const struct hf_id *id, uint32_t version, bool withdrawn), void *ctx)
{
	struct walk w = {fn, ctx, after, false};
	uint8_t from[HF_NAME_MAX + 1 + sizeof(struct hf_id)];
	size_t len = by_peer_key(publisher, after, from);

	HF_TRY(hf_store_scan(c->store, HF_TABLE_CATALOG_BY_PEER, from, len - sizeof(after->b), from, len, walk_row,
	                     &w));
	return w.broken ? HF_E_STORE : HF_OK;
}
