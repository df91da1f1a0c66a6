/* codec.c - see codec.h: size, shape (walk.c), then protobuf-c inside an arena that ends. */
#include "proto/codec.h"

#include "proto/walk.h"

#include <stdlib.h>
#include <string.h>

#define ARENA_ALIGN 16u
#define ARENA_LEAST ((size_t)4 << 20)
#define ARENA_MOST ((size_t)24 << 20)
#define ARENA_MOST_FILE ((size_t)96 << 20)
#define ARENA_OWN ((size_t)8 << 20)

/* One block of memory; the first one of a message is its arena. The message stands directly behind it. */
struct block {
	_Alignas(ARENA_ALIGN) struct block *next; /* further blocks of the same arena */
	size_t used, size;
};
struct arena {
	struct block *first, *last;
	size_t left; /* bytes that may still be taken from the system */
};

static size_t round_up(size_t n)
{
	return (n + ARENA_ALIGN - 1) & ~(size_t)(ARENA_ALIGN - 1);
}

static struct block *arena_grow(struct arena *a, size_t need, size_t wish)
{
	size_t size = need > wish ? need : wish;
	if (size > a->left)
		size = a->left;
	if (need > size)
		return NULL;
	struct block *b = malloc(sizeof(*b) + size);
	if (b == NULL)
		return NULL;
	*b = (struct block){NULL, 0, size};
	a->left -= size;
	if (a->last != NULL)
		a->last->next = b;
	else
		a->first = b;
	a->last = b;
	return b;
}

static void *arena_alloc(void *allocator_data, size_t size)
{
	struct arena *a = allocator_data;
	if (size > ARENA_MOST_FILE)
		return NULL;
	size = round_up(size);
	struct block *b = a->last;
	if (b == NULL || b->size - b->used < size)
		b = arena_grow(a, size, b == NULL ? 0 : b->size * 2);
	if (b == NULL)
		return NULL;
	void *p = (uint8_t *)(b + 1) + b->used;
	b->used += size;
	return p;
}

static void arena_leave(void *allocator_data, void *pointer)
{
	(void)allocator_data;
	(void)pointer;
}

static void blocks_free(struct block *b)
{
	while (b != NULL) {
		struct block *next = b->next;
		free(b);
		b = next;
	}
}

/* The message is protobuf-c's first allocation, so it stands at the start of the first block; hf_decoded_free relies on
 * that. */
static void *unpack(const ProtobufCMessageDescriptor *desc, const void *data, size_t len, size_t cap)
{
	struct arena a = {NULL, NULL, cap};
	ProtobufCAllocator allocator = {arena_alloc, arena_leave, &a};
	size_t wish = round_up(desc->sizeof_message) + 2 * len + 256;
	if (arena_grow(&a, round_up(desc->sizeof_message), wish) == NULL)
		return NULL;
	void *message = protobuf_c_message_unpack(desc, &allocator, len, data);
	if (message == NULL || message != (void *)(a.first + 1)) {
		blocks_free(a.first);
		return NULL;
	}
	return message;
}

static size_t arena_cap(size_t len, size_t most)
{
	return len > (most - ARENA_LEAST) / 8 ? most : ARENA_LEAST + 8 * len;
}

static const uint8_t no_bytes[1] = {0};

static void *decode(const ProtobufCMessageDescriptor *desc, const void *data, size_t len, size_t max, size_t most)
{
	const struct hf_row *row = hf_row_find(desc);
	const uint8_t *bytes = data != NULL ? data : no_bytes;
	if (row == NULL || len > max || (data == NULL && len > 0) || !hf_walk(row, bytes, len))
		return NULL;
	return unpack(desc, bytes, len, arena_cap(len, most));
}

size_t hf_decode_max(const ProtobufCMessageDescriptor *desc)
{
	const struct hf_row *row = hf_row_find(desc);
	return row == NULL ? 0 : row->max;
}

void *hf_decode(const ProtobufCMessageDescriptor *desc, const void *data, size_t len)
{
	size_t max = hf_decode_max(desc);
	return max == 0 ? NULL : decode(desc, data, len, max, ARENA_MOST);
}

void *hf_decode_limit(const ProtobufCMessageDescriptor *desc, const void *data, size_t len, size_t max)
{
	return decode(desc, data, len, max, ARENA_MOST_FILE);
}

void *hf_decode_own(const ProtobufCMessageDescriptor *desc, const void *data, size_t len)
{
	if (data == NULL && len > 0)
		return NULL;
	return unpack(desc, data != NULL ? data : no_bytes, len, ARENA_OWN);
}

/* The walk accepts canonical bytes only; for evidence that is shown a second time by the plain comparison. */
void *hf_decode_canonical(const ProtobufCMessageDescriptor *desc, const void *data, size_t len)
{
	void *message = hf_decode(desc, data, len);
	if (message == NULL)
		return NULL;
	size_t again_len = 0;
	uint8_t *again = hf_encode(message, &again_len);
	bool same = again != NULL && again_len == len && (len == 0 || memcmp(again, data, len) == 0);
	free(again);
	if (same)
		return message;
	hf_decoded_free(message);
	return NULL;
}

void hf_decoded_free(void *message)
{
	if (message != NULL)
		blocks_free((struct block *)message - 1);
}

void hf_decoded_done(void *pointer_to_message)
{
	void *message;
	memcpy(&message, pointer_to_message, sizeof(message));
	hf_decoded_free(message);
}

uint8_t *hf_encode(const ProtobufCMessage *message, size_t *ret_len)
{
	size_t len = protobuf_c_message_get_packed_size(message);
	uint8_t *out = malloc(len == 0 ? 1 : len);
	if (out == NULL)
		return NULL;
	*ret_len = protobuf_c_message_pack(message, out);
	return out;
}
