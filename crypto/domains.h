/*
 * domains.h - every domain string of our own hash and signature inputs, and every payload type of our envelopes.
 * One place, so that two uses can never share one. Published formats (RFC 6962, C2SP, Noise, DSSE) are used as
 * published.
 */
#ifndef HUFU_CRYPTO_DOMAINS_H
#define HUFU_CRYPTO_DOMAINS_H

/* Hash inputs; each is followed by a 0x00 byte (sizeof includes the NUL). */
#define HF_DOMAIN_COMMIT "hufu/commit/v1"
#define HF_DOMAIN_COMMIT_COUNT "hufu/commit-count/v1"
#define HF_DOMAIN_LABEL "hufu/label/v1"
#define HF_DOMAIN_SALT "hufu/salt/v1"
#define HF_DOMAIN_CHANNEL "hufu/channel/v1"
#define HF_DOMAIN_CONTENT_KEY "hufu/content-key/v1"
#define HF_DOMAIN_STORE_KEY "hufu/store-key/v1"
#define HF_DOMAIN_PERSON_KEY "hufu/person-key/v1"
#define HF_DOMAIN_VIEW "hufu/view/v1"
#define HF_DOMAIN_KEY_CHANGE "hufu/key-change/v1"
#define HF_DOMAIN_OPENING "hufu/opening/v1"
#define HF_DOMAIN_SESSION "hufu/session/v1"
#define HF_DOMAIN_POLICY "hufu/policy/v1"
#define HF_DOMAIN_RULE_USES "hufu/rule-uses/v1"
#define HF_DOMAIN_SWAP_OR_NOT "hufu/swap-or-not/v1"
#define HF_DOMAIN_MASK_KEY "hufu/mask/v1"
#define HF_DOMAIN_MASK_KEY_ID "hufu/mask-key-id/v1"

/* Payload types of signed envelopes (DSSE payloadType). */
#define HF_TYPE_DESCRIPTOR "application/vnd.hufu.space-descriptor.v1"
#define HF_TYPE_MEMBER_REQUEST "application/vnd.hufu.member-request.v1"
#define HF_TYPE_PERSON_CERT "application/vnd.hufu.person-certificate.v1"
#define HF_TYPE_STATEMENT "application/vnd.hufu.person-statement.v1"
#define HF_TYPE_CATALOG_ENTRY "application/vnd.hufu.catalog-entry.v1"
#define HF_TYPE_APPLICATION "application/vnd.hufu.application.v1"
#define HF_TYPE_INTAKE "application/vnd.hufu.intake-record.v1"
#define HF_TYPE_DECISION "application/vnd.hufu.decision.v1"
#define HF_TYPE_AGREEMENT "application/vnd.hufu.agreement.v1"
#define HF_TYPE_VERIFICATION "application/vnd.hufu.agreement-verification.v1"
#define HF_TYPE_NEGOTIATION_EVENT "application/vnd.hufu.negotiation-event.v1"
#define HF_TYPE_PROVIDER_GRANT "application/vnd.hufu.provider-grant.v1"
#define HF_TYPE_REVOCATION "application/vnd.hufu.revocation.v1"
#define HF_TYPE_USE_REPORT "application/vnd.hufu.use-report.v1"
#define HF_TYPE_TRANSFER_REQUEST "application/vnd.hufu.transfer-request.v1"
#define HF_TYPE_TRANSFER_START "application/vnd.hufu.transfer-start.v1"
#define HF_TYPE_MANIFEST "application/vnd.hufu.manifest.v1"
#define HF_TYPE_BACKUP "application/vnd.hufu.backup.v1"
#define HF_TYPE_RECEIPT "application/vnd.hufu.receipt.v1"
#define HF_TYPE_EMERGENCY_EVENT "application/vnd.hufu.emergency-event.v1"
#define HF_TYPE_EMERGENCY_EVENT_END "application/vnd.hufu.emergency-event-end.v1"
#define HF_TYPE_EMERGENCY_REQUEST "application/vnd.hufu.emergency-request.v1"
#define HF_TYPE_EMERGENCY_VOTE "application/vnd.hufu.emergency-vote.v1"
#define HF_TYPE_EMERGENCY_GRANT "application/vnd.hufu.emergency-grant.v1"
#define HF_TYPE_EMERGENCY_ACTIVATION "application/vnd.hufu.emergency-activation.v1"
#define HF_TYPE_EMERGENCY_END "application/vnd.hufu.emergency-end.v1"
#define HF_TYPE_EMERGENCY_REPORT "application/vnd.hufu.emergency-report.v1"
#define HF_TYPE_EMERGENCY_LINK "application/vnd.hufu.emergency-link.v1"
#define HF_TYPE_SCENARIO "application/vnd.hufu.scenario.v1"
#define HF_TYPE_SCENARIO_OPENING "application/vnd.hufu.scenario-opening.v1"
#define HF_TYPE_DELEGATION "application/vnd.hufu.delegation.v1"
#define HF_TYPE_DELEGATION_QUESTION "application/vnd.hufu.delegation-question.v1"
#define HF_TYPE_SUPERSESSION "application/vnd.hufu.supersession.v1"
#define HF_TYPE_DISPUTE "application/vnd.hufu.dispute.v1"
#define HF_TYPE_DISPUTE_OPINION "application/vnd.hufu.dispute-opinion.v1"
#define HF_TYPE_ESCALATION "application/vnd.hufu.escalation.v1"
#define HF_TYPE_USE_FILING "application/vnd.hufu.use-filing.v1"
#define HF_TYPE_TALLY "application/vnd.hufu.tally.v1"

#endif
