/*
 * ledgers.c - hufu-interop-ledgers DIR SIZE...: writes what the independent verifier in this folder is to accept.
 *
 * One node's ledger grows through the sizes, in rising order; at each it is sequenced, signed, cosigned by three of
 * four witnesses and exported by the code that a node runs (only the sending between the nodes is this program's, see
 * ledger/kit.h):
 *
 *   DIR/SIZE/                    what `hufu ledger export` writes
 *   DIR/proofs/SIZE-INDEX.tlog-proof, DIR/proofs/descriptors.dsse
 *   DIR/policy                   the keys and the quorum that an outsider was told (c2sp.org/tlog-policy)
 *   DIR/root.key                 the space's root public key, for hufu-verify
 *
 * Size 0: a node never signs an empty log, because its first entry is written before its first checkpoint. The folder
 * of such a log is its checkpoint (size 0, the hash of the empty string), keys and descriptors, without any tile; it is
 * signed here with the node's keys and written by the exporter's own writer.
 */
#include "crypto/base64.h"
#include "evidence/ledger_dir.h"
#include "evidence/tally.h"
#include "unit/ledger/kit.h"

#define FILL 8192u /* entries a unit of work */
#define OWNER SB_HEALTH

/* All witnesses of the descriptor, in its order; the last one is never there, so that no line can be spared. */
static const unsigned witnesses[] = {SB_AUDIT, SB_HUB, SB_PORT, SB_ROADS};
#define WITNESSES (sizeof(witnesses) / sizeof(witnesses[0]))
#define QUORUM 3u

static void must(bool ok, const char *what, const char *why)
{
	if (ok)
		return;
	fprintf(stderr, "hufu-interop-ledgers: %s: %s\n", what, why);
	exit(1);
}

static void save(const char *path, const struct hf_buf *b)
{
	must(hf_file_write(path, b->data, b->len, 0644) == HF_OK, path, "cannot be written");
}

/* ---- the keys that an outsider was told ---- */

static void vkey(struct kit *k, unsigned n, enum hf_key_use use, char out[400])
{
	char name[HF_ORIGIN_MAX + 1];
	struct hf_note_verifier v;
	struct hf_sign_pub pub;
	bool log = use == HF_KEY_LOG;

	hf_sign_key_pub(k->sb->key[n][use], &pub);
	if (log)
		hf_space_origin(SB_SPACE, k->sb->name[n], name);
	else
		hf_space_witness_name(SB_SPACE, k->sb->name[n], name);
	must(hf_note_verifier_init(&v, name, log ? HF_NOTE_ED25519 : HF_NOTE_COSIGNATURE, &pub), name, "is no name");
	hf_note_vkey(&v, out);
}

static void write_policy(struct kit *k, const char *dir)
{
	struct hf_buf policy = HF_BUF_INIT, root = HF_BUF_INIT;
	char key[400], path[1200], hex[65];
	bool ok;

	vkey(k, OWNER, HF_KEY_LOG, key);
	ok = hf_buf_addf(&policy, "log %s\n", key);
	for (size_t i = 0; i < WITNESSES; i++) {
		vkey(k, witnesses[i], HF_KEY_WITNESS, key);
		ok = ok && hf_buf_addf(&policy, "witness %s %s\n", k->sb->name[witnesses[i]], key);
	}
	ok = ok && hf_buf_addf(&policy, "group three-of-four 3 audit hub port roads\nquorum three-of-four\n");
	hf_hex(k->sb->root_pub, 32, hex);
	must(ok && hf_buf_addf(&root, "%s\n", hex), dir, "no memory");
	snprintf(path, sizeof(path), "%s/policy", dir);
	save(path, &policy);
	snprintf(path, sizeof(path), "%s/root.key", dir);
	save(path, &root);
	hf_buf_done(&policy);
	hf_buf_done(&root);
}

/* ---- an empty log ---- */

static bool no_entry(void *ctx, uint64_t index, struct hf_bytes *ret_entry)
{
	(void)ctx;
	(void)index;
	(void)ret_entry;
	return false;
}

