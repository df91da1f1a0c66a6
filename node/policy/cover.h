/*
 * cover.h - which rules does one request meet? An index over boxes, for those who walk through the space: each rule
 * stands under the values of the axis on which it is rarest. Private to the folder.
 */
#ifndef HUFU_POLICY_COVER_H
#define HUFU_POLICY_COVER_H

#include "policy/axes.h"

struct hf_cover;
/* Rules that are not active or never match are left out. The rules must outlive it. */
struct hf_cover *hf_cover_new(const struct hf_axes_rules *rules);
void hf_cover_free(struct hf_cover *c);
/* Calls fn with the number of each rule whose box has the request, in no order, until it returns false. */
void hf_cover_each(const struct hf_cover *c, const struct hf_sample *sample, bool (*fn)(void *ctx, size_t rule),
                   void *ctx);

#endif
