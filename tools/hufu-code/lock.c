/*
 * lock.c - declared in lock.h. The filters are lists of what is allowed; whatever else the code asks the kernel for
 * ends the process with SIGSYS. Landlock, where the kernel has it, leaves only the system's libraries to be read while
 * the library is being loaded.
 */
#include "lock.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "masking/code/page.h"

#if defined(__x86_64__)
#define ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCH AUDIT_ARCH_AARCH64
#else
#error "say which calls a detector may make on this architecture"
#endif

#define LIST_MAX 64u

static const unsigned short always[] = {
        __NR_read,  __NR_write, __NR_brk,        __NR_mmap,         __NR_munmap,        __NR_mremap,    __NR_madvise,
        __NR_futex, __NR_exit,  __NR_exit_group, __NR_rt_sigreturn, __NR_clock_gettime, __NR_getrandom,
};
/* And openat, to read only. */
static const unsigned short loading[] = {
        __NR_close,      __NR_fstat, __NR_pread64, __NR_lseek, __NR_mprotect, __NR_prctl, __NR_seccomp,
#ifdef __NR_newfstatat
        __NR_newfstatat,
#endif
#ifdef __NR_access
        __NR_access,
#endif
};
#define WRITES ((unsigned)(O_ACCMODE | O_CREAT | O_TRUNC))
#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

/* openat of the first filter may not write, prot of the last filter's mmap not make code. */
static bool filter(bool load)
{
	struct sock_filter code[2 * LIST_MAX];
	struct sock_fprog program = {.filter = code};
	const unsigned third = offsetof(struct seccomp_data, args[2]); /* its lower half: both machines are so */
	unsigned n = 0;

#define ADD(...) code[n++] = (struct sock_filter)__VA_ARGS__
	ADD(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)));
	ADD(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCH, 1, 0));
	ADD(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS));
	ADD(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)));
	/* Of their flags and prot, which are the third argument of both: */
	ADD(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, load ? __NR_openat : __NR_mmap, 0, 4));
	ADD(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, third));
	ADD(BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, load ? WRITES : PROT_EXEC, 0, 1));
	ADD(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS));
	ADD(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
	for (unsigned i = 0; i < COUNT(always) + (load ? COUNT(loading) : 0); i++) {
		ADD(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, i < COUNT(always) ? always[i] : loading[i - COUNT(always)], 0,
		             1));
		ADD(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
	}
	ADD(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS));
#undef ADD
	program.len = (unsigned short)n;
	return syscall(__NR_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) == 0;
}

static bool limit(int what, rlim_t most)
{
	const struct rlimit l = {most, most};

	return setrlimit(what, &l) == 0;
}

/* A kernel without Landlock, or where it is switched off, lets the code read, while it is loaded, what this user may
 * read; it can tell nobody. Whatever else is in the way ends it. */
static bool only_libraries(void)
{
	static const char *const places[] = {"/lib", "/lib64", "/usr/lib", "/usr/lib64", "/etc/ld.so.cache"};
	const struct landlock_ruleset_attr all = {.handled_access_fs = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1};
	int rules = (int)syscall(__NR_landlock_create_ruleset, &all, sizeof(all), 0);
	bool good;

	if (rules < 0)
		return errno == ENOSYS || errno == EOPNOTSUPP;
	for (unsigned i = 0; i < COUNT(places); i++) {
		struct landlock_path_beneath_attr a = {.allowed_access = LANDLOCK_ACCESS_FS_READ_FILE |
		                                                         (i < 4 ? LANDLOCK_ACCESS_FS_READ_DIR : 0),
		                                       .parent_fd = open(places[i], O_PATH | O_CLOEXEC)};

		if (a.parent_fd < 0)
			continue;
		syscall(__NR_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &a, 0);
		close(a.parent_fd);
	}
	good = syscall(__NR_landlock_restrict_self, rules, 0) == 0;
	close(rules);
	return good;
}

bool lock_for_loading(void)
{
	return prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
	       limit(RLIMIT_CORE, 0) && limit(RLIMIT_FSIZE, 0) && limit(RLIMIT_NOFILE, 32) &&
	       limit(RLIMIT_AS, HF_CODE_MEMORY) && limit(RLIMIT_CPU, HF_CODE_SECONDS_ALL) && only_libraries() &&
	       filter(true);
}

bool lock_for_good(void)
{
	return prctl(PR_SET_DUMPABLE, 0) == 0 && filter(false);
}
