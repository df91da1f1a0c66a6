/*
 * cmd_emergency.c - hufu emergency: an event, a request, the leading group's votes, the execution, the uses.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

#define EXAMPLE_ID "0198a7c2-5b1e-7d44-8a51-0c1f6d2e9b10"

static int declare(struct hf_cli *cli, int argc, char **argv)
{
	const char *kind = NULL, *title = NULL, *description = NULL, *region = NULL, *from = NULL, *until = NULL;
	struct hf_list providers = {.count = 0};
	const struct hf_opt opts[] = {
	        {"kind", &kind, NULL, NULL},
	        {"title", &title, NULL, NULL},
	        {"description", &description, NULL, NULL},
	        {"region", &region, NULL, NULL},
	        {"from", &from, NULL, NULL},
	        {"until", &until, NULL, NULL},
	        {"provider", NULL, NULL, &providers},
	        {NULL, NULL, NULL, NULL},
	};
	if (!hf_cli_args(cli, argc, argv, opts, NULL, 0, 0))
		return HF_EXIT_USAGE;
	json_t *in = json_object();
	hf_cli_put(in, "kind", kind);
	hf_cli_put(in, "title", title);
	hf_cli_put(in, "description", description);
	hf_cli_put(in, "region", region);
	hf_cli_put(in, "from", from);
	hf_cli_put(in, "until", until);
	hf_cli_put_list(in, "providers", &providers);
	return hf_cli_do(cli, "POST", "/v1/emergency/declare", in,
	                 "event %s is declared; raise requests with `hufu emergency raise`", "event");
}

static int end(struct hf_cli *cli, int argc, char **argv)
{
	const char *pos[1], *reason = NULL;
	const struct hf_opt opts[] = {{"reason", &reason, NULL, NULL}, {NULL, NULL, NULL, NULL}};
	if (!hf_cli_args(cli, argc, argv, opts, pos, 1, 1))
		return HF_EXIT_USAGE;
	json_t *in = hf_cli_with("event", pos[0]);
	hf_cli_put(in, "reason", reason);
	return hf_cli_do(cli, "POST", "/v1/emergency/over", in, "event %s is over, and its grants end with it",
	                 "event");
}

struct wish {
	const char *resubmit, *event, *organization, *department, *system, *address, *reason, *purpose, *from, *until,
	        *fields, *publisher;
};

static json_t *wish_json(const struct wish *w, const char *entry)
{
	json_t *in = json_object();
	hf_cli_put(in, "request", w->resubmit);
	hf_cli_put(in, "entry", entry);
	hf_cli_put(in, "publisher", w->publisher);
	hf_cli_put(in, "event", w->event);
	hf_cli_put(in, "organization", w->organization);
	hf_cli_put(in, "department", w->department);
	hf_cli_put(in, "system", w->system);
	hf_cli_put(in, "address", w->address);
	hf_cli_put(in, "reason", w->reason);
	hf_cli_put(in, "purpose", w->purpose);
	hf_cli_put(in, "from", w->from);
	hf_cli_put(in, "until", w->until);
	hf_cli_put(in, "fields", w->fields);
	return in;
}

static int raise_request(struct hf_cli *cli, int argc, char **argv)
{
	const char *pos[1];
	struct wish w = {.event = NULL};
	const struct hf_opt opts[] = {
	        {"event", &w.event, NULL, NULL},
	        {"organization", &w.organization, NULL, NULL},
	        {"department", &w.department, NULL, NULL},
	        {"system", &w.system, NULL, NULL},
	        {"address", &w.address, NULL, NULL},
	        {"reason", &w.reason, NULL, NULL},
	        {"purpose", &w.purpose, NULL, NULL},
	        {"from", &w.from, NULL, NULL},
	        {"until", &w.until, NULL, NULL},
	        {"fields", &w.fields, NULL, NULL},
	        {"resubmit", &w.resubmit, NULL, NULL},
	        {"publisher", &w.publisher, NULL, NULL},
	        {NULL, NULL, NULL, NULL},
	};
	if (!hf_cli_args(cli, argc, argv, opts, pos, 0, 1))
		return HF_EXIT_USAGE;
	if ((!pos[0]) == (!w.resubmit))
		return hf_cli_misuse(cli,
		                     "name the catalog entry that is needed, or the returned request with --resubmit");
	return hf_cli_do(cli, "POST", w.resubmit ? "/v1/emergency/resubmit" : "/v1/emergency/raise",
	                 wish_json(&w, pos[0]),
	                 "emergency request %s is with the leading group (`hufu emergency show`)", "request");
}

/* ---- decide, review, execute, withdraw, follow ---- */

