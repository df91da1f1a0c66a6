/*
 * config.h - DIR/hufu.yaml, read by schema: an unknown key, a wrong type or a missing value is refused with file, line
 * and remedy.
 */
#ifndef HUFU_NODE_CONFIG_H
#define HUFU_NODE_CONFIG_H

#include "authz/deadline.h"
#include "authz/delegation.h"
#include "base/err.h"
#include "base/log.h"
#include "exchange/allowance.h"
#include "exchange/exchange.h"
#include "exchange/license.h"
#include "exchange/traffic.h"
#include "identity/accounts.h"
#include "ledger/ledger.h"
#include "source/source.h"

#define HF_CONFIG_LISTEN_MAX 3

struct hf_config_limits {
	uint32_t outstanding_per_peer; /* 0: the channel's default */
	uint32_t requests_per_second;  /* per peer; 0: the channel's default */
};

/* Ledgers for anybody over HTTP; address NULL: off. */
struct hf_config_publish {
	char *address;           /* "192.0.2.10:8080" */
	char *certificate, *key; /* PEM files; both or neither */
	bool ledger, mirrors;
};

/* The decision point for the organization's own gateways (AuthZEN); address NULL: off. */
struct hf_config_gateway {
	char *address; /* "127.0.0.1:7480" */
	char *certificate, *key;
	char *tokens; /* file */
	char *url;    /* NULL: made from the address */
};

/* DS-100: the operator's scanner; no words: none. */
struct hf_config_scanner {
	char **command;
	unsigned command_count;
	uint32_t seconds;
};

/* MK-35: files of masking methods, and libraries of detectors, each by the SHA-256 of what was reviewed. */
struct hf_config_masking {
	struct hf_config_methods {
		char *file, *sha256;
	} * methods, *detectors;
	unsigned methods_count, detectors_count;
};

/* AZ-37 */
struct hf_config_agents {
	enum hf_unfiled unfiled; /* for hf_delegation_set_unfiled */
};

/* Texts are never NULL unless said so, and live until hf_config_free. */
struct hf_config {
	char *node;  /* node id */
	char *space; /* space id, written by `hufu space join` */
	char *organization;
	char *organization_name; /* "" when absent */
	char *jurisdiction;      /* "" when absent */
	char **listen;           /* "tcp://127.0.1.1:7400"; NULL when listen_count is 0 */
	unsigned listen_count;
	char *api_socket;      /* default DIR/run/api.sock, DIR being the folder of the file */
	char *passphrase_file; /* NULL: plain keys, or HUFU_PASSPHRASE_FILE */
	enum hf_log_level log_level;
	char *border; /* file of the rules for exchanges between jurisdictions; NULL: none are configured */
	uint32_t self_check_hours;                      /* 0: hf_self_check_open's default */
	uint32_t grant_review_hours, grant_unused_days; /* 0: defaults of authz/grant_review.h */
	struct hf_config_limits limits;
	struct hf_config_publish publish;
	struct hf_config_gateway gateway;
	struct hf_config_scanner scanner;
	struct hf_config_masking masking; /* for hf_release_set_methods */
	struct hf_config_agents agents;
	struct hf_database_limits databases; /* for hf_sources_set_limits */
	struct hf_traffic_policy traffic;    /* for hf_exchange_set_traffic */
	struct hf_bulk_limit *bulk;          /* for hf_exchange_set_bulk */
	unsigned bulk_count;
	struct hf_license *channels; /* for hf_exchange_set_licenses */
	unsigned channels_count;
	struct hf_transfer_limits transfers; /* for hf_exchange_set_limits */
	struct hf_ledger_quota mirrors;      /* for hf_ledger_set_quota */
	struct hf_account_policy accounts;   /* for hf_identity_set_policy */
	struct hf_deadline_limits decisions; /* for hf_authz_set_deadlines */
};

/* Reads and checks the file. */
enum hf_err hf_config_load(const char *path, struct hf_config **ret_config, struct hf_fault *f) HF_MUST_CHECK;
void hf_config_free(struct hf_config *c); /* NULL is fine */

/* The passphrase's first line, in new locked memory, from passphrase_file or the file that HUFU_PASSPHRASE_FILE names;
 * NULL with HF_OK when neither is set. Refuses files that others can read. */
enum hf_err hf_config_passphrase(const struct hf_config *c, char **ret_passphrase, struct hf_fault *f) HF_MUST_CHECK;
void hf_config_passphrase_free(char *passphrase);

#endif
