/*
 * backup.c - see backup.h. The payload, in lines that end in LF:
 *
 *   hufu-backup-v1
 *   SPACE NODE MILLISECONDS ENTRIES
 *   BYTES SHA256 PATH         for each file, paths rising
 */
#include "evidence/backup.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "crypto/base64.h"
#include "crypto/domains.h"
#include "evidence/envelope.h"

#define TITLE "hufu-backup-v1\n"
#define LIST_MAX ((size_t)4 << 20)

void hf_backup_done(struct hf_backup *b)
{
	free(b->files);
	b->files = NULL;
	b->count = 0;
}

/* Relative, without a step upward, of plain letters. */
static bool path_ok(const char *path)
{
	size_t len = strlen(path);
	if (len == 0 || len >= HF_BACKUP_PATH || path[0] == '/' || path[0] == '.' || strstr(path, "/.") ||
	    strstr(path, "//"))
		return false;
	return strspn(path, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-/") == len;
}

enum hf_err hf_backup_add(struct hf_backup *b, const char *path)
{
	if (b->count == HF_BACKUP_FILES || !path_ok(path))
		return HF_E_LIMIT;
	if (b->count % 64 == 0)
		b->files = hf_realloc(b->files, (b->count + 64) * sizeof(*b->files));
	memset(&b->files[b->count], 0, sizeof(b->files[0]));
	memcpy(b->files[b->count++].path, path, strlen(path) + 1);
	return HF_OK;
}

static enum hf_err digest_file(const char *dir, struct hf_backup_file *file)
{
	uint8_t *piece = hf_alloc(1 << 20);
	char path[1400];
	ssize_t got = -1;
	snprintf(path, sizeof(path), "%.1150s/%s", dir, file->path);
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY);
	bool absent = fd < 0 && errno == ENOENT;
	struct hf_sha256 *sum = hf_sha256_new();
	file->bytes = 0;
	while (fd >= 0 && (got = read(fd, piece, 1 << 20)) > 0) {
		hf_sha256_add(sum, piece, (size_t)got);
		file->bytes += (uint64_t)got;
	}
	hf_sha256_end(sum, &file->digest);
	hf_sha256_free(sum);
	free(piece);
	if (fd >= 0)
		close(fd);
	return got == 0 ? HF_OK : absent ? HF_E_UNKNOWN : HF_E_IO;
}

static int by_path(const void *a, const void *b)
{
	return strcmp(((const struct hf_backup_file *)a)->path, ((const struct hf_backup_file *)b)->path);
}

static void write_list(const struct hf_backup *b, struct hf_buf *out)
{
	char digest[65];
	bool ok = hf_buf_addf(out, TITLE "%s %s %" PRId64 " %" PRIu64 "\n", b->space, b->node, b->time_ms, b->entries);
	for (size_t i = 0; ok && i < b->count; i++) {
		hf_hash_hex(&b->files[i].digest, digest);
		ok = hf_buf_addf(out, "%" PRIu64 " %s %s\n", b->files[i].bytes, digest, b->files[i].path);
	}
	if (!ok)
		abort(); /* HF_BACKUP_FILES lines fit */
}

enum hf_err hf_backup_seal(const char *dir, const struct hf_sign_key *envelope, struct hf_backup *b, struct hf_fault *f)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf list = HF_BUF_INIT;
	HF_CLEANUP(hf_buf_done) struct hf_buf out = HF_BUF_INIT;
	char path[1400];
	qsort(b->files, b->count, sizeof(*b->files), by_path);
	for (size_t i = 0; i < b->count; i++)
		if (digest_file(dir, &b->files[i]) != HF_OK)
			return hf_fault_set(f, HF_E_IO, "%.300s/%s cannot be read again; back up to another disk", dir,
			                    b->files[i].path);
	write_list(b, &list);
	HF_TRY(hf_envelope_make(envelope, b->node, HF_TYPE_BACKUP, list.data, list.len, &out));
	hf_envelope_digest(out.data, out.len, &b->digest);
	snprintf(path, sizeof(path), "%.1300s/" HF_BACKUP_NAME, dir);
	enum hf_err e = hf_file_write(path, out.data, out.len, 0600);
	return e == HF_OK ? HF_OK : hf_fault_set(f, e, "%.300s cannot be written; make room there", path);
}

/* ---- checking ---- */

/* One line without its end; NULL when there is none, or it is too long. */
static char *take_line(const uint8_t **at, const uint8_t *end, char *out, size_t cap)
{
	const uint8_t *lf = memchr(*at, '\n', (size_t)(end - *at));
	size_t len = lf ? (size_t)(lf - *at) : cap;
	if (len >= cap || memchr(*at, 0, len))
		return NULL;
	memcpy(out, *at, len);
	out[len] = '\0';
	*at = lf + 1;
	return out;
}

static bool read_head(const char *line, struct hf_backup *b)
{
	struct hf_name name;
	int end = 0;
	return sscanf(line, "%63[^ ] %63[^ ] %19" SCNd64 " %19" SCNu64 "%n", b->space, b->node, &b->time_ms,
	              &b->entries, &end) == 4 &&
	       !line[end] && hf_name_parse(b->space, &name) && hf_name_parse(b->node, &name);
}

