/* cmd_release.c - hufu release: masking plans that the node keeps. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

#define PLAN_MAX ((size_t)640 << 10)

/* ---- plans ---- */

static bool put_file(struct hf_cli *cli, json_t *in, const char *name, const char *path, int *status)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf text = HF_BUF_INIT;
	struct hf_fault f = {HF_OK, ""};
	enum hf_err e = hf_file_read(path, PLAN_MAX, &text);
	json_t *value;

	if (e != HF_OK) {
		*status = hf_cli_fault(cli, hf_file_fault(&f, e, path, PLAN_MAX), &f);
		return false;
	}
	value = text.len ? json_stringn((const char *)text.data, text.len) : NULL;
	if (!value) {
		*status =
		        hf_cli_fail(cli, "%s is %s; name the right file", path, text.len ? "not UTF-8 text" : "empty");
		return false;
	}
	json_object_set_new(in, name, value);
	return true;
}

static int plan_put(struct hf_cli *cli, const char *path, const char *inventory)
{
	json_t *in = json_object(), *out = NULL;
	int status = HF_EXIT_DONE;

	if (!put_file(cli, in, "plan", path, &status) ||
	    (inventory && !put_file(cli, in, "inventory", inventory, &status))) {
		json_decref(in);
		return status;
	}
	status = hf_cli_call(cli, "POST", "/v1/release/plans/put", in, &out);
	if (status == HF_EXIT_DONE && cli->json)
		hf_cli_json(out);
	else if (status == HF_EXIT_DONE)
		printf("masking plan %s, version %lld, is stored with digest %s; it runs once another person approves "
		       "it\n",
		       json_string_value(json_object_get(out, "name")),
		       (long long)json_integer_value(json_object_get(out, "version")),
		       json_string_value(json_object_get(out, "digest")));
	json_decref(out);
	return status;
}

static int plan_list(struct hf_cli *cli)
{
	static const struct hf_column columns[] = {
	        {"PLAN", "name", 32},     {"VERSION", "version", 0},        {"STATE", "state", 0}, {"MODE", "mode", 0},
	        {"PUT BY", "put_by", 20}, {"DECIDED BY", "decided_by", 20}, {"NEED", "need", 40},  {NULL, NULL, 0},
	};
	json_t *out = NULL;
	int status = hf_cli_call(cli, "GET", "/v1/release/plans", NULL, &out);

	if (status == HF_EXIT_DONE)
		hf_cli_table(cli, out, "plans", columns,
		             "no masking plan is stored; `hufu release plan put FILE` stores one");
	json_decref(out);
	return status;
}

static int plan_show(struct hf_cli *cli, json_t *in, bool text)
{
	static const struct hf_column columns[] = {
	        {"plan", "name", 0},
	        {"version", "version", 0},
	        {"state", "state", 0},
	        {"mode", "mode", 0},
	        {"need", "need", 0},
	        {"operator", "operator", 0},
	        {"security", "security", 0},
	        {"audit", "audit", 0},
	        {"digest", "digest", 0},
	        {"put by", "put_by", 0},
	        {"put", "put", 0},
	        {"decided by", "decided_by", 0},
	        {"decided", "decided", 0},
	        {"reason", "reason", 0},
	        {"retired by", "retired_by", 0},
	        {"retired", "retired", 0},
	        {"identified by", "identified_by", 0},
	        {"inventory", "inventory_digest", 0},
	        {NULL, NULL, 0},
	};
	json_t *out = NULL;
	int status = hf_cli_call(cli, "GET", "/v1/release/plans/show", in, &out);

	if (status == HF_EXIT_DONE && text && !cli->json)
		fputs(json_string_value(json_object_get(out, "plan")), stdout);
	else if (status == HF_EXIT_DONE)
		hf_cli_details(cli, out, columns);
	json_decref(out);
	return status;
}

static const struct {
	const char *verb, *route, *said;
} steps[] = {
        {"approve", "/v1/release/plans/approve", "the masking plan %s is approved"},
        {"reject", "/v1/release/plans/reject", "the masking plan %s is rejected"},
        {"retire", "/v1/release/plans/retire", "the masking plan %s is retired"},
};

static int plan(struct hf_cli *cli, int argc, char **argv)
{
	const char *pos[2], *inventory = NULL, *version = NULL, *reason = NULL;
	bool text = false;
	const struct hf_opt opts[] = {{"inventory", &inventory, NULL, NULL},
	                              {"version", &version, NULL, NULL},
	                              {"reason", &reason, NULL, NULL},
	                              {"text", NULL, &text, NULL},
	                              {NULL, NULL, NULL, NULL}};
	json_t *in;

	if (!hf_cli_args(cli, argc, argv, opts, pos, 1, 2))
		return HF_EXIT_USAGE;
	if (strcmp(pos[0], "list") == 0 && !pos[1])
		return plan_list(cli);
	if (!pos[1])
		return hf_cli_misuse(cli, "%s what? name a file or a plan", pos[0]);
	if (strcmp(pos[0], "put") == 0)
		return plan_put(cli, pos[1], inventory);
	in = hf_cli_with("name", pos[1]);
	hf_cli_put(in, "version", version);
	if (strcmp(pos[0], "show") == 0)
		return plan_show(cli, in, text);
	hf_cli_put(in, "reason", reason);
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
		if (strcmp(pos[0], steps[i].verb) == 0)
			return hf_cli_do(cli, "POST", steps[i].route, in, steps[i].said, "name");
	json_decref(in);
	return hf_cli_misuse(cli, "'%s' is none of put, list, show, approve, reject and retire", pos[0]);
}

const struct hf_command hf_commands_release[] = {
        {"release", "plan", "masking plans that the node keeps: put, look, approve",
         "hufu release plan put FILE [--inventory FILE]\n"
         "hufu release plan list\n"
         "hufu release plan show NAME [--version N] [--text]\n"
         "hufu release plan approve NAME [--version N] [--reason TEXT]\n"
         "hufu release plan reject|retire NAME [--version N] --reason TEXT\n"
         "\n"
         "  FILE is a plan as `hufu mask plan` checks it; its exact bytes are kept. Its version must be above those\n"
         "  that are stored, its persons accounts of this node. Somebody else approves it, with the permission\n"
         "  mask-policy, and neither of them may be its operator. --inventory: what `hufu mask confirm` confirmed.\n"
         "\n"
         "example:\n"
         "  hufu release plan put tolls.yaml --inventory map.json\n"
         "  hufu release plan approve tolls\n",
         plan},
        {NULL, NULL, NULL, NULL, NULL},
};
