/* cmd_node.c - hufu init, status, peers, doctor, alarms, metrics, stop. */
#include <stdio.h>
#include <string.h>

#include "cli.h"
#include "init.h"

#define REPORTS 32 /* as many as the node keeps */

static int space_status(struct hf_cli *cli)
{
	static const struct hf_column nodes[] = {{"NODE", "node", 0},
	                                         {"STATE", "state", 0},
	                                         {"STANDING", "standing", 0},
	                                         {"DESCRIPTOR", "descriptor", 0},
	                                         {"VERSION", "version", 0},
	                                         {"LAST SEEN", "last_seen", 0},
	                                         {"REPLY MS", "reply_ms", 0},
	                                         {"LEDGER", "ledger.size", 0},
	                                         {"HELD HERE", "ledger.held", 0},
	                                         {"WITNESSED", "ledger.witnessed", 0},
	                                         {"OUR WITNESS", "ledger.witness", 0},
	                                         {"COSIGNED OURS", "ledger.cosigned", 0},
	                                         {"TWO HISTORIES", "ledger.frozen", 0},
	                                         {NULL, NULL, 0}};
	json_t *out = NULL;
	int code = hf_cli_call(cli, "GET", "/v1/space", NULL, &out);
	if (code != HF_EXIT_DONE)
		return code;
	hf_cli_table(cli, out, "nodes", nodes, "this node is in no space");
	json_decref(out);
	return HF_EXIT_DONE;
}

static int status(struct hf_cli *cli, int argc, char **argv)
{
	static const struct hf_column node[] = {
	        {"node", "node", 0},
	        {"version", "version", 0},
	        {"space", "space.id", 0},
	        {"space name", "space.name", 0},
	        {"descriptor", "space.descriptor", 0},
	        {"descriptor digest", "space.descriptor_digest", 0},
	        {"descriptor valid until", "space.valid_until", 0},
	        {"up for (s)", "uptime_s", 0},
	        {"peers known", "peers.known", 0},
	        {"peers up", "peers.up", 0},
	        {"ledger entries durable", "ledger.durable", 0},
	        {"ledger entries signed", "ledger.signed", 0},
	        {"ledger entries witnessed", "ledger.witnessed", 0},
	        {"ledger entries mirrored", "ledger.mirrored", 0},
	        {"mirrors that refuse it", "ledger.mirrors_refusing", 0},
	        {"others' ledgers here (bytes)", "ledger.held_bytes", 0},
	        {"accounts", "accounts", 0},
	        {"sessions", "sessions", 0},
	        {"sessions that must log in again", "sessions_to_step_up", 0},
	        {"alarms", "alarms", 0},
	        {"calls", "overall.calls", 0},
	        {"calls failed", "overall.failures", 0},
	        {"average (ms)", "overall.average_ms", 0},
	        {NULL, NULL, 0},
	};
	static const struct hf_column services[] = {{"SERVICE", "service", 40},     {"CALLS", "calls", 0},
	                                            {"FAILED", "failures", 0},      {"AVERAGE MS", "average_ms", 0},
	                                            {"SUCCESS", "success_rate", 0}, {NULL, NULL, 0}};
	bool with_services = false, of_space = false;
	const struct hf_opt opts[] = {
	        {"services", NULL, &with_services, NULL}, {"space", NULL, &of_space, NULL}, {NULL, NULL, NULL, NULL}};
	json_t *out = NULL;
	if (!hf_cli_args(cli, argc, argv, opts, NULL, 0, 0))
		return HF_EXIT_USAGE;
	if (of_space)
		return space_status(cli);
	int code = hf_cli_call(cli, "GET", "/v1/status", NULL, &out);
	if (code != HF_EXIT_DONE)
		return code;
	if (with_services)
		hf_cli_table(cli, out, "services", services, "no service was called yet");
	else
		hf_cli_details(cli, out, node);
	json_decref(out);
	return HF_EXIT_DONE;
}

