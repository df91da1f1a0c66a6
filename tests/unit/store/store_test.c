/* store_test.c - units, their order, their ends, and reads over them. */
#include "fixture.h"

#include <fcntl.h>

#include "crypto/crypto.h"

static void a_submitted_unit_is_read_at_once_and_a_reopened_store_has_it(void **state)
{
	struct fixture f;
	struct ending end = {0};
	struct stat st;
	char path[128];

	(void)state;
	fixture_start(&f);
	assert_int_equal(hf_store_schema_found(f.store), 0);
	submit_text(&f, "a", "1", &end);
	assert_false(end.done);
	assert_value(&f, "a", "1");
	submit_text(&f, "a", "2", NULL);
	assert_value(&f, "a", "2");
	fixture_settle(&f);
	assert_true(end.done);
	assert_int_equal(end.e, HF_OK);
	assert_int_equal(end.info.entries, 0);
	assert_int_equal(hf_store_count(f.store, HF_TABLE_NOTICE), 1);
	fixture_reopen(&f);
	assert_value(&f, "a", "2");
	assert_value(&f, "b", NULL);
	assert_int_equal(hf_store_schema_found(f.store), 2);
	snprintf(path, sizeof(path), "%s/state", f.dir);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
	fixture_stop(&f);
}

/* DS-100: the scanner, for one. */
static void no_program_that_the_node_starts_is_handed_the_store(void **state)
{
	struct fixture f;
	char name[64], target[256];
	unsigned files = 0;

	(void)state;
	fixture_start(&f);
	for (int fd = 0; fd < 256; fd++) {
		snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
		ssize_t len = readlink(name, target, sizeof(target) - 1);

		if (len < 0)
			continue;
		target[len] = '\0';
		if (strncmp(target, f.dir, strlen(f.dir)) != 0)
			continue;
		files++;
		assert_int_equal(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
	}
	assert_true(files >= 2);
	fixture_stop(&f);
}

static void later_writes_of_a_unit_win_and_deletes_hide_rows(void **state)
{
	struct fixture f;
	struct hf_unit *u;

	(void)state;
	fixture_start(&f);
	commit_text(&f, "gone", "x");
	u = hf_unit_new();
	assert_true(hf_unit_empty(u));
	unit_put_text(u, HF_TABLE_NOTICE, "k", "1");
	hf_unit_del(u, HF_TABLE_NOTICE, "k", 1);
	unit_put_text(u, HF_TABLE_NOTICE, "k", "3");
	unit_put_text(u, HF_TABLE_ALARM, "k", "other table");
	hf_unit_del(u, HF_TABLE_NOTICE, "gone", 4);
	hf_unit_del(u, HF_TABLE_NOTICE, "never", 5);
	unit_put_text(u, HF_TABLE_NOTICE, "empty", "");
	assert_false(hf_unit_empty(u));
	hf_store_submit(f.store, u, NULL, NULL);
	for (int pass = 0; pass < 2; pass++) { /* over the overlay, then committed */
		assert_value(&f, "k", "3");
		assert_value(&f, "gone", NULL);
		assert_value(&f, "never", NULL);
		assert_value(&f, "empty", "");
		fixture_settle(&f);
	}
	assert_int_equal(hf_store_count(f.store, HF_TABLE_NOTICE), 2);
	fixture_stop(&f);
}

struct step {
	struct fixture *f;
	char trace[16];
	size_t len;
};

static void mark_hook(void *ctx)
{
	struct step *s = ctx;

	s->trace[s->len++] = 'h';
}

static void mark_free(void *ctx)
{
	struct step *s = ctx;

	s->trace[s->len++] = 'f';
}

static void mark_done(void *ctx, enum hf_err e, const struct hf_commit *info)
{
	struct step *s = ctx;

	(void)info;
	s->trace[s->len++] = e == HF_OK ? 'd' : 'x';
}

static void hooks_run_in_order_before_done_and_only_after_a_commit(void **state)
{
	struct fixture f;
	struct step s = {0};
	struct hf_unit *u = hf_unit_new();

	(void)state;
	fixture_start(&f);
	hf_unit_after(u, mark_hook, &s, mark_free);
	hf_unit_after(u, mark_hook, &s, NULL);
	assert_false(hf_unit_empty(u));
	hf_store_submit(f.store, u, mark_done, &s);
	assert_int_equal(s.len, 0);
	fixture_settle(&f);
	assert_string_equal(s.trace, "hhdf");
	u = hf_unit_new();
	hf_unit_after(u, mark_hook, &s, mark_free);
	hf_unit_put(u, HF_TABLE_INVALID, "k", 1, "v", 1);
	hf_store_submit(f.store, u, mark_done, &s);
	fixture_settle(&f);
	assert_string_equal(s.trace, "hhdfxf");
	u = hf_unit_new();
	hf_unit_after(u, mark_hook, &s, mark_free);
	hf_unit_draft(u, hf_draft_new(HF_EVENT_COMMAND, NULL));
	hf_unit_free(u);
	assert_string_equal(s.trace, "hhdfxff");
	hf_unit_free(NULL);
	fixture_stop(&f);
}

static void units_end_in_the_order_of_submission_and_never_inside_submit(void **state)
{
	struct fixture f;
	struct ending ends[300];
	unsigned counter = 0;

	(void)state;
	fixture_start(&f);
	memset(ends, 0, sizeof(ends));
	for (unsigned i = 0; i < 300; i++) {
		char key[8];

		snprintf(key, sizeof(key), "%u", i);
		ends[i].counter = &counter;
		if (i % 50 == 7) { /* a unit that fails by itself keeps its place */
			struct hf_unit *u = hf_unit_new();

			hf_unit_draft(u, hf_draft_new(HF_EVENT_COMMAND, NULL));
			hf_store_submit(f.store, u, ending_done, &ends[i]);
		} else {
			submit_text(&f, key, "v", &ends[i]);
		}
		assert_int_equal(counter, 0);
	}
	fixture_run_until(&f, &ends[299].done);
	for (unsigned i = 0; i < 300; i++) {
		assert_int_equal(ends[i].order, i + 1);
		assert_int_equal(ends[i].e, i % 50 == 7 ? HF_E_INTERNAL : HF_OK);
	}
	fixture_stop(&f);
}

static void a_draft_without_a_sequencer_fails_through_done_and_leaves_nothing(void **state)
{
	struct fixture f;
	struct ending end = {0};

	(void)state;
	fixture_start(&f);
	submit_draft(&f, "k", "v", &end);
	assert_false(end.done);
	assert_value(&f, "k", NULL);
	fixture_run_until(&f, &end.done);
	assert_int_equal(end.e, HF_E_INTERNAL);
	assert_value(&f, "k", NULL);
	fixture_stop(&f);
}

static void drafts_get_their_entries_in_the_same_commit(void **state)
{
	struct fixture f;
	struct gate g;
	struct ending ends[3] = {{0}};
	struct hf_unit *u;
	struct hf_buf out = HF_BUF_INIT;
	uint8_t key[8];

	(void)state;
	fixture_start(&f);
	gate_install(&g, &f);
	submit_draft(&f, "first", "1", &ends[0]);
	u = hf_unit_new();
	for (int i = 0; i < 3; i++) {
		struct hf_draft *d = hf_draft_new(HF_EVENT_COMMAND, NULL);

		hf_draft_textf(d, HF_FIELD_OBJECT, "second-%d", i);
		hf_unit_draft(u, d);
	}
	hf_store_submit(f.store, u, ending_done, &ends[1]);
	submit_draft(&f, "third", "3", &ends[2]);
	fixture_run_until(&f, &ends[2].done);
	assert_int_equal(ends[0].info.first_entry, 0);
	assert_int_equal(ends[0].info.entries, 1);
	assert_int_equal(ends[1].info.first_entry, 1);
	assert_int_equal(ends[1].info.entries, 3);
	assert_int_equal(ends[2].info.first_entry, 4);
	hf_put_u64(key, 3);
	assert_int_equal(hf_store_get(f.store, HF_TABLE_ENTRY, key, 8, &out), HF_OK);
	assert_string_equal((char *)out.data, "second-2");
	assert_int_equal(g.sequenced, g.committed);
	assert_int_equal(g.lost, 0);
	hf_buf_done(&out);
	fixture_stop(&f);
	gate_remove(&g);
}

static void units_queued_during_a_commit_share_the_next_one(void **state)
{
	struct fixture f;
	struct gate g;
	struct ending first = {0}, rest[100];

	(void)state;
	memset(rest, 0, sizeof(rest));
	fixture_start(&f);
	gate_install(&g, &f);
	gate_hold(&g, &f, "first", "1", &first);
	for (int i = 0; i < 100; i++)
		submit_draft(&f, "k", "v", &rest[i]);
	gate_release(&g, HF_OK);
	fixture_run_until(&f, &rest[99].done);
	assert_int_equal(g.sequenced, 2);
	assert_int_equal(hf_metrics_get(f.base.metrics, "store_commits_total"), 2);
	assert_int_equal(rest[99].info.first_entry, 100);
	fixture_stop(&f);
	gate_remove(&g);
}

static void keys_and_values_outside_the_limits_are_refused_and_absent(void **state)
{
	static uint8_t big[HF_VALUE_MAX + 1];
	struct fixture f;
	struct {
		enum hf_table t;
		size_t key, value;
		enum hf_err e;
	} cases[] = {
	        {HF_TABLE_NOTICE, 0, 1, HF_E_ARGUMENT},
	        {HF_TABLE_NOTICE, HF_KEY_MAX, 0, HF_OK},
	        {HF_TABLE_NOTICE, HF_KEY_MAX + 1, 0, HF_E_ARGUMENT},
	        {HF_TABLE_NOTICE, 2, HF_VALUE_MAX, HF_OK},
	        {HF_TABLE_NOTICE, 2, HF_VALUE_MAX + 1, HF_E_ARGUMENT},
	        {HF_TABLE_COUNT, 1, 1, HF_E_ARGUMENT},
	};
	struct hf_buf out;

	(void)state;
	fixture_start(&f);
	hf_buf_init(&out, 10);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct hf_unit *u = hf_unit_new();
		struct ending end = {0};

		hf_unit_put(u, cases[i].t, big, cases[i].key, big, cases[i].value);
		hf_store_submit(f.store, u, ending_done, &end);
		fixture_run_until(&f, &end.done);
		assert_int_equal(end.e, cases[i].e);
	}
	assert_int_equal(hf_store_get(f.store, HF_TABLE_NOTICE, big, 2, &out), HF_E_LIMIT);
	assert_int_equal(hf_store_get(f.store, HF_TABLE_NOTICE, big, HF_KEY_MAX, &out), HF_OK);
	assert_int_equal(hf_store_get(f.store, HF_TABLE_NOTICE, big, HF_KEY_MAX + 1, &out), HF_E_UNKNOWN);
	assert_int_equal(hf_store_get(f.store, HF_TABLE_NOTICE, big, 0, &out), HF_E_UNKNOWN);
	assert_int_equal(hf_store_get(f.store, HF_TABLE_INVALID, big, 1, &out), HF_E_ARGUMENT);
	assert_int_equal(hf_store_count(f.store, HF_TABLE_COUNT), 0);
	hf_buf_done(&out);
	fixture_stop(&f);
}

