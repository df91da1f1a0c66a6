/* base.c - see base.h. */
#include "base/base.h"

#include <stdarg.h>
#include <stdio.h>

void hf_alarm(const struct hf_base *base, const char *kind, const struct hf_id *txn, const char *fmt, ...)
{
	struct hf_draft *d =
	        hf_draft_new(HF_EVENT_ALARM, NULL); /* beside its transaction: others must be able to prove that one */
	char id[HF_ID_TEXT];
	char text[1024];
	va_list args;
	int len;

	va_start(args, fmt);
	len = vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	if (len < 0)
		text[0] = '\0';
	else if ((size_t)len >= sizeof(text))
		text[hf_utf8_cut(text, sizeof(text) - 1)] = '\0';
	HF_LOG(base->log, HF_LOG_ALARM, "base", "alarm", txn, HF_LOG_S("kind", kind));
	hf_metrics_add(base->metrics, "alarms", 1);
	hf_draft_text(d, HF_FIELD_ALARM, kind);
	if (txn) {
		hf_id_text(txn, id);
		hf_draft_text(d, HF_FIELD_OBJECT, id);
	} else {
		hf_draft_textf(d, HF_FIELD_OBJECT, "alarm %s", kind);
	}
	hf_draft_text(d, HF_FIELD_OUTCOME, "raised");
	hf_draft_text(d, HF_FIELD_DETAIL, text);
	hf_audit_emit(&base->audit, d);
}
