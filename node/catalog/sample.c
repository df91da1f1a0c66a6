#include "catalog/sample.h"

#include <string.h>

#include "catalog/edit.h"
#include "release/tasks.h"

void hf_catalog_set_release(struct hf_catalog *c, struct hf_release *r)
{
	c->release = r;
}

/* The masking task that made what the source holds now: the one that is named, or the one that registered it. */
static enum hf_err made_by(const struct hf_catalog *c, const ProtobufCBinaryData *named, const struct hf_source_view *v,
                           Hufu__MaskTaskRow **ret_task, struct hf_fault *f)
{
	struct hf_id task = v->masked;

	if (named->len > 0 && !hf_id_from_bytes(named->data, named->len, &task))
		return hf_fault_set(f, HF_E_ARGUMENT, "the masking task of the sample is no UUIDv7");
	if (hf_id_is_zero(&task))
		return hf_fault_set(
		        f, HF_E_MASKING,
		        "source '%s' is not what a masking task released, so it is no sample that may leave; "
		        "make one with `hufu release run`",
		        v->name);
	if (!c->release)
		return hf_fault_set(f, HF_E_MASKING, "nothing here can tell what was masked");
	HF_TRY(hf_task_result(c->release, &task, &v->digest, ret_task, f));
	return hf_source_test(c->sources, v->name, f); /* is the file that one now? */
}

/* It exists, is no sample, is about the source that was masked, and is seen by whoever sees the sample. */
static enum hf_err check_of(const struct edit *e, const struct hf_scope *scope, const struct hf_id *of,
                            const Hufu__MaskTaskRow *task, struct hf_fault *f)
{
	const struct hf_catalog_item *it = hf_catalog_own_item(e->c, of);
	struct hf_catalog_own own;
	char text[HF_ID_TEXT];

	hf_id_text(of, text);
	if (!it || it->entry->withdrawn)
		return hf_fault_set(
		        f, HF_E_UNKNOWN,
		        "there is no entry %s of this node to publish a sample of; `hufu catalog list --own` "
		        "shows those there are",
		        text);
	if (it->entry->sample || hf_id_equal(of, &e->id))
		return hf_fault_set(f, HF_E_STATE, "entry %s is a sample itself; name the entry with the data", text);
	if (strcmp(it->source, task->source) != 0)
		return hf_fault_set(
		        f, HF_E_MASKING,
		        "the file was masked from source '%s', but entry %s stands on source '%s'; mask that "
		        "one",
		        task->source, text, it->source);
	HF_TRY(hf_fault_default(f, hf_catalog_own(e->c, of, &own)));
	bool within = scope_within(scope, &own.scope, hf_peers_space(e->c->peers), e->c->base->self.s);
	hf_catalog_own_done(&own);
	return within ? HF_OK
	              : hf_fault_set(
	                        f, HF_E_ARGUMENT,
	                        "the scope of the sample is wider than that of entry %s, which some would learn of; "
	                        "narrow it",
	                        text);
}

static ProtobufCBinaryData kept(struct edit *e, const ProtobufCBinaryData *from)
{
	return (ProtobufCBinaryData){from->len, memcpy(hf_arena_get(&e->arena, from->len), from->data, from->len)};
}

static char *kept_text(struct edit *e, const char *text)
{
	size_t len = strlen(text) + 1;

	return memcpy(hf_arena_get(&e->arena, len), text, len);
}

enum hf_err sample_fill(struct edit *e, const struct hf_scope *scope, const struct hf_source_view *v,
                        Hufu__CatalogEntry *entry, struct hf_fault *f)
{
	Hufu__MaskTaskRow *task HF_CLEANUP(hf_decoded_done) = NULL;
	const Hufu__MaskedSample *wish = entry->sample;
	Hufu__MaskedSample *s;
	struct hf_id of;

	if (!wish)
		return HF_OK;
	if (!hf_id_from_bytes(wish->of.data, wish->of.len, &of))
		return hf_fault_set(f, HF_E_ARGUMENT, "the entry of the sample is no UUIDv7");
	HF_TRY(made_by(e->c, &wish->task, v, &task, f));
	HF_TRY(check_of(e, scope, &of, task, f));
	s = hf_arena_get(&e->arena, sizeof(*s));
	hufu__masked_sample__init(s);
	s->of = kept(e, &wish->of);
	s->task = kept(e, &task->id);
	s->plan = kept_text(e, task->plan);
	s->plan_version = task->version;
	s->plan_digest = kept(e, &task->plan_digest);
	s->digest = kept(e, &task->result_digest);
	entry->sample = s;
	return HF_OK;
}

enum hf_err sample_rescope(const struct edit *e, const struct hf_scope *scope, struct hf_fault *f)
{
	Hufu__MaskTaskRow *task HF_CLEANUP(hf_decoded_done) = NULL;
	const Hufu__MaskedSample *s = e->was_entry->sample;
	struct hf_id of, id;

	if (!s)
		return HF_OK;
	if (!e->c->release || !hf_id_from_bytes(s->of.data, s->of.len, &of) ||
	    !hf_id_from_bytes(s->task.data, s->task.len, &id))
		return hf_fault_default(f, HF_E_STORE);
	HF_TRY(hf_task_get(e->c->release, &id, &task, f));
	return check_of(e, scope, &of, task, f);
}

enum hf_err hf_catalog_sample_stands(struct hf_catalog *c, const struct hf_catalog_item *it, struct hf_fault *f)
{
	Hufu__MaskTaskRow *task HF_CLEANUP(hf_decoded_done) = NULL;
	const Hufu__MaskedSample *s = it->entry->sample;
	struct hf_source_view v;
	enum hf_err e;

	if (!s)
		return HF_OK;
	HF_TRY(hf_fault_default(f, hf_source_get(c->sources, it->source, &v)));
	e = made_by(c, &s->task, &v, &task, f);
	if (e == HF_OK &&
	    (s->digest.len != sizeof(v.digest.b) || memcmp(s->digest.data, v.digest.b, sizeof(v.digest.b))))
		e = hf_fault_set(
		        f, HF_E_MASKING,
		        "source '%s' is another file than the sample that was published; publish the entry anew",
		        v.name);
	hf_source_view_done(&v);
	return e;
}
