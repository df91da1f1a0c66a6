/* accounts_test.c - accounts from the first one to deregistration; passwords; roles; groups. */
#include "unit/identity/people.h"

static enum hf_err add(struct people *p, const struct hf_account_new *in, struct hf_fault *f)
{
	struct people_end end = people_begin(p);
	hf_account_add(p->id, end.unit, in, people_ended, &end);
	enum hf_err e = people_wait(&end);
	*f = end.fault;
	return e;
}

static void first_account_is_opened_once_by_the_token_and_administers_only(void **state)
{
	/* DS-78: no all-powerful account after set-up; the administrator cannot read data. */
	struct people p;
	char path[128], token[65];
	struct stat st;
	(void)state;
	people_start(&p);
	assert_true(hf_identity_first_needed(p.id));
	snprintf(path, sizeof(path), "%s/run/first-user.token", p.f.dir);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	people_token(&p, token);

	struct people_end wrong = people_begin(&p);
	struct hf_account_new in = {"li.wei", "李伟", "HR-0001", "", NULL, 0, GOOD_PASSWORD};
	hf_account_first(p.id, wrong.unit, "0000", &in, people_ended, &wrong);
	assert_int_equal(people_wait(&wrong), HF_E_CREDENTIAL);

	people_first(&p, "li.wei");
	assert_false(hf_identity_first_needed(p.id));
	assert_int_equal(stat(path, &st), -1);
	struct people_end again = people_begin(&p);
	in.name = "second";
	hf_account_first(p.id, again.unit, token, &in, people_ended, &again);
	assert_int_equal(people_wait(&again), HF_E_STATE);

	struct people_login l = people_login(&p, "li.wei", GOOD_PASSWORD);
	assert_int_equal(l.e, HF_OK);
	struct hf_actor a = people_actor(&p, l.r.token);
	assert_true(hf_actor_may(&a, HF_MAY_MANAGE_USERS));
	assert_false(hf_actor_may(&a, HF_MAY_SEARCH));
	assert_false(hf_actor_may(&a, HF_MAY_FETCH));
	assert_false(hf_actor_may(&a, HF_MAY_AUDIT_READ));
	assert_string_equal(a.principal, "roads");
	people_stop(&p);
}

static void weak_passwords_are_refused(void **state)
{
	/* DS-76 */
	(void)state;
	assert_non_null(hf_password_weakness("wei", "Short-1a"));
	assert_non_null(hf_password_weakness("wei", "onlysmallletters"));
	assert_non_null(hf_password_weakness("wei", "small-letters-only")); /* two classes */
	assert_non_null(hf_password_weakness("wei", "My-name-Wei-is-in-it-7"));
	assert_non_null(hf_password_weakness("wei", "Aa1!Aa1!Aa1!"));
	assert_non_null(hf_password_weakness("wei", "Line-break-7\nafter"));
	assert_null(hf_password_weakness("wei", GOOD_PASSWORD));
	assert_null(hf_password_weakness("wei", "twenty small letters in a row"));
	assert_null(hf_password_weakness("wei", "一马当先二龙戏珠三阳开泰四海为家五湖四海"));
}

static void an_expired_password_allows_nothing_but_a_new_one(void **state)
{
	/* DS-76: lifetime and history */
	struct people p;
	char token[65];
	(void)state;
	people_start(&p);
	people_first(&p, "admin");
	people_person(&p, "wang", "operator", token);
	p.now_ms += 60 * DAY;
	struct people_login l = people_login(&p, "wang", NEXT_PASSWORD);
	assert_int_equal(l.e, HF_OK);
	assert_false(l.r.password_expired);
	p.now_ms += 31 * DAY;
	l = people_login(&p, "wang", NEXT_PASSWORD);
	assert_int_equal(l.e, HF_OK);
	assert_true(l.r.password_expired);
	struct hf_actor a = people_actor(&p, l.r.token);
	assert_int_equal(a.permissions, 0);
	assert_int_equal(people_password(&p, l.r.token, NEXT_PASSWORD, NEXT_PASSWORD), HF_E_ARGUMENT);
	assert_int_equal(people_password(&p, l.r.token, NEXT_PASSWORD, GOOD_PASSWORD), HF_E_ARGUMENT);
	assert_int_equal(people_password(&p, l.r.token, "wrong-Password-1", "Third-Password-9"), HF_E_CREDENTIAL);
	assert_int_equal(people_password(&p, l.r.token, NEXT_PASSWORD, "Third-Password-9"), HF_OK);
	a = people_actor(&p, l.r.token);
	assert_true(hf_actor_may(&a, HF_MAY_APPLY));
	people_stop(&p);
}

