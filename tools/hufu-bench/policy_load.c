/*
 * policy_load.c - policy-load: 100,000 rules from the text of a policy (JSON lines) to a snapshot that decides, without
 * signature checks. Baseline: reading the same text without keeping anything.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "bench.h"
#include "policy/file.h"
#include "policy_town.h"

#define RULES 100000u
#define RULES_BRIEF 5000u
#define TEXT_MAX ((size_t)256 << 20)

static void stop(const struct hf_fault *f)
{
	fprintf(stderr, "hufu-bench: %s\n", f->text);
	exit(1);
}

static enum hf_err ignore_head(void *ctx, const struct hf_policy_head *head, struct hf_schema *schema,
                               struct hf_trees *trees, struct hf_fault *f)
{
	(void)ctx;
	(void)head;
	(void)schema;
	(void)trees;
	(void)f;
	return HF_OK;
}

static enum hf_err count_rule(void *ctx, const struct hf_rule *rule, uint32_t line, struct hf_fault *f)
{
	(void)rule;
	(void)line;
	(void)f;
	++*(uint32_t *)ctx;
	return HF_OK;
}

static enum hf_err begin(void *ctx, const struct hf_policy_head *head, struct hf_schema *schema, struct hf_trees *trees,
                         struct hf_fault *f)
{
	(void)head;
	(void)f;
	*(struct hf_policy_builder **)ctx = hf_policy_builder_new(schema, trees);
	return HF_OK;
}

static enum hf_err add_rule(void *ctx, const struct hf_rule *rule, uint32_t line, struct hf_fault *f)
{
	(void)line;
	return hf_policy_builder_add(*(struct hf_policy_builder **)ctx, rule, f);
}

/* Seconds to read a copy of the text. */
static double read_text(const struct hf_buf *text, const struct hf_policy_sink *sink)
{
	struct hf_fault f = {HF_OK, ""};
	char *copy = hf_alloc(text->len + 1);
	memcpy(copy, text->data, text->len + 1);
	int64_t before = bench_now_us();
	if (hf_policy_text_read("policy.jsonl", copy, text->len, sink, &f) != HF_OK)
		stop(&f);
	double seconds = (double)(bench_now_us() - before) / 1e6;
	free(copy);
	return seconds;
}

static double load(const struct hf_buf *text, struct hf_policy_stats *ret_stats)
{
	struct hf_fault f = {HF_OK, ""};
	struct hf_policy_builder *b = NULL;
	struct hf_policy *p = NULL;
	const struct hf_policy_sink sink = {&b, begin, add_rule};
	double seconds = read_text(text, &sink);
	int64_t before = bench_now_us();
	if (hf_policy_builder_finish(b, 1, &p, &f) != HF_OK)
		stop(&f);
	seconds += (double)(bench_now_us() - before) / 1e6;
	hf_policy_stats(p, ret_stats);
	hf_policy_builder_free(b);
	hf_policy_free(p);
	return seconds;
}

static void write_text(struct hf_buf *text, uint32_t rules)
{
	struct town t;
	const struct hf_policy_head head = {"bench", 1};
	town_open(&t, rules, 1);
	struct hf_policy *p = town_policy(&t);
	if (!hf_policy_write(p, &head, HF_FORM_LINES, text)) {
		fprintf(stderr, "hufu-bench: the policy's text is too long\n");
		exit(1);
	}
	hf_policy_free(p);
	town_close(&t);
}

int bench_policy_load(struct bench *b)
{
	struct hf_buf text;
	struct hf_policy_stats stats = {0};
	uint32_t counted = 0;
	const struct hf_policy_sink only_read = {&counted, ignore_head, count_rule};
	double *windows = hf_alloc(2 * (size_t)b->windows * sizeof(double));
	const uint32_t rules = (uint32_t)bench_count(b, RULES, RULES_BRIEF);
	hf_buf_init(&text, TEXT_MAX);
	write_text(&text, rules);
	for (unsigned w = 0; w < b->windows; w++) {
		windows[w] = load(&text, &stats);
		windows[b->windows + w] = read_text(&text, &only_read);
	}
	bench_add(b, &(struct bench_result){.metric = "seconds_100k",
	                                    .unit = "s",
	                                    .value = bench_median(windows, b->windows),
	                                    .baseline = "parse of the same file only",
	                                    .baseline_value = bench_median(windows + b->windows, b->windows),
	                                    .target = 0.3});
	bench_add(b, &(struct bench_result){.metric = "bytes_per_rule",
	                                    .unit = "bytes",
	                                    .value = (double)stats.bytes / (double)stats.rules,
	                                    .target = 200});
	if (!b->quiet)
		printf("%.1f MB of text, %zu rules\n", (double)text.len / 1e6, stats.rules);
	hf_buf_done(&text);
	free(windows);
	return counted != rules * b->windows;
}
