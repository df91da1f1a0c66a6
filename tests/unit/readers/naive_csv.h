/*
 * naive_csv.h - the same tables read one character at a time, slowly and plainly, to compare the real reader with.
 */
#ifndef TESTS_UNIT_READERS_NAIVE_CSV_H
#define TESTS_UNIT_READERS_NAIVE_CSV_H

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define NAIVE_FIELDS 64
#define NAIVE_RECORDS 4096

struct naive_field {
	size_t at, len;
	bool quoted;
};
struct naive_record {
	struct naive_field fields[NAIVE_FIELDS];
	size_t count;
	size_t end, end_len; /* of the line end */
};
struct naive_table {
	struct naive_record records[NAIVE_RECORDS];
	size_t count;
	bool bad; /* a defect in record number `count` */
	bool unclosed;
};

/* Where the line end at `at` stops, or 0 when there is none. */
static size_t naive_line_end(const uint8_t *d, size_t len, size_t at)
{
	if (at < len && d[at] == '\n')
		return at + 1;
	if (at < len && d[at] == '\r' && (at + 1 == len || d[at + 1] == '\n'))
		return at + 2 > len ? len : at + 2;
	return 0;
}

static size_t naive_field(const uint8_t *d, size_t len, size_t at, struct naive_field *f, struct naive_table *t)
{
	*f = (struct naive_field){at, 0, at < len && d[at] == '"'};
	if (f->quoted) {
		for (at++;; at++) {
			if (at >= len) {
				t->bad = t->unclosed = true;
				return len;
			}
			if (d[at] == '"' && at + 1 < len && d[at + 1] == '"')
				at++;
			else if (d[at] == '"')
				break;
		}
		at++;
		if (at < len && d[at] != ',' && !naive_line_end(d, len, at))
			t->bad = true;
	} else {
		for (; at < len && d[at] != ',' && !naive_line_end(d, len, at); at++)
			if (d[at] == '"')
				t->bad = true;
	}
	f->len = at - f->at;
	return at;
}

static void naive_read(const uint8_t *d, size_t len, struct naive_table *t)
{
	size_t at = 0;

	t->count = 0;
	t->bad = t->unclosed = false;
	while (at < len) {
		struct naive_record *r = &t->records[t->count];

		r->count = 0;
		for (;; at++) {
			at = naive_field(d, len, at, &r->fields[r->count++], t);
			if (t->bad)
				return;
			if (at >= len || d[at] != ',')
				break;
		}
		r->end = at;
		r->end_len = at < len ? naive_line_end(d, len, at) - at : 0;
		at += r->end_len;
		t->count++;
	}
}

#endif
