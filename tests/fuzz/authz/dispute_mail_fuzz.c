/*
 * dispute_mail_fuzz.c - the body of each mail of a dispute and of an overdue decision, at a node that waits for just
 * that mail: nine real nodes are brought to that point once, and the genuine mail is kept (mail_fuzz.h says what an
 * input is).
 */
#include "authz/deadline.h"
#include "unit/authz/dispute_stage.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

#define KINDS 3

#include "fuzz/authz/mail_fuzz.h"

static const ProtobufCMessageDescriptor *mail_desc(enum hf_mail type)
{
	static const ProtobufCMessageDescriptor *const descs[KINDS] = {
	        &hufu__dispute_mail__descriptor,
	        &hufu__dispute_opinion_mail__descriptor,
	        &hufu__escalation_mail__descriptor,
	};
	return descs[type - HF_MAIL_DISPUTE];
}

static struct scene *scene;

static void go_late(struct scene *s, const struct hf_id *application)
{
	HF_CLEANUP(hf_decoded_done) Hufu__ApplicationRow *row = NULL;
	struct hf_deadline t;
	assert_int_equal(hf_authz_application(s->roads->authz, application, &row), HF_OK);
	assert_true(hf_authz_deadline(s->roads->authz, row, &t));
	s->w->now_ms = t.escalate_ms;
	for (size_t i = 0; i < 3; i++) { /* reminded, overdue, reported */
		az_deadline_sweep(s->roads->authz);
		settle(s->w);
	}
}

/* Goes the way until the awaited mail is held. */
static void reach(struct scene *s, enum hf_mail type, struct genuine *g)
{
	struct hf_id id = at_provider(s), dispute;
	awaited = type;
	s->w->hold = is_awaited;
	if (type == HF_MAIL_ESCALATION)
		go_late(s, &id);
	else
		MUST(dispute_as(s->health, "wang", &id, "conditions", &dispute));
	if (type == HF_MAIL_DISPUTE_OPINION)
		MUST(settle_as(s->audit, "an", &dispute, "upheld"));
	keep(s->w, g, s->hub);
	s->w->hold = NULL;
}

static void remove_folders(void)
{
	for (size_t i = 0; i < NODES; i++)
		(void)nftw(scene->w->node[i].dir, fixture_remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* Before the first input, so that it does not count as its time. */
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	static const enum hf_mail mails[KINDS] = {HF_MAIL_DISPUTE, HF_MAIL_DISPUTE_OPINION, HF_MAIL_ESCALATION};
	void *state = NULL;
	(void)argc;
	(void)argv;
	dispute_up(&state);
	scene = state;
	(void)atexit(remove_folders);
	for (size_t i = 0; i < KINDS; i++)
		reach(scene, mails[i], &genuine[i]);
	for (size_t i = 0; i < NODES; i++)
		scene->w->node[i].base.audit = (struct hf_audit){drop_draft, NULL};
	for (size_t i = 0; i < KINDS; i++) /* what is bent begins as something that is taken */
		assert_int_equal(take(&genuine[i], genuine[i].body.data, genuine[i].body.len), HF_OK);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return mail_fuzz_run(scene->w, data, size);
}
