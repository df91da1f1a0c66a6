/* The exported folder: complete and checkable by anyone who has the root key, for sizes around every edge of a tile;
 * own and mirrored. */
#include "evidence/tally.h"
#include "kit.h"

static char *hub_list[1] = {(char *)"hub"};

static void health_names_hub(struct sb_space *sb)
{
	sb->member[SB_HEALTH].mirrors = hub_list;
	sb->member[SB_HEALTH].n_mirrors = 1;
}

static int start(void **state)
{
	struct kit *k = kit_new(health_names_hub);

	kit_open(k, SB_AUDIT);
	kit_open(k, SB_HUB);
	kit_open(k, SB_PORT);
	kit_open(k, SB_HEALTH);
	*state = k;
	return 0;
}

static int stop(void **state)
{
	kit_free(*state);
	return 0;
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

static struct ending export(struct kit_node *n, const char *of, const char *dir)
{
	struct ending x = {.done = false};

	hf_ledger_export(n->ledger, of, dir, on_end, &x);
	assert_false(x.done);
	kit_until(n->kit, x.done);
	return x;
}

static void check_dir(struct kit *k, const char *dir, uint64_t size)
{
	struct hf_fault f = {HF_OK, ""};
	struct hf_trust trust = {.number = 0};
	struct hf_ledger_report r;

	memcpy(trust.root.b, k->sb->root_pub, sizeof(trust.root.b));
	if (hf_ledger_verify_dir(&trust, dir, &r, &f) != HF_OK)
		fail_msg("size %llu: %s", (unsigned long long)size, f.text);
	assert_int_equal(r.size, size);
}

/* SB-58, SB-59: whole at 1, 2, 255, 256, 257 and 1,000 entries; with nothing witnessed there is nothing to export. */
static void test_sizes(void **state)
{
	static const unsigned sizes[] = {1, 2, 255, 256, 257, 1000};
	struct kit *k = *state;
	struct kit_node *n = &k->node[SB_HEALTH];
	char dir[200];

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct ending x;

		kit_until(k, kit_state(n).durable > 0);
		if (sizes[i] > kit_state(n).durable)
			kit_fill(n, sizes[i] - (unsigned)kit_state(n).durable);
		kit_until_witnessed(n);
		snprintf(dir, sizeof(dir), "%s/export-%u", k->dir, sizes[i]);
		x = export(n, NULL, dir);
		assert_int_equal(x.e, HF_OK);
		assert_int_equal(x.size, sizes[i]);
		check_dir(k, dir, sizes[i]);
	}
	assert_int_equal(export(n, NULL, dir).e, HF_E_EXISTS);
	assert_int_equal(export(n, NULL, "relative/path").e, HF_E_ARGUMENT);
	snprintf(dir, sizeof(dir), "%s/none", k->dir);
	assert_int_equal(export(n, "port", dir).e, HF_E_UNKNOWN);
}

/* What a mirror exports is the same ledger. */
static void test_mirror_exports_too(void **state)
{
	struct kit *k = *state;
	struct kit_node *n = &k->node[SB_HEALTH];
	char dir[200];
	struct ending x;

	kit_fill(n, 300);
	kit_until_witnessed(n);
	kit_until(k, kit_state(n).mirrored_size == 301);
	snprintf(dir, sizeof(dir), "%s/copy", k->dir);
	kit_until(k, (x = export(&k->node[SB_HUB], "health", dir)).e != HF_E_UNKNOWN && x.e != HF_E_STATE);
	assert_int_equal(x.e, HF_OK);
	assert_int_equal(x.size, 301);
	check_dir(k, dir, 301);
}

/* Size 0: before the first checkpoint has its quorum nothing can be shown to anybody. */
static void test_nothing_witnessed(void **state)
{
	struct kit *k = *state;
	char dir[200];

	for (unsigned i = 0; i < SB_NODES; i++)
		k->down[i] = true;
	kit_open(k, SB_ROADS);
	kit_fill(&k->node[SB_ROADS], 3);
	snprintf(dir, sizeof(dir), "%s/early", k->dir);
	assert_int_equal(export(&k->node[SB_ROADS], NULL, dir).e, HF_E_STATE);
	assert_int_equal(access(dir, F_OK), -1);
}

/* Closing while an export runs: one callback, cancelled or done, and no crash. */
static void test_close_while_exporting(void **state)
{
	struct kit *k = *state;
	struct kit_node *n = &k->node[SB_HEALTH];
	struct ending x = {.done = false};
	char dir[200];

	kit_fill(n, 3000);
	kit_until_witnessed(n);
	snprintf(dir, sizeof(dir), "%s/cut", k->dir);
	hf_ledger_export(n->ledger, NULL, dir, on_end, &x);
	kit_close(k, SB_HEALTH);
	kit_until(k, x.done);
	assert_int_equal(x.e, HF_E_CANCELLED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup_teardown(test_sizes, start, stop),
	        cmocka_unit_test_setup_teardown(test_mirror_exports_too, start, stop),
	        cmocka_unit_test_setup_teardown(test_nothing_witnessed, start, stop),
	        cmocka_unit_test_setup_teardown(test_close_while_exporting, start, stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
