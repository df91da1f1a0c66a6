#include "release/plans.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "release/internal.h"
#include "source/mask_policy.h"

#define KEY_MAX (HF_NAME_MAX + 1 + 4)

enum hf_err hf_release_open(const struct hf_base *base, struct hf_store *store, struct hf_identity *identity,
                            struct hf_sources *sources, struct hf_release **ret_release, struct hf_fault *f)
{
	struct hf_release *r = hf_alloc_zero(sizeof(*r));

	(void)f;
	r->base = base;
	r->store = store;
	r->identity = identity;
	r->sources = sources;
	r->refs = 1;
	r->slice = RELEASE_SLICE;
	r->trial_ms = HF_RELEASE_TRIAL_MS;
	*ret_release = r;
	return HF_OK;
}

void release_hold(struct hf_release *r)
{
	r->refs++;
}

void release_drop(struct hf_release *r)
{
	if (--r->refs > 0)
		return;
	release_methods_free(r);
	release_files_free(r);
	release_alike_free(r);
	free(r);
}

void hf_release_close(struct hf_release *r)
{
	if (!r)
		return;
	r->closing = true;
	release_close_tasks(r);
	release_trial_close(r);
	release_drop(r);
}

void hf_release_set_inventory(struct hf_release *r, json_t *(*fn)(void *ctx, const char *source), void *ctx)
{
	r->inventory = fn;
	r->inventory_ctx = ctx;
}

/* ---- rows ---- */

static size_t make_key(uint8_t key[KEY_MAX], const char *name, uint32_t version)
{
	size_t n = strlen(name);

	memcpy(key, name, n + 1);
	hf_put_u32(key + n + 1, version);
	return n + 1 + 4;
}

static void put_row(struct hf_unit *unit, const Hufu__MaskPlanRow *row)
{
	uint8_t key[KEY_MAX], *bytes;
	size_t n = make_key(key, row->name, row->version), len;

	bytes = hf_encode(&row->base, &len);
	if (!bytes)
		abort();
	hf_unit_put(unit, HF_TABLE_MASK_PLAN, key, n, bytes, len);
	free(bytes);
}

struct looking {
	uint32_t state; /* 0: any */
	Hufu__MaskPlanRow *found;
	uint64_t count;
};

static bool look(void *ctx, struct hf_bytes key, struct hf_bytes value)
{
	struct looking *l = ctx;
	Hufu__MaskPlanRow *row = HF_DECODE_OWN(mask_plan_row, value.data, value.len);

	(void)key;
	if (row && (l->state == 0 || row->state == l->state)) {
		l->found = row;
		return false;
	}
	hf_decoded_free(row);
	return true;
}

static enum hf_err newest(struct hf_release *r, const char *name, uint32_t state, Hufu__MaskPlanRow **ret_row)
{
	struct looking l = {.state = state};

	HF_TRY(hf_store_scan_back(r->store, HF_TABLE_MASK_PLAN, name, strlen(name) + 1, NULL, 0, look, &l));
	*ret_row = l.found;
	return l.found ? HF_OK : HF_E_UNKNOWN;
}

static enum hf_err get_row(struct hf_release *r, const char *name, uint32_t version, Hufu__MaskPlanRow **ret_row)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf value = HF_BUF_INIT;
	uint8_t key[KEY_MAX];

	if (version == 0)
		return newest(r, name, 0, ret_row);
	HF_TRY(hf_store_get(r->store, HF_TABLE_MASK_PLAN, key, make_key(key, name, version), &value));
	*ret_row = HF_DECODE_OWN(mask_plan_row, value.data, value.len);
	return *ret_row ? HF_OK : HF_E_STORE;
}

enum hf_err hf_release_plan_row(struct hf_release *r, const char *name, uint32_t version, Hufu__MaskPlanRow **ret_row,
                                struct hf_fault *f)
{
	struct hf_name n;
	enum hf_err e = hf_name_parse(name, &n) ? get_row(r, n.s, version, ret_row) : HF_E_UNKNOWN;

