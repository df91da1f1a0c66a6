/* masked_stage.h - a delivery that goes out masked, as the obligation "mask:flights" of its entry says. */
#ifndef TESTS_UNIT_EXCHANGE_MASKED_STAGE_H
#define TESTS_UNIT_EXCHANGE_MASKED_STAGE_H

#include "unit/exchange/pair.h"

#include "exchange/unmask.h"
#include "masking/plan.h"
#include "release/mask_keys.h"

#define MIB ((size_t)1 << 20)

static const char plan_head[] =
        "masking-plan: 1\nname: flights\nversion: %u\nneed: research\npurpose: research\nmode: %s\n"
        "people: {operator: sun, security: zhou, audit: gao}\nscope: {group: flights, epoch: 1}\n"
        "schedule: by hand\nrelations: []\nresult: {rows-least: %u, rows-most: 1000000, unreadable-most: "
        "%u}\ntables:\n  %s:\n"
        "    fields:\n%s"
        "emergency:\n  source: {cause: disk, solution: call the owner, who: sun, action: %s}\n"
        "  format: {cause: rows, solution: mend it, who: sun}\n"
        "  key: {cause: no key, solution: ask for it, who: zhou}\n"
        "  result: {cause: surprise, solution: do not release, who: zhou}\n"
        "  space: {cause: full, solution: add a disk, who: sun}\n";
static const char usual_fields[] = "      flight: {technique: denc}\n"
                                   "      arrival: {technique: daterd, unit: hour}\n"
                                   "      delay: {technique: round, step: 50}\n";

/* What stands approved at roads; text NULL: nothing. */
static struct {
	const char *mode, *table, *fields, *source_action;
	unsigned version, rows_least, unreadable_most;
} approved;

static inline void approve_usual(void)
{
	approved.mode = "dynamic";
	approved.table = "flights";
	approved.fields = usual_fields;
	approved.source_action = "stop";
	approved.version = 1;
	approved.rows_least = 1;
	approved.unreadable_most = 0;
}

static inline enum hf_err plan_at_roads(void *ctx, const char *name, struct hf_plan **ret_plan, struct hf_fault *f)
{
	char text[4096];
	(void)ctx;
	if (!approved.fields || strcmp(name, "flights") != 0)
		return hf_fault_set(f, HF_E_UNKNOWN, "there is no approved plan '%.63s'", name);
	snprintf(text, sizeof(text), plan_head, approved.version, approved.mode, approved.rows_least,
	         approved.unreadable_most, approved.table, approved.fields, approved.source_action);
	return hf_plan_read("flights.yaml", text, strlen(text), ret_plan, f);
}

static inline enum hf_err plan_version(void *ctx, const char *name, uint32_t version, struct hf_plan **ret_plan,
                                       struct hf_fault *f)
{
	unsigned now = approved.version;
	approved.version = version;
	enum hf_err e = plan_at_roads(ctx, name, ret_plan, f);
	approved.version = now;
	return e;
}

/* What people said belongs to it is masked otherwise elsewhere. */
static bool unlike;

static inline enum hf_err related(void *ctx, const struct hf_plan *p, const char *source, const char *table,
                                  struct hf_fault *f)
{
	(void)ctx;
	assert_string_equal(source, "flights");
	assert_non_null(hf_plan_table_named(p, table));
	return unlike ? hf_fault_set(f, HF_E_CONFLICT, "flights.tail refers to fleet.tail") : HF_OK;
}

/* The node has just started; how often it said so. */
static bool just_started;
static unsigned said_to_wait;

static inline bool plans_wait(void *ctx)
{
	(void)ctx;
	said_to_wait += just_started;
	return just_started;
}

static struct hf_mask_keys *mask_keys;

static inline void mask_up(struct pair *p)
{
	struct hf_fault f = {HF_OK, ""};
	if (!p->roads->keys.mask_root) {
		p->roads->keys.mask_root = hf_secret_alloc(32);
		memset(p->roads->keys.mask_root, 9, 32);
	}
	assert_int_equal(hf_mask_keys_open(&p->roads->base, p->roads->store, &p->roads->keys, &mask_keys, &f), HF_OK);
	const struct hf_exchange_masking m = {mask_keys, plan_at_roads, plan_version, related,
	                                      NULL,      NULL,          plans_wait,   NULL};
	hf_exchange_set_masking(p->roads->exchange, &m);
}

static inline void restart_roads(struct pair *p)
{
	hf_mask_keys_close(mask_keys);
	pair_restart(p->roads);
	mask_up(p);
	people_back(p->roads);
}

/* An entry that demands the plan, and a grant of it. */
static inline struct pair *masked_pair(void **state, size_t bytes)
{
	struct pair *p = pair_of(state, bytes);
	static struct hf_id entry, application, grant;
	approve_usual();
	if (!mask_keys) {
		mask_up(p);
		entry = publish(p->roads, &(struct offer){.title = "masked", .intake = "hub", .duty = "mask:flights"});
		application = granted(&p->s, &entry);
		grant = grant_at(p->health, &application);
	}
	p->entry = entry;
	p->application = application;
	p->grant = grant;
	return p;
}

static inline char *read_output(const struct pair *p, const char *path)
{
	struct hf_buf b = HF_BUF_INIT;
	(void)p;
	hf_buf_init(&b, 64 * MIB);
	assert_int_equal(hf_file_read(path, 64 * MIB, &b), HF_OK);
	assert_true(hf_buf_add(&b, "", 1));
	return (char *)hf_buf_take(&b, &(size_t){0});
}

static inline struct hf_id deliver_masked(struct pair *p)
{
	struct hf_id id = begin(p);
	until(p, has_ended(p->health, &id));
	if (is_state(p->health, &id, "TERMINATED"))
		fail_msg("%s", view_of(p->health, &id).reason);
	wait_both(p, &id, "COMPLETED");
	return id;
}

/* It began, and ended so at both sides. */
static inline void wait_terminated(struct pair *p, const struct hf_id *id)
{
	until(p, has_ended(p->health, id));
	if (!transfer_stored(p->roads->exchange, id, true))
		fail_msg("it did not begin: %s", view_of(p->health, id).reason);
	wait_both(p, id, "TERMINATED");
}

static inline void expect_denied(struct pair *p, const char *part)
{
	struct hf_id id = begin(p);
	until(p, has_ended(p->health, &id));
	settle(p->w);
	assert_reason(p->health, &id, HF_E_MASKING, part);
	assert_false(is_there(p->output));
	assert_int_equal(p->roads->exchange->masked_open, 0);
}

static inline int masked_down(void **state)
{
	struct pair *p = *state;
	hf_mask_keys_close(mask_keys);
	uint8_t *root = p->roads->keys.mask_root;
	int r = pair_down(state);
	hf_secret_free(root);
	return r;
}

#endif
