/*
 * The replication protocol under delays, loss, duplicates, reordering, cut lines, restarts, old copies put back and
 * liars (SB-58, SB-66, DS-102): each seed is a plan, and after it, when the network is whole again, what must always
 * hold is checked.
 *
 *   unit_ledger_sim_test [--seed N] [--seeds COUNT]    with HUFU_LONG, HUFU_SEED=N is the first of them, else 1
 *
 * A thousand seeds, with HUFU_LONG twenty thousand. One seed alone is told step by step.
 */
#include "sim.h"

#define PLAN_MS 150000
#define HEAL_MS (5 * HF_LEDGER_HEADS_MS)
/* Requests of honest logs, over all plans, that may ask whether checkpoints agree. */
#define QUESTIONS_PER_THOUSAND 100
#ifdef HUFU_SANITIZED
#define SEEDS 60 /* ten and more times slower */
#else
#define SEEDS 1000
#endif

/* Every log is stored by two others beside the witnesses. */
static void shape(struct sb_space *sb)
{
	static char *mirrors[SB_NODES][2];

	for (unsigned n = 0; n < SB_NODES; n++) {
		mirrors[n][0] = (char *)(uintptr_t)sb->name[(n + 1) % SB_NODES];
		mirrors[n][1] = (char *)(uintptr_t)sb->name[(n + 2) % SB_NODES];
		sb->member[n].mirrors = mirrors[n];
		sb->member[n].n_mirrors = 2;
	}
}

static bool mirrors(unsigned mirror, unsigned of)
{
	return mirror == (of + 1) % SB_NODES || mirror == (of + 2) % SB_NODES;
}

static bool is_liar(const struct sim *s, unsigned who)
{
	return s->lies && who == s->liar;
}

static const char *origin_of(const struct sim *s, unsigned who)
{
	static char origin[HF_ORIGIN_MAX + 1];

	hf_space_origin(SB_SPACE, s->sb->name[who], origin);
	return origin;
}

/* ---- actions ---- */

struct ack {
	struct sim *s;
	unsigned slot;
};

static void on_ack(void *ctx, enum hf_err e, const struct hf_commit *info)
{
	struct ack a = *(struct ack *)ctx;
	struct sim_inst *in = &a.s->inst[a.slot];

	free(ctx);
	if (e != HF_OK || !in->ledger)
		return;
	struct hf_tree tree = {&in->ledger->own, &in->ledger->rows};

	in->acked = info->first_entry + info->entries;
	if (!hf_tree_root(&tree, in->acked, &in->acked_root))
		SIM_DIE(a.s, "%s has acknowledged %" PRIu64 " entries and cannot read them", in->base.self.s,
		        in->acked);
}

static void write_some(struct sim *s, unsigned slot)
{
	struct sim_inst *in = &s->inst[slot];
	uint64_t count = 1 + sim_random(s, 4);
	struct ack *a;
	struct hf_unit *u;

	if (!in->ledger)
		return;
	u = hf_unit_new();
	for (uint64_t i = 0; i < count; i++) {
		struct hf_draft *d = hf_draft_new(HF_EVENT_COMMAND, NULL);

		hf_draft_textf(d, HF_FIELD_OBJECT, "%u/%" PRIu64, slot, sim_random(s, 1u << 30));
		hf_unit_draft(u, d);
	}
	a = calloc(1, sizeof(*a));
	*a = (struct ack){s, slot};
	SIM_SAY(s, "%s%s writes %" PRIu64, in->base.self.s, slot == SIM_TWIN ? "'" : "", count);
	hf_store_submit(in->store, u, on_ack, a);
}

static void do_write(struct sim *s)
{
	write_some(s, (unsigned)sim_random(s, SIM_INSTANCES));
}

static void check_kept(struct sim *s, unsigned slot)
{
	struct sim_inst *in = &s->inst[slot];
	struct hf_hash root;

	if (!in->ledger || in->set_back || in->acked == 0)
		return;
	struct hf_tree tree = {&in->ledger->own, &in->ledger->rows};

	if (hf_sequence_size(in->ledger->sequence) < in->acked || !hf_tree_root(&tree, in->acked, &root) ||
	    !hf_hash_equal(&root, &in->acked_root))
		SIM_DIE(s, "%s has lost entries that it acknowledged", in->base.self.s);
}

static void up_again(struct sim *s)
{
	for (unsigned i = 0; i < SIM_INSTANCES; i++) {
		if (i == SIM_TWIN && !s->inst[i].saved)
			continue;
		sim_open(s, i);
		sim_settle(s);
		check_kept(s, i);
	}
}

