/*
 * noise.c - the XX handshake of the Noise protocol framework, revision 34.
 *
 *	-> e
 *	<- e, ee, s, es
 *	-> s, se
 *
 * Section numbers are those of the specification. Each message function below reads as its pattern does, one token a
 * line. A message works on a copy of the state, which replaces the state only when every token and the payload are
 * good; a failure wipes everything, so that nothing of a broken handshake can be used again.
 */
#include "crypto/noise.h"

#include "crypto/hash.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define KEY_BYTES 32
#define MESSAGES 3

/* CipherState and SymmetricState (5.1, 5.2), then the keys of HandshakeState (5.3). */
struct state {
	enum hf_aead_alg alg;
	uint8_t ck[KEY_BYTES];
	struct hf_hash h;
	uint8_t k[KEY_BYTES];
	bool has_k;
	uint64_t n;
	bool dialler, has_e, has_rs;
	uint8_t e[KEY_BYTES];
	struct hf_agree_pub e_pub, re, rs;
};

enum phase {
	PHASE_FAILED = 0,
	PHASE_RUNNING,
	PHASE_FINISHED,
	PHASE_SPLIT,
};

struct hf_noise {
	enum phase phase;
	unsigned next; /* message to be written or read next */
	const struct hf_agree_key *s;
	struct state state;
};

/* A message being written or read. */
struct run {
	struct state st;
	const struct hf_agree_key *s;
	uint8_t *out;      /* writing: next free byte */
	const uint8_t *in; /* reading: next byte and how many are left */
	size_t left;
};

static void mix_hash(struct state *st, const void *data, size_t len)
{
	hf_sha256_2(st->h.b, sizeof(st->h.b), data, len, &st->h);
}

/* HKDF with two outputs (4.3) is RFC 5869 with the chaining key as salt and no info. */
static void mix_key(struct state *st, const uint8_t ikm[KEY_BYTES])
{
	uint8_t out[2 * KEY_BYTES];

	hf_hkdf(ikm, KEY_BYTES, st->ck, KEY_BYTES, NULL, 0, out, sizeof(out));
	memcpy(st->ck, out, KEY_BYTES);
	memcpy(st->k, out + KEY_BYTES, KEY_BYTES);
	st->has_k = true;
	st->n = 0;
	hf_wipe(out, sizeof(out));
}

/* EncryptAndHash; the tag follows the ciphertext. */
static bool encrypt_and_hash(struct run *r, const void *plain, size_t len)
{
	struct state *st = &r->st;
	uint8_t nonce[12], *out = r->out;
	struct hf_aead *a;
	bool ok;

	if (!st->has_k) {
		if (len > 0)
			memcpy(out, plain, len);
		mix_hash(st, out, len);
		r->out += len;
		return true;
	}
	hf_aead_nonce(st->alg, st->n++, nonce);
	a = hf_aead_new(st->alg, st->k);
	ok = a && hf_aead_seal(a, nonce, st->h.b, sizeof(st->h.b), plain, len, out, out + len);
	hf_aead_free(a);
	mix_hash(st, out, len + HF_AEAD_TAG_BYTES);
	r->out += len + HF_AEAD_TAG_BYTES;
	return ok;
}

/* DecryptAndHash of the next len bytes of plaintext. */
static bool decrypt_and_hash(struct run *r, void *plain, size_t len)
{
	struct state *st = &r->st;
	size_t sealed_len = len + (st->has_k ? HF_AEAD_TAG_BYTES : 0);
	uint8_t nonce[12];
	struct hf_aead *a;
	bool ok = true;

	if (r->left < sealed_len)
		return false;
	if (st->has_k) {
		hf_aead_nonce(st->alg, st->n++, nonce);
		a = hf_aead_new(st->alg, st->k);
		ok = a && hf_aead_open(a, nonce, st->h.b, sizeof(st->h.b), r->in, len, r->in + len, plain);
		hf_aead_free(a);
	} else if (len > 0) {
		memcpy(plain, r->in, len);
	}
	mix_hash(st, r->in, sealed_len);
	r->in += sealed_len;
	r->left -= sealed_len;
	return ok;
}

