/*
 * mail.c - the mail that negotiations consist of, as a table: type, form of the body, handler. A refusal with a reason
 * of security raises an alarm (DS-21); the sender finds the sentence at its parked mail.
 */
#include "authz/data_use.h"
#include "authz/delegation_internal.h"
#include "authz/destruction.h"
#include "authz/emergency_internal.h"
#include "authz/promotion_internal.h"
#include "authz/scenario_internal.h"
#include "authz/usage.h"
#include "authz/use_state.h"
#include "proto/codec.h"

typedef enum hf_err (*body_fn)(struct hf_authz *a, const struct mail_in *in, const void *body);

/* Adapters keep the handlers typed. */
#define BODY(name, handler, Type)                                                                                      \
	static enum hf_err name(struct hf_authz *a, const struct mail_in *in, const void *body)                        \
	{                                                                                                              \
		return handler(a, in, (const Type *)body);                                                             \
	}
BODY(on_application, az_intake_on_application, Hufu__ApplicationMail)
BODY(on_forward, az_decide_on_forward, Hufu__ForwardMail)
BODY(on_intake, az_agreement_on_intake, Hufu__IntakeMail)
BODY(on_verification, az_agreement_on_verification, Hufu__VerificationMail)
BODY(on_event, az_events_on_event, Hufu__EventMail)
BODY(on_revocation, az_revoke_on_revocation, Hufu__RevocationMail)
BODY(on_use_report, az_uses_on_report, Hufu__UseReportMail)
BODY(on_read_report, az_read_on_report, Hufu__ReadReportMail)
BODY(on_use_state, az_use_on_state, Hufu__UseStateMail)
BODY(on_use_end, az_use_on_end, Hufu__UseEndMail)
BODY(on_provider_grant, az_given_on_grant, Hufu__ProviderGrantMail)
BODY(on_use_filing, az_use_on_filing, Hufu__UseFilingMail)
BODY(on_dispute, az_dispute_on_dispute, Hufu__DisputeMail)
BODY(on_dispute_opinion, az_dispute_on_opinion, Hufu__DisputeOpinionMail)
BODY(on_escalation, az_escalation_on_mail, Hufu__EscalationMail)
BODY(on_em_event, az_em_on_event, Hufu__EmergencyEventMail)
BODY(on_em_event_end, az_em_on_event_end, Hufu__EmergencyEventEndMail)
BODY(on_em_request, az_em_on_request, Hufu__EmergencyRequestMail)
BODY(on_em_vote, az_em_on_vote, Hufu__EmergencyVoteMail)
BODY(on_em_privacy, az_em_on_privacy, Hufu__EmergencyPrivacyMail)
BODY(on_em_grant, az_em_on_grant, Hufu__EmergencyGrantMail)
BODY(on_em_activation, az_em_on_activation, Hufu__EmergencyActivationMail)
BODY(on_em_end, az_em_on_end, Hufu__EmergencyEndMail)
BODY(on_em_report, az_em_on_report, Hufu__EmergencyReportMail)
BODY(on_em_link, az_em_on_link, Hufu__EmergencyLinkMail)
BODY(on_scenario, az_sc_on_scenario, Hufu__ScenarioMail)
BODY(on_sc_opening, az_sc_on_opening, Hufu__ScenarioOpeningMail)
BODY(on_delegation, az_dg_on_delegation, Hufu__DelegationMail)
BODY(on_dg_question, az_dg_on_question, Hufu__DelegationQuestionMail)
BODY(on_pm_supersession, az_pm_on_supersession, Hufu__SupersessionMail)
BODY(on_destruction, az_destruction_on_record, Hufu__DestructionMail)

/* From the provider it comes alone; the intake node adds its record for the consumer. */
static enum hf_err on_decision(struct hf_authz *a, const struct mail_in *in, const void *body)
{
	const Hufu__DecisionMail *m = body;
	return m->intake ? az_agreement_on_decision(a, in, m) : az_intake_on_decision(a, in, m);
}

