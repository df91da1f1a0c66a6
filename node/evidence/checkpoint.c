/* checkpoint.c - see checkpoint.h. */
#include "evidence/checkpoint.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "evidence/space_internal.h"

#define WITNESS_PART "/witness/"
#define TIME_MAX_S 253402300799ull /* end of the year 9999 */
#define SECOND_END_MS 999          /* a cosignature states the whole second that it was made in */

void hf_space_witness_name(const char *space_id, const char *node, char out[HF_ORIGIN_MAX + 1])
{
	snprintf(out, HF_ORIGIN_MAX + 1, "%s" WITNESS_PART "%s", space_id, node);
}

static bool witness_of_name(const char *space_id, const char *name, struct hf_name *ret_node)
{
	size_t len = strlen(space_id), part = strlen(WITNESS_PART);
	return strncmp(name, space_id, len) == 0 && strncmp(name + len, WITNESS_PART, part) == 0 &&
	       hf_name_parse(name + len + part, ret_node);
}

/* One line, and whose key it must be of. */
struct line {
	const char *name, *node;
	enum hf_key_use use;
	int64_t second_ms;
};
/* LINE_STRANGE: of a key that the descriptors do not name for the time. */
enum verdict { LINE_NO_KEY, LINE_STRANGE, LINE_BAD, LINE_GOOD };

/* By the key that counts when the second begins, else by the one that counts at its end. */
static enum verdict check_line(const struct hf_space *s, const struct hf_note *n, const struct line *l,
                               struct hf_sign_pub *ret_pub)
{
	static const int64_t at[] = {0, SECOND_END_MS};
	enum verdict v = LINE_NO_KEY;
	struct hf_note_verifier verifier;
	for (size_t i = 0; i < sizeof(at) / sizeof(at[0]); i++) {
		if (!hf_space_key(s, l->node, l->use, l->second_ms + at[i], ret_pub->b))
			continue;
		if (!hf_note_verifier_init(&verifier, l->name,
		                           l->use == HF_KEY_LOG ? HF_NOTE_ED25519 : HF_NOTE_COSIGNATURE, ret_pub))
			return LINE_BAD;
		enum hf_note_check check = hf_note_check(n, &verifier, NULL);
		if (check == HF_NOTE_CHECK_GOOD)
			return LINE_GOOD;
		if (v != LINE_BAD)
			v = check == HF_NOTE_CHECK_ABSENT ? LINE_STRANGE : LINE_BAD;
	}
	return v;
}

static bool made_with(const struct hf_note *n, const char *origin, const Hufu__MemberKey *k)
{
	struct hf_note_verifier v;
	struct hf_sign_pub pub;
	memcpy(pub.b, k->public_key.data, sizeof(pub.b));
	return k->use == HF_KEY_LOG && hf_note_verifier_init(&v, origin, HF_NOTE_ED25519, &pub) &&
	       hf_note_check(n, &v, NULL) == HF_NOTE_CHECK_GOOD;
}

/* The log key, of whatever time, that the note is signed with; NULL: none. */
static const Hufu__MemberKey *log_key_of(const struct hf_space *s, const struct hf_note *n, const struct hf_checked *c)
{
	const Hufu__Member *m = hf_space_member_ever(s, c->node.s);
	for (size_t i = 0; i < m->n_keys; i++)
		if (made_with(n, c->checkpoint.origin, m->keys[i]))
			return m->keys[i];
	return NULL;
}

/* A line that cannot be one of a witness is LINE_BAD. */
static enum verdict check_cosignature(const struct hf_space *s, const struct hf_note *n, const struct hf_note_sig *sig,
                                      const char *owner, uint64_t *ret_time_s)
{
	struct hf_name node;
	struct hf_sign_pub pub;
	if (sig->blob_len != 72 || !witness_of_name(hf_space_id(s), sig->name, &node) ||
	    !hf_space_is_witness(s, node.s, owner))
		return LINE_BAD;
	*ret_time_s = hf_get_u64(sig->blob);
	if (*ret_time_s > TIME_MAX_S)
		return LINE_NO_KEY;
	return check_line(s, n, &(struct line){sig->name, node.s, HF_KEY_WITNESS, (int64_t)*ret_time_s * 1000}, &pub);
}

