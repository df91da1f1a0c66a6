/*
 * sim.h - five real ledgers and, for a liar, a twin with the same keys, on real stores in a folder of memory; clock and
 * network are the simulator's. One event at a time: a message arrives or is lost, a timer is due, an action of the
 * plan. After each, everything that it set off in this process has ended before the clock moves on to the next, and
 * commits and worker jobs run where they are asked for (--wrap, see tests/CMakeLists.txt); so a run depends on its seed
 * alone.
 */
#ifndef HUFU_TESTS_UNIT_LEDGER_SIM_H
#define HUFU_TESTS_UNIT_LEDGER_SIM_H

#include <fcntl.h>
#include <ftw.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ledger/internal.h"
#include "proto/codec.h"
#include "store/store_internal.h"
#include "unit/evidence/space_builder.h"

#define SIM_INSTANCES (SB_NODES + 1) /* the last one is the liar's twin */
#define SIM_TWIN SB_NODES
#define SIM_TIMEOUT_MS 10000

#define SIM_DIE(s, ...)                                                                                                \
	do {                                                                                                           \
		fprintf(stderr, "at %" PRId64 " ms: ", (s)->now);                                                      \
		fprintf(stderr, __VA_ARGS__);                                                                          \
		fprintf(stderr, "\nseed %" PRIu64 " fails; again with: unit_ledger_sim_test --seed %" PRIu64 "\n",     \
		        (s)->seed, (s)->seed);                                                                         \
		exit(1);                                                                                               \
	} while (0)

struct sim;
struct sim_inst {
	struct sim *sim;
	unsigned slot, who; /* who: number of the node */
	struct hf_base base;
	struct hf_store *store;
	struct hf_ledger *ledger; /* NULL: not running */
	struct hf_node_keys keys;
	bool refused;   /* it would not open what it was given: its operator is needed */
	bool set_back;  /* an older copy of its folder was put in place */
	bool saved;     /* there is such a copy */
	uint64_t acked; /* entries that were acknowledged, and their root */
	struct hf_hash acked_root;
};

struct sim_call {
	struct sim_call *next, *prev; /* all */
	struct sim *sim;
	unsigned from, refs; /* slot */
	unsigned to;         /* node */
	enum hf_msg type;
	struct hf_buf body;
	hf_reply_fn fn; /* NULL: ended */
	void *fn_ctx;
};

/* A checkpoint that some instance signed, with its leaves. */
struct sim_signed {
	struct sim_signed *next;
	unsigned who, cosigners; /* bits of honest witnesses */
	uint64_t size;
	struct hf_hash root, *leaf;
};

enum sim_what { SIM_REQUEST = 1, SIM_REPLY, SIM_TIMEOUT, SIM_ACTION };
struct sim_event {
	struct sim_event *next;
	int64_t at;
	enum sim_what what;
	struct sim_call *call;
	enum hf_err error; /* of a reply */
	struct hf_buf body;
	void (*action)(struct sim *s);
};

struct sim {
	uint64_t seed, rng;
	int64_t now; /* of the monotonic clock; the other one is SB_T0 later */
	uv_loop_t loop;
	uv_prepare_t alive; /* a loop of idle ledgers would not turn */
	int log_fd;
	bool trace;
	char dir[64];
	struct sb_space *sb;
	struct hf_buf descriptor;
	struct hf_space *space;
	struct sim_inst inst[SIM_INSTANCES];
	struct sim_call *calls;
	struct sim_event *events;
	struct sim_signed *signed_ones;
	uint64_t activity;
	/* The network. */
	unsigned loss, twice, slow; /* of 100 messages */
	unsigned cut;               /* bit of each node on one side of a cut line */
	/* The liar. */
	uint64_t delivered,
	        questions; /* requests that arrived; of them, those that ask whether two checkpoints agree */
	bool lies, silent;
	unsigned liar, side; /* side: bit of each node that the twin speaks with */
};

static inline uint64_t sim_random(struct sim *s, uint64_t below)
{
	uint64_t z = s->rng += 0x9e3779b97f4a7c15u; /* splitmix64 */

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return (z ^ (z >> 31)) % below;
}

