/* schema_test.c - older stores are migrated step by step, newer and damaged ones refused. */
#include "fixture.h"

#include "crypto/crypto.h"
#include "proto/codec.h"
#include "state_catalog.pb-c.h"

/* Schema 1 keeps a greeting in lower case, 2 puts an exclamation mark behind it, 3 stores it in another table. */
static enum hf_err add_mark(struct hf_txn *txn)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf text = HF_BUF_INIT;
	struct hf_bytes old;

	HF_TRY(hf_txn_get(txn, HF_TABLE_NOTICE, "greeting", 8, &old));
	hf_buf_add(&text, old.data, old.len);
	hf_buf_add(&text, "!", 1);
	return hf_txn_put(txn, HF_TABLE_NOTICE, "greeting", 8, text.data, text.len);
}

static enum hf_err move_row(struct hf_txn *txn)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf text = HF_BUF_INIT;
	struct hf_bytes old;

	HF_TRY(hf_txn_get(txn, HF_TABLE_NOTICE, "greeting", 8, &old));
	hf_buf_add(&text, old.data, old.len);
	HF_TRY(hf_txn_del(txn, HF_TABLE_NOTICE, "greeting", 8));
	return hf_txn_put(txn, HF_TABLE_ALARM, "greeting", 8, text.data, text.len);
}

static enum hf_err write_then_fail(struct hf_txn *txn)
{
	HF_TRY(hf_txn_del(txn, HF_TABLE_NOTICE, "greeting", 8));
	return HF_E_QUALITY;
}

static enum hf_err write_much(struct hf_txn *txn)
{
	static uint8_t value[1000000];
	uint8_t key[4];

	for (uint32_t i = 0; i < 5; i++) {
		hf_put_u32(key, i);
		HF_TRY(hf_txn_put(txn, HF_TABLE_CATALOG, key, 4, value, sizeof(value)));
	}
	return HF_OK;
}

static const struct hf_migration steps[] = {{2, move_row}, {1, add_mark}};
static const struct hf_migration broken_steps[] = {{1, add_mark}, {2, write_then_fail}};
static const struct hf_migration large_steps[] = {{1, write_much}};

static void start_old(struct fixture *f)
{
	fixture_prepare(f);
	f->options.schema = (struct hf_schema){1, NULL, 0};
	f->options.env.map_bytes = (size_t)1 << 20;
	fixture_open_loop(f);
	fixture_open_store(f);
	commit_text(f, "greeting", "hello");
	hf_store_close(f->store);
	f->store = NULL;
}

static void end_closed(struct fixture *f)
{
	fixture_close_loop(f);
	fixture_remove(f);
}

static enum hf_err try_open(struct fixture *f, struct hf_fault *fault)
{
	*fault = (struct hf_fault){HF_OK, ""};
	return hf_store_open_with(&f->base, &f->options, &f->store, fault);
}

static void an_older_store_is_migrated_through_every_step_once(void **state)
{
	struct fixture f;
	struct hf_buf out = HF_BUF_INIT;

	(void)state;
	start_old(&f);
	f.options.schema = (struct hf_schema){3, steps, 2};
	fixture_open_store(&f);
	assert_int_equal(hf_store_schema_found(f.store), 1);
	assert_value(&f, "greeting", NULL);
	assert_int_equal(hf_store_get(f.store, HF_TABLE_ALARM, "greeting", 8, &out), HF_OK);
	assert_string_equal((char *)out.data, "hello!");
	fixture_reopen(&f);
	assert_int_equal(hf_store_schema_found(f.store), 3);
	assert_int_equal(hf_store_get(f.store, HF_TABLE_ALARM, "greeting", 8, &out), HF_OK);
	assert_string_equal((char *)out.data, "hello!");
	hf_buf_done(&out);
	fixture_stop(&f);
}

static void a_step_that_fails_leaves_the_store_at_the_step_before(void **state)
{
	struct fixture f;
	struct hf_fault fault;

	(void)state;
	start_old(&f);
	f.options.schema = (struct hf_schema){3, broken_steps, 2};
	assert_int_equal(try_open(&f, &fault), HF_E_QUALITY);
	assert_non_null(strstr(fault.text, "from schema 2 to 3 failed"));
	f.options.schema = (struct hf_schema){2, NULL, 0};
	assert_int_equal(try_open(&f, &fault), HF_OK);
	assert_int_equal(hf_store_schema_found(f.store), 2);
	assert_value(&f, "greeting", "hello!");
	fixture_stop(&f);
}

