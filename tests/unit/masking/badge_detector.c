/*
 * badge_detector.c - an example of a detector in a shared library (node/masking/method.h): works badges, "AC-" and six
 * digits whose sum ends in 0. Some values make it do what no detector should, for the tests.
 */
#include <fcntl.h>
#include <linux/futex.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include "masking/method.h"

static const char *title = "works badge";

#ifdef SCRIBE
__attribute__((constructor)) static void leave_something(void)
{
	(void)!open("/tmp/hufu-detector-was-here", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
}
#endif

#ifdef NOSY /* before anybody asks it anything */
__attribute__((constructor)) static void look_around(void)
{
	int fd = open("/etc/passwd", O_RDONLY);

	if (fd >= 0)
		title = "it read a file";
}
#endif

static int misbehave(const uint8_t *value, size_t len)
{
	volatile char *nothing = (volatile char *)(uintptr_t)8;
	volatile unsigned long turns = 1;

	if (len == 5 && memcmp(value, "crash", 5) == 0)
		*nothing = 1;
	while (len == 4 && memcmp(value, "spin", 4) == 0 && turns)
		turns |= 1;
	if (len == 4 && memcmp(value, "file", 4) == 0)
		return open("/etc/passwd", O_RDONLY);
	if (len == 5 && memcmp(value, "timer", 5) == 0) {
		const struct itimerval never = {.it_value = {.tv_sec = 0}};

		return setitimer(ITIMER_PROF, &never, NULL);
	}
	if (len == 4 && memcmp(value, "wait", 4) == 0) /* for ever, without any use of the processor */
		syscall(SYS_futex, &turns, FUTEX_WAIT_PRIVATE, 1, NULL, NULL, 0);
	if (len == 4 && memcmp(value, "fork", 4) == 0)
		return fork();
	if (len == 4 && memcmp(value, "room", 4) == 0) {
		char *volatile much = malloc((size_t)1 << 30);

		return much ? 7 : 1;
	}
	return len == 3 && memcmp(value, "odd", 3) == 0 ? 7 : 0;
}

static int badge_check(void *state, const uint8_t *value, size_t len)
{
	unsigned sum = 0;

	(void)state;
	if (len != 9 || memcmp(value, "AC-", 3) != 0)
		return misbehave(value, len);
	for (size_t i = 3; i < 9; i++) {
		if (value[i] < '0' || value[i] > '9')
			return 0;
		sum += value[i] - '0';
	}
	return sum % 10 == 0;
}

__attribute__((visibility("default"))) const struct hufu_detector *hufu_detector(void)
{
	static const char *const names[] = {"badge", "工牌", NULL},
	                         *const examples[] = {"AC-123400", "AC-000000", NULL},
	                         *const others[] = {"AC-123401", "AC-12340", "123400", NULL};
	static struct hufu_detector d = {.version = HUFU_DETECTOR_VERSION,
	                                 .size = sizeof(d),
	                                 .basis = "six digits whose sum ends in 0",
	                                 .evidence = "content",
	                                 .sensitivity = "personal",
	                                 .technique = "mask",
	                                 .level = 3,
	                                 .share = 0.5,
	                                 .names = names,
	                                 .examples = examples,
	                                 .others = others,
	                                 .check = badge_check};

	d.title = title;
	return &d;
}
