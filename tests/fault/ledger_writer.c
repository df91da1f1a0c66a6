/*
 * ledger_writer.c - the program that the crash tests kill, and whose system calls they let fail: four ledgers with real
 * stores on one loop, of which "hub" is the one that is harmed. It writes, signs, is witness and mirror of the others
 * and receives their openings.
 *
 *   hufu-ledger-writer FOLDER FILE [--rounds N] [--hold] [--harmed]
 *
 * FILE, outside of the folder, takes down what was acknowledged to anybody, and every checkpoint that left a process,
 * before anybody else hears of it. At each start all of that is demanded of what is stored; then the program writes
 * (for ever without --rounds). --hold waits for a line on stdin first. --harmed: something fails on purpose, so units
 * may be refused and nobody waits for a quorum; otherwise the node must go on to a witnessed, exported, checked ledger.
 *
 * Prints what it found last on stdout: "whole" (status 0), "refused: SENTENCE" (3: the node does not start, or starts
 * read-only because it knows that entries are missing), or "BAD: what is lost" (1).
 */
#include "evidence/tally.h"
#include "unit/ledger/kit.h"

#define PATIENCE_MS 20000
#define HARMED_MS 150
#define HARMED SB_HUB
#define LINE_MAX_BYTES 400

static const unsigned nodes[] = {SB_AUDIT, SB_PORT, SB_ROADS, SB_HUB};
#define NODES (sizeof(nodes) / sizeof(nodes[0]))

/* What one node asked another one last: one request at a time is under way in each lane. */
struct asked {
	uint64_t number;
	struct hf_hash root;
	char origin[HF_ORIGIN_MAX + 1];
};
struct writer {
	struct kit *kit;
	int book; /* of what was acknowledged */
	bool harmed;
	unsigned rounds, unit;
	struct asked asked[SB_NODES][SB_NODES][64]; /* from, to, type */
	char dir[200];
};

__attribute__((noreturn, format(printf, 1, 2))) static void bad(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	printf("BAD: ");
	vprintf(fmt, args);
	printf("\n");
	fflush(stdout);
	va_end(args);
	_exit(1);
}

/* One write each, so that a line is there or not. */
__attribute__((format(printf, 2, 3))) static void note_down(struct writer *w, const char *fmt, ...)
{
	char line[LINE_MAX_BYTES];
	va_list args;
	int len;

	va_start(args, fmt);
	len = vsnprintf(line, sizeof(line), fmt, args);
	va_end(args);
	if (len < 0 || len >= (int)sizeof(line) || write(w->book, line, (size_t)len) != len)
		bad("the file of what was acknowledged cannot be written");
}

static bool checkpoint_of(const ProtobufCBinaryData *note, struct hf_checkpoint *ret)
{
	const char *end = memmem(note->data, note->len, "\n\n", 2);

	return end && hf_checkpoint_parse((const char *)note->data, (size_t)(end - (const char *)note->data) + 1, ret);
}

/* A signed checkpoint leaves its log. */
static void note_signed(struct writer *w, const struct kit_call *c, const ProtobufCBinaryData *note)
{
	struct asked *a = &w->asked[c->from][c->to][c->type];
	struct hf_checkpoint p;
	char hex[65];

	if (!checkpoint_of(note, &p))
		return;
	hf_hash_hex(&p.root, hex);
	note_down(w, "signed %u %llu %s\n", c->from, (unsigned long long)p.size, hex);
	a->root = p.root;
	a->number = p.size;
}

static bool on_way(struct kit *k, const struct kit_call *c, struct hf_buf *body)
{
	struct writer *w = k->user;
	struct asked *a = &w->asked[c->from][c->to][c->type];

	if (c->type == HF_MSG_CHECKPOINT_ADD) {
		Hufu__CheckpointAdd *in HF_CLEANUP(hf_decoded_done) = HF_DECODE(checkpoint_add, body->data, body->len);

		note_signed(w, c, &in->note);
	} else if (c->type == HF_MSG_MIRROR_ADD) {
		Hufu__MirrorAdd *in HF_CLEANUP(hf_decoded_done) = HF_DECODE(mirror_add, body->data, body->len);

		note_signed(w, c, &in->note);
	} else if (c->type == HF_MSG_OPENINGS_PUSH) {
		Hufu__OpeningsPush *in HF_CLEANUP(hf_decoded_done) = HF_DECODE(openings_push, body->data, body->len);

		a->number = in->openings[in->n_openings - 1]->index;
		snprintf(a->origin, sizeof(a->origin), "%s", in->origin);
	}
	return true;
}

