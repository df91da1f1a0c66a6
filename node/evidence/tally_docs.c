/* tally_docs.c - form, signature and order of the documents of a tally, and what several of their checks need. */
#include "evidence/tally_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "crypto/domains.h"

struct kind_row {
	const char *type, *name;
	const ProtobufCMessageDescriptor *desc;
};

/* By enum hf_doc_kind. */
static const struct kind_row kinds[HF_DOC_KIND_COUNT] = {
        [HF_DOC_ENTRY] = {HF_TYPE_CATALOG_ENTRY, "catalog entry", &hufu__catalog_entry__descriptor},
        [HF_DOC_APPLICATION] = {HF_TYPE_APPLICATION, "application", &hufu__application__descriptor},
        [HF_DOC_INTAKE] = {HF_TYPE_INTAKE, "intake record", &hufu__intake_record__descriptor},
        [HF_DOC_DECISION] = {HF_TYPE_DECISION, "decision", &hufu__decision__descriptor},
        [HF_DOC_AGREEMENT] = {HF_TYPE_AGREEMENT, "agreement", &hufu__agreement__descriptor},
        [HF_DOC_VERIFICATION] = {HF_TYPE_VERIFICATION, "verification", &hufu__verification__descriptor},
        [HF_DOC_EVENT] = {HF_TYPE_NEGOTIATION_EVENT, "negotiation event", &hufu__negotiation_event__descriptor},
        [HF_DOC_REQUEST] = {HF_TYPE_TRANSFER_REQUEST, "transfer request", &hufu__transfer_request__descriptor},
        [HF_DOC_START] = {HF_TYPE_TRANSFER_START, "transfer start", &hufu__transfer_start__descriptor},
        [HF_DOC_MANIFEST] = {HF_TYPE_MANIFEST, "manifest", &hufu__manifest__descriptor},
        [HF_DOC_RECEIPT] = {HF_TYPE_RECEIPT, "receipt", &hufu__receipt__descriptor},
        [HF_DOC_REVOCATION] = {HF_TYPE_REVOCATION, "revocation", &hufu__revocation__descriptor},
};

const char *hf_doc_name(enum hf_doc_kind kind)
{
	return kinds[kind].name;
}

static enum hf_doc_kind kind_of(const char *type)
{
	for (unsigned i = 1; i < HF_DOC_KIND_COUNT; i++)
		if (strcmp(kinds[i].type, type) == 0)
			return (enum hf_doc_kind)i;
	return HF_DOC_INVALID;
}

bool hf_tally_takes(const char *payload_type)
{
	return kind_of(payload_type) != HF_DOC_INVALID;
}

static uint32_t revision_of(const ProtobufCMessage *m)
{
	const ProtobufCFieldDescriptor *d = protobuf_c_message_descriptor_get_field_by_name(m->descriptor, "revision");
	uint32_t revision = 0;
	if (d != NULL)
		memcpy(&revision, (const uint8_t *)m + d->offset, sizeof(revision));
	return revision;
}

/* Every signed payload begins with its header. */
static const Hufu__Header *header_of(const ProtobufCMessage *m)
{
	const Hufu__Header *h;
	memcpy(&h, (const uint8_t *)m + m->descriptor->fields[0].offset, sizeof(h));
	return h;
}

static enum hf_err decode_doc(const Hufu__Envelope *e, struct hf_doc *ret_doc)
{
	struct hf_doc d = {.kind = kind_of(e->payload_type), .envelope = e};
	if (d.kind == HF_DOC_INVALID)
		return HF_E_UNSUPPORTED;
	d.message = hf_decode_canonical(kinds[d.kind].desc, e->payload.data, e->payload.len);
	if (d.message == NULL)
		return HF_E_FORMAT;
	d.header = header_of(d.message);
	d.revision = revision_of(d.message);
	enum hf_err err = hf_envelope_digest_message(e, &d.digest);
	if (err != HF_OK)
		hf_decoded_free(d.message);
	else
		*ret_doc = d;
	return err;
}

/* Kind, then revision, then digest: every set of documents has one order. */
static int compare_docs(const void *a, const void *b)
{
	const struct hf_doc *x = a, *y = b;
	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	if (x->revision != y->revision)
		return x->revision < y->revision ? -1 : 1;
	return memcmp(x->digest.b, y->digest.b, sizeof(x->digest.b));
}

