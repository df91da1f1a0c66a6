/* cmd_release.c - hufu release: masking plans that the node keeps, and the tasks that run by them. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "release.h"

#define PLAN_MAX ((size_t)640 << 10)
#define EXAMPLE_ID "0198a7c2-5b1e-7d44-8a51-0c1f6d2e9b10"

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

static void plan_files(const json_t *files)
{
	const json_t *o;
	size_t i;

	json_array_foreach(files, i, o)
	        printf("file %s: %lld bytes, SHA-256 %s\n", json_string_value(json_object_get(o, "name")),
	               (long long)json_integer_value(json_object_get(o, "bytes")),
	               json_string_value(json_object_get(o, "sha256")));
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
	if (status == HF_EXIT_DONE && !text && !cli->json)
		plan_files(json_object_get(out, "files"));
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

/* ---- tasks ---- */

static bool ended(const char *state)
{
	static const char *const ends[] = {"paused", "released", "failed", "stopped"};

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		if (strcmp(state, ends[i]) == 0)
			return true;
	return false;
}

static long long number_of(const json_t *o, const char *key)
{
	return (long long)json_integer_value(json_object_get(o, key));
}

/* Until it has ended or is paused; ret_out is then its state. */
static int follow(struct hf_cli *cli, const struct hf_release_asked *by, json_t **ret_out)
{
	struct hf_progress p;
	int status = HF_EXIT_DONE;
	bool done = false;

	hf_progress_start(&p, cli, "masking");
	while (status == HF_EXIT_DONE && !done) {
		json_t *out = NULL;

		status = hf_cli_call(cli, by->method, by->route, hf_cli_with(by->key, by->value), &out);
		if (status == HF_EXIT_DONE) {
			hf_progress_update(&p, (uint64_t)number_of(out, "done"), (uint64_t)number_of(out, "total"));
			done = ended(json_string_value(json_object_get(out, "state")));
		}
		if (done)
			*ret_out = json_incref(out);
		json_decref(out);
		if (!done)
			hf_cli_pause(100);
	}
	hf_progress_end(&p);
	return status;
}

static int say_end(struct hf_cli *cli, const json_t *task)
{
	const char *state = json_string_value(json_object_get(task, "state")),
	           *scheme = json_string_value(json_object_get(task, "scheme")),
	           *text = json_string_value(json_object_get(task, "text"));
	bool good = strcmp(state, "released") == 0;

	if (cli->json && good)
		hf_cli_json(task);
	else if (good)
		printf("%lld rows in, %lld out: %s is source %s now\n", number_of(task, "rows_in"),
		       number_of(task, "rows_out"), json_string_value(json_object_get(task, "output")),
		       json_string_value(json_object_get(task, "registers")));
	if (good)
		return HF_EXIT_DONE;
	if (!text || !*text)
		return hf_cli_fail(cli, "the masking task %s is %s", json_string_value(json_object_get(task, "task")),
		                   state);
	return hf_cli_fail(cli, "the masking task %s is %s: %s; %s", json_string_value(json_object_get(task, "task")),
	                   state, text, scheme);
}

static int wait_by(struct hf_cli *cli, const struct hf_release_asked *by)
{
	json_t *task = NULL;
	int status = follow(cli, by, &task);

	if (status == HF_EXIT_DONE)
		status = say_end(cli, task);
	json_decref(task);
	return status;
}

static int wait_for(struct hf_cli *cli, const char *id)
{
	return wait_by(cli, &(struct hf_release_asked){"GET", "/v1/release/show", "task", id});
}

int hf_release_say_begun(struct hf_cli *cli, const json_t *out, const struct hf_release_asked *wait)
{
	if (wait)
		return wait_by(cli, wait);
	if (cli->json)
		hf_cli_json(out);
	else
		printf("masking task %s has begun; `hufu release show` tells how far it is\n",
		       json_string_value(json_object_get(out, "task")));
	return HF_EXIT_DONE;
}

static int run(struct hf_cli *cli, int argc, char **argv)
{
	const char *pos[2], *table = NULL, *output = NULL, *as = NULL;
	bool wait = false, timer = false;
	const struct hf_opt opts[] = {{"table", &table, NULL, NULL}, {"output", &output, NULL, NULL},
	                              {"register", &as, NULL, NULL}, {"wait", NULL, &wait, NULL},
	                              {"timer", NULL, &timer, NULL}, {NULL, NULL, NULL, NULL}};
	char path[PATH_MAX];
	json_t *in, *out = NULL;
	int status;

	if (!hf_cli_args(cli, argc, argv, opts, pos, 2, 2))
		return HF_EXIT_USAGE;
	if (!output || !as)
		return hf_cli_misuse(cli, "--output FILE and --register NAME are needed: where the result is put, and "
		                          "which source it becomes");
	if (!hf_cli_absolute(cli, output, path))
		return HF_EXIT_USAGE;
	in = hf_cli_with("plan", pos[0]);
	hf_cli_put(in, "source", pos[1]);
	hf_cli_put(in, "table", table);
	hf_cli_put(in, "output", path);
	hf_cli_put(in, "registers", as);
	if (timer)
		json_object_set_new(in, "timer", json_true());
	status = hf_cli_call(cli, "POST", "/v1/release/run", in, &out);
	const struct hf_release_asked by = {"GET", "/v1/release/show", "task",
	                                    json_string_value(json_object_get(out, "task"))};
	if (status == HF_EXIT_DONE)
		status = hf_release_say_begun(cli, out, wait ? &by : NULL);
	json_decref(out);
	return status;
}

