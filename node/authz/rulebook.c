/*
 * rulebook.c - the policy of this node and the mechanisms that its resources allow: signed by a person, stored for
 * good, in force with the commit. See rulebook.h.
 */
#include "authz/rulebook.h"

#include <stdlib.h>

#include "authz/internal.h"
#include "proto/codec.h"

static enum hf_err sign(struct hf_authz *a, const struct hf_step_in *in, const struct hf_id *id,
                        const struct hf_hash *digest, const char *reason, ProtobufCBinaryData *ret_signed)
{
	HF_CLEANUP(hf_decoded_done) Hufu__SignedStatement *st = NULL;
	Hufu__Statement s = HUFU__STATEMENT__INIT;
	s.kind = (char *)"policy";
	s.object = BIN_ID(id);
	s.object_digest = BIN_HASH(digest);
	s.result = (char *)"pass";
	s.reason = (char *)(reason ? reason : "");
	HF_TRY(az_person_sign(a, in->actor, &s, id, &st, in->fault));
	ret_signed->data = hf_encode(&st->base, &ret_signed->len);
	return ret_signed->data ? HF_OK : hf_fault_set(in->fault, HF_E_MEMORY, "no memory is left to sign");
}

/* ---- the policy ---- */

static void key_of(uint64_t sequence, uint8_t key[8])
{
	hf_put_u64(key, sequence);
}

enum hf_err hf_authz_policy(struct hf_authz *a, uint64_t sequence, Hufu__PolicyRow **ret_row)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf b = HF_BUF_INIT;
	uint8_t key[8];
	key_of(sequence ? sequence : a->policy.sequence, key);
	HF_TRY(hf_store_get(a->store, HF_TABLE_POLICY, key, sizeof(key), &b));
	*ret_row = HF_DECODE_OWN(policy_row, b.data, b.len);
	return *ret_row ? HF_OK : HF_E_STORE;
}

struct scan {
	hf_policy_row_fn fn;
	void *ctx;
	enum hf_err error;
};

static bool on_row(void *ctx, struct hf_bytes key, struct hf_bytes value)
{
	struct scan *s = ctx;
	(void)key;
	HF_CLEANUP(hf_decoded_done) Hufu__PolicyRow *row = HF_DECODE_OWN(policy_row, value.data, value.len);
	if (!row)
		s->error = HF_E_STORE;
	return row && s->fn(s->ctx, row);
}

enum hf_err hf_authz_policies(struct hf_authz *a, hf_policy_row_fn fn, void *ctx)
{
	struct scan s = {fn, ctx, HF_OK};
	HF_TRY(hf_store_scan_back(a->store, HF_TABLE_POLICY, NULL, 0, NULL, 0, on_row, &s));
	return s.error;
}

struct newest {
	uint64_t sequence, version;
	const char *name; /* NULL: any */
};

static bool on_newest(void *ctx, const Hufu__PolicyRow *row)
{
	struct newest *n = ctx;
	if (row->sequence > n->sequence)
		n->sequence = row->sequence;
	if (n->name && same_text(row->name, n->name) && row->version > n->version)
		n->version = row->version;
	return n->name != NULL;
}

static bool take_built(struct hf_authz *a, const Hufu__PolicyRow *row)
{
	struct hf_hash digest;
	if (row->digest.len != sizeof(digest.b))
		return false;
	memcpy(digest.b, row->digest.data, sizeof(digest.b));
	return az_policy_take(a, &digest);
}

/* After the commit. A text that was checked before compiles now, too; if not, nothing is permitted any more. */
static void follow(struct hf_authz *a, const struct hf_id *id)
{
	HF_CLEANUP(hf_decoded_done) Hufu__PolicyRow *row = NULL;
	struct newest n = {0, 0, NULL};
	struct hf_fault f = {HF_OK, ""};
	(void)id;
	enum hf_err e = hf_authz_policies(a, on_newest, &n);
	if (e == HF_OK)
		e = hf_authz_policy(a, n.sequence, &row);
	if (e == HF_OK && !take_built(a, row))
		e = az_policy_load(a, row->text.data, row->text.len, &f);
	if (e == HF_OK) {
		a->policy.sequence = n.sequence;
		return;
	}
	az_policy_none(a);
	hf_alarm(a->base, "policy-broken", NULL,
	         "the policy on record cannot be put in force (%s), so nothing is permitted; apply a corrected one",
	         f.text[0] ? f.text : hf_err_text(e));
}

