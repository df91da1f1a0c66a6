/* message_dispute_fuzz.c - decoding disputes, opinions and reports of overdue decisions: decode, encode, decode gives
 * the same. */
#include "fuzz/proto/families.h"

FAMILY_TARGET(FAMILY_DISPUTE)
