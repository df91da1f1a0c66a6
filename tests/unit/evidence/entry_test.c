/* entry_test.c - do ledger entries hide what is private, bind what they hide, and open field by field? */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "crypto/domains.h"
#include "crypto/merkle.h"
#include "evidence/entry.h"
#include "proto/codec.h"

static const uint8_t label_key[32] = {1}, secret[32] = {2};
static const struct hf_id txn = {{0x01, 0x9a, 0, 0, 0, 0, 0x70, 0, 0x80, 0, 0, 0, 0, 0, 0, 5}};

static struct hf_entry_in entry_in(uint64_t index)
{
	struct hf_entry_in in = {"city.example/ledger/roads", index, 1790000012345, {{0}}, label_key, secret, NULL};
	if (index > 0)
		memset(in.prev.b, 7, 32);
	return in;
}

static struct hf_draft *decision_draft(void)
{
	struct hf_draft *d = hf_draft_new(HF_EVENT_DECISION, &txn);
	hf_draft_text(d, HF_FIELD_EVENT, "decision");
	hf_draft_text(d, HF_FIELD_RESULT, "T");
	hf_draft_text(d, HF_FIELD_ACTOR, "roads/li.wei");
	hf_draft_text(d, HF_FIELD_REASON, "");
	return d;
}

static Hufu__LedgerEntry *entry_of(struct hf_draft *d, uint64_t index, struct hf_buf *bytes)
{
	struct hf_entry_in in = entry_in(index);
	struct hf_hash leaf, expected;
	Hufu__LedgerEntry *e = NULL;
	assert_int_equal(hf_entry_encode(&in, d, bytes, &leaf), HF_OK);
	hf_merkle_leaf(bytes->data, bytes->len, &expected);
	assert_true(hf_hash_equal(&leaf, &expected));
	assert_int_equal(hf_entry_decode(bytes->data, bytes->len, &e), HF_OK);
	return e;
}

static Hufu__EntryOpening *opening_of(struct hf_draft *d, uint64_t index)
{
	struct hf_entry_in in = entry_in(index);
	struct hf_buf bytes = HF_BUF_INIT;
	assert_int_equal(hf_entry_open_draft(&in, d, &bytes), HF_OK);
	Hufu__EntryOpening *o = hf_decode_canonical(&hufu__entry_opening__descriptor, bytes.data, bytes.len);
	assert_non_null(o);
	hf_buf_done(&bytes);
	return o;
}

/* The commitment of ledger.md, section 1, written out byte by byte. */
static void test_field_commitment(void **state)
{
	(void)state;
	uint8_t salt[32], in[128];
	struct hf_hash got, expected;
	size_t at = 0;
	memset(salt, 9, sizeof(salt));
	memcpy(in, "hufu/commit/v1", 15);
	at += 15;
	memcpy(in + at, salt, 32);
	at += 32;
	memcpy(in + at, "\x00\x06result\x00\x00\x00\x01T", 13);
	at += 13;
	hf_sha256(in, at, &expected);
	hf_entry_commit_field(salt, HF_FIELD_RESULT, "T", 1, &got);
	assert_true(hf_hash_equal(&got, &expected));
}

static void test_root_binds_numbers_order_and_count(void **state)
{
	(void)state;
	struct hf_hash h[3] = {{{1}}, {{2}}, {{3}}}, a, b;
	const uint32_t fields[3] = {1, 5, 9}, others[3] = {1, 6, 9};
	hf_entry_commit_root(h, fields, 3, &a);
	hf_entry_commit_root(h, others, 3, &b);
	assert_false(hf_hash_equal(&a, &b));
	hf_entry_commit_root(h, fields, 2, &b);
	assert_false(hf_hash_equal(&a, &b));
	struct hf_hash swapped[3] = {h[1], h[0], h[2]};
	hf_entry_commit_root(swapped, fields, 3, &b);
	assert_false(hf_hash_equal(&a, &b));
}

static void test_entry_shows_nothing_private(void **state)
{
	(void)state;
	struct hf_draft *d = decision_draft();
	struct hf_buf bytes = HF_BUF_INIT;
	Hufu__LedgerEntry *e = entry_of(d, 4, &bytes);
	assert_int_equal(e->event_class, HF_EVENT_CLASS_DECISION);
	assert_int_equal(e->n_openings, 0);
	assert_int_equal(e->time_s, 1790000010); /* rounded down to 10 s */
	assert_null(memmem(bytes.data, bytes.len, "li.wei", 6));
	assert_null(memmem(bytes.data, bytes.len, txn.b, 16));
	hf_decoded_free(e);
	hf_buf_done(&bytes);
	hf_draft_free(d);
}

