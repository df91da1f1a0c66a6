/* emergency_states.c - see emergency_states.h. */
#include "authz/emergency_states.h"

#include <string.h>

/* [state][step]; what is not named is forbidden. Nodes hear of the same request in different orders, so what the
 * provider made of it may come before the votes did. */
static const enum hf_em_state table[HF_EM_STATE_COUNT][HF_EM_STEP_COUNT] = {
        [HF_EM_NONE] = {[HF_EM_RAISE] = HF_EM_OPEN},
        [HF_EM_OPEN] = {[HF_EM_RESUBMIT] = HF_EM_OPEN,
                        [HF_EM_VOTE] = HF_EM_OPEN,
                        [HF_EM_REVIEW] = HF_EM_OPEN,
                        [HF_EM_APPROVE] = HF_EM_APPROVED,
                        [HF_EM_REJECT] = HF_EM_REJECTED,
                        [HF_EM_RETURN] = HF_EM_RETURNED,
                        [HF_EM_EXECUTE] = HF_EM_EXECUTED,
                        [HF_EM_ACTIVATE] = HF_EM_ACTIVE,
                        [HF_EM_REFUSE] = HF_EM_REFUSED},
        [HF_EM_APPROVED] = {[HF_EM_VOTE] = HF_EM_APPROVED,
                            [HF_EM_REVIEW] = HF_EM_APPROVED,
                            [HF_EM_EXECUTE] = HF_EM_EXECUTED,
                            [HF_EM_ACTIVATE] = HF_EM_ACTIVE,
                            [HF_EM_REFUSE] = HF_EM_REFUSED},
        [HF_EM_RETURNED] = {[HF_EM_RESUBMIT] = HF_EM_OPEN, [HF_EM_VOTE] = HF_EM_RETURNED},
        [HF_EM_REJECTED] = {[HF_EM_VOTE] = HF_EM_REJECTED},
        [HF_EM_EXECUTED] =
                {[HF_EM_VOTE] = HF_EM_EXECUTED, [HF_EM_ACTIVATE] = HF_EM_ACTIVE, [HF_EM_REFUSE] = HF_EM_REFUSED},
        [HF_EM_REFUSED] = {[HF_EM_VOTE] = HF_EM_REFUSED},
        [HF_EM_ACTIVE] = {[HF_EM_VOTE] = HF_EM_ACTIVE, [HF_EM_WITHDRAW] = HF_EM_ACTIVE, [HF_EM_FINISH] = HF_EM_ENDED},
        [HF_EM_ENDED] = {[HF_EM_VOTE] = HF_EM_ENDED},
};

bool hf_em_next(enum hf_em_state from, enum hf_em_step step, enum hf_em_state *ret_next)
{
	if ((unsigned)from >= HF_EM_STATE_COUNT || (unsigned)step >= HF_EM_STEP_COUNT ||
	    table[from][step] == HF_EM_NONE)
		return false;
	*ret_next = table[from][step];
	return true;
}

const char *hf_em_state_name(enum hf_em_state s)
{
	static const char *const names[] = {
#define HF_EM_STATE_NAME(code, name) name,
	        HF_EM_STATES(HF_EM_STATE_NAME)
#undef HF_EM_STATE_NAME
	};
	return (unsigned)s < HF_EM_STATE_COUNT ? names[s] : "";
}

const char *hf_em_step_name(enum hf_em_step s)
{
	static const char *const names[] = {"",
#define HF_EM_STEP_NAME(code, name) name,
	                                    HF_EM_STEPS(HF_EM_STEP_NAME)
#undef HF_EM_STEP_NAME
	};
	return (unsigned)s < HF_EM_STEP_COUNT ? names[s] : "";
}

enum hf_em_state hf_em_state_from_name(const char *name)
{
	for (enum hf_em_state s = HF_EM_OPEN; s < HF_EM_STATE_COUNT; s++)
		if (strcmp(name, hf_em_state_name(s)) == 0)
			return s;
	return HF_EM_NONE;
}

