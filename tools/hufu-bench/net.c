/* net.c - see net.h. */
#include "net.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "crypto/crypto.h"
#include "spawn.h"

#define WORDS_MAX 80u
#define SPACE NET_SPACE
#define WITNESSES 3u
#define PORT 7400

bool net_open(struct net *n, const struct bench *b, const char *name)
{
	memset(n, 0, sizeof(*n));
	n->bin = b->bin;
	snprintf(n->dir, sizeof(n->dir), "%s/%s", b->dir, name);
	if (mkdir(n->dir, 0700) == 0)
		return true;
	fprintf(stderr, "hufu-bench: %s cannot be made: %s\n", n->dir, strerror(errno));
	return false;
}

void net_done(struct net *n)
{
	for (unsigned i = 0; i < n->count; i++)
		if (n->node[i].pid)
			kill(n->node[i].pid, SIGTERM);
	for (unsigned i = 0; i < n->count; i++) {
		struct net_node *node = &n->node[i];
		if (node->pid && !spawn_wait(node->pid, NET_LIMIT_MS / 2, NULL)) {
			kill(node->pid, SIGKILL);
			spawn_wait(node->pid, NET_LIMIT_MS, NULL);
		}
		node->pid = 0;
	}
}

struct net_node *net_add(struct net *n, const char *id)
{
	if (n->count == NET_NODES_MAX)
		return NULL;
	struct net_node *node = &n->node[n->count++];
	node->net = n;
	snprintf(node->id, sizeof(node->id), "%s", id);
	snprintf(node->ip, sizeof(node->ip), "127.0.2.%u", n->count);
	snprintf(node->dir, sizeof(node->dir), "%s/%s", n->dir, id);
	snprintf(node->log, sizeof(node->log), "%s/%s.log", n->dir, id);
	return node;
}

static void print_words(char *const *words)
{
	fprintf(stderr, "hufu-bench: hufu");
	for (size_t i = 1; words[i]; i++)
		fprintf(stderr, " %s", words[i]);
}

static void print_refusal(char *const *words, int status, const char *out, size_t len, const char *err_path)
{
	char line[400] = "";
	json_t *o = json_loadb(out, len, 0, NULL);
	const char *text = json_text(json_object_get(o, "error"), "text");
	FILE *f = text[0] ? NULL : fopen(err_path, "re");
	if (f && !fgets(line, sizeof(line), f))
		line[0] = '\0';
	if (f)
		fclose(f);
	line[strcspn(line, "\n")] = '\0';
	print_words(words);
	fprintf(stderr, ": status %d: %s\n", status, text[0] ? text : line);
	json_decref(o);
}

static bool run_words(struct net *n, char *const *words, json_t **ret_out)
{
	char err_path[400], *out = NULL;
	size_t len = 0;
	snprintf(err_path, sizeof(err_path), "%s/hufu.err", n->dir);
	int status = spawn_capture(words, err_path, &out, &len);
	if (status != 0)
		print_refusal(words, status, out ? out : "", len, err_path);
	else if (ret_out)
		*ret_out = json_loadb(out, len, 0, NULL);
	free(out);
	return status == 0;
}

bool net_hufu(struct net *n, const struct net_node *node, const char *as, json_t **ret_out, ...)
{
	char program[600], *words[WORDS_MAX + 8] = {program};
	size_t count = 1;
	va_list args;
	snprintf(program, sizeof(program), "%s/hufu", n->bin);
	va_start(args, ret_out);
	for (char *w; count < WORDS_MAX && (w = va_arg(args, char *));)
		words[count++] = w;
	va_end(args);
	words[count++] = (char *)"--json";
	if (node) {
		words[count++] = (char *)"--node";
		words[count++] = (char *)node->dir;
	}
	if (as) {
		words[count++] = (char *)"--as";
		words[count++] = (char *)as;
	}
	return run_words(n, words, ret_out);
}

