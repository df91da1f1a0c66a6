/*
 * license.h - DS-119: by which ways the data of a class and level may come to people and programs of this node, as
 * `channels` in hufu.yaml says. A way that is not on the list of the data's class and level is refused, before anybody
 * is asked and again by what the provider's signed label says. Pure; loop thread.
 *
 * The ways are the targets of a delivery by their names (target.h), "sealed" among them, and "read": a read of what is
 * kept sealed, and its rows go to who asked.
 */
#ifndef HUFU_EXCHANGE_LICENSE_H
#define HUFU_EXCHANGE_LICENSE_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define HF_LICENSES_MAX 64
#define HF_LICENSE_ALLOWED_MAX 16

/* The first one that covers the data decides; data that none covers may come any way. */
struct hf_license {
	char *data_class; /* this one and those below it ("health" covers "health/claim"); NULL: any */
	uint32_t level;   /* from this one up; 0: any */
	char **allow;     /* names of ways */
	unsigned allow_count;
};

struct hf_exchange;
/* Before the start of the exchange. Copies. */
void hf_exchange_set_licenses(struct hf_exchange *x, const struct hf_license *list, size_t count);

#define HF_WAY_READ "read"

struct licenses;
struct licenses *licenses_new(void);
void licenses_free(struct licenses *l); /* NULL is fine */
/* Copies. */
void licenses_set(struct licenses *l, const struct hf_license *list, size_t count);
enum hf_err licenses_check(const struct licenses *l, const char *way, const char *data_class, uint32_t level,
                           struct hf_fault *f) HF_MUST_CHECK;
/* Is there such a way? */
bool hf_license_way(const char *name);

#endif
