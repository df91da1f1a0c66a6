/* csv_filter_test.c - rows by conditions: what each comparison means, against a plain model on random tables, and what
 * is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "base/mem.h"
#include "source/readers/csv_filter.h"

#define ROUNDS 3000

static uint64_t random_state;

static uint32_t rnd(uint32_t below)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (uint32_t)(random_state >> 33) % below;
}

/* HUFU_SEED repeats a run. */
static void seed(void)
{
	const char *text = getenv("HUFU_SEED");

	random_state = text ? strtoull(text, NULL, 0) : (uint64_t)time(NULL) * 2654435761u + 1;
	print_message("HUFU_SEED=%llu\n", (unsigned long long)random_state);
}

static const struct hf_csv_column columns[] = {
        {.name = "id", .type = HF_CSV_INTEGER},       {.name = "fee", .type = HF_CSV_NUMBER},
        {.name = "day", .type = HF_CSV_DATE},         {.name = "seen", .type = HF_CSV_DATETIME},
        {.name = "paid", .type = HF_CSV_BOOLEAN},     {.name = "region", .type = HF_CSV_STRING},
        {.name = "two words", .type = HF_CSV_STRING},
};
#define WIDTH (sizeof(columns) / sizeof(columns[0]))
static const char header[] = "id,fee,day,seen,paid,region,two words\n";

static struct hf_csv_filter *filter_of(const char *text, enum hf_err want, struct hf_fault *ret_fault)
{
	struct hf_csv_filter *f = hf_csv_filter_new();
	struct hf_fault fault = {HF_OK, ""};
	enum hf_err e = hf_csv_filter_add(f, text, &fault);

	if (e == HF_OK)
		e = hf_csv_filter_bind(f, columns, WIDTH, &fault);
	if (e != want)
		fail_msg("'%s': %d, wanted %d: %s", text, e, want, fault.text);
	if (ret_fault)
		*ret_fault = fault;
	return f;
}

/* The table through the filter with these columns, in pieces. */
static enum hf_csv_defect sieve(struct hf_csv_filter *take_f, const char *const *fields, size_t count,
                                struct hf_bytes table, struct hf_buf *out)
{
	struct hf_csv_project *p = hf_csv_project_new(fields, count);
	enum hf_csv_defect d = HF_CSV_GOOD;
	size_t piece = 1 + rnd(200);

	hf_csv_project_filter(p, take_f);
	for (size_t at = 0; at < table.len && d == HF_CSV_GOOD; at += piece)
		d = hf_csv_project_feed(p, table.data + at, table.len - at < piece ? table.len - at : piece, out);
	if (d == HF_CSV_GOOD)
		d = hf_csv_project_end(p, out);
	if (d == HF_CSV_GOOD) {
		size_t lines = 0;

		for (size_t i = 0; i < out->len; i++)
			lines += out->data[i] == '\n';
		assert_int_equal(hf_csv_project_rows(p) + 1, lines);
	}
	hf_csv_project_free(p);
	return d;
}

static enum hf_csv_defect ids_of(const char *text, const char *rows, char ret_ids[200])
{
	static const char *const id[] = {"id"};
	HF_CLEANUP(hf_buf_done) struct hf_buf table = HF_BUF_INIT, out = HF_BUF_INIT;
	enum hf_csv_defect d;

	hf_buf_addf(&table, "%s%s", header, rows);
	d = sieve(filter_of(text, HF_OK, NULL), id, 1, (struct hf_bytes){table.data, table.len}, &out);
	snprintf(ret_ids, 200, "%.*s", (int)out.len, (const char *)out.data);
	return d;
}

static const char rows[] = "1,10.50,2026-11-01,2026-11-01T08:00:00Z,true,N,a\n"
                           "2,-3,2026-11-02,2026-11-01T16:00:01+08:00,FALSE,S,b\n"
                           "3,1e1,,,,,\n"
                           "4,0.5,2027-01-01,2026-12-31 23:59:60.5Z,true,\"N,\"\"x\",\"\"\n"
                           "-5,100,2025-02-28,2025-02-28T00:00Z,True,\xE5\x8C\x97,\"c\"\n";

