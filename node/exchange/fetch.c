/*
 * fetch.c - the consumer asks: request signed and stored first, then sent until it is answered; the answer is the
 * signed start or the reason of the denial, which ends the transfer here with the same reason.
 */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "authz/scenario.h"
#include "authz/second_use.h"
#include "authz/views.h"
#include "base/mem.h"
#include "crypto/domains.h"
#include "evidence/envelope.h"
#include "exchange/chosen.h"
#include "exchange/masked.h"
#include "exchange/quality.h"
#include "exchange/seal.h"
#include "exchange/stream.h"
#include "exchange/transfer.h"

#define RETRY_FIRST_MS 250u
#define RETRY_MOST_MS 5000u

/* Without an agreement a rule of the provider may permit (AZ-61); whether one does is the provider's answer. */
static enum hf_err by_rule(struct hf_exchange *x, const struct hf_actor *actor, const struct hf_fetch *in,
                           struct hf_grant_view *g, struct hf_fault *f)
{
	HF_CLEANUP(hf_catalog_item_done) struct hf_catalog_item it = {0};
	bool named = in->publisher && in->publisher[0];
	if (!in->purpose || !in->purpose[0])
		return hf_fault_set(f, HF_E_NO_GRANT,
		                    "this node holds no agreement for that resource and system; file an application "
		                    "with `hufu apply`, or state --purpose to ask by the provider's rules");
	enum hf_err e = hf_catalog_get(x->catalog, named ? in->publisher : NULL, &in->resource, &it);
	if (e == HF_E_CONFLICT)
		return hf_fault_set(f, e,
		                    "several members have published an entry under that id; name the one that is meant "
		                    "with --publisher, as `hufu catalog search` shows it");
	/* SB-23: what the person's department may not see is not there. */
	if (e != HF_OK || !hf_catalog_visible(x->catalog, &it, actor->principal))
		return hf_fault_set(f, HF_E_NO_GRANT,
		                    "this node knows no such entry; search for it with `hufu catalog search`");
	*g = (struct hf_grant_view){.resource = in->resource, .action = "read", .mechanism = in->mechanism};
	snprintf(g->provider, sizeof(g->provider), "%s", it.entry->publisher);
	snprintf(g->consumer, sizeof(g->consumer), "%s", x->base->self.s);
	snprintf(g->system, sizeof(g->system), "%s", in->system ? in->system : "");
	snprintf(g->purpose, sizeof(g->purpose), "%s", in->purpose);
	return HF_OK;
}

static bool wants_rule(const struct hf_fetch *in)
{
	return in->mechanism && strcmp(in->mechanism, "attribute") == 0;
}

/* AZ-63, AZ-65: a promoted rule took the grant's place, or it has ended and a scenario gives the same use. */
static bool rule_follows(struct hf_exchange *x, const struct hf_fetch *in, const struct hf_grant_view *g)
{
	struct hf_grant_view use = *g;
	if (strcmp(g->state, "superseded") == 0)
		return true;
	if (strcmp(g->state, "revoked") != 0 && strcmp(g->state, "expired") != 0)
		return false;
	if (in->purpose && in->purpose[0])
		snprintf(use.purpose, sizeof(use.purpose), "%s", in->purpose);
	return hf_scenario_covers(x->authz, &use, in->fields, in->field_count);
}

/* A rule of the provider decides instead of the grant, for the same use. */
static void ask_by_rule_instead(struct hf_exchange *x, const struct hf_fetch *in, struct hf_grant_view *g)
{
	static const struct hf_id none;
	if (!hf_id_is_zero(&in->grant) || (in->mechanism && in->mechanism[0]) || !rule_follows(x, in, g))
		return;
	g->grant = none;
	g->agreement = none;
	g->application = none;
	g->txn = none;
}

