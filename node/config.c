#include "config.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/limits.h"
#include "config_yaml.h"
#include "crypto/secret.h"
#include "identity/roles.h"
#include "masking/code/code.h"
#include "release/methods.h"
#include "source/scanner.h"

#define PASSPHRASE_MAX 1024u
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const cyaml_strval_t levels[] = {{"alarm", HF_LOG_ALARM},
                                        {"error", HF_LOG_ERROR},
                                        {"warn", HF_LOG_WARN},
                                        {"info", HF_LOG_INFO},
                                        {"debug", HF_LOG_DEBUG}};

static const cyaml_schema_value_t listen_entry = {CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char *, 1, 255)};

static const cyaml_schema_field_t limit_fields[] = {
        CYAML_FIELD_UINT("outstanding_per_peer", CYAML_FLAG_OPTIONAL, struct hf_config_limits, outstanding_per_peer),
        CYAML_FIELD_UINT("requests_per_second", CYAML_FLAG_OPTIONAL, struct hf_config_limits, requests_per_second),
        CYAML_FIELD_END};

static const cyaml_schema_field_t mirror_fields[] = {
        CYAML_FIELD_UINT("ledger_bytes", CYAML_FLAG_OPTIONAL, struct hf_ledger_quota, ledger_bytes),
        CYAML_FIELD_UINT("total_bytes", CYAML_FLAG_OPTIONAL, struct hf_ledger_quota, total_bytes), CYAML_FIELD_END};

#define POLICY_FIELD(name) CYAML_FIELD_UINT(#name, CYAML_FLAG_OPTIONAL, struct hf_account_policy, name)
static const cyaml_schema_field_t account_fields[] = {
        POLICY_FIELD(password_days),
        POLICY_FIELD(inactive_days),
        POLICY_FIELD(idle_minutes),
        POLICY_FIELD(session_hours),
        POLICY_FIELD(login_failures),
        POLICY_FIELD(lock_minutes),
        POLICY_FIELD(denials),
        CYAML_FIELD_BOOL("review_rights", CYAML_FLAG_OPTIONAL, struct hf_account_policy, review_rights),
        CYAML_FIELD_END};

static const cyaml_schema_field_t decision_fields[] = {
        CYAML_FIELD_UINT("reminder_days", CYAML_FLAG_OPTIONAL, struct hf_deadline_limits, reminder_days),
        CYAML_FIELD_UINT("escalation_days", CYAML_FLAG_OPTIONAL, struct hf_deadline_limits, escalation_days),
        CYAML_FIELD_END};

