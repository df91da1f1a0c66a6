#include "ledger/last_signed.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"

#define SLOT_BYTES 1024u
#define SLOTS 2u

struct hf_last_signed {
	int fd;
	unsigned next; /* slot that is written next */
	char origin[256];
	struct hf_promise promise;
};

/* "hufu last-signed v1 LF origin LF size LF root LF time LF digest LF", padded with zeros. */
static bool slot_text(const char *origin, const struct hf_promise *p, char out[SLOT_BYTES])
{
	char root[65], digest[65];
	struct hf_hash h;
	int len;

	memset(out, 0, SLOT_BYTES);
	hf_hash_hex(&p->root, root);
	len = snprintf(out, SLOT_BYTES, "hufu last-signed v1\n%s\n%" PRIu64 "\n%s\n%" PRId64 "\n", origin, p->size,
	               root, p->time_ms);
	if (len < 0 || (size_t)len + sizeof(digest) + 1 > SLOT_BYTES)
		return false;
	hf_sha256(out, (size_t)len, &h);
	hf_hash_hex(&h, digest);
	snprintf(out + len, SLOT_BYTES - (size_t)len, "%s\n", digest);
	return true;
}

/* Reads the numbers, then demands that writing them gives the same bytes. */
static bool slot_parse(const char *origin, const char slot[SLOT_BYTES], struct hf_promise *ret_promise)
{
	char text[SLOT_BYTES + 1] = {0}, again[SLOT_BYTES], root[65] = {0};
	size_t skip = strlen("hufu last-signed v1\n") + strlen(origin) + 1;
	struct hf_promise p;

	memcpy(text, slot, SLOT_BYTES);
	if (strnlen(text, sizeof(text)) <= skip ||
	    sscanf(text + skip, "%20" SCNu64 "\n%64[0-9a-f]\n%20" SCNd64 "\n", &p.size, root, &p.time_ms) != 3 ||
	    !hf_hash_from_hex(root, &p.root))
		return false;
	if (!slot_text(origin, &p, again) || memcmp(again, slot, SLOT_BYTES) != 0)
		return false;
	*ret_promise = p;
	return true;
}

static enum hf_err read_slots(struct hf_last_signed *s, const char *path, struct hf_fault *f)
{
	char slot[SLOTS][SLOT_BYTES];
	ssize_t n = pread(s->fd, slot, sizeof(slot), 0);
	bool found = false;

	if (n == 0)
		return HF_OK;
	if (n < 0)
		return hf_fault_set(f, HF_E_IO, "%s cannot be read: %s; repair the disk", path, strerror(errno));
	memset((char *)slot + n, 0, sizeof(slot) - (size_t)n);
	for (unsigned i = 0; i < SLOTS; i++) {
		struct hf_promise p;

		if (!slot_parse(s->origin, slot[i], &p) || (found && p.size <= s->promise.size))
			continue;
		s->promise = p;
		s->next = 1 - i;
		found = true;
	}
	if (found)
		return HF_OK;
	return hf_fault_set(f, HF_E_STATE,
	                    "%s is damaged or belongs to another ledger than %s, so it is not known what this log has "
	                    "signed; restore the file, never delete it",
	                    path, s->origin);
}

static enum hf_err error_of(int code)
{
	return code == ENOSPC || code == EDQUOT || code == EFBIG ? HF_E_NO_SPACE : HF_E_IO;
}

static enum hf_err open_file(const char *dir, char *path, size_t cap, int *ret_fd)
{
	char folder[700];

	if (snprintf(folder, sizeof(folder), "%s/ledger", dir) >= (int)sizeof(folder) ||
	    snprintf(path, cap, "%s/last-signed", folder) >= (int)cap)
		return HF_E_LIMIT;
	if (mkdir(folder, 0700) != 0 && errno != EEXIST)
		return error_of(errno);
	*ret_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (*ret_fd < 0)
		return error_of(errno);
	HF_TRY(hf_folder_sync(folder));
	return hf_folder_sync(dir);
}

bool hf_last_signed_there(const char *dir)
{
	char path[720];

	return snprintf(path, sizeof(path), "%s/ledger/last-signed", dir) < (int)sizeof(path) &&
	       access(path, F_OK) == 0;
}

enum hf_err hf_last_signed_open(const char *dir, const char *origin, struct hf_last_signed **ret_file,
                                struct hf_promise *ret_promise, struct hf_fault *f)
{
	struct hf_last_signed *s = hf_alloc_zero(sizeof(*s));
	char path[720] = "";
	enum hf_err e;

	s->fd = -1;
	snprintf(s->origin, sizeof(s->origin), "%s", origin);
	e = open_file(dir, path, sizeof(path), &s->fd);
	if (e != HF_OK)
		hf_fault_set(f, e,
		             "%s cannot be opened and made durable: %s; let the node's folder belong to the user who "
		             "runs it, on a disk that is well and has room",
		             path, strerror(errno));
	else
		e = read_slots(s, path, f);
	if (e != HF_OK) {
		hf_last_signed_close(s);
		return e;
	}
	*ret_promise = s->promise;
	*ret_file = s;
	return HF_OK;
}

void hf_last_signed_close(struct hf_last_signed *s)
{
	if (!s)
		return;
	if (s->fd >= 0)
		close(s->fd);
	free(s);
}

enum hf_err hf_last_signed_write(struct hf_last_signed *s, const struct hf_promise *p)
{
	char slot[SLOT_BYTES];

	if (p->size < s->promise.size ||
	    (p->size == s->promise.size && p->size > 0 && !hf_hash_equal(&p->root, &s->promise.root)))
		return HF_E_CONFLICT;
	if (!slot_text(s->origin, p, slot))
		return HF_E_LIMIT;
	for (unsigned i = 0; i < SLOTS; i++) { /* the second only when the first is durable */
		errno = EIO;                   /* what a short write means */
		if (pwrite(s->fd, slot, sizeof(slot), (off_t)s->next * (off_t)sizeof(slot)) != (ssize_t)sizeof(slot) ||
		    fdatasync(s->fd) != 0)
			return error_of(errno);
		s->next = 1 - s->next;
		s->promise = *p;
	}
	return HF_OK;
}

enum hf_err hf_last_signed_replace(struct hf_last_signed *s, const struct hf_promise *p)
{
	char slot[SLOTS][SLOT_BYTES];

	if (!slot_text(s->origin, p, slot[0]))
		return HF_E_LIMIT;
	memcpy(slot[1], slot[0], SLOT_BYTES);
	if (pwrite(s->fd, slot, sizeof(slot), 0) != (ssize_t)sizeof(slot) || fdatasync(s->fd) != 0)
		return errno == ENOSPC ? HF_E_NO_SPACE : HF_E_IO;
	s->promise = *p;
	return HF_OK;
}
