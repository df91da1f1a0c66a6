/* recode_test.c - UTF-8 that is checked: wherever pieces cut it, it comes through; what is none is found. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "source/readers/recode.h"

/* Cut at a and b. */
static bool whole(const char *text, size_t len, size_t a, size_t b)
{
	struct hf_recode *r = hf_recode_new(HF_ENCODING_UTF8);
	struct hf_buf out = HF_BUF_INIT;
	bool good;

	hf_recode_check(r);
	good = hf_recode_feed(r, text, a, &out) && hf_recode_feed(r, text + a, b - a, &out) &&
	       hf_recode_feed(r, text + b, len - b, &out) && hf_recode_end(r);
	assert_true(!good || (out.len == len && memcmp(out.data, text, len) == 0));
	hf_recode_free(r);
	hf_buf_done(&out);
	return good;
}

static void test_pieces_do_not_matter(void **state)
{
	static const struct {
		const char *text;
		size_t len;
		bool good;
	} texts[] = {
	        {"aé中😀b, a line of ASCII that is longer than eight\n中", 58, true},
	        {"\0a", 2, true},
	        {"é中\xff, and then as much again as any character could need", 50, false},
	        {"é中\xff", 6, false},
	        {"é中\xe4\xb8", 7, false}, /* cut off */
	        {"\xed\xa0\x80 half of a pair", 15, false},
	        {"\xc0\x80 too long", 10, false},
	        {"\xf5\x80\x80\x80 beyond", 10, false},
	        {"a\x80z", 3, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		for (size_t b = 0; b <= texts[i].len; b++)
			for (size_t a = 0; a <= b; a++)
				assert_int_equal(whole(texts[i].text, texts[i].len, a, b), texts[i].good);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_pieces_do_not_matter)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
