/*
 * passed.c - what was derived here and goes on to another node (DS-65): the provider's own entry of the transfer names
 * the derivation, and the publisher of each of its sources is told where it went, and nothing of the other sources.
 */
#include <stdlib.h>

#include "base/mem.h"
#include "exchange/derive_text.h"
#include "exchange/transfer.h"

static void say_inputs(struct hf_draft *d, const struct derive_line *of)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf inputs = HF_BUF_INIT;
	derive_put_input(&inputs, of);
	hf_draft_bytes(d, HF_FIELD_INPUTS, inputs.data, inputs.len);
}

static void tell_publisher(const struct transfer *t, const struct derive_line *of, const struct derive_source *s,
                           struct hf_unit *u)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf source = HF_BUF_INIT;
	char id[HF_ID_TEXT];
	struct hf_draft *d = hf_draft_new(HF_EVENT_PASSED_ON, NULL);
	hf_draft_text(d, HF_FIELD_ACTOR, t->x->base->self.s);
	hf_id_text(&t->id, id);
	hf_draft_text(d, HF_FIELD_OBJECT, id);
	hf_id_text(&s->resource, id);
	hf_draft_text(d, HF_FIELD_RESOURCE, id);
	hf_draft_text(d, HF_FIELD_COUNTERPARTY, s->node);
	hf_draft_text(d, HF_FIELD_MANNER, "transfer of what was derived");
	hf_draft_text(d, HF_FIELD_ENDPOINT, t->peer);
	hf_draft_text(d, HF_FIELD_IP_ADDRESS, t->address);
	hf_draft_text(d, HF_FIELD_SYSTEM, t->system);
	hf_draft_text(d, HF_FIELD_PURPOSE, t->purpose);
	hf_draft_int(d, HF_FIELD_DATA_LENGTH, (int64_t)(t->manifest.len > 0 ? t->bytes_total : t->bytes_done));
	hf_draft_bytes(d, HF_FIELD_DIGEST, of->digest.b, sizeof(of->digest.b));
	say_inputs(d, of);
	derive_put_source(&source, s);
	hf_draft_bytes(d, HF_FIELD_SOURCES, source.data, source.len);
	hf_draft_outcome(d, HF_OK, NULL);
	hf_draft_party(d, s->node);
	hf_unit_draft(u, d);
}

void passed_on(const struct transfer *t, struct hf_unit *u, struct hf_draft *own)
{
	struct derive_line of = {.derivation = true, .id = t->derivation};
	if (hf_id_is_zero(&of.id))
		return;
	struct derive_facts *d = hf_alloc(sizeof(*d));
	if (derive_find(t->x, &of.id, d) == HF_OK) {
		of.digest = d->digest;
		say_inputs(own, &of);
		for (size_t i = 0; i < d->source_count; i++)
			tell_publisher(t, &of, &d->sources[i], u);
	} else {
		hf_alarm(t->x->base, "derivation-lost", &t->id,
		         "the entry of the derivation that source %s is made of cannot be read, so its publishers are "
		         "not told "
		         "of the transfer to %s",
		         t->source, t->peer);
	}
	free(d);
}
