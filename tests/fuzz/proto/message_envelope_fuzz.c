/* message_envelope_fuzz.c - decoding envelopes, what persons sign, and space descriptors: decode, encode, decode gives
 * the same. */
#include "fuzz/proto/families.h"

FAMILY_TARGET(FAMILY_ENVELOPE)
