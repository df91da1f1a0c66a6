/* disclosure_world.h - releases of one table, each of a plan of its own, for the tests of what they show together. */
#ifndef TESTS_UNIT_MASKING_DISCLOSURE_WORLD_H
#define TESTS_UNIT_MASKING_DISCLOSURE_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "masking/disclosure.h"
#include "unit/masking/plans.h"

#define MANY 8u

static const char head[] = "masking-plan: 1\nname: plan\nversion: 1\n" PLAN_REST;

/* Releases of one table, each of a plan of its own. */
struct world {
	struct hf_plan *plans[MANY];
	struct hf_disclosure all[MANY];
	size_t count;
	char names[MANY][32];
};

/* fields: "a: keep; b: {technique: null}". scope: "consumer: university". */
static inline const struct hf_disclosure *add(struct world *w, const char *recipient, const char *scope,
                                              const char *fields)
{
	struct hf_disclosure *d = &w->all[w->count];
	char text[4096], lines[2048] = "", *end;
	struct hf_fault f = {0};

	for (const char *at = fields; *at;) {
		size_t n = strcspn(at, ";");

		snprintf(lines + strlen(lines), sizeof(lines) - strlen(lines), "      %.*s\n", (int)n, at);
		at += n + (at[n] == ';');
	}
	snprintf(text, sizeof(text), "%sscope: {group: tolls, %s}\ntables:\n  t:\n    fields:\n%s", head, scope, lines);
	if (hf_plan_read("plan", text, strlen(text), &w->plans[w->count], &f) != HF_OK)
		fail_msg("%s", f.text);
	end = w->names[w->count];
	snprintf(end, sizeof(w->names[0]), "release %zu", w->count + 1);
	*d = (struct hf_disclosure){.release = end,
	                            .recipient = recipient,
	                            .scope = w->plans[w->count]->scope,
	                            .engine = HF_ENGINE_FF1,
	                            .fields = w->plans[w->count]->tables[0].fields,
	                            .field_count = w->plans[w->count]->tables[0].field_count};
	w->count++;
	return d;
}

static inline void done(struct world *w)
{
	for (size_t i = 0; i < w->count; i++)
		hf_plan_free(w->plans[i]);
	w->count = 0;
}

/* The last one beside all before it. */
static inline void allowed(struct world *w)
{
	struct hf_fault f = {0};

	if (hf_disclosure_joint(w->all, w->count - 1, &w->all[w->count - 1], &f, NULL) != HF_OK)
		fail_msg("%s", f.text);
}

static inline void refused(struct world *w, const char *says)
{
	struct hf_fault f = {0};
	json_t *clashes = NULL;

	assert_int_equal(hf_disclosure_joint(w->all, w->count - 1, &w->all[w->count - 1], &f, &clashes),
	                 HF_E_DISCLOSURE);
	if (!strstr(f.text, says))
		fail_msg("'%s' does not say '%s'", f.text, says);
	assert_true(json_array_size(clashes) >= 1);
	json_decref(clashes);
}

#endif
