/*
 * entry.c - see entry.h. A commitment has two floors: one hash per field, which binds salt, name and value, and above
 * them a small Merkle tree whose leaves bind each field's number and whose root is hashed once more with the count.
 */
#include "evidence/entry.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/mem.h"
#include "crypto/domains.h"
#include "crypto/merkle.h"
#include "proto/codec.h"

#define TIME_STEP_S 10
#define FIELDS_MAX (HF_FIELD_LIMIT - 1)
#define LABEL_BYTES 16

struct commit_head {
	uint8_t b[sizeof(HF_DOMAIN_COMMIT) + 32 + 2 + 64 + 4];
	size_t len;
};

static void put(struct commit_head *h, const void *data, size_t len)
{
	memcpy(h->b + h->len, data, len);
	h->len += len;
}

/* Everything before the value. */
static void commit_head(struct commit_head *h, const uint8_t salt[32], enum hf_field field, size_t value_len)
{
	const char *name = hf_field_name(field);
	size_t name_len = name == NULL ? 0 : strlen(name);
	uint8_t name_len_be[2] = {(uint8_t)(name_len >> 8), (uint8_t)name_len}, len_be[4];
	assert(name_len <= 64);
	hf_put_u32(len_be, (uint32_t)value_len);
	h->len = 0;
	put(h, HF_DOMAIN_COMMIT, sizeof(HF_DOMAIN_COMMIT));
	put(h, salt, 32);
	put(h, name_len_be, sizeof(name_len_be));
	if (name_len > 0)
		put(h, name, name_len);
	put(h, len_be, sizeof(len_be));
}

void hf_entry_commit_field(const uint8_t salt[32], enum hf_field field, const void *value, size_t len,
                           struct hf_hash *ret_hash)
{
	struct commit_head h;
	commit_head(&h, salt, field, len);
	hf_sha256_2(h.b, h.len, value, len, ret_hash);
}

static void salt_of(const struct hf_hmac_key *secret, enum hf_field field, uint8_t ret_salt[32])
{
	uint8_t in[sizeof(HF_DOMAIN_SALT) + 4] = HF_DOMAIN_SALT;
	struct hf_hash mac;
	hf_put_u32(in + sizeof(HF_DOMAIN_SALT), (uint32_t)field);
	hf_hmac_with(secret, in, sizeof(in), &mac);
	memcpy(ret_salt, mac.b, sizeof(mac.b));
}

void hf_entry_salt(const uint8_t secret[32], enum hf_field field, uint8_t ret_salt[32])
{
	struct hf_hmac_key k;
	hf_hmac_key_init(&k, secret, 32);
	salt_of(&k, field, ret_salt);
	hf_wipe(&k, sizeof(k));
}

/* The leaf of one field in the tree of commitments. */
static void field_leaf(uint32_t field, const struct hf_hash *commitment, struct hf_hash *ret_leaf)
{
	uint8_t leaf[4 + 32];
	hf_put_u32(leaf, field);
	memcpy(leaf + 4, commitment->b, 32);
	hf_merkle_leaf(leaf, sizeof(leaf), ret_leaf);
}

static void root_of(const struct hf_merkle_range *range, struct hf_hash *ret_root)
{
	uint8_t head[sizeof(HF_DOMAIN_COMMIT_COUNT) + 4] = HF_DOMAIN_COMMIT_COUNT;
	struct hf_hash tree;
	hf_merkle_range_root(range, &tree);
	hf_put_u32(head + sizeof(HF_DOMAIN_COMMIT_COUNT), (uint32_t)range->size);
	hf_sha256_2(head, sizeof(head), tree.b, sizeof(tree.b), ret_root);
}

void hf_entry_commit_root(const struct hf_hash *hashes, const uint32_t *fields, size_t count, struct hf_hash *ret_root)
{
	struct hf_merkle_range range;
	hf_merkle_range_init(&range);
	for (size_t i = 0; i < count; i++) {
		struct hf_hash h;
		field_leaf(fields[i], &hashes[i], &h);
		hf_merkle_range_append(&range, &h);
	}
	root_of(&range, ret_root);
}

/* ---- before the place is known ---- */

struct prepared_field {
	uint32_t number;
	const void *value; /* in the draft: another value lies elsewhere */
	struct hf_hash leaf;
};
struct hf_entry_prepared {
	size_t count;
	struct prepared_field field[];
};

