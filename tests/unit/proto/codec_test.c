/* codec_test.c - do the decoder and its table refuse everything that is not exactly a message of the schema? */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "catalog.pb-c.h"
#include "contract.pb-c.h"
#include "entry.pb-c.h"
#include "envelope.pb-c.h"
#include "proto/envelope.h"
#include "proto/messages.h"
#include "tally.pb-c.h"
#include "transfer.pb-c.h"
#include "unit/proto/sample.h"

static struct sample make(const ProtobufCMessageDescriptor *desc, uint64_t seed, bool full)
{
	struct sample s = {.state = seed, .full = full};
	sample_message(&s, hf_row_find(desc));
	return s;
}

static bool decodes(const ProtobufCMessageDescriptor *desc, const void *data, size_t len)
{
	void *m = hf_decode_limit(desc, data, len, 16u << 20);
	hf_decoded_free(m);
	return m != NULL;
}

static void test_rows_follow_the_schema(void **state)
{
	(void)state;
	size_t n;
	const struct hf_row *const *rows = hf_rows(&n);
	assert_true(n > 60);
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(rows[i]->rule_count, rows[i]->desc->n_fields);
		for (size_t k = 0; k < rows[i]->rule_count; k++) {
			const ProtobufCFieldDescriptor *f = &rows[i]->desc->fields[k];
			const struct hf_rule *r = &rows[i]->rules[k];
			assert_string_equal(r->name, f->name);
			assert_int_equal(r->kind == HF_RULE_MESSAGE, f->type == PROTOBUF_C_TYPE_MESSAGE);
			assert_int_equal(r->kind == HF_RULE_FLAG, f->type == PROTOBUF_C_TYPE_BOOL);
			assert_int_equal(r->kind == HF_RULE_BYTES || r->kind == HF_RULE_ID,
			                 f->type == PROTOBUF_C_TYPE_BYTES);
			assert_int_equal(r->kind == HF_RULE_TIME, f->type == PROTOBUF_C_TYPE_INT64);
			assert_true(f->label == PROTOBUF_C_LABEL_REPEATED || r->count == 1);
			if (r->row != NULL)
				assert_ptr_equal(r->row->desc, f->descriptor);
		}
	}
}

/* Each message made from its rules decodes and encodes to the same bytes; each is bounded in size. */
static void test_round_trip_of_every_message(void **state)
{
	(void)state;
	size_t n;
	const struct hf_row *const *rows = hf_rows(&n);
	for (size_t i = 0; i < 2 * n; i++) {
		const ProtobufCMessageDescriptor *desc = rows[i / 2]->desc;
		struct sample s = make(desc, 77 + i, i % 2 == 1);
		void *m = hf_decode_limit(desc, s.data, s.len, 1u << 20);
		assert_non_null(m);
		size_t len;
		uint8_t *again = hf_encode(m, &len);
		assert_int_equal(len, s.len);
		if (len > 0)
			assert_memory_equal(again, s.data, len);
		free(again);
		hf_decoded_free(m);
		if (hf_decode_max(desc) > 0) {
			m = hf_decode_canonical(desc, s.data, s.len);
			assert_non_null(m);
			hf_decoded_free(m);
			assert_null(hf_decode(desc, s.data, hf_decode_max(desc) + 1));
		} else {
			assert_null(hf_decode(desc, s.data, s.len));
		}
		free(s.data);
	}
}

/* Whatever a changed byte makes of a message, it is refused or it still is the canonical encoding of what was decoded.
 */
static void test_changed_bytes_never_decode_to_something_else(void **state)
{
	(void)state;
	size_t n;
	const struct hf_row *const *rows = hf_rows(&n);
	for (size_t i = 0; i < n; i++) {
		struct sample s = make(rows[i]->desc, 4711 + i, true);
		for (size_t k = 0; k < 400 && s.len > 0; k++) {
			size_t at = sample_next(&s) % s.len;
			uint8_t bit = (uint8_t)(1u << sample_next(&s) % 8);
			s.data[at] ^= bit;
			void *m = hf_decode_limit(rows[i]->desc, s.data, s.len, 1u << 20);
			if (m != NULL) {
				size_t len;
				uint8_t *again = hf_encode(m, &len);
				assert_int_equal(len, s.len);
				assert_memory_equal(again, s.data, len);
				free(again);
			}
			hf_decoded_free(m);
			s.data[at] ^= bit;
		}
		free(s.data);
	}
}

static void test_truncated_and_extended(void **state)
{
	(void)state;
	struct sample s = make(&hufu__negotiation_event__descriptor, 5, true);
	for (size_t len = 0; len < s.len; len++)
		assert_false(decodes(&hufu__negotiation_event__descriptor, s.data, len) && len > s.len - 18);
	sample_add(&s, "\xf8\x01\x01", 3); /* field 31: unknown */
	assert_false(decodes(&hufu__negotiation_event__descriptor, s.data, s.len));
	free(s.data);
}

