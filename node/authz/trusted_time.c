/* trusted_time.c - see trusted_time.h. */
#include "authz/trusted_time.h"

#include <stdlib.h>

#include "authz/grant_review.h"
#include "authz/internal.h"
#include "identity/accounts.h"
#include "proto/codec.h"
#include "state_identity.pb-c.h"

#define MARK_KEY "mark"
#define RECOVERY_PREFIX "recovery/"
enum { PREFIX = sizeof(RECOVERY_PREFIX) - 1, KEY = PREFIX + 16 };

struct mark {
	int64_t mark_ms, floor_ms;
};

static enum hf_err read_mark(struct hf_store *store, struct mark *ret_mark)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf b = HF_BUF_INIT;
	HF_CLEANUP(hf_decoded_done) Hufu__TrustedTimeRow *row = NULL;
	enum hf_err e = hf_store_get(store, HF_TABLE_TRUSTED_TIME, MARK_KEY, strlen(MARK_KEY), &b);
	*ret_mark = (struct mark){0, 0};
	if (e == HF_E_UNKNOWN)
		return HF_OK;
	HF_TRY(e);
	row = HF_DECODE_OWN(trusted_time_row, b.data, b.len);
	if (!row)
		return HF_E_STORE;
	*ret_mark = (struct mark){row->mark_ms, row->floor_ms};
	return HF_OK;
}

static void put(struct hf_unit *u, const void *key, size_t key_len, const ProtobufCMessage *row)
{
	size_t len = 0;
	uint8_t *value = hf_encode(row, &len);
	if (!value)
		abort();
	hf_unit_put(u, HF_TABLE_TRUSTED_TIME, key, key_len, value, len);
	free(value);
}

static void put_mark(struct hf_unit *u, const struct mark *m)
{
	Hufu__TrustedTimeRow row = HUFU__TRUSTED_TIME_ROW__INIT;
	row.mark_ms = m->mark_ms;
	row.floor_ms = m->floor_ms;
	put(u, MARK_KEY, strlen(MARK_KEY), &row.base);
}

/* ---- the mark follows the witnesses ---- */

static bool apart(int64_t x, int64_t y)
{
	return x - y > HF_CLOCK_SKEW_MS || y - x > HF_CLOCK_SKEW_MS;
}

/* Once when it begins, so that what the alarm writes does not raise the next one. */
static void warn(struct hf_authz *a, int64_t mark, int64_t passed)
{
	int64_t local = hf_local_ms(a->base);
	bool off = apart(local, passed), wrong = mark > passed + HF_CLOCK_SKEW_MS;
	if (off && !a->clock_off)
		hf_alarm(a->base, "clock-off", NULL,
		         "the local clock is %lld s %s what a quorum of the witnesses says; set it (decisions use the "
		         "later of the two)",
		         (long long)llabs((local - passed) / 1000), local > passed ? "ahead of" : "behind");
	if (wrong && !a->mark_wrong)
		hf_alarm(a->base, "trusted-time-wrong", NULL,
		         "the mark of trusted time is %lld s ahead of what a quorum of the witnesses says now; two "
		         "people take it back with `hufu time recover`",
		         (long long)((mark - passed) / 1000));
	a->clock_off = off;
	a->mark_wrong = wrong;
}

static void on_passed(void *ctx, struct hf_unit *u, int64_t passed_ms)
{
	struct hf_authz *a = ctx;
	struct mark m;
	if (read_mark(a->store, &m) != HF_OK)
		return; /* what was read at the start holds */
	warn(a, m.mark_ms, passed_ms);
	if (passed_ms <= m.mark_ms)
		return;
	m.mark_ms = passed_ms;
	if (passed_ms > m.floor_ms)
		m.floor_ms = passed_ms;
	put_mark(u, &m);
	hf_system_clock_mark(a->base->guard, passed_ms);
}

enum hf_err hf_authz_time_load(const struct hf_base *base, struct hf_store *store, bool *ret_known)
{
	struct mark m;
	HF_TRY(read_mark(store, &m));
	*ret_known = m.mark_ms > 0;
	if (m.mark_ms > 0 && base->guard)
		hf_system_clock_mark(base->guard, m.floor_ms > m.mark_ms ? m.floor_ms : m.mark_ms);
	return HF_OK;
}

