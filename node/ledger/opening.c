#include "ledger/opening.h"

#include <stdlib.h>
#include <string.h>

#include "crypto/aead.h"
#include "crypto/domains.h"
#include "crypto/hash.h"
#include "crypto/secret.h"
#include "proto/codec.h"
#include "state_ledger.pb-c.h"

#define TAG_FIELDS 0x12 /* field 2, message */
#define TAG_FIELD 0x08  /* field 1, number */
#define TAG_VALUE 0x12  /* field 2, bytes */
#define FIELD_HEAD_MAX 16u

static size_t varint(uint8_t *out, uint32_t v)
{
	size_t n = 0;

	for (; v >= 0x80; v >>= 7)
		out[n++] = (uint8_t)(v | 0x80);
	out[n++] = (uint8_t)v;
	return n;
}

static size_t varint_len(uint32_t v)
{
	uint8_t out[5];

	return varint(out, v);
}

/* An OpeningField with its tag and length. Field numbers stay below 128: one byte. */
static void add_field(struct hf_buf *out, enum hf_field field, const void *value, uint32_t len)
{
	uint32_t inner = 2 + (len ? 1 + (uint32_t)varint_len(len) + len : 0);
	uint8_t head[FIELD_HEAD_MAX];
	size_t n = 0;

	head[n++] = TAG_FIELDS;
	n += varint(head + n, inner);
	head[n++] = TAG_FIELD;
	head[n++] = (uint8_t)field;
	if (len) {
		head[n++] = TAG_VALUE;
		n += varint(head + n, len);
	}
	hf_buf_add(out, head, n);
	hf_buf_add(out, value, len);
}

void hf_opening_secret(const uint8_t key[32], const uint8_t slot[HF_SLOT_BYTES], struct hf_opening_secret *ret_secret)
{
	uint8_t in[sizeof(HF_DOMAIN_OPENING) + HF_SLOT_BYTES + 1], *at = in + sizeof(HF_DOMAIN_OPENING);
	struct hf_hash mac;

	memcpy(in, HF_DOMAIN_OPENING, sizeof(HF_DOMAIN_OPENING));
	memcpy(at, slot, HF_SLOT_BYTES);
	at[HF_SLOT_BYTES] = 1;
	hf_hmac(key, 32, in, sizeof(in), &mac);
	memcpy(ret_secret->salts, mac.b, sizeof(ret_secret->salts));
	at[HF_SLOT_BYTES] = 2;
	hf_hmac(key, 32, in, sizeof(in), &mac);
	memcpy(ret_secret->box, mac.b, sizeof(ret_secret->box));
	hf_wipe(in, sizeof(in));
	hf_wipe(&mac, sizeof(mac));
}

void hf_opening_row_encode(const struct hf_draft *d, struct hf_buf *out)
{
	const void *value;
	size_t len;

	hf_buf_clear(out);
	for (unsigned f = 1; f < HF_FIELD_LIMIT; f++)
		if (hf_draft_get(d, (enum hf_field)f, &value, &len))
			add_field(out, (enum hf_field)f, value, (uint32_t)len);
}

void hf_opened_done(struct hf_opened *o)
{
	hf_decoded_free(o->decoded);
	if (o->built)
		hf_arena_done(&o->arena);
	*o = (struct hf_opened)HF_OPENED_INIT;
}

/* An empty EntryOpening with room for count fields, in o's arena. */
static Hufu__EntryOpening *build(struct hf_opened *o, const char *origin, uint64_t index, size_t count)
{
	size_t origin_bytes = strlen(origin) + 1;
	Hufu__EntryOpening *out;

	hf_arena_init(&o->arena, NULL, 0);
	o->built = true;
	out = hf_arena_get(&o->arena, sizeof(*out));
	hufu__entry_opening__init(out);
	out->origin = memcpy(hf_arena_get(&o->arena, origin_bytes), origin, origin_bytes);
	out->index = index;
	out->fields = hf_arena_get(&o->arena, count * sizeof(*out->fields));
	out->hashes = hf_arena_get(&o->arena, count * sizeof(*out->hashes));
	o->opening = out;
	return out;
}

static void *copy(struct hf_opened *o, const void *data, size_t len)
{
	void *to = hf_arena_get(&o->arena, len ? len : 1);

	if (len)
		memcpy(to, data, len);
	return to;
}

