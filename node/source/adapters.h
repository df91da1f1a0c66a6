/*
 * adapters.h - what a kind of source is: how it is scanned and how it is read. For this folder only.
 *
 * An adapter's functions know neither store nor loop. node_dir is the real path of the node's own folder, which no
 * source may show.
 */
#ifndef HUFU_SOURCE_ADAPTERS_H
#define HUFU_SOURCE_ADAPTERS_H

#include <stdatomic.h>

#include "source/reader.h"

struct hf_adapter {
	const char *kind;
	/* Fills in bytes, rows, fields and stamp of v, whose path is given. Stops with CANCELLED when *stop is set. Any
	 * worker. */
	enum hf_err (*scan)(const char *node_dir, struct hf_source_view *v, const atomic_bool *stop,
	                    struct hf_fault *f);
	/* The stamp alone. */
	enum hf_err (*stamp)(const char *node_dir, const struct hf_source_view *v, struct hf_source_stamp *ret_stamp,
	                     struct hf_fault *f);
	/* fields are known to be columns of v; count 0: whole. */
	enum hf_err (*open)(const char *node_dir, const struct hf_source_view *v, const char *const *fields,
	                    size_t count, struct hf_source_reader **ret_reader, struct hf_fault *f);
};
const struct hf_adapter *hf_adapter_find(const char *kind); /* NULL: not offered */

/* One file and one row in adapters.c each. */
extern const struct hf_adapter hf_adapter_csv;

#endif
