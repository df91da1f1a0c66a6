/* csv_filter_parse.c - the text of a filter into its conditions, and back; declared in csv_filter.h. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "source/readers/csv_terms.h"

#define TERM_VALUES_MAX 128u

struct text {
	const char *at, *begin;
	struct hf_fault *fault;
};

static const struct {
	const char *word;
	enum csv_comparison is;
} comparisons[] = {/* the longer ones first */
                   {"<>", CSV_OTHER}, {"!=", CSV_OTHER}, {"<=", CSV_AT_MOST}, {">=", CSV_AT_LEAST},
                   {"=", CSV_EQUAL},  {"<", CSV_LESS},   {">", CSV_MORE}};

static enum hf_err wrong(const struct text *t, const char *what)
{
	return hf_fault_set(t->fault, HF_E_ARGUMENT,
	                    "the rows '%.200s' are not said well: at byte %zu %s; write conditions like fee <= 100 AND "
	                    "region = 'N'",
	                    t->begin, (size_t)(t->at - t->begin) + 1, what);
}

static void skip_spaces(struct text *t)
{
	while (*t->at == ' ')
		t->at++;
}

static bool in_word(char c)
{
	uint8_t b = (uint8_t)c;

	return b == '_' || b >= 0x80 || (uint8_t)(b - '0') < 10 || (uint8_t)((b | 0x20) - 'a') < 26;
}

static size_t word_length(const char *at)
{
	size_t n = 0;

	while (in_word(at[n]))
		n++;
	return n;
}

static bool is_word(const char *at, size_t len, const char *word)
{
	return len == strlen(word) && strncasecmp(at, word, len) == 0;
}

/* Takes the word when it is next. */
static bool takes(struct text *t, const char *word)
{
	skip_spaces(t);
	if (!is_word(t->at, word_length(t->at), word))
		return false;
	t->at += strlen(word);
	return true;
}

static bool takes_sign(struct text *t, char sign)
{
	skip_spaces(t);
	if (*t->at != sign)
		return false;
	t->at++;
	return true;
}

/* What stands in quotes of that kind, the first of which is next. */
static enum hf_err quoted(struct text *t, char quote, struct hf_buf *out)
{
	const struct text begin = *t;

	for (t->at++; *t->at; t->at++) {
		if (*t->at == quote && t->at[1] != quote) {
			t->at++;
			return HF_OK;
		}
		t->at += *t->at == quote;
		if (!hf_buf_add(out, t->at, 1))
			return wrong(&begin, "a text is too long");
	}
	return wrong(&begin, "a quote is not closed");
}

static bool reserved(const char *at, size_t len)
{
	static const char *const words[] = {"and", "in", "is", "not", "null", "true", "false", "or"};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (is_word(at, len, words[i]))
			return true;
	return false;
}

static enum hf_err read_field(struct text *t, struct csv_term *c)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf name = HF_BUF_INIT;

	skip_spaces(t);
	const struct text begin = *t;
	size_t n = word_length(t->at);
	bool good;

	if (*t->at == '"') {
		HF_TRY(quoted(t, '"', &name));
		good = true;
	} else {
		good = n > 0 && (uint8_t)(*t->at - '0') >= 10 && !reserved(t->at, n) && hf_buf_add(&name, t->at, n);
		t->at += n;
	}
	if (!good || name.len == 0 || name.len > HF_CSV_NAME_MAX)
		return wrong(&begin, "stands no name of a field (put one that is no plain word into double quotes)");
	memcpy(c->field, name.data, name.len);
	return HF_OK;
}

static struct csv_value *add_value(struct csv_term *c, enum csv_literal literal, const void *text, size_t len)
{
	c->values = hf_realloc(c->values, (c->value_count + 1) * sizeof(*c->values));
	struct csv_value *v = &c->values[c->value_count++];

	*v = (struct csv_value){.literal = literal, .text = hf_alloc(len + 1), .len = len};
	if (len > 0)
		memcpy(v->text, text, len);
	v->text[len] = '\0';
	return v;
}

static size_t number_length(const char *at)
{
	size_t n = 0;

	while (in_word(at[n]) || at[n] == '.' ||
	       ((at[n] == '-' || at[n] == '+') && (n == 0 || (at[n - 1] | 0x20) == 'e')))
		n++;
	return n;
}

static enum hf_err read_number(struct text *t, struct csv_term *c)
{
	size_t n = number_length(t->at);
	enum hf_csv_type type = n > 0 ? hf_csv_type_of(t->at, n) : HF_CSV_STRING;

	if (type != HF_CSV_INTEGER && type != HF_CSV_NUMBER)
		return wrong(t, "stands no value (a text stands in single quotes)");
	struct csv_value *v = add_value(c, CSV_NUMBER_LITERAL, t->at, n);
	csv_decimal_read((const uint8_t *)v->text, n, &v->decimal);
	t->at += n;
	return HF_OK;
}