static void a_store_without_a_way_up_is_refused(void **state)
{
	struct fixture f;
	struct hf_fault fault;

	(void)state;
	start_old(&f);
	f.options.schema = (struct hf_schema){3, steps, 1};
	assert_int_equal(try_open(&f, &fault), HF_E_VERSION);
	assert_non_null(strstr(fault.text, "no way to 3"));
	assert_null(f.store);
	end_closed(&f);
}

static void a_newer_store_is_refused_and_left_as_it_is(void **state)
{
	struct fixture f;
	struct hf_fault fault;

	(void)state;
	start_old(&f);
	f.options.schema = (struct hf_schema){3, steps, 2};
	fixture_open_store(&f);
	hf_store_close(f.store);
	f.store = NULL;
	f.options.schema = (struct hf_schema){1, NULL, 0};
	assert_int_equal(try_open(&f, &fault), HF_E_VERSION);
	assert_non_null(strstr(fault.text, "has schema 3"));
	assert_non_null(strstr(fault.text, "run the newer program"));
	assert_null(f.store);
	f.options.schema = (struct hf_schema){3, NULL, 0};
	assert_int_equal(try_open(&f, &fault), HF_OK);
	fixture_stop(&f);
}

static void write_record(struct fixture *f, const void *record, size_t len)
{
	struct hf_unit *u = hf_unit_new();

	fixture_open_store(f);
	hf_unit_put(u, HF_TABLE_META, HF_SCHEMA_KEY, strlen(HF_SCHEMA_KEY), record, len);
	hf_store_submit(f->store, u, NULL, NULL);
	hf_store_close(f->store);
	f->store = NULL;
}

static void a_store_with_more_tables_or_a_damaged_record_is_refused(void **state)
{
	struct fixture f;
	struct hf_fault fault;
	uint8_t record[8];

	(void)state;
	start_old(&f);
	hf_put_u32(record, 1);
	hf_put_u32(record + 4, HF_TABLE_COUNT);
	write_record(&f, record, sizeof(record));
	assert_int_equal(try_open(&f, &fault), HF_E_VERSION);
	end_closed(&f);
	start_old(&f);
	write_record(&f, record, 7);
	assert_int_equal(try_open(&f, &fault), HF_E_FORMAT);
	assert_non_null(strstr(fault.text, "restore a backup"));
	end_closed(&f);
}

static void a_store_with_fewer_tables_gets_the_missing_ones(void **state)
{
	struct fixture f;
	struct hf_buf out = HF_BUF_INIT;
	uint8_t record[8];

	(void)state;
	start_old(&f);
	hf_put_u32(record, 1);
	hf_put_u32(record + 4, 5);
	write_record(&f, record, sizeof(record));
	fixture_open_store(&f);
	assert_value(&f, "greeting", "hello");
	assert_int_equal(hf_store_get(f.store, HF_TABLE_META, HF_SCHEMA_KEY, strlen(HF_SCHEMA_KEY), &out), HF_OK);
	assert_int_equal(hf_get_u32(out.data + 4), HF_TABLE_COUNT - 1);
	hf_buf_done(&out);
	fixture_stop(&f);
}

static void a_step_may_be_larger_than_the_map(void **state)
{
	struct fixture f;

	(void)state;
	start_old(&f);
	f.options.schema = (struct hf_schema){2, large_steps, 1};
	fixture_open_store(&f);
	assert_int_equal(hf_store_count(f.store, HF_TABLE_CATALOG), 5);
	fixture_stop(&f);
}

static void every_table_has_a_name_of_its_own(void **state)
{
	(void)state;
	for (int i = 1; i < HF_TABLE_COUNT; i++) {
		assert_non_null(hf_table_name((enum hf_table)i));
		for (int j = 1; j < i; j++)
			assert_string_not_equal(hf_table_name((enum hf_table)i), hf_table_name((enum hf_table)j));
	}
	assert_null(hf_table_name(HF_TABLE_INVALID));
	assert_null(hf_table_name(HF_TABLE_COUNT));
}

