/*
 * ids.h - identifiers: UUIDv7 for everything that is created, short names for nodes.
 */
#ifndef HUFU_BASE_IDS_H
#define HUFU_BASE_IDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* UUIDv7 (RFC 9562): time-ordered, 74 random bits. All zero = none. */
struct hf_id {
	uint8_t b[16];
};
#define HF_ID_TEXT 37 /* 36 characters and NUL */

/* now_ms becomes the time part. Thread-safe. */
struct hf_id hf_id_new(int64_t now_ms);
void hf_id_text(const struct hf_id *id, char out[HF_ID_TEXT]);
/* Strict lower-case canonical form. */
bool hf_id_parse(const char *text, struct hf_id *ret_id);
/* From exactly 16 bytes with version 7 and the RFC variant. */
bool hf_id_from_bytes(const void *data, size_t len, struct hf_id *ret_id);
bool hf_id_is_zero(const struct hf_id *id);
bool hf_id_equal(const struct hf_id *a, const struct hf_id *b);

/* A node's identity in the descriptor: 1 to 63 of [a-z0-9.-], starting with a letter or digit. Never a key. */
#define HF_NAME_MAX 63
struct hf_name {
	char s[HF_NAME_MAX + 1];
};
bool hf_name_parse(const char *text, struct hf_name *ret_name);
bool hf_name_equal(const struct hf_name *a, const struct hf_name *b);

/* A principal is a node, or a department of its organization: "transport" or "transport/roads". */
#define HF_PRINCIPAL_MAX 127
/* Splits at the first '/'; ret_department is "" when there is none. False when either part is not a name. */
bool hf_principal_split(const char *text, struct hf_name *ret_node, struct hf_name *ret_department);

#endif
