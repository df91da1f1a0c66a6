/* rules.c - the user's detectors from configuration, and their patterns within limits; declared in rules.h. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "masking/rules.h"

#include <pcre2.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "masking/pattern_steps.h"
#include "masking/words.h"

#define NAMES_MAX 32u
#define DEPTH 200u        /* of its backtracking */
#define HEAP_KIB 256u     /* of its memory */
#define COSTLY_MATCHES 8u /* that a pattern may have */

struct rule {
	struct hf_detector detector;
	char *id, *title, *basis, *technique;
	char *names[NAMES_MAX + 1], *comments[NAMES_MAX + 1];
	pcre2_code *pattern;
	struct hf_code_run *code; /* NULL: by configuration */
	double share;
	unsigned costly;
};

struct hf_rules {
	struct rule rule[HF_RULES_MAX];
	size_t count;
	pcre2_match_context *limits;
	pcre2_match_data *match;
};

static enum hf_err text_of(const json_t *o, const char *key, const char *otherwise, size_t at, char **ret_text,
                           struct hf_fault *f)
{
	const json_t *v = json_object_get(o, key);
	const char *text = v ? json_string_value(v) : otherwise;

	if (!text || !*text || !hf_text_ok(text, strlen(text), 200))
		return hf_fault_set(f, HF_E_FORMAT,
		                    "detector %zu: \"%s\" is missing or no text of at most 200 bytes; add it", at + 1,
		                    key);
	*ret_text = hf_strdup(text);
	return HF_OK;
}

static enum hf_err list_of(const json_t *o, const char *key, const char *id, char **out, struct hf_fault *f)
{
	const json_t *list = json_object_get(o, key), *v;
	size_t i;

	if (list && (!json_is_array(list) || json_array_size(list) > NAMES_MAX))
		return hf_fault_set(f, HF_E_FORMAT,
		                    "detector %s: \"%s\" is no list of at most %u texts; write [\"...\"]", id, key,
		                    NAMES_MAX);
	json_array_foreach(list, i, v)
	{
		if (!json_is_string(v) || json_string_length(v) == 0 || json_string_length(v) > 100)
			return hf_fault_set(
			        f, HF_E_FORMAT,
			        "detector %s: a text of \"%s\" is empty or longer than 100 bytes; shorten it", id, key);
		out[i] = hf_strdup(json_string_value(v));
	}
	return HF_OK;
}

static enum hf_err compile(struct rule *r, const char *pattern, struct hf_fault *f)
{
	size_t len = strlen(pattern), where = 0;
	char reason[160];
	int code = 0;

	if (len == 0 || len > HF_RULE_PATTERN_MAX)
		return hf_fault_set(f, HF_E_LIMIT,
		                    "detector %s: the pattern is empty or longer than %u bytes; shorten it", r->id,
		                    HF_RULE_PATTERN_MAX);
	r->pattern = pcre2_compile((PCRE2_SPTR)pattern, len,
	                           PCRE2_UTF | PCRE2_MATCH_INVALID_UTF | PCRE2_ANCHORED | PCRE2_ENDANCHORED |
	                                   PCRE2_NEVER_BACKSLASH_C | PCRE2_NEVER_UCP,
	                           &code, &where, NULL);
	if (r->pattern)
		return HF_OK;
	pcre2_get_error_message(code, (PCRE2_UCHAR *)reason, sizeof(reason));
	return hf_fault_set(f, HF_E_FORMAT, "detector %s: the pattern is not one of PCRE2, at byte %zu: %s; correct it",
	                    r->id, where, reason);
}

static enum hf_err grade(const json_t *o, struct rule *r, struct hf_fault *f)
{
	const char *class = json_string_value(json_object_get(o, "class"));
	json_int_t level = json_integer_value(json_object_get(o, "level"));
	const json_t *share = json_object_get(o, "share");

	r->detector.sensitivity = class ? hf_sensitivity_named(class) : 0;
	if (r->detector.sensitivity == 0)
		return hf_fault_set(f, HF_E_FORMAT,
		                    "detector %s: \"class\" must be general, personal, important or core; write one",
		                    r->id);
	if (level < 1 || level > 4)
		return hf_fault_set(f, HF_E_FORMAT, "detector %s: \"level\" must be a number from 1 to 4; write one",
		                    r->id);
	r->detector.level = (uint8_t)level;
	r->share = share ? json_number_value(share) : 0.5;
	if (r->share <= 0 || r->share > 1)
		return hf_fault_set(f, HF_E_FORMAT,
		                    "detector %s: \"share\" must be a number above 0 and at most 1; correct it", r->id);
	return HF_OK;
}

