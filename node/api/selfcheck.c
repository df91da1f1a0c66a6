/*
 * selfcheck.c - see selfcheck.h. What the last run found is read from the store, so that a restart neither hides that a
 * check became bad nor tells it twice.
 */
#include "api/selfcheck.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/doctor.h"
#include "base/mem.h"

#define TICK_MS 1000
#define HOUR_MS ((int64_t)60 * 60 * 1000)

struct hf_self_check {
	const struct hf_modules *m;
	uv_timer_t *timer;
	int64_t every_ms;
	int64_t opened_ms, last_ms; /* wall clock; last_ms 0: none since the start */
};

static const char *text_of(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));
	return s ? s : "";
}

static bool is_bad(const json_t *finding)
{
	return strcmp(text_of(finding, "state"), "bad") == 0;
}

static const json_t *find_check(const json_t *findings, const char *check)
{
	const json_t *o;
	size_t i;
	json_array_foreach(findings, i, o) if (strcmp(text_of(o, "check"), check) == 0) return o;
	return NULL;
}

/* ---- reports ---- */

struct reading {
	json_t *list;
	size_t count;
};

static bool take_report(void *ctx, struct hf_bytes key, struct hf_bytes value)
{
	struct reading *r = ctx;
	json_t *report = json_loadb((const char *)value.data, value.len, JSON_REJECT_DUPLICATES, NULL);
	(void)key;
	if (report)
		json_array_append_new(r->list, report);
	return json_array_size(r->list) < r->count;
}

enum hf_err hf_self_check_reports(struct hf_store *store, size_t count, json_t **ret_list)
{
	struct reading r = {json_array(), count};
	enum hf_err e =
	        count > 0 ? hf_store_scan_back(store, HF_TABLE_SELF_CHECK, NULL, 0, NULL, 0, take_report, &r) : HF_OK;
	if (e != HF_OK) {
		json_decref(r.list);
		return e;
	}
	*ret_list = r.list;
	return HF_OK;
}

struct trimming {
	struct hf_unit *unit;
	size_t kept;
	uint64_t newest;
};

static bool trim_one(void *ctx, struct hf_bytes key, struct hf_bytes value)
{
	struct trimming *t = ctx;
	(void)value;
	if (t->kept == 0 && key.len == 8)
		t->newest = hf_get_u64(key.data);
	if (++t->kept >= HF_SELF_CHECK_KEPT) /* the new one is not among them yet */
		hf_unit_del(t->unit, HF_TABLE_SELF_CHECK, key.data, key.len);
	return true;
}

/* ---- one run ---- */

static void add_name(char *names, size_t cap, const char *name)
{
	size_t len = strlen(names);
	if (len + strlen(name) + 3 < cap)
		snprintf(names + len, cap - len, "%s%s", len ? ", " : "", name);
}

/* "19 checks: 15 ok; warn: keys, swap; bad: clock" */
static void summarize(const json_t *findings, char *out, size_t cap)
{
	char warn[160] = "", bad[160] = "";
	const json_t *o;
	size_t i, ok = 0;
	json_array_foreach(findings, i, o)
	{
		const char *state = text_of(o, "state");
		ok += strcmp(state, "ok") == 0;
		if (strcmp(state, "warn") == 0)
			add_name(warn, sizeof(warn), text_of(o, "check"));
		else if (is_bad(o))
			add_name(bad, sizeof(bad), text_of(o, "check"));
	}
	snprintf(out, cap, "%zu checks: %zu ok%s%s%s%s", json_array_size(findings), ok, *warn ? "; warn: " : "", warn,
	         *bad ? "; bad: " : "", bad);
}

static const char *worst_of(const json_t *findings)
{
	const char *worst = "ok";
	const json_t *o;
	size_t i;
	json_array_foreach(findings, i, o)
	{
		if (is_bad(o))
			return "bad";
		if (strcmp(text_of(o, "state"), "warn") == 0)
			worst = "warn";
	}
	return worst;
}

/* The newest report's findings, as a new reference; an empty array when there is none. */
static json_t *last_findings(const struct hf_modules *m)
{
	json_t *list = NULL, *findings = NULL;
	if (hf_self_check_reports(m->store, 1, &list) == HF_OK)
		findings = json_incref(json_object_get(json_array_get(list, 0), "findings"));
	json_decref(list);
	return findings ? findings : json_array();
}

