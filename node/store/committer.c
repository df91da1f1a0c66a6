/* committer.c - see committer.h. */
#include "store/committer.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

#include "base/mem.h"

#define PREPARE_RUN 32u /* units; the committer waits so long at most */

struct hf_committer {
	struct hf_env *env;
	uv_async_t *wake;
	struct hf_metrics *metrics;
	struct hf_sequencer seq;
	uv_thread_t thread, preparer;
	uv_mutex_t mutex; /* guards what follows */
	uv_cond_t work;   /* queued is not empty, failed was cleared, a run is prepared, or stop */
	uv_cond_t ended_cond;
	uv_cond_t backlog; /* something waits for a commit to end, or stop */
	struct hf_unit_list queued, ended;
	struct hf_unit *unseen; /* in queued: the first that the preparer has not looked at; NULL: none */
	size_t seen;            /* how many stand before it */
	bool committing;
	unsigned running; /* units in the preparer's hands */
	enum hf_err failed;
	bool stop;
};

/* Committer thread only. */
struct batch {
	struct hf_committer *committer;
	struct hf_unit_list units;
	size_t draft_count;
	struct hf_draft **drafts;
	uint64_t *index; /* of the entry of each draft */
	bool writes, sequenced;
};

static bool must_wait(const struct hf_committer *c)
{
	if (c->queued.head && c->queued.head->preparing)
		return true;
	return !c->stop && (!c->queued.head || c->failed != HF_OK);
}

static void take_one(struct hf_committer *c, struct batch *b)
{
	struct hf_unit *u = c->queued.head;

	c->queued.head = u->next;
	if (!c->queued.head)
		hf_unit_list_init(&c->queued);
	if (u == c->unseen)
		c->unseen = u->next;
	else
		c->seen--;
	if (u->err == HF_OK) {
		b->draft_count += u->draft_count;
		b->writes = b->writes || u->rows || u->drafts;
	}
	hf_unit_list_add(&b->units, u);
}

static bool may_prepare(const struct hf_committer *c)
{
	return c->seq.prepare && c->committing && c->failed == HF_OK && c->unseen && c->seen < HF_BATCH_UNITS;
}

/* False when the thread shall end. */
static bool collect(struct hf_committer *c, struct batch *b)
{
	size_t units = 0, bytes = 0;

	*b = (struct batch){.committer = c};
	hf_unit_list_init(&b->units);
	uv_mutex_lock(&c->mutex);
	c->committing = false;
	while (must_wait(c))
		uv_cond_wait(&c->work, &c->mutex);
	for (; c->failed == HF_OK && c->queued.head && !c->queued.head->preparing && units < HF_BATCH_UNITS &&
	       bytes < HF_BATCH_BYTES;
	     units++) {
		bytes += c->queued.head->bytes;
		take_one(c, b);
	}
	c->committing = units > 0;
	if (may_prepare(c))
		uv_cond_signal(&c->backlog);
	uv_mutex_unlock(&c->mutex);
	return units > 0;
}

static enum hf_err apply_rows(const struct hf_unit *u, struct hf_txn *txn)
{
	for (const struct hf_row *r = u->rows; r; r = r->next) {
		if (r->del)
			HF_TRY(hf_txn_del(txn, r->table, r->key, r->key_len));
		else
			HF_TRY(hf_txn_put(txn, r->table, r->key, r->key_len, r->value, r->value_len));
	}
	return HF_OK;
}

static enum hf_err fill(void *ctx, struct hf_txn *txn)
{
	struct batch *b = ctx;
	const struct hf_sequencer *seq = &b->committer->seq;

	for (const struct hf_unit *u = b->units.head; u; u = u->next)
		if (u->err == HF_OK)
			HF_TRY(apply_rows(u, txn));
	b->sequenced = b->draft_count > 0;
	return b->sequenced ? seq->sequence(seq->ctx, txn, b->drafts, b->draft_count, b->index) : HF_OK;
}

