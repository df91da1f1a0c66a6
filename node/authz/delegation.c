/*
 * delegation.c - a delegation is signed by a person of the provider, told to the agent and to the members of its level,
 * kept by each of them, and ended the same way (AZ-36). Every node judges an agent by the papers it has on record.
 */
#include "authz/delegation.h"

#include <stdlib.h>
#include <string.h>

#include "authz/delegation_internal.h"
#include "evidence/envelope.h"
#include "proto/codec.h"

#define OPEN_MAX 200u /* of one provider, not ended */

static const char *level_of(struct hf_authz *a, const char *node)
{
	const char *level = hf_space_attribute(hf_peers_space(a->peers), node, "level");
	return level ? level : "";
}

static bool is_blank(const char *text)
{
	return !text || text[strspn(text, " \t\n")] == '\0';
}

/* ---- papers ---- */

struct dg_opened {
	Hufu__Delegation *m;
	struct hf_id id, txn;
	struct hf_hash digest;
	struct person by;
};

static void opened_done(struct dg_opened *o)
{
	hf_decoded_free(o->m);
}

static void wording_of(const Hufu__Delegation *m, struct hf_hash *ret_digest)
{
	Hufu__Delegation bare = *m;
	bare.header = NULL;
	bare.statement = NULL;
	az_digest(&bare.base, ret_digest);
}

static enum hf_err check_terms(struct hf_authz *a, const Hufu__Delegation *m, const char *provider, struct hf_fault *f)
{
	const struct hf_space *space = hf_peers_space(a->peers);
	if (m->ended)
		return is_blank(m->reason)
		               ? hf_fault_set(f, HF_E_ARGUMENT, "field 'reason' is missing; state why it ends")
		               : HF_OK;
	if (m->n_resources == 0)
		return hf_fault_set(f, HF_E_ARGUMENT, "field 'resources' is missing; name the entries");
	if (m->until_ms == 0)
		return hf_fault_set(f, HF_E_ARGUMENT, "field 'until' is missing; state when the delegation ends");
	HF_TRY(az_terms_period(m->from_ms, m->until_ms, f));
	if (same_text(m->agent, provider) || !hf_space_has_role(space, m->agent, "exchange-service"))
		return hf_fault_set(f, HF_E_STANDING,
		                    "%.63s cannot be the agent: it does not hold the role 'exchange-service', or it is "
		                    "the provider itself",
		                    m->agent);
	if (!same_text(level_of(a, m->agent), m->level))
		return hf_fault_set(f, HF_E_STANDING,
		                    "%.63s is a platform of the level '%.20s', and an agent serves departments of its "
		                    "own level, not of '%.20s'",
		                    m->agent, level_of(a, m->agent), m->level);
	return HF_OK;
}

static enum hf_err open_delegation(struct hf_authz *a, const Hufu__Envelope *e, struct dg_opened *o, struct hf_fault *f)
{
	const struct paper_want want = {HF_TYPE_DELEGATION, &hufu__delegation__descriptor, NULL, NULL,
	                                "the delegation"};
	struct hf_hash wording;
	HF_TRY(az_paper_open_public(a, e, &want, &o->m, f));
	HF_TRY(hf_envelope_digest_message(e, &o->digest));
	if (!az_id_of(&o->m->id, &o->id) || !az_id_of(&o->m->header->transaction, &o->txn))
		return hf_fault_set(f, HF_E_FORMAT, "the delegation lacks its identifier");
	HF_TRY(check_terms(a, o->m, o->m->header->issuer, f));
	wording_of(o->m, &wording);
	const struct statement_want by = {"delegation", HF_MAY_APPROVE, o->m->header->issuer, &o->id, o->m->version,
	                                  &wording,     &o->txn};
	return az_person_check(a, o->m->statement, &by, NULL, &o->by, f);
}

/* ---- rows ---- */

static enum hf_err row_get(struct hf_authz *a, const struct hf_id *id, Hufu__DelegationRow **ret_row)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf b = HF_BUF_INIT;
	HF_TRY(hf_store_get(a->store, HF_TABLE_DELEGATION, id->b, sizeof(id->b), &b));
	*ret_row = HF_DECODE_OWN(delegation_row, b.data, b.len);
	return *ret_row ? HF_OK : HF_E_STORE;
}

