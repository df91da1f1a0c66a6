/*
 * mask_suggest.c - `hufu mask suggest`: how coarse each quasi-identifier has to be so that a table meets k, l and t, at
 * the least loss; as a plan that does it.
 *
 * An interrupt (control C) or --seconds ends the search with the best so far. The figures that are promised are those
 * that `hufu mask run` holds the result to.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/mem.h"
#include "crypto/crypto.h"
#include "mask.h"
#include "mask_evaluate.h"
#include "masking/demand.h"
#include "masking/levels.h"
#include "masking/plan_text.h"

#define KIND_ROWS 10000u /* that tell of which kind a column is */

static volatile sig_atomic_t interrupted;

struct run {
	struct hf_cli *cli;
	struct hf_mask_table table;
	struct hf_mask_names quasi, sensitive, keep;
	const char *name; /* of the table in the plan */
	char *named;      /* what it points into, or NULL */
	uint32_t k, l, seconds;
	double t, suppress;
	size_t column[HF_MASK_NAMES];
	size_t sensitive_column[HF_MASK_NAMES];
	struct hf_hierarchy *tree[HF_LATTICE_COLUMNS];
	char *tree_file[HF_LATTICE_COLUMNS];
	struct hf_levels levels[HF_LATTICE_COLUMNS];
	size_t level_count; /* columns of which the levels are made */
	struct hf_lattice_found found;
	int64_t begun_ms, told_ms;
	bool watched; /* by a person */
	struct hf_buf plan;
};

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void on_interrupt(int signal_number)
{
	(void)signal_number;
	interrupted = 1;
}

/* Says each second how far it is, to a person. */
static bool go_on(void *ctx, const struct hf_lattice_found *f)
{
	struct run *r = ctx;
	int64_t now = now_ms();

	if (r->watched && now - r->told_ms >= 1000) {
		r->told_ms = now;
		if (f->any)
			fprintf(stderr, "%.0f of %.0f tried, best loss %.4f\n", f->looked, f->nodes, f->best.loss);
		else
			fprintf(stderr, "%.0f of %.0f tried, none meets it yet\n", f->looked, f->nodes);
	}
	return !interrupted && (!r->seconds || now - r->begun_ms < (int64_t)r->seconds * 1000);
}

static bool search(struct run *r)
{
	struct hf_lattice_column columns[HF_LATTICE_COLUMNS];
	struct hf_lattice l = {r->table.rows,
	                       columns,
	                       r->quasi.count,
	                       {r->k, r->l, r->t, r->sensitive_column, r->sensitive.count},
	                       r->suppress};
	struct sigaction act = {.sa_handler = on_interrupt, .sa_flags = (int)SA_RESETHAND}, before;

	for (size_t i = 0; i < r->quasi.count; i++)
		columns[i] = r->levels[i].lattice;
	sigemptyset(&act.sa_mask);
	sigaction(SIGINT, &act, &before);
	r->begun_ms = r->told_ms = now_ms();
	r->watched = isatty(STDERR_FILENO) == 1;
	hf_lattice_search(&l, go_on, r, &r->found);
	sigaction(SIGINT, &before, NULL);
	return r->found.any;
}

/* The place of a name among names; SIZE_MAX: none. */
static size_t place_of(const struct hf_mask_names *n, const char *name)
{
	for (size_t i = 0; i < n->count; i++)
		if (strcmp(n->name[i], name) == 0)
			return i;
	return SIZE_MAX;
}

static bool is_kept(const struct run *r, const char *name)
{
	return place_of(&r->sensitive, name) != SIZE_MAX || place_of(&r->keep, name) != SIZE_MAX;
}

static void put(struct hf_buf *out, const char *text)
{
	hf_buf_add(out, text, strlen(text));
}

static void put_names(struct hf_buf *out, const char *key, const struct hf_mask_names *n)
{
	hf_buf_addf(out, "%s: [", key);
	for (size_t i = 0; i < n->count; i++) {
		put(out, i ? ", " : "");
		hf_plan_text_put(out, n->name[i]);
	}
	put(out, "]");
}

static void put_demand(struct run *r)
{
	struct hf_buf *out = &r->plan;

	put(out, "result:\n  rows-least: 1\n  risk:\n    ");
	hf_plan_text_put(out, r->name);
	put(out, ": {");
	put_names(out, "quasi", &r->quasi);
	if (r->sensitive.count) {
		put(out, ", ");
		put_names(out, "sensitive", &r->sensitive);
	}
	if (r->k)
		hf_buf_addf(out, ", k: %u", r->k);
	if (r->l)
		hf_buf_addf(out, ", l: %u", r->l);
	if (r->t >= 0)
		hf_buf_addf(out, ", t: %.17g", r->t);
	if (r->suppress > 0)
		hf_buf_addf(out, ", suppress: %.17g", r->suppress);
	put(out, "}\nrelations: []\n");
}

