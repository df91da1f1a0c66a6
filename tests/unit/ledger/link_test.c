/*
 * link_test.c - what a replica that is no party learns from the entries it holds: neither who deals with whom nor on
 * what. Two organizations do a hundred transactions with each other, in another order at each side, among as many with
 * nobody; a third one mirrors both ledgers and tries to find out which entries belong together, by everything that an
 * entry shows but its time: bytes in common, equal values, its length, its class. That time does link is stated in
 * docs/security.md.
 */
#include "kit.h"

#define TXNS 100u
#define WINDOW 6u /* bytes in common that are no accident: one in 2^48 for each pair of places */

struct side {
	struct kit_node *n;
	struct hf_id txn[2 * TXNS]; /* in the order of writing; the first TXNS of `shared` are those of both */
	uint64_t index[2 * TXNS];
	struct hf_buf entry[2 * TXNS], opening[2 * TXNS];
};
struct stage {
	struct kit *k;
	struct side a, b;
	struct kit_node *observer;
};

static char *hub_list[1] = {(char *)"hub"};

static void shape(struct sb_space *sb)
{
	static const unsigned writers[] = {SB_ROADS, SB_HEALTH};

	for (unsigned i = 0; i < 2; i++) {
		sb->member[writers[i]].mirrors = hub_list;
		sb->member[writers[i]].n_mirrors = 1;
	}
}

/* What both sides say of a transaction is equal as far as it can be, and long and short by turns. */
static struct hf_draft *dealing(const struct hf_id *txn, const char *other, unsigned seed)
{
	struct hf_draft *d = hf_draft_new(HF_EVENT_TRANSFER_SENT, txn);
	struct hf_hash digest;

	hf_sha256(txn->b, sizeof(txn->b), &digest);
	hf_draft_bytes(d, HF_FIELD_DIGEST, digest.b, sizeof(digest.b));
	hf_draft_bytes(d, HF_FIELD_CONTENT_ROOT, digest.b, sizeof(digest.b));
	hf_draft_text(d, HF_FIELD_ACTOR, "li.na-who-must-stay-unknown");
	hf_draft_text(d, HF_FIELD_COUNTERPARTY, other);
	hf_draft_textf(d, HF_FIELD_OBJECT, "object-%0*u", (int)(seed % 150) + 1, seed);
	if (seed % 3)
		hf_draft_textf(d, HF_FIELD_DETAIL, "detail %u of what was dealt in", seed);
	hf_draft_int(d, HF_FIELD_DATA_LENGTH, (int64_t)seed * 1234567);
	hf_draft_outcome(d, HF_OK, NULL);
	return d;
}

static void shuffle(struct hf_id *ids, size_t count, unsigned *seed)
{
	for (size_t i = count - 1; i > 0; i--) {
		size_t j = (size_t)rand_r(seed) % (i + 1);
		struct hf_id t = ids[i];

		ids[i] = ids[j];
		ids[j] = t;
	}
}

static void write_all(struct side *s, const char *other, unsigned *seed)
{
	struct hf_unit *u = hf_unit_new();
	uint64_t first;

	shuffle(s->txn, 2 * TXNS, seed);
	for (size_t i = 0; i < 2 * TXNS; i++)
		hf_unit_draft(u, dealing(&s->txn[i], other, s->txn[i].b[15] + 256u * s->txn[i].b[14]));
	first = kit_submit(s->n, u);
	for (size_t i = 0; i < 2 * TXNS; i++)
		s->index[i] = first + i;
}

static void read_all(struct stage *st, struct side *s)
{
	struct hf_place place = {.own = false};
	struct hf_bytes bytes;

	memcpy(place.origin, s->n->ledger->own.origin, sizeof(place.origin));
	for (size_t i = 0; i < 2 * TXNS; i++) {
		struct hf_opened o HF_CLEANUP(hf_opened_done) = HF_OPENED_INIT;
		uint8_t *data;
		size_t len;

		assert_int_equal(hf_place_entry(&place, &st->observer->ledger->rows, s->index[i], &bytes), HF_OK);
		assert_true(hf_buf_add(&s->entry[i], bytes.data, bytes.len));
		assert_int_equal(hf_opening_read(&st->observer->ledger->opening_keys, &place,
		                                 &st->observer->ledger->rows, s->index[i], &o),
		                 HF_E_UNKNOWN); /* it was given no opening */
		assert_int_equal(hf_opening_read(&s->n->ledger->opening_keys, &s->n->ledger->own, &s->n->ledger->rows,
		                                 s->index[i], &o),
		                 HF_OK);
		data = hf_encode(&o.opening->base, &len);
		assert_true(hf_buf_add(&s->opening[i], data, len));
		free(data);
	}
}

