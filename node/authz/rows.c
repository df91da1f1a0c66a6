/*
 * rows.c - applications, their revisions and the notices in the store, and the one place where a step changes a state.
 */
#include <stdlib.h>
#include <string.h>

#include "authz/internal.h"
#include "proto/codec.h"

static void put_message(struct hf_unit *u, enum hf_table t, const void *key, size_t key_len, const ProtobufCMessage *m)
{
	size_t len = 0;
	uint8_t *data = hf_encode(m, &len);
	if (!data)
		abort(); /* memory is gone, see base/mem.h */
	hf_unit_put(u, t, key, key_len, data, len);
	free(data);
}

struct hf_id az_row_id(const Hufu__ApplicationRow *row)
{
	struct hf_id id = {{0}};
	if (row->id.len == sizeof(id.b))
		memcpy(id.b, row->id.data, sizeof(id.b));
	return id;
}

struct hf_id az_row_txn(const Hufu__ApplicationRow *row)
{
	struct hf_id id = {{0}};
	if (row->txn.len == sizeof(id.b))
		memcpy(id.b, row->txn.data, sizeof(id.b));
	return id;
}

enum hf_err az_row_get(struct hf_authz *a, const struct hf_id *id, Hufu__ApplicationRow **ret_row)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf b = HF_BUF_INIT;
	HF_TRY(hf_store_get(a->store, HF_TABLE_APPLICATION, id->b, sizeof(id->b), &b));
	*ret_row = HF_DECODE_OWN(application_row, b.data, b.len);
	return *ret_row ? HF_OK : HF_E_STORE;
}

enum hf_err az_row_unknown(const struct hf_id *id, struct hf_fault *f)
{
	char text[HF_ID_TEXT];
	hf_id_text(id, text);
	return hf_fault_set(f, HF_E_UNKNOWN, "there is no application %s at this node; `hufu applications` lists them",
	                    text);
}

enum hf_err az_row_need(struct hf_authz *a, const struct hf_id *id, Hufu__ApplicationRow **ret_row, struct hf_fault *f)
{
	char text[HF_ID_TEXT];
	enum hf_err e = az_row_get(a, id, ret_row);
	hf_id_text(id, text);
	if (e == HF_E_UNKNOWN)
		return az_row_unknown(id, f);
	if (e != HF_OK)
		return hf_fault_set(f, e, "application %s cannot be read: %s", text, hf_err_text(e));
	return HF_OK;
}

void az_row_put(struct hf_authz *a, struct hf_unit *u, Hufu__ApplicationRow *row)
{
	struct hf_id id = az_row_id(row);
	row->changed_ms = now_of(a);
	put_message(u, HF_TABLE_APPLICATION, id.b, sizeof(id.b), &row->base);
	az_applications_follow(a, u, &id);
	if (row->urged == AZ_URGED_ESCALATED)
		az_deadline_soon(a);
}

static uint32_t *state_of(Hufu__ApplicationRow *row, enum hf_part part)
{
	if (part == HF_PART_CONSUMER)
		return &row->consumer_state;
	return part == HF_PART_INTAKE ? &row->intake_state : &row->provider_state;
}

enum hf_review_state az_row_state(const Hufu__ApplicationRow *row, enum hf_part part)
{
	uint32_t s = *state_of((Hufu__ApplicationRow *)row, part);
	return s < HF_REVIEW_COUNT ? (enum hf_review_state)s : HF_REVIEW_NONE;
}

void az_row_result(Hufu__ApplicationRow *row, const char *result, const char *reason_code, const char *reason)
{
	row->result = (char *)result;
	row->reason_code = (char *)reason_code;
	row->reason = (char *)(reason ? reason : "");
}

/* What a person can do when a step is refused in this state. */
static const char *way_out(enum hf_review_state s)
{
	static const char *const hints[HF_REVIEW_COUNT] = {
	        [HF_REVIEW_NONE] = "it has to arrive here first",
	        [HF_REVIEW_DRAFT] = "the data authority has to confirm the need first (`hufu review --need ...`)",
	        [HF_REVIEW_NEED_REFUSED] = "correct it with `hufu apply --resubmit`",
	        [HF_REVIEW_SUBMITTED] =
	                "wait for the intake node and the provider, or give it up with `hufu applications withdraw`",
	        [HF_REVIEW_RECEIVED] = "the compliance review or the decision comes next",
	        [HF_REVIEW_PRIVACY_WAITING] =
	                "the data is personal: the privacy expert has to review it first (`hufu review --privacy ...`)",
	        [HF_REVIEW_PRIVACY_PASSED] = "the approver has to decide (`hufu decide`)",
	        [HF_REVIEW_PRIVACY_FAILED] = "the privacy review failed: it can only be rejected (F) or returned (S)",
	        [HF_REVIEW_FORWARDED] = "it is with the provider",
	        [HF_REVIEW_COMPLIANCE_REFUSED] = "this is final: file a new application with `hufu apply`",
	        [HF_REVIEW_RETURNED] = "the consumer has to correct it with `hufu apply --resubmit`",
	        [HF_REVIEW_REJECTED] = "this is final: file a new application with `hufu apply`",
	        [HF_REVIEW_AGREED] = "the consumer's node countersigns it by itself",
	        [HF_REVIEW_VERIFIED] = "the provider's node finalizes it by itself",
	        [HF_REVIEW_FINALIZED] = "it is granted: `hufu revoke` ends the grant",
	        [HF_REVIEW_WITHDRAWN] = "the consumer withdrew it: file a new application with `hufu apply`",
	        [HF_REVIEW_TERMINATED] = "it has ended: file a new application with `hufu apply`",
	        [HF_REVIEW_SECOND_WAITING] =
	                "the second level decides (`hufu decide APPLICATION T --second`, role senior-approver)",
	};
	return hints[s];
}

