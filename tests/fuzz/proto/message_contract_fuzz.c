/* message_contract_fuzz.c - decoding the application mechanism's messages and mails: decode, encode, decode gives the
 * same. */
#include "fuzz/proto/families.h"

FAMILY_TARGET(FAMILY_CONTRACT)
