/* hides.c - what is left readable by a technique's parameters; declared in hides.h. */
#include "masking/hides.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "masking/hides_measure.h"
#include "masking/own/own.h"
#include "masking/plan_files.h"
#include "masking/techniques/lines.h"

#define LEAST HF_HIDES_LEAST
#define KEEP_MOST 6u /* characters of a value of a type that only its user knows */
#define SHIFT_LEAST 15
#define IDENTIFIES 3u /* level from which a value says who or which vehicle it is */

static const struct hf_hides_form forms[] = {
        {"cn.resident-id", {15, 18}, {15, 18}, {-1}, 18, false, 0, 0, 0},
        {"cn.driving-licence", {15, 18}, {15, 18}, {-1}, 18, false, 0, 0, 0},
        {"cn.bank-card", {16}, {23}, {-1}, 0, false, 0, 0, 0},
        {"payment-card", {14}, {23}, {-1}, 0, false, 0, 0, 0},
        {"iban", {15}, {42}, {2, 3}, 0, false, 0, 0, 0},
        {"cn.credit-code", {18}, {18}, {-1, -2}, 0, false, 0, 0, 0},
        {"cn.organization-code", {9}, {10}, {-1}, 0, false, 0, 0, 0},
        {"vin", {17}, {17}, {8}, 0, false, 0, 0, 0},
        {"imo", {7}, {11}, {-1}, 0, false, 0, 0, 0},
        {"mmsi", {9}, {9}, {0}, 0, false, 0, 0, 0},
        {"cn.mobile", {11}, {20}, {0}, 0, false, 0, 0, 0},
        {"cn.landline", {7, 10}, {8, 15}, {0}, 0, false, 0, 0, 0},
        {"phone", {9}, {22}, {0}, 0, false, 0, 0, 0},
        {"cn.plate", {7}, {9}, {0}, 0, false, 0, 0, 0},
        {"cn.passport", {9}, {9}, {0}, 0, false, 0, 0, 0},
        {"cn.travel-permit", {8}, {11}, {0}, 0, false, 0, 0, 0},
        {"cn.driver-file", {12}, {12}, {0}, 0, false, 0, 0, 0},
        {"cn.transport-certificate", {9, 12}, {9, 63}, {0}, 0, false, 0, 0, 0},
        {"cn.etc-card", {16, 20}, {16, 20}, {0}, 0, false, 0, 0, 0},
        {"waybill", {8}, {24}, {0}, 0, false, 0, 0, 0},
        {"mac", {17}, {17}, {0}, 0, true, 0, 0, 0},
        {"ip", {7}, {39}, {0}, 0, false, 0, 0, 0},
        {"person.name", {0}, {0}, {0}, 0, false, 2, 0, 0},
        {"person.gender", {0}, {0}, {0}, 0, false, 0, 0, 0},
        {"person.age", {0}, {0}, {0}, 0, false, 1, 2, 50},
        {"person.birth", {0}, {0}, {0}, 0, false, 7, 100, 2e7},
        {"email", {0}, {0}, {0}, 0, false, 4, 0, 0},
        {"cn.address", {0}, {0}, {0}, 0, false, 12, 0, 0},
        {"text.embedded", {0}, {0}, {0}, 0, false, 6, 0, 0},
        {"position.longitude", {0}, {0}, {0}, 0, false, 6, 0.0005, 100},
        {"position.latitude", {0}, {0}, {0}, 0, false, 6, 0.0005, 100},
        {"position.path", {0}, {0}, {0}, 0, false, 0, 0, 0},
};

static const struct hf_hides_form *form_of(const char *type)
{
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
		if (strcmp(forms[i].type, type) == 0)
			return &forms[i];
	return NULL;
}

struct look {
	const struct hf_plan_field *field;
	const struct hf_hides_form *form;
	unsigned level;
	char *why;
};

