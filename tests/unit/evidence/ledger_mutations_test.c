/*
 * ledger_mutations_test.c - a ledger folder with something missing, added, exchanged, altered, cut off or of another
 * space: is each refused, and with a reason of its own? (SB-58, SB-59) One row a mutation; the folder verifies before
 * and after each.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "unit/evidence/log_builder.h"
#include "unit/evidence/reasons.h"

#define SIZE 600 /* two full bundles and one of 88 */
#define NONE UINT64_MAX

enum how {
	MISSING,
	EMPTY,
	SHORTER,
	LONGER,
	ALTERED,   /* a bit of the byte at `at`; negative: from the end */
	EXCHANGED, /* with the file `other` */
	ADDED,
	BECOMES_FOLDER,
	BECOMES_LINK,
};

static const struct mutation {
	enum how how;
	const char *file, *other;
	long at;
	uint64_t bad;
	const char *reason;
} mutations[] = {
        {MISSING, "checkpoint", NULL, 0, NONE, "checkpoint is missing from the folder"},
        {MISSING, "log.vkey", NULL, 0, NONE, "log.vkey is missing from the folder"},
        {MISSING, "witness.vkeys", NULL, 0, NONE, "witness.vkeys is missing from the folder"},
        {MISSING, "descriptors.dsse", NULL, 0, NONE, "descriptors.dsse is missing from the folder"},
        {MISSING, "tile/entries/000", NULL, 0, 0, "tile/entries/000 is missing from the folder"},
        {MISSING, "tile/entries/001", NULL, 0, 256, "tile/entries/001 is missing from the folder"},
        {MISSING, "tile/entries/002.p/88", NULL, 0, NONE, "tile/entries/002.p/88 is missing: the ledger has 600"},
        {MISSING, "tile/0/000", NULL, 0, 0, "tile/0/000 is missing from the folder"},
        {MISSING, "tile/0/002.p/88", NULL, 0, 512, "tile/0/002.p/88 is missing from the folder"},
        {MISSING, "tile/1/000.p/2", NULL, 0, NONE, "tile/1/000.p/2 is missing from the folder"},

        {EMPTY, "checkpoint", NULL, 0, NONE, "the checkpoint is empty"},
        {EMPTY, "tile/entries/001", NULL, 0, 256, "tile/entries/001 is empty"},
        {EMPTY, "descriptors.dsse", NULL, 0, NONE, "descriptors is empty"},
        {SHORTER, "checkpoint", NULL, 0, NONE, "the checkpoint was cut off within a signature line"},
        {SHORTER, "log.vkey", NULL, 0, NONE, "log.vkey was cut off within line 1"},
        {SHORTER, "witness.vkeys", NULL, 0, NONE, "witness.vkeys was cut off within line 3"},
        {SHORTER, "descriptors.dsse", NULL, 0, NONE, "descriptors is cut off or damaged within number 1"},
        {SHORTER, "tile/entries/000", NULL, 0, 255, "entry 255 is cut off"},
        {SHORTER, "tile/entries/002.p/88", NULL, 0, 599, "entry 599 is cut off"},
        {SHORTER, "tile/0/001", NULL, 0, 256, "tile/0/001 is cut off after 8191 of the 8192 bytes"},
        {SHORTER, "tile/1/000.p/2", NULL, 0, NONE, "tile/1/000.p/2 is cut off after 63 of the 64 bytes"},
        {LONGER, "checkpoint", NULL, 0, NONE, "stands among or behind those of the checkpoint"},
        {LONGER, "descriptors.dsse", NULL, 0, NONE, "1 bytes that are no descriptor stand at the end"},
        {LONGER, "tile/entries/000", NULL, 0, 255, "bytes follow entry 255 in its bundle"},
        {LONGER, "tile/entries/002.p/88", NULL, 0, 599, "bytes follow entry 599 in its bundle"},
        {LONGER, "tile/0/000", NULL, 0, 0, "tile/0/000 goes on after the 8192 bytes that it may have"},
        {LONGER, "tile/0/002.p/88", NULL, 0, 512, "tile/0/002.p/88 goes on after its 88 hashes"},

        {ALTERED, "checkpoint", NULL, 2, NONE, "is of no ledger of city.example"},
        {ALTERED, "checkpoint", NULL, 26, NONE, "neither the log's signature nor a cosignature under the checkpoint"},
        {ALTERED, "checkpoint", NULL, 100, NONE, "has a line of city.example/ledger/soads, which is no witness of it"},
        {ALTERED, "checkpoint", NULL, 130, NONE, "the checkpoint of roads is not signed by its log key"},
        {ALTERED, "checkpoint", NULL, -8, NONE, "the cosignature of the witness port on the checkpoint of roads"},
        {ALTERED, "log.vkey", NULL, 30, NONE, "line 1 of log.vkey is no verifier key"},
        {ALTERED, "witness.vkeys", NULL, 40, NONE, "line 1 of witness.vkeys is no verifier key"},
        {ALTERED, "descriptors.dsse", NULL, -1, NONE, "the signature of the space descriptor does not verify"},
        {ALTERED, "tile/entries/000", NULL, -1, 255, "entry 255 is not the one that tile/0/000 was made from"},
        {ALTERED, "tile/entries/000", NULL, -140, 254, "entry 254 was altered: tile/0/000 and the entry after it"},
        {ALTERED, "tile/entries/001", NULL, 12, 256, "entry 256 belongs to the ledger "},
        {ALTERED, "tile/entries/002.p/88", NULL, -1, 599, "entry 599 is not the one that tile/0/002.p/88 was made"},
        {ALTERED, "tile/0/001", NULL, 32 * 7, 263, "tile/0/001 does not hold the hash of entry 263, which"},
        {ALTERED, "tile/1/000.p/2", NULL, 63, NONE, "tile/1/000.p/2 does not agree with the tiles below it"},

        {EXCHANGED, "tile/entries/000", "tile/entries/001", 0, 0, "entry 256 stands in the place of entry 0"},
        {EXCHANGED, "tile/0/000", "tile/0/001", 0, 0, "tile/0/000 holds the hashes of other entries; that of entry 0"},
        {EXCHANGED, "log.vkey", "witness.vkeys", 0, NONE, "log.vkey holds a key that the space descriptor does not"},

        {ADDED, "notes.txt", NULL, 0, NONE, "notes.txt does not belong into the folder of a ledger of 600 entries"},
        {ADDED, "tile/0/002", NULL, 0, NONE, "tile/0/002 does not belong into the folder"},
        {ADDED, "tile/0/002.p/87", NULL, 0, NONE, "tile/0/002.p/87 does not belong into the folder"},
        {ADDED, "tile/0/3", NULL, 0, NONE, "tile/0/3 does not belong into the folder"},
        {ADDED, "tile/00/000", NULL, 0, NONE, "tile/00/000 does not belong into the folder"},
        {ADDED, "tile/2/000.p/1", NULL, 0, NONE, "tile/2/000.p/1 does not belong into the folder"},
        {ADDED, "tile/entries/x000/000", NULL, 0, NONE, "tile/entries/x000/000 does not belong into the folder"},
        {BECOMES_FOLDER, "tile/0/001", NULL, 0, 256, "tile/0/001 cannot be read; it must be a file"},
        {BECOMES_LINK, "notes", NULL, 0, NONE, "/notes is neither file nor folder"},
};

