/*
 * cmd_exchange.c - hufu fetch and hufu transfers: fetching with a progress bar, and looking after what is under way.
 */
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"

#define POLL_MS 50u
#define AWAY_NOTE_MS 2000u /* then the bar says that the peer is away */
#define PATIENCE_S 60u     /* then waiting ends; the transfer does not */
#define PATIENCE_MAX_S 86400u

static const struct hf_column list_columns[] = {
        {"TRANSFER", "transfer", 0}, {"ROLE", "role", 0},       {"PEER", "peer", 24},
        {"STATE", "state", 0},       {"DONE", "bytes_done", 0}, {"BYTES", "bytes_total", 0},
        {"STARTED", "started", 20},  {"REASON", "reason", 20},  {NULL, NULL, 0},
};

static const struct hf_column detail_columns[] = {
        {"transfer", "transfer", 0},
        {"role", "role", 0},
        {"peer", "peer", 0},
        {"state", "state", 0},
        {"reason", "reason", 0},
        {"text", "text", 0},
        {"entry", "entry", 0},
        {"agreement", "agreement", 0},
        {"bytes", "bytes_total", 0},
        {"bytes durable", "bytes_done", 0},
        {"chunks", "chunks", 0},
        {"acknowledged", "acknowledged", 0},
        {"chunks served", "served", 0},
        {"served again after acknowledgement", "served_after_acknowledgement", 0},
        {"rows", "rows", 0},
        {"root", "root", 0},
        {"quality", "quality", 0},
        {"receipt", "receipt", 0},
        {"output", "output", 0},
        {"kept sealed", "sealed", 0},
        {"started", "started", 0},
        {"ended", "ended", 0},
        {NULL, NULL, 0},
};

static const struct hf_column finding_columns[] = {
        {"POINT", "point", 0}, {"OK", "ok", 0}, {"FINDING", "text", 0}, {NULL, NULL, 0}};

static const struct hf_column label_columns[] = {{"FIELD", "field", 40},        {"KIND", "kind", 0},
                                                 {"CLASS", "class", 0},         {"LEVEL", "level", 0},
                                                 {"TREATMENT", "treatment", 0}, {NULL, NULL, 0}};

static const struct hf_column effect_columns[] = {
        {"MASKED FIELD", "field", 40},         {"TECHNIQUE", "technique", 0},       {"SAME", "same", 0},
        {"BY DICTIONARY", "by_dictionary", 0}, {"BY FREQUENCY", "by_frequency", 0}, {NULL, NULL, 0}};

static const char *text_of(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));
	return s ? s : "";
}

static int finished(struct hf_cli *cli, json_t *view)
{
	int status = HF_EXIT_DONE;
	if (strcmp(text_of(view, "state"), "COMPLETED") != 0) {
		struct hf_fault f;
		hf_fault_set(&f, hf_err_from_reason(text_of(view, "reason")), "transfer %s ended: %s",
		             text_of(view, "transfer"), text_of(view, "text"));
		status = hf_cli_fault(cli, f.code, &f);
	} else if (cli->json) {
		hf_cli_json(view);
	} else {
		printf("%s: %lld bytes, %lld rows, quality %s, receipt signed\n",
		       json_is_true(json_object_get(view, "sealed")) ? "kept sealed" : text_of(view, "output"),
		       (long long)json_integer_value(json_object_get(view, "bytes_total")),
		       (long long)json_integer_value(json_object_get(view, "rows")), text_of(view, "quality"));
	}
	json_decref(view);
	return status;
}

/* What is known of a transfer that is waited for. */
struct wait {
	struct hf_cli *cli;
	const char *id;
	struct hf_progress bar;
	uint32_t patience_s;
	unsigned alone; /* looks in a row at which the peer was away and nothing came */
	uint64_t done;
};

static volatile sig_atomic_t interrupted;

static void on_interrupt(int number)
{
	(void)number;
	interrupted = 1;
}

static void watch_interrupt(bool on)
{
	const struct sigaction action = {.sa_handler = on ? on_interrupt : SIG_DFL};
	sigaction(SIGINT, &action, NULL);
}

