/* The four-part record of an exchange: every item, as a private field of an entry of the transfer in the ledger of the
 * node that writes it, however the transfer went: delivered, found wanting, refused, lied about by either side, never
 * signed for, or given up by its consumer. (DS-60, DS-61, DS-62, DS-63, DS-64) */
#include "exchange/unsettled.h"
#include "unit/exchange/pair.h"

#define MIB ((size_t)1 << 20)
#define IDLE_LIMIT ((int64_t)HF_TRANSFER_IDLE_SECONDS * 1000)
#define RECEIPT_LIMIT ((int64_t)HF_TRANSFER_RECEIPT_SECONDS * 1000)

struct item {
	const char *what;
	enum hf_field field;
};
static const struct item format[] = {{"transaction identifier", HF_FIELD_TRANSACTION},
                                     {"start time", HF_FIELD_START_TIME},
                                     {"end time", HF_FIELD_END_TIME},
                                     {"data format", HF_FIELD_DATA_FORMAT},
                                     {NULL, HF_FIELD_INVALID}};
static const struct item provider[] = {{"class and grade", HF_FIELD_CLASS_GRADE},
                                       {"authentication of the consumer", HF_FIELD_CONSUMER_AUTHN},
                                       {"permission review", HF_FIELD_PERMISSION_REVIEW},
                                       {"packaging", HF_FIELD_PACKAGING},
                                       {"delivery", HF_FIELD_DELIVERY},
                                       {"deletion of the cache", HF_FIELD_CACHE_DELETION},
                                       {NULL, HF_FIELD_INVALID}};
static const struct item service[] = {{"identity check", HF_FIELD_IDENTITY_CHECK},
                                      {"endpoint", HF_FIELD_ENDPOINT},
                                      {"IP address", HF_FIELD_IP_ADDRESS},
                                      {"data length", HF_FIELD_DATA_LENGTH},
                                      {"time", HF_FIELD_TIME},
                                      {NULL, HF_FIELD_INVALID}};
static const struct item consumer[] = {{"authentication of the provider", HF_FIELD_PROVIDER_AUTHN},
                                       {"reception state", HF_FIELD_RECEPTION},
                                       {"quality", HF_FIELD_QUALITY},
                                       {NULL, HF_FIELD_INVALID}};

struct looking {
	const struct hf_id *txn;
	char last[HF_FIELD_LIMIT][200]; /* of each field the newest value */
};

/* The newest entry comes first. */
static bool look(void *ctx, const struct hf_ledger_row *row)
{
	struct looking *l = ctx;
	char text[HF_ID_TEXT];
	hf_id_text(l->txn, text);
	if (!row->opening || !hf_opening_is(row->opening, HF_FIELD_TRANSACTION, text))
		return true;
	for (size_t i = 0; i < row->opening->n_fields; i++) {
		const Hufu__FieldOpening *o = row->opening->fields[i];
		if (!l->last[o->field][0])
			snprintf(l->last[o->field], sizeof(l->last[0]), "%.*s", (int)o->value.len, o->value.data);
	}
	return true;
}

static void assert_items(const struct looking *l, const struct item *items, const char *how, const char *node)
{
	for (; items->what; items++)
		if (!l->last[items->field][0])
			fail_msg("%s: the record of %s lacks the %s", how, node, items->what);
}

/* What its own ledger says of the transfer, whole. */
static struct looking *record_of(struct node *n, const struct hf_id *id, bool provides, const char *how)
{
	static struct looking l;
	memset(&l, 0, sizeof(l));
	l.txn = id;
	node_barrier(n);
	assert_int_equal(hf_ledger_tail(n->ledger, 100000, look, &l), HF_OK);
	assert_items(&l, format, how, n->name);
	assert_items(&l, service, how, n->name);
	assert_items(&l, provides ? provider : consumer, how, n->name);
	return &l;
}

