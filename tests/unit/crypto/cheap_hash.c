/*
 * Argon2id at libsodium's least cost, for the tests that hire people and are about something else: the hash is a real
 * one and is verified as any other. The folders crypto and identity, which are about passwords, pay the real cost.
 * Linked with --wrap=crypto_pwhash_str,--wrap=crypto_pwhash.
 */
#include <sodium.h>

int __real_crypto_pwhash_str(char *out, const char *password, unsigned long long len, unsigned long long ops,
                             size_t mem);
int __real_crypto_pwhash(unsigned char *out, unsigned long long out_len, const char *password, unsigned long long len,
                         const unsigned char *salt, unsigned long long ops, size_t mem, int alg);
int __wrap_crypto_pwhash_str(char *out, const char *password, unsigned long long len, unsigned long long ops,
                             size_t mem);
int __wrap_crypto_pwhash(unsigned char *out, unsigned long long out_len, const char *password, unsigned long long len,
                         const unsigned char *salt, unsigned long long ops, size_t mem, int alg);

int __wrap_crypto_pwhash_str(char *out, const char *password, unsigned long long len, unsigned long long ops,
                             size_t mem)
{
	(void)ops, (void)mem;
	return __real_crypto_pwhash_str(out, password, len, crypto_pwhash_OPSLIMIT_MIN, crypto_pwhash_MEMLIMIT_MIN);
}

int __wrap_crypto_pwhash(unsigned char *out, unsigned long long out_len, const char *password, unsigned long long len,
                         const unsigned char *salt, unsigned long long ops, size_t mem, int alg)
{
	(void)ops, (void)mem;
	return __real_crypto_pwhash(out, out_len, password, len, salt, crypto_pwhash_OPSLIMIT_MIN,
	                            crypto_pwhash_MEMLIMIT_MIN, alg);
}
