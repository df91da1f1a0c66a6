/* cmd_space.c - hufu space: the authority's work on its folder, offline, and a node's joining and updating. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/limits.h"
#include "crypto/base64.h"
#include "descriptor.h"
#include "init.h"

#define IMPORT_MAX ((size_t)740 << 10) /* what the node takes in one request */

#define VALID_DAYS 365
#define KEY_LEAD_S 3600 /* new keys count so much later, when every node has the descriptor */
#define PASSPHRASE_CAP 1025

struct member_options {
	const char *request, *member_days, *key_lead;
	struct hf_list roles, mirrors, attributes;
};

struct issue_options {
	struct member_options member;
	const char *quorum, *valid_days, *passphrase_file, *leading_threshold;
	struct hf_list witnesses, leading, holidays, workdays;
	const char *utc_offset;
};

static enum hf_err parse_between(const char *name, const char *text, const long limits[2], long *ret_value,
                                 struct hf_fault *f)
{
	char *end = NULL;
	long n = strtol(text, &end, 10);
	if (end == text || *end || n < limits[0] || n > limits[1])
		return hf_fault_set(f, HF_E_ARGUMENT, "--%s is a number from %ld to %ld, not '%.40s'", name, limits[0],
		                    limits[1], text);
	*ret_value = n;
	return HF_OK;
}

static enum hf_err parse_number(const char *name, const char *text, long max, long *ret_value, struct hf_fault *f)
{
	return parse_between(name, text, (const long[]){1, max}, ret_value, f);
}

static enum hf_err set_attributes(struct draft *d, Hufu__Member *m, const struct hf_list *list, struct hf_fault *f)
{
	Hufu__Attribute **all = hf_arena_get(&d->mem, (list->count + 1) * sizeof(*all));
	for (size_t i = 0; i < list->count; i++) {
		const char *mark = strchr(list->item[i], '=');
		if (!mark || mark == list->item[i])
			return hf_fault_set(f, HF_E_ARGUMENT, "'%.80s' is no attribute; write --attribute NAME=VALUE",
			                    list->item[i]);
		char *name = draft_text(d, list->item[i]);
		name[mark - list->item[i]] = '\0';
		all[i] = hf_arena_get(&d->mem, sizeof(*all[i]));
		hufu__attribute__init(all[i]);
		all[i]->name = name;
		all[i]->value = draft_text(d, mark + 1);
	}
	m->attributes = all;
	m->n_attributes = list->count;
	return HF_OK;
}

static enum hf_err check_roles(const struct hf_list *roles, struct hf_fault *f)
{
	static const char *const known[] = {"provider",       "consumer",           "exchange-service",
	                                    "data-authority", "business-authority", "emergency-authority",
	                                    "leading-group",  "data-management",    "auditor"};
	for (size_t i = 0; i < roles->count; i++) {
		size_t k = 0;
		while (k < sizeof(known) / sizeof(known[0]) && strcmp(known[k], roles->item[i]) != 0)
			k++;
		if (k == sizeof(known) / sizeof(known[0]))
			return hf_fault_set(f, HF_E_ARGUMENT,
			                    "members have no role '%.60s'; `hufu space add --help` names the roles",
			                    roles->item[i]);
	}
	return HF_OK;
}

/* What is not given stays as it was. */
static enum hf_err set_member(struct draft *d, Hufu__Member *m, const struct member_options *o, int64_t now,
                              struct hf_fault *f)
{
	long days = 0;
	HF_TRY(check_roles(&o->roles, f));
	if (o->roles.count) {
		m->roles = draft_texts(d, &o->roles);
		m->n_roles = o->roles.count;
	}
	if (o->mirrors.count) {
		m->mirrors = draft_texts(d, &o->mirrors);
		m->n_mirrors = o->mirrors.count;
	}
	if (o->attributes.count)
		HF_TRY(set_attributes(d, m, &o->attributes, f));
	if (o->member_days) {
		HF_TRY(parse_number("member-days", o->member_days, 36500, &days, f));
		m->not_before_ms = m->not_before_ms ? m->not_before_ms : now - 3600000;
		m->not_after_ms = now + (int64_t)days * 24 * 3600000;
	}
	if (m->n_roles == 0)
		return hf_fault_set(f, HF_E_ARGUMENT, "member %s has no role; give --role, e.g. provider or consumer",
		                    m->id);
	return HF_OK;
}