struct scan {
	hf_delegation_fn fn;
	void *ctx;
	enum hf_err error;
};

static bool on_row(void *ctx, struct hf_bytes key, struct hf_bytes value)
{
	struct scan *s = ctx;
	(void)key;
	HF_CLEANUP(hf_decoded_done) Hufu__DelegationRow *row = HF_DECODE_OWN(delegation_row, value.data, value.len);
	HF_CLEANUP(hf_decoded_done)
	Hufu__Delegation *d = row ? az_stored_payload(&row->envelope, &hufu__delegation__descriptor) : NULL;
	if (!d)
		s->error = HF_E_STORE;
	return d && s->fn(s->ctx, row, d);
}

enum hf_err hf_delegations(struct hf_authz *a, hf_delegation_fn fn, void *ctx)
{
	struct scan s = {fn, ctx, HF_OK};
	HF_TRY(hf_store_scan_back(a->store, HF_TABLE_DELEGATION, NULL, 0, NULL, 0, on_row, &s));
	return s.error;
}

struct tally {
	const char *provider;
	unsigned open;
};

static bool tally_one(void *ctx, const Hufu__DelegationRow *row, const Hufu__Delegation *d)
{
	struct tally *t = ctx;
	t->open += !d->ended && same_text(row->provider, t->provider);
	return true;
}

static enum hf_err check_room(struct hf_authz *a, const char *provider, struct hf_fault *f)
{
	struct tally t = {provider, 0};
	HF_TRY(hf_fault_default(f, hf_delegations(a, tally_one, &t)));
	if (t.open >= OPEN_MAX)
		return hf_fault_set(f, HF_E_LIMIT,
		                    "%s has %u delegations that have not ended; end one with `hufu agent end` first",
		                    provider, t.open);
	return HF_OK;
}

static enum hf_err check_newer(const Hufu__DelegationRow *row, const struct dg_opened *o, bool *ret_newer,
                               struct hf_fault *f)
{
	if (!same_text(row->provider, o->m->header->issuer))
		return hf_fault_set(f, HF_E_STANDING, "the delegation was made by %s, which alone changes it",
		                    row->provider);
	if (o->m->version == row->version && !az_hash_is(&row->digest, &o->digest))
		return hf_fault_set(f, HF_E_CONFLICT, "%s signed two different wordings of one delegation",
		                    row->provider);
	*ret_newer = o->m->version > row->version;
	return HF_OK;
}

static enum hf_err take(struct hf_authz *a, struct hf_unit *u, const struct dg_opened *o, const Hufu__Envelope *paper,
                        bool *ret_is_new, struct hf_fault *f)
{
	HF_CLEANUP(hf_decoded_done) Hufu__DelegationRow *old = NULL;
	HF_CLEANUP(az_paper_done) struct paper kept = {0};
	Hufu__DelegationRow row = HUFU__DELEGATION_ROW__INIT;
	char by[2 * HF_NAME_MAX + 2];
	size_t len = 0;
	enum hf_err e = row_get(a, &o->id, &old);
	*ret_is_new = true;
	if (e == HF_OK)
		HF_TRY(check_newer(old, o, ret_is_new, f));
	else if (e == HF_E_UNKNOWN)
		HF_TRY(check_room(a, o->m->header->issuer, f));
	else
		return hf_fault_default(f, e);
	if (!*ret_is_new)
		return HF_OK;
	HF_TRY(az_paper_keep(a, paper, &o->txn, u, &kept, f));
	snprintf(by, sizeof(by), "%s/%s", o->by.node, o->by.account);
	row.id = BIN_ID(&o->id);
	row.txn = BIN_ID(&o->txn);
	row.version = o->m->version;
	row.provider = o->m->header->issuer;
	row.envelope = BIN(kept.bytes, kept.len);
	row.digest = BIN_HASH(&o->digest);
	row.signed_by = by;
	row.made_ms = old ? old->made_ms : now_of(a);
	row.changed_ms = now_of(a);
	uint8_t *data = hf_encode(&row.base, &len);
	if (!data)
		abort(); /* memory is gone */
	hf_unit_put(u, HF_TABLE_DELEGATION, o->id.b, sizeof(o->id.b), data, len);
	free(data);
	return HF_OK;
}

