/*
 * pages.h - is a data file what LMDB believes it to be? LMDB checks no page: in a file that was cut short it dies of
 * SIGBUS, on an altered page of an assertion or not at all. So the pages are looked at before it opens the file:
 * every page that the newest meta page reaches must lie in the file, say its own number, be reached once, and have
 * nodes that lie in it in order; a page on the free list must be reached from nowhere. What stands in the values is
 * checked by whoever reads them (ledger.h).
 *
 * Of a file of more than HF_PAGES_FULL_BYTES that is as long as it says, only branch pages and the pages in the last
 * HF_PAGES_TAIL_BYTES are read, so that a start does not take as long as reading the disk.
 */
#ifndef HUFU_STORE_PAGES_H
#define HUFU_STORE_PAGES_H

#include "base/err.h"

#define HF_PAGES_FULL_BYTES ((uint64_t)256 << 20)
#define HF_PAGES_TAIL_BYTES ((uint64_t)64 << 20)

/* HF_OK also for a file that is not there or empty, and for one that is none of LMDB's of this machine's form, which
 * LMDB itself refuses. A file whose making was cut off before anything was committed is emptied, to be made anew.
 * HF_E_STORE: damaged. HF_E_IO. */
enum hf_err hf_pages_check(const char *path, struct hf_fault *f) HF_MUST_CHECK;

#endif
