/*
 * policy_build.c - see policy.h: snapshots that a worker builds. The worker reads a snapshot of its own, which nobody
 * changes any more; the loop goes on changing the one in force, and notes the ids of what it changed. When the work is
 * done, each noted rule is brought to what it is now, and the new snapshot takes the place of the old one.
 */
#include <stdlib.h>
#include <string.h>

#include "authz/module.h"

/* More changes than that while one is built: it is given up, and built anew, or compiled by the loop. */
#define CHANGES_MAX 1024u

struct az_policy_job {
	uv_work_t work;
	struct hf_authz *a;     /* NULL: the module is gone, or nobody wants it any more */
	struct hf_policy *from; /* own references */
	struct hf_policy *made;
	char (*changed)[HF_RULE_ID_MAX + 1];
	size_t changed_count;
	bool too_many, done;
	uint64_t version;
	/* Of a policy. */
	char *text;
	size_t len;
	struct hf_hash digest;
	struct az_policy_head head;
	struct hf_fault fault;
	enum hf_err error;
	az_policy_built_fn fn;
	void *ctx;
};

static void job_free(struct az_policy_job *j)
{
	if (!j)
		return;
	hf_policy_free(j->from);
	hf_policy_free(j->made);
	free(j->changed);
	free(j->text);
	free(j);
}

/* One that is still with a worker frees itself there. */
static void job_drop(struct az_policy_job **slot)
{
	struct az_policy_job *j = HF_TAKE(*slot);
	if (j && j->done)
		job_free(j);
	else if (j)
		j->a = NULL;
}

static struct az_policy_job *job_new(struct hf_authz *a)
{
	struct az_policy_job *j = hf_alloc_zero(sizeof(*j));
	j->work.data = j;
	j->a = a;
	j->from = a->policy.now ? hf_policy_ref(a->policy.now) : NULL;
	j->changed = hf_alloc_zero(CHANGES_MAX * sizeof(*j->changed));
	j->version = a->policy.changes + 1;
	return j;
}

/* ---- what changes meanwhile ---- */

static void note(struct az_policy_job *j, const char *id)
{
	if (!j || j->too_many)
		return;
	if (j->changed_count == CHANGES_MAX)
		j->too_many = true;
	else
		snprintf(j->changed[j->changed_count++], sizeof(*j->changed), "%s", id);
}

void az_policy_note(struct hf_authz *a, const char *id)
{
	if (!id)
		return;
	note(a->policy.merging, id);
	note(a->policy.preparing, id);
}

struct bringing {
	struct hf_policy **made;
	const char *remove;
	enum hf_err error;
};

static void change(struct bringing *b, const struct hf_rule *add)
{
	const struct hf_policy_change c = {b->remove, add};
	struct hf_policy *next = NULL;
	b->error = hf_policy_apply(*b->made, &c, 1, &next, NULL);
	if (b->error != HF_OK)
		return;
	hf_policy_free(*b->made);
	*b->made = next;
}

static void change_to(void *ctx, const struct hf_rule *rule)
{
	change(ctx, rule);
}

static enum hf_err bring(const struct hf_policy *now, const char *id, struct hf_policy **made)
{
	struct bringing b = {made, hf_policy_rule(*made, id, NULL, NULL) ? id : NULL, HF_OK};
	if (!hf_policy_rule(now, id, change_to, &b) && b.remove)
		change(&b, NULL);
	return b.error;
}

/* False: it cannot be used. What was built from nothing has none of this node's own rules: no holds, no grants. */
static bool bring_up_to_date(const struct hf_authz *a, struct az_policy_job *j)
{
	if (!a->policy.now || !j->from || !j->made || j->too_many)
		return false;
	for (size_t i = 0; i < j->changed_count; i++)
		if (bring(a->policy.now, j->changed[i], &j->made) != HF_OK)
			return false;
	return true;
}

/* ---- merging ---- */

static void merge_work(uv_work_t *w)
{
	struct az_policy_job *j = w->data;
	j->made = hf_policy_merge(j->from);
}

