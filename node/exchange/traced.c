/* traced.c - transfers as releases; declared in traced.h. */
#include "exchange/traced.h"

#include <string.h>

#include "exchange/transfer.h"

struct collecting {
	struct hf_exchange *x;
	struct hf_traced_list *l;
	struct hf_fault *f;
	enum hf_err e;
};

/* By what the start said: whatever became of plan and approval since. */
static enum hf_err add_masked(struct collecting *c, const struct transfer *t, const Hufu__Label *label)
{
	const struct hf_traced in = {.plan = t->mask_plan,
	                             .version = label->mask_version,
	                             .digest = &t->mask_digest,
	                             .source = t->source,
	                             .table = "",
	                             .consumer = t->peer,
	                             .contract = hf_id_is_zero(&t->agreement) ? t->resource : t->agreement,
	                             .fields = (const char *const *)t->fields,
	                             .field_count = t->field_count,
	                             .id = t->id,
	                             .registers = "",
	                             .stamp = t->stamp,
	                             .time_ms = t->started_ms};

	return hf_traced_add(c->l, &in, c->f);
}

static enum hf_err look_at(struct collecting *c, const struct transfer *t)
{
	if (!t->mask_plan[0]) {
		hf_traced_delivered(c->l, t->source, t->peer);
		return HF_OK;
	}
	if (!hf_traced_wants(c->l, t->source))
		return HF_OK;
	HF_CLEANUP(hf_decoded_done) Hufu__Envelope *e = HF_DECODE(envelope, t->start.data, t->start.len);
	HF_CLEANUP(hf_decoded_done)
	Hufu__TransferStart *s = e ? HF_DECODE(transfer_start, e->payload.data, e->payload.len) : NULL;
	return s && s->label ? add_masked(c, t, s->label) : HF_OK; /* without a start nothing went out */
}

static bool look_at_row(void *ctx, struct hf_bytes key, struct hf_bytes value)
{
	struct collecting *c = ctx;
	struct transfer *t = NULL, *live;
	struct hf_id id;

	if (key.len != sizeof(id.b) + 1 || key.data[sizeof(id.b)] != 'P')
		return true;
	memcpy(id.b, key.data, sizeof(id.b));
	live = transfer_find(c->x, &id, true);
	if (!live && transfer_decode(c->x, value.data, value.len, &t) != HF_OK) {
		c->e = HF_E_STORE;
		return false;
	}
	c->e = look_at(c, live ? live : t);
	transfer_release(t);
	return c->e == HF_OK;
}

enum hf_err hf_exchange_traced(struct hf_exchange *x, struct hf_traced_list *l, bool *ret_more, struct hf_fault *f)
{
	struct collecting c = {x, l, f, HF_OK};

	HF_TRY(hf_fault_default(f, hf_traced_walk(l, HF_TABLE_TRANSFER, look_at_row, &c, ret_more)));
	return hf_fault_default(f, c.e);
}
