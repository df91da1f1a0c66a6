/*
 * related.c - related: whether a plan masks related fields as all other plans of a node do, which each masked request
 * asks on the loop, with 1,000 approved plans and 10,000 ended tasks behind it and 25 relations of its source.
 * Baseline: that plan's text is read.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "bench.h"
#include "proto/codec.h"
#include "release/tasks.h"
#include "source/relations.h"
#include "source/source.h"
#include "state_release.pb-c.h"

#define PLANS 1000u
#define TASKS 10000u
#define RELATIONS 25u
#define FIELDS 5u /* of each other plan */
#define FIELD 40u /* bytes of one in a text */
#define TEXT 4096u
#define REPORT 2048u /* bytes of a task's evaluation */

struct rig {
	uv_loop_t loop;
	struct hf_base base;
	struct hf_system_clock *clock;
	struct hf_store *store;
	struct hf_sources *sources;
	struct hf_release *release;
	struct hf_fault f;
	bool done, failed;
	unsigned plans;
	char own[2][TEXT]; /* plans that ask: dynamic, static */
};

static void must(struct rig *r, enum hf_err e, const char *what)
{
	if (e == HF_OK)
		return;
	fprintf(stderr, "hufu-bench: %s: %s\n", what, r->f.text[0] ? r->f.text : hf_err_text(e));
	exit(1);
}

/* ---- a node's history ---- */

static void on_done(void *ctx, enum hf_err e, const struct hf_commit *info)
{
	struct rig *r = ctx;

	(void)info;
	r->done = true;
	r->failed |= e != HF_OK;
}

static void apply(struct rig *r, struct hf_unit *u)
{
	r->done = false;
	hf_store_submit(r->store, u, on_done, r);
	while (!r->done)
		uv_run(&r->loop, UV_RUN_ONCE);
	must(r, r->failed ? HF_E_STORE : HF_OK, "the store");
}

static void put_source(struct rig *r, struct hf_unit *u, const char *name, char prefix)
{
	struct hf_source_field fields[RELATIONS];
	struct hf_source_view v = {
	        .kind = "csv", .path = "/srv/x.csv", .enabled = true, .scanned_ms = 1, .field_count = RELATIONS};

	memset(fields, 0, sizeof(fields));
	for (unsigned i = 0; i < RELATIONS; i++) {
		snprintf(fields[i].name, sizeof(fields[i].name), "%c%u", prefix, i);
		snprintf(fields[i].type, sizeof(fields[i].type), "string");
	}
	snprintf(v.name, sizeof(v.name), "%s", name);
	v.fields = fields;
	must(r, hf_source_put(r->sources, u, &v, &r->f), name);
}

/* Each field of the source belongs to one of another source. Half of the other plans have that one and mask it alike;
 * the rest have fields of those names that are masked otherwise, in tables that went over other sources. */
static void relate(struct rig *r, struct hf_unit *u, unsigned i)
{
	const struct hf_relation_saying by = {.by = "song", .now_ms = 1};
	char from[32], to[32], *text = NULL;
	json_t *o;

	snprintf(from, sizeof(from), "passages.f%u", i);
	snprintf(to, sizeof(to), "owners.g%u", i);
	o = json_pack("{s:s, s:s, s:s}", "kind", "foreign-key", "from", from, "to", to);
	must(r, hf_relations_define(r->sources, u, o, &by, &text, &r->f), from);
	free(text);
	json_decref(o);
}

static size_t plan_text(char *out, const char *name, bool dynamic, const char *table, const char *fields)
{
	int n = snprintf(out, TEXT,
	                 "masking-plan: 1\nname: %s\nversion: 1\nneed: research\npurpose: research\nmode: %s\n"
	                 "people: {operator: ma, security: song, audit: shen}\nscope: {group: a}\nschedule: by hand\n"
	                 "result: {rows-least: 1}\nrelations: []\ntables:\n  %s:\n    fields:\n%semergency:\n"
	                 "  source: {cause: no file, solution: call the owner, who: ma}\n"
	                 "  format: {cause: bad row, solution: mend it, who: ma}\n"
	                 "  key: {cause: no key, solution: ask for it, who: song}\n"
	                 "  result: {cause: check failed, solution: do not release, who: song}\n"
	                 "  space: {cause: disk full, solution: make room, who: ma}\n",
	                 name, dynamic ? "dynamic" : "static", table, fields);

	return (size_t)n;
}

static void fields_text(char *out, char prefix, unsigned first, unsigned count, const char *technique)
{
	for (unsigned i = 0; i < count; i++)
		out += snprintf(out, FIELD, "      %c%u: {technique: %s}\n", prefix, (first + i) % RELATIONS,
		                technique);
}

static void put_plan(struct hf_unit *u, unsigned i)
{
	Hufu__MaskPlanRow row = HUFU__MASK_PLAN_ROW__INIT;
	char name[32], fields[1024], text[TEXT];
	const bool dynamic = i % 2;
	struct hf_hash h;
	uint8_t key[40] = {0}, *bytes;
	size_t n, len;

	n = (size_t)snprintf(name, sizeof(name), "plan-%05u", i);
	fields_text(fields, 'g', i, FIELDS, i % 4 < 2 ? "hash" : "limc");
	row.text.len = plan_text(text, name, dynamic, i % 4 < 2 ? "owners" : "t", fields);
	row.text.data = (uint8_t *)text;
	hf_sha256(text, row.text.len, &h);
	row.name = name;
	row.version = 1;
	row.digest = row.approved_digest = (ProtobufCBinaryData){sizeof(h.b), h.b};
	row.state = HF_PLAN_APPROVED;
	memcpy(key, name, n);
	key[n + 4] = 1;
	bytes = hf_encode(&row.base, &len);
	hf_unit_put(u, HF_TABLE_MASK_PLAN, key, n + 5, bytes, len);
	free(bytes);
}

