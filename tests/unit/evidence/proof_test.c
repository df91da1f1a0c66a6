/* proof_test.c - does the proof of one entry show that entry in that ledger and nothing else? (SB-58, SB-59) */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <unistd.h>

#include "unit/evidence/tally_builder.h"

struct fixture {
	struct tb *b;
	struct hf_space *space;
	struct hf_buf proof;
	Hufu__TallyEntry *entry;
};

static int setup(void **state)
{
	struct fixture *x = calloc(1, sizeof(*x));
	struct hf_sign_pub root;
	struct hf_fault f;
	x->b = tb_new(1, 1);
	tb_documents(x->b);
	tb_ledgers(x->b);
	tb_root(x->b, &root);
	x->space = hf_space_new(&root);
	assert_int_equal(hf_space_extend(x->space, x->b->descriptor.data, x->b->descriptor.len, &f), HF_OK);
	x->entry = tb_tally_entry(x->b, &x->b->ledger[2], 5);
	assert_int_equal(hf_proof_make(x->entry, x->b->ledger[2].note, &x->proof), HF_OK);
	*state = x;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *x = *state;
	hf_space_free(x->space);
	hf_buf_done(&x->proof);
	tb_free(x->b);
	free(x);
	return 0;
}

static enum hf_err check(struct fixture *x, struct hf_fault *f)
{
	struct hf_proof_report r;
	memset(f, 0, sizeof(*f));
	enum hf_err e = hf_proof_check(x->space, x->proof.data, x->proof.len, &r, f);
	if (e == HF_OK)
		hf_decoded_free(r.entry);
	return e;
}

static void test_valid(void **state)
{
	struct fixture *x = *state;
	struct hf_proof_report r;
	struct hf_fault f;
	assert_memory_equal(x->proof.data, "c2sp.org/tlog-proof@v1\nextra ", 29);
	if (hf_proof_check(x->space, x->proof.data, x->proof.len, &r, &f) != HF_OK)
		fail_msg("%s", f.text);
	assert_string_equal(r.node, "roads");
	assert_int_equal(r.index, 5);
	assert_int_equal(r.cosignatures, 3);
	assert_true(hf_opening_is(r.entry->opening, HF_FIELD_EVENT, "agreement"));
	hf_decoded_free(r.entry);
}

/* Only chosen fields are shown. */
static void test_chosen_fields(void **state)
{
	struct fixture *x = *state;
	struct hf_fault f;
	x->entry->opening->n_fields = 1;
	hf_buf_clear(&x->proof);
	assert_int_equal(hf_proof_make(x->entry, x->b->ledger[2].note, &x->proof), HF_OK);
	assert_int_equal(check(x, &f), HF_OK);
}

static void test_any_changed_byte(void **state)
{
	struct fixture *x = *state;
	struct hf_fault f;
	for (size_t i = 0; i < x->proof.len; i++) {
		uint8_t change = (uint8_t)(1u << i % 8);
		x->proof.data[i] ^= change;
		if (check(x, &f) == HF_OK)
			fail_msg("byte %zu changed: accepted", i);
		x->proof.data[i] ^= change;
	}
	for (size_t len = x->proof.len; x->proof.len > 0; x->proof.len--)
		assert_int_equal(check(x, &f) == HF_OK, x->proof.len == len);
}

static void test_parts_of_others(void **state)
{
	struct fixture *x = *state;
	struct hf_fault f;
	Hufu__TallyEntry *other = tb_tally_entry(x->b, &x->b->ledger[2], 6);
	Hufu__EntryOpening *own = x->entry->opening;
	x->entry->opening = other->opening;
	hf_buf_clear(&x->proof);
	assert_int_equal(hf_proof_make(x->entry, x->b->ledger[2].note, &x->proof), HF_OK);
	assert_int_equal(check(x, &f), HF_E_DIGEST);
	assert_non_null(strstr(f.text, "does not fit its commitment"));
	x->entry->opening = own;
	hf_buf_clear(&x->proof);
	assert_int_equal(hf_proof_make(x->entry, x->b->ledger[0].note, &x->proof), HF_OK);
	assert_int_equal(check(x, &f), HF_E_CONFLICT);
	x->entry->index = 6;
	hf_buf_clear(&x->proof);
	assert_int_equal(hf_proof_make(x->entry, x->b->ledger[2].note, &x->proof), HF_OK);
	assert_int_equal(check(x, &f), HF_E_CONFLICT);
	assert_non_null(strstr(f.text, "another ledger or place"));
}

