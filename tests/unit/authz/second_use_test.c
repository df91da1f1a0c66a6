/* The second authorization for the use of sensitive data (DS-86): who gives it, for what, and what the provider makes
 * of it. */
#include "authz/second_use.h"
#include "crypto/domains.h"
#include "evidence/envelope.h"
#include "unit/authz/cast.h"

static struct hf_use_authorization_in use_of(struct stage *s, const struct hf_id *entry)
{
	return (struct hf_use_authorization_in){.entry = *entry,
	                                        .system = "desk",
	                                        .purpose = "claims-check",
	                                        .reason = "delay claims of January",
	                                        .until_ms = s->w->now_ms + 30 * DAY};
}

static enum hf_err authorize_as(struct node *n, const char *who, const struct hf_use_authorization_in *what,
                                struct hf_id *ret)
{
	COMMAND(c, n, who);
	return command_end(&c, hf_authz_use_authorize(n->authz, &c.in, what, ret));
}

static enum hf_err end_as(struct node *n, const char *who, const struct hf_id *id)
{
	COMMAND(c, n, who);
	return command_end(&c, hf_authz_use_end(n->authz, &c.in, id, "the claims are settled"));
}

/* What a person signs who asks for data. */
static Hufu__SignedStatement *asks(struct node *n, const char *who)
{
	struct hf_actor actor = actor_of(n, who);
	struct hf_id id = hf_id_new(n->world->now_ms);
	Hufu__Statement s = HUFU__STATEMENT__INIT;
	Hufu__SignedStatement *st = NULL;
	struct hf_fault f = {HF_OK, ""};
	s.kind = (char *)"access";
	s.object = BIN_ID(&id);
	if (az_person_sign(n->authz, &actor, &s, &id, &st, &f) != HF_OK)
		fail_msg("%s", f.text);
	return st;
}

static struct hf_use_object object_of(struct stage *s)
{
	return (struct hf_use_object){&s->sensitive, "roads", "desk", "claims-check"};
}

static enum hf_err found(struct stage *s, const struct hf_use_object *o, Hufu__SignedStatement **ret)
{
	struct hf_fault f = {HF_OK, ""};
	char text[HF_USE_SECOND_TEXT] = "";
	enum hf_err e = hf_authz_use_find(s->health->authz, o, ret, text, &f);
	snprintf(last_fault, sizeof(last_fault), "%s", e == HF_OK ? text : f.text);
	return e;
}

static enum hf_err checked(struct stage *s, const Hufu__SignedStatement *second, const Hufu__SignedStatement *subject,
                           const char *consumer, const struct hf_use_object *o)
{
	struct hf_fault f = {HF_OK, ""};
	char text[HF_USE_SECOND_TEXT] = "";
	enum hf_err e = hf_authz_use_check(s->roads->authz, second, subject, consumer, o, text, &f);
	snprintf(last_fault, sizeof(last_fault), "%s", e == HF_OK ? text : f.text);
	return e;
}

/* DS-86: the grant alone is not enough; the data authority's word is needed besides, for two factors. */
static void grant_alone_is_not_enough(void **state)
{
	struct stage *s = stage_of(state);
	struct hf_access_request rq = asking(&s->sensitive, s->w->now_ms);
	Hufu__SignedStatement *st = NULL;
	const struct hf_use_object o = object_of(s);
	(void)granted(s, &s->sensitive);
	rq.methods = HF_AUTH_PASSWORD | HF_AUTH_TOTP;
	assert_int_equal(decided(s->roads, &rq), HF_E_SECOND_USE);
	assert_non_null(strstr(last_fault, "hufu sensitive authorize"));
	assert_int_equal(found(s, &o, &st), HF_E_SECOND_USE);
	rq.second = true;
	assert_int_equal(decided(s->roads, &rq), HF_OK);
}