/* One cosignature does not verify. What the others and the log's signature say tells what was altered. */
static enum hf_err refuse_cosignature(const struct hf_space *s, const struct hf_note *n, const struct hf_checked *c,
                                      const char *witness, struct hf_fault *f)
{
	uint64_t time_s;
	bool others = false;
	for (size_t i = 0; i < n->count && !others; i++)
		others = check_cosignature(s, n, &n->sig[i], c->node.s, &time_s) == LINE_GOOD;
	if (others)
		return hf_fault_set(f, HF_E_SIGNATURE,
		                    "the cosignature of the witness %s on the checkpoint of %s does not verify, others "
		                    "do; get the checkpoint anew",
		                    witness, c->node.s);
	if (log_key_of(s, n, c) != NULL)
		return hf_fault_set(f, HF_E_SIGNATURE,
		                    "the log of %s signed this checkpoint, but no cosignature under it is of its text; "
		                    "get one that the witnesses cosigned",
		                    c->node.s);
	return hf_fault_set(
	        f, HF_E_SIGNATURE,
	        "neither the log's signature nor a cosignature under the checkpoint of %s is of its text: it "
	        "was altered, or put together from others",
	        c->node.s);
}

static enum hf_err check_witness(const struct hf_space *s, const struct hf_note *n, const struct hf_note_sig *line,
                                 const struct hf_checked *c, uint64_t *ret_time_s, struct hf_fault *f)
{
	struct hf_name node;
	const char *owner = c->node.s;
	uint64_t time_s = 0;
	if (!witness_of_name(hf_space_id(s), line->name, &node) || !hf_space_is_witness(s, node.s, owner))
		return hf_fault_set(f, HF_E_SIGNATURE,
		                    "the checkpoint of %s has a line of %s, which is no witness of it", owner,
		                    line->name);
	if (line->blob_len != 72)
		return hf_fault_set(f, HF_E_SIGNATURE, "the line of the witness %s is no cosignature", node.s);
	enum verdict v = check_cosignature(s, n, line, owner, &time_s);
	if (v == LINE_NO_KEY)
		return hf_fault_set(f, HF_E_SIGNATURE,
		                    "the witness %s had no valid key when it cosigned the checkpoint of %s", node.s,
		                    owner);
	if (v == LINE_STRANGE)
		return hf_fault_set(f, HF_E_SIGNATURE,
		                    "the line of the witness %s under the checkpoint of %s is of a key that the "
		                    "descriptors do not name for it",
		                    node.s, owner);
	if (v == LINE_BAD)
		return refuse_cosignature(s, n, c, node.s, f);
	*ret_time_s = time_s;
	return HF_OK;
}

static int compare_times(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
	return (x > y) - (x < y);
}

static bool line_is_double(const struct hf_note *n, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (strcmp(n->sig[k].name, n->sig[i].name) == 0)
			return true;
	return false;
}

/* All lines but the log's. The quorum is the current descriptor's: more than half of the witnesses, the owner not
 * counted. */
static enum hf_err check_quorum(const struct hf_space *s, const struct hf_note *n, struct hf_checked *c,
                                struct hf_fault *f)
{
	uint64_t times[HF_NOTE_SIG_MAX];
	size_t count = 0;
	uint32_t quorum = hf_space_current(s)->quorum;
	for (size_t i = 0; i < n->count; i++) {
		if (line_is_double(n, i))
			return hf_fault_set(f, HF_E_SIGNATURE, "the checkpoint of %s has two lines of %s", c->node.s,
			                    n->sig[i].name);
		if (strcmp(n->sig[i].name, c->checkpoint.origin) != 0)
			HF_TRY(check_witness(s, n, &n->sig[i], c, &times[count++], f));
	}
	if (count < quorum)
		return hf_fault_set(f, HF_E_SIGNATURE, "the checkpoint of %s has %zu cosignatures; the quorum is %u",
		                    c->node.s, count, quorum);
	qsort(times, count, sizeof(times[0]), compare_times);
	c->cosignatures = count;
	c->quorum_ms = (int64_t)times[quorum - 1] * 1000;
	c->middle_ms = (int64_t)times[count / 2] * 1000;
	return HF_OK;
}

