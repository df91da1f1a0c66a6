/* file_io.c - see file_io.h. */
#include "exchange/file_io.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

enum hf_err file_write_at(int fd, const uint8_t *data, size_t len, uint64_t offset)
{
	while (len > 0) {
		ssize_t n = pwrite(fd, data, len, (off_t)offset);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 && errno == ENOSPC ? HF_E_NO_SPACE : HF_E_IO;
		data += n;
		offset += (uint64_t)n;
		len -= (size_t)n;
	}
	return HF_OK;
}

bool file_read_at(int fd, uint8_t *out, size_t len, uint64_t offset)
{
	while (len > 0) {
		ssize_t n = pread(fd, out, len, (off_t)offset);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		out += n;
		offset += (uint64_t)n;
		len -= (size_t)n;
	}
	return true;
}

bool file_empty_and_remove(const char *path)
{
	int fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC | O_NOFOLLOW);
	bool emptied = fd >= 0 || errno == ENOENT || errno == ELOOP;
	if (fd >= 0)
		close(fd);
	return (unlink(path) == 0 || errno == ENOENT) && emptied;
}

bool file_overwrite(int fd)
{
	static const uint8_t zeros[1 << 16];
	struct stat st;
	bool ok = fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
	for (uint64_t at = 0; ok && at < (uint64_t)st.st_size; at += sizeof(zeros)) {
		uint64_t left = (uint64_t)st.st_size - at;
		ok = file_write_at(fd, zeros, left < sizeof(zeros) ? (size_t)left : sizeof(zeros), at) == HF_OK;
	}
	return ok && fsync(fd) == 0 && ftruncate(fd, 0) == 0;
}

bool file_overwrite_and_remove(const char *path)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
	bool over = fd >= 0 ? file_overwrite(fd) : errno == ENOENT || errno == ELOOP;
	if (fd >= 0)
		close(fd);
	return file_empty_and_remove(path) && over;
}