static enum hf_err admit(struct draft *d, const struct member_options *o, Hufu__MemberRequest **ret_request,
                         struct hf_fault *f)
{
	int64_t now = wall_now_ms();
	long lead_s = KEY_LEAD_S;
	Hufu__Member *m = NULL;
	if (o->key_lead)
		HF_TRY(parse_between("key-lead", o->key_lead, (const long[]){0, 30 * 86400}, &lead_s, f));
	HF_TRY(request_load(o->request, ret_request, f));
	HF_TRY(draft_admit(d, (*ret_request)->member, now + lead_s * 1000, &m, f));
	return set_member(d, m, o, now, f);
}

#define MEMBER_OPTS(m)                                                                                                 \
	{"role", NULL, NULL, &(m).roles}, {"mirror", NULL, NULL, &(m).mirrors},                                        \
	        {"attribute", NULL, NULL, &(m).attributes}, {"member-days", &(m).member_days, NULL, NULL},             \
	{                                                                                                              \
		"key-lead", &(m).key_lead, NULL, NULL                                                                  \
	}

static int report(struct hf_cli *cli, enum hf_err e, const struct hf_fault *f, const char *said, const char *what)
{
	if (e != HF_OK)
		return hf_cli_fault(cli, e, f);
	if (cli->json) {
		json_t *out = json_pack("{s:s}", "done", what);
		hf_cli_json(out);
		json_decref(out);
	} else {
		printf("%s%s\n", said, what);
	}
	return HF_EXIT_DONE;
}

static int add(struct hf_cli *cli, int argc, char **argv)
{
	struct member_options o = {0};
	const struct hf_opt opts[] = {{"member", &o.request, NULL, NULL}, MEMBER_OPTS(o), {NULL, NULL, NULL, NULL}};
	const char *pos[1];
	struct hf_fault f = {HF_OK, ""};
	struct draft d;
	Hufu__MemberRequest *r = NULL;
	if (!hf_cli_args(cli, argc, argv, opts, pos, 1, 1))
		return HF_EXIT_USAGE;
	if (!o.request)
		return hf_cli_misuse(cli, "--member FILE.request is needed");
	enum hf_err e = draft_open(pos[0], &d, &f);
	if (e != HF_OK)
		return hf_cli_fault(cli, e, &f);
	e = admit(&d, &o, &r, &f);
	if (e == HF_OK)
		e = draft_stage(&d, &f);
	int status = report(cli, e, &f, "staged for the next descriptor: ", e == HF_OK ? r->member->id : "");
	draft_done(&d);
	hf_decoded_free(r);
	return status;
}

/* Without a choice every member with a witness key is one; the quorum is more than half. */
static enum hf_err set_witnesses(struct draft *d, const struct issue_options *o, struct hf_fault *f)
{
	Hufu__Descriptor *x = d->d;
	long quorum = 0;
	if (o->witnesses.count) {
		x->witnesses = draft_texts(d, &o->witnesses);
		x->n_witnesses = o->witnesses.count;
		x->quorum = 0;
	} else if (x->n_witnesses == 0) {
		x->witnesses = hf_arena_get(&d->mem, (x->n_members + 1) * sizeof(*x->witnesses));
		for (size_t i = 0; i < x->n_members; i++)
			x->witnesses[x->n_witnesses++] = x->members[i]->id;
	}
	if (o->quorum) {
		HF_TRY(parse_number("quorum", o->quorum, 1024, &quorum, f));
		x->quorum = (uint32_t)quorum;
	} else if (x->quorum == 0) {
		x->quorum = (uint32_t)x->n_witnesses / 2 + 1;
	}
	return HF_OK;
}

