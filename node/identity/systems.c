/* systems.c - the register of business systems: applications and requests name one of them (AZ-7, AZ-25). */
#include <stdlib.h>
#include <string.h>

#include "identity/internal.h"

static void fill_view(const Hufu__SystemRow *row, struct hf_system_view *v)
{
	memset(v, 0, sizeof(*v));
	snprintf(v->name, sizeof(v->name), "%s", row->name);
	snprintf(v->department, sizeof(v->department), "%s", row->department);
	snprintf(v->address, sizeof(v->address), "%s", row->address);
	snprintf(v->business, sizeof(v->business), "%s", row->business);
	v->enabled = row->enabled;
}

enum hf_err hf_identity_system(struct hf_identity *id, const char *name, struct hf_system_view *ret_system)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf bytes = HF_BUF_INIT;
	struct hf_name n;
	if (!hf_name_parse(name, &n))
		return HF_E_UNKNOWN;
	HF_TRY(hf_store_get(id->store, HF_TABLE_SYSTEM, n.s, strlen(n.s), &bytes));
	Hufu__SystemRow *row = HF_DECODE_OWN(system_row, bytes.data, bytes.len);
	if (!row)
		return HF_E_STORE;
	fill_view(row, ret_system);
	hf_decoded_free(row);
	return HF_OK;
}

static enum hf_err check(const struct hf_system_view *in, struct hf_fault *f)
{
	struct hf_name name;
	if (!hf_name_parse(in->name, &name) || (in->department[0] && !hf_name_parse(in->department, &name)))
		return hf_fault_set(f, HF_E_ARGUMENT,
		                    "names of systems and departments are 1 to 63 of a-z, 0-9, '.' and '-'");
	if (!hf_text_ok(in->address, strlen(in->address), sizeof(in->address) - 1) ||
	    !hf_text_ok(in->business, strlen(in->business), sizeof(in->business) - 1))
		return hf_fault_set(f, HF_E_ARGUMENT,
		                    "the system's address or business holds characters that are not text");
	return HF_OK;
}

static void put(struct hf_identity *id, struct hf_unit *unit, const struct hf_system_view *v)
{
	Hufu__SystemRow row = HUFU__SYSTEM_ROW__INIT;
	size_t len = 0;
	row.name = (char *)v->name;
	row.department = (char *)v->department;
	row.address = (char *)v->address;
	row.business = (char *)v->business;
	row.enabled = v->enabled;
	row.created_ms = hf_now_ms(&id->base->clock);
	uint8_t *bytes = hf_encode(&row.base, &len);
	if (!bytes)
		abort();
	hf_unit_put(unit, HF_TABLE_SYSTEM, v->name, strlen(v->name), bytes, len);
	free(bytes);
}

enum hf_err hf_system_put(struct hf_identity *id, struct hf_unit *unit, const struct hf_system_view *in,
                          struct hf_fault *f)
{
	struct hf_system_view old;
	HF_TRY(check(in, f));
	if (hf_identity_system(id, in->name, &old) == HF_OK)
		return hf_fault_set(f, HF_E_EXISTS,
		                    "the system '%s' is registered already; disable it, or choose another name",
		                    in->name);
	put(id, unit, in);
	return HF_OK;
}

enum hf_err hf_system_enable(struct hf_identity *id, struct hf_unit *unit, const char *name, bool enabled,
                             struct hf_fault *f)
{
	struct hf_system_view v;
	enum hf_err e = hf_identity_system(id, name, &v);
	if (e == HF_E_UNKNOWN)
		return hf_fault_set(f, e, "there is no system '%.63s'; `hufu system list` shows those there are", name);
	if (e != HF_OK)
		return hf_fault_default(f, e);
	if (v.enabled == enabled)
		return hf_fault_set(f, HF_E_STATE, "the system '%s' is %s already", v.name,
		                    enabled ? "enabled" : "disabled");
	v.enabled = enabled;
	put(id, unit, &v);
	return HF_OK;
}

struct list {
	hf_system_row_fn fn;
	void *ctx;
	enum hf_err e;
};

static bool list_row(void *ctx, struct hf_bytes key, struct hf_bytes value)
{
	struct list *l = ctx;
	struct hf_system_view v;
	(void)key;
	Hufu__SystemRow *row = HF_DECODE_OWN(system_row, value.data, value.len);
	if (!row) {
		l->e = HF_E_STORE;
		return false;
	}
	fill_view(row, &v);
	hf_decoded_free(row);
	return l->fn(l->ctx, &v);
}

enum hf_err hf_system_list(struct hf_identity *id, hf_system_row_fn fn, void *ctx)
{
	struct list l = {fn, ctx, HF_OK};
	HF_TRY(hf_store_scan(id->store, HF_TABLE_SYSTEM, NULL, 0, NULL, 0, list_row, &l));
	return l.e;
}
