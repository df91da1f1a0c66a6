/* The receipt: its four items (transaction, digest, time, signature), each wrong alone; a missing one is escalated; a
 * genuine one closes, whatever happened before. */
#include "unit/exchange/pair.h"

#define MIB ((size_t)1 << 20)
#define RECEIPT_MS ((int64_t)HF_TRANSFER_RECEIPT_SECONDS * 1000)

static struct pair *now;
static void (*bend_receipt)(Hufu__Receipt *r);
static size_t signer;
static const char *signer_name;
static struct hf_hash foreign;

static void bend_mail(struct post *x)
{
	if (x->type != HF_MAIL_RECEIPT)
		return;
	Hufu__ReceiptMail *mail = HF_DECODE(receipt_mail, x->body.data, x->body.len);
	Hufu__Envelope *honest = mail->receipt;
	Hufu__Receipt *r = HF_DECODE(receipt, honest->payload.data, honest->payload.len);
	Hufu__Receipt bent = *r;
	bend_receipt(&bent);
	mail->receipt = sign_as(&now->w->node[signer], signer_name, HF_TYPE_RECEIPT, &bent.base);
	replace_body(&x->body, &mail->base);
	hf_decoded_free(mail->receipt);
	mail->receipt = honest;
	hf_decoded_free(r);
	hf_decoded_free(mail);
}

static void nothing(Hufu__Receipt *r)
{
	(void)r;
}
static void other_transfer(Hufu__Receipt *r)
{
	r->transfer = bytes_of(foreign.b, 16);
}
static void other_transaction(Hufu__Receipt *r)
{
	static Hufu__Header h;
	h = *r->header;
	h.transaction = bytes_of(foreign.b, 16);
	r->header = &h;
}
static void other_manifest(Hufu__Receipt *r)
{
	r->manifest_digest = bytes_of(foreign.b, 32);
}
static void other_root(Hufu__Receipt *r)
{
	r->root = bytes_of(foreign.b, 32);
}
static void other_bytes(Hufu__Receipt *r)
{
	r->bytes--;
}
static void other_rows(Hufu__Receipt *r)
{
	r->rows++;
}
static void other_audience(Hufu__Receipt *r)
{
	static char *names[] = {(char *)"hub"};
	static Hufu__Header h;
	h = *r->header;
	h.audience = names;
	r->header = &h;
}
static void signed_in_the_past(Hufu__Receipt *r)
{
	static Hufu__Header h;
	h = *r->header;
	h.time_ms -= DAY;
	r->header = &h;
}
static void before_the_transfer(Hufu__Receipt *r)
{
	r->received_ms -= DAY;
}
static void in_the_future(Hufu__Receipt *r)
{
	r->received_ms += DAY;
}
static void other_issuer(Hufu__Receipt *r)
{
	static Hufu__Header h;
	h = *r->header;
	h.issuer = (char *)"hub";
	r->header = &h;
}

/* The transfer is not closed, the refusal is an alarm, and the genuine receipt closes it afterwards. */
static void not_closed_by(void **state, void (*bend)(Hufu__Receipt *r), size_t by, const char *name, enum hf_err e)
{
	struct pair *p = now = pair_of(state, 1000);
	struct hf_id id = hf_id_new(p->w->now_ms);
	memcpy(foreign.b, id.b, 16);
	bend_receipt = bend;
	signer = by;
	signer_name = name;
	p->w->bend = bend_mail;
	id = begin(p);
	until(p, has_ended(p->health, &id) && p->roads->refused_count == 1);
	settle(p->w);
	assert_int_equal(p->roads->refused[0].e, e);
	assert_true(is_state(p->roads, &id, "STARTED"));
	assert_false(view_of(p->roads, &id).receipt);
	assert_int_equal(p->roads->alarms, 1);
	assert_int_equal(recorded(p->roads, &id, HF_EVENT_TRANSFER_CLOSED), 0);
	p->w->bend = NULL;
	struct transfer *t;
	Hufu__ReceiptMail mail = HUFU__RECEIPT_MAIL__INIT;
	struct hf_buf body = HF_BUF_INIT;
	assert_int_equal(transfer_load(p->health->exchange, &id, false, &t), HF_OK);
	mail.receipt = HF_DECODE(envelope, t->receipt.data, t->receipt.len);
	replace_body(&body, &mail.base);
	assert_int_equal(deliver(p->roads, "hub", HF_MAIL_RECEIPT, &id, body.data, body.len),
	                 HF_E_UNKNOWN); /* brought by somebody else: there is no such transfer for it */
	assert_int_equal(deliver(p->roads, "health", HF_MAIL_RECEIPT, &id, body.data, body.len), HF_OK);
	wait_both(p, &id, "COMPLETED");
	assert_delivered(p, &id);
	hf_decoded_free(mail.receipt);
	hf_buf_done(&body);
	transfer_release(t);
}

/* DS-57, DS-59 */
static void each_wrong_item_alone_does_not_close(void **state)
{
	static const struct {
		void (*bend)(Hufu__Receipt *r);
		enum hf_err e;
	} lies[] = {
	        {other_transfer, HF_E_CONFLICT},  {other_transaction, HF_E_CONFLICT}, {other_manifest, HF_E_CONFLICT},
	        {other_root, HF_E_DIGEST},        {other_bytes, HF_E_DIGEST},         {other_rows, HF_E_DIGEST},
	        {in_the_future, HF_E_STALE},      {before_the_transfer, HF_E_STALE},  {other_audience, HF_E_STANDING},
	        {signed_in_the_past, HF_E_STALE},
	};
	for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++)
		not_closed_by(state, lies[i].bend, SB_HEALTH, "health", lies[i].e);
}

