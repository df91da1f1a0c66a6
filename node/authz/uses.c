/* uses.c - see uses.h. */
#include "authz/uses.h"

#include <stdlib.h>

#include "authz/border.h"
#include "authz/internal.h"
#include "authz/usage.h"
#include "proto/codec.h"

enum { COUNT_KEY = 17, USE_KEY = 33 };

/* ---- rows ---- */

static void count_key(const struct hf_id *counted, bool provider, uint8_t key[COUNT_KEY])
{
	memcpy(key, counted->b, 16);
	key[16] = provider ? 'P' : 'C';
}

static void use_key(const struct hf_use *use, uint8_t key[USE_KEY])
{
	memcpy(key, use->grant.b, 16);
	memcpy(key + 16, use->transfer.b, 16);
	key[32] = use->provider ? 'P' : 'C';
}

/* Not every one is an id of this node's making: that of a rule is a hash. */
static bool counted_of(const ProtobufCBinaryData *key, struct hf_id *ret_counted)
{
	if (key->len != sizeof(ret_counted->b))
		return false;
	memcpy(ret_counted->b, key->data, sizeof(ret_counted->b));
	return true;
}

/* A row that is not there is all zero. */
static enum hf_err count_get(struct hf_authz *a, const struct hf_id *counted, bool provider, struct count *ret_count)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf b = HF_BUF_INIT;
	HF_CLEANUP(hf_decoded_done) Hufu__GrantCountRow *row = NULL;
	uint8_t key[COUNT_KEY];
	count_key(counted, provider, key);
	*ret_count = (struct count){0};
	enum hf_err e = hf_store_get(a->store, HF_TABLE_GRANT_COUNT, key, sizeof(key), &b);
	if (e == HF_E_UNKNOWN)
		return HF_OK;
	HF_TRY(e);
	row = HF_DECODE_OWN(grant_count_row, b.data, b.len);
	if (!row)
		return HF_E_STORE;
	*ret_count = (struct count){row->reserved, row->committed, row->reported, row->differing};
	return HF_OK;
}

static void put(struct hf_unit *u, enum hf_table t, const uint8_t *key, size_t key_len, const ProtobufCMessage *row)
{
	size_t len = 0;
	uint8_t *value = hf_encode(row, &len);
	if (!value)
		abort();
	hf_unit_put(u, t, key, key_len, value, len);
	free(value);
}

static void count_put(struct hf_unit *u, const struct hf_id *counted, bool provider, const struct count *c)
{
	Hufu__GrantCountRow row = HUFU__GRANT_COUNT_ROW__INIT;
	uint8_t key[COUNT_KEY];
	row.reserved = c->reserved;
	row.committed = c->committed;
	row.reported = c->reported;
	row.differing = c->differing;
	count_key(counted, provider, key);
	put(u, HF_TABLE_GRANT_COUNT, key, sizeof(key), &row.base);
}

static enum hf_err use_get(struct hf_authz *a, const struct hf_use *use, Hufu__GrantUseRow **ret_row)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf b = HF_BUF_INIT;
	uint8_t key[USE_KEY];
	use_key(use, key);
	HF_TRY(hf_store_get(a->store, HF_TABLE_GRANT_USE, key, sizeof(key), &b));
	*ret_row = HF_DECODE_OWN(grant_use_row, b.data, b.len);
	return *ret_row ? HF_OK : HF_E_STORE;
}

static void use_put(struct hf_unit *u, const struct hf_use *use, const Hufu__GrantUseRow *row)
{
	uint8_t key[USE_KEY];
	use_key(use, key);
	put(u, HF_TABLE_GRANT_USE, key, sizeof(key), &row->base);
}

static void use_fill(Hufu__GrantUseRow *row, const struct hf_use *use)
{
	row->grant = BIN_ID(&use->grant);
	row->transfer = BIN_ID(&use->transfer);
	row->resource = BIN_ID(&use->resource);
	row->counted = BIN_ID(&use->counted);
	row->provider = use->provider;
	row->peer = (char *)use->peer;
	row->system = (char *)use->system;
	row->purpose = (char *)use->purpose;
	row->rows = use->rows;
	row->bytes = use->bytes;
}

/* ---- reserve, commit, release ---- */

