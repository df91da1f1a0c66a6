/*
 * mask_page.c - an evaluation as one HTML page; declared in mask_evaluate.h.
 *
 * Nothing is loaded from anywhere, and nothing runs: plots are drawings inside the page. It can be printed, read aloud
 * (each plot has a title and a sentence, and its numbers stand in a table), and told apart without colours. It has
 * names of columns and figures, and no value.
 */
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "mask_evaluate.h"

#define LEFT 220 /* where bars begin */
#define LONG 400 /* of a bar of 1 */
#define HIGH 34  /* of one thing's two bars */

static const char head[] =
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
        "<meta name=\"viewport\" content=\"width=device-width\">\n<title>Effect of masking</title>\n<style>\n"
        "body{font:15px/1.45 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#111;"
        "background:#fff}\n"
        "h1{font-size:1.6rem}h2{font-size:1.2rem;margin-top:2rem}\n"
        "table{border-collapse:collapse;margin:.5rem 0}caption{text-align:left;padding:.2rem 0;color:#333}\n"
        "th,td{border:1px solid #888;padding:.2rem .6rem;text-align:right}th[scope=row]{text-align:left;"
        "font-weight:normal}\n"
        "thead th{background:#eee}thead th:first-child{text-align:left}h3{font-size:1rem;margin:1rem 0 "
        ".2rem}svg{max-width:100%;height:auto;font:12px system-ui,sans-serif}\n"
        ".missed{border-left:.3rem solid #a11;padding-left:2rem}\n"
        "@media print{body{margin:0;max-width:none}h2,svg,table{break-inside:avoid}}\n"
        "</style>\n</head>\n<body>\n<h1>Effect of masking</h1>\n";

static void put(struct hf_buf *out, const char *text)
{
	hf_buf_add(out, text, strlen(text));
}

/* Text from outside. */
static void put_safe(struct hf_buf *out, const char *text)
{
	for (; *text; text++) {
		switch (*text) {
		case '<':
			put(out, "&lt;");
			break;
		case '>':
			put(out, "&gt;");
			break;
		case '&':
			put(out, "&amp;");
			break;
		case '"':
			put(out, "&quot;");
			break;
		default:
			hf_buf_add(out, text, 1);
		}
	}
}

/* A member at "a.b"; NULL: it is not there. */
static const json_t *at(const json_t *o, const char *path)
{
	const char *dot = strchr(path, '.');
	char first[64];

	if (!dot)
		return json_object_get(o, path);
	snprintf(first, sizeof(first), "%.*s", (int)(dot - path), path);
	return at(json_object_get(o, first), dot + 1);
}

static void put_value(struct hf_buf *out, const json_t *v)
{
	if (json_is_integer(v))
		hf_buf_addf(out, "%lld", (long long)json_integer_value(v));
	else if (json_is_real(v))
		hf_buf_addf(out, "%.4g", json_real_value(v));
	else if (json_is_string(v))
		put_safe(out, json_string_value(v));
	else
		put(out, "–");
}

static void put_cell(struct hf_buf *out, const json_t *v)
{
	put(out, "<td>");
	put_value(out, v);
	put(out, "</td>");
}

/* A table's beginning: caption, and titles ended by NULL. */
static void put_table(struct hf_buf *out, const char *caption, const char *const *titles)
{
	hf_buf_addf(out, "<table><caption>%s</caption><thead><tr>", caption);
	for (; *titles; titles++)
		hf_buf_addf(out, "<th scope=\"col\">%s</th>", *titles);
	put(out, "</tr></thead><tbody>\n");
}

static void put_row_head(struct hf_buf *out, const char *text)
{
	put(out, "<tr><th scope=\"row\">");
	put_safe(out, text);
	put(out, "</th>");
}

/* Bars from 0 to 1 of things with two numbers each. */
struct plot {
	struct hf_buf *out;
	const char *id, *title, *about, *series[2];
	json_t *things; /* [label, first, second] */
};

static void put_bar(const struct plot *p, double v, int y, unsigned series)
{
	double to = v < 0 ? 0 : v > 1 ? 1 : v;

	hf_buf_addf(p->out,
	            "<rect x=\"%d\" y=\"%d\" width=\"%.1f\" height=\"11\" fill=\"%s%s%s\" "
	            "stroke=\"#111\" stroke-width=\".5\"/><text x=\"%.1f\" y=\"%d\">%.3g</text>\n",
	            LEFT, y, to * LONG, series ? "url(#" : "#2a6496", series ? p->id : "", series ? "-s)" : "",
	            LEFT + to * LONG + 5, y + 10, v);
}

