/*
 * limits.h - every size and count that a peer, a file or a user could influence. Each is checked before memory is
 * taken.
 */
#ifndef HUFU_BASE_LIMITS_H
#define HUFU_BASE_LIMITS_H

#define HF_MAX_CHUNK (1u << 20)              /* bytes of one data chunk */
#define HF_MAX_FRAME (HF_MAX_CHUNK + 16384u) /* bytes of one nng message */
#define HF_MAX_BODY (512u << 10)             /* bytes of one decoded request or reply body */
#define HF_MAX_ENVELOPE (256u << 10)         /* bytes of one signed envelope */
#define HF_MAX_ENTRY 65535u                  /* bytes of one ledger entry */
#define HF_MAX_MAIL (384u << 10)             /* bytes of one mail payload */
#define HF_MAX_MEMBERS 1024u                 /* members of a space */
#define HF_MAX_DESCRIPTOR (512u << 10)       /* bytes of one descriptor envelope */
#define HF_MAX_DESCRIPTORS 10000u            /* length of a descriptor chain */
#define HF_MAX_FIELDS 1024u                  /* fields of one catalog entry */
#define HF_MAX_TEXT 4096u                    /* bytes of a description or a reason */
#define HF_MAX_TITLE 512u                    /* bytes of a title or a name for people */
#define HF_MAX_KEYWORDS 64u
#define HF_MAX_SCOPE 256u /* names in a publication scope */
#define HF_MAX_ACCOUNTS 4096u
#define HF_MAX_OPEN_APPLICATIONS 200u   /* of one member, at one node */
#define HF_MAX_APPLICATIONS_A_DAY 1000u /* the same */
#define HF_MAX_GIVEN_A_DAY 200u         /* grants of one member that nobody applied for, at one consumer */
#define HF_MAX_REVISIONS 100u           /* of one application */
#define HF_MAX_HTTP_BODY (1u << 20)
#define HF_MAX_CONFIG (256u << 10)

#define HF_PIPES_UNAUTHENTICATED 64u /* before authentication, in all */
#define HF_PIPES_UNAUTHENTICATED_PER_ADDRESS 4u
#define HF_HANDSHAKE_MS 5000                 /* time to finish a handshake */
#define HF_CLOCK_SKEW_MS (5 * 60 * 1000)     /* message freshness; never for expiry */
#define HF_SESSION_RENEW_MS (60 * 60 * 1000) /* DS-45: re-authentication period of a channel session */
#define HF_SESSION_RENEW_BYTES ((uint64_t)64 << 30)

#define HF_RETENTION_MS (INT64_C(184) * 24 * 60 * 60 * 1000) /* six months: nothing on record is erased before */

#endif
