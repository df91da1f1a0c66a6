/* message_channel_fuzz.c - decoding what travels inside a session: decode, encode, decode gives the same. */
#include "fuzz/proto/families.h"

FAMILY_TARGET(FAMILY_CHANNEL)
