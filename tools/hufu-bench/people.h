/*
 * people.h - tables of invented persons, vehicles and companies with valid check digits, made from a seed, and columns
 * that only look like them. What each column is, is known: so what a detector says of it can be judged. No real person.
 */
#ifndef HUFU_TOOLS_PEOPLE_H
#define HUFU_TOOLS_PEOPLE_H

#include "base/buf.h"

struct people {
	uint64_t state;
};
uint64_t people_draw(struct people *p);

struct people_column {
	const char *name; /* as a table would call it */
	const char *type; /* id of the detector that should say so; NULL: nothing sensitive */
	bool named;       /* told by its name only */
	void (*put)(struct people *p, struct hf_buf *out);
};
/* All kinds; the first 14 make the full table of the bench. */
extern const struct people_column people_columns[];
extern const size_t people_column_count;
#define PEOPLE_FULL 14u

/* A CSV table with these columns; names NULL: their own. */
void people_table(struct people *p, const struct people_column *const *columns, const char *const *names, size_t count,
                  size_t rows, struct hf_buf *out);

#endif
