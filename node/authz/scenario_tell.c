/*
 * scenario_tell.c - who hears of a scenario and of what is opened to it, and what the steps say in the ledger and to
 * the operators.
 */
#include <stdlib.h>
#include <string.h>

#include "authz/scenario_internal.h"
#include "proto/codec.h"

#define NODES_MAX 1024

struct audience {
	const char *node[NODES_MAX];
	size_t count;
};

static void add_node(const struct hf_authz *a, struct audience *to, const char *node)
{
	if (!has_text(node) || is_self(a, node) || to->count == NODES_MAX)
		return;
	for (size_t i = 0; i < to->count; i++)
		if (strcmp(to->node[i], node) == 0)
			return;
	to->node[to->count++] = node;
}

static void add_members(const struct hf_authz *a, struct audience *to, const Hufu__Scenario *m)
{
	for (size_t i = 0; m && i < m->n_members; i++)
		add_node(a, to, m->members[i]->organization);
}

static bool is_member(const Hufu__Scenario *m, const char *node)
{
	for (size_t i = 0; m && i < m->n_members; i++)
		if (same_text(m->members[i]->organization, node))
			return true;
	return false;
}

/* Who cannot be reached from here does not stop the others. */
static enum hf_err mail_all(struct hf_authz *a, struct hf_unit *u, const struct audience *to, enum hf_mail type,
                            const struct hf_id *txn, const ProtobufCMessage *body)
{
	size_t len = 0;
	uint8_t *data = hf_encode(body, &len);
	enum hf_err e = data ? HF_OK : HF_E_MEMORY;
	for (size_t i = 0; i < to->count && e == HF_OK; i++) {
		e = hf_peers_mail(a->peers, u, to->node[i], type, txn, data, len);
		if (e == HF_E_UNSUPPORTED || e == HF_E_STRANGER)
			e = HF_OK;
	}
	free(data);
	return e;
}

static enum hf_err finish(struct hf_authz *a, struct hf_unit *u, const struct audience *to,
                          const ProtobufCMessage *body, const ProtobufCBinaryData *txn_bytes)
{
	struct hf_id txn;
	if (!az_id_of(txn_bytes, &txn))
		return HF_E_STORE;
	enum hf_mail type =
	        body->descriptor == &hufu__scenario_mail__descriptor ? HF_MAIL_SCENARIO : HF_MAIL_SCENARIO_OPENING;
	return mail_all(a, u, to, type, &txn, body);
}

enum hf_err sc_tell(struct hf_authz *a, struct hf_unit *u, const Hufu__ScenarioRow *row, const Hufu__Scenario *before,
                    struct hf_fault *f)
{
	HF_CLEANUP(hf_decoded_done) Hufu__Scenario *m = sc_row_scenario(row);
	HF_CLEANUP(hf_decoded_done)
	Hufu__Envelope *paper = HF_DECODE_OWN(envelope, row->envelope.data, row->envelope.len);
	Hufu__ScenarioMail mail = HUFU__SCENARIO_MAIL__INIT;
	struct audience *to = hf_alloc_zero(sizeof(*to));
	for (size_t i = 0; m && i < m->n_providers; i++)
		add_node(a, to, m->providers[i]);
	for (size_t i = 0; i < row->n_openings; i++)
		add_node(a, to, row->openings[i]->provider);
	add_members(a, to, m);
	add_members(a, to, before);
	mail.scenario = paper;
	enum hf_err e = m && paper ? finish(a, u, to, &mail.base, &row->txn) : HF_E_STORE;
	free(to);
	return hf_fault_default(f, e);
}

enum hf_err sc_tell_opening(struct hf_authz *a, struct hf_unit *u, const struct sc_told *t, struct hf_fault *f)
{
	HF_CLEANUP(hf_decoded_done) Hufu__Scenario *m = sc_row_scenario(t->row);
	HF_CLEANUP(hf_decoded_done)
	Hufu__Envelope *paper = HF_DECODE_OWN(envelope, t->row->envelope.data, t->row->envelope.len);
	HF_CLEANUP(hf_decoded_done)
	Hufu__Envelope *opening = HF_DECODE_OWN(envelope, t->opening->data, t->opening->len);
	Hufu__ScenarioOpeningMail mail = HUFU__SCENARIO_OPENING_MAIL__INIT;
	struct audience *to = hf_alloc_zero(sizeof(*to));
	if (!t->before)
		add_node(a, to, t->row->authority);
	for (size_t i = 0; m && i < m->n_members; i++)
		if (!is_member(t->before, m->members[i]->organization))
			add_node(a, to, m->members[i]->organization);
	mail.scenario = paper;
	mail.opening = opening;
	enum hf_err e = m && paper && opening ? finish(a, u, to, &mail.base, &t->row->txn) : HF_E_STORE;
	free(to);
	return hf_fault_default(f, e);
}