static void a_receipt_of_another_signer_does_not_close(void **state)
{
	not_closed_by(state, nothing, SB_HUB, "health", HF_E_SIGNATURE);
	not_closed_by(state, other_issuer, SB_HUB, "hub", HF_E_SIGNATURE);
}

static bool hold_receipts(const struct post *x)
{
	return x->type == HF_MAIL_RECEIPT;
}

/* DS-59: no receipt means the transaction is not closed; after a time-out that is escalated, once, also over a restart.
 */
static void a_missing_receipt_is_escalated_once(void **state)
{
	struct pair *p = pair_of(state, 1000);
	int64_t before = p->w->now_ms;
	p->w->hold = hold_receipts;
	struct hf_id id = begin(p);
	until(p, has_ended(p->health, &id));
	p->w->now_ms = before + RECEIPT_MS - 1;
	idle_watch(p->roads->exchange);
	assert_int_equal(recorded(p->roads, &id, HF_EVENT_EXCEPTION), 0);
	assert_int_equal(p->roads->alarms, 0);
	p->w->now_ms = before + RECEIPT_MS;
	idle_watch(p->roads->exchange);
	assert_int_equal(recorded(p->roads, &id, HF_EVENT_EXCEPTION), 1);
	assert_int_equal(p->roads->alarms, 1);
	idle_watch(p->roads->exchange);
	pair_restart(p->roads);
	idle_watch(p->roads->exchange);
	assert_int_equal(recorded(p->roads, &id, HF_EVENT_EXCEPTION), 1);
	assert_true(is_state(p->roads, &id, "STARTED"));
	p->w->hold = NULL; /* it was late, and closes */
	wait_both(p, &id, "COMPLETED");
	assert_delivered(p, &id);
	p->w->now_ms = before;
}

/* The store has no room when the receipt comes: its sender tries again. */
static void a_receipt_that_cannot_be_recorded_closes_when_it_comes_again(void **state)
{
	struct pair *p = pair_of(state, 1000);
	p->w->hold = hold_receipts;
	struct hf_id id = begin(p);
	until(p, has_ended(p->health, &id) && is_idle(p->health));
	struct post *x = p->w->posts;
	while (x->type != HF_MAIL_RECEIPT) /* the use report goes before it */
		x = x->next;
	set_store_fails(p->roads, true);
	assert_int_equal(deliver(p->roads, "health", HF_MAIL_RECEIPT, &id, x->body.data, x->body.len), HF_OK);
	node_barrier(p->roads);
	assert_true(is_state(p->roads, &id, "STARTED"));
	assert_false(view_of(p->roads, &id).receipt);
	set_store_fails(p->roads, false);
	p->w->hold = NULL;
	wait_both(p, &id, "COMPLETED");
	assert_delivered(p, &id);
	assert_int_equal(recorded(p->roads, &id, HF_EVENT_TRANSFER_CLOSED), 1);
}

static unsigned lost_lasts;

/* The answer with the manifest gets lost once. */
static bool lose_the_manifest(struct hf_request *r)
{
	if (r->type != HF_MSG_CHUNK_GET || !r->answered || r->error != HF_OK || lost_lasts > 0)
		return true;
	Hufu__ChunkReply *c = HF_DECODE(chunk_reply, r->reply.data, r->reply.len);
	bool last = c->last;
	hf_decoded_free(c);
	lost_lasts += last;
	return !last;
}

/* The manifest is stored, its answer lost, the provider starts again: the receipt still speaks of what was sent. */
static void a_receipt_closes_although_the_provider_started_again_after_the_manifest(void **state)
{
	static const char *const two[] = {"flight", "delay"};
	for (size_t fields = 0; fields <= 2; fields += 2) {
		struct pair *p = pair_of(state, 2 * MIB + 77);
		lost_lasts = 0;
		p->w->pass = lose_the_manifest;
		struct fetching r = fetch_fields(p, two, fields);
		assert_int_equal(r.e, HF_OK);
		until(p, lost_lasts == 1);
		pair_restart(p->roads);
		wait_both(p, &r.id, "COMPLETED");
		assert_true(view_of(p->roads, &r.id).receipt);
		assert_int_equal(view_of(p->roads, &r.id).bytes_total, view_of(p->health, &r.id).bytes_total);
		assert_int_equal(recorded(p->roads, &r.id, HF_EVENT_TRANSFER_SENT), 1);
	}
}

/* DS-38: one transfer, one receipt. */
static void a_second_receipt_is_refused(void **state)
{
	struct pair *p = pair_of(state, 1000);
	p->w->hold = hold_receipts;
	struct hf_id id = begin(p);
	until(p, has_ended(p->health, &id) && is_idle(p->health));
	struct hf_buf body = HF_BUF_INIT;
	assert_true(hf_buf_add(&body, p->w->posts->body.data, p->w->posts->body.len));
	p->w->hold = NULL;
	wait_both(p, &id, "COMPLETED");
	assert_int_equal(deliver(p->roads, "health", HF_MAIL_RECEIPT, &id, body.data, body.len), HF_E_STATE);
	assert_int_equal(recorded(p->roads, &id, HF_EVENT_TRANSFER_CLOSED), 1);
	hf_buf_done(&body);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(each_wrong_item_alone_does_not_close),
	        cmocka_unit_test(a_receipt_of_another_signer_does_not_close),
	        cmocka_unit_test(a_missing_receipt_is_escalated_once),
	        cmocka_unit_test(a_receipt_that_cannot_be_recorded_closes_when_it_comes_again),
	        cmocka_unit_test(a_receipt_closes_although_the_provider_started_again_after_the_manifest),
	        cmocka_unit_test(a_second_receipt_is_refused),
	};
	return cmocka_run_group_tests(tests, pair_up, pair_down);
}
