/* seen.c - what is known here of another node's ledger: sizes and who vouches for them, never what stands in it
 * (SB-55).
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "ledger/heads_seen.h"
#include "ledger/internal.h"
#include "proto/codec.h"

static void grow(uint64_t *size, uint64_t to)
{
	if (to > *size)
		*size = to;
}

static void add_witnessed(struct hf_ledger *l, const char *origin, struct hf_ledger_seen *s)
{
	Hufu__WitnessRow *w HF_CLEANUP(hf_decoded_done) = hf_witness_row(l, origin);

	if (!w)
		return;
	grow(&s->size, w->size);
	s->frozen = w->frozen;
}

static void add_mirrored(struct hf_ledger *l, const char *origin, struct hf_ledger_seen *s)
{
	Hufu__MirrorRow *m HF_CLEANUP(hf_decoded_done) = hf_mirror_row(l, origin);

	if (!m)
		return;
	grow(&s->size, m->size);
	s->held = m->size;
	s->witnessed = m->witnessed_size;
	s->frozen = s->frozen || m->frozen;
}

void hf_ledger_seen(struct hf_ledger *l, const char *node, struct hf_ledger_seen *ret_seen)
{
	struct hf_ledger_seen s = {.witness = hf_ledger_is_our_witness(l, node)};
	char origin[HF_ORIGIN_MAX + 1], text[HF_HEAD_TEXT];
	uint64_t size;

	hf_space_origin(l->space_id, node, origin);
	add_witnessed(l, origin, &s);
	add_mirrored(l, origin, &s);
	if (hf_sequence_head_of(l->sequence, node, text) && sscanf(text, "%20" SCNu64, &size) == 1)
		grow(&s.size, size);
	for (size_t i = 0; i < l->peer_count; i++)
		if (strcmp(l->peer[i]->node, node) == 0)
			s.cosigned = l->peer[i]->cosigned_size;
	*ret_seen = s;
}