static inline bool sim_chance(struct sim *s, unsigned percent)
{
	return sim_random(s, 100) < percent;
}

#define SIM_SAY(s, ...)                                                                                                \
	do {                                                                                                           \
		if ((s)->trace) {                                                                                      \
			printf("%8" PRId64 " ", (s)->now);                                                             \
			printf(__VA_ARGS__);                                                                           \
			putchar('\n');                                                                                 \
		}                                                                                                      \
	} while (0)

static inline struct sim_event *sim_at(struct sim *s, int64_t at, enum sim_what what)
{
	struct sim_event *e = calloc(1, sizeof(*e)), **p = &s->events;

	e->at = at;
	e->what = what;
	while (*p && (*p)->at <= at) /* equal times keep their order */
		p = &(*p)->next;
	e->next = *p;
	*p = e;
	return e;
}

/* ---- what would run elsewhere runs here ---- */

struct sim_after {
	struct sim_after *next;
	uv_work_t *req;
	uv_after_work_cb fn;
};
static struct sim_after *sim_afters, **sim_afters_end = &sim_afters;
static struct sim *sim_now; /* for the wrappers */

void __real_hf_store_submit(struct hf_store *s, struct hf_unit *take, hf_unit_done_fn done, void *ctx);
void __wrap_hf_store_submit(struct hf_store *s, struct hf_unit *take, hf_unit_done_fn done, void *ctx);
void __wrap_hf_store_submit(struct hf_store *s, struct hf_unit *take, hf_unit_done_fn done, void *ctx)
{
	sim_now->activity++;
	__real_hf_store_submit(s, take, done, ctx);
	hf_store_drain(s);
}

int __wrap_uv_queue_work(uv_loop_t *loop, uv_work_t *req, uv_work_cb work, uv_after_work_cb after);
int __wrap_uv_queue_work(uv_loop_t *loop, uv_work_t *req, uv_work_cb work, uv_after_work_cb after)
{
	struct sim_after *a = calloc(1, sizeof(*a));

	(void)loop;
	sim_now->activity++;
	work(req);
	a->req = req;
	a->fn = after;
	*sim_afters_end = a;
	sim_afters_end = &a->next;
	return 0;
}

int __wrap_uv_timer_start(uv_timer_t *timer, uv_timer_cb fn, uint64_t wait, uint64_t repeat);
int __wrap_uv_timer_start(uv_timer_t *timer, uv_timer_cb fn, uint64_t wait, uint64_t repeat)
{
	(void)timer, (void)fn, (void)wait, (void)repeat; /* due_ms says when */
	return 0;
}

/* Each signature is verified once; the same bytes again have the same answer. */
#define SIM_VERIFIED 65536u
static struct sim_verified {
	struct hf_hash of;
	bool known, good;
} sim_verified[SIM_VERIFIED];

bool __real_hf_sign_verify(const struct hf_sign_pub *pub, const void *msg, size_t len, const struct hf_sig *sig);
bool __wrap_hf_sign_verify(const struct hf_sign_pub *pub, const void *msg, size_t len, const struct hf_sig *sig);
bool __wrap_hf_sign_verify(const struct hf_sign_pub *pub, const void *msg, size_t len, const struct hf_sig *sig)
{
	struct hf_buf all HF_CLEANUP(hf_buf_done) = HF_BUF_INIT;
	struct sim_verified *v;
	struct hf_hash of;

	if (!hf_buf_add(&all, pub->b, sizeof(pub->b)) || !hf_buf_add(&all, sig->b, sizeof(sig->b)) ||
	    !hf_buf_add(&all, msg, len))
		return __real_hf_sign_verify(pub, msg, len, sig);
	hf_sha256(all.data, all.len, &of);
	v = &sim_verified[hf_get_u32(of.b) % SIM_VERIFIED];
	if (!v->known || !hf_hash_equal(&v->of, &of))
		*v = (struct sim_verified){of, true, __real_hf_sign_verify(pub, msg, len, sig)};
	return v->good;
}

