/*
 * authz_http.c - authz-http: AuthZEN single evaluations per second over loopback connections that stay open, against a
 * constant answer of the same server over the same connections, in alternating windows. The constant is the metadata
 * document, asked for with the very body of an evaluation, which the server reads and does not parse.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/base64.h"
#include "crypto/crypto.h"
#include "crypto/hash.h"
#include "pair.h"

#define LINKS 8
#define PORT 7480
#define WINDOW_US 1000000
#define BRIEF_US 100000
#define TOKEN "bench-gateway-token"
#define SAMPLES_MAX 400000u

struct load {
	int fd[LINKS];
	char request[2048];
	size_t request_len;
	const char *wanted; /* in every answer */
	int64_t window_us;
	double *latency_ms;
	unsigned count;
};

static bool write_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "we");
	bool ok = f && fputs(text, f) >= 0;
	if (f)
		ok = fclose(f) == 0 && ok;
	return ok && chmod(path, 0600) == 0;
}

static bool configure(const struct net_node *node)
{
	char path[600], text[1400], tokens[600], hex[65];
	struct hf_hash h;
	hf_sha256(TOKEN, strlen(TOKEN), &h);
	hf_hex(h.b, sizeof(h.b), hex);
	snprintf(tokens, sizeof(tokens), "%s/gateways", node->dir);
	snprintf(text, sizeof(text), "front %s\n", hex);
	if (!write_file(tokens, text))
		return false;
	snprintf(path, sizeof(path), "%s/hufu.yaml", node->dir);
	FILE *f = fopen(path, "ae");
	bool ok = f && fprintf(f, "gateway:\n  address: 127.0.0.1:%d\n  tokens: %s\n", PORT, tokens) > 0;
	return f && fclose(f) == 0 && ok;
}

static bool apply_policy(struct pair *p, const char *entry)
{
	char text[2000];
	snprintf(text, sizeof(text),
	         "policy:\n  name: bench\n  version: 1\n  attributes: standard\nhierarchies:\n  organizations: {}\n  "
	         "regions: {}\n  topics: {}\nrules:\n  - id: bench\n    mechanism: "
	         "attribute\n    from: 2020-01-01\n    until: 2090-01-01\n    when:\n      resource.id: \"%s\"\n"
	         "      subject.organization: %s\n      system.name: " PAIR_SYSTEM
	         "\n      context.purpose: claims\n      context.action: read\n",
	         entry, p->consumer->id);
	struct http *h = http_open(p->provider, "approver");
	bool ok = h && http_call(h, "POST", "/v1/policy/apply", json_pack("{s:s}", "policy", text), NULL);
	http_close(h);
	return ok;
}

/* ---- the client: one request under way on each connection ---- */

static int dial(void)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(PORT)};
	int one = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0 || connect(fd, (const struct sockaddr *)&at, sizeof(at)) != 0 ||
	    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)) != 0) {
		fprintf(stderr, "hufu-bench: the gateway's address does not answer: %s\n", strerror(errno));
		if (fd >= 0)
			close(fd);
		return -1;
	}
	return fd;
}

static size_t answer_end(const char *text)
{
	const char *body = strstr(text, "\r\n\r\n"), *length = strcasestr(text, "Content-Length:");
	if (!body || !length)
		return 0;
	return (size_t)(body + 4 - text) + strtoul(length + strlen("Content-Length:"), NULL, 10);
}

static bool receive(const struct load *l, int fd)
{
	char text[8192];
	size_t have = 0, end = 0;
	while (end == 0 || have < end) {
		ssize_t n = recv(fd, text + have, sizeof(text) - 1 - have, 0);
		if (n <= 0)
			return false;
		have += (size_t)n;
		text[have] = '\0';
		end = answer_end(text);
	}
	return strstr(text, l->wanted) != NULL;
}

static bool give(const struct load *l, int fd)
{
	return send(fd, l->request, l->request_len, MSG_NOSIGNAL) == (ssize_t)l->request_len;
}

