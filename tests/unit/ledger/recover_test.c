/*
 * Loss on every side: a log that lost entries gets them back from its mirrors and goes on behind them; whatever is
 * lost, copied or started twice, no second history wins a quorum.
 */
#include "kit.h"
#include "ledger/book.h"

static char *mirror_list[2] = {(char *)"audit", (char *)"hub"};

static void health_names_two(struct sb_space *sb)
{
	sb->member[SB_HEALTH].mirrors = mirror_list;
	sb->member[SB_HEALTH].n_mirrors = 2;
}

static int start(void **state)
{
	struct kit *k = kit_new(health_names_two);

	for (unsigned n = 0; n < SB_NODES; n++)
		kit_open(k, n);
	*state = k;
	return 0;
}

static int stop(void **state)
{
	kit_free(*state);
	return 0;
}

static uint64_t mirrored(struct kit *k, unsigned mirror, unsigned of)
{
	char origin[HF_ORIGIN_MAX + 1];
	Hufu__MirrorRow *row;
	uint64_t size;

	hf_space_origin(SB_SPACE, k->sb->name[of], origin);
	row = hf_mirror_row(k->node[mirror].ledger, origin);
	size = row ? row->witnessed_size : 0;
	hf_decoded_free(row);
	return size;
}

static void until_mirrored(struct kit *k, unsigned mirror)
{
	kit_until(k, mirrored(k, mirror, SB_HEALTH) == kit_state(&k->node[SB_HEALTH]).durable);
}

/* Folders of the node under other names: its backups and clones. */
static const char *path_of(struct kit *k, const char *name)
{
	static char path[4][200];
	static unsigned at;
	char *out = path[at++ % 4];

	snprintf(out, sizeof(path[0]), "%s/%s", k->dir, name);
	return out;
}

static char copy_from[200], copy_to[200];

static int copy_one(const char *path, const struct stat *s, int flag, struct FTW *f)
{
	char to[500], block[65536];
	FILE *in, *out;
	size_t n;

	(void)f;
	snprintf(to, sizeof(to), "%s%s", copy_to, path + strlen(copy_from));
	if (flag == FTW_D)
		return mkdir(to, 0700);
	if (!S_ISREG(s->st_mode))
		return 0;
	in = fopen(path, "rb");
	out = fopen(to, "wb");
	assert_true(in && out);
	while ((n = fread(block, 1, sizeof(block), in)) > 0)
		assert_int_equal(fwrite(block, 1, n, out), n);
	fclose(in);
	assert_int_equal(fclose(out), 0);
	return chmod(to, s->st_mode & 0777);
}

static void copy(struct kit *k, const char *from, const char *to)
{
	snprintf(copy_from, sizeof(copy_from), "%s", path_of(k, from));
	snprintf(copy_to, sizeof(copy_to), "%s", path_of(k, to));
	assert_int_equal(nftw(copy_from, copy_one, 16, FTW_PHYS), 0);
}

/* The node that is not running gets the folder of that name instead of its own. */
static void swap_in(struct kit *k, unsigned n, const char *name)
{
	kit_lose(k, n);
	assert_int_equal(rename(path_of(k, name), path_of(k, k->sb->name[n])), 0);
}

static struct hf_draft *note_of(const char *text)
{
	struct hf_draft *d = hf_draft_new(HF_EVENT_COMMAND, NULL);

	hf_draft_text(d, HF_FIELD_OBJECT, text);
	hf_draft_outcome(d, HF_OK, NULL);
	return d;
}

static struct hf_draft *shared_draft(const struct hf_id *txn, const char *party, const char *text)
{
	struct hf_draft *d = hf_draft_new(HF_EVENT_TRANSFER_START, txn);

	hf_draft_text(d, HF_FIELD_OBJECT, text);
	hf_draft_party(d, party);
	hf_draft_outcome(d, HF_OK, NULL);
	return d;
}

struct recovery {
	bool done;
	enum hf_err e;
	struct hf_ledger_recovered c;
};

static void on_recovered(void *ctx, enum hf_err e, const struct hf_ledger_recovered *c)
{
	struct recovery *r = ctx;

	r->done = true;
	r->e = e;
	r->c = *c;
}

static struct recovery recover(struct kit_node *n, bool override)
{
	struct recovery r = {.done = false};
	struct hf_fault f = {HF_OK, ""};

