/*
 * watch.h - what this folder does by itself from time to time. No decision depends on it. Private to the folder.
 */
#ifndef HUFU_AUTHZ_WATCH_H
#define HUFU_AUTHZ_WATCH_H

#include "authz/module.h"

#define WATCH_MS 10000

void az_watch_open(struct hf_authz *a);
void az_watch_close(struct hf_authz *a);

#endif