static void ended(void *ctx, bool ok)
{
	struct batch *b = ctx;
	const struct hf_sequencer *seq = &b->committer->seq;

	if (b->sequenced && seq->committed)
		seq->committed(seq->ctx, ok);
	b->sequenced = false;
}

static void collect_drafts(struct batch *b)
{
	size_t n = 0;

	b->drafts = hf_alloc(b->draft_count * sizeof(*b->drafts));
	b->index = hf_alloc_zero(b->draft_count * sizeof(*b->index));
	for (const struct hf_unit *u = b->units.head; u; u = u->next)
		for (const struct hf_unit_draft *d = u->err == HF_OK ? u->drafts : NULL; d; d = d->next)
			b->drafts[n++] = d->draft;
}

static void hand_out(struct batch *b, enum hf_err e)
{
	size_t n = 0;

	for (struct hf_unit *u = b->units.head; u; u = u->next) {
		if (u->err != HF_OK)
			continue;
		u->err = e;
		u->info = (struct hf_commit){u->draft_count ? b->index[n] : 0, u->draft_count};
		n += u->draft_count;
	}
}

/* Growing while nobody reads costs nothing; a refusal is tried again with the next batch. */
static void make_room(struct hf_env *env)
{
	if (hf_env_half_full(env) && hf_env_grow(env, false) != HF_OK)
		return;
}

static enum hf_err commit(struct batch *b)
{
	const struct hf_txn_job job = {fill, ended, b};
	enum hf_err e = HF_OK;

	collect_drafts(b);
	if (b->writes) {
		make_room(b->committer->env);
		e = hf_txn_run(b->committer->env, &job);
		hf_metrics_add(b->committer->metrics, "store_commits_total", 1);
	}
	hand_out(b, e);
	free(b->drafts);
	free(b->index);
	return e;
}

static void post(struct hf_committer *c, struct batch *b, enum hf_err e)
{
	uv_mutex_lock(&c->mutex);
	hf_unit_list_move(&c->ended, &b->units);
	c->failed = e;
	c->committing = false;
	uv_async_send(c->wake);
	uv_cond_signal(&c->ended_cond);
	uv_mutex_unlock(&c->mutex);
}

static void run(void *arg)
{
	struct hf_committer *c = arg;
	struct batch b;

	while (collect(c, &b))
		post(c, &b, commit(&b));
}

/* ---- preparing: what waits for a commit to end is worked on meanwhile, in the order of the queue ---- */

static unsigned take_run(struct hf_committer *c, struct hf_unit *run[PREPARE_RUN])
{
	unsigned n = 0;

	while (n < PREPARE_RUN && c->unseen) {
		run[n++] = c->unseen;
		c->unseen->preparing = true;
		c->unseen = c->unseen->next;
	}
	c->seen += n;
	c->running = n;
	return n;
}

static void prepare_run(const struct hf_sequencer *seq, struct hf_unit *const *run, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		for (const struct hf_unit_draft *d = run[i]->drafts; d; d = d->next)
			seq->prepare(seq->ctx, d->draft);
}

static void end_run(struct hf_committer *c, struct hf_unit *const *run, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		run[i]->preparing = false;
	c->running = 0;
	uv_cond_signal(&c->work);
	uv_cond_signal(&c->ended_cond);
}

static void prepare(void *arg)
{
	struct hf_committer *c = arg;
	struct hf_unit *run[PREPARE_RUN];

	uv_mutex_lock(&c->mutex);
	while (!c->stop) {
		unsigned n;

		if (!may_prepare(c)) {
			uv_cond_wait(&c->backlog, &c->mutex);
			continue;
		}
		n = take_run(c, run);
		uv_mutex_unlock(&c->mutex);
		prepare_run(&c->seq, run, n);
		uv_mutex_lock(&c->mutex);
		end_run(c, run, n);
	}
	uv_mutex_unlock(&c->mutex);
}