#define PUBLISH_TEXT(name)                                                                                             \
	CYAML_FIELD_STRING_PTR(#name, CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct hf_config_publish, name, 1, 1023)
static const cyaml_schema_field_t publish_fields[] = {
        PUBLISH_TEXT(address),
        PUBLISH_TEXT(certificate),
        PUBLISH_TEXT(key),
        CYAML_FIELD_BOOL("ledger", CYAML_FLAG_OPTIONAL, struct hf_config_publish, ledger),
        CYAML_FIELD_BOOL("mirrors", CYAML_FLAG_OPTIONAL, struct hf_config_publish, mirrors),
        CYAML_FIELD_END};

#define GATEWAY_TEXT(name)                                                                                             \
	CYAML_FIELD_STRING_PTR(#name, CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct hf_config_gateway, name, 1, 1023)
static const cyaml_schema_field_t gateway_fields[] = {GATEWAY_TEXT(address), GATEWAY_TEXT(certificate),
                                                      GATEWAY_TEXT(key),     GATEWAY_TEXT(tokens),
                                                      GATEWAY_TEXT(url),     CYAML_FIELD_END};

static const cyaml_schema_value_t word_entry = {CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char *, 1, 1023)};
static const cyaml_schema_field_t scanner_fields[] = {
        CYAML_FIELD_SEQUENCE("command", CYAML_FLAG_POINTER, struct hf_config_scanner, command, &word_entry, 1,
                             HF_SCANNER_ARGS),
        CYAML_FIELD_UINT("seconds", CYAML_FLAG_OPTIONAL, struct hf_config_scanner, seconds), CYAML_FIELD_END};

#define METHODS_TEXT(name, max)                                                                                        \
	CYAML_FIELD_STRING_PTR(#name, CYAML_FLAG_POINTER, struct hf_config_methods, name, 1, max)
static const cyaml_schema_field_t methods_fields[] = {METHODS_TEXT(file, 1023), METHODS_TEXT(sha256, 64),
                                                      CYAML_FIELD_END};
static const cyaml_schema_value_t methods_entry = {
        CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct hf_config_methods, methods_fields)};
static const cyaml_schema_field_t masking_fields[] = {
        CYAML_FIELD_SEQUENCE("methods", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct hf_config_masking, methods,
                             &methods_entry, 0, HF_RELEASE_METHODS_MAX),
        CYAML_FIELD_SEQUENCE("detectors", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct hf_config_masking, detectors,
                             &methods_entry, 0, HF_CODES_MAX),
        CYAML_FIELD_END};

#define DATABASE_FIELD(name) CYAML_FIELD_UINT(#name, CYAML_FLAG_OPTIONAL, struct hf_database_limits, name)
static const cyaml_schema_field_t database_fields[] = {DATABASE_FIELD(seconds), DATABASE_FIELD(bytes_per_second),
                                                       CYAML_FIELD_END};

static const cyaml_strval_t unfiled_words[] = {{"flag", HF_UNFILED_FLAG}, {"deny", HF_UNFILED_DENY}};
static const cyaml_schema_field_t agent_fields[] = {CYAML_FIELD_ENUM("unfiled", CYAML_FLAG_OPTIONAL,
                                                                     struct hf_config_agents, unfiled, unfiled_words,
                                                                     COUNT(unfiled_words)),
                                                    CYAML_FIELD_END};

#define TRAFFIC_FIELD(name) CYAML_FIELD_UINT(#name, CYAML_FLAG_OPTIONAL, struct hf_traffic_policy, name)
static const cyaml_schema_field_t traffic_fields[] = {TRAFFIC_FIELD(window_minutes), TRAFFIC_FIELD(factor),
                                                      TRAFFIC_FIELD(floor_mib), TRAFFIC_FIELD(floor_requests),
                                                      CYAML_FIELD_END};

#define BULK_FIELD(name) CYAML_FIELD_UINT(#name, CYAML_FLAG_OPTIONAL, struct hf_bulk_limit, name)
static const cyaml_schema_field_t bulk_fields[] = {
        CYAML_FIELD_STRING_PTR("role", CYAML_FLAG_POINTER, struct hf_bulk_limit, role, 1, HF_NAME_MAX),
        BULK_FIELD(window_minutes),
        BULK_FIELD(objects),
        BULK_FIELD(rows),
        BULK_FIELD(bytes),
        CYAML_FIELD_END};
static const cyaml_schema_value_t bulk_entry = {
        CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct hf_bulk_limit, bulk_fields)};

static const cyaml_schema_value_t way_entry = {CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char *, 1, 31)};
static const cyaml_schema_field_t channel_fields[] = {
        CYAML_FIELD_STRING_PTR("class", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct hf_license, data_class, 1,
                               HF_MAX_TITLE),
        CYAML_FIELD_UINT("level", CYAML_FLAG_OPTIONAL, struct hf_license, level),
        CYAML_FIELD_SEQUENCE("allow", CYAML_FLAG_POINTER, struct hf_license, allow, &way_entry, 0,
                             HF_LICENSE_ALLOWED_MAX),
        CYAML_FIELD_END};
static const cyaml_schema_value_t channel_entry = {
        CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct hf_license, channel_fields)};

#define TRANSFER_FIELD(name) CYAML_FIELD_UINT(#name, CYAML_FLAG_OPTIONAL, struct hf_transfer_limits, name)
static const cyaml_schema_field_t transfer_fields[] = {TRANSFER_FIELD(idle_seconds), TRANSFER_FIELD(receipt_seconds),
                                                       CYAML_FIELD_END};