static void show(struct hf_opened *o, uint32_t field, const uint8_t salt[32], const void *value, size_t len)
{
	Hufu__FieldOpening *shown = hf_arena_get(&o->arena, sizeof(*shown));
	Hufu__FieldHash *hash = hf_arena_get(&o->arena, sizeof(*hash));
	struct hf_hash h;

	hf_entry_commit_field(salt, (enum hf_field)field, value, len, &h);
	hufu__field_opening__init(shown);
	shown->field = field;
	shown->salt = (ProtobufCBinaryData){32, copy(o, salt, 32)};
	shown->value = (ProtobufCBinaryData){len, copy(o, value, len)};
	hufu__field_hash__init(hash);
	hash->field = field;
	hash->hash = (ProtobufCBinaryData){sizeof(h.b), copy(o, h.b, sizeof(h.b))};
	o->opening->fields[o->opening->n_fields++] = shown;
	o->opening->hashes[o->opening->n_hashes++] = hash;
}

static enum hf_err open_own(struct hf_bytes plain, const char *origin, uint64_t index, const uint8_t secret[32],
                            struct hf_opened *ret_opened)
{
	Hufu__OpeningRow *row HF_CLEANUP(hf_decoded_done) = HF_DECODE_OWN(opening_row, plain.data, plain.len);
	uint8_t salt[32];

	if (!row)
		return HF_E_STORE;
	build(ret_opened, origin, index, row->n_fields);
	for (size_t i = 0; i < row->n_fields; i++) {
		hf_entry_salt(secret, (enum hf_field)row->fields[i]->field, salt);
		show(ret_opened, row->fields[i]->field, salt, row->fields[i]->value.data, row->fields[i]->value.len);
	}
	return HF_OK;
}

static enum hf_err open_mirrored(struct hf_bytes plain, struct hf_opened *ret_opened)
{
	ret_opened->decoded = HF_DECODE_OWN(entry_opening, plain.data, plain.len);
	ret_opened->opening = ret_opened->decoded;
	return ret_opened->opening ? HF_OK : HF_E_STORE;
}

/* A sealed opening as stored: the box, and the slot that its key needs. */
struct sealed {
	uint8_t key[HF_KEY_MAX];
	size_t key_len;
	struct hf_bytes box; /* borrowed from the rows */
	uint64_t slot;
};

static enum hf_err find_sealed(const struct hf_place *p, struct hf_rows *r, uint64_t index, struct sealed *ret)
{
	ret->key_len = hf_place_key(p, index, ret->key);
	HF_TRY(hf_rows_get(r, hf_place_table(p, HF_PLACE_OPENING), ret->key, ret->key_len, &ret->box));
	ret->slot = index;
	if (p->own)
		return ret->box.len < HF_BOX_OVERHEAD ? HF_E_STORE : HF_OK;
	if (ret->box.len < 8 + HF_BOX_OVERHEAD)
		return HF_E_STORE;
	ret->slot = hf_get_u64(ret->box.data);
	ret->box.data += 8;
	ret->box.len -= 8;
	return HF_OK;
}

enum hf_err hf_opening_slot(const struct hf_place *p, struct hf_rows *r, uint64_t index, uint64_t *ret_slot)
{
	struct sealed s;

	HF_TRY(find_sealed(p, r, index, &s));
	*ret_slot = s.slot;
	return HF_OK;
}

static enum hf_err secret_of_slot(const struct hf_opening_keys *k, bool own, uint64_t slot,
                                  struct hf_opening_secret *ret_secret)
{
	uint8_t bytes[HF_SLOT_BYTES];

	HF_TRY(hf_slots_get(own ? k->slots_own : k->slots_copies, slot, bytes));
	hf_opening_secret(own ? k->own : k->mirror, bytes, ret_secret);
	hf_wipe(bytes, sizeof(bytes));
	return HF_OK;
}

static enum hf_err unseal(const struct hf_place *p, uint64_t index, const struct sealed *s,
                          const struct hf_opening_secret *secret, struct hf_opened *ret_opened)
{
	struct hf_buf plain HF_CLEANUP(hf_buf_done) = HF_BUF_INIT;
	enum hf_err e;

	if (!hf_buf_reserve(&plain, s->box.len))
		return HF_E_STORE;
	if (!hf_box_open(secret->box, s->key, s->key_len, s->box.data, s->box.len, plain.data))
		return HF_E_CRYPTO;
	plain.len = s->box.len - HF_BOX_OVERHEAD;
	e = p->own ? open_own((struct hf_bytes){plain.data, plain.len}, p->origin, index, secret->salts, ret_opened)
	           : open_mirrored((struct hf_bytes){plain.data, plain.len}, ret_opened);
	hf_wipe(plain.data, plain.len);
	return e;
}

