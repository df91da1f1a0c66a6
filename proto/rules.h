/*
 * rules.h - the words in which the tables of rules_*.c are written. Private to proto/.
 *
 * Each macro is one field, in the order of the schema. "_OR_NONE" and a least length of 0 mean that the field may be
 * absent.
 */
#ifndef HUFU_PROTO_RULES_H
#define HUFU_PROTO_RULES_H

#include "proto/check.h"

/* One line is one field. */
/* clang-format off */
#define BYTES(f, lo, hi) { #f, HF_RULE_BYTES, (lo) > 0, 1, (lo), (hi), NULL, NULL }
#define BYTES_OR_NONE(f, lo, hi) { #f, HF_RULE_BYTES, false, 1, (lo), (hi), NULL, NULL }
#define BLOCKS(f, n, lo, hi) { #f, HF_RULE_BYTES, false, (n), (lo), (hi), NULL, NULL }
#define ID(f) { #f, HF_RULE_ID, true, 1, 16, 16, NULL, NULL }
#define ID_OR_NONE(f) { #f, HF_RULE_ID, false, 1, 16, 16, NULL, NULL }
#define TEXT(f, lo, hi) { #f, HF_RULE_TEXT, (lo) > 0, 1, (lo), (hi), NULL, NULL }
#define TEXTS(f, n, hi) { #f, HF_RULE_TEXT, false, (n), 1, (hi), NULL, NULL }
#define TEXTS_SOME(f, n, hi) { #f, HF_RULE_TEXT, true, (n), 1, (hi), NULL, NULL }
#define NAME(f) { #f, HF_RULE_NAME, true, 1, 1, 63, NULL, NULL }
#define NAME_OR_NONE(f) { #f, HF_RULE_NAME, false, 1, 1, 63, NULL, NULL }
#define NAMES(f, n) { #f, HF_RULE_NAME, false, (n), 1, 63, NULL, NULL }
#define KEYID(f) { #f, HF_RULE_KEYID, true, 1, 1, 127, NULL, NULL }
#define ORIGIN(f) { #f, HF_RULE_ORIGIN, true, 1, 1, 255, NULL, NULL }
#define WORD(f, w) { #f, HF_RULE_WORD, true, 1, 1, 63, (w), NULL }
#define WORD_OR_NONE(f, w) { #f, HF_RULE_WORD, false, 1, 1, 63, (w), NULL }
#define WORDS(f, n, w) { #f, HF_RULE_WORD, false, (n), 1, 63, (w), NULL }
#define NUMBER(f, lo, hi) { #f, HF_RULE_NUMBER, (lo) > 0, 1, (lo), (hi), NULL, NULL }
#define TIME(f) { #f, HF_RULE_TIME, true, 1, 0, 0, NULL, NULL }
#define TIME_OR_NONE(f) { #f, HF_RULE_TIME, false, 1, 0, 0, NULL, NULL }
#define FLAG(f) { #f, HF_RULE_FLAG, false, 1, 0, 1, NULL, NULL }
#define MSG(f, r) { #f, HF_RULE_MESSAGE, true, 1, 0, 0, NULL, &hf_row_##r }
#define MSG_OR_NONE(f, r) { #f, HF_RULE_MESSAGE, false, 1, 0, 0, NULL, &hf_row_##r }
#define MSGS(f, n, r) { #f, HF_RULE_MESSAGE, false, (n), 0, 0, NULL, &hf_row_##r }
#define MSGS_SOME(f, n, r) { #f, HF_RULE_MESSAGE, true, (n), 0, 0, NULL, &hf_row_##r }

