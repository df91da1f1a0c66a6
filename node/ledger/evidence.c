/* evidence.c - what is kept of a log that shows two histories. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/hash.h"
#include "ledger/internal.h"
#include "proto/codec.h"

/* Text and the log's own line: what anyone can verify with the log's key alone. */
static struct hf_bytes own_part(struct hf_bytes note, const char *origin, struct hf_buf *out)
{
	const uint8_t *gap = note.len == 0 ? NULL : memmem(note.data, note.len, "\n\n", 2),
	              *at = gap ? gap + 2 : note.data, *end = note.data + note.len;
	char lead[HF_ORIGIN_MAX + 8];
	int lead_len = snprintf(lead, sizeof(lead), "\xe2\x80\x94 %s ", origin);

	hf_buf_add(out, note.data, (size_t)(at - note.data));
	while (at < end) {
		const uint8_t *lf = memchr(at, '\n', (size_t)(end - at)), *stop = lf ? lf + 1 : end;

		if (stop - at > lead_len && memcmp(at, lead, (size_t)lead_len) == 0)
			hf_buf_add(out, at, (size_t)(stop - at));
		at = stop;
	}
	return (struct hf_bytes){out->data, out->len};
}

static void draft_note(struct hf_draft *d, enum hf_field field, struct hf_bytes note, const char *origin)
{
	struct hf_buf part HF_CLEANUP(hf_buf_done) = HF_BUF_INIT;
	struct hf_bytes b = own_part(note, origin, &part);

	hf_draft_bytes(d, field, b.data, b.len);
}

void hf_evidence(struct hf_ledger *l, struct hf_unit *unit, const char *node, struct hf_bytes first,
                 struct hf_bytes second, const char *what)
{
	struct hf_draft *d = hf_draft_new(HF_EVENT_EQUIVOCATION, NULL);
	char origin[HF_ORIGIN_MAX + 1];

	hf_space_origin(l->space_id, node, origin);
	hf_draft_text(d, HF_FIELD_ACTOR, l->base->self.s);
	hf_draft_text(d, HF_FIELD_OBJECT, origin);
	hf_draft_text(d, HF_FIELD_COUNTERPARTY, node);
	hf_draft_outcome(d, HF_E_CONFLICT, what);
	draft_note(d, HF_FIELD_EXCEPTION, first, origin);
	draft_note(d, HF_FIELD_ALARM, second, origin);
	hf_unit_draft(unit, d);
	hf_alarm(l->base, "ledger-equivocation", NULL,
	         "the ledger of %s contradicts itself: %s; both checkpoints are kept in this ledger and "
	         "nothing more of it is cosigned",
	         node, what);
}

static void freeze(struct hf_ledger *l, struct hf_unit *unit, const char *origin)
{
	Hufu__WitnessRow *w HF_CLEANUP(hf_decoded_done) = hf_witness_row(l, origin);
	Hufu__MirrorRow *m HF_CLEANUP(hf_decoded_done) = hf_mirror_row(l, origin);

	if (w) {
		w->frozen = true;
		hf_witness_row_put(unit, origin, w);
	}
	if (m) {
		m->frozen = true;
		hf_mirror_row_put(unit, origin, m);
	}
}

void hf_equivocation(struct hf_ledger *l, struct hf_unit *unit, const char *node, struct hf_bytes first,
                     struct hf_bytes second, const char *what)
{
	char origin[HF_ORIGIN_MAX + 1];

	hf_space_origin(l->space_id, node, origin);
	freeze(l, unit, origin);
	hf_evidence(l, unit, node, first, second, what);
}
