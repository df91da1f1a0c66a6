/*
 * scenario_rows.c - scenarios in the store: the newest version as signed, and the newest version of each opening. What
 * is older is told again or comes late, and changes nothing; a version on record never takes other bytes.
 */
#include <stdlib.h>
#include <string.h>

#include "authz/scenario_internal.h"
#include "proto/codec.h"

enum hf_err sc_row_get(struct hf_authz *a, const struct hf_id *id, Hufu__ScenarioRow **ret_row)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf b = HF_BUF_INIT;
	HF_TRY(hf_store_get(a->store, HF_TABLE_SCENARIO, id->b, sizeof(id->b), &b));
	*ret_row = HF_DECODE_OWN(scenario_row, b.data, b.len);
	return *ret_row ? HF_OK : HF_E_STORE;
}

enum hf_err sc_row_need(struct hf_authz *a, const struct hf_id *id, Hufu__ScenarioRow **ret_row, struct hf_fault *f)
{
	char text[HF_ID_TEXT];
	enum hf_err e = sc_row_get(a, id, ret_row);
	hf_id_text(id, text);
	if (e == HF_E_UNKNOWN)
		return hf_fault_set(f, e, "there is no scenario %s at this node; `hufu scenario list` lists them",
		                    text);
	return e == HF_OK ? e : hf_fault_set(f, e, "the scenario %s cannot be read: %s", text, hf_err_text(e));
}

struct scan {
	sc_row_fn fn;
	void *ctx;
	enum hf_err error;
};

static bool on_row(void *ctx, struct hf_bytes key, struct hf_bytes value)
{
	struct scan *s = ctx;
	(void)key;
	HF_CLEANUP(hf_decoded_done) Hufu__ScenarioRow *row = HF_DECODE_OWN(scenario_row, value.data, value.len);
	if (!row)
		s->error = HF_E_STORE;
	return row && s->fn(s->ctx, row);
}

enum hf_err sc_rows(struct hf_authz *a, sc_row_fn fn, void *ctx)
{
	struct scan s = {fn, ctx, HF_OK};
	HF_TRY(hf_store_scan_back(a->store, HF_TABLE_SCENARIO, NULL, 0, NULL, 0, on_row, &s));
	return s.error;
}

Hufu__Scenario *sc_row_scenario(const Hufu__ScenarioRow *row)
{
	return az_stored_payload(&row->envelope, &hufu__scenario__descriptor);
}

Hufu__ScenarioOpening *sc_row_opening(const Hufu__ScenarioOpeningRow *row)
{
	return az_stored_payload(&row->envelope, &hufu__scenario_opening__descriptor);
}

/* Puts the row and reads it anew, so that what it borrowed is its own. */
static enum hf_err put(struct hf_authz *a, struct hf_unit *u, Hufu__ScenarioRow *row, Hufu__ScenarioRow **ret_row)
{
	size_t len = 0;
	struct hf_id id;
	row->changed_ms = now_of(a);
	uint8_t *data = hf_encode(&row->base, &len);
	if (!data || !az_id_of(&row->id, &id))
		abort(); /* memory is gone, or our own bug */
	hf_unit_put(u, HF_TABLE_SCENARIO, id.b, sizeof(id.b), data, len);
	az_after(a, u, &id, sc_rules_follow);
	*ret_row = HF_DECODE_OWN(scenario_row, data, len);
	free(data);
	return *ret_row ? HF_OK : HF_E_STORE;
}

struct tally {
	const char *authority;
	unsigned open;
};

static bool tally_open(void *ctx, const Hufu__ScenarioRow *row)
{
	struct tally *t = ctx;
	HF_CLEANUP(hf_decoded_done) Hufu__Scenario *m = NULL;
	if (same_text(row->authority, t->authority) && (m = sc_row_scenario(row)))
		t->open += !m->ended;
	return true;
}