/* The harmed node's word to others. */
static void on_heard(struct kit *k, const struct kit_call *c)
{
	struct writer *w = k->user;
	const struct asked *a = &w->asked[c->from][c->to][c->type];
	char hex[65];

	if (c->to != HARMED || c->error != HF_OK)
		return;
	if (c->type == HF_MSG_CHECKPOINT_ADD) {
		Hufu__CheckpointReply *r HF_CLEANUP(hf_decoded_done) =
		        HF_DECODE(checkpoint_reply, c->body.data, c->body.len);

		hf_hash_hex(&a->root, hex);
		if (r->cosignature.len)
			note_down(w, "cosigned %u %llu %s\n", c->from, (unsigned long long)a->number, hex);
	} else if (c->type == HF_MSG_MIRROR_ADD) {
		Hufu__MirrorReply *r HF_CLEANUP(hf_decoded_done) = HF_DECODE(mirror_reply, c->body.data, c->body.len);

		note_down(w, "mirrored %u %llu -\n", c->from, (unsigned long long)r->next);
	} else if (c->type == HF_MSG_OPENINGS_PUSH) {
		note_down(w, "opened %u %llu %s\n", c->from, (unsigned long long)a->number, a->origin);
	}
}

/* A unit of the harmed node: two entries of a transaction and a row. */
struct pending {
	struct writer *writer;
	unsigned number;
	bool done;
};

static void on_settled(void *ctx, enum hf_err e, const struct hf_commit *info)
{
	struct pending *p = ctx;

	if (e == HF_OK)
		note_down(p->writer, "entry %u %llu unit-%ld-%u\n", HARMED, (unsigned long long)info->first_entry,
		          (long)getpid(), p->number);
	else if (p->writer->harmed)
		note_down(p->writer, "failed %u 0 unit-%ld-%u\n", HARMED, (long)getpid(), p->number);
	else
		bad("unit %u was refused: %s", p->number, hf_err_text(e));
	p->done = true;
}

static void submit(struct writer *w, unsigned node, const char *party,
                   void (*fn)(void *, enum hf_err, const struct hf_commit *), struct pending *p)
{
	struct kit_node *n = &w->kit->node[node];
	struct hf_id txn = hf_id_new(kit_now(w->kit));
	struct hf_unit *u = hf_unit_new();
	char name[80];

	snprintf(name, sizeof(name), "unit-%ld-%u", (long)getpid(), p->number);
	for (unsigned i = 0; i < 2; i++) {
		struct hf_draft *d = hf_draft_new(HF_EVENT_COMMAND, &txn);

		hf_draft_party(d, party);
		hf_draft_text(d, HF_FIELD_DETAIL, name);
		hf_draft_outcome(d, HF_OK, NULL);
		hf_unit_draft(u, d);
	}
	hf_unit_put(u, HF_TABLE_META, name, strlen(name), "here", 4);
	hf_store_submit(n->store, u, fn, p);
}

static void detail_of(struct kit_node *n, uint64_t index, char *out, size_t cap)
{
	struct hf_opened o HF_CLEANUP(hf_opened_done) = HF_OPENED_INIT;
	enum hf_err e = hf_opening_read(&n->ledger->opening_keys, &n->ledger->own, &n->ledger->rows, index, &o);

	if (e != HF_OK)
		bad("the private fields of entry %llu cannot be opened: %s", (unsigned long long)index, hf_err_text(e));
	if (!hf_opening_text(o.opening, HF_FIELD_DETAIL, out, cap))
		out[0] = '\0';
}

/* What a line of the file says must be so. */
struct line {
	char word[16], text[HF_ORIGIN_MAX + 80];
	unsigned node;
	unsigned long long number;
};

static void check_entry(struct writer *w, const struct line *l)
{
	struct kit_node *n = &w->kit->node[HARMED];
	char detail[120];

	for (uint64_t i = l->number; i < l->number + 2; i++) {
		if (i >= kit_state(n).durable)
			bad("acknowledged entry %llu of %s is lost", (unsigned long long)i, l->text);
		detail_of(n, i, detail, sizeof(detail));
		if (strcmp(detail, l->text) != 0)
			bad("entry %llu is of %s instead of %s", (unsigned long long)i, detail, l->text);
	}
	if (!hf_store_has(n->store, HF_TABLE_META, l->text, strlen(l->text)))
		bad("the row of %s is lost", l->text);
}