	kit_until(n->kit, n->ledger->gate_open);
	if (hf_ledger_recover(n->ledger, override, on_recovered, &r, &f) != HF_OK)
		fail_msg("%s", f.text);
	assert_false(r.done);
	kit_until(n->kit, r.done);
	return r;
}

static void recover_well(struct kit_node *n, bool override)
{
	struct recovery r = recover(n, override);

	if (r.e != HF_OK)
		fail_msg("%s", r.c.text);
	assert_string_equal(kit_state(n).halted, "");
	assert_false(kit_state(n).read_only);
}

struct check {
	bool done;
	enum hf_err e;
	char text[200];
};

static void on_check(void *ctx, enum hf_err e, const struct hf_ledger_check *c)
{
	struct check *r = ctx;

	r->done = true;
	r->e = e;
	snprintf(r->text, sizeof(r->text), "%.199s", c->text);
}

/* The whole ledger is good, and a mirror agrees. */
static void assert_whole(struct kit *k, struct kit_node *n)
{
	struct check c = {.done = false};

	kit_until_witnessed(n);
	until_mirrored(k, SB_HUB);
	hf_ledger_verify(n->ledger, NULL, on_check, &c);
	kit_until(k, c.done);
	if (c.e != HF_OK)
		fail_msg("%s", c.text);
}

/* What was put aside is recorded again in one unit. */
static uint64_t find(struct kit_node *n, uint64_t from, enum hf_field field, const char *text)
{
	char is[HF_DRAFT_VALUE_MAX + 1];

	kit_until(n->kit, kit_state(n).durable > from);
	for (uint64_t i = from; i < kit_state(n).durable; i++) {
		kit_field(n, i, field, is, sizeof(is));
		if (strcmp(is, text) == 0)
			return i;
	}
	fail_msg("no entry from %d on says '%s'", (int)from, text);
	return 0;
}

static enum hf_err read_own(struct kit_node *n, uint64_t index)
{
	struct hf_opened o = HF_OPENED_INIT;
	enum hf_err e = hf_opening_read(&n->ledger->opening_keys, &n->ledger->own, &n->ledger->rows, index, &o);

	hf_opened_done(&o);
	return e;
}

/* SB-57, SB-58: all is lost. The node says so, is read-only, gets its entries back, and its record goes on behind them:
 * also what it recorded in between. What a party held of the private fields is there again, the rest stays closed. */
static void test_a_lost_store_comes_back(void **state)
{
	struct kit *k = *state;
	struct kit_node *n = &k->node[SB_HEALTH];
	struct hf_id txn = hf_id_new(kit_now(k));
	struct recovery r;
	uint64_t first, alone, size, again;
	char detail[400];

	kit_fill(n, 300);
	alone = kit_write(n, note_of("nobody else's"));
	first = kit_write(n, shared_draft(&txn, "hub", "of the two"));
	kit_until(k, hf_store_count(n->store, HF_TABLE_SHARE) == 0);
	kit_until_witnessed(n);
	until_mirrored(k, SB_HUB);
	size = kit_state(n).durable;
	kit_close(k, SB_HEALTH);
	kit_lose(k, SB_HEALTH);
	n = kit_open(k, SB_HEALTH);
	kit_until(k, kit_state(n).read_only);
	assert_int_equal(kit_state(n).ahead, size);
	kit_write(n, note_of("in between"));
	r = recover(n, false);
	assert_int_equal(r.e, HF_OK);
	assert_int_equal(r.c.size, size);
	assert_int_equal(r.c.entries, size);
	assert_true(r.c.witnessed);
	assert_int_equal(r.c.opened, 1);
	assert_true(r.c.again >= 2);
	kit_until(k, kit_state(n).durable >= size + r.c.again + 1);
	assert_whole(k, n);
	kit_assert_field(n, first, HF_FIELD_OBJECT, "of the two");
	assert_int_equal(read_own(n, alone), HF_E_UNKNOWN);
	again = find(n, size, HF_FIELD_OBJECT, "in between");
	kit_field(n, again, HF_FIELD_DETAIL, detail, sizeof(detail));
	assert_non_null(strstr(detail, "first recorded at 2026-09-21T"));
	find(n, size, HF_FIELD_EVENT, "recovery");
	find(n, size, HF_FIELD_ALARM, "ledger-halted");
	first = kit_write(n, shared_draft(&txn, "hub", "more of the two")); /* the transaction goes on, too */
	kit_assert_field(n, first, HF_FIELD_ORDINAL, "2");
	assert_whole(k, n);
	kit_close(k, SB_HEALTH);
	n = kit_open(k, SB_HEALTH);
	kit_until(k, n->ledger->gate_open);
	assert_string_equal(kit_state(n).halted, "");
}

