/*
 * effect.h - what masking leaves: how easily a row is found again, what a found row tells (JT/T 1480 5.7).
 *
 * Cells become codes of their column's dictionary as rows arrive, so that every figure is counting of 32-bit numbers.
 * Pure; any thread, one object on one thread at a time. Where figures have several definitions, the one taken is named.
 */
#ifndef HUFU_MASKING_EFFECT_H
#define HUFU_MASKING_EFFECT_H

#include "base/buf.h"

#define HF_EFFECT_ROWS_MAX ((uint32_t)1 << 28)
#define HF_EFFECT_NULL 0u /* the code of null in every column */

/* A table in codes. key: 16 random bytes, so that nobody can choose values that collide; no figure depends on it. */
struct hf_effect_table;
struct hf_effect_table *hf_effect_table_new(size_t columns, const uint8_t key[16]);
void hf_effect_table_free(struct hf_effect_table *t);
/* One row; a cell without data, or empty, is null. False: HF_EFFECT_ROWS_MAX or 4 GiB of different values in a column
 * are reached. */
bool hf_effect_add(struct hf_effect_table *t, const struct hf_bytes *cells);
uint32_t hf_effect_rows(const struct hf_effect_table *t);
size_t hf_effect_width(const struct hf_effect_table *t);
/* Codes of a column, one a row; valid until the next row. */
const uint32_t *hf_effect_codes(const struct hf_effect_table *t, size_t column);
uint32_t hf_effect_distinct(const struct hf_effect_table *t, size_t column); /* codes are below it; null counts */
struct hf_bytes hf_effect_value(const struct hf_effect_table *t, size_t column, uint32_t code);
/* The code of the value in that column of t, given to it when it has none: how two tables come to speak alike. */
uint32_t hf_effect_code(struct hf_effect_table *t, size_t column, struct hf_bytes value);

/* Rows that are equal in the quasi-identifiers. Rows in which all of them are null tell nothing and are in no class. */
#define HF_EFFECT_NO_CLASS UINT32_MAX
struct hf_effect_classes {
	uint32_t rows;
	uint32_t suppressed; /* of rows: in no class */
	uint32_t count;
	uint32_t *of_row; /* by row: its class or NO_CLASS */
	uint32_t *size;   /* by class */
	uint32_t *first;  /* by class, and one more: where its rows begin in row */
	uint32_t *row;    /* rows, class by class */
};
void hf_effect_classes_make(const struct hf_effect_table *t, const size_t *quasi, size_t quasi_count,
                            struct hf_effect_classes *ret_classes);
void hf_effect_classes_done(struct hf_effect_classes *c);
/* Classes that are unions of those of base. codes[i][class]: what column i has become in a class of base. */
void hf_effect_classes_unite(const struct hf_effect_classes *base, const uint32_t *const *codes, size_t columns,
                             struct hf_effect_classes *ret_classes);
/* Rows of the classes that are marked become suppressed; the other classes keep their order. */
void hf_effect_classes_drop(struct hf_effect_classes *c, const bool *gone);
/* By class of c: how many rows of the population are in it; columns of both tables in the same order. free() it.
 * t learns values of the population. */
uint32_t *hf_effect_population(struct hf_effect_table *t, const struct hf_effect_classes *c, const size_t *quasi,
                               size_t quasi_count, const struct hf_effect_table *population,
                               const size_t *population_quasi);

/* Re-identification of rows by the quasi-identifiers. All is 0 when there is no class. */
struct hf_effect_risk {
	uint32_t rows, suppressed, classes;
	uint32_t k;         /* rows of the smallest class */
	uint32_t uniques;   /* rows that are alone */
	double average;     /* rows a class */
	double max;         /* prosecutor: 1/k */
	double mean;        /* prosecutor, average over rows: classes/rows; marketer: the same */
	double above;       /* share of rows whose risk exceeds the threshold */
	double discernible; /* sum of squares of sizes, and suppressed * rows */
};
void hf_effect_risk(const struct hf_effect_classes *c, double threshold, struct hf_effect_risk *ret_risk);

/* The same when the attacker does not know who is in the table (El Emam). A class that has fewer rows in the population
 * than here shows that the population is none of these rows: it is counted as large as it is here. */
struct hf_effect_journalist {
	uint32_t k;                  /* k-map: the least rows of the population that a row here can be */
	uint32_t strange;            /* classes with fewer rows in the population than here */
	double max;                  /* 1/k */
	double mean;                 /* the greater of classes/population rows and the average of 1/F over classes */
	double above;                /* share of rows with 1/F over the threshold */
	double marketer;             /* average over rows of 1/F */
	double delta_min, delta_max; /* delta-presence: f/F, over all classes of the population */
};
void hf_effect_journalist(const struct hf_effect_classes *c, const uint32_t *population, uint32_t population_rows,
                          double threshold, struct hf_effect_journalist *ret_risk);

/* What a class tells of a sensitive column. */
struct hf_effect_diversity {
	uint32_t distinct; /* least different values in a class */
	double entropy;    /* least exp(H): entropy l-diversity holds for every l up to it */
	double c;          /* recursive (c, l)-diversity holds for every c above it; infinity: for none */
};
void hf_effect_diversity(const struct hf_effect_table *t, const struct hf_effect_classes *c, size_t sensitive,
                         uint32_t l, struct hf_effect_diversity *ret_diversity);

/* By class: its different values. */
void hf_effect_distinct_in(const struct hf_effect_table *t, const struct hf_effect_classes *c, size_t sensitive,
                           uint32_t *ret_distinct);

/* The farthest class from the whole table, by earth mover's distance (Li, Li, Venkatasubramanian 2007). */
struct hf_effect_closeness {
	double equal;   /* every two values are as far apart as any other */
	double ordered; /* values in their order: of numbers when all are, else of bytes */
};
void hf_effect_closeness(const struct hf_effect_table *t, const struct hf_effect_classes *c, size_t sensitive,
                         struct hf_effect_closeness *ret_closeness);
/* By class: how far it is from the whole, values equally far apart. */
void hf_effect_distance_of(const struct hf_effect_table *t, const struct hf_effect_classes *c, size_t sensitive,
                           double *ret_distance);
#endif
