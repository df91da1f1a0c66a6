/* plan_check.c - what a plan is held against when it is put and when it is approved: accounts, and the inventory. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "identity/accounts.h"
#include "masking/inventory.h"
#include "release/internal.h"
#include "source/classify.h"

#define ROLES_MAX 64

static uint64_t rights_of(struct hf_identity *id, const Hufu__AccountRow *row)
{
	const char *roles[ROLES_MAX];
	size_t n = hf_account_effective(id, row, roles, ROLES_MAX);
	uint64_t bits = 0;

	for (size_t i = 0; i < n; i++) {
		const struct hf_role *role = hf_role_find(roles[i]);

		bits |= role ? role->permissions : 0;
	}
	return bits;
}

static enum hf_err check_person(struct hf_release *r, const char *duty, const char *name, enum hf_permission may,
                                struct hf_fault *f)
{
	Hufu__AccountRow *row HF_CLEANUP(hf_decoded_done) = NULL;

	if (hf_account_get(r->identity, name, &row) != HF_OK)
		return hf_fault_set(f, HF_E_UNKNOWN,
		                    "the plan names '%.60s' for %s, and this node has no such account; `hufu user "
		                    "list` shows them",
		                    name, duty);
	if (row->state != HF_ACCOUNT_ACTIVE)
		return hf_fault_set(f, HF_E_STATE,
		                    "the plan names '%.60s' for %s, and that account is %s; name one that is active",
		                    name, duty, hf_account_state_name((enum hf_account_state)row->state));
	if (!(rights_of(r->identity, row) & HF_BIT(may)))
		return hf_fault_set(f, HF_E_PERMISSION,
		                    "the plan names '%.60s' for %s, and that account lacks the permission '%s'; name "
		                    "another, or let an administrator give it the role",
		                    name, duty, hf_permission_name(may));
	return HF_OK;
}

enum hf_err release_check_people(struct hf_release *r, const struct hf_plan *p, struct hf_fault *f)
{
	HF_TRY(check_person(r, "operator", p->operator_name, HF_MAY_MASK, f));
	HF_TRY(check_person(r, "security", p->security, HF_MAY_MASK_POLICY, f));
	return check_person(r, "audit", p->audit, HF_MAY_AUDIT_READ, f);
}

/* Of every table, or none: a part would say of the other tables that nobody looked at them. */
static json_t *of_sources(struct hf_release *r, const struct hf_plan *p)
{
	json_t *all = hf_inventory_new();

	for (size_t i = 0; i < p->table_count; i++) {
		json_t *one = r->inventory ? r->inventory(r->inventory_ctx, p->tables[i].name) : NULL;

		if (!one) {
			json_decref(all);
			return NULL;
		}
		hf_inventory_join(all, one);
		json_decref(one);
	}
	return all;
}

enum hf_err release_inventory(struct hf_release *r, const struct hf_plan *p, const char *text, json_t **ret_inventory,
                              struct hf_fault *f)
{
	struct hf_fault wrong = {.code = HF_OK};
	json_error_t error;
	json_t *o;
	enum hf_err e;

	if (!text || !*text) {
		*ret_inventory = of_sources(r, p);
		return HF_OK;
	}
	o = json_loads(text, JSON_REJECT_DUPLICATES, &error);
	if (!o)
		return hf_fault_set(f, HF_E_FORMAT,
		                    "the inventory is no JSON, line %d: %.100s; `hufu mask identify --inventory` makes "
		                    "one",
		                    error.line, error.text);
	e = hf_inventory_check(o, &wrong);
	if (e != HF_OK) {
		json_decref(o);
		return hf_fault_set(f, e, "the inventory: %.300s", wrong.text);
	}
	*ret_inventory = o;
	return HF_OK;
}

static enum hf_err no_point(json_t *take_said, const char *what, const char *mend, struct hf_fault *f)
{
	size_t n = json_array_size(take_said);
	enum hf_err e = HF_OK;

	if (n > 0)
		e = hf_fault_set(f, HF_E_CONFLICT, "the plan %s (%zu points, the first: %.250s); %s", what, n,
		                 json_string_value(json_array_get(take_said, 0)), mend);
	json_decref(take_said);
	return e;
}

enum hf_err release_lint(const struct hf_plan *p, const json_t *inventory, struct hf_fault *f)
{
	return no_point(hf_plan_lint(p, inventory), "is not what the inventory says",
	                "correct the plan, or confirm the inventory", f);
}

enum hf_err release_lint_files(const struct hf_plan *p, struct hf_fault *f)
{
	return no_point(hf_plan_lint_files(p), "hides nothing by a file that it reads", "put a new version", f);
}

/* The source as a table of that name. */
static json_t *as_table(struct hf_sources *sources, const char *source, const char *table)
{
	json_t *inventory = hf_source_inventory(sources, source), *o;
	size_t i;

	json_array_foreach(json_object_get(inventory, "locations"), i, o)
	        json_object_set_new(o, "table", json_string(table));
	if (inventory) /* what belongs together is asked by the sources' own names: related.c */
		json_object_set_new(inventory, "relations", json_array());
	return inventory;
}

enum hf_err hf_release_fits(struct hf_sources *sources, const char *source, const struct hf_plan *p, const char *table,
                            json_t **ret_inventory, struct hf_fault *f)
{
	struct hf_plan one = *p;
	struct hf_source_view v;
	json_t *inventory;
	enum hf_err e;

	HF_TRY(hf_fault_default(f, hf_source_get(sources, source, &v)));
	e = hf_source_class_check(&v, f);
	hf_source_view_done(&v);
	HF_TRY(e);
	inventory = as_table(sources, source, table);
	one.tables = hf_plan_table_named(p, table);
	one.table_count = 1;
	e = one.tables && inventory ? release_lint(&one, inventory, f)
	                            : hf_fault_set(f, HF_E_UNKNOWN, "the plan has no table '%.60s'", table);
	if (e == HF_OK && ret_inventory)
		*ret_inventory = json_incref(inventory);
	json_decref(inventory);
	return e;
}

void release_confirmed_by(const json_t *inventory, char *out, size_t cap)
{
	const json_t *o;
	size_t i;

	*out = '\0';
	json_array_foreach(json_object_get(inventory, "locations"), i, o)
	{
		const char *by = json_string_value(json_object_get(o, "by"));
		size_t len = strlen(out);

		if (by && *by && !strstr(out, by) && len + strlen(by) + 3 < cap)
			snprintf(out + len, cap - len, "%s%s", len ? ", " : "", by);
	}
}
