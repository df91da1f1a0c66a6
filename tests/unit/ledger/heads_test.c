/*
 * What a peer says about the heads of ledgers: how much of it is looked at, and that nothing but a proved contradiction
 * stops a log.
 */
#include "kit.h"

static int start(void **state)
{
	struct kit *k = kit_new(NULL);

	kit_open(k, SB_AUDIT);
	kit_open(k, SB_HUB);
	kit_open(k, SB_PORT);
	kit_open(k, SB_HEALTH);
	kit_fill(&k->node[SB_HEALTH], 20);
	kit_until_witnessed(&k->node[SB_HEALTH]);
	*state = k;
	return 0;
}

static int stop(void **state)
{
	kit_free(*state);
	return 0;
}

static void take_answer(void *ctx, enum hf_err e, const char *text, const void *body, size_t len)
{
	(void)text, (void)body, (void)len;
	*(int *)ctx = 1000 + (int)e;
}

/* Heads of one log, one for each note, from one peer. */
static enum hf_err send_heads(struct kit *k, unsigned from, unsigned to, const char *origin,
                              const struct hf_bytes *notes, size_t count)
{
	Hufu__LedgerHeads m = HUFU__LEDGER_HEADS__INIT;
	Hufu__LedgerHead head[66], *list[66];
	int answer = 0;
	size_t len;

	for (size_t i = 0; i < count; i++) {
		list[i] = &head[i];
		hufu__ledger_head__init(&head[i]);
		head[i].origin = (char *)(uintptr_t)origin;
		head[i].size = 21;
		head[i].note = hf_binary(notes[i].data, notes[i].len);
	}
	m.heads = list;
	m.n_heads = count;
	uint8_t *body = hf_encode(&m.base, &len);
	hf_ledger_handle(k->node[to].ledger, k->sb->name[from], HF_MSG_LEDGER_HEADS, (struct hf_bytes){body, len},
	                 (struct hf_answer){take_answer, &answer});
	kit_until(k, answer != 0);
	free(body);
	return (enum hf_err)(answer - 1000);
}

/* A checkpoint of health's log, with its real signature, that contradicts its real one. */
static struct hf_bytes forked_note(struct kit *k, uint64_t size, char *note, size_t cap)
{
	struct hf_checkpoint c = {.size = size};
	char text[400], line[400];

	snprintf(c.origin, sizeof(c.origin), "%s", k->node[SB_HEALTH].ledger->own.origin);
	memset(c.root.b, 7, sizeof(c.root.b));
	assert_true(hf_checkpoint_text(&c, text, sizeof(text)) > 0);
	assert_true(hf_note_sign_line(k->sb->key[SB_HEALTH][HF_KEY_LOG], c.origin, text, strlen(text), line,
	                              sizeof(line)) > 0);
	return (struct hf_bytes){(const uint8_t *)note, (size_t)snprintf(note, cap, "%s\n%s", text, line)};
}

static uint64_t seen_by_hub(struct kit *k)
{
	Hufu__WitnessRow *row HF_CLEANUP(hf_decoded_done) =
	        hf_witness_row(k->node[SB_HUB].ledger, k->node[SB_HEALTH].ledger->own.origin);

	return row ? row->size : 0;
}

/* Two heads of each log in a message, however many it holds: what was cosigned and what is mirrored. */
static void test_two_heads_of_each_log(void **state)
{
	struct kit *k = *state;
	struct kit_node *hub = &k->node[SB_HUB];
	const char *origin = k->node[SB_HEALTH].ledger->own.origin;
	struct hf_bytes notes[66];
	char good[1000];

	kit_until(k, seen_by_hub(k) == 21);
	for (size_t i = 0; i < 66; i++)
		notes[i] = forked_note(k, 21, good, sizeof(good));
	notes[0] = notes[1] = (struct hf_bytes){(const uint8_t *)"junk", 4};
	assert_int_equal(send_heads(k, SB_AUDIT, SB_HUB, origin, notes, 66), HF_OK);
	assert_int_equal(hub->alarms, 0);
	assert_int_equal(send_heads(k, SB_AUDIT, SB_HUB, origin, notes + 1, 2), HF_OK);
	assert_int_equal(hub->alarms, 1);
	assert_string_equal(hub->alarm, "ledger-equivocation");
}

static bool hold_mirror(struct kit *k, const struct kit_call *c, struct hf_buf *body)
{
	(void)k, (void)body;
	return c->type != HF_MSG_MIRROR_ADD;
}