/* What was committed beforehand counts only for the values that the draft still has. */
static void test_preparing_changes_nothing(void **state)
{
	(void)state;
	struct hf_draft *d = decision_draft();
	struct hf_entry_in in = entry_in(4);
	struct hf_buf alone = HF_BUF_INIT, prepared = HF_BUF_INIT;
	struct hf_entry_prepared *p = hf_entry_prepare(d, secret);
	struct hf_hash a, b;
	for (unsigned round = 0; round < 3; round++) {
		hf_buf_clear(&alone);
		hf_buf_clear(&prepared);
		in.prepared = NULL;
		assert_int_equal(hf_entry_encode(&in, d, &alone, &a), HF_OK);
		in.prepared = p;
		assert_int_equal(hf_entry_encode(&in, d, &prepared, &b), HF_OK);
		assert_true(hf_hash_equal(&a, &b));
		assert_int_equal(alone.len, prepared.len);
		assert_memory_equal(alone.data, prepared.data, alone.len);
		hf_draft_int(d, HF_FIELD_ORDINAL, 7 + round); /* a new field, then the same one changed */
		hf_draft_text(d, HF_FIELD_RESULT, "F");
	}
	hf_entry_prepared_free(p);
	hf_buf_done(&alone);
	hf_buf_done(&prepared);
	hf_draft_free(d);
}

static void test_labels_differ(void **state)
{
	(void)state;
	struct hf_draft *d = decision_draft();
	struct hf_buf a = HF_BUF_INIT, b = HF_BUF_INIT;
	Hufu__LedgerEntry *x = entry_of(d, 4, &a), *y = entry_of(d, 5, &b);
	assert_memory_not_equal(x->label.data, y->label.data, 16);
	hf_decoded_free(x);
	hf_decoded_free(y);
	hf_buf_done(&a);
	hf_buf_done(&b);
	hf_draft_free(d);
}

static void test_opening(void **state)
{
	(void)state;
	struct hf_draft *d = decision_draft();
	struct hf_buf bytes = HF_BUF_INIT;
	Hufu__LedgerEntry *e = entry_of(d, 4, &bytes);
	Hufu__EntryOpening *o = opening_of(d, 4);
	struct hf_bytes value;
	assert_true(hf_entry_check_opening(e, o));
	assert_true(hf_opening_is(o, HF_FIELD_RESULT, "T"));
	assert_true(hf_opening_is(o, HF_FIELD_REASON, "")); /* shown, and empty */
	assert_false(hf_opening_is(o, HF_FIELD_RESULT, "F"));
	assert_false(hf_opening_get(o, HF_FIELD_DETAIL, &value));
	/* One field alone: the hashes of all, the salt and value of one. */
	Hufu__FieldOpening **all = o->fields, *actor = o->fields[1];
	size_t count = o->n_fields;
	o->fields = &actor;
	o->n_fields = 1;
	assert_true(hf_entry_check_opening(e, o));
	assert_true(hf_opening_is(o, HF_FIELD_ACTOR, "roads/li.wei"));
	assert_false(hf_opening_get(o, HF_FIELD_RESULT, &value));
	/* A field that is not in the entry, a value that is not its value, a salt that is not its salt. */
	actor->value.data[0] ^= 1;
	assert_false(hf_entry_check_opening(e, o));
	actor->value.data[0] ^= 1;
	actor->salt.data[0] ^= 1;
	assert_false(hf_entry_check_opening(e, o));
	actor->salt.data[0] ^= 1;
	actor->field = HF_FIELD_ADDRESS;
	assert_false(hf_entry_check_opening(e, o));
	actor->field = HF_FIELD_ACTOR;
	Hufu__FieldOpening *twice[2] = {actor, actor};
	o->fields = twice;
	o->n_fields = 2;
	assert_false(hf_entry_check_opening(e, o));
	o->fields = all;
	o->n_fields = count;
	/* Hidden fields cannot be left out, renumbered or exchanged. */
	o->hashes[3]->field = HF_FIELD_COUNT;
	assert_false(hf_entry_check_opening(e, o));
	o->hashes[3]->field = HF_FIELD_RESULT;
	o->n_hashes--;
	o->n_fields--;
	assert_false(hf_entry_check_opening(e, o));
	o->n_hashes++;
	o->n_fields++;
	o->index++;
	assert_false(hf_entry_check_opening(e, o)); /* of another entry */
	o->index--;
	assert_true(hf_entry_check_opening(e, o));
	hf_decoded_free(o);
	hf_decoded_free(e);
	hf_buf_done(&bytes);
	hf_draft_free(d);
}