static const struct mail_kind {
	enum hf_mail type;
	const ProtobufCMessageDescriptor *desc;
	body_fn handle;
} kinds[] = {
        {HF_MAIL_APPLICATION, &hufu__application_mail__descriptor, on_application},
        {HF_MAIL_FORWARD, &hufu__forward_mail__descriptor, on_forward},
        {HF_MAIL_INTAKE, &hufu__intake_mail__descriptor, on_intake},
        {HF_MAIL_DECISION, &hufu__decision_mail__descriptor, on_decision},
        {HF_MAIL_VERIFICATION, &hufu__verification_mail__descriptor, on_verification},
        {HF_MAIL_EVENT, &hufu__event_mail__descriptor, on_event},
        {HF_MAIL_REVOCATION, &hufu__revocation_mail__descriptor, on_revocation},
        {HF_MAIL_USE_REPORT, &hufu__use_report_mail__descriptor, on_use_report},
        {HF_MAIL_READ_REPORT, &hufu__read_report_mail__descriptor, on_read_report},
        {HF_MAIL_USE_STATE, &hufu__use_state_mail__descriptor, on_use_state},
        {HF_MAIL_USE_END, &hufu__use_end_mail__descriptor, on_use_end},
        {HF_MAIL_PROVIDER_GRANT, &hufu__provider_grant_mail__descriptor, on_provider_grant},
        {HF_MAIL_EMERGENCY_EVENT, &hufu__emergency_event_mail__descriptor, on_em_event},
        {HF_MAIL_EMERGENCY_EVENT_END, &hufu__emergency_event_end_mail__descriptor, on_em_event_end},
        {HF_MAIL_EMERGENCY_REQUEST, &hufu__emergency_request_mail__descriptor, on_em_request},
        {HF_MAIL_EMERGENCY_VOTE, &hufu__emergency_vote_mail__descriptor, on_em_vote},
        {HF_MAIL_EMERGENCY_PRIVACY, &hufu__emergency_privacy_mail__descriptor, on_em_privacy},
        {HF_MAIL_EMERGENCY_GRANT, &hufu__emergency_grant_mail__descriptor, on_em_grant},
        {HF_MAIL_EMERGENCY_ACTIVATION, &hufu__emergency_activation_mail__descriptor, on_em_activation},
        {HF_MAIL_EMERGENCY_END, &hufu__emergency_end_mail__descriptor, on_em_end},
        {HF_MAIL_EMERGENCY_REPORT, &hufu__emergency_report_mail__descriptor, on_em_report},
        {HF_MAIL_EMERGENCY_LINK, &hufu__emergency_link_mail__descriptor, on_em_link},
        {HF_MAIL_SCENARIO, &hufu__scenario_mail__descriptor, on_scenario},
        {HF_MAIL_SCENARIO_OPENING, &hufu__scenario_opening_mail__descriptor, on_sc_opening},
        {HF_MAIL_DELEGATION, &hufu__delegation_mail__descriptor, on_delegation},
        {HF_MAIL_DELEGATION_QUESTION, &hufu__delegation_question_mail__descriptor, on_dg_question},
        {HF_MAIL_SUPERSESSION, &hufu__supersession_mail__descriptor, on_pm_supersession},
        {HF_MAIL_USE_FILING, &hufu__use_filing_mail__descriptor, on_use_filing},
        {HF_MAIL_DISPUTE, &hufu__dispute_mail__descriptor, on_dispute},
        {HF_MAIL_DISPUTE_OPINION, &hufu__dispute_opinion_mail__descriptor, on_dispute_opinion},
        {HF_MAIL_ESCALATION, &hufu__escalation_mail__descriptor, on_escalation},
        {HF_MAIL_DESTRUCTION, &hufu__destruction_mail__descriptor, on_destruction},
};
enum { KINDS = sizeof(kinds) / sizeof(kinds[0]) };

