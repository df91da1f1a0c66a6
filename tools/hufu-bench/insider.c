/* insider.c - see insider.h: the documents and the file; insider_ledger.c makes the ledger. */
#include "insider.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/domains.h"
#include "crypto/dsse.h"
#include "evidence/space.h"
#include "evidence/tally.h"
#include "transfer.pb-c.h"

void *insider_copy(struct insider *x, const void *data, size_t len)
{
	uint8_t *copy = hf_arena_get(&x->arena, len ? len : 1);
	if (len)
		memcpy(copy, data, len);
	return copy;
}

static void add_change(struct insider *x, const struct hf_hash *before, const struct hf_hash *after)
{
	if (x->change_count < sizeof(x->changes) / sizeof(x->changes[0]) && !hf_hash_equal(before, after))
		x->changes[x->change_count++] = (struct insider_change){*before, *after};
}

bool insider_replace(struct insider *x, ProtobufCBinaryData *value)
{
	struct hf_hash h;
	if (value->len != sizeof(h.b))
		return false;
	memcpy(h.b, value->data, sizeof(h.b));
	for (size_t i = x->change_count; i-- > 0;) {
		if (!hf_hash_equal(&h, &x->changes[i].before))
			continue;
		value->data = insider_copy(x, x->changes[i].after.b, sizeof(h.b));
		return true;
	}
	return false;
}

/* ---- documents ---- */

/* Every reference to something that was changed; embedded envelopes are other documents and stay. */
static bool replace_references(struct insider *x, ProtobufCMessage *m)
{
	bool any = false;
	for (unsigned i = 0; i < m->descriptor->n_fields; i++) {
		const ProtobufCFieldDescriptor *f = &m->descriptor->fields[i];
		if (f->type == PROTOBUF_C_TYPE_BYTES && f->label != PROTOBUF_C_LABEL_REPEATED)
			any |= insider_replace(x, (ProtobufCBinaryData *)(void *)((uint8_t *)m + f->offset));
	}
	return any;
}

/* The provider's insider says that something else was delivered. */
static void alter_manifest(struct insider *x, Hufu__Manifest *m)
{
	struct hf_hash before, after;
	m->rows += 1;
	if (m->root.len != sizeof(before.b))
		return;
	memcpy(before.b, m->root.data, sizeof(before.b));
	hf_sha256(before.b, sizeof(before.b), &after);
	add_change(x, &before, &after);
	insider_replace(x, &m->root);
}

/* The consumer's insider takes back what he confirmed: nothing in the other documents contradicts that, only the
 * ledgers do. */
static void alter_receipt(struct insider *x, Hufu__Receipt *r)
{
	bool met = strcmp(r->quality, "met") == 0;
	x->quality[0] = met ? "met" : "not-met";
	x->quality[1] = met ? "not-met" : "met";
	r->quality = (char *)x->quality[1];
}

static bool alter(struct insider *x, const char *type, ProtobufCMessage *m)
{
	if (strcmp(type, HF_TYPE_MANIFEST) == 0) {
		alter_manifest(x, (Hufu__Manifest *)m);
		x->what = "rows and content root of the manifest";
		return true;
	}
	if (strcmp(type, HF_TYPE_RECEIPT) == 0) {
		alter_receipt(x, (Hufu__Receipt *)m);
		x->what = "quality stated in the receipt";
		return true;
	}
	return false;
}

static const ProtobufCMessageDescriptor *descriptor_of(const char *type)
{
	if (strcmp(type, HF_TYPE_MANIFEST) == 0)
		return &hufu__manifest__descriptor;
	if (strcmp(type, HF_TYPE_RECEIPT) == 0)
		return &hufu__receipt__descriptor;
	if (strcmp(type, HF_TYPE_TRANSFER_START) == 0)
		return &hufu__transfer_start__descriptor;
	return strcmp(type, HF_TYPE_TRANSFER_REQUEST) == 0 ? &hufu__transfer_request__descriptor : NULL;
}

static bool sign_again(struct insider *x, Hufu__Envelope *e)
{
	struct hf_sig sig;
	if (e->n_signatures != 1 ||
	    !hf_dsse_sign(x->keys.envelope, e->payload_type, e->payload.data, e->payload.len, &sig))
		return false;
	e->signatures[0]->sig = (ProtobufCBinaryData){sizeof(sig.b), insider_copy(x, sig.b, sizeof(sig.b))};
	return true;
}

static bool remake(struct insider *x, Hufu__Envelope *e, ProtobufCMessage *m)
{
	struct hf_hash before, after;
	size_t len = 0;
	uint8_t *payload = hf_encode(m, &len);
	bool ok = payload && hf_envelope_digest_message(e, &before) == HF_OK;
	if (ok) {
		e->payload = (ProtobufCBinaryData){len, insider_copy(x, payload, len)};
		ok = sign_again(x, e) && hf_envelope_digest_message(e, &after) == HF_OK;
	}
	free(payload);
	if (ok) {
		add_change(x, &before, &after);
		x->documents++;
	}
	return ok;
}

