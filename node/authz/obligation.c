/* obligation.c - see obligation.h. */
#include "authz/obligation.h"

#include <string.h>

#include "source/readers/csv_filter.h"

/* Every obligation that a gate here fulfils: at the provider with the delivery, or at the consumer by keeping the data
 * sealed (exchange/target_sealed.c). most 0: the name alone; else "NAME:N", N from 1 to most. Besides them
 * "mask:PLAN" and "rows:CONDITIONS", fulfilled in the delivery (exchange/masked.c, exchange/chosen.c). */
static const struct obligation {
	const char *name;
	uint64_t most;
	bool seals;
} known[] = {
        {"log", 0, false},
        {"receipt", 0, false},
        {"no-onward-sharing", 0, false},
        {HF_DUTY_ONWARD_DERIVED, 0, false},
        {"report-use", 0, false},
        {"uses", HF_USES_AT_MOST, false},
        {"sealed", 0, true},
        {"delete-at-end", 0, true},
        {"delete-after", HF_DELETE_AFTER_AT_MOST, true},
};

/* One form only: no sign, no leading zero. */
static bool number_of(const char *digits, uint64_t most, uint64_t *ret_number)
{
	uint64_t n = 0;
	if (*digits < '1' || *digits > '9')
		return false;
	for (; *digits >= '0' && *digits <= '9' && n <= most; digits++)
		n = n * 10 + (uint64_t)(*digits - '0');
	if (*digits || n > most)
		return false;
	*ret_number = n;
	return true;
}

static const struct obligation *find(const char *text, uint64_t *ret_number)
{
	for (size_t i = 0; text && i < sizeof(known) / sizeof(known[0]); i++) {
		const struct obligation *o = &known[i];
		size_t len = strlen(o->name);
		if (strncmp(text, o->name, len) != 0)
			continue;
		if (o->most == 0 && !text[len])
			return o;
		if (o->most > 0 && text[len] == ':' && number_of(text + len + 1, o->most, ret_number))
			return o;
	}
	return NULL;
}

static bool numbered(const char *obligation, const char *name, uint64_t *ret_number)
{
	uint64_t n = 0;
	const struct obligation *o = find(obligation, &n);
	if (!o || strcmp(o->name, name) != 0)
		return false;
	*ret_number = n;
	return true;
}

bool hf_uses_parse(const char *obligation, uint64_t *ret_most)
{
	return numbered(obligation, "uses", ret_most);
}

bool hf_delete_after_parse(const char *obligation, uint64_t *ret_ms)
{
	return numbered(obligation, "delete-after", ret_ms);
}

bool hf_obligation_seals(const char *obligation)
{
	uint64_t n;
	const struct obligation *o = find(obligation, &n);
	return o && o->seals;
}

uint64_t hf_uses_most(const Hufu__Agreement *terms)
{
	return hf_uses_most_in(terms->obligations, terms->n_obligations);
}

uint64_t hf_uses_most_in(char *const *obligations, size_t count)
{
	uint64_t most = UINT64_MAX, n;
	for (size_t i = 0; i < count; i++)
		if (hf_uses_parse(obligations[i], &n) && n < most)
			most = n;
	return most;
}

uint64_t hf_uses_most_of(const Hufu__CatalogEntry *entry)
{
	uint64_t most = UINT64_MAX, n;
	for (size_t i = 0; i < entry->n_policy; i++)
		if (strcmp(entry->policy[i]->kind, "duty") == 0 && hf_uses_parse(entry->policy[i]->action, &n) &&
		    n < most)
			most = n;
	return most;
}

bool hf_duty_asked(const Hufu__CatalogEntry *entry, const char *duty)
{
	for (size_t i = 0; i < entry->n_policy; i++)
		if (strcmp(entry->policy[i]->kind, "duty") == 0 && strcmp(entry->policy[i]->action, duty) == 0)
			return true;
	return false;
}

static bool listed(char *const *list, size_t count, const char *word)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(list[i], word) == 0)
			return true;
	return false;
}

bool hf_terms_onward(char *const *obligations, size_t count)
{
	return listed(obligations, count, HF_DUTY_ONWARD_DERIVED) && !listed(obligations, count, "no-onward-sharing");
}

bool hf_mask_parse(const char *obligation, char ret_plan[HF_NAME_MAX + 1])
{
	static const char name[] = "mask:";
	struct hf_name plan;
	if (!obligation || strncmp(obligation, name, sizeof(name) - 1) != 0 ||
	    strlen(obligation) > sizeof(name) - 1 + HF_MASK_PLAN_MAX ||
	    !hf_name_parse(obligation + sizeof(name) - 1, &plan))
		return false;
	memcpy(ret_plan, plan.s, sizeof(plan.s));
	return true;
}

bool hf_rows_parse(const char *obligation, const char **ret_conditions)
{
	static const char name[] = "rows:";
	const char *text = obligation + sizeof(name) - 1;
	if (strncmp(obligation, name, sizeof(name) - 1) != 0 || strlen(text) > HF_ROWS_MAX)
		return false;
	struct hf_csv_filter *f = hf_csv_filter_new();
	bool good = hf_csv_filter_add(f, text, NULL) == HF_OK;
	hf_csv_filter_free(f);
	if (good)
		*ret_conditions = text;
	return good;
}

bool hf_obligation_known(const char *obligation)
{
	char plan[HF_NAME_MAX + 1];
	uint64_t n;
	const char *rows;
	return find(obligation, &n) != NULL || hf_mask_parse(obligation, plan) ||
	       (obligation && hf_rows_parse(obligation, &rows));
}
