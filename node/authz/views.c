/* views.c - see views.h. */
#include "authz/views.h"

#include <stdlib.h>

#include "authz/internal.h"
#include "identity/accounts.h"
#include "identity/roles.h"
#include "proto/codec.h"

#define ROLES_MAX 64u
#define KEY_MAX (16 + HF_NAME_MAX)

static size_t key_of(const struct hf_id *entry, const char *name, uint8_t key[KEY_MAX])
{
	size_t len = strlen(name);
	memcpy(key, entry->b, 16);
	memcpy(key + 16, name, len);
	return 16 + len;
}

/* ---- reading ---- */

struct listing {
	hf_data_view_fn fn;
	void *ctx;
	enum hf_err error;
};

static bool list_row(void *ctx, struct hf_bytes key, struct hf_bytes value)
{
	struct listing *l = ctx;
	(void)key;
	HF_CLEANUP(hf_decoded_done) Hufu__DataViewRow *row = HF_DECODE_OWN(data_view_row, value.data, value.len);
	if (!row)
		l->error = HF_E_STORE;
	return row && l->fn(l->ctx, row);
}

enum hf_err hf_data_views(struct hf_authz *a, const struct hf_id *entry, hf_data_view_fn fn, void *ctx)
{
	struct listing l = {fn, ctx, HF_OK};
	HF_TRY(hf_store_scan(a->store, HF_TABLE_DATA_VIEW, entry ? entry->b : NULL, entry ? 16 : 0, NULL, 0, list_row,
	                     &l));
	return l.error;
}

static bool count_row(void *ctx, const Hufu__DataViewRow *row)
{
	(void)row;
	++*(size_t *)ctx;
	return true;
}

bool hf_data_has_views(struct hf_authz *a, const struct hf_id *entry)
{
	size_t n = 0;
	return hf_data_views(a, entry, count_row, &n) != HF_OK || n > 0;
}

static enum hf_err get(struct hf_authz *a, const struct hf_id *entry, const char *name, Hufu__DataViewRow **ret_row)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf b = HF_BUF_INIT;
	uint8_t key[KEY_MAX];
	HF_TRY(hf_store_get(a->store, HF_TABLE_DATA_VIEW, key, key_of(entry, name, key), &b));
	*ret_row = HF_DECODE_OWN(data_view_row, b.data, b.len);
	return *ret_row ? HF_OK : HF_E_STORE;
}

/* ---- which one ---- */

struct reader {
	const Hufu__HeldRow *held;
	const char *account, *department;
	struct hf_system_view system;
	const char *roles[ROLES_MAX];
	size_t role_count;
};

static bool has_role(const struct reader *r, const char *role)
{
	for (size_t i = 0; i < r->role_count; i++)
		if (same_text(r->roles[i], role))
			return true;
	return false;
}

/* How much it states of the reader; 0 of 1 for a view that states nothing, and -1 when something is not so. */
static int fit(const struct reader *r, const Hufu__DataViewRow *v)
{
	const struct {
		const char *want;
		bool so;
	} conditions[] = {
	        {v->department, same_text(v->department, r->department)},
	        {v->role, has_role(r, v->role)},
	        {v->system, same_text(v->system, r->held->system)},
	        {v->business, same_text(v->business, r->system.business)},
	        {v->purpose, same_text(v->purpose, r->held->purpose)},
	};
	int stated = 0;
	for (size_t i = 0; i < sizeof(conditions) / sizeof(conditions[0]); i++) {
		if (has_text(conditions[i].want) && !conditions[i].so)
			return -1;
		stated += has_text(conditions[i].want);
	}
	return stated;
}

struct choice {
	const struct reader *reader;
	int stated; /* by the best so far */
	bool any;
	char name[HF_NAME_MAX + 1], plan[HF_NAME_MAX + 1], clash[HF_NAME_MAX + 1]; /* clash: with that view; "": none */
};

static bool weigh(void *ctx, const Hufu__DataViewRow *row)
{
	struct choice *c = ctx;
	int stated = fit(c->reader, row);
	c->any = true;
	if (stated < 0 || stated < c->stated)
		return true;
	if (stated == c->stated) {
		if (!same_text(row->plan, c->plan))
			snprintf(c->clash, sizeof(c->clash), "%s", row->name);
		return true;
	}
	c->stated = stated;
	c->clash[0] = '\0';
	snprintf(c->name, sizeof(c->name), "%s", row->name);
	snprintf(c->plan, sizeof(c->plan), "%s", row->plan);
	return true;
}

