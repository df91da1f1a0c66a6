/*
 * transfer_others.c - the same file by scp over a local sshd, and by curl from a local nginx with TLS 1.3, file to file
 * and synced at the end. Keys, configuration and output live in the bench's folder; both servers listen on loopback
 * only.
 */
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "net.h"
#include "spawn.h"
#include "transfer.h"

#define SSH_PORT 7422
#define TLS_PORT 7443
#define ADDRESS "127.0.2.204"
#define WORDS_MAX 32u
#define END_MS 10000

struct others {
	struct bench *b;
	const char *source;
	uint64_t bytes;
	char err[400], log[400], out[400];
};

static bool run(const struct others *o, const char *program, ...) __attribute__((sentinel));
static bool run(const struct others *o, const char *program, ...)
{
	char path[600], *words[WORDS_MAX + 1] = {path}, *text = NULL;
	size_t count = 1, len;
	va_list args;
	if (!spawn_find(program, path, sizeof(path)))
		return false;
	va_start(args, program);
	for (char *w; count < WORDS_MAX && (w = va_arg(args, char *));)
		words[count++] = w;
	va_end(args);
	bool ok = spawn_capture(words, o->err, &text, &len) == 0;
	free(text);
	return ok;
}

static bool write_text(const char *path, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static bool write_text(const char *path, const char *fmt, ...)
{
	va_list args;
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0)
		return false;
	va_start(args, fmt);
	bool ok = vdprintf(fd, fmt, args) > 0;
	va_end(args);
	return close(fd) == 0 && ok;
}

static bool installed(const char *metric, const char *const *programs)
{
	char path[600];
	for (; *programs; programs++)
		if (!spawn_find(*programs, path, sizeof(path))) {
			fprintf(stderr, "hufu-bench: %s is left out: %s is not installed\n", metric, *programs);
			return false;
		}
	return true;
}

static bool sync_file(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	bool ok = fd >= 0 && fsync(fd) == 0;
	if (fd >= 0)
		close(fd);
	return ok;
}

typedef bool (*copy_fn)(const struct others *o);

static void add_ratio(const struct others *o, const char *metric, const char *what, copy_fn copy, double rate,
                      double target)
{
	double *values = calloc(o->b->windows, sizeof(double));
	struct stat st;
	bool ok = values != NULL;
	for (unsigned attempt = 0; ok && !copy(o); attempt++) { /* the server may still be starting; also warms up */
		ok = attempt < 2000;
		net_pause();
	}
	for (unsigned i = 0; i < o->b->windows && ok; i++) {
		unlink(o->out);
		int64_t begin = bench_now_us();
		ok = copy(o) && sync_file(o->out) && stat(o->out, &st) == 0 && (uint64_t)st.st_size == o->bytes;
		values[i] = (double)o->bytes / 1e3 / (double)(bench_now_us() - begin);
	}
	unlink(o->out);
	double base = ok ? bench_median(values, o->b->windows) : 0;
	free(values);
	if (ok)
		bench_add(o->b, &(struct bench_result){.metric = metric,
		                                       .unit = "1",
		                                       .value = rate / base,
		                                       .baseline = what,
		                                       .baseline_value = base,
		                                       .target = target,
		                                       .at_least = true});
	else
		fprintf(stderr, "hufu-bench: %s is left out: the copy failed; see %s\n", metric, o->log);
}

static void end_server(int pid)
{
	if (!pid)
		return;
	kill(pid, SIGTERM);
	if (!spawn_wait(pid, END_MS, NULL)) {
		kill(pid, SIGKILL);
		spawn_wait(pid, END_MS, NULL);
	}
}

/* ---- scp ---- */

static bool scp_copy(const struct others *o)
{
	char key[400], port[16], from[600];
	const struct passwd *me = getpwuid(getuid());
	snprintf(key, sizeof(key), "%s/ssh_key", o->b->dir);
	snprintf(port, sizeof(port), "%d", SSH_PORT);
	snprintf(from, sizeof(from), "%s@%s:%s", me ? me->pw_name : "root", ADDRESS, o->source);
	return run(o, "scp", "-q", "-B", "-P", port, "-i", key, "-o", "StrictHostKeyChecking=no", "-o",
	           "UserKnownHostsFile=/dev/null", "-o", "Ciphers=aes256-gcm@openssh.com", from, o->out, NULL);
}

