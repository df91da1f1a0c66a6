/* message_tally_fuzz.c - decoding the parts of the evidence file: decode, encode, decode gives the same. */
#include "fuzz/proto/families.h"

FAMILY_TARGET(FAMILY_TALLY)
