/* Data that the consumer keeps sealed (DS-85), between two nodes: delivered, read, stopped, destroyed, over restarts.
 */
#include <signal.h>

#include "authz/data_use.h"
#include "authz/grants.h"
#include "authz/rulebook.h"
#include "exchange/held.h"
#include "exchange/reading.h"
#include "exchange/vault.h"
#include "source/scanner.h"
#include "unit/exchange/destroys.h"

#define MIB ((size_t)1 << 20)

/* ---- words ---- */

static void assert_readable(struct pair *p, const struct hf_id *id)
{
	char path[200];
	const struct hf_data_read in = reading_of(id);
	snprintf(path, sizeof(path), "%s/read.csv", p->files);
	if (read_whole(p, &in, path) != HF_OK)
		fail_msg("%s", last_fault);
	assert_true(same_files(path, p->source));
	assert_int_equal(unlink(path), 0);
}

static void sealed_path(struct pair *p, const struct hf_id *id, char path[VAULT_PATH])
{
	vault_path(p->health->exchange->vault, id, path);
}

static const char *state_of(struct pair *p, const struct hf_id *id)
{
	HF_CLEANUP(hf_decoded_done) Hufu__HeldRow *row = NULL;
	assert_int_equal(hf_data_get(p->health->exchange, id, &row), HF_OK);
	return hf_data_state(p->health->exchange, row);
}

/* ---- delivery ---- */

/* The last chunk is always a short one, also when it is empty; the file has exactly its size. */
static void every_length_around_a_chunk_is_kept_and_read_back(void **state)
{
	static const int64_t around[] = {-1, 0, 1};
	for (size_t chunks = 1; chunks <= 2; chunks++)
		for (size_t i = 0; i < 3; i++) {
			struct pair *p = pair_of(state, (size_t)((int64_t)(chunks * MIB) + around[i]));
			char path[VAULT_PATH];
			struct stat st;
			struct hf_id id = delivered(p);
			sealed_path(p, &id, path);
			assert_int_equal(stat(path, &st), 0);
			assert_int_equal(st.st_size, hf_sealed_bytes(chunks * MIB + (uint64_t)around[i]));
			assert_int_equal(st.st_mode & 077, 0);
			assert_true(view_of(p->health, &id).sealed);
			assert_string_equal(state_of(p, &id), "held");
			assert_readable(p, &id);
		}
}

/* A crash after any durable chunk: what was sealed before is sealed still, and the rest follows. */
static void a_crash_while_it_arrives_loses_nothing(void **state)
{
	struct pair *p = pair_of(state, 70 * MIB);
	char kept[80];
	struct hf_id id = begin_sealed(p);
	until(p, view_of(p->health, &id).bytes_done > 0);
	node_barrier(p->health);
	assert_true(is_state(p->health, &id, "STARTED"));
	keep_folder(p->health, kept);
	die_then_start(p->health, kept);
	install_fallible(p->health);
	wait_both(p, &id, "COMPLETED");
	assert_int_equal(view_of(p->roads, &id).served_after_ack, 0);
	people_back(p->health);
	assert_readable(p, &id);
	pair_restart(p->health);
	people_back(p->health);
	assert_readable(p, &id);
}

/* DS-56: what is durable is looked at again after a restart. */
static void a_sealed_part_that_was_altered_meanwhile_ends_the_transfer(void **state)
{
	struct pair *p = pair_of(state, 70 * MIB);
	char path[VAULT_PATH];
	struct hf_id id = begin_sealed(p);
	until(p, view_of(p->health, &id).bytes_done > 0);
	sealed_path(p, &id, path);
	pair_stop(p->health);
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, "?", 1, (off_t)hf_sealed_place(3) + 100), 1);
	close(fd);
	pair_start(p->health);
	install_fallible(p->health);
	wait_both(p, &id, "TERMINATED");
	assert_reason(p->health, &id, HF_E_DIGEST, NULL);
	assert_false(is_there(path));
	assert_int_equal(recorded(p->health, &id, HF_EVENT_CACHE_CLEARED), 1);
}

/* The store fails where the key's slot is recorded: begun anew, and nothing is left behind. */
static void a_full_disk_at_the_start_is_got_over(void **state)
{
	struct pair *p = pair_of(state, 3 * MIB);
	struct hf_id id = begin_sealed(p);
	until(p, transfer_find(p->health->exchange, &id, false)->recorded);
	set_store_fails(p->health, true);
	until(p, retries(p, &id));
	set_store_fails(p->health, false);
	wait_both(p, &id, "COMPLETED");
	assert_readable(p, &id);
}

