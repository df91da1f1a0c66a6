/* write.h - pieces of text that write.c and answer.c share. Private to the folder; the story is in file.h. */
#ifndef HUFU_POLICY_WRITE_H
#define HUFU_POLICY_WRITE_H

#include "policy/file.h"

/* ok becomes false when the buffer's limit is reached, and stays so. */
struct hf_writer {
	struct hf_buf *out;
	enum hf_policy_form form;
	bool ok;
};
void hf_write_raw(struct hf_writer *w, const char *text);
void hf_write_key(struct hf_writer *w, const char *key); /* with its colon */
void hf_write_text(struct hf_writer *w, const char *text, size_t len);
void hf_write_number(struct hf_writer *w, int64_t n);
void hf_write_time(struct hf_writer *w, int64_t ms);
void hf_write_obligation(struct hf_writer *w, const struct hf_obligation *o);
void hf_write_obligations(struct hf_writer *w, const struct hf_obligation *all, size_t count);
void hf_write_attribute(struct hf_writer *w, const struct hf_attr_spec *s);                       /* one line */
void hf_write_rule(struct hf_writer *w, const struct hf_schema *schema, const struct hf_rule *r); /* with its section in
                                                                                                      JSON */

#endif