/* The log sends one entry to its mirror, under a checkpoint that the entry does not lead to. */
static enum hf_err send_entry(struct kit *k, unsigned to, uint64_t index, struct hf_bytes note)
{
	struct hf_ledger *l = k->node[SB_HEALTH].ledger;
	struct hf_buf entry HF_CLEANUP(hf_buf_done) = HF_BUF_INIT;
	Hufu__MirrorAdd add = HUFU__MIRROR_ADD__INIT;
	ProtobufCBinaryData one;
	uint8_t key[8], *body;
	int answer = 0;
	size_t len;

	hf_put_u64(key, index);
	assert_int_equal(hf_store_get(l->store, HF_TABLE_ENTRY, key, sizeof(key), &entry), HF_OK);
	one = hf_binary(entry.data, entry.len);
	add.origin = l->own.origin;
	add.start = index;
	add.entries = &one;
	add.n_entries = 1;
	add.note = hf_binary(note.data, note.len);
	body = hf_encode(&add.base, &len);
	hf_ledger_handle(k->node[to].ledger, k->sb->name[SB_HEALTH], HF_MSG_MIRROR_ADD, (struct hf_bytes){body, len},
	                 (struct hf_answer){take_answer, &answer});
	kit_until(k, answer != 0);
	free(body);
	return (enum hf_err)(answer - 1000);
}

static bool mirror_frozen(struct kit *k, unsigned at, uint64_t *ret_size)
{
	Hufu__MirrorRow *row HF_CLEANUP(hf_decoded_done) =
	        hf_mirror_row(k->node[at].ledger, k->node[SB_HEALTH].ledger->own.origin);

	*ret_size = row ? row->size : 0;
	return row && row->frozen;
}

/* The checkpoint that the mirror is sent contradicts what it cosigned: the row it then writes does not undo the freeze.
 */
static void test_a_false_copy_that_is_proof_stays_frozen(void **state)
{
	struct kit *k = *state;
	struct kit_node *n = &k->node[SB_HEALTH];
	struct hf_bytes note;
	uint64_t held = 0;
	char text[1000];

	kit_invite(&k->node[SB_HUB], "health");
	kit_invite(n, "hub");
	kit_until(k, !mirror_frozen(k, SB_HUB, &held) && held == seen_by_hub(k) && held > 0);
	k->bend = hold_mirror;
	kit_fill(n, 1);
	kit_until_witnessed(n);
	kit_until(k, seen_by_hub(k) == held + 1);
	note = forked_note(k, held + 1, text, sizeof(text));
	assert_int_equal(send_entry(k, SB_HUB, held, note), HF_E_DIGEST);
	assert_true(hf_frozen(k->node[SB_HUB].ledger, n->ledger->own.origin));
	assert_true(mirror_frozen(k, SB_HUB, &held));
}

/* A peer that sends heads without end has no more of them checked, and one alarm is raised; others are heard. */
static void test_a_flood_of_heads(void **state)
{
	struct kit *k = *state;
	struct kit_node *hub = &k->node[SB_HUB];
	const char *origin = k->node[SB_HEALTH].ledger->own.origin;
	struct hf_bytes note;
	char text[1000];

	kit_until(k, seen_by_hub(k) == 21);
	note = (struct hf_bytes){(const uint8_t *)"junk", 4};
	for (unsigned i = 0; i < 800; i++)
		assert_int_equal(send_heads(k, SB_AUDIT, SB_HUB, origin, &note, 1), HF_OK);
	assert_int_equal(hub->alarms, 1);
	assert_string_equal(hub->alarm, "heads-flood");
	note = forked_note(k, 21, text, sizeof(text));
	assert_int_equal(send_heads(k, SB_AUDIT, SB_HUB, origin, &note, 1), HF_OK);
	assert_int_equal(hub->alarms, 1);
	assert_int_equal(send_heads(k, SB_PORT, SB_HUB, origin, &note, 1), HF_OK);
	assert_int_equal(hub->alarms, 2);
	assert_string_equal(hub->alarm, "ledger-equivocation");
}

