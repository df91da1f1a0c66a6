/*
 * erase_test.c - erasure of private fields: who may ask for it and when, that nothing of key, salt or value is left in
 * any file of the writer and of the party that holds copies, that an old backup brings nothing back, and that entries
 * and proofs stay what they were.
 */
#include "base/limits.h"
#include "evidence/tally.h"
#include "kit.h"

#define MARKER "秘密 marker 4711 of the erasure test"
#define HALF_YEAR_MS (INT64_C(190) * 24 * 60 * 60 * 1000)

static int start(void **state)
{
	struct kit *k = kit_new(NULL);

	for (unsigned i = 0; i < SB_NODES; i++)
		kit_open(k, i);
	*state = k;
	return 0;
}

/* The clock of roads is set back. */
static int start_back(void **state)
{
	struct kit *k = kit_new(NULL);

	k->node[SB_ROADS].off_ms = -HALF_YEAR_MS;
	for (unsigned i = 0; i < SB_NODES; i++)
		kit_open(k, i);
	*state = k;
	return 0;
}

static int stop(void **state)
{
	kit_free(*state);
	return 0;
}

/* What must not be found anywhere afterwards. */
struct traces {
	uint8_t bytes[12][32];
	size_t count;
};

static void add_trace(struct traces *t, const void *bytes)
{
	memcpy(t->bytes[t->count++], bytes, 32);
}

static void remember(struct traces *t, struct kit_node *n, const struct hf_place *place, uint64_t index)
{
	const struct hf_opening_keys *k = &n->ledger->opening_keys;
	struct hf_opened o HF_CLEANUP(hf_opened_done) = HF_OPENED_INIT;
	struct hf_opening_secret secret;
	uint8_t slot[HF_SLOT_BYTES];
	uint64_t number;

	assert_int_equal(hf_opening_slot(place, &n->ledger->rows, index, &number), HF_OK);
	assert_int_equal(hf_slots_get(place->own ? k->slots_own : k->slots_copies, number, slot), HF_OK);
	hf_opening_secret(place->own ? k->own : k->mirror, slot, &secret);
	add_trace(t, slot);
	add_trace(t, secret.salts);
	add_trace(t, secret.box);
	assert_int_equal(hf_opening_read(k, place, &n->ledger->rows, index, &o), HF_OK);
	add_trace(t, o.opening->fields[0]->salt.data);
}

static const struct traces *wanted;
static unsigned found;

static int search_file(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	struct hf_buf b;

	(void)st, (void)ftw;
	if (type != FTW_F)
		return 0;
	hf_buf_init(&b, (size_t)1 << 31);
	assert_int_equal(hf_file_read(path, (size_t)1 << 30, &b), HF_OK);
	for (size_t i = 0; i < wanted->count; i++)
		if (b.len && memmem(b.data, b.len, wanted->bytes[i], 32))
			found++;
	if (b.len && memmem(b.data, b.len, MARKER, strlen(MARKER)))
		found++;
	hf_buf_done(&b);
	return 0;
}

static unsigned search(const struct kit_node *n, const struct traces *t)
{
	wanted = t;
	found = 0;
	nftw(n->base.dir, search_file, 16, FTW_PHYS);
	return found;
}

static uint64_t write_secret(struct kit_node *n, const struct hf_id *txn)
{
	struct hf_draft *d = hf_draft_new(HF_EVENT_DECISION, txn);

	hf_draft_party(d, "health");
	hf_draft_text(d, HF_FIELD_DETAIL, MARKER);
	hf_draft_outcome(d, HF_OK, NULL);
	hf_draft_text(d, HF_FIELD_DETAIL, MARKER);
	return kit_write(n, d);
}

static enum hf_err read_at(struct kit_node *n, const struct hf_place *place, uint64_t index)
{
	struct hf_opened o HF_CLEANUP(hf_opened_done) = HF_OPENED_INIT;

	return hf_opening_read(&n->ledger->opening_keys, place, &n->ledger->rows, index, &o);
}

static enum hf_err ask(struct kit_node *n, const struct hf_id *txn, uint64_t entry, struct hf_id *id, char text[400])
{
	const struct hf_erase_ask in = {.txn = *txn, .entry = entry, .reason = "保存期满", .account = "xu"};
	struct hf_unit *u = hf_unit_new();
	struct hf_fault f = {HF_OK, ""};
	enum hf_err e = hf_ledger_erase_ask(n->ledger, u, &in, id, &f);

