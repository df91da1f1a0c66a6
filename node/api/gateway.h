/*
 * gateway.h - the third listener: the decision point for the organization's own gateways and applications, in the form
 * of the OpenID AuthZEN Authorization API 1.0; off unless hufu.yaml has gateway.address.
 *
 * It shares nothing with the operators' interface: no session, no route of it. A gateway shows a bearer token whose
 * SHA-256 stands in the file gateway.tokens; without TLS it listens on loopback addresses only. gateway.c speaks HTTP,
 * authzen.c answers. Loop thread.
 */
#ifndef HUFU_API_GATEWAY_H
#define HUFU_API_GATEWAY_H

#include "api/api.h"
#include "ledger/ledger.h"

struct hf_gateway_config {
	const char *address;           /* "127.0.0.1:7480" */
	const char *certificate, *key; /* PEM files; NULL: without TLS */
	const char *tokens;            /* file: lines "NAME HEX" with the SHA-256 of the token */
	const char *url;               /* base that clients use; NULL: made from the address */
};
struct hf_gateway;
enum hf_err hf_gateway_open(const struct hf_modules *m, const struct hf_gateway_config *c, struct hf_gateway **ret,
                            struct hf_fault *f) HF_MUST_CHECK;
void hf_gateway_close(struct hf_gateway *g);

/* One answer of authzen.c. */
struct authzen_answer {
	unsigned status;    /* 200, 400, 404, 405, ... */
	struct hf_buf body; /* 200: the answer, JSON; hf_buf_done */
	char text[400];     /* else: what is wrong */
	/* 200: its entries must be in that state before it goes out. */
	enum hf_entry_state demands;
};
/* Who asks, for the ledger, and where the entries go. */
struct authzen_asker {
	const char *name;
	struct hf_unit *unit;
	bool late; /* the time to wait for a record is over: what has to be on record first is denied */
};
/* path: one of the endpoints; in: the body. False: no such endpoint. */
bool authzen_answer(const struct hf_modules *m, const struct authzen_asker *gateway, const char *path, const json_t *in,
                    struct authzen_answer *a);
json_t *authzen_metadata(const char *base);

#endif
