/* code.c - libraries of detectors are taken, and values are asked in groups; declared in code.h. */
#include "masking/code/code.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/mem.h"
#include "crypto/hash.h"
#include "masking/code/host.h"
#include "masking/detector.h"

struct hf_code {
	char sha256[65];
	const char *program;
	int memory; /* sealed memory; -1: refused */
	struct hf_code_record record;
	struct hf_fault refused;
};

struct hf_codes {
	char *program;
	struct hf_code code[HF_CODES_MAX];
	size_t count;
};

struct hf_code_run {
	const struct hf_code *code;
	char *id;
	struct hf_code_host host;
	uint32_t *counts[HF_CODE_VALUES]; /* of each value that waits */
	uint32_t waiting;
	size_t used; /* bytes of the page */
	struct hf_fault failed;
};

const struct hf_code_record *hf_code_record(const struct hf_code *c)
{
	return &c->record;
}

/* ---- runs ---- */

static void fail(struct hf_code_run *r, const struct hf_fault *why)
{
	hf_fault_set(&r->failed, HF_E_SCANNER,
	             "detector %.80s failed: %.200s; correct its library, or take the detector out", r->id, why->text);
	r->waiting = 0;
	hf_code_host_stop(&r->host);
}

static bool started(struct hf_code_run *r)
{
	struct hf_fault why = {.code = HF_OK};
	enum hf_err e;

	if (r->failed.code != HF_OK || r->host.page)
		return r->failed.code == HF_OK;
	e = hf_code_host_start(r->code->program, r->code->memory, &r->host, &why);
	if (e == HF_OK)
		e = hf_code_host_ask(&r->host, HF_CODE_LOAD, &why);
	if (e != HF_OK)
		fail(r, &why);
	return e == HF_OK;
}

struct hf_code_run *hf_code_run_new(const struct hf_code *c, const char *id)
{
	struct hf_code_run *r = hf_alloc_zero(sizeof(*r));

	r->code = c;
	r->id = hf_strdup(id);
	return r;
}

void hf_code_run_free(struct hf_code_run *r)
{
	if (!r)
		return;
	hf_code_host_stop(&r->host);
	free(r->id);
	free(r);
}

static void ask(struct hf_code_run *r)
{
	struct hf_fault why = {.code = HF_OK};

	if (r->waiting == 0)
		return;
	r->host.page->count = r->waiting;
	if (hf_code_host_ask(&r->host, HF_CODE_CHECK, &why) != HF_OK) {
		fail(r, &why);
		return;
	}
	for (uint32_t i = 0; i < r->waiting; i++)
		*r->counts[i] += r->host.page->verdict[i] == 1;
	r->waiting = 0;
	r->used = 0;
}

void hf_code_run_see(struct hf_code_run *r, uint32_t *count, const uint8_t *value, size_t len)
{
	if (len > HF_CODE_VALUE)
		len = HF_CODE_VALUE;
	if (len == 0 || !started(r))
		return;
	if (r->waiting == HF_CODE_VALUES || r->used + len > HF_CODE_BYTES) {
		ask(r);
		if (r->failed.code != HF_OK)
			return;
	}
	memcpy(r->host.page->data + r->used, value, len);
	r->host.page->len[r->waiting] = (uint32_t)len;
	r->counts[r->waiting++] = count;
	r->used += len;
}

void hf_code_run_drop(struct hf_code_run *r)
{
	r->waiting = 0;
	r->used = 0;
}

enum hf_err hf_code_run_settle(struct hf_code_run *r, struct hf_fault *f)
{
	ask(r);
	return r->failed.code == HF_OK ? HF_OK : hf_fault_set(f, r->failed.code, "%s", r->failed.text);
}

/* ---- taking ---- */

struct hf_codes *hf_codes_new(const char *program)
{
	struct hf_codes *all = hf_alloc_zero(sizeof(*all));
	char path[1024], *slash;
	ssize_t n = program ? -1 : readlink("/proc/self/exe", path, sizeof(path) - sizeof("/hufu-code"));

