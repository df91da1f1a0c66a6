/*
 * err.h - the one error enum of node/, with the class that tells the caller what to do, and the fault a person sees.
 *
 * crypto/ and proto/ return bool; node/ returns enum hf_err. Adding an error is adding a row; its name is also the
 * machine-readable reason that travels to peers and to programs, so a row is never renamed.
 */
#ifndef HUFU_BASE_ERR_H
#define HUFU_BASE_ERR_H

#include <stdbool.h>
#include <stddef.h>

/* What the caller does: NONE go on; REFUSE answer with the reason; DENY answer and record a denial; RETRY later; CLOSE
 * the channel to that peer; ABORT this node cannot go on. */
enum hf_err_class { HF_CLASS_NONE = 1, HF_CLASS_REFUSE, HF_CLASS_DENY, HF_CLASS_RETRY, HF_CLASS_CLOSE, HF_CLASS_ABORT };

/* clang-format off */
/*        code                     class    reason on the wire          text */
#define HF_ERRORS(X) \
	X(HF_OK,                   NONE,   "ok",                       "done") \
	X(HF_E_ARGUMENT,           REFUSE, "argument",                 "an argument is missing or malformed") \
	X(HF_E_UNKNOWN,            REFUSE, "unknown",                  "no such object") \
	X(HF_E_EXISTS,             REFUSE, "exists",                   "it exists already") \
	X(HF_E_STATE,              REFUSE, "state",                    "not possible in the present state") \
	X(HF_E_LIMIT,              REFUSE, "limit",                    "a limit is exceeded") \
	X(HF_E_FORMAT,             REFUSE, "format",                   "the bytes are not of the required form") \
	X(HF_E_SIGNATURE,          REFUSE, "signature",                "a signature is missing or does not verify") \
	X(HF_E_VERSION,            REFUSE, "version",                  "no common version") \
	X(HF_E_SUITE,              REFUSE, "suite",                    "the cryptographic suite is not offered here") \
	X(HF_E_UNSUPPORTED,        REFUSE, "unsupported",              "this node does not offer that") \
	X(HF_E_STALE,              REFUSE, "stale",                    "too old, or its clock is off") \
	X(HF_E_REPLAY,             REFUSE, "replay",                   "seen before") \
	X(HF_E_CONFLICT,           REFUSE, "conflict",                 "it contradicts what is on record") \
	X(HF_E_NOT_LOGGED_IN,      DENY,   "not-logged-in",            "no session") \
	X(HF_E_LOCKED,             DENY,   "locked",                   "locked after repeated failures") \
	X(HF_E_CREDENTIAL,         DENY,   "credential",               "name, password or second factor is wrong") \
	X(HF_E_PERMISSION,         DENY,   "permission",               "the account lacks the permission") \
	X(HF_E_SECOND_FACTOR,      DENY,   "second-factor",            "a second authentication factor is needed") \
	X(HF_E_STEP_UP,            DENY,   "step-up",                  "the account must show its second factor again") \
	X(HF_E_SEPARATION,         DENY,   "separation",               "the separation of duties forbids it") \
	X(HF_E_STRANGER,           CLOSE,  "stranger",                 "not a member of the space") \
	X(HF_E_MEMBER_REVOKED,     CLOSE,  "member-revoked",           "the membership was revoked") \
	X(HF_E_MEMBER_EXPIRED,     CLOSE,  "member-expired",           "the membership is outside its validity") \
	X(HF_E_WRONG_SPACE,        CLOSE,  "wrong-space",              "it belongs to another space") \
	X(HF_E_OLD_DESCRIPTOR,     CLOSE,  "old-descriptor",           "the space descriptor is too old") \
	X(HF_E_WRONG_NODE,         CLOSE,  "wrong-node",               "the answering node is not the one that was dialled") \
	X(HF_E_STANDING,           DENY,   "standing",                 "the peer may not send this") \
	X(HF_E_RATE,               DENY,   "rate",                     "too many requests") \
	X(HF_E_REDIRECT,           REFUSE, "redirect",                 "another node takes this in") \
	X(HF_E_NO_GRANT,           DENY,   "no-grant",                 "no authorization covers this request") \
	X(HF_E_GRANT_EXPIRED,      DENY,   "grant-expired",            "the authorization period is over") \
	X(HF_E_GRANT_NOT_YET,      DENY,   "grant-not-yet",            "the authorization period has not begun") \
	X(HF_E_GRANT_REVOKED,      DENY,   "grant-revoked",            "the authorization was revoked") \
	X(HF_E_TERMS_CHANGED,      DENY,   "terms-changed",            "the resource is offered under stricter terms than those agreed") \
	X(HF_E_RETURNED,           DENY,   "returned",                 "the application was returned for correction") \
	X(HF_E_REJECTED,           DENY,   "rejected",                 "the application was rejected") \
	X(HF_E_PENDING,            DENY,   "pending",                  "the application is not decided yet") \
	X(HF_E_WRONG_SYSTEM,       DENY,   "wrong-system",             "the business system is not the authorized one") \
	X(HF_E_WRONG_ACTION,       DENY,   "wrong-action",             "the operation is not authorized") \
	X(HF_E_WRONG_PURPOSE,      DENY,   "wrong-purpose",            "the purpose is not the authorized one") \
	X(HF_E_WRONG_FIELDS,       DENY,   "wrong-fields",             "a field is outside the authorization") \
	X(HF_E_OBLIGATION,         DENY,   "obligation",               "an obligation cannot be fulfilled here") \
	X(HF_E_HELD,               DENY,   "held",                     "the access is suspended") \
	X(HF_E_MECHANISM,          DENY,   "mechanism",                "the resource does not allow this mechanism") \
	X(HF_E_NO_POLICY,          DENY,   "no-policy",                "the decision point has no rules to decide by") \
	X(HF_E_DECISION_BUDGET,    DENY,   "decision-budget",          "the decision point used up its budget") \
	X(HF_E_DECISION_FAULT,     DENY,   "decision-fault",           "the decision point gave no usable answer") \
	X(HF_E_CRITERION,          REFUSE, "criterion",                "a published review criterion is not met") \
	X(HF_E_NOT_SHARED,         DENY,   "not-shared",               "the resource is not shared") \
	X(HF_E_SECOND_USE,         DENY,   "second-authorization",     "the use of sensitive data is not authorized by a second person") \
	X(HF_E_CONDITION,          DENY,   "condition",                "a condition of the sharing is not met") \
	X(HF_E_DISCLOSURE,         DENY,   "disclosure",               "together with earlier releases it would show too much") \
	X(HF_E_SOURCE_CHANGED,     REFUSE, "source-changed",           "the source changed during the transfer") \
	X(HF_E_DIGEST,             REFUSE, "digest",                   "a digest does not match") \
	X(HF_E_QUALITY,            REFUSE, "quality",                  "the data does not meet the declared form") \
	X(HF_E_CANCELLED,          REFUSE, "cancelled",                "cancelled") \
	X(HF_E_ERASED,             REFUSE, "erased",                   "the content was erased") \
	X(HF_E_UNINVITED,          REFUSE, "uninvited",                "this node has no reason to store that ledger") \
	X(HF_E_QUOTA,              REFUSE, "quota",                    "a quota is used up") \
	X(HF_E_NO_MANDATE,         DENY,   "no-mandate",               "no recorded authorization to publish or to apply covers this") \
	X(HF_E_CONSENT,            DENY,   "consent-ended",            "a consent that the use rests on is not in force") \
	X(HF_E_MALICIOUS,          REFUSE, "malicious",                "the scanner found something harmful in the data") \
	X(HF_E_SCANNER,            REFUSE, "scanner",                  "the scanner could not examine the data") \
	X(HF_E_ABANDONED,          REFUSE, "abandoned",                "the other side asked for nothing more in time") \
	X(HF_E_BORDER,             DENY,   "border",                   "the rules of a jurisdiction do not allow it") \
	X(HF_E_SEALED,             REFUSE, "sealed-damaged",           "the sealed data was altered, is incomplete or is gone") \
	X(HF_E_MUST_SEAL,          REFUSE, "must-be-sealed",           "the data may be kept only sealed, behind the node's gate") \
	X(HF_E_NO_PLAN,            DENY,   "no-plan",                  "no approved masking plan covers this") \
	X(HF_E_MASKING,            DENY,   "masking",                  "the data cannot be masked as the terms demand") \
	X(HF_E_UNCLASSIFIED,       REFUSE, "unclassified",             "nobody has said what a field of the data holds") \
	X(HF_E_SENSITIVE,          REFUSE, "sensitive-appeared",       "something sensitive appeared in a field that was classified otherwise") \
	X(HF_E_UNSETTLED,          DENY,   "unsettled",                "the receipt of an earlier delivery is missing") \
	X(HF_E_UNREACHABLE,        RETRY,  "unreachable",              "the peer cannot be reached") \
	X(HF_E_TIMEOUT,            RETRY,  "timeout",                  "no answer in time") \
	X(HF_E_BUSY,               RETRY,  "busy",                     "busy; try again") \
	X(HF_E_NO_SPACE,           RETRY,  "no-space",                 "no disk space is left") \
	X(HF_E_IO,                 RETRY,  "io",                       "reading or writing failed") \
	X(HF_E_CRYPTO,             ABORT,  "crypto",                   "a cryptographic operation failed") \
	X(HF_E_STORE,              ABORT,  "store",                    "the store failed") \
	X(HF_E_MEMORY,             ABORT,  "memory",                   "no memory is left") \
	X(HF_E_INTERNAL,           ABORT,  "internal",                 "an internal check failed") \
	X(HF_E_RECALLED,           DENY,   "recalled",                 "the data was recalled by its provider") \
	X(HF_E_BULK,               DENY,   "bulk-limit",               "more data than a role may take in a window of time") \
	X(HF_E_CHANNEL,            DENY,   "channel",                  "the access channel is not licensed for data of this class and level") \
	X(HF_E_OUTDATED,           DENY,   "outdated",                 "the provider offers newer data")
