/* equivocation.c - see equivocation.h. */
#include "evidence/equivocation.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "crypto/merkle.h"
#include "evidence/space_internal.h"
#include "proto/codec.h"

static void free_note(struct hf_note **n)
{
	free(*n);
}

/* The notes point into the message. */
struct pair {
	struct hf_note *first, *second;
};

static enum hf_err parse(const Hufu__LedgerEvidence *e, struct pair *p, struct hf_equivocation *q, struct hf_fault *f)
{
	const char *first = (const char *)e->first.data, *second = (const char *)e->second.data;

	if (!hf_note_parse(first, e->first.len, p->first) || !hf_note_parse(second, e->second.len, p->second) ||
	    !hf_checkpoint_parse(p->first->text, p->first->text_len, &q->first) ||
	    !hf_checkpoint_parse(p->second->text, p->second->text_len, &q->second))
		return hf_fault_set(f, HF_E_FORMAT, "the evidence does not hold two signed checkpoints");
	if (strcmp(q->first.origin, e->origin) != 0 || strcmp(q->second.origin, e->origin) != 0)
		return hf_fault_set(f, HF_E_FORMAT, "the two checkpoints are not both of the ledger %s", e->origin);
	if (q->first.size > q->second.size)
		return hf_fault_set(f, HF_E_FORMAT, "the smaller checkpoint does not stand first");
	return HF_OK;
}

static bool signed_by(const struct hf_note *n, const struct hf_note_verifier *v)
{
	return hf_note_check(n, v, NULL) == HF_NOTE_CHECK_GOOD;
}

static enum hf_err find_key(const struct hf_space *s, const struct pair *p, struct hf_equivocation *q,
                            struct hf_fault *f)
{
	const Hufu__Member *m = hf_space_member_ever(s, q->node.s);
	struct hf_note_verifier v;

	for (size_t i = 0; m && i < m->n_keys; i++) {
		if (m->keys[i]->use != HF_KEY_LOG)
			continue;
		memcpy(q->key.b, m->keys[i]->public_key.data, sizeof(q->key.b));
		if (!hf_note_verifier_init(&v, q->first.origin, HF_NOTE_ED25519, &q->key) || !signed_by(p->first, &v) ||
		    !signed_by(p->second, &v))
			continue;
		q->revoked_ms = hf_space_revoked_ms(s, q->node.s, q->key.b);
		return HF_OK;
	}
	if (!m)
		return hf_fault_set(f, HF_E_STRANGER, "%s is no member of the space", q->node.s);
	return hf_fault_set(f, HF_E_SIGNATURE, "the two checkpoints are not signed by one log key of %s", q->node.s);
}

static bool take_path(const Hufu__LedgerEvidence *e, struct hf_merkle_path *ret_path)
{
	ret_path->count = (uint32_t)e->n_proof;
	if (e->n_proof > HF_MERKLE_PATH_MAX)
		return false;
	for (size_t i = 0; i < e->n_proof; i++) {
		if (e->proof[i].len != sizeof(ret_path->node[i].b))
			return false;
		memcpy(ret_path->node[i].b, e->proof[i].data, sizeof(ret_path->node[i].b));
	}
	return true;
}

static enum hf_err contradict(const Hufu__LedgerEvidence *e, struct hf_equivocation *q, struct hf_fault *f)
{
	struct hf_merkle_path path;
	bool same_size = q->first.size == q->second.size;

	if (same_size && (e->shown_root.len > 0 || e->n_proof > 0))
		return hf_fault_set(f, HF_E_FORMAT, "checkpoints of one size need no path, but the evidence has one");
	q->shown = q->second.root;
	if (!same_size) {
		if (e->shown_root.len != sizeof(q->shown.b) || !take_path(e, &path))
			return hf_fault_set(f, HF_E_STATE,
			                    "no path shows which root the larger tree has at size %" PRIu64
			                    ": two sizes alone prove nothing",
			                    q->first.size);
		memcpy(q->shown.b, e->shown_root.data, sizeof(q->shown.b));
		if (q->first.size == 0 ||
		    !hf_merkle_verify_consistency(q->first.size, &q->shown, q->second.size, &q->second.root, &path))
			return hf_fault_set(f, HF_E_STATE,
			                    "the path does not lead to the larger checkpoint, so it shows nothing");
	}
	if (hf_hash_equal(&q->first.root, &q->shown))
		return hf_fault_set(f, HF_E_STATE, "the two checkpoints agree: the ledger of %s shows one history",
		                    q->node.s);
	return HF_OK;
}

enum hf_err hf_equivocation_check(const struct hf_space *s, const Hufu__LedgerEvidence *e,
                                  struct hf_equivocation *ret_found, struct hf_fault *f)
{
	struct hf_note *first HF_CLEANUP(free_note) = hf_alloc(sizeof(*first)),
	                      *second HF_CLEANUP(free_note) = hf_alloc(sizeof(*second));
	const struct pair p = {first, second};
	struct hf_equivocation q;

	memset(&q, 0, sizeof(q));
	HF_TRY(parse(e, &(struct pair){first, second}, &q, f));
	if (!hf_space_current(s) || !hf_space_origin_node(hf_space_id(s), e->origin, &q.node))
		return hf_fault_set(f, HF_E_WRONG_SPACE, "%s is no ledger of this space", e->origin);
	HF_TRY(find_key(s, &p, &q, f));
	HF_TRY(contradict(e, &q, f));
	hf_space_mark(s, &q.descriptor);
	*ret_found = q;
	return HF_OK;
}

static void free_space(struct hf_space **s)
{
	hf_space_free(*s);
}

enum hf_err hf_equivocation_verify(const struct hf_trust *trust, const void *data, size_t len,
                                   struct hf_equivocation *ret_found, struct hf_fault *f)
{
	Hufu__EvidenceFile *file HF_CLEANUP(hf_decoded_done) =
	        hf_decode_canonical(&hufu__evidence_file__descriptor, data, len);
	struct hf_space *s HF_CLEANUP(free_space) = hf_space_new(&trust->root);

	if (!file)
		return hf_fault_set(f, HF_E_FORMAT, "the file is no evidence of two histories");
	HF_TRY(hf_space_read_stream(s, file->descriptors.data, file->descriptors.len, f));
	HF_TRY(hf_space_reaches(s, trust, f));
	return hf_equivocation_check(s, file->evidence, ret_found, f);
}

enum hf_err hf_equivocation_file(const struct hf_space *s, const Hufu__LedgerEvidence *e, struct hf_buf *out)
{
	Hufu__EvidenceFile file = HUFU__EVIDENCE_FILE__INIT;
	struct hf_buf stream HF_CLEANUP(hf_buf_done) = HF_BUF_INIT;
	uint8_t *bytes;
	size_t len;
	bool ok;

	HF_TRY(hf_space_write_stream(s, &stream));
	file.descriptors = (ProtobufCBinaryData){stream.len, stream.data};
	file.evidence = (Hufu__LedgerEvidence *)(uintptr_t)e;
	bytes = hf_encode(&file.base, &len);
	ok = bytes && hf_buf_add(out, bytes, len);
	free(bytes);
	return ok ? HF_OK : HF_E_MEMORY;
}