static bool read_file_line(const char *line, struct hf_backup *b)
{
	char digest[65], path[HF_BACKUP_PATH];
	uint64_t bytes;
	int end = 0;
	if (sscanf(line, "%19" SCNu64 " %64[0-9a-f] %199s%n", &bytes, digest, path, &end) != 3 || line[end] ||
	    strlen(digest) != 64 || (b->count > 0 && strcmp(b->files[b->count - 1].path, path) >= 0) ||
	    hf_backup_add(b, path) != HF_OK)
		return false;
	b->files[b->count - 1].bytes = bytes;
	return hf_hex_decode(digest, 64, b->files[b->count - 1].digest.b, 32);
}

bool hf_backup_parse(const void *payload, size_t len, struct hf_backup *b)
{
	const uint8_t *at = payload, *end = at + len;
	char line[HF_BACKUP_PATH + 120];
	if (len < strlen(TITLE) || memcmp(at, TITLE, strlen(TITLE)) != 0)
		return false;
	at += strlen(TITLE);
	bool ok = take_line(&at, end, line, sizeof(line)) && read_head(line, b);
	while (ok && at < end)
		ok = take_line(&at, end, line, sizeof(line)) && read_file_line(line, b);
	HF_CLEANUP(hf_buf_done) struct hf_buf again = HF_BUF_INIT;
	if (!ok || b->count == 0)
		return false;
	write_list(b, &again); /* one form only */
	return again.len == len && memcmp(again.data, payload, len) == 0;
}

static enum hf_err read_space(const struct hf_trust *trust, const char *dir, struct hf_space **ret_space,
                              struct hf_fault *f)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf chain = HF_BUF_INIT;
	char path[1400];
	snprintf(path, sizeof(path), "%.1300s/space/descriptors.dsse", dir);
	enum hf_err e = hf_file_read(path, HF_BUF_DEFAULT_MAX, &chain);
	if (e != HF_OK)
		return hf_file_fault(f, e, path, HF_BUF_DEFAULT_MAX);
	struct hf_space *s = hf_space_new(&trust->root);
	e = hf_space_read_stream(s, chain.data, chain.len, f);
	if (e == HF_OK)
		e = hf_space_reaches(s, trust, f);
	if (e == HF_OK)
		*ret_space = s;
	else
		hf_space_free(s);
	return e;
}

static enum hf_err check_signed(const struct hf_space *s, const char *dir, struct hf_backup *b, struct hf_fault *f)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf data = HF_BUF_INIT;
	char path[1400];
	struct hf_sign_pub pub;
	snprintf(path, sizeof(path), "%.1300s/" HF_BACKUP_NAME, dir);
	enum hf_err e = hf_file_read(path, LIST_MAX, &data);
	if (e != HF_OK)
		return hf_file_fault(f, e, path, LIST_MAX);
	HF_CLEANUP(hf_decoded_done)
	Hufu__Envelope *env = hf_decode_limit(&hufu__envelope__descriptor, data.data, data.len, LIST_MAX);
	if (!env || !hf_backup_parse(env->payload.data, env->payload.len, b))
		return hf_fault_set(f, HF_E_FORMAT, "%.300s is no list of a backup; name a folder of `hufu backup`",
		                    path);
	if (strcmp(b->space, hf_space_id(s)) != 0)
		return hf_fault_set(f, HF_E_WRONG_SPACE, "the backup is of a node of the space %s", b->space);
	if (!hf_space_key(s, b->node, HF_KEY_ENVELOPE, b->time_ms, pub.b) ||
	    !hf_envelope_verify(env, HF_TYPE_BACKUP, b->node, &pub))
		return hf_fault_set(f, HF_E_SIGNATURE, "the list of files is not signed by %s; use another backup",
		                    b->node);
	hf_envelope_digest(data.data, data.len, &b->digest);
	hf_space_mark(s, &b->descriptor);
	return HF_OK;
}

static enum hf_err check_files(const char *dir, const struct hf_backup *b, struct hf_fault *f)
{
	for (size_t i = 0; i < b->count; i++) {
		struct hf_backup_file here = b->files[i];
		enum hf_err e = digest_file(dir, &here);
		if (e == HF_E_UNKNOWN)
			return hf_fault_set(f, e, "%s is missing in the backup; use another one", here.path);
		if (e != HF_OK)
			return hf_fault_set(f, e, "%s cannot be read in the backup", here.path);
		if (here.bytes != b->files[i].bytes || memcmp(here.digest.b, b->files[i].digest.b, 32) != 0)
			return hf_fault_set(f, HF_E_DIGEST, "%s is not as it was backed up; use another backup",
			                    here.path);
	}
	return HF_OK;
}

enum hf_err hf_backup_check(const struct hf_trust *trust, const char *dir, struct hf_backup *ret_backup,
                            struct hf_fault *f)
{
	struct hf_backup b = {.count = 0};
	struct hf_space *s = NULL;
	enum hf_err e = read_space(trust, dir, &s, f);
	if (e == HF_OK)
		e = check_signed(s, dir, &b, f);
	if (e == HF_OK)
		e = check_files(dir, &b, f);
	hf_space_free(s);
	if (e == HF_OK)
		*ret_backup = b;
	else
		hf_backup_done(&b);
	return e;
}