/* Signals are the loop's, so the thread starts with all of them blocked. */
static int start_thread(uv_thread_t *thread, void (*fn)(void *arg), struct hf_committer *c)
{
	sigset_t all, before;
	int rc;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	rc = uv_thread_create(thread, fn, c);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return rc;
}

static void stop(struct hf_committer *c)
{
	uv_mutex_lock(&c->mutex);
	c->stop = true;
	uv_cond_signal(&c->work);
	uv_cond_signal(&c->backlog);
	uv_mutex_unlock(&c->mutex);
}

static void destroy(struct hf_committer *c)
{
	uv_cond_destroy(&c->backlog);
	uv_cond_destroy(&c->ended_cond);
	uv_cond_destroy(&c->work);
	uv_mutex_destroy(&c->mutex);
	free(c);
}

enum hf_err hf_committer_open(struct hf_env *env, uv_async_t *wake, struct hf_metrics *metrics,
                              struct hf_committer **ret_committer)
{
	struct hf_committer *c = hf_alloc_zero(sizeof(*c));

	c->env = env;
	c->wake = wake;
	c->metrics = metrics;
	hf_unit_list_init(&c->queued);
	hf_unit_list_init(&c->ended);
	if (uv_mutex_init(&c->mutex) != 0 || uv_cond_init(&c->work) != 0 || uv_cond_init(&c->ended_cond) != 0 ||
	    uv_cond_init(&c->backlog) != 0)
		abort();
	if (start_thread(&c->thread, run, c) != 0) {
		destroy(c);
		return HF_E_MEMORY;
	}
	if (start_thread(&c->preparer, prepare, c) != 0) {
		stop(c);
		uv_thread_join(&c->thread);
		destroy(c);
		return HF_E_MEMORY;
	}
	*ret_committer = c;
	return HF_OK;
}

void hf_committer_close(struct hf_committer *c)
{
	stop(c);
	uv_thread_join(&c->preparer);
	uv_thread_join(&c->thread);
	destroy(c);
}

void hf_committer_set_sequencer(struct hf_committer *c, const struct hf_sequencer *seq)
{
	uv_mutex_lock(&c->mutex);
	c->seq = *seq;
	uv_mutex_unlock(&c->mutex);
}

bool hf_committer_has_sequencer(const struct hf_committer *c)
{
	return c->seq.sequence != NULL;
}

void hf_committer_submit(struct hf_committer *c, struct hf_unit *u)
{
	uv_mutex_lock(&c->mutex);
	hf_unit_list_add(&c->queued, u);
	if (!c->unseen)
		c->unseen = u;
	uv_cond_signal(&c->work);
	if (u->drafts && may_prepare(c))
		uv_cond_signal(&c->backlog);
	uv_mutex_unlock(&c->mutex);
}

void hf_committer_drain(struct hf_committer *c)
{
	uv_mutex_lock(&c->mutex);
	while (c->committing || c->running > 0 || (c->queued.head && c->failed == HF_OK))
		uv_cond_wait(&c->ended_cond, &c->mutex);
	uv_mutex_unlock(&c->mutex);
}

static void fail_queued(struct hf_committer *c)
{
	while (c->running > 0)
		uv_cond_wait(&c->ended_cond, &c->mutex);
	for (struct hf_unit *u = c->queued.head; u; u = u->next)
		if (u->err == HF_OK)
			u->err = c->failed;
	hf_unit_list_move(&c->ended, &c->queued);
	c->unseen = NULL;
	c->seen = 0;
}

enum hf_err hf_committer_take(struct hf_committer *c, bool wait, struct hf_unit_list *ret_ended)
{
	enum hf_err e;

	hf_unit_list_init(ret_ended);
	uv_mutex_lock(&c->mutex);
	while (wait && !c->ended.head)
		uv_cond_wait(&c->ended_cond, &c->mutex);
	e = c->failed;
	if (e != HF_OK)
		fail_queued(c);
	hf_unit_list_move(ret_ended, &c->ended);
	c->failed = HF_OK;
	uv_mutex_unlock(&c->mutex);
	return e;
}
