/*
 * main.c - hufu-verify: checks evidence offline, with nothing but the space's root public key, and says what it proves.
 *
 * Exit status: 0 everything verifies; 1 something does not, or cannot be read (the first such thing is named); 2 usage.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "verify.h"

#define CANNOT 1
#define USAGE 2

static const char help[] =
        "usage: hufu-verify tally FILE --root-key K [--descriptor N[:DIGEST]] [--json]\n"
        "       hufu-verify ledger DIR --root-key K [--descriptor N[:DIGEST]] [--json]\n"
        "       hufu-verify proof FILE --root-key K [--descriptor N[:DIGEST]] [--json]\n"
        "       hufu-verify evidence FILE --root-key K [--descriptor N[:DIGEST]] [--json]\n"
        "       hufu-verify backup DIR --root-key K [--descriptor N[:DIGEST]] [--json]\n"
        "\n"
        "Checks evidence of a Hufu data space without any node, network or clock.\n"
        "\n"
        "  tally FILE   the evidence file of one transfer (`hufu ledger prove`)\n"
        "  ledger DIR   an exported ledger (`hufu ledger export`): every entry, tile and signature\n"
        "  proof FILE   one entry's proof; descriptors.dsse lies beside it\n"
        "  evidence FILE\n"
        "               proof that a ledger signed two histories (`hufu ledger evidence`)\n"
        "  backup DIR   a backup of a node (`hufu backup`): whole, and as the node signed it\n"
        "\n"
        "  --root-key K the root public key of the space, got from its authority by another way than the evidence: a "
        "file with\n"
        "               one line (base64, 64 hex digits or a C2SP verifier key), or that line itself\n"
        "  --descriptor N[:DIGEST]\n"
        "               the space descriptor that the evidence must know at least, as the authority tells it: who "
        "shows evidence\n"
        "               may leave out later descriptors, and with them the keys that they revoke. Without it the "
        "newest one\n"
        "               in the evidence counts; its number and digest are printed\n"
        "  --json       one JSON object instead of text\n"
        "  --help       this text\n"
        "  --version    the version\n"
        "\n"
        "Exit status: 0 everything verifies, 1 something does not (the first thing is named), 2 usage.\n"
        "\n"
        "examples:\n"
        "  hufu-verify tally exchange.tally --root-key root.key\n"
        "  hufu-verify ledger ledgers/roads --root-key root.key --json\n";

static const struct verify_command commands[] = {
        {"tally", verify_tally},       {"ledger", verify_ledger}, {"proof", verify_proof},
        {"evidence", verify_evidence}, {"backup", verify_backup},
};

static int usage(const char *fmt, const char *what)
{
	fprintf(stderr, "hufu-verify: ");
	fprintf(stderr,
	        strcmp(fmt, "unknown") == 0 ? "\"%s\" is no command or option; `hufu-verify --help` lists them\n"
	                                    : "%s is missing; `hufu-verify --help` shows the usage\n",
	        what);
	return USAGE;
}

struct arguments {
	const char *command, *path, *root_key, *descriptor;
	bool json;
};

/* 0, or the exit status. */
static int parse(int argc, char **argv, struct arguments *a)
{
	for (int i = 1; i < argc; i++) {
		const char *arg = argv[i];
		if (strcmp(arg, "--json") == 0)
			a->json = true;
		else if (strcmp(arg, "--root-key") == 0 && i + 1 < argc)
			a->root_key = argv[++i];
		else if (strncmp(arg, "--root-key=", 11) == 0)
			a->root_key = arg + 11;
		else if (strcmp(arg, "--descriptor") == 0 && i + 1 < argc)
			a->descriptor = argv[++i];
		else if (strncmp(arg, "--descriptor=", 13) == 0)
			a->descriptor = arg + 13;
		else if (strcmp(arg, "--descriptor") == 0)
			return usage("missing", "the number after --descriptor");
		else if (arg[0] == '-' && strcmp(arg, "--root-key") != 0)
			return usage("unknown", arg);
		else if (arg[0] != '-' && a->command == NULL)
			a->command = arg;
		else if (arg[0] != '-' && a->path == NULL)
			a->path = arg;
		else if (arg[0] != '-')
			return usage("unknown", arg);
	}
	return 0;
}

static int run(const struct verify_command *c, const struct arguments *a)
{
	struct hf_trust trust = {.number = 0};
	struct hf_fault f = {HF_OK, ""};
	struct verify_out out = {a->json, UINT64_MAX};
	enum hf_err e = verify_root_key(a->root_key, &trust.root, &f);
	if (e == HF_OK && a->descriptor != NULL)
		e = verify_descriptor(a->descriptor, &trust, &f);
	if (e == HF_OK)
		e = c->run(&trust, a->path, &out, &f);
	if (e == HF_OK && (fflush(stdout) != 0 || ferror(stdout))) {
		fprintf(stderr, "hufu-verify: %s verifies, but the answer cannot be written; make room where it goes\n",
		        a->path);
		return CANNOT;
	}
	if (e == HF_OK)
		return 0;
	hf_fault_default(&f, e);
	verify_refused(a->path, &out, &f);
	return CANNOT;
}

static const struct verify_command *find(const char *name)
{
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	return NULL;
}

int main(int argc, char **argv)
{
	struct arguments a = {.json = false};
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
			return fputs(help, stdout) < 0 ? CANNOT : 0;
		if (strcmp(argv[i], "--version") == 0)
			return printf("hufu-verify %s\n", HUFU_VERSION) < 0 ? CANNOT : 0;
	}
	int status = parse(argc, argv, &a);
	if (status != 0)
		return status;
	if (a.command == NULL)
		return usage("missing", "a command");
	const struct verify_command *c = find(a.command);
	if (c == NULL)
		return usage("unknown", a.command);
	if (a.path == NULL)
		return usage("missing", "the path of the evidence");
	if (a.root_key == NULL)
		return usage("missing", "--root-key");
	if (!hf_crypto_init()) {
		fputs("hufu-verify: the cryptographic library cannot be used\n", stderr);
		return CANNOT;
	}
	return run(c, &a);
}