static int left_alone(struct wait *w, enum hf_err e, const char *peer)
{
	struct hf_fault f;
	if (e == HF_E_UNREACHABLE)
		hf_fault_set(
		        &f, e,
		        "%s cannot be reached now; transfer %s goes on by itself when it is back: `hufu transfers wait "
		        "%s`, or end it with `hufu transfers cancel %s`",
		        peer, w->id, w->id, w->id);
	else
		hf_fault_set(&f, e,
		             "transfer %s goes on in the node: `hufu transfers wait %s`, or end it with "
		             "`hufu transfers cancel %s`",
		             w->id, w->id, w->id);
	return hf_cli_fault(w->cli, e, &f);
}

/* Shows how far it is. False when there is no use in waiting: the peer has been away for long. */
static bool look(struct wait *w, const json_t *view)
{
	uint64_t done = (uint64_t)json_integer_value(json_object_get(view, "bytes_done"));
	bool away = json_is_false(json_object_get(view, "peer_up")) && done == w->done;
	w->done = done;
	w->alone = away ? w->alone + 1 : 0;
	if (w->alone > AWAY_NOTE_MS / POLL_MS)
		hf_progress_note(&w->bar, "waiting for %s, which is not connected", text_of(view, "peer"));
	else
		hf_progress_update(&w->bar, done, (uint64_t)json_integer_value(json_object_get(view, "bytes_total")));
	return w->alone <= w->patience_s * (1000 / POLL_MS);
}

static bool ended(const json_t *view)
{
	const char *state = text_of(view, "state");
	return strcmp(state, "COMPLETED") == 0 || strcmp(state, "TERMINATED") == 0;
}

static int wait_until_ended(struct wait *w)
{
	for (;;) {
		json_t *view = NULL;
		int status = hf_cli_call(w->cli, "GET", "/v1/transfers/show", hf_cli_with("transfer", w->id), &view);
		if (status != HF_EXIT_DONE)
			return status;
		if (ended(view)) {
			hf_progress_end(&w->bar);
			return finished(w->cli, view);
		}
		bool wait = look(w, view);
		if (!wait || interrupted) {
			hf_progress_end(&w->bar);
			status = left_alone(w, wait ? HF_E_CANCELLED : HF_E_UNREACHABLE, text_of(view, "peer"));
		}
		json_decref(view);
		if (status != HF_EXIT_DONE)
			return status;
		hf_cli_pause(POLL_MS);
	}
}

static int wait_for(struct hf_cli *cli, const char *id, uint32_t patience_s)
{
	struct wait w = {.cli = cli, .id = id, .patience_s = patience_s};
	hf_progress_start(&w.bar, cli, "fetching");
	watch_interrupt(true);
	int status = wait_until_ended(&w);
	watch_interrupt(false);
	hf_progress_end(&w.bar);
	return status;
}

static bool absolute(struct hf_cli *cli, const char *path, char out[PATH_MAX])
{
	char cwd[PATH_MAX - 512];
	if (path[0] == '/')
		return snprintf(out, PATH_MAX, "%s", path) < PATH_MAX;
	if (!getcwd(cwd, sizeof(cwd)) || snprintf(out, PATH_MAX, "%s/%s", cwd, path) >= PATH_MAX) {
		hf_cli_fail(cli, "%s: the path is too long; give a shorter one", path);
		return false;
	}
	return true;
}

