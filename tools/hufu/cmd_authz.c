/*
 * cmd_authz.c - hufu apply, review, decide, applications, grants, revoke, notices: the steps of a negotiation, one
 * command each.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

#define EXAMPLE_ID "0198a7c2-5b1e-7d44-8a51-0c1f6d2e9b10"

/* ---- apply ---- */

static int apply(struct hf_cli *cli, int argc, char **argv)
{
	const char *pos[1], *system_name = NULL, *reason = NULL, *purpose = NULL, *from = NULL, *until = NULL,
	                    *fields = NULL;
	const char *resubmit = NULL, *publisher = NULL, *rows = NULL;
	bool all_fields = false;
	struct hf_list accepts = {.count = 0};
	const struct hf_opt opts[] = {
	        {"publisher", &publisher, NULL, NULL},
	        {"system", &system_name, NULL, NULL},
	        {"reason", &reason, NULL, NULL},
	        {"purpose", &purpose, NULL, NULL},
	        {"from", &from, NULL, NULL},
	        {"until", &until, NULL, NULL},
	        {"fields", &fields, NULL, NULL},
	        {"rows", &rows, NULL, NULL},
	        {"accept", NULL, NULL, &accepts},
	        {"resubmit", &resubmit, NULL, NULL},
	        {"all-fields", NULL, &all_fields, NULL},
	        {NULL, NULL, NULL, NULL},
	};
	if (!hf_cli_args(cli, argc, argv, opts, pos, 0, 1))
		return HF_EXIT_USAGE;
	if ((!pos[0]) == (!resubmit))
		return hf_cli_misuse(cli, "name the catalog entry to apply for, or the application with --resubmit");
	json_t *in = hf_cli_with(resubmit ? "application" : "entry", resubmit ? resubmit : pos[0]);
	hf_cli_put(in, "publisher", publisher);
	hf_cli_put(in, "system", system_name);
	hf_cli_put(in, "reason", reason);
	hf_cli_put(in, "purpose", purpose);
	hf_cli_put(in, "from", from);
	hf_cli_put(in, "until", until);
	hf_cli_put(in, "fields", fields);
	hf_cli_put(in, "rows", rows);
	hf_cli_put_list(in, "accepts", &accepts);
	if (all_fields)
		json_object_set_new(in, "all_fields", json_true());
	return hf_cli_do(cli, "POST", resubmit ? "/v1/applications/resubmit" : "/v1/applications/draft", in,
	                 "application %s is drafted; the data authority confirms the need next (`hufu review "
	                 "APPLICATION --need ...`)",
	                 "application");
}

/* ---- review ---- */

struct points {
	const char *name;
	const char *value;
};

static int send_findings(struct hf_cli *cli, const char *id, const char *path, const struct points *p, const char *said)
{
	json_t *in = hf_cli_with("application", id);
	for (; p->name; p++) {
		if (hf_cli_put_finding(cli, in, p->name, p->value))
			continue;
		json_decref(in);
		return HF_EXIT_USAGE;
	}
	return hf_cli_do(cli, "POST", path, in, said, "application");
}

static int send_compliance(struct hf_cli *cli, const char *id, const char *result, const char *reason)
{
	json_t *in = hf_cli_with("application", id);
	hf_cli_put(in, "result", result);
	hf_cli_put(in, "reason", reason);
	return hf_cli_do(cli, "POST", "/v1/applications/review-compliance", in,
	                 "the compliance review of application %s is recorded", "application");
}

static int review(struct hf_cli *cli, int argc, char **argv)
{
	const char *pos[1], *need = NULL, *scope = NULL, *period = NULL, *compliance = NULL, *necessity = NULL,
	                    *reason = NULL;
	bool privacy = false;
	const struct hf_opt opts[] = {
	        {"need", &need, NULL, NULL},           {"scope", &scope, NULL, NULL},
	        {"period", &period, NULL, NULL},       {"compliance", &compliance, NULL, NULL},
	        {"necessity", &necessity, NULL, NULL}, {"reason", &reason, NULL, NULL},
	        {"privacy", NULL, &privacy, NULL},     {NULL, NULL, NULL, NULL},
	};
	if (!hf_cli_args(cli, argc, argv, opts, pos, 1, 1))
		return HF_EXIT_USAGE;
	const struct points needs[] = {{"need", need}, {"scope", scope}, {"period", period}, {NULL, NULL}};
	const struct points privacies[] = {{"necessity", necessity}, {"compliance", compliance}, {NULL, NULL}};
	if (privacy)
		return send_findings(cli, pos[0], "/v1/applications/review-privacy", privacies,
		                     "the privacy review of application %s is recorded");
	if (need || scope || period)
		return send_findings(cli, pos[0], "/v1/applications/review-need", needs,
		                     "the review of the need of application %s is recorded");
	if (!compliance)
		return hf_cli_misuse(
		        cli, "say what is reviewed: --need, --scope and --period, or --compliance, or --privacy");
	return send_compliance(cli, pos[0], compliance, reason);
}

