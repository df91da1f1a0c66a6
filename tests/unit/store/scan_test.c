/* scan_test.c - scans over committed and submitted rows, against a simple model, also through failing commits. */
#include "fixture.h"

#include "crypto/crypto.h"
#include "store/overlay.h"

#define KEYS 160
#define ROUNDS 1500
#define PENDING_MAX 4096

/* The model: all keys that exist, sorted, and the value of each in two states. 0: absent. */
struct effect {
	uint16_t key;
	uint32_t value; /* 0: deleted */
};

struct pending {
	struct effect effects[6];
	size_t count;
};

struct model {
	struct fixture f;
	struct gate gate;
	uint64_t random;
	struct hf_bytes keys[KEYS];
	uint8_t bytes[KEYS][8];
	uint32_t committed[KEYS], visible[KEYS], settled[KEYS];
	struct pending pending[PENDING_MAX];
	size_t first, last; /* pending[first..last) are submitted and not settled */
	unsigned failures;
};

static int by_key(const void *a, const void *b)
{
	const struct hf_bytes *x = a, *y = b;

	return hf_key_compare(x->data, x->len, y->data, y->len);
}

/* Short keys over few bytes, 0x00 and 0xff among them, so that prefixes are shared. */
static void make_keys(struct model *m)
{
	static const uint8_t alphabet[] = {0x00, 0x01, 'a', 0xfe, 0xff};
	size_t n = 0;

	while (n < KEYS) {
		size_t len = 1 + test_below(&m->random, 4);
		bool known = false;

		for (size_t i = 0; i < len; i++)
			m->bytes[n][i] = alphabet[test_below(&m->random, sizeof(alphabet))];
		m->keys[n] = (struct hf_bytes){m->bytes[n], len};
		for (size_t i = 0; i < n; i++)
			known = known || by_key(&m->keys[i], &m->keys[n]) == 0;
		n += !known;
	}
	qsort(m->keys, KEYS, sizeof(m->keys[0]), by_key);
}

static void on_end(void *ctx, enum hf_err e, const struct hf_commit *info)
{
	struct model *m = ctx;
	const struct pending *p = &m->pending[m->first++];

	(void)info;
	if (e != HF_OK) {
		m->failures++;
		return;
	}
	for (size_t i = 0; i < p->count; i++)
		m->committed[p->effects[i].key] = p->effects[i].value;
}

static void refresh_visible(struct model *m)
{
	memcpy(m->visible, m->committed, sizeof(m->visible));
	memcpy(m->settled, m->committed, sizeof(m->settled));
	for (size_t i = m->first; i < m->last; i++) {
		for (size_t j = 0; j < m->pending[i].count; j++) {
			m->visible[m->pending[i].effects[j].key] = m->pending[i].effects[j].value;
			m->settled[m->pending[i].effects[j].key] = 0;
		}
	}
	if (m->first == m->last)
		m->first = m->last = 0;
}

static void submit_random(struct model *m)
{
	struct hf_unit *u = hf_unit_new();
	struct pending *p = &m->pending[m->last++];
	struct hf_draft *d = hf_draft_new(HF_EVENT_COMMAND, NULL);

	p->count = 1 + test_below(&m->random, 6);
	for (size_t i = 0; i < p->count; i++) {
		uint16_t key = (uint16_t)test_below(&m->random, KEYS);
		uint32_t value = test_below(&m->random, 3) ? 1 + (uint32_t)test_below(&m->random, 1000000) : 0;

		p->effects[i] = (struct effect){key, value};
		if (value)
			hf_unit_put(u, HF_TABLE_CATALOG, m->keys[key].data, m->keys[key].len, &value, sizeof(value));
		else
			hf_unit_del(u, HF_TABLE_CATALOG, m->keys[key].data, m->keys[key].len);
	}
	hf_draft_text(d, HF_FIELD_OBJECT, "x");
	hf_unit_draft(u, d);
	hf_store_submit(m->f.store, u, on_end, m);
}

typedef enum hf_err (*scan_fn)(struct hf_store *s, enum hf_table t, const void *prefix, size_t prefix_len,
                               const void *bound, size_t bound_len, hf_store_row_fn fn, void *ctx);

struct expectation {
	struct model *m;
	const uint32_t *values;    /* visible or settled */
	size_t order[KEYS], count; /* what the model says */
	size_t seen, stop_after;
};

