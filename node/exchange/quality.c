/* quality.c - see quality.h. */
#include "exchange/quality.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "exchange/receive.h"

struct quality {
	struct hf_csv_rules *rules;
	size_t published;                                 /* so many of them the label said; the others are own */
	char odd[HF_CSV_RULES_MAX][HF_CSV_RULE_TEXT + 1]; /* that cannot be asked of this delivery */
	size_t odd_count;
	bool ended;
};

/* ---- at the provider ---- */

static const Hufu__FieldLabel *label_of(const Hufu__Label *l, const char *field)
{
	for (size_t i = 0; i < l->n_fields; i++)
		if (strcmp(l->fields[i]->name, field) == 0)
			return l->fields[i];
	return NULL;
}

static bool is_masked(const Hufu__FieldLabel *f)
{
	return f->technique && f->technique[0] && strcmp(f->technique, "keep") != 0;
}

struct going_out {
	const Hufu__CatalogEntry *entry;
	const Hufu__Label *label;
};

static bool goes_out(void *ctx, const char *field)
{
	const struct going_out *o = ctx;
	const Hufu__FieldLabel *f = field ? label_of(o->label, field) : NULL;
	if (field)
		return f && !is_masked(f);
	for (size_t i = 0; i < o->label->n_fields; i++) /* rows alike need all the fields that told them apart */
		if (is_masked(o->label->fields[i]))
			return false;
	return o->label->n_fields == o->entry->n_fields;
}

char **quality_published(const Hufu__CatalogEntry *e, const Hufu__Label *l, size_t *ret_count)
{
	struct going_out o = {e, l};
	char **list = hf_alloc_zero((e->n_quality + 1) * sizeof(*list));
	*ret_count = 0;
	for (size_t i = 0; i < e->n_quality; i++)
		if (hf_csv_rule_is_about(e->quality[i], goes_out, &o))
			list[(*ret_count)++] = e->quality[i];
	return list;
}

/* ---- at the consumer ---- */

static struct hf_csv_column column_of(const char *name, const char *type)
{
	struct hf_csv_column c = {.type = hf_csv_type_named(type)};
	snprintf(c.name, sizeof(c.name), "%s", name);
	return c;
}

enum hf_err quality_fits(const Hufu__CatalogEntry *e, const char *const *rules, size_t count, struct hf_fault *f)
{
	struct hf_csv_column *columns = hf_alloc_zero((e->n_fields + 1) * sizeof(*columns));
	struct hf_csv_rules *r = hf_csv_rules_new();
	enum hf_err err = HF_OK;
	for (size_t i = 0; i < e->n_fields; i++)
		columns[i] = column_of(e->fields[i]->name, e->fields[i]->type);
	for (size_t i = 0; err == HF_OK && i < count; i++)
		err = hf_csv_rules_add(r, rules[i], columns, e->n_fields, f);
	hf_csv_rules_free(r);
	free(columns);
	return err;
}

static void add_rules(struct quality *q, const Hufu__Label *l, const struct hf_csv_column *columns, char *const *rules,
                      size_t count)
{
	struct hf_fault f = {HF_OK, ""};
	for (size_t i = 0; i < count; i++)
		if (hf_csv_rules_add(q->rules, rules[i], columns, l->n_fields, &f) != HF_OK &&
		    q->odd_count < HF_CSV_RULES_MAX)
			snprintf(q->odd[q->odd_count++], sizeof(q->odd[0]), "%.255s", rules[i]);
}

static void take_rules(struct quality *q, const Hufu__Label *l, const struct transfer *t)
{
	struct hf_csv_column *columns = hf_alloc_zero((l->n_fields + 1) * sizeof(*columns));
	for (size_t i = 0; i < l->n_fields; i++) /* what a technique made of it is a text */
		columns[i] = column_of(l->fields[i]->name, is_masked(l->fields[i]) ? "string" : l->fields[i]->type);
	add_rules(q, l, columns, l->quality, l->n_quality);
	q->published = hf_csv_rules_count(q->rules);
	add_rules(q, l, columns, t->rules, t->rule_count);
	free(columns);
}

struct quality *quality_new(const struct transfer *t)
{
	HF_CLEANUP(hf_decoded_done) Hufu__Envelope *e = HF_DECODE(envelope, t->start.data, t->start.len);
	HF_CLEANUP(hf_decoded_done)
	Hufu__TransferStart *s = e ? HF_DECODE(transfer_start, e->payload.data, e->payload.len) : NULL;
	if (!s || !s->label || s->label->n_quality + t->rule_count == 0)
		return NULL;
	struct quality *q = hf_alloc_zero(sizeof(*q));
	q->rules = hf_csv_rules_new();
	take_rules(q, s->label, t);
	return q;
}