enum hf_err az_policy_open(struct hf_authz *a, struct hf_fault *f)
{
	HF_CLEANUP(hf_decoded_done) Hufu__PolicyRow *row = NULL;
	struct newest n = {0, 0, NULL};
	HF_TRY(az_holds_load(a, f));
	HF_TRY(hf_fault_default(f, hf_authz_policies(a, on_newest, &n)));
	a->policy.sequence = n.sequence;
	if (n.sequence == 0)
		return az_policy_load(a, NULL, 0, f);
	HF_TRY(hf_fault_default(f, hf_authz_policy(a, n.sequence, &row)));
	return az_policy_load(a, row->text.data, row->text.len, f);
}

static enum hf_err check_version(struct hf_authz *a, const struct az_policy_head *head, uint64_t *ret_sequence,
                                 struct hf_fault *f)
{
	struct newest n = {0, 0, head->name};
	HF_TRY(hf_fault_default(f, hf_authz_policies(a, on_newest, &n)));
	*ret_sequence = n.sequence + 1;
	if (head->version > n.version)
		return HF_OK;
	return hf_fault_set(
	        f, HF_E_CONFLICT,
	        "the policy '%.100s' stands at version %llu here and the new text calls itself %llu; raise its "
	        "version",
	        head->name, (unsigned long long)n.version, (unsigned long long)head->version);
}

static void put_policy(struct hf_authz *a, struct hf_unit *u, const Hufu__PolicyRow *row, const struct hf_id *id)
{
	size_t len = 0;
	uint8_t key[8], *data = hf_encode(&row->base, &len);
	if (!data)
		abort(); /* memory is gone */
	key_of(row->sequence, key);
	hf_unit_put(u, HF_TABLE_POLICY, key, sizeof(key), data, len);
	free(data);
	az_after(a, u, id, follow);
}

enum hf_err hf_authz_policy_prepare(struct hf_authz *a, const char *text,
                                    void (*fn)(void *ctx, enum hf_err e, const struct hf_fault *f), void *ctx,
                                    struct hf_fault *f)
{
	return az_policy_prepare(a, text, strlen(text), fn, ctx, f);
}

enum hf_err hf_authz_policy_apply(struct hf_authz *a, const struct hf_step_in *in, const char *text, const char *reason,
                                  struct hf_policy_set *ret_set)
{
	Hufu__PolicyRow row = HUFU__POLICY_ROW__INIT;
	struct az_policy_head head = {.version = 0};
	struct hf_hash digest;
	struct hf_id id = hf_id_new(now_of(a));
	char who[HF_NAME_MAX * 2 + 2];
	uint64_t sequence = 0;
	hf_sha256(text, strlen(text), &digest);
	if (!az_policy_prepared(a, &digest, &head))
		HF_TRY(az_policy_check(text, strlen(text), &head, in->fault));
	HF_TRY(check_version(a, &head, &sequence, in->fault));
	snprintf(who, sizeof(who), "%s/%s", a->base->self.s, in->actor->account);
	row.sequence = sequence;
	row.name = head.name;
	row.version = head.version;
	row.text = BIN(text, strlen(text));
	row.digest = BIN_HASH(&digest);
	row.by = who;
	row.time_ms = now_of(a);
	row.rules = head.rules;
	row.id = BIN_ID(&id);
	row.reason = (char *)(reason ? reason : "");
	HF_TRY(sign(a, in, &id, &digest, reason, &row.statement));
	put_policy(a, in->unit, &row, &id);
	free(row.statement.data);
	hf_draft_textf(in->draft, HF_FIELD_OBJECT, "policy %s version %llu", head.name,
	               (unsigned long long)head.version);
	hf_draft_text(in->draft, HF_FIELD_DETAIL, reason);
	hf_draft_bytes(in->draft, HF_FIELD_DIGEST, digest.b, sizeof(digest.b));
	*ret_set = (struct hf_policy_set){.version = head.version, .rules = head.rules, .sequence = sequence};
	snprintf(ret_set->name, sizeof(ret_set->name), "%s", head.name);
	return HF_OK;
}

/* ---- mechanisms of a resource ---- */

