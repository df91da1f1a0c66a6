/* masked.c - see masked.h. */
#include "exchange/masked.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "authz/obligation.h"
#include "base/mem.h"
#include "masking/plan_files.h"
#include "release/disclosures.h"
#include "release/engine/measure.h"
#include "release/mask_keys.h"
#include "release/plans.h"
#include "source/classify.h"
#include "source/readers/csv.h"

#define CELL_MOST 72u /* bytes that a masked cell may be longer than twice the plain one: a hash, a code of a table */

struct masked {
	struct hf_plan *plan;
	const struct hf_plan_table *table;
	struct masked_scope of;
	struct hf_apply_count *fields; /* one for each of the transfer's */
	uint64_t most;
	const char *kind; /* of the reader's error; NULL: of none */
	const char *quasi[HF_MAX_FIELDS];
	size_t quasi_count;
	json_t *effect; /* own; the reader's, until it has read to the end */
};

/* ---- opening ---- */

enum hf_err masked_demand(const struct hf_exchange *x, const struct hf_decision *d, struct hf_fault *f)
{
	if (d->masked_otherwise)
		return hf_fault_set(
		        f, HF_E_MASKING,
		        "the terms demand the masking plan '%.63s' and another one; let the provider keep one",
		        d->masked);
	if (d->masked[0] && !x->masking.keys)
		return hf_fault_set(f, HF_E_MASKING,
		                    "this node has no masking keys, so the plan '%.63s' cannot be used", d->masked);
	if (d->masked[0] && x->masking.waits && x->masking.waits(x->masking.ctx))
		return hf_fault_set(f, HF_E_BUSY, "this node tries its masking methods since it started; ask again");
	return HF_OK;
}

enum hf_err masked_fault(enum hf_err e, const char *plan, struct hf_fault *f)
{
	struct hf_fault was = *f;

	if (e == HF_OK || hf_err_class(e) == HF_CLASS_RETRY)
		return e;
	return hf_fault_set(f, HF_E_MASKING, "the masking plan '%.63s' cannot be used here: %.300s", plan,
	                    was.text[0] ? was.text : hf_err_text(e));
}

enum hf_err masked_plan(const struct hf_exchange *x, const char *name, const struct hf_hash *was,
                        struct hf_plan **ret_plan, struct hf_fault *f)
{
	struct hf_plan *plan;
	struct hf_hash none = {{0}};
	enum hf_err e = HF_OK;

	if (!x->masking.keys || !x->masking.plan)
		return hf_fault_set(f, HF_E_MASKING, "this node has no masking plans");
	HF_TRY(x->masking.plan(x->masking.ctx, name, &plan, f));
	if (memcmp(was->b, none.b, sizeof(none.b)) != 0 && memcmp(was->b, plan->digest.b, sizeof(none.b)) != 0)
		e = hf_fault_set(f, HF_E_MASKING, "it has changed since it was begun with; begin anew");
	else if (plan->mode != HF_PLAN_DYNAMIC)
		e = hf_fault_set(f, HF_E_MASKING,
		                 "it is static, for tasks; a delivery or a read needs one whose mode is dynamic");
	if (e == HF_OK)
		*ret_plan = plan;
	else
		hf_plan_free(plan);
	return e;
}

static enum hf_err take_plan(struct transfer *t, struct masked *m, struct hf_fault *f)
{
	HF_TRY(masked_plan(t->x, t->mask_plan, &t->mask_digest, &m->plan, f));
	m->table = masked_table(m->plan, t->source);
	if (!m->table)
		return hf_fault_set(f, HF_E_MASKING, "none of its tables is named as the source %.63s", t->source);
	return hf_release_fits(t->x->sources, t->source, m->plan, m->table->name, NULL, f);
}

const struct hf_plan_table *masked_table(const struct hf_plan *p, const char *source)
{
	const struct hf_plan_table *t = hf_plan_table_named(p, source);

	return t || p->table_count != 1 ? t : &p->tables[0];
}

void masked_scope_of(const struct transfer *t, const struct hf_plan *p, struct masked_scope *ret_s)
{
	ret_s->contract = hf_id_is_zero(&t->agreement) ? t->resource : t->agreement;
	hf_id_text(&ret_s->contract, ret_s->text);
	ret_s->scope = p->scope;
	ret_s->scope.consumer = t->peer;
	ret_s->scope.contract = ret_s->text;
}

