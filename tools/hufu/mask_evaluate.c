/* mask_evaluate.c - `hufu mask evaluate`: what risk was there before masking, and what is left. No value is printed. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "crypto/crypto.h"
#include "mask.h"
#include "mask_evaluate.h"
#include "masking/effect_attack.h"

#define NAMES_MAX 64u
#define THRESHOLD 0.05 /* k = 20, the usual example */

struct names {
	char *text; /* what name points into */
	const char *name[NAMES_MAX];
	size_t count;
};
struct run {
	struct hf_cli *cli;
	struct names quasi, sensitive;
	uint32_t k, l;   /* 0: not asked for */
	double t;        /* negative: not asked for */
	double recovery; /* likewise */
	double threshold;
	struct hf_mask_table before, after, population;
	json_t *missed;
};

static bool split(struct run *r, const char *option, const char *list, struct names *n)
{
	char *next;

	if (!list)
		return true;
	n->text = hf_strdup(list);
	for (char *at = n->text; at; at = next) {
		next = strchr(at, ',');
		if (next)
			*next++ = '\0';
		if (*at == '\0' || n->count == NAMES_MAX) {
			hf_cli_misuse(r->cli, "--%s is '%s'; give 1 to %u names of columns with commas between", option,
			              list, NAMES_MAX);
			return false;
		}
		n->name[n->count++] = at;
	}
	return true;
}

static bool share(struct run *r, const char *option, const char *text, double *ret_share)
{
	char *end = NULL;
	double v = text ? strtod(text, &end) : 0;

	if (text && (end == text || *end || !(v >= 0 && v <= 1))) {
		hf_cli_misuse(r->cli, "--%s is '%s'; give a number from 0 to 1", option, text);
		return false;
	}
	if (text)
		*ret_share = v;
	return true;
}

static bool columns_of(struct run *r, const struct hf_mask_table *t, const struct names *n, size_t *ret_columns)
{
	for (size_t i = 0; i < n->count; i++)
		if (!hf_mask_table_column(r->cli, t, n->name[i], &ret_columns[i]))
			return false;
	return true;
}

static json_t *real_or_null(double v)
{
	return isfinite(v) ? json_real(v) : json_null();
}

static json_t *sensitive_json(const struct run *r, const struct hf_mask_table *t, const struct hf_effect_classes *c,
                              const char *name, size_t column)
{
	struct hf_effect_diversity d;
	struct hf_effect_closeness far;

	hf_effect_diversity(t->rows, c, column, r->l ? r->l : 2, &d);
	hf_effect_closeness(t->rows, c, column, &far);
	return json_pack("{s:s, s:I, s:f, s:I, s:o, s:f, s:f}", "field", name, "l_distinct", (json_int_t)d.distinct,
	                 "l_entropy", d.entropy, "recursive_l", (json_int_t)(r->l ? r->l : 2), "recursive_c",
	                 real_or_null(d.c), "t_equal", far.equal, "t_ordered", far.ordered);
}

static json_t *journalist_json(const struct run *r, struct hf_mask_table *t, const struct hf_effect_classes *c,
                               const size_t *quasi, const size_t *population_quasi)
{
	struct hf_effect_journalist j;
	uint32_t *many = hf_effect_population(t->rows, c, quasi, r->quasi.count, r->population.rows, population_quasi);

	hf_effect_journalist(c, many, hf_effect_rows(r->population.rows), r->threshold, &j);
	free(many);
	return json_pack("{s:I, s:I, s:f, s:f, s:f, s:f, s:f, s:f}", "k_map", (json_int_t)j.k, "strange_classes",
	                 (json_int_t)j.strange, "max", j.max, "average", j.mean, "above_threshold", j.above, "marketer",
	                 j.marketer, "delta_min", j.delta_min, "delta_max", j.delta_max);
}

