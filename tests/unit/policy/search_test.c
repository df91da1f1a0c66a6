/*
 * search_test.c - which resources may X read, who may read R: complete, in pages that are bound to what they were
 * asked of.
 */
#include "unit/policy/kit.h"

#include "policy/search.h"

#define ENTITIES 500

static struct kit k;
static struct kit_request q;
static struct world {
	char ids[ENTITIES][24];
	struct hf_attr_value values[ENTITIES][2];
	size_t count;
	char found[ENTITIES][24];
	size_t found_count;
} w;

static int setup(void **state)
{
	(void)state;
	kit_open(&k);
	memset(&w, 0, sizeof(w));
	memset(&q, 0, sizeof(q));
	q.rq = (struct hf_policy_request){.values = q.values, .now_ms = KIT_NOW, .mechanisms = HF_MECHANISM_ALL};
	kit_give(&k, &q, "subject.organization", "bridges");
	w.count = ENTITIES;
	for (size_t i = 0; i < ENTITIES; i++) {
		snprintf(w.ids[i], sizeof(w.ids[i]), "res-%03zu", i);
		w.values[i][0] = (struct hf_attr_value){.attr = (uint16_t)kit_attr(&k, "resource.id"),
		                                        .issuer = (uint16_t)hf_schema_issuer(k.schema, "provider"),
		                                        .type = HF_ATTR_TEXT,
		                                        .len = (uint32_t)strlen(w.ids[i]),
		                                        .u.text = w.ids[i]};
		w.values[i][1] = w.values[i][0];
		w.values[i][1].attr = (uint16_t)kit_attr(&k, "resource.level");
		w.values[i][1].type = HF_ATTR_INTEGER;
		w.values[i][1].u.number = (int64_t)(i % 5);
	}
	struct kit_rule *r = kit_rule(&k, "low", HF_MECHANISM_ATTRIBUTE),
	                *one = kit_rule(&k, "one", HF_MECHANISM_APPLICATION);
	kit_when(&k, r, "subject.organization", HF_OP_UNDER, "transport");
	kit_when(&k, r, "resource.level", HF_OP_BETWEEN, NULL)->high = 1;
	kit_when(&k, one, "resource.id", HF_OP_EQUALS, "res-004");
	kit_load(&k, r, one, NULL);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	kit_close(&k);
	return 0;
}

static bool entity(void *ctx, size_t index, struct hf_policy_entity *ret_entity)
{
	(void)ctx;
	if (index >= w.count)
		return false;
	*ret_entity = (struct hf_policy_entity){w.ids[index], w.values[index], 2, 0};
	return true;
}

static void found(void *ctx, const struct hf_policy_entity *e, const struct hf_policy_decision *d)
{
	(void)ctx;
	assert_true(d->permit);
	memcpy(w.found[w.found_count++], e->id, sizeof(w.found[0]));
}

static enum hf_err page(struct hf_policy_search *s, struct hf_policy_page *ret_page)
{
	struct hf_fault f = {HF_OK, ""};
	s->question = &q.rq;
	s->entity = entity;
	return hf_policy_search(k.policy, s, found, ret_page, &f);
}

/* Every page size gives the same, which is what deciding each alone gives. */
static void test_pages_are_complete(void **state)
{
	(void)state;
	for (size_t limit = 1; limit <= 300; limit += 37) {
		struct hf_policy_search s = {.generation = 1, .limit = limit};
		struct hf_policy_page p = {.token = ""};
		size_t pages = 0;
		w.found_count = 0;
		do {
			char token[sizeof(p.token)];
			memcpy(token, p.token, sizeof(token));
			s.token = token;
			assert_int_equal(page(&s, &p), HF_OK);
			assert_true(p.count == limit || !p.token[0]);
			pages++;
		} while (p.token[0]);
		assert_int_equal(w.found_count, 201);
		assert_int_equal(pages, (201 + limit - 1) / limit);
		for (size_t i = 0, at = 0; i < ENTITIES; i++)
			if (i % 5 <= 1 || i == 4)
				assert_string_equal(w.found[at++], w.ids[i]);
	}
}

/* A token of another snapshot, question or generation is refused. */
static void test_tokens_are_bound(void **state)
{
	(void)state;
	struct hf_policy_search s = {.generation = 1, .limit = 10};
	struct hf_policy_page p;
	struct hf_policy *next;
	char token[HF_SEARCH_TOKEN_MAX + 1];
	assert_int_equal(page(&s, &p), HF_OK);
	memcpy(token, p.token, sizeof(token));
	s.token = token;
	assert_int_equal(page(&s, &p), HF_OK);
	s.generation = 2;
	assert_int_equal(page(&s, &p), HF_E_STALE);
	s.generation = 1;
	kit_give(&k, &q, "subject.organization", "rail");
	assert_int_equal(page(&s, &p), HF_E_STALE);
	kit_give(&k, &q, "subject.organization", "bridges");
	assert_int_equal(page(&s, &p), HF_OK);
	assert_int_equal(hf_policy_apply(k.policy, &(struct hf_policy_change){.remove = "one"}, 1, &next, NULL), HF_OK);
	hf_policy_free(k.policy);
	k.policy = next;
	assert_int_equal(page(&s, &p), HF_E_STALE);
	s.token = "nonsense";
	assert_int_equal(page(&s, &p), HF_E_ARGUMENT);
	s.token = NULL;
	s.limit = 0;
	assert_int_equal(page(&s, &p), HF_E_ARGUMENT);
	s.limit = HF_SEARCH_LIMIT_MAX + 1;
	assert_int_equal(page(&s, &p), HF_E_ARGUMENT);
}

static void test_nothing_to_find(void **state)
{
	(void)state;
	struct hf_policy_search s = {.limit = 10, .question = &q.rq, .entity = entity};
	struct hf_policy_page p;
	kit_give(&k, &q, "subject.organization", "clinics");
	assert_int_equal(page(&s, &p), HF_OK);
	assert_int_equal(p.count, 1); /* the one resource that is granted to all */
	assert_string_equal(p.token, "");
	assert_int_equal(hf_policy_search(NULL, &s, found, &p, NULL), HF_OK);
	assert_int_equal(p.count, 0);
	w.count = 0;
	assert_int_equal(page(&s, &p), HF_OK);
	assert_int_equal(p.count, 0);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {T(test_pages_are_complete), T(test_tokens_are_bound),
	                                   T(test_nothing_to_find)};
	return hf_crypto_init() ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
