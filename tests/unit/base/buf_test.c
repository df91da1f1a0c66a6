/* buf_test.c - the bounded buffer, whole files, text, and the arena. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/mem.h"

static void a_buffer_grows_up_to_its_cap_and_is_unchanged_beyond(void **state)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf b;
	size_t len;
	uint8_t *data;

	(void)state;
	hf_buf_init(&b, 1000);
	for (int i = 0; i < 10; i++)
		assert_true(hf_buf_addf(&b, "%099d ", i));
	assert_int_equal(b.len, 1000);
	assert_false(hf_buf_add(&b, "x", 1));
	assert_false(hf_buf_addf(&b, "%d", 1));
	assert_false(hf_buf_reserve(&b, SIZE_MAX));
	assert_int_equal(b.len, 1000);
	assert_int_equal(b.data[1000], '\0');
	data = hf_buf_take(&b, &len);
	assert_int_equal(len, 1000);
	assert_null(b.data);
	free(data);
	data = hf_buf_take(&b, &len);
	assert_non_null(data);
	assert_int_equal(len, 0);
	free(data);
}

static void a_buffer_reads_as_a_string_and_keeps_its_memory_when_cleared(void **state)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf b = HF_BUF_INIT;

	(void)state;
	assert_true(hf_buf_add(&b, "", 0));
	assert_string_equal((char *)b.data, "");
	assert_true(hf_buf_add(&b, "tiger", 5));
	assert_true(hf_buf_addf(&b, " %s", "tally"));
	assert_string_equal((char *)b.data, "tiger tally");
	hf_buf_clear(&b);
	assert_int_equal(b.len, 0);
	assert_string_equal((char *)b.data, "");
	assert_false(hf_buf_reserve(&b, HF_BUF_DEFAULT_MAX + 1));
}

static void integers_are_big_endian(void **state)
{
	uint8_t b[8];

	(void)state;
	hf_put_u64(b, UINT64_C(0x0102030405060708));
	assert_memory_equal(b, "\1\2\3\4\5\6\7\10", 8);
	assert_true(hf_get_u64(b) == UINT64_C(0x0102030405060708));
	hf_put_u32(b, 0xFFFEFDFC);
	assert_int_equal(b[0], 0xFF);
	assert_int_equal(hf_get_u32(b), 0xFFFEFDFC);
}

static void folder_of(char *path, size_t cap)
{
	snprintf(path, cap, "/tmp/hufu-base-XXXXXX");
	assert_non_null(mkdtemp(path));
}

static void files_are_read_bounded_and_written_whole(void **state)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf b = HF_BUF_INIT;
	char dir[64], path[128];
	struct stat st;

	(void)state;
	folder_of(dir, sizeof(dir));
	snprintf(path, sizeof(path), "%s/file", dir);
	assert_int_equal(hf_file_read(path, 100, &b), HF_E_UNKNOWN);
	assert_int_equal(hf_file_write(path, "first", 5, 0600), HF_OK);
	assert_int_equal(hf_file_write(path, "0123456789", 10, 0640), HF_OK);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0640);
	assert_int_equal(hf_file_read(path, 10, &b), HF_OK);
	assert_int_equal(b.len, 10);
	assert_memory_equal(b.data, "0123456789", 10);
	assert_int_equal(hf_file_read(path, 9, &b), HF_E_LIMIT);
	assert_int_equal(b.len, 0);
	assert_int_equal(hf_file_write(path, NULL, 0, 0600), HF_OK);
	assert_int_equal(hf_file_read(path, 0, &b), HF_OK);
	assert_int_equal(hf_file_read(dir, 10, &b), HF_E_IO);
	assert_int_equal(hf_file_write("/tmp/hufu-no-such-folder/x", "x", 1, 0600), HF_E_IO);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(dir), 0); /* no temporary file is left */
}

static bool ok(const char *text)
{
	return hf_text_ok(text, strlen(text), 100);
}

