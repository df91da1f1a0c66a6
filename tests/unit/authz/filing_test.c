/* filing_test.c - does a use that its consumer reported reach the statistics of the intake node, once and as it was,
 * and nothing that somebody makes up (AZ-19)? */
#include "authz/statistics.h"
#include "authz/uses.h"

#include "evidence/envelope.h"

#include "cast.h"

static struct hf_use use_of(struct stage *s, const struct hf_id *grant, const struct hf_id *resource)
{
	return (struct hf_use){.grant = *grant,
	                       .counted = *grant,
	                       .agreement = *grant,
	                       .transfer = hf_id_new(s->w->now_ms),
	                       .resource = *resource,
	                       .system = "desk",
	                       .purpose = "claims-check",
	                       .rows = 20,
	                       .bytes = 1000};
}

/* What gate and receipt do: reserved by the provider, reported by the consumer, delivered. */
static void used(struct stage *s, const struct hf_use *use)
{
	struct hf_use at_provider = *use, at_consumer = *use;
	struct hf_unit *u = hf_unit_new();
	struct hf_fault f = {HF_OK, ""};
	at_provider.provider = true;
	at_provider.peer = "health";
	at_consumer.peer = "roads";
	hf_authz_use_reserve(s->roads->authz, u, &at_provider);
	submit_wait(s->roads, u);
	u = hf_unit_new();
	hf_authz_use_commit(s->roads->authz, u, &at_provider);
	submit_wait(s->roads, u);
	u = hf_unit_new();
	assert_int_equal(hf_authz_use_report(s->health->authz, u, &at_consumer, &f), HF_OK);
	submit_wait(s->health, u);
	settle(s->w);
}

struct counting {
	struct hf_stat_department found;
	bool done;
};

static void on_made(void *ctx, enum hf_err e, const struct hf_statistics *s)
{
	struct counting *c = ctx;
	assert_int_equal(e, HF_OK);
	for (size_t i = 0; i < s->count; i++)
		if (strcmp(s->departments[i].organization, "health") == 0)
			c->found = s->departments[i];
	c->done = true;
}

static struct hf_stat_department counted(struct node *n)
{
	const struct hf_stat_ask all = {.from_ms = 0};
	struct counting c = {.done = false};
	hf_statistics_make(n->authz, &all, on_made, &c);
	assert_false(c.done);
	world_run_until(n->world, &c.done);
	return c.found;
}

static void reported_use_is_counted_at_provider_and_intake_node(void **state)
{
	struct stage *s = stage_of(state);
	struct hf_id app = granted(s, &s->plain), grant = grant_at(s->roads, &app);
	struct hf_use use = use_of(s, &grant, &s->plain);
	uint64_t before = counted(s->hub).uses;
	used(s, &use);
	struct node *const both[] = {s->roads, s->hub};
	for (size_t i = 0; i < 2; i++) {
		struct hf_stat_department d = counted(both[i]);
		assert_int_equal(d.uses, before + 1);
		assert_int_equal(d.rows, 20 * (before + 1));
		assert_int_equal(d.granted, before + 1);
	}
	assert_int_equal(s->hub->refused_count + s->roads->refused_count + s->health->refused_count, 0);
}

static struct {
	struct hf_buf body;
	struct hf_id txn;
} caught;

static void capture(struct post *p)
{
	if (p->type != HF_MAIL_USE_FILING)
		return;
	hf_buf_clear(&caught.body);
	assert_true(hf_buf_add(&caught.body, p->body.data, p->body.len));
	caught.txn = p->txn;
}

static enum hf_err filed_by(struct stage *s, struct node *author, Hufu__UseFiling *m)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf out = HF_BUF_INIT;
	Hufu__UseFilingMail mail = HUFU__USE_FILING_MAIL__INIT;
	size_t len = 0;
	m->header->issuer = (char *)author->name;
	assert_int_equal(
	        hf_envelope_make_message(author->keys.envelope, author->name, HF_TYPE_USE_FILING, &m->base, &out),
	        HF_OK);
	HF_CLEANUP(hf_decoded_done) Hufu__Envelope *e = HF_DECODE(envelope, out.data, out.len);
	mail.filing = e;
	uint8_t *body = hf_encode(&mail.base, &len);
	enum hf_err err = deliver(s->hub, author->name, HF_MAIL_USE_FILING, &caught.txn, body, len);
	free(body);
	settle(s->w);
	return err;
}

/* By the publisher of a resource that is taken in there, with the consumer's own signed report of that very use. */
static void what_is_made_up_is_refused(void **state)
{
	struct stage *s = stage_of(state);
	struct hf_id app = granted(s, &s->plain), grant = grant_at(s->roads, &app), other = hf_id_new(s->w->now_ms);
	struct hf_use use = use_of(s, &grant, &s->plain);
	s->w->bend = capture;
	used(s, &use);
	s->w->bend = NULL;
	HF_CLEANUP(hf_decoded_done)
	Hufu__UseFilingMail *mail = HF_DECODE(use_filing_mail, caught.body.data, caught.body.len);
	HF_CLEANUP(hf_decoded_done)
	Hufu__UseFiling *m = HF_DECODE(use_filing, mail->filing->payload.data, mail->filing->payload.len);
	struct hf_stat_department before = counted(s->hub);
	assert_int_equal(filed_by(s, s->roads, m), HF_OK); /* the same once more is the same use */
	assert_int_equal(filed_by(s, s->health, m), HF_E_UNKNOWN);
	m->resource = (ProtobufCBinaryData){16, s->inner.b}; /* taken in by its publisher itself */
	assert_int_equal(filed_by(s, s->roads, m), HF_E_UNKNOWN);
	m->resource = (ProtobufCBinaryData){16, s->plain.b};
	m->organization = (char *)"hub";
	assert_int_equal(filed_by(s, s->roads, m), HF_E_STANDING);
	m->organization = (char *)"health";
	m->transfer = (ProtobufCBinaryData){16, other.b};
	assert_int_equal(filed_by(s, s->roads, m), HF_E_CONFLICT);
	m->transfer = (ProtobufCBinaryData){16, use.transfer.b};
	m->report->payload.data[m->report->payload.len - 1] ^= 1;
	assert_int_not_equal(filed_by(s, s->roads, m), HF_OK);
	struct hf_stat_department after = counted(s->hub);
	assert_int_equal(after.uses, before.uses);
	assert_int_equal(after.rows, before.rows);
	hf_buf_done(&caught.body);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(reported_use_is_counted_at_provider_and_intake_node),
	        cmocka_unit_test(what_is_made_up_is_refused),
	};
	return cmocka_run_group_tests(tests, stage_up, stage_down);
}