static void deliver_examined(struct pair *p, const char *script, const char *end, struct hf_id *ret_id)
{
	const char *const words[] = {"/bin/sh", "-c", script, "sh"};
	const struct hf_scanner_config cfg = {words, 4, 0};
	struct hf_scanner *scanner;
	struct hf_fault f = {HF_OK, ""};
	assert_int_equal(hf_scanner_open(&p->health->base, &cfg, &scanner, &f), HF_OK);
	hf_exchange_set_scanner(p->health->exchange, scanner);
	*ret_id = begin_sealed(p);
	wait_both(p, ret_id, end);
	hf_exchange_set_scanner(p->health->exchange, NULL);
	hf_scanner_free(scanner);
}

/* DS-100: it sees the table, although nothing of it lies on the disk in plain. */
static void the_scanner_sees_what_is_kept_sealed(void **state)
{
	struct pair *p = pair_of(state, 2 * MIB + 5);
	char path[VAULT_PATH];
	struct hf_id id;
	deliver_examined(p, "test $(grep -c CA0000001 \"$1\") = 1", "COMPLETED", &id);
	assert_readable(p, &id);
	deliver_examined(p, "exit 1", "TERMINATED", &id);
	assert_reason(p->health, &id, HF_E_MALICIOUS, NULL);
	sealed_path(p, &id, path);
	assert_false(is_there(path));
}

static void what_must_be_sealed_goes_into_no_file(void **state)
{
	struct pair *p = pair_of(state, 1000);
	p->w->pass = NULL;
	struct hf_id entry = publish(p->roads, &(struct offer){.title = "封存", .intake = "hub", .duty = "sealed"});
	struct hf_id application = granted(&p->s, &entry), before = p->grant;
	p->grant = grant_at(p->health, &application);
	struct fetching r = fetch_fields(p, NULL, 0);
	assert_int_equal(r.e, HF_E_MUST_SEAL);
	assert_non_null(strstr(r.fault.text, "--sealed"));
	struct hf_id id = delivered(p);
	assert_readable(p, &id);
	p->grant = before;
}

/* ---- reading ---- */

static const char *const two[] = {"flight", "delay"};

static void chosen_columns_are_read_and_others_are_not(void **state)
{
	struct pair *p = pair_of(state, 5 * MIB);
	static const char *const wrong[] = {"flight", "captain"};
	struct hf_id id = delivered(p);
	char path[200], all[400], chosen[400];
	struct hf_data_read in = reading_of(&id);
	in.fields = wrong;
	in.field_count = 2;
	struct hf_id read;
	assert_int_equal(open_as(p, "wang", &in, &read), HF_E_WRONG_FIELDS);
	in.fields = two;
	snprintf(path, sizeof(path), "%s/two.csv", p->files);
	assert_int_equal(read_whole(p, &in, path), HF_OK);
	FILE *source = fopen(p->source, "r"), *got = fopen(path, "r");
	while (fgets(all, sizeof(all), source)) {
		char *first = strchr(all, ','), *second = strchr(first + 1, ',');
		memmove(first, second, strlen(second) + 1);
		assert_non_null(fgets(chosen, sizeof(chosen), got));
		assert_string_equal(chosen, all);
	}
	assert_null(fgets(chosen, sizeof(chosen), got));
	fclose(source);
	fclose(got);
	assert_int_equal(unlink(path), 0);
}

static void each_question_denies_alone(void **state)
{
	struct pair *p = pair_of(state, 1000);
	struct hf_id id = delivered(p), read, unknown = hf_id_new(p->w->now_ms);
	struct hf_data_read in = reading_of(&id);
	struct got g;
	in.purpose = "resale";
	assert_int_equal(open_as(p, "wang", &in, &read), HF_E_WRONG_PURPOSE);
	in = reading_of(&unknown);
	assert_int_equal(open_as(p, "wang", &in, &read), HF_E_UNKNOWN);
	in = reading_of(&id);
	assert_int_equal(open_as(p, "li", &in, &read), HF_E_PERMISSION); /* li signs no access */
	assert_int_equal(open_as(p, "wang", &in, &read), HF_OK);
	assert_false(next_piece(p, "li", &read, &g));
	assert_int_equal(g.e, HF_E_UNKNOWN); /* another one's read is none */
	assert_false(next_piece(p, "wang", &read, &g));
	assert_int_equal(g.e, HF_OK);
	free(g.bytes);
	assert_true(next_piece(p, "wang", &read, &g));
	assert_false(next_piece(p, "wang", &read, &g));
	assert_int_equal(g.e, HF_E_UNKNOWN); /* it has said that it was the end */
}

