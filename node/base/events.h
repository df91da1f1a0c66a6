/*
 * events.h - every event that can become a ledger entry, and every private field an entry can have. Rows are only
 * added; long because each is a row.
 *
 * The class is the one thing a replica that is no party can read. PUBLIC entries carry the openings of their fields.
 */
#ifndef HUFU_BASE_EVENTS_H
#define HUFU_BASE_EVENTS_H

enum hf_event_class {
	HF_EVENT_CLASS_INVALID = 0,
	HF_EVENT_CLASS_PUBLIC = 1,   /* first entry, key change, evidence, erasure */
	HF_EVENT_CLASS_SYSTEM = 2,   /* start, stop, alarms, self-checks */
	HF_EVENT_CLASS_OPERATOR = 3, /* commands of people, granted or refused */
	HF_EVENT_CLASS_DECISION = 4, /* reviews, decisions, grants, revocations */
	HF_EVENT_CLASS_EXCHANGE = 5, /* transfers and what belongs to them */
	HF_EVENT_CLASS_PEER = 6,     /* sessions and refusals of peers */
};

/* clang-format off */
/*         code                          class     name */
#define HF_EVENTS(X) \
	X(HF_EVENT_GENESIS,              PUBLIC,   "genesis", 1) \
	X(HF_EVENT_KEY_CHANGE,           PUBLIC,   "key-change", 2) \
	X(HF_EVENT_EQUIVOCATION,         PUBLIC,   "equivocation", 3) \
	X(HF_EVENT_ERASURE,              PUBLIC,   "erasure", 4) \
	X(HF_EVENT_START,                SYSTEM,   "start", 10) \
	X(HF_EVENT_STOP,                 SYSTEM,   "stop", 11) \
	X(HF_EVENT_ALARM,                SYSTEM,   "alarm", 12) \
	X(HF_EVENT_EXCEPTION,            SYSTEM,   "exception", 13) \
	X(HF_EVENT_SELF_CHECK,           SYSTEM,   "self-check", 14) \
	X(HF_EVENT_DESCRIPTOR,           SYSTEM,   "descriptor", 15) \
	X(HF_EVENT_CONFIG,               SYSTEM,   "config", 16) \
	X(HF_EVENT_MIGRATION,            SYSTEM,   "migration", 17) \
	X(HF_EVENT_RECOVERY,             SYSTEM,   "recovery", 18) /* of this ledger's lost entries */ \
	X(HF_EVENT_COMMAND,              OPERATOR, "command", 30) \
	X(HF_EVENT_LOGIN,                OPERATOR, "login", 31) \
	X(HF_EVENT_LOGOUT,               OPERATOR, "logout", 32) \
	X(HF_EVENT_LOCKED,               OPERATOR, "locked", 33) \
	X(HF_EVENT_USER_CHANGE,          OPERATOR, "user-change", 34) \
	X(HF_EVENT_SOURCE_CHANGE,        OPERATOR, "source-change", 35) \
	X(HF_EVENT_SYSTEM_CHANGE,        OPERATOR, "system-change", 36) \
	X(HF_EVENT_PUBLISH,              OPERATOR, "publish", 37) \
	X(HF_EVENT_WITHDRAW,             OPERATOR, "withdraw", 38) \
	X(HF_EVENT_AUDIT_READ,           OPERATOR, "audit-read", 39) \
	X(HF_EVENT_AUDIT_EXPORT,         OPERATOR, "audit-export", 40) \
	X(HF_EVENT_DENIED,               OPERATOR, "denied", 41) \
	X(HF_EVENT_READ,                 OPERATOR, "read", 42) \
	X(HF_EVENT_AUDIT_REPORT,         OPERATOR, "audit-report", 45)      /* a report is complete: its digest */ \
	X(HF_EVENT_AUDIT_DELETE,         OPERATOR, "audit-delete", 46) \
	X(HF_EVENT_BACKUP,               OPERATOR, "backup", 112)   /* DS-127 */ \
	X(HF_EVENT_RESTORE,              OPERATOR, "restore", 113)  /* recorded by the first start after it */ \
	X(HF_EVENT_APPLICATION_DRAFT,    DECISION, "application-draft", 60) \
	X(HF_EVENT_NEED_REVIEW,          DECISION, "need-review", 61) \
	X(HF_EVENT_APPLICATION_SUBMIT,   DECISION, "application-submit", 62) \
	X(HF_EVENT_APPLICATION_RECEIVE,  DECISION, "application-receive", 63) \
	X(HF_EVENT_COMPLIANCE_REVIEW,    DECISION, "compliance-review", 64) \
	X(HF_EVENT_PRIVACY_REVIEW,       DECISION, "privacy-review", 65) \
	X(HF_EVENT_DECISION,             DECISION, "decision", 66) \
	X(HF_EVENT_RESULT,               DECISION, "result", 67) \
	X(HF_EVENT_AGREEMENT,            DECISION, "agreement", 68) \
	X(HF_EVENT_VERIFICATION,         DECISION, "agreement-verification", 69) \
	X(HF_EVENT_FINALIZED,            DECISION, "finalized", 70) \
	X(HF_EVENT_REVOCATION,           DECISION, "revocation", 71) \
	X(HF_EVENT_ACCESS_DECISION,      DECISION, "access-decision", 72) \
	X(HF_EVENT_TERMINATION,          DECISION, "termination", 73) \
	X(HF_EVENT_GRANT_OFFER,          DECISION, "grant-offer", 160) \
	X(HF_EVENT_GRANT_GIVEN,          DECISION, "grant-given", 161)  /* by the provider itself, no application */ \
	X(HF_EVENT_HOLD_PLACE,           DECISION, "hold-place", 162)   /* a grant, organization, system or resource is suspended */ \
	X(HF_EVENT_HOLD_LIFT,            DECISION, "hold-lift", 163) \
	X(HF_EVENT_POLICY_APPLY,         DECISION, "policy-apply", 164) /* digest: of the policy's text */ \
	X(HF_EVENT_MECHANISMS,           DECISION, "mechanisms", 165)   /* which ones a resource allows */ \
	X(HF_EVENT_TRANSFER_REQUEST,     EXCHANGE, "transfer-request", 80) \
	X(HF_EVENT_TRANSFER_START,       EXCHANGE, "transfer-start", 81) \
	X(HF_EVENT_TRANSFER_RESUME,      EXCHANGE, "transfer-resume", 82) \
	X(HF_EVENT_TRANSFER_SENT,        EXCHANGE, "transfer-sent", 83) \
	X(HF_EVENT_TRANSFER_RECEIVED,    EXCHANGE, "transfer-received", 84) \
	X(HF_EVENT_RECEIPT,              EXCHANGE, "receipt", 85) \
	X(HF_EVENT_TRANSFER_CLOSED,      EXCHANGE, "transfer-closed", 86) \
	X(HF_EVENT_TRANSFER_TERMINATED,  EXCHANGE, "transfer-terminated", 87) \
	X(HF_EVENT_CACHE_CLEARED,        EXCHANGE, "cache-cleared", 88) \
	X(HF_EVENT_DERIVATION,           EXCHANGE, "derivation", 110)        /* DS-97: something was made of delivered data */ \
	X(HF_EVENT_DERIVED_FROM,         EXCHANGE, "derived-from", 111)      /* the same, for the provider of one of its sources */ \
	X(HF_EVENT_PASSED_ON,            EXCHANGE, "passed-on", 173)         /* DS-65: what was derived went to another node; for the provider of one of its sources */ \
	X(HF_EVENT_PEER_SESSION,         PEER,     "peer-session", 100) \
	X(HF_EVENT_PEER_REFUSED,         PEER,     "peer-refused", 101) \
	X(HF_EVENT_PEER_LOCKED,          PEER,     "peer-locked", 102) \
	X(HF_EVENT_MAIL_PARKED,          PEER,     "mail-parked", 103) \
	X(HF_EVENT_MIRROR_REFUSED,       PEER,     "mirror-refused", 104) /* a peer's ledger is not stored (any further) */ \
	X(HF_EVENT_STEP_UP,              PEER,     "step-up", 105)        /* DS-47: a risk score demands to authenticate anew */ \
	X(HF_EVENT_EMERGENCY_DECLARE,    DECISION, "emergency-declare", 120) \
	X(HF_EVENT_EMERGENCY_END,        DECISION, "emergency-end", 121)         /* of an event */ \
	X(HF_EVENT_EMERGENCY_REQUEST,    DECISION, "emergency-request", 122) \
	X(HF_EVENT_EMERGENCY_VOTE,       DECISION, "emergency-vote", 123) \
	X(HF_EVENT_EMERGENCY_RESULT,     DECISION, "emergency-result", 124)      /* T, F or S of the leading group, as counted here */ \
	X(HF_EVENT_EMERGENCY_EXECUTION,  DECISION, "emergency-execution", 125)   /* AZ-55 */ \
	X(HF_EVENT_EMERGENCY_ACTIVE,     DECISION, "emergency-active", 126) \
	X(HF_EVENT_EMERGENCY_OVER,       DECISION, "emergency-over", 127)        /* of a grant */ \
	X(HF_EVENT_EMERGENCY_REPORT,     DECISION, "emergency-report", 128)      /* AZ-59 */ \
	X(HF_EVENT_EMERGENCY_SUCCESSOR,  DECISION, "emergency-successor", 129)   /* AZ-65 */ \
	X(HF_EVENT_MANDATE,              DECISION, "mandate", 140)               /* DS-23 ... DS-25: leave to publish or to apply */ \
	X(HF_EVENT_MANDATE_END,          DECISION, "mandate-end", 141) \
	X(HF_EVENT_CONSENT,              DECISION, "consent", 142)               /* SB-6: recorded */ \
	X(HF_EVENT_CONSENT_END,          DECISION, "consent-end", 143)           /* SB-6: withdrawn */ \
	X(HF_EVENT_DISPUTE,              DECISION, "dispute", 144)               /* AZ-20: raised */ \
	X(HF_EVENT_DISPUTE_OPINION,      DECISION, "dispute-opinion", 145)       /* of one node of the leading group */ \
	X(HF_EVENT_DISPUTE_OUTCOME,      DECISION, "dispute-outcome", 148)       /* of the leading group */ \
	X(HF_EVENT_ESCALATION,           DECISION, "escalation", 149)            /* AZ-18: an overdue decision, to the leading group */ \
	X(HF_EVENT_REMINDER,             DECISION, "reminder", 146)              /* AZ-18: a decision is due */ \
	X(HF_EVENT_OVERDUE,              DECISION, "overdue", 147)               /* AZ-18, AZ-21 */ \
	X(HF_EVENT_SCENARIO,             DECISION, "scenario", 130)              /* made, changed or ended by its business authority */ \
	X(HF_EVENT_SCENARIO_OPENING,     DECISION, "scenario-opening", 131)      /* AZ-40: of a resource to a scenario, or closed again */ \
	X(HF_EVENT_DELEGATION,           DECISION, "delegation", 132)            /* AZ-36: an agent is named, or no longer */ \
	X(HF_EVENT_AGENT_QUESTION,       DECISION, "agent-question", 133)        /* AZ-38: about a grant of an agent, or its withdrawal */ \
	X(HF_EVENT_TIME_RECOVERY,        DECISION, "time-recovery", 150)  /* two people took a wrong mark of trusted time back */ \
	X(HF_EVENT_USE_REPORT,           EXCHANGE, "use-report", 151)     /* AZ-19: the consumer reports a use to the provider */ \
	X(HF_EVENT_GRANT_REVIEW,         DECISION, "grant-review", 152)   /* DS-28: the scheduled look at validity and use */ \
	X(HF_EVENT_PROMOTION,            DECISION, "promotion", 134)             /* AZ-63: grants proposed as a rule, decided, ended */ \
	X(HF_EVENT_SUPERSESSION,         DECISION, "supersession", 135)          /* AZ-63: of one grant by a rule, or no longer */ \
	X(HF_EVENT_SECOND_APPROVAL,      DECISION, "second-approval", 170)       /* DS-20: T, F or S of the second level */ \
	X(HF_EVENT_USE_AUTHORIZATION,    DECISION, "use-authorization", 171)     /* DS-86 */ \
	X(HF_EVENT_USE_END,              DECISION, "use-authorization-end", 172) \
	X(HF_EVENT_DATA_READ,            EXCHANGE, "data-read", 193)             /* DS-85: of sealed data, permitted or denied */ \
	X(HF_EVENT_DATA_READ_END,        EXCHANGE, "data-read-end", 194)         /* how far it came */ \
	X(HF_EVENT_DATA_DESTROYED,       EXCHANGE, "data-destroyed", 195)        /* the key of sealed data was overwritten */ \
	X(HF_EVENT_READ_REPORT,          EXCHANGE, "read-report", 196)           /* a consumer reports a read to the provider */ \
	X(HF_EVENT_AGENT_FILED,          DECISION, "agent-filed", 197)           /* AZ-37: the provider has an agent's decision on file */ \
	X(HF_EVENT_USE_STOPPED,          EXCHANGE, "use-stopped", 201)           /* the provider stops the use of sealed data */ \
	X(HF_EVENT_USE_RESUMED,          EXCHANGE, "use-resumed", 202)           /* and lets it go on */ \
	X(HF_EVENT_USE_ENDED,            DECISION, "use-authorization-over", 203) /* DS-86: a consumer's has ended, at the provider */ \
	X(HF_EVENT_MASK_PLAN,            DECISION, "mask-plan", 206)             /* MK-37: put, approved, rejected, retired; digest: of its text */ \
	X(HF_EVENT_MASK_STEP,            EXCHANGE, "mask-step", 207)             /* MK-14: of a masking task */ \
	X(HF_EVENT_MASK_RELEASE,         EXCHANGE, "mask-release", 208)          /* MK-10: a masked table became a source; digest: of its bytes */ \
	X(HF_EVENT_UNMASK,               OPERATOR, "unmask", 211)                /* MK-67: masked values were reversed */ \
	X(HF_EVENT_MASK_KEY_ERASED,      OPERATOR, "mask-key-erased", 212)       /* a contract's seed was overwritten */ \
	X(HF_EVENT_CLASSIFICATION,       OPERATOR, "classification", 226)        /* MK-15: what the fields of a source hold, as a person says */ \
	X(HF_EVENT_DRIFT,                EXCHANGE, "drift", 227)                 /* something sensitive in a field classified otherwise; the delivery stops */ \
	X(HF_EVENT_MASK_POLICY,          OPERATOR, "mask-policy", 228)           /* MK-54, MK-63: controls or rule base */ \
	X(HF_EVENT_MASK_NEED,            OPERATOR, "mask-need", 229)             /* MK-27, MK-28 */ \
	X(HF_EVENT_MASK_REPORT,          OPERATOR, "mask-report", 230)           /* MK-61: delivered to the administrators */ \
	X(HF_EVENT_MASK_TRACE,           OPERATOR, "mask-trace", 235)            /* a leak was traced; digest: of its rows as they were sent */ \
	X(HF_EVENT_RELATION,             OPERATOR, "relation", 250)              /* MK-31: which fields of sources belong together */ \
	X(HF_EVENT_DISCLOSURE_ALLOWED,   DECISION, "disclosure-allowed", 221)    /* MK-4: what a release shows with earlier ones; digest: of the plan */ \
	X(HF_EVENT_DESTRUCTION_ASKED,    DECISION, "destruction-asked", 340)     /* DS-144: of delivered data, by a person */ \
	X(HF_EVENT_DESTRUCTION_APPROVED, DECISION, "destruction-approved", 341)  /* by another one */ \
	X(HF_EVENT_DESTRUCTION_REFUSED,  DECISION, "destruction-refused", 342) \
	X(HF_EVENT_DELIVERY_DISPUTE,     EXCHANGE, "delivery-dispute", 330)      /* DS-58: the receipt says not-met, or the consumer signed that it took nothing; digest: of that */ \
	X(HF_EVENT_DELIVERY_SETTLED,     DECISION, "delivery-settled", 331)      /* DS-59: by a person of the provider, or by the consumer's late word; digest: of that */ \
	X(HF_EVENT_DESTRUCTION_RECORD,   EXCHANGE, "destruction-record", 343)    /* DS-146: of a consumer, at the provider; digest: of the record */ \
	X(HF_EVENT_RECALL_ASKED,         DECISION, "recall-asked", 370)          /* DS-12: by a person */ \
	X(HF_EVENT_RECALL_APPROVED,      DECISION, "recall-approved", 371)       /* by another one, or since another node recalls */ \
	X(HF_EVENT_RECALL_REFUSED,       DECISION, "recall-refused", 372) \
	X(HF_EVENT_RECALLED,             EXCHANGE, "recalled", 373)              /* DS-11: the consumer is told, and the use ends */ \
	X(HF_EVENT_RECALL_ANSWER,        EXCHANGE, "recall-answer", 374)         /* of a recipient; digest: of what it signed */ \
	X(HF_EVENT_RECALL_DONE,          EXCHANGE, "recall-done", 375)           /* everything is answered for, or here destroyed */ \
	X(HF_EVENT_RECALL_OPEN,          EXCHANGE, "recall-open", 376)           /* DS-11: answers are missing after the deadline */ \
	X(HF_EVENT_UPDATE_NOTICE,        EXCHANGE, "update-notice", 390)         /* DS-9: a version with other data than was delivered here; digest: of the entry */
