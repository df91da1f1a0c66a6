/* login_test.c - logging in with one and two factors, lock-out, sessions, denials, and what persons sign. */
#include "crypto/base64.h"
#include "crypto/domains.h"
#include "crypto/password.h"
#include "evidence/envelope.h"
#include "unit/identity/people.h"

static void every_attempt_is_one_entry_and_five_failures_lock_with_one_alarm(void **state)
{
	struct people p;
	(void)state;
	people_start(&p);
	people_first(&p, "admin");
	assert_int_equal(people_login(&p, "nobody", "Wrong-Password-1").e, HF_E_CREDENTIAL);
	assert_int_equal(people_count(&p, HF_EVENT_LOGIN, "credential"), 1);
	for (int i = 0; i < 4; i++)
		assert_int_equal(people_login(&p, "admin", "Wrong-Password-1").e, HF_E_CREDENTIAL);
	assert_int_equal(people_login(&p, "admin", "Wrong-Password-1").e, HF_E_LOCKED);
	assert_int_equal(people_count(&p, HF_EVENT_LOGIN, NULL), 5);
	assert_int_equal(people_count(&p, HF_EVENT_LOCKED, NULL), 1);
	assert_int_equal(people_count(&p, HF_EVENT_ALARM, "account-locked"), 1);
	assert_int_equal(people_login(&p, "admin", GOOD_PASSWORD).e, HF_E_LOCKED); /* the right one does not help */
	assert_int_equal(people_count(&p, HF_EVENT_ALARM, NULL), 1);
	p.now_ms += 15 * 60 * 1000 + 1;
	assert_int_equal(people_login(&p, "admin", GOOD_PASSWORD).e, HF_OK);
	people_stop(&p);
}

/* While an account is locked, nobody learns whether a password is right: not by the words, and not by what the
 * attempt counts for. Who goes on trying keeps it locked. */
static void a_locked_account_answers_every_password_alike(void **state)
{
	struct people p;
	(void)state;
	people_start(&p);
	people_first(&p, "admin");
	for (int i = 0; i < 5; i++)
		(void)people_login(&p, "admin", "Wrong-Password-1");
	struct people_login wrong = people_login(&p, "admin", "Wrong-Password-2"),
	                    right = people_login(&p, "admin", GOOD_PASSWORD);
	assert_int_equal(wrong.e, HF_E_LOCKED);
	assert_int_equal(right.e, HF_E_LOCKED);
	assert_string_equal(wrong.fault.text, right.fault.text);
	p.now_ms += 14 * 60 * 1000;
	for (int i = 0; i < 3; i++) /* with the two above five */
		assert_string_equal(people_login(&p, "admin", GOOD_PASSWORD).fault.text, right.fault.text);
	assert_int_equal(people_count(&p, HF_EVENT_LOCKED, NULL), 2);
	assert_int_equal(people_count(&p, HF_EVENT_ALARM, "account-locked"), 2);
	p.now_ms += 2 * 60 * 1000; /* the first lock alone would be over */
	assert_int_equal(people_login(&p, "admin", GOOD_PASSWORD).e, HF_E_LOCKED);
	p.now_ms += 14 * 60 * 1000;
	assert_int_equal(people_login(&p, "admin", GOOD_PASSWORD).e, HF_OK);
	people_stop(&p);
}

static void the_name_tried_for_an_unknown_account_is_not_recorded(void **state)
{
	/* DS-94: people type passwords there */
	struct people p;
	(void)state;
	people_start(&p);
	people_login(&p, "my-secret-password", "x");
	fixture_settle(&p.f);
	for (size_t i = 0; i < p.entries; i++)
		assert_null(strstr(p.actor[i], "secret"));
	people_stop(&p);
}