static int fetch(struct hf_cli *cli, int argc, char **argv)
{
	const char *pos[1], *system_name = NULL, *output = NULL, *purpose = NULL, *grant = NULL, *patience = NULL,
	                    *mechanism = NULL, *publisher = NULL, *format = NULL, *to = NULL, *rows = NULL;
	uint32_t patience_s = PATIENCE_S;
	struct hf_list fields = {.count = 0}, quality = {.count = 0};
	bool detach = false, sealed = false;
	const struct hf_opt opts[] = {
	        {"sealed", NULL, &sealed, NULL},
	        {"system", &system_name, NULL, NULL},
	        {"output", &output, NULL, NULL},
	        {"format", &format, NULL, NULL},
	        {"to", &to, NULL, NULL},
	        {"purpose", &purpose, NULL, NULL},
	        {"grant", &grant, NULL, NULL},
	        {"field", NULL, NULL, &fields},
	        {"detach", NULL, &detach, NULL},
	        {"quality", NULL, NULL, &quality},
	        {"rows", &rows, NULL, NULL},
	        {"patience", &patience, NULL, NULL},
	        {"mechanism", &mechanism, NULL, NULL},
	        {"publisher", &publisher, NULL, NULL},
	        {NULL, NULL, NULL, NULL},
	};
	char path[PATH_MAX];
	if (!hf_cli_args(cli, argc, argv, opts, pos, 0, 1) ||
	    !hf_cli_number(cli, "patience", patience, PATIENCE_MAX_S, &patience_s))
		return HF_EXIT_USAGE;
	if ((!pos[0]) == (!grant))
		return hf_cli_misuse(cli, "name the catalog entry, or a grant with --grant");
	if ((output != NULL) + (to != NULL) + sealed != 1)
		return hf_cli_misuse(cli, "name the file that the data goes to with --output, or a target's table with "
		                          "--to, or let the node keep it with --sealed");
	if (output && !absolute(cli, output, path))
		return HF_EXIT_REFUSED;
	json_t *in = json_object(), *out = NULL;
	hf_cli_put(in, "entry", pos[0]);
	hf_cli_put(in, "grant", grant);
	hf_cli_put(in, "system", system_name);
	hf_cli_put(in, "purpose", purpose);
	hf_cli_put(in, "mechanism", mechanism);
	hf_cli_put(in, "publisher", publisher);
	hf_cli_put(in, "rows", rows);
	if (sealed)
		json_object_set_new(in, "sealed", json_true());
	hf_cli_put(in, "output", output ? path : NULL);
	hf_cli_put(in, "to", to);
	hf_cli_put(in, "format", format);
	hf_cli_put_list(in, "fields", &fields);
	hf_cli_put_list(in, "quality", &quality);
	int status = hf_cli_call(cli, "POST", "/v1/transfers/fetch", in, &out);
	if (status != HF_EXIT_DONE)
		return status;
	if (detach && cli->json)
		hf_cli_json(out);
	else if (detach)
		printf("transfer %s has begun; `hufu transfers wait %s` waits for it\n", text_of(out, "transfer"),
		       text_of(out, "transfer"));
	else
		status = wait_for(cli, text_of(out, "transfer"), patience_s);
	json_decref(out);
	return status;
}

static int list(struct hf_cli *cli, int argc, char **argv)
{
	json_t *out = NULL;
	if (!hf_cli_args(cli, argc, argv, NULL, NULL, 0, 0))
		return HF_EXIT_USAGE;
	int status = hf_cli_call(cli, "GET", "/v1/transfers", NULL, &out);
	if (status == HF_EXIT_DONE)
		hf_cli_table(cli, out, "transfers", list_columns, "no transfers yet; `hufu fetch` begins one");
	json_decref(out);
	return status;
}

/* MK-3 */
static void print_effect(struct hf_cli *cli, const json_t *effect)
{
	const json_t *risk = json_object_get(effect, "risk"), *q;
	size_t i;

	if (!effect)
		return;
	printf("\nof %lld rows k is %lld", (long long)json_integer_value(json_object_get(risk, "rows")),
	       (long long)json_integer_value(json_object_get(risk, "k")));
	json_array_foreach(json_object_get(risk, "quasi"), i, q)
	        printf("%s%s", i ? ", " : " by ", json_string_value(q));
	printf("\n");
	if (json_array_size(json_object_get(effect, "fields")) > 0)
		hf_cli_table(cli, effect, "fields", effect_columns, "");
}