static void an_idle_store_does_not_keep_the_loop_alive_but_a_pending_unit_does(void **state)
{
	struct fixture f;
	struct ending end = {0};

	(void)state;
	fixture_start(&f);
	assert_int_equal(uv_run(&f.loop, UV_RUN_DEFAULT), 0); /* returns at once */
	submit_text(&f, "a", "1", &end);
	assert_int_equal(uv_run(&f.loop, UV_RUN_DEFAULT), 0);
	assert_true(end.done);
	fixture_stop(&f);
}

struct chain {
	struct fixture *f;
	int left;
	struct ending late;
	bool done;
};

static void submit_next(void *ctx, enum hf_err e, const struct hf_commit *info)
{
	struct chain *c = ctx;

	(void)info;
	assert_int_equal(e, HF_OK);
	if (c->left-- > 0)
		hf_store_submit(c->f->store, hf_unit_new(), submit_next, c);
	else
		c->done = true;
}

static void done_may_submit_again(void **state)
{
	struct fixture f;
	struct chain c = {&f, 50, {0}, false};

	(void)state;
	fixture_start(&f);
	hf_store_submit(f.store, hf_unit_new(), submit_next, &c);
	assert_int_equal(uv_run(&f.loop, UV_RUN_DEFAULT), 0); /* the loop lives until the last one has ended */
	assert_true(c.done);
	fixture_stop(&f);
}