void az_uses_of_rule(const char *rule, const char *organization, struct hf_id *ret_counted)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf b = HF_BUF_INIT;
	struct hf_hash h;
	if (!hf_buf_addf(&b, "%s%c%s%c%s", HF_DOMAIN_RULE_USES, 0, rule, 0, organization))
		abort();
	hf_sha256(b.data, b.len, &h);
	memcpy(ret_counted->b, h.b, sizeof(ret_counted->b));
}

void az_uses_of_entry(const struct hf_id *resource, const char *organization, struct hf_id *ret_counted)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf b = HF_BUF_INIT;
	struct hf_hash h;
	char id[HF_ID_TEXT];
	hf_id_text(resource, id);
	if (!hf_buf_addf(&b, "%s%c%s%c%s", HF_DOMAIN_ENTRY_USES, 0, id, 0, organization))
		abort();
	hf_sha256(b.data, b.len, &h);
	memcpy(ret_counted->b, h.b, sizeof(ret_counted->b));
}

void az_uses_own(struct hf_authz *a, const struct hf_id *grant, const struct hf_id *transfer,
                 struct az_own_use *ret_own)
{
	HF_CLEANUP(hf_decoded_done) Hufu__GrantUseRow *row = NULL;
	const struct hf_use use = {.grant = *grant, .transfer = *transfer, .provider = true};
	*ret_own = (struct az_own_use){.persons = 0};
	if (hf_id_is_zero(transfer) || use_get(a, &use, &row) != HF_OK || row->state != HF_USE_RESERVED)
		return;
	(void)counted_of(&row->counted, &ret_own->counted);
	(void)counted_of(&row->of_entry, &ret_own->of_entry);
	ret_own->persons = row->persons;
	ret_own->begun_ms = row->begun_ms;
}

enum hf_err az_uses_left(struct hf_authz *a, const struct az_uses_ask *ask, struct hf_fault *f)
{
	struct count c;
	if (ask->most == UINT64_MAX)
		return HF_OK;
	if (count_get(a, ask->counted, true, &c) != HF_OK)
		return hf_fault_set(f, HF_E_STORE,
		                    "the uses of %s on record cannot be read, so nothing is permitted; see `hufu "
		                    "doctor`",
		                    ask->name);
	if (c.reserved > 0 && hf_id_equal(ask->counted, &ask->own->counted))
		c.reserved--;
	else if (!hf_id_is_zero(&ask->own->counted))
		return hf_fault_set(f, HF_E_STATE,
		                    "the transfer began as a use of another rule than %s, which allows %llu uses; "
		                    "start a new transfer",
		                    ask->name, (unsigned long long)ask->most);
	if (c.reserved + c.committed < ask->most)
		return HF_OK;
	return hf_fault_set(f, HF_E_QUOTA,
	                    "%s allows %llu uses, of which %llu are made and %llu are under way; file a new "
	                    "application with `hufu apply`",
	                    ask->name, (unsigned long long)ask->most, (unsigned long long)c.committed,
	                    (unsigned long long)c.reserved);
}

/* The second count of a use by a rule. */
static bool count_entry(struct hf_authz *a, struct hf_unit *u, const struct hf_use *use, int reserved, int committed)
{
	struct count c;
	if (count_get(a, &use->of_entry, use->provider, &c) != HF_OK)
		return false;
	if (reserved > 0)
		c.reserved++;
	else
		c.reserved -= c.reserved > 0;
	c.committed += committed > 0;
	count_put(u, &use->of_entry, use->provider, &c);
	return true;
}

void hf_authz_use_reserve(struct hf_authz *a, struct hf_unit *u, const struct hf_use *use)
{
	Hufu__GrantUseRow row = HUFU__GRANT_USE_ROW__INIT;
	struct count c;
	bool by_rule = !hf_id_is_zero(&use->of_entry);
	int64_t now = now_of(a);
	az_border_reserve(a, u, now, use->persons); /* whatever becomes of the counts below */
	if (count_get(a, &use->counted, use->provider, &c) != HF_OK || (by_rule && !count_entry(a, u, use, 1, 0)))
		return; /* where they limit anything, the decision has denied */
	use_fill(&row, use);
	row.rule = (char *)(use->rule ? use->rule : "");
	row.state = HF_USE_RESERVED;
	row.begun_ms = now;
	row.persons = use->persons;
	row.of_entry = by_rule ? BIN_ID(&use->of_entry) : BIN(NULL, 0);
	c.reserved++;
	count_put(u, &use->counted, use->provider, &c);
	use_put(u, use, &row);
}