void quality_free(struct quality *q)
{
	if (!q)
		return;
	hf_csv_rules_free(q->rules);
	free(q);
}

void quality_feed(struct quality *q, const void *data, size_t len)
{
	if (q)
		hf_csv_rules_feed(q->rules, data, len);
}

/* ---- the verdict ---- */

static void add_finding(struct verdict *v, const char *point, bool ok, const char *fmt, ...)
        __attribute__((format(printf, 4, 5)));
static void add_finding(struct verdict *v, const char *point, bool ok, const char *fmt, ...)
{
	va_list ap;
	Hufu__Finding *f = &v->finding[v->count];
	hufu__finding__init(f);
	va_start(ap, fmt);
	vsnprintf(v->text[v->count], sizeof(v->text[0]), fmt, ap);
	va_end(ap);
	f->point = (char *)point;
	f->ok = ok;
	f->text = v->text[v->count];
	v->list[v->count++] = f;
	v->met = v->met && ok;
}

static bool columns_fit(const struct hf_csv_verdict *c, const Hufu__Label *l)
{
	if (c->column_count != l->n_fields)
		return false;
	for (size_t i = 0; i < c->column_count; i++)
		if (strcmp(c->names[i], l->fields[i]->name) != 0)
			return false;
	return true;
}

/* DS-58, DS-64: the quality finding: names of the defects, never a value. */
static void judge(struct transfer *t, const Hufu__Manifest *m, struct verdict *v)
{
	struct hf_csv_verdict c;
	hf_csv_check_end(t->receive->check);
	hf_csv_check_verdict(t->receive->check, &c);
	v->met = true;
	add_finding(v, "schema", columns_fit(&c, m->label), "%zu columns, %zu declared", c.column_count,
	            m->label->n_fields);
	add_finding(v, "form", c.defect == HF_CSV_GOOD, "%s",
	            c.defect == HF_CSV_GOOD ? "RFC 4180" : hf_csv_defect_text(c.defect));
	add_finding(v, "width", c.wrong_width == 0, "%llu rows of another width", (unsigned long long)c.wrong_width);
	add_finding(v, "rows", c.rows == m->rows, "%llu rows, %llu declared", (unsigned long long)c.rows,
	            (unsigned long long)m->rows);
	if (t->target->sealed) /* DS-85: what the provider may demand */
		add_finding(v, "storage", true, "kept sealed");
}

static void judge_rules(struct quality *q, struct verdict *v)
{
	struct hf_csv_rule_verdict r;
	if (!q->ended) /* a verdict whose record could not be stored is made again */
		hf_csv_rules_end(q->rules);
	q->ended = true;
	for (size_t i = 0; i < hf_csv_rules_count(q->rules) && v->count < FINDINGS_MAX; i++) {
		hf_csv_rules_verdict(q->rules, i, &r);
		char rest[80] = "";
		if (r.unexamined)
			snprintf(rest, sizeof(rest), "; %llu were not examined, for want of room",
			         (unsigned long long)r.unexamined);
		else if (!r.whole)
			snprintf(rest, sizeof(rest), ", as far as it could be read");
		add_finding(v, r.criterion, r.against == 0, "%s rule '%.255s': %llu of %llu rows are against it%s",
		            i < q->published ? "published" : "own", r.text, (unsigned long long)r.against,
		            (unsigned long long)r.rows, rest);
	}
	for (size_t i = 0; i < q->odd_count && v->count < FINDINGS_MAX; i++)
		add_finding(v, "rule", false, "the rule '%.255s' cannot be asked of the fields that were delivered",
		            q->odd[i]);
}

enum hf_err hf_exchange_findings(struct hf_exchange *x, const struct hf_id *transfer, hf_quality_fn fn, void *ctx)
{
	struct transfer *t = transfer_find(x, transfer, false), *loaded = NULL;
	if (!t)
		t = transfer_find(x, transfer, true);
	if (!t && transfer_load(x, transfer, false, &loaded) != HF_OK)
		HF_TRY(transfer_load(x, transfer, true, &loaded));
	const struct hf_buf *b = t ? &t->receipt : &loaded->receipt;
	HF_CLEANUP(hf_decoded_done) Hufu__Envelope *e = HF_DECODE(envelope, b->data, b->len);
	HF_CLEANUP(hf_decoded_done) Hufu__Receipt *r = e ? HF_DECODE(receipt, e->payload.data, e->payload.len) : NULL;
	for (size_t i = 0; r && i < r->n_findings; i++)
		fn(ctx, r->findings[i]);
	transfer_release(loaded);
	return HF_OK;
}

struct verdict *quality_judge(struct transfer *t, const Hufu__Manifest *m)
{
	struct verdict *v = hf_alloc_zero(sizeof(*v));
	judge(t, m, v);
	if (t->receive->quality)
		judge_rules(t->receive->quality, v);
	return v;
}
