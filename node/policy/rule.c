/*
 * rule.c - see rule.h. The tables say what each operator and each obligation takes; what they do not say is refused.
 */
#include "policy/internal.h"

#include "base/buf.h"

#define NAME(code, name) [code] = name,
#define COUNT(list) (sizeof(list) / sizeof((list)[0]))
static const char *const mechanism_names[] = {NULL, HF_MECHANISMS(NAME)};
static const char *const state_names[] = {NULL, HF_RULE_STATES(NAME)};
static const char *const operator_names[] = {NULL, HF_OPERATORS(NAME)};
static const char *const oblige_names[] = {NULL, HF_OBLIGATIONS(NAME)};

static const char *name_at(const char *const *names, size_t count, size_t i)
{
	return i < count ? names[i] : NULL;
}

static size_t from_name(const char *const *names, size_t count, const char *name)
{
	for (size_t i = 1; i < count; i++)
		if (strcmp(names[i], name) == 0)
			return i;
	return 0;
}

const char *hf_mechanism_name(enum hf_mechanism m)
{
	return name_at(mechanism_names, COUNT(mechanism_names), m);
}

enum hf_mechanism hf_mechanism_from_name(const char *name)
{
	return (enum hf_mechanism)from_name(mechanism_names, COUNT(mechanism_names), name);
}

const char *hf_rule_state_name(enum hf_rule_state s)
{
	return name_at(state_names, COUNT(state_names), s);
}

enum hf_rule_state hf_rule_state_from_name(const char *name)
{
	return (enum hf_rule_state)from_name(state_names, COUNT(state_names), name);
}

const char *hf_operator_name(enum hf_operator op)
{
	return name_at(operator_names, COUNT(operator_names), op);
}

enum hf_operator hf_operator_from_name(const char *name)
{
	return (enum hf_operator)from_name(operator_names, COUNT(operator_names), name);
}

const char *hf_oblige_name(enum hf_oblige o)
{
	return name_at(oblige_names, COUNT(oblige_names), o);
}

enum hf_oblige hf_oblige_from_name(const char *name)
{
	return (enum hf_oblige)from_name(oblige_names, COUNT(oblige_names), name);
}

#define T(type) (1u << (type))
static const struct operator_row {
	unsigned types;
	size_t operands_max;
} operators[] = {
        [HF_OP_EQUALS] = {T(HF_ATTR_TEXT) | T(HF_ATTR_CHOICE) | T(HF_ATTR_MEMBER) | T(HF_ATTR_INTEGER) |
                                  T(HF_ATTR_ADDRESS),
                          1},
        [HF_OP_ONE_OF] = {T(HF_ATTR_TEXT) | T(HF_ATTR_CHOICE) | T(HF_ATTR_MEMBER) | T(HF_ATTR_INTEGER) |
                                  T(HF_ATTR_ADDRESS),
                          HF_RULE_OPERANDS_MAX},
        [HF_OP_UNDER] = {T(HF_ATTR_MEMBER), HF_RULE_OPERANDS_MAX},
        [HF_OP_BETWEEN] = {T(HF_ATTR_INTEGER), 1},
        [HF_OP_DURING] = {T(HF_ATTR_TIME), 1},
        [HF_OP_WITHIN] = {T(HF_ATTR_ADDRESS), HF_RULE_OPERANDS_MAX},
};

/* What an obligation takes: 'n' nothing, 't' a text, 'o' perhaps a text, 'l' names, '#' a number from 1. */
static const char oblige_takes[] = {
        [HF_OBLIGE_MASK] = 't',    [HF_OBLIGE_FIELDS] = 'l', [HF_OBLIGE_ROWS] = 't',       [HF_OBLIGE_WATERMARK] = 'o',
        [HF_OBLIGE_SANDBOX] = 'n', [HF_OBLIGE_USES] = '#',   [HF_OBLIGE_DELETE] = '#',     [HF_OBLIGE_REPORT] = 'n',
        [HF_OBLIGE_NOTIFY] = 't',  [HF_OBLIGE_SEALED] = 'n', [HF_OBLIGE_DELETE_END] = 'n',
};

