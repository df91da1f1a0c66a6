/* scans.c - scans and tests of sources, as jobs of a worker; declared in source.h, running.h. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "source/classify.h"
#include "source/copy.h"
#include "source/internal.h"
#include "source/mask_policy.h"
#include "source/running.h"

/* ---- scans ---- */

struct scan {
	struct source_job job;
	struct hf_rules *rules; /* of the organization; NULL: none */
	struct hf_source_view view;
	json_t *about; /* own */
	hf_source_scan_fn fn;
	void *ctx;
};

static void run_scan(struct source_job *j)
{
	struct scan *s = (struct scan *)j;
	const struct hf_source_home *home = &j->sources->home;
	const struct hf_source_looking in = {
	        .adapter = hf_adapter_find(s->view.kind), .home = home, .rules = s->rules, .pace = &j->pace};

	j->error = hf_source_scan_now(in.adapter, home, &s->view, &j->pace, &j->fault);
	source_about_apply(s->about, &s->view);
	if (j->error == HF_OK)
		j->error = hf_source_look(&in, &s->view, &j->fault);
}

static void end_scan(struct source_job *j)
{
	struct scan *s = (struct scan *)j;

	if (j->error != HF_OK || s->view.most_rows) {
		hf_copy_remove(&j->sources->home, &s->view.copy);
		memset(&s->view.copy, 0, sizeof(s->view.copy));
	}
	if (j->error == HF_OK)
		s->view.scanned_ms = hf_now_ms(&j->sources->base->clock);
	s->fn(s->ctx, j->error, &s->view, &j->fault);
	hf_source_view_done(&s->view);
	json_decref(s->about);
	hf_rules_free(s->rules);
	free(s);
}

/* Those that the scan is given, or those that were said before; a copy of its own for the worker. */
static json_t *about_for(struct hf_sources *s, const struct hf_source_view *v)
{
	struct hf_source_view was;
	json_t *about;

	if (v->about)
		return json_deep_copy(v->about);
	if (hf_source_get(s, v->name, &was) != HF_OK)
		return NULL;
	about = source_about_of(&was);
	hf_source_view_done(&was);
	return about;
}

static void name_job(struct source_job *j, const char *what, const struct hf_source_view *v)
{
	const struct hf_adapter *a = hf_adapter_find(v->kind);

	j->what = what;
	j->database = a && a->copy;
	snprintf(j->source, sizeof(j->source), "%s", v->name);
	snprintf(j->department, sizeof(j->department), "%s", v->department);
	j->pace.bytes_per_second = v->bytes_per_second;
	j->pace.rows_per_second = v->rows_per_second;
}

/* A view that hf_source_check refuses ends by the job, too, after the call. */
void hf_source_scan(struct hf_sources *s, const struct hf_source_view *v, hf_source_scan_fn fn, void *ctx)
{
	struct scan *j = hf_alloc_zero(sizeof(*j));

	name_job(&j->job, "scan", v);
	j->job.run = run_scan;
	j->job.ended = end_scan;
	j->view = *v;
	j->view.fields = NULL;
	j->view.field_count = 0;
	memset(&j->view.copy, 0, sizeof(j->view.copy)); /* the row's own, until another is put */
	j->view.about = NULL;
	j->view.comment[0] = '\0';
	j->about = about_for(s, v);
	j->fn = fn;
	j->ctx = ctx;
	j->job.error = hf_source_check(s, v, &j->job.fault);
	if (j->job.error == HF_OK)
		j->job.error = hf_mask_rules_load(s->store, s->codes, &j->rules, &j->job.fault);
	sources_begin(s, &j->job);
}

/* ---- tests ---- */

struct probe {
	struct source_job job;
	struct hf_source_view view;
	hf_source_scan_fn fn;
	void *ctx;
};

static void run_probe(struct source_job *j)
{
	struct probe *p = (struct probe *)j;
	const struct hf_adapter *a = hf_adapter_find(p->view.kind);

	if (a->probe)
		j->error = a->probe(&j->sources->home, &p->view, &j->pace, &j->fault);
}

static void end_probe(struct source_job *j)
{
	struct probe *p = (struct probe *)j;

	p->fn(p->ctx, j->error, &p->view, &j->fault);
	hf_source_view_done(&p->view);
	free(p);
}

void hf_source_probe(struct hf_sources *s, const char *name, hf_source_scan_fn fn, void *ctx)
{
	struct probe *p = hf_alloc_zero(sizeof(*p));
	struct source_job *j = &p->job;

	p->fn = fn;
	p->ctx = ctx;
	j->error = hf_source_get(s, name, &p->view);
	if (j->error != HF_OK || p->view.most_rows == 0 || !hf_adapter_find(p->view.kind)->probe)
		j->error = hf_source_test(s, name, &j->fault);
	name_job(j, "test", &p->view);
	j->run = run_probe;
	j->ended = end_probe;
	sources_begin(s, j);
}
