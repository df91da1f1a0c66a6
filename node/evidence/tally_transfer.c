/* tally_transfer.c - how the documents of the transfer hang on the agreement and on each other: request, start,
 * manifest, receipt. */
#include "evidence/tally_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "evidence/label_rows.h"

static void statement_done(Hufu__Statement **s)
{
	hf_decoded_free(*s);
}

/* ---- request ---- */

static enum hf_err check_subject(const struct hf_tally *x, struct hf_doc *d, struct hf_fault *f)
{
	const Hufu__TransferRequest *r = (const Hufu__TransferRequest *)d->message;
	const char *agreed = x->agreement->department;
	HF_CLEANUP(statement_done) Hufu__Statement *s = NULL;
	struct hf_statement_want want = {"access", "fetch", x->consumer, &r->transfer, &x->transfer_txn, 0, NULL};
	HF_TRY(hf_tally_statement(x, r->subject, &want, &s, &d->by[0], f));
	/* A person without a department acts for the whole organization. */
	if (agreed[0] != 0 && d->by[0].department[0] != 0 && strcmp(d->by[0].department, agreed) != 0)
		return hf_fault_set(f, HF_E_NO_GRANT, "the person who fetched is of the department %s, not of %s",
		                    d->by[0].department, agreed);
	return HF_OK;
}

static enum hf_err check_request_fields(const struct hf_tally *x, const Hufu__TransferRequest *r, struct hf_fault *f)
{
	const Hufu__Agreement *g = x->agreement;
	for (size_t i = 0; i < r->n_fields; i++)
		if (!hf_list_has(g->fields, g->n_fields, r->fields[i]))
			return hf_fault_set(f, HF_E_WRONG_FIELDS,
			                    "the transfer request asks for the field \"%s\", which was not agreed",
			                    r->fields[i]);
		else if (hf_list_has(r->fields, i, r->fields[i]))
			return hf_fault_set(f, HF_E_FORMAT, "the transfer request names the field \"%s\" twice",
			                    r->fields[i]);
	if (g->system_address[0] != 0 && strcmp(g->system_address, r->address) != 0)
		return hf_fault_set(f, HF_E_WRONG_SYSTEM,
		                    "the transfer request names another address of the business system than the "
		                    "agreement");
	return HF_OK;
}

static enum hf_err check_request(struct hf_tally *x, struct hf_doc **ret_doc, struct hf_fault *f)
{
	const Hufu__Agreement *g = x->agreement;
	HF_TRY(hf_tally_one(x, HF_DOC_REQUEST, ret_doc, f));
	HF_TRY(hf_doc_frame(*ret_doc, x->consumer, &x->transfer_txn, f));
	const Hufu__TransferRequest *r = (const Hufu__TransferRequest *)(*ret_doc)->message;
	HF_TRY(HF_SAME_BYTES("transfer request", "transaction", f, {"transfer", &r->transfer, &x->transfer_txn}));
	HF_TRY(HF_SAME_BYTES("transfer request", "agreement", f, {"agreement", &r->agreement, &g->id},
	                     {"grant", &r->grant, &g->grant}, {"resource", &r->resource, &g->resource}));
	HF_TRY(HF_SAME_TEXTS("transfer request", "agreement", f, {"business system", r->system, g->system},
	                     {"operation", r->action, g->action}, {"purpose", r->purpose, g->purpose}));
	HF_TRY(check_request_fields(x, r, f));
	return check_subject(x, *ret_doc, f);
}

/* ---- start and its label ---- */

static bool label_has(const Hufu__Label *l, const char *field)
{
	for (size_t i = 0; i < l->n_fields; i++)
		if (strcmp(l->fields[i]->name, field) == 0)
			return true;
	return false;
}

/* Class, level and marks of the fields, as the catalog entry of that version says. */
static enum hf_err check_field_label(const Hufu__CatalogEntry *e, const Hufu__FieldLabel *l, struct hf_fault *f)
{
	for (size_t i = 0; i < e->n_fields; i++) {
		const Hufu__Field *is = e->fields[i];
		if (strcmp(is->name, l->name) == 0 && (strcmp(is->type, l->type) != 0 || is->level != l->level ||
		                                       is->sensitive != l->sensitive || is->personal != l->personal))
			return hf_fault_set(f, HF_E_CONFLICT,
			                    "the label marks the field \"%s\" otherwise than the catalog entry",
			                    l->name);
	}
	return HF_OK;
}

