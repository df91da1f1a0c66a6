/*
 * init.c - the folder of a new node. Nothing that is there is ever overwritten; a failed start is reported with what is
 * missing.
 */
#include "init.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/ids.h"
#include "base/limits.h"
#include "crypto/domains.h"
#include "evidence/envelope.h"
#include "evidence/node_keys.h"
#include "evidence/space.h"

#define LISTS_MAX 8
#define KEY_BACKDATE_MS ((int64_t)60 * 60 * 1000) /* so that a clock that is a little behind accepts the keys too */

struct init_options {
	const char *id, *organization, *name, *jurisdiction, *passphrase_file;
	struct hf_list listen, address, departments;
	bool plain;
};

static int64_t now_ms(void)
{
	struct hf_clock clock;
	struct hf_system_clock *c = hf_system_clock_new();
	hf_system_clock_get(c, &clock);
	int64_t now = hf_now_ms(&clock);
	hf_system_clock_free(c);
	return now;
}

static enum hf_err make_folders(const char *dir, struct hf_fault *f)
{
	static const char *const parts[] = {"", "/keys", "/run", "/inbox", "/log"};
	char path[1100];
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		int n = snprintf(path, sizeof(path), "%s%s", dir, parts[i]);
		if (n < 0 || (size_t)n >= 500)
			return hf_fault_set(f, HF_E_LIMIT, "the folder's name is too long; use a shorter path");
		if (mkdir(path, i == 0 ? 0750 : 0700) != 0 && errno != EEXIST)
			return hf_fault_set(f, HF_E_IO, "the folder %.300s cannot be made: %s", path, strerror(errno));
	}
	return HF_OK;
}

/* A YAML text in double quotes. */
static void add_quoted(struct hf_buf *out, const char *key, const char *text)
{
	hf_buf_addf(out, "%s: \"", key);
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			hf_buf_add(out, "\\", 1);
		hf_buf_add(out, text, 1);
	}
	hf_buf_add(out, "\"\n", 2);
}

static enum hf_err write_config(const char *dir, const struct init_options *o, struct hf_fault *f)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf out = HF_BUF_INIT;
	char path[1100], passphrase[PATH_MAX];
	hf_buf_addf(&out, "# The node's configuration; docs/operations.md explains every line. `hufu space join` adds "
	                  "the space.\n");
	hf_buf_addf(&out, "node: %s\n", o->id);
	add_quoted(&out, "organization", o->organization);
	add_quoted(&out, "organization_name", o->name);
	if (o->jurisdiction)
		add_quoted(&out, "jurisdiction", o->jurisdiction);
	if (o->listen.count)
		hf_buf_addf(&out, "listen:\n");
	for (size_t i = 0; i < o->listen.count; i++)
		hf_buf_addf(&out, "  - \"%s\"\n", o->listen.item[i]);
	if (o->passphrase_file && realpath(o->passphrase_file, passphrase))
		add_quoted(&out, "passphrase_file", passphrase);
	snprintf(path, sizeof(path), "%s/hufu.yaml", dir);
	if (access(path, F_OK) == 0)
		return hf_fault_set(f, HF_E_EXISTS, "%.300s is there already; choose another folder", path);
	enum hf_err e = hf_file_write(path, out.data, out.len, 0640);
	return e == HF_OK ? HF_OK : hf_fault_set(f, e, "%.300s cannot be written", path);
}

static void fill_keys(const struct hf_node_keys *k, int64_t from_ms, Hufu__MemberKey *keys, uint8_t bytes[][32])
{
	const struct {
		enum hf_key_use use;
		const struct hf_sign_key *sign;
		const struct hf_agree_key *agree;
	} all[] = {{HF_KEY_ENVELOPE, k->envelope, NULL}, {HF_KEY_NOISE, NULL, k->noise},   {HF_KEY_LOG, k->log, NULL},
	           {HF_KEY_WITNESS, k->witness, NULL},   {HF_KEY_MIRROR, k->mirror, NULL}, {HF_KEY_BOX, NULL, k->box},
	           {HF_KEY_RECOVERY, k->recovery, NULL}};
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		struct hf_sign_pub sign;
		struct hf_agree_pub agree;
		if (all[i].sign)
			hf_sign_key_pub(all[i].sign, &sign);
		else
			hf_agree_key_pub(all[i].agree, &agree);
		memcpy(bytes[i], all[i].sign ? sign.b : agree.b, 32);
		hufu__member_key__init(&keys[i]);
		keys[i].use = all[i].use;
		keys[i].public_key = (ProtobufCBinaryData){32, bytes[i]};
		keys[i].not_before_ms = from_ms;
	}
}

