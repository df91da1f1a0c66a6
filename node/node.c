/*
 * node.c - builds and wires every module of a node, from the bottom up; the only file that knows them all.
 *
 * Read the folders in this order: base, evidence, store, identity, channel, peers, ledger, source, release, catalog,
 * authz, exchange, api.
 */
#include "node.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "api/backup.h"
#include "api/gateway.h"
#include "api/mask_report.h"
#include "api/publish.h"
#include "api/selfcheck.h"
#include "authz/deadline.h"
#include "authz/grant_review.h"
#include "authz/scenario.h"
#include "authz/trusted_time.h"
#include "catalog/sample.h"
#include "config_border.h"
#include "dispatch.h"
#include "exchange/derive.h"
#include "exchange/onward.h"
#include "exchange/traced.h"
#include "ledger/ledger.h"
#include "ledger/report.h"
#include "masking/code/code.h"
#include "peers/peers.h"
#include "release/joint.h"
#include "release/mask_keys.h"
#include "release/methods.h"
#include "release/plans.h"
#include "release/tasks.h"
#include "release/tracing.h"
#include "source/classify.h"
#include "source/scanner.h"
#include "source/source.h"

#define MAILS_MAX 128

struct hf_node {
	struct hf_base base;
	struct hf_system_clock *clock;
	struct hf_border_rules *border;
	struct hf_node_keys keys;
	struct hf_modules m;
	struct hf_api *api;
	struct hf_self_check *self_check;
	struct hf_publish *publish;
	struct hf_gateway *gateway;
	char publish_at[160];
	struct hf_mail_row
	        mails[MAILS_MAX]; /* filled in when the modules that own the rows are open; no mail comes before */
	struct hf_channel_config channel;
};

static void emit_draft(void *ctx, struct hf_draft *take)
{
	struct hf_node *n = ctx;
	if (!n->m.ledger) { /* nothing to write it into while opening and closing */
		hf_draft_free(take);
		return;
	}
	struct hf_unit *u = hf_unit_new();
	hf_unit_draft(u, take);
	hf_store_submit(n->m.store, u, NULL, NULL);
}

static void on_request(void *ctx, struct hf_request *take)
{
	struct hf_node *n = ctx;
	hf_dispatch(&n->m, take);
}

static enum hf_err add_mails(struct hf_node *n, const struct hf_mail_row *rows)
{
	size_t used = 0;
	while (n->mails[used].type != HF_MAIL_INVALID)
		used++;
	for (; rows->type != HF_MAIL_INVALID; rows++) {
		if (used + 1 >= MAILS_MAX)
			return HF_E_INTERNAL;
		n->mails[used++] = *rows;
	}
	return HF_OK;
}

static enum hf_err open_base(struct hf_node *n, uv_loop_t *loop, const char *dir, const struct hf_config *cfg,
                             int log_fd, struct hf_fault *f)
{
	n->base.loop = loop;
	if (strlen(dir) >= sizeof(n->base.dir))
		return hf_fault_set(f, HF_E_LIMIT, "the node's folder name %.60s... is too long; use a shorter path",
		                    dir);
	memcpy(n->base.dir, dir, strlen(dir) + 1);
	if (!hf_name_parse(cfg->node, &n->base.self))
		return hf_fault_set(f, HF_E_FORMAT, "the node id '%s' in hufu.yaml is not a name of [a-z0-9.-]",
		                    cfg->node);
	n->clock = hf_system_clock_new();
	hf_system_clock_get(n->clock, &n->base.clock);
	n->base.guard = n->clock;
	n->base.log = hf_log_new(log_fd, &n->base.clock, cfg->node, cfg->log_level);
	n->base.metrics = hf_metrics_new();
	n->base.audit = (struct hf_audit){emit_draft, n};
	n->m.base = &n->base;
	n->m.keys = &n->keys;
	n->m.started_ms = hf_now_ms(&n->base.clock);
	return HF_OK;
}

static bool raise_clock(void *ctx, const struct hf_ledger_row *row)
{
	struct hf_node *n = ctx;
	hf_system_clock_raise(n->clock, row->time_ms);
	return false;
}

