/* proof_test.c - does the proof of one entry show that entry in that ledger and nothing else? (SB-58, SB-59) */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <unistd.h>

#include "crypto/base64.h"
#include "unit/evidence/tally_builder.h"
#include "vectors/proof.h"

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

/* The published example, line by line; only what the extra line holds is ours. */
static void test_the_example_of_the_specification(void **state)
{
	struct fixture *x = *state;
	ProtobufCBinaryData path[5];
	uint8_t hash[5][33];
	x->entry->index = C2SP_PROOF_INDEX;
	for (size_t i = 0; i < 5; i++) {
		path[i].data = hash[i];
		assert_true(hf_base64_decode(c2sp_proof_path[i], 44, hash[i], &path[i].len));
		assert_int_equal(path[i].len, 32);
	}
	x->entry->n_path = 5;
	x->entry->path = path;
	hf_buf_clear(&x->proof);
	assert_int_equal(hf_proof_make(x->entry, C2SP_PROOF_NOTE, &x->proof), HF_OK);
	assert_true(hf_buf_add(&x->proof, "", 1));
	const char *text = (const char *)x->proof.data, *extra = text + strlen(C2SP_PROOF_HEAD);
	assert_memory_equal(text, C2SP_PROOF_HEAD, strlen(C2SP_PROOF_HEAD));
	assert_memory_equal(extra, "extra ", 6);
	assert_string_equal(strchr(extra, '\n') + 1, C2SP_PROOF_TAIL);
}