static int show(struct hf_cli *cli, int argc, char **argv)
{
	const char *pos[1];
	json_t *out = NULL;
	if (!hf_cli_args(cli, argc, argv, NULL, pos, 1, 1))
		return HF_EXIT_USAGE;
	int status = hf_cli_call(cli, "GET", "/v1/transfers/show", hf_cli_with("transfer", pos[0]), &out);
	if (status == HF_EXIT_DONE)
		hf_cli_details(cli, out, detail_columns);
	if (status == HF_EXIT_DONE && !cli->json && json_array_size(json_object_get(out, "labels")) > 0) {
		printf("\n");
		hf_cli_table(cli, out, "labels", label_columns, "");
		print_effect(cli, json_object_get(out, "effect"));
	}
	if (status == HF_EXIT_DONE && !cli->json && json_array_size(json_object_get(out, "findings")) > 0) {
		printf("\n");
		hf_cli_table(cli, out, "findings", finding_columns, "");
	}
	json_decref(out);
	return status;
}

static const struct hf_column unsettled_columns[] = {{"TRANSFER", "transfer", 0}, {"PEER", "peer", 24},
                                                     {"WHAT", "what", 0},         {"SINCE", "since", 20},
                                                     {"ENTRY", "entry", 0},       {NULL, NULL, 0}};

static int unsettled(struct hf_cli *cli, int argc, char **argv)
{
	json_t *out = NULL;
	if (!hf_cli_args(cli, argc, argv, NULL, NULL, 0, 0))
		return HF_EXIT_USAGE;
	int status = hf_cli_call(cli, "GET", "/v1/transfers/unsettled", json_object(), &out);
	if (status == HF_EXIT_DONE)
		hf_cli_table(cli, out, "unsettled", unsettled_columns, "everything is settled");
	json_decref(out);
	return status;
}

static int settle(struct hf_cli *cli, int argc, char **argv)
{
	const char *pos[1], *reason = NULL;
	const struct hf_opt opts[] = {{"reason", &reason, NULL, NULL}, {NULL, NULL, NULL, NULL}};
	json_t *out = NULL;
	if (!hf_cli_args(cli, argc, argv, opts, pos, 1, 1))
		return HF_EXIT_USAGE;
	json_t *in = hf_cli_with("transfer", pos[0]);
	hf_cli_put(in, "reason", reason);
	int status = hf_cli_call(cli, "POST", "/v1/transfers/settle", in, &out);
	if (status == HF_EXIT_DONE && cli->json)
		hf_cli_json(out);
	else if (status == HF_EXIT_DONE)
		printf("settled; what was refused because of it may be fetched again\n");
	json_decref(out);
	return status;
}

static int wait_command(struct hf_cli *cli, int argc, char **argv)
{
	const char *pos[1], *patience = NULL;
	uint32_t patience_s = PATIENCE_S;
	const struct hf_opt opts[] = {{"patience", &patience, NULL, NULL}, {NULL, NULL, NULL, NULL}};
	if (!hf_cli_args(cli, argc, argv, opts, pos, 1, 1) ||
	    !hf_cli_number(cli, "patience", patience, PATIENCE_MAX_S, &patience_s))
		return HF_EXIT_USAGE;
	return wait_for(cli, pos[0], patience_s);
}

static int cancel(struct hf_cli *cli, int argc, char **argv)
{
	const char *pos[1], *reason = NULL;
	bool provider = false;
	const struct hf_opt opts[] = {
	        {"reason", &reason, NULL, NULL},
	        {"provider", NULL, &provider, NULL},
	        {NULL, NULL, NULL, NULL},
	};
	if (!hf_cli_args(cli, argc, argv, opts, pos, 1, 1))
		return HF_EXIT_USAGE;
	json_t *in = hf_cli_with("transfer", pos[0]);
	hf_cli_put(in, "reason", reason ? reason : "cancelled by the operator");
	return hf_cli_do(cli, "POST", provider ? "/v1/transfers/stop" : "/v1/transfers/cancel", in,
	                 "transfer %s is cancelled; its cache is cleared", "transfer");
}

