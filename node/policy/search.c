/*
 * search.c - see search.h. A token is the place to go on from, and what it is bound to: snapshot, question, generation
 * of what the caller searches.
 */
#include "policy/search.h"

#include <stdlib.h>

#include "crypto/base64.h"
#include "policy/digest.h"

#define BOUND 16 /* bytes of the digest of what a token is bound to */
#define TOKEN (BOUND + 8)

struct scan {
	const struct hf_policy *p;
	const struct hf_policy_search *s;
	void (*found)(void *ctx, const struct hf_policy_entity *entity, const struct hf_policy_decision *decision);
	struct hf_attr_value *values; /* question and entity */
	size_t index;
};

static void add_number(struct pol_digest *d, uint64_t v)
{
	uint8_t b[8];
	hf_put_u64(b, v);
	pol_digest_bytes(d, b, sizeof(b));
}

static void add_value(struct pol_digest *d, const struct hf_attr_value *v)
{
	add_number(d, (uint64_t)v->attr << 32 | (uint64_t)v->issuer << 16 | v->type);
	if (v->type == HF_ATTR_ADDRESS) {
		pol_digest_bytes(d, v->u.address.b, sizeof(v->u.address.b));
	} else if (v->type == HF_ATTR_INTEGER || v->type == HF_ATTR_TIME) {
		add_number(d, (uint64_t)v->u.number);
	} else {
		add_number(d, v->len);
		pol_digest_bytes(d, v->len ? v->u.text : "", v->len);
	}
}

/* Time is not part of it: a page later may find that a rule has expired meanwhile, which is right. */
static void bind_to(const struct hf_policy *p, const struct hf_policy_search *s, struct hf_hash *ret_hash)
{
	struct pol_digest *d = pol_digest_new("search");
	pol_digest_bytes(d, p->hash.b, sizeof(p->hash.b));
	add_number(d, p->version);
	add_number(d, s->generation);
	add_number(d, s->question->mechanisms);
	for (size_t i = 0; i < s->question->count; i++)
		add_value(d, &s->question->values[i]);
	pol_digest_end(d, ret_hash);
}

static enum hf_err read_token(const struct hf_policy_search *s, const struct hf_hash *bound, size_t *ret_index,
                              struct hf_fault *f)
{
	uint8_t raw[HF_SEARCH_TOKEN_MAX];
	size_t len = s->token ? strlen(s->token) : 0, raw_len = 0;
	*ret_index = 0;
	if (len == 0)
		return HF_OK;
	if (len > HF_SEARCH_TOKEN_MAX || !hf_base64_decode(s->token, len, raw, &raw_len) || raw_len != TOKEN)
		return hf_fault_set(f, HF_E_ARGUMENT, "the page token is not one of ours; begin the search again");
	if (memcmp(raw, bound->b, BOUND) != 0)
		return hf_fault_set(
		        f, HF_E_STALE,
		        "the page token belongs to another question, or rules or entries have changed since; "
		        "begin the search again");
	*ret_index = (size_t)hf_get_u64(raw + BOUND);
	return HF_OK;
}

static void write_token(const struct hf_hash *bound, size_t index, char out[HF_SEARCH_TOKEN_MAX + 1])
{
	uint8_t raw[TOKEN];
	memcpy(raw, bound->b, BOUND);
	hf_put_u64(raw + BOUND, index);
	hf_base64(raw, sizeof(raw), out);
}

/* Too many values together are not cut off: the decision refuses them. */
static bool permitted(struct scan *x, const struct hf_policy_entity *e, struct hf_policy_decision *ret_decision)
{
	const struct hf_policy_request *question = x->s->question;
	struct hf_policy_request rq = *question;
	if (question->count + e->count > HF_REQUEST_VALUES_MAX)
		return false;
	memcpy(x->values + question->count, e->values, e->count * sizeof(*e->values));
	rq.values = x->values;
	rq.count = question->count + e->count;
	if (e->mechanisms)
		rq.mechanisms = e->mechanisms;
	hf_policy_decide(x->p, &rq, ret_decision);
	return ret_decision->permit;
}

/* True when there is more. */
static bool scan(struct scan *x, size_t *ret_count)
{
	for (size_t looked_at = 0; looked_at < HF_SEARCH_LOOKED_AT_MAX; looked_at++, x->index++) {
		struct hf_policy_entity e;
		struct hf_policy_decision d;
		if (!x->s->entity(x->s->ctx, x->index, &e))
			return false;
		if (!permitted(x, &e, &d))
			continue;
		if (*ret_count == x->s->limit)
			return true;
		x->found(x->s->ctx, &e, &d);
		++*ret_count;
	}
	return true;
}

enum hf_err hf_policy_search(const struct hf_policy *p, const struct hf_policy_search *s,
                             void (*found)(void *ctx, const struct hf_policy_entity *entity,
                                           const struct hf_policy_decision *decision),
                             struct hf_policy_page *ret_page, struct hf_fault *f)
{
	struct hf_hash bound;
	size_t index, count = 0;
	if (s->limit < 1 || s->limit > HF_SEARCH_LIMIT_MAX)
		return hf_fault_set(f, HF_E_ARGUMENT, "the limit of a page is %zu; give 1 to %d", s->limit,
		                    HF_SEARCH_LIMIT_MAX);
	if (!p || s->question->count > HF_REQUEST_VALUES_MAX) {
		*ret_page = (struct hf_policy_page){.count = 0};
		return HF_OK; /* every decision would be a denial */
	}
	bind_to(p, s, &bound);
	HF_TRY(read_token(s, &bound, &index, f));
	struct scan x = {.p = p, .s = s, .found = found, .index = index};
	x.values = hf_alloc(HF_REQUEST_VALUES_MAX * sizeof(*x.values));
	memcpy(x.values, s->question->values, s->question->count * sizeof(*x.values));
	bool more = scan(&x, &count);
	free(x.values);
	*ret_page = (struct hf_policy_page){.count = count};
	if (more)
		write_token(&bound, x.index, ret_page->token);
	return HF_OK;
}
