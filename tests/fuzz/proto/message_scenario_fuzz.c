/* message_scenario_fuzz.c - decoding scenarios, openings and their mails: decode, encode, decode gives the same. */
#include "fuzz/proto/families.h"

FAMILY_TARGET(FAMILY_SCENARIO)
