/*
 * note.c - signed notes (c2sp.org/signed-note) and Ed25519 cosignatures (c2sp.org/tlog-cosignature).
 *
 * Signature lines of kinds unknown here (ECDSA, ML-DSA, others of the future) are checked in form only and kept with
 * an empty blob: a verifier must pass over keys it does not know.
 */
#include "crypto/note.h"

#include "crypto/base64.h"
#include "crypto/utf8.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NOTE_MAX_BYTES 1000000
#define DASH "\xe2\x80\x94 " /* U+2014 and a space */
#define DASH_BYTES (sizeof(DASH) - 1)
#define ID_BYTES 4
#define SIG_BYTES 64
#define COSIG_BYTES (8 + SIG_BYTES)
#define COSIG_HEAD_MAX 64

static bool name_good(const char *name, size_t len)
{
	const char *at = name, *end = name + len;
	uint32_t code;

	if (len == 0 || len > HF_NOTE_NAME_MAX)
		return false;
	while (at < end) {
		if (!hf_utf8_next(&at, end, &code) || code < 0x20 || code == '+' || hf_utf8_is_space(code))
			return false;
	}
	return true;
}

static uint32_t get32(const uint8_t *b)
{
	return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

static void put32(uint8_t *b, uint32_t v)
{
	for (size_t i = 0; i < 4; i++)
		b[i] = (uint8_t)(v >> (24 - 8 * i));
}

static uint64_t get64(const uint8_t *b)
{
	return (uint64_t)get32(b) << 32 | get32(b + 4);
}

bool hf_note_verifier_init(struct hf_note_verifier *v, const char *name, enum hf_note_type type,
                           const struct hf_sign_pub *pub)
{
	size_t len = strnlen(name, HF_NOTE_NAME_MAX + 1);
	uint8_t tail[2 + sizeof(pub->b)] = {'\n', (uint8_t)type};
	struct hf_hash h;

	if (!name_good(name, len) || (type != HF_NOTE_ED25519 && type != HF_NOTE_COSIGNATURE))
		return false;
	memset(v, 0, sizeof(*v));
	memcpy(v->name, name, len);
	memcpy(tail + 2, pub->b, sizeof(pub->b));
	hf_sha256_2(name, len, tail, sizeof(tail), &h);
	v->type = type;
	v->pub = *pub;
	v->id = get32(h.b);
	return true;
}

void hf_note_vkey(const struct hf_note_verifier *v, char out[400])
{
	uint8_t raw[1 + sizeof(v->pub.b)] = {(uint8_t)v->type};
	char text[HF_BASE64_LEN(sizeof(raw)) + 1];

	memcpy(raw + 1, v->pub.b, sizeof(v->pub.b));
	hf_base64(raw, sizeof(raw), text);
	snprintf(out, 400, "%s+%08" PRIx32 "+%s", v->name, v->id, text);
}

bool hf_note_vkey_parse(const char *text, struct hf_note_verifier *ret_v)
{
	size_t len = strnlen(text, 400), name_len = strcspn(text, "+"), key_len = HF_BASE64_LEN(1 + 32);
	const char *id_text = text + name_len + 1, *key_text = id_text + 9;
	uint8_t id[ID_BYTES], raw[HF_BASE64_LEN(33) / 4 * 3];
	char name[HF_NOTE_NAME_MAX + 1] = {0};
	struct hf_note_verifier v;
	struct hf_sign_pub pub;

	if (name_len > HF_NOTE_NAME_MAX || len != name_len + 10 + key_len || id_text[8] != '+' ||
	    !hf_hex_decode(id_text, 8, id, sizeof(id)) || !hf_base64_decode(key_text, key_len, raw, &key_len) ||
	    key_len != 1 + sizeof(pub.b))
		return false;
	memcpy(name, text, name_len);
	memcpy(pub.b, raw + 1, sizeof(pub.b));
	if (!hf_note_verifier_init(&v, name, (enum hf_note_type)raw[0], &pub) || v.id != get32(id))
		return false;
	*ret_v = v;
	return true;
}

/* Header lines of the signed message of a cosignature; returns their length. */
static size_t cosign_head(uint64_t time_s, char out[COSIG_HEAD_MAX])
{
	return (size_t)snprintf(out, COSIG_HEAD_MAX, "cosignature/v1\ntime %" PRIu64 "\n", time_s);
}

/* The signed message as new memory; NULL when memory is gone. */
static char *cosign_message(uint64_t time_s, const char *text, size_t len, size_t *ret_len)
{
	char head[COSIG_HEAD_MAX], *msg;
	size_t head_len = cosign_head(time_s, head);

	if (len > NOTE_MAX_BYTES || !(msg = malloc(head_len + len)))
		return NULL;
	memcpy(msg, head, head_len);
	memcpy(msg + head_len, text, len);
	*ret_len = head_len + len;
	return msg;
}

/* "— name base64(id || blob) LF" of the key; 0 when name is bad or cap is too small. */
static size_t write_line(const struct hf_note_verifier *v, const uint8_t *blob, size_t blob_len, char *out, size_t cap)
{
	uint8_t raw[ID_BYTES + COSIG_BYTES];
	char text[HF_BASE64_LEN(sizeof(raw)) + 1];
	int len;

	put32(raw, v->id);
	memcpy(raw + ID_BYTES, blob, blob_len);
	hf_base64(raw, ID_BYTES + blob_len, text);
	len = snprintf(out, cap, DASH "%s %s\n", v->name, text);
	return len > 0 && (size_t)len < cap ? (size_t)len : 0;
}

static bool signer(const struct hf_sign_key *k, const char *name, enum hf_note_type type,
                   struct hf_note_verifier *ret_v)
{
	struct hf_sign_pub pub;

	hf_sign_key_pub(k, &pub);
	return hf_note_verifier_init(ret_v, name, type, &pub);
}

size_t hf_note_sign_line(const struct hf_sign_key *k, const char *name, const char *text, size_t len, char *out,
                         size_t cap)
{
	struct hf_note_verifier v;
	struct hf_sig sig;

	if (len == 0 || text[len - 1] != '\n' || !signer(k, name, HF_NOTE_ED25519, &v) || !hf_sign(k, text, len, &sig))
		return 0;
	return write_line(&v, sig.b, sizeof(sig.b), out, cap);
}

size_t hf_note_cosign_line(const struct hf_sign_key *k, const char *name, uint64_t time_s, const char *text, size_t len,
                           char *out, size_t cap)
{
	struct hf_note_verifier v;
	struct hf_sig sig;
	uint8_t blob[COSIG_BYTES];
	size_t msg_len;
	char *msg;
	bool ok;

	if (len == 0 || text[len - 1] != '\n' || time_s > INT64_MAX || !signer(k, name, HF_NOTE_COSIGNATURE, &v))
		return 0;
	msg = cosign_message(time_s, text, len, &msg_len);
	ok = msg && hf_sign(k, msg, msg_len, &sig);
	free(msg);
	if (!ok)
		return 0;
	put32(blob, (uint32_t)(time_s >> 32));
	put32(blob + 4, (uint32_t)time_s);
	memcpy(blob + 8, sig.b, sizeof(sig.b));
	return write_line(&v, blob, sizeof(blob), out, cap);
}

static bool text_good(const char *data, size_t len)
{
	const char *at = data, *end = data + len;
	uint32_t code;

	while (at < end) {
		if (!hf_utf8_next(&at, end, &code) || (code < 0x20 && code != '\n'))
			return false;
	}
	return true;
}

/* Where the last empty line begins, which is behind the LF that ends the text; NULL when there is none. */
static const char *last_empty_line(const char *data, size_t len)
{
	for (size_t i = len; i >= 2; i--) {
		if (data[i - 1] == '\n' && data[i - 2] == '\n')
			return data + i - 1;
	}
	return NULL;
}

/* The base64 part of a line: at least the id and one byte. Only the two sizes we know are kept. */
static bool parse_blob(const char *text, size_t len, struct hf_note_sig *s)
{
	uint8_t raw[HF_BASE64_LEN(ID_BYTES + COSIG_BYTES) / 4 * 3];
	size_t n;
	bool known;

	if (!hf_base64_check(text, len, &n) || n <= ID_BYTES)
		return false;
	known = n == ID_BYTES + SIG_BYTES || n == ID_BYTES + COSIG_BYTES;
	if (!hf_base64_decode(text, known ? len : 8, raw, &n))
		return false;
	s->id = get32(raw);
	s->blob_len = known ? n - ID_BYTES : 0;
	memcpy(s->blob, raw + ID_BYTES, s->blob_len);
	return true;
}

/* One signature line without its LF. */
static bool parse_line(const char *line, size_t len, struct hf_note_sig *ret_sig)
{
	const char *name = line + DASH_BYTES, *space;

	memset(ret_sig, 0, sizeof(*ret_sig));
	if (len < DASH_BYTES || memcmp(line, DASH, DASH_BYTES) != 0)
		return false;
	len -= DASH_BYTES;
	space = memchr(name, ' ', len);
	if (!space || !name_good(name, (size_t)(space - name)))
		return false;
	memcpy(ret_sig->name, name, (size_t)(space - name));
	return parse_blob(space + 1, len - (size_t)(space - name) - 1, ret_sig);
}

bool hf_note_parse(const char *data, size_t len, struct hf_note *ret_note)
{
	const char *end = data ? data + len : NULL, *gap, *at;

	ret_note->count = 0;
	if (len == 0 || len > NOTE_MAX_BYTES || !text_good(data, len) || !(gap = last_empty_line(data, len)))
		return false;
	at = gap + 1;
	if (at == end || end[-1] != '\n')
		return false;
	ret_note->text = data;
	ret_note->text_len = (size_t)(gap - data);
	ret_note->sigs = at;
	ret_note->sigs_len = (size_t)(end - at);
	while (at < end) {
		const char *lf = memchr(at, '\n', (size_t)(end - at));

		if (!lf || ret_note->count == HF_NOTE_SIG_MAX ||
		    !parse_line(at, (size_t)(lf - at), &ret_note->sig[ret_note->count]))
			return false;
		ret_note->count++;
		at = lf + 1;
	}
	return true;
}

static bool check_plain(const struct hf_note *n, const struct hf_note_verifier *v, const struct hf_note_sig *s)
{
	struct hf_sig sig;

	if (s->blob_len != SIG_BYTES)
		return false;
	memcpy(sig.b, s->blob, SIG_BYTES);
	return hf_sign_verify(&v->pub, n->text, n->text_len, &sig);
}

static bool check_cosignature(const struct hf_note *n, const struct hf_note_verifier *v, const struct hf_note_sig *s,
                              uint64_t *ret_time_s)
{
	struct hf_sig sig;
	size_t msg_len;
	char *msg;
	bool ok;

	if (s->blob_len != COSIG_BYTES || get64(s->blob) > INT64_MAX)
		return false;
	memcpy(sig.b, s->blob + 8, SIG_BYTES);
	msg = cosign_message(get64(s->blob), n->text, n->text_len, &msg_len);
	ok = msg && hf_sign_verify(&v->pub, msg, msg_len, &sig);
	free(msg);
	if (ok)
		*ret_time_s = get64(s->blob);
	return ok;
}

enum hf_note_check hf_note_check(const struct hf_note *n, const struct hf_note_verifier *v, uint64_t *ret_time_s)
{
	enum hf_note_check found = HF_NOTE_CHECK_ABSENT;
	uint64_t latest = 0, time_s = 0;

	for (size_t i = 0; i < n->count; i++) {
		const struct hf_note_sig *s = &n->sig[i];

		if (s->id != v->id || strcmp(s->name, v->name) != 0)
			continue;
		if (v->type == HF_NOTE_COSIGNATURE ? !check_cosignature(n, v, s, &time_s) : !check_plain(n, v, s))
			return HF_NOTE_CHECK_BAD;
		latest = time_s > latest ? time_s : latest;
		found = HF_NOTE_CHECK_GOOD;
	}
	if (found == HF_NOTE_CHECK_GOOD && ret_time_s)
		*ret_time_s = latest;
	return found;
}