static void do_stop(struct sim *s)
{
	unsigned slot = (unsigned)sim_random(s, SB_NODES);

	SIM_SAY(s, "%s stops", s->sb->name[slot]);
	sim_close(s, slot);
	sim_at(s, s->now + (int64_t)sim_random(s, 40000), SIM_ACTION)->action = up_again;
}

static void whole(struct sim *s)
{
	SIM_SAY(s, "the network is whole");
	s->cut = 0;
}

static void do_cut(struct sim *s)
{
	s->cut = (unsigned)sim_random(s, 1u << SB_NODES);
	SIM_SAY(s, "a line is cut: %x", s->cut);
	sim_at(s, s->now + 1000 + (int64_t)sim_random(s, 60000), SIM_ACTION)->action = whole;
}

/* A copy is taken of the first node that is not the liar; later, once in a run, it takes the node's place. */
static void do_back_up(struct sim *s)
{
	unsigned slot = (s->liar + 1 + (unsigned)(s->seed % (SB_NODES - 1))) % SB_NODES;
	struct sim_inst *in = &s->inst[slot];
	char from[300], to[300];

	if (in->set_back || in->refused)
		return;
	sim_dir(s, slot, "", from);
	sim_dir(s, slot, "-copy", to);
	sim_close(s, slot);
	if (in->saved) {
		SIM_SAY(s, "%s is set back to its copy", s->sb->name[slot]);
		sim_copy(s, to, from);
		in->set_back = true;
	} else {
		SIM_SAY(s, "%s is copied", s->sb->name[slot]);
		sim_copy(s, from, to);
		in->saved = true;
	}
	sim_open(s, slot);
}

/* From now on the liar is two. */
static void do_fork(struct sim *s)
{
	char from[300], to[300];

	if (s->inst[SIM_TWIN].saved)
		return;
	SIM_SAY(s, "%s becomes two%s; the twin speaks with %x", s->sb->name[s->liar], s->silent ? " and is silent" : "",
	        s->side);
	sim_dir(s, s->liar, "", from);
	sim_dir(s, SIM_TWIN, "", to);
	sim_close(s, s->liar);
	sim_copy(s, from, to);
	s->inst[SIM_TWIN].saved = true;
	s->lies = true;
	sim_open(s, s->liar);
	sim_open(s, SIM_TWIN);
}

/* The liar shows its other half to some from now on. */
static void do_turn(struct sim *s)
{
	s->side = (unsigned)sim_random(s, 1u << SB_NODES);
	SIM_SAY(s, "the twin speaks with %x", s->side);
}

/* ---- what must hold ---- */

/* No witness cosigns two branches, unless it was set back; and never have two branches a quorum of cosignatures. */
static void check_quorums(struct sim *s)
{
	unsigned forgetful = 0;

	for (unsigned i = 0; i < SB_NODES; i++)
		forgetful |= (unsigned)s->inst[i].set_back << i;
	for (struct sim_signed *a = s->signed_ones; a; a = a->next)
		for (struct sim_signed *b = a->next; b; b = b->next) {
			if (a->who != b->who || sim_one_history(a, b))
				continue;
			if (a->cosigners & b->cosigners & ~forgetful)
				SIM_DIE(s, "a witness cosigned two branches of %s, at %" PRIu64 " and %" PRIu64,
				        s->sb->name[a->who], a->size, b->size);
			if (sim_backing(s, a) >= s->sb->d.quorum && sim_backing(s, b) >= s->sb->d.quorum)
				SIM_DIE(s, "%s has two branches with a quorum, at %" PRIu64 " and %" PRIu64,
				        s->sb->name[a->who], a->size, b->size);
		}
}

static bool signed_two(const struct sim *s, unsigned who)
{
	for (struct sim_signed *a = s->signed_ones; a; a = a->next)
		for (struct sim_signed *b = a->next; b; b = b->next)
			if (a->who == who && b->who == who && !sim_one_history(a, b))
				return true;
	return false;
}

/* The checkpoint that an honest node has on record of a log, as witness or as mirror. */
static struct sim_signed *on_record(struct sim *s, unsigned at, unsigned of, bool mirror)
{
	struct hf_ledger *l = s->inst[at].ledger;
	Hufu__WitnessRow *w HF_CLEANUP(hf_decoded_done) = l && !mirror ? hf_witness_row(l, origin_of(s, of)) : NULL;
	Hufu__MirrorRow *m HF_CLEANUP(hf_decoded_done) = l && mirror ? hf_mirror_row(l, origin_of(s, of)) : NULL;
	struct hf_checkpoint c = {.size = w ? w->size : m ? m->size : 0};

