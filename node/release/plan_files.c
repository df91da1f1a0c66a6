/*
 * plan_files.c - the files that a plan's techniques read are kept with the version that is put, so that approving it
 * covers them and a later change on the disk changes nothing (MK-37). They are stored by their SHA-256; those in use
 * are in memory once, however many plans and transfers hold them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "release/internal.h"

#define FILE_MAX ((size_t)4 << 20)
#define FILES_MAX ((size_t)8 << 20)  /* of one plan, together */
#define CACHE_MAX ((size_t)32 << 20) /* that nobody uses at the moment, roughly */

void release_files_done(struct release_files *all)
{
	for (size_t i = 0; i < all->count; i++)
		hf_plan_bytes_free(all->file[i].bytes);
	all->count = 0;
}

/* ---- when it is put: from the node's folder ---- */

static enum hf_err read_one(const char *dir, const char *name, struct hf_plan_bytes **ret_bytes, struct hf_fault *f)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf text = HF_BUF_INIT;
	char path[900];
	enum hf_err e;

	if (strchr(name, '/') || name[0] == '.' || strlen(name) > 200)
		return hf_fault_set(
		        f, HF_E_ARGUMENT,
		        "the plan names the file '%.100s'; put it into %.300s/masking and name it without a "
		        "folder",
		        name, dir);
	snprintf(path, sizeof(path), "%.600s/masking/%s", dir, name);
	e = hf_file_read(path, FILE_MAX, &text);
	if (e != HF_OK)
		return hf_file_fault(f, e, path, FILE_MAX);
	*ret_bytes = hf_plan_bytes_new(text.data, text.len);
	return HF_OK;
}

static enum hf_err read_all(const char *dir, const struct hf_plan *p, struct release_files *ret_all, struct hf_fault *f)
{
	const char *names[HF_PLAN_FILES_MAX];
	size_t count = hf_plan_file_names(p, names), bytes = 0;

	if (count > HF_PLAN_FILES_MAX)
		return hf_fault_set(f, HF_E_LIMIT, "the plan reads %zu files; %u can be kept with it", count,
		                    HF_PLAN_FILES_MAX);
	for (size_t i = 0; i < count; i++) {
		struct hf_plan_file *file = &ret_all->file[i];

		HF_TRY(read_one(dir, names[i], &file->bytes, f));
		file->name = names[i];
		ret_all->count++;
		bytes += hf_plan_bytes_of(file->bytes).len;
	}
	return bytes <= FILES_MAX
	               ? HF_OK
	               : hf_fault_set(f, HF_E_LIMIT, "the files of the plan have %zu bytes; %zu can be kept with it",
	                              bytes, FILES_MAX);
}

enum hf_err release_plan_new(struct hf_release *r, const char *text, struct hf_plan **ret_plan, struct hf_fault *f)
{
	struct hf_plan_source s = {.name = "plan",
	                           .text = text,
	                           .len = strlen(text),
	                           .methods_by = release_methods_by,
	                           .methods_ctx = r,
	                           .trial_ms = r->trial_ms};
	struct release_files all = {.count = 0};
	struct hf_plan *loose = NULL;
	enum hf_err e;

	HF_TRY(hf_plan_read_from(&s, &loose, f));
	e = read_all(r->base->dir, loose, &all, f);
	s.files = all.file;
	s.file_count = all.count;
	s.bound = s.tried = true;
	if (e == HF_OK)
		e = hf_plan_read_from(&s, ret_plan, f);
	release_files_done(&all);
	hf_plan_free(loose); /* after the names are used */
	return e;
}

/* ---- stored ---- */

void release_files_put(struct hf_unit *unit, const struct hf_plan *p)
{
	for (size_t i = 0; i < p->file_count; i++) {
		struct hf_bytes b = hf_plan_bytes_of(p->files[i].bytes);

		hf_unit_put(unit, HF_TABLE_MASK_FILE, hf_plan_bytes_digest(p->files[i].bytes)->b,
		            sizeof(struct hf_hash), b.data, b.len);
	}
}

