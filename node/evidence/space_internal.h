/*
 * space_internal.h - what the files of the descriptor chain share: space.c (chain and look-up), space_rules.c (one
 * descriptor), space_open.c (envelopes of members and persons).
 */
#ifndef HUFU_EVIDENCE_SPACE_INTERNAL_H
#define HUFU_EVIDENCE_SPACE_INTERNAL_H

#include "evidence/space.h"

#define HF_KEYID_ROOT "root"
#define HF_KEYID_REVOCATION "revocation"
#define HF_WITNESSES_MIN 3

/* Everything that one descriptor must fulfil by itself; f names what does not. */
enum hf_err hf_descriptor_check(const Hufu__Descriptor *d, struct hf_fault *f);

const Hufu__Member *hf_descriptor_member(const Hufu__Descriptor *d, const char *node);

/* The member in the newest descriptor that has it: members that left stay known for what they signed. */
const Hufu__Member *hf_space_member_ever(const struct hf_space *s, const char *node);

#endif
