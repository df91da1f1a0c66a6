#include "release/engine/measure.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "release/engine/table_sample.h"

#define CELLS_MAX ((uint64_t)32 << 20) /* of each table, a code of 4 bytes each */

struct hf_measure {
	struct hf_measure_setup setup;
	struct release_sample before, after;
	bool drops; /* rows are left out, so that the tables are not row for row the same things */
};

/* ---- quasi-identifiers ---- */

/* Of a kind by which somebody may be known elsewhere. */
static bool of_kind(const json_t *inventory, const char *field)
{
	const json_t *o;
	size_t i;

	json_array_foreach(json_object_get(inventory, "locations"), i, o)
	{
		const char *name = json_string_value(json_object_get(o, "field"));
		const char *type = json_string_value(json_object_get(o, "type"));

		if (name && strcmp(name, field) == 0)
			return type && *type && json_integer_value(json_object_get(o, "level")) >= 2;
	}
	return false;
}

static bool shows(const struct hf_technique *t)
{
	return !t ||
	       (t->record.keyed == HF_KEYED_NOT && !t->drops_column && t->record.distribution != HF_DISTRIBUTION_LOST);
}

static bool among(const char *const *names, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return count == 0;
}

size_t hf_measure_quasi(const struct hf_plan_table *t, const json_t *inventory, const char *const *only,
                        size_t only_count, const char **ret_names)
{
	size_t n = 0;

	for (size_t i = 0; t->demand && i < t->demand->quasi_count; i++)
		if (among(only, only_count, t->demand->quasi[i]))
			ret_names[n++] = t->demand->quasi[i];
	for (size_t i = 0; !t->demand && i < t->field_count && n < HF_MAX_FIELDS; i++) {
		const struct hf_plan_field *f = &t->fields[i];

		if (shows(f->technique) && of_kind(inventory, f->name) && among(only, only_count, f->name))
			ret_names[n++] = f->name;
	}
	return n;
}

/* ---- figures ---- */

static json_t *names_json(const char *const *names, size_t count)
{
	json_t *list = json_array();

	for (size_t i = 0; i < count; i++)
		json_array_append_new(list, json_string(names[i]));
	return list;
}

json_t *hf_measure_risk(const struct hf_plan_table *t, const char *const *quasi, size_t count,
                        struct hf_demand_table *before, const struct hf_demand_table *after)
{
	const struct hf_plan_demand demand = {
	        .quasi = quasi, .quasi_count = count, .t = -1, .recovery = -1, .threshold = 0.05};
	struct hf_plan_table asked = *t;
	json_int_t rows = hf_effect_rows(after->rows);
	json_t *o = NULL;
	struct hf_fault f;

	asked.demand = &demand;
	if (count == 0 || hf_demand_check(&asked, before, after, &o, &f) != HF_OK)
		o = json_pack("{s:s, s:I, s:i, s:I, s:f}", "table", t->name, "rows", rows, "classes", rows > 0, "k",
		              rows, "prosecutor_max", rows > 0 ? 1 / (double)rows : 0);
	json_object_del(o, "missed");
	json_object_set_new(o, "quasi", names_json(quasi, count));
	return o;
}

struct hf_measure *hf_measure_new(const struct hf_measure_setup *s)
{
	struct hf_measure *m = hf_alloc_zero(sizeof(*m));

	m->setup = *s;
	release_sample_begin(&m->before, s->rows, false);
	release_sample_begin(&m->after, s->rows, false);
	m->before.cells_most = m->after.cells_most = CELLS_MAX;
	m->before.bytes_most = s->bytes;
	m->after.bytes_most = s->bytes > HF_MEASURE_BYTES ? s->bytes : 4 * s->bytes; /* values may grow */
	for (size_t i = 0; i < s->table->field_count; i++)
		m->drops |= s->table->fields[i].technique && s->table->fields[i].technique->of_rows;
	return m;
}

void hf_measure_free(struct hf_measure *m)
{
	if (!m)
		return;
	release_sample_done(&m->before);
	release_sample_done(&m->after);
	free(m);
}

/* The result is looked at as far as the original was. */
void hf_measure_before(struct hf_measure *m, const void *data, size_t len)
{
	if (!release_sample_feed(&m->before, data, len) && m->before.codes)
		m->after.most = hf_effect_rows(m->before.codes);
}

void hf_measure_after(struct hf_measure *m, const void *data, size_t len)
{
	release_sample_feed(&m->after, data, len);
}

