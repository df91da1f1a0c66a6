/* message_transfer_fuzz.c - decoding transfers: request, start, chunks, manifest, receipt: decode, encode, decode gives
 * the same. */
#include "fuzz/proto/families.h"

FAMILY_TARGET(FAMILY_TRANSFER)
