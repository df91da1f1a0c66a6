/* second_use.c - see second_use.h. Rows are looked through when sensitive data is asked for: there are few. */
#include "authz/second_use.h"

#include <stdlib.h>
#include <string.h>

#include "authz/internal.h"
#include "proto/codec.h"

/* What the signature is under: resource, provider, system and purpose. */
static void use_digest(const struct hf_use_object *o, struct hf_hash *ret_digest)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf b = HF_BUF_INIT;
	const char *texts[] = {o->provider, o->system, o->purpose};
	bool ok = hf_buf_add(&b, o->resource->b, sizeof(o->resource->b));
	for (size_t i = 0; ok && i < sizeof(texts) / sizeof(texts[0]); i++)
		ok = hf_buf_add(&b, texts[i] ? texts[i] : "", strlen(texts[i] ? texts[i] : "") + 1);
	if (!ok)
		abort(); /* memory is gone */
	hf_sha256(b.data, b.len, ret_digest);
}

static void put(struct hf_unit *u, const Hufu__UseAuthorizationRow *row)
{
	size_t len = 0;
	uint8_t *data = hf_encode(&row->base, &len);
	if (!data)
		abort(); /* memory is gone */
	hf_unit_put(u, HF_TABLE_USE_AUTHORIZATION, row->id.data, row->id.len, data, len);
	free(data);
}

static void describe(const struct hf_step_in *in, const Hufu__UseAuthorizationRow *row, const char *detail)
{
	struct hf_id id;
	char period[2 * HF_TIME_TEXT], until[HF_TIME_TEXT];
	if (az_id_of(&row->id, &id))
		az_entry_id(in->draft, HF_FIELD_OBJECT, &id);
	if (az_id_of(&row->resource, &id))
		az_entry_id(in->draft, HF_FIELD_RESOURCE, &id);
	hf_time_text(row->made_ms, period);
	hf_time_text(row->until_ms, until);
	hf_draft_textf(in->draft, HF_FIELD_PERIOD, "%s/%s", period, until);
	hf_draft_text(in->draft, HF_FIELD_COUNTERPARTY, row->provider);
	hf_draft_text(in->draft, HF_FIELD_SYSTEM, row->system);
	hf_draft_text(in->draft, HF_FIELD_PURPOSE, row->purpose);
	hf_draft_text(in->draft, HF_FIELD_DETAIL, detail);
}

/* ---- a person of the data authority ---- */

static enum hf_err find_entry(struct hf_authz *a, const struct hf_step_in *in,
                              const struct hf_use_authorization_in *what, struct hf_catalog_item *ret_item)
{
	char text[HF_ID_TEXT];
	hf_id_text(&what->entry, text);
	enum hf_err e =
	        hf_catalog_get(a->catalog, has_text(what->publisher) ? what->publisher : NULL, &what->entry, ret_item);
	if (e == HF_E_CONFLICT)
		return hf_fault_set(in->fault, e,
		                    "several members have published an entry under that id; name the one that is meant "
		                    "with --publisher");
	if (e != HF_OK || !hf_catalog_visible(a->catalog, ret_item, in->actor->principal))
		return hf_fault_set(in->fault, HF_E_UNKNOWN,
		                    "there is no resource %s in the catalog; `hufu catalog search` finds resources",
		                    text);
	return HF_OK;
}

static enum hf_err check_terms(struct hf_authz *a, const struct hf_step_in *in,
                               const struct hf_use_authorization_in *what, const Hufu__CatalogEntry *entry)
{
	int64_t now = now_of(a);
	HF_TRY(az_terms_text(what->purpose, "purpose", "what the data may be used for", PURPOSE_MAX, in->fault));
	HF_TRY(az_terms_text(what->reason, "reason", "why the use is authorized", REASON_MAX, in->fault));
	if (!entry->sensitive)
		return hf_fault_set(in->fault, HF_E_STATE,
		                    "the resource is not sensitive: its grant alone allows the use");
	if (what->until_ms <= now || what->until_ms > now + AZ_USE_LONGEST_MS)
		return hf_fault_set(in->fault, HF_E_LIMIT,
		                    "field 'until' must lie in the future and at most 366 days from now");
	return az_person_two_factors(in->actor->methods, true, in->fault);
}