static void assert_says(const struct looking *l, enum hf_field field, const char *part, const char *how)
{
	if (strstr(l->last[field], part) == NULL)
		fail_msg("%s: the %s is \"%s\", not \"%s\"", how, hf_field_name(field), l->last[field], part);
}

/* ---- how a transfer goes ---- */

static struct pair *now;
static void (*bend_receipt)(Hufu__Receipt *r);

static void on_receipt(struct post *x)
{
	if (x->type != HF_MAIL_RECEIPT)
		return;
	Hufu__ReceiptMail *mail = HF_DECODE(receipt_mail, x->body.data, x->body.len);
	Hufu__Envelope *honest = mail->receipt;
	Hufu__Receipt *r = HF_DECODE(receipt, honest->payload.data, honest->payload.len);
	Hufu__Receipt bent = *r;
	bend_receipt(&bent);
	mail->receipt = sign_as(now->health, "health", HF_TYPE_RECEIPT, &bent.base);
	replace_body(&x->body, &mail->base);
	hf_decoded_free(mail->receipt);
	mail->receipt = honest;
	hf_decoded_free(r);
	hf_decoded_free(mail);
}

static void found_wanting(Hufu__Receipt *r)
{
	r->quality = (char *)"not-met";
}
static void of_fewer_bytes(Hufu__Receipt *r)
{
	r->bytes--;
}

/* The manifest once more, with so many rows more. */
static bool with_a_manifest_by(struct node *signer, unsigned rows, struct hf_request *r)
{
	if (r->type != HF_MSG_CHUNK_GET || !r->answered || r->error != HF_OK)
		return true;
	Hufu__ChunkReply *c = HF_DECODE(chunk_reply, r->reply.data, r->reply.len);
	if (c->manifest) {
		Hufu__Envelope *honest = c->manifest;
		Hufu__Manifest *m = HF_DECODE(manifest, honest->payload.data, honest->payload.len);
		Hufu__Manifest bent = *m;
		bent.rows += rows;
		c->manifest = sign_as(signer, "roads", HF_TYPE_MANIFEST, &bent.base);
		replace_body(&r->reply, &c->base);
		hf_decoded_free(c->manifest);
		c->manifest = honest;
		hf_decoded_free(m);
	}
	hf_decoded_free(c);
	return true;
}

/* Rows that are not there: the consumer finds that the quality is not met. */
static bool with_more_rows(struct hf_request *r)
{
	return with_a_manifest_by(now->roads, 5, r);
}

static bool with_a_manifest_of_another_signer(struct hf_request *r)
{
	return with_a_manifest_by(now->s.hub, 0, r);
}

static bool with_an_altered_chunk(struct hf_request *r)
{
	if (r->type == HF_MSG_CHUNK_GET && r->answered && r->error == HF_OK && r->bulk)
		((uint8_t *)r->bulk)[r->bulk_len / 2] ^= 1;
	return true;
}

static bool with_a_start_of_another_time(struct hf_request *r)
{
	if (r->type != HF_MSG_TRANSFER_REQUEST || !r->answered || r->error != HF_OK)
		return true;
	Hufu__Envelope *e = HF_DECODE(envelope, r->reply.data, r->reply.len);
	Hufu__TransferStart *s = HF_DECODE(transfer_start, e->payload.data, e->payload.len);
	s->header->time_ms -= DAY;
	Hufu__Envelope *again = sign_as(now->roads, "roads", HF_TYPE_TRANSFER_START, &s->base);
	replace_body(&r->reply, &again->base);
	hf_decoded_free(again);
	hf_decoded_free(s);
	hf_decoded_free(e);
	return true;
}

static bool hold_receipts(const struct post *x)
{
	return x->type == HF_MAIL_RECEIPT;
}

