/* csv_rules.c - see csv_rules.h. */
#include "source/readers/csv_rules.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "crypto/short_hash.h"
#include "source/readers/csv_filter.h"

#define SEEN_FIRST 1024u /* places of a set at the beginning; a power of two */
#define PROBES_MAX 256u  /* places that are looked at for a key; under a secret hash key it never comes to that */
#define NO_COLUMN SIZE_MAX

enum kind { NOT_EMPTY, TYPE, UNIQUE, DISTINCT, KEY, CHECK, KINDS };

static const struct {
	const char *word, *criterion;
} kinds[KINDS] = {
        [NOT_EMPTY] = {"not-empty", "empty"},    [TYPE] = {"type", "type"},   [UNIQUE] = {"unique", "duplicates"},
        [DISTINCT] = {"distinct", "duplicates"}, [KEY] = {"key", "conflict"}, [CHECK] = {"check", "constraint"},
};

/* What was seen of a column: key, and the row that it stood in. An empty place has the key 0. */
struct seen {
	uint64_t key, row;
};
struct rule {
	enum kind kind;
	char text[HF_CSV_RULE_TEXT + 1], field[HF_CSV_NAME_MAX + 1];
	enum hf_csv_type type;
	struct hf_csv_filter *filter;
	size_t column;
	struct seen *seen;
	size_t places, used;
	bool full;
	bool whole; /* a row that cannot be examined is against it */
	uint64_t rows, against, unexamined;
};
struct hf_csv_rules {
	struct rule rule[HF_CSV_RULES_MAX];
	size_t count;
	struct hf_csv *csv;
	struct hf_buf value;
	struct hf_short_key key;       /* nobody can choose values that get in each other's way */
	struct hf_csv_column *columns; /* of the header, */
	size_t column_count;           /* 0: it was not here yet */
	bool broken;                   /* what follows is no table */
};

static atomic_size_t bytes_used;

/* ---- what is remembered ---- */

static bool take_room(size_t bytes)
{
	if (atomic_fetch_add(&bytes_used, bytes) + bytes <= HF_CSV_RULES_BYTES)
		return true;
	atomic_fetch_sub(&bytes_used, bytes);
	return false;
}

static void give_back(struct rule *r)
{
	if (r->seen)
		atomic_fetch_sub(&bytes_used, r->places * sizeof(*r->seen));
	free(r->seen);
	r->seen = NULL;
}

/* NULL: there is none for it within reach. */
static struct seen *place_of(struct seen *set, size_t places, uint64_t key)
{
	for (size_t n = 0; n < PROBES_MAX && n < places; n++) {
		struct seen *s = &set[(key + n) & (places - 1)];
		if (!s->key || s->key == key)
			return s;
	}
	return NULL;
}

/* At most half of the places are used. */
static bool grow(struct rule *r)
{
	size_t places = r->places ? r->places * 2 : SEEN_FIRST;
	struct seen *set = take_room(places * sizeof(*set)) ? calloc(places, sizeof(*set)) : NULL;

	if (!set)
		return false;
	for (size_t i = 0; i < r->places; i++) {
		struct seen *to = r->seen[i].key ? place_of(set, places, r->seen[i].key) : NULL;
		if (to)
			*to = r->seen[i];
		else
			r->unexamined += r->seen[i].key != 0; /* what is like it is not known any more */
	}
	give_back(r);
	r->seen = set;
	r->places = places;
	return true;
}

/* NULL: it is new, and is remembered, or, when there is no room, counted as not examined: it may have come before among
 * those that are not remembered either. */
static const struct seen *seen_before(struct rule *r, uint64_t key, uint64_t row)
{
	key = key ? key : 1;
	struct seen *s = r->places ? place_of(r->seen, r->places, key) : NULL;

	if (s && s->key)
		return s;
	if (!r->full && 2 * (r->used + 1) > r->places)
		r->full = !grow(r);
	s = r->full ? NULL : place_of(r->seen, r->places, key);
	if (!s) {
		r->unexamined++;
		return NULL;
	}
	*s = (struct seen){key, row};
	r->used++;
	return NULL;
}

