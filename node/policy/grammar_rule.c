/* grammar_rule.c - one rule: its keys, its conditions, its obligations. See grammar.h. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "policy/grammar.h"

struct rule_reader {
	struct hf_place p;
	const struct hf_schema *schema;
	struct hf_arena *arena;
	struct hf_rule *rule;
	struct hf_condition *conditions; /* HF_RULE_CONDITIONS_MAX */
	uint32_t *lines;                 /* of the conditions */
};

static enum hf_err refuse_operator(const struct rule_reader *r, const struct hf_doc *d)
{
	return hf_doc_fault(r->p.f, r->p.file, d->line, "there is no operator '%.60s'; use one of %s", d->key,
	                    HF_LISTED(HF_OPERATORS));
}

static enum hf_err want_list(const struct rule_reader *r, const struct hf_doc *d, uint32_t count, const char *wanted)
{
	if (d->kind == HF_DOC_LIST && (count == 0 ? d->count > 0 : d->count == count))
		return HF_OK;
	return hf_doc_fault(r->p.f, r->p.file, d->line, "'%.60s' takes %s", d->key ? d->key : "", wanted);
}

static enum hf_err read_operand(const struct rule_reader *r, const struct hf_doc *d, const struct hf_attr_spec *spec,
                                struct hf_operand *ret_operand)
{
	struct hf_attr_value v = {.len = 0};
	bool number = spec->type == HF_ATTR_INTEGER || spec->type == HF_ATTR_TIME;

	HF_TRY(hf_doc_value(&r->p, d, spec, &v));
	*ret_operand = (struct hf_operand){.bits = 128};
	if (spec->type == HF_ATTR_ADDRESS) {
		ret_operand->address = v.u.address;
	} else if (number) {
		ret_operand->low = ret_operand->high = v.u.number;
	} else {
		ret_operand->text = v.u.text;
		ret_operand->len = v.len;
	}
	return HF_OK;
}

static enum hf_err read_prefix(const struct rule_reader *r, const struct hf_doc *d, struct hf_operand *ret_operand)
{
	const char *text;

	HF_TRY(hf_doc_text(&r->p, d, "a range of addresses", &text));
	*ret_operand = (struct hf_operand){.text = NULL};
	if (hf_prefix_parse(text, &ret_operand->address, &ret_operand->bits))
		return HF_OK;
	return hf_doc_fault(r->p.f, r->p.file, d->line,
	                    "'%.60s' is no range of addresses; write one like 10.0.0.0/8, with zeros behind the prefix",
	                    text);
}

/* [low, high] as two operands of the type, joined into one. */
static enum hf_err read_range(const struct rule_reader *r, const struct hf_doc *d, const struct hf_attr_spec *spec,
                              struct hf_condition *c)
{
	struct hf_operand *both = hf_arena_get(r->arena, 2 * sizeof(*both));

	HF_TRY(want_list(r, d, 2, "a list of two, the lowest and the highest"));
	HF_TRY(read_operand(r, d->members, spec, both));
	HF_TRY(read_operand(r, d->members->next, spec, both + 1));
	both[0].high = both[1].low;
	c->operands = both;
	c->count = 1;
	return HF_OK;
}

static enum hf_err read_operands(const struct rule_reader *r, const struct hf_doc *d, const struct hf_attr_spec *spec,
                                 struct hf_condition *c)
{
	bool list = d->kind == HF_DOC_LIST;
	size_t count = list ? d->count : 1, n = 0;
	struct hf_operand *all;

	if (list)
		HF_TRY(want_list(r, d, 0, "at least one value"));
	all = hf_arena_get(r->arena, count * sizeof(*all));
	for (const struct hf_doc *m = list ? d->members : d; n < count; m = m->next, n++)
		HF_TRY(c->op == HF_OP_WITHIN ? read_prefix(r, m, all + n) : read_operand(r, m, spec, all + n));
	c->operands = all;
	c->count = count;
	return HF_OK;
}

static enum hf_err read_by_operator(const struct rule_reader *r, const struct hf_doc *d,
                                    const struct hf_attr_spec *spec, struct hf_condition *c)
{
	if (!hf_operator_takes(c->op, spec->type))
		return hf_doc_fault(r->p.f, r->p.file, d->line,
		                    "%s is of type %s, which '%s' does not take; use another operator", spec->name,
		                    hf_attr_type_name(spec->type), hf_operator_name(c->op));
	if (c->op == HF_OP_BETWEEN || c->op == HF_OP_DURING)
		return read_range(r, d, spec, c);
	if (c->op == HF_OP_EQUALS && d->kind == HF_DOC_LIST)
		return hf_doc_fault(r->p.f, r->p.file, d->line, "'equals' takes one value; use 'one-of' for a list");
	return read_operands(r, d, spec, c);
}

