/* copy_test.c - the sealed copy of a database's table: what was read comes back from any place, altered or cut it does
 * not; places of databases that are refused. */
#include "source/copy.h"

#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>

#include "base/buf.h"
#include "crypto/crypto.h"
#include "source/pg_link.h"
#include "unit/source/bench.h"

struct folder {
	struct hf_source_home home;
	struct hf_source_view v;
};

static void folder_open(struct folder *d)
{
	char dir[] = "/tmp/hufu-copy.XXXXXX";

	memset(d, 0, sizeof(*d));
	assert_non_null(mkdtemp(dir));
	memcpy(d->home.node_dir, dir, sizeof(dir));
	d->home.has_key = true;
	hf_random(d->home.key, sizeof(d->home.key));
	snprintf(d->v.name, sizeof(d->v.name), "tolls");
}

static void folder_close(struct folder *d)
{
	assert_int_equal(nftw(d->home.node_dir, fixture_remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
}

static void path_of(const struct folder *d, char out[PATH_MAX + 64])
{
	char id[HF_ID_TEXT];

	hf_id_text(&d->v.copy, id);
	snprintf(out, PATH_MAX + 64, "%s/copies/%s", d->home.node_dir, id);
}

static void write_copy(struct folder *d, const struct hf_buf *data)
{
	struct hf_fault f = {.code = HF_OK};
	struct hf_copy *c;

	assert_int_equal(hf_copy_new(&d->home, &d->v, &c, &f), HF_OK);
	for (size_t at = 0; at < data->len;) {
		size_t n = data->len - at < 77777 ? data->len - at : 77777;

		assert_int_equal(hf_copy_add(c, data->data + at, n, &f), HF_OK);
		at += n;
	}
	assert_int_equal(hf_copy_end(c, &f), HF_OK);
}

static void assert_copy(struct folder *d, const struct hf_buf *want)
{
	struct hf_fault f = {.code = HF_OK};
	struct hf_source_reader *r;
	struct hf_buf got = HF_BUF_INIT;
	size_t len;

	assert_int_equal(hf_copy_open(&d->home, &d->v, &r, &f), HF_OK);
	assert_int_equal(hf_source_reader_bytes(r), want->len);
	bench_read_all(r, &got);
	assert_int_equal(got.len, want->len);
	assert_memory_equal(got.data, want->data, got.len);
	for (size_t at = 0; at < want->len; at += 1 + want->len / 7) {
		uint8_t out[100];

		assert_int_equal(hf_source_read(r, at, out, sizeof(out), &len), HF_OK);
		assert_int_equal(len, want->len - at < sizeof(out) ? want->len - at : sizeof(out));
		assert_memory_equal(out, want->data + at, len);
	}
	assert_int_equal(hf_source_read(r, want->len, got.data, 1, &len), HF_OK);
	assert_int_equal(len, 0);
	assert_int_equal(hf_source_read(r, want->len + 1, got.data, 1, &len), HF_E_UNKNOWN);
	hf_source_reader_close(r);
	hf_buf_done(&got);
}

static void what_was_read_comes_back(void **state)
{
	static const size_t sizes[] = {1, HF_COPY_PIECE - 1, HF_COPY_PIECE, HF_COPY_PIECE + 1,
	                               3 * HF_COPY_PIECE + 12345};
	struct folder d;

	(void)state;
	folder_open(&d);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct hf_buf data = HF_BUF_INIT;

		assert_true(hf_buf_reserve(&data, sizes[i]));
		hf_random(data.data, sizes[i]);
		data.len = sizes[i];
		write_copy(&d, &data);
		assert_copy(&d, &data);
		hf_buf_done(&data);
	}
	folder_close(&d);
}

struct part {
	pthread_t thread;
	struct hf_source_reader *r;
	const struct hf_buf *want;
	size_t from;
	bool good;
};

static void *read_part(void *ctx)
{
	struct part *p = ctx;
	uint8_t *out = malloc(100000);

	p->good = true;
	for (size_t at = p->from; p->good && at < p->want->len; at += 333333) {
		size_t left = p->want->len - at < 100000 ? p->want->len - at : 100000, len = 0;

		p->good = hf_source_read(p->r, at, out, 100000, &len) == HF_OK && len == left &&
		          memcmp(out, p->want->data + at, len) == 0;
	}
	free(out);
	return NULL;
}

/* As the workers of a delivery of the whole table read it. */
static void several_threads_read_at_once(void **state)
{
	struct hf_fault f = {.code = HF_OK};
	struct hf_buf data = HF_BUF_INIT;
	struct hf_source_reader *r;
	struct part parts[4];
	struct folder d;

	(void)state;
	folder_open(&d);
	assert_true(hf_buf_reserve(&data, 4u << 20));
	hf_random(data.data, 4u << 20);
	data.len = 4u << 20;
	write_copy(&d, &data);
	assert_int_equal(hf_copy_open(&d.home, &d.v, &r, &f), HF_OK);
	for (size_t i = 0; i < 4; i++) {
		parts[i] = (struct part){.r = r, .want = &data, .from = i * 80000};
		assert_int_equal(pthread_create(&parts[i].thread, NULL, read_part, &parts[i]), 0);
	}
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(pthread_join(parts[i].thread, NULL), 0);
		assert_true(parts[i].good);
	}
	hf_source_reader_close(r);
	hf_buf_done(&data);
	folder_close(&d);
}

