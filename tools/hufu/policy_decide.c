/* policy_decide.c - `hufu policy decide` and `hufu policy explain`. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy.h"
#include "policy/explain.h"

struct run {
	struct hf_cli *cli;
	const struct hf_policy *policy;
	struct hf_buf out;
	size_t limit;
	bool malformed, failed;
	struct hf_policy_explanation *explanation;
};

static bool print_line(struct run *r, bool ok)
{
	r->failed = !ok || !hf_buf_add(&r->out, "\n", 1) || fwrite(r->out.data, 1, r->out.len, stdout) != r->out.len;
	return !r->failed;
}

/* A line that is no request is denied too, so that answers stay line by line. */
static bool print_malformed(struct run *r, const struct hf_fault *defect)
{
	json_t *o = json_pack("{s:b, s:s, s:s}", "decision", 0, "reason", "malformed", "error", defect->text);
	char *text = json_dumps(o, JSON_COMPACT);
	bool ok = text && hf_buf_add(&r->out, text, strlen(text));

	r->malformed = true;
	free(text);
	json_decref(o);
	return print_line(r, ok);
}

static bool decide_one(void *ctx, const struct hf_policy_question *q, const struct hf_fault *defect)
{
	struct run *r = ctx;
	struct hf_policy_decision d;

	hf_buf_clear(&r->out);
	if (!q)
		return print_malformed(r, defect);
	hf_policy_decide(r->policy, &q->request, &d);
	return print_line(r, hf_policy_answer_write(r->policy, q, &d, &r->out));
}

/* Explaining. */

static json_t *miss_json(const struct run *r, const struct hf_policy_question *q, const struct hf_policy_miss *m)
{
	json_t *fails = json_array();

	for (size_t i = 0; i < m->fail_count; i++) {
		HF_CLEANUP(hf_buf_done) struct hf_buf text = HF_BUF_INIT;

		if (hf_policy_fail_text(r->policy, &q->request, m, i, &text) && text.data)
			json_array_append_new(fails, json_string((const char *)text.data));
	}
	return json_pack("{s:s, s:s, s:s, s:i, s:i, s:o}", "rule", m->rule, "mechanism",
	                 hf_mechanism_name(m->mechanism), "reason", hf_policy_reason_name(m->reason), "conditions",
	                 (int)m->conditions, "failed", (int)m->failed, "failures", fails);
}

static bool explain_json(struct run *r, const struct hf_policy_question *q, const struct hf_policy_explanation *x)
{
	json_t *o, *misses = json_array();
	char *text;
	bool ok = hf_policy_answer_write(r->policy, q, &x->decision, &r->out);

	o = ok ? json_loads((const char *)r->out.data, 0, NULL) : NULL;
	for (size_t i = 0; i < x->miss_count; i++)
		json_array_append_new(misses, miss_json(r, q, x->misses + i));
	json_object_set_new(o, "misses", misses);
	json_object_set_new(o, "cut", json_boolean(x->cut));
	text = json_dumps(o, JSON_COMPACT);
	hf_buf_clear(&r->out);
	ok = ok && text && hf_buf_add(&r->out, text, strlen(text));
	free(text);
	json_decref(o);
	return print_line(r, ok);
}

static bool add_miss(struct run *r, const struct hf_policy_question *q, const struct hf_policy_miss *m)
{
	bool ok = hf_buf_addf(&r->out, "  rule %s (%s): ", m->rule, hf_mechanism_name(m->mechanism));

	if (m->failed == 0)
		return ok && hf_buf_addf(&r->out, "all of its %u conditions hold; %s\n", m->conditions,
		                         hf_policy_reason_text(m->reason));
	ok = ok && hf_buf_addf(&r->out, "%u of %u conditions %s not hold\n", m->failed, m->conditions,
	                       m->failed == 1 ? "does" : "do");
	for (size_t i = 0; ok && i < m->fail_count; i++)
		ok = hf_buf_addf(&r->out, "    ") && hf_policy_fail_text(r->policy, &q->request, m, i, &r->out) &&
		     hf_buf_addf(&r->out, "\n");
	return ok;
}