static enum hf_err check_room(struct hf_authz *a, const char *authority, struct hf_fault *f)
{
	struct tally t = {authority, 0};
	HF_TRY(hf_fault_default(f, sc_rows(a, tally_open, &t)));
	if (t.open >= SC_OPEN_MAX)
		return hf_fault_set(f, HF_E_LIMIT,
		                    "%s has %u scenarios that have not ended; end one with `hufu scenario end` first",
		                    authority, t.open);
	return HF_OK;
}

static enum hf_err check_newer(const Hufu__ScenarioRow *row, const struct sc_opened *o, bool *ret_newer,
                               struct hf_fault *f)
{
	const Hufu__Scenario *m = o->scenario;
	struct hf_id txn;
	if (!same_text(row->authority, m->header->issuer))
		return hf_fault_set(f, HF_E_STANDING, "the scenario was made by %s, which alone changes it",
		                    row->authority);
	if (!az_id_of(&row->txn, &txn) || !hf_id_equal(&txn, &o->txn))
		return hf_fault_set(f, HF_E_CONFLICT, "the scenario belongs to another transaction than before");
	if (m->version == row->version && !az_hash_is(&row->digest, &o->digest))
		return hf_fault_set(f, HF_E_CONFLICT, "%s signed two different wordings as version %u of the scenario",
		                    row->authority, m->version);
	*ret_newer = m->version > row->version;
	return HF_OK;
}

enum hf_err sc_row_take(struct hf_authz *a, struct hf_unit *u, const struct sc_opened *o, bool *ret_is_new,
                        Hufu__ScenarioRow **ret_row, struct hf_fault *f)
{
	HF_CLEANUP(hf_decoded_done) Hufu__ScenarioRow *old = NULL;
	HF_CLEANUP(az_paper_done) struct paper paper = {0};
	Hufu__ScenarioRow row = HUFU__SCENARIO_ROW__INIT;
	char by[2 * HF_NAME_MAX + 2];
	enum hf_err e = sc_row_get(a, &o->id, &old);
	*ret_is_new = true;
	if (e == HF_OK)
		HF_TRY(check_newer(old, o, ret_is_new, f));
	else if (e == HF_E_UNKNOWN)
		HF_TRY(check_room(a, o->scenario->header->issuer, f));
	else
		return hf_fault_default(f, e);
	if (!*ret_is_new) {
		*ret_row = HF_TAKE(old);
		return HF_OK;
	}
	HF_TRY(az_paper_keep(a, o->paper, &o->txn, u, &paper, f));
	if (old)
		row = *old;
	snprintf(by, sizeof(by), "%s/%s", o->officer.node, o->officer.account);
	row.id = BIN_ID(&o->id);
	row.txn = BIN_ID(&o->txn);
	row.version = o->scenario->version;
	row.authority = o->scenario->header->issuer;
	row.envelope = BIN(paper.bytes, paper.len);
	row.digest = BIN_HASH(&o->digest);
	row.signed_by = by;
	row.made_ms = old ? old->made_ms : now_of(a);
	return put(a, u, &row, ret_row);
}

static Hufu__ScenarioOpeningRow *find(const Hufu__ScenarioRow *row, const ProtobufCBinaryData *id)
{
	for (size_t i = 0; i < row->n_openings; i++)
		if (row->openings[i]->id.len == id->len && memcmp(row->openings[i]->id.data, id->data, id->len) == 0)
			return row->openings[i];
	return NULL;
}

/* False: nothing new. */
static enum hf_err check_opening(const Hufu__ScenarioRow *row, const Hufu__ScenarioOpening *m, const struct paper *p,
                                 bool *ret_new, struct hf_fault *f)
{
	const Hufu__ScenarioOpeningRow *old = find(row, &m->id);
	*ret_new = !old || m->version > old->version;
	if (!old && row->n_openings >= SC_OPENINGS_MAX)
		return hf_fault_set(f, HF_E_LIMIT, "at most %u resources are opened to one scenario", SC_OPENINGS_MAX);
	if (old && !same_text(old->provider, m->header->issuer))
		return hf_fault_set(f, HF_E_STANDING, "the opening is of %s, which alone changes it", old->provider);
	if (old && m->version == old->version &&
	    (old->envelope.len != p->len || memcmp(old->envelope.data, p->bytes, p->len) != 0))
		return hf_fault_set(f, HF_E_CONFLICT, "%s signed two different wordings of one opening", old->provider);
	return HF_OK;
}

