/*
 * walk.h - reads wire bytes against schema and check.h without taking memory. Private to proto/.
 *
 * Accepted is exactly the canonical encoding: known fields only, rising order, shortest varints, no encoded defaults,
 * no duplicate of a field that is not repeated. So what was accepted encodes to the same bytes again.
 */
#ifndef HUFU_PROTO_WALK_H
#define HUFU_PROTO_WALK_H

#include "proto/check.h"

bool hf_walk(const struct hf_row *row, const uint8_t *data, size_t len);
/* The first field when it is length-prefixed and has this number. */
bool hf_walk_first(const uint8_t *data, size_t len, uint32_t number, const uint8_t **ret_block, size_t *ret_len);

#endif
