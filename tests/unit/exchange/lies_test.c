/* A provider that lies: answers, chunks and manifests that are not what they should be end the transfer at both sides,
 * and nothing of it is left. */
#include "unit/exchange/pair.h"

#define MIB ((size_t)1 << 20)

static struct pair *now; /* of the running test, for the functions that bend */

/* ---- manifests ---- */

static void (*bend_manifest)(Hufu__Manifest *m);
static size_t liar;            /* who signs */
static const char *liar_name;  /* in whose name */
static struct hf_hash foreign; /* bytes that lies point to */

static bool with_bent_manifest(struct hf_request *r)
{
	if (r->type != HF_MSG_CHUNK_GET || !r->answered || r->error != HF_OK)
		return true;
	Hufu__ChunkReply *c = HF_DECODE(chunk_reply, r->reply.data, r->reply.len);
	if (c->manifest) {
		Hufu__Envelope *honest = c->manifest;
		Hufu__Manifest *m = HF_DECODE(manifest, honest->payload.data, honest->payload.len);
		Hufu__Manifest bent = *m;
		bend_manifest(&bent);
		Hufu__Envelope *e = sign_as(&now->w->node[liar], liar_name, HF_TYPE_MANIFEST, &bent.base);
		c->manifest = e;
		replace_body(&r->reply, &c->base);
		c->manifest = honest;
		hf_decoded_free(e);
		hf_decoded_free(m);
	}
	hf_decoded_free(c);
	return true;
}

static void bend_nothing(Hufu__Manifest *m)
{
	(void)m;
}
static void bend_root(Hufu__Manifest *m)
{
	m->root = bytes_of(foreign.b, 32);
}
static void bend_bytes(Hufu__Manifest *m)
{
	m->bytes++;
}
static void bend_chunks(Hufu__Manifest *m)
{
	m->chunks++;
}
static void bend_transfer(Hufu__Manifest *m)
{
	m->transfer = bytes_of(foreign.b, 16);
}
static void bend_agreement(Hufu__Manifest *m)
{
	m->agreement = bytes_of(foreign.b, 16);
}
static void bend_grant(Hufu__Manifest *m)
{
	m->grant = bytes_of(foreign.b, 16);
}
static void bend_transaction(Hufu__Manifest *m)
{
	static Hufu__Header h;
	h = *m->header;
	h.transaction = bytes_of(foreign.b, 16);
	m->header = &h;
}
static void bend_issuer(Hufu__Manifest *m)
{
	static Hufu__Header h;
	h = *m->header;
	h.issuer = (char *)"hub";
	m->header = &h;
}
static char *for_the_hub[] = {(char *)"hub"};
static void bend_audience(Hufu__Manifest *m)
{
	static Hufu__Header h;
	h = *m->header;
	h.audience = for_the_hub;
	m->header = &h;
}
static void bend_time_back(Hufu__Manifest *m)
{
	static Hufu__Header h;
	h = *m->header;
	h.time_ms -= DAY;
	m->header = &h;
}
static void bend_time_on(Hufu__Manifest *m)
{
	static Hufu__Header h;
	h = *m->header;
	h.time_ms += HF_CLOCK_SKEW_MS + 60000;
	m->header = &h;
}
/* DS-35, DS-36: the permission mark that the start promised. */
static void bend_label(Hufu__Manifest *m)
{
	static Hufu__Label l;
	l = *m->label;
	l.onward_sharing = true;
	m->label = &l;
}

/* MK-25: what a field holds and how it was treated. */
static void bend_field_label(Hufu__Manifest *m)
{
	static Hufu__Label l;
	static Hufu__FieldLabel f;
	static Hufu__FieldLabel *list[64];
	l = *m->label;
	assert_true(l.n_fields > 0 && l.n_fields <= 64);
	memcpy(list, l.fields, l.n_fields * sizeof(*list));
	f = *list[0];
	assert_string_equal(f.data_class, "none");
	f.data_class = (char *)"personal";
	list[0] = &f;
	l.fields = list;
	m->label = &l;
}
static void strip_field_label(Hufu__Manifest *m)
{
	static Hufu__Label l;
	l = *m->label;
	l.n_fields--;
	m->label = &l;
}

