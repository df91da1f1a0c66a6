/* Deliveries that are loaded into another form: what is read of them is what was delivered, a crash at any step ends in
 * one of them, and what does not become one leaves nothing. */
#include "exchange/vault.h"
#include "source/outlet.h"
#include "unit/exchange/pair.h"

#define MIB ((size_t)1 << 20)

static const struct {
	const char *format, *kind; /* kind: of a source that reads it */
} forms[] = {{"jsonl", "jsonl"}, {"csv.zst", "csv"}, {"jsonl.zst", "jsonl"}};
#define FORMS (sizeof(forms) / sizeof(forms[0]))

struct looked {
	bool done;
	struct hf_hash cells;
	uint64_t rows;
};

static void on_looked(void *ctx, enum hf_err e, struct hf_source_view *v, const struct hf_fault *f)
{
	struct looked *l = ctx;
	if (e != HF_OK)
		fail_msg("%s", f->text);
	l->cells = v->cells;
	l->rows = v->rows;
	l->done = true;
}

static struct looked look_at(struct pair *p, const char *path, const char *kind)
{
	struct hf_source_view v = {.name = "looked"};
	struct looked l = {.done = false};
	snprintf(v.kind, sizeof(v.kind), "%s", kind);
	snprintf(v.path, sizeof(v.path), "%s", path);
	hf_source_scan(p->health->sources, &v, on_looked, &l);
	world_run_until(p->w, &l.done);
	return l;
}

static bool sealed_copy_is_there(struct pair *p, const struct hf_id *id)
{
	char path[VAULT_PATH];
	vault_path(p->health->exchange->vault, id, path);
	return is_there(path);
}

/* Cell by cell what is in the source, and nothing else is left of it. */
static void assert_loaded(struct pair *p, const struct hf_id *id, size_t form)
{
	struct looked want = look_at(p, p->source, "csv"), got = look_at(p, p->output, forms[form].kind);
	assert_int_equal(got.rows, want.rows);
	assert_memory_equal(got.cells.b, want.cells.b, sizeof(want.cells.b));
	assert_true(view_of(p->health, id).receipt && view_of(p->roads, id).receipt);
	assert_string_equal(view_of(p->roads, id).quality, "met");
	assert_false(is_there(partial_of(p, id)) || sealed_copy_is_there(p, id));
	assert_int_equal(recorded(p->health, id, HF_EVENT_RECEIPT), 1);
	assert_int_equal(recorded(p->health, id, HF_EVENT_TRANSFER_RECEIVED), 1);
	assert_int_equal(with_outcome(p->health, id, HF_EVENT_CACHE_CLEARED, "ok"), 1);
}

static void assert_nothing_left(struct pair *p, const struct hf_id *id)
{
	assert_wiped(p, id);
	assert_false(sealed_copy_is_there(p, id));
}

static struct pair *pair_for(void **state, size_t bytes, size_t form)
{
	struct pair *p = pair_of(state, bytes);
	p->format = forms[form].format;
	return p;
}

/* DS-53: the copy that it was made from is gone, and that is recorded. */
static void every_form_holds_what_was_delivered(void **state)
{
	for (size_t form = 0; form < FORMS; form++)
		for (size_t bytes = 1000; bytes < 2 * MIB; bytes += MIB) {
			struct pair *p = pair_for(state, bytes, form);
			struct hf_id id = begin(p);
			wait_both(p, &id, "COMPLETED");
			assert_loaded(p, &id, form);
			assert_string_equal(view_of(p->health, &id).format, forms[form].format);
		}
}

/* DS-70, DS-71: 0: the intent is stored, and nothing is loaded; 1: it is loaded, and no record is stored. Until the
 * record there is no file, or one that is whole and is found again; in the end there is one, with one receipt, and
 * nothing beside it. */
static void a_crash_at_any_step_ends_in_one_delivery(void **state)
{
	for (size_t form = 0; form < 2; form++) {
		struct pair *p = pair_for(state, MIB + MIB / 2, form);
		char kept[80], files[80];
		p->w->hold = hold_all;
		struct hf_id id = begin(p);
		until(p, intent_committed(p, &id));
		keep_folder(p->health, kept);
		set_store_fails(p->health, true);
		if (form == 1)
			until(p, is_there(p->output));
		copy_folder(p->files, files);
		die(p->health, kept);
		remove_folder(p->files);
		assert_int_equal(rename(files, p->files), 0);
		assert_true(is_there(p->output) == (form == 1));
		pair_start(p->health);
		p->w->hold = NULL;
		wait_both(p, &id, "COMPLETED");
		assert_loaded(p, &id, form);
		assert_int_equal(recorded(p->roads, &id, HF_EVENT_TRANSFER_CLOSED), 1);
	}
}

static enum hf_err not_now(struct transfer *t, struct hf_fault *f)
{
	(void)t;
	return hf_fault_set(f, HF_E_BUSY, "others are at work");
}

/* DS-70: what the delivery was made from stays until the record is there, and goes after it, also when the node was
 * stopped in between. */
static void a_stop_between_record_and_finish_is_made_good(void **state)
{
	struct pair *p = pair_for(state, 2 * MIB, 0);
	struct hf_id id = begin_quiet(p, NULL, 0);
	struct transfer *t = transfer_find(p->health->exchange, &id, false);
	struct target waiting = *t->target;
	waiting.finish = not_now;
	t->target = &waiting;
	p->w->pass = NULL;
	until(p, is_state(p->health, &id, "COMPLETED") && is_state(p->roads, &id, "COMPLETED") && retries(p, &id));
	assert_true(is_there(partial_of(p, &id)) && sealed_copy_is_there(p, &id));
	pair_restart(p->health);
	wait_both(p, &id, "COMPLETED");
	assert_loaded(p, &id, 0);
}