static void test_unknown_field_inside(void **state)
{
	(void)state;
	/* Envelope{type "a", payload "b", Signature{keyid "n", sig 64 bytes, field 3}} */
	uint8_t in[128] = "\x0a\x01"
	                  "a\x12\x01"
	                  "b\x1a\x47\x0a\x01"
	                  "n\x12\x40";
	size_t head = 13;
	memset(in + head, 7, 64);
	memcpy(in + head + 64, "\x18\x01", 2);
	assert_false(decodes(&hufu__envelope__descriptor, in, head + 66));
	in[7] = 0x45;
	assert_true(decodes(&hufu__envelope__descriptor, in, head + 64));
	assert_false(decodes(&hufu__envelope__descriptor, in, head + 66));
}

struct raw_case {
	const char *what;
	const char *bytes;
	size_t len;
};
#define RAW(what, bytes)                                                                                               \
	{                                                                                                              \
		what, bytes, sizeof(bytes) - 1                                                                         \
	}

/* Finding{point, ok, text}: small enough to write every wrong form by hand. */
static void test_wrong_forms(void **state)
{
	(void)state;
	static const struct raw_case wrong[] = {
	        RAW("needed field absent", "\x10\x01"),
	        RAW("NUL in text", "\x0a\x03"
	                           "a\0b"),
	        RAW("NUL at the end of text", "\x0a\x02"
	                                      "a\0"),
	        RAW("cut UTF-8", "\x0a\x01\xe8"),
	        RAW("over-long UTF-8", "\x0a\x02\xc0\xaf"),
	        RAW("surrogate", "\x0a\x03\xed\xa0\x80"),
	        RAW("beyond Unicode", "\x0a\x04\xf4\x90\x80\x80"),
	        RAW("control character", "\x0a\x01\x1b"),
	        RAW("C1 control character", "\x0a\x02\xc2\x85"),
	        RAW("wrong order", "\x10\x01\x0a\x01"
	                           "a"),
	        RAW("twice", "\x0a\x01"
	                     "a\x0a\x01"
	                     "b"),
	        RAW("encoded default number", "\x0a\x01"
	                                      "a\x10\x00"),
	        RAW("encoded default text", "\x0a\x01"
	                                    "a\x1a\x00"),
	        RAW("bool of 2", "\x0a\x01"
	                         "a\x10\x02"),
	        RAW("long varint", "\x0a\x01"
	                           "a\x10\x81\x00"),
	        RAW("long tag", "\x8a\x00\x01"
	                        "a"),
	        RAW("wrong wire type", "\x08\x01"),
	        RAW("length beyond the end", "\x0a\x7f"
	                                     "a"),
	        RAW("length of 64 bits", "\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"
	                                 "a"),
	        RAW("varint without end", "\x0a\x01"
	                                  "a\x10\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"),
	        RAW("group", "\x0b\x0c"),
	        RAW("field 0", "\x02\x01"
	                       "a"),
	        RAW("huge field number", "\xfa\xff\xff\xff\xff\x0f\x01"
	                                 "a"),
	};
	static const struct raw_case right[] = {
	        RAW("smallest", "\x0a\x01"
	                        "a"),
	        RAW("all", "\x0a\x01"
	                   "a\x10\x01\x1a\x03\xe8\xb7\xaf"),
	        RAW("line feed and tab", "\x0a\x02\n\t"),
	};
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		if (decodes(&hufu__finding__descriptor, wrong[i].bytes, wrong[i].len))
			fail_msg("accepted: %s", wrong[i].what);
	for (size_t i = 0; i < sizeof(right) / sizeof(right[0]); i++)
		if (!decodes(&hufu__finding__descriptor, right[i].bytes, right[i].len))
			fail_msg("refused: %s", right[i].what);
}

static void test_counts(void **state)
{
	(void)state;
	struct sample s = {.state = 9};
	sample_add(&s,
	           "\x0a\x01"
	           "a\x12\x01"
	           "b",
	           6);
	for (unsigned n = 1; n <= 5; n++) {
		struct sample sig = make(&hufu__signature__descriptor, n, false);
		sample_varint(&s, 3 << 3 | 2);
		sample_varint(&s, sig.len);
		sample_add(&s, sig.data, sig.len);
		free(sig.data);
		assert_int_equal(decodes(&hufu__envelope__descriptor, s.data, s.len), n <= 4);
	}
	assert_false(decodes(&hufu__envelope__descriptor, s.data, 6));
	free(s.data);
}