/* A null is another value than a quoted nothing. */
static uint64_t hash_field(struct hf_csv_rules *all, const struct hf_csv_field *f)
{
	static const uint8_t nothing = 0;

	if (!f->quoted)
		return f->len ? hf_short_hash(&all->key, f->data, f->len) : 0;
	hf_buf_clear(&all->value);
	if (!hf_csv_value(f, &all->value))
		return hf_short_hash(&all->key, f->data, f->len);
	return all->value.len ? hf_short_hash(&all->key, all->value.data, all->value.len)
	                      : hf_short_hash(&all->key, &nothing, 0);
}

static uint64_t hash_row(struct hf_csv_rules *all, const struct hf_csv_record *rec)
{
	uint64_t pair[2] = {rec->field_count, 0};

	for (size_t i = 0; i < rec->field_count; i++) {
		pair[1] = hash_field(all, &rec->fields[i]);
		pair[0] = hf_short_hash(&all->key, pair, sizeof(pair));
	}
	return pair[0];
}

/* ---- rows ---- */

static bool is_null(const struct hf_csv_field *f)
{
	return f->len == 0 && !f->quoted;
}

static bool is_of_type(struct hf_csv_rules *all, const struct rule *r, const struct hf_csv_field *f)
{
	if (!f->quoted)
		return hf_csv_field_fits(r->type, f);
	hf_buf_clear(&all->value);
	return hf_csv_value(f, &all->value) && hf_csv_type_join(r->type, all->value.data, all->value.len) == r->type;
}

static bool meets(struct rule *r, const struct hf_csv_record *rec)
{
	bool yes = false;

	return hf_csv_filter_row(r->filter, rec, &yes) == HF_CSV_GOOD && yes;
}

/* A check says nothing of a row in which one of its fields is null. */
static bool is_asked(const struct hf_csv_rules *all, const struct rule *r, const struct hf_csv_record *rec)
{
	if (r->kind == DISTINCT || r->kind == NOT_EMPTY)
		return true;
	if (r->kind != CHECK)
		return !is_null(&rec->fields[r->column]);
	for (size_t i = 0; i < hf_csv_filter_terms(r->filter); i++)
		for (size_t c = 0; c < all->column_count; c++)
			if (strcmp(all->columns[c].name, hf_csv_filter_field(r->filter, i)) == 0 &&
			    is_null(&rec->fields[c]))
				return false;
	return true;
}

static bool is_against(struct hf_csv_rules *all, struct rule *r, const struct hf_csv_record *rec)
{
	uint64_t row = r->kind == DISTINCT || r->kind == KEY ? hash_row(all, rec) : 0;
	const struct seen *s;

	switch (r->kind) {
	case NOT_EMPTY:
		return is_null(&rec->fields[r->column]);
	case TYPE:
		return !is_of_type(all, r, &rec->fields[r->column]);
	case UNIQUE:
		return seen_before(r, hash_field(all, &rec->fields[r->column]), 0);
	case DISTINCT:
		return seen_before(r, row, 0);
	case KEY:
		s = seen_before(r, hash_field(all, &rec->fields[r->column]), row);
		return s && s->row != row;
	case CHECK:
		return !meets(r, rec);
	case KINDS:
		break;
	}
	return false;
}

static bool take_header(struct hf_csv_rules *all, const struct hf_csv_record *rec)
{
	char **names = hf_csv_names(rec);

	all->columns = hf_alloc_zero(rec->field_count * sizeof(*all->columns));
	all->column_count = rec->field_count;
	for (size_t i = 0; i < rec->field_count; i++) {
		snprintf(all->columns[i].name, sizeof(all->columns[i].name), "%s", names[i]);
		free(names[i]);
	}
	free(names);
	for (struct rule *r = all->rule; r < all->rule + all->count; r++) {
		if (r->kind == CHECK && hf_csv_filter_header(r->filter, all->columns, all->column_count) == HF_CSV_GOOD)
			r->column = 0;
		for (size_t i = 0; i < all->column_count && r->kind != CHECK; i++)
			if (strcmp(all->columns[i].name, r->field) == 0)
				r->column = i;
		if (r->kind == DISTINCT)
			r->column = 0;
	}
	return true;
}