	if (c.size == 0)
		return NULL;
	memcpy(c.root.b, w ? w->root.data : m->root.data, sizeof(c.root.b));
	return sim_find_signed(s, of, &c);
}

/* Two signed checkpoints held by honest nodes contradict each other and somebody can show it: they are of one size, or
 * a mirror has the larger tree. */
static bool provable(struct sim *s, unsigned of)
{
	for (unsigned a = 0; a < 2 * SB_NODES; a++)
		for (unsigned b = 0; b < 2 * SB_NODES; b++) {
			struct sim_signed *x, *y;

			if (is_liar(s, a % SB_NODES) || is_liar(s, b % SB_NODES))
				continue;
			x = on_record(s, a % SB_NODES, of, a >= SB_NODES);
			y = on_record(s, b % SB_NODES, of, b >= SB_NODES);
			if (!x || !y || sim_one_history(x, y) ||
			    (x->size != y->size && (y->size < x->size || b < SB_NODES)))
				continue;
			SIM_SAY(s, "%s has %" PRIu64 " of %s, %s %s the other branch at %" PRIu64,
			        s->sb->name[a % SB_NODES], x->size, s->sb->name[of], s->sb->name[b % SB_NODES],
			        b < SB_NODES ? "cosigned" : "mirrors", y->size);
			return true;
		}
	return false;
}

/* No honest log is frozen; every log that has shown two histories is, at all honest nodes. */
static void check_frozen(struct sim *s)
{
	for (unsigned of = 0; of < SB_NODES; of++) {
		bool two = signed_two(s, of), must = two && provable(s, of);

		for (unsigned at = 0; at < SB_NODES; at++) {
			struct hf_ledger *l = s->inst[at].ledger;
			bool frozen = l && !is_liar(s, at) && hf_frozen(l, origin_of(s, of));

			if (frozen && !two)
				SIM_DIE(s, "%s has frozen the honest log of %s", s->sb->name[at], s->sb->name[of]);
			if (must && !frozen && l && !is_liar(s, at) && at != of)
				SIM_DIE(s, "%s has not frozen the log of %s, which shows two histories",
				        s->sb->name[at], s->sb->name[of]);
		}
	}
}

/* What an honest log has signed last is what its witnesses and mirrors hold. */
static void check_converged(struct sim *s)
{
	for (unsigned of = 0; of < SB_NODES; of++) {
		struct hf_ledger *l = s->inst[of].ledger;
		struct hf_checkpoint newest;

		if (!l || is_liar(s, of) || l->halted[0] || signed_two(s, of))
			continue;
		if (l->round.size != hf_sequence_size(l->sequence) || l->witnessed.size != l->round.size)
			SIM_DIE(s, "%s has %" PRIu64 " entries, %" PRIu64 " signed, %" PRIu64 " witnessed",
			        s->sb->name[of], hf_sequence_size(l->sequence), l->round.size, l->witnessed.size);
		newest = (struct hf_checkpoint){.size = l->round.size, .root = l->round.root};
		for (unsigned at = 0; at < SB_NODES; at++)
			if (mirrors(at, of) && s->inst[at].ledger && !is_liar(s, at) &&
			    !s->inst[at].ledger->halted[0] &&
			    on_record(s, at, of, true) != sim_find_signed(s, of, &newest))
				SIM_DIE(s, "the mirror %s does not hold the log of %s", s->sb->name[at],
				        s->sb->name[of]);
	}
}

/* What the seeds have gone through, so that a plan which tests nothing is seen. */
static struct {
	unsigned set_back, two, exposed, unprovable, honest;
	uint64_t delivered, questions, worst; /* of honest plans; worst: questions per thousand requests of one */
} met;

/* Honest logs need hardly a question whether two checkpoints agree, however badly the network behaves. */
static void count_questions(struct sim *s)
{
	uint64_t share = s->delivered ? s->questions * 1000 / s->delivered : 0;

	met.honest++;
	met.delivered += s->delivered;
	met.questions += s->questions;
	met.worst = share > met.worst ? share : met.worst;
}

