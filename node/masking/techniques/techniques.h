/* techniques.h - inside of techniques/: the rows of table.c. */
#ifndef HUFU_MASKING_TECHNIQUES_TECHNIQUES_H
#define HUFU_MASKING_TECHNIQUES_TECHNIQUES_H

#include "masking/technique.h"

#define HF_TECHNIQUES(X)                                                                                               \
	X(null)                                                                                                        \
	X(const)                                                                                                       \
	X(mask)                                                                                                        \
	X(trunc)                                                                                                       \
	X(round)                                                                                                       \
	X(daterd)                                                                                                      \
	X(datesh)                                                                                                      \
	X(bucket)                                                                                                      \
	X(topbot)                                                                                                      \
	X(hier)                                                                                                        \
	X(combine)                                                                                                     \
	X(agg)                                                                                                         \
	X(sample)                                                                                                      \
	X(lsup)                                                                                                        \
	X(rsup)                                                                                                        \
	X(limr)                                                                                                        \
	X(limc)                                                                                                        \
	X(hash)                                                                                                        \
	X(denc)                                                                                                        \
	X(fpe)                                                                                                         \
	X(fpep)                                                                                                        \
	X(prefix)                                                                                                      \
	X(ope)                                                                                                         \
	X(token)                                                                                                       \
	X(dict)                                                                                                        \
	X(map)                                                                                                         \
	X(regen)                                                                                                       \
	X(tag)                                                                                                         \
	X(shuf)                                                                                                        \
	X(reorder)                                                                                                     \
	X(noise)                                                                                                       \
	X(mult)                                                                                                        \
	X(avg)

#define HF_TECHNIQUE_DECLARE(name) extern const struct hf_technique hf_technique_##name;
HF_TECHNIQUES(HF_TECHNIQUE_DECLARE)
#undef HF_TECHNIQUE_DECLARE

#endif