void release_files_digest(const Hufu__MaskPlanRow *row, struct hf_hash *ret_digest)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf all = HF_BUF_INIT;

	for (size_t i = 0; i < row->n_files; i++) {
		hf_buf_add(&all, row->files[i]->name, strlen(row->files[i]->name) + 1);
		hf_buf_add(&all, row->files[i]->digest.data, row->files[i]->digest.len);
	}
	hf_sha256(all.data, all.len, ret_digest);
}

/* Forgets what nobody but this list holds, when there is much of it. */
static void make_room(struct hf_release *r)
{
	size_t bytes = 0, kept = 0;

	for (size_t i = 0; i < r->kept_count; i++)
		bytes += hf_plan_bytes_of(r->kept[i]).len;
	for (size_t i = 0; i < r->kept_count; i++) {
		if (bytes <= CACHE_MAX || hf_plan_bytes_shared(r->kept[i])) {
			r->kept[kept++] = r->kept[i];
			continue;
		}
		bytes -= hf_plan_bytes_of(r->kept[i]).len;
		hf_plan_bytes_free(r->kept[i]);
	}
	r->kept_count = kept;
}

static enum hf_err load(struct hf_release *r, const ProtobufCBinaryData *digest, struct hf_plan_bytes **ret_bytes)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf value = HF_BUF_INIT;
	struct hf_plan_bytes *b;

	for (size_t i = 0; i < r->kept_count; i++)
		if (release_has_digest(digest, hf_plan_bytes_digest(r->kept[i]))) {
			*ret_bytes = hf_plan_bytes_share(r->kept[i]);
			return HF_OK;
		}
	HF_TRY(hf_store_get(r->store, HF_TABLE_MASK_FILE, digest->data, digest->len, &value));
	b = hf_plan_bytes_new(value.data, value.len);
	if (!release_has_digest(digest, hf_plan_bytes_digest(b))) {
		hf_plan_bytes_free(b);
		return HF_E_DIGEST;
	}
	make_room(r);
	r->kept = hf_realloc(r->kept, (r->kept_count + 1) * sizeof(struct hf_plan_bytes *));
	r->kept[r->kept_count++] = b;
	*ret_bytes = hf_plan_bytes_share(b);
	return HF_OK;
}

enum hf_err release_files_of(struct hf_release *r, const Hufu__MaskPlanRow *row, struct release_files *ret_all,
                             struct hf_fault *f)
{
	for (size_t i = 0; i < row->n_files && i < HF_PLAN_FILES_MAX; i++) {
		struct hf_plan_file *file = &ret_all->file[i];

		if (load(r, &row->files[i]->digest, &file->bytes) != HF_OK) {
			release_files_done(ret_all);
			return hf_fault_set(f, HF_E_NO_PLAN,
			                    "the file %.100s of version %u of the masking plan '%.63s' is not what was "
			                    "kept, or damaged; put a new version",
			                    row->files[i]->name, row->version, row->name);
		}
		file->name = row->files[i]->name;
		ret_all->count++;
	}
	return HF_OK;
}

/* bound: NAME#HEX */
static void add_beside(struct hf_release *r, struct hf_release_joint *j, const char *bound)
{
	const char *mark = strrchr(bound, '#');
	struct hf_plan_bytes *bytes;
	struct hf_hash h;

	if (!mark || !hf_hash_from_hex(mark + 1, &h) ||
	    load(r, &(ProtobufCBinaryData){sizeof(h.b), h.b}, &bytes) != HF_OK)
		return;
	j->files = hf_realloc(j->files, (j->file_count + 1) * sizeof(*j->files));
	j->files[j->file_count++] = (struct hf_plan_file){bound, bytes};
}

void hf_release_joint_files(struct hf_release *r, struct hf_release_joint *j)
{
	for (size_t i = 0; i < j->count; i++)
		for (size_t k = 0; k < j->list[i].field_count; k++) {
			const struct hf_plan_field *field = &j->list[i].fields[k];

			for (size_t n = 0; field->technique && n < field->arg_count; n++)
				if (hf_technique_reads(field->technique, field->args[n].name))
					add_beside(r, j, field->args[n].value);
		}
}

void release_files_free(struct hf_release *r)
{
	for (size_t i = 0; i < r->kept_count; i++)
		hf_plan_bytes_free(r->kept[i]);
	free(r->kept);
}
