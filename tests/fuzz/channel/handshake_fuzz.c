/*
 * handshake_fuzz.c - handshake messages from anywhere. The first byte of an input chooses where the rest goes: as
 * message 1 to an answerer, as message 2 to a dialler, or, rightly encrypted, as the Hello of a peer that knows how to.
 */
#include "channel/handshake.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct hf_agree_key *key(uint8_t n)
{
	uint8_t seed[32] = {1, n};
	struct hf_agree_key *k = hf_agree_key_from_seed(seed);
	if (!k)
		abort();
	return k;
}

static void as_message_1(const struct hf_handshake_local *local, const uint8_t *data, size_t size)
{
	struct hf_handshake *h = NULL;
	if (hf_handshake_answer(local, data, size, &h) != HF_OK)
		return;
	if (hf_handshake_version(h) < local->version_min || hf_handshake_version(h) > local->version_max)
		abort();
	hf_handshake_free(h);
}

static struct hf_handshake *dial(const struct hf_handshake_local *local, uint8_t out[HF_FRAME_HANDSHAKE_MAX],
                                 size_t *ret_len)
{
	struct hf_handshake *h = hf_handshake_dial(local, HF_AEAD_AES256GCM);
	if (!h || hf_handshake_write(h, NULL, out, ret_len) != HF_OK)
		abort();
	return h;
}

static void as_message_2(const struct hf_handshake_local *local, const uint8_t *data, size_t size)
{
	uint8_t out[HF_FRAME_HANDSHAKE_MAX];
	struct hf_hello hello;
	size_t len;
	struct hf_handshake *h = dial(local, out, &len);
	if (hf_handshake_read(h, data, size, &hello) == HF_OK)
		abort(); /* nobody can guess that */
	hf_handshake_free(h);
}

static bool same_text(const char *a, size_t cap)
{
	return memchr(a, 0, cap) != NULL;
}

/* The other side is a real one up to the payload of message 2. */
static void as_hello(const struct hf_handshake_local *local, const struct hf_agree_key *other, const uint8_t *data,
                     size_t size)
{
	uint8_t first[HF_FRAME_HANDSHAKE_MAX], second[HF_FRAME_HANDSHAKE_MAX], prologue[64], none[64];
	struct hf_hello hello;
	size_t len, offer, n;
	struct hf_handshake *h = dial(local, first, &len);
	offer = len - 32;
	memcpy(prologue, "hufu/channel/v1", 16);
	memcpy(prologue + 16, first, offer);
	struct hf_noise *noise = hf_noise_new(HF_AEAD_AES256GCM, false, other, prologue, 16 + offer);
	if (!noise || !hf_noise_read(noise, first + offer, 32, none, sizeof(none), &n))
		abort();
	if (size < 2000 && hf_noise_write(noise, data, size, second, sizeof(second), &n) &&
	    hf_handshake_read(h, second, n, &hello) == HF_OK)
		if (!same_text(hello.node.s, sizeof(hello.node.s)) || !same_text(hello.listen, sizeof(hello.listen)) ||
		    hello.version != 1)
			abort();
	hf_noise_free(noise);
	hf_handshake_free(h);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct hf_agree_key *own, *other;
	if (!own) {
		if (!hf_crypto_init())
			abort();
		own = key(1);
		other = key(2);
	}
	struct hf_handshake_local local = {own, "space", 1, 1};
	if (size == 0)
		return 0;
	if (data[0] % 3 == 0)
		as_message_1(&local, data + 1, size - 1);
	else if (data[0] % 3 == 1)
		as_message_2(&local, data + 1, size - 1);
	else
		as_hello(&local, other, data + 1, size - 1);
	return 0;
}