static void put_plot(const struct plot *p)
{
	int high = (int)json_array_size(p->things) * HIGH + 40, y = 34;
	const json_t *t;
	size_t i;

	hf_buf_addf(p->out, "<h3>%s</h3>\n", p->title);
	hf_buf_addf(
	        p->out,
	        "<svg role=\"img\" aria-labelledby=\"%s-t %s-d\" viewBox=\"0 0 %d %d\" width=\"%d\" height=\"%d\">\n"
	        "<title id=\"%s-t\">%s</title><desc id=\"%s-d\">%s</desc>\n"
	        "<defs><pattern id=\"%s-s\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\" "
	        "patternTransform=\"rotate(45)\"><rect width=\"6\" height=\"6\" fill=\"#f4c27a\"/><rect width=\"2\" "
	        "height=\"6\" fill=\"#8a4b00\"/></pattern></defs>\n"
	        "<rect x=\"%d\" y=\"4\" width=\"12\" height=\"12\" fill=\"#2a6496\"/><text x=\"%d\" y=\"14\">%s</text>"
	        "<rect x=\"%d\" y=\"4\" width=\"12\" height=\"12\" fill=\"url(#%s-s)\"/><text x=\"%d\" "
	        "y=\"14\">%s</text>\n",
	        p->id, p->id, LEFT + LONG + 80, high, LEFT + LONG + 80, high, p->id, p->title, p->id, p->about, p->id,
	        LEFT, LEFT + 18, p->series[0], LEFT + 150, p->id, LEFT + 168, p->series[1]);
	json_array_foreach(p->things, i, t)
	{
		hf_buf_addf(p->out, "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">", LEFT - 8, y + 15);
		put_safe(p->out, json_string_value(json_array_get(t, 0)));
		put(p->out, "</text>\n");
		for (unsigned s = 0; s < 2; s++)
			put_bar(p, json_number_value(json_array_get(t, s + 1)), y + (int)s * 13, s);
		y += HIGH;
	}
	hf_buf_addf(p->out, "<line x1=\"%d\" y1=\"24\" x2=\"%d\" y2=\"%d\" stroke=\"#111\"/></svg>\n", LEFT, LEFT,
	            high - 4);
}

static void put_grades(struct hf_buf *out, const json_t *f)
{
	static const char *const sides[] = {"before", "after"};

	put(out, "<h2>Grade of GB/T 42460</h2>\n<ul>\n");
	for (size_t i = 0; i < 2; i++) {
		const json_t *g = at(json_object_get(f, sides[i]), "grade");

		hf_buf_addf(out, "<li>%s: <strong>%lld</strong> of 4: ", sides[i],
		            (long long)json_integer_value(json_object_get(g, "grade")));
		put_value(out, json_object_get(g, "reason"));
		put(out, "</li>\n");
	}
	put(out, "</ul>\n");
}

static void put_list(struct hf_buf *out, const char *title, const char *class, const json_t *list)
{
	const json_t *s;
	size_t i;

	if (json_array_size(list) == 0)
		return;
	hf_buf_addf(out, "<h2>%s</h2>\n<ul class=\"%s\">\n", title, class);
	json_array_foreach(list, i, s)
	{
		put(out, "<li>");
		put_value(out, s);
		put(out, "</li>\n");
	}
	put(out, "</ul>\n");
}

static void put_risks(struct hf_buf *out, const json_t *before, const json_t *after)
{
	static const char *const titles[] = {"figure", "before", "after", NULL};
	static const char *const rows[][2] = {{"rows", "rows"},
	                                      {"suppressed rows", "suppressed_rows"},
	                                      {"classes", "classes"},
	                                      {"k: rows of the smallest class", "k"},
	                                      {"rows that are alone", "sample_uniques"},
	                                      {"average class", "average_class"},
	                                      {"discernibility", "discernibility"},
	                                      {"prosecutor, worst", "prosecutor.max"},
	                                      {"prosecutor, average", "prosecutor.average"},
	                                      {"prosecutor, rows above the threshold", "prosecutor.above_threshold"},
	                                      {"k-map", "journalist.k_map"},
	                                      {"journalist, worst", "journalist.max"},
	                                      {"presence, most", "journalist.delta_max"},
	                                      {"people alone in the population", "population_uniques.uniques"},
	                                      {"estimated by", "population_uniques.chosen"}};

	put_table(out, "Re-identification by the quasi-identifiers", titles);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (!at(after, rows[i][1]))
			continue;
		put_row_head(out, rows[i][0]);
		put_cell(out, at(before, rows[i][1]));
		put_cell(out, at(after, rows[i][1]));
		put(out, "</tr>\n");
	}
	put(out, "</tbody></table>\n");
}

