/*
 * masked_failure_test.c - a masked delivery that goes wrong at its provider: the plan's emergency scheme for that kind
 * of error is carried out, recorded, and told to people there, and not to the consumer (MK-42, MK-45, MK-47).
 */
#include <errno.h>
#include <sys/stat.h>

#include "unit/exchange/masked_stage.h"

/* The disk under the source: what is read of it fails while this says so. Linked in place of pread. */
static struct {
	const char *path;
	size_t failures;
} broken;

ssize_t __real_pread(int fd, void *out, size_t len, off_t at);
ssize_t __wrap_pread(int fd, void *out, size_t len, off_t at);
ssize_t __wrap_pread(int fd, void *out, size_t len, off_t at)
{
	struct stat here, there;

	if (broken.path && fstat(fd, &here) == 0 && stat(broken.path, &there) == 0 && here.st_ino == there.st_ino &&
	    at > 0) {
		__atomic_add_fetch(&broken.failures, 1, __ATOMIC_SEQ_CST);
		errno = EIO;
		return -1;
	}
	return __real_pread(fd, out, len, at);
}

/* ---- what is on record ---- */

struct looking {
	char object[120];
	const char *detail;
	size_t count;
};

static bool in_field(const Hufu__FieldOpening *f, const char *part)
{
	return memmem(f->value.data, f->value.len, part, strlen(part)) != NULL;
}

static bool look(void *ctx, const struct hf_ledger_row *row)
{
	struct looking *l = ctx;
	bool object = false, detail = false;

	for (size_t i = 0; row->opening && i < row->opening->n_fields; i++) {
		const Hufu__FieldOpening *f = row->opening->fields[i];

		object |= f->field == HF_FIELD_OBJECT && in_field(f, l->object);
		detail |= f->field == HF_FIELD_DETAIL && in_field(f, l->detail);
	}
	l->count += object && detail;
	return true;
}

/* Entries of the node about the transfer's masking that say this. */
static size_t schemes(struct node *n, const struct hf_id *id, const char *said)
{
	struct looking l = {.detail = said};
	char text[HF_ID_TEXT];

	hf_id_text(id, text);
	snprintf(l.object, sizeof(l.object), "transfer %s, masking plan flights", text);
	node_barrier(n);
	assert_int_equal(hf_ledger_tail(n->ledger, 100000, look, &l), HF_OK);
	return l.count;
}

/* The end of a delivery, its reason at both sides, and the scheme at one. */
static void assert_scheme(struct pair *p, const struct hf_id *id, const char *kind, const char *scheme)
{
	char said[120];

	snprintf(said, sizeof(said), "by its plan's scheme for %s errors the delivery ends", kind);
	wait_terminated(p, id);
	if (!strstr(view_of(p->roads, id).reason, said))
		fail_msg("'%s' does not name the scheme", view_of(p->roads, id).reason);
	assert_int_equal(schemes(p->roads, id, scheme), 1);
	assert_int_equal(schemes(p->roads, id, "nothing of it counts as delivered"), 1);
	assert_true(p->roads->alarms > 0);
	assert_wiped(p, id);
	assert_null(strstr(view_of(p->health, id).reason, "zhou"));
	assert_null(strstr(view_of(p->health, id).reason, "sun"));
	assert_int_equal(schemes(p->health, id, ""), 0);
}

/* ---- the errors ---- */

/* MK-47: what fails the plan's check of the result does not count as delivered. */
static void a_result_that_fails_its_check_has_its_scheme(void **state)
{
	struct pair *p = masked_pair(state, 100000);

	approved.fields = "      flight: {technique: round, step: 5}\n"
	                  "      arrival: {technique: daterd, unit: hour}\n      delay: {technique: round, step: 50}\n";
	struct hf_id id = begin(p);
	assert_scheme(p, &id, "result", "step execute: result: the result of the masking plan flights fails its check");
	assert_int_equal(schemes(p->roads, &id, "by the plan for result errors (surprise): do not release; zhou"), 1);
	assert_reason(p->roads, &id, HF_E_MASKING, "not of the type");
	p = masked_pair(state, 100000);
	approved.rows_least = 900000;
	id = begin(p);
	assert_scheme(p, &id, "result", "the plan expects 900000 to 1000000");
	assert_reason(p->roads, &id, HF_E_MASKING, " rows");
}

static struct hf_id half_sent(struct pair *p)
{
	struct hf_id id = begin_quiet(p, NULL, 0);

	assert_int_equal(ask(p, p->health, &id, 0, 0).e, HF_OK);
	return id;
}

static void source_there(struct pair *p, bool there)
{
	struct hf_unit *u = hf_unit_new();
	struct hf_fault f = {HF_OK, ""};
	static struct hf_source_view v;

	if (!there) {
		assert_int_equal(hf_source_get(p->roads->sources, "flights", &v), HF_OK);
		assert_int_equal(hf_source_remove(p->roads->sources, u, "flights", &f), HF_OK);
	} else {
		assert_int_equal(hf_source_put(p->roads->sources, u, &v, &f), HF_OK);
		hf_source_view_done(&v);
	}
	hf_store_submit(p->roads->store, u, NULL, NULL);
	node_barrier(p->roads);
}

