/*
 * place.h - opening a source's file: a regular file, no symbolic link, outside the node's own folder. For this folder
 * only.
 */
#ifndef HUFU_SOURCE_PLACE_H
#define HUFU_SOURCE_PLACE_H

#include "source/source.h"

/* Is path, of a buffer of cap bytes, absolute and well formed? ARGUMENT. */
enum hf_err hf_place_check(const char *source, const char *path, size_t cap, struct hf_fault *f) HF_MUST_CHECK;
/* What is checked is the opened file, not its name, so that nothing can be exchanged in between. The descriptor is the
 * caller's. */
enum hf_err hf_place_open(const char *node_dir, const char *path, int *ret_fd, struct hf_source_stamp *ret_stamp,
                          struct hf_fault *f) HF_MUST_CHECK;
/* False when the descriptor is gone bad. */
bool hf_place_stamp(int fd, struct hf_source_stamp *ret_stamp);
/* Reads until cap bytes are there or the file ends. */
enum hf_err hf_place_read(int fd, uint64_t offset, uint8_t *out, size_t cap, size_t *ret_len) HF_MUST_CHECK;

#endif
