/*
 * ff1.h - the samples of NIST, "FF1samples.pdf" (Computer Security Resource Center, examples with intermediate values),
 * for SP 800-38G. Numerals as characters 0-9a-z.
 */
#ifndef HUFU_VECTORS_FF1_H
#define HUFU_VECTORS_FF1_H

static const struct ff1_vector {
	const char *key, *tweak; /* hex */
	unsigned radix;
	const char *plain, *cipher;
} ff1_vectors[] = {
        {"2b7e151628aed2a6abf7158809cf4f3c", "", 10, "0123456789", "2433477484"},
        {"2b7e151628aed2a6abf7158809cf4f3c", "39383736353433323130", 10, "0123456789", "6124200773"},
        {"2b7e151628aed2a6abf7158809cf4f3c", "3737373770717273373737", 36, "0123456789abcdefghi",
         "a9tv40mll9kdu509eum"},
        {"2b7e151628aed2a6abf7158809cf4f3cef4359d8d580aa4f", "", 10, "0123456789", "2830668132"},
        {"2b7e151628aed2a6abf7158809cf4f3cef4359d8d580aa4f", "39383736353433323130", 10, "0123456789", "2496655549"},
        {"2b7e151628aed2a6abf7158809cf4f3cef4359d8d580aa4f", "3737373770717273373737", 36, "0123456789abcdefghi",
         "xbj3kv35jrawxv32ysr"},
        {"2b7e151628aed2a6abf7158809cf4f3cef4359d8d580aa4f7f036d6f04fc6a94", "", 10, "0123456789", "6657667009"},
        {"2b7e151628aed2a6abf7158809cf4f3cef4359d8d580aa4f7f036d6f04fc6a94", "39383736353433323130", 10, "0123456789",
         "1001623463"},
        {"2b7e151628aed2a6abf7158809cf4f3cef4359d8d580aa4f7f036d6f04fc6a94", "3737373770717273373737", 36,
         "0123456789abcdefghi", "xs8a0azh2avyalyzuwd"},
};

#endif
