/*
 * divergence.c - applications that are alike but were decided differently (AZ-23): comparable cases are treated by one
 * standard, and where they were not, somebody should look.
 */
#include <stdlib.h>
#include <string.h>

#include "authz/internal.h"
#include "authz/statistics.h"
#include "authz/walk.h"
#include "proto/codec.h"

/* Decided applications that are alike. */
struct alike {
	struct alike *next;
	struct hf_id application;
};
struct group {
	struct hf_index_item item;
	struct group *next;
	struct hf_hash key;
	bool approved, refused;
	struct alike *first;
};
struct finding {
	struct hf_authz *a;
	struct hf_stat_ask ask;
	size_t limit;
	struct hf_index groups;
	struct group *first, **end; /* of all groups, in the order in which they were found */
	struct group *at;           /* while they are shown */
	struct alike *row;
	struct hf_divergence out;
	hf_divergence_fn fn;
	void *ctx;
};

static int by_text(const void *x, const void *y)
{
	return strcmp(*(char *const *)x, *(char *const *)y);
}

/* The same for the same resource, operation, purpose and set of fields. */
static void key_of(const Hufu__Application *app, struct hf_hash *ret_key)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf b = HF_BUF_INIT;
	char **fields = hf_alloc_zero((app->n_fields + 1) * sizeof(char *));
	if (app->n_fields)
		memcpy(fields, app->fields, app->n_fields * sizeof(char *));
	qsort(fields, app->n_fields, sizeof(char *), by_text);
	bool ok = hf_buf_add(&b, app->provider, strlen(app->provider) + 1) &&
	          hf_buf_add(&b, app->resource.data, app->resource.len) &&
	          hf_buf_add(&b, app->action, strlen(app->action) + 1) &&
	          hf_buf_add(&b, app->purpose, strlen(app->purpose) + 1);
	for (size_t i = 0; ok && i < app->n_fields; i++)
		ok = hf_buf_add(&b, fields[i], strlen(fields[i]) + 1);
	free(fields);
	if (!ok)
		abort(); /* memory is gone */
	hf_sha256(b.data, b.len, ret_key);
}

static struct group *group_of(struct finding *f, const struct hf_hash *key)
{
	uint64_t hash;
	memcpy(&hash, key->b, sizeof(hash));
	for (struct hf_index_item *i = hf_index_first(&f->groups, hash); i; i = i->next) {
		struct group *g = (struct group *)(void *)i;
		if (memcmp(g->key.b, key->b, sizeof(key->b)) == 0)
			return g;
	}
	struct group *g = hf_alloc_zero(sizeof(*g));
	g->item.hash = hash;
	g->key = *key;
	hf_index_add(&f->groups, &g->item);
	*f->end = g;
	f->end = &g->next;
	return g;
}

static void fill(struct hf_alike *x, const Hufu__ApplicationRow *row, const Hufu__Application *app, int64_t decided_ms)
{
	memset(x, 0, sizeof(*x));
	x->application = az_row_id(row);
	(void)az_id_of(&row->resource, &x->resource);
	snprintf(x->organization, sizeof(x->organization), "%s", row->organization);
	snprintf(x->department, sizeof(x->department), "%s", row->department);
	snprintf(x->system, sizeof(x->system), "%s", row->system);
	snprintf(x->provider, sizeof(x->provider), "%s", row->provider);
	snprintf(x->purpose, sizeof(x->purpose), "%s", app->purpose);
	snprintf(x->title, sizeof(x->title), "%s", row->title);
	hf_utf8_mend(x->title);
	snprintf(x->result, sizeof(x->result), "%s", row->result);
	snprintf(x->reason, sizeof(x->reason), "%s", row->reason);
	hf_utf8_mend(x->reason);
	x->version = app->resource_version;
	x->from_ms = app->from_ms;
	x->until_ms = app->until_ms;
	x->decided_ms = decided_ms;
}

/* The newest revision that this node has the result of. */
static uint32_t decided_revision(const Hufu__ApplicationRow *row)
{
	if (row->intake_revision)
		return row->intake_revision;
	return row->provider_revision ? row->provider_revision : row->submitted;
}

