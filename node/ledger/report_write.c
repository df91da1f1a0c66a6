#include "ledger/report_write.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "crypto/base64.h"

/* ---- bytes ---- */

static void put_all(struct hf_report_out *o, const uint8_t *data, size_t len)
{
	while (len > 0 && o->err == HF_OK) {
		ssize_t n = write(o->fd, data, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			o->err = errno == ENOSPC || errno == EDQUOT || errno == EFBIG ? HF_E_NO_SPACE : HF_E_IO;
			return;
		}
		data += n;
		len -= (size_t)n;
	}
}

void hf_report_flush(struct hf_report_out *o)
{
	if (o->err == HF_OK && o->buf.len > 0) {
		if (o->digest)
			hf_sha256_add(o->digest, o->buf.data, o->buf.len);
		o->bytes += o->buf.len;
		put_all(o, o->buf.data, o->buf.len);
	}
	hf_buf_clear(&o->buf);
}

static void put(struct hf_report_out *o, const char *data, size_t len)
{
	hf_buf_add(&o->buf, data, len);
	if (o->buf.len >= HF_REPORT_PIECE)
		hf_report_flush(o);
}

static void puts_(struct hf_report_out *o, const char *text)
{
	put(o, text, strlen(text));
}

void hf_report_copy(struct hf_report_out *o, int from)
{
	char piece[16384];

	for (;;) {
		ssize_t n = read(from, piece, sizeof(piece));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && o->err == HF_OK)
			o->err = HF_E_IO;
		if (n <= 0 || o->err != HF_OK)
			return;
		put(o, piece, (size_t)n);
	}
}

/* ---- values ---- */

/* The value as text: itself, or hex. Heap. */
static char *text_of(struct hf_bytes v)
{
	char *text;

	if (hf_text_ok((const char *)v.data, v.len, v.len)) {
		text = hf_alloc(v.len + 1);
		if (v.len)
			memcpy(text, v.data, v.len);
		text[v.len] = '\0';
		return text;
	}
	text = hf_alloc(2 * v.len + 1);
	hf_hex(v.data, v.len, text);
	return text;
}

/* Shown in columns of their own; the rest goes together under "more". */
static const enum hf_field shown[] = {HF_FIELD_EVENT,        HF_FIELD_ACTOR,  HF_FIELD_ADDRESS,     HF_FIELD_OBJECT,
                                      HF_FIELD_COUNTERPARTY, HF_FIELD_MANNER, HF_FIELD_TRANSACTION, HF_FIELD_OUTCOME,
                                      HF_FIELD_REASON,       HF_FIELD_DETAIL};
#define SHOWN (sizeof(shown) / sizeof(shown[0]))

static bool is_shown(enum hf_field f)
{
	for (size_t i = 0; i < SHOWN; i++)
		if (shown[i] == f)
			return true;
	return f == HF_FIELD_TIME;
}

static const char *class_name(enum hf_event_class c)
{
	static const char *const names[] = {"unknown", "public", "system", "operator", "decision", "exchange", "peer"};

	return (size_t)c < sizeof(names) / sizeof(names[0]) ? names[c] : names[0];
}

/* A row as texts, made once and written in one of three ways. */
struct cells {
	char *field[HF_FIELD_LIMIT]; /* NULL: not there */
	struct hf_buf more;          /* "name=value; name=value" */
	char time[HF_TIME_TEXT], index[24], leaf[65];
};

static void cells_init(struct cells *c, const struct hf_report_row *r)
{
	memset(c, 0, sizeof(*c));
	for (unsigned f = 1; f < HF_FIELD_LIMIT; f++) {
		const char *name = hf_field_name((enum hf_field)f);

		if (!name || !r->field[f].data)
			continue;
		c->field[f] = text_of(r->field[f]);
		if (!is_shown((enum hf_field)f))
			hf_buf_addf(&c->more, "%s%s=%s", c->more.len ? "; " : "", name, c->field[f]);
	}
	if (r->erased) {
		c->field[HF_FIELD_EVENT] = hf_strdup(class_name(r->event_class));
		c->field[HF_FIELD_OUTCOME] = hf_strdup("erased");
		c->field[HF_FIELD_DETAIL] = hf_strdup("the content of this entry was erased");
	}
	hf_time_text(r->time_ms, c->time);
	snprintf(c->index, sizeof(c->index), "%" PRIu64, r->index);
	hf_hash_hex(&r->leaf, c->leaf);
}

