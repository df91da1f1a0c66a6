/*
 * pair.h - the world of the authorization tests (three nodes of one space on one loop, real stores, ledgers, catalogs,
 * grants) with node/exchange on both sides, real files, and the wire of channel.h in memory.
 *
 * "roads" provides the source "flights", "health" fetches. The test sees every request and every answer on its way and
 * may bend or lose it; it decides when mail is delivered; it can take a node's folder away as it was at some moment and
 * put it back, which is what a crash at that moment leaves. Waiting means running the loop, with a limit.
 */
#ifndef TESTS_UNIT_EXCHANGE_PAIR_H
#define TESTS_UNIT_EXCHANGE_PAIR_H

#include <fcntl.h>
#include <sys/wait.h>

#include "crypto/domains.h"
#include "evidence/envelope.h"
#include "exchange/receive.h"
#include "exchange/transfer.h"
#include "exchange/unsettled.h"
#include "ledger/internal.h"
#include "proto/codec.h"
#include "source/classify.h"
#include "state_exchange.pb-c.h"
#include "unit/authz/cast.h"

struct pair {
	struct stage s; /* first: cast.h's functions take it */
	struct world *w;
	struct node *health, *roads;
	struct hf_id entry, application, grant;
	char files[64], source[128], output[160];
	const char *format; /* of the output; NULL: CSV as it comes */
	const char *to;     /* instead of the output: a table of a target of health; NULL: the output */
	struct hf_agree_key *box[NODES];
	unsigned outputs;
};

/* ---- channel.h ---- */

struct hf_bulk {
	size_t len;
	uint8_t data[];
};

struct hf_bulk *hf_bulk_new(size_t bulk_len)
{
	struct hf_bulk *b = hf_alloc(sizeof(*b) + bulk_len);
	b->len = bulk_len;
	return b;
}

uint8_t *hf_bulk_data(struct hf_bulk *b)
{
	return b->data;
}

void hf_bulk_free(struct hf_bulk *b)
{
	free(b);
}

struct hf_held *hf_reply_hold(struct hf_reply *r)
{
	return HF_TAKE(r->held);
}

void hf_held_free(struct hf_held *h)
{
	free(h);
}

const char *hf_request_address(const struct hf_request *r)
{
	(void)r;
	return "127.0.1.2";
}

void hf_request_reply_bulk(struct hf_request *r, const void *body, size_t len, struct hf_bulk *take, size_t bulk_len,
                           const uint8_t bulk_tag[16])
{
	r->bulk = hf_alloc(bulk_len + 1);
	memcpy((uint8_t *)r->bulk, take->data, bulk_len);
	r->bulk_len = bulk_len;
	memcpy(r->bulk_tag, bulk_tag, sizeof(r->bulk_tag));
	hf_bulk_free(take);
	hf_request_reply(r, HF_OK, NULL, body, len);
}

/* ---- the loop ---- */

static inline void turn(struct world *w)
{
	if (w->calls)
		call_turn(w);
	else if (!post_turn(w))
		uv_run(&w->loop, UV_RUN_ONCE);
	uv_run(&w->loop, UV_RUN_NOWAIT);
}

#define until(p, condition)                                                                                            \
	do {                                                                                                           \
		uv_timer_start(&(p)->w->limit, world_too_late, LIMIT_MS, 0);                                           \
		while (!(condition))                                                                                   \
			turn((p)->w);                                                                                  \
		uv_timer_stop(&(p)->w->limit);                                                                         \
	} while (0)

/* ---- a store that fails when told to ---- */

struct fallible {
	struct hf_sequencer inner;
	const struct hf_ledger *ledger; /* the one whose sequencer stands behind this */
	bool fails;
};
static struct fallible fallible[NODES];

static inline enum hf_err fallible_sequence(void *ctx, struct hf_txn *txn, struct hf_draft *const *drafts, size_t count,
                                            uint64_t *ret_index)
{
	struct fallible *f = ctx;
	enum hf_err e = f->inner.sequence(f->inner.ctx, txn, drafts, count, ret_index);
	return e == HF_OK && __atomic_load_n(&f->fails, __ATOMIC_SEQ_CST) ? HF_E_NO_SPACE : e;
}

