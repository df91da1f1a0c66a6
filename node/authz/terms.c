/*
 * terms.c - what an application and an agreement may say. Pure functions: the same checks when sending and when
 * receiving. The sentences go to peers too, so they tell nothing of the entry that the application does not (SB-23).
 */
#include <stdlib.h>
#include <string.h>

#include "authz/internal.h"
#include "authz/obligation.h"
#include "source/readers/csv_filter.h"

enum hf_err az_terms_period(int64_t from_ms, int64_t until_ms, struct hf_fault *f)
{
	char from[HF_TIME_TEXT], until[HF_TIME_TEXT], latest[HF_TIME_TEXT];
	int64_t last = hf_time_add_years(from_ms, PERIOD_YEARS_MAX);
	hf_time_text(from_ms, from);
	hf_time_text(until_ms, until);
	hf_time_text(last, latest);
	if (until_ms <= from_ms)
		return hf_fault_set(f, HF_E_ARGUMENT,
		                    "the period ends at %s, before or when it begins at %s; state a later end", until,
		                    from);
	if (until_ms > last)
		return hf_fault_set(
		        f, HF_E_LIMIT,
		        "the period from %s until %s is longer than 3 years; it may end at %s at the latest", from,
		        until, latest);
	return HF_OK;
}

static const Hufu__Field *find_field(const Hufu__CatalogEntry *entry, const char *field)
{
	for (size_t i = 0; i < entry->n_fields; i++)
		if (strcmp(entry->fields[i]->name, field) == 0)
			return entry->fields[i];
	return NULL;
}

enum hf_err az_terms_fields(const Hufu__CatalogEntry *entry, char *const *fields, size_t count, struct hf_fault *f)
{
	if (count > FIELDS_MAX)
		return hf_fault_set(f, HF_E_LIMIT, "at most %u fields can be applied for", FIELDS_MAX);
	for (size_t i = 0; i < count; i++) {
		if (!find_field(entry, fields[i]))
			return hf_fault_set(f, HF_E_WRONG_FIELDS,
			                    "the resource has no field '%.100s'; `hufu catalog show` lists them",
			                    fields[i]);
		for (size_t k = 0; k < i; k++)
			if (strcmp(fields[i], fields[k]) == 0)
				return hf_fault_set(f, HF_E_ARGUMENT, "the field '%.100s' is named twice", fields[i]);
	}
	return HF_OK;
}

enum hf_err az_terms_entry(const Hufu__CatalogEntry *entry, int64_t now_ms, struct hf_fault *f)
{
	enum { SHARED_UNCONDITIONAL = 1, SHARED_CONDITIONAL = 2 };
	if (entry->withdrawn)
		return hf_fault_set(f, HF_E_NOT_SHARED,
		                    "the resource was withdrawn by its publisher; search the catalog for another one");
	if (entry->sharing != SHARED_UNCONDITIONAL && entry->sharing != SHARED_CONDITIONAL)
		return hf_fault_set(f, HF_E_NOT_SHARED, "the resource is not shared; ask its publisher");
	if ((entry->not_before_ms && now_ms < entry->not_before_ms) ||
	    (entry->not_after_ms && now_ms >= entry->not_after_ms))
		return hf_fault_set(f, HF_E_NOT_SHARED,
		                    "the resource is not on offer at this time; `hufu catalog show` tells when it is");
	return HF_OK;
}

enum hf_err az_terms_text(const char *text, const char *field, const char *what, size_t max, struct hf_fault *f)
{
	size_t len = text ? strlen(text) : 0, blank = text ? strspn(text, " \t\n") : 0;
	if (len == blank)
		return hf_fault_set(f, HF_E_ARGUMENT, "field '%s' is missing; state %s", field, what);
	if (!hf_text_ok(text, len, max))
		return hf_fault_set(f, HF_E_ARGUMENT, "field '%s' holds control characters or is longer than %zu bytes",
		                    field, max);
	return HF_OK;
}