#define TEXT_FIELD(name, flags, min, max)                                                                              \
	CYAML_FIELD_STRING_PTR(#name, CYAML_FLAG_POINTER | (flags), struct hf_config, name, min, max)
static const cyaml_schema_field_t fields[] = {
        TEXT_FIELD(node, 0, 1, HF_NAME_MAX),
        TEXT_FIELD(space, CYAML_FLAG_OPTIONAL, 1, HF_NAME_MAX),
        TEXT_FIELD(organization, 0, 1, HF_MAX_TITLE),
        TEXT_FIELD(organization_name, CYAML_FLAG_OPTIONAL, 0, HF_MAX_TITLE),
        TEXT_FIELD(jurisdiction, CYAML_FLAG_OPTIONAL, 2, 16),
        CYAML_FIELD_SEQUENCE("listen", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct hf_config, listen,
                             &listen_entry, 0, HF_CONFIG_LISTEN_MAX),
        TEXT_FIELD(api_socket, CYAML_FLAG_OPTIONAL, 1, sizeof(((struct sockaddr_un *)0)->sun_path) - 1),
        TEXT_FIELD(passphrase_file, CYAML_FLAG_OPTIONAL, 1, 1023),
        CYAML_FIELD_ENUM("log_level", CYAML_FLAG_OPTIONAL, struct hf_config, log_level, levels, COUNT(levels)),
        TEXT_FIELD(border, CYAML_FLAG_OPTIONAL, 1, 1023),
        CYAML_FIELD_UINT("self_check_hours", CYAML_FLAG_OPTIONAL, struct hf_config, self_check_hours),
        CYAML_FIELD_UINT("grant_review_hours", CYAML_FLAG_OPTIONAL, struct hf_config, grant_review_hours),
        CYAML_FIELD_UINT("grant_unused_days", CYAML_FLAG_OPTIONAL, struct hf_config, grant_unused_days),
        CYAML_FIELD_MAPPING("limits", CYAML_FLAG_OPTIONAL, struct hf_config, limits, limit_fields),
        CYAML_FIELD_MAPPING("mirrors", CYAML_FLAG_OPTIONAL, struct hf_config, mirrors, mirror_fields),
        CYAML_FIELD_MAPPING("publish", CYAML_FLAG_OPTIONAL, struct hf_config, publish, publish_fields),
        CYAML_FIELD_MAPPING("gateway", CYAML_FLAG_OPTIONAL, struct hf_config, gateway, gateway_fields),
        CYAML_FIELD_MAPPING("scanner", CYAML_FLAG_OPTIONAL, struct hf_config, scanner, scanner_fields),
        CYAML_FIELD_MAPPING("masking", CYAML_FLAG_OPTIONAL, struct hf_config, masking, masking_fields),
        CYAML_FIELD_MAPPING("databases", CYAML_FLAG_OPTIONAL, struct hf_config, databases, database_fields),
        CYAML_FIELD_MAPPING("traffic", CYAML_FLAG_OPTIONAL, struct hf_config, traffic, traffic_fields),
        CYAML_FIELD_SEQUENCE("bulk", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct hf_config, bulk, &bulk_entry, 0,
                             HF_BULK_LIMITS_MAX),
        CYAML_FIELD_SEQUENCE("channels", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct hf_config, channels,
                             &channel_entry, 0, HF_LICENSES_MAX),
        CYAML_FIELD_MAPPING("transfers", CYAML_FLAG_OPTIONAL, struct hf_config, transfers, transfer_fields),
        CYAML_FIELD_MAPPING("accounts", CYAML_FLAG_OPTIONAL, struct hf_config, accounts, account_fields),
        CYAML_FIELD_MAPPING("agents", CYAML_FLAG_OPTIONAL, struct hf_config, agents, agent_fields),
        CYAML_FIELD_MAPPING("decisions", CYAML_FLAG_OPTIONAL, struct hf_config, decisions, decision_fields),
        CYAML_FIELD_END};
static const cyaml_schema_value_t schema = {CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct hf_config, fields)};

/* libcyaml tells where it failed only through its log: the first line is the defect, the first "line: N" after it the
 * place. */
struct place {
	char message[200];
	unsigned line;
};

__attribute__((format(printf, 3, 0))) static void on_log(cyaml_log_t level, void *ctx, const char *fmt, va_list args)
{
	struct place *p = ctx;
	char text[256];
	if (level < CYAML_LOG_ERROR)
		return;
	vsnprintf(text, sizeof(text), fmt, args);
	text[strcspn(text, "\n")] = '\0';
	const char *line = strstr(text, "(line: ");
	if (line && p->line == 0)
		p->line = (unsigned)strtoul(line + strlen("(line: "), NULL, 10);
	const char *body = strncmp(text, "Load: ", 6) == 0 ? text + 6 : text;
	if (!p->message[0] && !line && strncmp(body, "Backtrace", 9) != 0)
		snprintf(p->message, sizeof(p->message), "%.*s", (int)sizeof(p->message) - 1, body);
}