	snprintf(text, 400, "%s", f.text);
	kit_submit(n, u);
	return e;
}

static enum hf_err approve(struct kit_node *n, const struct hf_id *id, const char *account)
{
	struct hf_unit *u = hf_unit_new();
	struct hf_fault f = {HF_OK, ""};
	enum hf_err e = hf_ledger_erase_approve(n->ledger, u, id, account, &f);

	if (e == HF_OK)
		kit_submit(n, u);
	else
		hf_unit_free(u);
	return e;
}

static void hold(struct kit_node *n, const struct hf_id *txn, bool on)
{
	struct hf_unit *u = hf_unit_new();

	assert_int_equal(on ? hf_ledger_hold(n->ledger, u, txn, "case 12", "xu")
	                    : hf_ledger_hold_lift(n->ledger, u, txn),
	                 HF_OK);
	kit_submit(n, u);
}

struct check {
	bool done;
	enum hf_err e;
};

static void on_check(void *ctx, enum hf_err e, const struct hf_ledger_check *c)
{
	(void)c;
	*(struct check *)ctx = (struct check){true, e};
}

static bool full_check(struct kit_node *n)
{
	struct check c = {.done = false};

	hf_ledger_verify(n->ledger, NULL, on_check, &c);
	kit_until(n->kit, c.done);
	return c.e == HF_OK;
}

static struct hf_place copy_place(struct kit *k, unsigned owner)
{
	struct hf_place p = {.own = false};

	memcpy(p.origin, k->node[owner].ledger->own.origin, sizeof(p.origin));
	return p;
}

/* The period is over by the clock of that node and by those of the witnesses. */
static void later(struct kit *k, struct kit_node *n, int64_t jump_ms)
{
	k->jump_ms += jump_ms;
	kit_fill(n, 1);
	kit_until_witnessed(n);
}

/* DS-98, DS-104, DS-130: inside the retention period erasing is refused. Two persons; legal hold. */
static void test_who_may_erase_and_when(void **state)
{
	struct kit *k = *state;
	struct kit_node *n = &k->node[SB_ROADS];
	struct hf_id txn = hf_id_new(kit_now(k)), none = {{0}}, id;
	uint64_t index = write_secret(n, &txn);
	char text[400];

	assert_int_equal(ask(n, &txn, 0, &id, text), HF_E_STATE);
	assert_non_null(strstr(text, "retention period of six months"));
	later(k, n, HALF_YEAR_MS);
	assert_int_equal(ask(n, &none, 0, &id, text), HF_E_UNSUPPORTED); /* the first entry is public */
	assert_int_equal(ask(n, &none, 99999, &id, text), HF_E_UNKNOWN);
	hold(n, &txn, true);
	assert_int_equal(ask(n, &txn, 0, &id, text), HF_E_STATE);
	assert_non_null(strstr(text, "legal hold"));
	hold(n, &txn, false);
	assert_int_equal(ask(n, &txn, 0, &id, text), HF_OK);
	assert_int_equal(approve(n, &id, "xu"), HF_E_SEPARATION);
	hold(n, &txn, true); /* also between asking and approving */
	assert_int_equal(approve(n, &id, "he"), HF_E_STATE);
	hold(n, &txn, false);
	assert_int_equal(read_at(n, &n->ledger->own, index), HF_OK);
	assert_int_equal(approve(n, &id, "he"), HF_OK);
	kit_until(k, read_at(n, &n->ledger->own, index) == HF_E_ERASED);
	assert_int_equal(approve(n, &id, "he"), HF_E_STATE);
	assert_int_equal(ask(n, &none, index, &id, text), HF_E_ERASED);
}

