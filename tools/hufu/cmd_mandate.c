/* cmd_mandate.c - hufu mandate: recorded authorizations to publish and to apply (DS-23 ... DS-25); hufu consent: what
 * the use of personal information rests on (SB-6). */
#include <string.h>

#include "cli.h"

#define EXAMPLE_ID "0198a7c2-5b1e-7d44-8a51-0c1f6d2e9b10"

static const struct hf_column mandate_columns[] = {
        {"MANDATE", "mandate", 0},    {"STATE", "state", 0}, {"FOR", "acts", 0},
        {"PURPOSES", "purposes", 40}, {"BY", "given_by", 0}, {"LEVEL", "max_level", 0},
        {"TOPICS", "topics", 24},     {"UNTIL", "until", 0}, {NULL, NULL, 0},
};
static const struct hf_column consent_columns[] = {
        {"CONSENT", "consent", 0},    {"STATE", "state", 0}, {"BASIS", "basis", 30}, {"SUBJECT", "subject", 30},
        {"PURPOSES", "purposes", 40}, {"UNTIL", "until", 0}, {NULL, NULL, 0},
};

/* The options of a scope. */
struct scope_opts {
	const char *level, *holder, *receivers, *from, *until;
	struct hf_list acts, purposes, entries, sources, topics, departments, classes, sharing, systems;
};

static bool read_scope(struct hf_cli *cli, int argc, char **argv, struct scope_opts *o)
{
	const struct hf_opt opts[] = {
	        {"act", NULL, NULL, &o->acts},
	        {"purpose", NULL, NULL, &o->purposes},
	        {"entry", NULL, NULL, &o->entries},
	        {"source", NULL, NULL, &o->sources},
	        {"topic", NULL, NULL, &o->topics},
	        {"department", NULL, NULL, &o->departments},
	        {"class", NULL, NULL, &o->classes},
	        {"sharing", NULL, NULL, &o->sharing},
	        {"system", NULL, NULL, &o->systems},
	        {"max-level", &o->level, NULL, NULL},
	        {"holder", &o->holder, NULL, NULL},
	        {"receivers", &o->receivers, NULL, NULL},
	        {"from", &o->from, NULL, NULL},
	        {"until", &o->until, NULL, NULL},
	        {NULL, NULL, NULL, NULL},
	};
	return hf_cli_args(cli, argc, argv, opts, NULL, 0, 0);
}

static int give(struct hf_cli *cli, int argc, char **argv, const char *path)
{
	struct scope_opts o = {.level = NULL};
	if (!read_scope(cli, argc, argv, &o))
		return HF_EXIT_USAGE;
	json_t *in = json_object();
	hf_cli_put_list(in, "acts", &o.acts);
	hf_cli_put_list(in, "purposes", &o.purposes);
	hf_cli_put_list(in, "entries", &o.entries);
	hf_cli_put_list(in, "sources", &o.sources);
	hf_cli_put_list(in, "topics", &o.topics);
	hf_cli_put_list(in, "departments", &o.departments);
	hf_cli_put_list(in, "classes", &o.classes);
	hf_cli_put_list(in, "sharing", &o.sharing);
	hf_cli_put_list(in, "systems", &o.systems);
	hf_cli_put(in, "max_level", o.level);
	hf_cli_put(in, "holder", o.holder);
	hf_cli_put(in, "receivers", o.receivers);
	hf_cli_put(in, "from", o.from);
	hf_cli_put(in, "until", o.until);
	return hf_cli_do(cli, "POST", path, in, "mandate %s is on record; who gave it does not use it", "mandate");
}

static int give_publish(struct hf_cli *cli, int argc, char **argv)
{
	return give(cli, argc, argv, "/v1/mandates/publish");
}

static int give_apply(struct hf_cli *cli, int argc, char **argv)
{
	return give(cli, argc, argv, "/v1/mandates/apply");
}

static int end_mandate(struct hf_cli *cli, int argc, char **argv)
{
	const char *pos[1], *reason = NULL;
	bool apply = false;
	const struct hf_opt opts[] = {
	        {"reason", &reason, NULL, NULL}, {"apply", NULL, &apply, NULL}, {NULL, NULL, NULL, NULL}};
	if (!hf_cli_args(cli, argc, argv, opts, pos, 1, 1))
		return HF_EXIT_USAGE;
	if (!reason)
		return hf_cli_misuse(cli, "--reason is missing: why the mandate ends");
	json_t *in = json_object();
	hf_cli_put(in, "mandate", pos[0]);
	hf_cli_put(in, "reason", reason);
	return hf_cli_do(cli, "POST", apply ? "/v1/mandates/end-apply" : "/v1/mandates/end", in,
	                 "mandate %s is withdrawn", "mandate");
}

static int list_rows(struct hf_cli *cli, const char *path, const char *rows, const struct hf_column *columns,
                     const char *none)
{
	json_t *out = NULL;
	int status = hf_cli_call(cli, "GET", path, json_object(), &out);
	if (status != HF_EXIT_DONE)
		return status;
	hf_cli_table(cli, out, rows, columns, none);
	json_decref(out);
	return status;
}

static int list_mandates(struct hf_cli *cli, int argc, char **argv)
{
	if (!hf_cli_args(cli, argc, argv, NULL, NULL, 0, 0))
		return HF_EXIT_USAGE;
	return list_rows(cli, "/v1/mandates", "mandates", mandate_columns, "no mandates");
}

