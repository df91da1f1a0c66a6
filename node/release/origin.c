/* origin.c - which dataset a source is, whatever name it was registered under; declared in disclosures.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "proto/codec.h"
#include "release/disclosures.h"
#include "state_disclosure.pb-c.h"

#define KEY_LEN (2 + sizeof(struct hf_hash))
#define ORIGIN_BY "CDP" /* the first that is known says it */
#define MASKED_DEEP 32u /* a result of a result of ... */

/* The table of a database as that knows it; "": the source is the file's only table. */
static void table_of(const struct hf_source_view *v, char out[160])
{
	bool in_public = strcmp(v->kind, "postgresql") == 0 && v->table[0] && !strchr(v->table, '.');

	snprintf(out, 160, "%s%s", in_public ? "public." : "", v->table);
	if (strcmp(v->kind, "sqlite") == 0)
		for (char *c = out; *c; c++)
			*c = (char)(*c >= 'A' && *c <= 'Z' ? *c - 'A' + 'a' : *c);
}

const struct hf_hash *hf_disclosure_content(const struct hf_source_view *v)
{
	static const struct hf_hash none;

	if (memcmp(v->cells.b, none.b, sizeof(none.b)) != 0)
		return &v->cells;
	return memcmp(v->digest.b, none.b, sizeof(none.b)) != 0 ? &v->digest : NULL;
}

static void hash_of(const void *what, size_t len, const struct hf_source_view *v, struct hf_hash *out)
{
	struct hf_sha256 *h = hf_sha256_new();
	char table[160];

	table_of(v, table);
	hf_sha256_add(h, what, len);
	if (table[0]) {
		hf_sha256_add(h, "", 1);
		hf_sha256_add(h, table, strlen(table));
	}
	hf_sha256_end(h, out);
	hf_sha256_free(h);
}

/* By 'C', its rows' cells, whatever they are kept in; 'D', its bytes as they are kept; or 'P', its file. One database
 * has many tables. No dataset's name is empty, so no row of one begins with 0. */
static bool key_of(const struct hf_source_view *v, char by, uint8_t out[KEY_LEN])
{
	struct hf_hash h = by == 'C' ? v->cells : v->digest, none = {{0}};
	bool known = by == 'P' || (memcmp(h.b, none.b, sizeof(h.b)) != 0 && (by == 'D' || v->rows > 0));

	if (by == 'P') {
		char *real = v->path[0] == '/' ? realpath(v->path, NULL) : NULL;
		const char *path = real ? real : v->path;

		hash_of(path, strlen(path), v, &h);
		free(real);
	} else if (by == 'D' && v->table[0]) {
		hash_of(v->digest.b, sizeof(v->digest.b), v, &h);
	}
	out[0] = 0;
	out[1] = (uint8_t)by;
	memcpy(out + 2, h.b, sizeof(h.b));
	return known;
}

static enum hf_err known_by(struct hf_store *store, const struct hf_source_view *v, char by, char out[HF_NAME_MAX + 1])
{
	Hufu__DisclosureOriginRow *row HF_CLEANUP(hf_decoded_done) = NULL;
	HF_CLEANUP(hf_buf_done) struct hf_buf b = HF_BUF_INIT;
	uint8_t key[KEY_LEN];

	if (!key_of(v, by, key))
		return HF_E_UNKNOWN;
	HF_TRY(hf_store_get(store, HF_TABLE_DISCLOSURE, key, sizeof(key), &b));
	row = HF_DECODE_OWN(disclosure_origin_row, b.data, b.len);
	if (!row)
		return HF_E_STORE;
	snprintf(out, HF_NAME_MAX + 1, "%s", row->dataset);
	return HF_OK;
}

/* UNKNOWN: nothing of it went out under another name; out is what it was masked from, or it itself. */
static enum hf_err step(struct hf_store *store, struct hf_sources *sources, char out[HF_NAME_MAX + 1], bool *ret_more)
{
	struct hf_source_view v;
	enum hf_err e;

	*ret_more = false;
	HF_TRY(hf_source_get(sources, out, &v));
	e = HF_E_UNKNOWN;
	for (const char *by = ORIGIN_BY; e == HF_E_UNKNOWN && *by; by++)
		e = known_by(store, &v, *by, out);
	if (e == HF_E_UNKNOWN && v.masked_of[0]) {
		snprintf(out, HF_NAME_MAX + 1, "%s", v.masked_of);
		*ret_more = true;
	}
	hf_source_view_done(&v);
	return e;
}

enum hf_err hf_disclosure_dataset(struct hf_store *store, struct hf_sources *sources, const char *source,
                                  char out[HF_NAME_MAX + 1], struct hf_fault *f)
{
	bool more = true;

	snprintf(out, HF_NAME_MAX + 1, "%s", source);
	for (unsigned i = 0; more && i < MASKED_DEEP; i++) {
		enum hf_err e = step(store, sources, out, &more);

		if (e != HF_OK && e != HF_E_UNKNOWN)
			return hf_fault_default(f, e);
	}
	return HF_OK;
}

void hf_disclosure_origin(struct hf_unit *unit, const struct hf_source_view *v, const char *dataset)
{
	Hufu__DisclosureOriginRow row = HUFU__DISCLOSURE_ORIGIN_ROW__INIT;
	uint8_t key[KEY_LEN], *data;
	size_t len;

	row.dataset = (char *)dataset;
	data = hf_encode(&row.base, &len);
	for (const char *by = ORIGIN_BY; *by; by++)
		if (key_of(v, *by, key))
			hf_unit_put(unit, HF_TABLE_DISCLOSURE, key, sizeof(key), data, len);
	free(data);
}