static void check_failed(struct writer *w, const struct line *l)
{
	if (hf_store_has(w->kit->node[HARMED].store, HF_TABLE_META, l->text, strlen(l->text)))
		bad("%s was refused and is there", l->text);
}

/* Never two roots for one size: each that ever left is the one of the ledger as it is now. */
static void check_signed(struct writer *w, const struct line *l)
{
	struct hf_ledger *g = w->kit->node[l->node].ledger;
	struct hf_tree tree = {&g->own, &g->rows};
	struct hf_hash root;
	char hex[65];

	if (g->promise.size < l->number)
		bad("node %u signed %llu and remembers %llu", l->node, l->number, (unsigned long long)g->promise.size);
	if (!hf_tree_root(&tree, l->number, &root))
		bad("node %u has no root of size %llu, which it signed", l->node, l->number);
	hf_hash_hex(&root, hex);
	if (strcmp(hex, l->text) != 0)
		bad("node %u has two roots of size %llu: %s now, and %s left it", l->node, l->number, hex, l->text);
}

static void check_cosigned(struct writer *w, const struct line *l)
{
	struct kit_node *n = &w->kit->node[HARMED];
	Hufu__WitnessRow *row HF_CLEANUP(hf_decoded_done) = NULL;
	struct hf_buf b HF_CLEANUP(hf_buf_done) = HF_BUF_INIT;
	const char *origin = w->kit->node[l->node].ledger->own.origin;
	char hex[65];
	struct hf_hash root;

	if (hf_store_get(n->store, HF_TABLE_WITNESS, origin, strlen(origin), &b) == HF_OK)
		row = HF_DECODE_OWN(witness_row, b.data, b.len);
	if (!row || row->size < l->number)
		bad("a cosignature for node %u of size %llu left and is not on record", l->node, l->number);
	memcpy(root.b, row->root.data, sizeof(root.b));
	hf_hash_hex(&root, hex);
	if (row->size == l->number && strcmp(hex, l->text) != 0)
		bad("another root of node %u at size %llu was cosigned than is on record", l->node, l->number);
}

static void check_mirrored(struct writer *w, const struct line *l)
{
	struct kit_node *n = &w->kit->node[HARMED];
	Hufu__MirrorRow *row HF_CLEANUP(hf_decoded_done) =
	        hf_mirror_row(n->ledger, w->kit->node[l->node].ledger->own.origin);

	if (l->number > 0 && (!row || row->next < l->number))
		bad("the mirror had %llu entries of node %u and has %llu", l->number, l->node,
		    row ? (unsigned long long)row->next : 0);
}

static void check_opened(struct writer *w, const struct line *l)
{
	struct hf_ledger *g = w->kit->node[HARMED].ledger;
	struct hf_opened o HF_CLEANUP(hf_opened_done) = HF_OPENED_INIT;
	struct hf_place place = {.own = false};
	enum hf_err e;

	snprintf(place.origin, sizeof(place.origin), "%.250s", l->text);
	e = hf_opening_read(&g->opening_keys, &place, &g->rows, l->number, &o);
	if (e != HF_OK)
		bad("the opening of entry %llu of node %u was acknowledged and cannot be read: %s", l->number, l->node,
		    hf_err_text(e));
}

static const struct {
	const char *word;
	void (*check)(struct writer *w, const struct line *l);
} checks[] = {{"entry", check_entry},       {"failed", check_failed},     {"signed", check_signed},
              {"cosigned", check_cosigned}, {"mirrored", check_mirrored}, {"opened", check_opened}};

/* A kill can cut a line where a page of the file ends: then nobody heard of it. */
static void drop_cut_line(const char *path)
{
	FILE *f = fopen(path, "r+");
	char text[LINE_MAX_BYTES];
	long whole = 0;

	while (f && fgets(text, sizeof(text), f))
		if (text[strlen(text) - 1] == '\n')
			whole = ftell(f);
	if (f && ftruncate(fileno(f), whole) != 0)
		bad("the file of what was acknowledged cannot be cut to whole lines");
	if (f)
		fclose(f);
}