static int consent_add(struct hf_cli *cli, int argc, char **argv)
{
	const char *basis = NULL, *subject = NULL, *evidence = NULL, *from = NULL, *until = NULL;
	struct hf_list purposes = {.count = 0};
	const struct hf_opt opts[] = {
	        {"basis", &basis, NULL, NULL}, {"subject", &subject, NULL, NULL}, {"evidence", &evidence, NULL, NULL},
	        {"from", &from, NULL, NULL},   {"until", &until, NULL, NULL},     {"purpose", NULL, NULL, &purposes},
	        {NULL, NULL, NULL, NULL},
	};
	if (!hf_cli_args(cli, argc, argv, opts, NULL, 0, 0))
		return HF_EXIT_USAGE;
	json_t *in = json_object();
	hf_cli_put(in, "basis", basis);
	hf_cli_put(in, "subject", subject);
	hf_cli_put(in, "evidence", evidence);
	hf_cli_put_list(in, "purposes", &purposes);
	hf_cli_put(in, "from", from);
	hf_cli_put(in, "until", until);
	return hf_cli_do(cli, "POST", "/v1/consents/add", in, "consent record %s is kept", "consent");
}

static int consent_withdraw(struct hf_cli *cli, int argc, char **argv)
{
	const char *pos[1], *reason = NULL;
	const struct hf_opt opts[] = {{"reason", &reason, NULL, NULL}, {NULL, NULL, NULL, NULL}};
	if (!hf_cli_args(cli, argc, argv, opts, pos, 1, 1))
		return HF_EXIT_USAGE;
	if (!reason)
		return hf_cli_misuse(cli, "--reason is missing: how the subject withdrew the consent");
	json_t *in = json_object();
	hf_cli_put(in, "consent", pos[0]);
	hf_cli_put(in, "reason", reason);
	return hf_cli_do(cli, "POST", "/v1/consents/withdraw", in, "consent %s is withdrawn; the next use is denied",
	                 "consent");
}

static int consent_list(struct hf_cli *cli, int argc, char **argv)
{
	if (!hf_cli_args(cli, argc, argv, NULL, NULL, 0, 0))
		return HF_EXIT_USAGE;
	return list_rows(cli, "/v1/consents", "consents", consent_columns, "no consent records");
}

#define SCOPE_OPTIONS                                                                                                  \
	"  --purpose TEXT ...      what for; at least one\n"                                                           \
	"  --until TIME            needed, at most three years away; --from TIME\n"                                    \
	"  the scope, at least one of (each list may be given again):\n"                                               \
	"  --entry ID  --source NAME  --topic TOPIC  --department NAME  --class CLASS (and what is below it)\n"        \
	"  --max-level LEVEL\n"                                                                                        \
	"  --holder ACCOUNT        the only one who may use it\n"

const struct hf_command hf_commands_mandate[] = {
        {"mandate", "publish", "allow others to publish, as approver",
         "hufu mandate publish --purpose TEXT --until TIME SCOPE...\n"
         "\n" SCOPE_OPTIONS "  --sharing TYPE          unconditional, conditional, not-shared\n"
         "  --receivers SCOPE       whom at most: everyone | nodes:NODE,... | organization:NAME\n"
         "  --act catalog|data      the entry or the data behind it; both when left out\n"
         "\n"
         "example:\n"
         "  hufu mandate publish --purpose \"open data plan\" --topic aviation --max-level 1 --receivers everyone \\\n"
         "      --until 2027-12-31\n",
         give_publish},
        {"mandate", "apply", "allow others to apply for shared data, as data authority",
         "hufu mandate apply --purpose CODE --until TIME SCOPE...\n"
         "\n" SCOPE_OPTIONS "  --system NAME           the business systems it may be for\n"
         "\n"
         "example:\n"
         "  hufu mandate apply --purpose claims-assessment --system claims --max-level 2 --until 2027-12-31\n",
         give_apply},
        {"mandate", "end", "withdraw a mandate; data published by it is not delivered any more",
         "hufu mandate end MANDATE --reason TEXT [--apply]\n"
         "\n"
         "  --apply   one that the data authority gave\n"
         "\n"
         "example:\n"
         "  hufu mandate end " EXAMPLE_ID " --reason \"plan withdrawn\"\n",
         end_mandate},
        {"mandate", "list", "the mandates on record", "hufu mandate list\n\nexample:\n  hufu mandate list\n",
         list_mandates},
        {"consent", "add", "keep a record of consent or another lawful basis, as privacy expert",
         "hufu consent add --basis TEXT --subject TEXT --purpose CODE ... --until TIME [--from TIME] [--evidence "
         "TEXT]\n"
         "\n"
         "  --basis TEXT      \"consent\", or the provision of the law\n"
         "  --subject TEXT    whom it is about, as your own files name them\n"
         "  --purpose CODE    a purpose of use that it allows; may be given again\n"
         "  --evidence TEXT   where the signed form is kept\n"
         "\n"
         "example:\n"
         "  hufu consent add --basis consent --subject \"case 2026-118\" --purpose claims-assessment --until "
         "2027-01-31\n",
         consent_add},
        {"consent", "withdraw", "the subject withdrew it; the next use is denied",
         "hufu consent withdraw CONSENT --reason TEXT\n"
         "\n"
         "example:\n"
         "  hufu consent withdraw " EXAMPLE_ID " --reason \"letter of 3 March\"\n",
         consent_withdraw},
        {"consent", "list", "the consent records", "hufu consent list\n\nexample:\n  hufu consent list\n",
         consent_list},
        {NULL, NULL, NULL, NULL, NULL},
};