static void an_account_without_a_person_cannot_be_activated(void **state)
{
	/* DS-80 */
	struct people p;
	struct hf_fault f;
	const char *role = "operator";
	(void)state;
	people_start(&p);
	people_first(&p, "admin");
	struct people_login l = people_login(&p, "admin", GOOD_PASSWORD);
	struct hf_actor admin = people_actor(&p, l.r.token);
	struct hf_account_new in = {"zhao", "赵敏", "", "", &role, 1, GOOD_PASSWORD};
	assert_int_equal(add(&p, &in, &f), HF_OK);
	assert_int_equal(people_login(&p, "zhao", GOOD_PASSWORD).e, HF_E_STATE);
	struct hf_unit *u = hf_unit_new();
	assert_int_equal(people_apply(&p, u, hf_account_enable(p.id, &admin, u, "zhao", &f)), HF_E_STATE);
	assert_non_null(strstr(f.text, "real-name reference"));
	u = hf_unit_new();
	struct hf_account_change c = {NULL, "HR-0077", NULL};
	assert_int_equal(people_apply(&p, u, hf_account_edit(p.id, u, "zhao", &c, &f)), HF_OK);
	assert_int_equal(people_login(&p, "zhao", GOOD_PASSWORD).e, HF_OK);
	people_stop(&p);
}

static void roles_of_different_groups_exclude_each_other(void **state)
{
	/* DS-13: no account holds two of administration, operation, audit; AZ-17: privacy expert and approver. */
	char text[300];
	const char *pairs[][2] = {{"admin", "operator"},          {"admin", "auditor"},     {"operator", "auditor"},
	                          {"operator", "data-authority"}, {"operator", "approver"}, {"intake", "approver"},
	                          {"privacy-expert", "approver"}, {"operator", "intake"}};
	(void)state;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		assert_non_null(hf_roles_conflict(pairs[i], 2, text, sizeof(text)));
		assert_non_null(strstr(text, pairs[i][0]));
		assert_non_null(strstr(text, pairs[i][1]));
	}
	const char *good[] = {"data-authority", "intake"};
	assert_null(hf_roles_conflict(good, 2, text, sizeof(text)));
	const char *unknown[] = {"root"};
	assert_non_null(hf_roles_conflict(unknown, 1, text, sizeof(text)));
	for (const struct hf_role *r = hf_roles; r->name; r++) /* no single role breaks the table itself */
		for (unsigned i = 0; i < hf_exclusion_count; i++)
			assert_false((r->permissions & HF_BIT(hf_exclusions[i].a)) &&
			             (r->permissions & HF_BIT(hf_exclusions[i].b)));
}

/* MK-60: masking operator, security administrator and audit administrator are three accounts. */
static void the_three_roles_of_masking_are_separate(void **state)
{
	static const char *const three[] = {"masking-operator", "security-administrator", "audit-administrator"};
	const struct hf_role *security = hf_role_find(three[1]), *audit = hf_role_find(three[2]);
	char text[300];
	(void)state;
	for (unsigned i = 0; i < 3; i++)
		for (unsigned j = 0; j < 3; j++) {
			const char *pair[] = {three[i], three[j]};
			assert_true((hf_roles_conflict(pair, 2, text, sizeof(text)) != NULL) == (i != j));
		}
	/* MK-62, MK-64: who runs masking changes none of its policy, who audits it changes nothing. */
	for (const struct hf_role *r = hf_roles; r->name; r++)
		assert_true(!(r->permissions & HF_BIT(HF_MAY_MASK_POLICY)) || r == security);
	assert_int_equal(audit->permissions,
	                 HF_BIT(HF_MAY_AUDIT_READ) | HF_BIT(HF_MAY_AUDIT_EXPORT) | HF_BIT(HF_MAY_STATUS));
}

