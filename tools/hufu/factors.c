/* factors.c - see factors.h: codes and device keys, computed where the person sits. */
#include "factors.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "crypto/base64.h"
#include "crypto/password.h"
#include "crypto/secret.h"
#include "evidence/node_keys.h"

#define DEVICE_KEY "device"

/* RFC 4648 base32, either case, padding and blanks left out; 0 for anything else. */
static size_t base32_decode(const char *text, uint8_t *out, size_t cap)
{
	uint32_t bits = 0, have = 0;
	size_t n = 0;
	for (; *text && *text != '='; text++) {
		char c = *text >= 'a' && *text <= 'z' ? (char)(*text - 32) : *text;
		if (c == ' ')
			continue;
		if (!((c >= 'A' && c <= 'Z') || (c >= '2' && c <= '7')))
			return 0;
		bits = (bits << 5 | (uint32_t)(c >= 'A' ? c - 'A' : c - '2' + 26)) & 0xFFFF;
		have += 5;
		if (have >= 8 && n == cap)
			return 0;
		if (have >= 8) {
			have -= 8;
			out[n++] = (uint8_t)(bits >> have);
		}
	}
	return n;
}

static int64_t now_ms(void)
{
	struct hf_clock clock;
	struct hf_system_clock *c = hf_system_clock_new();
	hf_system_clock_get(c, &clock);
	int64_t now = hf_now_ms(&clock);
	hf_system_clock_free(c);
	return now;
}

bool factor_code(struct hf_cli *cli, const char *secret_file, char out[8])
{
	char text[128];
	uint8_t secret[64];
	if (!hf_cli_secret(cli, secret_file, "", text, sizeof(text)))
		return false;
	size_t len = base32_decode(text, secret, sizeof(secret));
	hf_wipe(text, sizeof(text));
	if (len == 0) {
		hf_cli_fail(cli, "%s does not hold a base32 secret", secret_file);
		return false;
	}
	snprintf(out, 8, "%06u", hf_totp_code(secret, len, now_ms() / 1000) % 1000000);
	hf_wipe(secret, sizeof(secret));
	return true;
}

static bool make_key(struct hf_cli *cli, const char *path)
{
	uint8_t seed[32];
	struct hf_keyfile *f = hf_keyfile_new();
	hf_random(seed, sizeof(seed));
	bool ok = f && hf_keyfile_put(f, DEVICE_KEY, seed) && hf_keyfile_save(f, path, NULL) == HF_KEYFILE_OK;
	hf_wipe(seed, sizeof(seed));
	hf_keyfile_free(f);
	if (!ok)
		hf_cli_fail(cli, "the key file %s cannot be written", path);
	return ok;
}

static struct hf_sign_key *load_key(struct hf_cli *cli, const char *path, bool make)
{
	struct hf_keyfile *f = NULL;
	enum hf_keyfile_result r = hf_keyfile_load(path, NULL, &f);
	if (r == HF_KEYFILE_MISSING && make) {
		if (!make_key(cli, path))
			return NULL;
		r = hf_keyfile_load(path, NULL, &f);
	}
	if (r != HF_KEYFILE_OK) {
		hf_cli_fail(cli, "the device key %s cannot be used: %s", path, hf_keyfile_result_text(r));
		return NULL;
	}
	const uint8_t *seed = hf_keyfile_get(f, DEVICE_KEY);
	struct hf_sign_key *k = seed ? hf_sign_key_from_seed(seed) : NULL;
	hf_keyfile_free(f);
	if (!k)
		hf_cli_fail(cli, "%s holds no device key", path);
	return k;
}

static bool sign_into(const struct hf_sign_key *k, const char *account, const json_t *challenge, json_t *in,
                      const char *name)
{
	const char *node = json_string_value(json_object_get(challenge, "node"));
	const char *text = json_string_value(json_object_get(challenge, "challenge"));
	char message[512], encoded[HF_BASE64_LEN(64) + 1];
	struct hf_sig sig;
	size_t len = 0;
	if (!node || !text || !hf_challenge_message(node, account, text, message, sizeof(message), &len) ||
	    !hf_sign(k, message, len, &sig))
		return false;
	hf_base64(sig.b, sizeof(sig.b), encoded);
	hf_cli_put(in, "challenge", text);
	hf_cli_put(in, name, encoded);
	return true;
}

int factor_device(struct hf_cli *cli, const char *account, const char *key_file, bool make, json_t *in,
                  const char *name, bool pub)
{
	json_t *challenge = NULL, *query = json_object();
	struct hf_sign_key *k = load_key(cli, key_file, make);
	char encoded[HF_BASE64_LEN(32) + 1];
	struct hf_sign_pub key;
	int status = HF_EXIT_REFUSED;
	hf_cli_put(query, "account", account);
	if (k)
		status = hf_cli_call(cli, "GET", "/v1/login/challenge", query, &challenge);
	else
		json_decref(query);
	if (status == HF_EXIT_DONE && !sign_into(k, account, challenge, in, name))
		status = hf_cli_fail(cli, "the node's challenge cannot be signed");
	if (status == HF_EXIT_DONE && pub) {
		hf_sign_key_pub(k, &key);
		hf_base64(key.b, sizeof(key.b), encoded);
		hf_cli_put(in, "public_key", encoded);
	}
	hf_sign_key_free(k);
	json_decref(challenge);
	return status;
}
