/* host.c - the process that runs a user's code is started, asked and ended; declared in host.h. */
#include "masking/code/host.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"

#define LOOK_MS 50
#define ABOVE 10 /* descriptors that the process gets are none of those that it gets them as */

/* Neither side can change its size, so that no read of it fails. */
static int make_page(struct hf_code_page **ret_page)
{
	int fd = memfd_create("hufu-code-page", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	void *at;

	if (fd < 0)
		return -1;
	if (ftruncate(fd, sizeof(struct hf_code_page)) != 0 ||
	    fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0) {
		close(fd);
		return -1;
	}
	at = mmap(NULL, sizeof(struct hf_code_page), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (at == MAP_FAILED) {
		close(fd);
		return -1;
	}
	*ret_page = at;
	return fd;
}

static int spawn(const char *program, const int fd[3], pid_t *ret_pid)
{
	static const int as[3] = {HF_CODE_FD_LIBRARY, HF_CODE_FD_ASK, HF_CODE_FD_PAGE};
	char *const argv[] = {(char *)(uintptr_t) "hufu-code", NULL}, *const env[] = {NULL};
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	sigset_t none, all;
	int wrong;

	sigemptyset(&none);
	sigfillset(&all);
	posix_spawnattr_init(&attr);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	posix_spawnattr_setsigmask(&attr, &none);
	posix_spawnattr_setsigdefault(&attr, &all);
	posix_spawn_file_actions_init(&files);
	wrong = posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
	for (int out = 1; out <= 2 && !wrong; out++)
		wrong = posix_spawn_file_actions_addopen(&files, out, "/dev/null", O_WRONLY, 0);
	for (size_t i = 0; i < 3 && !wrong; i++)
		wrong = posix_spawn_file_actions_adddup2(&files, fd[i], as[i]);
	if (!wrong)
		wrong = posix_spawn(ret_pid, program, &files, &attr, argv, env);
	posix_spawn_file_actions_destroy(&files);
	posix_spawnattr_destroy(&attr);
	return wrong;
}

static int high(int fd)
{
	return fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, ABOVE);
}

static void close_if(int fd)
{
	if (fd >= 0)
		close(fd);
}

enum hf_err hf_code_host_start(const char *program, int library, struct hf_code_host *ret_h, struct hf_fault *f)
{
	struct hf_code_host h = {.ask = -1, .left_ms = HF_CODE_WAIT_ALL_MS};
	int pair[2] = {-1, -1}, page = make_page(&h.page), fd[3], wrong = EMFILE;

	if (page < 0 || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) {
		close_if(page);
		hf_code_host_stop(&h);
		return hf_fault_set(f, HF_E_SCANNER, "this machine gives no memory or descriptors for its process");
	}
	fd[0] = high(library);
	fd[1] = high(pair[1]);
	fd[2] = high(page);
	if (fd[0] >= 0 && fd[1] >= 0 && fd[2] >= 0)
		wrong = spawn(program, fd, &h.pid);
	for (size_t i = 0; i < 3; i++)
		close_if(fd[i]);
	close(pair[1]);
	close(page);
	h.ask = pair[0];
	if (wrong) {
		h.pid = 0;
		hf_code_host_stop(&h);
		return hf_fault_set(f, HF_E_SCANNER, "%.200s, which runs such code, cannot be started: %s", program,
		                    strerror(wrong));
	}
	*ret_h = h;
	return HF_OK;
}

/* The process's end in words. */
static void say_end(int status, struct hf_fault *f)
{
	int sig = WIFSIGNALED(status) ? WTERMSIG(status) : 0;

	if (sig == SIGXCPU)
		hf_fault_set(f, HF_E_SCANNER, "it took more than %u s of processor time", HF_CODE_SECONDS_ALL);
	else if (sig == SIGSYS)
		hf_fault_set(f, HF_E_SCANNER,
		             "it tried what such code may not do (files, network, threads or processes)");
	else if (sig)
		hf_fault_set(f, HF_E_SCANNER, "it crashed (%s)", strsignal(sig));
	else
		hf_fault_set(f, HF_E_SCANNER, "it ended its process");
}

static void gone(struct hf_code_host *h, struct hf_fault *f)
{
	int status = 0;

	kill(h->pid, SIGKILL); /* changes nothing of one that has ended */
	while (waitpid(h->pid, &status, 0) < 0 && errno == EINTR)
		;
	h->pid = 0;
	say_end(status, f);
	hf_code_host_stop(h);
}

static int64_t clock_ms(clockid_t which)
{
	struct timespec t = {0, 0};

	clock_gettime(which, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Of the process; 0 when it has ended. */
static int64_t used_ms(const struct hf_code_host *h)
{
	clockid_t its;

	return clock_getcpuclockid(h->pid, &its) == 0 ? clock_ms(its) : 0;
}

enum waited { WAITED_FOR_NOTHING = 1, WAITED_ANSWER, WAITED_USED, WAITED_LATE, WAITED_TOO_LONG };

/* Looks from time to time how much of the processor it has taken. */
static enum waited wait_for(struct hf_code_host *h)
{
	const int64_t begun = clock_ms(CLOCK_MONOTONIC), used = used_ms(h);
	const int most = h->left_ms < HF_CODE_WAIT_MS ? h->left_ms : HF_CODE_WAIT_MS;
	struct pollfd p = {.fd = h->ask, .events = POLLIN};
	int64_t passed = 0;
	int ready = 0;

	while (ready <= 0 && passed < most) {
		ready = poll(&p, 1, most - passed < LOOK_MS ? (int)(most - passed) : LOOK_MS);
		if (ready < 0 && errno != EINTR)
			return WAITED_FOR_NOTHING;
		passed = clock_ms(CLOCK_MONOTONIC) - begun;
		if (ready <= 0 && used_ms(h) - used > HF_CODE_SECONDS * INT64_C(1000))
			return WAITED_USED;
	}
	h->left_ms -= passed < h->left_ms ? (int)passed : h->left_ms;
	return ready > 0 ? WAITED_ANSWER : h->left_ms > 0 ? WAITED_LATE : WAITED_TOO_LONG;
}

static bool read_answer(const struct hf_code_host *h, char *ret_answer)
{
	ssize_t n;

	do
		n = read(h->ask, ret_answer, 1);
	while (n < 0 && errno == EINTR);
	return n == 1;
}

static enum hf_err late(enum waited w, struct hf_fault *f)
{
	if (w == WAITED_USED)
		return hf_fault_set(f, HF_E_SCANNER, "it took more than %u s of processor time for at most %u values",
		                    HF_CODE_SECONDS, HF_CODE_VALUES);
	if (w == WAITED_LATE)
		return hf_fault_set(f, HF_E_SCANNER, "it did not answer within %d s", HF_CODE_WAIT_MS / 1000);
	return hf_fault_set(f, HF_E_SCANNER, "its answers took more than %d s together", HF_CODE_WAIT_ALL_MS / 1000);
}

static enum hf_err failed(const struct hf_code_page *page, struct hf_fault *f)
{
	char why[sizeof(page->why)];

	memcpy(why, page->why, sizeof(why));
	why[sizeof(why) - 1] = '\0';
	return hf_fault_set(f, HF_E_SCANNER, "%s",
	                    hf_text_ok(why, strlen(why), sizeof(why)) && why[0] ? why : "it says that it failed");
}

/* Whoever stops reading or answering is as good as gone. */
enum hf_err hf_code_host_ask(struct hf_code_host *h, char question, struct hf_fault *f)
{
	enum waited w = WAITED_FOR_NOTHING;
	char said = 0;
	enum hf_err e;

	if (send(h->ask, &question, 1, MSG_NOSIGNAL) == 1)
		w = wait_for(h);
	if (w == WAITED_ANSWER && read_answer(h, &said) && said == HF_CODE_YES)
		return HF_OK;
	if (w <= WAITED_ANSWER && !said) {
		gone(h, f);
		return HF_E_SCANNER;
	}
	e = said ? failed(h->page, f) : late(w, f);
	hf_code_host_stop(h);
	return e;
}

void hf_code_host_stop(struct hf_code_host *h)
{
	if (!h->page)
		return;
	close_if(h->ask);
	if (h->pid > 0) {
		kill(h->pid, SIGKILL);
		while (waitpid(h->pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
	munmap(h->page, sizeof(*h->page));
	*h = (struct hf_code_host){.ask = -1};
}
