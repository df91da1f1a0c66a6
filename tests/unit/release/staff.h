/* staff.h - an identity with the people that masking needs, a release module over it, and short words for its plans. */
#ifndef HUFU_TESTS_UNIT_RELEASE_STAFF_H
#define HUFU_TESTS_UNIT_RELEASE_STAFF_H

#include "release/internal.h"
#include "unit/identity/people.h"

struct staff {
	struct people p;
	struct hf_release *release;
	char admin[65], yang[65], ma[65], song[65], tang[65], shen[65]; /* sessions */
	json_t *inventory;                                              /* NULL: none */
	char plan[24];                                                  /* the name of each test's own plan */
	struct hf_fault fault;
};

/* yang puts plans and ma executes them (masking-operator), song and tang are of the security, shen of the audit. */
static inline void staff_start(struct staff *s)
{
	people_start(&s->p);
	s->inventory = NULL;
	people_first(&s->p, "admin");
	people_person(&s->p, "yang", "masking-operator", s->yang);
	people_person(&s->p, "ma", "masking-operator", s->ma);
	people_person(&s->p, "song", "security-administrator", s->song);
	people_person(&s->p, "tang", "security-administrator", s->tang);
	people_person(&s->p, "shen", "audit-administrator", s->shen);
	assert_int_equal(hf_release_open(&s->p.f.base, s->p.f.store, s->p.id, NULL, &s->release, &s->fault), HF_OK);
}

static inline void staff_stop(struct staff *s)
{
	hf_release_close(s->release);
	json_decref(s->inventory);
	people_stop(&s->p);
}

/* A whole plan: its version, operator, and what is masked how. */
static inline char *staff_plan(const struct staff *s, unsigned version, const char *operator_name, const char *fields)
{
	char *text = NULL;

	if (asprintf(&text,
	             "masking-plan: 1\nname: %s\nversion: %u\nneed: research\npurpose: research\nmode: static\n"
	             "people: {operator: %s, security: song, audit: shen}\n"
	             "scope: {group: tolls, consumer: university}\nschedule: by hand\n"
	             "result: {rows-least: 1}\nrelations: []\ntables:\n  passages:\n    fields: {%s}\n"
	             "emergency:\n"
	             "  source: {cause: no file, solution: call the owner, who: ma}\n"
	             "  format: {cause: bad row, solution: mend it, who: ma}\n"
	             "  key: {cause: no key, solution: ask for it, who: song}\n"
	             "  result: {cause: check failed, solution: do not release, who: song}\n"
	             "  space: {cause: disk full, solution: make room, who: ma}\n",
	             s->plan, version, operator_name, fields) < 0)
		abort();
	return text;
}

static inline enum hf_err staff_put_with(struct staff *s, const char *token, const char *text, const char *inventory)
{
	struct hf_actor a = people_actor(&s->p, token);
	struct hf_plan_in in = {text, inventory, &a};
	struct hf_unit *u = hf_unit_new();
	struct hf_draft *d = hf_draft_new(HF_EVENT_MASK_PLAN, NULL);
	Hufu__MaskPlanRow *row = NULL;
	enum hf_err e = hf_release_plan_put(s->release, &in, u, d, &row, &s->fault);

	hf_unit_draft(u, d);
	hf_decoded_free(row);
	return people_apply(&s->p, u, e);
}

static inline enum hf_err staff_put(struct staff *s, const char *token, unsigned version, const char *fields)
{
	char *text = staff_plan(s, version, "ma", fields);
	enum hf_err e = staff_put_with(s, token, text, NULL);

	free(text);
	return e;
}

static inline enum hf_err staff_step(struct staff *s, const char *token, enum hf_mask_plan_event event,
                                     uint32_t version)
{
	struct hf_actor a = people_actor(&s->p, token);
	struct hf_plan_step step = {s->plan, version, event, "because", &a};
	struct hf_unit *u = hf_unit_new();
	struct hf_draft *d = hf_draft_new(HF_EVENT_MASK_PLAN, NULL);
	enum hf_err e = hf_release_plan_step(s->release, &step, u, d, &version, &s->fault);

	hf_unit_draft(u, d);
	return people_apply(&s->p, u, e);
}

#endif
