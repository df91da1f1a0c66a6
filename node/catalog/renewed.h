/* renewed.h - who is told that a newer version of another node's entry has come. */
#ifndef HUFU_CATALOG_RENEWED_H
#define HUFU_CATALOG_RENEWED_H

#include "catalog/catalog.h"

/* A newer version of an entry that this node has of another one is about to be stored, with the unit; one caller. */
struct hf_catalog_renewed {
	const char *publisher;
	const struct hf_id *id;
	const Hufu__CatalogEntry *old, *entry;
	struct hf_hash old_digest, digest; /* of the envelopes */
};
typedef void (*hf_catalog_renewed_fn)(void *ctx, const struct hf_catalog_renewed *r, struct hf_unit *u);
void hf_catalog_on_renewed(struct hf_catalog *c, hf_catalog_renewed_fn fn, void *ctx);

#endif
