/* note_test.c - signed notes, checkpoints and cosignatures against what others have published. */
#include "unit/crypto/hex.h"

#include "crypto/note.h"
#include "vectors/note.h"

#include <stdio.h>
#include <stdlib.h>

static bool parses(const char *text)
{
	struct hf_note *n = malloc(sizeof(*n));
	bool ok = hf_note_parse(text, strlen(text), n);

	free(n);
	return ok;
}

static enum hf_note_check check_v(const char *text, const struct hf_note_verifier *v, uint64_t *ret_time_s)
{
	struct hf_note *n = malloc(sizeof(*n));
	enum hf_note_check r = HF_NOTE_CHECK_INVALID;

	if (hf_note_parse(text, strlen(text), n))
		r = hf_note_check(n, v, ret_time_s);
	free(n);
	return r;
}

static enum hf_note_check check(const char *text, const char *vkey, uint64_t *ret_time_s)
{
	struct hf_note_verifier v;

	assert_true(hf_note_vkey_parse(vkey, &v));
	return check_v(text, &v, ret_time_s);
}

static void published_notes_verify(void **state)
{
	(void)state;
	assert_int_equal(check(C2SP_NOTE, C2SP_VKEY, NULL), HF_NOTE_CHECK_GOOD);
	assert_int_equal(check(GO_NOTE, GO_VKEY, NULL), HF_NOTE_CHECK_GOOD);
	assert_int_equal(check(ARCHE_NOTE, ARCHE_VKEY, NULL), HF_NOTE_CHECK_GOOD);
	assert_int_equal(check(GO_NOTE, C2SP_VKEY, NULL), HF_NOTE_CHECK_ABSENT);
}

static void published_cosignatures_verify(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(arche_witness_vkeys); i++) {
		uint64_t time_s = 0;

		assert_int_equal(check(ARCHE_NOTE, arche_witness_vkeys[i], &time_s), HF_NOTE_CHECK_GOOD);
		assert_int_equal(time_s, ARCHE_COSIGNED_TIME);
	}
}

static void published_vkeys_come_back(void **state)
{
	static const char *const vkeys[] = {C2SP_VKEY, GO_VKEY, ARCHE_VKEY};
	struct hf_note_verifier v;
	char text[400];

	(void)state;
	for (size_t i = 0; i < COUNT(vkeys) + COUNT(arche_witness_vkeys); i++) {
		const char *vkey = i < COUNT(vkeys) ? vkeys[i] : arche_witness_vkeys[i - COUNT(vkeys)];

		assert_true(hf_note_vkey_parse(vkey, &v));
		hf_note_vkey(&v, text);
		assert_string_equal(text, vkey);
	}
	assert_true(hf_note_vkey_parse(C2SP_VKEY, &v));
	assert_int_equal(v.id, 0x530d903a);
	assert_int_equal(v.type, HF_NOTE_ED25519);
	assert_true(hf_note_vkey_parse(arche_witness_vkeys[0], &v));
	assert_int_equal(v.type, HF_NOTE_COSIGNATURE);
}

static void mangled_vkeys_are_refused(void **state)
{
	struct hf_note_verifier v = {.id = 7};
	char text[400];
	size_t len = strlen(GO_VKEY);

	(void)state;
	for (size_t i = 0; i < COUNT(go_bad_vkeys); i++)
		assert_false(hf_note_vkey_parse(go_bad_vkeys[i], &v));
	for (size_t from = 0; from <= len; from++) {
		for (size_t to = from; to <= len; to++) {
			if (from == 0 && to == len)
				continue;
			snprintf(text, sizeof(text), "%.*s", (int)(to - from), &GO_VKEY[from]);
			assert_false(hf_note_vkey_parse(text, &v));
		}
	}
	for (size_t i = 0; i < len; i++) {
		snprintf(text, sizeof(text), "%s", GO_VKEY);
		text[i]++;
		assert_false(hf_note_vkey_parse(text, &v));
	}
	assert_false(hf_note_vkey_parse("", &v));
	assert_false(hf_note_vkey_parse("+", &v));
	assert_int_equal(v.id, 7);
}

static struct hf_sign_key *go_key(void)
{
	uint8_t raw[36];
	size_t len;