/* DS-85: said before anybody is asked; the provider's word, which comes with the start, counts. */
static enum hf_err seal_known(struct hf_exchange *x, const struct hf_grant_view *g, struct hf_fault *f)
{
	HF_CLEANUP(hf_catalog_item_done) struct hf_catalog_item it = {0};
	if (hf_catalog_get(x->catalog, g->provider, &g->resource, &it) != HF_OK)
		return HF_OK;
	const Hufu__CatalogEntry *e = it.entry;
	struct seal_why why = {
	        .level = e->level, .sensitive = e->sensitive, .viewed = hf_data_has_views(x->authz, &g->resource)};
	for (size_t i = 0; i < e->n_policy; i++)
		if (strcmp(e->policy[i]->kind, "duty") == 0)
			seal_duty(&why, e->policy[i]->action);
	return seal_refuse(&why, f);
}

/* DS-119: the same, for the way to it. */
static enum hf_err way_known(struct hf_exchange *x, const struct hf_grant_view *g, const struct target *target,
                             struct hf_fault *f)
{
	HF_CLEANUP(hf_catalog_item_done) struct hf_catalog_item it = {0};
	if (hf_catalog_get(x->catalog, g->provider, &g->resource, &it) != HF_OK)
		return HF_OK;
	return licenses_check(x->licenses, target->name, it.entry->data_class, it.entry->level, f);
}

static enum hf_err find_grant(struct hf_exchange *x, const struct hf_actor *actor, const struct hf_fetch *in,
                              struct hf_grant_view *g, struct hf_fault *f)
{
	if (hf_id_is_zero(&in->grant) && wants_rule(in))
		return by_rule(x, actor, in, g, f);
	enum hf_err e = hf_id_is_zero(&in->grant) ? hf_authz_find_grant(x->authz, &in->resource, in->system, g)
	                                          : hf_authz_grant(x->authz, &in->grant, g);
	if (e == HF_E_UNKNOWN && hf_id_is_zero(&in->grant))
		return by_rule(x, actor, in, g, f);
	if (e == HF_E_UNKNOWN)
		return hf_fault_set(f, HF_E_NO_GRANT, "this node holds no such grant; `hufu grants` lists them");
	HF_TRY(hf_fault_default(f, e));
	if (strcmp(g->consumer, x->base->self.s) != 0)
		return hf_fault_set(f, HF_E_ARGUMENT,
		                    "that grant was given by this node to %s; only the consumer fetches", g->consumer);
	ask_by_rule_instead(x, in, g);
	return HF_OK;
}

struct place {
	enum target_kind kind;
	const char *output;
};

/* Said before anybody is asked, as far as the entry is known here. */
static enum hf_err rules_fit(struct hf_exchange *x, const struct hf_grant_view *g, const struct hf_fetch *in,
                             struct hf_fault *f)
{
	HF_CLEANUP(hf_catalog_item_done) struct hf_catalog_item it = {0};
	if (in->quality_count == 0 || hf_catalog_get(x->catalog, g->provider, &g->resource, &it) != HF_OK)
		return HF_OK;
	return quality_fits(it.entry, in->quality, in->quality_count, f);
}

static struct transfer *build(struct hf_exchange *x, const struct hf_actor *actor, const struct hf_fetch *in,
                              const struct hf_grant_view *g, const struct place *to)
{
	struct hf_id id = hf_id_new(hf_now_ms(&x->base->clock));
	struct transfer *t = transfer_new(x, &id, false);
	snprintf(t->peer, sizeof(t->peer), "%s", g->provider);
	snprintf(t->account, sizeof(t->account), "%s", actor->account);
	snprintf(t->system, sizeof(t->system), "%s", in->system && in->system[0] ? in->system : g->system);
	t->kind = to->kind;
	t->target = target_of(t->kind);
	snprintf(t->output, sizeof(t->output), "%s", to->output);
	snprintf(t->purpose, sizeof(t->purpose), "%s", in->purpose && in->purpose[0] ? in->purpose : g->purpose);
	t->grant = g->grant;
	t->agreement = g->agreement;
	t->resource = g->resource;
	t->negotiation = g->txn;
	t->state = transfer_next(TRANSFER_NONE, STEP_REQUEST);
	t->started_ms = hf_now_ms(&x->base->clock);
	hf_peers_host(x->peers, t->peer, t->address, sizeof(t->address));
	t->fields = calloc(in->field_count + 1, sizeof(char *));
	if (!t->fields)
		abort();
	for (size_t i = 0; i < in->field_count; i++)
		t->fields[t->field_count++] = strdup(in->fields[i]);
	t->stream = in->stream != NULL;
	if (t->stream)
		t->from = *in->stream;
	transfer_rules(t, in->quality, in->quality_count);
	t->rows_wanted = in->rows && in->rows[0] ? hf_strdup(in->rows) : NULL;
	return t;
}

