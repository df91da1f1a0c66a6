/* space_rules.c - the rules that one descriptor must fulfil by itself. What it says of the one before is checked in
 * space.c. */
#include "evidence/space_internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"

#define DATE_TEXT 10

const Hufu__Member *hf_descriptor_member(const Hufu__Descriptor *d, const char *node)
{
	size_t lo = 0, hi = d->n_members;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		int order = strcmp(d->members[mid]->id, node);
		if (order == 0)
			return d->members[mid];
		if (order < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return NULL;
}

/* Host and port behind "tcp://": a name, an IPv4 address or an IPv6 address in brackets, then ':' and 1..65535. */
static bool tcp_ok(const char *at)
{
	const char *colon = strrchr(at, ':');
	if (colon == NULL || colon == at)
		return false;
	size_t host = (size_t)(colon - at);
	bool bracket = at[0] == '[' && at[host - 1] == ']' && host > 2;
	const char *allowed = bracket ? "[]:.0123456789abcdefABCDEF"
	                              : ".-_0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
	if (strspn(at, allowed) < host)
		return false;
	size_t digits = strspn(colon + 1, "0123456789");
	if (digits == 0 || digits > 5 || colon[1 + digits] != 0 || colon[1] == '0')
		return false;
	return strtoul(colon + 1, NULL, 10) <= 65535;
}

bool hf_space_address_ok(const char *address)
{
	if (strncmp(address, "tcp://", 6) == 0)
		return tcp_ok(address + 6);
	return strncmp(address, "ipc:///", 7) == 0 && address[7] != 0;
}

static bool date_ok(const char *date)
{
	int64_t ms;
	return strlen(date) == DATE_TEXT && hf_time_parse(date, &ms);
}

static int compare_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The first text that stands twice in the list, or NULL. Sorts the pointers. */
static const char *find_double(const char **texts, size_t count)
{
	qsort(texts, count, sizeof(*texts), compare_text);
	for (size_t i = 1; i < count; i++)
		if (strcmp(texts[i - 1], texts[i]) == 0)
			return texts[i];
	return NULL;
}

static void texts_done(const char ***texts)
{
	free(*texts);
}

static const char *double_in(char *const *list, size_t count)
{
	HF_CLEANUP(texts_done) const char **texts = hf_alloc((count + 1) * sizeof(*texts));
	for (size_t i = 0; i < count; i++)
		texts[i] = list[i];
	return find_double(texts, count);
}

static enum hf_err check_addresses(const Hufu__Descriptor *d, struct hf_fault *f)
{
	size_t count = 0;
	for (size_t i = 0; i < d->n_members; i++)
		count += d->members[i]->n_addresses;
	HF_CLEANUP(texts_done) const char **texts = hf_alloc((count + 1) * sizeof(*texts));
	count = 0;
	for (size_t i = 0; i < d->n_members; i++) {
		const Hufu__Member *m = d->members[i];
		for (size_t k = 0; k < m->n_addresses; k++) {
			if (!hf_space_address_ok(m->addresses[k]))
				return hf_fault_set(f, HF_E_FORMAT,
				                    "member %s has the address %s, which is not tcp://HOST:PORT", m->id,
				                    m->addresses[k]);
			texts[count++] = m->addresses[k];
		}
	}
	const char *twice = find_double(texts, count);
	if (twice != NULL)
		return hf_fault_set(f, HF_E_FORMAT, "the address %s is given twice; each belongs to one member", twice);
	return HF_OK;
}

struct key {
	const uint8_t *bytes;
	const char *owner;
};

static int compare_keys(const void *a, const void *b)
{
	return memcmp(((const struct key *)a)->bytes, ((const struct key *)b)->bytes, 32);
}

static void keys_done(struct key **keys)
{
	free(*keys);
}

static void add_key(struct key *keys, size_t *count, const ProtobufCBinaryData *bytes, const char *owner)
{
	if (bytes->len == 32)
		keys[(*count)++] = (struct key){bytes->data, owner};
}

/* One key, one use, one owner: a cosignature does not name its signer, and a key with two uses mixes their domains. */
static enum hf_err check_unique_keys(const Hufu__Descriptor *d, struct hf_fault *f)
{
	size_t count = 3;
	for (size_t i = 0; i < d->n_members; i++)
		count += d->members[i]->n_keys;
	HF_CLEANUP(keys_done) struct key *keys = hf_alloc(count * sizeof(*keys));
	count = 0;
	add_key(keys, &count, &d->root_key, "the space authority");
	add_key(keys, &count, &d->next_root_key, "the space authority");
	add_key(keys, &count, &d->revocation_key, "the space authority");
	for (size_t i = 0; i < d->n_members; i++)
		for (size_t k = 0; k < d->members[i]->n_keys; k++)
			add_key(keys, &count, &d->members[i]->keys[k]->public_key, d->members[i]->id);
	qsort(keys, count, sizeof(*keys), compare_keys);
	for (size_t i = 1; i < count; i++)
		if (memcmp(keys[i - 1].bytes, keys[i].bytes, 32) == 0)
			return hf_fault_set(f, HF_E_FORMAT,
			                    "%s and %s have the same key; each key has one owner and one use",
			                    keys[i - 1].owner, keys[i].owner);
	return HF_OK;
}

static int64_t key_end(const Hufu__MemberKey *k)
{
	return k->not_after_ms == 0 ? INT64_MAX : k->not_after_ms;
}

/* Two keys of one use at one time would leave open which one counts. */
static enum hf_err check_key_times(const Hufu__Member *m, struct hf_fault *f)
{
	for (size_t i = 0; i < m->n_keys; i++) {
		const Hufu__MemberKey *a = m->keys[i];
		if (a->not_before_ms >= key_end(a))
			return hf_fault_set(f, HF_E_FORMAT, "the %s key of member %s ends before it begins",
			                    hf_key_use_name((enum hf_key_use)a->use), m->id);
		for (size_t k = 0; k < i; k++) {
			const Hufu__MemberKey *b = m->keys[k];
			if (a->use == b->use && a->not_before_ms < key_end(b) && b->not_before_ms < key_end(a))
				return hf_fault_set(f, HF_E_FORMAT, "member %s has two %s keys for the same time",
				                    m->id, hf_key_use_name((enum hf_key_use)a->use));
		}
	}
	return HF_OK;
}

static bool has_key(const Hufu__Member *m, enum hf_key_use use)
{
	for (size_t i = 0; i < m->n_keys; i++)
		if (m->keys[i]->use == (uint32_t)use)
			return true;
	return false;
}

static bool departments_ok(const Hufu__Member *m)
{
	struct hf_name name;
	for (size_t i = 0; i < m->n_departments; i++)
		if (!hf_name_parse(m->departments[i], &name))
			return false;
	return double_in(m->departments, m->n_departments) == NULL;
}

static bool attributes_ok(const Hufu__Member *m)
{
	for (size_t i = 0; i < m->n_attributes; i++)
		for (size_t k = 0; k < i; k++)
			if (strcmp(m->attributes[i]->name, m->attributes[k]->name) == 0)
				return false;
	return true;
}

enum hf_err hf_member_check(const Hufu__Member *m, struct hf_fault *f)
{
	static const enum hf_key_use always[] = {HF_KEY_ENVELOPE, HF_KEY_NOISE, HF_KEY_LOG};
	for (size_t i = 0; i < sizeof(always) / sizeof(always[0]); i++)
		if (!has_key(m, always[i]))
			return hf_fault_set(f, HF_E_FORMAT, "member %s has no %s key", m->id,
			                    hf_key_use_name(always[i]));
	if (m->not_after_ms != 0 && m->not_before_ms >= m->not_after_ms)
		return hf_fault_set(f, HF_E_FORMAT, "the membership of %s ends before it begins", m->id);
	if (!departments_ok(m))
		return hf_fault_set(f, HF_E_FORMAT, "a department of member %s is no name, or stands twice", m->id);
	if (!attributes_ok(m))
		return hf_fault_set(f, HF_E_FORMAT, "an attribute of member %s is given twice", m->id);
	for (size_t i = 0; i < m->n_addresses; i++)
		if (!hf_space_address_ok(m->addresses[i]))
			return hf_fault_set(f, HF_E_FORMAT,
			                    "member %s has the address %s, which is not tcp://HOST:PORT", m->id,
			                    m->addresses[i]);
	return check_key_times(m, f);
}

static enum hf_err check_members(const Hufu__Descriptor *d, struct hf_fault *f)
{
	if (d->n_members == 0)
		return hf_fault_set(f, HF_E_FORMAT, "the descriptor names no member");
	for (size_t i = 0; i < d->n_members; i++) {
		const Hufu__Member *m = d->members[i];
		if (i > 0 && strcmp(d->members[i - 1]->id, m->id) >= 0)
			return hf_fault_set(f, HF_E_FORMAT, "member %s stands twice or out of order", m->id);
		HF_TRY(hf_member_check(m, f));
	}
	for (size_t i = 0; i < d->n_members; i++) {
		const Hufu__Member *m = d->members[i];
		const char *twice = double_in(m->mirrors, m->n_mirrors);
		for (size_t k = 0; k < m->n_mirrors; k++)
			if (hf_descriptor_member(d, m->mirrors[k]) == NULL || strcmp(m->mirrors[k], m->id) == 0)
				twice = m->mirrors[k];
		if (twice != NULL)
			return hf_fault_set(f, HF_E_FORMAT,
			                    "%s cannot be a mirror of %s: it is no other member, or stands twice",
			                    twice, m->id);
	}
	return HF_OK;
}

static enum hf_err check_witnesses(const Hufu__Descriptor *d, struct hf_fault *f)
{
	const char *twice = double_in(d->witnesses, d->n_witnesses);
	if (twice != NULL)
		return hf_fault_set(f, HF_E_FORMAT, "the witness %s stands twice", twice);
	for (size_t i = 0; i < d->n_witnesses; i++) {
		const Hufu__Member *m = hf_descriptor_member(d, d->witnesses[i]);
		if (m == NULL || !has_key(m, HF_KEY_WITNESS))
			return hf_fault_set(f, HF_E_FORMAT, "the witness %s is no member with a witness key",
			                    d->witnesses[i]);
	}
	if (d->n_witnesses < HF_WITNESSES_MIN)
		return hf_fault_set(f, HF_E_FORMAT, "the descriptor names %zu witnesses; at least %d are needed",
		                    d->n_witnesses, HF_WITNESSES_MIN);
	if (d->quorum > d->n_witnesses || (size_t)d->quorum * 2 <= d->n_witnesses)
		return hf_fault_set(f, HF_E_FORMAT, "the quorum %u is not more than half of the %zu witnesses",
		                    d->quorum, d->n_witnesses);
	return HF_OK;
}

static enum hf_err check_leading_group(const Hufu__Descriptor *d, struct hf_fault *f)
{
	const char *bad = double_in(d->leading_group, d->n_leading_group);
	for (size_t i = 0; i < d->n_leading_group; i++)
		if (hf_descriptor_member(d, d->leading_group[i]) == NULL)
			bad = d->leading_group[i];
	if (bad != NULL)
		return hf_fault_set(f, HF_E_FORMAT, "%s of the leading group is no member, or stands twice", bad);
	if (d->leading_threshold > d->n_leading_group || (d->n_leading_group > 0 && d->leading_threshold == 0))
		return hf_fault_set(f, HF_E_FORMAT, "the threshold of the leading group is %u of %zu",
		                    d->leading_threshold, d->n_leading_group);
	return HF_OK;
}

/* The working days of the space (AZ-21). */
static enum hf_err check_calendar(const Hufu__Descriptor *d, struct hf_fault *f)
{
	int minutes;
	for (size_t i = 0; i < d->n_holidays; i++)
		if (!date_ok(d->holidays[i]))
			return hf_fault_set(f, HF_E_FORMAT, "the holiday %s is no date such as 2026-10-01",
			                    d->holidays[i]);
	for (size_t i = 0; i < d->n_workdays; i++) {
		if (!date_ok(d->workdays[i]))
			return hf_fault_set(f, HF_E_FORMAT, "the working day %s is no date such as 2026-10-10",
			                    d->workdays[i]);
		for (size_t k = 0; k < d->n_holidays; k++)
			if (strcmp(d->holidays[k], d->workdays[i]) == 0)
				return hf_fault_set(f, HF_E_FORMAT, "%s is named as a holiday and as a working day",
				                    d->workdays[i]);
	}
	if (!hf_utc_offset_parse(d->utc_offset, &minutes))
		return hf_fault_set(f, HF_E_FORMAT, "the offset from UTC '%s' is none such as +08:00", d->utc_offset);
	return HF_OK;
}

enum hf_err hf_descriptor_check(const Hufu__Descriptor *d, struct hf_fault *f)
{
	if (!hf_suite_usable(d->header->suite))
		return hf_fault_set(f, HF_E_SUITE, "the descriptor uses suite %u, which this program does not offer",
		                    d->header->suite);
	if (d->header->space[0] == 0)
		return hf_fault_set(f, HF_E_FORMAT, "the descriptor does not name its space");
	if (d->not_before_ms >= d->not_after_ms)
		return hf_fault_set(f, HF_E_FORMAT, "the validity of the descriptor ends before it begins");
	HF_TRY(check_calendar(d, f));
	HF_TRY(check_members(d, f));
	HF_TRY(check_addresses(d, f));
	HF_TRY(check_unique_keys(d, f));
	HF_TRY(check_witnesses(d, f));
	return check_leading_group(d, f);
}