enum hf_err az_time_open(struct hf_authz *a)
{
	bool known;
	HF_TRY(hf_authz_time_load(a->base, a->store, &known));
	if (a->base->guard)
		hf_ledger_on_passed(a->ledger, on_passed, a);
	return HF_OK;
}

void az_time_close(struct hf_authz *a)
{
	if (a->base->guard)
		hf_ledger_on_passed(a->ledger, NULL, NULL);
}

void az_time_keep(struct hf_authz *a)
{
	struct mark m;
	if (!a->base->guard || read_mark(a->store, &m) != HF_OK || m.mark_ms == 0)
		return;
	int64_t floor = hf_system_clock_floor(a->base->guard);
	if (floor < m.floor_ms + TIME_KEEP_MS)
		return;
	struct hf_unit *u = hf_unit_new();
	m.floor_ms = floor;
	put_mark(u, &m);
	hf_store_submit(a->store, u, NULL, NULL);
}

void hf_authz_time(struct hf_authz *a, struct hf_time_view *ret_view)
{
	struct hf_time_view v = {.trusted_ms = now_of(a)};
	v.local_ms = hf_local_ms(a->base);
	v.provisional = a->base->guard && hf_system_clock_provisional(a->base->guard);
	struct mark m;
	if (read_mark(a->store, &m) == HF_OK)
		v.mark_ms = m.mark_ms;
	v.passed_ms = hf_ledger_passed_ms(a->ledger, 0);
	v.local_off = v.passed_ms && apart(v.local_ms, v.passed_ms);
	v.mark_wrong = v.passed_ms && v.mark_ms > v.passed_ms + HF_CLOCK_SKEW_MS;
	*ret_view = v;
}

/* ---- recovery ---- */

static void recovery_key(const struct hf_id *id, uint8_t key[KEY])
{
	memcpy(key, RECOVERY_PREFIX, PREFIX);
	memcpy(key + PREFIX, id->b, sizeof(id->b));
}

static enum hf_err recovery_get(struct hf_authz *a, const struct hf_id *id, Hufu__TimeRecoveryRow **ret_row,
                                struct hf_fault *f)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf b = HF_BUF_INIT;
	uint8_t key[KEY];
	char text[HF_ID_TEXT];
	hf_id_text(id, text);
	recovery_key(id, key);
	enum hf_err e = hf_store_get(a->store, HF_TABLE_TRUSTED_TIME, key, sizeof(key), &b);
	if (e == HF_E_UNKNOWN)
		return hf_fault_set(f, e, "nobody asked for a recovery %s; `hufu time show` lists them", text);
	*ret_row = e == HF_OK ? HF_DECODE_OWN(time_recovery_row, b.data, b.len) : NULL;
	return *ret_row ? HF_OK : hf_fault_set(f, HF_E_STORE, "the recovery %s on record cannot be read", text);
}

static enum hf_err need_wrong(struct hf_authz *a, struct hf_fault *f)
{
	struct hf_time_view v;
	hf_authz_time(a, &v);
	if (v.passed_ms == 0)
		return hf_fault_set(
		        f, HF_E_STATE,
		        "fewer than a quorum of the witnesses have spoken since the start, so nothing says that "
		        "the mark is wrong; try again when they can be reached");
	if (!v.mark_wrong)
		return hf_fault_set(
		        f, HF_E_STATE,
		        "the mark of trusted time agrees with the witnesses; a local clock that is off is set, "
		        "not recovered");
	return HF_OK;
}

/* What both people sign: which recovery, why, and from where on the witnesses' words count. */
static void recovery_digest(const Hufu__TimeRecoveryRow *row, struct hf_hash *ret_digest)
{
	Hufu__TimeRecoveryRow bare = HUFU__TIME_RECOVERY_ROW__INIT;
	bare.id = row->id;
	bare.reason = row->reason;
	bare.asked_size = row->asked_size;
	az_digest(&bare.base, ret_digest);
}