/* ---- entries and notices ---- */

static void put_id(struct hf_draft *d, enum hf_field field, const ProtobufCBinaryData *b)
{
	struct hf_id id;
	char text[HF_ID_TEXT];
	if (!az_id_of(b, &id))
		return;
	hf_id_text(&id, text);
	hf_draft_text(d, field, text);
}

static void put_period(struct hf_draft *d, int64_t from_ms, int64_t until_ms)
{
	char from[HF_TIME_TEXT], until[HF_TIME_TEXT];
	hf_time_text(from_ms, from);
	hf_time_text(until_ms, until);
	hf_draft_textf(d, HF_FIELD_PERIOD, "%s/%s", from, until);
}

static void fill(struct hf_draft *d, const Hufu__ScenarioRow *row)
{
	struct hf_id txn;
	if (az_id_of(&row->txn, &txn))
		hf_draft_txn(d, &txn);
	put_id(d, HF_FIELD_SCENARIO, &row->id);
	hf_draft_text(d, HF_FIELD_MECHANISM, "attribute");
}

void sc_entry_fill(struct hf_draft *d, const Hufu__ScenarioRow *row, const Hufu__Scenario *m)
{
	fill(d, row);
	put_id(d, HF_FIELD_OBJECT, &row->id);
	hf_draft_text(d, HF_FIELD_ORGANIZATION, row->authority);
	hf_draft_text(d, HF_FIELD_PURPOSE, m->purpose);
	put_period(d, m->from_ms, m->until_ms);
	hf_draft_textf(d, HF_FIELD_DETAIL, "%s: version %u, %zu members%s%s%s", m->name, m->version, m->n_members,
	               m->ended ? ", ended" : "", has_text(m->reason) ? ": " : "", m->reason);
	hf_draft_bytes(d, HF_FIELD_DIGEST, row->digest.data, row->digest.len);
	hf_draft_party(d, row->authority);
}

void sc_entry_opening(struct hf_draft *d, const Hufu__ScenarioRow *row, const Hufu__ScenarioOpening *m)
{
	fill(d, row);
	put_id(d, HF_FIELD_OBJECT, &m->id);
	put_id(d, HF_FIELD_RESOURCE, &m->resource);
	put_period(d, m->from_ms, m->until_ms);
	hf_draft_text(d, HF_FIELD_RESULT, m->closed ? "closed" : "open");
	hf_draft_text(d, HF_FIELD_DETAIL, m->reason);
	hf_draft_party(d, row->authority);
	hf_draft_party(d, m->header->issuer);
}

struct hf_draft *sc_entry_new(struct hf_authz *a, enum hf_event event, const char *from)
{
	struct hf_draft *d = hf_draft_new(event, NULL);
	hf_draft_text(d, HF_FIELD_ACTOR, a->base->self.s);
	hf_draft_text(d, HF_FIELD_MANNER, "mail");
	hf_draft_text(d, HF_FIELD_COUNTERPARTY, from);
	hf_draft_text(d, HF_FIELD_OUTCOME, "ok");
	return d;
}

void sc_notice(struct hf_authz *a, struct hf_unit *u, const Hufu__ScenarioRow *row, const char *kind, const char *text)
{
	Hufu__NoticeRow n = HUFU__NOTICE_ROW__INIT;
	struct hf_id id = hf_id_new(now_of(a));
	size_t len = 0;
	n.time_ms = now_of(a);
	n.kind = (char *)kind;
	n.text = (char *)text;
	n.scenario = row->id;
	n.txn = row->txn;
	uint8_t *data = hf_encode(&n.base, &len);
	if (!data)
		abort(); /* memory is gone */
	hf_unit_put(u, HF_TABLE_NOTICE, id.b, sizeof(id.b), data, len);
	free(data);
}
