/*
 * keyed_test.c - pseudonyms, dictionaries, noise, shifts, rewriting: examples (MK-67, MK-68, MK-69), and each record on
 * a million values (MK-71).
 */
#include "trial.h"

static int code(char out[40], uint64_t draw, size_t row)
{
	(void)draw;
	return snprintf(out, 40, "D%08zu", row);
}

/* About 100,000 different ones. */
static int person(char out[40], uint64_t draw, size_t row)
{
	(void)row;
	return snprintf(out, 40, "person-%u", (unsigned)(draw % 100000));
}

static int money(char out[40], uint64_t draw, size_t row)
{
	(void)row;
	return snprintf(out, 40, "%u.%02u", 1000 + (unsigned)(draw % 9000), (unsigned)(draw >> 32) % 100);
}

static int moment(char out[40], uint64_t draw, size_t row)
{
	(void)row;
	return snprintf(out, 40, "%u-%02u-%02u 08:15", 1950 + (unsigned)(draw % 80), 1 + (unsigned)(draw >> 8) % 12,
	                1 + (unsigned)(draw >> 16) % 28);
}

static int plate(char out[40], uint64_t draw, size_t row)
{
	(void)row;
	return snprintf(out, 40, "粤B%05u 号", (unsigned)(draw % 100000));
}

/* The record on a million values; the caller ends it. */
static struct trial promises(const char *id, const struct trial_column *c, const struct trial_column *by,
                             const struct hf_arg *args, size_t count, const char *file)
{
	struct trial t = {.id = id, .type = "test", .arg_count = count, .file = file, .in = c->v, .count = c->count};

	t.by = by ? by->v : NULL;
	if (count)
		memcpy(t.args, args, count * sizeof(*args));
	trial_promises(&t);
	return t;
}

static void test_pseudonyms(void **state)
{
	static const struct hf_arg sixteen[] = {{"length", "16"}},
	                           digits[] = {{"alphabet", "digits"}, {"length", "64"}};
	struct trial_column codes = trial_column(MILLION, code), persons = trial_column(MILLION / 5, person);
	struct trial t = promises("hash", &codes, NULL, NULL, 0, NULL);

	(void)state;
	trial_reference(&t, true); /* 128 bits: a million values do not meet */
	assert_int_equal(t.out[0].len, 32);
	trial_end(&t);
	t = promises("hash", &persons, NULL, sixteen, 1, NULL);
	trial_end(&t);
	t = promises("denc", &codes, NULL, NULL, 0, NULL);
	trial_end(&t);
	assert_int_equal(strlen(trial_one("hash", digits, 2, NULL, "x", NULL)), 64);
	assert_int_equal(strspn(trial_one("hash", digits, 2, NULL, "x", NULL), "0123456789"), 64);
	assert_int_equal(strlen(trial_one("denc", NULL, 0, NULL, "", NULL)), 24); /* the empty value, too */
	trial_free(&codes);
	trial_free(&persons);
}

static void test_tokens_come_back_from_the_vault_only(void **state)
{
	static const struct hf_arg args[] = {{"vault", "v"}};
	struct trial_column codes = trial_column(MILLION / 4, code);
	struct hf_buf vault, empty = HF_BUF_INIT;
	struct trial t = {
	        .id = "token", .type = "test", .args = {args[0]}, .arg_count = 1, .in = codes.v, .count = codes.count};
	struct hf_bytes *masked;

	(void)state;
	hf_buf_init(&vault, (size_t)256 << 20);
	t.vault = &vault;
	trial_promises(&t);
	assert_int_equal(t.out[0].len, 20);
	assert_null(memmem(vault.data, vault.len, codes.v[7].data, codes.v[7].len)); /* nothing plain is in it */
	masked = t.out;
	t.vault = &empty;
	trial_run(&t, &trial_key, masked, true, 1000);
	assert_int_equal(t.unreadable, t.count);
	free(t.out);
	free(t.drop);
	hf_buf_clear(&vault); /* a line under another token does not open */
	hf_buf_addf(&vault, "%.20s,AAAA\n", (const char *)masked[0].data);
	t.vault = &vault;
	t.count = 1;
	trial_run(&t, &trial_key, masked, true, 1);
	assert_int_equal(t.unreadable, 1);
	free(masked);
	trial_end(&t);
	trial_free(&codes);
	hf_buf_done(&vault);
	hf_buf_done(&empty);
}

