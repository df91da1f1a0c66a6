/* drift.c - what a source holds while it goes out: it is what was scanned and judged, and where it is not, the delivery
 * ends (MK-15, DS-33). */
#include "exchange/masked.h"
#include "exchange/onward.h"
#include "exchange/transfer.h"
#include "source/classify.h"
#include "source/mask_policy.h"
#include "source/sample.h"

/* Only what was scanned is sent: its columns are those that people classified. What it was derived of is kept with the
 * transfer: the source may be gone when that ends (DS-65). */
static enum hf_err stands(struct transfer *t, const struct hf_source_stamp *now, const struct hf_source_view *v,
                          struct hf_fault *f)
{
	bool same =
	        t->stream ? now->inode == v->stamp.inode : hf_source_stamp_same(now, &v->stamp); /* a stream grows */
	if (!same || (t->stamp.inode && !hf_source_stamp_same(now, &t->stamp)))
		return hf_fault_set(
		        f, HF_E_SOURCE_CHANGED,
		        "the source %s is not what was scanned or began to be sent; its publisher must scan it again",
		        t->source);
	if (!t->stamp.inode) {
		HF_TRY(onward_stands(t->x, &v->derivation, f));
		t->derivation = v->derivation;
	}
	if (!t->stream) {
		t->table_bytes = v->bytes;
		t->table_rows = v->rows;
	}
	return hf_source_doubt_check(v, f);
}

enum hf_err drift_open(struct transfer *t, const struct hf_source_stamp *now, struct hf_sample **ret_sample,
                       struct hf_fault *f)
{
	struct hf_source_view v;
	if (hf_source_get(t->x->sources, t->source, &v) != HF_OK)
		return hf_fault_set(f, HF_E_SOURCE_CHANGED, "the source %s is not registered any more", t->source);
	struct hf_rules *rules = NULL;
	enum hf_err e = stands(t, now, &v, f);
	if (e == HF_OK)
		e = hf_mask_rules_load(t->x->store, hf_sources_codes(t->x->sources), &rules, f);
	if (e == HF_OK)
		*ret_sample = hf_sample_new(&v, t->fields, t->field_count, rules);
	hf_source_view_done(&v);
	return e;
}

void drift_close(struct transfer *t, struct hf_sample *s)
{
	size_t from = 0;
	for (const char *id = s ? hf_sample_tired(s, &from) : NULL; id; id = hf_sample_tired(s, &from))
		hf_alarm(t->x->base, "sensitive-data", &t->id,
		         "the pattern of the detector %s takes too long on source %s, so that a delivery to %s went on "
		         "without it; write a simpler one",
		         id, t->source, t->peer);
	if (s && hf_sample_failed(s)[0])
		hf_alarm(t->x->base, "sensitive-data", &t->id, "a delivery of source %s to %s ended: %s", t->source,
		         t->peer, hf_sample_failed(s));
	hf_sample_free(s);
}

static void doubt(struct transfer *t, const char *field, const struct hf_finding *found, struct hf_unit *u)
{
	struct hf_source_view v;
	struct hf_fault f;
	if (hf_source_get(t->x->sources, t->source, &v) != HF_OK)
		return;
	hf_source_class_doubt(&v, field, found);
	if (hf_source_put(t->x->sources, u, &v, &f) != HF_OK)
		hf_alarm(t->x->base, "sensitive-data", &t->id, "%s", f.text);
	hf_source_view_done(&v);
}

/* The delivery ends in both records, and the source is in doubt until somebody says again what the field holds. Field
 * and kind are this node's alone, the value nobody's. */
void drift_stop(struct transfer *t, const struct hf_sample *s)
{
	const char *field;
	const struct hf_finding *found = hf_sample_found(s, &field);
	const struct hf_detector *d = found->detector;
	struct hf_unit *u = hf_unit_new();
	/* Of no transaction: the consumer is told that it ended and why, not of which field. */
	struct hf_draft *draft = hf_draft_new(HF_EVENT_DRIFT, NULL);
	char id[HF_ID_TEXT];
	hf_id_text(&t->id, id);
	hf_draft_text(draft, HF_FIELD_ACTOR, t->x->base->self.s);
	hf_draft_textf(draft, HF_FIELD_OBJECT, "source %s, transfer %s", t->source, id);
	hf_draft_text(draft, HF_FIELD_COUNTERPARTY, t->peer);
	hf_draft_text(draft, HF_FIELD_MANNER, "channel");
	hf_draft_outcome(draft, HF_E_SENSITIVE, NULL);
	hf_draft_textf(draft, HF_FIELD_EXCEPTION, "field %s of source %s holds %s", field, t->source, d->id);
	hf_draft_textf(draft, HF_FIELD_LABEL, "%s %s %s %u\n", field, d->id, hf_sensitivity_name(d->sensitivity),
	               d->level);
	hf_draft_int(draft, HF_FIELD_DATA_LENGTH, (int64_t)t->bytes_done);
	hf_unit_draft(u, draft);
	hf_alarm(
	        t->x->base, "sensitive-data", &t->id,
	        "a delivery to %s was stopped: field %s of source %s, confirmed as not sensitive, holds %s; look at it "
	        "with `hufu source fields %s`",
	        t->peer, field, t->source, d->id, t->source);
	doubt(t, field, found, u);
	masked_error(t, "result");
	end_transfer(t, HF_E_SENSITIVE, hf_err_text(HF_E_SENSITIVE), true, u);
	hf_store_submit(t->x->store, u, NULL, NULL);
}