/* The label names exactly the delivered fields: those asked for, or all that were agreed. */
static enum hf_err check_label_fields(const Hufu__Label *l, char *const *fields, size_t count, struct hf_fault *f)
{
	for (size_t i = 0; i < l->n_fields; i++)
		if (!hf_list_has(fields, count, l->fields[i]->name))
			return hf_fault_set(f, HF_E_WRONG_FIELDS,
			                    "the label names the field \"%s\", which was not asked for",
			                    l->fields[i]->name);
	for (size_t i = 0; i < count; i++)
		if (!label_has(l, fields[i]))
			return hf_fault_set(f, HF_E_WRONG_FIELDS, "the label does not name the field \"%s\"",
			                    fields[i]);
	if (l->n_fields != count)
		return hf_fault_set(f, HF_E_WRONG_FIELDS, "the label names a field twice");
	return HF_OK;
}

static enum hf_err check_field_terms(const Hufu__CatalogEntry *e, const Hufu__FieldLabel *l, struct hf_fault *f)
{
	for (size_t i = 0; i < e->n_fields; i++) {
		const Hufu__Field *agreed = e->fields[i];
		if (strcmp(agreed->name, l->name) == 0 && l->level <= agreed->level &&
		    l->sensitive <= agreed->sensitive && l->personal <= agreed->personal)
			return HF_OK;
	}
	return hf_fault_set(f, HF_E_TERMS_CHANGED,
	                    "the field \"%s\" was delivered under stricter terms than those agreed", l->name);
}

/* AZ-16: a later version is covered by the agreement unless its terms got stricter. */
static enum hf_err check_label_terms(const Hufu__CatalogEntry *e, const Hufu__Label *l, struct hf_fault *f)
{
	if (l->personal > e->personal || l->level > e->level || l->sensitive > e->sensitive ||
	    l->sharing != e->sharing || strcmp(l->data_class, e->data_class) != 0)
		return hf_fault_set(f, HF_E_TERMS_CHANGED,
		                    "version %u was delivered under stricter terms than those of version %u, which "
		                    "the agreement is about",
		                    l->version, e->version);
	for (size_t i = 0; i < l->n_fields; i++)
		HF_TRY(check_field_terms(e, l->fields[i], f));
	return HF_OK;
}

static enum hf_err check_label_level(const struct hf_tally *x, const Hufu__Label *l, struct hf_fault *f)
{
	const Hufu__CatalogEntry *e = x->entry;
	if (l->version != e->version)
		return check_label_terms(e, l, f);
	if (l->level != e->level || l->sensitive != e->sensitive || l->personal != e->personal ||
	    l->sharing != e->sharing || strcmp(l->data_class, e->data_class) != 0)
		return hf_fault_set(f, HF_E_CONFLICT, "the label names another class or level than the catalog entry");
	for (size_t i = 0; i < l->n_fields; i++)
		HF_TRY(check_field_label(e, l->fields[i], f));
	return HF_OK;
}

/* MK-25: what the terms demand to be masked was masked by that plan, or it says so falsely under its signature. */
static enum hf_err check_label_masking(const Hufu__Label *l, struct hf_fault *f)
{
	static const char mask[] = "mask:";
	for (size_t i = 0; i < l->n_obligations; i++)
		if (strncmp(l->obligations[i], mask, sizeof(mask) - 1) == 0 &&
		    (strcmp(l->obligations[i] + sizeof(mask) - 1, l->mask_plan) != 0 || l->mask_digest.len != 32))
			return hf_fault_set(f, HF_E_OBLIGATION,
			                    "the label does not say that the data was masked as \"%s\" demands",
			                    l->obligations[i]);
	return HF_OK;
}