/* SB-58: an old copy under the newer file of what was signed, and under an old one. */
static void old_copy(struct kit *k, bool all)
{
	struct kit_node *n = &k->node[SB_HEALTH];
	uint64_t kept, old, size;

	kit_fill(n, 20);
	kit_until_witnessed(n);
	old = kit_write(n, note_of("before"));
	kit_until_witnessed(n);
	kit_close(k, SB_HEALTH);
	copy(k, "health", "backup");
	n = kit_open(k, SB_HEALTH);
	kept = kit_state(n).durable;
	kit_fill(n, 50);
	kit_until_witnessed(n);
	until_mirrored(k, SB_HUB);
	size = kit_state(n).durable;
	kit_close(k, SB_HEALTH);
	if (!all) {
		kit_remove(path_of(k, "backup/ledger"));
		assert_int_equal(rename(path_of(k, "health/ledger"), path_of(k, "backup/ledger")), 0);
	}
	swap_in(k, SB_HEALTH, "backup");
	n = kit_open(k, SB_HEALTH);
	kit_until(k, kit_state(n).read_only);
	kit_write(n, note_of("in between"));
	recover_well(n, false);
	kit_until(k, kit_state(n).durable > size);
	assert_whole(k, n);
	kit_assert_field(n, old, HF_FIELD_OBJECT, "before"); /* what was here all the time can be read as before */
	assert_int_equal(read_own(n, kept + 10), HF_E_UNKNOWN);
	find(n, size, HF_FIELD_OBJECT, "in between");
}

static void test_an_old_copy_of_the_store(void **state)
{
	old_copy(*state, false);
}

static void test_an_old_copy_of_everything(void **state)
{
	old_copy(*state, true);
}

/* A mirror that altered an entry is not believed; the next one is. Pages are bounded. */
static void test_a_bad_mirror_is_passed_over(void **state)
{
	struct kit *k = *state;
	struct kit_node *n = &k->node[SB_HEALTH], *bad = &k->node[SB_AUDIT];
	struct hf_place p = {.own = false};
	struct hf_unit *u = hf_unit_new();
	uint8_t key[HF_KEY_MAX], entry[2000];
	struct hf_bytes b;
	struct recovery r;
	unsigned before;

	kit_fill(n, 6000);
	kit_until_witnessed(n);
	until_mirrored(k, SB_HUB);
	until_mirrored(k, SB_AUDIT);
	snprintf(p.origin, sizeof(p.origin), "%s", n->ledger->own.origin);
	assert_int_equal(hf_place_entry(&p, &bad->ledger->rows, 5000, &b), HF_OK);
	assert_true(b.len < sizeof(entry));
	memcpy(entry, b.data, b.len);
	entry[b.len - 1] ^= 1;
	hf_unit_put(u, HF_TABLE_MIRROR_ENTRY, key, hf_place_key(&p, 5000, key), entry, b.len);
	kit_submit(bad, u);
	kit_close(k, SB_HEALTH);
	kit_lose(k, SB_HEALTH);
	n = kit_open(k, SB_HEALTH);
	kit_until(k, kit_state(n).read_only);
	before = k->sent[HF_MSG_LEDGER_FETCH];
	r = recover(n, false);
	assert_int_equal(r.e, HF_OK);
	assert_string_equal(r.c.mirror, "hub");
	assert_true(k->sent[HF_MSG_LEDGER_FETCH] - before > 6);
	assert_whole(k, n);
}

/* Mirrors that hold less than the witnesses have seen do not do: the node stays read-only and says what is missing. */
static bool hold_mirror(struct kit *k, const struct kit_call *c, struct hf_buf *body)
{
	(void)k;
	(void)body;
	return c->type != HF_MSG_MIRROR_ADD || c->from != SB_HEALTH;
}

