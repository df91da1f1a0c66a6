/* commands.c - see verify.h. Each command gathers its account as JSON; the text for people is printed from the same
 * values. */
#include "verify.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "crypto/base64.h"
#include "evidence/equivocation.h"

static void print_json(json_t *take)
{
	char *text = json_dumps(take, JSON_INDENT(2) | JSON_PRESERVE_ORDER);
	puts(text != NULL ? text : "{}");
	free(text);
	json_decref(take);
}

void verify_refused(const char *path, const struct verify_out *out, const struct hf_fault *f)
{
	if (!out->json) {
		fprintf(stderr, "hufu-verify: %s does not verify: %s\n", path, f->text);
		return;
	}
	json_t *o = json_pack("{s:b, s:s, s:s, s:s}", "verified", 0, "path", path, "reason", hf_err_reason(f->code),
	                      "text", f->text);
	if (out->bad != UINT64_MAX)
		json_object_set_new(o, "first_bad_index", json_integer((json_int_t)out->bad));
	print_json(o);
}

/* What the evidence knows of the space, so that the reader can compare it with what he knows himself. */
static void mark_json(json_t *o, const struct hf_space_mark *m)
{
	char digest[65];
	hf_hash_hex(&m->digest, digest);
	json_object_set_new(o, "descriptor", json_integer((json_int_t)m->number));
	json_object_set_new(o, "descriptor_digest", json_string(digest));
}

static void mark_text(const struct hf_space_mark *m)
{
	char digest[65];
	hf_hash_hex(&m->digest, digest);
	printf("  as of space descriptor %" PRIu64 ", %s\n", m->number, digest);
}

/* ---- tally ---- */

static void tally_json(const struct hf_tally_report *r)
{
	char txn[HF_ID_TEXT], negotiation[HF_ID_TEXT], root[65], from[HF_TIME_TEXT], until[HF_TIME_TEXT];
	hf_id_text(&r->transaction, txn);
	hf_id_text(&r->negotiation, negotiation);
	hf_hash_hex(&r->content_root, root);
	hf_time_text(r->started_ms, from);
	hf_time_text(r->ended_ms, until);
	json_t *o = json_pack("{s:b, s:s, s:s, s:s, s:s, s:s, s:s}", "verified", 1, "kind", "tally", "transaction", txn,
	                      "negotiation", negotiation, "provider", r->provider, "consumer", r->consumer, "intake",
	                      r->intake);
	json_object_set_new(o, "bytes", json_integer((json_int_t)r->bytes));
	json_object_set_new(o, "rows", json_integer((json_int_t)r->rows));
	json_object_set_new(o, "content_root", json_string(root));
	json_object_set_new(o, "quality_met", json_boolean(r->quality_met));
	json_object_set_new(o, "started", json_string(from));
	json_object_set_new(o, "ended", json_string(until));
	json_object_set_new(o, "documents", json_integer((json_int_t)r->documents));
	json_object_set_new(o, "ledgers", json_integer((json_int_t)r->ledgers));
	json_object_set_new(o, "entries", json_integer((json_int_t)r->entries));
	json_object_set_new(o, "cosignatures", json_integer((json_int_t)r->cosignatures));
	mark_json(o, &r->descriptor);
	print_json(o);
}

static void tally_text(const struct hf_tally_report *r)
{
	char txn[HF_ID_TEXT], root[65], from[HF_TIME_TEXT], until[HF_TIME_TEXT];
	hf_id_text(&r->transaction, txn);
	hf_hash_hex(&r->content_root, root);
	hf_time_text(r->started_ms, from);
	hf_time_text(r->ended_ms, until);
	printf("verified: transfer %s\n", txn);
	printf("  %s delivered %" PRIu64 " bytes in %" PRIu64 " rows to %s,\n  from %s to %s\n", r->provider, r->bytes,
	       r->rows, r->consumer, from, until);
	printf("  content root %s, quality %s by the consumer's receipt\n", root, r->quality_met ? "met" : "not met");
	printf("  authorized: need confirmed at %s, review passed at %s, decision T and agreement of %s, countersigned "
	       "by %s\n",
	       r->consumer, r->intake, r->provider, r->consumer);
	printf("  %zu documents; %zu entries in the ledgers of %zu nodes, complete, under %zu cosignatures of "
	       "witnesses\n",
	       r->documents, r->entries, r->ledgers, r->cosignatures);
	mark_text(&r->descriptor);
}

