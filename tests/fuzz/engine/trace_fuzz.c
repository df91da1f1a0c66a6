/*
 * trace_fuzz.c - leaks as JSON from anywhere, and originals as CSV from anywhere (when the first byte is odd), traced
 * among two releases: what is said is sound, does not depend on the order of the leaked rows or on the pieces in which
 * the original came, and what is refused is refused with a sentence.
 */
#include <stdlib.h>
#include <string.h>

#include "release/engine/trace_rows.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define RELEASES 2u
#define ROWS 40u

static const char plan_text[] =
        "masking-plan: 1\nname: tolls\nversion: 1\nneed: n\npurpose: p\nmode: static\n"
        "people: {operator: li, security: wang, audit: zhao}\nscope: {group: g, consumer: c}\nschedule: by hand\n"
        "result: {rows-least: 0}\nrelations: []\ntables:\n  t:\n    fields:\n      code: {technique: denc}\n"
        "      fee: {technique: noise, scale: 5, fingerprint: on, step: 1}\n      lane: keep\n"
        "emergency:\n  source: {cause: a, solution: b, who: li}\n  format: {cause: a, solution: b, who: li}\n"
        "  key: {cause: a, solution: b, who: li}\n  result: {cause: a, solution: b, who: li}\n"
        "  space: {cause: a, solution: b, who: li}\n";
static const char *const recipients[RELEASES] = {"university", "insurer"};
static const struct hf_mask_key root = {"the root of all keys"};

static struct hf_plan *plan(void)
{
	static struct hf_plan *p;
	struct hf_fault f;

	if (!p && hf_plan_read("plan", plan_text, strlen(plan_text), &p, &f) != HF_OK)
		abort();
	return p;
}

static void own_original(struct hf_buf *out)
{
	hf_buf_addf(out, "code,fee,lane\n");
	for (unsigned i = 0; i < ROWS; i++)
		hf_buf_addf(out, "C%u,%u.25,%u\n", i * 7, i * 31 % 90, i % 4);
}

/* Both releases of that original, in pieces. */
static enum hf_err try_all(struct hf_trace *t, const struct hf_buf *original, size_t piece, struct hf_fault *f)
{
	enum hf_err e = HF_OK;

	for (size_t i = 0; i < RELEASES && e == HF_OK; i++) {
		struct hf_mask_scope scope = plan()->scope;
		const struct hf_trace_release r = {
		        .name = "tolls",
		        .recipient = recipients[i],
		        .setup = {.plan = plan(), .table = "t", .root = &root, .scope = &scope}};
		struct hf_trace_rows *rows = hf_trace_rows_new(t, &r);

		scope.consumer = recipients[i];
		for (size_t at = 0; at < original->len && e == HF_OK; at += piece)
			e = hf_trace_rows_feed(rows, original->data + at,
			                       original->len - at < piece ? original->len - at : piece, f);
		if (e == HF_OK)
			e = hf_trace_rows_end(rows, f);
		hf_trace_rows_free(rows);
	}
	if (e != HF_OK && !f->text[0])
		abort();
	return e;
}

static void check_evidence(const json_t *release, json_int_t rows)
{
	const json_t *e;
	size_t i;

	json_array_foreach(json_object_get(release, "evidence"), i, e)
	{
		json_int_t values = json_integer_value(json_object_get(e, "values"));
		double bound = json_real_value(json_object_get(e, "bound"));

		if (json_integer_value(json_object_get(e, "hits")) > values || values < 0 ||
		    !(bound >= 0 && bound <= 1))
			abort();
	}
	if (json_integer_value(json_object_get(release, "rows")) > rows ||
	    json_integer_value(json_object_get(release, "found")) > rows ||
	    json_integer_value(json_object_get(release, "only_here")) >
	            json_integer_value(json_object_get(release, "rows")))
		abort();
}

