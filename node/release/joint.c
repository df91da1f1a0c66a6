/* joint.c - classes of a source's rows that all its releases together leave (MK-4); declared in joint.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "crypto/crypto.h"
#include "masking/detector.h"
#include "masking/plan_files.h"
#include "release/joint.h"
#include "release/work.h"
#include "source/readers/csv.h"

#define PIECE ((size_t)256 << 10)
#define BATCH_ROWS 4096u
#define BATCH_BYTES ((size_t)4 << 20)
#define WHOLE_BYTES ((size_t)256 << 20) /* of a table that some technique needs in one piece */

/* The source, read in pieces of rows. */
struct reading {
	struct hf_release_joint *j;
	struct hf_joint *joint;
	char **names;
	size_t width, rows;
	struct hf_buf values;
	struct span {
		size_t at, len;
	} * spans; /* row by row */
	size_t room;
	enum hf_err e;
	struct hf_fault *f;
};

static enum hf_err read_table(void *ctx, const char *name, struct hf_buf *out, struct hf_fault *f)
{
	const struct hf_release_joint *j = ctx;

	for (size_t i = 0; i < j->file_count; i++) {
		const struct hf_bytes b = hf_plan_bytes_of(j->files[i].bytes);

		if (strcmp(j->files[i].name, name) == 0)
			return hf_buf_add(out, b.data, b.len) ? HF_OK : hf_fault_default(f, HF_E_LIMIT);
	}
	if (strchr(name, '#')) /* NAME#HEX */
		return hf_fault_set(f, HF_E_UNKNOWN, "the file %.60s is not kept any more", name);
	return release_table(&(struct hf_plan){.file_count = 0}, j->folder, name, out, f);
}

static struct hf_joint *open_joint(struct hf_release_joint *j, const char *const *columns, size_t count)
{
	const struct hf_disclosure_table t = {.header = columns,
	                                      .width = count,
	                                      .root = j->has_root ? &j->root : NULL,
	                                      .file = read_table,
	                                      .file_ctx = j};

	return hf_joint_new(j->list, j->count, &t);
}

/* Else nothing is put together. */
static bool adds(const struct hf_joint *joint)
{
	return hf_joint_new_parts(joint) && hf_joint_old_parts(joint);
}

static bool take_header(struct reading *r, const struct hf_csv_record *rec)
{
	r->names = hf_csv_names(rec);
	r->width = rec->field_count;
	r->joint = open_joint(r->j, (const char *const *)r->names, r->width);
	return adds(r->joint);
}

static bool flush(struct reading *r)
{
	struct hf_bytes *cells = hf_alloc((r->rows * r->width + 1) * sizeof(*cells));

	for (size_t row = 0; row < r->rows; row++)
		for (size_t c = 0; c < r->width; c++) {
			const struct span *s = &r->spans[row * r->width + c];

			cells[c * r->rows + row] = (struct hf_bytes){s->len ? r->values.data + s->at : NULL, s->len};
		}
	r->e = hf_joint_rows(r->joint, cells, r->rows, r->f);
	free(cells);
	hf_buf_clear(&r->values);
	r->rows = 0;
	return r->e == HF_OK;
}

static bool full(struct reading *r)
{
	if (hf_joint_whole(r->joint)) {
		if (r->values.len <= WHOLE_BYTES)
			return true;
		r->e = hf_fault_set(r->f, HF_E_LIMIT,
		                    "an earlier release was masked by a technique that needs the whole table, which is "
		                    "larger than %zu MiB; split it",
		                    WHOLE_BYTES >> 20);
		return false;
	}
	return (r->rows < BATCH_ROWS && r->values.len < BATCH_BYTES) || flush(r);
}

/* Where it grew there is nothing left of the plain values. */
static bool make_room(struct hf_buf *b, size_t more)
{
	struct hf_buf next;

	if (b->data && b->len + more <= b->cap)
		return true;
	hf_buf_init(&next, b->max);
	if (!hf_buf_reserve(&next, b->len + more < BATCH_BYTES ? BATCH_BYTES : b->len + more))
		return false;
	hf_buf_add(&next, b->data, b->len);
	if (b->data)
		hf_wipe(b->data, b->cap);
	hf_buf_done(b);
	*b = next;
	return true;
}

