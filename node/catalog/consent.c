/* consent.c - see consent.h. */
#include "catalog/consent.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "catalog/internal.h"
#include "catalog/mandate.h"
#include "proto/codec.h"

#define PURPOSES_MAX 64u

static bool has(const char *text)
{
	return text && text[0];
}

enum hf_err hf_consent_check(struct hf_catalog *c, const Hufu__ConsentRow *row, struct hf_fault *f)
{
	if (!has(row->basis) || !has(row->subject))
		return hf_fault_set(
		        f, HF_E_ARGUMENT,
		        "a consent record states its basis and whom it is about; add --basis and --subject");
	if (row->n_purposes == 0 || row->n_purposes > PURPOSES_MAX)
		return hf_fault_set(f, HF_E_ARGUMENT,
		                    "a consent is for 1 to %u stated purposes; name them with --purpose", PURPOSES_MAX);
	for (size_t i = 0; i < row->n_purposes; i++)
		if (!has(row->purposes[i]) || !hf_text_ok(row->purposes[i], strlen(row->purposes[i]), 127))
			return hf_fault_set(f, HF_E_ARGUMENT,
			                    "a purpose of the consent is empty, too long or no plain text");
	if (row->until_ms <= row->from_ms || row->until_ms <= hf_now_ms(&c->base->clock))
		return hf_fault_set(
		        f, HF_E_ARGUMENT,
		        "the consent's end is missing, past, or not after its beginning; state it with --until");
	return HF_OK;
}

enum hf_err hf_consent_put(struct hf_unit *u, const Hufu__ConsentRow *row)
{
	size_t len;
	uint8_t *bytes = hf_encode(&row->base, &len);

	if (!bytes)
		return HF_E_MEMORY;
	hf_unit_put(u, HF_TABLE_CONSENT, row->id.data, row->id.len, bytes, len);
	free(bytes);
	return HF_OK;
}

enum hf_err hf_consent_get(struct hf_catalog *c, const struct hf_id *id, Hufu__ConsentRow **ret_row, struct hf_fault *f)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf value = HF_BUF_INIT;
	char text[HF_ID_TEXT];
	enum hf_err e = hf_store_get(c->store, HF_TABLE_CONSENT, id->b, sizeof(id->b), &value);

	hf_id_text(id, text);
	if (e == HF_E_UNKNOWN)
		return hf_fault_set(f, e, "there is no consent record %s; `hufu consent list` names them", text);
	HF_TRY(hf_fault_default(f, e));
	*ret_row = HF_DECODE_OWN(consent_row, value.data, value.len);
	return *ret_row ? HF_OK
	                : hf_fault_set(f, HF_E_STORE, "consent record %s cannot be read; see `hufu doctor`", text);
}

enum hf_err hf_consent_end(struct hf_catalog *c, const struct hf_id *id, const char *by, const char *reason,
                           struct hf_unit *u, struct hf_fault *f)
{
	Hufu__ConsentRow *row = NULL, changed;
	enum hf_err e;

	HF_TRY(hf_consent_get(c, id, &row, f));
	if (row->ended_ms) {
		e = hf_fault_set(f, HF_E_STATE, "the consent was withdrawn already (%.200s)", row->ended_reason);
	} else {
		changed = *row;
		changed.ended_ms = hf_now_ms(&c->base->clock);
		changed.ended_by = (char *)by;
		changed.ended_reason = (char *)reason;
		e = hf_fault_default(f, hf_consent_put(u, &changed));
	}
	hf_decoded_free(row);
	return e;
}

struct listing {
	hf_consent_fn fn;
	void *ctx;
	bool broken;
};

static bool list_row(void *ctx, struct hf_bytes key, struct hf_bytes value)
{
	struct listing *l = ctx;
	Hufu__ConsentRow *row = HF_DECODE_OWN(consent_row, value.data, value.len);
	bool more = row && l->fn(l->ctx, row);

	(void)key;
	l->broken |= !row;
	hf_decoded_free(row);
	return more;
}

enum hf_err hf_consent_list(struct hf_catalog *c, hf_consent_fn fn, void *ctx)
{
	struct listing l = {fn, ctx, false};