static enum hf_err sign_access(struct transfer *t, const struct hf_actor *actor, Hufu__SignedStatement **ret_signed,
                               struct hf_fault *f)
{
	Hufu__Statement s = HUFU__STATEMENT__INIT;
	HF_CLEANUP(hf_buf_done) struct hf_buf b = HF_BUF_INIT;
	s.kind = (char *)"access";
	s.object = (ProtobufCBinaryData){16, t->id.b};
	HF_TRY(hf_identity_sign(t->x->identity, actor, &s, &t->id, &b, f));
	*ret_signed = HF_DECODE(signed_statement, b.data, b.len);
	return *ret_signed ? HF_OK : HF_E_INTERNAL;
}

/* DS-86: sensitive data asks for the authorization of a second person, which goes with the request; what is there is
 * sent in any case, since the provider's entry may be newer than the one here. */
static enum hf_err find_second(struct transfer *t, const struct hf_grant_view *g, const char *purpose,
                               Hufu__SignedStatement **ret_second, char text[HF_USE_SECOND_TEXT], struct hf_fault *f)
{
	HF_CLEANUP(hf_catalog_item_done) struct hf_catalog_item it = {0};
	struct hf_fault why = {HF_OK, ""};
	const struct hf_use_object o = {&t->resource, g->provider, t->system, purpose};
	enum hf_err e = hf_authz_use_find(t->x->authz, &o, ret_second, text, &why);
	bool emergency = g->mechanism && strcmp(g->mechanism, "emergency") == 0;
	bool sensitive = hf_catalog_get(t->x->catalog, g->provider, &t->resource, &it) == HF_OK && it.entry->sensitive;
	if (e == HF_OK || emergency || (e == HF_E_SECOND_USE && !sensitive))
		return HF_OK;
	return hf_fault_set(f, e, "%s", why.text);
}

/* AZ-7, AZ-25: registered at this node, and not disabled since the grant was given. */
static enum hf_err find_system(const struct transfer *t, struct hf_system_view *ret_system, struct hf_fault *f)
{
	enum hf_err e = hf_identity_system(t->x->identity, t->system, ret_system);
	if (e == HF_E_UNKNOWN)
		return hf_fault_set(
		        f, e,
		        "no business system '%.63s' is registered at this node; register it with `hufu system "
		        "add`",
		        t->system);
	HF_TRY(hf_fault_default(f, e));
	if (!ret_system->enabled)
		return hf_fault_set(f, HF_E_WRONG_SYSTEM,
		                    "the business system '%.63s' is disabled, so it gets no data; enable it with `hufu "
		                    "system enable`, or name another one",
		                    t->system);
	return HF_OK;
}

enum hf_err fetch_system_stands(struct transfer *t, struct hf_fault *f)
{
	uint64_t changes = hf_store_changes(t->x->store, HF_TABLE_SYSTEM) + 1;
	struct hf_system_view system;
	if (t->systems == changes)
		return HF_OK;
	HF_TRY(find_system(t, &system, f));
	t->systems = changes;
	return HF_OK;
}

