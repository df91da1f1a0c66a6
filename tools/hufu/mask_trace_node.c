/*
 * mask_trace_node.c - `hufu mask trace FILE --source NAME`: the node traces, among what it released itself; here the
 * rows are read and sent, up to what one request holds, and a progress bar is shown. An interrupt ends the trace at the
 * node.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "mask_rows.h"
#include "mask_trace.h"

#define POLL_MS 100u
#define BODY_MOST (HF_MAX_HTTP_BODY - 4096u) /* of rows and header; the rest is source and reason */

/* ---- reading ---- */

struct leak {
	json_t *header, *rows;
	size_t bytes, width, left_out;
};

static size_t length_of(const json_t *o)
{
	return json_dumpb(o, NULL, 0, JSON_COMPACT) + 1;
}

static enum hf_err leak_header(void *ctx, const char *const *names, size_t count, struct hf_fault *f)
{
	struct leak *l = ctx;

	for (size_t i = 0; i < count; i++)
		json_array_append_new(l->header, json_string(names[i]));
	l->width = count;
	l->bytes = length_of(l->header);
	if (json_array_size(l->header) != count || l->bytes > BODY_MOST)
		return hf_fault_set(f, HF_E_FORMAT,
		                    "the names of the columns are too long, or no UTF-8; take some of the columns");
	return HF_OK;
}

static enum hf_err leak_row(void *ctx, const struct hf_bytes *cells, struct hf_fault *f)
{
	struct leak *l = ctx;
	json_t *row = json_array();

	(void)f;
	/* A cell with a NUL cannot be sent, and no release has one. */
	for (size_t i = 0; i < l->width; i++) {
		const bool text = cells[i].data && !memchr(cells[i].data, 0, cells[i].len);
		json_t *cell = text ? json_stringn((const char *)cells[i].data, cells[i].len) : NULL;

		json_array_append_new(row, cell ? cell : json_null());
	}
	if (l->left_out == 0 && l->bytes + length_of(row) <= BODY_MOST) {
		l->bytes += length_of(row);
		json_array_append_new(l->rows, row);
		return HF_OK;
	}
	l->left_out++;
	json_decref(row);
	return HF_OK;
}

static int read_leak(struct hf_cli *cli, const char *path, struct leak *l)
{
	const struct hf_mask_rows rows = {leak_header, leak_row, l};
	struct hf_fault f = {.code = HF_OK};
	enum hf_err e;

	l->header = json_array();
	l->rows = json_array();
	e = hf_mask_rows_read(&(struct hf_mask_input){.path = path}, &rows, &f);
	return e == HF_OK ? HF_EXIT_DONE : hf_cli_fault(cli, e, &f);
}

/* ---- following ---- */

static volatile sig_atomic_t interrupted;

static void on_interrupt(int number)
{
	(void)number;
	interrupted = 1;
}

static const char *text_of(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s ? s : "";
}

static int look(struct hf_cli *cli, const char *id, struct hf_progress *p, json_t **ret_view)
{
	json_t *view = NULL;
	int status = hf_cli_call(cli, "GET", "/v1/mask/trace/progress", hf_cli_with("trace", id), &view);

	if (status == HF_EXIT_DONE && strcmp(text_of(view, "state"), "running") != 0)
		*ret_view = view;
	else if (status == HF_EXIT_DONE)
		hf_progress_update(p, (uint64_t)json_integer_value(json_object_get(view, "done")),
		                   (uint64_t)json_integer_value(json_object_get(view, "total")));
	if (!*ret_view)
		json_decref(view);
	return status;
}

static int follow(struct hf_cli *cli, const char *id, json_t **ret_view)
{
	struct hf_progress p;
	int status = HF_EXIT_DONE;
	bool told = false;

	signal(SIGINT, on_interrupt);
	hf_progress_start(&p, cli, "tracing");
	for (;;) {
		if (interrupted && !told) {
			told = true;
			hf_cli_call(cli, "POST", "/v1/mask/trace/cancel", hf_cli_with("trace", id), NULL);
		}
		status = look(cli, id, &p, ret_view);
		if (status != HF_EXIT_DONE || *ret_view)
			break;
		hf_cli_pause(POLL_MS);
	}
	hf_progress_end(&p);
	signal(SIGINT, SIG_DFL);
	return status;
}