static void test_too_little_at_the_mirrors(void **state)
{
	struct kit *k = *state;
	struct kit_node *n = &k->node[SB_HEALTH];
	struct recovery r;

	kit_fill(n, 10);
	kit_until_witnessed(n);
	until_mirrored(k, SB_HUB);
	until_mirrored(k, SB_AUDIT);
	k->bend = hold_mirror;
	kit_fill(n, 5);
	kit_until_witnessed(n);
	kit_close(k, SB_HEALTH);
	kit_lose(k, SB_HEALTH);
	n = kit_open(k, SB_HEALTH);
	kit_until(k, kit_state(n).read_only);
	r = recover(n, false);
	assert_int_equal(r.e, HF_E_UNREACHABLE);
	assert_non_null(strstr(r.c.text, "hold 11 of the 16 entries"));
	assert_true(kit_state(n).read_only);
	kit_fill(n, 1); /* and still records what people do */
	assert_int_equal(kit_state(n).signed_size, 0);
}

/* Stopped in the middle: what is there is a true prefix, and the rest is fetched the next time. */
static void test_a_recovery_may_be_interrupted(void **state)
{
	struct kit *k = *state;
	struct kit_node *n = &k->node[SB_HEALTH];
	struct recovery r = {.done = false};
	struct hf_fault f = {HF_OK, ""};
	uint64_t part, size;

	kit_fill(n, 6000);
	kit_until_witnessed(n);
	until_mirrored(k, SB_HUB);
	until_mirrored(k, SB_AUDIT);
	size = kit_state(n).durable;
	kit_close(k, SB_HEALTH);
	kit_lose(k, SB_HEALTH);
	n = kit_open(k, SB_HEALTH);
	kit_until(k, kit_state(n).read_only && n->ledger->gate_open);
	kit_write(n, note_of("in between"));
	assert_int_equal(hf_ledger_recover(n->ledger, false, on_recovered, &r, &f), HF_OK);
	kit_until(k, hf_ledger_stored_size(n->ledger, &part) == HF_OK && part > 1000);
	assert_true(part < size);
	assert_false(r.done);
	kit_close(k, SB_HEALTH);
	n = kit_open(k, SB_HEALTH);
	assert_true(kit_state(n).durable >= 1000 && kit_state(n).durable < size);
	kit_until(k, kit_state(n).read_only);
	recover_well(n, false);
	assert_whole(k, n);
	find(n, size, HF_FIELD_OBJECT, "in between");
}

/* The file of what was signed is gone: nothing is signed before two people have decided (the caller's affair). */
static void test_a_lost_promise(void **state)
{
	struct kit *k = *state;
	struct kit_node *n = &k->node[SB_HEALTH];
	struct recovery r;
	struct hf_fault f = {HF_OK, ""};
	uint64_t size;

	kit_fill(n, 10);
	kit_until_witnessed(n);
	size = kit_state(n).durable;
	kit_close(k, SB_HEALTH);
	assert_int_equal(remove(path_of(k, "health/ledger/last-signed")), 0);
	n = kit_open(k, SB_HEALTH);
	assert_true(kit_state(n).read_only);
	kit_until(k, n->ledger->gate_open);
	kit_fill(n, 2);
	assert_int_equal(hf_ledger_recover(n->ledger, false, on_recovered, &r, &f), HF_E_STATE);
	assert_non_null(strstr(f.text, "two people"));
	kit_close(k, SB_HEALTH);
	n = kit_open(k, SB_HEALTH);
	assert_true(kit_state(n).read_only); /* opening made no new one */
	recover_well(n, true);
	assert_true(kit_state(n).durable > size + 2);
	assert_whole(k, n);
	kit_close(k, SB_HEALTH);
	n = kit_open(k, SB_HEALTH);
	assert_false(kit_state(n).read_only);
}

static void peers_down(struct kit *k, bool down)
{
	for (unsigned i = 0; i < SB_NODES; i++)
		k->down[i] = down;
	for (unsigned i = 0; !down && i < SB_NODES; i++)
		if (k->node[SB_HEALTH].ledger)
			hf_ledger_peer_up(k->node[SB_HEALTH].ledger, k->sb->name[i]);
}

/* A clone of the folder signs entries that nobody sees; then the other one goes on and is cosigned. The clone's folder
 * is in place, not started. */
