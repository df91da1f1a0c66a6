/* disclosure.c - a release beside the earlier ones, and what all of them show; declared in disclosure.h. */
#include "masking/disclosure.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "masking/disclosure_shown.h"

#define NAMED 3u /* releases that a sentence names */

struct joint {
	const struct hf_disclosure *earlier;
	size_t count;
	const struct hf_disclosure *next;
	struct hf_shown *shown; /* of one field, by release; the next one's last */
	bool *against;          /* by release: it is one of those that combine */
	json_t *clashes;
	struct hf_fault *f;
};

static const struct hf_plan_field *field_of(const struct hf_disclosure *d, const char *name)
{
	for (size_t i = 0; i < d->field_count; i++)
		if (strcmp(d->fields[i].name, name) == 0)
			return &d->fields[i];
	return NULL;
}

static bool same(const char *a, const char *b)
{
	return strcmp(a ? a : "", b ? b : "") == 0;
}

/* "toll 3 to university, toll 4 to insurer and 2 more" */
static void name_releases(const struct joint *j, char *out, size_t cap)
{
	size_t named = 0, more = 0, n = 0;

	out[0] = '\0';
	for (size_t i = 0; i < j->count; i++) {
		if (!j->against[i])
			continue;
		if (named == NAMED) {
			more++;
			continue;
		}
		n += (size_t)snprintf(out + n, cap - n, "%s%.40s to %.30s", named++ ? ", " : "", j->earlier[i].release,
		                      j->earlier[i].recipient);
	}
	if (more)
		snprintf(out + n, cap - n, " and %zu more", more);
	hf_utf8_mend(out);
}

/* The first clash is the fault's sentence; what: "shows the value itself beside its masking". */
static void clash(struct joint *j, const char *field, const char *rule, const char *what)
{
	char names[300];
	json_t *list = json_array(), *o;

	name_releases(j, names, sizeof(names));
	for (size_t i = 0; i < j->count; i++)
		if (j->against[i])
			json_array_append_new(list, json_pack("{s:s, s:s}", "release", j->earlier[i].release,
			                                      "recipient", j->earlier[i].recipient));
	if (json_array_size(j->clashes) == 0)
		hf_fault_set(j->f, HF_E_DISCLOSURE,
		             "field %.40s: together with %s the release %s; mask as they do, or have it allowed with "
		             "a reason",
		             field, names, what);
	o = json_pack("{s:s, s:s, s:s, s:o}", "field", field, "rule", rule, "says", what, "releases", list);
	json_array_append_new(j->clashes, o);
}

/* What the sentence says depends on what is combined. */
static void clash_shown(struct joint *j, const char *field)
{
	const struct hf_shown *next = &j->shown[j->count];
	unsigned first = next->first, last = next->last;
	bool clear = next->kind == HF_SHOWN_CLEAR, chars = next->kind == HF_SHOWN_CHARS, cuts = false, drawn = false;
	char what[160];

	for (size_t i = 0; i < j->count; i++) {
		const struct hf_shown *s = &j->shown[i];

		if (!j->against[i])
			continue;
		clear |= s->kind == HF_SHOWN_CLEAR;
		chars &= s->kind == HF_SHOWN_CHARS;
		cuts |= s->kind == next->kind && (s->kind == HF_SHOWN_CUTS_BETWEEN || s->kind == HF_SHOWN_TIMES);
		drawn |= s->drawn && next->drawn;
		first = s->first > first ? s->first : first;
		last = s->last > last ? s->last : last;
	}
	if (clear) {
		clash(j, field, "raw", "puts the value itself beside its masking");
	} else if (chars) {
		snprintf(what, sizeof(what),
		         "shows the first %u and last %u characters, which is the whole of a value of %u", first, last,
		         first + last);
		clash(j, field, "characters", what);
	} else if (drawn) {
		clash(j, field, "draws", "gives a second draw, by which the noise can be taken away");
	} else {
		clash(j, field, cuts ? "cuts" : "masking",
		      cuts ? "cuts finer than any of them alone" : "shows more than any of them alone");
	}
}