static bool says(const struct look *l, const char *format, ...) __attribute__((format(printf, 2, 3)));
static bool says(const struct look *l, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(l->why, HF_HIDES_WHY, format, args);
	va_end(args);
	return false;
}

static const char *arg(const struct hf_plan_field *f, const char *name)
{
	for (size_t i = 0; i < f->arg_count; i++)
		if (strcmp(f->args[i].name, name) == 0)
			return f->args[i].value;
	return NULL;
}

static double number(const struct hf_plan_field *f, const char *name, double otherwise)
{
	const char *v = arg(f, name);

	return v ? strtod(v, NULL) : otherwise;
}

/* ---- characters that stay ---- */

/* Characters of a value that tell something and are not kept. */
static size_t hidden(const struct hf_hides_form *m, size_t length, size_t first, size_t last)
{
	size_t n = 0;

	for (size_t i = first; i + last < length; i++)
		n += !hf_hides_idle(m, length, i);
	return n;
}

/* A value that has no more characters than are kept is hidden whole by mask, trunc and dict. */
static bool code_hidden(const struct look *l, size_t first, size_t last)
{
	for (size_t range = 0; range < 2; range++)
		for (size_t n = l->form->from[range]; n && n <= l->form->to[range]; n++) {
			size_t least = n < 2 * LEAST ? n / 2 : LEAST, h = hidden(l->form, n, first, last);

			if (n > first + last && h < least)
				return says(
				        l,
				        "keeps %zu of %zu characters of a %s, so that %zu are hidden which do not "
				        "follow from the others; keep less, so that at least %zu are, or take fpe or "
				        "hash",
				        first + last, n, l->form->type, h, least);
		}
	return true;
}

static bool keep_few(const struct look *l, size_t first, size_t last)
{
	if (first + last == 0)
		return true;
	if (l->form->from[0])
		return code_hidden(l, first, last);
	if (first + last <= l->form->most)
		return true;
	return says(l, "keeps %zu characters of a %.60s, which tell most of many values; keep at most %u%s",
	            first + last, l->form->type, l->form->most,
	            form_of(l->form->type) ? "" : ", or take a method of your own, which is tried on its values");
}

static bool mask_hides(const struct look *l)
{
	return keep_few(l, (size_t)number(l->field, "keep-first", 0), (size_t)number(l->field, "keep-last", 0));
}

static bool trunc_hides(const struct look *l)
{
	return keep_few(l, (size_t)number(l->field, "first", 0), (size_t)number(l->field, "last", 0));
}

/* ---- numbers and times ---- */

/* Of a code, the last digits are what is told coarsely. */
static double grain_of(const struct hf_hides_form *m)
{
	if (!m->from[0])
		return m->grain;
	return pow(10, LEAST + (m->check[0] < 0) + (m->check[1] < 0));
}

static bool at_least(const struct look *l, const char *what, double is, double least)
{
	return is >= least ? true
	                   : says(l, "has %s %g, below which a %s tells nothing that is hidden; take at least %g", what,
	                          is, l->form->type, least);
}

static bool round_hides(const struct look *l)
{
	return at_least(l, "the step", number(l->field, "step", 0), grain_of(l->form));
}

static bool noise_hides(const struct look *l)
{
	return at_least(l, "the scale", number(l->field, "scale", 0), grain_of(l->form) / 2);
}

static bool mult_hides(const struct look *l)
{
	double size = l->form->from[0] ? pow(10, l->form->from[0] - 1) : l->form->size;

	return size > 0 ? at_least(l, "the ratio", number(l->field, "ratio", 0), grain_of(l->form) / 2 / size) : true;
}

/* Most bands must be as wide as a number has to be told coarsely. */
static bool bucket_hides(const struct look *l)
{
	const char *at = arg(l->field, "cuts");
	double grain = grain_of(l->form), last = 0;
	size_t bands = 0, narrow = 0;

	for (size_t i = 0; at && *at && grain > 0; i++) {
		char *end;
		double cut = strtod(at, &end);

		if (i > 0) {
			bands++;
			narrow += cut - last < grain * (1 - 1e-9);
		}
		last = cut;
		at = end + (*end == '\n');
	}
	return narrow * 2 <= bands
	               ? true
	               : says(l, "has bands that are so narrow that they tell a %s itself; make them at least %g wide",
	                      l->form->type, grain);
}

