/*
 * main.c - hufu-bench NAME [--json]: runs one bench, prints value, baseline, ratio and target.
 */
#include <errno.h>
#include <ftw.h>
#include <getopt.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"
#include "crypto/crypto.h"
#include "insider.h"

static const char usage[] = "usage: hufu-bench NAME [--json] [--size N] [--windows N | --brief]\n"
                            "       hufu-bench --list\n"
                            "       hufu-bench generate tolls --bytes N --seed N --output FILE\n"
                            "       hufu-bench insider --tally FILE --node DIR --output FILE\n"
                            "\n"
                            "Measures one thing and its baseline in the same run; with --brief only whether it runs, "
                            "in a few seconds: the\n"
                            "figures mean nothing then. generate makes a large table; insider makes the best\n"
                            "forgery of a tally that the node in DIR could make alone, which hufu-verify must refuse.\n"
                            "\n"
                            "example:\n"
                            "  hufu-bench transfer --json\n";

const struct bench_row bench_rows[] = {
        {"channel-rtt", "encrypted request and reply over an established session, 64 outstanding", bench_channel_rtt},
        {"negotiate", "application to agreement signed by both, durable in both ledgers", bench_negotiate},
        {"transfer", "a whole file from node to node, digests and receipt included", bench_transfer},
        {"transfer-masked", "a table masked on its way from node to node", bench_transfer_masked},
        {"transfer-projected", "some fields and rows of a table from node to node", bench_transfer_projected},
        {"ledger-append", "durable ledger entries a second with group commit", bench_ledger_append},
        {"ledger-latency", "append to inclusion proof under a signed checkpoint, at 50,000/s", bench_ledger_latency},
        {"ledger-quorum", "cosignatures of three of four witnesses and of a mirror", bench_ledger_quorum},
        {"ledger-recover", "a lost ledger comes back from its mirror, every page proven", bench_ledger_recover},
        {"ledger-trace", "one transaction over five ledgers of a million entries each", bench_ledger_trace},
        {"ledger-verify", "the full check of an exported ledger, and of one proof", bench_ledger_verify},
        {"catalog-sync", "10,000 entries to a new peer; search over 100,000", bench_catalog_sync},
        {"policy-decide", "one decision among 10,000, 100,000 and a million rules", bench_policy_decide},
        {"policy-load", "100,000 rules from text to a snapshot", bench_policy_load},
        {"policy-update", "one rule added or revoked among 100,000, seen by readers", bench_policy_update},
        {"policy-explain", "near misses of a request among 100,000 rules", bench_policy_explain},
        {"authz-http", "AuthZEN evaluations over loopback against a constant answer", bench_authz_http},
        {"fpe", "eight digits a value under FF1, and under swap-or-not", bench_fpe},
        {"import-pg", "a table is loaded into PostgreSQL, against psql \\copy", bench_import_pg},
        {"source-csv", "a table is split, its types checked, columns chosen, on one core", bench_source_csv},
        {"detect", "every cell of a table of personal data triaged and checked, on one core", bench_detect},
        {"mask", "six fields of a table masked by a plan, CSV in and out", bench_mask},
        {"evaluate", "k, l, t and risks of a million rows with eight quasi-identifiers", bench_evaluate},
        {"related", "whether related fields are masked alike, among 1,000 plans and 10,000 tasks", bench_related},
        {"footprint", "memory of an idle node, start to ready, size of the binaries", bench_footprint},
        {NULL, NULL, NULL},
};

int64_t bench_now_us(void)
{
	struct timespec ts;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return x < y ? -1 : x > y;
}

double bench_percentile(double *values, unsigned count, double p)
{
	if (count == 0)
		return 0;
	qsort(values, count, sizeof(double), compare);
	unsigned i = (unsigned)(p * count);
	return values[i < count ? i : count - 1];
}

double bench_median(double *values, unsigned count)
{
	return bench_percentile(values, count, 0.5);
}

double bench_rss_mib(int pid)
{
	char path[64], line[256];
	double kib = 0, v;
	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	FILE *f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "RssAnon: %lf", &v) == 1 || sscanf(line, "RssShmem: %lf", &v) == 1)
			kib += v;
	if (f)
		fclose(f);
	return kib / 1024;
}

void bench_add(struct bench *b, const struct bench_result *r)
{
	json_t *o = json_object();
	double ratio = r->baseline_value > 0 ? r->value / r->baseline_value : 0;
	double judged = r->target_on_ratio ? ratio : r->value;
	json_object_set_new(o, "metric", json_string(r->metric));
	json_object_set_new(o, "value", json_real(r->value));
	json_object_set_new(o, "unit", json_string(r->unit));
	if (r->baseline) {
		json_object_set_new(o, "baseline", json_string(r->baseline));
		json_object_set_new(o, "baseline_value", json_real(r->baseline_value));
		json_object_set_new(o, "ratio", json_real(ratio));
	}
	if (r->target > 0) {
		json_object_set_new(o, "target", json_real(r->target));
		json_object_set_new(o, "meets", json_boolean(r->at_least ? judged >= r->target : judged <= r->target));
	}
	json_array_append_new(b->results, o);
	if (b->quiet)
		return;
	printf("%-24s %14.3f %-6s", r->metric, r->value, r->unit);
	if (r->baseline)
		printf("  ratio %6.3f to %.3f (%s)", ratio, r->baseline_value, r->baseline);
	if (r->target > 0)
		printf("  target %s %.3f%s: %s", r->at_least ? ">=" : "<=", r->target,
		       r->target_on_ratio ? " (ratio)" : "",
		       (r->at_least ? judged >= r->target : judged <= r->target) ? "met" : "NOT met");
	printf("\n");
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	return remove(path);
}