	assert_true(hf_base64_decode(GO_SIGNER, strlen(GO_SIGNER), raw, &len));
	assert_int_equal(len, 33);
	return hf_sign_key_from_seed(raw + 1);
}

static void signing_gives_the_published_line(void **state)
{
	struct hf_sign_key *k = go_key();
	char line[400];

	(void)state;
	assert_int_equal(hf_note_sign_line(k, "PeterNeumann", GO_TEXT, strlen(GO_TEXT), line, sizeof(line)),
	                 strlen(GO_LINE));
	assert_string_equal(line, GO_LINE);
	assert_int_equal(hf_note_sign_line(k, "PeterNeumann", GO_TEXT, strlen(GO_TEXT), line, strlen(GO_LINE)), 0);
	assert_int_equal(hf_note_sign_line(k, "Peter Neumann", GO_TEXT, strlen(GO_TEXT), line, sizeof(line)), 0);
	assert_int_equal(hf_note_sign_line(k, "Peter+Neumann", GO_TEXT, strlen(GO_TEXT), line, sizeof(line)), 0);
	assert_int_equal(hf_note_sign_line(k, "", GO_TEXT, strlen(GO_TEXT), line, sizeof(line)), 0);
	assert_int_equal(hf_note_sign_line(k, "PeterNeumann", GO_TEXT, strlen(GO_TEXT) - 1, line, sizeof(line)), 0);
	assert_int_equal(hf_note_sign_line(k, "PeterNeumann", GO_TEXT, 0, line, sizeof(line)), 0);
	hf_sign_key_free(k);
}

static void the_published_examples_parse(void **state)
{
	struct hf_note *n = malloc(sizeof(*n));

	(void)state;
	assert_true(hf_note_parse(C2SP_POEM, strlen(C2SP_POEM), n));
	assert_int_equal(n->text_len, strlen(C2SP_POEM_TEXT));
	assert_int_equal(n->count, 1);
	assert_string_equal(n->sig[0].name, "quasimodo.example/salvatore");
	assert_int_equal(n->sig[0].id, 0x367ba04b);
	assert_true(hf_note_parse(C2SP_COSIGNED, strlen(C2SP_COSIGNED), n));
	assert_int_equal(n->count, 2);
	assert_int_equal(n->sig[0].blob_len, 64);
	assert_int_equal(n->sig[1].blob_len, 72);
	assert_int_equal(n->sig[1].blob[7], C2SP_COSIGNED_TIME & 0xff);
	/* The RFC 6962 signature of the log is kept as an unknown kind, with its key id. */
	assert_true(hf_note_parse(ARCHE_NOTE, strlen(ARCHE_NOTE), n));
	assert_int_equal(n->count, 6);
	assert_int_equal(n->sig[0].blob_len, 0);
	assert_int_equal(n->sig[0].id, 0xcd333cb1);
	free(n);
}