static enum hf_err refuse_step(const Hufu__ApplicationRow *row, enum hf_part part, enum hf_step step,
                               struct hf_fault *f)
{
	char text[HF_ID_TEXT];
	struct hf_id id = az_row_id(row);
	enum hf_review_state s = az_row_state(row, part);
	hf_id_text(&id, text);
	return hf_fault_set(f, HF_E_STATE, "application %s is %s for the %s, so the step '%s' is not possible; %s",
	                    text, s == HF_REVIEW_NONE ? "unknown" : hf_states_name(s), hf_states_part_name(part),
	                    hf_states_step_name(step), way_out(s));
}

struct notice_kind {
	const char *kind, *text;
};

static struct notice_kind notice_kind_of(enum hf_review_state s)
{
	static const struct notice_kind kinds[HF_REVIEW_COUNT] = {
	        [HF_REVIEW_NEED_REFUSED] = {"need-refused", "the data authority did not confirm the need"},
	        [HF_REVIEW_COMPLIANCE_REFUSED] = {"compliance-refused",
	                                          "the compliance review refused the application"},
	        [HF_REVIEW_RETURNED] = {"returned", "the application was returned for correction"},
	        [HF_REVIEW_REJECTED] = {"rejected", "the provider rejected the application"},
	        [HF_REVIEW_FINALIZED] = {"granted", "the application was approved and the grant is active"},
	        [HF_REVIEW_WITHDRAWN] = {"withdrawn", "the application was withdrawn"},
	        [HF_REVIEW_TERMINATED] = {"terminated", "the agreement did not come about"},
	};
	return kinds[s];
}

/* AZ-12: reaching a final state notifies, staying in it does not; so there is exactly one notice for each. */
static void notify_consumer(struct hf_authz *a, struct hf_unit *u, const Hufu__ApplicationRow *row,
                            enum hf_review_state before)
{
	enum hf_review_state s = az_row_state(row, HF_PART_CONSUMER);
	if (s == before || !hf_states_reported(s))
		return;
	struct notice_kind k = notice_kind_of(s);
	az_notice_put(a, u, row, k.kind, k.text);
}

enum hf_err az_row_step(struct hf_authz *a, struct hf_unit *u, Hufu__ApplicationRow *row, enum hf_part part,
                        enum hf_step step, struct hf_fault *f)
{
	enum hf_review_state before = az_row_state(row, part), next;
	if (!hf_states_next(part, before, step, &next))
		return refuse_step(row, part, step, f);
	*state_of(row, part) = next;
	if (part == HF_PART_CONSUMER)
		notify_consumer(a, u, row, before);
	return HF_OK;
}

static void revision_key(const void *id, uint32_t revision, uint8_t out[20])
{
	memcpy(out, id, 16);
	hf_put_u32(out + 16, revision);
}

enum hf_err az_revision_get(struct hf_authz *a, const struct hf_id *id, uint32_t revision,
                            Hufu__ApplicationRevision **ret_rev)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf b = HF_BUF_INIT;
	uint8_t key[20];
	revision_key(id->b, revision, key);
	HF_TRY(hf_store_get(a->store, HF_TABLE_APPLICATION_REV, key, sizeof(key), &b));
	*ret_rev = HF_DECODE_OWN(application_revision, b.data, b.len);
	return *ret_rev ? HF_OK : HF_E_STORE;
}

void az_revision_put(struct hf_unit *u, const Hufu__ApplicationRevision *rev)
{
	uint8_t key[20];
	revision_key(rev->application.data, rev->revision, key);
	put_message(u, HF_TABLE_APPLICATION_REV, key, sizeof(key), &rev->base);
}

void az_revision_result(struct hf_authz *a, Hufu__ApplicationRevision *rev, const Hufu__ApplicationRow *row)
{
	rev->result = row->result;
	rev->reason_code = row->reason_code;
	rev->reason = row->reason;
	rev->ended_ms = now_of(a);
}

