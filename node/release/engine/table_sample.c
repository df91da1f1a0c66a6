#include "release/engine/table_sample.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "crypto/crypto.h"

void release_sample_done(struct release_sample *s)
{
	hf_identify_free(s->x);
	hf_effect_table_free(s->codes);
	hf_csv_free(s->csv);
	for (size_t i = 0; i < s->width; i++)
		free(s->names[i]);
	free(s->names);
	free(s->cells);
	if (s->values.data)
		hf_wipe(s->values.data, s->values.cap);
	hf_buf_done(&s->values);
	*s = (struct release_sample){.most = 0};
}

static void take_header(struct release_sample *s, const struct hf_csv_record *rec)
{
	struct hf_identify_options o = {.table = NULL};
	struct hf_named_field *fields = hf_alloc_zero((rec->field_count + 1) * sizeof(*fields));
	uint8_t key[16];

	s->names = hf_csv_names(rec);
	s->cells = hf_alloc_zero((rec->field_count + 1) * sizeof(*s->cells));
	s->width = rec->field_count;
	if (s->cells_most && s->width && s->most > s->cells_most / s->width)
		s->most = s->cells_most / s->width;
	for (size_t i = 0; i < s->width; i++)
		fields[i].name = s->names[i];
	hf_random(key, sizeof(key));
	s->x = s->detect ? hf_identify_new(&o, fields, s->width) : NULL;
	s->codes = hf_effect_table_new(s->width, key);
	free(fields);
}

static bool take_row(struct release_sample *s, const struct hf_csv_record *rec)
{
	size_t at[HF_MAX_FIELDS];

	hf_buf_clear(&s->values);
	for (size_t i = 0; i < s->width; i++) {
		at[i] = s->values.len;
		if (i < rec->field_count && !hf_csv_value(&rec->fields[i], &s->values))
			return false;
		s->cells[i].len = s->values.len - at[i];
	}
	if (!hf_buf_reserve(&s->values, HF_CELL_SLACK))
		return false;
	for (size_t i = 0; i < s->width; i++)
		s->cells[i].data = s->cells[i].len ? s->values.data + at[i] : NULL;
	if (s->x)
		hf_identify_row(s->x, s->cells, s->width, true);
	s->bytes += s->values.len;
	return hf_effect_add(s->codes, s->cells) && rec->number < s->most &&
	       (!s->bytes_most || s->bytes < s->bytes_most);
}

static bool on_record(void *ctx, const struct hf_csv_record *rec)
{
	struct release_sample *s = ctx;

	if (rec->number == 0)
		take_header(s, rec);
	else
		s->full = !take_row(s, rec);
	return !s->full;
}

void release_sample_begin(struct release_sample *s, uint64_t most, bool detect)
{
	*s = (struct release_sample){.most = most, .detect = detect};
	hf_buf_init(&s->values, HF_CSV_RECORD_MOST + HF_CELL_SLACK);
	s->csv = hf_csv_new(on_record, s);
	hf_csv_allow(s->csv, HF_CSV_RECORD_MOST);
}

bool release_sample_feed(struct release_sample *s, const void *data, size_t len)
{
	if (!s->full && !s->bad && hf_csv_feed(s->csv, data, len) != HF_CSV_GOOD)
		s->bad = !s->full;
	return !s->full && !s->bad;
}

bool release_sample_end(struct release_sample *s)
{
	if (!s->full && !s->bad && hf_csv_end(s->csv) != HF_CSV_GOOD)
		s->bad = !s->full;
	return s->width > 0;
}

bool release_sample_part(const struct release_sample *s)
{
	return s->bad || s->full;
}

struct hf_demand_table release_sample_named(const struct release_sample *s)
{
	return (struct hf_demand_table){s->codes, (const char *const *)s->names, s->width};
}