static enum hf_err sign(struct hf_authz *a, const struct hf_step_in *in, const Hufu__UseAuthorizationRow *row,
                        Hufu__SignedStatement **ret_statement)
{
	Hufu__Statement s = HUFU__STATEMENT__INIT;
	struct hf_hash digest;
	struct hf_id id, resource;
	if (!az_id_of(&row->id, &id) || !az_id_of(&row->resource, &resource))
		return HF_E_INTERNAL;
	const struct hf_use_object o = {&resource, row->provider, row->system, row->purpose};
	use_digest(&o, &digest);
	s.kind = (char *)"use";
	s.object = row->id;
	s.object_digest = BIN_HASH(&digest);
	s.result = (char *)"pass";
	s.reason = row->reason;
	s.until_ms = row->until_ms;
	return az_person_sign(a, in->actor, &s, &id, ret_statement, in->fault);
}

static enum hf_err store(struct hf_authz *a, const struct hf_step_in *in, Hufu__UseAuthorizationRow *row)
{
	HF_CLEANUP(hf_decoded_done) Hufu__SignedStatement *st = NULL;
	size_t len = 0;
	HF_TRY(sign(a, in, row, &st));
	uint8_t *data = hf_encode(&st->base, &len);
	if (!data)
		return hf_fault_set(in->fault, HF_E_MEMORY, "no memory is left to write the authorization");
	row->statement = BIN(data, len);
	put(in->unit, row);
	free(data);
	describe(in, row, row->reason);
	return HF_OK;
}

enum hf_err hf_authz_use_authorize(struct hf_authz *a, const struct hf_step_in *in,
                                   const struct hf_use_authorization_in *what, struct hf_id *ret_id)
{
	HF_CLEANUP(hf_catalog_item_done) struct hf_catalog_item it = {0};
	Hufu__UseAuthorizationRow row = HUFU__USE_AUTHORIZATION_ROW__INIT;
	struct hf_system_view system;
	struct hf_id id = hf_id_new(now_of(a));
	HF_TRY(find_entry(a, in, what, &it));
	HF_TRY(az_application_system(a, in->actor->department, what->system, &system, in->fault));
	HF_TRY(check_terms(a, in, what, it.entry));
	row.id = BIN_ID(&id);
	row.resource = it.entry->id;
	row.provider = it.entry->publisher;
	row.title = it.entry->title;
	row.department = system.department;
	row.system = system.name;
	row.purpose = (char *)what->purpose;
	row.reason = (char *)what->reason;
	row.until_ms = what->until_ms;
	row.by = (char *)in->actor->account;
	row.made_ms = now_of(a);
	HF_TRY(store(a, in, &row));
	*ret_id = id;
	return HF_OK;
}

enum hf_err hf_authz_use_end(struct hf_authz *a, const struct hf_step_in *in, const struct hf_id *id,
                             const char *reason)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf b = HF_BUF_INIT;
	HF_CLEANUP(hf_decoded_done) Hufu__UseAuthorizationRow *row = NULL;
	HF_TRY(az_terms_text(reason, "reason", "why the authorization ends", REASON_MAX, in->fault));
	if (hf_store_get(a->store, HF_TABLE_USE_AUTHORIZATION, id->b, sizeof(id->b), &b) == HF_OK)
		row = HF_DECODE_OWN(use_authorization_row, b.data, b.len);
	if (!row || (has_text(in->actor->department) && !same_text(in->actor->department, row->department)))
		return hf_fault_set(in->fault, HF_E_UNKNOWN,
		                    "there is no such authorization of a use; `hufu sensitive list` shows them");
	if (row->ended_ms)
		return hf_fault_set(in->fault, HF_E_STATE, "the authorization was ended already by %s", row->ended_by);
	char *by = row->ended_by, *why = row->ended_reason;
	row->ended_ms = now_of(a);
	row->ended_by = (char *)in->actor->account;
	row->ended_reason = (char *)reason;
	put(in->unit, row);
	describe(in, row, reason);
	az_use_end_tell(a, in, row);
	row->ended_by = by;
	row->ended_reason = why;
	return HF_OK;
}

/* ---- reading ---- */

struct scan {
	hf_use_authorization_fn fn;
	void *ctx;
	enum hf_err error;
};

static bool on_row(void *ctx, struct hf_bytes key, struct hf_bytes value)
{
	struct scan *s = ctx;
	(void)key;
	HF_CLEANUP(hf_decoded_done)
	Hufu__UseAuthorizationRow *row = HF_DECODE_OWN(use_authorization_row, value.data, value.len);
	if (!row)
		s->error = HF_E_STORE;
	return row && s->fn(s->ctx, row);
}

