/*
 * spawn.h - starting the released programs without a shell.
 */
#ifndef HUFU_TOOLS_BENCH_SPAWN_H
#define HUFU_TOOLS_BENCH_SPAWN_H

#include <stdbool.h>
#include <stddef.h>

/* Runs argv to its end; standard output is captured (free), standard error goes to err_path. Returns the exit status,
 * -1 when it could not be run. The variables HUFU_* are not handed on. */
int spawn_capture(char *const *argv, const char *err_path, char **ret_out, size_t *ret_len);
/* Starts argv with both outputs appended to log_path; the process id, or 0. */
int spawn_start(char *const *argv, const char *log_path);
/* Waits for the end, at most limit_ms; false when it still runs. ret_status (may be NULL): as waitpid. */
bool spawn_wait(int pid, int limit_ms, int *ret_status);
/* Forks: the child runs fn and ends with what it returns; it is to end when stop_fd reads as closed. Before the first
 * thread is made. Returns the process id, or 0; ret_stop (close it to stop the child). */
int spawn_side(int (*fn)(void *ctx, int stop_fd), void *ctx, int *ret_stop);
/* Stops such a child and waits for its end. */
void spawn_side_end(int pid, int stop);
/* True when a program of that name stands in PATH or in one of the usual folders; its path goes to out. */
bool spawn_find(const char *name, char *out, size_t cap);

#endif
