/* export_check_test.c - what is looked at before a delivery goes out, and what the record of the decision says of it.
 */
#include "exchange/export_check.h"
#include "unit/exchange/by_rule.h"

#define ALL_OK                                                                                                         \
	"authorization ok; settled ok; destination ok; mark ok; masking ok; class-level ok; disclosure ok; "           \
	"encryption "                                                                                                  \
	"ok"
#define BOX_HOURS 2

/* ---- what the record says ---- */

struct said {
	const struct hf_id *id;
	char text[400];
	size_t count;
};

static bool names_it(const struct hf_ledger_row *row, const struct hf_id *id)
{
	char text[HF_ID_TEXT];
	hf_id_text(id, text);
	return hf_opening_is(row->opening, HF_FIELD_EVENT, hf_event_name(HF_EVENT_ACCESS_DECISION)) &&
	       hf_opening_is(row->opening, HF_FIELD_OBJECT, text);
}

static bool take_said(void *ctx, const struct hf_ledger_row *row)
{
	struct said *s = ctx;
	if (!row->opening || !names_it(row, s->id))
		return true;
	s->count++;
	for (size_t i = 0; i < row->opening->n_fields; i++)
		if (row->opening->fields[i]->field == HF_FIELD_EXPORT_CHECK)
			snprintf(s->text, sizeof(s->text), "%.*s", (int)row->opening->fields[i]->value.len,
			         (const char *)row->opening->fields[i]->value.data);
	return true;
}

static void assert_said(struct pair *p, const struct hf_id *id, const char *text)
{
	struct said s = {.id = id};
	node_barrier(p->roads);
	assert_int_equal(hf_ledger_tail(p->roads->ledger, 100000, take_said, &s), HF_OK);
	assert_int_equal(s.count, 1);
	assert_string_equal(s.text, text);
}

static void assert_refused(struct pair *p, const struct hf_id *id, enum hf_err e, const char *said)
{
	p->w->pass = NULL;
	until(p, has_ended(p->health, id) && is_idle(p->health));
	assert_reason(p->health, id, e, NULL);
	assert_string_equal(view_of(p->roads, id).state, ""); /* blocked: nothing was begun there */
	assert_wiped(p, id);
	assert_said(p, id, said);
}

/* ---- the space ---- */

/* health is given nothing beyond level 1, of traffic alone; its box key is valid for some hours. */
static void limit_health(struct sb_space *sb)
{
	static Hufu__Attribute most = HUFU__ATTRIBUTE__INIT, classes = HUFU__ATTRIBUTE__INIT,
	                       *list[] = {&most, &classes};
	most.name = (char *)"max-level";
	most.value = (char *)"1";
	classes.name = (char *)"data-classes";
	classes.value = (char *)"health, transport";
	sb->member[SB_HEALTH].attributes = list;
	sb->member[SB_HEALTH].n_attributes = 2;
	sb->mkey[SB_HEALTH][HF_KEY_BOX].not_after_ms = NOW + (int64_t)BOX_HOURS * 3600 * 1000;
}

static int limited_up(void **state)
{
	pair_more = limit_health;
	int e = pair_up(state);
	pair_more = NULL;
	return e;
}

static struct hf_id begin_other(struct pair *p, struct offer o)
{
	o.title = o.title ? o.title : "other";
	o.intake = "hub";
	p->entry = publish(p->roads, &o);
	apply_rule(p, "desk", "");
	settle(p->w);
	return fetch_by_rule(p, p->output);
}

/* ---- DS-37 ---- */

static void a_delivery_says_that_every_point_is_in_order(void **state)
{
	struct pair *p = pair_of(state, 1000);
	struct hf_id id = begin(p);
	wait_both(p, &id, "COMPLETED");
	assert_said(p, &id, ALL_OK);
}

/* DS-37: authorization valid. */
static void without_authorization_nothing_goes_out(void **state)
{
	struct pair *p = pair_of(state, 1000);
	struct hf_actor a = actor_of(p->health, "wang");
	struct hf_fetch in = {.grant = p->grant, .system = "desk", .purpose = "resale", .output = p->output};
	struct hf_unit *u = hf_unit_new();
	struct hf_draft *d = hf_draft_new(HF_EVENT_COMMAND, NULL);
	struct hf_fault f = {HF_OK, ""};
	struct hf_id id;
	MUST(hf_exchange_fetch(p->health->exchange, &a, &in, u, d, &id, &f));
	hf_unit_draft(u, d);
	hf_store_submit(p->health->store, u, NULL, NULL);
	assert_refused(p, &id, HF_E_WRONG_PURPOSE, "authorization refused: wrong-purpose");
}

static struct pair *now;