static void write_empty(struct kit *k, const char *dir)
{
	struct hf_checkpoint c = {.size = 0};
	char note[4096], name[HF_ORIGIN_MAX + 1];
	struct hf_fault f = {HF_OK, ""};

	hf_space_origin(SB_SPACE, k->sb->name[OWNER], c.origin);
	hf_sha256("", 0, &c.root);
	size_t text = hf_checkpoint_text(&c, note, sizeof(note)), at = text;
	note[at++] = '\n';
	at += hf_note_sign_line(k->sb->key[OWNER][HF_KEY_LOG], c.origin, note, text, note + at, sizeof(note) - at);
	for (size_t i = 0; i < QUORUM; i++) {
		hf_space_witness_name(SB_SPACE, k->sb->name[witnesses[i]], name);
		at += hf_note_cosign_line(k->sb->key[witnesses[i]][HF_KEY_WITNESS], name, SB_T0 / 1000, note, text,
		                          note + at, sizeof(note) - at);
	}
	must(hf_ledger_dir_write(dir, k->space, note, at, no_entry, NULL, &f) == HF_OK, dir, f.text);
}

/* ---- a growing ledger ---- */

static void grow(struct kit_node *n, uint64_t size)
{
	for (uint64_t has; (has = kit_state(n).durable) < size;)
		kit_fill(n, size - has < FILL ? (unsigned)(size - has) : FILL);
	must(kit_state(n).durable == size, "the ledger", "is longer than the size that was asked for");
	kit_until_witnessed(n);
}

struct ending {
	bool done;
	enum hf_err e;
	uint64_t size;
};

static void on_end(void *ctx, enum hf_err e, uint64_t size)
{
	*(struct ending *)ctx = (struct ending){true, e, size};
}

static void export(struct kit_node *n, const char *dir, uint64_t size)
{
	struct ending x = {.done = false};

	hf_ledger_export(n->ledger, NULL, dir, on_end, &x);
	kit_until(n->kit, x.done);
	must(x.e == HF_OK && x.size == size, dir, hf_err_text(x.e));
}

/* With all fields shown for the first index, with none but the event for the others. */
static void prove(struct kit_node *n, const char *dir, uint64_t size, uint64_t index)
{
	bool shown[HF_FIELD_LIMIT] = {[HF_FIELD_EVENT] = true};
	struct hf_ledger_entry_ask ask = {.index = index, .shown = index == 0 ? NULL : shown};
	struct hf_buf proof = HF_BUF_INIT, descriptors = HF_BUF_INIT;
	struct hf_fault f = {HF_OK, ""};
	char path[1200];

	must(hf_ledger_prove_entry(n->ledger, &ask, &proof, &descriptors, &f) == HF_OK, "proof", f.text);
	snprintf(path, sizeof(path), "%s/proofs/%llu-%llu.tlog-proof", dir, (unsigned long long)size,
	         (unsigned long long)index);
	save(path, &proof);
	snprintf(path, sizeof(path), "%s/proofs/descriptors.dsse", dir);
	save(path, &descriptors);
	hf_buf_done(&proof);
	hf_buf_done(&descriptors);
}

static void write_size(struct kit_node *n, const char *dir, uint64_t size)
{
	char path[1200];

	grow(n, size);
	snprintf(path, sizeof(path), "%s/%llu", dir, (unsigned long long)size);
	export(n, path, size);
	prove(n, dir, size, 0);
	if (size > 2)
		prove(n, dir, size, size / 2);
	if (size > 1)
		prove(n, dir, size, size - 1);
	printf("%s\n", path);
	fflush(stdout);
}

int main(int argc, char **argv)
{
	char path[1200];

	if (argc < 3 || argv[1][0] != '/') {
		fprintf(stderr, "usage: hufu-interop-ledgers ABSOLUTE-DIR SIZE...\n");
		return 2;
	}
	struct kit *k = kit_new(NULL);

	snprintf(path, sizeof(path), "%s/proofs", argv[1]);
	must(mkdir(argv[1], 0755) == 0 && mkdir(path, 0755) == 0, argv[1], "cannot be made, or is there already");
	write_policy(k, argv[1]);
	for (size_t i = 0; i < QUORUM; i++)
		kit_open(k, witnesses[i]);
	for (int i = 2; i < argc; i++) {
		uint64_t size = strtoull(argv[i], NULL, 10);

		if (size == 0) {
			snprintf(path, sizeof(path), "%s/0", argv[1]);
			write_empty(k, path);
			continue;
		}
		if (!k->node[OWNER].ledger) {
			kit_open(k, OWNER);
			kit_until(k, kit_state(&k->node[OWNER]).durable > 0);
		}
		write_size(&k->node[OWNER], argv[1], size);
	}
	kit_free(k);
	return 0;
}