static uint64_t held(const struct stage *st, const char *node)
{
	struct hf_ledger_seen seen;

	hf_ledger_seen(st->observer->ledger, node, &seen);
	return seen.held;
}

static int start(void **state)
{
	struct stage *st = calloc(1, sizeof(*st));
	const char *given = getenv("HUFU_SEED");
	unsigned seed = given ? (unsigned)strtoul(given, NULL, 10) : 11;

	print_message("seed %u\n", seed);
	st->k = kit_new(shape);
	for (unsigned i = 0; i < SB_NODES; i++)
		kit_open(st->k, i);
	st->a.n = &st->k->node[SB_ROADS];
	st->b.n = &st->k->node[SB_HEALTH];
	st->observer = &st->k->node[SB_HUB];
	for (size_t i = 0; i < 2 * TXNS; i++) {
		st->a.txn[i] = hf_id_new(kit_now(st->k));
		st->b.txn[i] = i < TXNS ? st->a.txn[i] : hf_id_new(kit_now(st->k));
	}
	write_all(&st->a, "health", &seed);
	write_all(&st->b, "roads", &seed);
	kit_until(st->k,
	          held(st, "roads") > st->a.index[2 * TXNS - 1] && held(st, "health") > st->b.index[2 * TXNS - 1]);
	read_all(st, &st->a);
	read_all(st, &st->b);
	*state = st;
	return 0;
}

static int stop(void **state)
{
	struct stage *st = *state;

	for (size_t i = 0; i < 2 * TXNS; i++) {
		hf_buf_done(&st->a.entry[i]);
		hf_buf_done(&st->a.opening[i]);
		hf_buf_done(&st->b.entry[i]);
		hf_buf_done(&st->b.opening[i]);
	}
	kit_free(st->k);
	free(st);
	return 0;
}

/* The entry without what is the same in all entries of its ledger, its number and its time. */
static void strip(const struct hf_buf *entry, struct hf_buf *out)
{
	Hufu__LedgerEntry *e;

	assert_int_equal(hf_entry_decode(entry->data, entry->len, &e), HF_OK);
	hf_buf_clear(out);
	assert_true(hf_buf_add(out, e->label.data, e->label.len) &&
	            hf_buf_add(out, e->commitment.data, e->commitment.len) &&
	            hf_buf_add(out, e->prev.data, e->prev.len));
	hf_decoded_free(e);
}

/* Do the two have WINDOW bytes in a row in common, wherever they stand? */
static bool alike(const struct hf_buf *a, const struct hf_buf *b)
{
	for (size_t i = 0; i + WINDOW <= a->len; i++)
		if (memmem(b->data, b->len, a->data + i, WINDOW))
			return true;
	return false;
}

/* Among equals nothing but the pair's own bytes would tell; each entry against each of the other ledger. */
static void test_no_bytes_in_common(void **state)
{
	struct stage *st = *state;
	struct hf_buf a HF_CLEANUP(hf_buf_done) = HF_BUF_INIT, b HF_CLEANUP(hf_buf_done) = HF_BUF_INIT;

	for (size_t i = 0; i < 2 * TXNS; i++) {
		strip(&st->a.entry[i], &a);
		for (size_t j = 0; j < 2 * TXNS; j++) {
			strip(&st->b.entry[j], &b);
			assert_false(alike(&a, &b));
			if (i == j)
				continue;
			strip(&st->a.entry[j], &b); /* nor within one ledger, except the chain */
			assert_false(j != i + 1 && i != j + 1 && alike(&a, &b));
		}
	}
}

