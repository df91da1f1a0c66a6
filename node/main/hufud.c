/*
 * hufud.c - the node's process: arguments, passphrase, signals, loop. Everything else is in node.c.
 *
 * Signals are blocked before the first thread starts, so that none of nng's threads ever takes one.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/crypto.h"
#include "node.h"

#define EXIT_REFUSED 1
#define EXIT_USAGE 2
#define OPEN_FILES 4096

static const char usage[] =
        "usage: hufud --node DIR [--log FILE]\n"
        "\n"
        "Runs the node whose folder was made by `hufu init`. It reads DIR/hufu.yaml, serves its operators on\n"
        "the Unix socket that is named there, and ends cleanly on SIGTERM or SIGINT.\n"
        "\n"
        "The passphrase of encrypted keys comes from the file named by passphrase_file in hufu.yaml, or from\n"
        "the environment variable HUFU_PASSPHRASE_FILE.\n"
        "\n"
        "example:\n"
        "  hufud --node /var/lib/hufu/transport --log /var/log/hufu/transport.log\n";

struct options {
	const char *dir, *log;
};

static int parse_options(int argc, char **argv, struct options *o)
{
	static const struct option longs[] = {{"node", required_argument, NULL, 'n'},
	                                      {"log", required_argument, NULL, 'l'},
	                                      {"help", no_argument, NULL, 'h'},
	                                      {"version", no_argument, NULL, 'v'},
	                                      {NULL, 0, NULL, 0}};
	int c;
	while ((c = getopt_long(argc, argv, "n:l:hv", longs, NULL)) != -1) {
		if (c == 'n')
			o->dir = optarg;
		else if (c == 'l')
			o->log = optarg;
		else if (c == 'v')
			return printf("hufud %s\n", HUFU_VERSION), exit(0), 0;
		else
			return fputs(usage, c == 'h' ? stdout : stderr), exit(c == 'h' ? 0 : EXIT_USAGE), 0;
	}
	if (!o->dir)
		o->dir = getenv("HUFU_NODE");
	return o->dir && optind == argc ? 0 : -1;
}

/* Secrets never leave memory by a core dump: the limit keeps it off the disk, the other one from the program that
 * core_pattern pipes it to, which no limit does. Nobody but root may look into the process either. */
static void harden_process(void)
{
	struct rlimit none = {0, 0};
	struct rlimit files;
	setrlimit(RLIMIT_CORE, &none);
	prctl(PR_SET_DUMPABLE, 0);
	if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_max > OPEN_FILES) { /* bounds silent connections too */
		files.rlim_cur = OPEN_FILES;
		setrlimit(RLIMIT_NOFILE, &files);
	}
	umask(0077);
}

static void block_signals(void)
{
	sigset_t set;
	sigfillset(&set);
	pthread_sigmask(SIG_SETMASK, &set, NULL);
}

/* The loop thread alone takes signals, after every other thread was made. */
static void unblock_signals(void)
{
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGCHLD);
	pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}

static void on_signal(uv_signal_t *h, int signum)
{
	(void)signum;
	uv_stop(h->loop);
}

static void ask_stop(void *ctx)
{
	uv_stop(ctx);
}

static void watch_signal(uv_loop_t *loop, uv_signal_t *h, int signum)
{
	uv_signal_init(loop, h);
	uv_signal_start(h, on_signal, signum);
	uv_unref((uv_handle_t *)h);
}

static int fail(enum hf_err e, const struct hf_fault *f)
{
	fprintf(stderr, "hufud: %s\n", f->text[0] ? f->text : hf_err_text(e));
	return EXIT_REFUSED;
}

static int run(const struct options *o, const struct hf_config *cfg, const char *passphrase, int log_fd)
{
	struct hf_fault f = {HF_OK, ""};
	struct hf_node *node = NULL;
	uv_loop_t *loop = uv_default_loop();
	enum hf_err e = hf_node_open(loop, o->dir, cfg, passphrase, log_fd, &node, &f);
	if (e != HF_OK)
		return fail(e, &f);
	struct hf_modules *m = (struct hf_modules *)hf_node_modules(node);
	m->stop = ask_stop;
	m->stop_ctx = loop;
	uv_signal_t term, intr;
	watch_signal(loop, &term, SIGTERM);
	watch_signal(loop, &intr, SIGINT);
	unblock_signals();
	uv_run(loop, UV_RUN_DEFAULT);
	uv_close((uv_handle_t *)&term, NULL);
	uv_close((uv_handle_t *)&intr, NULL);
	hf_node_close(node);
	return 0;
}

static int open_log(const char *path)
{
	if (!path)
		return STDERR_FILENO;
	return open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
}

int main(int argc, char **argv)
{
	struct options o = {NULL, NULL};
	if (parse_options(argc, argv, &o) != 0) {
		fputs(usage, stderr);
		return EXIT_USAGE;
	}
	harden_process();
	block_signals();
	if (!hf_crypto_init())
		return fputs("hufud: the cryptographic libraries cannot be used; check the installation of libsodium "
		             "and OpenSSL\n",
		             stderr),
		       EXIT_REFUSED;
	int log_fd = open_log(o.log);
	if (log_fd < 0)
		return fprintf(stderr, "hufud: the log file %s cannot be opened: %s\n", o.log, strerror(errno)),
		       EXIT_REFUSED;
	char path[1024];
	snprintf(path, sizeof(path), "%s/hufu.yaml", o.dir);
	struct hf_fault f = {HF_OK, ""};
	struct hf_config *cfg = NULL;
	enum hf_err e = hf_config_load(path, &cfg, &f);
	if (e != HF_OK)
		return fail(e, &f);
	char *passphrase = NULL;
	e = hf_config_passphrase(cfg, &passphrase, &f);
	if (e != HF_OK)
		return fail(e, &f);
	int status = run(&o, cfg, passphrase, log_fd);
	hf_config_passphrase_free(passphrase);
	hf_config_free(cfg);
	return status;
}
