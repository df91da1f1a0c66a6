/*
 * cli.h - the operator's command: one table of commands per module, option reading, calls to the node, output;
 * long because each group of commands is named here.
 *
 * A command is a row: name, subcommand, one line of help, usage with an example, function. cmd_<module>.c exports one
 * table; commands.c lists the tables. The function gets the arguments behind the command's words, without the options
 * that every command knows (--node, --as, --json, --socket, --help), and returns the exit status.
 */
#ifndef HUFU_TOOLS_CLI_H
#define HUFU_TOOLS_CLI_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

enum hf_exit {
	HF_EXIT_DONE = 0,
	HF_EXIT_REFUSED = 1, /* by policy or state; the reason is printed */
	HF_EXIT_USAGE = 2,
	HF_EXIT_UNREACHABLE = 3, /* the node, or a peer it needs */
};

struct hf_command;
struct hf_cli {
	const char *node;    /* --node DIR or HUFU_NODE; NULL when neither: use hf_cli_node */
	const char *as;      /* --as ACCOUNT or HUFU_ACCOUNT; NULL: the only session there is */
	const char *socket;  /* --socket FILE or HUFU_SOCKET; NULL: DIR/run/api.sock */
	const char *session; /* HUFU_SESSION: a token instead of the stored one; NULL */
	bool json;           /* --json */
	const struct hf_command *command;
};

struct hf_command {
	const char *name;  /* "user"; NULL ends the table */
	const char *sub;   /* "add"; NULL: the command has no subcommands */
	const char *help;  /* one line, no full stop */
	const char *usage; /* lines for `hufu NAME SUB --help`: "hufu user add NAME ...", the options, then "example:"
	                      and an example */
	int (*run)(struct hf_cli *cli, int argc, char **argv);
};
/* Each ended by a NULL name. */
extern const struct hf_command hf_commands_space[];
extern const struct hf_command hf_commands_node[];
extern const struct hf_command hf_commands_identity[];
extern const struct hf_command hf_commands_policy[];
extern const struct hf_command hf_commands_ledger[];
extern const struct hf_command hf_commands_data[];
extern const struct hf_command hf_commands_recall[];
extern const struct hf_command hf_commands_data_view[];
extern const struct hf_command hf_commands_sensitive[];
extern const struct hf_command hf_commands_erasure[];
extern const struct hf_command hf_commands_audit[];
extern const struct hf_command hf_commands_time[];
extern const struct hf_command hf_commands_uses[];
extern const struct hf_command hf_commands_source[];
extern const struct hf_command hf_commands_target[];
extern const struct hf_command hf_commands_catalog[];
extern const struct hf_command hf_commands_authz[];
extern const struct hf_command hf_commands_giving[];
extern const struct hf_command hf_commands_emergency[];
extern const struct hf_command hf_commands_scenario[];
extern const struct hf_command hf_commands_agent[];
extern const struct hf_command hf_commands_promote[];
extern const struct hf_command hf_commands_rulebook[];
extern const struct hf_command hf_commands_decision[];
extern const struct hf_command hf_commands_mandate[];
extern const struct hf_command hf_commands_dispute[];
extern const struct hf_command hf_commands_statistics[];
extern const struct hf_command hf_commands_exchange[];
extern const struct hf_command hf_commands_subscribe[];
extern const struct hf_command hf_commands_derive[];
extern const struct hf_command hf_commands_mask[];
extern const struct hf_command hf_commands_release[];
extern const struct hf_command hf_commands_schedule[];
extern const struct hf_command hf_commands_disclosures[];
extern const struct hf_command hf_commands_mask_keys[];
extern const struct hf_command hf_commands_mask_policy[];
extern const struct hf_command hf_commands_mask_trend[];
extern const struct hf_command hf_commands_keys[];
extern const struct hf_command hf_commands_backup[];
extern const struct hf_command *const hf_command_tables[]; /* ended by NULL */

/* Options. An option that may be given many times collects into a list. */
struct hf_list {
	const char *item[64];
	size_t count;
};
struct hf_opt {
	const char *name;     /* "until" for --until; NULL ends the table */
	const char **text;    /* takes a value (--until X or --until=X); or NULL */
	bool *flag;           /* takes none; or NULL */
	struct hf_list *list; /* takes a value, repeatable; or NULL */
};
/* Reads options and positional arguments in any order ("--" ends the options). pos gets between pos_min and pos_max
 * arguments, the rest NULL. False after printing what is wrong and the usage: return HF_EXIT_USAGE then. opts may be
 * NULL. */
bool hf_cli_args(struct hf_cli *cli, int argc, char **argv, const struct hf_opt *opts, const char **pos, size_t pos_min,
                 size_t pos_max);