/* DS-86: only the data authority gives it, for sensitive data, within a year, with two factors; it has an end. */
static void who_may_give_it_and_for_how_long(void **state)
{
	struct stage *s = stage_of(state);
	struct hf_use_authorization_in in = use_of(s, &s->sensitive);
	struct hf_id id;
	assert_int_equal(authorize_as(s->health, "wang", &in, &id), HF_E_PERMISSION);
	s->w->factors = 0;
	assert_int_equal(authorize_as(s->health, "li", &in, &id), HF_E_SECOND_FACTOR);
	s->w->factors = HF_AUTH_TOTP;
	in.entry = s->plain;
	assert_int_equal(authorize_as(s->health, "li", &in, &id), HF_E_STATE);
	in = use_of(s, &s->sensitive);
	in.until_ms = s->w->now_ms + 367 * DAY;
	assert_int_equal(authorize_as(s->health, "li", &in, &id), HF_E_LIMIT);
	in.until_ms = s->w->now_ms;
	assert_int_equal(authorize_as(s->health, "li", &in, &id), HF_E_LIMIT);
	in = use_of(s, &s->sensitive);
	in.system = "nosuch";
	assert_int_equal(authorize_as(s->health, "li", &in, &id), HF_E_WRONG_SYSTEM);
	in = use_of(s, &s->sensitive);
	in.reason = " ";
	assert_int_equal(authorize_as(s->health, "li", &in, &id), HF_E_ARGUMENT);
}

/* DS-86: the provider takes it for this very use, of this consumer, from another person than who asks, until its end.
 */
static void provider_holds_it_against_the_use(void **state)
{
	struct stage *s = stage_of(state);
	struct hf_use_authorization_in in = use_of(s, &s->sensitive);
	struct hf_use_object o = object_of(s), other;
	HF_CLEANUP(hf_decoded_done)
	Hufu__SignedStatement *second = NULL, *wang = asks(s->health, "wang"), *li2 = asks(s->health, "li2");
	struct hf_id id;
	MUST(authorize_as(s->health, "li", &in, &id));
	assert_int_equal(found(s, &o, &second), HF_OK);
	assert_non_null(strstr(last_fault, "health/li "));
	/* All is well but the last thing asked: the certificates of this world name one factor. With two:
	 * tests/integration/test_sensitive_use.py. */
	assert_int_equal(checked(s, second, wang, "health", &o), HF_E_SECOND_FACTOR);
	other = o;
	other.purpose = "resale";
	assert_int_equal(checked(s, second, wang, "health", &other), HF_E_DIGEST);
	other = o;
	other.system = "archive";
	assert_int_equal(checked(s, second, wang, "health", &other), HF_E_DIGEST);
	other = o;
	other.resource = &s->personal;
	assert_int_equal(checked(s, second, wang, "health", &other), HF_E_DIGEST);
	assert_int_equal(checked(s, second, wang, "hub", &o), HF_E_SIGNATURE);    /* a foreign one */
	assert_int_equal(checked(s, second, li2, "health", &o), HF_E_SEPARATION); /* li's other account */
	assert_int_equal(checked(s, wang, wang, "health", &o), HF_E_PERMISSION);  /* no such right */
	second->statement->signatures[0]->sig.data[3] ^= 1;
	assert_int_equal(checked(s, second, wang, "health", &o), HF_E_SIGNATURE); /* a forged one */
	second->statement->signatures[0]->sig.data[3] ^= 1;
	s->w->now_ms += 30 * DAY;
	assert_int_equal(checked(s, second, wang, "health", &o), HF_E_SECOND_USE);
	s->w->now_ms -= 30 * DAY;
	MUST(end_as(s->health, "li", &id));
	assert_int_equal(end_as(s->health, "li", &id), HF_E_STATE);
	HF_CLEANUP(hf_decoded_done) Hufu__SignedStatement *none = NULL;
	assert_int_equal(found(s, &o, &none), HF_E_SECOND_USE);
}

/* DS-86: what the data authority ends is over at the provider at once, for what is under way there, too: it is one of
 * the things whose change has the whole decision asked again. */
static void provider_takes_none_that_was_ended(void **state)
{
	struct stage *s = stage_of(state);
	struct hf_use_authorization_in in = use_of(s, &s->sensitive);
	struct hf_use_object o = object_of(s);
	HF_CLEANUP(hf_decoded_done)
	Hufu__SignedStatement *second = NULL, *other = NULL, *wang = asks(s->health, "wang");
	struct hf_id id, next;
	MUST(authorize_as(s->health, "li", &in, &id));
	assert_int_equal(found(s, &o, &second), HF_OK);
	assert_int_equal(checked(s, second, wang, "health", &o), HF_E_SECOND_FACTOR); /* the last thing asked */
	uint64_t before = hf_authz_basis_changes(s->roads->authz);
	MUST(end_as(s->health, "li", &id));
	settle(s->w);
	assert_int_equal(checked(s, second, wang, "health", &o), HF_E_SECOND_USE);
	assert_non_null(strstr(last_fault, "ended by health"));
	assert_true(hf_authz_basis_changes(s->roads->authz) > before);
	MUST(authorize_as(s->health, "li", &in, &next));
	assert_int_equal(found(s, &o, &other), HF_OK);
	assert_int_equal(checked(s, other, wang, "health", &o), HF_E_SECOND_FACTOR); /* a new one counts */
	MUST(end_as(s->health, "li", &next));
	settle(s->w);
}

