/*
 * internal.h - everything that the files of this folder share.
 *
 * One step of a negotiation always runs the same way: load the row, check the papers, take the step in the state table,
 * put the row, describe the step in a ledger draft, mail the papers; all in one unit.
 */
#ifndef HUFU_AUTHZ_INTERNAL_H
#define HUFU_AUTHZ_INTERNAL_H

#include "authz/coordination.h"
#include "authz/grants.h"
#include "authz/holds.h"
#include "authz/papers.h"
#include "authz/persons.h"
#include "authz/quota.h"
#include "authz/rows.h"
#include "authz/steps.h"
#include "authz/terms.h"

#endif
