/*
 * contract_mail_fuzz.c - the body of each mail of a negotiation, at a node that waits for just that mail: three real
 * nodes are brought to that point once, and the genuine mail is kept (mail_fuzz.h says what an input is).
 */
#include "authz/rulebook.h"
#include "authz/second_use.h"
#include "authz/use_state.h"
#include "authz/walk.h"
#include "state_data.pb-c.h"
#include "unit/authz/cast.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

#define KINDS 10

#include "fuzz/authz/mail_fuzz.h"

static const ProtobufCMessageDescriptor *mail_desc(enum hf_mail type)
{
	static const ProtobufCMessageDescriptor *const descs[128] = {
	        [HF_MAIL_APPLICATION] = &hufu__application_mail__descriptor,
	        [HF_MAIL_FORWARD] = &hufu__forward_mail__descriptor,
	        [HF_MAIL_INTAKE] = &hufu__intake_mail__descriptor,
	        [HF_MAIL_DECISION] = &hufu__decision_mail__descriptor,
	        [HF_MAIL_VERIFICATION] = &hufu__verification_mail__descriptor,
	        [HF_MAIL_EVENT] = &hufu__event_mail__descriptor,
	        [HF_MAIL_REVOCATION] = &hufu__revocation_mail__descriptor,
	        [HF_MAIL_PROVIDER_GRANT] = &hufu__provider_grant_mail__descriptor,
	        [HF_MAIL_USE_END] = &hufu__use_end_mail__descriptor,
	        [HF_MAIL_USE_STATE] = &hufu__use_state_mail__descriptor,
	};
	return descs[type];
}

/* The data authority ends what it authorized. */
static void reach_use_end(struct stage *s)
{
	const struct hf_use_authorization_in in = {.entry = s->sensitive,
	                                           .system = "desk",
	                                           .purpose = "claims-check",
	                                           .reason = "delay claims of January",
	                                           .until_ms = s->w->now_ms + 30 * DAY};
	struct hf_id id;
	s->w->factors = HF_AUTH_TOTP;
	COMMAND(c, s->health, "li");
	MUST(command_end(&c, hf_authz_use_authorize(s->health->authz, &c.in, &in, &id)));
	COMMAND(end, s->health, "li");
	MUST(command_end(&end, hf_authz_use_end(s->health->authz, &end.in, &id, "the claims are settled")));
}

/* What both sides keep of a sealed delivery. */
static void deliver_sealed(struct stage *s)
{
	Hufu__HeldRow row = HUFU__HELD_ROW__INIT;
	struct hf_access_request rq = asking(&s->plain, s->w->now_ms);
	struct hf_id transfer = hf_id_new(s->w->now_ms);
	struct hf_unit *u = hf_unit_new();
	size_t len = 0;
	hf_use_delivered(s->roads->authz, u, &transfer, &rq, s->w->now_ms + 30 * DAY);
	submit_wait(s->roads, u);
	row.transfer = BIN_ID(&transfer);
	row.resource = BIN_ID(&s->plain);
	row.provider = (char *)"roads";
	uint8_t *data = hf_encode(&row.base, &len);
	u = hf_unit_new();
	hf_unit_put(u, HF_TABLE_HELD, transfer.b, sizeof(transfer.b), data, len);
	free(data);
	submit_wait(s->health, u);
}

/* The provider suspends, and asks again. */
static void reach_use_state(struct stage *s)
{
	struct hf_id id;
	deliver_sealed(s);
	COMMAND(c, s->roads, "zhou");
	MUST(command_end(&c, hf_authz_hold(s->roads->authz, &c.in, "organization", "health", "looked into", &id)));
	s->w->now_ms += 2000;
	az_use_watch_look(s->roads->authz);
	settle(s->w);
}

/* Runs a negotiation until the mail of that type is on its way, and takes it off the wire. */
static void reach(struct stage *s, enum hf_mail type, struct genuine *g)
{
	awaited = type;
	s->w->hold = is_awaited;
	if (type == HF_MAIL_PROVIDER_GRANT) {
		struct hf_grant_offer_in in = gift(s, &s->plain);
		struct hf_id grant;
		MUST(offer_as(s->roads, "pan", &in, &grant));
		MUST(give_as(s->roads, "zhou", &grant, "T", NULL));
		keep(s->w, g, s->w->posts->to);
		s->w->hold = NULL;
		return;
	}
	if (type == HF_MAIL_USE_END || type == HF_MAIL_USE_STATE) {
		(type == HF_MAIL_USE_END ? reach_use_end : reach_use_state)(s);
		keep(s->w, g, s->w->posts->to);
		s->w->hold = NULL;
		return;
	}
	struct hf_id id = submitted(s, &s->plain);
	if (type != HF_MAIL_APPLICATION)
		MUST(compliance_as(s->hub, "chen", &id, "pass", NULL));
	if (type == HF_MAIL_DECISION || type == HF_MAIL_VERIFICATION || type == HF_MAIL_EVENT ||
	    type == HF_MAIL_REVOCATION)
		MUST(decide_as(s->roads, "zhou", &id, "T", NULL, 0));
	if (type == HF_MAIL_REVOCATION)
		MUST(revoke_as(s->roads, "zhou", (struct hf_id[]){grant_at(s->roads, &id)}, "over"));
	keep(s->w, g, s->w->posts->to);
	s->w->hold = NULL;
}

static struct stage *stage;

static void remove_folders(void)
{
	for (size_t i = 0; i < NODES; i++)
		(void)nftw(stage->w->node[i].dir, fixture_remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* Before the first input, so that it does not count as its time. */
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	static const enum hf_mail types[KINDS] = {
	        HF_MAIL_APPLICATION, HF_MAIL_FORWARD,    HF_MAIL_INTAKE,         HF_MAIL_DECISION, HF_MAIL_VERIFICATION,
	        HF_MAIL_EVENT,       HF_MAIL_REVOCATION, HF_MAIL_PROVIDER_GRANT, HF_MAIL_USE_END,  HF_MAIL_USE_STATE};
	void *state = NULL;
	(void)argc;
	(void)argv;
	stage_up(&state);
	stage = state;
	hire(stage->roads, "pan", "publisher", "", "HR-3002");
	(void)atexit(remove_folders);
	for (size_t i = 0; i < KINDS; i++)
		reach(stage, types[i], &genuine[i]);
	for (size_t i = 0; i < NODES; i++)
		stage->w->node[i].base.audit = (struct hf_audit){drop_draft, NULL};
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return mail_fuzz_run(stage->w, data, size);
}
