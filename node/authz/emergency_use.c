/*
 * emergency_use.c - the provider sees every use of an emergency grant as it happens (AZ-59); afterwards consumer and
 * provider know by what the use goes on (AZ-65).
 */
#include <stdlib.h>
#include <string.h>

#include "authz/emergency_internal.h"
#include "authz/scenario_internal.h"
#include "evidence/envelope.h"
#include "proto/codec.h"

static void use_key(const struct hf_id *grant, const struct hf_id *transfer, uint8_t out[32])
{
	memcpy(out, grant->b, 16);
	memcpy(out + 16, transfer->b, 16);
}

static void put_use(struct hf_unit *u, const uint8_t key[32], const Hufu__EmergencyUse *row)
{
	size_t len = 0;
	uint8_t *data = hf_encode(&row->base, &len);
	if (!data)
		abort(); /* memory is gone */
	hf_unit_put(u, HF_TABLE_EMERGENCY_USE, key, 32, data, len);
	free(data);
}

static void begin_use(struct hf_authz *a, struct hf_unit *u, const struct grant_item *g, const struct hf_em_use *use)
{
	HF_CLEANUP(hf_decoded_done) Hufu__EmergencyRequestRow *row = NULL;
	Hufu__EmergencyUse m = HUFU__EMERGENCY_USE__INIT;
	uint8_t key[32];
	use_key(&use->grant, &use->transfer, key);
	m.transfer = BIN_ID(&use->transfer);
	m.time_ms = now_of(a);
	m.account = (char *)use->account;
	m.system = (char *)use->system;
	m.state = (char *)"started";
	put_use(u, key, &m);
	if (em_row_get(a, &g->basis, &row) == HF_OK)
		em_notice(a, u, row, "emergency-use", "this node's data is being used under an emergency grant");
}

static void end_use(struct hf_authz *a, struct hf_unit *u, const struct hf_em_use *use)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf b = HF_BUF_INIT;
	HF_CLEANUP(hf_decoded_done) Hufu__EmergencyUse *m = NULL;
	uint8_t key[32];
	use_key(&use->grant, &use->transfer, key);
	if (hf_store_get(a->store, HF_TABLE_EMERGENCY_USE, key, sizeof(key), &b) == HF_OK)
		m = HF_DECODE_OWN(emergency_use, b.data, b.len);
	if (!m)
		return;
	m->state = (char *)use->state;
	m->rows = use->rows;
	m->bytes = use->bytes;
	m->ended_ms = now_of(a);
	put_use(u, key, m);
	a->em_stirred = true;
}

void hf_emergency_use(struct hf_authz *a, struct hf_unit *u, const struct hf_em_use *use)
{
	const struct grant_item *g = az_grant_find(a, &use->grant);
	if (!g || g->mechanism != AZ_MECHANISM_EMERGENCY || !is_self(a, g->provider.s))
		return;
	if (strcmp(use->state, "started") == 0)
		begin_use(a, u, g, use);
	else
		end_use(a, u, use);
}

/* ---- reading ---- */

struct uses_scan {
	hf_em_use_fn fn;
	void *ctx;
	enum hf_err error;
};

static bool on_use(void *ctx, struct hf_bytes key, struct hf_bytes value)
{
	struct uses_scan *s = ctx;
	(void)key;
	HF_CLEANUP(hf_decoded_done) Hufu__EmergencyUse *m = HF_DECODE_OWN(emergency_use, value.data, value.len);
	if (!m)
		s->error = HF_E_STORE;
	return m && s->fn(s->ctx, m);
}

static enum hf_err uses_of_report(const Hufu__EmergencyRequestRow *row, hf_em_use_fn fn, void *ctx)
{
	HF_CLEANUP(hf_decoded_done)
	Hufu__EmergencyReport *r = az_stored_payload(&row->report_envelope, &hufu__emergency_report__descriptor);
	for (size_t i = 0; r && i < r->n_uses; i++)
		if (!fn(ctx, r->uses[i]))
			break;
	return HF_OK;
}