/* MK-45: the source is taken away, or is another one, while it is delivered. */
static void a_source_that_goes_away_has_its_scheme(void **state)
{
	struct pair *p = masked_pair(state, 3 * MIB);
	struct hf_id id = half_sent(p);

	source_there(p, false);
	assert_int_equal(ask(p, p->health, &id, 1, 0).e, HF_E_STATE);
	p->w->pass = NULL;
	assert_scheme(p, &id, "source", "by the plan for source errors (disk): call the owner; sun");
	source_there(p, true);
	p = masked_pair(state, 3 * MIB);
	id = half_sent(p);
	assert_int_equal(truncate(p->source, (off_t)MIB), 0);
	assert_int_equal(ask(p, p->health, &id, 1, 0).e, HF_E_SOURCE_CHANGED);
	p->w->pass = NULL;
	assert_scheme(p, &id, "source", "by the plan for source errors (disk): call the owner; sun");
}

/* MK-45: a disk that fails ends it, */
static void a_disk_that_fails_ends_it(void **state)
{
	struct pair *p = masked_pair(state, 3 * MIB);
	struct hf_id id = begin_quiet(p, NULL, 0);

	broken.path = p->source;
	assert_int_equal(ask(p, p->health, &id, 0, 0).e, HF_E_IO);
	broken.path = NULL;
	p->w->pass = NULL;
	assert_scheme(p, &id, "source", "by the plan for source errors (disk): call the owner; sun");
	assert_reason(p->roads, &id, HF_E_IO, NULL);
}

/* or, when the plan says to pause, is waited for: the same bytes arrive. */
static void a_disk_that_fails_is_waited_for(void **state)
{
	struct pair *p = masked_pair(state, 3 * MIB);
	char whole[160];

	deliver_masked(p);
	snprintf(whole, sizeof(whole), "%s", p->output);
	p = masked_pair(state, 3 * MIB);
	approved.source_action = "pause";
	struct hf_id id = half_sent(p);
	broken.path = p->source;
	for (unsigned i = 0; i < 100; i++) /* more often than a consumer may go back */
		assert_int_equal(ask(p, p->health, &id, 2, 0).e, HF_E_IO);
	assert_true(broken.failures > 100);
	broken.path = NULL;
	assert_int_equal(schemes(p->roads, &id, "the delivery waits, and its consumer asks again"), 1);
	assert_int_equal(schemes(p->roads, &id, ""), 1);
	assert_string_equal(view_of(p->roads, &id).state, "STARTED");
	p->w->pass = NULL;
	pair_restart(p->health);
	people_back(p->health);
	wait_both(p, &id, "COMPLETED");
	assert_true(same_files(whole, p->output));
}

static void on_erased(void *ctx, enum hf_err e)
{
	assert_int_equal(e, HF_OK);
	*(bool *)ctx = true;
}

/* MK-45: and a key that is erased under way, or is not there to begin with. */
static void a_key_that_is_gone_has_its_scheme(void **state)
{
	struct pair *p = masked_pair(state, 3 * MIB);
	struct hf_fault f = {HF_OK, ""};
	bool done = false;
	struct hf_mask_erasure in = {.reason = "the end", .by = "zhou", .fn = on_erased, .ctx = &done};
	struct hf_id id = half_sent(p);

	in.contract = view_of(p->roads, &id).agreement;
	assert_int_equal(hf_mask_seed_erase(mask_keys, &in, &f), HF_OK);
	until(p, done);
	assert_int_equal(ask(p, p->health, &id, 1, 0).e, HF_E_MASKING);
	p->w->pass = NULL;
	assert_scheme(p, &id, "key", "by the plan for key errors (no key): ask for it; zhou");
	p = masked_pair(state, 1000);
	id = begin(p);
	until(p, has_ended(p->health, &id));
	settle(p->w);
	assert_reason(p->health, &id, HF_E_MASKING, "erased: the end");
	assert_int_equal(schemes(p->roads, &id, "by the plan for key errors (no key): ask for it; zhou; nothing is"),
	                 1);
}

/* What a person does is no error: no scheme is taken for it. */
static void what_a_person_ends_has_none(void **state)
{
	struct pair *p = masked_pair(state, 3 * MIB);
	struct hf_id id = half_sent(p);
	struct hf_unit *u = hf_unit_new();
	struct hf_fault f = {HF_OK, ""};

	assert_int_equal(hf_exchange_cancel(p->roads->exchange, &id, "not now", u, &f), HF_OK);
	hf_store_submit(p->roads->store, u, NULL, NULL);
	p->w->pass = NULL;
	wait_terminated(p, &id);
	assert_string_equal(view_of(p->roads, &id).reason, "not now");
	assert_int_equal(schemes(p->roads, &id, ""), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_result_that_fails_its_check_has_its_scheme),
	        cmocka_unit_test(a_source_that_goes_away_has_its_scheme),
	        cmocka_unit_test(a_disk_that_fails_ends_it),
	        cmocka_unit_test(a_disk_that_fails_is_waited_for),
	        cmocka_unit_test(what_a_person_ends_has_none),
	        cmocka_unit_test(a_key_that_is_gone_has_its_scheme),
	};
	return cmocka_run_group_tests(tests, pair_up, masked_down);
}
