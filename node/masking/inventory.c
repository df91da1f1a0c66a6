/* inventory.c - merging scans into what people confirmed; declared in inventory.h. */
#include "masking/inventory.h"

#include <string.h>

#include "base/buf.h"
#include "masking/detector.h"
#include "masking/map.h"

#define FORMAT "hufu-masking-inventory"
#define LOCATIONS_MAX 100000u
#define RELATIONS_MAX 100000u

static const char *text(const json_t *o, const char *key)
{
	const char *t = json_string_value(json_object_get(o, key));

	return t ? t : "";
}

static bool is(const json_t *o, const char *key, const char *value)
{
	return strcmp(text(o, key), value) == 0;
}

json_t *hf_inventory_new(void)
{
	return json_pack("{s:i, s:[], s:[]}", FORMAT, 1, "locations", "relations");
}

static bool state_good(const json_t *o)
{
	return is(o, "state", "proposed") ||
	       ((is(o, "state", "confirmed") || is(o, "state", "dropped")) && *text(o, "by"));
}

static bool location_good(const json_t *o)
{
	const json_t *type = json_object_get(o, "type");
	json_int_t level = json_integer_value(json_object_get(o, "level"));

	return *text(o, "table") && *text(o, "field") && (json_is_null(type) || *text(o, "type")) && level >= 1 &&
	       level <= 4 && state_good(o);
}

static bool relation_good(const json_t *o)
{
	return hf_relation_verb(text(o, "kind")) && *text(o, "text") && json_is_object(json_object_get(o, "from")) &&
	       state_good(o);
}

enum hf_err hf_inventory_check(const json_t *inventory, struct hf_fault *f)
{
	const json_t *locations = json_object_get(inventory, "locations"),
	             *relations = json_object_get(inventory, "relations"), *o;
	size_t i;

	if (json_integer_value(json_object_get(inventory, FORMAT)) != 1 || !json_is_array(locations) ||
	    !json_is_array(relations))
		return hf_fault_set(f, HF_E_FORMAT,
		                    "it is no inventory of this version (\"" FORMAT
		                    "\": 1, \"locations\", \"relations\"); make one "
		                    "with `hufu mask identify --inventory`");
	if (json_array_size(locations) > LOCATIONS_MAX || json_array_size(relations) > RELATIONS_MAX)
		return hf_fault_set(f, HF_E_LIMIT, "it has more than %u rows; keep one inventory for each system",
		                    LOCATIONS_MAX);
	json_array_foreach(locations, i, o) if (!location_good(o)) return hf_fault_set(
	        f, HF_E_FORMAT,
	        "location %zu lacks table, field, type, level or a state with who confirmed it; correct it", i + 1);
	json_array_foreach(relations, i, o) if (!relation_good(o)) return hf_fault_set(
	        f, HF_E_FORMAT, "relation %zu lacks kind, from, text or a state with who confirmed it; correct it",
	        i + 1);
	return HF_OK;
}

static json_t *find(const json_t *inventory, const char *table, const char *field)
{
	json_t *o;
	size_t i;

	json_array_foreach(json_object_get(inventory, "locations"), i,
	                   o) if (is(o, "table", table) && is(o, "field", field)) return o;
	return NULL;
}

static json_t *find_relation(const json_t *inventory, const char *said)
{
	json_t *o;
	size_t i;

	json_array_foreach(json_object_get(inventory, "relations"), i, o) if (is(o, "text", said)) return o;
	return NULL;
}

static void take(json_t *location, const json_t *field)
{
	static const char *const keys[] = {"type", "class", "level", "technique", "confidence"};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		json_t *v = json_object_get(field, keys[i]);

		if (v)
			json_object_set(location, keys[i], v);
		else
			json_object_del(location, keys[i]);
	}
}

static void differs(json_t *list, const json_t *location, const json_t *field)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf said = HF_BUF_INIT;
	const char *was = text(location, "type"), *now = text(field, "type");

	hf_buf_addf(&said, "%s.%s is confirmed as %s by %s, and looks like %s now; look at it and confirm it again",
	            text(location, "table"), text(location, "field"), *was ? was : "not sensitive",
	            text(location, "by"), *now ? now : "not sensitive");
	json_array_append_new(list, json_stringn((const char *)said.data, said.len));
}