bool hf_measure_enough(const struct hf_measure *m)
{
	return (m->before.full || m->before.bad) && (m->after.full || m->after.bad);
}

bool hf_measure_over(const struct hf_measure *m)
{
	return release_sample_part(&m->before) || release_sample_part(&m->after);
}

/* False: there is nothing. */
static bool ended(struct hf_measure *m, struct hf_demand_table *ret_before, struct hf_demand_table *ret_after)
{
	bool before = release_sample_end(&m->before), after = release_sample_end(&m->after);

	if (!before || !after)
		return false;
	*ret_before = release_sample_named(&m->before);
	*ret_after = release_sample_named(&m->after);
	return true;
}

static const char *technique_of(const struct hf_plan_table *t, const char *field)
{
	for (size_t i = 0; i < t->field_count; i++)
		if (strcmp(t->fields[i].name, field) == 0 && t->fields[i].technique)
			return t->fields[i].technique->id;
	return "keep";
}

static double round4(double x)
{
	return (double)(long)(x * 10000 + 0.5) / 10000;
}

/* Of masked fields; those that are kept are not meant to be secret. */
static json_t *fields_json(const struct hf_plan_table *t, const json_t *recovery)
{
	json_t *list = json_array();
	const json_t *o;
	size_t i;

	json_array_foreach(recovery, i, o)
	{
		const char *field = json_string_value(json_object_get(o, "field")), *technique = technique_of(t, field);

		if (strcmp(technique, "keep") == 0)
			continue;
		json_array_append_new(
		        list, json_pack("{s:s, s:s, s:f, s:f, s:f}", "field", field, "technique", technique, "same",
		                        round4(json_number_value(json_object_get(o, "same"))), "by_dictionary",
		                        round4(json_number_value(json_object_get(o, "dictionary"))), "by_frequency",
		                        round4(json_number_value(json_object_get(o, "frequency")))));
	}
	return list;
}

json_t *hf_measure_of(const struct hf_plan_table *t, const char *const *quasi, size_t count,
                      struct hf_demand_table *before, const struct hf_demand_table *after)
{
	bool pairs = before && hf_effect_rows(before->rows) == hf_effect_rows(after->rows);
	json_t *risk = hf_measure_risk(t, quasi, count, pairs ? before : NULL, after), *o;

	if (!json_object_get(risk, "recovery") && pairs)
		json_object_set_new(risk, "recovery", hf_demand_recovery(before, after));
	o = json_pack("{s:I, s:o, s:o}", "rows", (json_int_t)hf_effect_rows(after->rows), "fields",
	              fields_json(t, json_object_get(risk, "recovery")), "risk", risk);
	json_object_del(risk, "recovery");
	json_object_del(risk, "sensitive");
	return o;
}

json_t *hf_measure_figures(struct hf_measure *m)
{
	struct hf_demand_table before, after;

	return ended(m, &before, &after) ? hf_measure_of(m->setup.table, m->setup.quasi, m->setup.quasi_count,
	                                                 m->drops ? NULL : &before, &after)
	                                 : NULL;
}

static size_t there(const struct hf_demand_table *t, const char *const *names, size_t count, const char **ret_names)
{
	size_t n = 0;

	for (size_t i = 0; i < count; i++)
		if (t->name_count > 0 && among(t->names, t->name_count, names[i]) && n < HF_MAX_FIELDS)
			ret_names[n++] = names[i];
	return n;
}

/* Of the fields that are in the result: what is not there, nobody is known by. */
enum hf_err hf_measure_demand(struct hf_measure *m, struct hf_fault *f)
{
	const char *quasi[HF_MAX_FIELDS], *sensitive[HF_MAX_FIELDS];
	struct hf_plan_table asked = *m->setup.table;
	struct hf_demand_table before, after;
	struct hf_plan_demand d;
	json_t *figures = NULL, *missed;
	enum hf_err e;

	if (!asked.demand)
		return HF_OK;
	if (!ended(m, &before, &after) || m->before.bad || m->after.bad)
		return hf_fault_set(f, HF_E_QUALITY,
		                    "what is masked is no table, so that nothing is known of its risk");
	if (hf_measure_over(m))
		return hf_fault_set(f, HF_E_QUALITY,
		                    "the table has more rows, or its values more bytes, than are held to a demand at "
		                    "once (%" PRIu64 " rows, %" PRIu64
		                    " MiB, 32 Mi cells); deliver what a task makes of it",
		                    m->setup.rows - 1, m->setup.bytes >> 20);
	d = *asked.demand;
	d.quasi_count = there(&after, d.quasi, d.quasi_count, quasi);
	d.sensitive_count = there(&after, d.sensitive, d.sensitive_count, sensitive);
	d.quasi = quasi;
	d.sensitive = sensitive;
	asked.demand = &d;
	e = hf_demand_check(&asked, &before, &after, &figures, f);
	missed = json_object_get(figures, "missed");
	if (e == HF_OK && json_array_size(missed) > 0)
		e = hf_fault_set(f, HF_E_QUALITY, "%.300s", json_string_value(json_array_get(missed, 0)));
	json_decref(figures);
	return e;
}

