/* dsse.c - pre-authentication encoding and the signature over it. */
#include "crypto/dsse.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

uint8_t *hf_dsse_pae(const char *type, const void *payload, size_t len, size_t *ret_len)
{
	size_t type_len = strlen(type), cap = type_len + 64, head_len;
	char *pae;

	if (len > SIZE_MAX - cap || !(pae = malloc(cap + len)))
		return NULL;
	head_len = (size_t)snprintf(pae, cap, "DSSEv1 %zu %s %zu ", type_len, type, len);
	if (len > 0)
		memcpy(pae + head_len, payload, len);
	*ret_len = head_len + len;
	return (uint8_t *)pae;
}

bool hf_dsse_sign(const struct hf_sign_key *k, const char *type, const void *payload, size_t len,
                  struct hf_sig *ret_sig)
{
	size_t pae_len;
	uint8_t *pae = hf_dsse_pae(type, payload, len, &pae_len);
	bool ok = pae && hf_sign(k, pae, pae_len, ret_sig);

	free(pae);
	return ok;
}

bool hf_dsse_verify(const struct hf_sign_pub *pub, const char *type, const void *payload, size_t len,
                    const struct hf_sig *sig)
{
	size_t pae_len;
	uint8_t *pae = hf_dsse_pae(type, payload, len, &pae_len);
	bool ok = pae && hf_sign_verify(pub, pae, pae_len, sig);

	free(pae);
	return ok;
}