static enum hf_err check_place(const struct hf_doc *d, size_t i, struct hf_fault *f)
{
	int order = i == 0 ? -1 : compare_docs(d - 1, d);
	if (order == 0)
		return hf_fault_set(f, HF_E_FORMAT, "the tally holds the same %s twice, as documents %zu and %zu",
		                    hf_doc_name(d->kind), i, i + 1);
	if (order > 0)
		return hf_fault_set(f, HF_E_FORMAT,
		                    "the documents are not in the required order: document %zu, the %s, stands behind "
		                    "the %s",
		                    i + 1, hf_doc_name(d->kind), hf_doc_name((d - 1)->kind));
	return HF_OK;
}

static enum hf_err open_doc(struct hf_tally *x, size_t i, struct hf_fault *f)
{
	struct hf_bytes payload;
	struct hf_doc *d = &x->docs[i];
	enum hf_err e = decode_doc(x->t->documents[i], d);
	if (e == HF_E_UNSUPPORTED)
		return hf_fault_set(f, e, "document %zu is of the type %s, which does not belong into a tally", i + 1,
		                    x->t->documents[i]->payload_type);
	if (e != HF_OK)
		return hf_fault_set(f, e, "document %zu, of the type %s, is not of the required form", i + 1,
		                    x->t->documents[i]->payload_type);
	x->doc_count = i + 1;
	HF_TRY(check_place(d, i, f));
	HF_TRY(hf_space_open(x->space, d->envelope, kinds[d->kind].type, &payload, f));
	/* No node acts under a descriptor that has run out, so there must have been a newer one. */
	if (d->header->time_ms >= hf_space_current(x->space)->not_after_ms)
		return hf_fault_set(f, HF_E_OLD_DESCRIPTOR,
		                    "descriptor %llu, the newest of the evidence, had run out when the %s was signed",
		                    (unsigned long long)hf_space_number(x->space), hf_doc_name(d->kind));
	return HF_OK;
}

enum hf_err hf_tally_open_docs(struct hf_tally *x, struct hf_fault *f)
{
	x->docs = hf_alloc_zero((x->t->n_documents + 1) * sizeof(*x->docs));
	for (size_t i = 0; i < x->t->n_documents; i++)
		HF_TRY(open_doc(x, i, f));
	return HF_OK;
}

void hf_docs_free(struct hf_tally *x)
{
	for (size_t i = 0; i < x->doc_count; i++)
		hf_decoded_free(x->docs[i].message);
	free(x->docs);
}

enum hf_err hf_docs_sort(Hufu__Tally *t)
{
	struct hf_doc *docs = hf_alloc_zero((t->n_documents + 1) * sizeof(*docs));
	enum hf_err e = HF_OK;
	size_t count = 0;
	for (; count < t->n_documents && e == HF_OK; count++)
		e = decode_doc(t->documents[count], &docs[count]);
	if (e == HF_OK)
		qsort(docs, count, sizeof(*docs), compare_docs);
	for (size_t i = 0; i < count; i++) {
		if (e == HF_OK)
			t->documents[i] = (Hufu__Envelope *)(uintptr_t)docs[i].envelope;
		hf_decoded_free(docs[i].message);
	}
	free(docs);
	return e;
}

enum hf_err hf_tally_one(struct hf_tally *x, enum hf_doc_kind kind, struct hf_doc **ret_doc, struct hf_fault *f)
{
	struct hf_doc *found = NULL;
	for (size_t i = 0; i < x->doc_count; i++) {
		if (x->docs[i].kind != kind)
			continue;
		if (found != NULL)
			return hf_fault_set(f, HF_E_CONFLICT, "the tally holds more than one %s", hf_doc_name(kind));
		found = &x->docs[i];
	}
	if (found == NULL)
		return hf_fault_set(f, HF_E_UNKNOWN, "the tally holds no %s", hf_doc_name(kind));
	found->bound = true;
	x->of[kind] = found;
	*ret_doc = found;
	return HF_OK;
}

bool hf_bytes_same(const ProtobufCBinaryData *a, const ProtobufCBinaryData *b)
{
	return a->len == b->len && (a->len == 0 || memcmp(a->data, b->data, a->len) == 0);
}

bool hf_bytes_are_hash(const ProtobufCBinaryData *b, const struct hf_hash *h)
{
	return b->len == sizeof(h->b) && memcmp(b->data, h->b, sizeof(h->b)) == 0;
}