/* The consumer says that it goes into a file, which its own node does not ask for. */
static bool as_a_file(struct hf_request *r)
{
	if (r->type != HF_MSG_TRANSFER_REQUEST || r->answered)
		return true;
	Hufu__Envelope *e = HF_DECODE(envelope, r->body.data, r->body.len);
	Hufu__TransferRequest *in = HF_DECODE(transfer_request, e->payload.data, e->payload.len);
	in->sealed = false;
	Hufu__Envelope *bent = sign_as(now->health, "health", HF_TYPE_TRANSFER_REQUEST, &in->base);
	replace_body(&r->body, &bent->base);
	hf_decoded_free(bent);
	hf_decoded_free(in);
	hf_decoded_free(e);
	return true;
}

/* DS-37: destination allowed. */
static void what_must_be_sealed_goes_into_no_file(void **state)
{
	struct pair *p = now = pair_of(state, 1000);
	p->entry = publish(p->roads, &(struct offer){.title = "kept sealed", .intake = "hub", .duty = "sealed"});
	apply_rule(p, "desk", "");
	settle(p->w);
	p->w->pass = as_a_file;
	struct hf_id id = fetch_by_rule(p, "");
	until(p, has_ended(p->health, &id));
	assert_refused(p, &id, HF_E_MUST_SEAL, "authorization ok; settled ok; destination refused: must-be-sealed");
}

/* DS-37: class and level allowed for this recipient. */
static void a_level_beyond_the_recipients_is_not_given(void **state)
{
	struct pair *p = pair_of(state, 1000);
	struct hf_id id = begin_other(p, (struct offer){.level = 2});
	assert_refused(p, &id, HF_E_CONDITION,
	               "authorization ok; settled ok; destination ok; mark ok; masking ok; class-level refused: "
	               "condition");
	assert_non_null(strstr(view_of(p->health, &id).reason, "max-level is '1'"));
}

static void a_class_beyond_the_recipients_is_not_given(void **state)
{
	static const struct {
		const char *data_class;
		bool good;
	} rows[] = {{"transport", true}, {"transport/flight/delay", true}, {"transports", false}, {"finance", false}};
	struct pair *p = pair_of(state, 1000);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		snprintf(p->output, sizeof(p->output), "%s/class-%zu.csv", p->files, i);
		struct hf_id id = begin_other(p, (struct offer){.data_class = rows[i].data_class});
		if (rows[i].good) {
			wait_both(p, &id, "COMPLETED");
			assert_said(p, &id, ALL_OK);
			continue;
		}
		assert_refused(p, &id, HF_E_CONDITION,
		               "authorization ok; settled ok; destination ok; mark ok; masking ok; class-level "
		               "refused: condition");
		assert_non_null(strstr(view_of(p->health, &id).reason, "data-classes"));
	}
}

/* DS-37: masking done. */
static void without_the_masking_that_is_demanded_nothing_goes_out(void **state)
{
	struct pair *p = pair_of(state, 1000);
	struct hf_id id = begin_other(p, (struct offer){.duty = "mask:flights"});
	assert_refused(p, &id, HF_E_MASKING,
	               "authorization ok; settled ok; destination ok; mark ok; masking refused: masking");
}

static bool no_request(struct hf_request *r)
{
	return r->type != HF_MSG_TRANSFER_REQUEST;
}

/* DS-37: encryption done. */
static void without_a_key_of_the_recipient_nothing_goes_out(void **state)
{
	struct pair *p = pair_of(state, 1000);
	int64_t before = p->w->now_ms;
	p->w->pass = no_request;
	struct hf_id id = begin(p);
	until(p, retries(p, &id));
	p->w->now_ms = NOW + (int64_t)BOX_HOURS * 3600 * 1000;
	assert_refused(p, &id, HF_E_STANDING,
	               "authorization ok; settled ok; destination ok; mark ok; masking ok; class-level ok; disclosure "
	               "ok; encryption refused: standing");
	p->w->now_ms = before;
}

/* What the gate asks, of a request that it would permit; a test takes one thing away. */
struct asking_it {
	struct export o;
	struct transfer *t;
	struct hf_fault f;
};

static enum hf_err ask_all(struct pair *p, const struct hf_id *id, struct asking_it *q,
                           void (*without)(struct export *o))
{
	struct transfer *at = transfer_find(p->roads->exchange, id, true);
	Hufu__Envelope *e = HF_DECODE(envelope, at->request.data, at->request.len);
	Hufu__TransferRequest *in = HF_DECODE(transfer_request, e->payload.data, e->payload.len);
	const Hufu__Envelope *c = in->subject->certificate;
	Hufu__PersonCertificate *cert = HF_DECODE(person_certificate, c->payload.data, c->payload.len);
	*q = (struct asking_it){.o = {.x = p->roads->exchange, .in = in, .cert = cert, .address = "127.0.1.2"}};
	MUST(export_authorized(&q->o, &q->f));
	struct hf_id other = hf_id_new(p->w->now_ms);
	q->t = transfer_new(p->roads->exchange, &other, true);
	snprintf(q->t->peer, sizeof(q->t->peer), "health");
	snprintf(q->t->source, sizeof(q->t->source), "flights");
	memcpy(q->t->resource.b, in->resource.data, 16);
	export_take_fields(&q->o, q->t);
	without(&q->o);
	enum hf_err r = export_check(&q->o, q->t, &q->f);
	serve_close(q->t);
	transfer_release(q->t);
	hf_decoded_free(cert);
	hf_decoded_free(in);
	hf_decoded_free(e);
	return r;
}