static int retry(struct hf_cli *cli, const char *peer, const char *sequence)
{
	if (!sequence)
		return hf_cli_misuse(cli, "--retry needs --sequence, the number of the parked mail");
	json_t *in = json_object();
	hf_cli_put(in, "peer", peer);
	hf_cli_put(in, "sequence", sequence);
	return hf_cli_do(cli, "POST", "/v1/peers/retry", in, "the mail is sent again", NULL);
}

static int peers(struct hf_cli *cli, int argc, char **argv)
{
	static const struct hf_column columns[] = {{"PEER", "id", 0},
	                                           {"NAME", "name", 32},
	                                           {"ADDRESS", "address", 32},
	                                           {"STANDING", "standing", 0},
	                                           {"UP", "up", 0},
	                                           {"LAST SEEN", "last_seen", 0},
	                                           {"MAIL", "outbox", 0},
	                                           {"PARKED", "parked", 0},
	                                           {"RISK", "risk", 0},
	                                           {"MIRROR REFUSED", "mirror_refused", 0},
	                                           {NULL, NULL, 0}};
	const char *peer = NULL, *sequence = NULL;
	const struct hf_opt opts[] = {
	        {"retry", &peer, NULL, NULL}, {"sequence", &sequence, NULL, NULL}, {NULL, NULL, NULL, NULL}};
	json_t *out = NULL;
	if (!hf_cli_args(cli, argc, argv, opts, NULL, 0, 0))
		return HF_EXIT_USAGE;
	if (peer)
		return retry(cli, peer, sequence);
	int code = hf_cli_call(cli, "GET", "/v1/peers", NULL, &out);
	if (code != HF_EXIT_DONE)
		return code;
	hf_cli_table(cli, out, "peers", columns, "the space has no other member");
	json_decref(out);
	return HF_EXIT_DONE;
}

static void print_finding(const json_t *finding)
{
	const char *state = json_string_value(json_object_get(finding, "state"));
	const char *remedy = json_string_value(json_object_get(finding, "remedy"));
	printf("%-5s %-14s %s\n", state ? state : "", json_string_value(json_object_get(finding, "check")),
	       json_string_value(json_object_get(finding, "text")));
	if (remedy && *remedy)
		printf("%-5s %-14s -> %s\n", "", "", remedy);
}

static int doctor_last(struct hf_cli *cli)
{
	json_t *in = json_object(), *out = NULL, *report, *finding;
	size_t i, k;
	json_object_set_new(in, "last", json_integer(REPORTS));
	int code = hf_cli_call(cli, "GET", "/v1/doctor", in, &out);
	if (code != HF_EXIT_DONE)
		return code;
	if (cli->json)
		hf_cli_json(out);
	else if (json_array_size(json_object_get(out, "reports")) == 0)
		printf("no self-check has run yet; the first one runs shortly after the start\n");
	else
		json_array_foreach(json_object_get(out, "reports"), i, report)
		{
			printf("%s  %s\n", json_string_value(json_object_get(report, "time")),
			       json_string_value(json_object_get(report, "text")));
			json_array_foreach(json_object_get(report, "findings"), k, finding) if (i == 0)
			        print_finding(finding);
		}
	json_decref(out);
	return HF_EXIT_DONE;
}

static int doctor(struct hf_cli *cli, int argc, char **argv)
{
	bool last = false;
	const struct hf_opt opts[] = {{"last", NULL, &last, NULL}, {NULL, NULL, NULL, NULL}};
	json_t *out = NULL, *finding;
	size_t i;
	if (!hf_cli_args(cli, argc, argv, opts, NULL, 0, 0))
		return HF_EXIT_USAGE;
	if (last)
		return doctor_last(cli);
	int code = hf_cli_call(cli, "GET", "/v1/doctor", NULL, &out);
	if (code != HF_EXIT_DONE)
		return code;
	bool bad = false;
	json_array_foreach(json_object_get(out, "findings"), i, finding)
	{
		const char *state = json_string_value(json_object_get(finding, "state"));
		bad = bad || (state && strcmp(state, "bad") == 0);
		if (!cli->json)
			print_finding(finding);
	}
	if (cli->json)
		hf_cli_json(out);
	json_decref(out);
	return bad ? HF_EXIT_REFUSED : HF_EXIT_DONE;
}