static bool mechanism_bit(const char *name, uint32_t *ret)
{
	enum hf_mechanism m = hf_mechanism_from_name(name);
	*ret = HF_MECHANISM_BIT(m);
	return m == HF_MECHANISM_EMERGENCY || m == HF_MECHANISM_ATTRIBUTE || m == HF_MECHANISM_APPLICATION;
}

static bool read_allowed(struct hf_authz *a, const struct hf_id *entry, uint32_t *ret_mechanisms)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf b = HF_BUF_INIT;
	HF_CLEANUP(hf_decoded_done) Hufu__MechanismsRow *row = NULL;
	uint32_t all = 0, bit = 0;
	enum hf_err e = hf_store_get(a->store, HF_TABLE_MECHANISMS, entry->b, sizeof(entry->b), &b);
	*ret_mechanisms = HF_MECHANISM_ALL;
	if (e == HF_E_UNKNOWN)
		return true;
	row = e == HF_OK ? HF_DECODE_OWN(mechanisms_row, b.data, b.len) : NULL;
	for (size_t i = 0; row && i < row->n_mechanisms; i++) {
		if (!mechanism_bit(row->mechanisms[i], &bit))
			return false;
		all |= bit;
	}
	*ret_mechanisms = all;
	return row != NULL;
}

/* Most resources are asked for again and again: what was read is kept until the table changes. */
bool hf_authz_allowed(struct hf_authz *a, const struct hf_id *entry, uint32_t *ret_mechanisms)
{
	uint64_t changes = hf_store_changes(a->store, HF_TABLE_MECHANISMS);
	struct az_allowed *c = &a->allowed[entry->b[sizeof(entry->b) - 1] % AZ_ALLOWED_SLOTS];
	if (!c->known || c->changes != changes || !hf_id_equal(&c->entry, entry)) {
		c->known = read_allowed(a, entry, &c->mechanisms);
		c->changes = changes;
		c->entry = *entry;
	}
	*ret_mechanisms = c->mechanisms;
	return c->known;
}

enum hf_err hf_authz_mechanisms(struct hf_authz *a, const struct hf_step_in *in, const struct hf_id *entry,
                                const char *const *list, size_t count)
{
	HF_CLEANUP(hf_catalog_item_done) struct hf_catalog_item it = {0};
	HF_CLEANUP(hf_buf_done) struct hf_buf words = HF_BUF_INIT;
	Hufu__MechanismsRow row = HUFU__MECHANISMS_ROW__INIT;
	struct hf_hash digest;
	char who[HF_NAME_MAX * 2 + 2];
	size_t len = 0;
	uint32_t bit;
	if (hf_catalog_get(a->catalog, a->base->self.s, entry, &it) != HF_OK || !it.own)
		return hf_fault_set(in->fault, HF_E_UNKNOWN,
		                    "this node publishes no such entry; `hufu catalog` lists them");
	for (size_t i = 0; i < count; i++) {
		if (!mechanism_bit(list[i], &bit))
			return hf_fault_set(in->fault, HF_E_ARGUMENT,
			                    "'%.40s' is no mechanism; name some of emergency, attribute, application",
			                    list[i]);
		if (!hf_buf_add(&words, i ? "," : "", i ? 1 : 0) || !hf_buf_add(&words, list[i], strlen(list[i])))
			abort(); /* memory is gone */
	}
	snprintf(who, sizeof(who), "%s/%s", a->base->self.s, in->actor->account);
	hf_sha256(words.data ? words.data : (const uint8_t *)"", words.len, &digest);
	row.mechanisms = (char **)list;
	row.n_mechanisms = count;
	row.by = who;
	row.time_ms = now_of(a);
	HF_TRY(sign(a, in, entry, &digest, "", &row.statement));
	uint8_t *data = hf_encode(&row.base, &len);
	if (!data)
		abort(); /* memory is gone */
	hf_unit_put(in->unit, HF_TABLE_MECHANISMS, entry->b, sizeof(entry->b), data, len);
	free(data);
	free(row.statement.data);
	a->policy.changes++;
	az_entry_id(in->draft, HF_FIELD_OBJECT, entry);
	az_entry_id(in->draft, HF_FIELD_RESOURCE, entry);
	hf_draft_textf(in->draft, HF_FIELD_DETAIL, "allowed: %.*s", (int)words.len,
	               words.data ? (char *)words.data : "");
	return HF_OK;
}