static void put_old_entry(struct hf_unit *u, uint8_t number, const char *publisher)
{
	Hufu__CatalogRow row = HUFU__CATALOG_ROW__INIT;
	uint8_t id[16] = {1, number}, term[2 + 16] = {'t'}, *bytes;
	size_t len;

	row.publisher = (char *)(uintptr_t)publisher;
	row.version = number;
	bytes = hf_encode(&row.base, &len);
	hf_unit_put(u, HF_TABLE_CATALOG, id, sizeof(id), bytes, len);
	memcpy(term + 2, id, sizeof(id));
	hf_unit_put(u, HF_TABLE_CATALOG_TERM, term, sizeof(term), NULL, 0);
	free(bytes);
}

static void assert_new_entry(struct fixture *f, uint8_t number, const char *publisher)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf value = HF_BUF_INIT;
	uint8_t key[100] = {'t', 0, 1, number};
	size_t len = 2 + 16 + strlen(publisher);
	Hufu__CatalogRow *row;

	memcpy(key + 2 + 16, publisher, strlen(publisher));
	assert_true(hf_store_has(f->store, HF_TABLE_CATALOG_TERM, key, len));
	assert_int_equal(hf_store_get(f->store, HF_TABLE_CATALOG, key + 2, len - 2, &value), HF_OK);
	row = HF_DECODE_OWN(catalog_row, value.data, value.len);
	assert_non_null(row);
	assert_int_equal(row->version, number);
	hf_decoded_free(row);
	assert_false(hf_store_has(f->store, HF_TABLE_CATALOG, key + 2, 16));
	assert_false(hf_store_has(f->store, HF_TABLE_CATALOG_TERM, key, 2 + 16));
}

/* Schema 1 had one catalog entry to an id; since 2 an id belongs to its publisher only. */
static void catalog_entries_are_found_by_id_and_publisher_after_the_step_to_schema_2(void **state)
{
	static const char *const publisher[] = {"roads", "hub", "a"};
	struct fixture f;
	struct hf_unit *u = hf_unit_new();
	uint8_t lost[2 + 16] = {'t', 0, 9};

	(void)state;
	start_old(&f);
	fixture_open_store(&f);
	for (uint8_t i = 0; i < 250; i++)
		put_old_entry(u, i, publisher[i % 3]);
	hf_unit_put(u, HF_TABLE_CATALOG_TERM, lost, sizeof(lost), NULL, 0); /* of no entry */
	hf_store_submit(f.store, u, NULL, NULL);
	hf_store_drain(f.store);
	hf_store_close(f.store);
	hf_store_options_default(&f.options);
	fixture_open_store(&f);
	assert_int_equal(hf_store_schema_found(f.store), 1);
	for (uint8_t i = 0; i < 250; i++)
		assert_new_entry(&f, i, publisher[i % 3]);
	assert_int_equal(hf_store_count(f.store, HF_TABLE_CATALOG), 250);
	assert_int_equal(hf_store_count(f.store, HF_TABLE_CATALOG_TERM), 250);
	fixture_reopen(&f);
	assert_int_equal(hf_store_schema_found(f.store), 2);
	assert_new_entry(&f, 7, publisher[7 % 3]);
	fixture_stop(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(an_older_store_is_migrated_through_every_step_once),
	        cmocka_unit_test(a_step_that_fails_leaves_the_store_at_the_step_before),
	        cmocka_unit_test(a_store_without_a_way_up_is_refused),
	        cmocka_unit_test(a_newer_store_is_refused_and_left_as_it_is),
	        cmocka_unit_test(a_store_with_more_tables_or_a_damaged_record_is_refused),
	        cmocka_unit_test(a_store_with_fewer_tables_gets_the_missing_ones),
	        cmocka_unit_test(a_step_may_be_larger_than_the_map),
	        cmocka_unit_test(every_table_has_a_name_of_its_own),
	        cmocka_unit_test(catalog_entries_are_found_by_id_and_publisher_after_the_step_to_schema_2),
	};

	return hf_crypto_init() ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
