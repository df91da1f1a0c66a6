/* query.c - see query.h. */
#include "source/query.h"

#include <stdio.h>
#include <string.h>

#include "source/readers/csv_filter.h"

/* The next name, behind the last one's comma; false: there is none. */
static bool next_parameter(const char **at, char ret_name[HF_CSV_NAME_MAX + 1])
{
	size_t n = strcspn(*at, ",");

	if (n == 0 || n > HF_CSV_NAME_MAX)
		return false;
	snprintf(ret_name, HF_CSV_NAME_MAX + 1, "%.*s", (int)n, *at);
	*at += n + ((*at)[n] == ',');
	return true;
}

enum hf_err hf_query_check(const struct hf_source_view *v, struct hf_fault *f)
{
	char name[HF_CSV_NAME_MAX + 1];
	const char *at = v->parameters;

	if (v->parameters[0] && !v->query[0])
		return hf_fault_set(f, HF_E_ARGUMENT,
		                    "source '%s' is no query, so it has no parameters; leave out --parameters",
		                    v->name);
	if (v->query[0] && (v->table[0] || !hf_text_ok(v->query, strlen(v->query), HF_SOURCE_QUERY_MAX)))
		return hf_fault_set(
		        f, HF_E_ARGUMENT,
		        "source '%s' is a table or a query; give --table, or --query with up to %u bytes of SQL",
		        v->name, HF_SOURCE_QUERY_MAX);
	if (strchr(v->query, ';'))
		return hf_fault_set(f, HF_E_ARGUMENT,
		                    "the query of source '%s' is one SELECT, without a semicolon in it", v->name);
	while (*at)
		if (!next_parameter(&at, name))
			return hf_fault_set(
			        f, HF_E_ARGUMENT,
			        "the parameters of source '%s' are names of fields with commas between them", v->name);
	return HF_OK;
}

static bool is_field(const struct hf_source_view *v, const char *name)
{
	for (size_t i = 0; i < v->field_count; i++)
		if (strcmp(v->fields[i].name, name) == 0)
			return true;
	return false;
}

enum hf_err hf_query_fits(const struct hf_source_view *v, struct hf_fault *f)
{
	char name[HF_CSV_NAME_MAX + 1];

	for (const char *at = v->parameters; next_parameter(&at, name);)
		if (!is_field(v, name))
			return hf_fault_set(
			        f, HF_E_WRONG_FIELDS,
			        "the parameter '%.100s' is no column of what the query of source '%s' gives; "
			        "select it, too",
			        name, v->name);
	return HF_OK;
}

static bool is_bound(const struct hf_source_view *v, const struct hf_csv_filter *granted,
                     const struct hf_csv_filter *all, char ret_name[HF_CSV_NAME_MAX + 1])
{
	for (const char *at = v->parameters; next_parameter(&at, ret_name);)
		if (!hf_csv_filter_limits(granted, ret_name) || !hf_csv_filter_fixes(all, ret_name))
			return false;
	return true;
}

enum hf_err hf_query_bound(const struct hf_source_view *v, const char *granted, const char *rows, struct hf_fault *f)
{
	struct hf_csv_filter *g, *all;
	char name[HF_CSV_NAME_MAX + 1];
	enum hf_err e = HF_OK;

	if (!v->parameters[0])
		return HF_OK;
	g = hf_csv_filter_new();
	all = hf_csv_filter_new();
	if (granted)
		e = hf_csv_filter_add(g, granted, f);
	if (e == HF_OK && rows)
		e = hf_csv_filter_add(all, rows, f);
	if (e == HF_OK && !is_bound(v, g, all, name))
		e = hf_fault_set(
		        f, HF_E_OBLIGATION,
		        "the data is a query with the parameter '%.100s', of which the agreement names values and "
		        "one is asked for; apply, and fetch, with --rows '%.100s = VALUE'",
		        name, name);
	hf_csv_filter_free(g);
	hf_csv_filter_free(all);
	return e;
}