enum hf_err az_terms_application(const Hufu__Application *app, struct hf_fault *f)
{
	HF_TRY(az_terms_text(app->system, "system", "the registered business system that will use the data",
	                     HF_NAME_MAX, f));
	HF_TRY(az_terms_text(app->reason, "reason", "why the data is needed", REASON_MAX, f));
	HF_TRY(az_terms_text(app->purpose, "purpose", "what the data is for", PURPOSE_MAX, f));
	if (app->until_ms == 0)
		return hf_fault_set(f, HF_E_ARGUMENT, "field 'until' is missing; state until when the data is needed");
	HF_TRY(az_terms_period(app->from_ms, app->until_ms, f));
	if (strcmp(app->action, "read") != 0)
		return hf_fault_set(f, HF_E_UNSUPPORTED, "the operation '%.60s' is not offered; apply for 'read'",
		                    app->action);
	if (strcmp(app->mechanism, "application") != 0)
		return hf_fault_set(f, HF_E_UNSUPPORTED,
		                    "the mechanism '%.60s' is not offered in this version; use 'application'",
		                    app->mechanism);
	return HF_OK;
}

enum hf_err az_terms_against_entry(const Hufu__Application *app, const Hufu__CatalogEntry *entry, int64_t now_ms,
                                   struct hf_fault *f)
{
	HF_TRY(az_terms_entry(entry, now_ms, f));
	if (strcmp(app->provider, entry->publisher) != 0)
		return hf_fault_set(f, HF_E_CONFLICT,
		                    "the application names %s as the resource's provider, which is another node",
		                    app->provider);
	if (app->resource_version > entry->version)
		return hf_fault_set(f, HF_E_CONFLICT,
		                    "the application speaks of version %u of the entry, but %u is the newest here",
		                    app->resource_version, entry->version);
	HF_TRY(az_terms_fields(entry, app->fields, app->n_fields, f));
	return az_terms_rows(entry, app->rows, f);
}

static enum hf_csv_type type_named(const char *name)
{
	for (enum hf_csv_type t = HF_CSV_BOOLEAN; t < HF_CSV_STRING; t++)
		if (strcmp(hf_csv_type_name(t), name) == 0)
			return t;
	return HF_CSV_STRING;
}

enum hf_err az_terms_rows(const Hufu__CatalogEntry *entry, const char *rows, struct hf_fault *f)
{
	if (!has_text(rows))
		return HF_OK;
	if (strlen(rows) > HF_ROWS_MAX)
		return hf_fault_set(f, HF_E_ARGUMENT, "field 'rows' is longer than %u bytes; say fewer conditions",
		                    HF_ROWS_MAX);
	struct hf_csv_column *columns = hf_alloc_zero((entry->n_fields + 1) * sizeof(*columns));
	for (size_t i = 0; i < entry->n_fields; i++) {
		snprintf(columns[i].name, sizeof(columns[i].name), "%s", entry->fields[i]->name);
		columns[i].type = type_named(entry->fields[i]->type);
	}
	struct hf_csv_filter *filter = hf_csv_filter_new();
	enum hf_err e = hf_csv_filter_add(filter, rows, f);
	if (e == HF_OK)
		e = hf_csv_filter_bind(filter, columns, entry->n_fields, f);
	hf_csv_filter_free(filter);
	free(columns);
	return e;
}

static enum hf_err field_still(const char *name, const Hufu__Field *agreed, const Hufu__Field *now, struct hf_fault *f)
{
	if (!now)
		return hf_fault_set(f, HF_E_TERMS_CHANGED,
		                    "the resource has no field '%.100s' any more, which was agreed; file a new "
		                    "application with `hufu apply`",
		                    name);
	if (!agreed || now->level > agreed->level || now->sensitive > agreed->sensitive ||
	    now->personal > agreed->personal)
		return hf_fault_set(f, HF_E_TERMS_CHANGED,
		                    "the field '%.100s' is of a higher level, sensitive or personal now, which was not "
		                    "agreed; file a new application with `hufu apply`",
		                    name);
	return HF_OK;
}

enum hf_err az_terms_still(const Hufu__Agreement *g, const Hufu__CatalogEntry *agreed, const Hufu__CatalogEntry *now,
                           struct hf_fault *f)
{
	const struct {
		bool changed;
		const char *what;
	} rows[] = {
	        {now->personal > agreed->personal, "personal information"},
	        {now->level > agreed->level, "of a higher level"},
	        {!same_text(now->data_class, agreed->data_class), "of another class"},
	        {now->sensitive > agreed->sensitive, "sensitive and needs two factors"},
	        {now->sharing != agreed->sharing, "shared in another way"},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].changed)
			return hf_fault_set(f, HF_E_TERMS_CHANGED,
			                    "the resource is %s since version %u, the agreement is about version %u; "
			                    "file a new application with `hufu apply`",
			                    rows[i].what, now->version, agreed->version);
	for (size_t i = 0; i < g->n_fields; i++)
		HF_TRY(field_still(g->fields[i], find_field(agreed, g->fields[i]), find_field(now, g->fields[i]), f));
	return HF_OK;
}

