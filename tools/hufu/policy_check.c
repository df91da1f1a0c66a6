/* policy_check.c - `hufu policy lint` and `hufu policy what-if`. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy.h"
#include "policy/lint.h"

#define OTHERS_SHOWN 5u

struct lint_run {
	const struct hf_policy_file *file;
	json_t *findings; /* NULL: print text */
	size_t errors, warnings;
};

static void print_finding(const struct lint_run *r, const struct hf_lint_finding *f)
{
	printf("%s:%u: %s: %s: rule %s: %s", hf_policy_file_path(r->file), hf_policy_file_line(r->file, f->rule),
	       hf_lint_is_error(f->kind) ? "error" : "warning", hf_lint_name(f->kind), f->rule, f->reason);
	for (size_t i = 0; i < f->other_count && i < OTHERS_SHOWN; i++)
		printf("%s%s (line %u)", i ? ", " : ": ", f->others[i], hf_policy_file_line(r->file, f->others[i]));
	if (f->other_count > OTHERS_SHOWN)
		printf(" and %zu more", f->other_count - OTHERS_SHOWN);
	printf("\n");
}

static json_t *rule_json(const struct lint_run *r, const char *rule)
{
	return json_pack("{s:s, s:i}", "rule", rule, "line", (int)hf_policy_file_line(r->file, rule));
}

static void on_finding(void *ctx, const struct hf_lint_finding *f)
{
	struct lint_run *r = ctx;
	json_t *o, *others;

	r->errors += hf_lint_is_error(f->kind);
	r->warnings += !hf_lint_is_error(f->kind);
	if (!r->findings) {
		print_finding(r, f);
		return;
	}
	o = rule_json(r, f->rule);
	others = json_array();
	for (size_t i = 0; i < f->other_count; i++)
		json_array_append_new(others, rule_json(r, f->others[i]));
	json_object_set_new(o, "kind", json_string(hf_lint_name(f->kind)));
	json_object_set_new(o, "error", json_boolean(hf_lint_is_error(f->kind)));
	json_object_set_new(o, "reason", json_string(f->reason));
	json_object_set_new(o, "others", others);
	json_array_append_new(r->findings, o);
}

static int run_lint(struct hf_cli *cli, struct lint_run *r, const struct hf_lint_options *o)
{
	const struct hf_policy *p = hf_policy_file_policy(r->file);
	struct hf_policy_stats stats;
	struct hf_fault f = {.code = HF_OK};
	size_t inactive = 0;
	enum hf_err e = hf_policy_lint(p, o, on_finding, r, &inactive, &f);

	if (e != HF_OK)
		return hf_cli_fault(cli, e, &f);
	hf_policy_stats(p, &stats);
	if (cli->json) {
		json_t *out = json_pack("{s:s, s:i, s:i, s:i, s:i, s:O}", "file", hf_policy_file_path(r->file), "rules",
		                        (int)stats.rules, "inactive", (int)inactive, "errors", (int)r->errors,
		                        "warnings", (int)r->warnings, "findings", r->findings);

		hf_cli_json(out);
		json_decref(out);
	} else {
		printf("%zu rules, %zu of them not active and left out: %zu errors, %zu warnings\n", stats.rules,
		       inactive, r->errors, r->warnings);
	}
	return r->errors ? HF_EXIT_REFUSED : HF_EXIT_DONE;
}

int hf_policy_cli_lint(struct hf_cli *cli, int argc, char **argv)
{
	const char *policy = NULL, *now = NULL, *steps = NULL;
	const struct hf_opt opts[] = {
	        {"policy", &policy, NULL, NULL}, {"now", &now, NULL, NULL}, {"steps", &steps, NULL, NULL}, {0}};
	struct hf_lint_options o = {.timed = false};
	struct hf_policy_file *file = NULL;
	struct lint_run r = {.file = NULL};
	int status;

	if (!hf_cli_args(cli, argc, argv, opts, NULL, 0, 0) || !hf_policy_cli_now(cli, now, &o.timed, &o.now_ms) ||
	    !hf_cli_number(cli, "steps", steps, 1000000000, &o.steps))
		return HF_EXIT_USAGE;
	if (!hf_policy_cli_load(cli, policy, &file, &status))
		return status;
	r.file = file;
	r.findings = cli->json ? json_array() : NULL;
	status = run_lint(cli, &r, &o);
	json_decref(r.findings);
	hf_policy_file_free(file);
	return status;
}

/* What-if. */

