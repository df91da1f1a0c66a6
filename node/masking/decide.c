/*
 * decide.c - from counts and names to one finding per field; declared in identify.h.
 *
 * A detector whose values cannot be mistaken decides by content: most values pass, and of those that have its shape
 * more pass than chance would let through. Others need the field's name, comment or table; the content must not
 * contradict it. An empty field is judged by its name alone. Values that stand in a few rows only make a mixed finding.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "masking/identify_internal.h"

#define MOST 0.5        /* share of the values that makes it the field's kind */
#define SOME_VALUES 3u  /* a mixed finding needs so many */
#define NAMED_LEAST 0.3 /* share of the values that must fit what the name says */
#define PAIR_LEAST 0.95

struct candidate {
	struct hf_finding f;
	double score;
};

static bool beyond_chance(const struct hf_detector *d, uint64_t valid, uint64_t tested)
{
	double ratio = tested ? (double)valid / (double)tested : 0;

	/* Three values that pass a check digit by accident are no kind. */
	if (d->chance > 0.02 && valid < SOME_VALUES)
		return false;
	return ratio >= 0.8 + 0.2 * d->chance * d->chance;
}

static struct candidate by_content(const struct hf_identify *x, const struct hf_column_state *c, size_t i)
{
	const struct hf_detector *d = x->detectors[i];
	uint64_t valid = c->hot->counts[i][HF_MATCH_VALID], shape = c->hot->counts[i][HF_MATCH_SHAPE];
	uint64_t tested = valid + shape + c->hot->counts[i][HF_MATCH_OTHER];
	uint64_t hits = x->shape_only && d->evidence == HF_EVIDENCE_CONTENT ? valid + shape : valid;
	double share = c->finding.values ? (double)hits / (double)c->finding.values : 0;
	struct candidate r = {.score = 0};

	if (d->evidence != HF_EVIDENCE_CONTENT || hits == 0 || (hits == valid && !beyond_chance(d, valid, tested)))
		return r;
	if (hits > valid && (share < 0.9 || !(d->chance > 0.05 && d->chance <= 0.1)))
		return r; /* a shape alone must be that of nearly all, and have a check digit that could be missing */
	if (share < MOST && (hits < SOME_VALUES || d->chance > 0.1) && strcmp(d->id, "text.embedded") != 0)
		return r;
	r.f = (struct hf_finding){d, HF_BY_CONTENT, share < MOST, 0, valid, shape};
	r.f.confidence = r.f.mixed ? 0.5 + 0.2 * share : 0.65 + 0.33 * share * (hits == valid ? 1 : 0.5);
	r.score = share;
	return r;
}

static struct candidate by_name(const struct hf_identify *x, const struct hf_column_state *c, size_t i)
{
	uint64_t valid = c->hot->counts[i][HF_MATCH_VALID], shape = c->hot->counts[i][HF_MATCH_SHAPE];
	double share = c->finding.values ? (double)(valid + shape) / (double)c->finding.values : 0;
	struct candidate r = {.score = 0};

	if (!c->named[i] || (c->finding.values > 0 && share < NAMED_LEAST))
		return r;
	r.f = (struct hf_finding){x->detectors[i], c->named[i], false, 0, valid, shape};
	if (valid + shape > 0)
		r.f.by |= HF_BY_CONTENT;
	r.f.confidence = c->finding.values == 0 ? 0.5 : 0.85 + 0.14 * (double)valid / (double)c->finding.values;
	r.score = share +
	          (c->named[i] & HF_BY_NAME      ? 0.6
	           : c->named[i] & HF_BY_COMMENT ? 0.5
	                                         : 0.4) +
	          (c->finding.values ? 0.2 * (double)valid / (double)c->finding.values : 0);
	return r;
}

static void consider(struct hf_field_finding *f, double *best, double *second, const struct candidate *c)
{
	if (c->score > *best) {
		f->second = f->best;
		*second = *best;
		f->best = c->f;
		*best = c->score;
	} else if (c->score > *second) {
		f->second = c->f;
		*second = c->score;
	}
}

static void consider_rules(const struct hf_identify *x, const struct hf_column_state *c, struct hf_field_finding *f,
                           double *best, double *second)
{
	for (size_t i = 0; x->rules && i < hf_rules_count(x->rules); i++) {
		bool called = c->rule >> i & 1, pattern = hf_rules_has_pattern(x->rules, i);
		double share = f->values ? (double)c->rule_counts[i] / (double)f->values : 0;
		struct candidate r = {{hf_rules_detector(x->rules, i), HF_BY_RULE, false, 0.9, c->rule_counts[i], 0},
		                      0};

		if (called && (!pattern || f->values == 0 || share >= NAMED_LEAST))
			r.score = 3;
		else if (pattern && c->rule_counts[i] > 0 && share >= hf_rules_share(x->rules, i))
			r.score = 2 + share;
		if (called)
			r.f.by |= HF_BY_NAME;
		if (c->rule_counts[i])
			r.f.by |= HF_BY_CONTENT;
		if (r.score > 0)
			consider(f, best, second, &r);
	}
}

static void judge(const struct hf_identify *x, const struct hf_column_state *c, struct hf_field_finding *f)
{
	double best = 0, second = 0;

	for (size_t i = 0; i < x->detector_count; i++) {
		struct candidate named = by_name(x, c, i), told = by_content(x, c, i);

		if (named.score > 0)
			consider(f, &best, &second, &named);
		else if (told.score > 0)
			consider(f, &best, &second, &told);
	}
	consider_rules(x, c, f, &best, &second);
}

static double valid_share(const struct hf_identify *x, const struct hf_column_state *c, const char *id)
{
	for (size_t i = 0; i < x->detector_count; i++)
		if (strcmp(x->detectors[i]->id, id) == 0)
			return c->finding.values ? (double)c->hot->counts[i][HF_MATCH_VALID] / (double)c->finding.values
			                         : 0;
	return 0;
}

static void set_position(struct hf_field_finding *f, const char *id)
{
	f->best = (struct hf_finding){hf_detector_named(id), HF_BY_CONTENT, false, 0.7, f->values, 0};
}

/* Two neighbours that no name speaks of: degrees with four decimals, one of them beyond what a latitude can be. */
static void find_pairs(const struct hf_identify *x, struct hf_field_finding *f)
{
	static const char *const ids[2] = {"position.longitude", "position.latitude"};

	for (size_t i = 0; i + 1 < x->column_count; i++)
		for (size_t k = 0; k < 2 && !f[i].best.detector && !f[i + 1].best.detector; k++)
			if (valid_share(x, &x->columns[i], ids[k]) >= PAIR_LEAST &&
			    valid_share(x, &x->columns[i + 1], ids[1 - k]) >= PAIR_LEAST) {
				set_position(&f[i], ids[k]);
				set_position(&f[i + 1], ids[1 - k]);
			}
}

const struct hf_field_finding *hf_identify_findings(struct hf_identify *x, size_t *ret_count)
{
	free(x->findings);
	x->findings = hf_alloc_zero(x->column_count * sizeof(*x->findings));
	for (size_t i = 0; i < x->column_count; i++) {
		x->columns[i].finding.nulls = x->hot[i].nulls;
		x->columns[i].finding.values = x->rows - x->hot[i].nulls;
		x->columns[i].finding.repeated = x->columns[i].unique.repeated;
		x->findings[i] = x->columns[i].finding;
		judge(x, &x->columns[i], &x->findings[i]);
	}
	find_pairs(x, x->findings);
	*ret_count = x->column_count;
	return x->findings;
}