/* NULL after printing what is wrong. */
static json_t *side(struct run *r, struct hf_mask_table *t)
{
	size_t quasi[NAMES_MAX], sensitive[NAMES_MAX], population[NAMES_MAX];
	struct hf_effect_classes c;
	struct hf_effect_risk k;
	bool people = r->population.rows && t == &r->after; /* the population is masked as AFTER is */
	json_t *o, *list = json_array();

	if (!columns_of(r, t, &r->quasi, quasi) || !columns_of(r, t, &r->sensitive, sensitive) ||
	    (people && !columns_of(r, &r->population, &r->quasi, population))) {
		json_decref(list);
		return NULL;
	}
	hf_effect_classes_make(t->rows, quasi, r->quasi.count, &c);
	hf_effect_risk(&c, r->threshold, &k);
	for (size_t i = 0; i < r->sensitive.count; i++)
		json_array_append_new(list, sensitive_json(r, t, &c, r->sensitive.name[i], sensitive[i]));
	o = json_pack("{s:s, s:I, s:I, s:I, s:I, s:I, s:f, s:f, s:{s:f, s:f, s:f}, s:f, s:o}", "file", t->path, "rows",
	              (json_int_t)k.rows, "suppressed_rows", (json_int_t)k.suppressed, "classes", (json_int_t)k.classes,
	              "k", (json_int_t)k.k, "sample_uniques", (json_int_t)k.uniques, "average_class", k.average,
	              "discernibility", k.discernible, "prosecutor", "max", k.max, "average", k.mean, "above_threshold",
	              k.above, "marketer", k.mean, "sensitive", list);
	if (people)
		json_object_set_new(o, "journalist", journalist_json(r, t, &c, quasi, population));
	hf_effect_classes_done(&c);
	return o;
}

static void miss(struct run *r, const char *text)
{
	json_array_append_new(r->missed, json_string(text));
}

/* What was asked for and is not there (MK-3's limits on k). */
static void judge(struct run *r, const json_t *after)
{
	char text[300];
	json_int_t k = json_integer_value(json_object_get(after, "k"));
	const json_t *s;
	size_t i;

	if (r->k && json_integer_value(json_object_get(after, "classes")) && k < (json_int_t)r->k) {
		snprintf(text, sizeof(text),
		         "k is %lld, below the %u asked for; mask the quasi-identifiers more coarsely", (long long)k,
		         r->k);
		miss(r, text);
	}
	json_array_foreach(json_object_get(after, "sensitive"), i, s)
	{
		const char *field = json_string_value(json_object_get(s, "field"));
		json_int_t l = json_integer_value(json_object_get(s, "l_distinct"));
		double t = json_real_value(json_object_get(s, "t_equal"));

		if (r->l && json_integer_value(json_object_get(after, "classes")) && l < (json_int_t)r->l) {
			snprintf(text, sizeof(text),
			         "a class has %lld different values of %.100s, below the %u asked for; mask more "
			         "coarsely",
			         (long long)l, field, r->l);
			miss(r, text);
		}
		if (r->t >= 0 && t > r->t) {
			snprintf(text, sizeof(text),
			         "a class is %.3f from the whole table in %.100s, above the %.3f asked for; mask more "
			         "coarsely",
			         t, field, r->t);
			miss(r, text);
		}
	}
}

/* For each column that both tables have, when their rows are the same things: what comes back (MK-3). Else null. */
static json_t *recovery_json(struct run *r)
{
	json_t *list;

	if (hf_effect_rows(r->before.rows) != hf_effect_rows(r->after.rows))
		return json_null();
	list = json_array();
	for (size_t i = 0; i < r->before.name_count; i++)
		for (size_t j = 0; j < r->after.name_count; j++) {
			struct hf_effect_attack a;

			if (strcmp(r->before.names[i], r->after.names[j]) != 0)
				continue;
			hf_effect_attack(r->before.rows, i, r->after.rows, j, &a);
			json_array_append_new(list,
			                      json_pack("{s:s, s:f, s:f, s:f}", "field", r->before.names[i], "same",
			                                a.same, "dictionary", a.dictionary, "frequency", a.frequency));
		}
	return list;
}