struct whatif_run {
	struct hf_cli *cli;
	const struct hf_policy_file *before, *after;
	json_t *changes, *requests;            /* NULL: print text */
	size_t changed[HF_CHANGE_TERMS + 1];   /* regions, by kind */
	size_t asked, gained, lost, otherwise; /* requests */
	bool failed;
};

static const char *const change_names[] = {
        [HF_CHANGE_GAINED] = "gained", [HF_CHANGE_LOST] = "lost", [HF_CHANGE_TERMS] = "other terms"};

static void print_place(const struct hf_policy_file *file, const char *rule)
{
	printf("%s (%s:%u)", rule, hf_policy_file_path(file), hf_policy_file_line(file, rule));
}

static void print_change(const struct hf_change *c, const struct hf_policy_file *in, const struct hf_policy_file *other)
{
	printf("%s by rule ", change_names[c->kind]);
	print_place(in, c->rule);
	if (c->other) {
		printf(c->kind == HF_CHANGE_TERMS ? ", before by rule " : ", which hold ");
		print_place(other, c->other);
		printf("%s", c->kind == HF_CHANGE_GAINED ? " no longer denies"
		             : c->kind == HF_CHANGE_LOST ? " now denies"
		                                         : "");
	}
	printf(": %s\n", c->where);
}

static void on_change(void *ctx, const struct hf_change *c)
{
	struct whatif_run *r = ctx;
	const struct hf_policy_file *in = c->kind == HF_CHANGE_LOST ? r->before : r->after;
	const struct hf_policy_file *other = c->kind == HF_CHANGE_LOST ? r->after : r->before;
	json_t *o;

	r->changed[c->kind]++;
	if (!r->changes) {
		print_change(c, in, other);
		return;
	}
	o = json_pack("{s:s, s:s, s:s, s:i, s:s}", "change", change_names[c->kind], "rule", c->rule, "file",
	              hf_policy_file_path(in), "line", (int)hf_policy_file_line(in, c->rule), "where", c->where);
	if (c->other)
		json_object_set_new(o, c->kind == HF_CHANGE_TERMS ? "before" : "hold", json_string(c->other));
	json_array_append_new(r->changes, o);
}

/* How two decisions differ; NULL when they do not. */
static const char *difference(const struct hf_policy_decision *was, const struct hf_policy_decision *is)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf a = HF_BUF_INIT;
	HF_CLEANUP(hf_buf_done) struct hf_buf b = HF_BUF_INIT;

	if (was->permit != is->permit)
		return is->permit ? "gained" : "lost";
	if (!is->permit)
		return NULL;
	for (size_t i = 0; i < was->obligation_count; i++)
		hf_obligation_write(was->obligations + i, &a);
	for (size_t i = 0; i < is->obligation_count; i++)
		hf_obligation_write(is->obligations + i, &b);
	if (was->mechanism == is->mechanism && a.len == b.len && strcmp(was->quota, is->quota) == 0 &&
	    (a.len == 0 || memcmp(a.data, b.data, a.len) == 0))
		return NULL;
	return "other terms";
}

static const char *rule_of(const struct hf_policy_decision *d)
{
	return d->rule && *d->rule ? d->rule : hf_policy_reason_name(d->reason);
}

static void compare_one(struct whatif_run *r, const char *label, const struct hf_policy_request *before,
                        const struct hf_policy_request *after)
{
	struct hf_policy_decision was, is;
	const char *how;

	hf_policy_decide(hf_policy_file_policy(r->before), before, &was);
	hf_policy_decide(hf_policy_file_policy(r->after), after, &is);
	how = difference(&was, &is);
	r->asked++;
	if (!how)
		return;
	r->gained += is.permit && !was.permit;
	r->lost += was.permit && !is.permit;
	r->otherwise += was.permit == is.permit;
	if (r->requests)
		json_array_append_new(r->requests, json_pack("{s:s, s:s, s:s, s:s}", "change", how, "request", label,
		                                             "before", rule_of(&was), "after", rule_of(&is)));
	else
		printf("%s: %s (before: %s; after: %s)\n", how, label, rule_of(&was), rule_of(&is));
}

/* The same lines read over both schemas. */
struct both {
	struct hf_policy_entities *before, *after;
};