static bool write_e(struct run *r)
{
	struct state *st = &r->st;

	if (!st->has_e)
		hf_random(st->e, sizeof(st->e));
	st->has_e = true;
	crypto_scalarmult_base(st->e_pub.b, st->e);
	memcpy(r->out, st->e_pub.b, KEY_BYTES);
	r->out += KEY_BYTES;
	mix_hash(st, st->e_pub.b, KEY_BYTES);
	return true;
}

static bool read_e(struct run *r)
{
	if (r->left < KEY_BYTES)
		return false;
	memcpy(r->st.re.b, r->in, KEY_BYTES);
	r->in += KEY_BYTES;
	r->left -= KEY_BYTES;
	mix_hash(&r->st, r->st.re.b, KEY_BYTES);
	return true;
}

static bool write_s(struct run *r)
{
	struct hf_agree_pub pub;

	hf_agree_key_pub(r->s, &pub);
	return encrypt_and_hash(r, pub.b, KEY_BYTES);
}

static bool read_s(struct run *r)
{
	r->st.has_rs = decrypt_and_hash(r, r->st.rs.b, KEY_BYTES);
	return r->st.has_rs;
}

static bool mix_dh_e(struct run *r, const struct hf_agree_pub *peer)
{
	uint8_t dh[KEY_BYTES];
	bool ok = crypto_scalarmult(dh, r->st.e, peer->b) == 0;

	if (ok)
		mix_key(&r->st, dh);
	hf_wipe(dh, sizeof(dh));
	return ok;
}

static bool mix_dh_s(struct run *r, const struct hf_agree_pub *peer)
{
	uint8_t dh[KEY_BYTES];
	bool ok = hf_agree(r->s, peer, dh);

	if (ok)
		mix_key(&r->st, dh);
	hf_wipe(dh, sizeof(dh));
	return ok;
}

static bool mix_ee(struct run *r)
{
	return mix_dh_e(r, &r->st.re);
}

static bool mix_es(struct run *r)
{
	return r->st.dialler ? mix_dh_e(r, &r->st.rs) : mix_dh_s(r, &r->st.re);
}

static bool mix_se(struct run *r)
{
	return r->st.dialler ? mix_dh_s(r, &r->st.re) : mix_dh_e(r, &r->st.rs);
}

/* One token a line, as in the pattern. */
/* clang-format off */
static bool write_1(struct run *r)
{
	return write_e(r);
}

static bool read_1(struct run *r)
{
	return read_e(r);
}

static bool write_2(struct run *r)
{
	return write_e(r) &&
	       mix_ee(r) &&
	       write_s(r) &&
	       mix_es(r);
}

static bool read_2(struct run *r)
{
	return read_e(r) &&
	       mix_ee(r) &&
	       read_s(r) &&
	       mix_es(r);
}

static bool write_3(struct run *r)
{
	return write_s(r) &&
	       mix_se(r);
}

static bool read_3(struct run *r)
{
	return read_s(r) &&
	       mix_se(r);
}
/* clang-format on */

static const struct message {
	bool (*write)(struct run *r);
	bool (*read)(struct run *r);
	size_t overhead; /* bytes beside the payload */
} messages[MESSAGES] = {
        {write_1, read_1, KEY_BYTES},
        {write_2, read_2, 2 * KEY_BYTES + 2 * HF_AEAD_TAG_BYTES},
        {write_3, read_3, KEY_BYTES + 2 * HF_AEAD_TAG_BYTES},
};

static const char *protocol_name(enum hf_aead_alg alg)
{
	switch (alg) {
	case HF_AEAD_AES256GCM:
		return "Noise_XX_25519_AESGCM_SHA256";
	case HF_AEAD_CHACHA20POLY1305:
		return "Noise_XX_25519_ChaChaPoly_SHA256";
	case HF_AEAD_INVALID:
		break;
	}
	return NULL;
}