static void check_report(const json_t *report)
{
	const json_t *releases = json_object_get(report, "releases"), *r;
	const bool named = json_array_size(json_object_get(report, "named")) > 0;
	const json_int_t rows = json_integer_value(json_object_get(report, "rows"));
	size_t i;

	if (!report || (strcmp(json_string_value(json_object_get(report, "verdict")), "named") == 0) != named ||
	    json_integer_value(json_object_get(report, "unexplained")) > rows)
		abort();
	json_array_foreach(releases, i, r)
	{
		if (json_is_true(json_object_get(r, "named")) &&
		    !(json_real_value(json_object_get(r, "bound")) <= HF_TRACE_NAMES))
			abort();
		check_evidence(r, rows);
	}
}

/* Who is named, and by how many hits; the sums of reals may differ in their last digits. */
static void summary(const json_t *report, struct hf_buf *out)
{
	const json_t *r, *e;
	size_t i, k;

	json_array_foreach(json_object_get(report, "releases"), i, r)
	{
		hf_buf_addf(out, "%s %lld %lld\n", json_string_value(json_object_get(r, "recipient")),
		            (long long)json_integer_value(json_object_get(r, "rows")),
		            (long long)json_integer_value(json_object_get(r, "found")));
		json_array_foreach(json_object_get(r, "evidence"), k, e)
		        hf_buf_addf(out, "%s %lld %lld\n", json_string_value(json_object_get(e, "kind")),
		                    (long long)json_integer_value(json_object_get(e, "values")),
		                    (long long)json_integer_value(json_object_get(e, "hits")));
	}
}

static void same(struct hf_buf *a, struct hf_buf *b)
{
	if (a->len != b->len || (a->len && memcmp(a->data, b->data, a->len) != 0))
		abort();
	hf_buf_done(a);
	hf_buf_done(b);
}

static struct hf_trace *read_leak(const json_t *header, const json_t *rows)
{
	struct hf_fault f = {HF_OK, ""};
	struct hf_trace *t = NULL;

	if (hf_trace_read(header, rows, &t, &f) != HF_OK && (t || !f.text[0]))
		abort();
	return t;
}

static void trace(struct hf_trace *t, const struct hf_buf *original, size_t piece, struct hf_buf *ret_summary)
{
	struct hf_fault f = {HF_OK, ""};
	json_t *report;

	if (try_all(t, original, piece, &f) != HF_OK)
		hf_buf_addf(ret_summary, "%s\n", f.text);
	report = hf_trace_report(t);
	check_report(report);
	summary(report, ret_summary);
	json_decref(report);
	hf_trace_free(t);
}

static void leak_from_anywhere(const uint8_t *data, size_t size)
{
	json_t *leak = json_loadb((const char *)data, size, JSON_REJECT_DUPLICATES, NULL), *back = json_array();
	const json_t *header = json_object_get(leak, "header"), *rows = json_object_get(leak, "rows");
	struct hf_buf original = HF_BUF_INIT, forth = HF_BUF_INIT, other = HF_BUF_INIT;
	struct hf_trace *t = read_leak(header, rows);

	if (t) {
		own_original(&original);
		trace(t, &original, original.len, &forth);
		for (size_t i = json_array_size(rows); i > 0; i--)
			json_array_append(back, json_array_get(rows, i - 1));
		trace(read_leak(header, back), &original, 7, &other);
		same(&forth, &other);
	}
	hf_buf_done(&original);
	json_decref(back);
	json_decref(leak);
}

static void original_from_anywhere(const uint8_t *data, size_t size, size_t piece)
{
	json_t *header = json_pack("[s, s]", "lane", "fee"), *rows = json_pack("[[s, s], [s, n]]", "1", "31.7", "x");
	struct hf_buf original = HF_BUF_INIT, whole = HF_BUF_INIT, pieces = HF_BUF_INIT;

	hf_buf_add(&original, data, size);
	trace(read_leak(header, rows), &original, size + 1, &whole);
	trace(read_leak(header, rows), &original, piece, &pieces);
	same(&whole, &pieces);
	hf_buf_done(&original);
	json_decref(header);
	json_decref(rows);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 2)
		return 0;
	if (data[0] & 1)
		original_from_anywhere(data + 1, size - 1, (size_t)(data[0] >> 1) + 1);
	else
		leak_from_anywhere(data + 1, size - 1);
	return 0;
}
