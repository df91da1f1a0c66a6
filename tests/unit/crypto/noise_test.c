/* noise_test.c - the XX handshake against the published vectors, then everything that must not work. */
#include "unit/crypto/hex.h"

#include "crypto/noise.h"

#include <stdio.h>
#include <stdlib.h>

#define VECTOR_MESSAGES 6
#define HANDSHAKE_MESSAGES 3
#define BYTES_MAX 256

struct bytes {
	uint8_t b[BYTES_MAX];
	size_t len;
};

struct vector {
	char name[64];
	struct bytes init_prologue, init_static, init_ephemeral, resp_prologue, resp_static, resp_ephemeral, hash;
	struct bytes payload[VECTOR_MESSAGES], cipher[VECTOR_MESSAGES];
	size_t messages;
};

struct pair {
	enum hf_aead_alg alg;
	struct hf_agree_key *init_s, *resp_s;
	struct hf_noise *init, *resp;
};

static void set(struct bytes *b, const char *hex)
{
	b->len = unhex(hex, b->b, sizeof(b->b));
}

static void set_field(struct vector *v, const char *key, const char *value)
{
	const struct {
		const char *key;
		struct bytes *to;
	} fields[] = {
	        {"init_prologue", &v->init_prologue},   {"init_static", &v->init_static},
	        {"init_ephemeral", &v->init_ephemeral}, {"resp_prologue", &v->resp_prologue},
	        {"resp_static", &v->resp_static},       {"resp_ephemeral", &v->resp_ephemeral},
	        {"handshake_hash", &v->hash},
	};

	for (size_t i = 0; i < COUNT(fields); i++) {
		if (strcmp(key, fields[i].key) == 0)
			set(fields[i].to, value);
	}
	if (strcmp(key, "payload") == 0)
		set(&v->payload[v->messages], value);
	if (strcmp(key, "ciphertext") == 0)
		set(&v->cipher[v->messages++], value);
}

/* The published file has one "key": "value" on a line. */
static size_t load_vectors(struct vector *v, size_t max)
{
	FILE *f = fopen(HUFU_SOURCE_DIR "/tests/vectors/noise_xx.json", "r");
	char line[1024], key[64], value[600];
	size_t count = 0;

	assert_non_null(f);
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, " \"%63[^\"]\": \"%599[^\"]\"", key, value) != 2 || strcmp(key, "source") == 0)
			continue;
		if (strcmp(key, "protocol_name") == 0) {
			assert_true(count < max);
			snprintf(v[count++].name, sizeof(v[0].name), "%.63s", value);
		} else {
			set_field(&v[count - 1], key, value);
		}
	}
	fclose(f);
	return count;
}

static enum hf_aead_alg alg_of(const struct vector *v)
{
	return strstr(v->name, "AESGCM") ? HF_AEAD_AES256GCM : HF_AEAD_CHACHA20POLY1305;
}

static void start(struct pair *p, const struct vector *v)
{
	p->alg = alg_of(v);
	p->init_s = hf_agree_key_from_seed(v->init_static.b);
	p->resp_s = hf_agree_key_from_seed(v->resp_static.b);
	p->init = hf_noise_new(p->alg, true, p->init_s, v->init_prologue.b, v->init_prologue.len);
	p->resp = hf_noise_new(p->alg, false, p->resp_s, v->resp_prologue.b, v->resp_prologue.len);
	hf_noise_set_ephemeral(p->init, v->init_ephemeral.b);
	hf_noise_set_ephemeral(p->resp, v->resp_ephemeral.b);
}

static void stop(struct pair *p)
{
	hf_noise_free(p->init);
	hf_noise_free(p->resp);
	hf_agree_key_free(p->init_s);
	hf_agree_key_free(p->resp_s);
}

static struct hf_noise *writer(struct pair *p, size_t i)
{
	return i % 2 == 0 ? p->init : p->resp;
}

static struct hf_noise *reader(struct pair *p, size_t i)
{
	return i % 2 == 0 ? p->resp : p->init;
}