static void concurrent_sessions_are_flagged(void **state)
{
	/* DS-79 */
	struct people p;
	(void)state;
	people_start(&p);
	people_first(&p, "admin");
	assert_false(people_login(&p, "admin", GOOD_PASSWORD).r.concurrent);
	assert_int_equal(people_count(&p, HF_EVENT_ALARM, "concurrent-sessions"), 0);
	struct people_login second = people_login(&p, "admin", GOOD_PASSWORD);
	assert_true(second.r.concurrent);
	assert_int_equal(people_count(&p, HF_EVENT_ALARM, "concurrent-sessions"), 1);
	hf_identity_end_sessions(p.id, "admin");
	second = people_login(&p, "admin", GOOD_PASSWORD);
	struct hf_login again = {"admin", GOOD_PASSWORD, "", "", "", "unix"};
	struct people_login third = {0};
	hf_identity_login_again(p.id, &again, second.r.token, people_logged_in, &third);
	fixture_run_until(&p.f, &third.done);
	assert_int_equal(third.e, HF_OK);
	assert_false(third.r.concurrent); /* in place of the former one */
	assert_int_equal(hf_identity_session_count(p.id, "admin"), 1);
	assert_int_equal(people_count(&p, HF_EVENT_ALARM, "concurrent-sessions"), 1);
	people_stop(&p);
}

static void sessions_end_idle_by_age_and_by_logout(void **state)
{
	struct people p;
	struct hf_actor a;
	(void)state;
	people_start(&p);
	people_first(&p, "admin");
	struct people_login l = people_login(&p, "admin", GOOD_PASSWORD);
	p.now_ms += 29 * 60000;
	assert_int_equal(hf_identity_session(p.id, l.r.token, "unix", &a), HF_OK);
	p.now_ms += 29 * 60000;
	assert_int_equal(hf_identity_session(p.id, l.r.token, "unix", &a), HF_OK);
	p.now_ms += 31 * 60000;
	assert_int_equal(hf_identity_session(p.id, l.r.token, "unix", &a), HF_E_NOT_LOGGED_IN);
	l = people_login(&p, "admin", GOOD_PASSWORD);
	for (int i = 0; i < 26; i++) {
		p.now_ms += 28 * 60000;
		if (hf_identity_session(p.id, l.r.token, "unix", &a) != HF_OK)
			break;
	}
	assert_int_equal(hf_identity_session(p.id, l.r.token, "unix", &a), HF_E_NOT_LOGGED_IN); /* 12 h */
	l = people_login(&p, "admin", GOOD_PASSWORD);
	hf_identity_logout(p.id, l.r.token);
	assert_int_equal(hf_identity_session(p.id, l.r.token, "unix", &a), HF_E_NOT_LOGGED_IN);
	assert_int_equal(hf_identity_session(p.id, NULL, "unix", &a), HF_E_NOT_LOGGED_IN);
	assert_int_equal(hf_identity_session(p.id, "short", "unix", &a), HF_E_NOT_LOGGED_IN);
	people_stop(&p);
}

/* The base32 text back to its bytes. */
static size_t secret_bytes(const char *text, uint8_t *out)
{
	uint32_t bits = 0, have = 0;
	size_t n = 0;
	for (; *text; text++) {
		uint32_t v = *text >= 'A' ? (uint32_t)(*text - 'A') : (uint32_t)(*text - '2' + 26);
		bits = bits << 5 | v;
		have += 5;
		if (have >= 8) {
			have -= 8;
			out[n++] = (uint8_t)(bits >> have);
		}
	}
	return n;
}

static const char *code_at(const uint8_t *secret, size_t len, int64_t now_ms, char out[16])
{
	snprintf(out, 16, "%06u", hf_totp_code(secret, len, now_ms / 1000));
	return out;
}

static void a_one_time_password_is_a_second_factor_and_good_once(void **state)
{
	/* DS-40, DS-77 */
	struct people p;
	struct hf_fault f;
	char token[65], text[HF_TOTP_TEXT], code[16];
	uint8_t secret[32];
	(void)state;
	people_start(&p);
	people_first(&p, "admin");
	people_person(&p, "wang", "operator", token);
	struct hf_actor a = people_actor(&p, token);
	assert_false(hf_actor_two_factors(&a));
	struct hf_unit *u = hf_unit_new();
	assert_int_equal(people_apply(&p, u, hf_account_totp_begin(p.id, &a, u, text, &f)), HF_OK);
	size_t len = secret_bytes(text, secret);
	assert_int_equal(len, 20);
	u = hf_unit_new();
	assert_int_equal(people_apply(&p, u, hf_account_totp_confirm(p.id, &a, u, "12345x", &f)), HF_E_ARGUMENT);
	u = hf_unit_new();
	assert_int_equal(
	        people_apply(&p, u, hf_account_totp_confirm(p.id, &a, u, code_at(secret, len, p.now_ms, code), &f)),
	        HF_OK);
	a = people_actor(&p, token);
	assert_true(hf_actor_two_factors(&a)); /* proven in this session */

	struct hf_login in = {"wang", NEXT_PASSWORD, code, "", "", "unix"};
	assert_int_equal(people_login_with(&p, &in).e, HF_E_CREDENTIAL); /* the code of the confirmation again */
	p.now_ms += 30000;
	code_at(secret, len, p.now_ms, code);
	struct people_login l = people_login_with(&p, &in);
	assert_int_equal(l.e, HF_OK);
	a = people_actor(&p, l.r.token);
	assert_true(hf_actor_two_factors(&a));
	assert_int_equal(people_login_with(&p, &in).e, HF_E_CREDENTIAL);

	/* one factor alone neither counts as two nor enrols another */
	l = people_login(&p, "wang", NEXT_PASSWORD);
	a = people_actor(&p, l.r.token);
	assert_false(hf_actor_two_factors(&a));
	u = hf_unit_new();
	assert_int_equal(people_apply(&p, u, hf_account_totp_begin(p.id, &a, u, text, &f)), HF_E_SECOND_FACTOR);
	people_stop(&p);
}