/* Room for one more condition on the attribute; its line is that of d. */
static enum hf_err new_condition(const struct rule_reader *r, const struct hf_doc *d, unsigned attr,
                                 enum hf_operator op, struct hf_condition **ret_condition)
{
	size_t n = r->rule->condition_count;

	if (n == HF_RULE_CONDITIONS_MAX)
		return hf_doc_fault(r->p.f, r->p.file, d->line,
		                    "the rule has more than %d conditions; divide it into several rules",
		                    HF_RULE_CONDITIONS_MAX);
	r->lines[n] = d->line;
	r->conditions[n] = (struct hf_condition){.attr = attr, .op = op};
	*ret_condition = r->conditions + n;
	r->rule->condition_count = n + 1;
	return HF_OK;
}

/* {operator: operands, ...} */
static enum hf_err read_operators(const struct rule_reader *r, const struct hf_doc *d, unsigned attr)
{
	const struct hf_attr_spec *spec = hf_schema_spec(r->schema, attr);

	if (d->count == 0)
		return hf_doc_fault(r->p.f, r->p.file, d->line,
		                    "the condition on %s is empty; write a value, or leave it out", spec->name);
	for (const struct hf_doc *m = d->members; m; m = m->next) {
		enum hf_operator op = hf_operator_from_name(m->key);
		struct hf_condition *c;

		if (op == HF_OP_INVALID)
			return refuse_operator(r, m);
		HF_TRY(new_condition(r, m, attr, op, &c));
		HF_TRY(read_by_operator(r, m, spec, c));
	}
	return HF_OK;
}

static bool holds_mappings(const struct hf_doc *d)
{
	return d->kind == HF_DOC_LIST && d->members && d->members->kind == HF_DOC_MAP;
}

/* What stands behind an attribute: a value, a list of values, operators, or a list of operators. */
static enum hf_err read_condition(const struct rule_reader *r, const struct hf_doc *d)
{
	unsigned attr = hf_schema_attr(r->schema, d->key);
	struct hf_condition *c;

	if (attr == 0)
		return hf_doc_fault(r->p.f, r->p.file, d->line,
		                    "there is no attribute '%.63s'; declare it under 'attributes' or correct its name",
		                    d->key);
	if (d->kind == HF_DOC_MAP)
		return read_operators(r, d, attr);
	if (holds_mappings(d)) {
		for (const struct hf_doc *m = d->members; m; m = m->next) {
			if (m->kind != HF_DOC_MAP)
				return hf_doc_fault(r->p.f, r->p.file, m->line,
				                    "values and operators are mixed for %s; write operators only",
				                    d->key);
			HF_TRY(read_operators(r, m, attr));
		}
		return HF_OK;
	}
	HF_TRY(new_condition(r, d, attr, d->kind == HF_DOC_LIST ? HF_OP_ONE_OF : HF_OP_EQUALS, &c));
	return read_by_operator(r, d, hf_schema_spec(r->schema, attr), c);
}

static enum hf_err read_when(struct rule_reader *r, const struct hf_doc *d)
{
	if (d->kind != HF_DOC_MAP)
		return hf_doc_fault(r->p.f, r->p.file, d->line,
		                    "'when' is not a mapping of attributes to conditions; write it as one");
	for (const struct hf_doc *m = d->members; m; m = m->next)
		HF_TRY(read_condition(r, m));
	return HF_OK;
}

/* "30d" and the like, as milliseconds. */
static enum hf_err read_duration(const struct rule_reader *r, const struct hf_doc *d, int64_t *ret_ms)
{
	static const struct {
		const char *unit;
		int64_t ms;
	} units[] = {{"ms", 1}, {"s", 1000}, {"min", 60000}, {"h", 3600000}, {"d", 86400000}};
	const char *text;
	char *end = NULL;
	long long n = 0;

	HF_TRY(hf_doc_text(&r->p, d, "the time", &text));
	if (*text >= '1' && *text <= '9' && strlen(text) < 18)
		n = strtoll(text, &end, 10);
	for (size_t i = 0; n > 0 && i < sizeof(units) / sizeof(units[0]); i++)
		if (strcmp(end, units[i].unit) == 0 && n <= INT64_MAX / units[i].ms) {
			*ret_ms = n * units[i].ms;
			return HF_OK;
		}
	return hf_doc_fault(r->p.f, r->p.file, d->line,
	                    "'%.60s' is no length of time; write one like 30d, 12h, 15min, 10s or 500ms", text);
}