/* Answers per second over one window; 0 when one was wrong. */
static double window(struct load *l)
{
	int64_t begin = bench_now_us(), sent[LINKS];
	uint64_t answers = 0;
	for (unsigned i = 0; i < LINKS; i++) {
		sent[i] = bench_now_us();
		if (!give(l, l->fd[i]))
			return 0;
	}
	while (bench_now_us() - begin < l->window_us)
		for (unsigned i = 0; i < LINKS; i++) {
			if (!receive(l, l->fd[i]))
				return 0;
			if (l->latency_ms && l->count < SAMPLES_MAX)
				l->latency_ms[l->count++] = (double)(bench_now_us() - sent[i]) / 1000;
			answers++;
			sent[i] = bench_now_us();
			if (!give(l, l->fd[i]))
				return 0;
		}
	double s = (double)(bench_now_us() - begin) / 1e6;
	for (unsigned i = 0; i < LINKS; i++)
		if (!receive(l, l->fd[i]))
			return 0;
	return (double)(answers + LINKS) / s;
}

static void write_requests(const struct pair *p, const char *entry, struct load *asked, struct load *constant)
{
	char body[1024];
	int n = snprintf(body, sizeof(body),
	                 "{\"subject\":{\"type\":\"system\",\"id\":\"%s/" PAIR_SYSTEM
	                 "\"},\"action\":{\"name\":\"read\"},"
	                 "\"resource\":{\"type\":\"dataset\",\"id\":\"%s\"},\"context\":{\"purpose\":\"claims\"}}",
	                 p->consumer->id, entry);
	asked->request_len =
	        (size_t)snprintf(asked->request, sizeof(asked->request),
	                         "POST /access/v1/evaluation HTTP/1.1\r\nHost: localhost\r\nAuthorization: "
	                         "Bearer " TOKEN "\r\nContent-Type: application/json\r\nContent-Length: "
	                         "%d\r\n\r\n%s",
	                         n, body);
	asked->wanted = "\"decision\":true";
	constant->request_len =
	        (size_t)snprintf(constant->request, sizeof(constant->request),
	                         "GET /.well-known/authzen-configuration HTTP/1.1\r\nHost: localhost\r\nAuthorization: "
	                         "Bearer " TOKEN "\r\nContent-Type: application/json\r\nContent-Length: "
	                         "%d\r\n\r\n%s",
	                         n, body);
	constant->wanted = "policy_decision_point";
}

static bool measure(struct bench *b, struct load *asked, struct load *constant, double *rate, double *base)
{
	for (unsigned i = 0; i < b->windows; i++) {
		rate[i] = window(asked);
		base[i] = window(constant);
		if (rate[i] <= 0 || base[i] <= 0) {
			fprintf(stderr, "hufu-bench: an answer of the gateway's interface was wrong or missing\n");
			return false;
		}
	}
	return true;
}

static int run(struct bench *b, struct pair *p)
{
	char csv[700], entry[40];
	double rate[64], base[64];
	struct load asked = {.window_us = (int64_t)bench_count(b, WINDOW_US, BRIEF_US)}, constant = asked;
	unsigned windows = b->windows;
	snprintf(csv, sizeof(csv), "%s/tolls.csv", b->dir);
	if (windows > 64 || !tolls_write(csv, 1 << 16, 7) || !pair_publish(p, "tolls", csv, entry) ||
	    !apply_policy(p, entry) || !net_stop(p->provider) || !configure(p->provider) || !net_start(p->provider))
		return 1;
	write_requests(p, entry, &asked, &constant);
	for (unsigned i = 0; i < LINKS; i++)
		if ((asked.fd[i] = constant.fd[i] = dial()) < 0)
			return 1;
	asked.latency_ms = malloc(SAMPLES_MAX * sizeof(double));
	bool ok = asked.latency_ms && measure(b, &asked, &constant, rate, base);
	if (ok) {
		bench_add(b, &(struct bench_result){.metric = "throughput",
		                                    .unit = "1/s",
		                                    .baseline = "constant answer by the same server",
		                                    .value = bench_median(rate, windows),
		                                    .baseline_value = bench_median(base, windows),
		                                    .target = 0.7,
		                                    .at_least = true,
		                                    .target_on_ratio = true});
		bench_add(b, &(struct bench_result){.metric = "p99_ms",
		                                    .unit = "ms",
		                                    .value = bench_percentile(asked.latency_ms, asked.count, 0.99)});
	}
	free(asked.latency_ms);
	for (unsigned i = 0; i < LINKS; i++)
		close(asked.fd[i]);
	return ok ? 0 : 1;
}

int bench_authz_http(struct bench *b)
{
	struct pair p;
	int status = pair_open(&p, b) ? run(b, &p) : 1;
	pair_done(&p);
	return status;
}
