/*
 * mask_run.c - `hufu mask plan` and `hufu mask run`: a plan is checked, and one table of it is run over a file of CSV
 * or JSON lines.
 *
 * The file streams through in batches; only masked rows are ever written, to a new file beside the result, which gets
 * its name when the checks of the plan have passed. What techniques need the whole table for is put away encrypted, in
 * a file beside it that has no name; nothing else of the original goes to the disk.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "crypto/base64.h"
#include "crypto/crypto.h"
#include "mask.h"
#include "mask_evaluate.h"
#include "masking/inventory.h"
#include "release/engine/measure.h"
#include "release/engine/stream.h"
#include "release/engine/vault.h"

#define PIECE ((size_t)256 << 10)

struct run {
	struct hf_cli *cli;
	struct hf_plan *plan;
	struct hf_methods *methods; /* outlive the plan; NULL: none */
	const char *table, *input, *output, *format, *encoding;
	enum hf_encoding read_as;
	char temporary[4096], folder[4096]; /* of the result */
	enum hf_stream_form out_form;
	struct hf_mask_key root;
	bool has_key;
	struct hf_stream *stream;
	int fd;
	bool nameless;    /* the result has no name yet */
	const char *kind; /* of the error: a scheme of the plan */
	struct hf_fault f;
	json_t *effect; /* what masking left of the first rows; NULL: not measured */
	json_t *risk;   /* figures that the plan demands something of; NULL: none */
};

static bool fail(struct run *r, const char *kind, enum hf_err e)
{
	r->kind = kind;
	hf_fault_default(&r->f, e);
	return false;
}

static enum hf_err write_out(void *ctx, const uint8_t *data, size_t len, struct hf_fault *f)
{
	const struct run *r = ctx;

	while (len > 0) {
		ssize_t n = write(r->fd, data, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return hf_fault_set(f, HF_E_NO_SPACE, "%s cannot be written: %s; make room", r->output,
			                    strerror(errno));
		data += n;
		len -= (size_t)n;
	}
	return HF_OK;
}

enum hf_err hf_mask_file(void *ctx, const char *name, struct hf_buf *out, struct hf_fault *f)
{
	enum hf_err e = hf_file_read(name, out->max ? out->max : HF_BUF_DEFAULT_MAX, out);

