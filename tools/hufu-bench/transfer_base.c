/* transfer_base.c - see transfer_base.h. */
#include "transfer_base.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/aead.h"
#include "crypto/merkle.h"
#include "spawn.h"

#define ADDRESS "127.0.2.203"
#define PORT 7400
#define SYNC_BYTES ((uint64_t)32 << 20)
#define CHUNK_MAX (4u << 20)
#define PATH_BYTES 512

struct raw_tcp {
	int pid, stop, listener;
};
/* What stands before the chunks. */
struct order {
	uint64_t bytes;
	uint32_t chunk_bytes;
	uint8_t key[32];
	char output[PATH_BYTES];
};
/* One side of a copy. */
struct side {
	int fd, file;
	uint64_t bytes;
	uint32_t chunk_bytes;
	struct hf_aead *aead;
	uint8_t *buffer;
	struct hf_merkle_range range;
};

static bool move_all(ssize_t (*fn)(int fd, void *data, size_t len), int fd, void *data, size_t len)
{
	uint8_t *at = data;
	while (len > 0) {
		ssize_t n = fn(fd, at, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		at += n;
		len -= (size_t)n;
	}
	return true;
}

static ssize_t do_write(int fd, void *data, size_t len)
{
	return write(fd, data, len);
}

static bool read_all(int fd, void *data, size_t len)
{
	return move_all(read, fd, data, len);
}

static bool write_all(int fd, void *data, size_t len)
{
	return move_all(do_write, fd, data, len);
}

static bool side_open(struct side *s, const uint8_t key[32])
{
	int one = 1;
	setsockopt(s->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	hf_merkle_range_init(&s->range);
	s->aead = hf_aead_new(HF_AEAD_AES256GCM, key);
	s->buffer = malloc(s->chunk_bytes + HF_AEAD_TAG_BYTES);
	return s->aead && s->buffer && s->file >= 0;
}

static void side_close(struct side *s)
{
	hf_aead_free(s->aead);
	free(s->buffer);
	if (s->file >= 0)
		close(s->file);
	if (s->fd >= 0)
		close(s->fd);
}

static size_t chunk_len(const struct side *s, uint64_t index)
{
	uint64_t left = s->bytes - index * s->chunk_bytes;
	return left < s->chunk_bytes ? (size_t)left : s->chunk_bytes;
}

static void add_leaf(struct side *s, size_t len)
{
	struct hf_hash leaf;
	hf_merkle_leaf(s->buffer, len, &leaf);
	hf_merkle_range_append(&s->range, &leaf);
}

/* ---- the receiver ---- */

static bool receive_chunk(struct side *s, uint64_t index)
{
	uint8_t nonce[12], *data = s->buffer;
	size_t len = chunk_len(s, index);
	hf_aead_nonce(HF_AEAD_AES256GCM, index, nonce);
	if (!read_all(s->fd, data, len + HF_AEAD_TAG_BYTES) ||
	    !hf_aead_open(s->aead, nonce, NULL, 0, data, len, data + len, data))
		return false;
	add_leaf(s, len);
	if (!write_all(s->file, data, len))
		return false;
	uint64_t end = index * s->chunk_bytes + len;
	return end / SYNC_BYTES == index * s->chunk_bytes / SYNC_BYTES || fdatasync(s->file) == 0;
}

static bool receive(int fd)
{
	struct order o;
	struct hf_hash root;
	if (!read_all(fd, &o, sizeof(o)) || o.chunk_bytes == 0 || o.chunk_bytes > CHUNK_MAX) {
		close(fd);
		return false;
	}
	o.output[PATH_BYTES - 1] = '\0';
	struct side s = {.fd = fd, .bytes = o.bytes, .chunk_bytes = o.chunk_bytes};
	s.file = open(o.output, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	bool ok = side_open(&s, o.key);
	for (uint64_t i = 0; ok && i * s.chunk_bytes < s.bytes; i++)
		ok = receive_chunk(&s, i);
	ok = ok && fsync(s.file) == 0;
	hf_merkle_range_root(&s.range, &root);
	ok = ok && write_all(fd, root.b, sizeof(root.b));
	side_close(&s);
	return ok;
}

static int receiver(void *ctx, int stop_fd)
{
	struct raw_tcp *r = ctx;
	(void)stop_fd; /* an order of chunks of no size ends it */
	for (;;) {
		int fd = accept4(r->listener, NULL, NULL, SOCK_CLOEXEC);
		if (fd < 0)
			return 1;
		if (!receive(fd))
			return 0;
	}
}

/* ---- the sender ---- */

static int listen_here(void)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(PORT)};
	inet_pton(AF_INET, ADDRESS, &a.sin_addr);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (fd >= 0 && bind(fd, (struct sockaddr *)&a, sizeof(a)) == 0 && listen(fd, 4) == 0)
		return fd;
	fprintf(stderr, "hufu-bench: cannot listen on %s:%d: %s\n", ADDRESS, PORT, strerror(errno));
	return -1;
}

static int connect_there(void)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(PORT)};
	inet_pton(AF_INET, ADDRESS, &a.sin_addr);
	if (fd >= 0 && connect(fd, (struct sockaddr *)&a, sizeof(a)) == 0)
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

