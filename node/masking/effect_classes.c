/* effect_classes.c - classes of rows with equal quasi-identifiers; declared in effect.h. A class of the first columns
 * and a code of the next one make a class of both: one pass over the rows and one table of pairs for each column. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "masking/effect.h"

#define AHEAD 16u               /* rows that are fetched before they are looked at */
#define PLACES_LEAST (1u << 16) /* pairs for which a table of all of them is small */

struct pairs {
	uint64_t *key; /* class and code, and one */
	uint32_t *id;
	size_t cap; /* a power of two */
	uint32_t count;
};

/* The codes behind a pair are counted from 0 up, which no value can steer: a multiplication scatters them. */
static size_t place_of(const struct pairs *p, uint64_t key)
{
	uint64_t h = key * 0x9E3779B97F4A7C15u;

	return (size_t)((h ^ h >> 32) & (p->cap - 1));
}

static void grow(struct pairs *p)
{
	struct pairs more = {.cap = p->cap * 2, .count = p->count};

	more.key = hf_alloc_zero(more.cap * sizeof(*more.key));
	more.id = hf_alloc(more.cap * sizeof(*more.id));
	for (size_t i = 0; i < p->cap; i++) {
		size_t at = place_of(&more, p->key[i]);

		if (!p->key[i])
			continue;
		while (more.key[at])
			at = (at + 1) & (more.cap - 1);
		more.key[at] = p->key[i];
		more.id[at] = p->id[i];
	}
	free(p->key);
	free(p->id);
	*p = more;
}

static uint32_t id_of(struct pairs *p, uint32_t a, uint32_t b)
{
	uint64_t key = ((uint64_t)a << 32 | b) + 1;
	size_t at = place_of(p, key);

	while (p->key[at] && p->key[at] != key)
		at = (at + 1) & (p->cap - 1);
	if (p->key[at])
		return p->id[at];
	p->key[at] = key;
	p->id[at] = p->count;
	if (2u * ++p->count > p->cap)
		grow(p);
	return p->count - 1;
}

static uint32_t refine_by_pairs(uint32_t *of_row, const uint32_t *codes, uint32_t rows, size_t expected)
{
	struct pairs p = {.cap = 1024};

	while (p.cap < 2 * expected)
		p.cap *= 2;
	p.key = hf_alloc_zero(p.cap * sizeof(*p.key));
	p.id = hf_alloc(p.cap * sizeof(*p.id));
	for (uint32_t i = 0; i < rows; i++) {
		uint32_t next = i + AHEAD < rows ? i + AHEAD : i;

		__builtin_prefetch(&p.key[place_of(&p, ((uint64_t)of_row[next] << 32 | codes[next]) + 1)]);
		of_row[i] = id_of(&p, of_row[i], codes[i]);
	}
	free(p.key);
	free(p.id);
	return p.count;
}

/* A place for every pair there can be. */
static uint32_t refine_by_place(uint32_t *of_row, const uint32_t *codes, uint32_t rows, const size_t counts[2])
{
	uint32_t *id = hf_alloc_zero(counts[0] * counts[1] * sizeof(*id)), count = 0;

	for (uint32_t i = 0; i < rows; i++) {
		uint32_t next = i + AHEAD < rows ? i + AHEAD : i;
		uint32_t *at = &id[of_row[i] * counts[1] + codes[i]];

		__builtin_prefetch(&id[of_row[next] * counts[1] + codes[next]]);
		if (!*at)
			*at = ++count;
		of_row[i] = *at - 1;
	}
	free(id);
	return count;
}

/* Classes of one more column, of ids until now; true in told where a code is not null. */
static uint32_t refine(uint32_t *of_row, bool *told, const uint32_t *codes, uint32_t rows, uint32_t ids)
{
	uint32_t most = 0;
	size_t pairs;

	for (uint32_t i = 0; i < rows; i++) {
		told[i] |= codes[i] != HF_EFFECT_NULL;
		most = codes[i] > most ? codes[i] : most;
	}
	pairs = (size_t)ids * ((size_t)most + 1);
	if (pairs <= PLACES_LEAST || pairs <= 8 * (size_t)rows)
		return refine_by_place(of_row, codes, rows, (size_t[2]){ids, (size_t)most + 1});
	return refine_by_pairs(of_row, codes, rows, pairs < rows ? pairs : rows);
}

/* Counts the classes, without that of rows that tell nothing. */
static void renumber(struct hf_effect_classes *c, const bool *told, uint32_t ids)
{
	uint32_t *to = hf_alloc(((size_t)ids + 1) * sizeof(*to));

	memset(to, 0xFF, ((size_t)ids + 1) * sizeof(*to));
	c->size = hf_alloc_zero(((size_t)ids + 1) * sizeof(*c->size));
	for (uint32_t i = 0; i < c->rows; i++) {
		uint32_t *id = &to[c->of_row[i]];

		c->suppressed += !told[i];
		if (told[i] && *id == UINT32_MAX)
			*id = c->count++;
		c->of_row[i] = told[i] ? *id : HF_EFFECT_NO_CLASS;
		if (told[i])
			c->size[*id]++;
	}
	free(to);
}