/* What the consumer says against what was counted here, once both are known: the report comes just before the receipt.
 * A difference is flagged in the row, by an alarm and in the count. ret: the text, in the row's place of it. */
static void judge(struct hf_authz *a, const Hufu__GrantUseRow *row, struct count *c, char text[200])
{
	struct hf_id transfer;
	text[0] = '\0';
	if (row->state == HF_USE_RESERVED || !row->reported_ms)
		return;
	if (row->state == HF_USE_RELEASED)
		snprintf(text, 200, "the consumer reports a use, by this node's count nothing was delivered");
	else if (row->reported_rows != row->rows || row->reported_bytes != row->bytes)
		snprintf(text, 200, "the consumer reports %llu rows in %llu bytes, counted here are %llu in %llu",
		         (unsigned long long)row->reported_rows, (unsigned long long)row->reported_bytes,
		         (unsigned long long)row->rows, (unsigned long long)row->bytes);
	else if (!row->rule[0] && row->reported_count > c->committed + c->reserved)
		snprintf(text, 200, "the consumer counts %llu uses of the grant, this node %llu",
		         (unsigned long long)row->reported_count, (unsigned long long)(c->committed + c->reserved));
	if (!text[0] || !az_id_of(&row->transfer, &transfer))
		return;
	c->differing++;
	hf_alarm(a->base, "use-differs", &transfer, "%s: %s", row->peer, text);
}

/* The row with what was found; its own texts stay what its memory frees. */
static void put_judged(struct hf_authz *a, struct hf_unit *u, const struct hf_use *use, Hufu__GrantUseRow *row,
                       struct count *c)
{
	char text[200], *own = row->difference;
	judge(a, row, c, text);
	row->difference = text[0] ? text : own;
	use_put(u, use, row);
	row->difference = own;
	count_put(u, &use->counted, use->provider, c);
}

static void settle(struct hf_authz *a, struct hf_unit *u, struct hf_use *use, enum hf_use_state state)
{
	HF_CLEANUP(hf_decoded_done) Hufu__GrantUseRow *row = NULL;
	struct count c;
	if (use_get(a, use, &row) != HF_OK || row->state != HF_USE_RESERVED ||
	    !counted_of(&row->counted, &use->counted) || count_get(a, &use->counted, use->provider, &c) != HF_OK ||
	    (counted_of(&row->of_entry, &use->of_entry) && !count_entry(a, u, use, -1, state == HF_USE_COMMITTED)))
		return; /* what cannot be read stays reserved: never more than N */
	row->state = state;
	row->ended_ms = now_of(a);
	row->rows = use->rows;
	row->bytes = use->bytes;
	c.reserved -= c.reserved > 0;
	c.committed += state == HF_USE_COMMITTED;
	/* Of a part it is not known whom it told of. */
	uint64_t delivered = use->rows ? use->rows : row->persons;
	az_border_settle(a, u, row->begun_ms, row->persons, state == HF_USE_COMMITTED ? delivered : 0);
	put_judged(a, u, use, row, &c);
}

void hf_authz_use_commit(struct hf_authz *a, struct hf_unit *u, const struct hf_use *use)
{
	struct hf_use own = *use;
	settle(a, u, &own, HF_USE_COMMITTED);
}

void hf_authz_use_release(struct hf_authz *a, struct hf_unit *u, const struct hf_use *use)
{
	struct hf_use own = *use;
	settle(a, u, &own, HF_USE_RELEASED);
}

/* ---- reports ---- */