static void refused_manifest(void **state, void (*bend)(Hufu__Manifest *m), enum hf_err e)
{
	struct pair *p = now = pair_of(state, 1000);
	struct hf_id id = hf_id_new(p->w->now_ms);
	memcpy(foreign.b, id.b, 16);
	bend_manifest = bend;
	p->w->pass = with_bent_manifest;
	id = begin(p);
	wait_both(p, &id, "TERMINATED");
	assert_reason(p->health, &id, e, NULL);
	assert_reason(p->roads, &id, e, NULL);
	assert_wiped(p, &id);
	assert_int_equal(recorded(p->health, &id, HF_EVENT_TRANSFER_RECEIVED), 0);
	assert_int_equal(recorded(p->health, &id, HF_EVENT_RECEIPT), 0);
	assert_int_equal(recorded(p->health, &id, HF_EVENT_CACHE_CLEARED), 1);
}

/* DS-55, DS-56 */
static void a_manifest_that_lies_is_refused(void **state)
{
	static const struct {
		void (*bend)(Hufu__Manifest *m);
		enum hf_err e;
	} lies[] = {
	        {bend_root, HF_E_DIGEST},           {bend_bytes, HF_E_DIGEST},   {bend_chunks, HF_E_DIGEST},
	        {bend_transfer, HF_E_CONFLICT},     {bend_grant, HF_E_CONFLICT}, {bend_agreement, HF_E_CONFLICT},
	        {bend_transaction, HF_E_CONFLICT},  {bend_label, HF_E_CONFLICT}, {bend_audience, HF_E_STANDING},
	        {bend_time_back, HF_E_STALE},       {bend_time_on, HF_E_STALE},  {bend_field_label, HF_E_CONFLICT},
	        {strip_field_label, HF_E_CONFLICT},
	};
	liar = SB_ROADS;
	liar_name = "roads";
	for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++)
		refused_manifest(state, lies[i].bend, lies[i].e);
}

static void a_manifest_of_another_signer_is_refused(void **state)
{
	liar = SB_HUB; /* another member's signature in its own name, and in the provider's */
	liar_name = "hub";
	refused_manifest(state, bend_issuer, HF_E_SIGNATURE);
	liar_name = "roads";
	refused_manifest(state, bend_nothing, HF_E_SIGNATURE);
}

static void bend_rows(Hufu__Manifest *m)
{
	m->rows += 5;
}

/* DS-58, DS-72: data that is genuine but not as declared is delivered with the finding that it is not. */
static void rows_that_are_not_there_make_the_quality_not_met(void **state)
{
	struct pair *p = now = pair_of(state, 1000);
	liar = SB_ROADS;
	liar_name = "roads";
	bend_manifest = bend_rows;
	p->w->pass = with_bent_manifest;
	struct hf_id id = begin(p);
	until(p, has_ended(p->health, &id));
	assert_string_equal(view_of(p->health, &id).quality, "not-met");
	settle(p->w);
	assert_true(is_state(p->roads, &id, "STARTED")); /* the receipt is for a manifest that was never signed there */
	assert_int_equal(p->roads->refused_count, 1);
	assert_int_equal(p->roads->refused[0].e, HF_E_CONFLICT);
	/* Let the provider end it, so that the next test begins with nothing under way. */
	struct transfer *t = transfer_find(p->roads->exchange, &id, true);
	end_now(t, HF_E_CONFLICT, "settled by people", false);
	until(p, is_idle(p->roads));
}

/* ---- chunks ---- */

static void (*bend_chunk)(struct hf_request *r, Hufu__ChunkReply *c);
static uint64_t bent_index;

static bool with_bent_chunk(struct hf_request *r)
{
	if (r->type != HF_MSG_CHUNK_GET || !r->answered || r->error != HF_OK)
		return true;
	Hufu__ChunkReply *c = HF_DECODE(chunk_reply, r->reply.data, r->reply.len);
	if (c->index == bent_index) {
		Hufu__ChunkReply bent = *c;
		bend_chunk(r, &bent);
		replace_body(&r->reply, &bent.base);
	}
	hf_decoded_free(c);
	return true;
}

