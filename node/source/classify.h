/*
 * classify.h - what the fields of a source hold: a look at a bounded sample proposes kinds, a person says what is right
 * (JT/T 1480 5.2; MK-15, MK-18, MK-23).
 *
 * Looking again keeps what a person said. Where a field looks like something that nobody has judged, it is in doubt:
 * nothing of it is published or delivered until a person says again what it is. Pure but for hf_source_look.
 */
#ifndef HUFU_SOURCE_CLASSIFY_H
#define HUFU_SOURCE_CLASSIFY_H

#include <jansson.h>
#include <stdatomic.h>

#include "masking/identify.h"
#include "source/source.h"

struct hf_adapter;
struct hf_codes;
struct hf_pace;
struct hf_source_home;

/* Detectors in code that the organization's rules may name (masking/code/code.h); NULL: none. Before anything is read.
 */
void hf_sources_set_codes(struct hf_sources *s, struct hf_codes *take_codes);
const struct hf_codes *hf_sources_codes(const struct hf_sources *s);

/* How a bounded sample is looked at: lent. */
struct hf_source_looking {
	const struct hf_adapter *adapter;
	const struct hf_source_home *home;
	struct hf_rules *rules; /* NULL: none */
	const uint8_t *key; /* 16 bytes, under which the values of several sources are compared; NULL: a random one */
	struct hf_pace *pace;
};
/* Reads at most v->look_rows rows from the top, finds kinds, and writes them as proposals into v's fields. Any worker.
 */
enum hf_err hf_source_look(const struct hf_source_looking *in, struct hf_source_view *v,
                           struct hf_fault *f) HF_MUST_CHECK;
/* The same findings with their sketches, which leave v as it is; the caller's. */
enum hf_err hf_source_identify(const struct hf_source_looking *in, const struct hf_source_view *v,
                               struct hf_identify **ret_x, struct hf_fault *f) HF_MUST_CHECK;

/* Carries over what a person said of the fields of was that now has, too. */
void hf_source_class_keep(struct hf_source_view *now, const struct hf_source_view *was);
/* kind: id of a detector, or of a rule of rules; "none": not sensitive; NULL: what was found is right. UNKNOWN when
 * there is no such field or kind. */
struct hf_saying {
	const char *kind, *by;
	int64_t now_ms;
	const struct hf_rules *rules; /* NULL: none */
};
enum hf_err hf_source_class_say(struct hf_source_view *v, const char *field, const struct hf_saying *s,
                                struct hf_fault *f) HF_MUST_CHECK;
/* What was found is right of all fields that nobody has judged and that are not in doubt. */
void hf_source_class_all(struct hf_source_view *v, const char *by, int64_t now_ms);
/* kind was found in a field that a person had judged otherwise. */
void hf_source_class_doubt(struct hf_source_view *v, const char *field, const struct hf_finding *found);

/* Is there a field that nobody has judged, or that is in doubt? UNCLASSIFIED, with their names and the way out. */
enum hf_err hf_source_class_check(const struct hf_source_view *v, struct hf_fault *f) HF_MUST_CHECK;
/* The same for what is in doubt alone: what was published before anybody was asked goes on. */
enum hf_err hf_source_doubt_check(const struct hf_source_view *v, struct hf_fault *f) HF_MUST_CHECK;
/* The source as a table of an inventory (masking/inventory.h): what was found and what people said; a new reference.
 * sources: struct hf_sources. NULL: there is no such source, or nobody has looked. */
json_t *hf_source_inventory(void *sources, const char *name);
const char *hf_class_state_name(enum hf_class_state s); /* "unseen", "proposed", "confirmed", "doubted" */

#endif
