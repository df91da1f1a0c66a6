/* query_test.c - a source that is a query: over an SQLite file, and what its parameters ask of whoever uses it. */
#include "crypto/crypto.h"
#include "source/query.h"
#include "unit/source/forms.h"

static const char roads[] = "CREATE TABLE tolls (id INTEGER PRIMARY KEY, gate INTEGER, fee INTEGER); "
                            "CREATE TABLE gates (id INTEGER PRIMARY KEY, region TEXT, secret TEXT); "
                            "INSERT INTO gates VALUES (1, 'N', 'x'), (2, 'S', 'y'); "
                            "INSERT INTO tolls VALUES (1, 1, 10), (2, 2, 20), (3, 1, 30), (4, 2, 5); "
                            "CREATE VIEW v AS SELECT * FROM tolls";

static enum hf_err add(struct bench *b, const char *query, const char *parameters, struct hf_fault *f)
{
	static struct hf_source_view v;

	v = (struct hf_source_view){.kind = "sqlite", .name = "by-region", .enabled = true};
	snprintf(v.path, sizeof(v.path), "%s/roads.db", b->files);
	snprintf(v.query, sizeof(v.query), "%s", query);
	snprintf(v.parameters, sizeof(v.parameters), "%s", parameters);
	return bench_add(b, &v, f);
}

static const char joined[] = "SELECT t.id, t.fee, g.region FROM tolls t JOIN gates g ON g.id = t.gate WHERE t.fee > 5";

/* SB-60: a grant for one query: its result is the table, of which conditions on its columns choose rows. */
static void a_query_is_a_table_of_what_it_gives(void **state)
{
	const struct hf_source_choice north = {.rows = "region = 'N'"};
	struct hf_source_reader *r;
	struct hf_source_view v;
	struct hf_fault f;
	struct bench b;
	uint8_t out[200];
	size_t len;

	(void)state;
	bench_open(&b);
	bench_sql(&b, "roads.db", roads);
	assert_int_equal(add(&b, joined, "region", &f), HF_OK);
	assert_int_equal(hf_source_get(b.sources, "by-region", &v), HF_OK);
	assert_string_equal(v.query, joined);
	assert_string_equal(v.parameters, "region");
	assert_int_equal(v.rows, 3);
	assert_string_equal(v.fields[1].type, "integer");
	hf_source_view_done(&v);
	bench_assert_table(&b, "by-region", NULL, 0, "id,fee,region\n1,10,N\n2,20,S\n3,30,N\n");
	assert_int_equal(hf_source_choose(b.sources, "by-region", &north, &r, &f), HF_OK);
	assert_int_equal(hf_source_read(r, 0, out, sizeof(out), &len), HF_OK);
	assert_int_equal(len, strlen("id,fee,region\n1,10,N\n3,30,N\n"));
	assert_memory_equal(out, "id,fee,region\n1,10,N\n3,30,N\n", len);
	hf_source_reader_close(r);
	assert_int_equal(hf_source_test(b.sources, "by-region", &f), HF_OK);
	bench_close(&b);
}

static void what_is_no_query_to_read_with_is_refused(void **state)
{
	static const struct {
		const char *query, *parameters;
		enum hf_err error;
		const char *says;
	} cases[] = {
	        {"SELECT id FROM tolls; DELETE FROM tolls", "", HF_E_ARGUMENT, "without a semicolon"},
	        {"DELETE FROM tolls", "", HF_E_ARGUMENT, "refused"},
	        {"SELECT count(*) AS n FROM tolls", "", HF_E_ARGUMENT, "refused"},
	        {"SELECT load_extension('x') AS n", "", HF_E_ARGUMENT, "refused"},
	        {"SELECT * FROM v", "", HF_E_ARGUMENT, "refused"},
	        {"SELECT nothing FROM tolls", "", HF_E_ARGUMENT, "refused"},
	        {"SELECT id, id FROM tolls", "", HF_E_FORMAT, "fields' names"},
	        {"-- nothing", "", HF_E_ARGUMENT, "refused"},
	        {"SELECT id FROM tolls", "region", HF_E_WRONG_FIELDS, "'region' is no column"},
	        {"SELECT id FROM tolls", "id,,id", HF_E_ARGUMENT, "names of fields with commas"},
	        {"SELECT id FROM tolls", ",", HF_E_ARGUMENT, "names of fields with commas"},
	        {"", "id", HF_E_ARGUMENT, "is no query"},
	        {"", "", HF_E_ARGUMENT, "--query"},
	};
	struct hf_fault f;
	struct bench b;

	(void)state;
	bench_open(&b);
	bench_sql(&b, "roads.db", roads);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct hf_source_view v = {.field_count = 0};
		enum hf_err e;

		if (cases[i].error == HF_E_WRONG_FIELDS) {
			struct hf_source_field id = {.name = "id"};

			snprintf(v.name, sizeof(v.name), "by-region");
			snprintf(v.parameters, sizeof(v.parameters), "%s", cases[i].parameters);
			v.fields = &id;
			v.field_count = 1;
			e = hf_query_fits(&v, &f);
		} else {
			e = add(&b, cases[i].query, cases[i].parameters, &f);
		}
		if (e != cases[i].error || !strstr(f.text, cases[i].says))
			fail_msg("'%s': %d %s", cases[i].query, e, f.text);
	}
	bench_close(&b);
}

/* SB-60: whoever uses a query binds each parameter, by a value that the terms allow. */
static void each_parameter_is_bound(void **state)
{
	static const struct {
		const char *granted, *rows;
		enum hf_err error;
	} cases[] = {
	        {NULL, NULL, HF_E_OBLIGATION},
	        {NULL, "region = 'N' AND year = 2026", HF_E_OBLIGATION}, /* the terms name none */
	        {"region = 'N'", "region = 'N'", HF_E_OBLIGATION},       /* of the other none */
	        {"region = 'N' AND year > 2020", "region = 'N' AND year > 2020 AND year = 2026", HF_E_OBLIGATION},
	        {"region = 'N' AND year IN (2025, 2026)", "region = 'N' AND year IN (2025, 2026)", HF_E_OBLIGATION},
	        {"region = 'N' AND year IN (2025, 2026)", "region = 'N' AND year IN (2025, 2026) AND year = 2026",
	         HF_OK},
	        {"region = 'N' AND year = 2026", "region = 'N' AND year = 2026", HF_OK},
	};
	struct hf_source_view v = {.parameters = "region,year"}, none = {.parameters = ""};
	struct hf_fault f;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(hf_query_bound(&v, cases[i].granted, cases[i].rows, &f), cases[i].error);
	assert_int_equal(hf_query_bound(&none, NULL, NULL, &f), HF_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_query_is_a_table_of_what_it_gives),
	        cmocka_unit_test(what_is_no_query_to_read_with_is_refused),
	        cmocka_unit_test(each_parameter_is_bound),
	};

	return hf_crypto_init() ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