static enum hf_err read_at(const struct hf_opening_keys *k, const struct hf_place *p, struct hf_rows *r, uint64_t index,
                           struct hf_opened *ret_opened)
{
	struct hf_opened opened = HF_OPENED_INIT;
	struct hf_opening_secret secret;
	struct sealed s;
	enum hf_err e;

	HF_TRY(find_sealed(p, r, index, &s));
	e = secret_of_slot(k, p->own, s.slot, &secret);
	if (e == HF_E_UNKNOWN)
		return HF_E_CRYPTO; /* the file of slots is not the one that belongs here */
	if (e == HF_OK)
		e = unseal(p, index, &s, &secret, &opened);
	hf_wipe(&secret, sizeof(secret));
	if (e == HF_OK)
		*ret_opened = opened;
	else
		hf_opened_done(&opened);
	return e;
}

/* An own entry that was lost and recovered has its opening in the form in which a party held it. */
enum hf_err hf_opening_read(const struct hf_opening_keys *k, const struct hf_place *p, struct hf_rows *r,
                            uint64_t index, struct hf_opened *ret_opened)
{
	enum hf_err e = read_at(k, p, r, index, ret_opened);
	struct hf_place copies = {.own = false};

	if (e != HF_E_UNKNOWN || !p->own)
		return e;
	memcpy(copies.origin, p->origin, sizeof(copies.origin));
	return read_at(k, &copies, r, index, ret_opened);
}

enum hf_err hf_opening_of_entry(const Hufu__LedgerEntry *e, struct hf_opened *ret_opened)
{
	if (e->n_openings == 0)
		return HF_E_UNKNOWN;
	build(ret_opened, e->origin, e->index, e->n_openings);
	for (size_t i = 0; i < e->n_openings; i++)
		show(ret_opened, e->openings[i]->field, e->openings[i]->salt.data, e->openings[i]->value.data,
		     e->openings[i]->value.len);
	return HF_OK;
}

size_t hf_opening_sealed_size(const Hufu__EntryOpening *o)
{
	return 8 + hufu__entry_opening__get_packed_size(o) + HF_BOX_OVERHEAD;
}

/* The last bytes of a received opening's slot tell that it is the one that was written: of these nothing else at hand
 * does (slots_check.c). What is left is random enough for half a key. */
#define CHECK_AT (HF_SLOT_BYTES - 4u)

static void slot_check(const struct hf_opening_keys *k, uint64_t slot, const uint8_t bytes[HF_SLOT_BYTES],
                       uint8_t ret_check[HF_SLOT_BYTES - CHECK_AT])
{
	uint8_t half[HF_SLOT_BYTES];
	struct hf_opening_secret secret;

	memcpy(half, bytes, CHECK_AT);
	hf_put_u32(half + CHECK_AT, (uint32_t)slot);
	hf_opening_secret(k->mirror, half, &secret);
	memcpy(ret_check, secret.salts, HF_SLOT_BYTES - CHECK_AT);
	hf_wipe(half, sizeof(half));
	hf_wipe(&secret, sizeof(secret));
}

bool hf_opening_slot_ok(const struct hf_opening_keys *k, uint64_t slot, const uint8_t bytes[HF_SLOT_BYTES])
{
	uint8_t check[HF_SLOT_BYTES - CHECK_AT];

	slot_check(k, slot, bytes, check);
	return memcmp(check, bytes + CHECK_AT, sizeof(check)) == 0;
}

/* A fresh slot behind the last one. */
static enum hf_err take_slot(const struct hf_opening_keys *k, uint64_t *ret_slot)
{
	uint8_t bytes[HF_SLOT_BYTES];
	enum hf_err e;

	HF_TRY(hf_slots_count(k->slots_copies, ret_slot));
	hf_random(bytes, CHECK_AT);
	slot_check(k, *ret_slot, bytes, bytes + CHECK_AT);
	e = hf_slots_put(k->slots_copies, *ret_slot, bytes, 1);
	hf_wipe(bytes, sizeof(bytes));
	return e;
}

enum hf_err hf_opening_bar(const struct hf_opening_keys *k, const struct hf_place *p, uint64_t index,
                           struct hf_unit *unit, uint64_t *ret_slot)
{
	static const uint8_t zeros[HF_SLOT_BYTES];
	uint8_t key[HF_KEY_MAX], value[HF_OPENING_BAR_BYTES] = {0};