	if (e == HF_E_UNKNOWN && version)
		return hf_fault_set(f, e,
		                    "there is no version %u of a masking plan '%.63s'; `hufu release plan list` shows "
		                    "those there are",
		                    version, name);
	if (e == HF_E_UNKNOWN)
		return hf_fault_set(f, e,
		                    "there is no masking plan '%.63s'; `hufu release plan put FILE` stores one, `hufu "
		                    "release plan list` shows those there are",
		                    name);
	return hf_fault_default(f, e);
}

struct listing {
	hf_release_plan_fn fn;
	void *ctx;
};

static bool list_row(void *ctx, struct hf_bytes key, struct hf_bytes value)
{
	const struct listing *l = ctx;
	Hufu__MaskPlanRow *row HF_CLEANUP(hf_decoded_done) = HF_DECODE_OWN(mask_plan_row, value.data, value.len);

	(void)key;
	return !row || l->fn(l->ctx, row);
}

enum hf_err hf_release_plans(struct hf_release *r, hf_release_plan_fn fn, void *ctx)
{
	struct listing l = {fn, ctx};

	return hf_store_scan(r->store, HF_TABLE_MASK_PLAN, NULL, 0, NULL, 0, list_row, &l);
}

/* ---- an approved plan ---- */

void release_plan_done(struct release_plan *p)
{
	hf_decoded_free(p->row);
	hf_plan_free(p->plan);
	*p = (struct release_plan){NULL, NULL};
}

static enum hf_err no_plan(const Hufu__MaskPlanRow *row, const char *name, struct hf_fault *f)
{
	static const char *const why[] = {
	        [HF_PLAN_STATE_INVALID] = "cannot be read",
	        [HF_PLAN_PROPOSED] = ("is not approved; somebody with the permission mask-policy who did not put it "
	                              "approves it with `hufu release plan approve`"),
	        [HF_PLAN_APPROVED] = "was changed after it was approved, or its row is damaged; put a new version",
	        [HF_PLAN_REJECTED] = "was rejected; put a new version",
	        [HF_PLAN_RETIRED] = "is retired; put a new version",
	};

	if (!row)
		return hf_fault_set(f, HF_E_NO_PLAN,
		                    "there is no masking plan '%.63s'; `hufu release plan put FILE` stores one", name);
	return hf_fault_set(f, HF_E_NO_PLAN, "version %u of the masking plan '%.63s' %s", row->version, name,
	                    why[row->state <= HF_PLAN_RETIRED ? row->state : 0]);
}

static bool is_digest(const ProtobufCBinaryData *b, const struct hf_hash *h)
{
	return b->len == sizeof(h->b) && memcmp(b->data, h->b, sizeof(h->b)) == 0;
}

/* Text and files are what was put and what was approved. */
static bool unchanged(const Hufu__MaskPlanRow *row)
{
	struct hf_hash now, files;

	hf_sha256(row->text.data, row->text.len, &now);
	release_files_digest(row, &files);
	return is_digest(&row->digest, &now) && (!row->approved_digest.len || is_digest(&row->approved_digest, &now)) &&
	       (!row->approved_files.len || is_digest(&row->approved_files, &files));
}

/* Its own methods were tried when these bytes were put: this is asked often, and by the loop. */
static enum hf_err read_row(struct hf_release *r, const Hufu__MaskPlanRow *row, struct hf_plan **ret_plan,
                            struct hf_fault *f)
{
	struct hf_plan_source s = {.name = row->name,
	                           .text = row->text.data,
	                           .len = row->text.len,
	                           .methods_by = release_methods_by,
	                           .methods_ctx = r,
	                           .bound = true,
	                           .tried = true};
	struct release_files all = {.count = 0};
	struct hf_fault wrong = {.code = HF_OK};
	enum hf_err e;