/* DS-104, DS-130: setting this node's clock forward ends no period. */
static void test_the_witnesses_say_when_the_period_is_over(void **state)
{
	struct kit *k = *state;
	struct kit_node *n = &k->node[SB_ROADS];
	struct hf_id txn = hf_id_new(kit_now(k)), id;
	uint64_t index = write_secret(n, &txn);
	char text[400];

	n->off_ms = HALF_YEAR_MS;
	kit_fill(n, 1);
	kit_until_witnessed(n);
	assert_int_equal(ask(n, &txn, 0, &id, text), HF_E_STATE);
	assert_non_null(strstr(text, "by the witnesses' clocks entry"));
	n->off_ms = 0;
	k->down[SB_AUDIT] = k->down[SB_HUB] = k->down[SB_PORT] = true;
	k->jump_ms = HALF_YEAR_MS;
	assert_int_equal(ask(n, &txn, 0, &id, text), HF_E_STATE);
	assert_non_null(strstr(text, "wait for a witnessed checkpoint"));
	k->down[SB_AUDIT] = k->down[SB_HUB] = k->down[SB_PORT] = false;
	later(k, n, 0);
	assert_int_equal(ask(n, &txn, 0, &id, text), HF_OK);
	assert_int_equal(approve(n, &id, "he"), HF_OK);
	kit_until(k, read_at(n, &n->ledger->own, index) == HF_E_ERASED);
}

static void test_nothing_is_left_at_the_writer_nor_at_the_party(void **state)
{
	struct kit *k = *state;
	struct kit_node *n = &k->node[SB_ROADS], *party = &k->node[SB_HEALTH];
	struct hf_id txn = hf_id_new(kit_now(k)), other = hf_id_new(kit_now(k)), id;
	struct hf_place copy = copy_place(k, SB_ROADS);
	struct traces t = {.count = 0};
	uint64_t index, kept;
	char text[400];

	kit_invite(party, "roads");
	index = write_secret(n, &txn);
	kept = write_secret(n, &other);
	kit_until(k, read_at(party, &copy, index) == HF_OK && read_at(party, &copy, kept) == HF_OK);
	remember(&t, n, &n->ledger->own, index);
	remember(&t, party, &copy, index);
	assert_true(search(n, &t) > 0 && search(party, &t) > 0); /* the slots: the search finds what is there */
	later(k, n, HALF_YEAR_MS);
	hold(party, &other, true);
	assert_int_equal(ask(n, &txn, 0, &id, text), HF_OK);
	assert_int_equal(approve(n, &id, "he"), HF_OK);
	assert_int_equal(ask(n, &other, 0, &id, text), HF_OK);
	assert_int_equal(approve(n, &id, "he"), HF_OK);
	kit_until(k, read_at(n, &n->ledger->own, kept) == HF_E_ERASED);
	kit_until(k, read_at(party, &copy, index) == HF_E_ERASED);
	kit_until_witnessed(n);
	assert_int_equal(read_at(party, &copy, kept), HF_OK); /* the party's own legal hold */
	assert_int_equal(search(n, &t), 0);
	assert_int_equal(search(party, &t), 0);
	assert_true(full_check(n) && full_check(party));
	kit_close(k, SB_HEALTH);
	party = kit_open(k, SB_HEALTH);
	assert_int_equal(read_at(party, &copy, index), HF_E_ERASED);
}

/* ---- an old backup ---- */

/* All files of a node's folder as they are, but those of slots, which no ordinary backup holds. */
struct backup {
	char path[32][300];
	struct hf_buf bytes[32];
	size_t count;
};
static struct backup *into;

static int keep_file(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	if (type != FTW_F || strncmp(path + ftw->base, "slots-", 6) == 0)
		return 0;
	assert_true(into->count < 32);
	snprintf(into->path[into->count], sizeof(into->path[0]), "%.290s", path);
	hf_buf_init(&into->bytes[into->count], (size_t)1 << 31);
	assert_int_equal(hf_file_read(path, (size_t)1 << 30, &into->bytes[into->count]), HF_OK);
	into->count++;
	return 0;
}

static void back_up(const struct kit_node *n, struct backup *b)
{
	into = b;
	b->count = 0;
	nftw(n->base.dir, keep_file, 16, FTW_PHYS);
	assert_true(b->count >= 2); /* the store and what was signed */
}

static void restore(struct backup *b)
{
	for (size_t i = 0; i < b->count; i++) {
		assert_int_equal(hf_file_write(b->path[i], b->bytes[i].data, b->bytes[i].len, 0600), HF_OK);
		hf_buf_done(&b->bytes[i]);
	}
}

static bool holds_none(const struct backup *b, const struct traces *t)
{
	for (size_t i = 0; i < b->count; i++)
		for (size_t j = 0; j < t->count; j++)
			if (b->bytes[i].len && memmem(b->bytes[i].data, b->bytes[i].len, t->bytes[j], 32))
				return false;
	return true;
}