static bool check_row(void *ctx, struct hf_bytes key, struct hf_bytes value)
{
	struct expectation *x = ctx;
	size_t k;

	assert_true(x->seen < x->count);
	k = x->order[x->seen];
	assert_int_equal(by_key(&key, &x->m->keys[k]), 0);
	assert_int_equal(value.len, sizeof(uint32_t));
	assert_memory_equal(value.data, &x->values[k], sizeof(uint32_t));
	return ++x->seen < x->stop_after;
}

static bool starts_with(struct hf_bytes key, struct hf_bytes prefix)
{
	return key.len >= prefix.len && memcmp(key.data, prefix.data, prefix.len) == 0;
}

static void expect(struct expectation *x, struct hf_bytes prefix, struct hf_bytes bound, bool back)
{
	for (size_t i = 0; i < KEYS; i++) {
		size_t k = back ? KEYS - 1 - i : i;
		int c = bound.data ? by_key(&x->m->keys[k], &bound) : 0;
		bool inside = !bound.data || (back ? c < 0 : c >= 0);

		if (x->values[k] && inside && starts_with(x->m->keys[k], prefix))
			x->order[x->count++] = k;
	}
}

static void compare_scan(struct model *m)
{
	struct hf_bytes prefix = m->keys[test_below(&m->random, KEYS)], bound = m->keys[test_below(&m->random, KEYS)];
	static const scan_fn scans[] = {hf_store_scan, hf_store_scan_back, hf_store_scan_settled};
	size_t kind = test_below(&m->random, 3);
	struct expectation x = {.m = m, .values = kind == 2 ? m->settled : m->visible};
	enum hf_err e;

	prefix.len = test_below(&m->random, prefix.len + 1);
	if (test_below(&m->random, 2))
		bound = (struct hf_bytes){NULL, 0};
	x.stop_after = test_below(&m->random, 4) ? SIZE_MAX : 1 + test_below(&m->random, 5);
	expect(&x, prefix, bound, kind == 1);
	e = scans[kind](m->f.store, HF_TABLE_CATALOG, prefix.data, prefix.len, bound.data, bound.len, check_row, &x);
	assert_int_equal(e, HF_OK);
	assert_int_equal(x.seen, x.count < x.stop_after ? x.count : x.stop_after);
}

static void compare_get(struct model *m)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf out = HF_BUF_INIT;
	size_t k = test_below(&m->random, KEYS);
	enum hf_err e = hf_store_get(m->f.store, HF_TABLE_CATALOG, m->keys[k].data, m->keys[k].len, &out);

	assert_int_equal(e, m->visible[k] ? HF_OK : HF_E_UNKNOWN);
	if (e == HF_OK)
		assert_memory_equal(out.data, &m->visible[k], sizeof(uint32_t));
}

static void set_result(struct model *m, enum hf_err e)
{
	gate_release(&m->gate, e);
}

static void run_round(struct model *m)
{
	size_t units = test_below(&m->random, 8);

	set_result(m, test_below(&m->random, 20) ? HF_OK : HF_E_IO);
	for (size_t i = 0; i < units && m->last < PENDING_MAX; i++)
		submit_random(m);
	refresh_visible(m);
	for (int i = 0; i < 6; i++) {
		compare_scan(m);
		compare_get(m);
	}
	if (test_below(&m->random, 3) == 0)
		uv_run(&m->f.loop, UV_RUN_NOWAIT);
	if (test_below(&m->random, 40) == 0 || m->last > PENDING_MAX - 100)
		while (m->first != m->last && uv_run(&m->f.loop, UV_RUN_ONCE))
			;
	refresh_visible(m);
	compare_scan(m);
}

static void scans_agree_with_a_model_through_random_units_and_failures(void **state)
{
	struct model *m = calloc(1, sizeof(*m));

	(void)state;
	m->random = test_seed("scans");
	make_keys(m);
	fixture_start(&m->f);
	gate_install(&m->gate, &m->f);
	for (int i = 0; i < ROUNDS; i++)
		run_round(m);
	set_result(m, HF_OK);
	while (m->first != m->last)
		uv_run(&m->f.loop, UV_RUN_ONCE);
	refresh_visible(m);
	fixture_reopen(&m->f);
	for (int i = 0; i < 200; i++)
		compare_scan(m);
	assert_true(m->failures > 0);
	fixture_stop(&m->f);
	gate_remove(&m->gate);
	free(m);
}

static bool join(void *ctx, struct hf_bytes key, struct hf_bytes value)
{
	hf_buf_add(ctx, key.data, key.len);
	hf_buf_add(ctx, "=", 1);
	hf_buf_add(ctx, value.data, value.len);
	hf_buf_add(ctx, " ", 1);
	return true;
}

