/*
 * families.h - the messages of each fuzz target: the first byte of an input chooses one of its family, the rest is the
 * message. Shared with the test that keeps the seeds in step with the schema.
 */
#ifndef HUFU_TESTS_FUZZ_FAMILIES_H
#define HUFU_TESTS_FUZZ_FAMILIES_H

#include <stdlib.h>
#include <string.h>

#include "catalog.pb-c.h"
#include "channel.pb-c.h"
#include "contract.pb-c.h"
#include "delegation.pb-c.h"
#include "destruction.pb-c.h"
#include "dispute.pb-c.h"
#include "emergency.pb-c.h"
#include "entry.pb-c.h"
#include "envelope.pb-c.h"
#include "ledger.pb-c.h"
#include "promotion.pb-c.h"
#include "proto/codec.h"
#include "recall.pb-c.h"
#include "scenario.pb-c.h"
#include "space.pb-c.h"
#include "statistics.pb-c.h"
#include "tally.pb-c.h"
#include "transfer.pb-c.h"
#include "uses.pb-c.h"

#define FAMILY_INPUT_MAX ((size_t)1 << 20)
#define FAMILY_D(lower) &hufu__##lower##__descriptor

#define FAMILY_ENVELOPE                                                                                                \
	FAMILY_D(envelope), FAMILY_D(header), FAMILY_D(person_certificate), FAMILY_D(statement),                       \
	        FAMILY_D(signed_statement), FAMILY_D(descriptor), FAMILY_D(member), FAMILY_D(member_request)
#define FAMILY_LEDGER                                                                                                  \
	FAMILY_D(ledger_entry), FAMILY_D(entry_opening), FAMILY_D(checkpoint_add), FAMILY_D(checkpoint_reply),         \
	        FAMILY_D(mirror_add), FAMILY_D(mirror_reply), FAMILY_D(openings_push), FAMILY_D(openings_reply),       \
	        FAMILY_D(ledger_heads), FAMILY_D(ledger_evidence), FAMILY_D(ledger_evidence_reply),                    \
	        FAMILY_D(consistency_get), FAMILY_D(consistency_reply), FAMILY_D(evidence_file),                       \
	        FAMILY_D(ledger_fetch), FAMILY_D(ledger_fetched), FAMILY_D(ledger_seen), FAMILY_D(ledger_seen_reply)
#define FAMILY_CATALOG                                                                                                 \
	FAMILY_D(catalog_entry), FAMILY_D(catalog_sync), FAMILY_D(catalog_sync_reply), FAMILY_D(catalog_push)
#define FAMILY_CONTRACT                                                                                                \
	FAMILY_D(application), FAMILY_D(intake_record), FAMILY_D(decision), FAMILY_D(agreement),                       \
	        FAMILY_D(verification), FAMILY_D(negotiation_event), FAMILY_D(revocation), FAMILY_D(application_mail), \
	        FAMILY_D(forward_mail), FAMILY_D(intake_mail), FAMILY_D(decision_mail), FAMILY_D(verification_mail),   \
	        FAMILY_D(event_mail), FAMILY_D(revocation_mail), FAMILY_D(provider_grant),                             \
	        FAMILY_D(provider_grant_mail)
#define FAMILY_TRANSFER                                                                                                \
	FAMILY_D(transfer_request), FAMILY_D(transfer_start), FAMILY_D(chunk_get), FAMILY_D(chunk_reply),              \
	        FAMILY_D(manifest), FAMILY_D(receipt), FAMILY_D(receipt_mail), FAMILY_D(transfer_end),                 \
	        FAMILY_D(undelivered_paper), FAMILY_D(use_report), FAMILY_D(use_report_mail), FAMILY_D(read_report),   \
	        FAMILY_D(read_report_mail), FAMILY_D(use_state), FAMILY_D(use_state_mail), FAMILY_D(use_end),          \
	        FAMILY_D(use_end_mail), FAMILY_D(destruction_record), FAMILY_D(destruction_mail), FAMILY_D(recall),    \
	        FAMILY_D(recall_mail), FAMILY_D(recall_answer), FAMILY_D(recall_answer_mail)
