/*
 * token.c - token: a value becomes a keyed token, and a vault keeps which value it was, encrypted. The token does not
 * depend on what is in the vault, so that every machine gives the same; going back needs the vault and the key, and
 * ends for a value when its line is taken out of the vault.
 *
 * A vault is text: a token, a comma, and AES-SIV of the value bound to the token, as base64. Lines may stand there
 * twice. They are put away before the tokens are given out.
 */
#include "crypto/base64.h"
#include "crypto/crypto.h"
#include "crypto/domains.h"
#include "crypto/siv.h"
#include "masking/techniques/prf.h"
#include "masking/techniques/techniques.h"

#include <stdlib.h>
#include <string.h>

#define VAULT_BYTES ((size_t)256 << 20)
#define SEEN (1u << 15) /* tokens whose lines were put away a short time ago */

struct line {
	struct hf_bytes token, sealed;
};

struct token {
	const struct hf_mask_use *use;
	struct hf_prf prf;
	struct hf_siv *siv;
	size_t length;
	struct hf_buf lines, sealed; /* to be put away; room for one */
	uint64_t seen[SEEN];
	struct hf_buf vault; /* read for going back */
	struct line *index;  /* sorted by token */
	size_t count;
	bool read;
};

static void token_close(void *state)
{
	struct token *s = state;

	hf_siv_free(s->siv);
	hf_prf_done(&s->prf);
	hf_buf_done(&s->lines);
	hf_buf_done(&s->sealed);
	hf_buf_done(&s->vault);
	free(s->index);
	free(s);
}

static enum hf_err token_open(const struct hf_mask_use *use, struct hf_fault *f, void **ret_state)
{
	struct token *s = hf_alloc_zero(sizeof(*s));
	uint8_t key[HF_SIV_KEY];

	s->use = use;
	s->length = (size_t)hf_arg_number(use, "length", 20);
	hf_buf_init(&s->vault, VAULT_BYTES);
	hf_prf_init(&s->prf, use, "token");
	hf_hkdf(use->key->b, sizeof(use->key->b), NULL, 0, HF_DOMAIN_MASK_TOKEN, sizeof(HF_DOMAIN_MASK_TOKEN), key,
	        sizeof(key));
	s->siv = hf_siv_new(key, sizeof(key));
	hf_wipe(key, sizeof(key));
	if (!s->siv || (!use->put && !use->file)) {
		token_close(s);
		return hf_fault_set(
		        f, HF_E_UNSUPPORTED,
		        "token: there is no vault here, or libcrypto of this machine does not offer AES-SIV; take "
		        "fpe or denc");
	}
	*ret_state = s;
	return HF_OK;
}

static void make_token(const struct token *s, const struct hf_bytes *v, uint8_t *ret_token)
{
	static const char set[] = "abcdefghijklmnopqrstuvwxyz234567";
	struct hf_hash h;

	hf_prf_of_value(&s->prf, v, &h);
	for (size_t i = 0; i < s->length; i++) /* 32 bytes are enough for 32 characters */
		ret_token[i] = (uint8_t)set[h.b[i] & 31];
}

/* The line of a token, unless it was put away a short time ago. */
static bool keep(struct token *s, const uint8_t *token, const struct hf_bytes *v)
{
	uint64_t mark = hf_get_u64(token), *slot = &s->seen[(mark * 0x9e3779b97f4a7c15u) >> 49];
	struct hf_buf *b = &s->lines;

	if (*slot == mark)
		return true;
	*slot = mark;
	hf_buf_clear(&s->sealed);
	/* One byte in front, so that there is always something to encrypt. */
	if (!hf_buf_add(&s->sealed, "\1", 1) || !hf_buf_add(&s->sealed, v->data, v->len) ||
	    !hf_buf_reserve(&s->sealed, s->sealed.len + 2 * HF_SIV_TAG) ||
	    !hf_siv_seal(s->siv, token, s->length, s->sealed.data, v->len + 1, s->sealed.data + v->len + 1) ||
	    !hf_buf_add(b, token, s->length) || !hf_buf_add(b, ",", 1) ||
	    !hf_buf_reserve(b, HF_BASE64_LEN(v->len + 1 + HF_SIV_TAG) + 2))
		return false;
	b->len += hf_base64(s->sealed.data + v->len + 1, v->len + 1 + HF_SIV_TAG, (char *)b->data + b->len);
	return hf_buf_add(b, "\n", 1);
}

static enum hf_err token_mask(void *state, struct hf_mask_batch *b, struct hf_fault *f)
{
	struct token *s = state;

	if (!s->use->put)
		return hf_fault_set(f, HF_E_UNSUPPORTED, "token: there is no vault here to put values into");
	hf_buf_clear(&s->lines);
	for (size_t i = 0; i < b->count; i++) {
		uint8_t *token;

		b->out[i] = (struct hf_bytes){NULL, 0};
		if (!b->in[i].data)
			continue;
		token = hf_arena_get(b->arena, s->length);
		make_token(s, &b->in[i], token);
		if (!keep(s, token, &b->in[i]))
			return hf_fault_set(f, HF_E_LIMIT, "token: the values of a batch are too long for the vault");
		b->out[i] = (struct hf_bytes){token, s->length};
	}
	if (s->lines.len == 0)
		return HF_OK;
	return s->use->put(s->use->put_ctx, hf_arg_text(s->use, "vault", ""), s->lines.data, s->lines.len, f);
}