/* DS-99: what was restored verifies. With everything but the slots back as it was, at the writer and at the party, the
 * content stays away: neither key nor salt is in the backup, nor in any file of what was restored from it. */
static void test_an_old_backup_brings_nothing_back(void **state)
{
	struct kit *k = *state;
	struct kit_node *n = &k->node[SB_ROADS], *party = &k->node[SB_HEALTH];
	struct hf_id txn = hf_id_new(kit_now(k)), id;
	struct hf_place copy = copy_place(k, SB_ROADS);
	struct backup of_writer, of_party;
	struct traces t = {.count = 0};
	uint64_t index;
	char text[400];

	kit_invite(party, "roads");
	index = write_secret(n, &txn);
	kit_until(k, read_at(party, &copy, index) == HF_OK);
	kit_until_witnessed(n);
	remember(&t, n, &n->ledger->own, index);
	remember(&t, party, &copy, index);
	kit_close(k, SB_ROADS);
	kit_close(k, SB_HEALTH);
	back_up(n, &of_writer);
	back_up(party, &of_party);
	assert_true(holds_none(&of_writer, &t) && holds_none(&of_party, &t));
	k->jump_ms = HALF_YEAR_MS;
	n = kit_open(k, SB_ROADS);
	party = kit_open(k, SB_HEALTH);
	later(k, n, 0);
	assert_int_equal(read_at(n, &n->ledger->own, index), HF_OK);
	assert_int_equal(ask(n, &txn, 0, &id, text), HF_OK);
	assert_int_equal(approve(n, &id, "he"), HF_OK);
	kit_until(k, read_at(n, &n->ledger->own, index) == HF_E_ERASED);
	kit_until(k, read_at(party, &copy, index) == HF_E_ERASED);
	kit_close(k, SB_ROADS);
	kit_close(k, SB_HEALTH);
	restore(&of_writer);
	restore(&of_party);
	for (unsigned i = 0; i < SB_NODES; i++)
		k->down[i] = true; /* nobody tells them that they are old */
	n = kit_open(k, SB_ROADS);
	party = kit_open(k, SB_HEALTH);
	assert_int_equal(read_at(n, &n->ledger->own, index), HF_E_ERASED);
	assert_int_equal(read_at(party, &copy, index), HF_E_ERASED);
	assert_int_equal(read_at(n, &n->ledger->own, index - 1), HF_OK);
	assert_int_equal(search(n, &t), 0);
	assert_int_equal(search(party, &t), 0);
	assert_true(full_check(n) && full_check(party));
}

/* ---- what is left: the record of it, and the proofs ---- */

static void make_proof(struct kit_node *n, uint64_t index, struct hf_buf *out)
{
	struct hf_buf descriptors HF_CLEANUP(hf_buf_done) = HF_BUF_INIT;
	struct hf_fault f = {HF_OK, ""};

	if (hf_ledger_prove_entry(n->ledger, &(struct hf_ledger_entry_ask){.index = index}, out, &descriptors, &f) !=
	    HF_OK)
		fail_msg("%s", f.text);
}

static bool verifies(struct kit *k, const struct hf_buf *proof, uint64_t index)
{
	struct hf_proof_report r;
	struct hf_fault f = {HF_OK, ""};

	if (hf_proof_check(k->space, proof->data, proof->len, &r, &f) != HF_OK)
		fail_msg("%s", f.text);
	bool same = r.entry->index == index;
	hf_decoded_free(r.entry);
	return same;
}

/* What was proven before the erasure stays proven; that it was erased, by whom and when is an entry that everybody can
 * read. */