static void copy_list(char **out, const char list[][HF_CODE_WORD])
{
	for (size_t i = 0; i < NAMES_MAX && list[i][0]; i++)
		out[i] = hf_strdup(list[i]);
}

/* All but its id comes from the library. */
static enum hf_err read_code(const json_t *o, const struct hf_codes *codes, struct rule *r, struct hf_fault *f)
{
	static const char *const not [] = {"title", "class",    "level",   "technique",
	                                   "names", "comments", "pattern", "share"};
	const char *sha256 = json_string_value(json_object_get(o, "sha256"));
	const struct hf_code_record *says;
	const struct hf_code *code;
	struct hf_fault why = {.code = HF_OK};

	for (size_t i = 0; i < sizeof(not ) / sizeof(not [0]); i++)
		if (json_object_get(o, not [i]))
			return hf_fault_set(f, HF_E_FORMAT, "detector %s: its library says \"%s\"; leave that out here",
			                    r->id, not [i]);
	if (!sha256)
		return hf_fault_set(f, HF_E_FORMAT, "detector %s: \"sha256\" of its library is missing; add it", r->id);
	if (hf_codes_find(codes, sha256, &code, &why) != HF_OK)
		return hf_fault_set(f, why.code, "detector %s: %.300s", r->id, why.text);
	says = hf_code_record(code);
	r->title = hf_strdup(says->title);
	r->basis = hf_strdup(says->basis);
	r->technique = hf_strdup(says->technique);
	copy_list(r->names, says->names);
	copy_list(r->comments, says->comments);
	r->detector.sensitivity = hf_sensitivity_named(says->sensitivity);
	r->detector.level = (uint8_t)says->level;
	r->share = strcmp(says->evidence, "name") == 0 ? 2 : says->share;
	r->code = hf_code_run_new(code, r->id);
	return HF_OK;
}

static enum hf_err read_texts(const json_t *o, size_t at, struct rule *r, struct hf_fault *f)
{
	const json_t *pattern = json_object_get(o, "pattern");

	HF_TRY(text_of(o, "title", r->id, at, &r->title, f));
	HF_TRY(text_of(o, "technique", "mask", at, &r->technique, f));
	HF_TRY(grade(o, r, f));
	HF_TRY(list_of(o, "names", r->id, r->names, f));
	HF_TRY(list_of(o, "comments", r->id, r->comments, f));
	if (pattern && !json_is_string(pattern))
		return hf_fault_set(f, HF_E_FORMAT, "detector %s: \"pattern\" is no text; write a regular expression",
		                    r->id);
	if (pattern)
		HF_TRY(compile(r, json_string_value(pattern), f));
	if (!pattern && !r->names[0] && !r->comments[0])
		return hf_fault_set(f, HF_E_FORMAT,
		                    "detector %s: nothing says how to find it; add names, comments or a pattern",
		                    r->id);
	r->basis = hf_strdup("a rule of the user");
	return HF_OK;
}

static enum hf_err read_rule(const json_t *o, size_t at, const struct hf_codes *codes, struct rule *r,
                             struct hf_fault *f)
{
	HF_TRY(text_of(o, "id", NULL, at, &r->id, f));
	if (hf_detector_named(r->id))
		return hf_fault_set(f, HF_E_EXISTS,
		                    "detector %s: there is one of that name built in; choose another id", r->id);
	HF_TRY(json_object_get(o, "library") ? read_code(o, codes, r, f) : read_texts(o, at, r, f));
	r->detector.id = r->id;
	r->detector.title = r->title;
	r->detector.basis = r->basis;
	r->detector.technique = r->technique;
	r->detector.evidence = HF_EVIDENCE_CONTENT;
	r->detector.names = (const char *const *)r->names;
	return HF_OK;
}

static bool has_id(const struct hf_rules *r, const char *id)
{
	for (size_t i = 0; i < r->count; i++)
		if (strcmp(r->rule[i].id, id) == 0)
			return true;
	return false;
}

static enum hf_err read_all(const json_t *config, const struct hf_codes *codes, struct hf_rules *r, struct hf_fault *f)
{
	const json_t *list = json_object_get(config, "detectors"), *o;
	size_t i;

	if (!json_is_array(list) || json_array_size(list) > HF_RULES_MAX)
		return hf_fault_set(f, HF_E_FORMAT,
		                    "\"detectors\" is no list of at most %u rules; write {\"detectors\": [...]}",
		                    HF_RULES_MAX);
	json_array_foreach(list, i, o)
	{
		struct rule *rule = &r->rule[i];
		enum hf_err e = read_rule(o, i, codes, rule, f);

		if (e == HF_OK && has_id(r, rule->id))
			e = hf_fault_set(f, HF_E_EXISTS, "detector %s is there twice; choose another id", rule->id);
		r->count = i + 1;
		HF_TRY(e);
	}
	return HF_OK;
}

