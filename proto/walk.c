/* walk.c - see walk.h. The recursion is as deep as the schema, which has no recursive message. */
#include "proto/walk.h"

struct cursor {
	const uint8_t *at;
	const uint8_t *end;
};

/* The shortest form only: a last byte of 0 after others is an over-long varint. */
static bool read_varint(struct cursor *c, uint64_t *ret_value)
{
	uint64_t value = 0;
	for (unsigned shift = 0; shift < 64 && c->at < c->end; shift += 7) {
		uint8_t b = *c->at++;
		if (shift == 63 && b > 1)
			return false;
		value |= (uint64_t)(b & 0x7f) << shift;
		if (b & 0x80)
			continue;
		*ret_value = value;
		return b != 0 || shift == 0;
	}
	return false;
}

static bool read_block(struct cursor *c, struct cursor *ret_block)
{
	uint64_t len;
	if (!read_varint(c, &len) || len > (uint64_t)(c->end - c->at))
		return false;
	*ret_block = (struct cursor){c->at, c->at + len};
	c->at += len;
	return true;
}

static bool walk_block(const ProtobufCFieldDescriptor *f, const struct hf_rule *rule, struct cursor *c)
{
	struct cursor block;
	if (!read_block(c, &block))
		return false;
	size_t len = (size_t)(block.end - block.at);
	if (f->type == PROTOBUF_C_TYPE_MESSAGE)
		return rule->kind == HF_RULE_MESSAGE && rule->row->desc == f->descriptor &&
		       hf_walk(rule->row, block.at, len);
	if (len == 0 && f->label != PROTOBUF_C_LABEL_REPEATED)
		return false;
	return hf_rule_bytes_ok(rule, block.at, len);
}

static bool walk_number(const ProtobufCFieldDescriptor *f, const struct hf_rule *rule, struct cursor *c)
{
	uint64_t value;
	if (!read_varint(c, &value) || value == 0)
		return false;
	if (f->type == PROTOBUF_C_TYPE_UINT32 && value > UINT32_MAX)
		return false;
	if (f->type == PROTOBUF_C_TYPE_INT64 && value > INT64_MAX)
		return false;
	return hf_rule_number_ok(rule, value);
}

static bool walk_value(const ProtobufCFieldDescriptor *f, const struct hf_rule *rule, unsigned wire, struct cursor *c)
{
	switch (f->type) {
	case PROTOBUF_C_TYPE_STRING:
	case PROTOBUF_C_TYPE_BYTES:
	case PROTOBUF_C_TYPE_MESSAGE:
		return wire == PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED && walk_block(f, rule, c);
	case PROTOBUF_C_TYPE_BOOL:
	case PROTOBUF_C_TYPE_UINT32:
	case PROTOBUF_C_TYPE_UINT64:
	case PROTOBUF_C_TYPE_INT64:
		/* A repeated number would be packed; no message from outside has one. */
		return wire == PROTOBUF_C_WIRE_TYPE_VARINT && f->label != PROTOBUF_C_LABEL_REPEATED &&
		       walk_number(f, rule, c);
	case PROTOBUF_C_TYPE_INT32:
	case PROTOBUF_C_TYPE_SINT32:
	case PROTOBUF_C_TYPE_SFIXED32:
	case PROTOBUF_C_TYPE_SINT64:
	case PROTOBUF_C_TYPE_SFIXED64:
	case PROTOBUF_C_TYPE_FIXED32:
	case PROTOBUF_C_TYPE_FIXED64:
	case PROTOBUF_C_TYPE_FLOAT:
	case PROTOBUF_C_TYPE_DOUBLE:
	case PROTOBUF_C_TYPE_ENUM:
		return false;
	}
	return false;
}

/* What was seen of one message so far. */
struct seen {
	size_t next;      /* fields before this index may not come any more */
	uint32_t count;   /* of the field at next - 1 */
	uint64_t present; /* bit per field */
};

static bool take_field(const struct hf_row *row, uint64_t key, struct seen *seen, size_t *ret_index)
{
	size_t i = seen->next == 0 ? 0 : seen->next - 1;
	while (i < row->rule_count && row->desc->fields[i].id != key >> 3)
		i++;
	if (i == row->rule_count)
		return false;
	if (i + 1 != seen->next)
		seen->count = 0;
	seen->next = i + 1;
	seen->present |= 1ull << i;
	if (++seen->count > row->rules[i].count)
		return false;
	*ret_index = i;
	return true;
}

static uint64_t needed_fields(const struct hf_row *row)
{
	uint64_t mask = 0;
	for (size_t i = 0; i < row->rule_count; i++)
		mask |= (uint64_t)row->rules[i].needed << i;
	return mask;
}

bool hf_walk(const struct hf_row *row, const uint8_t *data, size_t len)
{
	struct cursor c = {data, data + len};
	struct seen seen = {0, 0, 0};
	if (row->rule_count != row->desc->n_fields || row->rule_count > 64)
		return false;
	while (c.at < c.end) {
		uint64_t key;
		size_t i;
		if (!read_varint(&c, &key) || !take_field(row, key, &seen, &i))
			return false;
		if (!walk_value(&row->desc->fields[i], &row->rules[i], key & 7, &c))
			return false;
	}
	uint64_t needed = needed_fields(row);
	return (seen.present & needed) == needed && (row->also == NULL || row->also(seen.present));
}

bool hf_walk_first(const uint8_t *data, size_t len, uint32_t number, const uint8_t **ret_block, size_t *ret_len)
{
	struct cursor c = {data, data + len}, block;
	uint64_t key;
	if (!read_varint(&c, &key) || key != ((uint64_t)number << 3 | PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED) ||
	    !read_block(&c, &block))
		return false;
	*ret_block = block.at;
	*ret_len = (size_t)(block.end - block.at);
	return true;
}
