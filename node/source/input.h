/*
 * input.h - the bytes of a source's file in order, from the top: as they are, or unpacked when they begin as a zstd
 * file does (no CSV and no JSON does). For this folder only.
 *
 * A packed file is unpacked piece by piece, with a window of at most 16 MiB, and no further than HF_INPUT_RATIO times
 * what was read of it: a small file cannot keep the node busy for hours.
 */
#ifndef HUFU_SOURCE_INPUT_H
#define HUFU_SOURCE_INPUT_H

#include "source/adapters.h"

#define HF_INPUT_RATIO 1000u
#define HF_INPUT_FREE ((uint64_t)16 << 20) /* bytes that the bound does not count */

struct hf_input;
/* Places as place.h has them. */
enum hf_err hf_input_open(const struct hf_source_home *home, const char *path, struct hf_input **ret_in,
                          struct hf_fault *f) HF_MUST_CHECK;
void hf_input_close(struct hf_input *in);  /* NULL is fine */
int hf_input_take_fd(struct hf_input *in); /* and closes the rest */
bool hf_input_packed(const struct hf_input *in);
uint64_t hf_input_taken(const struct hf_input *in); /* bytes of the file, since the top */
void hf_input_top(struct hf_input *in);
/* From now on only the bytes from `from` up to `to`, which must be there; what comes behind them later is of no
 * account: the stamp is the file's, whatever it grows to. Not of a packed one. */
void hf_input_window(struct hf_input *in, uint64_t from, uint64_t to);
/* Up to cap bytes; fewer only at the end. FORMAT: not sound, or cut off. LIMIT: over the bounds. */
enum hf_err hf_input_read(struct hf_input *in, uint8_t *out, size_t cap, size_t *ret_len,
                          struct hf_fault *f) HF_MUST_CHECK;
void hf_input_stamp(const struct hf_input *in, struct hf_source_stamp *ret_stamp);

/* For adapters of one file: stamp and digest of v's path. */
enum hf_err hf_input_stamp_of(const struct hf_source_home *home, const struct hf_source_view *v,
                              struct hf_source_stamp *ret_stamp, struct hf_fault *f) HF_MUST_CHECK;
enum hf_err hf_input_digest_of(const struct hf_source_home *home, const struct hf_source_view *v, struct hf_pace *pace,
                               struct hf_hash *ret_digest) HF_MUST_CHECK;

#endif