static enum hf_err set_groups(struct draft *d, const struct issue_options *o, struct hf_fault *f)
{
	Hufu__Descriptor *x = d->d;
	long threshold = 0;
	if (o->leading.count) {
		x->leading_group = draft_texts(d, &o->leading);
		x->n_leading_group = o->leading.count;
		x->leading_threshold = (uint32_t)o->leading.count / 2 + 1;
	}
	if (o->leading_threshold) {
		HF_TRY(parse_number("leading-threshold", o->leading_threshold, 1024, &threshold, f));
		x->leading_threshold = (uint32_t)threshold;
	}
	if (o->holidays.count) {
		x->holidays = draft_texts(d, &o->holidays);
		x->n_holidays = o->holidays.count;
	}
	if (o->workdays.count) {
		x->workdays = draft_texts(d, &o->workdays);
		x->n_workdays = o->workdays.count;
	}
	if (o->utc_offset)
		x->utc_offset = draft_text(d, o->utc_offset);
	return HF_OK;
}

static enum hf_err sign_next(struct draft *d, const struct issue_options *o, const char *passphrase, struct hf_fault *f)
{
	struct hf_sign_key *root = NULL;
	long days = VALID_DAYS;
	if (o->valid_days)
		HF_TRY(parse_number("valid-days", o->valid_days, 3650, &days, f));
	HF_TRY(set_witnesses(d, o, f));
	HF_TRY(set_groups(d, o, f));
	HF_TRY(authority_key(d->dir, passphrase, &root, f));
	enum hf_err e = draft_issue(d, root, days, f);
	hf_sign_key_free(root);
	return e;
}

static int issued(struct hf_cli *cli, const struct draft *d)
{
	struct hf_hash digest;
	char hex[65];
	hf_space_digest(d->chain, &digest);
	hf_hash_hex(&digest, hex);
	if (cli->json) {
		json_t *out = json_pack("{s:s, s:I, s:s}", "space", hf_space_id(d->chain), "descriptor",
		                        (json_int_t)hf_space_number(d->chain), "descriptor_digest", hex);
		hf_cli_json(out);
		json_decref(out);
	} else {
		printf("descriptor %llu of %s is signed; give out %s/root.key and %s/descriptors.dsse\n"
		       "  who checks evidence demands it with --descriptor %llu:%s\n",
		       (unsigned long long)hf_space_number(d->chain), hf_space_id(d->chain), d->dir, d->dir,
		       (unsigned long long)hf_space_number(d->chain), hex);
	}
	return HF_EXIT_DONE;
}

/* A member, or one key of it, that does not count from a time on. */
struct revoke_options {
	const char *member, *reason, *key, *since;
};

static const Hufu__MemberKey *key_of_use(const Hufu__Member *m, const char *use, int64_t at_ms)
{
	for (size_t i = 0; i < m->n_keys; i++) {
		const Hufu__MemberKey *k = m->keys[i];
		const char *name = hf_key_use_name((enum hf_key_use)k->use);
		if (name && strcmp(name, use) == 0 && k->not_before_ms <= at_ms &&
		    (k->not_after_ms == 0 || k->not_after_ms > at_ms))
			return k;
	}
	return NULL;
}

/* A key by which others know the member cannot end alone: for those the membership does. */
static enum hf_err find_revoked_key(const Hufu__Member *m, const struct revoke_options *o, int64_t at_ms,
                                    const Hufu__MemberKey **ret_key, struct hf_fault *f)
{
	static const char *const uses[] = {"log", "witness", "mirror"};
	bool known = false;
	for (size_t i = 0; i < sizeof(uses) / sizeof(uses[0]); i++)
		known = known || strcmp(uses[i], o->key) == 0;
	if (!known)
		return hf_fault_set(
		        f, HF_E_ARGUMENT,
		        "'%.20s' is no key that is revoked by itself: log, witness or mirror; without --key "
		        "the membership ends",
		        o->key);
	*ret_key = key_of_use(m, o->key, at_ms);
	if (!*ret_key)
		return hf_fault_set(f, HF_E_UNKNOWN,
		                    "%.63s had no %s key at that time; state another key or another --since", m->id,
		                    o->key);
	return HF_OK;
}

