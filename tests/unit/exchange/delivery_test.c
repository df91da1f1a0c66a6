/* Deliveries between two nodes: every size, chosen columns, whatever order chunks are asked for in, every restart. */
#include "unit/exchange/pair.h"

#define MIB ((size_t)1 << 20)
#define BIG (40 * MIB) /* more than what is made durable at once */

/* DS-57, DS-58, DS-59: the receipt is signed, verified, and closes the transaction at both sides. DS-53: no copy is
 * left. */
static void a_table_arrives_and_both_sides_close(void **state)
{
	struct pair *p = pair_of(state, 1000);
	struct hf_id id = begin(p);
	wait_both(p, &id, "COMPLETED");
	assert_delivered(p, &id);
	assert_int_equal(recorded(p->roads, &id, HF_EVENT_ACCESS_DECISION), 1);
	assert_int_equal(recorded(p->roads, &id, HF_EVENT_TRANSFER_SENT), 1);
	assert_int_equal(recorded(p->roads, &id, HF_EVENT_TRANSFER_CLOSED), 1);
	assert_int_equal(recorded(p->health, &id, HF_EVENT_TRANSFER_RECEIVED), 1);
	assert_int_equal(recorded(p->health, &id, HF_EVENT_RECEIPT), 1);
}

/* The last chunk is always a short one, also when it is empty. */
static void every_length_around_a_chunk_arrives(void **state)
{
	static const int64_t around[] = {-1, 0, 1};
	for (size_t chunks = 1; chunks <= 2; chunks++)
		for (size_t i = 0; i < 3; i++) {
			struct pair *p = pair_of(state, (size_t)((int64_t)(chunks * MIB) + around[i]));
			struct hf_id id = begin(p);
			wait_both(p, &id, "COMPLETED");
			assert_true(same_files(p->output, p->source));
			assert_int_equal(view_of(p->roads, &id).bytes_total, (int64_t)(chunks * MIB) + around[i]);
		}
}

static void many_chunks_arrive(void **state)
{
	struct pair *p = pair_of(state, BIG + 12345);
	struct hf_id id = begin(p);
	wait_both(p, &id, "COMPLETED");
	assert_delivered(p, &id);
	assert_true(view_of(p->health, &id).bytes_total > BIG);
}

static void only_chosen_columns(struct pair *p, const char *path)
{
	char all[400], chosen[400];
	FILE *source = fopen(p->source, "r"), *delivered = fopen(path, "r");
	assert_non_null(source);
	assert_non_null(delivered);
	while (fgets(all, sizeof(all), source)) {
		char *first = strchr(all, ','), *second = strchr(first + 1, ',');
		memmove(first, second, strlen(second) + 1);
		assert_non_null(fgets(chosen, sizeof(chosen), delivered));
		assert_string_equal(chosen, all);
	}
	assert_null(fgets(chosen, sizeof(chosen), delivered));
	fclose(source);
	fclose(delivered);
}

static const char *const two[] = {"flight", "delay"};

/* AZ-4 */
static void chosen_columns_arrive(void **state)
{
	struct pair *p = pair_of(state, 5 * MIB);
	struct fetching r = fetch_fields(p, two, 2);
	assert_int_equal(r.e, HF_OK);
	wait_both(p, &r.id, "COMPLETED");
	only_chosen_columns(p, p->output);
	assert_true(view_of(p->roads, &r.id).receipt);
}

static struct hf_request *withheld;

/* The question for chunk 0 is overtaken by the one for chunk 1, as between two connections. */
static bool overtaken(struct hf_request *r)
{
	struct world *w = r->from->world;
	if (r->type != HF_MSG_CHUNK_GET || r->answered || withheld != NULL)
		return true;
	withheld = hf_alloc_zero(sizeof(*withheld)); /* once */
	Hufu__ChunkGet *g = HF_DECODE(chunk_get, r->body.data, r->body.len);
	assert_int_equal(g->index, 0);
	hf_decoded_free(g);
	struct hf_request *next = w->calls;
	assert_non_null(next);
	struct hf_buf body = r->body; /* the two questions change places */
	void *ctx = r->ctx;
	r->body = next->body;
	r->ctx = next->ctx;
	next->body = body;
	next->ctx = ctx;
	return true;
}