static bool count_report(void *ctx, const Hufu__ReadReportRow *row)
{
	*(size_t *)ctx += strcmp(row->consumer, "health") == 0 && strcmp(row->account, "wang") == 0;
	return true;
}

static size_t reports(struct pair *p, const struct hf_id *id)
{
	size_t count = 0;
	settle(p->w);
	assert_int_equal(hf_read_reports(p->roads->authz, id, count_report, &count), HF_OK);
	return count;
}

/* DS-85: no key before the record; each read is one entry, one end, one report. */
static void each_read_is_recorded_and_reported_once(void **state)
{
	struct pair *p = pair_of(state, 1000);
	struct hf_id id = delivered(p), read;
	const struct hf_data_read in = reading_of(&id);
	assert_readable(p, &id);
	assert_readable(p, &id);
	assert_int_equal(recorded(p->health, &id, HF_EVENT_DATA_READ_END), 2);
	assert_int_equal(reports(p, &id), 2);
	set_store_fails(p->health, true);
	COMMAND(c, p->health, "wang");
	assert_int_equal(hf_data_read_open(p->health->exchange, &c.actor, &in, c.in.unit, c.in.draft, &read, &c.fault),
	                 HF_OK);
	hf_unit_draft(c.in.unit, c.in.draft);
	hf_store_submit(p->health->store, c.in.unit, NULL, NULL);
	until(p, !p->health->exchange->readings);
	set_store_fails(p->health, false);
	struct got g;
	assert_false(next_piece(p, "wang", &read, &g));
	assert_int_equal(g.e, HF_E_UNKNOWN); /* what could not be recorded gives nothing */
	assert_int_equal(reports(p, &id), 2);
}

static void a_read_that_the_node_died_in_is_recorded_and_reported_at_the_next_start(void **state)
{
	struct pair *p = pair_of(state, 3 * MIB);
	struct hf_id id = delivered(p), read;
	const struct hf_data_read in = reading_of(&id);
	struct got g;
	char kept[80];
	assert_int_equal(open_as(p, "wang", &in, &read), HF_OK);
	assert_false(next_piece(p, "wang", &read, &g));
	free(g.bytes);
	keep_folder(p->health, kept);
	die_then_start(p->health, kept);
	install_fallible(p->health);
	people_back(p->health);
	assert_int_equal(reports(p, &id), 1);
	assert_int_equal(recorded(p->health, &id, HF_EVENT_DATA_READ_END), 1);
	assert_false(next_piece(p, "wang", &read, &g));
	assert_int_equal(g.e, HF_E_UNKNOWN);
	assert_readable(p, &id);
}

/* AZ-33: in front of the next piece, also of one that a worker is making. */
static void a_revocation_stops_a_read_and_the_next_one(void **state)
{
	struct pair *p = pair_of(state, 3 * MIB);
	struct hf_id id = delivered(p), read;
	const struct hf_data_read in = reading_of(&id);
	struct hf_actor a = actor_of(p->health, "wang");
	struct hf_fault f = {HF_OK, ""};
	struct hf_data_end end = {false, 0, 0};
	struct got g, pending = {.done = false};
	const struct hf_data_sink sink = {on_piece, &pending};
	assert_int_equal(open_as(p, "wang", &in, &read), HF_OK);
	assert_false(next_piece(p, "wang", &read, &g));
	free(g.bytes);
	assert_int_equal(hf_data_read_next(p->health->exchange, &a, &read, &sink, &end, &f), HF_OK);
	reading_stop(p->health->exchange, &id, HF_E_GRANT_REVOKED, "stopped in the middle");
	until(p, pending.done);
	assert_int_equal(pending.e, HF_E_GRANT_REVOKED);
	assert_null(pending.bytes);
	MUST(revoke_as(p->roads, "zhou", &p->grant, "the data was wrong"));
	settle(p->w);
	assert_int_equal(open_as(p, "wang", &in, &read), HF_E_GRANT_REVOKED);
	assert_non_null(strstr(last_fault, "the data was wrong"));
	assert_string_equal(state_of(p, &id), "revoked");
	assert_int_equal(reports(p, &id), 1);
}

