#include "source/scanner.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "source/scanner_feed.h"

#define SCANS_MAX 2 /* at a time */

struct scan {
	struct hf_scanner *scanner;
	struct scan *next;
	uv_process_t process;
	uv_timer_t timer; /* how long it may take; or tells what ended before it began */
	hf_scan_fn fn;
	void *ctx;
	char *path;
	struct scanner_feed *feed; /* NULL: a file */
	enum hf_err verdict;
	char text[200];
	bool running, too_long, cancelled, ended;
	unsigned handles; /* still to be closed */
};
struct hf_scanner {
	const struct hf_base *base;
	char *argv[HF_SCANNER_ARGS + 2];
	size_t argc;
	uint32_t seconds;
	struct scan *scans; /* oldest first */
	unsigned running;
	bool stopped;
};

enum hf_err hf_scanner_open(const struct hf_base *base, const struct hf_scanner_config *cfg,
                            struct hf_scanner **ret_scanner, struct hf_fault *f)
{
	*ret_scanner = NULL;
	if (cfg->command_count == 0)
		return HF_OK;
	if (cfg->command_count > HF_SCANNER_ARGS)
		return hf_fault_set(f, HF_E_LIMIT, "scanner.command has more than %d words; put them into a script",
		                    HF_SCANNER_ARGS);
	if (cfg->command[0][0] != '/' || access(cfg->command[0], X_OK) != 0)
		return hf_fault_set(
		        f, HF_E_STATE,
		        "the scanner '%.300s' is no program that this node may run; correct scanner.command, "
		        "which begins with an absolute path",
		        cfg->command[0]);
	struct hf_scanner *s = hf_alloc_zero(sizeof(*s));
	s->base = base;
	s->seconds = cfg->seconds ? cfg->seconds : HF_SCANNER_SECONDS;
	for (s->argc = 0; s->argc < cfg->command_count; s->argc++)
		s->argv[s->argc] = hf_strdup(cfg->command[s->argc]);
	*ret_scanner = s;
	return HF_OK;
}

static void start_waiting(struct hf_scanner *s);

static void on_closed(uv_handle_t *h)
{
	struct scan *c = h->data;
	if (--c->handles > 0)
		return;
	free(c->path);
	free(c);
}

/* Out of the list, told, and its memory goes when the handles are closed. */
static void tell(void *ctx)
{
	struct scan *c = ctx;
	struct hf_scanner *s = c->scanner;
	struct scan **p = &s->scans;
	while (*p != c)
		p = &(*p)->next;
	*p = c->next;
	if (c->running)
		s->running--;
	c->fn(c->ctx, c->verdict, c->text);
	uv_close((uv_handle_t *)&c->timer, on_closed);
	if (c->running)
		uv_close((uv_handle_t *)&c->process, on_closed);
	start_waiting(s);
}

/* What was not read whole was not examined, whatever the scanner says of the rest. */
static void end(struct scan *c, enum hf_err e, const char *text)
{
	bool cut = c->feed && scanner_feed_failed(c->feed) && e == HF_OK;
	c->verdict = cut ? HF_E_SCANNER : e;
	snprintf(c->text, sizeof(c->text), "%s",
	         cut ? "the data could not be read back for the scanner, so it was not examined; check the disk"
	             : text);
	c->ended = true;
	uv_timer_stop(&c->timer);
	if (c->feed)
		scanner_feed_end(HF_TAKE(c->feed), tell, c);
	else
		tell(c);
}

static void on_exit_of(uv_process_t *p, int64_t status, int signal)
{
	struct scan *c = p->data;
	char text[200];
	if (c->cancelled) {
		end(c, HF_E_CANCELLED, "the node is stopping");
	} else if (c->too_long) {
		snprintf(text, sizeof(text),
		         "the scanner did not end within %u seconds, so the data was not examined; raise "
		         "scanner.seconds, or mend the scanner",
		         c->scanner->seconds);
		end(c, HF_E_SCANNER, text);
	} else if (signal == 0 && status == 0) {
		end(c, HF_OK, "");
	} else if (signal == 0 && status == 1) {
		end(c, HF_E_MALICIOUS, "the scanner found something harmful in the data; it is not taken in");
	} else {
		snprintf(text, sizeof(text),
		         "the scanner ended with %s %d, so the data was not examined; mend the scanner and try again",
		         signal ? "signal" : "status", signal ? signal : (int)status);
		end(c, HF_E_SCANNER, text);
	}
}