static enum hf_err know_reader(struct hf_authz *a, struct reader *r, struct hf_fault *f)
{
	HF_CLEANUP(hf_decoded_done) Hufu__AccountRow *row = NULL;
	if (hf_account_get(a->identity, r->account, &row) != HF_OK)
		return hf_fault_set(f, HF_E_UNKNOWN, "there is no account '%.63s' any more", r->account);
	r->role_count = hf_account_effective(a->identity, row, r->roles, ROLES_MAX);
	return az_application_system(a, r->department, r->held->system, &r->system, f);
}

static enum hf_err chosen(const struct choice *c, const struct reader *r, struct hf_fault *f)
{
	if (c->clash[0])
		return hf_fault_set(f, HF_E_MASKING,
		                    "for '%.63s' the views '%.63s' and '%.63s' of this data name two masking plans; "
		                    "make one of them state more with `hufu data view set`",
		                    r->account, c->name, c->clash);
	if (c->stated < 0)
		return hf_fault_set(f, HF_E_MASKING,
		                    "this node has views of this data and none for '%.63s' (department '%.63s', "
		                    "system '%.63s'); let the security administrator set one with `hufu data view set`",
		                    r->account, r->department, r->held->system);
	return HF_OK;
}

enum hf_err hf_data_view_for(struct hf_authz *a, const Hufu__HeldRow *held, const char *account, const char *department,
                             Hufu__DataViewRow **ret_row, struct hf_fault *f)
{
	struct reader r = {.held = held, .account = account, .department = department};
	struct choice c = {.reader = &r, .stated = -1};
	struct hf_id entry;
	if (!az_id_of(&held->resource, &entry))
		return hf_fault_set(f, HF_E_STORE, "the row of the sealed data cannot be read; see `hufu doctor`");
	HF_TRY(know_reader(a, &r, f));
	HF_TRY(hf_fault_default(f, hf_data_views(a, &entry, weigh, &c)));
	*ret_row = NULL;
	if (!c.any)
		return HF_OK;
	HF_TRY(chosen(&c, &r, f));
	return hf_fault_default(f, get(a, &entry, c.name, ret_row));
}

/* ---- setting ---- */

static void describe(const struct hf_step_in *in, const Hufu__DataViewRow *v, const char *what)
{
	const char *const names[] = {"department", "role", "system", "business", "purpose"};
	const char *const values[] = {v->department, v->role, v->system, v->business, v->purpose};
	char text[900] = "";
	size_t at = 0;
	struct hf_id id;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (has_text(values[i]))
			at += (size_t)snprintf(text + at, sizeof(text) - at, "%s %.128s, ", names[i], values[i]);
	hf_draft_textf(in->draft, HF_FIELD_OBJECT, "view %s of sealed data", v->name);
	if (az_id_of(&v->resource, &id))
		az_entry_id(in->draft, HF_FIELD_RESOURCE, &id);
	hf_draft_textf(in->draft, HF_FIELD_DETAIL, "%s: %s%s%s", what, text,
	               has_text(v->plan) ? "plan " : "as it was delivered", v->plan);
}

static enum hf_err check_conditions(struct hf_authz *a, const struct hf_data_view_in *what, struct hf_fault *f)
{
	struct hf_system_view system;
	struct hf_name n;
	if (has_text(what->department) && !hf_name_parse(what->department, &n))
		return hf_fault_set(f, HF_E_ARGUMENT, "'%.63s' is no name of a department", what->department);
	if (has_text(what->role) && !hf_role_find(what->role))
		return hf_fault_set(f, HF_E_UNKNOWN,
		                    "there is no role '%.63s'; `hufu user roles --list` shows those there are",
		                    what->role);
	if (has_text(what->system))
		return az_application_system(a, NULL, what->system, &system, f);
	return HF_OK;
}