static void nobody_changes_his_own_roles(void **state)
{
	struct people p;
	struct hf_fault f;
	const char *operator[] = {"operator"};
	(void)state;
	people_start(&p);
	people_first(&p, "admin");
	struct people_login l = people_login(&p, "admin", GOOD_PASSWORD);
	struct hf_actor admin = people_actor(&p, l.r.token);
	struct hf_unit *u = hf_unit_new();
	assert_int_equal(people_apply(&p, u, hf_account_roles(p.id, &admin, u, "admin", operator, 1, &f)),
	                 HF_E_SEPARATION);
	u = hf_unit_new();
	assert_int_equal(people_apply(&p, u, hf_account_disable(p.id, &admin, u, "admin", "why", &f)), HF_E_SEPARATION);
	u = hf_unit_new();
	assert_int_equal(people_apply(&p, u, hf_account_remove(p.id, &admin, u, "admin", "why", &f)), HF_E_SEPARATION);
	people_stop(&p);
}

static void a_right_acts_on_the_next_request_of_an_open_session(void **state)
{
	/* DS-17 */
	struct people p;
	struct hf_fault f;
	char token[65];
	const char *publisher[] = {"publisher"};
	(void)state;
	people_start(&p);
	people_first(&p, "admin");
	struct people_login l = people_login(&p, "admin", GOOD_PASSWORD);
	struct hf_actor admin = people_actor(&p, l.r.token);
	people_person(&p, "wang", "operator", token);
	struct hf_actor a = people_actor(&p, token);
	assert_true(hf_actor_may(&a, HF_MAY_APPLY));
	struct hf_unit *u = hf_unit_new();
	assert_int_equal(hf_account_roles(p.id, &admin, u, "wang", publisher, 1, &f), HF_OK);
	hf_store_submit(p.f.store, u, NULL, NULL);
	a = people_actor(&p, token); /* the very next one, before the commit is even durable */
	assert_false(hf_actor_may(&a, HF_MAY_APPLY));
	assert_true(hf_actor_may(&a, HF_MAY_PUBLISH));
	people_stop(&p);
}

static void deregistering_once_ends_all_sessions_and_rights(void **state)
{
	/* DS-15 */
	struct people p;
	struct hf_fault f;
	struct hf_actor gone;
	char token[65];
	(void)state;
	people_start(&p);
	people_first(&p, "admin");
	struct people_login l = people_login(&p, "admin", GOOD_PASSWORD);
	struct hf_actor admin = people_actor(&p, l.r.token);
	people_person(&p, "wang", "operator", token);
	struct people_login second = people_login(&p, "wang", NEXT_PASSWORD);
	assert_int_equal(hf_identity_session_count(p.id, "wang"), 2);
	struct hf_unit *u = hf_unit_new();
	assert_int_equal(people_apply(&p, u, hf_account_remove(p.id, &admin, u, "wang", "left", &f)), HF_OK);
	assert_int_equal(hf_identity_session_count(p.id, "wang"), 0);
	assert_int_equal(hf_identity_session(p.id, token, "unix", &gone), HF_E_NOT_LOGGED_IN);
	assert_int_equal(hf_identity_session(p.id, second.r.token, "unix", &gone), HF_E_NOT_LOGGED_IN);
	assert_int_equal(people_login(&p, "wang", NEXT_PASSWORD).e, HF_E_CREDENTIAL);
	const char *role = "operator";
	struct hf_account_new in = {"wang", "王芳", "HR-9", "", &role, 1, GOOD_PASSWORD};
	assert_int_equal(add(&p, &in, &f), HF_E_EXISTS); /* a name is never given twice */
	people_stop(&p);
}