/* ---- decide, revoke ---- */

static int decide(struct hf_cli *cli, int argc, char **argv)
{
	const char *pos[2], *reason = NULL, *until = NULL;
	bool second = false;
	const struct hf_opt opts[] = {{"reason", &reason, NULL, NULL},
	                              {"until", &until, NULL, NULL},
	                              {"second", NULL, &second, NULL},
	                              {NULL, NULL, NULL, NULL}};
	if (!hf_cli_args(cli, argc, argv, opts, pos, 2, 2))
		return HF_EXIT_USAGE;
	if (second && until)
		return hf_cli_misuse(cli, "--until is of the first level; the second one takes it over");
	json_t *in = hf_cli_with("application", pos[0]);
	hf_cli_put(in, "result", pos[1]);
	hf_cli_put(in, "reason", reason);
	hf_cli_put(in, "until", until);
	return hf_cli_do(cli, "POST", second ? "/v1/applications/decide-second" : "/v1/applications/decide", in,
	                 "the decision on application %s is recorded; a final result is on its way to the consumer",
	                 "application");
}

static int revoke(struct hf_cli *cli, int argc, char **argv)
{
	const char *pos[1], *reason = NULL;
	const struct hf_opt opts[] = {{"reason", &reason, NULL, NULL}, {NULL, NULL, NULL, NULL}};
	if (!hf_cli_args(cli, argc, argv, opts, pos, 1, 1))
		return HF_EXIT_USAGE;
	json_t *in = hf_cli_with("grant", pos[0]);
	hf_cli_put(in, "reason", reason);
	return hf_cli_do(cli, "POST", "/v1/grants/revoke", in, "grant %s has ended; nothing more is delivered under it",
	                 "grant");
}

/* ---- reading ---- */

static const struct hf_column application_columns[] = {
        {"APPLICATION", "application", 0}, {"REV", "revision", 0},   {"ROLE", "role", 0},       {"STATE", "state", 0},
        {"CONSUMER", "organization", 20},  {"SYSTEM", "system", 16}, {"RESOURCE", "title", 28}, {"UNTIL", "until", 20},
        {"REASON", "reason", 32},          {NULL, NULL, 0},
};

static const struct hf_column application_details[] = {
        {"application", "application", 0},
        {"transaction", "transaction", 0},
        {"state", "state", 0},
        {"negotiation", "negotiation", 0},
        {"as consumer", "parts.consumer.state", 0},
        {"as intake node", "parts.intake.state", 0},
        {"as provider", "parts.provider.state", 0},
        {"revision", "revision", 0},
        {"decision due", "due", 0},
        {"overdue", "overdue", 0},
        {"resource", "resource", 0},
        {"title", "title", 0},
        {"provider", "provider", 0},
        {"intake node", "intake", 0},
        {"consumer", "organization", 0},
        {"department", "department", 0},
        {"system", "system", 0},
        {"applicant", "applicant", 0},
        {"purpose", "purpose", 0},
        {"from", "from", 0},
        {"until", "until", 0},
        {"result", "result", 0},
        {"reason code", "reason_code", 0},
        {"reason", "reason", 0},
        {"grant", "grant", 0},
        {"agreement", "agreement", 0},
        {"after dispute", "dispute", 0},
        {"follows", "follows", 0},
        {NULL, NULL, 0},
};

static const struct hf_column dispute_columns[] = {
        {"DISPUTE", "dispute", 0},           {"OUTCOME", "outcome", 0}, {"ABOUT", "about", 0},
        {"RAISED BY", "raised_by", 20},      {"REASON", "reason", 28},  {"OF THE GROUP", "outcome_reason", 28},
        {"NEW APPLICATION", "successor", 0}, {NULL, NULL, 0},
};

static const struct hf_column revision_columns[] = {
        {"REV", "revision", 0},
        {"MADE", "made", 20},
        {"APPLICANT", "applicant", 24},
        {"AUTHORITY", "data_authority", 24},
        {"FIELDS", "fields", 24},
        {"UNTIL", "until", 20},
        {"STATED REASON", "stated_reason", 28},
        {"RESULT", "result", 0},
        {"REASON", "reason", 28},
        {NULL, NULL, 0},
};