enum hf_err hf_emergency_uses(struct hf_authz *a, const Hufu__EmergencyRequestRow *row, hf_em_use_fn fn, void *ctx)
{
	struct uses_scan s = {fn, ctx, HF_OK};
	if (!is_self(a, row->provider))
		return uses_of_report(row, fn, ctx);
	if (row->grant.len != 16)
		return HF_OK;
	HF_TRY(hf_store_scan_back(a->store, HF_TABLE_EMERGENCY_USE, row->grant.data, row->grant.len, NULL, 0, on_use,
	                          &s));
	return s.error;
}

struct requests_scan {
	hf_em_request_fn fn;
	void *ctx;
};

static bool on_request_row(void *ctx, Hufu__EmergencyRequestRow *row)
{
	struct requests_scan *s = ctx;
	return s->fn(s->ctx, row);
}

enum hf_err hf_emergency_requests(struct hf_authz *a, hf_em_request_fn fn, void *ctx)
{
	struct requests_scan s = {fn, ctx};
	return em_rows(a, on_request_row, &s);
}

enum hf_err hf_emergency_request(struct hf_authz *a, const struct hf_id *request, Hufu__EmergencyRequestRow **ret_row)
{
	return em_row_get(a, request, ret_row);
}

/* ---- what comes after ---- */

static bool fits(const Hufu__ApplicationRow *app, const Hufu__EmergencyRequestRow *row)
{
	return same_text(app->organization, row->organization) && app->resource.len == row->resource.len &&
	       memcmp(app->resource.data, row->resource.data, row->resource.len) == 0;
}

static enum hf_err check_successor(struct hf_authz *a, const Hufu__EmergencyRequestRow *row, const char *kind,
                                   const struct hf_id *successor, struct hf_fault *f)
{
	HF_CLEANUP(hf_decoded_done) Hufu__ApplicationRow *app = NULL;
	if (strcmp(kind, "scenario") == 0) {
		const struct sc_use use = {successor, row->provider, row->organization, row->system, &row->resource};
		return az_scenario_gives(a, &use, f);
	}
	HF_TRY(az_row_need(a, successor, &app, f));
	if (!fits(app, row))
		return hf_fault_set(f, HF_E_CONFLICT,
		                    "the application is of another organization or resource than the emergency grant");
	return HF_OK;
}

static bool has_link(const Hufu__EmergencyRequestRow *row, const struct hf_id *successor)
{
	for (size_t i = 0; i < row->n_successors; i++) {
		struct hf_id id;
		if (az_id_of(&row->successors[i]->successor, &id) && hf_id_equal(&id, successor))
			return true;
	}
	return false;
}

#define LINKS_MAX 20u

static enum hf_err check_link(const Hufu__EmergencyRequestRow *row, const struct hf_id *successor, struct hf_fault *f)
{
	if (em_row_state(row) != HF_EM_ACTIVE && em_row_state(row) != HF_EM_ENDED)
		return hf_fault_set(f, HF_E_STATE, "the request is %s, so nothing can follow its grant; %s",
		                    hf_em_state_name(em_row_state(row)), hf_em_way_out(em_row_state(row)));
	if (has_link(row, successor))
		return hf_fault_set(f, HF_E_EXISTS, "that is on record as what follows the grant already");
	if (row->n_successors >= LINKS_MAX)
		return hf_fault_set(f, HF_E_LIMIT, "at most %u successors of one grant are recorded", LINKS_MAX);
	return HF_OK;
}

static void describe_link(struct hf_draft *d, const Hufu__EmergencyRequestRow *row, const struct hf_id *successor,
                          bool of_scenario, const struct hf_hash *digest)
{
	char text[HF_ID_TEXT];
	em_entry_fill(d, row, &(struct em_words){.digest = digest, .counterparty = row->organization});
	hf_id_text(successor, text);
	hf_draft_text(d, of_scenario ? HF_FIELD_SCENARIO : HF_FIELD_APPLICATION,
	              text); /* the successor; the request is the object */
}

