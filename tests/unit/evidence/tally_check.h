/* tally_check.h - a built tally put to the check: it must be good, or refused for a stated reason. After cmocka.h. */
#ifndef HUFU_TESTS_TALLY_CHECK_H
#define HUFU_TESTS_TALLY_CHECK_H

#include "unit/evidence/tally_builder.h"

static inline enum hf_err verify(const struct tb *b, struct hf_tally_report *r, struct hf_fault *f)
{
	struct hf_trust trust = tb_trust(b);
	memset(f, 0, sizeof(*f));
	return hf_tally_verify(&trust, b->tally.data, b->tally.len, r, f);
}

static inline void assert_good(const struct tb *b, struct hf_tally_report *r)
{
	struct hf_fault f;
	if (verify(b, r, &f) != HF_OK)
		fail_msg("refused: %s", f.text);
}

static inline void assert_refused(const struct tb *b, const char *name, const char *reason)
{
	struct hf_tally_report r;
	struct hf_fault f;
	if (verify(b, &r, &f) == HF_OK)
		fail_msg("%s: accepted", name);
	if (strstr(f.text, reason) == NULL)
		fail_msg("%s: \"%s\" does not say \"%s\"", name, f.text, reason);
}

#endif
