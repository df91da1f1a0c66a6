/*
 * backup.h - what the node does about backups besides the route: the record of a restore.
 */
#ifndef HUFU_API_BACKUP_H
#define HUFU_API_BACKUP_H

#include "api/api.h"

/* DIR/restored, left by `hufu restore`: its entry is written, then the file goes. At start, when everything is open. */
void hf_restored_record(const struct hf_modules *m);

#endif