bool hf_operator_takes(enum hf_operator op, enum hf_attr_type type)
{
	return (size_t)op < COUNT(operators) && (operators[op].types & T(type)) != 0;
}

static bool is_choice(const struct pol_attr *a, const struct hf_operand *o)
{
	for (uint32_t i = 0; i < a->choice_count; i++)
		if (a->choices[i].len == o->len && memcmp(a->choices[i].text, o->text, o->len) == 0)
			return true;
	return false;
}

/* Most texts are ASCII from end to end, which is told by the word. */
static bool text_ok(const char *text, size_t len, size_t max)
{
	size_t i = 0;
	if (!text || len > max)
		return false;
	while (len - i >= 8 && pol_plain_word(text + i))
		i += 8;
	return hf_text_ok(text + i, len - i, max);
}

static enum hf_err check_text(const struct hf_schema *schema, const struct hf_rule *r, const struct hf_condition *c,
                              const struct hf_operand *o, struct hf_fault *f)
{
	const char *name = schema->specs[c->attr].name;
	if (!o->text || o->len == 0 || !text_ok(o->text, o->len, HF_ATTR_VALUE_MAX))
		return hf_fault_set(f, HF_E_ARGUMENT,
		                    "rule '%s': a value of '%s' is no usable text; give 1 to %d bytes of UTF-8", r->id,
		                    name, HF_ATTR_VALUE_MAX);
	if (schema->attrs[c->attr].type == HF_ATTR_CHOICE && !is_choice(&schema->attrs[c->attr], o))
		return hf_fault_set(f, HF_E_UNKNOWN,
		                    "rule '%s': '%.*s' is no value of '%s'; use one that the schema declares", r->id,
		                    (int)(o->len < 60 ? o->len : 60), o->text, name);
	return HF_OK;
}

/* Nothing may stand behind the prefix, else two spellings of one rule would differ. */
static bool prefix_ok(const struct hf_operand *o)
{
	for (unsigned i = o->bits; i < 128; i++)
		if (o->address.b[i / 8] & 0x80 >> i % 8)
			return false;
	return o->bits <= 128;
}

static enum hf_err check_operand(const struct hf_schema *schema, const struct hf_rule *r, const struct hf_condition *c,
                                 const struct hf_operand *o, struct hf_fault *f)
{
	const char *name = schema->specs[c->attr].name;
	if (pol_textual(schema->attrs[c->attr].type))
		return check_text(schema, r, c, o, f);
	if (c->op == HF_OP_BETWEEN && o->low > o->high)
		return hf_fault_set(f, HF_E_ARGUMENT,
		                    "rule '%s': the range of '%s' is empty; give low and high in order", r->id, name);
	if (c->op == HF_OP_DURING && o->low >= o->high)
		return hf_fault_set(f, HF_E_ARGUMENT,
		                    "rule '%s': the period of '%s' is empty; it must begin before it ends", r->id,
		                    name);
	if (c->op == HF_OP_WITHIN && !prefix_ok(o))
		return hf_fault_set(f, HF_E_ARGUMENT,
		                    "rule '%s': a prefix of '%s' has bits behind its length; write the network's first "
		                    "address",
		                    r->id, name);
	return HF_OK;
}

static enum hf_err check_condition(const struct hf_schema *schema, const struct hf_rule *r,
                                   const struct hf_condition *c, size_t number, struct hf_fault *f)
{
	if (c->attr < 1 || c->attr > schema->count)
		return hf_fault_set(f, HF_E_UNKNOWN,
		                    "rule '%s': condition %zu names an attribute that the schema does not declare",
		                    r->id, number);
	const char *name = schema->specs[c->attr].name;
	if (!hf_operator_name(c->op) || c->op == HF_OP_INVALID)
		return hf_fault_set(f, HF_E_UNKNOWN, "rule '%s': the operator on '%s' is not known", r->id, name);
	if (!hf_operator_takes(c->op, (enum hf_attr_type)schema->attrs[c->attr].type))
		return hf_fault_set(f, HF_E_ARGUMENT, "rule '%s': '%s' cannot be asked of '%s', which is of type '%s'",
		                    r->id, operator_names[c->op], name, hf_attr_type_name(schema->specs[c->attr].type));
	if (c->count == 0 || c->count > operators[c->op].operands_max || !c->operands)
		return hf_fault_set(f, HF_E_ARGUMENT, "rule '%s': '%s' on '%s' takes 1 to %zu values, not %zu", r->id,
		                    operator_names[c->op], name, operators[c->op].operands_max, c->count);
	for (size_t i = 0; i < c->count; i++)
		HF_TRY(check_operand(schema, r, c, &c->operands[i], f));
	return HF_OK;
}