static inline void sim_run_afters(void)
{
	while (sim_afters) {
		struct sim_after *a = sim_afters;

		sim_afters = a->next;
		if (!sim_afters)
			sim_afters_end = &sim_afters;
		a->fn(a->req, 0);
		free(a);
	}
}

/* ---- what was signed ---- */

static inline struct sim_signed *sim_find_signed(struct sim *s, unsigned who, const struct hf_checkpoint *c)
{
	for (struct sim_signed *x = s->signed_ones; x; x = x->next)
		if (x->who == who && x->size == c->size && hf_hash_equal(&x->root, &c->root))
			return x;
	return NULL;
}

static inline bool sim_one_history(const struct sim_signed *a, const struct sim_signed *b)
{
	uint64_t size = a->size < b->size ? a->size : b->size;

	return memcmp(a->leaf, b->leaf, size * sizeof(*a->leaf)) == 0;
}

/* Honest witnesses that have cosigned this checkpoint, or one that goes on from it. */
static inline unsigned sim_backing(const struct sim *s, const struct sim_signed *x)
{
	unsigned who = 0;

	for (const struct sim_signed *y = s->signed_ones; y; y = y->next)
		if (y->who == x->who && y->size >= x->size && sim_one_history(x, y))
			who |= y->cosigners;
	return (unsigned)__builtin_popcount(who);
}

/* An honest log signs nothing against what a quorum has cosigned before, also when it was set back. */
static inline void sim_check_promise(struct sim *s, const struct sim_signed *x)
{
	for (const struct sim_signed *y = s->signed_ones; y; y = y->next)
		if (y->who == x->who && !sim_one_history(x, y) && sim_backing(s, y) >= s->sb->d.quorum)
			SIM_DIE(s, "%s signs %" PRIu64 " against a quorum at %" PRIu64, s->sb->name[x->who], x->size,
			        y->size);
}

static inline void sim_note_one(struct sim *s, struct sim_inst *in, uint64_t size, const struct hf_hash *root)
{
	struct hf_ledger *l = in->ledger;
	struct hf_tree tree = {&l->own, &l->rows};
	struct hf_checkpoint c = {.size = size, .root = *root};
	struct sim_signed *x;

	if (c.size == 0 || sim_find_signed(s, in->who, &c))
		return;
	x = calloc(1, sizeof(*x));
	*x = (struct sim_signed){.next = s->signed_ones, .who = in->who, .size = c.size, .root = c.root};
	x->leaf = calloc(c.size, sizeof(*x->leaf));
	for (uint64_t i = 0; i < c.size; i++)
		if (!hf_tree_read(&tree, 0, i, &x->leaf[i]))
			SIM_DIE(s, "%s cannot read its leaf %" PRIu64, in->base.self.s, i);
	if (!(s->lies && in->who == s->liar))
		sim_check_promise(s, x);
	s->signed_ones = x;
	SIM_SAY(s, "%s%s signed %" PRIu64, in->base.self.s, in->slot == SIM_TWIN ? "'" : "", c.size);
}

static inline void sim_note_signed(struct sim *s, struct sim_inst *in)
{
	sim_note_one(s, in, in->ledger->round.size, &in->ledger->round.root);
	sim_note_one(s, in, in->ledger->newest.size, &in->ledger->newest.root);
}

/* Until nothing more happens at this time. */
static inline void sim_settle(struct sim *s)
{
	for (unsigned idle = 0; idle < 3; idle++) {
		uint64_t before = s->activity;

		uv_run(&s->loop, UV_RUN_NOWAIT);
		sim_run_afters();
		if (s->activity == before)
			continue;
		idle = 0;
		for (unsigned i = 0; i < SIM_INSTANCES; i++)
			if (s->inst[i].ledger) {
				sim_note_signed(s, &s->inst[i]);
				if (s->lies && s->inst[i].who == s->liar)
					s->inst[i].ledger->settled = true; /* it asks nobody, and cosigns */
			}
	}
}

/* ---- calls ---- */