/* Encodes the sample decision with another result word. */
static bool decision_with(const char *result)
{
	struct sample s = make(&hufu__decision__descriptor, 26, true);
	Hufu__Decision *d = HF_DECODE(decision, s.data, s.len);
	assert_non_null(d);
	d->result = (char *)(uintptr_t)result;
	size_t len;
	uint8_t *bytes = hf_encode(&d->base, &len);
	bool ok = decodes(&hufu__decision__descriptor, bytes, len);
	free(bytes);
	hf_decoded_free(d);
	free(s.data);
	return ok;
}

/* AZ-26: the result is exactly one of T, F and S; the parser refuses every other value. */
static void test_az26_result_is_t_f_or_s(void **state)
{
	(void)state;
	static const char *const others[] = {"",   "t", "f", "s",    "TT",       "T ",   " T",
	                                     "TF", "A", "Т", "true", "approved", "pass", "revoke"};
	assert_true(decision_with("T") && decision_with("F") && decision_with("S"));
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		assert_false(decision_with(others[i]));
	for (int c = 1; c < 256; c++) {
		char one[2] = {(char)c, 0};
		assert_int_equal(decision_with(one), c == 'T' || c == 'F' || c == 'S');
	}
}

static bool has_field(const ProtobufCMessageDescriptor *d, const char *name, ProtobufCType type)
{
	const ProtobufCFieldDescriptor *f = protobuf_c_message_descriptor_get_field_by_name(d, name);
	return f != NULL && f->type == type;
}

/* AZ-24: DR, O, S, R, D and A are explicit in the schema, and none of them may be absent where it is decided. */
static void test_az24_the_six_entities(void **state)
{
	(void)state;
	const ProtobufCMessageDescriptor *app = &hufu__application__descriptor, *dec = &hufu__decision__descriptor;
	const ProtobufCMessageDescriptor *agr = &hufu__agreement__descriptor;
	assert_true(has_field(app, "resource", PROTOBUF_C_TYPE_BYTES));      /* DR */
	assert_true(has_field(app, "organization", PROTOBUF_C_TYPE_STRING)); /* O */
	assert_true(has_field(app, "system", PROTOBUF_C_TYPE_STRING));       /* S */
	assert_true(has_field(app, "id", PROTOBUF_C_TYPE_BYTES));            /* R */
	assert_true(has_field(app, "from_ms", PROTOBUF_C_TYPE_INT64));       /* D */
	assert_true(has_field(app, "until_ms", PROTOBUF_C_TYPE_INT64));
	assert_true(has_field(dec, "result", PROTOBUF_C_TYPE_STRING)); /* A */
	assert_true(has_field(dec, "application", PROTOBUF_C_TYPE_BYTES));
	assert_true(has_field(agr, "resource", PROTOBUF_C_TYPE_BYTES) &&
	            has_field(agr, "assignee", PROTOBUF_C_TYPE_STRING) &&
	            has_field(agr, "system", PROTOBUF_C_TYPE_STRING) &&
	            has_field(agr, "application", PROTOBUF_C_TYPE_BYTES) &&
	            has_field(agr, "from_ms", PROTOBUF_C_TYPE_INT64) &&
	            has_field(agr, "until_ms", PROTOBUF_C_TYPE_INT64));
	struct sample s = make(app, 24, true);
	Hufu__Application *a = HF_DECODE(application, s.data, s.len);
	Hufu__Application without[5] = {*a, *a, *a, *a, *a};
	without[0].resource.len = 0;
	without[1].organization = NULL;
	without[2].system = NULL;
	without[3].id.len = 0;
	without[4].until_ms = 0;
	for (size_t i = 0; i < 5; i++) {
		size_t len;
		uint8_t *bytes = hf_encode(&without[i].base, &len);
		assert_false(decodes(app, bytes, len));
		free(bytes);
	}
	hf_decoded_free(a);
	free(s.data);
}

static void test_identifiers_and_names(void **state)
{
	(void)state;
	struct sample s = make(&hufu__chunk_get__descriptor, 3, false);
	assert_true(decodes(&hufu__chunk_get__descriptor, s.data, s.len));
	s.data[2 + 6] ^= 0x10; /* version 6 */
	assert_false(decodes(&hufu__chunk_get__descriptor, s.data, s.len));
	s.data[2 + 6] ^= 0x10;
	s.data[2 + 8] ^= 0x40; /* variant */
	assert_false(decodes(&hufu__chunk_get__descriptor, s.data, s.len));
	free(s.data);
	static const struct {
		const char *name;
		bool good;
	} names[] = {{"roads", true}, {"1.roads-2", true}, {"Roads", false}, {"-a", false},
	             {".a", false},   {"a/b", false},      {"a b", false},   {"路", false}};
	const struct hf_rule name = {"x", HF_RULE_NAME, true, 1, 1, 63, NULL, NULL};
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		assert_int_equal(hf_rule_bytes_ok(&name, (const uint8_t *)names[i].name, strlen(names[i].name)),
		                 names[i].good);
	char longest[65];
	memset(longest, 'a', sizeof(longest));
	assert_true(hf_rule_bytes_ok(&name, (uint8_t *)longest, 63));
	assert_false(hf_rule_bytes_ok(&name, (uint8_t *)longest, 64));
}