/* A revocation is never taken back, so one that says nothing new is a slip. key: NULL for the membership. */
static enum hf_err check_new_revocation(const struct draft *d, const char *member, const Hufu__MemberKey *key,
                                        int64_t at_ms, struct hf_fault *f)
{
	for (size_t i = 0; i < d->d->n_revocations; i++) {
		const Hufu__MemberRevocation *r = d->d->revocations[i];
		bool whole = r->public_key.len == 0;
		bool same = key && r->public_key.len == key->public_key.len &&
		            memcmp(r->public_key.data, key->public_key.data, key->public_key.len) == 0;
		if (strcmp(r->member, member) == 0 && (whole || same) && r->at_ms <= at_ms)
			return hf_fault_set(f, HF_E_EXISTS, "the %s of %.63s is revoked already%s",
			                    whole ? "membership" : "key", member,
			                    whole ? ", so nothing is left to do"
			                          : "; state an earlier time with --since, if it counts from then");
	}
	return HF_OK;
}

static enum hf_err revoke_in(struct draft *d, const struct revoke_options *o, struct hf_fault *f)
{
	const Hufu__Member *m = draft_member(d, o->member);
	const Hufu__MemberKey *key = NULL;
	int64_t at_ms = wall_now_ms(), now = at_ms;
	if (!m)
		return hf_fault_set(f, HF_E_UNKNOWN, "the space has no member '%.63s'; `hufu space show` lists them",
		                    o->member);
	if (o->since && (!hf_time_parse(o->since, &at_ms) || at_ms > now))
		return hf_fault_set(f, HF_E_ARGUMENT,
		                    "--since is a time that has passed, such as 2026-09-21T12:00:00Z");
	if (!*o->reason || !hf_text_ok(o->reason, strlen(o->reason), HF_MAX_TEXT))
		return hf_fault_set(f, HF_E_ARGUMENT,
		                    "--reason is empty or longer than %u bytes; state why in a sentence", HF_MAX_TEXT);
	if (o->key)
		HF_TRY(find_revoked_key(m, o, at_ms, &key, f));
	HF_TRY(check_new_revocation(d, o->member, key, at_ms, f));
	draft_revoke(d, o->member, key, o->reason, at_ms);
	return HF_OK;
}

/* Opens the folder, lets the change be made, signs. revoke: NULL for none. */
static int issue_with(struct hf_cli *cli, const char *dir, const struct issue_options *o,
                      const struct revoke_options *revoke)
{
	char passphrase[PASSPHRASE_CAP];
	struct hf_fault f = {HF_OK, ""};
	struct draft d;
	Hufu__MemberRequest *r = NULL;
	if (o->passphrase_file && !hf_cli_secret(cli, o->passphrase_file, "", passphrase, sizeof(passphrase)))
		return HF_EXIT_REFUSED;
	enum hf_err e = draft_open(dir, &d, &f);
	if (e != HF_OK)
		return hf_cli_fault(cli, e, &f);
	if (o->member.request)
		e = admit(&d, &o->member, &r, &f);
	if (e == HF_OK && revoke)
		e = revoke_in(&d, revoke, &f);
	if (e == HF_OK)
		e = sign_next(&d, o, o->passphrase_file ? passphrase : NULL, &f);
	int status = e == HF_OK ? issued(cli, &d) : hf_cli_fault(cli, e, &f);
	hf_wipe(passphrase, sizeof(passphrase));
	draft_done(&d);
	hf_decoded_free(r);
	return status;
}