static enum hf_err open_state(struct hf_node *n, const struct hf_config *cfg, struct hf_fault *f)
{
	bool known = false;
	HF_TRY(hf_store_open(&n->base, &n->m.store, f));
	HF_TRY(hf_ledger_open(&n->base, n->m.store, &n->keys, cfg->space, &n->m.ledger, f));
	hf_ledger_set_quota(n->m.ledger, &cfg->mirrors);
	HF_TRY(hf_fault_default(f, hf_authz_time_load(&n->base, n->m.store, &known)));
	if (!known) /* AZ-31: until the witnesses have spoken for the first time, time never falls behind the record */
		HF_TRY(hf_fault_default(f, hf_ledger_tail(n->m.ledger, 1, raise_clock, n)));
	HF_TRY(hf_identity_open(&n->base, n->m.store, &n->keys, cfg->space, &n->m.identity, f));
	hf_identity_set_policy(n->m.identity, &cfg->accounts);
	return HF_OK;
}

static enum hf_err open_peers(struct hf_node *n, const struct hf_config *cfg, struct hf_fault *f)
{
	char space_dir[600];
	snprintf(space_dir, sizeof(space_dir), "%s/space", n->base.dir);
	n->channel = (struct hf_channel_config){.space = cfg->space,
	                                        .static_key = n->keys.noise,
	                                        .outstanding_max = cfg->limits.outstanding_per_peer,
	                                        .rate_per_s = cfg->limits.requests_per_second};
	for (size_t i = 0; i + 1 < sizeof(n->channel.listen) / sizeof(n->channel.listen[0]) && i < cfg->listen_count;
	     i++)
		n->channel.listen[i] = cfg->listen[i];
	n->m.listen = n->channel.listen;
	struct hf_peers_config pc = {
	        .space_dir = space_dir, .channel = n->channel, .mails = n->mails, .on_request = on_request, .ctx = n};
	HF_TRY(hf_peers_open(&n->base, n->m.store, &pc, &n->m.peers, f));
	hf_ledger_start(n->m.ledger, n->m.peers);
	return hf_reports_open(&n->base, n->m.store, n->m.ledger, &n->m.reports, f);
}

/* A next key that the descriptor names is the present one from here on, so that another can follow it; the former has
 * nothing more to sign. */
static enum hf_err adopt_keys(struct hf_node *n, const char *dir, const char *passphrase, struct hf_fault *f)
{
	static const enum hf_key_use uses[] = {HF_KEY_LOG, HF_KEY_WITNESS, HF_KEY_MIRROR};
	const struct hf_space *s = hf_peers_space(n->m.peers);
	uint8_t pub[32];
	for (size_t i = 0; i < sizeof(uses) / sizeof(uses[0]); i++) {
		const struct hf_sign_key *next = hf_node_keys_next(&n->keys, uses[i]);
		if (next && hf_space_key(s, n->base.self.s, uses[i], hf_now_ms(&n->base.clock), pub) &&
		    hf_node_keys_find(&n->keys, uses[i], pub) == next && hf_ledger_key_announced(n->m.ledger, uses[i]))
			HF_TRY(hf_node_keys_adopt(&n->keys, dir, passphrase, uses[i], f));
	}
	return HF_OK;
}

/* The peers close after what they call. */
static void on_space_change(void *ctx)
{
	struct hf_node *n = ctx;
	if (n->m.authz)
		hf_scenarios_judge_anew(n->m.authz);
}

/* DS-97: what masking makes of delivered data goes back to where that came from, under its terms (AZ-77). */
static enum hf_err derive_masked(void *ctx, const struct hf_task_derived *d, struct hf_unit *unit,
                                 struct hf_id *ret_derivation, struct hf_fault *f)
{
	struct hf_node *n = ctx;
	const struct hf_derive_input from = {d->from};
	const struct hf_system_view system = {.name = "masking", .address = "unix"};
	const struct hf_derive_in in = {&from, 1, &system, d->account, d->processing, "", d->digest, d->bytes};
	struct hf_draft *draft;
	enum hf_err e;
	HF_TRY(hf_onward_check(n->m.exchange, &d->from, NULL, f));
	draft = hf_draft_new(HF_EVENT_DERIVATION, NULL);
	e = hf_derive(n->m.exchange, &in, unit, draft, ret_derivation, f);
	if (e != HF_OK) {
		hf_draft_free(draft);
		return e;
	}
	hf_draft_text(draft, HF_FIELD_MANNER, "masking");
	hf_draft_outcome(draft, HF_OK, NULL);
	hf_unit_draft(unit, draft);
	return HF_OK;
}