/* Of columns that masking changed: those that are kept are not meant to be secret. */
static void judge_recovery(struct run *r, const json_t *recovery)
{
	char text[400];
	const json_t *f;
	size_t i;

	if (r->recovery >= 0 && json_is_null(recovery))
		miss(r, "the tables have not equally many rows, so that nothing is known of recovered values; evaluate "
		        "before rows are dropped");
	json_array_foreach(recovery, i, f)
	{
		double d = json_real_value(json_object_get(f, "dictionary"));
		double q = json_real_value(json_object_get(f, "frequency"));

		if (r->recovery < 0 || json_real_value(json_object_get(f, "same")) >= 1 ||
		    (d <= r->recovery && q <= r->recovery))
			continue;
		snprintf(text, sizeof(text),
		         "%.3f of the values of %.100s come back, above the %.3f allowed; choose a keyed technique or "
		         "hide more",
		         d > q ? d : q, json_string_value(json_object_get(f, "field")), r->recovery);
		miss(r, text);
	}
}

static void print_recovery(struct run *r, const json_t *recovery)
{
	static const struct hf_column columns[] = {{"FIELD", "field", 40},
	                                           {"UNCHANGED", "same", 0},
	                                           {"BY DICTIONARY", "dictionary", 0},
	                                           {"BY FREQUENCY", "frequency", 0},
	                                           {NULL, NULL, 0}};
	json_t *out;

	if (json_is_null(recovery)) {
		printf("\nnot equally many rows: recovery of values is not measured\n");
		return;
	}
	printf("\n");
	out = json_pack("{s:O}", "rows", recovery);
	hf_cli_table(r->cli, out, "rows", columns, "no column is in both tables");
	json_decref(out);
}

static void row(json_t *rows, const char *title, const char *key, const json_t *before, const json_t *after)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf a = HF_BUF_INIT;
	HF_CLEANUP(hf_buf_done) struct hf_buf b = HF_BUF_INIT;

	json_array_append_new(rows, json_pack("{s:s, s:s, s:s}", "figure", title, "before",
	                                      hf_cli_value(before, key, &a), "after", hf_cli_value(after, key, &b)));
}

static void print(struct run *r, const json_t *before, const json_t *after)
{
	static const struct hf_column columns[] = {
	        {"FIGURE", "figure", 60}, {"BEFORE", "before", 0}, {"AFTER", "after", 0}, {NULL, NULL, 0}};
	static const char *const figures[][2] = {{"rows", "rows"},
	                                         {"suppressed rows", "suppressed_rows"},
	                                         {"classes", "classes"},
	                                         {"k", "k"},
	                                         {"sample uniques", "sample_uniques"},
	                                         {"average class", "average_class"},
	                                         {"discernibility", "discernibility"},
	                                         {"prosecutor, worst", "prosecutor.max"},
	                                         {"prosecutor, average", "prosecutor.average"},
	                                         {"prosecutor, rows above", "prosecutor.above_threshold"},
	                                         {"marketer", "marketer"},
	                                         {"k-map", "journalist.k_map"},
	                                         {"journalist, worst", "journalist.max"},
	                                         {"journalist, average", "journalist.average"},
	                                         {"journalist, rows above", "journalist.above_threshold"},
	                                         {"marketer, by population", "journalist.marketer"},
	                                         {"presence, least", "journalist.delta_min"},
	                                         {"presence, most", "journalist.delta_max"}};
	static const char *const told[] = {"l_distinct", "l_entropy", "recursive_c", "t_equal", "t_ordered"};
	json_t *out = json_pack("{s:[]}", "rows"), *rows = json_object_get(out, "rows");

	for (size_t i = 0; i < sizeof(figures) / sizeof(figures[0]); i++)
		if (r->population.rows || strncmp(figures[i][1], "journalist", 10) != 0)
			row(rows, figures[i][0], figures[i][1], before, after);
	for (size_t i = 0; i < r->sensitive.count; i++)
		for (size_t j = 0; j < sizeof(told) / sizeof(told[0]); j++) {
			char title[200];

			snprintf(title, sizeof(title), "%.150s: %s", r->sensitive.name[i], told[j]);
			row(rows, title, told[j], json_array_get(json_object_get(before, "sensitive"), i),
			    json_array_get(json_object_get(after, "sensitive"), i));
		}
	hf_cli_table(r->cli, out, "rows", columns, "nothing");
	json_decref(out);
}