/* The table of the Go package, and more of the kind. */
static void malformed_notes_are_refused(void **state)
{
	static const char *const bad[] = {
	        "",
	        "\n",
	        "\n\n",
	        GO_TEXT,
	        GO_TEXT "\n",
	        GO_TEXT "\n\n",
	        GO_TEXT GO_LINE,
	        "\x01" GO_NOTE,
	        "\xff" GO_NOTE,
	        "\xc0\x80" GO_NOTE,
	        "\xed\xa0\x80" GO_NOTE,
	        "\xf4\x90\x80\x80" GO_NOTE,
	        "tab\there\n" GO_NOTE,
	        "cr\r\n" GO_NOTE,
	        GO_NOTE "Unexpected line.\n",
	        GO_NOTE "\n",
	        GO_TEXT
	        "\n" DASH "Bad Name "
	        "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n",
	        GO_TEXT
	        "\n" DASH "Bad+Name "
	        "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n",
	        GO_TEXT
	        "\n" DASH "Bad\xc2\xa0Name "
	        "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n",
	        GO_TEXT "\n" DASH " x08go/ZJkuBS9UG/SffcvA==\n",
	        GO_TEXT "\n" DASH "PeterNeumann\n",
	        GO_TEXT "\n" DASH "PeterNeumann \n",
	        GO_TEXT "\n" DASH "PeterNeumann x08g\n",
	        GO_TEXT "\n" DASH "PeterNeumann x08gow==\n",
	        GO_TEXT "\n" DASH "PeterNeumann  x08go/ZJkuBS9UG/SffcvA==\n",
	        GO_TEXT "\n" DASH "PeterNeumann x08go/ZJkuBS9UG/SffcvA== \n",
	        GO_TEXT "\n" DASH "PeterNeumann x08go/ZJkuBS9UG/SffcvA\n",
	        GO_TEXT "\n- PeterNeumann x08go/ZJkuBS9UG/SffcvA==\n",
	        GO_TEXT "\n" DASH "\n",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_false(parses(bad[i]));
	for (size_t len = 0; len < strlen(GO_NOTE); len++) {
		char *cut = strndup(GO_NOTE, len);

		assert_false(parses(cut));
		free(cut);
	}
	assert_true(parses(GO_TEXT "\n" DASH "PeterNeumann x08go/ZJkuA=\n"));
}

static void a_changed_note_does_not_verify(void **state)
{
	size_t len = strlen(GO_NOTE);

	(void)state;
	for (size_t i = 0; i < len; i++) {
		char *text = strdup(GO_NOTE);

		text[i] ^= 1;
		assert_int_not_equal(check(text, GO_VKEY, NULL), HF_NOTE_CHECK_GOOD);
		free(text);
	}
	for (size_t i = 0; i < strlen(ARCHE_CHECKPOINT); i++) {
		char *text = strdup(ARCHE_NOTE);

		text[i] ^= 1;
		assert_int_not_equal(check(text, arche_witness_vkeys[0], NULL), HF_NOTE_CHECK_GOOD);
		free(text);
	}
}

static void one_bad_line_of_a_known_key_spoils_the_note(void **state)
{
	static const char bad_line[] =
	        DASH "PeterNeumann "
	             "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnBM=\n";
	static const char short_line[] = DASH "PeterNeumann x08go/ZJkuA=\n";
	char text[1024];

	(void)state;
	snprintf(text, sizeof(text), "%s%s", GO_NOTE, bad_line);
	assert_int_equal(check(text, GO_VKEY, NULL), HF_NOTE_CHECK_BAD);
	snprintf(text, sizeof(text), "%s\n%s%s", GO_TEXT, bad_line, GO_LINE);
	assert_int_equal(check(text, GO_VKEY, NULL), HF_NOTE_CHECK_BAD);
	snprintf(text, sizeof(text), "%s%s", GO_NOTE, short_line);
	assert_int_equal(check(text, GO_VKEY, NULL), HF_NOTE_CHECK_BAD);
	snprintf(text, sizeof(text), "%s%s", GO_NOTE, GO_LINE);
	assert_int_equal(check(text, GO_VKEY, NULL), HF_NOTE_CHECK_GOOD);
}

static void a_key_of_the_same_name_or_id_alone_is_unknown(void **state)
{
	struct hf_note_verifier v;

	(void)state;
	assert_true(hf_note_vkey_parse(GO_VKEY, &v));
	v.id ^= 1;
	assert_int_equal(check_v(GO_NOTE, &v, NULL), HF_NOTE_CHECK_ABSENT);
	assert_true(hf_note_vkey_parse(GO_VKEY, &v));
	snprintf(v.name, sizeof(v.name), "PeterNeumanm");
	assert_int_equal(check_v(GO_NOTE, &v, NULL), HF_NOTE_CHECK_ABSENT);
}

static void at_most_100_signatures_and_a_million_bytes(void **state)
{
	char *text = malloc(1000002);
	size_t len = strlen(GO_NOTE);

	(void)state;
	memcpy(text, GO_NOTE, len + 1);
	for (int i = 1; i < HF_NOTE_SIG_MAX; i++, len += strlen(GO_LINE))
		memcpy(text + len, GO_LINE, strlen(GO_LINE) + 1);
	assert_int_equal(check(text, GO_VKEY, NULL), HF_NOTE_CHECK_GOOD);
	memcpy(text + len, GO_LINE, strlen(GO_LINE) + 1);
	assert_false(parses(text));
	len = 1000000 - strlen("\n\n" GO_LINE);
	memset(text, 'x', len);
	memcpy(text + len, "\n\n" GO_LINE, strlen("\n\n" GO_LINE) + 1);
	assert_true(parses(text));
	memset(text, 'x', len + 1);
	memcpy(text + len + 1, "\n\n" GO_LINE, strlen("\n\n" GO_LINE) + 1);
	assert_false(parses(text));
	free(text);
}

static void cosigning_comes_back_with_its_time(void **state)
{
	struct hf_sign_key *k = go_key();
	struct hf_note_verifier v, log;
	struct hf_sign_pub pub;
	uint64_t time_s = 0;
	char text[2048], line[400];
	size_t len = strlen(C2SP_CHECKPOINT);

	(void)state;
	hf_sign_key_pub(k, &pub);
	assert_true(hf_note_verifier_init(&v, "witness.example/w1", HF_NOTE_COSIGNATURE, &pub));
	assert_true(hf_note_verifier_init(&log, "witness.example/w1", HF_NOTE_ED25519, &pub));
	assert_int_not_equal(v.id, log.id);
	assert_true(hf_note_cosign_line(k, v.name, 1679315147, C2SP_CHECKPOINT, len, line, sizeof(line)) > 0);
	snprintf(text, sizeof(text), "%s\n%s", C2SP_CHECKPOINT, line);
	assert_int_equal(check_v(text, &v, &time_s), HF_NOTE_CHECK_GOOD);
	assert_int_equal(time_s, 1679315147);
	assert_int_equal(check_v(text, &log, NULL), HF_NOTE_CHECK_ABSENT);
	/* A second, later line of the same witness: its time counts. */
	assert_true(hf_note_cosign_line(k, v.name, 1679315200, C2SP_CHECKPOINT, len, line, sizeof(line)) > 0);
	strncat(text, line, sizeof(text) - strlen(text) - 1);
	assert_int_equal(check_v(text, &v, &time_s), HF_NOTE_CHECK_GOOD);
	assert_int_equal(time_s, 1679315200);
	assert_int_equal(
	        hf_note_cosign_line(k, v.name, (uint64_t)INT64_MAX + 1, C2SP_CHECKPOINT, len, line, sizeof(line)), 0);
	hf_sign_key_free(k);
}

/* The published key is not known, but the published message is: ours signs exactly that. */
static void a_cosignature_is_over_the_published_message(void **state)
{
	struct hf_sign_key *k = go_key();
	struct hf_note *n = malloc(sizeof(*n));
	struct hf_sign_pub pub;
	struct hf_sig sig;
	char text[2048], line[400];

	(void)state;
	hf_sign_key_pub(k, &pub);
	assert_true(hf_note_cosign_line(k, "witness.example.com/w1", C2SP_COSIGNED_TIME, C2SP_CHECKPOINT,
	                                strlen(C2SP_CHECKPOINT), line, sizeof(line)) > 0);
	snprintf(text, sizeof(text), "%s\n%s", C2SP_CHECKPOINT, line);
	assert_true(hf_note_parse(text, strlen(text), n));
	assert_int_equal(n->sig[0].blob_len, 8 + 64);
	assert_memory_equal(n->sig[0].blob, "\0\0\0\0\x64\x18\x50\xcb", 8);
	memcpy(sig.b, n->sig[0].blob + 8, sizeof(sig.b));
	assert_true(hf_sign_verify(&pub, C2SP_COSIGNED_MESSAGE, strlen(C2SP_COSIGNED_MESSAGE), &sig));
	hf_sign_key_free(k);
	free(n);
}

static void a_cosignature_of_another_time_does_not_verify(void **state)
{
	struct hf_note *n = malloc(sizeof(*n));
	struct hf_note_verifier v;

	(void)state;
	assert_true(hf_note_vkey_parse(arche_witness_vkeys[1], &v));
	assert_true(hf_note_parse(ARCHE_NOTE, strlen(ARCHE_NOTE), n));
	for (size_t bit = 0; bit < 64; bit++) {
		n->sig[3].blob[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_int_equal(hf_note_check(n, &v, NULL), HF_NOTE_CHECK_BAD);
		n->sig[3].blob[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	assert_int_equal(hf_note_check(n, &v, NULL), HF_NOTE_CHECK_GOOD);
	free(n);
}

static void published_checkpoints_come_back(void **state)
{
	static const char *const texts[] = {C2SP_CHECKPOINT, ARCHE_CHECKPOINT};
	struct hf_checkpoint c;
	char text[400];

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		assert_true(hf_checkpoint_parse(texts[i], strlen(texts[i]), &c));
		assert_int_equal(hf_checkpoint_text(&c, text, sizeof(text)), strlen(texts[i]));
		assert_string_equal(text, texts[i]);
		assert_int_equal(hf_checkpoint_text(&c, text, strlen(texts[i])), 0);
	}
	assert_int_equal(c.size, 1432088532);
	c.size = UINT64_MAX;
	assert_true(hf_checkpoint_parse(text, hf_checkpoint_text(&c, text, sizeof(text)), &c));
	assert_int_equal(c.size, UINT64_MAX);
	c.origin[0] = '\n';
	assert_int_equal(hf_checkpoint_text(&c, text, sizeof(text)), 0);
	c.origin[0] = '\0';
	assert_int_equal(hf_checkpoint_text(&c, text, sizeof(text)), 0);
}

#define ROOT "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I="

static void other_checkpoints_are_refused(void **state)
{
	static const char *const bad[] = {
	        "",
	        "\n",
	        "log\n1\n" ROOT,
	        "log\n1\n" ROOT "\nextension\n",
	        "log\n1\n" ROOT "\n\n",
	        "log\n01\n" ROOT "\n",
	        "log\n-1\n" ROOT "\n",
	        "log\n+1\n" ROOT "\n",
	        "log\n 1\n" ROOT "\n",
	        "log\n1 \n" ROOT "\n",
	        "log\n\n" ROOT "\n",
	        "log\n0x1\n" ROOT "\n",
	        "log\n18446744073709551616\n" ROOT "\n",
	        "log\n99999999999999999999\n" ROOT "\n",
	        "log\n100000000000000000000\n" ROOT "\n",
	        "\n1\n" ROOT "\n",
	        "lo\tg\n1\n" ROOT "\n",
	        "lo\xffg\n1\n" ROOT "\n",
	        "log\r\n1\r\n" ROOT "\r\n",
	        "log\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2J=\n",
	        "log\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2==\n",
	        "log\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2Ia\n",
	        "log\n1\nCsUYapGGPo4dkMgIAUqom_Xajj7h2fB2MPA3j2jxq2I=\n",
	        "log\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jx\n",
	        "log\n1\n\n",
	};
	struct hf_checkpoint c = {.size = 7};
	char text[400], origin[300];

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_false(hf_checkpoint_parse(bad[i], strlen(bad[i]), &c));
	for (size_t len = 0; len < strlen(C2SP_CHECKPOINT); len++)
		assert_false(hf_checkpoint_parse(C2SP_CHECKPOINT, len, &c));
	memset(origin, 'o', sizeof(origin));
	snprintf(text, sizeof(text), "%.*s\n1\n" ROOT "\n", HF_NOTE_NAME_MAX + 1, origin);
	assert_false(hf_checkpoint_parse(text, strlen(text), &c));
	assert_int_equal(c.size, 7);
	assert_true(hf_checkpoint_parse(text + 1, strlen(text + 1), &c));
	assert_int_equal(strlen(c.origin), HF_NOTE_NAME_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(published_notes_verify),
	        cmocka_unit_test(published_cosignatures_verify),
	        cmocka_unit_test(published_vkeys_come_back),
	        cmocka_unit_test(mangled_vkeys_are_refused),
	        cmocka_unit_test(signing_gives_the_published_line),
	        cmocka_unit_test(the_published_examples_parse),
	        cmocka_unit_test(malformed_notes_are_refused),
	        cmocka_unit_test(a_changed_note_does_not_verify),
	        cmocka_unit_test(one_bad_line_of_a_known_key_spoils_the_note),
	        cmocka_unit_test(a_key_of_the_same_name_or_id_alone_is_unknown),
	        cmocka_unit_test(at_most_100_signatures_and_a_million_bytes),
	        cmocka_unit_test(cosigning_comes_back_with_its_time),
	        cmocka_unit_test(a_cosignature_is_over_the_published_message),
	        cmocka_unit_test(a_cosignature_of_another_time_does_not_verify),
	        cmocka_unit_test(published_checkpoints_come_back),
	        cmocka_unit_test(other_checkpoints_are_refused),
	};

	return cmocka_run_group_tests(tests, start_crypto, NULL);
}