static void draft_leaf(const struct hf_hmac_key *secret, uint32_t field, const void *value, size_t len,
                       struct hf_hash *ret_leaf)
{
	struct hf_hash commitment;
	uint8_t salt[32];
	salt_of(secret, (enum hf_field)field, salt);
	hf_entry_commit_field(salt, (enum hf_field)field, value, len, &commitment);
	field_leaf(field, &commitment, ret_leaf);
	hf_wipe(salt, sizeof(salt));
}

struct hf_entry_prepared *hf_entry_prepare(const struct hf_draft *d, const uint8_t secret[32])
{
	struct hf_entry_prepared *p = hf_alloc(sizeof(*p) + FIELDS_MAX * sizeof(p->field[0]));
	struct hf_hmac_key key;
	const void *value;
	size_t len;
	p->count = 0;
	hf_hmac_key_init(&key, secret, 32);
	for (uint32_t f = 1; f < HF_FIELD_LIMIT; f++) {
		struct prepared_field *to = &p->field[p->count];
		if (hf_field_name((enum hf_field)f) == NULL || !hf_draft_get(d, (enum hf_field)f, &value, &len))
			continue;
		draft_leaf(&key, f, value, len, &to->leaf);
		to->number = f;
		to->value = value;
		p->count++;
	}
	hf_wipe(&key, sizeof(key));
	return hf_realloc(p, sizeof(*p) + p->count * sizeof(p->field[0]));
}

void hf_entry_prepared_free(struct hf_entry_prepared *p)
{
	free(p);
}

/* The root over all fields of a complete draft; false when the draft lacks its event. */
static bool commit_draft(const struct hf_entry_in *in, const struct hf_draft *d, struct hf_hash *ret_root)
{
	size_t at = 0, count = in->prepared == NULL ? 0 : in->prepared->count, len;
	struct hf_merkle_range range;
	struct hf_hmac_key key;
	const void *value;
	if (!hf_draft_get(d, HF_FIELD_EVENT, &value, &len))
		return false;
	hf_merkle_range_init(&range);
	hf_hmac_key_init(&key, in->secret, 32);
	for (uint32_t f = 1; f < HF_FIELD_LIMIT; f++) {
		struct hf_hash leaf;
		if (hf_field_name((enum hf_field)f) == NULL || !hf_draft_get(d, (enum hf_field)f, &value, &len))
			continue;
		while (at < count && in->prepared->field[at].number < f)
			at++;
		if (at < count && in->prepared->field[at].number == f && in->prepared->field[at].value == value)
			leaf = in->prepared->field[at].leaf;
		else
			draft_leaf(&key, f, value, len, &leaf);
		hf_merkle_range_append(&range, &leaf);
	}
	hf_wipe(&key, sizeof(key));
	root_of(&range, ret_root);
	return true;
}

/* ---- complete ---- */

/* All fields of a draft, opened: what a PUBLIC entry carries and what parties receive. Values are borrowed from the
 * draft. */
struct opened {
	size_t count;
	uint32_t numbers[FIELDS_MAX];
	uint8_t salts[FIELDS_MAX][32];
	struct hf_hash hashes[FIELDS_MAX];
	Hufu__FieldOpening fields[FIELDS_MAX];
	Hufu__FieldOpening *field_list[FIELDS_MAX];
	Hufu__FieldHash field_hashes[FIELDS_MAX];
	Hufu__FieldHash *hash_list[FIELDS_MAX];
};

static void open_field(struct opened *o, const struct hf_hmac_key *secret, uint32_t number, const void *value,
                       size_t len)
{
	size_t i = o->count++;
	o->numbers[i] = number;
	salt_of(secret, (enum hf_field)number, o->salts[i]);
	hf_entry_commit_field(o->salts[i], (enum hf_field)number, value, len, &o->hashes[i]);
	hufu__field_opening__init(&o->fields[i]);
	o->fields[i].field = number;
	o->fields[i].salt = (ProtobufCBinaryData){32, o->salts[i]};
	o->fields[i].value = (ProtobufCBinaryData){len, (uint8_t *)(uintptr_t)value};
	o->field_list[i] = &o->fields[i];
	hufu__field_hash__init(&o->field_hashes[i]);
	o->field_hashes[i].field = number;
	o->field_hashes[i].hash = (ProtobufCBinaryData){32, o->hashes[i].b};
	o->hash_list[i] = &o->field_hashes[i];
}