static enum hf_err sign_recovery(struct hf_authz *a, const struct hf_step_in *in, const Hufu__TimeRecoveryRow *row,
                                 const char *result, struct hf_buf *ret_signed)
{
	HF_CLEANUP(hf_decoded_done) Hufu__SignedStatement *st = NULL;
	Hufu__Statement s = HUFU__STATEMENT__INIT;
	struct hf_hash digest;
	struct hf_id id;
	size_t len = 0;
	if (!az_id_of(&row->id, &id))
		return hf_fault_set(in->fault, HF_E_STORE, "the recovery on record cannot be read");
	recovery_digest(row, &digest);
	s.kind = (char *)"time-recovery";
	s.object = row->id;
	s.object_digest = BIN_HASH(&digest);
	s.result = (char *)result;
	s.reason = row->reason;
	HF_TRY(az_person_sign(a, in->actor, &s, &id, &st, in->fault));
	uint8_t *data = hf_encode(&st->base, &len);
	bool ok = data && hf_buf_add(ret_signed, data, len);
	free(data);
	return ok ? HF_OK : hf_fault_set(in->fault, HF_E_MEMORY, "no memory is left to sign the recovery");
}

enum hf_err hf_authz_time_recover(struct hf_authz *a, const struct hf_step_in *in, const char *reason,
                                  struct hf_id *ret_id)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf asked = HF_BUF_INIT;
	Hufu__TimeRecoveryRow row = HUFU__TIME_RECOVERY_ROW__INIT;
	struct hf_ledger_state state;
	uint8_t key[KEY];
	char text[HF_ID_TEXT];
	HF_TRY(need_wrong(a, in->fault));
	hf_ledger_state(a->ledger, &state);
	*ret_id = hf_id_new(now_of(a));
	row.id = BIN_ID(ret_id);
	row.state = HF_RECOVERY_ASKED;
	row.reason = (char *)reason;
	row.asked_by = (char *)in->actor->account;
	row.asked_ms = now_of(a);
	row.asked_size = state.durable;
	HF_TRY(sign_recovery(a, in, &row, "pass", &asked));
	row.asked = BIN(asked.data, asked.len);
	recovery_key(ret_id, key);
	put(in->unit, key, sizeof(key), &row.base);
	hf_id_text(ret_id, text);
	hf_draft_textf(in->draft, HF_FIELD_OBJECT, "recovery of trusted time %s", text);
	hf_draft_text(in->draft, HF_FIELD_DETAIL, reason);
	return HF_OK;
}

/* Two accounts of one person are one person. What the first one signed is checked as another node's would be. */
static enum hf_err other_person(struct hf_authz *a, const Hufu__TimeRecoveryRow *row, const struct hf_step_in *in,
                                const struct hf_buf *approved)
{
	HF_CLEANUP(hf_decoded_done)
	Hufu__SignedStatement *one = HF_DECODE_OWN(signed_statement, row->asked.data, row->asked.len);
	HF_CLEANUP(hf_decoded_done)
	Hufu__SignedStatement *two = HF_DECODE_OWN(signed_statement, approved->data, approved->len);
	struct person first, second;
	struct hf_hash digest;
	struct hf_id id;
	if (!one || !two || !az_id_of(&row->id, &id) || !az_person_of(two, &second))
		return hf_fault_set(in->fault, HF_E_STATE,
		                    "nothing signed by '%s' who asked for it is on record, so nobody can tell whether "
		                    "you are another person; ask anew",
		                    row->asked_by);
	recovery_digest(row, &digest);
	const struct statement_want want = {"time-recovery", HF_MAY_MANAGE_NODE, a->base->self.s, &id, 0, &digest, &id};
	HF_TRY(az_person_check(a, one, &want, NULL, &first, in->fault));
	HF_TRY(az_person_here(a, one, "the request for the recovery", "ask anew", in->fault));
	if (az_person_same(&first, &second))
		return hf_fault_set(
		        in->fault, HF_E_SEPARATION,
		        "who asked for a recovery of trusted time cannot approve it; another person has to");
	return HF_OK;
}

struct taken_back {
	struct hf_system_clock *guard;
	int64_t mark_ms;
};

static void take_back(void *ctx)
{
	const struct taken_back *t = ctx;
	hf_system_clock_recall(t->guard, t->mark_ms);
}

