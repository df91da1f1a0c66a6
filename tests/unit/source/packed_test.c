/* packed_test.c - sources packed with zstd: the same tables as unpacked; cut off, altered and overgrown ones end. */
#include <zstd.h>

#include "base/buf.h"
#include "crypto/crypto.h"
#include "unit/source/bench.h"

static void pack(const struct hf_buf *in, int level, struct hf_buf *out)
{
	size_t bound = ZSTD_compressBound(in->len), n;

	assert_true(hf_buf_reserve(out, bound));
	n = ZSTD_compress(out->data + out->len, bound, in->data, in->len, level);
	assert_false(ZSTD_isError(n));
	out->len += n;
}

static void table(struct hf_buf *b, unsigned rows)
{
	hf_buf_addf(b, "id,name,sum\n");
	for (unsigned i = 0; i < rows; i++)
		hf_buf_addf(b, "%u,\"row %u, of %u\",%u\n", i, i, rows, i * 2654435761u);
}

/* Two frames one behind the other are one file, as with `zstd` itself. */
static void packed_csv_is_the_same_table(void **state)
{
	static const char *const two[] = {"sum", "id"};
	struct hf_buf plain = HF_BUF_INIT, packed = HF_BUF_INIT, half;
	struct hf_source_view v, w;
	struct hf_hash digest;
	struct bench b;

	(void)state;
	bench_open(&b);
	table(&plain, 15000);
	half = (struct hf_buf){.data = plain.data, .len = plain.len / 2};
	pack(&half, 3, &packed);
	half = (struct hf_buf){.data = plain.data + plain.len / 2, .len = plain.len - plain.len / 2};
	pack(&half, 12, &packed);
	assert_int_equal(bench_add_file(&b, "p", "csv", bench_write(&b, "p.csv.zst", packed.data, packed.len), NULL),
	                 HF_OK);
	assert_int_equal(bench_add_file(&b, "u", "csv", bench_write(&b, "u.csv", plain.data, plain.len), NULL), HF_OK);
	assert_int_equal(hf_source_get(b.sources, "p", &v), HF_OK);
	assert_int_equal(hf_source_get(b.sources, "u", &w), HF_OK);
	assert_int_equal(v.rows, 15000);
	assert_int_equal(v.bytes, w.bytes);
	assert_int_equal(v.stamp.bytes, packed.len);
	assert_int_equal(v.field_count, 3);
	assert_string_equal(v.fields[2].type, "integer");
	hf_sha256(packed.data, packed.len, &digest);
	assert_memory_equal(v.digest.b, digest.b, sizeof(digest.b));
	assert_memory_equal(v.cells.b, w.cells.b, sizeof(v.cells.b)); /* but what is in it is the same */
	bench_assert_table(&b, "p", NULL, 0, (const char *)plain.data);
	for (unsigned i = 0; i < 2; i++) {
		struct hf_source_reader *r = bench_reader(&b, i ? "p" : "u", two, 2);
		struct hf_buf *into = i ? &packed : &plain;

		bench_read_all(r, into);
		assert_int_equal(hf_source_reader_rows(r), 15000);
		hf_source_reader_close(r);
	}
	assert_int_equal(plain.len, packed.len);
	assert_memory_equal(plain.data, packed.data, plain.len);
	hf_source_view_done(&v);
	hf_source_view_done(&w);
	hf_buf_done(&plain);
	hf_buf_done(&packed);
	bench_close(&b);
}

static void packed_lines_are_a_table(void **state)
{
	struct hf_buf plain = HF_BUF_INIT, packed = HF_BUF_INIT;
	struct bench b;

	(void)state;
	bench_open(&b);
	hf_buf_addf(&plain, "{\"a\": 1}\n{\"a\": \"x,y\"}\n");
	pack(&plain, 3, &packed);
	assert_int_equal(bench_add_file(&b, "p", "jsonl", bench_write(&b, "p.zst", packed.data, packed.len), NULL),
	                 HF_OK);
	bench_assert_table(&b, "p", NULL, 0, "a\n1\n\"x,y\"\n");
	hf_buf_done(&plain);
	hf_buf_done(&packed);
	bench_close(&b);
}

/* Neither the file nor its lines make too much, but both together do: 300 bytes, 3 MB of lines, 23 MB of table. */
static void table_of_packed_lines_is_bound_to_the_file(void **state)
{
	struct hf_buf plain = HF_BUF_INIT, packed = HF_BUF_INIT;
	struct hf_fault fault;
	struct bench b;

	(void)state;
	bench_open(&b);
	for (unsigned i = 0; i < 20; i++)
		hf_buf_addf(&plain, "%s\"f%u\":0", i ? "," : "{", i);
	hf_buf_addf(&plain, "}\n");
	for (unsigned i = 0; i < 1150000; i++)
		assert_true(hf_buf_add(&plain, "{}\n", 3));
	pack(&plain, 3, &packed);
	assert_int_equal(bench_add_file(&b, "x", "jsonl", bench_write(&b, "x.zst", packed.data, packed.len), &fault),
	                 HF_E_LIMIT);
	assert_non_null(strstr(fault.text, "1000 times what it takes packed"));
	assert_non_null(strstr(fault.text, "as a table"));
	hf_buf_done(&plain);
	hf_buf_done(&packed);
	bench_close(&b);
}

