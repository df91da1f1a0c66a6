/* cmd_schedule.c - hufu release: tasks that begin without a person, at the times of their plan or by a ticket. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "crypto/crypto.h"
#include "release.h"

/* The file is there before the node makes the ticket, which it says once. */
static int schedule_with_ticket(struct hf_cli *cli, const char *file, json_t *in)
{
	int fd = open(file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600), status = HF_EXIT_DONE;
	json_t *out = NULL;
	const char *ticket;
	bool kept = false;

	if (fd < 0) {
		json_decref(in);
		return hf_cli_fail(cli, "%s cannot be made: %s; name a file that is not there yet", file,
		                   strerror(errno));
	}
	json_object_set_new(in, "ticket", json_true());
	status = hf_cli_call(cli, "POST", "/v1/release/schedule", in, &out);
	ticket = json_string_value(json_object_get(out, "ticket"));
	if (status == HF_EXIT_DONE)
		kept = ticket && dprintf(fd, "%s\n", ticket) > 0 && fsync(fd) == 0;
	close(fd);
	if (!kept)
		unlink(file);
	json_decref(out);
	if (status == HF_EXIT_DONE && !kept)
		return hf_cli_fail(cli, "%s cannot be written; make room, and schedule it again", file);
	if (status == HF_EXIT_DONE && !cli->json)
		printf("who shows the ticket in %s begins it: `hufu release begin --ticket %s --wait`\n", file, file);
	return status;
}

/* Without a session: the ticket is the permission. */
static int begin(struct hf_cli *cli, int argc, char **argv)
{
	const char *file = NULL;
	bool wait = false;
	const struct hf_opt opts[] = {
	        {"ticket", &file, NULL, NULL}, {"wait", NULL, &wait, NULL}, {NULL, NULL, NULL, NULL}};
	char ticket[80];
	json_t *out = NULL;
	int status;

	if (!hf_cli_args(cli, argc, argv, opts, NULL, 0, 0))
		return HF_EXIT_USAGE;
	if (!file)
		return hf_cli_misuse(cli, "--ticket FILE is needed: what `hufu release schedule` made");
	if (!hf_cli_secret(cli, file, NULL, ticket, sizeof(ticket)))
		return HF_EXIT_REFUSED;
	cli->session = ""; /* nobody's, whoever is logged in here */
	status = hf_cli_call(cli, "POST", "/v1/release/begin", hf_cli_with("ticket", ticket), &out);
	const struct hf_release_asked by = {"POST", "/v1/release/begun", "ticket", ticket};
	if (status == HF_EXIT_DONE)
		status = hf_release_say_begun(cli, out, wait ? &by : NULL);
	json_decref(out);
	hf_wipe(ticket, sizeof(ticket));
	return status;
}

static int schedule(struct hf_cli *cli, int argc, char **argv)
{
	const char *pos[2], *table = NULL, *folder = NULL, *as = NULL, *ticket = NULL;
	const struct hf_opt opts[] = {{"table", &table, NULL, NULL},
	                              {"folder", &folder, NULL, NULL},
	                              {"register", &as, NULL, NULL},
	                              {"ticket", &ticket, NULL, NULL},
	                              {NULL, NULL, NULL, NULL}};
	char path[PATH_MAX];
	json_t *in;

	if (!hf_cli_args(cli, argc, argv, opts, pos, 2, 2))
		return HF_EXIT_USAGE;
	if (!folder || !as)
		return hf_cli_misuse(cli, "--folder FOLDER and --register NAME are needed: where the results are put, "
		                          "and what the names of their sources begin with");
	if (!hf_cli_absolute(cli, folder, path))
		return HF_EXIT_USAGE;
	in = hf_cli_with("plan", pos[0]);
	hf_cli_put(in, "source", pos[1]);
	hf_cli_put(in, "table", table);
	hf_cli_put(in, "folder", path);
	hf_cli_put(in, "registers", as);
	if (ticket)
		return schedule_with_ticket(cli, ticket, in);
	return hf_cli_do(cli, "POST", "/v1/release/schedule", in, "scheduled at the times of the plan", NULL);
}

static int unschedule(struct hf_cli *cli, int argc, char **argv)
{
	const char *pos[2];
	json_t *in;

	if (!hf_cli_args(cli, argc, argv, NULL, pos, 2, 2))
		return HF_EXIT_USAGE;
	in = hf_cli_with("plan", pos[0]);
	hf_cli_put(in, "source", pos[1]);
	return hf_cli_do(cli, "POST", "/v1/release/unschedule", in, "scheduled no more", NULL);
}

static int schedules(struct hf_cli *cli, int argc, char **argv)
{
	static const struct hf_column columns[] = {
	        {"PLAN", "plan", 24},    {"SOURCE", "source", 24},   {"NEXT", "next", 20}, {"RUNS", "runs", 0},
	        {"MISSED", "missed", 0}, {"WHY", "missed_text", 50}, {NULL, NULL, 0},
	};
	json_t *out = NULL;
	int status;

	if (!hf_cli_args(cli, argc, argv, NULL, NULL, 0, 0))
		return HF_EXIT_USAGE;
	status = hf_cli_call(cli, "GET", "/v1/release/schedules", NULL, &out);
	if (status == HF_EXIT_DONE)
		hf_cli_table(cli, out, "schedules", columns,
		             "nothing is scheduled; `hufu release schedule` lets a plan run at its times");
	json_decref(out);
	return status;
}

const struct hf_command hf_commands_schedule[] = {
        {"release", "schedule", "let a plan mask a source at the times that it says",
         "hufu release schedule PLAN SOURCE --folder FOLDER --register NAME [--table TABLE] [--ticket FILE]\n"
         "\n"
         "  each run leaves FOLDER/NAME-TIME.csv, which becomes the source NAME-TIME; TIME is when it was due\n"
         "  --ticket FILE   a timer of the system begins it, and not the node's own clock: FILE is made, for you to "
         "read\n"
         "                  alone, with the secret that `hufu release begin` shows; set anew, the old one is void\n"
         "\n"
         "examples:\n"
         "  hufu release schedule tolls passages --folder /srv/masked --register passages\n"
         "  hufu release schedule tolls passages --folder /srv/masked --register passages --ticket "
         "/etc/hufu/tolls.ticket\n",
         schedule},
        {"release", "begin", "for cron or a systemd timer: begin what a ticket stands for, without a session",
         "hufu release begin --ticket FILE [--wait]\n"
         "\n"
         "  begins the masking task of the schedule that made FILE, in the name of the plan's operator, and nothing "
         "else;\n"
         "  the plan must be approved, as ever. --wait: until it has ended, with status 1 when it is not released.\n"
         "\n"
         "example:\n"
         "  hufu --node /var/lib/hufu/transport release begin --ticket /etc/hufu/tolls.ticket --wait\n",
         begin},
        {"release", "unschedule", "run a plan over a source at its times no more",
         "hufu release unschedule PLAN SOURCE\n\nexample:\n  hufu release unschedule tolls passages\n", unschedule},
        {"release", "schedules", "what is scheduled, when next, and what was missed",
         "hufu release schedules\n\nexample:\n  hufu release schedules\n", schedules},
        {NULL, NULL, NULL, NULL, NULL},
};
