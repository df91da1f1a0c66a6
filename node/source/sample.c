/* sample.c - windows of the output go through the drift watch; declared in sample.h. */
#include "source/sample.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "masking/rules.h"
#include "source/readers/csv.h"
#include "source/readers/recode.h"

#define WINDOWS 4u
#define WINDOW (HF_SAMPLE_PIECE / HF_SAMPLE_EVERY / WINDOWS)
#define WHOLE (HF_SAMPLE_PIECE / 4)  /* a first piece up to this length is looked at from end to end */
#define WIDEST (HF_SAMPLE_PIECE / 4) /* that a window grows to until it holds a record */
#define TRIES 4u                     /* line ends to begin at */

struct hf_sample {
	pthread_mutex_t lock; /* for all below */
	struct hf_drift *drift;
	struct hf_rules *rules;   /* own; NULL: none */
	struct hf_recode *recode; /* of GB18030; NULL: none was seen */
	char **names;
	size_t count;
	struct hf_bytes *cells;
	struct hf_buf values; /* cells without quotes, and slack */
	bool header;          /* the next record is one */
	size_t rows;          /* of the window */
	bool sound;           /* what there is of it */
	bool looking;         /* else the rows are only counted */
	bool clean;
};

static bool goes_out(char *const *fields, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(fields[i], name) == 0)
			return true;
	return count == 0;
}

static bool harmless(const struct hf_field_class *c)
{
	return c->state == HF_CLASS_CONFIRMED && c->kind[0] == '\0';
}

struct hf_sample *hf_sample_new(const struct hf_source_view *v, char *const *fields, size_t count,
                                struct hf_rules *take_rules)
{
	const struct hf_identify_options o = {.table = v->name, .rules = take_rules};
	struct hf_named_field *named = hf_alloc_zero((v->field_count + 1) * sizeof(*named));
	bool *watched = hf_alloc_zero(v->field_count + 1);
	struct hf_sample *s = hf_alloc_zero(sizeof(*s));
	size_t some = 0;

	s->names = hf_alloc_zero((v->field_count + 1) * sizeof(*s->names));
	for (size_t i = 0; i < v->field_count; i++) {
		if (!goes_out(fields, count, v->fields[i].name))
			continue;
		named[s->count].name = v->fields[i].name;
		watched[s->count] = harmless(&v->fields[i].class);
		some += watched[s->count];
		s->names[s->count++] = hf_strdup(v->fields[i].name);
	}
	pthread_mutex_init(&s->lock, NULL);
	hf_buf_init(&s->values, 2 * HF_SAMPLE_PIECE);
	s->cells = hf_alloc_zero((HF_CSV_FIELDS_MAX + 1) * sizeof(*s->cells));
	s->clean = true;
	s->rules = take_rules;
	s->drift = hf_drift_new(&o, named, watched, s->count, 1);
	for (size_t i = 0, k = 0; i < v->field_count; i++)
		if (goes_out(fields, count, v->fields[i].name))
			hf_drift_known(s->drift, k++, v->fields[i].class.found);
	free(named);
	free(watched);
	if (some > 0)
		return s;
	hf_sample_free(s);
	return NULL;
}

void hf_sample_free(struct hf_sample *s)
{
	if (!s)
		return;
	hf_drift_free(s->drift);
	hf_rules_free(s->rules);
	hf_recode_free(s->recode);
	for (size_t i = 0; i < s->count; i++)
		free(s->names[i]);
	free(s->names);
	free(s->cells);
	hf_buf_done(&s->values);
	pthread_mutex_destroy(&s->lock);
	free(s);
}

/* As UTF-8, behind what is in the values. Each for itself: no odd cell says how the others are written. Bytes that are
 * no character stay as they are. */
static struct hf_bytes in_utf8(struct hf_sample *s, struct hf_bytes b)
{
	size_t at = s->values.len;

	if (hf_encoding_guess(b.data, b.len, true) != HF_ENCODING_GB18030)
		return b;
	if (!s->recode)
		s->recode = hf_recode_new(HF_ENCODING_GB18030);
	if (s->recode && hf_recode_feed(s->recode, b.data, b.len, &s->values))
		return (struct hf_bytes){s->values.data + at, s->values.len - at};
	return b;
}