static void assert_denied(struct pair *p, const struct hf_id *id, enum hf_err e, const char *part)
{
	const struct hf_data_read in = reading_of(id);
	struct hf_id read;
	assert_int_equal(open_as(p, "wang", &in, &read), e);
	if (!strstr(last_fault, part))
		fail_msg("'%s' is not in '%s'", part, last_fault);
}

/* The entry as the provider publishes it now: what got stricter, or is on offer no more, is read no more. */
static void a_changed_or_withdrawn_entry_ends_the_reading(void **state)
{
	struct pair *p = pair_of(state, 3 * MIB);
	struct hf_id application, before = p->grant, read;
	struct offer o = {.title = "一版", .intake = "hub"};
	struct got g;
	o.id = publish(p->roads, &o);
	application = granted(&p->s, &o.id);
	p->grant = grant_at(p->health, &application);
	struct hf_id id = delivered(p);
	const struct hf_data_read in = reading_of(&id);
	assert_readable(p, &id);
	o.level = 2;
	publish(p->roads, &o);
	assert_denied(p, &id, HF_E_TERMS_CHANGED, "of a higher level since version 2");
	o.level = 1;
	o.sensitive = true;
	publish(p->roads, &o);
	assert_denied(p, &id, HF_E_TERMS_CHANGED, "sensitive since version 3");
	o.sensitive = false;
	o.scope = "nodes:hub";
	publish(p->roads, &o);
	assert_denied(p, &id, HF_E_NOT_SHARED, "withdrawn"); /* from this node */
	o.scope = NULL;
	o.duty = "uses:1";
	publish(p->roads, &o);
	assert_denied(p, &id, HF_E_QUOTA, "allows 1 uses");
	o.duty = NULL;
	publish(p->roads, &o);
	assert_int_equal(open_as(p, "wang", &in, &read), HF_OK);
	assert_false(next_piece(p, "wang", &read, &g));
	free(g.bytes);
	withdraw_entry(p->roads, &o.id);
	assert_false(next_piece(p, "wang", &read, &g));
	assert_int_equal(g.e, HF_E_NOT_SHARED); /* in front of the next piece */
	assert_denied(p, &id, HF_E_NOT_SHARED, "withdrawn");
	assert_string_equal(state_of(p, &id), "held"); /* kept, and opened for nobody */
	p->grant = before;
}

/* What the consumer is told when a rule that superseded the grant has ended. */
static void a_grant_whose_superseding_rule_has_ended_opens_nothing(void **state)
{
	struct pair *p = pair_of(state, 1000);
	struct hf_id id = delivered(p);
	struct grant_item *g = az_grant_find(p->health->authz, &p->grant);
	assert_readable(p, &id);
	g->superseded_over = true;
	assert_denied(p, &id, HF_E_NO_GRANT, "superseded by a rule");
	g->superseded_over = false;
	assert_readable(p, &id);
}

/* As if a rule of the provider had permitted the delivery: there is no grant. */
static void take_grant_away(struct pair *p, const struct hf_id *id)
{
	HF_CLEANUP(hf_decoded_done) Hufu__HeldRow *row = NULL;
	struct hf_unit *u = hf_unit_new();
	assert_int_equal(held_get(p->health->exchange, id, &row), HF_OK);
	row->grant.len = 0;
	held_put(u, row);
	submit_wait(p->health, u);
}

/* Its own suspension of a system suspends the reads that the system does, whatever permitted the delivery. */
static void a_hold_at_this_node_stops_the_reads(void **state)
{
	struct pair *p = pair_of(state, 1000);
	struct hf_id id = delivered(p), hold;
	for (unsigned i = 0; i < 2; i++) {
		COMMAND(c, p->health, "ma");
		MUST(command_end(
		        &c, hf_authz_hold(p->health->authz, &c.in, "system", "health/desk", "under repair", &hold)));
		assert_denied(p, &id, HF_E_HELD, "under repair");
		COMMAND(d, p->health, "ma");
		MUST(command_end(&d, hf_authz_unhold(p->health->authz, &d.in, &hold, "repaired")));
		assert_readable(p, &id);
		take_grant_away(p, &id);
	}
}