	if (!unchanged(row))
		return hf_fault_set(
		        f, HF_E_NO_PLAN,
		        "version %u of the masking plan '%.63s' is not what was put, or its row is damaged; "
		        "put a new version",
		        row->version, row->name);
	HF_TRY(release_files_of(r, row, &all, f));
	s.files = all.file;
	s.file_count = all.count;
	e = hf_plan_read_from(&s, ret_plan, &wrong);
	release_files_done(&all);
	if (e == HF_OK)
		return HF_OK;
	if (e == HF_E_BUSY) /* its methods are being tried */
		return hf_fault_set(f, e, "version %u of the masking plan '%.63s' waits: %.200s", row->version,
		                    row->name, wrong.text);
	return hf_fault_set(f, HF_E_NO_PLAN,
	                    "version %u of the masking plan '%.63s' cannot be run by this version of the node: %.200s",
	                    row->version, row->name, wrong.text);
}

enum hf_err release_plan_get(struct hf_release *r, const char *name, uint32_t version, struct release_plan *ret,
                             struct hf_fault *f)
{
	struct release_plan p = {NULL, NULL};
	struct hf_name n;
	enum hf_err e;

	if (!hf_name_parse(name, &n))
		return no_plan(NULL, name, f);
	if (version)
		e = get_row(r, n.s, version, &p.row);
	else if ((e = newest(r, n.s, HF_PLAN_APPROVED, &p.row)) == HF_E_UNKNOWN)
		e = newest(r, n.s, 0, &p.row);
	if (e != HF_OK && e != HF_E_UNKNOWN)
		return hf_fault_default(f, e);
	if (!p.row || p.row->state != HF_PLAN_APPROVED || !p.row->approved_digest.len || !unchanged(p.row))
		e = no_plan(p.row, name, f);
	else
		e = read_row(r, p.row, &p.plan, f);
	if (e == HF_OK)
		*ret = p;
	else
		release_plan_done(&p);
	return e;
}

enum hf_err release_plan_any(struct hf_release *r, const char *name, uint32_t version, struct hf_plan **ret_plan,
                             struct hf_fault *f)
{
	Hufu__MaskPlanRow *row HF_CLEANUP(hf_decoded_done) = NULL;

	HF_TRY(hf_release_plan_row(r, name, version, &row, f));
	return read_row(r, row, ret_plan, f);
}

enum hf_err hf_release_plan_version(struct hf_release *r, const char *name, uint32_t version, struct hf_plan **ret_plan,
                                    struct hf_fault *f)
{
	return release_plan_any(r, name, version, ret_plan, f);
}

enum hf_err hf_release_plan(struct hf_release *r, const char *name, struct hf_plan **ret_plan, struct hf_fault *f)
{
	struct release_plan p = {NULL, NULL};

	HF_TRY(release_plan_get(r, name, 0, &p, f));
	*ret_plan = HF_TAKE(p.plan);
	release_plan_done(&p);
	return HF_OK;
}

/* ---- putting ---- */

/* Names and digests of the files that belong to the version; as many as an entry's detail holds. */
static void add_files(const Hufu__MaskPlanRow *row, struct hf_buf *out)
{
	for (size_t i = 0; i < row->n_files && out->len < 3000; i++) {
		const Hufu__MaskPlanFile *file = row->files[i];
		struct hf_hash digest;
		char hex[65];

		if (file->digest.len != sizeof(digest.b))
			continue;
		memcpy(digest.b, file->digest.data, sizeof(digest.b));
		hf_hash_hex(&digest, hex);
		hf_buf_addf(out, "; file %.100s SHA-256 %s", file->name, hex);
	}
	hf_buf_add(out, "", 1);
}

static void fill_draft(struct hf_draft *d, const Hufu__MaskPlanRow *row, const char *what)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf files = HF_BUF_INIT;

	if (!d)
		return;
	add_files(row, &files);
	hf_draft_textf(d, HF_FIELD_OBJECT, "masking plan %s version %u", row->name, row->version);
	hf_draft_bytes(d, HF_FIELD_DIGEST, row->digest.data, row->digest.len);
	hf_draft_textf(d, HF_FIELD_DETAIL, "%s; %s; operator %s, security %s, audit %s; put by %s%s", what, row->mode,
	               row->operator_, row->security, row->audit, row->put_by, (const char *)files.data);
}