struct raw_tcp *raw_tcp_open(void)
{
	struct raw_tcp *r = calloc(1, sizeof(*r));
	if (!r)
		return NULL;
	r->listener = listen_here();
	r->pid = r->listener >= 0 ? spawn_side(receiver, r, &r->stop) : 0;
	if (r->pid)
		return r;
	raw_tcp_close(r);
	return NULL;
}

void raw_tcp_close(struct raw_tcp *r)
{
	struct order nothing = {.chunk_bytes = 0};
	if (!r)
		return;
	int fd = r->pid ? connect_there() : -1;
	if (fd >= 0) {
		write_all(fd, &nothing, sizeof(nothing));
		close(fd);
	}
	if (r->pid)
		spawn_side_end(r->pid, r->stop);
	if (r->listener >= 0)
		close(r->listener);
	free(r);
}

static bool send_chunk(struct side *s, uint64_t index)
{
	uint8_t nonce[12];
	size_t len = chunk_len(s, index);
	hf_aead_nonce(HF_AEAD_AES256GCM, index, nonce);
	if (!read_all(s->file, s->buffer, len))
		return false;
	add_leaf(s, len);
	return hf_aead_seal(s->aead, nonce, NULL, 0, s->buffer, len, s->buffer, s->buffer + len) &&
	       write_all(s->fd, s->buffer, len + HF_AEAD_TAG_BYTES);
}

static bool send_file(struct side *s, const char *output)
{
	struct order o = {.bytes = s->bytes, .chunk_bytes = s->chunk_bytes};
	struct hf_hash root, theirs;
	hf_random(o.key, sizeof(o.key));
	snprintf(o.output, sizeof(o.output), "%s", output);
	bool ok = side_open(s, o.key) && write_all(s->fd, &o, sizeof(o));
	for (uint64_t i = 0; ok && i * s->chunk_bytes < s->bytes; i++)
		ok = send_chunk(s, i);
	hf_merkle_range_root(&s->range, &root);
	return ok && read_all(s->fd, theirs.b, sizeof(theirs.b)) && hf_hash_equal(&root, &theirs);
}

double raw_tcp_copy(struct raw_tcp *r, const char *source, const char *output, uint32_t chunk_bytes)
{
	struct stat st;
	struct side s = {.chunk_bytes = chunk_bytes};
	(void)r;
	int64_t begin = bench_now_us();
	s.file = open(source, O_RDONLY | O_CLOEXEC);
	s.fd = connect_there();
	bool ok = s.file >= 0 && s.fd >= 0 && fstat(s.file, &st) == 0 && chunk_bytes > 0 && chunk_bytes <= CHUNK_MAX;
	s.bytes = ok ? (uint64_t)st.st_size : 0;
	ok = ok && send_file(&s, output);
	double seconds = (double)(bench_now_us() - begin) / 1e6;
	if (!ok)
		fprintf(stderr, "hufu-bench: the copy over TCP failed: %s\n", strerror(errno));
	side_close(&s);
	return ok ? seconds : 0;
}
