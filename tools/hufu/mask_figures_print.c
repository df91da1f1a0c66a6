/* mask_figures_print.c - the figures of an evaluation as text; declared in mask_evaluate.h. */
#include <stdio.h>
#include <string.h>

#include "mask_evaluate.h"

static void row(json_t *rows, const char *title, const char *key, const json_t *before, const json_t *after)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf a = HF_BUF_INIT;
	HF_CLEANUP(hf_buf_done) struct hf_buf b = HF_BUF_INIT;

	json_array_append_new(rows, json_pack("{s:s, s:s, s:s}", "figure", title, "before",
	                                      hf_cli_value(before, key, &a), "after", hf_cli_value(after, key, &b)));
}

static void print_sides(struct hf_cli *cli, const json_t *before, const json_t *after)
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
	                                         {"presence, most", "journalist.delta_max"},
	                                         {"population uniques", "population_uniques.uniques"},
	                                         {"of these estimates", "population_uniques.chosen"},
	                                         {"population uniques, pitman", "population_uniques.pitman.uniques"},
	                                         {"population uniques, zayatz", "population_uniques.zayatz.uniques"},
	                                         {"population uniques, snb", "population_uniques.snb.uniques"},
	                                         {"grade of GB/T 42460", "grade.grade"}};
	static const char *const told[] = {"l_distinct", "l_entropy", "recursive_c", "t_equal", "t_ordered", "t_tree"};
	json_t *out = json_pack("{s:[]}", "rows"), *rows = json_object_get(out, "rows");
	const json_t *s;
	size_t k;

	for (size_t i = 0; i < sizeof(figures) / sizeof(figures[0]); i++) {
		HF_CLEANUP(hf_buf_done) struct hf_buf b = HF_BUF_INIT;

		if (*hf_cli_value(after, figures[i][1], &b))
			row(rows, figures[i][0], figures[i][1], before, after);
	}
	json_array_foreach(json_object_get(after, "sensitive"), k, s)
	{
		for (size_t j = 0; j < sizeof(told) / sizeof(told[0]); j++) {
			char title[200];

			snprintf(title, sizeof(title), "%.150s: %s", json_string_value(json_object_get(s, "field")),
			         told[j]);
			if (j < 5 || json_is_real(json_object_get(s, told[j])))
				row(rows, title, told[j], json_array_get(json_object_get(before, "sensitive"), k), s);
		}
	}
	hf_cli_table(cli, out, "rows", columns, "nothing");
	json_decref(out);
}

static void print_list(struct hf_cli *cli, const json_t *list, const struct hf_column *columns)
{
	json_t *out = json_pack("{s:O}", "rows", list);

	printf("\n");
	hf_cli_table(cli, out, "rows", columns, "no column is in both tables");
	json_decref(out);
}

/* One line of values by name; those that are not there are left out. */
static void print_line(const char *title, const json_t *o, const char *const *keys)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf b = HF_BUF_INIT;
	const char *between = "";

	printf("%s: ", title);
	for (; *keys; keys += 2) {
		const char *v = hf_cli_value(o, keys[1], &b);

		printf("%s%s %s", between, keys[0], *v ? v : "not known");
		between = ", ";
	}
	printf("\n");
}

static void print_why(const json_t *side, const char *title)
{
	static const char *const models[] = {"pitman", "zayatz", "snb"};
	const json_t *u = json_object_get(side, "population_uniques");

	for (size_t i = 0; i < sizeof(models) / sizeof(models[0]); i++) {
		const char *why = json_string_value(json_object_get(json_object_get(u, models[i]), "why"));

		if (why)
			printf("%s: the estimate by %s is not valid: %s\n", title, models[i], why);
	}
}

static void print_coverage(struct hf_cli *cli, const json_t *figures)
{
	static const struct hf_column columns[] = {{"SENSITIVE FIELD", "field", 40},
	                                           {"KIND", "kind", 0},
	                                           {"IS", "state", 0},
	                                           {"AS IT WAS", "kept_share", 0},
	                                           {"LOOKS LIKE", "kind_after", 0},
	                                           {NULL, NULL, 0}};
	const json_t *c;
	size_t i;

	if (json_array_size(json_object_get(json_object_get(figures, "coverage"), "fields")) > 0)
		print_list(cli, json_object_get(json_object_get(figures, "coverage"), "fields"), columns);
	json_array_foreach(json_object_get(figures, "changes"), i, c) printf("to change: %s\n", json_string_value(c));
}

void hf_mask_figures_print(struct hf_cli *cli, const json_t *figures)
{
	static const struct hf_column recovered[] = {{"FIELD", "field", 40},
	                                             {"UNCHANGED", "same", 0},
	                                             {"BY DICTIONARY", "dictionary", 0},
	                                             {"BY FREQUENCY", "frequency", 0},
	                                             {NULL, NULL, 0}};
	static const struct hf_column kept[] = {{"FIELD", "field", 40},
	                                        {"CHANGED", "changed", 0},
	                                        {"EMPTIED", "emptied", 0},
	                                        {"LOSS", "loss", 0},
	                                        {"VARIATION", "variation", 0},
	                                        {"KS", "numbers.ks", 0},
	                                        {"MEAN OFF", "numbers.mean_error", 0},
	                                        {"VARIANCE OFF", "numbers.variance_error", 0},
	                                        {NULL, NULL, 0}};
	static const char *const cells[] = {"all",     "cells",         "changed",   "cells_changed",
	                                    "emptied", "cells_emptied", "rows lost", "rows_lost",
	                                    "loss",    "loss",          NULL};
	static const char *const drift[] = {"mean", "mean_drift", "most", "most_drift", NULL};
	static const char *const asked[] = {"of",           "count", "mean",       "mean_error", "median",
	                                    "median_error", "most",  "most_error", NULL};
	const json_t *before = json_object_get(figures, "before"), *after = json_object_get(figures, "after");
	const json_t *utility = json_object_get(figures, "utility"), *recovery = json_object_get(figures, "recovery");

	print_sides(cli, before, after);
	if (json_is_null(recovery))
		printf("\nnot equally many rows: recovery of values is not measured\n");
	else
		print_list(cli, recovery, recovered);
	print_list(cli, json_object_get(utility, "columns"), kept);
	printf("\n");
	print_line("cells", utility, cells);
	print_line("drift of correlations", json_object_get(utility, "correlation"), drift);
	print_line("error of range questions", json_object_get(utility, "questions"), asked);
	print_why(before, "before");
	print_why(after, "after");
	print_coverage(cli, figures);
	printf("grade before: %s\n", json_string_value(json_object_get(json_object_get(before, "grade"), "reason")));
	printf("grade after: %s\n", json_string_value(json_object_get(json_object_get(after, "grade"), "reason")));
}
