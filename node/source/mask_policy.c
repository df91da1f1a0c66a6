/* mask_policy.c - versions of what is set for masking, and the rows of needs; declared in mask_policy.h. */
#include "source/mask_policy.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "crypto/hash.h"
#include "proto/codec.h"
#include "source/source.h"

#define KEY_BYTES 5u

static void key_of(enum hf_mask_policy_kind kind, uint32_t version, uint8_t key[KEY_BYTES])
{
	key[0] = (uint8_t)kind;
	for (unsigned i = 0; i < 4; i++)
		key[1 + i] = (uint8_t)(version >> (8 * (3 - i)));
}

static bool newest_row(void *ctx, struct hf_bytes key, struct hf_bytes value)
{
	(void)value;
	memcpy(ctx, key.data, KEY_BYTES);
	return true;
}

static enum hf_err newest(struct hf_store *store, enum hf_mask_policy_kind kind, uint32_t *ret_version)
{
	uint8_t prefix = (uint8_t)kind, key[KEY_BYTES] = {0};

	HF_TRY(hf_store_scan(store, HF_TABLE_MASK_POLICY, &prefix, 1, NULL, 0, newest_row, key));
	*ret_version = (uint32_t)key[1] << 24 | (uint32_t)key[2] << 16 | (uint32_t)key[3] << 8 | key[4];
	return HF_OK;
}

enum hf_err hf_mask_policy_get(struct hf_store *store, enum hf_mask_policy_kind kind, uint32_t version,
                               Hufu__MaskPolicyRow **ret_row)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf b = HF_BUF_INIT;
	uint8_t key[KEY_BYTES];

	if (version == 0)
		HF_TRY(newest(store, kind, &version));
	if (version == 0)
		return HF_E_UNKNOWN;
	key_of(kind, version, key);
	HF_TRY(hf_store_get(store, HF_TABLE_MASK_POLICY, key, sizeof(key), &b));
	*ret_row = HF_DECODE_OWN(mask_policy_row, b.data, b.len);
	return *ret_row ? HF_OK : HF_E_STORE;
}

static enum hf_err read_rules(const char *text, size_t len, const struct hf_codes *codes, struct hf_rules **ret_rules,
                              struct hf_fault *f)
{
	json_error_t wrong;
	json_t *o = len ? json_loadb(text, len, JSON_REJECT_DUPLICATES, &wrong) : NULL;
	enum hf_err e;

	if (!o)
		return hf_fault_set(f, HF_E_FORMAT, "the rule base is no JSON: %.150s", len ? wrong.text : "no text");
	e = hf_rules_read(o, codes, ret_rules, f);
	json_decref(o);
	return e;
}

enum hf_err hf_mask_rules_load(struct hf_store *store, const struct hf_codes *codes, struct hf_rules **ret_rules,
                               struct hf_fault *f)
{
	Hufu__MaskPolicyRow *row = NULL;
	enum hf_err e = hf_mask_policy_get(store, HF_MASK_RULES, 0, &row);

	*ret_rules = NULL;
	if (e == HF_E_UNKNOWN)
		return HF_OK;
	HF_TRY(hf_fault_default(f, e));
	e = read_rules((const char *)row->text.data, row->text.len, codes, ret_rules, f);
	hf_decoded_free(row);
	return e;
}

/* Kinds stand in rows, labels and records: what fits there. */
static enum hf_err check_ids(const struct hf_rules *rules, struct hf_fault *f)
{
	for (size_t i = 0; i < hf_rules_count(rules); i++) {
		const struct hf_detector *d = hf_rules_detector(rules, i);

		if (strlen(d->id) >= HF_KIND_MAX || strcspn(d->id, " \t\n=,") != strlen(d->id))
			return hf_fault_set(
			        f, HF_E_FORMAT,
			        "the id '%.80s' of a detector is longer than %u bytes or has spaces, commas or equals "
			        "signs; choose another",
			        d->id, HF_KIND_MAX - 1);
		if (strlen(d->technique) >= sizeof(((struct hf_field_class *)0)->technique))
			return hf_fault_set(f, HF_E_FORMAT, "detector %s: there is no technique '%.40s'", d->id,
			                    d->technique);
	}
	return HF_OK;
}

static enum hf_err check(const struct hf_mask_policy_in *in, int64_t *ret_review_ms, struct hf_fault *f)
{
	struct hf_rules *rules = NULL;
	struct hf_controls c;