static void make_clone(struct kit *k, unsigned hidden, unsigned seen, uint64_t *ret_seen)
{
	struct kit_node *n = &k->node[SB_HEALTH];

	kit_fill(n, 10);
	kit_until_witnessed(n);
	until_mirrored(k, SB_HUB);
	kit_close(k, SB_HEALTH);
	copy(k, "health", "other");
	n = kit_open(k, SB_HEALTH);
	kit_until(k, n->ledger->gate_open);
	peers_down(k, true);
	kit_fill(n, hidden);
	kit_until(k, kit_state(n).signed_size == kit_state(n).durable);
	kit_close(k, SB_HEALTH);
	kit_until(k, !k->calls); /* what it had sent is lost */
	assert_int_equal(rename(path_of(k, "health"), path_of(k, "clone")), 0);
	assert_int_equal(rename(path_of(k, "other"), path_of(k, "health")), 0);
	peers_down(k, false);
	n = kit_open(k, SB_HEALTH);
	kit_fill(n, seen);
	kit_until_witnessed(n);
	until_mirrored(k, SB_HUB);
	*ret_seen = kit_state(n).durable;
	kit_close(k, SB_HEALTH);
	swap_in(k, SB_HEALTH, "clone");
}

static struct kit_node *fork_history(struct kit *k, unsigned hidden, unsigned seen, uint64_t *ret_seen)
{
	make_clone(k, hidden, seen, ret_seen);
	return kit_open(k, SB_HEALTH);
}

/* Giving up what the others have seen of the wrong history brings the right one back, but its key has signed both: the
 * log goes on with another one. */
static void recover_with_another_key(struct kit *k, uint64_t seen)
{
	struct kit_node *n = &k->node[SB_HEALTH];
	struct recovery r;

	kit_until(k, hf_frozen(n->ledger, n->ledger->own.origin));
	r = recover(n, true);
	if (r.e != HF_OK)
		fail_msg("%s", r.c.text);
	assert_int_equal(r.c.size, seen);
	assert_false(kit_state(n).set_back);
	assert_non_null(strstr(kit_state(n).halted, "a new log key"));
	kit_close(k, SB_HEALTH);
	kit_change_log_key(k, SB_HEALTH);
	n = kit_open(k, SB_HEALTH);
	assert_string_equal(kit_state(n).halted, "");
	assert_whole(k, n);
	kit_until(k, kit_state(n).witnessed_size > seen);
}

/* SB-58: two instances with one key. The one that the witnesses do not know stops, alarms, and comes back only by
 * giving up what it signed; it never wins a cosignature for its branch. */
static void test_a_clone_that_signed_more(void **state)
{
	struct kit *k = *state;
	uint64_t seen;
	struct kit_node *n = fork_history(k, 20, 3, &seen);
	struct recovery r;
	struct hf_fault f = {HF_OK, ""};

	kit_until(k, kit_state(n).read_only);
	assert_non_null(strstr(kit_state(n).halted, "two histories"));
	kit_until(k, strcmp(n->alarm, "ledger-halted") == 0);
	kit_fill(n, 4);
	kit_until(k, n->ledger->gate_open);
	assert_int_equal(n->ledger->round.cosignatures, 0);
	assert_int_equal(hf_ledger_recover(n->ledger, false, on_recovered, &r, &f), HF_E_STATE);
	recover_with_another_key(k, seen);
}

static void test_a_clone_that_signed_less(void **state)
{
	struct kit *k = *state;
	uint64_t seen;
	struct kit_node *n = fork_history(k, 3, 20, &seen);
	struct recovery r;

	kit_until(k, kit_state(n).read_only);
	assert_int_equal(kit_state(n).ahead, seen);
	r = recover(n, false);
	assert_int_equal(r.e, HF_E_CONFLICT); /* what it signed is not below what the witnesses know */
	assert_non_null(strstr(r.c.text, "--override"));
	assert_true(kit_state(n).read_only);
	assert_int_equal(n->ledger->round.cosignatures, 0);
	recover_with_another_key(k, seen);
}

struct answer {
	bool done, cosigned;
	enum hf_err e;
	uint64_t size;
};

static void heads_answered(void *ctx, enum hf_err e, const char *text, const void *body, size_t len)
{
	struct answer *a = ctx;

	(void)text, (void)body, (void)len;
	assert_int_equal(e, HF_OK);
	a->done = true;
}

/* Nothing about this log passes between it and the others but evidence. */
static bool only_evidence(struct kit *k, const struct kit_call *c, struct hf_buf *body)
{
	(void)k;
	(void)body;
	return (c->from != SB_HEALTH && c->to != SB_HEALTH) || c->type == HF_MSG_LEDGER_EVIDENCE;
}

