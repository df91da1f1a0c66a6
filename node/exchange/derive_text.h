/*
 * derive_text.h - the lines of the fields "inputs" and "sources" of a derivation: written by derive.c, read by both.
 */
#ifndef HUFU_EXCHANGE_DERIVE_TEXT_H
#define HUFU_EXCHANGE_DERIVE_TEXT_H

#include "exchange/derive.h"

/* One line of "inputs". */
struct derive_line {
	bool derivation; /* else a transfer */
	struct hf_id id;
	struct hf_hash digest; /* of the derived item; of a transfer the content root */
};
/* One line of "sources". */
struct derive_source {
	struct hf_id resource;
	char node[HF_NAME_MAX + 1];
};
/* A derivation as its verified entry states it. */
struct derive_facts {
	struct hf_hash digest;
	char system[HF_NAME_MAX + 1];
	struct derive_line inputs[HF_DERIVE_INPUTS];
	size_t input_count;
	struct derive_source sources[HF_DERIVE_SOURCES];
	size_t source_count;
};

/* False: not an entry of that event of a derivation, or not of the form. id: which derivation. */
bool derive_read(const Hufu__EntryOpening *o, enum hf_event event, struct hf_id *ret_id,
                 struct derive_facts *ret_facts);
/* The lines of the field "inputs" alone; false: there are none. */
bool derive_inputs(const Hufu__EntryOpening *o, struct derive_facts *ret_facts);
void derive_put_input(struct hf_buf *b, const struct derive_line *l);
void derive_put_source(struct hf_buf *b, const struct derive_source *s);
bool derive_goes_back_to(const struct derive_facts *d, const struct hf_id *resource);
/* An own derivation, from its verified entry; UNKNOWN when there is none. */
enum hf_err derive_find(struct hf_exchange *x, const struct hf_id *id, struct derive_facts *ret_facts) HF_MUST_CHECK;
/* The text of the field is that. */
bool derive_says(const Hufu__EntryOpening *o, enum hf_field field, const char *text);

#endif