/* Message i of the vector from its writer to its reader. */
static void pass(struct pair *p, const struct vector *v, size_t i)
{
	uint8_t out[BYTES_MAX], back[BYTES_MAX];
	size_t len;

	assert_true(hf_noise_write(writer(p, i), v->payload[i].b, v->payload[i].len, out, sizeof(out), &len));
	assert_int_equal(len, v->cipher[i].len);
	assert_memory_equal(out, v->cipher[i].b, len);
	assert_true(hf_noise_read(reader(p, i), out, len, back, sizeof(back), &len));
	assert_int_equal(len, v->payload[i].len);
	assert_memory_equal(back, v->payload[i].b, len);
}

static void assert_remote(const struct hf_noise *n, const struct hf_agree_key *want)
{
	struct hf_agree_pub got, pub;

	hf_agree_key_pub(want, &pub);
	assert_true(hf_noise_remote(n, &got));
	assert_memory_equal(got.b, pub.b, 32);
}

/* Messages 4 to 6 of a vector are the first transport messages: answerer, dialler, answerer. */
static void check_transport(const struct pair *p, const struct vector *v, const uint8_t init_key[32],
                            const uint8_t resp_key[32])
{
	for (size_t i = HANDSHAKE_MESSAGES; i < v->messages; i++) {
		struct hf_aead *a = hf_aead_new(p->alg, i % 2 == 0 ? init_key : resp_key);
		size_t len = v->payload[i].len;
		uint8_t nonce[12], out[BYTES_MAX];

		hf_aead_nonce(p->alg, (i - HANDSHAKE_MESSAGES) / 2, nonce);
		assert_true(hf_aead_seal(a, nonce, NULL, 0, v->payload[i].b, len, out, out + len));
		assert_memory_equal(out, v->cipher[i].b, len + HF_AEAD_TAG_BYTES);
		hf_aead_free(a);
	}
}

static void check_split(struct pair *p, const struct vector *v)
{
	uint8_t init_send[32], init_recv[32], resp_send[32], resp_recv[32], hash[32];

	assert_true(hf_noise_split(p->init, init_send, init_recv, hash));
	assert_memory_equal(hash, v->hash.b, 32);
	memset(hash, 0, sizeof(hash));
	assert_true(hf_noise_split(p->resp, resp_send, resp_recv, hash));
	assert_memory_equal(hash, v->hash.b, 32);
	assert_memory_equal(init_send, resp_recv, 32);
	assert_memory_equal(init_recv, resp_send, 32);
	check_transport(p, v, init_send, resp_send);
	assert_false(hf_noise_split(p->init, init_send, init_recv, hash));
	assert_true(hf_noise_finished(p->init));
}

static int setup(void **state)
{
	static struct vector vectors[2];

	*state = vectors;
	return start_crypto(NULL) == 0 && load_vectors(vectors, COUNT(vectors)) == COUNT(vectors) ? 0 : -1;
}

static void the_published_handshakes_come_out_byte_for_byte(void **state)
{
	const struct vector *v = *state;
	struct hf_agree_pub pub;

	for (size_t k = 0; k < 2; k++, v++) {
		struct pair p;

		start(&p, v);
		pass(&p, v, 0);
		assert_false(hf_noise_remote(p.init, &pub));
		pass(&p, v, 1);
		assert_remote(p.init, p.resp_s);
		assert_false(hf_noise_remote(p.resp, &pub));
		assert_false(hf_noise_finished(p.init));
		pass(&p, v, 2);
		assert_remote(p.resp, p.init_s);
		assert_true(hf_noise_finished(p.init) && hf_noise_finished(p.resp));
		check_split(&p, v);
		stop(&p);
	}
}

static void random_ephemerals_agree_and_differ(void **state)
{
	struct hf_agree_key *a = hf_agree_key_new(), *b = hf_agree_key_new();
	uint8_t last[32] = {0}, send[32], recv[32], hash[32], other_send[32], other_recv[32], other_hash[32], msg[256];
	size_t len, none;

	(void)state;
	for (int round = 0; round < 2; round++) {
		struct hf_noise *d = hf_noise_new(HF_AEAD_AES256GCM, true, a, NULL, 0);
		struct hf_noise *w = hf_noise_new(HF_AEAD_AES256GCM, false, b, NULL, 0);

		assert_true(hf_noise_write(d, NULL, 0, msg, sizeof(msg), &len) &&
		            hf_noise_read(w, msg, len, NULL, 0, &none));
		assert_true(hf_noise_write(w, NULL, 0, msg, sizeof(msg), &len) &&
		            hf_noise_read(d, msg, len, NULL, 0, &none));
		assert_true(hf_noise_write(d, NULL, 0, msg, sizeof(msg), &len) &&
		            hf_noise_read(w, msg, len, NULL, 0, &none));
		assert_true(hf_noise_split(d, send, recv, hash) &&
		            hf_noise_split(w, other_send, other_recv, other_hash));
		assert_memory_equal(send, other_recv, 32);
		assert_memory_equal(hash, other_hash, 32);
		assert_memory_not_equal(send, last, 32);
		memcpy(last, send, 32);
		hf_noise_free(d);
		hf_noise_free(w);
	}
	hf_agree_key_free(a);
	hf_agree_key_free(b);
}