static enum hf_err check_view(struct hf_authz *a, const struct hf_data_view_in *what, bool there, struct hf_fault *f)
{
	HF_CLEANUP(hf_catalog_item_done) struct hf_catalog_item it = {0};
	char id[HF_ID_TEXT];
	size_t count = 0;
	hf_id_text(&what->entry, id);
	if (hf_catalog_get(a->catalog, NULL, &what->entry, &it) == HF_E_UNKNOWN)
		return hf_fault_set(f, HF_E_UNKNOWN,
		                    "there is no resource %s in the catalog; `hufu data list` shows the entries of "
		                    "sealed data",
		                    id);
	HF_TRY(check_conditions(a, what, f));
	HF_TRY(hf_fault_default(f, hf_data_views(a, &what->entry, count_row, &count)));
	if (!there && count >= HF_DATA_VIEWS_MAX)
		return hf_fault_set(f, HF_E_LIMIT, "the entry %s has %zu views already; remove one first", id, count);
	return HF_OK;
}

static void put(struct hf_unit *u, const struct hf_id *entry, const Hufu__DataViewRow *row)
{
	uint8_t key[KEY_MAX];
	size_t len = 0, key_len = key_of(entry, row->name, key);
	uint8_t *data = hf_encode(&row->base, &len);
	if (!data)
		abort(); /* memory is gone */
	hf_unit_put(u, HF_TABLE_DATA_VIEW, key, key_len, data, len);
	free(data);
}

static char *text_of(const char *x)
{
	return (char *)(x ? x : "");
}

/* It is for the same people as before. */
static bool same_readers(const Hufu__DataViewRow *was, const struct hf_data_view_in *what)
{
	return same_text(was->department, text_of(what->department)) && same_text(was->role, text_of(what->role)) &&
	       same_text(was->system, text_of(what->system)) && same_text(was->business, text_of(what->business)) &&
	       same_text(was->purpose, text_of(what->purpose));
}

enum hf_err hf_data_view_set(struct hf_authz *a, const struct hf_step_in *in, const struct hf_data_view_in *what,
                             struct hf_id *ret_view)
{
	HF_CLEANUP(hf_decoded_done) Hufu__DataViewRow *was = NULL;
	Hufu__DataViewRow row = HUFU__DATA_VIEW_ROW__INIT;
	struct hf_id view = hf_id_new(now_of(a));
	struct hf_name name;
	if (!hf_name_parse(what->name, &name))
		return hf_fault_set(in->fault, HF_E_ARGUMENT,
		                    "'%.63s' is no name for a view; use up to 63 of a-z, 0-9, '.', '-'", what->name);
	if (get(a, &what->entry, name.s, &was) == HF_OK && same_readers(was, what))
		(void)az_id_of(&was->view, &view); /* its pseudonyms stay what they are */
	row = (Hufu__DataViewRow){.base = row.base,
	                          .view = BIN_ID(&view),
	                          .resource = BIN_ID(&what->entry),
	                          .name = name.s,
	                          .department = text_of(what->department),
	                          .role = text_of(what->role),
	                          .system = text_of(what->system),
	                          .business = text_of(what->business),
	                          .purpose = text_of(what->purpose),
	                          .plan = text_of(what->plan),
	                          .set_by = (char *)in->actor->account,
	                          .set_ms = now_of(a)};
	describe(in, &row, "set");
	HF_TRY(check_view(a, what, was != NULL, in->fault));
	put(in->unit, &what->entry, &row);
	*ret_view = view;
	return HF_OK;
}

enum hf_err hf_data_view_remove(struct hf_authz *a, const struct hf_step_in *in, const struct hf_id *entry,
                                const char *name)
{
	HF_CLEANUP(hf_decoded_done) Hufu__DataViewRow *row = NULL;
	uint8_t key[KEY_MAX];
	struct hf_name n;
	enum hf_err e = hf_name_parse(name, &n) ? get(a, entry, n.s, &row) : HF_E_UNKNOWN;
	if (e == HF_E_UNKNOWN)
		return hf_fault_set(in->fault, e,
		                    "that entry has no view '%.63s'; `hufu data view list` shows those there are",
		                    name);
	HF_TRY(hf_fault_default(in->fault, e));
	describe(in, row, "removed");
	hf_unit_del(in->unit, HF_TABLE_DATA_VIEW, key, key_of(entry, n.s, key));
	return HF_OK;
}