enum hf_err verify_tally(const struct hf_trust *trust, const char *path, struct verify_out *out, struct hf_fault *f)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf data = HF_BUF_INIT;
	struct hf_tally_report r;
	enum hf_err e = hf_file_read(path, HF_TALLY_MAX, &data);
	if (e != HF_OK)
		return hf_file_fault(f, e, path, HF_TALLY_MAX);
	HF_TRY(hf_tally_verify(trust, data.data, data.len, &r, f));
	if (out->json)
		tally_json(&r);
	else
		tally_text(&r);
	return HF_OK;
}

/* ---- ledger ---- */

static void ledger_json(const char *path, const struct hf_ledger_report *r)
{
	json_t *o = json_pack("{s:b, s:s, s:s, s:I}", "verified", 1, "kind", "ledger", "path", path, "entries",
	                      (json_int_t)r->size);
	mark_json(o, &r->descriptor);
	json_object_set_new(o, "key_changes", json_integer((json_int_t)r->key_changes));
	json_object_set_new(o, "unannounced_keys", json_integer((json_int_t)r->unannounced_keys));
	json_object_set_new(o, "clock_ahead_entries", json_integer((json_int_t)r->ahead.entries));
	if (r->ahead.entries > 0) {
		json_object_set_new(o, "clock_ahead_first", json_integer((json_int_t)r->ahead.first));
		json_object_set_new(o, "clock_ahead_most_s", json_integer((json_int_t)(r->ahead.most_ms / 1000)));
	}
	print_json(o);
}

/* What is no reason to refuse it, but worth knowing. */
static void ledger_notes(const struct hf_ledger_report *r)
{
	if (r->key_changes > 0)
		printf("  %zu key changes, each signed by the key before it or by the recovery key\n", r->key_changes);
	if (r->unannounced_keys > 0)
		printf("  NOTE: the descriptors name %zu later keys of its node that no entry announces; ask the node "
		       "whether they are its own\n",
		       r->unannounced_keys);
	if (r->ahead.entries > 0)
		printf("  NOTE: %" PRIu64 " entries, the first is %" PRIu64
		       ", state times after the witnesses had cosigned them, by up to %lld s: the writer's clock was "
		       "wrong\n",
		       r->ahead.entries, r->ahead.first, (long long)(r->ahead.most_ms / 1000));
}

enum hf_err verify_ledger(const struct hf_trust *trust, const char *path, struct verify_out *out, struct hf_fault *f)
{
	struct hf_ledger_report r;
	enum hf_err e = hf_ledger_verify_dir(trust, path, &r, f);
	out->bad = r.bad;
	HF_TRY(e);
	if (out->json) {
		ledger_json(path, &r);
	} else {
		printf("verified: the ledger in %s\n  %" PRIu64
		       " entries: each in its place, chain and tree agree, checkpoint cosigned by a "
		       "quorum of witnesses\n",
		       path, r.size);
		mark_text(&r.descriptor);
		ledger_notes(&r);
	}
	return HF_OK;
}

/* ---- proof ---- */

static bool is_text(const ProtobufCBinaryData *v)
{
	return hf_text_ok((const char *)v->data, v->len, v->len);
}

static void value_text(const ProtobufCBinaryData *v, char out[600])
{
	out[0] = 0;
	if (v->len > 0 && is_text(v)) {
		snprintf(out, 600, "%.*s", (int)(v->len < 500 ? v->len : 500), (const char *)v->data);
		return;
	}
	size_t n = v->len < 256 ? v->len : 256;
	for (size_t i = 0; i < n; i++)
		snprintf(out + 2 * i, 600 - 2 * i, "%02x", v->data[i]);
}

