/* own_methods.c - the node's files of methods: read and tried as it starts, found by plans; declared in methods.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "release/internal.h"
#include "release/methods.h"

struct release_methods {
	char *path, sha256[65];
	struct hf_methods *methods; /* NULL: refused */
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

static enum hf_err read_file(struct release_methods *m, struct hf_buf *text, struct hf_fault *f)
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

static enum hf_err take(struct release_methods *m, uint32_t trial_ms)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf text = HF_BUF_INIT;
	struct hf_methods_setup s = {.name = m->path, .file = read_library};
	struct hf_methods *read = NULL;
	enum hf_err e;

	HF_TRY(read_file(m, &text, &m->fault));
	s.text = text.data;
	s.len = text.len;
	HF_TRY(hf_methods_read(&s, &read, &m->fault));
	e = hf_methods_hold_all(read, trial_ms, &m->fault);
	if (e == HF_OK)
		m->methods = read;
	else
		hf_methods_free(read);
	return e;
}

void hf_release_set_methods(struct hf_release *r, const struct hf_release_methods_in *files, size_t count)
{
	r->methods = hf_alloc_zero((count + 1) * sizeof(*r->methods));
	r->methods_count = count;
	for (size_t i = 0; i < count; i++) {
		struct release_methods *m = &r->methods[i];

		m->path = hf_strdup(files[i].path);
		snprintf(m->sha256, sizeof(m->sha256), "%s", files[i].sha256);
		if (take(m, r->trial_ms) != HF_OK)
			hf_alarm(r->base, "masking-methods", NULL, "the masking methods of %.200s are not used: %.300s",
			         m->path, m->fault.text);
	}
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
	*ret_view = (struct hf_release_methods_view){m->path, m->sha256, m->methods, m->fault.text};
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
		hf_fault_set(f, HF_E_STATE, "the methods of %.100s are not used: %.200s", m->path, m->fault.text);
		return NULL;
	}
	hf_fault_set(f, HF_E_UNKNOWN,
	             "this node has no file of methods with the SHA-256 %.64s; masking.methods of its configuration "
	             "names those that it uses",
	             sha256);
	return NULL;
}
