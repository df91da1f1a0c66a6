/*
 * emergency_mail_fuzz.c - the body of each mail of an emergency, at a node that waits for just that mail: nine real
 * nodes are brought to that point once, and the genuine mail is kept (mail_fuzz.h says what an input is).
 */
#include "unit/authz/emergency_stage.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

#define KINDS 10

#include "fuzz/authz/mail_fuzz.h"

static const ProtobufCMessageDescriptor *mail_desc(enum hf_mail type)
{
	static const ProtobufCMessageDescriptor *const descs[KINDS] = {
	        &hufu__emergency_event_mail__descriptor,      &hufu__emergency_event_end_mail__descriptor,
	        &hufu__emergency_request_mail__descriptor,    &hufu__emergency_vote_mail__descriptor,
	        &hufu__emergency_privacy_mail__descriptor,    &hufu__emergency_grant_mail__descriptor,
	        &hufu__emergency_activation_mail__descriptor, &hufu__emergency_end_mail__descriptor,
	        &hufu__emergency_report_mail__descriptor,     &hufu__emergency_link_mail__descriptor,
	};
	return descs[type - HF_MAIL_EMERGENCY_EVENT];
}

static struct scene *scene;

static struct hf_id event_of(struct scene *s, const struct hf_id *request)
{
	HF_CLEANUP(hf_decoded_done) Hufu__EmergencyRequestRow *row = NULL;
	struct hf_id event = {{0}};
	assert_true(hf_emergency_request(s->health->authz, request, &row) == HF_OK && az_id_of(&row->event, &event));
	return event;
}

static void go_to_link(struct scene *s, const struct hf_id *request)
{
	struct hf_application_in in = {.entry = s->bridges,
	                               .system = "rescue",
	                               .reason = "灾后重建",
	                               .purpose = "reconstruction",
	                               .until_ms = s->w->now_ms + 90 * DAY};
	struct hf_id app;
	MUST(draft_as(s->health, "wang", &in, &app));
	MUST(follow_as(s->health, "wang", request, &app));
}

static void go_to_end(struct scene *s, const struct hf_id *request, bool report)
{
	struct hf_id event = event_of(s, request);
	MUST(over_as(s->health, "qian", &event, "over"));
	if (report) {
		az_em_sweep(s->roads->authz);
		settle(s->w);
	}
}

/* Goes the way until the awaited mail is held. */
static void go(struct scene *s, enum hf_mail type)
{
	struct hf_id request, grant;
	if (type == HF_MAIL_EMERGENCY_EVENT || type == HF_MAIL_EMERGENCY_EVENT_END) {
		struct hf_id event = declared(s);
		if (type == HF_MAIL_EMERGENCY_EVENT_END)
			MUST(over_as(s->health, "qian", &event, "over"));
		return;
	}
	request = raised(s, type == HF_MAIL_EMERGENCY_PRIVACY ? &s->personal : &s->bridges);
	if (type == HF_MAIL_EMERGENCY_PRIVACY)
		MUST(examine_as(s->roads, "fan", &request, true));
	if (type == HF_MAIL_EMERGENCY_REQUEST || type == HF_MAIL_EMERGENCY_PRIVACY)
		return;
	MUST(vote_as(s->audit, "an", &request, "T", NULL));
	if (type == HF_MAIL_EMERGENCY_VOTE)
		return;
	MUST(vote_as(s->hub, "hu", &request, "T", NULL));
	MUST(vote_as(s->port, "pan", &request, "T", NULL));
	MUST(execute_as(s->data, "du", &request, &grant));
	if (type == HF_MAIL_EMERGENCY_LINK)
		go_to_link(s, &request);
	if (type == HF_MAIL_EMERGENCY_END || type == HF_MAIL_EMERGENCY_REPORT)
		go_to_end(s, &request, type == HF_MAIL_EMERGENCY_REPORT);
}

static void reach(struct scene *s, enum hf_mail type, const struct node *to, struct genuine *g)
{
	awaited = type;
	s->w->hold = is_awaited;
	go(s, type);
	keep(s->w, g, to);
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
	void *state = NULL;
	(void)argc;
	(void)argv;
	scene_up(&state);
	scene = state;
	(void)atexit(remove_folders);
	const struct {
		enum hf_mail type;
		const struct node *to;
	} mails[KINDS] = {
	        {HF_MAIL_EMERGENCY_EVENT, scene->roads},       {HF_MAIL_EMERGENCY_EVENT_END, scene->roads},
	        {HF_MAIL_EMERGENCY_REQUEST, scene->roads},     {HF_MAIL_EMERGENCY_VOTE, scene->roads},
	        {HF_MAIL_EMERGENCY_PRIVACY, scene->data},      {HF_MAIL_EMERGENCY_GRANT, scene->roads},
	        {HF_MAIL_EMERGENCY_ACTIVATION, scene->health}, {HF_MAIL_EMERGENCY_END, scene->health},
	        {HF_MAIL_EMERGENCY_REPORT, scene->audit},      {HF_MAIL_EMERGENCY_LINK, scene->roads},
	};
	for (size_t i = 0; i < KINDS; i++)
		reach(scene, mails[i].type, mails[i].to, &genuine[i]);
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
