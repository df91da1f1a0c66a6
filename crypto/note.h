/*
 * note.h - C2SP signed notes, tlog checkpoints and cosignature/v1, byte for byte as published.
 *
 * A note is text plus signature lines. Parsing is strict: UTF-8, no control characters but LF, at most 100 signatures,
 * at most 1,000,000 bytes. See c2sp.org/signed-note, tlog-checkpoint, tlog-cosignature.
 */
#ifndef HUFU_CRYPTO_NOTE_H
#define HUFU_CRYPTO_NOTE_H

#include "crypto/hash.h"
#include "crypto/sign.h"

#define HF_NOTE_SIG_MAX 100
#define HF_NOTE_NAME_MAX 255

enum hf_note_type {
	HF_NOTE_INVALID = 0,
	HF_NOTE_ED25519 = 1,
	HF_NOTE_COSIGNATURE = 4,
};

struct hf_note_verifier {
	char name[HF_NOTE_NAME_MAX + 1];
	enum hf_note_type type;
	struct hf_sign_pub pub;
	uint32_t id; /* key id, host order */
};
/* Computes the key id; false for a bad name. */
bool hf_note_verifier_init(struct hf_note_verifier *v, const char *name, enum hf_note_type type,
                           const struct hf_sign_pub *pub);
/* vkey text: name+hex8(id)+base64(type || key); out holds 400 bytes. */
void hf_note_vkey(const struct hf_note_verifier *v, char out[400]);
bool hf_note_vkey_parse(const char *text, struct hf_note_verifier *ret_v);

struct hf_checkpoint {
	char origin[HF_NOTE_NAME_MAX + 1];
	uint64_t size;
	struct hf_hash root;
};
/*
 * Writes "origin LF size LF base64 root LF" and a NUL; returns the length without the NUL, 0 when cap is too small or
 * the origin is empty or has control characters.
 */
size_t hf_checkpoint_text(const struct hf_checkpoint *c, char *out, size_t cap);
/* Parses the text part; extension lines are refused. */
bool hf_checkpoint_parse(const char *text, size_t len, struct hf_checkpoint *ret_c);

/*
 * One signature line (em dash ... LF) and a NUL by the key over text, as HF_NOTE_ED25519; written at out. Returns the
 * length without the NUL; 0 when cap is too small (400 is always enough), name is bad or text does not end in LF.
 */
size_t hf_note_sign_line(const struct hf_sign_key *k, const char *name, const char *text, size_t len, char *out,
                         size_t cap);
/* One cosignature/v1 line at unix time seconds, likewise. */
size_t hf_note_cosign_line(const struct hf_sign_key *k, const char *name, uint64_t time_s, const char *text, size_t len,
                           char *out, size_t cap);

struct hf_note_sig {
	char name[HF_NOTE_NAME_MAX + 1];
	uint32_t id;
	uint8_t blob[72];
	size_t blob_len; /* 64 or 72; others are kept as 0: unknown algorithm */
};
struct hf_note {
	const char *text; /* points into the parsed buffer */
	size_t text_len;
	const char *sigs; /* the signature lines, verbatim */
	size_t sigs_len;
	size_t count;
	struct hf_note_sig sig[HF_NOTE_SIG_MAX];
};
/*
 * ret_note is valid only on true; it points into data, which must outlive it. Heap use only by the caller:
 * sizeof(struct hf_note) is about 36 KiB.
 */
bool hf_note_parse(const char *data, size_t len, struct hf_note *ret_note);

enum hf_note_check {
	HF_NOTE_CHECK_INVALID = 0,
	HF_NOTE_CHECK_GOOD,   /* signed by v */
	HF_NOTE_CHECK_ABSENT, /* no line of v */
	HF_NOTE_CHECK_BAD,    /* a line of v that does not verify: the whole note is to be refused */
};
/* Every line of v must verify. For a cosignature ret_time_s gets its time, the latest of several; may be NULL. */
enum hf_note_check hf_note_check(const struct hf_note *n, const struct hf_note_verifier *v, uint64_t *ret_time_s);

#endif