/* Heap, because it is large; NULL when the draft lacks its event or has a field without a name. */
static struct opened *open_draft(const uint8_t secret[32], const struct hf_draft *d)
{
	const void *value;
	size_t len;
	if (!hf_draft_get(d, HF_FIELD_EVENT, &value, &len))
		return NULL;
	struct opened *o = hf_alloc(sizeof(*o));
	struct hf_hmac_key key;
	hf_hmac_key_init(&key, secret, 32);
	o->count = 0;
	for (uint32_t f = 1; f < HF_FIELD_LIMIT; f++)
		if (hf_field_name((enum hf_field)f) != NULL && hf_draft_get(d, (enum hf_field)f, &value, &len))
			open_field(o, &key, f, value, len);
	hf_wipe(&key, sizeof(key));
	return o;
}

static void opened_done(struct opened **o)
{
	free(*o);
}

/* Keyed by the ledger's own secret, and different for each entry: replicas cannot tell which entries belong together.
 */
static void make_label(const struct hf_entry_in *in, const struct hf_draft *d, uint8_t ret_label[LABEL_BYTES])
{
	static const struct hf_id none;
	const struct hf_id *txn = hf_draft_txn_get(d);
	uint8_t text[sizeof(HF_DOMAIN_LABEL) + 16 + 8] = HF_DOMAIN_LABEL;
	struct hf_hash mac;
	memcpy(text + sizeof(HF_DOMAIN_LABEL), txn == NULL ? none.b : txn->b, 16);
	hf_put_u64(text + sizeof(HF_DOMAIN_LABEL) + 16, in->index);
	hf_hmac(in->label_key, 32, text, sizeof(text), &mac);
	memcpy(ret_label, mac.b, LABEL_BYTES);
}

static enum hf_err encode_to(const ProtobufCMessage *m, size_t max, struct hf_buf *out, struct hf_hash *ret_leaf)
{
	size_t len = protobuf_c_message_get_packed_size(m);
	if (len > max || !hf_buf_reserve(out, len))
		return HF_E_LIMIT;
	protobuf_c_message_pack(m, out->data + out->len);
	if (ret_leaf != NULL)
		hf_merkle_leaf(out->data + out->len, len, ret_leaf);
	out->len += len;
	return HF_OK;
}

static void init_entry(const struct hf_entry_in *in, enum hf_event_class event_class, Hufu__LedgerEntry *e)
{
	hufu__ledger_entry__init(e);
	e->version = 1;
	e->suite = HF_SUITE_INTL_1;
	e->origin = (char *)(uintptr_t)in->origin;
	e->index = in->index;
	e->time_s = in->time_ms / 1000 / TIME_STEP_S * TIME_STEP_S;
	e->prev = (ProtobufCBinaryData){32, (uint8_t *)(uintptr_t)in->prev.b};
	e->event_class = event_class;
}

enum hf_err hf_entry_encode(const struct hf_entry_in *in, const struct hf_draft *d, struct hf_buf *out,
                            struct hf_hash *ret_leaf)
{
	HF_CLEANUP(opened_done) struct opened *o = NULL;
	struct hf_hash root;
	uint8_t label[LABEL_BYTES];
	Hufu__LedgerEntry e;
	if (in->time_ms < 0 || !commit_draft(in, d, &root))
		return HF_E_ARGUMENT;
	make_label(in, d, label);
	init_entry(in, hf_event_class(hf_draft_event(d)), &e);
	e.label = (ProtobufCBinaryData){LABEL_BYTES, label};
	e.commitment = (ProtobufCBinaryData){32, root.b};
	if (e.event_class == HF_EVENT_CLASS_PUBLIC) {
		o = open_draft(in->secret, d);
		e.n_openings = o->count;
		e.openings = o->field_list;
	}
	return encode_to(&e.base, HF_MAX_ENTRY, out, ret_leaf);
}

enum hf_err hf_entry_open_draft(const struct hf_entry_in *in, const struct hf_draft *d, struct hf_buf *out)
{
	HF_CLEANUP(opened_done) struct opened *o = open_draft(in->secret, d);
	if (o == NULL)
		return HF_E_ARGUMENT;
	Hufu__EntryOpening opening = HUFU__ENTRY_OPENING__INIT;
	opening.origin = (char *)(uintptr_t)in->origin;
	opening.index = in->index;
	opening.n_fields = o->count;
	opening.fields = o->field_list;
	opening.n_hashes = o->count;
	opening.hashes = o->hash_list;
	return encode_to(&opening.base, hf_decode_max(&hufu__entry_opening__descriptor), out, NULL);
}