static const cyaml_config_t *make_reader(cyaml_config_t *c, struct place *p)
{
	*c = (cyaml_config_t){.log_fn = p ? on_log : NULL,
	                      .log_ctx = p,
	                      .mem_fn = cyaml_mem,
	                      .log_level = CYAML_LOG_ERROR,
	                      .flags = CYAML_CFG_NO_ALIAS};
	return c;
}

/* libcyaml reports a wrong key where the value before it ended; the key's own line is what helps: the last one, as a
 * key that stands twice is wrong the second time. */
static unsigned line_of_key(const char *text, const char *key)
{
	unsigned line = 1, found = 0;
	size_t len = strlen(key);
	for (const char *at = text; at && *at; line++) {
		const char *word = at + strspn(at, " -{");
		if (strncmp(word, key, len) == 0 && word[len] == ':')
			found = line;
		at = strchr(at, '\n');
		at = at ? at + 1 : NULL;
	}
	return found;
}

static enum hf_err refuse(const char *path, const char *text, struct place *p, struct hf_fault *f)
{
	static const char unknown[] = "Unexpected key: ";
	if (strncmp(p->message, unknown, sizeof(unknown) - 1) == 0) {
		const char *key = p->message + sizeof(unknown) - 1;
		unsigned line = line_of_key(text, key);
		return hf_fault_set(f, HF_E_FORMAT,
		                    "%s, line %u: there is no setting '%.80s'; correct its name or remove it", path,
		                    line ? line : p->line, key);
	}
	static const char twice[] = "Mapping field already seen: ";
	if (strncmp(p->message, twice, sizeof(twice) - 1) == 0) {
		const char *key = p->message + sizeof(twice) - 1;
		return hf_fault_set(f, HF_E_FORMAT, "%s, line %u: the setting '%.80s' stands twice; remove one", path,
		                    line_of_key(text, key), key);
	}
	if (strncmp(p->message, "Missing required", 16) == 0) {
		const char *key = strrchr(p->message, ' ');
		return hf_fault_set(f, HF_E_FORMAT, "%s: the setting '%s' is missing; add a line '%s: ...'", path,
		                    key ? key + 1 : "", key ? key + 1 : "");
	}
	return hf_fault_set(f, HF_E_FORMAT, "%s, line %u: %s; correct the line", path, p->line,
	                    p->message[0] ? p->message : "this is not YAML");
}

static enum hf_err want_range(const char *path, const char *name, uint64_t value, uint64_t min, uint64_t max,
                              struct hf_fault *f)
{
	if (value == 0 || (value >= min && value <= max))
		return HF_OK;
	return hf_fault_set(f, HF_E_FORMAT,
	                    "%s: %s is %" PRIu64 "; give a number from %" PRIu64 " to %" PRIu64
	                    ", or leave the line out",
	                    path, name, value, min, max);
}

static enum hf_err check_numbers(const char *path, const struct hf_config *c, struct hf_fault *f)
{
	const struct hf_account_policy *a = &c->accounts;
	HF_TRY(want_range(path, "accounts.password_days", a->password_days, 1, 365, f));
	HF_TRY(want_range(path, "accounts.inactive_days", a->inactive_days, 1, 365, f));
	HF_TRY(want_range(path, "accounts.idle_minutes", a->idle_minutes, 1, 1440, f));
	HF_TRY(want_range(path, "accounts.session_hours", a->session_hours, 1, 24, f));
	HF_TRY(want_range(path, "accounts.login_failures", a->login_failures, 1, 10, f));
	HF_TRY(want_range(path, "accounts.lock_minutes", a->lock_minutes, 1, 1440, f));
	HF_TRY(want_range(path, "accounts.denials", a->denials, 3, 1000, f));
	HF_TRY(want_range(path, "decisions.reminder_days", c->decisions.reminder_days, 1, HF_DECISION_DAYS - 1, f));
	HF_TRY(want_range(path, "decisions.escalation_days", c->decisions.escalation_days, 1, 20, f));
	HF_TRY(want_range(path, "self_check_hours", c->self_check_hours, 1, 168, f));
	HF_TRY(want_range(path, "grant_review_hours", c->grant_review_hours, 1, 168, f));
	HF_TRY(want_range(path, "grant_unused_days", c->grant_unused_days, 1, 1095, f));
	HF_TRY(want_range(path, "limits.outstanding_per_peer", c->limits.outstanding_per_peer, 1, 4096, f));
	HF_TRY(want_range(path, "mirrors.ledger_bytes", c->mirrors.ledger_bytes, 1u << 16, (uint64_t)1 << 50, f));
	HF_TRY(want_range(path, "mirrors.total_bytes", c->mirrors.total_bytes, 1u << 16, (uint64_t)1 << 50, f));
	HF_TRY(want_range(path, "scanner.seconds", c->scanner.seconds, 1, 86400, f));
	HF_TRY(want_range(path, "databases.seconds", c->databases.seconds, 1, 604800, f));
	HF_TRY(want_range(path, "databases.bytes_per_second", c->databases.bytes_per_second, 1u << 16,
	                  (uint64_t)1 << 40, f));
	HF_TRY(want_range(path, "traffic.window_minutes", c->traffic.window_minutes, 1, 1440, f));
	HF_TRY(want_range(path, "traffic.factor", c->traffic.factor, 2, 1000, f));
	HF_TRY(want_range(path, "traffic.floor_mib", c->traffic.floor_mib, 1, 1u << 30, f));
	HF_TRY(want_range(path, "traffic.floor_requests", c->traffic.floor_requests, 1, 1000000, f));
	HF_TRY(want_range(path, "transfers.idle_seconds", c->transfers.idle_seconds, 10, 2592000, f));
	HF_TRY(want_range(path, "transfers.receipt_seconds", c->transfers.receipt_seconds, 10, 604800, f));
	return want_range(path, "limits.requests_per_second", c->limits.requests_per_second, 10, 1000000, f);
}

