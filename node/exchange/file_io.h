/*
 * file_io.h - inside of node/exchange: whole reads and writes at a place of an open file, and removing one. Any thread.
 */
#ifndef HUFU_EXCHANGE_FILE_IO_H
#define HUFU_EXCHANGE_FILE_IO_H

#include "base/err.h"

#include <stdint.h>

/* NO_SPACE, IO. */
enum hf_err file_write_at(int fd, const uint8_t *data, size_t len, uint64_t offset) HF_MUST_CHECK;
/* False: there are not so many bytes, or they cannot be read. */
bool file_read_at(int fd, uint8_t *out, size_t len, uint64_t offset);
/* Its blocks were never anything but this file's. True also when there was none; a link put there leads nowhere. */
bool file_empty_and_remove(const char *path);
/* The same, its bytes written over and synced first: gone from the medium where that writes in place. */
bool file_overwrite_and_remove(const char *path);
/* Of an open file: its bytes written over, synced and cut off. */
bool file_overwrite(int fd);

#endif