static void plot_risks(struct hf_buf *out, const json_t *before, const json_t *after)
{
	static const char *const rows[][2] = {{"prosecutor, worst", "prosecutor.max"},
	                                      {"prosecutor, average", "prosecutor.average"},
	                                      {"rows above the threshold", "prosecutor.above_threshold"}};
	struct plot p = {out,
	                 "risks",
	                 "Risk of a row being found again",
	                 "For three measures of risk, a bar before and a bar after masking, from 0 to 1.",
	                 {"before", "after"},
	                 json_array()};

	for (size_t i = 0; i < 3; i++)
		json_array_append_new(p.things,
		                      json_pack("[s, f, f]", rows[i][0], json_number_value(at(before, rows[i][1])),
		                                json_number_value(at(after, rows[i][1]))));
	put_plot(&p);
	json_decref(p.things);
}

static void plot_sizes(struct hf_buf *out, const json_t *before, const json_t *after)
{
	const json_t *was = json_object_get(before, "sizes"), *is = json_object_get(after, "sizes"), *s;
	double all[2] = {json_number_value(json_object_get(before, "rows")),
	                 json_number_value(json_object_get(after, "rows"))};
	struct plot p = {out,
	                 "sizes",
	                 "Rows by the size of their class",
	                 "Share of rows in classes of one row, of two, and so on, before and after masking.",
	                 {"before", "after"},
	                 json_array()};
	size_t i;

	json_array_foreach(was, i, s)
	{
		long long from = json_integer_value(json_object_get(s, "from")),
		          to = json_integer_value(json_object_get(s, "to"));
		char label[64];

		if (!to)
			snprintf(label, sizeof(label), "%lld rows and more", from);
		else if (from == to)
			snprintf(label, sizeof(label), "%lld", from);
		else
			snprintf(label, sizeof(label), "%lld to %lld", from, to);
		json_array_append_new(
		        p.things,
		        json_pack("[s, f, f]", label,
		                  all[0] > 0 ? json_number_value(json_object_get(s, "rows")) / all[0] : 0,
		                  all[1] > 0 ? json_number_value(at(json_array_get(is, i), "rows")) / all[1] : 0));
	}
	put_plot(&p);
	json_decref(p.things);
}

static void put_sensitive(struct hf_buf *out, const json_t *before, const json_t *after)
{
	static const char *const titles[] = {"column", "figure", "before", "after", NULL};
	static const char *const rows[][2] = {
	        {"different values, least", "l_distinct"},        {"exp of the entropy, least", "l_entropy"},
	        {"c of recursive diversity", "recursive_c"},      {"distance, values equally far apart", "t_equal"},
	        {"distance, values in their order", "t_ordered"}, {"distance, by the tree", "t_tree"}};
	const json_t *s;
	size_t i;

	if (json_array_size(json_object_get(after, "sensitive")) == 0)
		return;
	put(out, "<h2>What a class tells</h2>\n");
	put_table(out, "Sensitive columns, by the worst class", titles);
	json_array_foreach(json_object_get(after, "sensitive"), i, s)
	{
		const json_t *was = json_array_get(json_object_get(before, "sensitive"), i);

		for (size_t j = 0; j < sizeof(rows) / sizeof(rows[0]); j++) {
			put_row_head(out, json_string_value(json_object_get(s, "field")));
			hf_buf_addf(out, "<td>%s</td>", rows[j][0]);
			put_cell(out, json_object_get(was, rows[j][1]));
			put_cell(out, json_object_get(s, rows[j][1]));
			put(out, "</tr>\n");
		}
	}
	put(out, "</tbody></table>\n");
}

static json_t *things_of(const json_t *list, const char *first, const char *second)
{
	json_t *things = json_array();
	const json_t *o;
	size_t i;

	json_array_foreach(list, i, o) json_array_append_new(
	        things, json_pack("[s, f, f]", json_string_value(json_object_get(o, "field")),
	                          json_number_value(at(o, first)), json_number_value(at(o, second))));
	return things;
}