static bool make_member(struct net *n, struct net_node *node)
{
	char listen[64], request[500], authority[400], organization[80];
	snprintf(listen, sizeof(listen), "tcp://%s:%d", node->ip, PORT);
	snprintf(request, sizeof(request), "%s/member.request", node->dir);
	snprintf(authority, sizeof(authority), "%s/authority", n->dir);
	snprintf(organization, sizeof(organization), "cn.example.%s", node->id);
	return net_hufu(n, NULL, NULL, NULL, "init", "--node", node->dir, "--id", node->id, "--organization",
	                organization, "--name", node->id, "--jurisdiction", "CN", "--plain-keys", "--listen", listen,
	                NULL) &&
	       net_hufu(n, NULL, NULL, NULL, "space", "add", authority, "--member", request, "--role", "provider",
	                "--role", "consumer", "--role", "data-authority", "--role", "exchange-service",
	                node->mirror ? "--mirror" : NULL, node->mirror, NULL);
}

static bool issue(struct net *n, const char *const *witnesses, unsigned count, unsigned quorum)
{
	char program[600], authority[400], number[12],
	        *words[WORDS_MAX] = {program, (char *)"space", (char *)"issue", authority};
	size_t at = 4;
	snprintf(program, sizeof(program), "%s/hufu", n->bin);
	snprintf(authority, sizeof(authority), "%s/authority", n->dir);
	snprintf(number, sizeof(number), "%u", quorum);
	for (unsigned i = 0; i < count && at + 5 < WORDS_MAX; i++) {
		words[at++] = (char *)"--witness";
		words[at++] = (char *)witnesses[i];
	}
	words[at++] = (char *)"--quorum";
	words[at++] = number;
	words[at] = (char *)"--json";
	return run_words(n, words, NULL);
}

static bool join(struct net *n, struct net_node *node)
{
	char root[400], descriptors[400];
	snprintf(root, sizeof(root), "%s/authority/root.key", n->dir);
	snprintf(descriptors, sizeof(descriptors), "%s/authority/descriptors.dsse", n->dir);
	return net_hufu(n, NULL, NULL, NULL, "space", "join", "--node", node->dir, "--root-key", root, "--descriptors",
	                descriptors, NULL);
}

bool net_found(struct net *n)
{
	static const char *const witness[WITNESSES] = {"witness-1", "witness-2", "witness-3"};
	for (unsigned i = 0; i < WITNESSES; i++)
		if (!net_add(n, witness[i]))
			return false;
	return net_found_with(n, witness, WITNESSES, WITNESSES / 2 + 1);
}

bool net_found_with(struct net *n, const char *const *witnesses, unsigned count, unsigned quorum)
{
	char authority[400];
	snprintf(authority, sizeof(authority), "%s/authority", n->dir);
	if (!net_hufu(n, NULL, NULL, NULL, "space", "create", authority, "--id", SPACE, "--name", "bench",
	              "--plain-keys", NULL))
		return false;
	for (unsigned i = 0; i < n->count; i++)
		if (!make_member(n, &n->node[i]))
			return false;
	if (!issue(n, witnesses, count, quorum))
		return false;
	for (unsigned i = 0; i < n->count; i++)
		if (!join(n, &n->node[i]))
			return false;
	return true;
}

static void pause_us(int64_t us)
{
	const struct timespec t = {us / 1000000, us % 1000000 * 1000};
	nanosleep(&t, NULL);
}

void net_pause(void)
{
	pause_us(1000);
}

/* A hundredth of the time waited so far, within bounds: asking costs the nodes something too. */
static void pause_after(int64_t waited_us)
{
	int64_t us = waited_us / 100;
	pause_us(us < 1000 ? 1000 : us > 100000 ? 100000 : us);
}

bool net_wait_s(bool (*fn)(void *ctx), void *ctx, const char *what, unsigned limit_s)
{
	int64_t begin = bench_now_us(), waited = 0;
	for (; !fn(ctx); waited = bench_now_us() - begin) {
		if (waited > (int64_t)limit_s * 1000000) {
			fprintf(stderr, "hufu-bench: waited %u s in vain for %s\n", limit_s, what);
			return false;
		}
		pause_after(waited);
	}
	return true;
}

bool net_wait(bool (*fn)(void *ctx), void *ctx, const char *what)
{
	return net_wait_s(fn, ctx, what, NET_LIMIT_MS / 1000);
}

struct answers {
	struct net_node *node;
	struct http *http;
	bool ended;
};

static bool answers(void *ctx)
{
	struct answers *a = ctx;
	int status = http_try(a->http, "GET", "/v1/status", NULL, NULL);
	a->ended = status == 0 && spawn_wait(a->node->pid, 0, NULL);
	return a->ended || status == 200 || status == 401 || status == 403;
}