/* UNKNOWN: what does not exist and what is not the sender's affair look alike from outside, and weigh alike here. */
static bool is_attack(enum hf_err e)
{
	static const enum hf_err alarming[] = {HF_E_SIGNATURE,  HF_E_DIGEST,      HF_E_CONFLICT,
	                                       HF_E_REPLAY,     HF_E_STANDING,    HF_E_PERMISSION,
	                                       HF_E_SEPARATION, HF_E_WRONG_SPACE, HF_E_UNKNOWN};
	for (size_t i = 0; i < sizeof(alarming) / sizeof(alarming[0]); i++)
		if (e == alarming[i])
			return true;
	return false;
}

/* A stranger or another space inside a mail of an authenticated peer is a refusal of this mail, not of the channel. */
static enum hf_err as_refusal(enum hf_err e)
{
	return hf_err_class(e) == HF_CLASS_CLOSE ? HF_E_STANDING : e;
}

static enum hf_err handle(struct hf_authz *a, const struct mail_kind *k, const struct mail_in *in, struct hf_bytes body)
{
	HF_CLEANUP(hf_decoded_done) ProtobufCMessage *m = hf_decode(k->desc, body.data, body.len);
	if (!m)
		return hf_fault_set(in->fault, HF_E_FORMAT, "the %s mail is not of the required form",
		                    hf_mail_name(k->type));
	return k->handle(a, in, m);
}

static enum hf_err take(struct hf_authz *a, enum hf_mail type, const char *from, const struct hf_id *txn,
                        struct hf_bytes body, struct hf_unit *unit, struct hf_fault *f)
{
	struct hf_fault local = {HF_OK, ""};
	const struct mail_in in = {from, txn, unit, f ? f : &local};
	enum hf_err e = HF_E_UNSUPPORTED;
	for (size_t i = 0; i < KINDS; i++)
		if (kinds[i].type == type)
			e = handle(a, &kinds[i], &in, body);
	hf_fault_default(in.fault, e);
	if (is_attack(as_refusal(e)))
		hf_alarm(a->base, "negotiation-refused", txn, "the %s mail of %s was refused: %s", hf_mail_name(type),
		         from, in.fault->text);
	return as_refusal(e);
}

#define ROW(name, type)                                                                                                \
	static enum hf_err name(void *ctx, const char *from, const struct hf_id *txn, struct hf_bytes body,            \
	                        struct hf_unit *unit, struct hf_fault *f)                                              \
	{                                                                                                              \
		return take(ctx, type, from, txn, body, unit, f);                                                      \
	}
ROW(mail_application, HF_MAIL_APPLICATION)
ROW(mail_forward, HF_MAIL_FORWARD)
ROW(mail_intake, HF_MAIL_INTAKE)
ROW(mail_decision, HF_MAIL_DECISION)
ROW(mail_verification, HF_MAIL_VERIFICATION)
ROW(mail_event, HF_MAIL_EVENT)
ROW(mail_revocation, HF_MAIL_REVOCATION)
ROW(mail_use_report, HF_MAIL_USE_REPORT)
ROW(mail_read_report, HF_MAIL_READ_REPORT)
ROW(mail_use_state, HF_MAIL_USE_STATE)
ROW(mail_use_end, HF_MAIL_USE_END)
ROW(mail_provider_grant, HF_MAIL_PROVIDER_GRANT)
ROW(mail_em_event, HF_MAIL_EMERGENCY_EVENT)
ROW(mail_em_event_end, HF_MAIL_EMERGENCY_EVENT_END)
ROW(mail_em_request, HF_MAIL_EMERGENCY_REQUEST)
ROW(mail_em_vote, HF_MAIL_EMERGENCY_VOTE)
ROW(mail_em_privacy, HF_MAIL_EMERGENCY_PRIVACY)
ROW(mail_em_grant, HF_MAIL_EMERGENCY_GRANT)
ROW(mail_em_activation, HF_MAIL_EMERGENCY_ACTIVATION)
ROW(mail_em_end, HF_MAIL_EMERGENCY_END)
ROW(mail_em_report, HF_MAIL_EMERGENCY_REPORT)
ROW(mail_em_link, HF_MAIL_EMERGENCY_LINK)
ROW(mail_scenario, HF_MAIL_SCENARIO)
ROW(mail_sc_opening, HF_MAIL_SCENARIO_OPENING)
ROW(mail_delegation, HF_MAIL_DELEGATION)
ROW(mail_dg_question, HF_MAIL_DELEGATION_QUESTION)
ROW(mail_pm_supersession, HF_MAIL_SUPERSESSION)
ROW(mail_use_filing, HF_MAIL_USE_FILING)
ROW(mail_dispute, HF_MAIL_DISPUTE)
ROW(mail_dispute_opinion, HF_MAIL_DISPUTE_OPINION)
ROW(mail_escalation, HF_MAIL_ESCALATION)
ROW(mail_destruction, HF_MAIL_DESTRUCTION)