static int alarms(struct hf_cli *cli, int argc, char **argv)
{
	static const struct hf_column columns[] = {
	        {"TIME", "time", 0}, {"ENTRY", "entry", 0}, {"KIND", "kind", 0}, {"TEXT", "text", 0}, {NULL, NULL, 0}};
	const char *count = NULL;
	const struct hf_opt opts[] = {{"count", &count, NULL, NULL}, {NULL, NULL, NULL, NULL}};
	json_t *out = NULL, *in = json_object();
	if (!hf_cli_args(cli, argc, argv, opts, NULL, 0, 0)) {
		json_decref(in);
		return HF_EXIT_USAGE;
	}
	hf_cli_put(in, "count", count);
	int code = hf_cli_call(cli, "GET", "/v1/alarms", in, &out);
	if (code != HF_EXIT_DONE)
		return code;
	hf_cli_table(cli, out, "alarms", columns, "no alarm");
	json_decref(out);
	return HF_EXIT_DONE;
}

static int metrics(struct hf_cli *cli, int argc, char **argv)
{
	if (!hf_cli_args(cli, argc, argv, NULL, NULL, 0, 0))
		return HF_EXIT_USAGE;
	cli->session = ""; /* needs none */
	return hf_cli_download(cli, "GET", "/metrics", NULL, "-");
}

static int stop(struct hf_cli *cli, int argc, char **argv)
{
	if (!hf_cli_args(cli, argc, argv, NULL, NULL, 0, 0))
		return HF_EXIT_USAGE;
	return hf_cli_do(cli, "POST", "/v1/stop", NULL, "the node ends", NULL);
}

const struct hf_command hf_commands_node[] = {
        {"init", NULL, "make a node's folder: keys, configuration, request for membership",
         "hufu init --node DIR --id ID --organization ORG --name TEXT [--jurisdiction CODE]\n"
         "          [--listen tcp://ADDRESS:PORT]... [--address tcp://ADDRESS:PORT]... [--department NAME]...\n"
         "          --passphrase-file FILE | --plain-keys\n"
         "Without --listen the node only dials others. --address: how others reach it, when that is not --listen.\n"
         "Writes DIR/member.request, which the space authority needs.\n"
         "example:\n"
         "  hufu init --node /var/lib/hufu/transport --id transport --organization cn.example.transport --name "
         "交通运输局 \\\n"
         "            --jurisdiction CN --listen tcp://127.0.1.1:7400 --passphrase-file /etc/hufu/transport.pass",
         init_node},
        {"status", NULL, "the node at a glance",
         "hufu status [--services | --space]\n--services: calls, failures and times of each service.\n"
         "--space: every node of the space: up or down, descriptor, sizes and witnesses of its ledger.\n"
         "example:\n  hufu status --services --json",
         status},
        {"peers", NULL, "the other members: standing, connection, mail that waits",
         "hufu peers\n       hufu peers --retry PEER --sequence NUMBER\nexample:\n  hufu peers", peers},
        {"doctor", NULL, "check the node and say what to do",
         "hufu doctor [--last]\n--last: what the scheduled self-checks found, the newest one in full.\n"
         "Exit status 1 when something is bad.\nexample:\n  hufu doctor --json",
         doctor},
        {"alarms", NULL, "the newest alarms", "hufu alarms [--count N]\nexample:\n  hufu alarms --count 20", alarms},
        {"metrics", NULL, "counters in OpenMetrics form", "hufu metrics\nexample:\n  hufu metrics | grep hufu_",
         metrics},
        {"stop", NULL, "end the node", "hufu stop\nexample:\n  hufu stop --as li.wei", stop},
        {NULL, NULL, NULL, NULL, NULL},
};