/* ---- entries, notices, mail ---- */

static void put_id(struct hf_draft *d, enum hf_field field, const ProtobufCBinaryData *b)
{
	struct hf_id id;
	char text[HF_ID_TEXT];
	if (!az_id_of(b, &id))
		return;
	hf_id_text(&id, text);
	hf_draft_text(d, field, text);
}

static void describe(struct hf_draft *d, const struct dg_opened *o)
{
	char from[HF_TIME_TEXT], until[HF_TIME_TEXT];
	hf_time_text(o->m->from_ms, from);
	hf_time_text(o->m->until_ms, until);
	hf_draft_txn(d, &o->txn);
	put_id(d, HF_FIELD_OBJECT, &o->m->id);
	put_id(d, HF_FIELD_DELEGATION, &o->m->id);
	hf_draft_text(d, HF_FIELD_ORGANIZATION, o->m->agent);
	hf_draft_textf(d, HF_FIELD_PERIOD, "%s/%s", from, until);
	hf_draft_textf(d, HF_FIELD_DETAIL, "%s: %zu resources, %s%s%s", o->m->level, o->m->n_resources,
	               o->m->decides ? "intake and decision" : "intake", o->m->ended ? ", ended: " : "",
	               o->m->ended ? o->m->reason : "");
	hf_draft_bytes(d, HF_FIELD_DIGEST, o->digest.b, sizeof(o->digest.b));
	hf_draft_party(d, o->m->header->issuer);
	hf_draft_party(d, o->m->agent);
}

static struct hf_draft *draft_new(struct hf_authz *a, enum hf_event event, const char *from)
{
	struct hf_draft *d = hf_draft_new(event, NULL);
	hf_draft_text(d, HF_FIELD_ACTOR, a->base->self.s);
	hf_draft_text(d, HF_FIELD_MANNER, "mail");
	hf_draft_text(d, HF_FIELD_COUNTERPARTY, from);
	hf_draft_text(d, HF_FIELD_OUTCOME, "ok");
	return d;
}

/* The agent has to hear of it; the members of the level as far as they can be reached. */
static enum hf_err tell(struct hf_authz *a, struct hf_unit *u, const struct dg_opened *o, Hufu__Envelope *paper,
                        struct hf_fault *f)
{
	const Hufu__Descriptor *d = hf_space_current(hf_peers_space(a->peers));
	Hufu__DelegationMail mail = HUFU__DELEGATION_MAIL__INIT;
	mail.delegation = paper;
	HF_TRY(az_paper_mail(a, u, o->m->agent, HF_MAIL_DELEGATION, &o->txn, &mail.base, f));
	for (size_t i = 0; d && i < d->n_members; i++) {
		const char *node = d->members[i]->id;
		if (is_self(a, node) || same_text(node, o->m->agent) || !same_text(level_of(a, node), o->m->level))
			continue;
		enum hf_err e = az_paper_mail(a, u, node, HF_MAIL_DELEGATION, &o->txn, &mail.base, f);
		if (e != HF_OK && e != HF_E_UNSUPPORTED && e != HF_E_STRANGER)
			return e;
	}
	return HF_OK;
}

/* ---- steps ---- */

struct step {
	struct hf_authz *a;
	const struct hf_step_in *in;
	Hufu__Delegation m; /* borrowed */
	struct hf_id id, txn;
	Hufu__SignedStatement *statement;
	struct paper paper;
	struct dg_opened opened;
};

static void step_done(struct step *s)
{
	hf_decoded_free(s->statement);
	az_paper_done(&s->paper);
	opened_done(&s->opened);
}

