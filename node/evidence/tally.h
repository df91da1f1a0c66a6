/*
 * tally.h - the offline checks: a tally file, an exported ledger folder, one .tlog-proof. Pure; what hufu-verify runs.
 */
#ifndef HUFU_EVIDENCE_TALLY_H
#define HUFU_EVIDENCE_TALLY_H

#include "evidence/entry.h"
#include "evidence/space.h"
#include "tally.pb-c.h"

#define HF_TALLY_MAX ((size_t)16 << 20)

struct hf_tally_report {
	struct hf_id transaction;
	char provider[HF_NAME_MAX + 1];
	char consumer[HF_NAME_MAX + 1];
	char intake[HF_NAME_MAX + 1];
	uint64_t bytes, rows;
	struct hf_hash content_root;
	size_t documents, entries, ledgers, cosignatures;
	struct hf_id negotiation;     /* transaction of the application */
	bool quality_met;             /* the receipt's verdict */
	int64_t started_ms, ended_ms; /* of the transfer */
	struct hf_space_mark descriptor;
};
/* Everything or nothing: canonical encoding, outer signature by a member, descriptor chain to root, each document's
 * signature and the references between them (entry, application, intake, decision, agreement, verification, event,
 * request, start, manifest, receipt), the separation of duties, and for each ledger the log's signature, the witnesses'
 * quorum, inclusion and opening of each entry, the entries that must be there (each document's digest committed in the
 * ledger of its author and of the party that received it), in the order of the process, and that they speak of this
 * transaction. f names the first thing that does not verify. */
enum hf_err hf_tally_verify(const struct hf_trust *trust, const void *data, size_t len,
                            struct hf_tally_report *ret_report, struct hf_fault *f) HF_MUST_CHECK;

/* True for the payload types that a tally may hold. */
bool hf_tally_takes(const char *payload_type);
/* Signs a tally of this node. t->documents, ledgers and their entries are brought into the required order first (the
 * arrays are sorted in place); descriptors must already stand from number 1 on. Documents that are not needed make the
 * tally unverifiable: only those of the two transactions belong into it. */
enum hf_err hf_tally_make(const struct hf_sign_key *k, const char *node, Hufu__Tally *t,
                          struct hf_buf *out) HF_MUST_CHECK;

/* A tlog-tiles folder as `hufu ledger export` writes it: descriptors, checkpoint with quorum, every tile and entry
 * bundle, chain and tree agree, key changes are signed as they must be. On failure ret_report->bad: index of the first
 * bad entry, UINT64_MAX when none can be named; the rest of the report is then empty. Reads bundles on several threads.
 * A clock that was ahead, and keys that the authority named without an entry of the ledger, are told and not refused.
 */
struct hf_clock_ahead {
	uint64_t entries, first; /* how many, and the lowest index */
	int64_t most_ms;         /* how far at most, from the middle clock of the witnesses */
};
struct hf_ledger_report {
	uint64_t size, bad;
	size_t key_changes, unannounced_keys;
	struct hf_clock_ahead ahead; /* entries later than the cosignatures over them by more than HF_CLOCK_SKEW_MS */
	struct hf_space_mark descriptor;
};
enum hf_err hf_ledger_verify_dir(const struct hf_trust *trust, const char *dir, struct hf_ledger_report *ret_report,
                                 struct hf_fault *f) HF_MUST_CHECK;
/* One entry as a c2sp.org/tlog-proof@v1 file. `extra` is the base64 of a ProofEntry: index, entry, shown fields,
 * commitments of the others. The space's descriptors lie beside it in "descriptors.dsse". */
struct hf_proof_report {
	char node[HF_NAME_MAX + 1]; /* owner of the ledger */
	uint64_t index, size;
	size_t cosignatures;
	struct hf_space_mark descriptor;
	Hufu__TallyEntry *entry; /* without path; the opening has all commitments; hf_decoded_free */
};
#define HF_PROOF_MAX ((size_t)1 << 20)
enum hf_err hf_proof_check(const struct hf_space *s, const void *data, size_t len, struct hf_proof_report *ret_report,
                           struct hf_fault *f) HF_MUST_CHECK;
/* The file at path with the descriptors beside it; ret_report may be NULL. */
enum hf_err hf_proof_open(const struct hf_trust *trust, const char *path, struct hf_proof_report *ret_report,
                          struct hf_fault *f) HF_MUST_CHECK;
enum hf_err hf_proof_verify(const struct hf_trust *trust, const char *path, struct hf_fault *f) HF_MUST_CHECK;
/* Writes such a file. e->path is the inclusion proof; note the signed checkpoint. HF_E_FORMAT when a part is missing.
 */
enum hf_err hf_proof_make(const Hufu__TallyEntry *e, const char *note, struct hf_buf *out) HF_MUST_CHECK;

#endif