static void submit_late(void *ctx, enum hf_err e, const struct hf_commit *info)
{
	struct chain *c = ctx;

	(void)info;
	assert_int_equal(e, HF_OK);
	submit_text(c->f, "late", "1", &c->late);
	assert_value(c->f, "late", NULL);
}

static void close_ends_what_is_pending_and_cancels_what_comes_then(void **state)
{
	struct fixture f;
	struct chain c = {&f, 0, {0}, false};
	struct ending ends[100];

	(void)state;
	memset(ends, 0, sizeof(ends));
	fixture_start(&f);
	for (int i = 0; i < 100; i++)
		submit_text(&f, i == 99 ? "last" : "k", "1", &ends[i]);
	hf_store_submit(f.store, hf_unit_new(), submit_late, &c);
	hf_store_close(f.store);
	for (int i = 0; i < 100; i++)
		assert_true(ends[i].done && ends[i].e == HF_OK);
	assert_true(c.late.done);
	assert_int_equal(c.late.e, HF_E_CANCELLED);
	fixture_open_store(&f);
	assert_value(&f, "last", "1");
	assert_value(&f, "late", NULL);
	fixture_stop(&f);
	hf_store_close(NULL);
}

static void a_second_holder_of_the_folder_is_refused(void **state)
{
	struct fixture f;
	struct hf_store *second = NULL;
	struct hf_fault fault = {HF_OK, ""};

	(void)state;
	fixture_start(&f);
	assert_int_equal(hf_store_open(&f.base, &second, &fault), HF_E_STATE);
	assert_non_null(strstr(fault.text, "in use by another process"));
	assert_null(second);
	fixture_stop(&f);
}