/* What a note costs to check does not grow with the lines that a peer writes into it. */
static void test_many_lines_of_one_signer(void **state)
{
	struct kit *k = *state;
	struct kit_node *n = &k->node[SB_HEALTH];
	struct hf_buf note HF_CLEANUP(hf_buf_done) = HF_BUF_INIT;
	const uint8_t *last;
	struct hf_worth w;
	size_t line;

	hf_buf_add(&note, n->ledger->witnessed.note.data, n->ledger->witnessed.note.len);
	last = memrchr(note.data, '\n', note.len - 1);
	line = (size_t)(note.data + note.len - last) - 1;
	for (unsigned lines = 2; lines < 6; lines++) {
		assert_true(hf_buf_reserve(&note, note.len + line));
		hf_buf_add(&note, note.data + note.len - line, line);
		assert_int_equal(hf_note_weigh(k->space, "health", note.data, note.len, kit_now(k), &w),
		                 lines == 2 ? HF_OK : HF_E_FORMAT); /* two: the signer's key has changed */
	}
}

/* The log's own signature comes first: cosignatures alone are worth nothing. */
static void test_a_note_without_the_logs_signature(void **state)
{
	struct kit *k = *state;
	struct kit_node *n = &k->node[SB_HEALTH];
	const struct hf_buf *whole = &n->ledger->witnessed.note;
	struct hf_buf note HF_CLEANUP(hf_buf_done) = HF_BUF_INIT;
	const uint8_t *gap = memmem(whole->data, whole->len, "\n\n", 2), *lf;
	struct hf_worth w;

	assert_non_null(gap);
	lf = memchr(gap + 2, '\n', (size_t)(whole->data + whole->len - gap) - 2);
	hf_buf_add(&note, whole->data, (size_t)(gap + 2 - whole->data));
	hf_buf_add(&note, lf + 1, (size_t)(whole->data + whole->len - lf) - 1);
	assert_int_equal(hf_note_weigh(k->space, "health", whole->data, whole->len, kit_now(k), &w), HF_OK);
	assert_int_equal(hf_note_weigh(k->space, "health", note.data, note.len, kit_now(k), &w), HF_E_SIGNATURE);
}

/* A row that cannot be read now is no proof of two histories; one that is read later may be. */
static void test_an_unread_tile_stops_no_log(void **state)
{
	struct kit *k = *state;
	struct kit_node *n = &k->node[SB_HEALTH];
	struct hf_buf tile HF_CLEANUP(hf_buf_done) = HF_BUF_INIT, own HF_CLEANUP(hf_buf_done) = HF_BUF_INIT;
	struct hf_unit *u = hf_unit_new();
	struct hf_bytes note;
	uint8_t key[HF_KEY_MAX];
	char text[1000];
	size_t key_len = hf_place_key(&n->ledger->own, hf_tile_number(0, 0), key);

	hf_buf_add(&own, n->ledger->round.note.data, n->ledger->round.note.len);
	note = (struct hf_bytes){own.data, own.len};
	assert_int_equal(hf_store_get(n->store, HF_TABLE_LEAF, key, key_len, &tile), HF_OK);
	hf_unit_del(u, HF_TABLE_LEAF, key, key_len);
	kit_submit(n, u);
	assert_int_equal(send_heads(k, SB_HUB, SB_HEALTH, n->ledger->own.origin, &note, 1), HF_OK);
	assert_string_equal(kit_state(n).halted, "");
	u = hf_unit_new();
	hf_unit_put(u, HF_TABLE_LEAF, key, key_len, tile.data, tile.len);
	kit_submit(n, u);
	assert_int_equal(send_heads(k, SB_HUB, SB_HEALTH, n->ledger->own.origin, &note, 1), HF_OK);
	assert_string_equal(kit_state(n).halted, "");
	note = forked_note(k, 21, text, sizeof(text));
	assert_int_equal(send_heads(k, SB_HUB, SB_HEALTH, n->ledger->own.origin, &note, 1), HF_OK);
	assert_non_null(strstr(kit_state(n).halted, "two histories"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup_teardown(test_two_heads_of_each_log, start, stop),
	        cmocka_unit_test_setup_teardown(test_a_false_copy_that_is_proof_stays_frozen, start, stop),
	        cmocka_unit_test_setup_teardown(test_a_flood_of_heads, start, stop),
	        cmocka_unit_test_setup_teardown(test_many_lines_of_one_signer, start, stop),
	        cmocka_unit_test_setup_teardown(test_a_note_without_the_logs_signature, start, stop),
	        cmocka_unit_test_setup_teardown(test_an_unread_tile_stops_no_log, start, stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