static void name_login(struct tb *b, unsigned node, enum hf_event event, struct hf_draft *d)
{
	(void)b;
	if (node == SB_ROADS && event == HF_EVENT_COMPLIANCE_REVIEW)
		hf_draft_text(d, HF_FIELD_EVENT, "login");
}

/* The class stands open in the entry; an event of another class was written by a log that lies in one of them. */
static void test_event_of_another_class(void **state)
{
	struct fixture *x = *state;
	struct hf_fault f;
	x->b->entry_hook = name_login;
	tb_ledgers(x->b);
	Hufu__TallyEntry *e = tb_tally_entry(x->b, &x->b->ledger[2], 3);
	hf_buf_clear(&x->proof);
	assert_int_equal(hf_proof_make(e, x->b->ledger[2].note, &x->proof), HF_OK);
	assert_int_equal(check(x, &f), HF_E_CONFLICT);
	assert_non_null(strstr(f.text, "of another class than its event"));
	e->opening->fields++; /* hidden: nothing is said about it */
	e->opening->n_fields--;
	hf_buf_clear(&x->proof);
	assert_int_equal(hf_proof_make(e, x->b->ledger[2].note, &x->proof), HF_OK);
	assert_int_equal(check(x, &f), HF_OK);
	e->opening->fields--;
	e->opening->n_fields++;
}

static void test_file_and_descriptors_beside_it(void **state)
{
	struct fixture *x = *state;
	char dir[] = "/tmp/hufu-proof-XXXXXX", file[64], chain[64];
	struct hf_buf stream = HF_BUF_INIT;
	struct hf_trust trust = tb_trust(x->b);
	struct hf_fault f;
	assert_non_null(mkdtemp(dir));
	snprintf(file, sizeof(file), "%s/a.tlog-proof", dir);
	snprintf(chain, sizeof(chain), "%s/descriptors.dsse", dir);
	assert_int_equal(hf_file_write(file, x->proof.data, x->proof.len, 0644), HF_OK);
	assert_int_equal(hf_proof_verify(&trust, file, &f), HF_E_UNKNOWN);
	assert_non_null(strstr(f.text, "needs the space's descriptors beside it"));
	assert_int_equal(hf_space_write_stream(x->space, &stream), HF_OK);
	assert_int_equal(hf_file_write(chain, stream.data, stream.len, 0644), HF_OK);
	assert_int_equal(hf_proof_verify(&trust, file, &f), HF_OK);
	trust.number = 2;
	assert_int_equal(hf_proof_verify(&trust, file, &f), HF_E_STATE);
	trust.number = 1;
	trust.has_digest = true;
	assert_int_equal(hf_proof_verify(&trust, file, &f), HF_E_CONFLICT);
	hf_space_digest(x->space, &trust.digest);
	assert_int_equal(hf_proof_verify(&trust, file, &f), HF_OK);
	trust.root.b[0] ^= 1;
	assert_int_equal(hf_proof_verify(&trust, file, &f), HF_E_SIGNATURE);
	unlink(file);
	unlink(chain);
	rmdir(dir);
	hf_buf_done(&stream);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup_teardown(test_valid, setup, teardown),
	        cmocka_unit_test_setup_teardown(test_chosen_fields, setup, teardown),
	        cmocka_unit_test_setup_teardown(test_any_changed_byte, setup, teardown),
	        cmocka_unit_test_setup_teardown(test_parts_of_others, setup, teardown),
	        cmocka_unit_test_setup_teardown(test_event_of_another_class, setup, teardown),
	        cmocka_unit_test_setup_teardown(test_file_and_descriptors_beside_it, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