static enum hf_err make_request(struct transfer *t, const struct hf_actor *actor, const struct hf_grant_view *g,
                                const struct hf_fetch *in, char second_by[HF_USE_SECOND_TEXT], struct hf_fault *f)
{
	const char *purpose = in->purpose, *mechanism = in->mechanism;
	Hufu__Header header = HUFU__HEADER__INIT;
	Hufu__TransferRequest r = HUFU__TRANSFER_REQUEST__INIT;
	Hufu__StreamPlace place;
	Hufu__SignedStatement *subject = NULL;
	HF_CLEANUP(hf_decoded_done) Hufu__SignedStatement *second = NULL;
	char *audience[1];
	struct hf_id message_id;
	struct hf_system_view system;
	enum hf_err e;
	HF_TRY(find_system(t, &system, f));
	r.purpose = (char *)(purpose && purpose[0] ? purpose : g->purpose);
	HF_TRY(find_second(t, g, r.purpose, &second, second_by, f));
	HF_TRY(sign_access(t, actor, &subject, f));
	header_fill(t->x, &header, t, audience, &message_id);
	r.header = &header;
	r.transfer = (ProtobufCBinaryData){16, t->id.b};
	r.agreement = id_or_none(&t->agreement);
	r.grant = id_or_none(&t->grant);
	r.mechanism = (char *)(mechanism ? mechanism : "");
	r.business = system.business;
	r.resource = (ProtobufCBinaryData){16, t->resource.b};
	r.system = t->system;
	r.action = (char *)g->action;
	r.second = second;
	r.sealed = t->target->sealed;
	r.stream = stream_place(t, &t->from, &place);
	r.fields = t->fields;
	r.n_fields = t->field_count;
	r.rows = t->rows_wanted ? t->rows_wanted : (char *)"";
	r.format = (char *)"text/csv";
	r.subject = subject;
	r.address = system.address;
	e = hf_envelope_make_message(t->x->keys->envelope, t->x->base->self.s, HF_TYPE_TRANSFER_REQUEST, &r.base,
	                             &t->request);
	hf_decoded_free(subject);
	return e;
}

static void after_request(void *ctx)
{
	struct transfer *t = ctx;
	t->recorded = true;
	fetch_send_request(t);
}

/* What was not stored never was. */
static void after_request_free(void *ctx)
{
	struct transfer *t = ctx;
	if (!t->recorded && !t->gone)
		transfer_drop(t);
	transfer_unhold(t);
}

enum hf_err hf_exchange_fetch(struct hf_exchange *x, const struct hf_actor *actor, const struct hf_fetch *in,
                              struct hf_unit *unit, struct hf_draft *draft, struct hf_id *ret_transfer,
                              struct hf_fault *f)
{
	struct hf_grant_view g;
	char output[OUTPUT_MAX], second[HF_USE_SECOND_TEXT] = "";
	const char *place;
	enum target_kind kind;
	HF_TRY(target_choose(x, in, &kind, &place, f));
	const struct target *target = target_of(kind);
	HF_TRY(target->check(x, place, output, f));
	HF_TRY(find_grant(x, actor, in, &g, f));
	HF_TRY(way_known(x, &g, target, f));
	if (!target->sealed)
		HF_TRY(seal_known(x, &g, f));
	HF_TRY(rules_fit(x, &g, in, f));
	struct transfer *t = build(x, actor, in, &g, &(struct place){kind, output});
	enum hf_err e = make_request(t, actor, &g, in, second, f);
	if (e == HF_OK && !target->sealed)
		e = allowance_take(x->allowance, actor->account, &(struct allowance_amount){.objects = 1}, unit, f);
	if (e != HF_OK) {
		transfer_release(t);
		return e;
	}
	struct hf_hash digest;
	char id[HF_ID_TEXT];
	hf_ledger_keep_envelope(unit, &t->id, HF_TYPE_TRANSFER_REQUEST, t->request.data, t->request.len, &digest);
	struct hf_draft *d = transfer_draft(t, HF_EVENT_TRANSFER_REQUEST, HF_OK, NULL);
	draft_digest(d, &t->request);
	hf_draft_text(d, HF_FIELD_SECOND, second);
	hf_unit_draft(unit, d);
	hf_id_text(&t->resource, id);
	hf_draft_text(draft, HF_FIELD_OBJECT, id);
	transfer_put(unit, t);
	transfer_add(t);
	transfer_hold(t);
	hf_unit_after(unit, after_request, t, after_request_free);
	*ret_transfer = t->id;
	return HF_OK;
}

