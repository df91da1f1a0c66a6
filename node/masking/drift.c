/* drift.c - a sample of the stream goes through identification; declared in drift.h. */
#include "masking/drift.h"

#include <stdlib.h>

#include <string.h>

#include "base/mem.h"
#include "masking/pattern_steps.h"
#include "masking/rules.h"

#define JUDGED_EVERY 32u   /* rows that were looked at, at first; */
#define JUDGED_FIRST 1024u /* later only so often: what is judged grows slowly then */

#define NAMED_LEAST 0.3 /* share of the values that must fit a rule which the field's name calls */
#define SOME_VALUES 3u  /* fewer that match are no kind, unless there are no others */

/* A watched field and the user's rules. */
struct own {
	uint64_t called; /* by its name */
	uint32_t counts[HF_RULES_MAX], values;
};

struct hf_drift {
	struct hf_identify *x;
	struct hf_rules *rules; /* NULL: none with a pattern */
	size_t patterns;
	struct own *own;
	size_t turn;                      /* field that the rules look at next */
	int64_t credit;                   /* steps */
	size_t *fields;                   /* place in the row of each watched field */
	const struct hf_detector **known; /* of each watched field; NULL: none */
	size_t field_count;
	struct hf_bytes *cells;
	unsigned every;
	uint64_t rows;
	bool stopped;
	struct hf_fault failed; /* a detector of the user */
	size_t found_field;
	struct hf_finding found;
};

static void take_rules(struct hf_drift *d, struct hf_rules *rules, const struct hf_named_field *fields)
{
	for (size_t i = 0; rules && i < hf_rules_count(rules); i++)
		d->patterns += hf_rules_has_pattern(rules, i);
	if (d->patterns == 0)
		return;
	d->rules = rules;
	d->own = hf_alloc_zero((d->field_count + 1) * sizeof(*d->own));
	for (size_t i = 0; i < d->field_count; i++)
		d->own[i].called = hf_rules_for(rules, fields[i].name, fields[i].comment);
}

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
	take_rules(d, o->rules, chosen);
	free(chosen);
	return d;
}

static const struct hf_detector *detector_of(const struct hf_drift *d, const char *kind)
{
	for (size_t i = 0; d->rules && i < hf_rules_count(d->rules); i++)
		if (strcmp(hf_rules_detector(d->rules, i)->id, kind) == 0)
			return hf_rules_detector(d->rules, i);
	return hf_detector_named(kind);
}

void hf_drift_known(struct hf_drift *d, size_t field, const char *kind)
{
	for (size_t i = 0; i < d->field_count; i++)
		if (d->fields[i] == field)
			d->known[i] = detector_of(d, kind);
}

void hf_drift_free(struct hf_drift *d)
{
	if (!d)
		return;
	hf_identify_free(d->x);
	if (d->rules)
		hf_rules_drop(d->rules); /* they count in own no longer */
	free(d->own);
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

/* ---- the user's rules ---- */

/* Spaces around a value are not part of it. */
static struct hf_bytes trimmed(struct hf_bytes b)
{
	for (; b.len > 0 && b.data[0] == ' '; b.data++)
		b.len--;
	while (b.len > 0 && b.data[b.len - 1] == ' ')
		b.len--;
	return b;
}

/* The fields in turn, as far as what a pattern may take at most is paid for. */
static void see_own(struct hf_drift *d)
{
	d->credit += HF_DRIFT_STEPS;
	if (d->credit > HF_DRIFT_STEPS)
		d->credit = HF_DRIFT_STEPS;
	for (size_t i = 0; i < d->field_count && d->credit > 0; i++) {
		const struct hf_bytes cell = trimmed(d->cells[d->turn]);
		struct own *own = &d->own[d->turn];

		d->turn = (d->turn + 1) % d->field_count;
		if (cell.len == 0)
			continue;
		hf_rules_see(d->rules, own->counts, cell.data, cell.len);
		own->values++;
		d->credit -= (int64_t)(d->patterns * hf_pattern_steps(cell.len));
	}
}

static bool fits(const struct hf_drift *d, const struct own *own, size_t rule)
{
	uint32_t hits = own->counts[rule];
	double share = own->values ? (double)hits / own->values : 0;

	if (hits == 0 || (hits < SOME_VALUES && hits < own->values))
		return false;
	return share >= (own->called >> rule & 1 ? NAMED_LEAST : hf_rules_share(d->rules, rule));
}

static bool judge_own(struct hf_drift *d, size_t field)
{
	struct own *own = &d->own[field];

	for (size_t i = 0; i < hf_rules_count(d->rules) && !d->stopped; i++) {
		const struct hf_detector *is = hf_rules_detector(d->rules, i);

		if (is == d->known[field] || is->sensitivity <= HF_SENS_GENERAL || !fits(d, own, i))
			continue;
		d->stopped = true;
		d->found = (struct hf_finding){is, HF_BY_RULE | HF_BY_CONTENT, false, 0.9, own->counts[i], 0};
		d->found_field = d->fields[field];
	}
	if (own->values >= HF_DRIFT_BLOCK) { /* what came long ago hides nothing that comes now */
		memset(own->counts, 0, sizeof(own->counts));
		own->values = 0;
	}
	return !d->stopped;
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
	if (d->rules && !d->stopped && hf_rules_settle(d->rules, &d->failed) != HF_OK) {
		d->stopped = true; /* nobody knows what it would have found */
		d->found = (struct hf_finding){.detector = NULL};
	}
	for (size_t i = 0; d->rules && i < d->field_count && !d->stopped; i++)
		(void)!judge_own(d, i);
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
	if (d->rules)
		see_own(d);
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

const char *hf_drift_failed(const struct hf_drift *d)
{
	return d->failed.text;
}

uint64_t hf_drift_rows(const struct hf_drift *d)
{
	return hf_identify_rows(d->x);
}