static enum hf_err make(struct step *s)
{
	struct hf_authz *a = s->a;
	struct hf_fault *f = s->in->fault;
	Hufu__Statement st = HUFU__STATEMENT__INIT;
	struct paper_head head;
	struct hf_hash wording;
	bool is_new = false;
	HF_TRY(check_terms(a, &s->m, a->base->self.s, f));
	wording_of(&s->m, &wording);
	st.kind = (char *)"delegation";
	st.object = s->m.id;
	st.revision = s->m.version;
	st.object_digest = BIN_HASH(&wording);
	st.result = (char *)(s->m.ended ? "revoke" : "pass");
	st.reason = s->m.reason;
	HF_TRY(az_person_sign(a, s->in->actor, &st, &s->txn, &s->statement, f));
	az_paper_head_init(a, &head, &s->txn, NULL, NULL, NULL);
	s->m.header = &head.header;
	s->m.statement = s->statement;
	HF_TRY(az_paper_sign(a, HF_TYPE_DELEGATION, &s->txn, &s->m.base, s->in->unit, &s->paper, f));
	HF_TRY(open_delegation(a, s->paper.envelope, &s->opened, f));
	HF_TRY(take(a, s->in->unit, &s->opened, s->paper.envelope, &is_new, f));
	HF_TRY(tell(a, s->in->unit, &s->opened, s->paper.envelope, f));
	describe(s->in->draft, &s->opened);
	return HF_OK;
}

static enum hf_err check_own(struct hf_authz *a, const struct hf_delegation_in *what, struct hf_fault *f)
{
	char text[HF_ID_TEXT];
	if (what->resource_count > HF_DELEGATION_RESOURCES_MAX)
		return hf_fault_set(f, HF_E_LIMIT, "at most %u resources can be delegated at once",
		                    HF_DELEGATION_RESOURCES_MAX);
	for (size_t i = 0; i < what->resource_count; i++) {
		HF_CLEANUP(hf_catalog_item_done) struct hf_catalog_item it = {0};
		hf_id_text(&what->resources[i], text);
		if (hf_catalog_get(a->catalog, a->base->self.s, &what->resources[i], &it) != HF_OK)
			return hf_fault_set(f, HF_E_UNKNOWN,
			                    "this node publishes no entry %s; only the provider delegates a resource",
			                    text);
	}
	return HF_OK;
}

enum hf_err hf_delegate(struct hf_authz *a, const struct hf_step_in *in, const struct hf_delegation_in *what,
                        struct hf_id *ret_delegation)
{
	HF_CLEANUP(step_done) struct step s = {.a = a, .in = in};
	ProtobufCBinaryData resources[HF_DELEGATION_RESOURCES_MAX];
	HF_TRY(check_own(a, what, in->fault));
	for (size_t i = 0; i < what->resource_count; i++)
		resources[i] = BIN_ID(&what->resources[i]);
	s.id = hf_id_new(now_of(a));
	s.txn = hf_id_new(now_of(a));
	hufu__delegation__init(&s.m);
	s.m.id = BIN_ID(&s.id);
	s.m.version = 1;
	s.m.agent = (char *)what->agent;
	s.m.resources = resources;
	s.m.n_resources = what->resource_count;
	s.m.level = (char *)what->level;
	s.m.from_ms = what->from_ms ? what->from_ms : now_of(a);
	s.m.until_ms = what->until_ms;
	s.m.decides = what->decides;
	s.m.reason = (char *)"";
	HF_TRY(make(&s));
	*ret_delegation = s.id;
	return HF_OK;
}

enum hf_err hf_delegation_end(struct hf_authz *a, const struct hf_step_in *in, const struct hf_id *delegation,
                              const char *reason)
{
	HF_CLEANUP(step_done) struct step s = {.a = a, .in = in};
	HF_CLEANUP(hf_decoded_done) Hufu__DelegationRow *row = NULL;
	HF_CLEANUP(hf_decoded_done) Hufu__Delegation *before = NULL;
	struct hf_fault *f = in->fault;
	if (row_get(a, delegation, &row) != HF_OK)
		return hf_fault_set(f, HF_E_UNKNOWN,
		                    "there is no such delegation at this node; `hufu agent list` lists them");
	before = az_stored_payload(&row->envelope, &hufu__delegation__descriptor);
	if (!before || !az_id_of(&row->txn, &s.txn))
		return hf_fault_set(f, HF_E_STORE, "the delegation on record cannot be read");
	if (!is_self(a, row->provider))
		return hf_fault_set(f, HF_E_STANDING, "the delegation was made by %s, which alone ends it",
		                    row->provider);
	if (before->ended)
		return hf_fault_set(f, HF_E_STATE, "the delegation has ended already (%.200s)", before->reason);
	s.m = *before;
	s.m.version++;
	s.m.ended = true;
	s.m.reason = (char *)(reason ? reason : "");
	return make(&s);
}