static inline void sim_call_release(struct sim_call *c)
{
	if (--c->refs > 0)
		return;
	*(c->prev ? &c->prev->next : &c->sim->calls) = c->next;
	if (c->next)
		c->next->prev = c->prev;
	hf_buf_done(&c->body);
	free(c);
}

static inline void sim_end(struct sim_call *c, enum hf_err e, struct hf_bytes body)
{
	struct hf_reply r = {.error = e, .text = "", .body = body};
	hf_reply_fn fn = HF_TAKE(c->fn);

	c->sim->activity++;
	if (fn)
		fn(c->fn_ctx, &r);
}

/* Which instance answers for a node, as seen by another. */
static inline unsigned sim_route(const struct sim *s, unsigned to, unsigned from)
{
	return s->lies && to == s->liar && (s->side >> from & 1) ? SIM_TWIN : to;
}

static inline bool sim_liar_withholds(const struct sim *s, unsigned from_slot, unsigned to, enum hf_msg type)
{
	unsigned who = s->inst[from_slot].who;

	if (!s->lies || who != s->liar)
		return false;
	(void)type;
	return (from_slot == SIM_TWIN) != (s->side >> to & 1); /* each half keeps to its own side */
}

static inline int64_t sim_delay(struct sim *s)
{
	return sim_chance(s, s->slow) ? 100 + (int64_t)sim_random(s, 4000) : 1 + (int64_t)sim_random(s, 40);
}

static inline bool sim_lost(struct sim *s, unsigned a, unsigned b)
{
	return ((s->cut >> a & 1) != (s->cut >> b & 1)) || sim_chance(s, s->loss);
}

static inline void sim_net_call(void *ctx, const char *peer, enum hf_msg type, const void *body, size_t len,
                                hf_reply_fn fn, void *fn_ctx)
{
	struct sim_inst *in = ctx;
	struct sim *s = in->sim;
	struct sim_call *c = calloc(1, sizeof(*c));
	unsigned copies = sim_chance(s, s->twice) ? 2 : 1;

	s->activity++;
	c->sim = s;
	c->from = in->slot;
	c->type = type;
	c->fn = fn;
	c->fn_ctx = fn_ctx;
	while (strcmp(s->sb->name[c->to], peer) != 0)
		c->to++;
	hf_buf_add(&c->body, body, len);
	c->next = s->calls;
	if (c->next)
		c->next->prev = c;
	s->calls = c;
	c->refs = 1;
	sim_at(s, s->now + SIM_TIMEOUT_MS, SIM_TIMEOUT)->call = c;
	for (unsigned i = 0; i < copies; i++)
		if (!sim_lost(s, in->who, c->to) && !sim_liar_withholds(s, in->slot, c->to, type)) {
			c->refs++;
			sim_at(s, s->now + sim_delay(s), SIM_REQUEST)->call = c;
		}
}

/* A cosignature leaves an honest witness: whether it arrives or not, it exists. */
static inline void sim_note_cosigned(struct sim_call *c, unsigned witness, const void *body, size_t len)
{
	struct sim *s = c->sim;
	Hufu__CheckpointReply *r HF_CLEANUP(hf_decoded_done) = HF_DECODE(checkpoint_reply, body, len);
	Hufu__CheckpointAdd *add HF_CLEANUP(hf_decoded_done) = HF_DECODE(checkpoint_add, c->body.data, c->body.len);
	const uint8_t *gap = add ? memmem(add->note.data, add->note.len, "\n\n", 2) : NULL;
	struct hf_checkpoint cp;
	struct sim_signed *x;

	if (!r || r->cosignature.len == 0 || !gap ||
	    !hf_checkpoint_parse((const char *)add->note.data, (size_t)(gap - add->note.data) + 1, &cp))
		return;
	x = sim_find_signed(s, s->inst[c->from].who, &cp);
	if (!x)
		SIM_DIE(s, "%s cosigned a checkpoint that nobody signed", s->sb->name[witness]);
	x->cosigners |= 1u << witness;
}

