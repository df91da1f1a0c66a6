/* message_emergency_fuzz.c - decoding the emergency mechanism's messages and mails: decode, encode, decode gives the
 * same. */
#include "fuzz/proto/families.h"

FAMILY_TARGET(FAMILY_EMERGENCY)