const char *hf_em_way_out(enum hf_em_state s)
{
	static const char *const hints[HF_EM_STATE_COUNT] = {
	        [HF_EM_NONE] = "it has to arrive here first",
	        [HF_EM_OPEN] = "the leading group has to decide first (`hufu emergency decide`)",
	        [HF_EM_APPROVED] = "the data management department carries it out (`hufu emergency execute`)",
	        [HF_EM_RETURNED] = "the authority corrects it with `hufu emergency raise --resubmit`",
	        [HF_EM_REJECTED] = "this is final: file an ordinary application with `hufu apply`",
	        [HF_EM_EXECUTED] = "the provider's node makes it usable by itself",
	        [HF_EM_REFUSED] = "this is final: the provider's node said why (`hufu emergency show`)",
	        [HF_EM_ACTIVE] = "it is usable; the leading group can end it with `hufu emergency withdraw`",
	        [HF_EM_ENDED] = "it is over: for further use file an application with `hufu apply`",
	};
	return (unsigned)s < HF_EM_STATE_COUNT ? hints[s] : "";
}

static bool in_list(const char *word, const char *list)
{
	size_t len = strlen(word);
	for (const char *at = list; *at;) {
		at += strspn(at, ", ");
		size_t n = strcspn(at, ", ");
		if (n == len && len > 0 && memcmp(at, word, n) == 0)
			return true;
		at += n;
	}
	return false;
}

bool hf_em_kind_ok(const char *kind, const char *list)
{
	return in_list(kind, list && list[0] ? list : HF_EM_KINDS_TEXT);
}

const char *hf_em_organization(const Hufu__Descriptor *d, const char *node)
{
	for (size_t i = 0; i < d->n_members; i++)
		if (strcmp(d->members[i]->id, node) == 0)
			return d->members[i]->organization;
	return NULL;
}

bool hf_em_in_group(const Hufu__Descriptor *d, const char *node)
{
	for (size_t i = 0; i < d->n_leading_group; i++)
		if (strcmp(d->leading_group[i], node) == 0)
			return true;
	return false;
}

static bool is_barred(const struct hf_em_barred *barred, const char *organization)
{
	for (size_t i = 0; i < sizeof(barred->organization) / sizeof(barred->organization[0]); i++)
		if (barred->organization[i] && strcmp(barred->organization[i], organization) == 0)
			return true;
	return false;
}

bool hf_em_may_vote(const Hufu__Descriptor *d, const struct hf_em_barred *barred, const char *node)
{
	const char *organization = hf_em_organization(d, node);
	return organization && hf_em_in_group(d, node) && !is_barred(barred, organization);
}

/* Is the i-th of the leading group the first one of its organization there? */
static bool is_first(const Hufu__Descriptor *d, size_t i, const char *organization)
{
	for (size_t k = 0; k < i; k++) {
		const char *other = hf_em_organization(d, d->leading_group[k]);
		if (other && strcmp(other, organization) == 0)
			return false;
	}
	return true;
}

/* What one organization says: the most cautious of its nodes' votes; 0: nothing. */
static char voice_of(const Hufu__Descriptor *d, const char *organization, const struct hf_em_ballot *votes,
                     size_t count)
{
	static const char cautious_first[] = "FSTW";
	char voice = 0;
	for (size_t i = 0; i < count; i++) {
		const char *own = hf_em_in_group(d, votes[i].node) ? hf_em_organization(d, votes[i].node) : NULL;
		const char *at = strchr(cautious_first, votes[i].result);
		if (!own || strcmp(own, organization) != 0 || !votes[i].result || !at)
			continue;
		if (!voice || at < strchr(cautious_first, voice))
			voice = votes[i].result;
	}
	return voice;
}

void hf_em_count(const Hufu__Descriptor *d, const struct hf_em_barred *barred, const struct hf_em_ballot *votes,
                 size_t count, struct hf_em_count *ret_count)
{
	struct hf_em_count c = {.of = 0};
	for (size_t i = 0; i < d->n_leading_group; i++) {
		const char *organization = hf_em_organization(d, d->leading_group[i]);
		if (!organization || !is_first(d, i, organization))
			continue;
		c.of++;
		if (is_barred(barred, organization))
			continue;
		c.able++;
		char voice = voice_of(d, organization, votes, count);
		c.t += voice == 'T';
		c.f += voice == 'F';
		c.s += voice == 'S';
		c.w += voice == 'W';
	}
	c.needed = c.of / 2 + 1;
	if (c.needed < d->leading_threshold)
		c.needed = d->leading_threshold;
	*ret_count = c;
}

char hf_em_outcome(const struct hf_em_count *c)
{
	unsigned silent = c->able - c->t - c->f - c->s - c->w;
	if (c->of == 0)
		return 0;
	if (c->t >= c->needed)
		return 'T';
	if (c->f >= c->needed)
		return 'F';
	if (c->t + silent >= c->needed || c->f + silent >= c->needed)
		return 0;
	return 'S';
}