static bool count_row(void *ctx, const Hufu__MaskPlanRow *row)
{
	(void)row;
	return ++*(uint64_t *)ctx < HF_RELEASE_PLANS_MAX;
}

static enum hf_err check_version(struct hf_release *r, const struct hf_plan *p, struct hf_fault *f)
{
	Hufu__MaskPlanRow *last HF_CLEANUP(hf_decoded_done) = NULL;
	struct hf_name n;
	uint64_t count = 0;
	enum hf_err e;

	if (!hf_name_parse(p->name, &n))
		return hf_fault_set(f, HF_E_ARGUMENT,
		                    "'%.63s' is no name for a stored plan; use up to 63 of a-z, 0-9, '.', '-'",
		                    p->name);
	if (p->version == 0)
		return hf_fault_set(f, HF_E_ARGUMENT, "the plan '%s' has version 0; versions begin with 1", n.s);
	HF_TRY(hf_fault_default(f, hf_release_plans(r, count_row, &count)));
	if (count >= HF_RELEASE_PLANS_MAX)
		return hf_fault_set(f, HF_E_QUOTA, "%u versions of masking plans are stored, which is the limit",
		                    HF_RELEASE_PLANS_MAX);
	e = newest(r, n.s, 0, &last);
	if (e == HF_OK && last->version >= p->version)
		return hf_fault_set(f, HF_E_EXISTS,
		                    "version %u of the masking plan '%s' is stored already; a changed plan gets a "
		                    "version above %u",
		                    last->version, n.s, last->version);
	return e == HF_E_UNKNOWN ? HF_OK : hf_fault_default(f, e);
}

static enum hf_err check_actor(const struct hf_plan *p, const struct hf_actor *a, struct hf_fault *f)
{
	if (strcmp(p->operator_name, a->account) != 0)
		return HF_OK;
	return hf_fault_set(f, HF_E_SEPARATION,
	                    "'%s' is the operator of this plan, and who executes a plan does not put it; let another "
	                    "account with the permission mask put it",
	                    a->account);
}

static ProtobufCBinaryData bytes_of(const void *data, size_t len)
{
	return (ProtobufCBinaryData){len, (uint8_t *)data};
}

struct file_rows {
	Hufu__MaskPlanFile rows[HF_PLAN_FILES_MAX], *pointers[HF_PLAN_FILES_MAX];
};

static void fill_files(const struct hf_plan *p, struct file_rows *ret_files)
{
	for (size_t i = 0; i < p->file_count; i++) {
		const struct hf_hash *digest = hf_plan_bytes_digest(p->files[i].bytes);

		ret_files->pointers[i] = &ret_files->rows[i];
		hufu__mask_plan_file__init(&ret_files->rows[i]);
		ret_files->rows[i].name = (char *)p->files[i].name;
		ret_files->rows[i].digest = bytes_of(digest->b, sizeof(digest->b));
		ret_files->rows[i].bytes = hf_plan_bytes_of(p->files[i].bytes).len;
	}
}

