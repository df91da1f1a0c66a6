/* vault.c - see vault.h. */
#include "release/engine/vault.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"

enum hf_err hf_vault_put(const char *path, const void *lines, size_t len, struct hf_fault *f)
{
	bool fresh = access(path, F_OK) != 0;
	int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	bool good = fd >= 0 && write(fd, lines, len) == (ssize_t)len && fdatasync(fd) == 0 &&
	            (!fresh || hf_folder_sync_of(path) == HF_OK);

	if (!good)
		hf_fault_set(f, HF_E_NO_SPACE, "the vault %.200s cannot be written: %s; make room", path,
		             strerror(errno));
	if (fd >= 0)
		close(fd);
	return good ? HF_OK : HF_E_NO_SPACE;
}