/* A chunk behind the end of an output whose length nobody knows beforehand is no chunk, whoever is asked for first. */
static void a_question_that_overtakes_another_changes_nothing(void **state)
{
	struct pair *p = pair_of(state, 1000);
	p->w->pass = overtaken;
	struct fetching r = fetch_fields(p, two, 2);
	assert_int_equal(r.e, HF_OK);
	wait_both(p, &r.id, "COMPLETED");
	assert_non_null(withheld);
	free(HF_TAKE(withheld));
	only_chosen_columns(p, p->output);
	assert_string_equal(view_of(p->health, &r.id).quality, "met");
}

/* In any order, and twice. */
static void chunks_of_chosen_columns_in_any_order(void **state)
{
	struct pair *p = pair_of(state, 5 * MIB);
	struct hf_id id = begin_quiet(p, two, 2);
	static const uint64_t order[] = {9, 1, 0, 1, 2, 0};
	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
		struct asked a = ask(p, p->health, &id, order[i], 0);
		if (order[i] == 9) {
			assert_int_equal(a.e, HF_E_UNKNOWN);
			continue;
		}
		assert_int_equal(a.e, HF_OK);
		assert_int_equal(a.index, order[i]);
		assert_true(a.last == (a.bytes < MIB));
	}
	p->w->pass = NULL;
	wait_both(p, &id, "COMPLETED");
	only_chosen_columns(p, p->output);
}

static void chunks_of_a_whole_file_in_any_order_and_twice(void **state)
{
	struct pair *p = pair_of(state, 3 * MIB + 5);
	struct hf_id id = begin_quiet(p, NULL, 0);
	static const uint64_t order[] = {2, 2, 0, 1, 0, 3, 1, 3};
	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
		struct asked a = ask(p, p->health, &id, order[i], 0);
		assert_int_equal(a.e, HF_OK);
		assert_int_equal(a.index, order[i]);
		assert_true(a.last == (order[i] == 3) && a.manifest == a.last);
	}
	assert_int_equal(view_of(p->roads, &id).served, 8);
	assert_int_equal(recorded(p->roads, &id, HF_EVENT_TRANSFER_SENT), 1);
	p->w->pass = NULL;
	wait_both(p, &id, "COMPLETED");
	assert_delivered(p, &id);
}

/* ---- the output ---- */

static void an_output_that_is_there_is_refused(void **state)
{
	struct pair *p = pair_of(state, 1000);
	char target[200];
	snprintf(target, sizeof(target), "%s/target", p->files);
	FILE *f = fopen(p->output, "w");
	fclose(f);
	assert_int_equal(fetch_fields(p, NULL, 0).e, HF_E_EXISTS);
	assert_int_equal(unlink(p->output), 0);
	assert_int_equal(symlink(target, p->output), 0); /* leads nowhere: nothing is written through it */
	struct fetching r = fetch_fields(p, NULL, 0);
	assert_int_equal(r.e, HF_E_EXISTS);
	assert_non_null(strstr(r.fault.text, "choose another"));
	assert_false(is_there(target));
	assert_int_equal(unlink(p->output), 0);
	snprintf(p->output, sizeof(p->output), "%s/stolen.csv", p->health->dir);
	assert_int_equal(fetch_fields(p, NULL, 0).e, HF_E_ARGUMENT);
	snprintf(p->output, sizeof(p->output), "%s/no/folder.csv", p->files);
	assert_int_equal(fetch_fields(p, NULL, 0).e, HF_E_IO);
	snprintf(p->output, sizeof(p->output), "relative.csv");
	assert_int_equal(fetch_fields(p, NULL, 0).e, HF_E_ARGUMENT);
}