/* The same on every machine (MK-12): hash, noise, mult and datesh computed from the keyed function apart from this
 * code, the others as they came out first. */
static void test_results_are_the_same_everywhere(void **state)
{
	static const struct hf_arg scale[] = {{"scale", "10"}}, gauss[] = {{"scale", "2.5"}, {"kind", "gauss"}},
	                           ratio[] = {{"ratio", "0.1"}}, shift[] = {{"days", "30"}, {"by", "id"}};

	(void)state;
	assert_string_equal(trial_one("hash", NULL, 0, NULL, "13812345678", NULL), "d0b0aecf223b2b74a9f1a1c3c904ea8f");
	assert_string_equal(trial_one("denc", NULL, 0, NULL, "13812345678", NULL),
	                    "n4Qy8RNeHAm/IlWSoWjHkeIo90Rp48oF3BEQ/Q==");
	assert_string_equal(trial_one("noise", scale, 1, NULL, "100.00", NULL), "104.80");
	assert_string_equal(trial_one("noise", gauss, 2, NULL, "100.00", NULL), "97.59");
	assert_string_equal(trial_one("mult", ratio, 1, NULL, "100.00", NULL), "92.78");
	assert_string_equal(trial_one("datesh", shift, 2, NULL, "2026-11-30", "p1"), "2026-11-21");
	assert_string_equal(trial_one("regen", NULL, 0, NULL, "粤B12345-ab", NULL), "仟Z77445-em");
}

static void test_a_changed_pseudonym_does_not_open(void **state)
{
	const char *sealed = trial_one("denc", NULL, 0, NULL, "secret", NULL);
	char changed[100];
	struct hf_bytes v = {(const uint8_t *)changed, strlen(sealed)};
	struct trial t = {.id = "denc", .in = &v, .count = 1};

	(void)state;
	for (size_t i = 0; i < v.len; i++) {
		snprintf(changed, sizeof(changed), "%s", sealed);
		changed[i] = changed[i] == 'A' ? 'B' : 'A';
		hf_arena_init(&t.arena, NULL, 0);
		trial_run(&t, &trial_key, &v, true, 1);
		assert_null(t.out[0].data);
		assert_int_equal(t.unreadable, 1);
		trial_end(&t);
	}
}

static void test_dictionary_and_code_table(void **state)
{
	static const struct hf_arg words[] = {{"words", "f"}}, keep[] = {{"words", "f"}, {"keep-first", "1"}},
	                           table[] = {{"table", "f"}};
	struct trial_column persons = trial_column(MILLION, person);
	struct hf_buf text = HF_BUF_INIT;
	struct trial t;

	(void)state;
	for (unsigned i = 0; i < 5000; i++)
		hf_buf_addf(&text, "word%u\n", i);
	hf_buf_add(&text, "", 1);
	t = promises("dict", &persons, NULL, words, 1, (const char *)text.data);
	for (size_t i = 0; i < t.count; i++)
		assert_memory_equal(t.out[i].data, "word", 4);
	trial_end(&t);
	assert_memory_equal(trial_one("dict", keep, 2, "伟\n芳\n", "张三丰", NULL), "张", 3);
	assert_int_equal(strlen(trial_one("dict", keep, 2, "伟\n芳\n", "张", NULL)),
	                 3); /* not more than is kept: replaced */
	hf_buf_clear(&text);
	for (unsigned i = 0; i < 100000; i++)
		hf_buf_addf(&text, "person-%u,X%u\n", i, (i * 7 + 3) % 100000);
	hf_buf_add(&text, "", 1);
	t = promises("map", &persons, NULL, table, 1, (const char *)text.data);
	trial_end(&t);
	assert_string_equal(trial_one("map", table, 1, "a,b\n", "c", NULL), "(null)");
	hf_buf_done(&text);
	trial_free(&persons);
}

static double number(const struct hf_bytes *v)
{
	return strtod((const char *)v->data, NULL);
}

/* Mean and variance of the difference. */
static void check_noise(const struct trial *t, double mean, double variance)
{
	double sum = 0, squares = 0, n = (double)t->count;

	for (size_t i = 0; i < t->count; i++) {
		double d = number(&t->out[i]) - number(&t->in[i]);

		sum += d;
		squares += d * d;
	}
	if (sum / n > mean || sum / n < -mean || squares / n > variance * 1.02 || squares / n < variance * 0.98)
		fail_msg("%s: mean %f, variance %f", t->id, sum / n, squares / n);
}