static void put_task(struct hf_unit *u, unsigned i, unsigned plans)
{
	static uint8_t report[REPORT];
	Hufu__MaskTaskRow row = HUFU__MASK_TASK_ROW__INIT;
	struct hf_id id = hf_id_new((int64_t)i + 1);
	char name[32];
	uint8_t *bytes;
	size_t len;

	snprintf(name, sizeof(name), "plan-%05u", i % plans / 2 * 2);
	row.id = (ProtobufCBinaryData){sizeof(id.b), id.b};
	row.plan = name;
	row.version = 1;
	row.source = (char *)"tunnels";
	row.table = (char *)"t";
	row.state = HF_TASK_RELEASED;
	row.evaluation = (ProtobufCBinaryData){sizeof(report), report};
	bytes = hf_encode(&row.base, &len);
	hf_unit_put(u, HF_TABLE_MASK_TASK, id.b, sizeof(id.b), bytes, len);
	free(bytes);
}

static void fill(struct rig *r, unsigned plans, unsigned tasks)
{
	struct hf_unit *u = hf_unit_new();
	char fields[1024];

	put_source(r, u, "passages", 'f');
	put_source(r, u, "owners", 'g');
	apply(r, u);
	u = hf_unit_new();
	for (unsigned i = 0; i < RELATIONS; i++)
		relate(r, u, i);
	for (unsigned i = 0; i < plans; i++)
		put_plan(u, i);
	for (unsigned i = 0; i < tasks; i++)
		put_task(u, i, plans);
	apply(r, u);
	fields_text(fields, 'f', 0, RELATIONS, "hash");
	plan_text(r->own[0], "own", true, "passages", fields);
	plan_text(r->own[1], "own", false, "passages", fields);
	hf_release_start(r->release);
}

static void rig_open(struct rig *r, const char *dir)
{
	memset(r, 0, sizeof(*r));
	mkdir(dir, 0700);
	uv_loop_init(&r->loop);
	r->clock = hf_system_clock_new();
	r->base.loop = &r->loop;
	snprintf(r->base.dir, sizeof(r->base.dir), "%.500s", dir);
	hf_name_parse("bench", &r->base.self);
	hf_system_clock_get(r->clock, &r->base.clock);
	r->base.metrics = hf_metrics_new();
	must(r, hf_store_open(&r->base, &r->store, &r->f), dir);
	must(r, hf_sources_open(&r->base, r->store, NULL, &r->sources, &r->f), "sources");
	must(r, hf_release_open(&r->base, r->store, NULL, r->sources, &r->release, &r->f), "release");
}

static void rig_close(struct rig *r)
{
	hf_release_close(r->release);
	hf_sources_close(r->sources);
	hf_store_close(r->store);
	uv_run(&r->loop, UV_RUN_DEFAULT);
	uv_loop_close(&r->loop);
	hf_metrics_free(r->base.metrics);
	hf_system_clock_free(r->clock);
}

/* ---- asking ---- */

/* Microseconds. */
static double ask(struct rig *r, const char *text, unsigned times)
{
	struct hf_plan *p = NULL;
	int64_t before;

	must(r, hf_plan_read("own", text, strlen(text), &p, &r->f), "the plan");
	before = bench_now_us();
	for (unsigned i = 0; i < times; i++)
		must(r, hf_release_related(r->release, p, "passages", "passages", &r->f), "related");
	before = bench_now_us() - before;
	hf_plan_free(p);
	return (double)before / times;
}

/* Milliseconds, once, after a plan was put. */
static double ask_anew(struct rig *r, unsigned which)
{
	struct hf_unit *u = hf_unit_new();

	put_plan(u, which % r->plans);
	apply(r, u);
	return ask(r, r->own[0], 1) / 1000;
}

static double read_plan(struct rig *r, const char *text, unsigned times)
{
	int64_t before = bench_now_us();

	for (unsigned i = 0; i < times; i++) {
		struct hf_plan *p = NULL;

		must(r, hf_plan_read("own", text, strlen(text), &p, &r->f), "the plan");
		hf_plan_free(p);
	}
	return (double)(bench_now_us() - before) / times;
}

int bench_related(struct bench *b)
{
	static const char *const metrics[] = {"dynamic_us", "static_us", "changed_ms"};
	const unsigned n = b->windows, plans = (unsigned)bench_size_or(b, PLANS, 50), times = b->brief ? 2 : 1000;
	double *windows = hf_alloc_zero(4 * (size_t)n * sizeof(*windows));
	char dir[600];
	struct rig r;

	snprintf(dir, sizeof(dir), "%s/related", b->dir);
	rig_open(&r, dir);
	r.plans = plans;
	fill(&r, plans, (unsigned)bench_count(b, TASKS, 100));
	for (unsigned w = 0; w < n; w++) {
		windows[w] = ask(&r, r.own[0], times);
		windows[n + w] = ask(&r, r.own[1], times);
		windows[2 * n + w] = ask_anew(&r, w);
		windows[3 * n + w] = read_plan(&r, r.own[0], times);
	}
	for (unsigned i = 0; i < 3; i++) {
		struct bench_result result = {
		        .metric = metrics[i], .unit = i < 2 ? "us" : "ms", .value = bench_median(windows + i * n, n)};

		if (i < 2) {
			result.baseline = "that plan's text is read once";
			result.baseline_value = bench_median(windows + 3 * n, n);
		}
		bench_add(b, &result);
	}
	rig_close(&r);
	free(windows);
	return 0;
}