struct sim_answer {
	struct sim_call *call;
	unsigned slot;
};

static inline void sim_on_answer(void *ctx, enum hf_err e, const char *text, const void *body, size_t len)
{
	struct sim_answer *a = ctx;
	struct sim_call *c = a->call;
	struct sim *s = c->sim;
	unsigned from = s->inst[a->slot].who, to = s->inst[c->from].who;

	(void)text;
	s->activity++;
	if (e == HF_OK && c->type == HF_MSG_CHECKPOINT_ADD && !(s->lies && from == s->liar))
		sim_note_cosigned(c, from, body, len);
	if (c->fn && !sim_lost(s, from, to)) {
		struct sim_event *v = sim_at(s, s->now + sim_delay(s), SIM_REPLY);

		v->call = c;
		v->error = e;
		hf_buf_add(&v->body, body, len);
	} else {
		sim_call_release(c);
	}
	free(a);
}

static inline void sim_deliver(struct sim_call *c)
{
	struct sim *s = c->sim;
	unsigned who = s->inst[c->from].who, slot = sim_route(s, c->to, who);
	struct sim_inst *in = &s->inst[slot];
	struct sim_answer *a;

	if (!in->ledger || (s->lies && s->silent && c->to == s->liar && c->type == HF_MSG_CONSISTENCY_GET)) {
		sim_call_release(c);
		return;
	}
	SIM_SAY(s, "%s%s -> %s: %s", s->sb->name[who], c->from == SIM_TWIN ? "'" : "", s->sb->name[c->to],
	        hf_msg_name(c->type));
	s->delivered++;
	s->questions += c->type == HF_MSG_CONSISTENCY_GET;
	a = calloc(1, sizeof(*a));
	*a = (struct sim_answer){c, slot};
	hf_ledger_handle(in->ledger, s->sb->name[who], c->type, (struct hf_bytes){c->body.data, c->body.len},
	                 (struct hf_answer){sim_on_answer, a});
}

static inline void sim_happen(struct sim *s, struct sim_event *e)
{
	switch (e->what) {
	case SIM_REQUEST:
		sim_deliver(e->call);
		break;
	case SIM_REPLY:
		sim_end(e->call, e->error, (struct hf_bytes){e->body.data, e->body.len});
		sim_call_release(e->call);
		break;
	case SIM_TIMEOUT:
		sim_end(e->call, HF_E_TIMEOUT, (struct hf_bytes){NULL, 0});
		sim_call_release(e->call);
		break;
	case SIM_ACTION:
		e->action(s);
		break;
	}
	hf_buf_done(&e->body);
	free(e);
}

/* ---- instances ---- */

static inline int64_t sim_mono(void *ctx)
{
	return ((struct sim *)ctx)->now;
}

static inline int64_t sim_wall(void *ctx)
{
	return SB_T0 + ((struct sim *)ctx)->now;
}

static inline const struct hf_space *sim_space(void *ctx)
{
	return ((struct sim_inst *)ctx)->sim->space;
}

static inline void sim_emit(void *ctx, struct hf_draft *take)
{
	struct sim_inst *in = ctx;
	struct hf_unit *u = hf_unit_new();
	const void *kind, *detail;
	size_t len, detail_len = 0;

	if (in->sim->trace && hf_draft_get(take, HF_FIELD_ALARM, &kind, &len)) {
		hf_draft_get(take, HF_FIELD_DETAIL, &detail, &detail_len);
		SIM_SAY(in->sim, "%s%s alarm %.*s %.*s", in->base.self.s, in->slot == SIM_TWIN ? "'" : "", (int)len,
		        (const char *)kind, (int)detail_len, detail_len ? (const char *)detail : "");
	}
	hf_unit_draft(u, take);
	if (in->ledger)
		hf_store_submit(in->store, u, NULL, NULL);
	else
		hf_unit_free(u);
}

static inline void sim_dir(const struct sim *s, unsigned slot, const char *suffix, char out[300])
{
	snprintf(out, 300, "%s/%u%s", s->dir, slot, suffix);
}

