/*
 * trial.c - a method at work on values of its form, held to each property of its record (design of masking, 1.4).
 * Declared in methods.h and own.h.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "masking/own/own.h"
#include "masking/own/trial.h"

#define RESULTS ((size_t)16 << 20) /* bytes of a column, where a trial is bounded */

static const struct hf_mask_key trial_key = {"the key of one trial"}, other_key = {"the key of another"};

/* One half has few repetitions, the other many, more of some than of others. */
static void make_values(struct hf_trial *t, const struct hf_own *o)
{
	const uint64_t prime = 2654435761u; /* shares no factor with a form's size: no number comes twice */
	double size = 0;
	uint8_t text[HF_OWN_VALUE];
	uint64_t end, some = t->count / 10 + 1;

	hf_own_form_ok(o->form, &size);
	end = size < 1e15 ? (uint64_t)size : 1000000000000000u;
	t->in = hf_arena_get(&t->arena, t->count * sizeof(*t->in));
	for (uint64_t i = 0; i < t->count; i++) {
		uint64_t number = (i < t->count / 2 ? i : i * i % some) * prime % end;
		size_t len = hf_own_value(o->form, number, text);
		uint8_t *copy = hf_arena_get(&t->arena, len);

		memcpy(copy, text, len);
		t->in[i] = (struct hf_bytes){copy, len};
	}
}

static void take_values(struct hf_trial *t, const struct hf_own *o)
{
	t->in = hf_arena_get(&t->arena, t->count * sizeof(*t->in));
	for (size_t i = 0; i < t->count; i++)
		t->in[i] = o->values[i < t->count / 2 ? i % o->value_count : i * i % (o->value_count / 2 + 1)];
}

