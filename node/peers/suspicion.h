/*
 * suspicion.h - what is held against a member, and what follows (suspicion.c). Private; included by internal.h.
 */
#ifndef HUFU_PEERS_SUSPICION_H
#define HUFU_PEERS_SUSPICION_H

#include "peers/internal.h"

/* k may be NULL: nobody. address "" when it is not known. */
void hf_suspect(struct hf_peers *p, struct hf_peer *k, enum hf_risk_kind kind, const char *address);
void hf_suspicion_refused(struct hf_peers *p, const char *node, const char *address, enum hf_err e);
void hf_suspicion_answered(void *ctx, const char *node, const char *address, enum hf_err e);
void hf_suspicion_address(struct hf_peers *p, struct hf_peer *k, const char *address);
bool hf_suspicion_locked(struct hf_peers *p, const char *node);
/* 0: the usual period. */
uint64_t hf_suspicion_renew_ms(void *ctx, const char *node);
/* May its next request be served? BUSY while its sessions are about to end, OLD_DESCRIPTOR. */
enum hf_err hf_suspicion_admit(struct hf_peers *p, struct hf_peer *k) HF_MUST_CHECK;
void hf_suspicion_tick(struct hf_peers *p, struct hf_peer *k);

#endif
