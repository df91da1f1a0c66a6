/*
 * config_yaml.h - files that operators write, read by schema: an unknown key, a wrong type or a missing value is
 * refused with file, line and remedy. For the configuration files of this folder.
 */
#ifndef HUFU_NODE_CONFIG_YAML_H
#define HUFU_NODE_CONFIG_YAML_H

#include <cyaml/cyaml.h>

#include "base/buf.h"
#include "base/err.h"

/* ret_data: hf_yaml_free; NULL for an empty file. */
enum hf_err hf_yaml_parse(const char *path, const struct hf_buf *text, const cyaml_schema_value_t *schema_of,
                          void **ret_data, struct hf_fault *f) HF_MUST_CHECK;
void hf_yaml_free(const cyaml_schema_value_t *schema_of, void *data); /* NULL is fine */

#endif