static int decide(struct hf_cli *cli, int argc, char **argv)
{
	const char *pos[2], *reason = NULL;
	const struct hf_opt opts[] = {{"reason", &reason, NULL, NULL}, {NULL, NULL, NULL, NULL}};
	if (!hf_cli_args(cli, argc, argv, opts, pos, 2, 2))
		return HF_EXIT_USAGE;
	json_t *in = hf_cli_with("request", pos[0]);
	hf_cli_put(in, "result", pos[1]);
	hf_cli_put(in, "reason", reason);
	return hf_cli_do(cli, "POST", "/v1/emergency/decide", in,
	                 "this node's vote on emergency request %s is on its way to all parties", "request");
}

static int withdraw(struct hf_cli *cli, int argc, char **argv)
{
	const char *pos[1], *reason = NULL;
	const struct hf_opt opts[] = {{"reason", &reason, NULL, NULL}, {NULL, NULL, NULL, NULL}};
	if (!hf_cli_args(cli, argc, argv, opts, pos, 1, 1))
		return HF_EXIT_USAGE;
	json_t *in = hf_cli_with("request", pos[0]);
	hf_cli_put(in, "reason", reason);
	return hf_cli_do(cli, "POST", "/v1/emergency/withdraw", in,
	                 "this node's consent to emergency request %s is withdrawn; enough of them end the grant",
	                 "request");
}

static int review(struct hf_cli *cli, int argc, char **argv)
{
	const char *pos[1], *necessity = NULL, *compliance = NULL;
	const struct hf_opt opts[] = {{"necessity", &necessity, NULL, NULL},
	                              {"compliance", &compliance, NULL, NULL},
	                              {NULL, NULL, NULL, NULL}};
	if (!hf_cli_args(cli, argc, argv, opts, pos, 1, 1))
		return HF_EXIT_USAGE;
	json_t *in = hf_cli_with("request", pos[0]);
	if (!hf_cli_put_finding(cli, in, "necessity", necessity) ||
	    !hf_cli_put_finding(cli, in, "compliance", compliance)) {
		json_decref(in);
		return HF_EXIT_USAGE;
	}
	return hf_cli_do(cli, "POST", "/v1/emergency/review", in,
	                 "the privacy review of emergency request %s is recorded", "request");
}

static int execute(struct hf_cli *cli, int argc, char **argv)
{
	const char *pos[1];
	if (!hf_cli_args(cli, argc, argv, NULL, pos, 1, 1))
		return HF_EXIT_USAGE;
	return hf_cli_do(cli, "POST", "/v1/emergency/execute", hf_cli_with("request", pos[0]),
	                 "grant %s is signed; the provider's node checks it and makes it usable", "grant");
}

static int follow(struct hf_cli *cli, int argc, char **argv)
{
	const char *pos[1], *application = NULL, *scenario = NULL;
	const struct hf_opt opts[] = {{"application", &application, NULL, NULL},
	                              {"scenario", &scenario, NULL, NULL},
	                              {NULL, NULL, NULL, NULL}};
	if (!hf_cli_args(cli, argc, argv, opts, pos, 1, 1))
		return HF_EXIT_USAGE;
	json_t *in = hf_cli_with("request", pos[0]);
	hf_cli_put(in, "application", application);
	hf_cli_put(in, "scenario", scenario);
	return hf_cli_do(cli, "POST", "/v1/emergency/follow", in,
	                 "it is on record by what the use of emergency request %s goes on", "request");
}

/* ---- reading ---- */

