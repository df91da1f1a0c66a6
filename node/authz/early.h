/*
 * early.h - an application that is here before what its entry's publisher has sent: the entry itself, its newest
 * version, or the delegation by which this node takes it in. Its bringer is asked to come again for a while; the mail
 * behind it waits with it, so that a withdrawal never overtakes it.
 *
 * One application of each member can wait, for HF_EARLY_MS by this node's own clock and whatever it says of itself; any
 * other of that member is answered at once meanwhile. A member keeps nobody waiting but itself. Kept in memory alone.
 * Private to the folder.
 */
#ifndef HUFU_AUTHZ_EARLY_H
#define HUFU_AUTHZ_EARLY_H

#include "authz/steps.h"

#define HF_EARLY_MS ((int64_t)60 * 1000)

/* May what is missing still be on its way from the publisher? */
bool az_early_waits(struct hf_authz *a, const char *from, const struct opened_application *o);
/* It was found. */
void az_early_found(struct hf_authz *a, const char *from, const struct opened_application *o);
void az_early_free(struct hf_authz *a);

#endif
