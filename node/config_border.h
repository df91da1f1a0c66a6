/*
 * config_border.h - the file of rule packs for exchanges between jurisdictions (authz/border.h), which `border` in
 * hufu.yaml names.
 */
#ifndef HUFU_NODE_CONFIG_BORDER_H
#define HUFU_NODE_CONFIG_BORDER_H

#include "authz/border.h"

/* A relative path is under the node's folder. */
enum hf_err hf_border_load(const char *dir, const char *path, struct hf_border_rules **ret_rules,
                           struct hf_fault *f) HF_MUST_CHECK;
void hf_border_free(struct hf_border_rules *rules); /* NULL is fine */

#endif
