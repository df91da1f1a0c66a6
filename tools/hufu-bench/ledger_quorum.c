/*
 * ledger_quorum.c - ledger-quorum: five node processes, four of them witnesses with a quorum of three, one of these the
 * writer's mirror. An administrator's command becomes an entry; the time runs from sending the command until the
 * writer holds three cosignatures over it, and until it holds the mirror's, each of them given after the other side has
 * stored durably.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "net.h"
#include "nng_base.h"

#define WITNESSES 4u
#define QUORUM 3u
#define PER_WINDOW 60u
#define WARM_UP 10u
#define BRIEF 2u /* of either */
#define ADDRESS "tcp://127.0.2.206:7400"
#define MESSAGE_BYTES 1024u

static const char *const witnesses[WITNESSES] = {"witness-1", "witness-2", "witness-3", "witness-4"};

struct quorum {
	struct net net;
	struct net_node *writer;
	struct http *admin;
	struct nng_base *nng;
	int sync_fd;
	unsigned count;
	double *cosign, *mirror, *base; /* of one window */
};

struct sizes {
	double durable, witnessed, mirrored;
};

static bool read_sizes(struct quorum *q, struct sizes *s)
{
	json_t *out = NULL;
	bool ok = http_try(q->admin, "GET", "/v1/ledger/state", NULL, &out) == 200;
	if (ok)
		*s = (struct sizes){json_real_of(out, "durable"), json_real_of(out, "witnessed"),
		                    json_real_of(out, "mirrored")};
	json_decref(out);
	return ok;
}

/* One entry, by a command of the administrator. */
static bool write_entry(struct quorum *q)
{
	char name[32];
	snprintf(name, sizeof(name), "system-%u", q->count++);
	return http_call(q->admin, "POST", "/v1/systems/add",
	                 json_pack("{s:s, s:s, s:s}", "system", name, "address", "127.0.0.1", "business", "bench"),
	                 NULL);
}

/* Both times of one entry in milliseconds. The last entry before it is witnessed and mirrored. */
static bool one(struct quorum *q, double *ret_cosign, double *ret_mirror)
{
	struct sizes s = {0, 0, 0};
	int64_t begin = bench_now_us(), now = begin;
	double size = 0;
	*ret_cosign = *ret_mirror = 0;
	if (!write_entry(q))
		return false;
	while (*ret_mirror == 0 && now - begin < NET_LIMIT_MS * INT64_C(1000)) {
		if (!read_sizes(q, &s))
			return false;
		now = bench_now_us();
		if (size == 0)
			size = s.durable;
		if (*ret_cosign == 0 && s.witnessed >= size)
			*ret_cosign = (double)(now - begin) / 1000;
		if (s.mirrored >= size)
			*ret_mirror = (double)(now - begin) / 1000;
	}
	if (*ret_cosign > 0 && *ret_mirror > 0)
		return true;
	fprintf(stderr,
	        "hufu-bench: waited in vain for the cosignatures over %.0f entries: %.0f witnessed, %.0f mirrored\n",
	        size, s.witnessed, s.mirrored);
	return false;
}

/* A round trip of a message, and one sync. */
static double alone(struct quorum *q)
{
	char page[4096];
	int64_t begin = bench_now_us();
	memset(page, 0x5a, sizeof(page));
	if (nng_base_window(q->nng, INT64_C(10000000), 1, NULL) <= 0 ||
	    pwrite(q->sync_fd, page, sizeof(page), 0) != (ssize_t)sizeof(page) || fdatasync(q->sync_fd) != 0)
		return -1;
	return (double)(bench_now_us() - begin) / 1000;
}

static bool window(struct quorum *q, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		q->base[i] = alone(q);
		if (q->base[i] < 0 || !one(q, &q->cosign[i], &q->mirror[i]))
			return false;
	}
	return true;
}

struct figures {
	double *cosign[2], *mirror[2], *base[2]; /* p50 and p99 of each window */
};

static bool warm_up(struct quorum *q, unsigned count)
{
	double ignored[2];
	for (unsigned i = 0; i < count; i++)
		if (alone(q) < 0 || !one(q, &ignored[0], &ignored[1]))
			return false;
	return true;
}

