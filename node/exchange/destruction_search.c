/* destruction_search.c - see destruction_search.h. */
#include "exchange/destruction_search.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"

#define PIECE ((size_t)1 << 20)
#define DEPTH_MAX 32u

/* Which first two bytes a window has: one test for each place of a file. */
struct first {
	uint8_t bits[65536 / 8];
};

static void first_fill(struct first *f, const struct search *s)
{
	memset(f, 0, sizeof(*f));
	for (size_t i = 0; i < s->count; i++) {
		unsigned two = s->window[i][0] | (unsigned)s->window[i][1] << 8;
		f->bits[two / 8] |= (uint8_t)(1u << two % 8);
	}
}

static bool holds(const struct first *f, const struct search *s, const uint8_t *data, size_t len)
{
	for (size_t at = 0; at + SEARCH_WINDOW <= len; at++) {
		unsigned two = data[at] | (unsigned)data[at + 1] << 8;
		if (!(f->bits[two / 8] & 1u << two % 8))
			continue;
		for (size_t i = 0; i < s->count; i++)
			if (memcmp(data + at, s->window[i], SEARCH_WINDOW) == 0)
				return true;
	}
	return false;
}

struct walk {
	struct search *s;
	struct first first;
	uint8_t *buf; /* the end of the piece before, then the piece */
};

static enum hf_err look_in(struct walk *w, int fd, const char *path)
{
	size_t kept = 0;
	for (;;) {
		if (atomic_load(w->s->stop))
			return HF_E_CANCELLED;
		ssize_t n = read(fd, w->buf + kept, PIECE);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return HF_E_IO;
		if (n == 0)
			return HF_OK;
		size_t len = kept + (size_t)n;
		w->s->bytes += (uint64_t)n;
		if (holds(&w->first, w->s, w->buf, len)) {
			snprintf(w->s->found, sizeof(w->s->found), "%.299s", path);
			return HF_OK;
		}
		kept = len < SEARCH_WINDOW - 1 ? len : SEARCH_WINDOW - 1;
		memmove(w->buf, w->buf + len - kept, kept);
	}
}

static enum hf_err walk_folder(struct walk *w, int dir_fd, const char *path, unsigned depth);

static enum hf_err walk_one(struct walk *w, int dir_fd, const char *name, const char *path, unsigned depth)
{
	struct stat st;
	if (fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return errno == ENOENT ? HF_OK : HF_E_IO;
	if (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))
		return HF_OK;
	int fd = openat(dir_fd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return errno == ENOENT || errno == ELOOP ? HF_OK : HF_E_IO;
	if (S_ISDIR(st.st_mode))
		return walk_folder(w, fd, path, depth + 1); /* closes it */
	w->s->files++;
	enum hf_err e = look_in(w, fd, path);
	close(fd);
	return e;
}

static enum hf_err walk_folder(struct walk *w, int dir_fd, const char *path, unsigned depth)
{
	enum hf_err e = depth < DEPTH_MAX ? HF_OK : HF_E_LIMIT;
	DIR *dir = fdopendir(dir_fd);
	if (!dir) {
		close(dir_fd);
		return HF_E_IO;
	}
	for (struct dirent *d; e == HF_OK && !w->s->found[0] && (d = readdir(dir));) {
		char below[1024];
		if (strcmp(d->d_name, ".") == 0 || strcmp(d->d_name, "..") == 0)
			continue;
		snprintf(below, sizeof(below), "%s/%s", path, d->d_name);
		e = walk_one(w, dirfd(dir), d->d_name, below, depth);
	}
	closedir(dir);
	return e;
}

enum hf_err destruction_search(const char *dir, struct search *s)
{
	struct walk *w = hf_alloc_zero(sizeof(*w));
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	w->s = s;
	w->buf = hf_alloc(PIECE + SEARCH_WINDOW);
	s->files = s->bytes = 0;
	s->found[0] = '\0';
	first_fill(&w->first, s);
	enum hf_err e = fd < 0 ? HF_E_IO : s->count > 0 ? walk_folder(w, fd, dir, 0) : HF_OK;
	if (fd >= 0 && s->count == 0)
		close(fd);
	free(w->buf);
	free(w);
	return e;
}

bool destruction_is_open(dev_t dev, ino_t ino)
{
	bool open_still = false;
	DIR *dir = opendir("/proc/self/fd");
	if (!dir)
		return true; /* not to be said */
	for (struct dirent *d; !open_still && (d = readdir(dir));) {
		struct stat st;
		int fd = (int)strtol(d->d_name, NULL, 10);
		open_still = d->d_name[0] != '.' && fd != dirfd(dir) && fstat(fd, &st) == 0 && st.st_dev == dev &&
		             st.st_ino == ino;
	}
	closedir(dir);
	return open_still;
}
