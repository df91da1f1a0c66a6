#include "ledger/slots.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"

static const uint8_t form[HF_SLOT_BYTES] = "hufu slots v1";
static const uint8_t erased[HF_SLOT_BYTES] = "hufu slot erased"; /* zeros are what a disk makes of lost bytes */
static const uint8_t nothing[HF_SLOT_BYTES];

struct hf_slots {
	int fd;
};

static enum hf_err error_of(int code)
{
	return code == ENOSPC || code == EDQUOT || code == EFBIG ? HF_E_NO_SPACE : HF_E_IO;
}

static off_t place_of(uint64_t slot)
{
	return (off_t)((slot + 1) * HF_SLOT_BYTES);
}

static enum hf_err write_at(int fd, const void *data, size_t len, off_t at)
{
	for (const uint8_t *p = data; len > 0;) {
		ssize_t n = pwrite(fd, p, len, at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return error_of(errno);
		p += n;
		at += n;
		len -= (size_t)n;
	}
	return HF_OK;
}

static enum hf_err write_form(struct hf_slots *s)
{
	HF_TRY(write_at(s->fd, form, sizeof(form), 0));
	return hf_slots_sync(s);
}

/* A file that holds no slot yet: new, or the process or the power ended while it was made. */
static bool is_unfinished(const uint8_t *found, size_t n, off_t size)
{
	return size <= (off_t)sizeof(form) && (memcmp(found, form, n) == 0 || memcmp(found, nothing, n) == 0);
}

/* A new file gets its form; a file of another form is not touched. */
static enum hf_err check_form(struct hf_slots *s, const char *path, struct hf_fault *f)
{
	uint8_t found[HF_SLOT_BYTES];
	ssize_t n = pread(s->fd, found, sizeof(found), 0);
	struct stat st;

	if (n < 0 || fstat(s->fd, &st) != 0)
		return hf_fault_set(f, HF_E_IO, "%s cannot be read: %s; repair the disk", path, strerror(errno));
	if (n == (ssize_t)sizeof(found) && memcmp(found, form, sizeof(form)) == 0)
		return HF_OK;
	if (is_unfinished(found, (size_t)n, st.st_size)) {
		enum hf_err e = write_form(s);

		return e == HF_OK ? e
		                  : hf_fault_set(f, e, "%s cannot be written: %s; make room or repair the disk", path,
		                                 strerror(errno));
	}
	return hf_fault_set(f, HF_E_STATE,
	                    "%s is not a file of slots, so no private field could be opened; put the right file there",
	                    path);
}

static enum hf_err cannot_sync(const char *folder, enum hf_err e, struct hf_fault *f)
{
	return hf_fault_set(f, e, "the folder %s cannot be made durable: %s; make room or repair the disk", folder,
	                    strerror(errno));
}

static enum hf_err open_file(struct hf_slots *s, const char *dir, const char *name, struct hf_fault *f)
{
	char folder[700], path[760];
	enum hf_err e;

	snprintf(folder, sizeof(folder), "%.600s/ledger", dir);
	snprintf(path, sizeof(path), "%s/slots-%.40s", folder, name);
	if (mkdir(folder, 0700) == 0 && (e = hf_folder_sync(dir)) != HF_OK)
		return cannot_sync(dir, e, f);
	s->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (s->fd < 0)
		return hf_fault_set(f, error_of(errno),
		                    "%s cannot be opened: %s; let the node's folder belong to the user who runs it, "
		                    "with room on its disk",
		                    path, strerror(errno));
	HF_TRY(check_form(s, path, f));
	e = hf_folder_sync(folder);
	return e == HF_OK ? e : cannot_sync(folder, e, f);
}

enum hf_err hf_slots_open(const char *dir, const char *name, struct hf_slots **ret_slots, struct hf_fault *f)
{
	struct hf_slots *s = hf_alloc_zero(sizeof(*s));
	enum hf_err e;

	s->fd = -1;
	e = open_file(s, dir, name, f);
	if (e != HF_OK) {
		hf_slots_close(s);
		return hf_fault_default(f, e);
	}
	*ret_slots = s;
	return HF_OK;
}

void hf_slots_close(struct hf_slots *s)
{
	if (!s)
		return;
	if (s->fd >= 0)
		close(s->fd);
	free(s);
}

enum hf_err hf_slots_put(struct hf_slots *s, uint64_t first, const uint8_t *bytes, size_t count)
{
	return write_at(s->fd, bytes, count * HF_SLOT_BYTES, place_of(first));
}

enum hf_err hf_slots_sync(struct hf_slots *s)
{
	return fdatasync(s->fd) == 0 ? HF_OK : error_of(errno);
}

enum hf_err hf_slots_get(const struct hf_slots *s, uint64_t slot, uint8_t ret_bytes[HF_SLOT_BYTES])
{
	ssize_t n = pread(s->fd, ret_bytes, HF_SLOT_BYTES, place_of(slot));

	if (n < 0)
		return HF_E_IO;
	if (n != (ssize_t)HF_SLOT_BYTES || memcmp(ret_bytes, nothing, sizeof(nothing)) == 0)
		return HF_E_UNKNOWN;
	return memcmp(ret_bytes, erased, sizeof(erased)) == 0 ? HF_E_ERASED : HF_OK;
}

enum hf_err hf_slots_erase(struct hf_slots *s, const uint64_t *slots, size_t count)
{
	uint64_t room;

	HF_TRY(hf_slots_count(s, &room));
	for (size_t i = 0; i < count; i++)
		if (slots[i] < room)
			HF_TRY(write_at(s->fd, erased, sizeof(erased), place_of(slots[i])));
	return hf_slots_sync(s);
}

enum hf_err hf_slots_reserve(struct hf_slots *s, uint64_t count)
{
	uint64_t room;

	HF_TRY(hf_slots_count(s, &room));
	if (room >= count)
		return HF_OK;
	return ftruncate(s->fd, place_of(count)) == 0 ? hf_slots_sync(s) : error_of(errno);
}

enum hf_err hf_slots_count(const struct hf_slots *s, uint64_t *ret_count)
{
	struct stat st;

	if (fstat(s->fd, &st) != 0)
		return HF_E_IO;
	*ret_count = st.st_size > (off_t)HF_SLOT_BYTES ? (uint64_t)st.st_size / HF_SLOT_BYTES - 1 : 0;
	return HF_OK;
}
