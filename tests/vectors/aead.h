/*
 * aead.h - published AEAD vectors, in hex.
 * Sources: McGrew and Viega, "The Galois/Counter Mode of Operation", test cases 13, 14 and 16 (AES-256);
 * RFC 8439 section 2.8.2; draft-irtf-cfrg-xchacha-03 appendix A.3.1.
 */
#ifndef HUFU_VECTORS_AEAD_H
#define HUFU_VECTORS_AEAD_H

#include "crypto/aead.h"

#define SUNSCREEN                                                                                                      \
	"4c616469657320616e642047656e746c656d656e206f662074686520636c617373206f66202739393a204966204920636f756c64206f" \
	"66"                                                                                                           \
	"66657220796f75206f6e6c79206f6e652074697020666f7220746865206675747572652c2073756e73637265656e20776f756c642062" \
	"652069"                                                                                                       \
	"742e"
#define KEY_80_9F "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f"
#define ZERO_KEY "0000000000000000000000000000000000000000000000000000000000000000"

static const struct {
	enum hf_aead_alg alg;
	const char *key, *nonce, *ad, *plain, *cipher, *tag;
} aead_vectors[] = {
        {HF_AEAD_AES256GCM, ZERO_KEY, "000000000000000000000000", "", "", "", "530f8afbc74536b9a963b4f1c4cb738b"},
        {HF_AEAD_AES256GCM, ZERO_KEY, "000000000000000000000000", "", "00000000000000000000000000000000",
         "cea7403d4d606b6e074ec5d3baf39d18", "d0d1c8a799996bf0265b98b5d48ab919"},
        {HF_AEAD_AES256GCM, "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308",
         "cafebabefacedbaddecaf888", "feedfacedeadbeeffeedfacedeadbeefabaddad2",
         "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de"
         "657"
         "ba637b39",
         "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7"
         "a0a"
         "bcc9f662",
         "76fc6ece0f4e1768cddf8853bb2d551b"},
        {HF_AEAD_CHACHA20POLY1305, KEY_80_9F, "070000004041424344454647", "50515253c0c1c2c3c4c5c6c7", SUNSCREEN,
         "d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d63dbea45e8ca9671282fafb69da92728b1a71de0a9e060"
         "b29"
         "05d6a5b67ecd3b3692ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc3ff4def08e4b7a9de576d26586cec"
         "64b"
         "6116",
         "1ae10b594f09e26a7e902ecbd0600691"},
};

/* XChaCha20-Poly1305 as a box: nonce || ciphertext || tag. */
#define XCHACHA_BOX                                                                                                    \
	"404142434445464748494a4b4c4d4e4f5051525354555657"                                                             \
	"bd6d179d3e83d43b9576579493c0e939572a1700252bfaccbed2902c21396cbb731c7f1b0b4aa6440bf3a82f4eda7e39ae64c6708c54" \
	"c216"                                                                                                         \
	"cb96b72e1213b4522f8c9ba40db5d945b11b69b982c1bb9e3f3fac2bc369488f76b2383565d3fff921f9664c97637da9768812f615c6" \
	"8b13"                                                                                                         \
	"b52e"                                                                                                         \
	"c0875924c1c7987947deafd8780acf49"
#define XCHACHA_AD "50515253c0c1c2c3c4c5c6c7"

#endif