static void kill_group(struct scan *c)
{
	uv_kill(-c->process.pid, SIGKILL);
}

static void on_time(uv_timer_t *t)
{
	struct scan *c = t->data;
	if (c->running) {
		c->too_long = true;
		kill_group(c);
	} else if (c->cancelled) {
		end(c, HF_E_CANCELLED, "the node is stopping");
	} else {
		end(c, HF_E_SCANNER,
		    "the scanner could not be started, so the data was not examined; look at "
		    "scanner.command");
	}
}

static void start(struct scan *c)
{
	static char *env[] = {(char *)"PATH=/usr/local/bin:/usr/bin:/bin", (char *)"LC_ALL=C", NULL};
	struct hf_scanner *s = c->scanner;
	uv_stdio_container_t none[3] = {{.flags = UV_IGNORE}, {.flags = UV_IGNORE}, {.flags = UV_IGNORE}};
	s->argv[s->argc] = c->path;
	if (c->feed)
		scanner_feed_stdin(c->feed, &none[0]);
	const uv_process_options_t o = {.exit_cb = on_exit_of,
	                                .file = s->argv[0],
	                                .args = s->argv,
	                                .env = env,
	                                .cwd = "/",
	                                .flags = UV_PROCESS_DETACHED, /* a group of its own */
	                                .stdio = none,
	                                .stdio_count = 3};
	c->process.data = c;
	int failed = uv_spawn(s->base->loop, &c->process, &o);
	s->argv[s->argc] = NULL;
	c->handles = 2;
	c->running = failed == 0;
	if (failed) {
		c->handles = 1 + 1;
		uv_close((uv_handle_t *)&c->process, on_closed);
	}
	s->running += c->running;
	if (c->feed && c->running)
		scanner_feed_begin(c->feed);
	uv_timer_start(&c->timer, on_time, failed ? 0 : (uint64_t)s->seconds * 1000, 0);
}

static void start_waiting(struct hf_scanner *s)
{
	for (struct scan *c = s->scans; c && s->running < SCANS_MAX && !s->stopped; c = c->next)
		if (c->handles == 0)
			start(c);
}

static struct scan *scan_new(struct hf_scanner *s, const char *path, hf_scan_fn fn, void *ctx)
{
	struct scan *c = hf_alloc_zero(sizeof(*c));
	c->scanner = s;
	c->path = hf_strdup(path);
	c->fn = fn;
	c->ctx = ctx;
	return c;
}

static void add(struct scan *c)
{
	struct hf_scanner *s = c->scanner;
	struct scan **p = &s->scans;
	uv_timer_init(s->base->loop, &c->timer);
	c->timer.data = c;
	while (*p)
		p = &(*p)->next;
	*p = c;
	if (!s->stopped) {
		start_waiting(s);
		return;
	}
	c->cancelled = true;
	c->handles = 1;
	uv_timer_start(&c->timer, on_time, 0, 0);
}

void hf_scan(struct hf_scanner *s, const char *path, hf_scan_fn fn, void *ctx)
{
	add(scan_new(s, path, fn, ctx));
}

void hf_scan_fed(struct hf_scanner *s, hf_scan_fill_fn fill, void *fill_ctx, hf_scan_fn fn, void *ctx)
{
	struct scan *c = scan_new(s, "/dev/stdin", fn, ctx);
	c->feed = scanner_feed_new(s->base->loop, fill, fill_ctx);
	add(c);
}

void hf_scanner_stop(struct hf_scanner *s)
{
	if (!s || s->stopped)
		return;
	s->stopped = true;
	for (struct scan *c = s->scans; c; c = c->next) {
		if (c->ended)
			continue;
		c->cancelled = true;
		if (c->running) {
			kill_group(c);
			continue;
		}
		if (c->handles == 0)
			c->handles = 1;
		uv_timer_start(&c->timer, on_time, 0, 0);
	}
}

void hf_scanner_free(struct hf_scanner *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->argc; i++)
		free(s->argv[i]);
	free(s);
}
