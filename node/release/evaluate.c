/*
 * evaluate.c - what a run left (JT/T 1480 5.7, MK-48): coverage, a second look at the result by the detectors, how much
 * comes back without a key, and what to change. Declared in work.h.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "masking/coverage.h"
#include "masking/effect_attack.h"
#include "release/engine/measure.h"
#include "release/engine/table_sample.h"
#include "release/work.h"

#define SAMPLE_ROWS 20000u
#define PIECE ((size_t)256 << 10)
#define RECOVERED 0.05 /* share of a masked column that may come back before a change is proposed */

typedef bool (*piece_fn)(void *ctx, uint64_t at, uint8_t *out, size_t cap, size_t *ret_len);

static bool read_sample(struct release_sample *s, piece_fn fn, void *ctx)
{
	uint8_t *piece = hf_alloc(PIECE);
	size_t n = PIECE;
	bool read = true, more = true;

	for (uint64_t at = 0; read && more && n == PIECE; at += n) {
		read = fn(ctx, at, piece, PIECE, &n);
		more = read && release_sample_feed(s, piece, n);
	}
	read = release_sample_end(s) && read;
	hf_wipe(piece, PIECE);
	free(piece);
	return read;
}

static bool from_source(void *ctx, uint64_t at, uint8_t *out, size_t cap, size_t *ret_len)
{
	return hf_source_read(ctx, at, out, cap, ret_len) == HF_OK;
}

static bool from_file(void *ctx, uint64_t at, uint8_t *out, size_t cap, size_t *ret_len)
{
	ssize_t n = pread(*(int *)ctx, out, cap, (off_t)at);

	*ret_len = n > 0 ? (size_t)n : 0;
	return n >= 0;
}

/* ---- the report ---- */

static double round4(double x)
{
	return (double)(long)(x * 10000 + 0.5) / 10000;
}

static size_t column_of(const struct release_sample *s, const char *name)
{
	for (size_t i = 0; i < s->width; i++)
		if (strcmp(s->names[i], name) == 0)
			return i;
	return SIZE_MAX;
}

static void propose(json_t *changes, const char *field, const char *what)
{
	json_array_append_new(changes, json_sprintf("field %s %s", field, what));
}

/* A kept field that looks sensitive was forgotten; a masked one must not give its values back. */
static json_t *look_at(const struct release_count *n, const struct hf_field_finding *f, json_t *changes)
{
	const struct hf_detector *d = f ? f->best.detector : NULL;
	bool kept = strcmp(n->technique, "keep") == 0;
	bool residual = kept && d && d->level >= 3;
	json_t *o = json_pack("{s:s, s:s, s:s, s:I, s:I}", "field", n->field, "technique", n->technique, "key", n->key,
	                      "values", (json_int_t)n->values, "unreadable", (json_int_t)n->unreadable);

	if (d)
		json_object_set_new(o, "looks_like", json_string(d->id));
	json_object_set_new(o, "residual", json_boolean(residual));
	if (residual)
		propose(changes, n->field, "is kept and looks sensitive in the result: mask it, or confirm what it is");
	if (n->unreadable > 0)
		propose(changes, n->field,
		        "has values that are not of its type and became null: correct the source, or its type");
	return o;
}

static void attack(json_t *o, const struct release_count *n, struct release_sample *before,
                   const struct release_sample *after, json_t *changes)
{
	size_t b = column_of(before, n->field), a = column_of(after, n->field);
	struct hf_effect_attack attack;

	if (strcmp(n->technique, "keep") == 0 || b == SIZE_MAX || a == SIZE_MAX ||
	    hf_effect_rows(before->codes) != hf_effect_rows(after->codes))
		return;
	hf_effect_attack(before->codes, b, after->codes, a, &attack);
	json_object_set_new(o, "same", json_real(round4(attack.same)));
	json_object_set_new(o, "by_dictionary", json_real(round4(attack.dictionary)));
	json_object_set_new(o, "by_frequency", json_real(round4(attack.frequency)));
	if (attack.dictionary > RECOVERED)
		propose(changes, n->field, "comes back by a dictionary: take a keyed or a coarser technique");
	if (attack.frequency > RECOVERED)
		propose(changes, n->field, "comes back by how frequent its values are: take a coarser technique");
}

static const struct hf_field_finding *finding_of(const struct release_sample *s, const char *name)
{
	size_t count, at = column_of(s, name);
	const struct hf_field_finding *f = at == SIZE_MAX ? NULL : hf_identify_findings(s->x, &count);

	return f ? &f[at] : NULL;
}

/* Both tables, as far as they are wanted; pairs: row for row the same things. */
struct tables {
	struct release_sample before, after;
	bool seen, pairs;
};

