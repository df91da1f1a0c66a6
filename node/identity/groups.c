/* groups.c - named sets of accounts with roles of their own (DS-18). Who is in a group stands in the accounts' rows. */
#include <stdlib.h>
#include <string.h>

#include "identity/internal.h"
#include "identity/rights.h"

#define GROUP_PREFIX "group/"

static void put_group(struct hf_unit *unit, const Hufu__GroupRow *row)
{
	char key[sizeof(GROUP_PREFIX) + HF_NAME_MAX];
	size_t len = 0;
	int n = snprintf(key, sizeof(key), GROUP_PREFIX "%s", row->name);
	uint8_t *bytes = hf_encode(&row->base, &len);
	if (!bytes)
		abort();
	hf_unit_put(unit, HF_TABLE_META, key, (size_t)n, bytes, len);
	free(bytes);
}

static enum hf_err want_group(struct hf_identity *id, const char *group, Hufu__GroupRow **ret_row, struct hf_fault *f)
{
	enum hf_err e = hf_group_row_get(id, group, ret_row);
	if (e == HF_E_UNKNOWN)
		return hf_fault_set(f, e, "there is no group '%.63s'; make it with `hufu user group add`", group);
	return e == HF_OK ? HF_OK : hf_fault_default(f, e);
}

enum hf_err hf_group_add(struct hf_identity *id, struct hf_unit *unit, const char *group, struct hf_fault *f)
{
	Hufu__GroupRow row = HUFU__GROUP_ROW__INIT;
	Hufu__GroupRow *old = NULL;
	struct hf_name name;
	if (!hf_name_parse(group, &name))
		return hf_fault_set(f, HF_E_ARGUMENT, "a group's name is 1 to 63 of a-z, 0-9, '.' and '-'");
	if (hf_group_row_get(id, name.s, &old) == HF_OK) {
		hf_decoded_free(old);
		return hf_fault_set(f, HF_E_EXISTS, "the group '%s' exists already", name.s);
	}
	row.name = name.s;
	put_group(unit, &row);
	return HF_OK;
}

static bool is_member(const Hufu__AccountRow *row, const char *group)
{
	for (size_t i = 0; i < row->n_groups; i++)
		if (strcmp(row->groups[i], group) == 0)
			return true;
	return false;
}

static void leave_group(Hufu__AccountRow *row, const char *group)
{
	size_t n = 0;
	for (size_t i = 0; i < row->n_groups; i++)
		if (strcmp(row->groups[i], group) != 0)
			row->groups[n++] = row->groups[i];
	row->n_groups = n;
	row->generation++;
}

/* A walk over the members, for changes of the group as a whole. */
struct members {
	struct hf_identity *id;
	const char *group;
	const char *role;      /* to be granted: is it compatible with each member's other roles? NULL: no check */
	struct hf_unit *leave; /* every member leaves; NULL: nobody does */
	const struct hf_actor *actor;
	struct hf_fault *f;
	enum hf_err e;
};

static enum hf_err check_member(struct members *m, const Hufu__AccountRow *row)
{
	const char *all[ROLES_MAX + 1];
	char text[300];
	HF_TRY(hf_account_want_other(m->actor, row->name, "group", m->f));
	if (!m->role)
		return HF_OK;
	size_t n = hf_account_effective(m->id, row, all, ROLES_MAX);
	all[n++] = m->role;
	if (hf_roles_conflict(all, (unsigned)n, text, sizeof(text)))
		return hf_fault_set(m->f, HF_E_SEPARATION, "member '%s': %s", row->name, text);
	return HF_OK;
}

static bool visit_member(void *ctx, const Hufu__AccountRow *row)
{
	struct members *m = ctx;
	if (row->state == HF_ACCOUNT_REMOVED || !is_member(row, m->group))
		return true;
	m->e = check_member(m, row);
	if (m->e == HF_OK && m->leave) {
		Hufu__AccountRow changed = *row;
		leave_group(&changed, m->group);
		hf_account_row_put(m->id, m->leave, &changed);
	}
	return m->e == HF_OK;
}

static enum hf_err visit_members(struct members *m)
{
	m->e = HF_OK;
	HF_TRY(hf_account_list(m->id, visit_member, m));
	return m->e;
}

enum hf_err hf_group_remove(struct hf_identity *id, const struct hf_actor *a, struct hf_unit *unit, const char *group,
                            struct hf_fault *f)
{
	HF_CLEANUP(hf_decoded_done) Hufu__GroupRow *row = NULL;
	char key[sizeof(GROUP_PREFIX) + HF_NAME_MAX];
	HF_TRY(want_group(id, group, &row, f));
	struct members m = {.id = id, .group = row->name, .leave = unit, .actor = a, .f = f};
	HF_TRY(visit_members(&m));
	int n = snprintf(key, sizeof(key), GROUP_PREFIX "%s", row->name);
	hf_unit_del(unit, HF_TABLE_META, key, (size_t)n);
	return HF_OK;
}