static const struct hf_column event_columns[] = {
        {"EVENT", "event", 0},          {"STATE", "state", 0}, {"KIND", "kind", 0},    {"TITLE", "title", 40},
        {"AUTHORITY", "authority", 20}, {"FROM", "from", 20},  {"UNTIL", "until", 20}, {NULL, NULL, 0},
};
static const struct hf_column request_columns[] = {
        {"REQUEST", "request", 0},        {"REV", "revision", 0},   {"STATE", "state", 0},
        {"CONSUMER", "organization", 20}, {"SYSTEM", "system", 16}, {"PROVIDER", "provider", 20},
        {"RESOURCE", "title", 28},        {"T", "counted.T", 0},    {"NEEDED", "counted.needed", 0},
        {"UNTIL", "until", 20},           {"REASON", "reason", 28}, {NULL, NULL, 0},
};
static const struct hf_column request_details[] = {
        {"request", "request", 0},
        {"transaction", "transaction", 0},
        {"event", "event", 0},
        {"state", "state", 0},
        {"revision", "revision", 0},
        {"resource", "resource", 0},
        {"title", "title", 0},
        {"provider", "provider", 0},
        {"authority", "authority", 0},
        {"consumer", "organization", 0},
        {"department", "department", 0},
        {"system", "system", 0},
        {"stated reason", "stated_reason", 0},
        {"purpose", "purpose", 0},
        {"from", "from", 0},
        {"until", "until", 0},
        {"result", "result", 0},
        {"reason", "reason", 0},
        {"approving", "counted.T", 0},
        {"rejecting", "counted.F", 0},
        {"returning", "counted.S", 0},
        {"needed", "counted.needed", 0},
        {"organizations", "counted.of", 0},
        {"executor", "executor", 0},
        {"grant", "grant", 0},
        {"usable since", "active", 0},
        {"ended", "ended", 0},
        {"cause", "cause", 0},
        {"end reason", "end_reason", 0},
        {"use reported", "reported", 0},
        {NULL, NULL, 0},
};
static const struct hf_column use_columns[] = {
        {"TRANSFER", "transfer", 0}, {"TIME", "time", 20}, {"ACCOUNT", "account", 20}, {"SYSTEM", "system", 16},
        {"STATE", "state", 0},       {"ROWS", "rows", 0},  {"BYTES", "bytes", 0},      {NULL, NULL, 0},
};
static const struct hf_column successor_columns[] = {
        {"FOLLOWED BY", "kind", 0},
        {"ID", "successor", 0},
        {"STATE", "state", 0},
        {NULL, NULL, 0},
};

static int list_events(struct hf_cli *cli, int argc, char **argv)
{
	const char *limit = NULL;
	const struct hf_opt opts[] = {{"limit", &limit, NULL, NULL}, {NULL, NULL, NULL, NULL}};
	json_t *out = NULL;
	if (!hf_cli_args(cli, argc, argv, opts, NULL, 0, 0))
		return HF_EXIT_USAGE;
	int status = hf_cli_call(cli, "GET", "/v1/emergency/events", hf_cli_with("limit", limit), &out);
	if (status == HF_EXIT_DONE)
		hf_cli_table(cli, out, "events", event_columns, "no emergency events");
	json_decref(out);
	return status;
}

static int list_requests(struct hf_cli *cli, int argc, char **argv)
{
	const char *state = NULL, *limit = NULL;
	const struct hf_opt opts[] = {
	        {"state", &state, NULL, NULL}, {"limit", &limit, NULL, NULL}, {NULL, NULL, NULL, NULL}};
	json_t *out = NULL;
	if (!hf_cli_args(cli, argc, argv, opts, NULL, 0, 0))
		return HF_EXIT_USAGE;
	json_t *in = hf_cli_with("state", state);
	hf_cli_put(in, "limit", limit);
	int status = hf_cli_call(cli, "GET", "/v1/emergency/requests", in, &out);
	if (status == HF_EXIT_DONE)
		hf_cli_table(cli, out, "requests", request_columns, "no emergency requests");
	json_decref(out);
	return status;
}

static int show(struct hf_cli *cli, int argc, char **argv)
{
	const char *pos[1];
	json_t *out = NULL;
	if (!hf_cli_args(cli, argc, argv, NULL, pos, 1, 1))
		return HF_EXIT_USAGE;
	int status = hf_cli_call(cli, "GET", "/v1/emergency/show", hf_cli_with("request", pos[0]), &out);
	if (status == HF_EXIT_DONE) {
		hf_cli_details(cli, out, request_details);
		if (!cli->json && json_array_size(json_object_get(out, "successors"))) {
			printf("\n");
			hf_cli_table(cli, out, "successors", successor_columns, "");
		}
	}
	json_decref(out);
	return status;
}

static int list_uses(struct hf_cli *cli, int argc, char **argv)
{
	const char *pos[1];
	json_t *out = NULL;
	if (!hf_cli_args(cli, argc, argv, NULL, pos, 1, 1))
		return HF_EXIT_USAGE;
	int status = hf_cli_call(cli, "GET", "/v1/emergency/uses", hf_cli_with("request", pos[0]), &out);
	if (status == HF_EXIT_DONE)
		hf_cli_table(cli, out, "uses", use_columns,
		             "nothing was used under this grant, or its report has not come");
	json_decref(out);
	return status;
}

