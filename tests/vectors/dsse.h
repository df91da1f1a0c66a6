/*
 * dsse.h - published DSSE vectors.
 * Sources: secure-systems-lab/dsse, protocol.md ("hello world") and testvectors/vectors.json (Ed25519; the key
 * is RFC 8032 test 1). Payload and signature are base64.
 */
#ifndef HUFU_VECTORS_DSSE_H
#define HUFU_VECTORS_DSSE_H

#define DSSE_EXAMPLE_TYPE "http://example.com/HelloWorld"
#define DSSE_EXAMPLE_PAYLOAD "hello world"
#define DSSE_EXAMPLE_PAE "DSSEv1 29 http://example.com/HelloWorld 11 hello world"

#define DSSE_SEED "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"
#define DSSE_STATEMENT "eyJfdHlwZSI6Imh0dHBzOi8vaW4tdG90by5pby9TdGF0ZW1lbnQvdjEifQ=="

static const struct {
	const char *id, *type, *payload, *sig;
	bool accept;
} dsse_vectors[] = {
        {"single-signature", "application/vnd.in-toto+json", DSSE_STATEMENT,
         "2WAfaHm5jluo0w+0rk8uVkluELJYWjSmU9x7EUzx+AyteDGJ4/nqyJXfmAUVFIAoQafWm7AxBZNw5M9ixNHiCA==", true},
        {"payload-type-swapped", "application/vnd.example.other+json", DSSE_STATEMENT,
         "2WAfaHm5jluo0w+0rk8uVkluELJYWjSmU9x7EUzx+AyteDGJ4/nqyJXfmAUVFIAoQafWm7AxBZNw5M9ixNHiCA==", false},
        {"non-ascii-payload-type", "application/vnd.ex\xc3\xa4mple+json", DSSE_STATEMENT,
         "xmSk/ug66ysT7ayhkCIjhAq42zgZXSsEWuzUaNL7w2eGAdF/NU6/fRXPtmfN+5DNSAs5/i2lUnHjbbjPsu0tAw==", true},
        {"empty-payload", "application/vnd.in-toto+json", "",
         "gSggCAaTLTYyRH6FIDBem6meyIynsYy8RTHVzwx9tnTb7Bg/1jMWnuVgI/gffqmbsC2VX5/jHfkkDqsj7CDbDg==", true},
        {"empty-payload-type", "", DSSE_STATEMENT,
         "iC3q/+3Rm0+lpAJRueDmDh15PnwCfxKmS0NAfKsbv+zgulXQC/WM9trc+j1XEqlwDIg/vf/uNfebeD6sxInrDg==", true},
};

#endif
