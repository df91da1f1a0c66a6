/*
 * ope.c - order-preserving encryption: numbers of a range become larger numbers in the same order, by a keyed monotone
 * function, walked down from the whole range by halves (after Boldyreva and others, 2009, with an even instead of a
 * hypergeometric draw).
 *
 * Order is all that it hides badly: who sees many results learns about where each number lies. It is here because the
 * standard's list has it; a plan must say that it is wanted.
 */
#include "masking/techniques/decimal.h"
#include "masking/techniques/prf.h"
#include "masking/techniques/techniques.h"

#include <stdlib.h>
#include <string.h>

#define WIDER 16u    /* bits that the results have more than the numbers */
#define BITS_MAX 40u /* of the range of numbers */

struct ope {
	struct hf_prf prf;
	int64_t low;    /* units of the smallest number */
	unsigned bits;  /* 2^bits numbers from low on */
	uint64_t count; /* numbers that may stand there */
	unsigned scale;
};

static enum hf_err set_range(struct ope *s, const struct hf_mask_use *use, struct hf_fault *f)
{
	struct hf_decimal low, high;
	int64_t most;

	HF_TRY(hf_decimal_arg(use, "ope", "low", "", f, &low));
	HF_TRY(hf_decimal_arg(use, "ope", "high", "", f, &high));
	s->scale = (unsigned)hf_arg_number(use, "decimals", 0);
	if (!hf_decimal_at(&low, s->scale, &s->low) || !hf_decimal_at(&high, s->scale, &most) || most <= s->low ||
	    (uint64_t)(most - s->low) >> BITS_MAX)
		return hf_fault_set(
		        f, HF_E_ARGUMENT,
		        "ope: low has to be below high, with at most 2^%u numbers of %u decimals from one to the other",
		        BITS_MAX, s->scale);
	s->count = (uint64_t)(most - s->low) + 1;
	while (s->count > (uint64_t)1 << s->bits)
		s->bits++;
	return HF_OK;
}

static enum hf_err ope_open(const struct hf_mask_use *use, struct hf_fault *f, void **ret_state)
{
	struct ope *s = hf_alloc_zero(sizeof(*s));
	enum hf_err e = set_range(s, use, f);

	if (e != HF_OK) {
		free(s);
		return e;
	}
	hf_prf_init(&s->prf, use, "ope");
	*ret_state = s;
	return HF_OK;
}

static void ope_close(void *state)
{
	struct ope *s = state;

	hf_prf_done(&s->prf);
	free(s);
}

/* A piece of the numbers, [x, x + 2^bits), and of the results, [y, y + width). */
struct piece {
	uint64_t x, y, width;
	unsigned bits;
};

/* Where the results of the upper half begin: each half keeps at least as many results as it has numbers. */
static uint64_t middle(const struct ope *s, const struct piece *p)
{
	uint64_t half = (uint64_t)1 << (p->bits - 1), room = p->width - 2 * half;
	uint8_t place[9];
	const struct hf_bytes what = {place, sizeof(place)};
	struct hf_hash h;

	hf_put_u64(place, p->x);
	place[8] = (uint8_t)p->bits;
	hf_prf_of_value(&s->prf, &what, &h);
	return p->y + half + hf_prf_below(&h, 0, room + 1);
}

static void go(struct piece *p, uint64_t at, bool up)
{
	p->bits--;
	if (up) {
		p->width -= at - p->y;
		p->y = at;
		p->x += (uint64_t)1 << p->bits;
	} else {
		p->width = at - p->y;
	}
}

static struct piece whole(const struct ope *s)
{
	return (struct piece){0, 0, (uint64_t)1 << (s->bits + WIDER), s->bits};
}

static uint64_t result_of(const struct ope *s, uint64_t number)
{
	struct piece p = whole(s);
	struct hf_hash h;

	while (p.bits > 0)
		go(&p, middle(s, &p), number >> (p.bits - 1) & 1);
	hf_prf_of_number(&s->prf, p.x, &h);
	return p.y + hf_prf_below(&h, 1, p.width);
}

static bool number_of(const struct ope *s, uint64_t result, uint64_t *ret_number)
{
	struct piece p = whole(s);

	if (result >= p.width)
		return false;
	while (p.bits > 0) {
		uint64_t at = middle(s, &p);

		go(&p, at, result >= at);
	}
	*ret_number = p.x;
	return p.x < s->count && result_of(s, p.x) == result;
}

static bool one(const struct ope *s, const struct hf_bytes *v, bool back, struct hf_decimal *ret_d)
{
	struct hf_decimal d;
	int64_t units;
	uint64_t number;

	if (!hf_decimal_read(v->data, v->len, &d) || (back ? d.scale > 0 || d.units < 0 : d.scale > s->scale))
		return false;
	if (back) {
		if (!number_of(s, (uint64_t)d.units, &number))
			return false;
		*ret_d = (struct hf_decimal){s->low + (int64_t)number, s->scale};
		return true;
	}
	if (!hf_decimal_at(&d, s->scale, &units) || units < s->low || (uint64_t)(units - s->low) >= s->count)
		return false;
	*ret_d = (struct hf_decimal){(int64_t)result_of(s, (uint64_t)(units - s->low)), 0};
	return true;
}

static enum hf_err run(const struct ope *s, struct hf_mask_batch *b, bool back)
{
	for (size_t i = 0; i < b->count; i++) {
		struct hf_decimal d;

		b->out[i] = (struct hf_bytes){NULL, 0};
		if (!b->in[i].data)
			continue;
		if (one(s, &b->in[i], back, &d))
			b->out[i] = hf_decimal_bytes(&d, b->arena);
		else
			b->unreadable++;
	}
	return HF_OK;
}

static enum hf_err ope_mask(void *state, struct hf_mask_batch *b, struct hf_fault *f)
{
	(void)f;
	return run(state, b, false);
}

static enum hf_err ope_unmask(void *state, struct hf_mask_batch *b, struct hf_fault *f)
{
	(void)f;
	return run(state, b, true);
}

static const struct hf_param ope_params[] = {
        {"low", HF_PARAM_DECIMAL, true, INT32_MIN, INT32_MAX, NULL, "smallest number; others become null"},
        {"high", HF_PARAM_DECIMAL, true, INT32_MIN, INT32_MAX, NULL, "largest number"},
        {"decimals", HF_PARAM_NUMBER, false, 0, 6, NULL, "of the numbers; 0 when nothing is said"},
        {"accept-order-leak", HF_PARAM_CHOICE, true, 0, 0, "yes", "said so that nobody takes this by mistake"},
        {NULL, 0, false, 0, 0, NULL, NULL},
};

const struct hf_technique hf_technique_ope = {
        .id = "ope",
        .title = "order-preserving encryption",
        .record = {.principle = "a number becomes a larger one by a keyed function that keeps the order",
                   .format = HF_FORMAT_LOST,
                   .repeats = HF_REPEATS_VALUE,
                   .reversible = HF_REVERSIBLE_KEY,
                   .reference = HF_REFERENCE_ONE_TO_ONE,
                   .meaning = HF_MEANING_ORDER,
                   .distribution = HF_DISTRIBUTION_FREQUENCIES,
                   .reach = HF_REACH_ROW,
                   .keyed = HF_KEYED_CONSUMER,
                   .cost = "about 300 ns for each bit of the range",
                   .constraint = "the order shows, and with many results about where each number lies: take bands or "
                                 "noise where that matters"},
        .params = ope_params,
        .open = ope_open,
        .close = ope_close,
        .mask = ope_mask,
        .unmask = ope_unmask,
};