static bool read_both(struct whatif_run *r, const char *path, bool entities, struct both *ret)
{
	const struct hf_policy_file *files[2] = {r->before, r->after};
	struct hf_policy_entities *got[2] = {NULL, NULL};
	struct hf_fault f = {.code = HF_OK};

	HF_CLEANUP(hf_buf_done) struct hf_buf text = HF_BUF_INIT;

	if (!hf_policy_cli_text(r->cli, path, &text)) /* once: a pipe gives what it holds only once */
		return false;
	for (int i = 0; i < 2; i++) {
		HF_CLEANUP(hf_buf_done) struct hf_buf copy = {.max = text.max};
		const struct hf_schema *schema = hf_policy_schema(hf_policy_file_policy(files[i]));
		enum hf_err e;

		if (!hf_buf_add(&copy, text.data ? (const char *)text.data : "", text.len))
			return hf_cli_fail(r->cli, "no memory is left"), false;
		e = hf_policy_entities_read(path, copy.data ? (char *)copy.data : (char[1]){0}, copy.len, schema,
		                            entities ? HF_ENTITIES : HF_QUESTIONS, got + i, &f);
		if (e != HF_OK) {
			hf_policy_entities_free(got[0]);
			hf_cli_fault(r->cli, e, &f);
			return false;
		}
	}
	*ret = (struct both){got[0], got[1]};
	return true;
}

static void free_both(struct both *b)
{
	hf_policy_entities_free(b->before);
	hf_policy_entities_free(b->after);
}

static bool compare_requests(struct whatif_run *r, const char *path)
{
	HF_CLEANUP(free_both) struct both b = {NULL, NULL};

	if (!read_both(r, path, false, &b))
		return false;
	for (size_t i = 0; i < hf_policy_entities_count(b.before); i++) {
		const struct hf_policy_question *q = hf_policy_entities_get(b.before, i);
		char label[64];

		snprintf(label, sizeof(label), "line %u", q->line);
		compare_one(r, *q->id ? q->id : label, &q->request, &hf_policy_entities_get(b.after, i)->request);
	}
	return true;
}

/* question + asker + resource as one request; false when it holds too many values. */
static bool join(const struct hf_policy_entities *const parts[3], const size_t at[3], struct hf_attr_value *values,
                 struct hf_policy_request *ret)
{
	*ret = hf_policy_entities_get(parts[0], at[0])->request;
	ret->values = values;
	ret->count = 0;
	for (int i = 0; i < 3; i++) {
		const struct hf_policy_request *rq = &hf_policy_entities_get(parts[i], at[i])->request;

		if (ret->count + rq->count > HF_REQUEST_VALUES_MAX)
			return false;
		memcpy(values + ret->count, rq->values, rq->count * sizeof(*values));
		ret->count += rq->count;
		ret->mechanisms &= rq->mechanisms;
	}
	return true;
}

static bool compare_pair(struct whatif_run *r, const struct both b[3], const size_t at[3])
{
	const struct hf_policy_entities *before[3] = {b[0].before, b[1].before, b[2].before};
	const struct hf_policy_entities *after[3] = {b[0].after, b[1].after, b[2].after};
	struct hf_attr_value values[2][HF_REQUEST_VALUES_MAX];
	struct hf_policy_request was, is;
	HF_CLEANUP(hf_buf_done) struct hf_buf label = HF_BUF_INIT;
	const char *asker = hf_policy_entities_get(b[1].before, at[1])->id;
	const char *resource = hf_policy_entities_get(b[2].before, at[2])->id;

	if (!join(before, at, values[0], &was) || !join(after, at, values[1], &is)) {
		hf_cli_fail(r->cli, "%s and %s have more than %d attribute values together; state fewer", asker,
		            resource, HF_REQUEST_VALUES_MAX);
		return false;
	}
	hf_buf_addf(&label, "%s, %s", asker, resource);
	compare_one(r, (const char *)label.data, &was, &is);
	return true;
}

static bool compare_known(struct whatif_run *r, const char *question, const char *askers, const char *resources)
{
	const char *paths[3] = {question, askers, resources};
	struct both b[3] = {{NULL, NULL}, {NULL, NULL}, {NULL, NULL}};
	bool ok = true;

	for (int i = 0; i < 3 && ok; i++)
		ok = read_both(r, paths[i], i > 0, b + i);
	if (ok && hf_policy_entities_count(b[0].before) != 1) {
		hf_cli_fail(r->cli, "%s holds %zu requests; it must hold one", question,
		            hf_policy_entities_count(b[0].before));
		ok = false;
	}
	for (size_t i = 0; ok && i < hf_policy_entities_count(b[1].before); i++)
		for (size_t k = 0; ok && k < hf_policy_entities_count(b[2].before); k++)
			ok = compare_pair(r, b, (const size_t[3]){0, i, k});
	for (int i = 0; i < 3; i++)
		free_both(b + i);
	return ok;
}

