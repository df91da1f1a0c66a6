/*
 * mask_keys_test.c - seeds of contracts: made once, the same after a restart, erased for good, also when the node stops
 * between the decision and the overwriting.
 */
#include <fcntl.h>

#include "ledger/slots.h"
#include "release/mask_keys.h"
#include "unit/store/fixture.h"

/* Takes what the ledger's sequencer would make entries of. */
struct entries {
	enum hf_event event[16];
	char outcome[16][32];
	size_t count;
};

static enum hf_err take_drafts(void *ctx, struct hf_txn *txn, struct hf_draft *const *drafts, size_t count,
                               uint64_t *ret_index)
{
	struct entries *e = ctx;
	(void)txn;
	for (size_t i = 0; i < count; i++) {
		const void *data = NULL;
		size_t len = 0;
		assert_true(e->count < 16);
		assert_true(hf_draft_get(drafts[i], HF_FIELD_OUTCOME, &data, &len) && len < 32);
		memcpy(e->outcome[e->count], data, len);
		e->event[e->count] = hf_draft_event(drafts[i]);
		ret_index[i] = e->count++;
	}
	return HF_OK;
}

static void drafts_taken(void *ctx, bool ok)
{
	(void)ctx;
	assert_true(ok);
}

struct node {
	struct fixture f;
	struct entries entries;
	struct hf_node_keys keys;
	struct hf_mask_keys *mask;
};

static void open_mask(struct node *n)
{
	struct hf_fault f = {HF_OK, ""};
	const struct hf_sequencer seq = {take_drafts, drafts_taken, &n->entries, NULL};
	hf_store_set_sequencer(n->f.store, &seq);
	n->f.base.self = (struct hf_name){"roads"};
	if (hf_mask_keys_open(&n->f.base, n->f.store, &n->keys, &n->mask, &f) != HF_OK)
		fail_msg("%s", f.text);
}

static void start(struct node *n)
{
	char path[128];
	memset(n, 0, sizeof(*n));
	assert_true(hf_crypto_init());
	fixture_start(&n->f);
	snprintf(path, sizeof(path), "%s/ledger", n->f.dir);
	assert_int_equal(mkdir(path, 0700), 0);
	n->keys.mask_root = hf_secret_alloc(32);
	memset(n->keys.mask_root, 7, 32);
	open_mask(n);
}

static void stop(struct node *n)
{
	hf_mask_keys_close(n->mask);
	hf_secret_free(n->keys.mask_root);
	fixture_stop(&n->f);
}

static void restart(struct node *n)
{
	hf_mask_keys_close(n->mask);
	hf_store_close(n->f.store);
	while (uv_run(&n->f.loop, UV_RUN_NOWAIT) != 0)
		;
	fixture_open_store(&n->f);
	open_mask(n);
}

static struct hf_id contract(uint8_t number)
{
	struct hf_id id = {{0}};
	id.b[6] = 0x70; /* as RFC 9562 has it */
	id.b[8] = 0x80;
	id.b[15] = number;
	return id;
}

static struct hf_mask_key seed_of(struct node *n, uint8_t number)
{
	struct hf_id id = contract(number);
	struct hf_mask_key seed;
	struct hf_fault f = {HF_OK, ""};
	if (hf_mask_seed_make(n->mask, &id, "health", &seed, &f) != HF_OK)
		fail_msg("%s", f.text);
	return seed;
}

struct waited {
	bool done;
	enum hf_err e;
};

static void on_erased(void *ctx, enum hf_err e)
{
	*(struct waited *)ctx = (struct waited){true, e};
}

static enum hf_err begin_erase(struct node *n, uint8_t number, struct waited *w, struct hf_fault *f)
{
	const struct hf_mask_erasure in = {contract(number), "the project has ended", "li.na", on_erased, w};
	return hf_mask_seed_erase(n->mask, &in, f);
}

static void run_until(struct node *n, const bool *done)
{
	uv_timer_start(&n->f.limit, fixture_too_late, LIMIT_MS, 0);
	while (!*done)
		uv_run(&n->f.loop, UV_RUN_ONCE);
	uv_timer_stop(&n->f.limit);
}

static bool file_has(const struct node *n, const uint8_t *bytes, size_t len)
{
	char path[128];
	struct hf_buf b = HF_BUF_INIT;
	snprintf(path, sizeof(path), "%s/ledger/slots-mask", n->f.dir);
	assert_int_equal(hf_file_read(path, 1 << 20, &b), HF_OK);
	bool found = memmem(b.data, b.len, bytes, len) != NULL;
	hf_buf_done(&b);
	return found;
}