static struct hf_draft *report_draft(struct hf_authz *a, const struct hf_use *use, const struct hf_hash *digest)
{
	struct hf_draft *d = hf_draft_new(HF_EVENT_USE_REPORT, &use->transfer);
	char id[HF_ID_TEXT];
	hf_id_text(&use->resource, id);
	hf_draft_text(d, HF_FIELD_ACTOR, a->base->self.s);
	hf_draft_text(d, HF_FIELD_OBJECT, id);
	hf_draft_text(d, HF_FIELD_RESOURCE, id);
	hf_id_text(&use->grant, id);
	if (!hf_id_is_zero(&use->grant))
		hf_draft_text(d, HF_FIELD_GRANT, id);
	hf_draft_text(d, HF_FIELD_COUNTERPARTY, use->peer);
	hf_draft_text(d, HF_FIELD_ORGANIZATION, use->provider ? use->peer : a->base->self.s);
	hf_draft_text(d, HF_FIELD_SYSTEM, use->system);
	hf_draft_text(d, HF_FIELD_PURPOSE, use->purpose);
	hf_draft_int(d, HF_FIELD_DATA_LENGTH, (int64_t)use->bytes);
	hf_draft_text(d, HF_FIELD_MANNER, "channel");
	hf_draft_bytes(d, HF_FIELD_DIGEST, digest->b, sizeof(digest->b));
	hf_draft_outcome(d, HF_OK, NULL);
	hf_draft_party(d, use->peer);
	return d;
}

static enum hf_err send_report(struct hf_authz *a, struct hf_unit *u, const struct hf_use *use, uint64_t count,
                               struct paper *paper, struct hf_fault *f)
{
	struct paper_head head;
	Hufu__UseReport m = HUFU__USE_REPORT__INIT;
	Hufu__UseReportMail mail = HUFU__USE_REPORT_MAIL__INIT;
	az_paper_head_init(a, &head, &use->transfer, use->peer, NULL, NULL);
	m.header = &head.header;
	m.transfer = BIN_ID(&use->transfer);
	if (!hf_id_is_zero(&use->grant)) {
		m.grant = BIN_ID(&use->grant);
		m.agreement = BIN_ID(&use->agreement);
	}
	m.system = (char *)use->system;
	m.purpose = (char *)use->purpose;
	m.count = count;
	m.rows = use->rows;
	m.bytes = use->bytes;
	m.used_ms = now_of(a);
	HF_TRY(az_paper_sign(a, HF_TYPE_USE_REPORT, &use->transfer, &m.base, u, paper, f));
	mail.report = paper->envelope;
	return az_paper_mail(a, u, use->peer, HF_MAIL_USE_REPORT, &use->transfer, &mail.base, f);
}

enum hf_err hf_authz_use_report(struct hf_authz *a, struct hf_unit *u, const struct hf_use *use, struct hf_fault *f)
{
	HF_CLEANUP(az_paper_done) struct paper paper = {0};
	Hufu__GrantUseRow row = HUFU__GRANT_USE_ROW__INIT;
	struct count c;
	struct hf_use own = *use;
	own.counted = hf_id_is_zero(&use->grant) ? use->resource : use->grant; /* the rule is not known here */
	HF_TRY(hf_fault_default(f, count_get(a, &own.counted, false, &c)));
	c.committed++;
	HF_TRY(send_report(a, u, use, c.committed, &paper, f));
	use_fill(&row, &own);
	row.state = HF_USE_COMMITTED;
	row.begun_ms = row.ended_ms = now_of(a);
	row.report_digest = BIN_HASH(&paper.digest);
	count_put(u, &own.counted, false, &c);
	use_put(u, use, &row);
	hf_unit_draft(u, report_draft(a, use, &paper.digest));
	return HF_OK;
}

static enum hf_err open_report(struct hf_authz *a, const struct mail_in *in, const Hufu__UseReportMail *mail,
                               Hufu__UseReport **ret_report, struct hf_use *ret_use)
{
	HF_CLEANUP(hf_decoded_done) Hufu__UseReport *m = NULL;
	struct paper_want want = {HF_TYPE_USE_REPORT, &hufu__use_report__descriptor, in->from, NULL, "the use report"};
	struct hf_id txn;
	struct hf_use use = {.provider = true, .peer = in->from};
	HF_TRY(az_paper_open(a, mail->report, &want, &m, in->fault));
	if (!az_id_of(&m->transfer, &use.transfer) || (m->grant.len > 0 && !az_id_of(&m->grant, &use.grant)))
		return hf_fault_set(in->fault, HF_E_FORMAT, "the use report names no transfer");
	if (!az_id_of(&m->header->transaction, &txn) || !hf_id_equal(&txn, &use.transfer))
		return hf_fault_set(in->fault, HF_E_CONFLICT, "the use report belongs to another transaction");
	*ret_use = use;
	*ret_report = HF_TAKE(m);
	return HF_OK;
}

