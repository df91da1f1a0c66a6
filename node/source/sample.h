/*
 * sample.h - while a source's bytes go out, one cell in so many of the fields that leave as not sensitive is looked at
 * (masking/drift.h): a field was judged on a sample, and new rows may hold what that did not.
 *
 * The output comes in pieces of HF_SAMPLE_PIECE, perhaps out of order and from several threads at once; of each,
 * windows are looked at whose place differs from piece to piece. A window begins somewhere within a record, perhaps
 * within quotes: it counts from the first line end on after which its records are as wide as the table's. What is
 * written in GB18030 is judged as the same text in UTF-8.
 */
#ifndef HUFU_SOURCE_SAMPLE_H
#define HUFU_SOURCE_SAMPLE_H

#include "masking/drift.h"
#include "source/source.h"

#define HF_SAMPLE_PIECE ((size_t)1 << 20)
#define HF_SAMPLE_EVERY 16u /* one byte in so many; of a table of one small piece, all */

struct hf_sample;
/* fields: that go out, count 0 all of v. take_rules: the user's (masking/rules.h); NULL: none. NULL: nobody has
 * confirmed any of the fields as not sensitive. */
struct hf_sample *hf_sample_new(const struct hf_source_view *v, char *const *fields, size_t count,
                                struct hf_rules *take_rules);
void hf_sample_free(struct hf_sample *s);
/* A piece of the output, from its beginning when index is 0. False: something sensitive appeared, now or before. Any
 * thread. */
bool hf_sample_piece(struct hf_sample *s, uint64_t index, const uint8_t *data, size_t len) HF_MUST_CHECK;
/* After false: the field's name, and what was found; they change no more. */
const struct hf_finding *hf_sample_found(const struct hf_sample *s, const char **ret_field);
/* The first of the user's detectors from `from` on that was switched off, because its pattern took too long; NULL:
 * none. After the last piece. */
const char *hf_sample_tired(const struct hf_sample *s, size_t *from);
/* After false: the sentence that names a detector of the user which failed; "": something was found. */
const char *hf_sample_failed(const struct hf_sample *s);
uint64_t hf_sample_rows(const struct hf_sample *s); /* looked at */

#endif