/* Somebody puts a file, or a link, where the delivery goes, while it is under way: his stays, the delivery ends. */
static void an_output_that_appears_meanwhile_is_not_overwritten(void **state)
{
	for (int link = 0; link < 2; link++) {
		struct pair *p = pair_of(state, 1000);
		struct hf_id id = begin_quiet(p, NULL, 0);
		if (link)
			assert_int_equal(symlink("/nowhere", p->output), 0);
		else
			assert_int_equal(close(open(p->output, O_CREAT | O_WRONLY, 0600)), 0);
		p->w->pass = NULL;
		wait_both(p, &id, "TERMINATED");
		assert_reason(p->health, &id, HF_E_EXISTS, NULL);
		assert_reason(p->roads, &id, HF_E_EXISTS, NULL);
		struct stat st;
		assert_int_equal(lstat(p->output, &st), 0);
		assert_true(link ? S_ISLNK(st.st_mode) : st.st_size == 0);
		assert_false(is_there(partial_of(p, &id)));
	}
}

/* A link where the partial file goes leads nowhere. */
static void a_link_in_place_of_the_partial_file_is_not_followed(void **state)
{
	struct pair *p = pair_of(state, 1000);
	char victim[200];
	snprintf(victim, sizeof(victim), "%s/victim", p->files);
	FILE *f = fopen(victim, "w");
	fprintf(f, "precious");
	fclose(f);
	p->w->hold = NULL;
	struct fetching r = fetch_fields(p, NULL, 0);
	assert_int_equal(r.e, HF_OK);
	assert_int_equal(symlink(victim, partial_of(p, &r.id)), 0);
	wait_both(p, &r.id, "TERMINATED");
	assert_reason(p->health, &r.id, HF_E_IO, "cannot be written");
	struct stat st;
	assert_int_equal(stat(victim, &st), 0);
	assert_int_equal(st.st_size, 8);
	assert_wiped(p, &r.id);
}

/* ---- restarts ---- */

static uint64_t until_chunk;

/* Everything is lost from that chunk on. */
static bool up_to_chunk(struct hf_request *r)
{
	if (r->type != HF_MSG_CHUNK_GET || r->answered)
		return true;
	Hufu__ChunkGet *g = HF_DECODE(chunk_get, r->body.data, r->body.len);
	bool pass = g->index < until_chunk;
	hf_decoded_free(g);
	return pass;
}

static bool nothing_passes(struct hf_request *r)
{
	return r->type != HF_MSG_TRANSFER_REQUEST && r->type != HF_MSG_CHUNK_GET;
}

/* DS-71: a restart of either side at each state of a transfer. */
static void a_restart_at_each_state_goes_on(void **state)
{
	for (int victim = 0; victim < 2; victim++)
		for (int at = 0; at < 4; at++) {
			struct pair *p = pair_of(state, at == 2 ? BIG : 3 * MIB);
			struct node *v = victim ? p->roads : p->health;
			p->w->pass = at == 0 ? nothing_passes : at == 1 ? only_asked : up_to_chunk;
			until_chunk = 36;
			if (at == 3)
				p->w->pass = NULL, p->w->hold = hold_all;
			struct hf_id id = begin(p);
			if (at == 0)
				node_barrier(p->health);
			else if (at == 1)
				until(p, is_state(p->health, &id, "STARTED"));
			else if (at == 2)
				until(p, view_of(p->health, &id).acknowledged >= 32);
			else
				until(p, is_state(p->health, &id, "COMPLETED"));
			pair_restart(v);
			p->w->pass = NULL;
			p->w->hold = NULL;
			wait_both(p, &id, "COMPLETED");
			assert_delivered(p, &id);
			assert_int_equal(unlink(p->output), 0);
		}
}

