/* origin.c - which dataset a source is, whatever name it was registered under; declared in disclosures.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "proto/codec.h"
#include "release/disclosures.h"
#include "state_disclosure.pb-c.h"

#define KEY_LEN (2 + sizeof(struct hf_hash))
#define MASKED_DEEP 32u /* a result of a result of ... */

/* By 'D', its bytes, or 'P', its file. No dataset's name is empty, so no row of one begins with 0. */
static bool key_of(const struct hf_source_view *v, char by, uint8_t out[KEY_LEN])
{
	char *real = by == 'P' && v->path[0] == '/' ? realpath(v->path, NULL) : NULL;
	const char *path = real ? real : v->path;
	struct hf_hash h = v->digest, none = {{0}};

	if (by == 'P')
		hf_sha256(path, strlen(path), &h);
	free(real);
	out[0] = 0;
	out[1] = (uint8_t)by;
	memcpy(out + 2, h.b, sizeof(h.b));
	return by == 'P' || memcmp(h.b, none.b, sizeof(h.b)) != 0;
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
	e = known_by(store, &v, 'D', out);
	if (e == HF_E_UNKNOWN)
		e = known_by(store, &v, 'P', out);
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
	for (const char *by = "DP"; *by; by++)
		if (key_of(v, *by, key))
			hf_unit_put(unit, HF_TABLE_DISCLOSURE, key, sizeof(key), data, len);
	free(data);
}
