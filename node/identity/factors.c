/* factors.c - second factors: one-time passwords and device keys. */
#include <stdlib.h>
#include <string.h>

#include "crypto/base64.h"
#include "identity/internal.h"

#define CHALLENGE_MS ((int64_t)2 * 60 * 1000)

static bool parse_code(const char *text, uint32_t *ret_code)
{
	uint32_t code = 0;
	if (strlen(text) != 6 || strspn(text, "0123456789") != 6)
		return false;
	for (size_t i = 0; i < 6; i++)
		code = code * 10 + (uint32_t)(text[i] - '0');
	*ret_code = code;
	return true;
}

static bool check_code(const struct hf_identity *id, const ProtobufCBinaryData *secret, const char *text, int64_t after,
                       int64_t *ret_step)
{
	uint32_t code = 0;
	int64_t step = 0;
	if (secret->len == 0 || !parse_code(text, &code))
		return false;
	if (!hf_totp_verify(secret->data, secret->len, hf_now_ms(&id->base->clock) / 1000, code, &step) ||
	    step <= after)
		return false;
	*ret_step = step;
	return true;
}

/* A code is good once: the step is remembered in the row, which the caller stores. */
bool hf_account_factor_totp(const struct hf_identity *id, Hufu__AccountRow *row, const char *code)
{
	int64_t step = 0;
	if (!check_code(id, &row->totp_secret, code, row->totp_step, &step))
		return false;
	row->totp_step = step;
	return true;
}

void hf_identity_challenge(struct hf_identity *id, const char *account, char ret_challenge[HF_CHALLENGE_TEXT])
{
	struct challenge *c = &id->challenges[id->next_challenge++ % CHALLENGES_MAX];
	hf_random(c->b, sizeof(c->b));
	snprintf(c->account, sizeof(c->account), "%.*s", HF_NAME_MAX, account);
	c->until_mono_ms = hf_mono_ms(&id->base->clock) + CHALLENGE_MS;
	hf_hex(c->b, sizeof(c->b), ret_challenge);
}

/* Spends the challenge whatever follows. */
static bool take_challenge(struct hf_identity *id, const char *account, const char *text)
{
	uint8_t raw[32];
	if (strlen(text) != 64 || !hf_hex_decode(text, 64, raw, sizeof(raw)))
		return false;
	for (size_t i = 0; i < CHALLENGES_MAX; i++) {
		struct challenge *c = &id->challenges[i];
		if (c->until_mono_ms == 0 || !hf_equal_ct(c->b, raw, sizeof(raw)))
			continue;
		bool good = c->until_mono_ms >= hf_mono_ms(&id->base->clock) && strcmp(c->account, account) == 0;
		memset(c, 0, sizeof(*c));
		return good;
	}
	return false;
}

static bool check_signature(struct hf_identity *id, const char *account, const struct hf_sign_pub *pub,
                            const char *challenge, const char *signature)
{
	struct hf_sig sig;
	uint8_t raw[66];
	char message[320];
	size_t raw_len = 0, len = 0;
	if (!take_challenge(id, account, challenge) || strlen(signature) != HF_BASE64_LEN(sizeof(sig.b)))
		return false;
	if (!hf_base64_decode(signature, strlen(signature), raw, &raw_len) || raw_len != sizeof(sig.b))
		return false;
	memcpy(sig.b, raw, sizeof(sig.b));
	return hf_challenge_message(id->base->self.s, account, challenge, message, sizeof(message), &len) &&
	       hf_sign_verify(pub, message, len, &sig);
}

bool hf_account_factor_device(struct hf_identity *id, const Hufu__AccountRow *row, const char *challenge,
                              const char *signature)
{
	struct hf_sign_pub pub;
	if (row->device_key.len != sizeof(pub.b))
		return false;
	memcpy(pub.b, row->device_key.data, sizeof(pub.b));
	return check_signature(id, row->name, &pub, challenge, signature);
}

/* A stolen password alone must not be able to replace the other factor. */
static enum hf_err want_enrol(const struct hf_actor *a, const Hufu__AccountRow *row, struct hf_fault *f)
{
	bool has = row->totp_secret.len > 0 || row->device_key.len > 0;
	if (row->one_time)
		return hf_fault_set(f, HF_E_STATE, "set an own password first, with `hufu user password`");
	if (has && !hf_actor_two_factors(a))
		return hf_fault_set(f, HF_E_SECOND_FACTOR,
		                    "the account has a second factor already; log in with it to enrol another");
	return HF_OK;
}