/* ---- as somebody else states them ---- */

static void take_number(const json_t *from, const char *name, json_t *to)
{
	double v = json_number_value(json_object_get(from, name));

	if (json_is_number(json_object_get(from, name)) && v >= 0 && v <= 1e15)
		json_object_set(to, name, json_object_get(from, name));
}

static const char *name_of(const json_t *o)
{
	const char *s = json_string_value(o);

	return s && *s && hf_text_ok(s, json_string_length(o), HF_CSV_NAME_MAX) ? s : NULL;
}

static json_t *read_fields(const json_t *list)
{
	static const char *const shares[] = {"same", "by_dictionary", "by_frequency"};
	json_t *fields = json_array();
	const json_t *o;
	size_t i;

	json_array_foreach(list, i, o)
	{
		const char *field = name_of(json_object_get(o, "field")),
		           *by = name_of(json_object_get(o, "technique"));
		json_t *one = field && by ? json_pack("{s:s, s:s}", "field", field, "technique", by) : NULL;

		for (size_t k = 0; one && k < sizeof(shares) / sizeof(shares[0]); k++)
			take_number(o, shares[k], one);
		if (one)
			json_array_append_new(fields, one);
	}
	return fields;
}

json_t *hf_measure_read(const char *text)
{
	static const char *const numbers[] = {"rows", "k", "classes", "sample_uniques", "prosecutor_max"};
	json_t *said = json_loads(text, JSON_REJECT_DUPLICATES, NULL), *o, *quasi, *risk = json_object();
	const json_t *of = json_object_get(said, "risk"), *q;
	size_t i;

	for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		take_number(of, numbers[i], risk);
	quasi = json_array();
	json_array_foreach(json_object_get(of, "quasi"), i, q) if (name_of(q)) json_array_append(quasi, (json_t *)q);
	json_object_set_new(risk, "quasi", quasi);
	o = json_pack("{s:o, s:o}", "fields", read_fields(json_object_get(said, "fields")), "risk", risk);
	take_number(said, "rows", o);
	json_decref(said);
	if (json_object_get(risk, "k") && json_object_get(o, "rows"))
		return o;
	json_decref(o);
	return NULL;
}

/* ---- words ---- */

static const char *worst_of(const json_t *fields, const char *what, double *ret_share)
{
	const char *field = "";
	const json_t *o;
	size_t i;

	*ret_share = 0;
	json_array_foreach(fields, i, o)
	{
		double v = json_number_value(json_object_get(o, what));

		if (json_object_get(o, what) && (!*field || v > *ret_share)) {
			field = json_string_value(json_object_get(o, "field"));
			*ret_share = v;
		}
	}
	return field;
}

void hf_measure_text(const json_t *figures, char *out, size_t cap)
{
	const json_t *risk = json_object_get(figures, "risk"), *fields = json_object_get(figures, "fields"), *q;
	double dictionary, frequency;
	const char *d = worst_of(fields, "by_dictionary", &dictionary);
	const char *r = worst_of(fields, "by_frequency", &frequency);
	HF_CLEANUP(hf_buf_done) struct hf_buf b = HF_BUF_INIT;
	size_t i;

	hf_buf_addf(&b, "of %lld rows: k %lld", (long long)json_integer_value(json_object_get(risk, "rows")),
	            (long long)json_integer_value(json_object_get(risk, "k")));
	json_array_foreach(json_object_get(risk, "quasi"), i, q)
	        hf_buf_addf(&b, "%s%.60s", i ? ", " : " of ", json_string_value(q));
	if (*d)
		hf_buf_addf(&b, "; comes back by dictionary %.4f (%.60s), by frequency %.4f (%.60s)", dictionary, d,
		            frequency, r);
	hf_buf_add(&b, "", 1);
	snprintf(out, cap, "%s", b.data ? (const char *)b.data : "");
	out[hf_utf8_cut(out, strlen(out))] = '\0';
}
