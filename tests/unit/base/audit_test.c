/* audit_test.c - events, fields and drafts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/audit.h"
#include "crypto/crypto.h"

static void assert_field(const struct hf_draft *d, enum hf_field f, const char *expected)
{
	const void *data;
	size_t len;

	assert_true(hf_draft_get(d, f, &data, &len));
	assert_int_equal(len, strlen(expected));
	assert_memory_equal(data, expected, len);
}

static void every_event_and_field_has_a_unique_name_and_number(void **state)
{
	static const struct {
		int number;
		const char *name;
	} events[] =
	        {
#define ROW(code, cls, name, number) {number, name},
	                HF_EVENTS(ROW)
#undef ROW
	        },
	  fields[] = {
#define ROW(code, name, number) {number, name},
	          HF_FIELDS(ROW)
#undef ROW
	  };

	(void)state;
	for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
		assert_string_equal(hf_event_name((enum hf_event)events[i].number), events[i].name);
		assert_int_equal(hf_event_from_name(events[i].name), events[i].number);
		assert_int_not_equal(hf_event_class((enum hf_event)events[i].number), HF_EVENT_CLASS_INVALID);
	}
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		assert_true(fields[i].number > 0 && fields[i].number < HF_FIELD_LIMIT);
		assert_string_equal(hf_field_name((enum hf_field)fields[i].number), fields[i].name);
		assert_int_equal(hf_field_from_name(fields[i].name), fields[i].number);
	}
}

static void unknown_events_and_fields_are_invalid(void **state)
{
	(void)state;
	assert_int_equal(hf_event_class(HF_EVENT_INVALID), HF_EVENT_CLASS_INVALID);
	assert_null(hf_event_name((enum hf_event)9));
	assert_int_equal(hf_event_from_name("no-such-event"), HF_EVENT_INVALID);
	assert_int_equal(hf_event_from_name(NULL), HF_EVENT_INVALID);
	assert_null(hf_field_name(HF_FIELD_INVALID));
	assert_null(hf_field_name((enum hf_field)999));
	assert_int_equal(hf_field_from_name(""), HF_FIELD_INVALID);
	assert_int_equal(hf_event_class(HF_EVENT_TRANSFER_SENT), HF_EVENT_CLASS_EXCHANGE);
}

static void a_draft_keeps_what_it_was_given(void **state)
{
	struct hf_id txn = hf_id_new(5);
	struct hf_draft *d = hf_draft_new(HF_EVENT_TRANSFER_SENT, &txn);
	const void *data;
	size_t len;

	(void)state;
	hf_draft_text(d, HF_FIELD_OBJECT, "flights");
	hf_draft_text(d, HF_FIELD_PURPOSE, NULL);
	hf_draft_textf(d, HF_FIELD_ACTOR, "%s/%s", "transport", "wang");
	hf_draft_bytes(d, HF_FIELD_DIGEST, "\0\1\2", 3);
	hf_draft_bytes(d, HF_FIELD_CONTENT_ROOT, "", 0);
	hf_draft_int(d, HF_FIELD_DATA_LENGTH, INT64_MIN);
	hf_draft_time(d, HF_FIELD_START_TIME, 0);
	assert_int_equal(hf_draft_event(d), HF_EVENT_TRANSFER_SENT);
	assert_true(hf_id_equal(hf_draft_txn_get(d), &txn));
	assert_field(d, HF_FIELD_OBJECT, "flights");
	assert_field(d, HF_FIELD_ACTOR, "transport/wang");
	assert_field(d, HF_FIELD_DATA_LENGTH, "-9223372036854775808");
	assert_field(d, HF_FIELD_START_TIME, "1970-01-01T00:00:00.000Z");
	assert_field(d, HF_FIELD_CONTENT_ROOT, "");
	assert_true(hf_draft_get(d, HF_FIELD_DIGEST, &data, &len));
	assert_memory_equal(data, "\0\1\2", 3);
	assert_false(hf_draft_get(d, HF_FIELD_PURPOSE, &data, &len));
	assert_false(hf_draft_get(d, HF_FIELD_INVALID, &data, &len));
	assert_false(hf_draft_get(d, HF_FIELD_LIMIT, &data, &len));
	hf_draft_free(d);
}

static void setting_again_replaces_and_earlier_bytes_stay_valid(void **state)
{
	struct hf_draft *d = hf_draft_new(HF_EVENT_COMMAND, NULL);
	char text[400];
	const void *first;
	size_t len;

	(void)state;
	hf_draft_text(d, HF_FIELD_OBJECT, "first");
	assert_true(hf_draft_get(d, HF_FIELD_OBJECT, &first, &len));
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	for (int i = 0; i < 100; i++)
		hf_draft_text(d, HF_FIELD_OBJECT, text);
	assert_field(d, HF_FIELD_OBJECT, text);
	assert_memory_equal(first, "first", 5);
	assert_null(hf_draft_txn_get(d));
	hf_draft_free(d);
}

static void long_values_are_cut_between_characters_and_end_in_dots(void **state)
{
	struct hf_draft *d = hf_draft_new(HF_EVENT_COMMAND, NULL);
	char *text = calloc(1, 3 * 4000 + 1);
	const char *data;
	size_t len;

	(void)state;
	for (size_t i = 0; i < 4000; i++)
		memcpy(text + 3 * i, "\xE8\x99\x8E", 3);
	hf_draft_text(d, HF_FIELD_DETAIL, text);
	assert_true(hf_draft_get(d, HF_FIELD_DETAIL, (const void **)&data, &len));
	assert_true(len <= HF_DRAFT_VALUE_MAX && len > HF_DRAFT_VALUE_MAX - 3);
	assert_memory_equal(data + len - 6, "\xE8\x99\x8E...", 6);
	hf_draft_textf(d, HF_FIELD_DETAIL, "%s", text);
	assert_true(hf_draft_get(d, HF_FIELD_DETAIL, (const void **)&data, &len));
	assert_memory_equal(data + len - 6, "\xE8\x99\x8E...", 6);
	hf_draft_bytes(d, HF_FIELD_DIGEST, text, HF_DRAFT_VALUE_MAX + 1);
	assert_true(hf_draft_get(d, HF_FIELD_DIGEST, (const void **)&data, &len));
	assert_int_equal(len, HF_DRAFT_VALUE_MAX);
	assert_memory_equal(data + len - 3, "...", 3);
	hf_draft_bytes(d, HF_FIELD_DIGEST, text, HF_DRAFT_VALUE_MAX);
	assert_true(hf_draft_get(d, HF_FIELD_DIGEST, (const void **)&data, &len));
	assert_memory_equal(data, text, HF_DRAFT_VALUE_MAX);
	free(text);
	hf_draft_free(d);
}

static void the_outcome_follows_the_class_of_the_error(void **state)
{
	struct hf_draft *d = hf_draft_new(HF_EVENT_COMMAND, NULL);
	const void *data;
	size_t len;

	(void)state;
	hf_draft_outcome(d, HF_OK, NULL);
	assert_field(d, HF_FIELD_OUTCOME, "ok");
	assert_false(hf_draft_get(d, HF_FIELD_DETAIL, &data, &len));
	hf_draft_outcome(d, HF_E_GRANT_EXPIRED, "the grant is over");
	assert_field(d, HF_FIELD_OUTCOME, "refused");
	assert_field(d, HF_FIELD_REASON, "grant-expired");
	assert_field(d, HF_FIELD_DETAIL, "the grant is over");
	hf_draft_outcome(d, HF_E_STRANGER, NULL);
	assert_field(d, HF_FIELD_OUTCOME, "refused");
	hf_draft_outcome(d, HF_E_UNREACHABLE, NULL);
	assert_field(d, HF_FIELD_OUTCOME, "failed");
	hf_draft_outcome(d, HF_E_STORE, NULL);
	assert_field(d, HF_FIELD_OUTCOME, "failed");
	hf_draft_free(d);
}

static void parties_are_node_names_each_once(void **state)
{
	struct hf_id txn = hf_id_new(5), none = {{0}};
	struct hf_draft *d = hf_draft_new(HF_EVENT_RECEIPT, &none);

	(void)state;
	assert_null(hf_draft_txn_get(d));
	hf_draft_txn(d, &txn);
	assert_true(hf_id_equal(hf_draft_txn_get(d), &txn));
	hf_draft_party(d, "health");
	hf_draft_party(d, "transport");
	hf_draft_party(d, "health");
	hf_draft_party(d, "Not A Name");
	hf_draft_party(d, NULL);
	assert_int_equal(hf_draft_party_count(d), 2);
	assert_string_equal(hf_draft_party_at(d, 1), "transport");
	assert_null(hf_draft_party_at(d, 2));
	assert_false(hf_draft_closes(d));
	hf_draft_close(d);
	assert_true(hf_draft_closes(d));
	hf_audit_emit(&(struct hf_audit){NULL, NULL}, d); /* without a sink the draft is freed */
	hf_draft_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(every_event_and_field_has_a_unique_name_and_number),
	        cmocka_unit_test(unknown_events_and_fields_are_invalid),
	        cmocka_unit_test(a_draft_keeps_what_it_was_given),
	        cmocka_unit_test(setting_again_replaces_and_earlier_bytes_stay_valid),
	        cmocka_unit_test(long_values_are_cut_between_characters_and_end_in_dots),
	        cmocka_unit_test(the_outcome_follows_the_class_of_the_error),
	        cmocka_unit_test(parties_are_node_names_each_once),
	};

	return hf_crypto_init() ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