static void other_index(struct hf_request *r, Hufu__ChunkReply *c)
{
	(void)r;
	c->index++;
}
static void one_bit(struct hf_request *r, Hufu__ChunkReply *c)
{
	(void)c;
	((uint8_t *)r->bulk)[r->bulk_len / 2] ^= 1;
}
static void other_tag(struct hf_request *r, Hufu__ChunkReply *c)
{
	static uint8_t tag[16];
	memcpy(tag, r->bulk_tag, 16);
	tag[3] ^= 1;
	c->tag = bytes_of(tag, 16);
	memcpy(r->bulk_tag, tag, 16);
}
static void cut_short(struct hf_request *r, Hufu__ChunkReply *c)
{
	r->bulk_len -= 1;
	c->bytes -= 1;
}
static void too_long(struct hf_request *r, Hufu__ChunkReply *c)
{
	uint8_t *more = hf_alloc_zero(r->bulk_len + 17);
	memcpy(more, r->bulk, r->bulk_len);
	free(r->bulk);
	r->bulk = (struct hf_held *)more;
	r->bulk_len += 16;
	c->bytes += 16;
}
static void no_bulk(struct hf_request *r, Hufu__ChunkReply *c)
{
	(void)c;
	free(HF_TAKE(r->bulk));
}
static void the_end_too_early(struct hf_request *r, Hufu__ChunkReply *c)
{
	static Hufu__Envelope none;
	hufu__envelope__init(&none);
	(void)r;
	c->last = true;
}
static void no_end(struct hf_request *r, Hufu__ChunkReply *c)
{
	(void)r;
	c->last = false;
}
static void no_manifest(struct hf_request *r, Hufu__ChunkReply *c)
{
	(void)r;
	c->manifest = NULL;
}

/* DS-51, DS-43: in the middle and at the end; too long, too short, altered, doubled under another number. */
static void a_chunk_that_is_not_what_was_asked_for_ends_both_sides(void **state)
{
	static const struct {
		void (*bend)(struct hf_request *r, Hufu__ChunkReply *c);
		uint64_t index;
		enum hf_err e;
	} lies[] = {
	        {other_index, 1, HF_E_FORMAT}, {one_bit, 1, HF_E_DIGEST},           {other_tag, 1, HF_E_DIGEST},
	        {cut_short, 1, HF_E_FORMAT},   {too_long, 1, HF_E_FORMAT},          {too_long, 3, HF_E_DIGEST},
	        {no_bulk, 1, HF_E_FORMAT},     {the_end_too_early, 1, HF_E_FORMAT}, {no_end, 3, HF_E_FORMAT},
	        {no_manifest, 3, HF_E_FORMAT}, {cut_short, 3, HF_E_DIGEST},
	};
	for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		struct pair *p = now = pair_of(state, 3 * MIB + 500);
		bend_chunk = lies[i].bend;
		bent_index = lies[i].index;
		p->w->pass = with_bent_chunk;
		struct hf_id id = begin(p);
		wait_both(p, &id, "TERMINATED");
		assert_reason(p->health, &id, lies[i].e, NULL);
		assert_reason(p->roads, &id, lies[i].e, NULL);
		assert_wiped(p, &id);
	}
}

/* A provider that knows nothing of the transfer any more does not leave its consumer waiting, also where the length is
 * not known. */
static bool forgotten(struct hf_request *r)
{
	if (r->type == HF_MSG_CHUNK_GET && r->answered) {
		r->error = HF_E_UNKNOWN;
		hf_buf_clear(&r->reply);
		free(HF_TAKE(r->bulk));
	}
	return true;
}

static void a_provider_that_forgot_the_transfer_ends_it(void **state)
{
	static const char *const two[] = {"flight", "delay"};
	for (size_t fields = 0; fields <= 2; fields += 2) {
		struct pair *p = now = pair_of(state, 1000);
		p->w->pass = forgotten;
		struct fetching r = fetch_fields(p, two, fields);
		assert_int_equal(r.e, HF_OK);
		until(p, has_ended(p->health, &r.id) && is_idle(p->health));
		assert_reason(p->health, &r.id, HF_E_UNKNOWN, NULL);
		assert_wiped(p, &r.id);
		end_now(transfer_find(p->roads->exchange, &r.id, true), HF_E_UNKNOWN, "forgotten", false);
		until(p, is_idle(p->roads));
	}
}