static void on_retry(uv_timer_t *h)
{
	struct transfer *t = h->data;
	if (t->gone || t->x->closing)
		return;
	if (t->state == TRANSFER_REQUESTED)
		fetch_send_request(t);
	else if (t->state == TRANSFER_STARTED)
		receive_pump(t);
	else
		end_clear(t);
}

void fetch_retry(struct transfer *t)
{
	if (t->gone || t->x->closing)
		return;
	if (!t->retry) {
		t->retry = calloc(1, sizeof(*t->retry));
		if (!t->retry)
			abort();
		uv_timer_init(t->x->base->loop, t->retry);
		t->retry->data = t;
	}
	if (uv_is_active((uv_handle_t *)t->retry))
		return;
	t->retry_ms = t->retry_ms ? t->retry_ms * 2 : RETRY_FIRST_MS;
	if (t->retry_ms > RETRY_MOST_MS)
		t->retry_ms = RETRY_MOST_MS;
	uv_timer_start(t->retry, on_retry, t->retry_ms, 0);
}

bool fetch_passes(enum hf_err e)
{
	return hf_err_class(e) == HF_CLASS_RETRY || hf_err_class(e) == HF_CLASS_ABORT || e == HF_E_CANCELLED ||
	       e == HF_E_OLD_DESCRIPTOR;
}

static bool label_fits(const struct transfer *t, const Hufu__Label *l)
{
	return l && l->recipient && strcmp(l->recipient, t->x->base->self.s) == 0 && l->entry.len == 16 &&
	       memcmp(l->entry.data, t->resource.b, 16) == 0 && l->until_ms > 0;
}

/* What was agreed is not dropped on the way; by a rule nothing was. */
static enum hf_err as_agreed(const struct transfer *t, const Hufu__Label *l, struct hf_fault *f)
{
	struct hf_fault why = {HF_OK, ""};
	if (hf_id_is_zero(&t->agreement))
		return HF_OK;
	enum hf_err e = hf_authz_obligations_in(t->x->authz, &t->agreement, l->obligations, l->n_obligations, &why);
	return e == HF_OK
	               ? e
	               : hf_fault_set(f, e, "the label of what %s would send is not as agreed: %s", t->peer, why.text);
}

/* DS-56, DS-36: nothing is asked for before the provider's signature and the permission mark are in order. */
static enum hf_err check_start(struct transfer *t, const Hufu__TransferStart *s, struct hf_fault *f)
{
	struct hf_hash digest;
	hf_sha256(t->request.data, t->request.len, &digest);
	HF_TRY(header_check(t, s->header, "start", f));
	if (s->transfer.len != 16 || memcmp(s->transfer.data, t->id.b, 16) != 0 || s->request_digest.len != 32 ||
	    memcmp(s->request_digest.data, digest.b, 32) != 0)
		return hf_fault_set(f, HF_E_CONFLICT, "%s answered another request than the one that was sent",
		                    t->peer);
	if (s->chunk_bytes != CHUNK_BYTES || s->aead != HF_AEAD_AES256GCM || s->sealed_key.len != 32 + HF_SEAL_OVERHEAD)
		return hf_fault_set(f, HF_E_SUITE, "%s offers a package of a form that this node does not read",
		                    t->peer);
	if (!label_fits(t, s->label))
		return hf_fault_set(f, HF_E_SIGNATURE,
		                    "the package carries no permission mark for this node; it is not usable");
	HF_TRY(stream_begun(t, s, f));
	HF_TRY(as_agreed(t, s->label, f));
	HF_TRY(chosen_as_agreed(t, s->label, f));
	HF_TRY(masked_as_agreed(t->peer, s->label, f));
	return masked_as_published(t, s->label, f);
}