static void assert_scan(struct fixture *f, bool back, const char *prefix, const char *bound, const char *expected)
{
	struct hf_buf out = HF_BUF_INIT;
	enum hf_err e = (back ? hf_store_scan_back : hf_store_scan)(f->store, HF_TABLE_NOTICE, prefix,
	                                                            prefix ? strlen(prefix) : 0, bound,
	                                                            bound ? strlen(bound) : 0, join, &out);

	assert_int_equal(e, HF_OK);
	assert_int_equal(hf_buf_add(&out, "", 0), true);
	assert_string_equal((char *)out.data, expected);
	hf_buf_done(&out);
}

static void a_scan_merges_what_is_submitted_into_what_is_committed(void **state)
{
	struct fixture f;
	struct hf_unit *u;
	char lengthy[700];

	(void)state;
	fixture_start(&f);
	assert_scan(&f, false, NULL, NULL, "");
	assert_scan(&f, true, NULL, NULL, "");
	commit_text(&f, "a1", "old");
	commit_text(&f, "a3", "old");
	commit_text(&f, "b1", "old");
	u = hf_unit_new();
	unit_put_text(u, HF_TABLE_NOTICE, "a2", "new");
	unit_put_text(u, HF_TABLE_NOTICE, "a3", "new");
	unit_put_text(u, HF_TABLE_NOTICE, "c", "new");
	hf_unit_del(u, HF_TABLE_NOTICE, "b1", 2);
	hf_store_submit(f.store, u, NULL, NULL);
	for (int pass = 0; pass < 2; pass++) {
		assert_scan(&f, false, "a", NULL, "a1=old a2=new a3=new ");
		assert_scan(&f, true, "a", NULL, "a3=new a2=new a1=old ");
		assert_scan(&f, false, "a", "a2", "a2=new a3=new ");
		assert_scan(&f, true, "a", "a2", "a1=old ");
		assert_scan(&f, false, NULL, NULL, "a1=old a2=new a3=new c=new ");
		assert_scan(&f, true, NULL, NULL, "c=new a3=new a2=new a1=old ");
		assert_scan(&f, false, "a", "Z", "a1=old a2=new a3=new ");
		assert_scan(&f, false, "a", "b", "");
		assert_scan(&f, true, "a", "z", "a3=new a2=new a1=old ");
		assert_scan(&f, true, "a", "A", "");
		assert_scan(&f, true, NULL, "", "");
		assert_scan(&f, false, NULL, "", "a1=old a2=new a3=new c=new ");
		memset(lengthy, 'a', sizeof(lengthy) - 1);
		lengthy[sizeof(lengthy) - 1] = '\0';
		assert_scan(&f, false, lengthy, NULL, "");
		assert_scan(&f, false, NULL, lengthy, "c=new "); /* digits stand before letters */
		fixture_settle(&f);
	}
	fixture_stop(&f);
}

static bool read_more(void *ctx, struct hf_bytes key, struct hf_bytes value)
{
	struct fixture *f = ctx;
	struct hf_buf out = HF_BUF_INIT;

	assert_int_equal(hf_store_get(f->store, HF_TABLE_NOTICE, key.data, key.len, &out), HF_OK);
	assert_memory_equal(out.data, value.data, value.len);
	hf_buf_done(&out);
	assert_scan(f, false, "a", NULL, "a1=1 a2=2 ");
	assert_int_equal(hf_store_count(f->store, HF_TABLE_NOTICE), 1);
	return true;
}

static void a_row_function_may_read(void **state)
{
	struct fixture f;
	struct gate g;
	struct ending end = {0};

	(void)state;
	fixture_start(&f);
	gate_install(&g, &f);
	commit_text(&f, "a1", "1");
	gate_hold(&g, &f, "a2", "2", &end);
	assert_int_equal(hf_store_scan(f.store, HF_TABLE_NOTICE, NULL, 0, NULL, 0, read_more, &f), HF_OK);
	gate_release(&g, HF_OK);
	fixture_run_until(&f, &end.done);
	fixture_stop(&f);
	gate_remove(&g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(scans_agree_with_a_model_through_random_units_and_failures),
	        cmocka_unit_test(a_scan_merges_what_is_submitted_into_what_is_committed),
	        cmocka_unit_test(a_row_function_may_read),
	};

	return hf_crypto_init() ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
