/* message_promotion_fuzz.c - decoding what is told of superseded grants: decode, encode, decode gives the same. */
#include "fuzz/proto/families.h"

FAMILY_TARGET(FAMILY_PROMOTION)
