/*
 * stream.h - sources of kind "stream": a file of JSON lines that grows at its end, each line a message (MK-1, MK-24).
 *
 * Messages go out in segments of whole lines behind a place: a number of bytes, and a mark under this node's key of
 * what stands in front of it, so that a file that became shorter, or is another one, is not gone on with as if it were
 * the same. Such a file is never written over: writers append, each line with one write, and a line that is not whole
 * yet waits. Names of fields are those that the scan saw; a message with another one stops the stream until somebody
 * has looked.
 */
#ifndef HUFU_SOURCE_STREAM_H
#define HUFU_SOURCE_STREAM_H

#include "source/source.h"

#define HF_FOLLOW_LINE ((size_t)1 << 20)       /* bytes of a message, without its line end */
#define HF_FOLLOW_SEGMENT (HF_FOLLOW_LINE + 1) /* of messages that go out together */
#define HF_FOLLOW_TABLE ((size_t)16 << 20)     /* and of the table that they are */

struct hf_follow_place {
	uint64_t at;       /* 0: the beginning, which has no mark */
	uint8_t check[32]; /* nobody else can make one */
};
bool hf_source_is_stream(const struct hf_source_view *v);

/* Is there a whole message behind the place? BUSY: not yet. SOURCE_CHANGED: the file is not the one of that place.
 * FORMAT: what stands there can be none. Loop thread. */
enum hf_err hf_follow_waits(struct hf_sources *s, const char *name, const struct hf_follow_place *from,
                            struct hf_fault *f) HF_MUST_CHECK;

struct hf_follow_segment {
	struct hf_follow_place from,
	        to; /* to.at 0: as far as whole messages, one segment and its table go; else just there */
	const char *const *fields; /* as hf_source_open */
	size_t field_count;
	uint64_t bytes, rows; /* of its table, with all fields */
};
/* A reader of the segment, which it holds in memory; its stamp is that of these bytes. Fills `to` and what follows.
 * Errors as above. Loop thread. */
enum hf_err hf_follow_open(struct hf_sources *s, const char *name, struct hf_follow_segment *seg,
                           struct hf_source_reader **ret_reader, struct hf_fault *f) HF_MUST_CHECK;

#endif