/* Says that the authorization of that id has ended. */
static enum hf_err ended_by(struct stage *s, struct node *author, const struct hf_id *id, int64_t until_ms)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf out = HF_BUF_INIT;
	Hufu__UseEnd m = HUFU__USE_END__INIT;
	Hufu__UseEndMail mail = HUFU__USE_END_MAIL__INIT;
	struct paper_head head;
	size_t len = 0;
	az_paper_head_init(author->authz, &head, id, "roads", NULL, NULL);
	m.header = &head.header;
	m.authorization = BIN_ID(id);
	m.resource = BIN_ID(&s->sensitive);
	m.system = (char *)"desk";
	m.purpose = (char *)"claims-check";
	m.until_ms = until_ms;
	m.ended_ms = s->w->now_ms;
	m.reason = (char *)"settled";
	assert_int_equal(hf_envelope_make_message(author->keys.envelope, author->name, HF_TYPE_USE_END, &m.base, &out),
	                 HF_OK);
	HF_CLEANUP(hf_decoded_done) Hufu__Envelope *e = HF_DECODE(envelope, out.data, out.len);
	mail.end = e;
	uint8_t *body = hf_encode(&mail.base, &len);
	enum hf_err err = deliver(s->roads, author->name, HF_MAIL_USE_END, id, body, len);
	free(body);
	return err;
}

static void an_end_counts_for_its_sender_alone_and_is_bounded(void **state)
{
	struct stage *s = stage_of(state);
	struct hf_use_authorization_in in = use_of(s, &s->sensitive);
	struct hf_use_object o = object_of(s);
	HF_CLEANUP(hf_decoded_done) Hufu__SignedStatement *second = NULL, *wang = asks(s->health, "wang");
	struct hf_id id, other;
	int64_t until = s->w->now_ms + 30 * DAY;
	MUST(authorize_as(s->health, "li", &in, &id));
	assert_int_equal(found(s, &o, &second), HF_OK);
	assert_int_equal(ended_by(s, s->hub, &id, until), HF_OK); /* the hub's own of that number, if it had one */
	assert_int_equal(checked(s, second, wang, "health", &o), HF_E_SECOND_FACTOR);
	assert_int_equal(ended_by(s, s->hub, &id, s->w->now_ms + 400 * DAY), HF_E_LIMIT);
	for (size_t i = 1; i < 1000; i++) {
		other = hf_id_new(s->w->now_ms);
		assert_int_equal(ended_by(s, s->hub, &other, until), HF_OK);
	}
	other = hf_id_new(s->w->now_ms);
	assert_int_equal(ended_by(s, s->hub, &other, until), HF_E_LIMIT);
	assert_int_equal(ended_by(s, s->hub, &id, until), HF_OK); /* known already */
	assert_int_equal(ended_by(s, s->health, &id, until), HF_OK);
	assert_int_equal(checked(s, second, wang, "health", &o), HF_E_SECOND_USE);
	s->w->now_ms += 31 * DAY;
	assert_int_equal(ended_by(s, s->hub, &other, until + 60 * DAY), HF_OK); /* the old ones are over */
	s->w->now_ms -= 31 * DAY;
	s->roads->refused_count = 0;
}

static int use_up(void **state)
{
	int e = stage_up(state);
	struct stage *s = *state;
	hire(s->health, "li2", "operator", "", "HR-1002");
	s->w->factors = HF_AUTH_TOTP;
	return e;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(grant_alone_is_not_enough),
	        cmocka_unit_test(who_may_give_it_and_for_how_long),
	        cmocka_unit_test(provider_holds_it_against_the_use),
	        cmocka_unit_test(provider_takes_none_that_was_ended),
	        cmocka_unit_test(an_end_counts_for_its_sender_alone_and_is_bounded),
	};
	return cmocka_run_group_tests(tests, use_up, stage_down);
}