/* SB-60: the same for rows. */
static enum hf_err check_label_rows(const Hufu__Label *l, const Hufu__TransferRequest *r, struct hf_fault *f)
{
	static const char name[] = "rows:";
	for (size_t i = 0; i < l->n_obligations; i++)
		if (strncmp(l->obligations[i], name, sizeof(name) - 1) == 0 &&
		    !hf_label_says_rows(l->rows, l->obligations[i] + sizeof(name) - 1))
			return hf_fault_set(f, HF_E_OBLIGATION,
			                    "the label does not say that the rows are those that \"%s\" demands",
			                    l->obligations[i]);
	if (r->rows[0] && !hf_label_says_rows(l->rows, r->rows))
		return hf_fault_set(f, HF_E_CONFLICT, "the label does not say that the rows are those asked for");
	return HF_OK;
}

static enum hf_err check_label(const struct hf_tally *x, const Hufu__Label *l, const Hufu__TransferRequest *r,
                               struct hf_fault *f)
{
	const Hufu__Agreement *g = x->agreement;
	HF_TRY(HF_SAME_BYTES("label", "agreement", f, {"resource", &l->entry, &g->resource}));
	HF_TRY(HF_SAME_TEXTS("label", "agreement", f, {"recipient", l->recipient, g->assignee},
	                     {"business system", l->system, g->system}, {"operation", l->action, g->action},
	                     {"purpose", l->purpose, g->purpose}));
	if (l->from_ms != g->from_ms || l->until_ms != g->until_ms)
		return hf_fault_set(f, HF_E_CONFLICT, "the label names another period than the agreement");
	if (l->version < g->resource_version)
		return hf_fault_set(f, HF_E_CONFLICT,
		                    "the label names an older version of the resource than the agreement");
	for (size_t i = 0; i < g->n_obligations; i++)
		if (!hf_list_has(l->obligations, l->n_obligations, g->obligations[i]))
			return hf_fault_set(f, HF_E_OBLIGATION, "the label leaves out the obligation \"%s\"",
			                    g->obligations[i]);
	if (l->onward_sharing && hf_list_has(g->obligations, g->n_obligations, "no-onward-sharing"))
		return hf_fault_set(f, HF_E_OBLIGATION, "the label permits onward sharing, the agreement forbids it");
	HF_TRY(check_label_masking(l, f));
	HF_TRY(check_label_rows(l, r, f));
	HF_TRY(check_label_level(x, l, f));
	bool all = r->n_fields == 0;
	return check_label_fields(l, all ? g->fields : r->fields, all ? g->n_fields : r->n_fields, f);
}

static enum hf_err check_start(struct hf_tally *x, const struct hf_doc *request, struct hf_doc **ret_doc,
                               struct hf_fault *f)
{
	const Hufu__Agreement *g = x->agreement;
	HF_TRY(hf_tally_one(x, HF_DOC_START, ret_doc, f));
	HF_TRY(hf_doc_frame(*ret_doc, x->provider, &x->transfer_txn, f));
	const Hufu__TransferStart *s = (const Hufu__TransferStart *)(*ret_doc)->message;
	HF_TRY(HF_SAME_BYTES("transfer start", "transaction", f, {"transfer", &s->transfer, &x->transfer_txn}));
	if (!hf_bytes_are_hash(&s->request_digest, &request->digest))
		return hf_fault_set(f, HF_E_DIGEST, "the transfer start answers another request");
	if (s->header->time_ms < g->from_ms || s->header->time_ms >= g->until_ms)
		return hf_fault_set(f, HF_E_GRANT_EXPIRED, "the transfer started outside the agreed period");
	HF_TRY(hf_tally_two_factors(&request->by[0], s->label->sensitive, f));
	return check_label(x, s->label, (const Hufu__TransferRequest *)request->message, f);
}

/* ---- manifest ---- */

static bool same_label(const Hufu__Label *a, const Hufu__Label *b)
{
	size_t a_len = 0, b_len = 0;
	uint8_t *x = hf_encode(&a->base, &a_len), *y = hf_encode(&b->base, &b_len);
	bool same = x != NULL && y != NULL && a_len == b_len && memcmp(x, y, a_len) == 0;
	free(x);
	free(y);
	return same;
}

