/*
 * cmd_derive.c - hufu derive and hufu ledger lineage: what was made of delivered data, back to its sources and forward.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "cli.h"
#include "crypto/base64.h"
#include "crypto/hash.h"

#define EXAMPLE_ID "0198a7c2-5b1e-7d44-8a51-0c1f6d2e9b10"

static const struct hf_column lineage_columns[] = {
        {"STEPS", "steps", 0},
        {"PART", "part", 10},
        {"ITEM", "item", 0},
        {"TIME", "time", 0},
        {"LEDGER", "ledger", 20},
        {"INDEX", "index", 0},
        {"WHO", "actor", 28},
        {"ADDRESS", "fields.ip-address", 24},
        {"SYSTEM", "fields.system", 20},
        {"MANNER", "manner", 48},
        {"OF", "of", 80},
        {"PROOF", "proof", 0},
        {NULL, NULL, 0},
};

/* SHA-256 and length of the derived file: what the record speaks of. Read piece by piece, however large it is. */
static bool digest_file(struct hf_cli *cli, const char *path, char ret_digest[65], uint64_t *ret_bytes)
{
	uint8_t piece[1 << 16];
	struct hf_hash h;
	struct stat st = {.st_size = 0};
	size_t n;
	FILE *f = fopen(path, "rbe");
	if (!f) {
		hf_cli_fail(cli, "the file %s cannot be read: %s", path, strerror(errno));
		return false;
	}
	if (fstat(fileno(f), &st) != 0 || !S_ISREG(st.st_mode) || st.st_size == 0) {
		hf_cli_fail(cli, "%s is %s; name the file that was made, with what it holds", path,
		            S_ISREG(st.st_mode) ? "empty" : "no file with an end");
		fclose(f);
		return false;
	}
	struct hf_sha256 *sum = hf_sha256_new();
	*ret_bytes = 0;
	while ((n = fread(piece, 1, sizeof(piece), f)) > 0) {
		hf_sha256_add(sum, piece, n);
		*ret_bytes += n;
	}
	bool ok = !ferror(f);
	hf_sha256_end(sum, &h);
	hf_sha256_free(sum);
	fclose(f);
	hf_hex(h.b, sizeof(h.b), ret_digest);
	if (!ok)
		hf_cli_fail(cli, "the file %s cannot be read to its end; name a file, not a folder", path);
	return ok;
}

static int derive(struct hf_cli *cli, int argc, char **argv)
{
	const char *pos[1], *system_name = NULL, *processing = NULL, *title = NULL;
	struct hf_list from = {.count = 0};
	const struct hf_opt opts[] = {{"from", NULL, NULL, &from},
	                              {"system", &system_name, NULL, NULL},
	                              {"processing", &processing, NULL, NULL},
	                              {"title", &title, NULL, NULL},
	                              {NULL, NULL, NULL, NULL}};
	char digest[65];
	uint64_t bytes;
	if (!hf_cli_args(cli, argc, argv, opts, pos, 1, 1))
		return HF_EXIT_USAGE;
	if (from.count == 0)
		return hf_cli_misuse(cli,
		                     "--from is missing: the transfer or the earlier derivation that it was made of");
	if (!digest_file(cli, pos[0], digest, &bytes))
		return HF_EXIT_REFUSED;
	json_t *in = json_object();
	hf_cli_put_list(in, "inputs", &from);
	hf_cli_put(in, "system", system_name);
	hf_cli_put(in, "processing", processing);
	hf_cli_put(in, "title", title);
	hf_cli_put(in, "digest", digest);
	json_object_set_new(in, "bytes", json_integer((json_int_t)bytes));
	return hf_cli_do(cli, "POST", "/v1/derivations/add", in,
	                 "derivation %s is recorded; name it with --from when something is made of the file",
	                 "derivation");
}

/* One column each for what the parts say under different names. */
static void add_columns(json_t *item)
{
	json_t *fields = json_object_get(item, "fields");
	bool derived = strcmp(json_string_value(json_object_get(item, "part")), "derived") == 0;
	json_object_set(item, "manner", json_object_get(fields, derived ? "processing" : "manner"));
	json_object_set(item, "of", json_object_get(fields, derived ? "inputs" : "resource"));
}

static int lineage(struct hf_cli *cli, int argc, char **argv)
{
	const char *pos[1];
	bool forward = false;
	const struct hf_opt opts[] = {{"forward", NULL, &forward, NULL}, {NULL, NULL, NULL, NULL}};
	json_t *out = NULL, *item;
	size_t i;
	if (!hf_cli_args(cli, argc, argv, opts, pos, 1, 1))
		return HF_EXIT_USAGE;
	json_t *in = hf_cli_with("item", pos[0]);
	if (forward)
		hf_cli_put(in, "forward", "true");
	int status = hf_cli_call(cli, "GET", "/v1/ledger/lineage", in, &out);
	if (status == HF_EXIT_DONE && !cli->json)
		json_array_foreach(json_object_get(out, "items"), i, item) add_columns(item);
	if (status == HF_EXIT_DONE)
		hf_cli_table(cli, out, "items", lineage_columns, "nothing is on record that was made of it");
	if (status == HF_EXIT_DONE && !cli->json)
		json_array_foreach(json_object_get(out, "coverage"), i, item)
		        printf("%s%s\n", i ? "" : "\nnot covered:\n", json_string_value(item));
	json_decref(out);
	return status;
}

const struct hf_command hf_commands_derive[] = {
        {"derive", NULL, "record what was made of delivered data",
         "hufu derive FILE --from ID [--from ID]... --system NAME --processing TEXT [--title TEXT]\n"
         "\n"
         "  FILE                what was made; its digest is recorded, it is not taken anywhere\n"
         "  --from ID           a transfer to this node, or an earlier derivation; up to 32\n"
         "  --system NAME       the registered system on which it was made\n"
         "  --processing TEXT   in what manner, e.g. \"joined on the flight number, delays over 3 h\"\n"
         "  --title TEXT        a name for people\n"
         "\n"
         "  the publisher of each source is told of the derivation and of the inputs that lead to that source\n"
         "\n"
         "example:\n"
         "  hufu derive delays.csv --from " EXAMPLE_ID " --system claims --processing \"delays over 3 h\"\n",
         derive},
        {"ledger", "lineage", "where a derived item comes from, or what was made of a source",
         "hufu ledger lineage ID [--forward]\n"
         "\n"
         "  ID          a derivation or a transfer; with --forward also a catalog entry\n"
         "  --forward   what was made of it, instead of what it was made of\n"
         "\n"
         "example:\n"
         "  hufu ledger lineage " EXAMPLE_ID "\n",
         lineage},
        {NULL, NULL, NULL, NULL, NULL},
};
