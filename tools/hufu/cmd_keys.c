/*
 * cmd_keys.c - hufu keys: a new key beside the present one, and the request by which the authority's next descriptor
 * names it. Works on the node's folder; the node reads its keys when it starts.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/secret.h"
#include "evidence/node_keys.h"
#include "init.h"

#define PASSPHRASE_CAP 1025

static enum hf_key_use use_of(const char *name)
{
	static const enum hf_key_use uses[] = {HF_KEY_LOG, HF_KEY_WITNESS, HF_KEY_MIRROR};
	for (size_t i = 0; i < sizeof(uses) / sizeof(uses[0]); i++)
		if (strcmp(hf_key_use_name(uses[i]), name) == 0)
			return uses[i];
	return HF_KEY_INVALID;
}

/* A next key without its request, as a full disk leaves it, could never come to count: its request is written again. */
static enum hf_err rotate_key(const char *dir, const char *passphrase, enum hf_key_use use, struct hf_fault *f)
{
	struct hf_node_keys keys;
	struct hf_sign_pub pub;
	HF_TRY(request_ready(dir, f)); /* before a key is made that it could not name */
	enum hf_err e = hf_node_keys_rotate(dir, passphrase, use, &keys, f);
	bool again = e == HF_E_EXISTS;
	if (again) {
		struct hf_fault own = {HF_OK, ""};
		if (hf_node_keys_load(dir, passphrase, &keys, &own) != HF_OK)
			return e;
	} else {
		HF_TRY(e);
	}
	hf_sign_key_pub(hf_node_keys_next(&keys, use), &pub);
	if (!again || !request_names(dir, use, &pub))
		e = request_for_key(dir, &keys, use, &pub, f);
	hf_node_keys_done(&keys);
	return e;
}

static int rotate(struct hf_cli *cli, int argc, char **argv)
{
	const char *pos[1], *passphrase_file = NULL, *dir;
	const struct hf_opt opts[] = {{"passphrase-file", &passphrase_file, NULL, NULL}, {NULL, NULL, NULL, NULL}};
	char passphrase[PASSPHRASE_CAP] = "";
	struct hf_fault f = {HF_OK, ""};
	if (!hf_cli_args(cli, argc, argv, opts, pos, 1, 1))
		return HF_EXIT_USAGE;
	if (use_of(pos[0]) == HF_KEY_INVALID)
		return hf_cli_misuse(cli, "'%.40s' is no key that is rotated here: log, witness or mirror", pos[0]);
	dir = hf_cli_node(cli);
	if (!dir)
		return HF_EXIT_USAGE;
	if (passphrase_file && !hf_cli_secret(cli, passphrase_file, "", passphrase, sizeof(passphrase)))
		return HF_EXIT_REFUSED;
	enum hf_err e = rotate_key(dir, passphrase_file ? passphrase : NULL, use_of(pos[0]), &f);
	hf_wipe(passphrase, sizeof(passphrase));
	if (e != HF_OK)
		return hf_cli_fault(cli, e, &f);
	if (cli->json) {
		json_t *out = json_pack("{s:s, s:s+}", "key", pos[0], "request", dir, "/rotate.request");
		hf_cli_json(out);
		json_decref(out);
	} else {
		printf("the next %s key is made; restart the node, which writes the change into its ledger, then bring "
		       "%s/rotate.request to the space authority: `hufu space issue DIR --member rotate.request`\n",
		       pos[0], dir);
	}
	return HF_EXIT_DONE;
}

const struct hf_command hf_commands_keys[] = {
        {"keys", "rotate", "make the next log, witness or mirror key of a node",
         "hufu keys rotate log|witness|mirror [--passphrase-file FILE]\n"
         "The present key goes on until a descriptor names the next one; what it signed before stays good.\n"
         "example:\n  hufu keys rotate log --node /var/lib/hufu/transport --passphrase-file /etc/hufu/pass",
         rotate},
        {NULL, NULL, NULL, NULL, NULL},
};
