/*
 * The files of slots: how they begin, and that a start does not pass over keys that were lost, in whichever way.
 */
#include "kit.h"

static int start(void **state)
{
	*state = kit_new(NULL);
	return 0;
}

static int stop(void **state)
{
	kit_free(*state);
	return 0;
}

static void path_of(const struct kit *k, const char *node, const char *name, char out[200])
{
	snprintf(out, 200, "%s/%s/ledger/%s", k->dir, node, name);
}

static void write_at(const char *path, const void *data, size_t len, off_t at)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, data, len, at), (ssize_t)len);
	close(fd);
}

static enum hf_err open_slots(const struct kit *k, struct hf_slots **ret_slots)
{
	struct hf_fault f = {HF_OK, ""};

	return hf_slots_open(k->dir, "x", ret_slots, &f);
}

/* Killed, or out of power, between the making of the file and its first sync. */
static void test_unfinished_file(void **state)
{
	struct kit *k = *state;
	static const uint8_t zeros[HF_SLOT_BYTES];
	uint8_t slot[HF_SLOT_BYTES] = {1};
	struct hf_slots *s;
	char path[200];

	snprintf(path, sizeof(path), "%s/ledger", k->dir);
	mkdir(path, 0700);
	snprintf(path, sizeof(path), "%s/ledger/slots-x", k->dir);
	write_at(path, "hufu sl", 7, 0);
	assert_int_equal(open_slots(k, &s), HF_OK);
	assert_int_equal(hf_slots_put(s, 0, slot, 1), HF_OK);
	hf_slots_close(s);
	assert_int_equal(open_slots(k, &s), HF_OK);
	assert_int_equal(hf_slots_get(s, 0, slot), HF_OK);
	hf_slots_close(s);
	write_at(path, zeros, sizeof(zeros), 0); /* a form that was lost, before slots that are there */
	assert_int_equal(open_slots(k, &s), HF_E_STATE);
	assert_int_equal(truncate(path, sizeof(zeros)), 0);
	assert_int_equal(open_slots(k, &s), HF_OK);
	hf_slots_close(s);
	assert_int_equal(truncate(path, 0), 0);
	write_at(path, "a letter", 8, 0);
	assert_int_equal(open_slots(k, &s), HF_E_STATE);
}

/* Zeros are what a disk gives for bytes that it lost: no erasure. */
static void test_lost_is_not_erased(void **state)
{
	struct kit *k = *state;
	const uint64_t second = 1;
	uint8_t slot[3 * HF_SLOT_BYTES] = {0}, out[HF_SLOT_BYTES];
	struct hf_slots *s;
	uint64_t count;

	memset(slot, 7, 2 * HF_SLOT_BYTES);
	assert_int_equal(open_slots(k, &s), HF_OK);
	assert_int_equal(hf_slots_put(s, 0, slot, 3), HF_OK);
	assert_int_equal(hf_slots_erase(s, &second, 1), HF_OK);
	assert_int_equal(hf_slots_get(s, 0, out), HF_OK);
	assert_int_equal(hf_slots_get(s, 1, out), HF_E_ERASED);
	assert_int_equal(hf_slots_get(s, 2, out), HF_E_UNKNOWN);
	assert_int_equal(hf_slots_get(s, 3, out), HF_E_UNKNOWN);
	assert_int_equal(hf_slots_reserve(s, 10), HF_OK);
	assert_int_equal(hf_slots_reserve(s, 5), HF_OK);
	assert_int_equal(hf_slots_count(s, &count), HF_OK);
	assert_int_equal(count, 10);
	assert_int_equal(hf_slots_get(s, 9, out), HF_E_UNKNOWN);
	hf_slots_close(s);
}

/* Hub with entries of its own and openings of health's; closed. */
static void prepare(struct kit *k)
{
	struct hf_id txn = hf_id_new(kit_now(k));
	struct kit_node *n;

	kit_open(k, SB_AUDIT);
	kit_open(k, SB_PORT);
	kit_open(k, SB_ROADS);
	n = kit_open(k, SB_HUB);
	kit_invite(n, "roads");
	kit_fill(n, 5);
	for (unsigned i = 0; i < 5; i++) {
		struct hf_draft *d = hf_draft_new(HF_EVENT_COMMAND, &txn);

		hf_draft_party(d, "hub");
		kit_write(&k->node[SB_ROADS], d);
	}
	kit_until(k, hf_store_count(n->store, HF_TABLE_MIRROR_OPENING) == 5);
	kit_until(k, hf_store_count(k->node[SB_ROADS].store, HF_TABLE_SHARE) == 0);
	kit_close(k, SB_HUB);
}

