/*
 * replay.c - runs a fuzz target over its corpus with any compiler: every file in the folders (or every file) named as
 * arguments goes once through LLVMFuzzerTestOneInput. A folder that does not exist is an error, so that a renamed
 * target cannot pass by testing nothing; an empty one is not. Ends by printing how many inputs ran.
 */
#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define INPUT_MAX_BYTES ((size_t)64 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
__attribute__((weak)) int LLVMFuzzerInitialize(int *argc, char ***argv);

static int fail(const char *path, const char *reason)
{
	fprintf(stderr, "replay: %s: %s\n", path, reason);
	return -1;
}

/* A copy of exactly the file's size, so that a sanitizer sees a read behind its end. */
static int run_file(const char *path, off_t file_size)
{
	size_t size = (size_t)file_size;
	FILE *f = fopen(path, "rb");
	uint8_t *data;

	if (!f)
		return fail(path, strerror(errno));
	data = size <= INPUT_MAX_BYTES ? malloc(size > 0 ? size : 1) : NULL;
	if (!data || fread(data, 1, size, f) != size) {
		free(data);
		fclose(f);
		return fail(path, "cannot be read whole");
	}
	fclose(f);
	LLVMFuzzerTestOneInput(data, size);
	free(data);
	return 1;
}

static int run_path(const char *path);

static int run_folder(const char *path)
{
	DIR *d = opendir(path);
	int count = 0;

	if (!d)
		return fail(path, strerror(errno));
	for (struct dirent *e = readdir(d); e && count >= 0; e = readdir(d)) {
		char child[4096];
		int n;

		if (e->d_name[0] == '.')
			continue;
		snprintf(child, sizeof(child), "%s/%s", path, e->d_name);
		n = run_path(child);
		count = n < 0 ? -1 : count + n;
	}
	closedir(d);
	return count;
}

/* The number of inputs run, or -1. */
static int run_path(const char *path)
{
	struct stat st;

	if (stat(path, &st) != 0)
		return fail(path, strerror(errno));
	return S_ISDIR(st.st_mode) ? run_folder(path) : run_file(path, st.st_size);
}

int main(int argc, char **argv)
{
	int total = 0;

	if (argc < 2) {
		fprintf(stderr, "usage: %s CORPUS-FOLDER...\n", argv[0]);
		return 2;
	}
	if (LLVMFuzzerInitialize)
		LLVMFuzzerInitialize(&argc, &argv);
	for (int i = 1; i < argc; i++) {
		int n = run_path(argv[i]);

		if (n < 0)
			return 1;
		total += n;
	}
	printf("%d inputs replayed\n", total);
	return 0;
}