static void alarm_new(const struct hf_modules *m, const json_t *before, const json_t *now)
{
	const json_t *o;
	size_t i;
	json_array_foreach(now, i, o)
	{
		const json_t *old = find_check(before, text_of(o, "check"));
		if (is_bad(o) && !(old && is_bad(old)))
			hf_alarm(m->base, "self-check", NULL, "%s: %s; %s", text_of(o, "check"), text_of(o, "text"),
			         text_of(o, "remedy"));
	}
}

static struct hf_draft *draft_of(const json_t *report)
{
	struct hf_draft *d = hf_draft_new(HF_EVENT_SELF_CHECK, NULL);
	bool bad = strcmp(text_of(report, "state"), "bad") == 0;
	hf_draft_text(d, HF_FIELD_OBJECT, "node");
	hf_draft_text(d, HF_FIELD_MANNER, "scheduled");
	hf_draft_text(d, HF_FIELD_RESULT, text_of(report, "state"));
	hf_draft_outcome(d, bad ? HF_E_STATE : HF_OK, text_of(report, "text"));
	return d;
}

static void keep(const struct hf_modules *m, const json_t *report, int64_t now)
{
	struct hf_unit *u = hf_unit_new();
	struct trimming t = {u, 0, 0};
	char *bytes = json_dumps(report, JSON_COMPACT);
	uint8_t key[8];
	if (!bytes)
		abort();
	if (hf_store_scan_back(m->store, HF_TABLE_SELF_CHECK, NULL, 0, NULL, 0, trim_one, &t) == HF_OK) {
		/* Behind the newest one, also when the clock was set back. */
		hf_put_u64(key, now > 0 && (uint64_t)now > t.newest ? (uint64_t)now : t.newest + 1);
		hf_unit_put(u, HF_TABLE_SELF_CHECK, key, sizeof(key), bytes, strlen(bytes));
	}
	hf_unit_draft(u, draft_of(report));
	hf_store_submit(m->store, u, NULL, NULL);
	free(bytes);
}

static void run(struct hf_self_check *s, int64_t now)
{
	json_t *before = last_findings(s->m), *findings = doctor_findings(s->m), *report = json_object();
	char text[400];
	s->last_ms = now;
	summarize(findings, text, sizeof(text));
	hf_api_out_time(report, "time", now);
	json_object_set_new(report, "state", json_string(worst_of(findings)));
	json_object_set_new(report, "text", json_string(text));
	json_object_set_new(report, "findings", findings);
	keep(s->m, report, now);
	HF_LOG(s->m->base->log, HF_LOG_INFO, "api", "self-check", NULL, HF_LOG_S("state", worst_of(findings)),
	       HF_LOG_I("checks", json_array_size(findings)));
	alarm_new(s->m, before, findings);
	json_decref(before);
	json_decref(report);
}

/* A clock that was set back must not put the next run off. */
static bool is_due(const struct hf_self_check *s, int64_t now)
{
	if (s->last_ms == 0)
		return now - s->opened_ms >= HF_SELF_CHECK_FIRST_MS || now < s->opened_ms;
	return now - s->last_ms >= s->every_ms || now < s->last_ms;
}

void hf_self_check_tick(struct hf_self_check *s)
{
	int64_t now = hf_now_ms(&s->m->base->clock);
	if (is_due(s, now))
		run(s, now);
}

/* ---- open and close ---- */

static void on_timer(uv_timer_t *t)
{
	hf_self_check_tick(t->data);
}

void hf_self_check_open(const struct hf_modules *m, uint32_t every_hours, struct hf_self_check **ret_check)
{
	struct hf_self_check *s = hf_alloc_zero(sizeof(*s));
	s->m = m;
	s->every_ms = (every_hours ? every_hours : HF_SELF_CHECK_HOURS) * HOUR_MS;
	s->opened_ms = hf_now_ms(&m->base->clock);
	s->timer = hf_alloc_zero(sizeof(*s->timer));
	s->timer->data = s;
	uv_timer_init(m->base->loop, s->timer);
	uv_timer_start(s->timer, on_timer, TICK_MS, TICK_MS);
	uv_unref((uv_handle_t *)s->timer);
	*ret_check = s;
}

static void on_closed(uv_handle_t *h)
{
	free(h);
}

void hf_self_check_close(struct hf_self_check *s)
{
	if (!s)
		return;
	uv_close((uv_handle_t *)s->timer, on_closed);
	free(s);
}
