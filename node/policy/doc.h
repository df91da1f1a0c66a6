/*
 * doc.h - what a policy file says before it means anything: texts, lists and mappings, each with its line.
 *
 * YAML for people and JSON lines for machines end in the same trees and go through the same grammar (grammar.c), so
 * that one cannot say what the other cannot. A file is read entry by entry: one attribute, one node of a hierarchy, one
 * rule at a time stand in memory, however long the file is. Sizes, depth and counts are bounded while reading; anchors,
 * aliases, tags, second documents and repeated keys are refused. Pure; any thread. Private to the folder.
 */
#ifndef HUFU_POLICY_DOC_H
#define HUFU_POLICY_DOC_H

#include "base/buf.h"
#include "base/mem.h"

#define HF_DOC_MAX_YAML ((size_t)64 << 20)  /* bytes of a YAML file */
#define HF_DOC_MAX_LINES ((size_t)1 << 30)  /* bytes of a file of JSON lines */
#define HF_DOC_MAX_LINE ((size_t)512 << 10) /* bytes of one JSON line */
#define HF_DOC_MAX_DEPTH 8u                 /* lists and mappings inside one entry */
#define HF_DOC_MAX_NODES 16384u             /* of one entry */
#define HF_DOC_MAX_KEYS 64u                 /* of one mapping */
#define HF_DOC_MAX_TEXT 4096u               /* bytes of one text */

/* PLAIN is an unquoted YAML text: text or number, as the place asks. LITERAL is a JSON number, true, false or null. */
enum hf_doc_kind { HF_DOC_INVALID = 0, HF_DOC_MAP, HF_DOC_LIST, HF_DOC_TEXT, HF_DOC_PLAIN, HF_DOC_LITERAL };

struct hf_doc {
	enum hf_doc_kind kind;
	uint32_t line;
	uint32_t len;           /* of text */
	uint32_t count;         /* of members */
	const char *key;        /* inside a mapping; else NULL */
	const char *text;       /* of a scalar, ended by a NUL that is not part of it; never with a NUL inside */
	struct hf_doc *members; /* first of a list or mapping */
	struct hf_doc *next;    /* next in the same list or mapping */
};

/* The sections in the order in which they must stand. */
enum hf_section {
	HF_SECTION_INVALID = 0,
	HF_SECTION_POLICY,
	HF_SECTION_HIERARCHIES,
	HF_SECTION_ATTRIBUTES,
	HF_SECTION_RULES
};
const char *hf_section_name(enum hf_section s);

/* One entry: the whole of `policy`, the beginning of a hierarchy (of; doc NULL) and each of its nodes, one attribute,
 * one rule. The doc's key is its name, NULL for rules. Everything lives until the function returns. */
struct hf_entry {
	enum hf_section section;
	const char *of;
	const struct hf_doc *doc;
};
/* An error ends the reading and is its result. */
typedef enum hf_err hf_entry_fn(void *ctx, const struct hf_entry *e, struct hf_fault *f);

/* Where a text comes from. text[len] must be writable memory: JSON is decoded in place. */
struct hf_text_file {
	const char *name; /* for messages */
	char *text;
	size_t len;
};
enum hf_err hf_yaml_read(const struct hf_text_file *file, hf_entry_fn *fn, void *ctx, struct hf_fault *f) HF_MUST_CHECK;
enum hf_err hf_lines_read(const struct hf_text_file *file, hf_entry_fn *fn, void *ctx,
                          struct hf_fault *f) HF_MUST_CHECK;

/* One JSON value that fills the text up to len (spaces around it are fine). Memory from the arena. */
enum hf_err hf_json_read(const struct hf_text_file *file, uint32_t line, struct hf_arena *arena,
                         struct hf_doc **ret_doc, struct hf_fault *f) HF_MUST_CHECK;
/* Cuts the next line off the rest of a file, ends it with a NUL and counts it; false behind the last. */
bool hf_line_next(struct hf_text_file *rest, struct hf_text_file *ret_line, uint32_t *line);
bool hf_line_blank(const struct hf_text_file *line);

/* "FILE:LINE: " and the sentence; returns HF_E_FORMAT. */
enum hf_err hf_doc_fault(struct hf_fault *f, const char *file, uint32_t line, const char *fmt, ...)
        __attribute__((format(printf, 4, 5)));
/* The member of a mapping, or NULL. */
const struct hf_doc *hf_doc_get(const struct hf_doc *map, const char *key);

/* For the readers: puts a member behind the others; keys are compared. False when the key stands there already. */
struct hf_doc_place {
	struct hf_doc *of, *last;
};
bool hf_doc_put(struct hf_doc_place *p, struct hf_doc *member);
/* For the readers: the section of a key; refuses an unknown one, and one that stands before its predecessor. */
enum hf_err hf_section_enter(const char *file, const struct hf_doc *key, enum hf_section *last, struct hf_fault *f);

#endif