static void test_noise(void **state)
{
	static const struct hf_arg laplace[] = {{"scale", "10"}}, gauss[] = {{"scale", "10"}, {"kind", "gauss"}},
	                           ratio[] = {{"ratio", "0.1"}},
	                           limits[] = {{"scale", "1000"}, {"low", "0"}, {"high", "50"}},
	                           subject[] = {{"scale", "10"}, {"by", "id"}};
	struct trial_column sums = trial_column(MILLION, money), few = trial_column(MILLION / 5, money),
	                    persons = trial_column(MILLION / 5, person);
	struct trial t = promises("noise", &sums, NULL, laplace, 1, NULL);

	(void)state;
	check_noise(&t, 0.1, 200); /* twice the scale squared */
	trial_end(&t);
	t = promises("noise", &sums, NULL, gauss, 2, NULL);
	check_noise(&t, 0.1, 100);
	trial_end(&t);
	t = promises("mult", &sums, NULL, ratio, 1, NULL);
	for (size_t i = 0; i < t.count; i++) {
		double share = number(&t.out[i]) / number(&t.in[i]);

		assert_true(share > 0.8999 && share < 1.1001);
	}
	trial_end(&t);
	t = promises("noise", &few, &persons, subject, 2, NULL);
	trial_end(&t);
	for (unsigned i = 0; i < 50; i++) {
		char text[20];

		snprintf(text, sizeof(text), "%u", i);
		assert_in_range(strtol(trial_one("noise", limits, 3, NULL, text, NULL), NULL, 10), 0, 50);
	}
	assert_string_equal(trial_one("mult", ratio, 1, NULL, "0", NULL), "0");
	trial_free(&sums);
	trial_free(&few);
	trial_free(&persons);
}

/* All times of a subject move alike, by at most so many days, and back with the key. */
static void test_date_shift(void **state)
{
	static const struct hf_arg args[] = {{"days", "30"}, {"by", "id"}};
	struct trial_column times = trial_column(MILLION, moment), persons = trial_column(MILLION, person);
	struct trial t = promises("datesh", &times, &persons, args, 2, NULL);

	(void)state;
	for (size_t i = 0; i < t.count; i++)
		assert_memory_equal(t.out[i].data + 10, " 08:15", 6);
	assert_true(trial_differ(t.in, t.out, t.count) > t.count * 9 / 10);
	trial_end(&t);
	assert_string_equal(trial_one("datesh", args, 2, NULL, "no date", "p1"), "(null)");
	trial_free(&times);
	trial_free(&persons);
}

static void test_rewritten_and_reordered(void **state)
{
	static const struct hf_arg pattern[] = {{"pattern", "3\n1\n2"}}, swap[] = {{"pattern", "5\n4\n3\n2\n1"}};
	struct trial_column plates = trial_column(MILLION, plate);
	struct trial t = promises("regen", &plates, NULL, NULL, 0, NULL);

	(void)state;
	for (size_t i = 0; i < t.count; i++) {
		const uint8_t *o = t.out[i].data;

		assert_true(o[0] >= 0xE4 && o[3] >= 'A' && o[3] <= 'Z' && o[9] == ' ');
		assert_int_equal(strspn((const char *)o + 4, "0123456789"), 5);
	}
	trial_end(&t);
	t = promises("reorder", &plates, NULL, pattern, 1, NULL);
	trial_end(&t);
	assert_string_equal(trial_one("reorder", swap, 1, NULL, "12345", NULL), "54321");
	assert_string_equal(trial_one("reorder", pattern, 1, NULL, "张三丰1", NULL), "丰张三1");
	trial_free(&plates);
}

static int note(char out[40], uint64_t draw, size_t row)
{
	(void)row;
	return snprintf(out, 40, draw % 4 ? "拨打13%09u即可%u" : "%u次%u", (unsigned)(draw >> 8) % 1000000000,
	                (unsigned)(draw >> 40) % 100);
}

static void test_values_within_texts(void **state)
{
	struct trial_column notes = trial_column(MILLION, note);
	struct trial t = promises("tag", &notes, NULL, NULL, 0, NULL);
	size_t tagged = 0;

	(void)state;
	for (size_t i = 0; i < t.count; i++) {
		bool has = memmem(t.out[i].data, t.out[i].len, "[cn.mobile]", 11) != NULL;

		assert_int_equal(has, notes.v[i].len > 2 && memcmp(notes.v[i].data, "拨打", 6) == 0);
		tagged += has;
	}
	assert_true(tagged > t.count / 2);
	trial_end(&t);
	trial_free(&notes);
}