enum hf_err sc_row_take_opening(struct hf_authz *a, struct hf_unit *u, Hufu__ScenarioRow **row,
                                const Hufu__Envelope *paper, bool *ret_is_new, struct hf_fault *f)
{
	HF_CLEANUP(az_paper_done) struct paper kept = {0};
	HF_CLEANUP(hf_decoded_done) Hufu__ScenarioOpening *m = NULL;
	HF_CLEANUP(hf_decoded_done) Hufu__ScenarioRow *old = HF_TAKE(*row);
	Hufu__ScenarioOpeningRow fresh = HUFU__SCENARIO_OPENING_ROW__INIT, *at;
	Hufu__ScenarioRow now = *old;
	struct hf_id txn;
	m = HF_DECODE_OWN(scenario_opening, paper->payload.data, paper->payload.len);
	if (!m || !az_id_of(&old->txn, &txn))
		return hf_fault_set(f, HF_E_STORE, "the scenario or the opening cannot be read");
	HF_TRY(az_paper_keep(a, paper, &txn, u, &kept, f));
	HF_TRY(check_opening(old, m, &kept, ret_is_new, f));
	if (!*ret_is_new) {
		*row = HF_TAKE(old);
		return HF_OK;
	}
	fresh.id = m->id;
	fresh.version = m->version;
	fresh.provider = m->header->issuer;
	fresh.envelope = BIN(kept.bytes, kept.len);
	now.openings = hf_alloc_zero((old->n_openings + 1) * sizeof(*now.openings));
	now.n_openings = 0;
	at = find(old, &m->id);
	for (size_t i = 0; i < old->n_openings; i++)
		now.openings[now.n_openings++] = old->openings[i] == at ? &fresh : old->openings[i];
	if (!at)
		now.openings[now.n_openings++] = &fresh;
	enum hf_err e = put(a, u, &now, row);
	free(now.openings);
	return hf_fault_default(f, e);
}

/* ---- reading ---- */

struct reader {
	hf_scenario_fn fn;
	void *ctx;
};

static bool read_row(void *ctx, const Hufu__ScenarioRow *row)
{
	struct reader *r = ctx;
	HF_CLEANUP(hf_decoded_done) Hufu__Scenario *m = sc_row_scenario(row);
	Hufu__ScenarioOpening **list = hf_alloc_zero((row->n_openings + 1) * sizeof(*list));
	bool whole = m != NULL, on = true;
	for (size_t i = 0; i < row->n_openings; i++)
		whole &= (list[i] = sc_row_opening(row->openings[i])) != NULL;
	if (whole)
		on = r->fn(r->ctx, &(struct hf_scenario_view){row, m, list});
	for (size_t i = 0; i < row->n_openings; i++)
		hf_decoded_free(list[i]);
	free(list);
	return on;
}

enum hf_err hf_scenarios(struct hf_authz *a, hf_scenario_fn fn, void *ctx)
{
	struct reader r = {fn, ctx};
	return sc_rows(a, read_row, &r);
}

enum hf_err hf_scenario_show(struct hf_authz *a, const struct hf_id *scenario, hf_scenario_fn fn, void *ctx)
{
	HF_CLEANUP(hf_decoded_done) Hufu__ScenarioRow *row = NULL;
	struct reader r = {fn, ctx};
	HF_TRY(sc_row_get(a, scenario, &row));
	(void)read_row(&r, row);
	return HF_OK;
}