static bool shows_what_is_durable(struct pair *p, const struct hf_id *id)
{
	struct hf_transfer_view v = view_of(p->health, id);
	Hufu__TransferRow *r = committed_row(p, id);
	assert_true(v.bytes_done <= (r ? r->bytes_done : 0));
	assert_true(v.acknowledged <= (r ? r->acknowledged : 0));
	hf_decoded_free(r);
	return v.bytes_done > 0;
}

/* What an operator reads as done, and what the peer hears, is what a crash leaves. */
static void bytes_that_are_shown_are_durable(void **state)
{
	struct pair *p = pair_of(state, BIG);
	char kept[80];
	p->w->pass = up_to_chunk;
	until_chunk = 36;
	struct hf_id id = begin(p);
	until(p, shows_what_is_durable(p, &id));
	uint64_t shown = view_of(p->health, &id).bytes_done;
	keep_folder(p->health, kept);
	die_then_start(p->health, kept);
	assert_int_equal(view_of(p->health, &id).bytes_done, shown);
	p->w->pass = NULL;
	wait_both(p, &id, "COMPLETED");
	assert_delivered(p, &id);
}

/* DS-56: what the receipt says is what lies on the disk. */
static void a_partial_file_that_is_not_what_was_received_is_not_delivered(void **state)
{
	for (int how = 0; how < 3; how++) {
		struct pair *p = pair_of(state, BIG);
		p->w->pass = up_to_chunk;
		until_chunk = 36;
		struct hf_id id = begin(p);
		until(p, view_of(p->health, &id).acknowledged >= 32);
		pair_stop(p->health);
		if (how == 0)
			assert_int_equal(unlink(partial_of(p, &id)), 0);
		if (how == 1)
			assert_int_equal(truncate(partial_of(p, &id), 5 * MIB), 0);
		if (how == 2) { /* one digit, and the table stays a sound one */
			int fd = open(partial_of(p, &id), O_WRONLY);
			assert_int_equal(pwrite(fd, "7", 1, 10 * MIB), 1);
			close(fd);
		}
		pair_start(p->health);
		p->w->pass = NULL;
		wait_both(p, &id, "TERMINATED");
		assert_reason(p->health, &id, HF_E_DIGEST, how < 2 ? "lost bytes" : "not what was received");
		assert_reason(p->roads, &id, HF_E_DIGEST, NULL);
		assert_wiped(p, &id);
	}
}

/* DS-70, DS-71: a crash before the file has its name, and one between the name and its record. */
static void a_crash_around_the_renaming_ends_in_one_delivery(void **state)
{
	for (int named = 0; named < 2; named++) {
		struct pair *p = pair_of(state, 3 * MIB);
		char kept[80];
		p->w->hold = hold_all;
		struct hf_id id = begin(p);
		until(p, intent_committed(p, &id));
		keep_folder(p->health, kept);
		assert_false(is_there(p->output));
		if (named)
			until(p, is_state(p->health, &id, "COMPLETED"));
		die_then_start(p->health, kept);
		assert_true(is_there(p->output) == (named == 1));
		assert_true(is_state(p->health, &id, "STARTED"));
		p->w->hold = NULL;
		wait_both(p, &id, "COMPLETED");
		assert_delivered(p, &id);
		assert_int_equal(recorded(p->health, &id, HF_EVENT_RECEIPT), 1);
		assert_int_equal(recorded(p->roads, &id, HF_EVENT_TRANSFER_CLOSED), 1);
	}
}

/* After such a crash another file of the same length is no delivery. */
static void a_foreign_file_under_the_name_is_no_delivery(void **state)
{
	struct pair *p = pair_of(state, 3 * MIB);
	char kept[80];
	p->w->hold = hold_all;
	struct hf_id id = begin(p);
	until(p, intent_committed(p, &id));
	keep_folder(p->health, kept);
	until(p, is_state(p->health, &id, "COMPLETED"));
	int fd = open(p->output, O_WRONLY);
	assert_int_equal(pwrite(fd, "7", 1, 2 * MIB), 1);
	close(fd);
	die_then_start(p->health, kept);
	p->w->hold = NULL;
	wait_both(p, &id, "TERMINATED");
	assert_reason(p->health, &id, HF_E_DIGEST, "not what was received");
}