	HF_TRY(hf_store_scan_back(c->store, HF_TABLE_CONSENT, NULL, 0, NULL, 0, list_row, &l));
	return l.broken ? HF_E_STORE : HF_OK;
}

const char *hf_consent_state(const Hufu__ConsentRow *row, int64_t now_ms)
{
	if (row->ended_ms)
		return "withdrawn";
	if (now_ms < row->from_ms)
		return "not-begun";
	return now_ms < row->until_ms ? "active" : "expired";
}

/* ---- what a use rests on ---- */

static bool allows(const Hufu__ConsentRow *row, const char *purpose)
{
	for (size_t i = 0; i < row->n_purposes; i++)
		if (strcmp(row->purposes[i], purpose ? purpose : "") == 0)
			return true;
	return false;
}

/* purpose NULL: whatever the use. */
static enum hf_err check_consent(struct hf_catalog *c, const ProtobufCBinaryData *bytes, const char *purpose,
                                 int64_t now_ms, struct hf_fault *f)
{
	Hufu__ConsentRow *row = NULL;
	char text[HF_ID_TEXT];
	struct hf_id id;
	enum hf_err e = HF_OK;

	if (!hf_id_from_bytes(bytes->data, bytes->len, &id))
		return hf_fault_set(f, HF_E_STORE, "a consent record of the entry cannot be read; see `hufu doctor`");
	HF_TRY(hf_consent_get(c, &id, &row, f));
	const char *state = hf_consent_state(row, now_ms);

	hf_id_text(&id, text);
	if (strcmp(state, "active") != 0)
		e = hf_fault_set(f, HF_E_CONSENT,
		                 "the consent record %s that the use rests on is %s; without it the data is not used, "
		                 "the provider needs a new basis",
		                 text, state);
	else if (purpose && !allows(row, purpose))
		e = hf_fault_set(
		        f, HF_E_CONSENT,
		        "the consent record %s is not for the purpose '%.100s'; ask for a purpose that it names", text,
		        purpose);
	hf_decoded_free(row);
	return e;
}

enum hf_err consents_check(struct hf_catalog *c, const ProtobufCBinaryData *ids, size_t count, struct hf_fault *f)
{
	if (count > HF_CONSENTS_MAX)
		return hf_fault_set(f, HF_E_LIMIT, "an entry rests on at most %u consent records", HF_CONSENTS_MAX);
	for (size_t i = 0; i < count; i++)
		HF_TRY(check_consent(c, &ids[i], NULL, hf_now_ms(&c->base->clock), f));
	return HF_OK;
}

static enum hf_err check_mandate(struct hf_catalog *c, const ProtobufCBinaryData *bytes, struct hf_fault *f)
{
	Hufu__MandateRow *row = NULL;
	char text[HF_ID_TEXT];
	struct hf_id id;
	enum hf_err e = HF_OK;

	if (bytes->len == 0) /* published before there were mandates */
		return HF_OK;
	if (!hf_id_from_bytes(bytes->data, bytes->len, &id))
		return hf_fault_set(f, HF_E_STORE, "the mandate of the entry cannot be read; see `hufu doctor`");
	HF_TRY(hf_mandate_get(c, &id, &row, f));
	hf_id_text(&id, text);
	if (row->ended_ms)
		e = hf_fault_set(f, HF_E_NO_MANDATE,
		                 "the authorization %s by which the data was published was withdrawn; the provider has "
		                 "to publish it anew",
		                 text);
	hf_decoded_free(row);
	return e;
}

enum hf_err hf_catalog_basis(struct hf_catalog *c, const struct hf_id *entry, const char *purpose, int64_t now_ms,
                             struct hf_fault *f)
{
	HF_CLEANUP(row_done) Hufu__CatalogRow *row = NULL;

	HF_TRY(hf_fault_default(f, row_get(c, c->base->self.s, entry, &row)));
	HF_TRY(check_mandate(c, &row->data_mandate, f));
	for (size_t i = 0; i < row->n_consents; i++)
		HF_TRY(check_consent(c, &row->consents[i], purpose ? purpose : "", now_ms, f));
	return HF_OK;
}