static bool measure(struct bench *b, struct quorum *q, struct figures *f)
{
	static const double part[2] = {0.5, 0.99};
	unsigned count = (unsigned)bench_count(b, PER_WINDOW, BRIEF);
	bool ok = warm_up(q, (unsigned)bench_count(b, WARM_UP, BRIEF));
	for (unsigned i = 0; i < b->windows && ok; i++) {
		ok = window(q, count);
		for (unsigned k = 0; k < 2 && ok; k++) {
			f->cosign[k][i] = bench_percentile(q->cosign, count, part[k]);
			f->mirror[k][i] = bench_percentile(q->mirror, count, part[k]);
			f->base[k][i] = bench_percentile(q->base, count, part[k]);
		}
	}
	return ok;
}

static void report(struct bench *b, struct figures *f)
{
	static const char *const name[2][2] = {{"cosign_p50_ms", "mirror_p50_ms"}, {"cosign_p99_ms", "mirror_p99_ms"}};
	static const double target[2][2] = {{0, 0}, {250, 500}};
	for (unsigned k = 0; k < 2; k++) {
		double base = bench_median(f->base[k], b->windows);
		bench_add(b, &(struct bench_result){.metric = name[k][0],
		                                    .unit = "ms",
		                                    .value = bench_median(f->cosign[k], b->windows),
		                                    .baseline = "round trip by bare nng, and fdatasync",
		                                    .baseline_value = base,
		                                    .target = target[k][0]});
		bench_add(b, &(struct bench_result){.metric = name[k][1],
		                                    .unit = "ms",
		                                    .value = bench_median(f->mirror[k], b->windows),
		                                    .baseline = "round trip by bare nng, and fdatasync",
		                                    .baseline_value = base,
		                                    .target = target[k][1]});
	}
}

static bool all_settled(void *ctx)
{
	struct quorum *q = ctx;
	struct sizes s;
	return read_sizes(q, &s) && s.durable > 0 && s.witnessed == s.durable && s.mirrored == s.durable;
}

static bool start(struct quorum *q, const struct bench *b)
{
	char path[500];
	if (!net_open(&q->net, b, "net"))
		return false;
	for (unsigned i = 0; i < WITNESSES; i++)
		if (!net_add(&q->net, witnesses[i]))
			return false;
	q->writer = net_add(&q->net, "writer");
	q->writer->mirror = witnesses[0];
	if (!net_found_with(&q->net, witnesses, WITNESSES, QUORUM))
		return false;
	for (unsigned i = 0; i < q->net.count; i++)
		if (!net_start(&q->net.node[i]))
			return false;
	snprintf(path, sizeof(path), "%s/sync", q->net.dir);
	q->sync_fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	return q->sync_fd >= 0 && net_admin(q->writer) && (q->admin = http_open(q->writer, "admin")) &&
	       net_wait(all_settled, q, "the witnesses and the mirror to have the writer's ledger");
}

static bool figures_new(struct figures *f, unsigned windows)
{
	double **all[6] = {&f->cosign[0], &f->cosign[1], &f->mirror[0], &f->mirror[1], &f->base[0], &f->base[1]};
	bool ok = true;
	for (unsigned i = 0; i < 6; i++)
		ok = (*all[i] = calloc(windows, sizeof(double))) && ok;
	return ok;
}

static void figures_free(struct figures *f)
{
	for (unsigned k = 0; k < 2; k++) {
		free(f->cosign[k]);
		free(f->mirror[k]);
		free(f->base[k]);
	}
}

int bench_ledger_quorum(struct bench *b)
{
	double cosign[PER_WINDOW], mirror[PER_WINDOW], base[PER_WINDOW];
	struct quorum q = {.sync_fd = -1, .cosign = cosign, .mirror = mirror, .base = base};
	struct figures f;
	q.nng = nng_base_open(ADDRESS, 1, MESSAGE_BYTES, 256);
	bool ok = figures_new(&f, b->windows) && q.nng && start(&q, b) && measure(b, &q, &f);
	if (ok)
		report(b, &f);
	http_close(q.admin);
	net_done(&q.net);
	nng_base_close(q.nng);
	if (q.sync_fd >= 0)
		close(q.sync_fd);
	figures_free(&f);
	return ok ? 0 : 1;
}
