/*
 * mask_trace.c - `hufu mask trace`: whose release leaked rows are from, by a list of what was released. The originals
 * stream through; the leak is held in memory, up to a bound.
 */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "crypto/base64.h"
#include "crypto/crypto.h"
#include "mask.h"
#include "mask_rows.h"
#include "mask_trace.h"
#include "release/engine/trace_rows.h"

/* One release of the list. */
struct released {
	const char *release, *recipient, *plan, *table, *original, *key, *seed, *methods;
	char *folder; /* of the list: paths are from there */
	struct hf_mask_scope scope;
	json_t *list; /* what the texts belong to */
};
struct tracing {
	struct hf_cli *cli;
	struct released *all;
	size_t count;
	struct hf_trace *trace;
	size_t leaked, width;
	bool more; /* the leak has more rows than are looked at */
	/* Of the release that is under way. */
	const struct released *now;
	struct hf_methods *methods;
	struct hf_plan *read;
	struct hf_plan plan;
	struct hf_mask_key root, seed;
	struct hf_trace_rows *rows;
};

/* ---- the list ---- */

static bool text_of(struct tracing *t, const json_t *o, const char *path, const char *name, const char **ret_text)
{
	const json_t *v = json_object_get(o, name);

	*ret_text = json_string_value(v);
	if (*ret_text && **ret_text)
		return true;
	hf_cli_fail(t->cli, "%s: a release has no \"%s\", or it is no text; write one", path, name);
	return false;
}

static bool known(struct tracing *t, json_t *o, const char *path)
{
	static const char *const names[] = {"release",  "recipient", "plan",  "table", "original", "key",
	                                    "consumer", "contract",  "epoch", "seed",  "methods",  NULL};
	json_t *v;
	const char *name;

	json_object_foreach(o, name, v)
	{
		size_t i = 0;

		while (names[i] && strcmp(names[i], name) != 0)
			i++;
		if (!names[i])
			return hf_cli_fail(t->cli, "%s: \"%.60s\" of a release is not known; remove or correct it",
			                   path, name) == HF_EXIT_DONE;
	}
	return true;
}

static bool add_release(struct tracing *t, json_t *list, json_t *o, const char *path)
{
	const char *slash = strrchr(path, '/');
	struct released r = {.list = list};

	if (!known(t, o, path) || !text_of(t, o, path, "release", &r.release) ||
	    !text_of(t, o, path, "recipient", &r.recipient) || !text_of(t, o, path, "plan", &r.plan) ||
	    !text_of(t, o, path, "table", &r.table) || !text_of(t, o, path, "original", &r.original) ||
	    !text_of(t, o, path, "key", &r.key))
		return false;
	r.scope.consumer = json_string_value(json_object_get(o, "consumer"));
	r.scope.contract = json_string_value(json_object_get(o, "contract"));
	r.seed = json_string_value(json_object_get(o, "seed"));
	r.methods = json_string_value(json_object_get(o, "methods"));
	r.scope.epoch = (uint64_t)json_integer_value(json_object_get(o, "epoch"));
	if (t->count == HF_TRACE_RELEASES_MAX)
		return hf_cli_fail(t->cli, "more than %u releases are listed; name fewer files",
		                   HF_TRACE_RELEASES_MAX) == HF_EXIT_DONE;
	r.folder = hf_strdup(slash ? path : ".");
	if (slash)
		r.folder[slash - path] = '\0';
	t->all = hf_realloc(t->all, (t->count + 1) * sizeof(*t->all));
	t->all[t->count++] = r;
	json_incref(list);
	return true;
}

static bool add_file(struct tracing *t, const char *path)
{
	json_t *list = hf_mask_load(t->cli, path), *releases, *o;
	bool good = list != NULL;
	size_t i;

	if (!list)
		return false;
	releases = json_object_get(list, "releases");
	if (!json_is_array(releases) || json_array_size(releases) == 0)
		good = hf_cli_fail(t->cli, "%s lists no releases; write {\"releases\": [{...}]}", path) == HF_EXIT_DONE;
	json_array_foreach(releases, i, o)
	{
		if (good)
			good = add_release(t, list, o, path);
	}
	json_decref(list);
	return good;
}

static int is_list(const struct dirent *d)
{
	size_t n = strlen(d->d_name);

	return n > 5 && strcmp(d->d_name + n - 5, ".json") == 0;
}