static inline void fallible_committed(void *ctx, bool ok)
{
	struct fallible *f = ctx;
	f->inner.committed(f->inner.ctx, ok);
}

static inline void install_fallible(struct node *n)
{
	struct fallible *f = &fallible[n - n->world->node];
	const struct hf_sequencer seq = {fallible_sequence, fallible_committed, f, NULL};
	if (f->ledger == n->ledger)
		return;
	node_barrier(n);
	f->ledger = n->ledger;
	hf_sequence_get(n->ledger->sequence, &f->inner);
	hf_store_set_sequencer(n->store, &seq);
}

/* While on, commits with entries fail at this node: the disk is full. */
static inline void set_store_fails(struct node *n, bool on)
{
	struct fallible *f = &fallible[n - n->world->node];
	assert_ptr_equal(f->ledger, n->ledger);
	__atomic_store_n(&f->fails, on, __ATOMIC_SEQ_CST);
}

/* ---- nodes ---- */

static inline void pair_on_request(struct node *to, struct hf_request *r)
{
	if (to->exchange)
		hf_exchange_on_request(to->exchange, r);
	else
		hf_request_reply(r, HF_E_UNREACHABLE, NULL, NULL, 0);
}

static inline const struct hf_mail_row *pair_mails(struct node *to)
{
	return to->exchange ? hf_exchange_mails(to->exchange) : NULL;
}

static inline void exchange_up(struct node *n)
{
	struct hf_fault f = {HF_OK, ""};
	assert_int_equal(hf_exchange_open(&n->base, n->store, &n->keys, n->identity, &n->peers, n->ledger, n->sources,
	                                  n->catalog, n->authz, &n->exchange, &f),
	                 HF_OK);
	n->ledger->gate_open = true; /* no witnesses here: they have answered */
	hf_exchange_start(n->exchange);
}

/* In an orderly way: as SIGTERM does. */
static inline void pair_stop(struct node *n)
{
	struct hf_exchange *x = n->exchange;
	fallible[n - n->world->node].ledger = NULL;
	__atomic_store_n(&fallible[n - n->world->node].fails, false, __ATOMIC_SEQ_CST);
	calls_cancel(n);
	n->exchange = NULL;
	hf_exchange_close(x);
	while (n->world->calls) /* what was answered while closing */
		call_turn(n->world);
	node_close(n);
}

static inline void pair_start(struct node *n)
{
	node_open(n);
	exchange_up(n);
}

static inline void pair_restart(struct node *n)
{
	pair_stop(n);
	pair_start(n);
}

