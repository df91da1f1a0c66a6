/* source.c - the register of sources: rows of HF_TABLE_SOURCE, scans in the worker pool, opening through the adapter.
 */
#include "source/source.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "crypto/crypto.h"
#include "masking/code/code.h"
#include "proto/codec.h"
#include "source/adapters.h"
#include "source/class_row.h"
#include "source/classify.h"
#include "source/copy.h"
#include "source/internal.h"
#include "source/place.h"
#include "source/project.h"
#include "source/query.h"
#include "source/relations.h"
#include "source/text.h"
#include "state_source.pb-c.h"

struct copy_use {
	const struct hf_id *id;
	bool used;
};

static bool look_at_copy(void *ctx, const struct hf_source_view *v)
{
	struct copy_use *u = ctx;

	u->used = hf_id_equal(&v->copy, u->id);
	return !u->used;
}

/* When rows cannot be read, every copy is. */
static bool copy_is_used(void *sources, const struct hf_id *id)
{
	struct copy_use u = {id, false};

	return hf_sources_list(sources, look_at_copy, &u) != HF_OK || u.used;
}

enum hf_err hf_sources_open(const struct hf_base *base, struct hf_store *store, const struct hf_node_keys *keys,
                            struct hf_sources **ret_sources, struct hf_fault *f)
{
	struct hf_sources *s = hf_alloc_zero(sizeof(*s));

	if (!realpath(base->dir, s->home.node_dir)) {
		free(s);
		return hf_fault_set(f, HF_E_IO, "the node's folder %s cannot be resolved; check that it is there",
		                    base->dir);
	}
	s->base = base;
	s->store = store;
	s->references = 1;
	s->home.read_seconds = 3600;
	s->home.has_key = keys != NULL;
	if (keys)
		hf_node_keys_derive(keys, "source-secret", NULL, 0, s->home.key);
	hf_copy_sweep(&s->home, copy_is_used, s);
	*ret_sources = s;
	return HF_OK;
}

void sources_drop(struct hf_sources *s)
{
	if (--s->references > 0)
		return;
	hf_wipe(&s->home, sizeof(s->home));
	hf_codes_free(s->codes);
	free(s);
}

void hf_sources_close(struct hf_sources *s)
{
	if (!s)
		return;
	sources_stop_all(s);
	sources_drop(s);
}

void hf_source_view_done(struct hf_source_view *v)
{
	free(v->fields);
	v->fields = NULL;
	v->field_count = 0;
}

/* Rows. */
static void view_fields(const Hufu__SourceRow *row, struct hf_source_view *v)
{
	v->field_count = row->n_fields;
	v->fields = hf_alloc_zero(row->n_fields * sizeof(*v->fields));
	for (size_t i = 0; i < row->n_fields; i++) {
		snprintf(v->fields[i].name, sizeof(v->fields[i].name), "%s", row->fields[i]->name);
		snprintf(v->fields[i].type, sizeof(v->fields[i].type), "%s", row->fields[i]->type);
		v->fields[i].nulls = row->fields[i]->nulls;
		v->fields[i].distinct = row->fields[i]->distinct;
		snprintf(v->fields[i].comment, sizeof(v->fields[i].comment), "%s", row->fields[i]->comment);
		class_from_row(row->fields[i]->class_, &v->fields[i].class);
	}
}

static void view_box(const ProtobufCBinaryData *b, struct hf_source_box *ret_box)
{
	if (b->len > sizeof(ret_box->b))
		return;
	ret_box->len = (uint32_t)b->len;
	if (b->len > 0)
		memcpy(ret_box->b, b->data, b->len);
}