/* A whole number from 1 to max for option --name; *number stays as it is when text is NULL. False after printing what
 * is wrong: return HF_EXIT_USAGE then. */
bool hf_cli_number(struct hf_cli *cli, const char *name, const char *text, uint32_t max, uint32_t *number);

/* The path from the root of the file system on; out has PATH_MAX bytes. False after printing that it is too long. */
bool hf_cli_absolute(struct hf_cli *cli, const char *path, char *out);

/* DIR, or NULL after printing that --node is missing. */
const char *hf_cli_node(struct hf_cli *cli);

/* Calls the node with the session of --as/HUFU_ACCOUNT, when there is one. in (may be NULL) is taken: body of POST,
 * query of GET. Members of `in` that are JSON null are left out. Returns HF_EXIT_DONE and the answer in *ret_out
 * (json_decref; ret_out may be NULL), or prints the error and returns HF_EXIT_REFUSED or HF_EXIT_UNREACHABLE. */
int hf_cli_call(struct hf_cli *cli, const char *method, const char *path, json_t *in, json_t **ret_out);
/* For answers that are not JSON: the body goes to the file, or to standard output when file is NULL or "-". */
int hf_cli_download(struct hf_cli *cli, const char *method, const char *path, json_t *in, const char *file);
/* One of the pieces that an answer comes in: to out, or, behind the last one, the JSON that ends it. */
int hf_cli_piece(struct hf_cli *cli, const char *path, json_t *in, FILE *out, json_t **ret_end);
/* The usual command: call, then with --json print the answer as it is, else print `said` (may hold one %s for the
 * answer's text member `name`; name may be NULL). */
int hf_cli_do(struct hf_cli *cli, const char *method, const char *path, json_t *in, const char *said, const char *name);

/* Building `in`: NULL text adds nothing; a list becomes an array, an empty one adds nothing. */
void hf_cli_put(json_t *in, const char *name, const char *text);
/* An input with that one field. */
json_t *hf_cli_with(const char *name, const char *text);
void hf_cli_put_list(json_t *in, const char *name, const struct hf_list *list);
/* A finding of option --point: "ok", "ok=TEXT" or "no=TEXT". False after printing what is wrong or missing. */
bool hf_cli_put_finding(struct hf_cli *cli, json_t *in, const char *point, const char *value);

/* Output. */
struct hf_column {
	const char *title; /* "TITLE"; NULL ends the table */
	const char *key;   /* member of each row, or "a.b" into an object; text, number, bool (yes/no), array (joined by
	                      ", ") */
	unsigned max;      /* widest column in terminal cells, longer is cut with an ellipsis; 0: never cut */
};
/* Prints an object as indented JSON. */
void hf_cli_json(const json_t *o);
/* With --json prints `out` whole; else a table of the array out[rows], aligned by terminal width (Chinese is two cells
 * wide), or `none` when it is empty. */
void hf_cli_table(struct hf_cli *cli, const json_t *out, const char *rows, const struct hf_column *columns,
                  const char *none);
/* With --json prints `out` whole; else one "title: value" line for each column whose value is there. */
void hf_cli_details(struct hf_cli *cli, const json_t *out, const struct hf_column *columns);
/* Text of a member ("a.b" form), "" when it is not there; numbers and bools become text in buf. */
const char *hf_cli_value(const json_t *o, const char *key, struct hf_buf *buf);

/* Prints "hufu: ..." to standard error (with --json {"error": {...}} to standard output) and returns HF_EXIT_REFUSED.
 */
int hf_cli_fail(struct hf_cli *cli, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
int hf_cli_fault(struct hf_cli *cli, enum hf_err e, const struct hf_fault *f);
/* The same plus the command's usage; returns HF_EXIT_USAGE. */
int hf_cli_misuse(struct hf_cli *cli, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* A secret line from a file, or from the terminal without echo when file is NULL. False after printing the error. */
bool hf_cli_secret(struct hf_cli *cli, const char *file, const char *prompt, char *out, size_t cap);

/* A progress bar on standard error when that is a terminal and --json is not given; otherwise silent. total 0: unknown.
 */
struct hf_progress {
	const char *title;
	bool shown, quiet; /* on a terminal; --json */
	char note[200];
	int64_t started_ms, drawn_ms;
};
void hf_progress_start(struct hf_progress *p, const struct hf_cli *cli, const char *title);
void hf_progress_update(struct hf_progress *p, uint64_t done,
                        uint64_t total); /* bytes or pieces; draws at most 10 times a second */
/* A sentence in the place of the bar; not on a terminal it is printed once, when it changes. */
void hf_progress_note(struct hf_progress *p, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void hf_progress_end(struct hf_progress *p);
/* For commands that ask the node again and again: waits ms milliseconds. */
void hf_cli_pause(unsigned ms);

#endif
