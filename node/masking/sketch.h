/*
 * sketch.h - a column's values as hashes of them: how many differ, whether one came twice, and whether one column's are
 * among another's. Nothing of a value can be read from it. Pure; any thread.
 */
#ifndef HUFU_MASKING_SKETCH_H
#define HUFU_MASKING_SKETCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HF_SKETCH_SIZE 512u

struct hf_sketch {
	uint64_t smallest[HF_SKETCH_SIZE]; /* rising, all different */
	size_t count;
	uint64_t added;
};
/* SipHash-2-4. */
uint64_t hf_sketch_hash(const uint8_t key[16], const void *data, size_t len);
/* Columns that are to be compared are hashed under one key. Returns the value's hash. */
uint64_t hf_sketch_add(struct hf_sketch *s, const uint8_t key[16], const void *value, size_t len);
/* Whether no value came twice, exactly, by their hashes: a column that repeats one, as most do, costs nothing more. */
#define HF_UNIQUE_MOST (1u << 20) /* values; with more it is not known */
struct hf_unique {
	uint64_t *slots; /* NULL: repeated, or nothing added yet */
	size_t cap, count;
	bool repeated;
};
void hf_unique_add(struct hf_unique *u, uint64_t hash);
void hf_unique_done(struct hf_unique *u);
/* Share of a's values (of the smallest hashes of them) that are in u, which did not repeat any; 0 to 1. */
double hf_unique_share(const struct hf_unique *u, const struct hf_sketch *a);

/* How many different values were added: exact up to HF_SKETCH_SIZE, within about 10 % beyond. */
double hf_sketch_distinct(const struct hf_sketch *s);
#endif