/* Cut anywhere, and with any byte altered, it is refused or the very same table (the checksum is the frame's own). */
static void cut_and_altered_files_are_refused(void **state)
{
	struct hf_buf plain = HF_BUF_INIT, packed = HF_BUF_INIT;
	ZSTD_CCtx *c = ZSTD_createCCtx();
	struct hf_fault fault;
	struct bench b;
	size_t n;

	(void)state;
	bench_open(&b);
	table(&plain, 50);
	assert_true(hf_buf_reserve(&packed, ZSTD_compressBound(plain.len)));
	ZSTD_CCtx_setParameter(c, ZSTD_c_checksumFlag, 1);
	n = ZSTD_compress2(c, packed.data, packed.cap, plain.data, plain.len);
	assert_false(ZSTD_isError(n));
	ZSTD_freeCCtx(c);
	for (size_t len = 4; len < n; len += 1 + n / 11) {
		assert_int_equal(bench_add_file(&b, "x", "csv", bench_write(&b, "x.zst", packed.data, len), &fault),
		                 HF_E_FORMAT);
		assert_non_null(strstr(fault.text, "zstd"));
	}
	for (size_t at = 4; at < n; at += 1 + n / 11) {
		enum hf_err e;

		packed.data[at] ^= 0x55;
		e = bench_add_file(&b, "y", "csv", bench_write(&b, "y.zst", packed.data, n), &fault);
		packed.data[at] ^= 0x55;
		assert_true(e == HF_E_FORMAT || e == HF_E_LIMIT);
	}
	hf_buf_done(&plain);
	hf_buf_done(&packed);
	bench_close(&b);
}

/* A gigabyte of one row over and over in a hundred kilobytes. */
static void a_bomb_is_not_unpacked_to_its_end(void **state)
{
	struct hf_buf packed = HF_BUF_INIT;
	ZSTD_CCtx *c = ZSTD_createCCtx();
	static char rows[1 << 20];
	struct hf_fault fault;
	struct bench b;

	(void)state;
	bench_open(&b);
	for (size_t i = 0; i < sizeof(rows); i += 4)
		memcpy(rows + i, "1,2\n", 4);
	for (unsigned i = 0; i < 1024; i++) {
		ZSTD_inBuffer in = {rows, sizeof(rows), 0};
		size_t left = 1;

		while (i == 1023 ? left > 0 : in.pos < in.size) {
			ZSTD_outBuffer out;

			assert_true(hf_buf_reserve(&packed, 1 << 17));
			out = (ZSTD_outBuffer){packed.data + packed.len, 1 << 17, 0};
			left = ZSTD_compressStream2(c, &out, &in, i == 1023 ? ZSTD_e_end : ZSTD_e_continue);
			assert_false(ZSTD_isError(left));
			packed.len += out.pos;
		}
	}
	ZSTD_freeCCtx(c);
	assert_true(packed.len < sizeof(rows));
	assert_int_equal(bench_add_file(&b, "x", "csv", bench_write(&b, "x.zst", packed.data, packed.len), &fault),
	                 HF_E_LIMIT);
	assert_non_null(strstr(fault.text, "1000 times"));
	hf_buf_done(&packed);
	bench_close(&b);
}

/* What would take much memory to unpack. */
static void a_large_window_is_refused(void **state)
{
	struct hf_buf plain = HF_BUF_INIT, packed = HF_BUF_INIT;
	ZSTD_CCtx *c = ZSTD_createCCtx();
	ZSTD_outBuffer out;
	ZSTD_inBuffer in;
	struct hf_fault fault;
	struct bench b;

	(void)state;
	bench_open(&b);
	table(&plain, 10);
	assert_true(hf_buf_reserve(&packed, 1 << 20));
	ZSTD_CCtx_setParameter(c, ZSTD_c_windowLog, 27);
	in = (ZSTD_inBuffer){plain.data, plain.len, 0};
	out = (ZSTD_outBuffer){packed.data, 1 << 20, 0};
	assert_false(
	        ZSTD_isError(ZSTD_compressStream2(c, &out, &in, ZSTD_e_flush))); /* without its size, it takes all */
	assert_int_equal(ZSTD_compressStream2(c, &out, &in, ZSTD_e_end), 0);
	ZSTD_freeCCtx(c);
	assert_int_equal(bench_add_file(&b, "x", "csv", bench_write(&b, "x.zst", packed.data, out.pos), &fault),
	                 HF_E_LIMIT);
	assert_non_null(strstr(fault.text, "--long"));
	hf_buf_done(&plain);
	hf_buf_done(&packed);
	bench_close(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(packed_csv_is_the_same_table),
	        cmocka_unit_test(packed_lines_are_a_table),
	        cmocka_unit_test(table_of_packed_lines_is_bound_to_the_file),
	        cmocka_unit_test(cut_and_altered_files_are_refused),
	        cmocka_unit_test(a_bomb_is_not_unpacked_to_its_end),
	        cmocka_unit_test(a_large_window_is_refused),
	};

	return hf_crypto_init() ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
