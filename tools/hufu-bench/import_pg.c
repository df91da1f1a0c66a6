/*
 * import_pg.c - import-pg: a table of toll passages is loaded into a real PostgreSQL as a delivery is: COPY into a
 * table of the load's own, the swap, the version before dropped. Baseline: psql \copy of the same file into a table of
 * the same columns, over the same kind of connection, on the same server with the same sync policy.
 *
 * The server is Debian's, in a folder of its own that is removed; as root it runs as Debian's user for it.
 */
#include <fcntl.h>
#include <ftw.h>
#include <pwd.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "bench.h"
#include "net.h"
#include "source/load.h"
#include "spawn.h"

#define BYTES ((uint64_t)256 << 20)
#define BYTES_BRIEF ((uint64_t)1 << 20)
#define PIECE ((size_t)1 << 20)
#define WORDS_MAX 24u
#define ADDRESS "127.0.2.205"
#define PORT "54321"
#define PASSWORD "for-this-bench"
#define BASE "\\copy base from '%s' with (format csv, header)"

struct server {
	struct bench *b;
	char dir[64], programs[64], source[400], log[120];
	int pid;
	struct hf_load_column *columns;
	size_t column_count;
	uint64_t rows;
	struct hf_pace pace;
};

/* inside: as the server's user. argv[0] of the program; the words end with NULL. */
static size_t take_words(const struct server *s, bool inside, char path[600], const char *program, va_list args,
                         char *words[WORDS_MAX + 1])
{
	static char setpriv[600];
	size_t n = 0;
	snprintf(path, 600, "%s/%s", s->programs, program);
	if (inside && getuid() == 0 && spawn_find("setpriv", setpriv, sizeof(setpriv))) {
		words[n++] = setpriv;
		words[n++] = (char *)"--reuid=postgres";
		words[n++] = (char *)"--regid=postgres";
		words[n++] = (char *)"--clear-groups";
	}
	words[n++] = path;
	for (char *w; n < WORDS_MAX && (w = va_arg(args, char *));)
		words[n++] = w;
	words[n] = NULL;
	return n;
}

static bool run(const struct server *s, bool inside, const char *program, ...) __attribute__((sentinel));
static bool run(const struct server *s, bool inside, const char *program, ...)
{
	char path[600], *words[WORDS_MAX + 1], *text = NULL;
	size_t len;
	va_list args;
	va_start(args, program);
	take_words(s, inside, path, program, args, words);
	va_end(args);
	bool ok = spawn_capture(words, s->log, &text, &len) == 0;
	free(text);
	return ok;
}

static int start(const struct server *s, const char *program, ...) __attribute__((sentinel));
static int start(const struct server *s, const char *program, ...)
{
	char path[600], *words[WORDS_MAX + 1];
	va_list args;
	va_start(args, program);
	take_words(s, true, path, program, args, words);
	va_end(args);
	return spawn_start(words, s->log);
}

static bool find_programs(struct server *s)
{
	for (unsigned v = 18; v >= 13; v--) {
		char path[120];
		snprintf(s->programs, sizeof(s->programs), "/usr/lib/postgresql/%u/bin", v);
		snprintf(path, sizeof(path), "%s/postgres", s->programs);
		if (access(path, X_OK) == 0)
			return true;
	}
	fprintf(stderr, "hufu-bench: PostgreSQL is not installed; tools/install-packages test brings it\n");
	return false;
}

static bool make_folder(struct server *s)
{
	const struct passwd *p = getuid() == 0 ? getpwnam("postgres") : NULL;
	snprintf(s->dir, sizeof(s->dir), "/tmp/hufu-bench-pg-XXXXXX");
	return mkdtemp(s->dir) && (!p || chown(s->dir, p->pw_uid, p->pw_gid) == 0);
}

static bool sql(const struct server *s, const char *text)
{
	return run(s, false, "psql", "-X", "-q", "-h", s->dir, "-p", PORT, "-U", "owner", "-d", "postgres", "-c", text,
	           NULL);
}

