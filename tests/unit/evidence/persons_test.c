/* persons_test.c - AZ-2: whom only node A knows is known at node B by A's signed assertion, checked with nothing but
 * the space's descriptor; no store of users is asked, and an unknown issuer's word counts for nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "unit/evidence/tally_builder.h"

struct fixture {
	struct tb *b;
	struct hf_space *s; /* all that the checking node has */
	struct hf_fault f;
	Hufu__Statement *statement;
	Hufu__PersonCertificate *certificate;
};

static int setup(void **state)
{
	struct fixture *x = calloc(1, sizeof(*x));
	struct hf_sign_pub root;
	x->b = tb_new(3, 7);
	tb_root(x->b, &root);
	x->s = hf_space_new(&root);
	assert_int_equal(hf_space_extend(x->s, x->b->descriptor.data, x->b->descriptor.len, &x->f), HF_OK);
	*state = x;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *x = *state;
	hf_decoded_free(x->statement);
	hf_decoded_free(x->certificate);
	hf_space_free(x->s);
	tb_free(x->b);
	free(x);
	return 0;
}

static Hufu__SignedStatement *request(struct fixture *x)
{
	static const struct hf_hash digest;
	return tb_statement(x->b, TB_APPLICANT, "request", &x->b->negotiation, &x->b->application, 1, &digest, NULL, 0,
	                    "", 0);
}

static enum hf_err open_at_b(struct fixture *x, const Hufu__SignedStatement *st, const char *permission)
{
	x->f.text[0] = '\0';
	return hf_space_open_statement(x->s, st, permission, &x->statement, &x->certificate, &x->f);
}

static void a_user_of_another_node_is_known_by_its_assertion(void **state)
{
	struct fixture *x = *state;
	assert_int_equal(open_at_b(x, request(x), "apply"), HF_OK);
	assert_string_equal(x->certificate->account, "li.wei");
	assert_string_equal(x->certificate->header->issuer, "health");
	assert_string_equal(x->statement->account, "li.wei");
}

static void an_unknown_issuer_is_refused(void **state)
{
	struct fixture *x = *state;
	x->b->sb->name[SB_HEALTH] = "nowhere"; /* signs well, with a key of its own, and is no member */
	Hufu__SignedStatement *st = request(x);
	x->b->sb->name[SB_HEALTH] = "health";
	assert_int_equal(open_at_b(x, st, "apply"), HF_E_STRANGER);
	assert_non_null(strstr(x->f.text, "nowhere"));
	assert_null(x->statement);
}

static void an_assertion_with_another_nodes_key_is_refused(void **state)
{
	struct fixture *x = *state;
	struct hf_sign_key **keys = x->b->sb->key[SB_HEALTH], *own = keys[HF_KEY_ENVELOPE];
	keys[HF_KEY_ENVELOPE] = x->b->sb->key[SB_PORT][HF_KEY_ENVELOPE];
	Hufu__SignedStatement *st = request(x);
	keys[HF_KEY_ENVELOPE] = own;
	assert_int_equal(open_at_b(x, st, "apply"), HF_E_SIGNATURE);
}

/* The certificate is good, but not of whoever signed. */
static void a_statement_without_the_certified_key_is_refused(void **state)
{
	struct fixture *x = *state;
	Hufu__SignedStatement *st = request(x);
	struct hf_sign_key *own = x->b->person_key[TB_APPLICANT];
	x->b->person_key[TB_APPLICANT] = x->b->person_key[TB_APPROVER];
	Hufu__SignedStatement *forged = request(x);
	x->b->person_key[TB_APPLICANT] = own;
	forged->certificate = st->certificate;
	assert_int_equal(open_at_b(x, forged, "apply"), HF_E_SIGNATURE);
}

static void the_assertion_says_what_the_person_may_do_and_when(void **state)
{
	struct fixture *x = *state;
	assert_int_equal(open_at_b(x, request(x), "approve"), HF_E_PERMISSION);
	x->b->now = SB_T0 + 40 * TB_DAY;
	assert_int_equal(open_at_b(x, request(x), "apply"), HF_E_SIGNATURE);
	assert_non_null(strstr(x->f.text, "was not valid when"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup_teardown(a_user_of_another_node_is_known_by_its_assertion, setup, teardown),
	        cmocka_unit_test_setup_teardown(an_unknown_issuer_is_refused, setup, teardown),
	        cmocka_unit_test_setup_teardown(an_assertion_with_another_nodes_key_is_refused, setup, teardown),
	        cmocka_unit_test_setup_teardown(a_statement_without_the_certified_key_is_refused, setup, teardown),
	        cmocka_unit_test_setup_teardown(the_assertion_says_what_the_person_may_do_and_when, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