/* The folders above a name that are missing. */
static void make_parents(const struct log *l, const char *name)
{
	char path[256];
	path_of(l, name, path);
	for (char *at = strchr(path + strlen(l->dir) + 1, '/'); at != NULL; at = strchr(at + 1, '/')) {
		*at = 0;
		mkdir(path, 0755);
		*at = '/';
	}
}

/* With the folders above it that are empty then. */
static void remove_file(const struct log *l, const char *name)
{
	char path[256];
	path_of(l, name, path);
	assert_int_equal(remove(path), 0);
	do
		*strrchr(path, '/') = 0;
	while (rmdir(path) == 0);
}

static void bend(struct log *l, const struct mutation *m, struct hf_buf *was, struct hf_buf *other)
{
	char path[256];
	path_of(l, m->file, path);
	if (m->how != ADDED && m->how != BECOMES_LINK)
		load(l, m->file, was);
	switch (m->how) {
	case MISSING:
	case BECOMES_FOLDER:
		assert_int_equal(unlink(path), 0);
		if (m->how == BECOMES_FOLDER)
			assert_int_equal(mkdir(path, 0755), 0);
		break;
	case EMPTY:
		save(l, m->file, "", 0);
		break;
	case SHORTER:
		save(l, m->file, was->data, was->len - 1);
		break;
	case LONGER:
		assert_true(hf_buf_add(was, "x", 1));
		save(l, m->file, was->data, was->len);
		was->len--;
		break;
	case ALTERED:
		was->data[m->at < 0 ? (long)was->len + m->at : m->at] ^= 1;
		save(l, m->file, was->data, was->len);
		was->data[m->at < 0 ? (long)was->len + m->at : m->at] ^= 1;
		break;
	case EXCHANGED:
		load(l, m->other, other);
		save(l, m->file, other->data, other->len);
		save(l, m->other, was->data, was->len);
		break;
	case ADDED:
		make_parents(l, m->file);
		save(l, m->file, "x", 1);
		break;
	case BECOMES_LINK:
		assert_int_equal(symlink("checkpoint", path), 0);
		break;
	}
}

