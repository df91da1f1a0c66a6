/* border.c - see border.h. */
#include "authz/border.h"

#include <stdlib.h>

#include "authz/internal.h"
#include "proto/codec.h"
#include "state_uses.pb-c.h"

void hf_authz_set_border(struct hf_authz *a, const struct hf_border_rules *rules)
{
	a->border = rules;
}

/* "CN-31" lies in "CN". */
static bool within(const char *place, const char *jurisdiction)
{
	size_t len = strlen(jurisdiction);
	return len > 0 && strncmp(place, jurisdiction, len) == 0 && (place[len] == '\0' || place[len] == '-');
}

static bool same_country(const char *x, const char *y)
{
	size_t n = strcspn(x, "-"), m = strcspn(y, "-");
	return n > 0 && n == m && strncmp(x, y, n) == 0;
}

/* ---- persons of a calendar year ---- */

enum { YEAR_KEY = 4 };

static void year_key(int64_t ms, uint8_t key[YEAR_KEY])
{
	char text[HF_TIME_TEXT];
	hf_time_text(ms, text);
	memcpy(key, text, YEAR_KEY);
}

static enum hf_err count_get(struct hf_authz *a, int64_t ms, Hufu__BorderCountRow *ret_row)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf b = HF_BUF_INIT;
	HF_CLEANUP(hf_decoded_done) Hufu__BorderCountRow *row = NULL;
	uint8_t key[YEAR_KEY];
	year_key(ms, key);
	hufu__border_count_row__init(ret_row);
	enum hf_err e = hf_store_get(a->store, HF_TABLE_BORDER_COUNT, key, sizeof(key), &b);
	if (e == HF_E_UNKNOWN)
		return HF_OK;
	HF_TRY(e);
	row = HF_DECODE_OWN(border_count_row, b.data, b.len);
	if (!row)
		return HF_E_STORE;
	ret_row->reserved = row->reserved;
	ret_row->committed = row->committed;
	return HF_OK;
}

static void count_put(struct hf_unit *u, int64_t ms, const Hufu__BorderCountRow *row)
{
	uint8_t key[YEAR_KEY];
	size_t len = 0;
	uint8_t *value = hf_encode(&row->base, &len);
	if (!value)
		abort();
	year_key(ms, key);
	hf_unit_put(u, HF_TABLE_BORDER_COUNT, key, sizeof(key), value, len);
	free(value);
}

void az_border_reserve(struct hf_authz *a, struct hf_unit *u, int64_t begun_ms, uint64_t persons)
{
	Hufu__BorderCountRow row;
	if (persons == 0 || count_get(a, begun_ms, &row) != HF_OK)
		return;
	row.reserved += persons;
	count_put(u, begun_ms, &row);
}

void az_border_settle(struct hf_authz *a, struct hf_unit *u, int64_t begun_ms, uint64_t persons, uint64_t delivered)
{
	Hufu__BorderCountRow row;
	if (persons == 0 || count_get(a, begun_ms, &row) != HF_OK)
		return; /* what cannot be read stays reserved */
	row.reserved -= row.reserved < persons ? row.reserved : persons;
	row.committed += delivered;
	count_put(u, begun_ms, &row);
}

enum hf_err hf_authz_border_count(struct hf_authz *a, int64_t now_ms, uint64_t *ret_reserved, uint64_t *ret_committed)
{
	Hufu__BorderCountRow row;
	HF_TRY(count_get(a, now_ms, &row));
	*ret_reserved = row.reserved;
	*ret_committed = row.committed;
	return HF_OK;
}

/* ---- the rules of one side ---- */

struct side {
	enum hf_border_side side;
	const char *here, *there; /* whose rules, and the jurisdiction at the other end */
	const struct hf_border_ask *ask;
	const struct hf_border_rules *rules;
	uint64_t persons; /* of this delivery */
	uint64_t counted; /* in this year before it */
	uint32_t percent; /* of a year's limit that this node may use; 0: which part is not said */
};

static bool listed(char *const *list, unsigned count, const char *word)
{
	for (unsigned i = 0; i < count; i++)
		if (strcmp(list[i], word) == 0)
			return true;
	return count == 0;
}

static bool other_fits(const struct hf_border_rule *r, const char *there)
{
	for (unsigned i = 0; i < r->other_count; i++)
		if (strcmp(r->others[i], "*") == 0 || within(there, r->others[i]))
			return true;
	return false;
}

static bool class_fits(const struct hf_border_rule *r, const char *data_class)
{
	for (unsigned i = 0; i < r->class_count; i++) {
		size_t len = strlen(r->classes[i]);
		if (strncmp(data_class, r->classes[i], len) == 0 && (data_class[len] == '\0' || data_class[len] == '/'))
			return true;
	}
	return r->class_count == 0;
}

static bool rule_fits(const struct hf_border_rule *r, const struct side *s)
{
	return other_fits(r, s->there) && listed(r->purposes, r->purpose_count, s->ask->purpose) &&
	       class_fits(r, s->ask->entry->data_class);
}

static bool on_file(const struct side *s, const char *route)
{
	for (unsigned i = 0; i < s->rules->approval_count; i++) {
		const struct hf_border_approval *p = &s->rules->approvals[i];
		if (strcmp(p->route, route) == 0 && strcmp(p->consumer, s->ask->consumer) == 0 &&
		    s->ask->now_ms < p->until_ms)
			return true;
	}
	return false;
}