static void assert_refused(struct kit *k, const char *file)
{
	struct hf_fault f = {HF_OK, ""};

	assert_int_equal(kit_try_open(k, SB_HUB, &f), HF_E_STATE);
	assert_non_null(strstr(f.text, file));
	assert_non_null(strstr(f.text, "; put the right file there, or make an empty file slots-lost"));
}

/* Cut, emptied, garbled: the start is refused and names the file; with the right bytes back it goes on. */
static void refused_when_harmed(struct kit *k, const char *file, unsigned slot)
{
	const off_t at = (off_t)(slot + 1) * HF_SLOT_BYTES;
	uint8_t kept[HF_SLOT_BYTES], zeros[HF_SLOT_BYTES] = {0}, garbage[HF_SLOT_BYTES];
	char path[200];
	int fd;

	prepare(k);
	path_of(k, "hub", file, path);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_int_equal(pread(fd, kept, sizeof(kept), at), sizeof(kept));
	close(fd);
	memset(garbage, 'g', sizeof(garbage));
	write_at(path, zeros, sizeof(zeros), at);
	assert_refused(k, file);
	write_at(path, garbage, sizeof(garbage), at);
	assert_refused(k, file);
	assert_int_equal(truncate(path, at), 0);
	assert_refused(k, file);
	write_at(path, kept, sizeof(kept), at);
	kit_open(k, SB_HUB);
}

static void test_lost_own_slots(void **state)
{
	refused_when_harmed(*state, "slots-own", 5);
}

static void test_lost_received_slots(void **state)
{
	refused_when_harmed(*state, "slots-copies", 4);
}

static bool roads_opening(struct kit *k, uint64_t index)
{
	struct hf_ledger *l = k->node[SB_HUB].ledger;
	struct hf_opened o HF_CLEANUP(hf_opened_done) = HF_OPENED_INIT;
	struct hf_place place = {.own = false};

	hf_space_origin(SB_SPACE, "roads", place.origin);
	return hf_opening_read(&l->opening_keys, &place, &l->rows, index, &o) == HF_OK;
}

static void share_again(struct kit_node *n, const char *peer, uint64_t index)
{
	struct hf_unit *u = hf_unit_new();
	uint8_t key[HF_KEY_MAX];

	hf_unit_put(u, HF_TABLE_SHARE, key, hf_key_share(peer, index, key), NULL, 0);
	kit_submit(n, u);
	hf_ledger_peer_up(n->ledger, peer);
}

/* The way out: the node starts, says so in its record, gives no number out twice, and takes lost openings anew. */
static void test_accepted_loss(void **state)
{
	struct kit *k = *state;
	struct kit_node *n;
	char path[200], kind[40];
	uint64_t count;

	prepare(k);
	path_of(k, "hub", "slots-copies", path);
	assert_int_equal(truncate(path, 2 * HF_SLOT_BYTES), 0);
	path_of(k, "hub", "slots-lost", path);
	write_at(path, "", 0, 0);
	n = kit_open(k, SB_HUB);
	kit_until(k, kit_state(n).durable == 7);
	kit_field(n, 6, HF_FIELD_ALARM, kind, sizeof(kind));
	assert_string_equal(kind, "slots-lost");
	assert_int_equal(hf_slots_count(n->ledger->opening_keys.slots_copies, &count), HF_OK);
	assert_int_equal(count, 5);
	assert_true(roads_opening(k, 1));
	assert_false(roads_opening(k, 5));
	share_again(&k->node[SB_ROADS], "hub", 5);
	kit_until(k, roads_opening(k, 5));
	assert_int_equal(hf_slots_count(n->ledger->opening_keys.slots_copies, &count), HF_OK);
	assert_int_equal(count, 6);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup_teardown(test_unfinished_file, start, stop),
	        cmocka_unit_test_setup_teardown(test_lost_is_not_erased, start, stop),
	        cmocka_unit_test_setup_teardown(test_lost_own_slots, start, stop),
	        cmocka_unit_test_setup_teardown(test_lost_received_slots, start, stop),
	        cmocka_unit_test_setup_teardown(test_accepted_loss, start, stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