enum hf_err az_dg_on_delegation(struct hf_authz *a, const struct mail_in *in, const Hufu__DelegationMail *m)
{
	HF_CLEANUP(opened_done) struct dg_opened o = {.m = NULL};
	bool is_new = false;
	HF_TRY(open_delegation(a, m->delegation, &o, in->fault));
	if (!same_text(o.m->header->issuer, in->from))
		return hf_fault_set(in->fault, HF_E_STANDING, "a delegation comes from the provider that signed it");
	HF_TRY(take(a, in->unit, &o, m->delegation, &is_new, in->fault));
	if (!is_new)
		return HF_OK;
	struct hf_draft *d = draft_new(a, HF_EVENT_DELEGATION, in->from);
	describe(d, &o);
	hf_unit_draft(in->unit, d);
	return HF_OK;
}

/* ---- is there an agent? ---- */

struct search {
	struct hf_authz *a;
	const struct dg_want *want;
	struct dg_found *found;
	bool is_found;
};

static bool names(const Hufu__Delegation *d, const ProtobufCBinaryData *resource)
{
	for (size_t i = 0; i < d->n_resources; i++)
		if (d->resources[i].len == resource->len &&
		    memcmp(d->resources[i].data, resource->data, resource->len) == 0)
			return true;
	return false;
}

static bool look(void *ctx, const Hufu__DelegationRow *row, const Hufu__Delegation *d)
{
	struct search *s = ctx;
	const struct dg_want *w = s->want;
	const struct hf_space *space = hf_peers_space(s->a->peers);
	int64_t now = now_of(s->a);
	if (d->ended || now < d->from_ms || now >= d->until_ms || !same_text(row->provider, w->entry->publisher) ||
	    (w->agent && !same_text(d->agent, w->agent)) || (w->decides && !d->decides) || !names(d, &w->entry->id) ||
	    !hf_space_has_role(space, d->agent, "exchange-service") || !same_text(level_of(s->a, d->agent), d->level) ||
	    !same_text(level_of(s->a, w->applicant), d->level))
		return true;
	s->is_found = az_id_of(&row->id, &s->found->id);
	snprintf(s->found->agent, sizeof(s->found->agent), "%s", d->agent);
	return !s->is_found;
}

bool az_delegated(struct hf_authz *a, const struct dg_want *want, struct dg_found *ret_found)
{
	struct search s = {a, want, ret_found, false};
	return hf_delegations(a, look, &s) == HF_OK && s.is_found;
}

bool az_settles(struct hf_authz *a, const Hufu__CatalogEntry *entry, const char *intake, const char *applicant)
{
	struct dg_found found;
	if (entry->personal || az_terms_core(entry)) /* DS-20 */
		return false;
	if (!entry->provider_decides && same_text(entry->intake, intake) && same_text(entry->intake, entry->publisher))
		return true;
	return az_delegated(a, &(struct dg_want){entry, intake, applicant, true}, &found);
}

char *az_intake_of(struct hf_authz *a, const Hufu__CatalogEntry *entry, char buf[HF_NAME_MAX + 1])
{
	struct dg_found found;
	if (!az_delegated(a, &(struct dg_want){entry, NULL, a->base->self.s, false}, &found))
		return entry->intake;
	snprintf(buf, HF_NAME_MAX + 1, "%s", found.agent);
	return buf;
}

bool az_takes_in(struct hf_authz *a, const Hufu__CatalogEntry *entry, const char *intake, const char *applicant)
{
	struct dg_found found;
	return same_text(entry->intake, intake) ||
	       az_delegated(a, &(struct dg_want){entry, intake, applicant, false}, &found);
}
