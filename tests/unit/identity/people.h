/*
 * people.h - a node's identity over a real store, with a clock that the test turns, a sequencer that counts entries,
 * and short forms of the asynchronous calls. The counting sequencer remembers each entry's event, so that tests can say
 * what was recorded.
 */
#ifndef HUFU_TESTS_UNIT_IDENTITY_PEOPLE_H
#define HUFU_TESTS_UNIT_IDENTITY_PEOPLE_H

#include "crypto/crypto.h"
#include "identity/accounts.h"
#include "unit/store/fixture.h"

#define ENTRIES_MAX 512
#define GOOD_PASSWORD "Correct-Horse-7"
#define NEXT_PASSWORD "Battery-Staple-8"
#define DAY ((int64_t)24 * 60 * 60 * 1000)

struct people {
	struct fixture f;
	struct hf_node_keys keys;
	struct hf_identity *id;
	int64_t now_ms;
	uv_mutex_t mutex;
	size_t entries, batch; /* committed; and with the running batch */
	enum hf_event event[ENTRIES_MAX];
	char text[ENTRIES_MAX][160]; /* alarm kind, or reason */
	char actor[ENTRIES_MAX][140];
};

static inline int64_t people_now(void *ctx)
{
	return ((struct people *)ctx)->now_ms;
}

static inline void people_field(struct hf_draft *d, enum hf_field field, char *out, size_t cap)
{
	const void *data;
	size_t len;
	if (hf_draft_get(d, field, &data, &len))
		snprintf(out, cap, "%.*s", (int)len, (const char *)data);
}

static inline enum hf_err people_sequence(void *ctx, struct hf_txn *txn, struct hf_draft *const *drafts, size_t count,
                                          uint64_t *ret_index)
{
	struct people *p = ctx;
	(void)txn;
	uv_mutex_lock(&p->mutex);
	p->batch = p->entries;
	for (size_t i = 0; i < count; i++) {
		size_t at = p->batch++;
		assert_true(at < ENTRIES_MAX);
		ret_index[i] = at;
		p->event[at] = hf_draft_event(drafts[i]);
		p->text[at][0] = p->actor[at][0] = '\0';
		people_field(drafts[i], p->event[at] == HF_EVENT_ALARM ? HF_FIELD_ALARM : HF_FIELD_REASON, p->text[at],
		             sizeof(p->text[at]));
		people_field(drafts[i], HF_FIELD_ACTOR, p->actor[at], sizeof(p->actor[at]));
	}
	uv_mutex_unlock(&p->mutex);
	return HF_OK;
}

static inline void people_committed(void *ctx, bool ok)
{
	struct people *p = ctx;
	uv_mutex_lock(&p->mutex);
	if (ok)
		p->entries = p->batch;
	uv_mutex_unlock(&p->mutex);
}

/* What node.c does: an entry of its own. */
static inline void people_emit(void *ctx, struct hf_draft *take)
{
	struct people *p = ctx;
	struct hf_unit *u = hf_unit_new();
	hf_unit_draft(u, take);
	hf_store_submit(p->f.store, u, NULL, NULL);
}

static inline size_t people_count(struct people *p, enum hf_event event, const char *text)
{
	size_t n = 0;
	fixture_settle(&p->f);
	uv_mutex_lock(&p->mutex);
	for (size_t i = 0; i < p->entries; i++)
		n += p->event[i] == event && (!text || strcmp(p->text[i], text) == 0);
	uv_mutex_unlock(&p->mutex);
	return n;
}

static inline void people_start(struct people *p)
{
	struct hf_fault fault = {HF_OK, ""};
	char path[128];
	memset(p, 0, sizeof(*p));
	assert_true(hf_crypto_init());
	p->now_ms = 1795315259123;
	uv_mutex_init(&p->mutex);
	fixture_prepare(&p->f);
	fixture_open_loop(&p->f);
	p->f.base.clock = (struct hf_clock){people_now, people_now, p};
	p->f.base.audit = (struct hf_audit){people_emit, p};
	assert_true(hf_name_parse("roads", &p->f.base.self));
	fixture_open_store(&p->f);
	hf_store_set_sequencer(p->f.store, &(struct hf_sequencer){people_sequence, people_committed, p, NULL});
	snprintf(path, sizeof(path), "%s/keys", p->f.dir);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(hf_node_keys_create(p->f.dir, NULL, &p->keys, &fault), HF_OK);
	assert_int_equal(hf_identity_open(&p->f.base, p->f.store, &p->keys, "roads.example", &p->id, &fault), HF_OK);
}

static inline void people_stop(struct people *p)
{
	hf_identity_close(p->id);
	fixture_stop(&p->f);
	hf_node_keys_done(&p->keys);
	uv_mutex_destroy(&p->mutex);
}