static bool explain_text(struct run *r, const struct hf_policy_question *q, const struct hf_policy_explanation *x)
{
	const struct hf_policy_decision *d = &x->decision;
	bool ok = hf_buf_addf(&r->out, "request %s%sat line %u: %s: %s", q->id, *q->id ? " " : "", q->line,
	                      d->permit ? "permitted" : "denied", hf_policy_reason_text(d->reason));

	if (d->reason == HF_WHY_UNKNOWN_ATTRIBUTE && q->unknown)
		ok = ok && hf_buf_addf(&r->out, ": %s", q->unknown);
	if (d->rule && *d->rule)
		ok = ok && hf_buf_addf(&r->out, " (rule %s, %s)", d->rule, hf_mechanism_name(d->mechanism));
	ok = ok && hf_buf_addf(&r->out, "\n");
	for (size_t i = 0; ok && !d->permit && i < x->miss_count; i++)
		ok = add_miss(r, q, x->misses + i);
	if (!d->permit && x->miss_count == 0)
		ok = ok && hf_buf_addf(&r->out, "  no rule speaks of such a resource; an application may be filed\n");
	if (x->cut && !d->permit)
		ok = ok && hf_buf_addf(&r->out, "  there are more rules; allow more with --limit\n");
	r->failed = !ok || fwrite(r->out.data, 1, r->out.len, stdout) != r->out.len;
	return !r->failed;
}

static bool explain_one(void *ctx, const struct hf_policy_question *q, const struct hf_fault *defect)
{
	struct run *r = ctx;

	hf_buf_clear(&r->out);
	if (!q && r->cli->json)
		return print_malformed(r, defect);
	if (!q) {
		r->malformed = true;
		return hf_buf_addf(&r->out, "denied: no request: %s", defect->text) && print_line(r, true);
	}
	hf_policy_explain(r->policy, &q->request, r->limit, r->explanation);
	return r->cli->json ? explain_json(r, q, r->explanation) : explain_text(r, q, r->explanation);
}

static int run_over(struct run *r, const char *policy, const char *requests, hf_question_fn *fn)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf text = HF_BUF_INIT;
	struct hf_policy_file *file = NULL;
	int status;

	if (!requests)
		return hf_cli_misuse(r->cli, "--requests FILE is missing: one request in a line");
	if (!hf_policy_cli_load(r->cli, policy, &file, &status))
		return status;
	if (!hf_policy_cli_text(r->cli, requests, &text)) {
		hf_policy_file_free(file);
		return HF_EXIT_REFUSED;
	}
	r->policy = hf_policy_file_policy(file);
	if (text.len > 0)
		hf_policy_questions_read(requests, (char *)text.data, text.len, hf_policy_schema(r->policy), fn, r);
	hf_buf_done(&r->out);
	hf_policy_file_free(file);
	if (r->failed || fflush(stdout) != 0)
		return hf_cli_fail(r->cli, "the answer cannot be written");
	return r->malformed ? HF_EXIT_REFUSED : HF_EXIT_DONE;
}

int hf_policy_cli_decide(struct hf_cli *cli, int argc, char **argv)
{
	const char *policy = NULL, *requests = NULL;
	const struct hf_opt opts[] = {{"policy", &policy, NULL, NULL}, {"requests", &requests, NULL, NULL}, {0}};
	struct run r = {.cli = cli};

	if (!hf_cli_args(cli, argc, argv, opts, NULL, 0, 0))
		return HF_EXIT_USAGE;
	return run_over(&r, policy, requests, decide_one);
}

int hf_policy_cli_explain(struct hf_cli *cli, int argc, char **argv)
{
	const char *policy = NULL, *requests = NULL, *limit = NULL;
	const struct hf_opt opts[] = {{"policy", &policy, NULL, NULL},
	                              {"requests", &requests, NULL, NULL},
	                              {"limit", &limit, NULL, NULL},
	                              {0}};
	struct run r = {.cli = cli};
	uint32_t number = 0;
	int status;

	if (!hf_cli_args(cli, argc, argv, opts, NULL, 0, 0) ||
	    !hf_cli_number(cli, "limit", limit, HF_EXPLAIN_LOOKED_AT_MAX, &number))
		return HF_EXIT_USAGE;
	r.limit = number;
	r.explanation = calloc(1, sizeof(*r.explanation));
	if (!r.explanation)
		return hf_cli_fail(cli, "no memory is left");
	status = run_over(&r, policy, requests, explain_one);
	free(r.explanation);
	return status;
}