/* The hub hears of what the clone signed, and its mirror proves the rest. */
static void expose(struct kit *k, struct kit_node *clone)
{
	Hufu__LedgerHeads m = HUFU__LEDGER_HEADS__INIT;
	Hufu__LedgerHead head = HUFU__LEDGER_HEAD__INIT, *list[1] = {&head};
	struct answer a = {.done = false};
	size_t len;
	uint8_t *body;

	head.origin = clone->ledger->own.origin;
	head.note = hf_binary(clone->ledger->round.note.data, clone->ledger->round.note.len);
	m.heads = list;
	m.n_heads = 1;
	body = hf_encode(&m.base, &len);
	hf_ledger_handle(k->node[SB_HUB].ledger, "audit", HF_MSG_LEDGER_HEADS, (struct hf_bytes){body, len},
	                 (struct hf_answer){heads_answered, &a});
	free(body);
	kit_until(k, a.done);
}

/* SB-58: the evidence reaches the clone before it has heard what the others hold. It stops signing at once; what people
 * do there is recorded; and when the others' word comes, its ledger comes back like that of any other clone. */
static void test_a_clone_that_hears_the_evidence_first(void **state)
{
	struct kit *k = *state;
	struct hf_fault f = {HF_OK, ""};
	struct recovery r;
	struct kit_node *n;
	uint64_t seen;

	make_clone(k, 3, 20, &seen);
	k->bend = only_evidence;
	n = kit_open(k, SB_HEALTH);
	expose(k, n);
	kit_until(k, hf_frozen(n->ledger, n->ledger->own.origin));
	assert_non_null(strstr(kit_state(n).halted, "a new log key"));
	assert_true(kit_state(n).read_only && !kit_state(n).set_back);
	kit_fill(n, 2);
	kit_close(k, SB_HEALTH);
	n = kit_open(k, SB_HEALTH);
	assert_non_null(strstr(kit_state(n).halted, "a new log key"));
	assert_int_equal(hf_ledger_recover(n->ledger, true, on_recovered, &r, &f), HF_E_STATE);
	assert_non_null(strstr(f.text, "hufu keys rotate log"));
	kit_fill(n, 2);
	k->bend = NULL;
	peers_down(k, false);
	kit_until(k, kit_state(n).set_back);
	assert_int_equal(kit_state(n).ahead, seen);
	recover_with_another_key(k, seen);
}

/* All nodes start at once, each waiting for what the others have seen. */
static void test_cold_start_of_everybody(void **state)
{
	struct kit *k = *state;
	uint64_t size[SB_NODES];

	for (unsigned n = 0; n < SB_NODES; n++) {
		kit_fill(&k->node[n], 5 + n);
		kit_until_witnessed(&k->node[n]);
	}
	for (unsigned n = 0; n < SB_NODES; n++) {
		size[n] = kit_state(&k->node[n]).durable;
		kit_close(k, n);
	}
	for (unsigned n = 0; n < SB_NODES; n++)
		kit_open(k, n);
	for (unsigned n = 0; n < SB_NODES; n++) {
		kit_fill(&k->node[n], 1);
		kit_until_witnessed(&k->node[n]);
		assert_true(kit_state(&k->node[n]).witnessed_size > size[n]);
		assert_string_equal(kit_state(&k->node[n]).halted, "");
	}
}

/* Witnesses down at a start: entries are durable, nothing is signed, no error; all is made up for when they are back.
 */
static void test_start_without_witnesses(void **state)
{
	struct kit *k = *state;
	struct kit_node *n = &k->node[SB_HEALTH];
	uint64_t before;

	kit_fill(n, 5);
	kit_until_witnessed(n);
	before = kit_state(n).signed_size;
	kit_close(k, SB_HEALTH);
	peers_down(k, true);
	n = kit_open(k, SB_HEALTH);
	kit_fill(n, 50);
	assert_int_equal(kit_state(n).signed_size, before);
	assert_string_equal(kit_state(n).halted, "");
	peers_down(k, false);
	kit_until_witnessed(n);
}

/* ---- witnesses ---- */

static void take_answer(void *ctx, enum hf_err e, const char *text, const void *body, size_t len)
{
	struct answer *a = ctx;
	Hufu__CheckpointReply *r = e == HF_OK ? HF_DECODE(checkpoint_reply, body, len) : NULL;

	(void)text;
	a->done = true;
	a->e = e;
	a->size = r ? r->size : 0;
	a->cosigned = r && r->cosignature.len > 0;
	hf_decoded_free(r);
}