/* ---- starts ---- */

static void (*bend_start)(Hufu__TransferStart *s);

static bool with_bent_start(struct hf_request *r)
{
	if (r->type != HF_MSG_TRANSFER_REQUEST || !r->answered || r->error != HF_OK)
		return true;
	Hufu__Envelope *e = HF_DECODE(envelope, r->reply.data, r->reply.len);
	Hufu__TransferStart *s = HF_DECODE(transfer_start, e->payload.data, e->payload.len);
	Hufu__TransferStart bent = *s;
	bend_start(&bent);
	Hufu__Envelope *again = sign_as(&now->w->node[liar], liar_name, HF_TYPE_TRANSFER_START, &bent.base);
	replace_body(&r->reply, &again->base);
	hf_decoded_free(again);
	hf_decoded_free(s);
	hf_decoded_free(e);
	return true;
}

static void start_of_another_request(Hufu__TransferStart *s)
{
	s->request_digest = bytes_of(foreign.b, 32);
}
static void start_of_another_transfer(Hufu__TransferStart *s)
{
	s->transfer = bytes_of(foreign.b, 16);
}
static void start_for_another_recipient(Hufu__TransferStart *s)
{
	static Hufu__Label l;
	l = *s->label;
	l.recipient = (char *)"port";
	s->label = &l;
}
static void start_for_another_entry(Hufu__TransferStart *s)
{
	static Hufu__Label l;
	l = *s->label;
	l.entry = bytes_of(foreign.b, 16);
	s->label = &l;
}
static void start_that_drops_what_was_agreed(Hufu__TransferStart *s)
{
	static Hufu__Label l;
	l = *s->label;
	assert_true(l.n_obligations > 0);
	l.n_obligations--;
	s->label = &l;
}
static void start_with_other_chunks(Hufu__TransferStart *s)
{
	s->chunk_bytes = CHUNK_BYTES / 2;
}
static void start_with_a_broken_key(Hufu__TransferStart *s)
{
	static uint8_t key[128];
	memcpy(key, s->sealed_key.data, s->sealed_key.len);
	key[40] ^= 1;
	s->sealed_key = bytes_of(key, s->sealed_key.len);
}
static void start_for_another_node(Hufu__TransferStart *s)
{
	static Hufu__Header h;
	h = *s->header;
	h.audience = for_the_hub;
	s->header = &h;
}
static void start_of_another_transaction(Hufu__TransferStart *s)
{
	static Hufu__Header h;
	h = *s->header;
	h.transaction = bytes_of(foreign.b, 16);
	s->header = &h;
}
static void start_from_the_past(Hufu__TransferStart *s)
{
	static Hufu__Header h;
	h = *s->header;
	h.time_ms -= DAY;
	s->header = &h;
}
static void start_without_a_bound(Hufu__TransferStart *s)
{
	s->bytes = s->chunks = s->most_bytes = 0;
}
static void start_beyond_all_room(Hufu__TransferStart *s)
{
	s->bytes = s->chunks = 0;
	s->most_bytes = UINT64_MAX;
}
/* Nobody fills up a disk by never coming to an end. */
static void start_that_is_exceeded(Hufu__TransferStart *s)
{
	s->bytes = s->chunks = 0;
	s->most_bytes = 2 * MIB;
}
static void start_that_promises_less(Hufu__TransferStart *s)
{
	s->bytes = 10;
}