static enum hf_err check_bulk(const char *path, const struct hf_config *c, struct hf_fault *f)
{
	for (unsigned i = 0; i < c->bulk_count; i++) {
		const struct hf_bulk_limit *b = &c->bulk[i];
		if (!hf_role_find(b->role))
			return hf_fault_set(f, HF_E_FORMAT,
			                    "%s: bulk names the role '%s', which is none; `hufu user roles --list` "
			                    "names them",
			                    path, b->role);
		for (unsigned j = 0; j < i; j++)
			if (strcmp(c->bulk[j].role, b->role) == 0)
				return hf_fault_set(f, HF_E_FORMAT, "%s: bulk names the role '%s' twice; remove one",
				                    path, b->role);
		if (b->objects == 0 && b->rows == 0 && b->bytes == 0)
			return hf_fault_set(f, HF_E_FORMAT,
			                    "%s: bulk limits nothing for the role '%s'; give objects, rows or bytes, "
			                    "or remove it",
			                    path, b->role);
		HF_TRY(want_range(path, "bulk.window_minutes", b->window_minutes, 1, 525600, f));
	}
	return HF_OK;
}

static enum hf_err check_channels(const char *path, const struct hf_config *c, struct hf_fault *f)
{
	for (unsigned i = 0; i < c->channels_count; i++) {
		const struct hf_license *l = &c->channels[i];
		HF_TRY(want_range(path, "channels.level", l->level, 1, 3, f));
		for (unsigned j = 0; j < l->allow_count; j++)
			if (!hf_license_way(l->allow[j]))
				return hf_fault_set(f, HF_E_FORMAT,
				                    "%s: channels allows '%s', which is no way to data; write file, "
				                    "jsonl, csv.zst, jsonl.zst, sqlite, postgresql, sealed or read",
				                    path, l->allow[j]);
	}
	return HF_OK;
}

static enum hf_err check_publish(const char *path, const struct hf_config_publish *p, struct hf_fault *f)
{
	bool something = p->ledger || p->mirrors;
	if (p->address && !something)
		return hf_fault_set(f, HF_E_FORMAT,
		                    "%s: publish.address is set, but nothing is to be published; set publish.ledger or "
		                    "publish.mirrors to true, or remove it",
		                    path);
	if (!p->address && (something || p->certificate || p->key))
		return hf_fault_set(f, HF_E_FORMAT,
		                    "%s: publish has no address to serve on; add 'address: ADDRESS:PORT', or remove it",
		                    path);
	if (!p->certificate != !p->key)
		return hf_fault_set(f, HF_E_FORMAT,
		                    "%s: publish.certificate and publish.key go together; add the one that is missing",
		                    path);
	return HF_OK;
}

