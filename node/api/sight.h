/*
 * sight.h - whose rows an account may see: the one answer for every list and every row of a department (SB-3). What an
 * account may not see does not exist for it.
 */
#ifndef HUFU_API_SIGHT_H
#define HUFU_API_SIGHT_H

#include "api/api.h"

/* Does the account act for that department of that organization (a node id)? Without a department of its own it acts
 * for the whole node; a row without one belongs to the whole node. */
bool hf_api_acts_for(const struct hf_api_request *rq, const char *organization, const char *department);
/* It does, or its work is to review, approve, audit or manage for all. */
bool hf_api_sees(const struct hf_api_request *rq, const char *organization, const char *department);
/* An attempt on such a row raises an alarm (DS-21); the caller answers as for a row that is not there. */
void hf_api_unseen(const struct hf_api_request *rq, const char *what, const struct hf_id *id);

#endif