static const char *txn_in(const struct hf_buf *opening, const struct hf_id *txn)
{
	char text[HF_ID_TEXT];

	hf_id_text(txn, text);
	return memmem(opening->data, opening->len, text, strlen(text));
}

/* The same attempt with the openings, which only the parties have, finds every pair and no other: it is able to. */
static void test_with_the_openings_it_succeeds(void **state)
{
	struct stage *st = *state;
	unsigned found = 0;

	for (size_t i = 0; i < 2 * TXNS; i++)
		for (size_t j = 0; j < 2 * TXNS; j++)
			if (txn_in(&st->b.opening[j], &st->a.txn[i])) {
				assert_true(alike(&st->a.opening[i], &st->b.opening[j]));
				assert_true(hf_id_equal(&st->a.txn[i], &st->b.txn[j]));
				found++;
			}
	assert_int_equal(found, TXNS);
}

static size_t varint_len(uint64_t v)
{
	size_t n = 1;

	while (v >>= 7)
		n++;
	return n;
}

/* Length and class are the same whatever was dealt in, with whom, at whatever length. */
static void test_the_form_says_nothing(void **state)
{
	struct stage *st = *state;
	struct side *sides[2] = {&st->a, &st->b};

	for (unsigned s = 0; s < 2; s++) {
		size_t len = 0;

		for (size_t i = 0; i < 2 * TXNS; i++) {
			const struct hf_buf *bytes = &sides[s]->entry[i];
			Hufu__LedgerEntry *e;
			size_t is;

			assert_int_equal(hf_entry_decode(bytes->data, bytes->len, &e), HF_OK);
			is = bytes->len - varint_len(e->index) - varint_len((uint64_t)e->time_s);
			if (i == 0)
				len = is;
			assert_int_equal(is, len);
			assert_int_equal(e->event_class, HF_EVENT_CLASS_EXCHANGE);
			assert_int_equal(e->n_openings, 0);
			hf_decoded_free(e);
		}
	}
}

static const char *wanted;
static size_t wanted_len;
static unsigned found;

static int search_file(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	struct hf_buf b;

	(void)st, (void)ftw;
	if (type != FTW_F)
		return 0;
	hf_buf_init(&b, (size_t)1 << 31);
	assert_int_equal(hf_file_read(path, (size_t)1 << 30, &b), HF_OK);
	found += b.len > 0 && memmem(b.data, b.len, wanted, wanted_len) != NULL;
	hf_buf_done(&b);
	return 0;
}

static unsigned search(const struct kit_node *n, const void *what, size_t len)
{
	wanted = what;
	wanted_len = len;
	found = 0;
	nftw(n->base.dir, search_file, 16, FTW_PHYS);
	return found;
}

/* Nothing of it in any file of the observer: no transaction, no actor, no object, no digest of a document. */
static void test_nothing_in_the_observers_files(void **state)
{
	struct stage *st = *state;
	char text[HF_ID_TEXT];
	struct hf_hash digest;

	for (size_t i = 0; i < 2 * TXNS; i += 20) {
		hf_id_text(&st->a.txn[i], text);
		hf_sha256(st->a.txn[i].b, sizeof(st->a.txn[i].b), &digest);
		assert_int_equal(search(st->observer, st->a.txn[i].b, sizeof(st->a.txn[i].b)), 0);
		assert_int_equal(search(st->observer, text, strlen(text)), 0);
		assert_int_equal(search(st->observer, digest.b, sizeof(digest.b)), 0);
		assert_true(search(st->a.n, st->a.txn[i].b, sizeof(st->a.txn[i].b)) > 0); /* the writer has it */
	}
	assert_int_equal(search(st->observer, "li.na-who-must", 14), 0);
	assert_int_equal(search(st->observer, "object-", 7), 0);
	assert_true(search(st->observer, st->a.entry[0].data, st->a.entry[0].len) > 0); /* and it has the entries */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_no_bytes_in_common),
	        cmocka_unit_test(test_with_the_openings_it_succeeds),
	        cmocka_unit_test(test_the_form_says_nothing),
	        cmocka_unit_test(test_nothing_in_the_observers_files),
	};

	return hf_crypto_init() ? cmocka_run_group_tests(tests, start, stop) : 1;
}