/* ---- telling ---- */

static const struct hf_column origin_columns[] = {{"RECIPIENT", "recipient", 30},
                                                  {"RELEASE", "release", 40},
                                                  {"CONTRACT", "contract", 0},
                                                  {"TIMES", "times", 0},
                                                  {"DELIVERED ON TO", "delivered_to", 40},
                                                  {"SOURCE CHANGED SINCE", "source_changed", 0},
                                                  {NULL, NULL, 0}};
static const struct hf_column lost_columns[] = {{"NOT TRACEABLE", "release", 40},
                                                {"RECIPIENT", "recipient", 30},
                                                {"CONTRACT", "contract", 0},
                                                {"BECAUSE", "text", 0},
                                                {NULL, NULL, 0}};

static void tell(struct hf_cli *cli, json_t *view, const struct leak *l)
{
	if (l->left_out)
		json_object_set_new(view, "rows_left_out", json_integer((json_int_t)l->left_out));
	if (cli->json) {
		hf_cli_json(view);
		return;
	}
	hf_mask_trace_print(cli, view, l->width);
	printf("\n");
	hf_cli_table(cli, view, "releases", origin_columns, "nothing that this node released of it could be tried");
	if (json_array_size(json_object_get(view, "not_traceable")) > 0) {
		printf("\n");
		hf_cli_table(cli, view, "not_traceable", lost_columns, "");
	}
	if (json_array_size(json_object_get(view, "plain_to")) > 0) {
		HF_CLEANUP(hf_buf_done) struct hf_buf names = HF_BUF_INIT;

		printf("\nalso delivered without masking, which nothing tells apart: %s\n",
		       hf_cli_value(view, "plain_to", &names));
	}
	if (l->left_out)
		printf("\nonly the first %zu rows of the leak were looked at\n", json_array_size(l->rows));
}

static int ended(struct hf_cli *cli, json_t *view, const struct leak *l)
{
	const char *state = text_of(view, "state");

	if (strcmp(state, "done") == 0) {
		tell(cli, view, l);
		return HF_EXIT_DONE;
	}
	return hf_cli_fail(cli, "the trace %s: %s", state,
	                   *text_of(view, "text") ? text_of(view, "text") : "somebody ended it");
}

static int trace(struct hf_cli *cli, const struct hf_mask_trace_ask *ask, const struct leak *l)
{
	json_t *in = hf_cli_with("source", ask->source), *begun = NULL, *view = NULL;
	int status;

	hf_cli_put(in, "reason", ask->reason);
	json_object_set(in, "header", l->header);
	json_object_set(in, "rows", l->rows);
	status = hf_cli_call(cli, "POST", "/v1/mask/trace", in, &begun);
	if (status == HF_EXIT_DONE)
		status = follow(cli, text_of(begun, "trace"), &view);
	if (view)
		status = ended(cli, view, l);
	json_decref(view);
	json_decref(begun);
	return status;
}

int hf_mask_trace_node(struct hf_cli *cli, const struct hf_mask_trace_ask *ask)
{
	struct leak l = {.header = NULL};
	int status;

	if (ask->cancel)
		return hf_cli_do(cli, "POST", "/v1/mask/trace/cancel", hf_cli_with("trace", ask->cancel),
		                 "the trace %s ends", "trace");
	if (!ask->reason)
		return hf_cli_misuse(cli, "--reason is missing: why the leak is traced; it stands in the ledger");
	status = read_leak(cli, ask->leak, &l);
	if (status == HF_EXIT_DONE)
		status = trace(cli, ask, &l);
	json_decref(l.header);
	json_decref(l.rows);
	return status;
}
