/* pseudonym.c - hash and denc: equal values become equal pseudonyms, other ones for each consumer. */
#include "crypto/base64.h"
#include "crypto/crypto.h"
#include "crypto/domains.h"
#include "crypto/siv.h"
#include "masking/techniques/prf.h"
#include "masking/techniques/techniques.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HASH_MOST 64u

/* hash */
struct hash {
	struct hf_prf prf;
	size_t length;
	const char *set;
	uint32_t radix;
};

static const char *const sets[][2] = {{"hex", "0123456789abcdef"},
                                      {"digits", "0123456789"},
                                      {"letters", "abcdefghijklmnopqrstuvwxyz"},
                                      {"base32", "abcdefghijklmnopqrstuvwxyz234567"}};

/* A thousand million results: fewer would meet, and could all be tried by who has seen some. */
static bool wide_enough(const struct hash *s)
{
	double results = 1;

	for (size_t i = 0; i < s->length && results < 1e31; i++)
		results *= s->radix;
	return results >= 1e9;
}

static enum hf_err hash_open(const struct hf_mask_use *use, struct hf_fault *f, void **ret_state)
{
	const char *name = hf_arg_text(use, "alphabet", "hex");
	struct hash *s = hf_alloc_zero(sizeof(*s));

	s->length = (size_t)hf_arg_number(use, "length", 32);
	for (size_t i = 0; i < sizeof(sets) / sizeof(sets[0]); i++)
		if (strcmp(sets[i][0], name) == 0)
			s->set = sets[i][1];
	s->radix = (uint32_t)strlen(s->set);
	if (!wide_enough(s)) {
		free(s);
		return hf_fault_set(f, HF_E_LIMIT,
		                    "hash: fewer than a thousand million results are too few, values would meet and be "
		                    "guessed; give a larger length");
	}
	hf_prf_init(&s->prf, use, "hash");
	*ret_state = s;
	return HF_OK;
}

static void hash_close(void *state)
{
	struct hash *s = state;

	hf_prf_done(&s->prf);
	free(s);
}

/* Eight characters from each hash, and a next hash of the one before. */
static struct hf_bytes hash_one(const struct hash *s, const struct hf_bytes *v, struct hf_arena *arena)
{
	uint8_t *out = hf_arena_get(arena, HASH_MOST);
	struct hf_hash h;

	hf_prf_of_value(&s->prf, v, &h);
	for (size_t i = 0; i < s->length; i++) {
		if (i > 0 && i % 8 == 0) {
			const struct hf_bytes before = {h.b, sizeof(h.b)};

			hf_prf_of_value(&s->prf, &before, &h);
		}
		out[i] = (uint8_t)s->set[(uint64_t)hf_get_u32(h.b + 4 * (i % 8)) * s->radix >> 32];
	}
	return (struct hf_bytes){out, s->length};
}

static enum hf_err hash_mask(void *state, struct hf_mask_batch *b, struct hf_fault *f)
{
	(void)f;
	for (size_t i = 0; i < b->count; i++)
		b->out[i] = b->in[i].data ? hash_one(state, &b->in[i], b->arena) : (struct hf_bytes){NULL, 0};
	return HF_OK;
}

static double hash_chance(void *state, const struct hf_bytes *v)
{
	const struct hash *s = state;
	double chance = 1;

	(void)v;
	for (size_t i = 0; i < s->length; i++)
		chance /= s->radix;
	return chance;
}

static const struct hf_param hash_params[] = {
        {"length", HF_PARAM_NUMBER, false, 1, HASH_MOST, NULL, "characters of the result; 32 when nothing is said"},
        {"alphabet", HF_PARAM_CHOICE, false, 0, 0, "hex digits letters base32", "hex when nothing is said"},
        {NULL, 0, false, 0, 0, NULL, NULL},
};

const struct hf_technique hf_technique_hash = {
        .id = "hash",
        .title = "keyed hash",
        .record = {.principle = "HMAC-SHA-256 of the value under a key of the consumer, cut to a length",
                   .format = HF_FORMAT_LOST,
                   .repeats = HF_REPEATS_VALUE,
                   .reversible = HF_REVERSIBLE_NO,
                   .reference = HF_REFERENCE_EQUAL,
                   .meaning = HF_MEANING_LOST,
                   .distribution = HF_DISTRIBUTION_FREQUENCIES,
                   .reach = HF_REACH_ROW,
                   .keyed = HF_KEYED_CONSUMER,
                   .cost = "about 300 ns a value",
                   .constraint = "who has the key and a list of possible values can try them; short results meet"},
        .params = hash_params,
        .open = hash_open,
        .close = hash_close,
        .mask = hash_mask,
        .chance = hash_chance,
};

/* denc */
struct denc {
	struct hf_siv *siv;
	struct hf_buf plain, sealed;
	char type[HF_MASK_SCOPE_TEXT_MAX + 8];
};