static void sign_challenge(const struct hf_sign_key *k, const char *account, const char *challenge, char out[96])
{
	char message[320];
	size_t len = 0;
	struct hf_sig sig;
	assert_true(hf_challenge_message("roads", account, challenge, message, sizeof(message), &len));
	assert_true(hf_sign(k, message, len, &sig));
	hf_base64(sig.b, sizeof(sig.b), out);
}

static void a_device_key_is_a_second_factor_and_a_challenge_is_good_once(void **state)
{
	/* DS-40: the certificate technique, an enrolled key that signs */
	struct people p;
	struct hf_fault f;
	char token[65], challenge[HF_CHALLENGE_TEXT], sig[96], pub_text[48];
	struct hf_sign_pub pub;
	(void)state;
	people_start(&p);
	people_first(&p, "admin");
	people_person(&p, "wang", "operator", token);
	struct hf_actor a = people_actor(&p, token);
	struct hf_sign_key *k = hf_sign_key_new(), *other = hf_sign_key_new();
	hf_sign_key_pub(k, &pub);
	hf_base64(pub.b, sizeof(pub.b), pub_text);

	hf_identity_challenge(p.id, "wang", challenge);
	sign_challenge(other, "wang", challenge, sig);
	struct hf_unit *u = hf_unit_new();
	assert_int_equal(people_apply(&p, u, hf_account_device_key(p.id, &a, u, pub_text, challenge, sig, &f)),
	                 HF_E_SIGNATURE);
	hf_identity_challenge(p.id, "wang", challenge);
	sign_challenge(k, "wang", challenge, sig);
	u = hf_unit_new();
	assert_int_equal(people_apply(&p, u, hf_account_device_key(p.id, &a, u, pub_text, challenge, sig, &f)), HF_OK);

	struct hf_login in = {"wang", NEXT_PASSWORD, "", sig, challenge, "unix"};
	assert_int_equal(people_login_with(&p, &in).e, HF_E_CREDENTIAL); /* spent */
	hf_identity_challenge(p.id, "admin", challenge);                 /* somebody else's */
	sign_challenge(k, "wang", challenge, sig);
	assert_int_equal(people_login_with(&p, &in).e, HF_E_CREDENTIAL);
	hf_identity_challenge(p.id, "wang", challenge);
	sign_challenge(k, "wang", challenge, sig);
	p.now_ms += 3 * 60000; /* too old */
	assert_int_equal(people_login_with(&p, &in).e, HF_E_CREDENTIAL);
	hf_identity_challenge(p.id, "wang", challenge);
	sign_challenge(k, "wang", challenge, sig);
	struct people_login l = people_login_with(&p, &in);
	assert_int_equal(l.e, HF_OK);
	a = people_actor(&p, l.r.token);
	assert_true(hf_actor_two_factors(&a));
	hf_sign_key_free(k);
	hf_sign_key_free(other);
	people_stop(&p);
}