/* SB-60: what a condition means. */
static void each_comparison_means_what_it_says(void **state)
{
	static const struct {
		const char *text, *ids;
	} cases[] = {
	        {"id = 1", "1"},
	        {"id != 1", "2 3 4 -5"},
	        {"id <> 1 and id >= 0", "2 3 4"},
	        {"id < 1", "-5"},
	        {"id <= 1.0", "1 -5"},
	        {"id > 3.999", "4"},
	        {"id IN (1, 4, 77)", "1 4"},
	        {"fee = 10", "3"},
	        {"fee >= 10", "1 3 -5"},
	        {"fee = 0.0105e3", "1"},
	        {"fee < 0", "2"},
	        {"fee < 0.51 AND fee > -0", "4"},
	        {"day = '2026-11-02'", "2"},
	        {"day >= '2026-11-02'", "2 4"},
	        {"seen = '2026-11-01T08:00Z'", "1"},
	        {"seen < '2026-11-01T08:00:01.000000001Z' and seen > '2026-11-01T16:00:00+08:00'", "2"},
	        {"seen > '2027-01-01T00:00:00Z'", "4"},
	        {"paid = true", "1 4 -5"},
	        {"paid != TRUE", "2"},
	        {"region = 'N'", "1"},
	        {"region = 'N,\"x'", "4"},
	        {"region in ('S', '\xE5\x8C\x97')", "2 -5"},
	        {"region > 'N'", "2 4 -5"},
	        {"region != 'N'", "2 4 -5"},
	        {"region is null", "3"},
	        {"region IS NOT NULL AND \"two words\" = ''", "4"},
	        {"\"two words\" = 'c'", "-5"},
	        {"day is null and fee = 10.0", "3"},
	        {"  id=1  ", "1"},
	        {"region = 'it''s'", ""},
	};
	char got[200], want[200];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(ids_of(cases[i].text, rows, got), HF_CSV_GOOD);
		snprintf(want, sizeof(want), "id %s", cases[i].ids);
		for (char *c = got; *c; c++)
			if (*c == '\n')
				*c = c[1] ? ' ' : '\0';
		if (cases[i].ids[0] == '\0')
			want[2] = '\0';
		if (strcmp(got, want) != 0)
			fail_msg("%s: '%s', wanted '%s'", cases[i].text, got, want);
	}
}

/* Fail closed: what cannot be compared is no row that is left out, and none that is given. */
static void a_cell_that_is_not_of_its_type_ends_it(void **state)
{
	static const struct {
		const char *text, *row;
	} cases[] = {
	        {"id != 1", "x,1,,,,,\n"},
	        {"id != 1", "\"\",1,,,,,\n"},
	        {"fee < 5", "1,\"five\",,,,,\n"},
	        {"day != '2026-11-01'", "1,1,2026-02-30,,,,\n"},
	        {"seen != '2026-11-01T00:00Z'", "1,1,,2026-11-01T00:00,,,\n"}, /* of no zone */
	        {"paid != true", "1,1,,,yes,,\n"},
	        {"region != 'N'", "1,1,,,,\xB1\xB1,\n"}, /* GB 2312 */
	        {"region != 'N'", "1,1,,,,\"\xB1\xB1\",\n"},
	};
	char got[200];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(ids_of(cases[i].text, cases[i].row, got), HF_CSV_TYPE);
}

static void what_is_no_condition_is_refused_with_the_reason(void **state)
{
	static const struct {
		const char *text;
		enum hf_err error;
		const char *says;
	} cases[] = {
	        {"", HF_E_ARGUMENT, "no name of a field"},
	        {"id", HF_E_ARGUMENT, "no comparison"},
	        {"id =", HF_E_ARGUMENT, "no value"},
	        {"id = 1 OR id = 2", HF_E_ARGUMENT, "more than conditions joined by AND"},
	        {"id = 1; drop table x", HF_E_ARGUMENT, "more than conditions"},
	        {"id = 1 AND", HF_E_ARGUMENT, "no name of a field"},
	        {"id = 01", HF_E_ARGUMENT, "no value"},
	        {"id = 'a", HF_E_ARGUMENT, "a quote is not closed"},
	        {"\"id = 1", HF_E_ARGUMENT, "a quote is not closed"},
	        {"id in 1", HF_E_ARGUMENT, "no list of values"},
	        {"id in ()", HF_E_ARGUMENT, "no value"},
	        {"id in (1, 2", HF_E_ARGUMENT, "is not closed"},
	        {"id is 3", HF_E_ARGUMENT, "no NULL behind IS"},
	        {"id is not", HF_E_ARGUMENT, "no NULL behind IS"},
	        {"id like 'x'", HF_E_ARGUMENT, "no comparison"},
	        {"null = 1", HF_E_ARGUMENT, "no name of a field"},
	        {"id = 1\nand id = 1", HF_E_ARGUMENT, "one line"},
	        {"\xFF = 1", HF_E_ARGUMENT, "one line"},
	        {"other = 1", HF_E_WRONG_FIELDS, "'other', which is not there"},
	        {"id = '1'", HF_E_ARGUMENT, "write a number"},
	        {"region = 1", HF_E_ARGUMENT, "write a text in single quotes"},
	        {"day = '2026-02-30'", HF_E_ARGUMENT, "write a date"},
	        {"seen = 'noon'", HF_E_ARGUMENT, "write a time"},
	        {"paid = 1", HF_E_ARGUMENT, "write true or false"},
	        {"paid < true", HF_E_ARGUMENT, "write = or !="},
	};
	struct hf_fault f;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		hf_csv_filter_free(filter_of(cases[i].text, cases[i].error, &f));
		if (!strstr(f.text, cases[i].says))
			fail_msg("'%s': %s", cases[i].text, f.text);
	}
}