static void cells_done(struct cells *c)
{
	for (unsigned f = 1; f < HF_FIELD_LIMIT; f++)
		free(c->field[f]);
	hf_buf_done(&c->more);
}

static const char *cell(const struct cells *c, enum hf_field f)
{
	return c->field[f] ? c->field[f] : "";
}

/* Worth a line of its own when it says more than the outcome. */
static const char *reason(const struct cells *c)
{
	return strcmp(cell(c, HF_FIELD_REASON), cell(c, HF_FIELD_OUTCOME)) == 0 ? "" : cell(c, HF_FIELD_REASON);
}

static const char *more(const struct cells *c)
{
	return c->more.len ? (const char *)c->more.data : "";
}

/* ---- text ---- */

/* One line, whatever the value holds. */
static void line_value(struct hf_report_out *o, const char *text)
{
	for (const char *at = text; *at;) {
		size_t len = strcspn(at, "\n\t\r");

		put(o, at, len);
		at += len;
		if (*at) {
			put(o, " ", 1);
			at++;
		}
	}
}

static void text_line(struct hf_report_out *o, const char *name, const char *value)
{
	if (!*value)
		return;
	puts_(o, "      ");
	puts_(o, name);
	puts_(o, ": ");
	line_value(o, value);
	puts_(o, "\n");
}

static void text_row(struct hf_report_out *o, const struct cells *c)
{
	const char *head[] = {c->time, c->index, cell(c, HF_FIELD_EVENT), cell(c, HF_FIELD_OUTCOME),
	                      cell(c, HF_FIELD_ACTOR)};

	for (size_t i = 0; i < sizeof(head) / sizeof(head[0]); i++) {
		puts_(o, i == 1 ? "  #" : i ? "  " : "");
		line_value(o, *head[i] ? head[i] : "-");
	}
	puts_(o, "\n");
	for (size_t i = 0; i < SHOWN; i++)
		if (shown[i] != HF_FIELD_EVENT && shown[i] != HF_FIELD_OUTCOME && shown[i] != HF_FIELD_ACTOR)
			text_line(o, hf_field_name(shown[i]),
			          shown[i] == HF_FIELD_REASON ? reason(c) : cell(c, shown[i]));
	text_line(o, "more", more(c));
}

/* A fact of many lines is indented under its name. */
static void text_fact(struct hf_report_out *o, const struct hf_report_fact *f)
{
	bool many = strchr(f->text, '\n') != NULL;

	puts_(o, f->name);
	puts_(o, many ? ":\n" : ": ");
	for (const char *at = f->text; *at;) {
		size_t len = strcspn(at, "\n");

		if (many)
			puts_(o, "      ");
		put(o, at, len);
		puts_(o, "\n");
		at += len + (at[len] == '\n');
	}
	if (!*f->text)
		puts_(o, "\n");
}

static void text_head(struct hf_report_out *o, const char *title, const struct hf_report_fact *facts, size_t count)
{
	puts_(o, title);
	puts_(o, "\n\n");
	for (size_t i = 0; i < count; i++)
		text_fact(o, &facts[i]);
	puts_(o, "\nTIME  #ENTRY  TYPE  RESULT  SUBJECT, and under it the content of the record\n\n");
}

/* ---- CSV ---- */

/* Table programs take these for a formula at the beginning of a field, the wide forms too. */
static bool like_formula(const char *text)
{
	static const char *const begin[] = {"=", "+", "-", "@", "\t", "\r", "\n", "|", "%", "＝", "＋", "－", "＠"};

	text += strspn(text, " ");
	for (size_t i = 0; i < sizeof(begin) / sizeof(begin[0]); i++)
		if (strncmp(text, begin[i], strlen(begin[i])) == 0)
			return true;
	return false;
}

static void csv_field(struct hf_report_out *o, const char *text, bool first)
{
	bool formula = like_formula(text), quote = formula || strpbrk(text, ",\"\r\n") != NULL;

	puts_(o, first ? "" : ",");
	puts_(o, quote ? "\"" : "");
	puts_(o, formula ? "'" : "");
	for (const char *at = text; *at;) {
		size_t len = strcspn(at, "\"");

		put(o, at, len);
		at += len;
		if (*at) {
			puts_(o, "\"\"");
			at++;
		}
	}
	puts_(o, quote ? "\"" : "");
}

