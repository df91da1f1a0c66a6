/* effect_uniques.c - the models of Pitman, Zayatz and SNB over the sizes of classes; declared in effect_uniques.h. */
#include "masking/effect_uniques.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"

#define STEPS 100u        /* of halving an interval: beyond what a double holds */
#define ALPHA_LEAST -16.0 /* almost all classes of one size */

struct sample {
	uint32_t *with; /* with[i]: classes of i rows */
	uint32_t largest;
	double classes, rows, people, fraction;
};

static void sample_make(struct sample *s, const struct hf_effect_classes *c, uint64_t population)
{
	*s = (struct sample){.classes = c->count, .rows = c->rows - c->suppressed, .people = (double)population};
	s->fraction = s->people > 0 ? s->rows / s->people : 0;
	for (uint32_t i = 0; i < c->count; i++)
		s->largest = c->size[i] > s->largest ? c->size[i] : s->largest;
	s->with = hf_alloc_zero(((size_t)s->largest + 3) * sizeof(*s->with));
	for (uint32_t i = 0; i < c->count; i++)
		s->with[c->size[i]]++;
}

static double digamma(double x)
{
	double sum = 0, z;

	for (; x < 12; x++)
		sum -= 1 / x;
	z = 1 / (x * x);
	return sum + log(x) - 0.5 / x - z * (1 / 12.0 - z * (1 / 120.0 - z * (1 / 252.0 - z * (1 / 240.0 - z / 132))));
}

/* Pitman. The sum of 1/(theta + i * alpha) for 0 < i < classes. */
static double over_classes(const struct sample *s, double theta, double alpha)
{
	double by = fabs(alpha), sum = 0;

	if (by < 1e-4) { /* what follows would be the difference of almost equal numbers */
		for (uint32_t i = 1; i < s->classes; i++)
			sum += 1 / (theta + i * alpha);
		return sum;
	}
	return alpha > 0 ? (digamma(theta / by + s->classes) - digamma(theta / by + 1)) / by
	                 : (digamma(theta / by) - digamma(theta / by - s->classes + 1)) / by;
}

/* The sum of i/(theta + i * alpha). */
static double over_classes_i(const struct sample *s, double theta, double alpha)
{
	double sum = 0;

	if (fabs(alpha) >= 1e-4)
		return ((s->classes - 1) - theta * over_classes(s, theta, alpha)) / alpha;
	for (uint32_t i = 1; i < s->classes; i++)
		sum += i / (theta + i * alpha);
	return sum;
}

/* Where the likelihood no longer rises with theta. */
static double theta_for(const struct sample *s, double alpha)
{
	double least = alpha > 0 ? -alpha : -alpha * (s->classes - 1), low = log(1e-12), high = log(1e15);

	for (unsigned i = 0; i < STEPS; i++) {
		double mid = (low + high) / 2, theta = least + exp(mid);

		if (over_classes(s, theta, alpha) > digamma(theta + s->rows) - digamma(theta + 1))
			low = mid;
		else
			high = mid;
	}
	return least + exp(low);
}

/* How the likelihood rises with alpha, theta being the best for it. */
static double slope_alpha(const struct sample *s, double alpha, double *ret_theta)
{
	double theta = theta_for(s, alpha), all = 0, inner = 0;

	for (uint32_t size = 2; size <= s->largest; size++) {
		inner += 1 / (size - 1 - alpha);
		all += s->with[size] * inner;
	}
	*ret_theta = theta;
	return over_classes_i(s, theta, alpha) - all;
}

/* Negative alpha: the population has finitely many classes. */
static void pitman(const struct sample *s, struct hf_effect_estimate *e)
{
	double low = ALPHA_LEAST, high = 1 - 1e-9, theta = 0;

	if (s->classes < 2 || s->classes == s->rows || slope_alpha(s, low, &theta) <= 0 ||
	    slope_alpha(s, high, &theta) >= 0) {
		e->why = "no parameters of this model make these sizes of classes most likely";
		return;
	}
	for (unsigned i = 0; i < 60; i++) {
		double mid = (low + high) / 2;

		if (slope_alpha(s, mid, &theta) > 0)
			low = mid;
		else
			high = mid;
	}
	e->a = theta;
	e->b = low;
	e->uniques = exp(lgamma(theta + 1) - lgamma(theta + low) + low * log(s->people));
	if (!(e->uniques >= 0 && e->uniques <= s->people))
		e->why = "it is not between none and all of the population";
}

/* The chance that a class of that many people has one row in the sample (hypergeometric). */
static double one_of(const struct sample *s, uint32_t people)
{
	double p = people * s->fraction;

	for (uint32_t i = 0; i + 1 < people && p > 0; i++)
		p *= (s->people - s->rows - i) / (s->people - 1 - i);
	return p > 0 ? p : 0;
}

static void zayatz(const struct sample *s, struct hf_effect_estimate *e)
{
	double any = 0;

	for (uint32_t i = 1; i <= s->largest; i++)
		any += s->with[i] ? s->with[i] * one_of(s, i) : 0;
	e->uniques = s->with[1] * (s->with[1] * one_of(s, 1) / any) / s->fraction;
	if (!(e->uniques <= s->people))
		e->why = "it is more than the population";
}

