/*
 * schema.h - which attributes exist, of which type, and who may vouch for them (AZ-43 ... AZ-48).
 *
 * A schema is declared once and then never changes; rules and requests name attributes by the number it gives them.
 * What it does not declare is an error where rules are loaded and a denial where a request is decided: nothing is
 * skipped.
 */
#ifndef HUFU_POLICY_SCHEMA_H
#define HUFU_POLICY_SCHEMA_H

#include <stdint.h>

#include "base/err.h"

#define HF_ATTR_MAX 63         /* attributes of a schema; numbers are 1 ... HF_ATTR_MAX, 0 is none */
#define HF_ATTR_NAME_MAX 63    /* bytes: [a-z0-9._-], beginning with a letter */
#define HF_ATTR_VALUE_MAX 1024 /* bytes of one text value, without NUL */
#define HF_ATTR_CHOICES_MAX 256
#define HF_ISSUER_MAX 31

/* X(code, name) */
#define HF_ATTR_GROUPS(X)                                                                                              \
	X(HF_GROUP_SUBJECT, "subject") /* organization, person, role */                                                \
	X(HF_GROUP_SYSTEM, "system")                                                                                   \
	X(HF_GROUP_RESOURCE, "resource")                                                                               \
	X(HF_GROUP_CONTEXT, "context") /* action, purpose, ... */
#define HF_ATTR_TYPES(X)                                                                                               \
	X(HF_ATTR_TEXT, "text")       /* any text */                                                                   \
	X(HF_ATTR_CHOICE, "choice")   /* one of the declared texts */                                                  \
	X(HF_ATTR_MEMBER, "member")   /* a node of a hierarchy (tree.h) */                                             \
	X(HF_ATTR_INTEGER, "integer") /* int64_t */                                                                    \
	X(HF_ATTR_TIME, "time")       /* milliseconds since the epoch */                                               \
	X(HF_ATTR_ADDRESS, "address") /* IP address */
#define HF_POLICY_ENUM(code, name) code,
enum hf_attr_group { HF_GROUP_INVALID = 0, HF_ATTR_GROUPS(HF_POLICY_ENUM) };
enum hf_attr_type { HF_ATTR_INVALID = 0, HF_ATTR_TYPES(HF_POLICY_ENUM) };

/* One declaration. Everything is copied. */
struct hf_attr_spec {
	const char *name;
	enum hf_attr_group group;
	enum hf_attr_type type;
	const char *const *issuers; /* at least one: whose word counts */
	size_t issuer_count;
	const char *tree;           /* HF_ATTR_MEMBER: name of the hierarchy */
	const char *const *choices; /* HF_ATTR_CHOICE: at least one */
	size_t choice_count;
	bool many; /* a request may give several values; a condition holds when one of them meets it */
};

struct hf_schema; /* immutable, counted; any thread */

/* HF_E_ARGUMENT (a declaration is malformed), HF_E_EXISTS (a name twice), HF_E_LIMIT; f names the attribute. */
enum hf_err hf_schema_new(const struct hf_attr_spec *specs, size_t count, struct hf_schema **ret_schema,
                          struct hf_fault *f) HF_MUST_CHECK;
/* The attributes that the paper names, and those of Hufu's catalog: see schema_standard.c. */
struct hf_schema *hf_schema_standard(void);
struct hf_schema *hf_schema_ref(const struct hf_schema *s); /* one more owner */
void hf_schema_free(struct hf_schema *s);                   /* one owner less */

/* 0 when unknown. */
unsigned hf_schema_attr(const struct hf_schema *s, const char *name);
unsigned hf_schema_issuer(const struct hf_schema *s, const char *name);
unsigned hf_schema_count(const struct hf_schema *s); /* attributes are 1 ... count */
/* attr in 1 ... count; lives as long as s. */
const struct hf_attr_spec *hf_schema_spec(const struct hf_schema *s, unsigned attr);
const char *hf_schema_issuer_name(const struct hf_schema *s, unsigned issuer); /* NULL when unknown */
/* False for an attribute or issuer that is unknown, and for one that the attribute's declaration does not name. */
bool hf_schema_may_issue(const struct hf_schema *s, unsigned attr, unsigned issuer);

/* Names of enum values and back; NULL and 0 when unknown. */
const char *hf_attr_group_name(enum hf_attr_group g);
enum hf_attr_group hf_attr_group_from_name(const char *name);
const char *hf_attr_type_name(enum hf_attr_type t);
enum hf_attr_type hf_attr_type_from_name(const char *name);

/* An IP address; IPv4 as ::ffff:a.b.c.d. */
struct hf_address {
	uint8_t b[16];
};
bool hf_address_parse(const char *text, struct hf_address *ret_address);
/* "10.0.0.0/8", "2001:db8::/32", or an address alone (all bits). bits counts in 128, so 10.0.0.0/8 has 104. False also
 * when a bit behind the prefix is set. */
bool hf_prefix_parse(const char *text, struct hf_address *ret_address, unsigned *ret_bits);
#define HF_ADDRESS_TEXT 52 /* with prefix length */
/* bits 128: the address alone. */
void hf_prefix_text(const struct hf_address *a, unsigned bits, char out[HF_ADDRESS_TEXT]);

#endif
