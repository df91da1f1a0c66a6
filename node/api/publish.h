/*
 * publish.h - the second listener: published ledgers over HTTP for anybody (ledger/publish.h), off unless hufu.yaml has
 * publish.address.
 *
 * It shares nothing with the operators' interface: no session, no route of it, no method but GET and HEAD. It has a
 * thread of its own, so that strangers cost the loop nothing, and bounds for connections, request size and time.
 */
#ifndef HUFU_API_PUBLISH_H
#define HUFU_API_PUBLISH_H

#include "api/api.h"

struct hf_publish_config {
	const char *address;           /* "192.0.2.10:8080", "[::]:8080" */
	const char *certificate, *key; /* PEM files; NULL: without TLS */
	bool ledger, mirrors;
};
struct hf_publish;
enum hf_err hf_publish_open(const struct hf_modules *m, const struct hf_publish_config *c, struct hf_publish **ret,
                            struct hf_fault *f) HF_MUST_CHECK;
/* Before the ledger and the store. */
void hf_publish_close(struct hf_publish *p);

#endif
