/*
 * noise_fuzz.c - messages of a hostile peer. The first byte chooses side, cipher and step; the rest is the message that
 * the side reads there. A message must be refused or be the one that the honest peer would have sent.
 */
#include "crypto/noise.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t init_seed[32] = {1}, resp_seed[32] = {2}, init_e[32] = {3}, resp_e[32] = {4};

struct pair {
	struct hf_agree_key *init_s, *resp_s;
	struct hf_noise *init, *resp;
};

static void start(struct pair *p, enum hf_aead_alg alg)
{
	p->init_s = hf_agree_key_from_seed(init_seed);
	p->resp_s = hf_agree_key_from_seed(resp_seed);
	p->init = hf_noise_new(alg, true, p->init_s, "fuzz", 4);
	p->resp = hf_noise_new(alg, false, p->resp_s, "fuzz", 4);
	hf_noise_set_ephemeral(p->init, init_e);
	hf_noise_set_ephemeral(p->resp, resp_e);
}

static void stop(struct pair *p)
{
	hf_noise_free(p->init);
	hf_noise_free(p->resp);
	hf_agree_key_free(p->init_s);
	hf_agree_key_free(p->resp_s);
}

/* Message number step by the honest writer; messages before it have been passed on. */
static size_t honest(struct pair *p, unsigned step, uint8_t *out, size_t cap)
{
	uint8_t payload[256];
	size_t len = 0, none;

	for (unsigned i = 0; i <= step; i++) {
		struct hf_noise *w = i % 2 == 0 ? p->init : p->resp, *r = i % 2 == 0 ? p->resp : p->init;

		if (!hf_noise_write(w, NULL, 0, out, cap, &len))
			abort();
		if (i < step && !hf_noise_read(r, out, len, payload, sizeof(payload), &none))
			abort();
	}
	return len;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t expected[256], *payload;
	struct hf_noise *reader;
	struct pair p;
	size_t len, expected_len;
	unsigned step;
	bool ok;

	if (!hf_crypto_init() || size < 1)
		return 0;
	step = data[0] % 3;
	start(&p, data[0] & 0x80 ? HF_AEAD_AES256GCM : HF_AEAD_CHACHA20POLY1305);
	expected_len = honest(&p, step, expected, sizeof(expected));
	reader = step % 2 == 0 ? p.resp : p.init;
	payload = malloc(size);
	ok = hf_noise_read(reader, data + 1, size - 1, payload, size, &len);
	if (ok && len > size - 1)
		abort();
	if (ok && step > 0 && (size - 1 != expected_len || memcmp(data + 1, expected, expected_len) != 0))
		abort();
	free(payload);
	stop(&p);
	return 0;
}
