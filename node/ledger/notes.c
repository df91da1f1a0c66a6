#include "ledger/notes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* A cosignature states whole seconds; keys that counted at the beginning or at the end of that second are good. */
#define SECOND_END_MS 999
/* Of one signer, whose key may have changed. What a note costs to check is bounded by the witnesses of the space, not
 * by the lines that a peer writes into it. */
#define LINES_OF_ONE_MAX 2u

void hf_cosigner_name(const char *space_id, enum hf_key_use use, const char *node, char out[HF_ORIGIN_MAX + 1])
{
	snprintf(out, HF_ORIGIN_MAX + 1, "%s/%s/%s", space_id, use == HF_KEY_MIRROR ? "mirror" : "witness", node);
}

static bool verifier_of(const struct hf_space *s, const char *node, enum hf_key_use use, int64_t at_ms,
                        struct hf_note_verifier *ret_v)
{
	char name[HF_ORIGIN_MAX + 1];
	struct hf_sign_pub pub;

	if (!hf_space_key(s, node, use, at_ms, pub.b))
		return false;
	if (use == HF_KEY_LOG)
		hf_space_origin(hf_space_id(s), node, name);
	else
		hf_cosigner_name(hf_space_id(s), use, node, name);
	return hf_note_verifier_init(ret_v, name, use == HF_KEY_LOG ? HF_NOTE_ED25519 : HF_NOTE_COSIGNATURE, &pub);
}

static uint64_t cosigned_at(const struct hf_note_sig *sig)
{
	return sig->blob_len == 72 ? hf_get_u64(sig->blob) : 0;
}

static enum hf_note_check check_at(const struct hf_space *s, const char *node, enum hf_key_use use,
                                   const struct hf_note *n, int64_t at_ms)
{
	struct hf_note_verifier v;

	return verifier_of(s, node, use, at_ms, &v) ? hf_note_check(n, &v, NULL) : HF_NOTE_CHECK_ABSENT;
}

/* In that second: any of the keys that counted within it. */
static bool good_in_second(const struct hf_space *s, const char *node, enum hf_key_use use, const struct hf_note *n,
                           uint64_t time_s)
{
	if (time_s == 0 || time_s > INT64_MAX / 2000)
		return false;
	return check_at(s, node, use, n, (int64_t)time_s * 1000) == HF_NOTE_CHECK_GOOD ||
	       check_at(s, node, use, n, (int64_t)time_s * 1000 + SECOND_END_MS) == HF_NOTE_CHECK_GOOD;
}

/* The line of a cosigner that verifies under its key at the line's own time; -1 when there is none. */
static int find_cosignature(const struct hf_space *s, const struct hf_note *n, const char *cosigner,
                            enum hf_key_use use)
{
	char name[HF_ORIGIN_MAX + 1];

	hf_cosigner_name(hf_space_id(s), use, cosigner, name);
	for (size_t i = 0; i < n->count; i++)
		if (strcmp(n->sig[i].name, name) == 0 && good_in_second(s, cosigner, use, n, cosigned_at(&n->sig[i])))
			return (int)i;
	return -1;
}

/* By a key of the log that was valid at the time of some line, true or not: before anything else is checked. */
static bool log_ever_signed(const struct hf_space *s, const char *node, const struct hf_note *n)
{
	bool good = false;

	for (size_t i = 0; !good && i < n->count; i++)
		good = good_in_second(s, node, HF_KEY_LOG, n, cosigned_at(&n->sig[i]));
	return good;
}