/* A field that the plan leaves out cannot be given, though somebody asks for it. */
static bool keeps(const struct hf_apply_setup *s, const struct hf_apply *a, const char *field,
                  struct hf_apply_count *ret_count)
{
	size_t k = 0;

	while (k < s->header_count && strcmp(s->header[k], field) != 0)
		k++;
	if (k == s->header_count || !hf_apply_keeps(a, k))
		return false;
	hf_apply_counts(a, k, ret_count);
	return true;
}

static enum hf_err check_fields(const struct hf_apply_setup *s, const struct hf_apply *a, struct hf_apply_count *counts,
                                struct hf_fault *f)
{
	if (hf_apply_whole(a))
		return hf_fault_set(f, HF_E_MASKING,
		                    "one of its techniques needs the whole table, which a delivery does not hold");
	for (size_t i = 0; i < s->only_count; i++)
		if (!keeps(s, a, s->only[i], &counts[i]))
			return hf_fault_set(f, HF_E_MASKING, "it leaves out the field '%.100s'; ask for the other ones",
			                    s->only[i]);
	return HF_OK;
}

enum hf_err masked_fits(const struct hf_apply_setup *s, struct hf_apply_count *ret_counts, struct hf_fault *f)
{
	struct hf_apply *a;
	enum hf_err e;

	HF_TRY(hf_apply_open(s, f, &a));
	e = check_fields(s, a, ret_counts, f);
	hf_apply_close(a);
	return e;
}

/* Held against the source's columns as they were scanned: they are what is read. */
static enum hf_err fit_table(struct transfer *t, struct masked *m, struct masked_setup *s,
                             const struct hf_source_view *v, struct hf_fault *f)
{
	const char **header = hf_alloc_zero((v->field_count + 1) * sizeof(*header));
	enum hf_err e;

	for (size_t i = 0; i < v->field_count; i++)
		header[i] = v->fields[i].name;
	struct hf_apply_setup as = {.plan = m->plan,
	                            .table = m->table->name,
	                            .header = header,
	                            .header_count = v->field_count,
	                            .root = &s->root,
	                            .seed = &s->seed,
	                            .scope = &m->of.scope,
	                            .only = s->fields,
	                            .only_count = s->field_count,
	                            .file = hf_plan_file,
	                            .file_ctx = m->plan};
	m->fields = hf_alloc_zero((t->field_count + 1) * sizeof(*m->fields));
	e = masked_fits(&as, m->fields, f);
	if (e == HF_OK && m->table->demand) { /* held with all of its fields */
		as.only_count = 0;
		e = masked_fits(&as, NULL, f);
	}
	free(header);
	m->most = 2 * hf_csv_project_most(t->table_bytes) + (t->table_rows + 1) * (t->field_count + 1) * CELL_MOST;
	return e;
}

/* Rows are counted anew in each delivery of a stream: what depends on their number would repeat. */
static enum hf_err of_values(const struct transfer *t, const struct masked *m, struct hf_fault *f)
{
	for (size_t i = 0; i < t->field_count; i++) {
		const struct hf_plan_field *field = m->fields[i].field;

		if (field && field->technique && field->technique->record.repeats != HF_REPEATS_VALUE)
			return hf_fault_set(
			        f, HF_E_MASKING,
			        "its technique %s depends on the number of the row, which a stream does not have",
			        field->technique->id);
	}
	return HF_OK;
}

static enum hf_err open_all(struct transfer *t, struct masked *m, struct masked_setup *s, struct hf_fault *f)
{
	struct hf_source_view v;

	masked_error(t, "format");
	HF_TRY(take_plan(t, m, f));
	HF_TRY(t->x->masking.related(t->x->masking.ctx, m->plan, t->source, m->table->name, f));
	masked_scope_of(t, m->plan, &m->of);
	s->plan = m->plan;
	s->table = m->table->name;
	s->scope = &m->of.scope;
	s->fields = (const char *const *)t->fields;
	s->field_count = t->field_count;
	s->workers = t->x->masked_open < MASKED_PARALLEL ? 2 : 0;
	masked_error(t, "key");
	hf_mask_root(t->x->masking.keys, &s->root);
	HF_TRY(hf_mask_seed_make(t->x->masking.keys, &m->of.contract, t->peer, &s->seed, f));
	masked_error(t, "source");
	HF_TRY(hf_source_get(t->x->sources, t->source, &v));
	masked_error(t, "format");
	enum hf_err e = fit_table(t, m, s, &v, f);
	if (e == HF_OK && m->table->demand && v.rows > MASKED_DEMAND_ROWS)
		e = hf_fault_set(
		        f, HF_E_MASKING,
		        "it demands figures of the whole table, and the source has more than %u rows; deliver what a "
		        "task makes of it",
		        MASKED_DEMAND_ROWS);
	hf_source_view_done(&v);
	return e == HF_OK && t->stream ? of_values(t, m, f) : e;
}

