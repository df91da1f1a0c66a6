/* sign_test.c - does the signing of checkpoints hold beside a committer that goes on all the time? */
#include "kit.h"

enum hf_err __real_hf_snapshot_open(struct hf_store *s, struct hf_snapshot **ret_snapshot);
enum hf_err __wrap_hf_snapshot_open(struct hf_store *s, struct hf_snapshot **ret_snapshot);

/* While set, each opened snapshot is followed by a durable entry before its caller goes on. */
static struct kit_node *busy;
static unsigned raced;

static void write_entry(struct kit_node *n)
{
	struct hf_unit *u = hf_unit_new();

	hf_unit_draft(u, hf_draft_new(HF_EVENT_COMMAND, NULL));
	hf_store_submit(n->store, u, NULL, NULL);
}

static void wait_for_commit(struct kit_node *n, uint64_t size)
{
	int64_t end = kit_mono(NULL) + KIT_LIMIT_MS;

	while (hf_sequence_size(n->ledger->sequence) == size)
		if (kit_mono(NULL) > end)
			fail_msg("no commit in %d ms", KIT_LIMIT_MS);
}

enum hf_err __wrap_hf_snapshot_open(struct hf_store *s, struct hf_snapshot **ret_snapshot)
{
	enum hf_err e = __real_hf_snapshot_open(s, ret_snapshot);

	if (e == HF_OK && busy && busy->store == s) {
		uint64_t size = hf_sequence_size(busy->ledger->sequence);

		write_entry(busy);
		wait_for_commit(busy, size);
		raced++;
	}
	return e;
}

static void a_commit_while_a_checkpoint_is_begun_stops_nothing(void **state)
{
	struct kit *k = kit_new(NULL);
	struct kit_node *n = NULL;
	struct hf_ledger_state s;

	(void)state;
	for (unsigned i = 0; i < SB_NODES; i++)
		kit_open(k, i);
	busy = n = &k->node[SB_HEALTH];
	write_entry(n);
	kit_until(k, raced >= 5 || n->ledger->halted[0]);
	hf_ledger_state(n->ledger, &s);
	assert_string_equal(s.halted, "");
	assert_true(s.signed_size > 0);
	busy = NULL;
	kit_free(k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_commit_while_a_checkpoint_is_begun_stops_nothing),
	};

	return hf_crypto_init() ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