static enum hf_err plan_of(void *ctx, const char *name, struct hf_plan **ret_plan, struct hf_fault *f)
{
	struct hf_node *n = ctx;
	return hf_release_plan(n->m.release, name, ret_plan, f);
}

static enum hf_err plan_version(void *ctx, const char *name, uint32_t version, struct hf_plan **ret_plan,
                                struct hf_fault *f)
{
	struct hf_node *n = ctx;
	return hf_release_plan_version(n->m.release, name, version, ret_plan, f);
}

static enum hf_err plan_related(void *ctx, const struct hf_plan *p, const char *source, const char *table,
                                struct hf_fault *f)
{
	struct hf_node *n = ctx;
	return hf_release_related(n->m.release, p, source, table, f);
}

static enum hf_err made_by(void *ctx, const struct hf_id *task, struct hf_plan **ret_plan,
                           const struct hf_plan_table **ret_table, struct hf_fault *f)
{
	struct hf_node *n = ctx;
	return hf_task_made_by(n->m.release, task, ret_plan, ret_table, f);
}

/* Tasks first: transfers say whom their results went to. */
static enum hf_err gather_releases(void *ctx, struct hf_traced_list *l, bool *ret_more, struct hf_fault *f)
{
	struct hf_node *n = ctx;
	HF_TRY(hf_traced_tasks(l, ret_more, f));
	return *ret_more ? HF_OK : hf_exchange_traced(n->m.exchange, l, ret_more, f);
}

static void files_beside(void *ctx, struct hf_release_joint *j)
{
	const struct hf_node *n = ctx;
	hf_release_joint_files(n->m.release, j);
}

static bool plans_wait(void *ctx)
{
	const struct hf_node *n = ctx;
	return hf_release_trying(n->m.release);
}

static void set_methods(struct hf_release *r, const struct hf_config_masking *c)
{
	struct hf_release_methods_in in[HF_RELEASE_METHODS_MAX];
	for (unsigned i = 0; i < c->methods_count; i++)
		in[i] = (struct hf_release_methods_in){c->methods[i].file, c->methods[i].sha256};
	hf_release_set_methods(r, in, c->methods_count);
}

/* A detector that is refused stays known as that: whoever names it hears why. */
static void set_detectors(struct hf_node *n, const struct hf_config_masking *c)
{
	struct hf_codes *codes = hf_codes_new(NULL);
	struct hf_fault f;
	for (unsigned i = 0; i < c->detectors_count; i++)
		if (hf_codes_add(codes, c->detectors[i].file, c->detectors[i].sha256, &f) != HF_OK)
			hf_alarm(&n->base, "masking-detectors", NULL, "%.390s", f.text);
	hf_sources_set_codes(n->m.sources, codes);
}

static enum hf_err open_exchange(struct hf_node *n, const struct hf_config *cfg, struct hf_fault *f)
{
	struct hf_modules *m = &n->m;
	const struct hf_scanner_config sc = {(const char *const *)cfg->scanner.command, cfg->scanner.command_count,
	                                     cfg->scanner.seconds};
	HF_TRY(hf_scanner_open(&n->base, &sc, &m->scanner, f));
	HF_TRY(hf_sources_open(&n->base, m->store, &n->keys, &m->sources, f));
	hf_sources_set_limits(m->sources, &cfg->databases);
	set_detectors(n, &cfg->masking);
	HF_TRY(hf_release_open(&n->base, m->store, m->identity, m->sources, &m->release, f));
	set_methods(m->release, &cfg->masking);
	hf_release_set_inventory(m->release, hf_source_inventory, m->sources);
	HF_TRY(hf_mask_keys_open(&n->base, m->store, &n->keys, &m->mask_keys, f));
	hf_release_set_keys(m->release, m->mask_keys);
	HF_TRY(hf_catalog_open(&n->base, m->store, &n->keys, m->peers, m->sources, &m->catalog, f));
	hf_catalog_set_release(m->catalog, m->release);
	HF_TRY(hf_authz_open(&n->base, m->store, &n->keys, m->identity, m->peers, m->ledger, m->catalog, &m->authz, f));
	if (cfg->border)
		HF_TRY(hf_border_load(n->base.dir, cfg->border, &n->border, f));
	hf_authz_set_border(m->authz, n->border);
	hf_authz_set_review(m->authz, cfg->grant_review_hours, cfg->grant_unused_days);
	hf_authz_set_deadlines(m->authz, &cfg->decisions);
	hf_delegation_set_unfiled(m->authz, cfg->agents.unfiled);
	hf_peers_on_change(m->peers, on_space_change, n);
	HF_TRY(add_mails(n, hf_authz_mails(m->authz)));
	HF_TRY(hf_exchange_open(&n->base, m->store, &n->keys, m->identity, m->peers, m->ledger, m->sources, m->catalog,
	                        m->authz, &m->exchange, f));
	HF_TRY(add_mails(n, hf_exchange_mails(m->exchange)));
	hf_exchange_set_scanner(m->exchange, m->scanner);
	hf_exchange_set_traffic(m->exchange, &cfg->traffic);
	hf_exchange_set_licenses(m->exchange, cfg->channels, cfg->channels_count);
	hf_exchange_set_bulk(m->exchange, cfg->bulk, cfg->bulk_count);
	hf_exchange_set_limits(m->exchange, &cfg->transfers);
	hf_release_set_derive(m->release, derive_masked, n);
	hf_release_start(m->release);
	hf_exchange_set_masking(m->exchange,
	                        &(struct hf_exchange_masking){m->mask_keys, plan_of, plan_version, plan_related, n,
	                                                      made_by, plans_wait, files_beside});
	hf_tracing_open(&(struct hf_tracing_setup){&n->base, m->store, m->sources, m->mask_keys, plan_version, n,
	                                           gather_releases},
	                &m->tracing);
	hf_exchange_start(m->exchange);
	return HF_OK;
}