static inline void remove_folder(const char *path)
{
	nftw(path, fixture_remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static inline void copy_folder(const char *from, char kept[80])
{
	int status = 1;
	snprintf(kept, 80, "%s.kept", from);
	remove_folder(kept);
	pid_t child = fork();
	if (child == 0) {
		execlp("cp", "cp", "-a", from, kept, (char *)NULL);
		_exit(127);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

/* The committed state of the node's folder, kept aside. */
static inline void keep_folder(const struct node *n, char kept[80])
{
	copy_folder(n->dir, kept);
}

/* The node died when its folder was kept. What it wrote or said since then never was. */
static inline void die(struct node *n, const char *kept)
{
	struct world *w = n->world;
	pair_stop(n);
	for (struct post **p = &w->posts; *p;) {
		struct post *gone = *p;
		if (gone->from != n) {
			p = &gone->next;
			continue;
		}
		*p = gone->next;
		post_free(gone);
	}
	w->posts_end = &w->posts;
	while (*w->posts_end)
		w->posts_end = &(*w->posts_end)->next;
	remove_folder(n->dir);
	assert_int_equal(rename(kept, n->dir), 0);
}

static inline void die_then_start(struct node *n, const char *kept)
{
	die(n, kept);
	pair_start(n);
}

/* ---- the table ---- */

struct scanning {
	struct pair *p;
	bool done;
};

static inline void on_table_scanned(void *ctx, enum hf_err e, struct hf_source_view *v, const struct hf_fault *f)
{
	static char *purposes[] = {(char *)"open data plan 2026"};
	struct scanning *s = ctx;
	struct hf_unit *u = hf_unit_new();
	struct hf_fault fault = {HF_OK, ""};
	if (e != HF_OK)
		fail_msg("%s", f->text);
	v->enabled = true;
	for (size_t i = 0; i < v->field_count; i++) {
		const struct hf_saying none = {.kind = "none", .by = "kang", .now_ms = 1};
		assert_int_equal(hf_source_class_say(v, v->fields[i].name, &none, &fault), HF_OK);
	}
	assert_int_equal(hf_source_put(s->p->roads->sources, u, v, &fault), HF_OK);
	leave_publish(u, hf_now_ms(&s->p->roads->base.clock), purposes, 1);
	hf_store_submit(s->p->roads->store, u, NULL, NULL);
	s->done = true;
}

static inline void scan_table(struct pair *p)
{
	struct hf_source_view v = {.name = "flights", .kind = "csv"};
	struct scanning s = {.p = p};
	snprintf(v.path, sizeof(v.path), "%s", p->source);
	hf_source_scan(p->roads->sources, &v, on_table_scanned, &s);
	world_run_until(p->w, &s.done);
	node_barrier(p->roads);
}

/* Writes and scans a table of three columns and exactly so many bytes; each row differs. */
static inline void write_table(struct pair *p, size_t bytes)
{
	FILE *f = fopen(p->source, "w");
	size_t len = 0;
	assert_non_null(f);
	len += (size_t)fprintf(f, "flight,arrival,delay\n");
	for (unsigned i = 0; len + 200 < bytes; i++)
		len += (size_t)fprintf(f, "CA%07u,2026-03-%02u 10:%02u:00,%u\n", i, i % 28 + 1, i % 60,
		                       (i * 7919u) % 300);
	for (; len + 4 < bytes; len++)
		fputc('F', f);
	fprintf(f, ",,7\n");
	assert_int_equal(fclose(f), 0);
	scan_table(p);
}

static inline bool same_files(const char *a, const char *b)
{
	FILE *f = fopen(a, "r"), *g = fopen(b, "r");
	bool same = f && g;
	for (int c = 0; same && c != EOF;) {
		c = getc_unlocked(f);
		same = c == getc_unlocked(g);
	}
	if (f)
		fclose(f);
	if (g)
		fclose(g);
	return same;
}

static inline bool is_there(const char *path)
{
	struct stat st;
	return lstat(path, &st) == 0;
}

static inline const char *partial_of(struct pair *p, const struct hf_id *id)
{
	static char path[300];
	char text[HF_ID_TEXT];
	hf_id_text(id, text);
	snprintf(path, sizeof(path), "%s.%s.part", p->output, text);
	return path;
}

/* ---- setting up ---- */

static struct hf_agree_key *pair_box[NODES];
static void (*pair_more)(struct sb_space *sb); /* of the test's own; NULL: nothing */

static inline void pair_shape(struct sb_space *sb)
{
	for (unsigned n = 0; n < NODES; n++) {
		uint8_t seed[32] = {'b', 'o', 'x', (uint8_t)n};
		struct hf_agree_pub pub;
		pair_box[n] = hf_agree_key_from_seed(seed);
		hf_agree_key_pub(pair_box[n], &pub);
		memcpy(sb->pub[n][HF_KEY_BOX], pub.b, 32);
	}
	if (pair_more)
		pair_more(sb);
}

static inline void pair_people(struct pair *p)
{
	stage_people(&p->s);
	hire(p->roads, "sun", "operator", "office", "HR-3003");
	install(p->roads, "desk", "office", "10.3.0.5");
	p->entry = publish(p->roads, &(struct offer){.title = "航班到达", .intake = "hub"});
}

static inline int pair_up(void **state)
{
	struct pair *p = hf_alloc_zero(sizeof(*p));
	p->w = p->s.w = world_new_with(pair_shape);
	for (unsigned n = 0; n < NODES; n++)
		p->w->node[n].keys.box = pair_box[n];
	p->w->on_request = pair_on_request;
	p->w->mails = pair_mails;
	p->health = p->s.health = world_find(p->w, "health");
	p->s.hub = world_find(p->w, "hub");
	p->roads = p->s.roads = world_find(p->w, "roads");
	snprintf(p->files, sizeof(p->files), "/tmp/hufu-files-XXXXXX");
	assert_non_null(mkdtemp(p->files));
	snprintf(p->source, sizeof(p->source), "%s/flights.csv", p->files);
	write_table(p, 1000);
	pair_people(p);
	exchange_up(p->health);
	exchange_up(p->roads);
	*state = p;
	return 0;
}

static inline int pair_down(void **state)
{
	struct pair *p = *state;
	p->w->hold = NULL;
	p->w->pass = NULL;
	for (struct node *n = p->w->node; n < p->w->node + NODES; n++)
		if (n->exchange)
			pair_stop(n);
	world_free(p->w);
	for (unsigned n = 0; n < NODES; n++)
		hf_agree_key_free(pair_box[n]);
	remove_folder(p->files);
	free(p);
	return 0;
}

/* Sessions do not outlive a node. */
static inline void people_back(struct node *n)
{
	struct hf_actor a;
	for (struct person_at *who = n->people; who < n->people + n->people_count; who++) {
		struct hf_login login = {.account = who->name,
		                         .password = OWN_PASSWORD,
		                         .totp = "",
		                         .device_signature = "",
		                         .challenge = "",
		                         .address = "unix"};
		struct login_end end = {0};
		if (hf_identity_session(n->identity, who->token, "unix", &a) == HF_OK)
			continue;
		hf_identity_login(n->identity, &login, logged_in, &end);
		world_run_until(n->world, &end.done);
		memcpy(who->token, end.token, sizeof(end.token));
	}
}

static inline bool grant_stands(struct pair *p)
{
	struct hf_grant_view v;
	return hf_authz_grant(p->health->authz, &p->grant, &v) == HF_OK && strcmp(v.state, "active") == 0;
}

/* Each test begins with a table of that size, a grant that stands and an output that is not there. */
static inline struct pair *pair_of(void **state, size_t bytes)
{
	struct pair *p = *state;
	p->w->hold = NULL;
	p->w->bend = NULL;
	p->w->pass = NULL;
	p->format = p->to = NULL;
	settle(p->w);
	install_fallible(p->health);
	install_fallible(p->roads);
	set_store_fails(p->health, false);
	set_store_fails(p->roads, false);
	p->health->refused_count = p->roads->refused_count = p->s.hub->refused_count = 0;
	p->health->alarms = p->roads->alarms = 0;
	people_back(p->health);
	people_back(p->roads);
	write_table(p, bytes);
	if (!grant_stands(p)) {
		p->application = granted(&p->s, &p->entry);
		p->grant = grant_at(p->health, &p->application);
	}
	snprintf(p->output, sizeof(p->output), "%s/out-%u.csv", p->files, ++p->outputs);
	return p;
}

/* ---- fetching ---- */

struct fetching {
	struct hf_fault fault;
	struct hf_id id;
	enum hf_err e;
};

/* Of these fields the rows that meet the conditions, besides those of the terms; NULL: all. */
static inline struct fetching fetch_rows(struct pair *p, const char *const *fields, size_t count, const char *rows)
{
	struct fetching r = {.fault = {HF_OK, ""}};
	struct hf_fetch in = {.grant = p->grant,
	                      .system = "desk",
	                      .output = p->to ? NULL : p->output,
	                      .to = p->to,
	                      .format = p->format,
	                      .fields = fields,
	                      .field_count = count,
	                      .rows = rows};
	struct hf_actor a = actor_of(p->health, "wang");
	struct hf_unit *u = hf_unit_new();
	struct hf_draft *d = hf_draft_new(HF_EVENT_COMMAND, NULL);
	r.e = hf_exchange_fetch(p->health->exchange, &a, &in, u, d, &r.id, &r.fault);
	hf_unit_draft(u, d);
	if (r.e == HF_OK)
		hf_store_submit(p->health->store, u, NULL, NULL);
	else
		hf_unit_free(u);
	return r;
}

static inline struct fetching fetch_fields(struct pair *p, const char *const *fields, size_t count)
{
	return fetch_rows(p, fields, count, NULL);
}

static inline struct hf_id begin(struct pair *p)
{
	struct fetching r = fetch_fields(p, NULL, 0);
	if (r.e != HF_OK)
		fail_msg("%s", r.fault.text);
	return r.id;
}

static inline struct hf_transfer_view view_of(struct node *n, const struct hf_id *id)
{
	struct hf_transfer_view v = {.state = ""};
	if (hf_exchange_view(n->exchange, id, &v) != HF_OK)
		memset(&v, 0, sizeof(v));
	return v;
}

static inline bool is_state(struct node *n, const struct hf_id *id, const char *state)
{
	struct hf_transfer_view v = view_of(n, id);
	return strcmp(v.state, state) == 0;
}

static inline bool is_idle(const struct node *n)
{
	return !n->exchange->transfers;
}

/* The consumer asks again after a while. */
static inline bool retries(struct pair *p, const struct hf_id *id)
{
	const struct transfer *t = transfer_find(p->health->exchange, id, false);
	if (!t) {
		struct hf_transfer_view v = view_of(p->health, id);
		fail_msg("%s: %s", v.state, v.reason);
	}
	return t->retry_ms > 0;
}

static inline bool has_ended(struct node *n, const struct hf_id *id)
{
	return is_state(n, id, "COMPLETED") || is_state(n, id, "TERMINATED");
}

/* Both sides show the state, and nothing of the transfer is in memory any more. */
static inline void wait_both(struct pair *p, const struct hf_id *id, const char *state)
{
	until(p, has_ended(p->health, id) && has_ended(p->roads, id) && is_idle(p->health) && is_idle(p->roads));
	settle(p->w);
	struct hf_transfer_view c = view_of(p->health, id), v = view_of(p->roads, id);
	if (strcmp(c.state, state) != 0 || strcmp(v.state, state) != 0)
		fail_msg("consumer %s (%s), provider %s (%s)", c.state, c.reason, v.state, v.reason);
}

static inline void assert_reason(struct node *n, const struct hf_id *id, enum hf_err e, const char *part)
{
	struct hf_transfer_view v = view_of(n, id);
	assert_string_equal(v.state, "TERMINATED");
	assert_string_equal(v.reason_code, hf_err_reason(e));
	if (part && !strstr(v.reason, part))
		fail_msg("'%s' is not in '%s'", part, v.reason);
}

/* DS-52: no fragment is left, and that is on record at both sides. */
static inline void assert_wiped(struct pair *p, const struct hf_id *id)
{
	assert_false(is_there(partial_of(p, id)));
	assert_false(is_there(p->output));
}

static inline void assert_delivered(struct pair *p, const struct hf_id *id)
{
	struct hf_transfer_view c = view_of(p->health, id), v = view_of(p->roads, id);
	assert_true(same_files(p->output, p->source));
	assert_false(is_there(partial_of(p, id)));
	assert_true(c.receipt && v.receipt);
	assert_string_equal(c.quality, "met");
	assert_string_equal(v.quality, "met");
	assert_memory_equal(c.root.b, v.root.b, 32);
	assert_int_equal(c.bytes_total, v.bytes_total);
	assert_int_equal(v.served_after_ack, 0);
}

/* Entries of an event of a transaction in a node's own ledger. */
struct txn_count {
	const struct hf_id *txn;
	enum hf_event event;
	const char *outcome; /* NULL: any */
	size_t count;
};

static inline bool count_txn(void *ctx, const struct hf_ledger_row *row)
{
	struct txn_count *c = ctx;
	char text[HF_ID_TEXT];
	hf_id_text(c->txn, text);
	c->count += row->opening && hf_opening_is(row->opening, HF_FIELD_EVENT, hf_event_name(c->event)) &&
	            hf_opening_is(row->opening, HF_FIELD_TRANSACTION, text) &&
	            (!c->outcome || hf_opening_is(row->opening, HF_FIELD_OUTCOME, c->outcome));
	return true;
}

static inline size_t with_outcome(struct node *n, const struct hf_id *txn, enum hf_event event, const char *outcome)
{
	struct txn_count c = {.txn = txn, .event = event, .outcome = outcome};
	node_barrier(n);
	assert_int_equal(hf_ledger_tail(n->ledger, 100000, count_txn, &c), HF_OK);
	return c.count;
}

static inline size_t recorded(struct node *n, const struct hf_id *txn, enum hf_event event)
{
	struct txn_count c = {.txn = txn, .event = event};
	node_barrier(n);
	assert_int_equal(hf_ledger_tail(n->ledger, 100000, count_txn, &c), HF_OK);
	return c.count;
}

struct has_masking {
	const struct hf_id *txn;
	const char *part;
	size_t count;
};

static inline bool look_for_masking(void *ctx, const struct hf_ledger_row *row)
{
	struct has_masking *h = ctx;
	char text[HF_ID_TEXT];
	hf_id_text(h->txn, text);
	if (!row->opening || !hf_opening_is(row->opening, HF_FIELD_TRANSACTION, text))
		return true;
	for (size_t i = 0; i < row->opening->n_fields; i++) {
		const Hufu__FieldOpening *f = row->opening->fields[i];
		h->count +=
		        f->field == HF_FIELD_MASKING && memmem(f->value.data, f->value.len, h->part, strlen(h->part));
	}
	return true;
}

/* Entries of that transaction whose field "masking" has that in it. */
static inline size_t entries_with_masking(struct node *n, const struct hf_id *txn, const char *part)
{
	struct has_masking h = {txn, part, 0};
	node_barrier(n);
	assert_int_equal(hf_ledger_tail(n->ledger, 100000, look_for_masking, &h), HF_OK);
	return h.count;
}

static inline bool hold_all(const struct post *x)
{
	(void)x;
	return true;
}

/* The consumer's row as a crash at this moment would leave it. */
static inline Hufu__TransferRow *committed_row(struct pair *p, const struct hf_id *id)
{
	struct hf_snapshot *n = NULL;
	struct hf_bytes value = {NULL, 0};
	uint8_t key[17];
	memcpy(key, id->b, 16);
	key[16] = 'C';
	assert_int_equal(hf_snapshot_open(p->health->store, &n), HF_OK);
	enum hf_err e = hf_snapshot_get(n, HF_TABLE_TRANSFER, key, sizeof(key), &value);
	Hufu__TransferRow *r = e == HF_OK ? HF_DECODE_OWN(transfer_row, value.data, value.len) : NULL;
	hf_snapshot_close(n);
	return r;
}

/* The row with the intent to import is committed; the loop has not heard of it, so nothing is renamed yet. */
static inline bool intent_committed(struct pair *p, const struct hf_id *id)
{
	struct transfer *t = transfer_find(p->health->exchange, id, false);
	if (!t || !t->importing)
		return false;
	for (bool there = false; !there;) {
		Hufu__TransferRow *r = committed_row(p, id);
		there = r && r->importing;
		hf_decoded_free(r);
	}
	return true;
}

/* ---- a consumer that asks as the test wants ---- */

struct asked {
	bool done, last, manifest;
	enum hf_err e;
	char text[200];
	uint64_t index, bytes;
};

static inline void on_asked(void *ctx, struct hf_reply *r)
{
	struct asked *a = ctx;
	Hufu__ChunkReply *c = r->error == HF_OK ? HF_DECODE(chunk_reply, r->body.data, r->body.len) : NULL;
	a->done = true;
	a->e = r->error;
	snprintf(a->text, sizeof(a->text), "%s", r->text);
	if (c) {
		a->index = c->index;
		a->bytes = r->bulk.len;
		a->last = c->last;
		a->manifest = c->manifest != NULL;
	}
	hf_decoded_free(c);
}

/* With this as pass the consumer's own questions get lost. */
static inline bool only_asked(struct hf_request *r)
{
	return r->type != HF_MSG_CHUNK_GET || r->fn == on_asked;
}

static inline void ask_later(struct node *from, const struct hf_id *id, uint64_t index, uint64_t acknowledged,
                             struct asked *a)
{
	Hufu__ChunkGet g = HUFU__CHUNK_GET__INIT;
	uint8_t body[64];
	*a = (struct asked){.done = false};
	g.transfer = (ProtobufCBinaryData){16, (uint8_t *)(uintptr_t)id->b};
	g.index = index;
	g.acknowledged = acknowledged;
	size_t len = hufu__chunk_get__pack(&g, body);
	hf_peers_call(&from->peers, "roads", HF_MSG_CHUNK_GET, id, body, len, 0, on_asked, a);
}

static inline struct asked ask(struct pair *p, struct node *from, const struct hf_id *id, uint64_t index,
                               uint64_t acknowledged)
{
	struct asked a;
	ask_later(from, id, index, acknowledged, &a);
	until(p, a.done);
	return a;
}

/* A transfer that both sides have started, whose consumer asks for nothing by itself. */
static inline struct hf_id begin_quiet(struct pair *p, const char *const *fields, size_t count)
{
	p->w->pass = only_asked;
	struct fetching r = fetch_fields(p, fields, count);
	if (r.e != HF_OK)
		fail_msg("%s", r.fault.text);
	until(p, is_state(p->health, &r.id, "STARTED"));
	return r.id;
}

/* ---- what nobody signed for ---- */

/* A person of the provider settles it. */
static inline enum hf_err settle_it(struct pair *p, const struct hf_id *id)
{
	struct hf_actor a = actor_of(p->roads, "zhou");
	struct hf_unit *u = hf_unit_new();
	struct hf_fault f = {HF_OK, ""};
	enum hf_err e = hf_exchange_settle(p->roads->exchange, &a, id, "agreed on the telephone", u, &f);
	submit_wait(p->roads, u);
	return e;
}

static inline void settle_as(struct pair *p, const struct hf_id *id, enum hf_err want)
{
	assert_int_equal(settle_it(p, id), want);
}

struct open_ones {
	size_t missing, disputed, undelivered;
};

static inline bool count_open(void *ctx, const struct hf_unsettled_view *v)
{
	struct open_ones *o = ctx;
	assert_string_equal(v->peer, "health");
	o->missing += v->missing;
	o->undelivered += v->undelivered;
	o->disputed += !v->missing;
	return true;
}

static inline struct open_ones open_at_roads(struct pair *p)
{
	struct open_ones o = {0};
	node_barrier(p->roads);
	MUST(hf_exchange_unsettled(p->roads->exchange, count_open, &o));
	return o;
}

/* ---- bending ---- */

static inline ProtobufCBinaryData bytes_of(const void *data, size_t len)
{
	return (ProtobufCBinaryData){len, (uint8_t *)(uintptr_t)data};
}

/* Signs a message as a node (or, with another key, as somebody who is not it). */
static inline Hufu__Envelope *sign_as(struct node *signer, const char *name, const char *type,
                                      const ProtobufCMessage *m)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf b = HF_BUF_INIT;
	assert_int_equal(hf_envelope_make_message(signer->keys.envelope, name, type, m, &b), HF_OK);
	Hufu__Envelope *e = HF_DECODE(envelope, b.data, b.len);
	assert_non_null(e);
	return e;
}

static inline void replace_body(struct hf_buf *b, const ProtobufCMessage *m)
{
	size_t len = 0;
	uint8_t *data = hf_encode(m, &len);
	assert_non_null(data);
	hf_buf_clear(b);
	assert_true(hf_buf_add(b, data, len));
	free(data);
}

#endif
