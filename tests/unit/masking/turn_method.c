/*
 * turn_method.c - an example of a masking method in a shared library (node/masking/method.h): digits are turned by
 * keyed amounts that depend on their place, everything else stays. Weak, but all its record says is true; with the
 * settings "lie" or "forget" it is not.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "masking/method.h"

#ifndef TITLE
#define TITLE "turned digits"
#endif

#define PLACES 64u

struct turn {
	uint8_t by[PLACES];
	int forgets;    /* the key */
	uint64_t calls; /* lies: results depend on it */
	int lies;
};

static int turn_open(const struct hufu_method_use *use, void **state, char *why, size_t why_size)
{
	struct turn *t = calloc(1, sizeof(*t));

	if (!t || (use->settings && strcmp(use->settings, "fail") == 0)) {
		snprintf(why, why_size, "the settings say so");
		free(t);
		return 1;
	}
	t->lies = use->settings && strcmp(use->settings, "lie") == 0;
	t->forgets = use->settings && strcmp(use->settings, "forget") == 0;
	for (size_t i = 0; i < PLACES; i++) {
		unsigned sum = 7;

		for (size_t k = 0; k < 32 && !t->forgets; k++)
			sum = sum * 31 + use->key[k] + (unsigned)i;
		t->by[i] = (uint8_t)(1 + sum % 9);
	}
	*state = t;
	return 0;
}

static int turn(struct turn *t, struct hufu_method_batch *b, int sign)
{
	for (size_t i = 0; i < b->count; i++) {
		const struct hufu_value *v = &b->in[i];
		uint8_t *out;

		if (!v->data || v->len > PLACES)
			continue; /* out is null */
		out = b->room(b->host, v->len);
		for (size_t k = 0; k < v->len; k++) {
			const int digit = v->data[k] >= '0' && v->data[k] <= '9';
			const int by = t->by[k] + (t->lies ? (int)(t->calls % 2) : 0);

			out[k] = digit ? (uint8_t)('0' + (v->data[k] - '0' + 20 + sign * by) % 10) : v->data[k];
		}
		b->out[i] = (struct hufu_value){out, v->len};
	}
	t->calls++;
	return 0;
}

static int turn_mask(void *state, struct hufu_method_batch *b)
{
	return turn(state, b, 1);
}

static int turn_unmask(void *state, struct hufu_method_batch *b)
{
	return turn(state, b, -1);
}

__attribute__((visibility("default"))) const struct hufu_method *hufu_method(void)
{
	static const struct hufu_method method = {.version = HUFU_METHOD_VERSION,
	                                          .size = sizeof(method),
	                                          .title = TITLE,
	                                          .principle = "each digit moves on by a keyed amount for its place",
	                                          .cost = "about 20 ns a value",
	                                          .constraint = "an example: a few known values give the amounts away",
	                                          .format = "kept",
	                                          .repeats = "value",
	                                          .reversible = "by key",
	                                          .reference = "one to one",
	                                          .meaning = "kept",
	                                          .distribution = "exact",
	                                          .keyed = "consumer",
	                                          .open = turn_open,
	                                          .close = free,
	                                          .mask = turn_mask,
	                                          .unmask = turn_unmask};

	return &method;
}