static void view_row(const Hufu__SourceRow *row, struct hf_source_view *v)
{
	*v = (struct hf_source_view){
	        .enabled = row->enabled,
	        .bytes = row->table_bytes ? row->table_bytes : row->bytes,
	        .rows = row->rows,
	        .looked_rows = row->looked_rows,
	        .most_rows = row->most_rows,
	        .bytes_per_second = row->bytes_per_second,
	        .rows_per_second = row->rows_per_second,
	        .stamp = {row->bytes, row->inode, row->mtime_ns},
	        .scanned_ms = row->scanned_ms,
	        .registered_ms = row->registered_ms,
	};
	snprintf(v->name, sizeof(v->name), "%s", row->name);
	snprintf(v->kind, sizeof(v->kind), "%s", row->kind);
	snprintf(v->path, sizeof(v->path), "%s", row->path);
	snprintf(v->department, sizeof(v->department), "%s", row->department);
	snprintf(v->registered_by, sizeof(v->registered_by), "%s", row->registered_by);
	(void)hf_id_from_bytes(row->derivation.data, row->derivation.len, &v->derivation);
	(void)hf_id_from_bytes(row->masked.data, row->masked.len, &v->masked);
	snprintf(v->masked_of, sizeof(v->masked_of), "%s", row->masked_of);
	snprintf(v->comment, sizeof(v->comment), "%s", row->comment);
	if (row->digest.len == sizeof(v->digest.b))
		memcpy(v->digest.b, row->digest.data, sizeof(v->digest.b));
	if (row->cells.len == sizeof(v->cells.b))
		memcpy(v->cells.b, row->cells.data, sizeof(v->cells.b));
	snprintf(v->table, sizeof(v->table), "%s", row->table);
	snprintf(v->query, sizeof(v->query), "%s", row->query);
	snprintf(v->parameters, sizeof(v->parameters), "%s", row->parameters);
	(void)hf_id_from_bytes(row->copy.data, row->copy.len, &v->copy);
	view_box(&row->password, &v->password);
	view_box(&row->copy_key, &v->copy_key);
	view_fields(row, v);
}

static enum hf_err decode_row(struct hf_bytes b, struct hf_source_view *ret_view)
{
	Hufu__SourceRow *row = HF_DECODE_OWN(source_row, b.data, b.len);

	if (!row)
		return HF_E_STORE;
	view_row(row, ret_view);
	hf_decoded_free(row);
	return HF_OK;
}

enum hf_err hf_source_get(struct hf_sources *s, const char *name, struct hf_source_view *ret_view)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf value = HF_BUF_INIT;
	struct hf_name n;

	if (!hf_name_parse(name, &n))
		return HF_E_UNKNOWN;
	HF_TRY(hf_store_get(s->store, HF_TABLE_SOURCE, n.s, strlen(n.s), &value));
	return decode_row((struct hf_bytes){value.data, value.len}, ret_view);
}

struct listing {
	bool (*fn)(void *ctx, const struct hf_source_view *v);
	void *ctx;
	enum hf_err error;
};

static bool list_row(void *ctx, struct hf_bytes key, struct hf_bytes value)
{
	struct listing *l = ctx;
	struct hf_source_view v;
	bool more;

	(void)key;
	l->error = decode_row(value, &v);
	if (l->error != HF_OK)
		return false;
	more = l->fn(l->ctx, &v);
	hf_source_view_done(&v);
	return more;
}

enum hf_err hf_sources_list(struct hf_sources *s, bool (*fn)(void *ctx, const struct hf_source_view *v), void *ctx)
{
	struct listing l = {fn, ctx, HF_OK};

	HF_TRY(hf_store_scan(s->store, HF_TABLE_SOURCE, NULL, 0, NULL, 0, list_row, &l));
	return l.error;
}

static void fill_fields(const struct hf_source_view *v, Hufu__SourceField *fields, Hufu__FieldClass *classes,
                        Hufu__SourceField **pointers)
{
	for (size_t i = 0; i < v->field_count; i++) {
		hufu__source_field__init(&fields[i]);
		fields[i].name = v->fields[i].name;
		fields[i].type = v->fields[i].type;
		fields[i].nulls = v->fields[i].nulls;
		fields[i].distinct = v->fields[i].distinct;
		fields[i].comment = (char *)v->fields[i].comment;
		if (class_to_row(&v->fields[i].class, &classes[i]))
			fields[i].class_ = &classes[i];
		pointers[i] = &fields[i];
	}
}