static enum hf_err read_obligation_value(const struct rule_reader *r, const struct hf_doc *d, struct hf_obligation *o)
{
	switch (o->type) {
	case HF_OBLIGE_MASK:
	case HF_OBLIGE_ROWS:
	case HF_OBLIGE_WATERMARK:
	case HF_OBLIGE_NOTIFY:
		return hf_doc_text(&r->p, d, d->key, &o->text);
	case HF_OBLIGE_FIELDS:
		return hf_doc_texts(&r->p, d, "'fields'", r->arena, &o->names, &o->name_count);
	case HF_OBLIGE_USES:
		return hf_doc_integer(&r->p, d, "'uses'", &o->number);
	case HF_OBLIGE_DELETE:
		return read_duration(r, d, &o->number);
	case HF_OBLIGE_SANDBOX:
	case HF_OBLIGE_REPORT:
	case HF_OBLIGE_SEALED:
	case HF_OBLIGE_DELETE_END:
		return hf_doc_fault(r->p.f, r->p.file, d->line,
		                    "the obligation '%s' takes no value; write its name alone", d->key);
	case HF_OBLIGE_INVALID:
		break;
	}
	return hf_fault_set(r->p.f, HF_E_INTERNAL, "an obligation has no type");
}

static enum hf_err refuse_obligation(const struct rule_reader *r, const struct hf_doc *d, const char *name)
{
	return hf_doc_fault(r->p.f, r->p.file, d->line, "there is no obligation '%.60s'; use one of %s", name,
	                    HF_LISTED(HF_OBLIGATIONS));
}

static enum hf_err read_obligation(const struct rule_reader *r, const struct hf_doc *d, struct hf_obligation *o)
{
	const char *name;

	*o = (struct hf_obligation){.text = NULL};
	if (d->kind == HF_DOC_MAP && d->count == 1) {
		o->type = hf_oblige_from_name(d->members->key);
		if (o->type == HF_OBLIGE_INVALID)
			return refuse_obligation(r, d->members, d->members->key);
		return read_obligation_value(r, d->members, o);
	}
	if (d->kind == HF_DOC_MAP || d->kind == HF_DOC_LIST)
		return hf_doc_fault(
		        r->p.f, r->p.file, d->line,
		        "an obligation is not a name, or a name with its value; write '- report-use' or '- mask: "
		        "PLAN'");
	HF_TRY(hf_doc_text(&r->p, d, "the obligation", &name));
	o->type = hf_oblige_from_name(name);
	if (o->type == HF_OBLIGE_INVALID)
		return refuse_obligation(r, d, name);
	if (o->type != HF_OBLIGE_SANDBOX && o->type != HF_OBLIGE_REPORT && o->type != HF_OBLIGE_WATERMARK &&
	    o->type != HF_OBLIGE_SEALED && o->type != HF_OBLIGE_DELETE_END)
		return hf_doc_fault(r->p.f, r->p.file, d->line, "the obligation '%s' has no value; write '- %s: ...'",
		                    name, name);
	return HF_OK;
}

static enum hf_err read_obligations(struct rule_reader *r, const struct hf_doc *d)
{
	struct hf_obligation *all;
	size_t n = 0;

	if (d->kind != HF_DOC_LIST)
		return hf_doc_fault(r->p.f, r->p.file, d->line, "'obligations' is not a list; begin each with '- '");
	if (d->count > HF_RULE_OBLIGATIONS_MAX)
		return hf_doc_fault(r->p.f, r->p.file, d->line, "the rule has more than %d obligations; use fewer",
		                    HF_RULE_OBLIGATIONS_MAX);
	all = hf_arena_get(r->arena, (d->count + 1u) * sizeof(*all));
	for (const struct hf_doc *m = d->members; m; m = m->next)
		HF_TRY(read_obligation(r, m, all + n++));
	r->rule->obligations = all;
	r->rule->obligation_count = n;
	return HF_OK;
}

static enum hf_err read_id(struct rule_reader *r, const struct hf_doc *d)
{
	return hf_doc_text(&r->p, d, "the id of the rule", &r->rule->id);
}

static enum hf_err read_mechanism(struct rule_reader *r, const struct hf_doc *d)
{
	const char *name;

	HF_TRY(hf_doc_text(&r->p, d, "the mechanism", &name));
	r->rule->mechanism = hf_mechanism_from_name(name);
	if (r->rule->mechanism != HF_MECHANISM_INVALID)
		return HF_OK;
	return hf_doc_fault(r->p.f, r->p.file, d->line, "there is no mechanism '%.60s'; use one of %s", name,
	                    HF_LISTED(HF_MECHANISMS));
}

static enum hf_err read_state(struct rule_reader *r, const struct hf_doc *d)
{
	const char *name;

	HF_TRY(hf_doc_text(&r->p, d, "the state", &name));
	r->rule->state = hf_rule_state_from_name(name);
	if (r->rule->state != HF_RULE_INVALID)
		return HF_OK;
	return hf_doc_fault(r->p.f, r->p.file, d->line, "there is no state '%.60s'; use one of %s", name,
	                    HF_LISTED(HF_RULE_STATES));
}

