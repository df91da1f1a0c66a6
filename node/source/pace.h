/*
 * pace.h - how fast a source is read, how much was read of it so far, and whether that is to end. One thread reads;
 * any thread may look, or stop it.
 */
#ifndef HUFU_SOURCE_PACE_H
#define HUFU_SOURCE_PACE_H

#include <stdatomic.h>
#include <stdint.h>

#include "base/err.h"

struct hf_pace {
	atomic_bool stop;
	uint64_t bytes_per_second, rows_per_second; /* at most; 0: as they come */
	atomic_ullong bytes, rows;                  /* read so far */
	uint64_t paced_bytes, paced_rows;           /* of them since begun_ms */
	int64_t begun_ms;                           /* 0: not yet; later when it stood still */
};
/* So many more are read, from now or from the call before on: waits until they may have been. CANCELLED as soon as it
 * is stopped; without rates that is all it looks for. What was missed while nothing came is not read in a burst. */
enum hf_err hf_pace_keep(struct hf_pace *p, uint64_t bytes, uint64_t rows, struct hf_fault *f) HF_MUST_CHECK;
/* From here on as it comes: what is read now is a copy. */
void hf_pace_free_run(struct hf_pace *p);

#endif