static int start_sshd(const struct others *o)
{
	char host[400], key[400], public_key[420], config[400], program[600];
	snprintf(host, sizeof(host), "%s/ssh_host", o->b->dir);
	snprintf(key, sizeof(key), "%s/ssh_key", o->b->dir);
	snprintf(public_key, sizeof(public_key), "%s.pub", key);
	snprintf(config, sizeof(config), "%s/sshd_config", o->b->dir);
	if (!run(o, "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", host, NULL) ||
	    !run(o, "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key, NULL) ||
	    !write_text(config,
	                "Port %d\nListenAddress %s\nHostKey %s\nAuthorizedKeysFile %s\nStrictModes no\nUsePAM "
	                "no\nPidFile none\n"
	                "PasswordAuthentication no\nPermitRootLogin prohibit-password\nSubsystem sftp internal-sftp\n",
	                SSH_PORT, ADDRESS, host, public_key) ||
	    !spawn_find("sshd", program, sizeof(program)))
		return 0;
	if (mkdir("/run/sshd", 0755) != 0 && errno != EEXIST)
		return 0;
	char *argv[] = {program, (char *)"-D", (char *)"-e", (char *)"-f", config, NULL};
	return spawn_start(argv, o->log);
}

/* ---- nginx and curl ---- */

static bool curl_copy(const struct others *o)
{
	char url[600];
	snprintf(url, sizeof(url), "https://%s:%d/%s", ADDRESS, TLS_PORT, strrchr(o->source, '/') + 1);
	return run(o, "curl", "-s", "-S", "-f", "-k", "--tlsv1.3", "-o", o->out, url, NULL);
}

static int start_nginx(const struct others *o)
{
	char key[400], certificate[400], config[400], program[600];
	snprintf(key, sizeof(key), "%s/tls.key", o->b->dir);
	snprintf(certificate, sizeof(certificate), "%s/tls.crt", o->b->dir);
	snprintf(config, sizeof(config), "%s/nginx.conf", o->b->dir);
	if (!run(o, "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
	         "-subj", "/CN=bench", "-days", "1", "-keyout", key, "-out", certificate, NULL) ||
	    !write_text(config,
	                "daemon off;\nuser root;\nworker_processes 1;\npid %s/nginx.pid;\nerror_log %s;\nevents { }\n"
	                "http {\n access_log off;\n sendfile on;\n client_body_temp_path %s/nginx-body;\n "
	                "proxy_temp_path %s/nginx-proxy;\n"
	                " fastcgi_temp_path %s/nginx-fastcgi;\n uwsgi_temp_path %s/nginx-uwsgi;\n scgi_temp_path "
	                "%s/nginx-scgi;\n"
	                " server {\n  listen %s:%d ssl;\n  ssl_certificate %s;\n  ssl_certificate_key %s;\n  "
	                "ssl_protocols TLSv1.3;\n"
	                "  root %s;\n }\n}\n",
	                o->b->dir, o->log, o->b->dir, o->b->dir, o->b->dir, o->b->dir, o->b->dir, ADDRESS, TLS_PORT,
	                certificate, key, o->b->dir) ||
	    !spawn_find("nginx", program, sizeof(program)))
		return 0;
	char *argv[] = {program, (char *)"-c", config, NULL};
	return spawn_start(argv, o->log);
}

void transfer_add_others(struct bench *b, const char *source, uint64_t bytes, double rate)
{
	static const char *const ssh[] = {"scp", "sshd", "ssh-keygen", NULL}, *const web[] = {"nginx", "curl",
	                                                                                      "openssl", NULL};
	struct others o = {.b = b, .source = source, .bytes = bytes};
	snprintf(o.err, sizeof(o.err), "%s/others.err", b->dir);
	snprintf(o.log, sizeof(o.log), "%s/others.log", b->dir);
	snprintf(o.out, sizeof(o.out), "%s/others.csv", b->dir);
	if (installed("scp_ratio", ssh)) {
		int pid = start_sshd(&o);
		add_ratio(&o, "scp_ratio", "scp with aes256-gcm over a local sshd, GB/s", scp_copy, rate, 1.5);
		end_server(pid);
	}
	if (installed("nginx_curl_ratio", web)) {
		int pid = start_nginx(&o);
		add_ratio(&o, "nginx_curl_ratio", "curl from a local nginx with TLS 1.3, GB/s", curl_copy, rate, 1.0);
		end_server(pid);
	}
}