/* Another history of health with its true key: the first `shared` leaves of the real one (0: none), then others. */
struct fork {
	struct hf_hash leaf[128];
	uint64_t size;
};

static bool read_fork(void *ctx, unsigned level, uint64_t index, struct hf_hash *ret_hash)
{
	struct fork *f = ctx;

	hf_merkle_root(f->leaf + (index << level), (size_t)1 << level, ret_hash);
	return true;
}

static void make_fork(struct kit_node *real, uint64_t shared, uint64_t size, struct fork *f)
{
	f->size = size;
	for (uint64_t i = 0; i < size; i++) {
		uint8_t data[2] = {(uint8_t)i, 0xee};
		struct hf_bytes b = {data, sizeof(data)};

		if (i < shared)
			assert_int_equal(hf_place_entry(&real->ledger->own, &real->ledger->rows, i, &b), HF_OK);
		hf_merkle_leaf(b.data, b.len, &f->leaf[i]);
	}
}

static struct answer offer(struct kit *k, unsigned witness, struct fork *f, uint64_t old)
{
	struct hf_checkpoint c = {.size = f->size};
	Hufu__CheckpointAdd add = HUFU__CHECKPOINT_ADD__INIT;
	ProtobufCBinaryData proof[64];
	struct hf_merkle_path path;
	char text[400], line[400], note[1000];
	struct answer a = {.done = false};
	uint8_t *body;
	size_t len;

	hf_space_origin(SB_SPACE, "health", c.origin);
	hf_merkle_root(f->leaf, f->size, &c.root);
	assert_true(hf_checkpoint_text(&c, text, sizeof(text)) > 0);
	assert_true(hf_note_sign_line(k->sb->key[SB_HEALTH][HF_KEY_LOG], c.origin, text, strlen(text), line,
	                              sizeof(line)) > 0);
	assert_true(hf_merkle_consistency(read_fork, f, old, f->size, &path));
	for (unsigned i = 0; i < path.count; i++)
		proof[i] = hf_binary(path.node[i].b, 32);
	add.origin = c.origin;
	add.old_size = old;
	add.proof = proof;
	add.n_proof = path.count;
	add.note = hf_binary(note, (size_t)snprintf(note, sizeof(note), "%s\n%s", text, line));
	body = hf_encode(&add.base, &len);
	hf_ledger_handle(k->node[witness].ledger, "health", HF_MSG_CHECKPOINT_ADD, (struct hf_bytes){body, len},
	                 (struct hf_answer){take_answer, &a});
	free(body);
	kit_until(k, a.done);
	return a;
}

static uint64_t witness_size(struct kit *k, unsigned witness)
{
	char origin[HF_ORIGIN_MAX + 1];
	Hufu__WitnessRow *row;
	uint64_t size;

	hf_space_origin(SB_SPACE, "health", origin);
	row = hf_witness_row(k->node[witness].ledger, origin);
	size = row ? row->size : 0;
	hf_decoded_free(row);
	return size;
}

/* SB-58: a running log whose clone was cosigned: the refusal makes it ask for the proof, and on that it stops. */
static void test_a_refused_log_stops(void **state)
{
	struct kit *k = *state;
	struct kit_node *n = &k->node[SB_HEALTH];
	struct fork f;
	uint64_t size;

	kit_fill(n, 10);
	kit_until_witnessed(n);
	size = kit_state(n).durable;
	kit_until(k, witness_size(k, SB_HUB) == size && witness_size(k, SB_PORT) == size);
	make_fork(n, size, size + 4, &f);
	assert_true(offer(k, SB_HUB, &f, size).cosigned);
	assert_true(offer(k, SB_PORT, &f, size).cosigned);
	kit_fill(n, 20);
	kit_until(k, kit_state(n).read_only);
	kit_until(k, strcmp(n->alarm, "ledger-halted") == 0);
	assert_true(kit_state(n).witnessed_size <= size); /* two of four refuse it: no quorum */
}

