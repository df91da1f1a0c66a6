/* ledger_vkeys.c - see ledger_vkeys.h. */
#include "evidence/ledger_vkeys.h"

#include <stdio.h>
#include <string.h>

/* The key that counted when the quorum cosigned: one that was revoked before would be trusted by other tools. */
static bool had_key(const struct hf_space *s, const char *witness, const struct hf_checked *c,
                    const struct hf_sign_pub *pub)
{
	uint8_t key[32];
	return hf_space_key(s, witness, HF_KEY_WITNESS, c->quorum_ms, key) && memcmp(key, pub->b, sizeof(key)) == 0;
}

static bool is_log_key(const struct hf_checked *c, const struct hf_note_verifier *v)
{
	return v->type == HF_NOTE_ED25519 && strcmp(v->name, c->checkpoint.origin) == 0 &&
	       memcmp(c->log_key.b, v->pub.b, sizeof(v->pub.b)) == 0;
}

static bool is_witness_key(const struct hf_space *s, const struct hf_checked *c, const struct hf_note_verifier *v)
{
	const Hufu__Descriptor *d = hf_space_current(s);
	char name[HF_ORIGIN_MAX + 1];
	for (size_t i = 0; v->type == HF_NOTE_COSIGNATURE && i < d->n_witnesses; i++) {
		hf_space_witness_name(hf_space_id(s), d->witnesses[i], name);
		if (strcmp(v->name, name) == 0 && hf_space_is_witness(s, d->witnesses[i], c->node.s))
			return had_key(s, d->witnesses[i], c, &v->pub);
	}
	return false;
}

/* One file while its lines are read. */
struct reader {
	const struct hf_space *s;
	const struct hf_checked *c;
	enum hf_key_use use;
	const char *file;
	struct hf_note_verifier before[HF_NOTE_SIG_MAX];
	size_t count;
	struct hf_fault *f;
};

static bool named(const struct reader *r, const struct hf_note_verifier *v)
{
	return r->use == HF_KEY_LOG ? is_log_key(r->c, v) : is_witness_key(r->s, r->c, v);
}

static enum hf_err take_line(struct reader *r, const char *line, size_t number)
{
	struct hf_note_verifier v;
	if (!hf_note_vkey_parse(line, &v))
		return hf_fault_set(r->f, HF_E_FORMAT, "line %zu of %s is no verifier key: it was altered", number,
		                    r->file);
	if (!named(r, &v))
		return hf_fault_set(r->f, HF_E_SIGNATURE,
		                    "%s holds a key that the space descriptor does not name, of %.200s", r->file,
		                    v.name);
	for (size_t i = 0; i < r->count; i++)
		if (strcmp(r->before[i].name, v.name) == 0)
			return hf_fault_set(r->f, HF_E_SIGNATURE, "%s holds the key of %s twice", r->file, v.name);
	if (r->count == HF_NOTE_SIG_MAX)
		return hf_fault_set(r->f, HF_E_LIMIT, "%s holds too many keys", r->file);
	r->before[r->count++] = v;
	return HF_OK;
}

static enum hf_err take_lines(struct reader *r, const struct hf_buf *bytes)
{
	char line[400];
	size_t number = 1;
	for (size_t at = 0; at < bytes->len; number++) {
		const uint8_t *lf = memchr(bytes->data + at, '\n', bytes->len - at);
		size_t len = lf == NULL ? bytes->len - at : (size_t)(lf - bytes->data) - at;
		if (lf == NULL)
			return hf_fault_set(r->f, HF_E_FORMAT, "%s was cut off within line %zu, which does not end",
			                    r->file, number);
		snprintf(line, sizeof(line), "%.*s", (int)(len < sizeof(line) ? len : sizeof(line) - 1),
		         (const char *)bytes->data + at);
		HF_TRY(take_line(r, strlen(line) == len ? line : "", number));
		at += len + 1;
	}
	return HF_OK;
}

enum hf_err hf_ledger_vkeys_check(const struct hf_space *s, const struct hf_checked *c, enum hf_key_use use,
                                  const struct hf_buf *bytes, struct hf_fault *f)
{
	struct reader r = {.s = s, .c = c, .use = use, .f = f};
	size_t least = use == HF_KEY_LOG ? 1 : hf_space_current(s)->quorum;
	r.file = use == HF_KEY_LOG ? "log.vkey" : "witness.vkeys";
	HF_TRY(take_lines(&r, bytes));
	if (r.count < least)
		return hf_fault_set(f, HF_E_SIGNATURE, "%s holds %zu keys; %zu are needed to check the checkpoint",
		                    r.file, r.count, least);
	return HF_OK;
}