static int finish(struct whatif_run *r, bool cut, bool refuse)
{
	const size_t *n = r->changed;

	if (r->cli->json) {
		json_t *out = json_pack("{s:i, s:i, s:i, s:b, s:O, s:i, s:O}", "gained", (int)n[HF_CHANGE_GAINED],
		                        "lost", (int)n[HF_CHANGE_LOST], "other_terms", (int)n[HF_CHANGE_TERMS], "cut",
		                        cut, "changes", r->changes, "asked", (int)r->asked, "requests", r->requests);

		hf_cli_json(out);
		json_decref(out);
	} else {
		printf("regions: %zu gained, %zu lost, %zu on other terms%s\n", n[HF_CHANGE_GAINED], n[HF_CHANGE_LOST],
		       n[HF_CHANGE_TERMS], cut ? "; there are more, allow more with --limit" : "");
		if (r->asked)
			printf("requests: %zu, of which %zu gained, %zu lost, %zu on other terms\n", r->asked,
			       r->gained, r->lost, r->otherwise);
	}
	return refuse && n[HF_CHANGE_GAINED] + r->gained > 0 ? HF_EXIT_REFUSED : HF_EXIT_DONE;
}

struct whatif_args {
	const char *policy, *next, *now, *limit, *requests, *question, *askers, *resources;
	bool refuse;
};

static int run_what_if(struct whatif_run *r, const struct whatif_args *a, const struct hf_whatif_options *o)
{
	struct hf_fault f = {.code = HF_OK};
	bool cut = false;
	enum hf_err e = hf_policy_what_if(hf_policy_file_policy(r->before), hf_policy_file_policy(r->after), o,
	                                  on_change, r, &cut, &f);

	if (e != HF_OK)
		return hf_cli_fault(r->cli, e, &f);
	if (a->requests && !compare_requests(r, a->requests))
		return HF_EXIT_REFUSED;
	if (a->question && !compare_known(r, a->question, a->askers, a->resources))
		return HF_EXIT_REFUSED;
	return finish(r, cut, a->refuse);
}

static int load_both(struct whatif_run *r, const struct whatif_args *a, const struct hf_whatif_options *o)
{
	struct hf_policy_file *before = NULL, *after = NULL;
	int status;

	if (!hf_policy_cli_load(r->cli, a->policy, &before, &status))
		return status;
	if (hf_policy_cli_load(r->cli, a->next, &after, &status)) {
		r->before = before;
		r->after = after;
		if (r->cli->json) {
			r->changes = json_array();
			r->requests = json_array();
		}
		status = run_what_if(r, a, o);
		json_decref(r->changes);
		json_decref(r->requests);
	}
	hf_policy_file_free(before);
	hf_policy_file_free(after);
	return status;
}

int hf_policy_cli_what_if(struct hf_cli *cli, int argc, char **argv)
{
	struct whatif_args a = {.policy = NULL};
	const struct hf_opt opts[] = {{"policy", &a.policy, NULL, NULL},
	                              {"new", &a.next, NULL, NULL},
	                              {"now", &a.now, NULL, NULL},
	                              {"limit", &a.limit, NULL, NULL},
	                              {"requests", &a.requests, NULL, NULL},
	                              {"question", &a.question, NULL, NULL},
	                              {"askers", &a.askers, NULL, NULL},
	                              {"resources", &a.resources, NULL, NULL},
	                              {"refuse-gains", NULL, &a.refuse, NULL},
	                              {0}};
	struct hf_whatif_options o = {.timed = false};
	struct whatif_run r = {.cli = cli};
	uint32_t limit = 0;

	if (!hf_cli_args(cli, argc, argv, opts, NULL, 0, 0) || !hf_policy_cli_now(cli, a.now, &o.timed, &o.now_ms) ||
	    !hf_cli_number(cli, "limit", a.limit, 1000000, &limit))
		return HF_EXIT_USAGE;
	if (!a.next)
		return hf_cli_misuse(cli, "--new FILE is missing: the policy as it would be");
	if (!a.question != !a.askers || !a.askers != !a.resources)
		return hf_cli_misuse(cli, "--question, --askers and --resources go together; give all three or none");
	if (!hf_policy_cli_one_stdin(cli, (const char *[]){a.requests, a.question, a.askers, a.resources}, 4))
		return HF_EXIT_USAGE;
	o.limit = limit;
	return load_both(&r, &a, &o);
}