static void put_field(struct run *r, const char *name)
{
	struct hf_plan_text_field f = {.name = name};
	size_t q = place_of(&r->quasi, name);

	if (q != SIZE_MAX) {
		const struct hf_level_technique *t = &r->levels[q].technique[r->found.best.level[q]];

		f.technique = t->technique;
		f.args = t->args;
		f.arg_count = t->arg_count;
	} else if (!is_kept(r, name)) {
		f.technique = hf_technique_named("limc");
	}
	hf_plan_text_field(&r->plan, &f);
}

static void make_plan(struct run *r)
{
	hf_plan_text_begin(&r->plan, r->name, "to be said");
	put_demand(r);
	put(&r->plan, "tables:\n  ");
	hf_plan_text_put(&r->plan, r->name);
	put(&r->plan, ":\n    fields:\n");
	for (size_t i = 0; i < r->table.name_count; i++)
		put_field(r, r->table.names[i]);
	hf_plan_text_end(&r->plan);
}

/* The masked table as the plan's run makes it. names: of its columns. */
static struct hf_effect_table *masked(struct run *r, const uint8_t key[16], const char **ret_names, size_t *ret_count)
{
	struct hf_lattice_column columns[HF_LATTICE_COLUMNS];
	struct hf_lattice l = {r->table.rows,
	                       columns,
	                       r->quasi.count,
	                       {r->k, r->l, r->t, r->sensitive_column, r->sensitive.count},
	                       r->suppress};
	size_t from[HF_MAX_FIELDS], quasi[HF_MAX_FIELDS], width = 0;
	struct hf_bytes cells[HF_MAX_FIELDS];
	struct hf_effect_table *t;
	struct hf_lattice_work *w;
	bool *gone;

	for (size_t i = 0; i < r->quasi.count; i++)
		columns[i] = r->levels[i].lattice;
	for (size_t i = 0; i < r->table.name_count && width < HF_MAX_FIELDS; i++) {
		quasi[width] = place_of(&r->quasi, r->table.names[i]);
		from[width] = i;
		ret_names[width] = r->table.names[i];
		width += quasi[width] != SIZE_MAX || is_kept(r, r->table.names[i]);
	}
	t = hf_effect_table_new(width, key);
	w = hf_lattice_work_new(&l);
	gone = hf_lattice_suppressed(w, &r->found.best);
	for (uint32_t row = 0; row < hf_effect_rows(r->table.rows); row++) {
		for (size_t i = 0; i < width; i++) {
			uint32_t code = hf_effect_codes(r->table.rows, from[i])[row];

			if (quasi[i] == SIZE_MAX)
				cells[i] = hf_effect_value(r->table.rows, from[i], code);
			else if (gone[row])
				cells[i] = (struct hf_bytes){NULL, 0};
			else
				cells[i] = hf_levels_value(&r->levels[quasi[i]], r->table.rows,
				                           r->found.best.level[quasi[i]], code);
		}
		if (!hf_effect_add(t, cells))
			break; /* not more values than before */
	}
	free(gone);
	hf_lattice_work_free(w);
	*ret_count = width;
	return t;
}

/* The figures that the plan's run is held to. NULL after printing what is wrong. */
static json_t *promise(struct run *r, const uint8_t key[16])
{
	const char *names[HF_MAX_FIELDS];
	struct hf_demand_table before = {r->table.rows, (const char *const *)r->table.names, r->table.name_count},
	                       after;
	struct hf_fault f = {.code = HF_OK};
	struct hf_plan *p = NULL;
	json_t *figures = NULL;
	enum hf_err e = hf_plan_read("the plan that is suggested", r->plan.data, r->plan.len, &p, &f);

	after.rows = masked(r, key, names, &after.name_count);
	after.names = names;
	if (e == HF_OK)
		e = hf_demand_check(hf_plan_table_named(p, r->name), &before, &after, &figures, &f);
	if (e != HF_OK)
		hf_cli_fault(r->cli, e, &f);
	hf_effect_table_free(after.rows);
	hf_plan_free(p);
	return figures;
}

static json_t *levels_json(const struct run *r)
{
	json_t *list = json_array();

	for (size_t i = 0; i < r->quasi.count; i++) {
		size_t level = r->found.best.level[i];
		const struct hf_level_technique *t = &r->levels[i].technique[level];

		json_array_append_new(list, json_pack("{s:s, s:i, s:i, s:s}", "field", r->quasi.name[i], "level",
		                                      (int)level, "of", (int)r->levels[i].lattice.level_count - 1,
		                                      "technique", t->technique ? t->technique->id : "keep"));
	}
	return list;
}