static bool add_lists(struct tracing *t, const char *path)
{
	struct dirent **names;
	struct stat st;
	bool good = true;
	int n;

	if (stat(path, &st) != 0 || !S_ISDIR(st.st_mode))
		return add_file(t, path);
	n = scandir(path, &names, is_list, alphasort);
	for (int i = 0; i < n; i++) {
		char file[PATH_MAX];

		snprintf(file, sizeof(file), "%s/%s", path, names[i]->d_name);
		good = good && add_file(t, file);
		free(names[i]);
	}
	if (n >= 0)
		free(names);
	if (n <= 0)
		return hf_cli_fail(t->cli, "the folder %s has no list: no file that ends in .json", path) ==
		       HF_EXIT_DONE;
	return good;
}

/* ---- reading ---- */

static enum hf_err leak_header(void *ctx, const char *const *names, size_t count, struct hf_fault *f)
{
	struct tracing *t = ctx;

	(void)f;
	t->trace = hf_trace_new(names, count);
	t->width = count;
	return HF_OK;
}

static enum hf_err leak_row(void *ctx, const struct hf_bytes *cells, struct hf_fault *f)
{
	struct tracing *t = ctx;

	(void)f;
	t->more |= !hf_trace_leaked(t->trace, cells);
	return HF_OK;
}

static const char *at(const struct tracing *t, const char *name, char out[PATH_MAX])
{
	snprintf(out, PATH_MAX, "%s%s%s", name[0] == '/' ? "" : t->now->folder, name[0] == '/' ? "" : "/", name);
	return out;
}

static enum hf_err read_table(void *ctx, const char *name, struct hf_buf *out, struct hf_fault *f)
{
	size_t most = out->max ? out->max : HF_BUF_DEFAULT_MAX;
	char path[PATH_MAX];
	enum hf_err e = hf_file_read(at(ctx, name, path), most, out);

	return e == HF_OK ? e : hf_file_fault(f, e, path, most);
}

static enum hf_err original_header(void *ctx, const char *const *names, size_t count, struct hf_fault *f)
{
	return hf_trace_rows_header(((struct tracing *)ctx)->rows, names, count, f);
}

static enum hf_err original_row(void *ctx, const struct hf_bytes *cells, struct hf_fault *f)
{
	return hf_trace_rows_row(((struct tracing *)ctx)->rows, cells, f);
}

static bool read_original(struct tracing *t)
{
	const struct hf_mask_rows rows = {original_header, original_row, t};
	const struct hf_trace_release release = {.name = t->now->release,
	                                         .recipient = t->now->recipient,
	                                         .setup = {.plan = &t->plan,
	                                                   .table = t->now->table,
	                                                   .root = &t->root,
	                                                   .seed = t->now->seed ? &t->seed : NULL,
	                                                   .file = read_table,
	                                                   .file_ctx = t}};
	struct hf_fault f = {.code = HF_OK};
	char path[PATH_MAX];
	enum hf_err e;

	t->rows = hf_trace_rows_new(t->trace, &release);
	e = hf_mask_rows_read(&(struct hf_mask_input){.path = at(t, t->now->original, path)}, &rows, &f);
	if (e == HF_OK)
		e = hf_trace_rows_end(t->rows, &f);
	hf_trace_rows_free(t->rows);
	if (e == HF_OK)
		return true;
	hf_fault_default(&f, e);
	hf_cli_fail(t->cli, "release %s to %s: %s", t->now->release, t->now->recipient, f.text);
	return false;
}

static bool read_key(struct tracing *t, const char *name, struct hf_mask_key *ret_key)
{
	char path[PATH_MAX];

	if (!name)
		return true;
	return hf_mask_key_read(t->cli, at(t, name, path), ret_key);
}

static bool read_plan(struct tracing *t)
{
	char path[PATH_MAX];

	if (!hf_mask_methods(t->cli, t->now->methods ? at(t, t->now->methods, path) : NULL, &t->methods))
		return false;
	t->read = hf_mask_plan_load(t->cli, at(t, t->now->plan, path), t->methods);
	if (!t->read)
		return false;
	t->plan = *t->read;
	if (t->now->scope.consumer)
		t->plan.scope.consumer = t->now->scope.consumer;
	if (t->now->scope.contract)
		t->plan.scope.contract = t->now->scope.contract;
	if (t->now->scope.epoch)
		t->plan.scope.epoch = t->now->scope.epoch;
	return true;
}

static bool try_release(struct tracing *t, const struct released *r)
{
	bool good;

	t->now = r;
	good = read_plan(t) && read_key(t, r->key, &t->root) && read_key(t, r->seed, &t->seed) && read_original(t);
	hf_plan_free(t->read);
	t->read = NULL;
	hf_methods_free(t->methods);
	t->methods = NULL;
	hf_wipe(&t->root, sizeof(t->root));
	hf_wipe(&t->seed, sizeof(t->seed));
	return good;
}

/* ---- telling ---- */