/* DS-51: what will come has room, and it was said how much at most: nobody fills up the disk. */
static enum hf_err check_target(struct transfer *t, const Hufu__Label *l, struct hf_fault *f)
{
	struct seal_why why = {
	        .level = l->level, .sensitive = l->sensitive, .viewed = hf_data_has_views(t->x->authz, &t->resource)};
	t->level = l->level;
	for (size_t i = 0; i < l->n_obligations; i++)
		seal_duty(&why, l->obligations[i]);
	HF_TRY(licenses_check(t->x->licenses, t->target->name, l->data_class, l->level, f));
	return t->target->sealed ? HF_OK : seal_refuse(&why, f);
}

static enum hf_err check_room(const struct transfer *t, const Hufu__TransferStart *s, struct hf_fault *f)
{
	char dir[OUTPUT_MAX];
	struct statvfs v;
	if (s->most_bytes == 0 || s->bytes > s->most_bytes)
		return hf_fault_set(f, HF_E_FORMAT, "%s does not say how much it will send at most", t->peer);
	t->target->folder(t, dir);
	if (statvfs(dir, &v) != 0)
		return hf_fault_set(f, HF_E_IO, "the folder %.300s is gone; fetch into another one", dir);
	if (s->most_bytes / v.f_frsize >= v.f_bavail)
		return hf_fault_set(
		        f, HF_E_NO_SPACE,
		        "the folder %.300s has no room for the %llu bytes that may come; make room, or fetch into "
		        "another one",
		        dir, (unsigned long long)s->most_bytes);
	return HF_OK;
}

static enum hf_err take_start(struct transfer *t, struct hf_bytes body, struct hf_fault *f)
{
	struct hf_bytes payload;
	Hufu__Envelope *e = HF_DECODE(envelope, body.data, body.len);
	if (!e)
		return hf_fault_set(f, HF_E_FORMAT, "%s answered with something that is no signed envelope", t->peer);
	enum hf_err err = hf_space_open(hf_peers_space(t->x->peers), e, HF_TYPE_TRANSFER_START, &payload, f);
	Hufu__TransferStart *s = err == HF_OK ? HF_DECODE(transfer_start, payload.data, payload.len) : NULL;
	if (err == HF_OK)
		err = s ? check_start(t, s, f)
		        : hf_fault_set(f, HF_E_FORMAT, "the start lacks a field or holds one out of bounds");
	if (err == HF_OK)
		err = check_target(t, s->label, f);
	if (err == HF_OK)
		err = check_room(t, s, f);
	if (err == HF_OK) {
		t->bytes_total = s->bytes;
		t->most_bytes = s->most_bytes;
		t->generation = s->generation;
		snprintf(t->class_grade, sizeof(t->class_grade), "%.120s, level %u%s", s->label->data_class,
		         s->label->level, s->label->sensitive ? ", sensitive" : "");
		hf_buf_clear(&t->start);
		if (!hf_buf_add(&t->start, body.data, body.len))
			err = HF_E_MEMORY;
	}
	hf_decoded_free(s);
	hf_decoded_free(e);
	return err;
}

static void on_started(void *ctx, enum hf_err e, const struct hf_commit *info)
{
	(void)info;
	struct transfer *t = ctx;
	t->starting = false;
	if (e == HF_OK && !t->gone && t->state == TRANSFER_STARTED) {
		receive_pump(t);
	} else if (e != HF_OK && !t->gone && t->state == TRANSFER_STARTED) {
		t->state = TRANSFER_REQUESTED; /* the start was not stored: it is asked for again */
		hf_buf_clear(&t->start);
		fetch_retry(t);
	}
	transfer_unhold(t);
}

