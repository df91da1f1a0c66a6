/*
 * seeds_test.c - are the seeds of the fuzz targets still messages of the schema? With HUFU_WRITE_SEEDS=DIR set, it
 * writes them there first: one small and one full message of each kind, made from the rules alone.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "fuzz/proto/families.h"
#include "unit/proto/sample.h"

struct family {
	const char *name;
	const ProtobufCMessageDescriptor *const *list;
	size_t count;
};

static const ProtobufCMessageDescriptor *const envelope[] = {FAMILY_ENVELOPE};
static const ProtobufCMessageDescriptor *const ledger[] = {FAMILY_LEDGER};
static const ProtobufCMessageDescriptor *const catalog[] = {FAMILY_CATALOG};
static const ProtobufCMessageDescriptor *const contract[] = {FAMILY_CONTRACT};
static const ProtobufCMessageDescriptor *const transfer[] = {FAMILY_TRANSFER};
static const ProtobufCMessageDescriptor *const channel[] = {FAMILY_CHANNEL};
static const ProtobufCMessageDescriptor *const tally[] = {FAMILY_TALLY};
static const ProtobufCMessageDescriptor *const emergency[] = {FAMILY_EMERGENCY};
static const ProtobufCMessageDescriptor *const scenario[] = {FAMILY_SCENARIO};
static const ProtobufCMessageDescriptor *const delegation[] = {FAMILY_DELEGATION};
static const ProtobufCMessageDescriptor *const promotion[] = {FAMILY_PROMOTION};
static const ProtobufCMessageDescriptor *const dispute[] = {FAMILY_DISPUTE};

#define ROW(f)                                                                                                         \
	{                                                                                                              \
#f, f, sizeof(f) / sizeof(f[0])                                                                        \
	}
static const struct family families[] = {ROW(envelope), ROW(ledger),     ROW(catalog),   ROW(contract),
                                         ROW(transfer), ROW(channel),    ROW(tally),     ROW(emergency),
                                         ROW(scenario), ROW(delegation), ROW(promotion), ROW(dispute)};
#define FAMILIES (sizeof(families) / sizeof(families[0]))

static void seed_path(const char *root, const struct family *f, size_t i, bool full, char out[1024])
{
	const char *name = f->list[i]->short_name;
	snprintf(out, 1024, "%s/message_%s_fuzz/%s%s", root, f->name, name, full ? "-full" : "");
}

static void write_seed(const char *path, size_t i, const ProtobufCMessageDescriptor *desc, bool full)
{
	struct sample s = {.state = 1000 + i, .full = full};
	sample_message(&s, hf_row_find(desc));
	FILE *out = fopen(path, "wb");
	assert_non_null(out);
	assert_int_equal(fputc((int)i, out), (int)i);
	assert_int_equal(fwrite(s.data, 1, s.len, out), s.len);
	assert_int_equal(fclose(out), 0);
	free(s.data);
}

static void check_seed(const char *path, size_t i, const ProtobufCMessageDescriptor *desc)
{
	static uint8_t bytes[1 << 16];
	FILE *in = fopen(path, "rb");
	if (in == NULL)
		fail_msg("%s is missing: run this test with HUFU_WRITE_SEEDS=tests/fuzz/corpus", path);
	size_t len = fread(bytes, 1, sizeof(bytes), in);
	fclose(in);
	assert_true(len > 0 && len < sizeof(bytes) && bytes[0] == i);
	void *m = hf_decode_limit(desc, bytes + 1, len - 1, sizeof(bytes));
	if (m == NULL)
		fail_msg("%s is no %s any more: run this test with HUFU_WRITE_SEEDS=tests/fuzz/corpus", path,
		         desc->short_name);
	hf_decoded_free(m);
}

static void test_seeds(void **state)
{
	const char *out = getenv("HUFU_WRITE_SEEDS");
	char path[1024];
	(void)state;
	for (size_t k = 0; k < FAMILIES; k++)
		for (size_t i = 0; i < families[k].count * 2; i++) {
			const ProtobufCMessageDescriptor *desc = families[k].list[i / 2];
			if (out != NULL) {
				seed_path(out, &families[k], i / 2, i % 2, path);
				write_seed(path, i / 2, desc, i % 2);
			}
			seed_path(HUFU_SOURCE_DIR "/tests/fuzz/corpus", &families[k], i / 2, i % 2, path);
			check_seed(path, i / 2, desc);
		}
}

/* A decoder without a fuzz target would be one nobody attacks: every message that comes from outside is in a family. */
static void test_every_message_is_fuzzed(void **state)
{
	size_t n;
	const struct hf_row *const *rows = hf_rows(&n);
	(void)state;
	for (size_t r = 0; r < n; r++) {
		bool found = rows[r]->max == 0 || rows[r]->desc == &hufu__label__descriptor;
		for (size_t k = 0; k < FAMILIES; k++)
			for (size_t i = 0; i < families[k].count; i++)
				found |= families[k].list[i] == rows[r]->desc;
		if (!found)
			fail_msg("%s is in no family of tests/fuzz/proto/families.h", rows[r]->desc->name);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_seeds),
	        cmocka_unit_test(test_every_message_is_fuzzed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
