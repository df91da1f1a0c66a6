/* export.c - a ledger as a folder that others can check (evidence/ledger_dir.h), written by a worker from a snapshot.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/limits.h"
#include "evidence/ledger_dir.h"
#include "ledger/book.h"
#include "proto/codec.h"

struct export_job {
	struct hf_job job;
	struct hf_snapshot *snapshot;
	struct hf_rows rows;
	struct hf_place place;
	struct hf_buf note;  /* the witnessed checkpoint, with nothing but the lines that count */
	struct hf_buf chain; /* descriptors: the loop's own may be replaced meanwhile */
	struct hf_sign_pub root;
	char dir[1024];
	uint64_t size;
	enum hf_err err;
	void (*fn)(void *ctx, enum hf_err e, uint64_t size);
	void *ctx;
};

static bool read_entry(void *ctx, uint64_t index, struct hf_bytes *ret_entry)
{
	struct export_job *j = ctx;

	return !j->job.ledger->closing && hf_place_entry(&j->place, &j->rows, index, ret_entry) == HF_OK;
}

/* The folders above dir that are missing. */
static enum hf_err make_parents(const char *dir)
{
	char path[1024];

	snprintf(path, sizeof(path), "%s", dir);
	for (char *at = strchr(path + 1, '/'); at; at = strchr(at + 1, '/')) {
		*at = '\0';
		if (mkdir(path, 0755) != 0 && errno != EEXIST)
			return HF_E_IO;
		*at = '/';
	}
	return HF_OK;
}

static void work(struct hf_job *job)
{
	struct export_job *j = (struct export_job *)job;
	struct hf_space *s;

	if (j->err == HF_OK)
		j->err = make_parents(j->dir);
	if (j->err != HF_OK)
		return;
	s = hf_space_new(&j->root);
	j->err = hf_space_read_stream(s, j->chain.data, j->chain.len, NULL);
	if (j->err == HF_OK)
		j->err = hf_ledger_dir_write(j->dir, s, (const char *)j->note.data, j->note.len, read_entry, j, NULL);
	hf_space_free(s);
}

static void after(struct hf_job *job)
{
	struct export_job *j = (struct export_job *)job;

	j->fn(j->ctx, job->ledger->closing ? HF_E_CANCELLED : j->err, j->size);
	hf_buf_done(&j->note);
	hf_buf_done(&j->chain);
	hf_rows_done(&j->rows);
	if (j->snapshot)
		hf_snapshot_close(j->snapshot);
	free(j);
}

static enum hf_err copy_space(const struct hf_space *s, struct export_job *j)
{
	Hufu__Envelope *e HF_CLEANUP(hf_decoded_done) = NULL;
	Hufu__Descriptor *d HF_CLEANUP(hf_decoded_done) = NULL;
	struct hf_bytes first;

	if (!hf_space_envelope(s, 1, &first))
		return HF_E_STATE;
	e = hf_decode_limit(&hufu__envelope__descriptor, first.data, first.len, HF_MAX_DESCRIPTOR);
	d = e ? hf_decode_limit(&hufu__descriptor__descriptor, e->payload.data, e->payload.len, HF_MAX_DESCRIPTOR)
	      : NULL;
	if (!d || d->root_key.len != sizeof(j->root.b))
		return HF_E_INTERNAL;
	memcpy(j->root.b, d->root_key.data, sizeof(j->root.b));
	return hf_space_write_stream(s, &j->chain);
}

/* On the loop: what the worker will need, as of now. */
static enum hf_err prepare(struct hf_ledger *l, const char *node, struct export_job *j)
{
	const struct hf_space *s = hf_ledger_space(l);
	struct hf_book book;
	enum hf_err e;

	if (!s)
		return HF_E_STATE;
	HF_TRY(copy_space(s, j));
	HF_TRY(hf_snapshot_open(l->store, &j->snapshot));
	hf_rows_of_snapshot(&j->rows, j->snapshot);
	HF_TRY(hf_book_open_from(l, node, &j->rows, &book));
	j->place = book.place;
	j->size = book.worth[HF_BOOK_WITNESSED].checkpoint.size;
	e = book.worth[HF_BOOK_WITNESSED].witnessed
	            ? hf_note_reduce(s, book.node, book.note[HF_BOOK_WITNESSED].data, book.note[HF_BOOK_WITNESSED].len,
	                             hf_now_ms(&l->base->clock), &j->note)
	            : HF_E_STATE;
	hf_book_done(&book);
	return e;
}

void hf_ledger_export(struct hf_ledger *l, const char *node, const char *dir,
                      void (*fn)(void *ctx, enum hf_err e, uint64_t size), void *ctx)
{
	struct export_job *j = hf_alloc_zero(sizeof(*j));
	int len = snprintf(j->dir, sizeof(j->dir), "%s", dir);

	j->job.work = work;
	j->job.after = after;
	j->fn = fn;
	j->ctx = ctx;
	j->err = len <= 0 || len >= (int)sizeof(j->dir) || dir[0] != '/' ? HF_E_ARGUMENT : prepare(l, node, j);
	hf_ledger_job(l, &j->job);
}
