/*
 * library.c - a method in a shared library: from the very bytes whose SHA-256 the file of methods names, held in memory
 * that nobody can change, so that another file at the same place is never loaded. Declared in own.h, the interface in
 * method.h.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "masking/method.h"
#include "masking/own/own.h"

struct library {
	int fd; /* open as long as it is loaded: by its number the loader knows one library from another; -1: none */
	void *handle;
	const struct hufu_method *method;
	const char *settings;
};

struct loaded { /* an open state */
	const struct hf_own *own;
	void *state;
};

static void library_free(void *what)
{
	struct library *l = what;

	if (l->handle)
		dlclose(l->handle);
	if (l->fd >= 0)
		close(l->fd);
	free(l);
}

static enum hf_err library_open(const struct hf_mask_use *use, struct hf_fault *f, void **ret_state)
{
	const struct hf_own *own = use->technique->own;
	const struct library *l = own->what;
	const struct hufu_method_use given = {.size = sizeof(given),
	                                      .key = use->key ? use->key->b : NULL,
	                                      .type = use->type,
	                                      .settings = l->settings};
	struct loaded *s = hf_alloc_zero(sizeof(*s));
	char why[160] = "";

	s->own = own;
	if (l->method->open(&given, &s->state, why, sizeof(why)) != 0) {
		free(s);
		why[sizeof(why) - 1] = '\0';
		hf_utf8_mend(why);
		return hf_fault_set(f, HF_E_ARGUMENT, "method %s cannot be opened: %s", use->technique->id, why);
	}
	*ret_state = s;
	return HF_OK;
}

static void library_close(void *state)
{
	struct loaded *s = state;

	((const struct library *)s->own->what)->method->close(s->state);
	free(s);
}

static uint8_t *room(void *host, size_t len)
{
	return hf_arena_get(host, len + 1);
}

static enum hf_err run(struct loaded *s, struct hf_mask_batch *b, bool back, struct hf_fault *f)
{
	const struct hufu_method *m = ((const struct library *)s->own->what)->method;
	struct hufu_value *in = hf_arena_get(b->arena, (b->count + 1) * sizeof(*in));
	struct hufu_value *out = hf_arena_get(b->arena, (b->count + 1) * sizeof(*out));
	struct hufu_method_batch batch = {.size = sizeof(batch),
	                                  .in = in,
	                                  .out = out,
	                                  .count = b->count,
	                                  .first_row = b->first_row,
	                                  .room = room,
	                                  .host = b->arena};

	for (size_t i = 0; i < b->count; i++)
		in[i] = (struct hufu_value){b->in[i].data, b->in[i].len};
	memset(out, 0, b->count * sizeof(*out));
	if ((back ? m->unmask : m->mask)(s->state, &batch) != 0)
		return hf_fault_set(f, HF_E_ARGUMENT, "method %s failed", s->own->technique.id);
	for (size_t i = 0; i < b->count; i++) {
		const bool null = !b->in[i].data || !out[i].data;

		b->unreadable += b->in[i].data && null;
		b->out[i] = null ? (struct hf_bytes){NULL, 0} : (struct hf_bytes){out[i].data, out[i].len};
	}
	return HF_OK;
}

static enum hf_err library_mask(void *state, struct hf_mask_batch *b, struct hf_fault *f)
{
	return run(state, b, false, f);
}

static enum hf_err library_unmask(void *state, struct hf_mask_batch *b, struct hf_fault *f)
{
	return run(state, b, true, f);
}

/* The bytes, if their digest is the one that stands there. */
static enum hf_err read_bytes(struct hf_own *o, const struct hf_plan_node *n, struct hf_buf *out, struct hf_fault *f)
{
	const struct hf_plan_node *wanted = hf_plan_get(o->node, "sha256");
	struct hf_fault why = {.code = HF_OK};
	struct hf_hash h;
	char hex[65];

