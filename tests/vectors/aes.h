/* aes.h - FIPS 197, appendices C.1 to C.3: one block under keys of 128, 192 and 256 bits. */
#ifndef HUFU_VECTORS_AES_H
#define HUFU_VECTORS_AES_H

static const char aes_key[] = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"; /* its first bytes */
static const char aes_plain[] = "00112233445566778899aabbccddeeff";
static const struct aes_vector {
	unsigned key_len;
	const char *cipher;
} aes_vectors[] = {
        {16, "69c4e0d86a7b0430d8cdb78070b4c55a"},
        {24, "dda97ca4864cdfe06eaf70a0ec0d7191"},
        {32, "8ea2b7ca516745bfeafc49904b496089"},
};

#endif
