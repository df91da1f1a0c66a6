/* drift.c - a sample of the stream goes through identification; declared in drift.h. */
#include "masking/drift.h"

#include <stdlib.h>

#include "base/mem.h"

#define JUDGED_EVERY 32u   /* rows that were looked at, at first; */
#define JUDGED_FIRST 1024u /* later only so often: what is judged grows slowly then */

struct hf_drift {
	struct hf_identify *x;
	size_t *fields;                   /* place in the row of each watched field */
	const struct hf_detector **known; /* of each watched field; NULL: none */
	size_t field_count;
	struct hf_bytes *cells;
	unsigned every;
	uint64_t rows;
	bool stopped;
	size_t found_field;
	struct hf_finding found;
};

struct hf_drift *hf_drift_new(const struct hf_identify_options *o, const struct hf_named_field *fields,
                              const bool *watched, size_t count, unsigned every)
{
	struct hf_drift *d = hf_alloc_zero(sizeof(*d));
	struct hf_named_field *chosen = hf_alloc((count + 1) * sizeof(*chosen));

	d->fields = hf_alloc((count + 1) * sizeof(*d->fields));
	d->cells = hf_alloc_zero((count + 1) * sizeof(*d->cells));
	d->known = hf_alloc_zero((count + 1) * sizeof(*d->known));
	d->every = every ? every : 1;
	for (size_t i = 0; i < count; i++)
		if (watched[i]) {
			chosen[d->field_count] = fields[i];
			d->fields[d->field_count++] = i;
		}
	d->x = hf_identify_new(o, chosen, d->field_count);
	free(chosen);
	return d;
}

void hf_drift_known(struct hf_drift *d, size_t field, const char *kind)
{
	for (size_t i = 0; i < d->field_count; i++)
		if (d->fields[i] == field)
			d->known[i] = hf_detector_named(kind);
}

void hf_drift_free(struct hf_drift *d)
{
	if (!d)
		return;
	hf_identify_free(d->x);
	free(d->fields);
	free(d->cells);
	free(d->known);
	free(d);
}

/* What a field's name says was known when it was confirmed: the values must say it now. */
static bool alarming(const struct hf_finding *f, const struct hf_detector *known)
{
	return f->detector && f->detector != known && f->detector->sensitivity > HF_SENS_GENERAL && f->valid > 0 &&
	       (f->by & HF_BY_CONTENT);
}

static bool judge(struct hf_drift *d)
{
	size_t count;
	const struct hf_field_finding *f = hf_identify_findings(d->x, &count);

	for (size_t i = 0; i < count && !d->stopped; i++)
		if (alarming(&f[i].best, d->known[i])) {
			d->stopped = true;
			d->found = f[i].best;
			d->found_field = d->fields[i];
		}
	return !d->stopped;
}

bool hf_drift_row(struct hf_drift *d, const struct hf_bytes *cells, size_t count)
{
	static const uint8_t nothing[HF_CELL_SLACK];

	if (d->stopped || d->rows++ % d->every != 0)
		return !d->stopped;
	for (size_t i = 0; i < d->field_count; i++)
		d->cells[i] = d->fields[i] < count ? cells[d->fields[i]] : (struct hf_bytes){nothing, 0};
	hf_identify_watch(d->x, d->cells, d->field_count);
	uint64_t seen = hf_identify_rows(d->x);
	return seen % (seen < JUDGED_FIRST ? JUDGED_EVERY : JUDGED_FIRST) != 0 || judge(d);
}

bool hf_drift_end(struct hf_drift *d)
{
	return !d->stopped && judge(d);
}

const struct hf_finding *hf_drift_found(const struct hf_drift *d, size_t *ret_field)
{
	*ret_field = d->found_field;
	return &d->found;
}

uint64_t hf_drift_rows(const struct hf_drift *d)
{
	return hf_identify_rows(d->x);
}
