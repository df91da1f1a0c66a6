#include "release/trend.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "release/disclosures.h"
#include "release/internal.h"

#define SHARE_VARIES 0.005 /* a share of 20,000 rows */

/* ---- the figures of one run ---- */

static double number(const json_t *o, const char *name)
{
	return json_number_value(json_object_get(o, name));
}

/* The largest of a member of the objects in a list; negative: nothing has it. */
static double worst(const json_t *list, const char *name)
{
	const json_t *o;
	double most = -1;
	size_t i;

	json_array_foreach(list, i, o)
	{
		const json_t *v = json_object_get(o, name);

		if (json_is_number(v) && json_number_value(v) > most)
			most = json_number_value(v);
	}
	return most;
}

static double reached(const json_t *e)
{
	const json_t *c = json_object_get(e, "coverage");
	double all = number(c, "sensitive");

	return all > 0 ? number(c, "reached") / all : -1;
}

static double kept(const json_t *e)
{
	return worst(json_object_get(json_object_get(e, "coverage"), "fields"), "kept_share");
}

static double by_dictionary(const json_t *e)
{
	return worst(json_object_get(e, "fields"), "by_dictionary");
}

static double by_frequency(const json_t *e)
{
	return worst(json_object_get(e, "fields"), "by_frequency");
}

static double residual(const json_t *e)
{
	const json_t *o;
	double n = 0;
	size_t i;

	json_array_foreach(json_object_get(e, "fields"), i, o) n += json_is_true(json_object_get(o, "residual"));
	return n;
}

static double unreadable(const json_t *e)
{
	const json_t *o;
	double all = 0, lost = 0;
	size_t i;

	json_array_foreach(json_object_get(e, "fields"), i, o)
	{
		all += number(o, "values");
		lost += number(o, "unreadable");
	}
	return all > 0 ? lost / all : -1;
}

/* Of all rows where the plan demands something of the risk, else of the first ones. */
static double k(const json_t *e)
{
	const json_t *v = json_object_get(json_object_get(e, "risk"), "k");

	return v ? json_number_value(v) : -1;
}

static double risk(const json_t *e)
{
	const json_t *v = json_object_get(json_object_get(e, "risk"), "prosecutor_max");

	return v ? json_number_value(v) : -1;
}

static const struct {
	const char *name;
	double (*of)(const json_t *evaluation); /* negative: not measured */
	bool more_is_better;
	double varies;
} figures[] = {
        {"reached", reached, true, SHARE_VARIES},
        {"kept", kept, false, SHARE_VARIES},
        {"by_dictionary", by_dictionary, false, SHARE_VARIES},
        {"by_frequency", by_frequency, false, SHARE_VARIES},
        {"residual", residual, false, 0},
        {"unreadable", unreadable, false, 0},
        {"k", k, true, 0},
        {"risk", risk, false, 0},
};

json_t *hf_trend_figures(const json_t *evaluation)
{
	json_t *o = json_object();

	for (size_t i = 0; i < sizeof(figures) / sizeof(figures[0]); i++) {
		double v = figures[i].of(evaluation);

		if (v >= 0)
			json_object_set_new(o, figures[i].name, json_real(v));
	}
	return o;
}

void hf_trend_compare(const json_t *before, const json_t *now, json_t *worse, json_t *better)
{
	for (size_t i = 0; i < sizeof(figures) / sizeof(figures[0]); i++) {
		const json_t *a = json_object_get(before, figures[i].name), *b = json_object_get(now, figures[i].name);
		double gain = json_number_value(b) - json_number_value(a);

		if (!a || !b)
			continue;
		if (!figures[i].more_is_better)
			gain = -gain;
		if (gain < -figures[i].varies)
			json_array_append_new(worse, json_string(figures[i].name));
		if (gain > figures[i].varies)
			json_array_append_new(better, json_string(figures[i].name));
	}
}

/* ---- the runs of a dataset ---- */

struct trend {
	struct hf_release *r;
	char dataset[HF_NAME_MAX + 1];
	json_t *runs;     /* of tasks, newest first */
	json_t *measured; /* of deliveries and reads, newest first */
	json_t *known;    /* source: is it of the dataset? */
	size_t looked;
	bool more;
	enum hf_err error;
};