/* A witness whose store is gone asks first: before that it cosigns nothing, after it no second history. */
static void test_a_witness_that_lost_its_store(void **state)
{
	struct kit *k = *state;
	struct kit_node *n = &k->node[SB_HEALTH];
	struct fork f;
	struct answer a;
	uint64_t size;

	kit_fill(n, 10);
	kit_until_witnessed(n);
	size = kit_state(n).durable;
	kit_until(k, witness_size(k, SB_HUB) == size && witness_size(k, SB_AUDIT) == size);
	make_fork(n, 0, size + 4, &f);
	k->down[SB_HEALTH] = true; /* the log lies to this witness only */
	kit_close(k, SB_HUB);
	kit_lose(k, SB_HUB);
	peers_down(k, true);
	kit_open(k, SB_HUB);
	a = offer(k, SB_HUB, &f, 0);
	assert_true(a.e == HF_E_BUSY && !a.cosigned);
	peers_down(k, false);
	k->down[SB_HEALTH] = true;
	for (unsigned i = 0; i < SB_NODES; i++)
		hf_ledger_peer_up(k->node[SB_HUB].ledger, k->sb->name[i]);
	kit_until(k, kit_state(&k->node[SB_HUB]).read_only); /* its own ledger is lost, too */
	kit_until(k, k->node[SB_HUB].ledger->settled);
	assert_int_equal(witness_size(k, SB_HUB), size);
	a = offer(k, SB_HUB, &f, 0);
	assert_true(a.e == HF_OK && !a.cosigned && a.size == size);
	a = offer(k, SB_HUB, &f, size);
	assert_true(a.e == HF_E_CONFLICT && !a.cosigned);
	k->down[SB_HEALTH] = false;
	hf_ledger_peer_up(n->ledger, "hub");
	kit_fill(n, 1);
	kit_until(k, witness_size(k, SB_HUB) == kit_state(n).durable); /* the true history it goes on with */
}

/* The same from an old copy: it knows an older row, and by its own cosignature that it is old. */
static void test_a_witness_from_an_old_copy(void **state)
{
	struct kit *k = *state;
	struct kit_node *n = &k->node[SB_HEALTH];
	struct fork f;
	uint64_t old, size;

	kit_fill(n, 10);
	kit_until_witnessed(n);
	old = kit_state(n).durable;
	kit_until(k, witness_size(k, SB_HUB) == old);
	kit_close(k, SB_HUB);
	copy(k, "hub", "backup");
	kit_open(k, SB_HUB);
	kit_fill(n, 10);
	kit_until_witnessed(n);
	size = kit_state(n).durable;
	kit_until(k, witness_size(k, SB_HUB) == size && n->ledger->round.cosignatures == 4);
	for (unsigned i = 0; i < SB_NODES; i++) /* heads go round with all cosignatures */
		hf_ledger_peer_up(n->ledger, k->sb->name[i]);
	kit_fill(&k->node[SB_HUB], 1);
	kit_until_witnessed(&k->node[SB_HUB]);
	make_fork(n, old, size + 4, &f);
	kit_close(k, SB_HUB);
	swap_in(k, SB_HUB, "backup");
	k->down[SB_HEALTH] = true;
	kit_open(k, SB_HUB);
	kit_until(k, kit_state(&k->node[SB_HUB]).read_only);
	kit_until(k, k->node[SB_HUB].ledger->settled);
	assert_int_equal(witness_size(k, SB_HUB), size);
	assert_false(offer(k, SB_HUB, &f, old).cosigned);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup_teardown(test_a_lost_store_comes_back, start, stop),
	        cmocka_unit_test_setup_teardown(test_an_old_copy_of_the_store, start, stop),
	        cmocka_unit_test_setup_teardown(test_an_old_copy_of_everything, start, stop),
	        cmocka_unit_test_setup_teardown(test_a_bad_mirror_is_passed_over, start, stop),
	        cmocka_unit_test_setup_teardown(test_too_little_at_the_mirrors, start, stop),
	        cmocka_unit_test_setup_teardown(test_a_recovery_may_be_interrupted, start, stop),
	        cmocka_unit_test_setup_teardown(test_a_lost_promise, start, stop),
	        cmocka_unit_test_setup_teardown(test_a_clone_that_signed_more, start, stop),
	        cmocka_unit_test_setup_teardown(test_a_clone_that_signed_less, start, stop),
	        cmocka_unit_test_setup_teardown(test_a_clone_that_hears_the_evidence_first, start, stop),
	        cmocka_unit_test_setup_teardown(test_cold_start_of_everybody, start, stop),
	        cmocka_unit_test_setup_teardown(test_start_without_witnesses, start, stop),
	        cmocka_unit_test_setup_teardown(test_a_refused_log_stops, start, stop),
	        cmocka_unit_test_setup_teardown(test_a_witness_that_lost_its_store, start, stop),
	        cmocka_unit_test_setup_teardown(test_a_witness_from_an_old_copy, start, stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
