/*
 * mail_fuzz.h - what the fuzz targets of mails share: genuine mails that were taken off the wire, bent and handed over.
 *
 * Byte 0 chooses the mail, byte 1 the way: 0 the rest is the body; 1 the rest is the paper's payload, signed by its
 * proper author, so that what stands behind the signature is reached; 2 and 3 the rest is edits (u16 place, u8 value)
 * of the genuine payload, signed again, or of the genuine body. Nothing is ever submitted, so each input meets the same
 * state. A refusal always says why. The includer defines KINDS and mail_desc, includes the world, and fills `genuine`.
 */
#ifndef TESTS_FUZZ_AUTHZ_MAIL_FUZZ_H
#define TESTS_FUZZ_AUTHZ_MAIL_FUZZ_H

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

static struct genuine {
	struct node *to;
	char from[HF_NAME_MAX + 1];
	enum hf_mail type;
	struct hf_id txn;
	struct hf_buf body;
} genuine[KINDS];

static const ProtobufCMessageDescriptor *mail_desc(enum hf_mail type);

static enum hf_mail awaited;

static bool is_awaited(const struct post *p)
{
	return p->type == awaited;
}

/* Takes the awaited mail to that node off the wire, and loses the copies for others. */
static void keep(struct world *w, struct genuine *g, const struct node *to)
{
	bool found = false;
	while (w->posts) {
		struct post *p = w->posts;
		w->posts = p->next;
		assert_true(p->type == awaited);
		if (!found && p->to == to) {
			found = true;
			g->to = p->to;
			g->type = p->type;
			g->txn = p->txn;
			snprintf(g->from, sizeof(g->from), "%s", p->from->name);
			assert_true(hf_buf_add(&g->body, p->body.data, p->body.len));
		}
		post_free(p);
	}
	assert_true(found);
	w->posts_end = &w->posts;
}

static void drop_draft(void *ctx, struct hf_draft *take)
{
	(void)ctx;
	hf_draft_free(take);
}

static enum hf_err take(const struct genuine *g, const void *body, size_t len)
{
	enum hf_err e = HF_E_UNSUPPORTED;
	struct hf_fault f = {HF_OK, ""};
	struct hf_unit *u = hf_unit_new();
	for (const struct hf_mail_row *r = hf_authz_mails(g->to->authz); r->type != HF_MAIL_INVALID; r++) {
		if (r->type != g->type)
			continue;
		e = r->handle(r->ctx, g->from, &g->txn, (struct hf_bytes){body, len}, u, &f);
		if (e != HF_OK && (!f.text[0] || hf_err_class(e) == HF_CLASS_CLOSE))
			abort();
	}
	hf_unit_free(u);
	return e;
}

static void edit(uint8_t *bytes, size_t len, const uint8_t *edits, size_t size)
{
	for (; len > 0 && size >= 3; edits += 3, size -= 3)
		bytes[((size_t)edits[0] << 8 | edits[1]) % len] = edits[2];
}

/* The mail's n-th field when it is an envelope that is there. */
static Hufu__Envelope *envelope_at(const ProtobufCMessage *m, size_t n, size_t *ret_offset)
{
	const ProtobufCFieldDescriptor *d = &m->descriptor->fields[n % m->descriptor->n_fields];
	Hufu__Envelope *e = NULL;
	if (d->descriptor == &hufu__envelope__descriptor)
		memcpy(&e, (const uint8_t *)m + d->offset, sizeof(e));
	*ret_offset = d->offset;
	return e;
}

/* The n-th envelope of the mail gets this payload, signed by the node that signed the genuine one. */
static void resigned(struct world *w, const struct genuine *g, size_t n, const void *payload, size_t len)
{
	HF_CLEANUP(hf_decoded_done) ProtobufCMessage *m = hf_decode(mail_desc(g->type), g->body.data, g->body.len);
	HF_CLEANUP(hf_buf_done) struct hf_buf out = HF_BUF_INIT;
	assert_true(m != NULL);
	size_t offset = 0;
	Hufu__Envelope *e = envelope_at(m, n, &offset);
	if (!e)
		return;
	struct node *author = world_find(w, e->signatures[0]->keyid);
	if (!author)
		abort();
	if (hf_envelope_make(author->keys.envelope, author->name, e->payload_type, payload, len, &out) != HF_OK)
		return;
	HF_CLEANUP(hf_decoded_done) Hufu__Envelope *made = HF_DECODE_OWN(envelope, out.data, out.len);
	memcpy((uint8_t *)m + offset, &made, sizeof(made));
	size_t body_len = 0;
	uint8_t *body = hf_encode(m, &body_len);
	(void)take(g, body, body_len);
	free(body);
}

static void edited_payload(struct world *w, const struct genuine *g, size_t n, const uint8_t *edits, size_t size)
{
	HF_CLEANUP(hf_decoded_done) ProtobufCMessage *m = hf_decode(mail_desc(g->type), g->body.data, g->body.len);
	size_t offset = 0;
	assert_true(m != NULL);
	Hufu__Envelope *e = envelope_at(m, n, &offset);
	if (!e)
		return;
	edit(e->payload.data, e->payload.len, edits, size);
	resigned(w, g, n, e->payload.data, e->payload.len);
}

static void edited_body(const struct genuine *g, const uint8_t *edits, size_t size)
{
	uint8_t *body = hf_alloc(g->body.len);
	memcpy(body, g->body.data, g->body.len);
	edit(body, g->body.len, edits, size);
	(void)take(g, body, g->body.len);
	free(body);
}

static int mail_fuzz_run(struct world *w, const uint8_t *data, size_t size)
{
	if (size < 2)
		return 0;
	const struct genuine *g = &genuine[data[0] % KINDS];
	size_t n = data[1] >> 4;
	switch (data[1] & 3) {
	case 0:
		(void)take(g, data + 2, size - 2);
		break;
	case 1:
		resigned(w, g, n, data + 2, size - 2);
		break;
	case 2:
		edited_payload(w, g, n, data + 2, size - 2);
		break;
	case 3:
		edited_body(g, data + 2, size - 2);
		break;
	}
	return 0;
}

#endif
