/* jobs.c - Argon2 in the worker pool, on owned copies in locked memory. */
#include <stdlib.h>
#include <string.h>

#include "crypto/secret.h"
#include "identity/internal.h"

static bool copy_password(const char *from, char out[PASSWORD_MAX + 1])
{
	size_t len = from ? strlen(from) : 0;
	if (len > PASSWORD_MAX)
		return false;
	memcpy(out, from ? from : "", len + 1);
	return true;
}

enum hf_err hf_password_job_new(struct hf_identity *id, const char *password, const char *fresh,
                                struct hf_job **ret_job)
{
	if (id->closing)
		return HF_E_CANCELLED;
	if (id->jobs >= JOBS_MAX)
		return HF_E_BUSY;
	struct hf_job *j = hf_alloc_zero(sizeof(*j));
	j->id = id;
	j->secret = hf_secret_alloc(sizeof(*j->secret));
	if (!j->secret) {
		free(j);
		return HF_E_BUSY;
	}
	memset(j->secret, 0, sizeof(*j->secret));
	if (!copy_password(password, j->secret->password) || !copy_password(fresh, j->secret->fresh)) {
		hf_password_job_free(j);
		return HF_E_ARGUMENT;
	}
	j->verify = password != NULL;
	j->set = fresh != NULL;
	*ret_job = j;
	return HF_OK;
}

void hf_password_job_free(struct hf_job *j)
{
	hf_secret_free(j->secret);
	free(j);
}

/* An unknown account costs what a known one costs. */
static void verify(struct hf_job *j)
{
	char unused[HF_PASSWORD_HASH_BYTES];
	if (j->hash[0])
		j->verified = hf_password_verify(j->hash, j->secret->password);
	else
		(void)hf_password_hash(j->secret->password, unused);
}

static bool was_used(const struct hf_job *j)
{
	for (size_t i = 0; i < j->former_count; i++)
		if (hf_password_verify(j->former[i], j->secret->fresh))
			return true;
	return false;
}

static void work(uv_work_t *w)
{
	struct hf_job *j = w->data;
	bool ok = true;
	if (j->verify)
		verify(j);
	if (j->derive) /* whatever the password, so that the time does not tell */
		ok = hf_password_key(j->secret->password, j->salt, j->secret->key);
	if (j->verify && !j->verified)
		return;
	if (j->set && ok)
		j->reused = was_used(j);
	if (j->set && ok && !j->reused) {
		hf_random(j->fresh_salt, sizeof(j->fresh_salt));
		ok = hf_password_hash(j->secret->fresh, j->fresh_hash) &&
		     hf_password_key(j->secret->fresh, j->fresh_salt, j->secret->fresh_key);
	}
	if (!ok)
		j->e = HF_E_CRYPTO;
}

static void after(uv_work_t *w, int status)
{
	struct hf_job *j = w->data;
	struct hf_identity *id = j->id;
	if (status != 0 || id->closing)
		j->e = HF_E_CANCELLED;
	j->done(j);
	hf_password_job_free(j);
	id->jobs--;
	hf_identity_release(id);
}

void hf_password_job_start(struct hf_job *j, void (*done)(struct hf_job *j), void *ctx)
{
	j->done = done;
	j->ctx = ctx;
	j->work.data = j;
	j->id->jobs++;
	if (uv_queue_work(j->id->base->loop, &j->work, work, after) != 0)
		abort(); /* only for a NULL callback */
}
