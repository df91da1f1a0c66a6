/* effect_fuzz.c - tables and trees from anywhere: levels of a column are nested, shares are shares, a tree is one. The
 * first byte chooses: T a tree, L levels of a column (a value a line), else a column before and after (two a line). */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "masking/effect_tree.h"
#include "masking/effect_utility.h"
#include "masking/levels.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ROWS_MOST 300u

static void must(bool holds)
{
	if (!holds)
		abort();
}

/* One row a line; the second cell is what stands behind the first tab. */
static struct hf_effect_table *table_of(const uint8_t *data, size_t size, struct hf_effect_table *second)
{
	struct hf_effect_table *t = hf_effect_table_new(1, (const uint8_t *)"sixteen bytes ok");

	for (unsigned i = 0; size > 0 && i < ROWS_MOST; i++) {
		const uint8_t *lf = memchr(data, '\n', size);
		size_t len = lf ? (size_t)(lf - data) : size;
		const uint8_t *tab = memchr(data, '\t', len);
		struct hf_bytes a = {data, tab && second ? (size_t)(tab - data) : len}, b = {NULL, 0};

		if (tab && second)
			b = (struct hf_bytes){tab + 1, len - a.len - 1};
		must(hf_effect_add(t, &a) && (!second || hf_effect_add(second, &b)));
		data += lf ? len + 1 : len;
		size -= lf ? len + 1 : len;
	}
	return t;
}

static void levels(const uint8_t *data, size_t size)
{
	struct hf_effect_table *t = table_of(data, size, NULL);
	const uint32_t *codes = hf_effect_codes(t, 0);
	struct hf_fault f = {.code = HF_OK};
	struct hf_levels l;

	if (hf_effect_rows(t) > 0 && hf_levels_make(t, 0, NULL, &l, &f) == HF_OK) {
		must(l.lattice.level_count >= 1 && l.lattice.level_count <= HF_LATTICE_LEVELS);
		for (size_t level = 1; level < l.lattice.level_count; level++)
			for (uint32_t i = 1; i < hf_effect_rows(t); i++) {
				const uint32_t *fine = l.lattice.level[level - 1].to, *to = l.lattice.level[level].to;

				must(fine[codes[i]] != fine[codes[i - 1]] || to[codes[i]] == to[codes[i - 1]]);
			}
		hf_levels_done(&l);
	}
	hf_effect_table_free(t);
}

static bool is_share(double v)
{
	return v >= -1e-9 && v <= 1 + 1e-9;
}

static void utility(const uint8_t *data, size_t size)
{
	static const size_t first[] = {0};
	struct hf_effect_table *after = hf_effect_table_new(1, (const uint8_t *)"another sixteen."), *before;
	struct hf_effect_questions q;
	struct hf_effect_column c;

	before = table_of(data, size, after);
	hf_effect_column(before, 0, after, 0, true, &c);
	must(is_share(c.loss) && is_share(c.variation) && c.emptied <= c.changed);
	must(!c.numbers || (is_share(c.ks) && isfinite(c.mean[0]) && isfinite(c.mean[1]) && c.variance[0] >= 0 &&
	                    isfinite(c.variance[0]) && c.variance[1] >= 0 && isfinite(c.variance[1])));
	hf_effect_questions(&(struct hf_effect_pair){before, after, first, first, 1}, 5, (struct hf_bytes){data, 1},
	                    &q);
	must(q.mean >= 0 && isfinite(q.mean) && q.most >= q.median && isfinite(q.most));
	hf_effect_table_free(before);
	hf_effect_table_free(after);
}

static void tree(const uint8_t *data, size_t size)
{
	static const size_t first[] = {0};
	struct hf_hierarchy *h = NULL;
	struct hf_fault f = {.code = HF_OK};
	struct hf_effect_table *t;
	struct hf_effect_classes c;
	double far = 0;

	if (hf_hierarchy_read("tree", data, size, &h, &f) != HF_OK) {
		must(!h && f.text[0]);
		return;
	}
	must(hf_hierarchy_levels(h) >= 1 && hf_hierarchy_levels(h) <= HF_HIERARCHY_LEVELS);
	t = table_of(data, size, NULL);
	hf_effect_classes_make(t, first, 1, &c);
	if (hf_effect_closeness_tree(t, &c, 0, h, &far) == 0)
		must(is_share(far));
	hf_effect_classes_done(&c);
	hf_effect_table_free(t);
	hf_hierarchy_free(h);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	if (data[0] == 'T')
		tree(data + 1, size - 1);
	else if (data[0] == 'L')
		levels(data + 1, size - 1);
	else
		utility(data + 1, size - 1);
	return 0;
}