	HF_TRY(hf_slots_count(k->slots_copies, ret_slot));
	HF_TRY(hf_slots_put(k->slots_copies, *ret_slot, zeros, 1)); /* makes room; zeros alone would mean lost */
	hf_put_u64(value, *ret_slot);
	hf_unit_put(unit, hf_place_table(p, HF_PLACE_OPENING), key, hf_place_key(p, index, key), value, sizeof(value));
	return HF_OK;
}

static enum hf_err slot_for(const struct hf_opening_keys *k, const struct hf_place *p, struct hf_rows *r,
                            uint64_t index, uint64_t *ret_slot)
{
	enum hf_err e = hf_opening_slot(p, r, index, ret_slot);
	uint8_t bytes[HF_SLOT_BYTES];
	enum hf_err held = e == HF_OK ? hf_slots_get(k->slots_copies, *ret_slot, bytes) : HF_E_UNKNOWN;

	if (held == HF_E_UNKNOWN || (held == HF_OK && !hf_opening_slot_ok(k, *ret_slot, bytes)))
		e = e == HF_OK ? HF_E_UNKNOWN : e; /* the slot was lost, and here its opening comes again */
	hf_wipe(bytes, sizeof(bytes));
	return e == HF_E_UNKNOWN ? take_slot(k, ret_slot) : e;
}

enum hf_err hf_opening_seal(const struct hf_opening_keys *k, const struct hf_place *p, struct hf_rows *r,
                            const Hufu__EntryOpening *o, struct hf_buf *out)
{
	struct hf_opening_secret secret;
	uint8_t key[HF_KEY_MAX], number[8];
	size_t key_len = hf_place_key(p, o->index, key), len;
	uint64_t slot;

	HF_TRY(slot_for(k, p, r, o->index, &slot));
	HF_TRY(secret_of_slot(k, false, slot, &secret));
	uint8_t *plain = hf_encode(&o->base, &len);
	bool ok = plain != NULL;

	hf_buf_clear(out);
	hf_put_u64(number, slot);
	hf_buf_add(out, number, sizeof(number));
	ok = ok && hf_buf_reserve(out, sizeof(number) + len + HF_BOX_OVERHEAD) &&
	     hf_box_seal(secret.box, key, key_len, plain, len, out->data + sizeof(number));
	out->len = sizeof(number) + len + HF_BOX_OVERHEAD;
	hf_wipe(&secret, sizeof(secret));
	free(plain);
	return ok ? HF_OK : HF_E_CRYPTO;
}

bool hf_opening_text(const Hufu__EntryOpening *o, enum hf_field field, char *out, size_t cap)
{
	struct hf_bytes v;

	if (!o || !hf_opening_get(o, field, &v) || v.len >= cap || !hf_text_ok((const char *)v.data, v.len, v.len))
		return false;
	if (v.len)
		memcpy(out, v.data, v.len);
	out[v.len] = '\0';
	return true;
}

bool hf_opening_number(const Hufu__EntryOpening *o, enum hf_field field, uint64_t *ret_value)
{
	uint64_t value = 0;
	char text[24];

	if (!hf_opening_text(o, field, text, sizeof(text)) || !text[0])
		return false;
	for (const char *c = text; *c; c++)
		if (*c < '0' || *c > '9' || __builtin_mul_overflow(value, 10, &value) ||
		    __builtin_add_overflow(value, (uint64_t)(*c - '0'), &value))
			return false;
	*ret_value = value;
	return true;
}

bool hf_opening_txn(const Hufu__EntryOpening *o, struct hf_id *ret_txn)
{
	char text[HF_ID_TEXT];

	return hf_opening_text(o, HF_FIELD_TRANSACTION, text, sizeof(text)) && hf_id_parse(text, ret_txn);
}

bool hf_opening_resource(const Hufu__EntryOpening *o, struct hf_id *ret_resource)
{
	char text[HF_ID_TEXT];

	return hf_opening_text(o, HF_FIELD_RESOURCE, text, sizeof(text)) && hf_id_parse(text, ret_resource);
}

int64_t hf_opening_time(const Hufu__EntryOpening *o)
{
	char text[HF_TIME_TEXT];
	int64_t ms = 0;

	return hf_opening_text(o, HF_FIELD_TIME, text, sizeof(text)) && hf_time_parse(text, &ms) ? ms : 0;
}