/* MK-12: the same contract has the same seed, after a restart too; another contract another one. */
static void a_contract_keeps_its_seed(void **state)
{
	struct node n;
	struct hf_mask_key a, b, again, root;
	(void)state;
	start(&n);
	a = seed_of(&n, 1);
	b = seed_of(&n, 2);
	assert_memory_not_equal(a.b, b.b, sizeof(a.b));
	again = seed_of(&n, 1);
	assert_memory_equal(a.b, again.b, sizeof(a.b));
	restart(&n);
	again = seed_of(&n, 1);
	assert_memory_equal(a.b, again.b, sizeof(a.b));
	struct hf_mask_key c = seed_of(&n, 3);
	assert_memory_not_equal(b.b, c.b, sizeof(b.b));
	hf_mask_root(n.mask, &root);
	assert_memory_equal(root.b, n.keys.mask_root, sizeof(root.b));
	stop(&n);
}

/* MK-67: an erased seed is gone from the file, is refused with the reason, is not made anew, and is in the ledger. */
static void an_erased_seed_never_comes_back(void **state)
{
	struct node n;
	struct hf_mask_key a, other, out;
	struct hf_fault f = {HF_OK, ""};
	struct waited w = {false, HF_OK};
	struct hf_id id = contract(1);
	(void)state;
	start(&n);
	a = seed_of(&n, 1);
	other = seed_of(&n, 2);
	assert_true(file_has(&n, a.b, sizeof(a.b)));
	assert_int_equal(begin_erase(&n, 9, &w, &f), HF_E_UNKNOWN);
	assert_int_equal(begin_erase(&n, 1, &w, &f), HF_OK);
	assert_false(hf_mask_seed_stands(n.mask, &id)); /* from the decision on */
	assert_int_equal(hf_mask_seed(n.mask, &id, &out, &f), HF_E_ERASED);
	run_until(&n, &w.done);
	assert_int_equal(w.e, HF_OK);
	assert_false(file_has(&n, a.b, sizeof(a.b)));
	assert_true(file_has(&n, other.b, sizeof(other.b)));
	assert_int_equal(n.entries.count, 1);
	assert_int_equal(n.entries.event[0], HF_EVENT_MASK_KEY_ERASED);
	assert_string_equal(n.entries.outcome[0], "ok");
	restart(&n);
	assert_int_equal(hf_mask_seed_make(n.mask, &id, "health", &out, &f), HF_E_ERASED);
	assert_non_null(strstr(f.text, "the project has ended"));
	assert_int_equal(begin_erase(&n, 1, &w, &f), HF_E_ERASED);
	stop(&n);
}

/* The node stops after the decision was made durable: the next start overwrites the seed and records it. */
static void an_erasure_is_done_at_the_next_start(void **state)
{
	struct node n;
	struct hf_mask_key a;
	struct hf_fault f = {HF_OK, ""};
	struct waited w = {false, HF_OK};
	struct hf_id id = contract(1);
	(void)state;
	start(&n);
	a = seed_of(&n, 1);
	assert_int_equal(begin_erase(&n, 1, &w, &f), HF_OK);
	restart(&n); /* closes the module before its callback can run */
	assert_true(w.done);
	assert_int_equal(w.e, HF_E_CANCELLED);
	assert_false(file_has(&n, a.b, sizeof(a.b)));
	restart(&n);
	assert_int_equal(n.entries.count, 1);
	assert_int_equal(n.entries.event[0], HF_EVENT_MASK_KEY_ERASED);
	assert_false(hf_mask_seed_stands(n.mask, &id));
	stop(&n);
}

/* A file that is gone is said to be gone; no other seed takes the place of what is lost (MK-12). */
static void a_lost_seed_is_not_made_anew(void **state)
{
	struct node n;
	char path[128];
	struct hf_mask_key out;
	struct hf_fault f = {HF_OK, ""};
	struct hf_id id = contract(1);
	(void)state;
	start(&n);
	seed_of(&n, 1);
	snprintf(path, sizeof(path), "%s/ledger/slots-mask", n.f.dir);
	assert_int_equal(unlink(path), 0);
	restart(&n);
	assert_int_equal(hf_mask_seed_make(n.mask, &id, "health", &out, &f), HF_E_IO);
	assert_non_null(strstr(f.text, "lost"));
	seed_of(&n, 2); /* in a slot of its own */
	assert_int_equal(hf_mask_seed_make(n.mask, &id, "health", &out, &f), HF_E_IO);
	stop(&n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_contract_keeps_its_seed),
	        cmocka_unit_test(an_erased_seed_never_comes_back),
	        cmocka_unit_test(an_erasure_is_done_at_the_next_start),
	        cmocka_unit_test(a_lost_seed_is_not_made_anew),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
