/* join.c - reading requests for membership, and bringing a node into a space by files from the authority. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/limits.h"
#include "crypto/domains.h"
#include "descriptor.h"
#include "evidence/envelope.h"
#include "init.h"

#define PATH_CAP 1200

static const Hufu__MemberKey *find_key(const Hufu__Member *m, enum hf_key_use use)
{
	for (size_t i = 0; i < m->n_keys; i++)
		if (m->keys[i]->use == (uint32_t)use && m->keys[i]->not_after_ms == 0)
			return m->keys[i];
	return NULL;
}

/* The request is signed with the key that it brings: it shows possession, not identity; who brings it is the
 * authority's to check. */
static enum hf_err open_request(const char *path, const Hufu__Envelope *e, Hufu__MemberRequest **ret_request,
                                struct hf_fault *f)
{
	struct hf_sign_pub pub;
	Hufu__MemberRequest *r = HF_DECODE(member_request, e->payload.data, e->payload.len);
	const Hufu__MemberKey *k = r ? find_key(r->member, HF_KEY_ENVELOPE) : NULL;
	if (k)
		memcpy(pub.b, k->public_key.data, sizeof(pub.b));
	if (!k || strcmp(r->header->issuer, r->member->id) != 0 ||
	    !hf_envelope_verify(e, HF_TYPE_MEMBER_REQUEST, r->member->id, &pub)) {
		hf_decoded_free(r);
		return hf_fault_set(
		        f, HF_E_SIGNATURE,
		        "%.300s is no request for membership, or was altered; have it made again by `hufu init`", path);
	}
	*ret_request = r;
	return HF_OK;
}

enum hf_err request_load(const char *path, Hufu__MemberRequest **ret_request, struct hf_fault *f)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf bytes = HF_BUF_INIT;
	enum hf_err e = hf_file_read(path, HF_MAX_ENVELOPE, &bytes);
	if (e != HF_OK)
		return hf_file_fault(f, e, path, HF_MAX_ENVELOPE);
	Hufu__Envelope *envelope = HF_DECODE(envelope, bytes.data, bytes.len);
	if (!envelope)
		return hf_fault_set(f, HF_E_FORMAT, "%.300s is no request for membership; `hufu init` writes one",
		                    path);
	e = open_request(path, envelope, ret_request, f);
	hf_decoded_free(envelope);
	return e;
}

static enum hf_err check_own(const struct hf_space *s, const Hufu__Member *own, struct hf_fault *f)
{
	static const enum hf_key_use uses[] = {HF_KEY_ENVELOPE, HF_KEY_NOISE, HF_KEY_LOG, HF_KEY_BOX};
	const Hufu__Member *m = hf_space_member(s, own->id);
	if (!m)
		return hf_fault_set(
		        f, HF_E_STRANGER,
		        "the descriptor does not name this node (%s); bring its member.request to the authority",
		        own->id);
	for (size_t i = 0; i < sizeof(uses) / sizeof(uses[0]); i++) {
		const Hufu__MemberKey *here = find_key(own, uses[i]), *there = find_key(m, uses[i]);
		if (!here || !there || memcmp(here->public_key.data, there->public_key.data, 32) != 0)
			return hf_fault_set(f, HF_E_CONFLICT,
			                    "the descriptor has another %s key for %s than this folder; bring the "
			                    "newest member.request to "
			                    "the authority",
			                    hf_key_use_name(uses[i]), own->id);
	}
	return HF_OK;
}

/* The line is replaced, or added. */
static enum hf_err set_space(const char *dir, const char *space, struct hf_fault *f)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf old = HF_BUF_INIT;
	HF_CLEANUP(hf_buf_done) struct hf_buf fresh = HF_BUF_INIT;
	char path[PATH_CAP];
	snprintf(path, sizeof(path), "%.1000s/hufu.yaml", dir);
	enum hf_err e = hf_file_read(path, HF_MAX_CONFIG, &old);
	if (e != HF_OK)
		return hf_fault_set(f, e, "%.300s cannot be read; is this a node's folder?", path);
	const char *text = old.data ? (const char *)old.data : "";
	for (const char *at = text; *at;) {
		size_t len = strcspn(at, "\n") + (strchr(at, '\n') != NULL);
		if (strncmp(at, "space:", 6) != 0)
			hf_buf_add(&fresh, at, len);
		at += len;
	}
	if (fresh.len && fresh.data[fresh.len - 1] != '\n')
		hf_buf_add(&fresh, "\n", 1);
	hf_buf_addf(&fresh, "space: %s\n", space);
	e = hf_file_write(path, fresh.data, fresh.len, 0640);
	return e == HF_OK ? HF_OK : hf_fault_set(f, e, "%.300s cannot be written", path);
}

