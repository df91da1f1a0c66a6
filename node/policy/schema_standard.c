/*
 * schema_standard.c - the attributes that the paper names (AZ-43, AZ-44, AZ-45) and those that Hufu's catalog, space
 * descriptor and certificates vouch for.
 *
 * Issuers: "space" is the space authority (descriptor), "organization" the asking organization's node as far as its
 * certificate goes (persons, registered systems), "provider" the resource's owner (catalog entry), "gate" this node
 * itself, for what it has seen or was told with the request (address seen, action, purpose).
 */
#include <stdlib.h>

#include "policy/internal.h"

#define ISSUERS(...)                                                                                                   \
	.issuers = (const char *const[]){__VA_ARGS__},                                                                 \
	.issuer_count = sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *)
#define CHOICES(...)                                                                                                   \
	.choices = (const char *const[]){__VA_ARGS__},                                                                 \
	.choice_count = sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *)
#define SUBJECT .group = HF_GROUP_SUBJECT
#define SYSTEM .group = HF_GROUP_SYSTEM
#define RESOURCE .group = HF_GROUP_RESOURCE
#define CONTEXT .group = HF_GROUP_CONTEXT

struct hf_schema *hf_schema_standard(void)
{
	/* clang-format off */
	const struct hf_attr_spec specs[] = {
	        {"subject.organization", SUBJECT, HF_ATTR_MEMBER, ISSUERS("space"), .tree = "organizations"},
	        {"subject.department", SUBJECT, HF_ATTR_MEMBER, ISSUERS("space", "organization"), .tree = "organizations"},
	        {"subject.region", SUBJECT, HF_ATTR_MEMBER, ISSUERS("space"), .tree = "regions"},
	        {"subject.space-role", SUBJECT, HF_ATTR_TEXT, ISSUERS("space"), .many = true},
	        {"subject.identity", SUBJECT, HF_ATTR_TEXT, ISSUERS("organization")},
	        {"subject.role", SUBJECT, HF_ATTR_TEXT, ISSUERS("organization"), .many = true},
	        {"system.name", SYSTEM, HF_ATTR_TEXT, ISSUERS("organization")},
	        {"system.address", SYSTEM, HF_ATTR_ADDRESS, ISSUERS("organization", "gate")},
	        {"system.business", SYSTEM, HF_ATTR_TEXT, ISSUERS("organization")},
	        {"system.scenario", SYSTEM, HF_ATTR_TEXT, ISSUERS("authority"), .many = true},
	        {"resource.id", RESOURCE, HF_ATTR_TEXT, ISSUERS("provider")},
	        {"resource.url", RESOURCE, HF_ATTR_TEXT, ISSUERS("provider")},
	        {"resource.address", RESOURCE, HF_ATTR_TEXT, ISSUERS("provider")},
	        {"resource.type", RESOURCE, HF_ATTR_TEXT, ISSUERS("provider")},
	        {"resource.topic", RESOURCE, HF_ATTR_MEMBER, ISSUERS("provider"), .tree = "topics", .many = true},
	        {"resource.owner", RESOURCE, HF_ATTR_MEMBER, ISSUERS("provider"), .tree = "organizations"},
	        {"resource.class", RESOURCE, HF_ATTR_TEXT, ISSUERS("provider")},
	        {"resource.level", RESOURCE, HF_ATTR_INTEGER, ISSUERS("provider")},
	        {"resource.personal", RESOURCE, HF_ATTR_CHOICE, ISSUERS("provider"), CHOICES("yes", "no")},
	        {"resource.scenario", RESOURCE, HF_ATTR_TEXT, ISSUERS("provider"), .many = true},
	        {"context.action", CONTEXT, HF_ATTR_TEXT, ISSUERS("gate")},
	        {"context.purpose", CONTEXT, HF_ATTR_TEXT, ISSUERS("gate")},
	        {"context.time", CONTEXT, HF_ATTR_TIME, ISSUERS("gate")},
	        {"context.peer-address", CONTEXT, HF_ATTR_ADDRESS, ISSUERS("gate")},
	};
	/* clang-format on */
	struct hf_schema *s = NULL;
	if (hf_schema_new(specs, sizeof(specs) / sizeof(specs[0]), &s, NULL) != HF_OK)
		abort();
	return s;
}