/* The row of a message, its rules following: ROW(header, 0, SUITE, ...). */
#define ROW_ALSO(lower, max_bytes, also_fn, ...)                                                             \
	static const struct hf_rule lower##_rules[] = { __VA_ARGS__ };                                       \
	const struct hf_row hf_row_##lower = { &hufu__##lower##__descriptor, (max_bytes), lower##_rules,     \
					       sizeof(lower##_rules) / sizeof(lower##_rules[0]), (also_fn) }
#define ROW(lower, max_bytes, ...) ROW_ALSO(lower, max_bytes, NULL, __VA_ARGS__)

#define KIB(n) ((size_t)(n) << 10)
#define SMALL KIB(64)
#define BODY KIB(528) /* HF_MAX_BODY and what stands around it */

/* Every message, in the order of the .proto files. check.c takes its list from here. */
#define HF_ROWS(X) \
	X(envelope) X(signature) X(header) X(person_certificate) X(statement) X(finding) X(signed_statement) \
	X(descriptor) X(member) X(attribute) X(member_key) X(member_revocation) X(member_request) \
	X(catalog_entry) X(field) X(distribution) X(rule) X(review_criteria) X(purpose_fields) X(sharing_condition) X(masked_sample) X(catalog_sync) X(catalog_have) \
	X(catalog_sync_reply) X(catalog_push) \
	X(hello) X(request_header) X(reply_header) X(mail) X(mail_reply) X(poll) X(poll_reply) X(descriptor_get) \
	X(descriptor_reply) X(ping) \
	X(application) X(intake_record) X(decision) X(agreement) X(verification) X(negotiation_event) X(revocation) X(provider_grant) X(provider_grant_mail) \
	X(application_mail) X(forward_mail) X(intake_mail) X(decision_mail) X(verification_mail) X(event_mail) X(revocation_mail) \
	X(ledger_entry) X(field_opening) X(entry_opening) X(field_hash) \
	X(checkpoint_add) X(checkpoint_reply) X(mirror_add) X(mirror_reply) X(openings_push) X(openings_reply) X(ledger_heads) \
	X(ledger_fetch) X(ledger_fetched) X(ledger_seen) X(ledger_seen_reply) \
	X(ledger_head) X(ledger_evidence) X(ledger_evidence_reply) X(consistency_get) X(consistency_reply) X(evidence_file) \
	X(tally) X(tally_ledger) X(tally_entry) X(proof_entry) \
	X(transfer_request) X(stream_place) X(transfer_start) X(label) X(field_label) X(chunk_get) X(chunk_reply) X(manifest) X(receipt) \
	X(receipt_mail) X(transfer_end) X(undelivered_paper) \
	X(emergency_event) X(emergency_event_end) X(emergency_request) X(emergency_vote) X(emergency_grant) X(emergency_activation) \
	X(emergency_end) X(emergency_use) X(emergency_report) X(emergency_link) X(emergency_event_mail) X(emergency_event_end_mail) \
	X(emergency_request_mail) X(emergency_vote_mail) X(emergency_privacy_mail) X(emergency_grant_mail) X(emergency_activation_mail) \
	X(emergency_end_mail) X(emergency_report_mail) X(emergency_link_mail) \
	X(scenario_member) X(scenario) X(scenario_opening) X(scenario_mail) X(scenario_opening_mail) \
	X(delegation) X(delegation_question) X(delegation_mail) X(delegation_question_mail) \
	X(use_report) X(use_report_mail) X(read_report) X(read_report_mail) X(use_state) X(use_state_mail) X(use_end) X(use_end_mail) \
	X(supersession) X(supersession_mail) \
	X(dispute) X(dispute_opinion) X(escalation) X(dispute_mail) X(dispute_opinion_mail) X(escalation_mail) \
	X(use_filing) X(use_filing_mail) \
	X(destruction_record) X(destruction_mail) \
	X(recall) X(recall_mail) X(recall_object) X(recall_answer) X(recall_answer_mail)

#define HF_ROW_EXTERN(lower) extern const struct hf_row hf_row_##lower;
HF_ROWS(HF_ROW_EXTERN)
#undef HF_ROW_EXTERN
/* clang-format on */

#endif
