/*
 * log_builder.h - a log of many entries of "roads", exported into a folder below /tmp, and helpers to bend that folder
 * and to say what the full check must find. Included after cmocka.h.
 */
#ifndef HUFU_TESTS_LOG_BUILDER_H
#define HUFU_TESTS_LOG_BUILDER_H

#include <dirent.h>
#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

#include "evidence/ledger_dir.h"
#include "unit/evidence/tally_builder.h"

struct log;
/* What a test wants otherwise; zero is the usual. */
struct log_plan {
	void (*space)(struct log *l);                       /* after the first descriptor */
	struct hf_draft *(*draft)(struct log *l, size_t i); /* NULL: the usual entry */
	const struct hf_sign_key *signer;                   /* of the checkpoint */
	int64_t cosigned_ms;
	int64_t late_ms; /* added to the times of the second half */
	void *ctx;
};
/* A log of `size` entries; not the tally's, which is too short for two tiles. */
struct log {
	struct log_plan plan;
	struct sb_space *sb;
	struct hf_buf descriptor; /* the newest */
	struct hf_space *space;
	struct hf_trust trust;
	size_t size;
	struct hf_buf *entry;
	struct hf_hash *leaf;
	char note[8192];
	char parent[64], dir[96];
};

static inline void add(struct log *l, size_t i)
{
	struct hf_entry_in in = {.origin = SB_SPACE "/ledger/roads", .index = i, .time_ms = SB_T0 + (int64_t)i * 100};
	uint8_t key[32] = {1}, secret[32] = {2, (uint8_t)i, (uint8_t)(i >> 8)};
	struct hf_draft *d = l->plan.draft ? l->plan.draft(l, i) : NULL;
	if (!d) {
		d = hf_draft_new(i == 0 ? HF_EVENT_GENESIS : HF_EVENT_COMMAND, NULL);
		hf_draft_int(d, HF_FIELD_OBJECT, (int64_t)i);
	}
	hf_draft_text(d, HF_FIELD_EVENT, hf_event_name(hf_draft_event(d)));
	in.time_ms += i >= l->size / 2 ? l->plan.late_ms : 0;
	if (i > 0)
		in.prev = l->leaf[i - 1];
	in.label_key = key;
	in.secret = secret;
	assert_int_equal(hf_entry_encode(&in, d, &l->entry[i], &l->leaf[i]), HF_OK);
	hf_draft_free(d);
}

static inline void sign_note(struct log *l)
{
	static const unsigned witnesses[] = {SB_AUDIT, SB_HUB, SB_PORT};
	struct hf_checkpoint c = {.origin = SB_SPACE "/ledger/roads", .size = l->size};
	char name[HF_ORIGIN_MAX + 1];
	hf_merkle_root(l->leaf, l->size, &c.root);
	size_t text = hf_checkpoint_text(&c, l->note, sizeof(l->note)), at = text;
	l->note[at++] = '\n';
	at += hf_note_sign_line(l->plan.signer ? l->plan.signer : l->sb->key[SB_ROADS][HF_KEY_LOG], c.origin, l->note,
	                        text, l->note + at, sizeof(l->note) - at);
	for (unsigned i = 0; i < 3; i++) {
		hf_space_witness_name(SB_SPACE, l->sb->name[witnesses[i]], name);
		at += hf_note_cosign_line(l->sb->key[witnesses[i]][HF_KEY_WITNESS], name,
		                          (uint64_t)(l->plan.cosigned_ms / 1000), l->note, text, l->note + at,
		                          sizeof(l->note) - at);
	}
	l->note[at] = 0;
}

static inline bool read_entry(void *ctx, uint64_t index, struct hf_bytes *ret_entry)
{
	const struct log *l = ctx;
	*ret_entry = (struct hf_bytes){l->entry[index].data, l->entry[index].len};
	return true;
}

/* Signs the descriptor under construction as the next one. */
static inline void log_extend(struct log *l)
{
	struct hf_fault f = {HF_OK, ""};
	sb_sign(l->sb, &l->descriptor);
	if (hf_space_extend(l->space, l->descriptor.data, l->descriptor.len, &f) != HF_OK)
		fail_msg("%s", f.text);
}

static inline struct log *log_planned(size_t size, const struct log_plan *plan)
{
	struct log *l = calloc(1, sizeof(*l));
	struct hf_fault f;
	l->plan = *plan;
	l->plan.cosigned_ms = plan->cosigned_ms ? plan->cosigned_ms : SB_T0;
	assert_true(hf_crypto_init());
	l->sb = sb_new(1);
	memcpy(l->trust.root.b, l->sb->root_pub, 32);
	l->space = hf_space_new(&l->trust.root);
	log_extend(l);
	if (l->plan.space)
		l->plan.space(l);
	l->size = size;
	l->entry = calloc(size + 1, sizeof(*l->entry));
	l->leaf = calloc(size + 1, sizeof(*l->leaf));
	for (size_t i = 0; i < size; i++)
		add(l, i);
	sign_note(l);
	snprintf(l->parent, sizeof(l->parent), "/tmp/hufu-ledger-XXXXXX");
	assert_non_null(mkdtemp(l->parent));
	snprintf(l->dir, sizeof(l->dir), "%s/roads", l->parent);
	if (hf_ledger_dir_write(l->dir, l->space, l->note, strlen(l->note), read_entry, l, &f) != HF_OK)
		fail_msg("%s", f.text);
	return l;
}

static inline struct log *log_new(size_t size)
{
	return log_planned(size, &(struct log_plan){.signer = NULL});
}

static inline int remove_one(const char *path, const struct stat *st, int kind, struct FTW *at)
{
	(void)st;
	(void)kind;
	(void)at;
	return remove(path);
}

static inline void log_free(struct log *l)
{
	nftw(l->parent, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	for (size_t i = 0; i < l->size; i++)
		hf_buf_done(&l->entry[i]);
	free(l->entry);
	free(l->leaf);
	hf_buf_done(&l->descriptor);
	hf_space_free(l->space);
	sb_free(l->sb);
	free(l);
}

static inline void assert_good(struct log *l)
{
	struct hf_fault f;
	struct hf_ledger_report r;
	if (hf_ledger_verify_dir(&l->trust, l->dir, &r, &f) != HF_OK)
		fail_msg("refused: %s", f.text);
	assert_int_equal(r.size, l->size);
	assert_int_equal(r.descriptor.number, hf_space_number(l->space));
}

static inline void assert_bad(struct log *l, uint64_t index, const char *reason)
{
	struct hf_fault f = {HF_OK, ""};
	struct hf_ledger_report r;
	assert_int_not_equal(hf_ledger_verify_dir(&l->trust, l->dir, &r, &f), HF_OK);
	if (strstr(f.text, reason) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", f.text, reason);
	assert_int_equal(r.bad, index);
}

static inline void path_of(const struct log *l, const char *name, char out[256])
{
	snprintf(out, 256, "%s/%s", l->dir, name);
}

static inline void load(const struct log *l, const char *name, struct hf_buf *out)
{
	char path[256];
	path_of(l, name, path);
	assert_int_equal(hf_file_read(path, 64u << 20, out), HF_OK);
}

static inline void save(const struct log *l, const char *name, const void *data, size_t len)
{
	char path[256];
	path_of(l, name, path);
	assert_int_equal(hf_file_write(path, data, len, 0644), HF_OK);
}

/* Offset of entry i of its bundle. */
static inline size_t offset_of(const struct log *l, size_t index)
{
	size_t at = 0;
	for (size_t i = index / 256 * 256; i < index; i++)
		at += 2 + l->entry[i].len;
	return at;
}

#endif