enum hf_err hf_authz_uses_authorized(struct hf_authz *a, hf_use_authorization_fn fn, void *ctx)
{
	struct scan s = {fn, ctx, HF_OK};
	HF_TRY(hf_store_scan_back(a->store, HF_TABLE_USE_AUTHORIZATION, NULL, 0, NULL, 0, on_row, &s));
	return s.error;
}

struct wanted {
	struct hf_authz *a;
	const struct hf_use_object *o;
	int64_t now_ms;
	Hufu__SignedStatement *found;
	struct hf_fault *gone; /* why one that fits does not count */
};

static bool take_fitting(void *ctx, const Hufu__UseAuthorizationRow *row)
{
	struct wanted *w = ctx;
	struct hf_id resource;
	if (row->ended_ms || row->until_ms <= w->now_ms || !az_id_of(&row->resource, &resource) ||
	    !hf_id_equal(&resource, w->o->resource) || !same_text(row->provider, w->o->provider) ||
	    !same_text(row->system, w->o->system) || !same_text(row->purpose, w->o->purpose))
		return true;
	w->found = HF_DECODE_OWN(signed_statement, row->statement.data, row->statement.len);
	if (w->found &&
	    az_person_here(w->a, w->found, "the authorization of the use",
	                   "let the data authority authorize it anew (`hufu sensitive authorize`)", w->gone) != HF_OK)
		hf_decoded_free(HF_TAKE(w->found));
	return !w->found;
}

/* "node/account id" */
static bool second_text(const Hufu__SignedStatement *st, struct hf_id *ret_id, char text[HF_USE_SECOND_TEXT])
{
	HF_CLEANUP(hf_decoded_done)
	Hufu__Statement *s = HF_DECODE(statement, st->statement->payload.data, st->statement->payload.len);
	char id[HF_ID_TEXT];
	if (!s || !s->header || !az_id_of(&s->object, ret_id))
		return false;
	hf_id_text(ret_id, id);
	snprintf(text, HF_USE_SECOND_TEXT, "%s/%s %s", s->header->issuer, s->account, id);
	return true;
}

enum hf_err hf_authz_use_find(struct hf_authz *a, const struct hf_use_object *o, Hufu__SignedStatement **ret_statement,
                              char text[HF_USE_SECOND_TEXT], struct hf_fault *f)
{
	struct hf_fault gone = {HF_OK, ""};
	struct wanted w = {a, o, now_of(a), NULL, &gone};
	struct hf_id id;
	enum hf_err e = hf_authz_uses_authorized(a, take_fitting, &w);
	if (w.found && second_text(w.found, &id, text)) {
		*ret_statement = w.found;
		return HF_OK;
	}
	hf_decoded_free(w.found);
	if (e != HF_OK)
		return hf_fault_set(f, e, "the stored authorizations of uses cannot be read; see `hufu doctor`");
	if (gone.code != HF_OK)
		return hf_fault_set(f, HF_E_SECOND_USE, "%s", gone.text);
	return hf_fault_set(
	        f, HF_E_SECOND_USE,
	        "the data is sensitive: besides the grant, somebody of the data authority authorizes its use "
	        "by the system '%.63s' for '%.60s' (`hufu sensitive authorize`)",
	        o->system, o->purpose);
}

enum hf_err hf_authz_use_check(struct hf_authz *a, const Hufu__SignedStatement *second,
                               const Hufu__SignedStatement *subject, const char *consumer,
                               const struct hf_use_object *o, char text[HF_USE_SECOND_TEXT], struct hf_fault *f)
{
	HF_CLEANUP(hf_decoded_done) Hufu__Statement *s = NULL;
	struct person by, asking;
	struct hf_hash digest;
	struct hf_id id;
	if (!second_text(second, &id, text))
		return hf_fault_set(f, HF_E_FORMAT, "the second authorization of the use cannot be read");
	use_digest(o, &digest);
	const struct statement_want want = {"use", HF_MAY_CONFIRM_NEED, consumer, &id, 0, &digest, &id};
	HF_TRY(az_person_check(a, second, &want, &s, &by, f));
	if (!same_text(s->result, "pass") || s->until_ms <= now_of(a))
		return hf_fault_set(f, HF_E_SECOND_USE, "the second authorization of the use by %s has ended",
		                    s->account);
	HF_TRY(az_use_over(a, consumer, &id, f));
	if (!az_person_of(subject, &asking) || az_person_same(&by, &asking))
		return hf_fault_set(
		        f, HF_E_SEPARATION,
		        "%s asks for the sensitive data and authorized its use as well; another person must "
		        "do it",
		        s->account);
	return az_person_two_factors(by.methods, true, f);
}