static enum hf_err open_api(struct hf_node *n, const struct hf_config *cfg, struct hf_fault *f)
{
	/* One line each, so that two branches can add one. */
	/* clang-format off */
	static const struct hf_route *const tables[] = {
	        hf_routes_node,
	        hf_routes_identity,
	        hf_routes_ledger,
	        hf_routes_supervision,
	        hf_routes_second_use,
	        hf_routes_data,
	        hf_routes_data_view,
	        hf_routes_destruction,
	        hf_routes_recall,
	        hf_routes_update,
	        hf_routes_erasure,
	        hf_routes_audit,
	        hf_routes_source,
	        hf_routes_target,
	        hf_routes_release,
        hf_routes_classify,
        hf_routes_relations,
	        hf_routes_disclosures,
        hf_routes_mask_policy,
	        hf_routes_mask_report,
	        hf_routes_mask_trend,
	        hf_routes_catalog,
	        hf_routes_authz,
	        hf_routes_giving,
	        hf_routes_rulebook,
	        hf_routes_decision,
	        hf_routes_exchange,
	        hf_routes_emergency,
	        hf_routes_derive,
	        hf_routes_rights,
	        hf_routes_mandate,
	        hf_routes_consent,
	        hf_routes_scenario,
	        hf_routes_agent,
	        hf_routes_time,
	        hf_routes_uses,
	        hf_routes_backup,
	        hf_routes_promotion,
	        hf_routes_dispute,
	        hf_routes_statistics,
	        hf_routes_mask_keys,
	        hf_routes_mask_trace,
	        NULL,
	};
	/* clang-format on */
	return hf_api_open(&n->m, tables, cfg->api_socket, &n->api, f);
}

static enum hf_err open_publish(struct hf_node *n, const struct hf_config *cfg, struct hf_fault *f)
{
	const struct hf_config_publish *p = &cfg->publish;
	const struct hf_publish_config c = {p->address, p->certificate, p->key, p->ledger, p->mirrors};
	if (!p->address)
		return HF_OK;
	snprintf(n->publish_at, sizeof(n->publish_at), "tcp://%.140s", p->address);
	n->m.publish = n->publish_at;
	return hf_publish_open(&n->m, &c, &n->publish, f);
}

static enum hf_err open_gateway(struct hf_node *n, const struct hf_config *cfg, struct hf_fault *f)
{
	const struct hf_config_gateway *g = &cfg->gateway;
	const struct hf_gateway_config c = {g->address, g->certificate, g->key, g->tokens, g->url};
	return g->address ? hf_gateway_open(&n->m, &c, &n->gateway, f) : HF_OK;
}