enum hf_err hf_rules_take_libraries(const json_t *config, struct hf_codes *codes, struct hf_fault *f)
{
	const json_t *o;
	size_t i;

	json_array_foreach(json_object_get(config, "detectors"), i, o)
	{
		const char *path = json_string_value(json_object_get(o, "library")),
		           *sha256 = json_string_value(json_object_get(o, "sha256"));

		if (path && sha256)
			HF_TRY(hf_codes_add(codes, path, sha256, f));
	}
	return HF_OK;
}

enum hf_err hf_rules_read(const json_t *config, const struct hf_codes *codes, struct hf_rules **ret_rules,
                          struct hf_fault *f)
{
	struct hf_rules *r = hf_alloc_zero(sizeof(*r));
	enum hf_err e;

	r->limits = pcre2_match_context_create(NULL);
	r->match = pcre2_match_data_create(1, NULL);
	if (!r->limits || !r->match)
		abort(); /* memory is gone */
	pcre2_set_depth_limit(r->limits, DEPTH);
	pcre2_set_heap_limit(r->limits, HEAP_KIB);
	e = read_all(config, codes, r, f);
	if (e != HF_OK) {
		hf_rules_free(r);
		return e;
	}
	*ret_rules = r;
	return HF_OK;
}

void hf_rules_free(struct hf_rules *r)
{
	if (!r)
		return;
	for (size_t i = 0; i < r->count; i++) {
		struct rule *rule = &r->rule[i];

		free(rule->id);
		free(rule->title);
		free(rule->basis);
		free(rule->technique);
		hf_code_run_free(rule->code);
		for (size_t k = 0; k < NAMES_MAX; k++) {
			free(rule->names[k]);
			free(rule->comments[k]);
		}
		pcre2_code_free(rule->pattern);
	}
	pcre2_match_context_free(r->limits);
	pcre2_match_data_free(r->match);
	free(r);
}

size_t hf_rules_count(const struct hf_rules *r)
{
	return r->count;
}

const struct hf_detector *hf_rules_detector(const struct hf_rules *r, size_t i)
{
	return &r->rule[i].detector;
}

double hf_rules_share(const struct hf_rules *r, size_t i)
{
	return r->rule[i].share;
}

bool hf_rules_has_pattern(const struct hf_rules *r, size_t i)
{
	return r->rule[i].pattern != NULL || r->rule[i].code != NULL;
}

bool hf_rules_exhausted(const struct hf_rules *r, size_t i)
{
	return r->rule[i].costly >= COSTLY_MATCHES;
}

uint64_t hf_rules_for(const struct hf_rules *r, const char *name, const char *comment)
{
	char words[HF_WORDS_MAX], said[HF_WORDS_MAX];
	uint64_t called = 0;

	hf_words(name, words);
	hf_words(comment ? comment : "", said);
	for (size_t i = 0; i < r->count; i++)
		if (hf_words_match(words, (const char *const *)r->rule[i].names) ||
		    hf_words_match(said, (const char *const *)r->rule[i].comments))
			called |= (uint64_t)1 << i;
	return called;
}

void hf_rules_see(struct hf_rules *r, uint32_t counts[HF_RULES_MAX], const uint8_t *value, size_t len)
{
	for (size_t i = 0; i < r->count; i++) {
		struct rule *rule = &r->rule[i];
		int got;

		if (rule->code)
			hf_code_run_see(rule->code, &counts[i], value, len);
		if (!rule->pattern || rule->costly >= COSTLY_MATCHES)
			continue;
		pcre2_set_match_limit(r->limits, hf_pattern_steps(len));
		got = pcre2_match(rule->pattern, value, len, 0, 0, r->match, r->limits);
		counts[i] += got >= 0;
		rule->costly +=
		        got == PCRE2_ERROR_MATCHLIMIT || got == PCRE2_ERROR_DEPTHLIMIT || got == PCRE2_ERROR_HEAPLIMIT;
	}
}

void hf_rules_drop(struct hf_rules *r)
{
	for (size_t i = 0; i < r->count; i++)
		if (r->rule[i].code)
			hf_code_run_drop(r->rule[i].code);
}

enum hf_err hf_rules_settle(struct hf_rules *r, struct hf_fault *f)
{
	for (size_t i = 0; i < r->count; i++)
		if (r->rule[i].code)
			HF_TRY(hf_code_run_settle(r->rule[i].code, f));
	return HF_OK;
}