bool az_terms_core(const Hufu__CatalogEntry *entry)
{
	enum { LEVEL_CORE = 3 };
	return entry->level >= LEVEL_CORE;
}

bool az_terms_obligation_known(const char *name)
{
	return hf_obligation_known(name) || hf_entry_state_of_duty(name) != HF_ENTRY_INVALID;
}

enum hf_entry_state hf_authz_demands(const Hufu__Agreement *terms, const Hufu__CatalogEntry *entry,
                                     const char *mechanism)
{
	bool urgent = same_text(mechanism, az_mechanism_name(AZ_MECHANISM_EMERGENCY));
	enum hf_entry_state most = entry && az_terms_core(entry) && !urgent ? HF_ENTRY_WITNESSED : HF_ENTRY_DURABLE, s;
	for (size_t i = 0; i < terms->n_obligations; i++)
		if ((s = hf_entry_state_of_duty(terms->obligations[i])) > most)
			most = s;
	for (size_t i = 0; entry && i < entry->n_policy; i++)
		if (strcmp(entry->policy[i]->kind, "duty") == 0 &&
		    (s = hf_entry_state_of_duty(entry->policy[i]->action)) > most)
			most = s;
	return most;
}

static void take_sealing(const char *duty, struct hf_decision *d)
{
	if (!d->sealed[0] && hf_obligation_seals(duty))
		snprintf(d->sealed, sizeof(d->sealed), "%s", duty);
}

static void take_masking(const char *duty, struct hf_decision *d)
{
	char plan[HF_NAME_MAX + 1];
	if (!hf_mask_parse(duty, plan))
		return;
	if (!d->masked[0])
		memcpy(d->masked, plan, sizeof(plan));
	else if (strcmp(d->masked, plan) != 0)
		d->masked_otherwise = true;
}

/* The conditions behind what is there, unless they are; false: no room. */
static bool join(struct hf_buf *all, const char *conditions)
{
	size_t before = all->len;
	if (before > 0 && !hf_buf_addf(all, " AND "))
		return false;
	return hf_buf_addf(all, "%s", conditions) || (all->len = before, false);
}

static void take_rows(const char *duty, struct hf_buf *all, struct hf_decision *d)
{
	const char *rows;
	if (hf_rows_parse(duty, &rows) && !join(all, rows))
		d->rows_beyond = true;
}

static bool agreed(const Hufu__Agreement *terms, const char *duty)
{
	for (size_t i = 0; i < terms->n_obligations; i++)
		if (strcmp(terms->obligations[i], duty) == 0)
			return true;
	return false;
}

/* Those of the terms, then those that the entry has besides. */
static void demand_rows(const Hufu__CatalogEntry *entry, struct hf_decision *d)
{
	struct hf_buf all;
	hf_buf_init(&all, HF_CSV_FILTER_TEXT);
	for (size_t i = 0; i < d->terms->n_obligations; i++)
		take_rows(d->terms->obligations[i], &all, d);
	for (size_t i = 0; i < entry->n_policy; i++)
		if (strcmp(entry->policy[i]->kind, "duty") == 0 && !agreed(d->terms, entry->policy[i]->action))
			take_rows(entry->policy[i]->action, &all, d);
	d->rows = all.len ? hf_strdup((const char *)all.data) : NULL;
	hf_buf_done(&all);
}

void az_terms_demands(const Hufu__CatalogEntry *entry, struct hf_decision *d)
{
	uint64_t agreed = hf_uses_most(d->terms), now = hf_uses_most_of(entry);
	d->uses_most = now < agreed ? now : agreed;
	d->demands = hf_authz_demands(d->terms, entry, d->mechanism);
	for (size_t i = 0; i < d->terms->n_obligations; i++) {
		take_sealing(d->terms->obligations[i], d);
		take_masking(d->terms->obligations[i], d);
	}
	for (size_t i = 0; i < entry->n_policy; i++)
		if (strcmp(entry->policy[i]->kind, "duty") == 0) {
			take_sealing(entry->policy[i]->action, d);
			take_masking(entry->policy[i]->action, d);
		}
	demand_rows(entry, d);
	if (!d->sealed[0] && (entry->sensitive || az_terms_core(entry)))
		snprintf(d->sealed, sizeof(d->sealed), entry->sensitive ? "sensitive data" : "core data");
}