/* A key that the descriptors name for another time is told from a strange one. */
static enum hf_err refuse_log(const struct hf_space *s, const struct hf_note *n, const struct hf_checked *c,
                              struct hf_fault *f)
{
	const Hufu__MemberKey *k = log_key_of(s, n, c);
	char cosigned[HF_TIME_TEXT], until[HF_TIME_TEXT];
	if (k == NULL)
		return hf_fault_set(f, HF_E_SIGNATURE, "the checkpoint of %s is not signed by its log key", c->node.s);
	int64_t revoked_ms = hf_space_revoked_ms(s, c->node.s, k->public_key.data);
	bool ended = k->not_after_ms != 0 && k->not_after_ms <= c->quorum_ms;
	hf_time_text(c->quorum_ms, cosigned);
	hf_time_text(revoked_ms <= c->quorum_ms ? revoked_ms : k->not_after_ms, until);
	if (revoked_ms > c->quorum_ms && !ended)
		return hf_fault_set(f, HF_E_SIGNATURE,
		                    "the log key that signed the checkpoint of %s was not valid at %s, when it was "
		                    "cosigned",
		                    c->node.s, cosigned);
	return hf_fault_set(f, HF_E_SIGNATURE,
	                    "the log key that signed the checkpoint of %s %s %s, and the checkpoint was cosigned at %s",
	                    c->node.s, revoked_ms <= c->quorum_ms ? "is revoked from" : "was valid until", until,
	                    cosigned);
}

/* The log's line bears no time of its own; what counts is the key at the time the quorum cosigned. */
static enum hf_err check_log(const struct hf_space *s, const struct hf_note *n, struct hf_checked *c,
                             struct hf_fault *f)
{
	const struct line line = {c->checkpoint.origin, c->node.s, HF_KEY_LOG, c->quorum_ms};
	return check_line(s, n, &line, &c->log_key) == LINE_GOOD ? HF_OK : refuse_log(s, n, c, f);
}

/* ---- what is no note ---- */

#define DASH "\xe2\x80\x94 " /* a signature line begins so */

/* As far as the line goes. */
static bool begins_signature(const char *line, size_t len)
{
	return len > 0 && memcmp(line, DASH, len < strlen(DASH) ? len : strlen(DASH)) == 0;
}

/* Text, an empty line, signature lines: where do the bytes leave that? */
static enum hf_err refuse_note(const char *note, size_t len, struct hf_fault *f)
{
	if (len == 0) /* note may be NULL */
		return hf_fault_set(f, HF_E_FORMAT, "the checkpoint is empty");
	const char *split = memmem(note, len, "\n\n", 2), *stop = note + len;
	if (split == NULL || split + 2 == stop)
		return hf_fault_set(f, HF_E_FORMAT, "the checkpoint was cut off before its signatures");
	for (const char *at = split + 2, *end; at < stop; at = end + 1) {
		end = memchr(at, '\n', (size_t)(stop - at));
		if (!begins_signature(at, (size_t)((end == NULL ? stop : end) - at)))
			return hf_fault_set(f, HF_E_FORMAT,
			                    "something that is no signature line stands among or behind those of the "
			                    "checkpoint, at byte %zu",
			                    (size_t)(at - note));
		if (end == NULL)
			return hf_fault_set(f, HF_E_FORMAT, "the checkpoint was cut off within a signature line");
	}
	return hf_fault_set(f, HF_E_FORMAT,
	                    "the checkpoint is not of the required form: text or a signature was altered");
}

static void note_done(struct hf_note **n)
{
	free(*n);
}

enum hf_err hf_checkpoint_check(const struct hf_space *s, const char *note, size_t len, struct hf_checked *ret_checked,
                                struct hf_fault *f)
{
	struct hf_checked c = {.cosignatures = 0};
	HF_CLEANUP(note_done) struct hf_note *n = hf_alloc_zero(sizeof(*n));
	if (hf_space_number(s) == 0)
		return hf_fault_set(f, HF_E_STATE, "there is no space descriptor to check the checkpoint with");
	if (!hf_note_parse(note, len, n))
		return refuse_note(note, len, f);
	if (!hf_checkpoint_parse(n->text, n->text_len, &c.checkpoint))
		return hf_fault_set(f, HF_E_FORMAT,
		                    "the signed text of the checkpoint is not origin, size and root on three lines");
	if (!hf_space_origin_node(hf_space_id(s), c.checkpoint.origin, &c.node))
		return hf_fault_set(f, HF_E_WRONG_SPACE, "the checkpoint of \"%s\" is of no ledger of %s",
		                    c.checkpoint.origin, hf_space_id(s));
	if (hf_space_member_ever(s, c.node.s) == NULL)
		return hf_fault_set(f, HF_E_STRANGER, "the checkpoint is of %s, who is no member of %s", c.node.s,
		                    hf_space_id(s));
	HF_TRY(check_quorum(s, n, &c, f));
	HF_TRY(check_log(s, n, &c, f));
	*ret_checked = c;
	return HF_OK;
}
