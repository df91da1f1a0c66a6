/* spill.c - blocks in memory, or sealed in a file without a name; declared in spill.h. */
#include "release/engine/spill.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "crypto/aead.h"
#include "crypto/crypto.h"

#define BLOCK ((size_t)128 << 10)

struct hf_spill_block {
	struct hf_spill_block *next;
	size_t len;
	uint64_t number; /* in the file, from 1; 0: it is in memory */
	uint8_t *data;   /* NULL: in the file */
};

struct hf_spill {
	const char *folder;
	size_t memory, used; /* of blocks */
	struct hf_aead *aead;
	int fd;
	uint64_t blocks; /* in the file */
	uint8_t *sealed; /* one block and its tag, to be read or written */
};

struct hf_spill *hf_spill_new(const char *folder, size_t memory)
{
	struct hf_spill *s = hf_alloc_zero(sizeof(*s));

	s->folder = folder;
	s->memory = memory;
	s->fd = -1;
	return s;
}

void hf_spill_free(struct hf_spill *s)
{
	if (!s)
		return;
	if (s->fd >= 0)
		close(s->fd);
	hf_aead_free(s->aead); /* with it what is in the file is gone */
	free(s->sealed);
	free(s);
}

bool hf_spill_on_disk(const struct hf_spill *s)
{
	return s->blocks > 0;
}

/* A file that has no name, or loses it at once where the file system has no such files. */
static int nameless(const char *folder)
{
	int fd = open(folder, O_TMPFILE | O_RDWR | O_EXCL | O_CLOEXEC, 0600);
	char path[4096];

	if (fd >= 0 || snprintf(path, sizeof(path), "%s/.hufu-XXXXXX", folder) >= (int)sizeof(path))
		return fd;
	fd = mkostemp(path, O_CLOEXEC);
	if (fd >= 0)
		unlink(path);
	return fd;
}

static enum hf_err open_file(struct hf_spill *s, struct hf_fault *f)
{
	uint8_t key[32];

	if (s->fd >= 0)
		return HF_OK;
	if (!s->folder)
		return hf_fault_set(
		        f, HF_E_LIMIT,
		        "a technique of the plan needs the whole table, of which %zu MiB can be held; split "
		        "the table, or take techniques of rows",
		        s->memory >> 20);
	s->fd = nameless(s->folder);
	if (s->fd < 0)
		return hf_fault_set(f, HF_E_IO, "no file can be made in %.200s: %s; choose another place", s->folder,
		                    strerror(errno));
	hf_random(key, sizeof(key));
	s->aead = hf_aead_new(HF_AEAD_AES256GCM, key);
	hf_wipe(key, sizeof(key));
	s->sealed = hf_alloc(BLOCK + HF_AEAD_TAG_BYTES);
	return s->aead ? HF_OK : HF_E_CRYPTO;
}

static enum hf_err transfer(struct hf_spill *s, bool out, uint64_t number, size_t len, struct hf_fault *f)
{
	off_t at = (off_t)((number - 1) * (BLOCK + HF_AEAD_TAG_BYTES));

	for (size_t done = 0; done < len;) {
		ssize_t n = out ? pwrite(s->fd, s->sealed + done, len - done, at + (off_t)done)
		                : pread(s->fd, s->sealed + done, len - done, at + (off_t)done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return hf_fault_set(f, out ? HF_E_NO_SPACE : HF_E_IO,
			                    "what is put away in %.200s cannot be %s: %s; make room", s->folder,
			                    out ? "written" : "read", n < 0 ? strerror(errno) : "it is cut short");
		done += (size_t)n;
	}
	return HF_OK;
}

/* The block goes to the file when memory holds enough already. */
static enum hf_err put_away(struct hf_spill *s, struct hf_spill_block *b, struct hf_fault *f)
{
	uint8_t nonce[12];

	if (s->used <= s->memory)
		return HF_OK;
	HF_TRY(open_file(s, f));
	b->number = ++s->blocks;
	hf_aead_nonce(HF_AEAD_AES256GCM, b->number, nonce);
	if (!hf_aead_seal(s->aead, nonce, NULL, 0, b->data, b->len, s->sealed, s->sealed + b->len))
		return HF_E_CRYPTO;
	hf_wipe(b->data, BLOCK);
	free(b->data);
	b->data = NULL;
	s->used -= BLOCK;
	return transfer(s, true, b->number, b->len + HF_AEAD_TAG_BYTES, f);
}

static struct hf_spill_block *add_block(struct hf_spill *s, struct hf_spill_stream *t)
{
	struct hf_spill_block *b = hf_alloc_zero(sizeof(*b));

