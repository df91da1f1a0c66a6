/* effect_table.c - rows as codes of dictionaries, and classes of equal rows; declared in effect.h. Values are found by
 * SipHash under a key that nobody knows, so that no table can be made that is slow to read. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "crypto/crypto.h"
#include "masking/effect.h"
#include "masking/sketch.h"

#define SLOTS_FIRST 64u
#define NEAR 512u

struct column {
	uint32_t *codes;
	uint32_t *slots; /* code, or 0 when empty: null is never looked up */
	uint32_t *hash;  /* by code */
	size_t *end;     /* by code: where its value ends in text */
	uint32_t slot_count, distinct, room;
	uint32_t near[NEAR]; /* codes by a cheap hash of values: most cells of a table repeat a few of them */
	struct hf_buf text;
};
struct hf_effect_table {
	size_t width;
	uint32_t rows, room;
	uint8_t key[16];
	struct column *columns;
};

struct hf_effect_table *hf_effect_table_new(size_t columns, const uint8_t key[16])
{
	struct hf_effect_table *t = hf_alloc_zero(sizeof(*t));

	t->width = columns;
	t->columns = hf_alloc_zero(columns * sizeof(*t->columns));
	memcpy(t->key, key, sizeof(t->key));
	for (size_t i = 0; i < columns; i++) {
		struct column *c = &t->columns[i];

		hf_buf_init(&c->text, (size_t)4 << 30);
		c->slot_count = SLOTS_FIRST;
		c->slots = hf_alloc_zero(c->slot_count * sizeof(*c->slots));
		c->distinct = 1;
		c->room = SLOTS_FIRST;
		c->hash = hf_alloc_zero(c->room * sizeof(*c->hash));
		c->end = hf_alloc_zero(c->room * sizeof(*c->end));
	}
	return t;
}

void hf_effect_table_free(struct hf_effect_table *t)
{
	for (size_t i = 0; t && i < t->width; i++) {
		struct column *c = &t->columns[i];

		free(c->codes);
		free(c->slots);
		free(c->hash);
		free(c->end);
		if (c->text.data)
			hf_wipe(c->text.data, c->text.cap);
		hf_buf_done(&c->text);
	}
	if (t)
		free(t->columns);
	free(t);
}

static uint32_t hash_of(const struct hf_effect_table *t, struct hf_bytes v)
{
	return (uint32_t)hf_sketch_hash(t->key, v.data, v.len);
}

static void more_slots(struct column *c)
{
	free(c->slots);
	c->slot_count *= 2;
	c->slots = hf_alloc_zero(c->slot_count * sizeof(*c->slots));
	for (uint32_t code = 1; code < c->distinct; code++) {
		uint32_t at = c->hash[code] & (c->slot_count - 1);

		while (c->slots[at])
			at = (at + 1) & (c->slot_count - 1);
		c->slots[at] = code;
	}
}

static bool is(const struct column *c, uint32_t code, struct hf_bytes v)
{
	size_t from = c->end[code - 1];

	return c->end[code] - from == v.len && memcmp(c->text.data + from, v.data, v.len) == 0;
}

/* Whoever chooses values can make all of them meet here; then it is only of no use. */
static uint32_t near_of(struct hf_bytes v)
{
	uint64_t first = 0, last = 0;

	if (v.len >= 8) {
		memcpy(&first, v.data, 8);
		memcpy(&last, v.data + v.len - 8, 8);
	} else if (v.len >= 4) {
		memcpy(&first, v.data, 4);
		memcpy(&last, v.data + v.len - 4, 4);
	} else {
		first = (uint64_t)v.data[0] | (uint64_t)v.data[v.len / 2] << 8 | (uint64_t)v.data[v.len - 1] << 16;
	}
	first = (first ^ last * 0xC2B2AE3D27D4EB4Fu ^ v.len) * 0x9E3779B97F4A7C15u;
	return (uint32_t)(first >> 40) % NEAR;
}

static uint32_t code_by_hash(const struct hf_effect_table *t, struct column *c, struct hf_bytes v)
{
	uint32_t h = hash_of(t, v), at = h & (c->slot_count - 1), code;

	for (; (code = c->slots[at]) != 0; at = (at + 1) & (c->slot_count - 1))
		if (c->hash[code] == h && is(c, code, v))
			return code;
	if (!hf_buf_add(&c->text, v.data, v.len))
		return 0;
	if (c->distinct == c->room) {
		c->room *= 2;
		c->hash = hf_realloc(c->hash, c->room * sizeof(*c->hash));
		c->end = hf_realloc(c->end, c->room * sizeof(*c->end));
	}
	code = c->distinct++;
	c->hash[code] = h;
	c->end[code] = c->text.len;
	c->slots[at] = code;
	if (c->distinct > c->slot_count / 2)
		more_slots(c);
	return code;
}

/* 0 when the dictionary is full. */
static uint32_t code_of(const struct hf_effect_table *t, struct column *c, struct hf_bytes v)
{
	uint32_t *near = &c->near[near_of(v)];

	if (!*near || !is(c, *near, v))
		*near = code_by_hash(t, c, v);
	return *near;
}

bool hf_effect_add(struct hf_effect_table *t, const struct hf_bytes *cells)
{
	if (t->rows == HF_EFFECT_ROWS_MAX)
		return false;
	if (t->rows == t->room) {
		t->room = t->room ? 2 * t->room : 1024;
		for (size_t i = 0; i < t->width; i++)
			t->columns[i].codes = hf_realloc(t->columns[i].codes, t->room * sizeof(uint32_t));
	}
	for (size_t i = 0; i < t->width; i++) {
		uint32_t code = cells[i].len ? code_of(t, &t->columns[i], cells[i]) : HF_EFFECT_NULL;

		if (cells[i].len && !code)
			return false;
		t->columns[i].codes[t->rows] = code;
	}
	t->rows++;
	return true;
}

uint32_t hf_effect_rows(const struct hf_effect_table *t)
{
	return t->rows;
}

size_t hf_effect_width(const struct hf_effect_table *t)
{
	return t->width;
}

const uint32_t *hf_effect_codes(const struct hf_effect_table *t, size_t column)
{
	return t->columns[column].codes;
}

uint32_t hf_effect_distinct(const struct hf_effect_table *t, size_t column)
{
	return t->columns[column].distinct;
}

struct hf_bytes hf_effect_value(const struct hf_effect_table *t, size_t column, uint32_t code)
{
	const struct column *c = &t->columns[column];

	if (code == HF_EFFECT_NULL)
		return (struct hf_bytes){NULL, 0};
	return (struct hf_bytes){c->text.data + c->end[code - 1], c->end[code] - c->end[code - 1]};
}

uint32_t hf_effect_code(struct hf_effect_table *t, size_t column, struct hf_bytes value)
{
	return value.len ? code_of(t, &t->columns[column], value) : HF_EFFECT_NULL;
}
