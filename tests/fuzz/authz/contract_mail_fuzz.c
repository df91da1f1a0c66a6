/*
 * contract_mail_fuzz.c - the body of each mail of a negotiation, at a node that waits for just that mail: three real
 * nodes are brought to that point once, and the genuine mail is kept.
 *
 * Byte 0 chooses the mail, byte 1 the way: 0 the rest is the body; 1 the rest is the paper's payload, signed by its
 * proper author, so that what stands behind the signature is reached; 2 and 3 the rest is edits (u16 place, u8 value)
 * of the genuine payload, signed again, or of the genuine body. Nothing is ever submitted, so each input meets the same
 * state. A refusal always says why.
 */
#include "unit/authz/cast.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

/* The world's own checks, without a test runner. */
void _assert_true(const LargestIntegralType result, const char *const expression, const char *const file,
                  const int line)
{
	if (result)
		return;
	fprintf(stderr, "%s:%d: %s\n", file, line, expression);
	abort();
}

void _assert_int_equal(const LargestIntegralType a, const LargestIntegralType b, const char *const file, const int line)
{
	_assert_true(a == b, "two numbers differ", file, line);
}

void _assert_int_not_equal(const LargestIntegralType a, const LargestIntegralType b, const char *const file,
                           const int line)
{
	_assert_true(a != b, "two numbers are equal", file, line);
}

void _assert_string_equal(const char *const a, const char *const b, const char *const file, const int line)
{
	_assert_true(strcmp(a, b) == 0, a, file, line);
}

void _fail(const char *const file, const int line)
{
	_assert_true(0, "failed", file, line);
	abort();
}

void print_error(const char *const format, ...)
{
	fprintf(stderr, "%s\n", format);
}

#define KINDS 8

static struct genuine {
	struct node *to;
	char from[HF_NAME_MAX + 1];
	enum hf_mail type;
	struct hf_id txn;
	struct hf_buf body;
} genuine[KINDS];

static const ProtobufCMessageDescriptor *mail_desc(enum hf_mail type)
{
	static const ProtobufCMessageDescriptor *const descs[128] = {
	        [HF_MAIL_APPLICATION] = &hufu__application_mail__descriptor,
	        [HF_MAIL_FORWARD] = &hufu__forward_mail__descriptor,
	        [HF_MAIL_INTAKE] = &hufu__intake_mail__descriptor,
	        [HF_MAIL_DECISION] = &hufu__decision_mail__descriptor,
	        [HF_MAIL_VERIFICATION] = &hufu__verification_mail__descriptor,
	        [HF_MAIL_EVENT] = &hufu__event_mail__descriptor,
	        [HF_MAIL_REVOCATION] = &hufu__revocation_mail__descriptor,
	        [HF_MAIL_PROVIDER_GRANT] = &hufu__provider_grant_mail__descriptor,
	};
	return descs[type];
}

static enum hf_mail awaited;

static bool is_awaited(const struct post *p)
{
	return p->type == awaited;
}

static void keep(struct world *w, struct genuine *g)
{
	struct post *p = w->posts;
	assert_true(p != NULL && p->next == NULL && p->type == awaited);
	g->to = p->to;
	g->type = p->type;
	g->txn = p->txn;
	snprintf(g->from, sizeof(g->from), "%s", p->from->name);
	assert_true(hf_buf_add(&g->body, p->body.data, p->body.len));
	w->posts = NULL;
	w->posts_end = &w->posts;
	post_free(p);
}

/* Runs a negotiation until the mail of that type is on its way, and takes it off the wire. */
static void reach(struct stage *s, enum hf_mail type, struct genuine *g)
{
	awaited = type;
	s->w->hold = is_awaited;
	if (type == HF_MAIL_PROVIDER_GRANT) {
		struct hf_grant_offer_in in = gift(s, &s->plain);
		struct hf_id grant;
		MUST(offer_as(s->roads, "pan", &in, &grant));
		MUST(give_as(s->roads, "zhou", &grant, "T", NULL));
		keep(s->w, g);
		s->w->hold = NULL;
		return;
	}
	struct hf_id id = submitted(s, &s->plain);
	if (type != HF_MAIL_APPLICATION)
		MUST(compliance_as(s->hub, "chen", &id, "pass", NULL));
	if (type == HF_MAIL_DECISION || type == HF_MAIL_VERIFICATION || type == HF_MAIL_EVENT ||
	    type == HF_MAIL_REVOCATION)
		MUST(decide_as(s->roads, "zhou", &id, "T", NULL, 0));
	if (type == HF_MAIL_REVOCATION)
		MUST(revoke_as(s->roads, "zhou", (struct hf_id[]){grant_at(s->roads, &id)}, "over"));
	keep(s->w, g);
	s->w->hold = NULL;
}

