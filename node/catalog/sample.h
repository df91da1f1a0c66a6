/*
 * sample.h - samples of entries (SB-10): an entry whose data is masked before it leaves the provider.
 *
 * Such an entry says of which other entry of this node it is a sample, and which masking task made it. It is published,
 * and delivered, only while its file is the released result of that task over the source of the other entry.
 */
#ifndef HUFU_CATALOG_SAMPLE_H
#define HUFU_CATALOG_SAMPLE_H

#include "catalog/catalog.h"

struct hf_release;
/* Whose tasks they are; not owned. Not set: no sample is published or delivered. */
void hf_catalog_set_release(struct hf_catalog *c, struct hf_release *r);
/* An own entry that is no sample, or one whose file is still what its task released. MASKING or SOURCE_CHANGED with a
 * sentence. */
enum hf_err hf_catalog_sample_stands(struct hf_catalog *c, const struct hf_catalog_item *it,
                                     struct hf_fault *f) HF_MUST_CHECK;

#endif
