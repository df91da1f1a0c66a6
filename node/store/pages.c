/* pages.c - see pages.h. The form is that of LMDB 0.9 on a 64-bit little-endian machine (lmdb.h, mdb.c). */
#include "store/pages.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <lmdb.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"

#define MAGIC 0xBEEFC0DEu
#define VERSION 1u
#define HEAD 16u /* bytes before the nodes of a page */
#define NODE 8u  /* bytes of a node before its key */
#define NONE UINT64_MAX
#define DEPTH_MAX 32u

enum page_flag { BRANCH = 0x01, LEAF = 0x02, OVERFLOW = 0x04, META = 0x08 };
enum node_flag { BIG = 0x01, TREE = 0x02 };

struct page_head {
	uint64_t number;
	uint16_t pad, flags;
	uint16_t lower, upper; /* of an overflow page: the count of its pages */
};
struct tree_head {
	uint32_t page_bytes; /* in the first tree only */
	uint16_t flags, depth;
	uint64_t branches, leaves, overflows, entries, root;
};
struct meta {
	uint32_t magic, version;
	uint64_t address, map_bytes;
	struct tree_head free, main;
	uint64_t last, txn;
};
struct node {
	uint16_t low, high, flags, key_len;
};

_Static_assert(sizeof(struct page_head) == HEAD && sizeof(struct node) == NODE, "as in the file");
_Static_assert(sizeof(struct tree_head) == 48 && sizeof(struct meta) == 136, "as in the file");
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "nodes are read as such a machine writes them");

struct walk {
	int fd;
	uint64_t pages, last; /* in the file; the highest number in use */
	size_t page_bytes;
	uint64_t read_from; /* leaves and overflow pages below this are not read */
	uint8_t *reached;   /* one bit a page */
	bool free_list;     /* the tree that is walked is the list of free pages */
	uint64_t txn;       /* the last one that is committed */
	uint64_t bad;
	const char *why; /* NULL: nothing found */
};

static bool broken(struct walk *w, uint64_t page, const char *why)
{
	w->bad = page;
	w->why = why;
	return false;
}

static bool reach(struct walk *w, uint64_t page, uint64_t count)
{
	if (page < 2 || count == 0 || page > w->last || count > w->last - page + 1)
		return broken(w, page, "is named but does not exist");
	if (page + count > w->pages)
		return broken(w, page, "lies behind the end of the file");
	for (uint64_t p = page; p < page + count; p++) {
		uint8_t bit = (uint8_t)(1u << (p % 8));

		if (w->reached[p / 8] & bit)
			return broken(w, p, "is used twice");
		w->reached[p / 8] |= bit;
	}
	return true;
}

static bool read_page(struct walk *w, uint64_t page, void *out, size_t len)
{
	ssize_t n;

	do
		n = pread(w->fd, out, len, (off_t)(page * w->page_bytes));
	while (n < 0 && errno == EINTR);
	return n == (ssize_t)len ? true : broken(w, page, "cannot be read");
}

static bool check_overflow(struct walk *w, const uint8_t *data, size_t len)
{
	uint64_t page, count = (HEAD - 1 + (uint64_t)len) / w->page_bytes + 1;
	struct page_head head;
	uint32_t said;

	memcpy(&page, data, sizeof(page));
	if (!reach(w, page, count))
		return false;
	if (page < w->read_from)
		return true;
	if (!read_page(w, page, &head, sizeof(head)))
		return false;
	memcpy(&said, &head.lower, sizeof(said));
	if (head.number != page || head.flags != OVERFLOW || said < count)
		return broken(w, page, "is not the long value that it should be");
	return true;
}

/* A record of the free list: a count, and page numbers in falling order. */
static bool check_free(struct walk *w, uint64_t page, const uint8_t *data, size_t len)
{
	uint64_t count, number, before = NONE;

	if (len < sizeof(count))
		return broken(w, page, "has a free list that is cut off");
	memcpy(&count, data, sizeof(count));
	if (count > len / sizeof(count) - 1)
		return broken(w, page, "has a free list that is too long");
	for (uint64_t i = 1; i <= count; i++) {
		memcpy(&number, data + i * sizeof(number), sizeof(number));
		if (number < 2 || number >= before || number > w->last)
			return broken(w, page, "has a free list of pages that do not exist");
		before = number;
	}
	return true;
}

/* Its key is the transaction that freed the pages: none can have been freed by one that never was. */
static bool is_of_a_txn(const struct walk *w, const uint8_t *key, size_t len)
{
	uint64_t id;

	if (len != sizeof(id))
		return false;
	memcpy(&id, key, sizeof(id));
	return id > 0 && id <= w->txn;
}

static bool walk_tree(struct walk *w, const struct tree_head *t);