/* DS-55: what was sent, and when, under the provider's signature. */
static enum hf_err check_manifest_times(const struct hf_tally *x, const Hufu__TransferStart *s, struct hf_fault *f)
{
	const Hufu__Manifest *m = x->manifest;
	if (m->started_ms > m->ended_ms || m->ended_ms > m->header->time_ms)
		return hf_fault_set(f, HF_E_CONFLICT, "the times of the manifest are not in order");
	if (m->header->time_ms < s->header->time_ms)
		return hf_fault_set(f, HF_E_CONFLICT, "the manifest was signed before the transfer started");
	/* The last chunk may be asked for just before the end. */
	if (m->ended_ms >= x->agreement->until_ms + HF_CLOCK_SKEW_MS)
		return hf_fault_set(f, HF_E_GRANT_EXPIRED, "the transfer went on after the agreed period");
	return HF_OK;
}

static enum hf_err check_manifest(struct hf_tally *x, const struct hf_doc *start, struct hf_doc **ret_doc,
                                  struct hf_fault *f)
{
	const Hufu__TransferStart *s = (const Hufu__TransferStart *)start->message;
	HF_TRY(hf_tally_one(x, HF_DOC_MANIFEST, ret_doc, f));
	HF_TRY(hf_doc_frame(*ret_doc, x->provider, &x->transfer_txn, f));
	const Hufu__Manifest *m = (const Hufu__Manifest *)(*ret_doc)->message;
	HF_TRY(HF_SAME_BYTES("manifest", "transaction", f, {"transfer", &m->transfer, &x->transfer_txn}));
	HF_TRY(HF_SAME_BYTES("manifest", "agreement", f, {"agreement", &m->agreement, &x->agreement->id},
	                     {"grant", &m->grant, &x->agreement->grant}));
	if (!same_label(m->label, s->label))
		return hf_fault_set(f, HF_E_CONFLICT, "the manifest bears another label than the transfer start");
	if (m->chunk_bytes != s->chunk_bytes ||
	    m->bytes > (m->chunks > UINT64_MAX / m->chunk_bytes ? UINT64_MAX : m->chunks * m->chunk_bytes))
		return hf_fault_set(f, HF_E_CONFLICT, "the manifest's sizes do not fit together");
	if (s->bytes != 0 && s->bytes != m->bytes)
		return hf_fault_set(f, HF_E_CONFLICT, "the manifest names another size than the transfer start");
	x->manifest = m;
	return check_manifest_times(x, s, f);
}

/* ---- receipt (DS-57, DS-58) ---- */

static enum hf_err check_receipt(struct hf_tally *x, const struct hf_doc *manifest, struct hf_fault *f)
{
	struct hf_doc *d = NULL;
	const Hufu__Manifest *m = x->manifest;
	HF_TRY(hf_tally_one(x, HF_DOC_RECEIPT, &d, f));
	HF_TRY(hf_doc_frame(d, x->consumer, &x->transfer_txn, f));
	const Hufu__Receipt *r = (const Hufu__Receipt *)d->message;
	HF_TRY(HF_SAME_BYTES("receipt", "transaction", f, {"transfer", &r->transfer, &x->transfer_txn}));
	if (!hf_bytes_are_hash(&r->manifest_digest, &manifest->digest))
		return hf_fault_set(f, HF_E_DIGEST, "the receipt is for another manifest");
	HF_TRY(HF_SAME_BYTES("receipt", "manifest", f, {"content digest", &r->root, &m->root}));
	if (r->bytes != m->bytes || r->rows != m->rows)
		return hf_fault_set(f, HF_E_CONFLICT, "the receipt names other sizes than the manifest");
	if (r->received_ms > r->header->time_ms)
		return hf_fault_set(f, HF_E_CONFLICT, "the times of the receipt are not in order");
	x->receipt = r;
	return HF_OK;
}

enum hf_err hf_tally_bind_transfer(struct hf_tally *x, struct hf_fault *f)
{
	struct hf_doc *request = NULL, *start = NULL, *manifest = NULL;
	HF_TRY(check_request(x, &request, f));
	HF_TRY(check_start(x, request, &start, f));
	HF_TRY(check_manifest(x, start, &manifest, f));
	HF_TRY(check_receipt(x, manifest, f));
	for (size_t i = 0; i < x->doc_count; i++)
		if (!x->docs[i].bound)
			return hf_fault_set(f, HF_E_CONFLICT, "the %s has no place in this transaction",
			                    hf_doc_name(x->docs[i].kind));
	return HF_OK;
}
