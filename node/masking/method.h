/*
 * method.h - what a shared library with a masking method or a detector offers to Hufu. It needs no other header of
 * Hufu's and links nothing of it.
 *
 * A method: the library exports one function, hufu_method. A file of methods names the library and its SHA-256; before
 * a plan may use the method it is tried against its record (docs/masking.md). The library runs inside the program that
 * masks: what it does is reviewed by the people who put its digest into the file.
 *
 * Rules: the same values, key and settings give the same bytes on any machine; no output, no files, no network, no
 * threads, nothing kept between batches that the result depends on. Values never go anywhere but into `out`. A value
 * that cannot be read becomes null (data NULL). Several states of one method may be open, each on one thread at a time.
 */
#ifndef HUFU_MASKING_METHOD_H
#define HUFU_MASKING_METHOD_H

#include <stddef.h>
#include <stdint.h>

#define HUFU_METHOD_VERSION 1u

struct hufu_value {
	const uint8_t *data; /* NULL: null */
	size_t len;
};

struct hufu_method_use {
	uint32_t size;        /* of this struct, so that it can grow at its end */
	const uint8_t *key;   /* 32 bytes, of the scope that `keyed` names; NULL: "no key" */
	const char *type;     /* semantic type of the column, or NULL */
	const char *settings; /* as the file of methods has them, or NULL */
};

struct hufu_method_batch {
	uint32_t size;
	const struct hufu_value *in;
	struct hufu_value *out; /* may point into in, into what room gave, or into the state */
	size_t count;
	uint64_t first_row; /* number in the table of the first value, from 0 */
	/* Memory for results, which lives until the batch was written. Never NULL. */
	uint8_t *(*room)(void *host, size_t len);
	void *host;
};

/* All of it is needed but unmask; the words are those of `hufu mask techniques`. */
struct hufu_method {
	uint32_t version; /* HUFU_METHOD_VERSION */
	uint32_t size;    /* of this struct */
	const char *title, *principle, *cost, *constraint;
	const char *format, *repeats, *reversible, *reference, *meaning, *distribution, *keyed;
	/* 0: good. Else why, which has why_size bytes, gets half a sentence. */
	int (*open)(const struct hufu_method_use *use, void **state, char *why, size_t why_size);
	void (*close)(void *state);
	int (*mask)(void *state, struct hufu_method_batch *batch);
	int (*unmask)(void *state, struct hufu_method_batch *batch); /* NULL: reversible is "no" */
};

/* Exported by the library; what it returns lives as long as the library is loaded. */
const struct hufu_method *hufu_method(void);

/*
 * A detector: the library exports hufu_detector. A file of detectors names the library and its SHA-256. It runs in a
 * process of its own that has no files, no network, 128 MiB of memory and 1 s of processor time for up to 256 values,
 * and it is tried on its own examples before it is used. When it crashes, takes longer or tries anything else, what it
 * was used for ends with an error that names it.
 */
#define HUFU_DETECTOR_VERSION 1u

/* All of it is needed but names and comments with evidence "content", and open and close. Lists end with NULL and have
 * up to 32 texts (examples and others: 16) of at most 100 bytes (examples and others: 255). */
struct hufu_detector {
	uint32_t version;          /* HUFU_DETECTOR_VERSION */
	uint32_t size;             /* of this struct */
	const char *title, *basis; /* basis: the standard, or what check looks at */
	const char *evidence;      /* "content": values alone may say it; "name": a name or comment must, too */
	const char *sensitivity;   /* "general", "personal", "important", "core" */
	const char *technique;     /* that masks it when nothing else is said */
	uint32_t level;            /* 1 to 4 */
	double share;              /* of a field's values that must be such: above 0, at most 1 */
	const char *const *names, *const *comments;  /* words that a field's name and comment have */
	const char *const *examples, *const *others; /* values that are such, and that are not; one at least of each */
	int (*open)(void **state, char *why, size_t why_size); /* 0: good */
	void (*close)(void *state);
	/* 1: the value is such, 0: it is not; it has 1 to 4096 bytes. The same value always gives the same. */
	int (*check)(void *state, const uint8_t *value, size_t len);
};
const struct hufu_detector *hufu_detector(void);

#endif