static void read_tables(const struct release_check *c, uint64_t most, bool detect, struct tables *t)
{
	int fd = open(access(c->part, F_OK) == 0 ? c->part : c->output, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

	*t = (struct tables){.seen = false};
	release_sample_begin(&t->before, most, false);
	release_sample_begin(&t->after, most, detect);
	t->pairs = c->reader && read_sample(&t->before, from_source, c->reader) && c->rows_in == c->rows_out;
	t->seen = fd >= 0 && read_sample(&t->after, from_file, &fd);
	if (fd >= 0)
		close(fd);
}

static void tables_done(struct tables *t)
{
	release_sample_done(&t->before);
	release_sample_done(&t->after);
}

/* Sentences of both, each once. */
static void join(json_t *changes, json_t *take)
{
	const json_t *said, *known;
	size_t i, k;

	json_array_foreach(take, i, said)
	{
		bool there = false;

		json_array_foreach(changes, k, known) there |= json_equal(known, said);
		if (!there)
			json_array_append(changes, (json_t *)said);
	}
	json_decref(take);
}

/* What masking reached of what is sensitive in the source, and what a new look finds: of the first rows of both. */
static json_t *coverage(struct tables *t, json_t *changes)
{
	struct hf_demand_table before = release_sample_named(&t->before), after = release_sample_named(&t->after);
	json_t *o = hf_coverage(&before, &after, RECOVERED), *figures = json_object();

	join(changes, hf_coverage_changes(o, figures, RECOVERED));
	json_decref(figures);
	return o;
}

/* MK-3: how easily a row is found again, whether the plan demands anything of that or not; of the first rows. */
static json_t *risk_of(const struct release_check *c, struct tables *t)
{
	const struct hf_plan_table *table = hf_plan_table_named(c->plan, c->table);
	struct hf_demand_table before = release_sample_named(&t->before), after = release_sample_named(&t->after);
	const char *quasi[HF_MAX_FIELDS];
	size_t count = table ? hf_measure_quasi(table, c->inventory, NULL, 0, quasi) : 0;

	return table ? hf_measure_risk(table, quasi, count, t->pairs ? &before : NULL, &after) : json_null();
}

enum hf_err release_evaluate(struct release_check *c, json_t **ret_report, struct hf_fault *f)
{
	json_t *changes = json_array(), *fields = json_array(), *report;
	struct tables t;
	size_t masked = 0;

	read_tables(c, SAMPLE_ROWS, true, &t);
	if (!t.seen) { /* nothing can be said of what nobody can read */
		tables_done(&t);
		json_decref(changes);
		json_decref(fields);
		return hf_fault_set(f, HF_E_QUALITY, "the result cannot be read back as a table; retry the task");
	}
	for (size_t i = 0; i < c->count; i++) {
		const struct release_count *n = &c->counts[i];
		json_t *o = look_at(n, finding_of(&t.after, n->field), changes);

		masked += strcmp(n->technique, "keep") != 0;
		if (t.pairs)
			attack(o, n, &t.before, &t.after, changes);
		json_array_append_new(fields, o);
	}
	report = json_pack("{s:I, s:I, s:I, s:I, s:I, s:b, s:o, s:o}", "rows_in", (json_int_t)c->rows_in, "rows_out",
	                   (json_int_t)c->rows_out, "fields_masked", (json_int_t)masked, "fields_kept",
	                   (json_int_t)(c->count - masked), "sample_rows", (json_int_t)hf_effect_rows(t.after.codes),
	                   "as_planned", 1, "fields", fields, "changes", changes);
	if (t.pairs)
		json_object_set_new(report, "coverage", coverage(&t, changes));
	json_object_set_new(report, "risk", risk_of(c, &t));
	tables_done(&t);
	*ret_report = report;
	return HF_OK;
}

/* ---- what the plan demands ---- */

static enum hf_err missed(const json_t *figures, struct hf_fault *f)
{
	const json_t *list = json_object_get(figures, "missed");
	size_t n = json_array_size(list);

	if (n == 0)
		return HF_OK;
	return hf_fault_set(f, HF_E_QUALITY, n > 1 ? "%.300s (and %zu more demands are not met)" : "%.300s",
	                    json_string_value(json_array_get(list, 0)), n - 1);
}

enum hf_err release_demand(struct release_check *c, json_t **ret_figures, struct hf_fault *f)
{
	const struct hf_plan_table *table = hf_plan_table_named(c->plan, c->table);
	struct tables t;
	enum hf_err e;

	if (!table || !table->demand)
		return HF_OK;
	if (c->rows_in > RELEASE_DEMAND_ROWS)
		return hf_fault_set(
		        f, HF_E_LIMIT,
		        "the plan demands figures of the whole table, which has more than %u rows; split it",
		        RELEASE_DEMAND_ROWS);
	read_tables(c, (uint64_t)RELEASE_DEMAND_ROWS + 1, false, &t);
	if (release_sample_part(&t.before) || release_sample_part(&t.after)) {
		e = hf_fault_set(f, HF_E_QUALITY,
		                 "the plan demands figures of the whole table, and not all of it can be read as one; "
		                 "look for rows that are no CSV or longer than %u MiB, or split it",
		                 HF_CSV_RECORD_MOST >> 20);
	} else if (t.seen) {
		struct hf_demand_table was = release_sample_named(&t.before), is = release_sample_named(&t.after);

		e = hf_demand_check(table, t.before.width ? &was : NULL, &is, ret_figures, f);
		e = e == HF_OK ? missed(*ret_figures, f) : e;
	} else {
		e = hf_fault_set(f, HF_E_IO, "the result cannot be read back");
	}
	tables_done(&t);
	return e;
}
