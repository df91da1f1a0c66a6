/* rules_catalog.c - bounds of catalog entries, their replication, and what travels with the data. */
#include "proto/rules.h"

#include "catalog.pb-c.h"
#include "transfer.pb-c.h"

static const char *const value_types[] = {"string", "integer", "number", "date", "datetime", "boolean", NULL};
static const char *const rule_kinds[] = {"permission", "prohibition", "duty", NULL};
static const char *const modes[] = {"transfer", "stream", NULL};
static const char *const qualities[] = {"met", "not-met", NULL};
static const char *const end_states[] = {"COMPLETED", "TERMINATED", NULL};

#define FIELDS_MAX 1024
#define CHUNK_MAX (1u << 20)
#define BIT(n) (1ull << ((n)-1))

/* A tombstone says who withdrew which version and nothing else; a living entry has title, level, sharing and intake
 * node. The bits are field numbers, which in this message have no gap. */
static bool entry_whole(uint64_t present)
{
	const uint64_t tombstone = BIT(1) | BIT(2) | BIT(3) | BIT(4) | BIT(7);
	const uint64_t living = BIT(5) | BIT(12) | BIT(15) | BIT(18);
	if (present & BIT(4))
		return (present & ~tombstone) == 0;
	return (present & living) == living;
}

/* One line is one field. */
/* clang-format off */
ROW_ALSO(catalog_entry, KIB(256), entry_whole,
	MSG(header, header),
	ID(id),
	NUMBER(version, 1, UINT32_MAX),
	FLAG(withdrawn),
	TEXT(title, 0, 512),
	TEXT(description, 0, 4096),
	NAME(publisher),
	TEXT(department, 0, 127),
	TEXT(topic, 0, 127),
	TEXTS(keywords, 64, 127),
	TEXT(data_class, 0, 127),
	NUMBER(level, 0, 3),
	FLAG(sensitive),
	FLAG(personal),
	NUMBER(sharing, 0, 3),
	TEXT(sharing_condition, 0, 4096),
	MSG_OR_NONE(criteria, review_criteria),
	NAME_OR_NONE(intake),
	FLAG(provider_decides),
	TEXT(update_cycle, 0, 127),
	MSGS(fields, FIELDS_MAX, field),
	MSGS(distributions, 16, distribution),
	MSGS(policy, 64, rule),
	TIME_OR_NONE(not_before_ms),
	TIME_OR_NONE(not_after_ms),
	NUMBER(rows, 0, UINT64_MAX),
	NUMBER(bytes, 0, UINT64_MAX),
	TEXT(legal_basis, 0, 4096),
	MSGS(conditions, 16, sharing_condition),
	MSG_OR_NONE(sample, masked_sample),
	TIME_OR_NONE(modified_ms),
	TEXTS(quality, 24, 255));

ROW(masked_sample, 0,
	ID(of),
	ID(task),
	NAME(plan),
	NUMBER(plan_version, 1, UINT32_MAX),
	BYTES(plan_digest, 32, 32),
	BYTES(digest, 32, 32));

ROW(sharing_condition, 0,
	TEXT(name, 1, 63),
	TEXT(text, 0, 1024),
	TEXT(attribute, 0, 63),
	TEXT(value, 0, 255));

ROW(field, 0,
	TEXT(name, 1, 127),
	WORD(type, value_types),
	TEXT(description, 0, 4096),
	NUMBER(level, 1, 3),
	FLAG(sensitive),
	FLAG(personal),
	NUMBER(distinct, 0, UINT64_MAX));

ROW(distribution, 0,
	TEXT(id, 1, 127),
	TEXT(format, 1, 127),
	WORD(mode, modes),
	NUMBER(bytes, 0, UINT64_MAX));

ROW(rule, 0,
	WORD(kind, rule_kinds),
	TEXT(action, 1, 255),
	TEXT(left, 0, 127),
	TEXT(operator, 0, 63),
	TEXT(right, 0, 4096));

ROW(review_criteria, 0,
	TEXTS(purposes, 64, 127),
	TEXTS(jurisdictions, 64, 15),
	TEXTS(roles, 16, 63),
	NUMBER(max_days, 0, 36500),
	NUMBER(max_fields, 0, FIELDS_MAX),
	FLAG(purpose_text),
	MSGS(purpose_fields, 64, purpose_fields));

ROW(purpose_fields, 0,
	TEXT(purpose, 1, 127),
	TEXTS_SOME(fields, FIELDS_MAX, 127));

ROW(catalog_sync, BODY,
	BYTES_OR_NONE(digest, 32, 32),
	ID_OR_NONE(after),
	MSGS(have, 21000, catalog_have));

ROW(catalog_have, 0,
	ID(id),
	NUMBER(version, 1, UINT32_MAX));

ROW(catalog_sync_reply, BODY,
	FLAG(same),
	MSGS(entries, 1024, envelope),
	ID_OR_NONE(next));

ROW(catalog_push, BODY, MSGS(entries, 1024, envelope));

