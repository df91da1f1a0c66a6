/* report_file.c - handing out a kept audit report, after a worker has held the file against its digest. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "ledger/report_job.h"

struct reading {
	struct hf_job job;
	struct hf_report_view view;
	char path[760];
	int fd;
	enum hf_err err;
	hf_report_file_fn fn;
	void *ctx;
};

static void work(struct hf_job *job)
{
	struct reading *x = (struct reading *)job;
	struct hf_sha256 *h;
	struct hf_hash digest;
	uint8_t piece[16384];
	uint64_t bytes = 0;
	ssize_t n = 0;

	if (x->err != HF_OK)
		return;
	x->fd = open(x->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (x->fd < 0) {
		x->err = errno == ENOENT ? HF_E_UNKNOWN : HF_E_IO;
		return;
	}
	h = hf_sha256_new();
	while (!job->ledger->closing && (n = read(x->fd, piece, sizeof(piece))) > 0) {
		hf_sha256_add(h, piece, (size_t)n);
		bytes += (uint64_t)n;
	}
	hf_sha256_end(h, &digest);
	hf_sha256_free(h);
	if (n < 0 || lseek(x->fd, 0, SEEK_SET) != 0)
		x->err = HF_E_IO;
	else if (bytes != x->view.bytes || !hf_hash_equal(&digest, &x->view.digest))
		x->err = HF_E_DIGEST;
}

static void after(struct hf_job *job)
{
	struct reading *x = (struct reading *)job;
	enum hf_err e = job->ledger->closing ? HF_E_CANCELLED : x->err;

	if (e != HF_OK && x->fd >= 0)
		close(x->fd);
	x->fn(x->ctx, e, e == HF_OK ? x->fd : -1, x->view.bytes);
	free(x);
}

void hf_report_file_job(struct hf_ledger *l, const char *dir, const struct hf_report_view *v, enum hf_err e,
                        const struct hf_report_ending *end)
{
	struct reading *x = hf_alloc_zero(sizeof(*x));

	x->job.work = work;
	x->job.after = after;
	x->fd = -1;
	x->view = *v;
	x->err = e;
	x->fn = end->fn;
	x->ctx = end->ctx;
	hf_report_path(dir, &v->id, v->format, x->path, sizeof(x->path));
	hf_ledger_job(l, &x->job);
}

bool hf_report_may_show(const struct hf_report_view *v, const struct hf_erasure_view *e)
{
	if (v->state != HF_REPORT_READY || v->entries == 0 || (e->approved_ms && v->made_ms > e->approved_ms))
		return false;
	for (size_t i = 0; i < e->count; i++)
		if (e->entries[i] >= v->first && e->entries[i] <= v->last)
			return true;
	return false;
}
