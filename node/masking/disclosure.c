/* disclosure.c - a release beside the earlier ones, and what all of them show; declared in disclosure.h. */
#include "masking/disclosure.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "masking/disclosure_shown.h"

#define NAMED 3u /* releases that a sentence names */

/* What one masking of a field shows; many releases have the same. */
struct way {
	const struct hf_disclosure *d;
	const struct hf_plan_field *field;
	struct hf_shown shown;
};
struct ways {
	struct way *list;
	size_t count, cap;
};
struct joint {
	const struct hf_disclosure *earlier;
	size_t count;
	const struct hf_disclosure *next;
	struct ways ways; /* of one field; the next release's is the last */
	size_t *way_of;   /* by release */
	bool *against;    /* by release: it is one of those that combine */
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

/* NULL also when it is as it is in the table. */
static const struct hf_plan_field *masked_field(const struct hf_disclosure *d, const char *name)
{
	return d->plain ? NULL : field_of(d, name);
}

static bool same(const char *a, const char *b)
{
	return strcmp(a ? a : "", b ? b : "") == 0;
}

static bool same_scope(const struct hf_disclosure *a, const struct hf_disclosure *b)
{
	return same(a->scope.group, b->scope.group) && same(a->scope.consumer, b->scope.consumer) &&
	       same(a->scope.contract, b->scope.contract) && a->scope.epoch == b->scope.epoch;
}

/* One needs not look further: it shows the same. */
static bool same_way(const struct way *w, const struct hf_disclosure *d, const struct hf_plan_field *f)
{
	const struct hf_technique *t = f ? f->technique : NULL;

	if (!w->field || !f)
		return !w->field && !f;
	if (!hf_plan_masked_alike(w->field, f) || hf_shown_joined(w->d, f->name) != hf_shown_joined(d, f->name))
		return false;
	if (!t || t->record.keyed == HF_KEYED_NOT || w->shown.pseudonym)
		return true;
	return t->record.keyed == HF_KEYED_DATASET
	               ? same(w->d->scope.group, d->scope.group) && w->d->scope.epoch == d->scope.epoch
	               : same_scope(w->d, d);
}

/* Which of the ways the release has; a new one when it has none of them. */
static size_t way(struct ways *w, const struct hf_disclosure *d, const struct hf_plan_field *f)
{
	for (size_t i = 0; i < w->count; i++)
		if (same_way(&w->list[i], d, f))
			return i;
	if (w->count == w->cap) {
		w->cap = w->cap ? 2 * w->cap : 8;
		w->list = hf_realloc(w->list, w->cap * sizeof(*w->list));
	}
	w->list[w->count].d = d;
	w->list[w->count].field = f;
	hf_shown_of(d, f, &w->list[w->count].shown);
	return w->count++;
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
		             "field %.40s: together with %s the release %s; %s, or have it allowed with a reason",
		             field, names, what, j->next->plain ? "give it out by a plan" : "mask as they do");
	o = json_pack("{s:s, s:s, s:s, s:o}", "field", field, "rule", rule, "says", what, "releases", list);
	json_array_append_new(j->clashes, o);
}