static enum hf_err own_row(struct hf_identity *id, const struct hf_actor *a, Hufu__AccountRow **ret_row,
                           struct hf_session **ret_session, struct hf_fault *f)
{
	struct hf_session *s = hf_account_session_of(id, a);
	if (!s)
		return hf_fault_set(f, HF_E_NOT_LOGGED_IN, "the session has ended; log in again with `hufu login`");
	HF_TRY(hf_account_row_want(id, a->account, ret_row, f));
	*ret_session = s;
	return HF_OK;
}

enum hf_err hf_account_totp_begin(struct hf_identity *id, const struct hf_actor *a, struct hf_unit *unit,
                                  char ret_secret[HF_TOTP_TEXT], struct hf_fault *f)
{
	HF_CLEANUP(hf_decoded_done) Hufu__AccountRow *row = NULL;
	struct hf_session *s = NULL;
	uint8_t secret[TOTP_SECRET_BYTES];
	HF_TRY(own_row(id, a, &row, &s, f));
	HF_TRY(want_enrol(a, row, f));
	hf_random(secret, sizeof(secret));
	hf_base32(secret, sizeof(secret), ret_secret);
	row->totp_pending = (ProtobufCBinaryData){sizeof(secret), secret};
	hf_account_row_put(id, unit, row);
	hf_wipe(secret, sizeof(secret));
	return HF_OK;
}

enum hf_err hf_account_totp_confirm(struct hf_identity *id, const struct hf_actor *a, struct hf_unit *unit,
                                    const char *code, struct hf_fault *f)
{
	HF_CLEANUP(hf_decoded_done) Hufu__AccountRow *row = NULL;
	struct hf_session *s = NULL;
	int64_t step = 0;
	HF_TRY(own_row(id, a, &row, &s, f));
	HF_TRY(want_enrol(a, row, f));
	if (row->totp_pending.len == 0)
		return hf_fault_set(f, HF_E_STATE,
		                    "no one-time password is being enrolled; begin with `hufu user totp`");
	if (!check_code(id, &row->totp_pending, code, 0, &step))
		return hf_fault_set(f, HF_E_ARGUMENT,
		                    "the code does not fit the secret at this time; check the clock of the device and "
		                    "enter the next code");
	row->totp_secret = row->totp_pending;
	row->totp_pending = (ProtobufCBinaryData){0, NULL};
	row->totp_step = step;
	row->generation++;
	s->methods |= HF_AUTH_TOTP;
	hf_account_row_put(id, unit, row);
	return HF_OK;
}

static enum hf_err parse_key(const char *text, struct hf_sign_pub *ret_pub, struct hf_fault *f)
{
	uint8_t raw[33];
	size_t len = 0;
	if (strlen(text) != HF_BASE64_LEN(32) || !hf_base64_decode(text, strlen(text), raw, &len) ||
	    len != sizeof(ret_pub->b))
		return hf_fault_set(f, HF_E_ARGUMENT, "the public key is not base64 of 32 bytes");
	memcpy(ret_pub->b, raw, sizeof(ret_pub->b));
	return HF_OK;
}

enum hf_err hf_account_device_key(struct hf_identity *id, const struct hf_actor *a, struct hf_unit *unit,
                                  const char *public_key, const char *challenge, const char *signature,
                                  struct hf_fault *f)
{
	HF_CLEANUP(hf_decoded_done) Hufu__AccountRow *row = NULL;
	struct hf_session *s = NULL;
	struct hf_sign_pub pub;
	HF_TRY(own_row(id, a, &row, &s, f));
	HF_TRY(want_enrol(a, row, f));
	HF_TRY(parse_key(public_key, &pub, f));
	if (!check_signature(id, a->account, &pub, challenge, signature))
		return hf_fault_set(f, HF_E_SIGNATURE,
		                    "the device key did not sign the challenge; ask for a new challenge and sign that");
	row->device_key = (ProtobufCBinaryData){sizeof(pub.b), pub.b};
	row->generation++;
	s->methods |= HF_AUTH_DEVICE_KEY;
	hf_account_row_put(id, unit, row);
	return HF_OK;
}
