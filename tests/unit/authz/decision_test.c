/* The decision point: default deny, one reason for each condition, and what happens to a grant that ends before its
 * time. */
#include "unit/authz/cast.h"

/* AZ-6: nothing is permitted by an empty store; nothing leaks about what exists. */
static void empty_store_denies_everything(void **state)
{
	struct stage *s = stage_of(state);
	struct hf_access_request rq = asking(&s->plain, s->w->now_ms), nothing = {.now_ms = s->w->now_ms};
	assert_int_equal(decided(s->roads, &rq), HF_E_NO_GRANT);
	assert_non_null(strstr(last_fault, "hufu apply"));
	assert_int_equal(decided(s->roads, &nothing), HF_E_NO_GRANT);
	rq.organization = NULL;
	assert_int_equal(decided(s->roads, &rq), HF_E_NO_GRANT);
	rq = asking(&s->plain, s->w->now_ms);
	assert_int_equal(decided(s->hub, &rq), HF_E_NO_GRANT);
}

/* The grant that most tests ask against: two of three fields, for 100 days from now on. */
static struct hf_id narrow_of(struct stage *s, const struct hf_id *entry)
{
	struct hf_application_in in = wish(entry);
	const char *fields[] = {"flight", "姓名"};
	struct hf_id id;
	in.fields = fields;
	in.field_count = 2;
	in.until_ms = s->w->now_ms + 100 * DAY;
	MUST(draft_as(s->health, "wang", &in, &id));
	MUST(need_as(s->health, "li", &id, true, true, true));
	MUST(compliance_as(s->hub, "chen", &id, "pass", NULL));
	MUST(decide_as(s->roads, "zhou", &id, "T", NULL, 0));
	return id;
}

static struct hf_id narrow(struct stage *s, struct hf_id *ret_entry)
{
	*ret_entry = publish(s->roads, &(struct offer){.title = "narrow", .intake = "hub"});
	return narrow_of(s, ret_entry);
}

static void permit_names_mechanism_grant_and_terms(void **state)
{
	struct stage *s = stage_of(state);
	struct hf_id entry, id = narrow(s, &entry), grant = grant_at(s->roads, &id);
	struct hf_access_request rq = asking(&entry, s->w->now_ms);
	struct hf_decision d;
	hf_authz_decide(s->roads->authz, &rq, &d);
	assert_int_equal(d.result, HF_OK);
	assert_string_equal(d.mechanism, "application");
	assert_true(hf_id_equal(&d.grant, &grant) && hf_id_equal(&d.application, &id));
	assert_int_equal(d.terms->n_fields, 2);
	assert_string_equal(d.terms->fields[1], "姓名");
	assert_int_equal(d.terms->n_obligations, 3);
	assert_int_equal(d.until_ms - d.from_ms, 100 * DAY);
	hf_decision_done(&d);
}

/* AZ-1, AZ-30, AZ-32: a request that is wrong in exactly one question is denied with that question's reason. */
static void each_question_alone_denies_with_its_own_reason(void **state)
{
	struct stage *s = stage_of(state);
	struct hf_id entry, id = narrow(s, &entry);
	const struct hf_access_request good = asking(&entry, s->w->now_ms);
	struct hf_access_request rq = good;
	const char *inside[] = {"姓名"}, *outside[] = {"flight", "arrival"};
	(void)id;
	assert_int_equal(decided(s->roads, &rq), HF_OK);
	rq.organization = "port"; /* who */
	assert_int_equal(decided(s->roads, &rq), HF_E_NO_GRANT);
	rq = good;
	rq.system = "archive"; /* AZ-22: the other system of the same organization */
	assert_int_equal(decided(s->roads, &rq), HF_E_WRONG_SYSTEM);
	assert_non_null(strstr(last_fault, "'archive'"));
	rq = good;
	rq.system_address = "10.9.9.9";
	assert_int_equal(decided(s->roads, &rq), HF_E_WRONG_SYSTEM);
	rq.system_address = ""; /* to state none is no way around it */
	assert_int_equal(decided(s->roads, &rq), HF_E_WRONG_SYSTEM);
	rq.system_address = NULL;
	assert_int_equal(decided(s->roads, &rq), HF_E_WRONG_SYSTEM);
	rq = good;
	rq.now_ms += 100 * DAY; /* when */
	assert_int_equal(decided(s->roads, &rq), HF_E_GRANT_EXPIRED);
	rq = good;
	rq.purpose = "marketing"; /* in which manner */
	assert_int_equal(decided(s->roads, &rq), HF_E_WRONG_PURPOSE);
	rq.purpose = NULL;
	assert_int_equal(decided(s->roads, &rq), HF_E_WRONG_PURPOSE);
	rq = good;
	rq.fields = outside; /* which data */
	rq.field_count = 2;
	assert_int_equal(decided(s->roads, &rq), HF_E_WRONG_FIELDS);
	assert_non_null(strstr(last_fault, "'arrival'"));
	rq.fields = inside;
	rq.field_count = 1;
	assert_int_equal(decided(s->roads, &rq), HF_OK);
	rq = good;
	rq.action = "write"; /* which operation */
	assert_int_equal(decided(s->roads, &rq), HF_E_WRONG_ACTION);
	rq.action = NULL;
	assert_int_equal(decided(s->roads, &rq), HF_E_WRONG_ACTION);
	rq = good;
	rq.agreement = hf_id_new(NOW);
	assert_int_equal(decided(s->roads, &rq), HF_E_NO_GRANT);
}