static uint8_t *encode_view(const struct hf_source_view *v, size_t *ret_len)
{
	Hufu__SourceField *fields = hf_alloc(v->field_count * sizeof(*fields));
	Hufu__SourceField **pointers = hf_alloc(v->field_count * sizeof(*pointers));
	Hufu__FieldClass *classes = hf_alloc(v->field_count * sizeof(*classes));
	Hufu__SourceRow row = HUFU__SOURCE_ROW__INIT;
	uint8_t *bytes;

	fill_fields(v, fields, classes, pointers);
	row.name = (char *)v->name;
	row.kind = (char *)v->kind;
	row.path = (char *)v->path;
	row.department = (char *)v->department;
	row.registered_by = (char *)v->registered_by;
	if (!hf_id_is_zero(&v->derivation))
		row.derivation = (ProtobufCBinaryData){sizeof(v->derivation.b), (uint8_t *)v->derivation.b};
	if (!hf_id_is_zero(&v->masked))
		row.masked = (ProtobufCBinaryData){sizeof(v->masked.b), (uint8_t *)v->masked.b};
	row.masked_of = (char *)v->masked_of;
	row.table = (char *)v->table;
	row.query = (char *)v->query;
	row.parameters = (char *)v->parameters;
	if (!hf_id_is_zero(&v->copy))
		row.copy = (ProtobufCBinaryData){sizeof(v->copy.b), (uint8_t *)v->copy.b};
	row.password = (ProtobufCBinaryData){v->password.len, (uint8_t *)v->password.b};
	row.copy_key = (ProtobufCBinaryData){v->copy_key.len, (uint8_t *)v->copy_key.b};
	row.comment = (char *)v->comment;
	row.digest = (ProtobufCBinaryData){sizeof(v->digest.b), (uint8_t *)v->digest.b};
	row.cells = (ProtobufCBinaryData){sizeof(v->cells.b), (uint8_t *)v->cells.b};
	row.enabled = v->enabled;
	row.bytes = v->stamp.bytes;
	row.table_bytes = v->bytes;
	row.inode = v->stamp.inode;
	row.mtime_ns = v->stamp.mtime_ns;
	row.rows = v->rows;
	row.looked_rows = v->looked_rows;
	row.most_rows = v->most_rows;
	row.bytes_per_second = v->bytes_per_second;
	row.rows_per_second = v->rows_per_second;
	row.scanned_ms = v->scanned_ms;
	row.registered_ms = v->registered_ms;
	row.fields = pointers;
	row.n_fields = v->field_count;
	bytes = hf_encode(&row.base, ret_len);
	free(fields);
	free(classes);
	free(pointers);
	return bytes;
}

enum hf_err hf_source_put(struct hf_sources *s, struct hf_unit *unit, const struct hf_source_view *v,
                          struct hf_fault *f)
{
	struct hf_source_view was;
	uint8_t *bytes;
	size_t len;

	HF_TRY(hf_source_check(s, v, f));
	if (v->scanned_ms == 0 || v->field_count == 0)
		return hf_fault_set(f, HF_E_STATE, "source '%s' was not scanned; scan it first", v->name);
	HF_TRY(hf_query_fits(v, f));
	bytes = encode_view(v, &len);
	if (!bytes)
		return hf_fault_default(f, HF_E_MEMORY);
	hf_unit_put(unit, HF_TABLE_SOURCE, v->name, strlen(v->name), bytes, len);
	free(bytes);
	if (hf_source_get(s, v->name, &was) == HF_OK) {
		if (!hf_id_equal(&was.copy, &v->copy))
			hf_copy_remove(&s->home, &was.copy);
		hf_source_view_done(&was);
	}
	return HF_OK;
}

