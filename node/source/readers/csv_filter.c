/* csv_filter.c - the conditions of a filter asked of a table's rows; declared in csv_filter.h. */
#include "source/readers/csv_filter.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "crypto/utf8.h"
#include "source/readers/csv_terms.h"

struct hf_csv_filter *hf_csv_filter_new(void)
{
	struct hf_csv_filter *f = hf_alloc_zero(sizeof(*f));

	hf_buf_init(&f->value, HF_CSV_RECORD_MOST);
	f->value.wiped = true;
	return f;
}

void hf_csv_filter_free(struct hf_csv_filter *f)
{
	if (!f)
		return;
	for (size_t i = 0; i < f->term_count; i++) {
		for (size_t k = 0; k < f->terms[i].value_count; k++)
			free(f->terms[i].values[k].text);
		free(f->terms[i].values);
	}
	hf_buf_done(&f->value);
	free(f);
}

size_t hf_csv_filter_terms(const struct hf_csv_filter *f)
{
	return f->term_count;
}

const char *hf_csv_filter_field(const struct hf_csv_filter *f, size_t term)
{
	return f->terms[term].field;
}

static bool says(const struct hf_csv_filter *f, const char *column, enum csv_comparison is)
{
	for (size_t i = 0; i < f->term_count; i++)
		if (f->terms[i].is == is && strcmp(f->terms[i].field, column) == 0)
			return true;
	return false;
}

bool hf_csv_filter_fixes(const struct hf_csv_filter *f, const char *column)
{
	return says(f, column, CSV_EQUAL);
}

bool hf_csv_filter_limits(const struct hf_csv_filter *f, const char *column)
{
	return says(f, column, CSV_EQUAL) || says(f, column, CSV_IN);
}

/* ---- numbers ---- */

void csv_decimal_read(const uint8_t *v, size_t len, struct csv_decimal *ret_d)
{
	const uint8_t *at = v, *end = v + len, *point;
	int64_t exponent = 0;

	for (const uint8_t *e = v; e < end; e++)
		if ((*e | 0x20) == 'e') {
			char digits[8] = {0}; /* a sign and three digits at most: csv_type.c */

			memcpy(digits, e + 1, (size_t)(end - e - 1) < 7 ? (size_t)(end - e - 1) : 7);
			exponent = strtol(digits, NULL, 10);
			end = e;
		}
	ret_d->negative = at < end && *at == '-';
	at += ret_d->negative;
	point = at < end ? memchr(at, '.', (size_t)(end - at)) : NULL;
	ret_d->top = (point ? point - at : end - at) - 1 + exponent;
	for (; at < end && (*at == '0' || *at == '.'); at++)
		ret_d->top -= *at == '0';
	ret_d->at = at;
	ret_d->end = end;
}

/* The next digit; zeros behind the end. */
static int next_digit(const uint8_t **at, const uint8_t *end)
{
	if (*at < end && **at == '.')
		(*at)++;
	return *at < end ? *(*at)++ - '0' : 0;
}

static int compare_size(const struct csv_decimal *a, const struct csv_decimal *b)
{
	const uint8_t *x = a->at, *y = b->at;

	if (a->top != b->top)
		return a->top < b->top ? -1 : 1;
	while (x < a->end || y < b->end) {
		int difference = next_digit(&x, a->end) - next_digit(&y, b->end);

		if (difference)
			return difference < 0 ? -1 : 1;
	}
	return 0;
}

static int compare_numbers(const struct csv_decimal *a, const struct csv_decimal *b)
{
	bool a_zero = a->at == a->end, b_zero = b->at == b->end;
	int a_sign = a_zero ? 0 : a->negative ? -1 : 1, b_sign = b_zero ? 0 : b->negative ? -1 : 1;

	if (a_sign != b_sign)
		return a_sign < b_sign ? -1 : 1;
	return a_sign * (a_zero ? 0 : compare_size(a, b));
}

/* ---- times ---- */

static int64_t number_at(const uint8_t *v, size_t n)
{
	int64_t x = 0;

	while (n--)
		x = 10 * x + (*v++ - '0');
	return x;
}

/* Days since the first of March of the year 0, of which only differences count. */
static int64_t day_of(const uint8_t *date)
{
	int64_t year = number_at(date, 4), month = number_at(date + 5, 2), day = number_at(date + 8, 2);

	year -= month <= 2;
	month = month <= 2 ? month + 9 : month - 3;
	return 365 * year + (year + 4) / 4 - (year + 100) / 100 + (year + 400) / 400 + (153 * month + 2) / 5 + day;
}

