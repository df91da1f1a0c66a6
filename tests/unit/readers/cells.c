/*
 * cells.c - reads a table from standard input in pieces of a given size and writes what the readers saw, so that
 * test_readers.py can compare it with Python's own readers.
 *
 *   cells csv PIECE RECORD_MAX     each record: "R", number of cells, per cell length and bytes
 *   cells jsonl PIECE              each record: the same, with cells "KIND:name" and value in turn
 *   cells gb18030 PIECE            the text in UTF-8 as one record of one cell
 *
 * Numbers are 32 bits, lowest byte first. Behind the records: "E", then a line of text: defect, record, line, byte.
 * The largest resident size in KiB goes to standard error.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "source/readers/csv.h"
#include "source/readers/jsonl.h"
#include "source/readers/recode.h"

static void put_number(size_t n)
{
	const uint8_t b[4] = {(uint8_t)n, (uint8_t)(n >> 8), (uint8_t)(n >> 16), (uint8_t)(n >> 24)};

	fwrite(b, 1, 4, stdout);
}

static void put_bytes(const void *data, size_t len)
{
	put_number(len);
	fwrite(data, 1, len, stdout);
}

static bool on_record(void *ctx, const struct hf_csv_record *r)
{
	struct hf_buf *value = ctx;

	putchar('R');
	put_number(r->field_count);
	for (size_t i = 0; i < r->field_count; i++) {
		hf_buf_clear(value);
		if (!hf_csv_value(&r->fields[i], value))
			return false;
		put_bytes(value->data, value->len);
	}
	return true;
}

static bool on_object(void *ctx, const struct hf_jsonl_record *r)
{
	struct hf_buf *name = ctx;

	putchar('R');
	put_number(2 * r->cell_count);
	for (size_t i = 0; i < r->cell_count; i++) {
		const struct hf_jsonl_cell *c = &r->cells[i];

		hf_buf_clear(name);
		hf_buf_addf(name, "%d:", c->kind);
		hf_buf_add(name, c->name.data, c->name.len);
		put_bytes(name->data, name->len);
		put_bytes(c->value.data, c->value.len);
	}
	return true;
}

static void end(int defect, uint64_t record, uint64_t line, uint64_t byte)
{
	char line_of[128];
	FILE *status = fopen("/proc/self/status", "re");

	printf("E%d %llu %llu %llu\n", defect, (unsigned long long)record, (unsigned long long)line,
	       (unsigned long long)byte);
	while (status && fgets(line_of, sizeof(line_of), status))
		if (strncmp(line_of, "VmHWM:", 6) == 0)
			fprintf(stderr, "%ld\n", strtol(line_of + 6, NULL, 10));
	if (status)
		fclose(status);
}

static void read_csv(uint8_t *piece, size_t size, size_t record_max)
{
	struct hf_buf value = HF_BUF_INIT;
	struct hf_csv *c = hf_csv_new(on_record, &value);
	struct hf_csv_place where;
	enum hf_csv_defect d = HF_CSV_GOOD;
	size_t n;

	hf_csv_allow(c, record_max);
	while (d == HF_CSV_GOOD && (n = fread(piece, 1, size, stdin)) > 0)
		d = hf_csv_feed(c, piece, n);
	if (d == HF_CSV_GOOD)
		d = hf_csv_end(c);
	hf_csv_where(c, &where);
	end(d, where.record, where.line, where.byte);
	hf_csv_free(c);
	hf_buf_done(&value);
}

static void read_jsonl(uint8_t *piece, size_t size)
{
	struct hf_buf name = HF_BUF_INIT;
	struct hf_jsonl *j = hf_jsonl_new(on_object, &name);
	enum hf_jsonl_defect d = HF_JSONL_GOOD;
	uint64_t line, byte;
	size_t n;

	while (d == HF_JSONL_GOOD && (n = fread(piece, 1, size, stdin)) > 0)
		d = hf_jsonl_feed(j, piece, n);
	if (d == HF_JSONL_GOOD)
		d = hf_jsonl_end(j);
	hf_jsonl_where(j, &line, &byte);
	end(d, hf_jsonl_records(j), line, byte);
	hf_jsonl_free(j);
	hf_buf_done(&name);
}

static void read_gb18030(uint8_t *piece, size_t size)
{
	struct hf_recode *r = hf_recode_new(HF_ENCODING_GB18030);
	struct hf_buf out = HF_BUF_INIT;
	bool good = r != NULL;
	size_t n;

	while (good && (n = fread(piece, 1, size, stdin)) > 0)
		good = hf_recode_feed(r, piece, n, &out);
	good = good && hf_recode_end(r);
	putchar('R');
	put_number(1);
	put_bytes(out.data, out.len);
	end(!good, 0, 0, r ? hf_recode_where(r) : 0);
	hf_recode_free(r);
	hf_buf_done(&out);
}

int main(int argc, char **argv)
{
	size_t size = argc > 2 ? strtoul(argv[2], NULL, 10) : 0;
	uint8_t *piece = hf_alloc(size + 1);

	if (argc == 4 && size > 0 && strcmp(argv[1], "csv") == 0)
		read_csv(piece, size, strtoul(argv[3], NULL, 10));
	else if (argc == 3 && size > 0 && strcmp(argv[1], "jsonl") == 0)
		read_jsonl(piece, size);
	else if (argc == 3 && size > 0 && strcmp(argv[1], "gb18030") == 0)
		read_gb18030(piece, size);
	else
		return fputs("usage: cells csv PIECE RECORD_MAX | jsonl PIECE | gb18030 PIECE\n", stderr), 2;
	free(piece);
	return 0;
}
