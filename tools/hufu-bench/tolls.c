/*
 * tolls.c - a large table made from a seed: toll passages with plates, on-board unit numbers (Luhn check digit) and
 * unified social credit codes of the road operators (GB 32100 check character). No real person, vehicle or company.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"

#define VEHICLES 40000u
#define GANTRIES 800u
#define OPERATORS 31u

struct vehicle {
	char plate[16], unit[20];
};
struct gantry {
	char code[16], operator_code[20];
};
struct tolls {
	uint64_t state;
	struct vehicle vehicle[VEHICLES];
	struct gantry gantry[GANTRIES];
	char operators[OPERATORS][20];
};

/* splitmix64: small, seeded, the same everywhere. */
static uint64_t draw(struct tolls *t)
{
	uint64_t z = (t->state += 0x9e3779b97f4a7c15u);
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

static void luhn(char *digits)
{
	size_t n = strlen(digits);
	unsigned sum = 0;
	for (size_t i = 0; i < n; i++) {
		unsigned d = (unsigned)(digits[n - 1 - i] - '0');
		if (i % 2 == 0)
			d = d * 2 > 9 ? d * 2 - 9 : d * 2;
		sum += d;
	}
	digits[n] = (char)('0' + (10 - sum % 10) % 10);
	digits[n + 1] = 0;
}

/* GB 32100-2015: 17 characters and a check character modulo 31. */
static void credit_code(struct tolls *t, char out[20])
{
	static const char set[] = "0123456789ABCDEFGHJKLMNPQRTUWXY";
	static const unsigned weight[17] = {1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28};
	unsigned sum = 0;
	memcpy(out, "91", 2);
	for (unsigned i = 2; i < 17; i++)
		out[i] = i < 8 ? (char)('0' + draw(t) % 10) : set[draw(t) % 31];
	for (unsigned i = 0; i < 17; i++)
		sum += weight[i] * (unsigned)(strchr(set, out[i]) - set);
	out[17] = set[(31 - sum % 31) % 31];
	out[18] = 0;
}

static void fill(struct tolls *t)
{
	static const char *const province[] = {"京", "沪", "粤", "苏", "浙", "川", "鲁", "豫"};
	static const char letters[] = "ABCDEFGHJKLMNPQRSTUVWXYZ";
	for (unsigned i = 0; i < OPERATORS; i++)
		credit_code(t, t->operators[i]);
	for (unsigned i = 0; i < VEHICLES; i++) {
		struct vehicle *v = &t->vehicle[i];
		snprintf(v->plate, sizeof(v->plate), "%s%c%05u", province[draw(t) % 8], letters[draw(t) % 24],
		         (unsigned)(draw(t) % 100000));
		snprintf(v->unit, sizeof(v->unit), "62%013llu", (unsigned long long)(draw(t) % 10000000000000u));
		luhn(v->unit);
	}
	for (unsigned i = 0; i < GANTRIES; i++) {
		struct gantry *g = &t->gantry[i];
		snprintf(g->code, sizeof(g->code), "G%04u%06u", (unsigned)(draw(t) % 100),
		         (unsigned)(draw(t) % 1000000));
		memcpy(g->operator_code, t->operators[draw(t) % OPERATORS], sizeof(g->operator_code));
	}
}

static size_t put_text(char *out, const char *s)
{
	size_t n = strlen(s);
	memcpy(out, s, n);
	out[n] = ',';
	return n + 1;
}

static size_t put_number(char *out, uint64_t v, unsigned width, char end)
{
	for (unsigned i = width; i-- > 0; v /= 10)
		out[i] = (char)('0' + v % 10);
	out[width] = end;
	return width + 1;
}

static size_t row(struct tolls *t, uint64_t number, char *out)
{
	uint64_t r = draw(t), second = number / 90 % 86400, day = 1 + number / (90 * 86400) % 28;
	const struct vehicle *v = &t->vehicle[r % VEHICLES];
	const struct gantry *g = &t->gantry[(r >> 20) % GANTRIES];
	size_t n = put_number(out, number, 10, ',');
	memcpy(out + n, "2026-03-", 8);
	n += 8;
	n += put_number(out + n, day, 2, ' ');
	n += put_number(out + n, second / 3600, 2, ':');
	n += put_number(out + n, second / 60 % 60, 2, ':');
	n += put_number(out + n, second % 60, 2, ',');
	n += put_text(out + n, g->code);
	n += put_text(out + n, g->operator_code);
	n += put_text(out + n, v->plate);
	n += put_text(out + n, v->unit);
	out[n++] = (char)('1' + (r >> 40) % 4);
	out[n++] = ',';
	n += put_number(out + n, 100 + (r >> 44) % 9900, 5, '\n');
	return n;
}

static bool write_all(int fd, const char *data, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, data, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		data += n;
		len -= (size_t)n;
	}
	return true;
}

static bool write_rows(struct tolls *t, int fd, uint64_t bytes)
{
	static const char head[] = "passage,time,gantry,operator,plate,unit,vehicle_class,fee_cents\n";
	size_t cap = (size_t)1 << 20, used = sizeof(head) - 1;
	char *buffer = malloc(cap + 256);
	uint64_t written = 0, number = 1;
	bool ok = buffer != NULL;
	if (ok)
		memcpy(buffer, head, used);
	while (ok && written < bytes) {
		while (used < cap && written + used < bytes)
			used += row(t, number++, buffer + used);
		ok = write_all(fd, buffer, used);
		written += used;
		used = 0;
	}
	free(buffer);
	return ok;
}

bool tolls_write(const char *path, uint64_t bytes, uint64_t seed)
{
	struct tolls *t = calloc(1, sizeof(*t));
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	bool ok = t && fd >= 0;
	if (ok) {
		t->state = seed;
		fill(t);
		ok = write_rows(t, fd, bytes);
	}
	if (!ok)
		fprintf(stderr, "hufu-bench: %s cannot be written: %s\n", path, strerror(errno));
	if (fd >= 0)
		close(fd);
	free(t);
	return ok;
}
