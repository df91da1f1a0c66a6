/* spawn.c - see spawn.h. */
#include "spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"

#define OUTPUT_MAX ((size_t)256 << 20)
#define SIDE_LIMIT_MS 10000

extern char **environ;

/* A list of borrowed texts; free the list only. */
static char **clean_environment(void)
{
	size_t n = 0, kept = 0;
	while (environ[n])
		n++;
	char **env = calloc(n + 1, sizeof(*env));
	for (size_t i = 0; env && i < n; i++)
		if (strncmp(environ[i], "HUFU_", 5) != 0)
			env[kept++] = environ[i];
	return env;
}

static int spawn(char *const *argv, posix_spawn_file_actions_t *actions)
{
	pid_t pid = 0;
	char **env = clean_environment();
	posix_spawnattr_t attr;
	sigset_t none;
	sigemptyset(&none);
	posix_spawnattr_init(&attr);
	posix_spawnattr_setsigmask(&attr, &none);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK);
	int rc = env ? posix_spawn(&pid, argv[0], actions, &attr, argv, env) : ENOMEM;
	posix_spawnattr_destroy(&attr);
	free(env);
	if (rc == 0)
		return pid;
	fprintf(stderr, "hufu-bench: %s cannot be run: %s\n", argv[0], strerror(rc));
	return 0;
}

static void read_all(int fd, struct hf_buf *out)
{
	char piece[16384];
	for (;;) {
		ssize_t n = read(fd, piece, sizeof(piece));
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0 || !hf_buf_add(out, piece, (size_t)n))
			return;
	}
}

int spawn_capture(char *const *argv, const char *err_path, char **ret_out, size_t *ret_len)
{
	int fds[2], status = -1;
	struct hf_buf out;
	posix_spawn_file_actions_t a;
	if (pipe2(fds, O_CLOEXEC) != 0)
		return -1;
	posix_spawn_file_actions_init(&a);
	posix_spawn_file_actions_addopen(&a, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&a, fds[1], 1);
	posix_spawn_file_actions_addopen(&a, 2, err_path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	int pid = spawn(argv, &a);
	posix_spawn_file_actions_destroy(&a);
	close(fds[1]);
	hf_buf_init(&out, OUTPUT_MAX);
	if (pid)
		read_all(fds[0], &out);
	close(fds[0]);
	if (pid)
		while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
			;
	if (out.len == 0 && !hf_buf_add(&out, "", 1))
		return -1;
	*ret_out = (char *)out.data;
	*ret_len = out.len;
	return pid && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

int spawn_start(char *const *argv, const char *log_path)
{
	posix_spawn_file_actions_t a;
	posix_spawn_file_actions_init(&a);
	posix_spawn_file_actions_addopen(&a, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&a, 1, log_path, O_WRONLY | O_CREAT | O_APPEND, 0600);
	posix_spawn_file_actions_adddup2(&a, 1, 2);
	int pid = spawn(argv, &a);
	posix_spawn_file_actions_destroy(&a);
	return pid;
}

bool spawn_wait(int pid, int limit_ms, int *ret_status)
{
	int fd = (int)syscall(SYS_pidfd_open, pid, 0), status = 0;
	struct pollfd p = {fd, POLLIN, 0};
	bool ended = fd >= 0 && poll(&p, 1, limit_ms) == 1;
	if (fd >= 0)
		close(fd);
	if (!ended || waitpid(pid, &status, 0) != pid)
		return false;
	if (ret_status)
		*ret_status = status;
	return true;
}

int spawn_side(int (*fn)(void *ctx, int stop_fd), void *ctx, int *ret_stop)
{
	int fds[2];
	fflush(NULL);
	if (pipe2(fds, O_CLOEXEC) != 0)
		return 0;
	pid_t pid = fork();
	if (pid == 0) {
		close(fds[1]);
		_exit(fn(ctx, fds[0]));
	}
	close(fds[0]);
	if (pid < 0) {
		close(fds[1]);
		fprintf(stderr, "hufu-bench: no process can be made: %s\n", strerror(errno));
		return 0;
	}
	*ret_stop = fds[1];
	return pid;
}

void spawn_side_end(int pid, int stop)
{
	close(stop);
	if (spawn_wait(pid, SIDE_LIMIT_MS, NULL))
		return;
	kill(pid, SIGKILL);
	spawn_wait(pid, SIDE_LIMIT_MS, NULL);
}

bool spawn_find(const char *name, char *out, size_t cap)
{
	const char *path = getenv("PATH");
	char folders[4096];
	snprintf(folders, sizeof(folders), "%s:/usr/local/sbin:/usr/sbin:/sbin:/usr/bin", path ? path : "/usr/bin");
	for (char *at = folders, *one; (one = strsep(&at, ":"));) {
		int n = snprintf(out, cap, "%s/%s", one, name);
		if (one[0] && n > 0 && (size_t)n < cap && access(out, X_OK) == 0)
			return true;
	}
	return false;
}
