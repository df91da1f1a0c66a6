/*
 * tally.c - the tally as a file: one envelope, the descriptor chain, and then the checks of the other tally_*.c files
 * in the order in which they build on each other. The first thing that does not verify ends the check.
 */
#include "evidence/tally_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/domains.h"

static void envelope_done(Hufu__Envelope **e)
{
	hf_decoded_free(*e);
}
static void tally_done(Hufu__Tally **t)
{
	hf_decoded_free(*t);
}

static void check_done(struct hf_tally *x)
{
	hf_docs_free(x);
	hf_decoded_free(x->agreement_owned);
	hf_space_free(x->space);
	free(x->ledgers);
	free(x->items);
}

static enum hf_err extend_with(struct hf_tally *x, const Hufu__Envelope *descriptor, size_t i, struct hf_fault *f)
{
	size_t len = 0;
	uint8_t *bytes = hf_encode(&descriptor->base, &len);
	enum hf_err e = bytes == NULL ? HF_E_MEMORY : hf_space_extend(x->space, bytes, len, f);
	free(bytes);
	if (e == HF_OK && hf_space_number(x->space) != i + 1)
		return hf_fault_set(f, HF_E_CONFLICT, "the descriptor in place %zu has another number", i + 1);
	return e;
}

static enum hf_err build_space(struct hf_tally *x, const struct hf_trust *trust, struct hf_fault *f)
{
	x->space = hf_space_new(&trust->root);
	for (size_t i = 0; i < x->t->n_descriptors; i++)
		HF_TRY(extend_with(x, x->t->descriptors[i], i, f));
	return hf_space_reaches(x->space, trust, f);
}

static enum hf_err check_frame(struct hf_tally *x, const Hufu__Envelope *e, struct hf_fault *f)
{
	struct hf_bytes payload;
	HF_TRY(hf_space_open(x->space, e, HF_TYPE_TALLY, &payload, f));
	x->transfer_txn = x->t->header->transaction;
	if (x->transfer_txn.len != 16)
		return hf_fault_set(f, HF_E_FORMAT, "the tally names no transaction");
	return HF_OK;
}

static void fill_report(const struct hf_tally *x, struct hf_tally_report *r)
{
	*r = (struct hf_tally_report){.documents = x->doc_count,
	                              .entries = x->item_count,
	                              .ledgers = x->t->n_ledgers,
	                              .cosignatures = x->cosignatures};
	memcpy(r->transaction.b, x->transfer_txn.data, sizeof(r->transaction.b));
	memcpy(r->negotiation.b, x->negotiation_txn.data, sizeof(r->negotiation.b));
	snprintf(r->provider, sizeof(r->provider), "%s", x->provider);
	snprintf(r->consumer, sizeof(r->consumer), "%s", x->consumer);
	snprintf(r->intake, sizeof(r->intake), "%s", x->intake_node);
	r->bytes = x->receipt->bytes;
	r->rows = x->receipt->rows;
	memcpy(r->content_root.b, x->manifest->root.data, sizeof(r->content_root.b));
	r->quality_met = strcmp(x->receipt->quality, "met") == 0;
	r->started_ms = x->manifest->started_ms;
	r->ended_ms = x->manifest->ended_ms;
	hf_space_mark(x->space, &r->descriptor);
}

/* A tally whose own transaction is that of none of its documents is not one of these documents. */
static enum hf_err check_named(const struct hf_tally *x, struct hf_fault *f)
{
	char text[HF_ID_TEXT];
	struct hf_id id;
	for (size_t i = 0; i < x->doc_count; i++)
		if (hf_bytes_same(&x->docs[i].header->transaction, &x->transfer_txn))
			return HF_OK;
	memcpy(id.b, x->transfer_txn.data, sizeof(id.b));
	hf_id_text(&id, text);
	return hf_fault_set(f, HF_E_CONFLICT, "the tally names the transaction %s, of which it holds no document",
	                    text);
}

static enum hf_err run(struct hf_tally *x, const struct hf_trust *trust, const Hufu__Envelope *e, struct hf_fault *f)
{
	HF_TRY(build_space(x, trust, f));
	HF_TRY(check_frame(x, e, f));
	HF_TRY(hf_tally_open_docs(x, f));
	HF_TRY(check_named(x, f));
	HF_TRY(hf_tally_bind_negotiation(x, f));
	HF_TRY(hf_tally_bind_transfer(x, f));
	HF_TRY(hf_tally_check_ledgers(x, f));
	HF_TRY(hf_tally_check_recorded(x, f));
	return hf_tally_check_order(x, f);
}