const struct hf_command hf_commands_exchange[] = {
        {"fetch", NULL, "fetch data under an agreement",
         "hufu fetch ENTRY --system NAME --output FILE|--to NAME/TABLE|--sealed [--format F] [--field NAME]... "
         "[--purpose CODE]\n"
         "          [--detach] [--patience SECONDS]\n"
         "hufu fetch --grant GRANT --output FILE|--to NAME/TABLE|--sealed [--field NAME]... [--detach]\n"
         "\n"
         "  --output FILE   where the node writes the data; the file must not exist\n"
         "  --format F      of that file: csv, as it comes; csv.zst; jsonl, an object a row; jsonl.zst\n"
         "  --to NAME/TABLE a table of a registered database (`hufu target`); it takes the place of the version "
         "before\n"
         "  --sealed        the node keeps the data, encrypted, and `hufu data read` reads it through the node's "
         "gate;\n"
         "                  sensitive and core data, and what carries such an obligation, is kept no other way\n"
         "  --system NAME   the business system that the agreement names\n"
         "  --field NAME    only this field; may be given again; all fields of the agreement when left out\n"
         "  --quality RULE  the delivery is held against it, beside what its publisher says of it, and the receipt "
         "says\n"
         "                  how many rows are against it; the forms are those of `hufu catalog publish --quality`\n"
         "  --rows TEXT     only rows that meet conditions, such as \"fee <= 100\", on fields that are granted and "
         "come\n"
         "                  unmasked (docs/policy.md, Rows); besides those of the agreement\n"
         "  --mechanism M   attribute: ask by the provider's rules, with --purpose, although there is an agreement;\n"
         "                  emergency, application, provider: by a grant of that kind alone\n"
         "  --publisher N   by the provider's rules: whose entry, when several members use the same id\n"
         "  --detach        do not wait; the node goes on, also after a restart\n"
         "  --patience N    wait so many seconds (60) for a provider that cannot be reached, then end with status 3;\n"
         "                  the transfer goes on by itself when it is back\n"
         "\n"
         "example:\n"
         "  hufu fetch 0198a7c2-5b1e-7d44-8a51-0c1f6d2e9b10 --system claims --output /srv/flights.csv\n"
         "  hufu fetch 0198a7c2-5b1e-7d44-8a51-0c1f6d2e9b10 --system claims --output /srv/flights.jsonl.zst --format "
         "jsonl.zst\n",
         fetch},
        {"transfers", "list", "transfers of this node, newest first",
         "hufu transfers list\n\nexample:\n  hufu transfers list --json\n", list},
        {"transfers", "show", "one transfer with its counters",
         "hufu transfers show TRANSFER\n\nexample:\n  hufu transfers show 0198a7c2-5b1e-7d44-8a51-0c1f6d2e9b10\n",
         show},
        {"transfers", "wait", "wait until a transfer has ended",
         "hufu transfers wait TRANSFER [--patience SECONDS]\n\n"
         "  --patience N    wait so many seconds (60) for a peer that cannot be reached, then end with status 3\n\n"
         "example:\n  hufu transfers wait 0198a7c2-5b1e-7d44-8a51-0c1f6d2e9b10\n",
         wait_command},
        {"transfers", "open", "deliveries of this node that are not settled: the receipt is missing, or says not-met",
         "hufu transfers open\n\nexample:\n  hufu transfers open\n", unsettled},
        {"transfers", "settle", "settle a delivery whose receipt is missing or says not-met",
         "hufu transfers settle TRANSFER --reason TEXT\n\n"
         "  --reason TEXT   what was agreed with the consumer; both ledgers have it\n\n"
         "example:\n  hufu transfers settle 0198a7c2-5b1e-7d44-8a51-0c1f6d2e9b10 --reason \"their disk was lost; "
         "deliver again\"\n",
         settle},
        {"transfers", "cancel", "end a transfer and clear its cache",
         "hufu transfers cancel TRANSFER [--reason TEXT] [--provider]\n\n"
         "  --provider   as the provider's approver instead of the consumer's operator\n\n"
         "example:\n  hufu transfers cancel 0198a7c2-5b1e-7d44-8a51-0c1f6d2e9b10 --reason \"wrong period\"\n",
         cancel},
        {NULL, NULL, NULL, NULL, NULL},
};