/* One of them alone shows what all show together, or one of the earlier ones all that the next one shows. */
static bool one_covers(const struct joint *j)
{
	for (size_t i = 0; i <= j->count; i++) {
		size_t k = 0;

		if (i < j->count && hf_shown_covers(&j->shown[i], &j->shown[j->count]))
			return true;
		while (k <= j->count && hf_shown_covers(&j->shown[i], &j->shown[k]))
			k++;
		if (k > j->count)
			return true;
	}
	return false;
}

static void check_shown(struct joint *j, const struct hf_plan_field *field)
{
	for (size_t i = 0; i < j->count; i++)
		hf_shown_of(&j->earlier[i], field_of(&j->earlier[i], field->name), &j->shown[i]);
	hf_shown_of(j->next, field, &j->shown[j->count]);
	if (one_covers(j))
		return;
	for (size_t i = 0; i < j->count; i++)
		j->against[i] = !hf_shown_covers(&j->shown[j->count], &j->shown[i]);
	clash_shown(j, field->name);
}

static bool same_scope(const struct hf_disclosure *a, const struct hf_disclosure *b)
{
	return same(a->scope.group, b->scope.group) && same(a->scope.consumer, b->scope.consumer) &&
	       same(a->scope.contract, b->scope.contract) && a->scope.epoch == b->scope.epoch;
}

/* Pseudonyms of one key in the hands of two: they can join what they have. */
static void check_scope(struct joint *j, const struct hf_plan_field *field)
{
	bool found = false;

	if (!field->technique || field->technique->record.keyed != HF_KEYED_CONSUMER)
		return;
	for (size_t i = 0; i < j->count; i++) {
		const struct hf_disclosure *d = &j->earlier[i];
		const struct hf_plan_field *f = field_of(d, field->name);
		const bool one_key =
		        f && f->technique == field->technique && same(f->type, field->type) && same_scope(d, j->next);

		if (one_key && same(d->recipient, j->next->recipient))
			return; /* it has them already */
		j->against[i] = one_key;
		found |= one_key;
	}
	if (found)
		clash(j, field->name, "scope",
		      "gives two recipients pseudonyms of one key, by which they can join their rows");
}

static const char *arg(const struct hf_plan_field *f, const char *name)
{
	const struct hf_mask_use use = {.args = f->args, .arg_count = f->arg_count};

	return hf_arg_text(&use, name, "");
}

static const struct hf_plan_field *sampled(const struct hf_disclosure *d)
{
	for (size_t i = 0; i < d->field_count; i++)
		if (d->fields[i].technique && strcmp(d->fields[i].technique->id, "sample") == 0)
			return &d->fields[i];
	return NULL;
}

/* A smaller sample of one key is a part of a larger one; of another key it is other rows. */
static bool one_sample(const struct hf_disclosure *a, const struct hf_disclosure *b)
{
	const struct hf_plan_field *x = sampled(a), *y = sampled(b);

	return !x || !y ||
	       (same(a->scope.group, b->scope.group) && a->scope.epoch == b->scope.epoch && same(x->type, y->type) &&
	        same(x->by, y->by));
}

static void check_sample(struct joint *j)
{
	const struct hf_plan_field *field = sampled(j->next);
	bool found = false;

	if (!field)
		return;
	for (size_t i = 0; i < j->count; i++) {
		const struct hf_plan_field *f = sampled(&j->earlier[i]);

		if (!f || (one_sample(&j->earlier[i], j->next) &&
		           strtod(arg(f, "rate"), NULL) >= strtod(arg(field, "rate"), NULL)))
			return; /* those rows are out already */
		j->against[i] = !one_sample(&j->earlier[i], j->next);
		found |= j->against[i];
	}
	if (found)
		clash(j, field->name, "sample", "gives a second sample, of other rows");
}

enum hf_err hf_disclosure_joint(const struct hf_disclosure *earlier, size_t count, const struct hf_disclosure *next,
                                struct hf_fault *f, json_t **ret_clashes)
{
	struct joint j = {.earlier = earlier, .count = count, .next = next, .f = f, .clashes = json_array()};
	enum hf_err e;