/* SB-26 */
static void no_more_reads_than_the_obligation_allows(void **state)
{
	struct pair *p = pair_of(state, 1000);
	struct hf_id entry = publish(p->roads, &(struct offer){.title = "两次", .intake = "hub", .duty = "uses:2"});
	struct hf_id application = granted(&p->s, &entry), before = p->grant, read;
	p->grant = grant_at(p->health, &application);
	struct hf_id id = delivered(p);
	const struct hf_data_read in = reading_of(&id);
	assert_readable(p, &id);
	assert_int_equal(open_as(p, "wang", &in, &read), HF_OK); /* begun is used */
	assert_int_equal(open_as(p, "wang", &in, &read), HF_E_QUOTA);
	p->grant = before;
}

/* ---- destruction ---- */

static void assert_destroyed(struct pair *p, const struct hf_id *id)
{
	char path[VAULT_PATH];
	sealed_path(p, id, path);
	assert_string_equal(state_of(p, id), "destroyed");
	assert_false(is_there(path));
	assert_int_equal(with_outcome(p->health, id, HF_EVENT_DATA_DESTROYED, "ok"), 1);
}

/* The worker pool, standing still: what a worker would do is queued and not begun. */
enum { WORKERS = 4 };
struct standstill {
	uv_work_t work[WORKERS];
	uv_sem_t stands, go;
	unsigned left;
};

static void stand_still(uv_work_t *w)
{
	struct standstill *s = w->data;
	uv_sem_post(&s->stands);
	uv_sem_wait(&s->go);
}

static void gone_on(uv_work_t *w, int status)
{
	struct standstill *s = w->data;
	assert_int_equal(status, 0);
	s->left--;
}

static void workers_stop(struct pair *p, struct standstill *s)
{
	assert_int_equal(uv_sem_init(&s->stands, 0), 0);
	assert_int_equal(uv_sem_init(&s->go, 0), 0);
	for (s->left = 0; s->left < WORKERS; s->left++) {
		s->work[s->left].data = s;
		assert_int_equal(uv_queue_work(&p->w->loop, &s->work[s->left], stand_still, gone_on), 0);
	}
	for (unsigned i = 0; i < WORKERS; i++)
		uv_sem_wait(&s->stands);
}

static void workers_go(struct pair *p, struct standstill *s)
{
	for (unsigned i = 0; i < WORKERS; i++)
		uv_sem_post(&s->go);
	until(p, s->left == 0);
	uv_sem_destroy(&s->stands);
	uv_sem_destroy(&s->go);
}

static void made_good_after(struct pair *p, const char *kept, const struct hf_id *id)
{
	const struct hf_data_read in = reading_of(id);
	struct hf_id read;
	die_then_start(p->health, kept);
	until(p, !p->health->exchange->destroying);
	people_back(p->health);
	assert_destroyed(p, id);
	assert_int_equal(open_as(p, "wang", &in, &read), HF_E_ERASED);
	assert_int_equal(ask_as(p->health, "li", id), HF_E_ERASED);
}

/* Decided, and nothing of it done. */
static void a_person_destroys_and_a_crash_before_it_is_done_is_made_good(void **state)
{
	struct pair *p = pair_of(state, 1000);
	struct hf_id id = delivered(p);
	struct standstill s;
	char kept[80], path[VAULT_PATH];
	workers_stop(p, &s);
	assert_int_equal(destroy_as(p->health, &id), HF_OK);
	sealed_path(p, &id, path);
	assert_true(is_there(path));
	keep_folder(p->health, kept);
	workers_go(p, &s);
	until(p, !p->health->exchange->destroying);
	assert_destroyed(p, &id);
	made_good_after(p, kept, &id);
}

/* Key and file are gone, and it is not on record. */
static void a_crash_between_the_destruction_and_its_record_is_made_good(void **state)
{
	struct pair *p = pair_of(state, 1000);
	struct hf_id id = delivered(p);
	struct standstill s;
	char kept[80], path[VAULT_PATH];
	workers_stop(p, &s);
	assert_int_equal(destroy_as(p->health, &id), HF_OK);
	set_store_fails(p->health, true);
	workers_go(p, &s);
	until(p, !p->health->exchange->destroying);
	sealed_path(p, &id, path);
	assert_false(is_there(path));
	assert_string_equal(state_of(p, &id), "destroying");
	keep_folder(p->health, kept);
	made_good_after(p, kept, &id);
}