enum hf_err hf_same_texts(const char *doc, const char *other, const struct hf_same_text *rows, size_t count,
                          struct hf_fault *f)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(rows[i].is, rows[i].should) != 0)
			return hf_fault_set(f, HF_E_CONFLICT, "the %s names another %s than the %s", doc, rows[i].what,
			                    other);
	return HF_OK;
}

enum hf_err hf_same_bytes(const char *doc, const char *other, const struct hf_same_bytes *rows, size_t count,
                          struct hf_fault *f)
{
	for (size_t i = 0; i < count; i++)
		if (!hf_bytes_same(rows[i].is, rows[i].should))
			return hf_fault_set(f, HF_E_CONFLICT, "the %s names another %s than the %s", doc, rows[i].what,
			                    other);
	return HF_OK;
}

enum hf_err hf_doc_frame(const struct hf_doc *d, const char *issuer, const ProtobufCBinaryData *txn, struct hf_fault *f)
{
	if (strcmp(d->header->issuer, issuer) != 0)
		return hf_fault_set(f, HF_E_SIGNATURE, "the %s is signed by %s instead of %s", hf_doc_name(d->kind),
		                    d->header->issuer, issuer);
	if (!hf_bytes_same(&d->header->transaction, txn))
		return hf_fault_set(f, HF_E_CONFLICT, "the %s belongs to another transaction", hf_doc_name(d->kind));
	return HF_OK;
}

static void statement_done(Hufu__Statement **s)
{
	hf_decoded_free(*s);
}
static void certificate_done(Hufu__PersonCertificate **c)
{
	hf_decoded_free(*c);
}

static enum hf_err check_statement(const Hufu__Statement *s, const struct hf_statement_want *w, struct hf_fault *f)
{
	if (strcmp(s->kind, w->kind) != 0)
		return hf_fault_set(f, HF_E_CONFLICT, "a statement of the kind \"%s\" stands where \"%s\" is needed",
		                    s->kind, w->kind);
	if (strcmp(s->header->issuer, w->issuer) != 0)
		return hf_fault_set(f, HF_E_SIGNATURE, "the statement \"%s\" is of a person of %s instead of %s",
		                    w->kind, s->header->issuer, w->issuer);
	if (!hf_bytes_same(&s->object, w->object) || s->revision != w->revision)
		return hf_fault_set(f, HF_E_CONFLICT, "the statement \"%s\" is about another object or revision",
		                    w->kind);
	if (w->digest != NULL && !hf_bytes_are_hash(&s->object_digest, w->digest))
		return hf_fault_set(f, HF_E_DIGEST, "the statement \"%s\" is about another wording", w->kind);
	if (!hf_bytes_same(&s->header->transaction, w->txn))
		return hf_fault_set(f, HF_E_CONFLICT, "the statement \"%s\" belongs to another transaction", w->kind);
	return HF_OK;
}

static unsigned factors_of(const Hufu__PersonCertificate *c)
{
	static const char *const methods[] = {"password", "totp", "device-key"};
	unsigned count = 0;
	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
		count += hf_list_has(c->methods, c->n_methods, methods[i]);
	return count;
}

enum hf_err hf_tally_statement(const struct hf_tally *x, const Hufu__SignedStatement *st,
                               const struct hf_statement_want *want, Hufu__Statement **ret_statement,
                               struct hf_tally_person *ret_person, struct hf_fault *f)
{
	HF_CLEANUP(statement_done) Hufu__Statement *s = NULL;
	HF_CLEANUP(certificate_done) Hufu__PersonCertificate *c = NULL;
	HF_TRY(hf_space_open_statement(x->space, st, want->permission, &s, &c, f));
	HF_TRY(check_statement(s, want, f));
	if (ret_person != NULL) {
		*ret_person =
		        (struct hf_tally_person){.has_name_ref = c->real_name_ref.len == 32, .factors = factors_of(c)};
		snprintf(ret_person->node, sizeof(ret_person->node), "%s", c->header->issuer);
		snprintf(ret_person->department, sizeof(ret_person->department), "%s", c->department);
		snprintf(ret_person->account, sizeof(ret_person->account), "%s", c->account);
		if (ret_person->has_name_ref)
			memcpy(ret_person->name_ref, c->real_name_ref.data, 32);
	}
	*ret_statement = HF_TAKE(s);
	return HF_OK;
}