json_t *hf_inventory_merge(json_t *inventory, const char *table, const json_t *fields)
{
	json_t *list = json_array();
	const json_t *field;
	size_t i;

	json_array_foreach(fields, i, field)
	{
		json_t *o = find(inventory, table, text(field, "name"));

		if (o && is(o, "state", "confirmed")) {
			/* Content that tells nothing does not contradict a person who said more. */
			if (*text(field, "type") && !is(o, "type", text(field, "type")))
				differs(list, o, field);
			continue;
		}
		if (!o) {
			o = json_pack("{s:s, s:s, s:s}", "table", table, "field", text(field, "name"), "state",
			              "proposed");
			json_array_append_new(json_object_get(inventory, "locations"), o);
		}
		take(o, field);
	}
	return list;
}

void hf_inventory_relate(json_t *inventory, const json_t *relations)
{
	json_t *o;
	size_t i;

	json_array_foreach(relations, i, o)
	{
		json_t *copy;

		if (find_relation(inventory, text(o, "text")))
			continue;
		copy = json_deep_copy(o);
		json_object_set_new(copy, "state", json_string("proposed"));
		json_array_append_new(json_object_get(inventory, "relations"), copy);
	}
}

void hf_inventory_join(json_t *all, const json_t *one)
{
	json_t *o;
	size_t i;

	json_array_extend(json_object_get(all, "locations"), json_object_get(one, "locations"));
	json_array_foreach(json_object_get(one, "relations"), i, o)
	{
		if (!find_relation(all, text(o, "text")))
			json_array_append(json_object_get(all, "relations"), o);
	}
}

static void set_type(json_t *o, const char *type)
{
	const struct hf_detector *d = hf_detector_named(type);

	json_object_set_new(o, "type", d ? json_string(type) : json_null());
	json_object_set_new(o, "class", json_string(d ? hf_sensitivity_name(d->sensitivity) : "none"));
	json_object_set_new(o, "level", json_integer(d ? d->level : 1));
	if (d)
		json_object_set_new(o, "technique", json_string(d->technique));
	else
		json_object_del(o, "technique");
	json_object_del(o, "confidence");
}

/* table and field joined by a point, either of which may have points in it. */
static bool is_at(const json_t *o, const char *place)
{
	size_t n = strlen(text(o, "table"));

	return strncmp(place, text(o, "table"), n) == 0 && place[n] == '.' && is(o, "field", place + n + 1);
}

static json_t *find_at(const json_t *inventory, const char *place)
{
	json_t *o;
	size_t i;

	json_array_foreach(json_object_get(inventory, "locations"), i, o) if (is_at(o, place)) return o;
	return NULL;
}

enum hf_err hf_inventory_confirm(json_t *inventory, const char *place, const char *type, const char *by,
                                 struct hf_fault *f)
{
	json_t *o = find_at(inventory, place);

	if (!o)
		return hf_fault_set(f, HF_E_UNKNOWN,
		                    "the inventory has no field %s; scan its table first, or correct the name", place);
	if (type && strcmp(type, "none") != 0 && !hf_detector_named(type) && !is(o, "type", type))
		return hf_fault_set(f, HF_E_UNKNOWN,
		                    "there is no kind %s; `hufu mask detectors` names them, none means not sensitive",
		                    type);
	if (type && !is(o, "type", type))
		set_type(o, type);
	json_object_set_new(o, "state", json_string("confirmed"));
	json_object_set_new(o, "by", json_string(by));
	return HF_OK;
}

static void confirm_rows(json_t *rows, const char *by)
{
	json_t *o;
	size_t i;

	json_array_foreach(rows, i, o)
	{
		if (!is(o, "state", "proposed"))
			continue;
		json_object_set_new(o, "state", json_string("confirmed"));
		json_object_set_new(o, "by", json_string(by));
	}
}

void hf_inventory_confirm_all(json_t *inventory, const char *by)
{
	confirm_rows(json_object_get(inventory, "locations"), by);
	confirm_rows(json_object_get(inventory, "relations"), by);
}

enum hf_err hf_inventory_confirm_relation(json_t *inventory, const char *said, bool right, const char *by,
                                          struct hf_fault *f)
{
	json_t *o = find_relation(inventory, said);

	if (!o)
		return hf_fault_set(f, HF_E_UNKNOWN,
		                    "the inventory has no relation \"%s\"; give its text as it stands there", said);
	json_object_set_new(o, "state", json_string(right ? "confirmed" : "dropped"));
	json_object_set_new(o, "by", json_string(by));
	return HF_OK;
}

static size_t proposed(const json_t *rows)
{
	const json_t *o;
	size_t i, n = 0;

	json_array_foreach(rows, i, o) n += is(o, "state", "proposed");
	return n;
}

size_t hf_inventory_open(const json_t *inventory)
{
	return proposed(json_object_get(inventory, "locations")) + proposed(json_object_get(inventory, "relations"));
}