static void drop_draft(void *ctx, struct hf_draft *take)
{
	(void)ctx;
	hf_draft_free(take);
}

static struct stage *stage;

static void remove_folders(void)
{
	for (size_t i = 0; i < NODES; i++)
		(void)nftw(stage->w->node[i].dir, fixture_remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* Before the first input, so that it does not count as its time. */
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	static const enum hf_mail types[KINDS] = {HF_MAIL_APPLICATION, HF_MAIL_FORWARD,       HF_MAIL_INTAKE,
	                                          HF_MAIL_DECISION,    HF_MAIL_VERIFICATION,  HF_MAIL_EVENT,
	                                          HF_MAIL_REVOCATION,  HF_MAIL_PROVIDER_GRANT};
	void *state = NULL;
	(void)argc;
	(void)argv;
	stage_up(&state);
	stage = state;
	hire(stage->roads, "pan", "publisher", "", "HR-3002");
	(void)atexit(remove_folders);
	for (size_t i = 0; i < KINDS; i++)
		reach(stage, types[i], &genuine[i]);
	for (size_t i = 0; i < NODES; i++)
		stage->w->node[i].base.audit = (struct hf_audit){drop_draft, NULL};
	return 0;
}

static void take(const struct genuine *g, const void *body, size_t len)
{
	struct hf_fault f = {HF_OK, ""};
	struct hf_unit *u = hf_unit_new();
	for (const struct hf_mail_row *r = hf_authz_mails(g->to->authz); r->type != HF_MAIL_INVALID; r++) {
		if (r->type != g->type)
			continue;
		enum hf_err e = r->handle(r->ctx, g->from, &g->txn, (struct hf_bytes){body, len}, u, &f);
		if (e != HF_OK && (!f.text[0] || hf_err_class(e) == HF_CLASS_CLOSE))
			abort();
	}
	hf_unit_free(u);
}

static void edit(uint8_t *bytes, size_t len, const uint8_t *edits, size_t size)
{
	for (; len > 0 && size >= 3; edits += 3, size -= 3)
		bytes[((size_t)edits[0] << 8 | edits[1]) % len] = edits[2];
}

/* The n-th envelope of the mail gets this payload, signed by the node that signed the genuine one. */
static void resigned(struct stage *s, const struct genuine *g, size_t n, const void *payload, size_t len)
{
	HF_CLEANUP(hf_decoded_done) ProtobufCMessage *m = hf_decode(mail_desc(g->type), g->body.data, g->body.len);
	HF_CLEANUP(hf_buf_done) struct hf_buf out = HF_BUF_INIT;
	assert_true(m != NULL);
	size_t offset = m->descriptor->fields[n % m->descriptor->n_fields].offset;
	Hufu__Envelope *e;
	memcpy(&e, (uint8_t *)m + offset, sizeof(e));
	if (!e)
		return;
	struct node *author = world_find(s->w, e->signatures[0]->keyid);
	if (!author)
		abort();
	if (hf_envelope_make(author->keys.envelope, author->name, e->payload_type, payload, len, &out) != HF_OK)
		return;
	HF_CLEANUP(hf_decoded_done) Hufu__Envelope *made = HF_DECODE_OWN(envelope, out.data, out.len);
	memcpy((uint8_t *)m + offset, &made, sizeof(made));
	size_t body_len = 0;
	uint8_t *body = hf_encode(m, &body_len);
	take(g, body, body_len);
	free(body);
}

static void edited_payload(struct stage *s, const struct genuine *g, size_t n, const uint8_t *edits, size_t size)
{
	HF_CLEANUP(hf_decoded_done) ProtobufCMessage *m = hf_decode(mail_desc(g->type), g->body.data, g->body.len);
	Hufu__Envelope *e;
	assert_true(m != NULL);
	memcpy(&e, (uint8_t *)m + m->descriptor->fields[n % m->descriptor->n_fields].offset, sizeof(e));
	if (!e)
		return;
	edit(e->payload.data, e->payload.len, edits, size);
	resigned(s, g, n, e->payload.data, e->payload.len);
}

static void edited_body(const struct genuine *g, const uint8_t *edits, size_t size)
{
	uint8_t *body = hf_alloc(g->body.len);
	memcpy(body, g->body.data, g->body.len);
	edit(body, g->body.len, edits, size);
	take(g, body, g->body.len);
	free(body);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 2)
		return 0;
	const struct genuine *g = &genuine[data[0] % KINDS];
	size_t n = data[1] >> 4;
	switch (data[1] & 3) {
	case 0:
		take(g, data + 2, size - 2);
		break;
	case 1:
		resigned(stage, g, n, data + 2, size - 2);
		break;
	case 2:
		edited_payload(stage, g, n, data + 2, size - 2);
		break;
	case 3:
		edited_body(g, data + 2, size - 2);
		break;
	}
	return 0;
}