static int issue(struct hf_cli *cli, int argc, char **argv)
{
	struct issue_options o = {0};
	const struct hf_opt opts[] = {{"member", &o.member.request, NULL, NULL},
	                              MEMBER_OPTS(o.member),
	                              {"witness", NULL, NULL, &o.witnesses},
	                              {"quorum", &o.quorum, NULL, NULL},
	                              {"leading-member", NULL, NULL, &o.leading},
	                              {"leading-threshold", &o.leading_threshold, NULL, NULL},
	                              {"holiday", NULL, NULL, &o.holidays},
	                              {"workday", NULL, NULL, &o.workdays},
	                              {"utc-offset", &o.utc_offset, NULL, NULL},
	                              {"valid-days", &o.valid_days, NULL, NULL},
	                              {"passphrase-file", &o.passphrase_file, NULL, NULL},
	                              {NULL, NULL, NULL, NULL}};
	const char *pos[1];
	if (!hf_cli_args(cli, argc, argv, opts, pos, 1, 1))
		return HF_EXIT_USAGE;
	bool member = o.member.roles.count || o.member.mirrors.count || o.member.attributes.count ||
	              o.member.member_days || o.member.key_lead;
	if (member && !o.member.request)
		return hf_cli_misuse(cli, "--role, --mirror, --attribute, --member-days and --key-lead belong to a "
		                          "--member FILE.request");
	return issue_with(cli, pos[0], &o, NULL);
}

static int revoke(struct hf_cli *cli, int argc, char **argv)
{
	struct issue_options o = {0};
	struct revoke_options r = {.key = NULL};
	const char *pos[1];
	const struct hf_opt opts[] = {{"member", &r.member, NULL, NULL},
	                              {"reason", &r.reason, NULL, NULL},
	                              {"key", &r.key, NULL, NULL},
	                              {"since", &r.since, NULL, NULL},
	                              {"valid-days", &o.valid_days, NULL, NULL},
	                              {"passphrase-file", &o.passphrase_file, NULL, NULL},
	                              {NULL, NULL, NULL, NULL}};
	if (!hf_cli_args(cli, argc, argv, opts, pos, 1, 1))
		return HF_EXIT_USAGE;
	if (!r.member || !r.reason)
		return hf_cli_misuse(cli, "--member ID and --reason TEXT are needed; every member will see the reason");
	if (r.since && !r.key)
		return hf_cli_misuse(cli, "--since belongs to --key: a membership ends now");
	return issue_with(cli, pos[0], &o, &r);
}

static int create(struct hf_cli *cli, int argc, char **argv)
{
	const char *pos[1], *id = NULL, *name = NULL, *passphrase_file = NULL;
	bool plain = false;
	const struct hf_opt opts[] = {{"id", &id, NULL, NULL},
	                              {"name", &name, NULL, NULL},
	                              {"passphrase-file", &passphrase_file, NULL, NULL},
	                              {"plain-keys", NULL, &plain, NULL},
	                              {NULL, NULL, NULL, NULL}};
	char passphrase[PASSPHRASE_CAP];
	struct hf_fault f = {HF_OK, ""};
	if (!hf_cli_args(cli, argc, argv, opts, pos, 1, 1))
		return HF_EXIT_USAGE;
	if (!id || !name)
		return hf_cli_misuse(cli, "--id and --name are needed");
	if (plain == (passphrase_file != NULL))
		return hf_cli_misuse(
		        cli, "give either --passphrase-file, or --plain-keys to leave the root key unencrypted");
	if (passphrase_file && !hf_cli_secret(cli, passphrase_file, "", passphrase, sizeof(passphrase)))
		return HF_EXIT_REFUSED;
	enum hf_err e = authority_create(pos[0], id, name, passphrase_file ? passphrase : NULL, &f);
	hf_wipe(passphrase, sizeof(passphrase));
	return report(cli, e, &f,
	              "the space is made; add members with `hufu space add`, then sign with `hufu space issue`: ", id);
}

static json_t *texts(char *const *list, size_t count)
{
	json_t *out = json_array();
	for (size_t i = 0; i < count; i++)
		json_array_append_new(out, json_string(list[i]));
	return out;
}

static void out_time(json_t *o, const char *name, int64_t ms)
{
	char text[HF_TIME_TEXT];
	hf_time_text(ms, text);
	json_object_set_new(o, name, ms ? json_string(text) : json_null());
}

