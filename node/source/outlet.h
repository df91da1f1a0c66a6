/*
 * outlet.h - databases that deliveries may be loaded into, as people register them: a name, a kind, a place, and the
 * password of its role, which is kept in a box under the node's key. To people they are "targets" (`hufu target`).
 * Loop thread.
 */
#ifndef HUFU_SOURCE_OUTLET_H
#define HUFU_SOURCE_OUTLET_H

#include "source/load.h"
#include "source/source.h"

struct hf_outlet {
	char name[HF_NAME_MAX + 1];
	char kind[16];                    /* a loader with tables: "sqlite", "postgresql" */
	char place[512];                  /* absolute path of a file; URI without a password */
	char department[HF_NAME_MAX + 1]; /* "": whoever may fetch loads into it */
	bool enabled;
	struct hf_source_box password;
	char registered_by[HF_NAME_MAX + 1];
	int64_t registered_ms;
};
enum hf_err hf_outlet_get(struct hf_sources *s, const char *name, struct hf_outlet *ret_outlet,
                          struct hf_fault *f) HF_MUST_CHECK;
/* In order of the name; false stops. */
enum hf_err hf_outlets_list(struct hf_sources *s, bool (*fn)(void *ctx, const struct hf_outlet *o),
                            void *ctx) HF_MUST_CHECK;
/* Puts the password into o, as it is named and placed by then. */
enum hf_err hf_outlet_password(struct hf_sources *s, struct hf_outlet *o, const char *password,
                               struct hf_fault *f) HF_MUST_CHECK;
/* Are name, kind and place well formed, and is there a password where there must be one? */
enum hf_err hf_outlet_put(struct hf_sources *s, struct hf_unit *unit, const struct hf_outlet *o,
                          struct hf_fault *f) HF_MUST_CHECK;
void hf_outlet_remove(struct hf_unit *unit, const char *name);

/* "NAME/TABLE" of one that is there and enabled. */
enum hf_err hf_outlet_find(struct hf_sources *s, const char *to, struct hf_outlet *ret_outlet,
                           char ret_table[HF_LOAD_TABLE], struct hf_fault *f) HF_MUST_CHECK;
/* Fills in place, table, password and time of l. */
enum hf_err hf_outlet_load(struct hf_sources *s, const char *to, struct hf_load *l, struct hf_fault *f) HF_MUST_CHECK;

#endif