/* DS-59: so that the next test's delivery goes out. */
static void settled_by_people(struct pair *p, const struct hf_id *id, enum hf_err why)
{
	struct hf_actor a = actor_of(p->roads, "zhou");
	struct hf_unit *u = hf_unit_new();
	struct hf_fault f = {HF_OK, ""};
	end_now(transfer_find(p->roads->exchange, id, true), why, "settled by people", false);
	until(p, is_idle(p->roads));
	MUST(hf_exchange_settle(p->roads->exchange, &a, id, "settled by people", u, &f));
	submit_wait(p->roads, u);
}

/* ---- the outcomes ---- */

static void delivered(void **state)
{
	struct pair *p = now = pair_of(state, 1000);
	struct hf_id id = begin(p);
	wait_both(p, &id, "COMPLETED");
	struct looking *l = record_of(p->health, &id, false, "delivered");
	assert_says(l, HF_FIELD_QUALITY, "met", "delivered");
	assert_says(l, HF_FIELD_PROVIDER_AUTHN, "manifest signature verified", "delivered");
	assert_says(record_of(p->roads, &id, true, "delivered"), HF_FIELD_DELIVERY, "complete; receipt", "delivered");
}

/* The consumer's verdict on the quality is that it is not met; the provider hears so by the receipt. */
static void of_a_quality_that_is_not_met(void **state)
{
	struct pair *p = now = pair_of(state, 1000);
	bend_receipt = found_wanting;
	p->w->bend = on_receipt;
	struct hf_id id = begin(p);
	wait_both(p, &id, "COMPLETED");
	record_of(p->health, &id, false, "not met");
	assert_says(record_of(p->roads, &id, true, "not met"), HF_FIELD_QUALITY, "not-met", "not met");
}

/* What is wrong with the data is the provider's lie: the consumer says so, and its receipt fits no manifest there. */
static void of_rows_that_are_not_there(void **state)
{
	struct pair *p = now = pair_of(state, 1000);
	int64_t before = p->w->now_ms;
	p->w->pass = with_more_rows;
	struct hf_id id = begin(p);
	until(p, has_ended(p->health, &id) && p->roads->refused_count == 1);
	settle(p->w);
	assert_says(record_of(p->health, &id, false, "rows"), HF_FIELD_QUALITY, "not-met", "rows");
	p->w->now_ms = before + RECEIPT_LIMIT + 1000;
	idle_watch(p->roads->exchange);
	assert_says(record_of(p->roads, &id, true, "rows"), HF_FIELD_EXCEPTION, "receipt-missing", "rows");
	p->w->now_ms = before;
	settled_by_people(p, &id, HF_E_CONFLICT);
	assert_says(record_of(p->roads, &id, true, "settled"), HF_FIELD_EXCEPTION, "conflict", "settled");
}

static void never_signed_for(void **state)
{
	struct pair *p = now = pair_of(state, 1000);
	int64_t before = p->w->now_ms;
	p->w->hold = hold_receipts;
	struct hf_id id = begin(p);
	until(p, has_ended(p->health, &id));
	p->w->now_ms = before + RECEIPT_LIMIT;
	idle_watch(p->roads->exchange);
	record_of(p->health, &id, false, "no receipt");
	struct looking *l = record_of(p->roads, &id, true, "no receipt");
	assert_says(l, HF_FIELD_DELIVERY, "everything was sent; no receipt came", "no receipt");
	assert_string_not_equal(l->last[HF_FIELD_DATA_LENGTH], "0");
	p->w->now_ms = before;
	p->w->hold = NULL;
	wait_both(p, &id, "COMPLETED");
}

/* The consumer lies about what it got; the transfer stays open, and is escalated. */
static void signed_for_with_a_lie(void **state)
{
	struct pair *p = now = pair_of(state, 1000);
	int64_t before = p->w->now_ms;
	bend_receipt = of_fewer_bytes;
	p->w->bend = on_receipt;
	struct hf_id id = begin(p);
	until(p, has_ended(p->health, &id) && p->roads->refused_count == 1);
	p->w->now_ms = before + RECEIPT_LIMIT + 1000;
	idle_watch(p->roads->exchange);
	record_of(p->health, &id, false, "a lie");
	record_of(p->roads, &id, true, "a lie");
	p->w->now_ms = before;
	settled_by_people(p, &id, HF_E_DIGEST);
	assert_says(record_of(p->roads, &id, true, "a lie"), HF_FIELD_DELIVERY, "everything was sent; it ended without",
	            "a lie");
}