enum hf_err hf_source_whole(const struct hf_source_view *v, struct hf_fault *f)
{
	if (v->most_rows == 0)
		return HF_OK;
	return hf_fault_set(f, HF_E_STATE,
	                    "only the first rows of source '%s' were looked at; `hufu source scan %s` reads the whole",
	                    v->name, v->name);
}

static enum hf_err no_such_source(const char *name, struct hf_fault *f)
{
	return hf_fault_set(f, HF_E_UNKNOWN, "there is no source '%.63s'; `hufu source list` shows those there are",
	                    name);
}

static enum hf_err get_or_fault(struct hf_sources *s, const char *name, struct hf_source_view *ret_view,
                                struct hf_fault *f)
{
	enum hf_err e = hf_source_get(s, name, ret_view);

	return e == HF_E_UNKNOWN ? no_such_source(name, f) : hf_fault_default(f, e);
}

enum hf_err hf_source_remove(struct hf_sources *s, struct hf_unit *unit, const char *name, struct hf_fault *f)
{
	struct hf_source_view v;

	HF_TRY(get_or_fault(s, name, &v, f));
	hf_unit_del(unit, HF_TABLE_SOURCE, v.name, strlen(v.name));
	enum hf_err e = hf_fault_default(f, hf_relations_forget(s, unit, v.name));
	hf_copy_remove(&s->home, &v.copy);
	hf_source_view_done(&v);
	return e;
}

enum hf_err hf_source_check(struct hf_sources *s, const struct hf_source_view *v, struct hf_fault *f)
{
	const struct hf_adapter *a = hf_adapter_find(v->kind);
	struct hf_name n;

	if (!hf_name_parse(v->name, &n))
		return hf_fault_set(f, HF_E_ARGUMENT,
		                    "'%.63s' is no name for a source; use up to 63 of a-z, 0-9, '.', '-'", v->name);
	if (!a)
		return hf_fault_set(f, HF_E_UNSUPPORTED, "this node reads no sources of kind '%.15s'; use one of: %s",
		                    v->kind, hf_adapter_kinds());
	HF_TRY(hf_query_check(v, f));
	if (a->check) {
		HF_TRY(a->check(&s->home, v, f));
	} else if (v->table[0] || v->query[0] || v->password.len) {
		return hf_fault_set(f, HF_E_ARGUMENT,
		                    "source '%s' is a file; leave out --table, --query and --password-file", v->name);
	} else {
		HF_TRY(hf_place_check(v->name, v->path, sizeof(v->path), f));
	}
	if (v->department[0] && !hf_name_parse(v->department, &n))
		return hf_fault_set(f, HF_E_ARGUMENT,
		                    "'%.63s' is no name of a department; use up to 63 of a-z, 0-9, '.', '-'",
		                    v->department);
	return HF_OK;
}

void hf_sources_set_codes(struct hf_sources *s, struct hf_codes *take_codes)
{
	hf_codes_free(s->codes);
	s->codes = take_codes;
}

const struct hf_codes *hf_sources_codes(const struct hf_sources *s)
{
	return s->codes;
}

enum hf_err hf_source_test(struct hf_sources *s, const char *name, struct hf_fault *f)
{
	struct hf_source_view v;
	struct hf_source_stamp now = {0, 0, 0};
	enum hf_err e;

	HF_TRY(get_or_fault(s, name, &v, f));
	e = hf_source_whole(&v, f);
	if (e == HF_OK)
		e = hf_adapter_find(v.kind)->stamp(&s->home, &v, &now, f);
	if (e == HF_OK &&
	    (now.bytes != v.stamp.bytes || now.inode != v.stamp.inode || now.mtime_ns != v.stamp.mtime_ns))
		e = hf_fault_set(f, HF_E_SOURCE_CHANGED,
		                 "the file of source '%s' is not the one that was scanned; run `hufu source "
		                 "scan %s` and publish the new version",
		                 v.name, v.name);
	hf_source_view_done(&v);
	return e;
}