static void denc_close(void *state)
{
	struct denc *s = state;

	hf_siv_free(s->siv);
	if (s->plain.data)
		hf_wipe(s->plain.data, s->plain.cap);
	hf_buf_done(&s->plain);
	hf_buf_done(&s->sealed);
	free(s);
}

static enum hf_err denc_open(const struct hf_mask_use *use, struct hf_fault *f, void **ret_state)
{
	struct denc *s = hf_alloc_zero(sizeof(*s));
	uint8_t key[HF_SIV_KEY];
	int n = snprintf(s->type, sizeof(s->type), "denc/%s", use->type ? use->type : "");

	hf_hkdf(use->key->b, sizeof(use->key->b), NULL, 0, HF_DOMAIN_MASK_DENC, sizeof(HF_DOMAIN_MASK_DENC), key,
	        sizeof(key));
	s->siv = n < (int)sizeof(s->type) ? hf_siv_new(key, sizeof(key)) : NULL;
	hf_wipe(key, sizeof(key));
	if (!s->siv) {
		denc_close(s);
		return hf_fault_set(
		        f, HF_E_UNSUPPORTED,
		        "denc: libcrypto of this machine does not offer AES-SIV, or the type's name is too long; "
		        "take hash or fpe");
	}
	*ret_state = s;
	return HF_OK;
}

/* One byte in front, so that there is always something to encrypt: libcrypto 3.0 does not see empty texts. */
static bool denc_one(struct denc *s, const struct hf_bytes *v, struct hf_arena *arena, struct hf_bytes *ret_out)
{
	uint8_t *out = hf_arena_get(arena, HF_BASE64_LEN(v->len + 1 + HF_SIV_TAG) + 1);

	hf_buf_clear(&s->plain);
	hf_buf_clear(&s->sealed);
	if (!hf_buf_add(&s->plain, "\1", 1) || !hf_buf_add(&s->plain, v->data, v->len) ||
	    !hf_buf_reserve(&s->sealed, s->plain.len + HF_SIV_TAG) ||
	    !hf_siv_seal(s->siv, s->type, strlen(s->type), s->plain.data, s->plain.len, s->sealed.data))
		return false;
	*ret_out = (struct hf_bytes){out, hf_base64(s->sealed.data, s->plain.len + HF_SIV_TAG, (char *)out)};
	return true;
}

static bool denc_back(struct denc *s, const struct hf_bytes *v, struct hf_arena *arena, struct hf_bytes *ret_out)
{
	uint8_t *out;
	size_t len;

	hf_buf_clear(&s->sealed);
	if (!hf_buf_reserve(&s->sealed, v->len + 4) ||
	    !hf_base64_decode((const char *)v->data, v->len, s->sealed.data, &len) || len < HF_SIV_TAG + 1)
		return false;
	out = hf_arena_get(arena, len - HF_SIV_TAG);
	if (!hf_siv_open(s->siv, s->type, strlen(s->type), s->sealed.data, len, out) || out[0] != 1)
		return false;
	*ret_out = (struct hf_bytes){out + 1, len - HF_SIV_TAG - 1};
	return true;
}

static enum hf_err denc_run(struct denc *s, struct hf_mask_batch *b, bool back)
{
	for (size_t i = 0; i < b->count; i++) {
		b->out[i] = (struct hf_bytes){NULL, 0};
		if (b->in[i].data && !(back ? denc_back(s, &b->in[i], b->arena, &b->out[i])
		                            : denc_one(s, &b->in[i], b->arena, &b->out[i])))
			b->unreadable++;
	}
	return HF_OK;
}

static enum hf_err denc_mask(void *state, struct hf_mask_batch *b, struct hf_fault *f)
{
	(void)f;
	return denc_run(state, b, false);
}

static enum hf_err denc_unmask(void *state, struct hf_mask_batch *b, struct hf_fault *f)
{
	(void)f;
	return denc_run(state, b, true);
}

static double denc_chance(void *state, const struct hf_bytes *v)
{
	(void)state;
	(void)v;
	return 0x1p-128; /* of the tag */
}

const struct hf_technique hf_technique_denc = {
        .id = "denc",
        .title = "deterministic encryption",
        .record = {.principle = "AES-SIV of the value under a key of the consumer, as base64",
                   .format = HF_FORMAT_LOST,
                   .repeats = HF_REPEATS_VALUE,
                   .reversible = HF_REVERSIBLE_KEY,
                   .reference = HF_REFERENCE_ONE_TO_ONE,
                   .meaning = HF_MEANING_LOST,
                   .distribution = HF_DISTRIBUTION_FREQUENCIES,
                   .reach = HF_REACH_ROW,
                   .keyed = HF_KEYED_CONSUMER,
                   .cost = "about 1 us a value",
                   .constraint = "results are longer by 17 bytes and a third; lengths and frequencies show"},
        .open = denc_open,
        .close = denc_close,
        .mask = denc_mask,
        .unmask = denc_unmask,
        .chance = denc_chance,
};