static void started(struct transfer *t)
{
	struct hf_unit *u = hf_unit_new();
	struct hf_hash digest;
	t->state = transfer_next(t->state, STEP_START);
	t->starting = true;
	struct hf_draft *d = transfer_draft(t, HF_EVENT_TRANSFER_START, HF_OK, NULL);
	draft_digest(d, &t->start);
	hf_draft_text(d, HF_FIELD_CLASS_GRADE, t->class_grade);
	label_draft(d, t);
	hf_draft_time(d, HF_FIELD_START_TIME, t->started_ms);
	hf_draft_text(d, HF_FIELD_DATA_FORMAT, RECORD_FORMAT);
	hf_draft_text(d, HF_FIELD_PROVIDER_AUTHN, "noise static key and envelope key of the descriptor");
	hf_unit_draft(u, d);
	hf_ledger_keep_envelope(u, &t->id, HF_TYPE_TRANSFER_START, t->start.data, t->start.len, &digest);
	transfer_put(u, t);
	transfer_hold(t);
	hf_store_submit(t->x->store, u, on_started, t);
}

/* What the target needs first, made durable by a worker. */
struct preparing {
	uv_work_t work;
	struct transfer *t;
	enum hf_err error;
};

static void prepare_work(uv_work_t *w)
{
	struct preparing *p = w->data;
	p->error = p->t->target->prepare_work(p->t);
}

static void prepare_done(uv_work_t *w, int status)
{
	struct preparing *p = w->data;
	struct transfer *t = p->t;
	(void)status;
	t->starting = false;
	if (!t->gone && t->state == TRANSFER_REQUESTED) {
		if (p->error == HF_OK)
			started(t);
		else
			end_now(t, p->error, "the key of the sealed data could not be made durable; check the disk",
			        true);
	}
	free(p);
	transfer_unhold(t);
}

static enum hf_err prepare(struct transfer *t, struct hf_fault *f)
{
	if (!t->target->prepare_work) {
		started(t);
		return HF_OK;
	}
	HF_TRY(t->target->prepare_begin(t, f));
	struct preparing *p = hf_alloc_zero(sizeof(*p));
	p->work.data = p;
	p->t = t;
	t->starting = true;
	transfer_hold(t);
	uv_queue_work(t->x->base->loop, &p->work, prepare_work, prepare_done);
	return HF_OK;
}

static void on_answer(void *ctx, struct hf_reply *r)
{
	struct transfer *t = ctx;
	struct hf_fault f = {HF_OK, ""};
	if (!t->gone && t->state == TRANSFER_REQUESTED && !t->starting && !t->x->closing) {
		enum hf_err e = r->error;
		if (e == HF_OK) {
			e = take_start(t, r->body, &f);
			if (e == HF_OK)
				e = prepare(t, &f);
			if (e != HF_OK)
				end_now(t, e, f.text, true);
		} else if (fetch_passes(e)) {
			if (t->stream && e == HF_E_BUSY)
				t->retry_ms = 0; /* a stream has its messages within a second */
			fetch_retry(t);
		} else {
			end_now(t, e, r->text[0] ? r->text : hf_err_text(e), false);
		}
	}
	transfer_unhold(t);
}

void fetch_send_request(struct transfer *t)
{
	if (t->gone || t->state != TRANSFER_REQUESTED)
		return;
	if (!hf_ledger_is_confirmed(
	            t->x->ledger)) { /* it may be an old copy of itself, that asks again for what it has */
		hf_metrics_add(t->x->base->metrics, RECORD_WAITS, 1);
		fetch_retry(t);
		return;
	}
	transfer_hold(t);
	hf_peers_call(t->x->peers, t->peer, HF_MSG_TRANSFER_REQUEST, &t->id, t->request.data, t->request.len, 0,
	              on_answer, t);
}
