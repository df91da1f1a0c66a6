/* stepup_test.c - does what happened to an account make its sessions authenticate again, and does that end it (DS-47)?
 */
#include "crypto/password.h"
#include "unit/identity/people.h"

#define DRAIN_MS ((int64_t)5 * 60 * 1000) /* for the whole threshold */

static enum hf_err use(struct people *p, const char *token, const char *address)
{
	struct hf_actor a;
	return hf_identity_session(p->id, token, address, &a);
}

static void denied(struct people *p, const char *account, unsigned times)
{
	for (unsigned i = 0; i < times; i++)
		hf_identity_denied(p->id, account, "/v1/users", HF_E_PERMISSION);
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

/* A one-time password as second factor of the session's account; secret gets its bytes in base32. */
static void enrol(struct people *p, const char *token, char secret[HF_TOTP_TEXT])
{
	struct hf_fault f;
	struct hf_actor a = people_actor(p, token);
	struct hf_unit *u = hf_unit_new();
	uint8_t raw[64];
	char code[16];
	assert_int_equal(people_apply(p, u, hf_account_totp_begin(p->id, &a, u, secret, &f)), HF_OK);
	code_at(raw, secret_bytes(secret, raw), p->now_ms, code);
	a = people_actor(p, token);
	u = hf_unit_new();
	assert_int_equal(people_apply(p, u, hf_account_totp_confirm(p->id, &a, u, code, &f)), HF_OK);
}

static struct people_login login_twice(struct people *p, const char *account, const char *secret)
{
	uint8_t raw[64];
	char code[16];
	p->now_ms += 31000; /* a code is good once */
	code_at(raw, secret_bytes(secret, raw), p->now_ms, code);
	struct hf_login in = {account, NEXT_PASSWORD, code, "", "", "unix"};
	return people_login_with(p, &in);
}

static void start(struct people *p, char token[65], char secret[HF_TOTP_TEXT])
{
	people_start(p);
	people_first(p, "admin");
	people_person(p, "wang", "operator", token);
	enrol(p, token, secret);
}

/* DS-47: a raised risk score forces step-up authentication: no password alone, the second factor ends it. */
static void refused_commands_demand_the_second_factor(void **state)
{
	struct people p;
	char token[65], secret[HF_TOTP_TEXT], names[100];
	(void)state;
	start(&p, token, secret);
	denied(&p, "wang", 9);
	assert_int_equal(use(&p, token, "unix"), HF_OK);
	denied(&p, "wang", 1);
	assert_int_equal(use(&p, token, "unix"), HF_E_STEP_UP);
	assert_int_equal(people_count(&p, HF_EVENT_STEP_UP, "step-up"), 1);
	assert_int_equal(hf_metrics_get(p.f.base.metrics, "account_step_ups_total"), 1);
	assert_int_equal(hf_identity_step_ups(p.id, names, sizeof(names)), 1);
	assert_string_equal(names, "wang");
	struct people_login one = people_login(&p, "wang", NEXT_PASSWORD);
	assert_int_equal(one.e, HF_OK);
	assert_int_equal(use(&p, one.r.token, "unix"), HF_E_STEP_UP);
	struct people_login two = login_twice(&p, "wang", secret);
	assert_int_equal(two.e, HF_OK);
	assert_int_equal(use(&p, two.r.token, "unix"), HF_OK);
	assert_int_equal(use(&p, token, "unix"), HF_E_STEP_UP); /* the old one never again */
	people_stop(&p);
}

/* DS-47: failed logins raise the score of the account's open sessions. */
static void failed_logins_demand_the_second_factor(void **state)
{
	struct people p;
	char token[65], secret[HF_TOTP_TEXT];
	(void)state;
	start(&p, token, secret);
	for (unsigned i = 0; i < 4; i++) { /* the fifth would lock */
		assert_int_equal(use(&p, token, "unix"), HF_OK);
		assert_int_equal(people_login(&p, "wang", "Wrong-Password-1").e, HF_E_CREDENTIAL);
	}
	assert_int_equal(use(&p, token, "unix"), HF_E_STEP_UP);
	people_stop(&p);
}

/* DS-47: so does a session that is suddenly used from elsewhere, at once. */
static void another_address_demands_the_second_factor(void **state)
{
	struct people p;
	char token[65], secret[HF_TOTP_TEXT];
	(void)state;
	start(&p, token, secret);
	assert_int_equal(use(&p, token, "unix"), HF_OK);
	assert_int_equal(use(&p, token, "192.0.2.9"), HF_E_STEP_UP);
	assert_int_equal(use(&p, token, "unix"), HF_E_STEP_UP);
	people_stop(&p);
}

static void what_is_long_ago_counts_no_more(void **state)
{
	struct people p;
	char token[65], secret[HF_TOTP_TEXT];
	(void)state;
	start(&p, token, secret);
	denied(&p, "wang", 9);
	p.now_ms += DRAIN_MS;
	denied(&p, "wang", 9);
	assert_int_equal(use(&p, token, "unix"), HF_OK);
	people_stop(&p);
}

/* An account without a second factor authenticates again with what it has; others are not touched. */
static void without_a_second_factor_the_login_is_repeated(void **state)
{
	struct people p;
	char token[65];
	(void)state;
	people_start(&p);
	people_first(&p, "admin");
	people_person(&p, "wang", "operator", token);
	struct people_login admin = people_login(&p, "admin", GOOD_PASSWORD);
	denied(&p, "wang", 10);
	assert_int_equal(use(&p, token, "unix"), HF_E_STEP_UP);
	assert_int_equal(use(&p, admin.r.token, "unix"), HF_OK);
	struct people_login again = people_login(&p, "wang", NEXT_PASSWORD);
	assert_int_equal(use(&p, again.r.token, "unix"), HF_OK);
	people_stop(&p);
}

/* Commands that are refused only because the step-up is due raise no alarm each; the lock still comes (DS-16). */
static void refusals_of_a_session_that_must_step_up_are_not_alarmed_one_by_one(void **state)
{
	struct people p;
	char token[65], secret[HF_TOTP_TEXT];
	(void)state;
	start(&p, token, secret);
	denied(&p, "wang", 10);
	size_t alarms = people_count(&p, HF_EVENT_ALARM, "access-denied");
	for (unsigned i = 0; i < 10; i++)
		hf_identity_denied(p.id, "wang", "/v1/status", HF_E_STEP_UP);
	assert_int_equal(people_count(&p, HF_EVENT_ALARM, "access-denied"), alarms);
	assert_int_equal(people_count(&p, HF_EVENT_ALARM, "denial-rate"), 1);
	assert_int_equal(use(&p, token, "unix"), HF_E_NOT_LOGGED_IN);
	people_stop(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(refused_commands_demand_the_second_factor),
	        cmocka_unit_test(failed_logins_demand_the_second_factor),
	        cmocka_unit_test(another_address_demands_the_second_factor),
	        cmocka_unit_test(what_is_long_ago_counts_no_more),
	        cmocka_unit_test(without_a_second_factor_the_login_is_repeated),
	        cmocka_unit_test(refusals_of_a_session_that_must_step_up_are_not_alarmed_one_by_one),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