static void read_zone(const uint8_t *at, const uint8_t *end, struct csv_moment *m)
{
	m->zone = at < end;
	if (end - at == 6)
		m->seconds -= (*at == '-' ? -60 : 60) * (60 * number_at(at + 1, 2) + number_at(at + 4, 2));
}

/* Of bytes that are a date, or a date and a time. */
static struct csv_moment moment_of(const uint8_t *v, size_t len)
{
	struct csv_moment m = {86400 * day_of(v), 0, false};
	const uint8_t *at = v + 16, *end = v + len;

	if (len == 10)
		return m;
	m.seconds += 3600 * number_at(v + 11, 2) + 60 * number_at(v + 14, 2);
	if (end - at >= 3 && *at == ':') {
		m.seconds += number_at(at + 1, 2);
		at += 3;
	}
	if (at < end && *at == '.')
		for (uint32_t place = 100000000; ++at < end && (uint8_t)(*at - '0') < 10; place /= 10)
			m.nanoseconds += place * (uint32_t)(*at - '0');
	read_zone(at, end, &m);
	return m;
}

static int compare_moments(const struct csv_moment *a, const struct csv_moment *b)
{
	if (a->seconds != b->seconds)
		return a->seconds < b->seconds ? -1 : 1;
	return a->nanoseconds == b->nanoseconds ? 0 : a->nanoseconds < b->nanoseconds ? -1 : 1;
}

/* ---- binding ---- */

static const struct hf_csv_column *column_named(const struct hf_csv_column *columns, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(columns[i].name, name) == 0)
			return &columns[i];
	return NULL;
}

/* What a column of the type is compared with; NULL: the value fits. */
static const char *misfit(enum hf_csv_type type, struct csv_value *v)
{
	enum hf_csv_type is = hf_csv_type_of(v->text, v->len);

	switch (type) {
	case HF_CSV_INTEGER:
	case HF_CSV_NUMBER:
		return v->literal == CSV_NUMBER_LITERAL ? NULL : "a number such as 100";
	case HF_CSV_BOOLEAN:
		return v->literal == CSV_TRUTH ? NULL : "true or false";
	case HF_CSV_DATE:
		return v->literal == CSV_TEXT && is == HF_CSV_DATE ? NULL : "a date such as '2026-11-01'";
	case HF_CSV_DATETIME:
		if (v->literal != CSV_TEXT || (is != HF_CSV_DATE && is != HF_CSV_DATETIME))
			return "a time such as '2026-11-01T08:00:00Z'";
		v->moment = moment_of((const uint8_t *)v->text, v->len);
		return NULL;
	case HF_CSV_UNSEEN:
	case HF_CSV_STRING:
		break;
	}
	return v->literal == CSV_TEXT ? NULL : "a text in single quotes";
}

static enum hf_err bind_term(struct csv_term *c, const struct hf_csv_column *columns, size_t count,
                             struct hf_fault *fault)
{
	const struct hf_csv_column *column = column_named(columns, count, c->field);

	if (!column)
		return hf_fault_set(fault, HF_E_WRONG_FIELDS,
		                    "the rows are said by the field '%.100s', which is not there; name one that is",
		                    c->field);
	c->type = column->type == HF_CSV_UNSEEN ? HF_CSV_STRING : column->type;
	for (size_t i = 0; i < c->value_count; i++) {
		const char *wanted = misfit(c->type, &c->values[i]);

		if (wanted)
			return hf_fault_set(
			        fault, HF_E_ARGUMENT,
			        "the rows compare the field '%.100s', which is of the type %s, with '%.60s'; "
			        "write %s",
			        c->field, hf_csv_type_name(c->type), c->values[i].text, wanted);
	}
	if (c->type == HF_CSV_BOOLEAN && c->is >= CSV_LESS && c->is <= CSV_AT_LEAST)
		return hf_fault_set(fault, HF_E_ARGUMENT,
		                    "the rows ask whether the field '%.100s' is less or more, which true and false are "
		                    "not; write = or !=",
		                    c->field);
	return HF_OK;
}

enum hf_err hf_csv_filter_bind(struct hf_csv_filter *f, const struct hf_csv_column *columns, size_t count,
                               struct hf_fault *fault)
{
	for (size_t i = 0; i < f->term_count; i++)
		HF_TRY(bind_term(&f->terms[i], columns, count, fault));
	return HF_OK;
}

enum hf_csv_defect hf_csv_filter_header(struct hf_csv_filter *f, const struct hf_csv_column *columns, size_t count)
{
	for (size_t i = 0; i < f->term_count; i++) {
		const struct hf_csv_column *c = column_named(columns, count, f->terms[i].field);

		if (!c || f->terms[i].type == HF_CSV_UNSEEN)
			return HF_CSV_COLUMN;
		f->terms[i].column = (uint32_t)(c - columns);
	}
	return HF_CSV_GOOD;
}