static void csv_record(struct hf_report_out *o, const char *const *field, size_t count)
{
	for (size_t i = 0; i < count; i++)
		csv_field(o, field[i], i == 0);
	puts_(o, "\r\n");
}

#define CSV_COLUMNS 16u
static void csv_head(struct hf_report_out *o, const char *title, const struct hf_report_fact *facts, size_t count)
{
	static const char *const columns[CSV_COLUMNS] = {
	        "record",       "index",  "time",        "class",  "type",   "subject", "address", "object",
	        "counterparty", "manner", "transaction", "result", "reason", "detail",  "more",    "leaf-hash"};

	puts_(o, "\xEF\xBB\xBF");
	csv_record(o, columns, CSV_COLUMNS);
	for (size_t i = 0; i <= count; i++) {
		const char *about[CSV_COLUMNS];

		for (size_t k = 0; k < CSV_COLUMNS; k++)
			about[k] = "";
		about[0] = "report";
		about[7] = i ? facts[i - 1].name : "title";
		about[13] = i ? facts[i - 1].text : title;
		csv_record(o, about, CSV_COLUMNS);
	}
}

static void csv_row(struct hf_report_out *o, const struct hf_report_row *r, const struct cells *c)
{
	const char *const field[CSV_COLUMNS] = {"entry",
	                                        c->index,
	                                        c->time,
	                                        class_name(r->event_class),
	                                        cell(c, HF_FIELD_EVENT),
	                                        cell(c, HF_FIELD_ACTOR),
	                                        cell(c, HF_FIELD_ADDRESS),
	                                        cell(c, HF_FIELD_OBJECT),
	                                        cell(c, HF_FIELD_COUNTERPARTY),
	                                        cell(c, HF_FIELD_MANNER),
	                                        cell(c, HF_FIELD_TRANSACTION),
	                                        cell(c, HF_FIELD_OUTCOME),
	                                        cell(c, HF_FIELD_REASON),
	                                        cell(c, HF_FIELD_DETAIL),
	                                        more(c),
	                                        c->leaf};

	csv_record(o, field, CSV_COLUMNS);
}

/* ---- HTML ---- */

static const char page_head[] =
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
        "<meta name=\"referrer\" content=\"no-referrer\">\n";
static const char page_style[] =
        "<style>\n"
        "@page { size: A4 landscape; margin: 12mm 10mm 14mm; }\n"
        "body { font: 10pt/1.35 \"Noto Sans\", \"Noto Sans CJK SC\", \"Microsoft YaHei\", \"PingFang SC\", sans-serif; "
        "color: #111; background: #fff; margin: 1.5em; }\n"
        "h1 { font-size: 16pt; margin: 0 0 .6em; }\n"
        "table { border-collapse: collapse; width: 100%; table-layout: fixed; }\n"
        "th, td { border: 1px solid #999; padding: 2pt 4pt; text-align: left; vertical-align: top; "
        "overflow-wrap: anywhere; }\n"
        "thead th { background: #e8e8e8; }\n"
        "thead { display: table-header-group; }\n"
        "tr { break-inside: avoid; }\n"
        ".facts { width: auto; table-layout: auto; margin-bottom: 1.2em; }\n"
        ".facts th { white-space: nowrap; background: #f4f4f4; font-weight: 600; }\n"
        "pre { margin: 0; white-space: pre-wrap; overflow-wrap: anywhere; font: 8pt/1.3 monospace; }\n"
        ".rows { font-size: 8.5pt; }\n"
        ".rows td.bad { font-weight: 600; }\n"
        ".k { color: #555; }\n"
        "@media print { body { margin: 0; } thead th, .facts th { print-color-adjust: exact; } }\n"
        "</style>\n</head>\n<body>\n";
static const char page_table[] =
        "<table class=\"rows\">\n<colgroup><col style=\"width:6%\"><col style=\"width:15%\"><col style=\"width:10%\">"
        "<col style=\"width:8%\"><col style=\"width:15%\"><col style=\"width:18%\"><col></colgroup>\n"
        "<thead><tr><th>Entry</th><th>Time (UTC)</th><th>Type</th><th>Result</th><th>Subject</th><th>Object</th>"
        "<th>Content</th></tr></thead>\n<tbody>\n";