static bool on_record(void *ctx, const struct hf_csv_record *rec)
{
	struct hf_csv_rules *all = ctx;

	if (rec->number == 0)
		return take_header(all, rec);
	if (rec->field_count != all->column_count) /* counted elsewhere (csv.h) */
		return true;
	for (struct rule *r = all->rule; r < all->rule + all->count; r++) {
		if (r->column == NO_COLUMN || !is_asked(all, r, rec))
			continue;
		uint64_t unexamined = r->unexamined;
		r->rows++;
		r->against += is_against(all, r, rec) || (r->whole && r->unexamined != unexamined);
	}
	return true;
}

/* ---- reading a rule ---- */

enum hf_csv_type hf_csv_type_named(const char *name)
{
	for (enum hf_csv_type t = HF_CSV_BOOLEAN; t <= HF_CSV_STRING; t++)
		if (strcmp(name, hf_csv_type_name(t)) == 0)
			return t;
	return HF_CSV_UNSEEN;
}

/* One field, plain or in double quotes; what follows it. NULL: it is none. */
static const char *read_field(const char *at, char out[HF_CSV_NAME_MAX + 1])
{
	size_t n = 0;
	bool quoted = *at == '"', open = quoted;

	for (at += quoted; *at && (quoted || *at != ' '); at++) {
		if (quoted && *at == '"' && *++at != '"') {
			open = false;
			break;
		}
		if (n == HF_CSV_NAME_MAX)
			return NULL;
		out[n++] = *at;
	}
	out[n] = '\0';
	return n && !open ? at + strspn(at, " ") : NULL;
}

#define WHOLE "whole "
#define FORMS                                                                                                          \
	"not-empty FIELD, type FIELD TYPE, unique FIELD, distinct, key FIELD or check CONDITIONS; \"whole\" may "      \
	"stand "                                                                                                       \
	"before unique, distinct and key"

static bool remembers(enum kind k)
{
	return k == UNIQUE || k == DISTINCT || k == KEY;
}

static enum hf_err no_rule(const char *text, struct hf_fault *f)
{
	return hf_fault_set(f, HF_E_ARGUMENT, "'%.100s' is no rule about a table; write one of " FORMS, text);
}

static enum hf_err read_rule(const char *text, struct rule *r, struct hf_fault *f)
{
	size_t len = strlen(text), word;
	const char *at = text;

	if (!hf_text_ok(text, len, HF_CSV_RULE_TEXT) || strpbrk(text, "\n\t\r"))
		return hf_fault_set(f, HF_E_LIMIT,
		                    "a rule about a table has at most %u bytes and no control characters",
		                    HF_CSV_RULE_TEXT);
	r->whole = strncmp(at, WHOLE, sizeof(WHOLE) - 1) == 0;
	at += r->whole ? sizeof(WHOLE) - 1 : 0;
	word = strcspn(at, " ");
	for (r->kind = 0; r->kind < KINDS; r->kind++)
		if (strlen(kinds[r->kind].word) == word && memcmp(at, kinds[r->kind].word, word) == 0)
			break;
	at += word + strspn(at + word, " ");
	memcpy(r->text, text, len + 1);
	r->column = NO_COLUMN;
	if (r->kind == KINDS || (r->whole && !remembers(r->kind)))
		return no_rule(text, f);
	if (r->kind == DISTINCT)
		return *at ? no_rule(text, f) : HF_OK;
	if (r->kind == CHECK) {
		r->filter = hf_csv_filter_new();
		HF_TRY(hf_csv_filter_add(r->filter, at, f));
		return hf_csv_filter_terms(r->filter) ? HF_OK : no_rule(text, f);
	}
	at = read_field(at, r->field);
	if (!at || (r->kind == TYPE ? !(r->type = hf_csv_type_named(at)) : *at != '\0'))
		return no_rule(text, f);
	return HF_OK;
}