static void free_masked(struct masked *m)
{
	hf_plan_free(m->plan);
	json_decref(m->effect);
	free(m->fields);
	free(m);
}

/* What is measured on the way. */
static void look_for(struct transfer *t, struct masked *m, struct masked_setup *s)
{
	json_t *inventory = hf_source_inventory(t->x->sources, t->source);

	m->quasi_count =
	        hf_measure_quasi(m->table, inventory, (const char *const *)t->fields, t->field_count, m->quasi);
	json_decref(inventory);
	s->of = m->table;
	s->quasi = m->quasi;
	s->quasi_count = m->quasi_count;
	s->ret_effect = &m->effect;
	s->holding = &t->x->masked_holding;
	s->stop = &t->x->stopping;
}

enum hf_err masked_open(struct transfer *t, struct hf_fault *f)
{
	struct masked_setup s = {.plan = NULL};
	struct masked *m;

	if (!t->mask_plan[0])
		return HF_OK;
	m = hf_alloc_zero(sizeof(*m));
	enum hf_err e = masked_fault(open_all(t, m, &s, f), t->mask_plan, f);
	if (e != HF_OK) {
		free_masked(m);
	} else {
		t->mask_error = NULL;
		s.most = m->most;
		s.ret_kind = &m->kind;
		look_for(t, m, &s);
		t->mask_digest = m->plan->digest;
		t->masked = m;
		t->x->masked_open++;
		t->reader = masked_reader_new(t->reader, &s);
	}
	hf_wipe(&s, sizeof(s));
	return e;
}

void masked_close(struct transfer *t)
{
	if (!t->masked)
		return;
	t->x->masked_open--;
	free_masked(HF_TAKE(t->masked));
}

void masked_by(const struct transfer *t, char text[64], struct hf_disclosure_in *ret_in)
{
	char id[HF_ID_TEXT];

	hf_id_text(&t->id, id);
	snprintf(text, 64, "transfer %s", id);
	ret_in->plan = t->masked->plan;
	ret_in->table = t->masked->table->name;
	ret_in->scope = &t->masked->of.scope;
	ret_in->release = text;
}

/* ---- while it goes on ---- */

enum hf_err masked_still(struct transfer *t, const struct hf_decision *d, struct hf_fault *f)
{
	struct masked now = {.plan = NULL};
	enum hf_err e;

	if (d->masked_otherwise || strcmp(d->masked, t->mask_plan) != 0)
		return hf_fault_set(f, HF_E_MASKING,
		                    "the terms demand another masking now than when the transfer began; fetch the data "
		                    "anew");
	if (!t->mask_plan[0])
		return HF_OK;
	e = masked_fault(take_plan(t, &now, f), t->mask_plan, f);
	hf_plan_free(now.plan);
	return e;
}

enum hf_err masked_seed_stands(struct transfer *t, struct hf_fault *f)
{
	if (!t->masked || hf_mask_seed_stands(t->x->masking.keys, &t->masked->of.contract))
		return HF_OK;
	masked_error(t, "key");
	return hf_fault_set(f, HF_E_MASKING,
	                    "the masking seed of contract %s was erased; for new deliveries, agree anew",
	                    t->masked->of.text);
}

json_t *masked_figures(const struct transfer *t)
{
	return t->masked ? t->masked->effect : NULL;
}

uint64_t masked_most(const struct transfer *t)
{
	return t->masked->most;
}

void masked_why(const struct transfer *t, enum hf_err e, char out[400])
{
	const char *why = t->masked && t->reader ? hf_source_reader_why(t->reader) : "";

	snprintf(out, 400, "%s", why[0] ? why : hf_err_text(e));
}

/* ---- when it fails ---- */