static void a_group_is_managed_as_a_whole(void **state)
{
	/* DS-18 */
	struct people p;
	struct hf_fault f;
	char one[65], two[65], other[65];
	(void)state;
	people_start(&p);
	people_first(&p, "admin");
	struct people_login l = people_login(&p, "admin", GOOD_PASSWORD);
	struct hf_actor admin = people_actor(&p, l.r.token);
	people_person(&p, "wang", "operator", one);
	people_person(&p, "zhang", "publisher", two);
	people_person(&p, "chen", "intake", other);
	struct hf_unit *u = hf_unit_new();
	assert_int_equal(people_apply(&p, u, hf_group_add(p.id, u, "night-shift", &f)), HF_OK);
	const char *members[] = {"wang", "zhang"};
	for (size_t i = 0; i < 2; i++) {
		u = hf_unit_new();
		assert_int_equal(
		        people_apply(&p, u, hf_group_member(p.id, &admin, u, "night-shift", members[i], true, &f)),
		        HF_OK);
	}
	/* refused as a whole when one member may not have it */
	u = hf_unit_new();
	assert_int_equal(people_apply(&p, u, hf_group_role(p.id, &admin, u, "night-shift", "approver", true, &f)),
	                 HF_E_SEPARATION);
	assert_non_null(strstr(f.text, "wang"));
	struct hf_actor a = people_actor(&p, two);
	assert_false(hf_actor_may(&a, HF_MAY_APPROVE));

	u = hf_unit_new();
	assert_int_equal(people_apply(&p, u, hf_group_role(p.id, &admin, u, "night-shift", "publisher", true, &f)),
	                 HF_OK);
	a = people_actor(&p, one);
	assert_true(hf_actor_may(&a, HF_MAY_PUBLISH));
	u = hf_unit_new();
	assert_int_equal(people_apply(&p, u, hf_group_role(p.id, &admin, u, "night-shift", "operator", true, &f)),
	                 HF_OK);
	a = people_actor(&p, two);
	assert_true(hf_actor_may(&a, HF_MAY_APPLY));
	/* who enters gets what it has, unless it excludes what he has */
	u = hf_unit_new();
	assert_int_equal(people_apply(&p, u, hf_group_member(p.id, &admin, u, "night-shift", "chen", true, &f)),
	                 HF_E_SEPARATION);

	u = hf_unit_new();
	assert_int_equal(people_apply(&p, u, hf_group_role(p.id, &admin, u, "night-shift", "operator", false, &f)),
	                 HF_OK);
	a = people_actor(&p, two);
	assert_false(hf_actor_may(&a, HF_MAY_APPLY));
	u = hf_unit_new();
	assert_int_equal(people_apply(&p, u, hf_group_remove(p.id, &admin, u, "night-shift", &f)), HF_OK);
	a = people_actor(&p, one);
	assert_false(hf_actor_may(&a, HF_MAY_PUBLISH));
	assert_true(hf_actor_may(&a, HF_MAY_APPLY));
	people_stop(&p);
}

static void an_unused_account_is_disabled_by_itself(void **state)
{
	/* DS-79 */
	struct people p;
	struct hf_actor gone;
	char token[65];
	(void)state;
	people_start(&p);
	people_first(&p, "admin");
	people_person(&p, "wang", "operator", token);
	p.now_ms += 89 * DAY;
	assert_int_equal(people_login(&p, "admin", GOOD_PASSWORD).e, HF_OK);
	p.now_ms += 2 * DAY;
	hf_identity_sweep(p.id);
	fixture_settle(&p.f);
	assert_int_equal(hf_identity_session(p.id, token, "unix", &gone), HF_E_NOT_LOGGED_IN);
	assert_int_equal(people_login(&p, "wang", NEXT_PASSWORD).e, HF_E_STATE);
	assert_int_equal(people_login(&p, "admin", GOOD_PASSWORD).e, HF_OK);
	people_stop(&p);
}

/* DS-79: after half a year without anybody, as when an old backup is restored, one can still let the others in again.
 */
static void the_administrator_who_came_last_is_not_disabled_for_disuse(void **state)
{
	struct people p;
	char token[65];

	(void)state;
	people_start(&p);
	people_first(&p, "admin");
	people_person(&p, "deputy", "admin", token);
	people_person(&p, "wang", "operator", token);
	p.now_ms += DAY;
	assert_int_equal(people_login(&p, "deputy", NEXT_PASSWORD).e, HF_OK);
	p.now_ms += DAY;
	assert_int_equal(people_login(&p, "wang", NEXT_PASSWORD).e, HF_OK);
	p.now_ms += 190 * DAY;
	for (int i = 0; i < 2; i++) {
		hf_identity_sweep(p.id);
		fixture_settle(&p.f);
	}
	assert_int_equal(people_login(&p, "admin", GOOD_PASSWORD).e, HF_E_STATE);
	assert_int_equal(people_login(&p, "wang", NEXT_PASSWORD).e, HF_E_STATE);
	assert_int_equal(people_login(&p, "deputy", NEXT_PASSWORD).e, HF_OK);
	people_stop(&p);
}