static enum hf_err sign_request(const struct hf_node_keys *k, Hufu__Member *m, int64_t now, struct hf_buf *out)
{
	Hufu__MemberRequest request = HUFU__MEMBER_REQUEST__INIT;
	Hufu__Header header = HUFU__HEADER__INIT;
	struct hf_id id = hf_id_new(now);
	header.suite = HF_SUITE_INTL_1;
	header.issuer = m->id;
	header.message_id = (ProtobufCBinaryData){sizeof(id.b), id.b};
	header.time_ms = now;
	request.header = &header;
	request.member = m;
	return hf_envelope_make_message(k->envelope, m->id, HF_TYPE_MEMBER_REQUEST, &request.base, out);
}

static enum hf_err write_request(const char *dir, const struct init_options *o, const struct hf_node_keys *k,
                                 struct hf_fault *f)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf out = HF_BUF_INIT;
	Hufu__Member m = HUFU__MEMBER__INIT;
	Hufu__MemberKey keys[HF_KEY_USE_COUNT - 1], *key_list[HF_KEY_USE_COUNT - 1];
	uint8_t bytes[HF_KEY_USE_COUNT - 1][32];
	const struct hf_list *addresses = o->address.count ? &o->address : &o->listen;
	char path[1100];
	int64_t now = now_ms();
	fill_keys(k, now - KEY_BACKDATE_MS, keys, bytes);
	for (size_t i = 0; i < HF_KEY_USE_COUNT - 1; i++)
		key_list[i] = &keys[i];
	m.id = (char *)o->id;
	m.organization = (char *)o->organization;
	m.organization_name = (char *)o->name;
	m.jurisdiction = (char *)(o->jurisdiction ? o->jurisdiction : "");
	m.addresses = (char **)addresses->item;
	m.n_addresses = addresses->count;
	m.departments = (char **)o->departments.item;
	m.n_departments = o->departments.count;
	m.keys = key_list;
	m.n_keys = HF_KEY_USE_COUNT - 1;
	enum hf_err e = sign_request(k, &m, now, &out);
	if (e != HF_OK)
		return hf_fault_set(f, e, "the request for membership cannot be signed");
	Hufu__MemberRequest *check = NULL;
	snprintf(path, sizeof(path), "%s/member.request", dir);
	e = hf_file_write(path, out.data, out.len, 0644);
	if (e != HF_OK)
		return hf_fault_set(f, e, "%.300s cannot be written", path);
	e = request_load(path, &check, f);
	hf_decoded_free(check);
	return e;
}

enum hf_err request_ready(const char *dir, struct hf_fault *f)
{
	Hufu__MemberRequest *r = NULL;
	char path[1100];
	snprintf(path, sizeof(path), "%s/member.request", dir);
	enum hf_err e = request_load(path, &r, f);
	hf_decoded_free(r);
	return e;
}

bool request_names(const char *dir, enum hf_key_use use, const struct hf_sign_pub *pub)
{
	Hufu__MemberRequest *r = NULL;
	struct hf_fault f = {HF_OK, ""};
	char path[1100];
	bool named = false;
	snprintf(path, sizeof(path), "%s/rotate.request", dir);
	if (request_load(path, &r, &f) != HF_OK)
		return false;
	for (size_t i = 0; i < r->member->n_keys; i++)
		named = named || (r->member->keys[i]->use == (uint32_t)use &&
		                  r->member->keys[i]->public_key.len == sizeof(pub->b) &&
		                  memcmp(r->member->keys[i]->public_key.data, pub->b, sizeof(pub->b)) == 0);
	hf_decoded_free(r);
	return named;
}

enum hf_err request_for_key(const char *dir, const struct hf_node_keys *k, enum hf_key_use use,
                            const struct hf_sign_pub *pub, struct hf_fault *f)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf out = HF_BUF_INIT;
	Hufu__MemberRequest *r = NULL;
	char path[1100];
	snprintf(path, sizeof(path), "%s/member.request", dir);
	HF_TRY(request_load(path, &r, f));
	for (size_t i = 0; i < r->member->n_keys; i++)
		if (r->member->keys[i]->use == (uint32_t)use && r->member->keys[i]->public_key.len == sizeof(pub->b))
			memcpy(r->member->keys[i]->public_key.data, pub->b, sizeof(pub->b));
	enum hf_err e = sign_request(k, r->member, now_ms(), &out);
	if (e == HF_OK)
		e = hf_file_write(path, out.data, out.len, 0644);
	if (e == HF_OK) {
		snprintf(path, sizeof(path), "%s/rotate.request", dir);
		e = hf_file_write(path, out.data, out.len, 0644);
	}
	hf_decoded_free(r);
	return e == HF_OK ? HF_OK
	                  : hf_fault_set(f, e,
	                                 "the next %s key is made, but %.300s cannot be written; make room or mend its "
	                                 "rights, and give the same command again",
	                                 hf_key_use_name(use), path);
}

static enum hf_err check_address(const char *address, struct hf_fault *f)
{
	if (strncmp(address, "tcp://", 6) == 0 && hf_space_address_ok(address))
		return HF_OK;
	return hf_fault_set(f, HF_E_ARGUMENT,
	                    "'%.100s' is no address; write tcp://HOST:PORT, for example tcp://192.0.2.7:7400", address);
}