static void test_it_is_on_record_and_proofs_still_verify(void **state)
{
	struct kit *k = *state;
	struct kit_node *n = &k->node[SB_ROADS];
	struct hf_id txn = hf_id_new(kit_now(k)), id;
	struct hf_buf proof HF_CLEANUP(hf_buf_done) = HF_BUF_INIT, about HF_CLEANUP(hf_buf_done) = HF_BUF_INIT;
	uint64_t index = write_secret(n, &txn), last;
	struct hf_bytes bytes;
	Hufu__LedgerEntry *e;
	char text[400];

	kit_until_witnessed(n);
	make_proof(n, index, &proof);
	later(k, n, HALF_YEAR_MS);
	assert_int_equal(ask(n, &txn, 0, &id, text), HF_OK);
	last = kit_state(n).durable;
	assert_int_equal(approve(n, &id, "he"), HF_OK);
	kit_until(k, read_at(n, &n->ledger->own, index) == HF_E_ERASED);
	kit_until_witnessed(n);
	assert_true(verifies(k, &proof, index));
	assert_true(full_check(n));
	assert_int_equal(hf_place_entry(&n->ledger->own, &n->ledger->rows, last, &bytes), HF_OK);
	assert_int_equal(hf_entry_decode(bytes.data, bytes.len, &e), HF_OK);
	assert_int_equal(e->event_class, HF_EVENT_CLASS_PUBLIC);
	assert_non_null(memmem(bytes.data, bytes.len, "erasure", 7));
	assert_non_null(memmem(bytes.data, bytes.len, "roads/xu, roads/he", 18));
	assert_null(memmem(bytes.data, bytes.len, "保存期满", strlen("保存期满"))); /* why is the node's own matter */
	hf_decoded_free(e);
	make_proof(n, last, &about);
	assert_true(verifies(k, &about, last));
}

/* A party that was away erases when it comes back. */
static void test_a_party_that_was_away_follows(void **state)
{
	struct kit *k = *state;
	struct kit_node *n = &k->node[SB_ROADS], *party = &k->node[SB_HEALTH];
	struct hf_id txn = hf_id_new(kit_now(k)), id;
	struct hf_place copy = copy_place(k, SB_ROADS);
	uint64_t index;
	char text[400];

	kit_invite(party, "roads");
	index = write_secret(n, &txn);
	kit_until(k, read_at(party, &copy, index) == HF_OK);
	kit_close(k, SB_HEALTH);
	later(k, n, HALF_YEAR_MS);
	assert_int_equal(ask(n, &txn, 0, &id, text), HF_OK);
	assert_int_equal(approve(n, &id, "he"), HF_OK);
	kit_until(k, read_at(n, &n->ledger->own, index) == HF_E_ERASED);
	party = kit_open(k, SB_HEALTH);
	hf_ledger_peer_up(n->ledger, "health");
	kit_until(k, read_at(party, &copy, index) == HF_E_ERASED);
}

/* What was erased before its opening came is not taken when it comes, also after a restart. */
static void test_an_opening_that_was_never_held_is_barred(void **state)
{
	struct kit *k = *state;
	struct kit_node *n = &k->node[SB_ROADS], *party = &k->node[SB_HEALTH];
	struct hf_id none = {{0}}, id;
	struct hf_place copy = copy_place(k, SB_ROADS);
	uint64_t index = kit_write(n, hf_draft_new(HF_EVENT_COMMAND, NULL));
	char text[400];

	kit_invite(party, "roads");
	kit_invite(n, "health");
	later(k, n, HALF_YEAR_MS);
	assert_int_equal(ask(n, &none, index, &id, text), HF_OK);
	assert_int_equal(approve(n, &id, "he"), HF_OK);
	kit_until(k, read_at(party, &copy, index) == HF_E_ERASED);
	kit_close(k, SB_HEALTH);
	party = kit_open(k, SB_HEALTH);
	assert_int_equal(read_at(party, &copy, index), HF_E_ERASED);
}

/* ---- an owner that keeps to nothing ---- */

/* What no node of ours writes: the public entry about an erasure that nobody asked whether it may be. */
static struct hf_draft *make_order(const struct kit_node *owner, const char *indexes)
{
	struct hf_draft *d = hf_draft_new(HF_EVENT_ERASURE, NULL);

	hf_draft_text(d, HF_FIELD_ACTOR, "roads/xu, roads/he");
	hf_draft_textf(d, HF_FIELD_OBJECT, "%s %s", owner->ledger->own.origin, indexes);
	hf_draft_text(d, HF_FIELD_MANNER, "slots overwritten");
	hf_draft_outcome(d, HF_OK, NULL);
	return d;
}

static uint64_t order(struct kit_node *owner, const char *indexes)
{
	return kit_write(owner, make_order(owner, indexes));
}

static uint64_t order_one(struct kit_node *owner, uint64_t index)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRIu64, index);
	return order(owner, text);
}

