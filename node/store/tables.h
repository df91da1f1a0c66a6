/*
 * tables.h - every table of the store. A row is never renamed or reused; the number is stored in the schema record.
 */
#ifndef HUFU_STORE_TABLES_H
#define HUFU_STORE_TABLES_H

/* clang-format off */
/*        code                       name                  key -> value */
#define HF_TABLES(X) \
	X(HF_TABLE_META,             "meta")             /* text -> bytes: schema, counters, settings */ \
	X(HF_TABLE_DESCRIPTOR,       "descriptor")       /* u64 number -> envelope */ \
	X(HF_TABLE_ACCOUNT,          "account")          /* account name -> state.proto Account */ \
	X(HF_TABLE_SYSTEM,           "system")           /* system name -> System */ \
	X(HF_TABLE_SOURCE,           "source")           /* source name -> Source */ \
	X(HF_TABLE_OUTBOX,           "outbox")           /* peer name 0x00 u64 sequence -> OutboxRow */ \
	X(HF_TABLE_OUTBOX_PARKED,    "outbox-parked")    /* the same key -> OutboxRow with the refusal */ \
	X(HF_TABLE_INBOX,            "inbox")            /* peer name 0x00 epoch[16] -> highest sequence in order */ \
	X(HF_TABLE_ENTRY,            "entry")            /* u64 index -> ledger entry bytes (own ledger) */ \
	X(HF_TABLE_LEAF,             "leaf")             /* u64 index -> leaf hash (own ledger), tiles of 256 */ \
	X(HF_TABLE_OPENING,          "opening")          /* u64 index -> sealed private fields (own ledger) */ \
	X(HF_TABLE_TXN_INDEX,        "txn-index")        /* txn[16] u32 ordinal -> u64 index (own ledger) */ \
	X(HF_TABLE_SHARE,            "share")            /* peer 0x00 u64 index -> "": openings still to be sent */ \
	X(HF_TABLE_CHECKPOINT,       "checkpoint")       /* own: u64 size -> signed note with cosignatures */ \
	X(HF_TABLE_WITNESS,          "witness")          /* origin -> state of a witnessed log */ \
	X(HF_TABLE_MIRROR,           "mirror")           /* origin -> state of a mirrored log */ \
	X(HF_TABLE_MIRROR_ENTRY,     "mirror-entry")     /* origin 0x00 u64 index -> entry bytes */ \
	X(HF_TABLE_MIRROR_LEAF,      "mirror-leaf")      /* origin 0x00 u64 tile -> leaf hashes */ \
	X(HF_TABLE_MIRROR_OPENING,   "mirror-opening")   /* origin 0x00 u64 index -> sealed openings received */ \
	X(HF_TABLE_MIRROR_TXN,       "mirror-txn")       /* txn[16] origin 0x00 u64 index -> "" */ \
	X(HF_TABLE_CATALOG,          "catalog")          /* entry id[16] publisher -> CatalogRow (own and received) */ \
	X(HF_TABLE_CATALOG_BY_PEER,  "catalog-by-peer")  /* publisher 0x00 entry id -> u64 version */ \
	X(HF_TABLE_CATALOG_TERM,     "catalog-term")     /* term 0x00 entry id[16] publisher -> "" */ \
	X(HF_TABLE_APPLICATION,      "application")      /* application id[16] -> ApplicationRow */ \
	X(HF_TABLE_APPLICATION_REV,  "application-rev")  /* application id u32 revision -> ApplicationRevision */ \
	X(HF_TABLE_GRANT,            "grant")            /* grant id[16] -> GrantRow */ \
	X(HF_TABLE_GRANT_BY_ENTRY,   "grant-by-entry")   /* entry id[16] grant id[16] -> "" */ \
	X(HF_TABLE_TRANSFER,         "transfer")         /* transfer id[16] -> TransferRow */ \
	X(HF_TABLE_TRANSFER_CHUNK,   "transfer-chunk")   /* transfer id u32 block -> chunk digests and acknowledgement bits */ \
	X(HF_TABLE_ENVELOPE,         "envelope")         /* SHA-256 of the envelope -> signed envelope, as sent */ \
	X(HF_TABLE_ENVELOPE_TXN,     "envelope-txn")     /* txn[16] SHA-256 -> payload type */ \
	X(HF_TABLE_ALARM,            "alarm")            /* id[16] -> alarm */ \
	X(HF_TABLE_NOTICE,           "notice")           /* id[16] -> notice for the operators */ \
	X(HF_TABLE_ERASURE,          "erasure")          /* id[16] -> ErasureRow: asked for, approved, done */ \
	X(HF_TABLE_HOLD,             "hold")             /* txn[16] -> HoldRow: legal hold, nothing of it is erased */ \
	X(HF_TABLE_USE,              "use")              /* resource[16] u64 time_ms origin 0x00 u64 index -> "", or u64 ms when a received one came: entries about it */ \
	X(HF_TABLE_SELF_CHECK,       "self-check")       /* u64 time_ms -> report as JSON */ \
	X(HF_TABLE_REPORT,           "report")           /* id[16] -> ReportRow: audit reports kept in DIR/reports */ \
	X(HF_TABLE_EVIDENCE,         "evidence")         /* origin 0x00 log key[32] -> EvidenceRow: that log signed two histories */ \
	X(HF_TABLE_EMERGENCY_EVENT,  "emergency-event")  /* event id[16] -> EmergencyEventRow */ \
	X(HF_TABLE_EMERGENCY,        "emergency")        /* request id[16] -> EmergencyRequestRow */ \
	X(HF_TABLE_EMERGENCY_USE,    "emergency-use")    /* grant id[16] transfer id[16] -> EmergencyUse */ \
	X(HF_TABLE_POLICY,           "policy")           /* u64 sequence -> PolicyRow: as a person signed it */ \
	X(HF_TABLE_ACCESS_HOLD,      "access-hold")      /* id[16] -> AccessHoldRow: suspension of access */ \
	X(HF_TABLE_MECHANISMS,       "mechanisms")       /* entry id[16] -> MechanismsRow: what the resource allows */ \
	X(HF_TABLE_MANDATE,          "mandate")          /* mandate id[16] -> MandateRow */ \
	X(HF_TABLE_CONSENT,          "consent")          /* consent id[16] -> ConsentRow */ \
	X(HF_TABLE_SCENARIO,         "scenario")         /* id[16] -> ScenarioRow: with the resources that are open to it */ \
	X(HF_TABLE_DELEGATION,       "delegation")       /* id[16] -> DelegationRow: what a provider entrusted to an agent */ \
	X(HF_TABLE_TRUSTED_TIME,     "trusted-time")     /* "mark" -> TrustedTimeRow; "recovery/" id[16] -> TimeRecoveryRow */ \
	X(HF_TABLE_GRANT_COUNT,      "grant-count")      /* grant id[16] 'P' or 'C' -> GrantCountRow */ \
	X(HF_TABLE_GRANT_USE,        "grant-use")        /* grant id[16] transfer id[16] 'P' or 'C' -> GrantUseRow */ \
	X(HF_TABLE_BORDER_COUNT,     "border-count")     /* year as four digits -> BorderCountRow */ \
	X(HF_TABLE_GRANT_REVIEW,     "grant-review")     /* "last" -> GrantReviewRow */ \
	X(HF_TABLE_PROMOTION,        "promotion")        /* id[16] -> PromotionRow: grants that were made into a rule */ \
	X(HF_TABLE_DISPUTE,          "dispute")          /* dispute id[16] -> DisputeRow */ \
	X(HF_TABLE_ESCALATION,       "escalation")       /* application id[16] -> EscalationRow: overdue decisions, at the leading group */ \
	X(HF_TABLE_USE_FILED,        "use-filed")        /* resource[16] transfer[16] -> UseFiledRow: reported uses, for statistics */ \
	X(HF_TABLE_USE_AUTHORIZATION, "use-authorization") /* id[16] -> UseAuthorizationRow: of sensitive data (DS-86) */ \
	X(HF_TABLE_HELD,             "held")             /* transfer id[16] -> HeldRow: delivered data that is kept sealed (DS-85) */ \
	X(HF_TABLE_HELD_READ,        "held-read")        /* transfer id[16] read id[16] -> HeldReadRow */ \
	X(HF_TABLE_READ_REPORT,      "read-report")      /* transfer id[16] read id[16] -> ReadReportRow: at the provider */ \
	X(HF_TABLE_DERIVED,          "derived")          /* SHA-256 of a file[32] derivation id[16] -> the same id: what was derived here */ \
	X(HF_TABLE_DELIVERED,        "delivered")        /* transfer id[16] -> DeliveredRow: sealed data that others keep, at its provider */ \
	X(HF_TABLE_USE_STATE,        "use-state")        /* transfer id[16] -> UseStateRow: what the provider said of sealed data here */ \
	X(HF_TABLE_USE_OVER,         "use-over")         /* consumer 0x00 id[16] -> UseOverRow: its second authorizations that ended */ \
	X(HF_TABLE_MASK_PLAN,        "mask-plan")        /* name 0x00 u32 version -> MaskPlanRow */ \
	X(HF_TABLE_MASK_TASK,        "mask-task")        /* id[16] -> MaskTaskRow */ \
	X(HF_TABLE_MASK_SEED,        "mask-seed")        /* contract[16] -> MaskSeedRow: its seed of masking keys */ \
	X(HF_TABLE_DISCLOSURE,       "disclosure")       /* proto/state_disclosure.proto */ \
	X(HF_TABLE_MASK_SCHEDULE,    "mask-schedule")    /* plan 0x00 source -> MaskScheduleRow */ \
	X(HF_TABLE_MASK_POLICY,      "mask-policy")      /* kind u8 u32 version -> MaskPolicyRow: controls, rule base */ \
	X(HF_TABLE_MASK_NEED,        "mask-need")        /* id -> MaskNeedRow */ \
	X(HF_TABLE_SOURCE_RELATION,  "source-relation")  /* SHA-256 of its sentence[32] -> SourceRelationRow */ \
	X(HF_TABLE_DATA_VIEW,        "data-view")        /* entry id[16] name -> DataViewRow: what is seen of sealed data */ \
	X(HF_TABLE_MASK_FILE,        "mask-file")        /* SHA-256[32] -> bytes that techniques of stored plans read */ \
	X(HF_TABLE_MASK_RAN,         "mask-ran")         /* SHA-256 of source 0x00 plan 0x00 table 0x00 version[32] task id[16] -> "": neither failed nor stopped */ \
	X(HF_TABLE_DESTRUCTION,      "destruction")      /* object[16] id[16] -> DestructionRow */ \
	X(HF_TABLE_DESTROYED,        "destroyed")        /* transfer[16] id[16] -> DestroyedRow: records of consumers */ \
	X(HF_TABLE_OUTLET,           "outlet")           /* name -> OutletRow: databases that deliveries go into */ \
	X(HF_TABLE_MASK_MEASURE,     "mask-measure")     /* dataset 0x00 u64 time id[16] -> MaskMeasureRow: what masking left */ \
	X(HF_TABLE_STREAM,           "stream")           /* SHA-256 of entry, system and folder[32] -> StreamRow */ \
	X(HF_TABLE_UNSETTLED,        "unsettled")        /* grant or, by a rule, resource[16] transfer[16] -> UnsettledRow: a receipt is missing, or says not-met */ \
	X(HF_TABLE_RECALL,           "recall")           /* id[16] -> RecallRow: of own entries */ \
	X(HF_TABLE_RECALL_PARTY,     "recall-party")     /* recall[16] transfer[16] -> RecallPartyRow: who answers for what */ \
	X(HF_TABLE_RECALLED,         "recalled")         /* transfer[16] -> RecalledRow: what its provider took back */ \
	X(HF_TABLE_ALLOWANCE,        "allowance")        /* account 0x00 role -> AllowanceRow: data that it took in a window */ \
	X(HF_TABLE_REPLICA,          "replica")          /* entry[16] transfer[16] -> ReplicaRow: which version was delivered here */ \
	X(HF_TABLE_UPDATE,           "update")           /* entry[16] u32 version -> UpdateRow: newer than what was delivered here */
/* clang-format on */

enum hf_table {
	HF_TABLE_INVALID = 0,
#define HF_TABLE_ENUM(code, name) code,
	HF_TABLES(HF_TABLE_ENUM)
#undef HF_TABLE_ENUM
	        HF_TABLE_COUNT,
};
const char *hf_table_name(enum hf_table t); /* NULL when unknown */

#endif