	b->data = hf_alloc(BLOCK);
	s->used += BLOCK;
	if (t->last)
		t->last->next = b;
	else
		t->first = b;
	t->last = b;
	return b;
}

enum hf_err hf_spill_put(struct hf_spill *s, struct hf_spill_stream *t, const void *data, size_t len,
                         struct hf_fault *f)
{
	const uint8_t *from = data;

	while (len > 0) {
		struct hf_spill_block *b = t->last;
		size_t n;

		if (b && b->len == BLOCK) {
			HF_TRY(hf_fault_default(f, put_away(s, b, f)));
			b = NULL;
		}
		b = b ? b : add_block(s, t);
		n = BLOCK - b->len < len ? BLOCK - b->len : len;
		memcpy(b->data + b->len, from, n);
		b->len += n;
		from += n;
		len -= n;
		t->bytes += n;
	}
	return HF_OK;
}

/* A block of the file comes back, and goes again when it was read. */
static enum hf_err bring(struct hf_spill *s, struct hf_spill_block *b, struct hf_fault *f)
{
	uint8_t nonce[12];

	if (b->data)
		return HF_OK;
	hf_aead_nonce(HF_AEAD_AES256GCM, b->number, nonce);
	HF_TRY(transfer(s, false, b->number, b->len + HF_AEAD_TAG_BYTES, f));
	b->data = hf_alloc(BLOCK);
	if (hf_aead_open(s->aead, nonce, NULL, 0, s->sealed, b->len, s->sealed + b->len, b->data))
		return HF_OK;
	return hf_fault_set(f, HF_E_IO, "what was put away in %.200s was changed by somebody; run it again", s->folder);
}

static void let_go(struct hf_spill_block *b)
{
	if (b->data)
		hf_wipe(b->data, BLOCK);
	free(b->data);
	b->data = NULL;
}

enum hf_err hf_spill_get(struct hf_spill *s, struct hf_spill_stream *t, void *out, size_t len, struct hf_fault *f)
{
	uint8_t *to = out;

	while (len > 0) {
		struct hf_spill_block *b = t->at ? t->at : t->first;
		size_t n;

		if (b && t->at && t->read == b->len) {
			if (b->number)
				let_go(b);
			t->read = 0;
			b = b->next;
		}
		t->at = b;
		if (!b)
			return hf_fault_set(f, HF_E_INTERNAL, "more is read than was put away");
		HF_TRY(hf_fault_default(f, bring(s, b, f)));
		n = b->len - t->read < len ? b->len - t->read : len;
		memcpy(to, b->data + t->read, n);
		t->read += n;
		to += n;
		len -= n;
	}
	return HF_OK;
}

void hf_spill_rewind(struct hf_spill_stream *t)
{
	if (t->at && t->at->number)
		let_go(t->at);
	t->at = NULL;
	t->read = 0;
}

void hf_spill_drop(struct hf_spill *s, struct hf_spill_stream *t)
{
	for (struct hf_spill_block *b = t->first, *next; b; b = next) {
		next = b->next;
		s->used -= b->number ? 0 : BLOCK;
		let_go(b);
		free(b);
	}
	*t = (struct hf_spill_stream){.bytes = 0};
}

enum hf_err hf_spill_put_value(struct hf_spill *s, struct hf_spill_stream *t, const struct hf_bytes *v,
                               struct hf_fault *f)
{
	uint8_t head[4];

	hf_put_u32(head, v->data ? (uint32_t)v->len + 1 : 0);
	HF_TRY(hf_spill_put(s, t, head, sizeof(head), f));
	return v->data ? hf_spill_put(s, t, v->data, v->len, f) : HF_OK;
}

enum hf_err hf_spill_get_value(struct hf_spill *s, struct hf_spill_stream *t, struct hf_arena *arena,
                               struct hf_bytes *ret_v, struct hf_fault *f)
{
	uint8_t head[4], *data;
	uint32_t len;

	HF_TRY(hf_spill_get(s, t, head, sizeof(head), f));
	len = hf_get_u32(head);
	*ret_v = (struct hf_bytes){NULL, 0};
	if (len == 0)
		return HF_OK;
	data = hf_arena_get(arena, len);
	*ret_v = (struct hf_bytes){data, len - 1};
	return hf_spill_get(s, t, data, len - 1, f);
}