/* Only chosen fields are shown. */
static void test_chosen_fields(void **state)
{
	struct fixture *x = *state;
	struct hf_fault f;
	struct hf_proof_report r;
	size_t whole = x->entry->opening->n_hashes;
	for (size_t shown = 0; shown < 2; shown++) {
		x->entry->opening->n_fields = shown;
		hf_buf_clear(&x->proof);
		assert_int_equal(hf_proof_make(x->entry, x->b->ledger[2].note, &x->proof), HF_OK);
		assert_int_equal(hf_proof_check(x->space, x->proof.data, x->proof.len, &r, &f), HF_OK);
		assert_int_equal(r.entry->opening->n_fields, shown);
		assert_int_equal(r.entry->opening->n_hashes, whole);
		hf_decoded_free(r.entry);
	}
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

/* One row: the line (counted from 0) that is taken away, doubled, or replaced, and what is said. */
static const struct {
	unsigned line;
	const char *by; /* NULL: taken away; "": doubled */
	const char *reason;
} line_mutations[] = {
        {0, NULL, "does not begin with the line c2sp.org/tlog-proof@v1"},
        {0, "c2sp.org/tlog-proof@v2", "does not begin with the line c2sp.org/tlog-proof@v1"},
        {1, NULL, "has no extra line"},
        {1, "extra ", "extra line does not hold an entry"},
        {1, "extra AAAA", "extra line does not hold an entry"},
        {2, NULL, "has no line with its entry's index"},
        {2, "index 05", "has no line with its entry's index"},
        {2, "index 6", "the proof is for entry 6, but holds entry 5"},
        {3, NULL, "1 of the 4 hashes that lead from entry 5 of"},
        {3, "", "goes on after the 4 hashes that lead from entry 5 of"},
        {3,
         "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=", "is not in the ledger of roads that the witnesses cosigned"},
        {3, "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2J=", "line 1 after the proof's index is not the base64 of one"},
        {5, "hash", "line 3 after the proof's index is not the base64 of one hash"},
};

static size_t line_at(const struct hf_buf *b, unsigned line)
{
	size_t at = 0;
	for (; line > 0; line--)
		at = (size_t)((uint8_t *)memchr(b->data + at, '\n', b->len - at) - b->data) + 1;
	return at;
}

/* SB-59: missing, extra, altered: each is refused with its own reason. */
static void test_each_mutation_has_its_reason(void **state)
{
	struct fixture *x = *state;
	struct hf_fault f;
	for (size_t i = 0; i < sizeof(line_mutations) / sizeof(line_mutations[0]); i++) {
		struct hf_buf was = x->proof;
		size_t from = line_at(&was, line_mutations[i].line), to = line_at(&was, line_mutations[i].line + 1);
		const char *by = line_mutations[i].by;
		x->proof = (struct hf_buf)HF_BUF_INIT;
		assert_true(hf_buf_add(&x->proof, was.data, from));
		if (by != NULL && by[0] == 0)
			assert_true(hf_buf_add(&x->proof, was.data + from, to - from) &&
			            hf_buf_add(&x->proof, was.data + from, to - from));
		else if (by != NULL)
			assert_true(hf_buf_addf(&x->proof, "%s\n", by));
		assert_true(hf_buf_add(&x->proof, was.data + to, was.len - to));
		assert_int_not_equal(check(x, &f), HF_OK);
		if (strstr(f.text, line_mutations[i].reason) == NULL)
			fail_msg("row %zu: \"%s\" does not say \"%s\"", i, f.text, line_mutations[i].reason);
		hf_buf_done(&x->proof);
		x->proof = was;
	}
	assert_int_equal(check(x, &f), HF_OK);
}

/* The lists of shown and hidden fields in another than the one form: one left out, out of order, of another number. */
static void test_the_lists_have_one_form(void **state)
{
	struct fixture *x = *state;
	struct hf_fault f;
	Hufu__EntryOpening *o = x->entry->opening;
	size_t fields = o->n_fields, hashes = o->n_hashes;
	for (unsigned round = 0; round < 3; round++) {
		Hufu__FieldHash *last = o->hashes[hashes - 1], *before = o->hashes[hashes - 2], copy = *last;
		o->n_fields = 1;
		o->n_hashes = round == 0 ? hashes - 1 : hashes;
		if (round == 1) {
			o->hashes[hashes - 1] = before;
			o->hashes[hashes - 2] = last;
		} else if (round == 2) {
			copy.field = o->fields[0]->field + 1; /* one that the entry does not have in that place */
			o->hashes[hashes - 1] = &copy;
		}
		hf_buf_clear(&x->proof);
		assert_int_equal(hf_proof_make(x->entry, x->b->ledger[2].note, &x->proof), HF_OK);
		assert_int_equal(check(x, &f), HF_E_DIGEST);
		assert_non_null(strstr(f.text, "does not fit its commitment"));
		o->hashes[hashes - 1] = last;
		o->hashes[hashes - 2] = before;
		o->n_hashes = hashes;
		o->n_fields = fields;
	}
}

/* Two hashes of the path exchanged; the file cut off in its hashes, and in its checkpoint. */
static void test_reordered_and_truncated(void **state)
{
	struct fixture *x = *state;
	struct hf_fault f;
	size_t a = line_at(&x->proof, 3), z = line_at(&x->proof, 4), len = x->proof.len;
	for (size_t i = 0; i + 1 < z - a; i++) {
		uint8_t t = x->proof.data[a + i];
		x->proof.data[a + i] = x->proof.data[z + i];
		x->proof.data[z + i] = t;
	}
	assert_int_equal(check(x, &f), HF_E_DIGEST);
	assert_non_null(strstr(f.text, "is not in the ledger of roads that the witnesses cosigned"));
	x->proof.len = z;
	assert_int_equal(check(x, &f), HF_E_FORMAT);
	assert_non_null(strstr(f.text, "the proof is cut off"));
	x->proof.len = len - 20;
	assert_int_equal(check(x, &f), HF_E_FORMAT);
	assert_non_null(strstr(f.text, "the checkpoint was cut off within a signature line"));
	x->proof.len = len;
}

/* A true proof of a space with another root: its descriptors do not chain to the key. */
static void test_of_another_space(void **state)
{
	struct fixture *x = *state;
	struct tb *other = tb_new(2, 1);
	struct hf_space *mine = x->space;
	struct hf_sign_pub root;
	struct hf_fault f;
	tb_root(other, &root);
	x->space = hf_space_new(&root);
	assert_int_equal(hf_space_extend(x->space, other->descriptor.data, other->descriptor.len, &f), HF_OK);
	assert_int_equal(check(x, &f), HF_E_SIGNATURE); /* same names, other keys */
	assert_non_null(strstr(f.text, "is of a key that the descriptors do not name for it"));
	hf_space_free(x->space);
	x->space = mine;
	tb_free(other);
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
	        cmocka_unit_test_setup_teardown(test_the_example_of_the_specification, setup, teardown),
	        cmocka_unit_test_setup_teardown(test_chosen_fields, setup, teardown),
	        cmocka_unit_test_setup_teardown(test_any_changed_byte, setup, teardown),
	        cmocka_unit_test_setup_teardown(test_parts_of_others, setup, teardown),
	        cmocka_unit_test_setup_teardown(test_event_of_another_class, setup, teardown),
	        cmocka_unit_test_setup_teardown(test_each_mutation_has_its_reason, setup, teardown),
	        cmocka_unit_test_setup_teardown(test_the_lists_have_one_form, setup, teardown),
	        cmocka_unit_test_setup_teardown(test_reordered_and_truncated, setup, teardown),
	        cmocka_unit_test_setup_teardown(test_of_another_space, setup, teardown),
	        cmocka_unit_test_setup_teardown(test_file_and_descriptors_beside_it, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