bool net_start_timed(struct net_node *node, double *ret_ms)
{
	char program[600];
	snprintf(program, sizeof(program), "%s/hufud", node->net->bin);
	char *argv[] = {program, (char *)"--node", node->dir, (char *)"--log", node->log, NULL};
	struct answers a = {.node = node, .http = http_open(node, NULL)};
	int64_t begin = bench_now_us();
	node->pid = spawn_start(argv, node->log);
	bool ok = a.http && node->pid && net_wait(answers, &a, "a node to answer");
	*ret_ms = (double)(bench_now_us() - begin) / 1000;
	http_close(a.http);
	if (a.ended) {
		node->pid = 0;
		fprintf(stderr, "hufu-bench: node %s ended at its start; see %s\n", node->id, node->log);
	}
	return ok && !a.ended;
}

bool net_start(struct net_node *node)
{
	double ms;
	return net_start_timed(node, &ms);
}

bool net_start_witnesses(struct net *n)
{
	bool ok = true;
	for (unsigned i = 0; ok && i < n->count; i++)
		if (strncmp(n->node[i].id, "witness-", 8) == 0)
			ok = net_start(&n->node[i]);
	return ok;
}

static bool end(struct net_node *node, int signum)
{
	if (!node->pid)
		return true;
	kill(node->pid, signum);
	if (!spawn_wait(node->pid, NET_LIMIT_MS, NULL)) {
		fprintf(stderr, "hufu-bench: node %s does not end\n", node->id);
		return false;
	}
	node->pid = 0;
	return true;
}

bool net_stop(struct net_node *node)
{
	return end(node, SIGTERM);
}

bool net_kill(struct net_node *node)
{
	return end(node, SIGKILL);
}

/* use: "once" (set by the administrator) or "own". */
static void password_path(const struct net_node *node, const char *account, const char *use, char out[500])
{
	snprintf(out, 500, "%s/%s.%s.%s", node->net->dir, node->id, account, use);
}

static bool make_password(const struct net_node *node, const char *account, const char *use, char path[500])
{
	uint8_t random[12];
	char text[64] = "Tg7-";
	password_path(node, account, use, path);
	hf_random(random, sizeof(random));
	for (size_t i = 0; i < sizeof(random); i++)
		snprintf(text + 4 + 2 * i, 3, "%02x", random[i]);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	size_t len = strlen(text);
	text[len++] = '\n';
	bool ok = fd >= 0 && write(fd, text, len) == (ssize_t)len;
	if (fd >= 0)
		close(fd);
	return ok;
}

bool net_mandate(const struct net_node *node, const char *account, const char *kind, const char *purpose)
{
	char until[16];
	struct tm tm;
	time_t end = time(NULL) + 365 * 86400;
	strftime(until, sizeof(until), "%Y-%m-%d", gmtime_r(&end, &tm));
	return net_hufu(node->net, node, account, NULL, "mandate", kind, "--purpose", purpose, "--max-level", "1",
	                "--until", until, NULL);
}

bool net_login(const struct net_node *node, const char *account)
{
	char path[500];
	password_path(node, account, "own", path);
	return net_hufu(node->net, node, NULL, NULL, "login", "--account", account, "--password-file", path, NULL);
}

bool net_admin(struct net_node *node)
{
	char password[500], key[500];
	snprintf(key, sizeof(key), "%s/%s.admin.device", node->net->dir, node->id);
	return make_password(node, "admin", "own", password) &&
	       net_hufu(node->net, node, NULL, NULL, "user", "first", "--account", "admin", "--display-name",
	                "administrator", "--real-name", "B-0001", "--password-file", password, NULL) &&
	       net_login(node, "admin") &&
	       net_hufu(node->net, node, "admin", NULL, "user", "device-key", "--key-file", key, NULL);
}

bool net_user(struct net_node *node, const char *account, const char *role)
{
	char once[500], own[500], name[100];
	snprintf(name, sizeof(name), "B-%s-%s", node->id, account);
	return make_password(node, account, "once", once) && make_password(node, account, "own", own) &&
	       net_hufu(node->net, node, "admin", NULL, "user", "add", account, "--display-name", account,
	                "--real-name", name, "--password-file", once, "--role", role, NULL) &&
	       net_hufu(node->net, node, NULL, NULL, "login", "--account", account, "--password-file", once,
	                "--new-password-file", own, NULL);
}