static void what_is_beyond_the_post_alarms_at_once_and_locks_when_it_goes_on(void **state)
{
	/* DS-16, DS-21, DS-81 */
	struct people p;
	struct hf_actor a;
	char token[65];
	(void)state;
	people_start(&p);
	people_first(&p, "admin");
	people_person(&p, "wang", "operator", token);
	hf_identity_denied(p.id, "wang", "/v1/users", HF_E_PERMISSION);
	assert_int_equal(people_count(&p, HF_EVENT_ALARM, "access-denied"), 1);
	for (int i = 0; i < 19; i++)
		hf_identity_denied(p.id, "wang", "/v1/users", HF_E_PERMISSION);
	assert_int_equal(people_count(&p, HF_EVENT_ALARM, "denial-rate"), 1);
	assert_int_equal(people_count(&p, HF_EVENT_LOCKED, NULL), 1);
	assert_int_equal(hf_identity_session(p.id, token, "unix", &a), HF_E_NOT_LOGGED_IN);
	assert_int_equal(people_login(&p, "wang", NEXT_PASSWORD).e, HF_E_LOCKED);
	p.now_ms += 16 * 60000;
	assert_int_equal(people_login(&p, "wang", NEXT_PASSWORD).e, HF_OK);
	for (int i = 0; i < 19; i++) { /* spread over time they do not lock */
		p.now_ms += 60001;
		hf_identity_denied(p.id, "wang", "/v1/users", HF_E_PERMISSION);
	}
	assert_int_equal(people_count(&p, HF_EVENT_LOCKED, NULL), 1);
	people_stop(&p);
}

static void open_statement(struct people *p, const struct hf_buf *bytes, Hufu__SignedStatement **ret_st,
                           Hufu__Statement **ret_s, Hufu__PersonCertificate **ret_c)
{
	struct hf_sign_pub node, person;
	Hufu__SignedStatement *st = HF_DECODE(signed_statement, bytes->data, bytes->len);
	assert_non_null(st);
	hf_sign_key_pub(p->keys.envelope, &node);
	assert_true(hf_envelope_verify(st->certificate, HF_TYPE_PERSON_CERT, "roads", &node));
	Hufu__PersonCertificate *c =
	        HF_DECODE(person_certificate, st->certificate->payload.data, st->certificate->payload.len);
	assert_non_null(c);
	memcpy(person.b, c->public_key.data, 32);
	assert_true(hf_envelope_verify(st->statement, HF_TYPE_STATEMENT, "roads/wang", &person));
	Hufu__Statement *s = HF_DECODE(statement, st->statement->payload.data, st->statement->payload.len);
	assert_non_null(s);
	*ret_st = st;
	*ret_s = s;
	*ret_c = c;
}

static void fill(Hufu__Statement *s, const char *kind, struct hf_id *object)
{
	hufu__statement__init(s);
	s->kind = (char *)kind;
	s->object = (ProtobufCBinaryData){sizeof(object->b), object->b};
	s->revision = 1;
}

