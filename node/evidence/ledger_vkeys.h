/*
 * ledger_vkeys.h - log.vkey and witness.vkeys of a ledger folder: what foreign programs would trust must be what the
 * descriptor says, all of it, and nothing twice.
 */
#ifndef HUFU_EVIDENCE_LEDGER_VKEYS_H
#define HUFU_EVIDENCE_LEDGER_VKEYS_H

#include "evidence/checkpoint.h"

/* The bytes of log.vkey (HF_KEY_LOG) or witness.vkeys (HF_KEY_WITNESS): C2SP vkeys, one a line; as many of them as the
 * checkpoint needs. SIGNATURE when a key is not the one that counted when the quorum cosigned. */
enum hf_err hf_ledger_vkeys_check(const struct hf_space *s, const struct hf_checked *c, enum hf_key_use use,
                                  const struct hf_buf *bytes, struct hf_fault *f) HF_MUST_CHECK;

#endif
