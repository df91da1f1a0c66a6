/*
 * backup_fuzz.c - the list of a backup's files from anywhere: what is taken names files below one folder only, each
 * once, in order.
 */
#include <stdlib.h>
#include <string.h>

#include "evidence/backup.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct hf_backup b = {.count = 0};
	bool ok = hf_backup_parse(data, size, &b);
	for (size_t i = 0; ok && i < b.count; i++) {
		const char *path = b.files[i].path;
		if (path[0] == '/' || strstr(path, "..") || strchr(path, '\n') ||
		    (i > 0 && strcmp(b.files[i - 1].path, path) >= 0))
			abort();
	}
	hf_backup_done(&b);
	return 0;
}