static enum hf_err read_paper(struct hf_authz *a, const Hufu__ApplicationRow *row, Hufu__ApplicationRevision **ret_rev,
                              Hufu__Application **ret_app)
{
	struct hf_id id = az_row_id(row);
	struct hf_fault f = {HF_OK, ""};
	HF_TRY(az_revision_get(a, &id, decided_revision(row), ret_rev));
	return az_revision_application(*ret_rev, ret_app, &f);
}

/* Newest first; so the oldest stands first in its group. */
static enum hf_err gather(void *ctx, struct hf_bytes value)
{
	struct finding *f = ctx;
	const struct hf_stat_ask *q = &f->ask;
	HF_CLEANUP(hf_decoded_done) Hufu__ApplicationRow *row = HF_DECODE_OWN(application_row, value.data, value.len);
	HF_CLEANUP(hf_decoded_done) Hufu__ApplicationRevision *rev = NULL;
	HF_CLEANUP(hf_decoded_done) Hufu__Application *app = NULL;
	struct hf_hash key;
	if (!row)
		return HF_E_STORE;
	bool approved = same_text(row->result, "T");
	bool decided = approved || same_text(row->result, "F") || same_text(row->result, "refuse");
	if (!decided || (q->sees && !q->sees(q->ctx, row->organization, row->department)))
		return HF_OK;
	HF_TRY(read_paper(f->a, row, &rev, &app));
	if (app->header->time_ms < q->from_ms || (q->until_ms && app->header->time_ms >= q->until_ms))
		return HF_OK;
	key_of(app, &key);
	struct group *g = group_of(f, &key);
	struct alike *x = hf_alloc_zero(sizeof(*x));
	x->application = az_row_id(row);
	x->next = g->first;
	g->first = x;
	g->approved |= approved;
	g->refused |= !approved;
	return HF_OK;
}

static enum hf_err show_one(struct finding *f)
{
	HF_CLEANUP(hf_decoded_done) Hufu__ApplicationRow *row = NULL;
	HF_CLEANUP(hf_decoded_done) Hufu__ApplicationRevision *rev = NULL;
	HF_CLEANUP(hf_decoded_done) Hufu__Application *app = NULL;
	if (f->out.count == f->limit) {
		f->out.more = true;
		f->row = NULL;
		return HF_OK;
	}
	HF_TRY(az_row_get(f->a, &f->row->application, &row));
	HF_TRY(read_paper(f->a, row, &rev, &app));
	struct hf_alike *x = &f->out.list[f->out.count++];
	fill(x, row, app, rev->ended_ms);
	x->group = f->out.groups;
	f->row = f->row->next;
	return HF_OK;
}

/* One application at a time, or one group that does not diverge. */
static enum hf_err show(void *ctx, bool *ret_more)
{
	struct finding *f = ctx;
	if (f->row) {
		HF_TRY(show_one(f));
	} else {
		f->at = f->at ? f->at->next : f->first;
		bool diverges = f->at && f->at->approved && f->at->refused;
		f->out.groups += diverges;
		f->row = diverges ? f->at->first : NULL;
	}
	*ret_more = f->at != NULL;
	return HF_OK;
}

static void finding_free(struct finding *f)
{
	for (struct group *g = f->first; g;) {
		struct group *gone = g;
		for (struct alike *x = g->first; x;) {
			struct alike *old = x;
			x = x->next;
			free(old);
		}
		g = g->next;
		free(gone);
	}
	hf_index_done(&f->groups);
	free(f->out.list);
	free(f);
}

static void on_walked(void *ctx, enum hf_err e)
{
	struct finding *f = ctx;
	f->fn(f->ctx, e, e == HF_OK ? &f->out : NULL);
	finding_free(f);
}

void hf_divergence_find(struct hf_authz *a, const struct hf_stat_ask *ask, size_t limit, hf_divergence_fn fn, void *ctx)
{
	static const struct az_walk_part parts[] = {{HF_TABLE_APPLICATION, gather, NULL}, {.step = show}};
	struct finding *f = hf_alloc_zero(sizeof(*f));
	f->a = a;
	f->ask = *ask;
	f->limit = limit;
	f->end = &f->first;
	f->out.list = hf_alloc_zero((limit + 1) * sizeof(*f->out.list));
	f->fn = fn;
	f->ctx = ctx;
	az_walk_begin(a, parts, sizeof(parts) / sizeof(parts[0]), f, on_walked);
}