/* Encodes and decodes, so that the row lives on its own. */
static Hufu__MaskPlanRow *store_new(struct hf_release *r, const struct hf_plan *p, const struct hf_plan_in *in,
                                    const json_t *inventory, struct hf_unit *unit)
{
	char *json = inventory ? json_dumps(inventory, JSON_COMPACT | JSON_SORT_KEYS) : NULL, by[512] = "";
	Hufu__MaskPlanRow row = HUFU__MASK_PLAN_ROW__INIT, *own;
	struct file_rows files;
	struct hf_hash digest = {{0}};
	size_t len;
	uint8_t *bytes;

	row.name = (char *)p->name;
	row.version = p->version;
	row.text = bytes_of(in->text, strlen(in->text));
	row.digest = bytes_of(p->digest.b, sizeof(p->digest.b));
	row.state = HF_PLAN_PROPOSED;
	row.put_by = (char *)in->actor->account;
	row.put_ms = hf_now_ms(&r->base->clock);
	row.mode = (char *)(p->mode == HF_PLAN_STATIC ? "static" : "dynamic");
	row.need = (char *)p->need;
	row.operator_ = (char *)p->operator_name;
	row.security = (char *)p->security;
	row.audit = (char *)p->audit;
	if (json) {
		hf_sha256(json, strlen(json), &digest);
		if (!in->inventory || !*in->inventory) /* else it is the word of who puts it */
			release_confirmed_by(inventory, by, sizeof(by));
		row.inventory = bytes_of(json, strlen(json));
		row.inventory_digest = bytes_of(digest.b, sizeof(digest.b));
		row.identified_by = by;
	}
	fill_files(p, &files);
	row.files = files.pointers;
	row.n_files = p->file_count;
	release_files_put(unit, p);
	put_row(unit, &row);
	bytes = hf_encode(&row.base, &len);
	own = bytes ? HF_DECODE_OWN(mask_plan_row, bytes, len) : NULL;
	free(bytes);
	free(json);
	return own;
}

/* MK-28: a need of the list is decided before a plan meets it, and met as it was decided. */
static enum hf_err check_need(struct hf_release *r, const struct hf_plan *p, struct hf_fault *f)
{
	const char *is = p->mode == HF_PLAN_STATIC ? "static" : "dynamic";
	char mode[16] = "";

	if (strncmp(p->need, HF_NEED_PREFIX, sizeof(HF_NEED_PREFIX) - 1) != 0)
		return HF_OK;
	HF_TRY(hf_need_decided(r->store, p->need, mode, f));
	return strcmp(mode, is) == 0
	               ? HF_OK
	               : hf_fault_set(f, HF_E_CONFLICT,
	                              "need %.63s was decided to be met by %s masking, and the plan is %s", p->need,
	                              mode, is);
}

static enum hf_err check_and_store(struct hf_release *r, const struct hf_plan *p, const struct hf_plan_in *in,
                                   struct hf_unit *unit, Hufu__MaskPlanRow **ret_row, struct hf_fault *f)
{
	json_t *inventory = NULL;
	enum hf_err e;

	HF_TRY(check_version(r, p, f));
	HF_TRY(check_actor(p, in->actor, f));
	HF_TRY(release_check_people(r, p, f));
	HF_TRY(check_need(r, p, f));
	HF_TRY(release_inventory(r, p, in->inventory, &inventory, f));
	e = inventory ? release_lint(p, inventory, f) : HF_OK;
	if (e == HF_OK)
		e = release_lint_files(p, f);
	if (e == HF_OK)
		e = hf_release_related(r, p, NULL, NULL, f);
	if (e == HF_OK)
		*ret_row = store_new(r, p, in, inventory, unit);
	json_decref(inventory);
	return e == HF_OK && !*ret_row ? hf_fault_default(f, HF_E_STORE) : e;
}

enum hf_err hf_release_plan_put(struct hf_release *r, const struct hf_plan_in *in, struct hf_unit *unit,
                                struct hf_draft *draft, Hufu__MaskPlanRow **ret_row, struct hf_fault *f)
{
	struct hf_plan *p = release_trial_take(r, in->text);
	enum hf_err e;

	*ret_row = NULL;
	if (!p)
		HF_TRY(release_plan_new(r, in->text, &p, f));
	e = check_and_store(r, p, in, unit, ret_row, f);
	hf_plan_free(p);
	HF_TRY(e);
	fill_draft(draft, *ret_row, "put");
	return HF_OK;
}

/* ---- deciding ---- */

