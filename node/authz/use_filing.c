/*
 * use_filing.c - each use that a consumer reported is filed for the statistics (AZ-19): at the provider itself, and by
 * it with the intake node of the resource, together with the consumer's signed report.
 */
#include <stdlib.h>
#include <string.h>

#include "authz/internal.h"
#include "proto/codec.h"
#include "state_statistics.pb-c.h"
#include "state_uses.pb-c.h"
#include "statistics.pb-c.h"
#include "uses.pb-c.h"

/* The time in an identifier: UUID version 7. */
static int64_t time_of(const struct hf_id *id)
{
	uint64_t ms = 0;
	for (size_t i = 0; i < 6; i++)
		ms = ms << 8 | id->b[i];
	return (int64_t)ms;
}

static void put_row(struct hf_unit *u, const Hufu__UseFiling *m, const Hufu__UseReport *r, const char *provider)
{
	Hufu__UseFiledRow row = HUFU__USE_FILED_ROW__INIT;
	uint8_t key[32];
	size_t len = 0;
	row.transfer = m->transfer;
	row.resource = m->resource;
	row.mechanism = m->mechanism;
	row.application = m->application;
	row.organization = m->organization;
	row.department = m->department;
	row.system = r->system;
	row.purpose = r->purpose;
	row.provider = (char *)provider;
	row.asked_ms = m->asked_ms;
	row.decided_ms = m->decided_ms;
	row.used_ms = r->used_ms;
	row.rows = r->rows;
	row.bytes = r->bytes;
	uint8_t *data = hf_encode(&row.base, &len);
	if (!data)
		abort(); /* memory is gone */
	memcpy(key, m->resource.data, 16);
	memcpy(key + 16, m->transfer.data, 16);
	hf_unit_put(u, HF_TABLE_USE_FILED, key, sizeof(key), data, len);
	free(data);
}

/* ---- the provider files ---- */

static void fill(struct hf_authz *a, Hufu__UseFiling *m, const Hufu__GrantUseRow *use, const struct hf_id *transfer)
{
	struct hf_id grant;
	const struct grant_item *g = az_id_of(&use->grant, &grant) ? az_grant_find(a, &grant) : NULL;
	m->transfer = use->transfer;
	m->resource = use->resource;
	m->mechanism = (char *)(g ? az_mechanism_name(g->mechanism) : "attribute");
	if (g && !hf_id_is_zero(&g->application))
		m->application = BIN_ID(&g->application);
	m->organization = use->peer;
	m->department = (char *)(g ? g->department : "");
	m->asked_ms = time_of(transfer);
	m->decided_ms = use->begun_ms;
}

static enum hf_err send_filing(struct hf_authz *a, struct hf_unit *u, Hufu__UseFiling *m, const char *intake,
                               const struct hf_id *transfer)
{
	HF_CLEANUP(az_paper_done) struct paper paper = {0};
	Hufu__UseFilingMail mail = HUFU__USE_FILING_MAIL__INIT;
	struct hf_fault f = {HF_OK, ""};
	struct paper_head head;
	az_paper_head_init(a, &head, transfer, intake, NULL, NULL);
	m->header = &head.header;
	HF_TRY(az_paper_sign(a, HF_TYPE_USE_FILING, transfer, &m->base, u, &paper, &f));
	mail.filing = paper.envelope;
	return az_paper_mail(a, u, intake, HF_MAIL_USE_FILING, transfer, &mail.base, &f);
}

/* That the intake node cannot be told does not make the use unreported. */
void az_use_file(struct hf_authz *a, struct hf_unit *u, const Hufu__GrantUseRow *use, const Hufu__UseReport *report,
                 const Hufu__Envelope *paper)
{
	Hufu__UseFiling m = HUFU__USE_FILING__INIT;
	struct hf_id resource, transfer;
	if (!az_id_of(&use->resource, &resource) || !az_id_of(&use->transfer, &transfer))
		return;
	const struct hf_catalog_item *it = hf_catalog_own_item(a->catalog, &resource);
	fill(a, &m, use, &transfer);
	m.report = (Hufu__Envelope *)paper;
	put_row(u, &m, report, a->base->self.s);
	if (!it || !has_text(it->entry->intake) || is_self(a, it->entry->intake))
		return;
	enum hf_err e = send_filing(a, u, &m, it->entry->intake, &transfer);
	if (e != HF_OK)
		HF_LOG(a->base->log, HF_LOG_WARN, "authz", "use-filing", &transfer, HF_LOG_E(e));
}

/* ---- the intake node takes it ---- */

static enum hf_err check_resource(struct hf_authz *a, const struct mail_in *in, const Hufu__UseFiling *m)
{
	HF_CLEANUP(hf_catalog_item_done) struct hf_catalog_item it = {0};
	struct hf_id resource;
	if (az_id_of(&m->resource, &resource) && hf_catalog_get(a->catalog, in->from, &resource, &it) == HF_OK &&
	    is_self(a, it.entry->intake))
		return HF_OK;
	return hf_fault_set(in->fault, HF_E_UNKNOWN, "this node takes in no applications for that resource");
}

static enum hf_err check_report(struct hf_authz *a, const struct mail_in *in, const Hufu__UseFiling *m,
                                Hufu__UseReport **ret_report)
{
	struct hf_id transfer, named;
	HF_CLEANUP(hf_decoded_done) Hufu__UseReport *r = NULL;
	if (!az_id_of(&m->transfer, &transfer))
		return hf_fault_set(in->fault, HF_E_FORMAT, "the filing names no transfer");
	const struct paper_want want = {HF_TYPE_USE_REPORT, &hufu__use_report__descriptor, m->organization, &transfer,
	                                "the use report"};
	HF_TRY(az_paper_open_shown(a, m->report, &want, &r, in->fault));
	if (!az_id_of(&r->transfer, &named) || !hf_id_equal(&named, &transfer) || m->asked_ms != time_of(&transfer) ||
	    m->decided_ms < m->asked_ms - HF_CLOCK_SKEW_MS)
		return hf_fault_set(in->fault, HF_E_CONFLICT, "the filing and the use report are about different uses");
	*ret_report = HF_TAKE(r);
	return HF_OK;
}

enum hf_err az_use_on_filing(struct hf_authz *a, const struct mail_in *in, const Hufu__UseFilingMail *mail)
{
	HF_CLEANUP(hf_decoded_done) Hufu__UseFiling *m = NULL;
	HF_CLEANUP(hf_decoded_done) Hufu__UseReport *r = NULL;
	HF_CLEANUP(az_paper_done) struct paper paper = {0};
	const struct paper_want want = {HF_TYPE_USE_FILING, &hufu__use_filing__descriptor, in->from, NULL,
	                                "the filing of a use"};
	struct hf_id txn;
	HF_TRY(az_paper_open(a, mail->filing, &want, &m, in->fault));
	HF_TRY(check_resource(a, in, m));
	HF_TRY(check_report(a, in, m, &r));
	if (!az_id_of(&m->transfer, &txn))
		return hf_fault_set(in->fault, HF_E_FORMAT, "the filing names no transfer");
	HF_TRY(az_paper_keep(a, mail->filing, &txn, in->unit, &paper, in->fault));
	put_row(in->unit, m, r, in->from);
	return HF_OK;
}
