/*
 * codec.h - the one place that unpacks protobuf: size limit, capped arena, then the checks of check.c.
 *
 * hf_decode refuses what is over the message's limit, what does not fit a capped arena, unknown fields, wrong UTF-8,
 * NUL in text, and every field length, count, order or enum value outside its bounds (the table in check.c). It does
 * not verify signatures. A decoded message is freed with hf_decoded_free only.
 */
#ifndef HUFU_PROTO_CODEC_H
#define HUFU_PROTO_CODEC_H

#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Decodes data as the message of desc (e.g. &hufu__application__descriptor). NULL on any defect. Thread-safe. */
void *hf_decode(const ProtobufCMessageDescriptor *desc, const void *data, size_t len);
/* The same, and also demands that encoding the result gives exactly the input (for evidence files). */
void *hf_decode_canonical(const ProtobufCMessageDescriptor *desc, const void *data, size_t len);
/* The same with the caller's own size limit instead of the table's, for evidence files that are larger than any
 * message. */
void *hf_decode_limit(const ProtobufCMessageDescriptor *desc, const void *data, size_t len, size_t max);
/* Decodes what this node itself wrote to its store: any message, at most 8 MiB of arena, no checks of the fields. */
void *hf_decode_own(const ProtobufCMessageDescriptor *desc, const void *data, size_t len);
void hf_decoded_free(void *message); /* NULL is fine; also as HF_CLEANUP via hf_decoded_done */
void hf_decoded_done(void *pointer_to_message);

/* Encodes into new memory (free()). NULL when memory is gone. Never used on bytes that were signed by others. */
uint8_t *hf_encode(const ProtobufCMessage *message, size_t *ret_len);

/* Typed shorthand: Hufu__Application *a = HF_DECODE(application, data, len); */
#define HF_DECODE(lower, data, len) (hf_decode(&hufu__##lower##__descriptor, (data), (len)))
#define HF_DECODE_OWN(lower, data, len) (hf_decode_own(&hufu__##lower##__descriptor, (data), (len)))

/* Largest encoded size hf_decode accepts for a message, from the table in check.c; 0: not decodable from outside. */
size_t hf_decode_max(const ProtobufCMessageDescriptor *desc);

#endif