static void assert_ended(struct hf_noise *n)
{
	uint8_t out[BYTES_MAX] = {0}, a[32], b[32], h[32];
	struct hf_agree_pub pub;
	size_t len;

	assert_false(hf_noise_write(n, NULL, 0, out, sizeof(out), &len));
	assert_false(hf_noise_read(n, out, 96, a, 0, &len));
	assert_false(hf_noise_split(n, a, b, h));
	assert_false(hf_noise_remote(n, &pub));
	assert_false(hf_noise_finished(n));
}

/* Runs the messages before i, gives the reader the bytes of message i as changed, and expects the end. */
static void refuse_changed(const struct vector *v, size_t i, const uint8_t *msg, size_t len)
{
	uint8_t out[BYTES_MAX];
	size_t got = 12345;
	struct pair p;

	start(&p, v);
	for (size_t j = 0; j < i; j++)
		pass(&p, v, j);
	assert_false(hf_noise_read(reader(&p, i), msg, len, out, sizeof(out), &got));
	assert_int_equal(got, 12345);
	assert_ended(reader(&p, i));
	stop(&p);
}

/* DS-50 (its part of the handshake): tampering is detected. */
static void a_flipped_bit_ends_the_handshake(void **state)
{
	const struct vector *v = *state;

	for (size_t k = 0; k < 2; k++, v++) {
		for (size_t i = 1; i < HANDSHAKE_MESSAGES; i++) {
			for (size_t at = 0; at < v->cipher[i].len; at++) {
				struct bytes msg = v->cipher[i];

				/* Bit 255 of a public key is masked by X25519; the transcript hash still sees it. */
				msg.b[at] ^= at == 31 ? 0x80 : 1;
				refuse_changed(v, i, msg.b, msg.len);
			}
		}
	}
}

static void a_changed_first_message_shows_in_the_second(void **state)
{
	const struct vector *v = *state;
	uint8_t out[BYTES_MAX], back[BYTES_MAX];
	size_t len;

	for (size_t at = 0; at < v->cipher[0].len; at++) {
		struct bytes msg = v->cipher[0];
		struct pair p;

		start(&p, v);
		assert_true(hf_noise_write(p.init, v->payload[0].b, v->payload[0].len, out, sizeof(out), &len));
		msg.b[at] ^= 1;
		assert_true(hf_noise_read(p.resp, msg.b, msg.len, back, sizeof(back), &len));
		assert_true(hf_noise_write(p.resp, NULL, 0, out, sizeof(out), &len));
		assert_false(hf_noise_read(p.init, out, len, back, sizeof(back), &len));
		assert_ended(p.init);
		stop(&p);
	}
}

static void a_cut_message_ends_the_handshake(void **state)
{
	const struct vector *v = *state;

	for (size_t i = 0; i < HANDSHAKE_MESSAGES; i++) {
		size_t least = i == 0 ? 32 : v->cipher[i].len; /* message 1 is not authenticated yet */

		for (size_t len = 0; len < least; len++)
			refuse_changed(v, i, v->cipher[i].b, len);
	}
}

