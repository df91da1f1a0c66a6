#include "evidence/key_change.h"

#include <stdio.h>
#include <string.h>

#include "crypto/base64.h"
#include "crypto/domains.h"
#include "evidence/entry.h"

#define BY_OLD "old-key"
#define BY_RECOVERY "recovery-key"
#define MESSAGE_MAX (sizeof(HF_DOMAIN_KEY_CHANGE) + HF_ORIGIN_MAX + 1 + 16 + 2 * 65)

static size_t message(const char *origin, const struct hf_key_change *c, char out[MESSAGE_MAX])
{
	char old_hex[65], new_hex[65];
	hf_hex(c->old_key, 32, old_hex);
	hf_hex(c->new_key, 32, new_hex);
	int n = snprintf(out, MESSAGE_MAX, "%s%c%s%c%s%c%s%c%s", HF_DOMAIN_KEY_CHANGE, 0, origin, 0,
	                 hf_key_use_name(c->use), 0, old_hex, 0, new_hex);
	return n > 0 && (size_t)n < MESSAGE_MAX ? (size_t)n : 0;
}

bool hf_key_change_draft(struct hf_draft *d, const char *origin, const struct hf_key_change *c,
                         const struct hf_sign_key *signer)
{
	char msg[MESSAGE_MAX], old_hex[65], new_hex[65];
	size_t len = message(origin, c, msg);
	struct hf_sig sig;
	if (len == 0 || !hf_sign(signer, msg, len, &sig))
		return false;
	hf_hex(c->old_key, 32, old_hex);
	hf_hex(c->new_key, 32, new_hex);
	hf_draft_text(d, HF_FIELD_OBJECT, origin);
	hf_draft_text(d, HF_FIELD_MECHANISM, c->by_recovery ? BY_RECOVERY : BY_OLD);
	hf_draft_textf(d, HF_FIELD_DETAIL, "%s key %s is followed by %s", hf_key_use_name(c->use), old_hex, new_hex);
	hf_draft_bytes(d, HF_FIELD_SIGNATURE, sig.b, sizeof(sig.b));
	return true;
}

static bool text_of(const Hufu__EntryOpening *o, enum hf_field field, char *out, size_t cap)
{
	struct hf_bytes v;
	if (!hf_opening_get(o, field, &v) || v.len >= cap || memchr(v.data, 0, v.len))
		return false;
	memcpy(out, v.data, v.len);
	out[v.len] = '\0';
	return true;
}

static bool key_of_hex(const char *hex, uint8_t ret_key[32])
{
	struct hf_hash h;
	if (!hf_hash_from_hex(hex, &h))
		return false;
	memcpy(ret_key, h.b, 32);
	return true;
}

static bool parse(const Hufu__EntryOpening *o, struct hf_key_change *c)
{
	char text[256], use[16] = "", old_hex[65] = "", new_hex[65] = "", again[256], how[32];
	if (!text_of(o, HF_FIELD_DETAIL, text, sizeof(text)) || !text_of(o, HF_FIELD_MECHANISM, how, sizeof(how)) ||
	    sscanf(text, "%15[a-z] key %64[0-9a-f] is followed by %64[0-9a-f]", use, old_hex, new_hex) != 3 ||
	    !key_of_hex(old_hex, c->old_key) || !key_of_hex(new_hex, c->new_key))
		return false;
	snprintf(again, sizeof(again), "%s key %s is followed by %s", use, old_hex, new_hex);
	c->use = HF_KEY_INVALID;
	for (int u = HF_KEY_INVALID + 1; u < HF_KEY_USE_COUNT; u++)
		if (strcmp(hf_key_use_name((enum hf_key_use)u), use) == 0)
			c->use = (enum hf_key_use)u;
	c->by_recovery = strcmp(how, BY_RECOVERY) == 0;
	return c->use != HF_KEY_INVALID && strcmp(again, text) == 0 && (c->by_recovery || strcmp(how, BY_OLD) == 0);
}

enum hf_err hf_key_change_open(const Hufu__EntryOpening *o, const char *origin, const struct hf_sign_pub *recovery,
                               struct hf_key_change *ret_change)
{
	struct hf_key_change c;
	struct hf_sign_pub pub;
	struct hf_sig sig;
	struct hf_bytes v;
	char msg[MESSAGE_MAX], of[HF_ORIGIN_MAX + 1];
	if (!hf_opening_is(o, HF_FIELD_EVENT, "key-change") || !parse(o, &c) ||
	    !text_of(o, HF_FIELD_OBJECT, of, sizeof(of)) || strcmp(of, origin) != 0 ||
	    !hf_opening_get(o, HF_FIELD_SIGNATURE, &v) || v.len != sizeof(sig.b))
		return HF_E_FORMAT;
	memcpy(sig.b, v.data, sizeof(sig.b));
	memcpy(pub.b, c.old_key, sizeof(pub.b));
	if (!hf_sign_verify(c.by_recovery ? recovery : &pub, msg, message(origin, &c, msg), &sig))
		return HF_E_SIGNATURE;
	*ret_change = c;
	return HF_OK;
}

bool hf_key_recovery_of(const Hufu__EntryOpening *genesis, struct hf_sign_pub *ret_pub)
{
	static const char lead[] = "recovery key ";
	char text[256];
	const char *at;
	if (!hf_opening_is(genesis, HF_FIELD_EVENT, "genesis") ||
	    !text_of(genesis, HF_FIELD_DETAIL, text, sizeof(text)) || !(at = strstr(text, lead)))
		return false;
	return key_of_hex(at + sizeof(lead) - 1, ret_pub->b);
}