/* Classes of the population: Haas and Stokes 1998, Sh3. */
static double all_classes(const struct sample *s)
{
	double q = s->fraction, up = 0, down = 0, none = 0, one = 0;

	for (uint32_t i = 1; i <= s->largest; i++) {
		double missed = pow(1 - q, i);

		if (!s->with[i])
			continue;
		up += i * q * q * pow(1 - q * q, i - 1) * s->with[i];
		down += (pow(1 - q * q, i) - missed) * s->with[i]; /* (1 - q)^i * ((1 + q)^i - 1) */
		none += missed * s->with[i];
		one += i * q * pow(1 - q, i - 1) * s->with[i];
	}
	return down > 0 && one > 0 ? s->classes + s->with[1] * (up / down) * (none / one) * (none / one) : s->classes;
}

/* SNB: a class has one person and as many more as a negative binomial says (alpha, beta). What the model expects of
 * the sample, as logarithms of expected over counted: classes of one row, of two rows. */
static void expected(const struct sample *s, double classes, const double ab[2], double ret_off[2])
{
	double alpha = exp(ab[0]), beta = 1 / (1 + exp(-ab[1])), q = s->fraction, z = (1 - q) * (1 - beta), d = 1 - z;

	ret_off[0] = log(classes * q) + alpha * log(beta / d) + log(alpha * z / d + 1) - log(s->with[1]);
	ret_off[1] = log(classes * alpha * q * q / 2) + alpha * log(beta) + log(1 - beta) - (alpha + 2) * log(d) +
	             log(2 - (1 - alpha) * z) - log(s->with[2]);
}

static double size_of(const double off[2])
{
	return off[0] * off[0] + off[1] * off[1];
}

/* One step of Newton, halved until it comes nearer. False: none does. */
static bool step(const struct sample *s, double classes, double ab[2], double off[2])
{
	double da[2], db[2], to[2], by[2] = {0, 0}, next[2], det, h = 1e-6;

	expected(s, classes, (double[2]){ab[0] + h, ab[1]}, da);
	expected(s, classes, (double[2]){ab[0], ab[1] + h}, db);
	for (unsigned i = 0; i < 2; i++) {
		da[i] = (da[i] - off[i]) / h;
		db[i] = (db[i] - off[i]) / h;
	}
	det = da[0] * db[1] - db[0] * da[1];
	by[0] = (off[0] * db[1] - off[1] * db[0]) / det;
	by[1] = (off[1] * da[0] - off[0] * da[1]) / det;
	for (double part = 1; part > 1e-9; part /= 2) {
		to[0] = ab[0] - part * by[0];
		to[1] = ab[1] - part * by[1];
		expected(s, classes, to, next);
		if (!(size_of(next) < size_of(off)))
			continue;
		for (unsigned i = 0; i < 2; i++) {
			ab[i] = to[i];
			off[i] = next[i];
		}
		return true;
	}
	return false;
}

static bool fit(const struct sample *s, double classes, double ab[2])
{
	double off[2];

	expected(s, classes, ab, off);
	for (unsigned i = 0; i < 500 && size_of(off) > 1e-24; i++)
		if (!step(s, classes, ab, off))
			break;
	return size_of(off) < 1e-14;
}

static void snb(const struct sample *s, struct hf_effect_estimate *e)
{
	static const double begin[][2] = {{0, 0}, {-2, -2}, {-2, -4}, {0, -4}, {-4, -6}, {1, 0}, {2, 2}, {-4, -2}};
	double classes = all_classes(s);

	if (!s->with[2]) {
		e->why = "no class has two rows";
		return;
	}
	for (size_t i = 0; i < sizeof(begin) / sizeof(begin[0]); i++) {
		double ab[2] = {begin[i][0], begin[i][1]};

		if (!fit(s, classes, ab))
			continue;
		e->a = exp(ab[0]);
		e->b = 1 / (1 + exp(-ab[1]));
		e->uniques = classes * pow(e->b, e->a);
		if (!(e->uniques <= s->people))
			e->why = "it is more than the population";
		return;
	}
	e->why = "no sizes of this model have so many classes of one and of two rows";
}

static void choose(struct hf_effect_uniques *u)
{
	const struct hf_effect_estimate *e = u->fraction <= 0.1 ? &u->pitman : &u->snb;

	if (e->why || (e == &u->snb && !u->zayatz.why && u->zayatz.uniques < u->snb.uniques))
		e = &u->zayatz;
	u->chosen = e == &u->pitman ? "pitman" : e == &u->snb ? "snb" : "zayatz";
	u->uniques = e->uniques;
}

void hf_effect_uniques(const struct hf_effect_classes *c, uint64_t population, struct hf_effect_uniques *ret_uniques)
{
	struct hf_effect_uniques u = {.chosen = "zayatz"};
	struct hf_effect_estimate *all[] = {&u.pitman, &u.zayatz, &u.snb};
	struct sample s;

	sample_make(&s, c, population);
	u.fraction = s.fraction;
	u.sample = s.largest ? s.with[1] : 0;
	for (size_t i = 0; i < 3 && s.people < s.rows; i++)
		all[i]->why = "the population has fewer people than the table";
	if (s.people >= s.rows && u.sample) {
		pitman(&s, &u.pitman);
		zayatz(&s, &u.zayatz);
		snb(&s, &u.snb);
		choose(&u);
	}
	for (size_t i = 0; i < 3; i++)
		if (all[i]->why)
			all[i]->uniques = 0;
	if (u.pitman.why && u.zayatz.why && u.snb.why)
		u.uniques = 0;
	free(s.with);
	*ret_uniques = u;
}