static int list(struct hf_cli *cli, int argc, char **argv)
{
	static const struct hf_column columns[] = {
	        {"TASK", "task", 0},         {"STATE", "state", 0},   {"PLAN", "plan", 24},   {"SOURCE", "source", 24},
	        {"RESULT", "registers", 24}, {"ROWS", "rows_out", 0}, {"BY", "operator", 16}, {"HOW", "manner", 0},
	        {"CREATED", "created", 20},  {NULL, NULL, 0},
	};
	const char *limit = NULL;
	const struct hf_opt opts[] = {{"limit", &limit, NULL, NULL}, {NULL, NULL, NULL, NULL}};
	json_t *in = NULL, *out = NULL;
	int status;

	if (!hf_cli_args(cli, argc, argv, opts, NULL, 0, 0))
		return HF_EXIT_USAGE;
	in = json_object();
	hf_cli_put(in, "limit", limit);
	status = hf_cli_call(cli, "GET", "/v1/release/tasks", in, &out);
	if (status == HF_EXIT_DONE)
		hf_cli_table(cli, out, "tasks", columns, "no masking task was run; `hufu release run` begins one");
	json_decref(out);
	return status;
}

static int show(struct hf_cli *cli, int argc, char **argv)
{
	static const struct hf_column columns[] = {
	        {"task", "task", 0},
	        {"state", "state", 0},
	        {"plan", "plan", 0},
	        {"version", "version", 0},
	        {"source", "source", 0},
	        {"table", "table", 0},
	        {"output", "output", 0},
	        {"becomes", "registers", 0},
	        {"operator", "operator", 0},
	        {"begun by", "manner", 0},
	        {"bytes done", "done", 0},
	        {"of", "total", 0},
	        {"rows in", "rows_in", 0},
	        {"rows out", "rows_out", 0},
	        {"attempt", "attempt", 0},
	        {"error", "kind", 0},
	        {"text", "text", 0},
	        {"scheme", "scheme", 0},
	        {"digest", "result_digest", 0},
	        {NULL, NULL, 0},
	};
	static const struct hf_column done[] = {{"STEP", "step", 0},
	                                        {"TIME", "time", 0},
	                                        {"PERSON", "person", 24},
	                                        {"NOTE", "note", 60},
	                                        {NULL, NULL, 0}};
	const char *pos[1];
	json_t *out = NULL;
	int status;

	if (!hf_cli_args(cli, argc, argv, NULL, pos, 1, 1))
		return HF_EXIT_USAGE;
	status = hf_cli_call(cli, "GET", "/v1/release/show", hf_cli_with("task", pos[0]), &out);
	if (status == HF_EXIT_DONE)
		hf_cli_details(cli, out, columns);
	if (status == HF_EXIT_DONE && !cli->json) {
		const json_t *said;
		size_t i;

		printf("\n");
		hf_cli_table(cli, out, "steps", done, "no step");
		json_array_foreach(json_object_get(json_object_get(out, "evaluation"), "changes"), i, said)
		        printf("proposed: %s\n", json_string_value(said));
	}
	json_decref(out);
	return status;
}

static int change(struct hf_cli *cli, int argc, char **argv, const char *route, const char *said)
{
	const char *pos[1], *version = NULL, *reason = NULL;
	const struct hf_opt opts[] = {
	        {"version", &version, NULL, NULL}, {"reason", &reason, NULL, NULL}, {NULL, NULL, NULL, NULL}};
	json_t *in;

	if (!hf_cli_args(cli, argc, argv, opts, pos, 1, 1))
		return HF_EXIT_USAGE;
	in = hf_cli_with("task", pos[0]);
	hf_cli_put(in, "version", version);
	hf_cli_put(in, "reason", reason);
	return hf_cli_do(cli, "POST", route, in, said, "task");
}

static int pause_task(struct hf_cli *cli, int argc, char **argv)
{
	return change(cli, argc, argv, "/v1/release/pause", "the masking task %s is paused");
}

static int continue_task(struct hf_cli *cli, int argc, char **argv)
{
	return change(cli, argc, argv, "/v1/release/continue", "the masking task %s goes on");
}

static int stop_task(struct hf_cli *cli, int argc, char **argv)
{
	return change(cli, argc, argv, "/v1/release/stop",
	              "the masking task %s is stopped; nothing of its result is left");
}

