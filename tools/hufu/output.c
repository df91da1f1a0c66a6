/* output.c - what people and programs read: errors, tables by terminal width, JSON, progress. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "cli.h"

static void print_error(struct hf_cli *cli, const char *reason, const char *text)
{
	if (cli->json) {
		json_t *o = json_pack("{s:{s:s, s:s}}", "error", "reason", reason, "text", text);
		hf_cli_json(o);
		json_decref(o);
	} else {
		fflush(stdout);
		fprintf(stderr, "hufu: %s\n", text);
	}
}

__attribute__((format(printf, 3, 0))) static void format(char *out, size_t cap, const char *fmt, va_list args)
{
	vsnprintf(out, cap, fmt, args);
	out[hf_utf8_cut(out, strlen(out))] = '\0';
	hf_utf8_mend(out);
}

int hf_cli_fail(struct hf_cli *cli, const char *fmt, ...)
{
	char text[1024];
	va_list args;
	va_start(args, fmt);
	format(text, sizeof(text), fmt, args);
	va_end(args);
	print_error(cli, "refused", text);
	return HF_EXIT_REFUSED;
}

int hf_cli_fault(struct hf_cli *cli, enum hf_err e, const struct hf_fault *f)
{
	print_error(cli, hf_err_reason(e), f && f->text[0] ? f->text : hf_err_text(e));
	if (e == HF_E_IO || e == HF_E_NO_SPACE) /* a file or a disk here: no node or peer is waited for */
		return HF_EXIT_REFUSED;
	return hf_err_class(e) == HF_CLASS_RETRY ? HF_EXIT_UNREACHABLE : HF_EXIT_REFUSED;
}

int hf_cli_misuse(struct hf_cli *cli, const char *fmt, ...)
{
	char text[1024];
	va_list args;
	va_start(args, fmt);
	format(text, sizeof(text), fmt, args);
	va_end(args);
	print_error(cli, "usage", text);
	if (!cli->json && cli->command)
		fprintf(stderr, "\nusage: %s\n", cli->command->usage);
	return HF_EXIT_USAGE;
}

void hf_cli_json(const json_t *o)
{
	char *text = json_dumps(o, JSON_INDENT(2) | JSON_PRESERVE_ORDER);
	puts(text ? text : "null");
	free(text);
}

static const json_t *member(const json_t *o, const char *key)
{
	char part[64];
	const char *dot = strchr(key, '.');
	if (!dot)
		return json_object_get(o, key);
	snprintf(part, sizeof(part), "%.*s", (int)(dot - key), key);
	return member(json_object_get(o, part), dot + 1);
}

static void add_value(const json_t *v, struct hf_buf *buf)
{
	if (json_is_string(v))
		hf_buf_add(buf, json_string_value(v), json_string_length(v));
	else if (json_is_integer(v))
		hf_buf_addf(buf, "%lld", (long long)json_integer_value(v));
	else if (json_is_real(v))
		hf_buf_addf(buf, "%.2f", json_real_value(v));
	else if (json_is_boolean(v))
		hf_buf_addf(buf, "%s", json_is_true(v) ? "yes" : "no");
	for (size_t i = 0; json_is_array(v) && i < json_array_size(v); i++) {
		if (i)
			hf_buf_add(buf, ", ", 2);
		add_value(json_array_get(v, i), buf);
	}
}

const char *hf_cli_value(const json_t *o, const char *key, struct hf_buf *buf)
{
	hf_buf_clear(buf);
	add_value(member(o, key), buf);
	return buf->len ? (const char *)buf->data : "";
}

/* Cuts to max cells and ends in an ellipsis; line breaks become spaces. */
static char *cell(const json_t *row, const struct hf_column *c)
{
	struct hf_buf buf = HF_BUF_INIT;
	char *text = hf_strdup(hf_cli_value(row, c->key, &buf));
	hf_buf_done(&buf);
	for (char *p = text; *p; p++)
		if (*p == '\n' || *p == '\t')
			*p = ' ';
	if (!c->max || hf_text_width(text) <= c->max)
		return text;
	size_t len = strlen(text);
	while (len > 0 && hf_text_width(text) > c->max - 1) {
		len = hf_utf8_cut(text, len - 1);
		text[len] = '\0';
	}
	text = hf_realloc(text, len + sizeof("…"));
	memcpy(text + len, "…", sizeof("…"));
	return text;
}

struct grid {
	const struct hf_column *columns;
	size_t width_count, rows;
	char **cells;
	size_t *widths;
};

