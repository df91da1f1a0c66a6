/* wish.c - what is applied for again, after a return or an upheld dispute: what is not stated anew stays as it was. */
#include "authz/internal.h"

void az_application_merge(struct hf_application_in *w, const Hufu__Application *old, int64_t now)
{
	w->reason = has_text(w->reason) ? w->reason : old->reason;
	w->purpose = has_text(w->purpose) ? w->purpose : old->purpose;
	w->until_ms = w->until_ms ? w->until_ms : old->until_ms;
	if (!w->from_ms && old->from_ms > now)
		w->from_ms = old->from_ms;
	if (w->field_count == 0 && !w->all_fields) {
		w->fields = (const char *const *)old->fields;
		w->field_count = old->n_fields;
	}
	w->rows = has_text(w->rows) ? w->rows : old->rows;
	if (w->accept_count == 0) {
		w->accepts = (const char *const *)old->accepts;
		w->accept_count = old->n_accepts;
	}
}
