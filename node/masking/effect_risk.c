/* effect_risk.c - prosecutor, journalist and marketer risk from the sizes of classes; declared in effect.h. */
#include "masking/effect.h"

void hf_effect_risk(const struct hf_effect_classes *c, double threshold, struct hf_effect_risk *ret_risk)
{
	struct hf_effect_risk r = {.rows = c->rows, .suppressed = c->suppressed, .classes = c->count};
	double in_classes = (double)(c->rows - c->suppressed), above = 0;

	r.discernible = (double)c->suppressed * (double)c->rows;
	for (uint32_t i = 0; i < c->count; i++) {
		double n = c->size[i];

		r.k = i == 0 || c->size[i] < r.k ? c->size[i] : r.k;
		r.uniques += c->size[i] == 1;
		r.discernible += n * n;
		if (1 / n > threshold)
			above += n;
	}
	if (c->count) {
		r.average = in_classes / c->count;
		r.max = 1.0 / r.k;
		r.mean = c->count / in_classes;
		r.above = above / in_classes;
	}
	*ret_risk = r;
}

void hf_effect_journalist(const struct hf_effect_classes *c, const uint32_t *population, uint32_t population_rows,
                          double threshold, struct hf_effect_journalist *ret_risk)
{
	struct hf_effect_journalist r = {.k = 0};
	double in_classes = (double)(c->rows - c->suppressed), above = 0, inverse = 0, found = 0;

	for (uint32_t i = 0; i < c->count; i++) {
		uint32_t f = c->size[i], many = population[i] < f ? f : population[i];
		double presence = (double)f / many;

		r.strange += population[i] < f;
		r.k = i == 0 || many < r.k ? many : r.k;
		r.delta_min = i == 0 || presence < r.delta_min ? presence : r.delta_min;
		r.delta_max = presence > r.delta_max ? presence : r.delta_max;
		r.marketer += presence;
		inverse += 1.0 / many;
		found += population[i];
		if (1.0 / many > threshold)
			above += f;
	}
	if (found < population_rows) /* someone of the population is like nobody here */
		r.delta_min = 0;
	if (c->count) {
		double a = population_rows ? (double)c->count / population_rows : 0, b = inverse / c->count;

		r.max = 1.0 / r.k;
		r.mean = a > b ? a : b;
		r.above = above / in_classes;
		r.marketer /= in_classes;
	}
	*ret_risk = r;
}