/* DS-52 */
static void a_cancelled_one_leaves_nothing(void **state)
{
	struct pair *p = pair_for(state, 3 * MIB, 0);
	struct hf_id id = begin_quiet(p, NULL, 0);
	struct hf_unit *u = hf_unit_new();
	struct hf_fault f = {HF_OK, ""};
	assert_true(sealed_copy_is_there(p, &id) || view_of(p->health, &id).bytes_done == 0);
	assert_int_equal(hf_exchange_cancel(p->health->exchange, &id, "not needed", u, &f), HF_OK);
	hf_store_submit(p->health->store, u, NULL, NULL);
	p->w->pass = NULL;
	wait_both(p, &id, "TERMINATED");
	assert_nothing_left(p, &id);
	assert_int_equal(with_outcome(p->health, &id, HF_EVENT_CACHE_CLEARED, "ok"), 1);
}

/* What is there under the name is somebody's: it stays, and the delivery does not take its place. */
static void a_file_that_came_under_the_name_meanwhile_stays(void **state)
{
	struct pair *p = pair_for(state, MIB, 0);
	struct hf_id id = begin_quiet(p, NULL, 0);
	int fd = open(p->output, O_WRONLY | O_CREAT | O_EXCL, 0600);
	assert_int_equal(write(fd, "mine", 4), 4);
	close(fd);
	p->w->pass = NULL;
	pair_restart(p->health);
	wait_both(p, &id, "TERMINATED");
	assert_reason(p->health, &id, HF_E_EXISTS, "cannot get its name");
	struct stat st;
	assert_int_equal(stat(p->output, &st), 0);
	assert_int_equal(st.st_size, 4);
	assert_false(is_there(partial_of(p, &id)) || sealed_copy_is_there(p, &id));
}

/* A row of a byte that no UTF-8 has. */
static void write_bytes(struct pair *p)
{
	FILE *f = fopen(p->source, "w");
	assert_non_null(f);
	fprintf(f, "flight,arrival,delay\nCA\xFF,2026-03-01 10:00:00,7\n");
	assert_int_equal(fclose(f), 0);
	scan_table(p);
}

static void what_cannot_become_json_ends_and_leaves_nothing(void **state)
{
	struct pair *p = pair_for(state, MIB, 0);
	write_bytes(p);
	struct hf_id id = begin(p);
	wait_both(p, &id, "TERMINATED");
	assert_reason(p->health, &id, HF_E_FORMAT, "not UTF-8");
	assert_nothing_left(p, &id);
	p = pair_for(state, MIB, 1);
	write_bytes(p);
	id = begin(p);
	wait_both(p, &id, "COMPLETED");
	assert_loaded(p, &id, 1);
}

static void a_format_that_is_none_is_refused(void **state)
{
	struct pair *p = pair_for(state, 1000, 0);
	p->format = "parquet";
	struct fetching r = fetch_fields(p, NULL, 0);
	assert_int_equal(r.e, HF_E_UNSUPPORTED);
	assert_non_null(strstr(r.fault.text, "jsonl.zst"));
	p->output[0] = '\0';
	r = fetch_fields(p, NULL, 0);
	assert_int_equal(r.e, HF_E_ARGUMENT);
}

static void put_outlet(struct pair *p, const struct hf_outlet *o)
{
	struct hf_unit *u = hf_unit_new();
	struct hf_fault f = {HF_OK, ""};
	assert_int_equal(hf_outlet_put(p->health->sources, u, o, &f), HF_OK);
	submit_wait(p->health, u);
}

/* No word of SQL ends within a name that a person chose; what one calls a table else is free. */
static void the_name_of_a_table_is_no_sql(void **state)
{
	struct pair *p = pair_for(state, 1000, 0);
	static const char *const bad[] = {"dw/$hufu$,'','');DROP TABLE pay;--",
	                                  "dw/t$hufu$",
	                                  "dw/t'",
	                                  "dw/t\"",
	                                  "dw/t;DROP TABLE pay",
	                                  "dw/t\\",
	                                  "dw/s$$.t",
	                                  "dw/`t`"};
	static const char *const good[] = {"dw/flights", "dw/flights 2026 (new)", "dw/staging.航班", "dw/a-b--c"};
	struct hf_outlet o = {.name = "dw", .kind = "postgresql", .place = "postgresql://loader@127.0.0.1/dw"};
	char table[HF_LOAD_TABLE];
	struct hf_fault f = {HF_OK, ""};
	o.enabled = true;
	o.password.len = 1; /* it is not opened */
	put_outlet(p, &o);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(hf_outlet_find(p->health->sources, bad[i], &o, table, &f), HF_E_ARGUMENT);
		assert_non_null(strstr(f.text, "without quotes"));
	}
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_int_equal(hf_outlet_find(p->health->sources, good[i], &o, table, &f), HF_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(every_form_holds_what_was_delivered),
	        cmocka_unit_test(a_crash_at_any_step_ends_in_one_delivery),
	        cmocka_unit_test(a_stop_between_record_and_finish_is_made_good),
	        cmocka_unit_test(a_cancelled_one_leaves_nothing),
	        cmocka_unit_test(a_file_that_came_under_the_name_meanwhile_stays),
	        cmocka_unit_test(what_cannot_become_json_ends_and_leaves_nothing),
	        cmocka_unit_test(a_format_that_is_none_is_refused),
	        cmocka_unit_test(the_name_of_a_table_is_no_sql),
	};
	return cmocka_run_group_tests(tests, pair_up, pair_down);
}