static bool applied_for(const Hufu__Application *app, const char *field)
{
	for (size_t i = 0; i < app->n_fields; i++)
		if (strcmp(app->fields[i], field) == 0)
			return true;
	return app->n_fields == 0;
}

static enum hf_err agreement_subject(const Hufu__Agreement *g, const Hufu__Application *app, struct hf_fault *f)
{
	const struct {
		const char *what, *is, *should;
	} texts[] = {
	        {"provider", g->assigner, app->provider},
	        {"consumer", g->assignee, app->organization},
	        {"department", g->department, app->department},
	        {"business system", g->system, app->system},
	        {"operation", g->action, app->action},
	        {"purpose", g->purpose, app->purpose},
	        {"system address", g->system_address, app->system_address},
	};
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (!same_text(texts[i].is, texts[i].should))
			return hf_fault_set(f, HF_E_CONFLICT,
			                    "the agreement names the %s '%.100s', the application '%.100s'",
			                    texts[i].what, texts[i].is, texts[i].should);
	if (g->resource.len != app->resource.len ||
	    memcmp(g->resource.data, app->resource.data, app->resource.len) != 0)
		return hf_fault_set(f, HF_E_CONFLICT, "the agreement is about another resource than the application");
	return HF_OK;
}

/* Nobody is bound to an undertaking that he did not accept, or freed of one that he did. */
static enum hf_err agreement_accepted(const Hufu__Agreement *g, const Hufu__Application *app, struct hf_fault *f)
{
	bool same = g->n_accepted == app->n_accepts;
	for (size_t i = 0; same && i < g->n_accepted; i++)
		same = same_text(g->accepted[i], app->accepts[i]);
	return same ? HF_OK
	            : hf_fault_set(f, HF_E_CONFLICT,
	                           "the agreement names other undertakings than the application accepted");
}

/* No more than was asked for; fewer may be agreed. */
static bool rows_as_applied(const Hufu__Agreement *g, const Hufu__Application *app)
{
	const char *rows;
	for (size_t i = 0; i < g->n_obligations; i++)
		if (hf_rows_parse(g->obligations[i], &rows) && strcmp(rows, app->rows) == 0)
			return true;
	return !app->rows[0];
}

enum hf_err az_terms_agreement(const Hufu__Agreement *g, const Hufu__Application *app, struct hf_fault *f)
{
	HF_TRY(agreement_subject(g, app, f));
	HF_TRY(agreement_accepted(g, app, f));
	HF_TRY(az_terms_period(g->from_ms, g->until_ms, f));
	if (g->from_ms < app->from_ms || g->until_ms > app->until_ms)
		return hf_fault_set(f, HF_E_CONFLICT, "the agreement's period leaves the one applied for");
	if (g->from_ms < g->header->time_ms - HF_CLOCK_SKEW_MS)
		return hf_fault_set(f, HF_E_CONFLICT, "the agreement is backdated: it begins before it was signed");
	if (g->n_fields == 0)
		return hf_fault_set(f, HF_E_WRONG_FIELDS, "the agreement names no field");
	for (size_t i = 0; i < g->n_fields; i++)
		if (!applied_for(app, g->fields[i]))
			return hf_fault_set(f, HF_E_WRONG_FIELDS,
			                    "the agreement names the field '%.100s', which was not applied for",
			                    g->fields[i]);
	if (!rows_as_applied(g, app))
		return hf_fault_set(f, HF_E_CONFLICT,
		                    "the agreement is about other rows than the application, which asks for those "
		                    "that meet %.200s",
		                    app->rows);
	for (size_t i = 0; i < g->n_obligations; i++)
		if (!az_terms_obligation_known(g->obligations[i]))
			return hf_fault_set(f, HF_E_OBLIGATION, "this node cannot fulfil the obligation '%.100s'",
			                    g->obligations[i]);
	return HF_OK;
}