static bool of_dataset(struct trend *t, const char *source)
{
	const json_t *known = json_object_get(t->known, source);
	char dataset[HF_NAME_MAX + 1];
	struct hf_fault f;

	if (known)
		return json_is_true(known);
	t->error = hf_disclosure_dataset(t->r->store, t->r->sources, source, dataset, &f);
	json_object_set_new(t->known, source, json_boolean(t->error == HF_OK && strcmp(dataset, t->dataset) == 0));
	return json_is_true(json_object_get(t->known, source));
}

/* When it was measured; what is done to the task later, its audit for instance, is of another time. */
static int64_t measured_ms(const Hufu__MaskTaskRow *row)
{
	for (size_t i = row->n_steps; i-- > 0;)
		if (row->steps[i]->step == HF_MASK_STEP_EVALUATE)
			return row->steps[i]->time_ms;
	return row->changed_ms;
}

static json_t *run_json(const Hufu__MaskTaskRow *row, const json_t *evaluation)
{
	char id[HF_ID_TEXT] = "", time[HF_TIME_TEXT];
	struct hf_id task;

	if (hf_id_from_bytes(row->id.data, row->id.len, &task))
		hf_id_text(&task, id);
	hf_time_text(measured_ms(row), time);
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:I, s:o}", "what", "task", "id", id, "task", id, "time",
	                 time, "source", row->source, "plan", row->plan, "version", (json_int_t)row->version, "rows",
	                 (json_int_t)(row->place ? row->place->rows_in : 0), "figures", hf_trend_figures(evaluation));
}

static bool add_run(void *ctx, const Hufu__MaskTaskRow *row)
{
	struct trend *t = ctx;
	json_t *evaluation;

	if (++t->looked > HF_TREND_TASKS || json_array_size(t->runs) == HF_TREND_RUNS) {
		t->more = true;
		return false;
	}
	if (row->evaluation.len == 0 || !of_dataset(t, row->source))
		return t->error == HF_OK;
	evaluation = json_loadb((const char *)row->evaluation.data, row->evaluation.len, 0, NULL);
	if (!evaluation) {
		t->error = HF_E_STORE;
		return false;
	}
	json_array_append_new(t->runs, run_json(row, evaluation));
	json_decref(evaluation);
	return true;
}

/* ---- deliveries and reads ---- */

#define MEASURE_KEY (HF_NAME_MAX + 1 + 8 + 16)

static size_t measure_key(uint8_t key[MEASURE_KEY], const struct hf_measured *m)
{
	size_t n = strlen(m->dataset);

	n = n > HF_NAME_MAX ? HF_NAME_MAX : n;
	memcpy(key, m->dataset, n);
	key[n++] = 0;
	hf_put_u64(key + n, (uint64_t)m->ms);
	memcpy(key + n + 8, m->id.b, 16);
	return n + 8 + 16;
}

void hf_trend_put(struct hf_unit *unit, const struct hf_measured *m)
{
	Hufu__MaskMeasureRow row = HUFU__MASK_MEASURE_ROW__INIT;
	char *said = json_dumps(m->figures, JSON_COMPACT);
	uint8_t key[MEASURE_KEY], *bytes;
	struct hf_id id = m->id;
	size_t len;

	row.id = (ProtobufCBinaryData){sizeof(id.b), id.b};
	row.what = (char *)m->what;
	row.time_ms = m->ms;
	row.source = (char *)m->source;
	row.plan = (char *)m->plan;
	row.version = m->version;
	row.recipient = (char *)m->recipient;
	row.figures = (ProtobufCBinaryData){strlen(said), (uint8_t *)said};
	bytes = hf_encode(&row.base, &len);
	if (!bytes)
		abort(); /* memory is gone */
	hf_unit_put(unit, HF_TABLE_MASK_MEASURE, key, measure_key(key, m), bytes, len);
	free(bytes);
	free(said);
}

static json_t *measured_json(const Hufu__MaskMeasureRow *row, const json_t *said)
{
	char id[HF_ID_TEXT] = "", time[HF_TIME_TEXT];
	struct hf_id of;

	if (hf_id_from_bytes(row->id.data, row->id.len, &of))
		hf_id_text(&of, id);
	hf_time_text(row->time_ms, time);
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:I, s:s, s:O, s:o}", "what", row->what, "id", id, "time", time,
	                 "source", row->source, "plan", row->plan, "version", (json_int_t)row->version, "recipient",
	                 row->recipient, "rows", json_object_get(said, "rows"), "figures", hf_trend_figures(said));
}

