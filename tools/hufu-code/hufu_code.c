/*
 * hufu_code.c - runs a detector of a user (node/masking/method.h) for the node or for `hufu`: a process that has the
 * library, a page of values and one socket, and nothing else. Started by node/masking/code/host.c, never by people.
 */
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lock.h"
#include "masking/code/page.h"
#include "masking/method.h"

struct run {
	struct hf_code_page *page;
	const struct hufu_detector *detector;
	void *state;
};

static bool no(struct run *r, const char *why)
{
	snprintf(r->page->why, sizeof(r->page->why), "%s", why);
	return false;
}

static bool put(char *out, size_t size, const char *text)
{
	size_t len = text ? strnlen(text, size) : size;

	if (len == 0 || len >= size)
		return false;
	memcpy(out, text, len + 1);
	return true;
}

/* NULL: no texts. */
static bool put_list(char *out, size_t count, size_t size, const char *const *list)
{
	size_t n = 0;

	for (; list && list[n]; n++)
		if (n == count || !put(out + n * size, size, list[n]))
			return false;
	out[n * size] = '\0';
	return true;
}

static bool describe(struct run *r)
{
	const struct hufu_detector *d = r->detector;
	struct hf_code_record *to = &r->page->record;

	to->level = d->level;
	to->share = d->share;
	return (put(to->title, sizeof(to->title), d->title) && put(to->basis, sizeof(to->basis), d->basis) &&
	        put(to->evidence, sizeof(to->evidence), d->evidence) &&
	        put(to->sensitivity, sizeof(to->sensitivity), d->sensitivity) &&
	        put(to->technique, sizeof(to->technique), d->technique) &&
	        put_list(to->names[0], HF_CODE_LIST, HF_CODE_WORD, d->names) &&
	        put_list(to->comments[0], HF_CODE_LIST, HF_CODE_WORD, d->comments) &&
	        put_list(to->examples[0], HF_CODE_EXAMPLES, HF_CODE_EXAMPLE, d->examples) &&
	        put_list(to->others[0], HF_CODE_EXAMPLES, HF_CODE_EXAMPLE, d->others)) ||
	       no(r, "a text of its record is missing, empty or too long; see method.h");
}

static bool load(struct run *r)
{
	void *handle = dlopen("/proc/self/fd/3", RTLD_NOW | RTLD_LOCAL);
	union {
		void *found;
		const struct hufu_detector *(*call)(void);
	} symbol;
	char why[160] = "";

	if (!handle)
		return no(r, dlerror());
	symbol.found = dlsym(handle, "hufu_detector");
	if (!lock_for_good())
		return no(r, "this machine cannot lock its process");
	r->detector = symbol.found ? symbol.call() : NULL;
	if (!r->detector || r->detector->version != HUFU_DETECTOR_VERSION || r->detector->size < sizeof(*r->detector) ||
	    !r->detector->check)
		return no(r, "it exports no hufu_detector of this version with all that method.h asks for");
	if (r->detector->open && r->detector->open(&r->state, why, sizeof(why)) != 0) {
		why[sizeof(why) - 1] = '\0';
		return no(r, why);
	}
	return describe(r);
}

/* Lengths are the node's; the page is only as long as it is. */
static bool check(struct run *r)
{
	struct hf_code_page *p = r->page;
	const uint32_t count = p->count < HF_CODE_VALUES ? p->count : HF_CODE_VALUES;
	size_t at = 0;

	for (uint32_t i = 0; i < count; i++) {
		int is;

		if (p->len[i] > HF_CODE_VALUE || at + p->len[i] > HF_CODE_BYTES)
			return no(r, "its page was spoiled");
		is = r->detector->check(r->state, p->data + at, p->len[i]);
		if (is != 0 && is != 1)
			return no(r, "its check said neither 0 nor 1");
		p->verdict[i] = (uint8_t)is;
		at += p->len[i];
	}
	return true;
}

int main(void)
{
	struct run r = {.page = mmap(NULL, sizeof(*r.page), PROT_READ | PROT_WRITE, MAP_SHARED, HF_CODE_FD_PAGE, 0)};
	char asked, said;

	if (r.page == MAP_FAILED) {
		fprintf(stderr, "hufu-code: it is started by hufud and hufu, for detectors in code\n");
		return 2;
	}
	if (syscall(__NR_close_range, HF_CODE_FD_PAGE, ~0u, 0) != 0 || !lock_for_loading())
		return 1;
	while (read(HF_CODE_FD_ASK, &asked, 1) == 1) {
		said = (asked == HF_CODE_LOAD && !r.detector ? load(&r) : r.detector && check(&r)) ? HF_CODE_YES
		                                                                                   : HF_CODE_NO;
		if (write(HF_CODE_FD_ASK, &said, 1) != 1)
			return 1;
	}
	return 0;
}