static bool text_usable(const char *text)
{
	size_t len = text ? strlen(text) : 0;
	return len > 0 && text_ok(text, len, HF_OBLIGATION_TEXT_MAX);
}

static bool names_usable(const struct hf_obligation *o)
{
	for (size_t i = 0; i < o->name_count; i++)
		if (!o->names || !text_usable(o->names[i]))
			return false;
	return o->name_count <= HF_OBLIGATION_NAMES_MAX;
}

static enum hf_err check_obligation(const struct hf_rule *r, const struct hf_obligation *o, struct hf_fault *f)
{
	if (!hf_oblige_name(o->type))
		return hf_fault_set(f, HF_E_UNKNOWN, "rule '%s': an obligation is not known", r->id);
	char takes = oblige_takes[o->type];
	bool text = takes == 't' || (takes == 'o' && o->text), number = takes == '#', names = takes == 'l';
	if (text == text_usable(o->text) && (text || !o->text) && number == (o->number >= 1) &&
	    (number || o->number == 0) && names == (o->name_count > 0) && names_usable(o))
		return HF_OK;
	return hf_fault_set(f, HF_E_ARGUMENT, "rule '%s': the obligation '%s' takes %s, and nothing else", r->id,
	                    oblige_names[o->type],
	                    takes == 'n'   ? "nothing"
	                    : takes == 't' ? "one text"
	                    : takes == 'o' ? "one text or nothing"
	                    : takes == 'l' ? "a list of names"
	                                   : "a whole number from 1");
}

static bool id_ok(const char *id)
{
	size_t len = id ? strlen(id) : 0;
	for (size_t i = 0; i < len; i++)
		if (id[i] <= 0x20 || id[i] >= 0x7f)
			return false;
	return len > 0 && len <= HF_RULE_ID_MAX;
}

static enum hf_err check_head(const struct hf_rule *r, struct hf_fault *f)
{
	if (!id_ok(r->id))
		return hf_fault_set(f, HF_E_ARGUMENT, "a rule's id is 1 to %d printable ASCII characters without space",
		                    HF_RULE_ID_MAX);
	if (!hf_mechanism_name(r->mechanism))
		return hf_fault_set(f, HF_E_UNKNOWN, "rule '%s': its mechanism is not known", r->id);
	if (!hf_rule_state_name(r->state))
		return hf_fault_set(f, HF_E_UNKNOWN, "rule '%s': its state is not known", r->id);
	if (r->from_ms >= r->until_ms)
		return hf_fault_set(f, HF_E_ARGUMENT, "rule '%s': its period is empty; give 'from' and a later 'until'",
		                    r->id);
	if (r->condition_count > HF_RULE_CONDITIONS_MAX || r->obligation_count > HF_RULE_OBLIGATIONS_MAX)
		return hf_fault_set(f, HF_E_LIMIT, "rule '%s' has more than %d conditions or %d obligations", r->id,
		                    HF_RULE_CONDITIONS_MAX, HF_RULE_OBLIGATIONS_MAX);
	if (r->quota && r->quota[0] && !text_usable(r->quota))
		return hf_fault_set(f, HF_E_ARGUMENT, "rule '%s': the name of its quota is no usable text", r->id);
	return HF_OK;
}

enum hf_err hf_rule_check(const struct hf_schema *schema, const struct hf_rule *rule, struct hf_fault *f)
{
	HF_TRY(check_head(rule, f));
	for (size_t i = 0; i < rule->condition_count; i++)
		HF_TRY(check_condition(schema, rule, &rule->conditions[i], i + 1, f));
	for (size_t i = 0; i < rule->obligation_count; i++)
		HF_TRY(check_obligation(rule, &rule->obligations[i], f));
	return HF_OK;
}
