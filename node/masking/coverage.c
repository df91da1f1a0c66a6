/* coverage.c - the result is scanned as the original was; declared in coverage.h. */
#include "masking/coverage.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "masking/effect_grade.h"

#define LOST 0.999 /* loss from which a column tells nothing */

static size_t column_named(const struct hf_demand_table *t, const char *name)
{
	for (size_t i = 0; i < t->name_count; i++)
		if (strcmp(t->names[i], name) == 0)
			return i;
	return SIZE_MAX;
}

static json_t *kind_json(const struct hf_detector *d)
{
	return d ? json_string(d->id) : json_null();
}

static json_t *field_json(const char *name, const struct hf_detector *was, const struct hf_detector *is, double kept,
                          const char *state)
{
	const struct hf_detector *d = was ? was : is;

	return json_pack("{s:s, s:o, s:i, s:s, s:o, s:s, s:f}", "field", name, "kind", kind_json(was), "level",
	                 d->level, "technique", d->technique, "kind_after", kind_json(is), "state", state, "kept_share",
	                 kept);
}

static bool is_sensitive(const struct hf_detector *d)
{
	return d && d->level > 1;
}

/* Fields that the original has. */
static void add_known(struct hf_demand_table *before, const struct hf_demand_table *after, double threshold,
                      const struct hf_detector *const *kinds[2], json_t *ret_coverage)
{
	json_int_t sensitive = 0, reached = 0;
	json_t *fields = json_object_get(ret_coverage, "fields");

	for (size_t i = 0; i < before->name_count; i++) {
		size_t j = column_named(after, before->names[i]);
		double kept = j == SIZE_MAX ? 0 : hf_effect_direct_share(before->rows, i, after->rows, j);
		bool done = j == SIZE_MAX || kept <= threshold;

		if (!is_sensitive(kinds[0][i]))
			continue;
		sensitive++;
		reached += done;
		json_array_append_new(fields, field_json(before->names[i], kinds[0][i],
		                                         j == SIZE_MAX ? NULL : kinds[1][j], kept,
		                                         j == SIZE_MAX ? "left out"
		                                         : done        ? "masked"
		                                                       : "kept"));
	}
	json_object_set_new(ret_coverage, "sensitive", json_integer(sensitive));
	json_object_set_new(ret_coverage, "reached", json_integer(reached));
}

json_t *hf_coverage(struct hf_demand_table *before, const struct hf_demand_table *after, double threshold)
{
	const struct hf_detector **was = hf_alloc_zero((before->name_count + 1) * sizeof(*was));
	const struct hf_detector **is = hf_alloc_zero((after->name_count + 1) * sizeof(*is));
	json_t *coverage = json_pack("{s:[]}", "fields");

	hf_effect_kinds(before->rows, before->names, was);
	hf_effect_kinds(after->rows, after->names, is);
	add_known(before, after, threshold, (const struct hf_detector *const *[2]){was, is}, coverage);
	for (size_t j = 0; j < after->name_count; j++) {
		size_t i = column_named(before, after->names[j]);

		/* It was nothing before masking, or was not there: what it looks like now came with it. */
		if (is_sensitive(is[j]) && i == SIZE_MAX)
			json_array_append_new(json_object_get(coverage, "fields"),
			                      field_json(after->names[j], NULL, is[j], 1, "kept"));
	}
	free(was);
	free(is);
	return coverage;
}

static void say(json_t *changes, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void say(json_t *changes, const char *fmt, ...)
{
	char text[400];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	text[hf_utf8_cut(text, strlen(text))] = '\0';
	json_array_append_new(changes, json_string(text));
}

static const char *words(const json_t *o, const char *key)
{
	const char *t = json_string_value(json_object_get(o, key));

	return t ? t : "";
}

static double real(const json_t *o, const char *key)
{
	return json_number_value(json_object_get(o, key));
}

static void change_fields(const json_t *coverage, json_t *changes)
{
	const json_t *f;
	size_t i;

	json_array_foreach(json_object_get(coverage, "fields"), i, f)
	{
		if (strcmp(words(f, "state"), "kept") != 0)
			continue;
		say(changes, "%.100s holds %.60s, and %.3g %% of its rows are as they were; mask it, usually by %.30s",
		    words(f, "field"), *words(f, "kind") ? words(f, "kind") : words(f, "kind_after"),
		    100 * real(f, "kept_share"), words(f, "technique"));
	}
}

/* Masked fields of level 3 and more whose values come back all the same. */
static void change_techniques(const json_t *coverage, const json_t *recovery, double threshold, json_t *changes)
{
	const json_t *f, *r;
	size_t i, k;

	json_array_foreach(json_object_get(coverage, "fields"), i, f)
	{
		if (strcmp(words(f, "state"), "masked") != 0 || real(f, "level") < 3)
			continue;
		json_array_foreach(recovery, k, r)
		{
			double by = real(r, "dictionary"), rank = real(r, "frequency");

			if (strcmp(words(r, "field"), words(f, "field")) != 0 || (by <= threshold && rank <= threshold))
				continue;
			say(changes,
			    "%.3g %% of the values of %.100s come back by %s; hide more of it, or take a keyed "
			    "technique%s",
			    100 * (by > rank ? by : rank), words(f, "field"), by >= rank ? "dictionary" : "frequency",
			    by >= rank ? "" : " and coarser values");
		}
	}
}

json_t *hf_coverage_changes(const json_t *coverage, const json_t *figures, double threshold)
{
	double risk = real(json_object_get(json_object_get(figures, "after"), "prosecutor"), "max");
	const json_t *utility = json_object_get(figures, "utility"), *c;
	json_t *changes = json_array();
	size_t i;

	change_fields(coverage, changes);
	change_techniques(coverage, json_object_get(figures, "recovery"), threshold, changes);
	if (risk > threshold)
		say(changes,
		    "a row can be found again with a chance of %.3g, above %.3g; `hufu mask suggest --k %.0f` finds "
		    "levels of "
		    "the quasi-identifiers that are coarse enough",
		    risk, threshold, ceil(1 / threshold - 1e-9));
	json_array_foreach(json_object_get(utility, "columns"), i, c)
	{
		if (real(c, "loss") > LOST)
			say(changes, "%.100s tells nothing any more; leave it out, or look for a finer level",
			    words(c, "field"));
	}
	return changes;
}
