/*
 * authzen_write.c - an answer of the decision point as JSON, written straight into the body: most texts need no escape,
 * and a tree of members that is built only to be written would cost more than the decision.
 */
#include <stdlib.h>
#include <string.h>

#include "api/authzen.h"

#define ANSWER_BYTES 640u /* most answers are shorter */

static void raw(struct hf_buf *out, const char *text)
{
	(void)hf_buf_add(out, text, strlen(text));
}

void zen_write_json(json_t *take, struct hf_buf *out)
{
	char *text = json_dumps(take, JSON_COMPACT | JSON_ENCODE_ANY);
	raw(out, text ? text : "null");
	free(text);
	json_decref(take);
}

static bool is_plain(const char *text)
{
	for (; *text; text++)
		if (*text < ' ' || *text > '~' || *text == '"' || *text == '\\')
			return false;
	return true;
}

static void quoted(struct hf_buf *out, const char *text)
{
	if (!text)
		text = "";
	if (!is_plain(text)) {
		zen_write_json(json_string(text), out);
		return;
	}
	raw(out, "\"");
	raw(out, text);
	raw(out, "\"");
}

static void member(struct hf_buf *out, const char *head, const char *text)
{
	raw(out, head);
	quoted(out, text);
}

static void list(struct hf_buf *out, const char *head, char *const *texts, size_t count)
{
	raw(out, head);
	for (size_t i = 0; i < count; i++) {
		raw(out, i > 0 ? "," : "");
		quoted(out, texts[i]);
	}
	raw(out, "]");
}

static void permit(struct hf_buf *out, const struct hf_decision *d)
{
	char until[HF_TIME_TEXT];
	member(out, ",\"mechanism\":", d->mechanism);
	member(out, ",\"rule\":", d->rule);
	list(out, ",\"obligations\":[", d->terms->obligations, d->terms->n_obligations);
	list(out, ",\"fields\":[", d->terms->fields, d->terms->n_fields);
	if (d->until_ms == 0) {
		raw(out, ",\"until\":null");
		return;
	}
	hf_time_text(d->until_ms, until);
	member(out, ",\"until\":", until);
}

void zen_write_decision(const struct hf_decision *d, struct hf_buf *out)
{
	bool permitted = d->result == HF_OK;
	char hex[65];
	(void)hf_buf_reserve(out, ANSWER_BYTES);
	member(out,
	       permitted ? "{\"decision\":true,\"context\":{\"reason\":"
	                 : "{\"decision\":false,\"context\":{\"reason\":",
	       hf_err_reason(d->result));
	member(out, ",\"text\":", d->text);
	hf_hash_hex(&d->snapshot, hex);
	member(out, ",\"snapshot\":", hex);
	if (permitted)
		permit(out, d);
	else
		raw(out, d->may_apply ? ",\"may_apply\":true" : ",\"may_apply\":false");
	raw(out, "}}");
}
