/* file_io.c - see file_io.h. */
#include "exchange/file_io.h"

#include <errno.h>
#include <fcntl.h>
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