void masked_error(struct transfer *t, const char *kind)
{
	t->mask_error = t->mask_plan[0] ? kind : NULL;
}

void masked_read_error(struct transfer *t, enum hf_err e)
{
	const char *kind = t->masked && t->reader ? t->masked->kind : NULL;

	masked_error(t, kind ? kind : e == HF_E_SOURCE_CHANGED ? "source" : NULL);
}

/* The scheme of the plan that it goes out by, or of the one that stands approved now; ret_own keeps it. */
static const struct hf_plan_emergency *scheme_of(const struct transfer *t, struct hf_plan **ret_own)
{
	const struct hf_exchange_masking *x = &t->x->masking;
	const struct hf_plan *plan = t->masked ? t->masked->plan : NULL;
	struct hf_fault f;

	*ret_own = NULL;
	if (!plan && x->plan && x->plan(x->ctx, t->mask_plan, ret_own, &f) == HF_OK)
		plan = *ret_own;
	return plan && t->mask_error ? hf_plan_emergency_for(plan, t->mask_error) : NULL;
}

/* Of no transaction: persons and causes of the plan are not the consumer's to read. */
static void record_scheme(const struct transfer *t, enum hf_err e, const char *why, const char *done, struct hf_unit *u)
{
	struct hf_plan *own;
	const struct hf_plan_emergency *x = scheme_of(t, &own);
	struct hf_draft *d = hf_draft_new(HF_EVENT_MASK_STEP, NULL);
	char id[HF_ID_TEXT], scheme[900] = "the plan is not there to say what is done", detail[1600];

	if (x)
		hf_plan_emergency_text(x, done, scheme, sizeof(scheme));
	snprintf(detail, sizeof(detail), "step execute: %s: %.400s; %s", t->mask_error, why, scheme);
	hf_plan_free(own);
	hf_id_text(&t->id, id);
	hf_draft_text(d, HF_FIELD_ACTOR, t->x->base->self.s);
	hf_draft_textf(d, HF_FIELD_OBJECT, "transfer %s, masking plan %s", id, t->mask_plan);
	hf_draft_text(d, HF_FIELD_COUNTERPARTY, t->peer);
	hf_draft_text(d, HF_FIELD_MANNER, "channel");
	hf_draft_bytes(d, HF_FIELD_DIGEST, t->mask_digest.b, sizeof(t->mask_digest.b));
	hf_draft_outcome(d, e, detail);
	hf_unit_draft(u, d);
	hf_alarm(t->x->base, "masking", &t->id, "%s", detail);
}

bool masked_ends(struct transfer *t, enum hf_err e, const char *why)
{
	struct hf_plan *own = NULL;
	const struct hf_plan_emergency *x = scheme_of(t, &own);
	bool waits = hf_err_class(e) == HF_CLASS_RETRY && x && x->pause;
	struct hf_unit *u;

	hf_plan_free(own);
	if (!waits)
		return t->mask_error || e == HF_E_MASKING;
	if (!t->mask_waits) {
		t->mask_waits = true;
		u = hf_unit_new();
		record_scheme(t, e, why, "the delivery waits, and its consumer asks again", u);
		hf_store_submit(t->x->store, u, NULL, NULL);
	}
	t->mask_error = NULL;
	return false;
}

void masked_scheme(const struct transfer *t, enum hf_err e, const char *why, struct hf_unit *u, char ret_said[120])
{
	ret_said[0] = '\0';
	if (!t->mask_error)
		return;
	record_scheme(t, e, why,
	              t->recorded ? "the delivery ends, and nothing of it counts as delivered" : "nothing is delivered",
	              u);
	snprintf(ret_said, 120, "; by its plan's scheme for %s errors the delivery ends", t->mask_error);
}

/* ---- what is said about it ---- */

static const char *technique_of(const struct hf_apply_count *c)
{
	return c->field->technique ? c->field->technique->id : "keep";
}

void masked_label(const struct transfer *t, Hufu__Label *l)
{
	const struct masked *m = t->masked;

	if (!m)
		return;
	l->mask_plan = (char *)t->mask_plan;
	l->mask_version = m->plan->version;
	l->mask_digest = (ProtobufCBinaryData){sizeof(m->plan->digest.b), m->plan->digest.b};
	for (size_t i = 0; i < l->n_fields; i++)
		for (size_t k = 0; k < t->field_count; k++)
			if (strcmp(l->fields[i]->name, t->fields[k]) == 0) {
				l->fields[i]->technique = (char *)technique_of(&m->fields[k]);
				l->fields[i]->mask_key = m->fields[k].key_id;
			}
}

