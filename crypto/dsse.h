/*
 * dsse.h - DSSE pre-authentication encoding (secure-systems-lab/dsse v1), unmodified. The payload type is the domain.
 */
#ifndef HUFU_CRYPTO_DSSE_H
#define HUFU_CRYPTO_DSSE_H

#include "crypto/sign.h"

/* "DSSEv1" SP len(type) SP type SP len(payload) SP payload, as new memory to free(); NULL when memory is gone. */
uint8_t *hf_dsse_pae(const char *type, const void *payload, size_t len, size_t *ret_len);
bool hf_dsse_sign(const struct hf_sign_key *k, const char *type, const void *payload, size_t len,
                  struct hf_sig *ret_sig);
bool hf_dsse_verify(const struct hf_sign_pub *pub, const char *type, const void *payload, size_t len,
                    const struct hf_sig *sig);

#endif
