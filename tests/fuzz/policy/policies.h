/*
 * policies.h - what the fuzz targets of policy files share: a text that is accepted must say the same after it was
 * written in either form and read again.
 */
#ifndef HUFU_TESTS_POLICIES_H
#define HUFU_TESTS_POLICIES_H

#include <stdlib.h>
#include <string.h>

#include "policy/file.h"
#include "policy/lint.h"

struct compiled {
	struct hf_policy_builder *builder;
	struct hf_policy *policy;
	char name[HF_POLICY_NAME_MAX + 1];
	struct hf_policy_head head;
};

static enum hf_err on_begin(void *ctx, const struct hf_policy_head *h, struct hf_schema *schema, struct hf_trees *trees,
                            struct hf_fault *f)
{
	struct compiled *c = ctx;

	(void)f;
	memcpy(c->name, h->name, strlen(h->name) + 1);
	c->head = (struct hf_policy_head){c->name, h->version};
	c->builder = hf_policy_builder_new(schema, trees);
	return HF_OK;
}

static enum hf_err on_rule(void *ctx, const struct hf_rule *rule, uint32_t line, struct hf_fault *f)
{
	struct compiled *c = ctx;

	if (line == 0)
		abort();
	return hf_policy_builder_add(c->builder, rule, f);
}

/* A refusal names the file. */
static bool compile(const void *text, size_t len, struct compiled *c)
{
	struct hf_policy_sink sink = {c, on_begin, on_rule};
	struct hf_fault f = {.text = ""};
	char *copy = malloc(len + 1);
	enum hf_err e;

	*c = (struct compiled){.builder = NULL};
	if (len > 0)
		memcpy(copy, text, len);
	copy[len] = '\0';
	e = hf_policy_text_read("p", copy, len, &sink, &f);
	free(copy);
	if (e != HF_OK && strncmp(f.text, "p:", 2) != 0)
		abort();
	if (e == HF_OK && hf_policy_builder_finish(c->builder, c->head.version, &c->policy, &f) != HF_OK)
		abort();
	hf_policy_builder_free(c->builder);
	return e == HF_OK;
}

static void check_written(const struct compiled *c, enum hf_policy_form form)
{
	struct hf_buf text = HF_BUF_INIT;
	struct compiled again;

	if (!hf_policy_write(c->policy, &c->head, form, &text) || !compile(text.data, text.len, &again))
		abort();
	if (strcmp(c->name, again.name) != 0 || c->head.version != again.head.version ||
	    memcmp(hf_policy_hash(c->policy), hf_policy_hash(again.policy), sizeof(struct hf_hash)) != 0)
		abort();
	hf_policy_free(again.policy);
	hf_buf_done(&text);
}

static void on_finding(void *ctx, const struct hf_lint_finding *f)
{
	(void)ctx;
	if (!f->rule || !f->reason)
		abort();
}

static void on_change(void *ctx, const struct hf_change *c)
{
	(void)ctx;
	(void)c;
	abort(); /* nothing changes between a policy and itself */
}

static void check_policy(const void *text, size_t len)
{
	struct hf_lint_options o = {.steps = 100};
	struct hf_whatif_options w = {.limit = 100};
	struct compiled c;
	bool cut;

	if (!compile(text, len, &c))
		return;
	check_written(&c, HF_FORM_YAML);
	check_written(&c, HF_FORM_LINES);
	if (hf_policy_lint(c.policy, &o, on_finding, NULL, NULL, NULL) != HF_OK ||
	    hf_policy_what_if(c.policy, c.policy, &w, on_change, NULL, &cut, NULL) != HF_OK)
		abort();
	hf_policy_free(c.policy);
}

#endif
