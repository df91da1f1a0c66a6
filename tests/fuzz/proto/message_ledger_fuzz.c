/* message_ledger_fuzz.c - decoding ledger entries, openings and replication: decode, encode, decode gives the same. */
#include "fuzz/proto/families.h"

FAMILY_TARGET(FAMILY_LEDGER)