static enum hf_err copy_files(const char *dir, const char *root_key, const struct hf_buf *chain, struct hf_fault *f)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf key = HF_BUF_INIT;
	char path[PATH_CAP];
	snprintf(path, sizeof(path), "%.1000s/space", dir);
	if (mkdir(path, 0700) != 0 && errno != EEXIST)
		return hf_fault_set(f, HF_E_IO, "the folder %.300s cannot be made: %s", path, strerror(errno));
	enum hf_err e = hf_file_read(root_key, 64, &key);
	if (e == HF_OK) {
		snprintf(path, sizeof(path), "%.1000s/space/root.key", dir);
		e = hf_file_write(path, key.data, key.len, 0644);
	}
	if (e == HF_OK) {
		snprintf(path, sizeof(path), "%.1000s/space/descriptors.dsse", dir);
		e = hf_file_write(path, chain->data, chain->len, 0644);
	}
	return e == HF_OK ? HF_OK : hf_fault_set(f, e, "%.300s cannot be written", path);
}

/* A node stays under the root key it was first given. */
static enum hf_err check_root(const char *dir, const struct hf_sign_pub *root, struct hf_fault *f)
{
	struct hf_sign_pub known;
	struct stat st;
	char path[PATH_CAP];
	snprintf(path, sizeof(path), "%.1000s/space/root.key", dir);
	if (stat(path, &st) != 0)
		return HF_OK;
	HF_TRY(root_key_load(path, &known, f));
	if (memcmp(known.b, root->b, sizeof(known.b)) != 0)
		return hf_fault_set(
		        f, HF_E_CONFLICT,
		        "this node is in a space with another root key; a node's folder belongs to one space");
	return HF_OK;
}

static enum hf_err join(const char *dir, const char *root_key, const char *descriptors, char *ret_space,
                        struct hf_fault *f)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf chain = HF_BUF_INIT;
	struct hf_sign_pub root;
	struct hf_space *s = NULL;
	Hufu__MemberRequest *own = NULL;
	char path[PATH_CAP];
	snprintf(path, sizeof(path), "%.1000s/member.request", dir);
	HF_TRY(root_key_load(root_key, &root, f));
	HF_TRY(check_root(dir, &root, f));
	HF_TRY(request_load(path, &own, f));
	enum hf_err e = chain_load(descriptors, &root, false, &s, &chain, f);
	if (e == HF_OK && hf_space_number(s) == 0)
		e = hf_fault_set(f, HF_E_FORMAT, "%.300s holds no descriptor", descriptors);
	if (e == HF_OK)
		e = check_own(s, own->member, f);
	if (e == HF_OK)
		e = copy_files(dir, root_key, &chain, f);
	if (e == HF_OK)
		e = set_space(dir, hf_space_id(s), f);
	if (e == HF_OK)
		snprintf(ret_space, HF_NAME_MAX + 1, "%s", hf_space_id(s));
	hf_decoded_free(own);
	hf_space_free(s);
	return e;
}

int join_space(struct hf_cli *cli, int argc, char **argv)
{
	const char *root_key = NULL, *descriptors = NULL;
	const struct hf_opt opts[] = {{"root-key", &root_key, NULL, NULL},
	                              {"descriptors", &descriptors, NULL, NULL},
	                              {NULL, NULL, NULL, NULL}};
	struct hf_fault f = {HF_OK, ""};
	char space[HF_NAME_MAX + 1] = "";
	if (!hf_cli_args(cli, argc, argv, opts, NULL, 0, 0))
		return HF_EXIT_USAGE;
	if (!root_key || !descriptors)
		return hf_cli_misuse(cli,
		                     "--root-key and --descriptors are needed; the space authority gives both out");
	const char *dir = hf_cli_node(cli);
	if (!dir)
		return HF_EXIT_USAGE;
	enum hf_err e = join(dir, root_key, descriptors, space, &f);
	if (e != HF_OK)
		return hf_cli_fault(cli, e, &f);
	if (cli->json) {
		json_t *out = json_pack("{s:s}", "space", space);
		hf_cli_json(out);
		json_decref(out);
	} else {
		printf("the node belongs to the space %s; start it with `hufud --node %s`\n", space, dir);
	}
	return HF_EXIT_DONE;
}