/* The inventory that it was put with, or what the sources say now; its files; what else is masked alike. */
static enum hf_err check_masking(struct hf_release *r, const Hufu__MaskPlanRow *row, const struct hf_plan *p,
                                 struct hf_fault *f)
{
	json_t *inventory = row->identified_by && *row->identified_by
	                            ? NULL
	                            : json_loadb((const char *)row->inventory.data, row->inventory.len, 0, NULL);
	enum hf_err e = HF_OK;

	if (!inventory)
		HF_TRY(release_inventory(r, p, NULL, &inventory, f));
	if (inventory)
		e = release_lint(p, inventory, f);
	json_decref(inventory);
	HF_TRY(e);
	HF_TRY(release_lint_files(p, f));
	return hf_release_related(r, p, NULL, NULL, f);
}

static enum hf_err check_step(struct hf_release *r, const struct hf_plan_step *s, const Hufu__MaskPlanRow *row,
                              struct hf_fault *f)
{
	struct hf_plan *p = NULL;
	enum hf_err e;

	if (!hf_mask_plan_next((enum hf_mask_plan_state)row->state, s->event))
		return hf_fault_set(
		        f, HF_E_STATE, "version %u of the masking plan '%s' is %s; `hufu release plan show` tells more",
		        row->version, row->name, hf_mask_plan_state_name((enum hf_mask_plan_state)row->state));
	if (s->event != HF_PLAN_APPROVE)
		return HF_OK;
	if (strcmp(row->put_by, s->actor->account) == 0 || strcmp(row->operator_, s->actor->account) == 0)
		return hf_fault_set(f, HF_E_SEPARATION,
		                    "'%s' %s the masking plan '%s'; another account with the permission mask-policy "
		                    "approves it",
		                    s->actor->account,
		                    strcmp(row->put_by, s->actor->account) == 0 ? "put" : "is the operator of",
		                    row->name);
	if (!unchanged(row))
		return hf_fault_set(f, HF_E_DIGEST,
		                    "the text of version %u of the masking plan '%s' is not what was put; put a new "
		                    "version",
		                    row->version, row->name);
	HF_TRY(read_row(r, row, &p, f));
	e = release_check_people(r, p, f);
	if (e == HF_OK)
		e = check_masking(r, row, p, f);
	hf_plan_free(p);
	return e;
}

enum hf_err hf_release_plan_step(struct hf_release *r, const struct hf_plan_step *step, struct hf_unit *unit,
                                 struct hf_draft *draft, uint32_t *ret_version, struct hf_fault *f)
{
	Hufu__MaskPlanRow *row HF_CLEANUP(hf_decoded_done) = NULL;

	HF_TRY(hf_release_plan_row(r, step->name, step->version, &row, f));
	Hufu__MaskPlanRow changed = *row;
	struct hf_hash files;
	char detail[600];

	snprintf(detail, sizeof(detail), "%s%s%s",
	         step->event == HF_PLAN_APPROVE  ? "approved"
	         : step->event == HF_PLAN_REJECT ? "rejected"
	                                         : "retired",
	         *step->reason ? ": " : "", step->reason);
	fill_draft(draft, row, detail);
	HF_TRY(check_step(r, step, row, f));
	changed.state = (uint32_t)hf_mask_plan_next((enum hf_mask_plan_state)row->state, step->event);
	if (step->event == HF_PLAN_RETIRE) {
		changed.retired_by = (char *)step->actor->account;
		changed.retired_ms = hf_now_ms(&r->base->clock);
	} else {
		changed.decided_by = (char *)step->actor->account;
		changed.decided_ms = hf_now_ms(&r->base->clock);
	}
	if (*step->reason)
		changed.reason = (char *)step->reason;
	if (step->event == HF_PLAN_APPROVE) {
		changed.approved_digest = row->digest;
		release_files_digest(row, &files);
		changed.approved_files = bytes_of(files.b, row->n_files ? sizeof(files.b) : 0);
	}
	put_row(unit, &changed);
	if (step->event != HF_PLAN_APPROVE)
		release_sweep_after(r, unit);
	r->look_ms = 0; /* other times, perhaps */
	*ret_version = row->version;
	return HF_OK;
}
