/* cmd_giving.c - hufu grant: a provider gives a grant without an application; two persons, for personal data three. */
#include <string.h>

#include "cli.h"

#define EXAMPLE_ID "0198a7c2-5b1e-7d44-8a51-0c1f6d2e9b10"

static int offer(struct hf_cli *cli, int argc, char **argv)
{
	static const char *const names[] = {"to",     "department", "system", "address", "purpose",
	                                    "reason", "from",       "until",  "fields",  "rows"};
	enum { NAMES = sizeof(names) / sizeof(names[0]) };
	const char *pos[1], *value[NAMES] = {NULL};
	struct hf_opt opts[NAMES + 1] = {{NULL, NULL, NULL, NULL}};
	for (size_t i = 0; i < NAMES; i++)
		opts[i] = (struct hf_opt){names[i], &value[i], NULL, NULL};
	if (!hf_cli_args(cli, argc, argv, opts, pos, 1, 1))
		return HF_EXIT_USAGE;
	json_t *in = json_object();
	hf_cli_put(in, "entry", pos[0]);
	hf_cli_put(in, "consumer", value[0]);
	for (size_t i = 1; i < NAMES; i++)
		hf_cli_put(in, names[i], value[i]);
	return hf_cli_do(cli, "POST", "/v1/grants/offer", in,
	                 "grant %s is offered; an approver gives it (`hufu grant decide GRANT T`)", "grant");
}

static int review(struct hf_cli *cli, int argc, char **argv)
{
	const char *pos[1], *necessity = NULL, *compliance = NULL;
	const struct hf_opt opts[] = {{"necessity", &necessity, NULL, NULL},
	                              {"compliance", &compliance, NULL, NULL},
	                              {NULL, NULL, NULL, NULL}};
	if (!hf_cli_args(cli, argc, argv, opts, pos, 1, 1))
		return HF_EXIT_USAGE;
	json_t *in = json_object();
	hf_cli_put(in, "grant", pos[0]);
	if (!hf_cli_put_finding(cli, in, "necessity", necessity) ||
	    !hf_cli_put_finding(cli, in, "compliance", compliance)) {
		json_decref(in);
		return HF_EXIT_USAGE;
	}
	return hf_cli_do(cli, "POST", "/v1/grants/review-privacy", in, "the privacy review of grant %s is recorded",
	                 "grant");
}

static int decide(struct hf_cli *cli, int argc, char **argv)
{
	const char *pos[2], *reason = NULL;
	const struct hf_opt opts[] = {{"reason", &reason, NULL, NULL}, {NULL, NULL, NULL, NULL}};
	if (!hf_cli_args(cli, argc, argv, opts, pos, 2, 2))
		return HF_EXIT_USAGE;
	json_t *in = json_object();
	hf_cli_put(in, "grant", pos[0]);
	hf_cli_put(in, "result", pos[1]);
	hf_cli_put(in, "reason", reason);
	return hf_cli_do(cli, "POST", "/v1/grants/decide", in,
	                 strcmp(pos[1], "T") == 0 ? "grant %s is given; it is on its way to the consumer"
	                                          : "the offer of grant %s is refused",
	                 "grant");
}

const struct hf_command hf_commands_giving[] = {
        {"grant", "offer", "offer a grant to a member that did not apply for it",
         "hufu grant offer ENTRY --to NODE --system NAME --purpose CODE --reason TEXT --until TIME [--from TIME]\n"
         "      [--department NAME] [--address IP] [--fields A,B]\n"
         "\n"
         "  --to NODE         the consumer: for it and nobody else\n"
         "  --system NAME     the consumer's business system that may use the data\n"
         "  --address IP      the system's address; left out: any\n"
         "  --rows TEXT       only rows that meet conditions: \"region = 'N' AND fee <= 100\" (docs/policy.md, Rows)\n"
         "  --until TIME      at most 3 years after --from\n"
         "\n"
         "  a publisher offers, for personal data a privacy expert reviews, an approver gives: three persons\n"
         "\n"
         "example:\n"
         "  hufu grant offer " EXAMPLE_ID " --to insurer --system claims --purpose claims-check \\\n"
         "      --reason \"yearly agreement on delay claims\" --until 2027-01-31\n",
         offer},
        {"grant", "review", "review an offered grant of personal data, as privacy expert",
         "hufu grant review GRANT --necessity F --compliance F\n"
         "\n"
         "  F is ok, ok=TEXT or no=TEXT; no ends the offer\n"
         "\n"
         "example:\n"
         "  hufu grant review " EXAMPLE_ID " --necessity ok --compliance ok=\"statutory notice\"\n",
         review},
        {"grant", "decide", "give (T) or refuse (F) an offered grant",
         "hufu grant decide GRANT T|F [--reason TEXT]\n"
         "\n"
         "  --reason TEXT   needed for F\n"
         "\n"
         "example:\n"
         "  hufu grant decide " EXAMPLE_ID " T\n",
         decide},
        {NULL, NULL, NULL, NULL, NULL},
};