/* No room for the record of the delivery: it is made when there is room, once. */
static void a_full_disk_at_the_import_delivers_later(void **state)
{
	struct pair *p = pair_of(state, 3 * MIB);
	struct hf_id id = begin_quiet(p, NULL, 0);
	p->w->pass = NULL;
	until(p, transfer_find(p->health->exchange, &id, false)->importing);
	set_store_fails(p->health, true);
	until(p, is_there(p->output));
	until(p, retries(p, &id));
	assert_true(is_state(p->health, &id, "STARTED"));
	set_store_fails(p->health, false);
	wait_both(p, &id, "COMPLETED");
	assert_delivered(p, &id);
	assert_int_equal(recorded(p->health, &id, HF_EVENT_RECEIPT), 1);
}

/* DS-52: cancelled in the middle by either side. */
static void a_cancelled_transfer_is_wiped_and_recorded(void **state)
{
	for (int by = 0; by < 2; by++) {
		struct pair *p = pair_of(state, BIG);
		struct node *n = by ? p->roads : p->health;
		struct hf_unit *u = hf_unit_new();
		struct hf_fault f = {HF_OK, ""};
		p->w->pass = up_to_chunk;
		until_chunk = 36;
		struct hf_id id = begin(p);
		until(p, view_of(p->health, &id).acknowledged >= 32);
		assert_true(is_there(partial_of(p, &id)));
		assert_int_equal(hf_exchange_cancel(n->exchange, &id, "不再需要", u, &f), HF_OK);
		hf_store_submit(n->store, u, NULL, NULL);
		wait_both(p, &id, "TERMINATED");
		assert_reason(p->health, &id, HF_E_CANCELLED, "不再需要");
		assert_reason(p->roads, &id, HF_E_CANCELLED, "不再需要");
		assert_wiped(p, &id);
		assert_int_equal(recorded(p->health, &id, HF_EVENT_CACHE_CLEARED), 1);
		assert_int_equal(recorded(p->roads, &id, HF_EVENT_CACHE_CLEARED), 1);
	}
}

/* DS-52: the node died between the record of the end and the wiping. */
static void what_a_crash_left_of_an_ended_transfer_is_wiped_at_the_start(void **state)
{
	struct pair *p = pair_of(state, BIG);
	struct hf_unit *u = hf_unit_new();
	struct hf_fault f = {HF_OK, ""};
	p->w->pass = up_to_chunk;
	until_chunk = 36;
	struct hf_id id = begin(p);
	until(p, view_of(p->health, &id).acknowledged >= 32);
	char saved[400];
	snprintf(saved, sizeof(saved), "%s.saved", partial_of(p, &id));
	assert_int_equal(link(partial_of(p, &id), saved), 0);
	assert_int_equal(hf_exchange_cancel(p->health->exchange, &id, "enough", u, &f), HF_OK);
	hf_store_submit(p->health->store, u, NULL, NULL);
	wait_both(p, &id, "TERMINATED");
	assert_int_equal(rename(saved, partial_of(p, &id)), 0); /* as if it had not been taken away */
	struct transfer *t;
	assert_int_equal(transfer_load(p->health->exchange, &id, false, &t), HF_OK);
	assert_true(t->cleared);
	t->cleared = false;
	u = hf_unit_new();
	transfer_put(u, t);
	transfer_release(t);
	submit_wait(p->health, u);
	pair_restart(p->health);
	until(p, is_idle(p->health));
	assert_wiped(p, &id);
	assert_int_equal(recorded(p->health, &id, HF_EVENT_CACHE_CLEARED), 2);
	pair_restart(p->health);
	until(p, is_idle(p->health));
	assert_int_equal(recorded(p->health, &id, HF_EVENT_CACHE_CLEARED), 2); /* once is enough */
}

