/* threads.c - keeps nng's threads on the processor of the loop; see bridge_internal.h. A wish, not a need: failures
 * change nothing. */
#include <dirent.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "channel/bridge_internal.h"

static bool is_nng(const char *id)
{
	static const char prefix[] = "nng:";
	char path[64], name[32] = "";
	snprintf(path, sizeof(path), "/proc/self/task/%.20s/comm", id);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	ssize_t n = read(fd, name, sizeof(name) - 1);
	close(fd);
	return n > 0 && strncmp(name, prefix, sizeof(prefix) - 1) == 0;
}

void hf_threads_find(struct hf_threads *t)
{
	struct dirent *e;
	DIR *d = opendir("/proc/self/task");
	t->count = 0;
	t->cpu = -1;
	while (d && (e = readdir(d)) && t->count < HF_NNG_THREADS_MAX)
		if (e->d_name[0] != '.' && is_nng(e->d_name))
			t->ids[t->count++] = (int)strtol(e->d_name, NULL, 10);
	if (d)
		closedir(d);
}

void hf_threads_follow(struct hf_threads *t)
{
	cpu_set_t set;
	int cpu = sched_getcpu();
	if (cpu < 0 || cpu >= CPU_SETSIZE || cpu == t->cpu)
		return;
	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	for (size_t i = 0; i < t->count; i++)
		sched_setaffinity(t->ids[i], sizeof(set), &set);
	t->cpu = cpu;
}