static void merge_done(uv_work_t *w, int status)
{
	struct az_policy_job *j = w->data;
	struct hf_authz *a = j->a;
	j->done = true;
	if (!a) {
		job_free(j);
		return;
	}
	a->policy.merging = NULL;
	/* It says exactly the same, or it is not taken; the next change asks for another one. */
	if (status == 0 && bring_up_to_date(a, j) &&
	    memcmp(hf_policy_hash(j->made), hf_policy_hash(a->policy.now), sizeof(struct hf_hash)) == 0) {
		hf_policy_free(a->policy.now);
		a->policy.now = HF_TAKE(j->made);
	}
	job_free(j);
}

void az_policy_merge(struct hf_authz *a)
{
	if (a->policy.merging)
		return;
	struct az_policy_job *j = a->policy.merging = job_new(a);
	if (uv_queue_work(a->base->loop, &j->work, merge_work, merge_done) == 0)
		return;
	a->policy.merging = NULL;
	job_free(j);
}

/* ---- another policy ---- */

/* That a rule of this node's own does not stand under the new hierarchies says nothing of the text, which is checked
 * alone then: what it means is found out when everything is compiled anew. */
static void prepare_work(uv_work_t *w)
{
	struct az_policy_job *j = w->data;
	struct hf_fault f = {HF_OK, ""};
	if (az_policy_make(j->text, j->len, j->from, j->version, &j->made, &j->head, &f) != HF_OK)
		j->error = az_policy_check(j->text, j->len, &j->head, &j->fault);
}

static void prepare_done(uv_work_t *w, int status)
{
	struct az_policy_job *j = w->data;
	az_policy_built_fn fn = j->fn;
	void *ctx = j->ctx;
	j->done = true;
	if (!j->a) {
		job_free(j);
		return;
	}
	const struct hf_fault f = j->fault;
	enum hf_err e = status == 0 ? j->error : HF_E_CANCELLED;
	j->fn = NULL;
	free(HF_TAKE(j->text));
	if (e != HF_OK)
		job_drop(&j->a->policy.preparing);
	fn(ctx, e, &f);
}

enum hf_err az_policy_prepare(struct hf_authz *a, const void *text, size_t len, az_policy_built_fn fn, void *ctx,
                              struct hf_fault *f)
{
	if (a->policy.preparing && !a->policy.preparing->done)
		return hf_fault_set(f, HF_E_BUSY, "another policy is being built at this moment; apply this one again");
	job_drop(&a->policy.preparing);
	struct az_policy_job *j = a->policy.preparing = job_new(a);
	j->text = hf_alloc(len + 1);
	memcpy(j->text, text, len);
	j->text[len] = '\0';
	j->len = len;
	j->fn = fn;
	j->ctx = ctx;
	hf_sha256(text, len, &j->digest);
	if (uv_queue_work(a->base->loop, &j->work, prepare_work, prepare_done) == 0)
		return HF_OK;
	a->policy.preparing = NULL;
	job_free(j);
	return hf_fault_set(f, HF_E_BUSY, "this node can begin no further work at this moment; apply the policy again");
}

static bool is_ready(const struct az_policy_job *j, const struct hf_hash *digest)
{
	return j && j->done && j->made && memcmp(&j->digest, digest, sizeof(*digest)) == 0;
}

bool az_policy_prepared(const struct hf_authz *a, const struct hf_hash *digest, struct az_policy_head *ret_head)
{
	if (!is_ready(a->policy.preparing, digest))
		return false;
	*ret_head = a->policy.preparing->head;
	return true;
}

bool az_policy_take(struct hf_authz *a, const struct hf_hash *digest)
{
	struct az_policy_job *j = a->policy.preparing;
	if (!is_ready(j, digest))
		return false;
	bool good = bring_up_to_date(a, j);
	if (good) {
		hf_policy_free(a->policy.now);
		a->policy.now = HF_TAKE(j->made);
		a->policy.changes++;
	}
	job_drop(&a->policy.preparing);
	return good;
}

/* ---- closing ---- */

void az_policy_jobs_close(struct hf_authz *a)
{
	const struct hf_fault f = {HF_E_CANCELLED, "the node is stopping"};
	struct az_policy_job *j = a->policy.preparing;
	az_policy_built_fn fn = j && !j->done ? j->fn : NULL;
	void *ctx = j ? j->ctx : NULL;
	job_drop(&a->policy.merging);
	job_drop(&a->policy.preparing);
	if (fn)
		fn(ctx, HF_E_CANCELLED, &f);
}
