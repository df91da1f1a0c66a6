/* operation.c - the operation rules of masking: workflow and tools (JT/T 1480 6.1 c); declared in mask_policy.h. */
#include <string.h>

#include "base/clock.h"
#include "source/mask_policy.h"

#define RULE_MAX 4096u

/* The seven steps of JT/T 1480 (5.1), and what they are done with. */
static const char *const subjects[] = {"identify", "need", "technique", "plan", "execute", "evaluate", "audit", "tool"};
#define SUBJECTS (sizeof(subjects) / sizeof(subjects[0]))

static enum hf_err read_rule(const json_t *row, size_t number, bool there[SUBJECTS], struct hf_fault *f)
{
	const char *of = json_string_value(json_object_get(row, "of")),
	           *rule = json_string_value(json_object_get(row, "rule"));

	for (size_t i = 0; of && rule && *rule && strlen(rule) <= RULE_MAX && i < SUBJECTS; i++)
		if (strcmp(of, subjects[i]) == 0) {
			there[i] = true;
			return HF_OK;
		}
	return hf_fault_set(
	        f, HF_E_FORMAT,
	        "rule %zu needs \"of\" (identify, need, technique, plan, execute, evaluate, audit or tool) and "
	        "\"rule\", a text of at most %u bytes",
	        number + 1, RULE_MAX);
}

static enum hf_err read_object(const json_t *o, int64_t *ret_review_ms, struct hf_fault *f)
{
	const json_t *rules = json_object_get(o, "rules"), *row;
	const char *review = json_string_value(json_object_get(o, "review"));
	bool there[SUBJECTS] = {false};
	int64_t review_ms;
	size_t i;

	if (json_integer_value(json_object_get(o, "operation")) != 1 || !json_is_array(rules))
		return hf_fault_set(f, HF_E_FORMAT,
		                    "they are no operation rules (\"operation\": 1, \"review\", \"rules\"); see "
		                    "docs/masking.md");
	if (!review || !hf_time_parse(review, &review_ms))
		return hf_fault_set(
		        f, HF_E_FORMAT,
		        "the operation rules have no date of review; state one (\"review\": \"2027-06-01\")");
	json_array_foreach(rules, i, row) HF_TRY(read_rule(row, i, there, f));
	for (i = 0; i < SUBJECTS; i++)
		if (!there[i])
			return hf_fault_set(f, HF_E_FORMAT,
			                    "there is no rule of '%s'; each step and the tools need one", subjects[i]);
	*ret_review_ms = review_ms;
	return HF_OK;
}

enum hf_err hf_operation_read(const char *text, int64_t *ret_review_ms, struct hf_fault *f)
{
	json_error_t wrong;
	json_t *o = *text ? json_loads(text, JSON_REJECT_DUPLICATES, &wrong) : NULL;
	enum hf_err e;

	if (!o)
		return hf_fault_set(f, HF_E_FORMAT, "the operation rules are no JSON: %.150s",
		                    *text ? wrong.text : "no text");
	e = read_object(o, ret_review_ms, f);
	json_decref(o);
	return e;
}