/* clang-format on */

enum hf_err {
#define HF_ERR_ENUM(code, cls, reason, text) code,
	HF_ERRORS(HF_ERR_ENUM)
#undef HF_ERR_ENUM
};

#define HF_MUST_CHECK __attribute__((warn_unused_result))

enum hf_err_class hf_err_class(enum hf_err e);
const char *hf_err_reason(enum hf_err e); /* "grant-expired": the stable machine-readable form */
const char *hf_err_text(enum hf_err e);
/* The error of a reason string from a peer; unknown strings give HF_E_UNSUPPORTED, and so does "ok", which is
 * no reason for a refusal: never HF_OK. Class ABORT never comes from outside, so that a peer cannot end this node: its
 * "store" and "memory" are HF_E_BUSY here, its "internal" and "crypto" HF_E_UNSUPPORTED. */
enum hf_err hf_err_from_reason(const char *reason);

/* What a person reads: code plus one sentence that names the thing, the reason and the way out. */
struct hf_fault {
	enum hf_err code;
	char text[400];
};
/* Sets and returns code, so that `return hf_fault_set(f, HF_E_STATE, "...")` is the usual form. f may be NULL. */
enum hf_err hf_fault_set(struct hf_fault *f, enum hf_err code, const char *fmt, ...)
        __attribute__((format(printf, 3, 4)));
/* Fills in the default text of e when no text was set for it. Returns e. */
enum hf_err hf_fault_default(struct hf_fault *f, enum hf_err e);

#define HF_TRY(expr)                                                                                                   \
	do {                                                                                                           \
		enum hf_err hf_try_ = (expr);                                                                          \
		if (hf_try_ != HF_OK)                                                                                  \
			return hf_try_;                                                                                \
	} while (0)
#define HF_CLEANUP(fn) __attribute__((cleanup(fn)))
/* Hands a pointer over and leaves NULL behind, so that its cleanup does nothing. */
#define HF_TAKE(p)                                                                                                     \
	({                                                                                                             \
		__typeof__(p) hf_take_ = (p);                                                                          \
		(p) = NULL;                                                                                            \
		hf_take_;                                                                                              \
	})

#endif