static bool is_revoked(const Hufu__Descriptor *x, const char *id)
{
	for (size_t i = 0; i < x->n_revocations; i++)
		if (x->revocations[i]->public_key.len == 0 && strcmp(x->revocations[i]->member, id) == 0)
			return true;
	return false;
}

static json_t *member_json(const Hufu__Descriptor *x, const Hufu__Member *m)
{
	json_t *attributes = json_object();
	for (size_t i = 0; i < m->n_attributes; i++)
		json_object_set_new(attributes, m->attributes[i]->name, json_string(m->attributes[i]->value));
	json_t *o = json_pack("{s:s, s:s, s:s, s:s}", "id", m->id, "organization", m->organization, "name",
	                      m->organization_name, "jurisdiction", m->jurisdiction);
	json_object_set_new(o, "roles", texts(m->roles, m->n_roles));
	json_object_set_new(o, "addresses", texts(m->addresses, m->n_addresses));
	json_object_set_new(o, "mirrors", texts(m->mirrors, m->n_mirrors));
	json_object_set_new(o, "departments", texts(m->departments, m->n_departments));
	json_object_set_new(o, "attributes", attributes);
	json_object_set_new(o, "revoked", json_boolean(is_revoked(x, m->id)));
	out_time(o, "valid_until", m->not_after_ms);
	return o;
}

static json_t *draft_json(const struct draft *d)
{
	const Hufu__Descriptor *x = d->d;
	json_t *o = json_pack("{s:s, s:s, s:I}", "space", x->header->space, "name", x->space_name, "descriptor",
	                      (json_int_t)hf_space_number(d->chain));
	const Hufu__Descriptor *signed_one = hf_space_current(d->chain);
	json_t *members = json_array();
	for (size_t i = 0; i < x->n_members; i++)
		json_array_append_new(members, member_json(x, x->members[i]));
	out_time(o, "valid_until", signed_one ? signed_one->not_after_ms : 0);
	json_object_set_new(o, "witnesses", texts(x->witnesses, x->n_witnesses));
	json_object_set_new(o, "quorum", json_integer(x->quorum));
	json_object_set_new(o, "members", members);
	return o;
}

static int show(struct hf_cli *cli, int argc, char **argv)
{
	static const struct hf_column head[] = {{"space", "space", 0},
	                                        {"name", "name", 0},
	                                        {"signed descriptors", "descriptor", 0},
	                                        {"valid until", "valid_until", 0},
	                                        {"witnesses", "witnesses", 0},
	                                        {"quorum", "quorum", 0},
	                                        {NULL, NULL, 0}};
	static const struct hf_column rows[] = {{"MEMBER", "id", 0},
	                                        {"NAME", "name", 32},
	                                        {"ORGANIZATION", "organization", 32},
	                                        {"ROLES", "roles", 48},
	                                        {"ADDRESSES", "addresses", 40},
	                                        {"MIRRORS", "mirrors", 32},
	                                        {"REVOKED", "revoked", 0},
	                                        {NULL, NULL, 0}};
	const char *pos[1];
	struct hf_fault f = {HF_OK, ""};
	struct draft d;
	if (!hf_cli_args(cli, argc, argv, NULL, pos, 1, 1))
		return HF_EXIT_USAGE;
	enum hf_err e = draft_open(pos[0], &d, &f);
	if (e != HF_OK)
		return hf_cli_fault(cli, e, &f);
	json_t *out = draft_json(&d);
	if (cli->json) {
		hf_cli_json(out);
	} else {
		hf_cli_details(cli, out, head);
		putchar('\n');
		hf_cli_table(cli, out, "members", rows, "no member yet; add one with `hufu space add`");
	}
	json_decref(out);
	draft_done(&d);
	return HF_EXIT_DONE;
}