static int address(char out[40], uint64_t draw, size_t row)
{
	(void)row;
	return snprintf(out, 40, "%u.%u.%u.%u", (unsigned)(draw % 4) + 10, (unsigned)(draw >> 8) % 16,
	                (unsigned)(draw >> 16) % 256, (unsigned)(draw >> 24) % 256);
}

static uint32_t number_of(const struct hf_bytes *v)
{
	unsigned a, b, c, d;

	assert_int_equal(sscanf((const char *)v->data, "%u.%u.%u.%u", &a, &b, &c, &d), 4);
	return a << 24 | b << 16 | c << 8 | d;
}

static unsigned shared_bits(uint32_t a, uint32_t b)
{
	return a == b ? 32 : (unsigned)__builtin_clz(a ^ b);
}

static int hundredths(char out[40], uint64_t draw, size_t row)
{
	(void)row;
	return snprintf(out, 40, "%u.%02u", (unsigned)(draw % 10000), (unsigned)(draw >> 32) % 100);
}

static int by_number(const void *a, const void *b)
{
	double x = number(((const struct trial_pair *)a)->in), y = number(((const struct trial_pair *)b)->in);

	return x < y ? -1 : x > y;
}

static void test_order_is_kept(void **state)
{
	static const struct hf_arg args[] = {
	        {"low", "0"}, {"high", "9999.99"}, {"decimals", "2"}, {"accept-order-leak", "yes"}};
	struct trial_column c = trial_column(MILLION / 5, hundredths);
	struct trial t = promises("ope", &c, NULL, args, 4, NULL);
	struct trial_pair *p = calloc(t.count, sizeof(*p));

	(void)state;
	for (size_t i = 0; i < t.count; i++)
		p[i] = (struct trial_pair){&t.in[i], &t.out[i]};
	qsort(p, t.count, sizeof(*p), by_number);
	for (size_t i = 1; i < t.count; i++)
		assert_true(number(p[i - 1].out) <= number(p[i].out));
	free(p);
	trial_end(&t);
	assert_string_equal(trial_one("ope", args, 4, NULL, "10000", NULL), "(null)");
	assert_string_equal(trial_one("ope", args, 4, NULL, "1.234", NULL), "(null)");
	trial_free(&c);
}

/* Two addresses share as many bits afterwards as before. */
static void test_networks_stay_networks(void **state)
{
	static const char *const six[] = {"2001:db8::1", "2001:db8::2", "2001:db8:1::1"};
	struct trial_column addresses = trial_column(MILLION / 5, address);
	struct trial t = promises("prefix", &addresses, NULL, NULL, 0, NULL);
	struct hf_bytes v[3];

	(void)state;
	for (size_t i = 1; i < t.count; i++)
		assert_int_equal(shared_bits(number_of(&t.in[i - 1]), number_of(&t.in[i])),
		                 shared_bits(number_of(&t.out[i - 1]), number_of(&t.out[i])));
	trial_end(&t);
	for (size_t i = 0; i < 3; i++)
		v[i] = (struct hf_bytes){(const uint8_t *)six[i], strlen(six[i])};
	t = (struct trial){.id = "prefix", .in = v, .count = 3};
	trial_promises(&t);
	assert_int_equal(strcspn((const char *)t.out[0].data, ":"), strcspn((const char *)t.out[1].data, ":"));
	trial_end(&t);
	assert_string_equal(trial_one("prefix", NULL, 0, NULL, "10.0.0.256", NULL), "(null)");
	trial_free(&addresses);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_pseudonyms),
	        cmocka_unit_test(test_tokens_come_back_from_the_vault_only),
	        cmocka_unit_test(test_results_are_the_same_everywhere),
	        cmocka_unit_test(test_a_changed_pseudonym_does_not_open),
	        cmocka_unit_test(test_dictionary_and_code_table),
	        cmocka_unit_test(test_noise),
	        cmocka_unit_test(test_date_shift),
	        cmocka_unit_test(test_rewritten_and_reordered),
	        cmocka_unit_test(test_values_within_texts),
	        cmocka_unit_test(test_networks_stay_networks),
	        cmocka_unit_test(test_order_is_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