static bool check_value(struct walk *w, uint64_t page, const struct node *n, const uint8_t *data, size_t room)
{
	size_t len = (size_t)n->low | (size_t)n->high << 16;
	struct tree_head tree;

	if (n->flags & ~(unsigned)(BIG | TREE) || n->flags == (BIG | TREE))
		return broken(w, page, "has a node of no known kind");
	if ((n->flags == BIG ? sizeof(uint64_t) : len) > room)
		return broken(w, page, "has a value that runs out of it");
	if (n->flags == BIG)
		return check_overflow(w, data, len);
	if (n->flags != TREE)
		return !w->free_list || check_free(w, page, data, len);
	if (len != sizeof(tree))
		return broken(w, page, "has a table of no known form");
	memcpy(&tree, data, sizeof(tree));
	return walk_tree(w, &tree);
}

/* The node number i of a page: its head and its bytes; key_end: where its key ends in the page. */
static bool get_node(struct walk *w, uint64_t page, const uint8_t *bytes, unsigned i, struct node *ret_node,
                     size_t *ret_key)
{
	struct page_head head;
	uint16_t at;

	memcpy(&head, bytes, sizeof(head));
	memcpy(&at, bytes + HEAD + i * sizeof(at), sizeof(at));
	if (at < head.upper || at + NODE > w->page_bytes)
		return broken(w, page, "has a node that lies outside of it");
	memcpy(ret_node, bytes + at, sizeof(*ret_node));
	*ret_key = at + NODE;
	return *ret_key + ret_node->key_len <= w->page_bytes || broken(w, page, "has a key that runs out of it");
}

struct key {
	const uint8_t *data;
	size_t len;
};

static bool rises(const struct walk *w, struct key a, struct key b)
{
	size_t len = a.len < b.len ? a.len : b.len;
	uint64_t x = 0, y = 0;
	int order;

	if (w->free_list && a.len == sizeof(x) && b.len == sizeof(y)) {
		memcpy(&x, a.data, sizeof(x));
		memcpy(&y, b.data, sizeof(y));
		return x < y;
	}
	order = memcmp(a.data, b.data, len);
	return order < 0 || (order == 0 && a.len < b.len);
}

/* Where a page stands in its tree. */
struct place {
	uint64_t page;
	unsigned depth;       /* 1 for a leaf */
	struct key from, end; /* its keys: not below the one, below the other; data NULL: no bound */
};

static bool is_within(const struct walk *w, const struct place *at, struct key k)
{
	return !(at->from.data && rises(w, k, at->from)) && !(at->end.data && !rises(w, k, at->end));
}

static bool walk_page(struct walk *w, const struct place *at);

/* What a node of a branch page leads to lies between its key and the next one's. */
static bool walk_child(struct walk *w, const struct place *at, const uint8_t *bytes, unsigned i, unsigned count)
{
	struct node n = {0, 0, 0, 0}, next = n;
	size_t key = 0, next_key = 0;

	if (!get_node(w, at->page, bytes, i, &n, &key) ||
	    (i + 1 < count && !get_node(w, at->page, bytes, i + 1, &next, &next_key)))
		return false;
	const struct place child = {
	        .page = n.low | (uint64_t)n.high << 16 | (uint64_t)n.flags << 32,
	        .depth = at->depth - 1,
	        .from = i > 0 ? (struct key){bytes + key, n.key_len} : at->from,
	        .end = i + 1 < count ? (struct key){bytes + next_key, next.key_len} : at->end,
	};
	return walk_page(w, &child);
}

/* Nodes of a page in order; the first key of a branch page stands for everything below. */
static bool check_nodes(struct walk *w, const struct place *at, const uint8_t *bytes, unsigned count)
{
	struct key before = {NULL, 0};
	const uint64_t page = at->page;
	const unsigned depth = at->depth;

	for (unsigned i = 0; i < count; i++) {
		struct node n = {0, 0, 0, 0};
		size_t key = 0;

		if (!get_node(w, page, bytes, i, &n, &key))
			return false;
		if (n.key_len == 0 && (i > 0 || depth == 1))
			return broken(w, page, "has a node without a key");
		if (before.data && !rises(w, before, (struct key){bytes + key, n.key_len}))
			return broken(w, page, "has keys out of order");
		if (i > 0 || depth == 1)
			before = (struct key){bytes + key, n.key_len};
		if (w->free_list && depth == 1 && !is_of_a_txn(w, bytes + key, n.key_len))
			return broken(w, page, "has free pages of no transaction");
		if (before.data && !is_within(w, at, before))
			return broken(w, page, "has a key that belongs elsewhere");
		if (!(depth == 1 ? check_value(w, page, &n, bytes + key + n.key_len, w->page_bytes - key - n.key_len)
		                 : walk_child(w, at, bytes, i, count)))
			return false;
	}
	return true;
}

static bool check_page(struct walk *w, const struct place *at, const uint8_t *bytes)
{
	const uint64_t page = at->page;
	struct page_head head;

	memcpy(&head, bytes, sizeof(head));
	if (head.number != page)
		return broken(w, page, "does not say its own number");
	if (head.flags != (at->depth == 1 ? LEAF : BRANCH))
		return broken(w, page, "is not of the kind that it should be");
	if (head.lower < HEAD || head.lower > head.upper || head.upper > w->page_bytes || head.lower % 2)
		return broken(w, page, "has bounds that cannot be");
	return check_nodes(w, at, bytes, (head.lower - HEAD) / 2);
}

