/*
 * divergence.c - applications that are alike but were decided differently (AZ-23): comparable cases are treated by one
 * standard, and where they were not, somebody should look.
 */
#include <stdlib.h>
#include <string.h>

#include "authz/internal.h"
#include "authz/statistics.h"
#include "proto/codec.h"

struct gathering {
	struct hf_authz *a;
	const struct hf_stat_ask *ask;
	struct hf_alike *list;
	size_t count, room;
	enum hf_err error;
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

static struct hf_alike *next_place(struct gathering *g)
{
	if (g->count == g->room) {
		g->room = g->room ? 2 * g->room : 64;
		struct hf_alike *more = hf_alloc_zero(g->room * sizeof(*more));
		if (g->count)
			memcpy(more, g->list, g->count * sizeof(*more));
		free(g->list);
		g->list = more;
	}
	return &g->list[g->count++];
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
	x->approved = same_text(row->result, "T");
	key_of(app, &x->key);
}

/* The newest revision that this node has the result of. */
static uint32_t decided_revision(const Hufu__ApplicationRow *row)
{
	if (row->intake_revision)
		return row->intake_revision;
	return row->provider_revision ? row->provider_revision : row->submitted;
}

static bool add(void *ctx, const Hufu__ApplicationRow *row)
{
	struct gathering *g = ctx;
	const struct hf_stat_ask *q = g->ask;
	HF_CLEANUP(hf_decoded_done) Hufu__ApplicationRevision *rev = NULL;
	HF_CLEANUP(hf_decoded_done) Hufu__Application *app = NULL;
	struct hf_id id = az_row_id(row);
	struct hf_fault f = {HF_OK, ""};
	bool decided = same_text(row->result, "T") || same_text(row->result, "F") || same_text(row->result, "refuse");
	if (!decided || (q->sees && !q->sees(q->ctx, row->organization, row->department)))
		return true;
	g->error = az_revision_get(g->a, &id, decided_revision(row), &rev);
	if (g->error == HF_OK)
		g->error = az_revision_application(rev, &app, &f);
	if (g->error != HF_OK)
		return false;
	if (app->header->time_ms >= q->from_ms && (q->until_ms == 0 || app->header->time_ms < q->until_ms))
		fill(next_place(g), row, app, rev->ended_ms);
	return true;
}

static int by_key(const void *x, const void *y)
{
	const struct hf_alike *p = x, *q = y;
	int order = memcmp(p->key.b, q->key.b, sizeof(p->key.b));
	if (order)
		return order;
	return p->decided_ms != q->decided_ms ? (p->decided_ms > q->decided_ms ? 1 : -1)
	                                      : memcmp(p->application.b, q->application.b, 16);
}

static bool diverges(const struct hf_alike *list, size_t count)
{
	for (size_t i = 1; i < count; i++)
		if (list[i].approved != list[0].approved)
			return true;
	return false;
}

enum hf_err hf_divergence(struct hf_authz *a, const struct hf_stat_ask *ask, hf_divergence_fn fn, void *ctx)
{
	struct gathering g = {.a = a, .ask = ask};
	enum hf_err e = hf_authz_applications(a, add, &g);
	e = e == HF_OK ? g.error : e;
	if (e == HF_OK && g.count)
		qsort(g.list, g.count, sizeof(*g.list), by_key);
	for (size_t i = 0, end; e == HF_OK && i < g.count; i = end) {
		for (end = i + 1;
		     end < g.count && memcmp(g.list[end].key.b, g.list[i].key.b, sizeof(g.list[i].key.b)) == 0;)
			end++;
		if (diverges(&g.list[i], end - i) && !fn(ctx, &g.list[i], end - i))
			break;
	}
	free(g.list);
	return e;
}
