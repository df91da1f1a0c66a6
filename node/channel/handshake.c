/* handshake.c - see handshake.h. Offer: u32 suite, u8 cipher, u16 least version, u16 highest version, u8 length, space
 * id. */
#include "channel/handshake.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "channel.pb-c.h"
#include "crypto/domains.h"
#include "proto/codec.h"

#define OFFER_FIXED 10u
#define OFFER_MAX (OFFER_FIXED + HF_SPACE_MAX)
#define NOISE_1 32u

struct hf_handshake {
	struct hf_noise *noise;
	enum hf_aead_alg alg;
	bool dialler;
	uint16_t version_min, version_max;
	uint32_t version; /* chosen; 0 until known */
	uint8_t offer[OFFER_MAX];
	size_t offer_len;
};

struct offer {
	uint32_t suite;
	uint8_t alg;
	uint16_t version_min, version_max;
	const uint8_t *space;
	size_t space_len;
};

static void put_u16(uint8_t *out, uint16_t v)
{
	out[0] = (uint8_t)(v >> 8);
	out[1] = (uint8_t)v;
}

static uint16_t get_u16(const uint8_t *in)
{
	return (uint16_t)(in[0] << 8 | in[1]);
}

static size_t offer_write(const struct hf_handshake_local *local, enum hf_aead_alg alg, uint8_t out[OFFER_MAX])
{
	size_t n = strlen(local->space);
	hf_put_u32(out, HF_SUITE_INTL_1);
	out[4] = (uint8_t)alg;
	put_u16(out + 5, local->version_min);
	put_u16(out + 7, local->version_max);
	out[9] = (uint8_t)n;
	memcpy(out + OFFER_FIXED, local->space, n);
	return OFFER_FIXED + n;
}

static bool offer_read(const uint8_t *data, size_t len, struct offer *ret_offer)
{
	if (len < OFFER_FIXED || len != OFFER_FIXED + (size_t)data[9] + NOISE_1)
		return false;
	*ret_offer = (struct offer){hf_get_u32(data),   data[4], get_u16(data + 5), get_u16(data + 7),
	                            data + OFFER_FIXED, data[9]};
	return ret_offer->version_min <= ret_offer->version_max;
}

static struct hf_noise *start_noise(const struct hf_handshake *h, const struct hf_agree_key *key)
{
	uint8_t prologue[sizeof(HF_DOMAIN_CHANNEL) + OFFER_MAX];
	memcpy(prologue, HF_DOMAIN_CHANNEL, sizeof(HF_DOMAIN_CHANNEL));
	memcpy(prologue + sizeof(HF_DOMAIN_CHANNEL), h->offer, h->offer_len);
	return hf_noise_new(h->alg, h->dialler, key, prologue, sizeof(HF_DOMAIN_CHANNEL) + h->offer_len);
}

struct hf_handshake *hf_handshake_dial(const struct hf_handshake_local *local, enum hf_aead_alg alg)
{
	if (strlen(local->space) > HF_SPACE_MAX)
		return NULL;
	struct hf_handshake *h = hf_alloc_zero(sizeof(*h));
	h->alg = alg;
	h->dialler = true;
	h->version_min = local->version_min;
	h->version_max = local->version_max;
	h->offer_len = offer_write(local, alg, h->offer);
	h->noise = start_noise(h, local->key);
	if (h->noise)
		return h;
	hf_handshake_free(h);
	return NULL;
}

static enum hf_err offer_check(const struct hf_handshake_local *local, const struct offer *o)
{
	if (!hf_suite_usable(o->suite) || (o->alg != HF_AEAD_AES256GCM && o->alg != HF_AEAD_CHACHA20POLY1305))
		return HF_E_SUITE;
	if (o->space_len != strlen(local->space) || memcmp(o->space, local->space, o->space_len) != 0)
		return HF_E_WRONG_SPACE;
	if (o->version_min > local->version_max || o->version_max < local->version_min)
		return HF_E_VERSION;
	return HF_OK;
}

enum hf_err hf_handshake_answer(const struct hf_handshake_local *local, const uint8_t *data, size_t len,
                                struct hf_handshake **ret_handshake)
{
	struct offer o;
	if (!offer_read(data, len, &o))
		return HF_E_FORMAT;
	HF_TRY(offer_check(local, &o));
	struct hf_handshake *h = hf_alloc_zero(sizeof(*h));
	h->alg = (enum hf_aead_alg)o.alg;
	h->version = o.version_max < local->version_max ? o.version_max : local->version_max;
	h->offer_len = OFFER_FIXED + o.space_len;
	memcpy(h->offer, data, h->offer_len);
	h->noise = start_noise(h, local->key);
	uint8_t none[NOISE_1];
	size_t none_len;
	if (!h->noise || !hf_noise_read(h->noise, data + h->offer_len, NOISE_1, none, sizeof(none), &none_len) ||
	    none_len != 0) {
		hf_handshake_free(h);
		return HF_E_FORMAT;
	}
	*ret_handshake = h;
	return HF_OK;
}