static int list_applications(struct hf_cli *cli, int argc, char **argv)
{
	const char *state = NULL, *role = NULL, *limit = NULL;
	bool overdue = false;
	const struct hf_opt opts[] = {{"state", &state, NULL, NULL},
	                              {"overdue", NULL, &overdue, NULL},
	                              {"role", &role, NULL, NULL},
	                              {"limit", &limit, NULL, NULL},
	                              {NULL, NULL, NULL, NULL}};
	json_t *in = NULL, *out = NULL;
	if (!hf_cli_args(cli, argc, argv, opts, NULL, 0, 0))
		return HF_EXIT_USAGE;
	in = json_object();
	hf_cli_put(in, "state", state);
	hf_cli_put(in, "role", role);
	hf_cli_put(in, "limit", limit);
	if (overdue)
		json_object_set_new(in, "overdue", json_true());
	int status = hf_cli_call(cli, "GET", "/v1/applications", in, &out);
	if (status == HF_EXIT_DONE)
		hf_cli_table(cli, out, "applications", application_columns, "no applications; `hufu apply` files one");
	json_decref(out);
	return status;
}

static int show_application(struct hf_cli *cli, int argc, char **argv)
{
	const char *pos[1];
	json_t *out = NULL;
	if (!hf_cli_args(cli, argc, argv, NULL, pos, 1, 1))
		return HF_EXIT_USAGE;
	int status = hf_cli_call(cli, "GET", "/v1/applications/show", hf_cli_with("application", pos[0]), &out);
	if (status == HF_EXIT_DONE) {
		hf_cli_details(cli, out, application_details);
		if (!cli->json) {
			printf("\n");
			hf_cli_table(cli, out, "revisions", revision_columns, "no revisions");
		}
		if (!cli->json && json_array_size(json_object_get(out, "disputes"))) {
			printf("\n");
			hf_cli_table(cli, out, "disputes", dispute_columns, "");
		}
	}
	json_decref(out);
	return status;
}

static int withdraw(struct hf_cli *cli, int argc, char **argv)
{
	const char *pos[1], *reason = NULL;
	const struct hf_opt opts[] = {{"reason", &reason, NULL, NULL}, {NULL, NULL, NULL, NULL}};
	if (!hf_cli_args(cli, argc, argv, opts, pos, 1, 1))
		return HF_EXIT_USAGE;
	json_t *in = hf_cli_with("application", pos[0]);
	hf_cli_put(in, "reason", reason);
	return hf_cli_do(cli, "POST", "/v1/applications/withdraw", in, "application %s is withdrawn", "application");
}

static const struct hf_column grant_columns[] = {
        {"GRANT", "grant", 0},        {"STATE", "state", 0},    {"PROVIDER", "provider", 20},
        {"CONSUMER", "consumer", 20}, {"SYSTEM", "system", 16}, {"PURPOSE", "purpose", 16},
        {"FROM", "from", 20},         {"UNTIL", "until", 20},   {"UNFILED SINCE", "unfiled_since", 20},
        {"REASON", "reason", 28},     {NULL, NULL, 0},
};

static const struct hf_column notice_columns[] = {
        {"TIME", "time", 20},   {"KIND", "kind", 0},      {"APPLICATION", "application", 0},
        {"NOTICE", "text", 56}, {"REASON", "reason", 40}, {NULL, NULL, 0},
};

static int list_plain(struct hf_cli *cli, int argc, char **argv, const char *path, const char *rows,
                      const struct hf_column *columns, const char *none)
{
	const char *limit = NULL;
	const struct hf_opt opts[] = {{"limit", &limit, NULL, NULL}, {NULL, NULL, NULL, NULL}};
	json_t *in = NULL, *out = NULL;
	if (!hf_cli_args(cli, argc, argv, opts, NULL, 0, 0))
		return HF_EXIT_USAGE;
	in = json_object();
	hf_cli_put(in, "limit", limit);
	int status = hf_cli_call(cli, "GET", path, in, &out);
	if (status == HF_EXIT_DONE)
		hf_cli_table(cli, out, rows, columns, none);
	json_decref(out);
	return status;
}

static int list_grants(struct hf_cli *cli, int argc, char **argv)
{
	return list_plain(cli, argc, argv, "/v1/grants", "grants", grant_columns,
	                  "no grants; an approved application makes one");
}

static int list_notices(struct hf_cli *cli, int argc, char **argv)
{
	return list_plain(cli, argc, argv, "/v1/notices", "notices", notice_columns, "no notices");
}

