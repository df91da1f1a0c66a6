/* text_policy.h - policies as text, compiled in memory. */
#ifndef HUFU_TESTS_TEXT_POLICY_H
#define HUFU_TESTS_TEXT_POLICY_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "policy/file.h"

#ifndef COUNT
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#endif

/* What a text compiles to. */
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
	snprintf(c->name, sizeof(c->name), "%s", h->name);
	c->head = (struct hf_policy_head){c->name, h->version};
	c->builder = hf_policy_builder_new(schema, trees);
	return HF_OK;
}

static enum hf_err on_rule(void *ctx, const struct hf_rule *rule, uint32_t line, struct hf_fault *f)
{
	struct compiled *c = ctx;

	assert_true(line > 0);
	return hf_policy_builder_add(c->builder, rule, f);
}

static enum hf_err compile(const char *text, size_t len, struct compiled *c, struct hf_fault *f)
{
	struct hf_policy_sink sink = {c, on_begin, on_rule};
	char *copy = malloc(len + 1);
	enum hf_err e;

	*c = (struct compiled){.builder = NULL};
	memcpy(copy, text, len);
	copy[len] = '\0';
	e = hf_policy_text_read("p", copy, len, &sink, f);
	if (e == HF_OK)
		e = hf_policy_builder_finish(c->builder, c->head.version, &c->policy, f);
	hf_policy_builder_free(c->builder);
	free(copy);
	return e;
}

static struct compiled must_compile(const char *text)
{
	struct hf_fault f = {.text = ""};
	struct compiled c;

	if (compile(text, strlen(text), &c, &f) != HF_OK)
		fail_msg("%s", f.text);
	return c;
}

#endif