/* DS-53: the record says what was done, not what was meant to be done. */
static void a_partial_file_that_cannot_be_removed_is_recorded_and_removed_later(void **state)
{
	struct pair *p = pair_of(state, 3 * MIB);
	struct hf_unit *u = hf_unit_new();
	struct hf_fault f = {HF_OK, ""};
	struct hf_id id = begin_quiet(p, NULL, 0);
	until(p, is_there(partial_of(p, &id)));
	assert_int_equal(unlink(partial_of(p, &id)), 0);
	assert_int_equal(mkdir(partial_of(p, &id), 0700), 0); /* neither emptied nor removed as a file */
	assert_int_equal(hf_exchange_cancel(p->health->exchange, &id, "enough", u, &f), HF_OK);
	hf_store_submit(p->health->store, u, NULL, NULL);
	wait_both(p, &id, "TERMINATED");
	assert_int_equal(p->health->alarms, 1);
	assert_int_equal(with_outcome(p->health, &id, HF_EVENT_CACHE_CLEARED, "ok"), 0);
	assert_int_equal(recorded(p->health, &id, HF_EVENT_CACHE_CLEARED), 1);
	assert_int_equal(rmdir(partial_of(p, &id)), 0);
	pair_restart(p->health);
	until(p, is_idle(p->health));
	assert_int_equal(with_outcome(p->health, &id, HF_EVENT_CACHE_CLEARED, "ok"), 1);
}

/* The peer comes up while the start is being stored: nothing is asked for before it is, and everything is opened once.
 */
static void a_peer_that_comes_up_while_the_start_is_stored_changes_nothing(void **state)
{
	struct pair *p = pair_of(state, 1000);
	struct hf_id id = begin(p);
	struct transfer *t = NULL;
	until(p, (t = transfer_find(p->health->exchange, &id, false)) && t->state == TRANSFER_STARTED);
	bool early = t->receive != NULL;
	p->health->peers.on_up(p->health->peers.on_up_ctx, "roads");
	assert_true(early || !t->starting || !t->receive);
	wait_both(p, &id, "COMPLETED");
	assert_delivered(p, &id);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_table_arrives_and_both_sides_close),
	        cmocka_unit_test(every_length_around_a_chunk_arrives),
	        cmocka_unit_test(many_chunks_arrive),
	        cmocka_unit_test(chosen_columns_arrive),
	        cmocka_unit_test(a_question_that_overtakes_another_changes_nothing),
	        cmocka_unit_test(chunks_of_chosen_columns_in_any_order),
	        cmocka_unit_test(chunks_of_a_whole_file_in_any_order_and_twice),
	        cmocka_unit_test(an_output_that_is_there_is_refused),
	        cmocka_unit_test(an_output_that_appears_meanwhile_is_not_overwritten),
	        cmocka_unit_test(a_link_in_place_of_the_partial_file_is_not_followed),
	        cmocka_unit_test(a_restart_at_each_state_goes_on),
	        cmocka_unit_test(bytes_that_are_shown_are_durable),
	        cmocka_unit_test(a_partial_file_that_is_not_what_was_received_is_not_delivered),
	        cmocka_unit_test(a_crash_around_the_renaming_ends_in_one_delivery),
	        cmocka_unit_test(a_foreign_file_under_the_name_is_no_delivery),
	        cmocka_unit_test(a_full_disk_at_the_import_delivers_later),
	        cmocka_unit_test(a_cancelled_transfer_is_wiped_and_recorded),
	        cmocka_unit_test(what_a_crash_left_of_an_ended_transfer_is_wiped_at_the_start),
	        cmocka_unit_test(a_partial_file_that_cannot_be_removed_is_recorded_and_removed_later),
	        cmocka_unit_test(a_peer_that_comes_up_while_the_start_is_stored_changes_nothing),
	};
	return cmocka_run_group_tests(tests, pair_up, pair_down);
}