/* Reading. */
enum hf_err sources_check_fields(const struct hf_source_view *v, const char *const *fields, size_t count,
                                 struct hf_fault *f)
{
	for (size_t i = 0; i < count; i++) {
		size_t j = 0;

		while (j < v->field_count && strcmp(v->fields[j].name, fields[i]) != 0)
			j++;
		if (j == v->field_count)
			return hf_fault_set(f, HF_E_WRONG_FIELDS,
			                    "source '%s' has no field '%.127s'; ask for fields that it has", v->name,
			                    fields[i]);
	}
	return HF_OK;
}

bool sources_all_fields(const struct hf_source_view *v, const char *const *fields, size_t count)
{
	for (size_t i = 0; i < v->field_count; i++) {
		size_t j = 0;

		while (j < count && strcmp(v->fields[i].name, fields[j]) != 0)
			j++;
		if (j == count)
			return false;
	}
	return true;
}

static enum hf_err open_view(struct hf_sources *s, const struct hf_source_view *v, const struct hf_source_choice *c,
                             struct hf_source_reader **ret_reader, struct hf_fault *f)
{
	size_t count = c->fields ? c->field_count : 0;
	bool rows = c->rows && c->rows[0];

	if (!v->enabled)
		return hf_fault_set(f, HF_E_STATE,
		                    "source '%s' is disabled; `hufu source enable %s` allows reading again", v->name,
		                    v->name);
	HF_TRY(hf_source_whole(v, f));
	HF_TRY(sources_check_fields(v, c->fields, count, f));
	if (rows)
		HF_TRY(hf_source_rows_check(v, c->rows, f));
	HF_TRY(hf_adapter_find(v->kind)->open(&s->home, v, ret_reader, f));
	if (c->text)
		*ret_reader = hf_text_reader_new(*ret_reader);
	if (rows || (count > 0 && !sources_all_fields(v, c->fields, count)))
		*ret_reader = hf_project_reader_new(*ret_reader, v, c);
	return HF_OK;
}

enum hf_err hf_source_choose(struct hf_sources *s, const char *name, const struct hf_source_choice *c,
                             struct hf_source_reader **ret_reader, struct hf_fault *f)
{
	struct hf_source_view v;
	enum hf_err e;

	HF_TRY(get_or_fault(s, name, &v, f));
	e = open_view(s, &v, c, ret_reader, f);
	hf_source_view_done(&v);
	return e;
}

enum hf_err hf_source_open(struct hf_sources *s, const char *name, const char *const *fields, size_t field_count,
                           struct hf_source_reader **ret_reader, struct hf_fault *f)
{
	return hf_source_choose(s, name, &(struct hf_source_choice){.fields = fields, .field_count = field_count},
	                        ret_reader, f);
}

void hf_source_reader_close(struct hf_source_reader *r)
{
	if (r)
		r->ops->close(r);
}

void hf_source_reader_stamp(const struct hf_source_reader *r, struct hf_source_stamp *ret_stamp)
{
	r->ops->stamp(r, ret_stamp);
}

uint64_t hf_source_reader_bytes(const struct hf_source_reader *r)
{
	return r->ops->bytes(r);
}

uint64_t hf_source_reader_rows(const struct hf_source_reader *r)
{
	return r->ops->rows(r);
}

const char *hf_source_reader_why(const struct hf_source_reader *r)
{
	return r->why.code == HF_OK ? "" : r->why.text;
}

enum hf_err hf_source_read(struct hf_source_reader *r, uint64_t offset, uint8_t *out, size_t cap, size_t *ret_len)
{
	return r->ops->read(r, offset, out, cap, ret_len);
}