static void lied_about_by_its_provider(void **state)
{
	static const struct {
		const char *how;
		size_t bytes;
		bool (*pass)(struct hf_request *r);
		const char *authn;
	} lies[] = {
	        {"an altered chunk", 3 * MIB, with_an_altered_chunk, "start signature verified"},
	        {"an altered last chunk", 1000, with_an_altered_chunk, "start signature verified"},
	        {"a manifest of another signer", 1000, with_a_manifest_of_another_signer, "start signature verified"},
	        {"a start of another time", 3 * MIB, with_a_start_of_another_time, "none"}};
	for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		struct pair *p = now = pair_of(state, lies[i].bytes);
		p->w->pass = lies[i].pass;
		struct hf_id id = begin(p);
		wait_both(p, &id, "TERMINATED");
		struct looking *l = record_of(p->health, &id, false, lies[i].how);
		assert_says(l, HF_FIELD_QUALITY, "not examined", lies[i].how);
		assert_says(l, HF_FIELD_PROVIDER_AUTHN, lies[i].authn, lies[i].how);
		record_of(p->roads, &id, true, lies[i].how);
	}
}

/* It asked once, and was not heard of again. */
static void given_up_by_its_consumer(void **state)
{
	struct pair *p = now = pair_of(state, 3 * MIB);
	int64_t before = p->w->now_ms;
	struct hf_id id = begin_quiet(p, NULL, 0);
	assert_int_equal(ask(p, p->health, &id, 0, 0).e, HF_OK);
	p->w->now_ms = before + IDLE_LIMIT + 1000;
	idle_watch(p->roads->exchange);
	until(p, is_state(p->roads, &id, "TERMINATED"));
	struct looking *l = record_of(p->roads, &id, true, "given up");
	assert_says(l, HF_FIELD_EXCEPTION, "abandoned", "given up");
	assert_says(l, HF_FIELD_DELIVERY, "after 1 chunks", "given up");
	wait_both(p, &id, "TERMINATED");
	assert_says(record_of(p->health, &id, false, "given up"), HF_FIELD_EXCEPTION, "abandoned", "given up");
	p->w->now_ms = before;
}

/* The end that its peer gives a reason for, whatever reason, is on record as no success. (DS-63) */
static void ended_by_its_consumer_as_if_all_were_well(void **state)
{
	struct pair *p = now = pair_of(state, 3 * MIB);
	struct hf_id id = begin_quiet(p, NULL, 0);
	Hufu__TransferEnd end = HUFU__TRANSFER_END__INIT;
	struct hf_buf body = HF_BUF_INIT;
	end.transfer = bytes_of(id.b, 16);
	end.state = (char *)"TERMINATED";
	end.reason_code = (char *)"ok";
	end.reason = (char *)"delivered";
	replace_body(&body, &end.base);
	assert_int_equal(ask(p, p->health, &id, 0, 0).e, HF_OK);
	assert_int_equal(deliver(p->roads, "health", HF_MAIL_TRANSFER_END, &id, body.data, body.len), HF_OK);
	until(p, has_ended(p->roads, &id));
	assert_says(record_of(p->roads, &id, true, "all well"), HF_FIELD_EXCEPTION, "unsupported", "all well");
	assert_int_equal(with_outcome(p->roads, &id, HF_EVENT_TRANSFER_TERMINATED, "ok"), 0);
	assert_int_equal(recorded(p->roads, &id, HF_EVENT_TRANSFER_TERMINATED), 1);
	assert_int_equal(ask(p, p->health, &id, 1, 0).e, HF_E_UNSUPPORTED);
	p->w->pass = NULL;
	wait_both(p, &id, "TERMINATED");
	hf_buf_done(&body);
}