static int retry_task(struct hf_cli *cli, int argc, char **argv)
{
	return change(cli, argc, argv, "/v1/release/retry", "the masking task %s begins again");
}

static int wait_task(struct hf_cli *cli, int argc, char **argv)
{
	const char *pos[1];

	return hf_cli_args(cli, argc, argv, NULL, pos, 1, 1) ? wait_for(cli, pos[0]) : HF_EXIT_USAGE;
}

static int audit(struct hf_cli *cli, int argc, char **argv)
{
	const char *pos[1], *note = NULL;
	const struct hf_opt opts[] = {{"note", &note, NULL, NULL}, {NULL, NULL, NULL, NULL}};
	json_t *in;

	if (!hf_cli_args(cli, argc, argv, opts, pos, 1, 1))
		return HF_EXIT_USAGE;
	if (!note)
		return hf_cli_misuse(cli, "--note is missing: what the audit found");
	in = hf_cli_with("task", pos[0]);
	hf_cli_put(in, "note", note);
	return hf_cli_do(cli, "POST", "/v1/release/audit", in, "the masking task %s is audited", "task");
}

static int methods(struct hf_cli *cli, int argc, char **argv)
{
	static const struct hf_column columns[] = {{"FILE", "file", 60},       {"STATE", "state", 0},
	                                           {"METHODS", "methods", 60}, {"SHA-256", "sha256", 0},
	                                           {"WHY", "why", 0},          {NULL, NULL, 0}};
	json_t *out = NULL;
	int status;

	if (!hf_cli_args(cli, argc, argv, NULL, NULL, 0, 0))
		return HF_EXIT_USAGE;
	status = hf_cli_call(cli, "GET", "/v1/release/methods", NULL, &out);
	if (status == HF_EXIT_DONE)
		hf_cli_table(cli, out, "files", columns,
		             "no methods of one's own; masking.methods of hufu.yaml names files of them");
	json_decref(out);
	return status;
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
         "  Tables, trees and dictionaries that its techniques read are taken from the node's folder masking when it "
         "is\n"
         "  put, and kept with the version: approving it covers them, and changing them later changes nothing.\n"
         "\n"
         "example:\n"
         "  hufu release plan put tolls.yaml --inventory map.json\n"
         "  hufu release plan approve tolls\n",
         plan},
        {"release", "run", "mask a source by an approved plan into a new source",
         "hufu release run PLAN SOURCE --output FILE --register NAME [--table TABLE] [--wait] [--timer]\n"
         "\n"
         "  FILE gets its name, and becomes the source NAME, when the result met the plan's checks; the original is\n"
         "  only read. Only the plan's operator runs it. --table: which table of the plan SOURCE is, when it is not\n"
         "  called so. --wait: until it has ended. --timer: says in the record that a timer of the system began it,\n"
         "  such as cron or systemd.\n"
         "\n"
         "example:\n"
         "  hufu release run tolls passages --output /srv/data/masked.csv --register passages-masked --wait\n",
         run},
        {"release", "methods", "masking methods of one's own that the node's plans may use",
         "hufu release methods\n\nThe files that masking.methods of hufu.yaml names by their SHA-256, and why one is "
         "not\nused. They are tried when the node starts: until then, \"trying\", plans that use them "
         "wait.\n\nexample:\n  hufu release methods\n",
         methods},
        {"release", "list", "masking tasks, newest first",
         "hufu release list [--limit N]\n\nexample:\n  hufu release list\n", list},
        {"release", "show", "a masking task: its steps, how far it is, what became of it",
         "hufu release show TASK\n\nexample:\n  hufu release show " EXAMPLE_ID "\n", show},
        {"release", "wait", "wait until a masking task has ended or is paused",
         "hufu release wait TASK\n\nexample:\n  hufu release wait " EXAMPLE_ID "\n", wait_task},
        {"release", "pause", "pause a masking task; what is done is kept",
         "hufu release pause TASK [--reason TEXT]\n\nexample:\n  hufu release pause " EXAMPLE_ID "\n", pause_task},
        {"release", "continue", "let a paused masking task go on",
         "hufu release continue TASK [--version N] [--reason TEXT]\n"
         "\n"
         "  --version N: by that approved version of the plan, which masks alike\n"
         "\n"
         "example:\n"
         "  hufu release continue " EXAMPLE_ID " --version 3\n",
         continue_task},
        {"release", "stop", "end a masking task and remove its result",
         "hufu release stop TASK [--reason TEXT]\n\nexample:\n  hufu release stop " EXAMPLE_ID "\n", stop_task},
        {"release", "retry", "begin a failed or stopped masking task again",
         "hufu release retry TASK [--version N] [--reason TEXT]\n\nexample:\n  hufu release retry " EXAMPLE_ID "\n",
         retry_task},
        {"release", "audit", "say that a masking task was audited, and what was found",
         "hufu release audit TASK --note TEXT\n\nexample:\n  hufu release audit " EXAMPLE_ID " --note \"as planned\"\n",
         audit},
        {NULL, NULL, NULL, NULL, NULL},
};