static int by_token(const void *a, const void *b)
{
	const struct hf_bytes *x = &((const struct line *)a)->token, *y = &((const struct line *)b)->token;
	int c = memcmp(x->data, y->data, x->len < y->len ? x->len : y->len);

	return c ? c : x->len < y->len ? -1 : x->len > y->len;
}

static enum hf_err read_vault(struct token *s, struct hf_fault *f)
{
	size_t cap = 0;

	if (!s->use->file)
		return hf_fault_set(f, HF_E_UNSUPPORTED, "token: no vault can be read here");
	HF_TRY(s->use->file(s->use->file_ctx, hf_arg_text(s->use, "vault", ""), &s->vault, f));
	for (const uint8_t *at = s->vault.data, *end = at + s->vault.len; at < end;) {
		const uint8_t *lf = memchr(at, '\n', (size_t)(end - at)), *stop = lf ? lf : end;
		const uint8_t *comma = memchr(at, ',', (size_t)(stop - at));

		if (!comma || comma == at || comma + 1 == stop)
			return hf_fault_set(f, HF_E_FORMAT, "token: line %zu of the vault is none of a vault; mend it",
			                    s->count + 1);
		if (s->count == cap) {
			cap = cap ? 2 * cap : 1024;
			s->index = hf_realloc(s->index, cap * sizeof(*s->index));
		}
		s->index[s->count++] =
		        (struct line){{at, (size_t)(comma - at)}, {comma + 1, (size_t)(stop - comma - 1)}};
		at = stop + 1;
	}
	if (s->count > 0)
		qsort(s->index, s->count, sizeof(*s->index), by_token);
	s->read = true;
	return HF_OK;
}

static bool back(struct token *s, const struct hf_bytes *token, struct hf_arena *arena, struct hf_bytes *ret_v)
{
	const struct line key = {.token = *token};
	const struct line *l = s->count ? bsearch(&key, s->index, s->count, sizeof(*s->index), by_token) : NULL;
	uint8_t *out;
	size_t len;

	hf_buf_clear(&s->sealed);
	if (!l || !hf_buf_reserve(&s->sealed, l->sealed.len + 4) ||
	    !hf_base64_decode((const char *)l->sealed.data, l->sealed.len, s->sealed.data, &len) ||
	    len < HF_SIV_TAG + 1)
		return false;
	out = hf_arena_get(arena, len - HF_SIV_TAG);
	if (!hf_siv_open(s->siv, token->data, token->len, s->sealed.data, len, out) || out[0] != 1)
		return false;
	*ret_v = (struct hf_bytes){out + 1, len - HF_SIV_TAG - 1};
	return true;
}

static enum hf_err token_unmask(void *state, struct hf_mask_batch *b, struct hf_fault *f)
{
	struct token *s = state;

	if (!s->read)
		HF_TRY(read_vault(s, f));
	for (size_t i = 0; i < b->count; i++) {
		b->out[i] = (struct hf_bytes){NULL, 0};
		if (b->in[i].data && !back(s, &b->in[i], b->arena, &b->out[i]))
			b->unreadable++;
	}
	return HF_OK;
}

static double token_chance(void *state, const struct hf_bytes *v)
{
	const struct token *s = state;
	double chance = 1;

	(void)v;
	for (size_t i = 0; i < s->length; i++)
		chance /= 32;
	return chance;
}

static const struct hf_param token_params[] = {
        {"vault", HF_PARAM_TEXT, true, 1, 4096, NULL, "file: a sealed line for each value is added to it"},
        {"length", HF_PARAM_NUMBER, false, 16, 32, NULL, "characters of a token; 20 when nothing is said"},
        {NULL, 0, false, 0, 0, NULL, NULL},
};

const struct hf_technique hf_technique_token = {
        .id = "token",
        .title = "vault token",
        .record = {.principle = "a value becomes a keyed token; a vault keeps the value, encrypted",
                   .format = HF_FORMAT_LOST,
                   .repeats = HF_REPEATS_VALUE,
                   .reversible = HF_REVERSIBLE_VAULT,
                   .reference = HF_REFERENCE_ONE_TO_ONE,
                   .meaning = HF_MEANING_LOST,
                   .distribution = HF_DISTRIBUTION_FREQUENCIES,
                   .reach = HF_REACH_ROW,
                   .keyed = HF_KEYED_CONSUMER,
                   .cost = "about 2 us a value",
                   .constraint = "the vault is sensitive itself, and grows with the values; static runs only"},
        .params = token_params,
        .open = token_open,
        .close = token_close,
        .mask = token_mask,
        .chance = token_chance,
        .unmask = token_unmask,
};