static enum hf_err enter_group(struct hf_identity *id, Hufu__AccountRow *row, char *group, struct hf_unit *unit,
                               struct hf_fault *f)
{
	char *groups[GROUPS_MAX];
	const char *all[ROLES_MAX];
	char text[300];
	if (is_member(row, group))
		return hf_fault_set(f, HF_E_EXISTS, "'%s' is in the group '%s' already", row->name, group);
	if (row->n_groups >= GROUPS_MAX)
		return hf_fault_set(f, HF_E_LIMIT, "an account is in at most %d groups", GROUPS_MAX);
	if (row->n_groups)
		memcpy(groups, row->groups, row->n_groups * sizeof(groups[0]));
	groups[row->n_groups++] = group;
	row->groups = groups;
	size_t n = hf_account_effective(id, row, all, ROLES_MAX);
	if (hf_roles_conflict(all, (unsigned)n, text, sizeof(text)))
		return hf_fault_set(f, HF_E_SEPARATION, "account '%s': %s", row->name, text);
	row->generation++;
	hf_account_row_put(id, unit, row);
	return HF_OK;
}

enum hf_err hf_group_member(struct hf_identity *id, const struct hf_actor *a, struct hf_unit *unit, const char *group,
                            const char *account, bool in, struct hf_fault *f)
{
	HF_CLEANUP(hf_decoded_done) Hufu__GroupRow *g = NULL;
	HF_CLEANUP(hf_decoded_done) Hufu__AccountRow *row = NULL;
	HF_TRY(hf_account_want_other(a, account, "groups", f));
	if (in)
		HF_TRY(hf_rights_by_group(id, f));
	HF_TRY(want_group(id, group, &g, f));
	HF_TRY(hf_account_row_want(id, account, &row, f));
	if (in)
		return enter_group(id, row, g->name, unit, f);
	if (!is_member(row, g->name))
		return hf_fault_set(f, HF_E_UNKNOWN, "'%s' is not in the group '%s'", row->name, g->name);
	leave_group(row, g->name);
	hf_account_row_put(id, unit, row);
	return HF_OK;
}

static bool has_role(const Hufu__GroupRow *g, const char *role)
{
	for (size_t i = 0; i < g->n_roles; i++)
		if (strcmp(g->roles[i], role) == 0)
			return true;
	return false;
}

static enum hf_err grant_role(struct members *m, Hufu__GroupRow *g, struct hf_unit *unit)
{
	char *roles[ROLES_MAX];
	if (has_role(g, m->role))
		return hf_fault_set(m->f, HF_E_EXISTS, "the group '%s' has the role '%s' already", g->name, m->role);
	if (g->n_roles >= ROLES_MAX)
		return hf_fault_set(m->f, HF_E_LIMIT, "a group has at most %d roles", ROLES_MAX);
	HF_TRY(visit_members(m));
	if (g->n_roles)
		memcpy(roles, g->roles, g->n_roles * sizeof(roles[0]));
	roles[g->n_roles++] = (char *)m->role;
	g->roles = roles;
	put_group(unit, g);
	return HF_OK;
}

static enum hf_err revoke_role(struct members *m, Hufu__GroupRow *g, const char *role, struct hf_unit *unit)
{
	size_t n = 0;
	if (!has_role(g, role))
		return hf_fault_set(m->f, HF_E_UNKNOWN, "the group '%s' has no role '%s'", g->name, role);
	HF_TRY(visit_members(m));
	for (size_t i = 0; i < g->n_roles; i++)
		if (strcmp(g->roles[i], role) != 0)
			g->roles[n++] = g->roles[i];
	g->n_roles = n;
	put_group(unit, g);
	return HF_OK;
}

enum hf_err hf_group_role(struct hf_identity *id, const struct hf_actor *a, struct hf_unit *unit, const char *group,
                          const char *role, bool in, struct hf_fault *f)
{
	HF_CLEANUP(hf_decoded_done) Hufu__GroupRow *g = NULL;
	const struct hf_role *r = hf_role_find(role);
	char text[300];
	if (!r)
		return hf_fault_set(f, HF_E_UNKNOWN, "there is no role '%.60s'; `hufu user roles --list` names them",
		                    role);
	if (in)
		HF_TRY(hf_rights_by_group(id, f));
	HF_TRY(want_group(id, group, &g, f));
	struct members m = {.id = id, .group = g->name, .role = in ? r->name : NULL, .actor = a, .f = f};
	if (!in)
		return revoke_role(&m, g, r->name, unit);
	const char *both[ROLES_MAX + 1];
	size_t n = 0;
	for (; n < g->n_roles && n < ROLES_MAX; n++)
		both[n] = g->roles[n];
	both[n++] = r->name;
	if (!has_role(g, r->name) && hf_roles_conflict(both, (unsigned)n, text, sizeof(text)))
		return hf_fault_set(f, HF_E_SEPARATION, "group '%s': %s", g->name, text);
	return grant_role(&m, g, unit);
}

struct list {
	hf_group_row_fn fn;
	void *ctx;
	enum hf_err e;
};

static bool list_row(void *ctx, struct hf_bytes key, struct hf_bytes value)
{
	struct list *l = ctx;
	(void)key;
	Hufu__GroupRow *row = HF_DECODE_OWN(group_row, value.data, value.len);
	if (!row) {
		l->e = HF_E_STORE;
		return false;
	}
	bool more = l->fn(l->ctx, row);
	hf_decoded_free(row);
	return more;
}

enum hf_err hf_group_list(struct hf_identity *id, hf_group_row_fn fn, void *ctx)
{
	struct list l = {fn, ctx, HF_OK};
	HF_TRY(hf_store_scan(id->store, HF_TABLE_META, GROUP_PREFIX, sizeof(GROUP_PREFIX) - 1, NULL, 0, list_row, &l));
	return l.e;
}