/* AZ-4: a permit for one resource does not leak to its sibling. */
static void permit_does_not_leak_to_a_sibling(void **state)
{
	struct stage *s = stage_of(state);
	struct hf_id entry, id = narrow(s, &entry);
	struct hf_id sibling = publish(s->roads, &(struct offer){.title = "sibling", .intake = "hub"});
	struct hf_access_request rq = asking(&sibling, s->w->now_ms);
	struct hf_grant_view v;
	assert_int_equal(decided(s->roads, &rq), HF_E_NO_GRANT);
	assert_int_equal(hf_authz_grant(s->roads->authz, (struct hf_id[]){grant_at(s->roads, &id)}, &v), HF_OK);
	rq.agreement = v.agreement;
	assert_int_equal(decided(s->roads, &rq), HF_E_NO_GRANT);
}

/* AZ-31: the start is inclusive, the end exclusive. */
static void period_includes_its_start_and_excludes_its_end(void **state)
{
	struct stage *s = stage_of(state);
	struct hf_id entry, id = narrow(s, &entry), grant = grant_at(s->roads, &id);
	struct hf_access_request rq = asking(&entry, s->w->now_ms);
	struct hf_grant_view v;
	struct hf_fault f;
	assert_int_equal(hf_authz_grant(s->roads->authz, &grant, &v), HF_OK);
	rq.now_ms = v.from_ms - 1000;
	assert_int_equal(decided(s->roads, &rq), HF_E_GRANT_NOT_YET);
	rq.now_ms = v.from_ms;
	assert_int_equal(decided(s->roads, &rq), HF_OK);
	rq.now_ms = v.until_ms - 1;
	assert_int_equal(decided(s->roads, &rq), HF_OK);
	assert_int_equal(hf_authz_check_generation(s->roads->authz, &grant, v.generation, v.until_ms - 1, &f), HF_OK);
	rq.now_ms = v.until_ms;
	assert_int_equal(decided(s->roads, &rq), HF_E_GRANT_EXPIRED);
	assert_int_equal(hf_authz_check_generation(s->roads->authz, &grant, v.generation, v.until_ms, &f),
	                 HF_E_GRANT_EXPIRED);
	assert_int_equal(hf_authz_check_generation(s->roads->authz, &grant, v.generation, v.from_ms - 1, &f),
	                 HF_E_GRANT_NOT_YET);
	assert_int_equal(hf_authz_check_generation(s->roads->authz, &grant, v.generation - 1, v.from_ms, &f),
	                 HF_E_STATE);
	assert_int_equal(hf_authz_check_generation(s->roads->authz, &id, 1, v.from_ms, &f), HF_E_NO_GRANT);
}

