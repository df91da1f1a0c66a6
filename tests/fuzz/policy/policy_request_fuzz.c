/*
 * policy_request_fuzz.c - requests as JSON lines, from anywhere, over the standard attributes: each line gets exactly
 * one answer, which is JSON, and nothing permits where no rule is.
 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "policy/file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct hf_policy *empty_policy(void)
{
	static const struct hf_tree_spec trees[] = {
	        {"organizations", NULL, 0}, {"regions", NULL, 0}, {"topics", NULL, 0}};
	struct hf_schema *schema = hf_schema_standard();
	struct hf_trees *t;
	struct hf_policy_builder *b;
	struct hf_policy *p;

	if (hf_trees_new(schema, trees, 3, &t, NULL) != HF_OK)
		abort();
	b = hf_policy_builder_new(schema, t);
	if (hf_policy_builder_finish(b, 1, &p, NULL) != HF_OK)
		abort();
	hf_policy_builder_free(b);
	hf_trees_free(t);
	hf_schema_free(schema);
	return p;
}

struct run {
	const struct hf_policy *policy;
	size_t answers;
};

static bool on_question(void *ctx, const struct hf_policy_question *q, const struct hf_fault *defect)
{
	struct run *r = ctx;
	struct hf_buf out = HF_BUF_INIT;
	struct hf_policy_decision d;
	json_t *answer;

	r->answers++;
	if (!q) {
		if (strncmp(defect->text, "q:", 2) != 0)
			abort();
		return true;
	}
	hf_policy_decide(r->policy, &q->request, &d);
	if (d.permit || !hf_policy_answer_write(r->policy, q, &d, &out))
		abort();
	answer = json_loadb((const char *)out.data, out.len, JSON_REJECT_DUPLICATES, NULL);
	if (!answer)
		abort();
	json_decref(answer);
	hf_buf_done(&out);
	return true;
}

static size_t count_lines(const uint8_t *data, size_t size)
{
	size_t n = 0;
	bool blank = true;

	for (size_t i = 0; i < size; i++) {
		n += data[i] == '\n' && !blank;
		blank = data[i] == '\n' || (blank && (data[i] == ' ' || data[i] == '\t' || data[i] == '\r'));
	}
	return n + !blank;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct hf_policy *policy;
	struct run r = {.answers = 0};
	char *copy = malloc(size + 1);

	if (!policy)
		policy = empty_policy();
	r.policy = policy;
	if (size > 0)
		memcpy(copy, data, size);
	copy[size] = '\0';
	hf_policy_questions_read("q", copy, size, hf_policy_schema(policy), on_question, &r);
	if (r.answers != count_lines(data, size))
		abort();
	free(copy);
	return 0;
}