	j.shown = hf_alloc((count + 1) * sizeof(*j.shown));
	j.against = hf_alloc_zero((count + 1) * sizeof(*j.against));
	for (size_t i = 0; i < next->field_count; i++) {
		check_shown(&j, &next->fields[i]);
		check_scope(&j, &next->fields[i]);
	}
	check_sample(&j);
	free(j.shown);
	free(j.against);
	e = json_array_size(j.clashes) ? HF_E_DISCLOSURE : HF_OK;
	if (e != HF_OK && ret_clashes)
		*ret_clashes = json_incref(j.clashes);
	json_decref(j.clashes);
	return e;
}

/* ---- what all of them show ---- */

struct view {
	struct hf_shown *shown; /* different ones */
	size_t shown_count, releases, draws;
	json_t *recipients, *scopes;
};

static void add_once(json_t *list, const char *text)
{
	const json_t *o;
	size_t i;

	json_array_foreach(list, i, o) if (strcmp(json_string_value(o), text) == 0) return;
	json_array_append_new(list, json_string(text));
}

static bool equal(const struct hf_shown *a, const struct hf_shown *b)
{
	return a->kind == b->kind && a->pseudonym == b->pseudonym && hf_shown_covers(a, b) && hf_shown_covers(b, a);
}

static void see(struct view *v, const struct hf_disclosure *d, const struct hf_plan_field *field)
{
	struct hf_shown *s = &v->shown[v->shown_count];
	char text[400];
	size_t i = 0;

	hf_shown_of(d, field, s);
	v->releases++;
	add_once(v->recipients, d->recipient);
	if (field->technique && field->technique->record.keyed == HF_KEYED_CONSUMER) {
		snprintf(text, sizeof(text), "%s/%s/%s/%" PRIu64, d->scope.group ? d->scope.group : "",
		         d->scope.consumer ? d->scope.consumer : "", d->scope.contract ? d->scope.contract : "",
		         d->scope.epoch);
		add_once(v->scopes, text);
	}
	while (i < v->shown_count && !equal(&v->shown[i], s))
		i++;
	if (i < v->shown_count)
		return;
	v->shown_count++;
	v->draws += s->drawn;
}

/* What another one shows all of is left out. */
static json_t *shown_texts(const struct view *v)
{
	json_t *out = json_array();
	char text[600];

	for (size_t i = 0; i < v->shown_count; i++) {
		size_t k = 0;

		while (k < v->shown_count &&
		       (k == i || !hf_shown_covers(&v->shown[k], &v->shown[i]) || equal(&v->shown[k], &v->shown[i])))
			k++;
		if (k < v->shown_count)
			continue;
		hf_shown_text(&v->shown[i], text, sizeof(text));
		add_once(out, text);
	}
	return out;
}

static json_t *view_field(const struct hf_disclosure *all, size_t count, const char *name)
{
	struct view v = {.recipients = json_array(), .scopes = json_array()};
	json_t *o;

	v.shown = hf_alloc((count + 1) * sizeof(*v.shown));
	for (size_t i = 0; i < count; i++) {
		const struct hf_plan_field *f = field_of(&all[i], name);

		if (f && (!f->technique || !f->technique->drops_column))
			see(&v, &all[i], f);
	}
	o = json_pack("{s:s, s:o, s:I, s:I, s:o, s:o}", "field", name, "shows", shown_texts(&v), "releases",
	              (json_int_t)v.releases, "draws", (json_int_t)v.draws, "scopes", v.scopes, "recipients",
	              v.recipients);
	free(v.shown);
	return o;
}

json_t *hf_disclosure_view(const struct hf_disclosure *all, size_t count, const char *field)
{
	json_t *names = json_array(), *out = json_array();
	const json_t *o;
	size_t at;

	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < all[i].field_count; k++)
			if (!field || strcmp(field, all[i].fields[k].name) == 0)
				add_once(names, all[i].fields[k].name);
	json_array_foreach(names, at, o)
	{
		json_array_append_new(out, view_field(all, count, json_string_value(o)));
	}
	json_decref(names);
	return out;
}
