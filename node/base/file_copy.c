/* file_copy.c - a whole file to a new name, durable; declared in buf.h. */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"

static enum hf_err copy_all(int from, int to)
{
	uint8_t piece[1 << 16];
	ssize_t got;

	while ((got = read(from, piece, sizeof(piece))) != 0) {
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return HF_E_IO;
		for (ssize_t put, at = 0; at < got; at += put) {
			put = write(to, piece + at, (size_t)(got - at));
			if (put < 0 && errno == EINTR)
				put = 0;
			else if (put < 0)
				return errno == ENOSPC || errno == EDQUOT ? HF_E_NO_SPACE : HF_E_IO;
		}
	}
	return fsync(to) == 0 ? HF_OK : HF_E_IO;
}

enum hf_err hf_file_copy(const char *from, const char *to, unsigned mode, bool over)
{
	int in = open(from, O_RDONLY | O_CLOEXEC | O_NOCTTY), out;
	enum hf_err e = in >= 0 ? HF_OK : errno == ENOENT ? HF_E_UNKNOWN : HF_E_IO;

	if (e != HF_OK)
		return e;
	out = open(to, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | (over ? 0 : O_EXCL), mode);
	if (out < 0)
		e = errno == EEXIST ? HF_E_EXISTS : errno == ENOSPC ? HF_E_NO_SPACE : HF_E_IO;
	if (e == HF_OK && (fchmod(out, mode) != 0))
		e = HF_E_IO;
	if (e == HF_OK)
		e = copy_all(in, out);
	if (e == HF_OK && over && ftruncate(out, lseek(out, 0, SEEK_CUR)) != 0)
		e = HF_E_IO;
	if (e == HF_OK && over && fsync(out) != 0)
		e = HF_E_IO;
	if (out >= 0)
		close(out);
	close(in);
	if (e != HF_OK && out >= 0 && !over)
		unlink(to);
	return e;
}
