/*
 * detector.h - a detector knows one kind of sensitive value: what a field of it is called, how a value looks, which
 * check proves it, how sensitive it is and how it is masked when nothing else is said.
 *
 * One detector is one file in detect/ and one row in detect/table.c. Values are told apart in two steps: length and
 * classes of characters (triage, a few nanoseconds a cell) choose the detectors that come into question, and only these
 * check the value. Pure; any thread.
 */
#ifndef HUFU_MASKING_DETECTOR_H
#define HUFU_MASKING_DETECTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Classes of characters. */
#define HF_CHAR_DIGIT 1u
#define HF_CHAR_UPPER 2u
#define HF_CHAR_LOWER 4u
#define HF_CHAR_HIGH 8u /* beyond ASCII */
#define HF_CHAR_AT 16u
#define HF_CHAR_POINT 32u
#define HF_CHAR_MARK 64u   /* space - : / + ( ) , ; */
#define HF_CHAR_OTHER 128u /* control characters and the rest of ASCII */
#define HF_CHAR_LETTER (HF_CHAR_UPPER | HF_CHAR_LOWER)
#define HF_CHAR_ANY 255u

#define HF_CELL_SLACK 32u    /* bytes behind a value that may be read */
#define HF_CELL_MAX 4096u    /* of longer values the beginning is looked at */
#define HF_CELL_LENGTHS 65u  /* 64 stands for all lengths from 64 on */
#define HF_DETECTORS_MAX 64u /* one bit each */

/* A value, with one bit for each of its first 64 bytes and class of characters. */
struct hf_cell {
	const uint8_t *data;
	uint32_t len;
	uint8_t classes;                                            /* in the first 64 bytes */
	uint64_t digit, upper, lower, high, at, point, mark, other; /* in the order of the classes */
};

enum hf_match {
	HF_MATCH_NO = 0,
	HF_MATCH_OTHER, /* the same characters, but not one: speaks against the field's being of this kind */
	HF_MATCH_SHAPE, /* looks like one; its check digit is wrong, or it has none and many other values look so */
	HF_MATCH_VALID,
};

/* GB/T 35273, JT/T 1480 clause 5.2.1. GENERAL: of a known kind, but not sensitive alone. */
enum hf_sensitivity { HF_SENS_GENERAL = 1, HF_SENS_PERSONAL, HF_SENS_IMPORTANT, HF_SENS_CORE };
const char *hf_sensitivity_name(enum hf_sensitivity s); /* "personal" */
/* 0: there is none of that name. */
enum hf_sensitivity hf_sensitivity_named(const char *name);

/* What may decide alone. NAME: too many other values look the same, so the field's name or comment must say it. PAIR:
 * so must a name, or the field beside it is the other half. */
enum hf_evidence { HF_EVIDENCE_CONTENT = 1, HF_EVIDENCE_NAME, HF_EVIDENCE_PAIR };

struct hf_shape {
	uint8_t min, max; /* bytes; 64: any length from 64 on */
	uint8_t need;     /* classes of which each is there */
	uint8_t allow;    /* classes that may be there */
};

struct hf_detect_tables; /* detect/tables.h */

struct hf_detector {
	const char *id;        /* the semantic type: "cn.resident-id"; never renamed */
	const char *title;     /* for people */
	const char *basis;     /* standard, or what the check is */
	const char *technique; /* id of the default technique (design of masking, 1.2) */
	enum hf_sensitivity sensitivity;
	uint8_t level; /* 1 public, 2 internal or quasi-identifier, 3 identifies, 4 harm when it is known */
	enum hf_evidence evidence;
	double chance;            /* share of values of the shape that pass the check by accident */
	struct hf_shape shape[3]; /* max 0 ends */
	const char *first;        /* bytes that a value may begin with, "0-9A-F"; NULL: any */
	enum hf_match (*check)(const struct hf_cell *c, const struct hf_detect_tables *t);
	/* Names of fields: words joined by "_", found between other words; Chinese ones anywhere. NULL ends. */
	const char *const *names;
	/* Names that say it only in a table of such a name; NULL: there are none. */
	const char *const *weak_names, *const *tables;
};

/* All of them, in the order in which equals are decided. */
const struct hf_detector *const *hf_detectors(size_t *ret_count);
const struct hf_detector *hf_detector_named(const char *id); /* NULL: there is none */

/* Classes and bits of a value that has HF_CELL_SLACK readable bytes behind it. */
void hf_cell_triage(const uint8_t *data, size_t len, struct hf_cell *ret_cell);

#endif