static bool add_measured(void *ctx, struct hf_bytes key, struct hf_bytes value)
{
	Hufu__MaskMeasureRow *row HF_CLEANUP(hf_decoded_done) = HF_DECODE_OWN(mask_measure_row, value.data, value.len);
	struct trend *t = ctx;
	json_t *said = row ? json_loadb((const char *)row->figures.data, row->figures.len, 0, NULL) : NULL, *run;

	(void)key;
	if (!said) {
		t->error = HF_E_STORE;
		return false;
	}
	if (json_array_size(t->measured) == HF_TREND_RUNS) {
		t->more = true;
		json_decref(said);
		return false;
	}
	run = measured_json(row, said);
	json_decref(said);
	if (!run) {
		t->error = HF_E_STORE;
		return false;
	}
	json_array_append_new(t->measured, run);
	return true;
}

static const char *text(const json_t *o, const char *name)
{
	const char *s = json_string_value(json_object_get(o, name));

	return s ? s : "";
}

/* The newest one before of the same kind: by the same plan, else by any. */
static const json_t *before(const json_t *runs, size_t at)
{
	const char *plan = text(json_array_get(runs, at), "plan"), *what = text(json_array_get(runs, at), "what");
	const json_t *other = NULL;

	for (size_t i = at; i-- > 0;) {
		const json_t *o = json_array_get(runs, i);

		if (strcmp(text(o, "what"), what) != 0)
			continue;
		if (strcmp(text(o, "plan"), plan) == 0)
			return o;
		other = other ? other : o;
	}
	return other;
}

/* Both newest first, the times of one form: the newest of all. */
static json_t *joined(struct trend *t)
{
	size_t a = 0, b = 0, tasks = json_array_size(t->runs), others = json_array_size(t->measured);
	json_t *all = json_array();

	while ((a < tasks || b < others) && json_array_size(all) < HF_TREND_RUNS) {
		json_t *x = json_array_get(t->runs, a), *y = json_array_get(t->measured, b);
		bool task = x && (!y || strcmp(text(x, "time"), text(y, "time")) >= 0);

		json_array_append(all, task ? x : y);
		a += task;
		b += !task;
	}
	t->more |= a < tasks || b < others;
	return all;
}

static json_t *in_order(const json_t *newest_first)
{
	json_t *runs = json_array();

	for (size_t i = json_array_size(newest_first); i-- > 0;)
		json_array_append(runs, json_array_get(newest_first, i));
	for (size_t i = 0; i < json_array_size(runs); i++) {
		json_t *run = json_array_get(runs, i), *worse = json_array(), *better = json_array();
		const json_t *was = before(runs, i);

		if (was) {
			hf_trend_compare(json_object_get(was, "figures"), json_object_get(run, "figures"), worse,
			                 better);
			json_object_set(run, "than", json_object_get(was, "id"));
		}
		json_object_set_new(run, "worse", worse);
		json_object_set_new(run, "better", better);
	}
	return runs;
}

/* The id of an entry is a dataset of its own, of which no task knows. */
static enum hf_err find_dataset(struct trend *t, const char *source, bool *ret_entry, struct hf_fault *f)
{
	struct hf_id entry;

	*ret_entry = hf_id_parse(source, &entry);
	if (!*ret_entry)
		return hf_disclosure_dataset(t->r->store, t->r->sources, source, t->dataset, f);
	hf_id_text(&entry, t->dataset);
	return HF_OK;
}

enum hf_err hf_release_trend(struct hf_release *r, const char *source, json_t **ret_trend, struct hf_fault *f)
{
	struct trend t = {.r = r, .error = HF_OK};
	json_t *all;
	bool entry;
	enum hf_err e;

	HF_TRY(find_dataset(&t, source, &entry, f));
	t.runs = json_array();
	t.measured = json_array();
	t.known = json_object();
	e = entry ? HF_OK : hf_tasks(r, add_run, &t);
	if (e == HF_OK && t.error == HF_OK)
		e = hf_store_scan_back(r->store, HF_TABLE_MASK_MEASURE, t.dataset, strlen(t.dataset) + 1, NULL, 0,
		                       add_measured, &t);
	if (e == HF_OK)
		e = t.error;
	if (e == HF_OK) {
		all = joined(&t);
		*ret_trend = json_pack("{s:s, s:o, s:b}", "dataset", t.dataset, "runs", in_order(all), "more", t.more);
		json_decref(all);
	}
	json_decref(t.runs);
	json_decref(t.measured);
	json_decref(t.known);
	return hf_fault_default(f, e);
}