static void proof_json(const struct hf_proof_report *r)
{
	const Hufu__EntryOpening *o = r->entry->opening;
	json_t *fields = json_object();
	char value[600];
	for (size_t i = 0; i < o->n_fields; i++) {
		value_text(&o->fields[i]->value, value);
		json_object_set_new(fields, hf_field_name((enum hf_field)o->fields[i]->field), json_string(value));
	}
	json_t *root = json_pack("{s:b, s:s, s:s, s:I, s:I, s:I, s:o}", "verified", 1, "kind", "proof", "ledger",
	                         r->node, "index", (json_int_t)r->index, "size", (json_int_t)r->size, "cosignatures",
	                         (json_int_t)r->cosignatures, "fields", fields);
	mark_json(root, &r->descriptor);
	print_json(root);
}

static void proof_text(const struct hf_proof_report *r)
{
	const Hufu__EntryOpening *o = r->entry->opening;
	char value[600];
	printf("verified: entry %" PRIu64 " of the ledger of %s, of %" PRIu64
	       " entries, under %zu cosignatures of witnesses\n",
	       r->index, r->node, r->size, r->cosignatures);
	mark_text(&r->descriptor);
	printf("  %zu of its %zu fields are shown:\n", o->n_fields, o->n_hashes);
	for (size_t i = 0; i < o->n_fields; i++) {
		value_text(&o->fields[i]->value, value);
		printf("  %-26s %s\n", hf_field_name((enum hf_field)o->fields[i]->field), value);
	}
}

enum hf_err verify_proof(const struct hf_trust *trust, const char *path, struct verify_out *out, struct hf_fault *f)
{
	struct hf_proof_report r;
	HF_TRY(hf_proof_open(trust, path, &r, f));
	if (out->json)
		proof_json(&r);
	else
		proof_text(&r);
	hf_decoded_free(r.entry);
	return HF_OK;
}

/* ---- evidence ---- */

static void evidence_json(const struct hf_equivocation *q)
{
	char first[65], shown[65], key[65];
	hf_hash_hex(&q->first.root, first);
	hf_hash_hex(&q->shown, shown);
	hf_hex(q->key.b, sizeof(q->key.b), key);
	json_t *o = json_pack("{s:b, s:s, s:s, s:s, s:s, s:s}", "verified", 1, "kind", "evidence", "ledger", q->node.s,
	                      "log_key", key, "stated_root", first, "shown_root", shown);
	json_object_set_new(o, "first_size", json_integer((json_int_t)q->first.size));
	json_object_set_new(o, "second_size", json_integer((json_int_t)q->second.size));
	json_object_set_new(o, "key_revoked", json_boolean(q->revoked_ms != INT64_MAX));
	mark_json(o, &q->descriptor);
	print_json(o);
}

static void evidence_text(const struct hf_equivocation *q)
{
	char first[65], shown[65], key[65], revoked[HF_TIME_TEXT];
	hf_hash_hex(&q->first.root, first);
	hf_hash_hex(&q->shown, shown);
	hf_hex(q->key.b, sizeof(q->key.b), key);
	printf("verified: the log key of %s signed two histories\n"
	       "  at size %" PRIu64 " its checkpoint states root %s\n"
	       "  its checkpoint of size %" PRIu64 " has root  %s there\n  log key %s",
	       q->node.s, q->first.size, first, q->second.size, shown, key);
	if (q->revoked_ms != INT64_MAX) {
		hf_time_text(q->revoked_ms, revoked);
		printf(", revoked from %s on: whoever stole it may have signed", revoked);
	}
	putchar('\n');
	mark_text(&q->descriptor);
}

enum hf_err verify_evidence(const struct hf_trust *trust, const char *path, struct verify_out *out, struct hf_fault *f)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf data = HF_BUF_INIT;
	struct hf_equivocation q;
	enum hf_err e = hf_file_read(path, HF_EVIDENCE_MAX, &data);
	if (e != HF_OK)
		return hf_file_fault(f, e, path, HF_EVIDENCE_MAX);
	HF_TRY(hf_equivocation_verify(trust, data.data, data.len, &q, f));
	if (out->json)
		evidence_json(&q);
	else
		evidence_text(&q);
	return HF_OK;
}