static void a_folder_that_cannot_be_used_is_refused_with_a_reason(void **state)
{
	struct fixture f;
	struct hf_store *s = NULL;
	struct hf_fault fault = {HF_OK, ""};
	char path[128];
	FILE *damaged;

	(void)state;
	fixture_start(&f);
	hf_store_close(f.store);
	snprintf(path, sizeof(path), "%s/state/data.mdb", f.dir);
	damaged = fopen(path, "w");
	for (int i = 0; i < 1000; i++)
		fputs("this is not a store ", damaged);
	fclose(damaged);
	assert_int_equal(hf_store_open(&f.base, &s, &fault), HF_E_STORE);
	assert_non_null(strstr(fault.text, "restore a backup"));
	snprintf(f.base.dir, sizeof(f.base.dir), "%s/no/such", f.dir);
	assert_int_equal(hf_store_open(&f.base, &s, &fault), HF_E_IO);
	assert_non_null(strstr(fault.text, "create the node's folder first"));
	assert_null(s);
	fixture_close_loop(&f);
	fixture_remove(&f);
}

/* Counts what was prepared, and whether that was before the draft's place was known. */
struct preparing {
	struct gate gate; /* guards the numbers too */
	unsigned prepared, found, missed;
	bool hold;
};

static void free_mark(void *mark)
{
	free(mark);
}

static void preparing_prepare(void *ctx, struct hf_draft *d)
{
	struct preparing *p = ctx;

	assert_null(hf_draft_attached(d));
	hf_draft_attach(d, malloc(1), free_mark);
	uv_mutex_lock(&p->gate.mutex);
	p->prepared++;
	uv_cond_broadcast(&p->gate.changed);
	while (p->hold)
		uv_cond_wait(&p->gate.changed, &p->gate.mutex);
	uv_mutex_unlock(&p->gate.mutex);
}

static enum hf_err preparing_sequence(void *ctx, struct hf_txn *txn, struct hf_draft *const *drafts, size_t count,
                                      uint64_t *ret_index)
{
	struct preparing *p = ctx;

	uv_mutex_lock(&p->gate.mutex);
	for (size_t i = 0; i < count; i++)
		*(hf_draft_attached(drafts[i]) ? &p->found : &p->missed) += 1;
	uv_mutex_unlock(&p->gate.mutex);
	return gate_sequence(&p->gate, txn, drafts, count, ret_index);
}

static void preparing_committed(void *ctx, bool ok)
{
	gate_committed(&((struct preparing *)ctx)->gate, ok);
}

static void preparing_install(struct preparing *p, struct fixture *f)
{
	const struct hf_sequencer seq = {preparing_sequence, preparing_committed, p, preparing_prepare};

	memset(p, 0, sizeof(*p));
	gate_install(&p->gate, f);
	hf_store_set_sequencer(f->store, &seq);
}