static void straighten(struct log *l, const struct mutation *m, const struct hf_buf *was, const struct hf_buf *other)
{
	if (m->how == ADDED || m->how == BECOMES_LINK || m->how == BECOMES_FOLDER)
		remove_file(l, m->file);
	if (m->how == ADDED || m->how == BECOMES_LINK)
		return;
	make_parents(l, m->file);
	save(l, m->file, was->data, was->len);
	if (m->how == EXCHANGED)
		save(l, m->other, other->data, other->len);
}

static void take_refusal(struct log *l, const struct mutation *m, struct reasons *r)
{
	struct hf_fault f = {HF_OK, ""};
	struct hf_ledger_report report;
	assert_int_not_equal(hf_ledger_verify_dir(&l->trust, l->dir, &report, &f), HF_OK);
	assert_int_equal(report.bad, m->bad);
	reason_take(r, (int)m->how, m->file, m->reason, f.text);
}

static void test_each_mutation_has_its_reason(void **state)
{
	(void)state;
	struct log *l = log_new(SIZE);
	struct reasons *r = calloc(1, sizeof(*r));
	for (size_t i = 0; i < sizeof(mutations) / sizeof(mutations[0]); i++) {
		struct hf_buf was = HF_BUF_INIT, other = HF_BUF_INIT;
		assert_good(l);
		bend(l, &mutations[i], &was, &other);
		take_refusal(l, &mutations[i], r);
		straighten(l, &mutations[i], &was, &other);
		hf_buf_done(&was);
		hf_buf_done(&other);
	}
	assert_good(l);
	reasons_differ(r);
	free(r);
	log_free(l);
}

/* Entries of one ledger under the checkpoint of another one of the same space, rightly cosigned. */
static void test_another_ledgers_checkpoint(void **state)
{
	(void)state;
	struct log *l = log_new(3);
	struct hf_checkpoint c = {.origin = SB_SPACE "/ledger/health", .size = l->size};
	static const unsigned witnesses[] = {SB_AUDIT, SB_HUB, SB_PORT};
	char name[HF_ORIGIN_MAX + 1], key[402];
	struct hf_note_verifier v;
	struct hf_sign_pub pub;
	hf_merkle_root(l->leaf, l->size, &c.root);
	size_t text = hf_checkpoint_text(&c, l->note, sizeof(l->note)), at = text;
	l->note[at++] = '\n';
	at += hf_note_sign_line(l->sb->key[SB_HEALTH][HF_KEY_LOG], c.origin, l->note, text, l->note + at,
	                        sizeof(l->note) - at);
	for (unsigned i = 0; i < 3; i++) {
		hf_space_witness_name(SB_SPACE, l->sb->name[witnesses[i]], name);
		at += hf_note_cosign_line(l->sb->key[witnesses[i]][HF_KEY_WITNESS], name, SB_T0 / 1000, l->note, text,
		                          l->note + at, sizeof(l->note) - at);
	}
	save(l, "checkpoint", l->note, at);
	assert_bad(l, UINT64_MAX, "log.vkey holds a key");
	hf_sign_key_pub(l->sb->key[SB_HEALTH][HF_KEY_LOG], &pub);
	assert_true(hf_note_verifier_init(&v, c.origin, HF_NOTE_ED25519, &pub));
	hf_note_vkey(&v, key);
	strncat(key, "\n", 2);
	save(l, "log.vkey", key, strlen(key));
	assert_bad(l, 0, "entry 0 belongs to the ledger " SB_SPACE "/ledger/roads");
	log_free(l);
}

/* A whole and true ledger, but of a space with another root. */
static void test_another_root(void **state)
{
	(void)state;
	struct log *l = log_new(3);
	struct sb_space *other = sb_new(2);
	memcpy(l->trust.root.b, other->root_pub, 32);
	assert_bad(l, UINT64_MAX, "another root key");
	sb_free(other);
	log_free(l);
}

/* One witness too few: the checkpoint is good as far as it goes. */
static void test_below_the_quorum(void **state)
{
	(void)state;
	struct log *l = log_new(3);
	size_t len = strlen(l->note) - 1;
	while (l->note[len - 1] != '\n')
		len--;
	save(l, "checkpoint", l->note, len);
	assert_bad(l, UINT64_MAX, "the checkpoint of roads has 2 cosignatures; the quorum is 3");
	log_free(l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_each_mutation_has_its_reason),
	        cmocka_unit_test(test_another_ledgers_checkpoint),
	        cmocka_unit_test(test_another_root),
	        cmocka_unit_test(test_below_the_quorum),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