static bool on_record(void *ctx, const struct hf_csv_record *rec)
{
	struct reading *r = ctx;
	const size_t first = r->rows * r->width;
	size_t len = HF_CELL_SLACK;

	if (rec->number == 0)
		return take_header(r, rec);
	for (size_t i = 0; i < rec->field_count; i++)
		len += rec->fields[i].len;
	if (!make_room(&r->values, len))
		return false;
	if (first + r->width > r->room) {
		r->room = 2 * (first + r->width);
		r->spans = hf_realloc(r->spans, r->room * sizeof(*r->spans));
	}
	for (size_t i = 0; i < r->width; i++) {
		r->spans[first + i].at = r->values.len;
		if (i < rec->field_count && !hf_csv_value(&rec->fields[i], &r->values))
			return false;
		r->spans[first + i].len = r->values.len - r->spans[first + i].at;
	}
	r->rows++;
	return full(r);
}

static enum hf_err stopped(const struct hf_release_joint *j, struct hf_fault *f)
{
	return j->stop && atomic_load(j->stop) ? hf_fault_set(f, HF_E_BUSY, "the node is stopping") : HF_OK;
}

static void read_source(struct reading *r, struct hf_source_reader *reader)
{
	struct hf_csv *csv = hf_csv_new(on_record, r);
	uint8_t *piece = hf_alloc(PIECE);
	enum hf_csv_defect d = HF_CSV_GOOD;
	size_t n = PIECE;

	for (uint64_t at = 0; r->e == HF_OK && n == PIECE && d == HF_CSV_GOOD; at += n) {
		r->e = stopped(r->j, r->f);
		if (r->e == HF_OK)
			r->e = hf_source_read(reader, at, piece, PIECE, &n);
		if (r->e == HF_OK)
			d = hf_csv_feed(csv, piece, n);
	}
	if (r->e == HF_OK && d == HF_CSV_GOOD)
		d = hf_csv_end(csv);
	if (r->e == HF_OK && r->joint && adds(r->joint)) {
		if (d != HF_CSV_GOOD)
			r->e = hf_fault_set(r->f, HF_E_FORMAT, "the source cannot be read again: %s",
			                    hf_csv_defect_text(d));
		else
			flush(r);
	}
	hf_csv_free(csv);
	hf_wipe(piece, PIECE);
	free(piece);
}

enum hf_err hf_release_joint_load(struct hf_store *store, const struct hf_mask_keys *keys, const char *dir,
                                  const struct hf_disclosure_in *in, struct hf_release_joint *j, struct hf_fault *f)
{
	HF_TRY(hf_fault_default(f, hf_disclosures_load(store, in->dataset, &j->given)));
	hf_disclosures_classes(j->given, in, &j->list, &j->count, &j->stamp);
	snprintf(j->folder, sizeof(j->folder), "%s/masking", dir);
	j->has_root = keys != NULL;
	if (keys)
		hf_mask_root(keys, &j->root);
	return HF_OK;
}

bool hf_release_joint_adds(struct hf_release_joint *j, const char *const *columns, size_t count)
{
	struct hf_joint *joint;
	bool any;

	if (j->count < 2)
		return false;
	joint = open_joint(j, columns, count);
	any = adds(joint);
	hf_joint_free(joint);
	return any;
}

enum hf_err hf_release_joint_count(struct hf_release_joint *j, struct hf_source_reader *reader, struct hf_fault *f)
{
	struct reading r = {.j = j, .f = f, .e = HF_OK};

	j->classes = (struct hf_joint_classes){.k = 0};
	if (j->count == 0)
		return HF_OK;
	hf_buf_init(&r.values, WHOLE_BYTES + HF_CSV_RECORD_MOST + HF_CELL_SLACK);
	read_source(&r, reader);
	if (r.e == HF_OK && r.joint)
		hf_joint_end(r.joint, &j->classes);
	if (r.joint && !adds(r.joint))
		j->classes = (struct hf_joint_classes){.k = 0};
	hf_joint_free(r.joint);
	for (size_t i = 0; i < r.width; i++)
		free(r.names[i]);
	free(r.names);
	free(r.spans);
	if (r.values.data)
		hf_wipe(r.values.data, r.values.cap);
	hf_buf_done(&r.values);
	return r.e;
}

void hf_release_joint_done(struct hf_release_joint *j)
{
	hf_wipe(&j->root, sizeof(j->root));
	for (size_t i = 0; i < j->file_count; i++)
		hf_plan_bytes_free(j->files[i].bytes);
	free(j->files);
	free(j->list);
	hf_disclosures_free(j->given);
}
