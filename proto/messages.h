/*
 * messages.h - the message table: every request between nodes and every kind of mail. A new message is a new row here
 * and a handler in node/dispatch.c. Rows never change number.
 */
#ifndef HUFU_PROTO_MESSAGES_H
#define HUFU_PROTO_MESSAGES_H

#include <stdint.h>

/*        code                     number  name               largest body */
#define HF_MESSAGES(X)                                                                                                 \
	X(HF_MSG_PING, 1, "ping", 64)                                                                                  \
	X(HF_MSG_DESCRIPTOR_GET, 2, "descriptor-get", 64)                                                              \
	X(HF_MSG_MAIL, 3, "mail", 400 << 10)                                                                           \
	X(HF_MSG_POLL, 4, "poll", 64)                                                                                  \
	X(HF_MSG_CATALOG_SYNC, 10, "catalog-sync", 512 << 10)                                                          \
	X(HF_MSG_CATALOG_PUSH, 11, "catalog-push", 512 << 10)                                                          \
	X(HF_MSG_TRANSFER_REQUEST, 20, "transfer-request", 64 << 10)                                                   \
	X(HF_MSG_CHUNK_GET, 21, "chunk-get", 128)                                                                      \
	X(HF_MSG_TRANSFER_END, 22, "transfer-end", 4 << 10)                                                            \
	X(HF_MSG_CHECKPOINT_ADD, 30, "checkpoint-add", 16 << 10)                                                       \
	X(HF_MSG_MIRROR_ADD, 31, "mirror-add", 512 << 10)                                                              \
	X(HF_MSG_OPENINGS_PUSH, 32, "openings-push", 512 << 10)                                                        \
	X(HF_MSG_LEDGER_HEADS, 33, "ledger-heads", 256 << 10)                                                          \
	X(HF_MSG_LEDGER_FETCH, 34, "ledger-fetch", 512)                                                                \
	X(HF_MSG_LEDGER_SEEN, 35, "ledger-seen", 512)                                                                  \
	X(HF_MSG_LEDGER_EVIDENCE, 36, "ledger-evidence", 16 << 10)                                                     \
	X(HF_MSG_CONSISTENCY_GET, 37, "consistency-get", 512)

enum hf_msg {
	HF_MSG_INVALID = 0,
#define HF_MSG_ENUM(code, number, name, max) code = number,
	HF_MESSAGES(HF_MSG_ENUM)
#undef HF_MSG_ENUM
};

#define HF_MAILS(X)                                                                                                    \
	X(HF_MAIL_APPLICATION, 1, "application", 256 << 10)                                                            \
	X(HF_MAIL_FORWARD, 2, "forward", 320 << 10)                                                                    \
	X(HF_MAIL_INTAKE, 3, "intake", 64 << 10)                                                                       \
	X(HF_MAIL_DECISION, 4, "decision", 320 << 10)                                                                  \
	X(HF_MAIL_VERIFICATION, 5, "verification", 64 << 10)                                                           \
	X(HF_MAIL_EVENT, 6, "event", 64 << 10)                                                                         \
	X(HF_MAIL_REVOCATION, 7, "revocation", 64 << 10)                                                               \
	X(HF_MAIL_RECEIPT, 10, "receipt", 64 << 10)                                                                    \
	X(HF_MAIL_TRANSFER_END, 11, "transfer-end", 8 << 10)                                                           \
	X(HF_MAIL_PROVIDER_GRANT, 60, "provider-grant", 320 << 10)                                                     \
	X(HF_MAIL_EMERGENCY_EVENT, 20, "emergency-event", 64 << 10)                                                    \
	X(HF_MAIL_EMERGENCY_EVENT_END, 21, "emergency-event-end", 128 << 10)                                           \
	X(HF_MAIL_EMERGENCY_REQUEST, 22, "emergency-request", 320 << 10)                                               \
	X(HF_MAIL_EMERGENCY_VOTE, 23, "emergency-vote", 384 << 10)                                                     \
	X(HF_MAIL_EMERGENCY_PRIVACY, 24, "emergency-privacy", 384 << 10)                                               \
	X(HF_MAIL_EMERGENCY_GRANT, 25, "emergency-grant", 384 << 10)                                                   \
	X(HF_MAIL_EMERGENCY_ACTIVATION, 26, "emergency-activation", 384 << 10)                                         \
	X(HF_MAIL_EMERGENCY_END, 27, "emergency-end", 64 << 10)                                                        \
	X(HF_MAIL_EMERGENCY_REPORT, 28, "emergency-report", 320 << 10)                                                 \
	X(HF_MAIL_EMERGENCY_LINK, 29, "emergency-link", 64 << 10)                                                      \
	X(HF_MAIL_SCENARIO, 30, "scenario", 128 << 10)                                                                 \
	X(HF_MAIL_SCENARIO_OPENING, 31, "scenario-opening", 352 << 10)                                                 \
	X(HF_MAIL_DELEGATION, 32, "delegation", 64 << 10)                                                              \
	X(HF_MAIL_DELEGATION_QUESTION, 33, "delegation-question", 64 << 10)                                            \
	X(HF_MAIL_USE_REPORT, 50, "use-report", 64 << 10)                                                              \
	X(HF_MAIL_READ_REPORT, 80, "read-report", 192 << 10)                                                           \
	X(HF_MAIL_USE_STATE, 85, "use-state", 16 << 10)                                                                \
	X(HF_MAIL_USE_END, 86, "use-end", 16 << 10)                                                                    \
	X(HF_MAIL_SUPERSESSION, 34, "supersession", 64 << 10)                                                          \
	X(HF_MAIL_DISPUTE, 40, "dispute", 320 << 10)                                                                   \
	X(HF_MAIL_DISPUTE_OPINION, 41, "dispute-opinion", 384 << 10)                                                   \
	X(HF_MAIL_ESCALATION, 42, "escalation", 64 << 10)                                                              \
	X(HF_MAIL_USE_FILING, 43, "use-filing", 128 << 10)                                                             \
	X(HF_MAIL_DESTRUCTION, 120, "destruction", 64 << 10)                                                           \
	X(HF_MAIL_RECALL, 135, "recall", 16 << 10)                                                                     \
	X(HF_MAIL_RECALL_ANSWER, 136, "recall-answer", 64 << 10)

enum hf_mail {
	HF_MAIL_INVALID = 0,
#define HF_MAIL_ENUM(code, number, name, max) code = number,
	HF_MAILS(HF_MAIL_ENUM)
#undef HF_MAIL_ENUM
};

/* NULL and 0 for an unknown number. */
const char *hf_msg_name(uint32_t type);
uint32_t hf_msg_max(uint32_t type);
const char *hf_mail_name(uint32_t type);
uint32_t hf_mail_max(uint32_t type);

#endif