static void messages_out_of_turn_end_the_handshake(void **state)
{
	const struct vector *v = *state;
	uint8_t out[BYTES_MAX];
	struct pair p;
	size_t len;

	start(&p, v);
	assert_false(hf_noise_read(p.init, v->cipher[1].b, v->cipher[1].len, out, sizeof(out), &len));
	assert_false(hf_noise_write(p.resp, NULL, 0, out, sizeof(out), &len));
	assert_ended(p.init);
	assert_ended(p.resp);
	stop(&p);
	start(&p, v);
	assert_true(hf_noise_write(p.init, NULL, 0, out, sizeof(out), &len));
	assert_false(hf_noise_write(p.init, NULL, 0, out, sizeof(out), &len));
	assert_ended(p.init);
	stop(&p);
	start(&p, v);
	pass(&p, v, 0);
	pass(&p, v, 1);
	pass(&p, v, 2);
	assert_false(hf_noise_write(p.init, NULL, 0, out, sizeof(out), &len));
	assert_ended(p.init);
	stop(&p);
}

static void a_message_of_another_step_is_refused(void **state)
{
	const struct vector *v = *state;

	refuse_changed(v, 1, v->cipher[0].b, v->cipher[0].len);
	refuse_changed(v, 1, v->cipher[2].b, v->cipher[2].len);
	refuse_changed(v, 2, v->cipher[1].b, v->cipher[1].len);
	refuse_changed(v + 1, 1, v->cipher[1].b, v->cipher[1].len); /* the same step of the other cipher */
}

static void the_second_message_must_fit_prologue_and_cipher(void **state)
{
	const struct vector *v = *state;
	struct vector other = v[0];
	struct pair p;
	uint8_t out[BYTES_MAX], back[BYTES_MAX];
	size_t len;

	other.resp_prologue.b[0] ^= 1;
	start(&p, &other);
	assert_true(hf_noise_write(p.init, NULL, 0, out, sizeof(out), &len));
	assert_true(hf_noise_read(p.resp, out, len, back, sizeof(back), &len));
	assert_true(hf_noise_write(p.resp, NULL, 0, out, sizeof(out), &len));
	assert_false(hf_noise_read(p.init, out, len, back, sizeof(back), &len));
	stop(&p);
}

static void a_small_order_ephemeral_is_refused(void **state)
{
	const struct vector *v = *state;
	uint8_t zero[32] = {0}, out[BYTES_MAX];
	struct pair p;
	size_t len;

	start(&p, v);
	assert_true(hf_noise_read(p.resp, zero, sizeof(zero), out, sizeof(out), &len));
	assert_false(hf_noise_write(p.resp, NULL, 0, out, sizeof(out), &len));
	assert_ended(p.resp);
	stop(&p);
}

static void sizes_are_bounded(void **state)
{
	const struct vector *v = *state;
	uint8_t *big = calloc(1, HF_NOISE_MAX + 1), *msg = calloc(1, HF_NOISE_MAX + 1);
	struct pair p;
	size_t len;

	start(&p, v);
	assert_true(hf_noise_write(p.init, big, HF_NOISE_MAX - 32, msg, HF_NOISE_MAX, &len));
	assert_int_equal(len, HF_NOISE_MAX);
	assert_true(hf_noise_read(p.resp, msg, len, big, len, &len));
	stop(&p);
	start(&p, v);
	assert_false(hf_noise_write(p.init, big, HF_NOISE_MAX - 31, msg, HF_NOISE_MAX + 1, &len));
	assert_false(hf_noise_read(p.resp, msg, HF_NOISE_MAX + 1, big, HF_NOISE_MAX + 1, &len));
	stop(&p);
	start(&p, v);
	assert_false(hf_noise_write(p.init, NULL, 0, msg, 31, &len));
	assert_false(hf_noise_read(p.resp, v->cipher[0].b, v->cipher[0].len, big, v->payload[0].len - 1, &len));
	stop(&p);
	assert_null(hf_noise_new(HF_AEAD_INVALID, true, NULL, NULL, 0));
	free(big);
	free(msg);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(the_published_handshakes_come_out_byte_for_byte),
	        cmocka_unit_test(random_ephemerals_agree_and_differ),
	        cmocka_unit_test(a_flipped_bit_ends_the_handshake),
	        cmocka_unit_test(a_changed_first_message_shows_in_the_second),
	        cmocka_unit_test(a_cut_message_ends_the_handshake),
	        cmocka_unit_test(messages_out_of_turn_end_the_handshake),
	        cmocka_unit_test(a_message_of_another_step_is_refused),
	        cmocka_unit_test(the_second_message_must_fit_prologue_and_cipher),
	        cmocka_unit_test(a_small_order_ephemeral_is_refused),
	        cmocka_unit_test(sizes_are_bounded),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