static void print(const struct run *r, const json_t *figures)
{
	const struct hf_lattice_found *f = &r->found;
	const json_t *s;
	size_t i;

	printf("# %s: loss %.4f, k %lld, %lld classes, %lld of %lld rows suppressed\n",
	       f->exact ? "no choice of levels loses less" : "the best so far; another may lose less", f->best.loss,
	       (long long)json_integer_value(json_object_get(figures, "k")),
	       (long long)json_integer_value(json_object_get(figures, "classes")),
	       (long long)json_integer_value(json_object_get(figures, "suppressed_rows")),
	       (long long)json_integer_value(json_object_get(figures, "rows")));
	json_array_foreach(json_object_get(figures, "sensitive"), i, s)
	        printf("# %s: at least %lld different values in a class, at most %.4f from the whole\n",
	               json_string_value(json_object_get(s, "field")),
	               (long long)json_integer_value(json_object_get(s, "l_distinct")),
	               json_real_value(json_object_get(s, "t_equal")));
	printf("# %.0f of %.0f choices were tried; fields that are no quasi-identifier, not sensitive and not kept are "
	       "left "
	       "out\n%.*s",
	       f->looked, f->nodes, (int)r->plan.len, (const char *)r->plan.data);
}

static int report(struct run *r, const uint8_t key[16])
{
	json_t *figures, *o;

	if (!search(r))
		return hf_cli_fail(
		        r->cli, r->found.exact ? "no choice of levels meets this; suppress more rows, ask for less, or "
		                                 "name fewer quasi-identifiers"
		                               : "no choice of levels that meets this was found in the time; give it "
		                                 "more --seconds, suppress more rows, or ask for less");
	make_plan(r);
	figures = promise(r, key);
	if (!figures)
		return HF_EXIT_REFUSED;
	if (r->cli->json) {
		o = json_pack("{s:b, s:f, s:f, s:f, s:o, s:O, s:s%}", "exact", r->found.exact, "loss",
		              r->found.best.loss, "nodes", r->found.nodes, "looked", r->found.looked, "levels",
		              levels_json(r), "figures", figures, "plan", (const char *)r->plan.data, r->plan.len);
		hf_cli_json(o);
		json_decref(o);
	} else {
		print(r, figures);
	}
	json_decref(figures);
	return HF_EXIT_DONE;
}

static bool columns_of(struct run *r, const struct hf_mask_names *n, size_t *ret_columns)
{
	size_t column;

	for (size_t i = 0; i < n->count; i++) {
		if (!hf_mask_table_column(r->cli, &r->table, n->name[i], &column))
			return false;
		if (ret_columns)
			ret_columns[i] = column;
	}
	return true;
}

static const struct hf_detector *kind_of(struct hf_identify *x, const char *name)
{
	size_t count;
	const struct hf_field_finding *f = hf_identify_findings(x, &count);

	for (size_t i = 0; i < count; i++)
		if (strcmp(f[i].name, name) == 0)
			return f[i].best.detector;
	return NULL;
}

static bool make_levels(struct run *r, struct hf_identify *x, const char *folder)
{
	struct hf_fault f = {.code = HF_OK};

	for (size_t i = 0; i < r->quasi.count; i++) {
		struct hf_levels_tree tree = {.read = hf_mask_file, .kind = kind_of(x, r->quasi.name[i])};
		HF_CLEANUP(hf_buf_done) struct hf_buf file = HF_BUF_INIT;
		enum hf_err e;

		if (!hf_mask_hierarchy(r->cli, folder, r->quasi.name[i], &r->tree[i]))
			return false;
		if (r->tree[i]) {
			hf_buf_addf(&file, "%s/%s.csv", folder, r->quasi.name[i]);
			hf_buf_add(&file, "", 1);
			r->tree_file[i] = hf_strdup((const char *)file.data);
		}
		tree.file = r->tree_file[i];
		tree.tree = r->tree[i];
		e = hf_levels_make(r->table.rows, r->column[i], &tree, &r->levels[i], &f);
		r->level_count++;
		if (e != HF_OK) {
			hf_cli_fault(r->cli, e, &f);
			return false;
		}
	}
	return true;
}