/* What the provider demands: so long after the delivery, and never later than that after a restart. */
static void what_is_to_be_deleted_after_a_time_is(void **state)
{
	struct pair *p = pair_of(state, 1000);
	struct hf_id entry =
	        publish(p->roads, &(struct offer){.title = "一小时", .intake = "hub", .duty = "delete-after:3600000"});
	struct hf_id application = granted(&p->s, &entry), before = p->grant, read;
	p->grant = grant_at(p->health, &application);
	struct hf_id id = delivered(p);
	const struct hf_data_read in = reading_of(&id);
	p->grant = before;
	p->w->now_ms += 3599999;
	pair_restart(p->health);
	people_back(p->health);
	assert_readable(p, &id);
	p->w->now_ms += 1;
	pair_restart(p->health);
	until(p, !p->health->exchange->destroying);
	people_back(p->health);
	assert_destroyed(p, &id);
	assert_int_equal(open_as(p, "wang", &in, &read), HF_E_ERASED);
}

/* A slot is never given out again, so that what was destroyed stays so. */
static void slots_are_used_once(void **state)
{
	struct pair *p = pair_of(state, 1000);
	struct vault *v = p->health->exchange->vault;
	struct hf_fault f = {HF_OK, ""};
	struct hf_id id = hf_id_new(p->w->now_ms);
	uint64_t a, b;
	uint8_t key[32], again[32];
	assert_int_equal(vault_ready(v, &f), HF_OK);
	assert_int_equal(vault_slot_new(v, &a), HF_OK);
	assert_int_equal(vault_wrapping_key(v, 2, a, &id, key), HF_E_UNKNOWN);
	assert_int_equal(vault_slot_fill(v, a), HF_OK);
	assert_int_equal(vault_wrapping_key(v, 2, a, &id, key), HF_OK);
	assert_int_equal(vault_wrapping_key(v, 3, a, &id, again), HF_OK);
	assert_memory_not_equal(key, again, sizeof(key)); /* a key for each level */
	assert_int_equal(vault_destroy(v, a, &id), HF_OK);
	assert_int_equal(vault_wrapping_key(v, 2, a, &id, key), HF_E_ERASED);
	pair_restart(p->health);
	v = p->health->exchange->vault;
	assert_int_equal(vault_ready(v, &f), HF_OK);
	assert_int_equal(vault_slot_new(v, &b), HF_OK);
	assert_true(b > a);
	assert_int_equal(vault_wrapping_key(v, 2, a, &id, key), HF_E_ERASED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(every_length_around_a_chunk_is_kept_and_read_back),
	        cmocka_unit_test(a_crash_while_it_arrives_loses_nothing),
	        cmocka_unit_test(a_sealed_part_that_was_altered_meanwhile_ends_the_transfer),
	        cmocka_unit_test(a_full_disk_at_the_start_is_got_over),
	        cmocka_unit_test(the_scanner_sees_what_is_kept_sealed),
	        cmocka_unit_test(what_must_be_sealed_goes_into_no_file),
	        cmocka_unit_test(chosen_columns_are_read_and_others_are_not),
	        cmocka_unit_test(each_question_denies_alone),
	        cmocka_unit_test(each_read_is_recorded_and_reported_once),
	        cmocka_unit_test(a_read_that_the_node_died_in_is_recorded_and_reported_at_the_next_start),
	        cmocka_unit_test(a_revocation_stops_a_read_and_the_next_one),
	        cmocka_unit_test(a_changed_or_withdrawn_entry_ends_the_reading),
	        cmocka_unit_test(a_grant_whose_superseding_rule_has_ended_opens_nothing),
	        cmocka_unit_test(a_hold_at_this_node_stops_the_reads),
	        cmocka_unit_test(no_more_reads_than_the_obligation_allows),
	        cmocka_unit_test(a_person_destroys_and_a_crash_before_it_is_done_is_made_good),
	        cmocka_unit_test(a_crash_between_the_destruction_and_its_record_is_made_good),
	        cmocka_unit_test(what_is_to_be_deleted_after_a_time_is),
	        cmocka_unit_test(slots_are_used_once),
	};
	signal(SIGPIPE, SIG_IGN); /* hufud blocks it; a scanner need not read all that it is given */
	assert_int_equal(setenv("UV_THREADPOOL_SIZE", "4", 1), 0); /* WORKERS */
	return cmocka_run_group_tests(tests, destroys_up, pair_down);
}
