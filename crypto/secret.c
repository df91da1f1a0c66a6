/* secret.c - locked memory. The key files of secret.h are in keyfile.c. */
#include "crypto/secret.h"

#include <sodium.h>

void *hf_secret_alloc(size_t len)
{
	void *p = sodium_malloc(len);

	if (!p)
		return NULL;
	/* sodium_malloc goes on without a lock when the limit is reached; a secret that may be swapped out is refused.
	 */
	if (sodium_mlock(p, len) != 0) {
		sodium_free(p);
		return NULL;
	}
	sodium_memzero(p, len);
	return p;
}

void hf_secret_free(void *p)
{
	sodium_free(p);
}
