/* cmd_data_view.c - hufu data view: through which masking plan who reads sealed data (DS-87). */
#include <string.h>

#include "cli.h"

#define EXAMPLE_ENTRY "0198a7c2-5b1e-7d44-8a51-0c1f6d2e9b10"

static const struct hf_column columns[] = {
        {"ENTRY", "entry", 0},      {"VIEW", "name", 24},     {"DEPARTMENT", "department", 20},
        {"ROLE", "role", 20},       {"SYSTEM", "system", 20}, {"BUSINESS", "business", 20},
        {"PURPOSE", "purpose", 24}, {"PLAN", "plan", 24},     {"AS DELIVERED", "as_delivered", 0},
        {"BY", "by", 20},           {NULL, NULL, 0},
};

/* The options are those of `set`; its conditions are texts of the same names in the request. */
struct words {
	const char *name, *department, *role, *system, *business, *purpose, *plan, *limit;
	bool plain;
};

static int set(struct hf_cli *cli, const char *entry, const struct words *w)
{
	json_t *in = hf_cli_with("entry", entry);

	hf_cli_put(in, "name", w->name);
	hf_cli_put(in, "department", w->department);
	hf_cli_put(in, "role", w->role);
	hf_cli_put(in, "system", w->system);
	hf_cli_put(in, "business", w->business);
	hf_cli_put(in, "purpose", w->purpose);
	hf_cli_put(in, "plan", w->plan);
	if (w->plain)
		json_object_set_new(in, "as_delivered", json_true());
	return hf_cli_do(cli, "POST", "/v1/data/views", in, "the view %s is set", "name");
}

static int list(struct hf_cli *cli, const char *entry, const struct words *w)
{
	json_t *in = json_object(), *out = NULL;
	int status;

	hf_cli_put(in, "entry", entry);
	hf_cli_put(in, "limit", w->limit);
	status = hf_cli_call(cli, "GET", "/v1/data/views", in, &out);
	if (status == HF_EXIT_DONE)
		hf_cli_table(cli, out, "views", columns,
		             "there are no views; who may read sealed data sees it as it was delivered");
	json_decref(out);
	return status;
}

static int view(struct hf_cli *cli, int argc, char **argv)
{
	const char *pos[2] = {NULL, NULL};
	struct words w = {.plain = false};
	const struct hf_opt opts[] = {{"name", &w.name, NULL, NULL},         {"department", &w.department, NULL, NULL},
	                              {"role", &w.role, NULL, NULL},         {"system", &w.system, NULL, NULL},
	                              {"business", &w.business, NULL, NULL}, {"purpose", &w.purpose, NULL, NULL},
	                              {"plan", &w.plan, NULL, NULL},         {"as-delivered", NULL, &w.plain, NULL},
	                              {"limit", &w.limit, NULL, NULL},       {NULL, NULL, NULL, NULL}};

	if (!hf_cli_args(cli, argc, argv, opts, pos, 1, 2))
		return HF_EXIT_USAGE;
	if (strcmp(pos[0], "list") == 0)
		return list(cli, pos[1], &w);
	if (!pos[1] || !w.name)
		return hf_cli_misuse(cli, "%s what? name the entry, and the view with --name", pos[0]);
	if (strcmp(pos[0], "set") == 0)
		return set(cli, pos[1], &w);
	if (strcmp(pos[0], "remove") == 0) {
		json_t *in = hf_cli_with("entry", pos[1]);
		hf_cli_put(in, "name", w.name);
		return hf_cli_do(cli, "POST", "/v1/data/views/remove", in, "the view %s is removed", "name");
	}
	return hf_cli_misuse(cli, "there is no 'hufu data view %s'", pos[0]);
}

const struct hf_command hf_commands_data_view[] = {
        {"data", "view", "through which masking plan who reads sealed data",
         "hufu data view set ENTRY --name NAME [--department D] [--role R] [--system S] [--business B]\n"
         "                   [--purpose CODE] --plan PLAN|--as-delivered\n"
         "hufu data view remove ENTRY --name NAME\n"
         "hufu data view list [ENTRY] [--limit N]\n"
         "\n"
         "  ENTRY          of the catalog: all its data that is kept sealed here, delivered before or later. As soon "
         "as it\n"
         "                 has a view, nobody reads it without one, and it is fetched sealed only\n"
         "  --department, --role\n"
         "                 of the reader\n"
         "  --system, --business, --purpose\n"
         "                 the system that the data was delivered to, what it belongs to, and what for. What is left "
         "out\n"
         "                 may be anything; of several views that fit, the one that states most counts, and two that "
         "state\n"
         "                 equally much and name two plans deny\n"
         "  --plan PLAN    an approved plan of this node (`hufu release plan`), of one table, mode dynamic\n"
         "  --as-delivered unmasked by this node\n"
         "\n"
         "  as a security-administrator, who reads no data himself. set replaces the view of that name\n"
         "\n"
         "example:\n"
         "  hufu data view set " EXAMPLE_ENTRY " --name pricing --department pricing --plan coarse\n"
         "  hufu data view set " EXAMPLE_ENTRY " --name fraud --department pricing --role privacy-expert --plan fine\n",
         view},
        {NULL, NULL, NULL, NULL, NULL},
};
