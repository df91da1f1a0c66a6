/* outlet.c - declared in outlet.h. */
#include "source/outlet.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "source/internal.h"
#include "source/pg_link.h"
#include "source/place.h"
#include "source/secret.h"
#include "state_source.pb-c.h"

#define USE "password of a target"

static size_t bound_of(const struct hf_outlet *o, char out[700])
{
	return (size_t)snprintf(out, 700, "%s\n%s", o->name, o->place);
}

static void copy(char *to, size_t cap, const char *from)
{
	snprintf(to, cap, "%s", from);
}

static void take_row(const Hufu__OutletRow *r, struct hf_outlet *o)
{
	*o = (struct hf_outlet){.enabled = r->enabled, .registered_ms = r->registered_ms};
	copy(o->name, sizeof(o->name), r->name);
	copy(o->kind, sizeof(o->kind), r->kind);
	copy(o->place, sizeof(o->place), r->place);
	copy(o->department, sizeof(o->department), r->department);
	copy(o->registered_by, sizeof(o->registered_by), r->registered_by);
	if (r->password.len > 0 && r->password.len <= sizeof(o->password.b)) {
		o->password.len = (uint32_t)r->password.len;
		memcpy(o->password.b, r->password.data, r->password.len);
	}
}

enum hf_err hf_outlet_get(struct hf_sources *s, const char *name, struct hf_outlet *ret_outlet, struct hf_fault *f)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf b = HF_BUF_INIT;
	enum hf_err e = hf_store_get(s->store, HF_TABLE_OUTLET, name, strlen(name), &b);

	if (e == HF_E_UNKNOWN)
		return hf_fault_set(f, e, "there is no target '%.63s'; `hufu target list` shows those there are", name);
	HF_TRY(hf_fault_default(f, e));
	Hufu__OutletRow *r = HF_DECODE_OWN(outlet_row, b.data, b.len);
	if (!r)
		return hf_fault_default(f, HF_E_STORE);
	take_row(r, ret_outlet);
	hf_decoded_free(r);
	return HF_OK;
}

struct listing {
	bool (*fn)(void *ctx, const struct hf_outlet *o);
	void *ctx;
};

static bool list_row(void *ctx, struct hf_bytes key, struct hf_bytes value)
{
	struct listing *l = ctx;
	struct hf_outlet o;
	Hufu__OutletRow *r = HF_DECODE_OWN(outlet_row, value.data, value.len);

	(void)key;
	if (!r)
		return true;
	take_row(r, &o);
	hf_decoded_free(r);
	return l->fn(l->ctx, &o);
}

enum hf_err hf_outlets_list(struct hf_sources *s, bool (*fn)(void *ctx, const struct hf_outlet *o), void *ctx)
{
	struct listing l = {fn, ctx};

	return hf_store_scan(s->store, HF_TABLE_OUTLET, NULL, 0, NULL, 0, list_row, &l);
}

enum hf_err hf_outlet_password(struct hf_sources *s, struct hf_outlet *o, const char *password, struct hf_fault *f)
{
	char bound[700];
	size_t len = bound_of(o, bound);

	if (strcmp(o->kind, "postgresql") != 0)
		return hf_fault_set(f, HF_E_ARGUMENT, "target '%s' is a file, which has no password", o->name);
	if (!s->home.has_key)
		return hf_fault_set(f, HF_E_STATE, "this node has no key to keep a password under");
	if (strlen(password) > HF_SOURCE_SECRET_MAX)
		return hf_fault_set(f, HF_E_LIMIT, "a password of more than %u bytes is not kept",
		                    HF_SOURCE_SECRET_MAX);
	hf_source_secret_seal(&s->home, USE, bound, len, password, strlen(password), &o->password);
	return HF_OK;
}

static enum hf_err check_file(const struct hf_sources *s, const struct hf_outlet *o, struct hf_fault *f)
{
	char dir[512], real[PATH_MAX];
	size_t own = strlen(s->home.node_dir);

	HF_TRY(hf_place_check(o->name, o->place, sizeof(o->place), f));
	copy(dir, sizeof(dir), o->place);
	*strrchr(dir, '/') = '\0';
	if (!realpath(dir[0] ? dir : "/", real))
		return hf_fault_set(f, HF_E_IO, "the folder of %s is not there; make it, writable for the node's user",
		                    o->place);
	if (strncmp(real, s->home.node_dir, own) == 0 && (real[own] == '/' || !real[own]))
		return hf_fault_set(f, HF_E_ARGUMENT,
		                    "%s lies in the node's own folder, which holds no data; choose a folder outside it",
		                    o->place);
	return HF_OK;
}

static enum hf_err check(const struct hf_sources *s, const struct hf_outlet *o, struct hf_fault *f)
{
	struct hf_name name;