static void take_cells(struct hf_sample *s, const struct hf_csv_record *rec)
{
	size_t room = HF_CELL_SLACK;

	for (size_t i = 0; i < rec->field_count; i++)
		room += 3 * rec->fields[i].len; /* without quotes, and in UTF-8 */
	hf_buf_clear(&s->values);
	hf_buf_reserve(&s->values, room); /* so that it does not move */
	for (size_t i = 0; i < rec->field_count; i++) {
		const struct hf_csv_field *f = &rec->fields[i];
		size_t at = s->values.len;

		s->cells[i] = (struct hf_bytes){f->data, f->len};
		if (f->quoted && hf_csv_value(f, &s->values))
			s->cells[i] = (struct hf_bytes){s->values.data + at, s->values.len - at};
		s->cells[i] = in_utf8(s, s->cells[i]);
	}
}

static bool on_record(void *ctx, const struct hf_csv_record *rec)
{
	struct hf_sample *s = ctx;

	if (rec->field_count != s->count)
		return false; /* not a record of this table: the window begins elsewhere */
	s->rows++;
	if (!s->looking || (s->header && rec->number == 0))
		return true;
	take_cells(s, rec);
	s->clean = hf_drift_row(s->drift, s->cells, rec->field_count);
	return s->clean;
}

static bool run(struct hf_sample *s, const uint8_t *data, size_t len, bool looking)
{
	struct hf_csv *csv = hf_csv_new(on_record, s);
	enum hf_csv_defect d;

	s->looking = looking;
	s->rows = 0;
	d = hf_csv_feed(csv, data, len);
	hf_csv_free(csv);
	s->sound = d == HF_CSV_GOOD;
	return s->sound && s->rows > 0;
}

/* Counts before it looks: nothing is judged by what may be no record. */
static bool look(struct hf_sample *s, const uint8_t *data, size_t len)
{
	return run(s, data, len, false) && (run(s, data, len, true) || !s->clean);
}

static size_t behind_line_end(const uint8_t *data, size_t from, size_t len)
{
	const uint8_t *at = from < len ? memchr(data + from, '\n', len - from) : NULL;

	return at ? (size_t)(at - data) + 1 : len;
}

/* A window at `from` of the piece. */
static void look_at(struct hf_sample *s, const uint8_t *data, size_t from, size_t len)
{
	size_t size = WINDOW, start = from;

	for (unsigned i = 0; i < TRIES && s->clean; i++) {
		start = behind_line_end(data, start, len);
		if (start >= len)
			return;
		if (look(s, data + start, size < len - start ? size : len - start))
			return;
		if (s->sound && size < WIDEST) /* no record ends in it */
			size *= 4;
	}
}

bool hf_sample_piece(struct hf_sample *s, uint64_t index, const uint8_t *data, size_t len)
{
	size_t part = HF_SAMPLE_PIECE / WINDOWS, shift = (size_t)(index % (part / WINDOW)) * WINDOW;
	bool clean;

	pthread_mutex_lock(&s->lock);
	s->header = index == 0;
	if (index == 0 && s->clean)
		(void)!look(s, data, len <= WHOLE ? len : WINDOW);
	s->header = false;
	for (unsigned w = index == 0; w < WINDOWS && s->clean && (index > 0 || len > WHOLE); w++)
		look_at(s, data, w * part + shift, len);
	if (s->clean)
		s->clean = hf_drift_end(s->drift);
	clean = s->clean;
	pthread_mutex_unlock(&s->lock);
	return clean;
}

const struct hf_finding *hf_sample_found(const struct hf_sample *s, const char **ret_field)
{
	size_t field;
	const struct hf_finding *found = hf_drift_found(s->drift, &field);

	*ret_field = s->names[field];
	return found;
}

const char *hf_sample_tired(const struct hf_sample *s, size_t *from)
{
	for (; s->rules && *from < hf_rules_count(s->rules); ++*from)
		if (hf_rules_exhausted(s->rules, *from))
			return hf_rules_detector(s->rules, (*from)++)->id;
	return NULL;
}

const char *hf_sample_failed(const struct hf_sample *s)
{
	return hf_drift_failed(s->drift);
}

uint64_t hf_sample_rows(const struct hf_sample *s)
{
	return hf_drift_rows(s->drift);
}