static void test_tombstone(void **state)
{
	(void)state;
	const ProtobufCMessageDescriptor *desc = hf_row_find(&hufu__catalog_entry__descriptor)->desc;
	struct sample s = make(desc, 1, true);
	Hufu__CatalogEntry *e = HF_DECODE(catalog_entry, s.data, s.len);
	assert_non_null(e);
	e->withdrawn = true;
	size_t len;
	uint8_t *bytes = hf_encode(&e->base, &len);
	assert_false(decodes(desc, bytes, len)); /* withdrawn, and still says what it was */
	free(bytes);
	Hufu__CatalogEntry tomb = HUFU__CATALOG_ENTRY__INIT;
	tomb.header = e->header;
	tomb.id = e->id;
	tomb.version = 2;
	tomb.publisher = e->publisher;
	bytes = hf_encode(&tomb.base, &len);
	assert_false(decodes(desc, bytes, len)); /* neither living nor withdrawn */
	free(bytes);
	tomb.withdrawn = true;
	bytes = hf_encode(&tomb.base, &len);
	assert_true(decodes(desc, bytes, len));
	free(bytes);
	hf_decoded_free(e);
	free(s.data);
}

/* Many two-byte members: protobuf-c alone would take 40 bytes and more for each. */
static void test_hostile_counts_take_no_memory(void **state)
{
	(void)state;
	size_t n = 250000;
	uint8_t *in = malloc(2 * n);
	for (size_t i = 0; i < n; i++)
		memcpy(in + 2 * i, "\x12\x00", 2);
	assert_null(hf_decode(&hufu__catalog_sync_reply__descriptor, in, 2 * n));
	/* Without the table only the arena stands in the way: 250,000 empty envelopes would be some 20 MiB. */
	assert_null(hf_decode_own(&hufu__catalog_sync_reply__descriptor, in, 2 * n));
	free(in);
}

static void test_own_data_needs_no_row(void **state)
{
	(void)state;
	static const uint8_t in[] = {0x10, 0x01}; /* a Finding without its point */
	Hufu__Finding *f = HF_DECODE_OWN(finding, in, sizeof(in));
	assert_non_null(f);
	assert_true(f->ok);
	hf_decoded_free(f);
	Hufu__Finding *empty __attribute__((cleanup(hf_decoded_done))) = HF_DECODE_OWN(finding, NULL, 0);
	assert_non_null(empty);
	assert_null(hf_decode_own(&hufu__finding__descriptor, "\x0a\x05", 2));
}

static void test_envelope_encode(void **state)
{
	(void)state;
	uint8_t sig[64];
	memset(sig, 9, sizeof(sig));
	size_t len;
	uint8_t *bytes = hf_envelope_encode("t", "payload", 7, "roads/li.wei", sig, &len);
	Hufu__Envelope *e = hf_decode_canonical(&hufu__envelope__descriptor, bytes, len);
	assert_non_null(e);
	assert_string_equal(e->signatures[0]->keyid, "roads/li.wei");
	assert_memory_equal(e->payload.data, "payload", 7);
	hf_decoded_free(e);
	free(bytes);
}

static void test_message_table(void **state)
{
	(void)state;
	assert_string_equal(hf_msg_name(HF_MSG_CHUNK_GET), "chunk-get");
	assert_int_equal(hf_msg_max(HF_MSG_CHUNK_GET), 128);
	assert_null(hf_msg_name(0));
	assert_int_equal(hf_msg_max(9999), 0);
	assert_string_equal(hf_mail_name(HF_MAIL_DECISION), "decision");
	assert_int_equal(hf_mail_max(HF_MAIL_DECISION), 320 << 10);
	assert_null(hf_mail_name(0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_rows_follow_the_schema),
	        cmocka_unit_test(test_round_trip_of_every_message),
	        cmocka_unit_test(test_changed_bytes_never_decode_to_something_else),
	        cmocka_unit_test(test_truncated_and_extended),
	        cmocka_unit_test(test_unknown_field_inside),
	        cmocka_unit_test(test_wrong_forms),
	        cmocka_unit_test(test_counts),
	        cmocka_unit_test(test_az26_result_is_t_f_or_s),
	        cmocka_unit_test(test_az24_the_six_entities),
	        cmocka_unit_test(test_identifiers_and_names),
	        cmocka_unit_test(test_tombstone),
	        cmocka_unit_test(test_hostile_counts_take_no_memory),
	        cmocka_unit_test(test_own_data_needs_no_row),
	        cmocka_unit_test(test_envelope_encode),
	        cmocka_unit_test(test_message_table),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