	if (!hf_name_parse(o->name, &name) || (o->department[0] && !hf_name_parse(o->department, &name)))
		return hf_fault_set(f, HF_E_ARGUMENT,
		                    "a target and its department are named by small letters, digits and hyphens");
	if (strcmp(o->kind, "sqlite") == 0)
		return check_file(s, o, f);
	if (strcmp(o->kind, "postgresql") != 0)
		return hf_fault_set(f, HF_E_UNSUPPORTED,
		                    "no target is of the kind '%s'; there are sqlite, postgresql, and files, which are "
		                    "not registered (`hufu fetch --output`)",
		                    o->kind);
	HF_TRY(pg_place_check(o->place, f));
	return o->password.len > 0 ? HF_OK
	                           : hf_fault_set(f, HF_E_ARGUMENT,
	                                          "the role of a database needs its password; give it with "
	                                          "--password-file");
}

enum hf_err hf_outlet_put(struct hf_sources *s, struct hf_unit *unit, const struct hf_outlet *o, struct hf_fault *f)
{
	Hufu__OutletRow r = HUFU__OUTLET_ROW__INIT;
	size_t len = 0;
	uint8_t *bytes;

	HF_TRY(check(s, o, f));
	r.name = (char *)o->name;
	r.kind = (char *)o->kind;
	r.place = (char *)o->place;
	r.department = (char *)o->department;
	r.enabled = o->enabled;
	r.password = (ProtobufCBinaryData){o->password.len, (uint8_t *)o->password.b};
	r.registered_by = (char *)o->registered_by;
	r.registered_ms = o->registered_ms;
	bytes = hf_encode(&r.base, &len);
	if (!bytes)
		return hf_fault_default(f, HF_E_MEMORY);
	hf_unit_put(unit, HF_TABLE_OUTLET, o->name, strlen(o->name), bytes, len);
	free(bytes);
	return HF_OK;
}

void hf_outlet_remove(struct hf_unit *unit, const char *name)
{
	hf_unit_del(unit, HF_TABLE_OUTLET, name, strlen(name));
}

/* What a load calls its own, and what a database keeps for itself, is nobody's table; what ends a quoted word of SQL is
 * in no name. */
static bool table_ok(const char *kind, const char *table)
{
	static const char *const taken[] = {"hufu_", "sqlite_", "pg_"};
	const char *dot = strchr(table, '.'), *last = dot ? dot + 1 : table;

	for (size_t i = 0; i < sizeof(taken) / sizeof(taken[0]); i++)
		if (strncasecmp(last, taken[i], strlen(taken[i])) == 0)
			return false;
	return *last && strlen(last) <= 63 && (!dot || (dot > table && dot - table <= 63)) && !strchr(last, '.') &&
	       (!dot || strcmp(kind, "postgresql") == 0) && hf_text_ok(table, strlen(table), HF_LOAD_TABLE - 1) &&
	       !strpbrk(table, "\"'`$;\\\n\t/");
}

enum hf_err hf_outlet_find(struct hf_sources *s, const char *to, struct hf_outlet *ret_outlet,
                           char ret_table[HF_LOAD_TABLE], struct hf_fault *f)
{
	const char *slash = strchr(to, '/');
	char name[HF_NAME_MAX + 1];

	if (!slash || slash - to > (ptrdiff_t)HF_NAME_MAX || strlen(slash + 1) >= HF_LOAD_TABLE)
		return hf_fault_set(f, HF_E_ARGUMENT,
		                    "a table of a target is named by NAME/TABLE; `hufu target list` shows the names");
	snprintf(name, sizeof(name), "%.*s", (int)(slash - to), to);
	HF_TRY(hf_outlet_get(s, name, ret_outlet, f));
	if (!ret_outlet->enabled)
		return hf_fault_set(f, HF_E_STATE,
		                    "target '%s' is disabled; `hufu target enable %s` allows loading again", name,
		                    name);
	if (!table_ok(ret_outlet->kind, slash + 1))
		return hf_fault_set(f, HF_E_ARGUMENT,
		                    "no table of target '%s' may be called '%.80s'; choose a name of at most 63 bytes "
		                    "without quotes, $, ; and \\ that does not begin with hufu_, sqlite_ or pg_",
		                    name, slash + 1);
	snprintf(ret_table, HF_LOAD_TABLE, "%s", slash + 1);
	return HF_OK;
}

enum hf_err hf_outlet_load(struct hf_sources *s, const char *to, struct hf_load *l, struct hf_fault *f)
{
	struct hf_outlet o;
	char bound[700];
	size_t len = 0;

	HF_TRY(hf_outlet_find(s, to, &o, l->table, f));
	copy(l->place, sizeof(l->place), o.place);
	l->seconds = s->home.read_seconds;
	if (o.password.len == 0)
		return HF_OK;
	if (!hf_source_secret_open(&s->home, USE, bound, bound_of(&o, bound), &o.password, l->password,
	                           sizeof(l->password) - 1, &len))
		return hf_fault_set(
		        f, HF_E_STATE,
		        "the password of target '%s' cannot be opened; give it again with `hufu target update "
		        "%s --password-file FILE`",
		        o.name, o.name);
	l->password[len] = '\0';
	return HF_OK;
}