static void test_public_entry_opens_itself(void **state)
{
	(void)state;
	struct hf_draft *d = hf_draft_new(HF_EVENT_GENESIS, NULL);
	struct hf_buf bytes = HF_BUF_INIT, changed = HF_BUF_INIT;
	hf_draft_text(d, HF_FIELD_EVENT, "genesis");
	hf_draft_text(d, HF_FIELD_OBJECT, "roads");
	Hufu__LedgerEntry *e = entry_of(d, 0, &bytes), *none = NULL;
	assert_int_equal(e->n_openings, 2);
	uint8_t *at = memmem(bytes.data, bytes.len, "roads", 5);
	at = memmem(at + 1, (size_t)(bytes.data + bytes.len - at - 1), "roads", 5); /* behind the origin */
	at[0] = 'R';
	assert_int_equal(hf_entry_decode(bytes.data, bytes.len, &none), HF_E_FORMAT);
	/* A private entry may not carry openings. */
	e->event_class = HF_EVENT_CLASS_SYSTEM;
	size_t len;
	uint8_t *again = hf_encode(&e->base, &len);
	assert_int_equal(hf_entry_decode(again, len, &none), HF_E_FORMAT);
	free(again);
	hf_decoded_free(e);
	hf_buf_done(&bytes);
	hf_buf_done(&changed);
	hf_draft_free(d);
}

static void test_forms_refused(void **state)
{
	(void)state;
	struct hf_draft *d = decision_draft();
	struct hf_buf bytes = HF_BUF_INIT;
	Hufu__LedgerEntry *none = NULL;
	Hufu__LedgerEntry *e = entry_of(d, 4, &bytes);
	for (unsigned i = 0; i < 4; i++) {
		Hufu__LedgerEntry bent = *e;
		uint8_t zero[32] = {0};
		if (i == 0)
			bent.time_s++;
		else if (i == 1)
			bent.index = 0; /* the first entry has no entry before it */
		else if (i == 2)
			bent.prev.data = zero;
		else
			bent.suite = HF_SUITE_GM_1;
		size_t len;
		uint8_t *again = hf_encode(&bent.base, &len);
		assert_int_equal(hf_entry_decode(again, len, &none), i == 3 ? HF_E_SUITE : HF_E_FORMAT);
		free(again);
	}
	for (size_t len = 0; len < bytes.len; len++)
		assert_int_equal(hf_entry_decode(bytes.data, len, &none), HF_E_FORMAT);
	hf_decoded_free(e);
	hf_buf_done(&bytes);
	hf_draft_free(d);
}

static void test_limits(void **state)
{
	(void)state;
	struct hf_draft *d = hf_draft_new(HF_EVENT_KEY_CHANGE, NULL);
	struct hf_entry_in in = entry_in(1);
	struct hf_buf bytes = HF_BUF_INIT;
	struct hf_hash leaf;
	assert_int_equal(hf_entry_encode(&in, d, &bytes, &leaf), HF_E_ARGUMENT); /* the event is not named */
	char *large = malloc(HF_DRAFT_VALUE_MAX);
	memset(large, 'x', HF_DRAFT_VALUE_MAX);
	hf_draft_text(d, HF_FIELD_EVENT, "key-change");
	for (enum hf_field f = HF_FIELD_OBJECT; f <= HF_FIELD_DIGEST; f++)
		hf_draft_bytes(d, f, large, HF_DRAFT_VALUE_MAX);
	assert_int_equal(hf_entry_encode(&in, d, &bytes, &leaf), HF_E_LIMIT);
	free(large);
	hf_buf_done(&bytes);
	hf_draft_free(d);
}

int main(void)
{
	if (!hf_crypto_init())
		return 1;
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_field_commitment),
	        cmocka_unit_test(test_root_binds_numbers_order_and_count),
	        cmocka_unit_test(test_entry_shows_nothing_private),
	        cmocka_unit_test(test_preparing_changes_nothing),
	        cmocka_unit_test(test_labels_differ),
	        cmocka_unit_test(test_opening),
	        cmocka_unit_test(test_public_entry_opens_itself),
	        cmocka_unit_test(test_forms_refused),
	        cmocka_unit_test(test_limits),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
