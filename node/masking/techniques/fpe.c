/*
 * fpe.c - format-preserving encryption: the part of a value that its format permutes (formats/) goes through a keyed
 * permutation whose tweak is the semantic type, and the check digits are mended. fpep is the same and offers no way
 * back: to the code they differ in what is promised, not in what is done.
 *
 * Values of one column may have several domains (cards of 16 and 19 digits); each has its permutation, and the values
 * of a batch go through it together.
 */
#include "masking/formats/format.h"
#include "masking/techniques/techniques.h"

#include <stdlib.h>
#include <string.h>

#define DOMAINS_MAX 24u /* 13 to 19 digits of a card, three kinds of plates: far fewer in any format */
#define GROUP 256u

struct domain {
	hf_u128 size;
	uint32_t radix, length;
	struct hf_permutation *permutation;
};

/* Values of one domain that wait for their permutation. */
struct group {
	hf_u128 ranks[GROUP];
	struct hf_ranked read[GROUP];
	uint32_t at[GROUP];
	uint8_t *copy[GROUP];
	uint8_t domain[GROUP];
	size_t count;
};

struct fpe {
	const struct hf_format *format;
	const struct hf_mask_use *use;
	struct domain domains[DOMAINS_MAX];
	size_t domain_count;
	struct group group;
};

static void fpe_close(void *state)
{
	struct fpe *s = state;

	for (size_t i = 0; i < s->domain_count; i++)
		hf_permutation_free(s->domains[i].permutation);
	free(s);
}

static enum hf_err fpe_open(const struct hf_mask_use *use, struct hf_fault *f, void **ret_state)
{
	const struct hf_format *format = use->type ? hf_format_named(use->type) : NULL;
	struct fpe *s;

	if (!format)
		return hf_fault_set(
		        f, HF_E_ARGUMENT,
		        "fpe has no format for the type '%.60s'; take map, hash or denc, or name one of the types "
		        "that `hufu mask techniques fpe` lists",
		        use->type ? use->type : "");
	s = hf_alloc_zero(sizeof(*s));
	s->format = format;
	s->use = use;
	*ret_state = s;
	return HF_OK;
}

static enum hf_err domain_of(struct fpe *s, const struct hf_ranked *r, struct hf_fault *f, uint8_t *ret_index)
{
	const struct hf_permutation_setup setup = {.engine = s->use->engine,
	                                           .key = s->use->key->b,
	                                           .key_len = sizeof(s->use->key->b),
	                                           .tweak = s->format->type,
	                                           .tweak_len = strlen(s->format->type),
	                                           .radix = r->radix,
	                                           .length = r->length,
	                                           .size = r->size};
	struct domain *d = s->domains;

	for (size_t i = 0; i < s->domain_count; i++, d++) {
		if (d->size == r->size && d->radix == r->radix && d->length == r->length) {
			*ret_index = (uint8_t)i;
			return HF_OK;
		}
	}
	if (s->domain_count == DOMAINS_MAX)
		return hf_fault_set(f, HF_E_LIMIT, "a column of %s has more than %u lengths; split it", s->format->type,
		                    DOMAINS_MAX);
	HF_TRY(hf_permutation_new(&setup, f, &d->permutation));
	d->size = r->size;
	d->radix = r->radix;
	d->length = r->length;
	*ret_index = (uint8_t)s->domain_count++;
	return HF_OK;
}

/* Permutes those of one domain together. */
static enum hf_err permute(struct fpe *s, struct group *g, size_t domain, bool invert)
{
	struct hf_permutation *p = s->domains[domain].permutation;
	hf_u128 ranks[GROUP];
	uint16_t index[GROUP];
	size_t n = 0;

	for (size_t i = 0; i < g->count; i++) {
		if (g->domain[i] == domain) {
			ranks[n] = g->read[i].rank;
			index[n++] = (uint16_t)i;
		}
	}
	HF_TRY(invert ? hf_permutation_invert(p, ranks, n) : hf_permutation_apply(p, ranks, n));
	for (size_t i = 0; i < n; i++)
		g->ranks[index[i]] = ranks[i];
	return HF_OK;
}

