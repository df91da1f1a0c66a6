/* trace_report.c - who is named, how sure that is, and what stays undecided. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "masking/trace_internal.h"

#define LOG_LEAST -690.0 /* what a double can say */

static size_t tests_of(const struct hf_trace *t)
{
	size_t n = 0;

	for (size_t i = 0; i < t->count; i++)
		n += t->results[i].evidence_count;
	return n ? n : 1;
}

static double bound(double log_bound, size_t tests)
{
	double sum = log_bound + log((double)tests);

	return sum >= 0 ? 1 : exp(sum < LOG_LEAST ? LOG_LEAST : sum);
}

double trace_best(const struct trace_result *r)
{
	double least = 0;

	for (size_t i = 0; i < r->evidence_count; i++)
		least = r->evidence[i].log_bound < least ? r->evidence[i].log_bound : least;
	return least;
}

static bool named(const struct hf_trace *t, size_t i)
{
	return bound(trace_best(&t->results[i]), tests_of(t)) <= HF_TRACE_NAMES;
}

/* The same hits in the same rows: nothing tells the two apart. */
static bool same_evidence(const struct hf_trace *t, const struct trace_result *a, const struct trace_result *b)
{
	if (a->evidence_count != b->evidence_count || memcmp(a->row_hit, b->row_hit, t->rows) != 0)
		return false;
	for (size_t i = 0; i < a->evidence_count; i++)
		if (a->evidence[i].hits != b->evidence[i].hits || a->evidence[i].values != b->evidence[i].values)
			return false;
	return true;
}

/* Another recipient's release that the evidence speaks for as much; NULL: none. */
static const struct trace_result *twin(const struct hf_trace *t, size_t i)
{
	for (size_t k = 0; k < t->count; k++)
		if (strcmp(t->results[k].recipient, t->results[i].recipient) != 0 && named(t, k) &&
		    same_evidence(t, &t->results[i], &t->results[k]))
			return &t->results[k];
	return NULL;
}

static size_t rows_of(const struct hf_trace *t, size_t i, bool only)
{
	size_t n = 0;

	for (size_t row = 0; row < t->rows; row++) {
		bool other = false;

		for (size_t k = 0; only && t->results[i].row_hit[row] && k < t->count; k++)
			other |= k != i && t->results[k].row_hit[row] && named(t, k) &&
			         strcmp(t->results[k].recipient, t->results[i].recipient) != 0;
		n += t->results[i].row_hit[row] && !other;
	}
	return n;
}

static size_t unexplained(const struct hf_trace *t)
{
	size_t n = 0;

	for (size_t row = 0; row < t->rows; row++) {
		bool hit = false;

		for (size_t i = 0; i < t->count; i++)
			hit |= t->results[i].row_hit[row] && named(t, i);
		n += !hit;
	}
	return n;
}

static json_t *evidence_json(const struct trace_evidence *e, size_t tests)
{
	json_t *o = json_pack("{s:s, s:I, s:I, s:f, s:f}", "kind", e->kind, "values", (json_int_t)e->values, "hits",
	                      (json_int_t)e->hits, "expected", e->expected, "bound", bound(e->log_bound, tests));

	if (e->field)
		json_object_set_new(o, "field", json_string(e->field));
	return o;
}

static json_t *release_json(const struct hf_trace *t, size_t i)
{
	const struct trace_result *r = &t->results[i], *other = named(t, i) ? twin(t, i) : NULL;
	const size_t tests = tests_of(t);
	json_t *list = json_array(), *o;

	for (size_t k = 0; k < r->evidence_count; k++)
		json_array_append_new(list, evidence_json(&r->evidence[k], tests));
	o = json_pack("{s:s, s:s, s:b, s:f, s:I, s:I, s:I, s:o}", "release", r->name, "recipient", r->recipient,
	              "named", named(t, i) && !other, "bound", bound(trace_best(r), tests), "rows",
	              (json_int_t)rows_of(t, i, false), "only_here", (json_int_t)rows_of(t, i, true), "found",
	              (json_int_t)r->found, "evidence", list);
	if (other)
		json_object_set_new(o, "not_told_from", json_string(other->recipient));
	return o;
}

static bool listed(const json_t *list, const char *text)
{
	const json_t *o;
	size_t i;

	json_array_foreach(list, i, o) if (strcmp(json_string_value(o), text) == 0) return true;
	return false;
}

/* Names first, then what stays open. */
static void say(const struct hf_trace *t, const json_t *names, bool twins, char *out, size_t cap)
{
	size_t n = json_array_size(names), open = unexplained(t);
	const struct trace_result *nearest = NULL;

	for (size_t i = 0; i < t->count; i++)
		if (!nearest || trace_best(&t->results[i]) < trace_best(nearest))
			nearest = &t->results[i];
	if (n == 1)
		snprintf(out, cap, "the leak is from %.60s", json_string_value(json_array_get(names, 0)));
	else if (n > 1)
		snprintf(out, cap, "the leak is a mixture from %zu recipients", n);
	else if (twins)
		snprintf(out, cap,
		         "undecided: the keys of several recipients are the same, and the leak is from one of them");
	else if (nearest && trace_best(nearest) < 0)
		snprintf(out, cap,
		         "undecided: it looks most like %.60s, which chance does with a probability of up to %.2g",
		         nearest->recipient, bound(trace_best(nearest), tests_of(t)));
	else
		snprintf(out, cap, "undecided: nothing in it speaks for any release");
	if (n > 0 && open > 0)
		snprintf(out + strlen(out), cap - strlen(out), "; of %zu rows it is undecided", open);
}

json_t *hf_trace_report(const struct hf_trace *t)
{
	json_t *names = json_array(), *releases = json_array(), *o;
	bool twins = false;
	char says[300];

	for (size_t i = 0; i < t->count; i++) {
		bool other = named(t, i) && twin(t, i);

		if (named(t, i) && !other && !listed(names, t->results[i].recipient))
			json_array_append_new(names, json_string(t->results[i].recipient));
		twins |= other;
		json_array_append_new(releases, release_json(t, i));
	}
	say(t, names, twins, says, sizeof(says));
	o = json_pack("{s:s, s:s, s:f, s:I, s:I, s:I, s:o, s:o}", "verdict",
	              json_array_size(names) ? "named" : "undecided", "says", says, "names_below", HF_TRACE_NAMES,
	              "tests", (json_int_t)tests_of(t), "rows", (json_int_t)t->rows, "unexplained",
	              (json_int_t)unexplained(t), "named", names, "releases", releases);
	return o;
}
