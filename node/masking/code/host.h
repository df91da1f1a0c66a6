/*
 * host.h - inside of code/: a process with a library in it, and one question at a time. How long that may take, by the
 * processor's clock and by the one on the wall, is measured from outside: nothing in the process can change it.
 */
#ifndef HUFU_MASKING_CODE_HOST_H
#define HUFU_MASKING_CODE_HOST_H

#include <sys/types.h>

#include "base/err.h"
#include "masking/code/page.h"

struct hf_code_host {
	pid_t pid;
	int ask;
	int left_ms; /* that it may still be waited for, by the clock */
	struct hf_code_page *page;
};
/* library: a descriptor of its bytes. The page is there, the code is not asked yet. */
enum hf_err hf_code_host_start(const char *program, int library, struct hf_code_host *ret_h, struct hf_fault *f);
/* SCANNER with half a sentence: it failed, and the process is gone. */
enum hf_err hf_code_host_ask(struct hf_code_host *h, char question, struct hf_fault *f);
void hf_code_host_stop(struct hf_code_host *h); /* also one that was never started: all zero */

#endif
