/*
 * check.h - the shape every message from outside must have: one row per message, one rule per field, in the order of
 * the schema.
 *
 * A field without a rule, or a message without a row, is refused. The rules are tested on the wire bytes, before
 * protobuf-c takes any memory for them. Private to proto/.
 */
#ifndef HUFU_PROTO_CHECK_H
#define HUFU_PROTO_CHECK_H

#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum hf_rule_kind {
	HF_RULE_INVALID = 0,
	HF_RULE_BYTES,   /* least..most bytes */
	HF_RULE_ID,      /* 16 bytes, UUIDv7 */
	HF_RULE_TEXT,    /* UTF-8 of least..most bytes, no control characters but LF and TAB */
	HF_RULE_NAME,    /* node name: 1 to 63 of [a-z0-9.-], first a letter or digit */
	HF_RULE_KEYID,   /* node name, or node name "/" account */
	HF_RULE_ORIGIN,  /* 1 to 255 bytes of UTF-8 without white space and '+' */
	HF_RULE_WORD,    /* one of words */
	HF_RULE_NUMBER,  /* least..most */
	HF_RULE_TIME,    /* milliseconds, 0 .. end of the year 9999 */
	HF_RULE_FLAG,    /* bool */
	HF_RULE_MESSAGE, /* by the row of its type */
};

struct hf_row;

struct hf_rule {
	const char *name; /* as in the schema: the tests compare it */
	enum hf_rule_kind kind;
	bool needed;              /* an absent (zero, empty) field is refused */
	uint32_t count;           /* repeated fields: at most so many; others 1 */
	uint64_t least, most;     /* bytes, or values */
	const char *const *words; /* HF_RULE_WORD: ended by NULL */
	const struct hf_row *row; /* HF_RULE_MESSAGE: of its type */
};

struct hf_row {
	const ProtobufCMessageDescriptor *desc;
	size_t max; /* encoded bytes hf_decode accepts; 0: only inside others */
	const struct hf_rule *rules;
	size_t rule_count;
	/* Rules between fields: present has bit i for the i-th field. NULL: none. */
	bool (*also)(uint64_t present);
};

/* NULL when the message has no row. */
const struct hf_row *hf_row_find(const ProtobufCMessageDescriptor *desc);
/* All rows that hf_decode can start from, for the tests that compare them with the schema; the others hang below them.
 */
const struct hf_row *const *hf_rows(size_t *ret_count);
/* Holds one value (the bytes of a length-prefixed field, or a number) against its rule; messages are not looked into.
 */
bool hf_rule_bytes_ok(const struct hf_rule *r, const uint8_t *data, size_t len);
bool hf_rule_number_ok(const struct hf_rule *r, uint64_t value);

#endif
