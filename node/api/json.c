/* json.c - fields of a request, each refused with its name and what it is for, and fields of an answer. */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "api/api.h"
#include "authz/negotiation.h"
#include "base/mem.h"
#include "crypto/base64.h"

static enum hf_err missing(struct hf_api_request *rq, const char *name)
{
	return hf_fault_set(&rq->fault, HF_E_ARGUMENT, "field '%s' is missing; state it", name);
}

static json_t *field(const struct hf_api_request *rq, const char *name)
{
	json_t *v = json_object_get(rq->in, name);
	return json_is_null(v) ? NULL : v;
}

static enum hf_err check_text(struct hf_api_request *rq, const char *name, const json_t *v, size_t max,
                              const char **ret_text)
{
	if (!json_is_string(v))
		return hf_fault_set(&rq->fault, HF_E_ARGUMENT, "field '%s' is not a text", name);
	size_t len = json_string_length(v);
	if (len > max)
		return hf_fault_set(&rq->fault, HF_E_ARGUMENT, "field '%s' is longer than %zu bytes; shorten it", name,
		                    max);
	if (!hf_text_ok(json_string_value(v), len, max))
		return hf_fault_set(&rq->fault, HF_E_ARGUMENT, "field '%s' holds characters that are not text", name);
	*ret_text = json_string_value(v);
	return HF_OK;
}

enum hf_err hf_api_text(struct hf_api_request *rq, const char *name, bool required, size_t max, const char **ret_text)
{
	json_t *v = field(rq, name);
	if (!v || (json_is_string(v) && json_string_length(v) == 0)) {
		if (required)
			return missing(rq, name);
		*ret_text = "";
		return HF_OK;
	}
	return check_text(rq, name, v, max, ret_text);
}

/* Follows the links of the part that exists; the rest is appended as it is, so it may not climb. */
static bool follow(const char *path, char ret_path[HF_API_PATH])
{
	char head[HF_API_PATH], real[PATH_MAX];
	size_t at = strlen(path);
	memcpy(head, path, at + 1);
	while (at > 0 && !realpath(head, real)) {
		while (at > 0 && head[--at] != '/')
			;
		head[at] = '\0';
	}
	if (at == 0)
		memcpy(real, "/", 2);
	if (strstr(path + at, "/../") || (strlen(path) >= at + 3 && strcmp(path + strlen(path) - 3, "/..") == 0))
		return false;
	int n = snprintf(ret_path, HF_API_PATH, "%s%s", real[1] || !path[at] ? real : "", path + at);
	return n > 0 && n < HF_API_PATH;
}

enum hf_err hf_api_place(struct hf_api_request *rq, const char *name, bool required, char ret_path[HF_API_PATH])
{
	const char *path;
	char own[PATH_MAX];
	HF_TRY(hf_api_text(rq, name, required, HF_API_PATH - 1, &path));
	*ret_path = '\0';
	if (!*path)
		return HF_OK;
	if (*path != '/' || !follow(path, ret_path))
		return hf_fault_set(&rq->fault, HF_E_ARGUMENT,
		                    "field '%s' is no absolute path of at most %d bytes without '..'", name,
		                    HF_API_PATH - 1);
	size_t len = realpath(rq->m->base->dir, own) ? strlen(own) : 0;
	if (len == 0 || (strncmp(ret_path, own, len) == 0 && (ret_path[len] == '/' || !ret_path[len])))
		return hf_fault_set(&rq->fault, HF_E_ARGUMENT,
		                    "%s lies in the node's own folder, which holds no data; choose a place outside it",
		                    path);
	return HF_OK;
}

enum hf_err hf_api_id(struct hf_api_request *rq, const char *name, bool required, struct hf_id *ret_id)
{
	const char *text = "";
	HF_TRY(hf_api_text(rq, name, required, HF_ID_TEXT, &text));
	if (!*text) {
		memset(ret_id, 0, sizeof(*ret_id));
		return HF_OK;
	}
	if (!hf_id_parse(text, ret_id))
		return hf_fault_set(&rq->fault, HF_E_ARGUMENT,
		                    "field '%s' is not an id such as 0198a7c4-5b1e-7c3d-8a90-123456789abc", name);
	return HF_OK;
}

static bool text_int(const char *text, int64_t *ret_value)
{
	char *end = NULL;
	errno = 0;
	long long v = strtoll(text, &end, 10);
	if (errno || end == text || *end)
		return false;
	*ret_value = v;
	return true;
}

/* Absent and not required: ret_value stays as it is. */
enum hf_err hf_api_int(struct hf_api_request *rq, const char *name, bool required, int64_t min, int64_t max,
                       int64_t *ret_value)
{
	json_t *v = field(rq, name);
	int64_t n = 0;
	if (!v)
		return required ? missing(rq, name) : HF_OK;
	if (json_is_integer(v))
		n = json_integer_value(v);
	else if (!json_is_string(v) || !text_int(json_string_value(v), &n))
		return hf_fault_set(&rq->fault, HF_E_ARGUMENT, "field '%s' is not a whole number", name);
	if (n < min || n > max)
		return hf_fault_set(&rq->fault, HF_E_ARGUMENT, "field '%s' is not from %lld to %lld", name,
		                    (long long)min, (long long)max);
	*ret_value = n;
	return HF_OK;
}