/* NULL: it permits; else why not. */
static const char *objection(const struct hf_border_rule *r, const struct side *s)
{
	if (!r->allow)
		return "forbids it";
	if (s->ask->entry->level > r->max_level)
		return "forbids data of that level";
	if (has_text(r->route) && !on_file(s, r->route))
		return "asks for an approval that is not on file";
	if (s->ask->entry->personal && r->persons_per_year == 0)
		return "forbids personal information";
	if (s->ask->entry->personal && s->persons == 0)
		return "limits the persons of a year, and how many these are is not known";
	if (s->ask->entry->personal && s->percent == 0)
		return "limits the persons of a year, and `shares` names no part of this node";
	if (s->ask->entry->personal && s->counted + s->persons > (uint64_t)r->persons_per_year * s->percent / 100)
		return "limits the persons of a year, and they are reached";
	return NULL;
}

static bool pack_fits(const struct hf_border_pack *p, const struct side *s)
{
	return p->side == s->side && within(s->here, p->jurisdiction) && s->ask->now_ms >= p->from_ms &&
	       s->ask->now_ms < p->until_ms;
}

/* Every pack that is in force must permit, by its first rule that fits; where there is none, nothing permits. */
static bool permits(const struct side *s, char *text, size_t cap)
{
	static const char *const roles[] = {"", "origin", "destination"};
	bool found = false;
	for (unsigned i = 0; s->rules && i < s->rules->pack_count; i++) {
		const struct hf_border_pack *p = &s->rules->packs[i];
		if (!pack_fits(p, s))
			continue;
		unsigned k = 0;
		while (k < p->rule_count && !rule_fits(&p->rules[k], s))
			k++;
		const char *why = k < p->rule_count ? objection(&p->rules[k], s) : "has no rule for it";
		if (why) {
			snprintf(text, cap, "%s %.15s denies: %.40s %s", roles[s->side], s->here, p->name, why);
			return false;
		}
		snprintf(text, cap, "%s %.15s permits: %.40s rule %u", roles[s->side], s->here, p->name, k + 1);
		found = true;
	}
	if (!found)
		snprintf(text, cap, "%s %.15s denies: no rules are configured for it", roles[s->side],
		         has_text(s->here) ? s->here : "unknown");
	return found;
}

static const char *place_of(struct hf_authz *a, const char *node)
{
	const Hufu__Member *m = hf_space_member(hf_peers_space(a->peers), node);
	return m && m->jurisdiction ? m->jurisdiction : "";
}

/* Of the same legal entity, and may provide data, whatever its standing is at the moment. */
static bool has_sibling(struct hf_authz *a)
{
	const struct hf_space *space = hf_peers_space(a->peers);
	const Hufu__Descriptor *d = hf_space_current(space);
	const Hufu__Member *self = hf_space_member(space, a->base->self.s);
	for (size_t i = 0; d && self && i < d->n_members; i++)
		if (!is_self(a, d->members[i]->id) && same_text(d->members[i]->organization, self->organization) &&
		    hf_space_has_role(space, d->members[i]->id, "provider"))
			return true;
	return !self;
}

static uint32_t percent_of(struct hf_authz *a)
{
	const struct hf_border_rules *r = a->border;
	for (unsigned i = 0; r && i < r->share_count; i++)
		if (is_self(a, r->shares[i].node))
			return r->shares[i].percent;
	return (r && r->share_count) || has_sibling(a) ? 0 : 100;
}

uint32_t hf_authz_border_share(struct hf_authz *a)
{
	return percent_of(a);
}

enum hf_err hf_authz_border_check(struct hf_authz *a, const struct hf_border_ask *ask, char ret_text[HF_BORDER_TEXT],
                                  uint64_t *ret_persons, struct hf_fault *f)
{
	const char *origin = place_of(a, a->base->self.s), *destination = place_of(a, ask->consumer);
	char one[HF_BORDER_TEXT / 2 - 1], two[HF_BORDER_TEXT / 2 - 1];
	Hufu__BorderCountRow count;
	ret_text[0] = '\0';
	*ret_persons = 0;
	if (is_self(a, ask->consumer) || same_country(origin, destination))
		return HF_OK;
	if (count_get(a, ask->own ? ask->own_begun_ms : ask->now_ms, &count) != HF_OK)
		return hf_fault_set(
		        f, HF_E_STORE,
		        "the persons counted across the border cannot be read, so nothing is permitted; see "
		        "`hufu doctor`");
	struct side s = {.side = HF_BORDER_ORIGIN,
	                 .here = origin,
	                 .there = destination,
	                 .ask = ask,
	                 .rules = a->border,
	                 .counted = count.reserved + count.committed,
	                 .percent = percent_of(a)};
	s.counted -= s.counted < ask->own ? s.counted : ask->own;
	s.persons = ask->entry->personal ? ask->rows : 0;
	bool leaves = permits(&s, one, sizeof(one));
	s.side = HF_BORDER_DESTINATION;
	s.here = destination;
	s.there = origin;
	bool enters = permits(&s, two, sizeof(two)); /* both are asked, whatever the first says */
	snprintf(ret_text, HF_BORDER_TEXT, "%s; %s", one, two);
	if (!leaves || !enters)
		return hf_fault_set(f, HF_E_BORDER,
		                    "the exchange crosses a border and is not permitted (%s); ask the provider which "
		                    "approval is needed",
		                    ret_text);
	*ret_persons = s.persons;
	return HF_OK;
}