static uint64_t mirrored(struct kit_node *n, const struct hf_place *copy, bool witnessed)
{
	Hufu__MirrorRow *row HF_CLEANUP(hf_decoded_done) = hf_mirror_row(n->ledger, copy->origin);

	return !row ? 0 : witnessed ? row->witnessed_size : row->size;
}

/* The party has the entry, witnessed or signed only, and has done what it does about it. */
static void until_looked_at(struct kit_node *party, const struct hf_place *copy, uint64_t entry, bool witnessed)
{
	kit_until(party->kit, mirrored(party, copy, witnessed) > entry);
	for (unsigned i = 0; i < 2; i++) /* behind the rows that it came with, and behind what followed from them */
		kit_submit(party, hf_unit_new());
}

struct seen {
	char detail[300];
};

static bool take_cleared(void *ctx, const struct hf_ledger_row *row)
{
	struct seen *s = ctx;

	if (!row->opening || !hf_opening_is(row->opening, HF_FIELD_EVENT, "cache-cleared"))
		return true;
	hf_opening_text(row->opening, HF_FIELD_DETAIL, s->detail, sizeof(s->detail));
	return false;
}

/* What the party's newest record of such a thing says. */
static bool recorded(struct kit_node *party, const char *words)
{
	struct seen s = {""};

	assert_int_equal(hf_ledger_tail(party->ledger, 1000, take_cleared, &s), HF_OK);
	return strstr(s.detail, words) != NULL;
}

/* DS-66, DS-98, DS-104, DS-130: the period stands at every party, whatever the owner's ledger orders. A party counts
 * from its own record of the transaction, too, which the owner cannot have dated back. */
static void test_a_party_keeps_what_is_inside_the_period(void **state)
{
	struct kit *k = *state;
	struct kit_node *n = &k->node[SB_ROADS], *party = &k->node[SB_HEALTH];
	struct hf_id txn = hf_id_new(kit_now(k)), other = hf_id_new(kit_now(k));
	struct hf_place copy = copy_place(k, SB_ROADS);
	uint64_t index, at;

	kit_invite(party, "roads");
	index = write_secret(n, &txn);
	at = write_secret(n, &other);
	kit_until(k, read_at(party, &copy, index) == HF_OK && read_at(party, &copy, at) == HF_OK);
	until_looked_at(party, &copy, order_one(n, index), true);
	assert_int_equal(read_at(party, &copy, index), HF_OK);
	assert_string_equal(party->alarm, "erasure-refused");
	assert_true(recorded(party, "0 erased, 0 kept under a legal hold, 0 never held here, 1 refused"));
	later(k, n, HALF_YEAR_MS / 2);
	kit_write(party, hf_draft_new(HF_EVENT_DECISION, &txn));
	later(k, n, HALF_YEAR_MS / 2);
	until_looked_at(party, &copy, order_one(n, index), true);
	assert_int_equal(read_at(party, &copy, index), HF_OK);
	order_one(n, at);
	kit_until(k, read_at(party, &copy, at) == HF_E_ERASED);
	assert_int_equal(read_at(party, &copy, index), HF_OK);
	later(k, n, HALF_YEAR_MS / 2);
	order_one(n, index);
	kit_until(k, read_at(party, &copy, index) == HF_E_ERASED);
	kit_submit(party, hf_unit_new());
	assert_true(recorded(party, "1 erased, 0 kept under a legal hold, 0 never held here, 0 refused"));
}

/* DS-98, DS-104: what stands in no transaction (derived-from, passed-on) is kept for six months from when it came, as
 * an owner whose clock was set back cannot have it otherwise. */
static void test_a_party_counts_from_when_it_took_what_has_no_transaction(void **state)
{
	struct kit *k = *state;
	struct kit_node *n = &k->node[SB_ROADS], *party = &k->node[SB_HEALTH];
	struct hf_place copy = copy_place(k, SB_ROADS);
	struct hf_draft *d = hf_draft_new(HF_EVENT_DERIVED_FROM, NULL);
	struct hf_id resource = hf_id_new(kit_now(k));
	char text[HF_ID_TEXT];
	uint64_t index;

	kit_invite(party, "roads");
	hf_id_text(&resource, text);
	hf_draft_text(d, HF_FIELD_RESOURCE, text);
	hf_draft_party(d, "health");
	index = kit_write(n, d);
	n->off_ms = 0;
	kit_until(k, read_at(party, &copy, index) == HF_OK);
	until_looked_at(party, &copy, order_one(n, index), true);
	assert_true(recorded(party, "0 erased, 0 kept under a legal hold, 0 never held here, 1 refused"));
	assert_int_equal(read_at(party, &copy, index), HF_OK);
	later(k, n, HALF_YEAR_MS);
	order_one(n, index);
	kit_until(k, read_at(party, &copy, index) == HF_E_ERASED);
}