/* False: it is refused when it is opened, or when it is read. */
static bool reads(struct folder *d)
{
	struct hf_source_reader *r;
	struct hf_fault f;
	uint8_t *out;
	bool good;
	size_t len;

	if (hf_copy_open(&d->home, &d->v, &r, &f) != HF_OK)
		return false;
	out = malloc(4 * HF_COPY_PIECE);
	good = hf_source_read(r, 0, out, 4 * HF_COPY_PIECE, &len) == HF_OK;
	free(out);
	hf_source_reader_close(r);
	return good;
}

static void flip(const char *path, off_t at)
{
	int fd = open(path, O_RDWR);
	uint8_t b;

	assert_true(fd >= 0);
	assert_int_equal(pread(fd, &b, 1, at), 1);
	b ^= 1;
	assert_int_equal(pwrite(fd, &b, 1, at), 1);
	close(fd);
}

static void altered_cut_and_foreign_copies_are_refused(void **state)
{
	struct hf_buf data = HF_BUF_INIT;
	char path[PATH_MAX + 64];
	struct hf_source_stamp stamp;
	struct hf_fault f;
	struct folder d;
	struct hf_id id;
	size_t whole;

	(void)state;
	folder_open(&d);
	assert_true(hf_buf_reserve(&data, 2 * HF_COPY_PIECE));
	memset(data.data, 'x', 2 * HF_COPY_PIECE);
	data.len = 2 * HF_COPY_PIECE;
	write_copy(&d, &data);
	path_of(&d, path);
	assert_true(reads(&d));
	assert_int_equal(hf_copy_stamp(&d.home, &d.v, &stamp, &f), HF_OK);
	whole = stamp.bytes;
	for (size_t at = 0; at < whole; at += 1 + whole / 9) {
		flip(path, (off_t)at);
		assert_false(reads(&d));
		flip(path, (off_t)at);
	}
	d.v.copy_key.b[30] ^= 1;
	assert_false(reads(&d));
	d.v.copy_key.b[30] ^= 1;
	id = d.v.copy;
	d.v.copy.b[0] ^= 1; /* another copy's name under this one's key */
	assert_false(reads(&d));
	d.v.copy = id;
	assert_true(reads(&d));
	for (unsigned i = 0; i < 2; i++) { /* without its last, empty piece, and without all but one byte of it */
		assert_int_equal(truncate(path, (off_t)(i ? HF_COPY_PIECE + 16 : 2 * (HF_COPY_PIECE + 16))), 0);
		assert_false(reads(&d));
	}
	hf_buf_done(&data);
	folder_close(&d);
}

static bool keep_one(void *ctx, const struct hf_id *id)
{
	return hf_id_equal(ctx, id);
}

static void what_no_source_knows_is_swept(void **state)
{
	struct hf_buf data = HF_BUF_INIT;
	struct hf_id first;
	struct hf_fault f;
	struct hf_copy *c;
	struct folder d;
	char path[PATH_MAX + 64];

	(void)state;
	folder_open(&d);
	hf_buf_addf(&data, "a\n1\n");
	write_copy(&d, &data);
	first = d.v.copy;
	write_copy(&d, &data);
	path_of(&d, path);
	hf_copy_sweep(&d.home, keep_one, &first);
	assert_int_not_equal(access(path, F_OK), 0);
	assert_int_equal(hf_copy_new(&d.home, &d.v, &c, &f), HF_OK);
	hf_copy_drop(c); /* given up */
	path_of(&d, path);
	assert_int_not_equal(access(path, F_OK), 0);
	d.v.copy = first;
	path_of(&d, path);
	assert_int_equal(access(path, F_OK), 0);
	hf_copy_remove(&d.home, &first);
	assert_int_not_equal(access(path, F_OK), 0);
	hf_buf_done(&data);
	folder_close(&d);
}

static void places_that_are_refused(void **state)
{
	static const struct {
		const char *uri, *says;
	} cases[] = {
	        {"host=127.0.0.1 user=a dbname=b", "postgresql://"},
	        {"postgresql://a@127.0.0.1", "one user, host and database"},
	        {"postgresql://127.0.0.1/b", "one user, host and database"},
	        {"postgresql://a@h1,h2/b?sslrootcert=/x", "one user, host and database"},
	        {"postgresql://a:secret@127.0.0.1/b", "'password'"},
	        {"postgresql://a@127.0.0.1/b?sslmode=disable", "'sslmode'"},
	        {"postgresql://a@127.0.0.1/b?options=-cx%3Dy", "'options'"},
	        {"postgresql://a@db.example/b", "must be TLS"},
	        {"postgresql://a@127.0.0.1.example/b", "must be TLS"},
	        {"postgresql://a@db.example/b?sslrootcert=x.pem", "absolute path"},
	};
	static const char *const good[] = {"postgresql://a@127.0.0.1:5433/b", "postgresql://a@localhost/b",
	                                   "postgresql://a@%2Frun%2Fpostgresql/b", "postgresql://a@[::1]/b",
	                                   "postgresql://a@db.example/b?sslrootcert=/etc/ssl/db.pem"};
	struct hf_fault f;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(pg_place_check(cases[i].uri, &f), HF_E_ARGUMENT);
		assert_non_null(strstr(f.text, cases[i].says));
		assert_null(strstr(f.text, "secret"));
	}
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_int_equal(pg_place_check(good[i], &f), HF_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(what_was_read_comes_back),
	        cmocka_unit_test(several_threads_read_at_once),
	        cmocka_unit_test(altered_cut_and_foreign_copies_are_refused),
	        cmocka_unit_test(what_no_source_knows_is_swept),
	        cmocka_unit_test(places_that_are_refused),
	};

	return hf_crypto_init() ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