static int report(struct run *r)
{
	json_t *before = side(r, &r->before), *after = before ? side(r, &r->after) : NULL;
	json_t *recovery = after ? recovery_json(r) : NULL;
	const json_t *s;
	size_t i;
	int status = HF_EXIT_REFUSED;

	if (after) {
		judge(r, after);
		judge_recovery(r, recovery);
		status = json_array_size(r->missed) ? HF_EXIT_REFUSED : HF_EXIT_DONE;
		if (r->cli->json) {
			json_t *o = json_pack("{s:f, s:O, s:O, s:O, s:O}", "threshold", r->threshold, "before", before,
			                      "after", after, "missed", r->missed, "recovery", recovery);

			hf_cli_json(o);
			json_decref(o);
		} else {
			print(r, before, after);
			print_recovery(r, recovery);
			json_array_foreach(r->missed, i, s) printf("%s\n", json_string_value(s));
		}
	}
	json_decref(before);
	json_decref(after);
	json_decref(recovery);
	return status;
}

int hf_mask_cli_evaluate(struct hf_cli *cli, int argc, char **argv)
{
	struct run r = {.cli = cli, .t = -1, .recovery = -1, .threshold = THRESHOLD};
	const char *pos[2], *quasi = NULL, *sensitive = NULL, *population = NULL, *k = NULL, *l = NULL, *t = NULL,
	                    *threshold = NULL, *recovery = NULL;
	const struct hf_opt opts[] = {{"quasi", &quasi, NULL, NULL},
	                              {"sensitive", &sensitive, NULL, NULL},
	                              {"population", &population, NULL, NULL},
	                              {"k", &k, NULL, NULL},
	                              {"l", &l, NULL, NULL},
	                              {"t", &t, NULL, NULL},
	                              {"threshold", &threshold, NULL, NULL},
	                              {"recovery", &recovery, NULL, NULL},
	                              {0}};
	uint8_t key[16];
	int status = HF_EXIT_USAGE;

	if (!hf_cli_args(cli, argc, argv, opts, pos, 2, 2))
		return HF_EXIT_USAGE;
	if (!quasi)
		return hf_cli_misuse(cli, "--quasi NAMES is needed: the columns by which someone is known elsewhere");
	if ((l || t) && !sensitive)
		return hf_cli_misuse(cli, "--l and --t are about --sensitive NAMES, which is missing");
	r.missed = json_array();
	hf_random(key, sizeof(key));
	if (split(&r, "quasi", quasi, &r.quasi) && split(&r, "sensitive", sensitive, &r.sensitive) &&
	    hf_cli_number(cli, "k", k, HF_EFFECT_ROWS_MAX, &r.k) &&
	    hf_cli_number(cli, "l", l, HF_EFFECT_ROWS_MAX, &r.l) && share(&r, "t", t, &r.t) &&
	    share(&r, "threshold", threshold, &r.threshold) && share(&r, "recovery", recovery, &r.recovery)) {
		status = HF_EXIT_REFUSED;
		if (hf_mask_table_read(cli, pos[0], key, &r.before) && hf_mask_table_read(cli, pos[1], key, &r.after) &&
		    (!population || hf_mask_table_read(cli, population, key, &r.population)))
			status = report(&r);
	}
	hf_mask_table_done(&r.before);
	hf_mask_table_done(&r.after);
	hf_mask_table_done(&r.population);
	free(r.quasi.text);
	free(r.sensitive.text);
	json_decref(r.missed);
	return status;
}