const struct hf_mail_row *hf_authz_mails(struct hf_authz *a)
{
	const struct hf_mail_row rows[] = {
	        {HF_MAIL_APPLICATION, mail_application, a},
	        {HF_MAIL_FORWARD, mail_forward, a},
	        {HF_MAIL_INTAKE, mail_intake, a},
	        {HF_MAIL_DECISION, mail_decision, a},
	        {HF_MAIL_VERIFICATION, mail_verification, a},
	        {HF_MAIL_EVENT, mail_event, a},
	        {HF_MAIL_REVOCATION, mail_revocation, a},
	        {HF_MAIL_USE_REPORT, mail_use_report, a},
	        {HF_MAIL_READ_REPORT, mail_read_report, a},
	        {HF_MAIL_USE_STATE, mail_use_state, a},
	        {HF_MAIL_USE_END, mail_use_end, a},
	        {HF_MAIL_PROVIDER_GRANT, mail_provider_grant, a},
	        {HF_MAIL_EMERGENCY_EVENT, mail_em_event, a},
	        {HF_MAIL_EMERGENCY_EVENT_END, mail_em_event_end, a},
	        {HF_MAIL_EMERGENCY_REQUEST, mail_em_request, a},
	        {HF_MAIL_EMERGENCY_VOTE, mail_em_vote, a},
	        {HF_MAIL_EMERGENCY_PRIVACY, mail_em_privacy, a},
	        {HF_MAIL_EMERGENCY_GRANT, mail_em_grant, a},
	        {HF_MAIL_EMERGENCY_ACTIVATION, mail_em_activation, a},
	        {HF_MAIL_EMERGENCY_END, mail_em_end, a},
	        {HF_MAIL_EMERGENCY_REPORT, mail_em_report, a},
	        {HF_MAIL_EMERGENCY_LINK, mail_em_link, a},
	        {HF_MAIL_SCENARIO, mail_scenario, a},
	        {HF_MAIL_SCENARIO_OPENING, mail_sc_opening, a},
	        {HF_MAIL_DELEGATION, mail_delegation, a},
	        {HF_MAIL_DELEGATION_QUESTION, mail_dg_question, a},
	        {HF_MAIL_SUPERSESSION, mail_pm_supersession, a},
	        {HF_MAIL_USE_FILING, mail_use_filing, a},
	        {HF_MAIL_DISPUTE, mail_dispute, a},
	        {HF_MAIL_DISPUTE_OPINION, mail_dispute_opinion, a},
	        {HF_MAIL_ESCALATION, mail_escalation, a},
	        {HF_MAIL_DESTRUCTION, mail_destruction, a},
	        {HF_MAIL_INVALID, NULL, NULL},
	};
	_Static_assert(sizeof(rows) <= sizeof(a->mails), "room for each kind of mail and the end");
	memcpy(a->mails, rows, sizeof(rows));
	return a->mails;
}