/* ---- a file that is no envelope ---- */

/* At most ten bytes, seven bits each, the lowest first. */
static bool take_number(const uint8_t *data, size_t len, size_t *at, uint64_t *ret_number)
{
	uint64_t n = 0;
	for (unsigned shift = 0; shift < 64 && *at < len; shift += 7) {
		uint8_t b = data[(*at)++];
		n |= (uint64_t)(b & 0x7f) << shift;
		if (b < 0x80) {
			*ret_number = n;
			return true;
		}
	}
	return false;
}

/* An envelope is type, payload and signatures, each behind its number and its length: where do the bytes leave that? */
static enum hf_err refuse_file(const uint8_t *data, size_t len, struct hf_fault *f)
{
	enum { BYTES = 2, SIGNATURES = 3 };
	uint64_t last = 0, tag = 0, size = 0;
	if (len == 0)
		return hf_fault_set(f, HF_E_FORMAT, "the file is empty");
	for (size_t at = 0; at < len; at += size) {
		size_t from = at;
		bool whole = take_number(data, len, &at, &tag);
		if (whole && ((tag & 7) != BYTES || tag >> 3 < last || tag >> 3 > SIGNATURES || tag >> 3 == 0))
			return hf_fault_set(f, HF_E_FORMAT,
			                    last == SIGNATURES
			                            ? "bytes that are not of the tally follow it from byte %zu on"
			                            : "the file is no tally: byte %zu begins no part of one",
			                    from);
		if (!whole || !take_number(data, len, &at, &size) || size > len - at)
			return hf_fault_set(f, HF_E_FORMAT,
			                    "the file ends within the part that begins at byte %zu: it was cut off at "
			                    "byte %zu, or that part's length was altered",
			                    from, len);
		last = tag >> 3;
	}
	if (last < SIGNATURES)
		return hf_fault_set(f, HF_E_FORMAT,
		                    "the file was cut off at byte %zu: no signature follows what it holds", len);
	return hf_fault_set(f, HF_E_FORMAT,
	                    "a part of the tally's envelope was altered: it is not of the required form");
}

enum hf_err hf_tally_verify(const struct hf_trust *trust, const void *data, size_t len,
                            struct hf_tally_report *ret_report, struct hf_fault *f)
{
	if (len > HF_TALLY_MAX)
		return hf_fault_set(f, HF_E_LIMIT, "the file is larger than a tally may be");
	HF_CLEANUP(envelope_done)
	Hufu__Envelope *e = hf_decode_limit(&hufu__envelope__descriptor, data, len, HF_TALLY_MAX);
	if (e == NULL)
		return refuse_file(data, len, f);
	if (strcmp(e->payload_type, HF_TYPE_TALLY) != 0)
		return hf_fault_set(f, HF_E_FORMAT, "the file is no tally but an envelope of the type %s",
		                    e->payload_type);
	HF_CLEANUP(tally_done)
	Hufu__Tally *t = hf_decode_limit(&hufu__tally__descriptor, e->payload.data, e->payload.len, HF_TALLY_MAX);
	if (t == NULL)
		return hf_fault_set(f, HF_E_FORMAT, "the tally is not of the required form");
	HF_CLEANUP(check_done) struct hf_tally x = {.t = t};
	HF_TRY(run(&x, trust, e, f));
	fill_report(&x, ret_report);
	return HF_OK;
}

static int compare_ledgers(const void *a, const void *b)
{
	return strcmp((*(Hufu__TallyLedger *const *)a)->origin, (*(Hufu__TallyLedger *const *)b)->origin);
}

static int compare_entries(const void *a, const void *b)
{
	uint64_t x = (*(Hufu__TallyEntry *const *)a)->index, y = (*(Hufu__TallyEntry *const *)b)->index;
	return (x > y) - (x < y);
}

enum hf_err hf_tally_make(const struct hf_sign_key *k, const char *node, Hufu__Tally *t, struct hf_buf *out)
{
	HF_TRY(hf_docs_sort(t));
	if (t->n_ledgers > 0)
		qsort(t->ledgers, t->n_ledgers, sizeof(*t->ledgers), compare_ledgers);
	for (size_t i = 0; i < t->n_ledgers; i++)
		if (t->ledgers[i]->n_entries > 0)
			qsort(t->ledgers[i]->entries, t->ledgers[i]->n_entries, sizeof(*t->ledgers[i]->entries),
			      compare_entries);
	return hf_envelope_make_message(k, node, HF_TYPE_TALLY, &t->base, out);
}