enum hf_err hf_emergency_follow(struct hf_authz *a, const struct hf_step_in *in, const struct hf_id *request,
                                const char *kind, const struct hf_id *successor)
{
	HF_CLEANUP(hf_decoded_done) Hufu__EmergencyRequestRow *row = NULL;
	HF_CLEANUP(az_paper_done) struct paper paper = {0};
	Hufu__EmergencyLink m = HUFU__EMERGENCY_LINK__INIT;
	Hufu__EmergencyLinkMail mail = HUFU__EMERGENCY_LINK_MAIL__INIT;
	struct paper_head head;
	HF_TRY(em_row_need(a, request, &row, in->fault));
	struct hf_id txn = em_row_txn(row);
	if (!is_self(a, row->organization))
		return hf_fault_set(in->fault, HF_E_STANDING, "the consumer, %s, says what follows its grant",
		                    row->organization);
	HF_TRY(check_link(row, successor, in->fault));
	HF_TRY(check_successor(a, row, kind, successor, in->fault));
	em_head_init(a, &head, &txn);
	m.header = &head.header;
	m.request = row->id;
	m.grant = row->grant;
	m.kind = (char *)kind;
	m.successor = BIN_ID(successor);
	HF_TRY(az_paper_sign(a, HF_TYPE_EMERGENCY_LINK, &txn, &m.base, in->unit, &paper, in->fault));
	mail.link = paper.envelope;
	HF_TRY(em_tell(a, in->unit, row, &(struct em_post){HF_MAIL_EMERGENCY_LINK, &mail.base, NULL}, in->fault));
	em_row_add_link(&row, kind, successor, now_of(a));
	em_row_put(a, in->unit, row);
	describe_link(in->draft, row, successor, strcmp(kind, "scenario") == 0, &paper.digest);
	return HF_OK;
}

enum hf_err az_em_on_link(struct hf_authz *a, const struct mail_in *in, const Hufu__EmergencyLinkMail *m)
{
	HF_CLEANUP(hf_decoded_done) Hufu__EmergencyLink *link = NULL;
	HF_CLEANUP(hf_decoded_done) Hufu__EmergencyRequestRow *row = NULL;
	HF_CLEANUP(az_paper_done) struct paper paper = {0};
	struct hf_id successor, txn, id;
	const struct paper_want want = {HF_TYPE_EMERGENCY_LINK, &hufu__emergency_link__descriptor, in->from, NULL,
	                                "the successor"};
	HF_TRY(az_paper_open_public(a, m->link, &want, &link, in->fault));
	HF_TRY(em_row_of(a, &link->request, &row, in->fault));
	txn = em_row_txn(row);
	if (!same_text(row->organization, in->from))
		return hf_fault_set(in->fault, HF_E_STANDING, "the consumer, %s, says what follows its grant",
		                    row->organization);
	if (!az_id_of(&link->header->transaction, &id) || !hf_id_equal(&id, &txn) ||
	    !az_id_of(&link->successor, &successor))
		return hf_fault_set(in->fault, HF_E_CONFLICT, "the successor belongs to another transaction");
	if (has_link(row, &successor))
		return HF_OK;
	if (row->n_successors >= LINKS_MAX)
		return hf_fault_set(in->fault, HF_E_LIMIT, "at most %u successors of one grant are recorded",
		                    LINKS_MAX);
	HF_TRY(az_paper_keep(a, m->link, &txn, in->unit, &paper, in->fault));
	em_row_add_link(&row, link->kind, &successor, link->header->time_ms);
	em_row_put(a, in->unit, row);
	struct hf_draft *d = hf_draft_new(HF_EVENT_EMERGENCY_SUCCESSOR, NULL);
	hf_draft_text(d, HF_FIELD_ACTOR, a->base->self.s);
	hf_draft_text(d, HF_FIELD_MANNER, "mail");
	hf_draft_text(d, HF_FIELD_OUTCOME, "ok");
	describe_link(d, row, &successor, strcmp(link->kind, "scenario") == 0, &paper.digest);
	hf_unit_draft(in->unit, d);
	if (is_self(a, row->provider))
		em_notice(a, in->unit, row, "emergency-successor",
		          "the consumer says by which application or scenario the use goes on");
	return HF_OK;
}

const char *hf_emergency_successor(struct hf_authz *a, const Hufu__EmergencyLinkRow *link)
{
	HF_CLEANUP(hf_decoded_done) Hufu__ApplicationRow *app = NULL;
	struct hf_id id;
	if (!az_id_of(&link->successor, &id) || az_row_get(a, &id, &app) != HF_OK)
		return "";
	enum hf_part part = app->consumer_state   ? HF_PART_CONSUMER
	                    : app->provider_state ? HF_PART_PROVIDER
	                                          : HF_PART_INTAKE;
	return hf_states_name(az_row_state(app, part));
}