/* AZ-30: A is T, or there is no access; the reason says where the application stands (AZ-32). */
static void undecided_and_refused_applications_give_their_reason(void **state)
{
	struct stage *s = stage_of(state);
	struct hf_id entry = publish(s->roads, &(struct offer){.title = "undecided", .intake = "hub"});
	struct hf_access_request rq = asking(&entry, s->w->now_ms);
	struct hf_id id = submitted(s, &entry);
	assert_int_equal(decided(s->roads, &rq), HF_E_NO_GRANT); /* the provider has not heard of it */
	MUST(compliance_as(s->hub, "chen", &id, "pass", NULL));
	assert_int_equal(decided(s->roads, &rq), HF_E_PENDING);
	MUST(decide_as(s->roads, "zhou", &id, "F", "用途不符", 0));
	assert_int_equal(decided(s->roads, &rq), HF_E_REJECTED);
	assert_non_null(strstr(last_fault, "用途不符"));
	rq.system = "archive"; /* for which nobody applied */
	assert_int_equal(decided(s->roads, &rq), HF_E_NO_GRANT);
}

static bool hold_verification(const struct post *p)
{
	return p->type == HF_MAIL_VERIFICATION;
}

/* One half of the tally opens nothing: the grant waits for the consumer's countersignature. */
static void grant_is_pending_until_both_halves_meet(void **state)
{
	struct stage *s = stage_of(state);
	struct hf_id entry = publish(s->roads, &(struct offer){.title = "halves", .intake = "hub"});
	struct hf_id id = forwarded(s, &entry);
	struct hf_access_request rq = asking(&entry, s->w->now_ms);
	s->w->hold = hold_verification;
	MUST(decide_as(s->roads, "zhou", &id, "T", NULL, 0));
	assert_int_equal(state_at(s->health, &id, HF_PART_CONSUMER), HF_REVIEW_VERIFIED);
	assert_int_equal(decided(s->roads, &rq), HF_E_PENDING);
	s->w->hold = NULL;
	settle(s->w);
	assert_int_equal(decided(s->roads, &rq), HF_OK);
}

/* AZ-33, SB-2: the grant is revoked between the first use and the second; the next decision and the next chunk are
 * denied. */
static void revocation_acts_on_the_next_decision_at_every_node(void **state)
{
	struct stage *s = stage_of(state);
	struct hf_id entry, id = narrow(s, &entry), grant = grant_at(s->roads, &id);
	struct hf_access_request rq = asking(&entry, s->w->now_ms);
	struct hf_grant_view v;
	struct hf_fault f;
	unsigned theirs = s->health->revoked, mine = s->roads->revoked;
	assert_int_equal(hf_authz_grant(s->roads->authz, &grant, &v), HF_OK);
	assert_int_equal(decided(s->roads, &rq), HF_OK);
	assert_int_equal(hf_authz_check_generation(s->roads->authz, &grant, v.generation, rq.now_ms, &f), HF_OK);
	assert_int_equal(revoke_as(s->roads, "zhou", &grant, " "), HF_E_ARGUMENT);
	MUST(revoke_as(s->roads, "zhou", &grant, "法律依据已失效"));
	assert_int_equal(decided(s->roads, &rq), HF_E_GRANT_REVOKED);
	assert_non_null(strstr(last_fault, "法律依据已失效"));
	assert_int_equal(hf_authz_check_generation(s->roads->authz, &grant, v.generation, rq.now_ms, &f),
	                 HF_E_GRANT_REVOKED);
	assert_int_equal(hf_authz_grant(s->health->authz, &grant, &v), HF_OK);
	assert_string_equal(v.state, "revoked");
	assert_int_equal(s->roads->revoked, mine + 1);
	assert_int_equal(s->health->revoked, theirs + 1);
	assert_int_equal(notices(s->health, &id, "revoked").count, 1);
	assert_string_equal(notices(s->health, &id, "revoked").reason, "法律依据已失效");
	assert_int_equal(entries(s->health, &id, HF_EVENT_REVOCATION, HF_FIELD_DIGEST, NULL), 1);
	assert_int_equal(revoke_as(s->roads, "zhou", &grant, "again"), HF_E_GRANT_REVOKED);
}

static void consumer_gives_a_grant_back(void **state)
{
	struct stage *s = stage_of(state);
	struct hf_id entry, id = narrow(s, &entry), grant = grant_at(s->health, &id);
	struct hf_access_request rq = asking(&entry, s->w->now_ms);
	assert_int_equal(revoke_as(s->health, "wang", &grant, "not needed"), HF_E_PERMISSION);
	MUST(revoke_as(s->health, "ma", &grant, "not needed"));
	assert_int_equal(decided(s->roads, &rq), HF_E_GRANT_REVOKED);
	assert_non_null(strstr(last_fault, "not needed"));
	assert_int_equal(s->roads->refused_count + s->health->refused_count, 0);
}