static bool topbot_hides(const struct look *l)
{
	const char *low = arg(l->field, "low"), *high = arg(l->field, "high");

	if (l->level >= IDENTIFIES || l->form->from[0])
		return says(l,
		            "is left by topbot as it is wherever it is within the limits, and a %s tells whose it is; "
		            "take another technique",
		            l->form->type);
	if (l->form->size > 0 && (!low || strtod(low, NULL) <= 0) &&
	    (!high || strtod(high, NULL) >= 2.5 * l->form->size))
		return says(l, "has limits that no %s is beyond; give such that some are", l->form->type);
	return true;
}

static bool daterd_hides(const struct look *l)
{
	static const char *const finer[] = {"second", "minute", "hour", "day"};
	const char *unit = arg(l->field, "unit");
	bool fine = false;

	for (size_t i = 0; unit && i < sizeof(finer) / sizeof(finer[0]); i++)
		fine |= strcmp(unit, finer[i]) == 0;
	if (strcmp(l->form->type, "person.birth") != 0 || !fine)
		return true;
	return says(l, "is a day of birth, which a grid of %ss leaves as it is; take month, quarter or year", unit);
}

/* As coarse as a month: about so many days may be the one. */
static bool datesh_hides(const struct look *l)
{
	return strcmp(l->form->type, "person.birth") != 0 ||
	       at_least(l, "the days", number(l->field, "days", 0), SHIFT_LEAST);
}

/* ---- places ---- */

static bool reorder_hides(const struct look *l)
{
	const char *at = arg(l->field, "pattern");
	bool same = true;

	for (unsigned long i = 1; at && *at; i++) {
		char *end;

		same &= strtoul(at, &end, 10) == i;
		at = end + (*end == '\n');
	}
	if (same)
		return says(l, "has a pattern that leaves every character in its place; change their order");
	return l->level < IDENTIFIES
	               ? true
	               : says(l,
	                      "has all its characters in the result by reorder, whose pattern stands in the plan; take "
	                      "a pseudonym such as fpe or hash");
}

static bool shuf_hides(const struct look *l)
{
	return l->level < IDENTIFIES
	               ? true
	               : says(l,
	                      "has every value in the result by shuf, in another row, and each tells whose it is; take "
	                      "a pseudonym such as fpe or hash");
}

static bool lsup_hides(const struct look *l)
{
	return l->level < IDENTIFIES ? true
	                             : says(l, "has every value in the result by lsup that several rows have, and each "
	                                       "tells whose it is; "
	                                       "take a pseudonym such as fpe or hash");
}

static bool combine_hides(const struct look *l)
{
	return says(l, "is put into the result by combine as it is; take another technique");
}

static bool mean_hides(const struct look *l)
{
	return l->level < IDENTIFIES
	               ? true
	               : says(l,
	                      "becomes a figure of several rows by %s, and of a code that figure is often a code of "
	                      "somebody; take a pseudonym such as fpe or hash",
	                      l->field->technique->id);
}

static bool tag_hides(const struct look *l)
{
	return strcmp(l->form->type, "text.embedded") == 0 ||
	       says(l, "is masked by tag, which replaces values within a text; take a technique for the value itself");
}

static const struct {
	const char *technique;
	bool (*hides)(const struct look *l);
} looks[] = {
        {"mask", mask_hides},     {"trunc", trunc_hides},     {"dict", mask_hides},       {"round", round_hides},
        {"noise", noise_hides},   {"mult", mult_hides},       {"bucket", bucket_hides},   {"topbot", topbot_hides},
        {"daterd", daterd_hides}, {"datesh", datesh_hides},   {"reorder", reorder_hides}, {"shuf", shuf_hides},
        {"lsup", lsup_hides},     {"combine", combine_hides}, {"tag", tag_hides},         {"agg", mean_hides},
        {"avg", mean_hides},
};

