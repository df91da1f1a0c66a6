/*
 * entry_changed.h - a new version of an own entry may be of a kind that no rule gives (personal, core, with an
 * undertaking): openings and promotions of it give nothing from then on (conditions.c), and the provider's people are
 * told which. Private to the folder.
 */
#ifndef HUFU_AUTHZ_ENTRY_CHANGED_H
#define HUFU_AUTHZ_ENTRY_CHANGED_H

#include "authz/module.h"

void az_entries_open(struct hf_authz *a);
void az_entries_close(struct hf_authz *a);

#endif