static enum hf_err read_value(struct text *t, struct csv_term *c)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf text = HF_BUF_INIT;

	if (c->value_count == TERM_VALUES_MAX)
		return wrong(t, "a condition has more than 128 values");
	skip_spaces(t);
	if (*t->at == '\'') {
		HF_TRY(quoted(t, '\'', &text));
		add_value(c, CSV_TEXT, text.data, text.len);
		return HF_OK;
	}
	for (int truth = 0; truth < 2; truth++)
		if (takes(t, truth ? "true" : "false")) {
			add_value(c, CSV_TRUTH, truth ? "true" : "false", truth ? 4 : 5);
			return HF_OK;
		}
	return read_number(t, c);
}

static enum hf_err read_list(struct text *t, struct csv_term *c)
{
	if (!takes_sign(t, '('))
		return wrong(t, "stands no list of values in parentheses");
	do
		HF_TRY(read_value(t, c));
	while (takes_sign(t, ','));
	return takes_sign(t, ')') ? HF_OK : wrong(t, "a list of values is not closed");
}

static enum hf_err read_comparison(struct text *t, struct csv_term *c)
{
	if (takes(t, "is")) {
		c->is = takes(t, "not") ? CSV_NOT_NULL : CSV_NULL;
		return takes(t, "null") ? HF_OK : wrong(t, "stands no NULL behind IS");
	}
	if (takes(t, "in")) {
		c->is = CSV_IN;
		return read_list(t, c);
	}
	skip_spaces(t);
	for (size_t i = 0; i < sizeof(comparisons) / sizeof(comparisons[0]); i++) {
		size_t n = strlen(comparisons[i].word);

		if (strncmp(t->at, comparisons[i].word, n) != 0)
			continue;
		t->at += n;
		c->is = comparisons[i].is;
		return read_value(t, c);
	}
	return wrong(t, "stands no comparison: = != < <= > >= IN, IS NULL");
}

static enum hf_err read_term(struct hf_csv_filter *f, struct text *t)
{
	struct csv_term *c;

	if (f->term_count == HF_CSV_FILTER_TERMS)
		return hf_fault_set(t->fault, HF_E_LIMIT, "the rows are said by more than %u conditions; use fewer",
		                    HF_CSV_FILTER_TERMS);
	c = &f->terms[f->term_count++];
	HF_TRY(read_field(t, c));
	HF_TRY(read_comparison(t, c));
	f->value_count += c->value_count;
	if (f->value_count > HF_CSV_FILTER_VALUES)
		return hf_fault_set(t->fault, HF_E_LIMIT, "the rows are said by more than %u values; use fewer",
		                    HF_CSV_FILTER_VALUES);
	return HF_OK;
}

static bool one_line(const char *text)
{
	return hf_text_ok(text, strlen(text), HF_CSV_FILTER_TEXT) && !strpbrk(text, "\n\t");
}

enum hf_err hf_csv_filter_add(struct hf_csv_filter *f, const char *text, struct hf_fault *fault)
{
	struct text t = {text, text, fault};

	if (!one_line(text))
		return hf_fault_set(fault, HF_E_ARGUMENT,
		                    "the rows are not said in one line of UTF-8 of up to %u bytes; say them so",
		                    HF_CSV_FILTER_TEXT);
	do
		HF_TRY(read_term(f, &t));
	while (takes(&t, "and"));
	skip_spaces(&t);
	return *t.at ? wrong(&t, "stands more than conditions joined by AND") : HF_OK;
}

/* ---- and back ---- */

static bool write_quoted(struct hf_buf *out, const char *text, char quote)
{
	bool room = hf_buf_add(out, &quote, 1);

	for (; room && *text; text++)
		room = (*text != quote || hf_buf_add(out, text, 1)) && hf_buf_add(out, text, 1);
	return room && hf_buf_add(out, &quote, 1);
}

static bool write_value(struct hf_buf *out, const struct csv_value *v)
{
	return v->literal == CSV_TEXT ? write_quoted(out, v->text, '\'') : hf_buf_add(out, v->text, v->len);
}

static bool write_values(struct hf_buf *out, const struct csv_term *c)
{
	bool room = hf_buf_addf(out, " IN (");

	for (size_t i = 0; room && i < c->value_count; i++)
		room = (i == 0 || hf_buf_addf(out, ", ")) && write_value(out, &c->values[i]);
	return room && hf_buf_addf(out, ")");
}

static const char *sign_of(enum csv_comparison is)
{
	for (size_t i = 1; i < sizeof(comparisons) / sizeof(comparisons[0]); i++)
		if (comparisons[i].is == is)
			return comparisons[i].word;
	return "";
}

static bool write_term(struct hf_buf *out, const struct csv_term *c)
{
	if (!write_quoted(out, c->field, '"'))
		return false;
	if (c->is == CSV_NULL || c->is == CSV_NOT_NULL)
		return hf_buf_addf(out, c->is == CSV_NULL ? " IS NULL" : " IS NOT NULL");
	if (c->is == CSV_IN)
		return write_values(out, c);
	return hf_buf_addf(out, " %s ", sign_of(c->is)) && write_value(out, &c->values[0]);
}

bool hf_csv_filter_write(const struct hf_csv_filter *f, struct hf_buf *out)
{
	for (size_t i = 0; i < f->term_count; i++)
		if ((i > 0 && !hf_buf_addf(out, " AND ")) || !write_term(out, &f->terms[i]))
			return false;
	return true;
}
