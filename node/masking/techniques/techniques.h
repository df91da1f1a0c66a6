/* techniques.h - inside of techniques/: the rows of table.c. */
#ifndef HUFU_MASKING_TECHNIQUES_TECHNIQUES_H
#define HUFU_MASKING_TECHNIQUES_TECHNIQUES_H

#include "masking/technique.h"

#define HF_TECHNIQUES(X)                                                                                               \
	X(null)                                                                                                        \
	X(const)                                                                                                       \
	X(mask)                                                                                                        \
	X(fpe)                                                                                                         \
	X(fpep)

#define HF_TECHNIQUE_DECLARE(name) extern const struct hf_technique hf_technique_##name;
HF_TECHNIQUES(HF_TECHNIQUE_DECLARE)
#undef HF_TECHNIQUE_DECLARE

#endif
