/* check.c - the result against the plan's scheme, its digest, and its name; declared in work.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "release/work.h"

#define PIECE ((size_t)256 << 10)

void release_check_free(struct release_check *c)
{
	if (!c)
		return;
	hf_plan_free(c->plan);
	hf_source_reader_close(c->reader);
	hf_release_joint_done(&c->joint);
	json_decref(c->inventory);
	json_decref(c->evaluation);
	free(c->counts);
	free(c);
}

static bool fail(struct release_check *c, const char *kind, enum hf_err e)
{
	c->kind = kind;
	c->e = hf_fault_default(&c->f, e);
	return false;
}

static bool as_expected(struct release_check *c)
{
	uint64_t unreadable = 0;

	for (size_t i = 0; i < c->count; i++)
		unreadable += c->counts[i].unreadable;
	enum hf_err e = hf_plan_result_check(c->plan, c->rows_out, unreadable, &c->f);
	return e == HF_OK || fail(c, "result", e);
}

static const struct release_count *count_of(const struct release_check *c, const char *field)
{
	for (size_t i = 0; i < c->count; i++)
		if (strcmp(c->counts[i].field, field) == 0)
			return &c->counts[i];
	return NULL;
}

/* MK-39: what was executed is what the plan says, field by field. */
static bool as_planned(struct release_check *c)
{
	const struct hf_plan_table *t = hf_plan_table_named(c->plan, c->table);

	for (size_t i = 0; t && i < t->field_count; i++) {
		const struct hf_plan_field *field = &t->fields[i];
		const char *wanted = field->technique ? field->technique->id : "keep";
		const struct release_count *n = count_of(c, field->name);

		if (!n || strcmp(n->technique, wanted) != 0)
			return fail(c, "result",
			            hf_fault_set(&c->f, HF_E_QUALITY,
			                         "field %.100s was masked by %s, and the plan says %s", field->name,
			                         n ? n->technique : "nothing", wanted));
		if (field->technique && field->technique->record.keyed != HF_KEYED_NOT && !n->key[0])
			return fail(c, "result",
			            hf_fault_set(&c->f, HF_E_QUALITY, "field %.100s was masked without its key",
			                         field->name));
	}
	if (t && c->count == t->field_count)
		return true;
	return fail(c, "result",
	            hf_fault_set(&c->f, HF_E_QUALITY, "%zu fields were masked, and the plan has %zu", c->count,
	                         t ? t->field_count : 0));
}

static bool digest(struct release_check *c)
{
	const char *path = access(c->part, F_OK) == 0 ? c->part : c->output;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	struct hf_sha256 *hash = hf_sha256_new();
	uint8_t *piece = hf_alloc(PIECE);
	ssize_t n = fd < 0 ? -1 : 1;

	c->bytes = 0;
	while (n > 0) {
		n = read(fd, piece, PIECE);
		if (n > 0) {
			hf_sha256_add(hash, piece, (size_t)n);
			c->bytes += (uint64_t)n;
		}
	}
	hf_sha256_end(hash, &c->digest);
	hf_sha256_free(hash);
	free(piece);
	if (fd >= 0)
		close(fd);
	return n == 0 ||
	       fail(c, "space", hf_fault_set(&c->f, HF_E_IO, "%s cannot be read back: %s", path, strerror(errno)));
}

void release_check_work(struct release_check *c)
{
	json_t *figures = NULL;
	enum hf_err e;

	c->e = HF_OK;
	if (!as_planned(c) || !as_expected(c) || !digest(c))
		return;
	e = release_demand(c, &figures, &c->f);
	if (e == HF_OK)
		e = hf_release_joint_count(&c->joint, c->reader, &c->f);
	if (e == HF_OK)
		e = release_evaluate(c, &c->evaluation, &c->f);
	if (e != HF_OK)
		fail(c, "result", e);
	else if (figures)
		json_object_set(c->evaluation, "risk", figures);
	json_decref(figures);
}

enum hf_err release_place(const char *part, const char *output, struct hf_fault *f)
{
	if (renameat2(AT_FDCWD, part, AT_FDCWD, output, RENAME_NOREPLACE) != 0) {
		if (errno == ENOENT && access(output, F_OK) == 0)
			return HF_OK; /* a former process did it; the scan tells whether it is that file */
		return hf_fault_set(f, errno == EEXIST ? HF_E_EXISTS : HF_E_IO,
		                    errno == EEXIST ? "%s is there already; nothing is written over it"
		                                    : "%s cannot be made of what was written beside it",
		                    output);
	}
	return hf_fault_default(f, hf_folder_sync_of(output));
}
