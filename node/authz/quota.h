/*
 * quota.h - how many applications an intake node takes from one member: each costs up to 256 KiB for each of its
 * revisions. Counted in memory, which follows the store. What is passed on to the provider has passed a person before.
 * Private to the folder.
 */
#ifndef HUFU_AUTHZ_QUOTA_H
#define HUFU_AUTHZ_QUOTA_H

#include "authz/module.h"

/* May one more application of that member be taken in? LIMIT says until when to wait. Own applications: always. */
enum hf_err az_quota_check(const struct hf_authz *a, const char *organization, struct hf_fault *f) HF_MUST_CHECK;
/* A row as it now is. Out of memory only with the module. */
void az_quota_note(struct hf_authz *a, const Hufu__ApplicationRow *row);
void az_quota_free(struct hf_authz *a);

#endif
