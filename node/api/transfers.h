/*
 * transfers.h - whose a transfer or a business system is, for the routes that work with what a transfer delivered.
 */
#ifndef HUFU_API_TRANSFERS_H
#define HUFU_API_TRANSFERS_H

#include "api/api.h"
#include "exchange/exchange.h"

/* Does the account act for the department that the transfer runs for? */
bool hf_api_transfer_is_own(const struct hf_api_request *rq, const struct hf_transfer_view *v);
/* Or does it see the rows of that department for another reason? */
bool hf_api_transfer_sees(const struct hf_api_request *rq, const struct hf_transfer_view *v);
/* Another department's system is refused as if there were none; one that is not registered is left to the module. */
enum hf_err hf_api_check_system(struct hf_api_request *rq, const char *name) HF_MUST_CHECK;

/* ledger.c: a row of a ledger as every answer shows it. */
struct hf_ledger_row;
json_t *hf_api_ledger_row(const struct hf_ledger_row *r);

#endif