static void fill_grid(struct grid *g, const json_t *list)
{
	for (g->width_count = 0; g->columns[g->width_count].title; g->width_count++)
		;
	g->rows = json_array_size(list);
	g->cells = hf_alloc_zero((g->rows * g->width_count + 1) * sizeof(*g->cells));
	g->widths = hf_alloc_zero(g->width_count * sizeof(*g->widths));
	for (size_t c = 0; c < g->width_count; c++)
		g->widths[c] = hf_text_width(g->columns[c].title);
	for (size_t r = 0; r < g->rows; r++)
		for (size_t c = 0; c < g->width_count; c++) {
			char *text = cell(json_array_get(list, r), &g->columns[c]);
			size_t width = hf_text_width(text);
			g->cells[r * g->width_count + c] = text;
			g->widths[c] = width > g->widths[c] ? width : g->widths[c];
		}
}

static void print_cell(const char *text, size_t width, bool last)
{
	size_t used = hf_text_width(text);
	fputs(text, stdout);
	if (!last)
		printf("%*s", (int)(width - used + 2), "");
}

static void print_grid(const struct grid *g)
{
	for (size_t c = 0; c < g->width_count; c++)
		print_cell(g->columns[c].title, g->widths[c], c + 1 == g->width_count);
	putchar('\n');
	for (size_t r = 0; r < g->rows; r++) {
		for (size_t c = 0; c < g->width_count; c++)
			print_cell(g->cells[r * g->width_count + c], g->widths[c], c + 1 == g->width_count);
		putchar('\n');
	}
}

static void free_grid(struct grid *g)
{
	for (size_t i = 0; i < g->rows * g->width_count; i++)
		free(g->cells[i]);
	free(g->cells);
	free(g->widths);
}

void hf_cli_table(struct hf_cli *cli, const json_t *out, const char *rows, const struct hf_column *columns,
                  const char *none)
{
	const json_t *list = json_object_get(out, rows);
	struct grid g = {.columns = columns};
	if (cli->json) {
		hf_cli_json(out);
		return;
	}
	if (json_array_size(list) == 0) {
		puts(none);
		return;
	}
	fill_grid(&g, list);
	print_grid(&g);
	free_grid(&g);
}

void hf_cli_details(struct hf_cli *cli, const json_t *out, const struct hf_column *columns)
{
	struct hf_buf buf = HF_BUF_INIT;
	size_t width = 0;
	if (cli->json) {
		hf_cli_json(out);
		return;
	}
	for (const struct hf_column *c = columns; c->title; c++)
		width = hf_text_width(c->title) > width ? hf_text_width(c->title) : width;
	for (const struct hf_column *c = columns; c->title; c++) {
		const char *text = hf_cli_value(out, c->key, &buf);
		if (*text)
			printf("%s:%*s %s\n", c->title, (int)(width - hf_text_width(c->title)), "", text);
	}
	hf_buf_done(&buf);
}

/* Progress. */

static int64_t now_ms(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void hf_progress_start(struct hf_progress *p, const struct hf_cli *cli, const char *title)
{
	p->title = title;
	p->quiet = cli->json;
	p->shown = !p->quiet && isatty(STDERR_FILENO);
	p->note[0] = '\0';
	p->started_ms = now_ms();
	p->drawn_ms = 0;
}

#define BAR 30

void hf_progress_update(struct hf_progress *p, uint64_t done, uint64_t total)
{
	char bar[BAR + 1];
	int64_t now = now_ms(), left = 0;
	if (!p->shown || now - p->drawn_ms < 100)
		return;
	p->drawn_ms = now;
	if (total == 0) {
		fprintf(stderr, "\r%s %llu\033[K", p->title, (unsigned long long)done);
		return;
	}
	double part = done >= total ? 1 : (double)done / (double)total;
	int full = (int)(part * BAR);
	memset(bar, '.', BAR);
	memset(bar, '#', (size_t)full);
	bar[BAR] = '\0';
	if (part > 0)
		left = (int64_t)((double)(now - p->started_ms) * (1 - part) / part / 1000);
	fprintf(stderr, "\r%s [%s] %3d %%  %lld s left\033[K", p->title, bar, (int)(part * 100), (long long)left);
}

void hf_progress_note(struct hf_progress *p, const char *fmt, ...)
{
	char text[sizeof(p->note)];
	va_list args;
	va_start(args, fmt);
	format(text, sizeof(text), fmt, args);
	va_end(args);
	if (p->quiet || strcmp(text, p->note) == 0)
		return;
	memcpy(p->note, text, sizeof(text));
	p->drawn_ms = now_ms();
	fprintf(stderr, p->shown ? "\r%s\033[K" : "%s\n", text);
}

void hf_progress_end(struct hf_progress *p)
{
	if (p->shown && p->drawn_ms)
		fputs("\r\033[K", stderr);
	p->shown = false;
}

void hf_cli_pause(unsigned ms)
{
	struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000};
	nanosleep(&t, NULL);
}