static bool start_server(struct server *s)
{
	char data[80];
	if (!find_programs(s) || !make_folder(s))
		return false;
	snprintf(data, sizeof(data), "%s/data", s->dir);
	if (!run(s, true, "initdb", "-D", data, "-U", "owner", "--auth-local=trust", "--auth-host=scram-sha-256",
	         "--encoding=UTF8", "--locale=C", "--no-sync", NULL))
		return false;
	s->pid = start(s, "postgres", "-D", data, "-k", s->dir, "-p", PORT, "-c", "listen_addresses=" ADDRESS, NULL);
	for (unsigned attempt = 0; s->pid && attempt < 3000 && !sql(s, "SELECT 1"); attempt++)
		net_pause();
	return s->pid && sql(s, "CREATE ROLE loader LOGIN PASSWORD '" PASSWORD
	                        "'; GRANT USAGE, CREATE ON SCHEMA public TO loader");
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static void end_server(struct server *s)
{
	if (s->pid) {
		kill(s->pid, SIGINT);
		if (!spawn_wait(s->pid, 20000, NULL)) {
			kill(s->pid, SIGKILL);
			spawn_wait(s->pid, 20000, NULL);
		}
	}
	if (s->dir[0])
		nftw(s->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	free(s->columns);
}

static bool take_columns(struct server *s)
{
	struct hf_csv_scan *scan = hf_csv_scan_new();
	uint8_t *piece = hf_alloc(PIECE);
	int fd = open(s->source, O_RDONLY | O_CLOEXEC);
	ssize_t n;
	enum hf_csv_defect d = HF_CSV_GOOD;
	while (fd >= 0 && d == HF_CSV_GOOD && (n = read(fd, piece, PIECE)) > 0)
		d = hf_csv_scan_feed(scan, piece, (size_t)n);
	bool ok = fd >= 0 && d == HF_CSV_GOOD && hf_csv_scan_end(scan) == HF_CSV_GOOD;
	const struct hf_csv_column *from = hf_csv_scan_columns(scan, &s->column_count);
	s->rows = hf_csv_scan_rows(scan);
	s->columns = hf_alloc_zero((s->column_count + 1) * sizeof(*s->columns));
	for (size_t i = 0; i < s->column_count; i++) {
		memcpy(s->columns[i].name, from[i].name, sizeof(s->columns[i].name));
		s->columns[i].type = from[i].type;
	}
	if (fd >= 0)
		close(fd);
	free(piece);
	hf_csv_scan_free(scan);
	return ok;
}

static enum hf_err feed_all(const struct server *s, const struct hf_loader *loader, void *state, struct hf_fault *f)
{
	uint8_t *piece = hf_alloc(PIECE);
	int fd = open(s->source, O_RDONLY | O_CLOEXEC);
	enum hf_err e = fd >= 0 ? HF_OK : HF_E_IO;
	ssize_t n;
	while (e == HF_OK && (n = read(fd, piece, PIECE)) > 0)
		e = loader->feed(state, piece, (size_t)n, f);
	if (fd >= 0)
		close(fd);
	free(piece);
	return e;
}

/* Rows a second; 0 after printing why. */
static double load(struct server *s, unsigned window)
{
	const struct hf_loader *loader = hf_loader_find("postgresql");
	struct hf_fault f = {HF_OK, ""};
	struct hf_load *l = hf_load_new();
	void *state = NULL;
	bool done = false;
	l->transfer = (struct hf_id){{1, (uint8_t)(window + 1)}};
	l->resource = (struct hf_id){{2}};
	snprintf(l->place, sizeof(l->place), "postgresql://loader@" ADDRESS ":" PORT "/postgres");
	snprintf(l->table, sizeof(l->table), "tolls");
	snprintf(l->password, sizeof(l->password), PASSWORD);
	l->columns = hf_alloc(s->column_count * sizeof(*l->columns));
	memcpy(l->columns, s->columns, s->column_count * sizeof(*l->columns));
	l->column_count = s->column_count;
	l->rows = s->rows;
	l->pace = &s->pace;
	l->seconds = 3600;
	int64_t before = bench_now_us();
	enum hf_err e = loader->begin(l, &state, &done, &f);
	if (e == HF_OK)
		e = feed_all(s, loader, state, &f);
	if (e == HF_OK)
		e = loader->commit(state, &f);
	loader->close(state);
	if (e == HF_OK)
		e = loader->finish(l, &f);
	double seconds = (double)(bench_now_us() - before) / 1e6;
	hf_load_free(l);
	if (e != HF_OK)
		fprintf(stderr, "hufu-bench: the table was not loaded: %s\n", f.text);
	return e == HF_OK ? (double)s->rows / seconds : 0;
}

static double copy(struct server *s)
{
	char text[600];
	snprintf(text, sizeof(text), BASE, s->source);
	if (!sql(s, "DROP TABLE IF EXISTS base; CREATE TABLE base (LIKE tolls); ALTER TABLE base OWNER TO loader"))
		return 0;
	int64_t before = bench_now_us();
	bool ok = run(s, false, "psql", "-X", "-q", "-h", ADDRESS, "-p", PORT, "-U", "loader", "-d", "postgres", "-c",
	              text, NULL);
	return ok ? (double)s->rows / ((double)(bench_now_us() - before) / 1e6) : 0;
}

static bool measure(struct server *s)
{
	unsigned n = s->b->windows;
	double *windows = hf_alloc(2 * (size_t)n * sizeof(double));
	bool ok = load(s, 250) > 0; /* the table that the baseline's is like */
	for (unsigned i = 0; ok && i < n; i++) {
		windows[i] = load(s, i);
		windows[n + i] = copy(s);
		ok = windows[i] > 0 && windows[n + i] > 0;
	}
	if (ok)
		bench_add(s->b, &(struct bench_result){.metric = "throughput",
		                                       .unit = "rows/s",
		                                       .value = bench_median(windows, n),
		                                       .baseline = "psql \\copy of the same file",
		                                       .baseline_value = bench_median(windows + n, n),
		                                       .target = 0.8,
		                                       .at_least = true,
		                                       .target_on_ratio = true});
	free(windows);
	return ok;
}

int bench_import_pg(struct bench *b)
{
	struct server s = {.b = b};
	snprintf(s.source, sizeof(s.source), "%s/tolls.csv", b->dir);
	snprintf(s.log, sizeof(s.log), "%.100s/pg.log", b->dir);
	setenv("PGPASSWORD", PASSWORD, 1);
	bool ok = tolls_write(s.source, bench_size_or(b, BYTES, BYTES_BRIEF), 1) && take_columns(&s) &&
	          start_server(&s) && measure(&s);
	end_server(&s);
	if (!ok)
		fprintf(stderr, "hufu-bench: import-pg could not be measured; see the messages above\n");
	return ok ? 0 : 1;
}