enum hf_err az_uses_on_report(struct hf_authz *a, const struct mail_in *in, const Hufu__UseReportMail *mail)
{
	HF_CLEANUP(hf_decoded_done) Hufu__UseReport *m = NULL;
	HF_CLEANUP(hf_decoded_done) Hufu__GrantUseRow *row = NULL;
	HF_CLEANUP(az_paper_done) struct paper paper = {0};
	struct hf_use use;
	struct count c;
	HF_TRY(open_report(a, in, mail, &m, &use));
	if (use_get(a, &use, &row) != HF_OK || strcmp(row->peer, in->from) != 0 ||
	    !counted_of(&row->counted, &use.counted) || !az_id_of(&row->resource, &use.resource))
		return hf_fault_set(in->fault, HF_E_UNKNOWN, "this node knows no such use of a grant or rule");
	if (row->reported_ms)
		return hf_fault_set(in->fault, HF_E_EXISTS, "that use was reported already");
	if (!same_text(m->purpose, row->purpose) || !same_text(m->system, row->system)) /* AZ-76 */
		return hf_fault_set(
		        in->fault, HF_E_WRONG_PURPOSE,
		        "the report names the purpose '%.60s' of the system '%.60s', the use was permitted for "
		        "another one",
		        m->purpose, m->system);
	HF_TRY(hf_fault_default(in->fault, count_get(a, &use.counted, true, &c)));
	HF_TRY(az_paper_keep(a, mail->report, &use.transfer, in->unit, &paper, in->fault));
	c.reported = m->count > c.reported ? m->count : c.reported;
	row->reported_ms = now_of(a);
	row->reported_rows = m->rows;
	row->reported_bytes = m->bytes;
	row->reported_count = m->count;
	ProtobufCBinaryData own = row->report_digest;
	row->report_digest = BIN_HASH(&paper.digest);
	put_judged(a, in->unit, &use, row, &c);
	row->report_digest = own;
	use.system = m->system;
	use.purpose = m->purpose;
	use.bytes = m->bytes;
	hf_unit_draft(in->unit, report_draft(a, &use, &paper.digest));
	az_use_file(a, in->unit, row, m, mail->report);
	return HF_OK;
}

/* ---- reading ---- */

struct listing {
	hf_use_fn fn;
	void *ctx;
	enum hf_err error;
};

static bool list_row(void *ctx, struct hf_bytes key, struct hf_bytes value)
{
	struct listing *l = ctx;
	(void)key;
	HF_CLEANUP(hf_decoded_done) Hufu__GrantUseRow *row = HF_DECODE_OWN(grant_use_row, value.data, value.len);
	if (!row)
		l->error = HF_E_STORE;
	return row && l->fn(l->ctx, row);
}

enum hf_err hf_authz_uses(struct hf_authz *a, const struct hf_id *grant, hf_use_fn fn, void *ctx)
{
	struct listing l = {fn, ctx, HF_OK};
	HF_TRY(hf_store_scan(a->store, HF_TABLE_GRANT_USE, grant ? grant->b : NULL, grant ? 16 : 0, NULL, 0, list_row,
	                     &l));
	return l.error;
}

enum hf_err hf_authz_use_count(struct hf_authz *a, const struct hf_id *grant, bool provider,
                               struct hf_use_count *ret_count)
{
	HF_CLEANUP(hf_decoded_done) Hufu__GrantRow *row = NULL;
	HF_CLEANUP(hf_decoded_done) Hufu__Agreement *terms = NULL;
	struct count c;
	HF_TRY(count_get(a, grant, provider, &c));
	HF_TRY(az_grant_get(a, grant, &row));
	terms = az_grant_terms(row);
	*ret_count = (struct hf_use_count){terms ? hf_uses_most(terms) : UINT64_MAX, c.reserved, c.committed,
	                                   c.reported, c.differing};
	return HF_OK;
}
