/*
 * spill.h - bytes that are put away and read again in their order: in memory up to a bound, beyond it in a file that
 * has no name, encrypted under a key that is only in this process. Nothing of it is left when the process is gone,
 * however that happens (JT/T 1480, 4.3.1.1).
 *
 * The one place of engine/ that touches the disk. One thread at a time.
 */
#ifndef HUFU_RELEASE_ENGINE_SPILL_H
#define HUFU_RELEASE_ENGINE_SPILL_H

#include "base/buf.h"
#include "base/err.h"

struct hf_spill;
/* memory: bytes that stay out of the file, of all streams together. folder NULL: there is no file, and what is more
 * than memory is HF_E_LIMIT. The folder is lent. */
struct hf_spill *hf_spill_new(const char *folder, size_t memory);
void hf_spill_free(struct hf_spill *s);
bool hf_spill_on_disk(const struct hf_spill *s);

/* One sequence of bytes; all zero at first. */
struct hf_spill_block;
struct hf_spill_stream {
	struct hf_spill_block *first, *last, *at; /* at: being read */
	size_t read;                              /* of at */
	uint64_t bytes;
};
enum hf_err hf_spill_put(struct hf_spill *s, struct hf_spill_stream *t, const void *data, size_t len,
                         struct hf_fault *f) HF_MUST_CHECK;
/* Exactly len bytes, from where the last one ended. Nothing may be put any more. */
enum hf_err hf_spill_get(struct hf_spill *s, struct hf_spill_stream *t, void *out, size_t len,
                         struct hf_fault *f) HF_MUST_CHECK;
void hf_spill_rewind(struct hf_spill_stream *t);
void hf_spill_drop(struct hf_spill *s, struct hf_spill_stream *t); /* wipes; it is empty again */

/* A value: its length, and null told from empty. ret_v lies in arena. */
enum hf_err hf_spill_put_value(struct hf_spill *s, struct hf_spill_stream *t, const struct hf_bytes *v,
                               struct hf_fault *f) HF_MUST_CHECK;
struct hf_arena;
enum hf_err hf_spill_get_value(struct hf_spill *s, struct hf_spill_stream *t, struct hf_arena *arena,
                               struct hf_bytes *ret_v, struct hf_fault *f) HF_MUST_CHECK;

#endif
