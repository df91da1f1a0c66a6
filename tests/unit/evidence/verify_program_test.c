/* verify_program_test.c - what does a person at the command line get from hufu-verify: exit status, text, JSON? (SB-59)
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <libgen.h>
#include <sys/wait.h>
#include <unistd.h>

#include "crypto/base64.h"
#include "evidence/ledger_dir.h"
#include "unit/evidence/tally_builder.h"

struct fixture {
	struct tb *b;
	char dir[64], tally[96], ledger[96], proof[96], root[96], out[96];
	char program[4200];
	struct hf_buf printed;
	bool full; /* standard output is a full disk */
};

static void save(const char *path, const void *data, size_t len)
{
	assert_int_equal(hf_file_write(path, data, len, 0644), HF_OK);
}

static bool read_entry(void *ctx, uint64_t index, struct hf_bytes *ret_entry)
{
	const struct tb_ledger *l = ctx;
	*ret_entry = (struct hf_bytes){l->entry[index].data, l->entry[index].len};
	return true;
}

/* The ledger of roads, with a checkpoint that was cosigned then. */
static void export_cosigned(struct tb *b, int64_t cosigned_ms, const char *dir)
{
	struct hf_trust trust = tb_trust(b);
	struct hf_space *s = hf_space_new(&trust.root);
	struct hf_fault f = {HF_OK, ""};
	struct tb_ledger *l = &b->ledger[2];
	b->cosigned_ms = cosigned_ms;
	tb_checkpoint(b, l);
	assert_int_equal(hf_space_extend(s, b->descriptor.data, b->descriptor.len, &f), HF_OK);
	assert_int_equal(hf_ledger_dir_write(dir, s, l->note, strlen(l->note), read_entry, l, &f), HF_OK);
	hf_space_free(s);
}

static void write_evidence(struct fixture *x)
{
	struct tb_ledger *l = &x->b->ledger[2];
	struct hf_sign_pub root;
	struct hf_fault f;
	struct hf_buf bytes = HF_BUF_INIT;
	char hex[65];
	tb_root(x->b, &root);
	struct hf_space *s = hf_space_new(&root);
	assert_int_equal(hf_space_extend(s, x->b->descriptor.data, x->b->descriptor.len, &f), HF_OK);
	save(x->tally, x->b->tally.data, x->b->tally.len);
	assert_int_equal(hf_ledger_dir_write(x->ledger, s, l->note, strlen(l->note), read_entry, l, &f), HF_OK);
	assert_int_equal(hf_proof_make(tb_tally_entry(x->b, l, 5), l->note, &bytes), HF_OK);
	save(x->proof, bytes.data, bytes.len);
	hf_buf_clear(&bytes);
	assert_int_equal(hf_space_write_stream(s, &bytes), HF_OK);
	char beside[96];
	snprintf(beside, sizeof(beside), "%.60s/descriptors.dsse", x->dir);
	save(beside, bytes.data, bytes.len);
	hf_hex(root.b, sizeof(root.b), hex);
	save(x->root, hex, 64);
	hf_buf_done(&bytes);
	hf_space_free(s);
}

static int setup(void **state)
{
	struct fixture *x = calloc(1, sizeof(*x));
	char self[4096];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	assert_true(n > 0);
	self[n] = 0;
	snprintf(x->program, sizeof(x->program), "%s/hufu-verify", dirname(self));
	x->b = tb_new(1, 1);
	tb_build(x->b);
	snprintf(x->dir, sizeof(x->dir), "/tmp/hufu-verify-XXXXXX");
	assert_non_null(mkdtemp(x->dir));
	snprintf(x->tally, sizeof(x->tally), "%.60s/a.tally", x->dir);
	snprintf(x->ledger, sizeof(x->ledger), "%.60s/ledger", x->dir);
	snprintf(x->proof, sizeof(x->proof), "%.60s/a.tlog-proof", x->dir);
	snprintf(x->root, sizeof(x->root), "%.60s/root.key", x->dir);
	snprintf(x->out, sizeof(x->out), "%.60s/out", x->dir);
	write_evidence(x);
	*state = x;
	return 0;
}

static void remove_all(const char *dir)
{
	pid_t child = fork();
	if (child == 0) {
		execlp("rm", "rm", "-r", dir, (char *)NULL);
		_exit(127);
	}
	waitpid(child, NULL, 0);
}

static int teardown(void **state)
{
	struct fixture *x = *state;
	remove_all(x->dir);
	hf_buf_done(&x->printed);
	tb_free(x->b);
	free(x);
	return 0;
}

