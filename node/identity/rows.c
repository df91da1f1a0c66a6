/* rows.c - the stored rows of accounts (sealed) and groups, and what rights follow from them. */
#include <stdlib.h>
#include <string.h>

#include "crypto/aead.h"
#include "identity/internal.h"

#define DAY_MS ((int64_t)24 * 60 * 60 * 1000)
#define ROW_MAX ((size_t)64 << 10)
#define GROUP_PREFIX "group/"

static enum hf_err open_row(const struct hf_identity *id, const void *name, size_t name_len, struct hf_bytes box,
                            Hufu__AccountRow **ret_row)
{
	if (box.len < HF_BOX_OVERHEAD || box.len > ROW_MAX)
		return HF_E_STORE;
	size_t len = box.len - HF_BOX_OVERHEAD;
	uint8_t *plain = hf_alloc(len);
	Hufu__AccountRow *row = NULL;
	if (hf_box_open(id->row_key, name, name_len, box.data, box.len, plain))
		row = HF_DECODE_OWN(account_row, plain, len);
	hf_wipe(plain, len);
	free(plain);
	if (!row)
		return HF_E_STORE;
	*ret_row = row;
	return HF_OK;
}

enum hf_err hf_account_row_get(struct hf_identity *id, const char *account, Hufu__AccountRow **ret_row)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf box = HF_BUF_INIT;
	struct hf_name name;
	if (!hf_name_parse(account, &name))
		return HF_E_UNKNOWN;
	HF_TRY(hf_store_get(id->store, HF_TABLE_ACCOUNT, name.s, strlen(name.s), &box));
	return open_row(id, name.s, strlen(name.s), (struct hf_bytes){box.data, box.len}, ret_row);
}

enum hf_err hf_account_get(struct hf_identity *id, const char *account, Hufu__AccountRow **ret_row)
{
	return hf_account_row_get(id, account, ret_row);
}

enum hf_err hf_account_row_want(struct hf_identity *id, const char *account, Hufu__AccountRow **ret_row,
                                struct hf_fault *f)
{
	Hufu__AccountRow *row = NULL;
	enum hf_err e = hf_account_row_get(id, account, &row);
	if (e == HF_OK && row->state == HF_ACCOUNT_REMOVED) {
		hf_decoded_free(row);
		e = HF_E_UNKNOWN;
	}
	if (e == HF_E_UNKNOWN)
		return hf_fault_set(f, e, "there is no account '%.63s'; `hufu user list` shows who has one", account);
	if (e == HF_OK)
		*ret_row = row;
	return hf_fault_default(f, e);
}

void hf_account_row_put(struct hf_identity *id, struct hf_unit *unit, const Hufu__AccountRow *row)
{
	size_t len = 0;
	uint8_t *plain = hf_encode(&row->base, &len);
	if (!plain)
		abort();
	uint8_t *box = hf_alloc(len + HF_BOX_OVERHEAD);
	if (!hf_box_seal(id->row_key, row->name, strlen(row->name), plain, len, box))
		abort();
	hf_unit_put(unit, HF_TABLE_ACCOUNT, row->name, strlen(row->name), box, len + HF_BOX_OVERHEAD);
	hf_wipe(plain, len);
	free(plain);
	free(box);
}

struct list {
	struct hf_identity *id;
	hf_account_row_fn fn;
	void *ctx;
	enum hf_err e;
};

static bool list_row(void *ctx, struct hf_bytes key, struct hf_bytes value)
{
	struct list *l = ctx;
	Hufu__AccountRow *row = NULL;
	l->e = open_row(l->id, key.data, key.len, value, &row);
	if (l->e != HF_OK)
		return false;
	bool more = l->fn(l->ctx, row);
	hf_decoded_free(row);
	return more;
}

enum hf_err hf_account_list(struct hf_identity *id, hf_account_row_fn fn, void *ctx)
{
	struct list l = {id, fn, ctx, HF_OK};
	HF_TRY(hf_store_scan(id->store, HF_TABLE_ACCOUNT, NULL, 0, NULL, 0, list_row, &l));
	return l.e;
}

void hf_account_real_name_salt(const struct hf_identity *id, const char *real_name, uint8_t ret_salt[16])
{
	uint8_t key[32];
	struct hf_hash mac;
	hf_node_keys_derive(id->keys, "real-name", NULL, 0, key);
	hf_hmac(key, sizeof(key), real_name, strlen(real_name), &mac);
	memcpy(ret_salt, mac.b, 16);
	hf_wipe(key, sizeof(key));
}

enum hf_err hf_group_row_get(struct hf_identity *id, const char *group, Hufu__GroupRow **ret_row)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf bytes = HF_BUF_INIT;
	char key[sizeof(GROUP_PREFIX) + HF_NAME_MAX];
	struct hf_name name;
	if (!hf_name_parse(group, &name))
		return HF_E_UNKNOWN;
	int n = snprintf(key, sizeof(key), GROUP_PREFIX "%s", name.s);
	HF_TRY(hf_store_get(id->store, HF_TABLE_META, key, (size_t)n, &bytes));
	Hufu__GroupRow *row = HF_DECODE_OWN(group_row, bytes.data, bytes.len);
	if (!row)
		return HF_E_STORE;
	*ret_row = row;
	return HF_OK;
}

static void add_roles(char **roles, size_t count, const char **out, size_t cap, size_t *used)
{
	for (size_t i = 0; i < count; i++) {
		const struct hf_role *r = hf_role_find(roles[i]);
		size_t at = 0;
		while (r && at < *used && strcmp(out[at], r->name) != 0)
			at++;
		if (r && at == *used && *used < cap)
			out[(*used)++] = r->name;
	}
}

size_t hf_account_effective(struct hf_identity *id, const Hufu__AccountRow *row, const char **out, size_t cap)
{
	size_t used = 0;
	add_roles(row->roles, row->n_roles, out, cap, &used);
	for (size_t i = 0; i < row->n_groups; i++) {
		Hufu__GroupRow *g = NULL;
		if (hf_group_row_get(id, row->groups[i], &g) != HF_OK)
			continue;
		add_roles(g->roles, g->n_roles, out, cap, &used);
		hf_decoded_free(g);
	}
	return used;
}

uint64_t hf_roles_permissions(const char *const *roles, size_t count)
{
	uint64_t all = 0;
	for (size_t i = 0; i < count; i++) {
		const struct hf_role *r = hf_role_find(roles[i]);
		all |= r ? r->permissions : 0;
	}
	return all;
}

uint64_t hf_account_row_permissions(struct hf_identity *id, const Hufu__AccountRow *row)
{
	const char *roles[ROLES_MAX];
	if (row->state != HF_ACCOUNT_ACTIVE || hf_account_row_restricted(id, row))
		return 0;
	return hf_roles_permissions(roles, hf_account_effective(id, row, roles, ROLES_MAX));
}

bool hf_account_row_restricted(const struct hf_identity *id, const Hufu__AccountRow *row)
{
	int64_t age = hf_now_ms(&id->base->clock) - row->password_ms;
	return row->one_time || age > (int64_t)id->policy.password_days * DAY_MS;
}