static bool walk_page(struct walk *w, const struct place *at)
{
	uint8_t *bytes;
	bool ok;

	if (!reach(w, at->page, 1))
		return false;
	if (at->depth == 1 && at->page < w->read_from)
		return true;
	bytes = hf_alloc(w->page_bytes);
	ok = read_page(w, at->page, bytes, w->page_bytes) && check_page(w, at, bytes);
	free(bytes);
	return ok;
}

static bool walk_tree(struct walk *w, const struct tree_head *t)
{
	if (t->root == NONE)
		return true;
	if (t->flags != (w->free_list ? MDB_INTEGERKEY : 0))
		return broken(w, t->root, "is the root of a table of no known kind");
	if (t->depth == 0 || t->depth > DEPTH_MAX)
		return broken(w, t->root, "is the root of a tree that is too deep");
	return walk_page(w, &(struct place){.page = t->root, .depth = t->depth});
}

static bool walk_all(struct walk *w, const struct meta *m, uint64_t file_bytes)
{
	uint64_t tail = HF_PAGES_TAIL_BYTES / w->page_bytes;
	bool ok;

	w->pages = file_bytes / w->page_bytes;
	w->last = m->last;
	w->txn = m->txn;
	if (m->last < 1 || m->last > m->map_bytes / w->page_bytes)
		return broken(w, 0, "names more pages than the store may have");
	if (file_bytes > HF_PAGES_FULL_BYTES && w->pages > m->last && m->last > tail)
		w->read_from = m->last - tail;
	w->reached = hf_alloc_zero(m->last / 8 + 1);
	w->free_list = true;
	ok = walk_tree(w, &m->free);
	w->free_list = false;
	ok = ok && walk_tree(w, &m->main);
	free(w->reached);
	return ok;
}

static bool read_meta(int fd, off_t at, struct meta *ret_meta)
{
	struct page_head head;

	return pread(fd, &head, sizeof(head), at) == (ssize_t)sizeof(head) && (head.flags & META) &&
	       pread(fd, ret_meta, sizeof(*ret_meta), at + (off_t)HEAD) == (ssize_t)sizeof(*ret_meta) &&
	       ret_meta->magic == MAGIC && ret_meta->version == VERSION;
}

/* The newer one of the two; false when LMDB will not take the file. */
static bool find_meta(int fd, struct meta *ret_meta)
{
	struct meta second;
	uint32_t size;

	if (!read_meta(fd, 0, ret_meta))
		return false;
	size = ret_meta->free.page_bytes;
	if (size < 256 || size > 65536 || (size & (size - 1)) || !read_meta(fd, (off_t)size, &second))
		return false;
	if (second.txn > ret_meta->txn)
		*ret_meta = second;
	ret_meta->free.page_bytes = size;
	return true;
}

/* One of the two pages that a new file begins with, or what a full disk or the end of power left of it. */
static bool is_new_page(int fd, off_t at)
{
	static const uint8_t zeros[HEAD + sizeof(struct meta)];
	uint8_t found[sizeof(zeros)];
	ssize_t n = pread(fd, found, sizeof(found), at);
	struct meta m;

	if (n < (ssize_t)sizeof(found))
		return n == 0;
	return memcmp(found, zeros, sizeof(zeros)) == 0 || (read_meta(fd, at, &m) && m.txn == 0);
}

/* Nothing was ever committed to it, and LMDB would refuse it for ever. */
static bool is_unfinished(int fd, off_t size)
{
	const off_t page = sysconf(_SC_PAGESIZE);

	return size <= 2 * page && is_new_page(fd, 0) && is_new_page(fd, page);
}

static enum hf_err check_file(int fd, const char *path, struct hf_fault *f)
{
	struct walk w = {.fd = fd};
	struct stat st;
	struct meta m;

	if (fstat(fd, &st) != 0)
		return hf_fault_set(f, HF_E_IO, "%s cannot be read: %s; repair the disk", path, strerror(errno));
	if (is_unfinished(fd, st.st_size)) {
		if (st.st_size == 0 || ftruncate(fd, 0) == 0)
			return HF_OK;
		return hf_fault_set(f, HF_E_IO, "%s cannot be made anew: %s; repair the disk", path, strerror(errno));
	}
	if (!find_meta(fd, &m))
		return HF_OK;
	w.page_bytes = m.free.page_bytes;
	if (walk_all(&w, &m, (uint64_t)st.st_size))
		return HF_OK;
	return hf_fault_set(f, HF_E_STORE,
	                    "the store %s is damaged: page %" PRIu64
	                    " %s; check the disk and restore the node's folder from a backup",
	                    path, w.bad, w.why);
}

enum hf_err hf_pages_check(const char *path, struct hf_fault *f)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);
	enum hf_err e;

	if (fd < 0)
		return errno == ENOENT ? HF_OK
		                       : hf_fault_set(f, HF_E_IO, "%s cannot be opened: %s; repair that", path,
		                                      strerror(errno));
	e = check_file(fd, path, f);
	close(fd);
	return e;
}