/* Runs the program; both its streams go into x->printed. Returns its exit status. */
static int run(struct fixture *x, const char *a, const char *b, const char *c, const char *d, const char *e)
{
	char *argv[] = {x->program, tb_text(a), tb_text(b), tb_text(c), tb_text(d), tb_text(e), NULL};
	int status = 0;
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		int fd = open(x->out, O_WRONLY | O_CREAT | O_TRUNC, 0600);
		dup2(x->full ? open("/dev/full", O_WRONLY) : fd, 1);
		dup2(fd, 2);
		execv(x->program, argv);
		_exit(126);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(hf_file_read(x->out, 1 << 20, &x->printed), HF_OK);
	assert_true(hf_buf_add(&x->printed, "", 1));
	return WEXITSTATUS(status);
}

static void assert_says(const struct fixture *x, const char *text)
{
	if (strstr((const char *)x->printed.data, text) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", (const char *)x->printed.data, text);
}

static void test_verified(void **state)
{
	struct fixture *x = *state;
	assert_int_equal(run(x, "tally", x->tally, "--root-key", x->root, NULL), 0);
	assert_says(x, "roads delivered 2500000 bytes in 40000 rows to health");
	assert_says(x, "quality met");
	assert_int_equal(run(x, "tally", x->tally, "--root-key", x->root, "--json"), 0);
	assert_says(x, "\"verified\": true");
	assert_says(x, "\"provider\": \"roads\"");
	assert_int_equal(run(x, "ledger", x->ledger, "--root-key", x->root, NULL), 0);
	assert_says(x, "verified: the ledger");
	assert_int_equal(run(x, "proof", x->proof, "--root-key", x->root, NULL), 0);
	assert_says(x, "verified: entry 5 of the ledger of roads");
	assert_says(x, "agreement");
	assert_int_equal(run(x, "proof", x->proof, "--root-key", x->root, "--json"), 0);
	assert_says(x, "\"event\": \"agreement\"");
}

/* Time: a writer's clock that was ahead of its witnesses' is told to whoever checks the ledger. */
static void test_a_clock_that_was_ahead(void **state)
{
	struct fixture *x = *state;
	char dir[96], entries[64];
	snprintf(dir, sizeof(dir), "%.60s/ahead", x->dir);
	export_cosigned(x->b, SB_T0 - 3600000, dir);
	assert_int_equal(run(x, "ledger", dir, "--root-key", x->root, NULL), 0);
	assert_says(x, "state times after the witnesses had cosigned them, by up to 3");
	assert_int_equal(run(x, "ledger", dir, "--root-key", x->root, "--json"), 0);
	snprintf(entries, sizeof(entries), "\"clock_ahead_entries\": %zu", x->b->ledger[2].count);
	assert_says(x, entries);
	assert_says(x, "\"clock_ahead_first\": 0");
	assert_int_equal(run(x, "ledger", x->ledger, "--root-key", x->root, "--json"), 0);
	assert_says(x, "\"clock_ahead_entries\": 0");
}

static void test_forms_of_the_root_key(void **state)
{
	struct fixture *x = *state;
	char base64[64], vkey[400];
	struct hf_note_verifier v;
	struct hf_sign_pub root;
	tb_root(x->b, &root);
	hf_base64(root.b, 32, base64);
	assert_true(hf_note_verifier_init(&v, SB_SPACE, HF_NOTE_ED25519, &root));
	hf_note_vkey(&v, vkey);
	assert_int_equal(run(x, "tally", x->tally, "--root-key", base64, NULL), 0);
	assert_int_equal(run(x, "tally", x->tally, "--root-key", vkey, NULL), 0);
	char line[402];
	snprintf(line, sizeof(line), "%s\n", vkey);
	save(x->root, line, strlen(line));
	assert_int_equal(run(x, "tally", x->tally, "--root-key", x->root, NULL), 0);
	save(x->root, "two\nlines\n", 10);
	assert_int_equal(run(x, "tally", x->tally, "--root-key", x->root, NULL), 1);
	assert_says(x, "root key");
	base64[3] ^= 1;
	assert_int_equal(run(x, "tally", x->tally, "--root-key", base64, NULL), 1);
	assert_says(x, "another root key");
}

/* The number and digest of the newest descriptor are printed, and a newer one can be demanded. */
static void test_demanded_descriptor(void **state)
{
	struct fixture *x = *state;
	struct hf_hash digest;
	char hex[65], demand[200], option[120];
	hf_envelope_digest(x->b->descriptor.data, x->b->descriptor.len, &digest);
	hf_hash_hex(&digest, hex);
	snprintf(demand, sizeof(demand), "as of space descriptor 1, %s", hex);
	const char *const kinds[] = {"tally", "ledger", "proof"}, *const paths[] = {x->tally, x->ledger, x->proof};
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(run(x, kinds[i], paths[i], "--root-key", x->root, NULL), 0);
		assert_says(x, demand);
		assert_int_equal(run(x, kinds[i], paths[i], "--root-key", x->root, "--descriptor=1"), 0);
		snprintf(option, sizeof(option), "--descriptor=1:%s", hex);
		assert_int_equal(run(x, kinds[i], paths[i], "--root-key", x->root, option), 0);
		option[strlen(option) - 1] ^= 1;
		assert_int_equal(run(x, kinds[i], paths[i], "--root-key", x->root, option), 1);
		assert_says(x, "descriptor 1 of the evidence has another digest than the one demanded");
		assert_int_equal(run(x, kinds[i], paths[i], "--root-key", x->root, "--descriptor=2"), 1);
		assert_says(x, "knows space descriptors up to number 1, but number 2 is demanded");
	}
	static const char *const wrong[] = {"--descriptor=", "--descriptor=0", "--descriptor=1:", "--descriptor=1:00",
	                                    "--descriptor=x"};
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		assert_int_equal(run(x, "tally", x->tally, "--root-key", x->root, wrong[i]), 1);
		assert_says(x, "is neither a number from 1 on nor NUMBER:DIGEST");
	}
	assert_int_equal(run(x, "tally", x->tally, "--root-key", x->root, "--descriptor"), 2);
	assert_int_equal(run(x, "tally", x->tally, "--root-key", x->root, "--json"), 0);
	snprintf(demand, sizeof(demand), "\"descriptor\": 1,\n  \"descriptor_digest\": \"%s\"", hex);
	assert_says(x, demand);
}