static bool is_zero(const ProtobufCBinaryData *b)
{
	for (size_t i = 0; i < b->len; i++)
		if (b->data[i] != 0)
			return false;
	return true;
}

static bool field_commits(const Hufu__FieldOpening *f, struct hf_hash *ret_hash)
{
	if (f->salt.len != 32 || hf_field_name((enum hf_field)f->field) == NULL)
		return false;
	hf_entry_commit_field(f->salt.data, (enum hf_field)f->field, f->value.data, f->value.len, ret_hash);
	return true;
}

/* A PUBLIC entry shows every field, and they make its commitment; no other entry shows any. */
static bool public_fields_ok(const Hufu__LedgerEntry *e)
{
	struct hf_hash hashes[FIELDS_MAX], root;
	uint32_t numbers[FIELDS_MAX];
	if (e->event_class != HF_EVENT_CLASS_PUBLIC)
		return e->n_openings == 0;
	if (e->n_openings == 0 || e->n_openings > FIELDS_MAX)
		return false;
	for (size_t i = 0; i < e->n_openings; i++) {
		numbers[i] = e->openings[i]->field;
		if ((i > 0 && numbers[i] <= numbers[i - 1]) || !field_commits(e->openings[i], &hashes[i]))
			return false;
	}
	hf_entry_commit_root(hashes, numbers, e->n_openings, &root);
	return memcmp(root.b, e->commitment.data, 32) == 0;
}

static void entry_done(Hufu__LedgerEntry **e)
{
	hf_decoded_free(*e);
}

enum hf_err hf_entry_decode(const void *data, size_t len, Hufu__LedgerEntry **ret_entry)
{
	if (len > HF_MAX_ENTRY)
		return HF_E_LIMIT;
	HF_CLEANUP(entry_done) Hufu__LedgerEntry *e = hf_decode_canonical(&hufu__ledger_entry__descriptor, data, len);
	if (e == NULL)
		return HF_E_FORMAT;
	if (!hf_suite_usable(e->suite))
		return HF_E_SUITE;
	if (e->time_s % TIME_STEP_S != 0 || (e->index == 0) != is_zero(&e->prev) || !public_fields_ok(e))
		return HF_E_FORMAT;
	*ret_entry = HF_TAKE(e);
	return HF_OK;
}

/* Every shown field has its own commitment among the hashes. Both lists rise, so one pass finds them. */
static bool shown_fields_ok(const Hufu__EntryOpening *o)
{
	size_t at = 0;
	for (size_t i = 0; i < o->n_fields; i++) {
		struct hf_hash h;
		while (at < o->n_hashes && o->hashes[at]->field < o->fields[i]->field)
			at++;
		if (at == o->n_hashes || o->hashes[at]->field != o->fields[i]->field ||
		    !field_commits(o->fields[i], &h) || memcmp(h.b, o->hashes[at]->hash.data, 32) != 0)
			return false;
		at++;
	}
	return true;
}

bool hf_entry_check_opening(const Hufu__LedgerEntry *e, const Hufu__EntryOpening *o)
{
	struct hf_hash hashes[FIELDS_MAX], root;
	uint32_t numbers[FIELDS_MAX];
	if (strcmp(e->origin, o->origin) != 0 || e->index != o->index || o->n_hashes == 0 || o->n_hashes > FIELDS_MAX)
		return false;
	for (size_t i = 0; i < o->n_hashes; i++) {
		if (o->hashes[i]->hash.len != 32 || (i > 0 && o->hashes[i]->field <= o->hashes[i - 1]->field))
			return false;
		numbers[i] = o->hashes[i]->field;
		memcpy(hashes[i].b, o->hashes[i]->hash.data, 32);
	}
	hf_entry_commit_root(hashes, numbers, o->n_hashes, &root);
	return memcmp(root.b, e->commitment.data, 32) == 0 && shown_fields_ok(o);
}

bool hf_opening_get(const Hufu__EntryOpening *o, enum hf_field field, struct hf_bytes *ret_value)
{
	for (size_t i = 0; i < o->n_fields; i++) {
		if (o->fields[i]->field != (uint32_t)field)
			continue;
		*ret_value = (struct hf_bytes){o->fields[i]->value.data, o->fields[i]->value.len};
		return true;
	}
	return false;
}

bool hf_opening_is(const Hufu__EntryOpening *o, enum hf_field field, const char *text)
{
	struct hf_bytes value;
	size_t len = strlen(text);
	return hf_opening_get(o, field, &value) && value.len == len && (len == 0 || memcmp(value.data, text, len) == 0);
}