static void preparing_hold(struct preparing *p, bool hold)
{
	uv_mutex_lock(&p->gate.mutex);
	p->hold = hold;
	uv_cond_broadcast(&p->gate.changed);
	uv_mutex_unlock(&p->gate.mutex);
}

static void drafts_that_wait_for_a_commit_are_prepared_meanwhile(void **state)
{
	enum { WAITING = 100 };
	struct ending first = {0}, ends[WAITING] = {{0}};
	unsigned counter = 0;
	struct preparing p;
	struct fixture f;

	(void)state;
	fixture_start(&f);
	preparing_install(&p, &f);
	gate_hold(&p.gate, &f, "first", "1", &first);
	for (int i = 0; i < WAITING; i++) {
		ends[i].counter = &counter;
		submit_draft(&f, "waiting", "1", &ends[i]);
	}
	gate_wait(&p.gate, &p.prepared, WAITING);
	gate_release(&p.gate, HF_OK);
	fixture_run_until(&f, &ends[WAITING - 1].done);
	assert_int_equal(p.prepared, WAITING);
	assert_int_equal(p.found, WAITING);
	assert_int_equal(p.missed, 1); /* nothing was there to wait for */
	for (unsigned i = 0; i < WAITING; i++) {
		assert_int_equal(ends[i].e, HF_OK);
		assert_int_equal(ends[i].order, i + 1);
		assert_int_equal(ends[i].info.first_entry, i + 1);
	}
	fixture_stop(&f);
	gate_remove(&p.gate);
}

/* The failed unit's followers are not freed while one of them is being prepared, and the store goes on afterwards. */
static void a_commit_may_fail_while_a_draft_is_prepared(void **state)
{
	struct ending first = {0}, second = {0}, third = {0};
	struct preparing p;
	struct fixture f;

	(void)state;
	fixture_start(&f);
	preparing_install(&p, &f);
	gate_hold(&p.gate, &f, "first", "1", &first);
	p.hold = true;
	submit_draft(&f, "second", "1", &second);
	gate_wait(&p.gate, &p.prepared, 1);
	gate_release(&p.gate, HF_E_IO);
	gate_wait_lost(&p.gate, 1);
	preparing_hold(&p, false);
	fixture_run_until(&f, &second.done);
	assert_int_equal(first.e, HF_E_IO);
	assert_int_equal(second.e, HF_E_IO);
	gate_release(&p.gate, HF_OK);
	submit_draft(&f, "third", "1", &third);
	fixture_run_until(&f, &third.done);
	assert_int_equal(third.e, HF_OK);
	assert_int_equal(third.info.first_entry, 0);
	fixture_stop(&f);
	gate_remove(&p.gate);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_submitted_unit_is_read_at_once_and_a_reopened_store_has_it),
	        cmocka_unit_test(no_program_that_the_node_starts_is_handed_the_store),
	        cmocka_unit_test(later_writes_of_a_unit_win_and_deletes_hide_rows),
	        cmocka_unit_test(hooks_run_in_order_before_done_and_only_after_a_commit),
	        cmocka_unit_test(units_end_in_the_order_of_submission_and_never_inside_submit),
	        cmocka_unit_test(a_draft_without_a_sequencer_fails_through_done_and_leaves_nothing),
	        cmocka_unit_test(drafts_get_their_entries_in_the_same_commit),
	        cmocka_unit_test(units_queued_during_a_commit_share_the_next_one),
	        cmocka_unit_test(keys_and_values_outside_the_limits_are_refused_and_absent),
	        cmocka_unit_test(an_idle_store_does_not_keep_the_loop_alive_but_a_pending_unit_does),
	        cmocka_unit_test(done_may_submit_again),
	        cmocka_unit_test(close_ends_what_is_pending_and_cancels_what_comes_then),
	        cmocka_unit_test(a_second_holder_of_the_folder_is_refused),
	        cmocka_unit_test(a_folder_that_cannot_be_used_is_refused_with_a_reason),
	        cmocka_unit_test(drafts_that_wait_for_a_commit_are_prepared_meanwhile),
	        cmocka_unit_test(a_commit_may_fail_while_a_draft_is_prepared),
	};

	return hf_crypto_init() ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
