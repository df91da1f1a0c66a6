/*
 * own_methods.c - the node's files of methods: read and tried by a worker while the node starts, one after the other,
 * found by plans; declared in methods.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "release/internal.h"
#include "release/methods.h"

struct release_methods {
	char *path, sha256[65];
	struct hf_methods *methods; /* NULL: refused, or not tried yet */
	bool tried;
	struct hf_fault fault;
};

/* What the worker has of the file that is tried. */
struct release_trying {
	uv_work_t work;
	struct hf_release *r; /* held */
	size_t at;
	struct hf_methods *methods;
	struct hf_fault fault;
};

/* A library of the file; its digest is in the file. */
static enum hf_err read_library(void *ctx, const char *name, struct hf_buf *out, struct hf_fault *f)
{
	size_t max = out->max ? out->max : HF_METHOD_LIBRARY;
	enum hf_err e;

	(void)ctx;
	if (name[0] != '/')
		return hf_fault_set(f, HF_E_ARGUMENT, "%.200s is no absolute path; name the library by one", name);
	e = hf_file_read(name, max, out);
	return e == HF_OK ? e : hf_file_fault(f, e, name, max);
}

static enum hf_err read_file(const struct release_methods *m, struct hf_buf *text, struct hf_fault *f)
{
	enum hf_err e = hf_file_read(m->path, HF_RELEASE_METHODS_FILE, text);
	struct hf_hash h;
	char hex[65];

	if (e != HF_OK)
		return hf_file_fault(f, e, m->path, HF_RELEASE_METHODS_FILE);
	hf_sha256(text->data, text->len, &h);
	hf_hash_hex(&h, hex);
	if (strcmp(hex, m->sha256) != 0)
		return hf_fault_set(f, HF_E_DIGEST,
		                    "it has the SHA-256 %s, not the one of the configuration; review it, write its own "
		                    "there and start the node anew",
		                    hex);
	return HF_OK;
}

static enum hf_err take(const struct release_methods *m, struct release_trying *t)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf text = HF_BUF_INIT;
	struct hf_methods_setup s = {.name = m->path, .file = read_library};
	struct hf_methods *read = NULL;
	enum hf_err e;

	HF_TRY(read_file(m, &text, &t->fault));
	s.text = text.data;
	s.len = text.len;
	HF_TRY(hf_methods_read(&s, &read, &t->fault));
	e = hf_methods_hold_all(read, t->r->trial_ms, &t->fault);
	if (e == HF_OK)
		t->methods = read;
	else
		hf_methods_free(read);
	return e;
}

static void work(uv_work_t *w)
{
	struct release_trying *t = w->data;
	enum hf_err e = take(&t->r->methods[t->at], t);

	if (e != HF_OK)
		t->fault.code = e;
}

static void after(uv_work_t *w, int status);

static void try_next(struct release_trying *t)
{
	t->methods = NULL;
	t->fault = (struct hf_fault){.code = HF_OK};
	if (uv_queue_work(t->r->base->loop, &t->work, work, after) != 0)
		abort(); /* only without a loop */
}

/* What waited for them goes on. */
static void end(struct release_trying *t)
{
	struct hf_release *r = t->r;

	r->trying = false;
	free(t);
	if (!r->closing) {
		release_alike_forget(r); /* plans can be read that could not */
		release_trial_go_on(r);
		release_go_on(r);
	}
	release_drop(r);
}

static void after(uv_work_t *w, int status)
{
	struct release_trying *t = w->data;
	struct hf_release *r = t->r;
	struct release_methods *m = &r->methods[t->at];

	m->methods = t->methods;
	m->fault = t->fault;
	m->tried = true;
	if (!m->methods && !r->closing && status == 0)
		hf_alarm(r->base, "masking-methods", NULL, "the masking methods of %.200s are not used: %.300s",
		         m->path, m->fault.text);
	if (++t->at < r->methods_count && !r->closing)
		try_next(t);
	else
		end(t);
}

void hf_release_set_methods(struct hf_release *r, const struct hf_release_methods_in *files, size_t count)
{
	struct release_trying *t;

	r->methods = hf_alloc_zero((count + 1) * sizeof(*r->methods));
	r->methods_count = count;
	for (size_t i = 0; i < count; i++) {
		r->methods[i].path = hf_strdup(files[i].path);
		snprintf(r->methods[i].sha256, sizeof(r->methods[i].sha256), "%s", files[i].sha256);
	}
	if (count == 0)
		return;
	t = hf_alloc_zero(sizeof(*t));
	t->work.data = t;
	t->r = r;
	r->trying = true;
	release_hold(r);
	try_next(t);
}

bool hf_release_trying(const struct hf_release *r)
{
	return r->trying;
}

void release_methods_free(struct hf_release *r)
{
	for (size_t i = 0; i < r->methods_count; i++) {
		hf_methods_free(r->methods[i].methods);
		free(r->methods[i].path);
	}
	free(r->methods);
}

bool hf_release_methods_at(const struct hf_release *r, size_t i, struct hf_release_methods_view *ret_view)
{
	const struct release_methods *m = &r->methods[i];

	if (i >= r->methods_count)
		return false;
	*ret_view = (struct hf_release_methods_view){m->path, m->sha256, m->methods, m->tried, m->fault.text};
	return true;
}

struct hf_methods *release_methods_by(void *ctx, const char *sha256, struct hf_fault *f)
{
	const struct hf_release *r = ctx;

	for (size_t i = 0; i < r->methods_count; i++) {
		const struct release_methods *m = &r->methods[i];

		if (strcmp(m->sha256, sha256) != 0)
			continue;
		if (m->methods)
			return hf_methods_share(m->methods);
		if (!m->tried)
			hf_fault_set(f, HF_E_BUSY,
			             "the methods of %.100s are being tried since the node started; ask again in some "
			             "seconds",
			             m->path);
		else
			hf_fault_set(f, HF_E_STATE, "the methods of %.100s are not used: %.200s", m->path,
			             m->fault.text);
		return NULL;
	}
	hf_fault_set(f, HF_E_UNKNOWN,
	             "this node has no file of methods with the SHA-256 %.64s; masking.methods of its configuration "
	             "names those that it uses",
	             sha256);
	return NULL;
}
