/* lattice.c - the search for the node of least loss; declared in lattice.h. */
#include "masking/lattice.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define WAITING_MOST ((size_t)2 << 20) /* nodes that wait; beyond, the search is not exact */
#define MISSED_MOST 1024u              /* nodes known to miss k or l; the oldest are forgotten */
#define SLACK 1e-12                    /* of losses that are sums in another order */

struct waiting {
	double least; /* loss */
	uint8_t level[HF_LATTICE_COLUMNS];
};
struct search {
	struct hf_lattice_work *work;
	const struct hf_lattice *l;
	hf_lattice_go_on go_on;
	void *ctx;
	struct hf_lattice_found found;
	struct waiting *heap; /* the least first */
	size_t count, room;
	uint8_t (*missed)[HF_LATTICE_COLUMNS];
	size_t missed_count, missed_next;
	bool stopped;
};

static void swap(struct waiting *a, struct waiting *b)
{
	struct waiting kept = *a;

	*a = *b;
	*b = kept;
}

static void push(struct search *s, const uint8_t *level)
{
	size_t at = s->count;

	if (s->count == WAITING_MOST) {
		s->stopped = true;
		return;
	}
	if (s->count == s->room) {
		s->room = s->room ? 2 * s->room : 256;
		s->heap = hf_realloc(s->heap, s->room * sizeof(*s->heap));
	}
	s->heap[s->count].least = hf_lattice_least_loss(s->work, level);
	memcpy(s->heap[s->count++].level, level, HF_LATTICE_COLUMNS);
	for (; at > 0 && s->heap[(at - 1) / 2].least > s->heap[at].least; at = (at - 1) / 2)
		swap(&s->heap[at], &s->heap[(at - 1) / 2]);
}

static struct waiting pop(struct search *s)
{
	struct waiting top = s->heap[0];
	size_t at = 0;

	s->heap[0] = s->heap[--s->count];
	for (;;) {
		size_t least = at;

		for (size_t child = 2 * at + 1; child <= 2 * at + 2; child++)
			if (child < s->count && s->heap[child].least < s->heap[least].least)
				least = child;
		if (least == at)
			return top;
		swap(&s->heap[at], &s->heap[least]);
		at = least;
	}
}

/* Each node once: from the one that has its last column that is not at level 0 one level lower. */
static void push_next(struct search *s, const uint8_t *level)
{
	size_t last = s->l->column_count;
	uint8_t next[HF_LATTICE_COLUMNS];

	while (last > 0 && level[last - 1] == 0)
		last--;
	for (size_t i = last > 0 ? last - 1 : 0; i < s->l->column_count; i++) {
		if (level[i] + 1u >= s->l->columns[i].level_count)
			continue;
		memcpy(next, level, sizeof(next));
		next[i]++;
		push(s, next);
	}
}

static bool known_to_miss(const struct search *s, const uint8_t *level)
{
	for (size_t i = 0; i < s->missed_count; i++) {
		size_t j = 0;

		while (j < s->l->column_count && level[j] <= s->missed[i][j])
			j++;
		if (j == s->l->column_count)
			return true;
	}
	return false;
}

/* Tries a node; returns whether it misses k or l, as all below it do. */
static bool misses(struct search *s, const uint8_t *level)
{
	struct hf_lattice_node node = {.loss = 0};
	bool meets;

	memcpy(node.level, level, sizeof(node.level));
	meets = hf_lattice_try(s->work, &node);
	s->found.looked++;
	if (meets && (!s->found.any || node.loss < s->found.best.loss - SLACK)) {
		s->found.any = true;
		s->found.best = node;
	}
	if (hf_lattice_missed_size(s->work)) {
		memcpy(s->missed[s->missed_next], level, HF_LATTICE_COLUMNS);
		s->missed_next = (s->missed_next + 1) % MISSED_MOST;
		s->missed_count += s->missed_count < MISSED_MOST;
	}
	s->stopped |= !s->go_on(s->ctx, &s->found);
	return hf_lattice_missed_size(s->work);
}

/* One level up, where it costs least; false: it is the top. */
static bool rise(const struct search *s, uint8_t *level)
{
	size_t best = s->l->column_count;
	double least = 0;

	for (size_t i = 0; i < s->l->column_count; i++) {
		double loss;

		if (level[i] + 1u >= s->l->columns[i].level_count)
			continue;
		level[i]++;
		loss = hf_lattice_least_loss(s->work, level);
		level[i]--;
		if (best == s->l->column_count || loss < least) {
			best = i;
			least = loss;
		}
	}
	if (best == s->l->column_count)
		return false;
	level[best]++;
	return true;
}

/* Halves the way from a node that misses k or l to the top, for the highest on it that does. */
static void look_up(struct search *s, const uint8_t *from)
{
	uint8_t way[HF_LATTICE_COLUMNS * HF_LATTICE_LEVELS][HF_LATTICE_COLUMNS];
	size_t low = 0, high = 0;

	memcpy(way[0], from, sizeof(way[0]));
	do {
		high++;
		memcpy(way[high], way[high - 1], sizeof(way[0]));
	} while (rise(s, way[high]));
	while (high - low > 1 && !s->stopped) { /* way[low] misses; what is at high and above is the top, or does not */
		size_t mid = low + (high - low) / 2;

		if (misses(s, way[mid]))
			low = mid;
		else
			high = mid;
	}
}

static bool go_on_always(void *ctx, const struct hf_lattice_found *so_far)
{
	(void)ctx;
	(void)so_far;
	return true;
}

static void run(struct search *s)
{
	uint8_t bottom[HF_LATTICE_COLUMNS] = {0};

	push(s, bottom);
	while (s->count > 0 && !s->stopped) {
		struct waiting node = pop(s);

		if (s->found.any && node.least >= s->found.best.loss - SLACK)
			break;
		if (!known_to_miss(s, node.level) && misses(s, node.level))
			look_up(s, node.level);
		push_next(s, node.level);
		s->stopped |= !s->go_on(s->ctx, &s->found); /* many are passed over without a try */
	}
}

void hf_lattice_search(const struct hf_lattice *l, hf_lattice_go_on go_on, void *ctx,
                       struct hf_lattice_found *ret_found)
{
	struct search s = {.l = l, .go_on = go_on ? go_on : go_on_always, .ctx = ctx, .found = {.nodes = 1}};

	for (size_t i = 0; i < l->column_count; i++)
		s.found.nodes *= (double)l->columns[i].level_count;
	s.work = hf_lattice_work_new(l);
	s.missed = hf_alloc(MISSED_MOST * sizeof(*s.missed));
	run(&s);
	s.found.exact = !s.stopped;
	hf_lattice_work_free(s.work);
	free(s.heap);
	free(s.missed);
	*ret_found = s.found;
}