	(void)ctx;
	return e == HF_OK ? e : hf_file_fault(f, e, name, out->max);
}

static enum hf_err put_vault(void *ctx, const char *name, const void *data, size_t len, struct hf_fault *f)
{
	(void)ctx;
	return hf_vault_put(name, data, len, f);
}

static bool not_read(struct run *r)
{
	return fail(r, "source", hf_fault_set(&r->f, HF_E_IO, "%s cannot be read: %s", r->input, strerror(errno)));
}

static bool not_encoded(struct run *r, const struct hf_recode *recode)
{
	if (!recode)
		return fail(r, "format",
		            hf_fault_set(&r->f, HF_E_FORMAT, "%s is neither UTF-8 nor GB18030; convert it to UTF-8",
		                         r->input));
	return fail(r, "format",
	            hf_fault_set(&r->f, HF_E_FORMAT, "%s, byte %" PRIu64 ": not %s; name the encoding with --encoding",
	                         r->input, hf_recode_where(recode), hf_encoding_name(r->read_as)));
}

/* The first bytes tell the encoding when nothing else does; the result is UTF-8. */
static bool stream_input(struct run *r, int fd, uint8_t *piece, struct hf_buf *utf8)
{
	struct hf_recode *recode = NULL;
	bool good = true, last = false;

	while (good && !last) {
		ssize_t n = read(fd, piece, PIECE);
		enum hf_err e;

		if (n < 0) {
			good = not_read(r);
			break;
		}
		last = n == 0;
		if (!recode && r->read_as == HF_ENCODING_UNKNOWN)
			r->read_as = hf_encoding_guess(piece, (size_t)n, n < (ssize_t)PIECE);
		if (!recode && r->read_as != HF_ENCODING_UNKNOWN)
			recode = hf_recode_new(r->read_as);
		if (recode)
			hf_recode_check(recode);
		hf_buf_clear(utf8);
		if (!recode || !hf_recode_feed(recode, piece, (size_t)n, utf8) || (last && !hf_recode_end(recode))) {
			good = not_encoded(r, recode);
			break;
		}
		e = last ? hf_stream_end(r->stream, &r->f, &r->kind)
		         : hf_stream_feed(r->stream, utf8->data, utf8->len, &r->f, &r->kind);
		good = e == HF_OK || fail(r, r->kind, e);
	}
	hf_recode_free(recode);
	return good;
}

static enum hf_stream_form form_of(enum hf_mask_format f, enum hf_stream_form otherwise)
{
	switch (f) {
	case HF_MASK_CSV:
		return HF_STREAM_CSV;
	case HF_MASK_LINES:
		return HF_STREAM_LINES;
	case HF_MASK_BY_NAME:
	case HF_MASK_TEXT:
		break;
	}
	return otherwise;
}

static bool read_input(struct run *r, int fd)
{
	const enum hf_stream_form in =
	        r->format ? strcmp(r->format, "lines") == 0 : form_of(hf_mask_format_of(r->input), HF_STREAM_CSV);
	const struct hf_stream_setup s = {.in_form = in,
	                                  .out_form = r->out_form = form_of(hf_mask_format_of(r->output), in),
	                                  .plan = r->plan,
	                                  .table = r->table,
	                                  .root = r->has_key ? &r->root : NULL,
	                                  .workers = HF_STREAM_WORKERS,
	                                  .file = hf_mask_file,
	                                  .put = put_vault,
	                                  .write = write_out,
	                                  .write_ctx = r,
	                                  .folder = r->folder};
	uint8_t *piece = hf_alloc(PIECE);
	struct hf_buf utf8 = HF_BUF_INIT;
	bool good;

	r->stream = hf_stream_new(&s);
	good = stream_input(r, fd, piece, &utf8);
	hf_wipe(piece, PIECE);
	free(piece);
	if (utf8.data)
		hf_wipe(utf8.data, utf8.cap);
	hf_buf_done(&utf8);
	return good;
}

/* The scheme of 5.5 d: nothing is released that fails it (MK-47). */
static bool check_result(struct run *r)
{
	uint64_t unreadable = 0;

	for (size_t i = 0; i < hf_stream_width(r->stream); i++) {
		struct hf_apply_count c;

		hf_stream_counts(r->stream, i, &c);
		unreadable += c.unreadable;
	}
	enum hf_err e = hf_plan_result_check(r->plan, hf_stream_rows_out(r->stream), unreadable, &r->f);
	return e == HF_OK || fail(r, "result", e);
}

/* What it demands of the risk, and what masking left, whether it demands anything or not (MK-3). */
static bool check_risk(struct run *r)
{
	const struct hf_plan_table *t = hf_plan_table_named(r->plan, r->table);
	struct hf_mask_input before = {r->input, HF_MASK_BY_NAME, r->read_as},
	                     after = {r->temporary, HF_MASK_CSV, HF_ENCODING_UTF8};
	struct stat st;
	char fd[40];
	enum hf_err e;

	if (!t)
		return true;
	snprintf(fd, sizeof(fd), "/proc/self/fd/%d", r->fd);
	if (r->nameless)
		after.path = fd;
	if (r->format)
		before.format = strcmp(r->format, "lines") == 0 ? HF_MASK_LINES : HF_MASK_CSV;
	if (r->out_form == HF_STREAM_LINES)
		after.format = HF_MASK_LINES;
	if (stat(r->input, &st) == 0 && S_ISREG(st.st_mode)) /* what came through a pipe is gone */
		r->effect = hf_mask_result_measure(t, &before, &after,
		                                   hf_stream_rows_in(r->stream) == hf_stream_rows_out(r->stream));
	if (!t->demand)
		return true;
	e = hf_mask_result_check(t, &before, &after, &r->risk, &r->f);
	return e == HF_OK || fail(r, "result", e);
}

/* A file without a name, so that nothing is left of a run that ends anyhow; where there are none, one beside the
 * result. */
static bool open_output(struct run *r)
{
	const char *slash = strrchr(r->output, '/');
	int n = snprintf(r->temporary, sizeof(r->temporary), "%s.XXXXXX", r->output);

	snprintf(r->folder, sizeof(r->folder), "%.*s", slash ? (int)(slash - r->output) + 1 : 1,
	         slash ? r->output : ".");
	r->fd = open(r->folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	r->nameless = r->fd >= 0;
	if (!r->nameless)
		r->fd = n < (int)sizeof(r->temporary) ? mkostemp(r->temporary, O_CLOEXEC) : -1;
	if (r->fd < 0)
		return fail(r, "space",
		            hf_fault_set(&r->f, HF_E_IO, "no file can be made beside %s: %s; choose another place",
		                         r->output,
		                         n < (int)sizeof(r->temporary) ? strerror(errno) : "the path is too long"));
	return true;
}

/* The name beside the result from which it is moved over what is there. */
static bool give_name(struct run *r)
{
	char fd[40];

	if (!r->nameless)
		return true;
	snprintf(fd, sizeof(fd), "/proc/self/fd/%d", r->fd);
	snprintf(r->temporary, sizeof(r->temporary), "%s.%d.new", r->output, (int)getpid());
	r->nameless = linkat(AT_FDCWD, fd, AT_FDCWD, r->temporary, AT_SYMLINK_FOLLOW) != 0;
	return !r->nameless;
}

static bool finish(struct run *r)
{
	if (!check_result(r) || !check_risk(r))
		return false;
	if (fsync(r->fd) != 0 || !give_name(r) || rename(r->temporary, r->output) != 0 ||
	    hf_folder_sync_of(r->output) != HF_OK)
		return fail(r, "space",
		            hf_fault_set(&r->f, HF_E_IO, "%s cannot be completed: %s", r->output, strerror(errno)));
	r->temporary[0] = '\0';
	return true;
}

static json_t *report(const struct run *r)
{
	char digest[65];
	json_t *columns = json_array(), *o;

	hf_hash_hex(&r->plan->digest, digest);
	for (size_t i = 0; i < hf_stream_width(r->stream); i++) {
		struct hf_apply_count c;

		hf_stream_counts(r->stream, i, &c);
		json_array_append_new(
		        columns, json_pack("{s:s, s:s, s:s, s:I, s:I}", "field", c.field->name, "technique",
		                           c.field->technique ? c.field->technique->id : "keep", "key", c.key_id,
		                           "values", (json_int_t)c.values, "unreadable", (json_int_t)c.unreadable));
	}
	o = json_pack("{s:s, s:i, s:s, s:s, s:I, s:I, s:o}", "plan", r->plan->name, "version", (int)r->plan->version,
	              "digest", digest, "table", r->table, "rows_in", (json_int_t)hf_stream_rows_in(r->stream),
	              "rows_out", (json_int_t)hf_stream_rows_out(r->stream), "columns", columns);
	if (r->risk)
		json_object_set(o, "risk", r->risk);
	if (r->effect)
		json_object_set(o, "effect", r->effect);
	return o;
}

static void print_effect(struct hf_cli *cli, const json_t *o)
{
	char said[600];

	if (cli->json || !json_object_get(o, "effect"))
		return;
	hf_measure_text(json_object_get(o, "effect"), said, sizeof(said));
	printf("\n%s\n", said);
}

static void print_risk(struct hf_cli *cli, const json_t *o)
{
	static const struct hf_column columns[] = {{"k", "risk.k", 0},
	                                           {"classes", "risk.classes", 0},
	                                           {"suppressed rows", "risk.suppressed_rows", 0},
	                                           {"worst risk", "risk.prosecutor_max", 0},
	                                           {"grade of GB/T 42460", "risk.grade.grade", 0},
	                                           {NULL, NULL, 0}};

	if (cli->json || !json_object_get(o, "risk"))
		return;
	printf("\n");
	hf_cli_details(cli, o, columns);
}

static void print_report(struct hf_cli *cli, const struct run *r)
{
	static const struct hf_column columns[] = {
	        {"FIELD", "field", 40},  {"TECHNIQUE", "technique", 0},   {"KEY", "key", 0},
	        {"VALUES", "values", 0}, {"UNREADABLE", "unreadable", 0}, {NULL, NULL, 0}};
	json_t *o = report(r);

	if (!cli->json)
		printf("plan %s, version %u, %s\n%" PRIu64 " rows read, %" PRIu64 " written to %s\n\n", r->plan->name,
		       r->plan->version, json_string_value(json_object_get(o, "digest")), hf_stream_rows_in(r->stream),
		       hf_stream_rows_out(r->stream), r->output);
	hf_cli_table(cli, o, "columns", columns, "no columns");
	print_effect(cli, o);
	print_risk(cli, o);
	json_decref(o);
}

static int say_failure(struct run *r)
{
	const struct hf_plan_emergency *e = r->plan ? hf_plan_emergency_for(r->plan, r->kind) : NULL;

	if (e)
		return hf_cli_fail(r->cli, "%s. By the plan (%s): %s; %s", r->f.text, e->when, e->solution, e->who);
	return hf_cli_fault(r->cli, r->f.code, &r->f);
}

static void run_done(struct run *r)
{
	if (r->fd >= 0)
		close(r->fd);
	if (r->temporary[0] && !r->nameless)
		unlink(r->temporary);
	hf_stream_free(r->stream);
	hf_plan_free(r->plan);
	hf_methods_free(r->methods);
	json_decref(r->risk);
	json_decref(r->effect);
	hf_wipe(&r->root, sizeof(r->root));
}

bool hf_mask_methods(struct hf_cli *cli, const char *path, struct hf_methods **ret_methods)
{
	HF_CLEANUP(hf_buf_done) struct hf_buf text = HF_BUF_INIT;
	struct hf_fault f = {.code = HF_OK};
	struct hf_methods_setup s = {.name = path, .file = hf_mask_file};
	enum hf_err e;

	*ret_methods = NULL;
	if (!path)
		return true;
	e = hf_file_read(path, (size_t)4 << 20, &text);
	if (e != HF_OK) {
		hf_file_fault(&f, e, path, (size_t)4 << 20);
	} else {
		s.text = text.data;
		s.len = text.len;
		e = hf_methods_read(&s, ret_methods, &f);
	}
	if (e != HF_OK)
		hf_cli_fault(cli, e, &f);
	return e == HF_OK;
}

struct hf_plan *hf_mask_plan_load(struct hf_cli *cli, const char *path, struct hf_methods *methods)
{
	struct hf_fault f = {.code = HF_OK};
	HF_CLEANUP(hf_buf_done) struct hf_buf text = HF_BUF_INIT;
	struct hf_plan *p = NULL;
	enum hf_err e = hf_file_read(path, (size_t)4 << 20, &text);

	if (e != HF_OK)
		hf_file_fault(&f, e, path, (size_t)4 << 20);
	else
		e = hf_plan_read_from(
		        &(struct hf_plan_source){.name = path, .text = text.data, .len = text.len, .methods = methods},
		        &p, &f);
	if (e != HF_OK)
		hf_cli_fault(cli, e, &f);
	return p;
}

bool hf_mask_key_read(struct hf_cli *cli, const char *path, struct hf_mask_key *ret_key)
{
	char line[80];
	bool good;

	if (!hf_cli_secret(cli, path, NULL, line, sizeof(line)))
		return false;
	good = strlen(line) == 2 * HF_MASK_KEY_BYTES &&
	       hf_hex_decode(line, strlen(line), ret_key->b, HF_MASK_KEY_BYTES);
	hf_wipe(line, sizeof(line));
	if (!good)
		hf_cli_fail(cli, "the first line of %s is no key: 64 hex digits; make one with `openssl rand -hex 32`",
		            path);
	return good;
}

static bool load_key(struct run *r, const char *path)
{
	r->has_key = path && hf_mask_key_read(r->cli, path, &r->root);
	return !path || r->has_key;
}

static int run_plan(struct run *r)
{
	int fd = open(r->input, O_RDONLY | O_CLOEXEC);
	bool good;

	if (fd < 0)
		fail(r, "source", hf_fault_set(&r->f, HF_E_IO, "%s cannot be opened: %s", r->input, strerror(errno)));
	good = fd >= 0 && open_output(r) && read_input(r, fd) && finish(r);
	if (fd >= 0)
		close(fd);
	if (!good)
		return say_failure(r);
	print_report(r->cli, r);
	return HF_EXIT_DONE;
}

int hf_mask_cli_run(struct hf_cli *cli, int argc, char **argv)
{
	struct run r = {.cli = cli, .fd = -1};
	const char *pos[2], *key = NULL, *methods = NULL;
	const struct hf_opt opts[] = {{"table", &r.table, NULL, NULL},
	                              {"output", &r.output, NULL, NULL},
	                              {"key", &key, NULL, NULL},
	                              {"format", &r.format, NULL, NULL},
	                              {"encoding", &r.encoding, NULL, NULL},
	                              {"methods", &methods, NULL, NULL},
	                              {0}};
	int status = HF_EXIT_REFUSED;

	if (!hf_cli_args(cli, argc, argv, opts, pos, 2, 2))
		return HF_EXIT_USAGE;
	if (!r.table || !r.output)
		return hf_cli_misuse(cli, "--table NAME and --output FILE are needed");
	if (r.format && strcmp(r.format, "csv") != 0 && strcmp(r.format, "lines") != 0)
		return hf_cli_misuse(cli, "--format is csv or lines");
	r.read_as = r.encoding ? hf_encoding_named(r.encoding) : HF_ENCODING_UNKNOWN;
	if (r.encoding && r.read_as == HF_ENCODING_UNKNOWN)
		return hf_cli_misuse(cli, "--encoding is utf-8 or gb18030");
	r.input = pos[1];
	if (hf_mask_methods(cli, methods, &r.methods))
		r.plan = hf_mask_plan_load(cli, pos[0], r.methods);
	if (r.plan && load_key(&r, key))
		status = run_plan(&r);
	run_done(&r);
	return status;
}

/* The exit status; the sentences go to *ret_said. */
static int lint(struct hf_cli *cli, const struct hf_plan *p, const char *path, json_t **ret_said)
{
	struct hf_fault f = {.code = HF_OK};
	json_t *inventory = hf_mask_load(cli, path);

	if (!inventory)
		return HF_EXIT_REFUSED;
	if (hf_inventory_check(inventory, &f) != HF_OK) {
		json_decref(inventory);
		return hf_cli_fail(cli, "%s: %s", path, f.text);
	}
	*ret_said = hf_plan_lint(p, inventory);
	json_decref(inventory);
	return json_array_size(*ret_said) ? HF_EXIT_REFUSED : HF_EXIT_DONE;
}

static void print_plan(struct hf_cli *cli, const struct hf_plan *p, json_t *said)
{
	char digest[65];
	const json_t *s;
	size_t i;

	hf_hash_hex(&p->digest, digest);
	if (cli->json) {
		json_t *o = json_pack("{s:s, s:i, s:s, s:i, s:O}", "plan", p->name, "version", (int)p->version,
		                      "digest", digest, "tables", (int)p->table_count, "findings", said);

		hf_cli_json(o);
		json_decref(o);
		return;
	}
	json_array_foreach(said, i, s) printf("%s\n", json_string_value(s));
	printf("plan %s, version %u, is whole: %zu tables, digest %s\n", p->name, p->version, p->table_count, digest);
}

int hf_mask_cli_plan(struct hf_cli *cli, int argc, char **argv)
{
	const char *path, *inventory = NULL, *own = NULL, *from = NULL;
	const struct hf_opt opts[] = {{"inventory", &inventory, NULL, NULL},
	                              {"methods", &own, NULL, NULL},
	                              {"propose", &from, NULL, NULL},
	                              {0}};
	struct hf_methods *methods = NULL;
	int status = HF_EXIT_REFUSED;
	struct hf_plan *p = NULL;
	json_t *said;

	if (!hf_cli_args(cli, argc, argv, opts, &path, 0, 1))
		return HF_EXIT_USAGE;
	if (!path == !from || (from && (inventory || own)))
		return hf_cli_misuse(cli, "give a PLAN to check, or --propose INVENTORY alone");
	if (from)
		return hf_mask_propose(cli, from);
	said = json_array();
	if (hf_mask_methods(cli, own, &methods))
		p = hf_mask_plan_load(cli, path, methods);
	if (p) {
		json_t *found = NULL;

		status = inventory ? lint(cli, p, inventory, &found) : HF_EXIT_DONE;
		if (!inventory || found)
			print_plan(cli, p, found ? found : said);
		json_decref(found);
	}
	json_decref(said);
	hf_plan_free(p);
	hf_methods_free(methods);
	return status;
}