static void count(struct sim *s)
{
	bool honest = true;

	for (unsigned i = 0; i < SB_NODES; i++) {
		bool two = signed_two(s, i);

		met.set_back += s->inst[i].set_back;
		met.two += two;
		met.exposed += two && provable(s, i);
		met.unprovable += two && !provable(s, i);
		honest = honest && !two && !s->inst[i].set_back;
	}
	if (honest && !s->lies)
		count_questions(s);
}

/* ---- one run ---- */

static void plan(struct sim *s)
{
	static void (*const actions[])(struct sim * s) = {do_write, do_write, do_write, do_write,  do_write,
	                                                  do_stop,  do_cut,   do_stop,  do_back_up};
	uint64_t count = 8 + sim_random(s, 12);
	bool liar = sim_chance(s, 50);

	s->loss = (unsigned)sim_random(s, 3) * 8;
	s->twice = (unsigned)sim_random(s, 3) * 8;
	s->slow = (unsigned)sim_random(s, 3) * 10;
	s->liar = (unsigned)sim_random(s, SB_NODES);
	s->silent = sim_chance(s, 50);
	s->side = (unsigned)sim_random(s, 1u << SB_NODES);
	for (uint64_t i = 0; i < count; i++)
		sim_at(s, s->now + (int64_t)sim_random(s, PLAN_MS), SIM_ACTION)->action =
		        actions[sim_random(s, sizeof(actions) / sizeof(actions[0]))];
	if (liar)
		for (unsigned i = 0; i < 3; i++)
			sim_at(s, s->now + 5000 + (int64_t)sim_random(s, PLAN_MS - 5000), SIM_ACTION)->action =
			        i == 0 ? do_fork : do_turn;
}

static void heal(struct sim *s)
{
	s->loss = s->twice = s->slow = s->cut = 0;
	up_again(s);
	for (unsigned a = 0; a < SIM_INSTANCES; a++) {
		for (unsigned b = 0; s->inst[a].ledger && b < SB_NODES; b++)
			if (s->inst[a].who != b)
				hf_ledger_peer_up(s->inst[a].ledger, s->sb->name[b]);
		write_some(s, a);
	}
	sim_settle(s);
}

static void run(uint64_t seed, bool trace)
{
	struct sim *s = sim_new(seed, trace, shape);

	s->inst[SIM_TWIN].who = 0;
	plan(s);
	s->inst[SIM_TWIN].who = s->liar;
	for (unsigned i = 0; i < SIM_INSTANCES; i++)
		sim_keys(s, i);
	for (unsigned i = 0; i < SB_NODES; i++)
		sim_open(s, i);
	sim_until(s, s->now + PLAN_MS);
	heal(s);
	sim_until(s, s->now + HEAL_MS);
	for (unsigned i = 0; i < SIM_INSTANCES; i++)
		check_kept(s, i);
	check_quorums(s);
	check_frozen(s);
	check_converged(s);
	count(s);
	sim_free(s);
}

int main(int argc, char **argv)
{
	const char *first = getenv("HUFU_LONG") ? getenv("HUFU_SEED") : NULL;
	uint64_t seed = first && *first ? strtoull(first, NULL, 10) : 1,
	         seeds = getenv("HUFU_LONG") ? 20 * SEEDS : SEEDS;
	bool trace = false;

	for (int i = 1; i + 1 < argc; i += 2) {
		trace = trace || strcmp(argv[i], "--seed") == 0;
		*(strcmp(argv[i], "--seed") == 0 ? &seed : &seeds) = strtoull(argv[i + 1], NULL, 10);
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (!hf_crypto_init())
		return 1;
	for (uint64_t i = 0; i < (trace ? 1 : seeds); i++)
		run(seed + i, trace);
	printf("%" PRIu64 " seeds from %" PRIu64
	       " on: %u nodes set back; %u logs signed two histories, %u of them exposed "
	       "everywhere, %u without a proof among the honest\n",
	       trace ? 1 : seeds, seed, met.set_back, met.two, met.exposed, met.unprovable);
	printf("%u plans of honest logs: %" PRIu64 " of %" PRIu64 " requests ask whether checkpoints agree, %" PRIu64
	       " per thousand in the worst plan\n",
	       met.honest, met.questions, met.delivered, met.worst);
	if (seeds >= SEEDS && met.questions * 1000 > met.delivered * QUESTIONS_PER_THOUSAND)
		return 1; /* a storm among the honest */
	return trace || seeds < SEEDS || (met.set_back > 0 && met.exposed > 0) ? 0 : 1;
}
