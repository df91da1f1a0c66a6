/* database.c - what a source has that is a database: a password, a copy, and a question whether it can still be read.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "source/copy.h"
#include "source/internal.h"

void hf_sources_set_limits(struct hf_sources *s, const struct hf_database_limits *limits)
{
	if (limits->seconds)
		s->home.read_seconds = limits->seconds;
	s->home.read_rate = limits->bytes_per_second;
}

void hf_source_discard(struct hf_sources *s, const struct hf_source_view *v)
{
	hf_copy_remove(&s->home, &v->copy);
}

enum hf_err hf_source_open_scanned(struct hf_sources *s, const struct hf_source_view *v,
                                   struct hf_source_reader **ret_reader, struct hf_fault *f)
{
	return hf_adapter_find(v->kind)->open(&s->home, v, ret_reader, f);
}

enum hf_err hf_source_password(struct hf_sources *s, struct hf_source_view *v, const char *password, struct hf_fault *f)
{
	const struct hf_adapter *a = hf_adapter_find(v->kind);

	if (!a || !a->set_password)
		return hf_fault_set(f, HF_E_ARGUMENT, "source '%s' is a file, which has no password", v->name);
	return a->set_password(&s->home, v, password, f);
}

static bool is_asked(const char *kind)
{
	const struct hf_adapter *a = hf_adapter_find(kind);

	return a && a->copy;
}

enum hf_err sources_ask(struct hf_sources *s, const char *kind, struct hf_fault *f)
{
	if (!is_asked(kind))
		return HF_OK;
	if (s->asking >= SOURCES_ASKING_MAX)
		return hf_fault_set(f, HF_E_BUSY, "%u databases are being read; try again when one is done", s->asking);
	s->asking++;
	return HF_OK;
}

void sources_asked(struct hf_sources *s, const char *kind)
{
	s->asking -= is_asked(kind);
}

struct probe {
	uv_work_t work;
	struct hf_sources *sources;
	const struct hf_adapter *adapter; /* NULL: there is nothing to ask */
	struct hf_source_view view;
	hf_source_scan_fn fn;
	void *ctx;
	bool asked;
	enum hf_err error;
	struct hf_fault fault;
};

static void run_probe(uv_work_t *work)
{
	struct probe *p = work->data;

	if (p->error == HF_OK && p->adapter && p->adapter->probe)
		p->error = p->adapter->probe(&p->sources->home, &p->view, &p->sources->stop, &p->fault);
}

static void end_probe(uv_work_t *work, int status)
{
	struct probe *p = work->data;

	if (status != 0)
		p->error = hf_fault_set(&p->fault, HF_E_CANCELLED, "the node is stopping");
	if (p->asked)
		sources_asked(p->sources, p->view.kind);
	p->fn(p->ctx, p->error, &p->view, &p->fault);
	hf_source_view_done(&p->view);
	sources_drop(p->sources);
	free(p);
}

void hf_source_probe(struct hf_sources *s, const char *name, hf_source_scan_fn fn, void *ctx)
{
	struct probe *p = hf_alloc_zero(sizeof(*p));

	p->work.data = p;
	p->sources = s;
	p->fn = fn;
	p->ctx = ctx;
	s->references++;
	p->error = hf_source_test(s, name, &p->fault);
	if (p->error == HF_OK)
		p->error = hf_fault_default(&p->fault, hf_source_get(s, name, &p->view));
	if (p->error == HF_OK)
		p->error = sources_ask(s, p->view.kind, &p->fault);
	p->asked = p->error == HF_OK;
	if (p->asked)
		p->adapter = hf_adapter_find(p->view.kind);
	if (uv_queue_work(s->base->loop, &p->work, run_probe, end_probe) != 0)
		abort(); /* only without a loop */
}
