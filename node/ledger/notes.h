/*
 * notes.h - signed checkpoints of ledgers of this space: whose they are, who has cosigned them, and what that is worth.
 */
#ifndef HUFU_LEDGER_NOTES_H
#define HUFU_LEDGER_NOTES_H

#include "base/buf.h"
#include "crypto/note.h"
#include "evidence/space.h"

#define HF_NOTE_BYTES_MAX (16u << 10) /* what a checkpoint may have on the wire */

struct hf_worth {
	struct hf_checkpoint checkpoint;
	unsigned cosignatures; /* of different witnesses that count for this ledger */
	unsigned witnesses;    /* that count for this ledger */
	unsigned quorum;
	bool witnessed;      /* cosignatures >= quorum */
	bool by_present_key; /* the log still signs with that key */
	/* By the clocks of those witnesses: the middle one, so that one wrong clock decides nothing, and first to last.
	 */
	int64_t cosigned_ms, spread_ms;
};

/* "SPACE/witness/NODE", "SPACE/mirror/NODE". use: HF_KEY_WITNESS or HF_KEY_MIRROR. */
void hf_cosigner_name(const char *space_id, enum hf_key_use use, const char *node, char out[HF_ORIGIN_MAX + 1]);
/* Checks the note as a checkpoint of node's ledger: form, origin, the log's signature by a key valid now, or when
 * the quorum cosigned it (of fewer cosignatures: at the newest); each cosignature by a witness's key valid at its own
 * time. More than two lines of one name are not of the form. Errors: FORMAT, SIGNATURE. */
enum hf_err hf_note_weigh(const struct hf_space *s, const char *node, const void *note, size_t len, int64_t now_ms,
                          struct hf_worth *ret_worth) HF_MUST_CHECK;
/* The same note with the log's line and the counting witnesses' lines only, in the descriptor's order of witnesses; one
 * line each. */
enum hf_err hf_note_reduce(const struct hf_space *s, const char *node, const void *note, size_t len, int64_t now_ms,
                           struct hf_buf *out) HF_MUST_CHECK;
/* Has that witness cosigned the note? Whose ledger it is does not matter. */
bool hf_note_cosigned_by(const struct hf_space *s, const char *witness, const void *note, size_t len);
/* Is line one whole cosignature line by cosigner (use WITNESS or MIRROR) over the checkpoint text? */
bool hf_cosignature_ok(const struct hf_space *s, const char *cosigner, enum hf_key_use use, const char *text,
                       size_t text_len, const void *line, size_t len);
/* The time that a cosignature line over the text states; 0 when it is no such line. Verified elsewhere. */
int64_t hf_cosignature_time(const char *text, size_t text_len, const void *line, size_t len);

#endif
