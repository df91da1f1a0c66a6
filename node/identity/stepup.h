/*
 * stepup.h - which sessions must authenticate again (DS-47); the story stands in stepup.c. Private to this folder.
 */
#ifndef HUFU_IDENTITY_STEPUP_H
#define HUFU_IDENTITY_STEPUP_H

#include "identity/identity.h"

#define RISKS_MAX 256

struct account_risk {
	char account[HF_NAME_MAX + 1]; /* "": unused */
	int64_t at_ms;                 /* monotonic */
	uint64_t drained;              /* the score, in ms that it takes to drain */
};

/* A command or a login of the account was refused. account "": of nobody known. */
void hf_account_risk_refused(struct hf_identity *id, const char *account, enum hf_err reason);
/* A new session; elsewhere: the account has another one. */
void hf_account_risk_login(struct hf_identity *id, struct hf_session *s, bool has_second_factor, bool elsewhere);
bool hf_account_risk_must_step_up(struct hf_identity *id, struct hf_session *s, const char *address);

#endif