static uint64_t cpu_us(void)
{
	struct timespec t = {0, 0};

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

static enum hf_err in_time(const struct hf_trial *t, struct hf_fault *f)
{
	if (!t->until_us || cpu_us() < t->until_us)
		return HF_OK;
	return hf_fault_set(f, HF_E_LIMIT,
	                    "the methods of this plan take more than %" PRIu64
	                    " ms of processor time to try; use fewer "
	                    "of them, or quicker ones",
	                    t->own->all->trial_us / 1000);
}

/* What a column's values have in bytes. */
static enum hf_err fits(const struct hf_trial *t, size_t *bytes, const struct hf_bytes *v, struct hf_fault *f)
{
	*bytes += v->len;
	if (!t->until_us || *bytes <= RESULTS)
		return HF_OK;
	return hf_fault_set(f, HF_E_LIMIT,
	                    "its values are too long: %zu of them have more than %zu bytes; shorten them", t->count,
	                    RESULTS);
}

/* In batches of so many, from the last row to the first when turned; the result stands where its value does. */
static enum hf_err run(struct hf_trial *t, const struct hf_trial_run *how, struct hf_bytes **ret_out,
                       struct hf_fault *f)
{
	const struct hf_technique *method = &t->own->technique;
	const struct hf_mask_use use = {.key = method->record.keyed == HF_KEYED_NOT ? NULL : how->key,
	                                .engine = HF_ENGINE_FF1,
	                                .file = t->own->all->file,
	                                .file_ctx = t->own->all->file_ctx};
	struct hf_bytes *out = hf_arena_get(&t->arena, (t->count + 1) * sizeof(*out));
	struct hf_bytes *in = hf_arena_get(&t->arena, (t->count + 1) * sizeof(*in));
	struct hf_masker *m = NULL;
	enum hf_err e = hf_masker_open(method, &use, f, &m);
	size_t bytes = 0;

	for (size_t i = 0; i < t->count; i++)
		in[i] = how->in[how->turned ? t->count - 1 - i : i];
	t->unreadable = 0;
	for (size_t at = 0; e == HF_OK && at < t->count; at += how->batch) {
		size_t n = t->count - at < how->batch ? t->count - at : how->batch;
		struct hf_mask_batch b = {
		        .in = in + at, .out = out + at, .count = n, .first_row = at, .arena = &t->arena};

		e = how->back ? hf_masker_unmask(m, &b, f) : hf_masker_mask(m, &b, f);
		t->unreadable += b.unreadable;
		for (size_t i = at; e == HF_OK && i < at + n; i++) { /* it may point into the open method */
			e = fits(t, &bytes, &out[i], f);
			out[i] = e == HF_OK ? hf_trial_keep(t, &out[i]) : (struct hf_bytes){NULL, 0};
		}
		if (e == HF_OK)
			e = in_time(t, f);
	}
	hf_masker_close(m);
	for (size_t i = 0; e == HF_OK && how->turned && i < t->count / 2; i++) {
		struct hf_bytes v = out[i];

		out[i] = out[t->count - 1 - i];
		out[t->count - 1 - i] = v;
	}
	*ret_out = out;
	return e;
}

static void say(json_t *checks, const char *property, const char *says, bool holds, const char *seen)
{
	json_array_append_new(checks, json_pack("{s:s, s:s, s:b, s:s}", "property", property, "says", says, "holds",
	                                        (int)holds, "seen", seen));
}

static void say_count(json_t *checks, const char *property, const char *says, size_t bad, const char *what)
{
	char text[120];

	snprintf(text, sizeof(text), "%zu %s", bad, what);
	say(checks, property, says, bad == 0, text);
}

static enum hf_err check_repeats(struct hf_trial *t, json_t *checks, struct hf_fault *f)
{
	const struct hf_technique_record *r = &t->own->technique.record;
	struct hf_trial_run how = {.in = t->in, .key = &trial_key, .batch = 777};
	struct hf_bytes *again;
	size_t differ;

	HF_TRY(run(t, &how, &again, f));
	differ = hf_trial_differ(t, t->out, again);
	if (r->repeats == HF_REPEATS_VALUE) {
		how.turned = true;
		HF_TRY(run(t, &how, &again, f));
		differ += hf_trial_differ(t, t->out, again) + hf_trial_split(t);
	}
	say_count(checks, "repeats", hf_record_repeats(r), differ, "results differ from run to run");
	if (r->keyed == HF_KEYED_NOT) {
		say(checks, "key", hf_record_keyed(r), true, "it is given none");
		return HF_OK;
	}
	how = (struct hf_trial_run){.in = t->in, .key = &other_key, .batch = 1000};
	HF_TRY(run(t, &how, &again, f));
	differ = hf_trial_differ(t, t->out, again);
	say(checks, "key", hf_record_keyed(r), differ > t->count / 20,
	    differ > t->count / 20 ? "another key gives other results" : "another key gives the same results");
	return HF_OK;
}

static enum hf_err check_reversible(struct hf_trial *t, json_t *checks, struct hf_fault *f)
{
	const struct hf_technique_record *r = &t->own->technique.record;
	struct hf_trial_run how = {.in = t->out, .key = &trial_key, .batch = 1000, .back = true};
	struct hf_bytes *back;
	size_t differ, still = 0;

	if (r->reversible == HF_REVERSIBLE_NO) {
		say(checks, "reversible", hf_record_reversible(r), true, "it offers no way back");
		return HF_OK;
	}
	HF_TRY(run(t, &how, &back, f));
	differ = hf_trial_differ(t, t->in, back);
	if (r->reversible == HF_REVERSIBLE_KEY) {
		how.key = &other_key;
		HF_TRY(run(t, &how, &back, f));
		still = t->count - hf_trial_differ(t, t->in, back);
	}
	if (still > t->count / 20)
		say_count(checks, "reversible", hf_record_reversible(r), still, "values come back with another key");
	else
		say_count(checks, "reversible", hf_record_reversible(r), differ, "values do not come back");
	return HF_OK;
}

static void check_meaning(struct hf_trial *t, json_t *checks)
{
	const struct hf_technique_record *r = &t->own->technique.record;
	size_t bad = 0;

	if (r->format == HF_FORMAT_LENGTH || r->format == HF_FORMAT_KEPT)
		bad = hf_trial_misshapen(t, r->format == HF_FORMAT_KEPT);
	say_count(checks, "format", hf_record_format(r), bad, "results are of another form");
	bad = 0;
	if (r->meaning == HF_MEANING_KEPT)
		bad = hf_trial_misshapen(t, true);
	else if (r->meaning == HF_MEANING_ORDER)
		bad = hf_trial_disorder(t);
	say_count(checks, "meaning", hf_record_meaning(r), bad,
	          r->meaning == HF_MEANING_ORDER ? "results stand in another order" : "results are of another kind");
}

static void check_reference(struct hf_trial *t, json_t *checks)
{
	const struct hf_technique_record *r = &t->own->technique.record;
	size_t bad = 0;

	if (r->reference == HF_REFERENCE_EQUAL || r->reference == HF_REFERENCE_ONE_TO_ONE)
		bad = hf_trial_split(t);
	if (r->reference == HF_REFERENCE_ONE_TO_ONE)
		bad += hf_trial_met(t);
	say_count(checks, "reference", hf_record_reference(r), bad, "values are told apart or taken together");
	bad = !hf_trial_distribution(t, r->distribution);
	say(checks, "distribution", hf_record_distribution(r), bad == 0,
	    bad ? "results are spread otherwise" : "as it says");
}

static enum hf_err all_checks(struct hf_trial *t, json_t *checks, struct hf_fault *f)
{
	const struct hf_trial_run how = {.in = t->in, .key = &trial_key, .batch = 1000};
	char text[60];
	size_t same, bytes = 0;

	for (size_t i = 0; i < t->count; i++)
		HF_TRY(fits(t, &bytes, &t->in[i], f));
	HF_TRY(run(t, &how, &t->out, f));
	say_count(checks, "form", t->own->form ? t->own->form : "the table's values", (size_t)t->unreadable,
	          "values cannot be read");
	same = t->count - hf_trial_differ(t, t->in, t->out);
	snprintf(text, sizeof(text), "%zu results are as their values", same);
	say(checks, "hides", "most values do not come through", same <= t->count / 2, text);
	HF_TRY(check_repeats(t, checks, f));
	HF_TRY(check_reversible(t, checks, f));
	check_meaning(t, checks);
	check_reference(t, checks);
	return HF_OK;
}

enum hf_err hf_methods_try(const struct hf_methods *m, size_t i, uint32_t rows, json_t **ret_report, struct hf_fault *f)
{
	struct hf_trial t = {.own = &m->own[i], .count = rows < 100 ? 100 : rows};
	uint64_t left = m->trial_us > m->tried_us ? m->trial_us - m->tried_us : 0;
	json_t *checks = json_array(), *c;
	struct hf_fault why = {.code = HF_OK};
	bool good = true;
	enum hf_err e;
	size_t k;

	hf_arena_init(&t.arena, NULL, 0);
	t.until_us = m->trial_us ? cpu_us() + left : 0;
	if (t.own->values)
		take_values(&t, t.own);
	else
		make_values(&t, t.own);
	e = all_checks(&t, checks, &why);
	json_array_foreach(checks, k, c) good = good && json_is_true(json_object_get(c, "holds"));
	hf_arena_done(&t.arena);
	if (e == HF_OK) {
		*ret_report = json_pack("{s:s, s:I, s:b, s:o}", "method", m->own[i].technique.id, "rows",
		                        (json_int_t)t.count, "good", (int)good, "checks", checks);
		return HF_OK;
	}
	json_decref(checks);
	return hf_fault_set(f, HF_E_QUALITY, "method %.60s could not be tried: %.300s", m->own[i].technique.id,
	                    why.text);
}

enum hf_err hf_methods_hold(struct hf_methods *m, const struct hf_technique *t, struct hf_fault *f)
{
	json_t *report = NULL, *c;
	uint64_t begun = cpu_us();
	size_t i = 0, k;
	enum hf_err e;

	while (i < m->count && &m->own[i].technique != t)
		i++;
	if (i == m->count || m->held || m->own[i].tried)
		return HF_OK;
	e = hf_methods_try(m, i, HF_METHOD_ROWS, &report, f);
	m->tried_us += cpu_us() - begun;
	HF_TRY(e);
	m->own[i].tried = json_is_true(json_object_get(report, "good"));
	json_array_foreach(json_object_get(report, "checks"), k, c) if (!json_is_true(json_object_get(c, "holds")))
	{
		hf_fault_set(f, HF_E_QUALITY,
		             "method %.60s does not do what its record says (%s: %s; seen: %s); correct it, and see "
		             "`hufu mask "
		             "techniques --try`",
		             t->id, json_string_value(json_object_get(c, "property")),
		             json_string_value(json_object_get(c, "says")),
		             json_string_value(json_object_get(c, "seen")));
		break;
	}
	json_decref(report);
	return m->own[i].tried ? HF_OK : HF_E_QUALITY;
}

enum hf_err hf_methods_hold_all(struct hf_methods *m, uint32_t trial_ms, struct hf_fault *f)
{
	m->file = NULL;
	m->file_ctx = NULL;
	m->trial_us = (uint64_t)trial_ms * 1000;
	for (size_t i = 0; i < m->count; i++)
		HF_TRY(hf_methods_hold(m, &m->own[i].technique, f));
	m->held = true;
	return HF_OK;
}