/* Who asks waits long enough: a party that heard of the transaction a little later follows, too. */
static void test_no_party_refuses_the_first_that_may_be_asked(void **state)
{
	struct kit *k = *state;
	struct kit_node *n = &k->node[SB_ROADS], *party = &k->node[SB_HEALTH];
	struct hf_id txn = hf_id_new(kit_now(k)), id;
	struct hf_place copy = copy_place(k, SB_ROADS);
	const int64_t minute = 60 * 1000;
	uint64_t index;
	char text[400];

	kit_invite(party, "roads");
	index = write_secret(n, &txn);
	kit_until(k, read_at(party, &copy, index) == HF_OK);
	k->jump_ms = 30 * minute;
	kit_write(party, hf_draft_new(HF_EVENT_DECISION, &txn));
	later(k, n, HF_RETENTION_MS - 20 * minute);
	assert_int_equal(ask(n, &txn, 0, &id, text), HF_E_STATE);
	assert_non_null(strstr(text, "retention period"));
	later(k, n, 52 * minute);
	assert_int_equal(ask(n, &txn, 0, &id, text), HF_OK);
	assert_int_equal(approve(n, &id, "he"), HF_OK);
	kit_until(k, read_at(party, &copy, index) == HF_E_ERASED);
}

/* DS-104: signed by the owner alone an erasure is followed nowhere. */
static void test_a_party_follows_what_is_witnessed(void **state)
{
	struct kit *k = *state;
	struct kit_node *n = &k->node[SB_ROADS], *party = &k->node[SB_HEALTH];
	struct hf_id txn = hf_id_new(kit_now(k)), id;
	struct hf_place copy = copy_place(k, SB_ROADS);
	uint64_t index, last;
	char text[400];

	kit_invite(party, "roads");
	index = write_secret(n, &txn);
	kit_until(k, read_at(party, &copy, index) == HF_OK);
	later(k, n, HALF_YEAR_MS);
	kit_until(k, mirrored(party, &copy, true) == kit_state(n).durable);
	k->down[SB_AUDIT] = k->down[SB_HUB] = k->down[SB_PORT] = true;
	assert_int_equal(ask(n, &txn, 0, &id, text), HF_OK);
	last = kit_state(n).durable;
	assert_int_equal(approve(n, &id, "he"), HF_OK);
	until_looked_at(party, &copy, last, false);
	assert_int_equal(read_at(party, &copy, index), HF_OK);
	k->down[SB_AUDIT] = k->down[SB_HUB] = k->down[SB_PORT] = false;
	for (unsigned i = 0; i < SB_NODES; i++)
		if (i != SB_ROADS)
			hf_ledger_peer_up(n->ledger, k->sb->name[i]);
	kit_until(k, read_at(party, &copy, index) == HF_E_ERASED);
}

/* ---- how much an owner can ask for ---- */

#define FLOOD 1200u
#define BATCH 256u /* at most so many are followed in one turn */

struct batches {
	unsigned count, refused, most;
};

static bool take_batch(void *ctx, const struct hf_ledger_row *row)
{
	struct batches *b = ctx;
	char text[300];
	unsigned refused = 0;

	if (!row->opening || !hf_opening_is(row->opening, HF_FIELD_EVENT, "cache-cleared") ||
	    !hf_opening_text(row->opening, HF_FIELD_DETAIL, text, sizeof(text)) ||
	    sscanf(text, "%*u erased, %*u kept under a legal hold, %*u never held here, %u refused", &refused) != 1)
		return true;
	b->count++;
	b->refused += refused;
	b->most = refused > b->most ? refused : b->most;
	return true;
}

static struct batches batches(struct kit_node *party)
{
	struct batches b = {0};