/* What the sentence says depends on what is combined. */
static void clash_shown(struct joint *j, const char *field)
{
	const struct hf_shown *next = &j->ways.list[j->way_of[j->count]].shown;
	unsigned first = next->first, last = next->last;
	bool clear = next->kind == HF_SHOWN_CLEAR, chars = next->kind == HF_SHOWN_CHARS, cuts = false, drawn = false;
	char what[160];

	for (size_t i = 0; i < j->count; i++) {
		const struct hf_shown *s = &j->ways.list[j->way_of[i]].shown;

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
	const struct ways *w = &j->ways;
	const struct hf_shown *next = &w->list[j->way_of[j->count]].shown;

	for (size_t i = 0; i < j->count; i++)
		if (!j->earlier[i].emergency && hf_shown_covers(&w->list[j->way_of[i]].shown, next))
			return true;
	for (size_t i = 0; i < w->count; i++) {
		size_t k = 0;

		while (k < w->count && hf_shown_covers(&w->list[i].shown, &w->list[k].shown))
			k++;
		if (k == w->count)
			return true;
	}
	return false;
}

static void check_shown(struct joint *j, const struct hf_plan_field *field)
{
	j->ways.count = 0;
	for (size_t i = 0; i < j->count; i++)
		j->way_of[i] = way(&j->ways, &j->earlier[i], masked_field(&j->earlier[i], field->name));
	j->way_of[j->count] = way(&j->ways, j->next, field);
	if (one_covers(j))
		return;
	for (size_t i = 0; i < j->count; i++)
		j->against[i] =
		        !hf_shown_covers(&j->ways.list[j->way_of[j->count]].shown, &j->ways.list[j->way_of[i]].shown);
	clash_shown(j, field->name);
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
		const bool one_key = f && !(d->inside && !j->next->inside) && f->technique &&
		                     strcmp(f->technique->id, field->technique->id) == 0 &&
		                     same(f->type, field->type) && same_scope(d, j->next);

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

		if (j->earlier[i].plain)
			continue;
		if (!f || (one_sample(&j->earlier[i], j->next) &&
		           strtod(arg(f, "rate"), NULL) >= strtod(arg(field, "rate"), NULL)))
			return; /* those rows are out already */
		j->against[i] = !one_sample(&j->earlier[i], j->next);
		found |= j->against[i];
	}
	if (found)
		clash(j, field->name, "sample", "gives a second sample, of other rows");
}

/* ---- what went out as it is ---- */

static bool shows(const struct hf_disclosure *d, const struct hf_plan_field *f)
{
	struct hf_shown s;

	hf_shown_of(d, f, &s);
	return s.kind != HF_SHOWN_NOTHING;
}

/* A field that only the masked release shows; NULL: the plain one has them all. */
static const char *only_masked(const struct hf_disclosure *plain, const struct hf_disclosure *masked)
{
	for (size_t i = 0; i < masked->field_count; i++)
		if (!field_of(plain, masked->fields[i].name) && shows(masked, &masked->fields[i]))
			return masked->fields[i].name;
	return NULL;
}

/* The values of a field beside what a release made of them tell more than the values do. ret_beside: of known people
 * this field; NULL: whose pseudonym is whose. */
static bool undone(const struct hf_disclosure *plain, const struct hf_disclosure *masked, const struct hf_plan_field *f,
                   const char **ret_beside)
{
	struct hf_shown s;

	*ret_beside = NULL;
	if (!f || !f->technique || f->technique->of_rows || hf_shown_joined(masked, f->name))
		return false;
	hf_shown_of(masked, f, &s);
	if (s.kind == HF_SHOWN_NOTHING)
		return false;
	if (s.pseudonym || f->technique->record.keyed != HF_KEYED_NOT)
		return true;
	*ret_beside = only_masked(plain, masked);
	return *ret_beside != NULL;
}

static bool covered_by(const struct hf_disclosure *d, const struct hf_disclosure *next, const struct hf_plan_field *f)
{
	const struct hf_plan_field *g = masked_field(d, f->name);
	struct hf_shown a, b;

	hf_shown_of(d, g, &a);
	hf_shown_of(next, f, &b);
	return (g && same_way(&(struct way){d, g, a}, next, f)) || hf_shown_covers(&a, &b);
}

/* One earlier release shows of every field all that this one does. */
static bool nothing_new(const struct joint *j)
{
	for (size_t i = 0; i < j->count; i++) {
		size_t k = 0;

		while (!j->earlier[i].emergency && k < j->next->field_count &&
		       covered_by(&j->earlier[i], j->next, &j->next->fields[k]))
			k++;
		if (k == j->next->field_count)
			return true;
	}
	return false;
}

/* The values of the field are out without a plan already. */
static bool is_plain(const struct joint *j, const char *name)
{
	for (size_t i = 0; i < j->count; i++)
		if (j->earlier[i].plain && !j->earlier[i].emergency && field_of(&j->earlier[i], name))
			return true;
	return false;
}

