/* pace.c - declared in pace.h. */
#include "source/pace.h"

#include <poll.h>
#include <time.h>

#define TICK_MS 100
#define LATE_MS 1000 /* what was not read in that time may be made up for, and no more */

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int64_t due_ms(uint64_t taken, uint64_t per_second)
{
	return per_second ? (int64_t)((double)taken * 1000 / (double)per_second) : 0;
}

enum hf_err hf_pace_keep(struct hf_pace *p, uint64_t bytes, uint64_t rows, struct hf_fault *f)
{
	int64_t due, by_rows, left = 0;

	atomic_fetch_add(&p->bytes, bytes);
	atomic_fetch_add(&p->rows, rows);
	if (p->bytes_per_second || p->rows_per_second) {
		if (p->begun_ms == 0)
			p->begun_ms = now_ms();
		p->paced_bytes += bytes;
		p->paced_rows += rows;
	}
	due = due_ms(p->paced_bytes, p->bytes_per_second);
	by_rows = due_ms(p->paced_rows, p->rows_per_second);
	if (by_rows > due)
		due = by_rows;
	if (due && now_ms() - (p->begun_ms + due) > LATE_MS) /* it stood still: no burst follows */
		p->begun_ms = now_ms() - due;
	do {
		if (atomic_load(&p->stop))
			return hf_fault_set(f, HF_E_CANCELLED, "the reading was ended before it was done");
		left = due ? p->begun_ms + due - now_ms() : 0;
		if (left > 0)
			poll(NULL, 0, left < TICK_MS ? (int)left : TICK_MS);
	} while (left > 0);
	return HF_OK;
}

void hf_pace_free_run(struct hf_pace *p)
{
	p->bytes_per_second = p->rows_per_second = 0;
	p->paced_bytes = p->paced_rows = 0;
}