static inline void sim_open(struct sim *s, unsigned slot)
{
	struct sim_inst *in = &s->inst[slot];
	struct hf_ledger_net net = {sim_space, sim_net_call, in};
	struct hf_fault f = {HF_OK, ""};
	struct hf_store_options o;

	if (in->ledger || in->refused)
		return;
	in->base.loop = &s->loop;
	in->base.clock = (struct hf_clock){sim_wall, sim_mono, s};
	in->base.log = hf_log_new(s->log_fd, &in->base.clock, s->sb->name[in->who], HF_LOG_ERROR);
	in->base.metrics = hf_metrics_new();
	in->base.audit = (struct hf_audit){sim_emit, in};
	if (!hf_name_parse(s->sb->name[in->who], &in->base.self))
		abort();
	sim_dir(s, slot, "", in->base.dir);
	mkdir(in->base.dir, 0700);
	hf_store_options_default(&o);
	o.env.map_bytes = 8u << 20;
	if (hf_store_open_with(&in->base, &o, &in->store, &f) != HF_OK)
		SIM_DIE(s, "%s", f.text);
	if (hf_ledger_open(&in->base, in->store, &in->keys, SB_SPACE, &in->ledger, &f) != HF_OK) {
		SIM_SAY(s, "%s refuses to open: %s", in->base.self.s, f.text);
		if (!in->set_back)
			SIM_DIE(s, "%s refuses its own folder: %s", in->base.self.s, f.text);
		in->refused = true;
		hf_store_close(in->store);
		sim_settle(s);
		hf_metrics_free(in->base.metrics);
		hf_log_free(in->base.log);
		in->ledger = NULL;
		return;
	}
	hf_ledger_start_net(in->ledger, &net);
	if (s->lies && in->who == s->liar)
		in->ledger->gate_open = true; /* it asks nobody */
}

static inline void sim_close(struct sim *s, unsigned slot)
{
	struct sim_inst *in = &s->inst[slot];
	struct hf_ledger *l = in->ledger;

	if (!l)
		return;
	for (struct sim_call *c = s->calls; c; c = c->next)
		if (c->from == slot)
			sim_end(c, HF_E_CANCELLED, (struct hf_bytes){NULL, 0});
	hf_store_close(in->store);
	in->ledger = NULL;
	hf_ledger_close(l);
	sim_settle(s);
	hf_metrics_free(in->base.metrics);
	hf_log_free(in->base.log);
}

static inline int sim_remove_one(const char *path, const struct stat *st, int flag, struct FTW *f)
{
	(void)st, (void)flag, (void)f;
	return remove(path);
}