static void record_event(struct hf_node *n, enum hf_event event)
{
	struct hf_draft *d = hf_draft_new(event, NULL);
	hf_draft_textf(d, HF_FIELD_ACTOR, "%s", n->base.self.s);
	hf_draft_text(d, HF_FIELD_OBJECT, "node");
	hf_draft_text(d, HF_FIELD_DETAIL, HUFU_VERSION);
	hf_draft_outcome(d, HF_OK, NULL);
	hf_audit_emit(&n->base.audit, d);
}

static enum hf_err open_all(struct hf_node *n, uv_loop_t *loop, const char *dir, const struct hf_config *cfg,
                            const char *passphrase, int log_fd, struct hf_fault *f)
{
	HF_TRY(open_base(n, loop, dir, cfg, log_fd, f));
	HF_TRY(hf_node_keys_load(dir, passphrase, &n->keys, f));
	HF_TRY(hf_node_keys_complete(&n->keys, dir, passphrase, f));
	HF_TRY(open_state(n, cfg, f));
	HF_TRY(open_peers(n, cfg, f));
	HF_TRY(adopt_keys(n, dir, passphrase, f));
	HF_TRY(open_exchange(n, cfg, f));
	HF_TRY(open_api(n, cfg, f));
	hf_self_check_open(&n->m, cfg->self_check_hours, &n->self_check);
	hf_mask_report_open(&n->m, &n->m.mask_report);
	HF_TRY(open_publish(n, cfg, f));
	HF_TRY(open_gateway(n, cfg, f));
	record_event(n, HF_EVENT_START);
	hf_restored_record(&n->m);
	HF_LOG(n->base.log, HF_LOG_INFO, "node", "ready", NULL, HF_LOG_S("version", HUFU_VERSION));
	return HF_OK;
}

static void close_modules(struct hf_node *n)
{
	struct hf_modules *m = &n->m;
	hf_scanner_stop(m->scanner);
	hf_self_check_close(n->self_check);
	n->self_check = NULL;
	hf_mask_report_close(m->mask_report);
	m->mask_report = NULL;
	hf_gateway_close(n->gateway);
	n->gateway = NULL;
	hf_publish_close(n->publish);
	n->publish = NULL;
	hf_api_close(n->api);
	n->api = NULL;
	hf_tracing_close(m->tracing);
	m->tracing = NULL;
	if (m->exchange)
		hf_exchange_close(m->exchange);
	if (m->authz)
		hf_authz_close(m->authz);
	if (m->catalog)
		hf_catalog_close(m->catalog);
	if (m->release)
		hf_release_close(m->release);
	hf_mask_keys_close(m->mask_keys);
	if (m->sources)
		hf_sources_close(m->sources);
	hf_reports_close(m->reports);
	if (m->ledger)
		hf_ledger_stop(m->ledger);
	if (m->peers)
		hf_peers_close(m->peers);
	if (m->identity)
		hf_identity_close(m->identity);
	struct hf_ledger *ledger = m->ledger; /* still sequences what the store has pending */
	if (m->store)
		hf_store_close(m->store);
	m->ledger = NULL;
	if (ledger)
		hf_ledger_close(ledger);
}

static void free_node(struct hf_node *n)
{
	hf_scanner_free(n->m.scanner);
	hf_node_keys_done(&n->keys);
	hf_metrics_free(n->base.metrics);
	hf_log_free(n->base.log);
	hf_system_clock_free(n->clock);
	hf_border_free(n->border);
	free(n);
}

enum hf_err hf_node_open(uv_loop_t *loop, const char *dir, const struct hf_config *cfg, const char *passphrase,
                         int log_fd, struct hf_node **ret_node, struct hf_fault *f)
{
	struct hf_node *n = calloc(1, sizeof(*n));
	if (!n)
		return hf_fault_set(f, HF_E_MEMORY, "no memory is left to start the node");
	enum hf_err e = open_all(n, loop, dir, cfg, passphrase, log_fd, f);
	if (e != HF_OK) {
		close_modules(n);
		uv_run(loop, UV_RUN_NOWAIT);
		free_node(n);
		return e;
	}
	*ret_node = n;
	return HF_OK;
}

void hf_node_close(struct hf_node *n)
{
	record_event(n, HF_EVENT_STOP);
	close_modules(n);
	uv_run(n->base.loop, UV_RUN_DEFAULT);
	free_node(n);
}

const struct hf_modules *hf_node_modules(const struct hf_node *n)
{
	return &n->m;
}
