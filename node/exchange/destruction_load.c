/* destruction_load.c - see destroying.h: a delivery that was loaded into a table of a database (target_load.c). */
#include <string.h>

#include "exchange/destroying.h"
#include "source/outlet.h"

static const struct hf_loader *loader_of(const struct destruction *d)
{
	return hf_loader_find(d->loader);
}

/* A target that is gone or disabled is for people; the worker says so. */
static enum hf_err prepare(struct destruction *d, struct hf_fault *f)
{
	struct hf_fault why = {HF_OK, ""};
	(void)f;
	d->load = hf_load_new();
	d->load->transfer = d->transfer;
	d->load->pace = &d->x->load_pace;
	if (!hf_id_from_bytes(d->row->resource.data, d->row->resource.len, &d->load->resource))
		return HF_E_STORE;
	d->error = hf_outlet_load(d->x->sources, d->path, d->load, &why);
	if (d->error != HF_OK)
		snprintf(d->method, sizeof(d->method), "it is the table %.120s, and %.200s", d->path, why.text);
	return HF_OK;
}

/* Once it was seen, a table that is gone after a crash is one that was dropped. */
static void look(struct destruction *d)
{
	struct hf_fault f = {HF_OK, ""};
	bool stands = false;
	if (d->error == HF_OK && loader_of(d)->stands(d->load, &stands, &f) == HF_OK && stands &&
	    !hf_buf_add(&d->keep, "seen", 4))
		abort(); /* memory is gone */
}

static void dropped(struct destruction *d)
{
	d->end = END_DESTROYED;
	snprintf(d->method, sizeof(d->method),
	         "the table %.120s is dropped in the database; its log and backups are not within the node's reach",
	         d->path);
}

static void destroy(struct destruction *d)
{
	struct hf_fault f = {HF_OK, ""};
	bool stands = false;
	if (d->error != HF_OK) { /* of two people: they have seen to it when no target has the name any more */
		d->end = d->error == HF_E_UNKNOWN ? END_ABSENT : END_CHANGED;
		return;
	}
	d->error = loader_of(d)->stands(d->load, &stands, &f);
	if (d->error == HF_OK && stands)
		d->error = loader_of(d)->undo(d->load, &f);
	if (d->error != HF_OK) {
		d->end = END_FAILED;
		snprintf(d->method, sizeof(d->method), "the table %.120s could not be dropped: %.200s", d->path,
		         f.text);
	} else if (stands || d->row->windows.len > 0) {
		dropped(d);
	} else {
		d->end = END_ABSENT;
		snprintf(d->method, sizeof(d->method), "the table %.120s holds this delivery no more", d->path);
	}
}

static bool verify(struct destruction *d)
{
	struct hf_fault f = {HF_OK, ""};
	bool stands = false;
	enum hf_err e = loader_of(d)->stands(d->load, &stands, &f);
	snprintf(d->verification, sizeof(d->verification), "%s",
	         e != HF_OK ? f.text
	         : stands   ? "the table of this delivery is in the database still"
	                    : "the database has no table of this delivery");
	return e == HF_OK && !stands;
}

const struct destruction_kind destruction_of_load = {"file", prepare, look, destroy, verify, NULL};
