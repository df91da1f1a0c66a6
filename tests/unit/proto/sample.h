/*
 * sample.h - writes a message of any row from its rules alone: wire bytes in canonical form, chosen by a seeded
 * generator. Used by the unit tests and to make seeds for the fuzz targets.
 */
#ifndef HUFU_TESTS_PROTO_SAMPLE_H
#define HUFU_TESTS_PROTO_SAMPLE_H

#include "proto/check.h"

#include <stdlib.h>
#include <string.h>

struct sample {
	uint64_t state; /* of the generator */
	bool full;      /* every field, not only the needed ones */
	uint8_t *data;
	size_t len, cap;
};

static inline uint64_t sample_next(struct sample *s)
{
	s->state ^= s->state << 13;
	s->state ^= s->state >> 7;
	s->state ^= s->state << 17;
	return s->state;
}

static inline void sample_add(struct sample *s, const void *data, size_t len)
{
	if (s->len + len > s->cap) {
		s->cap = (s->len + len) * 2 + 64;
		s->data = realloc(s->data, s->cap);
		if (s->data == NULL)
			abort();
	}
	if (len > 0)
		memcpy(s->data + s->len, data, len);
	s->len += len;
}

static inline void sample_varint(struct sample *s, uint64_t v)
{
	do {
		uint8_t b = (uint8_t)((v & 0x7f) | (v > 0x7f ? 0x80 : 0));
		sample_add(s, &b, 1);
		v >>= 7;
	} while (v > 0);
}

static inline void sample_message(struct sample *s, const struct hf_row *row);

/* Bytes for one length-prefixed value. */
static inline void sample_block(struct sample *s, const struct hf_rule *r)
{
	uint8_t bytes[64];
	size_t len = 16;
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)sample_next(s);
	if (r->kind == HF_RULE_ID) {
		bytes[6] = (uint8_t)((bytes[6] & 0x0f) | 0x70);
		bytes[8] = (uint8_t)((bytes[8] & 0x3f) | 0x80);
	} else if (r->kind == HF_RULE_BYTES) {
		len = r->least > sizeof(bytes) ? sizeof(bytes) : r->least > 0 ? r->least : 5 < r->most ? 5 : r->most;
	} else if (r->kind == HF_RULE_WORD) {
		len = strlen(r->words[0]);
		memcpy(bytes, r->words[0], len);
	} else if (r->kind == HF_RULE_TEXT && r->most >= 32) {
		len = strlen("路 road, Straße");
		memcpy(bytes, "路 road, Straße", len);
	} else {
		len = r->least > 4 ? r->least : 4;
		for (size_t i = 0; i < len; i++)
			bytes[i] = (uint8_t)('a' + bytes[i] % 26);
	}
	sample_varint(s, len);
	sample_add(s, bytes, len);
}

static inline void sample_field(struct sample *s, const ProtobufCFieldDescriptor *f, const struct hf_rule *r)
{
	if (r->kind == HF_RULE_MESSAGE) {
		struct sample inner = {.state = sample_next(s), .full = s->full};
		sample_varint(s, f->id << 3 | 2);
		sample_message(&inner, r->row);
		sample_varint(s, inner.len);
		sample_add(s, inner.data, inner.len);
		free(inner.data);
	} else if (r->kind == HF_RULE_NUMBER || r->kind == HF_RULE_TIME || r->kind == HF_RULE_FLAG) {
		uint64_t v = r->kind == HF_RULE_TIME ? 1790000000000ull : r->least > 1 ? r->least : 1;
		sample_varint(s, f->id << 3);
		sample_varint(s, v);
	} else {
		sample_varint(s, f->id << 3 | 2);
		sample_block(s, r);
	}
}

/* "withdrawn" rules out what a living catalog entry needs, so it is left out. */
static inline bool sample_wants(const struct sample *s, const struct hf_row *row, const struct hf_rule *r)
{
	if (row->also != NULL)
		return strcmp(r->name, "withdrawn") != 0;
	return s->full || r->needed;
}

static inline void sample_message(struct sample *s, const struct hf_row *row)
{
	for (size_t i = 0; i < row->rule_count; i++) {
		const struct hf_rule *r = &row->rules[i];
		if (!sample_wants(s, row, r))
			continue;
		for (unsigned n = 0; n < (s->full && r->count > 1 ? 2u : 1u); n++)
			sample_field(s, &row->desc->fields[i], r);
	}
}

#endif