static unsigned check_book(struct writer *w, const char *path)
{
	FILE *f = fopen(path, "r");
	char text[LINE_MAX_BYTES];
	unsigned count = 0;
	struct line l;

	while (f && fgets(text, sizeof(text), f)) {
		if (sscanf(text, "%15s %u %llu %300s", l.word, &l.node, &l.number, l.text) != 4 || l.node >= SB_NODES)
			bad("a line of the file of what was acknowledged is not of the form");
		for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++)
			if (strcmp(l.word, checks[i].word) == 0)
				checks[i].check(w, &l);
		count++;
	}
	if (f)
		fclose(f);
	return count;
}

struct verdict {
	bool done;
	enum hf_err e;
	struct hf_ledger_check c;
};

static void on_check(void *ctx, enum hf_err e, const struct hf_ledger_check *c)
{
	*(struct verdict *)ctx = (struct verdict){true, e, *c};
}

/* The full check of a ledger in n's store; of: NULL for its own, or whose copy. */
static void check_whole(struct kit_node *n, const char *of)
{
	struct verdict v = {.done = false};

	hf_ledger_verify(n->ledger, of, on_check, &v);
	kit_until(n->kit, v.done);
	if (v.e != HF_OK && !(of && v.e == HF_E_UNKNOWN))
		bad("the full check of %s at node %u: %s", of ? of : "its own ledger", n->n, v.c.text);
}

/* A ledger that is behind what it signed signs nothing and waits for its mirrors: it is not the one in the file. */
static void stop_when_set_back(struct kit_node *n)
{
	struct hf_ledger_state s = kit_state(n);

	if (!s.set_back)
		return;
	printf("refused: it is not whole; %s\n", s.halted);
	fflush(stdout);
	_exit(3);
}

static void open_all(struct writer *w)
{
	struct kit *k = w->kit;

	for (size_t i = 0; i < NODES; i++) {
		struct hf_ledger_net net = {kit_space, kit_call, &k->node[nodes[i]]};
		struct hf_fault f = {HF_OK, ""};

		if (kit_try_open(k, nodes[i], &f) != HF_OK) {
			if (nodes[i] != HARMED)
				bad("node %u does not open: %s", nodes[i], f.text);
			printf("refused: %s\n", f.text);
			fflush(stdout);
			_exit(3);
		}
		if (nodes[i] == HARMED)
			stop_when_set_back(&k->node[HARMED]);
		hf_ledger_start_net(k->node[nodes[i]].ledger, &net);
	}
}

static bool settled(struct writer *w)
{
	for (size_t i = 0; i < NODES; i++) {
		struct hf_ledger_state s = kit_state(&w->kit->node[nodes[i]]);

		if (s.durable == 0 || s.witnessed_size != s.durable)
			return false;
	}
	return true;
}

static void on_tick(uv_timer_t *t)
{
	(void)t;
}

/* Until all is witnessed; a harmed node may be past that. */
static void wait_witnessed(struct writer *w)
{
	int64_t limit = kit_mono(NULL) + (w->harmed ? HARMED_MS : PATIENCE_MS);
	uv_timer_t tick;

	uv_timer_init(&w->kit->loop, &tick);
	uv_timer_start(&tick, on_tick, 20, 20);
	while (!settled(w) && kit_mono(NULL) < limit)
		kit_turn(w->kit);
	uv_close((uv_handle_t *)&tick, NULL);
	uv_run(&w->kit->loop, UV_RUN_NOWAIT);
	if (!w->harmed && !settled(w)) {
		struct hf_ledger_state s = kit_state(&w->kit->node[HARMED]);

		bad("the node does not go on: %llu durable, %llu signed, %llu witnessed; %s",
		    (unsigned long long)s.durable, (unsigned long long)s.signed_size,
		    (unsigned long long)s.witnessed_size, s.halted);
	}
}

static void on_others(void *ctx, enum hf_err e, const struct hf_commit *info)
{
	struct pending *p = ctx;

	(void)info;
	if (e != HF_OK)
		bad("a node that nobody harms refuses a unit: %s", hf_err_text(e));
	p->done = true;
}

static void one_round(struct writer *w)
{
	struct pending mine = {w, w->unit, false}, theirs = {w, w->unit, false};

	w->unit++;
	submit(w, HARMED, w->unit % 2 ? "audit" : "roads", on_settled, &mine);
	submit(w, SB_AUDIT, "hub", on_others, &theirs);
	kit_until(w->kit, mine.done && theirs.done);
	if (w->rounds == 0 || w->unit % 3 == 0)
		wait_witnessed(w);
}