/* What the descriptor would refuse later is refused before anything is made. */
static enum hf_err check_options(const struct init_options *o, struct hf_fault *f)
{
	struct hf_name name;
	if (!hf_name_parse(o->id, &name))
		return hf_fault_set(f, HF_E_ARGUMENT, "the id '%.80s' is not 1 to 63 of a-z, 0-9, '.' and '-'", o->id);
	if (!hf_text_ok(o->organization, strlen(o->organization), 255) ||
	    !hf_text_ok(o->name, strlen(o->name), HF_MAX_TITLE))
		return hf_fault_set(f, HF_E_ARGUMENT, "the organization or its name is too long or not text");
	if (strpbrk(o->organization, "\n\t") || strpbrk(o->name, "\n\t"))
		return hf_fault_set(f, HF_E_ARGUMENT, "the organization or its name holds line breaks or tabs");
	if (o->jurisdiction &&
	    (strlen(o->jurisdiction) > 15 || !hf_text_ok(o->jurisdiction, strlen(o->jurisdiction), 15)))
		return hf_fault_set(f, HF_E_ARGUMENT, "the jurisdiction is a code such as CN");
	if (o->listen.count > 4 || o->address.count > LISTS_MAX)
		return hf_fault_set(f, HF_E_LIMIT, "a node listens on at most 4 addresses");
	for (size_t i = 0; i < o->listen.count; i++)
		HF_TRY(check_address(o->listen.item[i], f));
	for (size_t i = 0; i < o->address.count; i++)
		HF_TRY(check_address(o->address.item[i], f));
	for (size_t i = 0; i < o->departments.count; i++)
		if (!hf_name_parse(o->departments.item[i], &name))
			return hf_fault_set(f, HF_E_ARGUMENT,
			                    "the department '%.80s' is not 1 to 63 of a-z, 0-9, '.' and '-'",
			                    o->departments.item[i]);
	return HF_OK;
}

static enum hf_err make_node(const char *dir, const struct init_options *o, const char *passphrase, struct hf_fault *f)
{
	struct hf_node_keys keys;
	HF_TRY(check_options(o, f));
	HF_TRY(make_folders(dir, f));
	HF_TRY(hf_node_keys_create(dir, passphrase, &keys, f));
	enum hf_err e = write_config(dir, o, f);
	if (e == HF_OK)
		e = write_request(dir, o, &keys, f);
	hf_node_keys_done(&keys);
	return e;
}

static int made(struct hf_cli *cli, const char *dir, const struct init_options *o)
{
	char path[1100];
	snprintf(path, sizeof(path), "%s/member.request", dir);
	if (cli->json) {
		json_t *out = json_pack("{s:s, s:s, s:s}", "node", o->id, "folder", dir, "request", path);
		hf_cli_json(out);
		json_decref(out);
	} else {
		printf("the node %s is made in %s\nbring %s to the space authority; it answers with root.key and "
		       "descriptors.dsse, which\n"
		       "`hufu space join` takes\n",
		       o->id, dir, path);
	}
	return HF_EXIT_DONE;
}

int init_node(struct hf_cli *cli, int argc, char **argv)
{
	struct init_options o = {0};
	const struct hf_opt opts[] = {{"id", &o.id, NULL, NULL},
	                              {"organization", &o.organization, NULL, NULL},
	                              {"name", &o.name, NULL, NULL},
	                              {"jurisdiction", &o.jurisdiction, NULL, NULL},
	                              {"listen", NULL, NULL, &o.listen},
	                              {"address", NULL, NULL, &o.address},
	                              {"department", NULL, NULL, &o.departments},
	                              {"passphrase-file", &o.passphrase_file, NULL, NULL},
	                              {"plain-keys", NULL, &o.plain, NULL},
	                              {NULL, NULL, NULL, NULL}};
	char passphrase[1025];
	struct hf_fault f = {HF_OK, ""};
	if (!hf_cli_args(cli, argc, argv, opts, NULL, 0, 0))
		return HF_EXIT_USAGE;
	const char *dir = hf_cli_node(cli);
	if (!dir)
		return HF_EXIT_USAGE;
	if (!o.id || !o.organization || !o.name)
		return hf_cli_misuse(cli, "--id, --organization and --name are needed");
	if (o.plain == (o.passphrase_file != NULL))
		return hf_cli_misuse(cli,
		                     "give either --passphrase-file, or --plain-keys to leave the keys unencrypted");
	if (o.passphrase_file && !hf_cli_secret(cli, o.passphrase_file, "", passphrase, sizeof(passphrase)))
		return HF_EXIT_REFUSED;
	enum hf_err e = make_node(dir, &o, o.plain ? NULL : passphrase, &f);
	hf_wipe(passphrase, sizeof(passphrase));
	return e == HF_OK ? made(cli, dir, &o) : hf_cli_fault(cli, e, &f);
}