static bool is_own(const struct insider *x, const Hufu__Envelope *e)
{
	return e->n_signatures == 1 && strcmp(e->signatures[0]->keyid, x->node) == 0;
}

/* Documents stand in the order in which they came to be, so that a reference is replaced after what it refers to. */
static bool remake_document(struct insider *x, Hufu__Envelope *e)
{
	const ProtobufCMessageDescriptor *desc = descriptor_of(e->payload_type);
	ProtobufCMessage *m = desc ? hf_decode(desc, e->payload.data, e->payload.len) : NULL;
	if (!m)
		return sign_again(x, e);
	bool changed = replace_references(x, m);
	changed |= alter(x, e->payload_type, m);
	bool ok = changed ? remake(x, e, m) : sign_again(x, e);
	hf_decoded_free(m);
	return ok;
}

static bool remake_documents(struct insider *x)
{
	for (size_t i = 0; i < x->tally->n_documents && i < INSIDER_DOCS_MAX; i++)
		if (is_own(x, x->tally->documents[i]) && !remake_document(x, x->tally->documents[i]))
			return false;
	return x->documents > 0;
}

/* ---- who he is ---- */

static const char *member_of_key(struct insider *x, const Hufu__Descriptor *d, const struct hf_sign_pub *pub)
{
	for (size_t i = 0; i < d->n_members; i++)
		for (size_t k = 0; k < d->members[i]->n_keys; k++) {
			const Hufu__MemberKey *key = d->members[i]->keys[k];
			if (key->use == HF_KEY_ENVELOPE && key->public_key.len == sizeof(pub->b) &&
			    memcmp(key->public_key.data, pub->b, sizeof(pub->b)) == 0)
				return insider_copy(x, d->members[i]->id, strlen(d->members[i]->id) + 1);
		}
	return NULL;
}

static bool find_self(struct insider *x)
{
	struct hf_sign_pub pub;
	hf_sign_key_pub(x->keys.envelope, &pub);
	for (size_t i = x->tally->n_descriptors; i-- > 0 && !x->node;) {
		const ProtobufCBinaryData *payload = &x->tally->descriptors[i]->payload;
		Hufu__Descriptor *d = HF_DECODE(descriptor, payload->data, payload->len);
		if (d)
			x->node = member_of_key(x, d, &pub);
		hf_decoded_free(d);
	}
	return x->node != NULL;
}

/* ---- the file ---- */

static Hufu__Tally *read_tally(const char *path)
{
	struct hf_buf file;
	Hufu__Envelope *e = NULL;
	Hufu__Tally *t = NULL;
	hf_buf_init(&file, HF_TALLY_MAX);
	if (hf_file_read(path, HF_TALLY_MAX, &file) == HF_OK)
		e = hf_decode_limit(&hufu__envelope__descriptor, file.data, file.len, HF_TALLY_MAX);
	if (e && strcmp(e->payload_type, HF_TYPE_TALLY) == 0)
		t = hf_decode_limit(&hufu__tally__descriptor, e->payload.data, e->payload.len, HF_TALLY_MAX);
	hf_decoded_free(e);
	hf_buf_done(&file);
	return t;
}

static bool write_tally(struct insider *x, const char *path)
{
	struct hf_buf out;
	hf_buf_init(&out, HF_TALLY_MAX);
	x->tally->header->issuer = (char *)(uintptr_t)x->node;
	bool ok = hf_tally_make(x->keys.envelope, x->node, x->tally, &out) == HF_OK &&
	          hf_file_write(path, out.data, out.len, 0644) == HF_OK;
	hf_buf_done(&out);
	return ok;
}

static const char *forge(struct insider *x, const char *output)
{
	if (!find_self(x))
		return "the node whose keys these are is no member in the tally's descriptors";
	if (!remake_documents(x))
		return "the tally holds no manifest or receipt of this node";
	if (!insider_remake_ledger(x))
		return "the tally holds no entries of this node's ledger that could be made anew";
	return write_tally(x, output) ? NULL : "the altered tally cannot be written";
}

int insider_main(const char *tally, const char *dir, const char *output)
{
	struct hf_fault f = {HF_OK, ""};
	struct insider *x = hf_alloc_zero(sizeof(*x));
	const char *why = NULL;
	hf_arena_init(&x->arena, NULL, 0);
	if (hf_node_keys_load(dir, NULL, &x->keys, &f) != HF_OK)
		why = f.text;
	else if (!(x->tally = read_tally(tally)))
		why = "the file is no tally";
	else
		why = forge(x, output);
	if (why)
		fprintf(stderr, "hufu-bench: insider: %s: %s\n", tally, why);
	else
		printf("insider of %s: %s altered, %zu documents and the file signed again, %zu "
		       "entries and %zu "
		       "checkpoint of its ledger made anew\n",
		       x->node, x->what, x->documents, x->entries, x->checkpoints);
	hf_decoded_free(x->tally);
	hf_arena_done(&x->arena);
	hf_node_keys_done(&x->keys);
	free(x);
	return why ? 1 : 0;
}
