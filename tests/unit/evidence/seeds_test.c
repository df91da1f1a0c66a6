/*
 * seeds_test.c - are the seeds of the evidence fuzz targets still good evidence? With HUFU_WRITE_SEEDS=DIR set, it
 * writes them there first.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "evidence/entry_scan.h"
#include "fuzz/evidence/cosigned.h"
#include "unit/evidence/tally_builder.h"

static void save(const char *target, const char *name, const void *data, size_t len)
{
	char path[1024];
	const char *out = getenv("HUFU_WRITE_SEEDS");
	if (out == NULL)
		return;
	snprintf(path, sizeof(path), "%s/%s/%s", out, target, name);
	assert_int_equal(hf_file_write(path, data, len, 0644), HF_OK);
}

static void load(const char *target, const char *name, struct hf_buf *out)
{
	char path[1024];
	snprintf(path, sizeof(path), "%s/tests/fuzz/corpus/%s/%s", HUFU_SOURCE_DIR, target, name);
	if (hf_file_read(path, 1 << 20, out) != HF_OK)
		fail_msg("%s is missing: run this test with HUFU_WRITE_SEEDS=tests/fuzz/corpus", path);
}

static void save_payload(const char *target, const char *name, const struct hf_buf *envelope)
{
	Hufu__Envelope *e = hf_decode_limit(&hufu__envelope__descriptor, envelope->data, envelope->len, HF_TALLY_MAX);
	save(target, name, e->payload.data, e->payload.len);
	hf_decoded_free(e);
}

static void write_seeds(struct tb *b, const struct hf_space *s)
{
	struct hf_buf bytes = HF_BUF_INIT;
	struct tb_ledger *l = &b->ledger[2];
	save("tally_fuzz", "file", b->tally.data, b->tally.len);
	save_payload("tally_fuzz", "payload", &b->tally);
	assert_int_equal(hf_proof_make(tb_tally_entry(b, l, 5), l->note, &bytes), HF_OK);
	save("proof_fuzz", "proof", bytes.data, bytes.len);
	hf_buf_clear(&bytes);
	assert_int_equal(hf_space_write_stream(s, &bytes), HF_OK);
	save("space_fuzz", "stream", bytes.data, bytes.len);
	save_payload("space_fuzz", "payload", &b->descriptor);
	save("entry_fuzz", "public", l->entry[0].data, l->entry[0].len);
	hf_buf_clear(&bytes);
	assert_true(hf_buf_add(&bytes, l->entry[5].data, l->entry[5].len) && hf_buf_add(&bytes, "\xff\xfe", 2) &&
	            hf_buf_add(&bytes, l->opening[5].data, l->opening[5].len));
	save("entry_fuzz", "private-opened", bytes.data, bytes.len);
	hf_buf_done(&bytes);
}

static void test_seeds(void **state)
{
	struct tb *b = tb_new(1, 1);
	struct hf_sign_pub root;
	struct hf_tally_report r;
	struct hf_proof_report p;
	struct hf_entry_view v;
	struct hf_fault f;
	struct hf_buf bytes = HF_BUF_INIT;
	(void)state;
	tb_build(b);
	tb_root(b, &root);
	struct hf_space *s = hf_space_new(&root);
	assert_int_equal(hf_space_extend(s, b->descriptor.data, b->descriptor.len, &f), HF_OK);
	write_seeds(b, s);
	load("tally_fuzz", "file", &bytes);
	assert_int_equal(hf_tally_verify(&(struct hf_trust){.root = root}, bytes.data, bytes.len, &r, &f), HF_OK);
	load("proof_fuzz", "proof", &bytes);
	assert_int_equal(hf_proof_check(s, bytes.data, bytes.len, &p, &f), HF_OK);
	hf_decoded_free(p.entry);
	load("space_fuzz", "stream", &bytes);
	assert_int_equal(hf_space_read_stream(s, bytes.data, bytes.len, &f), HF_OK);
	load("entry_fuzz", "public", &bytes);
	assert_true(hf_entry_scan(bytes.data, bytes.len, &v));
	hf_buf_done(&bytes);
	hf_space_free(s);
	tb_free(b);
}

/* The witnesses' lines that the target of cosignatures begins with make a quorum. */
static void test_cosignatures(void **state)
{
	static struct cosigned made;
	struct hf_buf note = HF_BUF_INIT, lines = HF_BUF_INIT;
	struct hf_checked c;
	struct hf_fault f;
	(void)state;
	cosigned_make(&made);
	for (unsigned i = 0; i < COSIGNED_WITNESSES; i++)
		assert_true(hf_buf_add(&lines, made.line[i], strlen(made.line[i])));
	save("cosignature_fuzz", "quorum", lines.data, lines.len);
	save("cosignature_fuzz", "two", lines.data, lines.len - strlen(made.line[COSIGNED_WITNESSES - 1]));
	load("cosignature_fuzz", "quorum", &lines);
	assert_true(hf_buf_add(&note, made.head, made.head_len) && hf_buf_add(&note, lines.data, lines.len));
	if (hf_checkpoint_check(made.space, (const char *)note.data, note.len, &c, &f) != HF_OK)
		fail_msg("%s", f.text);
	assert_int_equal(c.cosignatures, COSIGNED_WITNESSES);
	hf_buf_done(&note);
	hf_buf_done(&lines);
	hf_space_free(made.space);
}

/* The quick reader and the decoder agree, also on everything that is almost an entry. */
static void test_quick_reader(void **state)
{
	struct tb *b = tb_new(1, 1);
	(void)state;
	tb_documents(b);
	tb_ledgers(b);
	for (size_t i = 0; i < 8; i++) {
		struct hf_buf *bytes = &b->ledger[2].entry[i];
		for (size_t at = 0; at < bytes->len * 8; at++) {
			Hufu__LedgerEntry *e = NULL;
			struct hf_entry_view v;
			bytes->data[at / 8] ^= (uint8_t)(1u << at % 8);
			bool good = hf_entry_decode(bytes->data, bytes->len, &e) == HF_OK;
			assert_int_equal(hf_entry_scan(bytes->data, bytes->len, &v), good);
			if (good) {
				assert_string_equal(v.origin, e->origin);
				assert_int_equal(v.index, e->index);
				assert_memory_equal(v.prev, e->prev.data, 32);
			}
			hf_decoded_free(e);
			bytes->data[at / 8] ^= (uint8_t)(1u << at % 8);
		}
	}
	tb_free(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_seeds),
	        cmocka_unit_test(test_cosignatures),
	        cmocka_unit_test(test_quick_reader),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