static enum hf_err check_gateway(const char *path, const struct hf_config_gateway *g, struct hf_fault *f)
{
	if (!g->address && (g->certificate || g->key || g->tokens || g->url))
		return hf_fault_set(f, HF_E_FORMAT,
		                    "%s: gateway has no address to serve on; add 'address: ADDRESS:PORT', or remove it",
		                    path);
	if (g->address && !g->tokens)
		return hf_fault_set(f, HF_E_FORMAT,
		                    "%s: gateway.tokens is missing: the file that names the gateways; add it", path);
	if (!g->certificate != !g->key)
		return hf_fault_set(f, HF_E_FORMAT,
		                    "%s: gateway.certificate and gateway.key go together; add the one that is missing",
		                    path);
	return HF_OK;
}

static enum hf_err check_reviewed(const char *path, const char *list, const struct hf_config_methods *m,
                                  struct hf_fault *f)
{
	if (m->file[0] != '/')
		return hf_fault_set(f, HF_E_FORMAT,
		                    "%s: masking.%s names '%.200s'; write the absolute path of the file", path, list,
		                    m->file);
	if (strlen(m->sha256) != 64 || strspn(m->sha256, "0123456789abcdef") != 64)
		return hf_fault_set(f, HF_E_FORMAT,
		                    "%s: the sha256 of %.200s is not 64 small hex digits; write that of the file "
		                    "as it was reviewed",
		                    path, m->file);
	return HF_OK;
}

static enum hf_err check_masking(const char *path, const struct hf_config_masking *m, struct hf_fault *f)
{
	for (unsigned i = 0; i < m->methods_count; i++)
		HF_TRY(check_reviewed(path, "methods", &m->methods[i], f));
	for (unsigned i = 0; i < m->detectors_count; i++)
		HF_TRY(check_reviewed(path, "detectors", &m->detectors[i], f));
	return HF_OK;
}

static enum hf_err check(const char *path, const struct hf_config *c, struct hf_fault *f)
{
	struct hf_name name;
	if (!hf_name_parse(c->node, &name))
		return hf_fault_set(f, HF_E_FORMAT, "%s: node is '%s'; use 1 to 63 of a-z, 0-9, '.' and '-'", path,
		                    c->node);
	if (!c->space)
		return hf_fault_set(
		        f, HF_E_STATE,
		        "%s names no space yet; bring the authority's root.key and descriptors.dsse here with "
		        "`hufu space join --node DIR --root-key FILE --descriptors FILE`",
		        path);
	if (!hf_name_parse(c->space, &name))
		return hf_fault_set(f, HF_E_FORMAT, "%s: space is '%s'; write the id that the authority gave it", path,
		                    c->space);
	for (unsigned i = 0; i < c->listen_count; i++)
		if (strncmp(c->listen[i], "tcp://", 6) != 0 && strncmp(c->listen[i], "ipc://", 6) != 0)
			return hf_fault_set(f, HF_E_FORMAT,
			                    "%s: '%s' is no address to listen on; write tcp://ADDRESS:PORT", path,
			                    c->listen[i]);
	HF_TRY(check_publish(path, &c->publish, f));
	HF_TRY(check_gateway(path, &c->gateway, f));
	HF_TRY(check_masking(path, &c->masking, f));
	HF_TRY(check_bulk(path, c, f));
	HF_TRY(check_channels(path, c, f));
	return check_numbers(path, c, f);
}

/* Memory for defaults is taken as libcyaml takes it, because it frees it too. */
static char *copy_text(const char *text)
{
	size_t len = strlen(text) + 1;
	char *copy = cyaml_mem(NULL, NULL, len);
	if (!copy)
		abort();
	memcpy(copy, text, len);
	return copy;
}

static enum hf_err fill_defaults(const char *path, struct hf_config *c, struct hf_fault *f)
{
	if (!c->organization_name)
		c->organization_name = copy_text("");
	if (!c->jurisdiction)
		c->jurisdiction = copy_text("");
	if (c->log_level == 0)
		c->log_level = HF_LOG_INFO;
	if (c->agents.unfiled == HF_UNFILED_INVALID)
		c->agents.unfiled = HF_UNFILED_FLAG;
	if (c->api_socket)
		return HF_OK;
	const char *slash = strrchr(path, '/');
	char socket[1024];
	int n = snprintf(socket, sizeof(socket), "%.*s/run/api.sock", slash ? (int)(slash - path) : 1,
	                 slash ? path : ".");
	if (n < 0 || (size_t)n >= sizeof(((struct sockaddr_un *)0)->sun_path))
		return hf_fault_set(
		        f, HF_E_LIMIT,
		        "%s: the socket's path under this folder is longer than the system allows; set api_socket to "
		        "a shorter one",
		        path);
	c->api_socket = copy_text(socket);
	return HF_OK;
}