static enum hf_err read_priority(struct rule_reader *r, const struct hf_doc *d)
{
	int64_t n;

	HF_TRY(hf_doc_integer(&r->p, d, "the priority", &n));
	if (n < INT32_MIN || n > INT32_MAX)
		return hf_doc_fault(r->p.f, r->p.file, d->line,
		                    "the priority is %" PRId64 "; write a number of 32 bits", n);
	r->rule->priority = (int32_t)n;
	return HF_OK;
}

static enum hf_err read_from(struct rule_reader *r, const struct hf_doc *d)
{
	return hf_doc_time(&r->p, d, "'from'", &r->rule->from_ms);
}

static enum hf_err read_until(struct rule_reader *r, const struct hf_doc *d)
{
	return hf_doc_time(&r->p, d, "'until'", &r->rule->until_ms);
}

static enum hf_err read_quota(struct rule_reader *r, const struct hf_doc *d)
{
	return hf_doc_text(&r->p, d, "the quota", &r->rule->quota);
}

static const struct rule_key {
	const char *name;
	bool required;
	enum hf_err (*read)(struct rule_reader *r, const struct hf_doc *d);
} rule_keys[] = {
        {"id", true, read_id},        {"mechanism", false, read_mechanism},
        {"state", false, read_state}, {"priority", false, read_priority},
        {"from", true, read_from},    {"until", true, read_until},
        {"when", true, read_when},    {"obligations", false, read_obligations},
        {"quota", false, read_quota},
};
#define RULE_KEYS "id, mechanism, state, priority, from, until, when, obligations, quota"
#define RULE_KEY_COUNT (sizeof(rule_keys) / sizeof(rule_keys[0]))

static enum hf_err read_key(struct rule_reader *r, const struct hf_doc *d, unsigned *seen)
{
	for (size_t i = 0; i < RULE_KEY_COUNT; i++)
		if (strcmp(rule_keys[i].name, d->key) == 0) {
			*seen |= 1u << i;
			return rule_keys[i].read(r, d);
		}
	return hf_doc_fault(r->p.f, r->p.file, d->line, "a rule has no key '%.60s'; it may have %s", d->key, RULE_KEYS);
}

static enum hf_err read_keys(struct rule_reader *r, const struct hf_doc *d)
{
	unsigned seen = 0;

	for (const struct hf_doc *m = d->members; m; m = m->next)
		HF_TRY(read_key(r, m, &seen));
	for (size_t i = 0; i < RULE_KEY_COUNT; i++)
		if (rule_keys[i].required && !(seen & 1u << i))
			return hf_doc_fault(r->p.f, r->p.file, d->line, "the rule%s%.127s has no '%s'; add it",
			                    r->rule->id ? " " : "", r->rule->id ? r->rule->id : "", rule_keys[i].name);
	return HF_OK;
}

/* The line of what is wrong with a rule that hf_rule_check refused: of the first condition that it refuses alone. */
static uint32_t line_of_defect(const struct rule_reader *r, uint32_t line)
{
	struct hf_rule one = *r->rule;

	one.condition_count = 1;
	one.obligation_count = 0;
	for (size_t i = 0; i < r->rule->condition_count; i++) {
		struct hf_rule none = one;

		none.condition_count = 0;
		one.conditions = r->conditions + i;
		if (hf_rule_check(r->schema, &none, NULL) == HF_OK && hf_rule_check(r->schema, &one, NULL) != HF_OK)
			return r->lines[i];
	}
	return line;
}

enum hf_err hf_doc_rule(const struct hf_place *p, const struct hf_doc *d, const struct hf_schema *schema,
                        struct hf_arena *arena, struct hf_rule *ret_rule)
{
	struct hf_fault f = {.code = HF_OK};
	struct rule_reader r = {.p = *p, .schema = schema, .arena = arena, .rule = ret_rule};

	if (d->kind != HF_DOC_MAP)
		return hf_doc_fault(p->f, p->file, d->line,
		                    "a rule is not a mapping; write it as one that begins with 'id'");
	r.conditions = hf_arena_get(arena, HF_RULE_CONDITIONS_MAX * sizeof(*r.conditions));
	r.lines = hf_arena_get(arena, HF_RULE_CONDITIONS_MAX * sizeof(*r.lines));
	*ret_rule = (struct hf_rule){
	        .mechanism = HF_MECHANISM_ATTRIBUTE, .state = HF_RULE_ACTIVE, .conditions = r.conditions};
	HF_TRY(read_keys(&r, d));
	if (hf_rule_check(schema, ret_rule, &f) == HF_OK)
		return HF_OK;
	return hf_fault_set(p->f, f.code, "%s:%u: %s", p->file, line_of_defect(&r, d->line), f.text);
}