/* For ever, always with units under way: what a kill shall meet. */
static void flood(struct writer *w)
{
	struct pending *p = calloc(64, sizeof(*p));

	for (unsigned i = 0;; i++) {
		struct pending *mine = &p[i % 64];

		if (i >= 64)
			kit_until(w->kit, mine->done);
		*mine = (struct pending){w, w->unit++, false};
		submit(w, HARMED, w->unit % 2 ? "audit" : "roads", on_settled, mine);
		if (i % 16 == 0) {
			struct pending *theirs = calloc(1, sizeof(*theirs)); /* for the life of the process */

			*theirs = (struct pending){w, w->unit, false};
			submit(w, SB_AUDIT, "hub", on_others, theirs);
		}
		kit_turn(w->kit);
	}
}

struct ending {
	bool done;
	enum hf_err e;
	uint64_t size;
};

static void on_end(void *ctx, enum hf_err e, uint64_t size)
{
	*(struct ending *)ctx = (struct ending){true, e, size};
}

/* What an outsider sees: an exported folder, checked with nothing but the root key. */
static void check_export(struct writer *w)
{
	struct ending x = {.done = false};
	struct hf_fault f = {HF_OK, ""};
	struct hf_trust trust = {.number = 0};
	struct hf_ledger_report r;
	char dir[260];

	snprintf(dir, sizeof(dir), "%s/export", w->dir);
	kit_remove(dir);
	hf_ledger_export(w->kit->node[HARMED].ledger, NULL, dir, on_end, &x);
	kit_until(w->kit, x.done);
	memcpy(trust.root.b, w->kit->sb->root_pub, sizeof(trust.root.b));
	if (x.e != HF_OK || hf_ledger_verify_dir(&trust, dir, &r, &f) != HF_OK)
		bad("the export: %s %s", hf_err_text(x.e), f.text);
	kit_remove(dir);
}

static void check_all(struct writer *w, const char *book)
{
	unsigned lines = check_book(w, book);

	for (size_t i = 0; i < NODES; i++)
		check_whole(&w->kit->node[nodes[i]], NULL);
	check_whole(&w->kit->node[HARMED], "audit");
	printf("checked %u lines, %llu entries\n", lines, (unsigned long long)kit_state(&w->kit->node[HARMED]).durable);
	fflush(stdout);
}

static struct kit *kit_at(const char *dir)
{
	struct kit *k = kit_new(NULL);

	rmdir(k->dir);
	if (strlen(dir) >= sizeof(k->dir) || (mkdir(dir, 0700) != 0 && errno != EEXIST))
		bad("the folder %s cannot be used", dir);
	snprintf(k->dir, sizeof(k->dir), "%s", dir);
	return k;
}

/* When nothing is under way any more, so that whoever looks on from now on sees everything. */
static void hold(struct writer *w)
{
	bool harmed = w->harmed;
	char line[16];

	w->harmed = false;
	wait_witnessed(w);
	for (bool quiet = false; !quiet;) {
		kit_until(w->kit, !w->kit->live);
		for (size_t i = 0; i < NODES; i++)
			kit_submit(&w->kit->node[nodes[i]], hf_unit_new());
		quiet = !w->kit->live && settled(w);
	}
	kit_submit(&w->kit->node[HARMED], hf_unit_new());
	w->harmed = harmed;
	printf("ready\n");
	fflush(stdout);
	if (!fgets(line, sizeof(line), stdin))
		_exit(2);
}

int main(int argc, char **argv)
{
	struct writer w = {.harmed = false};
	bool wait = false;

	if (argc < 3)
		return 2;
	for (int i = 3; i < argc; i++) {
		if (strcmp(argv[i], "--rounds") == 0 && i + 1 < argc)
			w.rounds = (unsigned)strtoul(argv[++i], NULL, 10);
		wait = wait || strcmp(argv[i], "--hold") == 0;
		w.harmed = w.harmed || strcmp(argv[i], "--harmed") == 0;
	}
	snprintf(w.dir, sizeof(w.dir), "%s", argv[1]);
	w.kit = kit_at(argv[1]);
	w.kit->user = &w;
	w.kit->bend = on_way;
	w.kit->heard = on_heard;
	drop_cut_line(argv[2]);
	w.book = open(argv[2], O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	open_all(&w);
	check_all(&w, argv[2]);
	if (wait)
		hold(&w);
	if (w.rounds == 0)
		flood(&w);
	while (w.unit < w.rounds)
		one_round(&w);
	wait_witnessed(&w);
	if (!w.harmed)
		check_export(&w);
	printf("whole\n");
	fflush(stdout);
	_exit(0);
}
