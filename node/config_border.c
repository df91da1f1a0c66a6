/* config_border.c - see config_border.h. */
#include "config_border.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/limits.h"
#include "config_yaml.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define LIST_MAX 64
#define RULES_MAX 256

static const cyaml_strval_t sides[] = {{"origin", HF_BORDER_ORIGIN}, {"destination", HF_BORDER_DESTINATION}};
static const cyaml_schema_value_t word = {CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char *, 1, 127)};

#define WORDS(key, member, count, flags)                                                                               \
	CYAML_FIELD_SEQUENCE_COUNT(key, CYAML_FLAG_POINTER | (flags), struct hf_border_rule, member, count, &word, 1,  \
	                           LIST_MAX)
static const cyaml_schema_field_t rule_fields[] = {
        WORDS("other", others, other_count, 0),
        WORDS("purposes", purposes, purpose_count, CYAML_FLAG_OPTIONAL),
        WORDS("classes", classes, class_count, CYAML_FLAG_OPTIONAL),
        CYAML_FIELD_UINT("max_level", CYAML_FLAG_OPTIONAL, struct hf_border_rule, max_level),
        CYAML_FIELD_BOOL("allow", 0, struct hf_border_rule, allow),
        CYAML_FIELD_STRING_PTR("route", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct hf_border_rule, route, 1, 127),
        CYAML_FIELD_UINT("persons_per_year", CYAML_FLAG_OPTIONAL, struct hf_border_rule, persons_per_year),
        CYAML_FIELD_END};
static const cyaml_schema_value_t rule = {CYAML_VALUE_MAPPING(0, struct hf_border_rule, rule_fields)};

#define TEXT(type, member) CYAML_FIELD_STRING_PTR(#member, CYAML_FLAG_POINTER, struct type, member, 1, 127)
static const cyaml_schema_field_t pack_fields[] = {
        TEXT(hf_border_pack, name),
        TEXT(hf_border_pack, jurisdiction),
        TEXT(hf_border_pack, from),
        TEXT(hf_border_pack, until),
        CYAML_FIELD_ENUM("side", 0, struct hf_border_pack, side, sides, COUNT(sides)),
        CYAML_FIELD_SEQUENCE_COUNT("rules", CYAML_FLAG_POINTER, struct hf_border_pack, rules, rule_count, &rule, 1,
                                   RULES_MAX),
        CYAML_FIELD_END};
static const cyaml_schema_value_t pack = {CYAML_VALUE_MAPPING(0, struct hf_border_pack, pack_fields)};

static const cyaml_schema_field_t approval_fields[] = {
        TEXT(hf_border_approval, route), TEXT(hf_border_approval, consumer), TEXT(hf_border_approval, reference),
        TEXT(hf_border_approval, until), CYAML_FIELD_END};
static const cyaml_schema_value_t approval = {CYAML_VALUE_MAPPING(0, struct hf_border_approval, approval_fields)};

static const cyaml_schema_field_t share_fields[] = {
        TEXT(hf_border_share, node), CYAML_FIELD_UINT("percent", 0, struct hf_border_share, percent), CYAML_FIELD_END};
static const cyaml_schema_value_t share = {CYAML_VALUE_MAPPING(0, struct hf_border_share, share_fields)};

static const cyaml_schema_field_t fields[] = {
        CYAML_FIELD_SEQUENCE_COUNT("packs", CYAML_FLAG_POINTER, struct hf_border_rules, packs, pack_count, &pack, 1,
                                   RULES_MAX),
        CYAML_FIELD_SEQUENCE_COUNT("approvals", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct hf_border_rules,
                                   approvals, approval_count, &approval, 0, 4096),
        CYAML_FIELD_SEQUENCE_COUNT("shares", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct hf_border_rules, shares,
                                   share_count, &share, 1, RULES_MAX),
        CYAML_FIELD_END};
static const cyaml_schema_value_t schema = {CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct hf_border_rules, fields)};

static enum hf_err read_time(const char *path, const char *of, const char *text, int64_t *ret_ms, struct hf_fault *f)
{
	if (hf_time_parse(text, ret_ms))
		return HF_OK;
	return hf_fault_set(f, HF_E_FORMAT, "%s: %.60s states '%.40s', which is no date; write it as 2026-01-31", path,
	                    of, text);
}

static enum hf_err read_times(const char *path, struct hf_border_rules *r, struct hf_fault *f)
{
	for (unsigned i = 0; i < r->pack_count; i++) {
		struct hf_border_pack *p = &r->packs[i];
		HF_TRY(read_time(path, p->name, p->from, &p->from_ms, f));
		HF_TRY(read_time(path, p->name, p->until, &p->until_ms, f));
		if (p->until_ms <= p->from_ms)
			return hf_fault_set(f, HF_E_FORMAT,
			                    "%s: the pack %.60s ends before it begins; correct its dates", path,
			                    p->name);
	}
	for (unsigned i = 0; i < r->approval_count; i++)
		HF_TRY(read_time(path, r->approvals[i].reference, r->approvals[i].until, &r->approvals[i].until_ms, f));
	return HF_OK;
}

/* The limit is the legal entity's: its nodes together have all of it and no more. */
static enum hf_err check_shares(const char *path, const struct hf_border_rules *r, struct hf_fault *f)
{
	uint64_t sum = 0;
	for (unsigned i = 0; i < r->share_count; i++) {
		sum += r->shares[i].percent;
		for (unsigned k = 0; k < i; k++)
			if (strcmp(r->shares[i].node, r->shares[k].node) == 0)
				return hf_fault_set(f, HF_E_FORMAT,
				                    "%s: `shares` names the node %.63s twice; keep one of them", path,
				                    r->shares[i].node);
	}
	if (sum <= 100)
		return HF_OK;
	return hf_fault_set(f, HF_E_FORMAT,
	                    "%s: the shares of the nodes are %llu percent together; lower them to 100 at most", path,
	                    (unsigned long long)sum);
}

enum hf_err hf_border_load(const char *dir, const char *path, struct hf_border_rules **ret_rules, struct hf_fault *f)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf text = HF_BUF_INIT;
	char whole[1600];
	void *rules = NULL;
	snprintf(whole, sizeof(whole), "%s%s%s", path[0] == '/' ? "" : dir, path[0] == '/' ? "" : "/", path);
	enum hf_err e = hf_file_read(whole, HF_MAX_CONFIG, &text);
	if (e == HF_E_UNKNOWN)
		return hf_fault_set(f, e, "%s does not exist; correct `border` in hufu.yaml", whole);
	if (e != HF_OK)
		return hf_file_fault(f, e, whole, HF_MAX_CONFIG);
	HF_TRY(hf_yaml_parse(whole, &text, &schema, &rules, f));
	if (!rules)
		return hf_fault_set(f, HF_E_FORMAT, "%s is empty; remove `border` from hufu.yaml or add a pack", whole);
	e = read_times(whole, rules, f);
	if (e == HF_OK)
		e = check_shares(whole, rules, f);
	if (e != HF_OK) {
		hf_border_free(rules);
		return e;
	}
	*ret_rules = rules;
	return HF_OK;
}

void hf_border_free(struct hf_border_rules *rules)
{
	hf_yaml_free(&schema, rules);
}