	if (!o->all->libraries)
		return hf_own_fault(o, n, f, "a library stands in a file of methods, not in a plan; move it there");
	if (n->kind != HF_PLAN_TEXT_NODE || !wanted || wanted->kind != HF_PLAN_TEXT_NODE)
		return hf_own_fault(o, n, f,
		                    "'library' or 'sha256' is no text; name the file and its SHA-256 of 64 hex digits");
	hf_buf_init(out, HF_METHOD_LIBRARY);
	if (o->all->file(o->all->file_ctx, n->text, out, &why) != HF_OK)
		return hf_own_fault(o, n, f, "%.200s", why.text);
	hf_sha256(out->data, out->len, &h);
	hf_hash_hex(&h, hex);
	if (strcmp(hex, wanted->text) != 0)
		return hf_own_fault(o, wanted, f,
		                    "the library has the SHA-256 %s, not the one that was reviewed; review it, and "
		                    "write its own",
		                    hex);
	return HF_OK;
}

/* Loads from sealed memory: what was hashed is what runs. */
static void load(struct library *l, const struct hf_buf *bytes)
{
	const int seals = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;
	char path[40];

	l->fd = memfd_create("hufu-method", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (l->fd < 0)
		return;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", l->fd);
	if (write(l->fd, bytes->data, bytes->len) == (ssize_t)bytes->len && fcntl(l->fd, F_ADD_SEALS, seals) == 0)
		l->handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
}

static bool whole(const struct hufu_method *m)
{
	return m && m->version == HUFU_METHOD_VERSION && m->size >= sizeof(*m) && m->title && m->principle && m->cost &&
	       m->constraint && *m->title && *m->principle && *m->cost && *m->constraint && m->open && m->close &&
	       m->mask;
}

/* Texts of the library become the method's, with its record (MK-36). */
static enum hf_err take(struct hf_own *o, const struct hf_plan_node *n, struct hf_fault *f)
{
	const struct hufu_method *m = ((struct library *)o->what)->method;
	const char *const words[HF_OWN_WORDS] = {m->format,  m->repeats,      m->reversible, m->reference,
	                                         m->meaning, m->distribution, m->keyed};
	struct hf_technique *t = &o->technique;
	size_t which;

	if (!hf_own_record(words, &t->record, &which))
		return hf_own_fault(o, n, f, "the library's record does not say %s in a word that fits; see method.h",
		                    hf_own_words[which]);
	t->title = m->title;
	t->record.principle = m->principle;
	t->record.cost = m->cost;
	t->record.constraint = m->constraint;
	t->open = library_open;
	t->close = library_close;
	t->mask = library_mask;
	t->unmask = m->unmask ? library_unmask : NULL;
	return HF_OK;
}

enum hf_err hf_own_library(struct hf_own *o, const struct hf_plan_node *n, struct hf_fault *f)
{
	const struct hf_plan_node *settings = hf_plan_get(o->node, "settings");
	HF_CLEANUP(hf_buf_done) struct hf_buf bytes = HF_BUF_INIT;
	union {
		void *found;
		const struct hufu_method *(*call)(void);
	} symbol;
	struct library *l;

	HF_TRY(read_bytes(o, n, &bytes, f));
	l = hf_alloc_zero(sizeof(*l));
	o->what = l;
	o->free = library_free;
	l->settings = settings && settings->kind == HF_PLAN_TEXT_NODE ? settings->text : NULL;
	load(l, &bytes);
	if (!l->handle) {
		const char *why = dlerror();

		return hf_own_fault(o, n, f, "the library cannot be loaded: %.160s",
		                    why ? why : "this machine gives no memory for it");
	}
	symbol.found = dlsym(l->handle, "hufu_method");
	l->method = symbol.found ? symbol.call() : NULL;
	if (!whole(l->method))
		return hf_own_fault(o, n, f,
		                    "the library exports no hufu_method of version %u with all that method.h asks for",
		                    HUFU_METHOD_VERSION);
	return take(o, n, f);
}