/* The outcome of an asynchronous call; its unit is submitted when it went well. */
struct people_end {
	struct people *p;
	struct hf_unit *unit;
	bool done, committed;
	enum hf_err e;
	struct hf_fault fault;
};

static inline void people_commit(void *ctx, enum hf_err e, const struct hf_commit *info)
{
	struct people_end *end = ctx;
	(void)info;
	end->e = e;
	end->committed = true;
}

static inline void people_ended(void *ctx, enum hf_err e, const struct hf_fault *f)
{
	struct people_end *end = ctx;
	assert_false(end->done);
	end->done = true;
	end->e = e;
	end->fault = *f;
	if (e == HF_OK) {
		hf_store_submit(end->p->f.store, end->unit, people_commit, end);
	} else {
		hf_unit_free(end->unit);
		end->committed = true;
	}
	end->unit = NULL;
}

static inline struct people_end people_begin(struct people *p)
{
	return (struct people_end){.p = p, .unit = hf_unit_new()};
}

static inline enum hf_err people_wait(struct people_end *end)
{
	assert_false(end->done); /* never from inside the starting call */
	fixture_run_until(&end->p->f, &end->committed);
	return end->e;
}

/* Ends a synchronous change. */
static inline enum hf_err people_apply(struct people *p, struct hf_unit *unit, enum hf_err e)
{
	struct ending end = {0};
	if (e != HF_OK) {
		hf_unit_free(unit);
		return e;
	}
	hf_store_submit(p->f.store, unit, ending_done, &end);
	fixture_run_until(&p->f, &end.done);
	return end.e;
}

static inline void people_token(struct people *p, char out[65])
{
	char path[128];
	snprintf(path, sizeof(path), "%s/run/first-user.token", p->f.dir);
	FILE *in = fopen(path, "r");
	assert_non_null(in);
	assert_int_equal(fread(out, 1, 64, in), 64);
	out[64] = '\0';
	fclose(in);
}

struct people_login {
	bool done;
	enum hf_err e;
	struct hf_login_result r;
	struct hf_fault fault;
};

static inline void people_logged_in(void *ctx, enum hf_err e, const struct hf_login_result *r, const struct hf_fault *f)
{
	struct people_login *l = ctx;
	assert_false(l->done);
	l->done = true;
	l->e = e;
	l->r = *r;
	l->fault = *f;
}

static inline struct people_login people_login_with(struct people *p, const struct hf_login *in)
{
	struct people_login l = {0};
	hf_identity_login(p->id, in, people_logged_in, &l);
	assert_false(l.done);
	fixture_run_until(&p->f, &l.done);
	return l;
}

static inline struct people_login people_login(struct people *p, const char *account, const char *password)
{
	struct hf_login in = {account, password, "", "", "", "unix"};
	return people_login_with(p, &in);
}

static inline enum hf_err people_password(struct people *p, const char *token, const char *old, const char *password)
{
	struct people_end end = people_begin(p);
	struct hf_actor a;
	assert_int_equal(hf_identity_session(p->id, token, "unix", &a), HF_OK);
	hf_account_password(p->id, &a, end.unit, old, password, people_ended, &end);
	return people_wait(&end);
}

static inline void people_first(struct people *p, const char *name)
{
	struct people_end end = people_begin(p);
	struct hf_account_new in = {name, "第一管理员", "HR-0001", "", NULL, 0, GOOD_PASSWORD};
	char token[65];
	people_token(p, token);
	hf_account_first(p->id, end.unit, token, &in, people_ended, &end);
	assert_int_equal(people_wait(&end), HF_OK);
}

/* An account with one role that has set its own password NEXT_PASSWORD; token gets an open session. */
static inline void people_person(struct people *p, const char *name, const char *role, char token[65])
{
	struct people_end end = people_begin(p);
	struct hf_account_new in = {name, name, "HR-0002", "", &role, 1, GOOD_PASSWORD};
	hf_account_add(p->id, end.unit, &in, people_ended, &end);
	assert_int_equal(people_wait(&end), HF_OK);
	struct people_login l = people_login(p, name, GOOD_PASSWORD);
	assert_int_equal(l.e, HF_OK);
	assert_true(l.r.password_expired);
	assert_int_equal(people_password(p, l.r.token, GOOD_PASSWORD, NEXT_PASSWORD), HF_OK);
	memcpy(token, l.r.token, 65);
}

static inline struct hf_actor people_actor(struct people *p, const char *token)
{
	struct hf_actor a;
	assert_int_equal(hf_identity_session(p->id, token, "unix", &a), HF_OK);
	return a;
}

#endif
