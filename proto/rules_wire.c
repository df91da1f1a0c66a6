/* rules_wire.c - bounds of what travels inside a session, of ledger entries and replication, and of the tally. */
#include "proto/rules.h"

#include "channel.pb-c.h"
#include "entry.pb-c.h"
#include "ledger.pb-c.h"
#include "tally.pb-c.h"

#define MAIL KIB(400)
#define RECORD KIB(1024)
#define NOTE KIB(16)
#define ENTRY_MAX 65535
#define FIELD_LIMIT 127 /* below HF_FIELD_LIMIT of base/events.h */

/* One line is one field. */
/* clang-format off */
ROW(hello, KIB(4),
	NAME(node),
	NUMBER(descriptor_number, 0, UINT64_MAX),
	BYTES_OR_NONE(descriptor_digest, 32, 32),
	NUMBER(version, 0, 65535),
	TIME(time_ms),
	TEXT(listen, 0, 255));

ROW(request_header, RECORD,
	NUMBER(type, 1, 65535),
	ID(message_id),
	ID_OR_NONE(trace),
	BYTES_OR_NONE(bulk_tag, 16, 16),
	BYTES(body, 0, BODY));

ROW(reply_header, RECORD,
	TEXT(error, 0, 63),
	TEXT(text, 0, 4096),
	BYTES_OR_NONE(bulk_tag, 16, 16),
	BYTES(body, 0, BODY));

ROW(mail, BODY,
	BYTES(epoch, 16, 16),
	NUMBER(sequence, 1, UINT64_MAX),
	NUMBER(type, 1, 65535),
	ID_OR_NONE(transaction),
	BYTES(body, 0, MAIL));

ROW(mail_reply, KIB(8),
	NUMBER(sequence, 0, UINT64_MAX),
	TEXT(refused, 0, 63),
	TEXT(text, 0, 4096));

ROW(poll, 64, NUMBER(wait_ms, 0, 25000));
ROW(poll_reply, BODY, MSGS(mails, 1024, mail));
ROW(descriptor_get, 64, NUMBER(from, 0, UINT64_MAX));
ROW(descriptor_reply, BODY, BLOCKS(envelopes, 10000, 1, BODY));
ROW(ping, 64, TIME_OR_NONE(time_ms));

ROW(ledger_entry, ENTRY_MAX,
	NUMBER(version, 1, 1),
	NUMBER(suite, 1, 255),
	ORIGIN(origin),
	NUMBER(index, 0, UINT64_MAX),
	TIME_OR_NONE(time_s),
	BYTES(prev, 32, 32),
	NUMBER(event_class, 1, 6),
	BYTES(label, 16, 16),
	BYTES(commitment, 32, 32),
	MSGS(openings, FIELD_LIMIT, field_opening));

ROW(field_opening, 0,
	NUMBER(field, 1, FIELD_LIMIT),
	BYTES(salt, 32, 32),
	BYTES(value, 0, 8192));

ROW(entry_opening, BODY,
	ORIGIN(origin),
	NUMBER(index, 0, UINT64_MAX),
	MSGS(fields, FIELD_LIMIT, field_opening),
	MSGS_SOME(hashes, FIELD_LIMIT, field_hash));

ROW(field_hash, 0,
	NUMBER(field, 1, FIELD_LIMIT),
	BYTES(hash, 32, 32));

ROW(checkpoint_add, NOTE + KIB(4),
	ORIGIN(origin),
	NUMBER(old_size, 0, INT64_MAX),
	BLOCKS(proof, 63, 32, 32),
	BYTES(note, 1, NOTE));

ROW(checkpoint_reply, KIB(4),
	NUMBER(size, 0, INT64_MAX),
	BYTES(cosignature, 0, 1024));

ROW(mirror_add, BODY,
	ORIGIN(origin),
	NUMBER(start, 0, INT64_MAX),
	BLOCKS(entries, 8192, 1, ENTRY_MAX),
	BYTES(note, 1, NOTE));

ROW(mirror_reply, KIB(4),
	NUMBER(next, 0, INT64_MAX),
	BYTES(cosignature, 0, 1024));

ROW(openings_push, BODY,
	ORIGIN(origin),
	MSGS(openings, 1024, entry_opening));

ROW(openings_reply, 64, NUMBER(stored, 0, UINT32_MAX));

ROW(ledger_heads, BODY,
	MSGS(heads, 1024, ledger_head),
	BYTES_OR_NONE(evidence, 32, 32));

ROW(ledger_fetch, 512,
	ORIGIN(origin),
	NUMBER(start, 0, INT64_MAX),
	NUMBER(size, 0, INT64_MAX),
	FLAG(openings));

ROW(ledger_fetched, BODY,
	BYTES(note, 0, NOTE),
	BYTES(witnessed_note, 0, NOTE),
	BLOCKS(entries, 8192, 1, ENTRY_MAX),
	BLOCKS(proof, 63, 32, 32),
	MSGS(openings, 8192, entry_opening));

ROW(ledger_seen, 512, TEXT(after, 0, 255));

ROW(ledger_seen_reply, BODY, MSGS(heads, 1024, ledger_head), FLAG(more));

ROW(ledger_head, 0,
	ORIGIN(origin),
	NUMBER(size, 0, INT64_MAX),
	BYTES_OR_NONE(root, 32, 32),
	BYTES(note, 0, NOTE));

#define OWN_NOTE KIB(4) /* a checkpoint with the log's own lines */

ROW(ledger_evidence, KIB(16),
	ORIGIN(origin),
	BYTES(first, 1, OWN_NOTE),
	BYTES(second, 1, OWN_NOTE),
	BYTES_OR_NONE(shown_root, 32, 32),
	BLOCKS(proof, 63, 32, 32));

ROW(ledger_evidence_reply, 64, FLAG(known));

ROW(consistency_get, 512,
	ORIGIN(origin),
	NUMBER(old_size, 1, INT64_MAX),
	NUMBER(size, 1, INT64_MAX),
	BYTES(root, 32, 32));

ROW(consistency_reply, KIB(4),
	BYTES(old_root, 32, 32),
	BLOCKS(proof, 63, 32, 32));

ROW(evidence_file, KIB(17408),
	BYTES(descriptors, 1, KIB(16384)),
	MSG(evidence, ledger_evidence));

ROW(tally, KIB(16384),
	MSG(header, header),
	MSGS_SOME(descriptors, 10000, envelope),
	MSGS_SOME(documents, 256, envelope),
	MSGS_SOME(ledgers, 64, tally_ledger));

ROW(tally_ledger, 0,
	ORIGIN(origin),
	TEXT(checkpoint, 1, KIB(64)),
	MSGS_SOME(entries, 4096, tally_entry));

ROW(tally_entry, 0,
	NUMBER(index, 0, INT64_MAX),
	BYTES(entry, 1, ENTRY_MAX),
	BLOCKS(path, 63, 32, 32),
	MSG(opening, entry_opening));

ROW(proof_entry, 0,
	NUMBER(index, 0, INT64_MAX),
	BYTES(entry, 1, ENTRY_MAX),
	MSGS(shown, FIELD_LIMIT, field_opening),
	MSGS(hidden, FIELD_LIMIT, field_hash));