static void text_is_well_formed_and_without_control_characters(void **state)
{
	(void)state;
	assert_true(ok(""));
	assert_true(ok("\xE8\x99\x8E\xE7\xAC\xA6 tally\n\tline"));
	assert_true(ok("\xF0\x9F\x90\xAF"));
	assert_false(ok("bell\a"));
	assert_false(ok("return\r"));
	assert_false(ok("\x1b[31m"));
	assert_false(ok("\x7f"));
	assert_false(ok("\xC2\x9B"));         /* C1: a terminal command without ESC */
	assert_false(ok("\xC0\xAF"));         /* overlong */
	assert_false(ok("\xED\xA0\x80"));     /* surrogate */
	assert_false(ok("\xF4\x90\x80\x80")); /* over U+10FFFF */
	assert_false(ok("cut \xE8\x99"));
	assert_false(hf_text_ok("a\0b", 3, 100));
	assert_false(hf_text_ok("12345", 5, 4));
	assert_true(hf_text_ok("1234", 4, 4));
	assert_true(hf_text_ok(NULL, 0, 4));
	assert_false(hf_text_ok(NULL, 1, 4));
}

static void width_counts_terminal_columns(void **state)
{
	(void)state;
	assert_int_equal(hf_text_width(""), 0);
	assert_int_equal(hf_text_width("tally"), 5);
	assert_int_equal(hf_text_width("\xE8\x99\x8E\xE7\xAC\xA6"), 4);
	assert_int_equal(hf_text_width("\xEF\xBC\xA1"
	                               "A"),
	                 3);                             /* full-width A */
	assert_int_equal(hf_text_width("e\xCC\x81"), 1); /* combining acute */
	assert_int_equal(hf_text_width("\xC3\xA9"), 1);
	assert_int_equal(hf_text_width("\xF0\x9F\x90\xAF"), 2);
	assert_int_equal(hf_text_width("\xFF"
	                               "a"),
	                 2);
}

static void a_cut_never_splits_a_character(void **state)
{
	const char *text = "a\xE8\x99\x8E"
	                   "b\xC3\xA9\xF0\x9F\x90\xAF";
	const size_t expected[] = {0, 1, 1, 1, 4, 5, 5, 7, 7, 7, 7, 11};

	(void)state;
	for (size_t i = 0; i <= strlen(text); i++)
		assert_int_equal(hf_utf8_cut(text, i), expected[i]);
}

static void an_arena_gives_aligned_pieces_that_stay_where_they_are(void **state)
{
	uint64_t first[32];
	struct hf_arena a;
	uint8_t *pieces[500];

	(void)state;
	hf_arena_init(&a, first, sizeof(first));
	for (size_t i = 0; i < 500; i++) {
		pieces[i] = hf_arena_get(&a, i * 20);
		assert_int_equal((uintptr_t)pieces[i] % 8, 0);
		memset(pieces[i], (int)i, i * 20);
	}
	for (size_t i = 0; i < 500; i++)
		for (size_t j = 0; j < i * 20; j++)
			assert_int_equal(pieces[i][j], (uint8_t)i);
	assert_ptr_equal(pieces[0], first);
	hf_arena_done(&a);
}

static void a_folder_is_synced_by_its_name_or_by_that_of_a_file_in_it(void **state)
{
	char dir[] = "/tmp/hufu-folder-XXXXXX", path[64];

	(void)state;
	assert_non_null(mkdtemp(dir));
	assert_int_equal(hf_folder_sync(dir), HF_OK);
	snprintf(path, sizeof(path), "%s/not-there-yet", dir);
	assert_int_equal(hf_folder_sync_of(path), HF_OK);
	assert_int_equal(hf_file_write(path, "x", 1, 0600), HF_OK);
	assert_int_equal(hf_folder_sync(path), HF_E_IO);
	assert_int_equal(errno, ENOTDIR);
	unlink(path);
	rmdir(dir);
	assert_int_equal(hf_folder_sync_of(path), HF_E_IO);
	assert_int_equal(errno, ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_buffer_grows_up_to_its_cap_and_is_unchanged_beyond),
	        cmocka_unit_test(a_buffer_reads_as_a_string_and_keeps_its_memory_when_cleared),
	        cmocka_unit_test(integers_are_big_endian),
	        cmocka_unit_test(files_are_read_bounded_and_written_whole),
	        cmocka_unit_test(text_is_well_formed_and_without_control_characters),
	        cmocka_unit_test(width_counts_terminal_columns),
	        cmocka_unit_test(a_cut_never_splits_a_character),
	        cmocka_unit_test(an_arena_gives_aligned_pieces_that_stay_where_they_are),
	        cmocka_unit_test(a_folder_is_synced_by_its_name_or_by_that_of_a_file_in_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