static inline void sim_remove(const char *path)
{
	nftw(path, sim_remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static char sim_copy_to[300];
static size_t sim_copy_skip;

static inline int sim_copy_one(const char *path, const struct stat *st, int flag, struct FTW *f)
{
	struct hf_buf data HF_CLEANUP(hf_buf_done) = HF_BUF_INIT;
	char to[800];

	(void)f;
	snprintf(to, sizeof(to), "%s%s", sim_copy_to, path + sim_copy_skip);
	if (flag == FTW_D)
		return mkdir(to, 0700);
	if (hf_file_read(path, (size_t)st->st_size + 1, &data) != HF_OK)
		return -1;
	return hf_file_write(to, data.data, data.len, 0600) == HF_OK ? 0 : -1;
}

/* A whole folder; its node must not be running. */
static inline void sim_copy(struct sim *s, const char *from, const char *to)
{
	sim_remove(to);
	snprintf(sim_copy_to, sizeof(sim_copy_to), "%s", to);
	sim_copy_skip = strlen(from);
	if (nftw(from, sim_copy_one, 16, FTW_PHYS) != 0)
		SIM_DIE(s, "%s cannot be copied", from);
}

/* ---- the run ---- */

static inline int64_t sim_due(struct sim *s)
{
	int64_t due = s->events ? s->events->at : INT64_MAX;

	for (unsigned i = 0; i < SIM_INSTANCES; i++)
		if (s->inst[i].ledger && s->inst[i].ledger->due_ms < due)
			due = s->inst[i].ledger->due_ms;
	return due;
}

static inline void sim_until(struct sim *s, int64_t end)
{
	for (;;) {
		int64_t due = sim_due(s);

		if (due > end)
			break;
		s->now = due > s->now ? due : s->now + (s->events && s->events->at <= s->now ? 0 : 1);
		for (unsigned i = 0; i < SIM_INSTANCES; i++)
			if (s->inst[i].ledger && s->inst[i].ledger->due_ms <= s->now)
				hf_ledger_wake(s->inst[i].ledger);
		if (s->events && s->events->at <= s->now) {
			struct sim_event *e = s->events;

			s->events = e->next;
			sim_happen(s, e);
		}
		sim_settle(s);
	}
	s->now = end;
}

static inline void sim_space_build(struct sim *s, void (*shape)(struct sb_space *sb))
{
	struct hf_fault f = {HF_OK, ""};
	struct hf_sign_pub root;

	s->sb = sb_new(1);
	shape(s->sb);
	hf_buf_init(&s->descriptor, 0);
	sb_sign(s->sb, &s->descriptor);
	memcpy(root.b, s->sb->root_pub, sizeof(root.b));
	s->space = hf_space_new(&root);
	if (hf_space_extend(s->space, s->descriptor.data, s->descriptor.len, &f) != HF_OK)
		SIM_DIE(s, "%s", f.text);
}

static inline void sim_nothing(uv_prepare_t *alive)
{
	(void)alive;
}

static inline struct sim *sim_new(uint64_t seed, bool trace, void (*shape)(struct sb_space *sb))
{
	struct sim *s = calloc(1, sizeof(*s));

	s->seed = s->rng = seed;
	s->trace = trace;
	s->now = 1000;
	sim_now = s;
	snprintf(s->dir, sizeof(s->dir), "%s/hufu-sim-XXXXXX", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	if (!mkdtemp(s->dir) || uv_loop_init(&s->loop) != 0)
		abort();
	uv_prepare_init(&s->loop, &s->alive);
	uv_prepare_start(&s->alive, sim_nothing);
	s->log_fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
	sim_space_build(s, shape);
	for (unsigned i = 0; i < SIM_INSTANCES; i++)
		s->inst[i] = (struct sim_inst){.sim = s, .slot = i, .who = i};
	return s;
}

static inline void sim_keys(struct sim *s, unsigned slot)
{
	struct sim_inst *in = &s->inst[slot];
	struct hf_sign_key **key = s->sb->key[in->who];

	in->keys = (struct hf_node_keys){.envelope = key[HF_KEY_ENVELOPE],
	                                 .log = key[HF_KEY_LOG],
	                                 .witness = key[HF_KEY_WITNESS],
	                                 .mirror = key[HF_KEY_MIRROR],
	                                 .recovery = key[HF_KEY_RECOVERY]};
	in->keys.store_key = calloc(1, 32);
	in->keys.store_key[0] = (uint8_t)(in->who + 1);
}

static inline void sim_free(struct sim *s)
{
	for (unsigned i = 0; i < SIM_INSTANCES; i++) {
		sim_close(s, i);
		free(s->inst[i].keys.store_key);
	}
	while (s->events) {
		struct sim_event *e = s->events;

		s->events = e->next;
		if (e->call)
			sim_call_release(e->call);
		hf_buf_done(&e->body);
		free(e);
	}
	while (s->signed_ones) {
		struct sim_signed *x = s->signed_ones;

		s->signed_ones = x->next;
		free(x->leaf);
		free(x);
	}
	uv_close((uv_handle_t *)&s->alive, NULL);
	uv_run(&s->loop, UV_RUN_DEFAULT);
	if (uv_loop_close(&s->loop) != 0 || s->calls)
		SIM_DIE(s, "something is left over");
	hf_space_free(s->space);
	hf_buf_done(&s->descriptor);
	sb_free(s->sb);
	close(s->log_fd);
	sim_remove(s->dir);
	free(s);
}

#endif