/* The file's name without folder and ending. */
static void name_table(struct run *r, const char *path)
{
	const char *slash = strrchr(path, '/');
	char *dot;

	if (r->name)
		return;
	r->name = r->named = hf_strdup(slash ? slash + 1 : path);
	dot = strrchr(r->named, '.');
	if (dot && dot > r->named)
		*dot = '\0';
}

static void run_done(struct run *r)
{
	for (size_t i = 0; i < r->level_count; i++)
		hf_levels_done(&r->levels[i]);
	for (size_t i = 0; i < HF_LATTICE_COLUMNS; i++) {
		hf_hierarchy_free(r->tree[i]);
		free(r->tree_file[i]);
	}
	hf_mask_table_done(&r->table);
	free(r->quasi.text);
	free(r->sensitive.text);
	free(r->keep.text);
	free(r->named);
	hf_buf_done(&r->plan);
}

/* What the options say, as texts. */
struct said {
	const char *quasi, *sensitive, *keep, *hierarchies, *k, *l, *t, *suppress, *seconds;
};

static bool understand(struct run *r, const struct said *a)
{
	struct hf_cli *cli = r->cli;

	return hf_mask_names_split(cli, "quasi", a->quasi, &r->quasi) &&
	       hf_mask_names_split(cli, "sensitive", a->sensitive, &r->sensitive) &&
	       hf_mask_names_split(cli, "keep", a->keep, &r->keep) &&
	       hf_cli_number(cli, "k", a->k, HF_EFFECT_ROWS_MAX, &r->k) &&
	       hf_cli_number(cli, "l", a->l, HF_EFFECT_ROWS_MAX, &r->l) &&
	       hf_cli_number(cli, "seconds", a->seconds, 1000000, &r->seconds) &&
	       hf_mask_share(cli, "t", a->t, &r->t) && hf_mask_share(cli, "suppress", a->suppress, &r->suppress);
}

static int suggest(struct run *r, const char *path, const struct said *a)
{
	struct hf_mask_sample sample = {.path = path, .format = hf_mask_format_of(path), .rows = KIND_ROWS};
	const struct hf_identify_options looked_for = {.table = NULL};
	struct hf_mask_reading reading;
	uint8_t key[16];
	bool made;

	if (sample.format == HF_MASK_TEXT)
		sample.format = HF_MASK_CSV;
	hf_random(key, sizeof(key));
	name_table(r, path);
	if (!hf_mask_table_read(r->cli, path, key, &r->table) || !columns_of(r, &r->quasi, r->column) ||
	    !columns_of(r, &r->sensitive, r->sensitive_column) || !columns_of(r, &r->keep, NULL) ||
	    !hf_mask_read(r->cli, &sample, &looked_for, NULL, &reading))
		return HF_EXIT_REFUSED;
	made = make_levels(r, reading.x, a->hierarchies);
	hf_mask_reading_done(&reading);
	return made ? report(r, key) : HF_EXIT_REFUSED;
}

int hf_mask_cli_suggest(struct hf_cli *cli, int argc, char **argv)
{
	struct run *r = hf_alloc_zero(sizeof(*r));
	struct said a = {.quasi = NULL};
	const char *path;
	const struct hf_opt opts[] = {{"quasi", &a.quasi, NULL, NULL},
	                              {"sensitive", &a.sensitive, NULL, NULL},
	                              {"keep", &a.keep, NULL, NULL},
	                              {"k", &a.k, NULL, NULL},
	                              {"l", &a.l, NULL, NULL},
	                              {"t", &a.t, NULL, NULL},
	                              {"suppress", &a.suppress, NULL, NULL},
	                              {"hierarchies", &a.hierarchies, NULL, NULL},
	                              {"table", &r->name, NULL, NULL},
	                              {"seconds", &a.seconds, NULL, NULL},
	                              {0}};
	int status = HF_EXIT_USAGE;

	r->cli = cli;
	r->t = -1;
	hf_buf_init(&r->plan, (size_t)4 << 20);
	if (!hf_cli_args(cli, argc, argv, opts, &path, 1, 1))
		;
	else if (!a.quasi || (!a.k && !a.l && !a.t))
		hf_cli_misuse(cli, "--quasi NAMES and one of --k, --l and --t are needed");
	else if ((a.l || a.t) && !a.sensitive)
		hf_cli_misuse(cli, "--l and --t are about --sensitive NAMES, which is missing");
	else if (understand(r, &a) && r->quasi.count <= HF_LATTICE_COLUMNS)
		status = suggest(r, path, &a);
	else if (r->quasi.count > HF_LATTICE_COLUMNS)
		hf_cli_misuse(cli, "--quasi names more than %u columns; name fewer", HF_LATTICE_COLUMNS);
	run_done(r);
	free(r);
	return status;
}