const struct hf_command hf_commands_authz[] = {
        {"apply", NULL, "apply for a resource, or correct and resubmit an application",
         "hufu apply ENTRY --system NAME --reason TEXT --purpose CODE --until TIME [--from TIME] [--fields A,B]\n"
         "    [--rows TEXT] [--publisher NODE]\n"
         "hufu apply --resubmit APPLICATION [--reason TEXT] [--purpose CODE] [--until TIME] [--from TIME] [--fields "
         "A,B | --all-fields]\n"
         "\n"
         "  --system NAME    the registered business system that will use the data; one application, one system\n"
         "  --reason TEXT    why the data is needed\n"
         "  --purpose CODE   what it is for; the entry names the codes that its publisher accepts\n"
         "  --until TIME     2027-01-31 or 2027-01-31T12:00:00Z; at most 3 years after --from\n"
         "  --from TIME      left out: from the approval on\n"
         "  --fields A,B     only these fields; left out: all, or those that the entry says the purpose needs\n"
         "  --rows TEXT      only rows that meet conditions: \"region = 'N' AND fee <= 100\" (docs/policy.md, Rows)\n"
         "  --accept NAME    an undertaking that the entry asks for (`hufu catalog show`); may be given again\n"
         "  --publisher NODE whose entry, when several members use the same id\n"
         "\n"
         "example:\n"
         "  hufu apply " EXAMPLE_ID
         " --system claims --reason \"Delay claims are checked against actual arrivals\" \\\n"
         "      --purpose claims-check --until 2027-01-31 --fields flight,arrival\n"
         "  hufu apply --resubmit " EXAMPLE_ID " --reason \"航班延误理赔核验\"\n",
         apply},
        {"review", NULL, "review an application: need, compliance or privacy",
         "hufu review APPLICATION --need F --scope F --period F   as the consumer's data authority\n"
         "hufu review APPLICATION --compliance pass|refuse|return [--reason TEXT]   as the intake node's reviewer\n"
         "hufu review APPLICATION --privacy --necessity F --compliance F   as the provider's privacy expert\n"
         "\n"
         "  F is ok, ok=TEXT or no=TEXT; nobody reviews his own application\n"
         "\n"
         "example:\n"
         "  hufu review " EXAMPLE_ID " --need ok=\"理赔业务需要\" --scope ok --period ok\n"
         "  hufu review " EXAMPLE_ID " --compliance return --reason \"请补充数据用途说明\"\n"
         "  hufu review " EXAMPLE_ID " --privacy --necessity ok --compliance no=\"contains home addresses\"\n",
         review},
        {"decide", NULL, "approve (T), reject (F) or return (S) an application",
         "hufu decide APPLICATION T|F|S [--reason TEXT] [--until TIME | --second]\n"
         "\n"
         "  --reason TEXT   needed for F and S\n"
         "  --until TIME    T only: an earlier end than the one applied for\n"
         "  --second        as the second level (role senior-approver): core data is given after two T\n"
         "\n"
         "example:\n"
         "  hufu decide " EXAMPLE_ID " T --until 2026-12-31\n"
         "  hufu decide " EXAMPLE_ID " F --reason \"the purpose is covered by public statistics\"\n",
         decide},
        {"applications", "list", "applications that this node filed, takes in or decides",
         "hufu applications list [--state STATE] [--role consumer|intake|provider] [--limit N]\n"
         "      [--overdue]   not decided within ten working days\n"
         "\n"
         "example:\n"
         "  hufu applications list --role intake --overdue\n",
         list_applications},
        {"applications", "show", "one application with the history of its revisions",
         "hufu applications show APPLICATION\n\nexample:\n  hufu applications show " EXAMPLE_ID "\n", show_application},
        {"applications", "withdraw", "give up an application that is not agreed yet",
         "hufu applications withdraw APPLICATION [--reason TEXT]\n\nexample:\n  hufu applications withdraw " EXAMPLE_ID
         " --reason \"no longer needed\"\n",
         withdraw},
        {"applications", NULL, "applications that this node filed, takes in or decides",
         "hufu applications [list] [--state STATE] [--role consumer|intake|provider] [--limit N] [--overdue]\n"
         "hufu applications show APPLICATION\n"
         "hufu applications withdraw APPLICATION [--reason TEXT]\n"
         "\n"
         "example:\n"
         "  hufu applications --state RETURNED\n",
         list_applications},
        {"grants", NULL, "grants that this node gave or holds",
         "hufu grants [--limit N]\n\nexample:\n  hufu grants --json\n", list_grants},
        {"revoke", NULL, "end a grant before its time, as provider or as consumer",
         "hufu revoke GRANT --reason TEXT\n\nexample:\n  hufu revoke " EXAMPLE_ID
         " --reason \"the legal basis has ended\"\n",
         revoke},
        {"notices", NULL, "results of this node's applications, newest first",
         "hufu notices [--limit N]\n\nexample:\n  hufu notices --json\n", list_notices},
        {NULL, NULL, NULL, NULL, NULL},
};
