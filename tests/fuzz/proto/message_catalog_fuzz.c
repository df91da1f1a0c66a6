/* message_catalog_fuzz.c - decoding catalog entries and their replication: decode, encode, decode gives the same. */
#include "fuzz/proto/families.h"

FAMILY_TARGET(FAMILY_CATALOG)