static void a_person_signs_with_a_key_that_the_node_certifies(void **state)
{
	struct people p;
	struct hf_fault f = {HF_OK, ""};
	char token[65];
	struct hf_buf out = HF_BUF_INIT;
	struct hf_id txn = hf_id_new(1), object = hf_id_new(2);
	Hufu__Statement st;
	Hufu__SignedStatement *signed_st = NULL;
	Hufu__Statement *s = NULL;
	Hufu__PersonCertificate *c = NULL;
	(void)state;
	people_start(&p);
	people_first(&p, "admin");
	people_person(&p, "wang", "operator", token);
	struct hf_actor a = people_actor(&p, token);

	fill(&st, "request", &object);
	assert_int_equal(hf_identity_sign(p.id, &a, &st, &txn, &out, &f), HF_OK);
	open_statement(&p, &out, &signed_st, &s, &c);
	assert_string_equal(s->kind, "request");
	assert_string_equal(s->account, "wang");
	assert_string_equal(s->header->issuer, "roads");
	assert_string_equal(s->header->space, "roads.example");
	assert_memory_equal(s->header->transaction.data, txn.b, 16);
	assert_string_equal(c->account, "wang");
	assert_int_equal(c->real_name_ref.len, 32);
	assert_int_equal(c->n_methods, 1);
	assert_string_equal(c->methods[0], "password");
	assert_true(c->not_before_ms <= s->header->time_ms && s->header->time_ms < c->not_after_ms);
	uint8_t salted[64];
	struct hf_hash ref;
	hf_account_real_name_salt(p.id, "HR-0002", salted); /* the auditor opens the reference */
	hf_sha256_2(salted, 16, "HR-0002", 7, &ref);
	assert_memory_equal(c->real_name_ref.data, ref.b, 32);

	/* a kind that the post does not have */
	fill(&st, "decision", &object);
	assert_int_equal(hf_identity_sign(p.id, &a, &st, &txn, &out, &f), HF_E_PERMISSION);
	fill(&st, "whatever", &object);
	assert_int_equal(hf_identity_sign(p.id, &a, &st, &txn, &out, &f), HF_E_ARGUMENT);

	/* the same key after another login; another one after a reset, which only the person unlocks */
	uint8_t before[32], after[32];
	memcpy(before, c->public_key.data, 32);
	hf_decoded_free(signed_st);
	hf_decoded_free(s);
	hf_decoded_free(c);
	hf_identity_end_sessions(p.id, "wang");
	fill(&st, "request", &object);
	assert_int_equal(hf_identity_sign(p.id, &a, &st, &txn, &out, &f), HF_E_NOT_LOGGED_IN);
	struct people_login l = people_login(&p, "wang", NEXT_PASSWORD);
	a = people_actor(&p, l.r.token);
	assert_int_equal(hf_identity_sign(p.id, &a, &st, &txn, &out, &f), HF_OK);
	open_statement(&p, &out, &signed_st, &s, &c);
	memcpy(after, c->public_key.data, 32);
	assert_memory_equal(before, after, 32);
	hf_decoded_free(signed_st);
	hf_decoded_free(s);
	hf_decoded_free(c);

	struct people_login admin = people_login(&p, "admin", GOOD_PASSWORD);
	struct hf_actor boss = people_actor(&p, admin.r.token);
	struct people_end end = people_begin(&p);
	hf_account_reset(p.id, &boss, end.unit, "wang", "Reset-By-Admin-5", people_ended, &end);
	assert_int_equal(people_wait(&end), HF_OK);
	assert_int_equal(hf_identity_session_count(p.id, "wang"), 0);
	l = people_login(&p, "wang", "Reset-By-Admin-5");
	a = people_actor(&p, l.r.token);
	assert_int_equal(hf_identity_sign(p.id, &a, &st, &txn, &out, &f),
	                 HF_E_PERMISSION); /* one-time password signs nothing */
	assert_int_equal(people_password(&p, l.r.token, "Reset-By-Admin-5", "Own-Again-Word-6"), HF_OK);
	a = people_actor(&p, l.r.token);
	assert_int_equal(hf_identity_sign(p.id, &a, &st, &txn, &out, &f), HF_OK);
	open_statement(&p, &out, &signed_st, &s, &c);
	assert_memory_not_equal(before, c->public_key.data, 32);
	hf_decoded_free(signed_st);
	hf_decoded_free(s);
	hf_decoded_free(c);
	hf_buf_done(&out);
	people_stop(&p);
}

static void closing_while_somebody_logs_in_ends_his_attempt(void **state)
{
	struct people p;
	struct people_login l = {0};
	struct hf_login in = {"admin", GOOD_PASSWORD, "", "", "", "unix"};
	(void)state;
	people_start(&p);
	people_first(&p, "admin");
	hf_identity_login(p.id, &in, people_logged_in, &l);
	hf_identity_close(p.id);
	fixture_run_until(&p.f, &l.done);
	assert_int_equal(l.e, HF_E_CANCELLED);
	fixture_stop(&p.f);
	hf_node_keys_done(&p.keys);
	uv_mutex_destroy(&p.mutex);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(every_attempt_is_one_entry_and_five_failures_lock_with_one_alarm),
	        cmocka_unit_test(a_locked_account_answers_every_password_alike),
	        cmocka_unit_test(the_name_tried_for_an_unknown_account_is_not_recorded),
	        cmocka_unit_test(concurrent_sessions_are_flagged),
	        cmocka_unit_test(sessions_end_idle_by_age_and_by_logout),
	        cmocka_unit_test(a_one_time_password_is_a_second_factor_and_good_once),
	        cmocka_unit_test(a_device_key_is_a_second_factor_and_a_challenge_is_good_once),
	        cmocka_unit_test(what_is_beyond_the_post_alarms_at_once_and_locks_when_it_goes_on),
	        cmocka_unit_test(a_person_signs_with_a_key_that_the_node_certifies),
	        cmocka_unit_test(closing_while_somebody_logs_in_ends_his_attempt),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