const struct hf_command hf_commands_emergency[] = {
        {"emergency", "declare", "declare an event, as the authority in charge of it",
         "hufu emergency declare --kind KIND --title TEXT --until TIME [--from TIME] [--region TEXT] [--description "
         "TEXT]\n"
         "                       [--provider NODE]...\n"
         "\n"
         "  --kind KIND      natural-disaster, fire, production-accident, public-health or public-security, unless "
         "the\n"
         "                   attribute emergency-kinds of this node in the space descriptor lists others\n"
         "  --until TIME     the event ends then at the latest; within 366 days\n"
         "  --provider NODE  whose data may be needed\n"
         "\n"
         "example:\n"
         "  hufu emergency declare --kind natural-disaster --title \"沿江洪水\" --until 2026-08-01 --provider "
         "transport\n",
         declare},
        {"emergency", "end", "declare an event over; its grants end with it",
         "hufu emergency end EVENT --reason TEXT\n\nexample:\n  hufu emergency end " EXAMPLE_ID
         " --reason \"the water has fallen below the warning level\"\n",
         end},
        {"emergency", "events", "emergency events that this node knows",
         "hufu emergency events [--limit N]\n\nexample:\n  hufu emergency events --json\n", list_events},
        {"emergency", "raise", "ask for one resource for one system of one organization, in a declared event",
         "hufu emergency raise ENTRY --event EVENT --system NAME --reason TEXT --purpose CODE --until TIME [--from "
         "TIME]\n"
         "                     [--fields A,B] [--publisher NODE]\n"
         "                     [--organization NODE [--department NAME] [--address ADDRESS]]\n"
         "hufu emergency raise --resubmit REQUEST [--reason TEXT] [--purpose CODE] [--until TIME] [--fields A,B]\n"
         "\n"
         "  --until TIME         at most 14 days after the beginning; there is no second grant for the same event,\n"
         "                       organization and resource\n"
         "  --publisher NODE     whose entry, when several members use the same id\n"
         "  --organization NODE  another organization that will use the data; left out: this one\n"
         "\n"
         "example:\n"
         "  hufu emergency raise " EXAMPLE_ID " --event " EXAMPLE_ID " --system rescue \\\n"
         "      --reason \"find bridges that still carry heavy vehicles\" --purpose flood-relief --until 2026-07-20\n",
         raise_request},
        {"emergency", "decide", "vote for this node in the leading group: T, F or S",
         "hufu emergency decide REQUEST T|F|S [--reason TEXT]\n"
         "\n"
         "  --reason TEXT   needed for F (rejected) and S (returned for correction)\n"
         "\n"
         "example:\n"
         "  hufu emergency decide " EXAMPLE_ID " T\n"
         "  hufu emergency decide " EXAMPLE_ID " S --reason \"name the fields that are needed\"\n",
         decide},
        {"emergency", "review", "review a request for personal data, as the provider's privacy expert",
         "hufu emergency review REQUEST --necessity F --compliance F\n"
         "\n"
         "  F is ok, ok=TEXT or no=TEXT\n"
         "\n"
         "example:\n"
         "  hufu emergency review " EXAMPLE_ID " --necessity ok --compliance ok=\"应急救援所必需\"\n",
         review},
        {"emergency", "execute", "carry out what the leading group approved, as the data management department",
         "hufu emergency execute REQUEST\n\nexample:\n  hufu emergency execute " EXAMPLE_ID "\n", execute},
        {"emergency", "withdraw", "withdraw this node's consent to an active grant",
         "hufu emergency withdraw REQUEST --reason TEXT\n"
         "\n"
         "As many organizations of the leading group as had to approve end the grant.\n"
         "\n"
         "example:\n"
         "  hufu emergency withdraw " EXAMPLE_ID " --reason \"the data is used for another purpose\"\n",
         withdraw},
        {"emergency", "follow", "record the application or the scenario by which the use goes on",
         "hufu emergency follow REQUEST --application APPLICATION | --scenario SCENARIO\n"
         "\n"
         "example:\n"
         "  hufu emergency follow " EXAMPLE_ID " --application " EXAMPLE_ID "\n",
         follow},
        {"emergency", "list", "emergency requests that this node takes part in",
         "hufu emergency list [--state STATE] [--limit N]\n\nexample:\n  hufu emergency list --state OPEN\n",
         list_requests},
        {"emergency", "show", "one emergency request with its votes",
         "hufu emergency show REQUEST\n\nexample:\n  hufu emergency show " EXAMPLE_ID "\n", show},
        {"emergency", "uses", "every use under an emergency grant",
         "hufu emergency uses REQUEST\n"
         "\n"
         "At the provider as it happens; at the others from the report after the end.\n"
         "\n"
         "example:\n"
         "  hufu emergency uses " EXAMPLE_ID "\n",
         list_uses},
        {NULL, NULL, NULL, NULL, NULL},
};
