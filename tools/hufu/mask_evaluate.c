/* mask_evaluate.c - `hufu mask evaluate`: what risk was there before masking, what is left, and what the data is still
 * good for. No value is printed. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "crypto/crypto.h"
#include "mask.h"
#include "mask_evaluate.h"
#include "masking/demand.h"

#define QUESTIONS 200u
#define QUESTIONS_MOST 100000u

struct run {
	struct hf_mask_evaluation e;
	struct hf_plan_demand demand; /* without names */
	const char *page;             /* NULL: none */
};

bool hf_mask_names_split(struct hf_cli *cli, const char *option, const char *list, struct hf_mask_names *n)
{
	char *next;

	if (!list)
		return true;
	n->text = hf_strdup(list);
	for (char *at = n->text; at; at = next) {
		next = strchr(at, ',');
		if (next)
			*next++ = '\0';
		if (*at == '\0' || n->count == HF_MASK_NAMES) {
			hf_cli_misuse(cli, "--%s is '%s'; give 1 to %u names of columns with commas between", option,
			              list, HF_MASK_NAMES);
			return false;
		}
		n->name[n->count++] = at;
	}
	return true;
}

bool hf_mask_share(struct hf_cli *cli, const char *option, const char *text, double *ret_share)
{
	char *end = NULL;
	double v = text ? strtod(text, &end) : 0;

	if (text && (end == text || *end || !(v >= 0 && v <= 1))) {
		hf_cli_misuse(cli, "--%s is '%s'; give a number from 0 to 1", option, text);
		return false;
	}
	if (text)
		*ret_share = v;
	return true;
}

bool hf_mask_hierarchy(struct hf_cli *cli, const char *folder, const char *column, struct hf_hierarchy **ret_h)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf text = HF_BUF_INIT;
	struct hf_fault f = {.code = HF_OK};
	char path[4096];
	enum hf_err e;

	*ret_h = NULL;
	if (!folder)
		return true;
	if (snprintf(path, sizeof(path), "%s/%s.csv", folder, column) >= (int)sizeof(path) || access(path, F_OK) != 0)
		return true;
	e = hf_file_read(path, (size_t)32 << 20, &text);
	e = e == HF_OK ? hf_hierarchy_read(path, text.data, text.len, ret_h, &f)
	               : hf_file_fault(&f, e, path, (size_t)32 << 20);
	if (e != HF_OK)
		hf_cli_fault(cli, e, &f);
	return e == HF_OK;
}

static int report(struct run *r)
{
	struct hf_cli *cli = r->e.cli;
	json_t *figures = hf_mask_figures(&r->e), *missed;
	int status = HF_EXIT_REFUSED;
	const json_t *s;
	size_t i;

	if (!figures)
		return status;
	missed = hf_demand_missed(&r->demand, NULL, json_object_get(figures, "after"),
	                          json_object_get(figures, "recovery"));
	json_object_set_new(figures, "missed", missed);
	if (!r->page || hf_mask_page_write(cli, r->page, figures)) {
		status = json_array_size(missed) ? HF_EXIT_REFUSED : HF_EXIT_DONE;
		if (cli->json)
			hf_cli_json(figures);
		else {
			hf_mask_figures_print(cli, figures);
			json_array_foreach(missed, i, s) printf("%s\n", json_string_value(s));
		}
	}
	json_decref(figures);
	return status;
}

/* What the options say, as texts. */
struct said {
	const char *quasi, *sensitive, *population, *people, *hierarchies, *k, *l, *t, *threshold, *recovery, *grade,
	        *questions;
};

static bool understand(struct run *r, const struct said *a)
{
	struct hf_cli *cli = r->e.cli;
	bool good = hf_mask_names_split(cli, "quasi", a->quasi, &r->e.quasi) &&
	            hf_mask_names_split(cli, "sensitive", a->sensitive, &r->e.sensitive) &&
	            hf_cli_number(cli, "k", a->k, HF_EFFECT_ROWS_MAX, &r->demand.k) &&
	            hf_cli_number(cli, "l", a->l, HF_EFFECT_ROWS_MAX, &r->demand.l) &&
	            hf_cli_number(cli, "people", a->people, UINT32_MAX, &r->e.people) &&
	            hf_cli_number(cli, "grade", a->grade, 4, &r->demand.grade) &&
	            hf_cli_number(cli, "questions", a->questions, QUESTIONS_MOST, &r->e.questions) &&
	            hf_mask_share(cli, "t", a->t, &r->demand.t) &&
	            hf_mask_share(cli, "threshold", a->threshold, &r->e.threshold) &&
	            hf_mask_share(cli, "recovery", a->recovery, &r->demand.recovery);

	r->e.l = r->demand.l ? r->demand.l : 2;
	return good;
}

static bool load(struct run *r, const char *const *tables, const struct said *a)
{
	struct hf_cli *cli = r->e.cli;
	uint8_t key[16];

	hf_random(key, sizeof(key));
	for (size_t i = 0; i < r->e.sensitive.count; i++)
		if (!hf_mask_hierarchy(cli, a->hierarchies, r->e.sensitive.name[i], &r->e.tree[i]))
			return false;
	return hf_mask_table_read(cli, tables[0], key, &r->e.before) &&
	       hf_mask_table_read(cli, tables[1], key, &r->e.after) &&
	       (!a->population || hf_mask_table_read(cli, a->population, key, &r->e.population));
}

static void run_done(struct run *r)
{
	hf_mask_table_done(&r->e.before);
	hf_mask_table_done(&r->e.after);
	hf_mask_table_done(&r->e.population);
	for (size_t i = 0; i < HF_MASK_NAMES; i++)
		hf_hierarchy_free(r->e.tree[i]);
	free(r->e.quasi.text);
	free(r->e.sensitive.text);
}

int hf_mask_cli_evaluate(struct hf_cli *cli, int argc, char **argv)
{
	struct run r = {.e = {.cli = cli, .threshold = HF_MASK_THRESHOLD, .questions = QUESTIONS, .seed = "hufu"},
	                .demand = {.t = -1, .recovery = -1}};
	struct said a = {.quasi = NULL};
	const char *pos[2];
	const struct hf_opt opts[] = {{"quasi", &a.quasi, NULL, NULL},
	                              {"sensitive", &a.sensitive, NULL, NULL},
	                              {"population", &a.population, NULL, NULL},
	                              {"people", &a.people, NULL, NULL},
	                              {"hierarchies", &a.hierarchies, NULL, NULL},
	                              {"k", &a.k, NULL, NULL},
	                              {"l", &a.l, NULL, NULL},
	                              {"t", &a.t, NULL, NULL},
	                              {"threshold", &a.threshold, NULL, NULL},
	                              {"recovery", &a.recovery, NULL, NULL},
	                              {"grade", &a.grade, NULL, NULL},
	                              {"questions", &a.questions, NULL, NULL},
	                              {"seed", &r.e.seed, NULL, NULL},
	                              {"html", &r.page, NULL, NULL},
	                              {0}};
	int status = HF_EXIT_USAGE;

	if (!hf_cli_args(cli, argc, argv, opts, pos, 2, 2))
		return HF_EXIT_USAGE;
	if (!a.quasi)
		return hf_cli_misuse(cli, "--quasi NAMES is needed: the columns by which someone is known elsewhere");
	if ((a.l || a.t) && !a.sensitive)
		return hf_cli_misuse(cli, "--l and --t are about --sensitive NAMES, which is missing");
	if (understand(&r, &a))
		status = load(&r, pos, &a) ? report(&r) : HF_EXIT_REFUSED;
	run_done(&r);
	return status;
}
