/*
 * modules.h - every module of the node, as the handlers of its interfaces see them. node.c sets it; loop thread.
 */
#ifndef HUFU_API_MODULES_H
#define HUFU_API_MODULES_H

#include <stdint.h>

struct hf_base;
struct hf_store;
struct hf_node_keys;
struct hf_identity;
struct hf_peers;
struct hf_ledger;
struct hf_sources;
struct hf_scanner;
struct hf_mask_keys;
struct hf_catalog;
struct hf_authz;
struct hf_exchange;
struct hf_reports;
struct hf_mask_report;
struct hf_release;
struct hf_tracing;

struct hf_modules {
	const struct hf_base *base;
	struct hf_store *store;
	const struct hf_node_keys *keys;
	struct hf_identity *identity;
	struct hf_peers *peers;
	struct hf_ledger *ledger;
	struct hf_sources *sources;
	struct hf_scanner *scanner; /* NULL: none */
	struct hf_release *release;
	struct hf_mask_keys *mask_keys;
	struct hf_catalog *catalog;
	struct hf_authz *authz;
	struct hf_exchange *exchange;
	struct hf_reports *reports;
	struct hf_tracing *tracing;
	struct hf_mask_report *mask_report; /* NULL: none */
	int64_t started_ms;
	const char *const *listen; /* configured addresses, NULL-terminated; NULL: the descriptor's (hufu doctor) */
	const char *publish;       /* "tcp://ADDRESS:PORT" of the second listener; NULL: off */
	void (*stop)(void *ctx);   /* asks the node to end */
	void *stop_ctx;
};

#endif
