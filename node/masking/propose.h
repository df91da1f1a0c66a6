/*
 * propose.h - a plan proposed from an inventory: every field with the technique that is usual for its kind, related
 * fields alike. What people have to say of it stands there to be filled in. Pure; any thread.
 */
#ifndef HUFU_MASKING_PROPOSE_H
#define HUFU_MASKING_PROPOSE_H

#include <jansson.h>

#include "base/buf.h"
#include "base/err.h"

/* inventory: checked (inventory.h); all its tables are in the plan. A field of which nobody knows a kind is kept; a
 * kind of level 1 is too. Fields that belong together and of which one is sensitive get one technique that keeps
 * joins: format-preserving encryption where the kind has a format, else a keyed hash. HF_E_FORMAT: it has no fields. */
enum hf_err hf_plan_propose(const json_t *inventory, const char *name, struct hf_buf *out,
                            struct hf_fault *f) HF_MUST_CHECK;

#endif
