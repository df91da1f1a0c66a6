/* vault.h - the file into which the technique token puts its sealed lines (masking/techniques/token.c). */
#ifndef HUFU_RELEASE_ENGINE_VAULT_H
#define HUFU_RELEASE_ENGINE_VAULT_H

#include <stddef.h>

#include "base/err.h"

/* Adds lines to the end of the file, which is made when it is not there, readable by its owner alone. One write, so
 * that workers do not mix theirs; durable when it returns, so that no token goes out without its line. Any thread. */
enum hf_err hf_vault_put(const char *path, const void *lines, size_t len, struct hf_fault *f) HF_MUST_CHECK;

#endif