/* The source is what was derived here of an entry of the hub. */
static void derive_source(struct pair *p, const struct hf_id *id)
{
	struct hf_unit *u = hf_unit_new();
	struct hf_draft *d = hf_draft_new(HF_EVENT_DERIVATION, id);
	struct hf_source_view v;
	struct hf_fault f = {HF_OK, ""};
	const struct hf_hash digest = {{7}};
	char text[HF_ID_TEXT], hex[65];
	hf_id_text(id, text);
	hf_hash_hex(&digest, hex);
	hf_draft_text(d, HF_FIELD_OBJECT, text);
	hf_draft_text(d, HF_FIELD_SYSTEM, "desk");
	hf_draft_bytes(d, HF_FIELD_DIGEST, digest.b, sizeof(digest.b));
	hf_draft_textf(d, HF_FIELD_INPUTS, "transfer %s %s\n", text, hex);
	hf_draft_textf(d, HF_FIELD_SOURCES, "%s hub\n", text);
	hf_unit_draft(u, d);
	assert_int_equal(hf_source_get(p->roads->sources, "flights", &v), HF_OK);
	v.derivation = *id;
	assert_int_equal(hf_source_put(p->roads->sources, u, &v, &f), HF_OK);
	hf_source_view_done(&v);
	submit_wait(p->roads, u);
}

static bool count_passed(void *ctx, const struct hf_ledger_row *row)
{
	struct txn_count *c = ctx;
	char text[HF_ID_TEXT];
	hf_id_text(c->txn, text);
	c->count += row->opening && hf_opening_is(row->opening, HF_FIELD_EVENT, hf_event_name(HF_EVENT_PASSED_ON)) &&
	            hf_opening_is(row->opening, HF_FIELD_OBJECT, text);
	return true;
}

/* How much was sent before a restart is not known: it is not put on record as nothing, and the publisher of what it
 * was derived from is told. (DS-62, DS-65) */
static void ended_after_a_restart_of_its_provider(void **state)
{
	struct pair *p = now = pair_of(state, 3 * MIB);
	struct hf_id derived = hf_id_new(p->w->now_ms);
	derive_source(p, &derived);
	struct hf_id id = begin_quiet(p, NULL, 0);
	assert_int_equal(ask(p, p->health, &id, 0, 0).e, HF_OK);
	assert_int_equal(ask(p, p->health, &id, 1, 0).e, HF_OK);
	pair_restart(p->roads);
	end_now(transfer_find(p->roads->exchange, &id, true), HF_E_CANCELLED, "enough", true);
	until(p, is_state(p->roads, &id, "TERMINATED"));
	assert_says(record_of(p->roads, &id, true, "restart"), HF_FIELD_DELIVERY, "at least 0 chunks", "restart");
	struct txn_count passed = {.txn = &id};
	assert_int_equal(hf_ledger_tail(p->roads->ledger, 100000, count_passed, &passed), HF_OK);
	assert_int_equal(passed.count, 1);
	p->w->pass = NULL;
	wait_both(p, &id, "TERMINATED");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(delivered),
	        cmocka_unit_test(of_a_quality_that_is_not_met),
	        cmocka_unit_test(of_rows_that_are_not_there),
	        cmocka_unit_test(never_signed_for),
	        cmocka_unit_test(signed_for_with_a_lie),
	        cmocka_unit_test(lied_about_by_its_provider),
	        cmocka_unit_test(given_up_by_its_consumer),
	        cmocka_unit_test(ended_by_its_consumer_as_if_all_were_well),
	        cmocka_unit_test(ended_after_a_restart_of_its_provider),
	};
	return cmocka_run_group_tests(tests, pair_up, pair_down);
}
