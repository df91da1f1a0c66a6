/*
 * authz_http.c - authz-http: AuthZEN single evaluations per second over loopback connections that stay open, against a
 * constant answer of the same server over the same connections, in alternating windows. The constant is the metadata
 * document, asked for with the very body of an evaluation, which the server reads and does not parse.
 *
 * Two more windows tell what the ratio is made of: the same question without its action, which is read as JSON and
 * refused before anything is decided (read only); and a hundred evaluations in one request, where the way over HTTP is
 * paid once for all of them (batched): what is left is to decide, to make the entry and to write the answer.
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

#define BATCH 100u
#define REQUEST_MAX 32768u
#define ANSWER_MAX 131072u

struct load {
	int fd[LINKS];
	char request[REQUEST_MAX];
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
	static char text[ANSWER_MAX];
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

enum kind { ASKED, CONSTANT, READ_ONLY, BATCHED, KINDS };

static size_t put_question(char *out, size_t cap, const struct pair *p, const char *entry, const char *action)
{
	return (size_t)snprintf(
	        out, cap,
	        "{\"subject\":{\"type\":\"system\",\"id\":\"%s/" PAIR_SYSTEM "\"},\"%s\":{\"name\":\"read\"},"
	        "\"resource\":{\"type\":\"dataset\",\"id\":\"%s\"},\"context\":{\"purpose\":\"claims\"}}",
	        p->consumer->id, action, entry);
}

static void put_request(struct load *l, const char *line, const char *body, const char *wanted)
{
	l->request_len = (size_t)snprintf(l->request, sizeof(l->request),
	                                  "%s HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer " TOKEN
	                                  "\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
	                                  line, strlen(body), body);
	l->wanted = wanted;
}

static void write_requests(const struct pair *p, const char *entry, struct load loads[KINDS])
{
	static char body[REQUEST_MAX - 1024];
	size_t n;
	put_question(body, sizeof(body), p, entry, "action");
	put_request(&loads[ASKED], "POST /access/v1/evaluation", body, "\"decision\":true");
	put_request(&loads[CONSTANT], "GET /.well-known/authzen-configuration", body, "policy_decision_point");
	put_question(body, sizeof(body), p, entry, "nothing");
	put_request(&loads[READ_ONLY], "POST /access/v1/evaluation", body, "the member 'action' is missing");
	n = (size_t)snprintf(body, sizeof(body), "{\"evaluations\":[");
	for (unsigned i = 0; i < BATCH; i++) {
		n += put_question(body + n, sizeof(body) - n, p, entry, "action");
		n += (size_t)snprintf(body + n, sizeof(body) - n, "%s", i + 1 < BATCH ? "," : "]}");
	}
	put_request(&loads[BATCHED], "POST /access/v1/evaluations", body, "\"decision\":true");
}

static bool measure(struct bench *b, struct load loads[KINDS], double (*rates)[64])
{
	for (unsigned i = 0; i < b->windows; i++)
		for (unsigned k = 0; k < KINDS; k++) {
			rates[k][i] = window(&loads[k]) * (k == BATCHED ? BATCH : 1);
			if (rates[k][i] <= 0) {
				fprintf(stderr,
				        "hufu-bench: an answer of the gateway's interface was wrong or missing\n");
				return false;
			}
		}
	return true;
}

static void report(struct bench *b, const struct load *asked, double (*rates)[64])
{
	static const char *const names[KINDS] = {"throughput", NULL, "read_only", "batched"};
	double base = bench_median(rates[CONSTANT], b->windows);
	for (unsigned k = 0; k < KINDS; k++)
		if (names[k])
			bench_add(b, &(struct bench_result){.metric = names[k],
			                                    .unit = "1/s",
			                                    .baseline = "constant answer by the same server",
			                                    .value = bench_median(rates[k], b->windows),
			                                    .baseline_value = base,
			                                    .target = k == ASKED ? 0.7 : 0,
			                                    .at_least = true,
			                                    .target_on_ratio = true});
	bench_add(b, &(struct bench_result){.metric = "p99_ms",
	                                    .unit = "ms",
	                                    .value = bench_percentile(asked->latency_ms, asked->count, 0.99)});
}

static int run(struct bench *b, struct pair *p)
{
	char csv[700], entry[40];
	static struct load loads[KINDS];
	double rates[KINDS][64];
	snprintf(csv, sizeof(csv), "%s/tolls.csv", b->dir);
	if (b->windows > 64 || !tolls_write(csv, 1 << 16, 7) || !pair_publish(p, "tolls", csv, entry) ||
	    !apply_policy(p, entry) || !net_stop(p->provider) || !configure(p->provider) || !net_start(p->provider))
		return 1;
	write_requests(p, entry, loads);
	for (unsigned i = 0; i < LINKS; i++) {
		int fd = dial();
		if (fd < 0)
			return 1;
		for (unsigned k = 0; k < KINDS; k++)
			loads[k].fd[i] = fd;
	}
	for (unsigned k = 0; k < KINDS; k++)
		loads[k].window_us = (int64_t)bench_count(b, WINDOW_US, BRIEF_US);
	loads[ASKED].latency_ms = malloc(SAMPLES_MAX * sizeof(double));
	bool ok = loads[ASKED].latency_ms && measure(b, loads, rates);
	if (ok)
		report(b, &loads[ASKED], rates);
	free(loads[ASKED].latency_ms);
	for (unsigned i = 0; i < LINKS; i++)
		close(loads[ASKED].fd[i]);
	return ok ? 0 : 1;
}

int bench_authz_http(struct bench *b)
{
	struct pair p;
	int status = pair_open(&p, b) ? run(b, &p) : 1;
	pair_done(&p);
	return status;
}
