/* allowance.c - see allowance.h. */
#include "exchange/allowance.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "identity/accounts.h"
#include "proto/codec.h"
#include "state_data.pb-c.h"
#include "store/store.h"

#define ROLES_OF_ONE 64

struct counter {
	struct counter *next;
	char account[HF_NAME_MAX + 1], role[HF_NAME_MAX + 1];
	int64_t since_ms;
	struct allowance_amount taken;
	bool told; /* of this window */
};
struct allowance {
	const struct hf_base *base;
	struct hf_store *store;
	struct hf_identity *identity;
	struct hf_bulk_limit limits[HF_BULK_LIMITS_MAX];
	size_t count;
	struct counter *counters; /* one for an account and a role; as many as there are rows */
};

struct allowance *allowance_new(const struct hf_base *base, struct hf_store *store, struct hf_identity *identity)
{
	struct allowance *a = hf_alloc_zero(sizeof(*a));
	a->base = base;
	a->store = store;
	a->identity = identity;
	return a;
}

static void forget(struct allowance *a)
{
	for (size_t i = 0; i < a->count; i++)
		free(a->limits[i].role);
	a->count = 0;
}

void allowance_free(struct allowance *a)
{
	if (!a)
		return;
	forget(a);
	for (struct counter *c = a->counters, *next; c; c = next) {
		next = c->next;
		free(c);
	}
	free(a);
}

void allowance_set(struct allowance *a, const struct hf_bulk_limit *limits, size_t count)
{
	forget(a);
	for (; a->count < count && a->count < HF_BULK_LIMITS_MAX; a->count++) {
		a->limits[a->count] = limits[a->count];
		a->limits[a->count].role = hf_strdup(limits[a->count].role);
	}
}

/* ---- whose limits ---- */

struct roles {
	const char *list[ROLES_OF_ONE];
	size_t count;
};

/* An account that cannot be read holds every role. */
static void roles_of(const struct allowance *a, const char *account, struct roles *ret_roles)
{
	HF_CLEANUP(hf_decoded_done) Hufu__AccountRow *row = NULL;
	ret_roles->count = SIZE_MAX;
	if (a->count > 0 && hf_account_get(a->identity, account, &row) == HF_OK)
		ret_roles->count = hf_account_effective(a->identity, row, ret_roles->list, ROLES_OF_ONE);
}

static bool holds(const struct roles *r, const char *role)
{
	if (r->count > ROLES_OF_ONE)
		return true;
	for (size_t i = 0; i < r->count; i++)
		if (strcmp(r->list[i], role) == 0)
			return true;
	return false;
}

bool allowance_counts(struct allowance *a, const char *account)
{
	struct roles roles;
	roles_of(a, account, &roles);
	for (size_t i = 0; i < a->count; i++)
		if (holds(&roles, a->limits[i].role))
			return true;
	return false;
}

/* ---- counters ---- */

#define KEY_MAX (2 * (HF_NAME_MAX + 1))

static size_t key_of(const struct counter *c, uint8_t key[KEY_MAX])
{
	size_t account = strlen(c->account) + 1, role = strlen(c->role);
	memcpy(key, c->account, account);
	memcpy(key + account, c->role, role);
	return account + role;
}

static void put(struct hf_unit *u, const struct counter *c)
{
	Hufu__AllowanceRow row = HUFU__ALLOWANCE_ROW__INIT;
	uint8_t key[KEY_MAX];
	size_t len = 0;
	row.account = (char *)c->account;
	row.role = (char *)c->role;
	row.since_ms = c->since_ms;
	row.objects = c->taken.objects;
	row.rows = c->taken.rows;
	row.bytes = c->taken.bytes;
	uint8_t *data = hf_encode(&row.base, &len);
	if (!data)
		abort(); /* memory is gone */
	hf_unit_put(u, HF_TABLE_ALLOWANCE, key, key_of(c, key), data, len);
	free(data);
}

/* UNKNOWN: it has taken nothing yet. */
static enum hf_err load(const struct allowance *a, struct counter *c)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf b = HF_BUF_INIT;
	uint8_t key[KEY_MAX];
	HF_TRY(hf_store_get(a->store, HF_TABLE_ALLOWANCE, key, key_of(c, key), &b));
	HF_CLEANUP(hf_decoded_done) Hufu__AllowanceRow *row = HF_DECODE_OWN(allowance_row, b.data, b.len);
	if (!row)
		return HF_E_STORE;
	c->since_ms = row->since_ms;
	c->taken = (struct allowance_amount){row->objects, row->rows, row->bytes};
	return HF_OK;
}

