/*
 * factors.h - second factors at the person's side: one-time codes from a secret file, a device key in a key file.
 */
#ifndef HUFU_TOOLS_FACTORS_H
#define HUFU_TOOLS_FACTORS_H

#include "cli.h"

/* The code of now from a file that holds the base32 secret. False after printing the error. */
bool factor_code(struct hf_cli *cli, const char *secret_file, char out[8]);
/* Puts challenge and the signature (under `name`) of the key in key_file into `in`; with pub also "public_key". make: a
 * new key when the file is not there. Asks the node for the challenge. Returns an exit status. */
int factor_device(struct hf_cli *cli, const char *account, const char *key_file, bool make, json_t *in,
                  const char *name, bool pub);

#endif