/* DS-36, DS-29: nothing is asked for, or kept, under a start that is not in order. */
static void a_start_that_lies_ends_both_sides(void **state)
{
	static const struct {
		void (*bend)(Hufu__TransferStart *s);
		enum hf_err e;
	} lies[] = {
	        {start_of_another_request, HF_E_CONFLICT},     {start_of_another_transfer, HF_E_CONFLICT},
	        {start_for_another_recipient, HF_E_SIGNATURE}, {start_for_another_entry, HF_E_SIGNATURE},
	        {start_with_other_chunks, HF_E_SUITE},         {start_with_a_broken_key, HF_E_CRYPTO},
	        {start_that_promises_less, HF_E_FORMAT},       {start_for_another_node, HF_E_STANDING},
	        {start_of_another_transaction, HF_E_CONFLICT}, {start_from_the_past, HF_E_STALE},
	        {start_without_a_bound, HF_E_FORMAT},          {start_beyond_all_room, HF_E_NO_SPACE},
	        {start_that_is_exceeded, HF_E_LIMIT},          {start_that_drops_what_was_agreed, HF_E_OBLIGATION},
	};
	liar = SB_ROADS;
	liar_name = "roads";
	for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		struct pair *p = now = pair_of(state, 3 * MIB);
		struct hf_id id = hf_id_new(p->w->now_ms);
		memcpy(foreign.b, id.b, 16);
		bend_start = lies[i].bend;
		p->w->pass = with_bent_start;
		id = begin(p);
		wait_both(p, &id, "TERMINATED");
		assert_reason(p->health, &id, lies[i].e, NULL);
		assert_wiped(p, &id);
		settle(p->w);
		(void)settle_it(p, &id); /* what it signs of the end names the start as it came */
	}
}

static void start_as_it_is(Hufu__TransferStart *s)
{
	(void)s;
}

static bool opens(const struct node *n, const Hufu__TransferStart *s)
{
	uint8_t key[32];
	return hf_seal_open(n->keys.box, s->sealed_key.data, s->sealed_key.len, key);
}

/* DS-29: what the decision point permits becomes a credential of its own, the start: signed by the provider, bound to
 * the recipient, its system, the resource and the request, and with a key that the recipient alone can open. */
static void a_start_is_a_credential_for_one_recipient_and_one_resource(void **state)
{
	struct pair *p = now = pair_of(state, 3 * MIB);
	struct hf_id id = begin_quiet(p, NULL, 0);
	const struct transfer *t = transfer_find(p->health->exchange, &id, false);
	HF_CLEANUP(hf_decoded_done) Hufu__Envelope *e = t ? HF_DECODE(envelope, t->start.data, t->start.len) : NULL;
	HF_CLEANUP(hf_decoded_done)
	Hufu__TransferStart *s = e ? HF_DECODE(transfer_start, e->payload.data, e->payload.len) : NULL;
	if (!e || !s || !s->header || !s->label || e->n_signatures == 0) {
		fail();
		return;
	}
	assert_string_equal(e->signatures[0]->keyid, "roads");
	assert_string_equal(s->header->audience[0], "health");
	assert_string_equal(s->label->recipient, "health");
	assert_string_equal(s->label->system, "desk");
	assert_memory_equal(s->label->entry.data, t->resource.b, sizeof(t->resource.b));
	assert_true(opens(p->health, s));
	assert_false(opens(&p->w->node[SB_HUB], s));
	p->w->pass = NULL;
	wait_both(p, &id, "COMPLETED");
	assert_delivered(p, &id);
}

/* DS-29: a forged one, which another member signed in the provider's name, and a foreign one, which the provider signed
 * for somebody or something else (above), open nothing. */
static void a_forged_credential_is_refused(void **state)
{
	struct pair *p = now = pair_of(state, 3 * MIB);
	liar = SB_HUB;
	liar_name = "roads";
	bend_start = start_as_it_is;
	p->w->pass = with_bent_start;
	struct hf_id id = begin(p);
	wait_both(p, &id, "TERMINATED");
	assert_reason(p->health, &id, HF_E_SIGNATURE, NULL);
	assert_wiped(p, &id);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_manifest_that_lies_is_refused),
	        cmocka_unit_test(a_manifest_of_another_signer_is_refused),
	        cmocka_unit_test(rows_that_are_not_there_make_the_quality_not_met),
	        cmocka_unit_test(a_chunk_that_is_not_what_was_asked_for_ends_both_sides),
	        cmocka_unit_test(a_provider_that_forgot_the_transfer_ends_it),
	        cmocka_unit_test(a_start_that_lies_ends_both_sides),
	        cmocka_unit_test(a_start_is_a_credential_for_one_recipient_and_one_resource),
	        cmocka_unit_test(a_forged_credential_is_refused),
	};
	return cmocka_run_group_tests(tests, pair_up, pair_down);
}