static void too_much_of_it_is_refused(void **state)
{
	char text[HF_CSV_FILTER_TEXT + 200];
	struct hf_csv_filter *f = hf_csv_filter_new();
	struct hf_fault fault = {HF_OK, ""};

	(void)state;
	for (unsigned i = 0; i < HF_CSV_FILTER_TERMS; i++)
		assert_int_equal(hf_csv_filter_add(f, "id = 1", &fault), HF_OK);
	assert_int_equal(hf_csv_filter_add(f, "id = 1", &fault), HF_E_LIMIT);
	hf_csv_filter_free(f);
	memset(text, 'a', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	hf_csv_filter_free(filter_of(text, HF_E_ARGUMENT, NULL));
	HF_CLEANUP(hf_buf_done) struct hf_buf list = HF_BUF_INIT;
	hf_buf_addf(&list, "id in (1");
	for (unsigned i = 0; i < 128; i++)
		hf_buf_addf(&list, ",1");
	hf_buf_addf(&list, ")");
	hf_csv_filter_free(filter_of((const char *)list.data, HF_E_ARGUMENT, NULL));
}

/* ---- the model ---- */

struct cell {
	bool null;
	int n; /* number in halves, day of the month, truth, letter */
};

static void write_cell(struct hf_buf *out, size_t column, const struct cell *c)
{
	static const char *const letters[] = {"a", "b,", "\"c", "\xE6\x9C\xBA", "d e"};

	if (c->null)
		return;
	const char *quote = rnd(3) ? "" : "\"";
	switch (columns[column].type) {
	case HF_CSV_INTEGER:
		hf_buf_addf(out, "%s%d%s", quote, c->n, quote);
		break;
	case HF_CSV_NUMBER:
		hf_buf_addf(out, rnd(2) ? "%s%.2f%s" : "%s%.1fe0%s", quote, c->n / 2.0, quote);
		break;
	case HF_CSV_DATE:
		hf_buf_addf(out, "2026-11-%02d", c->n + 11);
		break;
	case HF_CSV_DATETIME: /* the same moment in two zones */
		if (rnd(2))
			hf_buf_addf(out, "2026-11-%02dT20:00:00Z", c->n + 11);
		else
			hf_buf_addf(out, "2026-11-%02d 04:00+08:00", c->n + 12);
		break;
	case HF_CSV_BOOLEAN:
		hf_buf_addf(out, "%s", c->n & 1 ? "true" : "false");
		break;
	case HF_CSV_UNSEEN:
	case HF_CSV_STRING:
		hf_buf_addf(out, "\"");
		for (const char *l = letters[(unsigned)c->n % 5]; *l; l++)
			hf_buf_addf(out, *l == '"' ? "\"\"" : "%c", *l);
		hf_buf_addf(out, "\"");
		break;
	}
}

static int letter_rank(int n)
{
	static const int ranks[] = {1, 2, 0, 4, 3}; /* of "a", "b,", "\"c", "\u673a", "d e" in bytes */

	return ranks[(unsigned)n % 5];
}

static int order_of(size_t column, int a, int b)
{
	if (columns[column].type == HF_CSV_STRING)
		return letter_rank(a) - letter_rank(b);
	if (columns[column].type == HF_CSV_BOOLEAN)
		return (a & 1) - (b & 1);
	return a - b;
}

static int random_n(size_t column)
{
	switch (columns[column].type) {
	case HF_CSV_INTEGER:
	case HF_CSV_NUMBER:
		return (int)rnd(9) - 4;
	case HF_CSV_BOOLEAN:
		return (int)rnd(2);
	case HF_CSV_DATE:
	case HF_CSV_DATETIME:
	case HF_CSV_UNSEEN:
	case HF_CSV_STRING:
		break;
	}
	return (int)rnd(5);
}

struct condition {
	size_t column;
	unsigned is; /* index of signs; then in, is null, is not null */
	int n, more;
};
static const char *const signs[] = {"=", "!=", "<", "<=", ">", ">="};

static void write_literal(struct hf_buf *out, size_t column, int n)
{
	static const char *const letters[] = {"'a'", "'b,'", "'\"c'", "'\xE6\x9C\xBA'", "'d e'"};

	switch (columns[column].type) {
	case HF_CSV_INTEGER:
		hf_buf_addf(out, rnd(2) ? "%d" : "%d.0", n);
		break;
	case HF_CSV_NUMBER:
		hf_buf_addf(out, "%.3f", n / 2.0);
		break;
	case HF_CSV_DATE:
		hf_buf_addf(out, "'2026-11-%02d'", n + 11);
		break;
	case HF_CSV_DATETIME:
		hf_buf_addf(out, "'2026-11-%02dT21:30:00.0+01:30'", n + 11);
		break;
	case HF_CSV_BOOLEAN:
		hf_buf_addf(out, n & 1 ? "true" : "false");
		break;
	case HF_CSV_UNSEEN:
	case HF_CSV_STRING:
		hf_buf_addf(out, "%s", letters[(unsigned)n % 5]);
		break;
	}
}

static struct condition random_condition(struct hf_buf *out)
{
	struct condition c = {.column = rnd(WIDTH), .is = rnd(9)};

	if (columns[c.column].type == HF_CSV_BOOLEAN && c.is >= 2 && c.is < 6)
		c.is = rnd(2);
	c.n = random_n(c.column);
	c.more = random_n(c.column);
	hf_buf_addf(out, "\"%s\" ", columns[c.column].name);
	if (c.is >= 7) {
		hf_buf_addf(out, c.is == 7 ? "is null" : "is not null");
	} else if (c.is == 6) {
		hf_buf_addf(out, "in (");
		write_literal(out, c.column, c.n);
		hf_buf_addf(out, " ,");
		write_literal(out, c.column, c.more);
		hf_buf_addf(out, ")");
	} else {
		hf_buf_addf(out, "%s ", signs[c.is]);
		write_literal(out, c.column, c.n);
	}
	return c;
}

static bool model_meets(const struct condition *c, const struct cell *cell)
{
	int d = order_of(c->column, cell->n, c->n);

	if (c->is >= 7)
		return cell->null == (c->is == 7);
	if (cell->null)
		return false;
	if (c->is == 6)
		return d == 0 || order_of(c->column, cell->n, c->more) == 0;
	return (bool[]){d == 0, d != 0, d<0, d <= 0, d> 0, d >= 0}[c->is];
}

/* SB-60: never a column that was not chosen, never another row, whatever the conditions and the table are. */
static void rows_and_columns_are_those_of_the_model(void **state)
{
	(void)state;
	for (unsigned round = 0; round < ROUNDS; round++) {
		HF_CLEANUP(hf_buf_done)
		struct hf_buf table = HF_BUF_INIT, want = HF_BUF_INIT, out = HF_BUF_INIT, text = HF_BUF_INIT;
		HF_CLEANUP(hf_buf_done) struct hf_buf again = HF_BUF_INIT, once = HF_BUF_INIT;
		const char *chosen[WIDTH];
		bool is_chosen[WIDTH];
		size_t count = 0, terms = 1 + rnd(3);
		struct condition c[3];

		for (size_t i = 0; i < WIDTH; i++) {
			is_chosen[i] = rnd(2) || (i == WIDTH - 1 && count == 0);
			if (is_chosen[i])
				chosen[count++] = columns[i].name;
		}
		for (size_t i = 0; i < terms; i++) {
			if (i > 0)
				hf_buf_addf(&text, " AND ");
			c[i] = random_condition(&text);
		}
		hf_buf_addf(&table, "%s", header);
		for (size_t i = 0; i < count; i++)
			hf_buf_addf(&want, "%s%s", i ? "," : "", chosen[i]);
		hf_buf_addf(&want, "\n");
		for (unsigned rows_left = rnd(30); rows_left > 0; rows_left--) {
			HF_CLEANUP(hf_buf_done) struct hf_buf part = HF_BUF_INIT;
			bool meets = true, first = true;

			for (size_t i = 0; i < WIDTH; i++) {
				struct cell cell = {i > 0 && rnd(6) == 0, random_n(i)};
				size_t from;

				hf_buf_addf(&table, "%s", i ? "," : "");
				from = table.len;
				write_cell(&table, i, &cell);
				for (size_t k = 0; k < terms; k++)
					meets = meets && (c[k].column != i || model_meets(&c[k], &cell));
				if (!is_chosen[i])
					continue;
				hf_buf_addf(&part, "%s", first ? "" : ",");
				hf_buf_add(&part, table.data + from, table.len - from);
				first = false;
			}
			hf_buf_addf(&table, "\n");
			hf_buf_addf(&part, "\n");
			if (meets)
				hf_buf_add(&want, part.data, part.len);
		}
		struct hf_csv_filter *f = filter_of((const char *)text.data, HF_OK, NULL);
		assert_true(hf_csv_filter_write(f, &once));
		hf_csv_filter_free(f);
		f = filter_of((const char *)once.data, HF_OK, NULL); /* what was written says the same */
		assert_true(hf_csv_filter_write(f, &again));
		assert_string_equal((const char *)once.data, (const char *)again.data);
		assert_int_equal(sieve(f, chosen, count, (struct hf_bytes){table.data, table.len}, &out), HF_CSV_GOOD);
		if (out.len != want.len || memcmp(out.data, want.data, out.len) != 0)
			fail_msg("%s\n%s\ngave %.*s\nwanted %s", (char *)text.data, (char *)table.data, (int)out.len,
			         (char *)out.data, (char *)want.data);
	}
}

/* Conditions of several texts all hold; a parameter is bound by one that says what it equals. */
static void texts_add_up(void **state)
{
	static const char *const id[] = {"id"};
	struct hf_csv_filter *f = filter_of("id > 1 AND region = 'N'", HF_OK, NULL);
	HF_CLEANUP(hf_buf_done) struct hf_buf table = HF_BUF_INIT, out = HF_BUF_INIT;
	struct hf_fault fault = {HF_OK, ""};

	(void)state;
	assert_int_equal(hf_csv_filter_add(f, "id < 3 AND fee is null", &fault), HF_OK);
	assert_int_equal(hf_csv_filter_bind(f, columns, WIDTH, &fault), HF_OK);
	assert_int_equal(hf_csv_filter_terms(f), 4);
	assert_string_equal(hf_csv_filter_field(f, 1), "region");
	assert_true(hf_csv_filter_fixes(f, "region"));
	assert_false(hf_csv_filter_fixes(f, "id"));
	assert_false(hf_csv_filter_fixes(f, "fee"));
	hf_buf_addf(&table, "%s1,,,,,N,\n2,,,,,N,\n2,1,,,,N,\n2,,,,,S,\n3,,,,,N,", header);
	assert_int_equal(sieve(f, id, 1, (struct hf_bytes){table.data, table.len}, &out), HF_CSV_GOOD);
	assert_int_equal(out.len, 5);
	assert_memory_equal(out.data, "id\n2\n", 5);
}

/* The header decides which columns are read, and a filter that was never bound reads none. */
static void a_column_that_is_not_in_the_table_gives_nothing(void **state)
{
	static const char *const id[] = {"id"};
	static const uint8_t other[] = "id,place\n1,N\n";
	HF_CLEANUP(hf_buf_done) struct hf_buf out = HF_BUF_INIT;
	struct hf_csv_filter *f = filter_of("region = 'N'", HF_OK, NULL);
	struct hf_fault fault = {HF_OK, ""};

	(void)state;
	assert_int_equal(sieve(f, id, 1, (struct hf_bytes){other, sizeof(other) - 1}, &out), HF_CSV_COLUMN);
	assert_int_equal(out.len, 0);
	f = hf_csv_filter_new();
	assert_int_equal(hf_csv_filter_add(f, "id = 1", &fault), HF_OK);
	assert_int_equal(sieve(f, id, 1, (struct hf_bytes){other, sizeof(other) - 1}, &out), HF_CSV_COLUMN);
	assert_int_equal(out.len, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(each_comparison_means_what_it_says),
	        cmocka_unit_test(a_cell_that_is_not_of_its_type_ends_it),
	        cmocka_unit_test(what_is_no_condition_is_refused_with_the_reason),
	        cmocka_unit_test(too_much_of_it_is_refused),
	        cmocka_unit_test(rows_and_columns_are_those_of_the_model),
	        cmocka_unit_test(texts_add_up),
	        cmocka_unit_test(a_column_that_is_not_in_the_table_gives_nothing),
	};

	seed();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