/* clang-format on */

enum hf_event {
	HF_EVENT_INVALID = 0,
#define HF_EVENT_ENUM(code, cls, name, number) code = number,
	HF_EVENTS(HF_EVENT_ENUM)
#undef HF_EVENT_ENUM
};

/* clang-format off */
/* Private fields, in the fixed order of the commitment tree. The number is the order and never changes. */
#define HF_FIELDS(X) \
	X(HF_FIELD_EVENT,               "event", 1)               /* name of the event */ \
	X(HF_FIELD_TRANSACTION,         "transaction", 2)         /* DS-38, DS-61: text form */ \
	X(HF_FIELD_ORDINAL,             "ordinal", 3)             /* within the transaction, from 1 */ \
	X(HF_FIELD_BACK_LINK,           "back-link", 4)           /* index of the transaction's previous entry */ \
	X(HF_FIELD_COUNT,               "count", 5)               /* closing entry only */ \
	X(HF_FIELD_TIME,                "time", 6)                /* exact, RFC 3339 */ \
	X(HF_FIELD_ACTOR,               "actor", 10)              /* node/account or node */ \
	X(HF_FIELD_ADDRESS,             "address", 11)            /* where the actor came from */ \
	X(HF_FIELD_OBJECT,              "object", 12) \
	X(HF_FIELD_COUNTERPARTY,        "counterparty", 13)       /* node id */ \
	X(HF_FIELD_COUNTERPARTY_HEAD,   "counterparty-checkpoint", 14) \
	X(HF_FIELD_MANNER,              "manner", 15)             /* how: command, channel, scheduled */ \
	X(HF_FIELD_OUTCOME,             "outcome", 16) \
	X(HF_FIELD_REASON,              "reason", 17)             /* hf_err_reason */ \
	X(HF_FIELD_DETAIL,              "detail", 18)             /* the sentence a person saw */ \
	X(HF_FIELD_DIGEST,              "digest", 19)             /* 32 bytes: SHA-256 of the signed envelope this entry is about */ \
	X(HF_FIELD_MECHANISM,           "mechanism", 20) \
	X(HF_FIELD_GRANT,               "grant", 21) \
	X(HF_FIELD_ORGANIZATION,        "organization", 22)       /* AZ-24: O */ \
	X(HF_FIELD_SYSTEM,              "system", 23)             /* AZ-24: S */ \
	X(HF_FIELD_RESOURCE,            "resource", 24)           /* AZ-24: DR */ \
	X(HF_FIELD_APPLICATION,         "application", 25)        /* AZ-24: R */ \
	X(HF_FIELD_PERIOD,              "period", 26)             /* AZ-24: D, "from/until" */ \
	X(HF_FIELD_RESULT,              "result", 27)             /* AZ-24: A: T, F or S */ \
	X(HF_FIELD_PURPOSE,             "purpose", 28) \
	X(HF_FIELD_DATA_FORMAT,         "data-format", 40)        /* DS-60 */ \
	X(HF_FIELD_START_TIME,          "start-time", 41)         /* DS-61 */ \
	X(HF_FIELD_END_TIME,            "end-time", 42)           /* DS-61 */ \
	X(HF_FIELD_CLASS_GRADE,         "class-grade", 43)        /* DS-62 */ \
	X(HF_FIELD_CONSUMER_AUTHN,      "consumer-authentication", 44) /* DS-62 */ \
	X(HF_FIELD_PERMISSION_REVIEW,   "permission-review", 45)  /* DS-62 */ \
	X(HF_FIELD_PACKAGING,           "packaging", 46)          /* DS-62 */ \
	X(HF_FIELD_DELIVERY,            "delivery", 47)           /* DS-62 */ \
	X(HF_FIELD_CACHE_DELETION,      "cache-deletion", 48)     /* DS-62 */ \
	X(HF_FIELD_IDENTITY_CHECK,      "identity-check", 49)     /* DS-63 */ \
	X(HF_FIELD_ENDPOINT,            "endpoint", 50)           /* DS-63: endpoint identifier */ \
	X(HF_FIELD_IP_ADDRESS,          "ip-address", 51)         /* DS-63 */ \
	X(HF_FIELD_DATA_LENGTH,         "data-length", 52)        /* DS-63: bytes */ \
	X(HF_FIELD_EXCEPTION,           "exception", 53)          /* DS-63 */ \
	X(HF_FIELD_ALARM,               "alarm", 54)              /* DS-63 */ \
	X(HF_FIELD_PROVIDER_AUTHN,      "provider-authentication", 55) /* DS-64 */ \
	X(HF_FIELD_RECEPTION,           "reception-state", 56)    /* DS-64 */ \
	X(HF_FIELD_QUALITY,             "quality", 57)            /* DS-64 */ \
	X(HF_FIELD_CONTENT_ROOT,        "content-root", 58)       /* 32 bytes: Merkle root of the delivered chunks */ \
	X(HF_FIELD_SIGNATURE,           "signature", 59)          /* 64 bytes: of a key change, by the key that the mechanism names */ \
	X(HF_FIELD_EMERGENCY_EVENT,     "emergency-event", 60)    /* AZ-52: the event's id */ \
	X(HF_FIELD_VOTERS,              "voters", 61)             /* AZ-55: who approved, node/account */ \
	X(HF_FIELD_EXECUTOR,            "executor", 62)           /* AZ-55: who carried it out, node/account */ \
	X(HF_FIELD_COUNTED,             "counted", 63)            /* AZ-54: organizations for T, F, S of how many, and how many are needed */ \
	X(HF_FIELD_MANDATE,             "mandate", 70)            /* DS-23 ... DS-25: its id */ \
	X(HF_FIELD_CONSENT,             "consent", 71)            /* SB-6: its id */ \
	X(HF_FIELD_SCENARIO,            "scenario", 65)           /* its id */ \
	X(HF_FIELD_DELEGATION,          "delegation", 66)         /* AZ-36: its id */ \
	X(HF_FIELD_PROMOTION,           "promotion", 67)          /* AZ-63: its id, which names the rule */ \
	X(HF_FIELD_WIDER,               "wider", 68)              /* AZ-64: what a rule gives more than the grants, as confirmed */ \
	X(HF_FIELD_DISPUTE,             "dispute", 72)            /* AZ-20: its id */ \
	X(HF_FIELD_RULE,                "rule", 80)               /* that decided */ \
	X(HF_FIELD_SNAPSHOT,            "snapshot", 81)           /* 32 bytes: hash of the rules that the decision was made by */ \
	X(HF_FIELD_ATTRIBUTES,          "attributes", 82)         /* what the rules were asked, as a request of docs/policy.md */ \
	X(HF_FIELD_ASKED,               "asked", 83)              /* what else the decision was asked: a key and a value in a line */ \
	X(HF_FIELD_INPUTS,              "inputs", 85)             /* DS-97: "transfer|derivation ID DIGEST" in a line */ \
	X(HF_FIELD_SOURCES,             "sources", 86)            /* DS-97: "CATALOG-ENTRY NODE" in a line */ \
	X(HF_FIELD_PROCESSING,          "processing", 87)         /* DS-97: in what manner, in a person's words */ \
	X(HF_FIELD_SECOND,              "second-authorization", 88) /* DS-86: who authorized the use besides, and by which one */ \
	X(HF_FIELD_MASKING,             "masking", 103)           /* DS-32: plan, version, digest, and each field's technique and key id */ \
	X(HF_FIELD_EXPORT_CHECK,        "export-check", 125)      /* DS-37: each point that was looked at before a delivery goes out, and what was found */ \
	X(HF_FIELD_LABEL,               "label", 79)              /* MK-22: a field, its kind, class, level, treatment in a line */
/* clang-format on */

enum hf_field {
	HF_FIELD_INVALID = 0,
#define HF_FIELD_ENUM(code, name, number) code = number,
	HF_FIELDS(HF_FIELD_ENUM)
#undef HF_FIELD_ENUM
	        HF_FIELD_LIMIT = 128, /* numbers stay below */
};

enum hf_event_class hf_event_class(enum hf_event e);
const char *hf_event_name(enum hf_event e); /* NULL when unknown */
enum hf_event hf_event_from_name(const char *name);
const char *hf_field_name(enum hf_field f); /* NULL when unknown */
enum hf_field hf_field_from_name(const char *name);

#endif