static void test_refused(void **state)
{
	struct fixture *x = *state;
	x->b->tally.data[x->b->tally.len / 2] ^= 1;
	save(x->tally, x->b->tally.data, x->b->tally.len);
	assert_int_equal(run(x, "tally", x->tally, "--root-key", x->root, NULL), 1);
	assert_says(x, "does not verify");
	assert_int_equal(run(x, "tally", x->tally, "--root-key", x->root, "--json"), 1);
	assert_says(x, "\"verified\": false");
	assert_int_equal(run(x, "tally", "/nonexistent", "--root-key", x->root, NULL), 1);
	assert_says(x, "there is no file /nonexistent");
	char bundle[160];
	struct hf_buf b = HF_BUF_INIT;
	snprintf(bundle, sizeof(bundle), "%s/tile/entries/000.p/%zu", x->ledger, x->b->ledger[2].count);
	assert_int_equal(hf_file_read(bundle, 1 << 20, &b), HF_OK);
	b.data[b.len - 1] ^= 1;
	save(bundle, b.data, b.len);
	assert_int_equal(run(x, "ledger", x->ledger, "--root-key", x->root, "--json"), 1);
	char index[40];
	snprintf(index, sizeof(index), "\"first_bad_index\": %zu", x->b->ledger[2].count - 1);
	assert_says(x, index);
	hf_buf_done(&b);
}

static void test_an_answer_that_a_full_disk_swallows(void **state)
{
	struct fixture *x = *state;
	x->full = true;
	assert_int_equal(run(x, "tally", x->tally, "--root-key", x->root, NULL), 1);
	assert_says(x, "verifies, but the answer cannot be written");
	assert_int_equal(run(x, "tally", x->tally, "--root-key", x->root, "--json"), 1);
}

static void test_usage(void **state)
{
	struct fixture *x = *state;
	assert_int_equal(run(x, NULL, NULL, NULL, NULL, NULL), 2);
	assert_int_equal(run(x, "prove", x->tally, "--root-key", x->root, NULL), 2);
	assert_int_equal(run(x, "tally", x->tally, NULL, NULL, NULL), 2);
	assert_says(x, "--root-key is missing");
	assert_int_equal(run(x, "tally", "--root-key", x->root, NULL, NULL), 2);
	assert_int_equal(run(x, "tally", x->tally, "--root-key", NULL, NULL), 2);
	assert_int_equal(run(x, "tally", x->tally, "--root-key", x->root, "--quick"), 2);
	assert_int_equal(run(x, "tally", x->tally, x->tally, "--root-key", x->root), 2);
	assert_int_equal(run(x, "--help", NULL, NULL, NULL, NULL), 0);
	assert_says(x, "examples:");
	assert_int_equal(run(x, "--version", NULL, NULL, NULL, NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup_teardown(test_verified, setup, teardown),
	        cmocka_unit_test_setup_teardown(test_a_clock_that_was_ahead, setup, teardown),
	        cmocka_unit_test_setup_teardown(test_forms_of_the_root_key, setup, teardown),
	        cmocka_unit_test_setup_teardown(test_demanded_descriptor, setup, teardown),
	        cmocka_unit_test_setup_teardown(test_refused, setup, teardown),
	        cmocka_unit_test_setup_teardown(test_an_answer_that_a_full_disk_swallows, setup, teardown),
	        cmocka_unit_test_setup_teardown(test_usage, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