/* Revoked before the countersignature came: it is recorded, gives nothing, and the consumer is told then. */
static void pending_grant_can_be_revoked(void **state)
{
	struct stage *s = stage_of(state);
	struct hf_id entry = publish(s->roads, &(struct offer){.title = "early", .intake = "hub"});
	struct hf_id id = forwarded(s, &entry);
	struct hf_access_request rq = asking(&entry, s->w->now_ms);
	s->w->hold = hold_verification;
	MUST(decide_as(s->roads, "zhou", &id, "T", NULL, 0));
	MUST(revoke_as(s->roads, "zhou", (struct hf_id[]){grant_at(s->roads, &id)}, "too early"));
	assert_int_equal(decided(s->roads, &rq), HF_E_GRANT_REVOKED);
	assert_int_equal(state_at(s->health, &id, HF_PART_CONSUMER), HF_REVIEW_VERIFIED);
	s->w->hold = NULL;
	settle(s->w);
	assert_int_equal(state_at(s->health, &id, HF_PART_CONSUMER), HF_REVIEW_TERMINATED);
	assert_int_equal(state_at(s->roads, &id, HF_PART_PROVIDER), HF_REVIEW_TERMINATED);
	assert_int_equal(decided(s->roads, &rq), HF_E_GRANT_REVOKED);
	assert_int_equal(notices(s->health, &id, NULL).count, 1);
	assert_string_equal(notices(s->health, &id, "terminated").reason, "too early");
	assert_int_equal(s->roads->refused_count + s->health->refused_count, 0);
}

static bool hold_revocation(const struct post *p)
{
	return p->type == HF_MAIL_REVOCATION;
}

static void both_ends_at_once_agree_on_the_providers_reason(void **state)
{
	struct stage *s = stage_of(state);
	struct hf_id entry, id = narrow(s, &entry), grant = grant_at(s->health, &id);
	struct hf_access_request rq = asking(&entry, s->w->now_ms);
	Hufu__ApplicationRow *row = NULL;
	s->w->hold = hold_revocation;
	MUST(revoke_as(s->health, "ma", &grant, "not needed"));
	MUST(revoke_as(s->roads, "zhou", &grant, "no basis"));
	s->w->hold = NULL;
	settle(s->w);
	assert_int_equal(decided(s->roads, &rq), HF_E_GRANT_REVOKED);
	assert_non_null(strstr(last_fault, "no basis"));
	assert_int_equal(hf_authz_application(s->health->authz, &id, &row), HF_OK);
	assert_string_equal(row->reason, "no basis");
	hf_decoded_free(row);
	assert_int_equal(s->roads->refused_count + s->health->refused_count, 0);
}

/* Each grant stands alone: the revocation of one leaves the other of the same triple. */
static void revocation_names_one_grant(void **state)
{
	struct stage *s = stage_of(state);
	struct hf_id entry = publish(s->roads, &(struct offer){.title = "twice", .intake = "hub"});
	struct hf_id first = granted(s, &entry), second = granted(s, &entry);
	struct hf_access_request rq = asking(&entry, s->w->now_ms);
	MUST(revoke_as(s->roads, "zhou", (struct hf_id[]){grant_at(s->roads, &first)}, "one is enough"));
	assert_int_equal(decided(s->roads, &rq), HF_OK);
	MUST(revoke_as(s->roads, "zhou", (struct hf_id[]){grant_at(s->roads, &second)}, "none is better"));
	assert_int_equal(decided(s->roads, &rq), HF_E_GRANT_REVOKED);
}

static void entry_that_is_no_longer_shared_denies(void **state)
{
	struct stage *s = stage_of(state);
	struct hf_id entry, id = narrow(s, &entry);
	struct hf_access_request rq = asking(&entry, s->w->now_ms);
	(void)id;
	(void)publish(s->roads, &(struct offer){.title = "narrow", .intake = "hub", .id = entry, .sharing = 3});
	assert_int_equal(decided(s->roads, &rq), HF_E_NOT_SHARED);
	(void)publish(s->roads, &(struct offer){.title = "narrow", .intake = "hub", .id = entry});
	assert_int_equal(decided(s->roads, &rq), HF_OK);
	withdraw_entry(s->roads, &entry);
	assert_int_equal(decided(s->roads, &rq), HF_E_NOT_SHARED);
	rq.organization = "port"; /* to others it was never there */
	assert_int_equal(decided(s->roads, &rq), HF_E_NO_GRANT);
}