static void escaped(struct hf_report_out *o, const char *text)
{
	static const struct {
		char c;
		const char *as;
	} marks[] = {{'&', "&amp;"}, {'<', "&lt;"}, {'>', "&gt;"}, {'"', "&quot;"}, {'\'', "&#39;"}};

	for (const char *at = text; *at;) {
		size_t len = strcspn(at, "&<>\"'");

		put(o, at, len);
		at += len;
		for (size_t i = 0; *at && i < sizeof(marks) / sizeof(marks[0]); i++)
			if (marks[i].c == *at) {
				puts_(o, marks[i].as);
				at++;
				break;
			}
	}
}

/* Isolated, so that a value written from right to left does not turn its neighbours around. */
static void html_value(struct hf_report_out *o, const char *text)
{
	puts_(o, "<bdi>");
	escaped(o, text);
	puts_(o, "</bdi>");
}

static void html_head(struct hf_report_out *o, const char *title, const struct hf_report_fact *facts, size_t count)
{
	puts_(o, page_head);
	puts_(o, "<title>");
	escaped(o, title);
	puts_(o, "</title>\n");
	puts_(o, page_style);
	puts_(o, "<h1>");
	escaped(o, title);
	puts_(o, "</h1>\n<table class=\"facts\">\n");
	for (size_t i = 0; i < count; i++) {
		bool many = strchr(facts[i].text, '\n') != NULL;

		puts_(o, "<tr><th scope=\"row\">");
		escaped(o, facts[i].name);
		puts_(o, many ? "</th><td><pre>" : "</th><td>");
		html_value(o, facts[i].text);
		puts_(o, many ? "</pre></td></tr>\n" : "</td></tr>\n");
	}
	puts_(o, "</table>\n");
	puts_(o, page_table);
}

static void html_part(struct hf_report_out *o, const char *name, const char *value)
{
	if (!*value)
		return;
	puts_(o, "<div><span class=\"k\">");
	escaped(o, name);
	puts_(o, "</span> ");
	html_value(o, value);
	puts_(o, "</div>");
}

static void html_cell(struct hf_report_out *o, const char *text)
{
	puts_(o, "<td>");
	html_value(o, *text ? text : "–");
	puts_(o, "</td>");
}

static void html_row(struct hf_report_out *o, const struct cells *c)
{
	const char *outcome = cell(c, HF_FIELD_OUTCOME);

	puts_(o, "<tr>");
	html_cell(o, c->index);
	html_cell(o, c->time);
	html_cell(o, cell(c, HF_FIELD_EVENT));
	puts_(o, strcmp(outcome, "ok") == 0 ? "<td>" : "<td class=\"bad\">");
	html_value(o, *outcome ? outcome : "–");
	puts_(o, "</td><td>");
	html_value(o, cell(c, HF_FIELD_ACTOR));
	html_part(o, "from", cell(c, HF_FIELD_ADDRESS));
	puts_(o, "</td>");
	html_cell(o, cell(c, HF_FIELD_OBJECT));
	puts_(o, "<td>");
	html_part(o, "", cell(c, HF_FIELD_DETAIL));
	html_part(o, "reason", reason(c));
	html_part(o, "manner", cell(c, HF_FIELD_MANNER));
	html_part(o, "counterparty", cell(c, HF_FIELD_COUNTERPARTY));
	html_part(o, "transaction", cell(c, HF_FIELD_TRANSACTION));
	html_part(o, "more", more(c));
	puts_(o, "</td></tr>\n");
}

/* ---- all three ---- */

void hf_report_head(struct hf_report_out *o, const char *title, const struct hf_report_fact *facts, size_t count)
{
	switch (o->format) {
	case HF_REPORT_TEXT:
		text_head(o, title, facts, count);
		break;
	case HF_REPORT_CSV:
		csv_head(o, title, facts, count);
		break;
	case HF_REPORT_HTML:
		html_head(o, title, facts, count);
		break;
	case HF_REPORT_INVALID:
		break;
	}
}

void hf_report_row(struct hf_report_out *o, const struct hf_report_row *r)
{
	struct cells c;

	cells_init(&c, r);
	switch (o->format) {
	case HF_REPORT_TEXT:
		text_row(o, &c);
		break;
	case HF_REPORT_CSV:
		csv_row(o, r, &c);
		break;
	case HF_REPORT_HTML:
		html_row(o, &c);
		break;
	case HF_REPORT_INVALID:
		break;
	}
	cells_done(&c);
}

void hf_report_tail(struct hf_report_out *o)
{
	if (o->format == HF_REPORT_HTML)
		puts_(o, "</tbody>\n</table>\n</body>\n</html>\n");
}