static int update(struct hf_cli *cli, int argc, char **argv)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf bytes = HF_BUF_INIT;
	const char *pos[1];
	if (!hf_cli_args(cli, argc, argv, NULL, pos, 1, 1))
		return HF_EXIT_USAGE;
	struct hf_fault f = {HF_OK, ""};
	enum hf_err e = hf_file_read(pos[0], IMPORT_MAX, &bytes);
	if (e != HF_OK)
		return hf_cli_fault(cli, hf_file_fault(&f, e, pos[0], IMPORT_MAX), &f);
	if (bytes.len == 0)
		return hf_cli_fail(cli, "%s is empty; it must hold the authority's descriptors", pos[0]);
	char *text = hf_alloc(HF_BASE64_LEN(bytes.len) + 1);
	hf_base64(bytes.data, bytes.len, text);
	json_t *in = json_object();
	hf_cli_put(in, "descriptors", text);
	free(text);
	return hf_cli_do(cli, "POST", "/v1/descriptors/import", in, "the node has descriptor %s", "descriptor");
}

#define MEMBER_HELP                                                                                                    \
	"--role ROLE... [--mirror NODE]... [--attribute NAME=VALUE]... [--member-days N] [--key-lead SECONDS]\n"

const struct hf_command hf_commands_space[] = {
        {"space", "create", "make a space: the authority's folder with the root key",
         "hufu space create DIR --id ID --name TEXT --passphrase-file FILE | --plain-keys\n"
         "Keep DIR offline. DIR/root.key is public; members and outsiders check everything against it.\n"
         "example:\n  hufu space create /media/authority --id roads.example --name 公路数据空间 --passphrase-file "
         "/media/pass",
         create},
        {"space", "add", "stage a member for the next descriptor",
         "hufu space add DIR --member FILE.request " MEMBER_HELP
         "Roles: provider, consumer, exchange-service, data-authority, business-authority, emergency-authority, "
         "leading-group,\n"
         "data-management, auditor. A member that is there gets its new keys, addresses and what is given; new keys "
         "count\n"
         "after --key-lead seconds (an hour), when every node has the descriptor; 0 for a key in wrong hands.\n"
         "example:\n  hufu space add /media/authority --member transport.request --role provider --mirror audit",
         add},
        {"space", "issue", "sign the next descriptor",
         "hufu space issue DIR [--member FILE.request " MEMBER_HELP
         "                 ] [--witness ID]... [--quorum N] [--leading-member ID]... [--leading-threshold N]\n"
         "                 [--holiday 2026-10-01]... [--workday 2026-10-10]... [--utc-offset +08:00]\n"
         "                 [--valid-days N] [--passphrase-file FILE]\n"
         "Without --witness the former witnesses stay; at first every member is one. At least three are needed.\n"
         "example:\n  hufu space issue /media/authority --witness audit --witness hub --witness port --quorum 2",
         issue},
        {"space", "revoke", "end a membership, or a key of a member, by a new descriptor",
         "hufu space revoke DIR --member ID --reason TEXT [--key log|witness|mirror [--since TIME]] [--passphrase-file "
         "FILE]\n"
         "With --key the member stays, and what that key signed counts where a quorum had cosigned it before TIME; "
         "stage its next\n"
         "key first: `hufu space add DIR --member rotate.request --key-lead 0`.\n"
         "examples:\n  hufu space revoke /media/authority --member port --reason 'keys lost'\n"
         "  hufu space revoke /media/authority --member port --key log --since 2026-09-21T12:00:00Z --reason 'disk "
         "stolen'",
         revoke},
        {"space", "show", "what the next descriptor says",
         "hufu space show DIR\nexample:\n  hufu space show /media/authority --json", show},
        {"space", "join", "bring a node into a space",
         "hufu space join --node DIR --root-key FILE --descriptors FILE\n"
         "Checks the chain and that it names this node with its keys. Compare root.key with the authority by another "
         "way.\n"
         "example:\n  hufu space join --node /var/lib/hufu/transport --root-key root.key --descriptors "
         "descriptors.dsse",
         join_space},
        {"space", "update", "give a running node newer descriptors",
         "hufu space update FILE\nexample:\n  hufu space update --node /var/lib/hufu/transport descriptors.dsse",
         update},
        {NULL, NULL, NULL, NULL, NULL},
};