ROW(transfer_request, SMALL,
	MSG(header, header),
	ID(transfer),
	ID_OR_NONE(agreement),
	ID_OR_NONE(grant),
	ID(resource),
	TEXT(system, 1, 127),
	TEXT(action, 1, 63),
	TEXT(purpose, 1, 127),
	TEXTS(fields, FIELDS_MAX, 127),
	TEXT(format, 1, 127),
	MSG(subject, signed_statement),
	TEXT(address, 0, 255),
	TEXT(mechanism, 0, 63),
	TEXT(business, 0, 255),
	MSG_OR_NONE(second, signed_statement),
	FLAG(sealed),
	TEXT(rows, 0, 1000),
	MSG_OR_NONE(stream, stream_place));

ROW(stream_place, 0,
	NUMBER(at, 0, INT64_MAX),
	BYTES(check, 0, 32));

ROW(transfer_start, KIB(256),
	MSG(header, header),
	ID(transfer),
	BYTES(request_digest, 32, 32),
	NUMBER(chunk_bytes, 1, CHUNK_MAX),
	NUMBER(chunks, 0, UINT64_MAX),
	NUMBER(bytes, 0, UINT64_MAX),
	BYTES(sealed_key, 48, 256),
	NUMBER(aead, 1, 2),
	MSG(label, label),
	NUMBER(generation, 0, UINT64_MAX),
	NUMBER(most_bytes, 0, UINT64_MAX),
	MSG_OR_NONE(stream, stream_place));

ROW(label, KIB(256),
	ID(entry),
	NUMBER(version, 1, UINT32_MAX),
	TEXT(data_class, 0, 127),
	NUMBER(level, 1, 3),
	FLAG(sensitive),
	MSGS(fields, FIELDS_MAX, field_label),
	NAME(recipient),
	TEXT(system, 1, 127),
	TEXT(action, 1, 63),
	TEXT(purpose, 1, 127),
	TIME(from_ms),
	TIME(until_ms),
	FLAG(onward_sharing),
	TEXTS(obligations, 64, 255),
	FLAG(personal),
	NUMBER(sharing, 0, 3),
	NAME_OR_NONE(mask_plan),
	NUMBER(mask_version, 0, UINT32_MAX),
	BYTES_OR_NONE(mask_digest, 32, 32),
	TEXTS(quality, 24, 255),
	TEXT(rows, 0, 4000));

ROW(field_label, 0,
	TEXT(name, 1, 127),
	WORD(type, value_types),
	NUMBER(level, 1, 3),
	FLAG(sensitive),
	FLAG(personal),
	TEXT(technique, 0, 63),
	TEXT(mask_key, 0, 16),
	TEXT(kind, 0, 63),
	TEXT(data_class, 0, 15),
	NUMBER(grade, 0, 4));

ROW(chunk_get, 128,
	ID(transfer),
	NUMBER(index, 0, UINT64_MAX),
	NUMBER(acknowledged, 0, UINT64_MAX));

ROW(chunk_reply, KIB(320),
	NUMBER(index, 0, UINT64_MAX),
	NUMBER(bytes, 0, CHUNK_MAX),
	BYTES_OR_NONE(tag, 16, 16),
	FLAG(last),
	MSG_OR_NONE(manifest, envelope));

ROW(manifest, KIB(256),
	MSG(header, header),
	ID(transfer),
	ID_OR_NONE(agreement),
	ID_OR_NONE(grant),
	MSG(label, label),
	NUMBER(chunk_bytes, 1, CHUNK_MAX),
	NUMBER(chunks, 0, UINT64_MAX),
	NUMBER(bytes, 0, UINT64_MAX),
	NUMBER(rows, 0, UINT64_MAX),
	BYTES(root, 32, 32),
	TEXT(format, 1, 127),
	TIME(started_ms),
	TIME(ended_ms),
	TEXT(effect, 0, KIB(32)));

ROW(receipt, SMALL,
	MSG(header, header),
	ID(transfer),
	BYTES(manifest_digest, 32, 32),
	BYTES(root, 32, 32),
	NUMBER(bytes, 0, UINT64_MAX),
	NUMBER(rows, 0, UINT64_MAX),
	WORD(quality, qualities),
	MSGS(findings, 64, finding),
	TIME(received_ms));

ROW(receipt_mail, SMALL, MSG(receipt, envelope));

ROW(transfer_end, KIB(8),
	ID(transfer),
	WORD(state, end_states),
	TEXT(reason_code, 0, 63),
	TEXT(reason, 0, 4096),
	MSG_OR_NONE(paper, envelope));

ROW(undelivered_paper, KIB(4),
	MSG(header, header),
	ID(transfer),
	BYTES_OR_NONE(start_digest, 32, 32),
	BYTES_OR_NONE(manifest_digest, 32, 32),
	NUMBER(chunks, 0, UINT64_MAX),
	NUMBER(bytes, 0, UINT64_MAX),
	BYTES(root, 32, 32),
	TEXT(reason_code, 1, 63),
	TEXT(reason, 0, 400),
	TIME(ended_ms));