static enum hf_err find(struct allowance *a, const char *account, const char *role, struct counter **ret_counter)
{
	struct counter *c = a->counters;
	while (c && (strcmp(c->account, account) != 0 || strcmp(c->role, role) != 0))
		c = c->next;
	if (!c) {
		c = hf_alloc_zero(sizeof(*c));
		snprintf(c->account, sizeof(c->account), "%s", account);
		snprintf(c->role, sizeof(c->role), "%s", role);
		enum hf_err e = load(a, c);
		if (e != HF_OK && e != HF_E_UNKNOWN) {
			free(c);
			return e;
		}
		c->next = a->counters;
		a->counters = c;
	}
	*ret_counter = c;
	return HF_OK;
}

static uint32_t minutes_of(const struct hf_bulk_limit *l)
{
	return l->window_minutes ? l->window_minutes : HF_BULK_WINDOW_MINUTES;
}

/* A clock that was set back leaves the window as it is. */
static void roll(const struct allowance *a, struct counter *c, const struct hf_bulk_limit *l)
{
	int64_t now = hf_now_ms(&a->base->clock);
	if (c->since_ms != 0 && now - c->since_ms < (int64_t)minutes_of(l) * 60000)
		return;
	c->since_ms = now;
	c->taken = (struct allowance_amount){0, 0, 0};
	c->told = false;
}

static uint64_t sum(uint64_t a, uint64_t b)
{
	return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

/* ---- the limit ---- */

static const char *beyond(const struct hf_bulk_limit *l, const struct allowance_amount *taken,
                          const struct allowance_amount *more, uint64_t *ret_limit)
{
	const struct {
		const char *what;
		uint64_t limit, taken, more;
	} rows[] = {{"objects", l->objects, taken->objects, more->objects},
	            {"rows", l->rows, taken->rows, more->rows},
	            {"bytes", l->bytes, taken->bytes, more->bytes}};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].limit != 0 && rows[i].more != 0 && sum(rows[i].taken, rows[i].more) > rows[i].limit) {
			*ret_limit = rows[i].limit;
			return rows[i].what;
		}
	return NULL;
}

static enum hf_err check(struct allowance *a, struct counter *c, const struct hf_bulk_limit *l,
                         const struct allowance_amount *more, struct hf_fault *f)
{
	char until[HF_TIME_TEXT];
	uint64_t limit = 0;
	const char *what = beyond(l, &c->taken, more, &limit);
	if (!what)
		return HF_OK;
	hf_time_text(c->since_ms + (int64_t)minutes_of(l) * 60000, until);
	(void)hf_fault_set(f, HF_E_BULK,
	                   "'%s' would take more than the %" PRIu64 " %s that the role '%s' may take in %u minutes "
	                   "(`bulk` in hufu.yaml); wait until %s",
	                   c->account, limit, what, l->role, minutes_of(l), until);
	if (!c->told)
		hf_alarm(a->base, "bulk-limit", NULL, "%s", f->text);
	c->told = true;
	return HF_E_BULK;
}

/* All limits first, then all counts. */
enum hf_err allowance_take(struct allowance *a, const char *account, const struct allowance_amount *amount,
                           struct hf_unit *u, struct hf_fault *f)
{
	struct counter *of[HF_BULK_LIMITS_MAX] = {NULL};
	struct roles roles;
	roles_of(a, account, &roles);
	for (size_t i = 0; i < a->count; i++) {
		const struct hf_bulk_limit *l = &a->limits[i];
		if (!holds(&roles, l->role))
			continue;
		HF_TRY(hf_fault_default(f, find(a, account, l->role, &of[i])));
		roll(a, of[i], l);
		HF_TRY(check(a, of[i], l, amount, f));
	}
	for (size_t i = 0; i < a->count; i++) {
		if (!of[i])
			continue;
		of[i]->taken.objects = sum(of[i]->taken.objects, amount->objects);
		of[i]->taken.rows = sum(of[i]->taken.rows, amount->rows);
		of[i]->taken.bytes = sum(of[i]->taken.bytes, amount->bytes);
		put(u, of[i]);
	}
	return HF_OK;
}