static void sort(struct hf_effect_classes *c)
{
	uint32_t *next = hf_alloc(((size_t)c->count + 1) * sizeof(*next));

	c->first = hf_alloc_zero(((size_t)c->count + 1) * sizeof(*c->first));
	c->row = hf_alloc((size_t)c->rows * sizeof(*c->row));
	for (uint32_t i = 0; i < c->count; i++)
		c->first[i + 1] = c->first[i] + c->size[i];
	memcpy(next, c->first, ((size_t)c->count + 1) * sizeof(*next));
	for (uint32_t i = 0; i < c->rows; i++)
		if (c->of_row[i] != HF_EFFECT_NO_CLASS)
			c->row[next[c->of_row[i]]++] = i;
	free(next);
}

void hf_effect_classes_make(const struct hf_effect_table *t, const size_t *quasi, size_t quasi_count,
                            struct hf_effect_classes *ret_classes)
{
	struct hf_effect_classes c = {.rows = hf_effect_rows(t)};
	bool *told = hf_alloc_zero(c.rows);
	uint32_t ids = 1;

	c.of_row = hf_alloc_zero((size_t)c.rows * sizeof(*c.of_row));
	for (size_t i = 0; i < quasi_count; i++)
		ids = refine(c.of_row, told, hf_effect_codes(t, quasi[i]), c.rows, ids);
	renumber(&c, told, ids);
	sort(&c);
	free(told);
	*ret_classes = c;
}

void hf_effect_classes_done(struct hf_effect_classes *c)
{
	free(c->of_row);
	free(c->size);
	free(c->first);
	free(c->row);
	*c = (struct hf_effect_classes){.rows = 0};
}

void hf_effect_classes_unite(const struct hf_effect_classes *base, const uint32_t *const *codes, size_t columns,
                             struct hf_effect_classes *ret_classes)
{
	struct hf_effect_classes c = {.rows = base->rows};
	uint32_t *of = hf_alloc_zero(((size_t)base->count + 1) * sizeof(*of)), ids = 1;
	bool *told = hf_alloc_zero((size_t)base->count + 1), *row_told = hf_alloc_zero((size_t)base->rows + 1);

	for (size_t i = 0; i < columns; i++)
		ids = refine(of, told, codes[i], base->count, ids);
	c.of_row = hf_alloc(((size_t)c.rows + 1) * sizeof(*c.of_row));
	for (uint32_t i = 0; i < c.rows; i++) {
		uint32_t class = base->of_row[i];

		row_told[i] = class != HF_EFFECT_NO_CLASS && told[class];
		c.of_row[i] = row_told[i] ? of[class] : 0;
	}
	renumber(&c, row_told, ids);
	sort(&c);
	free(of);
	free(told);
	free(row_told);
	*ret_classes = c;
}

void hf_effect_classes_drop(struct hf_effect_classes *c, const bool *gone)
{
	uint32_t *to = hf_alloc(((size_t)c->count + 1) * sizeof(*to)), kept = 0;

	for (uint32_t i = 0; i < c->count; i++) {
		to[i] = gone[i] ? HF_EFFECT_NO_CLASS : kept;
		if (gone[i])
			c->suppressed += c->size[i];
		else
			c->size[kept++] = c->size[i];
	}
	for (uint32_t i = 0; i < c->rows; i++)
		if (c->of_row[i] != HF_EFFECT_NO_CLASS)
			c->of_row[i] = to[c->of_row[i]];
	c->count = kept;
	free(c->first);
	free(c->row);
	sort(c);
	free(to);
}

/* Codes of a column of t, then those of the population in t's codes. */
static uint32_t *joined(struct hf_effect_table *t, size_t column, const struct hf_effect_table *p, size_t p_column)
{
	uint32_t rows = hf_effect_rows(t), more = hf_effect_rows(p), distinct = hf_effect_distinct(p, p_column);
	uint32_t *to = hf_alloc((size_t)distinct * sizeof(*to));
	uint32_t *out = hf_alloc(((size_t)rows + more) * sizeof(*out));
	const uint32_t *codes = hf_effect_codes(p, p_column);

	for (uint32_t i = 0; i < distinct; i++)
		to[i] = hf_effect_code(t, column, hf_effect_value(p, p_column, i));
	if (rows)
		memcpy(out, hf_effect_codes(t, column), (size_t)rows * sizeof(*out));
	for (uint32_t i = 0; i < more; i++)
		out[rows + i] = to[codes[i]];
	free(to);
	return out;
}

uint32_t *hf_effect_population(struct hf_effect_table *t, const struct hf_effect_classes *c, const size_t *quasi,
                               size_t quasi_count, const struct hf_effect_table *population,
                               const size_t *population_quasi)
{
	uint32_t all = c->rows + hf_effect_rows(population), ids = 1;
	uint32_t *of_row = hf_alloc_zero((size_t)all * sizeof(*of_row)), *to;
	uint32_t *out = hf_alloc_zero(((size_t)c->count + 1) * sizeof(*out));
	bool *told = hf_alloc_zero(all);

	for (size_t i = 0; i < quasi_count; i++) {
		uint32_t *codes = joined(t, quasi[i], population, population_quasi[i]);

		ids = refine(of_row, told, codes, all, ids);
		free(codes);
	}
	to = hf_alloc(((size_t)ids + 1) * sizeof(*to));
	memset(to, 0xFF, ((size_t)ids + 1) * sizeof(*to));
	for (uint32_t i = 0; i < c->rows; i++)
		to[of_row[i]] = c->of_row[i];
	for (uint32_t i = c->rows; i < all; i++)
		if (told[i] && to[of_row[i]] != HF_EFFECT_NO_CLASS)
			out[to[of_row[i]]]++;
	free(to);
	free(told);
	free(of_row);
	return out;
}