static bool by_parameters(const struct look *l)
{
	const struct hf_technique *t = l->field->technique;

	if (t->of_rows)
		return says(l,
		            "is masked by %s, which leaves rows out and every other value as it is; take a technique "
		            "for values",
		            t->id);
	for (size_t i = 0; i < sizeof(looks) / sizeof(looks[0]); i++)
		if (strcmp(looks[i].technique, t->id) == 0)
			return looks[i].hides(l);
	return true;
}

/* ---- methods of one's own ---- */

/* One step that hides enough is needed: what is hidden, no later one brings back. */
static bool steps_hide(const struct look *l)
{
	const struct hf_own *own = l->field->technique->own;
	struct hf_plan_field step = {.technique = NULL};
	char why[HF_HIDES_WHY] = "";
	const struct look of_step = {&step, l->form, l->level, why};

	for (size_t i = 0; hf_own_step(own, i, &step.technique, &step.args, &step.arg_count); i++)
		if (by_parameters(&of_step))
			return true;
	return !step.technique ||
	       says(l, "is masked by %.60s, none of whose steps hides enough; the last one: it %.130s",
	            own->technique.id, why);
}

static bool own_hides(const struct look *l)
{
	const struct hf_technique *t = l->field->technique;
	struct hf_hides_form form = *l->form;
	struct hf_hides_measured m;

	if (!form_of(form.type))
		form.most = 0; /* the method says what its values are */
	if (!steps_hide(l))
		return false;
	if (hf_hides_measure(t, &form, &m))
		return true;
	return says(l,
	            "is masked by %.60s, in whose results %zu of %zu values that were tried can still be read; let it "
	            "hide more of them",
	            t->id, m.readable, m.tried);
}

bool hf_hides(const struct hf_plan_field *field, const char *type, unsigned level, char why[HF_HIDES_WHY])
{
	const struct hf_hides_form *known = form_of(type), other = {.type = type, .most = KEEP_MOST};
	const struct look l = {field, known ? known : &other, level, why};

	if (!field->technique)
		return true;
	return field->technique->own ? own_hides(&l) : by_parameters(&l);
}

/* ---- files ---- */

bool hf_hides_by_file(const struct hf_plan *p, const struct hf_plan_field *field, char why[HF_HIDES_WHY])
{
	const char *id = field->technique ? field->technique->id : "";
	bool map = strcmp(id, "map") == 0;
	size_t column = map ? 1 : (size_t)number(field, "level", 1), same = 0;
	union {
		const struct hf_plan *in;
		void *ctx;
	} from = {p};
	struct hf_mask_use use = {
	        .args = field->args, .arg_count = field->arg_count, .file = hf_plan_file, .file_ctx = from.ctx};
	struct hf_lines l;
	struct hf_fault f;

	if (p->file_count == 0 || (!map && strcmp(id, "hier") != 0) ||
	    hf_lines_open(&use, id, map ? "table" : "tree", 1, &f, &l) != HF_OK)
		return true; /* what is wrong with a file, opening it says */
	for (size_t i = 0; i < l.count; i++) {
		const struct hf_bytes *a = &l.lines[i].cells[0], *b = &l.lines[i].cells[column];

		same += column < l.lines[i].count && a->len == b->len && memcmp(a->data, b->data, a->len) == 0;
	}
	if (same * 2 > l.count)
		snprintf(why, HF_HIDES_WHY,
		         "becomes itself by %zu of the %zu lines of the file that %s reads; correct the file, or take "
		         "another "
		         "technique",
		         same, l.count, id);
	bool hides = same * 2 <= l.count;
	hf_lines_done(&l);
	return hides;
}