static int run_bench(const struct bench_row *row, struct bench *b, bool json)
{
	const char *tmp = getenv("TMPDIR");
	char dir[200];
	snprintf(dir, sizeof(dir), "%.160s/hufu-bench.XXXXXX", tmp && tmp[0] == '/' ? tmp : "/tmp");
	if (!mkdtemp(dir)) {
		fprintf(stderr, "hufu-bench: no scratch folder %s: %s; set TMPDIR\n", dir, strerror(errno));
		return 1;
	}
	b->dir = dir;
	b->results = json_array();
	b->quiet = json;
	int status = row->run(b);
	nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	if (status == 0 && json) {
		json_t *o = json_object();
		json_object_set_new(o, "bench", json_string(row->name));
		json_object_set(o, "results", b->results);
		if (b->brief)
			json_object_set_new(o, "brief", json_true());
		json_dumpf(o, stdout, JSON_INDENT(2));
		printf("\n");
		json_decref(o);
	}
	json_decref(b->results);
	return status;
}

static int list(void)
{
	for (const struct bench_row *r = bench_rows; r->name; r++)
		printf("%-16s %s\n", r->name, r->help);
	return 0;
}

struct options {
	bool json, list, help, brief;
	uint64_t size, bytes, seed, windows;
	const char *output, *tally, *node;
};

/* A whole number; says which option is wrong. */
static bool number(const char *option, const char *text, uint64_t *ret_number)
{
	char *end;
	errno = 0;
	unsigned long long n = strtoull(text, &end, 10);
	if (text[0] < '0' || text[0] > '9' || *end || errno) {
		fprintf(stderr, "hufu-bench: --%s is '%s'; give a whole number\n", option, text);
		return false;
	}
	*ret_number = n;
	return true;
}

static bool parse(int argc, char **argv, struct options *o)
{
	static const struct option longs[] = {
	        {"json", 0, NULL, 'j'},  {"list", 0, NULL, 'l'},  {"size", 1, NULL, 's'},   {"windows", 1, NULL, 'w'},
	        {"bytes", 1, NULL, 'b'}, {"seed", 1, NULL, 'S'},  {"output", 1, NULL, 'o'}, {"tally", 1, NULL, 't'},
	        {"node", 1, NULL, 'n'},  {"brief", 0, NULL, 'r'}, {"help", 0, NULL, 'h'},   {NULL, 0, NULL, 0}};
	int c;
	while ((c = getopt_long(argc, argv, "jls:w:b:o:t:n:h", longs, NULL)) != -1) {
		if (c == 'j')
			o->json = true;
		else if (c == 'l')
			o->list = true;
		else if (c == 'r')
			o->brief = true;
		else if (c == 'h')
			o->help = true;
		else if (c == 'o')
			o->output = optarg;
		else if (c == 't')
			o->tally = optarg;
		else if (c == 'n')
			o->node = optarg;
		else if (c == '?' || !number(c == 's'   ? "size"
		                             : c == 'w' ? "windows"
		                             : c == 'b' ? "bytes"
		                                        : "seed",
		                             optarg,
		                             c == 's'   ? &o->size
		                             : c == 'w' ? &o->windows
		                             : c == 'b' ? &o->bytes
		                                        : &o->seed))
			return false;
	}
	return true;
}

static int generate(int argc, char **argv, const struct options *o)
{
	if (optind + 1 >= argc || strcmp(argv[optind + 1], "tolls") != 0 || !o->output || o->bytes == 0) {
		fputs(usage, stderr);
		return 2;
	}
	return tolls_write(o->output, o->bytes, o->seed) ? 0 : 1;
}

static int insider(const struct options *o)
{
	if (!o->tally || !o->node || !o->output) {
		fputs(usage, stderr);
		return 2;
	}
	return insider_main(o->tally, o->node, o->output);
}

int main(int argc, char **argv)
{
	struct options o = {.seed = 1, .windows = 5};
	bool understood = parse(argc, argv, &o);
	if (understood && o.help)
		return fputs(usage, stdout), 0;
	if (!understood || (!o.list && optind >= argc)) {
		fputs(usage, stderr);
		return 2;
	}
	if (o.list)
		return list();
	if (strcmp(argv[optind], "generate") == 0)
		return generate(argc, argv, &o);
	if (!hf_crypto_init())
		return fputs("hufu-bench: the cryptographic libraries cannot be used\n", stderr), 1;
	if (strcmp(argv[optind], "insider") == 0)
		return insider(&o);
	char self[4096] = "";
	if (readlink("/proc/self/exe", self, sizeof(self) - 1) < 0)
		return fputs("hufu-bench: /proc is needed to find the other programs\n", stderr), 1;
	struct bench b = {.bin = dirname(self),
	                  .size = o.size,
	                  .brief = o.brief,
	                  .windows = o.brief            ? 1
	                             : o.windows < 5    ? 5
	                             : o.windows > 1000 ? 1000
	                                                : (unsigned)o.windows};
	for (const struct bench_row *r = bench_rows; r->name; r++)
		if (strcmp(r->name, argv[optind]) == 0 && optind + 1 < argc)
			return fprintf(stderr, "hufu-bench: '%s' is one argument too many\n", argv[optind + 1]), 2;
		else if (strcmp(r->name, argv[optind]) == 0)
			return run_bench(r, &b, o.json);
	fprintf(stderr, "hufu-bench: there is no bench '%s'; hufu-bench --list names them\n", argv[optind]);
	return 2;
}