bool masked_demands(const struct transfer *t)
{
	return t->masked && t->masked->table->demand;
}

bool masked_keeps(const struct transfer *t, const char *field)
{
	for (size_t k = 0; k < t->field_count; k++)
		if (strcmp(t->fields[k], field) == 0)
			return !t->masked || !t->masked->fields[k].field->technique;
	return false;
}

static void draft_text(struct hf_draft *d, const Hufu__Label *l, const char *effect)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf b = HF_BUF_INIT;
	struct hf_hash digest;
	char hex[65], line[400];

	if (l->mask_digest.len != sizeof(digest.b))
		return;
	memcpy(digest.b, l->mask_digest.data, sizeof(digest.b));
	hf_hash_hex(&digest, hex);
	snprintf(line, sizeof(line), "plan %.63s version %u digest %s", l->mask_plan, l->mask_version, hex);
	if (!hf_buf_add(&b, line, strlen(line)))
		return;
	for (size_t i = 0; i < l->n_fields; i++) {
		const Hufu__FieldLabel *x = l->fields[i];

		snprintf(line, sizeof(line), "; %.127s: %.63s%s%.16s", x->name, x->technique,
		         *x->mask_key ? " key " : "", x->mask_key);
		if (!hf_buf_add(&b, line, strlen(line)))
			break;
	}
	if (*effect)
		hf_buf_addf(&b, "; %s", effect);
	if (hf_buf_add(&b, "", 1))
		hf_draft_text(d, HF_FIELD_MASKING, (const char *)b.data);
}

void masked_draft(const struct transfer *t, struct hf_draft *d)
{
	HF_CLEANUP(hf_decoded_done) Hufu__Envelope *e = HF_DECODE(envelope, t->start.data, t->start.len);
	HF_CLEANUP(hf_decoded_done)
	Hufu__TransferStart *s = e ? HF_DECODE(transfer_start, e->payload.data, e->payload.len) : NULL;

	char effect[900];

	if (!s || !s->label || !*s->label->mask_plan)
		return;
	masked_effect_text(t, effect, sizeof(effect));
	draft_text(d, s->label, effect);
	if (t->masked)
		hf_draft_textf(d, HF_FIELD_EXECUTOR, "%s/%s", t->x->base->self.s, t->masked->plan->operator_name);
}

static bool says_plan(const Hufu__Label *l, const char *plan)
{
	return strcmp(plan, l->mask_plan) == 0 && l->mask_digest.len == sizeof(struct hf_hash);
}

enum hf_err masked_as_agreed(const char *peer, const Hufu__Label *l, struct hf_fault *f)
{
	char plan[HF_NAME_MAX + 1];

	for (size_t i = 0; i < l->n_obligations; i++)
		if (hf_mask_parse(l->obligations[i], plan) && !says_plan(l, plan))
			return hf_fault_set(f, HF_E_OBLIGATION,
			                    "%s does not say that the data is masked by the plan '%s', which the terms "
			                    "demand; ask it why",
			                    peer, plan);
	return HF_OK;
}

enum hf_err masked_as_published(const struct transfer *t, const Hufu__Label *l, struct hf_fault *f)
{
	struct hf_catalog_item item;
	char plan[HF_NAME_MAX + 1];
	enum hf_err e = HF_OK;

	if (hf_catalog_get(t->x->catalog, t->peer, &t->resource, &item) != HF_OK)
		return HF_OK; /* it was withdrawn meanwhile, or is not for this node: what was agreed counts alone */
	for (size_t i = 0; e == HF_OK && i < item.entry->n_policy; i++)
		if (strcmp(item.entry->policy[i]->kind, "duty") == 0 &&
		    hf_mask_parse(item.entry->policy[i]->action, plan) && !says_plan(l, plan))
			e = hf_fault_set(f, HF_E_OBLIGATION,
			                 "%s does not say that the data is masked by the plan '%s', which the entry of "
			                 "version %u demands; ask it why, or fetch again when a newer version is here",
			                 t->peer, plan, item.entry->version);
	hf_catalog_item_done(&item);
	return e;
}