static int by_time(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static void take_times(struct hf_worth *w, uint64_t *time_s)
{
	if (w->cosignatures == 0)
		return;
	qsort(time_s, w->cosignatures, sizeof(*time_s), by_time);
	w->cosigned_ms = (int64_t)time_s[w->cosignatures / 2] * 1000;
	w->spread_ms = (int64_t)(time_s[w->cosignatures - 1] - time_s[0]) * 1000;
}

/* ret_counts_s: when the quorum had cosigned, which later lines do not move, or the newest of fewer ones; 0: none. */
static void count_cosignatures(const struct hf_space *s, const char *node, const struct hf_note *n, struct hf_worth *w,
                               uint64_t *ret_counts_s)
{
	const Hufu__Descriptor *d = hf_space_current(s);
	uint64_t *times = hf_alloc_zero((d->n_witnesses + 1) * sizeof(*times));

	for (size_t i = 0; i < d->n_witnesses; i++) {
		int at;

		if (!hf_space_is_witness(s, d->witnesses[i], node))
			continue;
		w->witnesses++;
		at = find_cosignature(s, n, d->witnesses[i], HF_KEY_WITNESS);
		if (at >= 0)
			times[w->cosignatures++] = cosigned_at(&n->sig[at]);
	}
	take_times(w, times);
	*ret_counts_s = w->cosignatures == 0                            ? 0
	                : w->quorum > 0 && w->cosignatures >= w->quorum ? times[w->quorum - 1]
	                                                                : times[w->cosignatures - 1];
	free(times);
}

static enum hf_err weigh(const struct hf_space *s, const char *node, const struct hf_note *n, int64_t now_ms,
                         struct hf_worth *ret_worth)
{
	const Hufu__Descriptor *d = hf_space_current(s);
	char origin[HF_ORIGIN_MAX + 1];
	struct hf_worth w = {.quorum = d ? d->quorum : 0};
	uint64_t counts_s = 0;
	bool now_good;

	if (!d || !hf_checkpoint_parse(n->text, n->text_len, &w.checkpoint))
		return HF_E_FORMAT;
	hf_space_origin(hf_space_id(s), node, origin);
	if (strcmp(origin, w.checkpoint.origin) != 0)
		return HF_E_FORMAT;
	now_good = check_at(s, node, HF_KEY_LOG, n, now_ms) == HF_NOTE_CHECK_GOOD;
	if (!now_good && !log_ever_signed(s, node, n))
		return HF_E_SIGNATURE;
	count_cosignatures(s, node, n, &w, &counts_s);
	if (!now_good && !good_in_second(s, node, HF_KEY_LOG, n, counts_s))
		return HF_E_SIGNATURE;
	w.by_present_key = now_good;
	w.witnessed = w.quorum > 0 && w.cosignatures >= w.quorum;
	*ret_worth = w;
	return HF_OK;
}

static void free_note(struct hf_note **n)
{
	free(*n);
}

static bool few_of_one(const struct hf_note *n)
{
	for (size_t i = 0; i < n->count; i++) {
		unsigned same = 1;

		for (size_t k = 0; k < i; k++)
			same += strcmp(n->sig[k].name, n->sig[i].name) == 0;
		if (same > LINES_OF_ONE_MAX)
			return false;
	}
	return true;
}

static enum hf_err parse(const void *note, size_t len, struct hf_note **ret_note)
{
	struct hf_note *n HF_CLEANUP(free_note) = hf_alloc(sizeof(*n));

	if (len > HF_NOTE_BYTES_MAX || !hf_note_parse(note, len, n) || !few_of_one(n))
		return HF_E_FORMAT;
	*ret_note = HF_TAKE(n);
	return HF_OK;
}

enum hf_err hf_note_weigh(const struct hf_space *s, const char *node, const void *note, size_t len, int64_t now_ms,
                          struct hf_worth *ret_worth)
{
	struct hf_note *n HF_CLEANUP(free_note) = NULL;

	HF_TRY(parse(note, len, &n));
	return weigh(s, node, n, now_ms, ret_worth);
}

/* The i-th signature line, with its LF. */
static struct hf_bytes line_at(const struct hf_note *n, size_t i)
{
	const char *at = n->sigs, *end = n->sigs + n->sigs_len;

	for (;; i--) {
		const char *lf = memchr(at, '\n', (size_t)(end - at));

		if (i == 0)
			return (struct hf_bytes){(const uint8_t *)at, (size_t)(lf - at) + 1};
		at = lf + 1;
	}
}

static bool add_log_line(const struct hf_note *n, const char *origin, struct hf_buf *out)
{
	for (size_t i = 0; i < n->count; i++) {
		struct hf_bytes line = line_at(n, i);

		if (strcmp(n->sig[i].name, origin) == 0)
			return hf_buf_add(out, line.data, line.len);
	}
	return false;
}

static bool add_witness_lines(const struct hf_space *s, const char *node, const struct hf_note *n, struct hf_buf *out)
{
	const Hufu__Descriptor *d = hf_space_current(s);

	for (size_t i = 0; i < d->n_witnesses; i++) {
		int at = hf_space_is_witness(s, d->witnesses[i], node)
		                 ? find_cosignature(s, n, d->witnesses[i], HF_KEY_WITNESS)
		                 : -1;
		struct hf_bytes line;

		if (at < 0)
			continue;
		line = line_at(n, (size_t)at);
		if (!hf_buf_add(out, line.data, line.len))
			return false;
	}
	return true;
}

enum hf_err hf_note_reduce(const struct hf_space *s, const char *node, const void *note, size_t len, int64_t now_ms,
                           struct hf_buf *out)
{
	struct hf_note *n HF_CLEANUP(free_note) = NULL;
	struct hf_worth w;

	HF_TRY(parse(note, len, &n));
	HF_TRY(weigh(s, node, n, now_ms, &w));
	hf_buf_clear(out);
	if (!hf_buf_add(out, n->text, n->text_len) || !hf_buf_add(out, "\n", 1) ||
	    !add_log_line(n, w.checkpoint.origin, out) || !add_witness_lines(s, node, n, out))
		return HF_E_MEMORY;
	return HF_OK;
}

bool hf_note_cosigned_by(const struct hf_space *s, const char *witness, const void *note, size_t len)
{
	struct hf_note *n HF_CLEANUP(free_note) = NULL;

	return parse(note, len, &n) == HF_OK && find_cosignature(s, n, witness, HF_KEY_WITNESS) >= 0;
}

bool hf_cosignature_ok(const struct hf_space *s, const char *cosigner, enum hf_key_use use, const char *text,
                       size_t text_len, const void *line, size_t len)
{
	struct hf_buf whole HF_CLEANUP(hf_buf_done) = HF_BUF_INIT;
	struct hf_note *n HF_CLEANUP(free_note) = NULL;

	if (len == 0 || !hf_buf_add(&whole, text, text_len) || !hf_buf_add(&whole, "\n", 1) ||
	    !hf_buf_add(&whole, line, len))
		return false;
	return parse(whole.data, whole.len, &n) == HF_OK && n->count == 1 && n->text_len == text_len &&
	       find_cosignature(s, n, cosigner, use) == 0;
}

int64_t hf_cosignature_time(const char *text, size_t text_len, const void *line, size_t len)
{
	struct hf_buf whole HF_CLEANUP(hf_buf_done) = HF_BUF_INIT;
	struct hf_note *n HF_CLEANUP(free_note) = NULL;
	uint64_t time_s;

	if (len == 0 || !hf_buf_add(&whole, text, text_len) || !hf_buf_add(&whole, "\n", 1) ||
	    !hf_buf_add(&whole, line, len) || parse(whole.data, whole.len, &n) != HF_OK || n->count != 1)
		return 0;
	time_s = cosigned_at(&n->sig[0]);
	return time_s > INT64_MAX / 2000 ? 0 : (int64_t)time_s * 1000;
}