/* DS-41: a sensitive resource asks for two techniques at every access. */
static void sensitive_data_needs_two_methods(void **state)
{
	struct stage *s = stage_of(state);
	struct hf_access_request rq = asking(&s->sensitive, s->w->now_ms);
	s->w->factors = HF_AUTH_TOTP;
	(void)granted(s, &s->sensitive);
	s->w->factors = 0;
	assert_int_equal(decided(s->roads, &rq), HF_E_SECOND_FACTOR);
	rq.methods = HF_AUTH_PASSWORD | HF_AUTH_DEVICE_KEY;
	rq.second = true;
	assert_int_equal(decided(s->roads, &rq), HF_OK);
}

/* AZ-16: what was reviewed is what is delivered. A version that nobody reviewed under its stricter terms is not covered
 * by the old agreement, whatever got stricter; when it is as it was, the agreement covers it again. */
static void later_version_under_stricter_terms_is_denied(void **state)
{
	struct stage *s = stage_of(state);
	Hufu__Field lower = HUFU__FIELD__INIT, secret = HUFU__FIELD__INIT, person = HUFU__FIELD__INIT;
	lower.name = secret.name = person.name = (char *)"flight";
	lower.level = secret.level = person.level = 1;
	secret.sensitive = person.personal = true;
	const struct offer plain = {.title = "narrow", .intake = "hub", .level = 2};
	const struct offer stricter[] = {
	        {.personal = true, .field = &lower},
	        {.level = 3, .field = &lower},
	        {.level = 2, .field = &lower, .data_class = "transport/passenger"},
	        {.sensitive = true, .field = &lower},
	        {.sharing = 1, .field = &lower},
	        {.level = 2}, /* the field is of the entry's level now */
	        {.field = &secret},
	        {.field = &person},
	};
	struct offer o = plain;
	o.field = &lower;
	struct hf_id entry = publish(s->roads, &o), id = narrow_of(s, &entry);
	struct hf_access_request rq = asking(&entry, s->w->now_ms);
	(void)id;
	rq.methods = HF_AUTH_PASSWORD | HF_AUTH_DEVICE_KEY;
	for (size_t i = 0; i < sizeof(stricter) / sizeof(stricter[0]); i++) {
		o = stricter[i];
		o.title = "narrow";
		o.intake = "hub";
		o.id = entry;
		o.level = o.level ? o.level : 2;
		(void)publish(s->roads, &o);
		assert_int_equal(decided(s->roads, &rq), HF_E_TERMS_CHANGED);
		assert_non_null(strstr(last_fault, "hufu apply"));
		o = plain;
		o.id = entry;
		o.title = "refreshed";
		o.field = &lower;
		(void)publish(s->roads, &o);
		assert_int_equal(decided(s->roads, &rq), HF_OK);
	}
}

static void new_application_is_the_way_out_of_stricter_terms(void **state)
{
	struct stage *s = stage_of(state);
	struct hf_id entry, id = narrow(s, &entry);
	struct hf_access_request rq = asking(&entry, s->w->now_ms);
	(void)id;
	(void)publish(s->roads, &(struct offer){.title = "narrow", .intake = "hub", .id = entry, .level = 2});
	assert_int_equal(decided(s->roads, &rq), HF_E_TERMS_CHANGED);
	(void)narrow_of(s, &entry);
	assert_int_equal(decided(s->roads, &rq), HF_OK);
}

static void grants_are_there_again_after_a_restart(void **state)
{
	struct stage *s = stage_of(state);
	struct hf_id entry, id = narrow(s, &entry), grant = grant_at(s->roads, &id), waiting = forwarded(s, &s->plain);
	struct hf_access_request rq = asking(&entry, s->w->now_ms), pending = asking(&s->plain, s->w->now_ms);
	struct hf_grant_view before, after;
	assert_int_equal(hf_authz_grant(s->roads->authz, &grant, &before), HF_OK);
	hf_authz_close(s->roads->authz);
	node_open_authz(s->roads);
	assert_int_equal(decided(s->roads, &rq), HF_OK);
	assert_int_equal(hf_authz_grant(s->roads->authz, &grant, &after), HF_OK);
	assert_memory_equal(&before, &after, sizeof(before));
	assert_int_equal(decided(s->roads, &pending), HF_E_PENDING);
	MUST(decide_as(s->roads, "zhou", &waiting, "F", "closed", 0));
}