static void without_nothing(struct export *o)
{
	(void)o;
}
static void without_purpose(struct export *o)
{
	o->decision.terms->purpose[0] = 0;
}
static void without_end(struct export *o)
{
	o->decision.terms->until_ms = 0;
}
static void with_an_odd_obligation(struct export *o)
{
	snprintf(o->decision.terms->obligations[0], strlen(o->decision.terms->obligations[0]) + 1, "burn");
}

/* DS-37: the mark is there, and whole. */
static void without_a_whole_mark_nothing_goes_out(void **state)
{
	struct pair *p = pair_of(state, 1000);
	struct hf_id id = begin_quiet(p, NULL, 0);
	static void (*const without[])(struct export * o) = {without_purpose, without_end, with_an_odd_obligation};
	struct asking_it q;
	MUST(ask_all(p, &id, &q, without_nothing));
	assert_string_equal(q.o.said, ALL_OK);
	export_done(&q.o);
	for (size_t i = 0; i < sizeof(without) / sizeof(without[0]); i++) {
		assert_int_equal(ask_all(p, &id, &q, without[i]), HF_E_OBLIGATION);
		assert_string_equal(q.o.said, "authorization ok; settled ok; destination ok; mark refused: obligation");
		export_done(&q.o);
	}
	p->w->pass = NULL;
	wait_both(p, &id, "COMPLETED");
}

/* And what the terms oblige to is known here, else the decision point does not permit it at all. */
static void an_obligation_that_is_not_known_cannot_be_marked(void **state)
{
	struct pair *p = pair_of(state, 1000);
	struct hf_id id = begin_other(p, (struct offer){.duty = "burn"});
	assert_refused(p, &id, HF_E_OBLIGATION, "mark refused: obligation");
}

/* ---- DS-34 ---- */

static struct {
	size_t chunks, starts;
	bool plain, foreign, own;
} wire;

static void look_at_start(struct hf_request *r)
{
	Hufu__Envelope *e = HF_DECODE(envelope, r->reply.data, r->reply.len);
	Hufu__TransferStart *s = e ? HF_DECODE(transfer_start, e->payload.data, e->payload.len) : NULL;
	uint8_t key[32];
	if (!s)
		return;
	wire.starts++;
	for (unsigned n = 0; n < NODES; n++) {
		bool opens = hf_seal_open(pair_box[n], s->sealed_key.data, s->sealed_key.len, key);
		if (&now->w->node[n] == now->health)
			wire.own = opens;
		else
			wire.foreign |= opens;
	}
	hf_decoded_free(s);
	hf_decoded_free(e);
}

static bool looked_at(struct hf_request *r)
{
	if (r->answered && r->error == HF_OK && r->type == HF_MSG_TRANSFER_REQUEST)
		look_at_start(r);
	if (r->answered && r->error == HF_OK && r->type == HF_MSG_CHUNK_GET && r->bulk) {
		wire.chunks++;
		wire.plain |= memmem(r->bulk, r->bulk_len, "CA0000", 6) || memmem(r->bulk, r->bulk_len, "2026-03-", 8);
	}
	return true;
}

/* DS-34: the package is ciphertext; only the recipient's key opens it. */
static void only_the_recipients_key_opens_the_package(void **state)
{
	struct pair *p = now = pair_of(state, (1 << 20) + 1000);
	memset(&wire, 0, sizeof(wire));
	p->w->pass = looked_at;
	struct hf_id id = begin(p);
	wait_both(p, &id, "COMPLETED");
	assert_delivered(p, &id);
	assert_true(wire.starts > 0 && wire.chunks > 1);
	assert_false(wire.plain);
	assert_false(wire.foreign);
	assert_true(wire.own);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_delivery_says_that_every_point_is_in_order),
	        cmocka_unit_test(without_authorization_nothing_goes_out),
	        cmocka_unit_test(without_a_whole_mark_nothing_goes_out),
	        cmocka_unit_test(only_the_recipients_key_opens_the_package),
	        cmocka_unit_test(without_a_key_of_the_recipient_nothing_goes_out),
	        cmocka_unit_test(what_must_be_sealed_goes_into_no_file),
	        cmocka_unit_test(a_level_beyond_the_recipients_is_not_given),
	        cmocka_unit_test(a_class_beyond_the_recipients_is_not_given),
	        cmocka_unit_test(without_the_masking_that_is_demanded_nothing_goes_out),
	        cmocka_unit_test(an_obligation_that_is_not_known_cannot_be_marked),
	};
	return cmocka_run_group_tests(tests, limited_up, pair_down);
}
