/* log.c - see log.h. A line is built in fixed memory and written once; data values have no way in (DS-94). */
#include "base/log.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "crypto/utf8.h"

#define TEXT_MAX 512u /* bytes taken of one text */
#define TAIL_ROOM 32u /* for the end of a cut line */

struct hf_log {
	int fd;
	struct hf_clock clock;
	enum hf_log_level level;
	char node[HF_NAME_MAX + 1];
};

/* A line under construction. At PIPE_BUF bytes a write to a pipe is atomic, which is why a line needs no lock. */
struct line {
	char bytes[HF_LOG_LINE_MAX];
	size_t len;
	bool full;
};

struct hf_log *hf_log_new(int fd, const struct hf_clock *clock, const char *node, enum hf_log_level level)
{
	struct hf_log *log = hf_alloc_zero(sizeof(*log));

	log->fd = fd;
	log->clock = *clock;
	log->level = level;
	snprintf(log->node, sizeof(log->node), "%s", node);
	return log;
}

void hf_log_free(struct hf_log *log)
{
	free(log);
}

static void put(struct line *l, const char *bytes, size_t len)
{
	if (l->full || len > sizeof(l->bytes) - TAIL_ROOM - l->len) {
		l->full = true;
		return;
	}
	memcpy(l->bytes + l->len, bytes, len);
	l->len += len;
}

static void put_text(struct line *l, const char *text)
{
	put(l, text, strlen(text));
}

static void put_code(struct line *l, uint32_t code)
{
	char escaped[8];
	int n = snprintf(escaped, sizeof(escaped), "\\u%04x", (unsigned)(code & 0xFFFF));

	put(l, escaped, (size_t)n);
}

/* One character of a JSON string; what could end the string or the line, or command a terminal, is escaped. */
static const char *put_character(struct line *l, const char *at, const char *end)
{
	const char *next = at;
	uint32_t code = 0;

	if (!hf_utf8_next(&next, end, &code)) {
		put_code(l, 0xFFFD);
		return at + 1;
	}
	if (code == '"' || code == '\\')
		put(l, (const char[]){'\\', (char)code}, 2);
	else if (code < 0x20 || (code >= 0x7F && code < 0xA0) || code == 0x2028 || code == 0x2029)
		put_code(l, code);
	else
		put(l, at, (size_t)(next - at));
	return next;
}

static void put_string(struct line *l, const char *text)
{
	size_t len = strnlen(text, TEXT_MAX + 1);
	bool cut = len > TEXT_MAX;
	const char *end = text + (cut ? hf_utf8_cut(text, TEXT_MAX) : len);

	put_text(l, "\"");
	while (text != end)
		text = put_character(l, text, end);
	put_text(l, cut ? "...\"" : "\"");
}

static void put_pair(struct line *l, const char *key, const char *value)
{
	put_string(l, key);
	put_text(l, ":");
	put_string(l, value);
}

static void put_field(struct line *l, const struct hf_log_field *f)
{
	char number[24];

	switch (f->kind) {
	case 's':
		put_pair(l, f->key, f->s ? f->s : "");
		return;
	case 'e':
		put_pair(l, f->key, hf_err_reason((enum hf_err)f->i));
		return;
	default:
		snprintf(number, sizeof(number), "%lld", (long long)f->i);
		put_string(l, f->key);
		put_text(l, ":");
		put_text(l, number);
	}
}

static const char *level_name(enum hf_log_level level)
{
	static const char *const names[] = {"", "alarm", "error", "warn", "info", "debug"};

	return (size_t)level < sizeof(names) / sizeof(names[0]) ? names[level] : "";
}

static void put_head(struct line *l, const struct hf_log *log, enum hf_log_level level, const char *module,
                     const char *event)
{
	char ts[HF_TIME_TEXT];

	hf_time_text(hf_now_ms(&log->clock), ts);
	put_text(l, "{");
	put_pair(l, "ts", ts);
	put_text(l, ",");
	put_pair(l, "level", level_name(level));
	put_text(l, ",");
	put_pair(l, "node", log->node);
	put_text(l, ",");
	put_pair(l, "module", module);
	put_text(l, ",");
	put_pair(l, "event", event);
}

/* Only whole fields: one that does not fit is taken back. */
static void put_fields(struct line *l, const struct hf_log_field *fields, size_t count)
{
	put_text(l, ",\"fields\":{");
	for (size_t i = 0; i < count && !l->full; i++) {
		size_t before = l->len;

		if (i)
			put_text(l, ",");
		put_field(l, &fields[i]);
		if (l->full)
			l->len = before;
	}
}

static void finish(struct line *l)
{
	const char *tail = l->full ? "},\"cut\":true}\n" : "}}\n";
	size_t len = strlen(tail);

	memcpy(l->bytes + l->len, tail, len);
	l->len += len;
}

/* A log that cannot be written must not stop the node, so an error ends the line and nothing else. */
static void write_line(int fd, const struct line *l)
{
	ssize_t n;

	do
		n = write(fd, l->bytes, l->len);
	while (n < 0 && errno == EINTR);
}

void hf_log_write(struct hf_log *log, enum hf_log_level level, const char *module, const char *event,
                  const struct hf_id *trace, const struct hf_log_field *fields, size_t count)
{
	struct line l;
	char id[HF_ID_TEXT];

	if (!log || level > log->level || !HF_LOG_BUILT(level))
		return;
	l.len = 0;
	l.full = false;
	put_head(&l, log, level, module, event);
	if (trace && !hf_id_is_zero(trace)) {
		hf_id_text(trace, id);
		put_text(&l, ",");
		put_pair(&l, "trace", id);
	}
	put_fields(&l, fields, count);
	finish(&l);
	write_line(log->fd, &l);
}
