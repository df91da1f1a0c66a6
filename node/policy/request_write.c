/*
 * request_write.c - a request as one JSON line, in the form that request.c reads: what a decision was asked, kept so
 * that it can be asked again (docs/policy.md). See file.h.
 */
#include <stdio.h>
#include <string.h>

#include "policy/write.h"

static void write_value(struct hf_writer *w, const struct hf_attr_value *v)
{
	char address[HF_ADDRESS_TEXT];

	switch (v->type) {
	case HF_ATTR_TEXT:
	case HF_ATTR_CHOICE:
	case HF_ATTR_MEMBER:
		hf_write_text(w, v->len ? v->u.text : "", v->len);
		return;
	case HF_ATTR_INTEGER:
		hf_write_number(w, v->u.number);
		return;
	case HF_ATTR_TIME:
		hf_write_time(w, v->u.number);
		return;
	case HF_ATTR_ADDRESS:
		hf_prefix_text(&v->u.address, 128, address);
		hf_write_text(w, address, strlen(address));
		return;
	case HF_ATTR_INVALID:
		break;
	}
	w->ok = false;
}

static void write_vouched(struct hf_writer *w, const struct hf_schema *schema, const struct hf_attr_value *v)
{
	const char *issuer = hf_schema_issuer_name(schema, v->issuer);

	hf_write_raw(w, "{\"value\":");
	write_value(w, v);
	hf_write_raw(w, ",\"issuer\":");
	hf_write_text(w, issuer ? issuer : "", issuer ? strlen(issuer) : 0);
	hf_write_raw(w, "}");
}

/* Where the values of each attribute are: the number of them, and the first. */
struct places {
	uint16_t count[HF_ATTR_MAX + 1], first[HF_ATTR_MAX + 1];
};

static void find_places(const struct hf_policy_request *rq, struct places *p)
{
	memset(p, 0, sizeof(*p));
	for (size_t i = rq->count; i-- > 0;)
		if (rq->values[i].attr <= HF_ATTR_MAX) {
			p->count[rq->values[i].attr]++;
			p->first[rq->values[i].attr] = (uint16_t)i;
		}
}

/* One value alone, several as a list. */
static void write_attribute(struct hf_writer *w, const struct hf_schema *schema, const struct hf_policy_request *rq,
                            const struct places *p, unsigned attr)
{
	const char *name = strchr(hf_schema_spec(schema, attr)->name, '.');
	size_t n = p->count[attr], written = 0;

	hf_write_key(w, name ? name + 1 : "");
	hf_write_raw(w, n > 1 ? "[" : "");
	for (size_t i = p->first[attr]; written < n; i++) {
		if (rq->values[i].attr != attr)
			continue;
		hf_write_raw(w, written++ ? "," : "");
		write_vouched(w, schema, &rq->values[i]);
	}
	hf_write_raw(w, n > 1 ? "]" : "");
}

static void write_group(struct hf_writer *w, const struct hf_schema *schema, const struct hf_policy_request *rq,
                        const struct places *p, enum hf_attr_group group)
{
	bool begun = false;

	for (unsigned attr = 1; attr <= hf_schema_count(schema); attr++) {
		if (p->count[attr] == 0 || hf_schema_spec(schema, attr)->group != group)
			continue;
		hf_write_raw(w, ",");
		if (!begun) {
			hf_write_key(w, hf_attr_group_name(group));
			hf_write_raw(w, "{");
		}
		begun = true;
		write_attribute(w, schema, rq, p, attr);
	}
	hf_write_raw(w, begun ? "}" : "");
}

static void write_mechanisms(struct hf_writer *w, uint32_t mechanisms)
{
	bool first = true;

	if ((mechanisms & HF_MECHANISM_ALL) == HF_MECHANISM_ALL)
		return;
	hf_write_raw(w, ",\"mechanisms\":[");
	for (enum hf_mechanism m = HF_MECHANISM_EMERGENCY; m <= HF_MECHANISM_APPLICATION; m++) {
		const char *name = hf_mechanism_name(m);

		if (!(mechanisms & HF_MECHANISM_BIT(m)))
			continue;
		hf_write_raw(w, first ? "" : ",");
		hf_write_text(w, name, strlen(name));
		first = false;
	}
	hf_write_raw(w, "]");
}

bool hf_policy_request_write(const struct hf_schema *schema, const struct hf_policy_request *rq, struct hf_buf *out)
{
	struct hf_writer w = {out, HF_FORM_LINES, true};
	struct places p;

	find_places(rq, &p);
	hf_write_raw(&w, "{\"time\":");
	hf_write_time(&w, rq->now_ms);
	write_mechanisms(&w, rq->mechanisms);
	for (enum hf_attr_group g = HF_GROUP_SUBJECT; g <= HF_GROUP_CONTEXT; g++)
		write_group(&w, schema, rq, &p, g);
	hf_write_raw(&w, "}");
	return w.ok;
}