/* ---- rows ---- */

struct cell {
	const uint8_t *data;
	size_t len;
	struct csv_decimal decimal;
	struct csv_moment moment;
};

static bool is_utf8(const uint8_t *v, size_t len)
{
	const char *at = (const char *)v, *end = at + len;
	uint32_t code;

	while (at < end)
		if ((uint8_t)*at < 0x80)
			at++;
		else if (!hf_utf8_next(&at, end, &code))
			return false;
	return true;
}

/* The cell as a value of the term's type; false: it is none. */
static bool read_cell(struct hf_csv_filter *f, const struct csv_term *c, const struct hf_csv_field *field,
                      struct cell *ret_cell)
{
	bool fits;

	*ret_cell = (struct cell){.data = field->data, .len = field->len};
	if (field->quoted) {
		hf_buf_clear(&f->value);
		if (!hf_csv_value(field, &f->value))
			return false;
		ret_cell->data = f->value.data ? f->value.data : field->data;
		ret_cell->len = f->value.len;
		fits = hf_csv_type_join(c->type, ret_cell->data, ret_cell->len) == c->type;
	} else {
		fits = hf_csv_field_fits(c->type, field);
	}
	if (!fits)
		return false;
	if (c->type == HF_CSV_INTEGER || c->type == HF_CSV_NUMBER)
		csv_decimal_read(ret_cell->data, ret_cell->len, &ret_cell->decimal);
	else if (c->type == HF_CSV_DATETIME)
		ret_cell->moment = moment_of(ret_cell->data, ret_cell->len);
	return c->type != HF_CSV_STRING || is_utf8(ret_cell->data, ret_cell->len);
}

static int compare_texts(const struct cell *cell, const struct csv_value *v)
{
	size_t n = cell->len < v->len ? cell->len : v->len;
	int d = n ? memcmp(cell->data, v->text, n) : 0;

	return d ? d : (cell->len > v->len) - (cell->len < v->len);
}

/* False: they cannot be compared. */
static bool compare(const struct csv_term *c, const struct cell *cell, const struct csv_value *v, int *ret_order)
{
	switch (c->type) {
	case HF_CSV_INTEGER:
	case HF_CSV_NUMBER:
		*ret_order = compare_numbers(&cell->decimal, &v->decimal);
		return true;
	case HF_CSV_BOOLEAN:
		*ret_order = cell->len != v->len; /* "true" and "false" in any case */
		return true;
	case HF_CSV_DATETIME:
		*ret_order = compare_moments(&cell->moment, &v->moment);
		return cell->moment.zone == v->moment.zone;
	case HF_CSV_DATE:
	case HF_CSV_UNSEEN:
	case HF_CSV_STRING:
		break;
	}
	*ret_order = compare_texts(cell, v);
	return true;
}

static bool holds(enum csv_comparison is, int order)
{
	switch (is) {
	case CSV_EQUAL:
	case CSV_IN:
		return order == 0;
	case CSV_OTHER:
		return order != 0;
	case CSV_LESS:
		return order < 0;
	case CSV_AT_MOST:
		return order <= 0;
	case CSV_MORE:
		return order > 0;
	case CSV_AT_LEAST:
		return order >= 0;
	case CSV_NONE:
	case CSV_NULL:
	case CSV_NOT_NULL:
		break;
	}
	return false;
}

static enum hf_csv_defect meets(struct hf_csv_filter *f, const struct csv_term *c, const struct hf_csv_field *field,
                                bool *ret_meets)
{
	struct cell cell;
	int order;

	if (c->is == CSV_NULL || c->is == CSV_NOT_NULL || field->len == 0) {
		*ret_meets = c->is == (field->len == 0 ? CSV_NULL : CSV_NOT_NULL);
		return HF_CSV_GOOD;
	}
	if (!read_cell(f, c, field, &cell))
		return HF_CSV_TYPE;
	*ret_meets = false;
	for (size_t i = 0; i < c->value_count && !*ret_meets; i++) {
		if (!compare(c, &cell, &c->values[i], &order))
			return HF_CSV_TYPE;
		*ret_meets = holds(c->is, order);
	}
	return HF_CSV_GOOD;
}

enum hf_csv_defect hf_csv_filter_row(struct hf_csv_filter *f, const struct hf_csv_record *r, bool *ret_meets)
{
	bool all = true;

	for (size_t i = 0; i < f->term_count && all; i++) {
		const struct csv_term *c = &f->terms[i];
		enum hf_csv_defect d = meets(f, c, &r->fields[c->column], &all);

		if (d != HF_CSV_GOOD)
			return d;
	}
	*ret_meets = all;
	return HF_CSV_GOOD;
}
