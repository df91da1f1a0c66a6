#include "source/place.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum hf_err hf_place_check(const char *source, const char *path, size_t cap, struct hf_fault *f)
{
	if (path[0] == '/' && hf_text_ok(path, strlen(path), cap - 1) && !strpbrk(path, "\n\t"))
		return HF_OK;
	return hf_fault_set(f, HF_E_ARGUMENT, "source '%s' needs an absolute path of at most %zu bytes", source,
	                    cap - 1);
}

static enum hf_err open_error(const char *path, int code, struct hf_fault *f)
{
	switch (code) {
	case ENOENT:
	case ENOTDIR:
		return hf_fault_set(f, HF_E_UNKNOWN, "there is no file %s; check the path as the node's user sees it",
		                    path);
	case ELOOP:
		return hf_fault_set(f, HF_E_ARGUMENT, "%s is a symbolic link; give the path of the file itself", path);
	case EACCES:
	case EPERM:
		return hf_fault_set(f, HF_E_IO, "the node may not read %s; give its user the right to read the file",
		                    path);
	default:
		return hf_fault_set(f, HF_E_IO, "%s cannot be opened: %s", path, strerror(code));
	}
}

/* The kernel's own name of what was opened. */
static bool inside(int fd, const char *folder)
{
	char link[64], real[PATH_MAX];
	size_t len = strlen(folder);
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, real, sizeof(real) - 1);
	if (n < 0)
		return true; /* unknown is not allowed */
	real[n] = '\0';
	return strncmp(real, folder, len) == 0 && (real[len] == '/' || real[len] == '\0');
}

bool hf_place_stamp(int fd, struct hf_source_stamp *ret_stamp)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return false;
	ret_stamp->bytes = (uint64_t)st.st_size;
	ret_stamp->inode = (uint64_t)st.st_ino;
	ret_stamp->mtime_ns = (int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec;
	return true;
}

static enum hf_err check_opened(int fd, const char *node_dir, const char *path, struct hf_fault *f)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return open_error(path, errno, f);
	if (!S_ISREG(st.st_mode))
		return hf_fault_set(f, HF_E_ARGUMENT, "%s is no regular file; a source is one file", path);
	if (inside(fd, node_dir))
		return hf_fault_set(f, HF_E_PERMISSION,
		                    "%s lies in the node's own folder, which no source may show; move the data out",
		                    path);
	return HF_OK;
}

/* O_NONBLOCK: opening a FIFO must not wait for a writer. */
enum hf_err hf_place_open(const char *node_dir, const char *path, int *ret_fd, struct hf_source_stamp *ret_stamp,
                          struct hf_fault *f)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
	enum hf_err e;

	if (fd < 0)
		return open_error(path, errno, f);
	e = check_opened(fd, node_dir, path, f);
	if (e == HF_OK && !hf_place_stamp(fd, ret_stamp))
		e = open_error(path, errno, f);
	if (e != HF_OK) {
		close(fd);
		return e;
	}
	*ret_fd = fd;
	return HF_OK;
}

enum hf_err hf_place_read(int fd, uint64_t offset, uint8_t *out, size_t cap, size_t *ret_len)
{
	size_t len = 0;

	if (offset > (uint64_t)INT64_MAX - cap)
		return HF_E_ARGUMENT;
	while (len < cap) {
		ssize_t n = pread(fd, out + len, cap - len, (off_t)(offset + len));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return HF_E_IO;
		if (n == 0)
			break;
		len += (size_t)n;
	}
	*ret_len = len;
	return HF_OK;
}
