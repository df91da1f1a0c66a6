/*
 * detect_fuzz.c - values from anywhere, one a line: whatever they are, both triages see the same, counting goes on, and
 * a value found inside a text is one when it stands alone. The first byte says whether shapes count.
 */
#include <stdlib.h>
#include <string.h>

#include "masking/detect/embedded.h"
#include "masking/detect/tables.h"
#include "masking/identify.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A copy that ends where the slack does, so that a longer reach is seen. */
static uint8_t *padded(const uint8_t *data, size_t len)
{
	uint8_t *p = malloc(len + HF_CELL_SLACK);

	if (!p)
		abort();
	memcpy(p, data, len);
	memset(p + len, 0, HF_CELL_SLACK);
	return p;
}

static void look_inside(const uint8_t *text, size_t len, const struct hf_detect_tables *t)
{
	struct hf_embedded hit;
	size_t at = 0;

	while (hf_embedded_next(text, len, at, t, &hit)) {
		uint8_t *alone = padded(text + hit.at, hit.len);
		struct hf_cell c;

		if (hit.at < at || hit.len == 0 || hit.at + hit.len > len)
			abort();
		hf_cell_triage(alone, hit.len, &c);
		if (hit.detector->check(&c, t) != HF_MATCH_VALID)
			abort();
		free(alone);
		at = hit.at + hit.len;
	}
}

static void one_value(struct hf_identify *x, struct hf_identify *watch, const uint8_t *data, size_t len,
                      const struct hf_detect_tables *t)
{
	uint8_t *p = padded(data, len);
	const struct hf_bytes b[2] = {{p, len}, {p, len}};
	struct hf_cell plain, fast;

	memset(&plain, 0, sizeof(plain));
	memset(&fast, 0, sizeof(fast));
	hf_triage_plain(b, 1, &plain);
	hf_triage()(b, 1, &fast);
	if (memcmp(&plain, &fast, sizeof(plain)) != 0)
		abort();
	hf_identify_row(x, b, 2, true);
	hf_identify_watch(watch, b, 2);
	look_inside(p, len, t);
	free(p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct hf_named_field fields[] = {{"c1", NULL}, {"passport_no", "备注 birthday phone imo name"}};
	struct hf_detect_tables *t;
	struct hf_identify_options o = {.table = "drivers"};
	struct hf_identify *x, *watch;
	size_t count;

	if (size < 2)
		return 0;
	t = malloc(sizeof(*t));
	if (!t)
		abort();
	hf_detect_tables_init(t);
	o.shape_only = data[0] & 1;
	x = hf_identify_new(&o, fields, 2);
	watch = hf_identify_new(&o, fields, 2);
	for (const uint8_t *at = data + 1, *end = data + size; at < end;) {
		const uint8_t *lf = memchr(at, '\n', (size_t)(end - at)), *stop = lf ? lf : end;

		one_value(x, watch, at, (size_t)(stop - at), t);
		at = stop + 1;
	}
	hf_identify_findings(x, &count);
	if (count != 2 || hf_identify_rows(x) != hf_identify_rows(watch))
		abort();
	hf_identify_findings(watch, &count);
	hf_identify_free(x);
	hf_identify_free(watch);
	free(t);
	return 0;
}