	assert_int_equal(hf_ledger_tail(party->ledger, 5000, take_batch, &b), HF_OK);
	return b;
}

/* A member that asks to erase again and again holds nobody up: in one turn a party follows a bounded number of
 * its orders, with one entry about all of them, and does what else there is to do in between. None is left out. */
static void test_a_flood_of_orders_is_followed_in_batches(void **state)
{
	struct kit *k = *state;
	struct kit_node *n = &k->node[SB_ROADS], *party = &k->node[SB_HEALTH];
	struct hf_id txn = hf_id_new(kit_now(k));
	struct hf_place copy = copy_place(k, SB_ROADS);
	struct hf_unit *u = hf_unit_new();
	uint64_t index;
	unsigned between = 0;

	kit_invite(party, "roads");
	index = write_secret(n, &txn);
	kit_until(k, read_at(party, &copy, index) == HF_OK);
	for (unsigned i = 0; i < FLOOD; i++)
		hf_unit_draft(u, make_order(n, "0"));
	kit_submit(n, u);
	kit_until(k, batches(party).refused > 0);
	for (; batches(party).refused < FLOOD && between < 5000; between++)
		kit_fill(party, 1);
	struct batches b = batches(party);
	assert_int_equal(b.refused, FLOOD);
	assert_in_range(b.most, 1, BATCH);
	assert_in_range(b.count, FLOOD / BATCH + 1, FLOOD / 10);
	assert_true(between >= FLOOD / BATCH); /* each waited for its commit */
	assert_int_equal(read_at(party, &copy, index), HF_OK);
}

/* What lies far behind in a long ledger is reached, too. */
static void test_a_party_catches_up_with_a_long_ledger(void **state)
{
	struct kit *k = *state;
	struct kit_node *n = &k->node[SB_ROADS], *party = &k->node[SB_HEALTH];
	struct hf_id txn = hf_id_new(kit_now(k)), id;
	struct hf_place copy = copy_place(k, SB_ROADS);
	char text[400];
	uint64_t index;

	kit_invite(party, "roads");
	index = write_secret(n, &txn);
	kit_until(k, read_at(party, &copy, index) == HF_OK);
	kit_close(k, SB_HEALTH);
	for (unsigned i = 0; i < 3; i++)
		kit_fill(n, 3000);
	later(k, n, HALF_YEAR_MS);
	assert_int_equal(ask(n, &txn, 0, &id, text), HF_OK);
	assert_int_equal(approve(n, &id, "he"), HF_OK);
	kit_until(k, read_at(n, &n->ledger->own, index) == HF_E_ERASED);
	party = kit_open(k, SB_HEALTH);
	hf_ledger_peer_up(n->ledger, "health");
	kit_until(k, read_at(party, &copy, index) == HF_E_ERASED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup_teardown(test_who_may_erase_and_when, start, stop),
	        cmocka_unit_test_setup_teardown(test_the_witnesses_say_when_the_period_is_over, start, stop),
	        cmocka_unit_test_setup_teardown(test_nothing_is_left_at_the_writer_nor_at_the_party, start, stop),
	        cmocka_unit_test_setup_teardown(test_an_old_backup_brings_nothing_back, start, stop),
	        cmocka_unit_test_setup_teardown(test_it_is_on_record_and_proofs_still_verify, start, stop),
	        cmocka_unit_test_setup_teardown(test_a_party_that_was_away_follows, start, stop),
	        cmocka_unit_test_setup_teardown(test_an_opening_that_was_never_held_is_barred, start, stop),
	        cmocka_unit_test_setup_teardown(test_a_party_keeps_what_is_inside_the_period, start, stop),
	        cmocka_unit_test_setup_teardown(test_no_party_refuses_the_first_that_may_be_asked, start, stop),
	        cmocka_unit_test_setup_teardown(test_a_party_counts_from_when_it_took_what_has_no_transaction,
	                                        start_back, stop),
	        cmocka_unit_test_setup_teardown(test_a_party_follows_what_is_witnessed, start, stop),
	        cmocka_unit_test_setup_teardown(test_a_flood_of_orders_is_followed_in_batches, start, stop),
	        cmocka_unit_test_setup_teardown(test_a_party_catches_up_with_a_long_ledger, start, stop),
	};

	return hf_crypto_init() ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