static void record(struct hf_authz *a, const struct hf_step_in *in, const Hufu__TimeRecoveryRow *row)
{
	char from[HF_TIME_TEXT], to[HF_TIME_TEXT];
	struct hf_draft *d = hf_draft_new(HF_EVENT_TIME_RECOVERY, NULL);
	hf_time_text(row->from_ms, from);
	hf_time_text(row->to_ms, to);
	hf_draft_textf(d, HF_FIELD_ACTOR, "%s/%s", a->base->self.s, in->actor->account);
	hf_draft_text(d, HF_FIELD_OBJECT, "trusted time");
	hf_draft_textf(d, HF_FIELD_PERIOD, "%s/%s", from, to);
	hf_draft_text(d, HF_FIELD_PURPOSE, row->reason);
	hf_draft_outcome(d, HF_OK, NULL);
	hf_draft_textf(d, HF_FIELD_DETAIL, "the mark was taken back from %s to %s; asked for by %s, approved by %s",
	               from, to, row->asked_by, row->approved_by);
	hf_unit_draft(in->unit, d);
}

enum hf_err hf_authz_time_approve(struct hf_authz *a, const struct hf_step_in *in, const struct hf_id *id,
                                  int64_t *ret_mark_ms)
{
	HF_CLEANUP(hf_decoded_done) Hufu__TimeRecoveryRow *row = NULL;
	HF_CLEANUP(hf_buf_done) struct hf_buf approved = HF_BUF_INIT;
	uint8_t key[KEY];
	HF_TRY(recovery_get(a, id, &row, in->fault));
	if (row->state != HF_RECOVERY_ASKED)
		return hf_fault_set(in->fault, HF_E_STATE, "this recovery was carried out already; ask for a new one");
	HF_TRY(sign_recovery(a, in, row, "T", &approved));
	HF_TRY(other_person(a, row, in, &approved));
	HF_TRY(need_wrong(a, in->fault));
	int64_t passed = hf_ledger_passed_ms(a->ledger, row->asked_size + 1);
	if (passed == 0)
		return hf_fault_set(
		        in->fault, HF_E_BUSY,
		        "fewer than a quorum of the witnesses have spoken since the recovery was asked for; try "
		        "again in a moment");
	struct mark m;
	HF_TRY(hf_fault_default(in->fault, read_mark(a->store, &m)));
	HF_TRY(hf_fault_default(in->fault, az_review_undo(a, in->unit, passed)));
	row->from_ms = m.mark_ms;
	char *own = row->approved_by;
	ProtobufCBinaryData own_statement = row->approved;
	row->approved = BIN(approved.data, approved.len);
	row->state = HF_RECOVERY_DONE;
	row->approved_by = (char *)in->actor->account;
	row->approved_ms = now_of(a);
	row->to_ms = passed;
	recovery_key(id, key);
	put(in->unit, key, sizeof(key), &row->base);
	m = (struct mark){passed, passed};
	put_mark(in->unit, &m);
	record(a, in, row);
	row->approved_by = own; /* what the row frees */
	row->approved = own_statement;
	struct taken_back *t = hf_alloc(sizeof(*t));
	*t = (struct taken_back){a->base->guard, passed};
	hf_unit_after(in->unit, take_back, t, free);
	*ret_mark_ms = passed;
	return HF_OK;
}

struct listing {
	hf_recovery_fn fn;
	void *ctx;
	enum hf_err error;
};

static bool list_row(void *ctx, struct hf_bytes key, struct hf_bytes value)
{
	struct listing *l = ctx;
	(void)key;
	HF_CLEANUP(hf_decoded_done)
	Hufu__TimeRecoveryRow *row = HF_DECODE_OWN(time_recovery_row, value.data, value.len);
	if (!row)
		l->error = HF_E_STORE;
	return row && l->fn(l->ctx, row);
}

enum hf_err hf_authz_time_recoveries(struct hf_authz *a, hf_recovery_fn fn, void *ctx)
{
	struct listing l = {fn, ctx, HF_OK};
	HF_TRY(hf_store_scan_back(a->store, HF_TABLE_TRUSTED_TIME, RECOVERY_PREFIX, PREFIX, NULL, 0, list_row, &l));
	return l.error;
}