void hf_handshake_free(struct hf_handshake *h)
{
	if (!h)
		return;
	hf_noise_free(h->noise);
	free(h);
}

static uint8_t *hello_encode(const struct hf_handshake *h, const struct hf_hello *in, size_t *ret_len)
{
	Hufu__Hello m = HUFU__HELLO__INIT;
	m.node = (char *)(uintptr_t)in->node.s;
	m.descriptor_number = in->descriptor_number;
	m.descriptor_digest.data = (uint8_t *)(uintptr_t)in->descriptor_digest;
	m.descriptor_digest.len = sizeof(in->descriptor_digest);
	m.version = h->version;
	m.time_ms = in->time_ms;
	m.listen = (char *)(uintptr_t)in->listen;
	return hf_encode(&m.base, ret_len);
}

static bool hello_decode(const uint8_t *data, size_t len, struct hf_hello *ret_hello)
{
	Hufu__Hello *m = HF_DECODE(hello, data, len);
	struct hf_hello out = {0};
	bool ok = m && hf_name_parse(m->node, &out.node) && m->descriptor_digest.len == sizeof(out.descriptor_digest) &&
	          strlen(m->listen) <= HF_LISTEN_MAX;
	if (ok) {
		memcpy(out.descriptor_digest, m->descriptor_digest.data, sizeof(out.descriptor_digest));
		out.descriptor_number = m->descriptor_number;
		out.version = m->version;
		out.time_ms = m->time_ms;
		snprintf(out.listen, sizeof(out.listen), "%s", m->listen);
		*ret_hello = out;
	}
	hf_decoded_free(m);
	return ok;
}

enum hf_err hf_handshake_write(struct hf_handshake *h, const struct hf_hello *hello,
                               uint8_t out[HF_FRAME_HANDSHAKE_MAX], size_t *ret_len)
{
	size_t front = 0, hello_len = 0, noise_len = 0;
	uint8_t *payload = hello ? hello_encode(h, hello, &hello_len) : NULL;
	if (!hello) {
		memcpy(out, h->offer, h->offer_len);
		front = h->offer_len;
	}
	bool ok = (!hello || payload) && front + hello_len + 112 <= HF_FRAME_HANDSHAKE_MAX &&
	          hf_noise_write(h->noise, payload ? payload : (const uint8_t *)"", hello_len, out + front,
	                         HF_FRAME_HANDSHAKE_MAX - front, &noise_len);
	free(payload);
	if (!ok)
		return HF_E_CRYPTO;
	*ret_len = front + noise_len;
	return HF_OK;
}

static enum hf_err version_settle(struct hf_handshake *h, uint32_t version)
{
	if (!h->dialler)
		return version == h->version ? HF_OK : HF_E_VERSION;
	if (version < h->version_min || version > h->version_max)
		return HF_E_VERSION;
	h->version = version;
	return HF_OK;
}

enum hf_err hf_handshake_read(struct hf_handshake *h, const uint8_t *data, size_t len, struct hf_hello *ret_hello)
{
	uint8_t payload[HF_FRAME_HANDSHAKE_MAX];
	size_t payload_len;
	struct hf_hello hello;
	if (len > sizeof(payload))
		return HF_E_FORMAT;
	if (!hf_noise_read(h->noise, data, len, payload, sizeof(payload), &payload_len))
		return HF_E_SIGNATURE;
	if (!hello_decode(payload, payload_len, &hello))
		return HF_E_FORMAT;
	HF_TRY(version_settle(h, hello.version));
	*ret_hello = hello;
	return HF_OK;
}

bool hf_handshake_remote(const struct hf_handshake *h, struct hf_agree_pub *ret_key)
{
	return hf_noise_remote(h->noise, ret_key);
}

struct hf_session *hf_handshake_session(struct hf_handshake *h, const uint8_t id[HF_SESSION_ID], int64_t now_ms)
{
	uint8_t send[32], recv[32], hash[32];
	if (!hf_noise_finished(h->noise) || !hf_noise_split(h->noise, send, recv, hash))
		return NULL;
	struct hf_session *s = hf_session_new(h->alg, id, send, recv, now_ms);
	hf_wipe(send, sizeof(send));
	hf_wipe(recv, sizeof(recv));
	return s;
}

uint32_t hf_handshake_version(const struct hf_handshake *h)
{
	return h->version;
}