static const struct hf_column release_columns[] = {
        {"RELEASE", "release", 30},    {"RECIPIENT", "recipient", 30},   {"NAMED", "named", 0}, {"ROWS", "rows", 0},
        {"ONLY HERE", "only_here", 0}, {"WRONG BY CHANCE", "chance", 0}, {NULL, NULL, 0}};
static const struct hf_column evidence_columns[] = {{"RECIPIENT", "recipient", 30},
                                                    {"BY", "kind", 0},
                                                    {"FIELD", "field", 30},
                                                    {"VALUES", "values", 0},
                                                    {"HITS", "hits", 0},
                                                    {"BY CHANCE", "expected", 0},
                                                    {NULL, NULL, 0}};

static void put_number(json_t *o, const char *name, double v)
{
	char text[32];

	snprintf(text, sizeof(text), "%.2g", v);
	json_object_set_new(o, name, json_string(text));
}

void hf_mask_trace_print(struct hf_cli *cli, json_t *report, size_t width)
{
	json_t *releases = json_object_get(report, "releases"), *evidence = json_array(), *o, *e;
	size_t i, k;

	printf("%s\n\n%zu rows of %zu columns, %zu releases; who is named is named wrongly with a probability of %g at "
	       "most\n\n",
	       json_string_value(json_object_get(report, "says")),
	       (size_t)json_integer_value(json_object_get(report, "rows")), width, json_array_size(releases),
	       HF_TRACE_NAMES);
	json_array_foreach(releases, i, o)
	{
		put_number(o, "chance", json_real_value(json_object_get(o, "bound")));
		json_array_foreach(json_object_get(o, "evidence"), k, e)
		{
			json_object_set(e, "recipient", json_object_get(o, "recipient"));
			put_number(e, "expected", json_real_value(json_object_get(e, "expected")));
			json_array_append(evidence, e);
		}
	}
	hf_cli_table(cli, report, "releases", release_columns, "no releases");
	printf("\n");
	json_object_set_new(report, "evidence", evidence);
	hf_cli_table(cli, report, "evidence", evidence_columns,
	             "no release has a column of the leak that tells recipients apart");
}

static int trace(struct tracing *t, const char *leak)
{
	const struct hf_mask_rows rows = {leak_header, leak_row, t};
	struct hf_fault f = {.code = HF_OK};
	enum hf_err e = hf_mask_rows_read(&(struct hf_mask_input){.path = leak}, &rows, &f);
	json_t *report;

	if (e != HF_OK)
		return hf_cli_fault(t->cli, e, &f);
	for (size_t i = 0; i < t->count; i++)
		if (!try_release(t, &t->all[i]))
			return HF_EXIT_REFUSED;
	report = hf_trace_report(t->trace);
	if (t->cli->json)
		hf_cli_json(report);
	else
		hf_mask_trace_print(t->cli, report, t->width);
	if (!t->cli->json && t->more)
		printf("\nonly the first %u rows of the leak were looked at\n", HF_TRACE_ROWS_MAX);
	json_decref(report);
	return HF_EXIT_DONE;
}

int hf_mask_cli_trace(struct hf_cli *cli, int argc, char **argv)
{
	struct tracing t = {.cli = cli};
	struct hf_list lists = {.count = 0};
	struct hf_mask_trace_ask ask = {.leak = NULL};
	const struct hf_opt opts[] = {{"releases", NULL, NULL, &lists},
	                              {"source", &ask.source, NULL, NULL},
	                              {"reason", &ask.reason, NULL, NULL},
	                              {"cancel", &ask.cancel, NULL, NULL},
	                              {0}};
	int status = HF_EXIT_REFUSED;
	bool good = true;

	if (!hf_cli_args(cli, argc, argv, opts, &ask.leak, 0, 1))
		return HF_EXIT_USAGE;
	if (!ask.leak != !!ask.cancel || (lists.count > 0) + !!ask.source + !!ask.cancel > 1)
		return hf_cli_misuse(cli, "give FILE with --releases or with --source, or --cancel TRACE alone");
	if (ask.source || ask.cancel)
		return hf_mask_trace_node(cli, &ask);
	if (lists.count == 0)
		return hf_cli_misuse(cli, "--releases FILE is missing: the list of what was released to whom; or "
		                          "--source NAME: what a node released of it");
	for (size_t i = 0; good && i < lists.count; i++)
		good = add_lists(&t, lists.item[i]);
	if (good)
		status = trace(&t, ask.leak);
	hf_trace_free(t.trace);
	for (size_t i = 0; i < t.count; i++) {
		json_decref(t.all[i].list);
		free(t.all[i].folder);
	}
	free(t.all);
	return status;
}
