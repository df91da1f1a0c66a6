/* chosen.c - see chosen.h. */
#include "exchange/chosen.h"

#include <stdlib.h>
#include <string.h>

#include "authz/obligation.h"
#include "base/mem.h"
#include "evidence/label_rows.h"
#include "exchange/masked.h"
#include "exchange/stream.h"
#include "source/query.h"
#include "source/readers/csv_filter.h"

/* Of the decision and of the request; NULL: every row. */
static enum hf_err joined(const struct hf_decision *d, const char *asked, char **ret_rows, struct hf_fault *f)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf all = HF_BUF_INIT;

	all.max = HF_CSV_FILTER_TEXT;
	if (d->rows_beyond || (d->rows && !hf_buf_addf(&all, "%s", d->rows)))
		return hf_fault_set(f, HF_E_OBLIGATION,
		                    "the terms choose the rows by more conditions than this node can hold");
	if (asked[0] && !hf_buf_addf(&all, "%s%s", d->rows ? " AND " : "", asked))
		return hf_fault_set(f, HF_E_LIMIT, "the rows are chosen by too many conditions; ask for fewer");
	*ret_rows = all.len > 0 ? hf_strdup((const char *)all.data) : NULL;
	return HF_OK;
}

/* The request's conditions, by themselves: what is behind them in quotes or behind an OR joins nothing. */
static enum hf_err read_asked(const char *asked, struct hf_csv_filter **ret_filter, struct hf_fault *f)
{
	struct hf_csv_filter *filter = hf_csv_filter_new();
	enum hf_err e = hf_csv_filter_add(filter, asked, f);

	if (e == HF_OK)
		*ret_filter = filter;
	else
		hf_csv_filter_free(filter);
	return e;
}

static enum hf_err parameters_bound(const struct transfer *t, const struct hf_decision *d, struct hf_fault *f)
{
	struct hf_source_view v;

	if (hf_source_get(t->x->sources, t->source, &v) != HF_OK)
		return HF_OK; /* said when it is opened */
	enum hf_err e = hf_query_bound(&v, d->rows, t->rows_wanted, f);
	hf_source_view_done(&v);
	return e;
}

enum hf_err chosen_take(struct transfer *t, const struct export *o, struct hf_fault *f)
{
	struct hf_csv_filter *asked;

	if (o->in->rows[0]) {
		HF_TRY(read_asked(o->in->rows, &asked, f));
		hf_csv_filter_free(asked);
	}
	HF_TRY(joined(&o->decision, o->in->rows, &t->rows_wanted, f));
	return parameters_bound(t, &o->decision, f);
}

enum hf_err chosen_open(struct transfer *t, struct hf_fault *f)
{
	const bool masked = t->mask_plan[0];
	const struct hf_source_choice choice = {.fields = (const char *const *)t->fields,
	                                        .field_count = masked ? 0 : t->field_count,
	                                        .rows = t->rows_wanted,
	                                        .text = masked};

	if (!t->stream)
		return hf_source_choose(t->x->sources, t->source, &choice, &t->reader, f);
	if (t->rows_wanted)
		return hf_fault_set(
		        f, HF_E_OBLIGATION,
		        "a stream goes out message by message, and no rows of it are chosen; ask its provider "
		        "for terms without them");
	return stream_open(t, f);
}

static bool granted(const Hufu__Agreement *terms, const char *field)
{
	for (size_t i = 0; i < terms->n_fields; i++)
		if (strcmp(terms->fields[i], field) == 0)
			return true;
	return false;
}

enum hf_err chosen_shows_nothing(struct transfer *t, const struct export *o, struct hf_fault *f)
{
	struct hf_csv_filter *asked;
	enum hf_err e = HF_OK;

	if (!o->in->rows[0])
		return HF_OK;
	if (masked_demands(t))
		return hf_fault_set(f, HF_E_WRONG_FIELDS,
		                    "rows are asked for, and the masking plan %.63s demands of the risk what only the "
		                    "whole table can keep; ask for all rows, or for terms that choose them",
		                    t->mask_plan);
	HF_TRY(read_asked(o->in->rows, &asked, f));
	for (size_t i = 0; e == HF_OK && i < hf_csv_filter_terms(asked); i++) {
		const char *field = hf_csv_filter_field(asked, i);

		if (!granted(o->decision.terms, field))
			e = hf_fault_set(f, HF_E_WRONG_FIELDS,
			                 "rows are asked for by the field '%.100s', which is outside the "
			                 "authorization; ask by fields that are granted",
			                 field);
		else if (t->masked && !masked_keeps(t, field))
			e = hf_fault_set(
			        f, HF_E_WRONG_FIELDS,
			        "rows are asked for by the field '%.100s', which is delivered masked or not at "
			        "all; ask by fields that are delivered as they are",
			        field);
	}
	hf_csv_filter_free(asked);
	return e;
}

static bool same(const char *a, const char *b)
{
	return strcmp(a ? a : "", b ? b : "") == 0;
}

enum hf_err chosen_still(const struct transfer *t, const struct hf_decision *d, const Hufu__TransferRequest *in,
                         struct hf_fault *f)
{
	char *now = NULL;

	HF_TRY(joined(d, in->rows, &now, f));
	bool still = same(now, t->rows_wanted);
	free(now);
	return still ? HF_OK
	             : hf_fault_set(f, HF_E_OBLIGATION,
	                            "the terms demand other rows now than when the transfer began; fetch the data "
	                            "anew");
}

static enum hf_err unsaid(const struct transfer *t, const char *rows, struct hf_fault *f)
{
	return hf_fault_set(f, HF_E_OBLIGATION, "%s does not say that every row meets %.200s, which %s; ask it why",
	                    t->peer, rows,
	                    t->rows_wanted && strcmp(rows, t->rows_wanted) == 0 ? "was asked for" : "the terms demand");
}

enum hf_err chosen_as_agreed(const struct transfer *t, const Hufu__Label *l, struct hf_fault *f)
{
	const char *rows;

	if (t->rows_wanted && !hf_label_says_rows(l->rows, t->rows_wanted))
		return unsaid(t, t->rows_wanted, f);
	for (size_t i = 0; i < l->n_obligations; i++)
		if (hf_rows_parse(l->obligations[i], &rows) && !hf_label_says_rows(l->rows, rows))
			return unsaid(t, rows, f);
	return HF_OK;
}