struct hf_noise *hf_noise_new(enum hf_aead_alg alg, bool dialler, const struct hf_agree_key *s, const void *prologue,
                              size_t prologue_len)
{
	const char *name = protocol_name(alg);
	struct hf_noise *n = name ? calloc(1, sizeof(*n)) : NULL;

	if (!n)
		return NULL;
	n->phase = PHASE_RUNNING;
	n->s = s;
	n->state.alg = alg;
	n->state.dialler = dialler;
	/* Both names fit the hash, so they are its start as they are, padded with zeros (5.2). */
	memcpy(n->state.h.b, name, strlen(name));
	memcpy(n->state.ck, n->state.h.b, KEY_BYTES);
	mix_hash(&n->state, prologue, prologue_len);
	return n;
}

void hf_noise_free(struct hf_noise *n)
{
	if (!n)
		return;
	hf_wipe(n, sizeof(*n));
	free(n);
}

void hf_noise_set_ephemeral(struct hf_noise *n, const uint8_t seed[32])
{
	memcpy(n->state.e, seed, KEY_BYTES);
	n->state.has_e = true;
}

/* The dialler writes messages 0 and 2. */
static bool my_turn(const struct hf_noise *n, bool writing)
{
	return n->phase == PHASE_RUNNING && writing == ((n->next % 2 == 0) == n->state.dialler);
}

static bool commit(struct hf_noise *n, struct run *r, bool ok)
{
	if (ok) {
		n->state = r->st;
		n->next++;
		n->phase = n->next == MESSAGES ? PHASE_FINISHED : PHASE_RUNNING;
	} else {
		hf_wipe(&n->state, sizeof(n->state));
		n->phase = PHASE_FAILED;
	}
	hf_wipe(r, sizeof(*r));
	return ok;
}

bool hf_noise_write(struct hf_noise *n, const void *payload, size_t payload_len, uint8_t *out, size_t cap,
                    size_t *ret_len)
{
	struct run r = {.st = n->state, .s = n->s, .out = out};
	const struct message *m = my_turn(n, true) ? &messages[n->next] : NULL;
	size_t len = m ? m->overhead + payload_len : 0;
	bool ok = m && payload_len <= HF_NOISE_MAX && len <= HF_NOISE_MAX && len <= cap;

	ok = ok && m->write(&r) && encrypt_and_hash(&r, payload, payload_len);
	if (ok)
		*ret_len = len;
	return commit(n, &r, ok);
}

bool hf_noise_read(struct hf_noise *n, const uint8_t *msg, size_t len, uint8_t *payload, size_t cap, size_t *ret_len)
{
	struct run r = {.st = n->state, .s = n->s, .in = msg, .left = len};
	const struct message *m = my_turn(n, false) ? &messages[n->next] : NULL;
	bool ok = m && len <= HF_NOISE_MAX && len >= m->overhead && len - m->overhead <= cap;

	ok = ok && m->read(&r) && decrypt_and_hash(&r, payload, len - m->overhead);
	if (ok)
		*ret_len = len - m->overhead;
	return commit(n, &r, ok);
}

bool hf_noise_remote(const struct hf_noise *n, struct hf_agree_pub *ret_pub)
{
	if (!n->state.has_rs)
		return false;
	*ret_pub = n->state.rs;
	return true;
}

bool hf_noise_finished(const struct hf_noise *n)
{
	return n->phase == PHASE_FINISHED || n->phase == PHASE_SPLIT;
}

bool hf_noise_split(struct hf_noise *n, uint8_t ret_send[32], uint8_t ret_recv[32], uint8_t ret_hash[32])
{
	uint8_t out[2 * KEY_BYTES];
	bool dialler = n->state.dialler;

	if (n->phase != PHASE_FINISHED)
		return false;
	hf_hkdf(NULL, 0, n->state.ck, KEY_BYTES, NULL, 0, out, sizeof(out));
	memcpy(ret_send, out + (dialler ? 0 : KEY_BYTES), KEY_BYTES);
	memcpy(ret_recv, out + (dialler ? KEY_BYTES : 0), KEY_BYTES);
	memcpy(ret_hash, n->state.h.b, sizeof(n->state.h.b));
	hf_wipe(out, sizeof(out));
	hf_wipe(n->state.ck, KEY_BYTES);
	hf_wipe(n->state.k, KEY_BYTES);
	hf_wipe(n->state.e, KEY_BYTES);
	n->phase = PHASE_SPLIT;
	return true;
}