	if (program || n <= 0) {
		all->program = hf_strdup(program ? program : "hufu-code");
		return all;
	}
	path[n] = '\0';
	slash = strrchr(path, '/');
	snprintf(slash ? slash : path, sizeof("/hufu-code"), "/hufu-code");
	all->program = hf_strdup(path);
	return all;
}

void hf_codes_free(struct hf_codes *all)
{
	if (!all)
		return;
	for (size_t i = 0; i < all->count; i++)
		if (all->code[i].memory >= 0)
			close(all->code[i].memory);
	free(all->program);
	free(all);
}

static enum hf_err read_library(struct hf_code *c, const char *path, struct hf_fault *f)
{
	const int seals = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;
	HF_CLEANUP(hf_buf_done) struct hf_buf bytes = HF_BUF_INIT;
	struct hf_hash h;
	char hex[65];
	enum hf_err e = hf_file_read(path, HF_CODE_LIBRARY, &bytes);

	if (e != HF_OK)
		return hf_file_fault(f, e, path, HF_CODE_LIBRARY);
	hf_sha256(bytes.data, bytes.len, &h);
	hf_hash_hex(&h, hex);
	if (strcmp(hex, c->sha256) != 0)
		return hf_fault_set(
		        f, HF_E_DIGEST,
		        "the library %.150s has the SHA-256 %s, not the one that was reviewed; review it, and "
		        "write its own",
		        path, hex);
	c->memory = memfd_create("hufu-detector", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (c->memory < 0 || write(c->memory, bytes.data, bytes.len) != (ssize_t)bytes.len ||
	    fcntl(c->memory, F_ADD_SEALS, seals) != 0)
		return hf_fault_set(f, HF_E_NO_SPACE, "this machine gives no memory for the library %.200s", path);
	return HF_OK;
}

static bool text_ok(char *text, size_t size)
{
	text[size - 1] = '\0';
	return hf_text_ok(text, strlen(text), size);
}

static bool list_ok(char *list, size_t count, size_t size)
{
	list[count * size] = '\0'; /* the last one is none */
	for (size_t i = 0; i < count && list[i * size]; i++)
		if (!text_ok(list + i * size, size))
			return false;
	return true;
}

/* The page is the process's too: what is judged is this copy. */
static enum hf_err take_record(struct hf_code *c, const struct hf_code_page *page, struct hf_fault *f)
{
	struct hf_code_record *r = &c->record;

	memcpy(r, &page->record, sizeof(*r));
	if (!text_ok(r->title, sizeof(r->title)) || !text_ok(r->basis, sizeof(r->basis)) ||
	    !text_ok(r->evidence, sizeof(r->evidence)) || !text_ok(r->sensitivity, sizeof(r->sensitivity)) ||
	    !text_ok(r->technique, sizeof(r->technique)) || !r->title[0] || !r->basis[0] || !r->technique[0])
		return hf_fault_set(f, HF_E_FORMAT, "title, basis or technique of its record is missing or no text");
	if (!list_ok(r->names[0], HF_CODE_LIST, HF_CODE_WORD) || !list_ok(r->comments[0], HF_CODE_LIST, HF_CODE_WORD) ||
	    !list_ok(r->examples[0], HF_CODE_EXAMPLES, HF_CODE_EXAMPLE) ||
	    !list_ok(r->others[0], HF_CODE_EXAMPLES, HF_CODE_EXAMPLE))
		return hf_fault_set(f, HF_E_FORMAT, "a name, comment or example of its record is no text");
	if (!hf_sensitivity_named(r->sensitivity) || r->level < 1 || r->level > 4 || !(r->share > 0) || r->share > 1)
		return hf_fault_set(f, HF_E_FORMAT,
		                    "its record's sensitivity is not general, personal, important or core, its level "
		                    "not 1 to 4, or "
		                    "its share not above 0 and at most 1");
	if (strcmp(r->evidence, "content") != 0 &&
	    (strcmp(r->evidence, "name") != 0 || (!r->names[0][0] && !r->comments[0][0])))
		return hf_fault_set(
		        f, HF_E_FORMAT,
		        "its record's evidence is neither \"content\" nor, with names or comments, \"name\"");
	if (!r->examples[0][0] || !r->others[0][0])
		return hf_fault_set(f, HF_E_FORMAT, "its record has no example of a value, or none of another value");
	return HF_OK;
}

static enum hf_err try_values(struct hf_code_run *r, const char *list, bool such, struct hf_fault *f)
{
	uint32_t seen[HF_CODE_EXAMPLES] = {0};
	size_t n = 0;