static void a_department_is_a_principal_of_its_own(void **state)
{
	/* SB-3 */
	struct people p;
	struct hf_fault f;
	const char *role = "operator";
	(void)state;
	people_start(&p);
	people_first(&p, "admin");
	struct hf_account_new in = {"sun", "孙丽", "HR-5", "highways", &role, 1, GOOD_PASSWORD};
	assert_int_equal(add(&p, &in, &f), HF_OK);
	struct people_login l = people_login(&p, "sun", GOOD_PASSWORD);
	struct hf_actor a = people_actor(&p, l.r.token);
	assert_string_equal(a.department, "highways");
	assert_string_equal(a.principal, "roads/highways");
	people_stop(&p);
}

static void only_registered_systems_are_known(void **state)
{
	/* AZ-7, AZ-25 */
	struct people p;
	struct hf_fault f;
	struct hf_system_view v;
	(void)state;
	people_start(&p);
	assert_int_equal(hf_identity_system(p.id, "planning", &v), HF_E_UNKNOWN);
	struct hf_system_view in = {"planning", "highways", "10.1.2.3", "路网规划", true};
	struct hf_unit *u = hf_unit_new();
	assert_int_equal(people_apply(&p, u, hf_system_put(p.id, u, &in, &f)), HF_OK);
	u = hf_unit_new();
	assert_int_equal(people_apply(&p, u, hf_system_put(p.id, u, &in, &f)), HF_E_EXISTS);
	assert_int_equal(hf_identity_system(p.id, "planning", &v), HF_OK);
	assert_true(v.enabled);
	assert_string_equal(v.business, "路网规划");
	u = hf_unit_new();
	assert_int_equal(people_apply(&p, u, hf_system_enable(p.id, u, "planning", false, &f)), HF_OK);
	assert_int_equal(hf_identity_system(p.id, "planning", &v), HF_OK);
	assert_false(v.enabled);
	assert_int_equal(hf_identity_system(p.id, "../planning", &v), HF_E_UNKNOWN);
	people_stop(&p);
}

static void rows_at_rest_are_sealed_to_their_name(void **state)
{
	struct people p;
	struct hf_buf box = HF_BUF_INIT;
	Hufu__AccountRow *row = NULL;
	(void)state;
	people_start(&p);
	people_first(&p, "admin");
	assert_int_equal(hf_store_get(p.f.store, HF_TABLE_ACCOUNT, "admin", 5, &box), HF_OK);
	assert_null(memmem(box.data, box.len, "HR-0001", 7));
	assert_null(memmem(box.data, box.len, "$argon2", 7));
	struct hf_unit *u = hf_unit_new(); /* the row of one account under the name of another */
	hf_unit_put(u, HF_TABLE_ACCOUNT, "other", 5, box.data, box.len);
	assert_int_equal(people_apply(&p, u, HF_OK), HF_OK);
	assert_int_equal(hf_account_get(p.id, "other", &row), HF_E_STORE);
	hf_buf_done(&box);
	people_stop(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(first_account_is_opened_once_by_the_token_and_administers_only),
	        cmocka_unit_test(weak_passwords_are_refused),
	        cmocka_unit_test(an_expired_password_allows_nothing_but_a_new_one),
	        cmocka_unit_test(an_account_without_a_person_cannot_be_activated),
	        cmocka_unit_test(roles_of_different_groups_exclude_each_other),
	        cmocka_unit_test(the_three_roles_of_masking_are_separate),
	        cmocka_unit_test(nobody_changes_his_own_roles),
	        cmocka_unit_test(a_right_acts_on_the_next_request_of_an_open_session),
	        cmocka_unit_test(deregistering_once_ends_all_sessions_and_rights),
	        cmocka_unit_test(a_group_is_managed_as_a_whole),
	        cmocka_unit_test(an_unused_account_is_disabled_by_itself),
	        cmocka_unit_test(the_administrator_who_came_last_is_not_disabled_for_disuse),
	        cmocka_unit_test(a_department_is_a_principal_of_its_own),
	        cmocka_unit_test(only_registered_systems_are_known),
	        cmocka_unit_test(rows_at_rest_are_sealed_to_their_name),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