enum hf_err hf_yaml_parse(const char *path, const struct hf_buf *text, const cyaml_schema_value_t *schema_of,
                          void **ret_data, struct hf_fault *f)
{
	struct place p = {"", 0};
	cyaml_config_t reader;
	void *c = NULL;
	if (memchr(text->data ? (const char *)text->data : "", 0, text->len))
		return hf_fault_set(f, HF_E_FORMAT, "%s holds a NUL byte; it must be a text file", path);
	cyaml_err_t e = cyaml_load_data(text->data ? text->data : (const uint8_t *)"", text->len,
	                                make_reader(&reader, &p), schema_of, (cyaml_data_t **)&c, NULL);
	if (e != CYAML_OK)
		return refuse(path, text->data ? (const char *)text->data : "", &p, f);
	*ret_data = c;
	return HF_OK;
}

void hf_yaml_free(const cyaml_schema_value_t *schema_of, void *data)
{
	cyaml_config_t reader;
	if (data)
		cyaml_free(make_reader(&reader, NULL), schema_of, data, 0);
}

static enum hf_err parse(const char *path, const struct hf_buf *text, struct hf_config **ret_config, struct hf_fault *f)
{
	void *c = NULL;
	HF_TRY(hf_yaml_parse(path, text, &schema, &c, f));
	if (!c)
		return hf_fault_set(f, HF_E_FORMAT, "%s is empty; make a node's folder with `hufu init`", path);
	*ret_config = c;
	return HF_OK;
}

enum hf_err hf_config_load(const char *path, struct hf_config **ret_config, struct hf_fault *f)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf text = HF_BUF_INIT;
	struct hf_config *c = NULL;
	enum hf_err e = hf_file_read(path, HF_MAX_CONFIG, &text);
	if (e == HF_E_UNKNOWN)
		return hf_fault_set(f, e, "%s does not exist; make the node's folder with `hufu init`", path);
	if (e != HF_OK)
		return hf_file_fault(f, e, path, HF_MAX_CONFIG);
	e = parse(path, &text, &c, f);
	if (!c)
		return e;
	e = fill_defaults(path, c, f);
	if (e == HF_OK)
		e = check(path, c, f);
	if (e != HF_OK) {
		hf_config_free(c);
		return e;
	}
	*ret_config = c;
	return HF_OK;
}

void hf_config_free(struct hf_config *c)
{
	hf_yaml_free(&schema, c);
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static enum hf_err read_passphrase(const char *path, char *out, struct hf_fault *f)
{
	HF_CLEANUP(close_fd) int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	if (fd < 0 || fstat(fd, &st) != 0)
		return hf_fault_set(f, HF_E_UNKNOWN,
		                    "the passphrase file %s cannot be read; check passphrase_file in hufu.yaml", path);
	if ((st.st_mode & 077) != 0)
		return hf_fault_set(f, HF_E_STATE,
		                    "the passphrase file %s can be read by others; run `chmod 600` on it", path);
	ssize_t n = read(fd, out, PASSPHRASE_MAX);
	if (n < 0)
		return hf_fault_set(f, HF_E_IO, "the passphrase file %s cannot be read", path);
	out[n] = '\0';
	out[strcspn(out, "\r\n")] = '\0';
	if (!out[0])
		return hf_fault_set(f, HF_E_FORMAT, "the passphrase file %s is empty; its first line is the passphrase",
		                    path);
	return HF_OK;
}

enum hf_err hf_config_passphrase(const struct hf_config *c, char **ret_passphrase, struct hf_fault *f)
{
	const char *path = c->passphrase_file ? c->passphrase_file : getenv("HUFU_PASSPHRASE_FILE");
	*ret_passphrase = NULL;
	if (!path || !*path)
		return HF_OK;
	char *out = hf_secret_alloc(PASSPHRASE_MAX + 1);
	if (!out)
		return hf_fault_set(f, HF_E_MEMORY,
		                    "no locked memory is left for the passphrase; raise the memlock limit");
	enum hf_err e = read_passphrase(path, out, f);
	if (e != HF_OK) {
		hf_secret_free(out);
		return e;
	}
	*ret_passphrase = out;
	return HF_OK;
}

void hf_config_passphrase_free(char *passphrase)
{
	hf_secret_free(passphrase);
}
