/* hist.c - see hist.h. */
#include "hist.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define SLOTS (1u << 20)

struct hist {
	atomic_uint slot[SLOTS];
};

struct hist *hist_new(void)
{
	return hf_alloc_zero(sizeof(struct hist));
}

void hist_free(struct hist *h)
{
	free(h);
}

void hist_clear(struct hist *h)
{
	memset(h, 0, sizeof(*h));
}

void hist_add(struct hist *h, int64_t us)
{
	uint64_t at = us < 0 ? 0 : (uint64_t)us;
	atomic_fetch_add_explicit(&h->slot[at < SLOTS ? at : SLOTS - 1], 1, memory_order_relaxed);
}

double hist_percentile(const struct hist *h, double p)
{
	uint64_t count = 0, seen = 0;
	for (unsigned i = 0; i < SLOTS; i++)
		count += atomic_load_explicit(&h->slot[i], memory_order_relaxed);
	for (unsigned i = 0; i < SLOTS && count > 0; i++) {
		seen += atomic_load_explicit(&h->slot[i], memory_order_relaxed);
		if ((double)seen >= p * (double)count)
			return i;
	}
	return 0;
}