#define FAMILY_CHANNEL                                                                                                 \
	FAMILY_D(hello), FAMILY_D(request_header), FAMILY_D(reply_header), FAMILY_D(mail), FAMILY_D(mail_reply),       \
	        FAMILY_D(poll), FAMILY_D(poll_reply), FAMILY_D(descriptor_get), FAMILY_D(descriptor_reply),            \
	        FAMILY_D(ping)
#define FAMILY_EMERGENCY                                                                                               \
	FAMILY_D(emergency_event), FAMILY_D(emergency_event_end), FAMILY_D(emergency_request),                         \
	        FAMILY_D(emergency_vote), FAMILY_D(emergency_grant), FAMILY_D(emergency_activation),                   \
	        FAMILY_D(emergency_end), FAMILY_D(emergency_report), FAMILY_D(emergency_link),                         \
	        FAMILY_D(emergency_event_mail), FAMILY_D(emergency_event_end_mail), FAMILY_D(emergency_request_mail),  \
	        FAMILY_D(emergency_vote_mail), FAMILY_D(emergency_privacy_mail), FAMILY_D(emergency_grant_mail),       \
	        FAMILY_D(emergency_activation_mail), FAMILY_D(emergency_end_mail), FAMILY_D(emergency_report_mail),    \
	        FAMILY_D(emergency_link_mail)
#define FAMILY_SCENARIO                                                                                                \
	FAMILY_D(scenario), FAMILY_D(scenario_opening), FAMILY_D(scenario_mail), FAMILY_D(scenario_opening_mail)
#define FAMILY_DELEGATION                                                                                              \
	FAMILY_D(delegation), FAMILY_D(delegation_question), FAMILY_D(delegation_mail),                                \
	        FAMILY_D(delegation_question_mail)
#define FAMILY_PROMOTION FAMILY_D(supersession), FAMILY_D(supersession_mail)
#define FAMILY_DISPUTE                                                                                                 \
	FAMILY_D(dispute), FAMILY_D(dispute_opinion), FAMILY_D(escalation), FAMILY_D(dispute_mail),                    \
	        FAMILY_D(dispute_opinion_mail), FAMILY_D(escalation_mail), FAMILY_D(use_filing),                       \
	        FAMILY_D(use_filing_mail)
#define FAMILY_TALLY FAMILY_D(tally), FAMILY_D(tally_ledger), FAMILY_D(tally_entry), FAMILY_D(proof_entry)

/* What was accepted encodes to the same bytes, and they decode again. Aborts otherwise. */
static inline void family_check(const ProtobufCMessageDescriptor *desc, const uint8_t *data, size_t size)
{
	size_t len = 0;
	void *own = hf_decode_own(desc, data, size); /* must not fall over anything either */
	hf_decoded_free(own);
	void *m = hf_decode_limit(desc, data, size, FAMILY_INPUT_MAX);
	if (m == NULL)
		return;
	uint8_t *again = hf_encode(m, &len);
	if (again == NULL || len != size || (len > 0 && memcmp(again, data, len) != 0))
		abort();
	void *second = hf_decode_limit(desc, again, len, FAMILY_INPUT_MAX);
	if (second == NULL)
		abort();
	hf_decoded_free(second);
	hf_decoded_free(m);
	free(again);
}

static inline int family_run(const ProtobufCMessageDescriptor *const *family, size_t count, const uint8_t *data,
                             size_t size)
{
	if (size > 0 && size <= FAMILY_INPUT_MAX && data[0] < count)
		family_check(family[data[0]], data + 1, size - 1);
	return 0;
}

/* The whole of a fuzz target. */
#define FAMILY_TARGET(list)                                                                                            \
	int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);                                                  \
	int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)                                                   \
	{                                                                                                              \
		static const ProtobufCMessageDescriptor *const family[] = {list};                                      \
		return family_run(family, sizeof(family) / sizeof(family[0]), data, size);                             \
	}

#endif
