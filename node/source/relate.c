/* relate.c - bounded samples of several sources are compared in a worker; declared in relations.h. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "crypto/crypto.h"
#include "masking/map.h"
#include "masking/rules.h"
#include "source/adapters.h"
#include "source/classify.h"
#include "source/internal.h"
#include "source/mask_policy.h"
#include "source/relations.h"

struct relating {
	struct source_job job;
	struct hf_sources *sources;
	struct hf_rules *rules; /* of the organization; NULL: none */
	struct hf_source_view view[HF_RELATE_SOURCES];
	size_t count;
	hf_relate_fn fn;
	void *ctx;
	json_t *found;
};

static void free_relating(struct relating *j)
{
	for (size_t i = 0; i < j->count; i++)
		hf_source_view_done(&j->view[i]);
	hf_rules_free(j->rules);
	json_decref(j->found);
	free(j);
}

/* ---- worker ---- */

static enum hf_err look(struct relating *j, const struct hf_source_view *v, const uint8_t key[16],
                        struct hf_identify **ret_x)
{
	const struct hf_source_looking in = {.adapter = hf_adapter_find(v->kind),
	                                     .home = &j->sources->home,
	                                     .rules = j->rules,
	                                     .key = key,
	                                     .pace = &j->job.pace};
	struct hf_source_stamp now;

	HF_TRY(in.adapter->stamp(in.home, v, &now, &j->job.fault));
	if (now.bytes != v->stamp.bytes || now.inode != v->stamp.inode || now.mtime_ns != v->stamp.mtime_ns)
		return hf_fault_set(
		        &j->job.fault, HF_E_SOURCE_CHANGED,
		        "the file of source '%s' is not the one that was scanned; run `hufu source scan %s` "
		        "first",
		        v->name, v->name);
	return hf_source_identify(&in, v, ret_x, &j->job.fault);
}

static void run(struct source_job *job)
{
	struct relating *j = (struct relating *)job;
	struct hf_identify *x[HF_RELATE_SOURCES] = {NULL};
	struct hf_map *map = hf_map_new();
	uint8_t key[16];

	hf_random(key, sizeof(key));
	for (size_t i = 0; i < j->count && j->job.error == HF_OK; i++) {
		j->job.error = look(j, &j->view[i], key, &x[i]);
		if (j->job.error == HF_OK)
			hf_map_add(map, j->view[i].name, x[i]);
	}
	if (j->job.error == HF_OK)
		j->found = hf_map_relations(map);
	hf_wipe(key, sizeof(key));
	hf_map_free(map);
	for (size_t i = 0; i < j->count; i++)
		hf_identify_free(x[i]);
}

static void ended(struct source_job *job)
{
	struct relating *j = (struct relating *)job;

	j->sources->relating = false;
	j->fn(j->ctx, job->error, j->found, &job->fault);
	free_relating(j);
}

/* ---- which ---- */

static enum hf_err take_named(struct relating *j, const struct hf_relate_in *in, struct hf_fault *f)
{
	if (in->count > HF_RELATE_SOURCES)
		return hf_fault_set(f, HF_E_LIMIT, "more than %u sources are named; compare fewer at a time",
		                    HF_RELATE_SOURCES);
	for (size_t i = 0; i < in->count; i++) {
		enum hf_err e = hf_source_get(j->sources, in->names[i], &j->view[j->count]);

		if (e == HF_E_UNKNOWN)
			return hf_fault_set(f, e,
			                    "there is no source '%.63s'; `hufu source list` shows those there are",
			                    in->names[i]);
		HF_TRY(hf_fault_default(f, e));
		HF_TRY(hf_source_whole(&j->view[j->count++], f));
		if (!j->view[j->count - 1].enabled)
			return hf_fault_set(f, HF_E_STATE,
			                    "source '%.63s' is disabled; `hufu source enable` allows reading again",
			                    in->names[i]);
	}
	return HF_OK;
}

struct all {
	struct relating *j;
	bool more;
};

/* What masking made has other values, or the same ones again. */
static bool take_any(void *ctx, const struct hf_source_view *v)
{
	struct all *a = ctx;

	if (!v->enabled || v->most_rows || !hf_id_is_zero(&v->masked))
		return true;
	a->more = a->j->count == HF_RELATE_SOURCES;
	if (!a->more && hf_source_get(a->j->sources, v->name, &a->j->view[a->j->count]) == HF_OK)
		a->j->count++;
	return !a->more;
}

static enum hf_err take_all(struct relating *j, struct hf_fault *f)
{
	struct all a = {j, false};

	HF_TRY(hf_fault_default(f, hf_sources_list(j->sources, take_any, &a)));
	if (a.more)
		return hf_fault_set(f, HF_E_LIMIT, "there are more than %u sources; name those that are to be compared",
		                    HF_RELATE_SOURCES);
	return j->count > 0 ? HF_OK
	                    : hf_fault_set(f, HF_E_UNKNOWN,
	                                   "there is no source to look at; `hufu source add` registers one");
}

enum hf_err hf_sources_relate(struct hf_sources *s, const struct hf_relate_in *in, struct hf_fault *f)
{
	struct relating *j;
	enum hf_err e;

	if (s->relating)
		return hf_fault_set(f, HF_E_BUSY, "sources are being compared already; ask again when that is done");
	j = hf_alloc_zero(sizeof(*j));
	j->job.what = "comparison";
	j->job.run = run;
	j->job.ended = ended;
	j->sources = s;
	j->fn = in->fn;
	j->ctx = in->ctx;
	e = in->count ? take_named(j, in, f) : take_all(j, f);
	for (size_t i = 0; i < j->count; i++)
		j->view[i].look_rows = in->rows;
	if (e == HF_OK)
		e = hf_mask_rules_load(s->store, s->codes, &j->rules, f);
	if (e != HF_OK) {
		free_relating(j);
		return e;
	}
	s->relating = true;
	sources_begin(s, &j->job);
	return HF_OK;
}