static void check_plain(struct joint *j, const struct hf_plan_field *field)
{
	const char *beside = NULL, *at;
	bool found = false;
	char what[200];

	for (size_t i = 0; i < j->count; i++) {
		const struct hf_disclosure *d = &j->earlier[i];

		j->against[i] =
		        d->plain != j->next->plain && field_of(d, field->name) &&
		        (d->plain ? undone(d, j->next, field, &at) : undone(j->next, d, field_of(d, field->name), &at));
		found |= j->against[i];
		beside = j->against[i] && at ? at : beside;
	}
	snprintf(what, sizeof(what), "puts the value itself beside its masking%s%.40s%s",
	         beside ? ", and so beside " : "", beside ? beside : "",
	         beside ? ", which is not in the plain one" : "");
	hf_utf8_mend(what);
	if (found)
		clash(j, field->name, "plain", what);
}

static void check_masked(struct joint *j)
{
	const struct hf_disclosure *next = j->next;
	bool plain = false;

	for (size_t i = 0; i < next->field_count; i++) {
		check_shown(j, &next->fields[i]);
		check_scope(j, &next->fields[i]);
	}
	check_sample(j);
	for (size_t i = 0; i < j->count; i++)
		plain |= j->earlier[i].plain;
	for (size_t i = 0; plain && !nothing_new(j) && i < next->field_count; i++)
		check_plain(j, &next->fields[i]);
}

enum hf_err hf_disclosure_joint(const struct hf_disclosure *earlier, size_t count, const struct hf_disclosure *next,
                                struct hf_fault *f, json_t **ret_clashes)
{
	struct joint j = {.earlier = earlier, .count = count, .next = next, .f = f, .clashes = json_array()};
	enum hf_err e;

	j.way_of = hf_alloc((count + 1) * sizeof(*j.way_of));
	j.against = hf_alloc_zero((count + 1) * sizeof(*j.against));
	if (!next->plain)
		check_masked(&j);
	for (size_t i = 0; next->plain && i < next->field_count; i++)
		if (!is_plain(&j, next->fields[i].name))
			check_plain(&j, &next->fields[i]);
	free(j.way_of);
	free(j.ways.list);
	free(j.against);
	e = json_array_size(j.clashes) ? HF_E_DISCLOSURE : HF_OK;
	if (e != HF_OK && ret_clashes)
		*ret_clashes = json_incref(j.clashes);
	json_decref(j.clashes);
	return e;
}

/* ---- what all of them show ---- */

struct view {
	struct ways ways;
	size_t releases;
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
	char text[400];

	v->releases++;
	add_once(v->recipients, d->recipient);
	way(&v->ways, d, field);
	if (!field->technique || field->technique->record.keyed != HF_KEYED_CONSUMER)
		return;
	snprintf(text, sizeof(text), "%s/%s/%s/%" PRIu64, d->scope.group ? d->scope.group : "",
	         d->scope.consumer ? d->scope.consumer : "", d->scope.contract ? d->scope.contract : "",
	         d->scope.epoch);
	add_once(v->scopes, text);
}

/* What another one shows all of is left out; draws: different ones that were drawn. */
static json_t *shown_texts(const struct ways *w, size_t *ret_draws)
{
	json_t *out = json_array();
	char text[600];

	*ret_draws = 0;
	for (size_t i = 0; i < w->count; i++) {
		const struct hf_shown *s = &w->list[i].shown;
		size_t k = 0, before = 0;

		while (before < i && !equal(&w->list[before].shown, s))
			before++;
		*ret_draws += s->drawn && before == i;
		while (k < w->count &&
		       (k == i || !hf_shown_covers(&w->list[k].shown, s) || equal(&w->list[k].shown, s)))
			k++;
		if (k < w->count)
			continue;
		hf_shown_text(s, text, sizeof(text));
		add_once(out, text);
	}
	return out;
}

static json_t *view_field(const struct hf_disclosure *all, size_t count, const char *name)
{
	struct view v = {.recipients = json_array(), .scopes = json_array()};
	size_t draws;
	json_t *o, *texts;

	for (size_t i = 0; i < count; i++) {
		const struct hf_plan_field *f = field_of(&all[i], name);

		if (f && (!f->technique || !f->technique->drops_column))
			see(&v, &all[i], f);
	}
	texts = shown_texts(&v.ways, &draws);
	o = json_pack("{s:s, s:o, s:I, s:I, s:o, s:o}", "field", name, "shows", texts, "releases",
	              (json_int_t)v.releases, "draws", (json_int_t)draws, "scopes", v.scopes, "recipients",
	              v.recipients);
	free(v.ways.list);
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