/* AZ-31: a grant that has expired is over for good; the views say so. */
static void expired_grant_shows_as_expired(void **state)
{
	struct stage *s = stage_of(state);
	struct hf_id entry, id = narrow(s, &entry), grant = grant_at(s->roads, &id);
	struct hf_grant_view v;
	s->w->now_ms += 100 * DAY;
	assert_int_equal(hf_authz_grant(s->roads->authz, &grant, &v), HF_OK);
	assert_string_equal(v.state, "expired");
	assert_int_equal(hf_authz_find_grant(s->health->authz, &entry, "desk", &v), HF_OK);
	assert_string_equal(v.state, "expired");
	s->w->now_ms -= 100 * DAY;
}

static void listed_addresses(struct sb_space *sb)
{
	static Hufu__Attribute from = HUFU__ATTRIBUTE__INIT, *attributes[] = {&from};
	from.name = (char *)"source-addresses";
	from.value = (char *)"10.1.0.0/16, 2001:db8::/32";
	sb->member[SB_HEALTH].attributes = attributes;
	sb->member[SB_HEALTH].n_attributes = 1;
}

static int listed_up(void **state)
{
	stage_shape = listed_addresses;
	int e = stage_up(state);
	stage_shape = NULL;
	return e;
}

/* AZ-45: where the descriptor lists the addresses of a member's node, the address that the channel saw counts, whatever
 * valid credentials the request carries and whatever address of the system it names. */
static void request_from_an_address_that_is_not_listed_is_denied(void **state)
{
	static const char *const odd[] = {"10.2.0.5", "10.1.0.5/16", "ipc", "10.1", "2001:db9::1", "::1"};
	static const char *const good[] = {"10.1.0.5", "10.1.255.255", "::ffff:10.1.0.9", "2001:db8::7"};
	struct stage *s = stage_of(state);
	struct hf_id entry;
	(void)narrow(s, &entry);
	struct hf_access_request rq = asking(&entry, s->w->now_ms);
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		rq.peer_address = good[i];
		MUST(decided(s->roads, &rq));
	}
	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		rq.peer_address = odd[i];
		assert_int_equal(decided(s->roads, &rq), HF_E_STANDING);
		assert_non_null(strstr(last_fault, odd[i]));
		assert_non_null(strstr(last_fault, "source-addresses"));
	}
	rq.peer_address = NULL; /* the own organization's gateway asks: there is no channel */
	MUST(decided(s->roads, &rq));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(empty_store_denies_everything),
	        cmocka_unit_test(permit_names_mechanism_grant_and_terms),
	        cmocka_unit_test(each_question_alone_denies_with_its_own_reason),
	        cmocka_unit_test(permit_does_not_leak_to_a_sibling),
	        cmocka_unit_test(period_includes_its_start_and_excludes_its_end),
	        cmocka_unit_test(undecided_and_refused_applications_give_their_reason),
	        cmocka_unit_test(grant_is_pending_until_both_halves_meet),
	        cmocka_unit_test(revocation_acts_on_the_next_decision_at_every_node),
	        cmocka_unit_test(consumer_gives_a_grant_back),
	        cmocka_unit_test(pending_grant_can_be_revoked),
	        cmocka_unit_test(both_ends_at_once_agree_on_the_providers_reason),
	        cmocka_unit_test(revocation_names_one_grant),
	        cmocka_unit_test(entry_that_is_no_longer_shared_denies),
	        cmocka_unit_test(sensitive_data_needs_two_methods),
	        cmocka_unit_test(later_version_under_stricter_terms_is_denied),
	        cmocka_unit_test(new_application_is_the_way_out_of_stricter_terms),
	        cmocka_unit_test(grants_are_there_again_after_a_restart),
	        cmocka_unit_test_setup_teardown(request_from_an_address_that_is_not_listed_is_denied, listed_up,
	                                        stage_down),
	        cmocka_unit_test(expired_grant_shows_as_expired),
	};
	return cmocka_run_group_tests(tests, stage_up, stage_down);
}