	for (; n < HF_CODE_EXAMPLES && list[n * HF_CODE_EXAMPLE]; n++)
		for (unsigned twice = 0; twice < 2; twice++)
			hf_code_run_see(r, &seen[n], (const uint8_t *)list + n * HF_CODE_EXAMPLE,
			                strlen(list + n * HF_CODE_EXAMPLE));
	HF_TRY(hf_code_run_settle(r, f));
	for (size_t i = 0; i < n; i++)
		if (seen[i] != (such ? 2 : 0))
			return hf_fault_set(f, HF_E_QUALITY, "it does not tell its own %s '%.60s'",
			                    such ? "example" : "other value", list + i * HF_CODE_EXAMPLE);
	return HF_OK;
}

static enum hf_err take(struct hf_code *c, const char *path, struct hf_fault *f)
{
	struct hf_code_run *r;
	struct hf_fault why = {.code = HF_OK};
	enum hf_err e = read_library(c, path, f);

	if (e != HF_OK)
		return e;
	r = hf_code_run_new(c, path);
	e = started(r) ? take_record(c, r->host.page, &why) : hf_code_run_settle(r, &why);
	if (e == HF_OK)
		e = try_values(r, c->record.examples[0], true, &why);
	if (e == HF_OK)
		e = try_values(r, c->record.others[0], false, &why);
	hf_code_run_free(r);
	return e == HF_OK ? e : hf_fault_set(f, e, "the detector in %.120s is not used: %.250s", path, why.text);
}

static struct hf_code *find(const struct hf_codes *all, const char *sha256)
{
	for (size_t i = 0; i < all->count; i++)
		if (strcmp(all->code[i].sha256, sha256) == 0)
			return (struct hf_code *)(uintptr_t)&all->code[i];
	return NULL;
}

enum hf_err hf_codes_add(struct hf_codes *all, const char *path, const char *sha256, struct hf_fault *f)
{
	struct hf_code *c = find(all, sha256);

	if (!c) {
		if (all->count == HF_CODES_MAX || strlen(sha256) != 64)
			return hf_fault_set(f, HF_E_LIMIT,
			                    "the detector in %.200s is one more than %u, or its sha256 is not 64 hex "
			                    "digits; correct it",
			                    path, HF_CODES_MAX);
		c = &all->code[all->count++];
		snprintf(c->sha256, sizeof(c->sha256), "%s", sha256);
		c->program = all->program;
		c->memory = -1;
		c->refused.code = take(c, path, &c->refused);
	}
	return c->refused.code == HF_OK ? HF_OK : hf_fault_set(f, c->refused.code, "%s", c->refused.text);
}

enum hf_err hf_codes_find(const struct hf_codes *all, const char *sha256, const struct hf_code **ret_code,
                          struct hf_fault *f)
{
	const struct hf_code *c = all ? find(all, sha256) : NULL;

	if (!c)
		return hf_fault_set(
		        f, HF_E_UNKNOWN,
		        "there is no library with the SHA-256 %.64s here; a node's configuration names them "
		        "in masking.detectors",
		        sha256);
	if (c->refused.code != HF_OK)
		return hf_fault_set(f, c->refused.code, "%s", c->refused.text);
	*ret_code = c;
	return HF_OK;
}
