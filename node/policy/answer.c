/* answer.c - a decision as one JSON object. See file.h. */
#include <inttypes.h>
#include <string.h>

#include "policy/write.h"

static void text_member(struct hf_writer *w, const char *key, const char *text)
{
	if (!text || !*text)
		return;
	hf_write_raw(w, ",");
	hf_write_key(w, key);
	hf_write_text(w, text, strlen(text));
}

static void time_member(struct hf_writer *w, const char *key, int64_t ms)
{
	hf_write_raw(w, ",");
	hf_write_key(w, key);
	hf_write_time(w, ms);
}

/* Attributes that the request stated without an issuer who may. */
static void write_ignored(struct hf_writer *w, const struct hf_schema *schema, uint64_t ignored)
{
	bool first = true;

	if (ignored == 0)
		return;
	hf_write_raw(w, ",\"ignored\":[");
	for (unsigned a = 1; a <= hf_schema_count(schema); a++) {
		const char *name = hf_schema_spec(schema, a)->name;

		if (!(ignored >> a & 1))
			continue;
		hf_write_raw(w, first ? "" : ",");
		hf_write_text(w, name, strlen(name));
		first = false;
	}
	hf_write_raw(w, "]");
}

static const char *attribute_of(const struct hf_policy *p, const struct hf_policy_question *q,
                                const struct hf_policy_decision *d)
{
	const struct hf_attr_spec *spec = hf_schema_spec(hf_policy_schema(p), d->attr);

	if (d->reason == HF_WHY_UNKNOWN_ATTRIBUTE)
		return q->unknown;
	return d->reason == HF_WHY_BAD_VALUE && spec ? spec->name : NULL;
}

bool hf_policy_answer_write(const struct hf_policy *p, const struct hf_policy_question *q,
                            const struct hf_policy_decision *d, struct hf_buf *out)
{
	struct hf_writer w = {out, HF_FORM_LINES, true};
	const char *mechanism = hf_mechanism_name(d->mechanism);
	bool rule = d->rule && *d->rule;
	char hash[65] = "";

	hf_write_raw(&w, d->permit ? "{\"decision\":true" : "{\"decision\":false");
	text_member(&w, "id", q->id);
	text_member(&w, "reason", hf_policy_reason_name(d->reason));
	text_member(&w, "attribute", attribute_of(p, q, d));
	if (rule) {
		text_member(&w, "mechanism", mechanism);
		text_member(&w, "rule", d->rule);
		time_member(&w, "from", d->from_ms);
		time_member(&w, "until", d->until_ms);
	}
	if (d->permit) {
		hf_write_raw(&w, ",\"obligations\":");
		hf_write_obligations(&w, d->obligations, d->obligation_count);
		text_member(&w, "quota", d->quota);
	}
	write_ignored(&w, hf_policy_schema(p), d->ignored);
	w.ok = w.ok && hf_buf_addf(out, ",\"version\":%" PRIu64 ",\"snapshot\":\"", d->version);
	if (d->hash)
		hf_hash_hex(d->hash, hash);
	hf_write_raw(&w, hash);
	hf_write_raw(&w, "\"}");
	return w.ok;
}