	*ret_review_ms = 0;
	if (strlen(in->text) > HF_MASK_POLICY_MAX)
		return hf_fault_set(f, HF_E_LIMIT, "the text has more than %zu bytes", HF_MASK_POLICY_MAX);
	if (in->kind == HF_MASK_RULES) {
		HF_TRY(read_rules(in->text, strlen(in->text), in->codes, &rules, f));
		enum hf_err e = check_ids(rules, f);
		hf_rules_free(rules);
		return e;
	}
	if (in->kind == HF_MASK_OPERATION) {
		HF_TRY(hf_operation_read(in->text, ret_review_ms, f));
	} else {
		HF_TRY(hf_controls_read(in->text, &c, f));
		*ret_review_ms = c.review_ms;
	}
	if (*ret_review_ms <= in->now_ms)
		return hf_fault_set(f, HF_E_ARGUMENT, "the date of review has passed; state a later one");
	return HF_OK;
}

enum hf_err hf_mask_policy_put(struct hf_store *store, struct hf_unit *unit, const struct hf_mask_policy_in *in,
                               uint32_t *ret_version, struct hf_fault *f)
{
	Hufu__MaskPolicyRow row = HUFU__MASK_POLICY_ROW__INIT;
	struct hf_hash digest;
	uint8_t key[KEY_BYTES], *bytes;
	uint32_t last;
	size_t len;

	HF_TRY(check(in, &row.review_ms, f));
	HF_TRY(hf_fault_default(f, newest(store, in->kind, &last)));
	hf_sha256(in->text, strlen(in->text), &digest);
	row.kind = (uint32_t)in->kind;
	row.version = last + 1;
	row.text = (ProtobufCBinaryData){strlen(in->text), (uint8_t *)in->text};
	row.digest = (ProtobufCBinaryData){sizeof(digest.b), digest.b};
	row.set_by = (char *)in->by;
	row.set_ms = in->now_ms;
	bytes = hf_encode(&row.base, &len);
	if (!bytes)
		return hf_fault_default(f, HF_E_MEMORY);
	key_of(in->kind, row.version, key);
	hf_unit_put(unit, HF_TABLE_MASK_POLICY, key, sizeof(key), bytes, len);
	free(bytes);
	*ret_version = row.version;
	return HF_OK;
}

/* Needs. */
enum hf_err hf_need_get(struct hf_store *store, const char *id, Hufu__MaskNeedRow **ret_row)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf b = HF_BUF_INIT;

	if (!*id || strlen(id) > HF_NAME_MAX)
		return HF_E_UNKNOWN;
	HF_TRY(hf_store_get(store, HF_TABLE_MASK_NEED, id, strlen(id), &b));
	*ret_row = HF_DECODE_OWN(mask_need_row, b.data, b.len);
	return *ret_row ? HF_OK : HF_E_STORE;
}

enum hf_err hf_need_put(struct hf_unit *unit, const Hufu__MaskNeedRow *row)
{
	size_t len;
	uint8_t *bytes = hf_encode(&row->base, &len);

	if (!bytes)
		return HF_E_MEMORY;
	hf_unit_put(unit, HF_TABLE_MASK_NEED, row->id, strlen(row->id), bytes, len);
	free(bytes);
	return HF_OK;
}

enum hf_err hf_need_decided(struct hf_store *store, const char *id, char ret_mode[16], struct hf_fault *f)
{
	Hufu__MaskNeedRow *row = NULL;
	enum hf_err e = hf_need_get(store, id, &row);

	if (e == HF_E_UNKNOWN)
		return hf_fault_set(f, e, "there is no need '%.63s'; `hufu release needs` lists them", id);
	HF_TRY(hf_fault_default(f, e));
	if (row->mode[0] == '\0')
		e = hf_fault_set(f, HF_E_STATE,
		                 "nobody has decided whether need %.63s is met by static or dynamic masking; run `hufu "
		                 "release need %.63s --mode static|dynamic`",
		                 id, id);
	else
		memcpy(ret_mode, row->mode, strlen(row->mode) < 16 ? strlen(row->mode) + 1 : 0);
	hf_decoded_free(row);
	return e;
}

struct listing {
	hf_need_fn fn;
	void *ctx;
	enum hf_err error;
};

static bool list_row(void *ctx, struct hf_bytes key, struct hf_bytes value)
{
	struct listing *l = ctx;
	Hufu__MaskNeedRow *row = HF_DECODE_OWN(mask_need_row, value.data, value.len);
	bool more;

	(void)key;
	l->error = row ? HF_OK : HF_E_STORE;
	more = row && l->fn(l->ctx, row);
	hf_decoded_free(row);
	return more;
}

enum hf_err hf_needs_list(struct hf_store *store, hf_need_fn fn, void *ctx)
{
	struct listing l = {fn, ctx, HF_OK};

	HF_TRY(hf_store_scan(store, HF_TABLE_MASK_NEED, NULL, 0, NULL, 0, list_row, &l));
	return l.error;
}
