/*
 * relations.h - which fields of the node's sources belong together: keys, foreign keys, parents and children, the same
 * kind in several sources (JT/T 1480 5.2.2 d, 5.4.2; MK-20, MK-31).
 *
 * A look at bounded samples of the sources proposes them (masking/map.h), and a person confirms or drops them, defines
 * others, or imports a list. Their form is that of an inventory's (masking/inventory.h), with a source's name as its
 * table; a relation is named by its sentence. Those of a source end with it. Loop thread; nothing of a value is kept.
 */
#ifndef HUFU_SOURCE_RELATIONS_H
#define HUFU_SOURCE_RELATIONS_H

#include <jansson.h>

#include "source/source.h"

#define HF_RELATIONS_MAX 10000u    /* that a node keeps */
#define HF_RELATE_SOURCES 64u      /* looked at together */
#define HF_RELATE_ROWS_MAX 100000u /* of each */

/* All, or those that have a field of source (NULL: all): [{"kind", "from", "to", "text", "state", "by", "said_ms"}];
 * a new reference. */
enum hf_err hf_relations_list(struct hf_sources *s, const char *source, json_t **ret_list) HF_MUST_CHECK;

/* Looks at samples of these sources, count 0: of all that are enabled and not made by masking, and calls fn once on the
 * loop with what hf_map_relations found, lent. rows 0: HF_LOOK_ROWS. SOURCE_CHANGED names a source that is to be
 * scanned first. When it returns an error, fn is not called. */
typedef void (*hf_relate_fn)(void *ctx, enum hf_err e, const json_t *found, const struct hf_fault *f);
struct hf_relate_in {
	const char *const *names;
	size_t count;
	uint64_t rows;
	hf_relate_fn fn;
	void *ctx;
};
enum hf_err hf_sources_relate(struct hf_sources *s, const struct hf_relate_in *in, struct hf_fault *f) HF_MUST_CHECK;

/* Those that nobody has judged become proposals. */
enum hf_err hf_relations_propose(struct hf_sources *s, struct hf_unit *unit, const json_t *found, int64_t now_ms,
                                 size_t *ret_new, struct hf_fault *f) HF_MUST_CHECK;
/* The relation with that sentence is right, or is none and is not proposed again. */
struct hf_relation_saying {
	const char *text; /* NULL: all that are proposed */
	bool right;
	const char *by;
	int64_t now_ms;
};
enum hf_err hf_relations_say(struct hf_sources *s, struct hf_unit *unit, const struct hf_relation_saying *said,
                             size_t *ret_count, struct hf_fault *f) HF_MUST_CHECK;
/* By hand or from a file: {"kind", "from", "to", "state"}, a place as {"table", "field"} or as "SOURCE.FIELD". Without
 * a state it is confirmed; "proposed" does not undo what a person said. Refused unless there are such fields. ret_text:
 * its sentence; the caller's. */
enum hf_err hf_relations_define(struct hf_sources *s, struct hf_unit *unit, const json_t *relation,
                                const struct hf_relation_saying *by, char **ret_text, struct hf_fault *f) HF_MUST_CHECK;
/* Those of a source that goes. */
enum hf_err hf_relations_forget(struct hf_sources *s, struct hf_unit *unit, const char *source) HF_MUST_CHECK;

#endif