static void rule_done(struct rule *r)
{
	hf_csv_filter_free(r->filter);
	give_back(r);
}

static enum hf_err fits(const struct rule *r, const struct hf_csv_column *columns, size_t count, struct hf_fault *f)
{
	if (r->kind == DISTINCT)
		return HF_OK;
	if (r->kind == CHECK)
		return hf_csv_filter_bind(r->filter, columns, count, f);
	for (size_t i = 0; i < count; i++)
		if (strcmp(columns[i].name, r->field) == 0)
			return HF_OK;
	return hf_fault_set(f, HF_E_WRONG_FIELDS, "the rule '%.100s' names the field '%.100s', which is not there",
	                    r->text, r->field);
}

enum hf_err hf_csv_rules_add(struct hf_csv_rules *all, const char *text, const struct hf_csv_column *columns,
                             size_t count, struct hf_fault *f)
{
	struct rule r = {.kind = KINDS};

	if (all->count == HF_CSV_RULES_MAX)
		return hf_fault_set(f, HF_E_LIMIT, "a table is held against at most %u rules", HF_CSV_RULES_MAX);
	enum hf_err e = read_rule(text, &r, f);
	if (e == HF_OK)
		e = fits(&r, columns, count, f);
	if (e == HF_OK)
		all->rule[all->count++] = r;
	else
		rule_done(&r);
	return e;
}

bool hf_csv_rule_is_about(const char *text, bool (*given)(void *ctx, const char *field), void *ctx)
{
	struct rule r = {.kind = KINDS};
	struct hf_fault f = {HF_OK, ""};
	bool all = read_rule(text, &r, &f) == HF_OK;

	if (all && r.kind != CHECK)
		all = given(ctx, r.kind == DISTINCT ? NULL : r.field);
	for (size_t i = 0; all && r.filter && i < hf_csv_filter_terms(r.filter); i++)
		all = given(ctx, hf_csv_filter_field(r.filter, i));
	rule_done(&r);
	return all;
}

/* ---- all of them ---- */

struct hf_csv_rules *hf_csv_rules_new(void)
{
	struct hf_csv_rules *r = hf_alloc_zero(sizeof(*r));

	hf_random(r->key.b, sizeof(r->key.b));
	r->csv = hf_csv_new(on_record, r);
	hf_csv_allow(r->csv, HF_CSV_RECORD_MOST);
	hf_buf_init(&r->value, HF_CSV_RECORD_MOST);
	r->value.wiped = true;
	return r;
}

void hf_csv_rules_free(struct hf_csv_rules *r)
{
	if (!r)
		return;
	for (size_t i = 0; i < r->count; i++)
		rule_done(&r->rule[i]);
	hf_csv_free(r->csv);
	hf_buf_done(&r->value);
	free(r->columns);
	free(r);
}

void hf_csv_rules_feed(struct hf_csv_rules *r, const void *data, size_t len)
{
	r->broken = r->broken || hf_csv_feed(r->csv, data, len) != HF_CSV_GOOD;
}

void hf_csv_rules_end(struct hf_csv_rules *r)
{
	r->broken = r->broken || hf_csv_end(r->csv) != HF_CSV_GOOD;
}

size_t hf_csv_rules_count(const struct hf_csv_rules *r)
{
	return r->count;
}

void hf_csv_rules_verdict(const struct hf_csv_rules *r, size_t i, struct hf_csv_rule_verdict *ret_v)
{
	const struct rule *x = &r->rule[i];

	*ret_v = (struct hf_csv_rule_verdict){.criterion = kinds[x->kind].criterion,
	                                      .text = x->text,
	                                      .rows = x->rows,
	                                      .against = x->against,
	                                      .unexamined = x->unexamined,
	                                      .whole = !x->unexamined && !r->broken && x->column != NO_COLUMN};
}
