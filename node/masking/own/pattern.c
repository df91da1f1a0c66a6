/* pattern.c - a regular expression for the whole value, and what stands in its place; within limits. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdlib.h>
#include <string.h>

#include "masking/own/own.h"
#include "masking/pattern_steps.h"

#define PATTERN_MAX 1000u /* bytes, of a replacement too */
#define DEPTH 200u        /* of its backtracking */
#define HEAP_KIB 256u     /* of its memory */
#define COSTLY_MATCHES 8u /* after which the pattern is given up */

struct pattern {
	pcre2_code *code;
	const char *replace;
};

struct matcher {
	const struct hf_own *own;
	pcre2_match_context *limits;
	pcre2_match_data *match;
	unsigned costly;
};

static void pattern_free(void *what)
{
	struct pattern *p = what;

	pcre2_code_free(p->code);
	free(p);
}

static void matcher_close(void *state)
{
	struct matcher *m = state;

	pcre2_match_data_free(m->match);
	pcre2_match_context_free(m->limits);
	free(m);
}

static enum hf_err matcher_open(const struct hf_mask_use *use, struct hf_fault *f, void **ret_state)
{
	struct matcher *m = hf_alloc_zero(sizeof(*m));
	const struct pattern *p;

	m->own = use->technique->own;
	p = m->own->what;
	m->limits = pcre2_match_context_create(NULL);
	m->match = pcre2_match_data_create_from_pattern(p->code, NULL);
	if (!m->limits || !m->match) {
		matcher_close(m);
		return hf_fault_set(f, HF_E_MEMORY, "no memory for the pattern of %s", use->technique->id);
	}
	pcre2_set_depth_limit(m->limits, DEPTH);
	pcre2_set_heap_limit(m->limits, HEAP_KIB);
	*ret_state = m;
	return HF_OK;
}

/* The replacement, or only its length when out is NULL. */
static size_t replaced(const char *replace, const struct hf_bytes *v, const PCRE2_SIZE *groups, uint8_t *out)
{
	size_t len = 0;

	for (const char *at = replace; *at; at++) {
		const uint8_t *from = (const uint8_t *)at;
		size_t n = 1;

		if (at[0] == '$' && at[1] == '$') {
			at++;
		} else if (at[0] == '$') {
			unsigned g = (unsigned)(*++at - '0');

			n = groups[2 * g] == PCRE2_UNSET ? 0 : groups[2 * g + 1] - groups[2 * g];
			from = n ? v->data + groups[2 * g] : from;
		}
		if (out)
			memcpy(out + len, from, n);
		len += n;
	}
	return len;
}

static enum hf_err pattern_mask(void *state, struct hf_mask_batch *b, struct hf_fault *f)
{
	struct matcher *m = state;
	const struct pattern *p = m->own->what;

	for (size_t i = 0; i < b->count; i++) {
		const struct hf_bytes *v = &b->in[i];
		const PCRE2_SIZE *groups = pcre2_get_ovector_pointer(m->match);
		uint8_t *out;
		int n;

		b->out[i] = (struct hf_bytes){NULL, 0};
		if (!v->data)
			continue;
		pcre2_set_match_limit(m->limits, hf_pattern_steps(v->len));
		n = pcre2_match(p->code, v->data, v->len, 0, 0, m->match, m->limits);
		if (n <= 0) {
			b->unreadable++;
			m->costly += n == PCRE2_ERROR_MATCHLIMIT || n == PCRE2_ERROR_DEPTHLIMIT ||
			             n == PCRE2_ERROR_HEAPLIMIT;
			if (m->costly >= COSTLY_MATCHES)
				return hf_fault_set(f, HF_E_LIMIT,
				                    "method %s: its pattern takes too long; write one without "
				                    "repetitions inside repetitions",
				                    m->own->technique.id);
			continue;
		}
		b->out[i].len = replaced(p->replace, v, groups, NULL);
		b->out[i].data = out = hf_arena_get(b->arena, b->out[i].len + 1);
		replaced(p->replace, v, groups, out);
	}
	return HF_OK;
}

static bool replace_ok(const char *replace, const pcre2_code *code)
{
	uint32_t groups = 0;

	pcre2_pattern_info(code, PCRE2_INFO_CAPTURECOUNT, &groups);
	for (const char *at = replace; *at; at++) {
		if (*at != '$')
			continue;
		at++;
		if (*at != '$' && (*at < '1' || *at > '9' || (uint32_t)(*at - '0') > groups))
			return false;
	}
	return true;
}

enum hf_err hf_own_pattern(struct hf_own *o, const struct hf_plan_node *n, struct hf_fault *f)
{
	const struct hf_plan_node *replace = hf_plan_get(o->node, "replace");
	PCRE2_UCHAR reason[160];
	struct pattern *p;
	size_t where = 0;
	int code = 0;

	if (n->kind != HF_PLAN_TEXT_NODE || !*n->text || strlen(n->text) > PATTERN_MAX)
		return hf_own_fault(o, n, f, "'pattern' is no text of 1 to %u bytes; write a regular expression",
		                    PATTERN_MAX);
	if (!replace || replace->kind != HF_PLAN_TEXT_NODE)
		return hf_own_fault(o, n, f, "'replace' is missing; write what stands in its place, $1 for a group");
	if (strlen(replace->text) > PATTERN_MAX)
		return hf_own_fault(o, replace, f, "'replace' is longer than %u bytes; shorten it", PATTERN_MAX);
	p = hf_alloc_zero(sizeof(*p));
	o->what = p;
	o->free = pattern_free;
	p->replace = replace->text;
	p->code = pcre2_compile((PCRE2_SPTR)n->text, PCRE2_ZERO_TERMINATED,
	                        PCRE2_UTF | PCRE2_MATCH_INVALID_UTF | PCRE2_ANCHORED | PCRE2_ENDANCHORED |
	                                PCRE2_NEVER_BACKSLASH_C | PCRE2_NEVER_UCP,
	                        &code, &where, NULL);
	if (!p->code) {
		pcre2_get_error_message(code, reason, sizeof(reason));
		return hf_own_fault(o, n, f, "the pattern is not one of PCRE2, at byte %zu: %s; correct it", where,
		                    (const char *)reason);
	}
	if (!replace_ok(replace->text, p->code))
		return hf_own_fault(
		        o, replace, f,
		        "'replace' names a group that the pattern does not have; write $1 to $9, $$ for a $");
	o->technique.open = matcher_open;
	o->technique.close = matcher_close;
	o->technique.mask = pattern_mask;
	return HF_OK;
}
