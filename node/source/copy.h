/*
 * copy.h - a table that was read once, as a sealed file of this node: what a scan of a database leaves, and what is
 * looked at, masked and delivered from then on. For this folder only.
 *
 * DIR/copies/ID: pieces of HF_COPY_PIECE bytes, each sealed under a key of this copy alone, the last one shorter (also
 * when it is empty), so that a copy which was cut is known as one. The key stands boxed in the source's row: with the
 * row the copy is gone, whatever is left of the file.
 */
#ifndef HUFU_SOURCE_COPY_H
#define HUFU_SOURCE_COPY_H

#include "source/adapters.h"

#define HF_COPY_PIECE ((size_t)256 << 10)

struct hf_copy; /* being written */
/* Of a new id and key, which are put into v. NO_SPACE, IO. */
enum hf_err hf_copy_new(const struct hf_source_home *home, struct hf_source_view *v, struct hf_copy **ret_copy,
                        struct hf_fault *f) HF_MUST_CHECK;
/* NO_SPACE before the disk is so full that the node could not go on. */
enum hf_err hf_copy_add(struct hf_copy *c, const void *data, size_t len, struct hf_fault *f) HF_MUST_CHECK;
/* Durable when it says OK; frees c in any case. Without it, hf_copy_drop: nothing is left. */
enum hf_err hf_copy_end(struct hf_copy *c, struct hf_fault *f) HF_MUST_CHECK;
void hf_copy_drop(struct hf_copy *c);

enum hf_err hf_copy_stamp(const struct hf_source_home *home, const struct hf_source_view *v,
                          struct hf_source_stamp *ret_stamp, struct hf_fault *f) HF_MUST_CHECK;
/* Any offset, several threads at once. */
enum hf_err hf_copy_open(const struct hf_source_home *home, const struct hf_source_view *v,
                         struct hf_source_reader **ret_reader, struct hf_fault *f) HF_MUST_CHECK;
void hf_copy_remove(const struct hf_source_home *home, const struct hf_id *id);
/* Removes every copy that keep does not know: of scans that a crash ended. */
void hf_copy_sweep(const struct hf_source_home *home, bool (*keep)(void *ctx, const struct hf_id *id), void *ctx);

#endif
