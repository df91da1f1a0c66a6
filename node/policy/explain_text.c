/*
 * explain_text.c - conditions, values and failures in words.
 */
#include "policy/explain.h"

#include "base/clock.h"
#include "policy/internal.h"

static bool add_operand(enum hf_attr_type type, const struct hf_condition *c, const struct hf_operand *o,
                        struct hf_buf *out)
{
	char text[HF_ADDRESS_TEXT], from[HF_TIME_TEXT], until[HF_TIME_TEXT];
	if (pol_textual(type))
		return hf_buf_add(out, o->text, o->len);
	if (type == HF_ATTR_ADDRESS) {
		hf_prefix_text(&o->address, c->op == HF_OP_WITHIN ? o->bits : 128, text);
		return hf_buf_addf(out, "%s", text);
	}
	if (c->op == HF_OP_DURING) {
		hf_time_text(o->low, from);
		hf_time_text(o->high, until);
		return hf_buf_addf(out, "%s until %s", from, until);
	}
	if (c->op == HF_OP_BETWEEN)
		return hf_buf_addf(out, "%lld and %lld", (long long)o->low, (long long)o->high);
	return hf_buf_addf(out, "%lld", (long long)o->low);
}

bool hf_policy_condition_text(const struct hf_schema *schema, const struct hf_condition *c, struct hf_buf *out)
{
	const struct hf_attr_spec *spec = hf_schema_spec(schema, c->attr);
	if (!spec || !hf_buf_addf(out, "%s %s ", spec->name, hf_operator_name(c->op)))
		return false;
	for (size_t i = 0; i < c->count; i++) {
		if (i > 0 && !hf_buf_add(out, ", ", 2))
			return false;
		if (!add_operand(spec->type, c, &c->operands[i], out))
			return false;
	}
	return true;
}

bool hf_policy_value_text(const struct hf_attr_value *v, struct hf_buf *out)
{
	char text[HF_ADDRESS_TEXT], time[HF_TIME_TEXT];
	switch (v->type) {
	case HF_ATTR_TEXT:
	case HF_ATTR_CHOICE:
	case HF_ATTR_MEMBER:
		return hf_buf_add(out, v->len ? v->u.text : "", v->len);
	case HF_ATTR_INTEGER:
		return hf_buf_addf(out, "%lld", (long long)v->u.number);
	case HF_ATTR_TIME:
		hf_time_text(v->u.number, time);
		return hf_buf_addf(out, "%s", time);
	case HF_ATTR_ADDRESS:
		hf_prefix_text(&v->u.address, 128, text);
		return hf_buf_addf(out, "%s", text);
	case HF_ATTR_INVALID:
		break;
	}
	return false;
}

struct fail_text {
	const struct hf_policy *p;
	const struct hf_policy_fail *fail;
	struct hf_buf *out;
	bool ok;
};

static void add_condition(void *ctx, const struct hf_rule *rule)
{
	struct fail_text *t = ctx;
	t->ok = t->fail->condition < rule->condition_count &&
	        hf_policy_condition_text(hf_policy_schema(t->p), &rule->conditions[t->fail->condition], t->out);
}

static bool add_given(const struct hf_policy *p, const struct hf_policy_request *rq, unsigned attr, struct hf_buf *out)
{
	bool first = true;
	for (size_t i = 0; i < rq->count; i++) {
		const struct hf_attr_value *v = &rq->values[i];
		if (v->attr != attr || !hf_schema_may_issue(hf_policy_schema(p), attr, v->issuer))
			continue;
		if (!hf_buf_addf(out, "%s", first ? "" : ", ") || !hf_policy_value_text(v, out))
			return false;
		first = false;
	}
	return true;
}

bool hf_policy_fail_text(const struct hf_policy *p, const struct hf_policy_request *rq,
                         const struct hf_policy_miss *miss, size_t fail, struct hf_buf *out)
{
	if (fail >= miss->fail_count)
		return false;
	struct fail_text t = {p, &miss->fails[fail], out, false};
	if (!hf_policy_rule(p, miss->rule, add_condition, &t) || !t.ok)
		return false;
	if (t.fail->absent)
		return hf_buf_addf(out, t.fail->ignored ? "; given only by one who may not vouch for it"
		                                        : "; nothing was given");
	return hf_buf_addf(out, "; given: ") && add_given(p, rq, t.fail->attr, out);
}