static void put_recovery(struct hf_buf *out, const json_t *recovery)
{
	struct plot p = {out,
	                 "recovery",
	                 "Original values that come back",
	                 "For each column, the share of rows whose original is guessed without a key.",
	                 {"by dictionary", "by frequency"},
	                 NULL};

	put(out, "<h2>Values that come back</h2>\n");
	if (json_is_null(recovery)) {
		put(out, "<p>The tables have not equally many rows: this is not measured.</p>\n");
		return;
	}
	p.things = things_of(recovery, "dictionary", "frequency");
	put_plot(&p);
	json_decref(p.things);
}

static void put_columns(struct hf_buf *out, const json_t *utility)
{
	static const char *const titles[] = {"column", "cells changed", "cells emptied", "loss", "variation",
	                                     "KS",     "mean off",      "variance off",  NULL};
	static const char *const keys[] = {"changed",
	                                   "emptied",
	                                   "loss",
	                                   "variation",
	                                   "numbers.ks",
	                                   "numbers.mean_error",
	                                   "numbers.variance_error"};
	struct plot p = {out,
	                 "loss",
	                 "How much columns changed",
	                 "For each column, its loss of information and the total variation of its values.",
	                 {"loss", "variation"},
	                 things_of(json_object_get(utility, "columns"), "loss", "variation")};
	const json_t *c;
	size_t i;

	put(out, "<h2>What it is still good for</h2>\n");
	put_plot(&p);
	json_decref(p.things);
	put_table(out, "Columns", titles);
	json_array_foreach(json_object_get(utility, "columns"), i, c)
	{
		put_row_head(out, json_string_value(json_object_get(c, "field")));
		for (size_t j = 0; j < sizeof(keys) / sizeof(keys[0]); j++)
			put_cell(out, at(c, keys[j]));
		put(out, "</tr>\n");
	}
	put(out, "</tbody></table>\n<p>Mean drift of correlations: ");
	put_value(out, at(utility, "correlation.mean_drift"));
	put(out, "; greatest: ");
	put_value(out, at(utility, "correlation.most_drift"));
	put(out, ". Error of ");
	put_value(out, at(utility, "questions.count"));
	put(out, " random range questions: mean ");
	put_value(out, at(utility, "questions.mean_error"));
	put(out, ", median ");
	put_value(out, at(utility, "questions.median_error"));
	put(out, ".</p>\n");
}

static void put_coverage(struct hf_buf *out, const json_t *coverage)
{
	static const char *const titles[] = {"column", "kind", "is", "as it was", "looks like", NULL};
	static const char *const keys[] = {"kind", "state", "kept_share", "kind_after"};
	const json_t *f;
	size_t i;

	if (json_array_size(json_object_get(coverage, "fields")) == 0)
		return;
	put(out, "<h2>What was sensitive</h2>\n");
	put_table(out, "Sensitive columns, and what a new scan finds", titles);
	json_array_foreach(json_object_get(coverage, "fields"), i, f)
	{
		put_row_head(out, json_string_value(json_object_get(f, "field")));
		for (size_t j = 0; j < sizeof(keys) / sizeof(keys[0]); j++)
			put_cell(out, json_object_get(f, keys[j]));
		put(out, "</tr>\n");
	}
	put(out, "</tbody></table>\n");
}

bool hf_mask_page_write(struct hf_cli *cli, const char *path, const json_t *figures)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf out = HF_BUF_INIT;
	const json_t *before = json_object_get(figures, "before"), *after = json_object_get(figures, "after");
	enum hf_err e;

	put(&out, head);
	put(&out, "<p>Before: ");
	put_value(&out, json_object_get(before, "file"));
	put(&out, "; after: ");
	put_value(&out, json_object_get(after, "file"));
	put(&out, "; threshold of the risk: ");
	put_value(&out, json_object_get(figures, "threshold"));
	put(&out, "</p>\n");
	put_list(&out, "Not met", "missed", json_object_get(figures, "missed"));
	put_grades(&out, figures);
	put(&out, "<h2>Risk</h2>\n");
	plot_risks(&out, before, after);
	plot_sizes(&out, before, after);
	put_risks(&out, before, after);
	put_sensitive(&out, before, after);
	put_recovery(&out, json_object_get(figures, "recovery"));
	put_columns(&out, json_object_get(figures, "utility"));
	put_coverage(&out, json_object_get(figures, "coverage"));
	put_list(&out, "What to change", "change", json_object_get(figures, "changes"));
	put(&out, "</body>\n</html>\n");
	e = hf_file_write(path, out.data, out.len, 0600);
	if (e != HF_OK)
		hf_cli_fail(cli, "%s cannot be written: %s; choose another place", path, hf_err_text(e));
	return e == HF_OK;
}
