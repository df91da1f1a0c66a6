/* reading_piece.c - sealed chunks become a piece of the table (reading.h). Runs in a worker; knows no loop and no
 * store.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "exchange/file_io.h"
#include "exchange/masked.h"
#include "exchange/reading.h"
#include "exchange/vault.h"
#include "release/engine/measure.h"

#define ENOUGH (256u << 10) /* of chosen columns */
#define PIECE_MAX ((size_t)4 << 20)
#define MASKED_MAX ((size_t)64 << 20) /* what a chunk of short cells may become */

void reading_file_init(struct reading_file *f, char *const *fields, size_t count, const struct view *v)
{
	f->fd = -1;
	f->plan = v->plan;
	hf_buf_init(&f->out, f->plan ? MASKED_MAX : PIECE_MAX);
	f->masked = view_stream(v, (const char *const *)fields, count, &f->out);
	f->measure = view_measure(v);
	if (f->masked)
		return;
	if (count > 0)
		f->project = hf_csv_project_new((const char *const *)fields, count);
	else
		f->check = hf_csv_check_new();
}

void reading_file_done(struct reading_file *f)
{
	hf_aead_free(f->aead);
	hf_stream_free(f->masked);
	hf_measure_free(f->measure);
	json_decref(f->figures);
	hf_csv_project_free(f->project);
	hf_csv_check_free(f->check);
	if (f->fd >= 0)
		close(f->fd);
	if (f->out.data)
		hf_wipe(f->out.data, f->out.len);
	hf_buf_done(&f->out);
}

uint64_t reading_file_rows(const struct reading_file *f)
{
	struct hf_csv_verdict v = {.rows = 0};
	if (f->masked)
		return hf_stream_rows_out(f->masked);
	if (f->project)
		return hf_csv_project_rows(f->project);
	hf_csv_check_verdict(f->check, &v);
	return v.rows;
}

static void fail(struct reading_file *f, enum hf_err e, const char *what)
{
	char id[HF_ID_TEXT];
	hf_id_text(&f->transfer, id);
	f->error = e;
	if (e == HF_E_SEALED)
		snprintf(f->text, sizeof(f->text),
		         "the sealed data of transfer %s cannot be trusted: %s; destroy it and fetch it again", id,
		         what);
	else
		snprintf(f->text, sizeof(f->text), "the sealed data of transfer %s cannot be read: %s", id, what);
}

/* The size first: what was cut is not read up to the cut. */
static void open_file(struct reading_file *f)
{
	const struct hf_sealed_head want = {.level = f->level, .transfer = f->transfer, .slot = f->slot};
	char path[VAULT_PATH];
	uint8_t key[HF_SEALED_KEY];
	struct stat st;
	vault_path(f->vault, &f->transfer, path);
	f->fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (f->fd < 0 || fstat(f->fd, &st) != 0 || !S_ISREG(st.st_mode)) {
		fail(f, HF_E_SEALED, "its file is gone");
		return;
	}
	if ((uint64_t)st.st_size != hf_sealed_bytes(f->bytes)) {
		fail(f, HF_E_SEALED, "its file is shorter or longer than what was written");
		return;
	}
	enum hf_err e = vault_open_head(f->vault, f->fd, &want, key);
	if (e == HF_E_SEALED || e == HF_E_UNKNOWN) {
		fail(f, HF_E_SEALED, e == HF_E_SEALED ? "the head of its file was altered" : "its key is lost");
		return;
	}
	if (e != HF_OK) {
		fail(f, e, hf_err_text(e));
		return;
	}
	f->aead = hf_aead_new(HF_AEAD_AES256GCM, key);
	hf_wipe(key, sizeof(key));
	if (!f->aead)
		fail(f, HF_E_CRYPTO, hf_err_text(HF_E_CRYPTO));
}

static bool take_chunk(struct reading_file *f, const uint8_t *plain, size_t len, bool last)
{
	if (!f->project) {
		hf_csv_check_feed(f->check, plain, len);
		if (last)
			hf_csv_check_end(f->check);
		return hf_buf_add(&f->out, plain, len);
	}
	if (!hf_buf_reserve(&f->out, len + 2 * (size_t)HF_CSV_RECORD_MAX))
		return false;
	enum hf_csv_defect d = hf_csv_project_feed(f->project, plain, len, &f->out);
	if (d == HF_CSV_GOOD && last)
		d = hf_csv_project_end(f->project, &f->out);
	return d == HF_CSV_GOOD;
}

/* DS-89 */
static void measure(struct reading_file *f, const uint8_t *plain, size_t len, size_t was, bool last)
{
	if (!f->measure)
		return;
	hf_measure_before(f->measure, plain, len);
	hf_measure_after(f->measure, f->out.data + was, f->out.len - was);
	if (!last && !hf_measure_enough(f->measure))
		return;
	f->figures = hf_measure_figures(f->measure);
	hf_measure_free(HF_TAKE(f->measure));
}

/* What the plan cannot mask is handed to nobody, and nothing of its piece either. */
static void mask_chunk(struct reading_file *f, const uint8_t *plain, size_t len, bool last)
{
	struct hf_fault why = {HF_OK, ""};
	const char *kind;
	size_t was = f->out.len;
	enum hf_err e = hf_stream_feed(f->masked, plain, len, &why, &kind);
	if (e == HF_OK && last)
		e = hf_stream_end(f->masked, &why, &kind);
	if (e == HF_OK && last)
		e = masked_check(f->plan, f->masked, &why);
	if (e == HF_OK) {
		measure(f, plain, len, was, last);
		return;
	}
	hf_wipe(f->out.data, f->out.len);
	hf_buf_clear(&f->out);
	fail(f, HF_E_MASKING, why.text[0] ? why.text : hf_err_text(e));
}

static void next_chunk(struct reading_file *f, uint8_t *sealed)
{
	uint64_t at = f->next, left = f->bytes - at * HF_MAX_CHUNK;
	size_t len = (left < HF_MAX_CHUNK ? (size_t)left : HF_MAX_CHUNK);
	char what[100];
	if (!file_read_at(f->fd, sealed, len + HF_SEALED_OVER, hf_sealed_place(at))) {
		fail(f, HF_E_IO, "the disk gives nothing back");
		return;
	}
	uint8_t *plain = sealed + HF_SEALED_NONCE;
	if (!hf_sealed_chunk_open(f->aead, &f->transfer, at, sealed, len + HF_SEALED_OVER, plain)) {
		snprintf(what, sizeof(what), "part %" PRIu64 " of its file was altered", at + 1);
		fail(f, HF_E_SEALED, what);
		return;
	}
	f->next++;
	bool last = f->next == hf_sealed_chunks(f->bytes);
	if (f->masked)
		mask_chunk(f, plain, len, last);
	else if (!take_chunk(f, plain, len, last))
		fail(f, HF_E_QUALITY, "it is no table of which columns can be chosen; read it without --field");
}

void reading_file_piece(struct reading_file *f)
{
	uint64_t chunks = hf_sealed_chunks(f->bytes);
	hf_buf_clear(&f->out);
	if (f->fd < 0)
		open_file(f);
	uint8_t *sealed = hf_alloc(HF_MAX_CHUNK + HF_SEALED_OVER);
	while (f->error == HF_OK && f->next < chunks && f->out.len < ENOUGH)
		next_chunk(f, sealed);
	hf_wipe(sealed, HF_MAX_CHUNK + HF_SEALED_OVER);
	free(sealed);
	f->end = f->next == chunks;
}
