/* message_delegation_fuzz.c - decoding delegations and questions about them: decode, encode, decode gives the same. */
#include "fuzz/proto/families.h"

FAMILY_TARGET(FAMILY_DELEGATION)