void az_digest(const ProtobufCMessage *m, struct hf_hash *ret_digest)
{
	size_t len = 0;
	uint8_t *data = hf_encode(m, &len);
	if (!data)
		abort(); /* memory is gone, see base/mem.h */
	hf_sha256(data, len, ret_digest);
	free(data);
}

void *az_stored_payload(const ProtobufCBinaryData *envelope, const ProtobufCMessageDescriptor *desc)
{
	HF_CLEANUP(hf_decoded_done) Hufu__Envelope *e = HF_DECODE_OWN(envelope, envelope->data, envelope->len);
	return e && envelope->len ? hf_decode_own(desc, e->payload.data, e->payload.len) : NULL;
}

enum hf_err az_revision_application(const Hufu__ApplicationRevision *rev, Hufu__Application **ret_app,
                                    struct hf_fault *f)
{
	*ret_app = az_stored_payload(&rev->application_envelope, &hufu__application__descriptor);
	if (!*ret_app)
		return hf_fault_set(f, HF_E_STORE, "the stored application cannot be read");
	return HF_OK;
}

void az_notice_put(struct hf_authz *a, struct hf_unit *u, const Hufu__ApplicationRow *row, const char *kind,
                   const char *text)
{
	Hufu__NoticeRow n = HUFU__NOTICE_ROW__INIT;
	int64_t now = now_of(a);
	struct hf_id id = hf_id_new(now);
	n.time_ms = now;
	n.kind = (char *)kind;
	n.text = (char *)text;
	n.application = row->id;
	n.txn = row->txn;
	n.resource = row->resource;
	n.department = row->department;
	n.grant = row->grant;
	n.reason_code = row->reason_code;
	n.reason = row->reason;
	put_message(u, HF_TABLE_NOTICE, id.b, sizeof(id.b), &n.base);
}

struct row_scan {
	hf_application_fn applications;
	hf_revision_fn revisions;
	hf_notice_fn notices;
	void *ctx;
	enum hf_err error;
};

static bool on_application_row(void *ctx, struct hf_bytes key, struct hf_bytes value)
{
	struct row_scan *s = ctx;
	(void)key;
	HF_CLEANUP(hf_decoded_done) Hufu__ApplicationRow *row = HF_DECODE_OWN(application_row, value.data, value.len);
	if (!row)
		s->error = HF_E_STORE;
	return row && s->applications(s->ctx, row);
}

enum hf_err hf_authz_applications(struct hf_authz *a, hf_application_fn fn, void *ctx)
{
	struct row_scan s = {.applications = fn, .ctx = ctx};
	HF_TRY(hf_store_scan_back(a->store, HF_TABLE_APPLICATION, NULL, 0, NULL, 0, on_application_row, &s));
	return s.error;
}

enum hf_err hf_authz_application(struct hf_authz *a, const struct hf_id *application, Hufu__ApplicationRow **ret_row)
{
	return az_row_get(a, application, ret_row);
}

static bool on_revision_row(void *ctx, struct hf_bytes key, struct hf_bytes value)
{
	struct row_scan *s = ctx;
	(void)key;
	HF_CLEANUP(hf_decoded_done)
	Hufu__ApplicationRevision *rev = HF_DECODE_OWN(application_revision, value.data, value.len);
	if (!rev) {
		s->error = HF_E_STORE;
		return false;
	}
	HF_CLEANUP(hf_decoded_done)
	Hufu__Application *app = az_stored_payload(&rev->application_envelope, &hufu__application__descriptor);
	if (!rev->content)
		rev->content = app;
	return s->revisions(s->ctx, rev);
}

enum hf_err hf_authz_revisions(struct hf_authz *a, const struct hf_id *application, hf_revision_fn fn, void *ctx)
{
	struct row_scan s = {.revisions = fn, .ctx = ctx};
	HF_TRY(hf_store_scan(a->store, HF_TABLE_APPLICATION_REV, application->b, sizeof(application->b), NULL, 0,
	                     on_revision_row, &s));
	return s.error;
}

static bool on_notice_row(void *ctx, struct hf_bytes key, struct hf_bytes value)
{
	struct row_scan *s = ctx;
	struct hf_id id;
	HF_CLEANUP(hf_decoded_done) Hufu__NoticeRow *n = HF_DECODE_OWN(notice_row, value.data, value.len);
	if (!n || !hf_id_from_bytes(key.data, key.len, &id)) {
		s->error = HF_E_STORE;
		return false;
	}
	return s->notices(s->ctx, &id, n);
}

enum hf_err hf_authz_notices(struct hf_authz *a, hf_notice_fn fn, void *ctx)
{
	struct row_scan s = {.notices = fn, .ctx = ctx};
	HF_TRY(hf_store_scan_back(a->store, HF_TABLE_NOTICE, NULL, 0, NULL, 0, on_notice_row, &s));
	return s.error;
}