enum hf_err hf_api_time(struct hf_api_request *rq, const char *name, bool required, int64_t *ret_ms)
{
	const char *text = "";
	HF_TRY(hf_api_text(rq, name, required, 40, &text));
	if (*text && !hf_time_parse(text, ret_ms))
		return hf_fault_set(&rq->fault, HF_E_ARGUMENT,
		                    "field '%s' is no time; write 2026-11-22 or 2026-11-22T08:00:00Z (UTC)", name);
	return HF_OK;
}

enum hf_err hf_api_bool(struct hf_api_request *rq, const char *name, bool fallback, bool *ret_value)
{
	json_t *v = field(rq, name);
	const char *text = json_string_value(v);
	if (!v)
		*ret_value = fallback;
	else if (json_is_boolean(v))
		*ret_value = json_is_true(v);
	else if (text && (strcmp(text, "true") == 0 || strcmp(text, "false") == 0))
		*ret_value = text[0] == 't';
	else
		return hf_fault_set(&rq->fault, HF_E_ARGUMENT, "field '%s' is neither true nor false", name);
	return HF_OK;
}

/* A comma-separated text becomes an array in place, so that the pieces live as long as the request. */
static json_t *split(const char *text)
{
	json_t *list = json_array();
	for (const char *at = text; *at;) {
		size_t len = strcspn(at, ",");
		if (len > 0)
			json_array_append_new(list, json_stringn(at, len));
		at += len + (at[len] == ',');
	}
	return list;
}

static enum hf_err list_of(struct hf_api_request *rq, const char *name, json_t *v, size_t max_count,
                           const char ***ret_list, size_t *ret_count)
{
	size_t n = json_array_size(v);
	if (!json_is_array(v))
		return hf_fault_set(&rq->fault, HF_E_ARGUMENT, "field '%s' is not a list of texts", name);
	if (n > max_count)
		return hf_fault_set(&rq->fault, HF_E_ARGUMENT, "field '%s' has more than %zu members", name, max_count);
	const char **list = hf_alloc_zero((n + 1) * sizeof(*list));
	for (size_t i = 0; i < n; i++) {
		enum hf_err e = check_text(rq, name, json_array_get(v, i), HF_MAX_TEXT, &list[i]);
		if (e != HF_OK) {
			free(list);
			return e;
		}
	}
	*ret_list = list;
	*ret_count = n;
	return HF_OK;
}

enum hf_err hf_api_list(struct hf_api_request *rq, const char *name, bool required, size_t max_count,
                        const char ***ret_list, size_t *ret_count)
{
	json_t *v = field(rq, name);
	if (json_is_string(v)) {
		v = split(json_string_value(v));
		json_object_set_new(rq->in, name, v);
	}
	if (required && (!v || (json_is_array(v) && json_array_size(v) == 0)))
		return missing(rq, name);
	if (v)
		return list_of(rq, name, v, max_count, ret_list, ret_count);
	*ret_list = hf_alloc_zero(sizeof(**ret_list));
	*ret_count = 0;
	return HF_OK;
}

void hf_api_out_id(json_t *o, const char *name, const struct hf_id *id)
{
	char text[HF_ID_TEXT];
	hf_id_text(id, text);
	json_object_set_new(o, name, hf_id_is_zero(id) ? json_null() : json_string(text));
}

void hf_api_out_time(json_t *o, const char *name, int64_t ms)
{
	char text[HF_TIME_TEXT];
	hf_time_text(ms, text);
	json_object_set_new(o, name, ms == 0 ? json_null() : json_string(text));
}

void hf_api_out_hex(json_t *o, const char *name, const void *data, size_t len)
{
	char *text = hf_alloc(len * 2 + 1);
	hf_hex(data, len, text);
	json_object_set_new(o, name, json_string(text));
	free(text);
}

enum hf_err hf_api_finding(struct hf_api_request *rq, const char *point, struct hf_finding_in *out)
{
	const json_t *v = json_object_get(rq->in, point);
	const json_t *ok = json_is_object(v) ? json_object_get(v, "ok") : v;
	const json_t *text = json_is_object(v) ? json_object_get(v, "text") : NULL;
	if (!json_is_boolean(ok) || (text && !json_is_string(text) && !json_is_null(text)))
		return hf_fault_set(&rq->fault, HF_E_ARGUMENT,
		                    "field '%s' is missing; state {\"ok\": true or false, \"text\": \"...\"}", point);
	out->point = point;
	out->ok = json_is_true(ok);
	out->text = json_is_string(text) ? json_string_value(text) : "";
	if (!hf_text_ok(out->text, strlen(out->text), HF_MAX_TEXT))
		return hf_fault_set(&rq->fault, HF_E_ARGUMENT,
		                    "the text of field '%s' is too long or holds control characters", point);
	return HF_OK;
}