static enum hf_err flush(struct fpe *s, struct group *g, struct hf_mask_batch *b, bool invert)
{
	for (size_t d = 0; g->count > 0 && d < s->domain_count; d++)
		HF_TRY(permute(s, g, d, invert));
	for (size_t i = 0; i < g->count; i++) {
		const size_t len = b->in[g->at[i]].len;
		uint8_t *copy = g->copy[i];

		memcpy(copy, b->in[g->at[i]].data, len);
		if (s->format->write)
			s->format->write(g->ranks[i], &g->read[i], copy, len);
		else
			hf_ranked_put(g->ranks[i], &g->read[i], copy);
		b->out[g->at[i]] = (struct hf_bytes){copy, len};
	}
	g->count = 0;
	return HF_OK;
}

static enum hf_err run(struct fpe *s, struct hf_mask_batch *b, bool invert, struct hf_fault *f)
{
	struct group *g = &s->group;

	g->count = 0;
	for (size_t i = 0; i < b->count; i++) {
		const struct hf_bytes *v = &b->in[i];
		struct hf_ranked *r = &g->read[g->count];

		b->out[i] = (struct hf_bytes){NULL, 0};
		if (!v->data)
			continue;
		if (v->len == 0 || v->len > HF_FORMAT_BYTES_MAX || !s->format->read(v, r)) {
			b->unreadable++;
			continue;
		}
		HF_TRY(domain_of(s, r, f, &g->domain[g->count]));
		g->at[g->count] = (uint32_t)i;
		g->copy[g->count++] = hf_arena_get(b->arena, v->len);
		if (g->count == GROUP)
			HF_TRY(flush(s, g, b, invert));
	}
	return flush(s, g, b, invert);
}

static enum hf_err fpe_mask(void *state, struct hf_mask_batch *b, struct hf_fault *f)
{
	return run(state, b, false, f);
}

static enum hf_err fpe_unmask(void *state, struct hf_mask_batch *b, struct hf_fault *f)
{
	return run(state, b, true, f);
}

static double fpe_chance(void *state, const struct hf_bytes *v)
{
	const struct fpe *s = state;
	struct hf_ranked r;

	return v->len > 0 && v->len <= HF_FORMAT_BYTES_MAX && s->format->read(v, &r) ? 1 / (double)r.size : 1;
}

#define RECORD(what, back)                                                                                             \
	{                                                                                                              \
		.principle = what, .format = HF_FORMAT_KEPT, .repeats = HF_REPEATS_VALUE, .reversible = back,          \
		.reference = HF_REFERENCE_ONE_TO_ONE, .meaning = HF_MEANING_KEPT,                                      \
		.distribution = HF_DISTRIBUTION_FREQUENCIES, .reach = HF_REACH_ROW, .keyed = HF_KEYED_CONSUMER,        \
		.cost = "about 100 ns a value with ff1, 1 us with swap-or-not",                                        \
		.constraint = "the permuted part needs at least a million values; the most frequent value shows "      \
		              "itself; letters come out in upper case"                                                 \
	}

const struct hf_technique hf_technique_fpe = {
        .id = "fpe",
        .title = "format-preserving encryption",
        .record = RECORD("a keyed permutation of all values of the type, check digits mended", HF_REVERSIBLE_KEY),
        .formatted = true,
        .open = fpe_open,
        .close = fpe_close,
        .mask = fpe_mask,
        .chance = fpe_chance,
        .unmask = fpe_unmask,
};
const struct hf_technique hf_technique_fpep = {
        .id = "fpep",
        .title = "format-preserving pseudonym",
        .record = RECORD("as fpe, and no command goes back; who has the key could, until the contract's seed is erased",
                         HF_REVERSIBLE_NO),
        .formatted = true,
        .open = fpe_open,
        .close = fpe_close,
        .mask = fpe_mask,
        .chance = fpe_chance,
};
